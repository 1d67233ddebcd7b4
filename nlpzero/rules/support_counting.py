"""Supports by intersecting lists of transactions."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts as Longs
from nlpzero.engine.arrays import Ints
from nlpzero.engine.resources import Resources
from nlpzero.errors import ResourceError
from nlpzero.rules.itemsets import ItemsetLevel
from nlpzero.rules.transactions import offsets_of, ragged, restricted

Words = NDArray[np.uint64]

BYTES_PER_ENTRY = 64  # of memory, per item occurrence mined in one piece: keys, columns, tid-lists
CHUNK = 1 << 20  # candidates looked at together, before pruning
_BLOCK = 1 << 17  # words of a bitset operation, to stay in the cache
BINS = 1 << 19  # possible pairs up to which they are always binned
ROOM = 1 << 16  # pairs sorted together, at least
_LANES = 8  # bitsets are so many words long, or a multiple
_PLAIN = 48  # bitsets are packed from bytes, up to so many for each occurrence of an item
_NO_ROWS = np.empty(0, dtype=np.int32)
_WALK = 6  # cost of testing one bit of one transaction, in word operations on bitsets


class Mining(NamedTuple):
    """What stays the same all through a call.

    Attributes
    ----------
    min_count : int
    total : int
        Number of transactions.
    width : int
        Number of frequent items.
    depth : int or None
        Most items of an itemset.
    memory : int
        Bytes to stay within.
    resources : Resources or None
        Whom to tell; nobody while a part is mined.
    """

    min_count: int
    total: int
    width: int
    depth: int | None
    memory: int
    resources: Resources | None

    def advance(self, size: int, found: int) -> None:
        """So many itemsets of a size were found."""
        if self.resources is not None:
            self.resources.tell("mining", size, self.depth, "sizes", itemsets=found)


class Part(NamedTuple):
    """Transactions that are mined together.

    Attributes
    ----------
    items : int32 array
        Frequent items of all transactions, ascending in each.
    offsets : int64 array
        Where each transaction begins in `items`, and where the last one ends.
    number : int32 array
        What each item of `items` is called in itemsets: rare ones first, so that prefixes are rare.
    """

    items: Ints
    offsets: Longs
    number: Ints


_DIGIT = 16  # bits; NumPy sorts integers up to this size by radix, whatever the processor


def argsort(keys: Longs) -> Longs:
    """Stable order of integers >= 0, digit by digit."""
    if len(keys) < 1 << 9:
        return np.argsort(keys, kind="stable")
    order = np.argsort((keys & 0xFFFF).astype(np.uint16), kind="stable")
    for shift in range(_DIGIT, int(keys.max()).bit_length(), _DIGIT):
        digit = (keys >> shift).astype(np.uint16).take(order)
        order = order.take(np.argsort(digit, kind="stable"))
    return order


_SHORT = 24  # rows up to this length are handled together, column by column
_LONG = 1024  # rows beyond it item by item; those between, row by row


def pair_keys(
    items: Ints, offsets: Longs, width: int, dtype: np.dtype, room: int
) -> Iterator[NDArray[np.integer]]:
    """``first * width + second`` for all pairs in all rows, `room` of them at a time.

    The array is reused.
    """
    buffer = np.empty(room, dtype=dtype)
    used = 0

    def put(
        first: NDArray[np.integer], second: NDArray[np.integer]
    ) -> Iterator[NDArray[np.integer]]:
        nonlocal used
        size, done = len(second), 0
        while done < size:
            take = min(size - done, room - used)
            np.add(
                first if first.ndim == 0 else first[done : done + take],
                second[done : done + take],
                out=buffer[used : used + take],
            )
            used += take
            done += take
            if used == room:
                yield buffer
                used = 0

    lengths = np.diff(offsets)
    order = _longest_first(lengths)
    order = order[: np.count_nonzero(lengths > 1)]
    lengths, starts = lengths.take(order), offsets.take(order)
    values = items.astype(dtype)
    factor = dtype.type(width)
    long, short = np.searchsorted(-lengths, [-_LONG, -_SHORT])
    for start, length in zip(starts[:long].tolist(), lengths[:long].tolist(), strict=True):
        row = values[start : start + length]
        for i in range(length - 1):
            yield from put(row[i] * factor, row[i + 1 :])
    if long < short:
        longest = int(lengths[long])
        second = np.repeat(np.arange(longest), np.arange(longest))
        first = np.arange(len(second)) - second * (second - 1) // 2
        for start, length in zip(
            starts[long:short].tolist(), lengths[long:short].tolist(), strict=True
        ):
            row = values[start : start + length]
            size = length * (length - 1) // 2
            yield from put((row * factor).take(first[:size]), row.take(second[:size]))
    for block in range(int(short), len(order), 1 << 15):
        some, at = lengths[block : block + (1 << 15)], starts[block : block + (1 << 15)]
        columns: list[NDArray[np.integer]] = []
        for j in range(int(some[0])):
            column = values.take(at[: np.searchsorted(-some, -j)] + j)  # of the rows longer than j
            for earlier in columns:
                yield from put(earlier[: len(column)], column)
            columns.append(column * factor)
    if used:
        yield buffer[:used]


def _longest_first(lengths: Longs) -> Longs:
    """Rows by length; equal ones in their order."""
    negative = -lengths
    if len(lengths) and int(lengths.max()) < 1 << 15:
        negative = negative.astype(np.int16)  # short integers are sorted by radix
    return np.argsort(negative, kind="stable")


class Vertical:
    """Transactions by item, as bitsets and as lists, in pieces of rows whose bitsets fit in memory.

    Rows with fewer useful items than `least` are left out; the rest are sorted by length, longest
    first, so that the rows that can hold a set of k items come first.
    """

    def __init__(self, part: Part, useful: NDArray[np.bool_], least: int, mining: Mining):
        self.local = np.cumsum(useful, dtype=np.int32) - 1
        self.width = int(np.count_nonzero(useful))
        items, lengths = restricted(part.items, np.diff(part.offsets), useful.take(part.number))
        order = _longest_first(lengths)
        rows = int(np.count_nonzero(lengths >= least))
        if rows < len(lengths) or (len(lengths) and lengths[order[0]] != lengths[order[-1]]):
            order = order[:rows]
            starts = offsets_of(lengths)[:-1]
            lengths = lengths.take(order)
            items = items.take(ragged(starts.take(order), lengths))
        self.lengths = lengths
        # by row; by item only where lists of rows are asked for
        self.items = self.local.take(part.number).take(items)
        self.rows = np.repeat(np.arange(rows, dtype=np.int32), lengths)
        self.by_item = False
        per_piece = (
            max(mining.memory // 4 // max(self.width, 1), 64) // 8 * 8 * 8
        )  # rows, a bit each
        self.pieces = [(r, min(r + per_piece, rows)) for r in range(0, rows, per_piece)]
        self.kept: tuple[Words, Longs] | None = None

    def _sort(self) -> None:
        """Lists of rows, item by item."""
        if not self.by_item:
            order = argsort(self.items.astype(np.int64))
            self.items, self.rows = self.items.take(order), self.rows.take(order)
            self.by_item = True

    def lists(self, low: int, high: int) -> Ints:
        """Rows of each item, from `low`, one item after another."""
        self._sort()
        if len(self.pieces) == 1:
            return self.rows
        return self.rows[(self.rows >= low) & (self.rows < high)] - np.int32(low)

    def piece(self, low: int, high: int) -> tuple[Words, Longs]:
        """Bitsets (items x words), and where the rows of each item begin in `lists`."""
        if self.kept is not None:
            return self.kept
        if self.width * (high - low) > _PLAIN * len(self.items):
            self._sort()
        items, rows = self.items, self.rows
        if len(self.pieces) > 1:
            inside = (rows >= low) & (rows < high)
            items, rows = items[inside], rows[inside] - np.int32(low)
        starts = np.zeros(self.width + 1, dtype=np.int64)
        np.cumsum(np.bincount(items, minlength=self.width), out=starts[1:])
        words = -(-(high - low) // (64 * _LANES)) * _LANES
        if not self.by_item:
            plain = np.zeros(self.width * words * 64, dtype=bool)
            plain[items.astype(np.int64) * (words * 64) + rows] = True
            bits = np.packbits(plain, bitorder="little").view("<u8")
        else:
            bits = np.zeros(self.width * words, dtype=np.uint64)
            if len(rows):
                at = items.astype(np.int64) * words + (rows >> 6)
                first = np.flatnonzero(np.diff(at, prepend=-1))
                one = np.uint64(1) << (rows & 63).astype(np.uint64)
                bits[at.take(first)] = np.bitwise_or.reduceat(one, first)
        result = bits.reshape(self.width, words), starts
        if len(self.pieces) == 1:
            self.kept = result
        return result

    def able(self, size: int) -> int:
        """How many rows have so many useful items; they are the first ones."""
        return int(np.searchsorted(-self.lengths, -size, side="right"))

    def count(self, prefixes: Ints, expected: Longs, which: Longs, lasts: Ints) -> Longs:
        """Count candidates.

        Parameters
        ----------
        prefixes : (p, k - 1) items of each prefix
        expected : (p) count of each prefix, for choosing the way
        which : (c) number of the prefix of each candidate, ascending; each occurs
        lasts : (c) last item of each candidate

        Returns
        -------
        int64 (c)
        """
        size = prefixes.shape[1] + 1
        prefixes, lasts = self.local.take(prefixes), self.local.take(lasts)
        counts = np.zeros(len(which), dtype=np.int64)
        children = np.bincount(which, minlength=len(prefixes))
        able = self.able(size)
        for low, high in self.pieces:
            if low >= able:
                break
            bits, starts = self.piece(low, high)
            words = -(-(min(high, able) - low) // (64 * _LANES)) * _LANES
            share = (high - low) / max(int(self.lengths.size), 1)
            heads = np.diff(starts).take(prefixes[:, 0])
            walk = _WALK * (heads + share * expected * children) < words * (size - 2 + children)
            for way, function in ((True, _walk), (False, _intersect)):
                chosen = walk == way
                if not chosen.any():
                    continue
                rows = self.lists(low, high) if way else _NO_ROWS
                if chosen.all():
                    counts += function(bits, words, rows, starts, prefixes, which, lasts, children)
                else:
                    new = np.cumsum(chosen) - 1
                    mine = np.flatnonzero(chosen.take(which))
                    counts[mine] += function(
                        bits,
                        words,
                        rows,
                        starts,
                        prefixes[chosen],
                        new.take(which.take(mine)),
                        lasts.take(mine),
                        children[chosen],
                    )
        return counts


def _spans(costs: NDArray[np.floating] | Longs, limit: float) -> Iterator[tuple[int, int]]:
    """Cut 0..n into spans whose costs sum to about `limit`."""
    upto = np.cumsum(costs)
    low = 0
    while low < len(upto):
        done = upto[low - 1] if low else 0
        high = max(int(np.searchsorted(upto, done + limit, side="right")), low + 1)
        yield low, high
        low = high


def _intersect(
    bits: Words,
    words: int,
    rows: Ints,
    starts: Longs,
    prefixes: Ints,
    which: Longs,
    lasts: Ints,
    children: Longs,
) -> Longs:
    """Count by bitsets: AND over the prefix, then with each last item, and population count."""
    bits = bits[:, :words]
    begin = np.concatenate([[0], np.cumsum(children)])
    counts = np.empty(len(which), dtype=np.int64)
    most = max(_BLOCK // words, 1)
    for low, high in _spans(children + 1, most):
        prefix = bits[prefixes[low:high, 0]]  # take() would copy all of this view first
        for j in range(1, prefixes.shape[1]):
            prefix &= bits[prefixes[low:high, j]]
        for some in range(int(begin[low]), int(begin[high]), most):  # one prefix may have very many
            end = min(some + most, int(begin[high]))
            both = prefix[which[some:end] - low]
            both &= bits[lasts[some:end]]
            counts[some:end] = _ones(both)
    return counts


def _ones(bits: Words) -> Longs:
    """Bits set in each row of an array whose number of columns is a multiple of `_LANES`.

    Eight counts of a byte are summed as one integer: in lanes of 16 bits, then of 32.
    """
    eight = np.bitwise_count(bits).view(np.uint64)
    four = eight & np.uint64(0x00FF00FF00FF00FF)
    eight >>= np.uint64(8)
    four += eight & np.uint64(0x00FF00FF00FF00FF)
    total = np.zeros(len(bits), dtype=np.uint64)
    for low in range(0, four.shape[1], 256):  # 256 * 128 fits in a lane
        lanes = four[:, low : low + 256].sum(axis=1, dtype=np.uint64)
        lanes = (lanes & np.uint64(0x0000FFFF0000FFFF)) + (
            (lanes >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
        )
        total += (lanes & np.uint64(0xFFFFFFFF)) + (lanes >> np.uint64(32))
    return total.astype(np.int64)


def _walk(
    bits: Words,
    words: int,
    rows: Ints,
    starts: Longs,
    prefixes: Ints,
    which: Longs,
    lasts: Ints,
    children: Longs,
) -> Longs:
    """Count by lists: the rows of the rarest item, kept while the others are there."""
    flat_bits, stride = bits.reshape(-1), bits.shape[1]

    def has(item: Ints, row: Ints) -> NDArray[np.bool_]:
        word = flat_bits.take(item.astype(np.int64) * stride + (row >> 6))
        return (word >> (row & 63).astype(np.uint64)) & np.uint64(1) != 0

    begin = np.concatenate([[0], np.cumsum(children)])
    counts = np.empty(len(which), dtype=np.int64)
    heads = np.diff(starts).take(prefixes[:, 0])
    for low, high in _spans(heads * (1 + children), 1 << 18):
        some = prefixes[low:high]
        row = rows.take(ragged(starts.take(some[:, 0]), heads[low:high]))
        owner = np.repeat(np.arange(high - low), heads[low:high])
        inside = row < words * 64
        row, owner = row[inside], owner[inside]
        for j in range(1, some.shape[1]):
            there = has(some[:, j].take(owner), row)
            row, owner = row[there], owner[there]
        sizes = np.bincount(owner, minlength=high - low)
        first = np.cumsum(sizes) - sizes
        mine = slice(int(begin[low]), int(begin[high]))
        group = which[mine] - low
        lengths = sizes.take(group)
        there = has(np.repeat(lasts[mine], lengths), row.take(ragged(first.take(group), lengths)))
        seen = np.concatenate([[0], np.cumsum(there)])
        ends = np.cumsum(lengths)
        counts[mine] = seen.take(ends) - seen.take(ends - lengths)
    return counts


def join(
    levels: list[ItemsetLevel], keys: Longs, data: Vertical, min_count: int, mining: Mining
) -> ItemsetLevel:
    """The next level: join sets with a common prefix, prune by all subsets, count."""
    level = levels[-1]
    number, size = level.items.shape
    size += 1
    parent = level.subsets[:, -1]
    last = np.flatnonzero(np.append(parent[1:] != parent[:-1], True))
    end = np.repeat(last, np.diff(last, prepend=-1)) + 1
    partners = end - np.arange(number) - 1
    candidates = int(partners.sum())
    found: list[ItemsetLevel] = []
    held = sum(table.nbytes for one in levels for table in one)
    table = _pair_table(levels[1], mining.width) if size > 2 else None
    for low, high in _spans(partners, CHUNK):
        x = np.repeat(np.arange(low, high), partners[low:high])
        y = ragged(np.arange(low, high) + 1, partners[low:high])
        b = level.items[:, -1].take(y)
        if table is not None:
            good = table.take(level.items[:, -1].take(x).astype(np.int64) * mining.width + b)
            x, b = x[good], b[good]
        subsets, good = linked(level, keys, x, b, mining.width)
        x, b, subsets = x[good], b[good], subsets[good]
        if not len(x):
            continue
        prefix, which = np.unique(x, return_inverse=True)
        counts = data.count(level.items.take(prefix, axis=0), level.counts.take(prefix), which, b)
        good = counts >= min_count
        if good.any():
            x = x[good]
            found.append(
                ItemsetLevel(
                    np.concatenate([level.items.take(x, axis=0), b[good, None]], axis=1),
                    counts[good],
                    subsets[good],
                )
            )
            held += sum(table.nbytes for table in found[-1])
        if held > mining.memory // 2:
            raise ResourceError(
                f"too many frequent itemsets: {candidates:,} candidates of {size} items come from "
                f"{number:,} itemsets of {size - 1} items that occur {min_count:,} times or more; "
                f"what is frequent among them does not fit in {mining.memory >> 20:,} MiB; ask for "
                "a higher support or shorter itemsets, or give more memory"
            )
    if not found:
        return ItemsetLevel(
            np.empty((0, size), np.int32), np.empty(0, np.int64), np.empty((0, size), np.int32)
        )
    return ItemsetLevel(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _pair_table(pairs: ItemsetLevel, width: int) -> NDArray[np.bool_] | None:
    """Whether (a, b) is a frequent pair, at ``a * width + b``; None where that would be large."""
    if width * width > 1 << 24:
        return None
    table = np.zeros(width * width, dtype=bool)
    table[pairs.items[:, 0].astype(np.int64) * width + pairs.items[:, 1]] = True
    return table


def linked(
    level: ItemsetLevel, keys: Longs, x: Longs, b: Ints, width: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Rows in `level` of all subsets, one item less, of the sets ``level.items[x] + b``; and
    whether all exist.

    The set without item j has the prefix ``level.subsets[x, j]`` and the last item b, which is one
    search in the sorted `keys` of the level.
    """
    size = level.items.shape[1] + 1
    subsets = np.empty((len(x), size), dtype=np.int32)
    subsets[:, -1] = x
    good = np.ones(len(x), dtype=bool)
    for j in range(size - 2, -1, -1):
        wanted = level.subsets[:, j].take(x).astype(np.int64) * width + b
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        good &= keys.take(at) == wanted
        subsets[:, j] = at
    return subsets, good
