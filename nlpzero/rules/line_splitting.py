"""Lines into items, on whole arrays of bytes: separators, quotes, white space.

The CSV here is not that of :mod:`nlpzero.text.records`, which takes one field of regular records
out of Python's reader: rows are ragged, a separator may have several characters or be any white
space, a quote that does not enclose an item is an ordinary character, and items are numbered
without ever becoming Python objects one by one. The two share
:func:`nlpzero.text.records.quoted_fields`, the definition of a quoted item.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Bools, Counts, Ints
from nlpzero.rules.item_numbers import OPEN_QUOTE, STAND_IN, ItemNumbers
from nlpzero.text.records import quoted_fields

_NEWLINE, _RETURN, _QUOTE = 0x0A, 0x0D, 0x22
# what `str.isspace` knows, without the line feed
_WHITE = [
    *"\t\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680",
    *"\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
]


class Slices(NamedTuple):
    """Items of some lines as slices of bytes.

    Attributes
    ----------
    data : bytes
        The lines, padded to 8 bytes and two more words.
    starts, lengths : int64 arrays
        The slices.
    per_line : int64 array
        Slices in each line.
    quoted : bool
        Whether quotes count and there are any.
    """

    data: bytes
    starts: Counts
    lengths: Counts
    per_line: Counts
    quoted: bool

    def take(self, which: Counts) -> tuple[bytes, Counts, Counts, bool]:
        """What `ItemNumbers.lookup` wants to know about some of the slices."""
        return self.data, self.starts.take(which), self.lengths.take(which), self.quoted

    def first(self) -> Counts:
        """The first slice of each line, or the one after it where the line has none."""
        return np.cumsum(self.per_line) - self.per_line

    def empty_lines(self) -> Bools:
        """Whether there is nothing in a line."""
        empty = self.per_line == 0
        alone = np.flatnonzero(self.per_line == 1)
        empty[alone] = self.lengths.take(self.first().take(alone)) <= 0
        return empty


class LineSplitter:
    """Turns pieces of whole lines into slices of items.

    Parameters
    ----------
    separator : str or None
        None: any run of white space.
    quotes : bool
    """

    def __init__(self, separator: str | None, quotes: bool) -> None:
        self.spaces = separator is None
        self.text = " " if separator is None else separator
        self.separator = self.text.encode("utf-8")
        self.quotes = quotes and not self.spaces
        self._byte = STAND_IN[0] if self.stand_in else self.separator[0]
        self._white = [c.encode("utf-8") for c in _WHITE if c != " "] if self.spaces else []

    @property
    def stand_in(self) -> bytes:
        """What STAND_IN stands for in the slices: a separator of several bytes, or nothing."""
        return self.separator if len(self.separator) > 1 else b""

    def split(self, block: bytes) -> Slices:
        """All slices of whole lines."""
        for white in self._white:
            if white in block:
                block = block.replace(white, b" ")
        if self.stand_in:
            block = block.replace(self.separator, STAND_IN)
        size = len(block)
        data = block + bytes(24 - size % 8)
        octets = np.frombuffer(data, dtype=np.uint8, count=size)
        quoted = self.quotes and b'"' in block
        newline = octets == _NEWLINE
        mark = octets == self._byte
        if quoted:
            mark &= ~_inside_quotes(octets, newline)
        mark |= newline
        ends = np.flatnonzero(mark)
        starts = np.empty_like(ends)
        starts[0] = 0
        np.add(ends[:-1], 1, out=starts[1:])
        last = np.flatnonzero(octets.take(ends) == _NEWLINE)
        per_line = np.diff(last, prepend=-1)
        lengths = ends - starts
        if b"\r\n" in block:
            # stripping would do, but "item" and "item CR" would be two slices to look at
            lengths[last] -= octets.take(ends.take(last) - 1) == _RETURN
        if self.spaces:  # runs of white space separate once
            full = lengths > 0
            if not full.all():
                seen = np.zeros(len(full) + 1, dtype=np.int64)
                np.cumsum(full, out=seen[1:])
                per_line = np.diff(seen.take(last + 1), prepend=0)
                starts, lengths = starts[full], lengths[full]
        return Slices(data, starts, lengths, per_line, quoted)

    def fields(self, line: bytes) -> list[str]:
        """Items of one line, by the definition."""
        text = line.decode("utf-8")
        if self.spaces:
            return text.split()
        return quoted_fields(text, self.text) if self.quotes else text.split(self.text)

    def items(
        self, block: bytes, names: ItemNumbers, skip: Collection[int] = ()
    ) -> tuple[Ints, Counts]:
        """Numbers of the items of whole lines, and how many there are in each.

        Columns in `skip`, numbered from 1, are left out.
        """
        slices = self.split(block)
        if skip:
            if slices.quoted:
                return self._kept(block, names, skip)
            slices = _without(slices, skip)
        items = names.lookup(slices.data, slices.starts, slices.lengths, slices.quoted)
        if slices.quoted and len(items) and bool((items == OPEN_QUOTE).any()):
            return self._repaired(slices, items, names)
        return items, slices.per_line

    def _kept(self, block: bytes, names: ItemNumbers, skip: Collection[int]) -> tuple[Ints, Counts]:
        """By the definition: a quote in a column that is left out may hide the others."""
        rows = [
            [cell for column, cell in enumerate(self.fields(line), 1) if column not in skip]
            for line in block.split(b"\n")[:-1]
        ]
        items = names.numbers([cell for row in rows for cell in row])
        return np.array(items, dtype=np.int32), np.array([len(row) for row in rows], np.int64)

    def _repaired(self, slices: Slices, items: Ints, names: ItemNumbers) -> tuple[Ints, Counts]:
        """Read those lines again, slowly, where a quote stands that encloses no item."""
        data, starts, lengths, per_line, _ = slices
        bounds = np.concatenate([[0], np.cumsum(per_line)])
        open_quotes = np.flatnonzero(items == OPEN_QUOTE)
        bad = np.unique(np.searchsorted(bounds, open_quotes, side="right") - 1)
        pieces: list[Ints] = []
        per_line = per_line.copy()
        done = 0
        for row in bad.tolist():
            begin, end = int(bounds[row]), int(bounds[row + 1])
            line = data[starts[begin] : starts[end - 1] + lengths[end - 1]]
            if self.stand_in:
                line = line.replace(STAND_IN, self.separator)
            found = self.fields(line)
            pieces += [items[done:begin], np.array(names.numbers(found), dtype=np.int32)]
            per_line[row] = len(found)
            done = end
        pieces.append(items[done:])
        return np.concatenate(pieces), per_line


def _without(slices: Slices, skip: Collection[int]) -> Slices:
    """The slices but for those of some columns, numbered from 1."""
    per_line = slices.per_line
    first = np.cumsum(per_line) - per_line
    column = np.arange(1, len(slices.starts) + 1) - np.repeat(first, per_line)
    keep = ~np.isin(column, list(skip))
    seen = np.zeros(len(keep) + 1, dtype=np.int64)
    np.cumsum(keep, out=seen[1:])
    left = seen.take(first + per_line) - seen.take(first)
    return Slices(slices.data, slices.starts[keep], slices.lengths[keep], left, slices.quoted)


def basket_items(line: str, separator: str = ",") -> list[str]:
    """The items of one line, stripped, as :class:`nlpzero.Lines` reads them.

    Examples
    --------
    >>> basket_items('茶, "奶, 甜",')
    ['茶', '奶, 甜', '']
    """
    return [item.strip() for item in quoted_fields(line, separator)]


def _inside_quotes(octets: NDArray[np.uint8], newline: Bools) -> Bools:
    """Bytes after an odd number of quotes in their line."""
    quotes = np.flatnonzero(octets == _QUOTE)
    ends = np.flatnonzero(newline)
    line = np.searchsorted(ends, quotes)
    first = np.searchsorted(line, line)  # index of the first quote of the same line
    odd = (np.arange(len(quotes)) - first) % 2 == 0
    # a quote with an even place opens; it closes at the next quote of its line, or with the line
    opens = np.flatnonzero(odd)
    begin = quotes[opens]
    finish = ends[line[opens]]
    follows = opens + 1 < len(quotes)
    following = quotes[np.minimum(opens + 1, len(quotes) - 1)]
    finish = np.where(follows & (following < finish), following, finish)
    change = np.zeros(len(octets) + 1, dtype=np.int8)
    change[begin] += 1
    change[finish] -= 1
    return np.cumsum(change[:-1], dtype=np.int8).astype(bool)
