"""False discoveries of rules on shuffled data, and the power to find planted rules.

Usage: python benchmarks/bench_significance.py [--data 100] [--seed 0] [--record FOLDER]

Every data set is made up: 40 items of various frequency in 1,000 transactions, and the sample of
baskets. Shuffling keeps how often each item occurs and breaks all ties: the transactions that have
an item are drawn anew for each item by itself, or, with the sizes of transactions kept too, items
are swapped between pairs of transactions at random. On shuffled data every rule is a false
discovery. Planted rules have an antecedent in 80 of 1,000 transactions, and a consequent that
occurs in 100, more often with the antecedent by a factor; power is the share of them with q <= .05.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

import nlpzero

ROOT = Path(__file__).resolve().parents[1]
LEVELS = (0.01, 0.05, 0.1, 0.2)


def rows_of(matrix: np.ndarray) -> nlpzero.Transactions:
    """Transactions from a matrix of truth values; rows without an item are kept out."""
    names = [f"i{j}" for j in range(matrix.shape[1])]
    return nlpzero.Transactions.from_lists(
        [[names[j] for j in np.flatnonzero(row)] for row in matrix]
    )


def made_up(random: np.random.Generator, rows: int = 1000, items: int = 40) -> np.ndarray:
    """Items of various frequency, with ties: every third goes with the one before."""
    share = random.uniform(0.01, 0.3, items)
    matrix = random.random((rows, items)) < share
    for j in range(1, items, 3):
        matrix[:, j] |= matrix[:, j - 1] & (random.random(rows) < 0.5)
    return matrix


def baskets() -> np.ndarray:
    """The sample of baskets."""
    found = nlpzero.read_transactions(ROOT / "data" / "samples" / "transactions.csv")
    matrix = np.zeros((len(found), len(found.names)), dtype=bool)
    matrix[np.repeat(np.arange(len(found)), np.diff(found.offsets)), found.items] = True
    return matrix


def shuffled(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each column by itself."""
    return random.permuted(matrix, axis=0)


def swapped(matrix: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Sizes of rows and columns kept: items change places between two rows (Gionis et al. 2007)."""
    rows = [set(np.flatnonzero(row).tolist()) for row in matrix]
    for _ in range(5 * int(matrix.sum())):
        a, b = random.integers(len(rows), size=2).tolist()
        only_a, only_b = sorted(rows[a] - rows[b]), sorted(rows[b] - rows[a])
        if only_a and only_b:
            x = only_a[random.integers(len(only_a))]
            y = only_b[random.integers(len(only_b))]
            rows[a] ^= {x, y}
            rows[b] ^= {x, y}
    result = np.zeros_like(matrix)
    for i, row in enumerate(rows):
        result[i, list(row)] = True
    return result


def q_of(matrix: np.ndarray, longest: int) -> list[float]:
    """q-values of all rules with a support of at least 5."""
    sets = nlpzero.frequent_itemsets(rows_of(matrix), 5, strict=False, max_len=longest)
    rules = nlpzero.association_rules(sets, 0.0, strict=False, max_q=1.0)
    return list(rules.columns["q_value"])


def planted(random: np.random.Generator, factor: float, rules: int = 10) -> float:
    """Share of planted rules that are found."""
    matrix = random.random((1000, 40)) < random.uniform(0.01, 0.3, 40)
    for j in range(rules):
        matrix[:, 2 * j] = random.permutation(1000) < 80
        odds = np.where(matrix[:, 2 * j], factor * 0.1, (100 - 80 * factor * 0.1) / 920)
        matrix[:, 2 * j + 1] = random.random(1000) < odds
    sets = nlpzero.frequent_itemsets(rows_of(matrix), 5, strict=False, max_len=2)
    found = nlpzero.association_rules(sets, 0.0, max_q=0.05)
    names = {(*rule.antecedent, *rule.consequent) for rule in found}
    return sum((f"i{2 * j}", f"i{2 * j + 1}") in names for j in range(rules)) / rules


def main() -> None:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=int, default=100, help="shuffled data sets of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", type=Path, help="folder for raw.csv")
    args = parser.parse_args()
    random = np.random.default_rng(args.seed)
    rows: list[list[object]] = []
    kinds = [
        ("made up, columns shuffled", lambda: shuffled(made_up(random), random), 3),
        ("baskets, columns shuffled", lambda: shuffled(baskets(), random), 3),
        ("baskets, items swapped", lambda: swapped(baskets(), random), 3),
        ("baskets, columns shuffled, pairs", lambda: shuffled(baskets(), random), 2),
    ]
    for kind, make, longest in kinds:
        sets = [q_of(make(), longest) for _ in range(args.data)]
        tested = sum(map(len, sets)) / len(sets)
        for level in LEVELS:
            false = sum(min(q, default=1.0) <= level for q in sets) / len(sets)
            rows.append([kind, "data sets with any rule", level, false, round(tested, 1)])
            print(*rows[-1], sep="\t", flush=True)
    for factor in (1.5, 2, 2.5, 3, 4):
        power = float(np.mean([planted(random, factor) for _ in range(args.data)]))
        rows.append(["planted", f"power at lift {factor:g}", 0.05, round(power, 3), ""])
        print(*rows[-1], sep="\t", flush=True)
    if args.record is not None:
        args.record.mkdir(parents=True, exist_ok=True)
        with open(args.record / "raw.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["data", "measured", "q <=", "share", "rules a data set"])
            table.writerows(rows)


if __name__ == "__main__":
    main()
