"""Frequency lists as TSV, CSV and JSON Lines."""

from collections.abc import Iterator

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import brief
from nlpzero.text.cells import csv_cell, json_cell, safe_csv_cell, tsv_cell
from nlpzero.words.columns import Columns
from nlpzero.words.writing_kernels import STYLES, write_rows

FORMATS = tuple(STYLES)

_OUT_BYTES = 1 << 22
# seconds to write a row when the loops are interpreted
_SECONDS_INTERPRETED = 2e-5


def header_line(format: str, columns: list[str]) -> bytes:
    """The names of the columns; JSON Lines have no such line."""
    if format == "jsonl":
        return b""
    return ("\t" if format == "tsv" else ",").join(columns).encode() + b"\n"


def encode_columns(
    columns: Columns, order: Array, format: str, source: str | None
) -> Iterator[bytes]:
    """Rows of a table as text.

    Parameters
    ----------
    columns : Columns
    order : integers
        Which rows, and in which order.
    format : {"tsv", "csv", "csv-safe", "jsonl"}
    source : str or None
        A column ``file`` with this value, first.

    Yields
    ------
    bytes
    """
    before_word, before_count, before_documents, at_end = (
        np.frombuffer(part, np.uint8) for part in _around(format, source)
    )
    out = np.empty(_OUT_BYTES, np.uint8)
    row = 0
    while row < len(order):
        with brief((len(order) - row) * _SECONDS_INTERPRETED):
            done, size = write_rows(
                columns.pool,
                columns.offsets,
                columns.counts,
                columns.documents,
                order,
                row,
                STYLES[format],
                before_word,
                before_count,
                before_documents,
                at_end,
                out,
            )
        if done == row:  # a word longer than all of it
            word = int(order[row])
            longest = int(columns.offsets[word + 1] - columns.offsets[word])
            out = np.empty(6 * longest + _OUT_BYTES, np.uint8)
        row = done
        yield out[:size].tobytes()


def _around(format: str, source: str | None) -> tuple[bytes, bytes, bytes, bytes]:
    """What stands before the word, the count, the number of documents, and at the end of a row."""
    if source is not None:  # names of files need not be UTF-8
        source = source.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if format == "jsonl":
        first = "{" if source is None else f'{{"file": {json_cell(source)}, '
        return (first + '"word": ').encode(), b', "count": ', b', "documents": ', b"}\n"
    between = b"\t" if format == "tsv" else b","
    before = b""
    if source is not None:
        cell = {"tsv": tsv_cell, "csv": csv_cell, "csv-safe": safe_csv_cell}[format](source)
        before = cell.encode("utf-8") + between
    return before, between, between, b"\n"
