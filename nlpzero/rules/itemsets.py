"""Itemsets and their supports."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args, overload

import numpy as np

from nlpzero.engine.arrays import Counts as Longs
from nlpzero.engine.arrays import Ints
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import SHOWN_ROWS, html_table, text_table

Kind = Literal["frequent", "closed", "maximal"]
#: How a data frame names its columns: as mlxtend does, or as our tables do.
FrameStyle = Literal["mlxtend", "table"]


class Itemset(NamedTuple):
    """A set of items and how often it occurs.

    ``support`` is ``count`` divided by the number of transactions.
    """

    items: tuple[str, ...]
    support: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


class ItemsetLevel(NamedTuple):
    """All itemsets of one size, as arrays.

    ``items``: int32 (m, size), numbers into `Itemsets.names`, ascending in each row; ``counts``:
    int64 (m); ``subsets``: int32 (m, size), where ``subsets[i, j]`` is the row, in the level
    before, of set i without its j-th item.
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
    levels : tuple of ItemsetLevel
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
        levels: Sequence[ItemsetLevel],
        kind: Kind = "frequent",
        beyond: ItemsetLevel | None = None,
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
        head = (
            f"<Itemsets: {len(self):,} {self.kind}, of 1 to {len(self.levels)} items, "
            f"in {self.transactions:,} transactions>"
        )
        table = text_table(Itemset._fields, self[:SHOWN_ROWS], len(self))
        return f"{head}\n{table}" if len(self) else head

    def _repr_html_(self) -> str:
        return html_table(Itemset._fields, self[:SHOWN_ROWS], len(self))

    def of_kind(self, kind: Kind) -> "Itemsets":
        """The same itemsets, showing only those of a kind.

        Parameters
        ----------
        kind : {"frequent", "closed", "maximal"}
            ``closed``: no larger itemset has the same count. ``maximal``: no larger itemset is
            frequent.
        """
        return Itemsets(
            self.transactions,
            self.min_count,
            self.names,
            self.levels,
            checked_kind(kind),
            self._beyond,
        )

    def to_dataframe(self, style: FrameStyle = "mlxtend") -> DataFrame:
        """The itemsets as a data frame; needs pandas.

        Parameters
        ----------
        style : {"mlxtend", "table"}
            mlxtend: columns ``support`` and ``itemsets`` (frozensets), which its functions take,
            and ``count``. table: columns ``items`` (tuples), ``size``, ``support``, ``count``, as
            ``nlpzero rules --itemsets`` writes them.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            There is no pandas.
        """
        rows = list(self)
        sizes = {"support": [row.support for row in rows], "count": [row.count for row in rows]}
        if checked_style(style) == "table":
            items = [row.items for row in rows]
            return data_frame({"items": items, "size": list(map(len, items)), **sizes})
        itemsets = [frozenset(row.items) for row in rows]
        return data_frame(
            {"support": sizes["support"], "itemsets": itemsets, "count": sizes["count"]}
        )


def checked_style(style: str) -> FrameStyle:
    """The style of a data frame, if there is such."""
    if style not in get_args(FrameStyle):
        raise ValueError(f"`style` must be 'mlxtend' or 'table', got {style!r}.")
    return style  # type: ignore[return-value]


def checked_kind(kind: str) -> Kind:
    """The kind, if there is such."""
    if kind not in ("frequent", "closed", "maximal"):
        raise ValueError(f"`kind` must be 'frequent', 'closed' or 'maximal', got {kind!r}")
    return kind  # type: ignore[return-value]


def minimum_count(min_support: float, transactions: int, strict: bool = False) -> int:
    """The smallest count that satisfies `min_support`.

    Parameters
    ----------
    min_support : float in [0, 1], or int >= 0
        A float is a proportion of the transactions, an int a number of them.
    transactions : int
        Number of transactions.
    strict : bool
        Whether the count must be larger than `min_support` says (``>``), not only reach it
        (``>=``).

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
    >>> minimum_count(0.06, 930), minimum_count(0.1, 930), minimum_count(0.1, 930, strict=True)
    (56, 93, 94)
    >>> minimum_count(5, 930), minimum_count(5, 930, strict=True)
    (5, 6)
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
            f"`min_support` as a proportion must be in [0, 1], got {min_support}; pass an int for "
            "a count"
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
