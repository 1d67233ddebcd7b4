"""Lattices of candidate words: best path, exact sampling and boundary probabilities.

A text of ``n`` symbols has ``n + 1`` gaps, numbered 0 to n; a *word* is an edge from gap ``i`` to
gap ``i + length`` with a score in nats (the logarithm of its probability or potential). A *path*
leads from gap 0 to gap n and passes through every *forced* gap; its score is the sum of its edges'.
What the scores mean is the caller's business, and every segmenter differs from the others in
nothing else.

Two shapes of lattice:

dense
    ``scores[i, k]`` is the score of the word of ``k + 1`` symbols that starts at gap ``i``.
edges
    The words that start at gap ``i`` are ``lengths[offsets[i] : offsets[i + 1]]`` with the scores
    at the same places (CSR; from a trie, say, whose words have any length). These are sampled and
    summed only: the best path through the words of a trie is found while they are found, by
    :mod:`nlpzero.segmentation.dictionary_decoder`, and no lattice is made.

Rules for both: ``-inf`` (or an absent edge) means "not a word"; words that cross a forced gap or
the end of the text are ignored, so callers need not remove them; a single symbol is always a word,
at least with the score ``UNKNOWN_SCORE``, so a path always exists. Of two paths with equal scores
the one with the longer first differing word is taken.

All work goes from right to left over "what remains": ``best[i]`` (or the sum) over all ways to cut
the text after gap ``i``. Sums are kept as plain numbers, rescaled where they leave a safe range, so
no logarithm is taken in the inner loop.

The kernels whose names begin with an underscore work on one clause and are used by the learning
loops too.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array
from nlpzero.engine.hash_tables import GOLDEN, mix64
from nlpzero.engine.jit import brief, kernel

# score of a symbol that is no word by itself, in nats: below any real model's, above nothing at all
UNKNOWN_SCORE = -120.0

# scores are clipped to this range before the exponential, so that products stay finite
_LOWEST, _HIGHEST = -500.0, 500.0
# sums are rescaled outside [1 / _SAFE, _SAFE]
_SAFE = 1e30


@kernel
def uniform(key: Any, counter: Any) -> Any:
    """Uniform number in [0, 1) that depends on nothing but its two arguments (SplitMix64)."""
    z = mix64(np.uint64(key) + np.uint64(counter + 1) * GOLDEN)
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


def random_key(*parts: int) -> int:
    """Key of a stream of random numbers from a seed and whatever numbers the stream.

    Parameters
    ----------
    *parts : int
        For example the seed, the number of the sweep, the number of the chain.

    Returns
    -------
    int in [0, 2**64)

    Examples
    --------
    >>> random_key(0, 1) != random_key(1, 0)
    True
    """
    key = 0
    with brief(1e-5):
        for part in parts:
            key = int(mix64(np.uint64((key + part + int(GOLDEN)) % (1 << 64))))
    return key


# -------------------------------------------------------------------------------- one clause, dense


@kernel
def length_probabilities(weights: np.ndarray, size: Any, rest: np.ndarray) -> None:
    """Turn weights of words into probabilities of lengths, in place, for one clause.

    weights[i, k] is the weight (not its logarithm) of the word of k + 1 symbols that starts at gap
    i of the clause, 0 where there is none; words that leave the clause are ignored. Afterwards it
    is the probability that a path that passes gap i goes on with that word. `rest` is scratch of at
    least size + 1 numbers.
    """
    longest = weights.shape[1]
    rest[size] = 1.0
    for i in range(size - 1, -1, -1):
        reach = min(longest, size - i)
        total = 0.0
        for k in range(reach):
            v = weights[i, k] * rest[i + k + 1]
            weights[i, k] = v
            total += v
        for k in range(reach):
            weights[i, k] /= total
        rest[i] = total
        if total < 1.0 / _SAFE or total > _SAFE:
            for j in range(i, min(i + longest, size + 1)):
                rest[j] /= total


@kernel
def draw(weights: np.ndarray, size: Any, key: Any, first: Any, cuts: np.ndarray) -> None:
    """Draw one path of a clause from probabilities of lengths.

    Set cuts[first : first + size + 1].
    """
    longest = weights.shape[1]
    for i in range(first, first + size + 1):
        cuts[i] = 0
    i = 0
    while i < size:
        cuts[first + i] = 1
        reach = min(longest, size - i)
        u = uniform(key, first + i)
        k = 0
        acc = weights[i, 0]
        while acc <= u and k < reach - 1:
            k += 1
            acc += weights[i, k]
        i += k + 1
    cuts[first + size] = 1


@kernel
def _clause_marginals(weights: np.ndarray, size: Any, first: Any, marginals: np.ndarray) -> None:
    """Probability that a path of the clause passes each gap, from probabilities of lengths."""
    longest = weights.shape[1]
    for i in range(first, first + size + 1):
        marginals[i] = 0.0
    marginals[first] = 1.0
    for i in range(size):
        mass = marginals[first + i]
        for k in range(min(longest, size - i)):
            marginals[first + i + k + 1] += mass * weights[i, k]
    marginals[first + size] = 1.0


# -------------------------------------------------------------------------------------- whole texts


@kernel
def _clause_end(forced: np.ndarray, start: Any) -> Any:
    """The first forced gap after `start`; the last gap is always one."""
    n = len(forced) - 1
    end = start + 1
    while end < n and not forced[end]:
        end += 1
    return end


@kernel
def _longest_clause(forced: np.ndarray) -> Any:
    longest = 0
    start = 0
    while start < len(forced) - 1:
        end = _clause_end(forced, start)
        longest = max(longest, end - start)
        start = end
    return longest


@kernel
def _viterbi(scores: np.ndarray, forced: np.ndarray, cuts: np.ndarray) -> None:
    n, longest = scores.shape
    lengths = np.empty(n, np.uint8)
    best = np.empty(n + 1, np.float64)
    best[n] = 0.0
    end = n  # the nearest forced gap to the right
    for i in range(n - 1, -1, -1):
        if forced[i + 1]:
            end = i + 1
            best[end] = 0.0
        top = max(np.float64(scores[i, 0]), UNKNOWN_SCORE) + best[i + 1]
        length = 1
        for k in range(1, min(longest, end - i)):
            v = scores[i, k] + best[i + k + 1]
            if v >= top and v > -np.inf:
                top = v
                length = k + 1
        best[i] = top
        lengths[i] = length
    cuts[:] = 0
    i = 0
    while i < n:
        cuts[i] = 1
        i += int(lengths[i])  # interpreted, the sum of a number and a byte is a byte
    cuts[n] = 1


@kernel
def _fill_weights(scores: np.ndarray, start: Any, size: Any, weights: np.ndarray) -> None:
    """Weights of the words of one clause from their scores."""
    for i in range(size):
        for k in range(min(scores.shape[1], size - i)):
            s: Any = np.float64(scores[start + i, k])
            if k == 0 and not s > UNKNOWN_SCORE:
                s = UNKNOWN_SCORE
            weights[i, k] = 0.0 if s == -np.inf else np.exp(min(max(s, _LOWEST), _HIGHEST))


@kernel
def _sample(scores: np.ndarray, forced: np.ndarray, key: Any, cuts: np.ndarray) -> None:
    n, longest = scores.shape
    room = _longest_clause(forced)
    weights = np.empty((room, longest), np.float64)
    rest = np.empty(room + 1, np.float64)
    cuts[n] = 1
    start = 0
    while start < n:
        end = _clause_end(forced, start)
        _fill_weights(scores, start, end - start, weights)
        length_probabilities(weights, end - start, rest)
        draw(weights, end - start, key, start, cuts)
        start = end


@kernel
def _marginals(scores: np.ndarray, forced: np.ndarray, marginals: np.ndarray) -> None:
    n, longest = scores.shape
    room = _longest_clause(forced)
    weights = np.empty((room, longest), np.float64)
    rest = np.empty(room + 1, np.float64)
    marginals[n] = 1.0
    start = 0
    while start < n:
        end = _clause_end(forced, start)
        _fill_weights(scores, start, end - start, weights)
        length_probabilities(weights, end - start, rest)
        _clause_marginals(weights, end - start, start, marginals)
        start = end


def _checked(
    scores: npt.NDArray[np.floating], forced: npt.NDArray[np.bool_] | npt.NDArray[np.uint8]
) -> None:
    if scores.ndim != 2 or scores.shape[1] == 0 or scores.shape[1] > 255:
        raise ValueError(
            f"`scores` must have shape (symbols, longest word <= 255), got {scores.shape}."
        )
    if forced.shape != (len(scores) + 1,):
        raise ValueError(
            f"`forced` must have one entry per gap, {len(scores) + 1} for {len(scores)} symbols, "
            f"got shape {forced.shape}."
        )


def viterbi(
    scores: npt.NDArray[np.floating], forced: npt.NDArray[np.bool_] | npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Best path through a dense lattice.

    Parameters
    ----------
    scores : ndarray of float32 or float64, shape (n, L)
        scores[i, k]: log score, in nats, of the word of k + 1 symbols that starts at gap i.
    forced : ndarray of bool or uint8, shape (n + 1,)
        Gaps that every path passes (clause breaks). The first and the last gap always count as
        forced.

    Returns
    -------
    ndarray of uint8, shape (n + 1,)
        1 at the gaps of the best path, 0 elsewhere; the first and the last are 1.

    Examples
    --------
    >>> scores = np.log([[0.2, 0.5], [0.2, 0.1], [0.2, 0.9]])
    >>> viterbi(scores, np.zeros(4, np.uint8)).tolist()
    [1, 0, 1, 1]
    >>> viterbi(scores, np.array([1, 1, 0, 1], np.uint8)).tolist()  # 2 + 1 symbols are forbidden
    [1, 1, 0, 1]
    """
    _checked(scores, forced)
    cuts = np.ones(len(forced), np.uint8)
    _viterbi(scores, forced.view(np.uint8), cuts)
    return cuts


def sample(
    scores: npt.NDArray[np.floating],
    forced: npt.NDArray[np.bool_] | npt.NDArray[np.uint8],
    key: int,
) -> npt.NDArray[np.uint8]:
    """One path of a dense lattice, drawn with probability proportional to exp(its score).

    Parameters
    ----------
    scores, forced
        As for :func:`viterbi`. Scores are clipped to [-500, 500].
    key : int in [0, 2**64)
        Key of the random numbers (:func:`random_key`). The number used at a gap depends on the key
        and the gap only, so a clause is cut the same way whatever happens in the others.

    Returns
    -------
    ndarray of uint8, shape (n + 1,)

    Examples
    --------
    >>> scores = np.log([[0.5, 0.75], [0.5, 0.0001], [1.0, 1.0]])
    >>> forced = np.array([1, 0, 1, 1], np.uint8)
    >>> draws = [sample(scores, forced, random_key(i))[1] for i in range(1000)]
    >>> bool(abs(np.mean(draws) - 0.25) < 0.05)  # 0.5 * 0.5 against 0.75
    True
    """
    _checked(scores, forced)
    cuts = np.ones(len(forced), np.uint8)
    _sample(scores, forced.view(np.uint8), np.uint64(key), cuts)
    return cuts


def marginals(
    scores: npt.NDArray[np.floating], forced: npt.NDArray[np.bool_] | npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Probability that a path of a dense lattice passes each gap (forward–backward).

    Parameters
    ----------
    scores, forced
        As for :func:`sample`.

    Returns
    -------
    ndarray of float64, shape (n + 1,), in [0, 1]; forced gaps have 1

    Examples
    --------
    >>> marginals(np.log([[0.5, 0.75], [0.5, 0.0001]]), np.zeros(3, np.uint8)).round(6).tolist()
    [1.0, 0.25, 1.0]
    """
    _checked(scores, forced)
    out = np.ones(len(forced), np.float64)
    _marginals(scores, forced.view(np.uint8), out)
    return np.minimum(out, 1.0)


# --------------------------------------------------------------------------------------- edge lists


class Edges(NamedTuple):
    """A lattice as lists of edges.

    offsets : ndarray of int, shape (n + 1,)
        The words that start at gap i have numbers offsets[i] to offsets[i + 1] - 1.
    lengths : ndarray of int >= 1, shape (m,)
        Symbols in each word; in any order at a gap.
    scores : ndarray of float32 or float64, shape (m,)
        Log score of each word, in nats.
    forced : ndarray of bool, shape (n + 1,)
        Gaps that every path passes.
    """

    offsets: Array
    lengths: Array
    scores: Array
    forced: Array


@kernel
def _edge_probabilities(edges: Edges, probabilities: np.ndarray, single: np.ndarray) -> None:
    """Probability of each edge, float64[m], given that the path passes its start.

    single : float64[n], of the step over one symbol where no edge is that
    """
    offsets, lengths, scores, forced = edges
    n = len(forced) - 1
    rest = np.zeros(n + 1, np.float64)  # logarithms: edges reach any distance, so no common scale
    end = n
    for i in range(n - 1, -1, -1):
        if forced[i + 1]:
            end = i + 1
            rest[end] = 0.0
        alone = UNKNOWN_SCORE  # an edge of one symbol replaces this
        top = -np.inf
        for e in range(offsets[i], offsets[i + 1]):
            k = np.int64(lengths[e])
            v = -np.inf
            if i + k <= end:
                v = scores[e] + rest[i + k]
            if k == 1 and scores[e] > UNKNOWN_SCORE:
                alone = -np.inf
            elif k == 1:
                v = -np.inf
            probabilities[e] = v
            top = max(top, v)
        v = alone + rest[i + 1]
        single[i] = v
        top = max(top, v)
        total = np.exp(v - top)
        for e in range(offsets[i], offsets[i + 1]):
            total += np.exp(probabilities[e] - top)
        rest[i] = top + np.log(total)
        single[i] = np.exp(v - rest[i])
        for e in range(offsets[i], offsets[i + 1]):
            probabilities[e] = np.exp(probabilities[e] - rest[i])


@kernel
def _sample_edges(
    edges: Edges,
    probabilities: np.ndarray,
    single: np.ndarray,
    key: Any,
    cuts: np.ndarray,
) -> None:
    offsets, lengths, _, _ = edges
    n = len(single)
    cuts[:] = 0
    i = 0
    while i < n:
        cuts[i] = 1
        u = uniform(key, i)
        acc = single[i]
        step: Any = 1
        if acc <= u:
            for e in range(offsets[i], offsets[i + 1]):
                if probabilities[e] > 0:
                    step = np.int64(lengths[e])
                    acc += probabilities[e]
                    if acc > u:
                        break
        i += step
    cuts[n] = 1


@kernel
def _marginals_edges(
    edges: Edges, probabilities: np.ndarray, single: np.ndarray, marginals: np.ndarray
) -> None:
    offsets, lengths, _, _ = edges
    n = len(single)
    marginals[:] = 0.0
    marginals[0] = 1.0
    for i in range(n):
        mass = marginals[i]
        marginals[i + 1] += mass * single[i]
        for e in range(offsets[i], offsets[i + 1]):
            if probabilities[e] > 0:
                marginals[i + lengths[e]] += mass * probabilities[e]


def _checked_edges(edges: Edges) -> Edges:
    offsets, lengths, scores, forced = edges
    if offsets.ndim != 1 or len(offsets) == 0 or forced.shape != offsets.shape:
        raise ValueError(
            "`offsets` and `forced` must both have one entry per gap, got shapes "
            f"{offsets.shape} and {forced.shape}."
        )
    if len(lengths) != len(scores) or int(offsets[-1]) != len(lengths):
        raise ValueError(
            f"`lengths` and `scores` must have offsets[-1] = {int(offsets[-1])} entries, "
            f"got {len(lengths)} and {len(scores)}."
        )
    if len(lengths) and int(lengths.min()) < 1:
        raise ValueError(f"`lengths` must be at least 1, got {int(lengths.min())}.")
    return edges._replace(forced=forced.view(np.uint8))


def sample_edges(edges: Edges, key: int) -> npt.NDArray[np.uint8]:
    """One path, drawn with probability proportional to exp(its score).

    Parameters
    ----------
    edges : Edges
    key : int in [0, 2**64)
        As for :func:`sample`.

    Returns
    -------
    ndarray of uint8, shape (n + 1,)
        1 at the gaps of the path.

    Examples
    --------
    >>> free = np.zeros(3, np.uint8)
    >>> word = Edges(np.array([0, 1, 1]), np.array([2]), np.zeros(1), free)
    >>> sample_edges(word, random_key(0)).tolist()  # against two unknown symbols
    [1, 0, 1]
    """
    edges = _checked_edges(edges)
    probabilities = np.empty(len(edges.scores), np.float64)
    single = np.empty(len(edges.forced) - 1, np.float64)
    _edge_probabilities(edges, probabilities, single)
    cuts = np.ones(len(edges.forced), np.uint8)
    _sample_edges(edges, probabilities, single, np.uint64(key), cuts)
    return cuts


def marginals_edges(edges: Edges) -> npt.NDArray[np.float64]:
    """Probability that a path passes each gap.

    Parameters
    ----------
    edges : Edges

    Returns
    -------
    ndarray of float64, shape (n + 1,), in [0, 1]

    Examples
    --------
    >>> words = np.array([0, 2, 3]), np.array([1, 2, 1]), np.log([0.5, 0.75, 0.5])
    >>> marginals_edges(Edges(*words, np.zeros(3, np.uint8))).round(6).tolist()
    [1.0, 0.25, 1.0]
    """
    edges = _checked_edges(edges)
    probabilities = np.empty(len(edges.scores), np.float64)
    single = np.empty(len(edges.forced) - 1, np.float64)
    _edge_probabilities(edges, probabilities, single)
    out = np.ones(len(edges.forced), np.float64)
    _marginals_edges(edges, probabilities, single, out)
    return np.minimum(out, 1.0)
