"""The methods, their defaults and limits."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

Method = Literal["learned", "cohesion", "min-entropy"]
METHODS: tuple[Method, ...] = ("learned", "cohesion", "min-entropy")
DEFAULT_MIN_PMI = (2.0, 4.0, 6.0)
DEFAULT_MAX_LENGTH = 20


def default_min_count(total: int) -> int:
    """Smallest count of a word by default: 2 for a page, 5 for a novel, 8 for a year of news, 32 for a library.

    Parameters
    ----------
    total : int
        Symbols of the corpus.

    Returns
    -------
    int
        ``max(2, round(2 (total / 10,000) ** 0.2))``

    Notes
    -----
    The exponent joins the two values Su Jianlin gives: 8 for a few million characters, 32 for ten billion.

    Examples
    --------
    >>> [default_min_count(n) for n in (5_000, 1_000_000, 10_000_000, 10_000_000_000)]
    [2, 5, 8, 32]
    """
    return max(2, round(2 * (total / 10_000) ** 0.2))


def pmi_thresholds(method: str, order: int, min_pmi: float | Sequence[float] | None) -> list[float]:
    """One threshold for min-entropy, one for each length from 2 to the order for cohesion."""
    if method == "learned":
        if min_pmi is not None:
            raise ValueError(
                "`min_pmi` is for cohesion and min-entropy; `filter` takes one for all."
            )
        return []
    if method == "min-entropy":
        values = [DEFAULT_PRICE] if min_pmi is None else np.atleast_1d(min_pmi).tolist()
        if len(values) != 1:
            raise ValueError(f"`min_pmi` must be one number for min-entropy, got {min_pmi!r}.")
        return values
    values = (
        list(DEFAULT_MIN_PMI[: order - 1]) if min_pmi is None else np.atleast_1d(min_pmi).tolist()
    )
    if len(values) != order - 1:
        raise ValueError(
            f"`min_pmi` must have {order - 1} numbers for order {order}, one for each length from 2 to "
            f"{order}, got {min_pmi!r}."
        )
    return values


# the price of a pair at which minimum entropy asks for the exact gain F > 0
DEFAULT_PRICE = 1.0
