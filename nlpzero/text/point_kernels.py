"""Bytes to code points to symbols and classes, in compiled loops: several threads at once."""

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.text.units import selects


@kernel
def decode_utf8(data: np.ndarray, out: np.ndarray) -> tuple[int, int]:
    """Put the code points of UTF-8 into `out`; how many they are, and how many bytes they took, -1
    where any are not valid.

    Valid is what Python takes: no surrogates, nothing longer than it need be. A character that the
    end cuts is left, whatever is there of it.
    """
    size = len(data)
    n = 0
    i = 0
    while i < size:
        first = np.uint32(data[i])
        if first < 0x80:
            out[n] = first
            i += 1
        elif 0xE0 <= first < 0xF0:
            if i + 3 > size:
                break
            second = np.uint32(data[i + 1]) ^ np.uint32(0x80)
            third = np.uint32(data[i + 2]) ^ np.uint32(0x80)
            point = ((first & np.uint32(0xF)) << np.uint32(12)) | (second << np.uint32(6)) | third
            surrogate = (point >> np.uint32(11)) == 0x1B
            if (second | third) > 0x3F or point < 0x800 or surrogate:
                return n, -1
            out[n] = point
            i += 3
        elif 0xC2 <= first < 0xE0:
            if i + 2 > size:
                break
            second = np.uint32(data[i + 1]) ^ np.uint32(0x80)
            if second > 0x3F:
                return n, -1
            out[n] = ((first & np.uint32(0x1F)) << np.uint32(6)) | second
            i += 2
        elif 0xF0 <= first < 0xF5:
            if i + 4 > size:
                break
            second = np.uint32(data[i + 1]) ^ np.uint32(0x80)
            third = np.uint32(data[i + 2]) ^ np.uint32(0x80)
            fourth = np.uint32(data[i + 3]) ^ np.uint32(0x80)
            point = (
                ((first & np.uint32(7)) << np.uint32(18))
                | (second << np.uint32(12))
                | (third << np.uint32(6))
                | fourth
            )
            if (second | third | fourth) > 0x3F or point < 0x10000 or point > 0x10FFFF:
                return n, -1
            out[n] = point
            i += 4
        else:
            return n, -1
        n += 1
    return n, i


@kernel
def look_up_points(points: np.ndarray, table: np.ndarray, out: np.ndarray) -> None:
    """What a table has for each code point; its last entry is for all above it."""
    last = np.uint32(len(table) - 1)
    for i in range(len(points)):
        out[i] = table[min(points[i], last)]


@kernel
def encode_points(points: np.ndarray, table: np.ndarray, apart: np.ndarray, out: np.ndarray) -> int:
    """The symbol of each code point but variation selectors, a break inside the spans `apart`; how
    many they are.

    `table` is that of :func:`look_up_points`; spans have starts and ends, from left to right.
    """
    last = np.uint32(len(table) - 1)
    n = 0
    i = 0
    for k in range(len(apart) + 1):
        start = apart[k, 0] if k < len(apart) else len(points)
        while i < start:
            if not selects(points[i]):
                out[n] = table[min(points[i], last)]
                n += 1
            i += 1
        end = apart[k, 1] if k < len(apart) else start
        while i < end:
            if not selects(points[i]):
                out[n] = 0
                n += 1
            i += 1
    return n
