"""Sorting by digits: what np.sort and np.unique give, whatever the keys look like."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpzero.engine import digit_sort
from nlpzero.engine.arrays import Keys


@st.composite
def keys(draw: st.DrawFn) -> Keys:
    """Keys of some bits, many of them equal or all with the same digit."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(0, 3000))
    bits, above = draw(st.integers(1, 64)), draw(st.integers(0, 2**64 - 1))
    values = rng.integers(0, 2**bits, n, np.uint64, endpoint=False) if bits < 64 else None
    if values is None:
        values = rng.integers(0, 2**64 - 1, n, np.uint64, endpoint=True)
    values |= np.uint64(above & ~((1 << bits) - 1))
    few = draw(st.integers(1, 3000))
    return values[rng.integers(0, min(few, n), n)] if n else values


@settings(deadline=None)
@given(keys())
def test_keys_are_sorted_and_counted(keys: Keys) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digit_sort, "FEW", 0 if len(keys) else 1)
        assert (digit_sort.sort_keys(keys.copy()) == np.sort(keys)).all()
        assert (digit_sort.sort_keys(keys.copy(), jobs=3) == np.sort(keys)).all()
        spare = np.empty(len(keys) + 3, np.uint64)
        distinct, counts = digit_sort.count_keys(keys.copy(), spare)
    expected, times = np.unique(keys, return_counts=True)
    assert distinct.tolist() == expected.tolist()
    assert counts.tolist() == times.tolist()
    assert (distinct.dtype, counts.dtype) == (np.uint64, np.int64)


@settings(deadline=None)
@given(st.lists(st.integers(0, 300) | st.integers(0, 2**40)), st.integers(0, 9))
def test_positions_need_no_passes(values: list[int], more: int) -> None:
    values = values * 70
    bits = max(1, len(values).bit_length()) + more
    keys = np.array([value << bits | i for i, value in enumerate(values)], np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digit_sort, "FEW", 0 if len(keys) else 1)
        for jobs in (1, 2):
            found = digit_sort.sort_keys(keys.copy(), ordered_bits=bits, jobs=jobs)
            assert (found == np.sort(keys)).all()


def test_pieces_that_fit_no_cache() -> None:
    rng = np.random.default_rng(0)
    n = 3 * digit_sort._CACHED
    keys = rng.integers(0, 1 << 47, n, np.uint64) | np.uint64(1 << 60)
    keys[: n // 4] &= np.uint64(0xFFFF)
    expected, times = np.unique(keys, return_counts=True)
    distinct, counts = digit_sort.count_keys(keys, np.empty_like(keys))
    assert (distinct == expected).all()
    assert (counts == times).all()


@given(st.lists(st.integers(0, 1 << 40), max_size=40), st.sampled_from([1, 50, 1 << 20, 1 << 41]))
def test_order_of_numbers(numbers: list[int], below: int) -> None:
    few = np.array(numbers, dtype=np.int64) % below
    many = np.resize(few, 1500 if numbers else 0)
    for some in (few, many, many.astype(np.int32) & 0x7FFFFFFF):
        assert digit_sort.digit_order(some).tolist() == np.argsort(some, kind="stable").tolist()
