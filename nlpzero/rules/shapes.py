"""How transactions may be written: the shapes that :func:`read_transactions` reads."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpzero.engine.config import Config, option

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer

# sentence ends become line ends; words never contain them
SENTENCE_ENDS = str.maketrans(dict.fromkeys("。！？!?", "\n"))


@dataclass(frozen=True)
class Lines(Config):
    """One transaction a line.

    Parameters
    ----------
    separator : str or None
        What stands between items; None: any run of white space.
    quotes : bool
        Whether an item in double quotes may contain the separator (and ``""`` for a quote), as in
        CSV. A quote inside an item that does not begin with one is an
        ordinary character.
    header : bool
        Whether the first line of the first input has names instead of items. The same line at the
        beginning of another input is left out too.
    skip : tuple of int
        Columns, from 1, that hold no items: a number of the transaction, a date.
    line_ends : bool
        Whether a quoted item may have line ends in it, which are read as spaces.

    Examples
    --------
    >>> from nlpzero import Corpus, Lines, read_transactions
    >>> list(read_transactions(Corpus.from_texts(["茶;奶", "茶"]), Lines(";")))
    [('茶', '奶'), ('茶',)]
    """

    separator: str | None = option(",", "What stands between items: any text.")
    quotes: bool = option(True, 'Whether "quoted, items" may contain the separator.')
    header: bool = option(False, "Whether the first line has names.")
    skip: tuple[int, ...] = ()
    line_ends: bool = option(False, "Whether quoted items may have line ends in them.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator is not None:
            _check_separator(self.separator)
        _check_columns(self.skip)


@dataclass(frozen=True)
class Pairs(Config):
    """The long form: each line names a transaction and one item of it, among other columns.

    The lines of a transaction need not be neighbours. Other columns (quantities, dates) are not
    looked at.

    Parameters
    ----------
    transaction, item : str or int
        The two columns: by name, when the first line is a header (a repeated header, as when files
        are joined, is skipped); or by number from 1, when there is none.
    separator : str or None
        What stands between columns; None: any run of white space.
    quotes : bool
        As in :class:`Lines`; but a quoted cell may have line ends in it, which are read as spaces.

    Examples
    --------
    >>> from nlpzero import Corpus, Pairs, read_transactions
    >>> table = Corpus.from_texts(["id,qty,item", "1,3,tea", "2,1,tea", "1,1,milk"])
    >>> [sorted(t) for t in read_transactions(table, Pairs("id", "item"))]
    [['milk', 'tea'], ['tea']]
    """

    transaction: str | int = option("id", "The column of the transaction.")
    item: str | int = option("item", "The column of the item.")
    separator: str | None = option(",", "What stands between columns: any text.")
    quotes: bool = option(True, 'Whether "quoted, items" may contain the separator.')

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator is not None:
            _check_separator(self.separator)
        columns = (self.transaction, self.item)
        if len({isinstance(column, int) for column in columns}) > 1 or not all(
            isinstance(column, (int, str)) and not isinstance(column, bool) for column in columns
        ):
            raise ValueError(
                f"`transaction` and `item` must be two names or two numbers, got {columns!r}."
            )
        if any(isinstance(column, int) and column < 1 for column in columns):
            raise ValueError(f"`transaction` and `item` are numbered from 1, got {columns!r}.")


@dataclass(frozen=True)
class OneHot(Config):
    """A column for each item; a cell says whether, or how many of, the item is in the transaction.

    A cell is a number (0: not there), true or false, yes or no, t or f, y or n in any case, or a
    blank (not there, and counted as blank). A row where nothing is there is no transaction.

    Parameters
    ----------
    separator : str or None
        What stands between cells; None: any run of white space.
    quotes : bool
        As in :class:`Pairs`.
    header : bool
        Whether the first line has the names of the items; without one they are the numbers of
        columns. A column without a name is not read.
    skip : tuple of int
        Columns, from 1, that are no items.

    Examples
    --------
    >>> from nlpzero import Corpus, OneHot, read_transactions
    >>> table = Corpus.from_texts(["no,tea,milk", "1,1,0", "2,3,1"])
    >>> list(read_transactions(table, OneHot(skip=(1,))))
    [('tea',), ('tea', 'milk')]
    """

    separator: str | None = option(",", "What stands between cells: any text.")
    quotes: bool = option(True, 'Whether "quoted, cells" may contain the separator.')
    header: bool = option(True, "Whether the first line has the names of the items.")
    skip: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator is not None:
            _check_separator(self.separator)
        _check_columns(self.skip)


@dataclass(frozen=True)
class JsonLines(Config):
    """JSON: an array of items for each transaction, or an object.

    Each stands in a line of its own, or all of them in one array.

    Parameters
    ----------
    field : str, optional
        Objects have the array of items in this field.
    flags : bool
        The fields of objects are items, and their values say whether they are there: true, false,
        null or a number, as the cells of :class:`OneHot`.
    skip : tuple of str
        Fields that are no items, where `flags` is true.

    Examples
    --------
    >>> from nlpzero import Corpus, JsonLines, read_transactions
    >>> lines = Corpus.from_texts(['["tea", "milk", null]', '["tea", 7]'])
    >>> list(read_transactions(lines, JsonLines()))
    [('tea', 'milk'), ('tea', '7')]
    >>> table = Corpus.from_texts(['[{"tea": true, "milk": false},', '{"tea": 2, "milk": 1}]'])
    >>> list(read_transactions(table, JsonLines(flags=True)))
    [('tea',), ('tea', 'milk')]
    """

    field: str | None = option(None, "The field with the array of items.")
    flags: bool = option(False, "Whether fields are items, and their values flags.")
    skip: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.flags and self.field is not None:
            raise ValueError("`field` and `flags` exclude each other.")
        if isinstance(self.skip, str):
            raise TypeError(f"`skip` must be a tuple of names, got {self.skip!r}.")


@dataclass(frozen=True)
class Sentences:
    """Each sentence is a transaction, its words are the items.

    A sentence ends with its line or after one of 。！？!?. Words are tokens with a letter, a digit
    or a Han character in them; marks are left out. Sentences without a word are dropped.

    Parameters
    ----------
    tokenizer : Tokenizer, Segmenter, callable or str
        What cuts words, as for :func:`count_words`: ``"whitespace"`` when the text has white space
        between words.

    Examples
    --------
    >>> from nlpzero import Corpus, Sentences, read_transactions
    >>> text = Corpus.from_texts(["天气 很 好 。 天气 不 好 ！"])
    >>> list(read_transactions(text, Sentences("whitespace"), exclude=["很"]))
    [('天气', '好'), ('天气', '好', '不')]
    """

    tokenizer: "Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str" = "whitespace"


KINDS = ("auto", "lines", "pairs", "one-hot", "json")


@dataclass(frozen=True)
class Recognised(Config):
    """What the input looks like, but for what is given here; unclear input is refused.

    A sample of the first input decides: whether it is JSON, what separates, whether there is a
    header, which columns are identifiers, names of items, or flags.

    Parameters
    ----------
    kind : {"auto", "lines", "pairs", "one-hot", "json"}
        The shape, if it is known.
    separator : str or None
        What separates; None: any run of white space; ``"auto"``: what the sample has.
    quotes : bool
        As in :class:`Lines`.
    header : bool, optional
        Whether the first line is one; None: by the sample.
    skip : tuple of int
        Columns, from 1, that hold no items; more may be recognised.
    columns : pair of str or of int, optional
        The columns of :class:`Pairs`.

    Examples
    --------
    >>> from nlpzero import Corpus, Recognised, read_transactions
    >>> table = Corpus.from_texts(["order;item", "1;tea", "1;milk", "2;tea"])
    >>> found = read_transactions(table, Recognised())
    >>> found.shape
    Pairs(transaction='order', item='item', separator=';', quotes=True)
    """

    kind: str = option("auto", "The shape, if it is known.", choices=KINDS)
    separator: str | None = option("auto", "What separates.")
    quotes: bool = option(True, 'Whether "quoted, items" may contain the separator.')
    header: bool | None = None
    skip: tuple[int, ...] = ()
    columns: tuple[str, str] | tuple[int, int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator not in (None, "auto"):
            _check_separator(self.separator)
        _check_columns(self.skip)
        if self.columns is not None:
            Pairs(*self.columns)


#: What transactions can be read as.
Concrete = Lines | Pairs | OneHot | JsonLines | Sentences
Shape = Concrete | Recognised


def _check_columns(skip: object) -> None:
    if not isinstance(skip, tuple) or not all(
        isinstance(number, int) and not isinstance(number, bool) and number >= 1 for number in skip
    ):
        raise ValueError(f"`skip` must be a tuple of columns, numbered from 1, got {skip!r}.")


def _check_separator(separator: object) -> None:
    if not isinstance(separator, str):
        raise TypeError(f"`separator` must be a string, got {type(separator).__name__}.")
    if not separator or "\n" in separator or '"' in separator:
        raise ValueError(
            "`separator` must be at least one character, no quote and no line end, "
            f"got {separator!r}."
        )
