"""The rows nearest to a direction, in a total order and without a BLAS, so that answers are the
same everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32

# rows of bytes that are made numbers at a time
_PIECE = 1 << 13


def similarities(rows: NDArray[np.float32] | NDArray[np.int8], direction: Floats32) -> Floats32:
    """The product of each row with a direction."""
    if rows.dtype == np.float32:
        return np.einsum("ij,j->i", rows, direction)
    out = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), _PIECE):
        part = rows[at : at + _PIECE].astype(np.float32)
        np.einsum("ij,j->i", part, direction, out=out[at : at + _PIECE])
    return out


def largest(values: Floats32, count: int) -> NDArray[np.int64]:
    """Rows of the largest values, descending, ties by row.

    Examples
    --------
    >>> largest(np.array([1, 3, 2, 3], np.float32), 3).tolist()
    [1, 3, 2]
    """
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        candidates = np.flatnonzero(values >= least)
    else:
        candidates = np.arange(len(values))
    order = np.argsort(-values[candidates], kind="stable")[:count]
    return candidates[order]
