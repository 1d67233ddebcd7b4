"""Transactions: rows of distinct items as integer arrays, read from text without a Python list per row.

Byte slices become item numbers through :class:`_TokenTable`, an exact hash table of whole arrays of 7-byte
chunks; Python strings are made once per *distinct* item. What does not fit the memory given is kept in a
temporary file (:class:`SpilledTransactions`) and handed out in partitions.
"""

import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Ints, Keys
from nlpzero.errors import CorpusError, ResourceError

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


#: Items that are no items: what pandas, databases and JSON write for "nothing here".
BLANKS = ("", "nan", "NaN", "NAN", "null", "NULL", "None", "<NA>")
_HANDS = 64  # spilled transactions are dealt out to so many files
_NEWLINE, _QUOTE, _STAND_IN = 0x0A, 0x22, b"\xff"  # 0xFF occurs in no UTF-8 text
_WHITE = [c for c in map(chr, range(0x3001)) if c.isspace() and c != "\n"]
_QUOTED = re.compile(rb'\s*"(?:[^"]|"")*"\s*\Z')


class Dropped(NamedTuple):
    """What reading left out.

    ``blank_items``: empty or NaN-like items; ``blank_lines``: rows without any item; ``repeats``: second and
    later occurrences of an item in one transaction; ``excluded``: stop words and, in text, marks.
    """

    blank_items: int = 0
    blank_lines: int = 0
    repeats: int = 0
    excluded: int = 0


class Transactions:
    """Transactions in memory: for each a set of items, as numbers into `names`.

    Does not keep the order of items in a row, nor how often a row repeats an item.

    Parameters
    ----------
    items : int32 array
        Item numbers of all transactions one after another; ascending and distinct inside a transaction.
    offsets : int64 array, one longer than there are transactions
        Where each transaction begins in `items`; the last entry is ``len(items)``.
    names : sequence of str
        Name of each item number.
    dropped : Dropped, optional
        What reading left out.

    Examples
    --------
    >>> from nlpzero import Transactions
    >>> t = Transactions.from_lists([["bread", "milk", "milk"], [], ["milk", " tea "]])
    >>> len(t), list(t)
    (2, [('bread', 'milk'), ('milk', 'tea')])
    >>> t.dropped
    Dropped(blank_items=0, blank_lines=1, repeats=1, excluded=0)
    """

    def __init__(
        self, items: Ints, offsets: Counts, names: Sequence[str], dropped: Dropped | None = None
    ) -> None:
        self.items = np.ascontiguousarray(items, dtype=np.int32)
        self.offsets = np.ascontiguousarray(offsets, dtype=np.int64)
        self.names = tuple(names)
        self.dropped = dropped or Dropped()
        if len(self.offsets) < 1 or self.offsets[0] != 0 or self.offsets[-1] != len(self.items):
            raise ValueError("`offsets` must begin with 0 and end with len(items)")
        if np.any(np.diff(self.offsets) < 0):
            raise ValueError("`offsets` must not descend")
        if len(self.items) and not 0 <= self.items.min() <= self.items.max() < len(self.names):
            raise ValueError(f"`items` must be numbers in 0..{len(self.names) - 1}")
        inside = np.ones(len(self.items), dtype=bool)
        inside[self.offsets[:-1][self.offsets[:-1] < len(self.items)]] = False
        if np.any(np.diff(self.items) <= 0, where=inside[1:]) if len(self.items) else False:
            raise ValueError("items must be ascending and distinct inside each transaction")

    @classmethod
    def from_lists(
        cls,
        transactions: Iterable[Iterable[object]],
        *,
        blanks: Iterable[str] = BLANKS,
    ) -> "Transactions":
        """Make transactions from any iterable of iterables of items (made into ``str`` and stripped).

        Parameters
        ----------
        transactions : iterable of iterables
            One inner iterable per transaction; a bare ``str`` in its place is refused.
        blanks : iterable of str
            Items to drop. Empty ones, ``None`` and float NaN are always dropped.

        Returns
        -------
        Transactions

        Raises
        ------
        TypeError
            If a transaction is a ``str`` (its letters would become items).
        """
        if isinstance(transactions, (str, bytes)):
            raise TypeError(
                "`transactions` must be an iterable of lists of items, got a bare string"
            )
        builder = _Builder(blanks=blanks)
        for batch in _batches(transactions, 65536):
            builder.add_lists(batch)
        result = builder.finish()
        assert isinstance(result, Transactions)  # a builder without a memory limit never spills
        return result

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        names = self.names
        bounds = self.offsets.tolist()
        for start, end in pairwise(bounds):
            yield tuple(names[i] for i in self.items[start:end].tolist())

    def __repr__(self) -> str:
        return f"<Transactions: {len(self):,} of {len(self.names):,} items>"

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return np.bincount(self.items, minlength=len(self.names)).astype(np.int64, copy=False)

    def partitions(self, keep: NDArray[np.bool_], entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`, `entries` of them at a time.

        Transactions are dealt out like cards, so that every partition is like the whole even if the
        transactions are sorted in some way; else mining by partition would have far more candidates.

        Parameters
        ----------
        keep : bool array over the item numbers
        entries : int >= 1
            Items per partition, about.

        Yields
        ------
        (items, offsets)
            As in the class; item numbers unchanged.
        """
        yield from _dealt(_kept(self.items, np.diff(self.offsets), keep), entries)

    def close(self) -> None:
        """Do nothing: there is no temporary file."""

    def __enter__(self) -> "Transactions":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class SpilledTransactions:
    """Transactions in temporary files, for inputs larger than the memory given.

    Has the same `names`, `dropped`, ``len()``, `counts` and `partitions` as :class:`Transactions`. The files
    vanish with `close`, at the end of a ``with`` block, or with the object.
    """

    def __init__(
        self,
        folder: "_Folder",
        rows: int,
        counts: Counts,
        names: Sequence[str],
        dropped: Dropped,
    ) -> None:
        self._folder = folder
        self._rows = rows
        self._counts = counts
        self.names = tuple(names)
        self.dropped = dropped

    def __len__(self) -> int:
        return self._rows

    def __repr__(self) -> str:
        return f"<SpilledTransactions: {len(self):,} of {len(self.names):,} items>"

    def counts(self) -> Counts:
        """Number of transactions that hold each item, int64, in the order of `names`."""
        return self._counts

    def partitions(self, keep: NDArray[np.bool_], entries: int) -> Iterator[tuple[Ints, Counts]]:
        """Yield the transactions restricted to the items in `keep`; see `Transactions.partitions`."""
        folder = Path(self._folder.name)
        waiting: list[tuple[Ints, Counts]] = []
        held = 0
        for hand in range(_HANDS):
            part = _kept(
                np.fromfile(folder / f"items{hand}", dtype=np.int32),
                np.fromfile(folder / f"lengths{hand}", dtype=np.int32),
                keep,
            )
            if waiting and held + len(part[0]) > entries:
                yield from _dealt(_joined(waiting), entries)
                waiting, held = [], 0
            waiting.append(part)
            held += len(part[0])
        yield from _dealt(_joined(waiting), entries)

    def close(self) -> None:
        """Remove the temporary files."""
        self._folder.cleanup()

    def __enter__(self) -> "SpilledTransactions":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Folder:
    """A temporary folder that is gone with `cleanup`, or with the object, or with the interpreter."""

    def __init__(self, tmpdir: str | Path | None) -> None:
        self.name = tempfile.mkdtemp(prefix="nlpzero-", dir=tmpdir)
        self.cleanup = weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)


def _kept(
    items: Ints, lengths: NDArray[np.integer], keep: NDArray[np.bool_]
) -> tuple[Ints, Counts]:
    """The entries of `items` in `keep`, with the new length of each row (0 possible)."""
    if keep.all():
        return items, lengths.astype(np.int64)
    mask = keep.take(items)
    seen = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum(mask, out=seen[1:])
    bounds = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=bounds[1:])
    return items[mask], np.diff(seen.take(bounds))


def _joined(parts: list[tuple[Ints, Counts]]) -> tuple[Ints, Counts]:
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])


def ragged(starts: Counts, lengths: NDArray[np.integer]) -> Counts:
    """``starts[i], starts[i] + 1, ...`` (``lengths[i]`` of them), one i after another."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) + np.repeat(starts - (ends - lengths), lengths)


def _hands(
    items: Ints, lengths: NDArray[np.integer], number: int, first: int = 0
) -> Iterator[tuple[int, Ints, NDArray[np.integer]]]:
    """Deal rows out to so many hands; the rows before these were `first`."""
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    for hand in range(number):
        mine = slice((hand - first) % number, None, number)
        yield hand, items.take(ragged(starts[mine], lengths[mine])), lengths[mine]


def _dealt(part: tuple[Ints, Counts], entries: int) -> Iterator[tuple[Ints, Counts]]:
    """Rows as (items, offsets) partitions of about `entries` items; rows are never cut."""
    items, lengths = part
    number = min(max(-(-len(items) // entries), 1), max(len(lengths), 1))
    for _, mine, sizes in _hands(items, lengths, number) if number > 1 else [(0, items, lengths)]:
        offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
        np.cumsum(sizes, out=offsets[1:])
        yield mine, offsets


# --- byte slices to numbers ------------------------------------------------------------------------------


class _HashTable:
    """Non-zero 64-bit keys to the numbers they were given; whole arrays at a time, linear probing."""

    _FACTOR = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4)

    def __init__(self) -> None:
        self._grow(12)

    def _grow(self, bits: int) -> None:
        self.bits = bits
        self.shift = np.uint64(64 - bits)
        self.slots = np.zeros(1 << bits, dtype=np.uint64)
        self.values = np.full(1 << bits, -1, dtype=np.int64)
        self.used = 0

    def find(self, keys: Keys) -> Counts:
        """The number of each key, -1 where absent."""
        place = ((keys * self._FACTOR) >> self.shift).astype(np.intp)
        found = self.values.take(place)
        rest = np.flatnonzero(self.slots.take(place) != keys)
        last = len(self.slots) - 1
        while len(rest):
            at = place.take(rest)
            # an empty slot ends the search: the key is absent and the value there is -1
            rest = rest[self.slots.take(at) != 0]
            at = (place.take(rest) + 1) & last
            place[rest] = at
            found[rest] = self.values.take(at)
            rest = rest[self.slots.take(at) != keys.take(rest)]
        # the loop ends with rest empty; keys that met an empty slot hold its -1
        return found

    def insert(self, keys: Keys, values: Counts) -> None:
        """Add distinct keys that are absent."""
        if 4 * (self.used + len(keys)) > len(self.slots):
            old = self.slots != 0
            old_keys, old_values = self.slots[old], self.values[old]
            self._grow(int(8 * (len(old_keys) + len(keys)) - 1).bit_length())
            self._place(old_keys, old_values)
        self._place(keys, values)

    def _place(self, keys: Keys, values: Counts) -> None:
        place = ((keys * self._FACTOR) >> self.shift).astype(np.intp)
        last = len(self.slots) - 1
        self.used += len(keys)
        while len(keys):
            free = self.slots.take(place) == 0
            self.slots[place[free]] = keys[
                free
            ]  # several keys may want one slot: the last one has it
            won = self.slots.take(place) == keys
            self.values[place[won]] = values[won]
            keys, values, place = keys[~won], values[~won], (place[~won] + 1) & last


class _TokenTable:
    """Exact numbers for byte slices.

    A slice is cut into chunks of 7 bytes; the eighth byte of a chunk says how many bytes are valid, or that
    more follow. The first chunk alone is a key, every further chunk makes the key (number so far, number of
    the chunk): nothing is compared by hash only.
    """

    _MANY = 512  # bytes; longer slices, which are no sensible items, take the slow way

    def __init__(self) -> None:
        self.chunks = _HashTable()
        self.chains = _HashTable()
        self.long: dict[bytes, int] = {}
        self.size = 1  # number 0 is never given, so that no chain key is 0

    def _numbers(self, table: _HashTable, keys: Keys) -> Counts:
        found = table.find(keys)
        absent = np.flatnonzero(found < 0)
        if len(absent):
            wanted = keys.take(absent)
            fresh = np.sort(wanted)
            fresh = fresh[np.append(True, fresh[1:] != fresh[:-1])]
            table.insert(fresh, np.arange(self.size, self.size + len(fresh), dtype=np.int64))
            self.size += len(fresh)
            found[absent] = table.find(wanted)
        return found

    def numbers(self, data: bytes, starts: Counts, lengths: Counts) -> Counts:
        """Number of each slice of `data`, which must be padded to 8 bytes plus at least one more word."""
        words = np.frombuffer(data, dtype="<u8")
        result = self._numbers(self.chunks, _chunk(words, starts, lengths))
        if len(lengths) and int(lengths.max()) > 7:
            longer = np.flatnonzero(lengths > 7)
            slow = longer[lengths.take(longer) > self._MANY]
            longer = longer[lengths.take(longer) <= self._MANY]
            at, left = starts.take(longer), lengths.take(longer)
            while len(longer):
                at, left = at + 7, left - 7
                chunk = self._numbers(self.chunks, _chunk(words, at, left)).astype(np.uint64)
                node = result.take(longer).astype(np.uint64)
                result[longer] = self._numbers(self.chains, (node << np.uint64(32)) | chunk)
                more = left > 7
                longer, at, left = longer[more], at[more], left[more]
            for i in slow.tolist():
                piece = data[starts[i] : starts[i] + lengths[i]]
                number = self.long.get(piece)
                if number is None:
                    number = self.long[piece] = self.size
                    self.size += 1
                result[i] = number
        return result


_VALID = np.array([0] + [(1 << 8 * n) - 1 for n in range(1, 8)] + [(1 << 56) - 1], dtype=np.uint64)
_TAG = np.arange(1, 10, dtype=np.uint64) << np.uint64(56)


def _chunk(words: Keys, starts: Counts, lengths: Counts) -> Keys:
    """The (at most) 7 bytes from each start as an integer, tagged with min(length, 8) + 1."""
    word = starts >> 3
    shift = ((starts & 7) << 3).astype(np.uint64)
    low = words.take(word) >> shift
    word += 1
    # shifting by 64 is undefined, so shift by one and by 63 - shift
    high = (words.take(word) << np.uint64(1)) << (np.uint64(63) - shift)
    low |= high
    size = np.minimum(lengths, 8)
    low &= _VALID.take(size)
    low |= _TAG.take(size)
    return low


# --- building --------------------------------------------------------------------------------------------


class _Names:
    """Raw byte slices to item numbers: decoded, unquoted, stripped, blanks dropped, equal names merged."""

    def __init__(
        self,
        blanks: Iterable[str],
        separator: bytes = b"",
        exclude: Iterable[str] = (),
        words_only: bool = False,
    ) -> None:
        self.exclude = frozenset(exclude)
        self.words_only = words_only
        self.table = _TokenTable()
        self.items: dict[str, int] = {}
        self.blanks = frozenset(blanks) | {""}
        self.separator = separator
        # token number -> item, or: -1 blank, -2 quotes inside, look again, -3 not seen yet, -4 excluded. The number of
        # a short token may be known as the tail of a longer one before the token itself is seen.
        self.of_token = np.full(1024, -3, dtype=np.int32)

    def lookup(self, data: bytes, starts: Counts, lengths: Counts, quotes: bool) -> Ints:
        """Item of each slice; -1 for blanks, -2 where quotes do not enclose the slice."""
        tokens = self.table.numbers(data, starts, lengths)
        if self.table.size > len(self.of_token):
            grown = np.full(2 * self.table.size, -3, dtype=np.int32)
            grown[: len(self.of_token)] = self.of_token
            self.of_token = grown
        items = self.of_token.take(tokens)
        new = np.flatnonzero(items == -3)
        if len(new):
            self._learn(data, starts, lengths, tokens, new, quotes)
            items = self.of_token.take(tokens)
        return items

    def _learn(
        self,
        data: bytes,
        starts: Counts,
        lengths: Counts,
        tokens: Counts,
        new: Counts,
        quotes: bool,
    ) -> None:
        tokens = tokens.take(new)
        if 8 * len(new) < self.table.size:
            number, where = np.unique(tokens, return_index=True)
        else:
            first = np.full(self.table.size, -1, dtype=np.int64)
            first[tokens[::-1]] = np.arange(len(new) - 1, -1, -1)  # the first place is written last
            number = np.flatnonzero(first >= 0)
            where = first.take(number)
        where = new.take(where)
        order = np.argsort(where)  # of first appearance
        number, where = number.take(order), where.take(order)
        pieces = [
            data[s:e]
            for s, e in zip(
                starts.take(where).tolist(), (starts + lengths).take(where).tolist(), strict=True
            )
        ]
        again: list[int] = []
        if quotes and any(b'"' in p for p in pieces):
            for i, piece in enumerate(pieces):
                if b'"' in piece:
                    if _QUOTED.match(piece):
                        pieces[i] = piece.strip()[1:-1].replace(b'""', b'"')
                    else:
                        again.append(i)
        whole = b"\n".join(pieces)
        if self.separator:
            whole = whole.replace(_STAND_IN, self.separator)
        items = self.numbers(whole.decode("utf-8").split("\n"))
        for i in again:
            items[i] = -2
        self.of_token[number] = items

    def numbers(self, names: list[str]) -> list[int]:
        """Item of each name; -1 for blanks, -4 for what is excluded."""
        items = self.items
        if not (self.exclude or self.words_only) and len(names) == len(set(names)):
            # the usual case, without a loop: nothing to strip, all new, no blanks
            plain = "\n".join(names).split()
            if plain == names and items.keys().isdisjoint(names) and self.blanks.isdisjoint(names):
                numbers = range(len(items), len(items) + len(names))
                items.update(zip(names, numbers, strict=True))
                return list(numbers)
        get = items.get
        result = []
        for name in map(str.strip, names):
            number = get(name)
            if number is None:
                if name in self.blanks:
                    number = -1
                elif name in self.exclude or (self.words_only and not any(map(str.isalnum, name))):
                    number = -4
                else:
                    number = items[name] = len(items)
            result.append(number)
        return result


class _Builder:
    """Collects rows of item numbers; spills them to a temporary file beyond `memory` bytes."""

    def __init__(
        self,
        *,
        blanks: Iterable[str] = BLANKS,
        separator: bytes = b"",
        exclude: Iterable[str] = (),
        words_only: bool = False,
        memory: int | None = None,
        tmpdir: str | Path | None = None,
    ) -> None:
        self.names = _Names(blanks, separator, exclude, words_only)
        self.memory = memory
        self.tmpdir = tmpdir
        self.folder: _Folder | None = None
        self.parts: list[Ints] = []
        self.lengths: list[NDArray[np.integer]] = []
        self.held = 0
        self.spilled = 0  # rows
        self.counts = np.zeros(0, dtype=np.int64)
        self.blank_items = self.blank_lines = self.repeats = self.excluded = 0

    def add_rows(
        self, items: Ints, lengths: NDArray[np.integer], blanks_count: bool = True
    ) -> None:
        """Add rows of item numbers, where -1 is a blank; order and repeats in a row do not matter."""
        rows = len(lengths)
        row = np.repeat(np.arange(rows, dtype=np.int64), lengths)
        if len(items) and int(items.min()) < 0:
            keep = items >= 0
            self.excluded += int(np.count_nonzero(items == -4))
            if blanks_count:
                alone = np.asarray(lengths) == 1
                # the only, blank entry of a row makes the row a blank line, and is not counted twice
                self.blank_items += int(np.count_nonzero((items == -1) & ~alone.take(row)))
            items, row = items[keep], row[keep]
        keys = (row << 32) | items
        if len(keys) and not np.all(keys[1:] > keys[:-1]):
            keys.sort()
            fresh = np.empty(len(keys), dtype=bool)
            fresh[0] = True
            np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
            if not fresh.all():
                self.repeats += int(len(keys) - np.count_nonzero(fresh))
                keys = keys[fresh]
        sizes = np.bincount(keys >> 32, minlength=rows)
        filled = sizes[sizes > 0]
        self.blank_lines += rows - len(filled)
        self._append(keys.astype(np.int32), filled.astype(np.int32))  # the low halves are the items

    def add_lists(self, batch: Sequence[Iterable[object]]) -> None:
        """Add rows given as iterables of items; None and NaN are blanks."""
        lengths = []
        names: list[str] = []
        for row in batch:
            if isinstance(row, (str, bytes)):
                raise TypeError(
                    f"a transaction must be a list of items, got the bare string {str(row)[:40]!r}"
                )
            before = len(names)
            names.extend([x if isinstance(x, str) else _text_of(x) for x in row])
            lengths.append(len(names) - before)
        numbers = self.names.numbers(names)
        self.add_rows(np.array(numbers, dtype=np.int32), np.array(lengths, dtype=np.int64))

    def _append(self, items: Ints, lengths: Ints) -> None:
        if not len(lengths):
            return
        self.parts.append(items)
        self.lengths.append(lengths)
        self.held += 4 * (len(items) + len(lengths))
        if self.memory is not None and self.held > self.memory:
            self._spill()

    def _spill(self) -> None:
        items, lengths = np.concatenate(self.parts), np.concatenate(self.lengths)
        self.parts.clear()
        self.lengths.clear()
        self.held = 0
        counts = np.bincount(items, minlength=len(self.names.items)).astype(np.int64)
        counts[: len(self.counts)] += self.counts
        self.counts = counts
        if self.folder is None:
            try:
                self.folder = _Folder(self.tmpdir)
            except OSError as error:
                raise ResourceError(
                    f"cannot make a temporary folder in {self.tmpdir or tempfile.gettempdir()}: {error}"
                ) from error
        folder = Path(self.folder.name)
        try:
            for hand, mine, sizes in _hands(items, lengths, _HANDS, self.spilled):
                with open(folder / f"items{hand}", "ab") as file:
                    file.write(mine.data)
                with open(folder / f"lengths{hand}", "ab") as file:
                    file.write(np.ascontiguousarray(sizes, dtype=np.int32).data)
        except OSError as error:
            where = folder.parent
            self.folder.cleanup()
            raise ResourceError(
                f"cannot write {items.nbytes + lengths.nbytes:,} bytes of transactions to {where}: "
                f"{error}; pass another --tmpdir"
            ) from error
        self.spilled += len(lengths)

    def finish(self) -> "Transactions | SpilledTransactions":
        dropped = Dropped(self.blank_items, self.blank_lines, self.repeats, self.excluded)
        names = list(self.names.items)
        if self.folder is not None:
            if self.parts:
                self._spill()
            counts = np.zeros(len(names), dtype=np.int64)
            counts[: len(self.counts)] = self.counts
            return SpilledTransactions(self.folder, self.spilled, counts, names, dropped)
        if not self.parts:
            return Transactions(np.empty(0, np.int32), np.zeros(1, np.int64), names, dropped)
        lengths = np.concatenate(self.lengths)
        offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
        np.cumsum(lengths, out=offsets[1:])
        return Transactions(np.concatenate(self.parts), offsets, names, dropped)


def _text_of(value: object) -> str:
    missing = value is None or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))
    return "" if missing else str(value)


def _batches(rows: Iterable[Iterable[object]], size: int) -> Iterator[list[Iterable[object]]]:
    batch: list[Iterable[object]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


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
        self.byte = _STAND_IN[0] if self.stand_in else self.separator[0]
        self.quotes = quotes and not self.spaces
        self.white = [(c.encode("utf-8"), c) for c in _WHITE if c != " "] if self.spaces else []

    def split(self, block: bytes) -> tuple[bytes, Counts, Counts, Counts, bool]:
        """Padded data, starts and lengths of all tokens, tokens per line, and whether quotes are there."""
        for white, _ in self.white:
            if white in block:
                block = block.replace(white, b" ")
        if self.stand_in:
            block = block.replace(self.separator, _STAND_IN)
        size = len(block)
        data = block + bytes(24 - size % 8)
        octets = np.frombuffer(data, dtype=np.uint8, count=size)
        quoted = self.quotes and b'"' in block
        newline = octets == _NEWLINE
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
        last = np.flatnonzero(octets.take(ends) == _NEWLINE)
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
    builder = _Builder(
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
    names: _Names,
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
            line = line.replace(_STAND_IN, lines.separator)
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
    builder = _Builder(blanks=blanks, exclude=exclude, memory=memory, tmpdir=tmpdir)
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
    baskets = _Names(blanks, stand_in)
    builder = _Builder(blanks=blanks, separator=stand_in, exclude=exclude)
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

    builder = _Builder(blanks=("",), exclude=exclude, words_only=True, memory=memory, tmpdir=tmpdir)
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
