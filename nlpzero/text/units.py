"""Units that are never cut: numbers, runs of letters, what extends a mark; and white space in bytes
of UTF-8.
"""

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import brief, kernel
from nlpzero.text.characters import (
    BREAK,
    DIGIT,
    DIGITS_SYMBOL,
    HAN,
    LETTER,
    LETTERS_SYMBOL,
    NUMERALS_SYMBOL,
    SPACE,
)

# symbols of kept tokens by their kind: apart, like a run of letters, a number
SPAN_SYMBOLS = np.array([0, LETTERS_SYMBOL, DIGITS_SYMBOL], np.uint16)


@kernel
def extends(point: int) -> bool:
    """A mark that changes the character before it and is never a token: variation selectors,
    joiners, tones.
    """
    return (
        0xFE00 <= point <= 0xFE0F
        or point in (0x200D, 0x20E3)
        or 0x1F3FB <= point <= 0x1F3FF
        or 0xE0020 <= point <= 0xE01EF
    )


@kernel
def selects(point: int) -> bool:
    """A variation selector: which form the character before it has."""
    return 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF


@kernel
def date_unit(point: int) -> bool:
    """年 月 日 时 時: units that stay with the number before them."""
    return point in (0x5E74, 0x6708, 0x65E5, 0x65F6, 0x6642)


@kernel
def scale(point: int) -> bool:
    """十 百 千 万 萬 亿 億: they go on with a number in digits."""
    return point in (0x5341, 0x767E, 0x5343, 0x4E07, 0x842C, 0x4EBF, 0x5104)


@kernel
def unit_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """End of the smallest piece that starts here: a number, a run of letters, of spaces, of one
    mark, a character.

    Marks that extend the character before them belong to it. Kept tokens are not looked for.
    """
    n = len(points)
    kind = classes[start]
    i = start + 1
    if kind == DIGIT:
        i = number_end(points, classes, start)
    elif kind in (LETTER, SPACE):
        while i < n and classes[i] == kind:
            i += 1
        if kind == SPACE:
            return i
    elif kind == BREAK:
        point = points[start]
        if 0x1F1E6 <= point <= 0x1F1FF:  # two regional indicators make a flag
            if i < n and 0x1F1E6 <= points[i] <= 0x1F1FF:
                i += 1
        else:
            while i < n and points[i] == point:
                i += 1
    while i < n and classes[i] == BREAK and extends(points[i]):
        joiner = points[i] == 0x200D
        i += 1
        if joiner and i < n and points[i] >= 0x2190 and classes[i] == BREAK:
            i += 1
    return i


@kernel
def unit_starts(points: np.ndarray, classes: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Whether a unit starts at each character; one entry more, True, for the end of the text.

    `spans` are the kept tokens (``kept_spans``), none or some.
    """
    n = len(points)
    out = np.zeros(n + 1, np.bool_)
    i = 0
    k = 0
    while i < n:
        out[i] = True
        if k < len(spans) and spans[k, 0] == i:
            i = spans[k, 1]
            k += 1
            continue
        i = (
            i + 1
            if classes[i] == HAN and i + 1 < n and classes[i + 1] != BREAK
            else unit_end(points, classes, i)
        )
    out[n] = True
    return out


@kernel
def joins_digits(point: int) -> bool:
    """A mark that stays inside a number: . , : and their full-width forms."""
    return point in (0x2E, 0xFF0E, 0x2C, 0xFF0C, 0x3A, 0xFF1A)


@kernel
def percent(point: int) -> bool:
    return point in (0x25, 0xFF05, 0x2030)


@kernel
def number_end(points: np.ndarray, classes: np.ndarray, start: int) -> int:
    """End of the number that starts at a digit: digits (mark digits)* and one trailing % or ‰."""
    n = len(points)
    i = start + 1
    while i < n:
        if classes[i] == DIGIT or (
            joins_digits(points[i]) and i + 1 < n and classes[i + 1] == DIGIT
        ):
            i += 1
        else:
            break
    if i < n and percent(points[i]):
        i += 1
    return i


@kernel
def class_runs(
    points: np.ndarray,
    classes: np.ndarray,
    symbols: np.ndarray,
    numerals: np.ndarray,
    spans: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Join runs: symbols of the units of a text and the offset where each begins (and the end).

    Kept tokens (``kept_spans``) are breaks, runs of letters, or numbers. A variation selector
    belongs to what stands before it.
    """
    n = len(points)
    out = np.empty(n, np.uint16)
    starts = np.empty(n + 1, np.int64)
    k = 0
    i = 0
    span = 0
    while i < n:
        starts[k] = i
        if span < len(spans) and spans[span, 0] == i:
            out[k] = SPAN_SYMBOLS[spans[span, 2]]
            i = spans[span, 1]
            span += 1
        elif classes[i] == DIGIT:
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
        while i < n and selects(points[i]):
            i += 1
    starts[k] = n
    return out[:k].copy(), starts[: k + 1].copy()


def _byte_kinds() -> Array:
    """0: inside a token; 1: white space in ASCII; 2: may begin a longer white-space character."""
    kinds = np.zeros(256, np.uint8)
    kinds[[9, 10, 11, 12, 13, 28, 29, 30, 31, 32]] = 1
    kinds[[0xC2, 0xE1, 0xE2, 0xE3]] = 2
    return kinds


BYTE_KINDS = _byte_kinds()


@kernel
def wide_space(data: Array, i: int, n: int) -> int:
    """Bytes of the white-space character beyond ASCII that begins here, or 0: the set of
    ``str.split``.
    """
    c = data[i]
    if c == 0xC2:
        if i + 1 < n and (data[i + 1] == 0x85 or data[i + 1] == 0xA0):
            return 2  # U+0085, U+00A0
        return 0
    if i + 2 >= n:
        return 0
    d = data[i + 1]
    e = data[i + 2]
    if c == 0xE2:
        if d == 0x80:
            if 0x80 <= e <= 0x8A or e == 0xA8 or e == 0xA9 or e == 0xAF:
                return 3  # U+2000..U+200A, U+2028, U+2029, U+202F
        elif d == 0x81 and e == 0x9F:
            return 3  # U+205F
    elif c == 0xE3:
        if d == 0x80 and e == 0x80:
            return 3  # U+3000
    elif c == 0xE1 and d == 0x9A and e == 0x80:
        return 3  # U+1680
    return 0


@kernel
def last_space(data: Array, kinds: Array) -> int:
    """End of the last white-space character, 0 if there is none: what follows may be half a
    token.
    """
    n = len(data)
    i = n - 1
    while i >= 0:
        k = kinds[data[i]]
        if k == 1:
            return i + 1
        if k == 2:
            width = wide_space(data, i, n)
            if width > 0:
                return i + width
        i -= 1
    return 0


def end_of_spaces(text: bytes) -> int:
    """Where the last white space of a piece of UTF-8 ends: what follows may be half a token."""
    if text.endswith(b"\n"):
        return len(text)
    with brief(1e-4):  # a few bytes, from the end
        return int(last_space(np.frombuffer(text, np.uint8), BYTE_KINDS))
