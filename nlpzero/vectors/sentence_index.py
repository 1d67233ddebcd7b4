"""Sentences that can be searched by what they say."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Array, Floats32
from nlpzero.engine.file_index import content_of
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.storage import FileWriter, open_arrays
from nlpzero.engine.temporary import PathLike
from nlpzero.engine.validation import expect, require, whole_number, within
from nlpzero.errors import StorageError
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.vectors.clustering import spherical_k_means
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.nearest import largest, similarities
from nlpzero.vectors.sentences import BATCH, SentenceReader
from nlpzero.vectors.vector_files import checked_offsets, checked_rows

if TYPE_CHECKING:
    from nlpzero.vectors.word_vectors import WordVectors

KIND = "sentences"
_MOST = 1 << 40
_BYTE = 127


class FoundSentence(NamedTuple):
    """A sentence near a query: the cosine, where it stands, and what it is."""

    similarity: float
    file: str
    line: int
    text: str


def fingerprint(vectors: WordVectors) -> int:
    """Tells vectors from others."""
    words = "\n".join(vectors.words).encode("utf-8")
    return zlib.crc32(vectors.array.data.cast("B"), zlib.crc32(words))


class SentenceIndex:
    """The vectors of the lines of a corpus, to be searched.

    Parameters
    ----------
    vectors : WordVectors
    texts : Corpus or iterable of str
        Every line that is not empty is a sentence.
    int8 : bool
        Keep a byte for each number, a quarter of the memory: a few of the nearest sentences change
        places with the next ones.
    resources : Resources, optional
        Whom to tell of progress.

    Attributes
    ----------
    rows : ndarray of shape (sentences, dimensions)
        Float32, or int8.
    read : ReadReport
        What was read.

    Examples
    --------
    >>> from nlpzero import WordVectors
    >>> words = WordVectors(["早餐", "很", "好"], [3, 9, 5], np.eye(3), tokenizer="whitespace")
    >>> index = SentenceIndex(words, ["早餐 好", "很 好"])
    >>> [(found.line, found.text) for found in index.search("早餐", top=1)]
    [(1, '早餐 好')]
    """

    def __init__(
        self,
        vectors: WordVectors,
        texts: Corpus | Shard | Iterable[str],
        *,
        int8: bool = False,
        resources: Resources | None = None,
    ) -> None:
        corpus = as_corpus(texts)
        self.vectors = vectors
        self.read = ReadReport()
        given = resources or Resources()
        progress = given.stage("sentences", corpus.size)
        reader = SentenceReader(vectors)
        rows: list[Array] = []
        lengths: list[int] = []
        pool: list[bytes] = []
        names: dict[str, int] = {}
        files: list[int] = []
        numbers: list[int] = []
        for batch in _batches(corpus, self.read, progress):
            found = reader.vectors([text for _, _, text in batch])
            rows.append(as_bytes(found) if int8 else found)
            for name, number, text in batch:
                files.append(names.setdefault(name, len(names)))
                numbers.append(number)
                encoded = text.encode("utf-8", "replace")
                lengths.append(len(encoded))
                pool.append(encoded)
        width = vectors.dimensions
        kind = np.int8 if int8 else np.float32
        self.rows: Array = np.concatenate([np.zeros((0, width), kind), *rows])
        self._scales = scales_of(self.rows)
        self._files: Any = np.array(files, np.int32)
        self._lines: Any = np.array(numbers, np.int64)
        self._names = list(names)
        self._pool: Any = np.frombuffer(b"".join(pool), np.uint8)
        self._offsets: NDArray[np.int64] = np.cumsum([0, *lengths], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def text(self, row: int) -> str:
        """The sentence of a row."""
        begin, end = self._offsets[row], self._offsets[row + 1]
        return bytes(self._pool[int(begin) : int(end)]).decode("utf-8", "replace")

    def search(
        self, query: str | Floats32, *, top: int = 10, min_similarity: float = -1.0
    ) -> list[FoundSentence]:
        """The sentences nearest to a query.

        Parameters
        ----------
        query : str, or vector
        top : int >= 1
        min_similarity : float in [-1, 1]
            Leave out sentences that are less like it.

        Returns
        -------
        list of FoundSentence
            Nearest first, ties in the order of the corpus. Empty if no word of the query is known.
        """
        if top < 1:
            raise ValueError(f"`top` must be an integer >= 1, got {top}.")
        if not -1 <= min_similarity <= 1:
            raise ValueError(f"`min_similarity` must be in [-1, 1], got {min_similarity}.")
        direction = self.vectors.sentence(query) if isinstance(query, str) else query
        if not direction.any() or not len(self):
            return []
        values = similarities(self.rows, direction)
        if self.rows.dtype == np.int8:
            values *= self._scales
        best = largest(values, min(top, len(values)))
        return [
            self._found(row, float(values[row]))
            for row in best.tolist()
            # a sentence without any known word is a row of zeros
            if values[row] >= min_similarity and self.rows[row].any()
        ]

    def clusters(
        self, count: int, *, seed: int = 1, resources: Resources | None = None
    ) -> list[list[FoundSentence]]:
        """Groups of sentences by spherical k-means.

        Parameters
        ----------
        count : int >= 1
            How many.
        seed : int >= 0
            The same seed gives the same groups.
        resources : Resources, optional

        Returns
        -------
        list of list of FoundSentence
            The largest group first; in each, the sentences nearest to its centre first. Sentences
            without any known word are in none.
        """
        known = np.flatnonzero(self.rows.any(axis=1))
        rows = unit_rows(self.rows[known].astype(np.float32))
        labels, values = spherical_k_means(rows, count, seed=seed, resources=resources)
        found: list[list[FoundSentence]] = [[] for _ in range(count)]
        for place in np.argsort(-values, kind="stable").tolist():
            found[labels[place]].append(self._found(int(known[place]), float(values[place])))
        return [group for group in found if group]

    def _found(self, row: int, similarity: float) -> FoundSentence:
        (file,), (line,) = self._files[row : row + 1], self._lines[row : row + 1]
        return FoundSentence(similarity, self._names[int(file)], int(line), self.text(row))

    def save(self, path: PathLike) -> None:
        """Write the sentences and their vectors to a file; it goes with these word vectors.

        Parameters
        ----------
        path : path
        """
        with FileWriter(path, KIND) as writer:
            writer.append("vectors", self.rows.reshape(-1), self.rows.dtype)
            writer.append("files", self._files[:], np.int32)
            writer.append("lines", self._lines[:], np.int64)
            writer.append("text.bytes", self._pool[:], np.uint8)
            writer.append("text.offsets", self._offsets, np.int64)
            writer.finish(
                {
                    "sentences": len(self),
                    "dimensions": self.vectors.dimensions,
                    "int8": self.rows.dtype == np.int8,
                    "of": fingerprint(self.vectors),
                    "names": self._names,
                }
            )

    @classmethod
    def load(cls, path: PathLike, vectors: WordVectors) -> SentenceIndex:
        """Read a file that :meth:`save` wrote.

        Parameters
        ----------
        path : path
        vectors : WordVectors
            Those it was made with.

        Raises
        ------
        StorageError
            The file cannot be read, is damaged, holds something else, or was made with other
            vectors.
        """
        found, made_with = cls._read(path)
        if made_with != fingerprint(vectors):
            raise StorageError(
                f"{path}: was made with other word vectors; make it again from the text"
            )
        found.vectors = vectors
        return found

    @classmethod
    def verify(cls, path: PathLike) -> int:
        """Check all of a file that :meth:`save` wrote, without word vectors.

        Returns
        -------
        int
            How many sentences it has.

        Raises
        ------
        StorageError
            The file is damaged.
        """
        found, _ = cls._read(path)
        for row in range(len(found)):
            found.text(row)
        return len(found)

    @classmethod
    def _read(cls, path: PathLike) -> tuple[SentenceIndex, int]:
        """An index without its word vectors, and what tells those."""
        header, arrays = open_arrays(path, KIND)
        found = cls.__new__(cls)
        found.read = ReadReport()
        with content_of(path):
            size = whole_number(header["sentences"], "the number of sentences", 0, _MOST)
            width = whole_number(header["dimensions"], "dimensions", 1, 1 << 16)
            names = header["names"]
            require(
                isinstance(names, list) and all(isinstance(name, str) for name in names),
                "the names of its files are no strings",
            )
            require(isinstance(header["int8"], bool), "it does not say what its numbers are")
            kind = np.int8 if header["int8"] else np.float32
            of = whole_number(header["of"], "what tells its word vectors", 0)
            rows = expect(arrays, "vectors", kind, size * width)[:].reshape(size, width)
            found.rows = rows if header["int8"] else checked_rows(rows, "vectors")
            found._scales = scales_of(found.rows)
            found._files = expect(arrays, "files", np.int32, size)[:]
            require(within(found._files, 0, len(names) - 1), "a file has no name")
            found._lines = expect(arrays, "lines", np.int64, size)[:]
            require(bool((found._lines > 0).all()), "a number of a line is not positive")
            found._offsets = checked_offsets(arrays, "text", size)
            found._pool = arrays["text.bytes"]
            found._names = names
        return found, of


def as_bytes(rows: Floats32) -> NDArray[np.int8]:
    """Rows as whole numbers from -127 to 127: the entry of largest modulus of each is one of them.

    Examples
    --------
    >>> as_bytes(np.array([[0.6, -0.8], [0.0, 0.0]], np.float32)).tolist()
    [[95, -127], [0, 0]]
    """
    most = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    return np.rint(rows * (_BYTE / np.maximum(most, 1e-12))).astype(np.int8)


def scales_of(rows: Array) -> Floats32:
    """What makes rows of whole numbers as long as 1."""
    if rows.dtype != np.int8:
        return np.ones(0, np.float32)
    squares = [
        np.einsum("ij,ij->i", part, part)
        for at in range(0, len(rows), BATCH)
        for part in [rows[at : at + BATCH].astype(np.float32)]
    ]
    lengths = np.sqrt(np.concatenate([np.zeros(0, np.float32), *squares]))
    return (1 / np.maximum(lengths, 1)).astype(np.float32)


def _batches(
    corpus: Corpus | Shard, report: ReadReport, progress: Any
) -> Iterator[list[tuple[str, int, str]]]:
    batch: list[tuple[str, int, str]] = []
    for entry in corpus.numbered_lines(report=report, progress=progress):
        if entry[2].strip():
            batch.append(entry)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
