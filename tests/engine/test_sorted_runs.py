"""Sorted runs count exactly, whatever fits in memory."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.engine.sorted_runs import (
    KeyCounter,
    Run,
    add_up,
    in_memory,
    merge_in_memory,
    merge_runs,
    run_on_disk,
)

KEYS = st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=300)


def as_counter(run: tuple[np.ndarray, np.ndarray]) -> Counter[int]:
    keys, counts = run
    assert (np.diff(keys.astype(object)) > 0).all()
    return Counter(dict(zip(keys.tolist(), counts.tolist(), strict=True)))


@given(st.lists(KEYS, max_size=5), st.sampled_from([1, 1 << 10, 1 << 16]), st.booleans())
def test_counter_matches_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[int]], memory: int, disk: bool
) -> None:
    folder = tmp_path_factory.mktemp("runs") if disk else None
    counter = KeyCounter(memory, folder)
    for part in parts:
        counter.add(np.array(part, np.uint64))
        counter.flush()
    merged = in_memory(merge_runs(counter.finish(), memory, folder))
    assert as_counter(merged) == Counter(key for part in parts for key in part)


def test_many_runs_larger_than_the_merge_buffers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    expected: Counter[int] = Counter()
    runs = []
    for i in range(60):
        keys = np.unique(rng.integers(0, 40_000, 9_000).astype(np.uint64))
        counts = rng.integers(1, 1 << 40, len(keys))
        expected.update(dict(zip(keys.tolist(), counts.tolist(), strict=True)))
        run = Run(len(keys), keys, counts)
        runs.append(run if i % 2 else run_on_disk(run.chunks(1000), tmp_path))
    assert as_counter(in_memory(merge_runs(runs, 1, tmp_path))) == expected


def test_rows_with_given_symbols_can_be_left_out() -> None:
    keys = np.array([5 << 48, 7 << 32, 9 << 16, 9], np.uint64)
    run = Run(1, keys, np.ones(4, np.int64), without=(7, 9))
    merged, _ = in_memory(merge_runs([run, Run(1, keys[:1], np.ones(1, np.int64))], 1))
    assert merged.tolist() == [5 << 48]


@given(st.lists(KEYS, max_size=6))
def test_merging_at_once_equals_merging_in_pieces(parts: list[list[int]]) -> None:
    counter = KeyCounter(1)
    for part in parts:
        counter.add(np.array(part, np.uint64))
        counter.flush()
    runs = counter.finish()
    expected_keys, expected_counts = in_memory(merge_runs(runs, 1))
    for jobs in (1, 3):
        keys, counts = in_memory(merge_in_memory(runs, jobs))
        np.testing.assert_array_equal(keys, expected_keys)
        np.testing.assert_array_equal(counts, expected_counts)


@given(st.lists(st.tuples(st.integers(0, 9) | st.integers(0, 2**64 - 1), st.integers(1, 99))))
def test_adding_up_matches_a_dictionary(rows: list[tuple[int, int]]) -> None:
    expected: Counter[int] = Counter()
    for key, count in rows:
        expected[key] += count
    keys = np.array([key for key, _ in rows], np.uint64)
    assert as_counter(add_up(keys, np.array([count for _, count in rows], np.int64))) == expected
