"""Tokens on their way into the table, cut from bytes."""

from collections.abc import Mapping

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.text.units import BYTE_KINDS
from nlpzero.words.hash_table import WordTable
from nlpzero.words.sorted_frames import NONE
from nlpzero.words.token_kernels import hash_slices, scan_boundaries, scan_spaces


class TokenSink:
    """Where tokenizers put their tokens: cuts them out of UTF-8 and counts them in a table.

    Parameters
    ----------
    table : WordTable
    documents : {None, "line", "file"}
        What a document is, if the table counts documents.
    """

    _ROOM = 1 << 15

    def __init__(self, table: WordTable, documents: str | None = None) -> None:
        self._table = table
        self.documents = documents
        self._starts = np.empty(self._ROOM, np.int64)
        self._lengths = np.empty(self._ROOM, np.int64)
        self._hashes = np.empty(self._ROOM, np.uint64)
        self._lines = np.empty(self._ROOM, np.int64)
        self._line = 0
        self._source = -1

    def begin_source(self) -> None:
        """What follows comes from the next file."""
        self._source += 1
        self._line += 1

    def _add(self, data: Array, found: int) -> None:
        documents = NONE
        if self.documents == "line":
            documents = self._lines[:found]
        elif self.documents == "file":
            documents = np.full(found, self._source, np.int64)
        self._table.add(
            data,
            self._starts[:found],
            self._lengths[:found],
            self._hashes[:found],
            documents=documents,
        )

    def add_spaced(self, text: bytes) -> None:
        """Count what stands between white space; the text does not end inside a token."""
        data = np.frombuffer(text, np.uint8)
        at = 0
        while at < len(data):
            with np.errstate(over="ignore"):
                found, at, self._line = scan_spaces(
                    data,
                    BYTE_KINDS,
                    at,
                    self._line,
                    self._starts,
                    self._lengths,
                    self._hashes,
                    self._lines,
                )
            self._add(data, found)

    def add_bounded(self, text: str, boundaries: Array) -> None:
        """Count the tokens between boundaries, bool[len(text) + 1], except those of white space."""
        data = np.frombuffer(text.encode("utf-8"), np.uint8)
        at = point = 0
        while at < len(data):
            with np.errstate(over="ignore"):
                found, at, point, self._line = scan_boundaries(
                    data,
                    BYTE_KINDS,
                    boundaries,
                    at,
                    point,
                    self._line,
                    self._starts,
                    self._lengths,
                    self._hashes,
                    self._lines,
                )
            self._add(data, found)

    def add_counted(
        self, counts: Mapping[str, int], in_documents: Mapping[str, int] | None, lines: int
    ) -> None:
        """Count distinct words that were counted elsewhere.

        Parameters
        ----------
        counts : mapping
            Word to count; words of white space are left out.
        in_documents : mapping, optional
            Word to number of lines with it, when lines are documents.
        lines : int
            Number of lines with a word.
        """
        # what is no string fails to encode, which the caller reports
        words = [
            word for word in counts if not (isinstance(word, str) and (not word or word.isspace()))
        ]
        if not words:
            return
        encoded = [word.encode("utf-8") for word in words]
        data = np.frombuffer(b"".join(encoded), np.uint8)
        lengths = np.array([len(word) for word in encoded], np.int64)
        starts = np.cumsum(lengths) - lengths
        hashes = np.empty(len(words), np.uint64)
        with np.errstate(over="ignore"):
            hash_slices(data, starts, lengths, hashes)
        documents = document_weights = NONE
        if self.documents == "file":
            documents = np.full(len(words), self._source, np.int64)
        elif self.documents == "line" and in_documents is not None:
            document_weights = np.array([in_documents[word] for word in words], np.int64)
            self._table.documents += lines
        self._table.add(
            data,
            starts,
            lengths,
            hashes,
            weights=np.array([counts[word] for word in words], np.int64),
            documents=documents,
            document_weights=document_weights,
        )
