"""The methods of discovery: one configuration each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from nlpzero.engine.config import Config, option
from nlpzero.learning.methods import CoTraining

if TYPE_CHECKING:
    from nlpzero.learning.segmenter import LearnedSegmenter

DEFAULT_MIN_PMI = (2.0, 4.0, 6.0)
DEFAULT_MAX_LENGTH = 20
# the price of a pair at which minimum entropy asks for the exact gain F > 0
DEFAULT_MIN_GAIN = 1.0

_FOLD_WIDTH = "Read full-width letters and digits as half-width ones."


@dataclass(frozen=True)
class Learned(Config):
    """Words as a segmenter cuts them that learned from the text.

    Parameters
    ----------
    segmenter : LearnedSegmenter, optional
        The segmenter to use. Default: it learns from the text itself.
    training : CoTraining
        How it does that.
    """

    name: ClassVar[str] = "learned"

    segmenter: "LearnedSegmenter | None" = None
    training: CoTraining = field(default_factory=CoTraining)


@dataclass(frozen=True)
class Cohesion(Config):
    """Words that no strong n-gram lets go: the text is cut where none covers a gap.

    Parameters
    ----------
    order : int in [2, 4]
        Longest n-grams looked at; words may be longer.
    min_pmi : tuple of float, in nats
        The least PMI, at the weakest split, of n-grams of 2, 3... symbols: one number for each
        length up to the order.
    strict_backtrack : bool
        Of pieces of three symbols and more, all windows of three symbols and more must be strong;
        otherwise only those of the full order (or the piece itself, if it is not longer).
    fold_width : bool
        Read full-width letters and digits as half-width ones.

    Examples
    --------
    >>> Cohesion(order=2)
    Cohesion(order=2, min_pmi=(2.0,), strict_backtrack=False, fold_width=False)
    >>> Cohesion(min_pmi=(2, 4))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    ValueError: `min_pmi` must have 3 numbers for order 4, one for each length from 2 to 4...
    """

    name: ClassVar[str] = "cohesion"

    order: int = option(
        4, "Longest n-grams that cohesion looks at; words may be longer.", least=2, most=4
    )
    min_pmi: tuple[float, ...] = option(
        DEFAULT_MIN_PMI, "Least PMI at the weakest split, in nats, for 2, 3 and 4 characters."
    )
    strict_backtrack: bool = option(
        False,
        "All n-grams in a word of 3 and more characters must be strong, not only the longest.",
    )
    fold_width: bool = option(False, _FOLD_WIDTH)

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.min_pmi
        values = tuple(given) if isinstance(given, Iterable) else (given,)
        if values == DEFAULT_MIN_PMI:
            values = values[: self.order - 1]
        if len(values) != self.order - 1:
            raise ValueError(
                f"`min_pmi` must have {self.order - 1} numbers for order {self.order}, one for "
                f"each length from 2 to {self.order}, got {given!r}."
            )
        object.__setattr__(self, "min_pmi", tuple(map(float, values)))


@dataclass(frozen=True)
class MinEntropy(Config):
    """Words by minimum entropy: the text is cut between neighbours that save nothing by being
    joined.

    Parameters
    ----------
    min_gain : float, in nats
        The price of a pair: what joining must save for each. 1 is the exact gain F > 0, higher
        prices cut more.
    fold_width : bool
        Read full-width letters and digits as half-width ones.
    """

    name: ClassVar[str] = "min-entropy"

    min_gain: float = option(
        DEFAULT_MIN_GAIN,
        "The price of joining a pair, in nats; 1 is the exact gain of information, more cuts more.",
    )
    fold_width: bool = option(False, _FOLD_WIDTH)


Method = Learned | Cohesion | MinEntropy
#: Configuration of each method by its name.
METHODS: dict[str, type[Learned] | type[Cohesion] | type[MinEntropy]] = {
    config.name: config for config in (Learned, Cohesion, MinEntropy)
}


def as_method(method: Method | str) -> Method:
    """A configuration, or the default one of the method of this name.

    Examples
    --------
    >>> as_method("min-entropy")
    MinEntropy(min_gain=1.0, fold_width=False)
    """
    if isinstance(method, (Learned, Cohesion, MinEntropy)):
        return method
    if not isinstance(method, str):
        raise TypeError(f"`method` must be Learned(), Cohesion() or MinEntropy(), got {method!r}.")
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}, got {method!r}.")
    return METHODS[method]()


def default_min_count(total: int) -> int:
    """Smallest count of a word by default: 2 for a page, 5 for a novel, 8 for a year of news, 32
    for a library.

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
    The exponent joins the two values Su Jianlin gives: 8 for a few million characters, 32 for ten
    billion.

    Examples
    --------
    >>> [default_min_count(n) for n in (5_000, 1_000_000, 10_000_000, 10_000_000_000)]
    [2, 5, 8, 32]
    """
    return max(2, round(2 * (total / 10_000) ** 0.2))
