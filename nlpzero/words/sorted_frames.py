"""Tables of word counts inside a memory budget: hash table, sorted runs in memory or on disk, their
merge.

A *frame* is a piece of a sorted run small enough to hold many of in memory; a *run* yields frames
in order. Everything here is arrays: the words of a frame are one pool of UTF-8 bytes and a length
each.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.checkpoints import InFiles
from nlpzero.engine.temporary import disk_errors
from nlpzero.errors import StorageError
from nlpzero.words.frame_kernels import gather_words, merge_frames, sort_keys, sort_ties

FRAME_WORDS = 1 << 15
FRAME_BYTES = 1 << 20
# runs merged in one pass; their frames are in memory at the same time
FAN_IN = 24

NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Frame:
    """Words in the order of their bytes, each once, with what was counted.

    Attributes
    ----------
    lengths : uint32[n]
        Bytes of each word.
    counts : int64[n]
    documents : int64[n] or int64[0]
        Number of documents with the word; empty if documents were not counted.
    pool : uint8[sum of lengths]
        The words, one after another, in UTF-8.
    """

    lengths: Array
    counts: Array
    documents: Array
    pool: Array

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def nbytes(self) -> int:
        return self.lengths.nbytes + self.counts.nbytes + self.documents.nbytes + self.pool.nbytes

    def offsets(self) -> Array:
        """Where each word begins in the pool, and its end: int64[n + 1]."""
        offsets = np.zeros(len(self.lengths) + 1, np.int64)
        np.cumsum(self.lengths, out=offsets[1:])
        return offsets

    def select(self, keep: Array) -> "Frame":
        """The words for which ``keep`` (bool[n]) is true."""
        if keep.all():
            return self
        return Frame(
            self.lengths[keep],
            self.counts[keep],
            self.documents[keep] if len(self.documents) else self.documents,
            self.pool[np.repeat(keep, self.lengths)],
        )

    def frames(self) -> Iterator["Frame"]:
        """Itself in pieces: a frame of any size is a run in memory."""
        offsets = self.offsets()
        first = 0
        while first < len(self.lengths):
            stop = _frame_end(offsets, first)
            yield Frame(
                self.lengths[first:stop],
                self.counts[first:stop],
                self.documents[first:stop],
                self.pool[offsets[first] : offsets[stop]],
            )
            first = stop


def _frame_end(offsets: Array, first: int) -> int:
    """End of the frame that begins at a word; one word may be larger than a frame."""
    stop = int(np.searchsorted(offsets, offsets[first] + FRAME_BYTES, "right")) - 1
    return max(first + 1, min(stop, first + FRAME_WORDS, len(offsets) - 1))


def join_frames(frames: Iterable[Frame]) -> Frame:
    """One frame of many that follow each other."""
    pieces = list(frames)
    if len(pieces) == 1:
        return pieces[0]
    if not pieces:
        return Frame(np.empty(0, np.uint32), NONE, NONE, np.empty(0, np.uint8))
    return Frame(
        np.concatenate([piece.lengths for piece in pieces]),
        np.concatenate([piece.counts for piece in pieces]),
        np.concatenate([piece.documents for piece in pieces]),
        np.concatenate([piece.pool for piece in pieces]),
    )


@dataclass(frozen=True)
class SpilledRun(InFiles):
    """A sorted run in a file of this run of the program: frames one after another."""

    path: Path
    nbytes: int
    words: int

    def __len__(self) -> int:
        return self.words

    def frames(self) -> Iterator[Frame]:
        with open(self.path, "rb") as file:
            while sizes := file.read(24):
                words, documents, pool = np.frombuffer(sizes, np.int64).tolist()
                length = 4 * words + 8 * words + 8 * documents + pool
                data = np.empty(length, np.uint8)
                if file.readinto(data.data) != length:
                    raise StorageError(f"{self.path}: a temporary file is cut off")
                at = np.cumsum([8 * words, 8 * documents, 4 * words, pool])
                yield Frame(
                    data[at[1] : at[2]].view(np.uint32),
                    data[: at[0]].view(np.int64),
                    data[at[0] : at[1]].view(np.int64),
                    data[at[2] :],
                )

    def files(self) -> list[Path]:
        """Where the words are."""
        return [self.path]

    def remove(self) -> None:
        """Give the disk space back; the run is of no more use."""
        self.path.unlink(missing_ok=True)


FrameRun = Frame | SpilledRun


class SortedWords(Protocol):
    """Anything that can be merged: sorted words, readable in frames."""

    def __len__(self) -> int: ...

    def frames(self) -> Iterator[Frame]:
        """The words in order, piece by piece."""
        ...


def spill(frames: Iterable[Frame], path: Path) -> SpilledRun:
    """Write frames to a temporary file."""
    words = size = 0
    with disk_errors(path.parent), open(path, "wb") as file:
        for frame in frames:
            sizes = (len(frame), len(frame.documents), len(frame.pool))
            file.write(np.array(sizes, np.int64).tobytes())
            parts = (frame.counts, frame.documents, frame.lengths, frame.pool)
            file.writelines(np.ascontiguousarray(part).data for part in parts if len(part))
            words += len(frame)
            size += frame.nbytes
    return SpilledRun(path, size, words)


class _Cursors:
    """The loaded frames of the runs that are being merged, one row of each array per run."""

    def __init__(self, runs: Sequence[SortedWords]) -> None:
        self._sources = [run.frames() for run in runs]
        rows = len(runs)
        self.offsets = np.zeros((rows, FRAME_WORDS + 1), np.int64)
        self.counts = np.empty((rows, FRAME_WORDS), np.int64)
        self.documents = np.empty((rows, 0), np.int64)
        self.at = np.zeros(rows, np.int64)
        self.sizes = np.zeros(rows, np.int64)
        self.pool = np.empty(0, np.uint8)
        self._begins = np.zeros(rows, np.int64)
        self._rooms = np.zeros(rows, np.int64)
        for row in range(rows):
            self.load(row)

    def load(self, row: int) -> None:
        """The next frame of a run; none is left if its size is 0 afterwards."""
        frame = next(self._sources[row], None)
        self.at[row] = 0
        self.sizes[row] = 0 if frame is None else len(frame)
        if frame is None:
            return
        if len(frame.pool) > self._rooms[row]:
            # a place of its own at the end; earlier ones stay where they are
            room = len(frame.pool) + len(frame.pool) // 4
            self._begins[row] = len(self.pool)
            self._rooms[row] = room
            self.pool = np.concatenate([self.pool, np.empty(room, np.uint8)])
        if len(frame.documents) and self.documents.shape[1] == 0:
            self.documents = np.zeros((len(self.at), FRAME_WORDS), np.int64)
        begin, size = int(self._begins[row]), len(frame)
        self.pool[begin : begin + len(frame.pool)] = frame.pool
        self.offsets[row, 0] = begin
        np.cumsum(frame.lengths, out=self.offsets[row, 1 : size + 1])
        self.offsets[row, 1 : size + 1] += begin
        self.counts[row, :size] = frame.counts
        if len(frame.documents):
            self.documents[row, :size] = frame.documents


def merge_frame_runs(runs: Sequence[SortedWords], *, union: bool = False) -> Iterator[Frame]:
    """Merge sorted runs: every word once, counts (and numbers of documents) added.

    Parameters
    ----------
    runs : sequence of runs
        Any number; more than a few dozen are better merged in rounds, see :class:`RunStore`.
    union : bool
        All runs are about the same document: a word in several of them still is in one document.

    Yields
    ------
    Frame
        In order, none empty.
    """
    runs = [run for run in runs if len(run)]
    if len(runs) == 1:
        yield from runs[0].frames()
        return
    if not runs:
        return
    cursors = _Cursors(runs)
    has_documents = cursors.documents.shape[1] > 0
    out_offsets = np.zeros(FRAME_WORDS + 1, np.int64)
    out_counts = np.empty(FRAME_WORDS, np.int64)
    out_documents = np.empty(FRAME_WORDS if has_documents else 0, np.int64)
    out_pool = np.empty(FRAME_BYTES, np.uint8)
    words = 0

    def take(stop: int) -> Frame:
        return Frame(
            np.diff(out_offsets[: stop + 1]).astype(np.uint32),
            out_counts[:stop].copy(),
            out_documents[:stop].copy(),
            out_pool[: out_offsets[stop]].copy(),
        )

    while True:
        words, row = merge_frames(
            cursors.pool,
            cursors.offsets,
            cursors.counts,
            cursors.documents,
            cursors.at,
            cursors.sizes,
            union,
            out_offsets,
            out_counts,
            out_documents,
            out_pool,
            words,
        )
        if row >= 0:
            cursors.load(row)
            continue
        left = np.flatnonzero(cursors.at < cursors.sizes)
        if not len(left):
            break
        # Full. The last word may go on growing: it moves to the front of the next frame.
        if words > 1:
            yield take(words - 1)
            begin, end = int(out_offsets[words - 1]), int(out_offsets[words])
            out_pool[: end - begin] = out_pool[begin:end].copy()
            out_offsets[1] = end - begin
            out_counts[0] = out_counts[words - 1]
            if has_documents:
                out_documents[0] = out_documents[words - 1]
            words = 1
        longest = max(
            int(cursors.offsets[row, at + 1] - cursors.offsets[row, at])
            for row, at in zip(left.tolist(), cursors.at[left].tolist(), strict=True)
        )
        if int(out_offsets[words]) + longest > len(out_pool):
            out_pool = np.concatenate([out_pool, np.empty(longest, np.uint8)])
    if words:
        yield take(words)


def merge_in_rounds(runs: Sequence[SortedWords], folder: Path) -> Iterator[Frame]:
    """As :func:`merge_frame_runs` for any number of runs, which stay as they are.

    Parameters
    ----------
    runs : sequence of runs
    folder : Path
        For what is merged of some of them, if they are many.
    """
    while len(runs) > FAN_IN:
        runs = [
            spill(merge_frame_runs(runs[i : i + FAN_IN]), new_file(folder))
            for i in range(0, len(runs), FAN_IN)
        ]
    return merge_frame_runs(runs)


class RunStore:
    """Collects sorted runs and keeps few of them: in memory up to a limit, then on disk.

    Runs are merged as they come, two dozen of a level at a time, so that a word takes part in few
    merges and the last merge has few runs to deal with, however many were added.

    Parameters
    ----------
    limit : int
        Bytes of runs to hold in memory.
    folder : callable, optional
        Gives the folder for temporary files; called when the first one is needed. Without it
        everything stays in memory.
    union : bool
        See :func:`merge_frame_runs`.
    """

    def __init__(
        self, limit: int, folder: Callable[[], Path] | None = None, *, union: bool = False
    ) -> None:
        self._limit = limit
        self._folder = folder
        self._union = union
        self._memory: list[list[Frame]] = []
        self._disk: list[list[SpilledRun]] = []
        self._held = 0

    def add(self, run: FrameRun) -> None:
        """Take a run; a spilled one now belongs to the store, which removes its file after use."""
        if isinstance(run, SpilledRun):
            self._add_disk(run, 0)
        elif self._fits(run.nbytes):
            self._held += run.nbytes
            self._add_memory(run, 0)
        else:
            self.take(run.frames(), run.nbytes)

    def _fits(self, nbytes: int) -> bool:
        return self._folder is None or self._held + nbytes <= self._limit

    def take(self, frames: Iterator[Frame], nbytes: int) -> None:
        """Take the frames of a new run of about so many bytes."""
        if self._folder is None or self._fits(nbytes):
            run = join_frames(frames)
            self._held += run.nbytes
            self._add_memory(run, 0)
        elif nbytes >= self._limit // 4:
            self._add_disk(spill(frames, new_file(self._folder())), 0)
        else:
            # many small runs: merge those in memory into one file
            held = [run for level in self._memory for run in level]
            held.append(join_frames(frames))
            self._memory.clear()
            self._held = 0
            self._add_disk(self._spill(held, self._folder()), 0)

    def _add_memory(self, run: Frame, level: int) -> None:
        if not len(run):
            return
        if level == len(self._memory):
            self._memory.append([])
        runs = self._memory[level]
        runs.append(run)
        if len(runs) >= FAN_IN:
            merged = join_frames(merge_frame_runs(runs, union=self._union))
            self._held += merged.nbytes - sum(part.nbytes for part in runs)
            runs.clear()
            self._add_memory(merged, level + 1)

    def _spill(self, runs: Sequence[FrameRun], folder: Path) -> SpilledRun:
        return spill(merge_frame_runs(runs, union=self._union), new_file(folder))

    def _add_disk(self, run: SpilledRun, level: int) -> None:
        if level == len(self._disk):
            self._disk.append([])
        runs = self._disk[level]
        runs.append(run)
        if len(runs) >= FAN_IN:
            merged = self._spill(runs, runs[0].path.parent)
            for part in runs:
                part.remove()
            runs.clear()
            self._add_disk(merged, level + 1)

    def runs(self) -> list[FrameRun]:
        """What is held now."""
        levels: list[Sequence[FrameRun]] = [*self._memory, *self._disk]
        return [run for level in levels for run in level]

    @property
    def nbytes(self) -> int:
        """Bytes of all runs; the merged table has at most as many."""
        return sum(run.nbytes for run in self.runs())

    @property
    def words(self) -> int:
        """Words of all runs, a word in two of them counted twice."""
        return sum(len(run) for run in self.runs())

    def frames(self) -> Iterator[Frame]:
        """Everything added, merged."""
        return merge_frame_runs(self.runs(), union=self._union)

    def clear(self) -> None:
        """Forget all runs and remove their files."""
        for run in self.runs():
            if isinstance(run, SpilledRun):
                run.remove()
        self._disk.clear()
        self._memory.clear()
        self._held = 0


def new_file(folder: Path) -> Path:
    """A new name in a folder that several processes, perhaps on several machines, use."""
    return folder / f"words-{uuid4().hex}.run"


def sort_words(pool: Array, offsets: Array, words: int) -> Array:
    """The order of words by their bytes.

    Parameters
    ----------
    pool : uint8[]
    offsets : int64[at least words + 1]
    words : int

    Returns
    -------
    int64[words]
    """
    keys = np.empty(words, np.uint64)
    sort_keys(pool, offsets, keys)
    order = np.argsort(keys)
    sort_ties(order, keys, pool, offsets, np.empty(words, np.int64))
    return order


def sorted_frame(frame: Frame) -> Frame:
    """The distinct words of a frame in the order of their bytes."""
    offsets = frame.offsets()
    order = sort_words(frame.pool, offsets, len(frame))
    lengths = np.empty(len(order), np.uint32)
    pool = np.empty(len(frame.pool), np.uint8)
    gather_words(frame.pool, offsets, order, lengths, pool)
    documents = frame.documents[order] if len(frame.documents) else frame.documents
    return Frame(lengths, frame.counts[order], documents, pool)
