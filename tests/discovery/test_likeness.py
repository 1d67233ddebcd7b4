"""Neighbours and the map of words against obvious versions of both."""

import numpy as np

from nlpzero.discovery.likeness import nearest_rows, principal_plane


def rows_of(size: int, width: int) -> np.ndarray:
    rows = np.random.default_rng(5).normal(size=(size, width)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows[size // 2] = 0
    return rows


def test_nearest_rows() -> None:
    rows = rows_of(150, 4)
    rows[7] = rows[20]  # ties by row
    found = nearest_rows(rows, 130, 5)
    assert len(found) == 130
    assert found[75] == []
    for row in (0, 7, 20, 64, 129):
        cosines = [(float(-(rows[row] @ other)), i) for i, other in enumerate(rows)]
        expected = sorted(c for c in cosines if c[1] not in (row, 75))[:5]
        assert [i for i, _ in found[row]] == [i for _, i in expected]
        np.testing.assert_allclose([v for _, v in found[row]], [-c for c, _ in expected], rtol=1e-5)
    assert nearest_rows(rows[:1], 5, 5) == [[]]


def test_principal_plane() -> None:
    rows = rows_of(80, 6) * np.float32([3, 2, 1, 0.5, 0.5, 0.5])
    places = principal_plane(rows)
    known = np.delete(rows, 40, axis=0).astype(float)
    _, _, axes = np.linalg.svd(known - known.mean(axis=0), full_matrices=False)
    expected = (known - known.mean(axis=0)) @ axes[:2].T
    np.testing.assert_allclose(np.abs(np.delete(places, 40, axis=0)), np.abs(expected), atol=1e-6)
    assert np.isnan(places[40]).all()
    assert principal_plane(rows).tobytes() == places.tobytes()
    assert np.isnan(principal_plane(rows[40:41])).all()
    line = principal_plane(np.float32([[1], [-1]]))
    assert line.tolist() == [[1, 0], [-1, 0]]
