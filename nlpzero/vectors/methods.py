"""How vectors are learned: one configuration for each method."""

from dataclasses import dataclass

from nlpzero.engine.config import Config, option


@dataclass(frozen=True)
class VectorMethod(Config):
    """What all methods share: which words have vectors, and what stands near a word.

    Documents are the lines of a text; words that are left out are passed over, so that the words
    on both sides of one are neighbours.
    """

    dimensions: int = option(100, "Numbers in a vector, at most.", least=1, most=2000)
    window: int = option(5, "How many words apart neighbours may be.", least=1, most=100)
    min_count: int = option(5, "Leave out rarer words.", least=1)
    max_words: int = option(
        200_000, "So many words at most, the most frequent ones.", least=1, most=(1 << 31) - 2
    )
    seed: int = option(1, "Where random numbers begin.", least=0, most=(1 << 63) - 1)


@dataclass(frozen=True)
class WindowedCounts(VectorMethod):
    """Exact counts of neighbours, weighted by pointwise mutual information and factorised.

    The formulas are in docs/vectors.md.

    Examples
    --------
    >>> WindowedCounts(dimensions=50).window
    5
    >>> WindowedCounts(characters=-1)
    Traceback (most recent call last):
    ...
    ValueError: `characters` must be a number from 0 to 10, got -1.
    """

    characters: float = option(
        0.6,
        "How much the Chinese characters of a word add to its vector; 0 for nothing.",
        least=0,
        most=10,
    )
