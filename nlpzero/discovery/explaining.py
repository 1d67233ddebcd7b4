"""What became of a string, as it is told; :mod:`nlpzero.discovery.fates` finds it out."""

from dataclasses import dataclass
from typing import Protocol

from nlpzero.engine.arrays import Symbols


@dataclass(frozen=True)
class Explanation:
    """What became of a string; ``str()`` of it is a sentence.

    Parameters
    ----------
    word : str
    kept : bool
        Whether it is among the words.
    step : str
        Where it was dropped: the name of a threshold, "clause" (it holds marks or white space), or
        "redundancy"; "found" for a word.
    value, threshold : float or None
        The word's own number there, and the one in force.
    sentence : str
    """

    word: str
    kept: bool
    step: str
    value: float | None = None
    threshold: float | None = None
    sentence: str = ""

    def __str__(self) -> str:
        return self.sentence


class Fates(Protocol):
    """What a method keeps to tell what became of any string of symbols."""

    def is_run(self, symbols: Symbols) -> bool:
        """Whether it holds digits and letters only."""
        ...

    def alone(self, symbols: Symbols) -> int:
        """How often a single symbol stood alone."""
        ...

    def fate(self, word: str, symbols: Symbols) -> Explanation:
        """Where a word was dropped, or that it was found."""
        ...
