"""Windows are counted alike whatever the memory and the pieces in which the text comes."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpzero.engine.sorted_runs import in_memory, merge_in_memory
from nlpzero.ngrams import window_counter
from nlpzero.ngrams.window_counter import WindowCounter

SYMBOLS = st.lists(st.sampled_from([0, 1, 2, 3, 0x4E00, 0xFFFF]), max_size=60)


def windows_of(symbols: list[int]) -> Counter[int]:
    """The windows, one by one."""
    found: Counter[int] = Counter()
    for i in range(len(symbols)):
        clause = symbols[i : i + 4]
        clause = clause[: clause.index(0)] if 0 in clause else clause
        if clause:
            found[sum(symbol << (48 - 16 * j) for j, symbol in enumerate(clause))] += 1
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    blocks=st.lists(SYMBOLS, max_size=8),
    size=st.integers(8, 40),
    scattered=st.booleans(),
    spilled=st.booleans(),
)
def test_windows(
    blocks: list[list[int]], size: int, scattered: bool, spilled: bool, tmp_path: Path
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(window_counter, "FEW", 0 if scattered else 1000)
        patch.setattr(window_counter, "_ROWS", 3)
        counter = WindowCounter(1 << 20, tmp_path if spilled else None)
        counter._keys = np.empty(size, np.uint64)
        counter._symbols = np.empty(size + 3, np.uint16)
        counter._room = 0
        for block in blocks:
            counter.add(np.array(block, np.uint16))
        keys, counts = in_memory(merge_in_memory(counter.finish()))
    expected = windows_of([symbol for block in blocks for symbol in block])
    assert dict(zip(keys.tolist(), counts.tolist(), strict=True)) == expected
    assert keys.tolist() == sorted(expected)
