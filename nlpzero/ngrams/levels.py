"""Counting n-grams above order 4: level by level, in ranges of prefixes that fit the budget."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from nlpzero.engine.arrays import Keys, Symbols
from nlpzero.engine.hash_tables import KeyIndex, index_of, look_up
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import KeyCounter, Run, in_memory
from nlpzero.ngrams.keys import LAST_SYMBOL, PACKED_ORDER, before_key, next_key
from nlpzero.ngrams.table import Level
from nlpzero.ngrams.windows import (
    TextPasses,
    blocks_of,
    handed_over,
    left_in,
    merged,
    symbol_blocks,
    windows,
)
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard


def _level_keys(symbols: Symbols, stop: int, k: int, lower: Sequence[KeyIndex]) -> Keys:
    """Keys of the k-grams that begin before `stop` and whose first k - 1 symbols were kept."""
    ids = window_ids(symbols, stop, lower[0])
    for j, index in enumerate(lower[1:], PACKED_ORDER):
        extend_ids(symbols, ids, j, index)
    out = np.empty(stop, np.uint64)
    return out[: extended_keys(symbols, ids, k - 1, out)]


def _count_level(
    blocks: Iterable[str],
    alphabet: Alphabet,
    k: int,
    kept: Sequence[Keys],
    memory: int,
    folder: Path | None,
) -> list[Run]:
    lower = [index_of(keys) for keys in kept]
    counter = KeyCounter(memory, folder)
    for symbols, stop in windows(symbol_blocks(blocks, alphabet), k - 1):
        counter.add(_level_keys(symbols, stop, k, lower))
    return counter.finish()


def _level_worker(
    shard: Shard,
    alphabet: Alphabet,
    k: int,
    kept: Sequence[Keys],
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> list[Run]:
    runs = _count_level(shard.blocks(report=report), alphabet, k, kept, memory, folder)
    return handed_over(runs, memory, folder)


def count_one_level(
    passes: TextPasses, alphabet: Alphabet, k: int, kept: Sequence[Keys], min_count: int
) -> Level:
    stage = f"count {k}-grams"
    if passes.single:
        blocks = blocks_of(passes, stage)
        runs = _count_level(blocks, alphabet, k, kept, passes.share, passes.folder)
    else:
        shared = (alphabet, k, kept, passes.share, left_in(passes))
        runs = [run for part in passes.map(_level_worker, *shared, stage=stage) for run in part]
    chunks = merged(passes, runs)
    return Level(*in_memory((keys[n >= min_count], n[n >= min_count]) for keys, n in chunks))


@kernel
def window_ids(symbols: np.ndarray, stop: int, index: KeyIndex) -> np.ndarray:
    """Row, in indexed four-symbol keys, of the window at each position before `stop`, or -1."""
    n = len(symbols)
    ids = np.empty(stop, np.int64)
    key = np.uint64(0)
    for i in range(min(n, stop + 3) - 1, -1, -1):
        symbol = np.uint64(symbols[i])
        key = before_key(symbol, key) if symbol else np.uint64(0)
        if i < stop:
            ids[i] = look_up(index, key) if key & LAST_SYMBOL else -1
    return ids


@kernel
def extended_keys(symbols: np.ndarray, ids: np.ndarray, offset: int, out: np.ndarray) -> int:
    """Keys ``id << 16 | symbol`` where the gram at a position is known and a symbol follows it.

    Returns how many were written; ids whose gram has no successor become -1.
    """
    written = 0
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
            continue
        out[written] = next_key(ids[i], symbol)
        written += 1
    return written


@kernel
def extend_ids(symbols: np.ndarray, ids: np.ndarray, offset: int, index: KeyIndex) -> None:
    """Replace the id of the gram at each position by that of the gram one symbol longer, or -1."""
    for i in range(len(ids)):
        if ids[i] < 0:
            continue
        symbol = symbols[i + offset] if i + offset < len(symbols) else np.uint16(0)
        if symbol == 0:
            ids[i] = -1
        else:
            ids[i] = look_up(index, next_key(ids[i], symbol))
