"""Parsing a sentence as nested templates: the best tree over all spans, in polynomial time.

The model is that of Su Jianlin's minimum-entropy series (spaces.ac.cn/archives/5577): a sentence is made
by nesting templates. Every placeholder is a block of adjacent words, made in turn by one template, and
the parse is the nesting with the greatest sum of ln p(template).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from numpy.typing import NDArray

from nlpzero.old_templates import FoundTemplate, Template, log_probabilities
from nlpzero.template_kernels import IMPOSSIBLE, fill_chart, reach_states, read_chart

# Scores are whole multiples of this many nats inside the chart: sums of integers do not depend on the
# order of addition, so two trees made of the same templates tie exactly.
_UNIT = 2.0**-30
# cells are score * 1024 + words in 63 bits
_LARGEST_SUM = 2.0**52 * _UNIT
# the chart holds a square of this many cells: 128 MB
_MOST_WORDS = 4096


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
    """The structure of a span of words: a template with one child for each placeholder, or a flat span.

    Trees are values: frozen, equal when words and structure are equal, hashable. ``print(tree)`` shows the
    indented tree of the seed; :meth:`brackets`, :meth:`to_dict` and :meth:`to_svg` are other views.

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

        A parenthesis or backslash inside a word is preceded by a backslash, and white space inside a word
        is written ``\s``.

        Examples
        --------
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
        """The tree as JSON values: start, end, text, template (its text or None), score, children."""
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
        return trees_to_svg([self])


def _bracket_word(word: str) -> str:
    for char, text in (("\\", "\\\\"), ("(", "\\("), (")", "\\)")):
        word = word.replace(char, text)
    return "".join("\\s" if char.isspace() else char for char in word)


class TemplateParser:
    """Parse sentences with a set of templates.

    A template matches a span exactly: its words stand in it in this order, a placeholder takes one or more
    words, and nothing is skipped anywhere else. A span scores the greater of

    - ln p(t) + the scores of the blocks in the placeholders of t, over the templates t that match it;
    - `null_score` times (number of words - 1), the flat span; so a lone word costs nothing.

    Ties are broken by the structure alone, never by the order of the templates: the main template with more
    words first, then the one whose words stand further right, compared from its first word on (so chains
    such as A 的 B 的 C are cut at the last 的 and branch to the left). The flat span loses a tie. Scores are
    compared in steps of 2**-30 nat, so sums that are equal on paper are equal here.

    Parameters
    ----------
    templates : mapping of Template to number, or iterable of FoundTemplate
        A mapping gives counts or weights, and p is the share of their sum; found templates carry their p,
        the frequency, with them.
    null_score : float, at most 0
        What each gap inside a flat span costs, in nats. -20 as in nlp-zero.

    Raises
    ------
    TypeError
        `templates` is neither a mapping from templates nor found templates.
    ValueError
        A weight that is not positive, a `null_score` above 0 or not finite.

    Examples
    --------
    >>> from nlpzero import Template, TemplateParser
    >>> parser = TemplateParser({Template((None, "可以", None, "吗")): 9, Template(("我", None)): 8})
    >>> print(parser.parse(["鸡蛋", "可以", "吃", "吗"]))
    +---> (鸡蛋)可以(吃)吗
    |     +---> 鸡蛋
    |     +---> 吃
    """

    def __init__(
        self,
        templates: Mapping[Template, float] | Iterable[FoundTemplate],
        *,
        null_score: float = -20.0,
    ) -> None:
        if not (math.isfinite(null_score) and null_score <= 0):
            raise ValueError(f"`null_score` must be finite and at most 0, got {null_score}")
        scores = _template_scores(templates)
        self.null_score = float(null_score)
        self._null = round(null_score / _UNIT)
        self._vocabulary = {
            word: number
            for number, word in enumerate(sorted({w for t in scores for w in t.words}), 1)
        }
        # a trie over elements; node 0 is the root, word 0 the placeholder
        children: dict[tuple[int, int], int] = {}
        self._templates: list[Template | None] = [None]
        values = [IMPOSSIBLE]
        for template in sorted(scores, key=_element_key):
            node = 0
            for element in template.elements:
                key = (node, 0 if element is None else self._vocabulary[element])
                if key not in children:
                    children[key] = len(values)
                    values.append(IMPOSSIBLE)
                    self._templates.append(None)
                node = children[key]
            values[node] = round(scores[template] / _UNIT)
            self._templates[node] = template
        self._node_score = np.array(values, np.int64)
        self._gap_child = np.full(len(values), -1, np.int32)
        edges = sorted(children.items())
        for (node, word), child in edges:
            if word == 0:
                self._gap_child[node] = child
        self._edge_keys = np.array([node << 32 | word for (node, word), _ in edges], np.uint64)
        self._edges = np.array([child for _, child in edges], np.int32)
        lowest = min([self._null, *(v for v in values if v != IMPOSSIBLE)])
        self._longest = min(int(_LARGEST_SUM / max(-lowest * _UNIT, 1.0)), _MOST_WORDS)

    def __len__(self) -> int:
        """Number of different templates."""
        return sum(template is not None for template in self._templates)

    def parse(self, words: Iterable[str]) -> Tree:
        """The best tree over a sentence.

        Time grows with the cube of the number of words and memory with its square: 200 words take some
        milliseconds.

        Parameters
        ----------
        words : iterable of str
            The words of one sentence, at least one, none of them empty.

        Returns
        -------
        Tree

        Raises
        ------
        TypeError
            A bare string, or something that is not a string among the words.
        ValueError
            No words, an empty word, or more words than scores can be summed for.
        """
        if isinstance(words, str):
            raise TypeError(
                f"`words` must be a sequence of words, got the string {words!r}; segment it first"
            )
        sentence = tuple(words)
        for word in sentence:
            if not isinstance(word, str):
                raise TypeError(f"a word must be a string, got {word!r}")
        if not sentence or not all(sentence):
            raise ValueError(
                f"`words` must be one or more words that are not empty, got {sentence!r}"
            )
        if len(sentence) > self._longest:
            raise ValueError(
                f"`words` must have at most {self._longest} words with these scores, "
                f"got {len(sentence)}"
            )
        look_up = self._vocabulary.get
        ids = np.array([look_up(word, -1) for word in sentence], np.int64)
        trie = (ids, self._edge_keys, self._edges, self._gap_child)
        nodes, first = reach_states(*trie)
        scores = (self._node_score, self._null)
        chart, complete = fill_chart(*trie, *scores, nodes, first)
        rows = read_chart(*trie, *scores, nodes, first, chart, complete)
        return self._build(sentence, rows)

    def _build(self, words: tuple[str, ...], rows: NDArray[np.int64]) -> Tree:
        """Trees from the rows, which list parents before children: built from the last row back."""
        done: list[Tree] = []
        for start, end, node, score in reversed(rows.tolist()):
            template = self._templates[node] if node >= 0 else None
            size = 0 if template is None else template.elements.count(None)
            children = tuple(done.pop() for _ in range(size))
            done.append(Tree(words[start:end], start, template, children, score * _UNIT))
        return done.pop()


def _element_key(template: Template) -> tuple[str, ...]:
    """An order by code points; a placeholder, empty here, comes before any word."""
    return tuple("" if element is None else element for element in template.elements)


def _template_scores(
    templates: Mapping[Template, float] | Iterable[FoundTemplate],
) -> dict[Template, float]:
    if isinstance(templates, Mapping):
        for template, weight in templates.items():
            if not isinstance(template, Template):
                raise TypeError(f"a key of `templates` must be a Template, got {template!r}")
            if not (math.isfinite(weight) and weight > 0):
                raise ValueError(f"the weight of {template} must be positive, got {weight}")
        total = math.fsum(templates.values())
        return {template: math.log(weight / total) for template, weight in templates.items()}
    rows = list(templates)
    for row in rows:
        if not isinstance(row, FoundTemplate):
            raise TypeError(
                "`templates` must be a mapping from Template to counts, or found templates, "
                f"got {row!r} in it"
            )
        if not 0 < row.frequency <= 1:
            raise ValueError(
                f"the frequency of {row.template} must be in (0, 1], got {row.frequency}"
            )
    return log_probabilities(rows)


_FONT = 16
_GAP = 18.0  # between neighbouring words
_LEVEL = 58.0  # from a template to the blocks below it
_MARGIN = 16.0
_STYLE = """\
  text { font: 16px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; \
text-anchor: middle; fill: #1d2733 }
  text.own { font-weight: bold; fill: #0b4f8a }
  text.name { font-size: 13px; fill: #0b4f8a }
  text.flat { font-size: 13px; fill: #8a6d3b }
  rect.name { fill: #e8f1fa; stroke: #7aa7d1 }
  rect.flat { fill: #fbf4e6; stroke: #d3b987 }
  path { fill: none; stroke: #9aa7b4; stroke-width: 1.2 }
  path.own { stroke: #0b4f8a; stroke-width: 2 }"""


def _text_width(text: str, size: float) -> float:
    return sum(size if ord(char) >= 0x2E80 else 0.62 * size for char in text)


def _label(tree: Tree) -> str:
    """What the box of a block says: its template, or dots for words that no template holds together."""
    return "…" if tree.template is None else str(tree.template).replace("[X]", "○")


def trees_to_svg(trees: Iterable[Tree]) -> str:
    """Trees as one SVG picture, one under another, the words of each on one line.

    A box is a template (○ its placeholders) or, with dots, a flat span; thick lines lead to the template's
    own words, thin ones to the blocks in its placeholders. A block of one word is the word itself. Lines
    never cross.

    Parameters
    ----------
    trees : iterable of Tree

    Returns
    -------
    str
        A complete SVG document.

    Examples
    --------
    >>> parser = TemplateParser({Template.from_text("[X] 吗"): 1})
    >>> trees_to_svg([parser.parse(["好", "吗"])]).splitlines()[-1]
    '</svg>'
    """
    lines: list[str] = []
    width = 2 * _MARGIN
    top = _MARGIN
    for tree in trees:
        tree_width, height = _draw(tree, top, lines)
        width = max(width, tree_width + 2 * _MARGIN)
        top += height + 2 * _MARGIN
    size = f'width="{width:.0f}" height="{top:.0f}" viewBox="0 0 {width:.0f} {top:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
            f"<style>\n{_STYLE}\n</style>",
            '<rect width="100%" height="100%" fill="white"/>',
            *lines,
            "</svg>",
        ]
    )


def _is_word(tree: Tree) -> bool:
    """Whether a block is drawn as its one word alone."""
    return len(tree.words) == 1 and tree.template is None


def _draw(root: Tree, top: float, lines: list[str]) -> tuple[float, float]:
    """Append the elements of one tree; return its width and height."""
    blocks = list(root.walk())
    # widths from the leaves up: a block is as wide as its parts or its own box, whichever is wider
    widths: dict[int, float] = {}
    for _, tree in reversed(blocks):
        sizes = [
            widths[id(part)] if isinstance(part, Tree) else _text_width(part, _FONT)
            for part in tree.parts()
        ]
        inner = sum(sizes) + _GAP * (len(sizes) - 1)
        box = 0.0 if _is_word(tree) else _text_width(_label(tree), 13) + 16
        widths[id(tree)] = max(inner, box)
    deepest = max((depth for depth, tree in blocks if not _is_word(tree)), default=-1)
    floor = top + _LEVEL * (deepest + 1) + _FONT
    edges: list[str] = []
    boxes: list[str] = []
    labels: list[str] = []

    def link(kind: str, x: float, y: float, to_x: float, to_y: float) -> None:
        # down, across, down: with blocks above their own words only, such lines never cross
        edges.append(
            f'<path class="{kind}" d="M{x:.1f} {y:.1f}V{y + 12:.1f}H{to_x:.1f}V{to_y:.1f}"/>'
        )

    def write(kind: str, x: float, y: float, text: str) -> None:
        labels.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" dy="0.36em">{_xml(text)}</text>'
        )

    # (tree, depth, left edge, where the line from above begins)
    stack: list[tuple[Tree, int, float, tuple[float, float] | None]] = [(root, 0, _MARGIN, None)]
    while stack:
        tree, depth, left, above = stack.pop()
        whole = widths[id(tree)]
        middle = left + whole / 2
        if _is_word(tree):
            if above is not None:
                link("gap", *above, middle, floor - _FONT)
            write("word", middle, floor, tree.words[0])
            continue
        kind = "flat" if tree.template is None else "name"
        y = top + _LEVEL * depth + _FONT
        if above is not None:
            link("gap", *above, middle, y - 12)
        label = _label(tree)
        box = _text_width(label, 13) + 16
        boxes.append(
            f'<rect class="{kind}" x="{middle - box / 2:.1f}" y="{y - 12:.1f}" '
            f'width="{box:.1f}" height="24" rx="6"/>'
        )
        write(kind, middle, y, label)
        parts = list(tree.parts())
        part_widths = [
            widths[id(part)] if isinstance(part, Tree) else _text_width(part, _FONT)
            for part in parts
        ]
        spare = (whole - sum(part_widths)) / len(parts)
        at = left
        for part, part_width in zip(parts, part_widths, strict=True):
            start = at + spare / 2
            if isinstance(part, Tree):
                stack.append((part, depth + 1, start, (middle, y + 12)))
            else:
                style = "gap" if tree.template is None else "own"
                link(style, middle, y + 12, start + part_width / 2, floor - _FONT)
                write(
                    "word" if tree.template is None else "own", start + part_width / 2, floor, part
                )
            at += part_width + spare
    # thick lines over thin ones where they share a way
    lines.extend(sorted(edges, key=lambda edge: 'class="own"' in edge))
    lines.extend(boxes)
    lines.extend(labels)
    return widths[id(root)], floor + _FONT - top


def _xml(text: str) -> str:
    """Text that XML may contain: control characters become the replacement character."""
    return escape("".join(c if c >= " " and c not in "\ufffe\uffff" else "\ufffd" for c in text))
