"""Word frequency tables: :class:`WordCounts`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.showing import SHOWN_ROWS, html_table, text_table
from nlpzero.engine.storage import FileWriter, open_arrays, read_file
from nlpzero.engine.temporary import PathLike
from nlpzero.words.columns import Columns, without_marks
from nlpzero.words.ranking import Ranked, ranked_in_passes, ranked_order
from nlpzero.words.sorted_frames import NONE, Frame, join_frames, sorted_frame
from nlpzero.words.stored_columns import StoredColumns
from nlpzero.words.writing import FORMATS, encode_columns, header_line

KIND = "word-counts"

# a table in a file of more bytes than this is ranked in passes over it
_RANKING_BYTES = 32 << 20


class WordCounts(Mapping[str, int]):
    """How often each word occurs: a read-only mapping, most frequent words first, ties by code
    points.

    Made by :func:`count_words`, :func:`merge_word_counts`, :meth:`load` or :meth:`from_counts`. A
    table larger than the memory of the run that made it stays in a temporary file as long as it is
    used.

    Attributes
    ----------
    columns : Columns
        The words and their counts as arrays, in the order of their bytes.
    total : int
        Number of tokens counted, before any word was filtered out.
    documents : int or None
        Number of documents with at least one token; None if documents were not counted.
    read : ReadReport
        What was read to count them; empty for tables that were loaded or made otherwise.

    Examples
    --------
    >>> counts = WordCounts.from_counts({"天气": 3, "好": 5, "不": 3})
    >>> list(counts.items())
    [('好', 5), ('不', 3), ('天气', 3)]
    >>> counts["天气"], counts.get("雨", 0), counts.total
    (3, 0, 11)
    >>> counts
    3 words, 11 tokens
    word  count
    好        5
    不        3
    天气      3
    """

    def __init__(
        self,
        columns: Columns,
        *,
        total: int,
        documents: int | None = None,
        read: ReadReport | None = None,
    ) -> None:
        self.columns = columns
        self._order_array: Array | None = None
        self.total = total
        self.documents = documents
        self.read = ReadReport() if read is None else read

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
            NONE,
            np.frombuffer(b"".join(encoded), np.uint8).copy(),
        )
        return cls(Columns.of_frame(sorted_frame(frame)), total=int(values.sum()))

    # ------------------------------------------------------------------------------------ looking

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, word: object) -> bool:
        return self.columns.find(word) >= 0

    def __getitem__(self, word: str) -> int:
        row = self.columns.find(word)
        if row < 0:
            raise KeyError(word)
        return int(self.columns.counts[row])

    def document_frequency(self, word: str) -> int:
        """Number of documents with a word, 0 if there is none.

        Raises
        ------
        ValueError
            Documents were not counted.
        """
        if self.documents is None:
            raise ValueError("documents were not counted; pass documents='line' or 'file'.")
        row = self.columns.find(word)
        return 0 if row < 0 else int(self.columns.documents[row])

    # ------------------------------------------------------------------------------------ ranking

    def __iter__(self) -> Iterator[str]:
        for word, _ in self._rows():
            yield word

    def items(self) -> Any:
        """Words with their counts, most frequent first; ``dict(counts.items())`` is the fast way to
        a dict.
        """
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
        left = len(self) if n is None else max(n, 0)
        for columns, order in self._ranked():
            order = order[:left]
            left -= len(order)
            for first in range(0, len(order), 4096):
                for row in order[first : first + 4096].tolist():
                    yield columns.text_of(row), int(columns.counts[row])
            if not left:
                return

    def _ranked(self, min_count: int = 1) -> Iterator[Ranked]:
        """The words with at least some count, most frequent first; stretches of a table, or all of
        it.
        """
        if (
            self.columns.mapped
            and self._order_array is None
            and self.columns.nbytes > _RANKING_BYTES
        ):
            yield from ranked_in_passes(self.columns, min_count)
            return
        if self._order_array is None:
            self._order_array = ranked_order(self.columns.counts)
        order = self._order_array
        if min_count > 1:
            # the order is by descending count: the rest of it is too rare
            order = order[: int(np.count_nonzero(self.columns.counts >= min_count))]
        yield Ranked(self.columns, order)

    # ---------------------------------------------------------------------------------- selecting

    def filter(
        self,
        *,
        min_count: int = 1,
        stopwords: Iterable[str] = (),
        punctuation: bool = True,
    ) -> "WordCounts":
        """The words that remain, in memory; the total stays what was counted.

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
        keep = self.columns.counts >= min_count
        keep[self._stopped(stopwords)] = False
        frames = []
        first = 0
        for frame in self.columns.frames():
            kept = frame.select(keep[first : first + len(frame)])
            first += len(frame)
            frames.append(kept if punctuation else without_marks(kept))
        columns = Columns.of_frame(join_frames(frames))
        return WordCounts(columns, total=self.total, documents=self.documents, read=self.read)

    def _stopped(self, stopwords: Iterable[str]) -> list[int]:
        """The rows of stop words."""
        if isinstance(stopwords, str):
            raise TypeError(f"`stopwords` must be words, got one str; pass [{stopwords!r}].")
        return [row for row in map(self.columns.find, stopwords) if row >= 0]

    # ------------------------------------------------------------------------------------ showing

    def _first_rows(self) -> list[tuple[object, ...]]:
        rows = self.most_common(SHOWN_ROWS)
        if self.documents is None:
            return list(rows)
        return [(word, count, self.document_frequency(word)) for word, count in rows]

    @property
    def _names(self) -> list[str]:
        return ["word", "count", *(["documents"] if self.documents is not None else [])]

    def _summary(self) -> str:
        said = f"{len(self):,} words, {self.total:,} tokens"
        return said if self.documents is None else f"{said}, {self.documents:,} documents"

    def __repr__(self) -> str:
        if not len(self):
            return self._summary()
        return f"{self._summary()}\n{text_table(self._names, self._first_rows(), len(self))}"

    def _repr_html_(self) -> str:
        return f"<p>{self._summary()}</p>{html_table(self._names, self._first_rows(), len(self))}"

    def to_dataframe(self, n: int | None = None) -> DataFrame:
        """The most frequent words as a data frame; needs pandas.

        Parameters
        ----------
        n : int, optional
            How many; default all.

        Returns
        -------
        pandas.DataFrame
            Columns ``word``, ``count`` and, if documents were counted, ``documents``, as
            ``nlpzero count`` writes them.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        rows = self.most_common(n)
        frame = data_frame(["word", "count"], rows)
        if self.documents is not None:
            frame["documents"] = [self.document_frequency(word) for word, _ in rows]
        return frame

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
        format : {"tsv", "csv", "csv-safe", "jsonl"}
            Columns ``word``, ``count`` and, if they were counted, ``documents``. In TSV a tab, a
            line end or a backslash in a word is written ``\t``, ``\n``, ``\r``, ``\\``.
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
        stopped = {self.columns.bytes_of(row).decode() for row in self._stopped(stopwords)}
        if header:
            yield header_line(format, (["file"] if source is not None else []) + self._names)
        left = len(self) if top is None else top
        for columns, order in self._ranked(min_count):
            rows = [row for row in map(columns.find, stopped) if row >= 0]
            if rows:
                order = order[: left + len(rows)]
                order = order[~np.isin(order, np.array(rows, order.dtype))]
            order = order[:left]
            left -= len(order)
            yield from encode_columns(columns, order, format, source)
            if not left:
                return

    def save(self, path: PathLike) -> None:
        """Write the counts to a file; the same counts give the same bytes, however they were
        made.
        """
        with FileWriter(path, KIND) as writer:
            append_frames(writer, self.columns.frames())
            writer.finish({"total": self.total, "documents": self.documents})

    @classmethod
    def load(cls, path: PathLike, *, mmap: bool = True) -> "WordCounts":
        """Open a file that :meth:`save` wrote.

        Parameters
        ----------
        path : path
        mmap : bool
            Leave the arrays in the file, which opens at once: they are checked when they are first
            used. Otherwise they are read and checked now.

        Raises
        ------
        StorageError
            The file cannot be read, is damaged, or holds something else; damage inside, or a file
            that changed meanwhile, is found when it is used.
        """
        arrays: Mapping[str, Any]
        header, arrays = open_arrays(path, KIND) if mmap else read_file(path, KIND)
        stored = StoredColumns(path, header, arrays)
        columns: Columns = stored
        if not mmap:
            columns = Columns(stored.pool, stored.offsets, stored.counts, stored.documents)
        return cls(columns, total=header["total"], documents=header["documents"])

    def verify(self) -> None:
        """Check all of a table that :meth:`load` opened.

        Raises
        ------
        StorageError
            It is damaged.
        """
        if isinstance(self.columns, StoredColumns):
            self.columns.verify()


class _Items:
    """The view of :meth:`WordCounts.items`: goes through the table without a search for each
    word.
    """

    def __init__(self, counts: WordCounts) -> None:
        self._counts = counts

    def __len__(self) -> int:
        return len(self._counts)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return self._counts._rows()

    def __contains__(self, item: object) -> bool:
        return isinstance(item, tuple) and len(item) == 2 and self._counts.get(item[0]) == item[1]

    def __repr__(self) -> str:
        return f"<items of {self._counts._summary()}>"


def append_frames(writer: FileWriter, frames: Iterable[Frame]) -> None:
    """Write the arrays of a file of word counts, piece by piece."""
    size = 0
    writer.append("offsets", np.zeros(1, np.int64), np.int64)
    for name, dtype in (("counts", np.int64), ("documents", np.int64), ("words", np.uint8)):
        writer.append(name, np.empty(0, dtype), dtype)
    for frame in frames:
        writer.append("offsets", size + np.cumsum(frame.lengths, dtype=np.int64), np.int64)
        writer.append("counts", frame.counts, np.int64)
        writer.append("documents", frame.documents, np.int64)
        writer.append("words", frame.pool, np.uint8)
        size += len(frame.pool)
