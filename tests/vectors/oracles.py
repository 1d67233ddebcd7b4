"""Slow, obvious versions of what `nlpzero.vectors` does."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np


def vocabulary(
    documents: Sequence[Sequence[str]], min_count: int, most: int
) -> tuple[list[str], list[int]]:
    """Words by falling count, ties by code points."""
    counts = Counter(word for document in documents for word in document)
    kept = [item for item in counts.items() if item[1] >= min_count]
    kept.sort(key=lambda item: (-item[1], item[0].encode("utf-8")))
    return [word for word, _ in kept[:most]], [count for _, count in kept[:most]]


def neighbours(documents: Sequence[Sequence[int]], window: int) -> dict[tuple[int, int], int]:
    """Cells of the matrix of counts: a neighbour at distance k counts window + 1 - k."""
    cells: dict[tuple[int, int], int] = defaultdict(int)
    for words in documents:
        for i, one in enumerate(words):
            for j, other in enumerate(words):
                if i != j and abs(i - j) <= window:
                    cells[one, other] += window + 1 - abs(i - j)
    return dict(cells)


def ppmi(
    cells: dict[tuple[int, int], int], words: int, smoothing: float, ratio: float
) -> np.ndarray:
    """The matrix of the formula, cell by cell in double precision."""
    sums = [0] * words
    for (i, _), count in cells.items():
        sums[i] += count
    total = math.log(sum(n**smoothing for n in sums if n))
    out = np.zeros((words, words))
    for (i, j), count in cells.items():
        both = (1 + smoothing) / 2 * (math.log(sums[i]) + math.log(sums[j]))
        out[i, j] = max(0.0, math.log(count) - both + total - math.log(ratio))
    return out
