"""Compiled loops over arrays that several modules share."""

import numpy as np

from nlpzero.engine.hash_tables import hash_find
from nlpzero.engine.jit import kernel


@kernel
def pack_windows(symbols: np.ndarray, stop: int, out: np.ndarray, filled: int) -> int:
    """Append the key of the four-symbol window at each position before `stop` that is not a break.

    The first symbol is in the highest 16 bits; after a clause break the rest of the key is zero. Symbols at and
    after `stop` are look-ahead only. Returns how many entries of `out` are filled now; the keys of one call
    are in the order of the text.
    """
    n = len(symbols)
    key = np.uint64(0)
    # shifting a key right by one symbol gives the window of the symbol before: one pass, right to left
    for i in range(min(n, stop + 3) - 1, stop - 1, -1):
        symbol = np.uint64(symbols[i])
        key = (symbol << np.uint64(48)) | (key >> np.uint64(16)) if symbol else np.uint64(0)
    total = 0
    for i in range(stop):
        total += symbols[i] != 0
    end = filled + total
    at = end
    # no branch on the symbol, which the processor could not foresee: a break's key is overwritten
    for i in range(stop - 1, -1, -1):
        if at == filled:
            break
        symbol = np.uint64(symbols[i])
        inside = np.uint64(symbol != 0)
        key = ((symbol << np.uint64(48)) | (key >> np.uint64(16))) * inside
        out[at - 1] = key
        at -= int(inside)
    return end


@kernel
def group_prefixes(
    keys: np.ndarray, counts: np.ndarray, mask: np.uint64, last: np.uint64, min_count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum the counts of sorted keys that agree under `mask`.

    Groups in which the symbol at shift `last` is 0 (a clause that ended before) and groups below `min_count`
    are left out.
    """
    n = len(keys)
    low = np.uint64(0xFFFF)
    size = 0
    for turn in range(2):
        if turn == 1:
            out = np.empty(size, np.uint64)
            sums = np.empty(size, np.int64)
            size = 0
        i = 0
        while i < n:
            prefix = keys[i] & mask
            total = np.int64(0)
            while i < n and (keys[i] & mask) == prefix:
                total += counts[i]
                i += 1
            if total >= min_count and ((prefix >> last) & low):
                if turn == 1:
                    out[size] = prefix
                    sums[size] = total
                size += 1
    return out, sums


@kernel
def sum_ranges(counts: np.ndarray, starts: np.ndarray, stops: np.ndarray, sums: np.ndarray) -> None:
    """Add to each sum the counts of its range of rows."""
    for i in range(len(starts)):
        for row in range(starts[i], stops[i]):
            sums[i] += counts[row]


@kernel
def window_ids(symbols: np.ndarray, stop: int, table: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Row, in indexed four-symbol keys, of the window at each position before `stop`, or -1."""
    n = len(symbols)
    ids = np.empty(stop, np.int64)
    key = np.uint64(0)
    for i in range(min(n, stop + 3) - 1, -1, -1):
        symbol = np.uint64(symbols[i])
        key = (symbol << np.uint64(48)) | (key >> np.uint64(16)) if symbol else np.uint64(0)
        if i < stop:
            ids[i] = hash_find(table, keys, key) if key & np.uint64(0xFFFF) else -1
    return ids


@kernel
def extended_keys(symbols: np.ndarray, ids: np.ndarray, offset: int, out: np.ndarray) -> int:
    """Keys ``id << 16 | symbol`` where the gram at a position is known and a symbol follows it.

    Returns how many were written; ids whose gram has no successor become -1.
    """
    written = 0
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
            continue
        out[written] = (np.uint64(ids[i]) << np.uint64(16)) | np.uint64(symbol)
        written += 1
    return written


@kernel
def extend_ids(
    symbols: np.ndarray, ids: np.ndarray, offset: int, table: np.ndarray, keys: np.ndarray
) -> None:
    """Replace the id of the gram at each position by that of the gram one symbol longer, or -1."""
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
        else:
            key = (np.uint64(ids[i]) << np.uint64(16)) | np.uint64(symbol)
            ids[i] = hash_find(table, keys, key)
