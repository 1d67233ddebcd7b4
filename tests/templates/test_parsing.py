"""The parser: the seed's examples, its bugs as regression tests, and equality with trying
everything.
"""

import math
import pickle
import random
from fractions import Fraction
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import FoundTemplate, Template, TemplateParser, Tree, trees_to_svg
from nlpzero.templates.tree import join_words
from tests.templates.oracles import best_parse

# the toy templates of https://spaces.ac.cn/archives/5577: 呢, can...?, I..., of/is, of, and
TOY = {
    "[X] 呢": 10,
    "[X] 可以 [X] 吗": 9,
    "我 [X]": 8,
    "[X] 的 [X] 是 [X]": 7,
    "[X] 的 [X] 是 [X] 呢": 7,
    "[X] 的 [X]": 12,
    "[X] 和 [X]": 12,
}


def parser(templates: dict[str, float], **options: float) -> TemplateParser:
    return TemplateParser(
        {Template.from_text(text): count for text, count in templates.items()}, **options
    )


def parse(templates: dict[str, float], sentence: str, **options: float) -> Tree:
    return parser(templates, **options).parse(sentence.split())


# --- the acceptance examples of the seed's article


def test_can_one_eat_eggs() -> None:
    tree = parse(TOY, "鸡蛋 可以 吃 吗")
    assert str(tree) == "+---> (鸡蛋)可以(吃)吗\n|     +---> 鸡蛋\n|     +---> 吃"
    assert tree.score == pytest.approx(math.log(9 / 65))


def test_what_colour_is_the_apple() -> None:
    tree = parse(TOY, "苹果 的 颜色 是 什么 呢")
    assert str(tree) == (
        "+---> (苹果)的(颜色)是(什么)呢\n|     +---> 苹果\n|     +---> 颜色\n|     +---> 什么"
    )
    assert tree.score == pytest.approx(math.log(7 / 65))


def test_pears_and_apples_and_bananas() -> None:
    tree = parse(TOY, "雪梨 和 苹果 和 香蕉 的 颜色 是 什么 呢")
    assert str(tree).splitlines() == [
        "+---> (雪梨和苹果和香蕉)的(颜色)是(什么)呢",
        "|     +---> (雪梨和苹果)和(香蕉)",
        "|     |     +---> (雪梨)和(苹果)",
        "|     |     |     +---> 雪梨",
        "|     |     |     +---> 苹果",
        "|     |     +---> 香蕉",
        "|     +---> 颜色",
        "|     +---> 什么",
    ]
    assert tree.brackets() == "((((雪梨) 和 (苹果)) 和 (香蕉)) 的 (颜色) 是 (什么) 呢)"


# --- bugs of the seed


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("有 什么", "有 好 什么"),  # have what: nothing may be skipped after a word
        ("我 [X]", "你 我 他"),  # I ...: anchored at the start
        ("我", "我 和 你"),  # a template without placeholders matches itself alone
        ("[X] 吗", "你 好 吗 啊"),  # anchored at the end
        ("[X] 吗", "吗"),  # a placeholder takes at least one word
        ("我 [X]", "我"),
        ("[X] 的 [X]", "的 书"),
        ("[X] 的 [X] 的 [X]", "我 的 的 书"),
        ("的 的", "的"),
    ],
)
def test_matching_is_anchored_and_exact(template: str, sentence: str) -> None:
    tree = parse({template: 1}, sentence)
    assert tree.template is None
    assert tree.score == -20 * (len(sentence.split()) - 1)


@pytest.mark.parametrize(
    ("template", "sentence", "brackets"),
    [
        ("有 什么", "有 什么", "(有 什么)"),
        ("我 [X]", "我 你 他", "(我 (你 他))"),
        ("[X] 我 [X]", "你 我 他", "((你) 我 (他))"),
        ("[X] 的 的 [X]", "a b 的 的 c", "((a b) 的 的 (c))"),
    ],
)
def test_what_does_match(template: str, sentence: str, brackets: str) -> None:
    tree = parse({template: 1}, sentence)
    assert tree.template == Template.from_text(template)
    assert tree.brackets() == brackets


def test_a_placeholder_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one word"):
        Template((None,))
    with pytest.raises(ValueError, match="at least one word"):
        Template.from_text("[X]")


def test_the_flat_span_always_competes() -> None:
    """A template far worse than a flat span is not used, though it matches."""
    rare = {"a b c": 1.0, "[X] 的 [X]": 1e6}
    assert parse(rare, "a b c", null_score=-3.0).template is None
    assert parse(rare, "a b c", null_score=-20.0).template is not None


def test_a_lone_word_costs_nothing() -> None:
    """The seed made a word pay for matching a template of its own."""
    tree = parse({"吗": 1, "[X] 好": 9}, "吗")
    assert (tree.template, tree.score) == (None, 0.0)


def test_forty_links_in_a_chain() -> None:
    """11 took the seed a fifth of a second, 13 two seconds, 40 longer than anybody lives."""
    sentence = " 的 ".join(f"x{i}" for i in range(41))
    tree = parse(TOY, sentence)
    assert tree.score == pytest.approx(40 * math.log(12 / 65))
    assert max(depth for depth, _ in tree.walk()) == 40
    assert tree.content.endswith("的(x40)")


def test_a_thousand_words() -> None:
    """Depth is no limit: nothing here recurses."""
    tree = parse(TOY, "x 的 " * 500 + "y")
    assert len(str(tree).splitlines()) == 1001
    assert tree.brackets().count("(") == 1001
    again = parse(TOY, "x 的 " * 500 + "y")
    assert tree == again and hash(tree) == hash(again)
    assert tree.to_svg().endswith("</svg>")


def test_equal_means_equal_elements_not_equal_hashes() -> None:
    class Word(str):
        def __hash__(self) -> int:
            return 1

    assert hash(Template((Word("甲"),))) == hash(Template((Word("乙"),)))
    assert Template((Word("甲"),)) != Template((Word("乙"),))


def test_order_of_templates_never_matters() -> None:
    sentences = ["雪梨 和 苹果 和 香蕉 的 颜色 是 什么 呢", "我 的 书 的 名字 是 我 的 书 呢"]
    expected = [parse(TOY, sentence) for sentence in sentences]
    shuffle = random.Random(7).shuffle
    items = list(TOY.items())
    for _ in range(20):
        shuffle(items)
        assert [parse(dict(items), sentence) for sentence in sentences] == expected


def test_ties_prefer_more_words_in_the_main_template() -> None:
    # p = 1/2 and 1/2 * 1/2: two ways to the same sum are not a tie here, one and one are
    tree = parse({"[X] 的 [X]": 1, "[X] 的 [X] 呢": 1}, "a 的 b 呢")
    assert str(tree.template) == "[X] 的 [X] 呢"


# --- against trying everything

ELEMENTS = (
    st.lists(st.sampled_from(["a", "b", None]), min_size=1, max_size=5)
    .filter(lambda e: any(e))
    .map(lambda e: Template(tuple(e)).elements)
)


@given(
    st.dictionaries(ELEMENTS, st.integers(1, 4), min_size=1, max_size=8),
    st.lists(st.sampled_from("aabc"), min_size=1, max_size=7),
    st.sampled_from([0.0, -1.0, -20.0]),
)
def test_equals_trying_everything(
    weights: dict[tuple[str | None, ...], int], words: list[str], null_score: float
) -> None:
    found = TemplateParser({Template(e): w for e, w in weights.items()}, null_score=null_score)
    total = sum(weights.values())
    unit = Fraction(1, 2**30)
    scores = {e: round(math.log(w / total) / unit) * unit for e, w in weights.items()}
    score, expected = best_parse(words, scores, Fraction(null_score))
    tree = found.parse(words)
    assert tree.score == float(score)

    def shape(tree: Tree) -> tuple:
        elements = None if tree.template is None else tree.template.elements
        return tree.start, tree.end, elements, tuple(shape(child) for child in tree.children)

    assert shape(tree) == expected


@given(
    st.lists(ELEMENTS, min_size=1, max_size=8, unique=True),
    st.lists(st.sampled_from("aabc"), min_size=1, max_size=12),
)
def test_every_tree_covers_every_word_once(
    shapes: list[tuple[str | None, ...]], words: list[str]
) -> None:
    tree = TemplateParser({Template(e): 1 for e in shapes}, null_score=-1).parse(words)
    for _, block in tree.walk():
        parts = list(block.parts())
        inner = [w for p in parts for w in (p.words if isinstance(p, Tree) else (p,))]
        assert tuple(inner) == block.words == tuple(words[block.start : block.end])
    own = sum(len(t.words) if t.template is None else len(t.template.words) for _, t in tree.walk())
    assert own == len(words)


# --- views and values


def test_found_templates_carry_their_frequency() -> None:
    rows = [
        FoundTemplate(Template.from_text("[X] 吗"), 3, 0.25),
        FoundTemplate(Template.from_text("[X] 吗"), 3, 0.25),  # rows of one template are added up
    ]
    assert TemplateParser(rows).parse(["好", "吗"]).score == pytest.approx(math.log(0.5))
    assert len(TemplateParser(rows)) == 1


def test_no_templates_is_a_flat_tree() -> None:
    assert TemplateParser({}).parse(["我", "好"]).score == -20
    assert TemplateParser([]).parse(["我"]).score == 0


def test_trees_are_frozen_values() -> None:
    tree = parse(TOY, "鸡蛋 可以 吃 吗")
    with pytest.raises(AttributeError):
        tree.score = 0.0  # type: ignore[misc]
    assert tree == parse(TOY, "鸡蛋 可以 吃 吗") != parse(TOY, "鸡蛋 可以 喝 吗")
    assert len({tree, parse(TOY, "鸡蛋 可以 吃 吗")}) == 1
    assert tree != "鸡蛋可以吃吗"
    assert pickle.loads(pickle.dumps(tree)) == tree
    assert repr(tree) == "<Tree (鸡蛋)可以(吃)吗 -1.98>"


def test_as_json_values() -> None:
    top = parse(TOY, "你 好 可以 吃 吗").to_dict()
    assert (top["start"], top["end"], top["template"]) == (0, 5, "[X] 可以 [X] 吗")
    assert [child["text"] for child in top["children"]] == ["你好", "吃"]
    assert top["children"][0]["template"] is None


def test_brackets_escape_what_they_mean_themselves() -> None:
    assert TemplateParser({}).parse(["(", "a\\", "b c", ")"]).brackets() == (
        "(\\( a\\\\ b\\sc \\))"
    )


def test_svg_is_a_drawing_of_all_words() -> None:
    trees = [parse(TOY, "雪梨 和 苹果 的 颜色 是 什么 呢"), parse(TOY, "a<b &c> \x01 和 d")]
    root = ElementTree.fromstring(trees_to_svg(trees))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    for word in [*trees[0].words, "a<b", "&c>", "\ufffd", "d", "○ 的 ○ 是 ○ 呢", "…"]:
        assert word in texts
    boxes = list(root.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(boxes) == 1 + 2 + 2  # the paper, two templates, a template and a flat span
    assert ElementTree.fromstring(trees_to_svg([])).tag.endswith("svg")


def test_spaces_only_between_words_that_need_them() -> None:
    assert join_words(["用", "Python", "3.12", "写", "ok"]) == "用Python 3.12写ok"
    assert join_words([]) == ""


# --- misuse


def test_misuse_is_named() -> None:
    toy = parser(TOY)
    with pytest.raises(TypeError, match="segment it first"):
        toy.parse("鸡蛋可以吃吗")
    with pytest.raises(ValueError, match="not empty"):
        toy.parse([])
    with pytest.raises(ValueError, match="not empty"):
        toy.parse(["我", ""])
    with pytest.raises(TypeError, match="must be a string, got 1"):
        toy.parse(["我", 1])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="at most"):
        toy.parse(["我"] * 40000)
    with pytest.raises(ValueError, match="at most 0, got 1"):
        parser(TOY, null_score=1)
    with pytest.raises(ValueError, match="finite"):
        parser(TOY, null_score=-math.inf)
    with pytest.raises(ValueError, match="must be positive, got 0"):
        parser({"[X] 吗": 0})
    with pytest.raises(TypeError, match="must be a Template"):
        TemplateParser({"[X] 吗": 1})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="found templates"):
        TemplateParser([Template.from_text("[X] 吗")])  # type: ignore[list-item]
