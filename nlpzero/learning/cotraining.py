"""Co-training of the word model and the gap model on a stream of symbols: arrays in, arrays out.

1. Cut the stream by z-scored variation of branching entropy (:func:`autonomy`, nVBE).
2. A few sweeps of the word model alone (:mod:`nlpzero.learning.word_model`).
3. Some rounds of: train the gap model on the current cuts (:mod:`nlpzero.learning.gap_model`);
   sweep the word model with the gap model's opinion of every gap.

What is left, counts of words and weights of gaps, is a :class:`LearnedModel`, which cuts any other
stream by Viterbi.
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
from nlpzero.learning.model import LearnedModel
from nlpzero.learning.nvbe import autonomy_cuts
from nlpzero.learning.position_ngrams import (
    PositionNGrams,
    count_positions,
    pair_keys,
    skip_counts,
    spread,
)
from nlpzero.learning.streams import PIECE, Cuts, Dense, densify, forced_cuts, pieces
from nlpzero.learning.word_model import WordModel, count_words, sweep
from nlpzero.ngrams.keys import pack_ngrams
from nlpzero.segmentation.lattice import random_key

# ----------------------------------------------------------------------------------------- learning


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


def learn(
    raw: Symbols,
    target: int | None = None,
    method: CoTraining = CoTraining(),  # noqa: B008 (frozen)
    *,
    resources: Resources | None = None,
    inspect: Callable[[int, Cuts], object] | None = None,
) -> tuple[LearnedModel, dict[str, Any]]:
    """Learn from a stream of symbols.

    Parameters
    ----------
    raw : ndarray of uint16, shape (n,)
        Symbols; 0 is the clause break.
    target : int, optional
        The first `target` symbols are the text one cares for, the rest is background. A break must
        stand between them. By default everything is target.
    method : CoTraining
        Its weight of the background, seed and recipe; the sample was drawn before.
    resources : Resources, optional
        `jobs` threads. Progress is told in rounds, with the facts `description_length`, in nats per
        symbol, and `word_types`, both of the segmentation before the last sweep of the word model.
    inspect : callable, optional
        Called with the number of the round and its cuts.

    Returns
    -------
    LearnedModel
    summary : dict
        JSON values: symbols, rounds, description length, word types, constants.
    """
    resources = resources or Resources()
    resources.tell("learn", 0, method.recipe.rounds - 1, "rounds")
    dense = densify(raw)
    grams = count_positions(dense, resources.jobs)
    forced = forced_cuts(dense.symbols)
    cuts = autonomy_cuts(grams, forced)
    if inspect:
        inspect(-1, cuts)
    types = _types_of(dense, grams, method.recipe.prior_weight)
    del grams
    text = _weigh(dense, types, len(raw) if target is None else target, method)
    learner = _Learner(text, types, forced, cuts, method, resources.jobs)
    learner.run(resources, inspect)
    return learner.result(), learner.summary()


# what is done in one go when gaps are trained, in positions
_BLOCK = 512


class _Types(NamedTuple):
    """The n-grams of a stream by type, as both models need them.

    gaps : _Gaps
    ids : number of the 2-, 3- and 4-gram at each position, -1 for none
    bases : int64[5]; where the types of each order begin when they are numbered through
    symbols, pairs : how many types there are of these
    pair_counts : int64[pairs]
    triple_firsts, quad_firsts : where a type stands first
    triple_bins : uint8[triples]
    """

    gaps: _Gaps
    ids: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int32]]
    bases: npt.NDArray[np.int64]
    symbols: int
    pairs: int
    pair_counts: npt.NDArray[np.int32]
    triple_firsts: npt.NDArray[np.int32]
    quad_firsts: npt.NDArray[np.int32]
    triple_bins: npt.NDArray[np.uint8]


def _types_of(dense: Dense, grams: PositionNGrams, prior_weight: float) -> _Types:
    sizes = [len(dense.codes), *(len(order.counts) for order in grams.orders[1:])]
    return _Types(
        _gap_statistics(dense, grams, prior_weight),
        (grams.ids[1], grams.ids[2], grams.ids[3]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        sizes[0],
        sizes[1],
        grams.orders[1].counts,
        grams.orders[2].firsts,
        grams.orders[3].firsts,
        count_bins(grams.orders[2].counts),
    )


class _Weighed(NamedTuple):
    """The text, what its parts count, and the constants that follow from its size.

    importance : what a gap weighs in training: c ** -kappa of its pair, on average one, and less in
        the background
    symbols, own : float; symbols of the whole text, and before `target`
    alpha : strength of the base distribution
    """

    dense: Dense
    symbols: float
    own: float
    alpha: float
    importance: GapImportance


def _weigh(dense: Dense, types: _Types, target: int, method: CoTraining) -> _Weighed:
    recipe, background, counts = method.recipe, method.background_weight, types.pair_counts
    ids = types.ids[0]
    occurrences = np.bincount(ids[:target] + 1, minlength=len(counts) + 1)[1:].astype(float)
    occurrences += background * np.bincount(ids[target:] + 1, minlength=len(counts) + 1)[1:]
    powers = counts.astype(np.float64) ** -recipe.count_power
    mean = (powers * occurrences).sum() / max(float(counts.sum()), 1.0)
    symbols = float(dense.counts.sum())
    own = float(np.count_nonzero(dense.symbols[:target]))
    weighted = max(own + background * (symbols - own), 1.0)
    pair_weights = (powers / max(mean, 1e-300)).astype(np.float32)
    return _Weighed(
        dense,
        symbols,
        own,
        recipe.strength * weighted**recipe.strength_power,
        GapImportance(pair_weights, target, background),
    )


class _Learner:
    """The two models on one text, and how they teach each other; :meth:`run` does it all."""

    def __init__(
        self,
        text: _Weighed,
        types: _Types,
        forced: Cuts,
        cuts: Cuts,
        method: CoTraining,
        jobs: int,
    ) -> None:
        self.text = text
        self.types = types
        self.method = method
        self.cuts = cuts
        self.jobs = jobs
        self.nats = math.nan
        ids, gaps, n = types.ids, types.gaps, len(text.dense.symbols)
        # the gap model: what it sees of each gap, its weights, and its opinion
        self.features = GapFeatures(
            text.dense.symbols,
            ids[0],
            spread(gaps.records, ids[0], np.uint32),
            spread(types.triple_bins, ids[1], np.uint8),
        )
        self.priors = spread(gaps.priors, ids[0], np.float32)
        divisions = np.array(method.recipe.divisions, np.int64)
        starts = layout(types.symbols - 1, types.pairs, method.recipe.groups)
        weights = np.zeros((len(divisions), 2, int(starts[-1])), np.float32)
        self.gap_model = GapModel(divisions, weights, starts)
        self.logits = np.zeros(n, np.float32)
        self.factors = np.ones(n, np.float32)
        # the word model, its counts, and the cuts that it draws
        self.word_model = WordModel(
            text.dense.symbols,
            ids,
            types.bases,
            text.dense.counts / max(text.symbols, 1.0),
            spread(gaps.next_probs, ids[0], np.float32),
            forced,
            text.alpha,
            text.importance.target,
            text.importance.background_weight,
        )
        self.counts = np.zeros(int(types.bases[-1]), np.float64)
        self.drawn = np.ones(n + 1, np.uint8)
        size = max(PIECE, -(-n // max(8 * jobs, 1)))
        self.parts = pieces(forced, size) if jobs > 1 else [(0, n)]

    def run(self, resources: Resources, inspect: Callable[[int, Cuts], object] | None) -> None:
        """The schedule: sweeps alone, then rounds of training and sweeps, and a last training."""
        recipe = self.method.recipe
        kept = None if resources.checkpoint is None else resources.checkpoint.stage("learn")
        done = max((i for i in range(recipe.rounds) if kept and kept.has(f"round {i}")), default=-1)
        if kept and done >= 0:
            self.cuts, self.nats = kept.load(f"round {done}")
            self._count()
        with ThreadPoolExecutor(self.jobs) as pool:
            for number in range(done + 1, recipe.rounds):
                if number:
                    self._train_gap_model(pool, number)
                for step in range(recipe.sweeps if number else recipe.first_sweeps):
                    self._sweep(pool, random_key(self.method.seed, number, step))
                facts = {"description_length": self.nats, "word_types": self._word_types()}
                resources.tell("learn", number, recipe.rounds - 1, "rounds", **facts)
                if inspect:
                    inspect(number, self.cuts)
                if kept:
                    kept.keep(f"round {number}", (self.cuts, self.nats))
            if recipe.rounds:
                self._train_gap_model(pool, recipe.rounds)
        self.word_total = self._count()

    def _train_gap_model(self, pool: ThreadPoolExecutor, number: int) -> None:
        """Train on the cuts as they are, one side of the pairs for the other, and ask about every
        gap.
        """
        tasks = [(number, d, side) for d in range(len(self.gap_model.fold_bits)) for side in (0, 1)]
        list(pool.map(self._train, tasks))
        list(pool.map(self._score, self.parts))

    def _train(self, task: tuple[int, int, int]) -> None:
        number, division, side = task
        table = np.zeros((int(self.gap_model.starts[-1]), 2), np.float32)
        table[:, 1] = 1e-8
        random = np.random.default_rng([self.method.seed, number, division, side])
        train_gaps(
            self.features,
            self.cuts,
            self.text.importance,
            random.permutation(-(-len(self.logits) // _BLOCK)),
            _BLOCK,
            self.method.recipe.divisions[division],
            1 - side,
            self.method.recipe.rate,
            self.gap_model.starts,
            table,
        )
        self.gap_model.weights[division, side] = table[:, 0]

    def _score(self, part: tuple[int, int]) -> None:
        score_gaps(self.features, self.priors, self.gap_model, *part, self.logits)
        inner = slice(*part)
        odds = np.clip(self.method.recipe.gap_weight * self.logits[inner], -60.0, 60.0)
        self.factors[inner] = np.exp(odds)

    def _count(self) -> float:
        """Count the words of the cuts; their sum."""
        self.counts[:] = 0.0
        count_words(self.word_model, self.cuts, self.counts, self.jobs)
        return float(self.counts.sum())

    def _sweep(self, pool: ThreadPoolExecutor, key: int) -> None:
        """Draw all cuts anew from the word model without the clause at hand."""
        total = self._count()

        def draw(part: tuple[int, int]) -> float:
            return sweep(
                self.word_model,
                self.counts,
                total,
                self.factors,
                *part,
                np.uint64(key),
                self.cuts,
                self.drawn,
            )

        self.nats = -sum(pool.map(draw, self.parts)) / max(self.text.symbols, 1.0)
        self.cuts, self.drawn = self.drawn, self.cuts

    def _word_types(self) -> int:
        return int(np.count_nonzero(self.counts))

    def result(self) -> LearnedModel:
        """What decoding needs, as arrays."""
        text, types, counts = self.text, self.types, self.counts
        gaps, bases, x = types.gaps, types.bases, text.dense.symbols
        pair_counts = counts[bases[1] : bases[2]].astype(np.float32)
        threes = np.flatnonzero(counts[bases[2] : bases[3]])
        fours = np.flatnonzero(counts[bases[3] : bases[4]])
        three_keys = pack_ngrams(x, types.triple_firsts[threes], 3)
        four_keys = pack_ngrams(x, types.quad_firsts[fours], 4)
        gap_weight = self.method.recipe.gap_weight
        return LearnedModel(
            codes=text.dense.codes,
            symbol_counts=text.dense.counts,
            word_counts=counts[: bases[1]].copy(),
            prior_sides=gaps.prior_sides,
            pairs=gaps.pairs,
            pair_records=gaps.records,
            pair_values=np.stack([gaps.priors, gaps.next_probs, pair_counts], axis=1),
            triples=pack_ngrams(x, types.triple_firsts, 3),
            triple_bins=types.triple_bins,
            words=np.concatenate([three_keys, four_keys]),
            words_counts=np.concatenate([counts[bases[2] + threes], counts[bases[3] + fours]]),
            weights=self.gap_model.weights,
            fold_bits=self.gap_model.fold_bits,
            pmi_edges=gaps.pmi_edges,
            skip_prior=gaps.skip_prior,
            constants=np.array([self.word_total, max(text.symbols, 1.0), text.alpha, gap_weight]),
        )

    def summary(self) -> dict[str, Any]:
        """Facts of the learning, as JSON values."""
        recipe = self.method.recipe
        return {
            "symbols": int(self.text.symbols),
            "target_symbols": int(self.text.own),
            "background_weight": self.method.background_weight,
            "rounds": recipe.rounds,
            "description_length": round(self.nats, 4) if math.isfinite(self.nats) else None,
            "word_types": self._word_types(),
            "seed": self.method.seed,
            "recipe": {**asdict(recipe), "divisions": list(recipe.divisions)},
        }
