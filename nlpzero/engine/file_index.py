"""The index of a file of nlpzero: what lies where, checked before anything of it is used.

What is wrong with a file is said as a :class:`StorageError`; a file made by another hand, with
right checksums, gets no further than that either: names, types, shapes and places are compared with
what the writer would have written, and no number of the index is trusted with memory.
"""

import json
import math
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np

from nlpzero.engine.validation import require
from nlpzero.errors import NlpzeroError, StorageError

MAGIC = b"NLPZERO\x00"
FORMAT_VERSION = 1
ALIGNMENT = 64
TRAILER = struct.Struct("<QQQ")
# arrays of more bytes have a checksum for each block of so many, too
BLOCK_BYTES = 1 << 20

_START = len(MAGIC) + 8
_DTYPES = frozenset(
    np.dtype(kind).newbyteorder("<").str
    for kind in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f4", "f8", "?")
)
_MOST_DIMENSIONS = 3
# JSON takes up to a hundred times its bytes in memory: no honest index holds as much
_MOST_VALUES, _MOST_OBJECTS, _DEEPEST = 1 << 20, 1 << 16, 64
_CHECKSUMS = range(1 << 32)


class Entry(NamedTuple):
    """One array of a file.

    name : str
    dtype : dtype
    shape : tuple of int
    offset : int; of its first byte, a multiple of 64
    crc32 : int; of all its bytes
    blocks : list of int or None; CRC-32 of each block of `BLOCK_BYTES`
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    crc32: int
    blocks: list[int] | None

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize


class Index(NamedTuple):
    """What a file holds.

    kind : str
    header : dict
    entries : list of Entry, in the order of the file
    """

    kind: str
    header: dict[str, Any]
    entries: list[Entry]


def damaged(path: str | os.PathLike[str], what: object) -> StorageError:
    """The error that says what is wrong with a file."""
    return StorageError(f"{os.fspath(path)}: damaged: {what}; make it again or fetch it anew")


@contextmanager
def content_of(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors that the content of a file brings about, as errors of the file.

    Put around what makes an object from header and arrays, and nothing else.
    """
    try:
        yield
    except StorageError:
        raise
    except KeyError as error:
        raise damaged(path, f"it lacks {error}") from error
    except (
        NlpzeroError,
        ValueError,
        TypeError,
        IndexError,
        AttributeError,
        ArithmeticError,
    ) as error:
        raise damaged(path, str(error).rstrip(".")) from error


def check_values(index: bytes) -> None:
    """Refuse an index that would take much memory as Python objects.

    Raises
    ------
    ValueError
    """
    objects, lists, commas = (index.count(mark) for mark in (b"{", b"[", b","))
    require(
        objects <= _MOST_OBJECTS and objects + lists + commas <= _MOST_VALUES,
        f"the index holds more than {_MOST_VALUES:,} values",
    )


def read_index(path: str | os.PathLike[str], file: IO[bytes]) -> Index:
    """The index of an open file.

    Parameters
    ----------
    path : path
        For messages.
    file : binary file

    Raises
    ------
    StorageError
        It is no file of nlpzero, of another version, or damaged.
    """
    name = os.fspath(path)
    start = file.read(_START)
    if start[: len(MAGIC)] != MAGIC:
        raise StorageError(
            f"{name}: not a file of nlpzero, or damaged at its beginning; make it again or fetch "
            "it anew"
        )
    version = struct.unpack("<Q", start[len(MAGIC) :])[0] if len(start) == _START else 0
    if version != FORMAT_VERSION:
        raise StorageError(
            f"{name}: format version {version}, this nlpzero reads version {FORMAT_VERSION}; "
            "the file is of another version or damaged: make it again with this version"
        )
    size = file.seek(0, os.SEEK_END)
    tail = TRAILER.size + len(MAGIC)
    file.seek(max(size - tail, _START))
    trailer = file.read(tail)
    if len(trailer) < tail or trailer[TRAILER.size :] != MAGIC:
        raise damaged(name, "the file is cut off")
    offset, length, checksum = TRAILER.unpack(trailer[: TRAILER.size])
    if offset + length + tail != size or offset < _START:
        raise damaged(name, "it is not as long as it says")
    file.seek(offset)
    text = file.read(length)
    if len(text) != length or zlib.crc32(text) != checksum:
        raise damaged(name, "the index fails its checksum")
    with content_of(name):
        return _parsed(text, offset)


def _parsed(text: bytes, end: int) -> Index:
    """The index from its JSON; `end` is where the arrays end."""
    check_values(text)
    try:
        index = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("the index is nested too deeply") from None
    require(
        isinstance(index, dict)
        and isinstance(index["kind"], str)
        and isinstance(index["header"], dict)
        and isinstance(index["arrays"], list),
        "the index lacks a kind, a header or a list of arrays",
    )
    _check_depth(index["header"])
    entries: list[Entry] = []
    at = _START
    for fields in index["arrays"]:
        entry = _entry(fields)
        at += -at % ALIGNMENT
        require(entry.offset == at, f"the array {entry.name!r} does not lie where it should")
        at += entry.nbytes
        entries.append(entry)
    require(at == end, "it is not as long as its arrays")
    require(len({entry.name for entry in entries}) == len(entries), "two arrays have one name")
    return Index(index["kind"], index["header"], entries)


def _check_depth(header: dict[str, Any]) -> None:
    level: list[Any] = [header]
    for _ in range(_DEEPEST):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise ValueError("the header is nested too deeply")


def _entry(fields: Any) -> Entry:
    require(isinstance(fields, dict) and isinstance(fields["name"], str), "an array has no name")
    name, shape, dtype = fields["name"], fields["shape"], fields["dtype"]
    require(isinstance(dtype, str) and dtype in _DTYPES, f"the array {name!r} has no known type")
    require(
        isinstance(shape, list)
        and 1 <= len(shape) <= _MOST_DIMENSIONS
        and all(type(n) is int and 0 <= n < 1 << 63 for n in shape)
        and type(fields["offset"]) is int
        and _checksum(fields["crc32"]),
        f"the array {name!r} has no valid shape, place or checksum",
    )
    entry = Entry(name, np.dtype(dtype), tuple(shape), fields["offset"], fields["crc32"], None)
    if "blocks" not in fields:
        return entry
    blocks = fields["blocks"]
    require(
        isinstance(blocks, list)
        and len(shape) == 1
        and len(blocks) == -(-entry.nbytes // BLOCK_BYTES)
        and all(map(_checksum, blocks)),
        f"the array {name!r} has no valid checksums of blocks",
    )
    return entry._replace(blocks=blocks)


def _checksum(value: Any) -> bool:
    return type(value) is int and value in _CHECKSUMS
