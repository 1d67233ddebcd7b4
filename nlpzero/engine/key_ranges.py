"""Merging sorted runs on the workers of a cluster: each merges one range of the keys of all runs.

Runs lie in blocks in a store that all workers reach, with the first key of each block in the hands
of the client: so a worker reads of each run what its range needs. What it has merged is a run too;
one after the other, in the order of the ranges, they are the whole, which the client passes on
without holding it.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Keys
from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.parallel import map_shards
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import (
    ROW_BYTES,
    Chunk,
    Run,
    merge_in_memory,
    merge_runs,
    remap_keys,
)

BLOCK_ROWS = 1 << 12
# more runs than this are merged in stages: of each, a range reads up to two blocks too many
_MOST_RUNS = 64
_GROUP = 16
# what merging takes for each row in memory: the rows of all runs, side by side, and the result
_BYTES_PER_ROW = 4 * ROW_BYTES
# a worker begins another range when it is done with one, so all end at about the same time
_RANGES_PER_WORKER = 4
_LEAST_ROWS = 1 << 16
_LAST_KEY = (1 << 64) - 1


@dataclass(frozen=True)
class StoredRun:
    """Distinct ascending keys with counts in a file of a common store.

    rows : int
    store : CommonStore
    name : str
        Of the file: blocks of `BLOCK_ROWS` keys and their counts, the last one shorter.
    firsts : ndarray of uint64
        First key of each block.
    remap : ndarray of uint16, shape (65536,), or None
        As for :class:`nlpzero.engine.sorted_runs.Run`.
    """

    rows: int
    store: CommonStore
    name: str
    firsts: Keys
    remap: npt.NDArray[np.uint16] | None = None

    def __len__(self) -> int:
        return self.rows

    def chunks(self, rows: int) -> Iterator[Chunk]:
        """The run in pieces of at most `rows` rows, or of a block if that is more."""
        step = max(1, rows // BLOCK_ROWS)
        for first in range(0, len(self.firsts), step):
            yield self._blocks(first, min(first + step, len(self.firsts)))

    def between(self, low: int, high: int) -> Chunk:
        """The rows with keys from `low` to `high`, both included."""
        firsts = self.first_keys()
        first = max(0, int(np.searchsorted(firsts, np.uint64(low), "right")) - 1)
        last = int(np.searchsorted(firsts, np.uint64(high), "right"))
        if first >= last:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        keys, counts = self._blocks(first, last)
        some = slice(
            int(np.searchsorted(keys, np.uint64(low))),
            int(np.searchsorted(keys, np.uint64(high), "right")),
        )
        return keys[some], counts[some]

    def first_keys(self) -> Keys:
        """The first key of each block, as it is read."""
        return remap_keys(self.firsts, self.remap)

    def _blocks(self, first: int, last: int) -> Chunk:
        start, stop = first * BLOCK_ROWS, min(last * BLOCK_ROWS, self.rows)
        data = self.store.read(self.name, start * ROW_BYTES, stop * ROW_BYTES)
        words = np.frombuffer(data, np.uint64)
        whole = (stop - start) // BLOCK_ROWS
        blocks = words[: whole * 2 * BLOCK_ROWS].reshape(whole, 2, BLOCK_ROWS)
        rest = words[whole * 2 * BLOCK_ROWS :].reshape(2, -1)
        keys = np.concatenate([blocks[:, 0].reshape(-1), rest[0]])
        counts = np.concatenate([blocks[:, 1].reshape(-1), rest[1]]).view(np.int64)
        return remap_keys(keys, self.remap), counts

    def delete(self) -> None:
        """Give the room back; the run must not be read any more."""
        self.store.remove(self.name)


def store_run(chunks: Iterator[Chunk], store: CommonStore) -> StoredRun:
    """Write merged rows as a run in a common store.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = np.array([3, 5, 8], np.uint64), np.array([1, 2, 1])
    ...     run = store_run(iter([rows]), CommonStore(folder))
    ...     [part.tolist() for part in run.between(4, 8)]
    [[5, 8], [2, 1]]
    """
    name = uuid4().hex
    firsts: list[Keys] = []
    rows = 0
    with store.write(name) as file:
        for keys, counts in _in_blocks(chunks):
            whole = len(keys) // BLOCK_ROWS
            if whole:
                blocks = np.empty((whole, 2, BLOCK_ROWS), np.uint64)
                blocks[:, 0] = keys.reshape(whole, BLOCK_ROWS)
                blocks[:, 1] = counts.view(np.uint64).reshape(whole, BLOCK_ROWS)
                file.write(blocks.data.cast("B"))
            else:
                file.write(np.concatenate([keys, counts.view(np.uint64)]).data.cast("B"))
            firsts.append(keys[::BLOCK_ROWS].copy())
            rows += len(keys)
    return StoredRun(rows, store, name, np.concatenate([np.zeros(0, np.uint64), *firsts]))


def _in_blocks(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same rows in pieces of whole blocks, but for the last one."""
    keys, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for more_keys, more_counts in chunks:
        keys, counts = np.concatenate([keys, more_keys]), np.concatenate([counts, more_counts])
        whole = len(keys) // BLOCK_ROWS * BLOCK_ROWS
        if whole:
            yield keys[:whole], counts[:whole]
            keys, counts = keys[whole:], counts[whole:]
    if len(keys):
        yield keys, counts


@dataclass(frozen=True)
class KeyRange:
    """A piece of the work: the keys from `low` to `high`, both included."""

    low: int
    high: int
    portable: bool = True

    @property
    def name(self) -> str:
        return f"keys from {self.low:#x}"


@dataclass(frozen=True)
class _Group:
    """A piece of the work: runs to be made one."""

    runs: tuple[StoredRun, ...]
    portable: bool = True

    @property
    def name(self) -> str:
        return f"{len(self.runs)} runs"


def ranges_between(firsts: Keys, ranges: int) -> list[KeyRange]:
    """Ranges of about as many of these ascending keys each; together they are all keys."""
    inner = {int(firsts[len(firsts) * i // ranges]) for i in range(1, ranges) if len(firsts)}
    lows = sorted({0, *inner})
    return [KeyRange(low, high - 1) for low, high in pairwise([*lows, _LAST_KEY + 1])]


def number_of_ranges(rows: int, memory: int, executor: Executor | None) -> int:
    """Into how many ranges so many rows are cut for workers with so much memory each."""
    workers = executor.workers if isinstance(executor, DaskExecutor) else 1
    wanted = min(_RANGES_PER_WORKER * workers, rows // _LEAST_ROWS)
    return max(1, wanted, -(-rows * _BYTES_PER_ROW // memory))


def merge_on_workers(
    runs: Sequence[StoredRun], memory: int, executor: Executor | None
) -> Iterator[Chunk]:
    """Merge runs on workers into one ascending sequence of distinct keys with added counts.

    Parameters
    ----------
    runs : sequence of StoredRun
        In one store. More than a few dozen are merged in stages, and are gone then.
    memory : int
        Bytes for each worker.
    executor : Executor or None

    Yields
    ------
    keys : ndarray of uint64
    counts : ndarray of int64
    """
    runs = [run for run in runs if len(run)]
    if not runs:
        return
    store = runs[0].store
    while len(runs) > _MOST_RUNS:
        runs.sort(key=len)
        groups = [_Group(tuple(runs[i : i + _GROUP])) for i in range(0, len(runs), _GROUP)]
        merged = list(map_shards(_merge_group, groups, memory, store, executor=executor))
        for run in runs:
            run.delete()
        runs = merged
    # the first keys of blocks stand for so many rows each
    firsts = np.concatenate([run.first_keys() for run in runs])
    firsts.sort()
    ranges = ranges_between(firsts, number_of_ranges(sum(map(len, runs)), memory, executor))
    parts: Iterator[StoredRun] = map_shards(
        _merge_range, ranges, runs, store, executor=executor, ordered=True
    )
    yield from rows_of(parts)


def rows_of(parts: Iterator[StoredRun]) -> Iterator[Chunk]:
    """The rows of runs that follow each other; each is gone when it was read."""
    for part in parts:
        yield from part.chunks(_LEAST_ROWS)
        part.delete()


def _merge_group(
    group: _Group, memory: int, store: CommonStore, *, report: ReadReport
) -> StoredRun:
    return store_run(merge_runs(group.runs, memory // 4), store)


def _merge_range(
    keys: KeyRange, runs: Sequence[StoredRun], store: CommonStore, *, report: ReadReport
) -> StoredRun:
    pieces: list[Any] = [run.between(keys.low, keys.high) for run in runs]
    return store_run(merge_in_memory([Run(len(piece[0]), *piece) for piece in pieces]), store)
