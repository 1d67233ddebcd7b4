"""Packed keys: four 16-bit symbols in 64 bits, the first in the highest, zeros after the end of a clause."""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Keys, Symbols
from nlpzero.engine.jit import kernel


def find_keys(keys: Keys, queries: Keys) -> npt.NDArray[np.int64]:
    """Row of each query in ascending keys, or -1."""
    if len(keys) == 0:
        return np.full(len(queries), -1)
    rows = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[rows] == queries, rows, -1)


PACKED_ORDER = 4


def prefix_mask(k: int) -> np.uint64:
    """Mask that keeps the first k symbols of a key."""
    return np.uint64((0xFFFFFFFFFFFFFFFF << (64 - 16 * k)) & 0xFFFFFFFFFFFFFFFF)


def last_shift(k: int) -> np.uint64:
    """Shift that brings the k-th symbol of a key to the lowest bits."""
    return np.uint64(64 - 16 * k)


def key_symbols(keys: Keys, k: int) -> npt.NDArray[np.uint16]:
    lanes = [(keys >> last_shift(j)) & np.uint64(0xFFFF) for j in range(1, k + 1)]
    return np.stack(lanes, axis=1).astype(np.uint16)


def pack_symbols(symbols: npt.NDArray[np.uint16]) -> Keys:
    keys = np.zeros(len(symbols), np.uint64)
    for j in range(symbols.shape[1]):
        keys |= symbols[:, j].astype(np.uint64) << last_shift(j + 1)
    return keys


def find_sorted(keys: Keys, queries: Keys) -> npt.NDArray[np.int64]:
    """Row of each query in ascending keys, or -1."""
    if not len(keys):
        return np.full(len(queries), -1, np.int64)
    rows = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[rows] == queries, rows, -1)


MASKS = np.array(
    [0, 0xFFFF << 48, 0xFFFFFFFF << 32, 0xFFFFFFFFFFFF << 16, 0xFFFFFFFFFFFFFFFF], np.uint64
)


@kernel
def symbol_of(key: np.uint64, k: int) -> np.int64:
    """Symbol number k, from 1, of a key."""
    return np.int64((key >> np.uint64(64 - 16 * k)) & np.uint64(0xFFFF))


@kernel
def pack(symbols: np.ndarray, at: int) -> np.uint64:
    """Key of the four symbols at a place."""
    return (
        (np.uint64(symbols[at]) << np.uint64(48))
        | (np.uint64(symbols[at + 1]) << np.uint64(32))
        | (np.uint64(symbols[at + 2]) << np.uint64(16))
        | np.uint64(symbols[at + 3])
    )


WIDTH = 4  # symbols in a key


def keys_of(rows: Symbols) -> Keys:
    """Keys of rows of up to four symbols."""
    keys = np.zeros(len(rows), np.uint64)
    for j in range(min(rows.shape[1], WIDTH)):
        keys |= rows[:, j].astype(np.uint64) << np.uint64(48 - 16 * j)
    return keys
