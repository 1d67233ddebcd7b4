"""Reading transactions: one a line, one item a line, JSON Lines, sentences."""

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpzero.engine.config import Config, option
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.errors import CorpusError
from nlpzero.rules.building import TransactionBuilder
from nlpzero.rules.item_numbers import ItemNumbers
from nlpzero.rules.line_splitting import LineSplitter, whole_lines
from nlpzero.rules.pairs import PairBuilder, add_pairs
from nlpzero.rules.transactions import BLANKS, Transactions
from nlpzero.text.corpus import Corpus, Shard

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer

# sentence ends become line ends; words never contain them
_SENTENCE_ENDS = str.maketrans(dict.fromkeys("。！？!?", "\n"))

# bytes of text looked at together: the arrays made of them take up to sixty times as much
_LEAST_BLOCK, _MOST_BLOCK = 1 << 17, 1 << 20


@dataclass(frozen=True)
class Lines(Config):
    """One transaction a line.

    Parameters
    ----------
    separator : str or None
        What stands between items; None: any run of white space.
    quotes : bool
        Whether an item in double quotes may contain the separator (and ``""`` for a quote), as in
        CSV. It cannot contain a line end. A quote inside an item that does not begin with one is an
        ordinary character.

    Examples
    --------
    >>> from nlpzero import Corpus, Lines, read_transactions
    >>> list(read_transactions(Corpus.from_texts(["茶;奶", "茶"]), Lines(";")))
    [('茶', '奶'), ('茶',)]
    """

    separator: str | None = option(",", "What stands between items: any text.")
    quotes: bool = option(True, 'Whether "quoted, items" may contain the separator.')

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.separator is not None:
            _check_separator(self.separator)


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
    separator : str
        What stands between columns.
    quotes : bool
        As in :class:`Lines`.

    Examples
    --------
    >>> from nlpzero import Corpus, Pairs, read_transactions
    >>> table = Corpus.from_texts(["id,qty,item", "1,3,tea", "2,1,tea", "1,1,milk"])
    >>> [sorted(t) for t in read_transactions(table, Pairs("id", "item"))]
    [['milk', 'tea'], ['tea']]
    """

    transaction: str | int = option("id", "The column of the transaction.")
    item: str | int = option("item", "The column of the item.")
    separator: str = option(",", "What stands between columns: any text.")
    quotes: bool = option(True, 'Whether "quoted, items" may contain the separator.')

    def __post_init__(self) -> None:
        super().__post_init__()
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
class JsonLines(Config):
    """One JSON array of items a line, or an object with a field that is one.

    Parameters
    ----------
    field : str, optional
        Name of the array in objects.

    Examples
    --------
    >>> from nlpzero import Corpus, JsonLines, read_transactions
    >>> lines = Corpus.from_texts(['["tea", "milk", null]', '["tea", 7]'])
    >>> list(read_transactions(lines, JsonLines()))
    [('tea', 'milk'), ('tea', '7')]
    """

    field: str | None = option(None, "The field with the array of items.")


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


Shape = Lines | Pairs | JsonLines | Sentences


def _check_separator(separator: object) -> None:
    if not isinstance(separator, str):
        raise TypeError(f"`separator` must be a string, got {type(separator).__name__}.")
    if not separator or "\n" in separator or '"' in separator:
        raise ValueError(
            "`separator` must be at least one character, no quote and no line end, "
            f"got {separator!r}."
        )


def read_transactions(
    corpus: Corpus | Shard | str | os.PathLike[str],
    shape: Shape | None = None,
    *,
    blanks: Iterable[str] = BLANKS,
    exclude: Iterable[str] = (),
    resources: Resources | None = None,
) -> Transactions:
    """Read transactions in one of several shapes.

    Items are stripped; an item repeated in a transaction counts once; blank items and transactions
    without items are dropped and counted in ``.dropped``; ``.read`` tells what was read. Does not
    mine anything.

    Parameters
    ----------
    corpus : Corpus or path
    shape : Lines, Pairs, JsonLines or Sentences
        How the transactions are written; default ``Lines()``, one a line, items separated by
        commas.
    blanks : iterable of str
        Items that are none: dropped, and counted as such. Not for sentences, whose words are all
        that have a letter, a digit or a Han character.
    exclude : iterable of str
        Items to leave out: stop words.
    resources : Resources, optional
        Rows and names of items beyond its budget wait in its folder for temporary files; besides,
        each different item takes about 20 bytes. It is read by one process, whatever `jobs` is.

    Returns
    -------
    Transactions
        With temporary files, if the budget was exceeded; they vanish with it.

    Raises
    ------
    CorpusError
        With the line number, if the text has not the shape: no such column, a line with too few, no
        JSON.
    ResourceError
        If a temporary file cannot be written.

    Examples
    --------
    >>> from nlpzero import Corpus, read_transactions
    >>> text = Corpus.from_texts(['tea, milk ,tea', '', '"black, strong",nan,milk'])
    >>> baskets = read_transactions(text)
    >>> list(baskets)
    [('tea', 'milk'), ('milk', 'black, strong')]
    >>> baskets.dropped
    Dropped(blank_items=1, blank_lines=1, repeats=1, excluded=0)
    """
    shape = Lines() if shape is None else shape
    resources = Resources() if resources is None else resources
    text = corpus if isinstance(corpus, (Corpus, Shard)) else Corpus(corpus)
    splitter = _splitter(shape)
    builder = TransactionBuilder(
        blanks=("",) if isinstance(shape, Sentences) else blanks,
        exclude=exclude,
        separator=splitter.stand_in,
        words_only=isinstance(shape, Sentences),
        memory=resources.budget,
        tmpdir=resources.tmpdir,
    )
    pairs = PairBuilder(builder, ItemNumbers(blanks, splitter.stand_in))
    read = ReadReport()
    size = min(max(resources.budget // 64, _LEAST_BLOCK), _MOST_BLOCK)
    advance = resources.stage("reading", text.size)
    try:
        if isinstance(shape, Sentences):
            blocks = text.blocks(size // 4, report=read, progress=advance)
            add_sentences(blocks, shape, builder)
            return builder.finish(read)
        data = text.byte_blocks(size, report=read, progress=advance)
        if isinstance(shape, Pairs):
            add_pairs(data, (shape.transaction, shape.item), splitter, pairs)
            return pairs.finish(read)
        if isinstance(shape, JsonLines):
            add_json(data, shape.field, builder)
        else:
            add_lines(data, splitter, builder)
        return builder.finish(read)
    except BaseException:
        pairs.close()
        builder.close()
        raise


def _splitter(shape: Shape) -> LineSplitter:
    if isinstance(shape, (Lines, Pairs)):
        return LineSplitter(shape.separator, shape.quotes)
    if isinstance(shape, (JsonLines, Sentences)):
        return LineSplitter(None, quotes=False)
    raise TypeError(
        f"`shape` must be Lines, Pairs, JsonLines or Sentences, got {type(shape).__name__}."
    )


def add_lines(blocks: Iterable[bytes], splitter: LineSplitter, builder: TransactionBuilder) -> None:
    """Add a transaction for each line of blocks of UTF-8 text, cut anywhere."""
    for block in whole_lines(blocks):
        items, per_line = splitter.items(block, builder.names)
        builder.add_rows(items, per_line, blanks_count=not splitter.spaces)


# --- JSON Lines ----------------------------------------------------------------------------------


def add_json(blocks: Iterable[bytes], field: str | None, builder: TransactionBuilder) -> None:
    """Add a transaction for each array of items in blocks of JSON Lines, cut anywhere."""
    number = 1
    for block in whole_lines(blocks):
        lines = block.decode("utf-8").split("\n")[:-1]
        full = [line for line in lines if line.strip()]
        try:
            # each line in brackets of its own: no line can borrow a row from another
            wrapped = json.loads(f"[[{'],['.join(full)}]]" if full else "[]")
        except (ValueError, RecursionError):
            wrapped = None
        if wrapped is None or len(wrapped) != len(full) or any(len(row) != 1 for row in wrapped):
            raise _bad_json(lines, number)
        rows = [row[0] for row in wrapped]
        for i, row in enumerate(rows):
            value = row.get(field) if isinstance(row, dict) and field is not None else row
            if not isinstance(value, list) or any(isinstance(x, (list, dict)) for x in value):
                at = _line_of(lines, i, number)
                wanted = (
                    "an array of items" if field is None else f"an object with an array {field!r}"
                )
                raise CorpusError(
                    f"line {at} of the input: expected {wanted}, got {full[i].strip()[:60]!r}"
                )
            if "\\u" in full[i]:
                _check_characters(value, lines, i, number)
            rows[i] = value
        builder.blank_lines += len(lines) - len(full)
        builder.add_lists(rows)
        number += len(lines)


def _check_characters(items: list[object], lines: list[str], row: int, number: int) -> None:
    """Escapes can spell lone surrogates, which no file can hold."""
    try:
        "".join(item for item in items if isinstance(item, str)).encode("utf-8")
    except UnicodeEncodeError as error:
        at = _line_of(lines, row, number)
        raise CorpusError(
            f"line {at} of the input: an item has a lone surrogate "
            f"(U+{ord(error.object[error.start]):04X}), which is no character"
        ) from None


def _line_of(lines: list[str], row: int, number: int) -> int:
    """Number of the line of a row, where lines are numbered from `number`."""
    return [n for n, line in enumerate(lines, number) if line.strip()][row]


def _bad_json(lines: list[str], number: int) -> CorpusError:
    """What is wrong with the first bad line, where lines are numbered from `number`."""
    for n, line in enumerate(lines, number):
        if line.strip():
            try:
                json.loads(line)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", None) or str(error)
                return CorpusError(
                    f"line {n} of the input: not JSON ({what}): {line.strip()[:60]!r}"
                )
    return CorpusError(f"lines {number} to {number + len(lines) - 1}: not one JSON value per line")


# --- sentences -----------------------------------------------------------------------------------


def add_sentences(blocks: Iterable[str], shape: Sentences, builder: TransactionBuilder) -> None:
    """Add a transaction for each sentence of blocks of text, cut anywhere."""
    from nlpzero.segmentation.tokenizers import as_tokenizer  # not needed for baskets

    tokenizer = as_tokenizer(shape.tokenizer)
    spaced = tokenizer.spaced(blocks)
    if spaced is not None:
        splitter = LineSplitter(None, quotes=False)
        for block in whole_lines(text.translate(_SENTENCE_ENDS).encode("utf-8") for text in spaced):
            builder.add_rows(*splitter.items(block, builder.names), blanks_count=False)
    else:
        cut = tokenizer.cutter()
        encoded = (text.translate(_SENTENCE_ENDS).encode("utf-8") for text in blocks)
        for block in whole_lines(encoded):
            builder.add_lists([cut(line) for line in block.decode("utf-8").split("\n")[:-1]])
    # every sentence end leaves an empty line behind, which is no news
    builder.blank_lines = builder.blank_items = 0
