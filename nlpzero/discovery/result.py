"""What discovery returns: words with their evidence."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple


class Removal(NamedTuple):
    """How many candidates a threshold removed.

    threshold : str
        Its parameter: "min_count", "min_pmi"...
    removed : int
    value : Any
        The value in force.
    """

    threshold: str
    removed: int
    value: Any


class Word(NamedTuple):
    """A discovered word and its evidence.

    word : str
    count : int
        How often it stood alone when the text was cut. Ranked from counts only, without text: how often it
        occurs.
    score : float
        What the words are sorted by.
    pmi : float, in nats
        Smallest PMI over the ways of splitting the word, from all its occurrences; nan if there is no way.
    split : str
        The word split where it is weakest, as 各项|目.
    left_entropy, right_entropy : float, in nats
        Branching entropy of its neighbours at all its occurrences, each end of a clause being a neighbour of
        its own; nan where it is not known.
    left_edge, right_edge, inside : float in [0, 1]
        By the learned segmenter: mean probability of a boundary at its two edges, and at the gaps inside it,
        where it is a word; nan for the other methods.
    """

    word: str
    count: int  # type: ignore[assignment]  # the tuple method of this name is not missed
    score: float
    pmi: float
    split: str
    left_entropy: float
    right_entropy: float
    left_edge: float = math.nan
    right_edge: float = math.nan
    inside: float = math.nan


@dataclass(frozen=True)
class Discovery:
    """Discovered words, best first, and how they were found.

    Iterating gives :class:`Word` rows.

    Parameters
    ----------
    words : list of Word
        By score, then count, then code points.
    method : str
    thresholds : dict
        All parameters in force, the default ones too.
    removals : list of Removal
        What each threshold removed, in the order in which they act.
    total : int
        Symbols counted.
    hint : str or None
        When nothing was found: which threshold removed most, and what value would keep ten words.
    explanations : dict of str to str
        For each word asked about: where it was dropped, or that it was kept.
    """

    words: list[Word]
    method: str
    thresholds: dict[str, Any]
    removals: list[Removal] = field(default_factory=list)
    total: int = 0
    hint: str | None = None
    explanations: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Word]:
        return iter(self.words)

    def filter(
        self,
        *,
        min_count: int = 1,
        min_pmi: float | Sequence[float] = float("-inf"),
        min_entropy: float = 0.0,
        min_length: int = 1,
        max_length: int | None = None,
        top: int | None = None,
        exclude: Iterable[str] = (),
    ) -> "Discovery":
        """Stricter thresholds on the evidence at hand, without reading the text again.

        Parameters
        ----------
        min_count : int
        min_pmi : float or sequence of float
            For all words, or for words of 2, 3, 4... symbols (the last value goes for all longer ones).
        min_entropy : float
            For the smaller one of both entropies.
        min_length, max_length : int
            In characters.
        top : int, optional
            Keep this many words at most.
        exclude : iterable of str
            Words to leave out.

        Returns
        -------
        Discovery
            The same order, fewer words.
        """
        unwanted = frozenset(exclude)
        floors = [min_pmi] if isinstance(min_pmi, (int, float)) else list(min_pmi)
        kept = [
            word
            for word in self.words
            if word.count >= min_count
            and not word.pmi < floors[min(max(len(word.word) - 2, 0), len(floors) - 1)]
            and not min(word.left_entropy, word.right_entropy) < min_entropy
            and min_length <= len(word.word)
            and (max_length is None or len(word.word) <= max_length)
            and word.word not in unwanted
        ]
        return replace(self, words=kept[:top])

    def to_dataframe(self) -> Any:
        """The words as a pandas DataFrame with the columns of :class:`Word`; needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.words, columns=list(Word._fields))
