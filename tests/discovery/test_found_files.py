"""What was found is the same when it comes from a file."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpzero
from nlpzero import Cohesion, Discovery, Learned, MinEntropy, discover_words, learn_segmenter
from nlpzero.discovery.words import WordColumns
from nlpzero.errors import StorageError
from tests.discovery.test_discovery import random_text

TEXTS = [*random_text(4, 5000).split("\n"), "𠮷野家和𡃁仔", "𠮷野家的K线图", "去𠮷野家看K线图"] * 2


@pytest.fixture(scope="module", params=["cohesion", "min-entropy", "learned"])
def found(request: pytest.FixtureRequest) -> Discovery:
    methods = {
        "cohesion": Cohesion(min_pmi=(1, 2, 3)),
        "min-entropy": MinEntropy(min_gain=0.5),
        "learned": Learned(learn_segmenter(TEXTS)),
    }
    return discover_words(TEXTS, methods[request.param], min_count=2)


def test_all_of_it_comes_back(found: Discovery, tmp_path: Path) -> None:
    found.filter(min_length=3, top=2).save(tmp_path / "found.nz")
    again = Discovery.load(tmp_path / "found.nz")
    assert again == found
    assert len(again) > 20
    assert again.found.same(found.found)
    assert (again.read, again.advice, again.removals) == (found.read, found.advice, found.removals)
    for options in (
        {"min_length": 1, "latin": True},
        {"min_entropy": 1.2, "top": 9},
        {"new": True},
    ):
        assert list(again.filter(**options)) == list(found.filter(**options))
    again.save(tmp_path / "again.nz")
    assert (tmp_path / "again.nz").read_bytes() == (tmp_path / "found.nz").read_bytes()


def test_every_column_is_stored(found: Discovery, tmp_path: Path) -> None:
    found.save(tmp_path / "found.nz")
    again = Discovery.load(tmp_path / "found.nz").found
    for f in fields(WordColumns):
        stored, kept = getattr(again, f.name), getattr(found.found, f.name)
        if isinstance(kept, np.ndarray):
            assert stored.dtype == kept.dtype
            np.testing.assert_array_equal(stored, kept)
        else:
            assert f.name in ("alphabet", "strings", "similarity")


def test_a_file_explains_what_was_found(found: Discovery, tmp_path: Path) -> None:
    found.save(tmp_path / "found.nz")
    again = Discovery.load(tmp_path / "found.nz")
    word = found[3].word
    assert str(again.explain(word)) == (
        f"found: {found[3].count:,} times; number 4 of {len(found):,} by score"
    )
    dropped = again.filter(min_count=10**6).explain(word)
    assert (dropped.kept, dropped.step, dropped.value) == (False, "min_count", found[3].count)
    unknown = again.explain("龘龘龘")
    assert (unknown.kept, unknown.step) == (False, "not found")
    assert again.explain("a，b").step == "clause"
    assert again.explain("12").step == "latin"


def test_nothing_found_keeps_its_advice(tmp_path: Path) -> None:
    for texts in ([], ["天地玄黄"]):
        nothing = discover_words(texts, Cohesion(), min_count=5)
        nothing.save(tmp_path / "found.nz")
        again = Discovery.load(tmp_path / "found.nz")
        assert again == nothing
        assert again.hint == nothing.hint


def test_counts_without_a_text(tmp_path: Path) -> None:
    ranked = nlpzero.rank_ngrams(nlpzero.count_ngrams(TEXTS))
    assert any(np.isnan(word.left_entropy) for word in ranked)
    ranked.save(tmp_path / "found.nz")
    again = Discovery.load(tmp_path / "found.nz")
    assert again.found.same(ranked.found)


def test_other_files_are_refused(tmp_path: Path) -> None:
    nlpzero.count_ngrams(TEXTS).save(tmp_path / "counts.nz")
    with pytest.raises(StorageError, match="holds counts, expected found"):
        Discovery.load(tmp_path / "counts.nz")
    with pytest.raises(StorageError, match=r"none\.nz: cannot be read"):
        Discovery.load(tmp_path / "none.nz")


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("holder", 10**6, "stands inside one that is not there"),
        ("holder", -2, "stands inside one that is not there"),
        ("reading", -1, "a reading is none"),
        ("occurrences", -1, "its occurrences are out of range"),
        ("held", 1.5, "held is not between 0 and 1"),
        ("novelty", np.nan, "novelty is not between 0 and 1"),
        ("saving", np.inf, "saving is infinite"),
    ],
)
def test_evidence_that_is_none_is_refused(
    column: str, value: Any, message: str, found: Discovery, tmp_path: Path
) -> None:
    values = getattr(found.found, column).copy()
    values[0] = value
    wrong = replace(found, found=replace(found.found, **{column: values}))
    wrong.save(tmp_path / "found.nz")
    with pytest.raises(StorageError, match=message):
        Discovery.load(tmp_path / "found.nz")
