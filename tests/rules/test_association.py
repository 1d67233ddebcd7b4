"""Association rules against the definitions, the seed article's table, and mlxtend where it is
installed.
"""

import math
import random
import warnings
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import RuleFilter
from nlpzero.rules.rule_list import _MLXTEND
from tests.rules import oracles
from tests.rules.inputs import small_budget

ITEMS = [f"i{n}" for n in range(6)]
transactions = st.lists(
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=6), min_size=1, max_size=25
)


def seed_rows():
    """930 transactions with exactly the counts behind the five rules of the seed article's table.

    The other rows keep every other rule at or below its thresholds.
    """
    groups = [
        ("A3 F4 H4", 73), ("A3 F4", 10), ("A3 H4", 30), ("A3 C2", 15), ("A3 E3", 15),
        ("C3 F4 H4", 70), ("C3 F4", 10), ("C3 H4", 30), ("C3", 30),
        ("B2 F4 H4", 58), ("B2 F4", 15), ("B2 H4", 25), ("B2", 20),
        ("F4", 100),
        ("C2 E3 D2", 86), ("C2 E3", 28), ("C2 D2", 35), ("E3 D2", 35),
        ("D2 F3 H4 A2", 58), ("D2 F3 H4", 19), ("D2 F3 A2", 25), ("D2 H4 A2", 25), ("F3 H4 A2", 25),
        ("D2 F3", 20), ("D2 H4", 20), ("F3 H4", 20), ("D2 A2", 10), ("F3 A2", 10), ("H4 A2", 10),
        ("G1", 3),
    ]  # fmt: skip
    return [items.split() for items, number in groups for _ in range(number)]


def test_table_of_the_seed_article():
    rows = seed_rows()
    assert len(rows) == 930
    random.Random(1).shuffle(rows)
    found = nlpzero.apriori(rows, 0.06, 0.75, strict=True)
    assert [(r.antecedent, r.consequent, r.confidence, r.support) for r in found] == [
        (("A3", "F4"), ("H4",), 73 / 83, 73 / 930),
        (("C3", "F4"), ("H4",), 70 / 80, 70 / 930),
        (("B2", "F4"), ("H4",), 58 / 73, 58 / 930),
        (("C2", "E3"), ("D2",), 86 / 114, 86 / 930),
        (("D2", "F3", "H4"), ("A2",), 58 / 77, 58 / 930),
    ]
    printed = [(f"{r.confidence:.10f}", f"{r.support:.10f}") for r in found]
    assert printed == [
        ("0.8795180723", "0.0784946237"),
        ("0.8750000000", "0.0752688172"),
        ("0.7945205479", "0.0623655914"),
        ("0.7543859649", "0.0924731183"),
        ("0.7532467532", "0.0623655914"),
    ]


def test_the_seed_example_of_repeated_items():
    # a,a,b / a,b / a,a / blank / c,b: the seed's program says support(a) = 1 and confidence(a -> b)
    # = 0.4
    rows = [["a", "a", "b"], ["a", "b"], ["a", "a"], [], ["c", "b"]]
    (rule,) = nlpzero.apriori(rows, 0.3, 0.6)[:1]
    assert (rule.antecedent, rule.consequent, rule.confidence) == (("a",), ("b",), 2 / 3)
    assert rule.antecedent_support == 3 / 4  # the blank row is no transaction


@given(
    transactions,
    st.integers(1, 5),
    st.sampled_from([0, 0.25, 0.5, 0.75, 1]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.data(),
)
def test_equal_to_the_definitions(rows, min_count, min_confidence, strict, multi, prune, data):
    everything = oracles.rules(rows, min_count, multi)
    right = data.draw(st.none() | st.sets(st.sampled_from(ITEMS)))
    left = data.draw(st.none() | st.sets(st.sampled_from(ITEMS)))
    lift = data.draw(st.none() | st.just(1.05))
    wanted = {}
    for rule, metrics in everything.items():
        pairs = [(metrics["confidence"], min_confidence)] + [(metrics["lift"], lift)] * (
            lift is not None
        )
        if (
            all(value > least if strict else value >= least for value, least in pairs)
            and (right is None or set(rule[1]) <= right)
            and (left is None or set(rule[0]) & left)
            and not (prune and oracles.redundant(rule, everything))
        ):
            wanted[rule] = metrics
    itemsets = nlpzero.frequent_itemsets(rows, min_count)
    options = {"strict": strict, "minimum": {} if lift is None else {"lift": lift}}
    where = RuleFilter(
        multi_consequents=multi, consequents=right, antecedents=left, prune_redundant=prune
    )
    found = nlpzero.association_rules(itemsets, min_confidence, where=where, **options)
    assert len(found) == len(wanted)
    for rule in found:
        metrics = wanted[rule.antecedent, rule.consequent]
        assert rule.count == round(rule.support * len(rows))
        for field, name in _MLXTEND.items():
            if name in metrics and name != "representativity":
                assert getattr(rule, field) == pytest.approx(metrics[name], rel=1e-12, abs=1e-12)
    assert list(found) == sorted(
        found, key=lambda r: (-r.confidence, -r.support, r.antecedent, r.consequent)
    )
    number = data.draw(st.integers(0, 6))
    some = replace(where, max_rules=number)
    first = nlpzero.association_rules(itemsets, min_confidence, where=some, **options)
    assert first == found[:number]


@given(st.integers(1, 400), st.data())
def test_metrics_are_the_formulas(n, data):
    left, right = data.draw(st.integers(1, n)), data.draw(st.integers(1, n))
    both = data.draw(st.integers(max(1, left + right - n), min(left, right)).filter(bool))
    found = nlpzero.rule_metrics(n, *(np.array([x]) for x in (both, left, right)))
    for name, value in oracles.metrics(n, both, left, right).items():
        field = next(f for f, column in _MLXTEND.items() if column == name)
        if field != "representativity":
            ours = float(found[field][0])
            assert ours == value or abs(ours - value) <= 1e-12 * max(1, abs(value)), name


def test_confidence_one_and_support_one():
    metrics = nlpzero.rule_metrics(
        10, np.array([3, 3, 10]), np.array([3, 3, 10]), np.array([5, 10, 10])
    )
    assert metrics["confidence"].tolist() == [1, 1, 1]
    assert metrics["conviction"].tolist() == [math.inf] * 3
    assert metrics["certainty"].tolist() == [1, 0, 0]
    assert metrics["zhang"].tolist() == [pytest.approx(0.15 / 0.21), 0, 0]
    assert nlpzero.apriori([["a", "b"]], 0.5, 1.0, strict=True) == nlpzero.Rules()
    assert len(nlpzero.apriori([["a", "b"]], 1.0, 1.0)) == 2


def test_redundant():
    rows = [["a", "c"]] * 3 + [["a", "b", "c"]] * 3 + [["a", "b"]] + [["b"]]
    itemsets = nlpzero.frequent_itemsets(rows, 1)
    every = nlpzero.association_rules(itemsets, where=RuleFilter(consequents=["c"]))
    pruned = nlpzero.association_rules(
        itemsets, where=RuleFilter(consequents=["c"], prune_redundant=True)
    )
    assert {r.antecedent: r.confidence for r in every} == {
        ("a",): 6 / 7,
        ("b",): 3 / 5,
        ("a", "b"): 3 / 4,
    }
    assert [r.antecedent for r in pruned] == [("a",), ("b",)]


def test_rules_of_closed_itemsets_are_those_of_all():
    rows = [["a", "b", "c"]] * 3 + [["a"], ["b", "c"]]
    every = nlpzero.association_rules(nlpzero.frequent_itemsets(rows, 1))
    assert nlpzero.association_rules(nlpzero.frequent_itemsets(rows, 1, kind="maximal")) == every


def test_too_many_rules_is_a_clear_error():
    rows = [[str(n) for n in range(14)]] * 3
    itemsets = nlpzero.frequent_itemsets(rows, 1)
    with pytest.raises(nlpzero.ResourceError, match=r"more than [\d,]+ rules"):
        nlpzero.association_rules(
            itemsets,
            where=RuleFilter(multi_consequents=True),
            resources=small_budget(1 << 20),
        )
    assert len(nlpzero.association_rules(itemsets, where=RuleFilter(max_rules=5))) == 5


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"min_confidence": 1.5}, ValueError, "min_confidence"),
        ({"minimum": {"beauty": 1}}, ValueError, "unknown metric 'beauty'"),
        ({"minimum": {"lift": math.nan}}, ValueError, "lift"),
    ],
)
def test_misuse_is_refused_by_name(arguments, error, message):
    itemsets = nlpzero.frequent_itemsets([["a", "b"]], 0.5)
    with pytest.raises(error, match=message):
        nlpzero.association_rules(itemsets, **arguments)
    with pytest.raises(TypeError, match="itemsets"):
        nlpzero.association_rules([["a", "b"]])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"max_rules": -1}, ValueError),
        ({"max_rules": 1.5}, TypeError),
        ({"consequents": "ab"}, TypeError),
        ({"antecedents": "ab"}, TypeError),
        ({"multi_consequents": 1}, TypeError),
        ({"prune_redundant": None}, TypeError),
    ],
)
def test_filters_are_checked_by_name(arguments, error):
    with pytest.raises(error, match=f"`{next(iter(arguments))}`"):
        RuleFilter(**arguments)


def test_rules_show_ten_rows():
    rows = [[f"i{n}" for n in range(6)]] * 2
    rules = nlpzero.apriori(rows, 1, 0.5, where=RuleFilter(multi_consequents=True))
    lines = repr(rules).splitlines()
    assert lines[0] == f"<Rules: {len(rules)}>"
    assert lines[-1] == f"... {len(rules) - 10} more"
    assert len(lines) == 13
    assert rules._repr_html_().count("<tr>") == 11
    assert repr(rules[:0]) == "<Rules: 0>"
    assert isinstance(rules[2:4], nlpzero.Rules)
    assert list(rules[2:4]) == [rules[2], rules[3]]
    assert hash(rules[:3]) == hash(rules[:3])


AWKWARD = ['say "hi"', "a\\n", "<&>", "茶\x01", "x,y"]


def test_graphml_is_well_formed_and_complete():
    rules = nlpzero.association_rules(nlpzero.frequent_itemsets([AWKWARD] * 2, 1, max_len=2))
    root = ET.fromstring(rules.to_graphml().encode())
    space = {"g": "http://graphml.graphdrawing.org/xmlns"}
    nodes = {
        node.get("id"): {data.get("key"): data.text for data in node}
        for node in root.iterfind(".//g:node", space)
    }
    items = {n: d["label"] for n, d in nodes.items() if d["kind"] == "item"}
    assert set(items.values()) == {item.replace("\x01", "\ufffd") for item in AWKWARD}
    assert sum(d["kind"] == "rule" for d in nodes.values()) == len(rules) == 20
    edges = [(e.get("source"), e.get("target")) for e in root.iterfind(".//g:edge", space)]
    assert len(edges) == 40
    assert all(source in nodes and target in nodes for source, target in edges)
    assert nodes["r0"]["conviction"] == "INF"


def test_dot_escapes():
    rules = nlpzero.association_rules(nlpzero.frequent_itemsets([AWKWARD] * 2, 1, max_len=2))
    text = rules.to_dot()
    assert r'[label="say \"hi\""];' in text
    assert r'[label="a\\n"];' in text
    assert text.count("->") == 40


def test_dataframe_has_mlxtends_columns():
    pytest.importorskip("pandas")
    frame = nlpzero.apriori([["a", "b"], ["a", "b"], ["a"]], 0.1, 0.1).to_dataframe()
    assert list(frame.columns) == list(_MLXTEND.values())
    assert frame["antecedents"].tolist() == [frozenset("b"), frozenset("a")]
    assert frame["antecedent support"].tolist() == [2 / 3, 1.0]


def test_equal_to_mlxtend():
    patterns = pytest.importorskip("mlxtend.frequent_patterns")
    pandas = pytest.importorskip("pandas")
    rng = random.Random(7)
    rows = [
        [f"i{int(rng.paretovariate(0.8)) % 40}" for _ in range(rng.randint(1, 9))]
        for _ in range(900)
    ]
    rows += [["p", "q", "all"], ["p", "q"]] * 20  # rules of confidence 1
    for row in rows:
        row.append("always")  # and of consequent support 1
    names = sorted({item for row in rows for item in row})
    frame = pandas.DataFrame(
        [[name in row for name in names] for row in map(set, rows)], columns=names
    )
    # no rule has a confidence of 0.203; at 1 / 5 theirs is rounded twice and may fall short
    with warnings.catch_warnings():
        # a metric of theirs divides 0 by 0 where the consequent is in every row
        warnings.filterwarnings("ignore", "invalid value encountered in divide")
        theirs = patterns.association_rules(
            patterns.apriori(frame, min_support=0.01, use_colnames=True), min_threshold=0.203
        )
    itemsets = nlpzero.frequent_itemsets(rows, 0.01)
    ours = nlpzero.association_rules(
        itemsets, 0.203, where=RuleFilter(multi_consequents=True)
    ).to_dataframe()
    key = ["antecedents", "consequents"]
    theirs, ours = theirs.set_index(key), ours.set_index(key)
    assert set(theirs.index) == set(ours.index)
    ours = ours.loc[theirs.index]
    assert np.isinf(theirs["conviction"]).sum() > 10
    for column in theirs.columns:
        a, b = theirs[column].to_numpy(), ours[column].to_numpy()
        assert np.isclose(b, a, rtol=0, atol=1e-12).all(), column  # inf is close to inf


def test_equal_to_efficient_apriori():
    peer = pytest.importorskip("efficient_apriori")
    rng = random.Random(3)
    rows = [tuple(f"i{int(rng.paretovariate(0.8)) % 30}" for _ in range(6)) for _ in range(500)]
    sets, rules = peer.apriori(rows, min_support=0.02, min_confidence=0.3, max_length=4)
    itemsets = nlpzero.frequent_itemsets(rows, 0.02, max_len=4)
    assert {frozenset(s): c for level in sets.values() for s, c in level.items()} == {
        frozenset(s.items): s.count for s in itemsets
    }
    ours = nlpzero.association_rules(itemsets, 0.3, where=RuleFilter(multi_consequents=True))
    assert {(frozenset(r.lhs), frozenset(r.rhs)) for r in rules} == {
        (frozenset(r.antecedent), frozenset(r.consequent)) for r in ours
    }
