"""Counting strings within a memory budget: tables that go to disk in the order of their hashes, and
their merge.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.string_table import Strings, StringTable, stretch_hash
from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.temporary import KeptFolder, PathLike, disk_errors

# more runs than this are first merged among themselves
_MOST_RUNS = 64
# what a table may take of the memory before it is written: growing doubles it, writing copies it
_TABLE_SHARE = 0.2
# runs up to this share stay in memory
_SMALL_SHARE = 1 / 64
# bytes of a row while runs are merged: hash, offset, count, a table of half its size, and copies
_ROW_BYTES = 160


class HashedStrings(NamedTuple):
    """Distinct strings in the order of their hashes.

    hashes : ndarray of uint64, ascending
    strings : Strings
        With their counts.
    sums : ndarray of int64, shape (n, columns)
        Added up beside the count.
    """

    hashes: Keys
    strings: Strings
    sums: Counts

    @classmethod
    def empty(cls, columns: int = 0) -> "HashedStrings":
        return cls(np.zeros(0, np.uint64), Strings.empty(), np.zeros((0, columns), np.int64))

    def rows(self, start: int, stop: int) -> "HashedStrings":
        """Some consecutive rows; nothing is copied but the offsets."""
        stop = min(stop, len(self.hashes))
        offsets = self.strings.offsets[start : stop + 1]
        strings = Strings(
            self.strings.symbols[offsets[0] : offsets[-1]],
            offsets - offsets[0],
            self.strings.counts[start:stop],
        )
        return HashedStrings(self.hashes[start:stop], strings, self.sums[start:stop])

    @property
    def nbytes(self) -> int:
        return self.hashes.nbytes + self.sums.nbytes + sum(array.nbytes for array in self.strings)


class StringRun(NamedTuple):
    """Hashed strings in memory, or in files.

    rows, symbols : int
    columns : int
    held : HashedStrings or None
    path : str or None
        Files ``path + ".hashes"`` and so on.
    """

    rows: int
    symbols: int
    columns: int
    held: HashedStrings | None
    path: str | None

    @classmethod
    def of(cls, held: HashedStrings) -> "StringRun":
        return cls(len(held.hashes), len(held.strings.symbols), held.sums.shape[1], held, None)

    def chunks(self, rows: int) -> Iterator[HashedStrings]:
        """The run in pieces of at most `rows` rows."""
        if self.held is not None:
            for at in range(0, self.rows, rows):
                yield self.held.rows(at, at + rows)
            return
        symbols_read = 0
        for at in range(0, self.rows, rows):
            n = min(rows, self.rows - at)
            lengths = self._part("lengths", np.uint16, at, n).astype(np.int64)
            offsets = np.concatenate([[0], np.cumsum(lengths)])
            symbols = self._part("symbols", np.uint16, symbols_read, int(offsets[-1]))
            symbols_read += len(symbols)
            sums = self._part("sums", np.int64, at * self.columns, n * self.columns)
            yield HashedStrings(
                self._part("hashes", np.uint64, at, n),
                Strings(symbols, offsets, self._part("counts", np.int64, at, n)),
                sums.reshape(n, self.columns),
            )

    def _part(self, name: str, dtype: type, first: int, n: int) -> npt.NDArray[Any]:
        if n == 0:
            return np.zeros(0, dtype)
        return np.fromfile(f"{self.path}.{name}", dtype, n, offset=first * np.dtype(dtype).itemsize)

    def delete(self) -> None:
        """Free the disk; the run must not be read any more."""
        if self.path is not None:
            for name in _COLUMNS:
                Path(f"{self.path}.{name}").unlink(missing_ok=True)


_COLUMNS = ("hashes", "lengths", "symbols", "counts", "sums")


def _written(parts: Iterator[HashedStrings], folder: Path, columns: int) -> StringRun:
    """Write hashed strings as a run on disk."""
    path = str(folder / uuid4().hex)
    rows = symbols = 0
    with disk_errors(folder), ExitStack() as stack:
        files = [stack.enter_context(open(f"{path}.{name}", "wb")) for name in _COLUMNS]
        for part in parts:
            arrays: tuple[npt.NDArray[Any], ...] = (
                part.hashes,
                part.strings.lengths.astype(np.uint16),
                part.strings.symbols,
                part.strings.counts,
                part.sums,
            )
            for file, array in zip(files, arrays, strict=True):
                file.write(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
            rows += len(part.hashes)
            symbols += len(part.strings.symbols)
    return StringRun(rows, symbols, columns, None, path)


class StringCounter:
    """Count strings of up to 65,535 symbols within a memory budget.

    Parameters
    ----------
    memory : int
        Bytes. The result does not depend on it.
    folder : Path, optional
        Where tables go that do not fit; without it everything stays in memory.
    columns : int
        Sums kept beside each count.

    Examples
    --------
    >>> counter = StringCounter(1 << 20)
    >>> counter.add(np.array([5, 6, 5, 6, 7], np.uint16), np.array([0, 2, 4]), np.array([2, 4, 5]))
    >>> [sorted(part.strings.counts.tolist()) for part in counter.finish()[0].chunks(9)]
    [[1, 2]]
    """

    def __init__(self, memory: int, folder: Path | None = None, columns: int = 0) -> None:
        self._memory = memory
        self._folder = folder
        self._columns = columns
        self._table = StringTable(columns)
        self._runs: list[StringRun] = []

    def add(
        self, symbols: Symbols, starts: Counts, ends: Counts, values: Counts | None = None
    ) -> None:
        """Count stretches ``symbols[starts:ends]``, and add up a row of values for each."""
        self._table.add(symbols, starts, ends, None, values)
        if self._folder is not None and self._table.nbytes > _TABLE_SHARE * self._memory:
            self._flush()

    def _flush(self) -> None:
        assert self._folder is not None
        held = HashedStrings(*self._table.hashed())
        self._table = StringTable(self._columns)
        self._runs.append(_written(iter([held]), self._folder, self._columns))

    def finish(self) -> list[StringRun]:
        """All runs: on disk where there is a folder and they are not small."""
        if self._table.n:
            if self._folder is not None and self._table.nbytes > _SMALL_SHARE * self._memory:
                self._flush()
            else:
                self._runs.append(StringRun.of(HashedStrings(*self._table.hashed())))
                self._table = StringTable(self._columns)
        return self._runs


def merged(
    runs: Sequence[StringRun], memory: int, folder: Path | None, columns: int
) -> Iterator[HashedStrings]:
    """Merge runs into one sequence of distinct strings with added counts and sums, in the order of
    hashes.

    Parameters
    ----------
    runs : sequence of StringRun
        Each has distinct strings.
    memory : int
        Bytes for buffers.
    folder : Path, optional
        For intermediate runs when there are very many.
    columns : int
    """
    runs = list(runs)
    while folder is not None and len(runs) > _MOST_RUNS:
        runs.sort(key=lambda run: run.rows)
        part, runs = runs[:_MOST_RUNS], runs[_MOST_RUNS:]
        runs.append(_written(merged(part, memory, None, columns), folder, columns))
        for run in part:
            run.delete()
    per_row = _ROW_BYTES + 24 * columns
    rows = max(1 << 12, min(1 << 18, memory // (per_row * (len(runs) + 1))))
    if len(runs) == 1:
        yield from runs[0].chunks(rows)
        return
    sources = [_Source(run, rows) for run in runs]
    while sources:
        for source in sources:
            source.fill()
        # strings with the last hash loaded may have more of their kind in the next chunk
        bounds = [source.held.hashes[-1] for source in sources if not source.exhausted]
        table = StringTable(columns)
        for source in sources:
            part_ = source.take(min(bounds) if bounds else None)
            strings = part_.strings
            table.add(
                strings.symbols,
                strings.offsets[:-1],
                strings.offsets[1:],
                strings.counts,
                part_.sums if columns else None,
            )
        sources = [source for source in sources if len(source.held.hashes) or not source.exhausted]
        if table.n:
            yield HashedStrings(*table.hashed())


class _Source:
    """One run while it is merged."""

    def __init__(self, run: StringRun, rows: int) -> None:
        self._chunks = run.chunks(rows)
        self._left = run.rows
        self._rows = rows
        self.held = HashedStrings.empty(run.columns)

    @property
    def exhausted(self) -> bool:
        return self._left == 0

    def fill(self) -> None:
        """Load a chunk if fewer rows than that are held, so that every step gets on."""
        if self.exhausted or len(self.held.hashes) >= self._rows:
            return
        chunk = next(self._chunks)
        self._left -= len(chunk.hashes)
        held = self.held
        self.held = HashedStrings(
            np.concatenate([held.hashes, chunk.hashes]),
            held.strings.joined(chunk.strings),
            np.concatenate([held.sums, chunk.sums]),
        )

    def take(self, bound: np.uint64 | None) -> HashedStrings:
        """The rows with hashes below a bound, or all; they are held no more."""
        n = len(self.held.hashes)
        stop = n if bound is None else int(np.searchsorted(self.held.hashes, bound))
        taken, self.held = self.held.rows(0, stop), self.held.rows(stop, n)
        return taken


class CountedStrings:
    """All strings that were counted, to be read in pieces and looked up.

    Parameters
    ----------
    runs : sequence of StringRun
    memory : int
        Bytes; what takes more than an eighth of it is kept in a temporary file as long as it is
        used.
    folder : Path, optional
        For intermediate runs.
    tmpdir : path, optional
        Where that file goes.
    columns : int
    """

    def __init__(
        self,
        runs: Sequence[StringRun],
        memory: int,
        folder: Path | None = None,
        tmpdir: PathLike | None = None,
        columns: int = 0,
    ) -> None:
        self._memory = memory
        parts = merged(runs, memory // 2, folder, columns)
        size = sum((24 + 8 * columns) * run.rows + 2 * run.symbols for run in runs)
        if size > memory // 8:
            self._folder = KeptFolder(tmpdir)
            self._run = _written(parts, self._folder.path, columns)
        else:
            self._run = StringRun.of(_in_memory(parts, columns))

    def __len__(self) -> int:
        return self._run.rows

    def chunks(self) -> Iterator[HashedStrings]:
        """All strings, in pieces."""
        per_row = _ROW_BYTES + 24 * self._run.columns
        return self._run.chunks(max(1 << 12, min(1 << 18, self._memory // 4 // per_row)))

    def frequent(self, min_count: int) -> HashedStrings:
        """The strings counted at least so often."""
        return _in_memory(
            (_taken(part, part.strings.counts >= min_count) for part in self.chunks()),
            self._run.columns,
        )

    def count_of(self, symbols: Symbols) -> int:
        """Count of one string, 0 if it is not there."""
        value = np.uint64(stretch_hash(symbols, 0, len(symbols)))
        for part in self.chunks():
            first, last = np.searchsorted(part.hashes, [value, value + np.uint64(1)])
            for row in range(int(first), int(last)):
                start, stop = part.strings.offsets[row : row + 2]
                if np.array_equal(part.strings.symbols[start:stop], symbols):
                    return int(part.strings.counts[row])
            if len(part.hashes) and part.hashes[-1] > value:
                break
        return 0


def _taken(part: HashedStrings, rows: npt.NDArray[np.bool_]) -> HashedStrings:
    return HashedStrings(part.hashes[rows], part.strings.take(rows), part.sums[rows])


def _in_memory(parts: Iterator[HashedStrings], columns: int) -> HashedStrings:
    held = list(parts)
    if not held:
        return HashedStrings.empty(columns)
    if len(held) == 1:
        return held[0]
    lengths = np.concatenate([part.strings.lengths for part in held])
    strings = Strings(
        np.concatenate([part.strings.symbols for part in held]),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.concatenate([part.strings.counts for part in held]),
    )
    return HashedStrings(
        np.concatenate([part.hashes for part in held]),
        strings,
        np.concatenate([part.sums for part in held]),
    )
