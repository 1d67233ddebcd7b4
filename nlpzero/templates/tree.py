"""Trees of parsed sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from nlpzero.templates.template import Template

# Scores are whole multiples of this many nats inside the chart: sums of integers do not depend on
# the order of addition, so two trees made of the same templates tie exactly.
UNIT = 2.0**-30


def join_words(words: Iterable[str]) -> str:
    """Words as running text: a space only where two would otherwise run together.

    Examples
    --------
    >>> join_words(["我", "爱", "New", "York", "的", "夜"])
    '我爱New York的夜'
    """
    parts: list[str] = []
    last = ""
    for word in words:
        if last and _spaced(last[-1]) and _spaced(word[0]):
            parts.append(" ")
        parts.append(word)
        last = word
    return "".join(parts)


def _spaced(char: str) -> bool:
    """Whether words of this character's script are written with spaces between them."""
    return char.isalnum() and ord(char) < 0x2E80


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tree:
    """The structure of a span of words: a template with one child for each placeholder, or a flat
    span.

    Trees are values: frozen, equal when words and structure are equal, hashable. ``print(tree)``
    shows the indented tree of the seed; :meth:`brackets`, :meth:`to_dict`, :meth:`to_svg` and
    :meth:`to_html` are other views.

    Attributes
    ----------
    words : tuple of str
        The words of the span.
    start : int
        Index of the first word in the sentence.
    template : Template or None
        The main template; None for a flat span, which no template explains better.
    children : tuple of Tree
        The blocks in the placeholders, in order.
    score : float
        Sum of ln p of all templates in the tree, in nats, and of `null_score` for each of the gaps
        between the words of flat spans.
    """

    words: tuple[str, ...]
    start: int
    template: Template | None
    children: tuple[Tree, ...]
    score: float

    @property
    def end(self) -> int:
        """Index after the last word in the sentence."""
        return self.start + len(self.words)

    @property
    def content(self) -> str:
        """The text of the span with the blocks in parentheses, such as ``(鸡蛋)可以(吃)吗``."""
        return join_words(
            part if isinstance(part, str) else f"({join_words(part.words)})"
            for part in self.parts()
        )

    def parts(self) -> Iterator[str | Tree]:
        """The words of the main template and the blocks between them, from left to right."""
        if self.template is None:
            yield from self.words
            return
        children = iter(self.children)
        at = 0
        for element in self.template.elements:
            if element is None:
                child = next(children)
                yield child
                at += len(child.words)
            else:
                yield element
                at += 1

    def walk(self) -> Iterator[tuple[int, Tree]]:
        """Depth and tree of every block, parents before children, from left to right.

        It does not recurse, so a tree may be as deep as its sentence is long.
        """
        stack = [(0, self)]
        while stack:
            depth, tree = stack.pop()
            yield depth, tree
            stack.extend((depth + 1, child) for child in reversed(tree.children))

    def _shape(self) -> tuple[Any, ...]:
        blocks = tuple((tree.start, len(tree.words), tree.template) for _, tree in self.walk())
        return self.words, blocks

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tree):
            return NotImplemented
        return self._shape() == other._shape()

    def __hash__(self) -> int:
        return hash(self._shape())

    def __str__(self) -> str:
        return "\n".join("|     " * depth + "+---> " + tree.content for depth, tree in self.walk())

    def __repr__(self) -> str:
        return f"<Tree {self.content} {self.score:.2f}>"

    def brackets(self) -> str:
        r"""One line: words separated by spaces, every block in parentheses.

        A parenthesis or backslash inside a word is preceded by a backslash, and white space inside
        a word is written ``\s``.

        Examples
        --------
        >>> from nlpzero import Template, TemplateParser
        >>> parser = TemplateParser({Template.from_text("[X] 可以 [X] 吗"): 1})
        >>> parser.parse(["鸡蛋", "可以", "吃", "吗"]).brackets()
        '((鸡蛋) 可以 (吃) 吗)'
        """
        opened = [0] * len(self.words)
        closed = [0] * len(self.words)
        for _, tree in self.walk():
            opened[tree.start - self.start] += 1
            closed[tree.end - self.start - 1] += 1
        return " ".join(
            "(" * left + _bracket_word(word) + ")" * right
            for left, word, right in zip(opened, self.words, closed, strict=True)
        )

    def to_dict(self) -> dict[str, Any]:
        """The tree as JSON values: start, end, text, template (its text or None), score,
        children.
        """
        made: dict[int, dict[str, Any]] = {}
        for _, tree in reversed(list(self.walk())):
            made[id(tree)] = {
                "start": tree.start,
                "end": tree.end,
                "text": join_words(tree.words),
                "template": None if tree.template is None else str(tree.template),
                "score": tree.score,
                "children": [made[id(child)] for child in tree.children],
            }
        return made[id(self)]

    def to_svg(self) -> str:
        """The tree as an SVG picture, see :func:`trees_to_svg`."""
        from nlpzero.templates.drawing import trees_to_svg

        return trees_to_svg([self])

    def to_html(self) -> str:
        """The tree as a page for a browser, see :func:`trees_to_html`."""
        from nlpzero.templates.tree_page import trees_to_html

        return trees_to_html([self])


def _bracket_word(word: str) -> str:
    for char, text in (("\\", "\\\\"), ("(", "\\("), (")", "\\)")):
        word = word.replace(char, text)
    return "".join("\\s" if char.isspace() else char for char in word)
