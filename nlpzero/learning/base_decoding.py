"""A base, alone or with a text of one's own, as tables of the decoder."""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats, Floats32, Symbols
from nlpzero.engine.jit import kernel
from nlpzero.learning.base_model import COUNT, PAIR_COUNT, PAIR_WORDS, WORDS, BaseModel
from nlpzero.learning.gap_model import count_bins
from nlpzero.learning.methods import Adaptation
from nlpzero.learning.model import LearnedModel
from nlpzero.learning.pair_view import PairView, view_pairs
from nlpzero.ngrams.keys import keys_from_file


def alone(base: BaseModel, how: Adaptation | None = None) -> LearnedModel:
    """The base as a model for any text. What is asked for occurs once more: in the text that is
    cut.
    """
    how = how or Adaptation()
    values = base.pair_values.copy()
    values[:, PAIR_COUNT] += 1.0
    view = view_pairs(
        base.symbols,
        base.pairs,
        values,
        base.codes,
        how.prior_weight,
        base.edges,
        base.scales,
    )
    word_weight = how.gram_weight * how.word_share
    alpha = how.strength * (float(base.totals[0]) * word_weight) ** how.strength_power / word_weight
    return as_learned(
        base.codes,
        base.symbols,
        base.pairs,
        view,
        base.pair_values[:, PAIR_WORDS],
        base.triples,
        base.triple_counts + 1.0,
        base.words,
        base.word_counts,
        dense_weights(base),
        float(base.totals[1]),
        alpha,
        how.gap_weight,
    )


def as_learned(
    codes: Symbols,
    symbols: Floats,
    pairs: npt.NDArray[np.uint32],
    view: PairView,
    pair_words: Floats,
    triples: npt.NDArray[np.uint64],
    triple_counts: Floats,
    words: npt.NDArray[np.uint64],
    word_counts: Floats,
    weights: Floats32,
    word_total: float,
    alpha: float,
    gap_weight: float,
) -> LearnedModel:
    """Tables of the decoder, from counts of whatever origin."""
    # the decoder reaches words by their first three symbols
    threes = int(np.searchsorted(words, np.uint64(1 << 48)))
    begins = words[threes:] >> np.uint64(16)
    begins = begins[np.diff(begins, prepend=np.uint64(0)) > 0]
    begins, _, _ = merged_keys(words[:threes], begins)
    keys, at, _ = merged_keys(triples, begins)
    bins = np.ones(len(keys), np.uint8)
    bins[at] = np.maximum(count_bins(triple_counts.astype(np.int64)), 1)
    counts = np.maximum(np.round(symbols[:, COUNT]), 1.0).astype(np.int64)
    counts[0] = 0
    return LearnedModel(
        codes,
        counts,
        symbols[:, WORDS].copy(),
        view.prior_sides,
        pairs,
        view.records,
        np.stack([view.priors, view.next_probs, pair_words.astype(np.float32)], axis=1),
        keys_from_file(keys),
        bins,
        keys_from_file(words),
        word_counts,
        weights[None],
        np.zeros(1, np.int64),
        view.edges.pmi,
        view.skip_prior,
        np.array([word_total, float(symbols[:, COUNT].sum()), alpha, gap_weight]),
        view.edges.side,
    )


def dense_weights(base: BaseModel) -> Floats32:
    """The base's weights, without those of pairs."""
    parts = [base.symbol_weights.reshape(2, -1), base.joint_weights]
    return np.concatenate(parts, axis=1).astype(np.float32)


@kernel
def merged_keys(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ascending union of two ascending lists of keys, and the row of each key of both in it."""
    keys = np.empty(len(one) + len(two), one.dtype)
    at_one = np.empty(len(one), np.int64)
    at_two = np.empty(len(two), np.int64)
    i = j = n = 0
    while i < len(one) or j < len(two):
        first = j == len(two) or (i < len(one) and one[i] <= two[j])
        second = i == len(one) or (j < len(two) and two[j] <= one[i])
        keys[n] = one[i] if first else two[j]
        if first:
            at_one[i] = n
            i += 1
        if second:
            at_two[j] = n
            j += 1
        n += 1
    return keys[:n].copy(), at_one, at_two
