"""Counts are exact whatever the memory, the jobs, the blocks, and however parts are merged."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero.engine.sorted_runs
import nlpzero.ngrams.levels
from nlpzero import Corpus, NGramCounts, Resources, count_ngrams, count_to_file, merge_counts
from nlpzero.engine.passes import open_passes
from nlpzero.engine.sorted_runs import Run
from nlpzero.errors import StorageError
from nlpzero.ngrams.merging import merge_to_file
from nlpzero.ngrams.windows import Arrivals
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import code_points
from tests.ngrams.oracles import entropy, ngram_counts

LEAST_MEMORY = 16 << 20
TEXTS = st.lists(st.text(alphabet="葡萄不吐皮K1，𠮷𡃁\n", max_size=30), max_size=6)


def grams_of(counts: NGramCounts, k: int, min_count: int = 1) -> dict[str, int]:
    if k <= 4:
        keys, numbers = counts.grams(k, min_count)
        return dict(zip(counts.strings(keys, k), numbers.tolist(), strict=True))
    text = counts.alphabet.decode(counts.symbols(k).reshape(-1))
    strings = [text[i : i + k] for i in range(0, len(text), k)]
    return dict(zip(strings, counts.level(k)[2].tolist(), strict=True))


@given(TEXTS)
def test_all_orders_match_the_oracle(texts: list[str]) -> None:
    counts = count_ngrams(texts, order=7)
    expected = ngram_counts(texts, 7)
    for k in range(1, 8):
        assert grams_of(counts, k) == expected[k]
    assert counts.total == sum(expected[1].values())
    wanted = [g for k in range(1, 8) for g in expected[k]] + ["萄萄萄", "。", "不，"]
    assert counts.count_of(wanted).tolist() == [expected[len(g)][g] for g in wanted]


@given(TEXTS, st.integers(2, 3))
def test_min_count_leaves_out_rare_long_ngrams(texts: list[str], least: int) -> None:
    counts = count_ngrams(texts, order=6, min_count=least)
    expected = ngram_counts(texts, 6)
    for k in (5, 6):
        assert grams_of(counts, k) == {g: n for g, n in expected[k].items() if n >= least}
    assert grams_of(counts, 4) == expected[4]
    assert grams_of(counts, 3, least) == {g: n for g, n in expected[3].items() if n >= least}


@given(TEXTS, st.integers(1, 3), st.integers(1, 2))
def test_levels_in_many_ranges_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], least: int, jobs: int
) -> None:
    folder = tmp_path_factory.mktemp("ranges")
    whole = saved(count_ngrams(texts, 7, min_count=least), folder / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nlpzero.ngrams.levels, "_BYTES_PER_PREFIX", 1 << 40)  # one row at a time
        resources = Resources(jobs=jobs, memory="512M")
        count_to_file(texts, folder / "file", 7, min_count=least, resources=resources)
        table = count_ngrams(texts, 7, min_count=least, resources=resources)
    assert (folder / "file").read_bytes() == whole
    assert saved(table, folder / "ranges") == whole


@given(TEXTS)
def test_entropies_match_the_oracle(texts: list[str]) -> None:
    counts = count_ngrams(texts, order=5)
    for k in (1, 2, 3, 4):
        keys, _ = counts.grams(k)
        names = counts.strings(keys, k)
        for found, right in ((counts.right_entropy(k), True), (counts.left_entropy(k), False)):
            expected = [entropy(texts, name, right) for name in names]
            np.testing.assert_allclose(found, expected, atol=1e-12)


def saved(counts: NGramCounts, path: Path) -> bytes:
    counts.save(path)
    return path.read_bytes()


@given(TEXTS, st.permutations(range(6)), st.sampled_from([4, 6]))
def test_merging_any_split_in_any_order_gives_the_bytes_of_one_run(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], order: Sequence[int], grams: int
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    whole = saved(count_ngrams(texts, grams), folder / "whole")
    parts = [count_ngrams(texts[i : i + 1], grams) for i in order]
    assert saved(merge_counts(*parts), folder / "parts") == whole
    nested = merge_counts(merge_counts(*parts[:2]), merge_counts(*parts[2:]))
    assert saved(nested, folder / "nested") == whole
    merge_to_file(parts, folder / "file", resources=Resources(memory=16 << 20))
    assert (folder / "file").read_bytes() == whole


def long_text() -> str:
    rng = np.random.default_rng(5)
    letters = np.array(list("天地玄黄宇宙洪荒日月盈昃辰宿列张𠮷𡃁𪜀，。A1\n"))
    return "".join(letters[rng.integers(0, len(letters), 400_000)])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("corpus")
    text = long_text()
    paths = []
    # parts end in the middle of lines: each file ends its last clause
    for i in range(0, len(text), 170_000):
        path = folder / f"{i}.txt"
        path.write_bytes(text[i : i + 170_000].encode("utf-8"))
        paths.append(path)
    return paths


@pytest.mark.parametrize("order", [4, 6])
def test_memory_jobs_and_executor_never_change_a_byte(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    corpus = Corpus(*files)
    whole = saved(count_ngrams(corpus, order), tmp_path / "whole")
    count_to_file(corpus, tmp_path / "two", order, resources=Resources(jobs=2))
    assert (tmp_path / "two").read_bytes() == whole
    with ThreadPoolExecutor(3) as executor:
        assert (
            saved(
                count_ngrams(corpus, order, resources=Resources(executor=executor)),
                tmp_path / "three",
            )
            == whole
        )
    # shrink the shares so that the smallest budget has to spill
    spills = []
    real = nlpzero.engine.sorted_runs.run_on_disk
    for module, share in (
        (nlpzero.engine.sorted_runs, "_BUFFER_SHARE"),
        (nlpzero.ngrams.window_counter, "BUFFER_SHARE"),
    ):
        monkeypatch.setattr(module, share, 0.002)
        monkeypatch.setattr(module, "RESIDENT_SHARE", 0.01)
        monkeypatch.setattr(module, "run_on_disk", lambda *a: spills.append(a) or real(*a))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    table = count_ngrams(corpus, order, resources=Resources(memory=LEAST_MEMORY, tmpdir=scratch))
    assert len(spills) > 1
    assert saved(table, tmp_path / "spilled") == whole
    del table
    assert list(scratch.iterdir()) == []


@given(TEXTS, st.integers(1, 7))
def test_blocks_may_end_anywhere(texts: list[str], size: int) -> None:
    from nlpzero.ngrams.window_counter import pack_windows
    from nlpzero.ngrams.windows import symbol_blocks, windows

    text = "\n".join(texts)
    for runs in ("characters", "classes"):
        alphabet = Alphabet(runs=runs)  # type: ignore[arg-type]
        found = []
        blocks = (code_points(text[i : i + size]) for i in range(0, len(text), size))
        for symbols, stop in windows(symbol_blocks(blocks, alphabet), 3):
            out = np.empty(stop, np.uint64)
            found += out[: pack_windows(symbols, stop, out)].tolist()
        symbols = np.append(alphabet.encode(text).symbols, np.zeros(3, np.uint16))
        out = np.empty(len(symbols), np.uint64)
        assert found == out[: pack_windows(symbols, len(symbols) - 3, out)].tolist()


def test_large_counts_survive_the_file(tmp_path: Path) -> None:
    counts = count_ngrams(["的" * 1000, "的的，" * 300])
    counts.save(tmp_path / "c")
    for mmap in (True, False):
        loaded = NGramCounts.load(tmp_path / "c", mmap=mmap)
        assert loaded.count_of(["的", "的的", "的的的"]).tolist() == [1600, 1299, 998]
        assert loaded.total == counts.total == 1600
        np.testing.assert_array_equal(loaded.counts, counts.counts)
        assert saved(loaded, tmp_path / "again") == (tmp_path / "c").read_bytes()


def test_grams_in_small_pieces_equal_those_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = count_ngrams([long_text()[:20_000]])
    whole = [counts.grams(k) for k in (1, 2, 3, 4)]
    real = NGramCounts.chunks
    monkeypatch.setattr(NGramCounts, "chunks", lambda self, rows=0: real(self, 7))
    for k, (keys, numbers) in enumerate(whole, 1):
        again = counts.grams(k)
        np.testing.assert_array_equal(again[0], keys)
        np.testing.assert_array_equal(again[1], numbers)


def test_empty_text(tmp_path: Path) -> None:
    counts = count_ngrams([], order=5)
    assert (len(counts), counts.total, counts.count_of(["一", "一二三四五"]).tolist()) == (
        0,
        0,
        [0, 0],
    )
    assert len(counts.right_entropy(2)) == 0
    counts.save(tmp_path / "c")
    assert NGramCounts.load(tmp_path / "c").total == 0


def test_what_cannot_be_merged_exactly_is_refused() -> None:
    pruned = count_ngrams(["一二三四五"], order=5, min_count=2)
    with pytest.raises(StorageError, match="cannot be merged exactly"):
        merge_counts(pruned, pruned)
    with pytest.raises(StorageError, match="different options"):
        merge_counts(count_ngrams(["一"]), count_ngrams(["一"], alphabet=Alphabet(fold_width=True)))


def test_misuse_is_named() -> None:
    with pytest.raises(TypeError, match="single str"):
        count_ngrams("一二三")
    with pytest.raises(TypeError, match="iterator"):
        count_ngrams(iter(["一"]), order=5)
    with pytest.raises(ValueError, match="`order` must be an integer from 1 to 16, got 0"):
        count_ngrams(["一"], order=0)
    with pytest.raises(ValueError, match="`min_count`"):
        count_ngrams(["一"], min_count=0)
    with pytest.raises(ValueError, match="16 MiB"):
        count_ngrams(["一"], resources=Resources(memory=1000))
    counts = count_ngrams(["一二"])
    with pytest.raises(ValueError, match="got 5"):
        counts.grams(5)
    with pytest.raises(TypeError, match="got one string"):
        counts.count_of("一二")
    with pytest.raises(ValueError, match="order 5"):
        counts.right_entropy(4)


def test_runs_that_a_cluster_sends_wait_on_disk(tmp_path: Path) -> None:
    """Beyond a third of the budget; the counts are those of one process."""
    draw = np.random.default_rng(1)
    path = tmp_path / "text.txt"
    lines = draw.integers(0x4E00, 0x9FA5, (30_000, 30), np.uint32)
    path.write_text("\n".join("".join(map(chr, line)) for line in lines), encoding="utf-8")
    keys = np.arange(200_000, dtype=np.uint64)
    runs = [Run(len(keys), keys + i, np.full(len(keys), i, np.int64)) for i in range(3)]
    with ThreadPoolExecutor(2) as executor:
        resources = Resources(executor=executor, memory="16M", tmpdir=tmp_path)
        there = count_ngrams(Corpus(path), resources=resources)
        with open_passes(Corpus(path), resources) as passes:
            kept = Arrivals(passes).keep(runs)
            assert [run.path is None for run in kept] == [True, False, False]
            for run, before in zip(kept, runs, strict=True):
                for rows, expected in zip(run.chunks(1 << 20), before.chunks(1 << 20), strict=True):
                    assert all(map(np.array_equal, rows, expected))
    there.save(tmp_path / "there.nz")
    count_ngrams(Corpus(path)).save(tmp_path / "here.nz")
    assert (tmp_path / "there.nz").read_bytes() == (tmp_path / "here.nz").read_bytes()
