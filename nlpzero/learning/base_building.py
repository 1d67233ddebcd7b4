"""Making a base: statistics of a stream and of its segmentation, pruned and put into steps *before*
the gap model's last lesson.

A reader of a base never knows whether a rare n-gram occurred in the text of the base, and every
n-gram that he asks for stands in his own. So the gap model is taught once more, at the end, on the
learning text as such a reader sees it: pruned pairs and trigrams occur once and have no entropy,
and what is kept has the values of its steps.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats, Symbols
from nlpzero.errors import NlpzeroError
from nlpzero.learning.base_model import JOINT, BaseModel, file_size
from nlpzero.learning.gap_model import (
    ENTROPY_BINS,
    PMI_BINS,
    SIDE_BINS,
    Bins,
    GapFeatures,
    GapImportance,
    count_bins,
    layout,
    train_gaps,
)
from nlpzero.learning.methods import Recipe
from nlpzero.learning.pair_view import measure_pairs, view_pairs
from nlpzero.learning.position_ngrams import (
    PositionNGrams,
    count_positions,
    pair_keys,
    skip_counts,
    spread,
)
from nlpzero.learning.streams import Cuts, Dense, densify
from nlpzero.learning.word_model import WordModel, count_words
from nlpzero.ngrams.keys import keys_for_file, pack_ngrams

_BLOCK = 512
NO_EDGES = Bins(
    np.zeros(ENTROPY_BINS - 2),
    np.zeros(ENTROPY_BINS - 2),
    np.zeros(PMI_BINS - 1),
    np.zeros(SIDE_BINS - 2),
)
# rarer pairs, trigrams, and words of two and more symbols are left out
THRESHOLDS = (
    (3, 5, 2),
    (4, 6, 3),
    (6, 10, 4),
    (12, 20, 6),
    (25, 40, 10),
    (50, 80, 20),
    (100, 160, 40),
)
# of Adagrad; a smaller one than the learner's, as nothing is learned after it that would mend its
# noise
_LAST_RATE = 0.025
# number of the pass among those of the learner's random orders
_LAST_PASS = 99


def build_base(
    raw: Symbols,
    cuts: Cuts,
    *,
    size: int | None = None,
    seed: int = 0,
    recipe: Recipe | None = None,
    folding: Symbols | None = None,
    training: dict[str, Any] | None = None,
) -> BaseModel:
    """Make a base from a stream and its segmentation.

    Parameters
    ----------
    raw : ndarray of uint16, shape (n,)
        Symbols; 0 is the clause break.
    cuts : ndarray of uint8, shape (n + 1,)
        1 at the gaps where a word begins or ends.
    size : int, optional
        Bytes of its file at most; the first of :data:`THRESHOLDS` that fits is taken, by default
        the first of all.
    seed : int
        Of the order in which the gap model is taught.
    recipe : Recipe, optional
    folding : ndarray of uint16, shape (F, 2), optional
        Characters that were read as others.
    training : dict, optional
        JSON values to keep.

    Returns
    -------
    BaseModel
        Already in steps: saving and loading it changes nothing.

    Raises
    ------
    NlpzeroError
        `size` is too small for a base of this text.
    """
    recipe = recipe or Recipe()
    dense = densify(raw)
    grams = count_positions(dense)
    for thresholds in THRESHOLDS:
        base, kept, kept_triples = _counted(dense, grams, cuts, *thresholds)
        facts = dict(zip(("min_pairs", "min_triples", "min_words"), thresholds, strict=True))
        base = replace(
            base,
            folding=np.zeros((0, 2), np.uint16) if folding is None else folding,
            training={**(training or {}), **facts},
        ).quantised()
        least = file_size(base)
        # its weights, which are not known yet, take no more than a byte each
        if size is None or least + base.symbol_weights.size + 2 * base.joint_weights.size <= size:
            break
    else:
        raise NlpzeroError(
            f"`size` is too small: this text needs at least {least:,} bytes, got {size:,}."
        )
    return _taught(base, dense, grams, cuts, kept, kept_triples, seed, recipe).quantised()


def word_keys(
    symbols: Symbols, firsts: npt.NDArray[np.integer], order: int
) -> npt.NDArray[np.uint64]:
    """Keys of the n-grams at some positions as a base has them: 16 bits a symbol, the last one
    lowest.
    """
    return keys_for_file(pack_ngrams(symbols, firsts, order))


def clause_edges(symbols: Symbols) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Positions of the first and of the last symbol of each clause.

    Examples
    --------
    >>> [at.tolist() for at in clause_edges(np.array([5, 6, 0, 7], np.uint16))]
    [[0, 3], [1, 3]]
    """
    inside = symbols > 0
    before = np.concatenate([[False], inside[:-1]])
    after = np.concatenate([inside[1:], [False]])
    return np.flatnonzero(inside & ~before), np.flatnonzero(inside & ~after)


def _counted(
    dense: Dense,
    grams: PositionNGrams,
    cuts: Cuts,
    min_pairs: int,
    min_triples: int,
    min_words: int,
) -> tuple[BaseModel, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Pruned counts, without weights; and which pairs and trigrams of the stream are kept."""
    x = dense.symbols
    ids = (grams.ids[1], grams.ids[2], grams.ids[3])
    sizes = [len(dense.codes), *(len(order.counts) for order in grams.orders[1:])]
    bases = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    words = np.zeros(int(bases[-1]))
    none = np.zeros(0)  # only the counts matter
    model = WordModel(x, ids, bases, none, none, none, 1.0, len(x), 1.0)
    count_words(model, cuts, words)
    starts, ends = clause_edges(x)
    zero = np.zeros(1)
    symbols = np.stack(
        [
            dense.counts.astype(np.float64),
            words[: bases[1]],
            np.concatenate([zero, grams.right[0]]),
            np.concatenate([zero, grams.left[0]]),
            np.bincount(x[starts], minlength=len(dense.codes)),
            np.bincount(x[ends], minlength=len(dense.codes)),
        ],
        axis=1,
    )
    pairs = pair_keys(x, grams.orders[1])
    kept = grams.orders[1].counts >= min_pairs
    twos = words[bases[1] : bases[2]].copy()
    twos[twos < min_words] = 0.0
    values = np.stack(
        [grams.orders[1].counts, grams.right[1], grams.left[1], skip_counts(x, pairs), twos], axis=1
    )
    kept_triples = grams.orders[2].counts >= max(min_triples, min_pairs)
    triples = word_keys(x, grams.orders[2].firsts[kept_triples], 3)
    threes = np.flatnonzero(words[bases[2] : bases[3]] >= min_words)
    fours = np.flatnonzero(words[bases[3] : bases[4]] >= min_words)
    long_words = np.concatenate(
        [
            word_keys(x, grams.orders[2].firsts[threes], 3),
            word_keys(x, grams.orders[3].firsts[fours], 4),
        ]
    )
    width = len(dense.codes)
    base = BaseModel(
        dense.codes,
        symbols,
        pairs[kept],
        values[kept].astype(np.float64),
        triples,
        grams.orders[2].counts[kept_triples].astype(np.float64),
        long_words,
        np.concatenate([words[bases[2] + threes], words[bases[3] + fours]]),
        np.zeros((2, 4, width)),
        np.zeros((2, JOINT)),
        NO_EDGES,
        np.ones((5, 2)),
        np.array([float(dense.counts.sum()), float(words.sum())]),
        np.zeros((0, 2), np.uint16),
        {},
    )
    return base, kept, kept_triples


def _taught(
    base: BaseModel,
    dense: Dense,
    grams: PositionNGrams,
    cuts: Cuts,
    kept: npt.NDArray[np.bool_],
    kept_triples: npt.NDArray[np.bool_],
    seed: int,
    recipe: Recipe,
) -> BaseModel:
    """Edges, scales and weights, from the stream as a reader of the base sees it."""
    x = dense.symbols
    counts = grams.orders[1].counts
    pairs = pair_keys(x, grams.orders[1])
    seen = np.zeros((len(pairs), 5))
    seen[:, 0] = 1.0
    seen[kept] = base.pair_values
    edges, scales = measure_pairs(base.symbols, pairs, seen, counts)
    view = view_pairs(base.symbols, pairs, seen, dense.codes, recipe.prior_weight, edges, scales)
    bins = np.ones(len(kept_triples), np.uint8)
    bins[kept_triples] = count_bins(base.triple_counts.astype(np.int64))
    records = spread(view.records, grams.ids[1], np.uint32)
    trigram_bins = spread(bins, grams.ids[2], np.uint8)
    # all pruned pairs share one cell
    number = np.full(len(pairs), len(base.pairs), np.int32)
    number[kept] = np.arange(len(base.pairs))
    cells = spread(number + 1, grams.ids[1], np.int32) - 1
    powers = counts.astype(np.float64) ** -recipe.count_power
    powers /= max(float((powers * counts).sum()), 1e-300) / max(float(counts.sum()), 1.0)
    pair_weights = np.ones(len(base.pairs) + 1, np.float32)
    pair_weights[:-1] = powers[kept]
    if not kept.all():
        pair_weights[-1] = (powers * counts)[~kept].sum() / counts[~kept].sum()
    starts = layout(len(dense.codes) - 1, len(base.pairs) + 1)
    weights: Floats = np.zeros((2, int(starts[-1])))
    blocks = -(-len(x) // _BLOCK)
    for side in (0, 1):
        table = np.zeros((int(starts[-1]), 2), np.float32)
        table[:, 1] = 1e-8
        order = np.random.default_rng([seed, _LAST_PASS, 0, side]).permutation(blocks)
        train_gaps(
            GapFeatures(x, cells, records, trigram_bins),
            cuts,
            GapImportance(pair_weights, len(x), 1.0),
            order,
            _BLOCK,
            0,
            1 - side,
            _LAST_RATE,
            starts,
            table,
        )
        weights[side] = table[:, 0]
    # those of the pairs beside the gap help to learn the others, but are not worth their room
    return replace(
        base,
        edges=edges,
        scales=scales,
        symbol_weights=weights[:, : starts[4]].reshape(2, 4, -1),
        joint_weights=weights[:, starts[4] : starts[9]],
    )
