"""Association rules from frequent itemsets: metrics, filters, pruning of redundant rules, graphs.

Everything is computed on arrays from the counts of the itemsets; a rule becomes an object at the
very end.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, overload

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Floats
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import Resources
from nlpzero.engine.showing import html_table, text_table
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import ResourceError
from nlpzero.rules.apriori import frequent_itemsets
from nlpzero.rules.graphs import rules_to_dot, rules_to_graphml
from nlpzero.rules.itemsets import FrameStyle, Itemsets, checked_style
from nlpzero.rules.metrics import METRICS, Rule, rule_metrics
from nlpzero.rules.rule_filter import RuleFilter
from nlpzero.rules.transactions import Transactions

# bytes of a rule as an object, about
_BYTES_PER_RULE = 500

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

# what `repr` shows of a rule
_SHOWN = ("antecedent", "consequent", "confidence", "support", "lift", "count")


class Rules(Sequence[Rule]):
    """Rules, best first: a sequence of :class:`Rule`; a slice of it is one too.

    Ordered by confidence, then support (both descending), then names of the antecedent, then of the
    consequent.

    Examples
    --------
    >>> from nlpzero import apriori
    >>> apriori([["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]], 0.3, 0.6)
    <Rules: 2>
    antecedent  consequent  confidence  support   lift  count
    milk        tea                  1      0.5  1.333      2
    tea         milk            0.6667      0.5  1.333      2
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._rules = tuple(rules)

    def __len__(self) -> int:
        return len(self._rules)

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> "Rules": ...
    def __getitem__(self, index: int | slice) -> "Rule | Rules":
        if isinstance(index, slice):
            return Rules(self._rules[index])
        return self._rules[index]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __eq__(self, other: object) -> bool:
        return self._rules == other._rules if isinstance(other, Rules) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._rules)

    def _rows(self) -> Iterator[tuple[object, ...]]:
        return (tuple(getattr(rule, name) for name in _SHOWN) for rule in self._rules)

    def __repr__(self) -> str:
        head = f"<Rules: {len(self):,}>"
        return f"{head}\n{text_table(_SHOWN, self._rows(), len(self))}" if self._rules else head

    def _repr_html_(self) -> str:
        return html_table(_SHOWN, self._rows(), len(self))

    def to_dot(self) -> str:
        """A directed graph in Graphviz' DOT language.

        Items are ellipses; each rule is a point with arrows from its antecedent and to its
        consequent.

        Examples
        --------
        >>> from nlpzero import apriori
        >>> drawn = apriori([["茶", "奶"], ["茶"]], 0.3, 0.9).to_dot()
        >>> print(drawn.replace(", tooltip", ",\\n      tooltip"), end="")
        digraph rules {
          rankdir=LR;
          i0 [label="奶"];
          i1 [label="茶"];
          r0 [shape=point, confidence=1, support=0.5, lift=1,
              tooltip="confidence 1, support 0.5, lift 1"];
          i0 -> r0;
          r0 -> i1;
        }
        """
        return rules_to_dot(self)

    def to_graphml(self) -> str:
        """A graph as GraphML: item nodes and rule nodes, which carry the metrics.

        Examples
        --------
        >>> from nlpzero import apriori
        >>> text = apriori([["茶", "奶"], ["茶"]], 0.3, 0.9).to_graphml()
        >>> '<data key="label">茶</data>' in text, '<edge source="i0" target="r0"/>' in text
        (True, True)
        """
        return rules_to_graphml(self)

    def report(
        self,
        path: PathLike,
        *,
        limit: int = 20_000,
        title: str = "Association rules",
        source: str = "",
        details: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Write a page for a browser: a table of the rules, a network of their items, lift against
        support, thresholds that can be moved.

        Parameters
        ----------
        path : path
            One file that needs nothing else; it appears complete or not at all.
        limit : int >= 1
            Rules in the report, at most; the first ones.
        title, source : str
            What stands above the table, and below the title.
        details : sequence of (name, text)
            More to say of the run, at the end.

        Raises
        ------
        NlpzeroError
            The file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from nlpzero import apriori
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     apriori([["茶", "奶"], ["茶"]], 0.3, 0.9).report(os.path.join(folder, "rules.html"))
        ...     os.listdir(folder)
        ['rules.html']
        """
        from nlpzero.rules.reporting import write_rules

        if limit < 1:
            raise ValueError(f"`limit` must be an integer >= 1, got {limit!r}.")
        write_rules(self, path, limit=limit, title=title, source=source, details=details)

    def to_dataframe(self, style: FrameStyle = "mlxtend") -> DataFrame:
        """The rules as a data frame; needs pandas.

        Parameters
        ----------
        style : {"mlxtend", "table"}
            mlxtend: its column names, plus ``cosine`` and ``count``; both sides are frozensets, and
            ``representativity`` is 1 throughout, as there where no value is missing. table: the
            columns of :class:`Rule`, as ``nlpzero rules`` writes them; both sides are tuples.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            There is no pandas.
        """
        if checked_style(style) == "table":
            return data_frame(Rule._fields, self)
        columns: dict[str, list[object]] = {}
        for field, name in _MLXTEND.items():
            if field == "representativity":
                columns[name] = [1.0] * len(self)
            elif field in ("antecedent", "consequent"):
                columns[name] = [frozenset(getattr(rule, field)) for rule in self]
            else:
                columns[name] = [getattr(rule, field) for rule in self]
        return data_frame(columns)


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
    minimum: Mapping[str, float] | None = None,
    strict: bool = False,
    where: RuleFilter | None = None,
    resources: Resources | None = None,
) -> Rules:
    """Rules between the itemsets, best first.

    Parameters
    ----------
    itemsets : Itemsets
        Of any kind: the counts of all frequent itemsets are there.
    min_confidence : float in [0, 1]
    minimum : mapping of metric name to float, optional
        Further thresholds; names from `METRICS`.
    strict : bool
        Whether confidence, and the metrics in `minimum`, must be larger than the value given
        (``>``, as in the seed articles), not only reach it (``>=``).
    where : RuleFilter, optional
        Which rules are wanted: items on either side, several consequents, redundant ones, how many.
    resources : Resources, optional
        Only its budget matters, which the rules must fit.

    Returns
    -------
    Rules
        By confidence, then support (both descending), then names of the antecedent, then of the
        consequent.

    Raises
    ------
    TypeError, ValueError
        If a parameter is out of its domain.
    ResourceError
        If there are so many rules that the budget does not hold them.

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
    wanted = RuleFilter() if where is None else where
    least = _thresholds(min_confidence, minimum or {})
    budget = (Resources() if resources is None else resources).budget
    most = wanted.max_rules
    tables: list[_Table] = []
    held = 0
    for table in _tables(itemsets, least, strict, wanted):
        held += sum(column.nbytes for column in table)
        tables.append(table)
        rules = held // (8 * len(_Table._fields))
        # all rules that pass become objects in the end, unless `max_rules` keeps them from it
        if held > budget // 4 or (most is None and _BYTES_PER_RULE * rules > budget):
            raise ResourceError(
                f"more than {rules:,} rules pass, which do not fit in {budget >> 20:,} MiB; ask "
                "for more confidence or support, a minimum of another metric, fewer rules, or give "
                "more memory"
            )
    if not tables:
        return Rules()
    everything = _Table(*(np.concatenate(column) for column in zip(*tables, strict=True)))
    if most is not None and most < len(everything.row):
        everything = _best(everything, most)
    found = sorted(
        _rules(itemsets, everything),
        key=lambda rule: (-rule.confidence, -rule.count, rule.antecedent, rule.consequent),
    )
    return Rules(found[:most])


def _thresholds(min_confidence: float, minimum: Mapping[str, float]) -> dict[str, float]:
    if not 0 <= min_confidence <= 1:
        raise ValueError(f"`min_confidence` must be in [0, 1], got {min_confidence}")
    for name, value in minimum.items():
        if name not in METRICS:
            raise ValueError(f"unknown metric {name!r}; there are {', '.join(METRICS)}")
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
                metrics = rule_metrics(itemsets.transactions, both.take(some), left, right)
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
    transactions: Transactions | Iterable[Iterable[object]],
    min_support: float,
    min_confidence: float,
    *,
    max_len: int | None = None,
    strict: bool = False,
    minimum: Mapping[str, float] | None = None,
    where: RuleFilter | None = None,
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
        resources=resources,
    )
