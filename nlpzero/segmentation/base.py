"""Segmenters: text in, words out, nothing lost.

All segmenters share one shell, :class:`Segmenter`. It decides what no word model decides:

- white space passes through unchanged; a run of white space is a token of its own;
- a run of one repeated mark (—— ……) is one token, every other mark one token of its own, together
  with the variation selectors and joiners that follow it;
- a run of letters and a number, with its inner points, commas and colons and a trailing % or ‰, are
  never cut;
- addresses, paths, dates, versions, tags, words of letters and digits, and emoji stay whole where
  the alphabet says so, as it does by default;
- a convention for numbers, the same for every segmenter, is applied last.

What is left, where words begin inside clauses, is the business of the concrete segmenters.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import brief
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.storage import write_file
from nlpzero.engine.temporary import PathLike
from nlpzero.segmentation.lattice import random_key
from nlpzero.segmentation.own_words import DEFAULT_WEIGHT, OwnWords, second_choice
from nlpzero.segmentation.pieces import (
    SECONDS_INTERPRETED,
    is_everywhere,
    pieces,
    token_lists,
    whole_pieces,
)
from nlpzero.segmentation.shell_kernels import (
    CONVENTIONS,
    finish,
    interleave,
    token_count,
)
from nlpzero.segmentation.word_list import WordList
from nlpzero.text.alphabet import Alphabet, SymbolStream
from nlpzero.text.characters import char_classes, code_points, numeral_table
from nlpzero.text.units import unit_starts

if TYPE_CHECKING:
    from typing_extensions import Self

Numbers = Literal["learned", "date", "split"]
What = Literal["cut", "probabilities", "sample"]
Arrays = Mapping[str, npt.NDArray[Any]]
S = TypeVar("S", bound="Segmenter")

# facts of the training that a short description tells, where they are
_TOLD = ("symbols", "word_types", "order")

# texts joined into one block by segment_all, in characters: the first results come soon, and many
# texts in large blocks, which are faster
_FIRST_BATCH, _LARGEST_BATCH = 1 << 15, 1 << 18


class Segmenter(ABC):
    """The shell of all segmenters; a concrete one says where words begin inside clauses.

    Subclasses set `method` and implement :meth:`_values`, :meth:`_state` and :meth:`_from_state`.
    Those that see text as symbols are children of :class:`SymbolSegmenter`.

    Parameters
    ----------
    alphabet : Alphabet
        How text becomes symbols.
    numbers : {"learned", "date", "split"}
        What a number (digits with their marks, or two and more Han numerals) does with its
        neighbours. "learned": as the segmenter cuts; one that only knows a list of words cuts after
        a number unless the list says otherwise. "date": 年月日时 stay with the number before them,
        十百千万亿 too (and end the word), all else is cut off; digits are cut off a Han character
        before them, except 第. "split": as "date", but nothing stays with the number before it.
    training : mapping, optional
        JSON values that say what the segmenter was made from; kept in the model file.

    Attributes
    ----------
    method : str
        Name in model files and on the command line.
    read : ReadReport
        What was read to learn it; nothing where it was loaded or made from words. Not saved.
    """

    method: ClassVar[str]

    def __init__(
        self,
        alphabet: Alphabet,
        *,
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self.alphabet = alphabet
        self.numbers = checked_numbers(numbers)
        self.training = dict(training or {})
        self.read = ReadReport()
        self.own_words: OwnWords | None = None

    # ------------------------------------------------------------------ what subclasses implement

    #: Whether words may hold marks and spaces; then only the values at line ends are overwritten.
    _crossing: ClassVar[bool] = False

    @property
    def _sharpness(self) -> float:
        """What the log odds of the model's lattice were multiplied by to give probabilities."""
        return 1.0

    @abstractmethod
    def _values(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
        what: What,
        key: int = 0,
    ) -> npt.NDArray[Any]:
        """Where words begin, before the rules of the shell: one value per gap of the text.

        Parameters
        ----------
        points : ndarray of uint32, shape (n,)
            Code points of the text.
        classes : ndarray of uint8, shape (n,)
            Their classes.
        spans : ndarray of int64, shape (m, 3)
            What stays whole, of :meth:`nlpzero.Alphabet.kept`.
        what : {"cut", "probabilities", "sample"}
            The best cut, the probability of each gap, or a cut drawn from the distribution.
        key : int
            Of the random numbers, for "sample".

        Returns
        -------
        ndarray of bool, or of float64 for "probabilities", shape (n + 1,)
            May be changed by the caller. Clauses must be cut independently of each other.
        """

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Header values and arrays of the model file.

        Alphabet, numbers and training are the shell's.
        """

    @classmethod
    @abstractmethod
    def _from_state(
        cls: type[S], header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> S:
        """Inverse of :meth:`_state`. The arrays may be memory-mapped and read-only."""

    # --------------------------------------------------------------------- the stages of one text

    def _finished(self, text: str, what: What, key: int = 0) -> tuple[npt.NDArray[Any], ...]:
        """Code points, classes and final values of a text."""
        if not isinstance(text, str):
            raise TypeError(f"`text` must be a str, got {type(text).__name__}.")
        with brief(len(text) * SECONDS_INTERPRETED):
            points = code_points(text)
            classes = char_classes(points)
            spans = self.alphabet.kept(points, classes)
            values = self._ruled(points, classes, spans, what, key)
            if self.own_words is not None:
                self._add_own_words(points, classes, spans, what, values)
            return points, classes, values

    def _ruled(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
        what: What,
        key: int = 0,
    ) -> npt.NDArray[Any]:
        """Values after the shell's rules, before one's own words."""
        values = self._values(points, classes, spans, what, key)
        convention = CONVENTIONS.index(self.numbers)
        finish(points, classes, numeral_table(), self._crossing, convention, spans, values)
        return values

    def _add_own_words(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
        what: What,
        values: npt.NDArray[Any],
    ) -> None:
        """Change the values where words to join and words to cut occur."""
        own = self.own_words
        assert own is not None
        starts = unit_starts(points, classes, spans)
        splits = own.splits(points, starts)
        joins, ask = own.joins(points, starts, np.ones(len(points) + 1, np.bool_))
        if not len(splits) and not len(joins):
            return
        cut = values if what == "cut" else self._ruled(points, classes, spans, "cut")
        cut = cut.copy()
        joins, ask = own.joins(points, starts, cut)
        probable: npt.NDArray[Any] | None = values if what == "probabilities" else None
        if probable is None and (ask or len(splits)):
            probable = self._ruled(points, classes, spans, "probabilities")
        for start, end, places in splits.tolist():
            if places:
                inner = [start + i for i in range(1, end - start) if places >> i & 1]
                inner = [i for i in inner if starts[i]]
            elif cut[start] and cut[end] and not cut[start + 1 : end].any():
                inner = second_choice(starts, probable, start, end)
            else:
                continue
            cut[inner] = True
            values[inner] = 1
        for start, end in own.chosen(joins, cut, probable, self._sharpness).tolist():
            values[start] = values[end] = 1
            values[start + 1 : end] = 0

    # ------------------------------------------------------------------------------- what it does

    def boundaries(self, text: str) -> npt.NDArray[np.bool_]:
        """Where tokens begin and end.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of bool, shape (len(text) + 1,)
            Entry i belongs to the gap before character i; the first and the last are True.
        """
        return self._finished(text, "cut")[2]

    def probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """Probability that a token ends between each two neighbouring characters.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of float64, shape (max(len(text) - 1, 0),), in [0, 1]
            Entry i belongs to the gap after character i. Gaps that rules decide have 0 or 1.
        """
        return np.clip(self._finished(text, "probabilities")[2][1:-1], 0.0, 1.0)

    def segment(self, text: str) -> list[str]:
        """Tokens of a text, white space included: ``"".join(tokens) == text``.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of str
            Empty for an empty text.
        """
        points, _, flags = self._finished(text, "cut")
        return token_lists(text, points, flags, np.zeros(0, np.int64))[0]

    def __call__(self, text: str) -> list[str]:
        """The same as :meth:`segment`: a segmenter is a function from text to tokens."""
        return self.segment(text)

    def __repr__(self) -> str:
        facts = {name: self.training[name] for name in _TOLD if name in self.training}
        told = "".join(f", {value:,} {name.replace('_', ' ')}" for name, value in facts.items())
        return f"<{type(self).__name__}: numbers={self.numbers!r}{told}>"

    def sample(self, text: str, seed: int = 0) -> list[str]:
        """Tokens of a text, drawn from the distribution over its segmentations instead of the best
        one.

        Parameters
        ----------
        text : str
        seed : int
            The same seed gives the same tokens.

        Returns
        -------
        list of str

        Raises
        ------
        NotImplementedError
            The segmenter has no distribution.
        """
        return pieces(text, self._finished(text, "sample", random_key(seed))[2])

    def segment_all(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Tokens of many texts, in order; faster than one by one when they are short.

        Parameters
        ----------
        texts : iterable of str
            Read some texts ahead of the results.

        Yields
        ------
        list of str
        """
        if isinstance(texts, str):
            raise TypeError("`texts` must be an iterable of texts, got one str; use segment().")
        return self._segment_all(texts)

    def _segment_all(self, texts: Iterable[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        enough = _FIRST_BATCH
        for text in texts:
            batch.append(text)
            size += len(text) + 1
            if size >= enough:
                yield from self._segment_batch(batch)
                batch, size = [], 0
                enough = min(2 * enough, _LARGEST_BATCH)
        if batch:
            yield from self._segment_batch(batch)

    def _segment_batch(self, texts: list[str]) -> Iterator[list[str]]:
        # a line feed is a hard boundary, so the texts do not see each other
        joined = "\n".join(texts)
        points, _, flags = self._finished(joined, "cut")
        joints = np.cumsum([len(text) + 1 for text in texts])[:-1] - 1
        return iter(token_lists(joined, points, flags, joints))

    def segment_to_text(self, text: str, separator: str = " ") -> str:
        """The text with a separator between tokens.

        A space stands between tokens that are not white space. Any other separator stands between
        all tokens of a line, white space included, so that each line split at it is
        :meth:`segment` of that line. A text that does not contain the separator is the result
        without it.

        Parameters
        ----------
        text : str
        separator : str

        Returns
        -------
        str
        """
        points, classes, flags = self._finished(text, "cut")
        if not separator:
            return text
        between = code_points(separator)
        with brief(len(text) * SECONDS_INTERPRETED):
            everywhere = is_everywhere(separator)
            extra = len(between) * token_count(points, flags, classes, everywhere)
            out = np.empty(len(points) + extra, np.uint32)
            interleave(points, classes, flags, between, everywhere, out)
        return out.tobytes().decode("utf-32-le", "surrogatepass")

    def segment_blocks(self, blocks: Iterable[str], separator: str = " ") -> Iterator[str]:
        """As :meth:`segment_to_text` for a text that arrives in blocks.

        How it is cut makes no difference.

        Parameters
        ----------
        blocks : iterable of str
            Their concatenation is the text.
        separator : str

        Yields
        ------
        str
            Parts of the result, as soon as they are certain: all whole lines of each block. A line
            of more than four million characters is cut at a mark.
        """
        keep, everywhere = bool(self.alphabet.keep), is_everywhere(separator)
        for piece, joined in whole_pieces(blocks, keep=keep, everywhere=everywhere):
            if joined and separator:
                # cut inside a line, always between two tokens
                yield separator
            yield self.segment_to_text(piece, separator)

    def with_numbers(self: S, numbers: Numbers) -> S:  # noqa: PYI019 (Self needs Python 3.11)
        """The same segmenter with another convention for numbers.

        The model is shared, not copied.
        """
        other = copy.copy(self)
        other.numbers = checked_numbers(numbers)
        return other

    def with_words(
        self,
        words: "WordList | Mapping[str, float] | Iterable[str]",
        *,
        weight: float | None = None,
        force: bool = False,
    ) -> "Self":
        """The same segmenter with words of one's own; the model is shared, not copied.

        A listed word is one token wherever it is not part of a stronger reading; other text is cut
        as before.

        Parameters
        ----------
        words : WordList, mapping of str to number, or iterable of str
            They replace the words of an earlier call. They may hold marks and spaces; counts do not
            matter.
        weight : float >= 0, optional
            Nats for each character of a word that it may cost against the model's own reading, 3 if
            left out; 0 changes nothing. See :class:`nlpzero.segmentation.own_words.OwnWords`.
        force : bool
            Join the words wherever they occur.

        Returns
        -------
        Segmenter

        Examples
        --------
        >>> from nlpzero import learn_segmenter
        >>> segmenter = learn_segmenter(["今天天气不错", "今天下雨", "天气预报"])
        >>> segmenter.with_words(["天气预报员"]).segment("天气预报员")
        ['天气预报员']
        """
        other = copy.copy(self)
        kept = self.own_words.split_words if self.own_words else ()
        other.own_words = OwnWords(
            words,
            weight=DEFAULT_WEIGHT if weight is None else weight,
            force=force,
            split_words=kept,
        )
        return other

    def with_split_words(self, words: "WordList | Mapping[str, float] | Iterable[str]") -> "Self":
        """The same segmenter with words that are never one token.

        Parameters
        ----------
        words : WordList, mapping of str to number, or iterable of str
            ``"北京 大学"`` is cut at the space wherever it occurs. ``"北京大学"`` is cut where it
            would be one token, at the most probable of its inner boundaries, or next to its middle
            if the model knows none.

        Returns
        -------
        Segmenter

        Examples
        --------
        >>> from nlpzero import VocabularySegmenter
        >>> VocabularySegmenter(["北京大学"]).with_split_words(["北京 大学"]).segment("北京大学")
        ['北京', '大学']
        """
        other = copy.copy(self)
        own = self.own_words or OwnWords()
        other.own_words = OwnWords(own.words, weight=own.weight, force=own.force, split_words=words)
        return other

    def with_keep(self, keep: "str | Iterable[str]", joiners: str | None = None) -> "Self":
        """The same segmenter with other tokens that stay whole; the model is shared, not copied.

        Parameters
        ----------
        keep : "all", "none", or iterable of str
            Names of classes, see :class:`nlpzero.Alphabet`.
        joiners : str, optional
            Marks that may join letters and digits; those it has if left out.

        Returns
        -------
        Segmenter

        Examples
        --------
        >>> from nlpzero import VocabularySegmenter
        >>> segmenter = VocabularySegmenter(["手机"])
        >>> segmenter.segment("5G手机"), segmenter.with_keep("none").segment("5G手机")
        (['5G', '手机'], ['5', 'G', '手机'])
        """
        other = copy.copy(self)
        own = self.alphabet
        other.alphabet = replace(
            own, keep=keep, joiners=own.joiners if joiners is None else joiners
        )
        return other

    @property
    def stored_bytes(self) -> int:
        """Bytes that the arrays of the model take in a file, nearly all of it."""
        return sum(array.nbytes for array in self._state()[1].values())

    def save(self, path: PathLike) -> None:
        """Write a model file: data only, checksummed, complete or not at all.

        Parameters
        ----------
        path : path
        """
        header, arrays = self._state()
        if self.own_words is not None:
            header = {**header, "own_words": self.own_words.to_header()}
        write_file(
            path,
            "model",
            {
                "method": self.method,
                "alphabet": self.alphabet.to_header(),
                "numbers": self.numbers,
                # all but the time it took, so that the same text gives the same file
                "training": {k: v for k, v in self.training.items() if k != "seconds"},
                **header,
            },
            arrays,
        )


class SymbolSegmenter(Segmenter):
    """A segmenter that sees text as symbols of its alphabet.

    Subclasses implement :meth:`_cut`, and, where they can, :meth:`_cut_probabilities` and
    :meth:`_sample_cuts`.
    """

    @abstractmethod
    def _cut(self, stream: SymbolStream) -> npt.NDArray[Any]:
        """Where words begin: one truth value (bool or uint8) per symbol of the stream.

        Symbols 0 are breaks between clauses; the values at them and right after them are
        overwritten by the shell. Clauses must be cut independently of each other.
        """

    def _cut_probabilities(self, stream: SymbolStream) -> npt.NDArray[np.floating]:
        """Probability that a word begins at each symbol.

        By default 0 or 1, as :meth:`_cut` says.
        """
        return np.asarray(self._cut(stream), np.float64)

    def _sample_cuts(self, stream: SymbolStream, key: int) -> npt.NDArray[Any]:
        """As :meth:`_cut`, for a segmentation drawn from the model's distribution by a random
        key.
        """
        raise NotImplementedError(f"the {self.method} segmenter does not sample.")

    def _values(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
        what: What,
        key: int = 0,
    ) -> npt.NDArray[Any]:
        stream = self.alphabet.encode_points(points, classes, spans)
        if what == "probabilities":
            values = np.zeros(len(points) + 1, np.float64)
            found = self._cut_probabilities(stream)
        else:
            values = np.zeros(len(points) + 1, np.bool_)
            found = self._cut(stream) if what == "cut" else self._sample_cuts(stream, key)
        values[stream.starts[:-1]] = found[: len(stream.symbols)]
        return values


def checked_numbers(numbers: str) -> Numbers:
    if numbers not in get_args(Numbers):
        raise ValueError(f"`numbers` must be 'learned', 'date' or 'split', got {numbers!r}.")
    return numbers  # type: ignore[return-value]
