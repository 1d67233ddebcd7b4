"""Transactions from chunks of numbered items, within memory or on disk."""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Ints
from nlpzero.errors import ResourceError
from nlpzero.rules.item_numbers import Names, text_of
from nlpzero.rules.transactions import (
    BLANKS,
    HANDS,
    Dropped,
    Folder,
    SpilledTransactions,
    Transactions,
    hands,
)


class Builder:
    """Collects rows of item numbers; spills them to a temporary file beyond `memory` bytes."""

    def __init__(
        self,
        *,
        blanks: Iterable[str] = BLANKS,
        separator: bytes = b"",
        exclude: Iterable[str] = (),
        words_only: bool = False,
        memory: int | None = None,
        tmpdir: str | Path | None = None,
    ) -> None:
        self.names = Names(blanks, separator, exclude, words_only)
        self.memory = memory
        self.tmpdir = tmpdir
        self.folder: Folder | None = None
        self.parts: list[Ints] = []
        self.lengths: list[NDArray[np.integer]] = []
        self.held = 0
        self.spilled = 0  # rows
        self.counts = np.zeros(0, dtype=np.int64)
        self.blank_items = self.blank_lines = self.repeats = self.excluded = 0

    def add_rows(
        self, items: Ints, lengths: NDArray[np.integer], blanks_count: bool = True
    ) -> None:
        """Add rows of item numbers, where -1 is a blank; order and repeats in a row do not matter."""
        rows = len(lengths)
        row = np.repeat(np.arange(rows, dtype=np.int64), lengths)
        if len(items) and int(items.min()) < 0:
            keep = items >= 0
            self.excluded += int(np.count_nonzero(items == -4))
            if blanks_count:
                alone = np.asarray(lengths) == 1
                # the only, blank entry of a row makes the row a blank line, and is not counted twice
                self.blank_items += int(np.count_nonzero((items == -1) & ~alone.take(row)))
            items, row = items[keep], row[keep]
        keys = (row << 32) | items
        if len(keys) and not np.all(keys[1:] > keys[:-1]):
            keys.sort()
            fresh = np.empty(len(keys), dtype=bool)
            fresh[0] = True
            np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
            if not fresh.all():
                self.repeats += int(len(keys) - np.count_nonzero(fresh))
                keys = keys[fresh]
        sizes = np.bincount(keys >> 32, minlength=rows)
        filled = sizes[sizes > 0]
        self.blank_lines += rows - len(filled)
        self._append(keys.astype(np.int32), filled.astype(np.int32))  # the low halves are the items

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
        if not len(lengths):
            return
        self.parts.append(items)
        self.lengths.append(lengths)
        self.held += 4 * (len(items) + len(lengths))
        if self.memory is not None and self.held > self.memory:
            self._spill()

    def _spill(self) -> None:
        items, lengths = np.concatenate(self.parts), np.concatenate(self.lengths)
        self.parts.clear()
        self.lengths.clear()
        self.held = 0
        counts = np.bincount(items, minlength=len(self.names.items)).astype(np.int64)
        counts[: len(self.counts)] += self.counts
        self.counts = counts
        if self.folder is None:
            try:
                self.folder = Folder(self.tmpdir)
            except OSError as error:
                raise ResourceError(
                    f"cannot make a temporary folder in {self.tmpdir or tempfile.gettempdir()}: {error}"
                ) from error
        folder = Path(self.folder.name)
        try:
            for hand, mine, sizes in hands(items, lengths, HANDS, self.spilled):
                with open(folder / f"items{hand}", "ab") as file:
                    file.write(mine.data)
                with open(folder / f"lengths{hand}", "ab") as file:
                    file.write(np.ascontiguousarray(sizes, dtype=np.int32).data)
        except OSError as error:
            where = folder.parent
            self.folder.cleanup()
            raise ResourceError(
                f"cannot write {items.nbytes + lengths.nbytes:,} bytes of transactions to {where}: "
                f"{error}; pass another --tmpdir"
            ) from error
        self.spilled += len(lengths)

    def finish(self) -> "Transactions | SpilledTransactions":
        dropped = Dropped(self.blank_items, self.blank_lines, self.repeats, self.excluded)
        names = list(self.names.items)
        if self.folder is not None:
            if self.parts:
                self._spill()
            counts = np.zeros(len(names), dtype=np.int64)
            counts[: len(self.counts)] = self.counts
            return SpilledTransactions(self.folder, self.spilled, counts, names, dropped)
        if not self.parts:
            return Transactions(np.empty(0, np.int32), np.zeros(1, np.int64), names, dropped)
        lengths = np.concatenate(self.lengths)
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return Transactions(np.concatenate(self.parts), offsets, names, dropped)
