"""Files of nlpzero: named arrays and a JSON header, versioned, checksummed, written completely or
not at all.

Layout: 8 bytes magic, 8 bytes format version, the arrays (little-endian, each at a multiple of 64
bytes), a UTF-8 JSON index, and a trailer of three 64-bit numbers (offset, length and CRC-32 of the
index) before the magic again. A truncated file has no trailer; a damaged array fails its own
CRC-32, which is compared before the array is used. Arrays that grow, and take more than a MiB, have
a CRC-32 for each MiB too, so that files of any size open at once (:func:`open_arrays`). The files
hold data only: nothing in them is ever executed, and the same content gives the same bytes.
"""

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.file_index import (
    ALIGNMENT,
    BLOCK_BYTES,
    FORMAT_VERSION,
    MAGIC,
    TRAILER,
    Entry,
    Index,
    check_values,
    damaged,
    read_index,
)
from nlpzero.engine.stored_arrays import OpenFile, StoredArray, release_pages
from nlpzero.engine.stores import is_url
from nlpzero.engine.temporary import PathLike, atomic_output, disk_errors
from nlpzero.errors import NlpzeroError, StorageError

# of an array that are written at a time, and given back if they are mapped from a file
_PART_BYTES = 1 << 24


class _Column:
    """One array that grows while others do: its bytes wait in a file of their own."""

    def __init__(self, folder: Path, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype).newbyteorder("<")
        self.rows = 0
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by the writer)

    def append(self, rows: npt.NDArray[Any]) -> None:
        rows = np.ascontiguousarray(rows, self.dtype)
        self.file.write(rows.data.cast("B"))
        self.rows += len(rows)


class FileWriter:
    """Write a file of nlpzero piece by piece.

    It appears when the ``with`` block ends without an error.

    Parameters
    ----------
    path : path
        Where the file appears.
    kind : str
        What the file holds: "counts", "model", "words"...

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "squares.nz")
    >>> with FileWriter(path, "numbers") as writer:
    ...     for part in ([0, 1, 4], [9]):
    ...         writer.append("squares", part, np.int64)
    ...     writer.finish({"of": "integers"})
    >>> header, arrays = read_file(path, "numbers")
    >>> header, arrays["squares"].tolist()
    ({'of': 'integers'}, [0, 1, 4, 9])
    """

    def __init__(self, path: PathLike, kind: str) -> None:
        self._kind = kind
        # columns wait beside the file, or in the system's folder if that is not on this machine
        self._folder = Path(tempfile.gettempdir()) if is_url(path) else Path(path).parent
        self._output = atomic_output(path)
        self._file = self._output.__enter__()
        self._index: list[dict[str, Any]] = []
        self._columns: dict[str, _Column] = {}
        self._finished = False
        self._position = 0
        self._put(MAGIC + struct.pack("<Q", FORMAT_VERSION))

    def _put(self, data: bytes | memoryview) -> None:
        self._file.write(data)
        self._position += len(data)

    def append(self, name: str, rows: npt.ArrayLike, dtype: npt.DTypeLike) -> None:
        """Add rows to a one-dimensional array; arrays may grow in turn."""
        if name not in self._columns:
            with disk_errors(self._folder):
                self._columns[name] = _Column(self._folder, dtype)
        with disk_errors(self._folder):
            self._columns[name].append(np.asarray(rows))

    def array(self, name: str, values: npt.NDArray[Any]) -> None:
        """Add a whole array of any shape."""
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        self._begin(name, values.dtype, values.shape)
        data = values.reshape(-1).data.cast("B") if values.size else memoryview(b"")
        checksum = 0
        for begin in range(0, len(data), _PART_BYTES):
            part = data[begin : begin + _PART_BYTES]
            checksum = zlib.crc32(part, checksum)
            self._put(part)
            release_pages(values)
        self._index[-1]["crc32"] = checksum

    def _begin(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._put(bytes(-self._position % ALIGNMENT))
        self._index.append(
            {"name": name, "dtype": dtype.str, "shape": list(shape), "offset": self._position}
        )

    def finish(self, header: Mapping[str, Any]) -> None:
        """Write the header, last, when everything it says is known."""
        for name, column in self._columns.items():
            self._begin(name, column.dtype, (column.rows,))
            column.file.seek(0)
            checksum = 0
            blocks = []
            while data := column.file.read(BLOCK_BYTES):
                checksum = zlib.crc32(data, checksum)
                blocks.append(zlib.crc32(data))
                self._put(data)
            column.file.close()
            self._index[-1]["crc32"] = checksum
            if len(blocks) > 1:
                self._index[-1]["blocks"] = blocks
        index = json.dumps(
            {"kind": self._kind, "header": dict(header), "arrays": self._index},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8")
        try:
            check_values(index)
        except ValueError as error:
            raise NlpzeroError(f"the file cannot be written: {error}") from None
        offset = self._position
        self._put(index)
        self._put(TRAILER.pack(offset, len(index), zlib.crc32(index)) + MAGIC)
        self._finished = True

    def __enter__(self) -> "FileWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for column in self._columns.values():
            column.file.close()
        if kind is None and not self._finished:
            kind, error = RuntimeError, RuntimeError("the file was not finished")
            self._output.__exit__(kind, error, trace)
            raise error
        self._output.__exit__(kind, error, trace)


def write_file(
    path: PathLike, kind: str, header: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Write a header and whole arrays as one file of nlpzero.

    Parameters
    ----------
    path : path
    kind : str
    header : mapping
        JSON values.
    arrays : mapping of str to ndarray
        Any shape; numbers or booleans.
    """
    with FileWriter(path, kind) as writer:
        for name, values in arrays.items():
            writer.array(name, values)
        writer.finish(header)


@contextmanager
def _opened(path: PathLike) -> Iterator[IO[bytes]]:
    """A file to read, without a buffer."""
    try:
        with open(path, "rb", buffering=0) as file:
            yield file
    except OSError as error:
        raise StorageError(
            f"{os.fspath(path)}: cannot be read: {error.strerror or error}"
        ) from error


def is_stored(path: PathLike) -> bool:
    """Whether a file begins as those of nlpzero do; False also if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def kind_of(path: PathLike) -> str:
    """What a file of nlpzero holds: "counts", "model", "words"...

    Raises
    ------
    StorageError
        The file cannot be read, or is not a file of nlpzero.
    """
    return read_header(path)[0]


def read_header(path: PathLike) -> tuple[str, dict[str, Any]]:
    """Kind and header of a file of nlpzero, without its arrays."""
    with _opened(path) as file:
        index = read_index(path, file)
    return index.kind, index.header


def read_file(
    path: PathLike, kind: str, *, mmap: bool = False
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read a file of nlpzero; everything in it is checked.

    Parameters
    ----------
    path : path
    kind : str
        What the file must hold.
    mmap : bool
        Map the arrays instead of reading them: read-only, and shared by the processes that map
        them. Nothing may be written to the file while they are in use.

    Returns
    -------
    header : dict
    arrays : dict of str to ndarray

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, of another version, or of another kind.
    """
    with _opened(path) as file:
        index = _index_of_kind(path, file, kind)
        arrays: dict[str, npt.NDArray[Any]] = {}
        for entry in index.entries:
            values: npt.NDArray[Any]
            if mmap and entry.nbytes:
                values = np.memmap(file, entry.dtype, "r", entry.offset, entry.shape)
                checksum = zlib.crc32(values.data)
            else:
                values = np.empty(entry.shape, entry.dtype)
                checksum = _read_into(path, file, entry, values)
            if checksum != entry.crc32:
                raise damaged(path, f"the array {entry.name!r} fails its checksum")
            arrays[entry.name] = values
    return index.header, arrays


def _index_of_kind(path: PathLike, file: IO[bytes], kind: str) -> Index:
    index = read_index(path, file)
    if index.kind != kind:
        raise StorageError(f"{os.fspath(path)}: holds {index.kind}, expected {kind}")
    return index


def _read_into(path: PathLike, file: IO[bytes], entry: Entry, values: npt.NDArray[Any]) -> int:
    """Read an array; returns the checksum of what was read."""
    file.seek(entry.offset)
    data = values.reshape(-1).data.cast("B") if values.size else memoryview(b"")
    checksum = at = 0
    while at < len(data):
        # piece by piece: what was just read is still in the cache
        got = file.readinto(data[at : at + BLOCK_BYTES])  # type: ignore[attr-defined]
        if not got:
            raise damaged(path, f"the array {entry.name!r} is cut off")
        checksum = zlib.crc32(data[at : at + got], checksum)
        at += got
    return checksum


def open_arrays(path: PathLike, kind: str) -> tuple[dict[str, Any], dict[str, StoredArray]]:
    """Open a file of one-dimensional arrays of any size at once; they are checked as they are used.

    Parameters
    ----------
    path : path
    kind : str
        What the file must hold.

    Returns
    -------
    header : dict
    arrays : dict of str to StoredArray

    Raises
    ------
    StorageError
        As :func:`read_file`; for arrays when they are used.
    """
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed with the arrays)
    except OSError as error:
        raise StorageError(
            f"{os.fspath(path)}: cannot be read: {error.strerror or error}"
        ) from error
    shared = OpenFile(path, file)
    try:
        index = _index_of_kind(path, file, kind)
    except OSError as error:
        raise StorageError(
            f"{os.fspath(path)}: cannot be read: {error.strerror or error}"
        ) from error
    for entry in index.entries:
        if len(entry.shape) != 1:
            raise damaged(path, f"the array {entry.name!r} has more than one dimension")
    return index.header, {entry.name: StoredArray(shared, entry) for entry in index.entries}
