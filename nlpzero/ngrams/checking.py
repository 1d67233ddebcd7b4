"""What a file of n-gram counts must hold: checks of header and arrays, block by block."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array, Counts, Keys
from nlpzero.engine.jit import kernel
from nlpzero.engine.stored_arrays import Ascending, StoredArray
from nlpzero.engine.validation import ascending, expect, require, total_of, whole_number, within
from nlpzero.ngrams.keys import PACKED_ORDER, SYMBOL_BITS
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import FIRST_SLOT, UNKNOWN_SYMBOL

# rows are symbols above them: a row beyond is no row of any file
_MOST_ROWS = 1 << 48
_HIGHEST_ORDER = 16
_LARGE = 255


def check_table(
    header: Mapping[str, Any], arrays: Mapping[str, Any], alphabet: Alphabet
) -> tuple[Counts, Counts]:
    """Check what a file of counts says, and its arrays, or have them checked as they are used.

    Parameters
    ----------
    header : mapping
    arrays : mapping of str to ndarray or StoredArray
    alphabet : Alphabet

    Returns
    -------
    large_rows, large_counts : ndarray of int64
        Rows with counts of more than a byte, in memory.

    Raises
    ------
    ValueError, KeyError
    """
    order = whole_number(header["order"], "the order", 1, _HIGHEST_ORDER)
    least = whole_number(header["min_count"], "the least count", 1)
    total = whole_number(header["total"], "the total", 0)
    rows = len(expect(arrays, "keys", np.uint64, None))
    expect(arrays, "counts", np.uint8, rows)
    large_rows = np.asarray(expect(arrays, "large_rows", np.int64, None))
    large_counts = np.asarray(expect(arrays, "large_counts", np.int64, len(large_rows)))
    if isinstance(arrays["large_rows"], StoredArray):
        large_rows, large_counts = large_rows.copy(), large_counts.copy()
    require(
        ascending(large_rows)
        and (not len(large_rows) or (large_rows[0] >= 0 and large_rows[-1] < rows))
        and within(large_counts, _LARGE, total)
        and total_of(large_counts) <= total,
        "its list of large counts is wrong",
    )
    on_use(arrays["keys"], KeyCheck(alphabet))
    on_use(arrays["counts"], ByteCheck(large_rows))
    below = rows
    for k in range(PACKED_ORDER + 1, order + 1):
        keys = expect(arrays, f"level{k}_keys", np.uint64, None)
        counts = expect(arrays, f"level{k}_counts", np.int64, len(keys))
        on_use(keys, LevelCheck(below, alphabet))
        on_use(counts, CountCheck(least, total))
        below = len(keys)
    return large_rows, large_counts


def on_use(values: Array | StoredArray, check: Any) -> None:
    """Check an array now, or that of a file whenever a block is first used."""
    if isinstance(values, StoredArray):
        values.check = check
    elif len(values):
        check(0, values)


class KeyCheck(Ascending):
    """Keys are ascending, have no symbol behind their end, and none that the alphabet lacks."""

    def __init__(self, alphabet: Alphabet) -> None:
        super().__init__()
        self._free = FIRST_SLOT + len(alphabet.astral)

    def in_order(self, values: Keys) -> bool:
        falls, others = count_bad_keys(values, self._free, UNKNOWN_SYMBOL)
        require(not others, "its keys are no n-grams")
        return falls == 0


@kernel
def count_bad_keys(keys: np.ndarray, low: int, high: int) -> tuple[int, int]:
    """Of keys in one pass: how many are not above the one before, and how many are no n-grams: hold
    no symbol, one behind a 0, or one in [low, high).
    """
    falls, bad = 0, 0
    before = keys[0]
    for i in range(len(keys)):
        key = keys[i]
        falls += (i > 0) & (key <= before)
        before = key
        a = np.int64(key >> np.uint64(48))
        b = np.int64((key >> np.uint64(32)) & np.uint64(0xFFFF))
        c = np.int64((key >> np.uint64(16)) & np.uint64(0xFFFF))
        d = np.int64(key & np.uint64(0xFFFF))
        bad += a == 0
        bad += (b == 0) & (c != 0)
        bad += (c == 0) & (d != 0)
        bad += (low <= a) & (a < high)
        bad += (low <= b) & (b < high)
        bad += (low <= c) & (c < high)
        bad += (low <= d) & (d < high)
    return falls, bad


class SymbolCheck:
    """Symbols that stand for characters beyond the BMP are in the alphabet."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._first = np.uint16(FIRST_SLOT + len(alphabet.astral))
        self._most = np.uint16(UNKNOWN_SYMBOL - int(self._first))

    def __call__(self, symbols: npt.NDArray[np.uint16]) -> None:
        # below the first free slot the difference wraps around
        free = symbols - self._first < self._most
        require(not free.any(), "its n-grams hold characters that its alphabet lacks")


class ByteCheck:
    """Counts are at least 1, and large where the list of large ones says so."""

    def __init__(self, large_rows: Counts) -> None:
        self._large_rows = large_rows

    def __call__(self, start: int, values: npt.NDArray[np.uint8]) -> None:
        first, last = np.searchsorted(self._large_rows, [start, start + len(values)])
        large = np.flatnonzero(values == _LARGE)
        require(
            values.min() > 0
            and len(large) == last - first
            and bool((large == self._large_rows[first:last] - start).all()),
            "its counts do not agree with its list of large ones",
        )


class LevelCheck(Ascending):
    """Keys of a level are ascending, and go on from rows of the level below."""

    def __init__(self, below: int, alphabet: Alphabet) -> None:
        super().__init__()
        self._below = below
        self._symbols = SymbolCheck(alphabet)

    def __call__(self, start: int, values: Keys) -> None:
        super().__call__(start, values)
        last = values.astype(np.uint16)
        require(
            int(values[-1] >> SYMBOL_BITS) < min(self._below, _MOST_ROWS) and bool(last.all()),
            "its long n-grams go on from rows that are not there",
        )
        self._symbols(last)


class CountCheck:
    """Counts lie between the least one and the total."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, start: int, values: Counts) -> None:
        require(within(values, self._least, self._most), "its counts are out of range")
