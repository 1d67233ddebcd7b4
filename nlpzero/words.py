"""Word frequencies of corpora of any size: :func:`count_words` and its result, :class:`WordCounts`.

Each worker counts its shards in a hash table over bytes and returns sorted runs; equal words of different runs
meet in one merge. Every word costs the merge once per run, not once per token, so that merging stays small
beside counting. Counts add, so the result is the same for any number of processes, shards and bytes of memory.
"""

import os
import pickle
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from nlpzero import word_kernels as kernels
from nlpzero.corpus import Corpus, ReadReport, Shard, as_corpus
from nlpzero.errors import StorageError
from nlpzero.memory import default_memory
from nlpzero.parallel import Progress, map_shards
from nlpzero.storage import (
    FileWriter,
    PathLike,
    disk_errors,
    read_file,
    read_header,
    scratch_folder,
    write_file,
)
from nlpzero.symbols import BREAK, SPACE, char_classes, code_points
from nlpzero.tokenizers import (
    ModelTokenizer,
    NGramTokenizer,
    SegmenterTokenizer,
    Tokenize,
    Tokenizer,
    as_tokenizer,
)
from nlpzero.word_tables import (
    FAN_IN,
    Frame,
    Run,
    RunStore,
    SpilledRun,
    TokenSink,
    WordTable,
    join_frames,
    merge_runs,
    new_file,
    sorted_frame,
    spill,
)

if TYPE_CHECKING:
    from nlpzero.counts import NGramCounts
    from nlpzero.segment import Segmenter

Array = npt.NDArray[Any]
Documents = Literal["line", "file"]

KIND = "word-counts"
FORMATS = ("tsv", "csv", "jsonl")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

# shares of the memory budget; the table is sorted while it is there, and gone when all runs are merged
_TABLE_SHARE = 4
_WORKER_RUNS_SHARE = 8
_RUNS_SHARE = 4
_RESULT_SHARE = 2
_LEAST = 1 << 20

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
        self._folder: TemporaryDirectory[str] | None = None
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
        bound: "_Bound",
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
        folder = TemporaryDirectory(prefix="nlpzero-", dir=tmpdir)
        try:
            names = ("offsets", "counts", "documents", "pool")
            paths = {name: Path(folder.name) / name for name in names}
            with disk_errors(folder.name):
                _write_columns(frames, paths)
            size = sum(path.stat().st_size for path in paths.values())
            types = {name: np.uint8 if name == "pool" else np.int64 for name in names}
            arrays: dict[str, Array] = {}
            for name, path in paths.items():
                if size <= limit or path.stat().st_size == 0:
                    arrays[name] = np.fromfile(path, types[name])
                else:
                    arrays[name] = np.memmap(path, types[name], "r")
            counts_of_words = cls(
                arrays["pool"],
                arrays["offsets"],
                arrays["counts"],
                arrays["documents"],
                total=total,
                documents=documents,
            )
            if size > limit:
                counts_of_words._folder = folder
            else:
                folder.cleanup()
        except BaseException:
            folder.cleanup()
            raise
        return counts_of_words

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
                lanes = [(part >> np.uint64(48 - 16 * j)) & np.uint64(0xFFFF) for j in range(k)]
                text = counts.alphabet.decode(np.stack(lanes, axis=1).astype(np.uint16).reshape(-1))
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
        """Words with their counts, most frequent first."""
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
            kernels.tally_ranks(self._counts, direct, distinct, tally)
            places = np.zeros_like(tally)
            # the highest rank comes first
            places[:-1] = np.cumsum(tally[:0:-1])[::-1]
            order = np.empty(rows, np.uint32 if rows < 1 << 32 else np.uint64)
            kernels.place_by_rank(self._counts, direct, distinct, places, order)
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
            done, size = kernels.write_rows(
                self._pool,
                self._offsets,
                self._counts,
                self._document_counts,
                order,
                row,
                FORMATS.index(format),
                kernels.HEX_DIGITS,
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
class _Bound:
    """The most a merge can have."""

    words: int
    pool: int
    documents: bool

    @classmethod
    def of(cls, store: RunStore, documents: bool) -> "_Bound":
        words = store.words
        return cls(words, store.nbytes - words * (20 if documents else 12), documents)

    @property
    def nbytes(self) -> int:
        return self.words * (24 if self.documents else 16) + self.pool


# ------------------------------------------------------------------------------------------- counting


@dataclass(frozen=True)
class _Settings:
    """What a worker needs beside its shard."""

    tokenizer: Tokenizer
    documents: Documents | None
    table_bytes: int
    runs_bytes: int
    folder: str | None  # None: everything it finds travels in its result


@dataclass(frozen=True)
class _Counted:
    """What a worker found in a shard."""

    runs: tuple[Run, ...]
    tokens: int
    documents: int


def _sources_of(shard: Shard) -> Iterator[Shard]:
    """A shard for each source, and for each text of a list of texts: what a document may be."""
    for piece in shard.pieces:
        yield Shard((piece,), shard.encoding, shard.errors, shard.field)


def _count_shard(shard: Shard, settings: _Settings, *, report: ReadReport) -> _Counted:
    folder = None if settings.folder is None else Path(settings.folder)
    reach = None if folder is None else (lambda: folder)
    store = RunStore(settings.runs_bytes, reach)
    by_documents = settings.documents is not None
    table = WordTable(
        settings.table_bytes,
        store,
        documents=by_documents,
        open_store=RunStore(settings.runs_bytes, reach, union=True),
    )
    sink = TokenSink(table, settings.documents)
    for source in _sources_of(shard):
        if settings.documents == "file" and source.pieces[0].source.kind == "texts":
            for text in source.pieces[0].source.texts:
                sink.begin_source()
                single = Corpus.from_texts([text], errors=shard.errors).shards()[0]
                settings.tokenizer.feed(single, sink, report)
            continue
        sink.begin_source()
        settings.tokenizer.feed(source, sink, report)
    table.finish()
    return _Counted(tuple(store.runs()), table.tokens, table.documents)


def _whole_sources(corpus: Corpus | Shard, target: int) -> list[Shard]:
    """Shards that never cut a file in two."""
    shards: list[Shard] = []
    group: list[Any] = []
    held = 0
    for piece in corpus.pieces:
        alone = piece.source.once is not None or piece.source.size is None
        size = piece.source.size or 0
        if group and (alone or held + size > target):
            shards.append(Shard(tuple(group), corpus.encoding, corpus.errors, corpus.field))
            group, held = [], 0
        if alone:
            shards.append(Shard((piece,), corpus.encoding, corpus.errors, corpus.field))
        else:
            group.append(piece)
            held += size
    if group:
        shards.append(Shard(tuple(group), corpus.encoding, corpus.errors, corpus.field))
    return shards


def _checked_documents(documents: str | None) -> Documents | None:
    if documents not in (None, "line", "file"):
        raise ValueError(f"`documents` must be None, 'line' or 'file', got {documents!r}.")
    return documents  # type: ignore[return-value]


def _for_workers(
    tokenizer: Tokenizer, jobs: int, executor: Executor | None, folder: Path
) -> Tokenizer:
    """A tokenizer that is cheap to send to every worker of this machine."""
    if jobs == 1 or executor is not None:
        return tokenizer
    if isinstance(tokenizer, SegmenterTokenizer):
        from nlpzero.segment import METHODS

        if getattr(tokenizer.segmenter, "method", None) in METHODS:
            path = folder / "model.nz"
            tokenizer.segmenter.save(path)
            return ModelTokenizer(path)
    try:
        pickle.dumps(tokenizer)
    except Exception as error:
        raise ValueError(
            "`tokenizer` must be picklable to be used in several processes, so a function must be defined "
            f"at the top level of a module ({error}); or pass jobs=1."
        ) from error
    return tokenizer


def _settings(
    tokenizer: Tokenizer,
    documents: Documents | None,
    budget: int,
    jobs: int,
    executor: Executor | None,
    folder: Path,
) -> _Settings:
    return _Settings(
        _for_workers(tokenizer, jobs, executor, folder),
        documents,
        max(_LEAST, budget // (_TABLE_SHARE * jobs)),
        max(_LEAST, budget // (_WORKER_RUNS_SHARE * jobs)),
        # workers of an executor may be on other machines
        None if executor is not None else str(folder),
    )


def _count_ngram_words(
    texts: Corpus | Shard,
    ngrams: NGramTokenizer,
    documents: Documents | None,
    min_count: int,
    **options: Any,
) -> WordCounts:
    if documents is not None:
        raise ValueError("`documents` cannot be counted for n-grams.")
    from nlpzero.counting import count_ngrams

    counts = count_ngrams(texts, ngrams.high, **options)
    return WordCounts.from_ngrams(counts, ngrams.low, ngrams.high, min_count=min_count)


def count_words(
    texts: Corpus | Shard | Iterable[str],
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    report: ReadReport | None = None,
) -> WordCounts:
    """Count words exactly, whatever the size of the corpus.

    White space is never a word.

    Parameters
    ----------
    texts : Corpus or iterable of str
    tokenizer : Tokenizer, Segmenter, callable or str
        What the words are: one of our segmenters; ``"whitespace"`` for text already segmented; any callable
        from a line to its tokens, or its name ``"module:function"``.
    documents : {None, "line", "file"}
        Also count in how many documents each word is. A document is a line, or a file (of a list of texts: a
        text).
    punctuation : bool, optional
        Whether tokens without any letter, digit or Han character count; by default not for segmenters, but for
        all else.
    min_count : int >= 1
        Drop rarer words, after everything is counted.
    memory : int, optional
        Bytes to stay within; what does not fit is sorted, written to disk and merged. What Python and the
        libraries need in each process comes on top.
    tmpdir : path, optional
        Folder for temporary files.
    jobs : int >= 1
        Processes.
    executor : concurrent.futures.Executor, optional
        Runs the work instead, for example ``distributed.Client(...).get_executor()``.
    progress : callable, optional
        Called with the number of bytes of each finished shard.
    report : ReadReport, optional
        Receives what was read.

    Returns
    -------
    WordCounts
        The same for any `memory`, `jobs` and `executor`.

    Raises
    ------
    WorkerError
        The tokenizer failed; the message names the line of the text and of the code.
    CorpusError, ResourceError, StorageError

    Examples
    --------
    >>> counts = count_words(["天气 很 好", "天气 不 好"], "whitespace", documents="line")
    >>> counts.most_common(2), counts.document_frequency("天气")
    ([('天气', 2), ('好', 2)], 2)
    """
    corpus = as_corpus(texts)
    how = as_tokenizer(tokenizer)
    documents = _checked_documents(documents)
    if min_count < 1:
        raise ValueError(f"`min_count` must be an integer >= 1, got {min_count}.")
    if jobs < 1:
        raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}.")
    keep_marks = how.punctuation if punctuation is None else punctuation
    budget = default_memory() if memory is None else memory
    if isinstance(how, NGramTokenizer):
        return _count_ngram_words(
            corpus,
            how,
            documents,
            min_count,
            memory=memory,
            tmpdir=tmpdir,
            jobs=jobs,
            executor=executor,
            progress=progress,
            report=report,
        )
    with scratch_folder(tmpdir) as folder:
        settings = _settings(how, documents, budget, jobs, executor, folder)
        if documents == "file" or not isinstance(corpus, Corpus):
            # a file in two shards would be two documents
            shards = _whole_sources(corpus, how.shard_bytes)
        else:
            shards = corpus.shards(jobs, how.shard_bytes)
        store = RunStore(max(_LEAST, budget // _RUNS_SHARE), lambda: folder)
        tokens = seen = 0
        for counted in map_shards(
            _count_shard,
            shards,
            settings,
            jobs=jobs,
            executor=executor,
            progress=progress,
            report=report,
        ):
            tokens += counted.tokens
            seen += counted.documents
            for run in counted.runs:
                store.add(run)
        frames = store.frames()
        if not keep_marks:
            dropped = _Dropped()
            frames = dropped.of(frames)
        kept = _at_least(frames, min_count)
        result = WordCounts._from_frames(
            kept,
            _Bound.of(store, documents is not None),
            max(_LEAST, budget // _RESULT_SHARE),
            tmpdir,
            total=tokens,
            documents=None if documents is None else seen,
        )
        if not keep_marks:
            result.total -= dropped.tokens
        return result


def _at_least(frames: Iterator[Frame], min_count: int) -> Iterator[Frame]:
    for frame in frames:
        kept = frame if min_count == 1 else frame.select(frame.counts >= min_count)
        if len(kept):
            yield kept


class _Dropped:
    """Leaves marks out of frames and remembers how many tokens they were."""

    def __init__(self) -> None:
        self.tokens = 0

    def of(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            kept = without_marks(frame)
            self.tokens += int(frame.counts.sum()) - int(kept.counts.sum())
            yield kept


def _count_source(shard: Shard, settings: _Settings, *, report: ReadReport) -> _Counted:
    """As :func:`_count_shard`, in one run."""
    counted = _count_shard(shard, settings, report=report)
    if len(counted.runs) == 1:
        return counted
    if settings.folder is None or all(isinstance(run, Frame) for run in counted.runs):
        return _Counted((join_frames(merge_runs(counted.runs)),), counted.tokens, counted.documents)
    merged = spill(merge_runs(counted.runs), new_file(Path(settings.folder)))
    for run in counted.runs:
        if isinstance(run, SpilledRun):
            run.remove()
    return _Counted((merged,), counted.tokens, counted.documents)


def count_words_by_file(
    texts: Corpus,
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    report: ReadReport | None = None,
) -> Iterator[tuple[str, WordCounts]]:
    """Count the words of each file of a corpus by itself.

    Parameters
    ----------
    texts : Corpus
    tokenizer, documents, punctuation, min_count, memory, tmpdir, jobs, executor, progress, report
        As for :func:`count_words`. Files are shared among the processes; a file is counted by one of them.

    Yields
    ------
    name : str
        Of the file, as the corpus names it; in the order of the corpus.
    counts : WordCounts
    """
    if not isinstance(texts, Corpus):
        raise TypeError(f"`texts` must be a Corpus, which has files; got {type(texts).__name__}.")
    how = as_tokenizer(tokenizer)
    documents = _checked_documents(documents)
    keep_marks = how.punctuation if punctuation is None else punctuation
    budget = default_memory() if memory is None else memory
    shards = [Shard((piece,), texts.encoding, texts.errors, texts.field) for piece in texts.pieces]
    with scratch_folder(tmpdir) as folder:
        settings = _settings(how, documents, budget, jobs, executor, folder)
        results = map_shards(
            _count_source,
            shards,
            settings,
            jobs=jobs,
            executor=executor,
            progress=progress,
            report=report,
            ordered=True,
        )
        for shard, counted in zip(shards, results, strict=True):
            store = RunStore(1 << 62, lambda: folder)
            for run in counted.runs:
                store.add(run)
            dropped = _Dropped()
            frames = store.frames() if keep_marks else dropped.of(store.frames())
            table = WordCounts._from_frames(
                _at_least(frames, min_count),
                _Bound.of(store, documents is not None),
                max(_LEAST, budget // _RESULT_SHARE),
                tmpdir,
                total=counted.tokens,
                documents=None if documents is None else counted.documents,
            )
            table.total -= dropped.tokens
            store.clear()
            yield shard.pieces[0].source.name, table


# -------------------------------------------------------------------------------------- stored counts


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
                spill(merge_runs(runs[i : i + FAN_IN]), new_file(folder))
                for i in range(0, len(runs), FAN_IN)
            ]
        with FileWriter(out, KIND) as writer:
            size = 0
            writer.append("offsets", np.zeros(1, np.int64), np.int64)
            for name, dtype in (("counts", np.int64), ("documents", np.int64), ("words", np.uint8)):
                writer.append(name, np.empty(0, dtype), dtype)
            for frame in merge_runs(runs):
                writer.append("offsets", size + np.cumsum(frame.lengths, dtype=np.int64), np.int64)
                writer.append("counts", frame.counts, np.int64)
                writer.append("documents", frame.documents, np.int64)
                writer.append("words", frame.pool, np.uint8)
                size += len(frame.pool)
            writer.finish({"total": total, "documents": documents})
