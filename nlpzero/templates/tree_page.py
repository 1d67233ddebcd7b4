"""Trees as one HTML page that needs nothing else: no network, no code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from nlpzero.engine.xml import xml_text
from nlpzero.reports.page import encodable, source_hash
from nlpzero.templates.template import PLACEHOLDER
from nlpzero.templates.tree import Tree, join_words

_STYLE = """
:root { color-scheme: light dark; --line: #7aa7d1; --own: #0b4f8a; --flat: #d3b987;
  --muted: #6b7682 }
@media (prefers-color-scheme: dark) {
  :root { --line: #4f7fae; --own: #9ecbf5; --flat: #8a7448; --muted: #98a4b0 }
}
body { font: 16px/1.6 "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei",
  sans-serif; margin: 1rem auto; max-width: 72rem; padding: 0 1rem }
section { border-top: 1px solid #8884; overflow-x: auto; padding: .5rem 0 }
h2 { color: var(--muted); font-size: .8rem; font-weight: normal; margin: 0 }
.b { border: 1px solid var(--line); border-radius: 6px; display: inline-flex;
  flex-direction: column; margin: 2px; padding: 0 4px; vertical-align: bottom }
.f { border: 1px dashed var(--flat) }
.t { color: var(--muted); font-size: .7rem; line-height: 1.4 }
.r { align-items: flex-end; display: flex; gap: 3px; white-space: pre }
.r b { color: var(--own) }
"""


def tree_html(tree: Tree) -> str:
    """One tree as HTML elements: every block a box, the words of its template in bold.

    All text of the tree is escaped; there are no attributes but classes.
    """
    made: dict[int, str] = {}
    for _, block in reversed(list(tree.walk())):
        own, name, kind = "b", str(block.template), "b"
        if block.template is None:
            own, name, kind = "span", "…", "b f"
        parts = "".join(
            made[id(part)] if isinstance(part, Tree) else f"<{own}>{_text(part)}</{own}>"
            for part in block.parts()
        )
        # a word alone needs no name
        label = name.replace(PLACEHOLDER, "○")
        above = "" if len(block.words) == 1 else f'<span class="t">{_text(label)}</span>'
        made[id(block)] = f'<span class="{kind}">{above}<span class="r">{parts}</span></span>'
    return made[id(tree)]


def tree_section(tree: Tree, heading: str) -> str:
    """One tree under a heading, with its words as text and its score."""
    text = _text(join_words(tree.words))
    return (
        f"<section><h2>{_text(heading)} {text} ({tree.score:.2f})</h2>{tree_html(tree)}</section>\n"
    )


def page_begin(title: str) -> str:
    """What stands before the trees of a page.

    The policy lets the browser use the one style sheet that has the hash written there, and
    nothing else: no script, no network.
    """
    policy = (
        f"default-src 'none'; style-src '{source_hash(_STYLE)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="zh">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="generator" content="nlpzero">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{_text(title)}</h1>\n"
    )


PAGE_END = "</body>\n</html>\n"


def trees_to_html(trees: Iterable[Tree], *, title: str = "Sentences as templates") -> str:
    """Trees as one HTML page, one under another.

    A box is a template, named above its words (○ its placeholders), or with a dashed border a flat
    span; boxes stand inside one another as the blocks do. The page loads nothing and runs nothing;
    whatever the words are, they are text on it.

    Parameters
    ----------
    trees : iterable of Tree
    title : str

    Returns
    -------
    str
        A complete HTML document.

    Examples
    --------
    >>> from nlpzero import Template, TemplateParser
    >>> parser = TemplateParser({Template.from_text("[X] 吗"): 1})
    >>> page = trees_to_html([parser.parse(["<b>", "吗"])])
    >>> page.startswith("<!doctype html>"), "&lt;b&gt;" in page
    (True, True)
    """

    def parts() -> Iterator[str]:
        yield page_begin(title)
        for number, tree in enumerate(trees, 1):
            yield tree_section(tree, f"{number}:")
        yield PAGE_END

    return "".join(parts())


def _text(text: str) -> str:
    return xml_text(encodable(text))
