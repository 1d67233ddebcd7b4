"""What discovery asks of vectors of words, whoever learned them."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from nlpzero.engine.arrays import Floats, Floats32

# words whose neighbours are looked for at a time
_PIECE = 64


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


def nearest_rows(rows: Floats32, first: int, top: int) -> list[list[tuple[int, float]]]:
    """For each of the first rows the nearest other ones and their cosines, nearest first.

    Parameters
    ----------
    rows : float32[n, d]
        Of length 1, or zeros, which are near nothing.
    first, top : int

    Examples
    --------
    >>> nearest_rows(np.array([[1, 0], [0, 1], [0.6, 0.8], [0, 0]], np.float32), 1, 2)
    [[(2, 0.6000000238418579), (1, 0.0)]]
    """
    found: list[list[tuple[int, float]]] = []
    known = np.asarray(rows.any(axis=1))
    for at in range(0, min(first, len(rows)), _PIECE):
        part = rows[at : min(at + _PIECE, first)]
        values = np.einsum("ij,kj->ik", part, rows)
        values[:, ~known] = -np.inf
        values[~known[at : at + len(part)]] = -np.inf
        values[np.arange(len(part)), at + np.arange(len(part))] = -np.inf
        order = np.argsort(-values, axis=1, kind="stable")[:, :top]
        for line, places in zip(values, order, strict=True):
            found.append([(int(i), float(line[i])) for i in places if line[i] > -np.inf])
    return found


def principal_plane(rows: Floats32) -> Floats:
    """Where rows lie in the plane in which they differ most (principal components), from their
    mean; nan for rows of zeros.

    The side on which a component is positive is that of its largest coefficient.

    Parameters
    ----------
    rows : float32[n, d]

    Returns
    -------
    float64[n, 2]
    """
    places = np.full((len(rows), 2), np.nan)
    known = np.asarray(rows.any(axis=1))
    held = rows[known].astype(np.float64)
    if not len(held):
        return places
    held -= held.mean(axis=0)
    _, axes = np.linalg.eigh(np.einsum("ij,ik->jk", held, held))
    axes = axes[:, ::-1][:, :2]
    if axes.shape[1] < 2:
        axes = np.hstack([axes, np.zeros((len(axes), 1))])
    largest = axes[np.abs(axes).argmax(axis=0), [0, 1]]
    places[known] = np.einsum("ij,jk->ik", held, axes * np.where(largest < 0, -1, 1))
    return places
