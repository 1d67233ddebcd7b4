"""The columns of a table of words: in memory, or in files that are mapped."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.stored_arrays import release_pages
from nlpzero.engine.temporary import KeptFolder, PathLike, disk_errors
from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points
from nlpzero.words.sorted_frames import NONE, Frame, RunStore

_ROWS = 1 << 16


@dataclass(eq=False)  # files that were made for it go when it goes, so it is told apart by identity
class Columns:
    """Words in the order of their bytes, each once, with what was counted.

    Attributes
    ----------
    pool : uint8[]
        The words, one after another, in UTF-8.
    offsets : int64[n + 1]
        Where each word begins, and the end of the last.
    counts : int64[n]
    documents : int64[n] or int64[0]
        Number of documents with the word; empty if documents were not counted.
    folder : KeptFolder or None
        The files, which go when the columns go.
    """

    pool: Array
    offsets: Array
    counts: Array
    documents: Array
    folder: KeptFolder | None = field(default=None, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.counts)

    @classmethod
    def of_frame(cls, frame: Frame) -> "Columns":
        """A sorted frame as columns."""
        return cls(frame.pool, frame.offsets(), frame.counts, frame.documents)

    @property
    def mapped(self) -> bool:
        """Whether the words are in a file."""
        return isinstance(self.counts, np.memmap)

    @property
    def pool_bytes(self) -> int:
        """Bytes of all words."""
        return len(self.pool)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(v.nbytes for v in (self.pool, self.offsets, self.counts, self.documents))

    def bytes_of(self, row: int) -> bytes:
        return self.pool[self.offsets[row] : self.offsets[row + 1]].tobytes()

    def text_of(self, row: int) -> str:
        return self.bytes_of(row).decode("utf-8")

    def find(self, word: object) -> int:
        """Row of a word, -1 if it has none."""
        if not isinstance(word, str):
            return -1
        wanted = word.encode("utf-8", "surrogatepass")
        row = bisect_left(range(len(self)), wanted, key=self.bytes_of)
        return row if row < len(self) and self.bytes_of(row) == wanted else -1

    def frames(self) -> Iterator[Frame]:
        """All words, piece by piece; a table of any size is a run."""
        for first in range(0, len(self), _ROWS):
            stop = min(first + _ROWS, len(self))
            offsets = self.offsets[first : stop + 1]
            yield from Frame(
                np.diff(offsets).astype(np.uint32),
                np.asarray(self.counts[first:stop]),
                np.asarray(self.documents[first:stop]),
                np.asarray(self.pool[offsets[0] : offsets[-1]]),
            ).frames()
            self.forget()

    def forget(self) -> None:
        """Give back the memory of what was read from files."""
        for values in (self.pool, self.offsets, self.counts, self.documents):
            release_pages(values)


def without_marks(frame: Frame) -> Frame:
    """The words with at least one letter, digit or Han character."""
    if not len(frame):
        return frame
    return frame.select(worded(frame.pool, frame.offsets()))


def worded(pool: Array, offsets: Array) -> Array:
    """Which words have at least one letter, digit or Han character; none is empty.

    Parameters
    ----------
    pool : uint8[]
    offsets : int64[n + 1]
        From 0 to the end of the pool.

    Returns
    -------
    bool[n]
    """
    classes = char_classes(code_points(pool.tobytes().decode("utf-8")))
    begins = np.flatnonzero((pool & 0xC0) != 0x80)
    firsts = np.searchsorted(begins, offsets[:-1])
    inside = (classes != BREAK) & (classes != SPACE)
    found: Array = np.logical_or.reduceat(inside, firsts)
    return found


@dataclass(frozen=True)
class Bound:
    """The most a merge can have."""

    words: int
    pool: int
    documents: bool

    @classmethod
    def of(cls, store: RunStore, documents: bool) -> "Bound":
        words = store.words
        return cls(words, store.nbytes - words * (20 if documents else 12), documents)

    @property
    def nbytes(self) -> int:
        return self.words * (24 if self.documents else 16) + self.pool


def collect(
    frames: Iterator[Frame], bound: Bound, limit: int, tmpdir: PathLike | None = None
) -> Columns:
    """The columns of a merge: in memory if it is sure to fit, else through files, which stay if
    they are large.

    Parameters
    ----------
    frames : iterator of Frame
        In order.
    bound : Bound
        The most they can have.
    limit : int
        Bytes to hold in memory.
    tmpdir : path, optional
        Folder for the files, which are gone when the columns are.
    """
    if bound.nbytes <= limit:
        return _in_memory(frames, bound)
    kept = KeptFolder(tmpdir)
    try:
        paths = {name: kept.path / name for name in ("pool", "offsets", "counts", "documents")}
        with disk_errors(kept.path):
            _write(frames, paths)
        sizes = {name: path.stat().st_size for name, path in paths.items()}
        large = sum(sizes.values()) > limit
        columns = Columns(
            **{
                name: np.memmap(path, _DTYPES[name], "r")
                if large and sizes[name]
                else np.fromfile(path, _DTYPES[name])
                for name, path in paths.items()
            }
        )
    except BaseException:
        kept.cleanup()
        raise
    if large:
        columns.folder = kept
    else:
        kept.cleanup()
    return columns


_DTYPES = {"pool": np.uint8, "offsets": np.int64, "counts": np.int64, "documents": np.int64}


def _in_memory(frames: Iterator[Frame], bound: Bound) -> Columns:
    # pages beyond the true size are never touched
    offsets = np.zeros(bound.words + 1, np.int64)
    counts = np.empty(bound.words, np.int64)
    documents = np.empty(bound.words, np.int64) if bound.documents else NONE
    pool = np.empty(bound.pool, np.uint8)
    words = size = 0
    for frame in frames:
        stop = words + len(frame)
        offsets[words + 1 : stop + 1] = size + np.cumsum(frame.lengths, dtype=np.int64)
        counts[words:stop] = frame.counts
        if bound.documents:
            documents[words:stop] = frame.documents
        pool[size : size + len(frame.pool)] = frame.pool
        words, size = stop, size + len(frame.pool)
    return Columns(pool[:size], offsets[: words + 1], counts[:words], documents[:words])


def _write(frames: Iterator[Frame], paths: Mapping[str, Path]) -> None:
    size = 0
    with (
        open(paths["offsets"], "wb") as offsets,
        open(paths["counts"], "wb") as counts,
        open(paths["documents"], "wb") as documents,
        open(paths["pool"], "wb") as pool,
    ):
        offsets.write(bytes(8))
        for frame in frames:
            offsets.write((size + np.cumsum(frame.lengths, dtype=np.int64)).tobytes())
            counts.write(frame.counts.tobytes())
            documents.write(frame.documents.tobytes())
            pool.write(frame.pool.tobytes())
            size += len(frame.pool)
