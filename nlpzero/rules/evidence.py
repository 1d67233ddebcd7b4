"""How sure a rule is: Fisher's exact test, q-values, the lower bound of the lift, mutual
information.
"""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Floats

#: Measures of evidence, which `minimum` and `order` accept beside the metrics of a rule.
EVIDENCE = ("lift_low", "information")

# rules tested together
_AT_ONCE = 1 << 15

# from here on Stirling's series with four terms is exact to the last bits of a double
_SERIES_FROM = 64
_SMALL = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, _SERIES_FROM + 1)))])

# two-sided 95 % of the normal distribution
_Z = 1.959963984540054


def log_factorials(n: npt.NDArray[np.integer]) -> Floats:
    """Natural logarithms of n!, for n >= 0.

    Notes
    -----
    ln n! = n ln n - n + ln(2 pi n) / 2 + 1 / (12 n) - 1 / (360 n^3) + 1 / (1260 n^5)
    - 1 / (1680 n^7) (Stirling's series); sums of logarithms below 64.

    Examples
    --------
    >>> import numpy as np
    >>> np.exp(log_factorials(np.array([0, 1, 5]))).round(9).tolist()
    [1.0, 1.0, 120.0]
    """
    x = np.maximum(n, 1).astype(np.float64)
    r = 1 / x
    r2 = r * r
    series = r * (1 / 12 - r2 * (1 / 360 - r2 * (1 / 1260 - r2 / 1680)))
    large = x * np.log(x) - x + 0.5 * np.log(2 * np.pi * x) + series
    return np.where(n <= _SERIES_FROM, _SMALL.take(np.clip(n, 0, _SERIES_FROM)), large)


def fisher_exact(transactions: int | Counts, both: Counts, left: Counts, right: Counts) -> Floats:
    """One-sided p-values of Fisher's exact test: both sides together so often, or more, by chance.

    Parameters
    ----------
    transactions : int or int64 array
        Number of transactions.
    both, left, right : int64 arrays
        Transactions with both sides, with the antecedent, with the consequent, of each rule.

    Returns
    -------
    float64 array
        The probability of `both` or more of `left` draws being among the `right` of `transactions`
        (hypergeometric). Less than 1e-308 is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from nlpzero import fisher_exact
    >>> tea = fisher_exact(8, np.array([3]), np.array([4]), np.array([4]))
    >>> round(float(tea[0]), 6), round(17 / 70, 6)
    (0.242857, 0.242857)
    """
    columns = np.broadcast_arrays(*(np.asarray(c, np.int64) for c in (transactions, both)), left,
                                  right)  # fmt: skip
    flat = [np.ascontiguousarray(column).reshape(-1) for column in columns]
    result = np.empty(len(flat[0]))
    for low in range(0, len(result), _AT_ONCE):
        some = slice(low, low + _AT_ONCE)
        result[some] = _tails(*(column[some] for column in flat))
    return result.reshape(columns[0].shape)


def _tails(total: Counts, both: Counts, left: Counts, right: Counts) -> Floats:
    """The shorter tail is summed, from its largest term on."""
    above = both * (total + 2) > (left + 1) * (right + 1)  # beyond the most probable number
    first = np.where(above, both, both - 1)
    there = first >= np.maximum(left + right - total, 0)
    first = np.where(there, first, both)
    log = (
        log_factorials(left)
        + log_factorials(total - left)
        + log_factorials(right)
        + log_factorials(total - right)
        - log_factorials(total)
        - log_factorials(first)
        - log_factorials(left - first)
        - log_factorials(right - first)
        - log_factorials(total - left - right + first)
    )
    sums = np.ones(len(log))
    terms = np.ones(len(log))
    x, a, c = first.astype(np.float64), left.astype(np.float64), right.astype(np.float64)
    rest = total.astype(np.float64) - a - c
    going = np.arange(len(log))
    while len(going):
        at, up = x[going], above[going]
        with np.errstate(divide="ignore", invalid="ignore"):
            upward = (a[going] - at) * (c[going] - at) / ((at + 1) * (rest[going] + at + 1))
            downward = at * (rest[going] + at) / ((a[going] - at + 1) * (c[going] - at + 1))
        terms[going] *= np.where(up, upward, downward)
        sums[going] += terms[going]
        x[going] = np.where(up, at + 1, at - 1)
        going = going[terms[going] > 1e-17 * sums[going]]
    tail = np.minimum(np.exp(log) * sums, 1.0)
    return np.where(above, tail, np.where(there, 1 - tail, 1.0))


def q_values(p: Floats, tests: int) -> Floats:
    """The false discovery rate at which each of some tests is a discovery (Benjamini-Hochberg).

    Parameters
    ----------
    p : float64 array
        The p-values that are known; all others count as 1.
    tests : int >= len(p)
        The number of tests, known or not.

    Returns
    -------
    float64 array
        min over all p' >= p of p' tests / rank(p'), at most 1.

    Notes
    -----
    Benjamini, Hochberg: Controlling the false discovery rate, J. R. Statist. Soc. B 57, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from nlpzero import q_values
    >>> q_values(np.array([0.01, 0.04, 0.03]), 5).round(4).tolist()
    [0.05, 0.0667, 0.0667]
    """
    if tests < len(p):
        raise ValueError(f"`tests` must be at least the {len(p)} p-values, got {tests}")
    order = np.argsort(p, kind="stable")
    ranked = p[order] * (float(tests) / np.arange(1, len(p) + 1))
    result = np.empty(len(p))
    result[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return result


def lift_low(transactions: int, both: Counts, left: Counts, right: Counts) -> Floats:
    """The lower end of the 95 % confidence interval of the lift.

    Notes
    -----
    exp(ln lift - 1.96 sqrt(1 / both - 1 / left + 1 / right - 1 / transactions)): the interval of
    Katz et al. for a ratio of two proportions (Biometrics 34, 1978), taken as if the consequent's
    support was estimated from other transactions.

    Examples
    --------
    >>> import numpy as np
    >>> few, many = lift_low(1000, np.array([3, 300]), np.array([4, 400]), np.array([500, 500]))
    >>> bool(few < many < 1.5)
    True
    """
    spread = 1 / both - 1 / left + 1 / right - 1 / transactions
    lift = both * (transactions / (left * right.astype(np.float64)))
    result: Floats = lift * np.exp(-_Z * np.sqrt(np.maximum(spread, 0)))
    return result


def information(transactions: int, both: Counts, left: Counts, right: Counts) -> Floats:
    """Mutual information of whether a transaction has one side and whether it has the other, in
    nats.

    Notes
    -----
    The sum over the four cells of the table of p ln(p / (p of its row, p of its column)). Times 2
    and the number of transactions, it is the log-likelihood ratio G2 (Dunning, Accurate methods for
    the statistics of surprise and coincidence, Computational Linguistics 19, 1993).

    Examples
    --------
    >>> import numpy as np
    >>> float(information(4, np.array([2]), np.array([2]), np.array([2]))[0].round(6))
    0.693147
    """
    n = float(transactions)

    def weighted(cells: npt.NDArray[np.integer]) -> Floats:
        p = cells / n
        return np.where(cells > 0, p * np.log(np.where(cells > 0, p, 1.0)), 0.0)

    cells = (both, left - both, right - both, transactions - left - right + both)
    sides = (left, transactions - left, right, transactions - right)
    total: Floats = sum(map(weighted, cells)) - sum(map(weighted, sides))  # type: ignore[assignment]
    return np.maximum(total, 0.0)


def evidence(transactions: int, both: Counts, left: Counts, right: Counts) -> dict[str, Floats]:
    """The measures of `EVIDENCE`, from counts as in :func:`nlpzero.rule_metrics`."""
    return {
        "lift_low": lift_low(transactions, both, left, right),
        "information": information(transactions, both, left, right),
    }
