"""Learning from text of one's own with a base to start from: counts of both added, some rounds of
co-training.

With N symbols of one's own, an n-gram of a base of B symbols counts
``g = 0.4 / (1 + N / (0.127 B))`` of its count and a word of it ``g / 4``: the base fades smoothly
as there is more text of one's own, a small base sooner. Statistics of a pair or a symbol follow
from the added counts; the sum behind its branching entropy,

    S(ab) = S_base(ab) + sum over own trigrams aby of (g b + o) log (g b + o) - g b log g b,

b and o being the base's and the own count of aby, changes only where own text continues it. The gap
model starts each round anew from the base's weights, which are a prior: Adagrad's sums of squares
begin as the base's text would have left them. With no text at all what comes out is the base
itself.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats, Floats32, Symbols
from nlpzero.engine.jit import interpreting, kernel
from nlpzero.engine.resources import Resources
from nlpzero.engine.together import together
from nlpzero.learning.base_building import clause_edges, word_keys
from nlpzero.learning.base_decoding import as_learned, dense_weights, merged_keys
from nlpzero.learning.base_model import (
    COUNT,
    ENDS,
    LEFT,
    PAIR_COUNT,
    PAIR_LEFT,
    PAIR_RIGHT,
    PAIR_SKIPS,
    PAIR_WORDS,
    RIGHT,
    STARTS,
    WORDS,
    BaseModel,
)
from nlpzero.learning.decoder import LearnedDecoder
from nlpzero.learning.gap_model import (
    DENSE_GROUPS,
    PAIR_GROUPS,
    WIDE_GROUPS,
    GapFeatures,
    GapImportance,
    GapModel,
    count_bins,
    layout,
    score_gaps,
    train_gaps,
)
from nlpzero.learning.methods import Adaptation, CoTraining
from nlpzero.learning.model import LearnedModel
from nlpzero.learning.pair_view import PairView, view_pairs
from nlpzero.learning.position_ngrams import (
    Order,
    PositionNGrams,
    count_positions,
    pair_keys,
    skip_counts,
    spread,
)
from nlpzero.learning.streams import PIECE, Cuts, Dense, dense_table, forced_cuts, pieces
from nlpzero.learning.word_model import WordModel, count_words, sweep
from nlpzero.segmentation.lattice import random_key

_BLOCK = 512


class _Mixed(NamedTuple):
    """Statistics of the symbols and pairs of base and own text together, sorted by key.

    own_pairs, own_triples : row of each own type among all
    triple_keys : of each own triple
    """

    codes: Symbols
    symbols: Floats
    pairs: npt.NDArray[np.uint32]
    values: Floats
    own_pairs: npt.NDArray[np.int64]
    triples: npt.NDArray[np.uint64]
    triple_counts: Floats
    own_triples: npt.NDArray[np.int64]
    triple_keys: npt.NDArray[np.uint64]


@kernel
def _add_entropies(
    ids: np.ndarray,
    own: np.ndarray,
    base: np.ndarray,
    firsts: np.ndarray,
    right: np.ndarray,
    left: np.ndarray,
) -> None:
    """Add to the sums of c log c of each type what its continuations have more than in the base."""
    for t in range(len(own)):
        more = 0.0
        both = own[t] + base[t]
        if both > 1.0:
            more += both * np.log(both)
        if base[t] > 1.0:
            more -= base[t] * np.log(base[t])
        right[ids[firsts[t]]] += more
        left[ids[firsts[t] + 1]] += more


@kernel
def _block_counts(ids: np.ndarray, types: int, block: int) -> np.ndarray:
    """Number of blocks of positions that hold each type."""
    out = np.zeros(types, np.int32)
    last = np.full(types, -1, np.int64)
    for i in range(len(ids)):
        t = ids[i]
        if t >= 0 and last[t] != i // block:
            last[t] = i // block
            out[t] += 1
    return out


def _damped(order: Order, ids: npt.NDArray[np.int32], block: int, power: float) -> Floats:
    """Counts c (d / c) ** power, d being the number of blocks that hold the type."""
    counts = order.counts.astype(np.float64)
    if power == 0:
        return counts
    return counts * (_block_counts(ids, len(counts), block) / counts) ** power


def _sums(counts: Floats, entropies: Floats) -> Floats:
    """Sum of c log c over the continuations of types with these entropies."""
    return np.where(counts > 0, counts * (np.log(np.maximum(counts, 1e-300)) - entropies), 0.0)


def _entropies(counts: Floats, sums: Floats) -> Floats:
    """Inverse of :func:`_sums`."""
    there = np.maximum(counts, 1e-300)
    return np.maximum(np.where(counts > 0, np.log(there) - sums / there, 0.0), 0.0)


def renumbered(base: BaseModel, raw: Symbols) -> tuple[BaseModel, Dense]:
    """The base over its symbols and those of a stream, and the stream in these numbers.

    Numbers follow the symbols, so keys of the base stay in ascending order.
    """
    present = np.bincount(raw, minlength=1 << 16)
    present[0] = 0
    known = present > 0
    known[base.codes[1:]] = True
    merged = np.flatnonzero(known).astype(np.uint16)
    codes = np.concatenate([[0], merged]).astype(np.uint16)
    if len(codes) == len(base.codes):
        wide = base
    else:
        to = np.concatenate([[0], np.searchsorted(merged, base.codes[1:]) + 1])
        wide = _widened(base, codes, to.astype(np.uint64))
    return wide, Dense(dense_table(codes)[raw], codes, present[codes].astype(np.int64))


def _widened(base: BaseModel, codes: Symbols, to: npt.NDArray[np.uint64]) -> BaseModel:
    symbols = np.zeros((len(codes), 6))
    symbols[to] = base.symbols
    weights = np.zeros((2, 4, len(codes)))
    weights[:, :, to] = base.symbol_weights

    def moved(keys: npt.NDArray[np.unsignedinteger]) -> npt.NDArray[np.uint64]:
        out = np.zeros(len(keys), np.uint64)
        wide = keys.astype(np.uint64)
        for place in (48, 32, 16, 0):
            out |= to[(wide >> np.uint64(place)) & np.uint64(0xFFFF)] << np.uint64(place)
        return out

    return replace(
        base,
        codes=codes,
        symbols=symbols,
        symbol_weights=weights,
        pairs=moved(base.pairs).astype(np.uint32),
        triples=moved(base.triples),
        words=moved(base.words),
    )


def _steps(jobs: int, *steps: Callable[[], npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    return together(jobs, lambda step: step(), steps)


def _mix(
    base: BaseModel,
    dense: Dense,
    grams: PositionNGrams,
    fade: float,
    how: Adaptation,
    jobs: int = 1,
) -> _Mixed:
    gram_weight, burst_power = how.gram_weight * fade, how.burst_power * fade
    x = dense.symbols
    twos, threes = grams.orders[1], grams.orders[2]
    triple_keys, own_pairs, own_triples = _steps(
        jobs,
        lambda: word_keys(x, threes.firsts, 3),
        lambda: _damped(twos, grams.ids[1], how.burst_block, burst_power),
        lambda: _damped(threes, grams.ids[2], how.burst_block, burst_power),
    )
    symbols = base.symbols.copy()
    symbols[:, [COUNT, STARTS, ENDS]] *= gram_weight
    # pairs
    keys, at_base, at_own = merged_keys(base.pairs, pair_keys(x, twos))
    values = np.zeros((len(keys), 5))
    values[at_base] = base.pair_values
    values[:, [PAIR_COUNT, PAIR_SKIPS]] *= gram_weight
    base_pairs = values[at_own, PAIR_COUNT]
    # entropies of symbols: sums of c log c, changed where a pair was met
    right, left = (
        _sums(symbols[:, COUNT], symbols[:, RIGHT]),
        _sums(symbols[:, COUNT], symbols[:, LEFT]),
    )
    _add_entropies(x.astype(np.int32), own_pairs, base_pairs, twos.firsts, right, left)
    symbols[:, COUNT] += dense.counts
    symbols[:, RIGHT] = _entropies(symbols[:, COUNT], right)
    symbols[:, LEFT] = _entropies(symbols[:, COUNT], left)
    starts, ends = clause_edges(x)
    symbols[:, STARTS] += np.bincount(x[starts], minlength=len(symbols))
    symbols[:, ENDS] += np.bincount(x[ends], minlength=len(symbols))
    # trigrams
    triples, triples_base, triples_own = merged_keys(base.triples, triple_keys)
    triple_counts = np.zeros(len(triples))
    triple_counts[triples_base] = gram_weight * base.triple_counts
    right = _sums(base_pairs, values[at_own, PAIR_RIGHT])
    left = _sums(base_pairs, values[at_own, PAIR_LEFT])
    _add_entropies(
        grams.ids[1], own_triples, triple_counts[triples_own], threes.firsts, right, left
    )
    triple_counts[triples_own] += own_triples
    values[at_own, PAIR_COUNT] += own_pairs
    values[at_own, PAIR_RIGHT] = _entropies(values[at_own, PAIR_COUNT], right)
    values[at_own, PAIR_LEFT] = _entropies(values[at_own, PAIR_COUNT], left)
    values[:, PAIR_SKIPS] += skip_counts(x, keys)
    return _Mixed(
        dense.codes,
        symbols,
        keys,
        values,
        at_own,
        triples,
        triple_counts,
        triples_own,
        triple_keys,
    )


def adapt(
    base: BaseModel,
    raw: Symbols,
    target: int | None = None,
    method: CoTraining = CoTraining(),  # noqa: B008 (frozen)
    *,
    how: Adaptation | None = None,
    resources: Resources | None = None,
    inspect: Callable[[int, Cuts], object] | None = None,
) -> tuple[LearnedModel, dict[str, Any]]:
    """Learn from a stream of symbols, starting from a base.

    Parameters
    ----------
    base : BaseModel
    raw : ndarray of uint16, shape (n,)
        Symbols of the base's alphabet, with characters beyond the BMP perhaps; 0 is the clause
        break.
    target, method, resources, inspect
        As for :func:`nlpzero.learning.cotraining.learn`; the recipe of the method is not used.
    how : Adaptation, optional

    Returns
    -------
    LearnedModel
        Of all types of the base and of the text.
    summary : dict
        JSON values.
    """
    how = how or Adaptation()
    resources = resources or Resources()
    seed, background_weight = method.seed, method.background_weight
    base, dense = renumbered(base, raw)
    x = dense.symbols
    n = len(x)
    target = n if target is None else target
    own = float(np.count_nonzero(x))
    fade = 1.0 / (1.0 + own / max(how.fading * float(base.totals[0]), 1.0))
    gram_weight = how.gram_weight * fade
    word_weight = gram_weight * how.word_share
    grams = count_positions(dense, resources.jobs)
    resources.tell("learn", 0, how.rounds, "rounds")
    mixed = _mix(base, dense, grams, fade, how, resources.jobs)
    view = view_pairs(
        mixed.symbols,
        mixed.pairs,
        mixed.values,
        mixed.codes,
        how.prior_weight,
        base.edges,
        base.scales,
    )
    own_n = float(np.count_nonzero(x[:target]))
    own_n += background_weight * (own - own_n)
    size = float(base.totals[0]) * word_weight + own_n
    alpha = how.strength * max(size, 1.0) ** how.strength_power
    text = (target, background_weight)
    chain = _Chain(base, mixed, view, dense, grams, word_weight, alpha, text, resources.jobs)
    cuts = chain.first_cuts(how.gap_weight)
    if inspect:
        inspect(-1, cuts)
    nats = chain.run(cuts, how, seed, resources, inspect)
    learned = chain.learned(how.gap_weight)
    summary = {
        "symbols": int(own),
        "target_symbols": int(np.count_nonzero(x[:target])),
        "background_weight": background_weight,
        "rounds": how.rounds,
        "description_length": round(nats, 4) if math.isfinite(nats) else None,
        "word_types": int(np.count_nonzero(chain.counts > chain.prior_words)),
        "base_weight": round(gram_weight, 6),
        "seed": seed,
    }
    return learned, summary


def _weights(base: BaseModel, starts: npt.NDArray[np.int64]) -> Floats32:
    """The base's weights on the layout of a gap model; those of pairs and of farther context, which
    a base does not hold, are zero.
    """
    out = np.zeros((2, int(starts[-1])), np.float32)
    out[:, : starts[DENSE_GROUPS]] = dense_weights(base)
    return out


class _Chain:
    """Co-training on the own text, on tables of the own text's size."""

    def __init__(
        self,
        base: BaseModel,
        mixed: _Mixed,
        view: PairView,
        dense: Dense,
        grams: PositionNGrams,
        word_weight: float,
        alpha: float,
        text: tuple[int, float],
        jobs: int,
    ) -> None:
        self.base, self.mixed, self.view, self.jobs = base, mixed, view, jobs
        target, background_weight = text
        self.x = dense.symbols
        self.word_weight = word_weight
        ids = (grams.ids[1], grams.ids[2], grams.ids[3])
        own = mixed.own_pairs
        bins = np.maximum(count_bins(mixed.triple_counts[mixed.own_triples].astype(np.int64)), 1)
        records, triple_bins, self.priors, next_probs, quad_keys = _steps(
            jobs,
            lambda: spread(view.records[own], ids[0], np.uint32),
            lambda: spread(bins, ids[1], np.uint8),
            lambda: spread(view.priors[own], ids[0], np.float32),
            lambda: spread(view.next_probs[own], ids[0], np.float32),
            lambda: word_keys(self.x, grams.orders[3].firsts, 4),
        )
        self.features = GapFeatures(self.x, ids[0], records, triple_bins)
        # a gap of a pair that occurs c times weighs c ** -kappa, on average one
        self.pair_counts = mixed.values[own, PAIR_COUNT]
        self.occurrences = grams.orders[1].counts.astype(np.float64)
        # words: counts of the base, and where those of three and four symbols stand
        sizes = [len(dense.codes), *(len(order.counts) for order in grams.orders[1:])]
        bases = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.words = WordModel(
            self.x,
            ids,
            bases,
            mixed.symbols[:, COUNT] / max(float(mixed.symbols[:, COUNT].sum()), 1.0),
            next_probs,
            forced_cuts(self.x),
            alpha,
            target,
            background_weight,
        )
        self.long_keys = np.concatenate([mixed.triple_keys, quad_keys])
        self.prior_words = np.zeros(int(bases[-1]))
        self.prior_words[: bases[1]] = base.symbols[:, WORDS]
        self.prior_words[bases[1] : bases[2]] = mixed.values[own, PAIR_WORDS]
        at = np.minimum(np.searchsorted(base.words, self.long_keys), max(len(base.words) - 1, 0))
        if len(base.words):
            found = base.words[at] == self.long_keys
            self.prior_words[bases[2] :] = np.where(found, base.word_counts[at], 0.0)
        self.prior_words *= word_weight
        self.prior_total = word_weight * float(base.totals[1])
        self.counts = self.prior_words.copy()
        self.starts = layout(len(dense.codes) - 1, len(own), WIDE_GROUPS)
        self.base_weights = _weights(base, self.starts)
        self.weights = self.base_weights.copy()
        self.logits = np.zeros(len(self.x), np.float32)

    def first_cuts(self, gap_weight: float) -> Cuts:
        """The own text cut by the base's words and weights over the mixed statistics."""
        return LearnedDecoder(self.learned(gap_weight)).cut(self.mixed.codes[self.x], self.jobs)

    def _squares(self, how: Adaptation) -> Floats32:
        """Sums of squared gradients as the base's text would have left them, from its counts."""
        base = self.base
        squares = np.zeros(int(self.starts[-1]))
        clauses = float(base.symbols[:, STARTS].sum())
        seen = base.symbols[:, COUNT].copy()
        seen[0] = clauses
        for group in range(4):
            squares[self.starts[group] : self.starts[group + 1]] = seen
        squares[self.starts[4] : self.starts[9]] = float(base.totals[0]) / 200.0
        at = np.minimum(
            np.searchsorted(base.pairs, self.mixed.pairs[self.mixed.own_pairs]),
            max(len(base.pairs) - 1, 0),
        )
        pairs = np.zeros(len(self.mixed.own_pairs) + 1)
        pairs[0] = clauses
        if len(base.pairs):
            known = base.pairs[at] == self.mixed.pairs[self.mixed.own_pairs]
            pairs[1:] = np.where(known, base.pair_values[at, PAIR_COUNT], 0.0)
        squares[self.starts[9] : self.starts[10]] = pairs
        squares[self.starts[10] : self.starts[11]] = pairs
        return (squares * (0.02 * how.memory) + 1e-8).astype(np.float32)

    def _count(self, cuts: Cuts) -> float:
        self.counts[:] = self.prior_words
        before = float(self.counts.sum())
        count_words(self.words, cuts, self.counts, self.jobs)
        return self.prior_total + float(self.counts.sum()) - before

    def run(
        self,
        cuts: Cuts,
        how: Adaptation,
        seed: int,
        resources: Resources,
        inspect: Callable[[int, Cuts], object] | None,
    ) -> float:
        """Rounds of sweeps of the word model and lessons of the gap model."""
        n, jobs = len(self.x), self.jobs
        powers = np.maximum(self.pair_counts, 1e-9) ** -how.count_power
        mean = (powers * self.occurrences).sum() / max(float(self.occurrences.sum()), 1.0)
        pair_weights = (powers / max(float(mean), 1e-300)).astype(np.float32)
        importance = GapImportance(pair_weights, self.words.target, self.words.background_weight)
        squares = self._squares(how)
        blocks = -(-n // _BLOCK)
        parts = (
            pieces(self.words.forced, max(PIECE, -(-n // max(8 * jobs, 1))))
            if jobs > 1
            else [(0, n)]
        )
        drawn = cuts.copy()
        nats = math.nan

        def train(task: tuple[int, int]) -> None:
            number, side = task
            table = np.stack([self.base_weights[side], squares], axis=1)
            order = np.random.default_rng([seed, number, 0, side]).permutation(blocks)
            train_gaps(
                self.features,
                cuts,
                importance,
                order,
                _BLOCK,
                0,
                1 - side,
                how.rate,
                self.starts,
                table,
            )
            self.weights[side] = table[:, 0]

        with ThreadPoolExecutor(jobs) as pool:
            # threads would not know that kernels are interpreted
            run: Any = map if jobs == 1 or interpreting() else pool.map
            for number in range(how.rounds + 1):
                if number:  # the first sweeps use the base's own weights
                    list(run(train, [(number, 0), (number, 1)]))
                if number == how.rounds:
                    break
                factors = self._factors(how.gap_weight, parts)
                for step in range(how.sweeps):
                    total = self._count(cuts)
                    key = np.uint64(random_key(seed, number, step))

                    def draw(
                        part: tuple[int, int],
                        old: Cuts = cuts,
                        new: Cuts = drawn,
                        total: float = total,
                        key: np.uint64 = key,
                        factors: Floats32 = factors,
                    ) -> float:
                        return sweep(self.words, self.counts, total, factors, *part, key, old, new)

                    nats = -sum(run(draw, parts)) / max(float(np.count_nonzero(self.x)), 1.0)
                    cuts, drawn = drawn, cuts
                types = int(np.count_nonzero(self.counts > self.prior_words))
                facts = {"description_length": nats, "word_types": types}
                resources.tell("learn", number + 1, how.rounds, "rounds", **facts)
                if inspect:
                    inspect(number, cuts)
        self.word_total = self._count(cuts)
        return nats

    def _factors(self, gap_weight: float, parts: list[tuple[int, int]]) -> Floats32:
        """exp(mu z) of each gap."""
        model = GapModel(np.zeros(1, np.int64), self.weights[None], self.starts)
        factors = np.empty(len(self.x), np.float32)

        def score(part: tuple[int, int]) -> None:
            score_gaps(self.features, self.priors, model, *part, self.logits)
            inner = slice(*part)
            factors[inner] = np.exp(np.clip(gap_weight * self.logits[inner], -60.0, 60.0))

        together(self.jobs, score, parts)
        return factors

    def learned(self, gap_weight: float) -> LearnedModel:
        """All types of base and own text, with the counts and weights of now."""
        base, mixed = self.base, self.mixed
        starts = layout(len(mixed.codes) - 1, len(mixed.pairs), len(self.starts) - 1)
        weights = np.zeros((2, int(starts[-1])), np.float32)
        for group in range(len(starts) - 1):
            inner = self.weights[:, self.starts[group] : self.starts[group + 1]]
            if group in PAIR_GROUPS:
                weights[:, starts[group]] = inner[:, 0]
                weights[:, starts[group] + 1 + mixed.own_pairs] = inner[:, 1:]
            else:
                weights[:, starts[group] : starts[group + 1]] = inner
        pair_words = self.word_weight * mixed.values[:, PAIR_WORDS]
        pair_words[mixed.own_pairs] = self.counts[self.words.bases[1] : self.words.bases[2]]
        symbols = mixed.symbols.copy()
        symbols[:, WORDS] = self.counts[: self.words.bases[1]]
        own = np.flatnonzero(self.counts[self.words.bases[2] :])
        words, at_base, at_own = merged_keys(base.words, np.sort(self.long_keys[own]))
        word_counts = np.zeros(len(words))
        word_counts[at_base] = self.word_weight * base.word_counts
        order = np.argsort(self.long_keys[own])
        word_counts[at_own] = self.counts[self.words.bases[2] + own[order]]
        return as_learned(
            mixed.codes,
            symbols,
            mixed.pairs,
            self.view,
            pair_words,
            mixed.triples,
            mixed.triple_counts,
            words,
            word_counts,
            weights,
            getattr(self, "word_total", self.prior_total),
            self.words.alpha,
            gap_weight,
        )
