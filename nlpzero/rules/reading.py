"""Reading transactions: one a line, one item a line, a column for each item, JSON, sentences."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from nlpzero.engine.frames import DataFrame
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.errors import CorpusError
from nlpzero.rules.building import TransactionBuilder
from nlpzero.rules.item_numbers import ItemNumbers
from nlpzero.rules.json_reading import add_json
from nlpzero.rules.line_blocks import LineBlocks, whole_lines
from nlpzero.rules.line_splitting import LineSplitter
from nlpzero.rules.one_hot import add_one_hot
from nlpzero.rules.pairs import PairBuilder, add_pairs
from nlpzero.rules.recognising import Found, recognise
from nlpzero.rules.shapes import (
    SENTENCE_ENDS,
    Concrete,
    JsonLines,
    Lines,
    OneHot,
    Pairs,
    Recognised,
    Sentences,
    Shape,
)
from nlpzero.rules.transactions import BLANKS, Transactions
from nlpzero.text.corpus import Corpus, Shard

# bytes of text looked at together: the arrays made of them take up to sixty times as much
_LEAST_BLOCK, _MOST_BLOCK = 1 << 17, 1 << 20
# of lines cut together: their arrays stay in the cache, and need no new memory from the system
_CUT_BLOCK = 1 << 18


def read_transactions(
    corpus: "Corpus | Shard | str | os.PathLike[str] | DataFrame",
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
    corpus : Corpus, path, or pandas.DataFrame
        Files named ``.parquet``, ``.xlsx`` or ``.xls`` are read by pandas, whole.
    shape : Recognised, Lines, Pairs, OneHot, JsonLines or Sentences
        How the transactions are written; default ``Recognised()``: what a sample looks like. What
        it was is ``.shape`` of the result, in words ``.recognised``.
    blanks : iterable of str
        Items that are none: dropped, and counted as such. Not for sentences, whose words are all
        that have a letter, a digit or a Han character.
    exclude : iterable of str
        Items to leave out: stop words.
    resources : Resources, optional
        Rows and names of items beyond its budget wait in its folder for temporary files; besides,
        each different item takes about 20 bytes. It is read by one process, whatever `jobs` is; or
        by the workers of a cluster, as far as transactions are lines, or sentences.

    Returns
    -------
    Transactions
        With temporary files, if the budget was exceeded; they vanish with it.

    Raises
    ------
    UnclearShapeError
        The sample may be read in several ways; the error has the choices.
    CorpusError
        With file and line, if the text has not the shape: no such column, a line with too few, no
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
    shape = Recognised() if shape is None else shape
    resources = Resources() if resources is None else resources
    text: Any = corpus
    if not isinstance(text, (Corpus, Shard)) and not _is_frame(text):
        text = Corpus(text)
    size = min(max(resources.budget // 64, _LEAST_BLOCK), _MOST_BLOCK)
    advance = resources.stage("reading", getattr(text, "size", None))
    read = ReadReport()
    lines = LineBlocks(text, size, read, advance)
    found: Found | None = None
    if isinstance(shape, Recognised):
        found = recognise(lines.sample(), shape, lines.name)
        shape = found.shape
    if _on_cluster(resources):
        if _is_frame(text):
            raise TypeError("a cluster reads text, got a data frame")
        from nlpzero.rules.reading_on_workers import read_on_workers

        placed = read_on_workers(
            text, shape, read_transactions, blanks=blanks, exclude=exclude, resources=resources
        )
        placed.shape = shape
        placed.recognised = "" if found is None else found.description
        return placed
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
    try:
        if isinstance(shape, Sentences):
            if _is_frame(text):
                raise TypeError("sentences are read from text, got a data frame")
            add_sentences(text.blocks(size // 4, report=read, progress=advance), shape, builder)
        elif isinstance(shape, Pairs):
            add_pairs(lines, (shape.transaction, shape.item), splitter, pairs)
        elif isinstance(shape, JsonLines):
            add_json(lines, shape, builder)
        elif isinstance(shape, OneHot):
            add_one_hot(lines, shape, splitter, builder, tuple(blanks))
        else:
            add_lines(lines, shape, splitter, builder)
        made = pairs.finish(read) if isinstance(shape, Pairs) else builder.finish(read)
    except CorpusError as error:
        pairs.close()
        builder.close()
        if found is None or found.description.endswith("one transaction a line"):
            raise
        raise type(error)(f"{error} (read as {found.description})") from error
    except BaseException:
        pairs.close()
        builder.close()
        raise
    made.shape = shape
    made.recognised = "" if found is None else found.description
    return made


def _on_cluster(resources: Resources) -> bool:
    if resources.executor is None:
        return False
    from nlpzero.engine.cluster import DaskExecutor  # which brings threads and logging with it

    return isinstance(resources.executor, DaskExecutor)


def _is_frame(value: Any) -> bool:
    """Whether something is a data frame of pandas, which is not imported to tell."""
    return hasattr(value, "to_csv") and hasattr(value, "iloc")


def _splitter(shape: Concrete) -> LineSplitter:
    if isinstance(shape, (Lines, Pairs, OneHot)):
        return LineSplitter(shape.separator, shape.quotes)
    if isinstance(shape, (JsonLines, Sentences)):
        return LineSplitter(None, quotes=False)
    raise TypeError(
        "`shape` must be Recognised, Lines, Pairs, OneHot, JsonLines or Sentences, got "
        f"{type(shape).__name__}."
    )


def add_lines(
    lines: LineBlocks, shape: Lines, splitter: LineSplitter, builder: TransactionBuilder
) -> None:
    """Add a transaction for each line."""
    header = b""
    for block in lines.records(splitter.text) if shape.line_ends else lines:
        if shape.header and lines.begins:
            first, _, rest = block.partition(b"\n")
            if lines.first_input or first.rstrip(b"\r") == header:
                header, block = first.rstrip(b"\r"), rest
                if not block:
                    continue
        for piece in _pieces(block):
            items, per_line = splitter.items(piece, builder.names, shape.skip)
            builder.add_rows(items, per_line, blanks_count=not splitter.spaces)


def _pieces(block: bytes) -> Iterator[bytes]:
    """Whole lines of a block, some at a time."""
    low = 0
    while low < len(block):
        high = len(block)
        if high - low > _CUT_BLOCK:
            high = block.find(b"\n", low + _CUT_BLOCK - 1) + 1 or high
        yield block[low:high]
        low = high


def add_sentences(blocks: Iterable[str], shape: Sentences, builder: TransactionBuilder) -> None:
    """Add a transaction for each sentence of blocks of text, cut anywhere."""
    from nlpzero.segmentation.tokenizers import as_tokenizer  # not needed for baskets

    tokenizer = as_tokenizer(shape.tokenizer)
    spaced = tokenizer.spaced(blocks)
    if spaced is not None:
        splitter = LineSplitter(None, quotes=False)
        for block in whole_lines(text.translate(SENTENCE_ENDS).encode("utf-8") for text in spaced):
            builder.add_rows(*splitter.items(block, builder.names), blanks_count=False)
    else:
        cut = tokenizer.cutter()
        encoded = (text.translate(SENTENCE_ENDS).encode("utf-8") for text in blocks)
        for block in whole_lines(encoded):
            builder.add_lists([cut(line) for line in block.decode("utf-8").split("\n")[:-1]])
    # every sentence end leaves an empty line behind, which is no news
    builder.blank_lines = builder.blank_items = 0
