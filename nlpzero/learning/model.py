"""What was learned, and how it decodes."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols
from nlpzero.learning.decoding_kernels import (
    build_pair_table,
    build_triple_table,
    build_word_table,
    look_up_pairs,
    look_up_triples,
    score_words,
)
from nlpzero.learning.gap_model import layout, score_gaps
from nlpzero.learning.streams import Cuts, dense_table, forced_cuts, pieces
from nlpzero.learning.word_model import LENGTH_WEIGHTS, LONGEST
from nlpzero.segmentation.lattice import marginals, random_key, sample, viterbi

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


class LearnedDecoder:
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
        for number, (start, end) in enumerate(pieces(forced)):
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
