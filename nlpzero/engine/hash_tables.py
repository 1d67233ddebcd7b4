"""Hash tables from 64-bit keys to rows, for compiled loops.

All are open addressing with linear probing in a power of two of slots, half of them free at least.
A key's first slot is the upper bits of its product with 2 ** 64 / golden ratio (Fibonacci hashing,
Knuth, TAOCP vol. 3, 6.4): keys are packed symbols or row numbers of one's own text, so one
multiplication spreads them enough.

`KeyTable` holds the keys themselves: a look-up that fails costs one access to memory, one that
succeeds two. `KeyIndex` holds row numbers only and looks at the keys where they lie: a third of the
memory (8 to 16 bytes a key instead of 24 to 48), at half the speed. It is for tables of many
million n-grams, where memory is what is short.
"""

from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Counts, Ints, Keys
from nlpzero.engine.jit import kernel

# 2 ** 64 divided by the golden ratio, made odd
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@kernel
def mix64(key: np.uint64) -> np.uint64:
    """A 64-bit hash of a 64-bit key (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    h = key
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h


def slot_bits(keys: int) -> int:
    """Binary logarithm of the number of slots for so many keys."""
    return max((2 * keys - 1).bit_length(), 4)


@kernel
def probe(slots: np.ndarray, shift: np.uint64, key: np.uint64, low_bits: int) -> np.int64:
    """The slot that holds a key, or -1.

    slots : uint64[2 ** b], 0 is free; shift : 64 - b; low_bits : so many low bits of a slot are not
    compared: a key that has zeros there leaves them to what is known of it
    """
    last = np.uint64(len(slots) - 1)
    i = (key * GOLDEN) >> shift
    while slots[i] != 0:
        if (slots[i] ^ key) >> np.uint64(low_bits) == 0:
            return np.int64(i)
        i = (i + np.uint64(1)) & last
    return np.int64(-1)


@kernel
def slot_for(slots: np.ndarray, shift: np.uint64, key: np.uint64, low_bits: int) -> np.uint64:
    """The slot that holds a key, or the free one where it belongs.

    For filling tables, see :func:`probe`.
    """
    last = np.uint64(len(slots) - 1)
    i = (key * GOLDEN) >> shift
    while slots[i] != 0:
        if (slots[i] ^ key) >> np.uint64(low_bits) == 0:
            return i
        i = (i + np.uint64(1)) & last
    return i


# -------------------------------------------------------------------------------- keys in the table


class KeyTable(NamedTuple):
    """Rows of distinct keys, none of them 0.

    To be made by :func:`table_of` or filled by
    :func:`enter`.

    slots : ndarray of uint64, shape (2 ** b,); the keys, 0 is free
    rows : ndarray of int32, shape (2 ** b,); row of the key in each slot
    shift : uint64, 64 - b
    """

    slots: Keys
    rows: Ints
    shift: np.uint64


def empty_table(room: int) -> KeyTable:
    """A table for at most `room` keys."""
    bits = slot_bits(room)
    size = 1 << bits
    return KeyTable(np.zeros(size, np.uint64), np.zeros(size, np.int32), np.uint64(64 - bits))


def table_of(keys: Keys) -> KeyTable:
    """Table of distinct keys; the row of a key is its place among them.

    Examples
    --------
    >>> table = table_of(np.array([70, 7], np.uint64))
    >>> find_all(table, np.array([7, 8, 70], np.uint64)).tolist()
    [1, -1, 0]
    """
    table = empty_table(len(keys))
    fill_table(table, keys)
    return table


@kernel
def fill_table(table: KeyTable, keys: np.ndarray) -> None:
    """Put distinct keys, uint64[n], into an empty table."""
    slots, rows, shift = table
    last = np.uint64(len(slots) - 1)
    for row in range(len(keys)):
        # the keys are distinct: not to compare them makes this three times as fast as `enter`
        i = (keys[row] * GOLDEN) >> shift
        while slots[i] != 0:
            i = (i + np.uint64(1)) & last
        slots[i] = keys[row]
        rows[i] = row


@kernel
def enter(
    slots: np.ndarray, rows: np.ndarray, shift: np.uint64, key: np.uint64, row: int
) -> np.int64:
    """Row of a key; a new key gets this one. The table, given one by one, must have room."""
    last = np.uint64(len(slots) - 1)
    i = (key * GOLDEN) >> shift
    while slots[i] != 0:
        if slots[i] == key:
            return np.int64(rows[i])
        i = (i + np.uint64(1)) & last
    slots[i] = key
    rows[i] = row
    return np.int64(row)


@kernel
def find(table: KeyTable, key: np.uint64) -> np.int64:
    """Row of a key, or -1."""
    slots, rows, shift = table
    place = probe(slots, shift, key, 0)
    return np.int64(rows[place]) if place >= 0 else np.int64(-1)


@kernel
def find_slot(table: KeyTable, key: np.uint64) -> np.int64:
    """Slot of a key, or -1: all that is needed to know whether it is there."""
    return probe(table.slots, table.shift, key, 0)


@kernel
def find_all(table: KeyTable, queries: np.ndarray) -> np.ndarray:
    """Row of each query, uint64[n], or -1: int64[n]."""
    found = np.empty(len(queries), np.int64)
    for i in range(len(queries)):
        found[i] = find(table, queries[i])
    return found


# ------------------------------------------------------------------------------- keys elsewhere


class KeyIndex(NamedTuple):
    """Rows of distinct keys that lie elsewhere; 0 may be among them.

    keys : ndarray of uint64, shape (n,)
    slots : ndarray of int32, shape (2 ** b,); row + 1, 0 is free
    shift : uint64, 64 - b
    """

    keys: Keys
    slots: Ints
    shift: np.uint64


def index_of(keys: Keys) -> KeyIndex:
    """Index of distinct keys; the row of a key is its place among them."""
    bits = slot_bits(len(keys))
    index = KeyIndex(keys, np.zeros(1 << bits, np.int32), np.uint64(64 - bits))
    fill_index(index)
    return index


@kernel
def fill_index(index: KeyIndex) -> None:
    """Enter the keys of an index into its empty slots."""
    keys, slots, shift = index
    last = np.uint64(len(slots) - 1)
    for row in range(len(keys)):
        i = (keys[row] * GOLDEN) >> shift
        while slots[i] != 0:
            i = (i + np.uint64(1)) & last
        slots[i] = row + 1


@kernel
def look_up(index: KeyIndex, key: np.uint64) -> np.int64:
    """Row of a key, or -1; :func:`find` of an index."""
    keys, slots, shift = index
    last = np.uint64(len(slots) - 1)
    i = (key * GOLDEN) >> shift
    while slots[i] != 0:
        row = np.int64(slots[i]) - 1
        if keys[row] == key:
            return row
        i = (i + np.uint64(1)) & last
    return np.int64(-1)


@kernel
def look_up_all(index: KeyIndex, queries: np.ndarray) -> Counts:
    """Row of each query, uint64[n], or -1: int64[n]."""
    found = np.empty(len(queries), np.int64)
    for i in range(len(queries)):
        found[i] = look_up(index, queries[i])
    return found
