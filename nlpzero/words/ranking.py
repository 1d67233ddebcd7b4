"""Words by descending count, ties by code points: in memory, or in passes over a table in a
file.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import brief
from nlpzero.words.columns import Columns
from nlpzero.words.frame_kernels import place_by_rank, tally_ranks
from nlpzero.words.sorted_frames import join_frames

# rows of a mapped table that are in memory at a time, and their bytes
_ROWS = 1 << 20
_BYTES = 32 << 20
# counts below this are looked up, the others searched for
_DIRECT = 1 << 12
# seconds to rank a row when the loops are interpreted
_SECONDS_INTERPRETED = 2e-6


class Ranked(NamedTuple):
    """A stretch of the ranking: words, and their rows in the order of the ranking."""

    columns: Columns
    order: Array


def ranked_order(counts: Array) -> Array:
    """Rows by descending count, ties by row: a counting sort, as most counts are few numbers.

    Parameters
    ----------
    counts : int64[n]

    Returns
    -------
    uint32[n] or uint64[n]
    """
    distinct = _distinct(counts)
    direct = np.searchsorted(distinct, np.arange(_DIRECT)).astype(np.int64)
    tally = np.zeros(len(distinct), np.int64)
    with brief(len(counts) * _SECONDS_INTERPRETED):
        tally_ranks(counts, direct, distinct, tally)
        places = np.zeros_like(tally)
        # the highest rank comes first
        places[:-1] = np.cumsum(tally[:0:-1])[::-1]
        order = np.empty(len(counts), np.uint32 if len(counts) < 1 << 32 else np.uint64)
        place_by_rank(counts, direct, distinct, places, order)
    return order


def _distinct(counts: Array) -> Array:
    distinct = np.empty(0, np.int64)
    for first in range(0, len(counts), 1 << 20):
        distinct = np.union1d(distinct, np.unique(counts[first : first + (1 << 20)]))
    return distinct


def ranked_in_passes(columns: Columns, min_count: int = 1) -> Iterator[Ranked]:
    """The ranking of a table too large for memory, stretch by stretch.

    Words are in the order of their bytes, so those of one count are found in their order by one
    pass; counts that few words have share a pass.

    Parameters
    ----------
    columns : Columns
    min_count : int >= 1

    Yields
    ------
    Ranked
    """
    tally: dict[int, int] = {}
    for _, counts in _pieces(columns):
        for value, rows in zip(*np.unique(counts, return_counts=True), strict=True):
            tally[int(value)] = tally.get(int(value), 0) + int(rows)
    values = sorted((value for value in tally if value >= min_count), reverse=True)
    room = max(1, min(_ROWS, _BYTES * len(columns) // max(columns.nbytes, 1)))
    at = 0
    while at < len(values):
        high, rows = values[at], 0
        while at < len(values) and (not rows or rows + tally[values[at]] <= room):
            rows += tally[values[at]]
            at += 1
        low = values[at - 1]
        if low == high:
            for frame in _between(columns, low, high):
                yield Ranked(frame, np.arange(len(frame)))
        else:
            whole = _joined(_between(columns, low, high))
            yield Ranked(whole, ranked_order(whole.counts))


def _pieces(columns: Columns) -> Iterator[tuple[int, Array]]:
    for first in range(0, len(columns), _ROWS):
        yield first, np.asarray(columns.counts[first : first + _ROWS])
        columns.forget()


def _between(columns: Columns, low: int, high: int) -> Iterator[Columns]:
    """Words with counts in a range, in their order."""
    for frame in columns.frames():
        kept = frame.select((frame.counts >= low) & (frame.counts <= high))
        if len(kept):
            yield Columns.of_frame(kept)


def _joined(parts: Iterator[Columns]) -> Columns:
    return Columns.of_frame(join_frames(frame for part in parts for frame in part.frames()))
