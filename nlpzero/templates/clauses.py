"""Clauses: the words between two breaks, the units of templates and parses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.segmentation.tokenizers import Tokenizer, as_tokenizer
from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points
from nlpzero.text.corpus import Corpus, Shard, as_corpus

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


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


class Clauses(Iterator[Clause]):
    """Iterator over the clauses of a text; made by :func:`read_clauses`.

    Attributes
    ----------
    read : ReadReport
        What was read so far.
    lines : int
        How many lines have ended so far.
    """

    def __init__(
        self,
        text: Corpus | Shard,
        tokenizer: Tokenizer,
        resources: Resources,
        read: ReadReport | None = None,
    ) -> None:
        self.read = ReadReport() if read is None else read
        self.lines = 0
        self._clauses = self._cut(text, tokenizer, resources)

    def __next__(self) -> Clause:
        return next(self._clauses)

    def _cut(
        self, text: Corpus | Shard, tokenizer: Tokenizer, resources: Resources
    ) -> Iterator[Clause]:
        number = 0
        words: list[str] = []
        progress = resources.stage("read clauses", text.size)
        for piece in tokenizer.cut(text, report=self.read, progress=progress):
            for token in piece.tokens():
                if not is_break(token):
                    words.append(token)
                    continue
                if words:
                    number += 1
                    yield Clause(self.lines + 1, number, tuple(words))
                    words = []
                if ends := token.count("\n"):
                    self.lines, number = self.lines + ends, 0
        if words:
            yield Clause(self.lines + 1, number + 1, tuple(words))


def read_clauses(
    texts: Corpus | Iterable[str],
    tokenizer: Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str,
    *,
    resources: Resources | None = None,
) -> Clauses:
    """Cut texts into clauses of words, the units of templates and parses.

    A clause ends at line ends and at tokens without letters, digits or Han characters, which belong
    to none.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once, as the result is iterated over.
    tokenizer : Segmenter, callable, Tokenizer or str
        As for :func:`nlpzero.find_templates`.
    resources : Resources, optional
        Whom to tell of the progress; one process reads.

    Returns
    -------
    Clauses
        An iterator of :class:`Clause`; its `read` is what was read.

    Examples
    --------
    >>> from nlpzero import read_clauses
    >>> for clause in read_clauses(["鸡蛋 可以 吃 吗 ？ 可以 。"], "whitespace"):
    ...     print(clause.number, clause.words)
    1 ('鸡蛋', '可以', '吃', '吗')
    2 ('可以',)
    """
    given = Resources() if resources is None else resources
    return Clauses(as_corpus(texts), as_tokenizer(tokenizer), given)


def is_break(token: str) -> bool:
    """Whether a token ends a clause: nothing but marks and white space."""
    if not token or "\u4e00" <= token[0] <= "\u9fff" or (token.isascii() and token.isalnum()):
        return not token
    classes = char_classes(code_points(token))
    return bool(((classes == BREAK) | (classes == SPACE)).all())
