"""Keyness: the words that are characteristic of one text against another."""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import SHOWN_ROWS, html_table, text_table
from nlpzero.engine.temporary import PathLike
from nlpzero.segmentation.word_list import WordList
from nlpzero.words.table import WordCounts

KeynessOrder = Literal["g2", "z", "log_ratio", "count"]
KEYNESS_ORDERS: tuple[KeynessOrder, ...] = ("g2", "z", "log_ratio", "count")

#: A text as :func:`compare_counts` takes it.
Counted = WordCounts | WordList | Mapping[str, float]

# of the words of both texts, how many the prior of the log-odds ratio is worth
PRIOR = 0.1


class Keyword(NamedTuple):
    """A word and how much more frequent it is in one text than in the other.

    word : str
    side : {"A", "B", "="}
        The text in which its relative frequency is higher.
    count_a, count_b : int or float
    per_million_a, per_million_b : float
        Relative frequencies, times a million.
    g2 : float
        Log-likelihood ratio, positive for words of A and negative for those of B.
    p : float
        Probability of a log-likelihood ratio this far from 0 or farther if both texts used the word
        at the same rate.
    q : float
        The same corrected for the number of words that were compared (Benjamini–Hochberg).
    log_ratio : float
        Natural logarithm of the ratio of the relative frequencies.
    z : float
        Log-odds ratio with an informative Dirichlet prior, in its standard deviations.
    """

    word: str
    side: str
    count_a: float
    count_b: float
    per_million_a: float
    per_million_b: float
    g2: float
    p: float
    q: float
    log_ratio: float
    z: float


class Comparison(Sequence[Keyword]):
    """Words of two texts with the measures of :class:`Keyword`: made by :func:`compare_counts`.

    Those of A first, then those of B, each best first, then those that are equally frequent; ties
    by count and by code points.

    Attributes
    ----------
    words : list of str
    columns : dict of str to ndarray
        The other fields of :class:`Keyword`.
    total_a, total_b : float
        Number of words (tokens) of each text.
    """

    def __init__(
        self, words: list[str], columns: Mapping[str, Array], total_a: float, total_b: float
    ) -> None:
        self.words = words
        self.columns = dict(columns)
        self.total_a = total_a
        self.total_b = total_b

    def __len__(self) -> int:
        return len(self.words)

    @overload
    def __getitem__(self, index: int) -> Keyword: ...

    @overload
    def __getitem__(self, index: slice) -> list[Keyword]: ...

    def __getitem__(self, index: int | slice) -> Keyword | list[Keyword]:
        if isinstance(index, slice):
            return [self._row(i) for i in range(*index.indices(len(self)))]
        return self._row(range(len(self))[index])

    def __iter__(self) -> Iterator[Keyword]:
        return map(self._row, range(len(self)))

    def _row(self, i: int) -> Keyword:
        values = [self.columns[name][i].item() for name in Keyword._fields[1:]]
        for at in (1, 2):
            # counts of lists need not be whole
            values[at] = int(values[at]) if values[at].is_integer() else values[at]
        return Keyword(self.words[i], *values)

    def _taken(self, rows: Array) -> "Comparison":
        return Comparison(
            [self.words[i] for i in rows.tolist()],
            {name: column[rows] for name, column in self.columns.items()},
            self.total_a,
            self.total_b,
        )

    def filter(
        self,
        *,
        side: str | None = None,
        max_p: float = 1.0,
        max_q: float = 1.0,
        top: int | None = None,
        sort: KeynessOrder = "g2",
    ) -> "Comparison":
        """Some of the words, in some order.

        Parameters
        ----------
        side : {None, "A", "B"}
            Only words of one text.
        max_p, max_q : float in [0, 1]
        top : int >= 0, optional
            Only so many of each side.
        sort : {"g2", "z", "log_ratio", "count"}
            What is best: the largest absolute value; ``count`` is that of both texts.

        Returns
        -------
        Comparison
        """
        if side not in (None, "A", "B"):
            raise ValueError(f"`side` must be None, 'A' or 'B', got {side!r}.")
        if sort not in KEYNESS_ORDERS:
            raise ValueError(f"`sort` must be one of {', '.join(KEYNESS_ORDERS)}, got {sort!r}.")
        column = self.columns
        keep = (column["p"] <= max_p) & (column["q"] <= max_q)
        if side is not None:
            keep &= column["side"] == side
        rows = np.flatnonzero(keep)
        counts = (column["count_a"] + column["count_b"])[rows]
        place = np.array(["AB=".index(name) for name in column["side"][rows].tolist()], np.int64)
        best = counts if sort == "count" else np.where(place == 1, -1, 1) * column[sort][rows]
        spelled = _ranks([self.words[i] for i in rows.tolist()])
        order = np.lexsort((spelled, -counts, -best, place))
        rows, place = rows[order], place[order]
        if top is not None:
            firsts = np.searchsorted(place, place)
            rows = rows[np.arange(len(rows)) - firsts < top]
        return self._taken(rows)

    def report(
        self,
        path: PathLike,
        *,
        limit: int = 20_000,
        title: str = "A compared with B",
        source: str = "",
    ) -> None:
        """Write a page for a browser: a table of the words with bars to both sides, their log
        ratio against their count, thresholds that can be moved.

        Parameters
        ----------
        path : path
            One file that needs nothing else; it appears complete or not at all.
        limit : int >= 1
            Words in the report, at most: those with the largest log-likelihood ratio.
        title, source : str
            What stands above the table, and below the title.

        Raises
        ------
        NlpzeroError
            The file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> found = compare_counts({"猫": 9, "的": 5}, {"狗": 8, "的": 6})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.report(os.path.join(folder, "words.html"))
        ...     os.listdir(folder)
        ['words.html']
        """
        from nlpzero.words.reporting import write_comparison

        if limit < 1:
            raise ValueError(f"`limit` must be an integer >= 1, got {limit!r}.")
        write_comparison(self, path, limit=limit, title=title, source=source)

    def to_dataframe(self) -> DataFrame:
        """A data frame with the fields of :class:`Keyword`; needs pandas."""
        return data_frame({"word": self.words, **self.columns})

    def _summary(self) -> str:
        return f"{len(self):,} words of {self.total_a:,.15g} (A) and {self.total_b:,.15g} (B)"

    def __repr__(self) -> str:
        if not len(self):
            return self._summary()
        table = text_table(Keyword._fields, self[:SHOWN_ROWS], len(self))
        return f"{self._summary()}\n{table}"

    def _repr_html_(self) -> str:
        table = html_table(Keyword._fields, self[:SHOWN_ROWS], len(self))
        return f"<p>{self._summary()}</p>{table}"


def _ranks(words: list[str]) -> Array:
    """Places of words in the order of their code points."""
    ranks = np.empty(len(words), np.int64)
    ranks[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    return ranks


def compare_counts(
    a: Counted,
    b: Counted,
    *,
    min_count: float = 1,
    stopwords: Iterable[str] = (),
    prior: float = PRIOR,
) -> Comparison:
    r"""Words that are characteristic of one text against another.

    It says nothing about where in a text a word is: one that stands a hundred times in one chapter
    counts as if it stood in a hundred. All words are held in memory.

    Parameters
    ----------
    a, b : WordCounts, WordList or mapping of str to number
        Counts of the words of each. Of WordCounts, :attr:`WordCounts.total` is the size of the
        text; of others the sum of the counts.
    min_count : number
        Words that are rarer in both texts together are not compared. They stay part of the sizes.
    stopwords : iterable of str
        Words that are not compared.
    prior : float > 0
        How strong the prior of the log-odds ratio is: as many words as this share of both texts.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        A count is missing or negative.

    Notes
    -----
    Let a word occur a times among the M words of A and b times among the N words of B.

    *Log-likelihood ratio* (T. Dunning, 1993, Accurate methods for the statistics of surprise and
    coincidence, Computational Linguistics 19(1), 61-74): that of two binomials with rates of their
    own against one common rate, :math:`G^2 = 2 \sum O \ln (O / E)` over the four cells a, M - a, b,
    N - b, where E is what is expected at the common rate (a + b) / (M + N). It is asymptotically
    chi-square distributed with one degree of freedom, so :math:`p = \operatorname{erfc}(\sqrt{G^2 /
    2})`. P. Rayson and R. Garside (2000, Comparing corpora using frequency profiling) leave the
    cells M - a and N - b out, which changes little for rare words. The sign is that of a/M - b/N.

    *q* is the smallest false discovery rate at which the word would be kept (Y. Benjamini and Y.
    Hochberg, 1995, Controlling the false discovery rate). Words in texts come in bursts, so that p
    and q are too small: take them for an order, not for a proof (A. Kilgarriff, 2005, Language is
    never, ever, ever, random).

    *Log ratio*, the effect size: :math:`\ln ((a / M) / (b / N))`, a count of 0 taken for 1/2 (A.
    Hardie, 2014, Log Ratio, who takes logarithms to the base 2). Against a text of a few words even
    half a word is a high rate; only there its sign can differ from the others.

    *z* (B. L. Monroe, M. P. Colaresi and K. M. Quinn, 2008, Fightin' words, Political Analysis 16,
    372-403, equations 16, 20 and 22): with :math:`\alpha_0` = `prior` (M + N) and :math:`\alpha =
    \alpha_0 (a + b) / (M + N)`,

    .. math::

        \delta = \ln \frac{a + \alpha}{M + \alpha_0 - a - \alpha}
                 - \ln \frac{b + \alpha}{N + \alpha_0 - b - \alpha}, \qquad
        z = \delta \Big/ \sqrt{\frac{1}{a + \alpha} + \frac{1}{b + \alpha}}.

    Swapping A and B changes the signs of the three and nothing else.

    Examples
    --------
    >>> hotels = {"房间": 40, "的": 300, "早餐": 25}
    >>> books = {"作者": 50, "的": 290, "这本书": 30}
    >>> found = compare_counts(hotels, books)
    >>> [(row.word, row.side, round(row.g2, 1)) for row in found.filter(top=1)]
    [('房间', 'A', 58.3), ('作者', 'B', -72.2)]
    """
    if not prior > 0:
        raise ValueError(f"`prior` must be a number > 0, got {prior}.")
    words_a, counts_a, total_a = _columns(a)
    words_b, counts_b, total_b = _columns(b)
    rows = {word: i for i, word in enumerate(dict.fromkeys([*words_a, *words_b]))}
    of_a, of_b = np.zeros(len(rows)), np.zeros(len(rows))
    of_a[[rows[word] for word in words_a]] = counts_a
    of_b[[rows[word] for word in words_b]] = counts_b
    return _compared(
        list(rows), of_a, of_b, total_a, total_b, min_count, _stopped(stopwords), prior
    )


def compare_each(
    texts: Iterable[tuple[str, Counted]],
    *,
    min_count: float = 1,
    stopwords: Iterable[str] = (),
    prior: float = PRIOR,
) -> Iterator[tuple[str, Comparison]]:
    """Compare each of several texts with all the others together.

    Parameters
    ----------
    texts : iterable of (name, counts)
        Such as :func:`count_words_by_file` yields. All are held in memory.
    min_count, stopwords, prior
        As for :func:`compare_counts`.

    Yields
    ------
    name : str
    comparison : Comparison
        The words of this text (A) against the others (B).

    Examples
    --------
    >>> texts = {"a": {"猫": 9, "的": 5}, "b": {"狗": 8, "的": 6}, "c": {"的": 5, "鱼": 7}}
    >>> for name, found in compare_each(texts.items()):
    ...     print(name, [row.word for row in found.filter(side="A", top=1)])
    a ['猫']
    b ['狗']
    c ['鱼']
    """
    stopped = _stopped(stopwords)
    rows: dict[str, int] = {}
    found: list[tuple[str, Array, Array, float]] = []
    for name, text in texts:
        words, counts, size = _columns(text)
        numbers = np.array([rows.setdefault(word, len(rows)) for word in words], np.int64)
        found.append((name, numbers, counts, size))
    names = list(rows)
    sums = np.zeros(len(rows))
    for _, numbers, counts, _ in found:
        sums[numbers] += counts
    total = sum(size for *_, size in found)
    for name, numbers, counts, size in found:
        yield (
            name,
            _compared(
                [names[i] for i in numbers.tolist()],
                counts,
                sums[numbers] - counts,
                size,
                total - size,
                min_count,
                stopped,
                prior,
            ),
        )


def _stopped(stopwords: Iterable[str]) -> frozenset[str]:
    if isinstance(stopwords, str):
        raise TypeError(f"`stopwords` must be words, got one str; pass [{stopwords!r}].")
    return frozenset(stopwords)


def _columns(text: Counted) -> tuple[list[str], Array, float]:
    """Words, their counts, and the size of the text."""
    if isinstance(text, WordCounts):
        words: list[str] = []
        for frame in text.columns.frames():
            pool, ends = frame.pool.tobytes(), frame.offsets().tolist()
            words += [pool[i:j].decode("utf-8") for i, j in itertools.pairwise(ends)]
        return words, np.array(text.columns.counts, np.float64), float(text.total)
    if isinstance(text, WordList):
        words, values = text.words, text.counts
    elif isinstance(text, Mapping):
        words, values = list(text), np.array(list(text.values()), np.float64)
    else:
        raise TypeError(
            "`a` and `b` must be WordCounts, WordList or mappings from words to counts, got "
            f"{type(text).__name__}."
        )
    wrong = np.flatnonzero(~((values >= 0) & (values < math.inf)))
    if len(wrong):
        raise ValueError(
            f"counts must be numbers >= 0, got {values[wrong[0]]:g} for {words[wrong[0]]!r}."
        )
    return words, values, float(values.sum())


def _compared(
    words: list[str],
    a: Array,
    b: Array,
    total_a: float,
    total_b: float,
    min_count: float,
    stopped: frozenset[str],
    prior: float,
) -> Comparison:
    keep = a + b >= max(min_count, np.finfo(np.float64).tiny)
    if stopped:
        keep &= np.array([word not in stopped for word in words], np.bool_)
    words = [words[i] for i in np.flatnonzero(keep).tolist()]
    a, b = a[keep], b[keep]
    columns: dict[str, Any] = {"side": _sides(a, b, total_a, total_b), "count_a": a, "count_b": b}
    columns["per_million_a"] = a * (1e6 / max(total_a, 1e-300))
    columns["per_million_b"] = b * (1e6 / max(total_b, 1e-300))
    columns["g2"] = log_likelihood_ratio(a, b, total_a, total_b)
    columns["p"] = chi_square_tail(np.abs(columns["g2"]))
    columns["q"] = false_discovery_rates(columns["p"])
    columns["log_ratio"] = _log_ratio(a, b, total_a, total_b)
    columns["z"] = log_odds_z(a, b, total_a, total_b, prior)
    return Comparison(words, columns, total_a, total_b).filter()


def _sides(a: Array, b: Array, total_a: float, total_b: float) -> Array:
    more = a * total_b - b * total_a
    return np.array(["=", "A", "B"])[np.sign(more).astype(np.int64)]


def log_likelihood_ratio(a: Array, b: Array, total_a: float, total_b: float) -> Array:
    """Signed log-likelihood ratio of each word, see :func:`compare_counts`.

    Parameters
    ----------
    a, b : float64[n]
        Counts in either text.
    total_a, total_b : float
        Sizes of the texts, no smaller than any count in them.

    Returns
    -------
    float64[n]
    """
    total = max(total_a + total_b, 1e-300)
    rate = (a + b) / total
    g2 = _surprise(a, rate * total_a) + _surprise(b, rate * total_b)
    g2 += _surprise(total_a - a, (1 - rate) * total_a) + _surprise(
        total_b - b, (1 - rate) * total_b
    )
    # what is left of equal rates after rounding is no surprise
    signs: Array = np.sign(a * total_b - b * total_a)
    return signs * np.maximum(2 * g2, 0)


def _surprise(observed: Array, expected: Array) -> Array:
    """``observed * ln(observed / expected)``, 0 where nothing was observed."""
    seen = observed > 0
    ratio = np.divide(observed, expected, out=np.ones_like(observed), where=seen & (expected > 0))
    return observed * np.log(ratio, where=seen, out=np.zeros_like(ratio))


def chi_square_tail(values: Array) -> Array:
    """Probability of more, under the chi-square distribution with one degree of freedom.

    Parameters
    ----------
    values : float64[n], >= 0

    Returns
    -------
    float64[n]

    Examples
    --------
    >>> chi_square_tail(np.array([0.0, 3.841459])).round(6).tolist()
    [1.0, 0.05]
    """
    # if x is chi-square distributed with one degree of freedom, sqrt(x) is half-normal
    return np.array([math.erfc(root) for root in np.sqrt(values / 2).tolist()], np.float64)


def false_discovery_rates(p: Array) -> Array:
    """The smallest false discovery rate at which each test would be kept (Benjamini–Hochberg).

    Parameters
    ----------
    p : float64[n]

    Returns
    -------
    float64[n]
        For the i-th smallest of the n, the least n p / j of all j >= i.

    Examples
    --------
    >>> false_discovery_rates(np.array([0.01, 0.5, 0.02, 0.03])).round(4).tolist()
    [0.04, 0.5, 0.04, 0.04]
    """
    order = np.argsort(p, kind="stable")
    scaled = p[order] * (len(p) / np.arange(1, len(p) + 1))
    q = np.empty_like(p)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return q


def log_odds_z(a: Array, b: Array, total_a: float, total_b: float, prior: float) -> Array:
    """Log-odds ratio with an informative Dirichlet prior, in its standard deviations, see
    :func:`compare_counts`.

    Parameters
    ----------
    a, b, total_a, total_b
        As for :func:`log_likelihood_ratio`.
    prior : float > 0
        Size of the prior, as a share of both texts.

    Returns
    -------
    float64[n]
    """
    size = prior * (total_a + total_b)
    expected = prior * (a + b)
    # a text of nothing but this word has no odds
    least = 1e-9
    odds_a = (a + expected) / np.maximum(total_a + size - a - expected, least)
    odds_b = (b + expected) / np.maximum(total_b + size - b - expected, least)
    spread = np.sqrt(1 / (a + expected) + 1 / (b + expected))
    z: Array = (np.log(odds_a) - np.log(odds_b)) / spread
    return z


def _log_ratio(a: Array, b: Array, total_a: float, total_b: float) -> Array:
    rate_a = np.maximum(a, np.where(a > 0, 0, 0.5)) / max(total_a, 0.5)
    rate_b = np.maximum(b, np.where(b > 0, 0, 0.5)) / max(total_b, 0.5)
    ratio: Array = np.log(rate_a) - np.log(rate_b)
    return ratio
