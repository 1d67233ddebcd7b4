"""The n-grams of a table of counts with the bounds of clauses, in pieces that are never all in
memory.

What no symbol follows ends a clause, and what none precedes begins one: so the counts of n-grams
with END and BEGIN follow from those of the others.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Counts, Ints, Keys, Symbols
from nlpzero.engine.digit_sort import count_sorted, sort_keys
from nlpzero.engine.jit import kernel
from nlpzero.engine.sorted_runs import (
    Chunk,
    Run,
    RunStore,
    add_up,
    merge_runs,
    run_on_disk,
    whole_groups,
)
from nlpzero.engine.stored_arrays import release_pages, search
from nlpzero.language_model.model import BEGIN, END
from nlpzero.ngrams.keys import (
    PACKED_ORDER,
    PREFIX_MASKS,
    key_of_symbol,
    next_keys,
    split_next_keys,
    symbol_shift,
    symbols_at,
)
from nlpzero.ngrams.table import NGramCounts

# how many different symbols stand before an n-gram, at most 2 ** 16, and how often any does, are
# added up in one number
_TYPE = np.int64(1 << 44)
_OCCURRENCES = _TYPE - 1
# counts below it stand in the bits of a key that its three symbols leave
_SMALL = 1 << 16


class Grams(NamedTuple):
    """Some n-grams of one order, ascending; those of one context are in one piece.

    parents : ndarray of uint64
        Keys of the contexts, all symbols but the last (at most four).
    rows : ndarray of int32
        Row of the context of each n-gram.
    last : ndarray of uint16
    counts : ndarray of int64
    """

    parents: Keys
    rows: Ints
    last: Symbols
    counts: Counts

    def keys(self, order: int) -> Keys:
        """Keys of the n-grams, of an order up to 4."""
        return self.parents[self.rows] | (self.last.astype(np.uint64) << symbol_shift(order))

    def suffixes(self, order: int) -> Keys:
        """Keys of the n-grams without their first symbol."""
        shorter: Keys = self.parents[self.rows] << np.uint64(16)
        return shorter | (self.last.astype(np.uint64) << symbol_shift(order - 1))


def inside(source: NGramCounts, order: int, rows: int) -> Iterator[Grams]:
    """The n-grams of an order that begin with a symbol of the text; END may follow.

    Parameters
    ----------
    source : NGramCounts
    order : int in [2, 5]
    rows : int
        About so many rows of the table at a time.
    """
    if order <= PACKED_ORDER:
        for keys, counts in whole_groups(source.chunks(rows), PREFIX_MASKS[order - 1]):
            yield Grams(*bounded_grams(keys, counts, order, int(END)))
        return
    level_keys, level_counts = source.levels[0]
    source.check_level(order)
    first = begin = 0
    for keys, counts in source.gram_chunks(order - 1, rows=rows):
        end = int(search(level_keys, np.array([first + len(keys)], np.uint64) << np.uint64(16))[0])
        places, last = split_next_keys(np.asarray(level_keys[begin:end]))
        found = np.asarray(level_counts[begin:end])
        ends = counts - np.bincount(places - first, found, len(keys)).astype(np.int64)
        closing = np.flatnonzero(ends)
        longer, longer_counts = merge_rows(
            next_keys(places - first, last),
            found,
            next_keys(closing, np.full(len(closing), END)),
            ends[closing],
        )
        context, last = split_next_keys(longer)
        yield Grams(keys, context.astype(np.int32), last, longer_counts)
        release_pages(level_keys)
        release_pages(level_counts)
        first, begin = first + len(keys), end


def opening(begun: Run, order: int, rows: int) -> Iterator[Grams]:
    """The n-grams of an order from 2 on that begin with BEGIN, from those without it."""
    mask = PREFIX_MASKS[order - 2]
    begin = key_of_symbol(BEGIN, 1)
    for keys, counts in whole_groups(begun.chunks(rows), mask):
        contexts = (keys & mask) >> np.uint64(16) | begin
        yield _by_context(contexts, symbols_at(keys, order - 1), counts)


def grouped(chunks: Iterable[Chunk], order: int) -> Iterator[Grams]:
    """N-grams of an order from 2 to 4 from their keys and counts."""
    mask = PREFIX_MASKS[order - 1]
    for keys, counts in whole_groups(chunks, mask):
        yield _by_context(keys & mask, symbols_at(keys, order), counts)


def _by_context(contexts: Keys, last: Symbols, counts: Counts) -> Grams:
    firsts = np.ones(len(contexts), np.bool_)
    firsts[1:] = contexts[1:] != contexts[:-1]
    return Grams(contexts[firsts], (np.cumsum(firsts) - 1).astype(np.int32), last, counts)


class SuffixCounter:
    """For each n-gram, how many different symbols stand before it, and how often any does.

    Parameters
    ----------
    order : int in [2, 5]
        Of the n-grams with one symbol more, that are counted by what follows their first one.
    memory : int
        Bytes.
    folder : Path
        For what does not fit.
    """

    def __init__(self, order: int, memory: int, folder: Path) -> None:
        self._order = order
        self._memory = memory // 2
        self._folder = folder
        self._runs = RunStore(memory // 2, folder)

    def add(self, grams: Grams) -> None:
        """Count by some n-grams, all different from those before."""
        suffixes = grams.suffixes(self._order)
        counts = grams.counts
        packed = self._order <= PACKED_ORDER
        small = counts < (_SMALL if packed else 2)
        keys = suffixes[small]
        if packed:
            keys |= counts[small].astype(np.uint64)
            distinct, values = sum_suffixes(sort_keys(keys), int(_TYPE))
        else:
            distinct, values = count_sorted(sort_keys(keys))
            values *= _TYPE + 1
        self._keep(distinct, values)
        if not small.all():
            self._keep(*add_up(suffixes[~small], counts[~small] + _TYPE))

    def _keep(self, keys: Keys, values: Counts) -> None:
        if len(keys):
            self._runs.add(Run(len(keys), keys, values))

    def finish(self) -> Iterator[Chunk]:
        """The n-grams, ascending, with both numbers in one; see :func:`split_sums`."""
        return merge_runs(self._runs.finish(), self._memory, self._folder)


def split_sums(values: Counts) -> tuple[Counts, Counts]:
    """How many different symbols stand before, and how often any does."""
    return values // _TYPE, values & _OCCURRENCES


class Ahead:
    """Ascending rows that others, ascending too, are looked up in, piece by piece.

    Parameters
    ----------
    chunks : iterable of (keys, values)
    """

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._chunks = iter(chunks)
        self._keys = np.zeros(0, np.uint64)
        self._values = np.zeros(0, np.int64)
        self._first = 0

    def find(self, queries: Keys, missing: int = 0) -> tuple[Counts, Counts]:
        """Values and rows of keys, none below those asked for before; `missing` and -1 of those
        that are not there.
        """
        values = np.full(len(queries), missing, np.int64)
        rows = np.full(len(queries), -1, np.int64)
        done = 0
        while True:
            if len(self._keys):
                end = int(np.searchsorted(queries, self._keys[-1], "right"))
                if end > done:
                    places = np.searchsorted(self._keys, queries[done:end])
                    found = np.flatnonzero(self._keys[places] == queries[done:end])
                    values[done + found] = self._values[places[found]]
                    rows[done + found] = places[found] + self._first
                    done = end
            if done == len(queries):
                return values, rows
            self._first += len(self._keys)
            piece = next(self._chunks, None)
            if piece is None:
                self._keys = np.zeros(0, np.uint64)
                return values, rows
            self._keys, self._values = piece


class Bounded:
    """The n-grams of one order below the highest with their adjusted counts, on disk.

    The adjusted count is the number of different symbols before an n-gram, BEGIN among them; of
    those after BEGIN it is the count.

    Attributes
    ----------
    table : Run
        Keys, and twice the adjusted counts, plus 1 for those that are kept.
    begun : Run
        Those that stand at the beginning of a clause, with how often they do.
    """

    def __init__(
        self,
        grams: Iterable[tuple[Keys, Counts]],
        opening: Iterable[tuple[Keys, Counts]],
        longer: Iterable[Chunk],
        threshold: int,
        folder: Path,
    ) -> None:
        self._grams, self._opening = grams, opening
        self._longer = Ahead(longer)
        self._threshold = threshold
        self._folder = folder
        self._begun = RunStore(1 << 18, folder)
        #: How many n-grams have the adjusted counts 0, 1, 2, 3, 4.
        self.counts_of_counts = np.zeros(5, np.int64)
        self.table = run_on_disk(self._adjusted(), folder)
        self.begun = run_on_disk(merge_runs(self._begun.finish(), 1 << 22, folder), folder)

    def _adjusted(self) -> Iterator[Chunk]:
        for keys, counts in self._grams:
            types, occurrences = split_sums(self._longer.find(keys)[0])
            starts = counts - occurrences
            chosen = starts > 0
            if chosen.any():
                rows = keys[chosen], starts[chosen]
                self._begun.add(Run(len(rows[0]), *rows))
            yield keys, self._noted(counts, types + chosen)
        for keys, counts in self._opening:
            yield keys, self._noted(counts, counts)

    def _noted(self, counts: Counts, adjusted: Counts) -> Counts:
        self.counts_of_counts += first_counts_of_counts(adjusted)
        return 2 * adjusted + (counts >= self._threshold)


@kernel
def bounded_grams(
    keys: np.ndarray, counts: np.ndarray, order: int, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """N-grams of an order up to 4 from windows of four symbols: contexts, row of the context, last
    symbol, count.

    A window that is cut short behind the context is one that `end` follows: it comes last.
    """
    down = np.uint64(64 - 16 * order)
    parents = np.empty(len(keys), np.uint64)
    rows = np.empty(len(keys), np.int32)
    last = np.empty(len(keys), np.uint16)
    sums = np.empty(len(keys), np.int64)
    n = 0
    row = -1
    i = 0
    while i < len(keys):
        context = keys[i] >> (down + np.uint64(16))
        if context & np.uint64(0xFFFF) == 0:  # the clause ended before
            i += 1
            continue
        row += 1
        parents[row] = context << (down + np.uint64(16))
        ends = np.int64(0)
        begin = n
        while i < len(keys) and keys[i] >> (down + np.uint64(16)) == context:
            symbol = (keys[i] >> down) & np.uint64(0xFFFF)
            if symbol == 0:
                ends += counts[i]
            elif n > begin and last[n - 1] == symbol:
                sums[n - 1] += counts[i]
            else:
                rows[n] = row
                last[n] = symbol
                sums[n] = counts[i]
                n += 1
            i += 1
        if ends > 0:
            rows[n] = row
            last[n] = end
            sums[n] = ends
            n += 1
    return parents[: row + 1].copy(), rows[:n].copy(), last[:n].copy(), sums[:n].copy()


@kernel
def sum_suffixes(keys: np.ndarray, once: int) -> tuple[np.ndarray, np.ndarray]:
    """Distinct keys of three symbols, and for each the sum of what stands in their lowest 16 bits,
    and `once` for each time it is there; the keys are ascending.
    """
    out = np.empty(len(keys), np.uint64)
    sums = np.empty(len(keys), np.int64)
    n = 0
    for i in range(len(keys)):
        count = keys[i] & np.uint64(0xFFFF)
        key = keys[i] ^ count
        if n == 0 or out[n - 1] != key:
            out[n] = key
            sums[n] = 0
            n += 1
        sums[n - 1] += once + np.int64(count)
    return out[:n].copy(), sums[:n].copy()


@kernel
def merge_rows(
    a: np.ndarray, a_counts: np.ndarray, b: np.ndarray, b_counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge two ascending tables without common keys."""
    n = len(a) + len(b)
    keys = np.empty(n, np.uint64)
    counts = np.empty(n, np.int64)
    i = 0
    j = 0
    for k in range(n):
        if j == len(b) or (i < len(a) and a[i] < b[j]):
            keys[k] = a[i]
            counts[k] = a_counts[i]
            i += 1
        else:
            keys[k] = b[j]
            counts[k] = b_counts[j]
            j += 1
    return keys, counts


@kernel
def first_counts_of_counts(adjusted: np.ndarray) -> np.ndarray:
    """How many entries are 0, 1, 2, 3, 4."""
    out = np.zeros(5, np.int64)
    for i in range(len(adjusted)):
        if adjusted[i] < 5:
            out[adjusted[i]] += 1
    return out
