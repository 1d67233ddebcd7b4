"""What discovery returns: words with their evidence, the thresholds in force, and what they
removed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, get_args, overload

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.criteria import Criteria, Order, Removal, Treatment, reason_of
from nlpzero.discovery.dictionaries import DictionaryFormat, dictionary_lines
from nlpzero.discovery.explaining import Explanation, Fates
from nlpzero.discovery.likeness import Vectors, similarities_to
from nlpzero.discovery.words import Word, WordColumns
from nlpzero.engine.arrays import Floats
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.showing import SHOWN_ROWS, html_table, text_table
from nlpzero.engine.temporary import PathLike

if TYPE_CHECKING:
    from nlpzero.discovery.contexts import Context


@dataclass(frozen=True, eq=False, repr=False)
class Discovery:
    """Discovered words, best first, and how they were found.

    A sequence of :class:`Word` rows: those that pass the thresholds. All that were found stay, so
    :meth:`filter` can loosen its thresholds again, and :meth:`explain` can say what became of a
    word.

    Parameters
    ----------
    found : WordColumns
        All words, by score, then count, then code points.
    method : str
    parameters : dict
        Those of the run that are in force, the default ones too.
    removed : list of Removal
        What the thresholds of the run removed.
    total : int
        Symbols counted.
    read : ReadReport
        What was read.
    advice : str or None
        When the run found nothing: which threshold removed most, and what value would keep ten
        words.
    criteria : Criteria
        Thresholds on the words.
    fates : Fates or None
        What became of strings that are no words.

    Examples
    --------
    >>> from nlpzero import Cohesion, discover_words
    >>> texts = ["北京欢迎你", "我爱北京", "欢迎光临", "北京很大", "你去北京", "非常欢迎"]
    >>> found = discover_words(texts, Cohesion(min_pmi=(1, 2, 3)), min_count=2)
    >>> found
    Discovery by cohesion: 2 words in 25 characters
    word  count  score    pmi  split  left_entropy  right_entropy
    北京      4  2.605  1.833  北|京         1.386          1.386
    欢迎      3  2.317   2.12  欢|迎         1.099          1.099
    >>> found.filter(contains=["京"])[0].count
    4
    >>> print(found.explain("京欢"))
    dropped: count 1, min_count is 2
    """

    found: WordColumns
    method: str
    parameters: Mapping[str, Any]
    removed: Sequence[Removal] = ()
    total: int = 0
    read: ReadReport = field(default_factory=ReadReport)
    advice: str | None = None
    criteria: Criteria = field(default_factory=Criteria)
    fates: Fates | None = None

    @cached_property
    def _judged(self) -> tuple[npt.NDArray[np.int64], list[Removal]]:
        return self.criteria.judged(self.found)

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Rows of the words in :attr:`found`, in their order."""
        return self._judged[0][: self.criteria.top]

    @property
    def words(self) -> list[Word]:
        """The words as a list; iterate to have them one at a time."""
        return list(self)

    @property
    def thresholds(self) -> dict[str, Any]:
        """All parameters in force, the default ones too."""
        values = {
            **self.parameters,
            **{
                f.name: getattr(self.criteria, f.name)
                for f in fields(self.criteria)
                if f.name in ("min_entropy", "min_length", "latin", "top", "min_similarity")
            },
        }
        for name in ("min_count", "min_pmi", "max_length"):
            own = getattr(self.criteria, name)
            if own is not None:
                values[name] = own
        for name in ("min_count", "max_length"):
            own, first = getattr(self.criteria, name), self.parameters.get(name)
            if own is not None and first is not None:
                values[name] = max(own, first) if name == "min_count" else min(own, first)
        usual = {"numbers": True, "fragments": "keep", "combinations": "keep"}
        values["sort"] = self.criteria.order
        values.update(
            (name, value)
            for name, value in self.criteria.treatments.items()
            if value != usual[name]
        )
        return {name: values[name] for name in _ORDER if values.get(name) is not None}

    @property
    def removals(self) -> list[Removal]:
        """What each threshold removed, in the order in which they act."""
        rows, removals = self._judged
        top = self.criteria.top
        more = [] if top is None or len(rows) <= top else [Removal("top", len(rows) - top, top)]
        return [*self.removed, *removals, *more]

    @property
    def hint(self) -> str | None:
        """When no word is left: which threshold removed most, and what value would keep ten
        words.
        """
        if len(self) or not self.total:
            return None
        if self.advice is not None:
            return self.advice
        removals = self._judged[1]
        if not removals:
            return None
        most = max(removals, key=lambda removal: removal.removed)
        told = f"no words: {most.threshold} removed most ({most.removed:,} candidates)"
        for removal in sorted(removals, key=lambda removal: -removal.removed):
            looser = self._value_that_keeps_ten(removal.threshold)
            if looser is not None:
                value, kept = looser
                return f"{told}; {removal.threshold} {value:g} would keep {kept:,}"
        return told

    def _value_that_keeps_ten(self, threshold: str) -> tuple[float, int] | None:
        """A looser value of one threshold, tried, and how many words it keeps."""
        off: dict[str, Any] = {
            "min_entropy": 0.0,
            "min_length": 1,
            "min_count": None,
            "min_pmi": None,
        }
        if threshold not in off:
            return None
        others = replace(self.criteria, **{threshold: off[threshold]})
        words = self.found.take(others.judged(self.found)[0])
        values: Floats = {
            "min_entropy": np.minimum(words.left_entropy, words.right_entropy),
            "min_length": words.strings.lengths.astype(float),
            "min_count": words.strings.counts.astype(float),
            "min_pmi": words.pmi,
        }[threshold]
        values = np.sort(values[~np.isnan(values)])[::-1][:10]
        if not len(values):
            return None
        value = float(np.floor(values[-1] * 1000) / 1000)
        looser: dict[str, Any] = {threshold: value}
        return value, len(_kept(replace(self.criteria, **looser), self.found))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Word]:
        return self.found.rows(self.rows)

    @overload
    def __getitem__(self, place: int) -> Word: ...

    @overload
    def __getitem__(self, place: slice) -> list[Word]: ...

    def __getitem__(self, place: int | slice) -> Word | list[Word]:
        rows = self.rows[place]
        if isinstance(place, slice):
            return list(self.found.rows(np.atleast_1d(rows)))
        return next(self.found.rows(np.array([rows])))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Discovery):
            return NotImplemented
        return (
            self.method == other.method
            and self.thresholds == other.thresholds
            and self.removals == other.removals
            and self.total == other.total
            and self.hint == other.hint
            and self.found.take(self.rows).same(other.found.take(other.rows))
        )

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> dict[str, Any]:
        # what explains holds tables and files of this process
        state = {name: value for name, value in self.__dict__.items() if name != "_judged"}
        return {**state, "fates": None}

    @property
    def columns(self) -> tuple[str, ...]:
        """Fields of :class:`Word` that are shown and written: those that the method measures, what
        the words are sorted by, and what marks them.
        """
        treated = self.criteria.treatments
        shown = {
            **dict.fromkeys(("left_edge", "right_edge", "inside"), self.method == "learned"),
            "novelty": self.criteria.order == "novelty",
            "part_of": treated["fragments"] == "mark",
            "combination": treated["combinations"] == "mark",
            "similarity": self.found.similarity is not None,
        }
        return tuple(name for name in Word._fields if shown.get(name, True))

    def cells(self, words: Iterable[Word] | None = None) -> Iterator[tuple[Any, ...]]:
        """The words as tuples of these columns.

        Parameters
        ----------
        words : iterable of Word, optional
            Only these of them.
        """
        row = itemgetter(*map(Word._fields.index, self.columns))
        return map(row, self if words is None else words)

    def __repr__(self) -> str:
        title = f"Discovery by {self.method}: {len(self):,} words in {self.total:,} characters"
        return f"{title}\n{self._table(text_table)}" if len(self) else title

    def _repr_html_(self) -> str:
        return self._table(html_table)

    def _table(self, table: Callable[..., str]) -> str:
        return table(self.columns, self.cells(self[:SHOWN_ROWS]), len(self))

    def filter(
        self,
        *,
        min_count: int | None = None,
        min_pmi: float | Sequence[float] | None = None,
        min_entropy: float | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
        exclude: Iterable[str] | None = None,
        latin: bool | None = None,
        new: bool | None = None,
        top: int | None = None,
        contains: Iterable[str] | None = None,
        without: Iterable[str] | None = None,
        within: Iterable[str] | None = None,
        stopwords: Iterable[str] | None = None,
        sort: Order | None = None,
        numbers: bool | None = None,
        fragments: Treatment | None = None,
        combinations: Treatment | None = None,
        min_similarity: float | None = None,
    ) -> "Discovery":
        """Other thresholds on the evidence at hand, without reading the text again.

        A threshold that is not named stays as it is. What the run itself left out, words below its
        own `min_count` or longer than its `max_length`, no filter brings back.

        Parameters
        ----------
        min_count : int >= 1
            Of the word.
        min_pmi : float or sequence of float, in nats
            For all words, or for words of 2, 3, 4... symbols (the last value goes for all longer
            ones).
        min_entropy : float >= 0, in nats
            For the smaller one of both branching entropies.
        min_length, max_length : int >= 1
            In characters. At first 2: with 1, single characters are listed too.
        exclude : iterable of str
            Words to leave out. What is left is new and sorted by novelty, unless `sort` says
            otherwise.
        latin : bool
            List runs of digits and letters too. At first False.
        new : bool
            Only words that the base of the package does not hold
            (:meth:`nlpzero.BaseModel.counts_of`), sorted as with `exclude`. At first False.
        top : int >= 1
            Keep this many words at most.
        contains : iterable of str
            Only words in which one of these occurs.
        without : iterable of str
            Only words in which none of these occurs.
        within : iterable of str
            Only words that occur inside one of these.
        stopwords : iterable of str
            Words to leave out, as `exclude` does, but without a say in the order.
        sort : {"novelty", "score", "count", "pmi", "entropy", "similarity"}
            What the words are sorted by, highest first; entropy is the smaller one of both,
            similarity that to the words of :meth:`like`. At first similarity after :meth:`like`,
            novelty with `exclude` or `new`, else score.
        numbers : bool
            List words in which a number (digits) stands before something else: 2008年, 3个. At
            first not when sorted by novelty.
        fragments : {"keep", "mark", "drop"}
            What becomes of words that almost always stand inside one longer word, see
            :class:`Word`. At first they are dropped when sorted by novelty, else kept.
        combinations : {"keep", "mark", "drop"}
            What becomes of free combinations of other words, see :class:`Word`. At first kept.
        min_similarity : float in [-1, 1]
            To the words of :meth:`like`.

        Returns
        -------
        Discovery

        Examples
        --------
        >>> from nlpzero import Cohesion, discover_words
        >>> texts = ["摘葡萄", "葡萄皮", "吃葡萄", "买苹果", "苹果皮", "大苹果"]
        >>> found = discover_words(texts, Cohesion(min_pmi=(1, 2, 3)), min_count=2)
        >>> [word.word for word in found.filter(without=["果"])]
        ['葡萄']
        >>> [word.word for word in found.filter(min_length=1)]
        ['苹果', '葡萄', '皮']
        """
        given = {
            name: value
            for name, value in locals().items()
            if name not in ("self", "given") and value is not None
        }
        for name in ("exclude", "contains", "without", "within", "stopwords"):
            if isinstance(given.get(name), str):
                raise TypeError(f"`{name}` must be a collection of words, got one string.")
        for name in ("min_count", "min_length", "max_length", "top"):
            if name in given:
                check_integer(name, given[name], 1)
        choices = {"sort": Order, "fragments": Treatment, "combinations": Treatment}
        for name, choice in choices.items():
            if name in given and given[name] not in get_args(choice):
                named = ", ".join(repr(value) for value in get_args(choice))
                raise ValueError(f"`{name}` must be one of {named}, got {given[name]!r}.")
        if self.found.similarity is None:
            for name in ("min_similarity", "sort"):
                if name in given and (name != "sort" or given[name] == "similarity"):
                    raise ValueError(f"`{name}`: no word has a similarity; call `like` first.")
        for name in ("exclude", "stopwords"):
            if name in given:
                given[name] = frozenset(given[name])
        for name in ("contains", "without", "within"):
            if name in given:
                given[name] = tuple(dict.fromkeys(given[name]))
        if "min_pmi" in given and not isinstance(given["min_pmi"], (int, float)):
            given["min_pmi"] = tuple(given["min_pmi"])
        return replace(self, criteria=replace(self.criteria, **given))

    def like(self, seeds: Iterable[str], vectors: Vectors) -> "Discovery":
        """The other words by their similarity to the mean of some words: more of their kind.

        Words without a vector, nor characters that say something, are left out.

        Parameters
        ----------
        seeds : iterable of str
            They need not be among the words found; those without a vector have no say.
        vectors : WordVectors
            Best learned from the same text.

        Returns
        -------
        Discovery
            Sorted by similarity, the cosine, unless :meth:`filter` says otherwise.

        Raises
        ------
        ValueError
            No seed has a vector.

        Examples
        --------
        >>> from nlpzero import Cohesion, WordVectors, discover_words
        >>> texts = ["摘葡萄", "葡萄皮", "吃葡萄", "买苹果", "苹果皮", "大苹果"]
        >>> found = discover_words(texts, Cohesion(min_pmi=(1, 2, 3)), min_count=2)
        >>> vectors = WordVectors(["苹果", "葡萄", "香蕉"], [3, 3, 1], [[3, 1], [1, 3], [2, 2]])
        >>> near = found.like(["香蕉", "苹果"], vectors)
        >>> [(word.word, round(word.similarity, 2)) for word in near]
        [('葡萄', 0.77)]
        """
        if isinstance(seeds, str):
            raise TypeError("`seeds` must be a collection of words, got one string.")
        wanted = list(dict.fromkeys(seeds))
        values = similarities_to(vectors, self.found.texts(), wanted).astype(np.float64)
        return replace(
            self,
            found=replace(self.found, similarity=values),
            criteria=replace(self.criteria, like=frozenset(wanted)),
        )

    def explain(self, word: str) -> Explanation:
        """What became of a string: found, or where it was dropped.

        Parameters
        ----------
        word : str
            Any.

        Returns
        -------
        Explanation
            ``str()`` of it is a sentence.

        Raises
        ------
        ValueError
            The result comes from another process, which kept what explains.
        """
        if self.fates is None:
            raise ValueError(
                "what explains words stays where they were found; ask before the result is pickled"
            )
        symbols = self.found.alphabet.symbols(word)
        if len(symbols) == 0 or (symbols == 0).any():
            return Explanation(
                word,
                False,
                "clause",
                sentence="never a word: white space, punctuation and symbols end a clause",
            )
        criteria = self.criteria
        row = self.found.row_of(symbols)
        if self.fates.is_run(symbols) and not criteria.latin:
            told = "not listed: a run of digits and letters; ask for these with latin"
            return Explanation(word, False, "latin", sentence=told)
        if len(symbols) == 1 and criteria.min_length > 1:
            count = self.fates.alone(symbols)
            told = f"not listed: stands alone {count:,} times; min_length is {criteria.min_length}"
            return Explanation(word, False, "min_length", 1, criteria.min_length, told)
        fate = self.fates.fate(word, symbols)
        if row < 0:
            return fate
        fault = criteria.fault_of(self.found, row)
        if fault is not None:
            return _dropped(fate, self.found.take(np.array([row])), *fault)
        rows = self._judged[0]
        place = int(np.flatnonzero(rows == row)[0]) + 1
        told = f"{fate}; number {place:,} of {len(rows):,} by {criteria.order}"
        if criteria.top is not None and place > criteria.top:
            told += f"; beyond the top {criteria.top:,}"
            return Explanation(word, False, "top", place, criteria.top, told)
        return replace(fate, sentence=told)

    def save(self, path: PathLike) -> None:
        """Write all that was found, whatever the thresholds in force keep of it.

        What :meth:`load` gives has the thresholds of a result that was just made; it explains the
        words that were found, and says of others only that they were not.

        Parameters
        ----------
        path : path

        Examples
        --------
        >>> import os, tempfile
        >>> from nlpzero import Cohesion, discover_words
        >>> found = discover_words(["摘葡萄", "葡萄皮", "吃葡萄"], Cohesion(min_pmi=(0, 1, 2)))
        >>> path = os.path.join(tempfile.mkdtemp(), "found.nz")
        >>> found.save(path)
        >>> Discovery.load(path) == found
        True
        """
        from nlpzero.discovery.found_files import write_found

        write_found(path, self)

    @classmethod
    def load(cls, path: PathLike) -> "Discovery":
        """Read what :meth:`save` wrote; all of it is checked.

        Parameters
        ----------
        path : path

        Returns
        -------
        Discovery

        Raises
        ------
        StorageError
            The file cannot be read, is damaged, or holds something else.
        """
        from nlpzero.discovery.found_files import read_found

        return read_found(path)

    def to_dataframe(self) -> DataFrame:
        """The words as a data frame with the columns of :class:`Word`; needs pandas.

        Returns
        -------
        pandas.DataFrame
            The columns are those of ``nlpzero discover``, and always all of them: what a method
            does not measure is nan.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        return data_frame(Word._fields, self.words)

    def report(
        self,
        path: PathLike,
        *,
        contexts: "Mapping[str, Sequence[Context]] | None" = None,
        vectors: Vectors | None = None,
        limit: int = 20_000,
        title: str = "Words found",
        source: str = "",
    ) -> None:
        """Write a page for a browser: a table of the words with their evidence, plots, thresholds
        that can be moved.

        One file that needs nothing else; it holds words, too, that only miss `min_entropy`, or a
        `min_count` or `min_pmi` given to :meth:`filter`, unless `top` is in force: the thresholds
        can be loosened on the page.

        Parameters
        ----------
        path : path
            It appears complete or not at all.
        contexts : mapping of str to sequence of Context, optional
            Where words stand in the text, from :func:`nlpzero.concordance`; shown with the words.
        vectors : WordVectors, optional
            Then the first 1,000 words have their nearest ones of the page, and there is a map of
            all (principal components).
        limit : int >= 1
            Words in the report, at most; the first ones.
        title, source : str
            What stands above the table, and below the title.

        Raises
        ------
        NlpzeroError
            The file cannot be written.

        Examples
        --------
        >>> import os, tempfile
        >>> from nlpzero import Cohesion, concordance, discover_words
        >>> texts = ["摘葡萄", "葡萄皮", "吃葡萄"]
        >>> found = discover_words(texts, Cohesion(min_pmi=(0, 1, 2)), min_count=2)
        >>> contexts = concordance(texts, [word.word for word in found])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     found.report(os.path.join(folder, "words.html"), contexts=contexts)
        ...     os.listdir(folder)
        ['words.html']
        """
        from nlpzero.discovery.reporting import write_discovery

        check_integer("limit", limit, 1)
        write_discovery(
            self,
            path,
            contexts=contexts,
            vectors=vectors,
            limit=limit,
            title=title,
            source=source,
        )

    def to_dictionary(self, target: DictionaryFormat, *, with_frequency: bool = False) -> list[str]:
        """The words as lines of a dictionary for other programs, without those it cannot hold.

        Parameters
        ----------
        target : {"jieba", "hanlp", "ik", "plain", "wordcloud", "sentencepiece"}
        with_frequency : bool
            Write counts, for jieba and HanLP; word clouds always have them. See
            :func:`nlpzero.dictionary_lines`, which also tells what was left out.

        Returns
        -------
        list of str
            Each ends with a line feed.

        Examples
        --------
        >>> from nlpzero import Cohesion, discover_words
        >>> texts = ["摘葡萄", "葡萄皮", "吃葡萄"]
        >>> found = discover_words(texts, Cohesion(min_pmi=(0, 1, 2)), min_count=2)
        >>> found.to_dictionary("hanlp", with_frequency=True)
        ['葡萄 n 3\\n']
        """
        counted = with_frequency or target == "wordcloud"
        counts = [word.count for word in self] if counted else None
        return dictionary_lines((word.word for word in self), target, counts)[0]


# the order in which thresholds are told
_ORDER = (
    "min_count",
    "min_pmi",
    "min_gain",
    "min_entropy",
    "min_similarity",
    "min_length",
    "max_length",
    "order",
    "strict_backtrack",
    "latin",
    "numbers",
    "fragments",
    "combinations",
    "sort",
    "top",
)


def _kept(criteria: Criteria, words: WordColumns) -> npt.NDArray[np.int64]:
    """Rows that criteria keep."""
    return criteria.judged(words)[0][: criteria.top]


def _dropped(fate: Explanation, word: WordColumns, name: str, threshold: Any) -> Explanation:
    """A word that was found and misses a threshold."""
    value, reason = reason_of(word, name, threshold)
    return replace(
        fate,
        kept=False,
        step=name,
        value=value,
        threshold=threshold,
        sentence=f"{fate}; dropped: {reason}",
    )


def check_integer(name: str, value: Any, least: int) -> None:
    """Raise an error unless a value is an integer of at least that."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an integer >= {least}, got {value!r}.")
