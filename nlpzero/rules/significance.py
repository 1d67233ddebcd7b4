"""How many rules were tried, and which of them chance would not have made."""

from collections.abc import Callable
from math import comb

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Floats
from nlpzero.rules.evidence import fisher_exact, q_values
from nlpzero.rules.itemsets import Itemsets
from nlpzero.rules.rule_filter import RuleFilter

#: Counts of the subsets `mask` of some itemsets of one size; `mask` is over item positions.
CountsOf = Callable[[int, Counts], Counts]


def productive(
    transactions: int, size: int, mask: int, some: Counts, counts_of: CountsOf
) -> Floats:
    """p-values of rules of itemsets of one size whose consequent is `mask`.

    A rule of several antecedent items is tested against each rule with one of them less, among the
    transactions with the others; the largest p-value counts. So an item that adds nothing does not
    pass as part of a rule that holds without it.

    Notes
    -----
    Webb: Discovering significant patterns, Machine Learning 68, 2007 (productive rules, Fisher's
    exact test).
    """
    everything = (1 << size) - 1
    left = everything & ~mask
    both, of_left = counts_of(everything, some), counts_of(left, some)
    if left.bit_count() == 1:
        return fisher_exact(transactions, both, of_left, counts_of(mask, some))
    worst = np.zeros(len(some))
    for j in range(size):
        if left >> j & 1:
            fewer = left & ~(1 << j)
            p = fisher_exact(counts_of(fewer, some), both, of_left, counts_of(fewer | mask, some))
            np.maximum(worst, p, out=worst)
    return worst


def tests_of_size(itemsets: Itemsets, size: int, wanted: RuleFilter) -> int:
    """How many rules of so many items the frequent items can form, frequent or not."""
    names = frozenset(itemsets.names)
    right = names if wanted.consequents is None else names & frozenset(wanted.consequents)
    left = names if wanted.antecedents is None else names & frozenset(wanted.antecedents)
    items, marked, both = len(names), len(left), len(right & left)
    total = 0
    for j in range(1, size if wanted.multi_consequents else 2):
        # consequents of j items, t of them among those that antecedents must have one of
        for t in range(min(j, both) + 1):
            ways = comb(both, t) * comb(len(right) - both, j - t)
            free = items - j
            unmarked = max(free - (marked - t), 0)
            total += ways * (comb(free, size - j) - comb(unmarked, size - j))
    return total


def adjusted(itemsets: Itemsets, wanted: RuleFilter, sizes: Counts, p: Floats) -> Floats:
    """q-values of rules of several sizes.

    Each size is a family of its own, of all rules that the frequent items can form, and has an
    equal share of the false discovery rate: a rule that was not frequent enough, or fell short of
    another threshold, counts as tested, with p = 1.
    """
    result = np.ones(len(p))
    families = max(len(itemsets.levels) - 1, 1)
    for size in np.unique(sizes).tolist():
        mine: Bools = sizes == size
        tests = tests_of_size(itemsets, size, wanted)
        result[mine] = np.minimum(q_values(p[mine], tests) * families, 1.0)
    return result
