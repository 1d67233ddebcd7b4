"""Association rules from frequent itemsets: metrics, filters, pruning of redundant rules, graphs.

Everything is computed on arrays from the counts of the itemsets; a rule becomes an object at the
very end.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Floats
from nlpzero.engine.resources import Resources
from nlpzero.errors import ResourceError
from nlpzero.rules.apriori import frequent_itemsets
from nlpzero.rules.evidence import EVIDENCE, evidence, information
from nlpzero.rules.itemsets import Itemsets
from nlpzero.rules.metrics import METRICS, Rule, rule_metrics
from nlpzero.rules.pruning import direct, most_confident
from nlpzero.rules.rule_filter import RuleFilter
from nlpzero.rules.rule_list import Rules
from nlpzero.rules.significance import adjusted, productive
from nlpzero.rules.transactions import Transactions

# bytes of a rule as an object, about
_BYTES_PER_RULE = 500


class _Table(NamedTuple):
    """Rules as arrays; sides are rows in the levels of the itemsets."""

    size: Counts  # number of items on both sides
    row: Counts  # of the itemset, in its level
    mask: Counts  # bit j: item j of the itemset is in the consequent
    both: Counts
    left: Counts
    right: Counts

    def of(self, which: Bools | Counts) -> "_Table":
        """Some of the rules."""
        return _Table(*(column[which] for column in self))


def association_rules(
    itemsets: Itemsets,
    min_confidence: float = 0.0,
    *,
    minimum: Mapping[str, float] | None = None,
    strict: bool = False,
    where: RuleFilter | None = None,
    order: str = "confidence",
    max_q: float | None = None,
    resources: Resources | None = None,
) -> Rules:
    """Rules between the itemsets, best first.

    Parameters
    ----------
    itemsets : Itemsets
        Of any kind: the counts of all frequent itemsets are there.
    min_confidence : float in [0, 1]
    minimum : mapping of metric name to float, optional
        Further thresholds; names from `METRICS` and `EVIDENCE`.
    strict : bool
        Whether confidence, and the metrics in `minimum`, must be larger than the value given
        (``>``, as in the seed articles), not only reach it (``>=``).
    where : RuleFilter, optional
        Which rules are wanted: items on either side, several consequents, redundant ones, how many.
    order : str
        What makes a rule the better one: a name from `METRICS` or `EVIDENCE`.
    max_q : float in [0, 1], optional
        Only rules of at most this false discovery rate; 1 keeps all, with their p- and q-values.
    resources : Resources, optional
        Only its budget matters, which the rules must fit.

    Returns
    -------
    Rules
        By `order`, then support (both descending), then names of the antecedent, then of the
        consequent. Its columns are ``p_value`` and ``q_value`` where `max_q` is given, and the
        measures of `EVIDENCE` where one of them is in `order` or `minimum`.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its domain.
    ResourceError
        If there are so many rules that the budget does not hold them.

    Notes
    -----
    A p-value is that of Fisher's exact test, one-sided; of a rule with several antecedent items,
    the largest one against the rules with one of them less (Webb, Discovering significant patterns,
    Machine Learning 68, 2007). A q-value (Benjamini and Hochberg) counts as tested all rules of so
    many items that the frequent items can form and `where` allows, whether they were frequent or
    not, and is multiplied by the number of sizes.

    Examples
    --------
    >>> from nlpzero import association_rules, frequent_itemsets
    >>> baskets = [["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]]
    >>> for rule in association_rules(frequent_itemsets(baskets, 0.3), 0.6):
    ...     print(rule.antecedent, rule.consequent, rule.confidence, rule.lift)
    ('milk',) ('tea',) 1.0 1.3333333333333333
    ('tea',) ('milk',) 0.6666666666666666 1.3333333333333333
    """
    if not isinstance(itemsets, Itemsets):
        raise TypeError(
            f"`itemsets` must come from frequent_itemsets, got {type(itemsets).__name__}"
        )
    if order not in (*METRICS, *EVIDENCE):
        raise ValueError(
            f"`order` must be one of {', '.join((*METRICS, *EVIDENCE))}, got {order!r}"
        )
    if max_q is not None and not 0 <= max_q <= 1:
        raise ValueError(f"`max_q` must be in [0, 1] or None, got {max_q}")
    wanted = RuleFilter() if where is None else where
    least = _thresholds(min_confidence, minimum or {})
    budget = (Resources() if resources is None else resources).budget
    most = wanted.max_rules
    # whether all that passes becomes objects in the end
    whole = most is None and not wanted.prune_mirrored and not wanted.prune_indirect
    tables: list[_Table] = []
    held = 0
    for table in _tables(itemsets, least, strict, wanted):
        held += sum(column.nbytes for column in table)
        tables.append(table)
        rules = held // (8 * len(_Table._fields))
        if held > budget // 4 or (whole and _BYTES_PER_RULE * rules > budget):
            raise ResourceError(
                f"more than {rules:,} rules pass, which do not fit in {budget >> 20:,} MiB; ask "
                "for more confidence or support, a minimum of another metric, fewer rules, or give "
                "more memory"
            )
    extra = [name for name in EVIDENCE if any(n in EVIDENCE for n in (order, *least))]
    if max_q is not None:
        extra += ["p_value", "q_value"]
    if not tables:
        return Rules((), dict.fromkeys(extra, ()), itemsets.transactions)
    everything = _Table(*(np.concatenate(column) for column in zip(*tables, strict=True)))
    tested = None
    if max_q is not None:
        p = _p_values(itemsets, everything)
        q = adjusted(itemsets, wanted, everything.size, p)
        everything, tested = everything.of(q <= max_q), (p[q <= max_q], q[q <= max_q])
    kept = _first(itemsets, everything, wanted, order)
    everything = everything.of(kept)
    metrics = _measures(itemsets, everything)
    found = list(_rules(itemsets, everything))
    best = metrics[order].tolist()
    places = sorted(
        range(len(found)),
        key=lambda i: (-best[i], -found[i].count, found[i].antecedent, found[i].consequent),
    )[:most]
    if tested is not None:
        metrics |= {"p_value": tested[0][kept], "q_value": tested[1][kept]}
    columns = {name: tuple(metrics[name].take(places).tolist()) for name in extra}
    return Rules([found[i] for i in places], columns, itemsets.transactions)


def _thresholds(min_confidence: float, minimum: Mapping[str, float]) -> dict[str, float]:
    if not 0 <= min_confidence <= 1:
        raise ValueError(f"`min_confidence` must be in [0, 1], got {min_confidence}")
    for name, value in minimum.items():
        if name not in METRICS and name not in EVIDENCE:
            known = ", ".join((*METRICS, *EVIDENCE))
            raise ValueError(f"unknown metric {name!r}; there are {known}")
        if math.isnan(value):
            raise ValueError(f"the minimum of {name} must be a number, got {value}")
    return {**minimum, "confidence": max(min_confidence, minimum.get("confidence", 0.0))}


def _named(itemsets: Itemsets, items: Iterable[str]) -> Bools:
    wanted = frozenset(items)
    return np.array([name in wanted for name in itemsets.names], dtype=bool)


def _passes(values: Floats, least: float, strict: bool) -> Bools:
    return values > least if strict else values >= least


def _tables(
    itemsets: Itemsets, minimum: Mapping[str, float], strict: bool, wanted: RuleFilter
) -> Iterator[_Table]:
    """Rules that pass, some thousand itemsets at a time."""
    multi = wanted.multi_consequents
    right_items = None if wanted.consequents is None else _named(itemsets, wanted.consequents)
    left_items = None if wanted.antecedents is None else _named(itemsets, wanted.antecedents)
    levels = itemsets.levels
    for size in range(2, len(levels) + 1):
        level = levels[size - 1]
        step = max((1 << 20) >> (size if multi else 0), 1)
        for low in range(0, len(level.counts), step):
            subsets = _Subsets(itemsets, size, np.arange(low, min(low + step, len(level.counts))))
            full = (1 << size) - 1
            masks = range(1, full) if multi else [1 << j for j in range(size)]
            both = level.counts[subsets.rows]
            # if A -> C fails in confidence, so does A' -> C' for every A' in A: bit C of `alive`
            alive: dict[int, Bools] = {}
            for mask in sorted(masks, key=lambda m: (m.bit_count(), m)):
                good = np.ones(len(both), dtype=bool)
                for j in range(size):
                    smaller = mask & ~(1 << j)
                    if mask >> j & 1 and smaller:
                        good &= alive[smaller]
                some = np.flatnonzero(good)
                left = subsets.counts(full & ~mask, some)
                confident = _passes(both.take(some) / left, minimum["confidence"], strict)
                some, left = some[confident], left[confident]
                good[:] = False
                good[some] = True
                alive[mask] = good
                if not len(some):
                    continue
                items = level.items[low:].take(some, axis=0)
                inside = np.ones(len(some), dtype=bool)
                if right_items is not None:
                    for j in range(size):
                        if mask >> j & 1:
                            inside &= right_items.take(items[:, j])
                if left_items is not None:
                    any_left = np.zeros(len(some), dtype=bool)
                    for j in range(size):
                        if not mask >> j & 1:
                            any_left |= left_items.take(items[:, j])
                    inside &= any_left
                some, left = some[inside], left[inside]
                right = subsets.counts(mask, some)
                counts = (itemsets.transactions, both.take(some), left, right)
                metrics = rule_metrics(*counts)
                if any(name in EVIDENCE for name in minimum):
                    metrics |= evidence(*counts)
                inside = np.ones(len(some), dtype=bool)
                for name, least in minimum.items():
                    if name != "confidence":
                        inside &= _passes(metrics[name], least, strict)
                if wanted.prune_redundant:
                    inside &= ~subsets.redundant(full & ~mask, mask, some, both.take(some) / left)
                if inside.any():
                    some = some[inside]
                    yield _Table(
                        np.full(len(some), size, dtype=np.int64),
                        some + low,
                        np.full(len(some), mask, dtype=np.int64),
                        both.take(some),
                        left[inside],
                        right[inside],
                    )


class _Subsets:
    """Counts of all subsets of some itemsets of one size.

    A subset is a mask over the item positions.
    """

    def __init__(self, itemsets: Itemsets, size: int, rows: Counts) -> None:
        self.levels = itemsets.levels
        self.size = size
        self.rows = rows
        self.known: dict[int, Counts] = {(1 << size) - 1: rows}

    def _rows(self, mask: int) -> Counts:
        """Rows of the subsets in their level."""
        if mask not in self.known:
            missing = ((1 << self.size) - 1) & ~mask
            # add the last item that is missing, then leave it out again
            j = missing.bit_length() - 1
            larger = mask | 1 << j
            position = (mask & ((1 << j) - 1)).bit_count()
            table = self.levels[larger.bit_count() - 1].subsets
            self.known[mask] = table[:, position].take(self._rows(larger)).astype(np.int64)
        return self.known[mask]

    def counts(self, mask: int, some: Counts) -> Counts:
        """Counts of the subsets `mask` of the itemsets `some`."""
        return self.levels[mask.bit_count() - 1].counts.take(self._rows(mask).take(some))

    def redundant(self, left: int, right: int, some: Counts, confidence: Floats) -> Bools:
        """Whether part of the antecedent `left` alone gives `right` at least as confidently."""
        result = np.zeros(len(some), dtype=bool)
        part = (left - 1) & left
        while part:  # all non-empty proper subsets of the bits of left
            result |= self.counts(part | right, some) / self.counts(part, some) >= confidence
            part = (part - 1) & left
        return result


def _measures(itemsets: Itemsets, table: _Table) -> dict[str, Floats]:
    counts = (itemsets.transactions, table.both, table.left, table.right)
    return {**rule_metrics(*counts), **evidence(*counts)}


def _p_values(itemsets: Itemsets, table: _Table) -> Floats:
    result = np.ones(len(table.row))
    forms = np.unique(np.stack([table.size, table.mask], axis=1), axis=0).tolist()
    for size, mask in forms:
        mine = np.flatnonzero((table.size == size) & (table.mask == mask))
        subsets = _Subsets(itemsets, size, table.row[mine])
        rows = np.arange(len(mine))
        result[mine] = productive(itemsets.transactions, size, mask, rows, subsets.counts)
    return result


def _first(itemsets: Itemsets, table: _Table, wanted: RuleFilter, order: str) -> Counts:
    """The rules that are left after pruning: the first ones of the order, with all that tie with
    the last of them.
    """
    kept = np.arange(len(table.row))
    if wanted.prune_mirrored:
        confidence = table.both / table.left
        kept = kept[most_confident(table.size, table.row, table.mask, confidence)]
    if wanted.prune_indirect and len(itemsets.levels) > 1:
        pairs = kept[table.size[kept] == 2]
        some = table.of(pairs)
        weights = information(itemsets.transactions, some.both, some.left, some.right)
        gone = pairs[~direct(itemsets.levels[1].items.take(some.row, axis=0), weights)]
        kept = np.setdiff1d(kept, gone, assume_unique=True)
    most = wanted.max_rules
    if most is None or most >= len(kept):
        return kept
    if most == 0:
        return kept[:0]
    some = table.of(kept)
    values = _measures(itemsets, some)[order]
    last = np.lexsort([-some.both, -values])[most - 1]
    keep = (values > values[last]) | ((values == values[last]) & (some.both >= some.both[last]))
    return kept[keep]


def _rules(itemsets: Itemsets, table: _Table) -> Iterator[Rule]:
    metrics = rule_metrics(itemsets.transactions, table.both, table.left, table.right)
    columns = [metrics[name].tolist() for name in METRICS]
    names = itemsets.names
    sides = []
    for size, row, mask in zip(*(c.tolist() for c in table[:3]), strict=True):
        items = itemsets.levels[size - 1].items[row].tolist()
        sides.append(
            (
                tuple([names[item] for j, item in enumerate(items) if not mask >> j & 1]),
                tuple([names[item] for j, item in enumerate(items) if mask >> j & 1]),
            )
        )
    for side, count, *values in zip(sides, table.both.tolist(), *columns, strict=True):
        yield Rule._make((*side, *values, count))


def apriori(
    transactions: Transactions | Iterable[Iterable[object]],
    min_support: float,
    min_confidence: float,
    *,
    max_len: int | None = None,
    strict: bool = False,
    minimum: Mapping[str, float] | None = None,
    where: RuleFilter | None = None,
    order: str = "confidence",
    max_q: float | None = None,
    resources: Resources | None = None,
) -> Rules:
    """Association rules of transactions, in one call.

    `frequent_itemsets` and `association_rules` one after the other; parameters are theirs.

    Examples
    --------
    >>> from nlpzero import apriori
    >>> rules = apriori([["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]], 0.3, 0.9)
    >>> [(r.antecedent, r.consequent, r.support) for r in rules]
    [(('milk',), ('tea',), 0.5)]
    """
    itemsets = frequent_itemsets(
        transactions, min_support, max_len=max_len, strict=strict, resources=resources
    )
    return association_rules(
        itemsets,
        min_confidence,
        minimum=minimum,
        strict=strict,
        where=where,
        order=order,
        max_q=max_q,
        resources=resources,
    )
