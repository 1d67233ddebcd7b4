"""Supports by intersecting lists of transactions."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts as Longs
from nlpzero.engine.arrays import Ints
from nlpzero.engine.digit_sort import digit_order
from nlpzero.engine.jit import brief, interpreting, ready
from nlpzero.engine.resources import Resources
from nlpzero.errors import ResourceError
from nlpzero.rules.growing import grow
from nlpzero.rules.itemsets import ItemsetLevel
from nlpzero.rules.transactions import offsets_of, ragged, restricted

Words = NDArray[np.uint64]

BYTES_PER_ENTRY = 64  # of memory, per item occurrence mined in one piece: keys, columns, tid-lists
CHUNK = 1 << 20  # candidates looked at together, before pruning
_BLOCK = 1 << 17  # words of a bitset operation, to stay in the cache
BINS = 1 << 19  # possible pairs up to which they are always binned
ROOM = 1 << 16  # pairs sorted together, at least
# seconds of work on arrays from which a compiled loop does it, when that is there or must be made
_WORTH, _WORTH_COMPILING = 0.0005, 0.005
_LANES = 8  # bitsets are so many words long, or a multiple
_ALIKE = 1.5  # the longest row by the mean, up to which rows keep their order
_PLAIN = 24  # bitsets are packed from bytes, up to so many for each occurrence of an item
_NO_LISTS = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
_CACHED = 1 << 14  # occurrences whose places are worked out together
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

    Where their lengths differ, rows with fewer useful items than `least` are left out, and the rest
    are sorted by length, longest first, so that the rows that can hold a set of k items come first.
    """

    def __init__(self, part: Part, useful: NDArray[np.bool_], least: int, mining: Mining):
        self.local = np.cumsum(useful, dtype=np.int32) - 1
        self.width = int(np.count_nonzero(useful))
        items, lengths = restricted(part.items, np.diff(part.offsets), useful.take(part.number))
        # where rows are about as long as each other, little is gained by their order
        self._ordered = int(lengths.max(initial=0)) * len(lengths) > _ALIKE * len(items)
        if self._ordered:
            order = _longest_first(lengths)[: np.count_nonzero(lengths >= least)]
            starts = offsets_of(lengths)[:-1]
            lengths = lengths.take(order)
            items = items.take(ragged(starts.take(order), lengths))
        self.lengths = lengths
        self._items, self._name = items, self.local.take(part.number)
        self._by_item: tuple[Ints, Ints] | None = None
        rows = len(lengths)
        per_piece = (
            max(mining.memory // 4 // max(self.width, 1), 64) // 8 * 8 * 8
        )  # rows, a bit each
        self.pieces = [(r, min(r + per_piece, rows)) for r in range(0, rows, per_piece)]
        self.kept: tuple[Words, Longs] | None = None

    def by_item(self) -> tuple[Ints, Ints]:
        """Each occurrence of an item: the item, ascending, and its row, ascending for an item."""
        if self._by_item is None:
            items = self._name.take(self._items)
            rows = np.repeat(np.arange(len(self.lengths), dtype=np.int32), self.lengths)
            order = digit_order(items)
            self._by_item = items.take(order), rows.take(order)
        return self._by_item

    def lists(self, low: int, high: int) -> tuple[Ints, Longs]:
        """Rows of each item, from `low`, one item after another; and where those of each begin."""
        items, rows = self.by_item()
        if len(self.pieces) > 1:
            inside = (rows >= low) & (rows < high)
            items, rows = items[inside], rows[inside] - np.int32(low)
        return rows, np.searchsorted(items, np.arange(self.width + 1))

    def bitsets(self, low: int, high: int) -> tuple[Words, Longs]:
        """Bitsets (items x words) of some rows, and how many are in each."""
        if self.kept is not None:
            return self.kept
        words = -(-(high - low) // (64 * _LANES)) * _LANES
        if len(self.pieces) == 1 and self.width * words * 64 <= _PLAIN * len(self._items):
            bits = self._packed(words)
            sizes = _ones(bits)
        else:
            rows, starts = self.lists(low, high)
            sizes = np.diff(starts)
            bits = np.zeros(self.width * words, dtype=np.uint64)
            if len(rows):
                at = np.repeat(np.arange(self.width) * words, sizes) + (rows >> 6)
                first = np.flatnonzero(np.diff(at, prepend=-1))
                one = np.uint64(1) << (rows & 63).astype(np.uint64)
                bits[at.take(first)] = np.bitwise_or.reduceat(one, first)
            bits = bits.reshape(self.width, words)
        if len(self.pieces) == 1:
            self.kept = bits, sizes
        return bits, sizes

    def _packed(self, words: int) -> Words:
        """Bitsets of all rows, from an array with a byte for each bit."""
        plain = np.zeros((self.width, words * 64), dtype=bool)
        flat = plain.reshape(-1)
        begin = self._name.astype(np.int64) * (words * 64)
        offsets = offsets_of(self.lengths)
        step = max((_CACHED * len(self.lengths)) // max(len(self._items), 1), 1)
        for low in range(0, len(self.lengths), step):
            lengths = self.lengths[low : low + step]
            some = slice(int(offsets[low]), int(offsets[low + len(lengths)]))
            at = begin.take(self._items[some])
            at += np.repeat(np.arange(low, low + len(lengths)), lengths)
            flat[at] = True
        return np.packbits(plain, axis=1, bitorder="little").view("<u8")

    def able(self, size: int) -> int:
        """How many rows, from the first, hold all those with so many useful items."""
        if not self._ordered:
            return len(self.lengths)
        return int(np.searchsorted(-self.lengths, -size, side="right"))

    def words(self, size: int) -> int:
        """Words of a bitset that rows with so many useful items fill."""
        return -(-self.able(size) // (64 * _LANES)) * _LANES

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
            bits, sizes = self.bitsets(low, high)
            words = -(-(min(high, able) - low) // (64 * _LANES)) * _LANES
            share = (high - low) / max(int(self.lengths.size), 1)
            heads = sizes.take(prefixes[:, 0])
            walk = _WALK * (heads + share * expected * children) < words * (size - 2 + children)
            for way, function in ((True, _walk), (False, _intersect)):
                chosen = walk == way
                if not chosen.any():
                    continue
                rows, starts = self.lists(low, high) if way else _NO_LISTS
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
    parent = levels[-1].subsets[:, -1]
    number, size = len(parent), len(levels) + 1
    last = np.flatnonzero(np.append(parent[1:] != parent[:-1], True))
    ends = np.repeat(last, np.diff(last, prepend=-1)) + 1
    partners = ends - np.arange(number) - 1
    candidates = int(partners.sum())
    words = data.words(size)
    # what arrays take; a compiled loop takes a tenth
    seconds = candidates * (4e-8 * size + min(1.2e-9 * words, 1.5e-6))
    found: list[ItemsetLevel] = []
    held = sum(table.nbytes for one in levels for table in one)
    with brief(seconds):
        if (
            seconds > (_WORTH if ready(grow) else _WORTH_COMPILING)
            and len(data.pieces) == 1
            and not interpreting()
        ):
            parts = _compiled_join(levels, ends, partners, data, min_count)
        else:
            parts = _join(levels, keys, partners, data, min_count, mining)
        for part in parts:
            found.append(part)
            held += sum(table.nbytes for table in part)
            if held > mining.memory // 2:
                raise ResourceError(
                    f"too many frequent itemsets: {candidates:,} candidates of {size} items come "
                    f"from {number:,} itemsets of {size - 1} items that occur {min_count:,} times "
                    f"or more; what is frequent among them does not fit in "
                    f"{mining.memory >> 20:,} MiB; ask for a higher support or shorter itemsets, "
                    "or give more memory"
                )
    if not found:
        return ItemsetLevel(
            np.empty((0, size), np.int32), np.empty(0, np.int64), np.empty((0, size), np.int32)
        )
    return ItemsetLevel(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _join(
    levels: list[ItemsetLevel],
    keys: Longs,
    partners: Longs,
    data: Vertical,
    min_count: int,
    mining: Mining,
) -> Iterator[ItemsetLevel]:
    """The next level on whole arrays, some sets at a time."""
    level = levels[-1]
    table = _pair_table(levels[1], mining.width) if len(levels) > 1 else None
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
        new = np.diff(x, prepend=-1) > 0
        prefix, which = x[new], np.cumsum(new) - 1
        counts = data.count(level.items.take(prefix, axis=0), level.counts.take(prefix), which, b)
        good = counts >= min_count
        if good.any():
            yield _extended(level, x[good], b[good], counts[good], subsets[good])


def _compiled_join(
    levels: list[ItemsetLevel], ends: Longs, partners: Longs, data: Vertical, min_count: int
) -> Iterator[ItemsetLevel]:
    """The next level by one compiled loop, some sets at a time."""
    level = levels[-1]
    number, size = level.items.shape
    before = len(levels[-2].counts) if len(levels) > 1 else 1
    begin = np.searchsorted(level.subsets[:, -1], np.arange(before + 1))
    bits, _ = data.bitsets(*data.pieces[0])
    words = data.words(size + 1)
    stack = np.empty((size, words), dtype=np.uint64)
    room = max(int(partners.max()), min(int(partners.sum()), CHUNK >> 3)) + 1
    x, b = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    counts, links = np.empty(room, dtype=np.int64), np.empty((room, size + 1), dtype=np.int32)
    at = 0
    while at < number:
        at, n = grow(
            level.items,
            level.subsets,
            begin,
            ends,
            bits,
            words,
            data.local,
            min_count,
            at,
            stack,
            x,
            b,
            counts,
            links,
        )
        if n:
            yield _extended(level, x[:n], b[:n], counts[:n].copy(), links[:n].copy())


def _extended(
    level: ItemsetLevel, x: Longs | Ints, b: Ints, counts: Longs, subsets: Ints
) -> ItemsetLevel:
    items = np.concatenate([level.items.take(x, axis=0), b[:, None]], axis=1)
    return ItemsetLevel(items, counts, subsets)


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
