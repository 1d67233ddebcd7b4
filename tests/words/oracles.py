"""Word counting the slow and obvious way."""

from collections import Counter
from collections.abc import Callable, Iterable


def count(lines: Iterable[str], cut: Callable[[str], list[str]]) -> Counter[str]:
    """Every token of every line, one at a time; white space is no word."""
    counts: Counter[str] = Counter()
    for line in lines:
        for token in cut(line):
            if token.strip():
                counts[token] += 1
    return counts


def document_frequency(documents: Iterable[Iterable[str]]) -> Counter[str]:
    """In how many documents, each given by its tokens, a word is."""
    frequency: Counter[str] = Counter()
    for tokens in documents:
        for token in {token for token in tokens if token.strip()}:
            frequency[token] += 1
    return frequency


def ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    """By descending count, then by code points."""
    return sorted(counts.items(), key=lambda item: (-item[1], [ord(char) for char in item[0]]))


def ngrams(clauses: Iterable[str], low: int, high: int) -> Counter[str]:
    """Substrings of clauses."""
    return Counter(
        clause[i : i + k]
        for clause in clauses
        for k in range(low, high + 1)
        for i in range(len(clause) - k + 1)
    )
