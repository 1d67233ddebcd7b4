"""What was added to a list, is gone from it, has changed."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from nlpzero import WordChange, WordList, diff_words

lists = st.dictionaries(st.text("天地人", min_size=1, max_size=2), st.integers(1, 3), max_size=8)


@given(lists, lists)
def test_every_word_once_and_in_order(old: dict[str, int], new: dict[str, int]) -> None:
    found = diff_words(old, new)
    assert [row.word for row in found.only("added")] == [word for word in new if word not in old]
    assert [row.word for row in found.only("gone")] == [word for word in old if word not in new]
    assert [row.word for row in found.only("changed")] == [
        word for word in new if word in old and old[word] != new[word]
    ]
    assert len(found) == sum(map(found.number, ("added", "gone", "changed")))
    for row in found:
        assert (row.old_count, row.new_count) == (old.get(row.word), new.get(row.word))
        assert row.old_rank == (list(old).index(row.word) + 1 if row.word in old else None)
        assert row.new_rank == (list(new).index(row.word) + 1 if row.word in new else None)
    # what is done is undone by going back
    back = diff_words(new, old)
    assert [row.word for row in back.only("gone")] == [row.word for row in found.only("added")]


@given(lists)
def test_nothing_changes_by_itself(words: dict[str, int]) -> None:
    for by in ("count", "rank"):
        assert list(diff_words(words, words, by=by)) == []  # type: ignore[arg-type]


def test_ranks_and_lists_without_counts() -> None:
    found = diff_words(["天", "地", "人"], ["地", "天", "人", "和"])
    assert list(found) == [WordChange("和", "added", None, None, None, 4)]
    by_rank = diff_words(["天", "地", "人"], ["地", "天", "人", "和"], by="rank")
    assert [row.word for row in by_rank.only("changed")] == ["地", "天"]
    some = WordList(["天", "地"], np.array([np.nan, 2.5]))
    (row,) = diff_words({"天": 1, "地": 2}, some)
    assert (row.word, row.old_count, row.new_count) == ("地", 2, 2.5)


def test_showing_and_misuse() -> None:
    found = diff_words(["天"], ["地<"])
    assert repr(found).startswith("1 added, 1 gone, 0 changed\nword")
    assert "地&lt;" in found._repr_html_()
    assert repr(diff_words([], [])) == "0 added, 0 gone, 0 changed"
    assert list(found.to_dataframe().columns) == list(WordChange._fields)
    assert found[:1] == [found[0]]
    with pytest.raises(ValueError, match="`by` must be"):
        diff_words([], [], by="size")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`changes` must be of added"):
        found.only("new")  # type: ignore[arg-type]
