"""Small questions about characters of ASCII, for the compiled loops that look for kept tokens.

Texts are arrays of code points. :func:`at` and :func:`near` see zeros before and after them, so
that looking around needs no care.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel

# no kept token is longer, so that strange texts are read in linear time
LONGEST = 2048
# places of a set of short words, a prime
_PLACES = 1021


def packed(words: str) -> npt.NDArray[np.int64]:
    """Words of at most eight ASCII characters, separated by spaces, as a hash table of numbers."""
    table = np.zeros(_PLACES, np.int64)
    for word in words.split():
        key = int.from_bytes(word.encode("ascii"), "big")
        place = key % _PLACES
        while table[place]:
            place = (place + 1) % _PLACES
        table[place] = key
    return table


@kernel
def folded(point: Any) -> Any:
    """Full-width forms of ASCII as ASCII."""
    if 0xFF01 <= point <= 0xFF5E:
        return point - 0xFEE0
    return point


@kernel
def digit(point: int) -> bool:
    return 0x30 <= point <= 0x39


@kernel
def letter(point: int) -> bool:
    return 0x61 <= (point | 0x20) <= 0x7A


@kernel
def alnum(point: int) -> bool:
    return 0x30 <= point <= 0x39 or 0x61 <= (point | 0x20) <= 0x7A


@kernel
def at(points: np.ndarray, i: int) -> Any:
    """The character at a place as a number; 0 outside the text."""
    return np.int64(points[i]) if 0 <= i < len(points) else np.int64(0)


@kernel
def near(points: np.ndarray, i: int) -> Any:
    """As :func:`at`, with full-width forms folded."""
    return folded(at(points, i))


@kernel
def has(words: np.ndarray, points: np.ndarray, start: int, end: int) -> bool:
    """Whether some characters are one of a set of short words (:func:`packed`)."""
    if end - start > 8 or end <= start:
        return False
    key = 0
    for i in range(start, end):
        key = key << 8 | near(points, i)
    place = key % _PLACES
    while words[place] != 0 and words[place] != key:
        place = (place + 1) % _PLACES
    return bool(words[place] != 0)


@kernel
def digits_end(points: np.ndarray, i: int) -> int:
    """End of the digits at a place; full-width ones count."""
    while digit(near(points, i)):
        i += 1
    return i


@kernel
def number_value(points: np.ndarray, start: int, end: int) -> int:
    value = 0
    for i in range(start, min(end, start + 6)):
        value = 10 * value + near(points, i) - 0x30
    return value
