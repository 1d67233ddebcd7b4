"""Association rules from frequent itemsets: metrics, filters, pruning of redundant rules, graphs.

Everything is computed on arrays from the counts of the itemsets; a rule becomes an object at the very end.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Floats
from nlpzero.errors import ResourceError
from nlpzero.rules.apriori import frequent_itemsets
from nlpzero.rules.itemsets import Itemsets
from nlpzero.rules.transactions import SpilledTransactions, Transactions


class Rule(NamedTuple):
    """Who has the antecedent tends to have the consequent.

    With s, a, c the supports of both together, of the antecedent and of the consequent:

    ===================  ==================================================================
    ``support``          s
    ``confidence``       s / a
    ``lift``             confidence / c
    ``leverage``         s - a c
    ``conviction``       (1 - c) / (1 - confidence); inf if the confidence is 1
    ``zhang``            leverage / max(s (1 - a), a (c - s)); 0 if that maximum is 0
    ``jaccard``          s / (a + c - s)
    ``kulczynski``       (s / a + s / c) / 2
    ``certainty``        (confidence - c) / (1 - c); 0 if c is 1
    ``cosine``           s / sqrt(a c)
    ===================  ==================================================================

    All but cosine are defined as in mlxtend. ``count`` is the number of transactions with both sides.
    """

    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    support: float
    confidence: float
    lift: float
    leverage: float
    conviction: float
    zhang: float
    jaccard: float
    kulczynski: float
    certainty: float
    cosine: float
    antecedent_support: float
    consequent_support: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


#: Names that `minimum` accepts, in the order of the fields of :class:`Rule`.
METRICS = Rule._fields[2:-1]

_MLXTEND = {
    "antecedent": "antecedents",
    "consequent": "consequents",
    "antecedent_support": "antecedent support",
    "consequent_support": "consequent support",
    "support": "support",
    "confidence": "confidence",
    "lift": "lift",
    "representativity": "representativity",
    "leverage": "leverage",
    "conviction": "conviction",
    "zhang": "zhangs_metric",
    "jaccard": "jaccard",
    "certainty": "certainty",
    "kulczynski": "kulczynski",
    "cosine": "cosine",
    "count": "count",
}


def rule_metrics(transactions: int, both: Counts, left: Counts, right: Counts) -> dict[str, Floats]:
    """The metrics of rules from counts.

    Parameters
    ----------
    transactions : int >= 1
        Number of transactions.
    both, left, right : int64 arrays
        Transactions with both sides, with the antecedent, with the consequent, of each rule.

    Returns
    -------
    dict of float64 arrays
        By the names in `METRICS`; formulas at :class:`Rule`.

    Examples
    --------
    >>> import numpy as np
    >>> from nlpzero import rule_metrics
    >>> m = rule_metrics(8, np.array([2]), np.array([4]), np.array([2]))
    >>> float(m["confidence"][0]), float(m["lift"][0]), float(m["conviction"][0])
    (0.5, 2.0, 1.5)
    """
    s, a, c = both / transactions, left / transactions, right / transactions
    # Rounded once, so that 3 of 4 is 0.75 whatever the number of transactions, and thresholds are exact.
    confidence = both / left
    # The others are computed in mlxtend's way, to its last bit: conviction and certainty lose digits where the
    # confidence or the consequent's support is close to 1, and they should lose the same ones.
    leverage, rounded = s - a * c, s / a
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.maximum(s * (1 - a), a * (c - s))
        zhang = np.where(below == 0, 0.0, leverage / below)
        conviction = np.where(both == left, np.inf, (1 - c) / (1 - rounded))
        certainty = np.where(right == transactions, 0.0, (rounded - c) / (1 - c))
    return {
        "support": s,
        "confidence": confidence,
        "lift": rounded / c,
        "leverage": leverage,
        "conviction": conviction,
        "zhang": zhang,
        "jaccard": s / (a + c - s),
        "kulczynski": (rounded + s / c) / 2,
        "certainty": certainty,
        "cosine": s / np.sqrt(a * c),
        "antecedent_support": a,
        "consequent_support": c,
    }


class _Table(NamedTuple):
    """Rules as arrays; sides are rows in the levels of the itemsets."""

    size: Counts  # number of items on both sides
    row: Counts  # of the itemset, in its level
    mask: Counts  # bit j: item j of the itemset is in the consequent
    both: Counts
    left: Counts
    right: Counts


def association_rules(
    itemsets: Itemsets,
    min_confidence: float = 0.0,
    *,
    strict: bool = True,
    multi_consequents: bool = False,
    consequents: Iterable[str] | None = None,
    antecedents: Iterable[str] | None = None,
    minimum: Mapping[str, float] | None = None,
    prune_redundant: bool = False,
    max_rules: int | None = None,
    memory: int | None = None,
) -> list[Rule]:
    """Rules between the itemsets, best first.

    Parameters
    ----------
    itemsets : Itemsets
        Of any kind: the counts of all frequent itemsets are there.
    min_confidence : float in [0, 1]
    strict : bool
        Whether confidence, and the metrics in `minimum`, must be larger than the value given (``>``, as in the
        seed articles) or may be equal.
    multi_consequents : bool
        Also rules with several items in the consequent; else one.
    consequents : iterable of str, optional
        Only rules whose consequent consists of these items.
    antecedents : iterable of str, optional
        Only rules with at least one of these items in the antecedent.
    minimum : mapping of metric name to float, optional
        Further thresholds; names from `METRICS`.
    prune_redundant : bool
        Leave out a rule if another with the same consequent and fewer antecedent items (a non-empty proper
        subset) has at least its confidence, whether or not that one is among the results.
    max_rules : int >= 0, optional
        Keep only so many.
    memory : int, optional
        Bytes the rules may take, about; 1 GiB if not given.

    Returns
    -------
    list of Rule
        By confidence, then support (both descending), then names of the antecedent, then of the consequent.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its domain.
    ResourceError
        If there are so many rules that `memory` does not hold them.

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
    if not 0 <= min_confidence <= 1:
        raise ValueError(f"`min_confidence` must be in [0, 1], got {min_confidence}")
    if max_rules is not None and max_rules < 0:
        raise ValueError(f"`max_rules` must be >= 0, got {max_rules}")
    minimum = dict(minimum or {})
    for name, value in minimum.items():
        if name not in METRICS:
            raise ValueError(f"unknown metric {name!r}; there are {', '.join(METRICS)}")
        if math.isnan(value):
            raise ValueError(f"the minimum of {name} must be a number, got {value}")
    for argument, side in (("consequents", consequents), ("antecedents", antecedents)):
        if isinstance(side, str):
            raise TypeError(f"`{argument}` must be a list of items, got the bare string {side!r}")
    minimum["confidence"] = max(min_confidence, minimum.get("confidence", 0.0))

    memory = (1 << 30) if memory is None else int(memory)
    right = None if consequents is None else _named(itemsets, consequents)
    left = None if antecedents is None else _named(itemsets, antecedents)
    tables: list[_Table] = []
    held = 0
    for table in _tables(
        itemsets, minimum, strict, multi_consequents, right, left, prune_redundant
    ):
        held += sum(column.nbytes for column in table)
        tables.append(table)
        # a rule is an object of some 500 bytes in the end, unless max_rules keeps it from becoming one
        rules = held // (8 * len(_Table._fields))
        if held > memory // 4 or (max_rules is None and 500 * rules > memory):
            raise ResourceError(
                f"more than {rules:,} rules pass, which do not fit in {memory >> 20:,} MiB; ask for more "
                "confidence or support, a minimum of another metric, fewer rules, or give more memory"
            )
    if not tables:
        return []
    everything = _Table(*(np.concatenate(column) for column in zip(*tables, strict=True)))
    if max_rules is not None and max_rules < len(everything.row):
        everything = _best(everything, max_rules)
    return sorted(
        _rules(itemsets, everything),
        key=lambda rule: (-rule.confidence, -rule.count, rule.antecedent, rule.consequent),
    )[:max_rules]


def _named(itemsets: Itemsets, items: Iterable[str]) -> NDArray[np.bool_]:
    wanted = frozenset(items)
    return np.array([name in wanted for name in itemsets.names], dtype=bool)


def _passes(values: Floats, least: float, strict: bool) -> NDArray[np.bool_]:
    return values > least if strict else values >= least


def _tables(
    itemsets: Itemsets,
    minimum: Mapping[str, float],
    strict: bool,
    multi: bool,
    right_items: NDArray[np.bool_] | None,
    left_items: NDArray[np.bool_] | None,
    prune: bool,
) -> Iterator[_Table]:
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
            alive: dict[int, NDArray[np.bool_]] = {}
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
                metrics = rule_metrics(itemsets.transactions, both.take(some), left, right)
                inside = np.ones(len(some), dtype=bool)
                for name, least in minimum.items():
                    if name != "confidence":
                        inside &= _passes(metrics[name], least, strict)
                if prune:
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
    """Counts of all subsets of some itemsets of one size; a subset is a mask over the item positions."""

    def __init__(self, itemsets: Itemsets, size: int, rows: Counts) -> None:
        self.levels = itemsets.levels
        self.size = size
        self.rows = rows
        self.known: dict[int, Counts] = {(1 << size) - 1: rows}

    def _rows(self, mask: int) -> Counts:
        """Rows of the subsets in their level."""
        if mask not in self.known:
            missing = ((1 << self.size) - 1) & ~mask
            j = (
                missing.bit_length() - 1
            )  # add the last item that is missing, then leave it out again
            larger = mask | 1 << j
            position = (mask & ((1 << j) - 1)).bit_count()
            table = self.levels[larger.bit_count() - 1].subsets
            self.known[mask] = table[:, position].take(self._rows(larger)).astype(np.int64)
        return self.known[mask]

    def counts(self, mask: int, some: Counts) -> Counts:
        """Counts of the subsets `mask` of the itemsets `some`."""
        return self.levels[mask.bit_count() - 1].counts.take(self._rows(mask).take(some))

    def redundant(
        self, left: int, right: int, some: Counts, confidence: Floats
    ) -> NDArray[np.bool_]:
        """Whether part of the antecedent `left` alone gives `right` at least as confidently."""
        result = np.zeros(len(some), dtype=bool)
        part = (left - 1) & left
        while part:  # all non-empty proper subsets of the bits of left
            result |= self.counts(part | right, some) / self.counts(part, some) >= confidence
            part = (part - 1) & left
        return result


def _best(table: _Table, number: int) -> _Table:
    """The first `number` rules by confidence and count, with all that tie with the last of them."""
    if number == 0:
        return _Table(*(column[:0] for column in table))
    confidence = table.both / table.left
    order = np.lexsort([-table.both, -confidence])
    last = order[number - 1]
    keep = (confidence > confidence[last]) | (
        (confidence == confidence[last]) & (table.both >= table.both[last])
    )
    return _Table(*(column[keep] for column in table))


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
    transactions: Transactions | SpilledTransactions | Iterable[Iterable[object]],
    min_support: float,
    min_confidence: float,
    *,
    max_len: int | None = None,
    strict: bool = True,
    multi_consequents: bool = False,
) -> list[Rule]:
    """Association rules of transactions, in one call.

    `frequent_itemsets` and `association_rules` have more to choose from; parameters are theirs.

    Examples
    --------
    >>> from nlpzero import apriori
    >>> rules = apriori([["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]], 0.3, 0.9)
    >>> [(r.antecedent, r.consequent, r.support) for r in rules]
    [(('milk',), ('tea',), 0.5)]
    """
    itemsets = frequent_itemsets(transactions, min_support, max_len=max_len, strict=strict)
    return association_rules(
        itemsets, min_confidence, strict=strict, multi_consequents=multi_consequents
    )


def rules_to_dataframe(rules: Sequence[Rule]):  # type: ignore[no-untyped-def]  # pandas is optional
    """Rules as a pandas DataFrame with mlxtend's column names, plus ``cosine`` and ``count``.

    Both sides are frozensets. ``representativity`` is 1 throughout, as in mlxtend where no value is missing.
    """
    import pandas as pd

    columns: dict[str, list[object]] = {}
    for field, name in _MLXTEND.items():
        if field == "representativity":
            columns[name] = [1.0] * len(rules)
        elif field in ("antecedent", "consequent"):
            columns[name] = [frozenset(getattr(rule, field)) for rule in rules]
        else:
            columns[name] = [getattr(rule, field) for rule in rules]
    return pd.DataFrame(columns)
