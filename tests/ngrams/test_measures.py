"""Measures against their definitions."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.ngrams import measures


def information(units: list[tuple[str, ...]]) -> float:
    """Nats per character of a sequence of units, from the definition."""
    total = len(units)
    entropy = -sum(
        units.count(unit) / total * math.log(units.count(unit) / total) for unit in set(units)
    )
    return entropy / (sum(map(len, units)) / total)


def join(units: list[tuple[str, ...]], a: tuple[str, ...], b: tuple[str, ...]) -> list:
    """Replace a b by one unit, from the left."""
    joined, i = [], 0
    while i < len(units):
        if units[i : i + 2] == [a, b]:
            joined.append(a + b)
            i += 2
        else:
            joined.append(units[i])
            i += 1
    return joined


@given(st.text("abcd", min_size=2, max_size=80), st.sampled_from("abcd"), st.sampled_from("abcd"))
def test_gain_is_exactly_the_change_of_information(text: str, a: str, b: str) -> None:
    units = [(character,) for character in text]
    joined = join(units, (a,), (b,))
    pairs = len(units) - len(joined)
    if a == b:
        gain = measures.merge_gain_same([pairs], [text.count(a)], len(text))[0]
    else:
        gain = measures.merge_gain([pairs], [text.count(a)], [text.count(b)], len(text))[0]
    length = 1.0  # units are single characters
    assert information(joined) - information(units) == pytest.approx(-gain / length, abs=1e-9)


def test_gain_of_units_of_several_lengths() -> None:
    generator = random.Random(1)
    units = [generator.choice([("人",), ("民",), ("共", "和"), ("国",)]) for _ in range(300)]
    for a, b in [(("人",), ("民",)), (("共", "和"), ("国",)), (("国",), ("国",))]:
        joined = join(units, a, b)
        pairs = len(units) - len(joined)
        length = sum(map(len, units)) / len(units)
        if a == b:
            gain = measures.merge_gain_same(pairs, units.count(a), len(units))
        else:
            gain = measures.merge_gain(pairs, units.count(a), units.count(b), len(units))
        change = information(joined) - information(units)
        assert change == pytest.approx(-float(gain) / length, abs=1e-9)


def test_approximation_is_a_lower_bound() -> None:
    generator = np.random.default_rng(0)
    left = generator.integers(1, 100, 500)
    right = generator.integers(1, 100, 500)
    pair = np.minimum(generator.integers(1, 100, 500), np.minimum(left, right))
    exact = measures.merge_gain(pair, left, right, 1000)
    strength = [measures.pmi(*row, 1000.0) for row in zip(pair, left, right, strict=True)]
    approximate = pair / 1000 * (np.array(strength) - 1)
    assert (approximate <= exact + 1e-12).all()


def test_a_pair_that_never_occurs_gains_nothing() -> None:
    assert measures.merge_gain([0, 0], [5, 0], [5, 0], 100).tolist() == [0.0, 0.0]
    assert measures.merge_gain_same([0, 0], [5, 0], 100).tolist() == [0.0, 0.0]


def test_pmi_of_independent_neighbours_is_zero() -> None:
    assert measures.pmi(6, 20, 30, 100.0) == pytest.approx(0.0)
    assert measures.pmi(9, 300, 30, 1000.0) == pytest.approx(math.log(1000 * 9 / (300 * 30)))


def entropy(neighbours: list[int], occurrences: int) -> float:
    sums = measures.x_log_x(neighbours).sum()
    return float(measures.entropy_from_sums(sums, occurrences))


def test_entropy_of_neighbours() -> None:
    expected = -(0.25 * math.log(0.25) + 0.75 * math.log(0.75))
    assert entropy([1, 3], 4) == pytest.approx(expected)
    assert entropy([4], 4) == entropy([], 0) == 0.0


def test_ends_of_clauses_are_distinct_neighbours() -> None:
    # two real neighbours met twice each and two ends: as six occurrences in four kinds
    assert entropy([2, 2], 6) == pytest.approx(entropy([2, 2, 1, 1], 6))
