"""Frequent itemsets: level-wise Apriori on arrays, exact, in bounded memory.

Pairs are counted sparsely: the pairs inside every transaction become integer keys that are sorted or binned.
Larger sets are joined from two sets with a common prefix, pruned by all their subsets, and counted either on
vertical bitsets or by walking the transactions of the prefix, whichever is cheaper for that prefix. No matrix of all
items is ever made. Transactions that do not fit in memory are mined by partition.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts as Longs
from nlpzero.engine.arrays import Ints
from nlpzero.errors import ResourceError
from nlpzero.transactions import SpilledTransactions, Transactions
from nlpzero.transactions import ragged as _ragged

Kind = Literal["frequent", "closed", "maximal"]
Words = NDArray[np.uint64]

_DEFAULT_MEMORY = 1 << 30


class Itemset(NamedTuple):
    """A set of items and how often it occurs.

    ``support`` is ``count`` divided by the number of transactions.
    """

    items: tuple[str, ...]
    support: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class Level(NamedTuple):
    """All itemsets of one size, as arrays.

    ``items``: int32 (m, size), numbers into `Itemsets.names`, ascending in each row; ``counts``: int64 (m);
    ``subsets``: int32 (m, size), where ``subsets[i, j]`` is the row, in the level before, of set i without its
    j-th item.
    """

    items: Ints
    counts: Longs
    subsets: Ints


class Itemsets(Sequence[Itemset]):
    """Itemsets with their counts: a sequence of :class:`Itemset`, kept as arrays.

    Ordered by size, then by count (largest first), then by item names.

    Attributes
    ----------
    transactions : int
        Number of transactions.
    min_count : int
        The smallest count an itemset may have here.
    names : tuple of str
        Names of the frequent items, ascending by code point.
    levels : tuple of Level
        All frequent itemsets, whatever the kind; level i has sets of i + 1 items.
    kind : {"frequent", "closed", "maximal"}
        Which of them the sequence shows.
    complete : bool
        False if larger frequent itemsets exist, but `max_len` kept them out.
    """

    def __init__(
        self,
        transactions: int,
        min_count: int,
        names: Sequence[str],
        levels: Sequence[Level],
        kind: Kind = "frequent",
        beyond: Level | None = None,
    ) -> None:
        self.transactions = transactions
        self.min_count = min_count
        self.names = tuple(names)
        self.levels = tuple(levels)
        self.kind = kind
        self.complete = beyond is None or not len(beyond.counts)
        self._beyond = beyond
        self._shown = [self._select(size) for size in range(len(self.levels))]
        self._ends = np.cumsum([len(shown) for shown in self._shown]).tolist()

    def _select(self, size: int) -> Longs:
        counts = self.levels[size].counts
        shown = np.ones(len(counts), dtype=bool)
        above = self.levels[size + 1] if size + 1 < len(self.levels) else self._beyond
        if self.kind != "frequent" and above is not None:
            covered = above.subsets
            if self.kind == "closed":
                covered = covered[counts.take(covered) == above.counts[:, None]]
            shown[covered] = False
        return np.flatnonzero(shown)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> Itemset: ...
    @overload
    def __getitem__(self, index: slice) -> list[Itemset]: ...
    def __getitem__(self, index: int | slice) -> Itemset | list[Itemset]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} itemsets")
        index %= len(self)
        size = int(np.searchsorted(self._ends, index, side="right"))
        row = self._shown[size][index - (self._ends[size - 1] if size else 0)]
        level = self.levels[size]
        count = int(level.counts[row])
        items = tuple(self.names[i] for i in level.items[row].tolist())
        return Itemset(items, count / self.transactions, count)

    def __iter__(self) -> Iterator[Itemset]:
        names = np.array(self.names, dtype=object)
        for level, shown in zip(self.levels, self._shown, strict=True):
            columns = [names.take(level.items[shown, j]) for j in range(level.items.shape[1])]
            counts = level.counts.take(shown)
            support = counts / self.transactions
            yield from map(Itemset, zip(*columns, strict=True), support.tolist(), counts.tolist())

    def __repr__(self) -> str:
        return (
            f"<Itemsets: {len(self):,} {self.kind}, of 1 to {len(self.levels)} items, "
            f"in {self.transactions:,} transactions>"
        )

    def of_kind(self, kind: Kind) -> "Itemsets":
        """The same itemsets, showing only those of a kind.

        Parameters
        ----------
        kind : {"frequent", "closed", "maximal"}
            ``closed``: no larger itemset has the same count. ``maximal``: no larger itemset is frequent.
        """
        return Itemsets(
            self.transactions,
            self.min_count,
            self.names,
            self.levels,
            _checked_kind(kind),
            self._beyond,
        )

    def to_dataframe(self):  # type: ignore[no-untyped-def]  # pandas is optional
        """A pandas DataFrame with mlxtend's columns ``support`` and ``itemsets``, plus ``count``."""
        import pandas as pd

        rows = list(self)
        return pd.DataFrame(
            {
                "support": [row.support for row in rows],
                "itemsets": [frozenset(row.items) for row in rows],
                "count": [row.count for row in rows],
            }
        )


def _checked_kind(kind: str) -> Kind:
    if kind not in ("frequent", "closed", "maximal"):
        raise ValueError(f"`kind` must be 'frequent', 'closed' or 'maximal', got {kind!r}")
    return kind  # type: ignore[return-value]


def minimum_count(min_support: float, transactions: int, strict: bool = True) -> int:
    """The smallest count that satisfies `min_support`.

    Parameters
    ----------
    min_support : float in [0, 1], or int >= 0
        A float is a proportion of the transactions, an int a number of them.
    transactions : int
        Number of transactions.
    strict : bool
        Whether the count must be larger than `min_support` says (``>``), or may be equal (``>=``).

    Returns
    -------
    int
        At least 1: an itemset that never occurs is never frequent.

    Raises
    ------
    TypeError, ValueError
        If `min_support` is no number or out of range.

    Examples
    --------
    >>> from nlpzero import minimum_count
    >>> minimum_count(0.06, 930), minimum_count(0.1, 930), minimum_count(0.1, 930, strict=False)
    (56, 94, 93)
    >>> minimum_count(5, 930), minimum_count(5, 930, strict=False)
    (6, 5)
    """
    if isinstance(min_support, (bool, np.bool_)) or not isinstance(
        min_support, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"`min_support` must be a float in [0, 1] or an int, got {min_support!r}")
    if isinstance(min_support, (int, np.integer)):
        if min_support < 0:
            raise ValueError(f"`min_support` as a count must be >= 0, got {min_support}")
        return max(int(min_support) + strict, 1)
    if not 0 <= min_support <= 1:
        raise ValueError(
            f"`min_support` as a proportion must be in [0, 1], got {min_support}; pass an int for a count"
        )
    if not transactions:
        return 1
    # the comparison is that of count / transactions with min_support, both as floats
    count = max(int(min_support * transactions) - 1, 0)
    while count <= transactions and not (
        count / transactions > min_support if strict else count / transactions >= min_support
    ):
        count += 1
    return max(count, 1)


def frequent_itemsets(
    transactions: Transactions | SpilledTransactions | Iterable[Iterable[object]],
    min_support: float,
    *,
    kind: Kind = "frequent",
    max_len: int | None = None,
    strict: bool = True,
    min_item_count: int = 1,
    memory: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Itemsets:
    """Find all itemsets that occur often enough, with exact counts.

    Parameters
    ----------
    transactions : Transactions, SpilledTransactions, or iterable of iterables of items
    min_support : float in [0, 1], or int >= 0
        A float is a proportion of the transactions, an int a number of them.
    kind : {"frequent", "closed", "maximal"}
        All of them; only those without a larger itemset of the same count; only those without a larger
        frequent itemset. Larger itemsets beyond `max_len` are taken into account.
    max_len : int >= 1, optional
        Largest number of items in an itemset.
    strict : bool
        Whether support must be larger than `min_support` (``>``, as in the seed articles) or may be equal.
    min_item_count : int >= 1
        Leave out items that occur in fewer transactions, whatever `min_support` is.
    memory : int, optional
        Bytes for the tables of mining, about; 1 GiB if not given. Transactions that do not fit are mined by
        partition (Savasere, Omiecinski, Navathe, VLDB 1995), with the same result.
    progress : callable, optional
        Called with (size, number of itemsets) after each level.

    Returns
    -------
    Itemsets

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its domain.
    ResourceError
        If so many itemsets are frequent that `memory` does not hold them; the message has the number of
        candidates.

    Notes
    -----
    Agrawal, Srikant: Fast algorithms for mining association rules, VLDB 1994.

    Examples
    --------
    >>> from nlpzero import frequent_itemsets
    >>> baskets = [["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]]
    >>> for itemset in frequent_itemsets(baskets, 0.3):
    ...     print(itemset.items, itemset.support)
    ('tea',) 0.75
    ('cake',) 0.5
    ('milk',) 0.5
    ('milk', 'tea') 0.5
    >>> [s.items for s in frequent_itemsets(baskets, 2, strict=False, kind="closed")]
    [('tea',), ('cake',), ('milk', 'tea')]
    """
    _checked_kind(kind)
    if max_len is not None and (
        isinstance(max_len, bool) or not isinstance(max_len, (int, np.integer))
    ):
        raise TypeError(f"`max_len` must be an integer >= 1 or None, got {max_len!r}")
    if max_len is not None and max_len < 1:
        raise ValueError(f"`max_len` must be an integer >= 1 or None, got {max_len}")
    if memory is not None and memory < 1 << 20:
        raise ValueError(f"`memory` must be at least 1 MiB, got {memory} bytes")
    if not isinstance(transactions, (Transactions, SpilledTransactions)):
        transactions = Transactions.from_lists(transactions)
    memory = _DEFAULT_MEMORY if memory is None else int(memory)
    total = len(transactions)
    min_count = minimum_count(min_support, total, strict)

    counts = transactions.counts()
    frequent = np.flatnonzero(counts >= max(min_count, min_item_count))
    names = [transactions.names[i] for i in frequent.tolist()]
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    # inside, items are numbered by ascending count: prefixes are rare, so few transactions are walked
    order = by_name[np.argsort(counts[frequent[by_name]], kind="stable")]
    rank = np.empty(len(names), dtype=np.int32)
    rank[by_name] = np.arange(len(names), dtype=np.int32)
    number = np.full(len(counts), -1, dtype=np.int32)
    number[frequent[order]] = np.arange(len(names), dtype=np.int32)
    depth = None if max_len is None else max_len + 1  # one more, to know what is closed or cut off
    entries = max(memory // _BYTES_PER_ENTRY, 1)

    def parts() -> Iterator[tuple[Ints, Longs]]:
        for items, offsets in transactions.partitions(number >= 0, entries):
            yield _renumbered(items, offsets, number)

    job = _Job(min_count, total, len(names), depth, memory, progress)
    if int(counts[frequent].sum()) <= entries:
        items, offsets = next(parts(), (np.empty(0, np.int32), np.zeros(1, np.int64)))
        found = _mine(items, offsets, counts[frequent[order]], min_count, job)
    else:
        found = _mine_partitions(parts, counts[frequent[order]], job)
    levels = _in_order(found, rank[order])
    beyond = levels.pop() if max_len is not None and len(levels) > max_len else None
    return Itemsets(total, min_count, sorted(names), levels, kind, beyond)


# --- inside ----------------------------------------------------------------------------------------------

_BYTES_PER_ENTRY = 64  # of memory, per item occurrence mined in one piece: keys, columns, tid-lists
_CHUNK = 1 << 20  # candidates looked at together, before pruning
_BLOCK = 1 << 17  # words of a bitset operation, to stay in the cache
_BINS = 1 << 19  # possible pairs up to which they are always binned
_ROOM = 1 << 16  # pairs sorted together, at least
_WALK = 6  # cost of testing one bit of one transaction, in word operations on bitsets


class _Job(NamedTuple):
    """What stays the same all through a call."""

    min_count: int
    total: int
    width: int  # number of frequent items
    depth: int | None
    memory: int
    progress: Callable[[int, int], object] | None

    def tell(self, size: int, found: int) -> None:
        if self.progress is not None:
            self.progress(size, found)


def _renumbered(items: Ints, offsets: Longs, number: Ints) -> tuple[Ints, Longs]:
    """Items by their new numbers, ascending in each row again."""
    lengths = np.diff(offsets)
    keys = np.repeat(np.arange(len(lengths), dtype=np.int64) << 32, lengths)
    keys |= number.take(items)
    keys.sort()
    return keys.astype(np.int32), offsets  # the low halves


def _mine(items: Ints, offsets: Longs, counts: Longs, min_count: int, job: _Job) -> list[Level]:
    """All itemsets with at least `min_count`, level by level, in lexicographic order of item numbers.

    The first level is always all items, so that a set of one item has the number of the item.
    """
    width = job.width
    everything = np.arange(width, dtype=np.int32)
    levels = [Level(everything[:, None], counts, np.zeros((width, 1), dtype=np.int32))]
    job.tell(1, width)
    keys = everything.astype(np.int64)
    lengths = np.diff(offsets)
    data: _Vertical | None = None
    while len(levels[-1].counts) > 1 and (job.depth is None or len(levels) < job.depth):
        size = len(levels) + 1
        if size == 2 and (
            int((lengths * (lengths - 1) // 2).sum()) * 5
            < width * width // 2 * (len(lengths) // 64 + 1)
        ):
            level = _pairs(items, offsets, width, min_count, job)
        else:
            if size <= 3:
                useful = np.zeros(width, dtype=bool)
                useful[levels[-1].items] = True
                data = _Vertical(items, offsets, useful, size, job)
            assert data is not None
            level = _join(levels, keys, data, min_count, job)
        if not len(level.counts):
            break
        levels.append(level)
        keys = level.subsets[:, -1].astype(np.int64) * width + level.items[:, -1]
        job.tell(size, len(level.counts))
    return levels


def _pairs(items: Ints, offsets: Longs, width: int, min_count: int, job: _Job) -> Level:
    def select(keys: NDArray[np.integer], counts: Longs) -> tuple[NDArray[np.integer], Longs]:
        enough = counts >= min_count
        return keys[enough], counts[enough]

    keys, counts = _count_pairs(items, offsets, width, select, job)
    first, second = np.divmod(keys, max(width, 1))
    pairs = np.stack([first, second], axis=1).astype(np.int32)
    return Level(pairs, counts, np.ascontiguousarray(pairs[:, ::-1]))


Select = Callable[[NDArray[np.integer], Longs], tuple[NDArray[np.integer], Longs]]


def _count_pairs(
    items: Ints, offsets: Longs, width: int, select: Select, job: _Job
) -> tuple[Longs, Longs]:
    """Keys ``first * width + second`` (first < second) of the selected pairs, ascending, and their counts.

    The keys of all pairs in all transactions are binned where there are few different ones, else sorted; in
    several rounds over ranges of the first item when they do not fit in memory together.
    """
    lengths = np.diff(offsets)
    total = int((lengths * (lengths - 1) // 2).sum())
    bins = width * width
    if not total:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if bins <= _BINS or (bins * 8 <= total and bins * 64 <= job.memory):
        counts = np.zeros(bins, dtype=np.int64)
        for keys in _pair_keys(items, offsets, width, np.dtype(np.int64), min(total, 1 << 19)):
            counts += np.bincount(keys, minlength=bins)
        found = np.flatnonzero(counts)
        keys, counts = select(found, counts.take(found))
        return keys.astype(np.int64), counts
    dtype = np.dtype(np.uint32 if bins < 1 << 32 else np.int64)
    room = max(job.memory // 48, _ROOM)  # a key, and what finding equal ones takes
    if total <= room:
        ranges = [(0, width)]
    else:
        left = np.repeat(offsets[1:], lengths) - np.arange(1, len(items) + 1)
        upto = np.cumsum(np.bincount(items, weights=left, minlength=width)).astype(np.int64)
        ranges, low = [], 0
        while low < width:
            done = int(upto[low - 1]) if low else 0
            high = max(int(np.searchsorted(upto, done + room, side="right")), low + 1)
            ranges.append((low, high))
            low = high
    some_keys, some_counts = [], []
    for low, high in ranges:
        if len(ranges) == 1:
            (keys,) = _pair_keys(items, offsets, width, dtype, total)
        else:
            keys = np.concatenate(
                [
                    chunk[(chunk >= low * width) & (chunk < high * width)]
                    for chunk in _pair_keys(items, offsets, width, dtype, 1 << 20)
                ]
            )
        keys.sort()
        last = np.flatnonzero(keys[1:] != keys[:-1])
        last = np.append(last, len(keys) - 1)
        keys, counts = select(keys.take(last), np.diff(last, prepend=-1))
        some_keys.append(keys.astype(np.int64))
        some_counts.append(counts)
    return np.concatenate(some_keys), np.concatenate(some_counts)


_SHORT = 24  # rows up to this length are handled together, column by column
_LONG = 1024  # rows beyond it item by item; those between, row by row


def _pair_keys(
    items: Ints, offsets: Longs, width: int, dtype: np.dtype, room: int
) -> Iterator[NDArray[np.integer]]:
    """``first * width + second`` for all pairs in all rows, `room` of them at a time; the array is reused."""
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


class _Vertical:
    """Transactions by item, as bitsets and as lists, in pieces of rows whose bitsets fit in memory.

    Rows with fewer useful items than `least` are left out; the rest are sorted by length, longest first, so
    that the rows that can hold a set of k items come first.
    """

    def __init__(
        self, items: Ints, offsets: Longs, useful: NDArray[np.bool_], least: int, job: _Job
    ):
        self.local = np.cumsum(useful, dtype=np.int32) - 1
        self.width = int(np.count_nonzero(useful))
        mask = useful.take(items)
        row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))[mask]
        items = self.local.take(items[mask])
        lengths = np.bincount(row, minlength=len(offsets) - 1)
        order = _longest_first(lengths)
        rows = int(np.count_nonzero(lengths >= least))
        place = np.full(len(lengths), -1, dtype=np.int64)
        place[order[:rows]] = np.arange(rows)
        self.lengths = lengths.take(order[:rows])
        row = place.take(row)
        if rows < len(lengths):
            inside = row >= 0
            row, items = row[inside], items[inside]
        keys = (items.astype(np.int64) << 32) | row
        keys.sort()
        self.items = (keys >> 32).astype(np.int32)
        self.rows = keys.astype(np.int32)
        per_piece = max(job.memory // 4 // max(self.width, 1), 64) // 8 * 8 * 8  # rows, a bit each
        self.pieces = [(r, min(r + per_piece, rows)) for r in range(0, rows, per_piece)]
        self.kept: tuple[Words, Ints, Longs] | None = None

    def _piece(self, low: int, high: int) -> tuple[Words, Ints, Longs]:
        """Bitsets (items x words), rows of each item, and where they begin."""
        if self.kept is not None:
            return self.kept
        items, rows = self.items, self.rows
        if len(self.pieces) > 1:
            inside = (rows >= low) & (rows < high)
            items, rows = items[inside], rows[inside] - np.int32(low)
        starts = np.zeros(self.width + 1, dtype=np.int64)
        np.cumsum(np.bincount(items, minlength=self.width), out=starts[1:])
        words = (high - low + 63) // 64
        bits = np.zeros(self.width * words, dtype=np.uint64)
        if len(rows):
            at = items.astype(np.int64) * words + (rows >> 6)
            first = np.flatnonzero(np.diff(at, prepend=-1))
            one = np.uint64(1) << (rows & 63).astype(np.uint64)
            bits[at.take(first)] = np.bitwise_or.reduceat(one, first)
        result = bits.reshape(self.width, words), rows, starts
        if len(self.pieces) == 1:
            self.kept = result
        return result

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
        able = int(np.searchsorted(-self.lengths, -size, side="right"))
        for low, high in self.pieces:
            if low >= able:
                break
            bits, rows, starts = self._piece(low, high)
            words = (min(high, able) - low + 63) // 64
            bits = bits[:, :words]
            share = (high - low) / max(int(self.lengths.size), 1)
            heads = np.diff(starts).take(prefixes[:, 0])
            walk = _WALK * (heads + share * expected * children) < words * (size - 2 + children)
            for way, function in ((True, _walk), (False, _intersect)):
                chosen = walk == way
                if chosen.all():
                    counts += function(bits, rows, starts, prefixes, which, lasts, children)
                elif chosen.any():
                    new = np.cumsum(chosen) - 1
                    mine = np.flatnonzero(chosen.take(which))
                    counts[mine] += function(
                        bits,
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
    rows: Ints,
    starts: Longs,
    prefixes: Ints,
    which: Longs,
    lasts: Ints,
    children: Longs,
) -> Longs:
    """Count by bitsets: AND over the prefix, then with each last item, and population count."""
    words = bits.shape[1]
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
            counts[some:end] = np.bitwise_count(both).sum(axis=1, dtype=np.int64)
    return counts


def _walk(
    bits: Words,
    rows: Ints,
    starts: Longs,
    prefixes: Ints,
    which: Longs,
    lasts: Ints,
    children: Longs,
) -> Longs:
    """Count by lists: the rows of the rarest item, kept while the others are there."""
    words = bits.shape[1]
    flat_bits = bits.base.reshape(-1) if bits.base is not None else bits.reshape(-1)
    stride = bits.strides[0] // 8

    def has(item: Ints, row: Ints) -> NDArray[np.bool_]:
        word = flat_bits.take(item.astype(np.int64) * stride + (row >> 6))
        return (word >> (row & 63).astype(np.uint64)) & np.uint64(1) != 0

    begin = np.concatenate([[0], np.cumsum(children)])
    counts = np.empty(len(which), dtype=np.int64)
    heads = np.diff(starts).take(prefixes[:, 0])
    for low, high in _spans(heads * (1 + children), 1 << 18):
        some = prefixes[low:high]
        row = rows.take(_ragged(starts.take(some[:, 0]), heads[low:high]))
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
        there = has(np.repeat(lasts[mine], lengths), row.take(_ragged(first.take(group), lengths)))
        seen = np.concatenate([[0], np.cumsum(there)])
        ends = np.cumsum(lengths)
        counts[mine] = seen.take(ends) - seen.take(ends - lengths)
    return counts


def _join(levels: list[Level], keys: Longs, data: _Vertical, min_count: int, job: _Job) -> Level:
    """The next level: join sets with a common prefix, prune by all subsets, count."""
    level = levels[-1]
    number, size = level.items.shape
    size += 1
    parent = level.subsets[:, -1]
    last = np.flatnonzero(np.append(parent[1:] != parent[:-1], True))
    end = np.repeat(last, np.diff(last, prepend=-1)) + 1
    partners = end - np.arange(number) - 1
    candidates = int(partners.sum())
    found: list[Level] = []
    held = sum(table.nbytes for one in levels for table in one)
    table = _pair_table(levels[1], job.width) if size > 2 else None
    for low, high in _spans(partners, _CHUNK):
        x = np.repeat(np.arange(low, high), partners[low:high])
        y = _ragged(np.arange(low, high) + 1, partners[low:high])
        b = level.items[:, -1].take(y)
        if table is not None:
            good = table.take(level.items[:, -1].take(x).astype(np.int64) * job.width + b)
            x, b = x[good], b[good]
        subsets, good = _linked(level, keys, x, b, job.width)
        x, b, subsets = x[good], b[good], subsets[good]
        if not len(x):
            continue
        prefix, which = np.unique(x, return_inverse=True)
        counts = data.count(level.items.take(prefix, axis=0), level.counts.take(prefix), which, b)
        good = counts >= min_count
        if good.any():
            x = x[good]
            found.append(
                Level(
                    np.concatenate([level.items.take(x, axis=0), b[good, None]], axis=1),
                    counts[good],
                    subsets[good],
                )
            )
            held += sum(table.nbytes for table in found[-1])
        if held > job.memory // 2:
            raise ResourceError(
                f"too many frequent itemsets: {candidates:,} candidates of {size} items come from {number:,} "
                f"itemsets of {size - 1} items that occur {min_count:,} times or more; what is frequent among "
                f"them does not fit in {job.memory >> 20:,} MiB; ask for a higher support or shorter itemsets, "
                "or give more memory"
            )
    if not found:
        return Level(
            np.empty((0, size), np.int32), np.empty(0, np.int64), np.empty((0, size), np.int32)
        )
    return Level(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _pair_table(pairs: Level, width: int) -> NDArray[np.bool_] | None:
    """Whether (a, b) is a frequent pair, at ``a * width + b``; None where that would be large."""
    if width * width > 1 << 24:
        return None
    table = np.zeros(width * width, dtype=bool)
    table[pairs.items[:, 0].astype(np.int64) * width + pairs.items[:, 1]] = True
    return table


def _linked(
    level: Level, keys: Longs, x: Longs, b: Ints, width: int
) -> tuple[Ints, NDArray[np.bool_]]:
    """Rows in `level` of all subsets, one item less, of the sets ``level.items[x] + b``; and whether all exist.

    The set without item j has the prefix ``level.subsets[x, j]`` and the last item b, which is one search in
    the sorted `keys` of the level.
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


def _mine_partitions(
    parts: Callable[[], Iterable[tuple[Ints, Longs]]], counts: Longs, job: _Job
) -> list[Level]:
    """Mine each part with a threshold in proportion, then count the union of what was found, exactly.

    A set with c of n transactions has at least c * m / n of the m in some part, so nothing is missed.
    """
    union: list[tuple[Longs, Longs]] = []  # per level from the second: prefix rows and last items
    quiet = job._replace(progress=None)
    for items, offsets in parts():
        rows = len(offsets) - 1
        least = max(-(-job.min_count * rows // job.total), 1)
        local = np.bincount(items, minlength=job.width)
        some = local >= least
        mask = some.take(items)
        seen = np.concatenate([[0], np.cumsum(mask)])
        levels = _mine(items[mask], seen.take(offsets), local, least, quiet)
        union = _united(union, levels, job.width)
        held = sum(array.nbytes for pair in union for array in pair)
        if held > job.memory // 2:
            raise ResourceError(
                f"too many candidates: {sum(len(pair[0]) for pair in union):,} itemsets are frequent in some "
                f"part of the transactions, which does not fit in {job.memory >> 20:,} MiB; ask for a higher "
                "support or shorter itemsets, or give more memory"
            )
    everything = np.arange(job.width, dtype=np.int32)
    job.tell(1, job.width)
    first = Level(everything[:, None], counts, np.zeros((job.width, 1), dtype=np.int32))
    candidates = [first]
    for prefix, last in union:
        before = candidates[-1].items
        candidates.append(
            Level(
                np.concatenate(
                    [before.take(prefix, axis=0), last[:, None].astype(np.int32)], axis=1
                ),
                np.zeros(len(prefix), dtype=np.int64),
                prefix[:, None].astype(np.int32),
            )
        )
    if union:
        for items, offsets in parts():
            _count_union(items, offsets, candidates, job)
    return _frequent_of(candidates, job)


def _united(
    union: list[tuple[Longs, Longs]], levels: list[Level], width: int
) -> list[tuple[Longs, Longs]]:
    result: list[tuple[Longs, Longs]] = []
    old_rows = new_rows = np.arange(
        width, dtype=np.int64
    )  # rows of the level before, in the result
    for i in range(max(len(union), len(levels) - 1)):
        old = new = np.empty(0, dtype=np.int64)
        if i < len(union):
            old = old_rows.take(union[i][0]) * width + union[i][1]
        if i + 1 < len(levels):
            level = levels[i + 1]
            new = new_rows.take(level.subsets[:, -1]) * width + level.items[:, -1]
        keys = np.union1d(old, new)
        old_rows, new_rows = np.searchsorted(keys, old), np.searchsorted(keys, new)
        prefix, last = np.divmod(keys, width)
        result.append((prefix, last))
    return result


def _count_union(items: Ints, offsets: Longs, candidates: list[Level], job: _Job) -> None:
    """Add the counts in one part to those of all candidates."""
    width = job.width
    pairs = candidates[1]
    wanted = pairs.items[:, 0].astype(np.int64) * width + pairs.items[:, 1]

    def select(keys: NDArray[np.integer], counts: Longs) -> tuple[NDArray[np.integer], Longs]:
        at = np.searchsorted(wanted, keys)
        there = wanted.take(np.minimum(at, len(wanted) - 1)) == keys
        return at[there], counts[there]

    at, counts = _count_pairs(items, offsets, width, select, job)
    pairs.counts[at] += counts
    if len(candidates) > 2:
        useful = np.zeros(width, dtype=bool)
        useful[candidates[2].items] = True
        data = _Vertical(items, offsets, useful, 3, job)
        share = (len(offsets) - 1) / job.total
        for before, level in pairwise(candidates[1:]):
            expected = (before.counts * share).astype(np.int64)
            for low in range(0, len(level.counts), _CHUNK):
                some = slice(low, low + _CHUNK)
                prefix, which = np.unique(level.subsets[some, 0], return_inverse=True)
                level.counts[some] += data.count(
                    before.items.take(prefix, axis=0),
                    expected.take(prefix),
                    which,
                    level.items[some, -1],
                )


def _frequent_of(candidates: list[Level], job: _Job) -> list[Level]:
    """Drop what is not frequent, and find the subsets of what is."""
    levels = [candidates[0]]
    row = np.arange(job.width, dtype=np.int64)  # new row of each candidate of the level before
    keys = row
    for level in candidates[1:]:
        good = level.counts >= job.min_count
        if not good.any():
            break
        x, b = row.take(level.subsets[good, 0]), level.items[good, -1]
        subsets, _ = _linked(levels[-1], keys, x, b, job.width)
        row = np.cumsum(good) - 1
        keys = x * job.width + b
        levels.append(Level(level.items[good], level.counts[good], subsets))
        job.tell(len(levels), len(b))
    return levels


def _in_order(levels: list[Level], rank: Ints) -> list[Level]:
    """Number items by name, and sort each level by count (largest first), then by names."""
    result: list[Level] = []
    place = np.zeros(1, dtype=np.int32)
    for level in levels:
        if not len(level.counts):
            break
        items = rank.take(level.items)
        inside = np.argsort(items, axis=1)
        items = np.take_along_axis(items, inside, axis=1)
        subsets = place.take(np.take_along_axis(level.subsets, inside, axis=1))
        order = np.lexsort([*items.T[::-1], -level.counts])
        result.append(Level(items[order], level.counts[order], subsets[order]))
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
    return result
