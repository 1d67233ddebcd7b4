"""Where in a text to look for tokens that stay whole: hints, found many characters at once.

The loops are plain enough to be compiled to instructions that work on vectors. Numbers without sign
wrap around in them, so that a range is one comparison.
"""

import numpy as np

from nlpzero.engine.jit import kernel

# characters beyond ASCII that show tokens: emoji, and what makes emoji of others
_PICTURE, _PRESENTER, _OTHER = 0x80, 0x81, 0xFF


@kernel
def _folded_bytes(points: np.ndarray) -> np.ndarray:
    """Each character as a byte: ASCII and its full-width forms, ``_PICTURE``, ``_PRESENTER``, or
    another number above them all; two of the last after the end.
    """
    n = len(points)
    out = np.empty(n + 2, np.uint8)
    for i in range(n):
        point = points[i]
        char = min(point, np.uint32(point - np.uint32(0xFEE0)), np.uint32(_OTHER))
        picture = (np.uint32(point - np.uint32(0x231A)) <= np.uint32(0x2B55 - 0x231A)) | (
            np.uint32(point - np.uint32(0x1F000)) <= np.uint32(0xAFF)
        )
        char = np.uint32(_PICTURE) if picture else char
        presenter = (point == np.uint32(0xFE0F)) | (point == np.uint32(0x20E3))
        out[i] = np.uint32(_PRESENTER) if presenter else char
    out[n] = out[n + 1] = _OTHER
    return out


@kernel
def hints_of(points: np.ndarray) -> np.ndarray:
    """Where characters show that a kept token may be around: eight of them in each number.

    From the beginning of any kept token to the first hint inside it there is neither a Han
    character nor white space. Hints are emoji, tags, what paths and addresses have two of or begin
    with, letters beside digits, and either before a mark with which a token goes on.
    """
    n = len(points)
    chars = _folded_bytes(points)
    out = np.zeros((n + 7) // 8 * 8, np.uint8)
    for i in range(n):
        a = chars[i]
        b = chars[i + 1]
        c = chars[i + 2]
        a_digit = np.uint8(a - np.uint8(0x30)) <= np.uint8(9)
        b_digit = np.uint8(b - np.uint8(0x30)) <= np.uint8(9)
        c_digit = np.uint8(c - np.uint8(0x30)) <= np.uint8(9)
        a_letter = np.uint8((a | np.uint8(0x20)) - np.uint8(0x61)) <= np.uint8(25)
        b_letter = np.uint8((b | np.uint8(0x20)) - np.uint8(0x61)) <= np.uint8(25)
        c_letter = np.uint8((c | np.uint8(0x20)) - np.uint8(0x61)) <= np.uint8(25)
        b_mark = (np.uint8(b - np.uint8(0x21)) <= np.uint8(0x5D)) & (b_digit == b_letter)
        # words may end with # and +, addresses of numbers with /
        goes_on = c_digit | c_letter | (c == 0x2F) | (c == 0x5C) | (c == 0x5F)
        b_joins = (b_mark & goes_on) | (b == 0x23) | (b == 0x2B) | (b == 0x2F)
        # 2.5 and 12:30 are numbers, with anything or nothing kept
        plain = ((b == 0x2E) | (b == 0x3A)) & c_digit
        hint = (a_letter & (b_digit | b_joins)) | (a_digit & (b_letter | (b_joins & (not plain))))
        hint |= (a == 0x23) | (a == 0x40) | (a == _PICTURE) | (a == _PRESENTER)
        hint |= (a == 0x2E) & (((b | np.uint8(0x20)) == 0x6E) | (b == 0x2F))  # .net ./
        hint |= (a == 0x2F) & (b_digit | b_letter | (b == 0x2E) | (b == 0x2F) | (b == 0x5F))
        hint |= (a == 0x2D) & (b == 0x2E)  # a-.com
        out[i] = hint | ((a == 0x7E) & (b == 0x2F)) | ((a == 0x5C) & (b == 0x5C))
    return out.view(np.uint64)


@kernel
def next_hint(hints: np.ndarray, i: int) -> int:
    """The first hint at a place or after it; eight times the length of `hints` if there is none."""
    k = i >> 3
    if k < len(hints):
        word = hints[k] >> np.uint64(8 * (i & 7))
        if word == 0:
            k += 1
            while k < len(hints) and hints[k] == 0:
                k += 1
            if k == len(hints):
                return 8 * k
            i = 8 * k
            word = hints[k]
        while word & np.uint64(0xFF) == 0:
            word >>= np.uint64(8)
            i += 1
        return i
    return 8 * len(hints)
