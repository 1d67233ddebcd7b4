"""Frequent itemsets by Apriori, level by level, and by partition where memory is short."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts as Longs
from nlpzero.engine.arrays import Ints
from nlpzero.engine.digit_sort import digit_order
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.errors import ResourceError
from nlpzero.rules.itemsets import ItemsetLevel, Itemsets, Kind, checked_kind, minimum_count
from nlpzero.rules.support_counting import (
    BINS,
    BYTES_PER_ENTRY,
    CHUNK,
    ROOM,
    Mining,
    Part,
    Vertical,
    join,
    linked,
    pair_keys,
)
from nlpzero.rules.transactions import Transactions

if TYPE_CHECKING:
    from nlpzero.rules.placed_rows import PlacedRows, RowPlaces

# most bytes of the budget that are left for what is not a table of mining
_BESIDE = 112 << 20


def frequent_itemsets(
    transactions: Transactions | Iterable[Iterable[object]],
    min_support: float,
    *,
    kind: Kind = "frequent",
    max_len: int | None = None,
    strict: bool = False,
    min_item_count: int = 1,
    exclude: Iterable[str] = (),
    resources: Resources | None = None,
) -> Itemsets:
    """Find all itemsets that occur often enough, with exact counts.

    Parameters
    ----------
    transactions : Transactions, or iterable of iterables of items
    min_support : float in [0, 1], or int >= 0
        A float is a proportion of the transactions, an int a number of them.
    kind : {"frequent", "closed", "maximal"}
        All of them; only those without a larger itemset of the same count; only those without a
        larger frequent itemset. Larger itemsets beyond `max_len` are taken into account.
    max_len : int >= 1, optional
        Largest number of items in an itemset.
    strict : bool
        Whether support must be larger than `min_support` (``>``, as in the seed articles), not only
        reach it (``>=``).
    min_item_count : int >= 1
        Leave out items that occur in fewer transactions, whatever `min_support` is.
    exclude : iterable of str
        Leave out these items; transactions are counted with them as without.
    resources : Resources, optional
        The tables of mining stay within its budget, about. Transactions that do not fit are mined
        by partition (Savasere, Omiecinski, Navathe, VLDB 1995), with the same result. It works in
        one process, whatever `jobs` is; transactions that workers of a cluster have read are mined
        by these, in parts.

    Returns
    -------
    Itemsets

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its domain.
    ResourceError
        If so many itemsets are frequent that the budget does not hold them; the message has the
        number of candidates.

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
    >>> [s.items for s in frequent_itemsets(baskets, 2, kind="closed")]
    [('tea',), ('cake',), ('milk', 'tea')]
    """
    checked_kind(kind)
    if max_len is not None and (
        isinstance(max_len, bool) or not isinstance(max_len, (int, np.integer))
    ):
        raise TypeError(f"`max_len` must be an integer >= 1 or None, got {max_len!r}")
    if max_len is not None and max_len < 1:
        raise ValueError(f"`max_len` must be an integer >= 1 or None, got {max_len}")
    if not isinstance(transactions, Transactions):
        transactions = Transactions.from_lists(transactions)
    resources = Resources() if resources is None else resources
    # a model that cut words and the names of all items stay in memory beside the tables of mining
    budget = resources.budget
    memory = max(budget * 3 // 5, budget - _BESIDE)
    total = len(transactions)
    min_count = minimum_count(min_support, total, strict)

    counts = transactions.counts()
    frequent = np.flatnonzero(counts >= max(min_count, min_item_count))
    out = frozenset(exclude)
    if out:
        inside = [transactions.names[i] not in out for i in frequent.tolist()]
        frequent = frequent[np.array(inside, dtype=bool)]
    names = [transactions.names[i] for i in frequent.tolist()]
    by_name = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    # inside, items are numbered by ascending count: prefixes are rare, so few transactions are
    # walked
    order = by_name[np.argsort(counts[frequent[by_name]], kind="stable")]
    rank = np.empty(len(names), dtype=np.int32)
    rank[by_name] = np.arange(len(names), dtype=np.int32)
    number = np.empty(len(names), dtype=np.int32)  # of each frequent item, in the order given
    number[order] = np.arange(len(names), dtype=np.int32)
    keep = np.zeros(len(counts), dtype=bool)
    keep[frequent] = True
    place = np.cumsum(keep, dtype=np.int32) - np.int32(1)
    depth = None if max_len is None else max_len + 1  # one more, to know what is closed or cut off
    entries = max(memory // BYTES_PER_ENTRY, 1)

    def parts() -> Iterator[Part]:
        for items, offsets in transactions.partitions(keep, entries):
            if len(names) < len(place):
                items = place.take(items)
            yield Part(_ascending(items, offsets), offsets, number)

    mining = Mining(min_count, total, len(names), depth, memory, resources)
    places = transactions.places(np.where(keep, place, np.int32(-1)), min_count)
    if places is not None:
        found = _mine_on_workers(places, number, counts[frequent[order]], mining)
    elif int(counts[frequent].sum()) <= entries:
        part = next(parts(), Part(np.empty(0, np.int32), np.zeros(1, np.int64), number))
        found = _mine(part, counts[frequent[order]], min_count, mining)
    else:
        found = _mine_partitions(parts, counts[frequent[order]], mining)
    levels = _in_order(found, rank[order])
    beyond = levels.pop() if max_len is not None and len(levels) > max_len else None
    return Itemsets(total, min_count, sorted(names), levels, kind, beyond)


def _ascending(items: Ints, offsets: Longs) -> Ints:
    """Items ascending in each row, as most are already."""
    if len(items) < 2:
        return items
    falls = items[1:] <= items[:-1]
    starts = offsets[1:-1]
    falls[starts[(starts > 0) & (starts < len(items))] - 1] = False
    if not falls.any():
        return items
    lengths = np.diff(offsets)
    keys = np.repeat(np.arange(len(lengths), dtype=np.int64) << 32, lengths)
    keys |= items
    keys.sort()
    return keys.astype(np.int32)  # the low halves


def _mine(part: Part, counts: Longs, min_count: int, mining: Mining) -> list[ItemsetLevel]:
    """All itemsets with at least `min_count`, level by level, in lexicographic order of item
    numbers.

    The first level is always all items, so that a set of one item has the number of the item.
    """
    width = mining.width
    everything = np.arange(width, dtype=np.int32)
    levels = [ItemsetLevel(everything[:, None], counts, np.zeros((width, 1), dtype=np.int32))]
    mining.advance(1, width)
    keys = everything.astype(np.int64)
    lengths = np.diff(part.offsets)
    data: Vertical | None = None
    while len(levels[-1].counts) > 1 and (mining.depth is None or len(levels) < mining.depth):
        size = len(levels) + 1
        if size == 2 and (
            int((lengths * (lengths - 1) // 2).sum()) * 5
            < width * width // 2 * (len(lengths) // 64 + 1)
        ):
            level = _pairs(part, width, min_count, mining)
        else:
            if size <= 3:
                useful = np.zeros(width, dtype=bool)
                useful[levels[-1].items] = True
                if data is None or int(counts[useful].sum()) * 2 < int(counts.sum()):
                    data = Vertical(part, useful, size, mining)
            assert data is not None
            level = join(levels, keys, data, min_count, mining)
        if not len(level.counts):
            break
        levels.append(level)
        keys = level.subsets[:, -1].astype(np.int64) * width + level.items[:, -1]
        mining.advance(size, len(level.counts))
    return levels


def _pairs(part: Part, width: int, min_count: int, mining: Mining) -> ItemsetLevel:
    def select(keys: NDArray[np.integer], counts: Longs) -> tuple[NDArray[np.integer], Longs]:
        enough = counts >= min_count
        return keys[enough], counts[enough]

    keys, counts = _count_pairs(part, width, select, mining)
    one, other = part.number.take(np.divmod(keys, max(width, 1)))
    first, second = np.minimum(one, other), np.maximum(one, other)
    order = digit_order(first.astype(np.int64) * width + second)
    pairs = np.stack([first, second], axis=1).take(order, axis=0)
    return ItemsetLevel(pairs, counts.take(order), np.ascontiguousarray(pairs[:, ::-1]))


Select = Callable[[NDArray[np.integer], Longs], tuple[NDArray[np.integer], Longs]]


def _count_pairs(part: Part, width: int, select: Select, mining: Mining) -> tuple[Longs, Longs]:
    """Keys ``first * width + second`` (first < second, as in `part.items`) of the selected pairs,
    ascending, and their counts.

    The keys of all pairs in all transactions are binned where there are few different ones, else
    sorted; in several rounds over ranges of the first item when they do not fit in memory together.
    """
    items, offsets, _ = part
    lengths = np.diff(offsets)
    total = int((lengths * (lengths - 1) // 2).sum())
    bins = width * width
    if not total:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    if bins <= BINS or (bins <= 4 * total and bins * 64 <= mining.memory):
        counts = np.zeros(bins, dtype=np.int64)
        room = min(total, max(1 << 19, bins))
        for keys in pair_keys(items, offsets, width, np.dtype(np.int64), room):
            counts += np.bincount(keys, minlength=bins)
        found = np.flatnonzero(counts)
        keys, counts = select(found, counts.take(found))
        return keys.astype(np.int64), counts
    dtype = np.dtype(np.uint32 if bins < 1 << 32 else np.int64)
    room = max(mining.memory // 48, ROOM)  # a key, and what finding equal ones takes
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
            (keys,) = pair_keys(items, offsets, width, dtype, total)
        else:
            keys = np.concatenate(
                [
                    chunk[(chunk >= low * width) & (chunk < high * width)]
                    for chunk in pair_keys(items, offsets, width, dtype, 1 << 20)
                ]
            )
        keys.sort()
        last = np.flatnonzero(keys[1:] != keys[:-1])
        last = np.append(last, len(keys) - 1)
        keys, counts = select(keys.take(last), np.diff(last, prepend=-1))
        some_keys.append(keys.astype(np.int64))
        some_counts.append(counts)
    return np.concatenate(some_keys), np.concatenate(some_counts)


def _mine_partitions(
    parts: Callable[[], Iterable[Part]], counts: Longs, mining: Mining
) -> list[ItemsetLevel]:
    """Mine each part with a threshold in proportion, then count the union of what was found,
    exactly.

    A set with c of n transactions has at least c * m / n of the m in some part, so nothing is
    missed.
    """
    quiet = mining._replace(resources=None)
    union = _union_of((_mine_part(part, quiet) for part in parts()), mining)
    candidates = _candidates(union, counts, mining)
    if union:
        for part in parts():
            _count_union(part, candidates, mining)
    return _frequent_of(candidates, mining)


def _mine_on_workers(
    places: "RowPlaces", number: Ints, counts: Longs, mining: Mining
) -> list[ItemsetLevel]:
    """The same, each part mined, and then counted, by a worker of a cluster."""
    quiet = mining._replace(resources=None)
    if len(places) <= 1:  # what is frequent in the only part is frequent
        first = _mine(Part(np.empty(0, np.int32), np.zeros(1, np.int64), number), counts, 1, quiet)
        (levels,) = [*places.map(_mining_worker, number, quiet)] or [first]
        for size, level in enumerate(levels, 1):
            mining.advance(size, len(level.counts))
        return levels
    union = _union_of(places.map(_mining_worker, number, quiet), mining)
    candidates = _candidates(union, counts, mining)
    if union:
        for some in places.map(_counting_worker, number, candidates, quiet):
            for level, more in zip(candidates[1:], some, strict=True):
                level.counts[:] += more
    return _frequent_of(candidates, mining)


def _mining_worker(
    rows: "PlacedRows", number: Ints, mining: Mining, *, report: ReadReport
) -> list[ItemsetLevel]:
    return _mine_part(_part_of(rows, number), mining)


def _counting_worker(
    rows: "PlacedRows",
    number: Ints,
    candidates: list[ItemsetLevel],
    mining: Mining,
    *,
    report: ReadReport,
) -> list[Longs]:
    mine = [level._replace(counts=np.zeros_like(level.counts)) for level in candidates]
    _count_union(_part_of(rows, number), mine, mining)
    return [level.counts for level in mine[1:]]


def _part_of(rows: "PlacedRows", number: Ints) -> Part:
    items, offsets = rows.load()
    return Part(_ascending(items, offsets), offsets, number)


def _mine_part(part: Part, mining: Mining) -> list[ItemsetLevel]:
    """What is frequent in one part of the transactions, with a threshold in proportion."""
    items, offsets, number = part
    rows = len(offsets) - 1
    least = max(-(-mining.min_count * rows // mining.total), 1)
    local = np.bincount(items, minlength=mining.width)
    some = local >= least
    mask = some.take(items)
    seen = np.concatenate([[0], np.cumsum(mask)])
    by_number = np.empty(mining.width, dtype=np.int64)
    by_number[number] = local
    return _mine(Part(items[mask], seen.take(offsets), number), by_number, least, mining)


def _union_of(found: Iterable[list[ItemsetLevel]], mining: Mining) -> list[tuple[Longs, Longs]]:
    """What is frequent in some part: per level from the second, prefix rows and last items."""
    union: list[tuple[Longs, Longs]] = []
    for levels in found:
        union = _united(union, levels, mining.width)
        held = sum(array.nbytes for pair in union for array in pair)
        if held > mining.memory // 2:
            raise ResourceError(
                f"too many candidates: {sum(len(pair[0]) for pair in union):,} itemsets are "
                "frequent in some part of the transactions, which does not fit in "
                f"{mining.memory >> 20:,} MiB; ask for a higher support or shorter itemsets, or "
                "give more memory"
            )
    return union


def _candidates(
    union: list[tuple[Longs, Longs]], counts: Longs, mining: Mining
) -> list[ItemsetLevel]:
    """Levels with all that was frequent somewhere, not counted yet beyond single items."""
    everything = np.arange(mining.width, dtype=np.int32)
    mining.advance(1, mining.width)
    first = ItemsetLevel(everything[:, None], counts, np.zeros((mining.width, 1), dtype=np.int32))
    candidates = [first]
    for prefix, last in union:
        before = candidates[-1].items
        candidates.append(
            ItemsetLevel(
                np.concatenate(
                    [before.take(prefix, axis=0), last[:, None].astype(np.int32)], axis=1
                ),
                np.zeros(len(prefix), dtype=np.int64),
                prefix[:, None].astype(np.int32),
            )
        )
    return candidates


def _united(
    union: list[tuple[Longs, Longs]], levels: list[ItemsetLevel], width: int
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


def _count_union(part: Part, candidates: list[ItemsetLevel], mining: Mining) -> None:
    """Add the counts in one part to those of all candidates."""
    width = mining.width
    pairs = candidates[1]
    given = np.argsort(part.number)  # the items of `part` by the numbers of the candidates
    one, other = given.take(pairs.items.T)
    wanted = np.minimum(one, other) * width + np.maximum(one, other)
    order = digit_order(wanted)
    wanted = wanted.take(order)

    def select(keys: NDArray[np.integer], counts: Longs) -> tuple[NDArray[np.integer], Longs]:
        at = np.searchsorted(wanted, keys)
        there = wanted.take(np.minimum(at, len(wanted) - 1)) == keys
        return at[there], counts[there]

    at, counts = _count_pairs(part, width, select, mining)
    pairs.counts[order.take(at)] += counts
    if len(candidates) > 2:
        useful = np.zeros(width, dtype=bool)
        useful[candidates[2].items] = True
        data = Vertical(part, useful, 3, mining)
        share = (len(part.offsets) - 1) / mining.total
        for before, level in pairwise(candidates[1:]):
            expected = (before.counts * share).astype(np.int64)
            for low in range(0, len(level.counts), CHUNK):
                some = slice(low, low + CHUNK)
                prefix, which = np.unique(level.subsets[some, 0], return_inverse=True)
                level.counts[some] += data.count(
                    before.items.take(prefix, axis=0),
                    expected.take(prefix),
                    which,
                    level.items[some, -1],
                )


def _frequent_of(candidates: list[ItemsetLevel], mining: Mining) -> list[ItemsetLevel]:
    """Drop what is not frequent, and find the subsets of what is."""
    levels = [candidates[0]]
    row = np.arange(mining.width, dtype=np.int64)  # new row of each candidate of the level before
    keys = row
    for level in candidates[1:]:
        good = level.counts >= mining.min_count
        if not good.any():
            break
        x, b = row.take(level.subsets[good, 0]), level.items[good, -1]
        subsets, _ = linked(levels[-1], keys, x, b, mining.width)
        row = np.cumsum(good) - 1
        keys = x * mining.width + b
        levels.append(ItemsetLevel(level.items[good], level.counts[good], subsets))
        mining.advance(len(levels), len(b))
    return levels


def _in_order(levels: list[ItemsetLevel], rank: Ints) -> list[ItemsetLevel]:
    """Number items by name, and sort each level by count (largest first), then by names."""
    result: list[ItemsetLevel] = []
    place = np.zeros(1, dtype=np.int32)
    spelled = np.zeros(1, dtype=np.int64)  # where each set of the level before is, by names alone
    for level in levels:
        if not len(level.counts):
            break
        items = rank.take(level.items)
        inside = np.argsort(items, axis=1)
        items = np.take_along_axis(items, inside, axis=1)
        subsets = np.take_along_axis(level.subsets, inside, axis=1)
        by_name = digit_order(spelled.take(subsets[:, -1]) * len(rank) + items[:, -1])
        counts = level.counts.take(by_name)
        order = by_name.take(digit_order(counts.max() - counts))
        subsets = place.take(subsets.take(order, axis=0))
        result.append(ItemsetLevel(items.take(order, axis=0), level.counts.take(order), subsets))
        place = np.empty(len(order), dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        spelled = np.empty(len(order), dtype=np.int64)
        spelled[by_name] = np.arange(len(order), dtype=np.int64)
    return result
