"""How strongly symbols hold together, and how free they are to the left and right: pure functions
on arrays.

All logarithms are natural, all results are in nats.
"""

import math

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats
from nlpzero.engine.jit import kernel


@kernel
def pmi(joint: int, left: int, right: int, total: float) -> float:
    """Pointwise mutual information of two neighbours.

    Compiled for loops: one pair at a time.

    Parameters
    ----------
    joint : int > 0
        How often left and right stand together.
    left, right : int > 0
        How often each occurs.
    total : float > 0
        Number of symbols of the corpus.

    Returns
    -------
    float, in nats
        ``ln(total * joint / (left * right))``; 0 for independent neighbours.

    Notes
    -----
    The smallest PMI over the ways of splitting a sequence in two is its *cohesion*: it is only as
    strong as its weakest joint, and 的电影 splits into 的|电影, which is no more frequent than
    chance has it (Matrix67 2012; Su Jianlin, kexue.fm/archives/3491 and 4256).

    Examples
    --------
    >>> round(pmi(10, 10, 10, 100.0), 4)
    2.3026
    """
    return math.log(total) + math.log(joint) - (math.log(left) + math.log(right))


def x_log_x(counts: npt.ArrayLike) -> Floats:
    """``c ln c`` of each count, 0 for 0."""
    values = np.asarray(counts, np.float64)
    return values * np.log(np.maximum(values, 1.0))


def entropy_from_sums(sums: npt.ArrayLike, totals: npt.ArrayLike) -> Floats:
    """Branching entropy from ``sum(c ln c)`` over the neighbours and the number of occurrences.

    An occurrence at the end of a clause has a neighbour of its own, met once, so it adds nothing to
    the sum; that is why the sum runs over real neighbours only while the total counts all
    occurrences.

    Parameters
    ----------
    sums : array of float
    totals : array of numbers >= 0

    Returns
    -------
    ndarray of float64, in nats
        ``ln(total) - sum / total``, never below 0; 0 where the total is 0.

    Notes
    -----
    Harris (1955); Jin and Tanaka-Ishii (2006), "Unsupervised segmentation of Chinese text by use of
    branching entropy".

    Examples
    --------
    >>> entropy_from_sums([0.0], [4]).round(4).tolist()  # four different neighbours
    [1.3863]
    """
    occurrences = np.maximum(np.asarray(totals, np.float64), 1.0)
    return np.maximum(np.log(occurrences) - np.asarray(sums, np.float64) / occurrences, 0.0)


def merge_gain(
    pair: npt.ArrayLike, left: npt.ArrayLike, right: npt.ArrayLike, total: float
) -> Floats:
    """Entropy saved by making one unit of every pair of two different neighbours: exact
    minimum-entropy gain F.

    Joining all occurrences changes the information per character by exactly ``-F / l``, l being the
    mean length of the units before. So F > 0 says that the pair is cheaper as a unit of its own.

    Parameters
    ----------
    pair : array of numbers >= 0
        How often left and right stand together.
    left, right : arrays of numbers >= pair
        How often each occurs.
    total : number > 0
        Number of units of the corpus.

    Returns
    -------
    ndarray of float64, in nats per unit

    Notes
    -----
    With p = pair/total and p_i = count_i/total, ``F = p ln(p/(p_a p_b)) - (1-p) ln(1-p) + sum over
    i of (p_i-p) ln(1-p/p_i)`` (kexue.fm/archives/5448 and 5476). It is never below ``p (PMI - 1)``,
    from which comes the rule of thumb that a PMI above 1 nat is worth a unit. Two equal neighbours
    need :func:`merge_gain_same`.

    Examples
    --------
    >>> merge_gain([5, 1], [8, 50], [6, 40], 100).round(4).tolist()
    [0.1186, -0.0398]
    """
    p = np.asarray(pair, np.float64) / total
    p_left = np.asarray(left, np.float64) / total
    p_right = np.asarray(right, np.float64) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.where(p > 0, p * np.log(p / (p_left * p_right)), 0.0)
    return together - _x_log(1 - p, 1 - p) + _rest(p_left, p) + _rest(p_right, p)


def merge_gain_same(pair: npt.ArrayLike, single: npt.ArrayLike, total: float) -> Floats:
    """The gain F for a unit that follows itself, as in 哈哈.

    Parameters
    ----------
    pair : array of numbers >= 0
        How many pairs can be joined: a run of r equal units holds r // 2, since joined pairs cannot
        overlap.
    single : array of numbers >= 2 * pair
        How often the unit occurs.
    total : number > 0
        Number of units of the corpus.

    Returns
    -------
    ndarray of float64, in nats per unit

    Notes
    -----
    ``F = p ln(p/p_a^2) - (1-p) ln(1-p) + (p_a-2p) ln(1-2p/p_a)``: merging p takes 2p from a, the
    articles leave the case out.

    Examples
    --------
    >>> merge_gain_same([4], [9], 100).round(4).tolist()
    [0.0811]
    """
    p = np.asarray(pair, np.float64) / total
    p_single = np.asarray(single, np.float64) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        together = np.where(p > 0, p * np.log(p / p_single**2), 0.0)
        rest = np.maximum(p_single - 2 * p, 0.0)
        share = np.where(p_single > 0, rest / p_single, 1.0)
    return together - _x_log(1 - p, 1 - p) + _x_log(rest, share)


def _x_log(x: Floats, y: Floats) -> Floats:
    """``x ln y``, 0 where x is 0."""
    return np.where(x > 0, x * np.log(np.where(x > 0, y, 1.0)), 0.0)


def _rest(p_single: Floats, p: Floats) -> Floats:
    """``(p_i - p) ln(1 - p/p_i)``: what the loners among a pair's members pay."""
    rest = np.maximum(p_single - p, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _x_log(rest, np.where(p_single > 0, rest / p_single, 1.0))
