"""Rules and the transactions that did not make them: a split by a seed, counts on the rest."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Bools, Counts, Ints
from nlpzero.engine.resources import Resources
from nlpzero.rules.rule_list import Rules
from nlpzero.rules.spilling import SpilledRows, SpillFolder
from nlpzero.rules.transactions import (
    SpilledTransactions,
    Transactions,
    offsets_of,
)

_MIX = np.uint64(0x9E3779B97F4A7C15)

# transactions whose items are held as bits at a time, and bytes of bits of itemsets at a time
_ROWS = 1 << 16
_BITS = 1 << 25


def _hashed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64 of whole arrays, without the compiler."""
    h = numbers * _MIX
    h ^= h >> np.uint64(30)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(27)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def _held_out(first: int, rows: int, share: float, seed: int) -> Bools:
    """Whether each of the rows from number `first` on is held out."""
    numbers = np.arange(first, first + rows, dtype=np.uint64)
    with np.errstate(over="ignore"):
        key = _hashed(np.array([seed % (1 << 64)], dtype=np.uint64))[0]
        drawn = _hashed((numbers + np.uint64(1)) ^ key)
    result: Bools = (drawn >> np.uint64(11)).astype(np.float64) < share * 2.0**53
    return result


def split_transactions(
    transactions: Transactions,
    share: float,
    *,
    seed: int = 0,
    resources: Resources | None = None,
) -> tuple[Transactions, Transactions]:
    """Transactions to find rules in, and others to look at them again.

    Parameters
    ----------
    transactions : Transactions
    share : float in (0, 1)
        How many are held out, about: each is drawn by itself.
    seed : int >= 0
        Another one draws others.
    resources : Resources, optional
        Where temporary files go, if the transactions are in such files.

    Returns
    -------
    (Transactions, Transactions)
        What is left, and what is held out; both know the same names. Which ones depends on the
        seed and the place of each transaction only; where transactions are in temporary files, on
        the order in which they lie there.

    Examples
    --------
    >>> from nlpzero import Transactions, split_transactions
    >>> found, other = split_transactions(Transactions.from_lists([["a"], ["b"]] * 50), 0.5)
    >>> len(found) + len(other)
    100
    """
    if not 0 < share < 1:
        raise ValueError(f"`share` must be in (0, 1), got {share}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"`seed` must be an integer >= 0, got {seed!r}")
    if isinstance(transactions, SpilledTransactions):
        return _split_spilled(transactions, share, int(seed), resources or Resources())
    lengths = np.diff(transactions.offsets)
    out = _held_out(0, len(lengths), share, int(seed))
    rows = np.repeat(out, lengths)
    halves = [
        Transactions(transactions.items[rows == half], offsets_of(lengths[out == half]),
                     transactions.names, transactions.dropped, transactions.read)
        for half in (False, True)
    ]  # fmt: skip
    return halves[0], halves[1]


def _split_spilled(
    transactions: SpilledTransactions, share: float, seed: int, resources: Resources
) -> tuple[Transactions, Transactions]:
    spilled = [SpilledRows(SpillFolder(resources.tmpdir)) for _ in range(2)]
    try:
        first = 0
        for items, lengths in transactions.row_parts():
            out = _held_out(first, len(lengths), share, seed)
            first += len(lengths)
            rows = np.repeat(out, lengths)
            for half, one in enumerate(spilled):
                one.append(items[rows == bool(half)], lengths[out == bool(half)])
        for one in spilled:
            one.finish(len(transactions.names))
    except BaseException:
        for one in spilled:
            one.close()
        raise
    names, dropped, read = transactions.names, transactions.dropped, transactions.read
    found, other = (SpilledTransactions(one, names, dropped, read) for one in spilled)
    return found, other


def validated(rules: Rules, held_out: Transactions) -> Rules:
    """The same rules with their support and confidence in other transactions.

    Parameters
    ----------
    rules : Rules
    held_out : Transactions
        Such as the second result of :func:`split_transactions`.

    Returns
    -------
    Rules
        With the columns ``held_out_support`` and ``held_out_confidence``; nan where nothing can be
        said: no transaction, or none with the antecedent.

    Examples
    --------
    >>> from nlpzero import Transactions, apriori, validated
    >>> rules = apriori([["tea", "milk"], ["tea", "milk"], ["cake"]], 0.3, 0.9)
    >>> other = Transactions.from_lists([["tea"], ["tea", "milk"], ["cake"], ["milk", "cake"]])
    >>> validated(rules, other).columns["held_out_confidence"]
    (0.5, 0.5)
    """
    sides = sorted({side for rule in rules for side in (rule[0], tuple(sorted(rule[0] + rule[1])))})
    counts = dict(zip(sides, _counted(sides, held_out).tolist(), strict=True))
    total = len(held_out)
    support, confidence = [], []
    for rule in rules:
        both, left = counts[tuple(sorted(rule[0] + rule[1]))], counts[rule[0]]
        support.append(both / total if total else float("nan"))
        confidence.append(both / left if left else float("nan"))
    return rules.with_columns({"held_out_support": support, "held_out_confidence": confidence})


def _counted(itemsets: list[tuple[str, ...]], transactions: Transactions) -> Counts:
    """How many transactions have all items of each itemset."""
    wanted = sorted({item for items in itemsets for item in items})
    place = {item: number for number, item in enumerate(wanted)}
    known = _places(transactions, place)
    number = np.full(len(transactions.names), -1, dtype=np.int32)
    number[list(known)] = list(known.values())
    result = np.zeros(len(itemsets), dtype=np.int64)
    widest = max(map(len, itemsets), default=0)
    # short ones are filled with their first item
    table = np.array([[place[x] for x in s] + [place[s[0]]] * (widest - len(s)) for s in itemsets])
    for bits in _bits(transactions, number, len(wanted)):
        step = max(_BITS // max(bits.shape[1] * 8, 1), 1)
        for low in range(0, len(itemsets), step):
            some = table[low : low + step]
            together = bits[some[:, 0]]
            for column in range(1, widest):
                together &= bits[some[:, column]]
            result[low : low + step] += np.bitwise_count(together).sum(axis=1, dtype=np.int64)
    return result


def _places(transactions: Transactions, place: dict[str, int]) -> dict[int, int]:
    """Number of an item in the transactions -> its number among those that are wanted."""
    return {i: place[name] for i, name in enumerate(transactions.names) if name in place}


def _bits(transactions: Transactions, number: Ints, width: int) -> Iterator[NDArray[np.uint64]]:
    """For some transactions after others: which of them have each item, as bits."""
    keep = number >= 0
    if not keep.any():
        return
    for items, offsets in transactions.partitions(keep, _ROWS * 16):
        lengths = np.diff(offsets)
        for low in range(0, len(lengths), _ROWS):
            some = lengths[low : low + _ROWS]
            mine = number.take(items[offsets[low] : offsets[low + len(some)]])
            rows = np.repeat(np.arange(len(some)), some)
            bits = np.zeros((width, -(-len(some) // 64)), dtype=np.uint64)
            one = np.uint64(1) << (rows % 64).astype(np.uint64)
            np.bitwise_or.at(bits, (mine, rows // 64), one)
            yield bits
