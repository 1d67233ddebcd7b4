"""Learning to segment: raw text in, segmenter out, by any method."""

import time
from collections.abc import Iterable
from typing import Any, cast, overload

import numpy as np

from nlpzero.engine.resources import ReadReport, Resources, parse_size
from nlpzero.language_model.model import KneserNeyModel
from nlpzero.learning.cotraining import learn
from nlpzero.learning.methods import BranchingEntropy, CoTraining
from nlpzero.learning.nvbe import NVBESegmenter, learn_autonomy
from nlpzero.learning.sampling import (
    alphabet_of,
    sample_text,
    stream_of,
    traditional_to_simplified,
)
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.ngrams.counting import count_ngrams
from nlpzero.segmentation.base import Numbers, Segmenter, checked_numbers
from nlpzero.segmentation.character_lm import LanguageModelSegmenter
from nlpzero.segmentation.character_model import CharacterModel
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, Shard, as_corpus

Method = CoTraining | BranchingEntropy | CharacterModel
Text = Corpus | Shard | Iterable[str]


@overload
def learn_segmenter(
    corpus: Text,
    method: CoTraining = ...,
    *,
    numbers: Numbers = ...,
    resources: Resources | None = ...,
) -> LearnedSegmenter: ...


@overload
def learn_segmenter(
    corpus: Text,
    method: BranchingEntropy,
    *,
    numbers: Numbers = ...,
    resources: Resources | None = ...,
) -> NVBESegmenter: ...


@overload
def learn_segmenter(
    corpus: Text,
    method: CharacterModel,
    *,
    numbers: Numbers = ...,
    resources: Resources | None = ...,
) -> LanguageModelSegmenter: ...


@overload
def learn_segmenter(
    corpus: Text, method: Method, *, numbers: Numbers = ..., resources: Resources | None = ...
) -> Segmenter: ...


def learn_segmenter(
    corpus: Text,
    method: Method = CoTraining(),  # noqa: B008 (frozen)
    *,
    numbers: Numbers = "learned",
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
    resources : Resources, optional
        What the run may use; threads learn, processes count. A cluster helps a :class:`CharacterModel` only,
        the others learn from a sample, here.

    Returns
    -------
    Segmenter
        Of the kind that belongs to the method: :class:`LearnedSegmenter`, :class:`NVBESegmenter` or
        :class:`LanguageModelSegmenter`. Where nothing can be learned, every symbol is a word. What was read is
        its `read`, facts about the learning are its `training`.

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
        segmenter = _co_train(corpus, method, resources)
    elif isinstance(method, BranchingEntropy):
        segmenter = _measure_autonomy(corpus, method, resources)
    elif isinstance(method, CharacterModel):
        segmenter = _model_characters(corpus, method, resources)
    else:
        raise TypeError(
            f"`method` must be a CoTraining, BranchingEntropy or CharacterModel, got {method!r}."
        )
    segmenter.numbers = numbers
    segmenter.training["seconds"] = round(time.perf_counter() - begun, 2)
    return segmenter


def _co_train(corpus: Text, method: CoTraining, resources: Resources) -> LearnedSegmenter:
    size = _bytes(method.sample)
    mapping = traditional_to_simplified() if method.fold_traditional else ()
    read = ReadReport()
    own = _sample(corpus, size, method.seed, resources, read)
    own_bytes = _utf8_bytes(own)
    other: list[str] = []
    if method.background is not None and own_bytes < size:
        other = _sample(method.background, size - own_bytes, method.seed, resources, read)
    training = {
        "method": "learned",
        "bytes": own_bytes,
        "background_bytes": _utf8_bytes(other),
        "sample": size,
        "fold_traditional": method.fold_traditional,
    }
    alphabet = alphabet_of([*own, *other], mapping)
    symbols = stream_of(own, alphabet)
    target = len(symbols)
    if other:
        symbols = np.concatenate([symbols, stream_of(other, alphabet)])
    del own, other
    learned, summary = learn(symbols, target, method, resources=resources)
    segmenter = LearnedSegmenter(learned, alphabet, training={**training, **summary})
    segmenter.read = read
    return segmenter


def _measure_autonomy(
    corpus: Text, method: BranchingEntropy, resources: Resources
) -> NVBESegmenter:
    size = _bytes(method.sample)
    mapping = traditional_to_simplified() if method.fold_traditional else ()
    read = ReadReport()
    texts = _sample(corpus, size, method.seed, resources, read)
    resources.tell("learn", 0, 1, "rounds")
    taken = _utf8_bytes(texts)
    alphabet = alphabet_of(texts, mapping)
    symbols = stream_of(texts, alphabet)
    del texts
    keys, scores = learn_autonomy(symbols)
    resources.tell("learn", 1, 1, "rounds", ngrams=len(keys))
    training = {
        "method": "nvbe",
        "bytes": taken,
        "sample": size,
        "fold_traditional": method.fold_traditional,
        "symbols": int(np.count_nonzero(symbols)),
        "ngrams": len(keys),
        "seed": method.seed,
    }
    segmenter = NVBESegmenter(keys, scores, alphabet, training=training)
    segmenter.read = read
    return segmenter


def _model_characters(
    corpus: Text, method: CharacterModel, resources: Resources
) -> LanguageModelSegmenter:
    counts = count_ngrams(
        corpus,
        order=max(method.order, 4),
        alphabet=method.alphabet or Alphabet(runs="classes"),
        resources=resources,
    )
    model = KneserNeyModel.from_counts(counts, method.order, min_count=method.min_count)
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


def _sample(
    corpus: Text, size: int, seed: int, resources: Resources, read: ReadReport
) -> list[str]:
    text = as_corpus(corpus)
    return sample_text(
        text, size, seed=seed, report=read, progress=resources.stage("read", text.size)
    )


def _bytes(size: int | str) -> int:
    return parse_size(size) if isinstance(size, str) else size


def _utf8_bytes(texts: list[str]) -> int:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
