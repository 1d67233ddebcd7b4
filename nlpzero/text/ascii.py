"""Small questions about characters of ASCII, for the compiled loops that look for kept tokens.

Texts are arrays of code points with ``PADDING`` zeros after their end, so that looking ahead needs
no care.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel

# zeros after the end of a text: nothing looks further ahead
PADDING = 8
# no kept token is longer, so that strange texts are read in linear time
LONGEST = 2048


def packed(words: str) -> npt.NDArray[np.int64]:
    """Words of at most eight ASCII characters, separated by spaces, as numbers."""
    return np.array([int.from_bytes(word.encode("ascii"), "big") for word in words.split()])


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
    """The character at a place as a number; 0 after the end."""
    return np.int64(points[i])


@kernel
def near(points: np.ndarray, i: int) -> Any:
    """As :func:`at`, with full-width forms folded."""
    return folded(np.int64(points[i]))


@kernel
def has(words: np.ndarray, points: np.ndarray, start: int, end: int) -> bool:
    """Whether some characters are one of a list of short words."""
    if end - start > 8 or end <= start:
        return False
    key = 0
    for i in range(start, end):
        key = key << 8 | near(points, i)
    for word in words:  # noqa: SIM110 (compiled)
        if word == key:
            return True
    return False


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
