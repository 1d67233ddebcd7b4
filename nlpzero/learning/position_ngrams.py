"""N-grams of a stream by position: every occurrence gets the number of its type, without hashing.

Types of order k + 1 are the distinct pairs (type of the first k symbols, next symbol). The pair and
the position are packed in one 64-bit number; one sort brings equal n-grams together and leaves the
types of a common prefix contiguous, so numbers, counts and branching entropies of both sides all
follow from one walk.

Streams here hold dense symbols: 0 is the clause break, real symbols are 1 to V.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.digit_sort import sort_keys
from nlpzero.engine.jit import kernel
from nlpzero.engine.together import together
from nlpzero.learning.streams import Dense
from nlpzero.ngrams.keys import PACKED_ORDER, next_keys

Ids = npt.NDArray[np.int32]


class Order(NamedTuple):
    """Types of one order, sorted by their symbols.

    counts : ndarray of int32, shape (types,)
    firsts : ndarray of int32, shape (types,); a position where the type occurs
    """

    counts: npt.NDArray[np.int32]
    firsts: npt.NDArray[np.int32]


# ------------------------------------------------------------------- variation of branching entropy


class PositionNGrams(NamedTuple):
    """N-grams of orders 1 to 4 of a dense stream, with their statistics.

    ids : four ndarrays of int32, shape (n,); type of the k-gram that starts at each position, or -1
    counts, firsts : of each type, per order
    right, left : branching entropies of each type in nats, per order
    """

    ids: list[npt.NDArray[np.int32]]
    orders: list[Order]
    right: list[Floats32]
    left: list[Floats32]


def count_positions(dense: Dense, jobs: int = 1) -> PositionNGrams:
    """All n-grams up to order four, by position; by at most so many threads."""
    x = dense.symbols
    ids = [x.astype(np.int32) - 1]
    firsts = np.zeros(len(dense.codes) - 1, np.int32)
    at = np.flatnonzero(x)[::-1]
    firsts[ids[0][at]] = at
    orders = [Order(dense.counts[1:].astype(np.int32), firsts)]
    highest = orders[0]
    for k in range(2, PACKED_ORDER + 2):
        longer, highest = next_order(
            ids[-1], x, k, len(orders[-1].counts), k <= PACKED_ORDER, jobs=jobs
        )
        if k <= PACKED_ORDER:
            ids.append(longer)
            orders.append(highest)

    def entropies(k: int) -> tuple[Floats32, Floats32]:
        longer = [*orders[1:], highest][k]
        return branching_entropies(orders[k].counts, ids[k], longer.counts, longer.firsts)

    right, left = zip(*together(jobs, entropies, range(PACKED_ORDER)), strict=True)
    return PositionNGrams(ids, orders, list(right), list(left))


@kernel
def _pack(ids: np.ndarray, symbols: np.ndarray, order: Any, size: Any, bits: Any) -> np.ndarray:
    """(type, next symbol, position) of every occurrence that has a next symbol in its clause."""
    n = len(symbols)
    out = np.empty(n, np.uint64)
    m = 0
    for i in range(n - order + 1):
        if ids[i] >= 0 and symbols[i + order - 1] > 0:
            key = np.uint64(ids[i]) * np.uint64(size) + np.uint64(symbols[i + order - 1])
            out[m] = (key << np.uint64(bits)) | np.uint64(i)
            m += 1
    return out[:m]


@kernel
def _number(packed: np.ndarray, bits: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the types at each position (in place), their counts and first positions."""
    mask = (np.uint64(1) << np.uint64(bits)) - np.uint64(1)
    shift = np.uint64(bits)
    types = 0
    last = np.uint64(0)
    for j in range(len(packed)):
        key = packed[j] >> shift
        if j == 0 or key != last:
            types += 1
            last = key
    counts = np.zeros(types, np.int32)
    firsts = np.empty(types, np.int32)
    t = -1
    for j in range(len(packed)):
        key = packed[j] >> shift
        i = np.int64(packed[j] & mask)
        if j == 0 or key != last:
            t += 1
            last = key
            firsts[t] = i
        counts[t] += 1
        if len(ids):
            ids[i] = t
    return counts, firsts


def _pack_wide(ids: Ids, symbols: npt.NDArray[np.uint16], order: int) -> npt.NDArray[np.uint64]:
    """As `_pack` where the three numbers need more than 64 bits: keys are replaced by their
    ranks.
    """
    n = len(symbols)
    at = np.flatnonzero((ids[: n - order + 1] >= 0) & (symbols[order - 1 :] > 0))
    rank = np.unique(next_keys(ids[at], symbols[at + order - 1]), return_inverse=True)[1].astype(
        np.uint64
    )
    bits = np.uint64(max(1, int(n - 1).bit_length()))
    return (rank << bits) | at.astype(np.uint64)


def next_order(
    ids: Ids,
    symbols: npt.NDArray[np.uint16],
    order: int,
    types: int,
    numbers: bool = True,
    *,
    jobs: int = 1,
) -> tuple[Ids, Order]:
    """Types of the n-grams of an order from those of the order below.

    Parameters
    ----------
    ids : ndarray of int32, shape (n,)
        Number of the (order - 1)-gram that starts at each position, -1 where there is none.
    symbols : ndarray of uint16, shape (n,)
    order : int >= 2
    types : int
        Number of types of the order below.
    numbers : bool
        False: do not number the positions (the highest order needs counts only).
    jobs : int >= 1
        Threads that sort.

    Returns
    -------
    ids : ndarray of int32, shape (n,) or (0,)
    Order

    Examples
    --------
    >>> symbols = np.array([1, 2, 1, 2, 0, 2, 1], np.uint16)
    >>> ids, bigrams = next_order(symbols.astype(np.int32) - 1, symbols, 2, 2)
    >>> ids.tolist(), bigrams.counts.tolist()
    ([0, 1, 0, -1, -1, 1, -1], [2, 2])
    """
    n = len(symbols)
    bits = max(1, int(n - 1).bit_length())
    size = int(symbols.max(initial=0)) + 1
    if n < order:
        packed = np.zeros(0, np.uint64)
    elif (types * size + size).bit_length() + bits <= 64:
        packed = _pack(ids, symbols, order, size, bits)
    else:
        packed = _pack_wide(ids, symbols, order)
    packed = sort_keys(packed, ordered_bits=bits, jobs=jobs)
    new = np.full(n if numbers else 0, -1, np.int32)
    counts, firsts = _number(packed, bits, new)
    return new, Order(counts, firsts)


@kernel
def branching_entropies(
    counts: np.ndarray,
    ids: np.ndarray,
    longer_counts: np.ndarray,
    longer_firsts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Right and left branching entropy of each type of an order, in nats.

    H_R(g) = log c(g) - (1 / c(g)) sum_y c(gy) log c(gy), and H_L likewise with c(yg). Occurrences
    beside a clause break continue with nothing and so count as continuations that occur once
    (maximal entropy).

    counts : of the order; ids : its type at each position; longer_* : types of the order above.
    """
    n = len(counts)
    right = np.zeros(n, np.float64)
    left = np.zeros(n, np.float64)
    for t in range(len(longer_counts)):
        c = np.float64(longer_counts[t])
        if c > 1:
            i = longer_firsts[t]
            e = c * np.log(c)
            right[ids[i]] += e
            left[ids[i + 1]] += e
    for t in range(n):
        c = np.float64(counts[t])
        if c > 0:
            right[t] = np.log(c) - right[t] / c
            left[t] = np.log(c) - left[t] / c
    return right.astype(np.float32), left.astype(np.float32)


@kernel
def _skip_keys(symbols: np.ndarray) -> np.ndarray:
    """Pairs of symbols with exactly one symbol of the same clause between them."""
    n = len(symbols)
    out = np.empty(max(n, 2) - 2, np.uint64)
    m = 0
    for i in range(n - 2):
        if symbols[i] > 0 and symbols[i + 1] > 0 and symbols[i + 2] > 0:
            out[m] = np.uint64(symbols[i]) << np.uint64(16) | np.uint64(symbols[i + 2])
            m += 1
    return out[:m]


@kernel
def _count_sorted(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """How often each of the wanted keys occurs; both sorted."""
    out = np.zeros(len(wanted), np.int32)
    j = 0
    for t in range(len(wanted)):
        while j < len(keys) and keys[j] < wanted[t]:
            j += 1
        while j < len(keys) and keys[j] == wanted[t]:
            out[t] += 1
            j += 1
    return out


def pair_keys(symbols: npt.NDArray[np.uint16], bigrams: Order) -> npt.NDArray[np.uint32]:
    """Bigram types, ascending, as the upper half of their packed keys."""
    first = symbols[bigrams.firsts].astype(np.uint32)
    return (first << np.uint32(16)) | symbols[bigrams.firsts + 1]


def skip_counts(
    symbols: npt.NDArray[np.uint16], pairs: npt.NDArray[np.uint32]
) -> npt.NDArray[np.int32]:
    """For each bigram bc: how often b and c stand with exactly one symbol between them.

    Examples
    --------
    >>> symbols = np.array([1, 2, 1, 2, 0, 2, 1], np.uint16)
    >>> skip_counts(symbols, np.array([1 << 16 | 1, 1 << 16 | 2, 2 << 16 | 2], np.uint32)).tolist()
    [1, 0, 1]
    """
    return _count_sorted(sort_keys(_skip_keys(symbols)), pairs)


def spread(
    values: npt.NDArray[Any], ids: npt.NDArray[np.int32], dtype: npt.DTypeLike
) -> npt.NDArray[Any]:
    """Values of types, per position; 0 where there is no type."""
    if len(values) == 0:
        return np.zeros(len(ids), dtype)
    out = values.astype(dtype, copy=False)[ids]  # -1 reads the last, and is cleared
    out[ids < 0] = 0
    return out
