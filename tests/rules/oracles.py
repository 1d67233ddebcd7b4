"""Slow, obvious versions of itemsets, rules and their metrics, straight from the definitions."""

import math
from itertools import combinations


def count(itemset, transactions):
    wanted = set(itemset)
    return sum(wanted <= set(t) for t in transactions)


def frequent(transactions, min_count, max_len=None):
    """All itemsets with at least min_count occurrences: every subset of every transaction is
    tried.
    """
    found = {}
    for t in transactions:
        items = sorted(set(t))
        for size in range(1, (max_len or len(items)) + 1):
            for itemset in combinations(items, size):
                if itemset not in found:
                    found[itemset] = count(itemset, transactions)
    return {itemset: c for itemset, c in found.items() if c >= min_count}


def closed(found):
    return {
        s: c
        for s, c in found.items()
        if not any(set(s) < set(t) and c == d for t, d in found.items())
    }


def maximal(found):
    return {s: c for s, c in found.items() if not any(set(s) < set(t) for t in found)}


def metrics(n, both, left, right):
    """Metrics of a rule from counts, by the formulas of mlxtend's documentation (and cosine)."""
    s, a, c = both / n, left / n, right / n
    confidence = both / left  # s / a, but rounded once: 3/4 is 0.75 whatever n is
    leverage = s - a * c
    zhang_below = max(s * (1 - a), a * (c - s))
    return {
        "antecedent support": a,
        "consequent support": c,
        "support": s,
        "confidence": confidence,
        "lift": confidence / c,
        "representativity": 1.0,
        "leverage": leverage,
        "conviction": math.inf if both == left else (1 - c) / (1 - confidence),
        "zhangs_metric": 0.0 if zhang_below == 0 else leverage / zhang_below,
        "jaccard": s / (a + c - s),
        "certainty": 0.0 if right == n else (confidence - c) / (1 - c),
        "kulczynski": (confidence + s / c) / 2,
        "cosine": s / math.sqrt(a * c),
    }


def rules(transactions, min_count, multi=False):
    """(antecedent, consequent) -> metrics, for all rules between frequent itemsets."""
    found = frequent(transactions, min_count)
    result = {}
    for itemset in found:
        for size in range(1, len(itemset) if multi else 2):
            if size == len(itemset):
                continue
            for right in combinations(itemset, size):
                left = tuple(i for i in itemset if i not in right)
                result[left, right] = metrics(
                    len(transactions), found[itemset], found[left], found[right]
                )
    return result


def redundant(rule, rules):
    """Whether a rule with fewer antecedents and the same consequent is at least as confident."""
    left, right = rule
    return any(
        r == right and set(a) < set(left) and m["confidence"] >= rules[rule]["confidence"]
        for (a, r), m in rules.items()
    )
