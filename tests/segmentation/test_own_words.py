"""One's own words beside any model."""

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import (
    BranchingEntropy,
    CharacterModel,
    CoTraining,
    VocabularySegmenter,
    learn_segmenter,
    load_segmenter,
)
from nlpzero.segmentation.own_words import OwnWords
from tests.learning.oracles import marginals

TRAINING = (
    "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。他说他说得好，说得好！北京大学在北京。\n"
    "今天天气很好，我们去北京大学。大学生在北京大学学习，学习K线图很好。\n"
) * 4
KINDS = {
    "learned": lambda: learn_segmenter([TRAINING], CoTraining()),
    "nvbe": lambda: learn_segmenter([TRAINING], BranchingEntropy()),
    "lm": lambda: learn_segmenter([TRAINING], CharacterModel()),
    "vocabulary": lambda: VocabularySegmenter(
        {"葡萄": 9, "北京": 7, "大学": 8, "大学生": 2, "天气": 6}
    ),
}
_MADE = {}


@pytest.fixture(params=KINDS)
def segmenter(request):
    if request.param not in _MADE:
        _MADE[request.param] = KINDS[request.param]()
    return _MADE[request.param]


WORDS = st.lists(
    st.text("葡萄皮北京大学生天气好K1 ·", min_size=1, max_size=5).filter(lambda w: w == w.strip()),
    max_size=5,
)
TEXTS = st.text("葡萄皮北京大学生天气好K1 ·，\n", max_size=24)


def occurrences(text, words, starts):
    """All places of the words that begin and end between units."""
    found = []
    for i, j in itertools.combinations(range(len(text) + 1), 2):
        if starts[i] and starts[j] and text[i:j] in words:
            found.append((i, j))
    return found


def best_set(found, cut, probabilities, weight, force):
    """The best set of occurrences that do not overlap, by trying all sets: its score, by the
    formula.
    """

    def score(start, end):
        inner = sum(cut[start + 1 : end])
        total = (1 if force else weight) * (end - start - 0.5) - 1e-3 * inner
        for gap in (start, end):
            if not cut[gap]:
                p = min(max(probabilities[gap], 1e-3), 1 - 1e-3)
                total -= 1e-3 if force else abs(math.log(p / (1 - p)))
        return total

    best = 0.0
    for size in range(1, len(found) + 1):
        for chosen in itertools.combinations(found, size):
            apart = all(a[1] <= b[0] for a, b in itertools.pairwise(sorted(chosen)))
            if apart and all(score(*one) > 0 for one in chosen):
                best = max(best, sum(score(*one) for one in chosen))
    return best, score


@given(TEXTS, WORDS, st.sampled_from([0.0, 0.5, 2.0, 5.0]), st.booleans())
def test_the_best_set_of_words_is_joined(segmenter, text, words, weight, force):
    from nlpzero.text.characters import char_classes, code_points
    from nlpzero.text.units import unit_starts

    own = segmenter.with_words(words, weight=weight, force=force)
    assert "".join(own.segment(text)) == text
    cut = segmenter.boundaries(text).tolist()
    changed = own.boundaries(text).tolist()
    points = code_points(text)
    classes = char_classes(points)
    starts = unit_starts(points, classes, segmenter.alphabet.kept(points, classes))
    found = occurrences(text, set(words), starts)
    if len(found) > 10:
        found = found[:0]  # too many sets to try them all
        text = ""
    inner = marginals(segmenter, text).tolist()
    best, score = best_set(found, cut, [1.0, *inner, 1.0], weight, force)
    ends = np.flatnonzero(changed).tolist()
    tokens = set(itertools.pairwise(ends))
    if text:
        # the words that came out as tokens, and were chosen, have the best sum
        joined = [one for one in found if one in tokens and score(*one) > 0]
        assert sum(score(*one) for one in joined) == pytest.approx(best)
        # whatever lies outside of them is as it was
        touched = {gap for start, end in found for gap in range(start, end + 1)}
        assert all(cut[i] == changed[i] for i in range(len(cut)) if i not in touched)


@given(TEXTS)
def test_without_words_nothing_changes(segmenter, text):
    for other in (
        segmenter.with_words([], weight=2.0),
        segmenter.with_split_words([]),
        segmenter.with_words(["鼠标"], weight=9.0),
    ):
        assert other.segment(text) == segmenter.segment(text)
        np.testing.assert_array_equal(other.probabilities(text), segmenter.probabilities(text))


@given(TEXTS, WORDS)
def test_forced_words_are_tokens_and_certain(segmenter, text, words):
    own = segmenter.with_words(words, force=True)
    single = [
        word
        for word in words
        if not any(a != word and (a in word or set(a) & set(word)) for a in words)
    ]
    tokens = own.segment(text)
    for word in single:
        if len(set(word)) == len(word) and not set(word) & set("K1 ·"):
            assert tokens.count(word) == text.count(word)
    flags, values = own.boundaries(text)[1:-1], own.probabilities(text)
    assert (flags[values == 1.0]).all()
    assert not (flags[values == 0.0]).any()


def test_a_word_longer_than_the_models_own(segmenter):
    own = segmenter.with_words(["北京大学学生天气学习"], force=True)
    assert "北京大学学生天气学习" in own.segment("我们在北京大学学生天气学习。")


def test_marks_and_spaces_inside_words(segmenter):
    own = segmenter.with_words(["卡尔·马克思", "New York"], weight=3.0)
    assert own.segment("卡尔·马克思，New York。") == ["卡尔·马克思", "，", "New York", "。"]


def test_a_stronger_reading_stays():
    segmenter = VocabularySegmenter({"产品": 50, "和": 90, "服务": 60, "和服": 1})
    text = "产品和服务"
    assert segmenter.with_words(["和服"], weight=0.5).segment(text) == ["产品", "和", "服务"]
    assert segmenter.with_words(["和服"], force=True).segment(text) == ["产品", "和服", "务"]
    assert segmenter.with_words(["产品和服务", "和服"], weight=0.5).segment(text) == [text]


@given(TEXTS, WORDS)
def test_split_words_are_no_tokens(segmenter, text, words):
    own = segmenter.with_split_words(words)
    tokens = own.segment(text)
    assert "".join(tokens) == text
    plain = [
        word for word in words if " " not in word and len(word) > 1 and not set(word) & set("K1 ·")
    ]
    assert not set(plain) & set(tokens)
    assert set(np.flatnonzero(segmenter.boundaries(text))) <= set(
        np.flatnonzero(own.boundaries(text))
    )


def test_places_to_cut(segmenter):
    own = segmenter.with_split_words(["葡 萄", "北 京大 学"])
    assert "葡萄" not in own.segment("吃葡萄")
    ends = np.flatnonzero(own.boundaries("在北京大学")).tolist()
    assert {2, 4} <= set(ends)


def test_words_are_saved(segmenter, tmp_path):
    text = "吃葡萄皮，北京大学生，天气好"
    own = segmenter.with_words(["葡萄皮", "京大"], weight=4.0).with_split_words(["天气"])
    own.save(tmp_path / "own.nz")
    loaded = load_segmenter(tmp_path / "own.nz")
    assert loaded.segment(text) == own.segment(text)
    assert pickle.loads(pickle.dumps(own)).segment(text) == own.segment(text)
    assert segmenter.own_words is None
    segmenter.save(tmp_path / "plain.nz")
    assert load_segmenter(tmp_path / "plain.nz").own_words is None


def test_a_list_for_a_vocabulary_is_added_to_it():
    segmenter = VocabularySegmenter({"北京": 7, "大学": 8})
    assert segmenter.with_words(["北京大学"]).own_words is None
    assert segmenter.with_words(["北京大学"]).segment("北京大学") == ["北京大学"]
    assert segmenter.with_words(["北京大学"], force=True).own_words is not None


def test_misuse(segmenter):
    with pytest.raises(ValueError, match="`weight` must be a number >= 0, got -1"):
        segmenter.with_words(["词"], weight=-1)
    with pytest.raises(TypeError, match="got one str"):
        segmenter.with_split_words("词语")
    with pytest.raises(ValueError, match="at most 62 characters"):
        OwnWords(split_words=["词" * 63])
