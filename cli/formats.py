"""Tables as TSV, CSV or JSON Lines, to a file or to standard output, row by row.

Numbers look the same in all formats: integers in full, floats with six significant digits, so that
the output is the same bytes on every platform.
"""

import io
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import IO, Any, TextIO

from nlpzero.engine.stores import is_url
from nlpzero.engine.temporary import atomic_output, scratch_folder
from nlpzero.text.cells import TSV_ESCAPES, csv_cell, json_cell, safe_csv_cell, tsv_cell

from . import progress, tables

FORMATS = ("tsv", "csv", "csv-safe", "jsonl")

_COPIED = 1 << 22  # bytes of a file that is sent somewhere, at a time
_BATCH = 2048  # rows joined into one write


@contextmanager
def open_output(path: str | None, *, bom: bool = False) -> Iterator[TextIO]:
    """UTF-8 text with plain line feeds, to standard output (None or ``-``) or to a file.

    A file appears complete or not at all.
    """
    if path is None or path == "-":
        if sys.stdout.isatty():
            progress.stop()
        if bom:
            sys.stdout.write("\ufeff")
        yield sys.stdout
        sys.stdout.flush()
        return
    with open_bytes(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n")
        try:
            if bom:
                text.write("\ufeff")
            yield text
            text.flush()
        finally:
            with suppress(OSError):  # the error that matters is under way
                text.detach()


@contextmanager
def open_bytes(path: str | None) -> Iterator[IO[bytes]]:
    """Bytes to standard output (None or ``-``) or to a file, which appears complete or not at
    all.
    """
    if path is None or path == "-":
        if sys.stdout.isatty():
            progress.stop()
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with atomic_output(path) as file:
        yield file


@contextmanager
def on_this_machine(output: str | None) -> Iterator[str | None]:
    """Where to write a file that is read again before the command ends: the output itself, or, for
    a URL, a temporary file that is sent there when the block ends without an error.
    """
    if output is None or not is_url(output):
        yield output
        return
    with scratch_folder() as folder:
        path = folder / "output"
        yield str(path)
        with open(path, "rb") as made, atomic_output(output) as file:
            while block := made.read(_COPIED):
                file.write(block)


def number(value: float) -> str:
    """A float with six significant digits; ``inf``, ``-inf`` and ``nan`` by these names.

    >>> number(2.0), number(1 / 3), number(-0.0), number(1234567.0), number(float("inf"))
    ('2', '0.333333', '0', '1.23457e+06', 'inf')
    """
    text = format(value, ".6g")
    return "0" if text == "-0" else text


def _cell(value: Any) -> str:
    """A value as it stands in TSV and CSV, before escaping."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return number(value)
    if isinstance(value, (list, tuple)):
        return " ".join(_cell(part) for part in value)
    return str(value)


def _json(value: Any) -> str:
    if isinstance(value, str):
        return json_cell(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value) if math.isfinite(value) else "null"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_json(part) for part in value)}]"
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{_json(str(key))}: {_json(part)}" for key, part in value.items())
            + "}"
        )
    return str(value)  # an integer, of NumPy or not


def _safe_csv(value: Any) -> str:
    # a number may well begin with a minus
    cell = csv_cell if isinstance(value, (int, float)) else safe_csv_cell
    return cell(_cell(value))


# a value as it stands in each format
_CELLS: dict[str, Callable[[Any], str]] = {
    "tsv": lambda value: tsv_cell(_cell(value)),
    "csv": lambda value: csv_cell(_cell(value)),
    "csv-safe": _safe_csv,
    "jsonl": _json,
}
_ESCAPED_IN_TSV = re.compile("[" + re.escape("".join(TSV_ESCAPES)) + "]")


def _cells(format: str, column: Sequence[Any], unknown: str) -> list[str]:
    """The values of a column as they stand in a format: at once where all are of one kind, which
    takes a third of the time.
    """
    kinds = set(map(type, column))
    if kinds == {int}:
        return list(map(str, column))
    if kinds == {float} and format != "jsonl":
        text = ("%.6g\n" * len(column)) % tuple(column)
        found = text.split("\n")[:-1]
        if "-0\n" in text:
            found = ["0" if cell == "-0" else cell for cell in found]
        return [unknown if cell == "nan" else cell for cell in found] if "nan" in text else found
    if kinds == {str} and format == "tsv" and not _ESCAPED_IN_TSV.search("".join(column)):
        return list(column)
    cell = _CELLS[format]
    if format == "jsonl":
        return list(map(cell, column))
    return [
        unknown if isinstance(value, float) and math.isnan(value) else cell(value)
        for value in column
    ]


def _lines(format: str, rows: Sequence[Sequence[Any]], template: str, unknown: str = "") -> str:
    columns = [_cells(format, column, unknown) for column in zip(*rows, strict=True)]
    return "".join([template % line for line in zip(*columns, strict=True)])


def write_table(
    path: str | None,
    format: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unknown: str = "nan",
) -> int:
    """Write rows as they come and return how many there were; to a terminal, the first of them as
    an aligned table, unless ``--format`` is given.

    ``tsv`` has a header line; a tab, line end or backslash inside a cell is written ``\\t``,
    ``\\n``, ``\\r``, ``\\\\``. ``csv`` has a header line and a byte order mark, which spreadsheets
    need to see UTF-8; ``csv-safe`` is the same with an apostrophe before text that a spreadsheet
    would run as a formula. ``jsonl`` has one object per row; a number that is not finite is
    ``null`` there. A list is a JSON array, and in the others its parts joined by spaces.

    Parameters
    ----------
    path : str or None
        A file, written atomically; None or ``-`` for standard output.
    format : {"tsv", "csv", "csv-safe", "jsonl"}
    columns : sequence of str
        Names for the header and the JSON keys.
    rows : iterable of sequences
        As many values each as there are columns: text, numbers, None, or lists of these.
    unknown : str
        What stands for nan in TSV and CSV.
    """
    if tables.for_eyes(path):
        return tables.show(columns, rows)
    if format == "jsonl":
        keys = (_json(key).replace("%", "%%") for key in columns)
        template = "{" + ", ".join(f"{key}: %s" for key in keys) + "}\n"
    else:
        template = ("\t" if format == "tsv" else ",").join(["%s"] * len(columns)) + "\n"
    written = 0
    with open_output(path, bom=format.startswith("csv")) as file:
        if format != "jsonl":
            file.write(_lines(format, [columns], template))
        rows = iter(rows)
        while batch := list(islice(rows, _BATCH)):
            file.write(_lines(format, batch, template, unknown))
            written += len(batch)
    return written


def csv_list(items: Sequence[str]) -> str:
    """Items as one CSV row, so that an item with a comma in it can be told from two items.

    >>> csv_list(["tea", "black, strong"])
    'tea, "black, strong"'
    """
    return ", ".join(
        f'"{item.replace(chr(34), chr(34) * 2)}"' if "," in item or '"' in item else item
        for item in items
    )


def terminal_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of a table as wide as the terminal allows: the first column is clipped, others stand
    right.
    """
    from shutil import get_terminal_size

    from nlpzero.engine.showing import padded, text_width

    room = max(get_terminal_size((100, 24)).columns - 44, 20)
    table = [list(head), *([_clipped(row[0], room), *row[1:]] for row in rows)]
    widths = [max(map(text_width, column)) for column in zip(*table, strict=True)]
    return "".join(
        "  ".join(padded(cell, widths[i], right=i > 0) for i, cell in enumerate(row)).rstrip()
        + "\n"
        for row in table
    )


def _clipped(text: str, width: int) -> str:
    from nlpzero.engine.showing import text_width

    if text_width(text) <= width:
        return text
    used = 0
    for i, c in enumerate(text):
        used += text_width(c)
        if used > width - 1:
            return text[:i] + "…"
    return text
