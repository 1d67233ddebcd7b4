"""What discovery asks of vectors of words, whoever learned them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from nlpzero.engine.arrays import Floats32


class Vectors(Protocol):
    """Vectors of words, as :class:`nlpzero.WordVectors` are."""

    def similar(self, words: str, *, top: int) -> Sequence[Any]:
        """Rows with a `word` and its `similarity`, nearest first; KeyError if it has no vector."""

    def array_of(self, words: Iterable[str]) -> Floats32:
        """A row for each word: of length 1, or zeros if nothing is known of it."""


class SimilarWord(NamedTuple):
    """A word near another one, and the cosine of the angle between them."""

    word: str
    similarity: float


def similar_words(vectors: Vectors | None, word: str, top: int) -> list[SimilarWord]:
    """The nearest words; none if a word has no vector."""
    if vectors is None:
        return []
    try:
        rows = vectors.similar(word, top=top)
    except KeyError:
        return []
    return [SimilarWord(row.word, row.similarity) for row in rows]


def similarities_to(vectors: Vectors, words: Sequence[str], seeds: Sequence[str]) -> Floats32:
    """The cosine between each word and the mean of the seeds; nan for a word without a vector.

    Raises
    ------
    ValueError
        No seed has a vector.
    """
    mean = vectors.array_of(seeds).sum(axis=0)
    length = float(np.sqrt(np.einsum("i,i->", mean, mean)))
    if not length:
        raise ValueError(
            "`seeds` have no vector: neither the words nor their characters are known."
        )
    rows = vectors.array_of(words)
    values = np.clip(np.einsum("ij,j->i", rows, mean / np.float32(length)), -1, 1)
    values[~rows.any(axis=1)] = np.nan
    return values
