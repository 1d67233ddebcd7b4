"""Groups of rows by spherical k-means: cosines in place of distances, centres on the sphere."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import Resources
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.nearest import similarities

_ROUNDS = 30
_BLOCK = 4096


@kernel
def nearest_centres(
    rows: Floats32,
    centres: Floats32,
    begin: int,
    end: int,
    labels: NDArray[np.int32],
    values: Floats32,
) -> None:
    """For the rows ``begin:end``: the nearest centre, the first of equal ones, and its cosine.

    ``centres`` has a column for each.
    """
    width, count = centres.shape
    dots = np.empty(count, np.float32)
    for r in range(begin, end):
        dots[:] = np.float32(0)
        for a in range(width):
            x = rows[r, a]
            for k in range(count):
                dots[k] += x * centres[a, k]
        best = 0
        for k in range(1, count):
            if dots[k] > dots[best]:
                best = k
        labels[r] = best
        values[r] = dots[best]


@kernel
def sum_by_label(rows: Floats32, labels: NDArray[np.int32], out: NDArray[np.float64]) -> None:
    """Add each row to the sum of its group, in their order."""
    for r in range(len(rows)):
        for a in range(rows.shape[1]):
            out[labels[r], a] += rows[r, a]


def _first_centres(rows: Floats32, count: int, seed: int) -> Floats32:
    """Rows far from each other: each drawn with a chance that grows with its distance from those
    before (k-means++; Arthur and Vassilvitskii 2007).
    """
    random = np.random.Generator(np.random.PCG64(seed))
    chosen = [int(random.integers(len(rows)))]
    distance = np.full(len(rows), 2.0)
    while len(chosen) < count:
        near = similarities(rows, rows[chosen[-1]])
        distance = np.minimum(distance, np.maximum(1.0 - near.astype(np.float64), 0.0))
        distance[chosen] = 0.0
        total = np.cumsum(distance)
        if total[-1] > 1e-9:
            place = int(np.searchsorted(total, random.random() * total[-1], "right"))
            chosen.append(min(place, len(rows) - 1))
        else:  # all that is left is where a centre is
            chosen.append(next(row for row in range(len(rows)) if row not in set(chosen)))
    return rows[chosen]


def spherical_k_means(
    rows: Floats32, count: int, *, seed: int = 1, resources: Resources | None = None
) -> tuple[NDArray[np.int32], Floats32]:
    """Groups of rows around centres.

    Parameters
    ----------
    rows : float32[n, d]
        Of length 1.
    count : int in [1, n]
    seed : int >= 0
    resources : Resources, optional
        Jobs are threads; the result does not depend on them.

    Returns
    -------
    labels : int32[n]
        The group of each row: the largest is 0.
    values : float32[n]
        Its cosine with its centre.
    """
    if not 1 <= count <= len(rows):
        raise ValueError(
            f"`count` must be an integer from 1 to the {len(rows)} rows there are, got {count}."
        )
    given = resources or Resources()
    labels, values = np.zeros(len(rows), np.int32), np.zeros(len(rows), np.float32)
    centres = _first_centres(rows, count, seed)
    with ThreadPoolExecutor(given.jobs) as pool:
        for done in range(_ROUNDS):
            before = labels.copy()
            _assign(rows, centres, labels, values, pool)
            given.tell("cluster", done + 1, _ROUNDS, "rounds")
            if done and (labels == before).all():
                break
            sums = np.zeros((count, rows.shape[1]))
            sum_by_label(rows, labels, sums)
            centres = unit_rows(sums)
            _fill_empty(rows, labels, values, centres)
    sizes = np.bincount(labels, minlength=count)
    place = np.empty(count, np.int32)
    place[np.argsort(-sizes, kind="stable")] = np.arange(count, dtype=np.int32)
    return place[labels], values


def _assign(
    rows: Floats32,
    centres: Floats32,
    labels: NDArray[np.int32],
    values: Floats32,
    pool: Executor,
) -> None:
    columns = np.ascontiguousarray(centres.T)
    parts = [(at, min(at + _BLOCK, len(rows))) for at in range(0, len(rows), _BLOCK)]

    def assign(part: tuple[int, int]) -> None:
        nearest_centres(rows, columns, part[0], part[1], labels, values)

    for _ in pool.map(assign, parts):
        pass


def _fill_empty(
    rows: Floats32, labels: NDArray[np.int32], values: Floats32, centres: Floats32
) -> None:
    """Give each centre without rows the row that is farthest from its own."""
    empty = np.flatnonzero(np.bincount(labels, minlength=len(centres)) == 0)
    far = np.argsort(values, kind="stable")[: len(empty)]
    centres[empty] = rows[far]
