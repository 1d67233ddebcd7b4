"""How text is cut into the words that are counted: white space, our segmenters, any Python function.

A tokenizer is a small picklable value that goes to the workers; what is heavy (a model, an imported module) is
loaded there. White space is never a word. Marks (punctuation, symbols, emoji: tokens without any letter, digit
or Han character) are no words for our segmenters; where somebody else cut the text they count as that
somebody says. Either can be changed with `punctuation`.
"""

import importlib
import os
import sys
import traceback
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from nlpzero.errors import NlpzeroError, WorkerError

if TYPE_CHECKING:
    from nlpzero.engine.resources import ReadReport
    from nlpzero.segmentation.base import Numbers, Segmenter
    from nlpzero.text.corpus import Shard
    from nlpzero.words.token_sink import TokenSink


Tokenize = Callable[[str], Iterable[str]]

# tokens of a function that are counted together before they go into the table
_BATCH_TOKENS = 1 << 18


class Tokenizer(ABC):
    """What :func:`count_words` needs to know about words.

    Attributes
    ----------
    punctuation : bool
        Whether tokens that are only marks are counted unless the caller says otherwise.
    shard_bytes : int
        How much text a worker should take at a time.
    """

    punctuation: ClassVar[bool] = True
    shard_bytes: ClassVar[int] = 64 << 20

    @abstractmethod
    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        """Put the tokens of one source, or of a part of one that begins and ends at line ends, into the sink."""


class WhitespaceTokenizer(Tokenizer):
    """Words are what stands between white space: for text that is already segmented.

    White space is what ``str.split()`` splits at, the ideographic space included.

    Examples
    --------
    >>> from nlpzero import count_words
    >>> dict(count_words(["天气 很 好", "天气 不 好"], WhitespaceTokenizer()))
    {'天气': 2, '好': 2, '不': 1, '很': 1}
    """

    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        from nlpzero.text.units import end_of_spaces

        carry: list[bytes] = []  # an unfinished token: only lines longer than a block have one
        for block in shard.byte_blocks(report=report):
            cut = end_of_spaces(block)
            if cut == len(block) and not carry:
                sink.add_spaced(block)
                continue
            if cut:
                carry.append(block[:cut])
                sink.add_spaced(b"".join(carry))
                carry.clear()
            if cut < len(block):
                carry.append(block[cut:])
        sink.add_spaced(b"".join(carry))


class SegmenterTokenizer(Tokenizer):
    """Words as one of our segmenters cuts them.

    Parameters
    ----------
    segmenter : Segmenter
    """

    punctuation = False

    def __init__(self, segmenter: "Segmenter") -> None:
        self.segmenter = segmenter

    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        _feed_segmented(self.segmenter, shard, sink, report)


class ModelTokenizer(Tokenizer):
    """Words as the model in a file cuts them; every worker opens the file itself.

    Parameters
    ----------
    path : path
        As :meth:`Segmenter.save` writes it. Workers on other machines need it under the same name.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the file names.
    """

    punctuation = False

    def __init__(self, path: str | os.PathLike[str], numbers: "Numbers | None" = None) -> None:
        self.path = os.path.abspath(path)
        self.numbers = numbers

    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        from nlpzero.segmentation.shared import shared_model

        _feed_segmented(shared_model(self.path, self.numbers), shard, sink, report)


def _feed_segmented(
    segmenter: "Segmenter", shard: "Shard", sink: "TokenSink", report: "ReadReport"
) -> None:
    from nlpzero.segmentation.base import whole_pieces

    for text, _ in whole_pieces(shard.blocks(report=report)):
        sink.add_bounded(text, segmenter.boundaries(text))


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

    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        raise TypeError("n-grams overlap; count_words counts them in a table of their own.")


class FunctionTokenizer(Tokenizer):
    """Words as a Python function cuts each line.

    Parameters
    ----------
    function : callable or str
        Takes a line (without its end) and returns its tokens, an iterable of strings. A name
        ``module:function`` is imported in each worker; a callable must be picklable if there are several.
    folder : path, optional
        Where modules are looked for too.

    Examples
    --------
    >>> from nlpzero import count_words
    >>> dict(count_words(["天气好", "天气"], FunctionTokenizer(list)))
    {'天': 2, '气': 2, '好': 1}
    """

    shard_bytes = 16 << 20

    def __init__(
        self, function: Tokenize | str, folder: str | os.PathLike[str] | None = None
    ) -> None:
        if isinstance(function, str):
            module, separator, attribute = function.partition(":")
            if not (separator and module and attribute):
                raise ValueError(
                    f"`function` must be named module:function, such as jieba:lcut, got {function!r}."
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
                f"{_described(error)}; is it installed, or in the current folder?"
            ) from error
        for part in attribute.split("."):
            if not hasattr(found, part):
                raise WorkerError(f"tokenizer {self.function}: {module!r} has no {attribute!r}")
            found = getattr(found, part)
        if not callable(found):
            raise WorkerError(f"tokenizer {self.function}: {attribute!r} cannot be called")
        return found  # type: ignore[return-value]

    def feed(self, shard: "Shard", sink: "TokenSink", report: "ReadReport") -> None:
        function = self.resolve()
        by_line = sink.documents == "line"
        counts: Counter[str] = Counter()
        in_lines: Counter[str] = Counter()
        lines = held = 0
        for name, number, line in shard.numbered_lines(report=report):
            try:
                tokens = function(line)
                if not isinstance(tokens, (list, tuple)):
                    if isinstance(tokens, (str, bytes)):
                        raise TypeError(f"it returned one {type(tokens).__name__}, not many tokens")
                    tokens = list(tokens)
                counts.update(tokens)
                if by_line and tokens:
                    distinct = set(tokens)
                    in_lines.update(distinct)
                    lines += not all(token.isspace() or not token for token in distinct)
            except NlpzeroError:
                raise
            except Exception as error:
                raise WorkerError(
                    f"{name}:{number}: tokenizer {self.name}: {_described(error)}"
                ) from error
            held += len(tokens)
            if held >= _BATCH_TOKENS:
                self._flush(name, number, counts, in_lines, lines, sink)
                lines = held = 0
        if counts:
            self._flush(name, number, counts, in_lines, lines, sink)

    def _flush(
        self,
        name: str,
        number: int,
        counts: Counter[str],
        in_lines: Counter[str],
        lines: int,
        sink: "TokenSink",
    ) -> None:
        try:
            sink.add_counted(counts, in_lines, lines)
        except (AttributeError, UnicodeEncodeError) as error:
            odd = next((token for token in counts if not _is_text(token)), None)
            if odd is None:
                raise
            raise WorkerError(
                f"{name}: at or before line {number}: tokenizer {self.name}: a token must be a string of "
                f"characters, got {odd!r}"
            ) from error
        counts.clear()
        in_lines.clear()


def _is_text(token: object) -> bool:
    if not isinstance(token, str):
        return False
    try:
        token.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _described(error: Exception) -> str:
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
    """A tokenizer from what :func:`count_words` was given.

    Parameters
    ----------
    tokenizer : Tokenizer, Segmenter, callable or str
        ``"whitespace"``, or ``"module:function"`` for a function that takes a line and returns its tokens.

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
