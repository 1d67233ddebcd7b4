"""Strings of symbols as arrays, and a table that counts them."""

import math
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Floats, Ints, Keys, Symbols
from nlpzero.engine.hash_tables import GOLDEN
from nlpzero.engine.jit import kernel
from nlpzero.ngrams.keys import PACKED_ORDER, unpack_keys
from nlpzero.text.alphabet import Alphabet


class StringArrays(NamedTuple):
    """A table of n strings for compiled loops; all arrays but the slots may have room for more.

    slots : int32[2 ** b]; number of a string plus one, 0 is free
    hashes : uint64[n]
    offsets : int64[n + 1]
    counts : int64[n]
    arena : uint16[]; string i is arena[offsets[i]:offsets[i + 1]]
    """

    slots: Ints
    hashes: Keys
    offsets: Counts
    counts: Counts
    arena: Symbols


class StringTable:
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
        self._arrays = StringArrays(
            np.zeros(1 << 12, np.int32),
            np.zeros(1 << 10, np.uint64),
            np.zeros((1 << 10) + 1, np.int64),
            np.zeros(1 << 10, np.int64),
            np.zeros(1 << 13, np.uint16),
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return self._sums.nbytes + sum(array.nbytes for array in self._arrays)

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
            times = np.zeros(0, np.int64) if weights is None else weights[part]
            self.n = count_stretches(self._arrays, symbols, starts[part], ends[part], times, self.n)
            if values is not None:
                numbers = self.find(symbols, starts[part], ends[part])
                add_rows(numbers, values[part], self._sums)

    def add_strings(self, strings: "Strings") -> None:
        """Count strings with their counts."""
        self.add(strings.symbols, strings.offsets[:-1], strings.offsets[1:], strings.counts)

    def _make_room(self, strings: int, symbols: int) -> None:
        slots, hashes, offsets, counts, arena = self._arrays
        if self.n + strings > len(hashes):
            size = max(self.n + strings, 2 * len(hashes))
            hashes = _grown(hashes, size)
            counts = _grown(counts, size)
            offsets = _grown(offsets, size + 1)
            self._sums = _grown(self._sums, size)
        used = int(offsets[self.n])
        if used + symbols > len(arena):
            arena = _grown(arena, max(used + symbols, 2 * len(arena)))
        if 2 * (self.n + strings) > len(slots):
            slots = np.zeros(1 << int(2 * (self.n + strings)).bit_length(), np.int32)
            fill_slots(slots, hashes, self.n)
        self._arrays = StringArrays(slots, hashes, offsets, counts, arena)

    def find(self, symbols: Symbols, starts: Counts, ends: Counts) -> Counts:
        """Number of the string that equals each stretch, or -1."""
        return find_strings(self._arrays, symbols, starts, ends)

    def remove_redundant(
        self,
        visit: Counts,
        in_run: npt.NDArray[np.bool_],
        sizes: Counts,
        weights: Counts,
        floors: Counts,
        alive: npt.NDArray[np.bool_],
    ) -> int:
        """One round over the strings to visit; see the kernel."""
        units = Units(in_run, sizes == 1, sizes, weights, floors, alive)
        return int(remove_redundant(self._arrays, units, visit))

    def other_readings(
        self,
        number: int,
        in_run: npt.NDArray[np.bool_],
        atoms: npt.NDArray[np.bool_],
        floors: Counts,
    ) -> tuple[Floats, Counts]:
        """What the first strings save against the best sequence of others, and where that one is
        cut; see the kernel.
        """
        weights = self._arrays.counts[: self.n]
        units = Units(in_run, atoms, weights, weights, floors, atoms)
        gains, cuts = np.zeros(number), np.zeros(number, np.int64)
        other_readings(self._arrays, units, number, gains, cuts)
        return gains, cuts

    def longest_shares(self, occurrences: Counts, longest: int) -> tuple[Counts, Floats]:
        """Inside which string each one of the first stands most often, and which share of the
        times; see the kernel.
        """
        holders, shares = np.full(len(occurrences), -1), np.zeros(len(occurrences))
        longest_shares(self._arrays, occurrences, longest, holders, shares)
        return holders, shares

    def content(self) -> "Strings":
        """The strings in the order in which they were met."""
        _, _, offsets, counts, arena = self._arrays
        offsets = offsets[: self.n + 1].copy()
        return Strings(arena[: offsets[-1]].copy(), offsets, counts[: self.n].copy())

    def hashed(self) -> tuple[Keys, "Strings", Counts]:
        """The strings in the order of their hashes: hashes, strings with counts, sums of values."""
        _, hashes, offsets, counts, arena = self._arrays
        order = np.argsort(hashes[: self.n], kind="stable")
        # no copy: `take` makes one
        used = Strings(arena, offsets[: self.n + 1], counts[: self.n])
        return hashes[order], used.take(order), self._sums[order]


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
def string_slot(
    slots: np.ndarray,
    hashes: np.ndarray,
    offsets: np.ndarray,
    arena: np.ndarray,
    symbols: np.ndarray,
    begin: int,
    end: int,
    value: np.uint64,
) -> np.uint64:
    """The slot of the string that equals a stretch with this hash, or the free one for it.

    The arrays are those of :class:`StringArrays`, one by one: taking them out of it at each call
    would double the time.
    """
    last = np.uint64(len(slots) - 1)
    length = end - begin
    place = (value ^ (value >> np.uint64(32))) & last
    while True:
        entry = slots[place] - 1
        if entry < 0:
            return place
        if hashes[entry] == value and offsets[entry + 1] - offsets[entry] == length:
            at = offsets[entry]
            j = 0
            while j < length and arena[at + j] == symbols[begin + j]:
                j += 1
            if j == length:
                return place
        place = (place + np.uint64(1)) & last


@kernel
def find_strings(
    table: StringArrays, symbols: np.ndarray, starts: np.ndarray, ends: np.ndarray
) -> np.ndarray:
    """Number of the string that equals each stretch of symbols, uint16[], or -1: int64[n].

    starts, ends : int64[n]
    """
    slots, hashes, offsets, _, arena = table
    found = np.empty(len(starts), np.int64)
    for i in range(len(starts)):
        value = stretch_hash(symbols, starts[i], ends[i])
        place = string_slot(slots, hashes, offsets, arena, symbols, starts[i], ends[i], value)
        found[i] = slots[place] - 1
    return found


@kernel
def count_stretches(
    table: StringArrays,
    symbols: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    weights: np.ndarray,
    n: int,
) -> int:
    """Add stretches of symbols, uint16[], to a table of n strings; returns their new number.

    The table must have room.
    starts, ends : int64[m]; weights : int64[m], or int64[0] for ones
    """
    slots, hashes, offsets, counts, arena = table
    for i in range(len(starts)):
        begin, end = starts[i], ends[i]
        weight = weights[i] if len(weights) > 0 else np.int64(1)
        value = stretch_hash(symbols, begin, end)
        place = string_slot(slots, hashes, offsets, arena, symbols, begin, end, value)
        entry = slots[place] - 1
        if entry >= 0:
            counts[entry] += weight
            continue
        slots[place] = n + 1
        hashes[n] = value
        counts[n] = weight
        at = offsets[n]
        for j in range(end - begin):
            arena[at + j] = symbols[begin + j]
        offsets[n + 1] = at + end - begin
        n += 1
    return n


@kernel
def fill_slots(slots: np.ndarray, hashes: np.ndarray, n: int) -> None:
    """Enter the numbers of n strings by their hashes, uint64[], into empty slots, int32[2 ** b]."""
    last = np.uint64(len(slots) - 1)
    for i in range(n):
        place = (hashes[i] ^ (hashes[i] >> np.uint64(32))) & last
        while slots[place] != 0:
            place = (place + np.uint64(1)) & last
        slots[place] = i + 1


@kernel
def add_rows(numbers: np.ndarray, values: np.ndarray, sums: np.ndarray) -> None:
    """Add each row of values to the row of sums that has its number."""
    for i in range(len(numbers)):
        for j in range(values.shape[1]):
            sums[numbers[i], j] += values[i, j]


# ------------------------------------------------------------------------------- redundancy


class Units(NamedTuple):
    """What removal knows of the strings of a table, and changes.

    in_run : bool[65536]; whether a symbol is a digit or a letter
    atoms : bool[n]; whether a string is a single symbol or a run
    sizes : int64[n]; its atoms
    weights : int64[n]; counts, changed as strings are dropped
    floors : int64[n]; what an atom's probability is taken from when it is rarer on its own
    alive : bool[n]; whether it is still there
    """

    in_run: npt.NDArray[np.bool_]
    atoms: npt.NDArray[np.bool_]
    sizes: Counts
    weights: Counts
    floors: Counts
    alive: npt.NDArray[np.bool_]


class UnitPath(NamedTuple):
    """Best sequences of units of which the beginnings of a string consist.

    score : float64[]; log probability, by the number of symbols
    unit_at, came_from : int64[]; the last unit, and where it begins
    """

    score: Floats
    unit_at: Counts
    came_from: Counts


@kernel
def split_by_others(
    table: StringArrays,
    word: int,
    units: Units,
    used: np.ndarray,
    log_total: float,
    path: UnitPath,
) -> float:
    """Best log probability of a string as a sequence of other units.

    used : int64[n], counts of the units. Every boundary of the path lies where the string may be
    cut; an atom is always a unit.
    """
    slots, hashes, offsets, _, arena = table
    in_run, atoms = units.in_run, units.atoms
    score, unit_at, came_from = path
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
            value = stretch_hash(arena, begin + i, begin + j)
            place = string_slot(slots, hashes, offsets, arena, arena, begin + i, begin + j, value)
            unit = np.int64(slots[place]) - 1
            if unit < 0 or (used[unit] <= 0 and not atoms[unit]):
                continue
            weight = np.int64(used[unit]) if used[unit] > 0 else np.int64(1)
            total = score[i] + math.log(weight) - log_total
            if total > score[j]:
                score[j] = total
                unit_at[j] = unit
                came_from[j] = i
    return score[length]


@kernel
def remove_redundant(table: StringArrays, units: Units, visit: np.ndarray) -> int:
    """One round of removal: drop strings that other units explain, and hand their counts down.

    Strings are visited in the given order, int64[]. One is dropped when its PMI against the best
    sequence of other units is below the number of its atoms minus one. Returns the number of
    strings dropped.
    """
    offsets = table.offsets
    _, atoms, sizes, weights, floors, alive = units
    total = np.int64(0)
    longest = 0
    for i in range(len(weights)):
        total += weights[i]
        longest = max(longest, offsets[i + 1] - offsets[i])
    path = UnitPath(
        np.empty(longest + 1), np.zeros(longest + 1, np.int64), np.zeros(longest + 1, np.int64)
    )
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
        value = split_by_others(table, word, units, used, log_total, path)
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
            unit = path.unit_at[j]
            weights[unit] += count
            used[unit] = max(weights[unit], floors[unit]) if atoms[unit] else weights[unit]
            total += count
            j = path.came_from[j]
        dropped += 1
    return dropped


@kernel
def other_readings(
    table: StringArrays, units: Units, number: int, gains: np.ndarray, cuts: np.ndarray
) -> None:
    """What the first `number` strings save against the best sequence of other units.

    gains : float64[number], in nats an occurrence: log probability of the string as a unit, less
        that of the sequence; 0 for an atom, which has no other reading
    cuts : int64[number], the sequence: bit i, from 0, tells that it is cut before symbol i; beyond
        62 symbols nothing is told
    """
    offsets = table.offsets
    atoms, weights, floors = units.atoms, units.weights, units.floors
    total = np.int64(0)
    longest = 0
    for i in range(len(weights)):
        total += weights[i]
        longest = max(longest, offsets[i + 1] - offsets[i])
    path = UnitPath(
        np.empty(longest + 1), np.zeros(longest + 1, np.int64), np.zeros(longest + 1, np.int64)
    )
    used = np.maximum(weights, floors)
    log_total = math.log(total) if total > 0 else 0.0
    for word in range(number):
        gains[word] = 0.0
        cuts[word] = 0
        if atoms[word] or weights[word] == 0:
            continue
        count = used[word]
        used[word] = 0
        value = split_by_others(table, word, units, used, log_total, path)
        used[word] = count
        gains[word] = math.log(weights[word]) - log_total - value
        j = path.came_from[offsets[word + 1] - offsets[word]]
        while j > 0:
            if j < 63:
                cuts[word] |= np.int64(1) << j
            j = path.came_from[j]


@kernel
def longest_shares(
    table: StringArrays,
    occurrences: np.ndarray,
    longest: int,
    holders: np.ndarray,
    shares: np.ndarray,
) -> None:
    """The string inside which each one of 2 to `longest` symbols stands most often.

    occurrences : int64[n], of the strings of the table
    holders : int64[n], -1 at first; its number
    shares : float64[n], 0 at first; which share of the occurrences that is. Of two equal ones the
        longer string is told, then the one with the lower number.
    """
    slots, hashes, offsets, _, arena = table
    for word in range(len(occurrences)):
        begin, end = offsets[word], offsets[word + 1]
        for i in range(begin, end):
            for j in range(i + 2, min(i + longest, end) + 1):
                if j - i == end - begin:
                    continue
                value = stretch_hash(arena, i, j)
                place = string_slot(slots, hashes, offsets, arena, arena, i, j, value)
                inner = np.int64(slots[place]) - 1
                if inner < 0 or inner >= len(occurrences):
                    continue
                share = min(occurrences[word] / max(occurrences[inner], 1), 1.0)
                held = holders[inner]
                if share < shares[inner] or (
                    share == shares[inner]
                    and held >= 0
                    and offsets[held + 1] - offsets[held] >= end - begin
                ):
                    continue
                holders[inner] = word
                shares[inner] = share


def count_among(strings: Strings, symbols: Symbols) -> int:
    """Count of a string, 0 if it is not there."""
    same = strings.take(strings.lengths == len(symbols))
    return int(same.counts[(same.matrix(len(symbols)) == symbols).all(axis=1)].sum())
