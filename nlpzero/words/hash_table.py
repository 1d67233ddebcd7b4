"""A hash table of words as bytes, with counts."""

from collections.abc import Iterator

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.words.frame_kernels import gather_words, gathered_bytes
from nlpzero.words.sorted_frames import FRAME_WORDS, NONE, Frame, RunStore, sort_words, sorted_frame
from nlpzero.words.token_kernels import add_tokens, fill_slots

NO_NUMBERS = np.empty(0, np.int32)


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
        self._slots = np.zeros(slots, np.uint64)
        self._offsets = np.zeros(room + 1, np.int64)
        self._counts = np.empty(room, np.int64)
        self._in_documents = np.empty(room if self._with_documents else 0, np.int64)
        self._last_document = np.empty_like(self._in_documents)
        self._pool = np.empty(8 * room, np.uint8)
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
            # plain Python (NUMBA_DISABLE_JIT) would warn that the hash wraps around, as it must
            with np.errstate(over="ignore"):
                first, self._words = add_tokens(
                    data,
                    starts,
                    lengths,
                    hashes,
                    weights,
                    documents,
                    document_weights,
                    numbers,
                    first,
                    stop,
                    self._slots,
                    self._offsets,
                    self._counts,
                    self._in_documents,
                    self._last_document,
                    self._pool,
                    self._words,
                )
            if first < stop:
                self._make_room(
                    int(lengths[first]), int(documents[first]) if len(documents) else -1
                )

    def _make_room(self, length: int, document: int) -> None:
        """Grow what is full, or empty the table if it may not grow."""
        slots, pool = len(self._slots), len(self._pool)
        if self._words >= len(self._counts):
            slots *= 2
        if self._offsets[self._words] + length > pool:
            pool = max(2 * pool, pool + length)
        if self._words and self._bytes(slots, pool) > self._limit:
            self._empty(document)
            return
        if pool > len(self._pool):
            self._pool = _grown(self._pool, pool)
        if slots > len(self._slots):
            room = int(slots * self._LOAD)
            self._slots = np.zeros(slots, np.uint64)
            with np.errstate(over="ignore"):
                fill_slots(self._slots, self._pool, self._offsets, self._words)
            self._offsets = _grown(self._offsets, room + 1)
            self._counts = _grown(self._counts, room)
            if self._with_documents:
                self._in_documents = _grown(self._in_documents, room)
                self._last_document = _grown(self._last_document, room)

    def _empty(self, document: int = -1) -> None:
        """Hand the words over as a sorted run; ``document`` goes on after it."""
        words = self._words
        if document >= 0:
            self._set_aside(document)
            self._open_document = document
        per_word = 20 if self._with_documents else 12
        size = per_word * words + int(self._offsets[words])
        self._store.take(self.frames(self.order()), size)
        self.clear()

    def __len__(self) -> int:
        """Words in the table now."""
        return self._words

    def pool_of(self, first: int) -> tuple[Array, Array]:
        """The words from a number on: their bytes, and where each begins there, with the end."""
        offsets = self._offsets[first : self._words + 1]
        return self._pool[offsets[0] : offsets[-1]], offsets - offsets[0]

    def order(self) -> Array:
        """Numbers of the words in the order of their bytes."""
        return sort_words(self._pool, self._offsets, self._words)

    def clear(self) -> None:
        """Forget the words."""
        self._slots.fill(0)
        self._words = 0

    def _set_aside(self, document: int) -> None:
        """Take what is known about an unfinished document out of the table."""
        in_it = np.flatnonzero(self._last_document[: self._words] == document)
        self._in_documents[in_it] -= 1
        self._last_document[in_it] = -1
        lengths = np.empty(len(in_it), np.uint32)
        pool = np.empty(gathered_bytes(self._offsets, in_it), np.uint8)
        gather_words(self._pool, self._offsets, in_it, lengths, pool)
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
            pool = np.empty(gathered_bytes(self._offsets, part), np.uint8)
            gather_words(self._pool, self._offsets, part, lengths, pool)
            frame = Frame(
                lengths,
                self._counts[part],
                self._in_documents[part] if self._with_documents else NONE,
                pool,
            )
            yield from frame.frames()

    def finish(self) -> None:
        """Hand over what is left."""
        if self._open_document >= 0:
            self._close_document()
        self._empty()


def _grown(values: Array, size: int) -> Array:
    grown = np.empty(size, values.dtype)
    grown[: len(values)] = values
    return grown
