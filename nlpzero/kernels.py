"""Compiled loops over arrays that several modules share."""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


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
def count_sorted(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values of sorted keys and how often each occurs."""
    n = len(keys)
    distinct = 0
    for i in range(n):
        distinct += i == 0 or keys[i] != keys[i - 1]
    out = np.empty(distinct, np.uint64)
    counts = np.empty(distinct, np.int64)
    row = -1
    for i in range(n):
        if i == 0 or keys[i] != keys[i - 1]:
            row += 1
            out[row] = keys[i]
            counts[row] = 0
        counts[row] += 1
    return out, counts


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
def merge_step(
    keys: np.ndarray,
    counts: np.ndarray,
    heads: np.ndarray,
    ends: np.ndarray,
    bound: np.uint64,
    out_keys: np.ndarray,
    out_counts: np.ndarray,
) -> int:
    """Merge sorted sources, adding the counts of equal keys, up to a bound or until the output is full.

    No source holds a key twice. Source s is rows ``heads[s]:ends[s]`` of `keys` and `counts`; the heads move on. Only keys <= `bound` are
    taken. Returns the number of rows written.
    """
    # sources that have rows left, and the key each would give next
    live = np.empty(len(heads), np.int64)
    front = np.empty(len(heads), np.uint64)
    n = 0
    for s in range(len(heads)):
        if heads[s] < ends[s] and keys[heads[s]] <= bound:
            live[n] = s
            front[n] = keys[heads[s]]
            n += 1
    written = 0
    while n > 0 and written < len(out_keys):
        smallest = front[0]
        for i in range(1, n):
            smallest = min(smallest, front[i])
        total = np.int64(0)
        i = 0
        while i < n:
            if front[i] != smallest:
                i += 1
                continue
            s = live[i]
            head = heads[s]
            total += counts[head]
            head += 1
            heads[s] = head
            if head < ends[s] and keys[head] <= bound:
                front[i] = keys[head]
                i += 1
            else:
                n -= 1
                live[i] = live[n]
                front[i] = front[n]
        out_keys[written] = smallest
        out_counts[written] = total
        written += 1
    return written


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
