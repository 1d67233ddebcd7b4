"""Tables with a column for each item."""

from collections.abc import Sequence

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Ints
from nlpzero.engine.showing import quoted
from nlpzero.errors import CorpusError
from nlpzero.rules.building import TransactionBuilder
from nlpzero.rules.flags import flag_of
from nlpzero.rules.item_numbers import BLANK, OPEN_QUOTE, ItemNumbers
from nlpzero.rules.line_blocks import LineBlocks
from nlpzero.rules.line_splitting import LineSplitter
from nlpzero.rules.shapes import OneHot

# different cells whose meaning is kept; amounts are many
_MOST_CELLS = 1 << 16


class _Cells:
    """Cells to 1 (there), 0 (not there) and -1 (neither), each different one looked at once."""

    def __init__(self, blanks: Sequence[str], separator: bytes) -> None:
        self._numbers = ItemNumbers(blanks, separator)
        self._meaning = np.empty(0, dtype=np.int8)

    def of(self, data: bytes, starts: Counts, lengths: Counts, quotes: bool) -> tuple[Ints, Bools]:
        """What the cells say, and which are blank."""
        if len(self._numbers.items) > _MOST_CELLS:
            self._numbers.clear()
            self._meaning = np.empty(0, dtype=np.int8)
        found = self._numbers.lookup(data, starts, lengths, quotes)
        known = len(self._meaning)
        if len(self._numbers.items) > known:
            flags = [flag_of(cell) for cell in list(self._numbers.items)[known:]]
            new = np.array([-1 if flag is None else int(flag) for flag in flags], dtype=np.int8)
            self._meaning = np.concatenate([self._meaning, new])
        said = np.zeros(len(found), dtype=np.int32)
        cells = found >= 0
        said[cells] = self._meaning.take(found[cells])
        said[found == OPEN_QUOTE] = -1
        return said, found == BLANK


def add_one_hot(
    lines: LineBlocks,
    shape: OneHot,
    splitter: LineSplitter,
    builder: TransactionBuilder,
    blanks: Sequence[str],
) -> None:
    """Read the lines of a table into a builder.

    Raises
    ------
    CorpusError
        With file and line: a line with another number of cells, a cell that is no flag.
    """
    cells = _Cells(blanks, splitter.stand_in)
    header: list[str] | None = None
    wanted = np.empty(0, dtype=np.int64)
    width = 0
    for block in lines.records(splitter.text):
        skipped = 0
        if shape.header and lines.begins:
            first, _, block = block.partition(b"\n")
            skipped = 1
            names = [name.strip() for name in splitter.fields(first)]
            if header is None:
                header = names
            elif names != header:
                raise CorpusError(
                    f"{lines.place(0)}: another header than that of the first input: "
                    f"{quoted(', '.join(names))}"
                )
            if not block:
                continue
        slices = splitter.split(block)
        starts_of_rows = slices.first()
        empty = slices.empty_lines()
        if header is None:
            full = np.flatnonzero(~empty)
            if not len(full):
                builder.blank_lines += len(empty)
                continue
            header = [str(number + 1) for number in range(int(slices.per_line[full[0]]))]
        if not width:
            width = len(header)
            taken = [
                column
                for column, name in enumerate(header)
                if name not in ("", *blanks) and column + 1 not in shape.skip
            ]
            if not taken:
                raise CorpusError(f"{lines.place(0)}: no column has a name and is not skipped")
            wanted = np.array(taken, dtype=np.int64)
        bad = np.flatnonzero((slices.per_line != width) & ~empty)
        if len(bad):
            raise CorpusError(
                f"{lines.place(int(bad[0]) + skipped)}: expected {width} cells, as in the first "
                f"line, got {int(slices.per_line[bad[0]])}"
            )
        rows = np.flatnonzero(~empty)
        builder.blank_lines += len(empty) - len(rows)
        at = (starts_of_rows.take(rows)[:, None] + wanted).ravel()
        said, blank = cells.of(*slices.take(at))
        if bool((said < 0).any()):
            place = int(np.flatnonzero(said < 0)[0])
            row, column = divmod(place, len(wanted))
            begin, size = int(slices.starts[at[place]]), int(slices.lengths[at[place]])
            cell = slices.data[begin : begin + size].decode("utf-8", "replace")
            raise CorpusError(
                f"{lines.place(int(rows[row]) + skipped)}: {quoted(cell, 40)} in the column "
                f"{quoted(header[int(wanted[column])], 40)} is no flag: expected 0 or a count, "
                "true or false, yes or no; skip a column that is no item"
            )
        builder.blank_items += int(np.count_nonzero(blank))
        numbers = np.array(
            builder.names.numbers([header[column] for column in wanted]), dtype=np.int32
        )
        there = (said > 0).reshape(-1, len(wanted))
        items = np.broadcast_to(numbers, there.shape)[there]
        builder.add_rows(items, np.count_nonzero(there, axis=1), blanks_count=False)
