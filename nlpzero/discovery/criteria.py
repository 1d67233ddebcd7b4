"""Thresholds on words that were found, what becomes of some kinds of them, and their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.words import WordColumns

#: What words can be sorted by.
Order = Literal["novelty", "score", "count", "pmi", "entropy", "similarity"]
#: What can become of fragments and of combinations; those that are marked have a column that says
#: what they belong to.
Treatment = Literal["keep", "mark", "drop"]


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


@dataclass(frozen=True)
class Criteria:
    """Thresholds on words that were found, and their order; the defaults are those of
    :class:`Discovery`.
    """

    min_count: int | None = None
    min_pmi: float | tuple[float, ...] | None = None
    min_entropy: float = 0.0
    min_length: int = 2
    max_length: int | None = None
    exclude: frozenset[str] = frozenset()
    latin: bool = False
    new: bool = False
    top: int | None = None
    contains: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None
    within: tuple[str, ...] | None = None
    stopwords: frozenset[str] = frozenset()
    sort: Order | None = None
    numbers: bool | None = None
    fragments: Treatment | None = None
    combinations: Treatment | None = None
    like: frozenset[str] = frozenset()
    min_similarity: float | None = None

    @property
    def order(self) -> Order:
        """What the words are sorted by: those like others by similarity, new words by novelty,
        unless another order is asked for.
        """
        if self.sort is not None:
            return self.sort
        if self.like:
            return "similarity"
        return "novelty" if self.exclude or self.new else "score"

    @property
    def treatments(self) -> dict[str, Any]:
        """What becomes of numbers, fragments and combinations, as asked for or by the order."""
        by_novelty = self.order == "novelty"
        asked = {
            "numbers": (self.numbers, not by_novelty),
            "fragments": (self.fragments, "drop" if by_novelty else "keep"),
            "combinations": (self.combinations, "keep"),
        }
        return {name: usual if own is None else own for name, (own, usual) in asked.items()}

    def sorted(self, words: WordColumns, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows of words that stand by score, in the order asked for; ties stay by score."""
        if self.order == "score":
            return rows
        keys: npt.NDArray[Any] | None = {
            "novelty": words.novelty,
            "count": words.strings.counts,
            "pmi": words.pmi,
            "entropy": np.minimum(words.left_entropy, words.right_entropy),
            "similarity": words.similarity,
        }[self.order]
        assert keys is not None
        return rows[np.argsort(-keys[rows], kind="stable")]  # nan is last

    def faults(self, words: WordColumns) -> Iterator[tuple[str, Any, npt.NDArray[np.bool_]]]:
        """Each threshold in force, its value, and which words it is against."""
        lengths = words.strings.lengths
        freedom = np.minimum(words.left_entropy, words.right_entropy)
        yield "min_entropy", self.min_entropy, freedom < self.min_entropy
        yield "min_length", self.min_length, lengths < self.min_length
        if self.max_length is not None:
            yield "max_length", self.max_length, lengths > self.max_length
        if self.exclude:
            listed = np.array([text in self.exclude for text in words.texts()], bool)
            yield "exclude", len(self.exclude), listed
        if self.min_count is not None:
            yield "min_count", self.min_count, words.strings.counts < self.min_count
        if self.min_pmi is not None:
            floors = np.atleast_1d(np.array(self.min_pmi, float))
            floor = floors[np.clip(lengths - 2, 0, len(floors) - 1)]
            yield "min_pmi", self.min_pmi, words.pmi < floor
        if self.new:
            from nlpzero.learning.base_segmenter import shipped_base  # two megabytes to read

            yield "new", True, shipped_base().counts_of(words.texts()) > 0
        if self.stopwords:
            stopped = np.array([text in self.stopwords for text in words.texts()], bool)
            yield "stopwords", len(self.stopwords), stopped
        if words.similarity is not None:
            seeds = np.array([text in self.like for text in words.texts()], bool)
            yield "like", len(self.like), seeds
            least = -1.0 if self.min_similarity is None else self.min_similarity
            # a word without a vector is like none
            yield "min_similarity", least, ~(words.similarity >= least)
        treated = self.treatments
        if not treated["numbers"]:
            yield "numbers", False, words.numbers
        if treated["fragments"] == "drop":
            yield "fragments", "drop", words.fragments
        if treated["combinations"] == "drop":
            yield "combinations", "drop", words.combinations
        yield from self._pattern_faults(words)

    def _pattern_faults(self, words: WordColumns) -> Iterator[tuple[str, Any, Any]]:
        if self.contains is self.without is self.within is None:
            return
        from nlpzero.segmentation.patterns import PatternSet  # brings Aho-Corasick with it

        texts = words.texts()
        if self.contains is not None:
            yield "contains", len(self.contains), ~PatternSet(self.contains).occurs_in(texts)
        if self.without is not None:
            yield "without", len(self.without), PatternSet(self.without).occurs_in(texts)
        if self.within is not None:
            found = PatternSet(texts)
            inside = {word for text in self.within for _, _, word in found.find(text)}
            yield "within", len(self.within), np.array([text not in inside for text in texts], bool)

    def judged(self, words: WordColumns) -> tuple[npt.NDArray[np.int64], list[Removal]]:
        """Rows that pass, best first, before `top`, and what each threshold removed of the others.

        Single characters and runs of digits and letters that are not asked for were never
        candidates.
        """
        kept = ~words.runs | self.latin
        if self.min_length > 1:
            kept &= words.strings.lengths > 1
        removals = []
        for name, value, fault in self.faults(words):
            removed = int((kept & fault).sum())
            if removed or name not in _ALWAYS_ON:
                removals.append(Removal(name, removed, value))
            kept &= ~fault
        return self.sorted(words, np.flatnonzero(kept)), removals

    def fault_of(self, words: WordColumns, row: int) -> tuple[str, Any] | None:
        """The first threshold that a word misses, and its value."""
        word = words.take(np.array([row]))
        if word.runs[0] and not self.latin:
            return "latin", self.latin
        if self.min_length > 1 and len(word.strings.symbols) == 1:
            return "min_length", self.min_length
        return next((fault[:2] for fault in self.faults(word) if fault[2][0]), None)


# thresholds that are in force without being asked for; told only where they removed something
_ALWAYS_ON = ("min_entropy", "min_length")


def reason_of(word: WordColumns, name: str, threshold: Any) -> tuple[float | None, str]:
    """What of a word misses a threshold, and how to say so."""
    length = len(word.strings.symbols)
    if name == "min_entropy":
        freedom = float(np.minimum(word.left_entropy, word.right_entropy)[0])
        return freedom, f"an entropy is below min_entropy {threshold:g}"
    if name == "min_pmi":
        pmi = float(word.pmi[0])
        return pmi, f"its PMI of {pmi:.2f} is below min_pmi"
    if name == "min_similarity":
        assert word.similarity is not None
        value = float(word.similarity[0])
        if np.isnan(value):
            return None, "it has no vector"
        return value, f"its similarity of {value:.2f} is below min_similarity {threshold:g}"
    return {
        "like": (None, "one of the words that others are to be like"),
        "exclude": (None, "on a list to exclude"),
        "new": (None, "the base holds it"),
        "stopwords": (None, "a stop word"),
        "numbers": (None, "a number stands in it"),
        "fragments": (float(word.held[0]), "it stands inside one longer word almost always"),
        "combinations": (float(word.saving[0]), "a free combination of other words"),
        "min_length": (length, f"shorter than min_length {threshold}"),
        "max_length": (length, f"longer than max_length {threshold}"),
        "min_count": (int(word.strings.counts[0]), f"its count is below min_count {threshold}"),
        "contains": (None, "holds none of the strings it must contain"),
        "without": (None, "holds one of the strings it must be without"),
        "within": (None, "stands inside none of the strings asked for"),
    }[name]
