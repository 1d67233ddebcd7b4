"""Counting n-grams above order 4: level by level, in ranges of prefixes that fit the budget."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.hash_tables import KeyIndex, index_of, look_up
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import KeyCounter, Run, SortedRows, run_on_disk
from nlpzero.ngrams.keys import LAST_SYMBOL, PACKED_ORDER, SYMBOL_BITS, before_key, next_key
from nlpzero.ngrams.windows import (
    Arrivals,
    CountedRun,
    TextPasses,
    blocks_of,
    handed_over,
    left_in,
    merged,
    symbol_blocks,
    windows,
    worker_folder,
)
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard
from nlpzero.text.points import Points, point_blocks

# A prefix in use takes its key, and two to four slots of four bytes in the hash table.
_BYTES_PER_PREFIX = 24
# Shares of a worker's memory: for prefixes, and for counting what follows them.
_PREFIX_SHARE = 0.3
_COUNTER_SHARE = 0.33
# Rows of a level taken at a time.
_CHUNK_ROWS = 1 << 18


class LevelCounter:
    """The levels 5, 6, ... of one count, each made from those before it.

    A k-gram is known by the row of its first k - 1 symbols, so counting needs the kept rows of all
    lower levels. They are sorted, and those that begin with the same 4-grams lie together on every
    level: a range of 4-grams has all it needs in one range of each. Where not all rows fit the
    budget, the text is read once for each of several ranges, and their results follow one another
    in order.

    Parameters
    ----------
    passes : Passes
    windows : sorted rows
        The windows of four symbols of this text, with their counts.
    alphabet : Alphabet
        Of their symbols.
    min_count : int >= 1
        K-grams below it are left out, from the 4-grams on.
    """

    def __init__(
        self, passes: TextPasses, windows: SortedRows, alphabet: Alphabet, min_count: int
    ) -> None:
        self._passes = passes
        self._alphabet = alphabet
        self._min_count = min_count
        #: Kept rows of the orders 4, 5, ...
        self.kept: list[Run] = [run_on_disk(whole_grams(windows, min_count), passes.folder)]

    def count(self) -> None:
        """Count one more level."""
        parts = (self._count_range(bounds) for bounds in self._ranges())
        chunks = (chunk for part in parts for chunk in part)
        kept = ((keys[n >= self._min_count], n[n >= self._min_count]) for keys, n in chunks)
        self.kept.append(run_on_disk(kept, self._passes.folder))

    def _ranges(self) -> Iterator[list[tuple[int, int]]]:
        """Ranges of rows of the kept levels, one of each, that belong together and fit the
        budget.
        """
        passes = self._passes
        # threads look up in the same table, processes each have their own
        memory = passes.budget if passes.single or passes.threads else passes.share
        limit = max(1, int(memory * _PREFIX_SHARE) // _BYTES_PER_PREFIX)
        pieces = -(-sum(map(len, self.kept)) // limit)
        keys = [run.mapped_keys() for run in self.kept]
        starts = []
        for i in range(pieces):
            # the first 4-gram of the i-th equal piece of the highest level, which is the largest
            row = len(keys[-1]) * i // pieces
            for level in reversed(keys[1:]):
                row = int(level[row] >> SYMBOL_BITS) if len(level) else 0
            starts.append(row)
        for first, last in pairwise([*sorted(set(starts)), len(keys[0])]):
            bounds = [(first, last)]
            for level in keys[1:]:
                ends = np.array(bounds[-1], np.uint64) << SYMBOL_BITS
                low, high = np.searchsorted(level, ends).tolist()
                bounds.append((low, high))
            yield bounds

    def _count_range(self, bounds: list[tuple[int, int]]) -> Iterator[tuple[Keys, Counts]]:
        passes = self._passes
        k = PACKED_ORDER + len(bounds)
        stage = f"count {k}-grams"
        prefixes = _Prefixes.of(self.kept, bounds)
        memory = int(passes.share * _COUNTER_SHARE)
        runs: Sequence[CountedRun]
        if passes.single:
            blocks = blocks_of(passes, stage)
            runs = _count_level(blocks, self._alphabet, k, prefixes, memory, passes.folder)
        else:
            if passes.threads:
                prefixes.index()
            results = passes.map(
                _level_worker, self._alphabet, k, prefixes, memory, left_in(passes), stage=stage
            )
            arrivals = Arrivals(passes)
            runs = [run for part in results for run in arrivals.keep(part)]
        del prefixes
        base = np.uint64(bounds[-1][0]) << SYMBOL_BITS
        for keys, counts in merged(passes, runs, share=0.15):
            yield keys + base, counts
        for run in runs:
            run.delete()

    @property
    def levels(self) -> list[Run]:
        """The levels that were counted, without the 4-grams."""
        return self.kept[1:]


def whole_grams(windows: SortedRows, min_count: int = 1) -> Iterator[tuple[Keys, Counts]]:
    """The 4-grams that occur often enough, without windows that a clause end cuts short."""
    for keys, counts in windows.chunks(_CHUNK_ROWS):
        whole = (counts >= min_count) & ((keys & LAST_SYMBOL) != 0)
        yield keys[whole], counts[whole]


@dataclass
class _Prefixes:
    """The kept rows of the orders 4 to k - 1 in one range, with rows counted from its beginning."""

    keys: list[Keys]
    indexes: list[KeyIndex] = field(default_factory=list)

    @classmethod
    def of(cls, kept: Sequence[Run], bounds: Sequence[tuple[int, int]]) -> "_Prefixes":
        keys = [run.key_slice(low, high) for run, (low, high) in zip(kept, bounds, strict=True)]
        for level, (low, _) in zip(keys[1:], bounds, strict=False):
            level -= np.uint64(low) << SYMBOL_BITS
        return cls(keys)

    def index(self) -> None:
        """Make the hash tables, once for all workers that share this memory."""
        if not self.indexes:
            self.indexes = [index_of(keys) for keys in self.keys]


def _level_keys(symbols: Symbols, stop: int, k: int, prefixes: _Prefixes) -> Keys:
    """Keys of the k-grams that begin before `stop` and whose first k - 1 symbols were kept."""
    ids = window_ids(symbols, stop, prefixes.indexes[0])
    for j, index in enumerate(prefixes.indexes[1:], PACKED_ORDER):
        extend_ids(symbols, ids, j, index)
    out = np.empty(stop, np.uint64)
    return out[: extended_keys(symbols, ids, k - 1, out)]


def _count_level(
    blocks: Iterable[Points],
    alphabet: Alphabet,
    k: int,
    prefixes: _Prefixes,
    memory: int,
    folder: Path | None,
) -> list[Run]:
    prefixes.index()
    counter = KeyCounter(memory, folder)
    for symbols, stop in windows(symbol_blocks(blocks, alphabet), k - 1):
        counter.add(_level_keys(symbols, stop, k, prefixes))
    return counter.finish()


def _level_worker(
    shard: Shard,
    alphabet: Alphabet,
    k: int,
    prefixes: _Prefixes,
    memory: int,
    left: Path | CommonStore | None,
    *,
    report: ReadReport,
) -> list[CountedRun]:
    with worker_folder(left) as folder:
        runs = _count_level(
            point_blocks(shard, report=report), alphabet, k, prefixes, memory, folder
        )
        return handed_over(runs, memory, left)


@kernel
def window_ids(symbols: np.ndarray, stop: int, index: KeyIndex) -> np.ndarray:
    """Row, in indexed four-symbol keys, of the window at each position before `stop`, or -1."""
    n = len(symbols)
    ids = np.empty(stop, np.int64)
    key = np.uint64(0)
    for i in range(min(n, stop + 3) - 1, -1, -1):
        symbol = np.uint64(symbols[i])
        key = before_key(symbol, key) if symbol else np.uint64(0)
        if i < stop:
            ids[i] = look_up(index, key) if key & LAST_SYMBOL else -1
    return ids


@kernel
def extended_keys(symbols: np.ndarray, ids: np.ndarray, offset: int, out: np.ndarray) -> int:
    """Keys ``id << 16 | symbol`` where the gram at a position is known and a symbol follows it.

    Returns how many were written; ids whose gram has no successor become -1.
    """
    written = 0
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
            continue
        out[written] = next_key(ids[i], symbol)
        written += 1
    return written


@kernel
def extend_ids(symbols: np.ndarray, ids: np.ndarray, offset: int, index: KeyIndex) -> None:
    """Replace the id of the gram at each position by that of the gram one symbol longer, or -1."""
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
        else:
            ids[i] = look_up(index, next_key(ids[i], symbol))
