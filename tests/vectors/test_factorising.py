"""Eigenvalues, and the products they are made of, against NumPy's."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from nlpzero.vectors.dense import add, gram, orthonormal
from nlpzero.vectors.eigen import eigen
from nlpzero.vectors.lanczos import leading_eigenvectors
from nlpzero.vectors.matrix import SparseMatrix


def sparse(dense: np.ndarray) -> SparseMatrix:
    rows, columns = np.nonzero(dense)
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))])
    values = dense[rows, columns].astype(np.float32)
    return SparseMatrix(ends.astype(np.int64), (columns.astype(np.int32), values))


def symmetric(n: int, seed: int, share: float = 0.2) -> np.ndarray:
    random = np.random.default_rng(seed)
    half = random.standard_normal((n, n)) * (random.random((n, n)) < share)
    return ((half + half.T) / 2).astype(np.float32).astype(np.float64)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 17, 60])
def test_eigenvalues_of_small_matrices(n: int) -> None:
    for matrix in (symmetric(n, n, 1.0), symmetric(n, n, 0.1), np.zeros((n, n)), np.eye(n)):
        values, vectors = eigen(matrix)
        assert np.allclose(values, np.linalg.eigvalsh(matrix), atol=1e-12)
        assert np.allclose(vectors.T @ vectors, np.eye(n), atol=1e-12)
        assert np.allclose(matrix @ vectors, vectors * values, atol=1e-11)


@pytest.mark.parametrize("kind", ["low rank", "graded", "falling below the smallest number"])
def test_eigenvalues_most_of_which_are_nothing(kind: str) -> None:
    random = np.random.default_rng(0)
    if kind == "low rank":
        factor = random.standard_normal((60, 5))
        matrix = factor @ factor.T
    elif kind == "graded":
        turn, _ = np.linalg.qr(random.standard_normal((60, 60)))
        matrix = (turn * 10.0 ** -np.arange(0.0, 240.0, 4.0)) @ turn.T
    else:
        scale = 10.0 ** -np.arange(0.0, 300.0, 5.0)
        matrix = np.diag(scale) + 1e-3 * np.sqrt(np.outer(scale, scale))
    values, vectors = eigen(matrix)
    largest = np.abs(matrix).max()
    np.testing.assert_allclose(values, np.linalg.eigvalsh(matrix), atol=1e-13 * largest)
    np.testing.assert_allclose((vectors * values) @ vectors.T, matrix, atol=1e-13 * largest)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(60), atol=1e-12)


@pytest.mark.parametrize(("rows", "wide", "width"), [(1, 1, 1), (9, 3, 5), (8200, 17, 9)])
def test_products_of_dense_matrices(rows: int, wide: int, width: int) -> None:
    random = np.random.default_rng(rows)
    left = random.standard_normal((rows, wide)).astype(np.float32)
    right = random.standard_normal((rows, width)).astype(np.float32)
    factors = random.standard_normal((wide, width))
    found = []
    for threads in (1, 3):
        with ThreadPoolExecutor(threads) as pool:
            product = gram(left, right, pool)
            sums = right.copy()
            add(sums, left, factors, pool)
            found.append((product.tobytes(), sums.tobytes()))
    assert found[0] == found[1]
    assert np.allclose(product, left.T.astype(np.float64) @ right, atol=1e-2)
    assert np.allclose(sums, right + left @ factors, atol=1e-3)


def test_columns_become_orthonormal_and_dependent_ones_zero() -> None:
    random = np.random.default_rng(0)
    y = random.standard_normal((50, 4)).astype(np.float32)
    y[:, 3] = y[:, 0] - y[:, 1]
    with ThreadPoolExecutor(1) as pool:
        found = orthonormal(y, pool)
    lengths = np.sort(np.linalg.norm(found, axis=0))
    assert lengths == pytest.approx([0, 1, 1, 1], abs=1e-4)


@pytest.mark.parametrize(("n", "count"), [(1, 1), (5, 3), (40, 60), (130, 20), (300, 40)])
def test_leading_eigenvalues_where_all_dimensions_are_searched(n: int, count: int) -> None:
    matrix = symmetric(n, n) + 3 * np.eye(n)
    wanted = np.sort(np.linalg.eigvalsh(matrix))[::-1]
    wanted = wanted[wanted > 1e-5][:count]
    with ThreadPoolExecutor(2) as pool:
        values, vectors = leading_eigenvectors(sparse(matrix), count, pool, block=40, steps=8)
    assert values == pytest.approx(wanted, abs=2e-4)
    assert np.allclose(matrix @ vectors, vectors * values, atol=5e-3)
    most = np.abs(vectors).argmax(axis=0)
    assert (vectors[most, np.arange(len(values))] > 0).all()


def test_leading_eigenvalues_of_a_large_matrix() -> None:
    n = 600
    random = np.random.default_rng(1)
    basis = np.linalg.qr(random.standard_normal((n, 60)))[0]
    matrix = (basis * 0.9 ** np.arange(60)) @ basis.T * 100
    with ThreadPoolExecutor(1) as pool:
        values, _ = leading_eigenvectors(sparse(matrix), 20, pool, block=16, steps=6)
    assert values == pytest.approx(100 * 0.9 ** np.arange(20), rel=1e-3)


def test_only_positive_eigenvalues_count() -> None:
    matrix = np.diag([3.0, -5.0, 2.0, 0.0])
    with ThreadPoolExecutor(1) as pool:
        values, vectors = leading_eigenvectors(sparse(matrix), 4, pool, block=2, steps=4)
    assert values == pytest.approx([3, 2], abs=1e-5)
    assert vectors.shape == (4, 2)
