"""Fisher's exact test, q-values and held-out transactions against their definitions."""

from fractions import Fraction
from itertools import combinations
from math import comb, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero import RuleFilter, Transactions
from nlpzero.rules.evidence import fisher_exact, information, lift_low, log_factorials
from nlpzero.rules.significance import tests_of_size as number_of_tests
from tests.rules.inputs import read, small_budget

ITEMS = [f"i{n}" for n in range(6)]
transactions = st.lists(
    st.lists(st.sampled_from(ITEMS), min_size=1, max_size=6), min_size=1, max_size=40
)


def exact(total, both, left, right):
    """P(X >= both), X hypergeometric, as a fraction."""
    ways = sum(
        comb(right, x) * comb(total - right, left - x) for x in range(both, min(left, right) + 1)
    )
    return Fraction(ways, comb(total, left))


@st.composite
def tables(draw, most=200):
    total = draw(st.integers(1, most))
    left, right = draw(st.integers(0, total)), draw(st.integers(0, total))
    both = draw(st.integers(max(0, left + right - total), min(left, right)))
    return total, both, left, right


@given(st.lists(tables(), min_size=1, max_size=20))
def test_fisher_is_the_sum_of_the_tail(counts):
    total, both, left, right = (np.array(c, dtype=np.int64) for c in zip(*counts, strict=True))
    wanted = [float(exact(*table)) for table in counts]
    np.testing.assert_allclose(fisher_exact(total, both, left, right), wanted, rtol=1e-10)


@settings(max_examples=20, deadline=None)
@given(tables(most=20_000))
def test_fisher_of_larger_tables(table):
    total, *counts = table
    found = fisher_exact(total, *(np.array([c]) for c in counts))[0]
    assert found == pytest.approx(float(exact(*table)), rel=1e-9, abs=1e-300)


def test_log_factorials():
    numbers = np.array([0, 1, 2, 10, 63, 64, 65, 100, 1000])
    logs = [0.0]
    for n in range(1, 1001):
        logs.append(logs[-1] + float(np.log(n)))
    np.testing.assert_allclose(log_factorials(numbers), [logs[n] for n in numbers], rtol=1e-13)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(0, 100))
def test_q_values_follow_their_definition(p, more):
    p = np.array(p)
    tests = len(p) + more
    q = nlpzero.q_values(p, tests)
    for value, found in zip(p.tolist(), q.tolist(), strict=True):
        larger = [x for x in p.tolist() if x >= value]
        ranks = [int(np.count_nonzero(p <= x)) for x in larger]
        wanted = min(x * tests / rank for x, rank in zip(larger, ranks, strict=True))
        assert found == pytest.approx(min(wanted, 1.0))
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= 0).all()
    assert (q >= p).all()


def test_more_q_values_than_tests():
    with pytest.raises(ValueError, match="at least the 2 p-values"):
        nlpzero.q_values(np.array([0.1, 0.2]), 1)


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("right", [None, ["a", "b", "z"], ["c"]])
@pytest.mark.parametrize("left", [None, ["a", "d"], ["z"]])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_the_family_is_all_rules_that_could_be(multi, right, left, size):
    names = "abcde"
    sets = nlpzero.frequent_itemsets([list(names)] * 3, 1, strict=False)
    wanted = RuleFilter(multi_consequents=multi, consequents=right, antecedents=left)
    number = 0
    for items in combinations(names, size):
        for k in range(1, size):
            for consequent in combinations(items, k):
                antecedent = set(items) - set(consequent)
                number += (
                    (multi or k == 1)
                    and (right is None or set(consequent) <= set(right))
                    and (left is None or bool(antecedent & set(left)))
                )
    assert number_of_tests(sets, size, wanted) == number


@given(transactions)
def test_p_values_of_rules(rows):
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, max_len=3)
    rules = nlpzero.association_rules(sets, 0.0, strict=False, max_q=1.0)

    def count(items, among):
        return sum(set(items) <= set(row) for row in among)

    for rule, p, q in zip(rules, rules.columns["p_value"], rules.columns["q_value"], strict=True):
        worst = Fraction(0)
        for item in rule.antecedent:
            others = [x for x in rule.antecedent if x != item]
            among = [row for row in rows if set(others) <= set(row)]
            both = count(rule.antecedent + rule.consequent, among)
            sides = (count(rule.antecedent, among), count(rule.consequent, among))
            worst = max(worst, exact(len(among), both, *sides))
        assert p == pytest.approx(float(worst), rel=1e-9)
        assert q >= p


@given(transactions)
def test_q_is_monotone_in_p_within_a_size(rows):
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, max_len=3)
    rules = nlpzero.association_rules(sets, 0.0, strict=False, max_q=1.0)
    for size in (2, 3):
        values = sorted(
            (p, q)
            for rule, p, q in zip(
                rules, rules.columns["p_value"], rules.columns["q_value"], strict=True
            )
            if len(rule.antecedent) == size - 1
        )
        qs = [q for _, q in values]
        assert qs == sorted(qs)


def test_max_q_leaves_what_chance_would_not_make():
    rng = np.random.default_rng(1)
    rows = [[f"i{j}" for j in range(10) if rng.random() < 0.3] for _ in range(400)]
    rows = [[*row, "x", "y"] if rng.random() < 0.2 else row for row in rows]
    sets = nlpzero.frequent_itemsets(rows, 2, strict=False, max_len=2)
    everything = nlpzero.association_rules(sets, 0.0, max_q=1.0)
    few = nlpzero.association_rules(sets, 0.0, max_q=0.01)
    assert {(*rule.antecedent, *rule.consequent) for rule in few} == {("x", "y"), ("y", "x")}
    assert [q for q in everything.columns["q_value"] if q <= 0.01] == list(few.columns["q_value"])
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        nlpzero.association_rules(sets, max_q=2)


def test_measures_of_evidence():
    # Dunning's G2 of a table, by its definition
    n, both, left, right = 1000, 40, 100, 120
    neither = n - left - right + both
    cells = [(both, left, right), (left - both, left, n - right)]
    cells += [(right - both, n - left, right), (neither, n - left, n - right)]
    g2 = 2 * sum(c * np.log(c * n / (a * b)) for c, a, b in cells)
    found = information(n, *(np.array([c]) for c in (both, left, right)))[0]
    assert 2 * n * found == pytest.approx(g2)
    low = lift_low(n, *(np.array([c]) for c in (both, left, right)))[0]
    assert 1 < low < both * n / (left * right)


def test_order_and_minimum_by_evidence():
    rows = [["a", "b"]] * 5 + [["a"]] * 3 + [["c", "d"]] * 40 + [["c"]] * 20 + [["e"]] * 30
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False)
    rules = nlpzero.association_rules(sets, 0.0, order="information")
    values = rules.columns["information"]
    assert list(values) == sorted(values, reverse=True)
    assert rules[0].support > nlpzero.association_rules(sets, 0.0, order="lift")[0].support
    some = nlpzero.association_rules(sets, 0.0, minimum={"lift_low": 2.0})
    assert 0 < len(some) < len(rules)
    assert min(some.columns["lift_low"]) > 2
    with pytest.raises(ValueError, match="`order` must be one of support"):
        nlpzero.association_rules(sets, order="beauty")


@given(transactions, st.integers(1, 6))
def test_max_rules_takes_the_first_of_any_order(rows, number):
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, max_len=3)
    for order in ("confidence", "zhang", "information"):
        whole = nlpzero.association_rules(sets, 0.1, order=order, max_q=1.0)
        where = RuleFilter(max_rules=number)
        assert (
            nlpzero.association_rules(sets, 0.1, order=order, max_q=1.0, where=where)
            == (whole[:number])
        )


@given(transactions)
def test_pruning_mirrored_and_indirect(rows):
    sets = nlpzero.frequent_itemsets(rows, 1, strict=False, max_len=3)
    whole = list(nlpzero.association_rules(sets, 0.0, strict=False))
    best = {}
    for rule in whole:
        items = frozenset(rule.antecedent + rule.consequent)
        best[items] = min(
            best.get(items, rule), rule, key=lambda r: (-r.confidence, r.antecedent, r.consequent)
        )
    once = nlpzero.association_rules(sets, strict=False, where=RuleFilter(prune_mirrored=True))
    assert sorted(once) == sorted(best.values())

    pairs = {}
    for rule in whole:
        if len(rule.antecedent) == 1:
            counts = [round(len(rows) * s) for s in (rule.antecedent_support,
                                                     rule.consequent_support)]  # fmt: skip
            value = information(len(rows), np.array([rule.count]),
                                *(np.array([c]) for c in counts))[0]  # fmt: skip
            pairs[frozenset((*rule.antecedent, *rule.consequent))] = value
    items = {item for pair in pairs for item in pair}
    gone = {
        pair
        for pair, value in pairs.items()
        for third in items - pair
        if all(pairs.get(frozenset((one, third)), 0) > value * (1 + 1e-9) for one in pair)
    }
    left = nlpzero.association_rules(sets, strict=False, where=RuleFilter(prune_indirect=True))
    kept = {frozenset((*r.antecedent, *r.consequent)) for r in left if len(r.antecedent) == 1}
    # equal informations may differ in their last bits, by the order of the sides
    assert not kept & gone
    assert all(any(abs(pairs[pair] - v) < 1e-9 or v > pairs[pair] for v in pairs.values())
               for pair in set(pairs) - kept)  # fmt: skip


@given(transactions, st.floats(0.1, 0.9), st.integers(0, 5))
def test_halves_add_up(rows, share, seed):
    whole = Transactions.from_lists(rows)
    one, other = nlpzero.split_transactions(whole, share, seed=seed)
    assert sorted([*one, *other]) == sorted(whole)
    assert (one.counts() + other.counts()).tolist() == whole.counts().tolist()
    again = nlpzero.split_transactions(whole, share, seed=seed)
    assert [list(one), list(other)] == [list(half) for half in again]
    sets = nlpzero.frequent_itemsets(whole, 1, strict=False, max_len=3)
    rules = nlpzero.association_rules(sets, 0.0, strict=False)
    halves = [nlpzero.validated(rules, half).columns for half in (one, other)]
    for place, rule in enumerate(rules):
        counts = [
            columns["held_out_support"][place] * len(half) if len(half) else 0
            for columns, half in zip(halves, (one, other), strict=True)
        ]
        assert sum(counts) == pytest.approx(rule.count)
        for columns, half in zip(halves, (one, other), strict=True):
            left = sum(set(rule.antecedent) <= set(row) for row in half)
            both = sum(set(rule.antecedent + rule.consequent) <= set(row) for row in half)
            found = columns["held_out_confidence"][place]
            assert isnan(found) if not left else found == both / left


def test_other_seeds_draw_others_in_about_the_share():
    whole = Transactions.from_lists([["a"]] * 20_000)
    sizes = [len(nlpzero.split_transactions(whole, 0.3, seed=seed)[1]) for seed in range(4)]
    assert len(set(sizes)) == 4
    assert all(abs(size - 6000) < 300 for size in sizes)


def test_transactions_on_disk_are_split_too(tmp_path):
    rows = [["a", "b"], ["b", "c"], ["a"], ["c", "d", "e"]] * 500
    text = "".join(f"{','.join(row)}\n" for row in rows).encode()
    resources = small_budget(3000, tmp_path)
    with read([text[:999], text[999:]], memory=3000, tmpdir=tmp_path) as whole:
        one, other = nlpzero.split_transactions(whole, 0.5, seed=3, resources=resources)
        with one, other:
            assert type(one).__name__ == "SpilledTransactions"
            assert sorted(map(sorted, [*one, *other])) == sorted(rows)
            sets = nlpzero.frequent_itemsets(one, 1, strict=False)
            rules = nlpzero.validated(nlpzero.association_rules(sets, 0.0), other)
            both = sum({"a", "b"} <= set(row) for row in other)
            place = next(i for i, r in enumerate(rules) if (r[0], r[1]) == (("a",), ("b",)))
            assert rules.columns["held_out_support"][place] == both / len(other)


@pytest.mark.parametrize(
    ("share", "seed", "message"),
    [(0, 0, r"in \(0, 1\)"), (1, 0, r"in \(0, 1\)"), (0.5, -1, ">= 0"), (0.5, 1.5, ">= 0")],
)
def test_misuse_of_splits(share, seed, message):
    with pytest.raises(ValueError, match=message):
        nlpzero.split_transactions(Transactions.from_lists([["a"]]), share, seed=seed)
