"""Slow, obvious versions of the template matcher, the parser and the template finder."""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction

Elements = tuple[str | None, ...]


def matches(elements: Elements, words: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Positions of the template's words in every exact match over all of `words`."""
    places = [i for i, e in enumerate(elements) if e is not None]
    for chosen in itertools.combinations(range(len(words)), len(places)):
        if any(words[at] != elements[place] for at, place in zip(chosen, places, strict=True)):
            continue
        shape: list[str | None] = []
        at = 0
        for position in chosen:
            if position > at:
                shape.append(None)
            shape.append(words[position])
            at = position + 1
        if at < len(words):
            shape.append(None)
        if tuple(shape) == elements:
            yield chosen


def best_parse(
    words: Sequence[str], scores: dict[Elements, Fraction], null_score: Fraction
) -> tuple[Fraction, tuple]:
    """Exact score and tree (start, end, elements or None, children) by trying everything."""

    def best(start: int, end: int) -> tuple[Fraction, tuple]:
        # score, words in the main template, their places: greater is better
        candidates: list[tuple[Fraction, int, tuple[int, ...], tuple]] = [
            (null_score * (end - start - 1), 0, (), (start, end, None, ()))
        ]
        for elements, score in scores.items():
            for chosen in matches(elements, words[start:end]):
                total = score
                children = []
                at = start
                for position in [*(c + start for c in chosen), end]:
                    if position > at:
                        gap_score, gap = best(at, position)
                        total += gap_score
                        children.append(gap)
                    at = position + 1
                tree = (start, end, elements, tuple(children))
                candidates.append((total, len(chosen), chosen, tree))
        score, _, _, tree = max(candidates, key=lambda c: c[:3])
        return score, tree

    return best(0, len(words))


def find(
    clauses: Sequence[Sequence[str]],
    window: int,
    min_frequency: float,
    min_pmi: float,
    min_count: int,
) -> tuple[Counter[Elements], int]:
    """Template counts from all maximal paths of every clause, and how many templates there are."""
    words = Counter(word for clause in clauses for word in clause)
    pairs = Counter(
        (clause[i], clause[j])
        for clause in clauses
        for i in range(len(clause))
        for j in range(i + 1, min(i + window + 1, len(clause)))
    )
    word_total, pair_total = sum(words.values()), sum(pairs.values())

    def strong(a: str, b: str) -> bool:
        count = pairs[a, b]
        if count < min_count or count / pair_total <= min_frequency:
            return False
        pmi = math.log(count / pair_total) - math.log(words[a] / word_total * words[b] / word_total)
        return pmi > min_pmi

    found: Counter[Elements] = Counter()
    for clause in clauses:
        n = len(clause)
        after = {
            i: [j for j in range(i + 1, min(i + window + 1, n)) if strong(clause[i], clause[j])]
            for i in range(n)
        }
        inner = {j for targets in after.values() for j in targets}

        def paths(i: int, after: dict[int, list[int]] = after) -> Iterator[tuple[int, ...]]:
            if not after[i]:
                yield (i,)
            for j in after[i]:
                for rest in paths(j):
                    yield (i, *rest)

        for i in range(n):
            if i in inner:
                continue
            for path in paths(i):
                shape: list[str | None] = []
                at = 0
                for position in path:
                    if position > at:
                        shape.append(None)
                    shape.append(clause[position])
                    at = position + 1
                if at < n:
                    shape.append(None)
                found[tuple(shape)] += 1
    return found, sum(found.values())


def all_paths(edges: set[tuple[int, int]], n: int) -> list[tuple[int, ...]]:
    """Every path from a place nothing leads to, to a place that leads nowhere."""

    def onward(path: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        targets = [j for i, j in sorted(edges) if i == path[-1]]
        if not targets:
            yield path
        for j in targets:
            yield from onward((*path, j))

    entered = {j for _, j in edges}
    return [path for i in range(n) if i not in entered for path in onward((i,))]


def narrowed(edges: set[tuple[int, int]], n: int, window: int, most: int) -> set[tuple[int, int]]:
    """Links left when groups with more than `most` paths lose their longest ones."""
    edges = set(edges)
    for width in range(window, 0, -1):
        group = list(range(n))
        for i, j in edges:
            old, new = group[j], group[i]
            group = [new if g == old else g for g in group]
        sizes = Counter(group[path[0]] for path in all_paths(edges, n))
        crowded = {g for g, size in sizes.items() if size > most}
        if not crowded:
            break
        edges = {(i, j) for i, j in edges if group[i] not in crowded or j - i != width}
    return edges
