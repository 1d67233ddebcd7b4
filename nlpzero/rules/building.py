"""Transactions from chunks of numbered items, within memory or on disk."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Ints
from nlpzero.engine.digit_sort import digit_order
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.temporary import PathLike
from nlpzero.rules.item_numbers import BLANK, EXCLUDED, ItemNumbers, text_of
from nlpzero.rules.spilling import NameRuns, SpilledRows, SpillFolder
from nlpzero.rules.transactions import (
    BLANKS,
    Dropped,
    SpilledTransactions,
    Transactions,
    offsets_of,
)

# shares of the budget: a chunk of rows exists twice when it is written, a table of names when it
# grows
_ROWS_SHARE = 1 / 6
_NAMES_SHARE = 1 / 5


class TransactionBuilder:
    """Collects rows of item numbers; beyond a memory budget rows and names wait on disk.

    Parameters
    ----------
    blanks, exclude : iterable of str
        Items that are none, items to leave out.
    separator : bytes
        What stands for the stand-in byte in slices of text; see `ItemNumbers`.
    words_only : bool
        Leave out items without any letter, digit or Han character.
    memory : int, optional
        Bytes to stay within; without it all is held in memory.
    tmpdir : path, optional
        Folder for temporary files.

    Attributes
    ----------
    names : ItemNumbers
        Numbers of items as they are now: another table after rows have been added.
    blank_items, blank_lines, repeats, excluded : int
        As in `Dropped`.
    """

    def __init__(
        self,
        *,
        blanks: Iterable[str] = BLANKS,
        separator: bytes = b"",
        exclude: Iterable[str] = (),
        words_only: bool = False,
        memory: int | None = None,
        tmpdir: PathLike | None = None,
    ) -> None:
        self.names = ItemNumbers(blanks, separator, exclude, words_only)
        self.memory = memory
        self.tmpdir = tmpdir
        self.rows: SpilledRows | None = None
        self.runs: NameRuns | None = None
        self.items: list[Ints] = []
        self.lengths: list[NDArray[np.integer]] = []
        self.held = 0
        self.blank_items = self.blank_lines = self.repeats = self.excluded = 0

    def add_rows(
        self, items: Ints, lengths: NDArray[np.integer], blanks_count: bool = True
    ) -> None:
        """Add rows of item numbers, blanks among them; order and repeats in a row do not matter."""
        rows = len(lengths)
        row = np.repeat(np.arange(rows, dtype=np.int64), lengths)
        if len(items) and int(items.min()) < 0:
            keep = items >= 0
            self.excluded += int(np.count_nonzero(items == EXCLUDED))
            if blanks_count:
                alone = np.asarray(lengths) == 1
                # the only, blank entry of a row makes the row a blank line: it is not counted twice
                self.blank_items += int(np.count_nonzero((items == BLANK) & ~alone.take(row)))
            items, row = items[keep], row[keep]
        keys = (row << 32) | items
        if len(keys) and not np.all(keys[1:] > keys[:-1]):
            order = digit_order(items)
            keys = keys.take(order.take(digit_order(row.take(order))))
            keys = self.without_repeats(keys)
        sizes = np.bincount(keys >> 32, minlength=rows)
        filled = sizes[sizes > 0]
        self.blank_lines += rows - len(filled)
        self._append(keys.astype(np.int32), filled.astype(np.int32))  # the low halves: the items

    def without_repeats(self, keys: NDArray[np.int64]) -> NDArray[np.int64]:
        """Distinct ones of sorted keys; the others are counted as repeats."""
        fresh = np.ones(len(keys), dtype=bool)
        np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
        if fresh.all():
            return keys
        self.repeats += int(len(keys) - np.count_nonzero(fresh))
        return keys[fresh]

    def add_lists(self, batch: Sequence[Iterable[object]]) -> None:
        """Add rows given as iterables of items; None and NaN are blanks."""
        lengths = []
        names: list[str] = []
        for row in batch:
            if isinstance(row, (str, bytes)):
                raise TypeError(
                    f"a transaction must be a list of items, got the bare string {str(row)[:40]!r}"
                )
            before = len(names)
            names.extend([x if isinstance(x, str) else text_of(x) for x in row])
            lengths.append(len(names) - before)
        numbers = self.names.numbers(names)
        self.add_rows(np.array(numbers, dtype=np.int32), np.array(lengths, dtype=np.int64))

    def _append(self, items: Ints, lengths: Ints) -> None:
        if len(lengths):
            self.items.append(items)
            self.lengths.append(lengths)
            self.held += 4 * (len(items) + len(lengths))
        if self.memory is None:
            return
        if self.names.items and self.names.held > self.memory * _NAMES_SHARE:
            self._spill_names()
        elif self.held > self.memory * _ROWS_SHARE:
            self._spill_rows()

    def _spill_rows(self) -> SpilledRows:
        if self.rows is None:
            self.rows = SpilledRows(SpillFolder(self.tmpdir))
        if self.items:
            self.rows.append(np.concatenate(self.items), np.concatenate(self.lengths))
        self.items.clear()
        self.lengths.clear()
        self.held = 0
        return self.rows

    def _spill_names(self) -> tuple[SpilledRows, NameRuns]:
        rows = self._spill_rows()  # which have the numbers of these names
        if self.runs is None:
            self.runs = NameRuns(rows.folder, "items")
        self.runs.add(list(self.names.items))
        rows.end_numbering(len(self.names.items))
        self.names.clear()
        return rows, self.runs

    def finish(self, read: ReadReport | None = None) -> Transactions:
        """The transactions; the builder is empty then."""
        dropped = Dropped(self.blank_items, self.blank_lines, self.repeats, self.excluded)
        if self.runs is not None:
            rows, runs = self._spill_names()
            rows.finish(runs.merge(), runs)
            return SpilledTransactions(rows, runs.names(), dropped, read)
        names = tuple(self.names.items)
        self.names.clear()
        if self.rows is not None:
            rows = self._spill_rows()
            rows.finish(len(names))
            return SpilledTransactions(rows, names, dropped, read)
        if not self.items:
            return Transactions(np.empty(0, np.int32), np.zeros(1, np.int64), names, dropped, read)
        offsets = offsets_of(np.concatenate(self.lengths))
        return Transactions(np.concatenate(self.items), offsets, names, dropped, read)

    def close(self) -> None:
        """Remove the temporary files of what cannot be finished."""
        if self.rows is not None:
            self.rows.close()
