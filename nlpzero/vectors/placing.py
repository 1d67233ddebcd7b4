"""Vectors of new sentences on the sphere of ``JoSE``: the sentence moves, its words stay.

A sentence starts at the weighted mean of its words and takes the steps of the hinge of words and
documents. Its random words depend on its own words and the seed: it is the same whatever stands
beside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32, Ints
from nlpzero.segmentation.lattice import random_key
from nlpzero.vectors.jose import negatives_by, padded, room_of
from nlpzero.vectors.methods import JoSE
from nlpzero.vectors.spherical_kernels import SUMS, place

# passes over the words of a sentence; found by experiment, see docs/vectors.md
_PASSES = 10


class Placer:
    """Moves sentences towards their words.

    Parameters
    ----------
    method : JoSE
        How the words were learned.
    counts : int64[words]
    rows : float32[words, dimensions]
        Of unit length.
    """

    def __init__(self, method: JoSE, counts: NDArray[np.int64], rows: Floats32) -> None:
        self._method = method
        self._rows = padded(rows)
        self._negatives = negatives_by(counts)
        self._sums = np.empty(SUMS, np.float32)
        self._room = room_of(self._rows)

    def placed(self, means: Floats32, ids: Ints, starts: NDArray[np.int64]) -> Floats32:
        """The rows of sentences: they begin at `means`, and ``ids[starts[i]:starts[i + 1]]`` are
        the words of one. One without words stays where it is.
        """
        method = self._method
        documents = padded(means)
        done = 0
        while done < len(documents):
            done = place(
                ids,
                starts,
                *self._negatives,
                self._rows,
                documents,
                method.negatives,
                np.float32(method.margin_taken),
                method.rate,
                _PASSES,
                np.uint64(random_key(method.seed)),
                self._sums,
                done,
                self._room,
            )
        return np.ascontiguousarray(documents.reshape(len(means), -1)[:, : means.shape[1]])
