"""Eigenvalues of small symmetric matrices, the same bits whatever else the machine does.

Householder reduction to tridiagonal form and the QL algorithm with implicit shifts (Bowdler,
Martin, Reinsch and Wilkinson 1968, in the form of EISPACK's tred2 and tql2).
"""

from __future__ import annotations

import math

import numpy as np

from nlpzero.engine.arrays import Floats
from nlpzero.engine.jit import kernel

_MOST_ROUNDS = 60


@kernel
def tridiagonal(a: Floats, diagonal: Floats, beside: Floats) -> None:
    """Reduce a symmetric matrix to tridiagonal form; ``a`` becomes the transformation, transposed.

    ``beside[i]`` stands between the rows i - 1 and i; ``beside[0]`` is 0. The rows of `a` are the
    new basis.
    """
    n = len(a)
    vectors = np.eye(n)
    v = np.empty(n)
    p = np.empty(n)
    largest = 0.0
    for i in range(n):
        for j in range(n):
            largest = max(largest, abs(a[i, j]))
    for k in range(n - 2):
        # a reflection that leaves of column k only what stands beside the diagonal
        norm = 0.0
        for i in range(k + 1, n):
            norm += a[i, k] * a[i, k]
        norm = math.sqrt(norm)
        if (
            norm <= 1e-20 * largest
        ):  # nothing beside the rest; its square could be too small a number
            continue
        alpha = -norm if a[k + 1, k] > 0 else norm
        for i in range(k + 1, n):
            v[i] = a[i, k]
        v[k + 1] -= alpha
        square = 0.0
        for i in range(k + 1, n):
            square += v[i] * v[i]
        if square == 0.0:
            continue
        beta = 2.0 / square
        for i in range(k + 1, n):
            p[i] = 0.0
        for i in range(k + 1, n):  # the matrix is symmetric: rows do for columns
            x = beta * v[i]
            for j in range(k + 1, n):
                p[j] += x * a[i, j]
        dot = 0.0
        for i in range(k + 1, n):
            dot += p[i] * v[i]
        half = 0.5 * beta * dot
        for i in range(k + 1, n):
            p[i] -= half * v[i]
        for i in range(k + 1, n):
            x, z = v[i], p[i]
            for j in range(k + 1, n):
                a[i, j] -= x * p[j] + z * v[j]
        for i in range(k + 1, n):
            a[i, k] = 0.0
            a[k, i] = 0.0
        a[k + 1, k] = alpha
        a[k, k + 1] = alpha
        # the rows of `vectors` are turned in the same way
        for j in range(n):
            p[j] = 0.0
        for i in range(k + 1, n):
            x = beta * v[i]
            for j in range(n):
                p[j] += x * vectors[i, j]
        for i in range(k + 1, n):
            x = v[i]
            for j in range(n):
                vectors[i, j] -= x * p[j]
    beside[0] = 0.0
    for i in range(n):
        diagonal[i] = a[i, i]
        if i:
            beside[i] = a[i, i - 1]
    a[:] = vectors


@kernel
def implicit_ql(diagonal: Floats, beside: Floats, vectors: Floats, most: int) -> bool:
    """Eigenvalues of a tridiagonal matrix, in `diagonal`; the rows of `vectors` are turned into its
    eigenvectors. False if it does not end.
    """
    n = len(diagonal)
    for i in range(1, n):
        beside[i - 1] = beside[i]
    beside[n - 1] = 0.0
    # what is nothing beside the largest is nothing: where the rank is low, the rest are rounding
    # errors of any size, and beside their neighbours none of them would ever be small
    largest = 0.0
    for i in range(n):
        largest = max(largest, abs(diagonal[i]) + abs(beside[i]))
    for low in range(n):
        rounds = 0
        while True:
            m = low
            while m < n - 1:
                if abs(beside[m]) <= 2.3e-16 * largest:
                    break
                m += 1
            if m == low:
                break
            rounds += 1
            if rounds > most:
                return False
            g = (diagonal[low + 1] - diagonal[low]) / (2.0 * beside[low])
            r = math.hypot(g, 1.0)
            g = diagonal[m] - diagonal[low] + beside[low] / (g + (r if g >= 0 else -r))
            s = 1.0
            c = 1.0
            p = 0.0
            split = False
            for i in range(m - 1, low - 1, -1):
                f = s * beside[i]
                b = c * beside[i]
                r = math.hypot(f, g)
                beside[i + 1] = r
                if r == 0.0:
                    diagonal[i + 1] -= p
                    beside[m] = 0.0
                    split = True
                    break
                s = f / r
                c = g / r
                g = diagonal[i + 1] - p
                r = (diagonal[i] - g) * s + 2.0 * c * b
                p = s * r
                diagonal[i + 1] = g + p
                g = c * r - b
                upper, lower = vectors[i + 1], vectors[i]
                for k in range(vectors.shape[1]):
                    f = upper[k]
                    upper[k] = s * lower[k] + c * f
                    lower[k] = c * lower[k] - s * f
            if split:
                continue
            diagonal[low] -= p
            beside[low] = g
            beside[m] = 0.0
    return True


def eigen(matrix: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues, ascending, and eigenvectors as columns, of a symmetric matrix.

    Parameters
    ----------
    matrix : float64[n, n]
        Only its symmetric part matters; finite.

    Returns
    -------
    values : float64[n]
    vectors : float64[n, n]

    Raises
    ------
    ArithmeticError
        It does not converge, which no finite matrix is known to do.

    Examples
    --------
    >>> values, vectors = eigen(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> values.round(12).tolist(), abs(vectors).round(4).tolist()
    ([1.0, 3.0], [[0.7071, 0.7071], [0.7071, 0.7071]])
    """
    work = np.ascontiguousarray((matrix + matrix.T) / 2)
    diagonal, beside = np.empty(len(work)), np.empty(len(work))
    if not len(work):
        return diagonal, work
    tridiagonal(work, diagonal, beside)
    if not implicit_ql(diagonal, beside, work, _MOST_ROUNDS):
        raise ArithmeticError("the eigenvalues of a matrix do not converge")
    order = np.argsort(diagonal, kind="stable")
    return diagonal[order], np.ascontiguousarray(work[order].T)
