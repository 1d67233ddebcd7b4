"""Arrays of a file that is too large to be checked when it is opened: every block is checked when
it is first used.

Rows that are read pass by one after another are copied from the file, never mapped: nothing that
happens to the file meanwhile can take them away. What is looked up here and there is mapped. A file
that changes while it is in use is refused from then on; one that is replaced under its name stays
what it was.
"""

import mmap
import os
import threading
import weakref
import zlib
from collections.abc import Callable
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array
from nlpzero.engine.file_index import BLOCK_BYTES, Entry, content_of, damaged
from nlpzero.errors import StorageError

# checks the values of a block from a row on
Check = Callable[[int, Array], None]


class OpenFile:
    """A file of which arrays are read as they are used.

    Parameters
    ----------
    path : path
    file : binary file
        Opened without a buffer; closed with the object.
    """

    def __init__(self, path: str | os.PathLike[str], file: IO[bytes]) -> None:
        self.name = os.fspath(path)
        self._file = file
        self._lock = threading.Lock()
        self._first = self._state()
        weakref.finalize(self, file.close)

    def _state(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns

    def check_unchanged(self) -> None:
        """Raise if anything was written to the file since it was opened."""
        try:
            same = self._state() == self._first
        except OSError as error:
            raise StorageError(f"{self.name}: cannot be read: {error.strerror}") from error
        if not same:
            raise StorageError(
                f"{self.name}: changed while it was in use; start again, and put a new file in its "
                "place by renaming it"
            )

    def read(self, offset: int, out: Array) -> None:
        """Fill an array with the bytes from some place on."""
        view = out.data.cast("B")
        try:
            with self._lock:
                self._file.seek(offset)
                while len(view):
                    got = self._file.readinto(view)  # type: ignore[attr-defined]
                    if not got:
                        break
                    view = view[got:]
        except OSError as error:
            raise StorageError(f"{self.name}: cannot be read: {error.strerror}") from error
        self.check_unchanged()
        if len(view):
            raise damaged(self.name, "the file is cut off")

    def mapped(self, entry: Entry) -> Array:
        """An array, mapped."""
        self.check_unchanged()
        return np.memmap(self._file, entry.dtype, "r", entry.offset, entry.shape)


class StoredArray:
    """A one-dimensional array of a file, checked block by block as it is used.

    A slice is a plain array, a copy of the rows; everything else takes the whole array, mapped and
    checked.

    Parameters
    ----------
    file : OpenFile
    entry : Entry

    Attributes
    ----------
    check : callable, optional
        Called with the first row and the values of each block when it is first used; raises
        ``ValueError`` if they are not what they should be.
    """

    def __init__(self, file: OpenFile, entry: Entry) -> None:
        self.file = file
        self.entry = entry
        self.dtype = entry.dtype
        self.shape = entry.shape
        self.check: Check | None = None
        self._block_rows = BLOCK_BYTES // entry.dtype.itemsize
        self._good = np.zeros(-(-len(self) // self._block_rows), np.bool_)
        self._all_good = not len(self)
        self._map: Array | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        return self.entry.nbytes

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (self.whole(),)  # another process may not have the file

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        return np.array(self.whole(), dtype, copy=True) if copy else np.asarray(self.whole(), dtype)

    def __getitem__(self, rows: Any) -> Any:
        if not isinstance(rows, slice) or rows.step not in (None, 1):
            return self.whole()[rows]
        start, stop, _ = rows.indices(len(self))
        if start >= stop:
            return np.empty(0, self.dtype)
        first, last = start // self._block_rows, (stop - 1) // self._block_rows + 1
        if self.entry.blocks is None and not self._all_good:
            self._verify_all()
        if self._all_good or self._good[first:last].all():
            return self._read(start, stop)
        base = first * self._block_rows
        values = np.empty(min(last * self._block_rows, len(self)) - base, self.dtype)
        for block in range(first, last):
            at = (block - first) * self._block_rows
            part = values[at : at + self._block_rows]
            self._fill(base + at, part)
            if not self._good[block]:  # now, while it is in the cache
                self._verify(block, part)
        part = values[start - base : stop - base]
        return part if 2 * len(part) > len(values) else part.copy()

    def _read(self, start: int, stop: int) -> Array:
        values = np.empty(stop - start, self.dtype)
        self._fill(start, values)
        return values

    def _fill(self, start: int, values: Array) -> None:
        self.file.read(self.entry.offset + start * self.dtype.itemsize, values)

    def _block(self, block: int) -> Array:
        start = block * self._block_rows
        return self._read(start, min(start + self._block_rows, len(self)))

    def _verify(self, block: int, values: Array) -> None:
        assert self.entry.blocks is not None
        if zlib.crc32(values.data) != self.entry.blocks[block]:
            raise self._damaged()
        self._checked(block, values)

    def _damaged(self) -> StorageError:
        return damaged(self.file.name, f"the array {self.entry.name!r} fails its checksum")

    def _checked(self, block: int, values: Array) -> None:
        if self.check is not None:
            with content_of(self.file.name):
                self.check(block * self._block_rows, values)
        self._good[block] = True

    def _verify_all(self) -> None:
        """Check everything that was not yet, in a pass."""
        if self.entry.blocks is not None:
            for block in np.flatnonzero(~self._good).tolist():
                self._verify(block, self._block(block))
        else:  # written by 0.1.0: one checksum for all
            checksum = 0
            for block in range(len(self._good)):
                checksum = zlib.crc32(self._block(block).data, checksum)
            if checksum != self.entry.crc32:
                raise self._damaged()
            for block in range(len(self._good)):
                self._checked(block, self._block(block))
        self._all_good = True

    def whole(self) -> Array:
        """The array, mapped, when all of it is checked."""
        if not self._all_good:
            self._verify_all()
        return self._mapped()

    def _mapped(self) -> Array:
        if not len(self):
            return np.empty(0, self.dtype)
        if self._map is None:
            self._map = self.file.mapped(self.entry)
        else:
            self.file.check_unchanged()
        return self._map

    def ensure(self, starts: npt.NDArray[np.integer], stops: npt.NDArray[np.integer]) -> Array:
        """The array, mapped, with the blocks of some ranges of rows checked: for a loop that looks
        at no others.
        """
        if not self._all_good and self.entry.blocks is None:
            self._verify_all()
        if not self._all_good:
            some = starts < stops
            reached = np.zeros(len(self._good) + 1, np.int64)
            np.add.at(reached, starts[some] // self._block_rows, 1)
            np.subtract.at(reached, (stops[some] - 1) // self._block_rows + 1, 1)
            for block in np.flatnonzero((np.cumsum(reached)[:-1] > 0) & ~self._good).tolist():
                self._verify(block, self._block(block))
            self._all_good = bool(self._good.all())
        return self._mapped()

    def search(self, queries: Array, side: Literal["left", "right"] = "left") -> Array:
        """As :func:`numpy.searchsorted` of ascending rows.

        The search itself looks at rows that may not be checked yet; so the rows on both sides of
        each place are checked, and compared again.
        """
        if self._all_good:
            return np.searchsorted(self._mapped(), queries, side)
        places = np.searchsorted(self._mapped(), queries, side)
        rows = self.ensure(np.maximum(places - 1, 0), np.minimum(places + 1, len(self)))
        before, behind = places > 0, places < len(self)
        left, right = rows[places[before] - 1], rows[places[behind]]
        if side == "left":
            good = (left < queries[before]).all() and (right >= queries[behind]).all()
        else:
            good = (left <= queries[before]).all() and (right > queries[behind]).all()
        if not good:
            raise self._damaged()
        return places

    def release(self) -> None:
        """Give back the memory of pages that were looked at."""
        if self._map is not None:
            release_pages(self._map)


def search(
    rows: "Array | StoredArray", queries: Array, side: Literal["left", "right"] = "left"
) -> Array:
    """Places of queries in ascending rows, in memory or in a file."""
    if isinstance(rows, StoredArray):
        return rows.search(queries, side)
    return np.searchsorted(rows, queries, side)


def plain(rows: "Array | StoredArray") -> Array:
    """Rows as an array; those of a file are checked, and mapped."""
    return rows.whole() if isinstance(rows, StoredArray) else rows


def release_pages(rows: "Array | StoredArray") -> None:
    """Give back the memory of the pages that were read of a mapped file.

    What is used again is paged in again.

    A pass through a table much larger than memory would else count as so much memory in use, until
    the system needs it.

    Parameters
    ----------
    rows : ndarray or StoredArray
        Nothing happens to what is not mapped.
    """
    if isinstance(rows, StoredArray):
        rows.release()
        return
    mapped: object = rows
    while isinstance(mapped, np.ndarray):  # a view of numpy.memmap
        mapped = mapped.base
    advice = getattr(mmap, "MADV_DONTNEED", None)  # not on every system
    if isinstance(mapped, mmap.mmap) and advice is not None:
        mapped.madvise(advice)


class Ascending:
    """Checks that the rows of blocks that come in any order are ascending, each block and all
    together.
    """

    def __init__(self) -> None:
        self._first_of: dict[int, Any] = {}
        self._last_before: dict[int, Any] = {}

    def __call__(self, start: int, values: Array) -> None:
        stop = start + len(values)
        good = self.in_order(values)
        if start in self._last_before:
            good = good and self._last_before[start] < values[0]
        if stop in self._first_of:
            good = good and values[-1] < self._first_of[stop]
        if not good:
            raise ValueError("its rows are not in order")
        self._first_of[start], self._last_before[stop] = values[0], values[-1]

    def in_order(self, values: Array) -> bool:
        """Whether the rows of a block are ascending."""
        return bool((values[1:] > values[:-1]).all())
