"""Rules saved and read again, and what they recommend, against a slow search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import RuleFilter, Rules
from tests.damage import parts, whole_file

ITEMS = [f"物{n}" for n in range(6)]
transactions = st.lists(
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=6), min_size=1, max_size=25
)


def rules_of(rows, multi=True, **more):
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, max_len=4)
    where = RuleFilter(multi_consequents=multi)
    return nlpzero.association_rules(sets, 0.2, where=where, **more)


@given(transactions)
def test_rules_come_back_as_they_were(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("rules") / "rules.nz"
    rules = rules_of(rows, max_q=1.0, order="information")
    rules = rules.with_columns({"kind": ["phrase"] * len(rules)})
    rules.save(path)
    again = Rules.load(path)
    assert list(again) == list(rules)
    assert again.transactions == len(rows)
    assert list(again.rows()) == list(rules.rows()) or not len(rules)
    first = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == first or not len(rules)


def test_no_rules_are_a_file_too(tmp_path):
    Rules().save(tmp_path / "none.nz")
    assert list(Rules.load(tmp_path / "none.nz")) == []
    assert Rules.load(tmp_path / "none.nz").recommend(["a"]) == []


@given(transactions, st.lists(st.sampled_from([*ITEMS, "other"]), max_size=5))
def test_recommendations_against_a_search_of_all_rules(rows, basket):
    rules = rules_of(rows)
    wanted = {}
    for number, rule in enumerate(rules):
        if set(rule.antecedent) <= set(basket):
            for item in set(rule.consequent) - set(basket):
                worth = (-rule.lift, -rule.count, number)
                wanted.setdefault(item, []).append((worth, rule))
    found = rules.recommend(basket, top=None, by="lift")
    assert {one.item for one in found} == set(wanted)
    assert [min(wanted[one.item])[0] for one in found] == sorted(
        min(ways)[0] for ways in wanted.values()
    )
    for one in found:
        rule = min(wanted[one.item])[1]
        assert one[1:7] == (rule.antecedent, rule.consequent, rule.confidence, rule.support,
                            rule.lift, rule.count)  # fmt: skip
        assert one.rules == len(wanted[one.item])
    assert rules.recommend(basket, top=2, by="lift") == found[:2]


def test_misuse_of_recommendations():
    rules = rules_of([["a", "b"]])
    with pytest.raises(TypeError, match="bare string"):
        rules.recommend("ab")
    with pytest.raises(ValueError, match="`by` must be one of support"):
        rules.recommend(["a"], by="beauty")
    with pytest.raises(ValueError, match="`top` must be"):
        rules.recommend(["a"], top=-1)


def test_slices_keep_columns_and_further_columns_must_fit():
    rules = rules_of([["a", "b"], ["a"], ["b", "c"]], max_q=1.0)
    assert rules[1:].columns["q_value"] == rules.columns["q_value"][1:]
    assert rules[1:].transactions == 3
    assert "q_value" in repr(rules)
    assert "<th>q_value" in rules._repr_html_()
    with pytest.raises(ValueError, match="must have"):
        rules.with_columns({"more": [1]})


def changed(path, change):
    """The file with something else in it, and right checksums."""
    index, arrays = parts(path.read_bytes())
    change(index["header"], arrays)
    path.write_bytes(whole_file(index["kind"], index["header"], arrays))


def set_first(name, value):
    def change(header, arrays):
        arrays[name][0] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (set_first("both", 0), "counts contradict"),
        (set_first("both", 99), "counts contradict"),
        (set_first("left", 1), "counts contradict"),
        (set_first("right", 1000), "counts contradict"),
        (set_first("left.items", -1), "not there"),
        (set_first("right.items", 77), "not there"),
        (set_first("left.offsets", 1), "overlap"),
        (set_first("names.bytes", 255), "."),
        (lambda h, a: h.update(transactions=0), "number of transactions"),
        (lambda h, a: h.update(rules=3), "."),
        (lambda h, a: h["columns"].update(q_value="sound"), "no known kind"),
        (lambda h, a: h["columns"].update(lift="number"), "there twice"),
        (lambda h, a: a.update({"right.items": a["left.items"]}), "both sides"),
        (lambda h, a: a.update({"left.offsets": np.zeros_like(a["left.offsets"])}), "."),
    ],
)
def test_files_that_contradict_themselves(tmp_path, change, said):
    path = tmp_path / "rules.nz"
    rules_of([["a", "b"], ["a", "b"], ["b"], ["c"]], multi=False, max_q=1.0).save(path)
    changed(path, change)
    with pytest.raises(nlpzero.StorageError, match=said):
        Rules.load(path)
