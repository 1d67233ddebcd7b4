"""Estimates of counting against counting, with a sample that is small beside the text."""

from pathlib import Path

import numpy as np
import pytest

from nlpzero.engine import estimates
from nlpzero.engine.resources import Resources
from nlpzero.ngrams.counting import count_ngrams
from nlpzero.ngrams.estimating import estimate_ngrams
from nlpzero.text import spread
from nlpzero.text.corpus import Corpus
from nlpzero.words.counting import count_words
from nlpzero.words.estimating import estimate_words


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Words drawn by a power law, and samples of a tenth of them."""
    monkeypatch.setattr(spread, "SAMPLE_BYTES", 200_000)
    monkeypatch.setattr(spread, "_LEAST_PLACE", 4000)
    monkeypatch.setattr(estimates, "TRIAL_SECONDS", 1e9)
    random = np.random.default_rng(5)
    ranks = random.zipf(1.3, 400_000) % (1 << 20)
    characters = np.stack([0x4E00 + ranks % 5000, 0x6E00 + ranks // 5000], axis=1)
    words = characters.astype("<u2").tobytes().decode("utf-16-le")
    tokens = [words[i : i + 2] for i in range(0, len(words), 2)]
    path = tmp_path / "text.txt"
    lines = (" ".join(tokens[i : i + 20]) for i in range(0, len(tokens), 20))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Corpus(path)


def test_different_words_and_the_list(corpus: Corpus) -> None:
    told = estimate_words(corpus, "whitespace", resources=Resources(1))
    truth = count_words(corpus, "whitespace")
    assert told.sampled < told.text / 5
    assert told.counts["words"] == pytest.approx(truth.total, rel=0.1)
    assert len(truth) / 1.5 < told.counts["different words"] < len(truth) * 1.5
    listed = sum(map(len, truth.encode_rows("tsv")))
    assert listed / 1.5 < told.output < listed * 1.5
    top = estimate_words(corpus, "whitespace", top=100, resources=Resources(1)).output
    assert top == pytest.approx(sum(map(len, truth.encode_rows("tsv", top=100))), rel=0.1)


@pytest.mark.parametrize("order", [4, 6])
def test_different_ngrams_and_the_file(corpus: Corpus, tmp_path: Path, order: int) -> None:
    told = estimate_ngrams(corpus, order, resources=Resources(1))
    truth = count_ngrams(corpus, order)
    truth.save(tmp_path / "counts.nz")
    size = (tmp_path / "counts.nz").stat().st_size
    assert told.counts["characters"] == pytest.approx(truth.total, rel=0.1)
    found = told.counts["different windows of 4"]
    assert len(truth) / 1.5 < found < len(truth) * 1.5
    assert size / 2 < told.output < size * 2
