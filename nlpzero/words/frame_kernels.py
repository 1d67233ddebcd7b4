"""Compiled loops over sorted words: sorting, comparing, merging."""

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel


@kernel
def sort_key(pool: Array, start: int, end: int) -> np.uint64:
    """Seven bytes and how many follow from here (8: more than seven), as one number in sorting
    order.
    """
    length = end - start
    key = np.uint64(0)
    for j in range(7):
        key <<= np.uint64(8)
        if j < length:
            key |= np.uint64(pool[start + j])
    return (key << np.uint64(8)) | np.uint64(min(length, 8))


@kernel
def sort_keys(pool: Array, offsets: Array, keys: Array) -> None:
    """The sorting key of every word."""
    for w in range(len(keys)):
        keys[w] = sort_key(pool, offsets[w], offsets[w + 1])


@kernel
def _before(pool: Array, offsets: Array, a: int, b: int) -> bool:
    """Whether word a sorts before word b; their first seven bytes are known to be the same."""
    i = offsets[a] + 7
    j = offsets[b] + 7
    end_a = offsets[a + 1]
    end_b = offsets[b + 1]
    while i < end_a and j < end_b:
        if pool[i] != pool[j]:
            return pool[i] < pool[j]
        i += 1
        j += 1
    return i >= end_a and j < end_b


@kernel
def sort_ties(order: Array, keys: Array, pool: Array, offsets: Array, scratch: Array) -> None:
    """Bring words whose keys are the same into order: insertion sort, merge sort for many."""
    n = len(order)
    a = 0
    while a < n:
        key = keys[order[a]]
        b = a + 1
        while b < n and keys[order[b]] == key:
            b += 1
        if b - a > 1:
            width = 12
            for low in range(a, b, width):
                for i in range(low + 1, min(low + width, b)):
                    word = order[i]
                    j = i - 1
                    while j >= low and _before(pool, offsets, word, order[j]):
                        order[j + 1] = order[j]
                        j -= 1
                    order[j + 1] = word
            while width < b - a:
                for low in range(a, b, 2 * width):
                    middle = min(low + width, b)
                    high = min(low + 2 * width, b)
                    i = low
                    j = middle
                    for k in range(low, high):
                        if i < middle and (
                            j >= high or not _before(pool, offsets, order[j], order[i])
                        ):
                            scratch[k] = order[i]
                            i += 1
                        else:
                            scratch[k] = order[j]
                            j += 1
                for k in range(a, b):
                    order[k] = scratch[k]
                width *= 2
        a = b


@kernel
def gather_words(pool: Array, offsets: Array, order: Array, lengths: Array, out: Array) -> None:
    """Copy words one after another in the given order; ``out`` has room for all."""
    o = 0
    for k in range(len(order)):
        w = order[k]
        lengths[k] = offsets[w + 1] - offsets[w]
        for j in range(offsets[w], offsets[w + 1]):
            out[o] = pool[j]
            o += 1


@kernel
def gathered_bytes(offsets: Array, order: Array) -> int:
    """Bytes that :func:`gather_words` will copy."""
    total = 0
    for k in range(len(order)):
        total += offsets[order[k] + 1] - offsets[order[k]]
    return total


@kernel
def _compare(a: Array, i: int, end_i: int, b: Array, j: int, end_j: int) -> int:
    """-1, 0 or 1 as slice a comes before, is, or comes after slice b."""
    while i < end_i and j < end_j:
        if a[i] != b[j]:
            return -1 if a[i] < b[j] else 1
        i += 1
        j += 1
    if i < end_i:
        return 1
    if j < end_j:
        return -1
    return 0


@kernel
def in_order(pool: Array, offsets: Array) -> bool:
    """Whether each word comes before the next; ``offsets`` ascend, from 0 to the end of the
    pool.
    """
    for w in range(1, len(offsets) - 1):
        if _compare(pool, offsets[w - 1], offsets[w], pool, offsets[w], offsets[w + 1]) >= 0:
            return False
    return True


@kernel
def match_words(pool: Array, offsets: Array, others: Array, other_offsets: Array) -> Array:
    """Place of each word among other words, or -1; both are sorted, each word once.

    Parameters
    ----------
    pool, offsets : uint8[], int64[n + 1]
    others, other_offsets : uint8[], int64[m + 1]

    Returns
    -------
    int64[n]
    """
    n = len(offsets) - 1
    m = len(other_offsets) - 1
    found = np.full(n, -1, np.int64)
    j = 0
    for i in range(n):
        while j < m:
            order = _compare(
                others,
                other_offsets[j],
                other_offsets[j + 1],
                pool,
                offsets[i],
                offsets[i + 1],
            )
            if order >= 0:
                if order == 0:
                    found[i] = j
                break
            j += 1
    return found


@kernel
def merge_frames(
    pool: Array,
    offsets: Array,
    counts: Array,
    documents: Array,
    at: Array,
    sizes: Array,
    union: bool,
    out_offsets: Array,
    out_counts: Array,
    out_documents: Array,
    out_pool: Array,
    words: int,
) -> tuple[int, int]:
    """Merge the loaded pieces of sorted runs until one is used up or the output is full.

    Row r of the arrays is the loaded piece of run r, ``at[r]`` its next word of ``sizes[r]``; all
    offsets are places in the one pool. The same word of several runs becomes one, counts added, and
    documents too (``union``: the document is the same one, so its documents stay 1). The last word
    of the output may still grow in the next call. Returns the number of words in the output and the
    run to load next, -1 if the output is full.
    """
    runs = len(at)
    keys = np.empty(runs, np.uint64)
    for r in range(runs):
        if at[r] < sizes[r]:
            keys[r] = sort_key(pool, offsets[r, at[r]], offsets[r, at[r] + 1])
    last_key = np.uint64(0)
    if words > 0:
        last_key = sort_key(out_pool, out_offsets[words - 1], out_offsets[words])
    room = len(out_counts)
    pool_room = len(out_pool)
    has_documents = documents.shape[1] > 0
    while True:
        best = -1
        for r in range(runs):
            if at[r] < sizes[r]:
                if best < 0 or keys[r] < keys[best]:
                    best = r
                elif keys[r] == keys[best] and keys[r] & np.uint64(0xFF) == 8:
                    order = _compare(
                        pool,
                        offsets[r, at[r]] + 7,
                        offsets[r, at[r] + 1],
                        pool,
                        offsets[best, at[best]] + 7,
                        offsets[best, at[best] + 1],
                    )
                    if order < 0:
                        best = r
        if best < 0:
            return words, -1
        w = at[best]
        start = offsets[best, w]
        end = offsets[best, w + 1]
        same = False
        if words > 0 and keys[best] == last_key:
            same = (
                _compare(pool, start, end, out_pool, out_offsets[words - 1], out_offsets[words])
                == 0
            )
        if same:
            out_counts[words - 1] += counts[best, w]
            if has_documents and not union:
                out_documents[words - 1] += documents[best, w]
        else:
            o = out_offsets[words]
            if words >= room or o + (end - start) > pool_room:
                return words, -1
            for j in range(start, end):
                out_pool[o] = pool[j]
                o += 1
            out_counts[words] = counts[best, w]
            if has_documents:
                out_documents[words] = documents[best, w]
            words += 1
            out_offsets[words] = o
            last_key = keys[best]
        at[best] = w + 1
        if w + 1 < sizes[best]:
            keys[best] = sort_key(pool, offsets[best, w + 1], offsets[best, w + 2])
        else:
            return words, best


@kernel
def _rank(count: int, direct: Array, distinct: Array) -> int:
    """Place of a count among the distinct counts: looked up if small, else found by bisection."""
    if count < len(direct):
        return direct[count]
    low = 0
    high = len(distinct)
    while low < high:
        middle = (low + high) >> 1
        if distinct[middle] < count:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def tally_ranks(counts: Array, direct: Array, distinct: Array, tally: Array) -> None:
    """How many words have each of the distinct counts (ascending)."""
    for w in range(len(counts)):
        tally[_rank(counts[w], direct, distinct)] += 1


@kernel
def place_by_rank(
    counts: Array, direct: Array, distinct: Array, places: Array, order: Array
) -> None:
    """Counting sort: each word goes to the next place of its rank, so that equal counts keep their
    order.
    """
    for w in range(len(counts)):
        rank = _rank(counts[w], direct, distinct)
        order[places[rank]] = w
        places[rank] += 1
