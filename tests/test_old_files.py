"""Files that version 0.1.0 wrote give the answers that version 0.1.0 gave
(tests/files/0.1.0/README.md).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpzero
from tests.learning.oracles import marginals

OLD = Path(__file__).parent / "files" / "0.1.0"
EXPECTED: dict[str, Any] = json.loads((OLD / "expected.json").read_text(encoding="utf-8"))
SAMPLED = ("learned", "lm", "vocabulary")
METHODS = (*SAMPLED, "nvbe")


def unseen() -> str:
    return (OLD / "unseen.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mmap", [True, False])
def test_models_cut_as_they_did(method: str, mmap: bool) -> None:
    segmenter = nlpzero.load_segmenter(OLD / f"{method}.nz", mmap=mmap)
    expected = EXPECTED[method]
    assert segmenter.method == method
    assert "|".join(segmenter.segment(unseen())) == expected["segment"]
    # learned segmenters have been calibrated since, which their lattices have not
    found = marginals(segmenter, unseen()[:40])
    np.testing.assert_allclose(found, expected["probabilities"], atol=2e-5)
    assert segmenter.training == expected["training"]
    assert segmenter.numbers == expected["numbers"]


@pytest.mark.parametrize("method", SAMPLED)
def test_models_sample_as_they_did(method: str) -> None:
    segmenter = nlpzero.load_segmenter(OLD / f"{method}.nz")
    assert "|".join(segmenter.sample(unseen()[:40], 7)) == EXPECTED[method]["sample"]


@pytest.mark.parametrize("method", METHODS)
def test_models_are_written_as_they_were(method: str, tmp_path: Path) -> None:
    path = OLD / f"{method}.nz"
    nlpzero.load_segmenter(path).save(tmp_path / "again.nz")
    assert (tmp_path / "again.nz").read_bytes() == path.read_bytes()


def test_words_of_models() -> None:
    learned = nlpzero.load_segmenter(OLD / "learned.nz")
    assert isinstance(learned, nlpzero.LearnedSegmenter)
    words, _, counts = learned.lexicon(2.0)
    expected = EXPECTED["learned"]["lexicon"]
    assert dict(zip(words[:30], counts[:30].tolist(), strict=True)) == expected
    vocabulary = nlpzero.load_segmenter(OLD / "vocabulary.nz")
    assert isinstance(vocabulary, nlpzero.VocabularySegmenter)
    words, log_probs, _ = vocabulary.lexicon()
    assert dict(zip(words, log_probs.tolist(), strict=True)) == EXPECTED["vocabulary"]["lexicon"]


def test_perplexity_of_a_language_model() -> None:
    segmenter = nlpzero.load_segmenter(OLD / "lm.nz")
    assert isinstance(segmenter, nlpzero.LanguageModelSegmenter)
    found = segmenter.model.perplexity(unseen().splitlines())
    assert found == pytest.approx(EXPECTED["lm"]["perplexity"], rel=1e-6)


def test_counts_of_ngrams() -> None:
    counts = nlpzero.NGramCounts.load(OLD / "counts.nz")
    expected = EXPECTED["counts"]
    assert (counts.total, counts.order) == (expected["total"], expected["order"])
    grams = list(expected["count_of"])
    assert counts.count_of(grams).tolist() == list(expected["count_of"].values())


def test_counts_of_words() -> None:
    counts = dict(nlpzero.WordCounts.load(OLD / "word-counts.nz"))
    expected = EXPECTED["word-counts"]
    assert (len(counts), sum(counts.values())) == (expected["distinct"], expected["total"])
    assert list(counts.items())[: len(expected["first"])] == list(expected["first"].items())
