"""The statistical view of a gap: is there a word boundary between two symbols?

For the gap between b and c in ``a2 a b | c d d2`` the model adds one weight from each of nineteen
tables: the four symbols next to it, five joint bins of coarse statistics (branching entropies left
and right of the gap, counts of the three bigrams and of the two trigrams that straddle it, the
mutual information of the three bigrams), the bigrams ``ab`` and ``cd`` themselves, and farther
context: the bigrams ``a2 a`` and ``d d2``, the symbols a2 and d2, and, hashed, the pairs (a, c) and
(b, d) and the trigrams ``a2 a b`` and ``c d d2``. It is a logistic regression on one-hot groups,
trained by one pass of Adagrad on the boundaries that the word model draws. Because it sees counts
only through coarse bins, holds b and c together in no group, and is never applied to a pair of
symbols (b, c) it was trained on, it cannot copy its teacher's accidents.

Everything here is per position of a stream of dense symbols, 0 being the clause break; position i
stands for the gap *before* symbol i. Kernels know arrays only.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array, Floats32
from nlpzero.engine.jit import kernel

# bins of the five joint tables; 0 is "missing" in each
COUNT_BINS, ENTROPY_BINS, SIDE_BINS, PMI_BINS = 11, 13, 9, 10
JOINT_CELLS = (
    ENTROPY_BINS * ENTROPY_BINS,
    COUNT_BINS * COUNT_BINS,
    COUNT_BINS * COUNT_BINS,
    COUNT_BINS * COUNT_BINS * COUNT_BINS,
    SIDE_BINS * (PMI_BINS + 1) * SIDE_BINS,
)
# groups without those of the pairs beside the gap; with them; with farther context
DENSE_GROUPS, GROUPS, WIDE_GROUPS = 9, 11, 19
# groups with a weight for each pair of symbols
PAIR_GROUPS = (9, 10, 11, 12)
# cells of the hashed tables; 8 and 16 times as many gain nothing
SKIP_CELLS, TRIPLE_CELLS = 1 << 15, 1 << 16

# places of the bins in the 32-bit record of a bigram; the rest of it is its hash
_LEFT_ENTROPY, _RIGHT_ENTROPY, _LEFT_PMI, _PMI, _RIGHT_PMI, _FOLDS = 4, 8, 12, 16, 20, 24
FOLD_BITS = 8
# how many bins each digit of a record has, from the lowest: count, entropies, PMI left of, at and
# right of the gap
RECORD_BINS = (COUNT_BINS, ENTROPY_BINS, ENTROPY_BINS, SIDE_BINS, PMI_BINS, SIDE_BINS)


@kernel
def count_bin(count: Any) -> Any:
    """0 for none, else 1 + floor(log2), at most 10."""
    bins = 0
    c = np.int64(count)
    while c > 0 and bins < COUNT_BINS - 1:
        bins += 1
        c >>= 1
    return bins


@kernel
def count_bins(counts: np.ndarray) -> np.ndarray:
    """Bin of each count."""
    out = np.empty(len(counts), np.uint8)
    for i in range(len(counts)):
        out[i] = count_bin(counts[i])
    return out


@kernel
def pair_hash(b: Any, c: Any) -> Any:
    """Bits that decide on which side a pair of symbols (not of their dense numbers) is trained."""
    h = np.uint64(b) * np.uint64(2654435761) + np.uint64(c) * np.uint64(2246822519)
    h ^= h >> np.uint64(15)
    h *= np.uint64(3266489917)
    h ^= h >> np.uint64(13)
    return np.int64(h & np.uint64((1 << FOLD_BITS) - 1))


@kernel
def _bin(value: Any, edges: np.ndarray) -> Any:
    """Number of edges below the value (np.searchsorted, side left)."""
    k = 0
    while k < len(edges) and edges[k] < value:
        k += 1
    return k


class Bins(NamedTuple):
    """Inner edges, float64 each, of the bins of a bigram's statistics."""

    right: npt.NDArray[np.float64]  # branching entropies
    left: npt.NDArray[np.float64]
    pmi: npt.NDArray[np.float64]  # of the pair at the gap
    side: npt.NDArray[np.float64]  # PMI of the pairs beside it


def weighted_quantiles(
    values: npt.NDArray[np.floating], counts: npt.NDArray[np.integer], bins: int
) -> npt.NDArray[np.float64]:
    """Inner edges that cut values, each as often as its count says, into bins of equal weight.

    Examples
    --------
    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([1, 2, 1]), 2).tolist()
    [1.0]
    """
    order = np.argsort(values, kind="stable")
    weight = np.cumsum(counts[order])
    if len(weight) == 0:
        return np.zeros(bins - 1)
    at = np.searchsorted(weight, weight[-1] * np.arange(1, bins) / bins)
    return values[order[at]].astype(np.float64)


@kernel
def pack_records(
    counts: np.ndarray,
    pmi: np.ndarray,
    right: np.ndarray,
    left: np.ndarray,
    pairs: np.ndarray,
    codes: np.ndarray,
    bins: Bins,
) -> np.ndarray:
    """All bins of each bigram type in one number: uint32[P].

    counts : int32[P], pmi : float64[P], right, left : float32[P] branching entropies
    pairs : uint32[P]
    codes : uint16[V + 1], symbol of each dense number
    """
    right_edges, left_edges, pmi_edges, side_edges = bins
    out = np.empty(len(counts), np.uint32)
    for t in range(len(counts)):
        b = codes[pairs[t] >> np.uint32(16)]
        c = codes[pairs[t] & np.uint32(0xFFFF)]
        out[t] = np.uint32(
            count_bin(counts[t])
            | (1 + _bin(right[t], right_edges)) << _LEFT_ENTROPY
            | (1 + _bin(left[t], left_edges)) << _RIGHT_ENTROPY
            | (1 + _bin(pmi[t], side_edges)) << _LEFT_PMI
            | _bin(pmi[t], pmi_edges) << _PMI
            | (1 + _bin(pmi[t], side_edges)) << _RIGHT_PMI
            | pair_hash(b, c) << _FOLDS
        )
    return out


@kernel
def unseen_record(pmi: Any, b: Any, c: Any, pmi_edges: np.ndarray) -> Any:
    """Record of a bigram the model has no statistics of, from the code points and the PMI of half
    an occurrence.
    """
    return np.uint32(_bin(pmi, pmi_edges) << _PMI | pair_hash(b, c) << _FOLDS)


@kernel
def rare_record(pmi: Any, b: Any, c: Any, pmi_edges: np.ndarray, side_edges: np.ndarray) -> Any:
    """Record of a bigram that occurs once and has no entropy, from the code points and the PMI."""
    side = 1 + _bin(pmi, side_edges)
    return np.uint32(
        1
        | 1 << _LEFT_ENTROPY
        | 1 << _RIGHT_ENTROPY
        | side << _LEFT_PMI
        | _bin(pmi, pmi_edges) << _PMI
        | side << _RIGHT_PMI
        | pair_hash(b, c) << _FOLDS
    )


@kernel
def fold_of(record: Any, fold_bit: Any) -> Any:
    """Side of a bigram in one division of the bigrams in two."""
    return (np.int64(record) >> (_FOLDS + fold_bit)) & 1


@kernel
def layout(symbols: Any, bigrams: Any, groups: Any = GROUPS) -> np.ndarray:
    """Where the weights of each group begin, and their number."""
    out = np.empty(groups + 1, np.int64)
    at = 0
    for g in range(groups):
        out[g] = at
        if g < 4:
            at += symbols + 1
        elif g < 9:
            at += JOINT_CELLS[g - 4]
        elif g < 13:
            at += bigrams + 1
        elif g < 15:
            at += symbols + 1
        elif g < 17:
            at += SKIP_CELLS
        else:
            at += TRIPLE_CELLS
    out[groups] = at
    return out


@kernel
def layout_for(symbols: Any, bigrams: Any, cells: Any) -> np.ndarray:
    """The layout of a model that has so many weights."""
    for groups in (DENSE_GROUPS, WIDE_GROUPS):
        starts = layout(symbols, bigrams, groups)
        if starts[groups] == cells:
            return starts
    return layout(symbols, bigrams, GROUPS)


@kernel
def _hashed(x: Any, y: Any, z: Any, cells: Any) -> Any:
    """Cell of three symbols in a hashed table."""
    h = np.uint64(x) * np.uint64(2654435761) + np.uint64(y) * np.uint64(2246822519)
    h += np.uint64(z) * np.uint64(3266489917)
    h ^= h >> np.uint64(15)
    h *= np.uint64(668265263)
    h ^= h >> np.uint64(13)
    return np.int64(h & np.uint64(cells - 1))


class GapFeatures(NamedTuple):
    """What the gap model sees at each position of a stream.

    symbols : uint16[n], dense
    bigrams : int32[n]; number of the bigram that starts there, -1 for none or an unknown one
    records : uint32[n]; its bins
    trigram_bins : uint8[n]; bin of the count of the trigram that starts there, in the low four bits
    """

    symbols: Array
    bigrams: Array
    records: Array
    trigram_bins: Array


class GapModel(NamedTuple):
    """Weights of the gap model, in some divisions of the bigrams in two sides.

    fold_bits : int64[divisions]; bit of a bigram's hash that tells its side
    weights : float32[divisions, 2, cells]; for gaps on each side, trained on the other one
    starts : int64[groups + 1]; where the weights of each group begin
    """

    fold_bits: npt.NDArray[np.int64]
    weights: Floats32
    starts: npt.NDArray[np.int64]


class GapImportance(NamedTuple):
    """How much each gap counts in training.

    pair_weights : float32[P], of each bigram type
    target : int; from this position on times `background_weight`
    background_weight : float
    """

    pair_weights: Floats32
    target: int
    background_weight: float


@kernel
def _cells(
    i: Any,
    symbols: np.ndarray,
    bigrams: np.ndarray,
    records: np.ndarray,
    trigram_bins: np.ndarray,
    starts: np.ndarray,
    out: np.ndarray,
) -> None:
    """The weights of the gap before position i (which has symbols on both sides), as many as `out`
    holds.
    """
    n = len(symbols)
    before = i >= 2
    after = i + 1 < n
    ab = np.int64(records[i - 2]) if before else 0
    bc = np.int64(records[i - 1])
    cd = np.int64(records[i]) if after else 0
    count_ab = ab & 15
    count_bc = bc & 15
    count_cd = cd & 15
    abc = np.int64(trigram_bins[i - 2]) & 15 if before else 0
    bcd = np.int64(trigram_bins[i - 1]) & 15 if after else 0
    out[0] = starts[0] + (np.int64(symbols[i - 2]) if before else 0)
    out[1] = starts[1] + np.int64(symbols[i - 1])
    out[2] = starts[2] + np.int64(symbols[i])
    out[3] = starts[3] + (np.int64(symbols[i + 1]) if after else 0)
    out[4] = starts[4] + ((ab >> _LEFT_ENTROPY) & 15) * ENTROPY_BINS + ((cd >> _RIGHT_ENTROPY) & 15)
    out[5] = starts[5] + count_ab * COUNT_BINS + count_bc
    out[6] = starts[6] + count_bc * COUNT_BINS + count_cd
    out[7] = starts[7] + (abc * COUNT_BINS + bcd) * COUNT_BINS + count_bc
    out[8] = (
        starts[8]
        + (((ab >> _LEFT_PMI) & 15) * (PMI_BINS + 1) + 1 + ((bc >> _PMI) & 15)) * SIDE_BINS
        + ((cd >> _RIGHT_PMI) & 15)
    )
    if len(out) == DENSE_GROUPS:
        return
    out[9] = starts[9] + (np.int64(bigrams[i - 2]) + 1 if before else 0)
    out[10] = starts[10] + (np.int64(bigrams[i]) + 1 if after else 0)
    if len(out) == GROUPS:
        return
    # a2 a b | c d d2: still no group that holds b and c together
    far_before = before and i >= 3 and symbols[i - 2] > 0
    far_after = after and i + 2 < n and symbols[i + 1] > 0
    a = np.int64(symbols[i - 2]) if before else 0
    d = np.int64(symbols[i + 1]) if after else 0
    a2 = np.int64(symbols[i - 3]) if far_before else 0
    d2 = np.int64(symbols[i + 2]) if far_after else 0
    out[11] = starts[11] + (np.int64(bigrams[i - 3]) + 1 if far_before else 0)
    out[12] = starts[12] + (np.int64(bigrams[i + 1]) + 1 if far_after else 0)
    out[13] = starts[13] + a2
    out[14] = starts[14] + d2
    out[15] = starts[15] + _hashed(a, symbols[i], 0, SKIP_CELLS)
    out[16] = starts[16] + _hashed(symbols[i - 1], d, 0, SKIP_CELLS)
    out[17] = starts[17] + _hashed(a, symbols[i - 1], a2, TRIPLE_CELLS)
    out[18] = starts[18] + _hashed(symbols[i], d, d2, TRIPLE_CELLS)


@kernel
def _gaps_of(
    first: Any,
    last: Any,
    features: GapFeatures,
    starts: np.ndarray,
    fold_bit: Any,
    fold: Any,
    at: np.ndarray,
    cells: np.ndarray,
) -> Any:
    """The next gaps from `first` on and before `last` whose pair is on one side (-1: on any), as
    many as `at` has room for: their positions and their cells. Returns where to go on, and how many
    there are.

    Cells of many gaps are found before their weights are read: then the processor fetches those of
    several gaps at once, which takes half the time.
    """
    symbols, bigrams, records, trigram_bins = features
    found = 0
    i = first
    while i < last and found < len(at):
        if (
            i > 0
            and symbols[i] > 0
            and symbols[i - 1] > 0
            and (fold < 0 or fold_of(records[i - 1], fold_bit) == fold)
        ):
            _cells(i, symbols, bigrams, records, trigram_bins, starts, cells[found])
            at[found] = i
            found += 1
        i += 1
    return i, found


@kernel
def train_gaps(
    features: GapFeatures,
    cuts: np.ndarray,
    importance: GapImportance,
    blocks: np.ndarray,
    block_size: Any,
    fold_bit: Any,
    fold: Any,
    rate: Any,
    starts: np.ndarray,
    weights: np.ndarray,
) -> Any:
    """One pass of Adagrad over the gaps whose pair is on one side; returns the mean loss in nats.

    cuts : uint8[n + 1]; blocks : int64[], numbers of the blocks of the stream in the order of
    training; starts : int64[groups + 1]; weights : float32[cells, 2], the weights and the sums of
    squared gradients, both are changed.
    """
    records, bigrams = features.records, features.bigrams
    pair_weights, target, background_weight = importance
    n = len(records)
    groups = len(starts) - 1
    at = np.empty(block_size, np.int64)
    cells = np.empty((block_size, groups), np.uint32)
    fetched = np.empty(block_size, np.float32)
    loss = 0.0
    seen = 0.0
    for j in range(len(blocks)):
        first = blocks[j] * block_size
        last = min(first + block_size, n)
        _, found = _gaps_of(first, last, features, starts, fold_bit, fold, at, cells)
        # each update waits for the one before it; a first look brings all cells into the cache
        for k in range(found):
            z = np.float32(0.0)
            for g in range(groups):
                z += weights[cells[k, g], 0]
            fetched[k] = z
        for k in range(found):
            i = at[k]
            z = np.float32(0.0)
            for g in range(groups):
                z += weights[cells[k, g], 0]
            w = np.float64(pair_weights[bigrams[i - 1]])
            if i >= target:
                w *= background_weight
            p = 1.0 / (1.0 + np.exp(-np.float64(z)))
            d = np.float32((p - cuts[i]) * w)
            step = np.float32(rate) * d
            square = d * d
            for g in range(groups):
                c = cells[k, g]
                weights[c, 1] += square
                weights[c, 0] -= step / np.sqrt(weights[c, 1])
            q = p if cuts[i] else 1.0 - p
            loss -= w * np.log(max(q, 1e-12))
            seen += w
    return loss / max(seen, 1e-12)


# gaps whose cells are found in one go when they are scored
_SCORED = 256


@kernel
def score_gaps(
    features: GapFeatures,
    priors: np.ndarray,
    model: GapModel,
    first: Any,
    last: Any,
    out: np.ndarray,
) -> None:
    """Logit of a boundary before positions first to last - 1 (0 where a symbol is missing on a
    side).

    priors, out : float32[n]; priors[i] is that of the gap inside the bigram at i. Logits of the
    divisions are averaged.
    """
    records = features.records
    fold_bits, weights, starts = model
    groups = len(starts) - 1
    at = np.empty(_SCORED, np.int64)
    cells = np.empty((_SCORED, groups), np.uint32)
    for i in range(first, last):
        out[i] = 0.0
    start = first
    while start < last:
        start, found = _gaps_of(start, last, features, starts, 0, -1, at, cells)
        for k in range(found):
            i = at[k]
            total: Any = 0.0
            for d in range(len(fold_bits)):
                side = fold_of(records[i - 1], fold_bits[d])
                z = np.float32(0.0)
                for g in range(groups):
                    z += weights[d, side, cells[k, g]]
                total += z
            out[i] = total / len(fold_bits) + priors[i - 1]
