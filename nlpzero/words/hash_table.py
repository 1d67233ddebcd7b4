"""A hash table of words as bytes, with counts."""

from collections.abc import Iterator

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import brief
from nlpzero.words.frame_kernels import gather_words, gathered_bytes
from nlpzero.words.sorted_frames import FRAME_WORDS, NONE, Frame, RunStore, sort_words, sorted_frame
from nlpzero.words.token_kernels import Tokens, WordArrays, add_tokens, fill_slots

NO_NUMBERS = np.empty(0, np.int32)

# seconds to sort a byte of words when the loops are interpreted
_SECONDS_INTERPRETED = 2e-6


class WordTable:
    """A hash table from words (slices of bytes) to counts that turns into a sorted run when it is
    full.

    Parameters
    ----------
    limit : int
        Bytes the table may take.
    store : RunStore
        Takes the runs: one whenever the table is full, and one at the end.
    documents : bool
        Count in how many documents each word is.
    open_store : RunStore, optional
        Holds what is known about an unfinished document when the table is emptied in the middle of
        it; a union store.
    """

    _LOAD = 0.6

    def __init__(
        self,
        limit: int,
        store: RunStore,
        *,
        documents: bool = False,
        open_store: RunStore | None = None,
    ) -> None:
        self._limit = limit
        self._store = store
        self._with_documents = documents
        self._open = open_store if open_store is not None else RunStore(limit, union=True)
        self._open_document = -1
        self._document = -1
        self.tokens = 0
        self.documents = 0
        self._allocate(1 << 12)

    def _allocate(self, slots: int) -> None:
        room = int(slots * self._LOAD)
        documents = room if self._with_documents else 0
        self._arrays = WordArrays(
            np.zeros(slots, np.uint64),
            np.zeros(room + 1, np.int64),
            np.empty(room, np.int64),
            np.empty(documents, np.int64),
            np.empty(documents, np.int64),
            np.empty(8 * room, np.uint8),
        )
        self._words = 0

    def _bytes(self, slots: int, pool: int) -> int:
        per_word = 32 if self._with_documents else 16
        return int(slots * (8 + self._LOAD * per_word)) + pool

    def add(
        self,
        data: Array,
        starts: Array,
        lengths: Array,
        hashes: Array,
        *,
        weights: Array = NONE,
        documents: Array = NONE,
        document_weights: Array = NONE,
        numbers: Array = NO_NUMBERS,
    ) -> None:
        """Count slices of ``data``.

        Parameters
        ----------
        data : uint8[]
            UTF-8.
        starts, lengths : int64[t]
        hashes : uint64[t]
        weights : int64[t], optional
            How often each occurs, instead of once.
        documents : int64[t], optional
            Document of each, ascending; a table that counts documents needs these or
            `document_weights`.
        document_weights : int64[t], optional
            Number of documents of each.
        numbers : int32[t], optional
            Receives the number of the word of each, from 0 on in order of arrival; they begin anew
            whenever the table becomes a run.
        """
        total = len(starts)
        if not total:
            return
        self.tokens += int(weights.sum()) if len(weights) else total
        if len(documents):
            changes = int(np.count_nonzero(documents[1:] != documents[:-1]))
            self.documents += changes + int(documents[0] != self._document)
            self._document = int(documents[-1])
        tokens = Tokens(
            data, starts, lengths, hashes, weights, documents, document_weights, numbers
        )
        first = 0
        while first < total:
            stop = total
            if self._open_document >= 0:
                # words left the table in the middle of this document: finish it before the next
                # begins
                stop = int(np.searchsorted(documents, self._open_document, "right"))
                if stop <= first:
                    self._close_document()
                    continue
            first, self._words = add_tokens(tokens, first, stop, self._arrays, self._words)
            if first < stop:
                self._make_room(
                    int(lengths[first]), int(documents[first]) if len(documents) else -1
                )

    def _make_room(self, length: int, document: int) -> None:
        """Grow what is full, or empty the table if it may not grow."""
        words = self._words
        slots, pool = len(self._arrays.slots), len(self._arrays.pool)
        if words >= len(self._arrays.counts):
            slots *= 2
        if self._arrays.offsets[words] + length > pool:
            pool = max(2 * pool, pool + length)
        if words and self._bytes(slots, pool) > self._limit:
            self._empty(document)
            return
        if pool > len(self._arrays.pool):
            self._grow("pool", pool)
        if slots > len(self._arrays.slots):
            room = int(slots * self._LOAD)
            self._arrays = self._arrays._replace(slots=np.zeros(slots, np.uint64))
            fill_slots(self._arrays.slots, self._arrays.pool, self._arrays.offsets, words)
            self._grow("offsets", room + 1)
            self._grow("counts", room)
            if self._with_documents:
                self._grow("in_documents", room)
                self._grow("last_document", room)

    def _grow(self, name: str, size: int) -> None:
        """Make one array larger; the old one is free before the next one grows."""
        values: Array = getattr(self._arrays, name)
        grown = np.empty(size, values.dtype)
        grown[: len(values)] = values
        self._arrays = self._arrays._replace(**{name: grown})

    def _empty(self, document: int = -1) -> None:
        """Hand the words over as a sorted run; ``document`` goes on after it."""
        words = self._words
        if document >= 0:
            self._set_aside(document)
            self._open_document = document
        per_word = 20 if self._with_documents else 12
        size = per_word * words + int(self._arrays.offsets[words])
        with brief(size * _SECONDS_INTERPRETED):
            self._store.take(self.frames(self.order()), size)
        self.clear()

    def __len__(self) -> int:
        """Words in the table now."""
        return self._words

    def pool_of(self, first: int) -> tuple[Array, Array]:
        """The words from a number on: their bytes, and where each begins there, with the end."""
        offsets = self._arrays.offsets[first : self._words + 1]
        return self._arrays.pool[offsets[0] : offsets[-1]], offsets - offsets[0]

    def order(self) -> Array:
        """Numbers of the words in the order of their bytes."""
        return sort_words(self._arrays.pool, self._arrays.offsets, self._words)

    def clear(self) -> None:
        """Forget the words."""
        self._arrays.slots.fill(0)
        self._words = 0

    def _set_aside(self, document: int) -> None:
        """Take what is known about an unfinished document out of the table."""
        in_it = np.flatnonzero(self._arrays.last_document[: self._words] == document)
        self._arrays.in_documents[in_it] -= 1
        self._arrays.last_document[in_it] = -1
        lengths = np.empty(len(in_it), np.uint32)
        pool = np.empty(gathered_bytes(self._arrays.offsets, in_it), np.uint8)
        gather_words(self._arrays.pool, self._arrays.offsets, in_it, lengths, pool)
        ones = np.ones(len(in_it), np.int64)
        self._open.add(sorted_frame(Frame(lengths, ones - 1, ones, pool)))

    def _close_document(self) -> None:
        """The unfinished document is over: count it once for each of its words."""
        self._set_aside(self._open_document)
        self._open_document = -1
        self._store.take(self._open.frames(), self._open.nbytes)
        self._open.clear()

    def frames(self, order: Array) -> Iterator[Frame]:
        """Words by their numbers, which are in the order of their bytes, with their counts."""
        step = FRAME_WORDS
        for first in range(0, len(order), step):
            part = order[first : first + step]
            lengths = np.empty(len(part), np.uint32)
            pool = np.empty(gathered_bytes(self._arrays.offsets, part), np.uint8)
            gather_words(self._arrays.pool, self._arrays.offsets, part, lengths, pool)
            frame = Frame(
                lengths,
                self._arrays.counts[part],
                self._arrays.in_documents[part] if self._with_documents else NONE,
                pool,
            )
            yield from frame.frames()

    def finish(self) -> None:
        """Hand over what is left."""
        if self._open_document >= 0:
            self._close_document()
        self._empty()
