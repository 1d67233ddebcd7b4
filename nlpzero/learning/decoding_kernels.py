"""Compiled look-ups of the n-grams of a stream, and the scores of the edges of its lattice."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.hash_tables import KeyTable, find, probe
from nlpzero.engine.jit import kernel
from nlpzero.learning.gap_model import (
    GapFeatures,
    GapModel,
    layout_for,
    rare_record,
    score_gaps,
    unseen_record,
)
from nlpzero.learning.model import (
    BEGINS_WORD,
    IS_WORD,
    PAIR_BITS,
    TRIPLE_BITS,
    LearnedModel,
    LearnedTables,
)
from nlpzero.learning.word_model import LENGTH_WEIGHTS
from nlpzero.ngrams.keys import PACKED_ORDER, pack_pair, with_symbol


class PairStatistics(NamedTuple):
    """What is known of the bigram that starts at each position of a stream.

    ids : int32[n]; its number among the learned ones, -1 for none
    records : uint32[n]; its bins
    priors : float32[n]; prior logit of the gap inside
    next_probs : float32[n]; p(second | first)
    word_counts : float32[n]; its count as a word
    """

    ids: npt.NDArray[np.int32]
    records: npt.NDArray[np.uint32]
    priors: Floats32
    next_probs: Floats32
    word_counts: Floats32


@kernel
def edge_scores(symbols: np.ndarray, learned: LearnedModel, tables: LearnedTables) -> np.ndarray:
    """Log score of every word of up to four symbols of a stream, uint16[n]: float32[n, 4]."""
    n = len(symbols)
    pairs = PairStatistics(
        np.full(n, -1, np.int32),
        np.zeros(n, np.uint32),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
        np.zeros(n, np.float32),
    )
    look_up_pairs(symbols, learned, tables, pairs)
    flags = np.zeros(n, np.uint8)
    look_up_triples(symbols, tables, flags, 1 if len(learned.side_edges) else 0)
    cells = learned.weights.shape[2]
    starts = layout_for(len(learned.codes) - 1, len(learned.pairs), cells)
    logits = np.empty(n, np.float32)
    score_gaps(
        GapFeatures(symbols, pairs.ids, pairs.records, flags),
        pairs.priors,
        GapModel(learned.fold_bits, learned.weights, starts),
        0,
        n,
        logits,
    )
    scores = np.empty((n, PACKED_ORDER), np.float32)
    score_words(symbols, learned, tables.words, pairs, flags, logits, scores)
    return scores


@kernel
def look_up_pairs(
    symbols: np.ndarray, learned: LearnedModel, tables: LearnedTables, found: PairStatistics
) -> None:
    """Fill in what is known of the bigrams of a stream, uint16[n].

    Of a bigram the model has not seen it is worked out from the symbols' own statistics, as of half
    an occurrence, or, for a model that has left out rare ones, of one.
    """
    ids, records, priors, next_probs, word_counts = found
    slots, shift = tables.pairs, tables.pair_shift
    pair_records, pair_values = learned.pair_records, learned.pair_values
    codes, symbol_counts = learned.codes, learned.symbol_counts
    prior_sides, skip_prior, pmi_edges = learned.prior_sides, learned.skip_prior, learned.pmi_edges
    side_edges = learned.side_edges
    total = learned.constants[1]
    for i in range(len(symbols) - 1):
        b = symbols[i]
        c = symbols[i + 1]
        if b == 0 or c == 0:
            continue
        place = probe(slots, shift, pack_pair(b, c), PAIR_BITS)
        if place >= 0:
            t = np.int64(slots[place] & np.uint64(0xFFFFFFFF))
            ids[i] = t
            records[i] = pair_records[t]
            priors[i] = pair_values[t, 0]
            next_probs[i] = pair_values[t, 1]
            word_counts[i] = pair_values[t, 2]
        else:
            cb = np.float64(symbol_counts[b])
            cc = np.float64(symbol_counts[c])
            expected = cb * cc / total
            count = 0.0
            if len(side_edges):
                count = 1.0
                pmi = np.log(1.0 / expected)
                records[i] = rare_record(pmi, codes[b], codes[c], pmi_edges, side_edges)
            else:
                records[i] = unseen_record(np.log(0.5 / expected), codes[b], codes[c], pmi_edges)
            skip = (np.log(0.5 / (expected + 0.5)) - skip_prior[0]) * skip_prior[1]
            priors[i] = prior_sides[b, 0] + prior_sides[c, 1] + skip
            next_probs[i] = (count + 2.0 * (cc / total)) / (cb + 2.0)


@kernel
def look_up_triples(
    symbols: np.ndarray, tables: LearnedTables, flags: np.ndarray, unseen: int
) -> None:
    """Bin and flags, uint8[n], of the trigram that starts at each position; 0 if none can.

    unseen : bin of a trigram that the model has not seen
    """
    slots, shift = tables.triples, tables.triple_shift
    for i in range(len(symbols) - 2):
        b = symbols[i]
        c = symbols[i + 1]
        d = symbols[i + 2]
        if b == 0 or c == 0 or d == 0:
            continue
        place = probe(slots, shift, with_symbol(pack_pair(b, c), d, 3), TRIPLE_BITS)
        flags[i] = slots[place] & np.uint64(0xFF) if place >= 0 else np.uint64(unseen)


@kernel
def score_words(
    symbols: np.ndarray,
    learned: LearnedModel,
    words: KeyTable,
    pairs: PairStatistics,
    flags: np.ndarray,
    logits: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Log score of every word of up to four symbols: its probability, times the gap factor at its
    start.

    symbols : uint16[n]; flags : uint8[n], of the trigrams; logits : float32[n], of the gap before
    each position; scores : float32[n, 4]
    """
    n = len(symbols)
    next_probs, pair_words = pairs.next_probs, pairs.word_counts
    single_counts, symbol_counts = learned.word_counts, learned.symbol_counts
    word_counts = learned.words_counts
    word_total, symbol_total = learned.constants[0], learned.constants[1]
    alpha, gap_weight = learned.constants[2], learned.constants[3]
    scale = 1.0 / (word_total + alpha)
    for i in range(n):
        for k in range(PACKED_ORDER):
            scores[i, k] = -np.inf
        if symbols[i] == 0:
            scores[i, 0] = 0.0
            continue
        z = gap_weight * logits[i]
        base = alpha * symbol_counts[symbols[i]] / symbol_total
        scores[i, 0] = z + np.log((single_counts[symbols[i]] + base * LENGTH_WEIGHTS[0]) * scale)
        key = with_symbol(np.uint64(0), symbols[i], 1)
        for k in range(1, min(PACKED_ORDER, n - i)):
            if symbols[i + k] == 0:
                break
            base *= next_probs[i + k - 1]
            key = with_symbol(key, symbols[i + k], k + 1)
            c = 0.0
            if k == 1:
                c = np.float64(pair_words[i])
            elif (k == 2 and flags[i] & IS_WORD) or (k == 3 and flags[i] & BEGINS_WORD):
                t = find(words, key)
                if t >= 0:
                    c = word_counts[t]
            scores[i, k] = z + np.log((c + base * LENGTH_WEIGHTS[k]) * scale)


@kernel
def autonomy_scores(
    symbols: np.ndarray, table: KeyTable, autonomies: np.ndarray, scores: np.ndarray
) -> None:
    """Score of every n-gram of up to four symbols that the table has.

    Single symbols it lacks have 0.

    symbols : uint16[n]; autonomies : float32[], by the rows of the table; scores : float32[n, 4]
    """
    n = len(symbols)
    for i in range(n):
        scores[i, 0] = 0.0
        for k in range(1, PACKED_ORDER):
            scores[i, k] = -np.inf
        key = np.uint64(0)
        for k in range(min(PACKED_ORDER, n - i)):
            if symbols[i + k] == 0:
                break
            key = with_symbol(key, symbols[i + k], k + 1)
            t = find(table, key)
            if t >= 0:
                scores[i, k] = autonomies[t]
