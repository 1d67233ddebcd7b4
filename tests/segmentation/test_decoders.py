"""The decoders are several for speed; on the same words and scores they find equally good cuts."""

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import VocabularySegmenter
from nlpzero.segmentation.dictionary_decoder import best_words, word_edges
from nlpzero.segmentation.lattice import viterbi, viterbi_edges
from nlpzero.text.characters import char_classes, code_points

HAN = "天地人山水火"
WORDS = st.dictionaries(
    st.text(HAN, min_size=1, max_size=4), st.integers(1, 1000), min_size=1, max_size=12
)
TEXTS = st.text(HAN + "，7a ", max_size=30)


def edges_of(segmenter, text):
    points = code_points(text)
    trie = segmenter.trie
    arrays = (points, char_classes(points), trie.units, trie.values)
    nothing_kept = np.zeros((0, 3), np.int64)
    return points, (*arrays, trie.code_table(), segmenter.unknown, nothing_kept)


def path_score(cuts, offsets, lengths, scores):
    """Sum of the scores of the words of a cut; each must be an edge."""
    total = 0.0
    ends = np.flatnonzero(cuts).tolist()
    for start, end in itertools.pairwise(ends):
        edges = range(offsets[start], offsets[start + 1])
        total += max(float(scores[e]) for e in edges if lengths[e] == end - start)
    return total


@given(WORDS, TEXTS)
def test_dictionary_decoder_and_lattice_find_equally_good_cuts(words, text):
    points, arrays = edges_of(VocabularySegmenter(words), text)
    places, offsets, lengths, scores, forced = word_edges(*arrays)
    flags = np.zeros(len(points) + 1, np.bool_)
    best_words(*arrays, flags)
    by_trie = flags[places].copy()
    by_trie[[0, -1]] = True
    by_lattice = viterbi_edges(offsets, lengths, scores, forced)
    found = path_score(by_trie, offsets, lengths, scores)
    assert math.isclose(
        found, path_score(by_lattice, offsets, lengths, scores), rel_tol=1e-5, abs_tol=1e-4
    )


@given(WORDS, st.text(HAN, min_size=1, max_size=30))
def test_lists_of_edges_and_dense_scores_are_one_lattice(words, text):
    _, arrays = edges_of(VocabularySegmenter(words), text)
    _, offsets, lengths, scores, forced = word_edges(*arrays)
    n = len(text)
    dense = np.full((n, 4), -1e4, np.float32)
    for start in range(n):
        for e in range(offsets[start], offsets[start + 1]):
            dense[start, lengths[e] - 1] = scores[e]
    by_edges = viterbi_edges(offsets, lengths, scores, forced)
    by_dense = viterbi(dense, forced.view(np.uint8))
    assert math.isclose(
        path_score(by_edges, offsets, lengths, scores),
        path_score(by_dense, offsets, lengths, scores),
        rel_tol=1e-5,
        abs_tol=1e-4,
    )
