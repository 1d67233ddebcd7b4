"""Compiled writing of rows as TSV, CSV or JSON Lines."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel
from nlpzero.text.cells import CSV_QUOTED, FORMULA_STARTS, JSON_ESCAPES, TSV_ESCAPES

QUOTE = ord('"')
APOSTROPHE = ord("'")
BACKSLASH = ord("\\")
CODE = ord("u")  # after a backslash: the code of a character follows


class Style(NamedTuple):
    """How cells of a format are escaped.

    Attributes
    ----------
    marks : uint8[256]
        What stands after the backslash for a byte; "u" for a code of four digits; 0 for bytes
        written as they are.
    quoted : bool[256]
        Bytes that put a cell in quotation marks, which are doubled inside.
    around : int
        The byte before and after every cell, 0 for none.
    hexes : uint8[16]
        Hexadecimal digits.
    starts : uint8[:]
        Characters in UTF-8, one after another: a cell that begins with one of them gets an
        apostrophe before it. Empty for all formats but csv-safe.
    """

    marks: Array
    quoted: Array
    around: int
    hexes: Array
    starts: Array


def _style(
    escapes: Mapping[str, str], quoted: Iterable[str], around: str, starts: Iterable[str] = ""
) -> Style:
    marks = np.zeros(256, np.uint8)
    for char, text in escapes.items():
        marks[ord(char)] = ord(text[1])
    inside = np.zeros(256, np.bool_)
    inside[[ord(char) for char in quoted]] = True
    return Style(
        marks,
        inside,
        ord(around) if around else 0,
        np.frombuffer(b"0123456789abcdef", np.uint8),
        np.frombuffer("".join(sorted(starts)).encode(), np.uint8),
    )


STYLES = {
    "tsv": _style(TSV_ESCAPES, "", ""),
    "csv": _style({}, CSV_QUOTED, ""),
    "csv-safe": _style({}, CSV_QUOTED, "", FORMULA_STARTS),
    "jsonl": _style(JSON_ESCAPES, "", '"'),
}


@kernel
def _write_number(value: int, out: Array, o: int) -> int:
    digits = 1
    rest = value // 10
    while rest > 0:
        digits += 1
        rest //= 10
    for k in range(digits):
        out[o + digits - 1 - k] = 48 + value % 10
        value //= 10
    return o + digits


@kernel
def _begins_with_one(pool: Array, start: int, end: int, starts: Array) -> bool:
    """Whether a word begins with one of some characters in UTF-8."""
    i = 0
    while i < len(starts):
        size = 1 if starts[i] < 0x80 else 3
        same = end - start >= size
        for k in range(size):
            same = same and pool[start + k] == starts[i + k]
        if same:
            return True
        i += size
    return False


@kernel
def _write_word(pool: Array, start: int, end: int, style: Style, out: Array, o: int) -> int:
    """One word with the escapes of the format; ``out`` has room for six times its length and
    three.
    """
    around = style.around
    doubled = -1
    for j in range(start, end):
        if style.quoted[pool[j]]:
            around = doubled = QUOTE
            break
    if around:
        out[o] = around
        o += 1
    if _begins_with_one(pool, start, end, style.starts):
        out[o] = APOSTROPHE
        o += 1
    for j in range(start, end):
        c = pool[j]
        mark = style.marks[c]
        if mark == 0:
            if c == doubled:
                out[o] = c
                o += 1
            out[o] = c
            o += 1
            continue
        out[o] = BACKSLASH
        out[o + 1] = mark
        o += 2
        if mark == CODE:
            out[o] = 48
            out[o + 1] = 48
            out[o + 2] = style.hexes[c >> 4]
            out[o + 3] = style.hexes[c & 15]
            o += 4
    if around:
        out[o] = around
        o += 1
    return o


@kernel
def _write_bytes(source: Array, out: Array, o: int) -> int:
    for j in range(len(source)):
        out[o] = source[j]
        o += 1
    return o


@kernel
def write_rows(
    pool: Array,
    offsets: Array,
    counts: Array,
    documents: Array,
    order: Array,
    first: int,
    style: Style,
    before_word: Array,
    before_count: Array,
    before_documents: Array,
    at_end: Array,
    out: Array,
) -> tuple[int, int]:
    """Rows of a table as text, words in the given order from ``first`` on, until ``out`` is full.

    A row is ``before_word word before_count count [before_documents documents] at_end``. Returns
    the next row and the bytes written.
    """
    fixed = len(before_word) + len(before_count) + len(before_documents) + len(at_end) + 43
    has_documents = len(documents) > 0
    o = 0
    for k in range(first, len(order)):
        w = order[k]
        if o + fixed + 6 * (offsets[w + 1] - offsets[w]) > len(out):
            return k, o
        o = _write_bytes(before_word, out, o)
        o = _write_word(pool, offsets[w], offsets[w + 1], style, out, o)
        o = _write_bytes(before_count, out, o)
        o = _write_number(counts[w], out, o)
        if has_documents:
            o = _write_bytes(before_documents, out, o)
            o = _write_number(documents[w], out, o)
        o = _write_bytes(at_end, out, o)
    return len(order), o
