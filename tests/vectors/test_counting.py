"""Neighbours are counted exactly and weighed by the formula, whatever the budget and the jobs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.engine.sorted_runs import Run, in_memory, merge_runs
from nlpzero.vectors.cooccurrence import count_documents, ppmi_cells, ppmi_terms
from nlpzero.vectors.matrix import MatrixBuilder, SparseMatrix
from tests.vectors import oracles

DOCUMENTS = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=15), max_size=12)


def counted(documents: list[list[int]], words: int, window: int, cells: int = 1 << 22) -> Run:
    ids = np.array([i for document in documents for i in document], np.int32)
    starts = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    sums = np.zeros(words, np.int64)
    keys, counts = in_memory(count_documents(ids, starts, words, window, sums, cells))
    rows = (keys >> np.uint64(32)).astype(np.int64)
    assert np.array_equal(np.bincount(rows, counts, words), sums)
    columns = (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)
    assert np.array_equal(np.bincount(columns, counts, words), sums)
    return Run(len(keys), keys, counts)


def cells_of(run: Run) -> dict[tuple[int, int], int]:
    keys, counts = next(run.chunks(1 << 20), (np.zeros(0, np.uint64), np.zeros(0, np.int64)))
    return {
        (key >> 32, key & 0xFFFFFFFF): count
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    }


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.sampled_from([1, 2, 3, 5, 100]), st.sampled_from([1, 17, 1 << 22]))
def test_counts_are_those_of_a_double_loop(
    documents: list[list[int]], window: int, cells: int
) -> None:
    assert cells_of(counted(documents, 12, window, cells)) == oracles.neighbours(documents, window)


@settings(max_examples=30, deadline=None)
@given(DOCUMENTS, st.data())
def test_counts_of_two_halves_add_up(documents: list[list[int]], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(documents)))
    halves = [counted(half, 12, 3) for half in (documents[:cut], documents[cut:])]
    both = in_memory(merge_runs(halves, 1 << 20))
    whole = counted(documents, 12, 3)
    assert whole.keys is not None
    assert both[0].tolist() == whole.keys[:].tolist()
    assert both[1].tolist() == whole.counts[:].tolist()  # type: ignore[index]


def matrix_of(run: Run, words: int, memory: int, folder: Path) -> SparseMatrix:
    cells = cells_of(run)
    sums = np.zeros(words, np.int64)
    for (i, _), count in cells.items():
        sums[i] += count
    logs, shift = ppmi_terms(sums, 0.75, 2.0)
    builder = MatrixBuilder(words, memory, lambda: folder)
    for keys, counts in run.chunks(7):
        columns, values = np.empty(len(keys), np.int32), np.empty(len(keys), np.float32)
        n = ppmi_cells(keys, counts, logs, shift, columns, values, builder.sizes)
        assert (values[:n] > 0).all()
        builder.append(columns[:n], values[:n])
    return builder.finish()


@pytest.mark.parametrize("memory", [0, 1 << 20])
def test_weights_are_those_of_the_formula(memory: int, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    documents = [random.integers(0, 50, random.integers(1, 30)).tolist() for _ in range(40)]
    run = counted(documents, 50, 5)
    matrix = matrix_of(run, 50, memory, tmp_path)
    wanted = oracles.ppmi(cells_of(run), 50, 0.75, 2.0)
    assert np.array_equal(wanted, wanted.T)
    with ThreadPoolExecutor(2) as pool:
        found = matrix.multiply(np.eye(50, dtype=np.float32), pool)
        assert np.abs(found - wanted).max() < 1e-6
        x = random.standard_normal((50, 3)).astype(np.float32)
        assert np.allclose(matrix.multiply(x, pool), wanted @ x, atol=1e-4)


# every line has words of one of seven topics
TEXT = [
    " ".join(f"词{n % 7 * 12 + int(i) % 12}" for i in np.random.default_rng(n).zipf(1.4, 30))
    for n in range(200)
]


@pytest.mark.parametrize("min_count", [1, 4])
@pytest.mark.parametrize("most", [30, 1000])
def test_words_are_those_of_a_counter(min_count: int, most: int) -> None:
    method = nlpzero.WindowedCounts(min_count=min_count, max_words=most, dimensions=4)
    vectors = nlpzero.learn_vectors(TEXT, "whitespace", method)
    documents = [line.split() for line in TEXT]
    words, counts = oracles.vocabulary(documents, min_count, most)
    assert vectors.words == words
    assert vectors.counts.tolist() == counts
    assert vectors.tokens == sum(map(len, documents))


def test_rare_words_are_passed_over_and_lines_part() -> None:
    """The neighbours of a word are found across a rare one, and across a mark that is no word."""
    method = nlpzero.WindowedCounts(min_count=2, window=1, dimensions=2, characters=0.0)
    lines = ["甲 稀 乙", "丙 丁", "甲 少 乙", "丙 丁"]
    vectors = nlpzero.learn_vectors(lines, "whitespace", method)
    assert sorted(vectors.words) == sorted("甲乙丙丁")
    assert vectors.similarity("甲", "丙") == pytest.approx(0, abs=1e-5)
    segmenter = nlpzero.VocabularySegmenter(["苹果", "香蕉", "汽车", "火车"])
    lines = ["苹果，香蕉", "汽车！火车"] * 3
    found = nlpzero.learn_vectors(lines, segmenter, method)
    assert "，" not in found
    assert abs(found.similarity("苹果", "香蕉")) == pytest.approx(1, abs=1e-5)
    assert "，" in nlpzero.learn_vectors(lines, list, method)


def test_the_same_bytes_for_any_jobs_memory_and_compression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gzip

    from nlpzero.vectors import learning, numbered_text
    from nlpzero.words import word_ids

    text = "".join(f"{line}\n" for line in TEXT)
    plain, packed = tmp_path / "text.txt", tmp_path / "text.txt.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode("utf-8")))
    method = nlpzero.WindowedCounts(dimensions=8, min_count=2)
    saved = set()
    for jobs, memory, path in (
        (1, None, plain), (2, None, plain), (3, "16M", plain), (1, "16M", packed),
    ):  # fmt: skip
        if memory is not None:  # everything in pieces, and on disk
            monkeypatch.setattr(numbered_text, "_SHARD_BYTES", 2000)
            monkeypatch.setattr(word_ids, "_LEAST_TOKENS", 300)
            monkeypatch.setattr(word_ids, "_LEAST_WORDS", 20)
            monkeypatch.setattr(learning, "_BASIS_SHARE", 1 << 40)
        given = nlpzero.Resources(jobs=jobs, memory=memory, tmpdir=tmp_path)
        vectors = nlpzero.learn_vectors(nlpzero.Corpus(path), "whitespace", method, resources=given)
        vectors.save(tmp_path / "v.nz")
        saved.add((tmp_path / "v.nz").read_bytes())
    assert len(saved) == 1
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"text.txt", "text.txt.gz", "v.nz"}


def test_nothing_to_learn_is_said() -> None:
    with pytest.raises(nlpzero.CorpusError, match="no word occurs 5 times"):
        nlpzero.learn_vectors(["天气 很 好"], "whitespace")
    with pytest.raises(nlpzero.NlpzeroError, match="no two words stand together"):
        nlpzero.learn_vectors(["天气"] * 9, "whitespace")
    with pytest.raises(TypeError, match="WindowedCounts"):
        nlpzero.learn_vectors(["天气"], "whitespace", nlpzero.VectorMethod())
