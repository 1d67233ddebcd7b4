"""The frequent n-grams of a table of counts, and how strongly they hold together."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpzero.discovery_kernels import frequent_grams, gram_cohesion
from nlpzero.engine.arrays import Counts, Floats, Keys
from nlpzero.engine.hash_tables import KeyTable
from nlpzero.ngrams.keys import WIDTH
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import DIGIT, FIRST_SLOT, LETTER, char_classes

_CHUNK_ROWS = 1 << 20


@dataclass(frozen=True)
class Grams:
    """All n-grams of 1 to 4 symbols with at least min_count occurrences."""

    keys: Keys  # of 2 symbols and more
    counts: Counts
    lengths: npt.NDArray[np.int64]
    singles: Counts  # of each symbol, 0 below min_count
    table: KeyTable
    total: int
    in_run: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, counts: NGramCounts, min_count: int) -> "Grams":
        parts: list[list[tuple[Keys, Counts]]] = [[] for _ in range(WIDTH + 1)]
        for k, keys, numbers in _frequent_pieces(counts, min_count):
            parts[k].append((keys.copy(), numbers.copy()))
        grams = [np.concatenate([p[0] for p in part]) for part in parts[1:]]
        sizes = [np.concatenate([p[1] for p in part]) for part in parts[1:]]
        singles = np.zeros(0x10000, np.int64)
        singles[(grams[0] >> np.uint64(48)).astype(np.int64)] = sizes[0]
        keys = np.concatenate(grams[1:])
        lengths = np.repeat(np.arange(2, WIDTH + 1), [len(part) for part in grams[1:]])
        return cls(
            keys,
            np.concatenate(sizes[1:]),
            lengths,
            singles,
            KeyTable.of(keys),
            counts.total,
            runs_of(counts.alphabet),
        )

    def cohesion(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Smallest PMI of each n-gram and the split that has it."""
        return self.cohesion_of(self.keys, self.counts, self.lengths)

    def cohesion_of(
        self, keys: Keys, counts: Counts, lengths: Counts
    ) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The same for some n-grams whose parts are all frequent."""
        pmi, split = np.empty(len(keys)), np.empty(len(keys), np.int64)
        gram_cohesion(
            keys,
            counts,
            lengths,
            self.singles,
            *self.table,
            self.counts,
            self.in_run,
            float(self.total),
            pmi,
            split,
        )
        return pmi, split


def table_pieces(counts: NGramCounts) -> Iterator[tuple[Keys, Counts, bool]]:
    """Pieces of a table of counts, and whether each is the last; one empty piece for an empty table."""
    held = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for piece in counts.chunks(_CHUNK_ROWS):
        if len(held[0]):
            yield *held, False
            _forget(counts.keys)
        held = piece
    yield *held, True
    _forget(counts.keys)


def _forget(rows: Keys) -> None:
    """Give back the memory of rows that were read from a file; the file still has them."""
    mapped = getattr(rows, "_mmap", None)
    advice = getattr(mmap, "MADV_DONTNEED", None)
    if mapped is not None and advice is not None:
        mapped.madvise(advice)


def _frequent_pieces(counts: NGramCounts, min_count: int) -> Iterator[tuple[int, Keys, Counts]]:
    """The k-grams with at least min_count occurrences, k and some of them at a time; to be copied, if kept."""
    previous, group = np.zeros(1, np.uint64), np.zeros(5, np.int64)
    for rows, row_counts, last in table_pieces(counts):
        out_keys = np.empty((WIDTH + 1, len(rows) + 1), np.uint64)
        out_counts = np.empty((WIDTH + 1, len(rows) + 1), np.int64)
        filled = np.zeros(WIDTH + 1, np.int64)
        frequent_grams(
            rows,
            row_counts,
            last,
            WIDTH,
            min_count,
            previous,
            group,
            out_keys,
            out_counts,
            filled,
        )
        for k in range(1, WIDTH + 1):
            yield k, out_keys[k, : filled[k]], out_counts[k, : filled[k]]


def counts_of_counts(counts: NGramCounts, longest: int) -> tuple[Counts, Counts]:
    """How many n-grams of 2 to `longest` symbols occur how often: ascending counts, and how many have each."""
    sizes: dict[int, int] = {}
    for k, _, numbers in _frequent_pieces(counts, 1):
        if 2 <= k <= longest:
            values, times = np.unique(numbers, return_counts=True)
            for value, n in zip(values.tolist(), times.tolist(), strict=True):
                sizes[value] = sizes.get(value, 0) + n
    values = np.array(sorted(sizes), np.int64)
    return values, np.array([sizes[value] for value in values.tolist()], np.int64)


def runs_of(alphabet: Alphabet) -> npt.NDArray[np.bool_]:
    """Whether each symbol is a digit or a letter, which form runs that are never cut."""
    points = np.arange(0x10000, dtype=np.uint32)
    points[FIRST_SLOT : FIRST_SLOT + len(alphabet.astral)] = alphabet.astral
    classes = char_classes(points)
    return (classes == DIGIT) | (classes == LETTER)
