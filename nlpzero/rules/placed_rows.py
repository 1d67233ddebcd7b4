"""Transactions that workers of a cluster have read: their rows lie in a common store, and are mined
where workers are.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Ints
from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.parallel import map_shards
from nlpzero.engine.resources import ReadReport
from nlpzero.rules.support_counting import BYTES_PER_ENTRY
from nlpzero.rules.transactions import Dropped, Transactions, dealt, offsets_of, restricted

T = TypeVar("T")

# parts are mined with a threshold in proportion: where it would be lower, all pairs are candidates
_LEAST_SUPPORT = 16
_PARTS_PER_WORKER = 2


@dataclass(frozen=True)
class StoredRows:
    """Rows of one piece of the text in a file of a common store: items, then lengths, int32 each.

    items, rows : int
    numbers : ndarray of int32
        What each item of this piece is called in all of them.
    """

    store: CommonStore
    name: str
    items: int
    rows: int
    numbers: Ints

    def load(self) -> tuple[Ints, Ints]:
        """Items, by their common numbers, and lengths of the rows."""
        size = 4 * (self.items + self.rows)
        data = np.frombuffer(self.store.read(self.name, 0, size), np.int32)
        return self.numbers.take(data[: self.items]), data[self.items :]


@dataclass(frozen=True)
class PlacedRows:
    """Rows that one worker mines together: a piece of the work."""

    parts: tuple[StoredRows, ...]
    portable: bool = True

    @property
    def name(self) -> str:
        return f"{sum(part.rows for part in self.parts):,} transactions"

    def load(self) -> tuple[Ints, Counts]:
        """Items that have a number, and where each row begins; rows without any are there too."""
        items: list[Ints] = [np.empty(0, np.int32)]
        lengths: list[Counts] = [np.empty(0, np.int64)]
        for part in self.parts:
            mine, sizes = part.load()
            row = np.repeat(np.arange(len(sizes)), sizes)[mine >= 0]
            items.append(mine[mine >= 0])
            lengths.append(np.bincount(row, minlength=len(sizes)))
        return np.concatenate(items), offsets_of(np.concatenate(lengths))


class RowPlaces:
    """Where rows are, and who works on them."""

    def __init__(self, parts: Sequence[PlacedRows], executor: Executor | None) -> None:
        self._parts = parts
        self._executor = executor

    def __len__(self) -> int:
        return len(self._parts)

    def map(self, worker: Callable[..., T], *args: Any) -> Iterator[T]:
        """What a worker makes of each part, in their order."""
        return map_shards(worker, self._parts, *args, executor=self._executor, ordered=True)


class PlacedTransactions(Transactions):
    """Transactions in a common store of a cluster.

    They have no arrays `items` and `offsets`. What is in the store vanishes with `close`, or at the
    end of a ``with`` block.

    Parameters
    ----------
    rows : sequence of StoredRows
    names : sequence of str
    counts : ndarray of int64
        Number of transactions with each item.
    dropped : Dropped
    read : ReadReport
    memory : int
        Bytes for each worker.
    executor : Executor or None
    held : ExitStack
        What is closed with them.
    """

    def __init__(
        self,
        rows: Sequence[StoredRows],
        names: Sequence[str],
        counts: Counts,
        dropped: Dropped,
        read: ReadReport,
        *,
        memory: int,
        executor: Executor | None,
        held: ExitStack,
    ) -> None:
        self._rows = rows
        self.names = names
        self._counts = counts
        self.dropped = dropped
        self.read = read
        self._memory = memory
        self._executor = executor
        self._held = held

    def __len__(self) -> int:
        return sum(part.rows for part in self._rows)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        for part in self._rows:
            items, lengths = part.load()
            for row in np.split(items, np.cumsum(lengths)[:-1]):
                yield tuple(self.names[i] for i in sorted(row.tolist()))

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return self._counts

    def partitions(self, keep: Bools, entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`: `Transactions.partitions`."""
        for part in self._rows:
            items, lengths = part.load()
            yield from dealt(restricted(items, lengths, keep), entries)

    def places(self, number: Ints, min_count: int) -> RowPlaces:
        """The rows in parts for workers.

        Parameters
        ----------
        number : ndarray of int32
            The number of each item in what is mined; -1 for those that are left out.
        min_count : int
            Of an itemset in all rows: there are no more parts than leave some of it to each, unless
            memory needs them.
        """
        workers = self._executor.workers if isinstance(self._executor, DaskExecutor) else 1
        entries = int(self._counts[number >= 0].sum())
        wanted = min(_PARTS_PER_WORKER * workers, min_count // _LEAST_SUPPORT)
        parts = max(wanted, -(-entries * BYTES_PER_ENTRY // self._memory), 1)
        rows = [
            StoredRows(part.store, part.name, part.items, part.rows, number.take(part.numbers))
            for part in self._rows
        ]
        # dealt out in turn, so that each is like the whole
        groups = [tuple(rows[i::parts]) for i in range(min(parts, len(rows)))]
        return RowPlaces([PlacedRows(group) for group in groups], self._executor)

    def close(self) -> None:
        """Remove what is in the store."""
        self._held.close()
