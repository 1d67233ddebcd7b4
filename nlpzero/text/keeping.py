"""Which tokens stay whole: the names of their classes, and the table that compiled loops read.

No compiled code is needed here; the tokens themselves are found in :mod:`nlpzero.text.kept_tokens`.
"""

from collections.abc import Iterable
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

KEEP = ("url", "email", "path", "date", "version", "tag", "word", "emoji", "number")
#: What stays whole by default.
DEFAULT_KEEP = "all"
JOINERS = "+-#.&_"

URL, EMAIL, PATH, DATE, VERSION, TAG, WORD, EMOJI, NUMBER, JOINER = (1 << i for i in range(10))
# kinds of kept tokens: clauses end at them, they are like a run of letters, they are numbers
APART, WORDLIKE, NUMERIC = range(3)


def checked_keep(keep: "str | Iterable[str]") -> tuple[str, ...]:
    """Names of classes, each once, in the order of ``KEEP``.

    Parameters
    ----------
    keep : "all", "none", or iterable of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        A name is unknown.

    Examples
    --------
    >>> checked_keep(["tag", "url"]), checked_keep("none")
    (('url', 'tag'), ())
    """
    if keep == "all":
        return KEEP
    if keep == "none":
        return ()
    names = (keep,) if isinstance(keep, str) else tuple(keep)
    unknown = [name for name in names if name not in KEEP]
    if unknown:
        raise ValueError(
            f"`keep` must be 'all', 'none' or some of {', '.join(KEEP)}, got {unknown[0]!r}."
        )
    return tuple(name for name in KEEP if name in names)


def checked_joiners(joiners: str) -> str:
    """Marks that may join letters and digits, each once, sorted.

    Raises
    ------
    ValueError
        A character is no mark of ASCII.
    """
    for mark in joiners:
        if not ("!" <= mark <= "~") or mark.isalnum():
            raise ValueError(f"`joiners` must be marks of ASCII such as {JOINERS!r}, got {mark!r}.")
    return "".join(sorted(set(joiners)))


def _going_on() -> npt.NDArray[np.uint16]:
    """Classes of tokens that begin with letters and digits and go on with each mark of ASCII."""
    table = np.zeros(128, np.uint16)
    for bit, marks in [
        (URL, ".:+-"),
        (EMAIL, "._%+-@"),
        (PATH, ":"),
        (DATE, "-/:"),
        (VERSION, ".-+"),
    ]:
        table[[ord(mark) for mark in marks]] |= bit
    table |= WORD | EMOJI | NUMBER
    return table


GOING_ON = _going_on()


@cache
def telling_points() -> npt.NDArray[np.bool_]:
    """Of the last 17 bits of a code point, whether it tells that a kept token may be around.

    Every kept token has one of these, and before the first of them neither a Han character nor
    white space: they would do for hints.
    """
    table = np.zeros(0x20000, np.bool_)
    for first, last in [("0", "9"), ("A", "z"), ("#", "#"), ("@", "@"), ("/", "/"), ("０", "ｚ")]:
        table[ord(first) : ord(last) + 1] = True
    table[0x231A:0x2B56] = table[0x1F000:0x1FB00] = True  # emoji among them
    table[[0x20E3, 0xFE0F]] = True
    table.flags.writeable = False
    return table


def plain_hints(
    points: npt.NDArray[np.uint32],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.uint64]]:
    """Hints that are found without compiled code, more than needed: of each character, and as
    loops read them.
    """
    telling = telling_points()[points & 0x1FFFF]
    padded = np.append(telling, np.zeros(-len(telling) % 8, np.bool_))
    return telling, padded.view(np.uint64)


@lru_cache(maxsize=64)
def keep_rules(keep: tuple[str, ...], joiners: str = JOINERS) -> npt.NDArray[np.uint16]:
    """The classes of tokens that may begin at each ASCII character, in the form that the kernels
    read.

    Parameters
    ----------
    keep : tuple of str
        From :func:`checked_keep`.
    joiners : str

    Returns
    -------
    ndarray of uint16, shape (128,)
        Bits of classes; ``JOINER`` marks the joiners. The first entry has all the classes.
    """
    every = sum(1 << KEEP.index(name) for name in keep)
    rules = np.zeros(128, np.uint16)
    for point in range(128):
        char = chr(point)
        bits = 0
        if char.isdigit():
            bits = URL | EMAIL | DATE | VERSION | WORD | EMOJI | NUMBER
        elif char.isalpha():
            bits = URL | EMAIL | WORD | (PATH | VERSION)
        elif char in "/~.\\":
            bits = PATH | (WORD if char == "." else 0)
        elif char in "#@*":
            bits = (TAG if char != "*" else 0) | (EMOJI if char != "@" else 0)
        rules[point] = bits & every
        if char in joiners and "word" in keep:
            rules[point] |= JOINER
    rules[0] = every
    rules.flags.writeable = False
    return rules
