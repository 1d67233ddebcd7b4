"""Discovered words with their evidence, as columns: thousands or millions of them, best first."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.novelty import COMBINATION_SAVING, FRAGMENT_SHARE
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats, Symbols
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
    novelty : float in [0, 1)
        Share of its description that the word saves, if it is a word, is free, and is new:
        :func:`nlpzero.discovery.novelty.novelty_scores`. On one scale for all texts and methods,
        but without the certainty of a segmenter for the other methods than learned.
    part_of : str
        The longer word inside which it stands at 80 % of its occurrences and more: then it is a
        fragment. Else empty.
    combination : str
        The words it is a free combination of, as 买|了: writing it by them costs less than 4 nats
        more. Else empty.
    similarity : float in [-1, 1]
        To the words that :meth:`nlpzero.Discovery.like` was given; nan without these.
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
    novelty: float = math.nan
    part_of: str = ""
    combination: str = ""
    similarity: float = math.nan


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
    occurrences : ndarray of int64
        How often the string of each word occurs.
    saving, reading, holder, held, numbers : ndarrays
        As in :class:`nlpzero.discovery.novelty.Unity`.
    novelty : ndarray of float64
    similarity : ndarray of float64, optional
        To some words; nan for a word without a vector.
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
    occurrences: Counts
    saving: Floats
    reading: Counts
    holder: Counts
    held: Floats
    numbers: npt.NDArray[np.bool_]
    novelty: Floats
    similarity: Floats | None = None

    @classmethod
    def empty(cls, alphabet: Alphabet) -> "WordColumns":
        none, zero, no = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.bool_)
        return cls(
            alphabet,
            Strings.empty(),
            score=none,
            pmi=none,
            split=zero,
            left_entropy=none,
            right_entropy=none,
            certainty=np.zeros((3, 0)),
            runs=no,
            occurrences=zero,
            saving=none,
            reading=zero,
            holder=zero,
            held=none,
            numbers=no,
            novelty=none,
        )

    @property
    def fragments(self) -> npt.NDArray[np.bool_]:
        """Whether a word almost always stands inside one longer word."""
        return self.held >= FRAGMENT_SHARE

    @property
    def combinations(self) -> npt.NDArray[np.bool_]:
        """Whether other words spell a word at nearly no further cost."""
        return (self.reading > 0) & (self.saving < COMBINATION_SAVING)

    def __len__(self) -> int:
        return len(self.score)

    def take(self, rows: npt.NDArray[np.int64]) -> "WordColumns":
        """Some rows, by their numbers; a holder that is not among them is not known."""
        taken: dict[str, Any] = {
            f.name: getattr(self, f.name)[..., rows]
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        places = np.full(len(self) + 1, -1)
        places[rows] = np.arange(len(rows))
        taken["holder"] = places[taken["holder"]]
        return WordColumns(self.alphabet, self.strings.take(rows), **taken)

    def same(self, other: "WordColumns") -> bool:
        """Whether the words and all evidence are equal."""
        mine, others = self._numbers(), other._numbers()
        return (
            self.texts() == other.texts()
            and len(mine) == len(others)
            and all(
                np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
                for a, b in zip(mine, others, strict=True)
            )
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
            at = chosen[first : first + _ROWS]
            part = self.take(at)
            texts = part.texts()
            holders = np.where(part.fragments, self.holder[at], -1)
            readings = np.where(part.combinations, part.reading, 0)
            yield from map(
                Word._make,
                zip(
                    texts,
                    part.strings.counts.tolist(),
                    part.score.tolist(),
                    _values(part.pmi),
                    [
                        f"{text[:split]}|{text[split:]}" if split else ""
                        for text, split in zip(texts, part.split.tolist(), strict=True)
                    ],
                    _values(part.left_entropy),
                    _values(part.right_entropy),
                    *map(_values, part.certainty),
                    _values(part.novelty),
                    self._texts_of(holders),
                    [
                        _cut(text, cuts) if cuts else ""
                        for text, cuts in zip(texts, readings.tolist(), strict=True)
                    ],
                    [math.nan] * len(at) if part.similarity is None else _values(part.similarity),
                    strict=True,
                ),
            )

    def _texts_of(self, rows: npt.NDArray[np.int64]) -> list[str]:
        """The words of some rows, nothing for the row -1."""
        wanted, inverse = np.unique(rows[rows >= 0], return_inverse=True)
        words = self.strings.take(wanted).decode(self.alphabet)
        texts = [""] * len(rows)
        for place, number in zip(np.flatnonzero(rows >= 0).tolist(), inverse.tolist(), strict=True):
            texts[place] = words[number]
        return texts


def _cut(text: str, cuts: int) -> str:
    """A word cut before the characters that the bits of a number tell."""
    return "".join(f"|{c}" if cuts >> i & 1 else c for i, c in enumerate(text))


def _values(array: Floats) -> list[float]:
    """Floats in which all nan are one object, so that equal rows are equal."""
    values: list[float] = array.tolist()
    for i in np.flatnonzero(np.isnan(array)).tolist():
        values[i] = math.nan
    return values
