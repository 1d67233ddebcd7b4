"""Transactions read from lines, JSON Lines, pairs of columns, sentences."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Ints
from nlpzero.errors import CorpusError
from nlpzero.rules.building import Builder
from nlpzero.rules.item_numbers import NEWLINE, QUOTE, STAND_IN, WHITE, Names
from nlpzero.rules.transactions import BLANKS, SpilledTransactions, Transactions

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


# --- reading text ----------------------------------------------------------------------------------------


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line."""
    held: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end == 0:
            held.append(block)  # inside a very long line
            continue
        if held:
            yield b"".join([*held, block[:end]])
        else:
            yield block if end == len(block) else block[:end]
        held = [block[end:]] if end < len(block) else []
    if held:
        yield b"".join([*held, b"\n"])


class _Lines:
    """Turns pieces of whole lines into starts and lengths of tokens."""

    def __init__(self, separator: str | None, quotes: bool) -> None:
        self.spaces = separator is None
        self.separator = b" " if separator is None else separator.encode("utf-8")
        self.stand_in = len(self.separator) > 1
        self.byte = STAND_IN[0] if self.stand_in else self.separator[0]
        self.quotes = quotes and not self.spaces
        self.white = [(c.encode("utf-8"), c) for c in WHITE if c != " "] if self.spaces else []

    def split(self, block: bytes) -> tuple[bytes, Counts, Counts, Counts, bool]:
        """Padded data, starts and lengths of all tokens, tokens per line, and whether quotes are there."""
        for white, _ in self.white:
            if white in block:
                block = block.replace(white, b" ")
        if self.stand_in:
            block = block.replace(self.separator, STAND_IN)
        size = len(block)
        data = block + bytes(24 - size % 8)
        octets = np.frombuffer(data, dtype=np.uint8, count=size)
        quoted = self.quotes and b'"' in block
        newline = octets == NEWLINE
        if quoted:
            mark = octets == self.byte
            mark &= ~_inside_quotes(octets, newline)
            mark |= newline
        else:
            mark = (octets == self.byte) | newline
        ends = np.flatnonzero(mark)
        starts = np.empty_like(ends)
        starts[0] = 0
        np.add(ends[:-1], 1, out=starts[1:])
        last = np.flatnonzero(octets.take(ends) == NEWLINE)
        per_line = np.diff(last, prepend=-1)
        lengths = ends - starts
        if b"\r\n" in block:
            # stripping would do, but "item" and "item CR" would be two tokens to look at
            lengths[last] -= octets.take(ends.take(last) - 1) == 0x0D
        if self.spaces:  # runs of white space separate once
            full = lengths > 0
            if not full.all():
                seen = np.zeros(len(full) + 1, dtype=np.int64)
                np.cumsum(full, out=seen[1:])
                per_line = np.diff(seen.take(last + 1), prepend=0)
                starts, lengths = starts[full], lengths[full]
        return data, starts, lengths, per_line, quoted


def _inside_quotes(octets: NDArray[np.uint8], newline: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bytes after an odd number of quotes in their line."""
    quotes = np.flatnonzero(octets == QUOTE)
    ends = np.flatnonzero(newline)
    line = np.searchsorted(ends, quotes)
    first = np.searchsorted(line, line)  # index of the first quote of the same line
    odd = (np.arange(len(quotes)) - first) % 2 == 0
    # a quote with an even place opens; it closes at the next quote of its line, or with the line
    opens = np.flatnonzero(odd)
    begin = quotes[opens]
    finish = ends[line[opens]]
    follows = opens + 1 < len(quotes)
    nxt = quotes[np.minimum(opens + 1, len(quotes) - 1)]
    finish = np.where(follows & (nxt < finish), nxt, finish)
    change = np.zeros(len(octets) + 1, dtype=np.int8)
    change[begin] += 1
    change[finish] -= 1
    return np.cumsum(change[:-1], dtype=np.int8).astype(bool)


def _quoted_row(line: str, separator: str) -> list[str]:
    """Items of a line, one by one: quoted if a closing quote ends the item, else up to the separator."""
    end = re.escape(separator)
    quoted = re.compile(rf'\s*"((?:[^"]|"")*)"\s*(?:{end}|\Z)')
    row = []
    at = 0
    while at <= len(line):
        match = quoted.match(line, at)
        if match:
            row.append(match[1].replace('""', '"'))
            at = match.end() if match[0].endswith(separator) else len(line) + 1
        else:
            stop = line.find(separator, at)
            stop = len(line) if stop < 0 else stop
            row.append(line[at:stop])
            at = stop + len(separator)
    return row


def _checked_separator(separator: str | None) -> str | None:
    if separator is None:
        return None
    if not isinstance(separator, str):
        raise TypeError(f"`separator` must be a str or None, got {type(separator).__name__}")
    if not separator or "\n" in separator or '"' in separator:
        raise ValueError(
            f"`separator` must be at least one character, no quote and no line end, got {separator!r}"
        )
    return separator


Progress = Callable[[int], object]


def transactions_from_lines(
    blocks: Iterable[bytes],
    *,
    separator: str | None = ",",
    quotes: bool = True,
    blanks: Iterable[str] = BLANKS,
    exclude: Iterable[str] = (),
    memory: int | None = None,
    tmpdir: str | Path | None = None,
    progress: Progress | None = None,
) -> Transactions | SpilledTransactions:
    """Read one transaction per line.

    Items are stripped; an item repeated in a line counts once; blank items and lines without items are
    dropped and counted in ``.dropped``. Does not mine anything.

    Parameters
    ----------
    blocks : iterable of bytes
        UTF-8 text, cut anywhere; ``Corpus.byte_blocks()`` gives it.
    separator : str or None
        What stands between items; None: any run of white space.
    quotes : bool
        Whether an item in double quotes may contain the separator (and ``""`` for a quote), as in CSV. It
        cannot contain a line end. A quote inside an item that does not begin with one is an ordinary character.
    blanks : iterable of str
        Items that are none: dropped, and counted as such.
    exclude : iterable of str
        Items to leave out.
    memory : int, optional
        Bytes of item numbers to hold; more goes to a temporary file.
    tmpdir : path, optional
        Where that file goes.
    progress : callable, optional
        Called with the number of bytes just read.

    Returns
    -------
    Transactions or SpilledTransactions
        The latter only if `memory` was exceeded.

    Raises
    ------
    ValueError
        If `separator` is empty or contains a quote or a line end.
    ResourceError
        If the temporary file cannot be written.

    Examples
    --------
    >>> from nlpzero import transactions_from_lines
    >>> list(transactions_from_lines([b'tea, milk ,tea\\n\\n"black, strong",nan,', b"milk\\n"]))
    [('tea', 'milk'), ('milk', 'black, strong')]
    """
    separator = _checked_separator(separator)
    lines = _Lines(separator, quotes)
    builder = Builder(
        blanks=blanks,
        separator=lines.separator if lines.stand_in else b"",
        exclude=exclude,
        memory=memory,
        tmpdir=tmpdir,
    )
    names = builder.names
    for block in _whole_lines(blocks):
        data, starts, lengths, per_line, quoted = lines.split(block)
        items = names.lookup(data, starts, lengths, quoted)
        if quoted and len(items) and int(items.min()) == -2:
            items, per_line = _repaired(names, data, starts, lengths, per_line, items, lines)
        builder.add_rows(items, per_line, blanks_count=not lines.spaces)
        if progress is not None:
            progress(len(block))
    return builder.finish()


def _repaired(
    names: Names,
    data: bytes,
    starts: Counts,
    lengths: Counts,
    per_line: Counts,
    items: Ints,
    lines: _Lines,
) -> tuple[Ints, Counts]:
    """Read the lines again, slowly, in which a quote stands where quoting alone cannot explain it."""
    bounds = np.concatenate([[0], np.cumsum(per_line)])
    bad = np.unique(np.searchsorted(bounds, np.flatnonzero(items == -2), side="right") - 1)
    pieces: list[Ints] = []
    per_line = per_line.copy()
    done = 0
    for row in bad.tolist():
        begin, end = int(bounds[row]), int(bounds[row + 1])
        line = data[starts[begin] : starts[end - 1] + lengths[end - 1]]
        if lines.stand_in:
            line = line.replace(STAND_IN, lines.separator)
        found = _quoted_row(line.decode("utf-8"), lines.separator.decode("utf-8"))
        pieces += [items[done:begin], np.array(names.numbers(found), dtype=np.int32)]
        per_line[row] = len(found)
        done = end
    pieces.append(items[done:])
    return np.concatenate(pieces), per_line


def transactions_from_json(
    blocks: Iterable[bytes],
    *,
    field: str | None = None,
    blanks: Iterable[str] = BLANKS,
    exclude: Iterable[str] = (),
    memory: int | None = None,
    tmpdir: str | Path | None = None,
    progress: Progress | None = None,
) -> Transactions | SpilledTransactions:
    """Read JSON Lines: an array of items per line, or an object whose `field` is one.

    Parameters
    ----------
    blocks : iterable of bytes
        UTF-8 text, cut anywhere.
    field : str, optional
        Name of the array in objects.
    blanks, exclude, memory, tmpdir, progress
        As for `transactions_from_lines`.

    Returns
    -------
    Transactions or SpilledTransactions

    Raises
    ------
    CorpusError
        With the line number, if a line is no JSON or no array of strings and numbers.

    Examples
    --------
    >>> from nlpzero import transactions_from_json
    >>> list(transactions_from_json([b'["tea", "milk", null]\\n["tea", 7]\\n']))
    [('tea', 'milk'), ('tea', '7')]
    """
    builder = Builder(blanks=blanks, exclude=exclude, memory=memory, tmpdir=tmpdir)
    number = 1
    for block in _whole_lines(blocks):
        lines = block.decode("utf-8").split("\n")[:-1]
        full = [line for line in lines if line.strip()]
        try:
            rows = json.loads(f"[{','.join(full)}]")
        except json.JSONDecodeError:
            rows = None
        if rows is None or len(rows) != len(full):
            _find_bad_json(lines, number)
        for i, row in enumerate(rows):
            value = row.get(field) if isinstance(row, dict) and field is not None else row
            if not isinstance(value, list) or any(isinstance(x, (list, dict)) for x in value):
                at = [n for n, line in enumerate(lines, number) if line.strip()][i]
                wanted = (
                    "an array of items" if field is None else f"an object with an array {field!r}"
                )
                raise CorpusError(
                    f"line {at} of the input: expected {wanted}, got {full[i].strip()[:60]!r}"
                )
            rows[i] = value
        builder.blank_lines += len(lines) - len(full)
        builder.add_lists(rows)
        number += len(lines)
        if progress is not None:
            progress(len(block))
    return builder.finish()


def _find_bad_json(lines: list[str], number: int) -> None:
    for n, line in enumerate(lines, number):
        if line.strip():
            try:
                json.loads(line)
            except json.JSONDecodeError as error:
                raise CorpusError(
                    f"line {n} of the input: not JSON ({error.msg}): {line.strip()[:60]!r}"
                ) from error
    raise CorpusError(f"lines {number} to {number + len(lines) - 1}: not one JSON value per line")


def transactions_from_pairs(
    blocks: Iterable[bytes],
    columns: tuple[str, str] | tuple[int, int],
    *,
    separator: str = ",",
    quotes: bool = True,
    blanks: Iterable[str] = BLANKS,
    exclude: Iterable[str] = (),
    progress: Progress | None = None,
) -> Transactions:
    """Read the long form: each line names a transaction and one item of it, among other columns.

    The lines of a transaction need not be neighbours. Other columns (quantities, dates) are not looked at.
    Pairs are held in memory, 8 bytes each.

    Parameters
    ----------
    blocks : iterable of bytes
        UTF-8 text, cut anywhere.
    columns : pair of str or pair of int
        Transaction and item column: by name, when the first line is a header (a repeated header, as when
        files are joined, is skipped); or by number from 1, when there is none.
    separator, quotes, blanks, exclude, progress
        As for `transactions_from_lines`.

    Returns
    -------
    Transactions
        In the order in which the transactions first appear in each block of text.

    Raises
    ------
    CorpusError
        If the header lacks a column, or a line has too few.

    Examples
    --------
    >>> from nlpzero import transactions_from_pairs
    >>> text = b"id,qty,item\\n1,3,tea\\n2,1,tea\\n1,1,milk\\n"
    >>> [sorted(t) for t in transactions_from_pairs([text], ("id", "item"))]
    [['milk', 'tea'], ['tea']]
    """
    if _checked_separator(separator) is None:
        raise ValueError("`separator` must be given for the long form")
    numbers = [c for c in columns if isinstance(c, int)]
    if len(columns) != 2 or len(numbers) == 1:
        raise ValueError(f"`columns` must be two names or two numbers, got {columns!r}")
    if numbers and min(numbers) < 1:
        raise ValueError(f"`columns` are numbered from 1, got {columns!r}")
    by_number = bool(numbers)
    lines = _Lines(separator, quotes)
    stand_in = lines.separator if lines.stand_in else b""
    baskets = Names(blanks, stand_in)
    builder = Builder(blanks=blanks, separator=stand_in, exclude=exclude)
    names = builder.names
    basket, item = (numbers[0] - 1, numbers[1] - 1) if numbers else (-1, -1)
    header = b""
    pairs: list[Counts] = []
    number = 1
    for block in _whole_lines(blocks):
        if not by_number and not header:
            header, _, block = block.partition(b"\n")
            number += 1
            found = [name.strip() for name in _csv_columns(header, lines)]
            for name in columns:
                if name not in found:
                    raise CorpusError(
                        f"line 1: no column {name!r}; there are {', '.join(map(repr, found))}"
                    )
            basket, item = (found.index(str(c)) for c in columns)
            if not block:
                continue
        data, starts, lengths, per_line, _ = lines.split(block)
        first = np.cumsum(per_line) - per_line
        octets = np.frombuffer(data, dtype=np.uint8)
        empty = (
            lengths.take(first) - (octets.take(starts.take(first)) == 0x0D) <= 0
        )  # nothing but CR
        blank = (per_line == 1) & empty
        short = np.flatnonzero((per_line <= max(basket, item)) & ~blank)
        if len(short):
            raise CorpusError(
                f"line {number + int(short[0])}: expected at least {max(basket, item) + 1} columns, "
                f"got {int(per_line[short[0]])}"
            )
        rows = np.flatnonzero(~blank)
        if header and block.find(header) >= 0:
            begin = starts.take(first.take(rows))
            size = len(header)
            same = [
                data[b : b + size] == header and data[b + size] in b"\r\n" for b in begin.tolist()
            ]
            rows = rows[~np.array(same, dtype=bool)]
        builder.blank_lines += len(per_line) - len(rows)
        at = first.take(rows)
        which = baskets.lookup(
            data, starts.take(at + basket), lengths.take(at + basket), lines.quotes
        )
        what = names.lookup(data, starts.take(at + item), lengths.take(at + item), lines.quotes)
        if len(which) and min(int(which.min()), int(what.min())) == -2:
            bad = rows[int(np.flatnonzero((which == -2) | (what == -2))[0])]
            raise CorpusError(
                f"line {number + int(bad)}: a quote inside an item that is not quoted as a whole; "
                "pass quotes=False (--no-quotes)"
            )
        good = (which >= 0) & (what >= 0)
        builder.excluded += int(np.count_nonzero((which >= 0) & (what == -4)))
        builder.blank_items += int(np.count_nonzero((which == -1) | (what == -1)))
        pairs.append((which[good].astype(np.int64) << 32) | what[good])
        number += len(per_line)
        if progress is not None:
            progress(len(block))
    keys = np.concatenate(pairs) if pairs else np.empty(0, dtype=np.int64)
    keys.sort()
    builder.add_rows(keys.astype(np.int32), np.bincount(keys >> 32))
    result = builder.finish()
    assert isinstance(result, Transactions)  # a builder without a memory limit never spills
    return result


def _csv_columns(line: bytes, lines: _Lines) -> list[str]:
    data, starts, lengths, _, _ = lines.split(line + b"\n")
    names = []
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        name = data[start : start + length].decode("utf-8").strip()
        if lines.quotes and len(name) > 1 and name[0] == name[-1] == '"':
            name = name[1:-1].replace('""', '"')
        names.append(name)
    return names


# sentence ends become line ends; words never contain them
_SENTENCE_ENDS = "。！？!?"


def transactions_from_text(
    blocks: Iterable[str],
    words: "Segmenter | Callable[[str], Iterable[str]] | None",
    *,
    exclude: Iterable[str] = (),
    memory: int | None = None,
    tmpdir: str | Path | None = None,
) -> Transactions | SpilledTransactions:
    """Make each sentence a transaction of its words.

    A sentence ends with its line or after one of 。！？!?. Words are tokens with a letter, a digit or a Han
    character in them; marks are left out. Sentences without a word are dropped.

    Parameters
    ----------
    blocks : iterable of str
        The text, cut anywhere; ``Corpus.blocks()`` gives it.
    words : Segmenter, callable or None
        What cuts words: a segmenter; a function from a sentence to its tokens; or None, when the text has
        white space between words.
    exclude : iterable of str
        Stop words.
    memory, tmpdir
        As for `transactions_from_lines`.

    Returns
    -------
    Transactions or SpilledTransactions

    Examples
    --------
    >>> from nlpzero import transactions_from_text
    >>> list(transactions_from_text(["天气 很 好 。 天气", " 不 好 ！"], None, exclude=["很"]))
    [('天气', '好'), ('天气', '好', '不')]
    """
    from nlpzero.segmentation.base import Segmenter  # heavy, and not needed for baskets

    builder = Builder(blanks=("",), exclude=exclude, words_only=True, memory=memory, tmpdir=tmpdir)
    ends = str.maketrans(dict.fromkeys(_SENTENCE_ENDS, "\n"))
    if words is None or isinstance(words, Segmenter):
        lines = _Lines(None, quotes=False)
        spaced = blocks if words is None else words.segment_blocks(blocks)
        for block in _whole_lines(text.translate(ends).encode("utf-8") for text in spaced):
            data, starts, lengths, per_line, _ = lines.split(block)
            builder.add_rows(
                builder.names.lookup(data, starts, lengths, False), per_line, blanks_count=False
            )
    else:
        encoded = (text.translate(ends).encode("utf-8") for text in blocks)
        for block in _whole_lines(encoded):
            builder.add_lists(
                [list(words(line)) for line in block.decode("utf-8").split("\n")[:-1]]
            )
    # every sentence end leaves an empty line behind, which is no news
    builder.blank_lines = builder.blank_items = 0
    return builder.finish()
