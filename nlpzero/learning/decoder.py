"""The decoder of what was learned: streams of symbols in, cuts out."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols, frozen
from nlpzero.engine.jit import interpreting
from nlpzero.engine.together import together
from nlpzero.learning.decoding_kernels import edge_scores
from nlpzero.learning.excerpts import learned_excerpt
from nlpzero.learning.model import LearnedModel, LearnedTables, learned_tables
from nlpzero.learning.streams import Cuts, dense_table, forced_cuts, pieces
from nlpzero.segmentation.lattice import marginals, random_key, sample, viterbi

# Of the log odds of a boundary; with mu of the gap model, CALIBRATION / mu of them are left. mu is
# there for the best cuts and makes one opinion count several times. The likeliest value for the
# cuts of a chain that has learned from other text is .41 to .44, no label needed
# (benchmarks/bench_calibration.py).
CALIBRATION = 0.4
_LEAST = 2.0**-53


def calibrated(probabilities: npt.NDArray[np.float64], factor: float) -> npt.NDArray[np.float64]:
    """Probabilities whose log odds are multiplied by a number; 0 and 1 become as sure as a float64
    can be less than sure.

    Examples
    --------
    >>> calibrated(np.array([0.5, 0.9, 0.999]), 0.5).round(3).tolist()
    [0.5, 0.75, 0.969]
    """
    inner = np.clip(probabilities, _LEAST, 1.0 - _LEAST)
    odds = factor * (np.log(inner) - np.log1p(-inner))
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def sharpness(learned: LearnedModel) -> float:
    """What the log odds of a model's lattice are multiplied by."""
    return CALIBRATION / max(float(learned.constants[3]), 1.0)


class LearnedDecoder:
    """A :class:`LearnedModel` made ready for other streams: hash tables and the decoder.

    With `whole_clauses`, no clause is ever divided between two pieces of work, however long it is,
    so that a clause is cut the same wherever it stands.
    """

    def __init__(self, learned: LearnedModel, *, whole_clauses: bool = False) -> None:
        self.learned = LearnedModel(*(frozen(array) for array in learned))
        self._whole_clauses = whole_clauses
        self._dense = dense_table(learned.codes)

    @cached_property
    def _tables(self) -> LearnedTables:
        return learned_tables(self.learned)

    def _scores(self, x: Symbols) -> Floats32:
        if interpreting():
            few = learned_excerpt(self.learned, x)
            return edge_scores(x, few, learned_tables(few))
        return edge_scores(x, self.learned, self._tables)

    def _decode(
        self,
        raw: Symbols,
        decode: Callable[[Floats32, Cuts, int], Any],
        dtype: type,
        columns: int = 0,
        jobs: int = 1,
    ) -> npt.NDArray[Any]:
        x = self._dense[raw]
        forced = forced_cuts(x)
        out: npt.NDArray[Any] = np.ones((len(x) + 1, columns) if columns else len(x) + 1, dtype)
        ends = forced_cuts(x, len(x) + 1) if self._whole_clauses else forced
        if jobs > 1 and not interpreting():
            _ = self._tables  # made once, not by each thread

        def fill(piece: tuple[int, tuple[int, int]]) -> None:
            number, (start, end) = piece
            found = decode(self._scores(x[start:end]), forced[start : end + 1], number)
            # the gap at the end is the first of the next piece
            out[start:end] = found[:-1]
            if end == len(x):
                out[end] = found[-1]

        together(jobs, fill, enumerate(pieces(ends)))
        return out

    def cut(self, raw: Symbols, jobs: int = 1) -> Cuts:
        """Best segmentation of a stream: 1 at the gaps where a word begins or ends, shape (n +
        1,); by at most so many threads.
        """
        return self._decode(
            raw, lambda scores, forced, _: viterbi(scores, forced), np.uint8, jobs=jobs
        )

    def probabilities(self, raw: Symbols) -> npt.NDArray[np.float64]:
        """Probability of a boundary at each gap, shape (n + 1,), such that of gaps with .8 about 80
        % are boundaries; 1 at the edges of clauses.
        """

        def decode(scores: Floats32, forced: Cuts, _: int) -> npt.NDArray[np.float64]:
            found = calibrated(marginals(scores, forced), sharpness(self.learned))
            found[forced.astype(np.bool_)] = 1.0
            return found

        return self._decode(raw, decode, np.float64)

    def cut_with_probabilities(self, raw: Symbols) -> tuple[Cuts, npt.NDArray[np.float64]]:
        """Both :meth:`cut` and the marginal probabilities of the lattice, which are surer than
        those of :meth:`probabilities`, for little more than the price of one.
        """
        out = self._decode(
            raw,
            lambda scores, forced, _: np.stack(
                [viterbi(scores, forced), marginals(scores, forced)], axis=-1
            ),
            np.float64,
            2,
        )
        return out[:, 0].astype(np.uint8), out[:, 1]

    def sample(self, raw: Symbols, key: int) -> Cuts:
        """A segmentation drawn from the model's distribution."""
        return self._decode(
            raw, lambda scores, forced, i: sample(scores, forced, random_key(key, i)), np.uint8
        )
