"""Rules as a result: a sequence that shows, draws, saves and hands over itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, overload

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import html_table, text_table
from nlpzero.engine.temporary import PathLike
from nlpzero.rules.itemsets import FrameStyle, checked_style
from nlpzero.rules.metrics import Rule
from nlpzero.rules.recommending import Recommendation, Recommender

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

    Ordered by what :func:`association_rules` was asked for, else by confidence, then support (both
    descending), then names of the antecedent, then of the consequent.

    Attributes
    ----------
    columns : dict of str to tuple
        What is known of each rule beside the fields of :class:`Rule`: p- and q-values, support and
        confidence in transactions held out, whether words are a phrase...
    transactions : int or None
        Number of transactions.

    Examples
    --------
    >>> from nlpzero import apriori
    >>> apriori([["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]], 0.3, 0.6)
    <Rules: 2>
    antecedent  consequent  confidence  support   lift  count
    milk        tea                  1      0.5  1.333      2
    tea         milk            0.6667      0.5  1.333      2
    """

    def __init__(
        self,
        rules: Iterable[Rule] = (),
        columns: Mapping[str, Sequence[Any]] | None = None,
        transactions: int | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self.columns = {name: tuple(values) for name, values in (columns or {}).items()}
        self.transactions = transactions
        self._recommender: Recommender | None = None
        for name, values in self.columns.items():
            if len(values) != len(self._rules):
                raise ValueError(
                    f"the column {name!r} must have {len(self._rules)} values, got {len(values)}"
                )
        if transactions is None and self._rules:
            first = self._rules[0]
            self.transactions = round(first.count / first.support)

    def __len__(self) -> int:
        return len(self._rules)

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> "Rules": ...
    def __getitem__(self, index: int | slice) -> "Rule | Rules":
        if isinstance(index, slice):
            return self.chosen(range(*index.indices(len(self))))
        return self._rules[index]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rules):
            return NotImplemented
        return self._rules == other._rules and self.columns == other.columns

    def __hash__(self) -> int:
        return hash(self._rules)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns: the fields of :class:`Rule`, then `columns`."""
        return (*Rule._fields, *self.columns)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """The rules as rows of a table with the columns `names`."""
        return ((*rule, *more) for rule, more in zip(self._rules, self._more(), strict=True))

    def _more(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self.columns.values(), strict=True) if self.columns else repeat((), len(self))

    def chosen(self, places: Iterable[int]) -> "Rules":
        """Some of the rules, by their places."""
        places = list(places)
        columns = {name: [values[i] for i in places] for name, values in self.columns.items()}
        return Rules([self._rules[i] for i in places], columns, self.transactions)

    def with_columns(self, columns: Mapping[str, Sequence[Any]]) -> "Rules":
        """The same rules with further columns."""
        return Rules(self._rules, {**self.columns, **columns}, self.transactions)

    def _shown(self) -> Iterator[tuple[object, ...]]:
        for rule, more in zip(self._rules, self._more(), strict=True):
            yield (*(getattr(rule, name) for name in _SHOWN), *more)

    def __repr__(self) -> str:
        head = f"<Rules: {len(self):,}>"
        names = (*_SHOWN, *self.columns)
        return f"{head}\n{text_table(names, self._shown(), len(self))}" if self._rules else head

    def _repr_html_(self) -> str:
        return html_table((*_SHOWN, *self.columns), self._shown(), len(self))

    def recommend(
        self, items: Iterable[str], *, top: int | None = 10, by: str = "confidence"
    ) -> list[Recommendation]:
        """What goes with some items, by the rules whose antecedents are all among them.

        Parameters
        ----------
        items : iterable of str
            A basket. Its items are never recommended.
        top : int >= 0, optional
            So many at most; None for all.
        by : str
            The metric that makes a rule the better one: a name from `METRICS`.

        Returns
        -------
        list of Recommendation
            Best first, each item once, with the best rule that says so; equal ones by the number of
            transactions of the rule, then by its place.

        Examples
        --------
        >>> from nlpzero import apriori
        >>> rules = apriori([["tea", "milk"], ["tea", "milk", "cake"], ["tea"], ["cake"]], 0.2, 0.4)
        >>> for found in rules.recommend(["tea"]):
        ...     print(found.item, found.antecedent, round(found.confidence, 3), found.rules)
        milk ('tea',) 0.667 1
        """
        if self._recommender is None:
            self._recommender = Recommender(self._rules)
        return self._recommender.recommend(items, top=top, by=by)

    def save(self, path: PathLike) -> None:
        """Write the rules to a file, which :meth:`load` and ``nlpzero recommend`` read.

        Parameters
        ----------
        path : path
            It appears complete or not at all.

        Examples
        --------
        >>> import os, tempfile
        >>> from nlpzero import Rules, apriori
        >>> rules = apriori([["茶", "奶"], ["茶"]], 0.3, 0.9)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "rules.nz")
        ...     rules.save(path)
        ...     Rules.load(path) == rules
        True
        """
        from nlpzero.rules.rule_files import write_rules

        write_rules(path, self)

    @classmethod
    def load(cls, path: PathLike) -> "Rules":
        """Read rules that :meth:`save` or ``nlpzero rules -o rules.nz`` wrote.

        Parameters
        ----------
        path : path

        Returns
        -------
        Rules

        Raises
        ------
        StorageError
            The file cannot be read, is damaged, or holds something else.
        """
        from nlpzero.rules.rule_files import read_rules

        return cls(*read_rules(path))

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
        from nlpzero.rules.graphs import rules_to_dot

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
        from nlpzero.rules.graphs import rules_to_graphml

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
            return data_frame(self.names, self.rows())
        columns: dict[str, list[object]] = {}
        for field, name in _MLXTEND.items():
            if field == "representativity":
                columns[name] = [1.0] * len(self)
            elif field in ("antecedent", "consequent"):
                columns[name] = [frozenset(getattr(rule, field)) for rule in self]
            else:
                columns[name] = [getattr(rule, field) for rule in self]
        return data_frame({**columns, **{name: list(v) for name, v in self.columns.items()}})
