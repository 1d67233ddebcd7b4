"""Transactions: sets of items, as arrays."""

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Ints

#: Items that are no items: what pandas, databases and JSON write for "nothing here".
BLANKS = ("", "nan", "NaN", "NAN", "null", "NULL", "None", "<NA>")
HANDS = 64  # spilled transactions are dealt out to so many files


class Dropped(NamedTuple):
    """What reading left out.

    ``blank_items``: empty or NaN-like items; ``blank_lines``: rows without any item; ``repeats``: second and
    later occurrences of an item in one transaction; ``excluded``: stop words and, in text, marks.
    """

    blank_items: int = 0
    blank_lines: int = 0
    repeats: int = 0
    excluded: int = 0


class Transactions:
    """Transactions in memory: for each a set of items, as numbers into `names`.

    Does not keep the order of items in a row, nor how often a row repeats an item.

    Parameters
    ----------
    items : int32 array
        Item numbers of all transactions one after another; ascending and distinct inside a transaction.
    offsets : int64 array, one longer than there are transactions
        Where each transaction begins in `items`; the last entry is ``len(items)``.
    names : sequence of str
        Name of each item number.
    dropped : Dropped, optional
        What reading left out.

    Examples
    --------
    >>> from nlpzero import Transactions
    >>> t = Transactions.from_lists([["bread", "milk", "milk"], [], ["milk", " tea "]])
    >>> len(t), list(t)
    (2, [('bread', 'milk'), ('milk', 'tea')])
    >>> t.dropped
    Dropped(blank_items=0, blank_lines=1, repeats=1, excluded=0)
    """

    def __init__(
        self, items: Ints, offsets: Counts, names: Sequence[str], dropped: Dropped | None = None
    ) -> None:
        self.items = np.ascontiguousarray(items, dtype=np.int32)
        self.offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        self.names = tuple(names)
        self.dropped = dropped or Dropped()
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
        """Make transactions from any iterable of iterables of items (made into ``str`` and stripped).

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
        from nlpzero.rules.building import Builder

        builder = Builder(blanks=blanks)
        for batch in _batches(transactions, 65536):
            builder.add_lists(batch)
        result = builder.finish()
        assert isinstance(result, Transactions)  # a builder without a memory limit never spills
        return result

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        names = self.names
        bounds = self.offsets.tolist()
        for start, end in pairwise(bounds):
            yield tuple(names[i] for i in self.items[start:end].tolist())

    def __repr__(self) -> str:
        return f"<Transactions: {len(self):,} of {len(self.names):,} items>"

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return np.bincount(self.items, minlength=len(self.names)).astype(np.int64, copy=False)

    def partitions(self, keep: NDArray[np.bool_], entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`, `entries` of them at a time.

        Transactions are dealt out like cards, so that every partition is like the whole even if the
        transactions are sorted in some way; else mining by partition would have far more candidates.

        Parameters
        ----------
        keep : bool array over the item numbers
        entries : int >= 1
            Items per partition, about.

        Yields
        ------
        (items, offsets)
            As in the class; item numbers unchanged.
        """
        yield from _dealt(_kept(self.items, np.diff(self.offsets), keep), entries)

    def close(self) -> None:
        """Do nothing: there is no temporary file."""

    def __enter__(self) -> "Transactions":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class SpilledTransactions:
    """Transactions in temporary files, for inputs larger than the memory given.

    Has the same `names`, `dropped`, ``len()``, `counts` and `partitions` as :class:`Transactions`. The files
    vanish with `close`, at the end of a ``with`` block, or with the object.
    """

    def __init__(
        self,
        folder: "Folder",
        rows: int,
        counts: Counts,
        names: Sequence[str],
        dropped: Dropped,
    ) -> None:
        self._folder = folder
        self._rows = rows
        self._counts = counts
        self.names = tuple(names)
        self.dropped = dropped

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return f"<SpilledTransactions: {len(self):,} of {len(self.names):,} items>"

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return self._counts

    def partitions(self, keep: NDArray[np.bool_], entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`; see `Transactions.partitions`."""
        folder = Path(self._folder.name)
        waiting: list[tuple[Ints, Counts]] = []
        held = 0
        for hand in range(HANDS):
            part = _kept(
                np.fromfile(folder / f"items{hand}", dtype=np.int32),
                np.fromfile(folder / f"lengths{hand}", dtype=np.int32),
                keep,
            )
            if waiting and held + len(part[0]) > entries:
                yield from _dealt(_joined(waiting), entries)
                waiting, held = [], 0
            waiting.append(part)
            held += len(part[0])
        yield from _dealt(_joined(waiting), entries)

    def close(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()

    def __enter__(self) -> "SpilledTransactions":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Folder:
    """A temporary folder that is gone with `cleanup`, or with the object, or with the interpreter."""

    def __init__(self, tmpdir: str | Path | None) -> None:
        self.name = tempfile.mkdtemp(prefix="nlpzero-", dir=tmpdir)
        self.cleanup = weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)


def _kept(
    items: Ints, lengths: NDArray[np.integer], keep: NDArray[np.bool_]
) -> tuple[Ints, Counts]:
    """The entries of `items` in `keep`, with the new length of each row (0 possible)."""
    if keep.all():
        return items, lengths.astype(np.int64)
    mask = keep.take(items)
    seen = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum(mask, out=seen[1:])
    bounds = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return items[mask], np.diff(seen.take(bounds))


def _joined(parts: list[tuple[Ints, Counts]]) -> tuple[Ints, Counts]:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def ragged(starts: Counts, lengths: NDArray[np.integer]) -> Counts:
    """``starts[i], starts[i] + 1, ...`` (``lengths[i]`` of them), one i after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - lengths), lengths)


def hands(
    items: Ints, lengths: NDArray[np.integer], number: int, first: int = 0
) -> Iterator[tuple[int, Ints, NDArray[np.integer]]]:
    """Deal rows out to so many hands; the rows before these were `first`."""
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    for hand in range(number):
        mine = slice((hand - first) % number, None, number)
        yield hand, items.take(ragged(starts[mine], lengths[mine])), lengths[mine]


def _dealt(part: tuple[Ints, Counts], entries: int) -> Iterator[tuple[Ints, Counts]]:
    """Rows as (items, offsets) partitions of about `entries` items; rows are never cut."""
    items, lengths = part
    number = min(max(-(-len(items) // entries), 1), max(len(lengths), 1))
    for _, mine, sizes in hands(items, lengths, number) if number > 1 else [(0, items, lengths)]:
        offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=offsets[1:])
        yield mine, offsets


def _batches(rows: Iterable[Iterable[object]], size: int) -> Iterator[list[Iterable[object]]]:
    batch: list[Iterable[object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
