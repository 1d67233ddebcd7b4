"""Raw text in, base out."""

import time
from collections.abc import Iterable

import numpy as np

from nlpzero.engine.resources import ReadReport, Resources, parse_size
from nlpzero.learning.base_building import build_base
from nlpzero.learning.base_model import BaseModel
from nlpzero.learning.base_segmenter import BaseSegmenter
from nlpzero.learning.cotraining import learn
from nlpzero.learning.methods import CO_TRAINING_BYTES, CoTraining
from nlpzero.learning.sampling import (
    alphabet_of,
    sample_text,
    stream_of,
    traditional_to_simplified,
)
from nlpzero.learning.streams import Cuts
from nlpzero.segmentation.base import Numbers
from nlpzero.text.corpus import Corpus, as_corpus
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS

#: Bytes of the file of a base, at most.
COMPACT_BYTES = 2_700_000
#: How a base is learned: as usual, from more text than one's own.
BASE_METHOD = CoTraining(sample=64_000_000)


def learn_base(
    corpus: Corpus | Iterable[str],
    method: CoTraining = BASE_METHOD,
    *,
    size: int | str = COMPACT_BYTES,
    numbers: Numbers = "learned",
    keep: str | Iterable[str] = DEFAULT_KEEP,
    joiners: str = JOINERS,
    resources: Resources | None = None,
) -> BaseSegmenter:
    """Learn a base from raw text; a few dozen megabytes of several kinds of text make a good one.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        Read once. Traditional characters are read as simplified ones where that is one to one, by
        the tables of the package opencc, which the base then carries with it.
    method : CoTraining
        Its sample, seed and recipe; a base has no background.
    size : int >= 1, or str
        Bytes of its file at most, as a number or as ``"2M"``: rarer n-grams are left out until it
        fits. Pairs that occur less than three times, trigrams less than five times and words less
        than twice are left out in any case.
    numbers : {"learned", "date", "split"}
        As for :class:`nlpzero.Segmenter`.
    keep, joiners
        What the segmenter leaves whole, see :class:`nlpzero.Alphabet`; by default all of it.
    resources : Resources, optional
        Memory bounds the sample, as in :func:`nlpzero.learn_segmenter`: 1 GiB allows 38 million
        bytes.

    Returns
    -------
    BaseSegmenter
        Its `base` is the base, its `save` writes the file; what was read is its `read`.

    Raises
    ------
    NlpzeroError
        The text cannot be read, the package opencc is missing, or `size` is too small for any base
        of this text.
    """
    resources = resources or Resources()
    begun = time.perf_counter()
    text = as_corpus(corpus)
    read = ReadReport()
    wanted = parse_size(method.sample) if isinstance(method.sample, str) else method.sample
    blocks = sample_text(
        text,
        min(wanted, resources.budget // CO_TRAINING_BYTES),
        seed=method.seed,
        report=read,
        progress=resources.stage("read", text.size),
    )
    base = learn_base_of(blocks, method, size=size, resources=resources)
    segmenter = BaseSegmenter(base, numbers=numbers, keep=keep, joiners=joiners)
    segmenter.read = read
    segmenter.training["seconds"] = round(time.perf_counter() - begun, 2)
    return segmenter


def learn_base_of(
    blocks: list[str],
    method: CoTraining = BASE_METHOD,
    *,
    size: int | str = COMPACT_BYTES,
    resources: Resources | None = None,
) -> BaseModel:
    """As :func:`learn_base`, from blocks of lines that were drawn already; a clause ends with its
    block.
    """
    if method.background is not None:
        raise ValueError("a base has no `background`: give all text as the corpus.")
    if method.base is not None:
        raise ValueError("a base is learned without a base: leave `base` out.")
    mapping = traditional_to_simplified()
    # characters beyond the BMP differ from text to text: all of them are the unknown symbol
    symbols = stream_of(blocks, alphabet_of([], mapping))
    taken = sum(len(block.encode("utf-8", "surrogatepass")) for block in blocks)
    last: list[Cuts] = []

    def keep(_: int, cuts: Cuts) -> None:
        last[:] = [cuts]

    _, summary = learn(symbols, None, method, resources=resources, inspect=keep)
    return build_base(
        symbols,
        last[0],
        size=parse_size(size) if isinstance(size, str) else size,
        seed=method.seed,
        recipe=method.recipe,
        folding=np.array(mapping, np.uint16),
        training={"method": "base", "bytes": taken, **summary},
    )
