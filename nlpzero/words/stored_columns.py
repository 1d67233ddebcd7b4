"""The columns of a table of words in a file, checked as they are used."""

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.file_index import content_of
from nlpzero.engine.stored_arrays import Ascending, StoredArray, plain
from nlpzero.engine.temporary import PathLike
from nlpzero.engine.validation import expect, require, total_of, whole_number, within
from nlpzero.words.columns import Columns
from nlpzero.words.frame_kernels import in_order
from nlpzero.words.sorted_frames import Frame

_ROWS = 1 << 16
_PIECE = 1 << 20
_LONGEST_WORD = (1 << 32) - 1


class StoredColumns(Columns):
    """Columns of a file: frames are checked as they are read; whoever asks for a whole array has
    all of them checked before.

    Parameters
    ----------
    path : path
        For messages.
    header : mapping
    arrays : mapping of str to StoredArray or ndarray

    Raises
    ------
    StorageError
        Header, types or shapes are wrong.
    """

    def __init__(
        self, path: PathLike, header: Mapping[str, Any], arrays: Mapping[str, Any]
    ) -> None:
        self._path = path
        with content_of(path):
            self._total = whole_number(header["total"], "the total", 0)
            documents = header["documents"]
            if documents is not None:
                whole_number(documents, "the number of documents", 0)
            words = len(expect(arrays, "counts", np.int64, None))
            self._columns: dict[str, Array | StoredArray] = {
                "pool": expect(arrays, "words", np.uint8, None),
                "offsets": expect(arrays, "offsets", np.int64, words + 1),
                "counts": arrays["counts"],
                "documents": expect(
                    arrays, "documents", np.int64, 0 if documents is None else words
                ),
            }
            self._on_use("offsets", OffsetCheck(len(self._columns["pool"]), words))
            self._on_use("counts", RangeCheck("counts", 1, self._total))
            self._on_use("documents", RangeCheck("numbers of documents", 0, documents or 0))
        self._sound: dict[str, Array] | None = None

    def _on_use(self, name: str, check: Callable[[int, Array], None]) -> None:
        values = self._columns[name]
        if isinstance(values, StoredArray):
            values.check = check
        elif len(values):
            check(0, values)

    def __len__(self) -> int:
        return len(self._columns["counts"])

    def _checked(self, name: str) -> Array:
        if self._sound is None:
            self.verify()
        assert self._sound is not None
        values = self._columns[name]
        if isinstance(values, StoredArray):
            values.file.check_unchanged()
        return self._sound[name]

    @property
    def pool(self) -> Array:  # type: ignore[override]
        """As those of :class:`Columns`, mapped."""
        return self._checked("pool")

    @property
    def offsets(self) -> Array:  # type: ignore[override]
        return self._checked("offsets")

    @property
    def counts(self) -> Array:  # type: ignore[override]
        return self._checked("counts")

    @property
    def documents(self) -> Array:  # type: ignore[override]
        return self._checked("documents")

    @property
    def mapped(self) -> bool:
        return True

    @property
    def nbytes(self) -> int:
        return sum(values.nbytes for values in self._columns.values())

    @property
    def pool_bytes(self) -> int:
        return len(self._columns["pool"])

    def bytes_of(self, row: int) -> bytes:
        columns = self._columns if self._sound is None else self._sound
        begin, end = columns["offsets"][row : row + 2].tolist()
        return columns["pool"][begin:end].tobytes()  # type: ignore[no-any-return]

    def verify(self) -> None:
        """Check all of it.

        Raises
        ------
        StorageError
            It is damaged.
        """
        for _ in self.frames():
            pass
        with content_of(self._path):
            self._sound = {name: plain(values) for name, values in self._columns.items()}

    def frames(self) -> Iterator[Frame]:
        columns = self._columns
        last, left = b"", self._total
        for first in range(0, len(self), _ROWS):
            stop = min(first + _ROWS, len(self))
            offsets = columns["offsets"][first : stop + 1]
            pool = columns["pool"][int(offsets[0]) : int(offsets[-1])]
            counts = columns["counts"][first:stop]
            if self._sound is None:
                with content_of(self._path):
                    last = _check_words(pool, offsets - offsets[0], last)
                    left -= total_of(counts)
                    require(left >= 0, "its total is less than the sum of its counts")
            yield from Frame(
                np.diff(offsets).astype(np.uint32),
                counts,
                columns["documents"][first:stop],
                pool,
            ).frames()
            self.forget()

    def forget(self) -> None:
        for values in self._columns.values():
            if isinstance(values, StoredArray):
                values.release()


class OffsetCheck(Ascending):
    """Offsets go up from 0 to the end of the pool: no word is empty."""

    def __init__(self, end: int, words: int) -> None:
        super().__init__()
        self._end = end
        self._words = words

    def __call__(self, start: int, values: Array) -> None:
        super().__call__(start, values)
        require(
            (start > 0 or values[0] == 0)
            and values[0] >= 0
            and (start + len(values) <= self._words or values[-1] == self._end)
            and values[-1] <= self._end,
            "its words do not lie where they should",
        )
        require(int(np.diff(values).max(initial=0)) <= _LONGEST_WORD, "a word is too long")


class RangeCheck:
    """Counts lie between what they may be."""

    def __init__(self, name: str, least: int, most: int) -> None:
        self._name, self._least, self._most = name, least, most

    def __call__(self, start: int, values: Array) -> None:
        require(within(values, self._least, self._most), f"its {self._name} are out of range")


def _check_words(pool: Array, offsets: Array, last: bytes) -> bytes:
    """Check that words are text, in the order of their bytes, behind the one before them; returns
    the last.
    """
    decoder = getincrementaldecoder("utf-8")("surrogatepass")
    for at in range(0, len(pool), _PIECE):
        decoder.decode(pool[at : at + _PIECE].tobytes())
    decoder.decode(b"", final=True)
    require(not ((pool[offsets[:-1]] & 0xC0) == 0x80).any(), "a word begins inside a character")
    first = pool[: offsets[1]].tobytes()
    require(last < first and in_order(pool, offsets), "its words are not in order")
    return pool[offsets[-2] :].tobytes()
