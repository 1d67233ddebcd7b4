"""The configuration of the segmenter by a character language model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nlpzero.engine.config import Config, option

if TYPE_CHECKING:
    from nlpzero.text.alphabet import Alphabet

#: Factors for words that go on after one, two, three and more symbols (kexue.fm/archives/3956).
DEFAULT_WEIGHTS = (0.15, 0.01, 0.01, 0.001)


@dataclass(frozen=True)
class CharacterModel(Config):
    """Places of characters in words under a character language model: count, smooth, done.

    Parameters
    ----------
    order : int in [1, 5]
    weights : sequence of float in (0, 1], two or more
        See :class:`nlpzero.LanguageModelSegmenter`.
    first : {"continuation", "frequency"}
        See :class:`nlpzero.LanguageModelSegmenter`.
    min_count : int >= 1
        Leave out rarer n-grams of the orders 3 and up from the model. 2 costs about .001 of F1 and
        makes a model a third of the size.
    alphabet : Alphabet, optional
        Default: runs of digits, letters and Han numerals are symbols, so that 2001年 and K线 can be
        words.

    Examples
    --------
    >>> CharacterModel(weights=(0.5,))
    Traceback (most recent call last):
    ...
    ValueError: `weights` must be two or more numbers in (0, 1], got [0.5].
    """

    order: int = option(4, "Longest n-grams.", least=1, most=5)
    weights: tuple[float, ...] = option(
        DEFAULT_WEIGHTS,
        "Factors for words that go on after 1, 2, 3... characters; smaller ones make shorter "
        "words.",
    )
    first: str = option(
        "continuation",
        "Probability of a word's first character: in how many contexts, or how often it occurs.",
        choices=("continuation", "frequency"),
    )
    min_count: int = option(
        2, "Leave rarer n-grams of the orders 3 and up out of the model.", least=1
    )
    alphabet: "Alphabet | None" = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_weights(self.weights)


def check_weights(weights: Sequence[float]) -> tuple[float, ...]:
    """The factors of a character model, if they are such."""
    if not 2 <= len(weights) <= 255 or not all(0 < w <= 1 for w in weights):
        raise ValueError(f"`weights` must be two or more numbers in (0, 1], got {list(weights)}.")
    return tuple(float(w) for w in weights)
