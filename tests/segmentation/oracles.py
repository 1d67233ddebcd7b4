"""Slow, obvious versions of the language model and the segmenters, on plain strings and
dictionaries.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

BEGIN, END = "<s>", "</s>"

Gram = tuple[str, ...]


def clauses(text: str) -> list[str]:
    """Runs of Han characters, Latin letters and ASCII digits.

    Enough for tests that use no others.
    """
    return re.findall(r"[\u4e00-\u9fff\U00020000-\U0002a6dfA-Za-z0-9]+", text)


class SlowKneserNey:
    """Interpolated modified Kneser–Ney on sentences, written from the definition."""

    def __init__(self, sentences: Sequence[str], order: int) -> None:
        self.order = order
        padded = [[BEGIN, *sentence, END] for sentence in sentences]
        raw: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        for words in padded:
            for k in range(1, order + 1):
                for i in range(len(words) - k + 1):
                    raw[k][tuple(words[i : i + k])] += 1
        self.adjusted: list[dict[Gram, int]] = [{} for _ in range(order + 1)]
        for k in range(1, order + 1):
            before = defaultdict(set)
            if k < order:
                for gram in raw[k + 1]:
                    before[gram[1:]].add(gram[0])
            for gram, count in raw[k].items():
                if gram == (BEGIN,):
                    continue
                whole = k == order or gram[0] == BEGIN
                self.adjusted[k][gram] = count if whole else len(before[gram])
        self.discounts = [[0.0] * 4] + [
            self._discounts(list(self.adjusted[k].values())) for k in range(1, order + 1)
        ]
        self.vocabulary = {gram[0] for gram in self.adjusted[1]}

    @staticmethod
    def _discounts(values: list[int]) -> list[float]:
        t = [sum(v == j for v in values) for j in range(5)]
        if all(t[1:]):
            y = t[1] / (t[1] + 2 * t[2])
            d = [j - (j + 1) * y * t[j + 1] / t[j] for j in (1, 2, 3)]
            if all(0 <= d[j - 1] <= j for j in (1, 2, 3)):
                return [0.0, *d]
        return [0.0, 0.5, 1.0, 1.5]

    def probability(self, word: str, context: Sequence[str]) -> float:
        context = tuple(context)[-(self.order - 1) :] if self.order > 1 else ()
        return self._probability(word if word in self.vocabulary else "<unk>", context)

    def _probability(self, word: str, context: Gram) -> float:
        k = len(context) + 1
        after = {g: a for g, a in self.adjusted[k].items() if g[:-1] == context}
        total = sum(after.values())
        if k > 1 and total == 0:
            return self._probability(word, context[1:])
        discount = self.discounts[k]
        a = after.get((*context, word), 0)
        d = {g: min(discount[min(v, 3)], v) for g, v in after.items()}
        left = sum(d.values()) / total
        lower = 1 / (len(self.vocabulary) + 1) if k == 1 else self._probability(word, context[1:])
        own = (a - d[(*context, word)]) / total if a else 0.0
        return own + left * lower

    def score(self, sentence: str, bounds: bool = True) -> float:
        words = [BEGIN, *sentence, END] if bounds else list(sentence)
        return sum(
            math.log(self.probability(words[i], words[max(0, i - self.order + 1) : i]))
            for i in range(1 if bounds else 0, len(words))
        )


def all_cuts(size: int) -> Iterator[tuple[int, ...]]:
    """Every way to cut a string, as the places where pieces begin (with 0 and without the end)."""
    for mask in range(1 << max(size - 1, 0)):
        yield (0, *(i + 1 for i in range(size - 1) if mask >> i & 1))


def pieces(text: str, cut: Sequence[int]) -> list[str]:
    return [text[a:b] for a, b in zip(cut, [*cut[1:], len(text)], strict=True)]


def tag_score(model: SlowKneserNey, words: list[str], weights: Sequence[float]) -> float:
    """Log score of a cut of one clause under the model of places in words."""
    text = "".join(words)
    score = 0.0
    at = 0
    for word in words:
        for i, character in enumerate(word):
            context = text[at + max(0, i - model.order + 1) : at + i]
            score += math.log(model.probability(character, context))
            if i:
                score += math.log(weights[min(i, len(weights)) - 1])
        at += len(word)
    return score


def word_score(words: list[str], scores: Mapping[str, float], unknown: float) -> float:
    """Log score of a cut into words of a list; a single character may be unknown."""
    total = 0.0
    for word in words:
        total += scores.get(word, unknown if len(word) == 1 else -math.inf)
    return total
