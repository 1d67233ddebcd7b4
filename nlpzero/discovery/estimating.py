"""What discovering words will take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nlpzero.discovery.discover import discover_words
from nlpzero.discovery.methods import DEFAULT_MAX_LENGTH, Learned, Method, as_method
from nlpzero.engine.estimates import (
    MODEL_PROCESS_BYTES,
    PROCESS_BYTES,
    Estimate,
    grown,
    seconds_for,
    try_out,
)
from nlpzero.engine.resources import LEAST_MEMORY, Resources, affordable_jobs
from nlpzero.learning.estimating import estimate_learning, learned_briefly
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.ngrams.estimating import estimate_ngrams
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import spread_sample

# what a word found takes in memory, and the text of its row
_HELD_WORD = 450
_LISTED_WORD = 90


def estimate_discovery(
    corpus: Corpus,
    method: Method | str = Learned(),  # noqa: B008 (frozen)
    *,
    min_count: int | None = None,
    max_length: int = DEFAULT_MAX_LENGTH,
    resources: Resources | None = None,
) -> Estimate:
    """What :func:`discover_words` will take, from trials on a sample of the text.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    method, min_count, max_length, resources
        As there.

    Returns
    -------
    Estimate
        Its counts are those of :func:`estimate_ngrams`, of :func:`estimate_learning` for a method
        that learns first, and "words found", before any threshold but `min_count`.
    """
    given = Resources() if resources is None else resources
    method = as_method(method)
    jobs = affordable_jobs(given.jobs, given.budget)
    counting = estimate_ngrams(corpus, resources=given)
    sample = spread_sample(corpus)
    own = replace(given, jobs=1, executor=None, progress=None, checkpoint=None)
    before = counting
    if isinstance(method, Learned) and method.segmenter is None:
        before = estimate_learning(corpus, method.training, resources=given).then(counting)
        segmenter = learned_briefly(sample, method.training)
        assert isinstance(segmenter, LearnedSegmenter)
        method = replace(method, segmenter=segmenter)
    how = method

    def work(texts: Sequence[str]) -> Mapping[str, int]:
        # the budget shrinks with the text: then as much of the counts is looked up on disk
        share = int(given.budget * min(1.0, 3 * sum(map(len, texts)) / max(1, sample.total)))
        small = replace(own, memory=max(LEAST_MEMORY, share))
        found = discover_words(
            texts, how, min_count=min_count, max_length=max_length, resources=small
        )
        return {"words found": len(found)}

    trials = try_out(work, sample.parts)
    words = round(grown(trials, "words found", sample.total))
    process = MODEL_PROCESS_BYTES if isinstance(how, Learned) else PROCESS_BYTES
    held = counting.memory - PROCESS_BYTES + _HELD_WORD * words
    own_part = Estimate(
        text=sample.total,
        sampled=trials[-1].size,
        jobs=jobs,
        counts={"words found": words},
        memory=process + min(given.budget, held) + _HELD_WORD * words,
        disk=max(counting.disk, counting.output if counting.output > given.budget // 2 else 0),
        output=_LISTED_WORD * words,
        # the trials counted too
        seconds=max(0.0, seconds_for(trials, sample.total, jobs) - counting.seconds),
    )
    return before.then(own_part)
