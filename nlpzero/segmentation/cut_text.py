"""Text cut into words, on its way from a tokenizer to whoever counts, numbers or lists them.

There are three ways to hold it without making a string of every word before somebody asks for one.
What takes words (a :class:`Sink`) has a method for each.
"""

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from nlpzero.engine.arrays import Array
from nlpzero.errors import WorkerError

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


class Sink(Protocol):
    """Takes the words of a text, in order."""

    def add_spaced(self, text: bytes) -> None:
        """UTF-8 with white space between words; it does not end inside a word."""
        ...

    def add_bounded(self, text: str, boundaries: Array) -> None:
        """Tokens between boundaries, bool[len(text) + 1]; some of them are white space."""
        ...

    def add_lines(self, lines: Sequence[Sequence[str]]) -> None:
        """The tokens of whole lines; some may be empty or white space."""
        ...


class CutText(ABC):
    """A piece of text cut into words: whole lines, but for lines longer than a block."""

    @abstractmethod
    def feed(self, sink: Sink) -> None:
        """Put the words into a sink."""

    @abstractmethod
    def tokens(self) -> list[str]:
        """The tokens, white space among them; every line end is within one."""


class Spaced(CutText):
    """Words with white space between them, as bytes in UTF-8."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def feed(self, sink: Sink) -> None:
        sink.add_spaced(self._text)

    def tokens(self) -> list[str]:
        first, *lines = self._text.decode("utf-8").split("\n")
        words = first.split()
        for line in lines:
            words.append("\n")
            words += line.split()
        return words


class Segmented(CutText):
    """Text that one of our segmenters cuts when somebody asks."""

    def __init__(self, text: str, segmenter: "Segmenter") -> None:
        self._text = text
        self._segmenter = segmenter

    def feed(self, sink: Sink) -> None:
        sink.add_bounded(self._text, self._segmenter.boundaries(self._text))

    def tokens(self) -> list[str]:
        return self._segmenter.segment(self._text)


class Lines(CutText):
    """Lists of tokens that Python code made, one for each line.

    Parameters
    ----------
    lines : sequence of sequences of str
    places : sequence of (str, int)
        Name of the source and number of each line, for messages.
    name : str
        Of the tokenizer.
    """

    def __init__(
        self, lines: Sequence[Sequence[str]], places: Sequence[tuple[str, int]], name: str
    ) -> None:
        self._lines = lines
        self._places = places
        self._name = name

    def feed(self, sink: Sink) -> None:
        try:
            sink.add_lines(self._lines)
        except (TypeError, AttributeError, UnicodeEncodeError):
            self._check()
            raise

    def tokens(self) -> list[str]:
        self._check()
        return list(itertools.chain.from_iterable((*line, "\n") for line in self._lines))

    def _check(self) -> None:
        for line, (source, number) in zip(self._lines, self._places, strict=True):
            if (odd := odd_token(line)) is not None:
                raise WorkerError(
                    f"{source}:{number}: tokenizer {self._name}: a token must be a string of "
                    f"characters, got {odd[0]!r}"
                )


def odd_token(tokens: Iterable[object]) -> tuple[object] | None:
    """The first token that is no string of characters, in a tuple; None if all are."""
    for token in tokens:
        if not isinstance(token, str):
            return (token,)
        if not token.isascii():
            try:
                token.encode("utf-8")
            except UnicodeEncodeError:
                return (token,)
    return None
