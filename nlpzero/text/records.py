"""Texts out of files of records: one field of JSON (lines or an array), CSV or TSV."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple, NoReturn

from nlpzero.engine.showing import listed, quoted
from nlpzero.errors import CorpusError
from nlpzero.text.decoding import TextDecoder, without_surrogates
from nlpzero.text.files import Piece, line_ends_before
from nlpzero.text.json_arrays import LOOK, ArrayFault, JsonArray, is_array

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
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), type(value).__name__)


class Record(NamedTuple):
    """A record, and the text in it.

    line : int
        Where it begins in its piece, from 1.
    text : str or None
        None where the field is null.
    value : dict, or list of str
        The object of JSON, or the cells of a row.
    source : str
        The object as it stands in the file, white space around it included; empty for a row.
    """

    line: int
    text: str | None
    value: Any
    source: str = ""


class Records:
    """The records of a source, with the texts that one field holds.

    Attributes
    ----------
    header : list of str
        The columns of CSV and TSV, once a record was read; empty for JSON.
    layout : {"jsonl", "csv", "tsv"}
        What the source is, as soon as :meth:`read` knows.
    """

    def __init__(self, piece: Piece, wanted: str, decoder: TextDecoder) -> None:
        self.piece = piece
        self.wanted = wanted
        self.decoder = decoder
        self.header: list[str] = []
        self.layout = ""
        self.line = 0  # of this piece

    def place(self) -> str:
        """Where the reader is.

        The lines before a byte range are counted only when something is wrong.
        """
        before = line_ends_before(self.piece) if self.piece.start else 0
        return f"{self.piece.source.name}:{before + self.line}"

    def fail(self, message: str) -> NoReturn:
        raise CorpusError(f"{self.place()}: {message}")

    def _lines(self, lines: Iterable[str]) -> Iterator[Record]:
        """JSON Lines."""
        import json

        for line in lines:
            self.line += 1
            if line.isspace():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", None) or str(error)
                more = "; give one object a line, or an array of objects"
                self.fail(
                    f"not valid JSON ({what}), got {quoted(line.strip(), 40)}"
                    f"{more if line.strip() == '{' else ''}"
                )
            text = record.get(self.wanted) if type(record) is dict else None
            if type(text) is not str or "\\u" in line:  # all that is not usual
                text = self._text_of(record, line.strip())
            yield Record(self.line, text, record, line)

    def _array(self, blocks: Iterable[str]) -> Iterator[Record]:
        try:
            for line, record, source in JsonArray(blocks):
                self.line = line
                yield Record(line, self._text_of(record, source), record, source)
        except ArrayFault as fault:
            self.line = fault.line
            self.fail(str(fault))

    def _text_of(self, record: Any, source: str) -> str | None:
        if not isinstance(record, dict):
            self.fail(
                f"expected a JSON object with the field {self.wanted!r}, got {quoted(source, 40)}"
            )
        try:
            value = field_of(record, self.wanted)
        except LookupError as error:
            self.fail(error.args[0])
        if value is None:
            return None
        if not isinstance(value, str):
            self.fail(f"the field {self.wanted!r} must hold text, got {_kind_of_value(value)}")
        if "\\u" in source:
            value, _ = without_surrogates(value, self.decoder, self.place)
        return value

    def _column(self, header: list[str]) -> int:
        if self.wanted not in header:
            self.fail(f"no column {self.wanted!r}; the columns are: {listed(header)}")
        self.header = header
        return header.index(self.wanted)

    def _tsv(self, lines: Iterable[str]) -> Iterator[Record]:
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
                yield Record(self.line, cells[column], cells)

    def _csv(self, lines: Iterable[str]) -> Iterator[Record]:
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
                yield Record(self.line, row[column], row)

    def read(self, layout: str, blocks: Iterable[str]) -> Iterator[Record]:
        """The records of a text.

        Parameters
        ----------
        layout : {"jsonl", "csv", "tsv", "guess"}
            jsonl is an array too, if it begins with a bracket.
        blocks : iterable of str
            The text of the piece.
        """
        blocks = iter(blocks)
        if layout in ("jsonl", "guess") and not self.piece.start:
            beginning, blocks = _beginning(blocks)
            if is_array(beginning):
                self.layout = "jsonl"
                return self._array(blocks)
        lines = lines_of(blocks)
        if layout == "guess":
            first = next(lines, "")
            layout = (
                "jsonl" if first.lstrip().startswith("{") else "tsv" if "\t" in first else "csv"
            )
            lines = chain([first] if first else [], lines)
        self.layout = layout
        return {"jsonl": self._lines, "tsv": self._tsv, "csv": self._csv}[layout](lines)


def field_of(record: Mapping[str, Any], name: str) -> Any:
    """A field of a JSON object: the one of this name, else that of an object inside it.

    Parameters
    ----------
    record : mapping
    name : str
        ``meta.body`` is the field ``body`` of the object ``meta``, unless a field has just this
        name.

    Returns
    -------
    object
        None where the field, or the object that should hold it, is null.

    Raises
    ------
    LookupError
        There is no such field; the message names those there are.

    Examples
    --------
    >>> record = {"id": 1, "meta": {"body": "今天", "a.b": {"c": "天气"}}, "x.y": "好"}
    >>> [field_of(record, name) for name in ("meta.body", "meta.a.b.c", "x.y")]
    ['今天', '天气', '好']
    """
    if name in record:
        return record[name]
    dot = name.rfind(".")
    message = f"no field {name!r}; the fields are: {listed(list(record))}"
    null = False
    while dot >= 0:
        outer = record.get(name[:dot], _MISSING)
        if isinstance(outer, dict):
            try:
                return field_of(outer, name[dot + 1 :])
            except LookupError as error:
                message = f"{error.args[0]} (in {name[:dot]!r})"
        elif outer is None:
            null = True
        elif outer is not _MISSING:
            message = f"no field {name!r}: {name[:dot]!r} holds {_kind_of_value(outer)}"
        dot = name.rfind(".", 0, dot)
    if null:
        return None
    raise LookupError(message)


_MISSING = object()


def _beginning(blocks: Iterator[str]) -> tuple[str, Iterator[str]]:
    """The first block that is not only white space, and all blocks again."""
    read: list[str] = []
    for block in blocks:
        read.append(block)
        if not block.isspace() or sum(map(len, read)) >= LOOK:
            break
    return "".join(read), chain(read, blocks)
