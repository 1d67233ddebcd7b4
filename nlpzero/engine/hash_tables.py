"""Open-addressing hash tables from 64-bit keys to numbers, for compiled loops."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Keys
from nlpzero.engine.jit import kernel

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
ONE = np.uint64(1)


@kernel
def find(key: np.uint64, table: np.ndarray, shift: np.uint64) -> np.int64:
    """Place of a key in a table, or -1."""
    mask = np.uint64(len(table) - 1)
    i = (key * MULTIPLIER) >> shift
    while table[i] != 0:
        if table[i] == key:
            return np.int64(i)
        i = (i + ONE) & mask
    return np.int64(-1)


@kernel
def fill_table(keys: np.ndarray, table: np.ndarray, values: np.ndarray, shift: np.uint64) -> None:
    """Put distinct keys into an empty table; the value of a key is its number."""
    mask = np.uint64(len(table) - 1)
    for number in range(len(keys)):
        i = (keys[number] * MULTIPLIER) >> shift
        while table[i] != 0:
            i = (i + ONE) & mask
        table[i] = keys[number]
        values[i] = number


@kernel
def look_up(
    keys: np.ndarray, table: np.ndarray, values: np.ndarray, shift: np.uint64
) -> np.ndarray:
    """Value of each key, -1 for those the table lacks."""
    found = np.empty(len(keys), np.int64)
    for i in range(len(keys)):
        place = find(keys[i], table, shift)
        found[i] = values[place] if place >= 0 else -1
    return found


class KeyTable(NamedTuple):
    """Open addressing table from keys to their numbers."""

    table: Keys
    values: npt.NDArray[np.int32]
    shift: np.uint64

    @classmethod
    def of(cls, keys: Keys) -> "KeyTable":
        bits = max(int(2 * len(keys)).bit_length(), 4)
        table = np.zeros(1 << bits, np.uint64)
        values = np.zeros(1 << bits, np.int32)
        shift = np.uint64(64 - bits)
        fill_table(keys, table, values, shift)
        return cls(table, values, shift)

    def find(self, keys: Keys) -> npt.NDArray[np.int64]:
        return look_up(keys, self.table, self.values, self.shift)


@kernel
def mix64(key: np.uint64) -> np.uint64:
    """A 64-bit hash of a 64-bit key (the finaliser of SplitMix64)."""
    h = key
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    h ^= h >> np.uint64(31)
    return h


@kernel
def hash_index(keys: np.ndarray) -> np.ndarray:
    """Open-addressing index of distinct keys: slots hold row + 1, 0 is empty; a power of two of them."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    table = np.zeros(size, np.int32)
    mask = np.uint64(size - 1)
    for row in range(len(keys)):
        slot = mix64(keys[row]) & mask
        while table[slot] != 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = row + 1
    return table


@kernel
def hash_find(table: np.ndarray, keys: np.ndarray, key: np.uint64) -> int:
    """Row of a key in the keys that :func:`hash_index` indexed, or -1."""
    mask = np.uint64(len(table) - 1)
    slot = mix64(key) & mask
    while table[slot] != 0:
        row = table[slot] - 1
        if keys[row] == key:
            return row
        slot = (slot + np.uint64(1)) & mask
    return -1


@kernel
def hash_find_all(table: np.ndarray, keys: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Row of each query in the indexed keys, or -1."""
    rows = np.empty(len(queries), np.int64)
    for i in range(len(queries)):
        rows[i] = hash_find(table, keys, queries[i])
    return rows
