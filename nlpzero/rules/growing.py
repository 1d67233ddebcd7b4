"""Larger itemsets from those of one size, in one compiled loop."""

import numpy as np

from nlpzero.engine.arrays import Counts, Ints, Keys
from nlpzero.engine.jit import kernel

_ONE = np.uint64(1)
_TWO = np.uint64(2)
_FOUR = np.uint64(4)
_TOP = np.uint64(56)
_PAIRS = np.uint64(0x5555555555555555)
_FOURS = np.uint64(0x3333333333333333)
_BYTES = np.uint64(0x0F0F0F0F0F0F0F0F)
_SUM = np.uint64(0x0101010101010101)


@kernel
def grow(
    items: Ints,
    subsets: Ints,
    begin: Counts,
    ends: Counts,
    bits: Keys,
    words: int,
    rows: Ints,
    min_count: int,
    start: int,
    stack: Keys,
    parents: Ints,
    lasts: Ints,
    counts: Counts,
    links: Ints,
) -> tuple[int, int]:
    """Join sets that differ in their last item, and keep what is frequent.

    Transactions of a prefix are the AND of the bitsets of its items; the AND over the items that
    one set shares with the set before stays, as in a depth-first search (Zaki, Scalable algorithms
    for association mining, IEEE TKDE 2000). A set is counted when all its subsets are frequent;
    population counts are summed in bytes of a word (Warren, Hacker's Delight, 5-1), which the
    compiler knows.

    Parameters
    ----------
    items, subsets : int32 (m, k)
        The sets, in lexicographic order, and the rows of their subsets, as in `ItemsetLevel`.
    begin : int64
        First set with each row of the level before as its prefix, and m at the end.
    ends : int64 (m)
        One past the last set with the same prefix.
    bits : uint64 (items, words or more)
        Transactions of each item.
    rows : int32
        Row in `bits` of each item.
    min_count : int
    start : int
        First set to join with those after it.
    stack : uint64 (k, words)
        The AND over the first items of a set; anything at first.
    parents, lasts, counts, links : arrays
        Where found sets go: row of the prefix, last item, count, rows of all subsets.

    Returns
    -------
    next, found
        The set to start with next, m when done: there was no room for what it may give; and the
        number of sets written.
    """
    m, k = items.shape
    found = 0
    before = -1  # the set whose AND is on the stack
    for x in range(start, m):
        end = ends[x]
        if found + end - x - 1 > len(counts):
            return x, found
        ready = False
        for y in range(x + 1, end):
            b = items[y, k - 1]
            links[found, k] = x
            all_there = True
            for j in range(k - 1, -1, -1):
                low = begin[subsets[x, j]]
                after = begin[subsets[x, j] + 1]
                high = after
                while low < high:
                    middle = (low + high) >> 1
                    if items[middle, k - 1] < b:
                        low = middle + 1
                    else:
                        high = middle
                if low == after or items[low, k - 1] != b:
                    all_there = False
                    break
                links[found, j] = low
            if not all_there:
                continue
            if not ready:
                same = 0
                if before >= 0:
                    while items[before, same] == items[x, same]:
                        same += 1
                for d in range(same, k):
                    mine = bits[rows[items[x, d]]]
                    here = stack[d]
                    if d == 0:
                        for i in range(words):
                            here[i] = mine[i]
                    else:
                        above = stack[d - 1]
                        for i in range(words):
                            here[i] = above[i] & mine[i]
                before = x
                ready = True
            here = stack[k - 1]
            mine = bits[rows[b]]
            count = np.uint64(0)
            for i in range(words):
                v = here[i] & mine[i]
                v -= (v >> _ONE) & _PAIRS
                v = (v & _FOURS) + ((v >> _TWO) & _FOURS)
                v = (v + (v >> _FOUR)) & _BYTES
                count += (v * _SUM) >> _TOP
            if count >= np.uint64(min_count):
                parents[found] = x
                lasts[found] = b
                counts[found] = np.int64(count)
                found += 1
    return m, found
