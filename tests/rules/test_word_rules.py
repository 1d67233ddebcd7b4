"""Rules between words: what is set aside, how words meet, examples, defaults."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import Corpus, RuleFilter, Transactions
from nlpzero.rules.contexts import RecordedTokenizer, with_contexts
from nlpzero.rules.reading import Sentences
from nlpzero.segmentation.tokenizers import FunctionTokenizer, as_tokenizer

WORDS = ["天", "地", "人", "tea", "，"]
lines = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), min_size=1, max_size=20)

THINGS = {
    "房间": ["干净", "宽敞", "隔音"],
    "早餐": ["丰盛", "品种", "面包"],
    "手机": ["屏幕", "电池", "流畅"],
    "快递": ["小哥", "包装", "送货"],
    "裤子": ["面料", "做工", "尺码"],
    "苹果": ["很甜", "脆", "个头"],
    "酒店": ["大堂", "前台", "停车"],
    "电影": ["剧情", "演员", "配乐"],
}


def reviews(number=3000, seed=0):
    """Made-up reviews: a thing with what is said of it, and function words everywhere."""
    draw = random.Random(seed)
    made = []
    for _ in range(number):
        thing = draw.choice(list(THINGS))
        said = draw.sample(THINGS[thing], 2)
        words = ["这", thing, "的", said[0], draw.choice(["是", "很", "也"]), said[1]]
        if draw.random() < 0.5:
            words = ["但是", "我", draw.choice(["在", "就"]), *words, draw.choice(["了", "啊"])]
        words[draw.randrange(1, 3)] = draw.choice([words[1], "东西", "还有"])
        made.append(" ".join(words) + " 。")
    return made


@pytest.mark.parametrize("cutting", ["spaced", "function"])
@given(rows=lines)
def test_how_words_meet_against_a_search(cutting, rows):
    text = [" ".join(row) for row in rows]
    inner = as_tokenizer("whitespace") if cutting == "spaced" else FunctionTokenizer(str.split)
    recorded = RecordedTokenizer(inner)
    read = nlpzero.read_transactions(Corpus.from_texts(text), Sentences(recorded))
    sets = nlpzero.frequent_itemsets(read, 1, strict=False, max_len=3)
    rules = with_contexts(nlpzero.association_rules(sets), recorded, examples=2)
    recorded.close()
    shown = {"".join(row).replace("teatea", "tea tea").replace("teatea", "tea tea") for row in rows}
    for rule, kind, share, one, two in zip(
        rules, *(rules.columns[n] for n in ("kind", "adjacent", "example_1", "example_2")),
        strict=True,
    ):  # fmt: skip
        items = set(rule.antecedent + rule.consequent)
        together = [row for row in rows if items <= set(row)]
        size = len(items)
        near = sum(
            any(set(row[i : i + size]) == items for i in range(len(row))) for row in together
        )
        assert rule.count == len(together)
        assert share == near / len(together)
        assert kind == ("phrase" if share >= 0.9 else "association")
        assert one in shown
        assert all(item in one for item in items)
        assert two in shown | {""}
        assert one != two


def test_function_words_are_set_aside_by_their_statistics():
    found = nlpzero.word_rules(Corpus.from_texts(reviews()), "whitespace", examples=1)
    assert {"这", "的", "是", "很", "也"} <= set(found.common)
    said = {word for words in THINGS.values() for word in words}
    assert not (said | set(THINGS)) & set(found.common)
    first = {frozenset((*rule.antecedent, *rule.consequent)) for rule in found.rules}
    assert first
    for pair in first:
        assert any(pair <= {thing, *words} for thing, words in THINGS.items())
    everything = nlpzero.word_rules(Corpus.from_texts(reviews()), "whitespace", common=1)
    assert everything.common == ()


def test_defaults_can_be_changed():
    text = ["甲 乙 3", "甲 乙 3", "丙 甲 乙"] * 10 + ["丁"] * 300
    found = nlpzero.word_rules(Corpus.from_texts(text), "whitespace", common=1)
    assert found.numbers == ("3",)
    assert len(found.rules) > 0
    assert all("3" not in (*rule.antecedent, *rule.consequent) for rule in found.rules)
    kept = nlpzero.word_rules(
        Corpus.from_texts(text), "whitespace", numbers=True, common=1, max_len=3,
        where=RuleFilter(), max_q=1.0, validate=0.4, seed=2, examples=0,
    )  # fmt: skip
    assert kept.numbers == ()
    assert {len(r.antecedent) for r in kept.rules} == {1, 2}
    assert kept.held_out > 0
    assert set(kept.rules.columns) == {
        "lift_low", "information", "p_value", "q_value", "held_out_support",
        "held_out_confidence", "kind", "adjacent",
    }  # fmt: skip
    assert len(kept.transactions) == 330


def test_where_phrases_stand():
    text = ["甲 乙"] * 30 + ["丙 丁 戊"] * 20 + ["己"] * 300
    for phrases, kinds in (("last", ["association", "phrase", "phrase", "phrase"]),
                           ("only", ["phrase"] * 3), ("none", ["association"])):  # fmt: skip
        found = nlpzero.word_rules(
            Corpus.from_texts(text), "whitespace", common=1, phrases=phrases,
            where=RuleFilter(prune_mirrored=True),
        )  # fmt: skip
        assert list(found.rules.columns["kind"]) == kinds
    one = nlpzero.word_rules(
        Corpus.from_texts(text), "whitespace", common=1, phrases="mixed",
        where=RuleFilter(prune_mirrored=True, max_rules=1),
    )  # fmt: skip
    assert list(one.rules.columns["kind"]) == ["phrase"]
    with pytest.raises(ValueError, match="`phrases` must be"):
        nlpzero.word_rules(Corpus.from_texts(text), "whitespace", phrases="first")
    with pytest.raises(ValueError, match="`examples` must be"):
        nlpzero.word_rules(Corpus.from_texts(text), "whitespace", examples=-1)


def test_excluded_items_leave_the_transactions():
    rows = Transactions.from_lists([["a", "b"], ["a"], ["b", "c"]])
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, exclude=["a"])
    assert sets.names == ("b", "c")
    assert sets.transactions == 3


def test_little_or_nothing():
    for text in ([], [""], ["词"], ["，"]):
        found = nlpzero.word_rules(Corpus.from_texts(text), "whitespace")
        assert (len(found.rules), found.common, found.numbers) == (0, (), ())
    with pytest.raises(ValueError, match="`common` must be"):
        nlpzero.word_rules(Corpus.from_texts(["a b"]), "whitespace", common=2)
    assert nlpzero.word_support(10) == 5
    assert nlpzero.word_support(156_825) == 32
