"""Trees drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterable

from nlpzero.engine.xml import xml_text
from nlpzero.templates.tree import Tree

_FONT = 16
_GAP = 18.0  # between neighbouring words
_LEVEL = 58.0  # from a template to the blocks below it
_MARGIN = 16.0
_STYLE = """\
  text { font: 16px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", \
"Microsoft YaHei", sans-serif; \
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
    """What the box of a block says: its template, or dots for words that no template holds
    together.
    """
    return "…" if tree.template is None else str(tree.template).replace("[X]", "○")


def trees_to_svg(trees: Iterable[Tree]) -> str:
    """Trees as one SVG picture, one under another, the words of each on one line.

    A box is a template (○ its placeholders) or, with dots, a flat span; thick lines lead to the
    template's own words, thin ones to the blocks in its placeholders. A block of one word is the
    word itself. Lines never cross.

    Parameters
    ----------
    trees : iterable of Tree

    Returns
    -------
    str
        A complete SVG document.

    Examples
    --------
    >>> from nlpzero import Template, TemplateParser
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
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" dy="0.36em">{xml_text(text)}</text>'
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
