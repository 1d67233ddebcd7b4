"""Strings of symbols as arrays, and a table that counts them."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery_kernels import count_pieces, find_pieces, refill_pieces, remove_redundant
from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.ngrams.keys import WIDTH
from nlpzero.text.alphabet import Alphabet


class Pieces:
    """Distinct stretches of symbols and how often each was met."""

    def __init__(self) -> None:
        self.n = 0
        self._table = np.zeros(1 << 12, np.int32)
        self._hashes = np.zeros(1 << 10, np.uint64)
        self._offsets = np.zeros((1 << 10) + 1, np.int64)
        self._counts = np.zeros(1 << 10, np.int64)
        self._arena = np.zeros(1 << 13, np.uint16)

    def add(
        self, symbols: Symbols, starts: Counts, ends: Counts, weights: Counts | None = None
    ) -> None:
        """Count stretches ``symbols[starts:ends]``, once each or with weights."""
        for first in range(0, len(starts), 1 << 16):
            part = slice(first, first + (1 << 16))
            self._make_room(len(starts[part]), int(ends[part].sum()) - int(starts[part].sum()))
            self.n = count_pieces(
                symbols,
                starts[part],
                ends[part],
                np.zeros(0, np.int64) if weights is None else weights[part],
                self._table,
                self._hashes,
                self._offsets,
                self._counts,
                self._arena,
                self.n,
            )

    def add_strings(self, strings: "Strings") -> None:
        """Count strings with their counts."""
        self.add(strings.symbols, strings.offsets[:-1], strings.offsets[1:], strings.counts)

    def _make_room(self, pieces: int, symbols: int) -> None:
        if self.n + pieces > len(self._hashes):
            size = max(self.n + pieces, 2 * len(self._hashes))
            self._hashes = _grown(self._hashes, size)
            self._counts = _grown(self._counts, size)
            self._offsets = _grown(self._offsets, size + 1)
        used = int(self._offsets[self.n])
        if used + symbols > len(self._arena):
            self._arena = _grown(self._arena, max(used + symbols, 2 * len(self._arena)))
        if 2 * (self.n + pieces) > len(self._table):
            bits = int(2 * (self.n + pieces)).bit_length()
            self._table = np.zeros(1 << bits, np.int32)
            refill_pieces(self._table, self._hashes, self.n)

    def find(self, symbols: Symbols, starts: Counts, ends: Counts) -> Counts:
        return find_pieces(
            symbols, starts, ends, self._table, self._hashes, self._offsets, self._arena
        )

    def remove_redundant(
        self,
        visit: Counts,
        in_run: npt.NDArray[np.bool_],
        sizes: Counts,
        weights: Counts,
        floors: Counts,
        alive: npt.NDArray[np.bool_],
    ) -> int:
        """One round over the pieces to visit; see the kernel."""
        return int(
            remove_redundant(
                visit,
                self._arena,
                self._offsets[: self.n + 1],
                self._table,
                self._hashes,
                in_run,
                sizes == 1,
                sizes,
                weights,
                floors,
                alive,
            )
        )

    def content(self) -> "Strings":
        """The pieces in the order in which they were met."""
        offsets = self._offsets[: self.n + 1].copy()
        return Strings(self._arena[: offsets[-1]].copy(), offsets, self._counts[: self.n].copy())


def _grown(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    larger = np.zeros(size, array.dtype)
    larger[: len(array)] = array
    return larger


class Strings(NamedTuple):
    """Strings of symbols with counts, as arrays: string i is ``symbols[offsets[i]:offsets[i + 1]]``."""

    symbols: Symbols
    offsets: Counts
    counts: Counts

    @property
    def lengths(self) -> Counts:
        return np.diff(self.offsets)

    def take(self, chosen: npt.NDArray[Any]) -> "Strings":
        """Some of the strings, by number or by mask."""
        rows = np.flatnonzero(chosen) if chosen.dtype == bool else chosen
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Strings(self.symbols[at], offsets, self.counts[rows])

    def matrix(self, width: int) -> Symbols:
        """The strings as rows, with zeros behind the shorter ones."""
        rows = np.zeros((len(self.counts), width), np.uint16)
        inside = np.arange(width) < self.lengths[:, None]
        rows[inside] = self.symbols
        return rows

    @classmethod
    def empty(cls) -> "Strings":
        return cls(np.zeros(0, np.uint16), np.zeros(1, np.int64), np.zeros(0, np.int64))

    @classmethod
    def of_keys(cls, keys: Keys, lengths: Counts, counts: Counts) -> "Strings":
        """Strings of packed keys."""
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        lanes = np.stack(
            [(keys >> np.uint64(48 - 16 * j)) & np.uint64(0xFFFF) for j in range(WIDTH)], axis=1
        ).astype(np.uint16)
        return cls(lanes[np.arange(WIDTH) < lengths[:, None]], offsets, counts)

    def joined(self, other: "Strings") -> "Strings":
        return Strings(
            np.concatenate([self.symbols, other.symbols]),
            np.concatenate([self.offsets, other.offsets[1:] + self.offsets[-1]]),
            np.concatenate([self.counts, other.counts]),
        )

    def sorted(self) -> "Strings":
        """By length, long ones first, then by count, then by code points: the same order for the same set."""
        rows = np.lexsort(
            (
                *self.matrix(int(self.lengths.max(initial=0))).T[::-1],
                -self.counts,
                -self.lengths,
            )
        )
        return self.take(rows)

    def decode(self, alphabet: Alphabet) -> list[str]:
        text = alphabet.decode(self.symbols)
        return [text[a:b] for a, b in pairwise(self.offsets.tolist())]
