"""What the models need to know of each pair of symbols, from counts of whatever origin: records,
priors, p(b | a).

The counts may be those of a base, those of a text, or both together, so that each stage of learning
and every later reader sees the same numbers for the same counts.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats, Floats32, Symbols
from nlpzero.learning.base_model import (
    COUNT,
    ENDS,
    LEFT,
    PAIR_COUNT,
    PAIR_LEFT,
    PAIR_RIGHT,
    PAIR_SKIPS,
    STARTS,
)
from nlpzero.learning.gap_model import (
    ENTROPY_BINS,
    PMI_BINS,
    SIDE_BINS,
    Bins,
    pack_records,
    weighted_quantiles,
)

# occurrences at the average rate that are added to those beside clause breaks
_PSEUDO = 5.0


class PairView(NamedTuple):
    """Per type of pair: record of the gap model, prior of the gap inside, p(second | first).

    prior_sides : a symbol's part in the prior of the gap after and before it
    skip_prior : mean, and weight per unit, of the prior's statistic of the pair with one symbol
    between
    """

    records: npt.NDArray[np.uint32]
    priors: Floats32
    next_probs: Floats32
    prior_sides: Floats32
    skip_prior: Floats
    edges: Bins
    scales: Floats


def view_pairs(
    symbols: Floats,
    pairs: npt.NDArray[np.uint32],
    values: Floats,
    codes: Symbols,
    prior_weight: float,
    edges: Bins,
    scales: Floats,
) -> PairView:
    """Look at pairs as a base does.

    Parameters
    ----------
    symbols : ndarray of float64, shape (V + 1, 6)
        As :attr:`BaseModel.symbols`.
    pairs : ndarray of uint32, shape (P,)
    values : ndarray of float64, shape (P, >= 4)
        As :attr:`BaseModel.pair_values`; a count below one is taken for one.
    codes : ndarray of uint16, shape (V + 1,)
    prior_weight : float
    edges : Bins
    scales : ndarray of float64, shape (5, 2)

    Returns
    -------
    PairView
    """
    count = np.maximum(values[:, PAIR_COUNT], 1.0)
    b, c, expected, parts = _statistics(symbols, pairs, values)
    records = pack_records(
        np.round(count).astype(np.int64),
        np.log(count / np.maximum(expected, 1e-9)),
        values[:, PAIR_RIGHT],
        values[:, PAIR_LEFT],
        pairs,
        codes,
        edges,
    )
    weights = prior_weight / scales[:, 1]
    ends, starts = _edge_rates(symbols)
    left = symbols[:, LEFT]
    sides = np.stack(
        [
            (left - scales[0, 0]) * weights[0] + (-ends - scales[2, 0]) * weights[2],
            (left - scales[1, 0]) * weights[1] + (starts - scales[3, 0]) * weights[3],
        ],
        axis=1,
    )
    priors = sides[b, 0] + sides[c, 1] + (parts[4] - scales[4, 0]) * weights[4]
    total = symbols[:, COUNT].sum()
    next_probs = (count + 2.0 * symbols[c, COUNT] / total) / (symbols[b, COUNT] + 2.0)
    return PairView(
        records,
        priors.astype(np.float32),
        next_probs.astype(np.float32),
        sides.astype(np.float32),
        np.array([scales[4, 0], weights[4]]),
        edges,
        scales,
    )


def measure_pairs(
    symbols: Floats, pairs: npt.NDArray[np.uint32], values: Floats, weights: npt.NDArray[np.int32]
) -> tuple[Bins, Floats]:
    """Quantile edges of the binned statistics, and mean and deviation of those of the prior, each
    pair as often as `weights` says.
    """
    count = np.maximum(values[:, PAIR_COUNT], 1.0)
    _, _, expected, parts = _statistics(symbols, pairs, values)
    pmi = np.log(count / np.maximum(expected, 1e-9))
    edges = Bins(
        weighted_quantiles(values[:, PAIR_RIGHT], weights, ENTROPY_BINS - 1),
        weighted_quantiles(values[:, PAIR_LEFT], weights, ENTROPY_BINS - 1),
        weighted_quantiles(pmi, weights, PMI_BINS),
        weighted_quantiles(pmi, weights, SIDE_BINS - 1),
    )
    share = weights / max(float(weights.sum()), 1.0)
    scales = np.empty((5, 2))
    for i, part in enumerate(parts):
        mean = float((part * share).sum())
        variance = float((part * part * share).sum()) - mean * mean
        scales[i] = mean, math.sqrt(max(variance, 1e-12))
    return edges, scales


def _edge_rates(symbols: Floats) -> tuple[Floats, Floats]:
    """Log of the smoothed rate at which each symbol stands at clause ends, and at clause starts."""
    total = max(float(symbols[:, COUNT].sum()), 1.0)
    out = []
    for column in (ENDS, STARTS):
        at = symbols[:, column]
        rate = max(float(at.sum()), 1.0) / total
        out.append(np.log((at + _PSEUDO * rate) / (symbols[:, COUNT] + _PSEUDO)))
    return out[0], out[1]


def _statistics(
    symbols: Floats, pairs: npt.NDArray[np.uint32], values: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats, tuple[Floats, ...]]:
    """Both symbols of each pair, its expected count, and the five statistics of the prior."""
    b = (pairs >> np.uint32(16)).astype(np.int64)
    c = (pairs & np.uint32(0xFFFF)).astype(np.int64)
    expected = symbols[b, COUNT] * symbols[c, COUNT] / max(float(symbols[:, COUNT].sum()), 1.0)
    ends, starts = _edge_rates(symbols)
    left = symbols[:, LEFT]
    skips = np.log((values[:, PAIR_SKIPS] + 0.5) / (expected + 0.5))
    return b, c, expected, (left[b], left[c], -ends[b], starts[c], skips)
