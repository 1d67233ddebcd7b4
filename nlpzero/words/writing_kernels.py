"""Compiled writing of rows as TSV, CSV or JSON Lines."""

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel

# formats of write_rows
TSV = 0
CSV = 1
JSONL = 2

HEX_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8)


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
def _write_word(
    pool: Array, start: int, end: int, style: int, hexes: Array, out: Array, o: int
) -> int:
    """One word with the escapes of the format; ``out`` has room for six times its length and two."""
    if style == CSV:
        quoted = False
        for j in range(start, end):
            c = pool[j]
            if c == 34 or c == 44 or c == 10 or c == 13:
                quoted = True
        if quoted:
            out[o] = 34
            o += 1
        for j in range(start, end):
            if pool[j] == 34:
                out[o] = 34
                o += 1
            out[o] = pool[j]
            o += 1
        if quoted:
            out[o] = 34
            o += 1
        return o
    if style == JSONL:
        out[o] = 34
        o += 1
    for j in range(start, end):
        c = pool[j]
        mark = 0
        if c == 92:
            mark = 92
        elif c == 9:
            mark = 116  # \t
        elif c == 10:
            mark = 110  # \n
        elif c == 13:
            mark = 114  # \r
        elif style == JSONL:
            if c == 34:
                mark = 34
            elif c == 8:
                mark = 98  # \b
            elif c == 12:
                mark = 102  # \f
            elif c < 32:
                mark = 117  # \u00XX
        if mark == 0:
            out[o] = c
            o += 1
        else:
            out[o] = 92
            out[o + 1] = mark
            o += 2
            if mark == 117:
                out[o] = 48
                out[o + 1] = 48
                out[o + 2] = hexes[c >> 4]
                out[o + 3] = hexes[c & 15]
                o += 4
    if style == JSONL:
        out[o] = 34
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
    style: int,
    hexes: Array,
    before_word: Array,
    before_count: Array,
    before_documents: Array,
    at_end: Array,
    out: Array,
) -> tuple[int, int]:
    """Rows of a table as text, words in the given order from ``first`` on, until ``out`` is full.

    A row is ``before_word word before_count count [before_documents documents] at_end``. Returns the next
    row and the bytes written.
    """
    fixed = len(before_word) + len(before_count) + len(before_documents) + len(at_end) + 42
    has_documents = len(documents) > 0
    o = 0
    for k in range(first, len(order)):
        w = order[k]
        if o + fixed + 6 * (offsets[w + 1] - offsets[w]) > len(out):
            return k, o
        o = _write_bytes(before_word, out, o)
        o = _write_word(pool, offsets[w], offsets[w + 1], style, hexes, out, o)
        o = _write_bytes(before_count, out, o)
        o = _write_number(counts[w], out, o)
        if has_documents:
            o = _write_bytes(before_documents, out, o)
            o = _write_number(documents[w], out, o)
        o = _write_bytes(at_end, out, o)
    return len(order), o
