"""Items as strings of bytes, numbered exactly.

The hash table works on whole arrays with NumPy; it is not one of the compiled tables of
`engine.hash_tables`, because `nlpzero rules` on a small file takes less time than importing Numba
does.
"""

import re
from collections.abc import Iterable
from itertools import islice

import numpy as np

from nlpzero.engine.arrays import Counts, Ints, Keys

STAND_IN = b"\xff"  # of a separator of several bytes; occurs in no UTF-8 text

# what a slice may be other than an item
BLANK, OPEN_QUOTE, _UNSEEN, EXCLUDED = -1, -2, -3, -4

_QUOTED = re.compile(rb'\s*"(?:[^"]|"")*"\s*\Z')

# bytes of a name in the dictionary, about: the object without its characters, and the entry
_BYTES_PER_NAME = 180


# --- byte slices to numbers ----------------------------------------------------------------------


class _HashTable:
    """Non-zero 64-bit keys to the numbers they were given.

    Whole arrays at a time, linear probing.
    """

    _FACTOR = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4)

    def __init__(self) -> None:
        self._grow(12)

    def _grow(self, bits: int) -> None:
        self.bits = bits
        self.shift = np.uint64(64 - bits)
        self.slots = np.zeros(1 << bits, dtype=np.uint64)
        self.values = np.full(1 << bits, -1, dtype=np.int64)
        self.used = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.slots.nbytes + self.values.nbytes

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
            # several keys may want one slot: the last one has it
            self.slots[place[free]] = keys[free]
            won = self.slots.take(place) == keys
            self.values[place[won]] = values[won]
            keys, values, place = keys[~won], values[~won], (place[~won] + 1) & last


_FIRST = 1 << 12  # new keys that are numbered first


class _TokenTable:
    """Exact numbers for byte slices.

    A slice is cut into chunks of 7 bytes; the eighth byte of a chunk says how many bytes are valid,
    or that more follow. The first chunk alone is a key, every further chunk makes the key (number
    so far, number of the chunk): nothing is compared by hash only.
    """

    _MANY = 512  # bytes; longer slices, which are no sensible items, take the slow way

    def __init__(self) -> None:
        self.chunks = _HashTable()
        self.chains = _HashTable()
        self.long: dict[bytes, int] = {}
        self.long_bytes = 0
        self.size = 1  # number 0 is never given, so that no chain key is 0

    def _numbers(self, table: _HashTable, keys: Keys) -> Counts:
        found = table.find(keys)
        absent = np.flatnonzero(found < 0)
        most = _FIRST
        while len(absent):  # what is frequent is among the first, and need not be sorted again
            wanted = keys.take(absent[:most])
            fresh = np.sort(wanted)
            fresh = fresh[np.append(True, fresh[1:] != fresh[:-1])]
            table.insert(fresh, np.arange(self.size, self.size + len(fresh), dtype=np.int64))
            self.size += len(fresh)
            found[absent] = table.find(keys.take(absent))
            absent = absent[found.take(absent) < 0]
            most *= 8
        return found

    def numbers(self, data: bytes, starts: Counts, lengths: Counts) -> Counts:
        """Number of each slice of `data`, which must be padded to 8 bytes plus at least one more
        word.
        """
        words = np.frombuffer(data, dtype="<u8")
        result = self._numbers(self.chunks, chunk_of(words, starts, lengths))
        if len(lengths) and int(lengths.max()) > 7:
            longer = np.flatnonzero(lengths > 7)
            slow = longer[lengths.take(longer) > self._MANY]
            longer = longer[lengths.take(longer) <= self._MANY]
            at, left = starts.take(longer), lengths.take(longer)
            while len(longer):
                at, left = at + 7, left - 7
                chunk = self._numbers(self.chunks, chunk_of(words, at, left)).astype(np.uint64)
                node = result.take(longer).astype(np.uint64)
                result[longer] = self._numbers(self.chains, (node << np.uint64(32)) | chunk)
                more = left > 7
                longer, at, left = longer[more], at[more], left[more]
            for i in slow.tolist():
                piece = data[starts[i] : starts[i] + lengths[i]]
                number = self.long.get(piece)
                if number is None:
                    number = self.long[piece] = self.size
                    self.long_bytes += len(piece) + _BYTES_PER_NAME
                    self.size += 1
                result[i] = number
        return result


_VALID = np.array([0] + [(1 << 8 * n) - 1 for n in range(1, 8)] + [(1 << 56) - 1], dtype=np.uint64)
_TAG = np.arange(1, 10, dtype=np.uint64) << np.uint64(56)


def chunk_of(words: Keys, starts: Counts, lengths: Counts) -> Keys:
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


# --- items to numbers ----------------------------------------------------------------------------


class ItemNumbers:
    """Raw byte slices to item numbers: decoded, unquoted, stripped, equal names merged.

    Parameters
    ----------
    blanks, exclude : iterable of str
        Items whose number is BLANK or EXCLUDED.
    separator : bytes
        What STAND_IN stands for in slices.
    words_only : bool
        Exclude items without any letter, digit or Han character.

    Attributes
    ----------
    items : dict
        Number of each name, in the order of first appearance.
    """

    def __init__(
        self,
        blanks: Iterable[str],
        separator: bytes = b"",
        exclude: Iterable[str] = (),
        words_only: bool = False,
    ) -> None:
        self.exclude = frozenset(exclude)
        self.words_only = words_only
        self.blanks = frozenset(blanks) | {""}
        self.separator = separator
        self.clear()

    def clear(self) -> None:
        """Forget all items: numbers begin with 0 again."""
        self.table = _TokenTable()
        self.items: dict[str, int] = {}
        self._name_bytes = 0
        # Token number -> item. The number of a short token may be known as the tail of a longer one
        # before the token itself is seen.
        self.of_token = np.full(1024, _UNSEEN, dtype=np.int32)

    @property
    def held(self) -> int:
        """Bytes of memory this takes, about."""
        tables = self.table.chunks.nbytes + self.table.chains.nbytes + self.of_token.nbytes
        return tables + self.table.long_bytes + self._name_bytes

    def lookup(self, data: bytes, starts: Counts, lengths: Counts, quotes: bool) -> Ints:
        """Item of each slice; BLANK, EXCLUDED, or OPEN_QUOTE where quotes do not enclose it."""
        tokens = self.table.numbers(data, starts, lengths)
        if self.table.size > len(self.of_token):
            grown = np.full(2 * self.table.size, _UNSEEN, dtype=np.int32)
            grown[: len(self.of_token)] = self.of_token
            self.of_token = grown
        items = self.of_token.take(tokens)
        new = np.flatnonzero(items == _UNSEEN)
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
            whole = whole.replace(STAND_IN, self.separator)
        items = self.numbers(whole.decode("utf-8").split("\n"))
        for i in again:
            items[i] = OPEN_QUOTE
        self.of_token[number] = items

    def numbers(self, names: list[str]) -> list[int]:
        """Item of each name, or BLANK or EXCLUDED."""
        items = self.items
        before = len(items)
        numbers = self._numbers(names)
        if len(items) > before:
            # two bytes a character: names are Chinese or Latin
            text = sum(map(len, islice(reversed(items), len(items) - before)))
            self._name_bytes += 2 * text + _BYTES_PER_NAME * (len(items) - before)
        return numbers

    def _numbers(self, names: list[str]) -> list[int]:
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
                    number = BLANK
                elif name in self.exclude or (self.words_only and not any(map(str.isalnum, name))):
                    number = EXCLUDED
                else:
                    number = items[name] = len(items)
            result.append(number)
        return result


def text_of(value: object) -> str:
    """An item that is no string as one; missing values are the empty string."""
    missing = value is None or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))
    return "" if missing else str(value)
