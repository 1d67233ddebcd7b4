"""The two decoders, and the two shapes of lattice, find the same in the same words.

`lattice` decodes a table of scores by position, from right to left; `dictionary_decoder` walks a
trie from left to right and forgets everything wherever no word reaches across.
"""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.segmentation.dictionary_decoder import best_words, word_edges
from nlpzero.segmentation.double_array import build_trie
from nlpzero.segmentation.lattice import marginals, marginals_edges, viterbi
from nlpzero.text.characters import char_classes, code_points

LONGEST = 5
# marks and spaces end every word and cost nothing; several of a kind would be one unit
TEXTS = st.text("一二丁𠮷，。 ", max_size=30).map(
    lambda text: re.sub("([，。 ])[，。 ]+", r"\1", text)
)
WORDS = st.lists(st.text("一二丁𠮷", min_size=1, max_size=LONGEST), unique=True, max_size=25)
UNKNOWN = -7.5

Lattice = tuple[np.ndarray, np.ndarray]


NOTHING_KEPT = np.zeros((0, 3), np.int64)


def by_trie(text: str, words: list[str], scores: np.ndarray) -> np.ndarray:
    """Cuts of the dictionary decoder."""
    trie = build_trie(words, scores)
    points = code_points(text)
    flags = np.zeros(len(points) + 1, np.bool_)
    best_words(points, char_classes(points), trie, trie.code_table(), UNKNOWN, NOTHING_KEPT, flags)
    return flags


def dense(text: str, words: list[str], scores: np.ndarray) -> Lattice:
    """The same words as a dense lattice; the gaps beside marks are forced."""
    known = dict(zip(words, scores.astype(np.float32).tolist(), strict=True))
    table = np.full((len(text), LONGEST), -np.inf)
    forced = np.zeros(len(text) + 1, np.uint8)
    for i, character in enumerate(text):
        mark = character in "，。 "
        forced[[i, i + 1]] |= mark
        table[i, 0] = known.get(character, 0.0 if mark else UNKNOWN)
        for k in range(1, min(LONGEST, len(text) - i)):
            table[i, k] = known.get(text[i : i + k + 1], -np.inf)
    return table, forced


def score_of(cuts: np.ndarray, table: np.ndarray) -> float:
    gaps = np.flatnonzero(cuts)
    assert gaps[0] == 0 and gaps[-1] == len(table)
    return sum(table[i, j - i - 1] for i, j in pairwise(gaps))


@given(TEXTS, WORDS, st.integers(0, 2**32 - 1))
def test_both_decoders_cut_alike(text: str, words: list[str], seed: int) -> None:
    # scores that are no sums of each other: there is one best path
    scores = np.random.default_rng(seed).normal(-6, 3, len(words))
    expected = viterbi(*dense(text, words, scores))
    assert by_trie(text, words, scores).tolist() == expected.astype(bool).tolist()


@given(TEXTS, WORDS, st.data())
def test_on_ties_their_paths_have_the_same_score(
    text: str, words: list[str], data: st.DataObject
) -> None:
    levels = st.sampled_from([-8.0, -7.5, -4.0, -2.0])
    scores = np.array(data.draw(st.lists(levels, min_size=len(words), max_size=len(words))))
    table, forced = dense(text, words, scores)
    cuts = by_trie(text, words, scores)
    assert score_of(cuts, table) == score_of(viterbi(table, forced), table)
    assert cuts[forced.astype(bool)].all()


@given(st.text("一二丁𠮷，。 7a", max_size=30), WORDS, st.integers(0, 2**32 - 1))
def test_both_decoders_agree_on_units_of_several_characters(
    text: str, words: list[str], seed: int
) -> None:
    """Numbers, runs of letters and repeated marks are steps of one unit."""
    scores = np.random.default_rng(seed).normal(-6, 3, len(words))
    trie = build_trie(words, scores)
    points = code_points(text)
    arrays = (points, char_classes(points), trie, trie.code_table(), UNKNOWN, NOTHING_KEPT)
    places, (offsets, lengths, edge_scores, forced) = word_edges(*arrays)
    table = np.full((len(places) - 1, LONGEST), -np.inf)
    starts = np.repeat(np.arange(len(places) - 1), np.diff(offsets))
    table[starts, lengths - 1] = edge_scores
    expected = viterbi(table, forced.view(np.uint8))
    cuts = by_trie(text, words, scores)[places]
    assert score_of(cuts, table) == pytest.approx(score_of(expected, table), abs=1e-9)


@given(TEXTS, WORDS, st.integers(0, 2**32 - 1))
def test_both_shapes_of_lattice_have_the_same_probabilities(
    text: str, words: list[str], seed: int
) -> None:
    scores = np.random.default_rng(seed).normal(-6, 3, len(words))
    trie = build_trie(words, scores)
    points = code_points(text)
    places, edges = word_edges(
        points, char_classes(points), trie, trie.code_table(), UNKNOWN, NOTHING_KEPT
    )
    assert places.tolist() == list(range(len(text) + 1))  # every unit is one character here
    np.testing.assert_allclose(
        marginals_edges(edges), marginals(*dense(text, words, scores)), atol=1e-9
    )


def test_the_best_path_is_better_than_greedy_matching() -> None:
    words, scores = ["一二", "二丁𠮷", "一"], np.array([-1.0, -2.0, -3.0])
    text = "一二丁𠮷"
    assert np.flatnonzero(by_trie(text, words, scores)).tolist() == [0, 1, 4]
    table, forced = dense(text, words, scores)
    assert np.flatnonzero(viterbi(table, forced)).tolist() == [0, 1, 4]
    assert score_of(viterbi(table, forced), table) == pytest.approx(-5.0)
