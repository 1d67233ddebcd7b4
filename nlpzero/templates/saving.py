"""How much a template explains: the description length that it saves."""

import math
from collections.abc import Sequence


def _times_log(n: float) -> float:
    return n * math.log(n) if n > 0 else 0.0


def description_saving(
    word_counts: Sequence[tuple[int, int]],
    variants: Sequence[tuple[int, float]],
    *,
    words: int,
    clauses: int,
) -> float:
    """Nats by which a text is described more shortly when a template is listed than when not.

    Parameters
    ----------
    word_counts : sequence of (int, int)
        For each different word of the template, its count in the text and its count in the
        template.
    variants : sequence of (int, float)
        For each variant, how often it was found, and the sum over these of the ln of the ways to
        share the other words of the clause among its placeholders.
    words, clauses : int
        Size of the text.

    Returns
    -------
    float
        Positive if the template explains more than it costs.

    Notes
    -----
    Two-part code (Rissanen 1978, "Modeling by shortest data description"; used for the choice of
    units as in de Marcken 1996, "Unsupervised language acquisition"). Without the template, each
    word is coded by its share of the text, which takes L(n) = N ln N - sum of n(w) ln n(w) nats for
    N words. With it, c of C clauses are made by the template, and the k words of the template are
    not coded there; what is coded instead is

    - whether it makes a clause: C ln C - c ln c - (C - c) ln(C - c);
    - which of its variants v does: c ln c - sum of c(v) ln c(v);
    - which other words stand in which placeholder: for each clause with m other words and g
      placeholders ln binomial(m - 1, g - 1), a uniform code over all ways;
    - the template itself: -ln p(w) for each word of it, ln 2 for each of the k - 1 places between
      words, at which there is a placeholder or not, and 2 ln 2 for each variant, which has one
      before, after, both or neither.

    A template that is found more often than it has clauses or words (a clause can be an occurrence
    in more than one way) counts as often as it can, its variants in proportion.

    Examples
    --------
    Two words, fifty times each, always together and never elsewhere:

    >>> round(description_saving([(50, 1), (50, 1)], [(50, 0.0)], words=1000, clauses=100), 3)
    317.012
    """
    k = sum(times for _, times in word_counts)
    found = sum(count for count, _ in variants)
    count = min(found, clauses, words // k, *(n // times for n, times in word_counts))
    if count == 0:
        return 0.0
    part = count / found
    rest = words - k * count
    saved = _times_log(words) - _times_log(rest)
    for n, times in word_counts:
        saved -= _times_log(n) - _times_log(n - times * count)
    flags = _times_log(clauses) - _times_log(count) - _times_log(clauses - count)
    which = _times_log(found) - math.fsum(_times_log(n) for n, _ in variants)
    places = math.fsum(nats for _, nats in variants)
    listed = math.fsum(times * math.log(words / n) for n, times in word_counts)
    listed += (k - 1 + 2 * len(variants)) * math.log(2)
    return saved - flags - part * (which + places) - listed
