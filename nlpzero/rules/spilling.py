"""Transactions on disk: rows of item numbers in many files, names as sorted runs that are merged.

Item numbers wait in files until mining reads them. The table of names is bounded too: when it is
full, its names are written in sorted order, and the rows that follow number their items afresh.
Rows remember which numbering is theirs; merging the sorted runs of names gives each name one final
number.
"""

import os
from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Ints
from nlpzero.engine.temporary import KeptFolder
from nlpzero.errors import ResourceError
from nlpzero.rules.transactions import deal

#: Rows are dealt out to so many files, each of which is like the whole.
PARTITIONS = 64

_MERGE_ROWS = 1024  # names of each run in memory while runs merge


class SpillFolder:
    """A temporary folder that is gone with `cleanup`, with the object, or with the interpreter."""

    def __init__(self, tmpdir: "str | os.PathLike[str] | None") -> None:
        self._kept = KeptFolder(tmpdir)
        self.cleanup = self._kept.cleanup

    def append(self, name: str, data: NDArray[np.generic] | bytes) -> None:
        """Add bytes to a file; a full disk is an error that says what to do, and leaves nothing."""
        view = data if isinstance(data, bytes) else np.ascontiguousarray(data).data
        try:
            with open(self.path(name), "ab") as file:
                file.write(view)
        except OSError as error:
            size = len(data) if isinstance(data, bytes) else data.nbytes
            self.cleanup()
            raise ResourceError(
                f"cannot write {size:,} bytes of transactions to {self._kept.path.parent}: "
                f"{error}; pass another --tmpdir"
            ) from error

    def path(self, name: str) -> Path:
        """Where a file of the folder is."""
        return self._kept.path / name


# --- names ---------------------------------------------------------------------------------------


class NameRuns:
    """Names of one numbering after another, each a sorted run on disk, to be merged into one.

    Parameters
    ----------
    folder : SpillFolder
    kind : str
        Beginning of the names of the files.
    """

    def __init__(self, folder: SpillFolder, kind: str) -> None:
        self.folder = folder
        self.kind = kind
        self.sizes: list[int] = []  # names in each run

    def add(self, names: Sequence[str]) -> None:
        """Write the names of a numbering; the number of a name is its place in `names`."""
        # surrogatepass: a string may hold half a pair; bytes are in the order of code points
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        order = sorted(range(len(encoded)), key=encoded.__getitem__)
        run = len(self.sizes)
        lengths = np.array([len(encoded[i]) for i in order], dtype=np.int32)
        self.folder.append(f"{self.kind}-order{run}", np.array(order, dtype=np.int32))
        self.folder.append(f"{self.kind}-lengths{run}", lengths)
        self.folder.append(f"{self.kind}-names{run}", b"".join(encoded[i] for i in order))
        self.sizes.append(len(encoded))

    def _run(self, run: int) -> Iterator[tuple[bytes, int]]:
        """Names of a run, ascending, each with the number of the run."""
        # files are opened for each piece: there may be more runs than a process may have files
        at = 0
        for low in range(0, self.sizes[run], _MERGE_ROWS):
            lengths = np.fromfile(
                self.folder.path(f"{self.kind}-lengths{run}"),
                dtype=np.int32,
                count=_MERGE_ROWS,
                offset=4 * low,
            ).tolist()
            with open(self.folder.path(f"{self.kind}-names{run}"), "rb") as file:
                file.seek(at)
                data = file.read(sum(lengths))
            at += len(data)
            start = 0
            for length in lengths:
                yield data[start : start + length], run
                start += length

    def merge(self, keep: bool = True) -> int:
        """Give every name its final number: its place among all names. Returns how many there are.

        Parameters
        ----------
        keep : bool
            Whether the names themselves are needed, in :class:`StoredNames`.
        """
        numbers: list[list[int]] = [[] for _ in self.sizes]
        names: list[bytes] = []
        total = 0
        for name, group in groupby(merge(*map(self._run, range(len(self.sizes)))), itemgetter(0)):
            for _, run in group:
                mine = numbers[run]
                mine.append(total)
                if len(mine) == _MERGE_ROWS:
                    self._write_numbers(run, mine)
            total += 1
            if keep:
                names.append(name)
                if len(names) == _MERGE_ROWS:
                    self._write_names(names)
        for run, mine in enumerate(numbers):
            self._write_numbers(run, mine)
        self._write_names(names)
        return total

    def _write_numbers(self, run: int, numbers: list[int]) -> None:
        self.folder.append(f"{self.kind}-numbers{run}", np.array(numbers, dtype=np.int32))
        numbers.clear()

    def _write_names(self, names: list[bytes]) -> None:
        lengths = np.array(list(map(len, names)), dtype=np.int32)
        self.folder.append(f"{self.kind}-lengths", lengths)
        self.folder.append(f"{self.kind}-names", b"".join(names))
        names.clear()

    def final_numbers(self, run: int) -> Ints:
        """The final number of each number of a run, after `merge`."""
        order = np.fromfile(self.folder.path(f"{self.kind}-order{run}"), dtype=np.int32)
        result = np.empty_like(order)
        result[order] = np.fromfile(self.folder.path(f"{self.kind}-numbers{run}"), dtype=np.int32)
        return result

    def names(self) -> "StoredNames":
        """All names by their final numbers, after `merge`."""
        return StoredNames(self.folder, self.kind)


class StoredNames(Sequence[str]):
    """Names in a file, ascending by code point, read when they are asked for; 8 bytes each in
    memory.
    """

    def __init__(self, folder: SpillFolder, kind: str) -> None:
        self._folder = folder
        self._path = folder.path(f"{kind}-names")
        lengths = np.fromfile(folder.path(f"{kind}-lengths"), dtype=np.int32)
        self._ends = np.cumsum(lengths, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self.some(range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} names")
        return self.some([index % len(self)])[0]

    def some(self, numbers: Sequence[int]) -> list[str]:
        """The names of these numbers."""
        result = []
        with open(self._path, "rb") as file:
            for number in numbers:
                start = int(self._ends[number - 1]) if number else 0
                file.seek(start)
                data = file.read(int(self._ends[number]) - start)
                result.append(data.decode("utf-8", "surrogatepass"))
        return result


# --- rows ----------------------------------------------------------------------------------------


class _Chunk(NamedTuple):
    """One writing of rows: its numbering, and how many items and rows went to each file."""

    numbering: int
    items: list[int]
    rows: list[int]


class SpilledRows:
    """Rows of item numbers in temporary files.

    Attributes
    ----------
    number : int
        Rows.
    counts : int64 array
        In how many rows each item is, by its final number; there after `finish`.
    """

    def __init__(self, folder: SpillFolder) -> None:
        self.folder = folder
        self.number = 0
        self.counts: Counts = np.zeros(0, dtype=np.int64)
        self._chunks: list[_Chunk] = []
        self._counts: Counts = np.zeros(0, dtype=np.int64)  # of the numbering at hand
        self._finished: list[Counts] = []
        self._names: NameRuns | None = None

    def append(self, items: Ints, lengths: NDArray[np.integer]) -> None:
        """Add rows, whose items have numbers of the numbering at hand."""
        counts = np.bincount(items, minlength=len(self._counts)).astype(np.int64)
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        written = _Chunk(len(self._finished), [], [])
        for partition, mine, sizes in deal(items, lengths, PARTITIONS, self.number):
            self._write(written, partition, mine, sizes)
        self._chunks.append(written)
        self.number += len(lengths)

    def append_to(self, partition: int, items: Ints, lengths: NDArray[np.integer]) -> None:
        """Add rows with final numbers to the file of one partition."""
        counts = np.bincount(items, minlength=len(self._counts)).astype(np.int64)
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        written = _Chunk(0, [0] * partition, [0] * partition)
        self._write(written, partition, items, lengths)
        written.items.extend([0] * (PARTITIONS - 1 - partition))
        written.rows.extend([0] * (PARTITIONS - 1 - partition))
        self._chunks.append(written)
        self.number += len(lengths)

    def _write(
        self, chunk: _Chunk, partition: int, items: Ints, lengths: NDArray[np.integer]
    ) -> None:
        self.folder.append(f"items{partition}", items)
        self.folder.append(f"lengths{partition}", lengths.astype(np.int32, copy=False))
        chunk.items.append(len(items))
        chunk.rows.append(len(lengths))

    def end_numbering(self, names: int) -> None:
        """The rows that follow have another numbering; this one has so many names."""
        self._finished.append(_padded(self._counts, names))
        self._counts = np.zeros(0, dtype=np.int64)

    def finish(self, names: int, runs: NameRuns | None = None) -> None:
        """All rows are there: add up the counts of so many names, by their final numbers.

        Parameters
        ----------
        names : int
        runs : NameRuns, optional
            The numberings, merged, and all of them ended; without them there is only one.
        """
        self._names = runs
        if runs is None:
            self.counts = _padded(self._counts, names)
            return
        self.counts = np.zeros(names, dtype=np.int64)
        for run, counts in enumerate(self._finished):
            self.counts[runs.final_numbers(run)] += counts
        self._finished.clear()

    def parts(self) -> Iterator[tuple[Ints, Ints]]:
        """Items, by their final numbers, and lengths of the rows of one file after another."""
        for partition in range(PARTITIONS):
            if not self.folder.path(f"items{partition}").exists():
                continue
            items = np.fromfile(self.folder.path(f"items{partition}"), dtype=np.int32)
            lengths = np.fromfile(self.folder.path(f"lengths{partition}"), dtype=np.int32)
            if self._names is not None:
                self._renumber(items, partition, self._names)
            yield items, lengths

    def _renumber(self, items: Ints, partition: int, names: NameRuns) -> None:
        """Final numbers in place of those of each numbering; they need not ascend in a row."""
        done = 0
        for numbering, chunks in groupby(self._chunks, lambda chunk: chunk.numbering):
            end = done + sum(chunk.items[partition] for chunk in chunks)
            items[done:end] = names.final_numbers(numbering).take(items[done:end])
            done = end

    def close(self) -> None:
        """Remove the temporary files."""
        self.folder.cleanup()


def _padded(counts: Counts, size: int) -> Counts:
    result = np.zeros(size, dtype=np.int64)
    result[: len(counts)] = counts
    return result
