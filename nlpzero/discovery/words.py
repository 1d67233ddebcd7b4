"""Discovered words with their evidence, as columns: thousands or millions of them, best first."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Floats, Symbols
from nlpzero.text.alphabet import Alphabet

_ROWS = 4096  # rows made at a time


class Word(NamedTuple):
    """A discovered word and its evidence.

    word : str
    count : int
        How often it stood alone when the text was cut. Ranked from counts only, without text: how
        often it occurs.
    score : float
        What the words are sorted by; on another scale for each method. Learned words:
        :func:`nlpzero.discovery.ranking.learned_scores`, a count that doubt and bound neighbours
        diminish. The others: :func:`nlpzero.discovery.ranking.classical_scores`, nats of evidence
        above the price of the word's length.
    pmi : float, in nats
        Smallest PMI over the ways of splitting the word, from all its occurrences; nan if there is
        no way.
    split : str
        The word split where it is weakest, as 各项|目.
    left_entropy, right_entropy : float, in nats
        Branching entropy of its neighbours at all its occurrences, each end of a clause being a
        neighbour of its own; nan where it is not known.
    left_edge, right_edge, inside : float in [0, 1]
        By the learned segmenter: mean probability of a boundary at its two edges, and at the gaps
        inside it, where it is a word; nan for the other methods.
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
class WordColumns:
    """Words and their evidence, aligned.

    strings : Strings
        The words as symbols of the alphabet, with their counts.
    split : ndarray of int64
        Symbols before the weakest split; 0 if there is none.
    certainty : ndarray of float64, shape (3, n)
        Left edge, right edge, inside.
    runs : ndarray of bool
        Whether a word is a run of digits and letters.
    """

    alphabet: Alphabet
    strings: Strings
    score: Floats
    pmi: Floats
    split: npt.NDArray[np.int64]
    left_entropy: Floats
    right_entropy: Floats
    certainty: Floats
    runs: npt.NDArray[np.bool_]

    @classmethod
    def empty(cls, alphabet: Alphabet) -> "WordColumns":
        none = np.zeros(0)
        return cls(
            alphabet,
            Strings.empty(),
            none,
            none,
            np.zeros(0, np.int64),
            none,
            none,
            np.zeros((3, 0)),
            np.zeros(0, np.bool_),
        )

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: npt.NDArray[np.int64]) -> "WordColumns":
        """Some rows, by their numbers."""
        return WordColumns(
            self.alphabet,
            self.strings.take(rows),
            self.score[rows],
            self.pmi[rows],
            self.split[rows],
            self.left_entropy[rows],
            self.right_entropy[rows],
            self.certainty[:, rows],
            self.runs[rows],
        )

    def same(self, other: "WordColumns") -> bool:
        """Whether the words and all evidence are equal."""
        return self.texts() == other.texts() and all(
            np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
            for a, b in zip(self._numbers(), other._numbers(), strict=True)
        )

    def _numbers(self) -> list[npt.NDArray[Any]]:
        own = [getattr(self, f.name) for f in fields(self)]
        return [self.strings.counts, *(value for value in own if isinstance(value, np.ndarray))]

    def texts(self) -> list[str]:
        """The words."""
        return self.strings.decode(self.alphabet)

    def row_of(self, symbols: Symbols) -> int:
        """Row of a word, or -1."""
        same = np.flatnonzero(self.strings.lengths == len(symbols))
        starts = self.strings.offsets[same]
        for j, symbol in enumerate(symbols):
            equal = self.strings.symbols[starts + j] == symbol
            same, starts = same[equal], starts[equal]
        return int(same[0]) if len(same) else -1

    def rows(self, chosen: npt.NDArray[np.int64]) -> Iterator[Word]:
        """The rows of some numbers, made some thousands at a time."""
        for first in range(0, len(chosen), _ROWS):
            part = self.take(chosen[first : first + _ROWS])
            texts = part.texts()
            yield from map(
                Word._make,
                zip(
                    texts,
                    part.strings.counts.tolist(),
                    part.score.tolist(),
                    _values(part.pmi),
                    [
                        f"{text[:at]}|{text[at:]}" if at else ""
                        for text, at in zip(texts, part.split.tolist(), strict=True)
                    ],
                    _values(part.left_entropy),
                    _values(part.right_entropy),
                    *map(_values, part.certainty),
                    strict=True,
                ),
            )


def _values(array: Floats) -> list[float]:
    """Floats in which all nan are one object, so that equal rows are equal."""
    values: list[float] = array.tolist()
    for i in np.flatnonzero(np.isnan(array)).tolist():
        values[i] = math.nan
    return values
