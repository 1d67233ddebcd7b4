"""Slow, obvious versions of what lattice, gap model and co-training compute."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from nlpzero.segmentation.base import Segmenter

UNKNOWN = -120.0


def all_cuts(n: int, forced: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every way to set the gaps of n symbols, forced ones set."""
    for inner in itertools.product((0, 1), repeat=max(n - 1, 0)):
        cuts = (1, *inner, 1) if n else (1,)
        if all(not f or c for f, c in zip(forced, cuts, strict=True)):
            yield cuts


def words(cuts: Sequence[int]) -> list[tuple[int, int]]:
    """Start and length of each word of a segmentation."""
    at = [i for i, cut in enumerate(cuts) if cut]
    return [(a, b - a) for a, b in itertools.pairwise(at)]


def path_score(
    cuts: Sequence[int], edges: dict[tuple[int, int], float], lowest: float = -math.inf
) -> float:
    """Sum of the scores of a path's words; single symbols are always words."""
    total = 0.0
    for start, length in words(cuts):
        score = edges.get((start, length), -math.inf)
        if length == 1:
            score = max(score, UNKNOWN)
        total += max(score, lowest) if score > -math.inf else -math.inf
    return total


def dense_edges(scores: npt.NDArray[np.floating]) -> dict[tuple[int, int], float]:
    """(start, length) -> score of a dense lattice."""
    return {
        (i, k + 1): float(scores[i, k])
        for i in range(scores.shape[0])
        for k in range(scores.shape[1])
        if i + k < scores.shape[0]
    }


def distribution(
    n: int, forced: Sequence[int], edges: dict[tuple[int, int], float]
) -> dict[tuple[int, ...], float]:
    """Probability of every path."""
    paths = {cuts: path_score(cuts, edges) for cuts in all_cuts(n, forced)}
    top = max(paths.values())
    total = sum(math.exp(score - top) for score in paths.values())
    return {cuts: math.exp(score - top) / total for cuts, score in paths.items()}


def ngrams(symbols: Sequence[int], order: int) -> dict[tuple[int, ...], list[int]]:
    """Positions of every n-gram that holds no break."""
    found: dict[tuple[int, ...], list[int]] = {}
    for i in range(len(symbols) - order + 1):
        gram = tuple(symbols[i : i + order])
        if 0 not in gram:
            found.setdefault(gram, []).append(i)
    return found


def branching_entropies(symbols: Sequence[int], gram: tuple[int, ...]) -> tuple[float, float]:
    """Right and left branching entropy; every clause end is a neighbour of its own."""
    right: Counter[object] = Counter()
    left: Counter[object] = Counter()
    for i in ngrams(symbols, len(gram))[gram]:
        after = symbols[i + len(gram)] if i + len(gram) < len(symbols) else 0
        before = symbols[i - 1] if i > 0 else 0
        right[after or ("end", i)] += 1
        left[before or ("start", i)] += 1
    return _entropy(right), _entropy(left)


def _entropy(counts: Counter[object]) -> float:
    total = sum(counts.values())
    return -sum(c / total * math.log(c / total) for c in counts.values())


def base_probability(
    word: Sequence[int], symbols: Sequence[int], lengths: Sequence[float]
) -> float:
    """p0 of a word: its length, its first symbol, and bigrams smoothed by two pseudo-counts."""
    single = Counter(s for s in symbols if s)
    total = sum(single.values())
    pairs = {gram: len(at) for gram, at in ngrams(symbols, 2).items()}
    p = lengths[len(word) - 1] * single[word[0]] / total
    for a, b in itertools.pairwise(word):
        p *= (pairs.get((a, b), 0) + 2 * single[b] / total) / (single[a] + 2)
    return p


def marginals(segmenter: Segmenter, text: str) -> npt.NDArray[np.float64]:
    """What the lattice says of each gap, from probabilities whose log odds were multiplied."""
    p = segmenter.probabilities(text)
    inner = (p > 0) & (p < 1)
    out = p.copy()
    out[inner] = 1.0 / (1.0 + (1.0 / p[inner] - 1.0) ** (1.0 / segmenter._sharpness))
    return out
