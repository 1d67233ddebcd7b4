"""Text as arrays: code points, character classes, and streams of 16-bit symbols.

A *symbol* stands for one character, or for a whole run of digits, letters or Han numerals. Symbol 0
is the clause break: white space, punctuation and everything else that no word contains. Characters
of the Basic Multilingual Plane are their own symbol; letters and ideographs beyond it take slots in
the range of the surrogates and of the private use area (which no word contains either), assigned in
code point order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import interpreting
from nlpzero.errors import CorpusError
from nlpzero.text.characters import (
    BREAK,
    BREAK_SYMBOL,
    FIRST_SLOT,
    LAST_SLOT,
    NUMERALS_SYMBOL,
    SPACE,
    UNKNOWN_SYMBOL,
    char_classes,
    class_table,
    code_points,
    numeral_table,
    selectors,
)
from nlpzero.text.keeping import (
    APART,
    JOINERS,
    checked_joiners,
    checked_keep,
    keep_rules,
    plain_hints,
)

Runs = Literal["characters", "classes"]


class SymbolStream(NamedTuple):
    """Symbols of a text with their places in it.

    symbols : ndarray of uint16, shape (n,); 0 is a clause break
    starts : ndarray of int64, shape (n + 1,); code point offset of each symbol, and the length of
        the text
    """

    symbols: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int64]


_NO_SPANS = np.zeros((0, 3), np.int64)
# in shorter texts Python finds sooner that there are no selectors
_SHORT = 1 << 8
_FIRST_SELECTOR = "\ufe00"


@cache
def _finder() -> Callable[..., npt.NDArray[np.int64]]:
    from nlpzero.text.kept_tokens import find_kept

    return find_kept


@lru_cache(maxsize=16)
def _symbol_table(fold_width: bool, mapping: tuple[tuple[int, int], ...]) -> npt.NDArray[np.uint16]:
    """Symbol of each BMP code point: itself inside words, 0 elsewhere."""
    classes = class_table()[:0x10000]
    table = np.arange(0x10000, dtype=np.uint16)
    table[(classes == BREAK) | (classes == SPACE)] = BREAK_SYMBOL
    table[FIRST_SLOT : UNKNOWN_SYMBOL + 1] = BREAK_SYMBOL
    if fold_width:
        wide = np.arange(0xFF01, 0xFF5F)
        wide = wide[table[wide] != BREAK_SYMBOL]
        table[wide] = wide - 0xFEE0
    for source, target in mapping:
        table[source] = table[target]
    table.flags.writeable = False
    return table


@lru_cache(maxsize=4)
def _full_table(
    fold_width: bool, mapping: tuple[tuple[int, int], ...], astral: tuple[int, ...]
) -> npt.NDArray[np.uint16]:
    """Symbol of each code point, the last entry for all above it."""
    classes = class_table()
    table = np.full(len(classes), UNKNOWN_SYMBOL)
    table[classes == BREAK] = BREAK_SYMBOL
    table[:0x10000] = _symbol_table(fold_width, mapping)
    places = np.array(astral, np.int64)
    # others beyond the table are no characters of any word, whatever a file says
    own = places < len(table)
    table[places[own]] = np.flatnonzero(own) + FIRST_SLOT
    return table.astype(np.uint16)


def _classes_of(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    if interpreting():
        return char_classes(points)
    from nlpzero.text.point_kernels import look_up_points

    classes = np.empty(len(points), np.uint8)
    look_up_points(points, class_table(), classes)
    return classes


def _blank(symbols: npt.NDArray[np.uint16], spans: npt.NDArray[np.int64]) -> None:
    """Clause breaks in place of the kept tokens that no word holds."""
    for start, end in spans[spans[:, 2] == APART, :2].tolist():
        symbols[start:end] = BREAK_SYMBOL


@dataclass(frozen=True)
class Alphabet:
    """How text becomes symbols, and symbols text.

    Parameters
    ----------
    fold_width : bool
        Give full-width letters and digits the symbols of their half-width forms. The text itself is
        never changed.
    runs : {"characters", "classes"}
        "characters": every character is a symbol. "classes": a number (with inner decimal points,
        commas and colons, and a trailing % or ‰), a run of letters, and a run of two or more Han
        numerals are one symbol each (``DIGITS_SYMBOL``, ``LETTERS_SYMBOL``, ``NUMERALS_SYMBOL``).
    mapping : tuple of (int, int)
        BMP code points to be read as others (traditional as simplified characters), one to one.
    astral : tuple of int
        Letters and ideographs beyond the BMP that have symbols, sorted by code point.
    keep : "all", "none", or iterable of str
        Tokens that stay whole: "url", "email", "path", "date", "version", "tag", "word", "emoji",
        "number" (:mod:`nlpzero.text.kept_tokens`). By default none; segmenters and discovery have
        alphabets that keep all. Words of letters and digits are runs of letters where runs are
        symbols; the others end clauses.
    joiners : str
        Marks of ASCII that may join letters and digits to one word.

    Examples
    --------
    >>> Alphabet().encode("K线图，好").symbols.tolist() == [75, ord("线"), ord("图"), 0, ord("好")]
    True
    >>> stream = Alphabet(runs="classes").encode("2.5米ABC")
    >>> stream.symbols.tolist() == [1, ord("米"), 2], stream.starts.tolist()
    (True, [0, 3, 4, 7])
    >>> Alphabet(runs="classes", keep=["word", "url"]).encode("5G见www.x.com。").starts.tolist()
    [0, 2, 3, 12, 13]
    """

    fold_width: bool = False
    runs: Runs = "characters"
    mapping: tuple[tuple[int, int], ...] = ()
    astral: tuple[int, ...] = ()
    keep: str | Iterable[str] = ()
    joiners: str = JOINERS

    def __post_init__(self) -> None:
        object.__setattr__(self, "keep", checked_keep(self.keep))
        object.__setattr__(self, "joiners", checked_joiners(self.joiners))
        if self.runs not in ("characters", "classes"):
            raise ValueError(f"`runs` must be 'characters' or 'classes', got {self.runs!r}.")
        if len(self.astral) > LAST_SLOT - FIRST_SLOT + 1:
            raise CorpusError(
                f"the text has {len(self.astral):,} distinct characters beyond U+FFFF; at most "
                f"{LAST_SLOT - FIRST_SLOT + 1:,} fit one table of counts; count its parts "
                "separately"
            )

    def kept(
        self, points: npt.NDArray[np.uint32], classes: npt.NDArray[np.uint8]
    ) -> npt.NDArray[np.int64]:
        """The tokens of a text that stay whole.

        Parameters
        ----------
        points, classes : ndarray of uint32 and uint8, shape (n,)
            Code points of the text, and their classes.

        Returns
        -------
        ndarray of int64, shape (m, 3)
            Start, end and kind of each (:func:`nlpzero.text.kept_tokens.find_kept`), from left to
            right.
        """
        if not self.keep:
            return _NO_SPANS
        hints: npt.NDArray[np.uint64] | None = None
        if interpreting() or not _finder.cache_info().currsize:
            # a line of Chinese needs no loops
            telling, every = plain_hints(points)
            if not telling.any():
                return _NO_SPANS
            if interpreting():
                hints = every
        rules = keep_rules(cast("tuple[str, ...]", self.keep), self.joiners)
        return _finder()(points, classes, rules, hints)

    def encode(self, text: str) -> SymbolStream:
        """Symbols of a text, with offsets.

        Characters beyond the BMP that the alphabet lacks are unknown.

        Parameters
        ----------
        text : str

        Returns
        -------
        SymbolStream
        """
        points = code_points(text)
        classes = char_classes(points)
        return self.encode_points(points, classes, self.kept(points, classes))

    def encode_points(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
    ) -> SymbolStream:
        """As :meth:`encode`, of a text whose code points, classes and kept tokens are known."""
        symbols = self._symbols_of(points)
        if self.runs == "characters":
            if len(spans):
                _blank(symbols, spans)
            starts = np.arange(len(points) + 1, dtype=np.int64)
            selected = selectors(points)
            if selected.any():
                symbols, starts = symbols[~selected], starts[np.append(~selected, True)]
            return SymbolStream(symbols, starts)
        from nlpzero.text.units import class_runs

        return SymbolStream(*class_runs(points, classes, symbols, numeral_table(), spans))

    def symbols(self, text: str) -> npt.NDArray[np.uint16]:
        """Symbol of each character of a text but variation selectors; runs are not joined, kept
        tokens that no word holds are breaks.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of uint16, shape (characters but selectors,)
        """
        raw = text.encode("utf-16-le", "surrogatepass")
        if len(raw) == 2 * len(text):
            near = np.frombuffer(raw, np.uint16)
            table = _symbol_table(self.fold_width, self.mapping)
            return self._blanked(text, table[near], near)
        points = code_points(text)
        return self._blanked(text, self._symbols_of(points), points)

    def _blanked(
        self,
        text: str,
        symbols: npt.NDArray[np.uint16],
        points: npt.NDArray[np.unsignedinteger],
    ) -> npt.NDArray[np.uint16]:
        """Symbols of single characters, with breaks in place of kept tokens, without those of
        selectors.
        """
        if self.keep:
            wide = code_points(text)
            _blank(symbols, self.kept(wide, char_classes(wide)))
        if len(text) < _SHORT and max(text, default="") < _FIRST_SELECTOR:
            return symbols
        selected = selectors(points)
        return symbols[~selected] if selected.any() else symbols

    def symbols_of(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
        """As :meth:`symbols`, of code points: for large blocks, several threads at once."""
        return self._encoded(points, _full_table(self.fold_width, self.mapping, self.astral))

    def _encoded(
        self, points: npt.NDArray[np.uint32], table: npt.NDArray[np.uint16]
    ) -> npt.NDArray[np.uint16]:
        from nlpzero.text.point_kernels import encode_points

        spans = self.kept(points, _classes_of(points)) if self.keep else _NO_SPANS
        out = np.empty(len(points), np.uint16)
        return out[: encode_points(points, table, spans[spans[:, 2] == APART], out)]

    def joined_symbols(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
        """The symbols of :meth:`encode`, of code points."""
        classes = _classes_of(points)
        return self.encode_points(points, classes, self.kept(points, classes)).symbols

    def _symbols_of(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
        table = _symbol_table(self.fold_width, self.mapping)
        if points.max(initial=0) < 0x10000:
            return table[points]
        far = np.flatnonzero(points >= 0x10000)
        near = points.copy()
        near[far] = 0
        symbols = table[near]
        far = far[char_classes(points[far]) != BREAK]
        known = np.array(self.astral, np.uint32)
        slot = np.searchsorted(known, points[far])
        found = slot < len(known)
        found[found] = known[slot[found]] == points[far][found]
        symbols[far] = np.where(found, slot + FIRST_SLOT, UNKNOWN_SYMBOL)
        return symbols

    def decode(self, symbols: npt.NDArray[np.integer]) -> str:
        """Text of symbols; breaks and runs are shown as U+FFFD.

        Parameters
        ----------
        symbols : ndarray of int

        Returns
        -------
        str
        """
        points = symbols.astype(np.uint32)
        shown = (points > NUMERALS_SYMBOL) & (points != UNKNOWN_SYMBOL)
        far = (points >= FIRST_SLOT) & (points <= LAST_SLOT)
        if far.any():
            points[far] = np.array(self.astral, np.uint32)[points[far] - FIRST_SLOT]
        points[~shown] = 0xFFFD
        return points.tobytes().decode("utf-32-le")

    def with_astral(self, points: Iterable[int]) -> "Alphabet":
        """The same alphabet with symbols for exactly these characters beyond the BMP."""
        return replace(self, astral=tuple(sorted(set(points))))

    def same_options(self, other: "Alphabet") -> bool:
        """Whether two alphabets read text the same way, whatever characters they have met."""
        return self.with_astral(()) == other.with_astral(())

    def remap_to(self, other: "Alphabet") -> npt.NDArray[np.uint16] | None:
        """Table that turns this alphabet's symbols into another's; None if they agree.

        The table never decreases, so sorted keys stay sorted. `other` must have all characters of
        this one.
        """
        if self.astral == other.astral[: len(self.astral)]:
            return None
        place = {point: i for i, point in enumerate(other.astral)}
        return _slot_table([place[point] for point in self.astral])

    def to_header(self) -> dict[str, Any]:
        """Plain values for a JSON header; what stays whole only where anything does, as in files of
        0.1.0.
        """
        header: dict[str, Any] = {
            "fold_width": self.fold_width,
            "runs": self.runs,
            "mapping": [list(pair) for pair in self.mapping],
            "astral": list(self.astral),
        }
        if self.keep:
            header |= {"keep": list(self.keep), "joiners": self.joiners}
        return header

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "Alphabet":
        """Inverse of :meth:`to_header`.

        Raises
        ------
        KeyError, TypeError, ValueError, CorpusError
            The header does not describe an alphabet.
        """
        mapping = tuple((source, target) for source, target in header["mapping"])
        astral = tuple(header["astral"])
        if not all(
            type(point) is int and 0 <= point <= 0xFFFF for pair in mapping for point in pair
        ):
            raise ValueError("the alphabet maps what is no code point of the BMP")
        if not all(type(point) is int and 0xFFFF < point <= 0x10FFFF for point in astral) or any(
            b <= a for a, b in pairwise(astral)
        ):
            raise ValueError("the alphabet's characters beyond the BMP are wrong")
        if type(header["fold_width"]) is not bool or not isinstance(header["runs"], str):
            raise TypeError("the alphabet's options are wrong")
        return cls(
            fold_width=header["fold_width"],
            runs=cast("Runs", header["runs"]),
            mapping=mapping,
            astral=astral,
            keep=header.get("keep", ()),
            joiners=header.get("joiners", JOINERS),
        )


def _slot_table(places: list[int]) -> npt.NDArray[np.uint16]:
    """Table over all symbols that moves slot i to slot places[i]."""
    table = np.arange(0x10000, dtype=np.uint16)
    table[FIRST_SLOT : FIRST_SLOT + len(places)] = np.array(places, np.uint16) + FIRST_SLOT
    return table


class GrowingAlphabet:
    """Encoder that gives characters beyond the BMP provisional slots as it meets them.

    Slots follow the order of arrival, which depends on how the text was cut; :meth:`freeze` gives
    the alphabet in code point order and the table that moves provisional symbols there.

    Examples
    --------
    >>> growing = GrowingAlphabet(Alphabet())
    >>> growing.symbols("𡃁𠮷").tolist()
    [55296, 55297]
    >>> alphabet, table = growing.freeze()
    >>> table[[55296, 55297]].tolist(), [chr(c) for c in alphabet.astral]
    ([55297, 55296], ['𠮷', '𡃁'])
    """

    def __init__(self, base: Alphabet) -> None:
        self._base = base.with_astral(())
        self._places: dict[int, int] = {}
        self._table = _full_table(base.fold_width, base.mapping, ())

    def symbols(self, text: str) -> npt.NDArray[np.uint16]:
        """Symbols of a text, as :meth:`Alphabet.encode`, provisional beyond the BMP."""
        return self.symbols_of(code_points(text))

    def symbols_of(self, points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint16]:
        """The same of code points."""
        base = self._base
        self._meet(points[points >= 0x10000])
        if base.runs == "characters":
            return base._encoded(points, self._table)
        from nlpzero.text.point_kernels import look_up_points
        from nlpzero.text.units import class_runs

        classes = _classes_of(points)
        spans = base.kept(points, classes)
        symbols = np.empty(len(points), np.uint16)
        look_up_points(points, self._table, symbols)
        return class_runs(points, classes, symbols, numeral_table(), spans)[0]

    def _meet(self, far: npt.NDArray[np.uint32]) -> None:
        """Give slots to the characters that have none, in the order of the text."""
        far = far[self._table[np.minimum(far, len(self._table) - 1)] == UNKNOWN_SYMBOL]
        if not len(far):
            return
        if not self._places:
            self._table = self._table.copy()
        for point in far.tolist():
            place = self._places.setdefault(point, len(self._places))
            if place > LAST_SLOT - FIRST_SLOT:
                self._base.with_astral(self._places)  # raises, with the number of characters
            self._table[point] = FIRST_SLOT + place

    def freeze(self) -> tuple[Alphabet, npt.NDArray[np.uint16] | None]:
        """The alphabet in code point order, and the table from provisional symbols (None: no
        change).
        """
        alphabet = self._base.with_astral(self._places)
        met = tuple(self._places)
        if met == alphabet.astral:
            return alphabet, None
        place = {point: i for i, point in enumerate(alphabet.astral)}
        return alphabet, _slot_table([place[point] for point in met])
