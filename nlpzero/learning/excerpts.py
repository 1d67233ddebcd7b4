"""What a text needs of a base or of a learned model: the statistics of the n-grams that it has.

A text is cut the same by the excerpt, which is small where the text is short: no tables of all
n-grams have to be made for one sentence.
"""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Symbols
from nlpzero.learning.base_model import BaseModel
from nlpzero.learning.gap_model import PAIR_GROUPS, layout_for
from nlpzero.learning.model import LearnedModel
from nlpzero.learning.streams import dense_table
from nlpzero.ngrams.keys import LAST_SYMBOL, PREFIX_MASKS, find_keys, keys_for_file, pack_ngrams

Rows = npt.NDArray[np.int64]


def base_excerpt(base: BaseModel, raw: Symbols) -> BaseModel:
    """A base without the n-grams that a text does not have.

    Parameters
    ----------
    base : BaseModel
    raw : ndarray of uint16, shape (n,)
        The text, in symbols of the base's alphabet; 0 is the clause break.

    Returns
    -------
    BaseModel
        Cuts the text as the base does, alone or adapted to it; nothing else.

    Examples
    --------
    >>> from nlpzero.learning.base_segmenter import shipped_base
    >>> base = shipped_base()
    >>> len(base_excerpt(base, base.alphabet.encode("在北京，天安门。").symbols).pairs)
    4
    """
    x = dense_table(base.codes)[raw]
    keys = [keys_for_file(_keys(x, k)) for k in (2, 3, 4)]
    pairs = _rows(base.pairs.astype(np.uint64), keys[0])
    triples = _rows(base.triples, keys[1])
    words = _rows(base.words, np.concatenate([keys[1], keys[2]]))
    return replace(
        base,
        pairs=base.pairs[pairs],
        pair_values=base.pair_values[pairs],
        triples=base.triples[triples],
        triple_counts=base.triple_counts[triples],
        words=base.words[words],
        word_counts=base.word_counts[words],
    )


def learned_excerpt(learned: LearnedModel, x: Symbols) -> LearnedModel:
    """A learned model without the n-grams that a text does not have.

    Parameters
    ----------
    learned : LearnedModel
    x : ndarray of uint16, shape (n,)
        The text, in the dense numbers of the model; 0 is the clause break.

    Returns
    -------
    LearnedModel
        Cuts the text as the model does; nothing else.
    """
    pairs = _rows(learned.pairs.astype(np.uint64) << np.uint64(32), _keys(x, 2))
    threes, fours = _keys(x, 3), _keys(x, 4)
    # words of four symbols are reached by their first three
    triples = _rows(learned.triples, np.concatenate([threes, fours & PREFIX_MASKS[3]]))
    # in the order of their files: words of three symbols, then those of four
    size = int(np.count_nonzero(learned.words & LAST_SYMBOL == 0))
    words = np.concatenate(
        [_rows(learned.words[:size], threes), size + _rows(learned.words[size:], fours)]
    )
    starts = layout_for(len(learned.codes) - 1, len(learned.pairs), learned.weights.shape[2])
    weights: list[npt.NDArray[Any]] = []
    for group, (start, end) in enumerate(itertools.pairwise(starts)):
        part = learned.weights[:, :, start:end]
        if group in PAIR_GROUPS:
            part = part[:, :, np.concatenate([[0], pairs + 1])]
        weights.append(part)
    return learned._replace(
        pairs=learned.pairs[pairs],
        pair_records=learned.pair_records[pairs],
        pair_values=learned.pair_values[pairs],
        triples=learned.triples[triples],
        triple_bins=learned.triple_bins[triples],
        words=learned.words[words],
        words_counts=learned.words_counts[words],
        weights=np.concatenate(weights, axis=2),
    )


def _keys(x: Symbols, k: int) -> npt.NDArray[np.uint64]:
    """Keys of the n-grams of k symbols that stand inside clauses."""
    inside = x > 0
    for j in range(1, k):
        inside = inside[:-1] & (x[j:] > 0)
    return pack_ngrams(x, np.flatnonzero(inside), k)


def _rows(keys: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> Rows:
    """Rows of those of the wanted keys that are there, ascending."""
    there = np.zeros(len(keys), np.bool_)
    rows = find_keys(keys, wanted)
    there[rows[rows >= 0]] = True
    return np.flatnonzero(there)
