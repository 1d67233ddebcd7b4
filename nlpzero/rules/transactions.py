"""Transactions: sets of items, as arrays in memory or in temporary files."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Bools, Counts, Ints
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import ReadReport

if TYPE_CHECKING:
    from nlpzero.rules.placed_rows import RowPlaces
    from nlpzero.rules.shapes import Shape
    from nlpzero.rules.spilling import SpilledRows

#: Items that are no items: what pandas, databases and JSON write for "nothing here".
BLANKS = ("", "nan", "NaN", "NAN", "null", "NULL", "None", "<NA>")

# rows given as Python lists are numbered so many at a time
_LISTS_AT_ONCE = 65536


class Dropped(NamedTuple):
    """What reading left out.

    ``blank_items``: empty or NaN-like items; ``blank_lines``: rows without any item; ``repeats``:
    second and later occurrences of an item in one transaction; ``excluded``: stop words and, in
    text, marks.
    """

    blank_items: int = 0
    blank_lines: int = 0
    repeats: int = 0
    excluded: int = 0


class Transactions:
    """Transactions: for each a set of items, as numbers into `names`.

    Does not keep the order of items in a row, nor how often a row repeats an item.

    Parameters
    ----------
    items : int32 array
        Item numbers of all transactions one after another; ascending and distinct inside a
        transaction.
    offsets : int64 array, one longer than there are transactions
        Where each transaction begins in `items`; the last entry is ``len(items)``.
    names : sequence of str
        Name of each item number.
    dropped : Dropped, optional
        What reading left out.
    read : ReadReport, optional
        What was read.

    Examples
    --------
    >>> from nlpzero import Transactions
    >>> t = Transactions.from_lists([["bread", "milk", "milk"], [], ["milk", " tea "]])
    >>> len(t), list(t)
    (2, [('bread', 'milk'), ('milk', 'tea')])
    >>> t.dropped
    Dropped(blank_items=0, blank_lines=1, repeats=1, excluded=0)
    """

    names: Sequence[str]
    dropped: Dropped
    read: ReadReport
    #: How they were written, and what was recognised of it, in words; see `read_transactions`.
    shape: "Shape | None" = None
    recognised: str = ""

    def __init__(
        self,
        items: Ints,
        offsets: Counts,
        names: Sequence[str],
        dropped: Dropped | None = None,
        read: ReadReport | None = None,
    ) -> None:
        self.items = np.ascontiguousarray(items, dtype=np.int32)
        self.offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        self.names = tuple(names)
        self.dropped = dropped or Dropped()
        self.read = read or ReadReport()
        if len(self.offsets) < 1 or self.offsets[0] != 0 or self.offsets[-1] != len(self.items):
            raise ValueError("`offsets` must begin with 0 and end with len(items)")
        if np.any(np.diff(self.offsets) < 0):
            raise ValueError("`offsets` must not descend")
        if len(self.items) and not 0 <= self.items.min() <= self.items.max() < len(self.names):
            raise ValueError(f"`items` must be numbers in 0..{len(self.names) - 1}")
        inside = np.ones(len(self.items), dtype=bool)
        inside[self.offsets[:-1][self.offsets[:-1] < len(self.items)]] = False
        if np.any(np.diff(self.items) <= 0, where=inside[1:]) if len(self.items) else False:
            raise ValueError("items must be ascending and distinct inside each transaction")

    @classmethod
    def from_lists(
        cls,
        transactions: Iterable[Iterable[object]],
        *,
        blanks: Iterable[str] = BLANKS,
    ) -> "Transactions":
        """Make transactions from any iterable of iterables of items (made into ``str``, stripped).

        All are held in memory.

        Parameters
        ----------
        transactions : iterable of iterables
            One inner iterable per transaction; a bare ``str`` in its place is refused.
        blanks : iterable of str
            Items to drop. Empty ones, ``None`` and float NaN are always dropped.

        Returns
        -------
        Transactions

        Raises
        ------
        TypeError
            If a transaction is a ``str`` (its letters would become items).
        """
        if isinstance(transactions, (str, bytes)):
            raise TypeError(
                "`transactions` must be an iterable of lists of items, got a bare string"
            )
        from nlpzero.rules.building import TransactionBuilder

        builder = TransactionBuilder(blanks=blanks)
        for batch in _batches(transactions, _LISTS_AT_ONCE):
            builder.add_lists(batch)
        return builder.finish()

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        yield from _named(self.items, self.offsets, self.names)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self):,} of {len(self.names):,} items>"

    def to_dataframe(self) -> DataFrame:
        """The long form as a data frame: a row for each item of each transaction; needs pandas.

        Returns
        -------
        pandas.DataFrame
            Columns ``transaction`` (numbers from 0) and ``item``.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        return data_frame(
            ("transaction", "item"),
            ((number, item) for number, items in enumerate(self) for item in items),
        )

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return np.bincount(self.items, minlength=len(self.names)).astype(np.int64, copy=False)

    def partitions(self, keep: Bools, entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`, `entries` of them at a time.

        Transactions are dealt out in turn, so that every partition is like the whole even if the
        transactions are sorted in some way; else mining by partition would have far more
        candidates.

        Parameters
        ----------
        keep : bool array over the item numbers
        entries : int >= 1
            Items per partition, about.

        Yields
        ------
        (items, offsets)
            As in the class; item numbers unchanged, but not always ascending in a row.
        """
        yield from dealt(restricted(self.items, np.diff(self.offsets), keep), entries)

    def places(self, number: Ints, min_count: int) -> "RowPlaces | None":
        """Where workers of a cluster mine them, if they do."""
        return None

    def close(self) -> None:
        """Remove the temporary files, if there are any."""

    def __enter__(self) -> "Transactions":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class SpilledTransactions(Transactions):
    """Transactions in temporary files, for inputs larger than the memory given.

    The same as :class:`Transactions` but for the arrays `items` and `offsets`, which it has not;
    and it yields its transactions in another order. The files vanish with `close`, at the end of a
    ``with`` block, or with the object.
    """

    def __init__(
        self,
        rows: "SpilledRows",
        names: Sequence[str],
        dropped: Dropped,
        read: ReadReport | None = None,
    ) -> None:
        self._rows = rows
        self.names = names
        self.dropped = dropped
        self.read = read or ReadReport()

    def __len__(self) -> int:
        return self._rows.number

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        for items, lengths in self._rows.parts():
            yield from _named(items, offsets_of(lengths), self.names)

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return self._rows.counts

    def partitions(self, keep: Bools, entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`: `Transactions.partitions`."""
        waiting: list[tuple[Ints, Counts]] = []
        held = 0
        for items, lengths in self._rows.parts():
            part = restricted(items, lengths, keep)
            if waiting and held + len(part[0]) > entries:
                yield from dealt(_joined(waiting), entries)
                waiting, held = [], 0
            waiting.append(part)
            held += len(part[0])
        if waiting:
            yield from dealt(_joined(waiting), entries)

    def row_parts(self) -> Iterator[tuple[Ints, Ints]]:
        """Items and lengths of rows, some after others, as they lie in the files."""
        return self._rows.parts()

    def close(self) -> None:
        """Remove the temporary files."""
        self._rows.close()


def _named(items: Ints, offsets: Counts, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start, end in pairwise(offsets.tolist()):
        yield tuple(names[i] for i in items[start:end].tolist())


def restricted(items: Ints, lengths: NDArray[np.integer], keep: Bools) -> tuple[Ints, Counts]:
    """The entries of `items` in `keep`, with the new length of each row (0 possible)."""
    if keep.all():
        return items, lengths.astype(np.int64)
    mask = keep.take(items)
    seen = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum(mask, out=seen[1:])
    return items[mask], np.diff(seen.take(offsets_of(lengths)))


def offsets_of(lengths: NDArray[np.integer]) -> Counts:
    """Where rows of these lengths begin, one after another; the last entry is where they end."""
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _joined(parts: list[tuple[Ints, Counts]]) -> tuple[Ints, Counts]:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def ragged(starts: Counts, lengths: NDArray[np.integer]) -> Counts:
    """``starts[i], starts[i] + 1, ...`` (``lengths[i]`` of them), one i after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - lengths), lengths)


def deal(
    items: Ints, lengths: NDArray[np.integer], number: int, first: int = 0
) -> Iterator[tuple[int, Ints, NDArray[np.integer]]]:
    """Deal rows out in turn to so many partitions; `first` rows were dealt before these."""
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    for partition in range(number):
        mine = slice((partition - first) % number, None, number)
        yield partition, items.take(ragged(starts[mine], lengths[mine])), lengths[mine]


def dealt(part: tuple[Ints, Counts], entries: int) -> Iterator[tuple[Ints, Counts]]:
    """Rows as (items, offsets) partitions of about `entries` items; rows are never cut."""
    items, lengths = part
    number = min(max(-(-len(items) // entries), 1), max(len(lengths), 1))
    for _, mine, sizes in deal(items, lengths, number) if number > 1 else [(0, items, lengths)]:
        yield mine, offsets_of(sizes)


def _batches(rows: Iterable[Iterable[object]], size: int) -> Iterator[list[Iterable[object]]]:
    batch: list[Iterable[object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
