"""The long form: pairs of a transaction and an item, one a line, grouped within a memory budget."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Ints
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.showing import quoted
from nlpzero.errors import CorpusError
from nlpzero.rules.building import TransactionBuilder
from nlpzero.rules.item_numbers import BLANK, EXCLUDED, OPEN_QUOTE, ItemNumbers
from nlpzero.rules.line_blocks import LineBlocks
from nlpzero.rules.line_splitting import LineSplitter, Slices
from nlpzero.rules.spilling import PARTITIONS, NameRuns, SpilledRows, SpillFolder
from nlpzero.rules.transactions import Dropped, SpilledTransactions, Transactions

# shares of the budget, for pairs (which exist twice when they are written) and for both tables of
# names
_PAIRS_SHARE = 1 / 6
_NAMES_SHARE = 1 / 5

Pairs64 = NDArray[np.int64]


class _Columns(NamedTuple):
    """Where the two columns are; `header` is empty when there is none."""

    transaction: int
    item: int
    header: bytes

    @property
    def least(self) -> int:
        """Columns that a line must have."""
        return max(self.transaction, self.item) + 1


def _found_in(header: bytes, wanted: Sequence[str], splitter: LineSplitter, place: str) -> _Columns:
    """The columns by the names in a header."""
    there = [name.strip() for name in splitter.fields(header)]
    for name in wanted:
        if name not in there:
            shown = ", ".join(quoted(column, 40) for column in there[:10])
            raise CorpusError(f"{place}: no column {name!r}; there are {shown}")
    return _Columns(there.index(wanted[0]), there.index(wanted[1]), header)


def _records(
    slices: Slices, block: bytes, columns: _Columns, place: Callable[[int], str]
) -> Counts:
    """The lines of a block that are neither empty nor the header again."""
    first = slices.first()
    blank = slices.empty_lines()
    short = np.flatnonzero((slices.per_line < columns.least) & ~blank)
    if len(short):
        raise CorpusError(
            f"{place(int(short[0]))}: expected at least {columns.least} columns, "
            f"got {int(slices.per_line[short[0]])}"
        )
    rows = np.flatnonzero(~blank)
    header = columns.header
    if header and block.find(header) >= 0:
        begin = slices.starts.take(first.take(rows))
        size = len(header)
        data = slices.data
        same = [data[b : b + size] == header and data[b + size] in b"\r\n" for b in begin.tolist()]
        rows = rows[~np.array(same, dtype=bool)]
    return rows


class PairBuilder:
    """Collects pairs of numbers of a transaction and an item, and groups them by transaction.

    Parameters
    ----------
    items : TransactionBuilder
        Numbers the items, keeps the counts of what is dropped, and has the budget.
    ids : ItemNumbers
        Numbers the transactions.
    """

    def __init__(self, items: TransactionBuilder, ids: ItemNumbers) -> None:
        self.items = items
        self.ids = ids
        self._pairs: list[Pairs64] = []
        self._held = 0
        self._folder: SpillFolder | None = None
        self._numberings = 0

    def add(self, ids: Ints, items: Ints) -> None:
        """Add pairs; those with a blank or an excluded half are counted only."""
        good = (ids >= 0) & (items >= 0)
        self.items.excluded += int(np.count_nonzero((ids >= 0) & (items == EXCLUDED)))
        self.items.blank_items += int(np.count_nonzero((ids == BLANK) | (items == BLANK)))
        self._pairs.append((ids[good].astype(np.int64) << 32) | items[good])
        self._held += 8 * len(self._pairs[-1])
        memory = self.items.memory
        if memory is None:
            return
        names = self.ids.held + self.items.names.held
        if self.ids.items and names > memory * _NAMES_SHARE:
            self._end_numbering()
        elif self._held > memory * _PAIRS_SHARE:
            self._spill()

    def _spill(self) -> SpillFolder:
        if self._folder is None:
            self._folder = SpillFolder(self.items.tmpdir)
            self._id_runs = NameRuns(self._folder, "transactions")
            self._item_runs = NameRuns(self._folder, "names")
        for pairs in self._pairs:
            self._folder.append(f"pairs{self._numberings}", pairs)
        self._pairs.clear()
        self._held = 0
        return self._folder

    def _end_numbering(self) -> None:
        self._spill()
        self._id_runs.add(list(self.ids.items))
        self._item_runs.add(list(self.items.names.items))
        self.ids.clear()
        self.items.names.clear()
        self._numberings += 1

    def finish(self, read: ReadReport | None = None) -> Transactions:
        """The transactions; those without an item are left out."""
        if self._folder is None:
            keys = np.concatenate(self._pairs) if self._pairs else np.empty(0, dtype=np.int64)
            keys.sort()
            sizes = np.bincount(keys >> 32)
            self.items.add_rows(keys.astype(np.int32), sizes[sizes > 0])
            return self.items.finish(read)
        self._end_numbering()
        self._id_runs.merge(keep=False)
        names = self._item_runs.merge()
        self._deal(self._folder)
        rows = SpilledRows(self._folder)
        for partition in range(PARTITIONS):
            self._group(rows, partition)
        rows.finish(names)
        made = self.items
        dropped = Dropped(made.blank_items, made.blank_lines, made.repeats, made.excluded)
        return SpilledTransactions(rows, self._item_runs.names(), dropped, read)

    def _deal(self, folder: SpillFolder) -> None:
        """All pairs by their final numbers, those of a transaction in one file."""
        assert self.items.memory is not None  # else nothing is spilled
        step = max(int(self.items.memory * _PAIRS_SHARE) // 32, 1 << 14)
        for numbering in range(self._numberings):
            path = folder.path(f"pairs{numbering}")
            if not path.exists():
                continue  # the last block ended exactly with the numbering before
            ids = self._id_runs.final_numbers(numbering).astype(np.int64)
            items = self._item_runs.final_numbers(numbering).astype(np.int64)
            low = 0
            while len(keys := np.fromfile(path, np.int64, count=step, offset=8 * low)):
                low += len(keys)
                keys = (ids.take(keys >> 32) << 32) | items.take(keys & 0xFFFFFFFF)
                partition = ((keys >> 32) % PARTITIONS).astype(np.uint8)
                keys = keys.take(np.argsort(partition, kind="stable"))
                ends = np.cumsum(np.bincount(partition, minlength=PARTITIONS)).tolist()
                for number, (start, end) in enumerate(zip([0, *ends], ends, strict=False)):
                    folder.append(f"dealt{number}", keys[start:end])
            path.unlink()

    def _group(self, rows: SpilledRows, partition: int) -> None:
        path = rows.folder.path(f"dealt{partition}")
        if not path.exists():
            return
        keys = np.fromfile(path, dtype=np.int64)
        path.unlink()
        keys.sort()
        keys = self.items.without_repeats(keys)
        ids = keys >> 32
        ends = np.flatnonzero(np.append(ids[1:] != ids[:-1], np.ones(min(len(ids), 1), dtype=bool)))
        rows.append_to(partition, keys.astype(np.int32), np.diff(ends, prepend=-1))

    def close(self) -> None:
        """Remove the temporary files of what cannot be finished."""
        if self._folder is not None:
            self._folder.cleanup()


def add_pairs(
    lines: LineBlocks,
    wanted: tuple[str | int, str | int],
    splitter: LineSplitter,
    builder: PairBuilder,
) -> None:
    """Read lines of UTF-8 text into a builder.

    Raises
    ------
    CorpusError
        With file and line: the header lacks a column, or a line has too few.
    """
    columns = None
    if isinstance(wanted[0], int) and isinstance(wanted[1], int):
        columns = _Columns(wanted[0] - 1, wanted[1] - 1, b"")
    for block in lines.records(splitter.text):
        skipped = 0
        if columns is None:
            header, _, block = block.partition(b"\n")
            names = [str(name) for name in wanted]
            columns = _found_in(header, names, splitter, lines.place(0))
            skipped = 1
            if not block:
                continue
        place = partial(_place, lines, skipped)
        slices = splitter.split(block)
        rows = _records(slices, block, columns, place)
        builder.items.blank_lines += len(slices.per_line) - len(rows)
        at = slices.first().take(rows)
        ids = builder.ids.lookup(*slices.take(at + columns.transaction))
        items = builder.items.names.lookup(*slices.take(at + columns.item))
        bad = np.flatnonzero((ids == OPEN_QUOTE) | (items == OPEN_QUOTE))
        if len(bad):
            raise CorpusError(
                f"{place(int(rows[bad[0]]))}: a quote inside an item that is not quoted as a "
                "whole; pass quotes=False (--no-quotes)"
            )
        builder.add(ids, items)


def _place(lines: LineBlocks, skipped: int, row: int) -> str:
    return lines.place(row + skipped)
