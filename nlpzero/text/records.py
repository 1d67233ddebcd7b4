"""Texts out of files of records: one field of JSON Lines, CSV or TSV."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from nlpzero.engine.showing import listed, quoted
from nlpzero.errors import CorpusError
from nlpzero.text.decoding import TextDecoder, without_surrogates
from nlpzero.text.files import Piece, line_ends_before

_CSV_FIELD = 1 << 28  # characters; a quote left open must not swallow a whole file into memory


def lines_of(blocks: Iterable[str]) -> Iterator[str]:
    """Lines with their ends; the last one may have none."""
    carry: list[str] = []
    for block in blocks:
        lines = block.split("\n")
        if len(lines) > 1:
            carry.append(lines[0])
            yield "".join(carry) + "\n"
            carry.clear()
            for line in lines[1:-1]:
                yield line + "\n"
        if lines[-1]:
            carry.append(lines[-1])
    if carry:
        yield "".join(carry)


def quoted_fields(line: str, separator: str) -> list[str]:
    """Fields of a line, the definition: quoted if a closing quote ends a field, else literal.

    Parameters
    ----------
    line : str
        Without its end.
    separator : str
        At least one character.

    Returns
    -------
    list of str
        Not stripped but for white space around quotes; ``""`` inside quotes is a quote.

    Examples
    --------
    >>> quoted_fields('tea, "black, strong" ,5" disk,"a ""b"" c"', ",")
    ['tea', 'black, strong', '5" disk', 'a "b" c']
    """
    end = re.escape(separator)
    quoted = re.compile(rf'\s*"((?:[^"]|"")*)"\s*(?:{end}|\Z)')
    fields = []
    at = 0
    while at <= len(line):
        match = quoted.match(line, at)
        if match:
            fields.append(match[1].replace('""', '"'))
            at = match.end() if match[0].endswith(separator) else len(line) + 1
        else:
            stop = line.find(separator, at)
            stop = len(line) if stop < 0 else stop
            fields.append(line[at:stop])
            at = stop + len(separator)
    return fields


def _kind_of_value(value: Any) -> str:
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), type(value).__name__)


class Records:
    """The texts that one field of the records of a source holds, with their line numbers."""

    def __init__(self, piece: Piece, wanted: str, decoder: TextDecoder) -> None:
        self.piece = piece
        self.wanted = wanted
        self.decoder = decoder
        self.line = 0  # of this piece

    def place(self) -> str:
        """Where the reader is.

        The lines before a byte range are counted only when something is wrong.
        """
        before = line_ends_before(self.piece) if self.piece.start else 0
        return f"{self.piece.source.name}:{before + self.line}"

    def fail(self, message: str) -> NoReturn:
        raise CorpusError(f"{self.place()}: {message}")

    def jsonl(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        import json

        for line in lines:
            self.line += 1
            if line.isspace():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", None) or str(error)
                self.fail(f"not valid JSON ({what}), got {quoted(line.strip(), 40)}")
            if not isinstance(record, dict):
                self.fail(
                    f"expected a JSON object with the field {self.wanted!r}, got "
                    f"{quoted(line.strip(), 40)}"
                )
            if self.wanted not in record:
                self.fail(f"no field {self.wanted!r}; the fields are: {listed(list(record))}")
            value = record[self.wanted]
            if value is None:
                continue
            if not isinstance(value, str):
                self.fail(f"the field {self.wanted!r} must hold text, got {_kind_of_value(value)}")
            if "\\u" in line:
                value, _ = without_surrogates(value, self.decoder, self.place)
            yield self.line, value

    def _column(self, header: list[str]) -> int:
        if self.wanted not in header:
            self.fail(f"no column {self.wanted!r}; the columns are: {listed(header)}")
        return header.index(self.wanted)

    def tsv(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Cells as they stand: a quote is nothing special in a TSV file."""
        column = -1
        for line in lines:
            self.line += 1
            cells = line.rstrip("\r\n").split("\t")
            if column < 0:
                column = self._column(cells)
            elif cells != [""]:
                if len(cells) <= column:
                    self.fail(
                        f"expected at least {column + 1} cells, got {len(cells)}: "
                        f"{quoted(line.strip(), 40)}"
                    )
                yield self.line, cells[column]

    def csv(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        import csv

        # The module's limit is a guard for everybody; a higher one changes no result.
        if csv.field_size_limit() < _CSV_FIELD:
            csv.field_size_limit(_CSV_FIELD)
        reader = csv.reader(lines)
        column = -1
        while True:
            self.line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                self.fail(f"not valid CSV ({error}); is a quote left open?")
            if row is None:
                return
            if not row:
                continue
            if column < 0:
                column = self._column(row)
            elif len(row) <= column:
                self.fail(
                    f"expected at least {column + 1} cells, got {len(row)}: "
                    f"{quoted(','.join(row).strip(), 40)}"
                )
            else:
                yield self.line, row[column]

    def read(self, layout: str, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        if layout == "guess":
            lines = iter(lines)
            first = next(lines, "")
            layout = (
                "jsonl" if first.lstrip().startswith("{") else "tsv" if "\t" in first else "csv"
            )
            lines = _chain(first, lines)
        reader: Callable[[Iterable[str]], Iterator[tuple[int, str]]] = getattr(self, layout)
        return reader(lines)


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest
