"""What learning to segment will take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nlpzero.engine.estimates import (
    MODEL_PROCESS_BYTES,
    PROCESS_BYTES,
    Estimate,
    Trial,
    grown,
    seconds_for,
    try_out,
)
from nlpzero.engine.resources import Resources, parse_size
from nlpzero.learning.methods import CO_TRAINING_BYTES, CoTraining
from nlpzero.learning.training import BRANCHING_BYTES, Method, learn_segmenter
from nlpzero.ngrams.estimating import estimate_ngrams
from nlpzero.ngrams.keys import PACKED_ORDER
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.character_model import CharacterModel
from nlpzero.segmentation.estimating import estimate_segmenting
from nlpzero.segmentation.writing import Format
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import SpreadSample, spread_sample

# for an n-gram of a language model, what its estimation holds if there is room, and what waits on
# disk
_LM_GRAM, _LM_DISK = 96, 80


def estimate_learning(
    corpus: Corpus,
    method: Method = CoTraining(),  # noqa: B008 (frozen)
    *,
    resources: Resources | None = None,
) -> Estimate:
    """What :func:`learn_segmenter` will take, from trials on a sample of the text.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    method, resources
        As there.

    Returns
    -------
    Estimate
        Its counts are "bytes to learn from", which the sample of the method and the memory bound;
        for a :class:`CharacterModel`, which has no sample, "n-grams of the model". The output is
        the model file.
    """
    given = Resources() if resources is None else resources
    sample = spread_sample(corpus)
    own = replace(given, executor=None, progress=None, checkpoint=None)
    characters = isinstance(method, CharacterModel)
    how, more = method, 0
    if isinstance(method, CoTraining) and method.background is not None:
        how = replace(method, background=None)
        if isinstance(method.background, Corpus):
            more = spread_sample(method.background).total

    def work(texts: Sequence[str]) -> Mapping[str, int]:
        segmenter = learn_segmenter(texts, how, resources=own)
        return {
            "output": segmenter.stored_bytes,
            "n-grams of the model": sum(segmenter.training["ngrams"]) if characters else 0,
        }

    trials = try_out(work, sample.parts)
    learned_from = sample.total
    disk = 0
    if not isinstance(method, CharacterModel):
        held = CO_TRAINING_BYTES if isinstance(method, CoTraining) else BRANCHING_BYTES
        wanted = parse_size(method.sample) if isinstance(method.sample, str) else method.sample
        learned_from = min(sample.total + more, wanted, given.budget // held)
        counts = {"bytes to learn from": learned_from}
        memory = MODEL_PROCESS_BYTES + held * learned_from
    else:
        grams = round(grown(trials, "n-grams of the model", sample.total))
        counts = {"n-grams of the model": grams}
        counting = estimate_ngrams(
            corpus,
            max(method.order, PACKED_ORDER),
            alphabet=method.alphabet or Alphabet(runs="classes"),
            resources=own,
        )
        memory = max(counting.memory, PROCESS_BYTES + min(_LM_GRAM * grams, given.budget))
        # counts too large for the memory wait in a file
        stored = counting.output if counting.output > given.budget // 4 else 0
        disk = max(counting.disk + stored, stored + _LM_DISK * grams)
    return Estimate(
        text=sample.total,
        sampled=trials[-1].size,
        jobs=given.jobs,
        counts=counts,
        memory=memory,
        disk=disk,
        output=round(grown(trials, "output", learned_from)),
        # the trials learned with all jobs; a sample is drawn by one
        seconds=seconds_for(_bounded(trials, learned_from), learned_from)
        + sample.reading * (sample.total + more),
    )


def estimate_learned_segmenting(
    corpus: Corpus,
    method: Method = CoTraining(),  # noqa: B008 (frozen)
    *,
    learn_from: Corpus | None = None,
    separator: str = " ",
    format: Format = "text",
    resources: Resources | None = None,
) -> Estimate:
    """What learning a segmenter and cutting a text by it will take.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    method
        As for :func:`learn_segmenter`.
    learn_from : Corpus, optional
        Default the text itself.
    separator, format, resources
        As for :func:`segment_corpus`.

    Returns
    -------
    Estimate
        Its counts are those of :func:`estimate_learning`.
    """
    source = corpus if learn_from is None else learn_from
    learning = estimate_learning(source, method, resources=resources)
    segmenter = learned_briefly(spread_sample(source), method)
    cutting = estimate_segmenting(
        corpus, segmenter, separator=separator, format=format, resources=resources
    )
    return learning.then(cutting)


def learned_briefly(sample: SpreadSample, method: Method) -> Segmenter:
    """A segmenter from a part of a sample: what it learns changes little of how long it takes to
    cut.
    """
    if isinstance(method, CoTraining):
        method = replace(method, background=None)
    return learn_segmenter(sample.parts[len(sample.parts) // 2], method, resources=Resources(1))


def _bounded(trials: Sequence[Trial], size: int) -> list[Trial]:
    """The trials that learned from no more than the run will."""
    return [trial for trial in trials if trial.size <= 2 * size] or list(trials[:1])
