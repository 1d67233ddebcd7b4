"""Files of nlpzero: named arrays and a JSON header, versioned, checksummed, written completely or
not at all.

Layout: 8 bytes magic, 8 bytes format version, the arrays (little-endian, each at a multiple of 64
bytes), a UTF-8 JSON index, and a trailer of three 64-bit numbers (offset, length and CRC-32 of the
index) before the magic again. A truncated file has no trailer; a damaged array fails its own
CRC-32. The files hold data only: nothing in them is ever executed, and the same content gives the
same bytes.
"""

import errno
import json
import mmap as mmap_module
import os
import shutil
import struct
import tempfile
import weakref
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nlpzero.errors import NlpzeroError, ResourceError, StorageError

PathLike = str | os.PathLike[str]
MAGIC = b"NLPZERO\x00"
FORMAT_VERSION = 1
_ALIGNMENT = 64
_COPY_BYTES = 1 << 22
_TRAILER = struct.Struct("<QQQ")


@contextmanager
def disk_errors(folder: PathLike) -> Iterator[None]:
    """Turn a full disk into one clear error that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(
                f"{os.fspath(folder)}: the disk is full; free some space or name another folder "
                "(--tmpdir for temporary files, -o for the result)"
            ) from error
        raise


@contextmanager
def atomic_output(path: PathLike) -> Iterator[IO[bytes]]:
    """Open a binary file that appears under its name only when the block ends without an error.

    Parameters
    ----------
    path : path
        An existing file is replaced. The temporary file lies in the same folder.

    Yields
    ------
    binary file, open for writing

    Raises
    ------
    NlpzeroError
        The folder does not exist or cannot be written.
    ResourceError
        The disk is full; nothing is left behind.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        # /dev/stdout, a named pipe: nothing to rename onto
        if target.is_dir():
            raise NlpzeroError(f"{target}: is a folder; name a file to write")
        with disk_errors(target.parent), open(target, "wb") as special:
            yield special
        return
    if target.is_symlink():  # the link stays, and /dev/stdout may lead to a file
        target = target.resolve()
    try:
        descriptor, name = tempfile.mkstemp(
            prefix=f".{target.name}.", suffix=".part", dir=target.parent
        )
    except OSError as error:
        raise NlpzeroError(f"{target}: cannot be written: {error.strerror}") from error
    try:
        with disk_errors(target.parent):
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes private files; give the result the permissions a plain open would
            mask = os.umask(0)
            os.umask(mask)
            os.chmod(name, 0o666 & ~mask)
            os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


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
        self._folder = Path(path).parent
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
        self._index[-1]["crc32"] = zlib.crc32(data)
        self._put(data)

    def _begin(self, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._put(bytes(-self._position % _ALIGNMENT))
        self._index.append(
            {"name": name, "dtype": dtype.str, "shape": list(shape), "offset": self._position}
        )

    def finish(self, header: Mapping[str, Any]) -> None:
        """Write the header, last, when everything it says is known."""
        for name, column in self._columns.items():
            self._begin(name, column.dtype, (column.rows,))
            column.file.seek(0)
            checksum = 0
            while data := column.file.read(_COPY_BYTES):
                checksum = zlib.crc32(data, checksum)
                self._put(data)
            column.file.close()
            self._index[-1]["crc32"] = checksum
        index = json.dumps(
            {"kind": self._kind, "header": dict(header), "arrays": self._index},
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode("utf-8")
        offset = self._position
        self._put(index)
        self._put(_TRAILER.pack(offset, len(index), zlib.crc32(index)) + MAGIC)
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


def _read_index(path: PathLike) -> dict[str, Any]:
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            if start[:8] != MAGIC:
                raise StorageError(f"{name}: not a file of nlpzero")
            version = struct.unpack("<Q", start[8:16])[0] if len(start) == 16 else 0
            if version != FORMAT_VERSION:
                raise StorageError(
                    f"{name}: format version {version}, this nlpzero reads version "
                    f"{FORMAT_VERSION}; make the file again with this version"
                )
            size = file.seek(0, os.SEEK_END)
            tail = _TRAILER.size + len(MAGIC)
            file.seek(max(size - tail, 16))
            trailer = file.read(tail)
            if len(trailer) < tail or trailer[_TRAILER.size :] != MAGIC:
                raise StorageError(f"{name}: the file is cut off; make or copy it again")
            offset, length, checksum = _TRAILER.unpack(trailer[: _TRAILER.size])
            if offset + length + tail != size:
                raise StorageError(f"{name}: the file is damaged; make or copy it again")
            file.seek(offset)
            index = file.read(length)
    except OSError as error:
        raise StorageError(f"{name}: cannot be read: {error.strerror or error}") from error
    if zlib.crc32(index) != checksum:
        raise StorageError(f"{name}: the index is damaged; make or copy the file again")
    return json.loads(index)


def kind_of(path: PathLike) -> str:
    """What a file of nlpzero holds: "counts", "model", "words"...

    Raises
    ------
    StorageError
        The file cannot be read, or is not a file of nlpzero.
    """
    return _read_index(path)["kind"]


def read_header(path: PathLike) -> tuple[str, dict[str, Any]]:
    """Kind and header of a file of nlpzero, without its arrays."""
    index = _read_index(path)
    return index["kind"], index["header"]


def read_file(
    path: PathLike, kind: str, *, mmap: bool = False
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read a file of nlpzero.

    Parameters
    ----------
    path : path
    kind : str
        What the file must hold.
    mmap : bool
        Map the arrays instead of reading them: read-only, paged in as they are used, and their
        checksums are not compared.

    Returns
    -------
    header : dict
    arrays : dict of str to ndarray

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, of another version, or of another kind.
    """
    name = os.fspath(path)
    index = _read_index(path)
    if index["kind"] != kind:
        raise StorageError(f"{name}: holds {index['kind']}, expected {kind}")
    arrays: dict[str, npt.NDArray[Any]] = {}
    for entry in index["arrays"]:
        dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        if mmap and np.prod(shape, dtype=np.int64) > 0:
            arrays[entry["name"]] = np.memmap(path, dtype, "r", entry["offset"], shape)
            continue
        with open(path, "rb") as file:
            file.seek(entry["offset"])
            values = np.empty(shape, dtype)
            data = values.reshape(-1).data.cast("B") if values.size else memoryview(b"")
            if values.size and file.readinto(data) != len(data):
                raise StorageError(f"{name}: the array {entry['name']} is cut off")
        if zlib.crc32(data) != entry["crc32"]:
            raise StorageError(
                f"{name}: the array {entry['name']} is damaged; make or copy the file again"
            )
        arrays[entry["name"]] = values
    return index["header"], arrays


def release_pages(array: npt.NDArray[Any]) -> None:
    """Give back the memory of the pages that were read of a mapped file.

    What is used again is paged in again.

    A pass through a table much larger than memory would else count as so much memory in use, until
    the system needs it.

    Parameters
    ----------
    array : ndarray
        Of :func:`read_file` with ``mmap=True``; nothing happens to others.
    """
    mapped = getattr(array, "_mmap", None)  # of numpy.memmap
    advice = getattr(mmap_module, "MADV_DONTNEED", None)  # not on every system
    if mapped is not None and advice is not None:
        mapped.madvise(advice)


def _temporary_folder(tmpdir: PathLike | None) -> Path:
    if tmpdir is not None and not Path(tmpdir).is_dir():
        raise NlpzeroError(f"{os.fspath(tmpdir)}: no such folder for temporary files")
    return Path(tempfile.mkdtemp(prefix="nlpzero-", dir=tmpdir))


class KeptFolder:
    """A temporary folder of a result: gone with :meth:`cleanup`, with the object, or with the
    interpreter.

    Parameters
    ----------
    tmpdir : path, optional
        Where to make it; by default where the system keeps temporary files.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, tmpdir: PathLike | None = None) -> None:
        self.path = _temporary_folder(tmpdir)
        self.cleanup = weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@contextmanager
def scratch_folder(tmpdir: PathLike | None = None) -> Iterator[Path]:
    """A temporary folder that is gone when the block ends, however it ends.

    Parameters
    ----------
    tmpdir : path, optional
        Where to make it; by default where the system keeps temporary files.
    """
    folder = _temporary_folder(tmpdir)
    try:
        with disk_errors(folder.parent):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
