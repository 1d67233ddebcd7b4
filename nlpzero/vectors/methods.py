"""How vectors are learned: one configuration for each method."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

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


# margin and epochs of JoSE by where vectors start
_MARGINS = {"random": 0.15, "counts": 0.5}
_EPOCHS = {"random": 10, "counts": 2}


@dataclass(frozen=True)
class JoSE(VectorMethod):
    """Words and sentences on one unit sphere, by a hinge loss and steps along the sphere.

    The formulas are in docs/vectors.md. One thread learns.

    Examples
    --------
    >>> JoSE(init="counts").epochs_taken
    2
    >>> JoSE(margin=0)
    Traceback (most recent call last):
    ...
    ValueError: `margin` must be a number in (0, 4], got 0.
    """

    loss: str = option(
        "program",
        "Two hinges, for a word and its neighbour and for a word and its sentence, as in the "
        "program of the authors, or a joint one, as in their article.",
        choices=("program", "joint"),
    )
    init: str = option(
        "random",
        "Start at random points, or from vectors by counts.",
        choices=("random", "counts"),
    )
    negatives: int = option(2, "Random words beside each true one.", least=1, most=100)
    margin: float | None = option(
        None,
        "How much nearer a true word must be than a random one, as a cosine; by default .15, from "
        "counts .5.",
        above=0,
        most=4,
    )
    epochs: int | None = option(
        None, "Passes over the text; by default 10, from counts 2.", least=1, most=10_000
    )
    rate: float = option(
        0.04, "First length of a step; it falls to nothing in a straight line.", above=0, most=1
    )
    sample: float = option(
        1e-3, "Words of a higher frequency are thinned; 0 thins none.", least=0, most=1
    )

    @property
    def margin_taken(self) -> float:
        """The margin, or its default."""
        return _MARGINS[self.init] if self.margin is None else self.margin

    @property
    def epochs_taken(self) -> int:
        """The number of epochs, or its default."""
        return _EPOCHS[self.init] if self.epochs is None else self.epochs


def sphere_of(training: Mapping[str, Any]) -> JoSE | None:
    """How vectors on the sphere were learned, by what their file says; None of other vectors.

    Raises
    ------
    KeyError, ValueError, TypeError
        A parameter is missing, or cannot be.

    Examples
    --------
    >>> sphere_of({"method": "counts"}) is None
    True
    """
    if training.get("method") != "jose":
        return None
    return JoSE(**{f.name: training[f.name] for f in fields(JoSE)})
