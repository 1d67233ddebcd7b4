"""Word frequency tables: :class:`WordCounts`, in memory or on disk, and merging stored ones."""

import os
import shutil
import tempfile
import weakref
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.storage import (
    FileWriter,
    PathLike,
    disk_errors,
    read_file,
    read_header,
    scratch_folder,
    write_file,
)
from nlpzero.errors import StorageError
from nlpzero.ngrams.keys import unpack_keys
from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points
from nlpzero.words.frame_kernels import place_by_rank, tally_ranks
from nlpzero.words.sorted_frames import (
    FAN_IN,
    Frame,
    RunStore,
    join_frames,
    merge_frame_runs,
    new_file,
    sorted_frame,
    spill,
)
from nlpzero.words.writing_kernels import HEX_DIGITS, write_rows

if TYPE_CHECKING:
    from nlpzero.ngrams.table import NGramCounts


KIND = "word-counts"
FORMATS = ("tsv", "csv", "jsonl")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_ROWS = 1 << 16
_OUT_BYTES = 1 << 22


class WordCounts(Mapping[str, int]):
    """How often each word occurs: a read-only mapping, most frequent words first, ties by code points.

    Made by :func:`count_words`, :meth:`load`, :meth:`from_counts` or :meth:`merge`.

    Attributes
    ----------
    total : int
        Number of tokens counted, before any word was filtered out.
    documents : int or None
        Number of documents with at least one token; None if documents were not counted.

    Examples
    --------
    >>> counts = WordCounts.from_counts({"天气": 3, "好": 5, "不": 3})
    >>> list(counts.items())
    [('好', 5), ('不', 3), ('天气', 3)]
    >>> counts["天气"], counts.get("雨", 0), counts.total
    (3, 0, 11)
    """

    def __init__(
        self,
        pool: Array,
        offsets: Array,
        counts: Array,
        document_counts: Array,
        *,
        total: int,
        documents: int | None = None,
    ) -> None:
        self._pool = pool
        self._offsets = offsets
        self._counts = counts
        self._document_counts = document_counts
        self._order_array: Array | None = None
        self.total = total
        self.documents = documents

    # ------------------------------------------------------------------------------------- making

    @classmethod
    def from_counts(cls, counts: Mapping[str, int]) -> "WordCounts":
        """Word counts from any mapping of words to counts.

        Parameters
        ----------
        counts : mapping of str to int >= 1
        """
        encoded = [word.encode("utf-8") for word in counts]
        values = np.array(list(counts.values()), np.int64)
        if len(values) and values.min() < 1:
            raise ValueError(f"`counts` must be integers >= 1, got {values.min()}.")
        frame = Frame(
            np.array([len(word) for word in encoded], np.uint32),
            values,
            np.empty(0, np.int64),
            np.frombuffer(b"".join(encoded), np.uint8).copy(),
        )
        return cls._from_frame(sorted_frame(frame), int(values.sum()), None)

    @classmethod
    def _from_frame(cls, frame: Frame, total: int, documents: int | None) -> "WordCounts":
        return cls(
            frame.pool,
            frame.offsets(),
            frame.counts,
            frame.documents,
            total=total,
            documents=documents,
        )

    @classmethod
    def _from_frames(
        cls,
        frames: Iterator[Frame],
        bound: "Bound",
        limit: int,
        tmpdir: PathLike | None,
        *,
        total: int,
        documents: int | None,
    ) -> "WordCounts":
        """Collect a merge: in memory if it is sure to fit, else through files, which stay if they are large."""
        has_documents = documents is not None
        if bound.nbytes <= limit:
            # pages beyond the true size are never touched
            offsets = np.zeros(bound.words + 1, np.int64)
            counts = np.empty(bound.words, np.int64)
            in_documents = np.empty(bound.words if has_documents else 0, np.int64)
            pool = np.empty(bound.pool, np.uint8)
            words = size = 0
            for frame in frames:
                stop = words + len(frame)
                offsets[words + 1 : stop + 1] = size + np.cumsum(frame.lengths, dtype=np.int64)
                counts[words:stop] = frame.counts
                if has_documents:
                    in_documents[words:stop] = frame.documents
                pool[size : size + len(frame.pool)] = frame.pool
                words, size = stop, size + len(frame.pool)
            return cls(
                pool[:size],
                offsets[: words + 1],
                counts[:words],
                in_documents[:words] if has_documents else in_documents,
                total=total,
                documents=documents,
            )
        folder = Path(tempfile.mkdtemp(prefix="nlpzero-", dir=tmpdir))
        try:
            names = ("offsets", "counts", "documents", "pool")
            paths = {name: folder / name for name in names}
            with disk_errors(folder):
                _write_columns(frames, paths)
            size = sum(path.stat().st_size for path in paths.values())
            arrays: dict[str, Array] = {}
            for name, path in paths.items():
                dtype = np.uint8 if name == "pool" else np.int64
                if size <= limit or path.stat().st_size == 0:
                    arrays[name] = np.fromfile(path, dtype)
                else:
                    arrays[name] = np.memmap(path, dtype, "r")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        table = cls(
            arrays["pool"],
            arrays["offsets"],
            arrays["counts"],
            arrays["documents"],
            total=total,
            documents=documents,
        )
        if size <= limit:
            shutil.rmtree(folder)
        else:
            weakref.finalize(table, shutil.rmtree, folder, ignore_errors=True)
        return table

    @classmethod
    def from_ngrams(
        cls, counts: "NGramCounts", low: int = 1, high: int = 1, *, min_count: int = 1
    ) -> "WordCounts":
        """Character n-grams as words.

        Parameters
        ----------
        counts : NGramCounts
            Of characters (an alphabet without classes).
        low, high : int in [1, 4], low <= high
            Lengths to take.
        min_count : int >= 1

        Returns
        -------
        WordCounts
            Its total is the number of n-grams taken.
        """
        if not 1 <= low <= high <= 4:
            raise ValueError(
                f"`low` and `high` must be 1 <= low <= high <= 4, got {low} and {high}."
            )
        frames: list[Frame] = []
        for k in range(low, high + 1):
            keys, values = counts.grams(k, min_count)
            for first in range(0, len(keys), _ROWS):
                part = keys[first : first + _ROWS]
                text = counts.alphabet.decode(unpack_keys(part, k).reshape(-1))
                points = code_points(text).reshape(len(part), k)
                widths = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
                frames.append(
                    Frame(
                        widths.sum(axis=1).astype(np.uint32),
                        values[first : first + _ROWS],
                        np.empty(0, np.int64),
                        np.frombuffer(text.encode("utf-8"), np.uint8),
                    )
                )
        joined = join_frames(frames)
        return cls._from_frame(sorted_frame(joined), int(joined.counts.sum()), None)

    @classmethod
    def merge(cls, tables: Iterable["WordCounts"]) -> "WordCounts":
        """Counts of several corpora together: exactly what counting all of them at once gives.

        Parameters
        ----------
        tables : iterable of WordCounts
            All with document counts, or all without.

        Examples
        --------
        >>> day = WordCounts.from_counts({"天气": 3})
        >>> next_day = WordCounts.from_counts({"天气": 1, "雨": 2})
        >>> dict(WordCounts.merge([day, next_day]))
        {'天气': 4, '雨': 2}
        """
        tables = list(tables)
        with_documents = [table.documents is not None for table in tables]
        if any(with_documents) and not all(with_documents):
            raise ValueError("`tables` must all have document counts, or none of them.")
        store = RunStore(1 << 62)
        for table in tables:
            store.add(join_frames(table._frames()))
        return cls._from_frame(
            join_frames(store.frames()),
            sum(table.total for table in tables),
            sum(table.documents or 0 for table in tables) if any(with_documents) else None,
        )

    # ------------------------------------------------------------------------------------ looking

    def __len__(self) -> int:
        return len(self._counts)

    def __repr__(self) -> str:
        return f"<WordCounts: {len(self):,} words, {self.total:,} tokens>"

    def _bytes_of(self, i: int) -> bytes:
        return self._pool[self._offsets[i] : self._offsets[i + 1]].tobytes()

    def _find(self, word: object) -> int:
        """Row of a word, -1 if it has none."""
        if not isinstance(word, str):
            return -1
        wanted = word.encode("utf-8", "surrogatepass")
        row = bisect_left(range(len(self)), wanted, key=self._bytes_of)
        return row if row < len(self) and self._bytes_of(row) == wanted else -1

    def __contains__(self, word: object) -> bool:
        return self._find(word) >= 0

    def __getitem__(self, word: str) -> int:
        row = self._find(word)
        if row < 0:
            raise KeyError(word)
        return int(self._counts[row])

    def document_frequency(self, word: str) -> int:
        """Number of documents with a word, 0 if there is none.

        Raises
        ------
        ValueError
            Documents were not counted.
        """
        if self.documents is None:
            raise ValueError("documents were not counted; pass documents='line' or 'file'.")
        row = self._find(word)
        return 0 if row < 0 else int(self._document_counts[row])

    def __iter__(self) -> Iterator[str]:
        for word, _ in self._rows():
            yield word

    def items(self) -> Any:
        """Words with their counts, most frequent first; ``dict(counts.items())`` is the fast way to a dict."""
        return _Items(self)

    def most_common(self, n: int | None = None) -> list[tuple[str, int]]:
        """The most frequent words, ties by code points.

        Parameters
        ----------
        n : int, optional
            How many; default all.

        Returns
        -------
        list of (word, count)
        """
        return list(self._rows(n))

    def _rows(self, n: int | None = None) -> Iterator[tuple[str, int]]:
        order = self._order[:n]
        for first in range(0, len(order), 4096):
            for row in order[first : first + 4096].tolist():
                yield self._bytes_of(row).decode("utf-8"), int(self._counts[row])

    @property
    def _order(self) -> Array:
        """Rows by descending count, ties by code points: a counting sort, as most counts are few numbers."""
        if self._order_array is None:
            rows = len(self._counts)
            distinct = np.empty(0, np.int64)
            for first in range(0, rows, 1 << 20):
                part = np.unique(self._counts[first : first + (1 << 20)])
                distinct = np.union1d(distinct, part)
            direct = np.searchsorted(distinct, np.arange(1 << 12)).astype(np.int64)
            tally = np.zeros(len(distinct), np.int64)
            tally_ranks(self._counts, direct, distinct, tally)
            places = np.zeros_like(tally)
            # the highest rank comes first
            places[:-1] = np.cumsum(tally[:0:-1])[::-1]
            order = np.empty(rows, np.uint32 if rows < 1 << 32 else np.uint64)
            place_by_rank(self._counts, direct, distinct, places, order)
            self._order_array = order
        return self._order_array

    # ---------------------------------------------------------------------------------- selecting

    def filter(
        self,
        *,
        min_count: int = 1,
        stopwords: Iterable[str] = (),
        punctuation: bool = True,
    ) -> "WordCounts":
        """The words that remain; the total stays what was counted.

        Parameters
        ----------
        min_count : int >= 1
        stopwords : iterable of str
            Words to leave out.
        punctuation : bool
            Keep tokens without any letter, digit or Han character.

        Returns
        -------
        WordCounts

        Examples
        --------
        >>> counts = WordCounts.from_counts({"的": 9, "天气": 3, "，": 7})
        >>> dict(counts.filter(stopwords=["的"], punctuation=False))
        {'天气': 3}
        """
        if isinstance(stopwords, str):
            raise TypeError(f"`stopwords` must be words, got one str; pass [{stopwords!r}].")
        keep = self._counts >= min_count
        stopped = [row for row in map(self._find, stopwords) if row >= 0]
        keep[stopped] = False
        frames = []
        first = 0
        for frame in self._frames():
            kept = frame.select(keep[first : first + len(frame)])
            first += len(frame)
            frames.append(kept if punctuation else without_marks(kept))
        return self._from_frame(join_frames(frames), self.total, self.documents)

    def _frames(self) -> Iterator[Frame]:
        for first in range(0, len(self), _ROWS):
            stop = min(first + _ROWS, len(self))
            offsets = self._offsets[first : stop + 1]
            yield from Frame(
                np.diff(offsets).astype(np.uint32),
                np.asarray(self._counts[first:stop]),
                np.asarray(self._document_counts[first:stop]),
                np.asarray(self._pool[offsets[0] : offsets[-1]]),
            ).frames()

    # ------------------------------------------------------------------------------------ writing

    def encode_rows(
        self,
        format: str = "tsv",
        *,
        top: int | None = None,
        min_count: int = 1,
        stopwords: Iterable[str] = (),
        source: str | None = None,
        header: bool = True,
    ) -> Iterator[bytes]:
        r"""The frequency list as text in UTF-8, in pieces.

        Parameters
        ----------
        format : {"tsv", "csv", "jsonl"}
            Columns ``word``, ``count`` and, if they were counted, ``documents``. In TSV a tab, a line end or a
            backslash in a word is written ``\t``, ``\n``, ``\r``, ``\\``.
        top : int, optional
            Only so many rows.
        min_count : int >= 1
        stopwords : iterable of str
            Words to leave out.
        source : str, optional
            A column ``file`` with this value, first.
        header : bool
            Begin with the names of the columns (TSV, CSV).

        Yields
        ------
        bytes

        Examples
        --------
        >>> counts = WordCounts.from_counts({"天气": 3, "好": 5})
        >>> b"".join(counts.encode_rows()).decode()
        'word\tcount\n好\t5\n天气\t3\n'
        """
        if format not in FORMATS:
            raise ValueError(f"`format` must be one of {', '.join(FORMATS)}, got {format!r}.")
        order = self._order
        if min_count > 1:
            # the order is by descending count: the rest of it is too rare
            order = order[: int(np.count_nonzero(self._counts >= min_count))]
        stopped = [row for row in map(self._find, stopwords) if row >= 0]
        if stopped:
            if top is not None:
                order = order[: top + len(stopped)]
            order = order[~np.isin(order, np.array(stopped, order.dtype))]
        order = order[:top]
        columns = ["file"] * (source is not None) + ["word", "count"]
        columns += ["documents"] * (self.documents is not None)
        if header and format != "jsonl":
            yield ("\t" if format == "tsv" else ",").join(columns).encode() + b"\n"
        before_word, before_count, before_documents, at_end = (
            np.frombuffer(part, np.uint8) for part in _around(format, source)
        )
        out = np.empty(_OUT_BYTES, np.uint8)
        row = 0
        while row < len(order):
            done, size = write_rows(
                self._pool,
                self._offsets,
                self._counts,
                self._document_counts,
                order,
                row,
                FORMATS.index(format),
                HEX_DIGITS,
                before_word,
                before_count,
                before_documents,
                at_end,
                out,
            )
            if done == row:  # a word longer than all of it
                word = int(order[row])
                longest = int(self._offsets[word + 1] - self._offsets[word])
                out = np.empty(6 * longest + _OUT_BYTES, np.uint8)
            row = done
            yield out[:size].tobytes()

    def save(self, path: PathLike) -> None:
        """Write the counts to a file; the same counts give the same bytes, however they were made."""
        write_file(
            path,
            KIND,
            {"total": self.total, "documents": self.documents},
            {
                "offsets": self._offsets,
                "counts": self._counts,
                "documents": self._document_counts,
                "words": self._pool,
            },
        )

    @classmethod
    def load(cls, path: PathLike, *, mmap: bool = True) -> "WordCounts":
        """Open a file that :meth:`save` wrote.

        Parameters
        ----------
        path : path
        mmap : bool
            Leave the arrays in the file and page them in as they are used. Otherwise they are read, and their
            checksums compared.

        Raises
        ------
        StorageError
        """
        header, arrays = read_file(path, KIND, mmap=mmap)
        return cls(
            arrays["words"],
            arrays["offsets"],
            arrays["counts"],
            arrays["documents"],
            total=header["total"],
            documents=header["documents"],
        )


class _Items:
    """The view of :meth:`WordCounts.items`: goes through the table without a search for each word."""

    def __init__(self, counts: WordCounts) -> None:
        self._counts = counts

    def __len__(self) -> int:
        return len(self._counts)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return self._counts._rows()

    def __contains__(self, item: object) -> bool:
        return isinstance(item, tuple) and len(item) == 2 and self._counts.get(item[0]) == item[1]

    def __repr__(self) -> str:
        return f"{self._counts!r}.items()"


def _around(format: str, source: str | None) -> tuple[bytes, bytes, bytes, bytes]:
    """What stands before the word, the count, the number of documents, and at the end of a row."""
    if format == "jsonl":
        import json

        first = "{" if source is None else f'{{"file": {json.dumps(source, ensure_ascii=False)}, '
        return (first + '"word": ').encode(), b', "count": ', b', "documents": ', b"}\n"
    between = b"\t" if format == "tsv" else b","
    before = b""
    if source is not None:
        if format == "tsv":
            source = source.translate(_ESCAPES)
        elif any(mark in source for mark in '",\r\n'):
            source = '"' + source.replace('"', '""') + '"'
        before = source.encode("utf-8", "replace") + between
    return before, between, between, b"\n"


def without_marks(frame: Frame) -> Frame:
    """The words with at least one letter, digit or Han character."""
    if not len(frame):
        return frame
    points = code_points(frame.pool.tobytes().decode("utf-8"))
    classes = char_classes(points)
    worded = (classes != BREAK) & (classes != SPACE)
    begins = np.flatnonzero((frame.pool & 0xC0) != 0x80)
    firsts = np.searchsorted(begins, frame.offsets()[:-1])
    return frame.select(np.logical_or.reduceat(worded, firsts))


def _write_columns(frames: Iterator[Frame], paths: Mapping[str, Path]) -> None:
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


class _StoredRun:
    """The words of a stored file as a run."""

    def __init__(self, path: PathLike) -> None:
        self.table = WordCounts.load(path)
        if len(self.table._offsets) != len(self.table) + 1:
            raise StorageError(f"{os.fspath(path)}: the file is damaged; make it again")

    def __len__(self) -> int:
        return len(self.table)

    def frames(self) -> Iterator[Frame]:
        return self.table._frames()


def merge_word_counts(
    paths: Sequence[PathLike], out: PathLike, *, tmpdir: PathLike | None = None
) -> None:
    """Merge stored word counts into one file, in little memory.

    Counting two corpora and merging gives the same bytes as counting both at once.

    Parameters
    ----------
    paths : sequence of paths
        Files that :meth:`WordCounts.save` wrote.
    out : path
    tmpdir : path, optional
        Folder for temporary files, which only many inputs need.

    Raises
    ------
    StorageError
        A file cannot be read or is something else, or only some of them have document counts.
    """
    if not paths:
        raise ValueError("`paths` must name at least one file.")
    total = 0
    documents: int | None = None
    with_documents = without_documents = ""
    for path in paths:
        kind, header = read_header(path)
        if kind != KIND:
            raise StorageError(f"{os.fspath(path)}: holds {kind}, expected {KIND}")
        total += header["total"]
        if header["documents"] is None:
            without_documents = os.fspath(path)
        else:
            with_documents = os.fspath(path)
            documents = (documents or 0) + header["documents"]
    if with_documents and without_documents:
        raise StorageError(
            f"{with_documents} has document counts and {without_documents} has none; "
            "count again so that all have them or none"
        )
    with scratch_folder(tmpdir) as folder:
        runs: list[Any] = [_StoredRun(path) for path in paths]
        while len(runs) > FAN_IN:
            runs = [
                spill(merge_frame_runs(runs[i : i + FAN_IN]), new_file(folder))
                for i in range(0, len(runs), FAN_IN)
            ]
        with FileWriter(out, KIND) as writer:
            size = 0
            writer.append("offsets", np.zeros(1, np.int64), np.int64)
            for name, dtype in (("counts", np.int64), ("documents", np.int64), ("words", np.uint8)):
                writer.append(name, np.empty(0, dtype), dtype)
            for frame in merge_frame_runs(runs):
                writer.append("offsets", size + np.cumsum(frame.lengths, dtype=np.int64), np.int64)
                writer.append("counts", frame.counts, np.int64)
                writer.append("documents", frame.documents, np.int64)
                writer.append("words", frame.pool, np.uint8)
                size += len(frame.pool)
            writer.finish({"total": total, "documents": documents})
