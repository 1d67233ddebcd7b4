"""Vectors in the formats of others: word2vec as text and binary, and NumPy."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Sequence

import numpy as np

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.temporary import PathLike, atomic_output
from nlpzero.errors import NlpzeroError, StorageError

_SPACE = re.compile(r"\s")
_MOST = 1 << 31


def _single_tokens(words: Sequence[str]) -> list[str]:
    """Words without white space inside, which ends a word in these formats."""
    found = [_SPACE.sub("_", word) for word in words]
    if len(set(found)) != len(words):
        twice = next(word for word, new in zip(words, found, strict=True) if word != new)
        raise NlpzeroError(
            f"two words differ in white space only, such as {twice!r}, which this format cannot "
            "tell apart"
        )
    return found


def write_word2vec(path: PathLike, words: Sequence[str], rows: Floats32, *, binary: bool) -> None:
    """A line with both numbers, then each word with its row."""
    found = _single_tokens(words)
    little = np.ascontiguousarray(rows, "<f4")
    with atomic_output(path) as file:
        file.write(f"{len(words)} {rows.shape[1]}\n".encode())
        if binary:
            for word, row in zip(found, little, strict=True):
                file.write(word.encode("utf-8") + b" " + row.tobytes() + b"\n")
            return
        form = " %.6g" * rows.shape[1] + "\n"
        for word, row in zip(found, little, strict=True):
            file.write((word + form % tuple(row.tolist())).encode("utf-8"))


def read_word2vec(path: PathLike) -> tuple[list[str], Floats32]:
    """Words and rows of a file, binary or text."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise StorageError(f"{name}: cannot be read: {error.strerror or error}") from error
    head, _, rest = data.partition(b"\n")
    match = re.fullmatch(rb"(\d{1,10}) (\d{1,6})\s*", head)
    if match is None:
        raise StorageError(
            f"{name}:1: expected the number of words and of dimensions, got {head[:40]!r}; is it a "
            "file of word2vec?"
        )
    size, width = int(match[1]), int(match[2])
    # a number takes two bytes at the least, and so does a word
    if not size or not width or size > _MOST or size * (2 * width + 1) > len(rest):
        raise StorageError(f"{name}: too short for {size:,} words of {width} dimensions")
    if _is_text(rest.partition(b"\n")[0], width):
        words, rows = _read_text(name, rest, size, width)
    else:
        words, rows = _read_binary(name, rest, size, width)
    if len(set(words)) != len(words):
        raise StorageError(f"{name}: a word is there twice")
    if not np.isfinite(rows).all():
        raise StorageError(f"{name}: a number is not finite")
    return words, rows


def _is_text(line: bytes, width: int) -> bool:
    fields = line.split()
    if len(fields) != width + 1:
        return False
    try:
        for field in fields[1:]:
            float(field)
    except ValueError:
        return False
    return True


def _read_text(name: str, rest: bytes, size: int, width: int) -> tuple[list[str], Floats32]:
    rows = np.empty((size, width), np.float32)
    words: list[str] = []
    lines = rest.split(b"\n")
    for number, line in enumerate(lines[:size], 2):
        word, *numbers = line.rstrip().split(b" ")
        try:
            if not word or len(numbers) != width:
                raise ValueError
            words.append(word.decode("utf-8"))
            rows[number - 2] = [float(value) for value in numbers]
        except ValueError:
            raise StorageError(
                f"{name}:{number}: expected a word and {width} numbers, got {line[:60]!r}"
            ) from None
    if len(words) < size:
        raise StorageError(f"{name}: {len(words):,} words, expected {size:,}")
    return words, rows


def _read_binary(name: str, rest: bytes, size: int, width: int) -> tuple[list[str], Floats32]:
    rows = np.empty((size, width), np.float32)
    words: list[str] = []
    at = 0
    for row in range(size):
        end = rest.find(b" ", at)
        stop = end + 1 + 4 * width
        try:
            if end < 0 or stop > len(rest):
                raise ValueError
            word = rest[at:end].lstrip(b"\n").decode("utf-8")
            if not word:
                raise ValueError
        except ValueError:
            raise StorageError(
                f"{name}: the word number {row + 1} is cut off, or not UTF-8"
            ) from None
        words.append(word)
        rows[row] = np.frombuffer(rest, "<f4", width, end + 1)
        at = stop
    return words, rows


def write_numpy(path: PathLike, words_path: PathLike, words: Sequence[str], rows: Floats32) -> None:
    """An ``.npy`` file, and a text file of the words."""
    found = [word if "\n" not in word and "\r" not in word else None for word in words]
    if None in found:
        raise NlpzeroError("a word has a line end in it, which a list of words cannot hold")
    with atomic_output(path) as file:
        np.save(file, np.ascontiguousarray(rows), allow_pickle=False)
    with atomic_output(words_path) as file:
        file.write("".join(f"{word}\n" for word in found).encode("utf-8"))


def read_numpy(path: PathLike, words_path: PathLike) -> tuple[list[str], Floats32]:
    """The words and rows of such files."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            rows = np.load(io.BytesIO(file.read()), allow_pickle=False)
        with open(words_path, encoding="utf-8", newline="\n") as text:
            words = text.read().split("\n")
    except OSError as error:
        raise StorageError(f"{error.filename}: cannot be read: {error.strerror}") from error
    except (ValueError, EOFError) as error:
        raise StorageError(f"{name}: is no array of vectors with its words: {error}") from error
    if words and not words[-1]:
        words.pop()
    if (
        not isinstance(rows, np.ndarray)
        or rows.ndim != 2
        or rows.dtype.kind != "f"
        or len(rows) != len(words)
        or not rows.size
        or not np.isfinite(rows).all()
    ):
        raise StorageError(
            f"{name}: expected finite numbers, a row for each of the {len(words):,} words of "
            f"{os.fspath(words_path)}"
        )
    if len(set(words)) != len(words) or not all(words):
        raise StorageError(f"{os.fspath(words_path)}: words are repeated or empty")
    return words, rows.astype(np.float32)
