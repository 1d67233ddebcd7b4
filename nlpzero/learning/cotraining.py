"""Co-training of the word model and the gap model on a stream of symbols: arrays in, arrays out.

1. Cut the stream by z-scored variation of branching entropy (:func:`autonomy`, nVBE).
2. A few sweeps of the word model alone (:mod:`nlpzero.learning.word_model`).
3. Some rounds of: train the gap model on the current cuts (:mod:`nlpzero.learning.gap_model`); sweep the word model with
   the gap model's opinion of every gap.

What is left, counts of words and weights of gaps, is a :class:`Learned`, which cuts any other stream by Viterbi.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols
from nlpzero.engine.resources import Resources
from nlpzero.learning.gap_model import (
    ENTROPY_BINS,
    PMI_BINS,
    SIDE_BINS,
    Bins,
    GapFeatures,
    GapImportance,
    GapModel,
    count_bins,
    layout,
    pack_records,
    score_gaps,
    train_gaps,
    weighted_quantiles,
)
from nlpzero.learning.methods import CoTraining
from nlpzero.learning.model import Learned
from nlpzero.learning.nvbe import autonomy_cuts
from nlpzero.learning.position_ngrams import PositionNGrams, count_positions, pair_keys, skip_counts
from nlpzero.learning.streams import PIECE, Cuts, Dense, densify, forced_cuts, pieces
from nlpzero.learning.word_model import WordModel, count_cut_words, sweep
from nlpzero.ngrams.keys import pack_ngrams
from nlpzero.segmentation.lattice import random_key

# ------------------------------------------------------------------------------------------------ learning


class _Gaps(NamedTuple):
    """Statistics of pairs for the gap model, per type."""

    pairs: npt.NDArray[np.uint32]
    records: npt.NDArray[np.uint32]
    priors: Floats32
    next_probs: Floats32
    prior_sides: Floats32
    pmi_edges: npt.NDArray[np.float64]
    skip_prior: npt.NDArray[np.float64]


def _log_rate(
    dense: Dense, at: npt.NDArray[np.integer], pseudo: float = 5.0
) -> npt.NDArray[np.float64]:
    """Log of the smoothed rate at which each symbol stands at the given positions."""
    there = np.bincount(dense.symbols[at], minlength=len(dense.codes)).astype(np.float64)
    rate = max(float(there.sum()), 1.0) / max(float(dense.counts.sum()), 1.0)
    return np.log((there + pseudo * rate) / (dense.counts + pseudo))


def _gap_statistics(dense: Dense, grams: PositionNGrams, prior_weight: float) -> _Gaps:
    x = dense.symbols
    bigrams = grams.orders[1]
    counts = bigrams.counts
    total = float(dense.counts.sum())
    pairs = pair_keys(x, bigrams)
    b = (pairs >> np.uint32(16)).astype(np.int64)
    c = (pairs & np.uint32(0xFFFF)).astype(np.int64)
    count_b = dense.counts[b].astype(np.float64)
    count_c = dense.counts[c].astype(np.float64)
    expected = count_b * count_c / total
    pmi = np.log(counts / expected)
    pmi_edges = weighted_quantiles(pmi, counts, PMI_BINS)
    records = pack_records(
        counts,
        pmi,
        grams.right[1],
        grams.left[1],
        pairs,
        dense.codes,
        Bins(
            weighted_quantiles(grams.right[1], counts, ENTROPY_BINS - 1),
            weighted_quantiles(grams.left[1], counts, ENTROPY_BINS - 1),
            pmi_edges,
            weighted_quantiles(pmi, counts, SIDE_BINS - 1),
        ),
    )
    inside = x > 0
    starts = np.flatnonzero(inside & np.concatenate([[True], ~inside[:-1]]))
    ends = np.flatnonzero(inside & np.concatenate([~inside[1:], [True]]))
    start_rate, end_rate = _log_rate(dense, starts), _log_rate(dense, ends)
    left_entropy = np.concatenate([[0.0], grams.left[0]])
    sides = np.zeros((len(dense.codes), 2), np.float64)
    weight = counts / max(float(counts.sum()), 1.0)

    def standard(values: npt.NDArray[np.float64]) -> tuple[float, float]:
        mean = float((values * weight).sum())
        variance = float((values * values * weight).sum()) - mean * mean
        return mean, math.sqrt(max(variance, 1e-12))

    for values, at, side in (
        (left_entropy, b, 0),
        (left_entropy, c, 1),
        (-end_rate, b, 0),
        (start_rate, c, 1),
    ):
        mean, deviation = standard(values[at])
        sides[:, side] += prior_weight * (values - mean) / deviation
    skips = np.log((skip_counts(x, pairs) + 0.5) / (expected + 0.5))
    mean, deviation = standard(skips)
    skip_prior = np.array([mean, prior_weight / deviation])
    priors = sides[b, 0] + sides[c, 1] + (skips - mean) * skip_prior[1]
    return _Gaps(
        pairs,
        records,
        priors.astype(np.float32),
        ((counts + 2.0 * count_c / total) / (count_b + 2.0)).astype(np.float32),
        sides.astype(np.float32),
        pmi_edges,
        skip_prior,
    )


def _spread(
    values: npt.NDArray[Any], ids: npt.NDArray[np.int32], dtype: npt.DTypeLike
) -> npt.NDArray[Any]:
    """Values of types, per position; 0 where there is no type."""
    if len(values) == 0:
        return np.zeros(len(ids), dtype)
    out = values.astype(dtype, copy=False)[ids]  # -1 reads the last, and is cleared
    out[ids < 0] = 0
    return out


def learn(
    raw: Symbols,
    target: int | None = None,
    method: CoTraining = CoTraining(),  # noqa: B008 (frozen)
    *,
    resources: Resources | None = None,
    inspect: Callable[[int, Cuts], object] | None = None,
) -> tuple[Learned, dict[str, Any]]:
    """Learn from a stream of symbols.

    Parameters
    ----------
    raw : ndarray of uint16, shape (n,)
        Symbols; 0 is the clause break.
    target : int, optional
        The first `target` symbols are the text one cares for, the rest is background. A break must stand
        between them. By default everything is target.
    method : CoTraining
        Its weight of the background, seed and recipe; the sample was drawn before.
    resources : Resources, optional
        `jobs` threads. Progress is told in rounds, with the facts `description_length`, in nats per symbol,
        and `word_types`, both of the segmentation before the last sweep of the word model.
    inspect : callable, optional
        Called with the number of the round and its cuts.

    Returns
    -------
    Learned
    summary : dict
        JSON values: symbols, rounds, description length, word types, constants.
    """
    recipe, seed, background_weight = method.recipe, method.seed, method.background_weight
    dense = densify(raw)
    x = dense.symbols
    n = len(x)
    target = n if target is None else target
    resources = resources or Resources()
    jobs, rounds = resources.jobs, recipe.rounds - 1
    resources.tell("learn", 0, rounds, "rounds")
    grams = count_positions(dense)
    forced = forced_cuts(x)
    cuts = autonomy_cuts(grams, forced)
    if inspect:
        inspect(-1, cuts)
    gaps = _gap_statistics(dense, grams, recipe.prior_weight)
    ids = (grams.ids[1], grams.ids[2], grams.ids[3])
    sizes = [len(dense.codes), *(len(order.counts) for order in grams.orders[1:])]
    bases = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    pair_counts = grams.orders[1].counts
    triple_firsts = grams.orders[2].firsts
    triple_bins = count_bins(grams.orders[2].counts)
    quad_firsts = grams.orders[3].firsts
    del grams
    features = GapFeatures(
        x,
        ids[0],
        _spread(gaps.records, ids[0], np.uint32),
        _spread(triple_bins, ids[1], np.uint8),
    )
    priors = _spread(gaps.priors, ids[0], np.float32)

    # every gap weighs c ** -kappa, on average one
    occurrences = np.bincount(ids[0][:target] + 1, minlength=len(pair_counts) + 1)[1:].astype(float)
    occurrences += (
        background_weight * np.bincount(ids[0][target:] + 1, minlength=len(pair_counts) + 1)[1:]
    )
    powers = pair_counts.astype(np.float64) ** -recipe.count_power
    mean = (powers * occurrences).sum() / max(float(pair_counts.sum()), 1.0)
    pair_weights = (powers / max(mean, 1e-300)).astype(np.float32)
    importance = GapImportance(pair_weights, target, background_weight)

    symbol_total = float(dense.counts.sum())
    own = float(np.count_nonzero(x[:target]))
    weighted = max(own + background_weight * (symbol_total - own), 1.0)
    alpha = recipe.strength * weighted**recipe.strength_power
    words = WordModel(
        x,
        ids,
        bases,
        dense.counts / max(symbol_total, 1.0),
        _spread(gaps.next_probs, ids[0], np.float32),
        forced,
        alpha,
        target,
        background_weight,
    )
    starts = layout(sizes[0] - 1, sizes[1])
    weights = np.zeros((len(recipe.divisions), 2, int(starts[-1])), np.float32)
    model = GapModel(np.array(recipe.divisions, np.int64), weights, starts)
    factors = np.ones(n, np.float32)
    logits = np.zeros(n, np.float32)
    drawn = np.ones(n + 1, np.uint8)
    counts = np.zeros(int(bases[-1]), np.float64)
    block = 512
    blocks = -(-n // block)
    parts = pieces(forced, max(PIECE, -(-n // max(8 * jobs, 1)))) if jobs > 1 else [(0, n)]

    def count() -> float:
        counts[:] = 0.0
        count_cut_words(words, cuts, counts)
        return float(counts.sum())

    def train(task: tuple[int, int, int]) -> None:
        number, division, side = task
        table = np.zeros((int(starts[-1]), 2), np.float32)
        table[:, 1] = 1e-8
        order = np.random.default_rng([seed, number, division, side]).permutation(blocks)
        train_gaps(
            features,
            cuts,
            importance,
            order,
            block,
            recipe.divisions[division],
            1 - side,
            recipe.rate,
            starts,
            table,
        )
        weights[division, side] = table[:, 0]

    def score(part: tuple[int, int]) -> None:
        score_gaps(features, priors, model, *part, logits)
        inner = slice(*part)
        factors[inner] = np.exp(np.clip(recipe.gap_weight * logits[inner], -60.0, 60.0))

    nats = math.nan
    with ThreadPoolExecutor(jobs) as pool:
        for number in range(recipe.rounds + 1):
            if number:
                tasks = [(number, d, side) for d in range(len(recipe.divisions)) for side in (0, 1)]
                list(pool.map(train, tasks))
                list(pool.map(score, parts))
            if number == recipe.rounds:
                break
            for step in range(recipe.sweeps if number else recipe.first_sweeps):
                total = count()
                key = np.uint64(random_key(seed, number, step))

                def draw(
                    part: tuple[int, int],
                    old: Cuts = cuts,
                    new: Cuts = drawn,
                    total: float = total,
                    key: np.uint64 = key,
                ) -> float:
                    return sweep(words, counts, total, factors, *part, key, old, new)

                nats = -sum(pool.map(draw, parts)) / max(symbol_total, 1.0)
                cuts, drawn = drawn, cuts
            types = int(np.count_nonzero(counts))
            facts = {"description_length": nats, "word_types": types}
            resources.tell("learn", number, rounds, "rounds", **facts)
            if inspect:
                inspect(number, cuts)
    word_total = count()

    threes = np.flatnonzero(counts[bases[2] : bases[3]])
    fours = np.flatnonzero(counts[bases[3] : bases[4]])
    learned = Learned(
        dense.codes,
        dense.counts,
        counts[: bases[1]].copy(),
        gaps.prior_sides,
        gaps.pairs,
        gaps.records,
        np.stack(
            [gaps.priors, gaps.next_probs, counts[bases[1] : bases[2]].astype(np.float32)], axis=1
        ),
        pack_ngrams(x, triple_firsts, 3),
        triple_bins,
        np.concatenate(
            [pack_ngrams(x, triple_firsts[threes], 3), pack_ngrams(x, quad_firsts[fours], 4)]
        ),
        np.concatenate([counts[bases[2] + threes], counts[bases[3] + fours]]),
        weights,
        model.fold_bits,
        gaps.pmi_edges,
        gaps.skip_prior,
        np.array([word_total, max(symbol_total, 1.0), alpha, recipe.gap_weight]),
    )
    summary = {
        "symbols": int(symbol_total),
        "target_symbols": int(own),
        "background_weight": background_weight,
        "rounds": recipe.rounds,
        "description_length": round(nats, 4) if math.isfinite(nats) else None,
        "word_types": int(np.count_nonzero(counts)),
        "seed": seed,
        "recipe": {**asdict(recipe), "divisions": list(recipe.divisions)},
    }
    return learned, summary
