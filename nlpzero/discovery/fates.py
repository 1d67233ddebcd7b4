"""What became of a string by each method: the step that dropped it, and the deciding numbers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates
from nlpzero.discovery.counted_strings import CountedStrings
from nlpzero.discovery.explaining import Explanation
from nlpzero.discovery.methods import Cohesion
from nlpzero.discovery.string_table import Strings, count_among
from nlpzero.engine.arrays import Counts, Floats, Keys, Symbols
from nlpzero.ngrams.keys import PACKED_ORDER, find_keys, pack_rows
from nlpzero.ngrams.table import NGramCounts


@dataclass(frozen=True)
class _Kept:
    """What all methods keep."""

    counts: NGramCounts
    in_run: npt.NDArray[np.bool_]
    min_count: int
    max_length: int

    def is_run(self, symbols: Symbols) -> bool:
        return bool(self.in_run[symbols].all())

    def _too_long(self, word: str, symbols: Symbols) -> Explanation | None:
        if len(symbols) <= self.max_length:
            return None
        told = f"dropped: longer than max_length {self.max_length}"
        return Explanation(word, False, "max_length", len(symbols), self.max_length, told)

    def _counted(self, word: str, count: int, told: str) -> Explanation:
        """Found or not, by how often it stands alone."""
        if count >= self.min_count:
            return Explanation(word, True, "found", count, self.min_count, f"found: {told}")
        sentence = f"dropped: {told}, min_count is {self.min_count:,}"
        return Explanation(word, False, "min_count", count, self.min_count, sentence)


@dataclass(frozen=True)
class LearnedFates(_Kept):
    """What tells the fate of a string by the learned method: all words of the segmentation."""

    words: CountedStrings

    def alone(self, symbols: Symbols) -> int:
        return self.words.count_of(symbols)

    def fate(self, word: str, symbols: Symbols) -> Explanation:
        count = self.words.count_of(symbols)
        among = ""
        if len(symbols) <= PACKED_ORDER:
            total = int(self.counts.lookup(pack_rows(symbols[None, :]), len(symbols))[0])
            among = f" in {total:,} occurrences"
        told = f"{count:,} times a word of the segmentation{among}"
        long = self._too_long(word, symbols) if count >= self.min_count else None
        return long or self._counted(word, count, told)


@dataclass(frozen=True)
class CohesionFates(_Kept):
    """What tells the fate of a string by cohesion.

    strong : ndarray of uint64, ascending
        Keys of the strong n-grams.
    standing_alone : ndarray of int64
        How often each of them does.
    pieces : CountedStrings or None
        The longer pieces and the runs of the text, if there was one.
    singles : ndarray of int64
        How often each symbol stood alone.
    """

    method: Cohesion
    strong: Keys
    standing_alone: Counts
    pieces: CountedStrings | None
    singles: Counts

    def alone(self, symbols: Symbols) -> int:
        return int(self.singles[symbols[0]])

    def fate(self, word: str, symbols: Symbols) -> Explanation:
        length, order = len(symbols), self.method.order
        if length == 1:
            count = self.alone(symbols)
            return self._counted(word, count, f"stands alone {count:,} times")
        long = self._too_long(word, symbols)
        if long is not None:
            return long
        if self.pieces is not None and self.is_run(symbols):
            count = self.pieces.count_of(symbols)
            return self._counted(word, count, f"stands alone {count:,} times")
        for start in range(max(length - order, 0) + 1):
            fault = self._fault(word, symbols[start : start + order], whole=length <= order)
            if fault is not None:
                return fault
        if length <= order:
            key = pack_rows(symbols[None, :])
            count = int(self.standing_alone[find_keys(self.strong, key)[0]])
            among = f" of its {int(self.counts.lookup(key, length)[0]):,} occurrences"
        else:
            count = 0 if self.pieces is None else self.pieces.count_of(symbols)
            among = ""
        if count < self.min_count:
            told = (
                f"dropped: strong, but it stands alone {count:,} times{among}, min_count is "
                f"{self.min_count:,}; the others are part of longer pieces"
            )
            return Explanation(word, False, "min_count", count, self.min_count, told)
        return self._counted(word, count, f"stands alone {count:,} times{among}")

    def _fault(self, word: str, part: Symbols, whole: bool) -> Explanation | None:
        """What is wrong with a part of a word that must be strong, if anything."""
        size = len(part)
        key = pack_rows(part[None, :])
        text = self.counts.alphabet.decode(part)
        name = "" if whole else f"{text}: "
        count = int(self.counts.lookup(key, size)[0])
        if count < self.min_count:
            told = f"dropped: {name}count {count:,}, min_count is {self.min_count:,}"
            return Explanation(word, False, "min_count", count, self.min_count, told)
        if find_keys(self.strong, key)[0] >= 0:
            return None
        grams = Candidates.parts_of(self.counts, key, np.array([size]))
        pmi, split = grams.cohesion_of(key, np.array([count]), np.array([size]))
        at, floor = int(split[0]), self.method.min_pmi[size - 2]
        told = (
            f"dropped: {name}weak at {text[:at]}|{text[at:]}: PMI {pmi[0]:.2f}, "
            f"min_pmi is {floor:g} for {size} characters"
        )
        return Explanation(word, False, "min_pmi", float(pmi[0]), floor, told)


@dataclass(frozen=True)
class MinEntropyFates(_Kept):
    """What tells the fate of a string by minimum entropy.

    pairs : ndarray of uint64, ascending
        Keys of the frequent pairs.
    gains : ndarray of float64, nats in the whole text
        What joining each would save.
    joined : ndarray of bool
        Whether they are.
    pieces : CountedStrings
        What the text was cut into.
    words : Strings
        What was left, with counts handed down.
    singles : ndarray of int64
        The same of single symbols.
    """

    pairs: Keys
    gains: Floats
    joined: npt.NDArray[np.bool_]
    pieces: CountedStrings
    words: Strings
    singles: Counts

    def alone(self, symbols: Symbols) -> int:
        return int(self.singles[symbols[0]])

    def fate(self, word: str, symbols: Symbols) -> Explanation:
        if len(symbols) == 1:
            count = self.alone(symbols)
            return self._counted(word, count, f"stands alone {count:,} times")
        windows = np.lib.stride_tricks.sliding_window_view(symbols, 2)
        rows = find_keys(self.pairs, pack_rows(windows))
        for window, row in zip(windows, rows.tolist(), strict=True):
            text = self.counts.alphabet.decode(window)
            if self.in_run[window].all():
                continue
            if row < 0:
                told = f"dropped: {text}: count below min_count {self.min_count:,}"
                return Explanation(word, False, "min_count", None, self.min_count, told)
            if not self.joined[row]:
                gain = float(self.gains[row])
                told = (
                    f"dropped: joining {text[0]}|{text[1]} would save {gain:.1f} nats in the whole "
                    "text, so it is cut there"
                )
                return Explanation(word, False, "min_gain", gain, 0.0, told)
        long = self._too_long(word, symbols)
        if long is not None:
            return long
        before = self.pieces.count_of(symbols)
        if before < self.min_count:
            return self._counted(word, before, f"stands alone {before:,} times")
        after = count_among(self.words, symbols)
        if after == 0:
            told = (
                f"dropped as redundant: stands alone {before:,} times, but other words explain it"
            )
            return Explanation(word, False, "redundancy", before, None, told)
        told = f"stands alone {before:,} times, {after:,} with what redundant words handed down"
        return self._counted(word, after, told)
