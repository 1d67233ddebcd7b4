"""The leading eigenvectors of a large sparse symmetric matrix by block Lanczos."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from uuid import uuid4

import numpy as np

from nlpzero.engine.arrays import Floats, Floats32
from nlpzero.engine.temporary import disk_errors
from nlpzero.vectors.dense import add, gram, orthonormal
from nlpzero.vectors.eigen import eigen
from nlpzero.vectors.matrix import SparseMatrix


class _Basis:
    """Blocks of columns: in memory, or each in a file if they do not fit."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._blocks: list[Floats32 | Path] = []

    def __len__(self) -> int:
        return len(self._blocks)

    def append(self, block: Floats32) -> None:
        if self._folder is None:
            self._blocks.append(block)
            return
        path = self._folder / f"{uuid4().hex}.npy"
        with disk_errors(self._folder):
            np.save(path, block)
        self._blocks.append(path)

    def __getitem__(self, number: int) -> Floats32:
        block = self._blocks[number]
        if isinstance(block, Path):
            read: Floats32 = np.load(block)
            return read
        return block

    def delete(self) -> None:
        for block in self._blocks:
            if isinstance(block, Path):
                block.unlink(missing_ok=True)


def leading_eigenvectors(
    matrix: SparseMatrix,
    count: int,
    pool: Executor,
    *,
    block: int,
    steps: int,
    seed: int = 1,
    folder: Path | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Floats, Floats32]:
    """The largest positive eigenvalues of a symmetric matrix, and their eigenvectors.

    Block Lanczos with full reorthogonalisation: the matrix is read `steps` times, against `block`
    columns each.

    Parameters
    ----------
    matrix : SparseMatrix
    count : int
        How many at most; there may be fewer positive ones.
    pool : Executor
        Threads; the result is the same bits for any number of them.
    block, steps : int
        The eigenvalues are found in ``block * steps`` dimensions.
    seed : int
        Of the random start.
    folder : Path, optional
        Keep the basis there and not in memory: ``4 * block * steps`` bytes for each row.
    tell : callable
        Called with the steps done, and all.

    Returns
    -------
    values : float64[k]
        Descending.
    vectors : float32[rows, k]
        Unit columns; the entry of largest modulus of each is positive.
    """
    rows = matrix.rows
    block = min(block, rows)
    steps = max(1, min(steps, -(-rows // block)))
    basis = _Basis(folder)
    small = np.zeros((block * steps, block * steps))
    random = np.random.Generator(np.random.PCG64(seed))
    y = random.standard_normal((rows, block), dtype=np.float32)
    try:
        for step in range(steps):
            # what is left of a direction that is in the basis already is rounding
            rounding = 1e-12 * float(np.trace(gram(y, y, pool)))
            for _ in range(2 if step else 0):
                for number in range(step):
                    before = basis[number]
                    add(y, before, -gram(before, y, pool), pool)
            y = orthonormal(y, pool, rounding)
            basis.append(y)
            y = matrix.multiply(y, pool)
            here = slice(step * block, (step + 1) * block)
            for number in range(step + 1):
                there = slice(number * block, (number + 1) * block)
                small[there, here] = gram(basis[number], y, pool)
            tell(step + 1, steps)
        small = np.triu(small)
        values, vectors = eigen(small + np.triu(small, 1).T)
        order = np.argsort(-values, kind="stable")[:count]
        order = order[values[order] > 1e-6 * max(float(np.abs(values).max()), 1e-300)]
        values, vectors = values[order], vectors[:, order]
        out = np.zeros((rows, len(order)), np.float32)
        for number in range(steps):
            add(out, basis[number], vectors[number * block : (number + 1) * block], pool)
    finally:
        basis.delete()
    if out.size:
        out *= np.where(out[np.abs(out).argmax(axis=0), np.arange(len(order))] < 0, -1, 1).astype(
            np.float32
        )
    return values, out
