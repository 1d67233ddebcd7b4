"""Variants under one head, and the description length that they save: against sums by hand."""

import math
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpzero import FoundTemplate, LinkThresholds, Template, find_templates, read_templates
from nlpzero.templates.heads import group_templates, sort_heads
from nlpzero.templates.path_kernels import PLACEMENT, placement
from nlpzero.templates.saving import description_saving
from tests.templates.oracles import find

# --- grouping

ELEMENTS = st.lists(st.sampled_from([None, "a", "b"]), min_size=1, max_size=5).filter(any)
TABLES = st.dictionaries(ELEMENTS.map(tuple).map(Template), st.integers(1, 9), max_size=12)


@given(TABLES)
def test_every_template_is_under_the_head_of_its_core(counts: dict[Template, int]) -> None:
    rows = [FoundTemplate(template, n, n / 1000) for template, n in counts.items()]
    heads = group_templates(rows)
    assert Counter(row for head in heads for row in head.variants) == Counter(rows)
    assert len({head.core for head in heads}) == len(heads)
    for head in heads:
        assert {row.template.core for row in head.variants} == {head.core}
        assert head.count == sum(row.count for row in head.variants)
        assert head.frequency == pytest.approx(head.count / 1000)
        assert head.variants[0].template == head.template
        assert head.variants[0].count == max(row.count for row in head.variants)
    assert [head.count for head in heads] == sorted((h.count for h in heads), reverse=True)


def test_the_variants_of_the_trial() -> None:
    rows = read_templates(
        ["很 喜欢\t3", "[X] 很 喜欢\t6", "[X] 很 [X] 喜欢\t2", "[X] 很 喜欢 [X]\t1"]
    )
    heads = group_templates(rows)
    assert [(str(head.template), head.count, len(head.variants)) for head in heads] == [
        ("[X] 很 喜欢", 10, 3),
        ("[X] 很 [X] 喜欢", 2, 1),
    ]


def test_examples_of_a_head_are_those_of_its_variants() -> None:
    rows = [
        FoundTemplate(Template((None, "a", "b")), 5, 0.5, ("x a b", "y a b")),
        FoundTemplate(Template(("a", "b", None)), 4, 0.4, ("a b x", "a b y")),
    ]
    assert group_templates(rows)[0].examples == ("x a b", "y a b", "a b x")


def test_orders() -> None:
    heads = group_templates(
        read_templates(["a b\t3", "c d\t2", "e f\t1"]), lambda rows: -rows[0].count
    )
    assert [str(head.template) for head in sort_heads(heads, "saving")] == ["e f", "c d", "a b"]
    assert [str(head.template) for head in sort_heads(heads, "frequency")] == ["a b", "c d", "e f"]
    unknown = group_templates(read_templates(["g h\t9"]))
    assert str(sort_heads([*unknown, *heads], "saving")[-1].template) == "g h"
    with pytest.raises(ValueError, match="order"):
        sort_heads(heads, "beauty")  # type: ignore[arg-type]


# --- the description length


def test_saving_by_hand() -> None:
    """8 words in 4 clauses: a x b, a y b, c d, each word of the template twice, c = 2."""
    log = math.log
    # 7 of 8 words differ only in what is taken away: a and b, twice each
    words = 8 * log(8) - 4 * log(4) - 2 * (2 * log(2))
    flags = 4 * log(4) - 2 * log(2) - 2 * log(2)
    listed = 2 * log(8 / 2) + 1 * log(2) + 2 * log(2)
    expected = words - flags - listed
    assert description_saving([(2, 1), (2, 1)], [(2, 0.0)], words=8, clauses=4) == pytest.approx(
        expected
    )


def test_variants_and_places_are_paid_for() -> None:
    one = description_saving([(9, 1), (9, 1)], [(8, 0.0)], words=90, clauses=20)
    two = description_saving([(9, 1), (9, 1)], [(4, 0.0), (4, 0.0)], words=90, clauses=20)
    assert one - two == pytest.approx((8 + 2) * math.log(2))
    placed = description_saving([(9, 1), (9, 1)], [(8, 3.5)], words=90, clauses=20)
    assert one - placed == pytest.approx(3.5)


def test_more_occurrences_than_there_can_be_count_as_many_as_can() -> None:
    """A clause of a a b b holds a b four times."""
    most = description_saving([(2, 1), (2, 1)], [(2, 0.0)], words=8, clauses=3)
    assert description_saving([(2, 1), (2, 1)], [(4, 0.0)], words=8, clauses=3) == most
    assert description_saving([(1, 2)], [(1, 0.0)], words=8, clauses=3) == 0


@given(st.integers(0, 30), st.integers(1, 6))
def test_placements(words: int, gaps: int) -> None:
    if words >= gaps:
        ways = math.comb(words - 1, gaps - 1)
        assert placement(words, gaps) / PLACEMENT == pytest.approx(math.log(ways), abs=1e-5)
    assert placement(0, 0) == 0


def slow_saving(
    clauses: list[list[str]], variants: list[tuple[tuple[str | None, ...], int]]
) -> float:
    """The two code lengths, written out: the text by its words, then with the template."""
    words = Counter(word for clause in clauses for word in clause)
    own = [element for element in variants[0][0] if element is not None]
    found = sum(count for _, count in variants)
    most = min(len(clauses), *(words[w] // own.count(w) for w in own), words.total() // len(own))
    count = min(found, most)
    if not count:
        return 0.0

    def length(counts: Counter[str]) -> float:
        total = counts.total()
        return -sum(n * math.log(n / total) for n in counts.values() if n)

    rest = words.copy()
    for word in own:
        rest[word] -= count
    share = count / len(clauses)
    flags = -count * math.log(share)
    if share < 1:
        flags -= (len(clauses) - count) * math.log(1 - share)
    which = -sum(n * math.log(n / found) for _, n in variants)
    listed = -sum(math.log(words[word] / words.total()) for word in own)
    listed += (len(own) - 1 + 2 * len(variants)) * math.log(2)
    return length(words) - length(rest) - flags - count / found * which - listed


WORDS = st.sampled_from("aabbcd")


@given(st.lists(st.lists(WORDS, min_size=1, max_size=2), min_size=2, max_size=14))
@settings(max_examples=60)
def test_savings_equal_code_lengths_written_out(clauses: list[list[str]]) -> None:
    """In clauses of at most two words there is one way to share them: nothing to place."""
    links = LinkThresholds(min_frequency=0, min_pmi=-0.5 + 1e-7)
    table = find_templates(
        [" ".join(clause) for clause in clauses],
        "whitespace",
        links=links,
        min_count=1,
        min_template_frequency=0,
    )
    expected, _ = find(clauses, 5, 0, -0.5 + 1e-7, 1)
    for row in (*table.templates, *table.trivial):
        variant = (row.template.elements, expected[row.template.elements])
        assert row.saving == pytest.approx(slow_saving(clauses, [variant]), abs=1e-4)
    for head in table.heads:
        variants = [(row.template.elements, row.count) for row in head.variants]
        assert head.saving == pytest.approx(slow_saving(clauses, variants), abs=1e-4)


def test_words_that_go_together_save_more_than_frequent_ones() -> None:
    lines = [f"{who} 很 喜欢" for who in "甲乙丙丁戊己"] + [
        f"我 {what}" for what in "去来走要看写吃喝"
    ]
    table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=0.5), min_count=4)
    by_saving = [str(head.template) for head in sort_heads(table.heads, "saving")]
    by_count = [str(head.template) for head in table.heads]
    assert by_saving[0] == "[X] 很 喜欢" and by_count[0] == "我 [X]"
