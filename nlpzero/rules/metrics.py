"""A rule and its metrics."""

from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Counts, Floats


class Rule(NamedTuple):
    """Who has the antecedent tends to have the consequent.

    With s, a, c the supports of both together, of the antecedent and of the consequent:

    ===================  ==================================================================
    ``support``          s
    ``confidence``       s / a
    ``lift``             confidence / c
    ``leverage``         s - a c
    ``conviction``       (1 - c) / (1 - confidence); inf if the confidence is 1
    ``zhang``            leverage / max(s (1 - a), a (c - s)); 0 if that maximum is 0
    ``jaccard``          s / (a + c - s)
    ``kulczynski``       (s / a + s / c) / 2
    ``certainty``        (confidence - c) / (1 - c); 0 if c is 1
    ``cosine``           s / sqrt(a c)
    ===================  ==================================================================

    All but cosine are defined as in mlxtend. ``count`` is the number of transactions with both
    sides.
    """

    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    support: float
    confidence: float
    lift: float
    leverage: float
    conviction: float
    zhang: float
    jaccard: float
    kulczynski: float
    certainty: float
    cosine: float
    antecedent_support: float
    consequent_support: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here


#: Names that `minimum` accepts, in the order of the fields of :class:`Rule`.
METRICS = Rule._fields[2:-1]


def rule_metrics(transactions: int, both: Counts, left: Counts, right: Counts) -> dict[str, Floats]:
    """The metrics of rules from counts.

    Parameters
    ----------
    transactions : int >= 1
        Number of transactions.
    both, left, right : int64 arrays
        Transactions with both sides, with the antecedent, with the consequent, of each rule.

    Returns
    -------
    dict of float64 arrays
        By the names in `METRICS`; formulas at :class:`Rule`.

    Examples
    --------
    >>> import numpy as np
    >>> from nlpzero import rule_metrics
    >>> m = rule_metrics(8, np.array([2]), np.array([4]), np.array([2]))
    >>> float(m["confidence"][0]), float(m["lift"][0]), float(m["conviction"][0])
    (0.5, 2.0, 1.5)
    """
    s, a, c = both / transactions, left / transactions, right / transactions
    # Rounded once, so that 3 of 4 is 0.75 whatever the number of transactions, and thresholds are
    # exact.
    confidence = both / left
    # The others are computed in mlxtend's way, to its last bit: conviction and certainty lose
    # digits where the confidence or the consequent's support is close to 1, and they should lose
    # the same ones.
    leverage, rounded = s - a * c, s / a
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.maximum(s * (1 - a), a * (c - s))
        zhang = np.where(below == 0, 0.0, leverage / below)
        conviction = np.where(both == left, np.inf, (1 - c) / (1 - rounded))
        certainty = np.where(right == transactions, 0.0, (rounded - c) / (1 - c))
    return {
        "support": s,
        "confidence": confidence,
        "lift": rounded / c,
        "leverage": leverage,
        "conviction": conviction,
        "zhang": zhang,
        "jaccard": s / (a + c - s),
        "kulczynski": (rounded + s / c) / 2,
        "certainty": certainty,
        "cosine": s / np.sqrt(a * c),
        "antecedent_support": a,
        "consequent_support": c,
    }
