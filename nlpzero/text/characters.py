"""Characters as numbers: code points, their classes, and the symbols with a meaning of their
own.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlpzero.text.unicode_ranges import HAN_RANGES, LETTER_RANGES

# classes of characters
BREAK, HAN, DIGIT, LETTER, SPACE = range(5)

# symbols of runs, in streams that have them; 0 is the clause break
BREAK_SYMBOL, DIGITS_SYMBOL, LETTERS_SYMBOL, NUMERALS_SYMBOL = range(4)

FIRST_SLOT, LAST_SLOT = 0xD800, 0xF8FE
# a character beyond the BMP that the alphabet has never seen
UNKNOWN_SYMBOL = 0xF8FF

HAN_NUMERALS = "一二三四五六七八九十百千万亿〇零○两兆萬億兩"
_SPACES = [
    *(*range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0x1680),
    *(*range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000),
]
# the class table ends after the last ideograph; every code point above it is a break
_TABLE_SIZE = HAN_RANGES[-1][1] + 2


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """Code points of a text.

    Parameters
    ----------
    text : str
        May hold lone surrogates.

    Returns
    -------
    ndarray of uint32, shape (len(text),)

    Examples
    --------
    >>> code_points("中a").tolist()
    [20013, 97]
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@lru_cache(maxsize=1)
def class_table() -> npt.NDArray[np.uint8]:
    """Class of each code point below the table's end; the last entry, a break, is for all above."""
    table = np.zeros(_TABLE_SIZE, np.uint8)
    for first, last in LETTER_RANGES:
        table[first : last + 1] = LETTER
    for first, last in HAN_RANGES:
        table[first : last + 1] = HAN
    table[ord("○")] = HAN  # the circle that stands for 〇 in dates
    table[0x30:0x3A] = DIGIT
    table[0xFF10:0xFF1A] = DIGIT
    table[_SPACES] = SPACE
    table.flags.writeable = False
    return table


def char_classes(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Class of each code point: BREAK, HAN, DIGIT, LETTER or SPACE.

    Han is decided by Unicode script (extensions A to J, compatibility ideographs, 〇), digits are
    ASCII and full-width ones, letters are all others that form words in any script, spaces are
    those of :meth:`str.isspace`. Everything else is a break.

    Parameters
    ----------
    points : ndarray of uint32

    Returns
    -------
    ndarray of uint8, same shape

    Examples
    --------
    >>> char_classes(code_points("𠮷9Ａ， ")).tolist() == [HAN, DIGIT, LETTER, BREAK, SPACE]
    True
    """
    return class_table()[np.minimum(points, _TABLE_SIZE - 1)]


def selectors(points: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.bool_]:
    """Which code points are variation selectors: they choose a form of the character before them
    and are never symbols of their own.

    Examples
    --------
    >>> selectors(code_points("葛\U000e0100城")).tolist()
    [False, True, False]
    """
    near = points & points.dtype.type(0xFFF0 if points.dtype == np.uint16 else 0xFFFFFFF0)
    selected: npt.NDArray[np.bool_] = near == 0xFE00
    if points.dtype != np.uint16:
        selected |= (points >= 0xE0100) & (points <= 0xE01EF)
    return selected


@lru_cache(maxsize=1)
def numeral_table() -> npt.NDArray[np.bool_]:
    """Whether a BMP code point is a Han numeral."""
    table = np.zeros(0x10000, bool)
    table[[ord(c) for c in HAN_NUMERALS]] = True
    table.flags.writeable = False
    return table
