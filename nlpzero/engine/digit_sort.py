"""Sorting and counting of 64-bit keys by their digits: as fast on every processor.

Comparisons of :func:`numpy.sort` run through vector instructions that some processors are five
times slower at. Here keys are moved to pieces by their highest 16 bits, the first symbol of an
n-gram, and each piece, most of which fit the caches, is sorted by digits of 8 bits, the lowest
first (LSD radix sort); digits that all keys of a piece share are passed over.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Keys
from nlpzero.engine.jit import kernel
from nlpzero.engine.together import together

PIECE_BITS = 16
# fewer keys are left to NumPy: to count the pieces would take longer
FEW = 1 << 13
# pieces of so many keys are sorted in a space that stays in the cache
_CACHED = 1 << 16
# so few are inserted one by one
_INSERTED = 64


def count_keys(keys: Keys, spare: Keys) -> tuple[Keys, Counts]:
    """Distinct keys, ascending, and how often each occurs.

    Parameters
    ----------
    keys : ndarray of uint64, contiguous
        In any order; overwritten.
    spare : ndarray of uint64, contiguous
        At least as long; overwritten.

    Returns
    -------
    distinct : ndarray of uint64
    counts : ndarray of int64

    Examples
    --------
    >>> keys = np.array([7, 5, 7], np.uint64)
    >>> [column.tolist() for column in count_keys(keys, np.empty_like(keys))]
    [[5, 7], [1, 2]]
    """
    return count_sorted(sort_keys(keys, spare))


def sort_keys(
    keys: Keys, spare: Keys | None = None, *, ordered_bits: int = 0, jobs: int = 1
) -> Keys:
    """Keys in ascending order.

    Parameters
    ----------
    keys : ndarray of uint64, contiguous
        In any order; overwritten.
    spare : ndarray of uint64, contiguous, optional
        At least as long; overwritten.
    ordered_bits : int in [0, 63]
        Keys that differ in so many of their lowest bits alone are in order already: positions of a
        text, say, which need no passes then.
    jobs : int >= 1
        Threads.

    Returns
    -------
    ndarray of uint64
        In the memory of one of the two.

    Examples
    --------
    >>> sort_keys(np.array([7, 5, 7], np.uint64)).tolist()
    [5, 7, 7]
    """
    if len(keys) < FEW:
        keys.sort()
        return keys
    spare = np.empty_like(keys) if spare is None else spare
    pieces, bounds, shift = _in_pieces(keys, spare, jobs)
    # about as many keys for each thread; each has its own part of the spare space
    cuts = np.searchsorted(bounds, [len(keys) * i // jobs for i in range(jobs + 1)]).tolist()
    cuts[0], cuts[-1] = 0, len(bounds) - 1

    def sort(ends: tuple[int, int]) -> None:
        own = bounds[ends[0] : ends[1] + 1]
        sort_pieces(pieces, keys[own[0] : own[-1]], own, min(ordered_bits, shift), shift)

    together(jobs, sort, pairwise(cuts))
    return pieces


def _in_pieces(keys: Keys, spare: Keys, jobs: int) -> tuple[Keys, npt.NDArray[np.int64], int]:
    """The keys side by side with those that share their highest digit, where each such piece
    begins, and how many bits lie below that digit.
    """
    high = int(np.bitwise_or.reduce(keys)).bit_length()
    shift = max(0, high - PIECE_BITS)
    parts = [keys[len(keys) * i // jobs : len(keys) * (i + 1) // jobs] for i in range(jobs)]
    # how many keys of each digit there are in each part; then where they go
    places = np.zeros((jobs, 1 << PIECE_BITS), np.int64)
    together(jobs, lambda i: count_digits(parts[i], shift, places[i]), range(jobs))
    bounds = np.zeros((1 << PIECE_BITS) + 1, np.int64)
    np.cumsum(places.sum(axis=0), out=bounds[1:])
    for i in range(jobs - 1, -1, -1):
        places[i] = bounds[:-1] + places[:i].sum(axis=0)
    pieces = spare[: len(keys)]
    together(jobs, lambda i: scatter(parts[i], shift, places[i], pieces), range(jobs))
    return pieces, bounds, shift


@kernel
def count_digits(keys: np.ndarray, shift: int, sizes: np.ndarray) -> None:
    """Add to `sizes` how many keys have each digit above `shift`."""
    low = np.uint64(shift)
    for i in range(len(keys)):
        sizes[keys[i] >> low] += 1


@kernel
def scatter(keys: np.ndarray, shift: int, places: np.ndarray, out: np.ndarray) -> None:
    """Put each key at the place of its digit above `shift`; places move on."""
    low = np.uint64(shift)
    for i in range(len(keys)):
        digit = keys[i] >> low
        place = places[digit]
        out[place] = keys[i]
        places[digit] = place + 1


@kernel
def sort_digits(
    keys: np.ndarray,
    begin: int,
    end: int,
    spare: np.ndarray,
    spare_begin: int,
    low: int,
    digits: int,
    sizes: np.ndarray,
) -> None:
    """Sort rows by so many digits of 8 bits, from the bit `low` on; as many rows of `spare` are
    used.
    """
    n = end - begin
    sizes[:digits] = 0
    for i in range(begin, end):
        key = keys[i] >> np.uint64(low)
        for digit in range(digits):
            sizes[digit, key & np.uint64(255)] += 1
            key >>= np.uint64(8)
    source, at = keys, begin
    target, to = spare, spare_begin
    away = False
    for digit in range(digits):
        shift = np.uint64(low + 8 * digit)
        if sizes[digit, (source[at] >> shift) & np.uint64(255)] == n:
            continue
        place = to
        for value in range(256):
            size = sizes[digit, value]
            sizes[digit, value] = place
            place += size
        for i in range(at, at + n):
            key = source[i]
            value = (key >> shift) & np.uint64(255)
            place = sizes[digit, value]
            target[place] = key
            sizes[digit, value] = place + 1
        source, at, target, to = target, to, source, at
        away = not away
    if away:
        for i in range(n):  # a slice into a slice would compile much more
            keys[begin + i] = spare[spare_begin + i]


@kernel
def insert(keys: np.ndarray, begin: int, end: int) -> None:
    """Sort a few rows by insertion."""
    for i in range(begin + 1, end):
        key = keys[i]
        j = i - 1
        while j >= begin and keys[j] > key:
            keys[j + 1] = keys[j]
            j -= 1
        keys[j + 1] = key


@kernel
def sort_pieces(
    keys: np.ndarray, spare: np.ndarray, bounds: np.ndarray, low: int, high: int
) -> None:
    """Sort the keys of every piece, by the bits from `low` up to `high`.

    `spare` is at least as long as the largest piece.
    """
    cached = np.empty(_CACHED, np.uint64)
    sizes = np.empty((8, 256), np.int64)
    digits = (high - low + 7) // 8
    for piece in range(len(bounds) - 1):
        begin, end = bounds[piece], bounds[piece + 1]
        if end - begin > _CACHED:
            sort_digits(keys, begin, end, spare, 0, low, digits, sizes)
        elif end - begin >= _INSERTED:
            sort_digits(keys, begin, end, cached, 0, low, digits, sizes)
        else:
            insert(keys, begin, end)


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


def digit_order(numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Stable order of integers >= 0, by radix, without anything compiled.

    NumPy sorts integers of 16 bits by radix, on every processor; those of 64 bits it compares.

    Examples
    --------
    >>> import numpy as np
    >>> digit_order(np.array([300_000, 7, 300_000, 0])).tolist()
    [3, 1, 0, 2]
    """
    if len(numbers) < 1 << 9:
        return np.argsort(numbers, kind="stable")
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    for shift in range(16, int(numbers.max()).bit_length(), 16):
        digit = (numbers >> shift).astype(np.uint16).take(order)
        order = order.take(np.argsort(digit, kind="stable"))
    return order
