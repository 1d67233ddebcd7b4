"""Packed keys: the one way in which an n-gram becomes a number.

A key holds up to four 16-bit symbols in 64 bits, the first in the highest ones, with zeros behind a
shorter n-gram (and after the end of a clause, whose symbol is 0). So keys sort as their symbols do,
a prefix is a mask, a suffix is a shift, and a pair is the upper half of its key.

Longer n-grams are numbered level by level: a row of one level and the symbol behind it make the
*next key*, ``row << 16 | symbol``.

Functions on arrays come first; the compiled ones behind them take one key at a time and are called
by loops.
"""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Keys, Symbols
from nlpzero.engine.jit import kernel

# symbols that fit in a key
PACKED_ORDER = 4
SYMBOL_BITS = np.uint64(16)
LAST_SYMBOL = np.uint64(0xFFFF)
# PREFIX_MASKS[k] keeps the first k symbols
PREFIX_MASKS = np.array(
    [0, 0xFFFF << 48, 0xFFFFFFFF << 32, 0xFFFFFFFFFFFF << 16, 0xFFFFFFFFFFFFFFFF], np.uint64
)
PREFIX_MASKS.flags.writeable = False


def pack_rows(rows: Symbols) -> Keys:
    """Keys of rows of symbols.

    Parameters
    ----------
    rows : ndarray of uint16, shape (n, k)
        0 behind the last symbol of shorter n-grams; columns after the fourth are passed over.

    Returns
    -------
    ndarray of uint64, shape (n,)

    Examples
    --------
    >>> [hex(key) for key in pack_rows(np.array([[1, 2, 3], [4, 0, 0]], np.uint16)).tolist()]
    ['0x1000200030000', '0x4000000000000']
    """
    keys = np.zeros(len(rows), np.uint64)
    for j in range(min(rows.shape[1], PACKED_ORDER)):
        keys |= rows[:, j].astype(np.uint64) << symbol_shift(j + 1)
    return keys


def pack_ngrams(symbols: Symbols, firsts: npt.NDArray[np.integer], k: int) -> Keys:
    """Keys of the n-grams of k symbols that begin at some places of a text, none of them at a
    break.
    """
    keys = np.zeros(len(firsts), np.uint64)
    for j in range(k):
        keys |= symbols[firsts + j].astype(np.uint64) << symbol_shift(j + 1)
    return keys


def unpack_keys(keys: Keys, k: int) -> Symbols:
    """The first k symbols of each key, shape (n, k)."""
    return np.stack([symbols_at(keys, j) for j in range(1, k + 1)], axis=1)


def symbols_at(keys: Keys, k: int) -> Symbols:
    """Symbol number k, from 1, of each key."""
    return (keys >> symbol_shift(k)).astype(np.uint16)


def key_of_symbol(symbol: int | np.uint16, k: int) -> np.uint64:
    """Key that holds one symbol, at place k from 1, and zeros elsewhere."""
    return np.uint64(symbol) << symbol_shift(k)


def symbol_shift(k: int) -> np.uint64:
    """By how much the k-th symbol of a key stands above the lowest bits."""
    return np.uint64(64 - 16 * k)


def next_keys(rows: npt.NDArray[np.integer], symbols: Symbols) -> Keys:
    """Keys of n-grams by the row of all symbols but the last, and that one."""
    return (rows.astype(np.uint64, copy=False) << SYMBOL_BITS) | symbols


def split_next_keys(keys: Keys) -> tuple[npt.NDArray[np.int64], Symbols]:
    """Rows and last symbols from which :func:`next_keys` made keys."""
    return (keys >> SYMBOL_BITS).astype(np.int64), keys.astype(np.uint16)


def find_keys(keys: Keys, queries: Keys) -> npt.NDArray[np.int64]:
    """Row of each query in ascending keys, or -1.

    Examples
    --------
    >>> find_keys(np.array([3, 5], np.uint64), np.array([5, 4], np.uint64)).tolist()
    [1, -1]
    """
    if not len(keys):
        return np.full(len(queries), -1, np.int64)
    rows = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[rows] == queries, rows, -1)


def keys_from_file(numbers: Keys) -> Keys:
    """Keys of n-grams from numbers with the last symbol lowest, as files of models hold them.

    Examples
    --------
    >>> keys = keys_from_file(np.array([0x12, 0x120034], np.uint64))
    >>> [hex(key) for key in keys.tolist()]
    ['0x12000000000000', '0x12003400000000']
    >>> [hex(number) for number in keys_for_file(keys).tolist()]
    ['0x12', '0x120034']
    """
    keys = np.array(numbers, np.uint64)
    for k in range(1, PACKED_ORDER):
        # n-grams of at most k symbols: the next one up would be the first
        keys[numbers >> np.uint64(16 * k) == 0] <<= SYMBOL_BITS
    return keys


def keys_for_file(keys: Keys) -> Keys:
    """The numbers from which :func:`keys_from_file` makes keys."""
    numbers = np.array(keys, np.uint64)
    for k in range(1, PACKED_ORDER):
        numbers[keys & ~PREFIX_MASKS[k] == 0] >>= SYMBOL_BITS
    return numbers


# ------------------------------------------------------------------------------------ one at a time


@kernel
def pack(symbols: np.ndarray, at: int) -> np.uint64:
    """Key of the four symbols at a place."""
    return (
        (np.uint64(symbols[at]) << np.uint64(48))
        | (np.uint64(symbols[at + 1]) << np.uint64(32))
        | (np.uint64(symbols[at + 2]) << np.uint64(16))
        | np.uint64(symbols[at + 3])
    )


@kernel
def pack_stretch(symbols: np.ndarray, begin: int, end: int) -> np.uint64:
    """Key of the symbols of a stretch of at most four."""
    key = np.uint64(0)
    for j in range(end - begin):
        key = with_symbol(key, symbols[begin + j], j + 1)
    return key


@kernel
def with_symbol(key: np.uint64, symbol: np.uint16, k: int) -> np.uint64:
    """Key of k - 1 symbols with a k-th one behind them."""
    return key | (np.uint64(symbol) << np.uint64(64 - 16 * k))


@kernel
def pack_pair(first: np.uint16, second: np.uint16) -> np.uint64:
    """Key of two symbols."""
    return (np.uint64(first) << np.uint64(48)) | (np.uint64(second) << np.uint64(32))


@kernel
def before_key(symbol: np.uint64, key: np.uint64) -> np.uint64:
    """Key of the four symbols at a place, from the symbol there and the key of the place behind
    it.
    """
    return (symbol << np.uint64(48)) | (key >> np.uint64(16))


@kernel
def symbol_of(key: np.uint64, k: int) -> np.int64:
    """Symbol number k, from 1, of a key."""
    return np.int64((key >> np.uint64(64 - 16 * k)) & np.uint64(0xFFFF))


@kernel
def next_key(row: np.int64, symbol: np.uint16) -> np.uint64:
    """Key of an n-gram by the row of all symbols but the last, and that one."""
    return (np.uint64(row) << np.uint64(16)) | np.uint64(symbol)
