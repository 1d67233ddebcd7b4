"""A sparse symmetric matrix that is multiplied row by row: in memory, or read from disk each time.

The sum of a row is taken in the order of its columns by one thread, so that products are the same
bits for any number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.jit import kernel
from nlpzero.engine.temporary import disk_errors

_CELL_BYTES = 8
# cells of a piece that is read from disk
_PIECE = 1 << 22
# ranges of rows in a piece, for threads that end at about the same time
_RANGES = 16


@kernel
def multiply_rows(
    ends: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Floats32,
    x: Floats32,
    begin: int,
    end: int,
    base: int,
    out: Floats32,
) -> None:
    """Rows ``begin:end`` of a product; ``columns`` and ``values`` begin with the cell ``base``."""
    width = x.shape[1]
    row = np.empty(width, np.float32)
    for w in range(begin, end):
        row[:] = np.float32(0)
        for p in range(ends[w] - base, ends[w + 1] - base):
            value = values[p]
            source = x[columns[p]]
            for k in range(width):
                row[k] += value * source[k]
        out[w] = row


class SparseMatrix:
    """Rows of cells with ascending columns.

    Parameters
    ----------
    ends : int64[rows + 1]
        Row w has the cells ``ends[w]:ends[w + 1]``.
    cells : (int32[n], float32[n]) or path
        Columns and values; or the files ``path + ".columns"`` and ``path + ".values"``.
    """

    def __init__(
        self, ends: NDArray[np.int64], cells: tuple[NDArray[np.int32], Floats32] | str
    ) -> None:
        self.ends = ends
        self._cells = cells

    @property
    def rows(self) -> int:
        return len(self.ends) - 1

    @property
    def size(self) -> int:
        """Cells."""
        return int(self.ends[-1])

    def pieces(self) -> Iterator[tuple[int, int, NDArray[np.int32], Floats32]]:
        """Ranges of rows with their cells."""
        if not isinstance(self._cells, str):
            yield 0, self.rows, *self._cells
            return
        with (
            open(self._cells + ".columns", "rb") as columns,
            open(self._cells + ".values", "rb") as values,
        ):
            begin = 0
            while begin < self.rows:
                last = int(np.searchsorted(self.ends, self.ends[begin] + _PIECE, "right")) - 1
                end = min(max(last, begin + 1), self.rows)
                count = int(self.ends[end] - self.ends[begin])
                yield (
                    begin,
                    end,
                    np.fromfile(columns, np.int32, count),
                    np.fromfile(values, np.float32, count),
                )
                begin = end

    def multiply(self, x: Floats32, pool: Executor) -> Floats32:
        """The product with a dense matrix of as many rows."""
        out = np.empty_like(x)
        for begin, end, columns, values in self.pieces():
            base = int(self.ends[begin])
            work = self.ends[begin : end + 1] - base + np.arange(end - begin + 1)
            inner = np.searchsorted(work, np.linspace(0, work[-1], _RANGES + 1)[1:-1]) + begin
            bounds = [begin, *inner.tolist(), end]

            def rows(
                number: int,
                bounds: list[int] = bounds,
                cells: tuple[NDArray[np.int32], Floats32] = (columns, values),
                base: int = base,
            ) -> None:
                multiply_rows(self.ends, *cells, x, bounds[number], bounds[number + 1], base, out)

            for _ in pool.map(rows, range(_RANGES)):
                pass
        return out


class MatrixBuilder:
    """Takes the cells of a matrix in order; what does not fit in memory goes to disk.

    Parameters
    ----------
    rows : int
    memory : int
        Bytes of cells to hold.
    folder : callable
        Gives the folder for what does not fit.

    Attributes
    ----------
    sizes : int64[rows]
        Cells of each row, to be filled by the caller.
    """

    def __init__(self, rows: int, memory: int, folder: Callable[[], Path]) -> None:
        self.sizes = np.zeros(rows, np.int64)
        self._memory = memory
        self._folder = folder
        self._held: list[tuple[NDArray[np.int32], Floats32]] = []
        self._size = 0
        self._path: str | None = None

    def append(self, columns: NDArray[np.int32], values: Floats32) -> None:
        """The cells that come next."""
        self._held.append((columns.copy(), values.copy()))
        self._size += len(columns)
        if self._size * _CELL_BYTES > self._memory:
            self._spill()

    def _spill(self) -> None:
        folder = self._folder()
        self._path = self._path or str(folder / uuid4().hex)
        with (
            disk_errors(folder),
            open(self._path + ".columns", "ab") as columns,
            open(self._path + ".values", "ab") as values,
        ):
            for some, of_them in self._held:
                some.tofile(columns)
                of_them.tofile(values)
        self._held, self._size = [], 0

    def finish(self) -> SparseMatrix:
        """The matrix."""
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.sizes)])
        if self._path is not None:
            self._spill()
            return SparseMatrix(ends, self._path)
        columns = np.concatenate([np.zeros(0, np.int32), *(some for some, _ in self._held)])
        values = np.concatenate([np.zeros(0, np.float32), *(some for _, some in self._held)])
        self._held = []
        return SparseMatrix(ends, (columns, values))
