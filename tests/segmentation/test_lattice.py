"""Lattices against every path of small ones."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.segmentation.lattice import (
    Edges,
    marginals,
    marginals_edges,
    random_key,
    sample,
    sample_edges,
    viterbi,
)
from tests.learning.oracles import dense_edges, distribution, path_score, words

scores_of_words = st.one_of(
    st.floats(-20, 5, allow_nan=False), st.just(-math.inf), st.sampled_from([-3.0, -2.0, -1.0])
)


@st.composite
def dense(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(0, 7))
    longest = draw(st.integers(1, 4))
    cells = draw(st.lists(scores_of_words, min_size=n * longest, max_size=n * longest))
    forced = np.array(draw(st.lists(st.booleans(), min_size=n + 1, max_size=n + 1)), np.uint8)
    forced[[0, -1]] = 1
    return np.array(cells, np.float64).reshape(n, longest), forced


@st.composite
def edge_lists(
    draw: st.DrawFn,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[tuple[int, int], float]]:
    n = draw(st.integers(0, 7))
    offsets, lengths, scores = [0], [], []
    edges = {}
    for i in range(n):
        # lengths may lead beyond the end of the text: such edges are ignored
        for length in draw(st.lists(st.integers(1, 9), unique=True, max_size=4)):
            score = draw(scores_of_words)
            lengths.append(length)
            scores.append(score)
            edges[i, length] = score
        offsets.append(len(lengths))
    forced = np.array(draw(st.lists(st.booleans(), min_size=n + 1, max_size=n + 1)), np.uint8)
    forced[[0, -1]] = 1
    return np.array(offsets), np.array(lengths, np.int64), np.array(scores, float), forced, edges


def check_best(
    cuts: np.ndarray, n: int, forced: np.ndarray, edges: dict[tuple[int, int], float]
) -> None:
    chances = distribution(n, forced, edges)
    assert tuple(cuts) in chances  # every forced gap is passed
    best = max(path_score(path, edges) for path in chances)
    assert path_score(tuple(cuts), edges) == pytest.approx(best, abs=1e-9)


@given(dense())
def test_viterbi_finds_a_best_path(lattice: tuple[np.ndarray, np.ndarray]) -> None:
    scores, forced = lattice
    check_best(viterbi(scores, forced), len(scores), forced, dense_edges(scores))


@given(dense())
def test_marginals_add_up_all_paths(lattice: tuple[np.ndarray, np.ndarray]) -> None:
    scores, forced = lattice
    chances = distribution(len(scores), forced, dense_edges(scores))
    expected = sum(p * np.array(path) for path, p in chances.items())
    np.testing.assert_allclose(marginals(scores, forced), expected, atol=1e-9)


@given(edge_lists())
def test_marginals_on_edges_add_up_all_paths(lattice: tuple) -> None:
    *arrays, forced, edges = lattice
    chances = distribution(len(forced) - 1, forced, edges)
    expected = sum(p * np.array(path) for path, p in chances.items())
    np.testing.assert_allclose(marginals_edges(Edges(*arrays, forced)), expected, atol=1e-9)


def test_samples_have_the_distribution_of_the_paths() -> None:
    rng = np.random.default_rng(5)
    scores = rng.normal(-1, 1, (5, 3))
    forced = np.array([1, 0, 0, 1, 0, 1], np.uint8)
    chances = distribution(5, forced, dense_edges(scores))
    offsets = np.concatenate([[0], np.cumsum([3] * 5)])
    lengths = np.tile([1, 2, 3], 5)
    draws = 20000
    for draw in (
        lambda key: sample(scores, forced, key),
        lambda key: sample_edges(Edges(offsets, lengths, scores.ravel(), forced), key),
    ):
        seen = dict.fromkeys(chances, 0)
        for i in range(draws):
            seen[tuple(draw(random_key(7, i)).tolist())] += 1
        for path, p in chances.items():
            # four standard deviations, and one draw for the rarest
            assert abs(seen[path] / draws - p) < 4 * math.sqrt(p * (1 - p) / draws) + 1 / draws


def test_a_sample_depends_on_its_key_only() -> None:
    scores = np.full((200, 4), -1.0)
    forced = np.zeros(201, np.uint8)
    first = sample(scores, forced, random_key(0, 1))
    assert (first == sample(scores, forced, random_key(0, 1))).all()
    assert (first != sample(scores, forced, random_key(0, 2))).any()


def test_clauses_are_drawn_independently() -> None:
    scores = np.random.default_rng(1).normal(-1, 1, (40, 4))
    forced = np.zeros(41, np.uint8)
    forced[[0, 20, 40]] = 1
    before = sample(scores, forced, 99)
    scores[20:] = -5.0
    after = sample(scores, forced, 99)
    assert (before[:21] == after[:21]).all()


def test_on_ties_the_longer_first_word_wins() -> None:
    scores = np.array([[-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0], [-1.0, -2.0, -3.0]])
    free = np.zeros(4, np.uint8)
    assert viterbi(scores, free).tolist() == [1, 0, 0, 1]


def test_a_path_exists_where_no_word_does() -> None:
    nothing = np.full((4, 2), -np.inf, np.float32)
    assert viterbi(nothing, np.zeros(5, np.uint8)).tolist() == [1] * 5
    assert marginals(nothing, np.zeros(5, np.uint8)).tolist() == [1.0] * 5
    none = np.zeros(5, np.int64), np.zeros(0, np.int64), np.zeros(0)
    assert marginals_edges(Edges(*none, np.zeros(5, np.uint8))).tolist() == [1.0] * 5


def test_extreme_scores_stay_finite() -> None:
    n = 3000
    forced = np.zeros(n + 1, np.uint8)
    for low, high in ((-400.0, -390.0), (300.0, 310.0)):
        scores = np.random.default_rng(2).uniform(low, high, (n, 4))
        found = marginals(scores, forced)
        assert np.isfinite(found).all()
        assert (found >= 0).all() and (found <= 1).all()
        assert found[0] == found[-1] == 1.0
        # words of four symbols win when scores are very low, single ones when they are high
        length = np.diff(np.flatnonzero(viterbi(scores, forced))).mean()
        assert length > 3.9 if low < 0 else length == 1.0


def test_a_clause_of_a_million_symbols() -> None:
    n = 1_000_000
    scores = np.full((n, 4), -2.0, np.float32)
    forced = np.zeros(n + 1, np.uint8)
    assert np.diff(np.flatnonzero(viterbi(scores, forced))).tolist() == [4] * (n // 4)
    cuts = sample(scores, forced, 3)
    assert {length for _, length in words([*cuts[:2000].tolist(), 1])} <= {1, 2, 3, 4}
    assert 0 < marginals(scores, forced)[n // 2] < 1


def test_wrong_shapes_are_refused() -> None:
    no_words, one_word = np.zeros(0, int), np.ones(1, int)
    with pytest.raises(ValueError, match="one entry per gap"):
        viterbi(np.zeros((3, 2)), np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="shape"):
        viterbi(np.zeros(3), np.zeros(4, np.uint8))
    with pytest.raises(ValueError, match="one entry per gap"):
        marginals_edges(Edges(np.zeros(3, int), no_words, np.zeros(0), np.zeros(4, np.uint8)))
    with pytest.raises(ValueError, match="entries"):
        marginals_edges(Edges(np.array([0, 2]), one_word, np.zeros(1), np.zeros(2, np.uint8)))
    with pytest.raises(ValueError, match="at least 1"):
        marginals_edges(Edges(np.array([0, 1]), 0 * one_word, np.zeros(1), np.zeros(2, np.uint8)))
