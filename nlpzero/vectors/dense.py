"""Products of tall dense matrices with a fixed order of summation.

Not those of a BLAS: its results depend on how many threads it has.
"""

from __future__ import annotations

from concurrent.futures import Executor

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats, Floats32
from nlpzero.engine.jit import kernel
from nlpzero.vectors.eigen import eigen

# rows that are summed in single precision; the sums of such blocks are added in double precision
_BLOCK = 4096


@kernel
def gram_block(left: Floats32, right: Floats32, begin: int, end: int) -> Floats32:
    """``left.T @ right`` over the rows ``begin:end``.

    Eight rows at a time: each sum is loaded and stored once for all of them.
    """
    wide, width = left.shape[1], right.shape[1]
    out = np.zeros((wide, width), np.float32)
    r = begin
    while r + 8 <= end:
        for a in range(wide):
            x0, x1, x2, x3 = left[r, a], left[r + 1, a], left[r + 2, a], left[r + 3, a]
            x4, x5, x6, x7 = left[r + 4, a], left[r + 5, a], left[r + 6, a], left[r + 7, a]
            for k in range(width):
                out[a, k] += (
                    (x0 * right[r, k] + x1 * right[r + 1, k])
                    + (x2 * right[r + 2, k] + x3 * right[r + 3, k])
                ) + (
                    (x4 * right[r + 4, k] + x5 * right[r + 5, k])
                    + (x6 * right[r + 6, k] + x7 * right[r + 7, k])
                )
        r += 8
    while r < end:
        for a in range(wide):
            x0 = left[r, a]
            for k in range(width):
                out[a, k] += x0 * right[r, k]
        r += 1
    return out


@kernel
def add_product(y: Floats32, left: Floats32, factors: Floats32, begin: int, end: int) -> None:
    """``y += left @ factors`` for the rows ``begin:end``."""
    wide, width = factors.shape
    for r in range(begin, end):
        a = 0
        while a + 8 <= wide:
            x0, x1, x2, x3 = left[r, a], left[r, a + 1], left[r, a + 2], left[r, a + 3]
            x4, x5, x6, x7 = left[r, a + 4], left[r, a + 5], left[r, a + 6], left[r, a + 7]
            for k in range(width):
                y[r, k] += (
                    (x0 * factors[a, k] + x1 * factors[a + 1, k])
                    + (x2 * factors[a + 2, k] + x3 * factors[a + 3, k])
                ) + (
                    (x4 * factors[a + 4, k] + x5 * factors[a + 5, k])
                    + (x6 * factors[a + 6, k] + x7 * factors[a + 7, k])
                )
            a += 8
        while a < wide:
            x0 = left[r, a]
            for k in range(width):
                y[r, k] += x0 * factors[a, k]
            a += 1


def _blocks(rows: int) -> list[tuple[int, int]]:
    return [(begin, min(begin + _BLOCK, rows)) for begin in range(0, rows, _BLOCK)]


def gram(left: Floats32, right: Floats32, pool: Executor) -> Floats:
    """``left.T @ right``, the same bits for any number of threads.

    Parameters
    ----------
    left : float32[rows, a]
    right : float32[rows, b]
    pool : Executor
        Threads.

    Returns
    -------
    float64[a, b]
    """
    total = np.zeros((left.shape[1], right.shape[1]))
    for part in pool.map(lambda at: gram_block(left, right, *at), _blocks(len(left))):
        total += part
    return total


def add(y: Floats32, left: Floats32, factors: Floats, pool: Executor) -> None:
    """``y += left @ factors`` in place."""
    exact = np.ascontiguousarray(factors, np.float32)
    for _ in pool.map(lambda at: add_product(y, left, exact, *at), _blocks(len(y))):
        pass


def orthonormal(y: Floats32, pool: Executor, least: float = 0.0) -> Floats32:
    """The columns made orthonormal through their Gram matrix, twice for accuracy.

    Directions that depend on the others, or whose squared length is not above `least`, become
    columns of zeros.
    """
    for _ in range(2):
        values, vectors = eigen(gram(y, y, pool))
        least = max(float(values[-1]) * 1e-10, least)
        scale = np.where(values > least, 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
        new = np.zeros_like(y)
        add(new, y, vectors * scale, pool)
        y, least = new, 0.25  # what is left has length 1, or 0
    return y


def unit_rows(rows: NDArray[np.floating]) -> Floats32:
    """Rows of length 1; those of zeros stay.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    out = np.empty(rows.shape, np.float32)
    for begin, end in _blocks(len(rows)):  # what is in double precision stays small
        part = rows[begin:end]
        squares = np.einsum("ij,ij->i", part, part, dtype=np.float64)
        out[begin:end] = part / np.maximum(np.sqrt(squares), 1e-12)[:, None]
    return out
