"""Vectors of sentences: weighted means of those of their words, each sentence by itself.

``unit(sum of a / (a + p) * v)`` (smooth inverse frequency; Arora, Liang and Ma 2017), without their
removal of a common direction, which would make a vector depend on the other sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Array, Floats32
from nlpzero.engine.jit import brief
from nlpzero.engine.resources import Resources
from nlpzero.segmentation.tokenizers import SegmenterTokenizer, Tokenizer
from nlpzero.text.corpus import Corpus
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.sums import weighted_sum, weighted_sums
from nlpzero.words.hash_table import WordTable
from nlpzero.words.sorted_frames import RunStore
from nlpzero.words.token_sink import Scanner, hashed

if TYPE_CHECKING:
    from nlpzero.vectors.word_vectors import WordVectors

#: Sentences at a time.
BATCH = 4096
# distinct words that are remembered from one batch to the next
_MOST_WORDS = 1 << 20
# seconds that cutting a sentence takes without compiled code, about
_BRIEF = 0.2
_NONE = -1


def tokenizer_of(vectors: WordVectors) -> Tokenizer:
    """What cuts sentences.

    Raises
    ------
    ValueError
        Nothing does.
    """
    found = vectors.tokenizer
    if found is None:
        raise ValueError(
            f"these vectors do not hold what cuts sentences into their words ({vectors.cut_by}); "
            "name a `tokenizer` when they are loaded."
        )
    return found


def sentence_vector(vectors: WordVectors, text: str) -> Floats32:
    """See :meth:`nlpzero.WordVectors.sentence`."""
    if not isinstance(text, str):
        raise TypeError(f"`text` must be a string, got {type(text).__name__}.")
    tokenizer = tokenizer_of(vectors)
    with brief(_BRIEF):
        if isinstance(tokenizer, SegmenterTokenizer):
            words = tokenizer.segmenter.segment(text)
        else:
            words = tokenizer.cutter()(text)
    rows, weights, known = [], [], []
    for word in words:
        row = vectors.rows.get(word)
        if row is not None:
            known.append(row)
            rows.append(vectors.array[row])
            weights.append(vectors.weights[row])
        elif word and not word.isspace() and (found := vectors.unseen(word)) is not None:
            rows.append(found)
            weights.append(np.float32(1))
    if not rows:
        return np.zeros(vectors.dimensions, np.float32)
    units = unit_rows(weighted_sum(np.array(rows), np.array(weights))[None])
    if (placer := vectors.placer) is not None:
        starts = np.array([0, len(known)], np.int64)
        units = placer.placed(units, np.array(known, np.int32), starts)
    (unit,) = units
    return unit


class _Numbers(Scanner):
    """The rows of the words of some lines, and their lines."""

    def __init__(self, vectors: WordVectors) -> None:
        super().__init__()
        self._vectors = vectors
        self._table = WordTable(1 << 62, RunStore(0))
        self._numbers = np.empty(self._ROOM, np.int32)
        # of the words of the table: row of the vectors, or len(vectors) + row of the unseen ones
        self._rows = np.zeros(0, np.int32)
        self._unseen: list[Floats32] = []
        self._found: list[tuple[NDArray[np.int32], NDArray[np.int64]]] = []
        self._first = 0

    def begin(self) -> None:
        """The lines that follow are numbered from 0 on."""
        self._first = self._line
        self._found = []
        if len(self._table) > _MOST_WORDS:
            self._table.clear()
            self._rows = np.zeros(0, np.int32)
            self._unseen = []

    def add_lines(self, lines: Sequence[Sequence[str]]) -> None:
        """The tokens of lines that a Python function cut."""
        for line in lines:
            words = [word for word in line if not isinstance(word, str) or word.strip()]
            for at in range(0, len(words), self._ROOM):
                data, starts, lengths, hashes = hashed(words[at : at + self._ROOM])
                n = len(starts)
                self.starts[:n], self.lengths[:n], self.hashes[:n] = starts, lengths, hashes
                self.lines[:n] = self._line
                self._add(data, n)
            self._line += 1

    def _add(self, data: Array, found: int) -> None:
        if not found:
            return
        known = len(self._table)
        numbers = self._numbers[:found]
        self._table.add(
            data, self.starts[:found], self.lengths[:found], self.hashes[:found], numbers=numbers
        )
        if len(self._table) > known:
            self._rows = np.append(self._rows, self._rows_of_new(known))
        self._found.append((self._rows[numbers], self.lines[:found] - self._first))

    def _rows_of_new(self, first: int) -> NDArray[np.int32]:
        pool, offsets = self._table.pool_of(first)
        data, rows = pool.tobytes(), self._vectors.rows
        found = []
        for begin, end in pairwise(offsets.tolist()):
            word = data[begin:end].decode("utf-8")
            row = rows.get(word)
            if row is None:
                vector = self._vectors.unseen(word)
                row = _NONE if vector is None else len(rows) + len(self._unseen)
                if vector is not None:
                    self._unseen.append(vector)
            found.append(row)
        return np.array(found, np.int32)

    def vectors(self, lines: int) -> Floats32:
        """Those of so many lines, which were fed since the beginning."""
        empty = (np.zeros(0, np.int32), np.zeros(0, np.int64))
        rows = np.concatenate([empty[0], *(rows for rows, _ in self._found)])
        of_line = np.concatenate([empty[1], *(line for _, line in self._found)])
        kept = rows != _NONE
        rows, of_line = rows[kept], of_line[kept]
        distinct, ids = np.unique(rows, return_inverse=True)
        known = distinct[: np.searchsorted(distinct, len(self._vectors))]
        own = [self._unseen[row - len(self._vectors)] for row in distinct[len(known) :].tolist()]
        table = np.concatenate(
            [self._vectors.array[known], np.array(own, np.float32).reshape(len(own), -1)]
            if own
            else [self._vectors.array[known]]
        )
        weights = np.append(self._vectors.weights[known], np.ones(len(own), np.float32))
        starts = np.searchsorted(of_line, np.arange(lines + 1)).astype(np.int64)
        out = np.zeros((lines, self._vectors.dimensions), np.float32)
        weighted_sums(ids.astype(np.int32), starts, table, weights.astype(np.float32), out)
        units = unit_rows(out)
        if (placer := self._vectors.placer) is not None:
            units = placer.placed(units, rows.astype(np.int32), starts)
        return units


def batches(texts: Iterable[str], size: int = BATCH) -> Iterator[list[str]]:
    """Stretches of an iterable."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


class SentenceReader:
    """Turns sentences into vectors, batch by batch.

    Parameters
    ----------
    vectors : WordVectors
    """

    def __init__(self, vectors: WordVectors) -> None:
        self._tokenizer = tokenizer_of(vectors)
        self._sink = _Numbers(vectors)

    def vectors(self, texts: Sequence[str]) -> Floats32:
        """Those of some sentences, a row for each."""
        # each on one line, so that they can be told apart
        lines = [text.replace("\r", " ").replace("\n", " ") for text in texts]
        self._sink.begin()
        for piece in self._tokenizer.cut(Corpus.from_texts(lines)):
            piece.feed(self._sink)
        return self._sink.vectors(len(lines))


def sentence_vectors(
    vectors: WordVectors, texts: Iterable[str], resources: Resources | None = None
) -> Floats32:
    """See :meth:`nlpzero.WordVectors.sentences`."""
    if isinstance(texts, str):
        raise TypeError("`texts` must be an iterable of strings, got one string.")
    reader = SentenceReader(vectors)
    advance = None if resources is None else resources.stage("sentences", None, "sentences")
    found = [np.zeros((0, vectors.dimensions), np.float32)]
    for batch in batches(texts):
        found.append(reader.vectors(batch))
        if advance is not None:
            advance(len(batch))
    return np.concatenate(found)
