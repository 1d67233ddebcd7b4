"""Learning to segment: raw text in, segmenter out, by any method."""

import math
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast, overload

import numpy as np

from nlpzero.engine.jit import brief
from nlpzero.engine.resources import ReadReport, Resources, parse_size
from nlpzero.learning.adaptation import adapt
from nlpzero.learning.base_segmenter import find_base
from nlpzero.learning.excerpts import base_excerpt
from nlpzero.learning.methods import CO_TRAINING_BYTES, BranchingEntropy, CoTraining
from nlpzero.learning.sampling import (
    Sample,
    alphabet_of,
    draw_sample,
    stream_of,
    traditional_to_simplified,
)
from nlpzero.learning.sampling_on_workers import draw_on_workers, worth_workers
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.segmentation.base import Numbers, Segmenter, checked_numbers
from nlpzero.segmentation.character_model import CharacterModel
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS

if TYPE_CHECKING:
    from nlpzero.learning.nvbe import NVBESegmenter
    from nlpzero.segmentation.character_lm import LanguageModelSegmenter

Method = CoTraining | BranchingEntropy | CharacterModel
Keep = str | Iterable[str]
Text = Corpus | Shard | Iterable[str]

# as CO_TRAINING_BYTES, measured in the same way: 14
BRANCHING_BYTES = 18
# seconds that adapting a base to a byte of text takes by interpreted loops, about
_INTERPRETED = 3e-4


@overload
def learn_segmenter(
    corpus: Text,
    method: CoTraining = ...,
    *,
    numbers: Numbers = ...,
    keep: Keep = ...,
    joiners: str = ...,
    complete: bool = ...,
    resources: Resources | None = ...,
) -> LearnedSegmenter: ...


@overload
def learn_segmenter(
    corpus: Text,
    method: BranchingEntropy,
    *,
    numbers: Numbers = ...,
    keep: Keep = ...,
    joiners: str = ...,
    complete: bool = ...,
    resources: Resources | None = ...,
) -> "NVBESegmenter": ...


@overload
def learn_segmenter(
    corpus: Text,
    method: CharacterModel,
    *,
    numbers: Numbers = ...,
    keep: Keep = ...,
    joiners: str = ...,
    complete: bool = ...,
    resources: Resources | None = ...,
) -> "LanguageModelSegmenter": ...


@overload
def learn_segmenter(
    corpus: Text,
    method: Method,
    *,
    numbers: Numbers = ...,
    keep: Keep = ...,
    joiners: str = ...,
    complete: bool = ...,
    resources: Resources | None = ...,
) -> Segmenter: ...


def learn_segmenter(
    corpus: Text,
    method: Method = CoTraining(),  # noqa: B008 (frozen)
    *,
    numbers: Numbers = "learned",
    keep: Keep = DEFAULT_KEEP,
    joiners: str = JOINERS,
    complete: bool = True,
    resources: Resources | None = None,
) -> Segmenter:
    """Learn to segment from raw text.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        The text one cares for. Read once; a :class:`CharacterModel` of order 5 reads it twice.
    method : CoTraining, BranchingEntropy or CharacterModel
    numbers : {"learned", "date", "split"}
        As for :class:`nlpzero.Segmenter`.
    keep, joiners
        What the segmenter leaves whole, see :class:`nlpzero.Alphabet`; by default all of it. It
        learns the same whatever it keeps.
    complete : bool
        False: the segmenter is for this corpus only. What a base knows of n-grams that the corpus
        does not have may then be left out, and one sentence is learned from in milliseconds; the
        corpus is cut the same.
    resources : Resources, optional
        What the run may use; threads learn, processes count. Workers of a cluster count for a
        :class:`CharacterModel`; for the others they draw the sample, and learning is here. Memory
        bounds the sample: 1 GiB allows 38 million bytes for :class:`CoTraining`, 60 million for
        :class:`BranchingEntropy`. Where that cuts the sample, ``training["sample"]`` is what was
        taken and ``training["sample_wanted"]`` what was asked for.

    Returns
    -------
    Segmenter
        Of the kind that belongs to the method: :class:`LearnedSegmenter`, :class:`NVBESegmenter` or
        :class:`LanguageModelSegmenter`. Where nothing can be learned, every symbol is a word. What
        was read is its `read`, facts about the learning are its `training`.

    Raises
    ------
    NlpzeroError
        The text cannot be read; or it holds nothing to make a language model of.

    Examples
    --------
    >>> segmenter = learn_segmenter(["今天天气不错", "今天下雨", "天气预报"])
    >>> "".join(segmenter.segment("今天天气预报"))
    '今天天气预报'
    >>> learn_segmenter(["今天天气不错", "今天下雨"], BranchingEntropy()).method
    'nvbe'
    """
    begun = time.perf_counter()
    checked_numbers(numbers)
    resources = resources or Resources()
    segmenter: Segmenter
    if isinstance(method, CoTraining):
        segmenter = _co_train(corpus, method, complete, resources)
    elif isinstance(method, BranchingEntropy):
        segmenter = _measure_autonomy(corpus, method, resources)
    elif isinstance(method, CharacterModel):
        segmenter = _model_characters(corpus, method, resources)
    else:
        raise TypeError(
            f"`method` must be a CoTraining, BranchingEntropy or CharacterModel, got {method!r}."
        )
    segmenter = segmenter.with_keep(keep, joiners)
    segmenter.numbers = numbers
    segmenter.training["seconds"] = round(time.perf_counter() - begun, 2)
    return segmenter


def _co_train(
    corpus: Text, method: CoTraining, complete: bool, resources: Resources
) -> LearnedSegmenter:
    wanted = _bytes(method.sample)
    size = min(wanted, resources.budget // CO_TRAINING_BYTES)
    base = None if method.base is None else find_base(method.base)
    if base is not None:
        mapping = base.alphabet.mapping
    else:
        mapping = traditional_to_simplified() if method.fold_traditional else ()
    read = ReadReport()
    own = _sample(corpus, size, method.seed, resources, read)
    other = Sample([], 0, True)
    if method.background is not None and own.size < size:
        other = _sample(method.background, size - own.size, method.seed, resources, read)
    training = {
        "method": "learned",
        "bytes": own.size,
        "background_bytes": other.size,
        **_sample_facts(wanted, size, own.whole and other.whole),
        "fold_traditional": method.fold_traditional or base is not None,
    }
    few = base is not None and not complete and own.whole
    with brief(_INTERPRETED * (own.size + other.size) if few else math.inf):
        alphabet = alphabet_of([*own.blocks, *other.blocks], mapping)
        symbols = stream_of(own.blocks, alphabet)
        target = len(symbols)
        if other.blocks:
            symbols = np.concatenate([symbols, stream_of(other.blocks, alphabet)])
        del own, other
        if base is None:
            from nlpzero.learning.cotraining import learn

            learned, summary = learn(symbols, target, method, resources=resources)
        else:
            start = base_excerpt(base, symbols) if few else base
            learned, summary = adapt(start, symbols, target, method, resources=resources)
    segmenter = LearnedSegmenter(learned, alphabet, training={**training, **summary})
    segmenter.read = read
    return segmenter


def _measure_autonomy(
    corpus: Text, method: BranchingEntropy, resources: Resources
) -> "NVBESegmenter":
    from nlpzero.learning.nvbe import NVBESegmenter, learn_autonomy

    wanted = _bytes(method.sample)
    size = min(wanted, resources.budget // BRANCHING_BYTES)
    mapping = traditional_to_simplified() if method.fold_traditional else ()
    read = ReadReport()
    sample = _sample(corpus, size, method.seed, resources, read)
    resources.tell("learn", 0, 1, "rounds")
    training = {
        "method": "nvbe",
        "bytes": sample.size,
        **_sample_facts(wanted, size, sample.whole),
        "fold_traditional": method.fold_traditional,
    }
    alphabet = alphabet_of(sample.blocks, mapping)
    symbols = stream_of(sample.blocks, alphabet)
    del sample
    keys, scores = learn_autonomy(symbols)
    resources.tell("learn", 1, 1, "rounds", ngrams=len(keys))
    training |= {
        "symbols": int(np.count_nonzero(symbols)),
        "ngrams": len(keys),
        "seed": method.seed,
    }
    segmenter = NVBESegmenter(keys, scores, alphabet, training=training)
    segmenter.read = read
    return segmenter


def _model_characters(
    corpus: Text, method: CharacterModel, resources: Resources
) -> "LanguageModelSegmenter":
    from nlpzero.language_model.model import KneserNeyModel
    from nlpzero.ngrams.counting import count_ngrams
    from nlpzero.segmentation.character_lm import LanguageModelSegmenter

    counts = count_ngrams(
        corpus,
        order=max(method.order, 4),
        alphabet=method.alphabet or Alphabet(runs="classes"),
        resources=resources,
    )
    model = KneserNeyModel.from_counts(
        counts, method.order, min_count=method.min_count, resources=resources
    )
    training = {
        "method": "lm",
        "symbols": counts.total,
        "order": method.order,
        "min_count": method.min_count,
        "ngrams": model.sizes,
    }
    first = cast(Any, method.first)  # checked by the configuration
    segmenter = LanguageModelSegmenter(
        model, weights=method.weights, first=first, training=training
    )
    segmenter.read = counts.read
    return segmenter


def _sample(corpus: Text, size: int, seed: int, resources: Resources, read: ReadReport) -> Sample:
    text = as_corpus(corpus)
    if isinstance(text, Corpus) and worth_workers(text, size, resources):
        return draw_on_workers(text, size, seed=seed, report=read, resources=resources)
    return draw_sample(
        text, size, seed=seed, report=read, progress=resources.stage("read", text.size)
    )


def _sample_facts(wanted: int, size: int, whole: bool) -> dict[str, int]:
    """The sample asked for; or the one that memory allowed beside it, where that made a
    difference.
    """
    if whole or size == wanted:
        return {"sample": wanted}
    return {"sample": size, "sample_wanted": wanted}


def _bytes(size: int | str) -> int:
    return parse_size(size) if isinstance(size, str) else size
