"""The compiled loop that joins runs of digits, letters and Han numerals into single symbols."""

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.symbols import DIGIT, DIGITS_SYMBOL, HAN, LETTER, LETTERS_SYMBOL, NUMERALS_SYMBOL


@kernel
def _joins_digits(point: int) -> bool:
    """A mark that stays inside a number: . , : and their full-width forms."""
    return point in (0x2E, 0xFF0E, 0x2C, 0xFF0C, 0x3A, 0xFF1A)


@kernel
def _percent(point: int) -> bool:
    return point in (0x25, 0xFF05, 0x2030)


@kernel
def number_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """End of the number that starts at a digit: digits (mark digits)* and one trailing % or ‰."""
    n = len(points)
    i = start + 1
    while i < n:
        if classes[i] == DIGIT or (
            _joins_digits(points[i]) and i + 1 < n and classes[i + 1] == DIGIT
        ):
            i += 1
        else:
            break
    if i < n and _percent(points[i]):
        i += 1
    return i


@kernel
def class_runs(
    points: np.ndarray, classes: np.ndarray, symbols: np.ndarray, numerals: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Join runs: symbols of the units of a text and the offset where each begins (and the end)."""
    n = len(points)
    out = np.empty(n, np.uint16)
    starts = np.empty(n + 1, np.int64)
    k = 0
    i = 0
    while i < n:
        starts[k] = i
        if classes[i] == DIGIT:
            out[k] = DIGITS_SYMBOL
            i = number_end(points, classes, i)
        elif classes[i] == LETTER:
            out[k] = LETTERS_SYMBOL
            i += 1
            while i < n and classes[i] == LETTER:
                i += 1
        elif classes[i] == HAN:
            j = i
            while j < n and points[j] < 0x10000 and numerals[points[j]]:
                j += 1
            if j - i >= 2:
                out[k] = NUMERALS_SYMBOL
                i = j
            else:
                out[k] = symbols[i]
                i += 1
        else:
            out[k] = 0
            i += 1
        k += 1
    starts[k] = n
    return out[:k].copy(), starts[: k + 1].copy()
