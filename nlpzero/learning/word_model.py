"""The word model's loops: a Dirichlet process over words, swept by exact sampling clause by clause.

A word's probability is ``p(w) = (n(w) + alpha p0(w)) / (n + alpha)`` with the base

    p0(c1 ... ck) = length(k) p(c1) p(c2|c1) ... p(ck|ck-1).

A path through a clause has weight ``prod p(w) * prod over inner cuts of exp(mu z)``, z being the
logit of the gap model. During a sweep the counts are those of the segmentation before it; a word
that is in that segmentation at this very place is scored without its own count.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel
from nlpzero.engine.together import together
from nlpzero.ngrams.keys import PACKED_ORDER
from nlpzero.segmentation.lattice import draw as _draw
from nlpzero.segmentation.lattice import length_probabilities as _length_probabilities

# words are n-grams that a packed key can hold; the weights of their lengths in the base measure
LENGTH_WEIGHTS = np.array([0.35, 0.55, 0.07, 0.03])


class WordModel(NamedTuple):
    """What stays the same through all sweeps over a stream of n dense symbols.

    symbols : uint16[n]
    ids : three arrays int32[n]; number of the 2-, 3-, 4-gram that starts at each position
    bases : int64[5]; where the counts of words of 1, 2, 3, 4 symbols begin, and their number
    first_probs : float64[V + 1]; p(c) of each symbol
    next_probs : float32[n]; p(symbol i + 1 | symbol i)
    forced : uint8[n + 1]; gaps that every segmentation has
    alpha : float; strength of the base measure
    target : int; from this position on words count `background_weight`
    background_weight : float
    """

    symbols: Array
    ids: tuple[Array, Array, Array]
    bases: Array
    first_probs: Array
    next_probs: Array
    forced: Array
    alpha: float
    target: int
    background_weight: float


@kernel
def count_cut_words(
    model: WordModel, cuts: np.ndarray, shortest: int, longest: int, counts: np.ndarray
) -> None:
    """Add the words of a segmentation, uint8[n + 1], to counts, float64[bases[4]], with their
    weight: those of `shortest` to `longest` symbols.
    """
    symbols, bases = model.symbols, model.bases
    pairs, triples, quads = model.ids
    n = len(symbols)
    i = 0
    while i < n:
        if symbols[i] == 0:
            i += 1
            continue
        j = i + 1
        while not cuts[j]:
            j += 1
        w = 1.0 if i < model.target else model.background_weight
        k = j - i
        if k < shortest or k > longest:
            pass
        elif k == 1:
            counts[symbols[i]] += w
        elif k == 2:
            counts[bases[1] + pairs[i]] += w
        elif k == 3:
            counts[bases[2] + triples[i]] += w
        else:
            counts[bases[3] + quads[i]] += w
        i = j


def count_words(
    model: WordModel, cuts: npt.NDArray[np.uint8], counts: npt.NDArray[np.float64], jobs: int = 1
) -> None:
    """Add the words of a segmentation to counts; words of different lengths side by side, so that
    sums keep their order.
    """

    def count(lengths: tuple[int, int]) -> None:
        count_cut_words(model, cuts, *lengths, counts)

    together(jobs, count, [(1, PACKED_ORDER)] if jobs == 1 else [(1, 1), (2, PACKED_ORDER)])


@kernel
def sweep(
    model: WordModel,
    counts: np.ndarray,
    total: Any,
    gap_factors: np.ndarray,
    first: Any,
    last: Any,
    key: Any,
    old: np.ndarray,
    new: np.ndarray,
) -> Any:
    """Draw a new segmentation of the clauses in [first, last); returns the sum of log p(w) of the
    old one.

    counts : float64[bases[4]], of the words of `old`, and their total; gap_factors : float32[n],
    exp(mu z) of the gap before each position; key : uint64, of the random numbers; old, new :
    uint8[n + 1]. `first` and `last` must be forced gaps.
    """
    symbols, ids, bases, first_probs, next_probs, forced, alpha, target, weight = model
    pairs, triples, quads = ids
    room = 0
    start = first
    while start < last:
        end = start + 1
        while end < last and not forced[end]:
            end += 1
        room = max(room, end - start)
        start = end
    weights = np.empty((room, PACKED_ORDER), np.float64)
    rest = np.empty(room + 1, np.float64)
    scale = 1.0 / (total + alpha)
    logs = 0.0
    start = first
    while start < last:
        end = start + 1
        while end < last and not forced[end]:
            end += 1
        size = end - start
        if size == 1:
            new[start] = 1
            new[end] = 1
            start = end
            continue
        own = 1.0 if start < target else weight
        for i in range(start, end):
            reach = min(PACKED_ORDER, end - i)
            # where the word of the old segmentation that starts here ends
            current = 0
            if old[i]:
                current = 1
                while current < reach and not old[i + current]:
                    current += 1
                if not old[i + current]:
                    current = 0
            factor = np.float64(gap_factors[i]) if i > start else 1.0
            base = alpha * first_probs[symbols[i]]
            for k in range(reach):
                if k == 0:
                    c = counts[symbols[i]]
                else:
                    base *= next_probs[i + k - 1]
                    if k == 1:
                        c = counts[bases[1] + pairs[i]]
                    elif k == 2:
                        c = counts[bases[2] + triples[i]]
                    else:
                        c = counts[bases[3] + quads[i]]
                if k + 1 == current:
                    c = max(c - own, 0.0)
                p = (c + base * LENGTH_WEIGHTS[k]) * scale
                if k + 1 == current:
                    logs += np.log(p)
                weights[i - start, k] = p * factor
        _length_probabilities(weights, size, rest)
        _draw(weights, size, key, start, new)
        start = end
    return logs
