"""Tokens on their way into the table, cut from bytes."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import brief
from nlpzero.text.units import BYTE_KINDS
from nlpzero.words.hash_table import WordTable
from nlpzero.words.sorted_frames import NONE
from nlpzero.words.token_kernels import hash_slices, scan_boundaries, scan_spaces

# seconds to scan and count a byte of text when the loops are interpreted
SECONDS_INTERPRETED = 8e-6


class Scanner(ABC):
    """Finds tokens in UTF-8, a stretch of them at a time; a subclass does something with them.

    Attributes
    ----------
    starts, lengths : int64[]
        Where each token of the stretch begins in the data, and its bytes.
    hashes : uint64[]
    lines : int64[]
        Line of each, counted over everything that was scanned.
    """

    _ROOM = 1 << 15

    def __init__(self) -> None:
        self.starts = np.empty(self._ROOM, np.int64)
        self.lengths = np.empty(self._ROOM, np.int64)
        self.hashes = np.empty(self._ROOM, np.uint64)
        self.lines = np.empty(self._ROOM, np.int64)
        self._line = 0

    @abstractmethod
    def _add(self, data: Array, found: int) -> None:
        """Take the first so many tokens of the arrays, slices of the data."""

    def add_spaced(self, text: bytes) -> None:
        """Count what stands between white space; the text does not end inside a token."""
        data = np.frombuffer(text, np.uint8)
        at = 0
        with brief(len(data) * SECONDS_INTERPRETED):
            while at < len(data):
                with np.errstate(over="ignore"):
                    found, at, self._line = scan_spaces(
                        data,
                        BYTE_KINDS,
                        at,
                        self._line,
                        self.starts,
                        self.lengths,
                        self.hashes,
                        self.lines,
                    )
                self._add(data, found)

    def add_bounded(self, text: str, boundaries: Array) -> None:
        """Count the tokens between boundaries, bool[len(text) + 1], except those of white space."""
        data = np.frombuffer(text.encode("utf-8"), np.uint8)
        at = point = 0
        with brief(len(data) * SECONDS_INTERPRETED):
            while at < len(data):
                with np.errstate(over="ignore"):
                    found, at, point, self._line = scan_boundaries(
                        data,
                        BYTE_KINDS,
                        boundaries,
                        at,
                        point,
                        self._line,
                        self.starts,
                        self.lengths,
                        self.hashes,
                        self.lines,
                    )
                self._add(data, found)


class TokenSink(Scanner):
    """Where tokenizers put their tokens: cuts them out of UTF-8 and counts them in a table.

    Parameters
    ----------
    table : WordTable
    documents : {None, "line", "file"}
        What a document is, if the table counts documents.
    """

    def __init__(self, table: WordTable, documents: str | None = None) -> None:
        super().__init__()
        self._table = table
        self.documents = documents
        self._source = -1

    def begin_source(self) -> None:
        """What follows comes from the next file."""
        self._source += 1
        self._line += 1

    def _add(self, data: Array, found: int) -> None:
        documents = NONE
        if self.documents == "line":
            documents = self.lines[:found]
        elif self.documents == "file":
            documents = np.full(found, self._source, np.int64)
        self._table.add(
            data,
            self.starts[:found],
            self.lengths[:found],
            self.hashes[:found],
            documents=documents,
        )

    def add_lines(self, lines: Sequence[Sequence[str]]) -> None:
        """Count the tokens of lines, those without characters or of white space left out."""
        counts: Counter[str] = Counter()
        for line in lines:
            counts.update(line)
        # what is no string fails to encode, which the caller looks into
        words = [
            word for word in counts if not (isinstance(word, str) and (not word or word.isspace()))
        ]
        if not words:
            return
        data, starts, lengths, hashes = hashed(words)
        documents = document_weights = NONE
        if self.documents == "file":
            documents = np.full(len(words), self._source, np.int64)
        elif self.documents == "line":
            in_lines: Counter[str] = Counter()
            for line in lines:
                distinct = set(line)
                in_lines.update(distinct)
                self._table.documents += not all(not word or word.isspace() for word in distinct)
            document_weights = np.array([in_lines[word] for word in words], np.int64)
        self._table.add(
            data,
            starts,
            lengths,
            hashes,
            weights=np.array([counts[word] for word in words], np.int64),
            documents=documents,
            document_weights=document_weights,
        )


def hashed(words: Sequence[str]) -> tuple[Array, Array, Array, Array]:
    """Words as slices: their bytes one after another, where each starts, its length, its hash."""
    encoded = [word.encode("utf-8") for word in words]
    data = np.frombuffer(b"".join(encoded), np.uint8)
    lengths = np.array([len(word) for word in encoded], np.int64)
    starts = np.cumsum(lengths) - lengths
    hashes = np.empty(len(encoded), np.uint64)
    # plain Python (NUMBA_DISABLE_JIT) would warn that the hash wraps around, as it must
    with np.errstate(over="ignore"):
        hash_slices(data, starts, lengths, hashes)
    return data, starts, lengths, hashes
