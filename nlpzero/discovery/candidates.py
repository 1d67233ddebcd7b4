"""The frequent n-grams of a table of counts, and how strongly they hold together."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats, Keys
from nlpzero.engine.hash_tables import KeyTable, find, find_all, table_of
from nlpzero.engine.jit import kernel
from nlpzero.ngrams.keys import PACKED_ORDER, PREFIX_MASKS, pack_rows, symbol_of, symbols_at
from nlpzero.ngrams.measures import pmi as pair_pmi
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import DIGIT, FIRST_SLOT, LETTER, char_classes

_CHUNK_ROWS = 1 << 20
# n-grams looked up at a time: of a table that is a file, each may bring 64 KiB of keys and as much
# of counts into memory, since the system maps the pages around the one that is asked for
_QUERIES = 1 << 9


@dataclass(frozen=True)
class Candidates:
    """All n-grams of 1 to 4 symbols with at least min_count occurrences."""

    keys: Keys  # of 2 symbols and more
    counts: Counts
    lengths: npt.NDArray[np.int64]
    singles: Counts  # of each symbol, 0 below min_count
    table: KeyTable
    total: int
    in_run: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, counts: NGramCounts, min_count: int) -> "Candidates":
        parts: list[list[tuple[Keys, Counts]]] = [[] for _ in range(PACKED_ORDER + 1)]
        for k, keys, numbers in _frequent_pieces(counts, min_count):
            parts[k].append((keys.copy(), numbers.copy()))
        grams = [np.concatenate([p[0] for p in part]) for part in parts[1:]]
        sizes = [np.concatenate([p[1] for p in part]) for part in parts[1:]]
        singles = np.zeros(0x10000, np.int64)
        singles[symbols_at(grams[0], 1)] = sizes[0]
        keys = np.concatenate(grams[1:])
        lengths = np.repeat(np.arange(2, PACKED_ORDER + 1), [len(part) for part in grams[1:]])
        return cls(
            keys,
            np.concatenate(sizes[1:]),
            lengths,
            singles,
            table_of(keys),
            counts.total,
            runs_of(counts.alphabet),
        )

    @staticmethod
    def pairs(counts: NGramCounts, min_count: int) -> tuple[Keys, Counts, Counts]:
        """The pairs with at least so many occurrences, their counts, and those of each symbol, 0
        where they are fewer.
        """
        singles = np.zeros(0x10000, np.int64)
        keys, numbers = counts.grams(1, min_count)
        singles[symbols_at(keys, 1)] = numbers
        return (*counts.grams(2, min_count), singles)

    @classmethod
    def parts_of(cls, counts: NGramCounts, keys: Keys, lengths: Counts) -> "Candidates":
        """The n-grams that some n-grams of 2 to 4 symbols are made of, themselves among them, if
        they occur.
        """
        asked: list[Keys] = [np.zeros(0, np.uint64)] * (PACKED_ORDER + 1)
        for k in range(2, PACKED_ORDER + 1):
            parts = [keys[lengths == k]]
            for longer in range(k + 1, PACKED_ORDER + 1):
                whole = keys[lengths == longer]
                parts += [whole & PREFIX_MASKS[k], whole << np.uint64(16 * (longer - k))]
            asked[k] = np.unique(np.concatenate(parts))
        numbers = [looked_up(counts, asked[k], k) for k in range(2, PACKED_ORDER + 1)]
        held = [found > 0 for found in numbers]
        kept = [part[there] for part, there in zip(asked[2:], held, strict=True)]
        found = np.concatenate(kept)
        singles = np.zeros(0x10000, np.int64)
        ones = np.arange(1, 0x10000, dtype=np.uint64) << np.uint64(48)
        singles[1:] = looked_up(counts, ones, 1)
        return cls(
            found,
            np.concatenate([n[there] for n, there in zip(numbers, held, strict=True)]),
            np.repeat(np.arange(2, PACKED_ORDER + 1), [len(part) for part in kept]),
            singles,
            table_of(found),
            counts.total,
            runs_of(counts.alphabet),
        )

    def cohesion(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Smallest PMI of each n-gram and the split that has it."""
        return self.cohesion_of(self.keys, self.counts, self.lengths)

    def cohesion_of(
        self, keys: Keys, counts: Counts, lengths: Counts
    ) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The same for some n-grams whose parts are all frequent."""
        pmi, split = np.empty(len(keys)), np.empty(len(keys), np.int64)
        ngram_cohesion(self.arrays(), keys, counts, lengths, pmi, split)
        return pmi, split

    def find(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Row of each of the given n-grams of two symbols and more, -1 for those that are not
        frequent.
        """
        return find_all(self.table, keys)

    def arrays(self) -> "FrequentNGrams":
        """The same as compiled loops take it."""
        return FrequentNGrams(self.table, self.counts, self.singles, self.in_run, float(self.total))


class FrequentNGrams(NamedTuple):
    """The frequent n-grams of a text, for compiled loops.

    table : KeyTable of those of two symbols and more
    counts : int64[n], of these
    singles : int64[65536], of single symbols
    in_run : bool[65536], whether a symbol is a digit or a letter
    total : float, symbols of the text
    """

    table: KeyTable
    counts: Counts
    singles: Counts
    in_run: npt.NDArray[np.bool_]
    total: float


@kernel
def first_difference(a: np.uint64, b: np.uint64) -> int:
    """Number, from 1, of the first symbol in which two different keys differ."""
    x = a ^ b
    if x >> np.uint64(48):
        return 1
    if x >> np.uint64(32):
        return 2
    if x >> np.uint64(16):
        return 3
    return 4


class OpenGroups(NamedTuple):
    """The n-grams that are being counted while a table of counts is scanned, and go over to its
    next piece.

    previous : uint64[1]; key of the row before the piece, 0 before the first
    counts : int64[5]; so far, of the n-gram of each order that the row before begins with
    """

    previous: Keys
    counts: Counts

    @classmethod
    def none(cls) -> "OpenGroups":
        """Before the first row."""
        return cls(np.zeros(1, np.uint64), np.zeros(PACKED_ORDER + 1, np.int64))


@kernel
def first_closed(keys: np.ndarray, row: int, last: bool, before: np.uint64) -> int:
    """Lowest order of which an n-gram ends before a row of keys.

    Those of all higher orders end there too.

    `last` tells whether all n-grams end with the piece, row len(keys).
    """
    if before == 0 or (row == len(keys) and not last):
        return PACKED_ORDER + 1
    return first_difference(before, keys[row]) if row < len(keys) else 1


@kernel
def count_row(key: np.uint64, count: int, group: np.ndarray) -> None:
    """Add the count of a row to those of the n-grams it begins with, int64[5] by order."""
    for k in range(1, PACKED_ORDER + 1):
        if symbol_of(key, k) == 0:
            break
        group[k] += count


@kernel
def frequent_ngrams(
    keys: np.ndarray,
    counts: np.ndarray,
    last: bool,
    min_count: int,
    groups: OpenGroups,
    out_keys: np.ndarray,
    out_counts: np.ndarray,
    filled: np.ndarray,
) -> None:
    """Scan a piece of a table for the n-grams with at least min_count occurrences.

    keys : uint64[n] ascending, counts : int64[n]; the piece
    last : whether no piece follows
    out_keys : uint64[5, n + 1], out_counts : int64[5, n + 1]; row k gets filled[k] k-grams
    filled : int64[5]
    """
    group = groups.counts
    before = groups.previous[0]
    for row in range(len(keys) + 1):
        for k in range(PACKED_ORDER, first_closed(keys, row, last, before) - 1, -1):
            if group[k] >= min_count:
                out_keys[k, filled[k]] = before & PREFIX_MASKS[k]
                out_counts[k, filled[k]] = group[k]
                filled[k] += 1
            group[k] = 0
        if row < len(keys):
            before = keys[row]
            count_row(before, counts[row], group)
    groups.previous[0] = before


@kernel
def ngram_cohesion(
    ngrams: FrequentNGrams,
    keys: np.ndarray,
    joint: np.ndarray,
    lengths: np.ndarray,
    pmi: np.ndarray,
    split: np.ndarray,
) -> None:
    """Smallest PMI over the splits of n-grams, and the first place that has it.

    keys : uint64[n], joint : int64[n] their counts, lengths : int64[n]; pmi : float64[n], split :
        int64[n]

    A split inside a run of digits and letters does not exist; an n-gram without any split gets inf
    and 0. All parts of an n-gram must be frequent.
    """
    in_run, singles, counts = ngrams.in_run, ngrams.singles, ngrams.counts
    for row in range(len(keys)):
        best = np.inf
        where = 0
        key = keys[row]
        for j in range(1, lengths[row]):
            if in_run[symbol_of(key, j)] and in_run[symbol_of(key, j + 1)]:
                continue
            tail = key << np.uint64(16 * j)
            if j == 1:
                a = singles[symbol_of(key, 1)]
            else:
                a = counts[find(ngrams.table, key & PREFIX_MASKS[j])]
            if lengths[row] - j == 1:
                b = singles[symbol_of(tail, 1)]
            else:
                b = counts[find(ngrams.table, tail)]
            value = pair_pmi(joint[row], a, b, ngrams.total)
            if value < best:
                best = value
                where = j
        pmi[row] = best
        split[row] = where


@kernel
def atoms_of(
    arena: np.ndarray, offsets: np.ndarray, in_run: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places of the atoms of pieces (single symbols, and runs), and the piece each is in."""
    starts = np.empty(len(arena), np.int64)
    ends = np.empty(len(arena), np.int64)
    holders = np.empty(len(arena), np.int64)
    n = 0
    for i in range(len(offsets) - 1):
        j = offsets[i]
        while j < offsets[i + 1]:
            starts[n] = j
            holders[n] = i
            j += 1
            if in_run[arena[j - 1]]:
                while j < offsets[i + 1] and in_run[arena[j]]:
                    j += 1
            ends[n] = j
            n += 1
    return starts[:n].copy(), ends[:n].copy(), holders[:n].copy()


def only_runs(strings: Strings, in_run: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether strings hold digits and letters only."""
    if len(strings.counts) == 0:
        return np.zeros(0, bool)
    return np.logical_and.reduceat(in_run[strings.symbols], strings.offsets[:-1])


def singles_of(counts: Counts, min_count: int) -> Strings:
    """The single symbols counted often enough, as strings."""
    ones = np.flatnonzero(counts >= min_count)
    return Strings(ones.astype(np.uint16), np.arange(len(ones) + 1, dtype=np.int64), counts[ones])


def ends_of(words: Strings) -> tuple[Keys, Counts]:
    """Words of two symbols and more, of longer ones the first and the last four, as keys with
    lengths.
    """
    lengths = words.lengths
    rows = np.flatnonzero(lengths > 1)
    sizes = np.minimum(lengths[rows], PACKED_ORDER)
    parts = []
    for first in (words.offsets[rows], words.offsets[rows] + lengths[rows] - sizes):
        symbols = np.zeros((len(rows), PACKED_ORDER), np.uint16)
        for j in range(PACKED_ORDER):
            has = sizes > j
            symbols[has, j] = words.symbols[first[has] + j]
        parts.append(pack_rows(symbols))
    return np.concatenate(parts), np.concatenate([sizes, sizes])


def table_pieces(counts: NGramCounts) -> Iterator[tuple[Keys, Counts, bool]]:
    """Pieces of a table of counts, and whether each is the last.

    One empty piece for an empty table.
    """
    held = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for piece in counts.chunks(_CHUNK_ROWS):
        if len(held[0]):
            yield *held, False
            counts.forget()
        held = piece
    yield *held, True
    counts.forget()


def looked_up(counts: NGramCounts, keys: Keys, k: int) -> Counts:
    """Counts of ascending k-grams; rows read from a file for this are not kept in memory."""
    parts = [np.zeros(0, np.int64)]
    for first in range(0, len(keys), _QUERIES):
        parts.append(counts.lookup(keys[first : first + _QUERIES], k))
        counts.forget()
    return np.concatenate(parts)


def _frequent_pieces(counts: NGramCounts, min_count: int) -> Iterator[tuple[int, Keys, Counts]]:
    """The k-grams with at least min_count occurrences, k and some of them at a time.

    Copy what you keep.
    """
    groups = OpenGroups.none()
    for rows, row_counts, last in table_pieces(counts):
        out_keys = np.empty((PACKED_ORDER + 1, len(rows) + 1), np.uint64)
        out_counts = np.empty((PACKED_ORDER + 1, len(rows) + 1), np.int64)
        filled = np.zeros(PACKED_ORDER + 1, np.int64)
        frequent_ngrams(rows, row_counts, last, min_count, groups, out_keys, out_counts, filled)
        for k in range(1, PACKED_ORDER + 1):
            yield k, out_keys[k, : filled[k]], out_counts[k, : filled[k]]


def frequency_spectrum(counts: NGramCounts, longest: int) -> tuple[Counts, Counts]:
    """How many n-grams of 2 to `longest` symbols occur how often: ascending counts, and how many
    have each.
    """
    sizes: dict[int, int] = {}
    for k, _, numbers in _frequent_pieces(counts, 1):
        if 2 <= k <= longest:
            values, times = np.unique(numbers, return_counts=True)
            for value, n in zip(values.tolist(), times.tolist(), strict=True):
                sizes[value] = sizes.get(value, 0) + n
    values = np.array(sorted(sizes), np.int64)
    return values, np.array([sizes[value] for value in values.tolist()], np.int64)


def runs_of(alphabet: Alphabet) -> npt.NDArray[np.bool_]:
    """Whether each symbol is a digit or a letter, which form runs that are never cut."""
    points = np.arange(0x10000, dtype=np.uint32)
    points[FIRST_SLOT : FIRST_SLOT + len(alphabet.astral)] = alphabet.astral
    classes = char_classes(points)
    return (classes == DIGIT) | (classes == LETTER)
