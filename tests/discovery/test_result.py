"""Results: filters by strings inside words, tables, dictionaries, contexts, pickles."""

import pickle

import pytest

from nlpzero import (
    Cohesion,
    Discovery,
    MinEntropy,
    concordance,
    count_ngrams,
    discover_words,
    rank_ngrams,
)
from tests.discovery.test_discovery import random_text

TEXT = random_text(41, 3000)


@pytest.fixture(scope="module")
def found() -> Discovery:
    return discover_words([TEXT], Cohesion(), min_count=2).filter(latin=True)


def test_filters_by_strings_are_those_of_python(found: Discovery) -> None:
    words = [word.word for word in found]
    inner, texts = ["国", "手机", "没有"], ["中国的共和国", "买iPhone手机"]
    kept = [word for word in words if any(part in word for part in inner)]
    assert [word.word for word in found.filter(contains=inner)] == kept
    assert 2 < len(kept) < len(words)
    assert [word.word for word in found.filter(without=inner)] == [
        word for word in words if word not in kept
    ]
    inside = [word for word in words if any(word in text for text in texts)]
    assert [word.word for word in found.filter(within=texts)] == inside
    assert {"中国", "共和国", "手机"} <= set(inside)
    assert found.filter(contains=[]).words == [] == found.filter(within=[]).words
    assert found.filter(without=[]).words == found.words


def test_a_filter_keeps_what_is_not_named(found: Discovery) -> None:
    both = found.filter(contains=["国"]).filter(top=1)
    assert both == found.filter(top=1, contains=["国"])
    assert len(both) == 1 == both.thresholds["top"]
    assert both.removals[-1].threshold == "top"
    assert found.filter(min_count=5).thresholds["min_count"] == 5


def test_dropped_words_are_told_by_the_filter_that_dropped_them(found: Discovery) -> None:
    for step, options in {
        "exclude": {"exclude": ["中国"]},
        "without": {"without": ["国"]},
        "contains": {"contains": ["手"]},
        "within": {"within": ["手机"]},
        "min_length": {"min_length": 3},
        "max_length": {"max_length": 1, "min_length": 1},
        "min_entropy": {"min_entropy": 50.0},
        "min_count": {"min_count": 10**6},
        "min_pmi": {"min_pmi": 99.0},
        "top": {"top": 1},
    }.items():
        told = found.filter(**options).explain("中国")  # type: ignore[arg-type]
        assert (told.kept, told.step) == (False, step)
        assert str(told).startswith("found: stands alone") and str(told) != ""
    assert found.explain("中国").kept
    assert found.explain("中国").value == next(w.count for w in found if w.word == "中国")


def test_a_result_is_a_sequence_that_shows_itself(found: Discovery) -> None:
    assert found[0] == found.words[0] and found[-1] == found.words[-1]
    assert found[1:3] == found.words[1:3]
    with pytest.raises(IndexError):
        found[len(found)]
    lines = repr(found).splitlines()
    assert lines[0].startswith("Discovery by cohesion: ")
    assert len(lines) == 13 and lines[-1] == f"... {len(found) - 10:,} more"
    assert found[0].word in lines[2]
    html = found._repr_html_()
    assert html.count("<tr>") == 11 and found[9].word in html


def test_dictionaries_leave_out_what_they_cannot_hold(found: Discovery) -> None:
    lines = found.to_dictionary("jieba")
    assert "中国\n" in lines and "𠮷野家\n" not in lines
    assert f"中国 n {found.explain('中国').value}\n" in found.to_dictionary(
        "hanlp", with_frequency=True
    )


def test_a_pickled_result_is_the_same_but_explains_nothing(found: Discovery) -> None:
    again = pickle.loads(pickle.dumps(found))
    assert again == found and again.filter(top=3) == found.filter(top=3)
    with pytest.raises(ValueError, match="before the result is pickled"):
        again.explain("中国")


def test_explaining_changes_nothing() -> None:
    counts = count_ngrams([TEXT])
    for result in (
        discover_words([TEXT], MinEntropy(), counts=counts),
        rank_ngrams(counts, Cohesion(min_pmi=(1, 2, 3))),
    ):
        before = result.words
        for word in ("中国", "国的", "K线图", "K", "的", "没有此词", "，", "iPhone手机壳"):
            told = result.explain(word)
            assert told.kept == (word in {w.word for w in before})
        assert result.words == before


def test_contexts_are_those_of_a_search() -> None:
    lines = TEXT.split("\n")
    found = concordance(lines, ["中国", "的", "没有此词", "共和国"], limit=2, width=3)
    assert list(found) == ["中国", "的", "没有此词", "共和国"]
    assert found["没有此词"] == []
    for word in ("中国", "的", "共和国"):
        line = next(line for line in lines if word in line)
        at = line.index(word)
        first = found[word][0]
        assert len(found[word]) == 2 and first.word == word
        assert first.left == line[max(at - 3, 0) : at].strip()
        assert first.right == line[at + len(word) : at + len(word) + 3].strip()
    for options in ({"limit": 0}, {"width": -1}):
        with pytest.raises(ValueError, match="must be an integer"):
            concordance(lines, ["中国"], **options)
