"""Strings of symbols as arrays, and a table that counts them."""

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.hash_tables import GOLDEN
from nlpzero.engine.jit import kernel
from nlpzero.ngrams.keys import PACKED_ORDER, unpack_keys
from nlpzero.text.alphabet import Alphabet


class Pieces:
    """Distinct stretches of symbols, how often each was met, and sums of what was told of each.

    Parameters
    ----------
    columns : int
        Sums beside the count; see `values` of :meth:`add`.
    """

    def __init__(self, columns: int = 0) -> None:
        self.n = 0
        self._columns = columns
        self._sums = np.zeros((1 << 10, columns), np.int64)
        self._table = np.zeros(1 << 12, np.int32)
        self._hashes = np.zeros(1 << 10, np.uint64)
        self._offsets = np.zeros((1 << 10) + 1, np.int64)
        self._counts = np.zeros(1 << 10, np.int64)
        self._arena = np.zeros(1 << 13, np.uint16)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        arrays = (self._table, self._hashes, self._offsets, self._counts, self._sums, self._arena)
        return sum(array.nbytes for array in arrays)

    def add(
        self,
        symbols: Symbols,
        starts: Counts,
        ends: Counts,
        weights: Counts | None = None,
        values: Counts | None = None,
    ) -> None:
        """Count stretches ``symbols[starts:ends]``, once each or with weights, and add up rows of
        values.
        """
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
            if values is not None:
                numbers = self.find(symbols, starts[part], ends[part])
                add_rows(numbers, values[part], self._sums)

    def add_strings(self, strings: "Strings") -> None:
        """Count strings with their counts."""
        self.add(strings.symbols, strings.offsets[:-1], strings.offsets[1:], strings.counts)

    def _make_room(self, pieces: int, symbols: int) -> None:
        if self.n + pieces > len(self._hashes):
            size = max(self.n + pieces, 2 * len(self._hashes))
            self._hashes = _grown(self._hashes, size)
            self._counts = _grown(self._counts, size)
            self._offsets = _grown(self._offsets, size + 1)
            self._sums = _grown(self._sums, size)
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

    def hashed(self) -> tuple[Keys, "Strings", Counts]:
        """The pieces in the order of their hashes: hashes, strings with counts, sums of values."""
        order = np.argsort(self._hashes[: self.n], kind="stable")
        used = Strings(
            self._arena, self._offsets[: self.n + 1], self._counts[: self.n]
        )  # no copy: `take` makes one
        return self._hashes[order], used.take(order), self._sums[order]


def _grown(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    larger = np.zeros((size, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


class Strings(NamedTuple):
    """Strings of symbols with counts, as arrays: string i is
    ``symbols[offsets[i]:offsets[i + 1]]``.
    """

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
        inside = np.arange(PACKED_ORDER) < lengths[:, None]
        return cls(unpack_keys(keys, PACKED_ORDER)[inside], offsets, counts)

    def joined(self, other: "Strings") -> "Strings":
        return Strings(
            np.concatenate([self.symbols, other.symbols]),
            np.concatenate([self.offsets, other.offsets[1:] + self.offsets[-1]]),
            np.concatenate([self.counts, other.counts]),
        )

    def sorted(self) -> "Strings":
        """By length, long ones first, then by count, then by code points: the same order for the
        same set.
        """
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


@kernel
def stretch_hash(symbols: np.ndarray, begin: int, end: int) -> np.uint64:
    """Hash of the symbols of a stretch."""
    value = np.uint64(end - begin)
    for i in range(begin, end):
        value = (value ^ np.uint64(symbols[i])) * GOLDEN
        value ^= value >> np.uint64(29)
    return value


@kernel
def count_pieces(
    symbols: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    weights: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    counts: np.ndarray,
    arena: np.ndarray,
    n: int,
) -> int:
    """Add stretches of symbols to a table of pieces.

    Weights of length 0 stand for ones. Returns its new size.

    Piece i is arena[offsets[i]:offsets[i + 1]]. The table holds piece numbers plus one, 0 is free;
    it, and the other arrays, must have room.
    """
    mask = np.uint64(len(table) - 1)
    for i in range(len(starts)):
        begin, length = starts[i], ends[i] - starts[i]
        weight = weights[i] if len(weights) > 0 else np.int64(1)
        value = stretch_hash(symbols, begin, ends[i])
        place = (value ^ (value >> np.uint64(32))) & mask
        while True:
            entry = table[place] - 1
            if entry < 0:
                table[place] = n + 1
                hashes[n] = value
                counts[n] = weight
                at = offsets[n]
                for j in range(length):
                    arena[at + j] = symbols[begin + j]
                offsets[n + 1] = at + length
                n += 1
                break
            if hashes[entry] == value and offsets[entry + 1] - offsets[entry] == length:
                at = offsets[entry]
                j = 0
                while j < length and arena[at + j] == symbols[begin + j]:
                    j += 1
                if j == length:
                    counts[entry] += weight
                    break
            place = (place + np.uint64(1)) & mask
    return n


@kernel
def add_rows(numbers: np.ndarray, values: np.ndarray, sums: np.ndarray) -> None:
    """Add each row of values to the row of sums that has its number."""
    for i in range(len(numbers)):
        for j in range(values.shape[1]):
            sums[numbers[i], j] += values[i, j]


@kernel
def refill_pieces(table: np.ndarray, hashes: np.ndarray, n: int) -> None:
    """Enter n pieces into an empty, larger table."""
    mask = np.uint64(len(table) - 1)
    for i in range(n):
        place = (hashes[i] ^ (hashes[i] >> np.uint64(32))) & mask
        while table[place] != 0:
            place = (place + np.uint64(1)) & mask
        table[place] = i + 1


@kernel
def find_piece(
    symbols: np.ndarray,
    begin: int,
    end: int,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    arena: np.ndarray,
) -> np.int64:
    """Number of the piece that equals a stretch, or -1."""
    mask = np.uint64(len(table) - 1)
    value = stretch_hash(symbols, begin, end)
    length = end - begin
    place = (value ^ (value >> np.uint64(32))) & mask
    while table[place] != 0:
        entry = np.int64(table[place] - 1)
        if hashes[entry] == value and offsets[entry + 1] - offsets[entry] == length:
            at = offsets[entry]
            j = 0
            while j < length and arena[at + j] == symbols[begin + j]:
                j += 1
            if j == length:
                return entry
        place = (place + np.uint64(1)) & mask
    return np.int64(-1)


@kernel
def find_pieces(
    symbols: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    arena: np.ndarray,
) -> np.ndarray:
    """Number of the piece that equals each stretch, or -1."""
    found = np.empty(len(starts), np.int64)
    for i in range(len(starts)):
        found[i] = find_piece(symbols, starts[i], ends[i], table, hashes, offsets, arena)
    return found


@kernel
def split_by_others(
    word: int,
    arena: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    in_run: np.ndarray,
    atoms: np.ndarray,
    weights: np.ndarray,
    log_total: float,
    unit_at: np.ndarray,
    score: np.ndarray,
    came_from: np.ndarray,
) -> float:
    """Best log probability of a piece as a sequence of other units.

    Every boundary of the path lies where the piece may be cut; an atom (a single symbol or a run)
    is always a unit. unit_at[j] and came_from[j] describe the last unit of the best path that ends
    at symbol j.
    """
    begin, end = offsets[word], offsets[word + 1]
    length = end - begin
    score[0] = 0.0
    for j in range(1, length + 1):
        score[j] = -np.inf
    for i in range(length):
        if score[i] == -np.inf:
            continue
        for j in range(i + 1, length + 1):
            if i == 0 and j == length:
                continue
            if j < length and in_run[arena[begin + j - 1]] and in_run[arena[begin + j]]:
                continue
            unit = find_piece(arena, begin + i, begin + j, table, hashes, offsets, arena)
            if unit < 0 or (weights[unit] <= 0 and not atoms[unit]):
                continue
            weight = np.int64(weights[unit]) if weights[unit] > 0 else np.int64(1)
            value = score[i] + math.log(weight) - log_total
            if value > score[j]:
                score[j] = value
                unit_at[j] = unit
                came_from[j] = i
    return score[length]


@kernel
def remove_redundant(
    visit: np.ndarray,
    arena: np.ndarray,
    offsets: np.ndarray,
    table: np.ndarray,
    hashes: np.ndarray,
    in_run: np.ndarray,
    atoms: np.ndarray,
    sizes: np.ndarray,
    weights: np.ndarray,
    floors: np.ndarray,
    alive: np.ndarray,
) -> int:
    """One round of redundancy removal: drop pieces that other units explain, and hand their counts
    down.

    Pieces are visited in the given order. A piece is dropped when its PMI against the best sequence
    of other units is below the number of its atoms minus one. `weights` are counts, changed as
    pieces are dropped; `floors` are what an atom's probability is taken from when it is rarer on
    its own. Returns the number of pieces dropped.
    """
    total = np.int64(0)
    longest = 0
    for i in range(len(weights)):
        total += weights[i]
        longest = max(longest, offsets[i + 1] - offsets[i])
    score = np.empty(longest + 1)
    unit_at = np.zeros(longest + 1, np.int64)
    came_from = np.zeros(longest + 1, np.int64)
    dropped = 0
    used = weights.copy()
    for i in range(len(used)):
        if atoms[i]:
            used[i] = max(weights[i], floors[i])
    for number in range(len(visit)):
        word = visit[number]
        if not alive[word] or atoms[word]:
            continue
        count = np.int64(weights[word])
        log_total = math.log(total)
        used[word] = 0
        value = split_by_others(
            word,
            arena,
            offsets,
            table,
            hashes,
            in_run,
            atoms,
            used,
            log_total,
            unit_at,
            score,
            came_from,
        )
        used[word] = count
        if value == -np.inf:
            continue
        gain = math.log(count) - log_total - value
        if gain >= sizes[word] - 1:
            continue
        alive[word] = False
        weights[word] = 0
        used[word] = 0
        total -= count
        j = offsets[word + 1] - offsets[word]
        while j > 0:
            unit = unit_at[j]
            weights[unit] += count
            used[unit] = max(weights[unit], floors[unit]) if atoms[unit] else weights[unit]
            total += count
            j = came_from[j]
        dropped += 1
    return dropped


def count_among(strings: Strings, symbols: Symbols) -> int:
    """Count of a string, 0 if it is not there."""
    same = strings.take(strings.lengths == len(symbols))
    return int(same.counts[(same.matrix(len(symbols)) == symbols).all(axis=1)].sum())
