"""Segmentation by normalised variation of branching entropy (Magistry & Sagot 2012): fast, without
parameters.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols
from nlpzero.engine.hash_tables import KeyTable, table_of
from nlpzero.engine.validation import expect, finite, require
from nlpzero.learning.decoding_kernels import autonomy_scores
from nlpzero.learning.position_ngrams import PositionNGrams, count_positions
from nlpzero.learning.streams import Cuts, densify, forced_cuts, pieces
from nlpzero.ngrams.keys import PACKED_ORDER, keys_for_file, keys_from_file, pack_ngrams
from nlpzero.segmentation.base import Arrays, Numbers, SymbolSegmenter
from nlpzero.segmentation.lattice import viterbi
from nlpzero.text.alphabet import Alphabet, SymbolStream


def autonomy(grams: PositionNGrams) -> list[Floats32]:
    """How word-like each type is: length times the sum of the z-scored variations of both branching
    entropies.

    v_R(g) = H_R(g) - H_R(g without its last symbol), v_L(g) = H_L(g) - H_L(g without its first),
    each standardised over the types of one length (Magistry & Sagot 2012, "Unsupervized Word
    Segmentation: the Case for Mandarin Chinese"; the division by the deviation is theirs of eleve,
    2017).
    """
    scores = []
    for k in range(PACKED_ORDER):
        right, left = grams.right[k], grams.left[k]
        if k > 0:
            firsts = grams.orders[k].firsts
            right = right - grams.right[k - 1][grams.ids[k - 1][firsts]]
            left = left - grams.left[k - 1][grams.ids[k - 1][firsts + 1]]
        total = np.zeros(len(right), np.float32)
        for v in (right, left):
            if len(v):
                mean = float(v.mean(dtype=np.float64))
                deviation = float(v.std(dtype=np.float64))
                total += (v - np.float32(mean)) / np.float32(max(deviation, 1e-9))
        scores.append(np.float32(k + 1) * total)
    return scores


def autonomy_cuts(grams: PositionNGrams, forced: Cuts) -> Cuts:
    """The most autonomous segmentation: Viterbi over the sum of :func:`autonomy`."""
    scores = autonomy(grams)
    cuts = np.ones(len(forced), np.uint8)
    for start, end in pieces(forced):
        table = np.full((end - start, PACKED_ORDER), -np.inf, np.float32)
        for k in range(PACKED_ORDER):
            types = grams.ids[k][start:end]
            known = types >= 0
            table[known, k] = scores[k][types[known]]
        table[grams.ids[0][start:end] < 0, 0] = 0.0
        cuts[start : end + 1] = viterbi(table, forced[start : end + 1])
    return cuts


def learn_autonomy(raw: Symbols, min_count: int = 2) -> tuple[npt.NDArray[np.uint64], Floats32]:
    """Autonomy of the n-grams of a stream.

    Parameters
    ----------
    raw : ndarray of uint16, shape (n,); 0 is the clause break
    min_count : int
        Leave out rarer n-grams of two and more symbols.

    Returns
    -------
    keys : ndarray of uint64, shape (m,)
        Packed keys of one symbol, of two, of three, of four, each ascending.
    scores : ndarray of float32, shape (m,)
    """
    dense = densify(raw)
    grams = count_positions(dense)
    keys, scores = [], []
    for k, values in enumerate(autonomy(grams)):
        order = grams.orders[k]
        kept = order.counts >= (min_count if k else 1)
        keys.append(pack_ngrams(raw, order.firsts[kept], k + 1))
        scores.append(values[kept])
    return np.concatenate(keys), np.concatenate(scores)


def decode_autonomy(raw: Symbols, table: KeyTable, scores: Floats32) -> Cuts:
    """Best segmentation of a stream by a table of autonomies (by the rows of the table)."""
    forced = forced_cuts(raw)
    cuts = np.ones(len(forced), np.uint8)
    for start, end in pieces(forced):
        edges = np.empty((end - start, PACKED_ORDER), np.float32)
        autonomy_scores(raw[start:end], table, scores, edges)
        cuts[start : end + 1] = viterbi(edges, forced[start : end + 1])
    return cuts


class NVBESegmenter(SymbolSegmenter):
    """Segmenter by variation of branching entropy: fast, without parameters
    (:class:`nlpzero.BranchingEntropy`).

    A word's score is its length times its autonomy; an n-gram that the training text does not have
    is no word, single symbols always are.

    Parameters
    ----------
    keys : ndarray of uint64, shape (m,)
        Packed keys of n-grams.
    scores : ndarray of float32, shape (m,)
    alphabet : Alphabet
    numbers, training
        As for :class:`Segmenter`.
    """

    method = "nvbe"

    def __init__(
        self,
        keys: npt.NDArray[np.uint64],
        scores: npt.NDArray[np.float32],
        alphabet: Alphabet,
        *,
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(alphabet, numbers=numbers, training=training)
        self.keys = keys
        self.scores = scores

    @cached_property
    def _table(self) -> KeyTable:
        return table_of(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_table"}

    def _cut(self, stream: SymbolStream) -> Cuts:
        return decode_autonomy(stream.symbols, self._table, self.scores)[:-1]

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {}, {"keys": keys_for_file(self.keys), "scores": self.scores}

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "NVBESegmenter":
        numbers = expect(arrays, "keys", np.uint64, None)
        scores = expect(arrays, "scores", np.float32, len(numbers))
        # 0 marks a free slot of the table; a score of -inf is no path
        require(numbers.all() and finite(scores), "its n-grams or their scores are wrong")
        return cls(keys_from_file(numbers), scores, alphabet)
