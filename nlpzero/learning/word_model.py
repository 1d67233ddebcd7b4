"""The word model's loops: a Dirichlet process over words, swept by exact sampling clause by clause.

A word's probability is ``p(w) = (n(w) + alpha p0(w)) / (n + alpha)`` with the base

    p0(c1 ... ck) = length(k) p(c1) p(c2|c1) ... p(ck|ck-1).

A path through a clause has weight ``prod p(w) * prod over inner cuts of exp(mu z)``, z being the logit of the gap
model. During a sweep the counts are those of the segmentation before it; a word that is in that segmentation at
this very place is scored without its own count.
"""

from typing import Any

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.segmentation.lattice import draw as _draw
from nlpzero.segmentation.lattice import length_probabilities as _length_probabilities

# words have at most four symbols; the weights of the lengths in the base measure
LONGEST = 4
LENGTH_WEIGHTS = np.array([0.35, 0.55, 0.07, 0.03])


@kernel
def count_cut_words(
    cuts: np.ndarray,
    symbols: np.ndarray,
    ids: tuple[np.ndarray, np.ndarray, np.ndarray],
    bases: np.ndarray,
    target: Any,
    background_weight: Any,
    counts: np.ndarray,
) -> None:
    """Add the words of a segmentation to counts; those from position `target` on with their weight."""
    n = len(symbols)
    i = 0
    while i < n:
        if symbols[i] == 0:
            i += 1
            continue
        j = i + 1
        while not cuts[j]:
            j += 1
        w = 1.0 if i < target else background_weight
        k = j - i
        if k == 1:
            counts[symbols[i]] += w
        elif k == 2:
            counts[bases[1] + ids[0][i]] += w
        elif k == 3:
            counts[bases[2] + ids[1][i]] += w
        else:
            counts[bases[3] + ids[2][i]] += w
        i = j


@kernel
def sweep(
    symbols: np.ndarray,
    ids: tuple[np.ndarray, np.ndarray, np.ndarray],
    bases: np.ndarray,
    counts: np.ndarray,
    total: Any,
    first_probs: np.ndarray,
    next_probs: np.ndarray,
    lengths: np.ndarray,
    gap_factors: np.ndarray,
    alpha: Any,
    target: Any,
    background_weight: Any,
    forced: np.ndarray,
    first: Any,
    last: Any,
    key: Any,
    old: np.ndarray,
    new: np.ndarray,
) -> Any:
    """Draw a new segmentation of the clauses in [first, last) into `new`; returns the sum of log p(w) of `old`.

    first_probs : p(c) of each symbol; next_probs[i] : p(symbol i + 1 | symbol i); gap_factors[i] : exp(mu z) of
    the gap before i. `first` and `last` must be forced gaps.
    """
    room = 0
    start = first
    while start < last:
        end = start + 1
        while end < last and not forced[end]:
            end += 1
        room = max(room, end - start)
        start = end
    weights = np.empty((room, LONGEST), np.float64)
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
        own = 1.0 if start < target else background_weight
        for i in range(start, end):
            reach = min(LONGEST, end - i)
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
                        c = counts[bases[1] + ids[0][i]]
                    elif k == 2:
                        c = counts[bases[2] + ids[1][i]]
                    else:
                        c = counts[bases[3] + ids[2][i]]
                if k + 1 == current:
                    c = max(c - own, 0.0)
                p = (c + base * lengths[k]) * scale
                if k + 1 == current:
                    logs += np.log(p)
                weights[i - start, k] = p * factor
        _length_probabilities(weights, size, rest)
        _draw(weights, size, key, start, new)
        start = end
    return logs
