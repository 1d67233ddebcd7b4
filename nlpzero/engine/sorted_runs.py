"""Sorted runs of counted 64-bit keys: collected within a memory budget, kept on disk, merged
exactly.

Counting is sorting: keys gather in a buffer, the sorted buffer becomes a run (distinct keys,
ascending, with counts), and runs merge by adding counts. What does not fit the budget waits on
disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Keys
from nlpzero.engine.checkpoints import InFiles
from nlpzero.engine.digit_sort import count_keys
from nlpzero.engine.jit import kernel
from nlpzero.engine.stored_arrays import StoredArray, plain
from nlpzero.engine.temporary import disk_errors


@kernel
def merge_step(
    keys: np.ndarray,
    counts: np.ndarray,
    heads: np.ndarray,
    ends: np.ndarray,
    bound: np.uint64,
    out_keys: np.ndarray,
    out_counts: np.ndarray,
) -> int:
    """Merge sorted sources, adding the counts of equal keys, up to a bound or until the output is
    full.

    No source holds a key twice. Source s is rows ``heads[s]:ends[s]`` of `keys` and `counts`; the
    heads move on. Only keys <= `bound` are taken. Returns the number of rows written.
    """
    # sources that have rows left, and the key each would give next
    live = np.empty(len(heads), np.int64)
    front = np.empty(len(heads), np.uint64)
    n = 0
    for s in range(len(heads)):
        if heads[s] < ends[s] and keys[heads[s]] <= bound:
            live[n] = s
            front[n] = keys[heads[s]]
            n += 1
    written = 0
    while n > 0 and written < len(out_keys):
        smallest = front[0]
        for i in range(1, n):
            smallest = min(smallest, front[i])
        total = np.int64(0)
        i = 0
        while i < n:
            if front[i] != smallest:
                i += 1
                continue
            s = live[i]
            head = heads[s]
            total += counts[head]
            head += 1
            heads[s] = head
            if head < ends[s] and keys[head] <= bound:
                front[i] = keys[head]
                i += 1
            else:
                n -= 1
                live[i] = live[n]
                front[i] = front[n]
        out_keys[written] = smallest
        out_counts[written] = total
        written += 1
    return written


ROW_BYTES = 16
# more sources than this are merged in stages: every output row looks at the head of every source
_MOST_SOURCES = 24
# shares of the budget; at a flush the buffer, another to sort in, the run made from them and the
# resident runs exist together
_BUFFER_SHARE = 0.16
RESIDENT_SHARE = 0.30
_NO_BOUND = np.uint64(0xFFFFFFFFFFFFFFFF)
# of keys, for each thread that merges: they end at about the same time
_RANGES = 4

Chunk = tuple[Keys, Counts]


class SortedRows(Protocol):
    """Anything that can be merged: distinct ascending keys with counts, readable in pieces."""

    def __len__(self) -> int: ...

    def chunks(self, rows: int) -> Iterator[Chunk]:
        """The rows in pieces of at most `rows`."""
        ...


@dataclass(frozen=True)
class Run(InFiles):
    """Distinct ascending keys with counts, in memory or in two files.

    rows : int
    keys, counts : ndarray or StoredArray or None
    path : str or None
        Files ``path + ".keys"`` and ``path + ".counts"``.
    without : (int, int) or None
        Rows with a symbol in this range are passed over when the run is read; `rows` does not count
        them.
    remap : ndarray of uint16, shape (65536,), or None
        Moves the four symbols in each key when the run is read; never decreases, so the order
        stays.
    """

    rows: int
    keys: Keys | StoredArray | None = None
    counts: Counts | StoredArray | None = None
    path: str | None = None
    without: tuple[int, int] | None = None
    remap: npt.NDArray[np.uint16] | None = None

    def __len__(self) -> int:
        return self.rows

    def chunks(self, rows: int) -> Iterator[Chunk]:
        """The run in pieces of at most `rows` rows."""
        for keys, counts in self._stored(rows):
            if self.without is not None:
                kept = ~holds_symbol(keys, *self.without)
                keys, counts = keys[kept], counts[kept]
            if len(keys):
                yield remap_keys(keys, self.remap), counts

    def _stored(self, rows: int) -> Iterator[Chunk]:
        if self.path is None:
            assert self.keys is not None and self.counts is not None
            for i in range(0, len(self.keys), rows):
                yield self.keys[i : i + rows], self.counts[i : i + rows]
            return
        with open(self.path + ".keys", "rb") as keys, open(self.path + ".counts", "rb") as counts:
            while len(part := np.fromfile(keys, np.uint64, rows)):
                yield part, np.fromfile(counts, np.int64, rows)

    def mapped_keys(self) -> Keys:
        """All keys, for looking some up: mapped, not read, where they are on disk."""
        if self.path is None:
            assert self.keys is not None
            return plain(self.keys)
        if not self.rows:  # an empty file cannot be mapped
            return np.zeros(0, np.uint64)
        return np.memmap(self.path + ".keys", np.uint64, "r")

    def key_slice(self, start: int, stop: int) -> Keys:
        """A copy of the keys of some rows."""
        if self.path is None:
            return self.mapped_keys()[start:stop].copy()
        return np.fromfile(self.path + ".keys", np.uint64, stop - start, offset=8 * start)

    def files(self) -> list[Path]:
        """Where the rows are, if not in memory."""
        if self.path is None:
            return []
        return [Path(self.path + ".keys"), Path(self.path + ".counts")]

    def delete(self) -> None:
        """Free the disk; the run must not be read any more."""
        for path in self.files():
            path.unlink(missing_ok=True)


def remap_keys(keys: Keys, table: npt.NDArray[np.uint16] | None) -> Keys:
    """Move the four symbols in each key by a table; None leaves them."""
    if table is None:
        return keys
    return table[np.ascontiguousarray(keys).view(np.uint16)].view(np.uint64)


@kernel
def holds_symbol(keys: np.ndarray, first: int, last: int) -> np.ndarray:
    """Whether any of the four symbols of each key lies in a range."""
    inside = np.empty(len(keys), np.bool_)
    for i in range(len(keys)):
        key = keys[i]
        found = np.int64(0)
        for _ in range(4):
            symbol = np.int64(key & np.uint64(0xFFFF))
            found += (first <= symbol) & (symbol <= last)
            key >>= np.uint64(16)
        inside[i] = found > 0
    return inside


def _write_rows(file: IO[bytes], rows: npt.NDArray[Any]) -> None:
    file.write(np.ascontiguousarray(rows).data.cast("B"))


def in_memory(chunks: Iterator[Chunk]) -> Chunk:
    """All merged rows as two arrays."""
    parts = list(chunks)
    if len(parts) == 1:
        return parts[0]
    return (
        np.concatenate([np.zeros(0, np.uint64), *(keys for keys, _ in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in parts)]),
    )


def whole_groups(chunks: Iterable[Chunk], mask: np.uint64) -> Iterator[Chunk]:
    """Rows in pieces again, those that agree under `mask` in one piece; one piece at least."""
    rest_keys, rest_counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for keys, counts in chunks:
        if len(rest_keys):
            keys = np.concatenate([rest_keys, keys])
            counts = np.concatenate([rest_counts, counts])
        # the last group may go on in the next piece
        cut = int(np.searchsorted(keys, keys[-1] & mask))
        yield keys[:cut], counts[:cut]
        rest_keys, rest_counts = keys[cut:].copy(), counts[cut:]
    yield rest_keys, rest_counts


def run_on_disk(chunks: Iterator[Chunk], folder: Path) -> Run:
    """Write merged chunks as a run in `folder`."""
    path = str(folder / uuid4().hex)
    rows = 0
    with (
        disk_errors(folder),
        open(path + ".keys", "wb") as keys_file,
        open(path + ".counts", "wb") as counts_file,
    ):
        for keys, counts in chunks:
            _write_rows(keys_file, keys)
            _write_rows(counts_file, counts)
            rows += len(keys)
    return Run(rows, path=path)


class _Source:
    """One run while it is merged: the rows of its current chunk lie in the shared arrays."""

    def __init__(self, run: SortedRows, rows: int) -> None:
        self._chunks = run.chunks(rows)
        self._left = len(run)

    @property
    def exhausted(self) -> bool:
        return self._left == 0

    def load(self, keys: Keys, counts: Counts) -> int:
        chunk_keys, chunk_counts = next(self._chunks)
        n = len(chunk_keys)
        keys[:n] = chunk_keys
        counts[:n] = chunk_counts
        self._left -= n
        return n


def merge_runs(
    runs: Sequence[SortedRows], memory: int, folder: Path | None = None
) -> Iterator[Chunk]:
    """Merge runs into one ascending sequence of distinct keys with added counts.

    Parameters
    ----------
    runs : sequence of Run, or of other sorted rows
    memory : int
        Bytes for buffers.
    folder : Path, optional
        For intermediate runs when there are very many; without it all are merged at once.

    Yields
    ------
    keys : ndarray of uint64
    counts : ndarray of int64

    Examples
    --------
    >>> a = Run(2, np.array([1, 5], np.uint64), np.array([2, 1]))
    >>> b = Run(2, np.array([5, 7], np.uint64), np.array([4, 1]))
    >>> [(k.tolist(), c.tolist()) for k, c in merge_runs([a, b], 1 << 20)]
    [([1, 5, 7], [2, 5, 1])]
    """
    runs = [run for run in runs if len(run)]
    while folder is not None and len(runs) > _MOST_SOURCES:
        # the smallest first, so that few rows are moved twice
        runs.sort(key=len)
        part, runs = runs[:_MOST_SOURCES], runs[_MOST_SOURCES:]
        runs.append(run_on_disk(merge_runs(part, memory), folder))
        for run in part:
            if isinstance(run, Run):
                run.delete()
    if not runs:
        return
    rows = max(4096, min(1 << 20, memory // (ROW_BYTES * (len(runs) + 1))))
    if len(runs) == 1:
        yield from runs[0].chunks(rows)
        return
    keys = np.empty(len(runs) * rows, np.uint64)
    counts = np.empty(len(runs) * rows, np.int64)
    heads = np.zeros(len(runs), np.int64)
    ends = np.zeros(len(runs), np.int64)
    sources = [_Source(run, rows) for run in runs]
    while True:
        bound = _NO_BOUND
        for s, source in enumerate(sources):
            if heads[s] == ends[s] and not source.exhausted:
                base = s * rows
                heads[s] = base
                ends[s] = base + source.load(keys[base : base + rows], counts[base : base + rows])
            if not source.exhausted:
                # keys beyond the last one loaded may still come from this source
                bound = min(bound, keys[ends[s] - 1])
        out_keys = np.empty(rows, np.uint64)
        out_counts = np.empty(rows, np.int64)
        written = merge_step(keys, counts, heads, ends, bound, out_keys, out_counts)
        if not written:
            return
        yield out_keys[:written], out_counts[:written]


def merge_in_memory(runs: Sequence[SortedRows], jobs: int = 1) -> Iterator[Chunk]:
    """Merge runs whose rows fit in memory: the same as :func:`merge_runs`, faster.

    Parameters
    ----------
    runs : sequence of Run, or of other sorted rows
    jobs : int >= 1
        Threads: each merges ranges of keys of its own, while the caller uses the ranges before.

    Yields
    ------
    keys : ndarray of uint64
    counts : ndarray of int64
    """
    parts = [in_memory(run.chunks(len(run))) for run in runs if len(run)]
    if len(parts) <= 1:
        yield in_memory(iter(parts))
        return
    ranges = 1 if jobs == 1 else _RANGES * jobs
    longest = max((keys for keys, _ in parts), key=len)
    inner = longest[[len(longest) * i // ranges for i in range(1, ranges)]]
    bounds = [[0, *np.searchsorted(keys, inner).tolist(), len(keys)] for keys, _ in parts]

    def merge(number: int) -> Chunk:
        return _merge_slices(
            [
                (keys[own[number] : own[number + 1]], counts[own[number] : own[number + 1]])
                for (keys, counts), own in zip(parts, bounds, strict=True)
            ]
        )

    if jobs == 1:
        yield merge(0)
        return
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(merge, range(ranges))


def _merge_slices(parts: Sequence[Chunk]) -> Chunk:
    ends = np.cumsum([len(keys) for keys, _ in parts])
    heads = np.concatenate([[0], ends[:-1]])
    keys = np.concatenate([keys for keys, _ in parts])
    counts = np.concatenate([counts for _, counts in parts])
    out_keys, out_counts = np.empty_like(keys), np.empty_like(counts)
    written = merge_step(keys, counts, heads, ends, _NO_BOUND, out_keys, out_counts)
    return out_keys[:written], out_counts[:written]


def add_up(keys: Keys, counts: Counts) -> Chunk:
    """Distinct keys, ascending, and the sums of the counts of equal ones.

    For few keys, in any order.

    Examples
    --------
    >>> keys, counts = add_up(np.array([7, 5, 7], np.uint64), np.array([1, 2, 3]))
    >>> keys.tolist(), counts.tolist()
    ([5, 7], [2, 4])
    """
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    firsts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    return keys[firsts], np.add.reduceat(counts[order], firsts) if len(keys) else counts[order]


class RunStore:
    """Runs of a text that is being counted: in memory as far as they fit, the others on disk.

    Parameters
    ----------
    memory : int
        Bytes for the runs that stay.
    folder : Path, optional
        Where runs go that do not fit; without it everything stays in memory.
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self._memory = memory
        self._folder = folder
        self._resident: list[Run] = []
        self._spilled: list[Run] = []

    def add(self, run: Run) -> None:
        """Keep a run of rows in memory, or put all there are on disk."""
        self._resident.append(run)
        rows = sum(map(len, self._resident))
        if self._folder is not None and rows * ROW_BYTES > self._memory:
            chunks = merge_runs(self._resident, self._memory // 3)
            self._spilled.append(run_on_disk(chunks, self._folder))
            self._resident = []

    def spill(self, run: Run) -> None:
        """Keep a run that is on disk."""
        self._spilled.append(run)

    def finish(self) -> list[Run]:
        """All runs; none is held afterwards."""
        runs = self._spilled + self._resident
        self._resident, self._spilled = [], []
        return runs


class KeyCounter:
    """Count 64-bit keys within a memory budget.

    Parameters
    ----------
    memory : int
        Bytes. The result does not depend on it.
    folder : Path, optional
        Where runs go that do not fit; without it everything stays in memory.

    Examples
    --------
    >>> counter = KeyCounter(1 << 20)
    >>> counter.add(np.array([3, 1, 3], np.uint64))
    >>> [run.keys.tolist() for run in counter.finish()]
    [[1, 3]]
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self._runs = RunStore(int(memory * RESIDENT_SHARE), folder)
        self._buffer: Keys = np.empty(max(1 << 12, int(memory * _BUFFER_SHARE) // 8), np.uint64)
        self._spare = np.empty_like(self._buffer)
        self._filled = 0

    def reserve(self, rows: int) -> tuple[Keys, int]:
        """The buffer with room for `rows` more keys, and where they go.

        Then call :meth:`advance`.
        """
        if self._filled + rows > len(self._buffer):
            self.flush()
            if rows > len(self._buffer):
                self._buffer = np.empty(rows, np.uint64)
                self._spare = np.empty_like(self._buffer)
        return self._buffer, self._filled

    def advance(self, filled: int) -> None:
        """Say how far the buffer is filled now."""
        self._filled = filled

    def add(self, keys: Keys) -> None:
        """Count keys, in any order."""
        for i in range(0, len(keys), 1 << 20):
            part = keys[i : i + (1 << 20)]
            buffer, filled = self.reserve(len(part))
            buffer[filled : filled + len(part)] = part
            self.advance(filled + len(part))

    def flush(self) -> None:
        """Turn the buffer into a run."""
        if not self._filled:
            return
        distinct, counts = count_keys(self._buffer[: self._filled], self._spare)
        self._filled = 0
        self._runs.add(Run(len(distinct), distinct, counts))

    def finish(self) -> list[Run]:
        """All runs; the counter is empty afterwards and its buffer free."""
        self.flush()
        self._buffer = self._spare = np.empty(0, np.uint64)
        return self._runs.finish()
