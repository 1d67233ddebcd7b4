"""Words of a corpus as ids on disk: cut once, then read again and again as arrays.

A corpus becomes *parts*, stretches of bounded size with words numbered on their own. The counts of all parts
merge, sorted, without ever being in memory together; the words worth it get common ids.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.resources import ReadReport
from nlpzero.engine.storage import disk_errors
from nlpzero.errors import NlpzeroError, WorkerError
from nlpzero.segmentation.tokenizers import (
    FunctionTokenizer,
    ModelTokenizer,
    SegmenterTokenizer,
    Tokenizer,
    WhitespaceTokenizer,
    as_tokenizer,
)
from nlpzero.templates.path_kernels import RARE, pair_total
from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points
from nlpzero.text.corpus import Corpus, Shard, as_corpus

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


_ERRORS = "surrogatepass"
# not more files open than systems allow
_MOST_FILES = 64
_LEAST_TOKENS = 1 << 16
_LEAST_WORDS = 1 << 13


@dataclass(frozen=True)
class Part:
    """Words of one stretch of the corpus on disk: ids in the order of the text, and what they stand for.

    Files: `.ids` (int32, 0 ends a clause, others are numbers from 1 on within the part), `.words` (sorted,
    one a line), `.counts` and `.numbers` of these words, and later `.map` from numbers to common ids.
    """

    name: str
    path: str
    portable: bool = True

    def chunks(self, size: int) -> Iterator[NDArray[np.int32]]:
        """The ids in stretches of about `size` that end with the end of a clause."""
        rest = np.zeros(0, np.int32)
        with open(self.path + ".ids", "rb") as file:
            while len(part := np.fromfile(file, np.int32, size)):
                ids = np.concatenate([rest, part])
                ends = np.flatnonzero(part == 0)
                cut = len(rest) + int(ends[-1]) + 1 if len(ends) else 0
                if cut:
                    yield ids[:cut]
                rest = ids[cut:]

    def words_by_number(self) -> list[str]:
        with open(self.path + ".words", encoding="utf-8", newline="\n", errors=_ERRORS) as file:
            lines = file.readlines()
        numbers = np.fromfile(self.path + ".numbers", np.int32)
        words = [""] * (len(lines) + 1)
        for number, line in zip(numbers.tolist(), lines, strict=True):
            words[number] = _unfold(line[:-1])
        return words


def _fold(word: str) -> str:
    """A word on one line; almost always itself."""
    return word.replace("\\", "\\\\").replace("\n", "\\n") if "\\" in word or "\n" in word else word


def _unfold(text: str) -> str:
    if "\\" not in text:
        return text
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def _sorted_words(path: str) -> Generator[tuple[str, int], None, None]:
    """Words of a part, folded and sorted, with their counts."""
    with (
        open(path + ".words", encoding="utf-8", newline="\n", errors=_ERRORS) as words,
        open(path + ".counts", "rb") as counts,
    ):
        while len(part := np.fromfile(counts, np.int64, 1 << 14)):
            yield from ((next(words)[:-1], count) for count in part.tolist())


def _write_words(path: str, words: Iterable[tuple[str, int]]) -> None:
    with (
        open(path + ".words", "w", encoding="utf-8", newline="\n", errors=_ERRORS) as text,
        open(path + ".counts", "wb") as counts,
    ):
        while rows := list(itertools.islice(words, 1 << 14)):
            text.writelines(word + "\n" for word, _ in rows)
            np.array([count for _, count in rows], np.int64).tofile(counts)


def _merged_words(paths: Sequence[str]) -> Iterator[tuple[str, int]]:
    with ExitStack() as stack:
        streams = [stack.enter_context(closing(_sorted_words(path))) for path in paths]
        merged = heapq.merge(*streams, key=itemgetter(0))
        for word, group in itertools.groupby(merged, key=itemgetter(0)):
            yield word, sum(count for _, count in group)


def is_break(token: str) -> bool:
    """Whether a token ends a clause: nothing but marks and white space."""
    if not token or "\u4e00" <= token[0] <= "\u9fff" or (token.isascii() and token.isalnum()):
        return not token
    classes = char_classes(code_points(token))
    return bool(((classes == BREAK) | (classes == SPACE)).all())


class Clause(NamedTuple):
    """Words between two breaks, and where they stand.

    Attributes
    ----------
    line : int
        Number of the line, from 1 over all inputs.
    number : int
        Number of the clause within the line, from 1.
    words : tuple of str
    """

    line: int
    number: int
    words: tuple[str, ...]


def read_clauses(
    texts: Corpus | Iterable[str],
    tokenizer: Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str,
    *,
    progress: Callable[[int], object] | None = None,
    report: ReadReport | None = None,
) -> Iterator[Clause]:
    """Cut texts into clauses of words, the units of templates and parses.

    A clause ends at line ends and at tokens without letters, digits or Han characters, which belong to none.

    Parameters
    ----------
    texts : Corpus or iterable of str
    tokenizer : Segmenter, callable, Tokenizer or str
        As for :func:`nlpzero.find_templates`.
    progress : callable, optional
        Called with numbers of bytes read.
    report : ReadReport, optional
        Receives what was read.

    Yields
    ------
    Clause

    Examples
    --------
    >>> from nlpzero import read_clauses
    >>> for clause in read_clauses(["鸡蛋 可以 吃 吗 ？ 可以 。"], "whitespace"):
    ...     print(clause.number, clause.words)
    1 ('鸡蛋', '可以', '吃', '吗')
    2 ('可以',)
    """
    line, number = 1, 0
    words: list[str] = []
    for tokens in token_batches(as_tokenizer(tokenizer), as_corpus(texts), report, progress):
        for token in itertools.chain(tokens, ("",)):
            if not is_break(token):
                words.append(token)
                continue
            if words:
                number += 1
                yield Clause(line, number, tuple(words))
                words = []
            if ends := token.count("\n"):
                line, number = line + ends, 0


class _Numbers(dict[str, int]):
    """Numbers of tokens, given as they come; 0 for what ends a clause."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def __missing__(self, token: str) -> int:
        if not isinstance(token, str):
            raise TypeError(f"a token must be a string, got {token!r}")
        if is_break(token):
            number = 0
        else:
            self.words.append(token)
            number = len(self.words)
        self[token] = number
        return number


class PartWriter:
    """Writes the words of a shard as parts of bounded size."""

    def __init__(self, folder: Path, name: str, window: int, memory: int) -> None:
        self._folder = folder
        self._name = name
        self._window = window
        # what the later passes hold of a part, and what a word costs while it is written
        self._most_tokens = min(max(memory // 64, _LEAST_TOKENS), 1 << 24)
        self._most_words = min(max(memory // 512, _LEAST_WORDS), 1 << 20)
        self.parts: list[Part] = []
        self.totals = np.zeros(3, np.int64)
        self._begin()

    def _begin(self) -> None:
        self._numbers = _Numbers()
        self._ids: list[NDArray[np.int32]] = []
        self._tokens = 0

    def add(self, tokens: Iterable[str]) -> None:
        """Tokens of whole clauses."""
        ids = np.fromiter(map(self._numbers.__getitem__, tokens), np.int32)
        # breaks side by side say no more than one
        ends = ids == 0
        ids = np.append(ids[~ends | np.append(True, ~ends[:-1])], np.int32(0))
        self.totals += pair_total(ids, self._window)
        self._ids.append(ids)
        self._tokens += len(ids)
        if self._tokens > self._most_tokens or len(self._numbers) > self._most_words:
            self.close()

    def close(self) -> None:
        """Write what there is as a part."""
        words = self._numbers.words
        if not words:
            self._begin()
            return
        path = str(self._folder / uuid4().hex)
        counts = np.zeros(len(words) + 1, np.int64)
        with open(path + ".ids", "wb") as file:
            for ids in self._ids:
                counts += np.bincount(ids, minlength=len(counts))
                ids.tofile(file)
        folded = [_fold(word) for word in words]
        order = sorted(range(1, len(counts)), key=lambda number: folded[number - 1])
        _write_words(path, ((folded[number - 1], int(counts[number])) for number in order))
        np.array(order, np.int32).tofile(path + ".numbers")
        self.parts.append(Part(f"{self._name} (part {len(self.parts) + 1})", path))
        self._begin()


def read_words(
    shard: Shard,
    tokenizer: Tokenizer,
    folder: Path,
    window: int,
    memory: int,
    *,
    report: ReadReport,
) -> tuple[list[Part], NDArray[np.int64]]:
    writer = PartWriter(folder, shard.name, window, memory)
    with disk_errors(folder):
        for tokens in token_batches(tokenizer, shard, report):
            writer.add(tokens)
        writer.close()
    return writer.parts, writer.totals


def token_batches(
    tokenizer: Tokenizer,
    shard: Corpus | Shard,
    report: ReadReport | None = None,
    progress: Callable[[int], object] | None = None,
) -> Iterator[list[str]]:
    """Tokens of a piece of text in order, in batches of whole lines.

    Parameters
    ----------
    tokenizer : Tokenizer
        One of :mod:`nlpzero.segmentation.tokenizers`.
    shard : Shard or Corpus
    report : ReadReport, optional
        Receives what was read.
    progress : callable, optional
        Called with numbers of bytes read.

    Yields
    ------
    list of str
        Line ends are tokens of white space.

    Raises
    ------
    WorkerError
        A function that cannot be imported, fails, or returns something else than strings.
    """
    from nlpzero.segmentation.base import whole_pieces

    if isinstance(tokenizer, (SegmenterTokenizer, ModelTokenizer)):
        if isinstance(tokenizer, SegmenterTokenizer):
            segmenter = tokenizer.segmenter
        else:
            from nlpzero.segmentation.shared import shared_model

            segmenter = shared_model(tokenizer.path, tokenizer.numbers)
        for text, _ in whole_pieces(shard.blocks(report=report, progress=progress)):
            yield segmenter.segment(text)
    elif isinstance(tokenizer, WhitespaceTokenizer):
        for text, _ in whole_pieces(shard.blocks(report=report, progress=progress)):
            yield list(itertools.chain.from_iterable([*s.split(), "\n"] for s in text.split("\n")))
    elif isinstance(tokenizer, FunctionTokenizer):
        yield from _function_batches(tokenizer, shard, report, progress)
    else:
        raise TypeError(
            f"`tokenizer` must be one of nlpzero.segmentation.tokenizers, got {tokenizer!r}"
        )


def _function_batches(
    tokenizer: FunctionTokenizer,
    shard: Corpus | Shard,
    report: ReadReport | None,
    progress: Callable[[int], object] | None,
) -> Iterator[list[str]]:
    function = tokenizer.resolve()
    batch: list[str] = []
    for name, number, line in shard.numbered_lines(report=report, progress=progress):
        try:
            tokens = function(line)
            if isinstance(tokens, (str, bytes)):
                raise TypeError(f"it returned one {type(tokens).__name__}, not many tokens")
            tokens = list(tokens)
            if odd := [token for token in tokens if not isinstance(token, str)]:
                raise TypeError(f"a token must be a string, got {odd[0]!r}")
        except NlpzeroError:
            raise
        except Exception as error:
            raise WorkerError(
                f"{name}:{number}: tokenizer {tokenizer.name}: {type(error).__name__}: {error}"
            ) from error
        batch.extend(tokens)
        batch.append("\n")
        if len(batch) > 1 << 16:
            yield batch
            batch = []
    yield batch


_VOCABULARY = "vocabulary"


def merged_counts(parts: Sequence[Part], folder: Path) -> Iterator[tuple[str, int]]:
    """Words of all parts, folded on one line and sorted by it, with their counts added."""
    paths = [part.path for part in parts]
    while len(paths) > _MOST_FILES:
        path = str(folder / uuid4().hex)
        _write_words(path, _merged_words(paths[:_MOST_FILES]))
        paths = [*paths[_MOST_FILES:], path]
    return _merged_words(paths)


def write_vocabulary(words: Iterable[str], folder: Path) -> list[str]:
    """Give folded words the common ids 1, 2... that :func:`common_ids` uses; return the words."""
    kept: list[str] = []
    with open(folder / _VOCABULARY, "w", encoding="utf-8", newline="\n", errors=_ERRORS) as file:
        for word in words:
            file.write(word + "\n")
            kept.append(_unfold(word))
    return kept


def common_ids(part: Part, folder: Path) -> NDArray[np.int32]:
    """The table from the numbers of a part to common ids, made once and kept."""
    path = Path(part.path + ".map")
    if path.exists():
        return np.fromfile(path, np.int32)
    with open(folder / _VOCABULARY, encoding="utf-8", newline="\n", errors=_ERRORS) as file:
        common = {line[:-1]: number for number, line in enumerate(file, 1)}
    ids = np.array([common.get(word, RARE) for word, _ in _sorted_words(part.path)], np.int32)
    table = np.zeros(len(ids) + 1, np.int32)
    table[np.fromfile(part.path + ".numbers", np.int32)] = ids
    table.tofile(path)
    return table
