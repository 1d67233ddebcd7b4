"""How often words stand near each other: exact counts, in bounded memory, for any number of jobs.

A neighbour at distance k counts window + 1 - k: what the shrinking window of word2vec gives in
expectation, times the window, in whole numbers. So counts add up exactly, in whatever order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.jit import kernel
from nlpzero.engine.passes import Passes
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import (
    ROW_BYTES,
    Chunk,
    Run,
    in_memory,
    merge_in_memory,
    merge_runs,
    run_on_disk,
)
from nlpzero.vectors.matrix import MatrixBuilder, SparseMatrix
from nlpzero.vectors.numbered_text import NumberedText, Words
from nlpzero.words.word_ids import Part

_LEAST_CELLS = 1 << 14


@kernel
def postings(
    ids: NDArray[np.int32], starts: NDArray[np.int64], words: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Where each word stands, and how many neighbours every place has to the left and to the right.

    Returns
    -------
    first : int64[words + 1]
        Word w stands at ``places[first[w]:first[w + 1]]``.
    places : int64[len(ids)]
    left, right : uint8[len(ids)]
        Up to 255.
    """
    first = np.zeros(words + 1, np.int64)
    for i in range(len(ids)):
        first[ids[i] + 1] += 1
    for w in range(words):
        first[w + 1] += first[w]
    fill = first[:-1].copy()
    places = np.empty(len(ids), np.int64)
    left = np.empty(len(ids), np.uint8)
    right = np.empty(len(ids), np.uint8)
    for d in range(len(starts) - 1):
        for i in range(starts[d], starts[d + 1]):
            places[fill[ids[i]]] = i
            fill[ids[i]] += 1
            left[i] = min(255, i - starts[d])
            right[i] = min(255, starts[d + 1] - 1 - i)
    return first, places, left, right


@kernel
def count_rows(
    ids: NDArray[np.int32],
    first: NDArray[np.int64],
    places: NDArray[np.int64],
    left: NDArray[np.uint8],
    right: NDArray[np.uint8],
    window: int,
    begin: int,
    end: int,
    total: NDArray[np.int64],
    touched: NDArray[np.int32],
    keys: NDArray[np.uint64],
    counts: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> int:
    """Write the cells of the rows ``begin:end``, sorted, and add up each row; return how many.

    A cell is word << 32 | neighbour. ``total`` is zero and stays so; ``total`` and ``touched`` have
    room for all words.
    """
    n = 0
    words = len(total)
    for w in range(begin, end):
        m = 0
        for p in range(first[w], first[w + 1]):
            i = places[p]
            for j in range(i - min(window, np.int64(left[i])), i):
                c = ids[j]
                if total[c] == 0:
                    touched[m] = c
                    m += 1
                total[c] += window + 1 + j - i
            for j in range(i + 1, i + min(window, np.int64(right[i])) + 1):
                c = ids[j]
                if total[c] == 0:
                    touched[m] = c
                    m += 1
                total[c] += window + 1 + i - j
        row = np.uint64(w) << np.uint64(32)
        sum_ = np.int64(0)
        if m > words >> 3:  # to look at all words is quicker than to sort
            for c in range(words):
                if total[c] > 0:
                    keys[n] = row | np.uint64(c)
                    counts[n] = total[c]
                    sum_ += total[c]
                    total[c] = 0
                    n += 1
        else:
            order = np.sort(touched[:m])
            for k in range(m):
                c = order[k]
                keys[n] = row | np.uint64(c)
                counts[n] = total[c]
                sum_ += total[c]
                total[c] = 0
                n += 1
        sums[w] = sum_
    return n


def row_ranges(first: NDArray[np.int64], window: int, cells: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of rows that have about so many cells at most, and for how many each needs room."""
    words = len(first) - 1
    tokens = max(1, cells // (2 * window))
    begin = 0
    while begin < words:
        end = int(np.searchsorted(first, first[begin] + tokens, "right")) - 1
        end = min(max(end, begin + 1), words)
        mass = int(first[end] - first[begin])
        yield begin, end, min(mass * 2 * window, (end - begin) * words)
        begin = end


def count_documents(
    ids: NDArray[np.int32],
    starts: NDArray[np.int64],
    words: int,
    window: int,
    sums: NDArray[np.int64],
    cells: int = 1 << 22,
) -> Iterator[Chunk]:
    """Neighbours of the words of some documents, in ascending order of word << 32 | neighbour.

    Parameters
    ----------
    ids : int32[n]
        Numbers from 0 to `words` - 1.
    starts : int64[documents + 1]
        Where each document begins, with the end; each has a word at least.
    words, window : int
    sums : int64[words]
        Receives the sum of each row.
    cells : int
        How many to hold at a time, about; the result does not depend on it.
    """
    found = postings(ids, starts, words)
    total = np.zeros(words, np.int64)
    touched = np.empty(words, np.int32)
    for begin, end, room in row_ranges(found[0], window, cells):
        keys, counts = np.empty(room, np.uint64), np.empty(room, np.int64)
        n = count_rows(ids, *found, window, begin, end, total, touched, keys, counts, sums)
        if n:
            yield keys[:n], counts[:n]


def _count_part(
    part: Part,
    words: Words,
    window: int,
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> tuple[Run, NDArray[np.int64]]:
    """The neighbours of a part as a run, and the sum of each row."""
    ids, starts = words.documents(part)
    sums = np.zeros(words.size, np.int64)
    cells = max(_LEAST_CELLS, memory // (8 * ROW_BYTES))
    chunks = count_documents(ids, starts, words.size, window, sums, cells)
    if folder is None:
        keys, counts = in_memory((keys.copy(), counts.copy()) for keys, counts in chunks)
        run = Run(len(keys), keys, counts)
    else:
        run = run_on_disk(chunks, folder)
    report.bytes_read += part.text_bytes
    return run, sums


@kernel
def ppmi_cells(
    keys: NDArray[np.uint64],
    counts: NDArray[np.int64],
    logs: NDArray[np.float64],
    shift: float,
    columns: NDArray[np.int32],
    values: NDArray[np.float32],
    sizes: NDArray[np.int64],
) -> int:
    """Weigh cells and keep those above 0; adds to `sizes` how many each row keeps."""
    n = 0
    for i in range(len(keys)):
        row = np.int64(keys[i] >> np.uint64(32))
        column = np.int64(keys[i] & np.uint64(0xFFFFFFFF))
        value = np.float32(math.log(counts[i]) - logs[row] - logs[column] - shift)
        if value > 0:
            columns[n] = column
            values[n] = value
            sizes[row] += 1
            n += 1
    return n


def ppmi_terms(
    sums: NDArray[np.int64], smoothing: float, ratio: float
) -> tuple[NDArray[np.float64], float]:
    """What is taken from the logarithm of a cell: a term for its row and for its column, and one
    for all.
    """
    n = sums.astype(np.float64)
    logs = (1 + smoothing) / 2 * np.log(np.maximum(n, 1))
    return logs, math.log(ratio) - math.log(max(float((n**smoothing).sum()), 1.0))


def ppmi_matrix(
    text: NumberedText, window: int, smoothing: float, ratio: float, passes: Passes[Any]
) -> SparseMatrix:
    """Count the neighbours of all words and weigh them.

    Parameters
    ----------
    text : NumberedText
    window : int
    smoothing : float
        Exponent a of the context distribution.
    ratio : float
        Cells that are not so many times as frequent as by chance are left out.
    passes : Passes

    Returns
    -------
    SparseMatrix
        ``max(0, ln C_ij - (1 + a)/2 (ln n_i + ln n_j) + ln sum n^a - ln ratio)``: symmetric.
    """
    near = passes.single and text.tokens * window * 2 * ROW_BYTES <= passes.budget // 2
    folder = None if near else passes.folder
    sums = np.zeros(text.words.size, np.int64)
    runs: list[Run] = []
    for run, part_sums in passes.map(
        _count_part,
        text.words,
        window,
        passes.share,
        folder,
        stage="count neighbours",
        shards=text.parts,
        ordered=True,
    ):
        runs.append(run)
        sums += part_sums
    logs, shift = ppmi_terms(sums, smoothing, ratio)
    builder = MatrixBuilder(text.words.size, passes.budget // 4, lambda: passes.folder)
    for keys, counts in _merged(runs, passes):
        columns, values = np.empty(len(keys), np.int32), np.empty(len(keys), np.float32)
        n = ppmi_cells(keys, counts, logs, shift, columns, values, builder.sizes)
        builder.append(columns[:n], values[:n])
    for run in runs:
        run.delete()
    return builder.finish()


def _merged(runs: list[Run], passes: Passes[Any]) -> Iterator[Chunk]:
    rows = sum(map(len, runs))
    if len(runs) > 1 and 3 * rows * ROW_BYTES <= passes.budget // 2:
        return merge_in_memory(runs, passes.jobs)
    return merge_runs(runs, passes.budget // 8, passes.folder if len(runs) > 1 else None)
