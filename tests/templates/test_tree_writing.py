"""Trees of a whole corpus, by any number of workers, and the page they make."""

import base64
import hashlib
import html
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import (
    Resources,
    Template,
    TemplateParser,
    Tree,
    parse_corpus,
    read_clauses,
    trees_to_html,
    trees_to_svg,
)

PARSER = TemplateParser(
    {Template.from_text(t): 5 for t in ("[X] 的 [X]", "[X] 和 [X]", "我 [X]", "[X] 吗")}
)
LINES = ["我 的 书 和 笔 。 好 吗", "", "去 ， 你 的", "...", "我"] * 3


def written(lines: list[str], **options: Any) -> str:
    out = io.StringIO()
    parse_corpus(lines, PARSER, "whitespace", out, **options)
    return out.getvalue()


def test_each_format_is_that_of_its_trees() -> None:
    clauses = list(read_clauses(LINES, "whitespace"))
    trees = [PARSER.parse(clause.words) for clause in clauses]
    assert written(LINES) == "\n".join(f"{tree}\n" for tree in trees)
    assert written(LINES, format="brackets") == "".join(tree.brackets() + "\n" for tree in trees)
    assert written(LINES, format="svg") == trees_to_svg(trees) + "\n"
    rows = [json.loads(line) for line in written(LINES, format="jsonl").splitlines()]
    assert [(row["line"], row["clause"]) for row in rows] == [(c.line, c.number) for c in clauses]
    assert [list(row) for row in rows] == [["line", "clause", "words", "score", "tree"]] * len(rows)
    assert [row["tree"] for row in rows] == [tree.to_dict() for tree in trees]


@pytest.mark.parametrize("format", ["tree", "brackets", "jsonl", "html", "svg"])
def test_workers_write_the_same(format: str) -> None:
    text = ["".join(line) for line in LINES * 40]
    alone = written(text, format=format)
    with ThreadPoolExecutor(3) as pool:
        shared = written(text, format=format, resources=Resources(jobs=3, executor=pool))
    assert shared == alone


def test_the_summary() -> None:
    done = parse_corpus(["a b c d e", "f"], PARSER, "whitespace", io.StringIO(), max_words=2)
    assert (done.trees, done.cut) == (4, 1)
    assert done.read.bytes_read == len("a b c d ef")


def test_nothing_is_a_page_without_trees() -> None:
    page = written([], format="html")
    assert page.endswith("</html>\n") and "<section>" not in page
    assert written([], format="jsonl") == written([]) == ""


def test_misuse_is_named() -> None:
    with pytest.raises(ValueError, match="`format` must"):
        written(LINES, format="pdf")
    with pytest.raises(ValueError, match="`max_words` must"):
        written(LINES, max_words=0)
    with pytest.raises(TypeError, match="str"):
        parse_corpus("我", PARSER, "whitespace", io.StringIO())


# --- the page


class Page(HTMLParser):
    """Elements with their attributes, and the text between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data


def test_the_policy_allows_the_style_sheet_and_nothing_else() -> None:
    page = trees_to_html([PARSER.parse(["好", "吗"])], title="树 <1>")
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = next(
        attributes["content"]
        for tag, attributes in Page(page).elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not re.search(r"https?:|<script|style=|\son\w+=", page)
    assert "<title>树 &lt;1&gt;</title>" in page


HOSTILE = ["<script>", "</span>", "&lt;", '"', "'", "]]>", "<!--", "</style>", "a\x00b", "是\u2028"]


@given(
    st.lists(st.sampled_from([*HOSTILE, "的", "和"]) | st.text(min_size=1), min_size=1, max_size=6)
)
def test_whatever_the_words_are_they_are_text(words: list[str]) -> None:
    page = Page(trees_to_html([PARSER.parse(words)]))
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "section", "h2", "span", "b")
    }
    assert all(
        set(attributes) <= {"class"} and attributes.get("class") in {None, "b", "b f", "t", "r"}
        for tag, attributes in page.elements
        if tag in {"span", "b", "section"}
    )


def test_boxes_stand_inside_one_another_as_blocks_do() -> None:
    tree: Tree = PARSER.parse(["我", "书", "的", "笔", "吗"])
    page = tree.to_html()
    assert page.count('class="b"') + page.count('class="b f"') == len(list(tree.walk()))
    for word in ("我", "的", "吗"):
        assert (f"<b>{word}</b>" in page) == any(
            block.template is not None and word in block.template.words for _, block in tree.walk()
        )
    for _, block in tree.walk():
        if block.template is not None and len(block.words) > 1:
            name = html.escape(str(block.template).replace("[X]", "○"))
            assert f'<span class="t">{name}</span>' in page


def test_a_deep_tree_is_no_trouble() -> None:
    words = ["甲", *(word for _ in range(150) for word in ("的", "乙"))]
    page = Page(trees_to_html([PARSER.parse(words)]))
    assert page.open == [] and page.text.count("乙") >= 150
