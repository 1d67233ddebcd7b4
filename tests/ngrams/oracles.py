"""Slow, obvious n-gram counting."""

import unicodedata
from collections import Counter
from math import log

from nlpzero.text.unicode_ranges import HAN_RANGES


def is_han(char: str) -> bool:
    return char == "○" or any(first <= ord(char) <= last for first, last in HAN_RANGES)


def in_words(char: str) -> bool:
    """Whether a character belongs to words; for characters the Python in use knows about."""
    point = ord(char)
    if is_han(char):
        return True
    if 0xFE00 <= point <= 0xFE0F or 0x20D0 <= point <= 0x20FF or point >= 0xE0000:
        return False
    return (
        unicodedata.category(char)[0] == "L"
        or unicodedata.category(char) in ("Mn", "Mc", "Nd")
        or 0x2160 <= point <= 0x2188
    )


def clauses(texts: list[str]) -> list[str]:
    found = []
    for text in texts:
        found += "".join(char if in_words(char) else "\n" for char in text).split("\n")
    return [clause for clause in found if clause]


def ngram_counts(texts: list[str], order: int) -> dict[int, Counter[str]]:
    return {
        k: Counter(
            clause[i : i + k] for clause in clauses(texts) for i in range(len(clause) - k + 1)
        )
        for k in range(1, order + 1)
    }


def entropy(texts: list[str], gram: str, right: bool) -> float:
    """Branching entropy from the list of neighbours.

    An end of a clause is a neighbour of its own.
    """
    neighbours: Counter[object] = Counter()
    ends = 0
    for clause in clauses(texts):
        for i in range(len(clause) - len(gram) + 1):
            if clause[i : i + len(gram)] != gram:
                continue
            place = i + len(gram) if right else i - 1
            if 0 <= place < len(clause):
                neighbours[clause[place]] += 1
            else:
                ends += 1
                neighbours["end", ends] = 1
    total = sum(neighbours.values())
    return -sum(n / total * log(n / total) for n in neighbours.values())
