"""Runs in a common store, merged by ranges of keys: the same rows as one merge of all."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import StorageError
from nlpzero.engine import key_ranges
from nlpzero.engine.common_store import CommonStore, folder_at
from nlpzero.engine.key_ranges import (
    BLOCK_ROWS,
    StoredRun,
    merge_on_workers,
    ranges_between,
    store_run,
)
from nlpzero.engine.sorted_runs import in_memory

LAST = (1 << 64) - 1


@pytest.fixture(params=["path", "memory://nlpzero-test", "dir"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> CommonStore:
    if request.param == "path":
        return CommonStore(str(tmp_path))
    pytest.importorskip("fsspec")
    (tmp_path / "runs").mkdir()
    chained = f"dir://runs::{tmp_path.as_uri()}"
    return CommonStore(chained if request.param == "dir" else request.param)


def run_of(counts: "Counter[int]", store: CommonStore, piece: int = 1000) -> StoredRun:
    keys = np.array(sorted(counts), np.uint64)
    numbers = np.array([counts[key] for key in sorted(counts)], np.int64)
    chunks = ((keys[i : i + piece], numbers[i : i + piece]) for i in range(0, len(keys), piece))
    return store_run(chunks, store)


def drawn(seed: int, rows: int, top: int = LAST) -> "Counter[int]":
    keys = np.random.default_rng(seed).integers(0, top, rows, np.uint64, endpoint=True)
    return Counter(keys.tolist())


@pytest.mark.parametrize("rows", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS - 1])
def test_a_run_comes_back(rows: int, store: CommonStore) -> None:
    counts = Counter({7 * key: key + 1 for key in range(rows)})
    run = run_of(counts, store)
    for size in (1, 5 * BLOCK_ROWS):
        keys, numbers = in_memory(run.chunks(size))
        assert dict(zip(keys.tolist(), numbers.tolist(), strict=True)) == counts
    for low, high in [(0, 0), (7, 7), (8, 13), (7 * BLOCK_ROWS - 3, 7 * BLOCK_ROWS), (0, LAST)]:
        keys, _ = run.between(low, high)
        assert keys.tolist() == [key for key in counts if low <= key <= high]
    run.delete()
    with pytest.raises(StorageError, match=r"cannot be read|cut off"):
        run.store.read(run.name, 0, 1)


@given(st.lists(st.integers(0, LAST), max_size=60), st.integers(1, 20))
def test_ranges_are_all_keys(firsts: list[int], number: int) -> None:
    ranges = ranges_between(np.array(sorted(firsts), np.uint64), number)
    assert (ranges[0].low, ranges[-1].high) == (0, LAST)
    assert all(a.high + 1 == b.low for a, b in pairwise(ranges))
    assert len(ranges) <= number


@pytest.mark.parametrize("runs", [0, 1, 5, 90])
def test_merging_on_workers_is_merging(
    runs: int, store: CommonStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_ranges, "BLOCK_ROWS", 16)
    monkeypatch.setattr(key_ranges, "_LEAST_ROWS", 50)
    parts = [drawn(seed, 20 + 5 * seed, 3000) for seed in range(runs)]
    stored = [run_of(part, store, 7) for part in parts]
    keys, numbers = in_memory(merge_on_workers(stored, 8192, None))
    assert keys.tolist() == sorted(set().union(*parts))
    assert dict(zip(keys.tolist(), numbers.tolist(), strict=True)) == sum(parts, Counter())


def test_moved_symbols_are_moved_in_ranges_too(tmp_path: Path) -> None:
    table = np.arange(1 << 16, dtype=np.uint16)
    table[100:] += 5
    run = run_of(drawn(3, 2 * BLOCK_ROWS, 120), CommonStore(str(tmp_path)))
    moved = StoredRun(run.rows, run.store, run.name, run.firsts, table)
    keys, _ = moved.between(90, 110)
    assert keys.tolist() == [*range(90, 100), *range(105, 111)]


def test_a_folder_in_a_store_goes_with_all_in_it(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with folder_at(tmp_path.as_uri(), "mine") as folder:
        assert Path(folder) == tmp_path / "mine"
        run_of(drawn(1, 10), CommonStore(folder))
    assert list(tmp_path.iterdir()) == []
    with folder_at("memory://nlpzero-shelf", "mine") as folder:
        run_of(drawn(1, 10), CommonStore(folder))
        assert fsspec.filesystem("memory").find("/nlpzero-shelf")
    assert not fsspec.filesystem("memory").find("/nlpzero-shelf")
