"""Slow, obvious versions of what discovery computes, on strings and dictionaries."""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from nlpzero.text.characters import DIGIT, HAN, LETTER, char_classes, code_points


def clauses(text: str) -> list[str]:
    """Longest stretches of ideographs, digits and letters."""
    found, current = [], ""
    for character in text:
        if char_classes(code_points(character))[0] in (HAN, DIGIT, LETTER):
            current += character
        else:
            found.append(current)
            current = ""
    return [clause for clause in [*found, current] if clause]


def in_run(character: str) -> bool:
    """Digits and letters form runs that are never cut."""
    return bool(char_classes(code_points(character))[0] in (DIGIT, LETTER))


def cuttable(word: str, at: int) -> bool:
    """Whether a word may be split before its character number ``at``."""
    return not (in_run(word[at - 1]) and in_run(word[at]))


def substring_counts(text: str, longest: int) -> Counter[str]:
    """Occurrences, overlapping ones too, of every string inside a clause."""
    counts: Counter[str] = Counter()
    for clause in clauses(text):
        for start in range(len(clause)):
            for end in range(start + 1, min(start + longest, len(clause)) + 1):
                counts[clause[start:end]] += 1
    return counts


def neighbours(text: str, word: str) -> tuple[Counter[str], Counter[str]]:
    """Left and right neighbours of all occurrences.

    Every end of a clause is a neighbour of its own.
    """
    left: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for number, clause in enumerate(clauses(text)):
        for start in range(len(clause) - len(word) + 1):
            end = start + len(word)
            if clause[start:end] == word:
                left[clause[start - 1] if start else f"<{number}"] += 1
                right[clause[end] if end < len(clause) else f"{number}>"] += 1
    return left, right


def entropy(counts: Counter[str]) -> float:
    total = sum(counts.values())
    return -sum(c / total * math.log(c / total) for c in counts.values())


def weakest_split(word: str, counts: Counter[str], total: int) -> tuple[float, int]:
    """Smallest PMI over the splits that cut no run, and the first place that has it.

    Inf and 0 for none.
    """
    best, place = math.inf, 0
    for at in range(1, len(word)):
        if cuttable(word, at):
            value = math.log(total * counts[word] / (counts[word[:at]] * counts[word[at:]]))
            if value < best - 1e-12:
                best, place = value, at
    return best, place


def strong_ngrams(text: str, order: int, min_count: int, min_pmi: Sequence[float]) -> set[str]:
    counts = substring_counts(text, order)
    total = sum(count for word, count in counts.items() if len(word) == 1)
    return {
        word
        for word, count in counts.items()
        if len(word) >= 2
        and count >= min_count
        and weakest_split(word, counts, total)[0] >= min_pmi[len(word) - 2] - 1e-12
    }


def lenient_cut(clause: str, strong: set[str], order: int) -> list[str]:
    """Keep a gap that lies inside a strong n-gram which cuts no run at its ends, or inside a
    run.
    """
    joined = [False] * (len(clause) + 1)
    for gap in range(1, len(clause)):
        joined[gap] = not cuttable(clause, gap)
    for start in range(len(clause)):
        for end in range(start + 2, min(start + order, len(clause)) + 1):
            clean = (start == 0 or cuttable(clause, start)) and (
                end == len(clause) or cuttable(clause, end)
            )
            if clean and clause[start:end] in strong:
                joined[start + 1 : end] = [True] * (end - start - 1)
    pieces, begin = [], 0
    for gap in range(1, len(clause) + 1):
        if not joined[gap]:
            pieces.append(clause[begin:gap])
            begin = gap
    return pieces


def is_real(piece: str, strong: set[str], order: int, strict: bool) -> bool:
    """The back-tracking rule."""
    if all(in_run(character) for character in piece):
        return False
    if len(piece) == 2:
        return piece in strong
    shortest = 3 if strict else min(len(piece), order)
    return all(
        piece[start : start + size] in strong
        for size in range(shortest, min(len(piece), order) + 1)
        for start in range(len(piece) - size + 1)
    )


def cohesion_words(
    text: str, order: int, min_count: int, min_pmi: Sequence[float], strict: bool = False
) -> dict[str, int]:
    """Words of two or more characters and how often the cut left them standing alone."""
    strong = strong_ngrams(text, order, min_count, min_pmi)
    pieces: Counter[str] = Counter()
    for clause in clauses(text):
        pieces.update(lenient_cut(clause, strong, order))
    return {
        piece: count
        for piece, count in pieces.items()
        if len(piece) >= 2 and count >= min_count and is_real(piece, strong, order, strict)
    }


def joinable_pairs(text: str, unit: str) -> int:
    """How many pairs of a unit with itself can be joined."""
    pairs = 0
    for clause in clauses(text):
        run = 0
        for character in clause + "\n":
            if character == unit:
                run += 1
            else:
                pairs += run // 2
                run = 0
    return pairs


def pair_gain(text: str, pair: str, price: float) -> float:
    """Change of the information per unit that joining a pair brings, from the definition.

    Price above 1 nat costs more.
    """
    units: Counter[str] = Counter()
    joined: Counter[str] = Counter()
    for clause in clauses(text):
        units.update(clause)
        i = 0
        while i < len(clause):
            step = 2 if clause[i : i + 2] == pair else 1
            joined[clause[i : i + step]] += 1
            i += step
    length = 1.0  # all units are single characters

    def per_character(counts: Counter[str]) -> float:
        return entropy(counts) / (
            sum(len(unit) * count for unit, count in counts.items()) / sum(counts.values())
        )

    total = sum(units.values())
    gain = -(per_character(joined) - per_character(units)) * length
    return gain - (price - 1) * joined[pair] / total


def cut_weak_pairs(text: str, strong: set[str]) -> Counter[str]:
    """Pieces between the weak pairs."""
    pieces: Counter[str] = Counter()
    for clause in clauses(text):
        begin = 0
        for gap in range(1, len(clause) + 1):
            if gap == len(clause) or (
                cuttable(clause, gap) and clause[gap - 1 : gap + 1] not in strong
            ):
                pieces[clause[begin:gap]] += 1
                begin = gap
    return pieces


def best_split(word: str, counts: dict[str, int], total: int) -> list[str]:
    """Most probable way to write a word with the units of a dictionary, the word itself excluded;
    recursive.
    """
    score: dict[int, tuple[float, list[str]]] = {0: (0.0, [])}
    for end in range(1, len(word) + 1):
        options = []
        for start in range(end):
            unit = word[start:end]
            if start in score and (start, end) != (0, len(word)) and counts.get(unit, 0) > 0:
                value, path = score[start]
                options.append((value + math.log(counts[unit] / total), [*path, unit]))
        if options:
            score[end] = max(options, key=lambda option: option[0])
    return score[len(word)][1] if len(word) in score else []


def group_by_length(words: Sequence[str]) -> dict[int, list[str]]:
    groups = defaultdict(list)
    for word in words:
        groups[len(word)].append(word)
    return dict(groups)
