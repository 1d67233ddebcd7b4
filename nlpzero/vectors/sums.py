"""Weighted sums of rows: of the words of a sentence, and of the characters of a word."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.jit import kernel


@kernel
def weighted_sums(
    ids: NDArray[np.int32],
    starts: NDArray[np.int64],
    vectors: Floats32,
    weights: Floats32,
    out: Floats32,
) -> None:
    """Add to ``out[d]`` the rows ``ids[starts[d]:starts[d + 1]]``, each times its weight."""
    width = vectors.shape[1]
    for d in range(len(starts) - 1):
        for i in range(starts[d], starts[d + 1]):
            weight = weights[ids[i]]
            source = vectors[ids[i]]
            for k in range(width):
                out[d, k] += weight * source[k]


def weighted_sum(rows: Floats32, weights: Floats32) -> Floats32:
    """The weighted sum of some rows, the same bits as :func:`weighted_sums`, without compiling."""
    out = np.zeros(rows.shape[1], np.float32)
    for row, weight in zip(rows, weights, strict=True):
        out += weight * row
    return out
