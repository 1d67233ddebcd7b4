"""Slow, obvious versions of the steps on the sphere, and of the training with them."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from nlpzero.segmentation.lattice import random_key
from nlpzero.vectors.jose import keep_limits, negatives_by
from nlpzero.vectors.methods import JoSE


def spherical_loss(rows: Mapping[str, np.ndarray], loss: str, margin: float) -> float:
    """The hinge before it is cut at zero; for ``program`` that of a word and its neighbour."""
    u, v, d, w = (rows[name] for name in "uvdw")
    beside = v + d if loss == "joint" else v
    return float(margin - u @ beside + w @ beside)


def spherical_step(
    rows: Mapping[str, np.ndarray], loss: str, margin: float, rate: float
) -> dict[str, np.ndarray]:
    """Each row after one step, plane by plane as the formulas have it."""
    if spherical_loss(rows, loss, margin) <= 0:
        return dict(rows)
    u, v, d, w = (rows[name] for name in "uvdw")
    if loss == "joint":
        gradients = {"u": -(v + d), "v": w - u, "d": w - u, "w": v + d}
    else:
        gradients = {"u": -v, "v": w - u, "w": v}
    new = dict(rows)
    for name, gradient in gradients.items():
        x = rows[name]
        inner, length = x @ gradient, np.linalg.norm(gradient)
        if length < 1e-5:
            continue
        factor = 1 + inner / length
        if loss == "program":
            factor = {"u": 1 - u @ v, "v": 1 - (u - w) @ v, "w": 2 * (w @ v)}[name]
        moved = x - rate * factor * (gradient - inner * x)
        new[name] = moved / np.linalg.norm(moved)
    return new


_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def _mixed(key: int) -> int:
    key = ((key ^ (key >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    key = ((key ^ (key >> 27)) * 0x94D049BB133111EB) & _MASK
    return key ^ (key >> 31)


def spherical(
    ids: np.ndarray, starts: np.ndarray, counts: np.ndarray, method: JoSE
) -> tuple[np.ndarray, np.ndarray]:
    """One epoch from random points, in double precision and plain loops."""
    limit, other = negatives_by(counts)
    keep = keep_limits(counts, method.sample)
    points = np.random.Generator(np.random.PCG64(method.seed))

    def drawn(count: int) -> np.ndarray:
        rows = points.standard_normal((count, method.dimensions), dtype=np.float32)
        return rows / np.linalg.norm(rows.astype(np.float64), axis=1)[:, None]

    centre, context, documents = (drawn(n) for n in (len(counts), len(counts), len(starts) - 1))
    key = random_key(method.seed, 0)
    state = 0

    def bits() -> int:
        nonlocal state
        state = (state + _GOLDEN) & _MASK
        return _mixed(state)

    def negative() -> int:
        number = bits()
        i = ((number >> 32) * len(limit)) >> 32
        return i if number & 0xFFFFFFFF <= int(limit[i]) else int(other[i])

    def step(u: int, v: np.ndarray, d: np.ndarray, w: int, loss: str, at: int) -> tuple:
        rate = max(method.rate * 1e-4, method.rate * (1 - at / len(ids)))
        rows = {"u": centre[u], "v": v, "d": d, "w": centre[w]}
        new = spherical_step(rows, loss, method.margin_taken, rate)
        centre[u], centre[w] = new["u"], new["w"]
        return new["v"], new["d"]

    for document, (begin, end) in enumerate(pairwise(starts.tolist())):
        for first in range(begin, end, 1000):
            state = _mixed((key + first * _GOLDEN) & _MASK)
            last = min(first + 1000, end)
            kept = [int(i) for i in ids[first:last] if bits() >> 32 <= int(keep[i])]
            for i, word in enumerate(kept):
                reach = method.window - (bits() >> 32) % method.window
                for j in range(max(0, i - reach), min(len(kept), i + reach + 1)):
                    for _ in range(method.negatives if j != i else 0):
                        w = negative()
                        if w not in (word, kept[j]):
                            context[word], documents[document] = step(
                                kept[j], context[word], documents[document], w, method.loss, last
                            )
                if method.loss == "program" or len(kept) == 1:
                    for _ in range(method.negatives):
                        if (w := negative()) != word:
                            documents[document], _ = step(
                                word, documents[document], centre[0], w, "program", last
                            )
    return centre, context


def placed(
    centre: np.ndarray,
    counts: np.ndarray,
    means: np.ndarray,
    ids: np.ndarray,
    starts: np.ndarray,
    method: JoSE,
) -> np.ndarray:
    """Sentences after ten passes over their words, which stay."""
    limit, other = negatives_by(counts)
    out = means.astype(np.float64)
    for document, (begin, end) in enumerate(pairwise(starts.tolist())):
        words = ids[begin:end].tolist()
        state = random_key(method.seed)
        for word in words:
            state = _mixed((state + word + _GOLDEN) & _MASK)
        for step in range(10 * len(words)):
            word = words[step % len(words)]
            rate = method.rate * (1 - step / (10 * len(words)))
            for _ in range(method.negatives):
                state = (state + _GOLDEN) & _MASK
                number = _mixed(state)
                w = ((number >> 32) * len(limit)) >> 32
                w = w if number & 0xFFFFFFFF <= int(limit[w]) else int(other[w])
                if w != word:
                    rows = {"u": centre[word], "v": out[document], "d": centre[0], "w": centre[w]}
                    new = spherical_step(rows, "program", method.margin_taken, rate)
                    out[document] = new["v"]
    return out
