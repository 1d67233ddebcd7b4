"""Compiled loops that all segmenters share: what no word model decides, and putting separators in.

They work on the code points of a text and their classes. *Values* are either boundaries (bool) or
probabilities of boundaries (float), one per gap: values[i] belongs to the gap before character i.
"""

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.text.characters import BREAK, DIGIT, HAN, SPACE
from nlpzero.text.keeping import APART, NUMERIC
from nlpzero.text.units import date_unit, extends, number_end, scale, unit_end

# conventions for numbers
AS_CUT, DATE, SPLIT = range(3)
CONVENTIONS = ("learned", "date", "split")


LINE_FEED, CARRIAGE_RETURN = 10, 13


@kernel
def finish(
    points: np.ndarray,
    classes: np.ndarray,
    numerals: np.ndarray,
    crossing: bool,
    convention: int,
    spans: np.ndarray,
    values: np.ndarray,
) -> None:
    """Set the values that are no matter of words: units stay whole, breaks stand alone, numbers
    follow a rule.

    With `crossing`, words may hold breaks and spaces, so the gaps around those keep their values.
    `spans` are the kept tokens (``kept_spans``).
    """
    n = len(points)
    i = 0
    k = 0
    while i < n:
        kind = classes[i]
        if kind == HAN and i + 1 < n and classes[i + 1] == HAN:
            i += 1
            continue
        apart = kind in (BREAK, SPACE)
        if k < len(spans) and spans[k, 0] == i:
            end = spans[k, 1]
            apart = spans[k, 2] == APART
            k += 1
        else:
            end = unit_end(points, classes, i)
        for j in range(i + 1, end):
            values[j] = 0
        if not crossing and apart:
            values[i] = 1
            values[end] = 1
        i = end
    values[0] = 1
    values[n] = 1
    if convention != AS_CUT:
        _number_rule(points, classes, numerals, convention, spans, values)


@kernel
def _number_rule(
    points: np.ndarray,
    classes: np.ndarray,
    numerals: np.ndarray,
    convention: int,
    spans: np.ndarray,
    values: np.ndarray,
) -> None:
    """Cut or join numbers and what is around them.

    The text alone and the cuts right after units decide.
    """
    n = len(points)
    i = 0
    k = 0
    while i < n:
        digits = classes[i] == DIGIT
        end = i
        if k < len(spans) and spans[k, 0] == i:
            end = spans[k, 1]
            k += 1
            if spans[k - 1, 2] != NUMERIC:
                i = end
                continue
        elif digits:
            end = number_end(points, classes, i)
        if digits:
            # Han and digits apart, except 第12
            if i > 0 and classes[i - 1] == HAN and points[i - 1] != 0x7B2C:
                values[i] = 1
        else:
            while end < n and points[end] < 0x10000 and numerals[points[end]]:
                end += 1
            if end - i < 2:  # one numeral alone is an ordinary character
                i = max(end, i + 1)
                continue
        if end >= n or classes[end] != HAN:
            i = end
            continue
        if convention == SPLIT:
            values[end] = 1
        elif digits and scale(points[end]):
            while end < n and scale(points[end]):
                values[end] = 0
                end += 1
            values[end] = 1
        elif date_unit(points[end]):
            # alone (what digits follow will be cut off from them): 2001年, but not 80年代
            if values[end + 1] >= 0.5 or (end + 1 < n and classes[end + 1] == DIGIT):
                values[end] = 0
            end += 1
        else:
            values[end] = 1
        i = end


@kernel
def separated(points: np.ndarray, classes: np.ndarray, i: int, everywhere: bool) -> bool:
    """Whether the gap before character i, between two tokens, gets a separator: not beside a line
    end, and not beside white space unless `everywhere`.
    """
    before, after = classes[i - 1] == SPACE, classes[i] == SPACE
    if not (before or after):
        return True
    if not everywhere or (before and points[i - 1] == LINE_FEED):
        return False
    if after and points[i] == CARRIAGE_RETURN:
        return i + 1 == len(points) or points[i + 1] != LINE_FEED
    return not (after and points[i] == LINE_FEED)


@kernel
def token_count(
    points: np.ndarray, flags: np.ndarray, classes: np.ndarray, everywhere: bool
) -> int:
    """Number of gaps that get a separator."""
    count = 0
    for i in range(1, len(classes)):
        if flags[i] and separated(points, classes, i, everywhere):
            count += 1
    return count


@kernel
def interleave(
    points: np.ndarray,
    classes: np.ndarray,
    flags: np.ndarray,
    separator: np.ndarray,
    everywhere: bool,
    out: np.ndarray,
) -> None:
    """Copy a text into `out` with the separator in the gaps that :func:`separated` names."""
    n = len(points)
    width = len(separator)
    k = 0
    for i in range(n):
        if i > 0 and flags[i] and separated(points, classes, i, everywhere):
            for j in range(width):
                out[k + j] = separator[j]
            k += width
        out[k] = points[i]
        k += 1


@kernel
def mark_tokens(
    points: np.ndarray,
    flags: np.ndarray,
    joints: np.ndarray,
    token: int,
    text: int,
    out: np.ndarray,
) -> int:
    """Copy texts that are joined by one character each into `out`, for splitting: one character,
    `token`, in every gap between tokens, and `text` in the place of the joints, whose own gaps get
    nothing. Returns the length.
    """
    k = 0
    after = True
    joint = 0
    for i in range(len(points)):
        if joint < len(joints) and joints[joint] == i:
            joint += 1
            out[k] = text
            k += 1
            after = True
            continue
        if flags[i] and not after:
            out[k] = token
            k += 1
        after = False
        out[k] = points[i]
        k += 1
    return k


@kernel
def last_safe_cut(points: np.ndarray, classes: np.ndarray, keep: bool) -> int:
    """The last place where a text can be cut so that its two parts are segmented as they would be
    together.

    After the last line end; without one, after the last mark that a Han character follows; 0 if
    there is none. With `keep`, where kept tokens may hold marks, rather after the last full stop
    that a Han character follows, which none of them holds.
    """
    n = len(points)
    for i in range(n - 1, -1, -1):
        if points[i] == 0x0A:
            return i + 1
    if keep:
        for i in range(n - 1, 0, -1):
            if classes[i] == HAN and points[i - 1] in (0x3002, 0xFF01, 0xFF1F):
                return i
    for i in range(n - 1, 0, -1):
        if classes[i] == HAN and classes[i - 1] == BREAK and not extends(points[i - 1]):
            return i
    return 0
