"""JoSE: vectors of words and sentences that are learned together on one unit sphere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Counts, Floats32, Ints, Keys
from nlpzero.engine.temporary import disk_errors
from nlpzero.segmentation.lattice import random_key
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.methods import JoSE
from nlpzero.vectors.spherical_kernels import (
    BLOCK,
    STRETCH,
    SUMS,
    train,
)
from nlpzero.vectors.sums import weighted_sums

# exponent of the counts that negatives are drawn by, as in word2vec
_SMOOTHING = 0.75
# the rate falls to this share of itself
_LEAST_RATE = 1e-4
# numbers that a call of a kernel reads, about: a twentieth of a second
_ROOM = 30_000_000
# documents whose vectors are in memory together take so many bytes
_CHUNK = 8 << 20


class Losses(NamedTuple):
    """Mean loss in an epoch: of a word, its neighbour and a random word; of a word, its document
    and a random word (0 of the single hinge, which has both in one).
    """

    words: float
    documents: float


class Spherical(NamedTuple):
    """What was learned.

    Attributes
    ----------
    centre, context : float32[words, dimensions]
        Rows of unit length: of the words, and of the words as neighbours of others.
    losses : list of Losses
        Of each epoch.
    """

    centre: Floats32
    context: Floats32
    losses: list[Losses]


def padded(rows: Floats32) -> Floats32:
    """Rows in whole blocks, as kernels take them."""
    count, dimensions = rows.shape
    out = np.zeros((count, -(-dimensions // BLOCK), BLOCK), np.float32)
    out.reshape(count, -1)[:, :dimensions] = rows
    return out


def _flat(rows: Floats32, dimensions: int) -> Floats32:
    return np.ascontiguousarray(rows.reshape(len(rows), -1)[:, :dimensions])


def room_of(rows: Floats32) -> int:
    """Steps that a call of a kernel takes, so that it returns soon enough."""
    return max(_ROOM // (3 * rows.shape[1] * BLOCK), 1)


class _Draws:
    """Points drawn at random from the sphere, one after the other."""

    def __init__(self, seed: int, dimensions: int) -> None:
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._dimensions = dimensions

    def __call__(self, count: int) -> Floats32:
        rows = self._random.standard_normal((count, self._dimensions), dtype=np.float32)
        squares = np.einsum("ij,ij->i", rows, rows, dtype=np.float64)
        # so small a square does not happen, but would be a division by zero
        rows /= np.sqrt(np.maximum(squares, 1e-30))[:, None]
        return rows


class Negatives(NamedTuple):
    """Walker's table of the words by ``count ** 0.75``."""

    limit: NDArray[np.uint32]
    other: Ints


def negatives_by(counts: Counts) -> Negatives:
    """The table that negatives are drawn from (Vose 1991)."""
    weights = np.maximum(counts, 1).astype(np.float64) ** _SMOOTHING
    share = (weights / weights.mean()).tolist()
    limit = [1.0] * len(share)
    other = list(range(len(share)))
    small = [i for i, x in enumerate(share) if x < 1]
    large = [i for i, x in enumerate(share) if x >= 1]
    while small and large:
        i, j = small.pop(), large[-1]
        limit[i], other[i] = share[i], j
        share[j] -= 1 - share[i]
        if share[j] < 1:
            small.append(large.pop())
    whole = (np.array(limit) * 0xFFFFFFFF).astype(np.uint32)
    return Negatives(whole, np.array(other, np.int32))


def keep_limits(counts: Counts, sample: float) -> Keys:
    """The largest of 2 ** 32 equally likely numbers that keeps a word: word2vec's thinning.

    A word of frequency p stays with probability ``min(1, sqrt(s / p) + s / p)``.
    """
    share = counts / max(int(counts.sum()), 1)
    if sample:
        ratio = sample / np.maximum(share, 1e-300)
        kept = np.minimum(1.0, np.sqrt(ratio) + ratio)
    else:
        kept = np.ones(len(counts))
    return (kept * 0xFFFFFFFF).astype(np.uint64)


Documents = Callable[[], "Iterator[tuple[Ints, Counts]]"]


class _DocumentRows:
    """Vectors of documents in files, a part of the corpus in each; a chunk of them in memory."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        self._folder = folder
        self._shape = (-1, -(-dimensions // BLOCK), BLOCK)
        self._paths: list[Path] = []
        self.most = max(_CHUNK // (4 * self._shape[1] * BLOCK), 1)

    def path(self, part: int) -> Path:
        while part >= len(self._paths):
            self._paths.append(self._folder / f"{uuid4().hex}.rows")
        return self._paths[part]

    def read(self, part: int, begin: int, count: int) -> Floats32:
        width = self._shape[1] * BLOCK
        rows = np.fromfile(self.path(part), np.float32, count * width, offset=4 * begin * width)
        return rows.reshape(self._shape)

    def write(self, part: int, begin: int, rows: Floats32) -> None:
        path = self.path(part)
        with disk_errors(self._folder), open(path, "r+b" if path.exists() else "wb") as file:
            file.seek(4 * begin * self._shape[1] * BLOCK)
            file.write(rows.tobytes())

    def delete(self) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)


def learn_spherical(
    parts: Documents,
    counts: Counts,
    method: JoSE,
    folder: Path,
    *,
    start: Floats32 | None = None,
    weights: Floats32 | None = None,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> Spherical:
    """Vectors on the sphere for words, learned together with those of their documents.

    Parameters
    ----------
    parts : callable
        Each call begins a pass over the corpus: ids of words, int32, and where each document
        begins, int64, with the end. How it is cut into parts does not matter.
    counts : int64[words]
        How often each word occurs.
    method : JoSE
    folder : Path
        Of temporary files, for the vectors of documents.
    start : float32[words, dimensions], optional
        Unit rows to start from; a document starts at the mean of its words, weighted by `weights`.
    tell : callable
        Called with the words that were read, and how many there are to read.

    Returns
    -------
    Spherical
        The same bytes for the same seed.
    """
    epochs = method.epochs_taken
    dimensions = method.dimensions if start is None else start.shape[1]
    draws = _Draws(method.seed, dimensions)
    if start is None:
        centre, context = padded(draws(len(counts))), padded(draws(len(counts)))
    else:
        centre, context = padded(start), padded(start)
    tokens = int(counts.sum())
    rows = _DocumentRows(folder, dimensions)
    loop = _Loop(method, centre, context, counts, tokens)
    losses = []
    try:
        for epoch in range(epochs):
            loop.begin(epoch)
            first = 0
            for part, (ids, starts) in enumerate(parts()):
                for begin in range(0, len(starts) - 1, rows.most):
                    bounds = starts[begin : begin + rows.most + 1]
                    if epoch:
                        documents = rows.read(part, begin, len(bounds) - 1)
                    elif start is None or weights is None:
                        documents = padded(draws(len(bounds) - 1))
                    else:
                        documents = padded(_means(ids, bounds, start, weights, draws))
                    words = ids[bounds[0] : bounds[-1]]
                    for done in loop.run(words, bounds - bounds[0], first, documents):
                        tell(epoch * tokens + done, epochs * tokens)
                    first += len(words)
                    rows.write(part, begin, documents)
            losses.append(loop.losses)
    finally:
        rows.delete()
    return Spherical(_flat(centre, dimensions), _flat(context, dimensions), losses)


def _means(ids: Ints, starts: Counts, rows: Floats32, weights: Floats32, draws: _Draws) -> Floats32:
    out = np.zeros((len(starts) - 1, rows.shape[1]), np.float32)
    weighted_sums(ids, starts, rows, weights, out)
    means = unit_rows(out)
    nowhere = ~means.any(axis=1)
    means[nowhere] = draws(int(nowhere.sum()))
    return means


class _Loop:
    """Calls the kernel again and again, so that an interruption is heard."""

    def __init__(
        self, method: JoSE, centre: Floats32, context: Floats32, counts: Counts, tokens: int
    ) -> None:
        self._method = method
        self._rows = centre, context
        self._keep = keep_limits(counts, method.sample)
        self._negatives = negatives_by(counts)
        self._slope = method.rate / max(method.epochs_taken * tokens, 1)
        self._tokens = tokens
        self._kept = np.empty(STRETCH, np.int32)
        self._sums = np.empty(SUMS, np.float32)
        self._room = room_of(centre)

    def begin(self, epoch: int) -> None:
        self._key = np.uint64(random_key(self._method.seed, epoch))
        self._rate = self._method.rate - self._slope * epoch * self._tokens
        self._losses = np.zeros(4)

    @property
    def losses(self) -> Losses:
        words, steps, documents, document_steps = self._losses.tolist()
        return Losses(words / max(steps, 1), documents / max(document_steps, 1))

    def run(self, ids: Ints, starts: Counts, first: int, documents: Floats32) -> Iterator[int]:
        """Steps for some documents; yields the places in the corpus that were reached."""
        method = self._method
        cursor = np.zeros(4, np.int64)
        state = np.zeros(1, np.uint64)
        done = False
        while not done:
            done = train(
                ids,
                starts,
                first,
                self._keep,
                *self._negatives,
                *self._rows,
                documents,
                method.window,
                method.negatives,
                np.float32(method.margin_taken),
                method.loss == "joint",
                self._rate,
                self._slope,
                method.rate * _LEAST_RATE,
                self._key,
                cursor,
                state,
                self._kept,
                self._sums,
                self._losses,
                self._room,
            )
            yield first + int(cursor[1])
