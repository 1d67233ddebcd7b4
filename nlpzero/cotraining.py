"""Co-training of the word model and the gap model on a stream of symbols: arrays in, arrays out.

1. Cut the stream by z-scored variation of branching entropy (:func:`autonomy`, nVBE).
2. A few sweeps of the word model alone (:mod:`nlpzero.word_model`).
3. Some rounds of: train the gap model on the current cuts (:mod:`nlpzero.gap_model`); sweep the word model with
   the gap model's opinion of every gap.

What is left, counts of words and weights of gaps, is a :class:`Learned`, which cuts any other stream by Viterbi.
"""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols
from nlpzero.gap_model import (
    count_bins,
    layout,
    pack_records,
    score_gaps,
    train_gaps,
    weighted_quantiles,
)
from nlpzero.induction_tables import Order, branching_entropies, next_order, pair_keys, skip_counts
from nlpzero.segmentation.lattice import marginals, random_key, sample, viterbi
from nlpzero.word_model import (
    LENGTH_WEIGHTS,
    LONGEST,
    autonomy_scores,
    build_pair_table,
    build_triple_table,
    build_word_table,
    count_words,
    look_up_pairs,
    look_up_triples,
    score_words,
    sweep,
)

Cuts = npt.NDArray[np.uint8]

# clauses are cut after this many symbols: no language has such clauses, and memory stays bounded
_LONGEST_CLAUSE = 1000
# streams are decoded in pieces of about this many symbols, so that scratch arrays stay in the cache
_PIECE = 1 << 16


@dataclass(frozen=True)
class Recipe:
    """The constants of learning, the same for every corpus; only tests and ablations change them.

    rounds, first_sweeps, sweeps
        Rounds of gap model and word model; sweeps of the word model before them, and in each.
    strength, strength_power
        alpha = strength * (weighted number of symbols) ** strength_power.
    gap_weight
        mu, the exponent of the gap model beside the word model.
    prior_weight
        gamma, the weight of the fixed-sign prior in the logit.
    count_power
        kappa: a gap of a pair that occurs c times weighs c ** -kappa in training.
    rate
        Adagrad's.
    divisions
        Bits of the pair hash, each dividing the pairs in two sides that are trained on each other.
    """

    rounds: int = 8
    first_sweeps: int = 3
    sweeps: int = 2
    strength: float = 0.01
    strength_power: float = 0.75
    gap_weight: float = 4.0
    prior_weight: float = 0.25
    count_power: float = 0.5
    rate: float = 0.05
    divisions: tuple[int, ...] = (0,)


class Progress(NamedTuple):
    """What learning is doing.

    stage : "reading", "tables", "start" or "round"
    round, rounds : number of the round, from 1; 0 for the word model alone
    description_length : nats per symbol of the segmentation before the last sweep under the word model; nan if none
    word_types : distinct words of it
    """

    stage: str
    round: int
    rounds: int
    description_length: float
    word_types: int


Report = Callable[[Progress], object]


class Dense(NamedTuple):
    """A stream over the symbols that occur, numbered from 1 in their order; 0 is the break.

    symbols : ndarray of uint16, shape (n,)
    codes : ndarray of uint16, shape (V + 1,); the original symbol of each number
    counts : ndarray of int64, shape (V + 1,)
    """

    symbols: Symbols
    codes: Symbols
    counts: npt.NDArray[np.int64]


def densify(raw: Symbols) -> Dense:
    """Number the symbols that occur."""
    present = np.bincount(raw, minlength=1)
    present[0] = 0
    codes = np.concatenate([[0], np.flatnonzero(present)]).astype(np.uint16)
    return Dense(dense_table(codes)[raw], codes, present[codes].astype(np.int64))


def dense_table(codes: Symbols) -> Symbols:
    """Number of each of the 65,536 symbols; 0 for those that are not in `codes`."""
    table = np.zeros(1 << 16, np.uint16)
    table[codes] = np.arange(len(codes))
    return table


def forced_cuts(symbols: Symbols, longest: int = _LONGEST_CLAUSE) -> Cuts:
    """Gaps beside clause breaks, and inside clauses of more than `longest` symbols.

    Parameters
    ----------
    symbols : ndarray of uint16, shape (n,); 0 is the break
    longest : int

    Returns
    -------
    ndarray of uint8, shape (n + 1,)

    Examples
    --------
    >>> forced_cuts(np.array([5, 6, 0, 5, 6, 7], np.uint16), longest=2).tolist()
    [1, 0, 1, 1, 0, 1, 1]
    """
    n = len(symbols)
    out = np.ones(n + 1, np.uint8)
    out[1:n] = (symbols[1:] == 0) | (symbols[:-1] == 0)
    at = np.flatnonzero(out)
    for i in np.flatnonzero(np.diff(at) > longest).tolist():
        out[at[i] : at[i + 1] : longest] = 1
    return out


# ------------------------------------------------------------------------------ variation of branching entropy


class Grams(NamedTuple):
    """N-grams of orders 1 to 4 of a dense stream, with their statistics.

    ids : four ndarrays of int32, shape (n,); type of the k-gram that starts at each position, -1 if none
    counts, firsts : of each type, per order
    right, left : branching entropies of each type in nats, per order
    """

    ids: list[npt.NDArray[np.int32]]
    orders: list[Order]
    right: list[Floats32]
    left: list[Floats32]


def count_positions(dense: Dense) -> Grams:
    """All n-grams up to order four, by position."""
    x = dense.symbols
    ids = [x.astype(np.int32) - 1]
    firsts = np.zeros(len(dense.codes) - 1, np.int32)
    at = np.flatnonzero(x)[::-1]
    firsts[ids[0][at]] = at
    orders = [Order(dense.counts[1:].astype(np.int32), firsts)]
    right, left = [], []
    for k in range(2, LONGEST + 2):
        longer, order = next_order(ids[-1], x, k, len(orders[-1].counts), k <= LONGEST)
        entropies = branching_entropies(orders[-1].counts, ids[-1], order.counts, order.firsts)
        right.append(entropies[0])
        left.append(entropies[1])
        if k <= LONGEST:
            ids.append(longer)
            orders.append(order)
    return Grams(ids, orders, right, left)


def autonomy(grams: Grams) -> list[Floats32]:
    """How word-like each type is: length times the sum of the z-scored variations of both branching entropies.

    v_R(g) = H_R(g) - H_R(g without its last symbol), v_L(g) = H_L(g) - H_L(g without its first), each
    standardised over the types of one length (Magistry & Sagot 2012, "Unsupervized Word Segmentation: the Case
    for Mandarin Chinese"; the division by the deviation is theirs of eleve, 2017).
    """
    scores = []
    for k in range(LONGEST):
        right, left = grams.right[k], grams.left[k]
        if k > 0:
            firsts = grams.orders[k].firsts
            right = right - grams.right[k - 1][grams.ids[k - 1][firsts]]
            left = left - grams.left[k - 1][grams.ids[k - 1][firsts + 1]]
        total = np.zeros(len(right), np.float32)
        for v in (right, left):
            if len(v):
                mean = float(v.mean(dtype=np.float64))
                deviation = float(v.std(dtype=np.float64))
                total += (v - np.float32(mean)) / np.float32(max(deviation, 1e-9))
        scores.append(np.float32(k + 1) * total)
    return scores


def _pieces(forced: Cuts, size: int = _PIECE) -> list[tuple[int, int]]:
    """Stretches of about `size` symbols between forced gaps."""
    n = len(forced) - 1
    out = []
    start = 0
    while start < n:
        end = min(start + size, n)
        while not forced[end]:
            end += 1
        out.append((start, end))
        start = end
    return out


def autonomy_cuts(grams: Grams, forced: Cuts) -> Cuts:
    """The most autonomous segmentation: Viterbi over the sum of :func:`autonomy`."""
    scores = autonomy(grams)
    cuts = np.ones(len(forced), np.uint8)
    for start, end in _pieces(forced):
        table = np.full((end - start, LONGEST), -np.inf, np.float32)
        for k in range(LONGEST):
            types = grams.ids[k][start:end]
            known = types >= 0
            table[known, k] = scores[k][types[known]]
        table[grams.ids[0][start:end] < 0, 0] = 0.0
        cuts[start : end + 1] = viterbi(table, forced[start : end + 1])
    return cuts


def learn_autonomy(raw: Symbols, min_count: int = 2) -> tuple[npt.NDArray[np.uint64], Floats32]:
    """Autonomy of the n-grams of a stream.

    Parameters
    ----------
    raw : ndarray of uint16, shape (n,); 0 is the clause break
    min_count : int
        Leave out rarer n-grams of two and more symbols.

    Returns
    -------
    keys : ndarray of uint64, shape (m,)
        One to four symbols each, 16 bits a symbol, the last one lowest; ascending.
    scores : ndarray of float32, shape (m,)
    """
    dense = densify(raw)
    grams = count_positions(dense)
    keys, scores = [], []
    for k, values in enumerate(autonomy(grams)):
        order = grams.orders[k]
        kept = order.counts >= (min_count if k else 1)
        keys.append(_keys(raw, order.firsts[kept], k + 1))
        scores.append(values[kept])
    return np.concatenate(keys), np.concatenate(scores)


def decode_autonomy(
    raw: Symbols,
    slots: npt.NDArray[np.uint64],
    numbers: npt.NDArray[np.int32],
    scores: Floats32,
) -> Cuts:
    """Best segmentation of a stream by a table of autonomies (see :func:`build_word_table`)."""
    forced = forced_cuts(raw)
    cuts = np.ones(len(forced), np.uint8)
    for start, end in _pieces(forced):
        table = np.empty((end - start, LONGEST), np.float32)
        autonomy_scores(raw[start:end], slots, numbers, scores, table)
        cuts[start : end + 1] = viterbi(table, forced[start : end + 1])
    return cuts


def _keys(symbols: Symbols, firsts: npt.NDArray[np.int32], order: int) -> npt.NDArray[np.uint64]:
    """Keys of the n-grams at some positions: 16 bits a symbol, the last one lowest."""
    out = np.zeros(len(firsts), np.uint64)
    for k in range(order):
        out = (out << np.uint64(16)) | symbols[firsts + k]
    return out


# ---------------------------------------------------------------------------------------------- what is learned


class Learned(NamedTuple):
    """A learned segmenter as arrays. Symbols are dense numbers 1 to V; keys hold 16 bits each, first highest.

    codes : uint16[V + 1], the stream's symbol of each number
    symbol_counts : int64[V + 1]
    word_counts : float64[V + 1], counts as words of one symbol
    prior_sides : float32[V + 1, 2], a symbol's part in the prior of the gap after and before it
    pairs : uint32[P] ascending; pair_records : uint32[P]; pair_values : float32[P, 3] (prior of the gap inside,
        p(second | first), count as a word)
    triples : uint64[T] ascending; triple_bins : uint8[T]
    words : uint64[W] ascending, words of three and four symbols; words_counts : float64[W]
    weights : float32[divisions, 2, cells] of the gap model
    fold_bits : int64[divisions]
    pmi_edges : float64[9]
    skip_prior : float64[2]
    constants : float64[4], word total, symbol total, alpha, mu
    """

    codes: npt.NDArray[np.uint16]
    symbol_counts: npt.NDArray[np.int64]
    word_counts: npt.NDArray[np.float64]
    prior_sides: Floats32
    pairs: npt.NDArray[np.uint32]
    pair_records: npt.NDArray[np.uint32]
    pair_values: Floats32
    triples: npt.NDArray[np.uint64]
    triple_bins: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]
    words_counts: npt.NDArray[np.float64]
    weights: Floats32
    fold_bits: npt.NDArray[np.int64]
    pmi_edges: npt.NDArray[np.float64]
    skip_prior: npt.NDArray[np.float64]
    constants: npt.NDArray[np.float64]


class Decoder:
    """A :class:`Learned` made ready for other streams: hash tables and the decoder."""

    def __init__(self, learned: Learned) -> None:
        self.learned = learned
        self._dense = dense_table(learned.codes)
        self._pairs = build_pair_table(learned.pairs)
        self._slots, self._numbers = build_word_table(learned.words)
        self._triples = build_triple_table(
            learned.triples, learned.triple_bins, self._slots, self._numbers, learned.words
        )
        self._starts = layout(len(learned.codes) - 1, len(learned.pairs))

    def _scores(self, x: Symbols) -> Floats32:
        m = self.learned
        n = len(x)
        ids = np.full(n, -1, np.int32)
        records = np.zeros(n, np.uint32)
        priors = np.zeros(n, np.float32)
        nexts = np.zeros(n, np.float32)
        pair_words = np.zeros(n, np.float32)
        word_total, symbol_total, alpha, gap_weight = m.constants.tolist()
        look_up_pairs(
            x,
            self._pairs,
            m.pair_records,
            m.pair_values,
            m.codes,
            m.symbol_counts,
            symbol_total,
            m.prior_sides,
            m.skip_prior,
            m.pmi_edges,
            ids,
            records,
            priors,
            nexts,
            pair_words,
        )
        flags = np.zeros(n, np.uint8)
        look_up_triples(x, self._triples, flags)
        logits = np.empty(n, np.float32)
        score_gaps(
            x, ids, records, flags, priors, m.fold_bits, m.weights, self._starts, 0, n, logits
        )
        scores = np.empty((n, LONGEST), np.float32)
        score_words(
            x,
            nexts,
            pair_words,
            flags,
            logits,
            self._slots,
            self._numbers,
            m.words_counts,
            m.word_counts,
            m.symbol_counts,
            symbol_total,
            word_total,
            alpha,
            gap_weight,
            LENGTH_WEIGHTS,
            scores,
        )
        return scores

    def _decode(
        self,
        raw: Symbols,
        decode: Callable[[Floats32, Cuts, int], Any],
        dtype: type,
        columns: int = 0,
    ) -> npt.NDArray[Any]:
        x = self._dense[raw]
        forced = forced_cuts(x)
        out: npt.NDArray[Any] = np.ones((len(x) + 1, columns) if columns else len(x) + 1, dtype)
        for number, (start, end) in enumerate(_pieces(forced)):
            out[start : end + 1] = decode(
                self._scores(x[start:end]), forced[start : end + 1], number
            )
        return out

    def cut(self, raw: Symbols) -> Cuts:
        """Best segmentation of a stream: 1 at the gaps where a word begins or ends, shape (n + 1,)."""
        return self._decode(raw, lambda scores, forced, _: viterbi(scores, forced), np.uint8)

    def probabilities(self, raw: Symbols) -> npt.NDArray[np.float64]:
        """Probability of a boundary at each gap, shape (n + 1,)."""
        return self._decode(raw, lambda scores, forced, _: marginals(scores, forced), np.float64)

    def cut_with_probabilities(self, raw: Symbols) -> tuple[Cuts, npt.NDArray[np.float64]]:
        """Both :meth:`cut` and :meth:`probabilities` of a stream, for little more than the price of one."""
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


def _gap_statistics(dense: Dense, grams: Grams, prior_weight: float) -> _Gaps:
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
    pmi_edges = weighted_quantiles(pmi, counts, 10)
    records = pack_records(
        counts,
        pmi,
        grams.right[1],
        grams.left[1],
        pairs,
        dense.codes,
        weighted_quantiles(grams.right[1], counts, 12),
        weighted_quantiles(grams.left[1], counts, 12),
        pmi_edges,
        weighted_quantiles(pmi, counts, 8),
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
    *,
    background_weight: float = 0.3,
    seed: int = 0,
    jobs: int = 1,
    recipe: Recipe | None = None,
    progress: Report | None = None,
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
    background_weight : float in (0, 1]
        What a word or a gap of the background counts.
    seed : int
    jobs : int >= 1
        Threads. The result does not depend on it.
    recipe : Recipe, optional
    progress : callable, optional
        Called with a :class:`Progress` after each stage.
    inspect : callable, optional
        Called with the number of the round and its cuts.

    Returns
    -------
    Learned
    summary : dict
        JSON values: symbols, rounds, description length, word types, constants.
    """
    recipe = recipe or Recipe()
    dense = densify(raw)
    x = dense.symbols
    n = len(x)
    target = n if target is None else target
    report = progress or (lambda _: None)
    grams = count_positions(dense)
    report(Progress("tables", 0, recipe.rounds, math.nan, 0))
    forced = forced_cuts(x)
    cuts = autonomy_cuts(grams, forced)
    report(Progress("start", 0, recipe.rounds, math.nan, 0))
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
    records = _spread(gaps.records, ids[0], np.uint32)
    priors = _spread(gaps.priors, ids[0], np.float32)
    next_probs = _spread(gaps.next_probs, ids[0], np.float32)
    trigram_bins = _spread(triple_bins, ids[1], np.uint8)

    # every gap weighs c ** -kappa, on average one
    occurrences = np.bincount(ids[0][:target] + 1, minlength=len(pair_counts) + 1)[1:].astype(float)
    occurrences += (
        background_weight * np.bincount(ids[0][target:] + 1, minlength=len(pair_counts) + 1)[1:]
    )
    powers = pair_counts.astype(np.float64) ** -recipe.count_power
    mean = (powers * occurrences).sum() / max(float(pair_counts.sum()), 1.0)
    pair_weights = (powers / max(mean, 1e-300)).astype(np.float32)

    symbol_total = float(dense.counts.sum())
    own = float(np.count_nonzero(x[:target]))
    weighted = max(own + background_weight * (symbol_total - own), 1.0)
    alpha = recipe.strength * weighted**recipe.strength_power
    first_probs = dense.counts / max(symbol_total, 1.0)
    fold_bits = np.array(recipe.divisions, np.int64)
    starts = layout(sizes[0] - 1, sizes[1])
    weights = np.zeros((len(fold_bits), 2, int(starts[-1])), np.float32)
    factors = np.ones(n, np.float32)
    logits = np.zeros(n, np.float32)
    drawn = np.ones(n + 1, np.uint8)
    counts = np.zeros(int(bases[-1]), np.float64)
    block = 512
    blocks = -(-n // block)
    parts = _pieces(forced, max(_PIECE, -(-n // max(8 * jobs, 1)))) if jobs > 1 else [(0, n)]

    def count() -> float:
        counts[:] = 0.0
        count_words(cuts, x, ids, bases, target, background_weight, counts)
        return float(counts.sum())

    def train(task: tuple[int, int, int]) -> None:
        number, division, side = task
        table = np.zeros((int(starts[-1]), 2), np.float32)
        table[:, 1] = 1e-8
        order = np.random.default_rng([seed, number, division, side]).permutation(blocks)
        train_gaps(
            x,
            ids[0],
            records,
            trigram_bins,
            cuts,
            pair_weights,
            target,
            background_weight,
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
        score_gaps(
            x,
            ids[0],
            records,
            trigram_bins,
            priors,
            fold_bits,
            weights,
            starts,
            *part,
            logits,
        )
        inner = slice(*part)
        factors[inner] = np.exp(np.clip(recipe.gap_weight * logits[inner], -60.0, 60.0))

    nats = math.nan
    with ThreadPoolExecutor(jobs) as pool:
        for number in range(recipe.rounds + 1):
            if number:
                tasks = [(number, d, side) for d in range(len(fold_bits)) for side in (0, 1)]
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
                    return sweep(
                        x,
                        ids,
                        bases,
                        counts,
                        total,
                        first_probs,
                        next_probs,
                        LENGTH_WEIGHTS,
                        factors,
                        alpha,
                        target,
                        background_weight,
                        forced,
                        *part,
                        key,
                        old,
                        new,
                    )

                nats = -sum(pool.map(draw, parts)) / max(symbol_total, 1.0)
                cuts, drawn = drawn, cuts
            types = int(np.count_nonzero(counts))
            report(Progress("round", number, recipe.rounds - 1, nats, types))
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
        _keys(x, triple_firsts, 3),
        triple_bins,
        np.concatenate([_keys(x, triple_firsts[threes], 3), _keys(x, quad_firsts[fours], 4)]),
        np.concatenate([counts[bases[2] + threes], counts[bases[3] + fours]]),
        weights,
        fold_bits,
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
