"""SIGHAN scores."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import CorpusError, score_segmentation
from tests.segmentation.oracles import pieces

GOLD = ["我们 在 野生 动物园 玩", "", "好 ，　好", "1998年 结束"]
PREDICTED = ["我们 在野 生动 物 园 玩", "", "好， 好", "1998 年 结束"]


def test_figures_by_hand():
    score = score_segmentation(GOLD, PREDICTED, known_words={"我们", "在", "好", "，", "玩"})
    assert (score.lines, score.gold_words, score.predicted_words, score.correct_words) == (
        3,
        10,
        11,
        4,
    )
    assert score.recall == 4 / 10
    assert score.precision == 4 / 11
    assert score.f1 == pytest.approx(8 / 21)
    assert score.oov_rate == 4 / 10  # 野生 动物园 1998年 结束
    assert score.oov_recall == 1 / 4
    assert score.iv_recall == 3 / 6


def test_without_known_words():
    score = score_segmentation(GOLD, PREDICTED)
    assert (score.oov_rate, score.oov_recall, score.iv_recall) == (None, None, None)
    everything = score_segmentation(["好"], ["好"], known_words=["好"])
    assert (everything.oov_rate, everything.oov_recall, everything.iv_recall) == (0.0, None, 1.0)


def test_nothing_right_and_nothing_at_all():
    assert score_segmentation(["好天"], ["好 天"]).f1 == 0.0
    empty = score_segmentation([], [""])
    assert (empty.lines, empty.recall, empty.precision, empty.f1) == (0, 0.0, 0.0, 0.0)


def two_cuts(text):
    cut = st.sets(st.integers(1, 8)).map(
        lambda places: sorted({0, *(p for p in places if p < len(text))})
    )
    return st.tuples(st.just(text), cut, cut)


cuts = st.text("一二三", min_size=1, max_size=8).flatmap(two_cuts)


@given(st.lists(cuts, max_size=5))
def test_equals_counting_spans_one_by_one(lines):
    gold = [" ".join(pieces(text, a)) for text, a, _ in lines]
    predicted = ["  ".join(pieces(text, b)) for text, _, b in lines]
    correct = 0
    for text, a, b in lines:
        ends_a, ends_b = [*a[1:], len(text)], [*b[1:], len(text)]
        correct += sum(
            (s, e) in list(zip(b, ends_b, strict=True)) for s, e in zip(a, ends_a, strict=True)
        )
    score = score_segmentation(gold, predicted)
    assert score.correct_words == correct
    assert score.gold_words == sum(len(a) for _, a, _ in lines)
    back = score_segmentation(predicted, gold)
    assert (back.precision, back.recall) == (score.recall, score.precision)
    assert score_segmentation(gold, predicted, strict=False) == score


@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        (
            ["好 天", "天 气"],
            ["好 天", "天 汽"],
            "line 2: the texts differ at character 2: gold has '气', predicted has '汽'",
        ),
        (["好 天"], ["好"], "line 1: .* gold has '天', predicted has nothing more"),
        (["好"], ["好", "天"], "line 2: gold has only 1 lines, predicted goes on with '天'"),
        (["好", "", "天"], ["好"], "line 3: predicted has only 2 lines, gold goes on"),
    ],
)
def test_different_texts(gold, predicted, message):
    with pytest.raises(CorpusError, match=message):
        score_segmentation(gold, predicted)


def test_empty_lines_at_the_end_do_no_harm():
    assert score_segmentation(["好", "", ""], ["好"]).f1 == 1.0


def test_aligning_lines_that_differ():
    # a quotation mark at the end of one line instead of the beginning of the next, as in the MSR
    # test set
    score = score_segmentation(["他 说 “", "好 天气 ”"], ["他 说", "“ 好 天 气 ”"], strict=False)
    assert (score.gold_words, score.predicted_words, score.correct_words) == (6, 7, 4)


def test_one_string_is_refused():
    with pytest.raises(TypeError, match="iterables of lines"):
        score_segmentation("好", ["好"])


def test_f1_is_the_harmonic_mean():
    score = score_segmentation(["一 二三 四"], ["一 二 三 四"])
    assert math.isclose(score.f1, 2 / (1 / score.precision + 1 / score.recall))
