"""What is counted of some words that are asked about: occurrences, parts, neighbours, and where
they stand; from one pass over a text, or from counts.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.contexts import Context
from nlpzero.engine.arrays import Counts
from nlpzero.ngrams.keys import PACKED_ORDER, PREFIX_MASKS, SYMBOL_BITS, pack_rows
from nlpzero.ngrams.table import NGramCounts
from nlpzero.segmentation.patterns import PatternSet
from nlpzero.segmentation.pieces import whole_pieces
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import FIRST_SLOT, code_points, selectors
from nlpzero.text.corpus import Corpus, Shard

_POINTS = 0x110000
# a neighbour: number of the word, side, code point
_WORD, _SIDE = np.int64(22), np.int64(21)
# distinct neighbours that wait to be added up
_WAITING = 1 << 20
# places of a word that are kept: between this and twice as many, evenly spread over the text
_PLACES = 100
# of a clause without end, what stands on each side of a word
_REACH = 200


class Place(NamedTuple):
    """An occurrence: a clause, or what is near of a long one, and where the word is in it."""

    clause: str
    start: int
    end: int


@dataclass
class Tally:
    """What was counted of one word.

    left, right : Counter of str, or None
        How often each character stands before it and behind it; the empty string is the end of a
        clause. None where the counts do not reach so far.
    contexts : list of Context
        The first ones.
    places : list of Place
        Occurrences evenly spread over the text.
    """

    left: Counter[str] | None = field(default_factory=Counter)
    right: Counter[str] | None = field(default_factory=Counter)
    contexts: list[Context] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


@dataclass
class Tallies:
    """What was counted of all words.

    total : int
        Symbols of the text.
    counts : dict of str to int, or None
        Occurrences of the words and of all their parts; None where the counts do not reach so far.
    words : dict of str to Tally
    """

    total: int
    counts: dict[str, int | None]
    words: dict[str, Tally]


def parts_of(word: str) -> Iterable[str]:
    """All strings inside a word, itself too."""
    return (word[a:b] for a in range(len(word)) for b in range(a + 1, len(word) + 1))


def tally_text(
    text: Corpus | Shard,
    words: Sequence[str],
    alphabet: Alphabet,
    *,
    contexts: int,
    width: int,
    progress: Callable[[int], object] | None = None,
) -> Tallies:
    """Count in one pass over a text.

    Parameters
    ----------
    text : Corpus or Shard
        Read once.
    words : sequence of str
        Distinct; no one is empty or holds the end of a clause.
    alphabet : Alphabet
        What is read as the same character.
    contexts, width : int
        How many contexts of a word are kept, and of how many characters on each side.
    progress : callable, optional
        Called with numbers of bytes.
    """
    counter = _TextCounter(words, alphabet, contexts, width)
    for piece, _ in whole_pieces(text.blocks(progress=progress)):
        counter.add(piece)
    return counter.finish()


def _values(text: str, alphabet: Alphabet) -> tuple[npt.NDArray[np.uint32], Counts]:
    """Characters as they are read, 0 where a clause ends, and where each stands; variation
    selectors have none.
    """
    symbols = alphabet.symbols(text)
    values = symbols.astype(np.uint32)
    starts = np.arange(len(text) + 1)
    if len(symbols) < len(text):
        selected = selectors(code_points(text))
        starts = starts[np.append(~selected, True)]
    far = np.flatnonzero(symbols >= FIRST_SLOT)
    if len(far):
        values[far] = code_points(text)[starts[far]]
    return values, starts


def _as_text(values: npt.NDArray[np.uint32]) -> str:
    return values.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")


class _TextCounter:
    """Counts block by block."""

    def __init__(self, words: Sequence[str], alphabet: Alphabet, contexts: int, width: int) -> None:
        self._words = words
        self._alphabet = alphabet.with_astral(())
        self._read = [_as_text(_values(word, self._alphabet)[0]) for word in words]
        longer = dict.fromkeys(
            part for word in self._read for part in parts_of(word) if len(part) > 1
        )
        self._patterns = PatternSet(dict.fromkeys([*self._read, *longer]))
        number = {text: i for i, text in enumerate(self._patterns)}
        self._numbers = [number[text] for text in self._read]
        # of the strings that are looked for, which words they are: several may be read the same way
        self._same: dict[int, list[int]] = {}
        for i, text in enumerate(self._read):
            self._same.setdefault(number[text], []).append(i)
        self._asked = len(self._same)
        self._lengths = np.array([len(text) for text in self._patterns], np.int64)
        self._counts = np.zeros(len(self._patterns), np.int64)
        self._singles = np.zeros(_POINTS, np.int64)
        self._limit, self._width = contexts, width
        self._neighbours: list[tuple[Counts, Counts]] = []
        self._waiting = 0
        self._tallies = [Tally() for _ in range(self._asked)]
        self._strides = [1] * self._asked
        self._total = 0

    def add(self, text: str) -> None:
        values, starts = _values(text, self._alphabet)
        singles = np.bincount(values)
        self._singles[: len(singles)] += singles
        self._total += len(values) - int(singles[0] if len(singles) else 0)
        found = self._patterns.numbers_in(_as_text(values))
        lasts, numbers = found.T
        before = self._counts[: self._asked].copy()
        self._counts += np.bincount(numbers, minlength=len(self._counts))
        asked = numbers < self._asked
        lasts, numbers = lasts[asked], numbers[asked]
        firsts = lasts + 1 - self._lengths[numbers]
        padded = np.zeros(len(values) + 2, np.int64)
        padded[1:-1] = values
        self._add_neighbours(
            np.concatenate(
                [
                    numbers << _WORD | padded[firsts],
                    numbers << _WORD | 1 << _SIDE | padded[lasts + 2],
                ]
            )
        )
        order = np.argsort(numbers, kind="stable")
        edges = np.searchsorted(numbers[order], np.arange(self._asked + 1)).tolist()
        for number in np.unique(numbers).tolist():
            rows = order[edges[number] : edges[number + 1]]
            self._add_contexts(number, text, starts, firsts[rows], lasts[rows])
            self._add_places(
                number, int(before[number]), text, values, starts, firsts[rows], lasts[rows]
            )

    def _add_neighbours(self, keys: Counts) -> None:
        distinct, counts = np.unique(keys, return_counts=True)
        self._neighbours.append((distinct, counts))
        self._waiting += len(distinct)
        if self._waiting > _WAITING:
            self._neighbours = [self._added_up()]
            self._waiting = 0

    def _added_up(self) -> tuple[Counts, Counts]:
        keys = np.concatenate([part[0] for part in self._neighbours] or [np.zeros(0, np.int64)])
        counts = np.concatenate([part[1] for part in self._neighbours] or [np.zeros(0, np.int64)])
        distinct, inverse = np.unique(keys, return_inverse=True)
        sums = np.zeros(len(distinct), np.int64)
        np.add.at(sums, inverse, counts)
        return distinct, sums

    def _add_contexts(
        self, number: int, text: str, starts: Counts, firsts: Counts, lasts: Counts
    ) -> None:
        contexts = self._tallies[number].contexts
        room = self._limit - len(contexts)
        for first, last in zip(firsts[:room].tolist(), lasts[:room].tolist(), strict=True):
            a, b = int(starts[first]), int(starts[last + 1])
            left = text[max(a - self._width, 0) : a].rpartition("\n")[2]
            right = text[b : b + self._width].partition("\n")[0]
            contexts.append(Context(left.strip(), text[a:b], right.strip()))

    def _add_places(
        self,
        number: int,
        before: int,
        text: str,
        values: npt.NDArray[np.uint32],
        starts: Counts,
        firsts: Counts,
        lasts: Counts,
    ) -> None:
        """Every first, second, fourth... occurrence, so that twice `_PLACES` are never passed."""
        tally = self._tallies[number]
        stride = self._strides[number]
        at = -before % stride
        while at < len(firsts):
            first, last = int(firsts[at]), int(lasts[at])
            tally.places.append(_place(text, values, starts, first, last))
            if len(tally.places) >= 2 * _PLACES:
                tally.places = tally.places[::2]
                stride *= 2
                at += -(before + at) % stride or stride
            else:
                at += stride
        self._strides[number] = stride

    def finish(self) -> Tallies:
        keys, sums = self._added_up()
        for key, count in zip(keys.tolist(), sums.tolist(), strict=True):
            tally = self._tallies[key >> int(_WORD)]
            side = tally.right if key >> int(_SIDE) & 1 else tally.left
            assert side is not None
            point = key & ((1 << int(_SIDE)) - 1)
            side[chr(point) if point else ""] += count
        count_of = dict(zip(self._patterns, self._counts.tolist(), strict=True))
        counts: dict[str, int | None] = {}
        for word in self._words:
            for part in parts_of(word):
                read = _as_text(_values(part, self._alphabet)[0])
                single = len(read) == 1
                counts[part] = int(self._singles[ord(read)]) if single else count_of.get(read, 0)
        tallies = {
            self._words[i]: self._tallies[number]
            for number, places in self._same.items()
            for i in places
        }
        return Tallies(self._total, counts, {word: tallies[word] for word in self._words})


def _place(
    text: str, values: npt.NDArray[np.uint32], starts: Counts, first: int, last: int
) -> Place:
    """A word in its clause."""
    near = values[max(first - _REACH, 0) : first]
    breaks = np.flatnonzero(near == 0)
    begin = first - len(near) + (int(breaks[-1]) + 1 if len(breaks) else 0)
    breaks = np.flatnonzero(values[last + 1 : last + 1 + _REACH] == 0)
    end = last + 1 + int(breaks[0]) if len(breaks) else min(last + 1 + _REACH, len(values))
    offset = int(starts[begin])
    clause = text[offset : int(starts[end])]
    return Place(clause, int(starts[first]) - offset, int(starts[last + 1]) - offset)


def tally_counts(counts: NGramCounts, words: Sequence[str]) -> Tallies:
    """What counts say of some words: neighbours of those shorter than the longest n-grams."""
    alphabet = counts.alphabet
    parts = list(dict.fromkeys(part for word in words for part in parts_of(word)))
    reach = [part for part in parts if len(alphabet.symbols(part)) <= _longest(counts)]
    known: dict[str, int | None] = dict.fromkeys(parts)
    known.update(zip(reach, counts.count_of(reach).tolist() if reach else [], strict=True))
    tallies = {word: Tally(None, None) for word in words}
    for k in range(1, min(_longest(counts), PACKED_ORDER)):
        asked = [word for word in words if len(alphabet.symbols(word)) == k]
        if asked:
            _count_neighbours(counts, asked, k, tallies)
    return Tallies(counts.total, known, tallies)


def _longest(counts: NGramCounts) -> int:
    return max(counts.order, PACKED_ORDER)


def _count_neighbours(
    counts: NGramCounts, words: Sequence[str], k: int, tallies: dict[str, Tally]
) -> None:
    """Neighbours of words of k symbols: the symbol behind them in n-grams that begin with them, and
    the one before them in those that go on with them.
    """
    keys = pack_rows(np.stack([counts.alphabet.symbols(word) for word in words]))
    wanted = np.unique(keys)
    sums = np.zeros((2, len(wanted), 1 << 16), np.int64)
    following = np.uint64((PACKED_ORDER - 1 - k) * int(SYMBOL_BITS))
    for rows, times in counts.chunks():
        for side, part, symbol in (
            (0, rows << SYMBOL_BITS, rows >> np.uint64(48)),
            (1, rows, rows >> following & np.uint64(0xFFFF)),
        ):
            heads = part & PREFIX_MASKS[k]
            places = np.minimum(np.searchsorted(wanted, heads), len(wanted) - 1)
            hits = np.flatnonzero(wanted[places] == heads)
            np.add.at(sums[side], (places[hits], symbol[hits].astype(np.int64)), times[hits])
    for word, key in zip(words, keys, strict=True):
        row = int(np.searchsorted(wanted, key))
        tally = tallies[word]
        total = int(counts.lookup(np.array([key]), k)[0])
        tally.left = _named(counts.alphabet, sums[0, row], total)
        tally.right = _named(counts.alphabet, sums[1, row], total)


def _named(alphabet: Alphabet, sums: Counts, total: int) -> Counter[str]:
    """Counts of symbols by their characters; the rest of the total is ends of clauses."""
    met = np.flatnonzero(sums[1:]) + 1
    named = Counter(dict(zip(alphabet.decode(met), sums[met].tolist(), strict=True)))
    ends = total - int(sums[1:].sum())
    if ends:
        named[""] = ends
    return named
