"""How text is cut into the words that are counted: white space, our segmenters, any Python
function.

A tokenizer is a small picklable value that goes to the workers; what is heavy (a model, an imported
module) is loaded there. White space is never a word. Marks (punctuation, symbols, emoji: tokens
without any letter, digit or Han character) are no words for our segmenters; where somebody else cut
the text they count as that somebody says. Either can be changed with `punctuation`.

Counting, baskets of words and templates all take a tokenizer, and what :func:`as_tokenizer` makes
one of.
"""

import importlib
import os
import pickle
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nlpzero.errors import NlpzeroError, WorkerError
from nlpzero.segmentation.cut_text import CutText, Lines, Segmented, Spaced, odd_token

if TYPE_CHECKING:
    from nlpzero.engine.resources import ReadReport
    from nlpzero.segmentation.base import Numbers, Segmenter
    from nlpzero.text.corpus import Corpus, Shard


Tokenize = Callable[[str], Iterable[str]]
Advance = Callable[[int], object]

# tokens of Python code that go on together
_BATCH_TOKENS = 1 << 17


class Tokenizer(ABC):
    """What words are; a subclass needs one method, :meth:`tokens`, to count words, find rules and
    templates.

    Workers in other processes get a pickled copy, so a subclass is defined at the top level of a
    module and holds only what can be pickled.

    Attributes
    ----------
    punctuation : bool
        Whether tokens that are only marks are counted unless the caller says otherwise.
    shard_bytes : int
        How much text a worker should take at a time.
    compiled : bool
        Whether compiled loops do most of the work: then workers may be threads.

    Examples
    --------
    >>> from nlpzero import Tokenizer, count_words
    >>> class Syllables(Tokenizer):
    ...     def tokens(self, line):
    ...         return line.split("-")
    >>> dict(count_words(["to-ma-to", "ma-ma"], Syllables()))
    {'ma': 3, 'to': 2}
    """

    punctuation: ClassVar[bool] = True
    shard_bytes: ClassVar[int] = 16 << 20
    compiled: ClassVar[bool] = False

    @abstractmethod
    def tokens(self, line: str) -> Iterable[str]:
        """The tokens of a line, in order.

        Parameters
        ----------
        line : str
            Without its end.

        Returns
        -------
        iterable of str
            Not one string. Tokens that are empty or white space are passed over.
        """

    def __call__(self, text: str) -> list[str]:
        """The tokens of a text as a list: a tokenizer is a function, as a segmenter is."""
        return list(_listed(self.tokens(text)))

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{type(self).__module__}:{type(self).__qualname__}"

    def cut(
        self,
        text: "Corpus | Shard",
        *,
        report: "ReadReport | None" = None,
        progress: Advance | None = None,
    ) -> Iterator[CutText]:
        """A text cut into words, piece by piece; our own tokenizers have faster ways than line by
        line.

        Parameters
        ----------
        text : Corpus or Shard
        report : ReadReport, optional
            Receives what was read.
        progress : callable, optional
            Called with the numbers of bytes read.

        Yields
        ------
        CutText
            Its :meth:`~nlpzero.segmentation.cut_text.CutText.tokens` are strings.

        Raises
        ------
        WorkerError
            The tokenizer failed; the message names the line of the text and of the code.
        """
        function = self._function()
        lines: list[list[str] | tuple[str, ...]] = []
        places: list[tuple[str, int]] = []
        held = 0
        for source, number, line in text.numbered_lines(report=report, progress=progress):
            try:
                tokens = _listed(function(line))
            except NlpzeroError:
                raise
            except Exception as error:
                raise WorkerError(
                    f"{source}:{number}: tokenizer {self.name}: {described(error)}"
                ) from error
            lines.append(tokens)
            places.append((source, number))
            held += len(tokens) + 1
            if held >= _BATCH_TOKENS:
                yield Lines(lines, places, self.name)
                lines, places, held = [], [], 0
        if lines:
            yield Lines(lines, places, self.name)

    def cutter(self) -> Callable[[str], list[str]]:
        """A function from any string, such as a sentence, to its tokens.

        What is heavy is loaded once, here. Unlike :meth:`tokens` the function checks what it
        returns and turns errors into :class:`WorkerError`.

        Returns
        -------
        callable

        Examples
        --------
        >>> as_tokenizer("whitespace").cutter()("天气 很 好")
        ['天气', '很', '好']
        """
        function = self._function()

        def cut(text: str) -> list[str]:
            try:
                tokens = list(_listed(function(text)))
                if (odd := odd_token(tokens)) is not None:
                    raise TypeError(f"a token must be a string of characters, got {odd[0]!r}")
            except NlpzeroError:
                raise
            except Exception as error:
                raise WorkerError(
                    f"tokenizer {self.name}: {described(error)}; the text was {text[:40]!r}"
                ) from error
            return tokens

        return cut

    def spaced(self, blocks: Iterable[str]) -> Iterator[str] | None:
        """A text that arrives in blocks, with white space between its words: the fast way, where
        there is one.

        Marks are words too here, and line ends stay where they are.

        Parameters
        ----------
        blocks : iterable of str
            Cut anywhere.

        Returns
        -------
        iterator of str, or None
            Cut anywhere. None: there is no such way, so use :meth:`cutter` line by line.
        """
        return None

    def _function(self) -> Tokenize:
        """What makes the tokens of a line, with everything loaded that it needs."""
        return self.tokens


def _listed(tokens: Iterable[str]) -> list[str] | tuple[str, ...]:
    if isinstance(tokens, (list, tuple)):
        return tokens
    if isinstance(tokens, (str, bytes)):
        raise TypeError(f"it returned one {type(tokens).__name__}, not many tokens")
    return list(tokens)


class WhitespaceTokenizer(Tokenizer):
    """Words are what stands between white space: for text that is already segmented.

    White space is what ``str.split()`` splits at, the ideographic space included.

    Examples
    --------
    >>> from nlpzero import count_words
    >>> dict(count_words(["天气 很 好", "天气 不 好"], WhitespaceTokenizer()))
    {'天气': 2, '好': 2, '不': 1, '很': 1}
    """

    shard_bytes = 64 << 20
    compiled = True

    def tokens(self, line: str) -> list[str]:
        return line.split()

    def cut(
        self,
        text: "Corpus | Shard",
        *,
        report: "ReadReport | None" = None,
        progress: Advance | None = None,
    ) -> Iterator[CutText]:
        from nlpzero.text.units import end_of_spaces

        carry: list[bytes] = []  # an unfinished token: only lines longer than a block have one
        for block in text.byte_blocks(report=report, progress=progress):
            cut = end_of_spaces(block)
            if cut == len(block) and not carry:
                yield Spaced(block)
                continue
            if cut:
                carry.append(block[:cut])
                yield Spaced(b"".join(carry))
                carry.clear()
            if cut < len(block):
                carry.append(block[cut:])
        if carry:
            yield Spaced(b"".join(carry))

    def spaced(self, blocks: Iterable[str]) -> Iterator[str]:
        return iter(blocks)


class _Segmented(Tokenizer):
    """What tokenizers with one of our segmenters have in common."""

    punctuation = False
    shard_bytes = 64 << 20
    compiled = True

    @abstractmethod
    def _loaded(self) -> "Segmenter":
        """The segmenter."""

    def tokens(self, line: str) -> list[str]:
        return self._loaded().segment(line)

    def cut(
        self,
        text: "Corpus | Shard",
        *,
        report: "ReadReport | None" = None,
        progress: Advance | None = None,
    ) -> Iterator[CutText]:
        from nlpzero.segmentation.pieces import whole_pieces

        segmenter = self._loaded()
        blocks = text.blocks(report=report, progress=progress)
        for piece, _ in whole_pieces(blocks, keep=bool(segmenter.alphabet.keep)):
            yield Segmented(piece, segmenter)

    def spaced(self, blocks: Iterable[str]) -> Iterator[str]:
        return self._loaded().segment_blocks(blocks)

    def _function(self) -> Tokenize:
        return self._loaded().segment


class SegmenterTokenizer(_Segmented):
    """Words as one of our segmenters cuts them.

    Parameters
    ----------
    segmenter : Segmenter
    """

    def __init__(self, segmenter: "Segmenter") -> None:
        self.segmenter = segmenter

    def _loaded(self) -> "Segmenter":
        return self.segmenter


class ModelTokenizer(_Segmented):
    """Words as the model in a file cuts them; every worker opens the file itself.

    Parameters
    ----------
    path : path
        As :meth:`Segmenter.save` writes it. Workers on other machines need it under the same name.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the file names.
    """

    def __init__(self, path: str | os.PathLike[str], numbers: "Numbers | None" = None) -> None:
        self.path = os.path.abspath(path)
        self.numbers = numbers

    def _loaded(self) -> "Segmenter":
        from nlpzero.segmentation.shared import shared_model

        return shared_model(self.path, self.numbers)


class NGramTokenizer(Tokenizer):
    """Characters and n-grams of them within clauses as words, counted by :func:`count_ngrams`.

    Parameters
    ----------
    low, high : int in [1, 4], low <= high
        Lengths.

    Examples
    --------
    >>> from nlpzero import count_words
    >>> dict(count_words(["天气好，天气"], NGramTokenizer(2, 3)))
    {'天气': 2, '天气好': 1, '气好': 1}
    """

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low = low
        self.high = low if high is None else high
        if not 1 <= self.low <= self.high <= 4:
            raise ValueError(
                f"`low` and `high` must be 1 <= low <= high <= 4, got {low} and {self.high}."
            )

    def tokens(self, line: str) -> list[str]:
        """All n-grams of a line, by where they begin, shorter ones first."""
        from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points

        classes = char_classes(code_points(line))
        ends = [*((classes == BREAK) | (classes == SPACE)).nonzero()[0].tolist(), len(line)]
        return [
            line[first : first + k]
            for begin, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)
            for first in range(begin, end)
            for k in range(self.low, min(self.high, end - first) + 1)
        ]


class FunctionTokenizer(Tokenizer):
    """Words as a Python function cuts each line.

    Parameters
    ----------
    function : callable or str
        Takes a line (without its end) and returns its tokens, an iterable of strings. A name
        ``module:function`` is imported in each worker; a callable must be picklable if there are
        several.
    folder : path, optional
        Where modules are looked for too.

    Examples
    --------
    >>> from nlpzero import count_words
    >>> dict(count_words(["天气好", "天气"], FunctionTokenizer(list)))
    {'天': 2, '气': 2, '好': 1}
    """

    def __init__(
        self, function: Tokenize | str, folder: str | os.PathLike[str] | None = None
    ) -> None:
        if isinstance(function, str):
            module, separator, attribute = function.partition(":")
            if not (separator and module and attribute):
                raise ValueError(
                    "`function` must be named module:function, such as jieba:lcut, "
                    f"got {function!r}."
                )
        elif not callable(function):
            raise TypeError(
                f"`function` must be callable or a name, got {type(function).__name__}."
            )
        self.function = function
        self.folder = None if folder is None else os.path.abspath(folder)

    @property
    def name(self) -> str:
        """What the function is called, for messages."""
        if isinstance(self.function, str):
            return self.function
        name = getattr(self.function, "__qualname__", None) or repr(self.function)
        module = getattr(self.function, "__module__", None)
        return f"{module}:{name}" if module else name

    def resolve(self) -> Tokenize:
        """The function itself.

        Raises
        ------
        WorkerError
            The module cannot be imported or has no such function.
        """
        if not isinstance(self.function, str):
            return self.function
        if self.folder is not None and self.folder not in sys.path:
            sys.path.insert(0, self.folder)
        module, _, attribute = self.function.partition(":")
        try:
            found = importlib.import_module(module)
        except Exception as error:
            raise WorkerError(
                f"tokenizer {self.function}: the module {module!r} cannot be imported: "
                f"{described(error)}; is it installed, or in the current folder?"
            ) from error
        for part in attribute.split("."):
            if not hasattr(found, part):
                raise WorkerError(f"tokenizer {self.function}: {module!r} has no {attribute!r}")
            found = getattr(found, part)
        if not callable(found):
            raise WorkerError(f"tokenizer {self.function}: {attribute!r} cannot be called")
        return found  # type: ignore[return-value]

    def tokens(self, line: str) -> Iterable[str]:
        return self.resolve()(line)

    def _function(self) -> Tokenize:
        return self.resolve()


def described(error: Exception) -> str:
    """An error of somebody's code: what it says and the line of code it came from."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = traceback.extract_tb(error.__traceback__)
    own = str(Path(__file__))
    outside = [
        frame
        for frame in frames
        if frame.filename != own and not frame.filename.startswith("<frozen importlib")
    ]
    if isinstance(error, SyntaxError) and error.filename:
        return text
    if outside and "importlib" not in outside[-1].filename:
        return f"{text} ({outside[-1].filename}, line {outside[-1].lineno})"
    return text


def as_tokenizer(tokenizer: "Tokenizer | Segmenter | Tokenize | str") -> Tokenizer:
    """A tokenizer from whatever says how words are cut.

    Parameters
    ----------
    tokenizer : Tokenizer, Segmenter, callable or str
        A segmenter of ours; a function that takes a line and returns its tokens, or its name
        ``"module:function"``; ``"whitespace"`` for text that is already segmented; or a tokenizer,
        which is returned as it is.

    Returns
    -------
    Tokenizer
    """
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    if isinstance(tokenizer, str):
        if tokenizer == "whitespace":
            return WhitespaceTokenizer()
        if ":" not in tokenizer:
            raise ValueError(
                f"`tokenizer` must be 'whitespace' or 'module:function', got {tokenizer!r}; "
                "for a model file pass load_segmenter(path)."
            )
        return FunctionTokenizer(tokenizer)
    from nlpzero.segmentation.base import Segmenter

    if isinstance(tokenizer, Segmenter):
        return SegmenterTokenizer(tokenizer)
    if callable(tokenizer):
        return FunctionTokenizer(tokenizer)
    raise TypeError(
        "`tokenizer` must be a Tokenizer, a Segmenter, a callable or a name, "
        f"got {type(tokenizer).__name__}."
    )


def portable(tokenizer: Tokenizer, folder: Path) -> Tokenizer:
    """A tokenizer that is cheap to send to another process of this machine.

    Parameters
    ----------
    tokenizer : Tokenizer
    folder : Path
        Temporary files that live as long as the processes; a model is written there.

    Raises
    ------
    ValueError
        It cannot be sent.
    """
    if isinstance(tokenizer, SegmenterTokenizer):
        from nlpzero.segmentation.loading import METHODS

        if getattr(tokenizer.segmenter, "method", None) in (*METHODS, "base"):
            path = folder / "model.nz"
            tokenizer.segmenter.save(path)
            return ModelTokenizer(path)
    try:
        pickle.dumps(tokenizer)
    except Exception as error:
        raise ValueError(
            "`tokenizer` must be picklable to be used in several processes, so a function or a "
            f"class must be defined at the top level of a module ({error}); or use one job."
        ) from error
    return tokenizer
