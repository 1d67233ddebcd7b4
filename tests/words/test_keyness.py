"""Keyness against published examples, formulas written out, and the laws that it must obey."""

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from nlpzero import Keyword, WordCounts, WordList, compare_counts, compare_each

texts = st.dictionaries(
    st.text("天地人一二三", min_size=1, max_size=3), st.integers(1, 5000), max_size=12
)

# T. Dunning (1993), table 1: -2 log lambda, and the four cells k(AB), k(A ~B), k(~A B), k(~A ~B)
DUNNING = [
    (270.72, 110, 2442, 111, 29114),  # the swiss
    (263.90, 29, 13, 123, 31612),  # can be
    (256.84, 31, 23, 139, 31584),  # previous year
    (167.23, 10, 0, 3, 31764),  # mineral water
    (157.21, 76, 104, 2476, 29121),  # at the
    (157.03, 16, 16, 51, 31694),  # real terms
]


@pytest.mark.parametrize(("expected", "a", "not_a", "b", "not_b"), DUNNING)
def test_the_published_table(expected: float, a: int, not_a: int, b: int, not_b: int) -> None:
    found = compare_counts({"x": a, "else": max(not_a, 0)}, {"x": b, "else": not_b})
    row = next(row for row in found if row.word == "x")
    assert round(row.g2, 2) == expected
    # a table that wrote -2 log lambda has no p; the tail of chi-square is known at these points
    assert row.p < 1e-30


@pytest.mark.parametrize(
    ("chi", "p"),
    [(0.0, 1.0), (2.705543, 0.1), (3.841459, 0.05), (6.634897, 0.01), (10.82757, 0.001)],
)
def test_p_is_that_of_the_tables(chi: float, p: float) -> None:
    from nlpzero.words.keyness import chi_square_tail

    assert chi_square_tail(np.array([chi]))[0] == pytest.approx(p, rel=1e-5)


def oracle(word: str, a: dict[str, int], b: dict[str, int], prior: float) -> dict[str, float]:
    """The formulas of the docstring, one word at a time."""
    m, n = sum(a.values()), sum(b.values())
    x, y = a.get(word, 0), b.get(word, 0)
    g2 = 0.0
    for observed, expected in (
        (x, m * (x + y) / (m + n)),
        (y, n * (x + y) / (m + n)),
        (m - x, m * (m + n - x - y) / (m + n)),
        (n - y, n * (m + n - x - y) / (m + n)),
    ):
        g2 += 2 * observed * math.log(observed / expected) if observed else 0
    more = x * n - y * m
    size = prior * (m + n)
    alpha = size * (x + y) / (m + n)
    delta = math.log((x + alpha) / (m + size - x - alpha)) - math.log(
        (y + alpha) / (n + size - y - alpha)
    )
    return {
        "g2": math.copysign(max(g2, 0), more) if more else 0.0,
        "p": math.erfc(math.sqrt(max(g2, 0) / 2)),
        "z": delta / math.sqrt(1 / (x + alpha) + 1 / (y + alpha)),
        "log_ratio": math.log((x or 0.5) / m) - math.log((y or 0.5) / n),
    }


@given(texts, texts, st.sampled_from([0.01, 0.1, 1.0]))
def test_every_number_is_that_of_its_formula(
    a: dict[str, int], b: dict[str, int], prior: float
) -> None:
    a, b = {**a, "甲": 3, "乙": 1}, {**b, "甲": 1, "丙": 2}
    found = compare_counts(a, b, prior=prior)
    assert {row.word for row in found} == set(a) | set(b)
    for row in found:
        for name, value in oracle(row.word, a, b, prior).items():
            assert getattr(row, name) == pytest.approx(value, rel=1e-6, abs=1e-6)
        assert (row.count_a, row.count_b) == (a.get(row.word, 0), b.get(row.word, 0))
        assert row.per_million_a == pytest.approx(1e6 * row.count_a / sum(a.values()))


@given(texts, texts)
def test_swapping_turns_the_signs_and_nothing_else(a: dict[str, int], b: dict[str, int]) -> None:
    one = {row.word: row for row in compare_counts(a, b)}
    other = {row.word: row for row in compare_counts(b, a)}
    assert one.keys() == other.keys()
    turned = {"A": "B", "B": "A", "=": "="}
    for word, row in one.items():
        back = other[word]
        assert back == Keyword(
            word,
            turned[row.side],
            row.count_b,
            row.count_a,
            row.per_million_b,
            row.per_million_a,
            -row.g2,
            row.p,
            row.q,
            -row.log_ratio,
            -row.z,
        )


@given(texts, texts)
def test_order_and_sides(a: dict[str, int], b: dict[str, int]) -> None:
    found = compare_counts(a, b)
    for sort in ("g2", "z", "log_ratio"):
        rows = list(found.filter(sort=sort))
        assert [row.side for row in rows] == sorted((row.side for row in rows), key="AB=".index)
        for side, sign in (("A", 1), ("B", -1)):
            values = [sign * getattr(row, sort) for row in rows if row.side == side]
            assert values == sorted(values, reverse=True)
    for row in found:
        assert (row.g2 > 0) == (row.side == "A") or row.g2 == 0
        assert 0 <= row.p <= row.q <= 1
    m, n = sum(a.values()), sum(b.values())
    assert all((row.count_a * n == row.count_b * m) == (row.side == "=") for row in found)


def test_q_is_that_of_benjamini_and_hochberg() -> None:
    from nlpzero.words.keyness import false_discovery_rates

    # the example of their paper: 15 p-values, four of which are kept at .05
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
    p += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    q = false_discovery_rates(np.array(p))
    assert int((q <= 0.05).sum()) == 4
    slow = [min(len(p) * p[j] / (j + 1) for j in range(i, len(p))) for i in range(len(p))]
    assert q.tolist() == pytest.approx(slow)
    shuffled = np.random.default_rng(0).permutation(len(p))
    assert false_discovery_rates(np.array(p)[shuffled]).tolist() == pytest.approx(q[shuffled])


def test_what_is_compared_and_what_is_shown() -> None:
    a, b = {"房间": 40, "的": 300, "少": 1}, {"作者": 50, "的": 290, "少": 1}
    whole = compare_counts(a, b)
    fewer = compare_counts(a, b, min_count=3, stopwords=["的"])
    assert [row.word for row in fewer] == ["房间", "作者"]
    # what is not compared is part of the sizes all the same
    assert (fewer.total_a, fewer.total_b) == (341, 341)
    assert fewer[0].g2 == whole[0].g2
    assert [row.word for row in whole.filter(top=1)] == ["房间", "作者", "少"]
    assert [row.word for row in whole.filter(side="B", max_p=0.01)] == ["作者"]
    assert [row.word for row in whole.filter(sort="count", side="A")] == ["的", "房间"]
    assert whole[-1].side == "="
    assert whole[:2] == [whole[0], whole[1]]
    assert [type(row.count_a) for row in whole] == [int] * 4
    with pytest.raises(IndexError):
        whole[4]


def test_counts_of_all_kinds() -> None:
    a, b = {"房间": 40, "的": 300}, {"作者": 50, "的": 290}
    expected = list(compare_counts(a, b))
    tables = [WordCounts.from_counts(text) for text in (a, b)]
    assert list(compare_counts(*tables)) == expected
    lists = [WordList(list(text), np.array(list(text.values()), float)) for text in (a, b)]
    assert list(compare_counts(*lists)) == expected
    # the total of word counts holds for what was filtered out of them
    fewer = [table.filter(stopwords=["的"]) for table in tables]
    assert next(iter(compare_counts(*fewer))).g2 == expected[0].g2


def test_nothing_and_one_word() -> None:
    assert list(compare_counts({}, {})) == []
    assert repr(compare_counts({}, {})) == "0 words of 0 (A) and 0 (B)"
    (row,) = compare_counts({"天": 3}, {})
    assert math.isfinite(row.z)
    assert (row.count_b, row.per_million_b, row.g2, row.p) == (0, 0.0, 0.0, 1.0)
    (row,) = compare_counts({"天": 3}, {"天": 5})
    assert (row.side, row.g2, row.log_ratio) == ("=", 0.0, 0.0)


def test_showing() -> None:
    pd = pytest.importorskip("pandas")
    found = compare_counts({"房<间": 40, "的": 300}, {"作者": 50, "的": 290})
    assert "房&lt;间" in found._repr_html_()
    assert repr(found).splitlines()[0] == "3 words of 340 (A) and 340 (B)"
    frame = found.to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == list(Keyword._fields)
    assert frame["word"].tolist() == [row.word for row in found]
    assert frame["z"].tolist() == [row.z for row in found]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"a": {"x": -1}}, "counts must be numbers >= 0, got -1 for 'x'"),
        ({"a": WordList(["x"], np.array([math.nan]))}, "got nan for 'x'"),
        ({"prior": 0}, "`prior` must be a number > 0"),
    ],
)
def test_misuse(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        compare_counts(**{"a": {"x": 1}, "b": {"x": 1}, **arguments})
    with pytest.raises(TypeError, match="got list"):
        compare_counts(["x"], {"x": 1})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be words"):
        compare_counts({"x": 1}, {"x": 1}, stopwords="的")
    found = compare_counts({"x": 1}, {"y": 1})
    with pytest.raises(ValueError, match="`side`"):
        found.filter(side="C")
    with pytest.raises(ValueError, match="`sort`"):
        found.filter(sort="p")  # type: ignore[arg-type]


@given(st.lists(texts, max_size=4))
def test_each_against_the_others(parts: list[dict[str, int]]) -> None:
    named = {str(i): part for i, part in enumerate(parts)}
    for name, found in compare_each(named.items()):
        others: dict[str, int] = {}
        for other, part in named.items():
            for word, count in part.items() if other != name else ():
                others[word] = others.get(word, 0) + count
        expected = {row.word: row._replace(q=0) for row in compare_counts(named[name], others)}
        rows = [row._replace(q=0) for row in found]
        assert {row.word for row in rows} == set(named[name])
        assert all(row == expected[row.word] for row in rows)
