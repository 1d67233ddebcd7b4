"""Tables as TSV, CSV or JSON Lines, to a file or to standard output, row by row.

Numbers look the same in all formats: integers in full, floats with six significant digits, so that
the output is the same bytes on every platform.
"""

import io
import math
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, TextIO

from nlpzero.engine.temporary import atomic_output
from nlpzero.text.cells import csv_cell, json_cell, safe_csv_cell, tsv_cell

FORMATS = ("tsv", "csv", "csv-safe", "jsonl")

_BATCH = 2048  # rows joined into one write


@contextmanager
def open_output(path: str | None, *, bom: bool = False) -> Iterator[TextIO]:
    """UTF-8 text with plain line feeds, to standard output (None or ``-``) or to a file.

    A file appears complete or not at all.
    """
    if path is None or path == "-":
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
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with atomic_output(path) as file:
        yield file


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


def _tsv_line(row: Sequence[Any]) -> str:
    return "\t".join([tsv_cell(_cell(value)) for value in row]) + "\n"


def _json_line(keys: Sequence[str]) -> Callable[[Sequence[Any]], str]:
    template = "{" + ", ".join(_json(key).replace("%", "%%") + ": %s" for key in keys) + "}\n"

    def line(row: Sequence[Any]) -> str:
        return template % tuple([_json(value) for value in row])

    return line


def _csv_line(row: Sequence[Any]) -> str:
    return ",".join([csv_cell(_cell(value)) for value in row]) + "\n"


def _safe_csv_line(row: Sequence[Any]) -> str:
    # a number may well begin with a minus
    return (
        ",".join(
            [
                csv_cell(_cell(value))
                if isinstance(value, (int, float))
                else safe_csv_cell(_cell(value))
                for value in row
            ]
        )
        + "\n"
    )


def write_table(
    path: str | None, format: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Write rows as they come and return how many there were.

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
    """
    line = {
        "tsv": _tsv_line,
        "csv": _csv_line,
        "csv-safe": _safe_csv_line,
        "jsonl": _json_line(columns),
    }[format]
    written = 0
    with open_output(path, bom=format.startswith("csv")) as file:
        batch = [] if format == "jsonl" else [line(columns)]
        for row in rows:
            batch.append(line(row))
            written += 1
            if len(batch) >= _BATCH:
                file.write("".join(batch))
                batch.clear()
        file.write("".join(batch))
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
    from nlpzero.engine.showing import padded, text_width

    room = max(shutil.get_terminal_size((100, 24)).columns - 44, 20)
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
