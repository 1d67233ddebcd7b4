"""When words are linked: the thresholds of templates."""

import math
from dataclasses import dataclass

from nlpzero.engine.config import Config, option


@dataclass(frozen=True)
class LinkThresholds(Config):
    """When two words go together in this order, and how many of their chains are looked at.

    Parameters
    ----------
    min_frequency : float in [0, 1]
        A link needs a greater share than this of all skip-grams, which are the ordered pairs of
        words within the window.
    min_pmi : float
        A link needs ln(p(a, b) / (p(a) p(b))) greater than this, in nats; p(a, b) is the share of
        the skip-grams, p(a) of the words.
    max_paths : int >= 1
        The most chains that a group of linked words may have. The links of a group with more are
        narrowed: the longest ones are removed, over as many words as the window has first, then
        over one less, until it has few enough.

    Examples
    --------
    >>> LinkThresholds(max_paths=0)
    Traceback (most recent call last):
    ...
    ValueError: `max_paths` must be an integer from 1 to 1048576, got 0.
    """

    min_frequency: float = option(
        1e-5,
        "A link needs a greater share than this of all pairs of words within the window.",
        least=0,
        most=1,
    )
    min_pmi: float = option(
        2.0,
        "A link needs greater pointwise mutual information than this, in nats.",
        above=-math.inf,
    )
    max_paths: int = option(
        64,
        "The most chains from one group of linked words; one with more loses its longest links.",
        least=1,
        most=1 << 20,
    )
