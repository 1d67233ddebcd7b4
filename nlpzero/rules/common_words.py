"""Words that go with any other word, which language needs everywhere: by statistics, no list."""

import numpy as np

from nlpzero.engine.arrays import Counts, Floats
from nlpzero.rules.contexts import RecordedTokenizer
from nlpzero.rules.item_numbers import ItemNumbers
from nlpzero.rules.itemsets import Itemsets
from nlpzero.rules.transactions import Transactions

#: Words that stand in a larger share of the sentences are looked at: are they common words?
COMMON = 0.001

# A common word tells less than so many nats of each word in its sentence. Words that open something
# (prepositions, pronouns, conjunctions) may tell more, but they are followed by almost anything (by
# so much of the greatest entropy there is), and hardly ever by a mark or the end of the sentence.
# Measured on reviews: benchmarks/runs/2026-11-21-word-rules.
_TELLING, _OPENING_TELLING = 0.1, 0.4
_ENTROPY, _LAST = 0.63, 0.05


def common_words(
    transactions: Transactions,
    pairs: Itemsets,
    *,
    common: float = COMMON,
    recorded: RecordedTokenizer | None = None,
    memory: int | None = None,
) -> tuple[str, ...]:
    """Words that are frequent and go with any other word: function words, by their statistics.

    Parameters
    ----------
    transactions : Transactions
        Sentences.
    pairs : Itemsets
        Their frequent itemsets, of up to two words at least.
    common : float in [0, 1]
        Only words that stand in a larger share of the sentences; 1 for none.
    recorded : RecordedTokenizer, optional
        What cut the sentences: then words that open something are found too.
    memory : int, optional
        Bytes that a table of words may take.

    Returns
    -------
    tuple of str
        Most frequent first.

    Notes
    -----
    *What a word tells.* Of a word w and each word v that it meets in s sentences, s ln(s / e) - s +
    e, where e = m(w) m(v) / M, m is how many words a word meets in all sentences and M the sum of
    m: the Kullback-Leibler divergence of the words beside w from those beside any word. It is
    summed over all v that make a frequent pair with w, and divided by the sum of s. The length of
    sentences is taken out by m: conjunctions stand in long ones, where there is more of everything.
    Common words tell less than 0.1 nats.

    *What follows it.* Words that tell less than 0.4 nats are common too if less than 5 % of them
    stand before a mark or at the end of a sentence, and the entropy of what follows is at least
    0.63 of its greatest value, the logarithm of their number. What is too rare to make a frequent
    pair counts as different each time.

    Examples
    --------
    >>> from nlpzero import Transactions, common_words, frequent_itemsets
    >>> rows = [["的", x, y] for x, y in [("房间", "干净"), ("书", "作者"), ("茶", "水")]] * 9
    >>> rows = Transactions.from_lists(rows)
    >>> common_words(rows, frequent_itemsets(rows, 2, max_len=2))
    ('的',)
    """
    if not 0 <= common <= 1:
        raise ValueError(f"`common` must be in [0, 1], got {common}")
    if len(pairs.levels) < 2:
        return ()
    telling = _divergence(transactions, pairs)
    counts = np.zeros(len(pairs.names), dtype=np.int64)
    counts[pairs.levels[0].items[:, 0]] = pairs.levels[0].counts
    frequent = counts > common * pairs.transactions
    chosen = frequent & (telling < _TELLING)
    asked = frequent & ~chosen & (telling < _OPENING_TELLING)
    if recorded is not None and asked.any():
        entropy, last = _followers(recorded, pairs.names, np.flatnonzero(asked), memory)
        chosen[np.flatnonzero(asked)[(entropy >= _ENTROPY) & (last < _LAST)]] = True
    places = np.flatnonzero(chosen)
    order = places[np.lexsort([places, -counts[places]])]
    return tuple(pairs.names[i] for i in order.tolist())


def _divergence(transactions: Transactions, pairs: Itemsets) -> Floats:
    place = {name: i for i, name in enumerate(pairs.names)}
    number = np.array([place.get(name, -1) for name in transactions.names], dtype=np.int64)
    meets = np.zeros(len(pairs.names))
    total = 0.0
    everything = np.ones(len(number), dtype=bool)
    for items, offsets in transactions.partitions(everything, 1 << 22):
        lengths = np.diff(offsets)
        others = np.repeat(lengths - 1, lengths)
        total += float(others.sum())
        mine = number.take(items)
        known = mine >= 0
        meets += np.bincount(mine[known], others[known], len(meets))
    one, other = pairs.levels[1].items.T
    both = pairs.levels[1].counts.astype(np.float64)
    expected = np.maximum(meets[one] * meets[other] / max(total, 1.0), 1e-300)
    parts = both * np.log(both / expected) - both + expected
    size = len(meets)
    sums = np.bincount(one, parts, size) + np.bincount(other, parts, size)
    weights = np.bincount(one, both, size) + np.bincount(other, both, size)
    return np.where(weights > 0, sums / np.maximum(weights, 1), np.inf)


def _followers(
    recorded: RecordedTokenizer, known: tuple[str, ...], asked: Counts, memory: int | None
) -> tuple[Floats, Floats]:
    """Entropy of what follows each word, as a share of the greatest, and how often nothing does."""
    width = len(known) + 2  # words, any other word, no word
    other, nothing = len(known), len(known) + 1
    wanted = np.full(width, -1, dtype=np.int64)
    wanted[asked] = np.arange(len(asked))
    names = ItemNumbers((), b"", words_only=True)
    names.numbers(list(known))
    splitter = recorded.splitter()
    keys = np.empty(0, dtype=np.int64)
    counts = np.empty(0, dtype=np.int64)
    for block in recorded.sentences():
        if memory is not None and names.held > memory // 5:
            names.clear()
            names.numbers(list(known))
        tokens, lengths = splitter.items(block, names)
        if not len(tokens):
            continue
        tokens = np.where(tokens < 0, nothing, np.minimum(tokens, other)).astype(np.int64)
        after = np.append(tokens[1:], nothing)
        after[np.cumsum(lengths)[lengths > 0] - 1] = nothing
        mine = wanted.take(tokens)
        some = mine >= 0
        fresh, number = np.unique(mine[some] * width + after[some], return_counts=True)
        keys, place = np.unique(np.concatenate([keys, fresh]), return_inverse=True)
        counts = np.bincount(place, np.concatenate([counts, number]), minlength=len(keys)).astype(
            np.int64
        )
    word, after = np.divmod(keys, width)
    size = len(asked)
    total = np.maximum(np.bincount(word, counts, size), 1)
    share = counts / total[word]
    greatest = np.log(total)
    parts = share * np.where(after == other, greatest[word], -np.log(np.maximum(share, 1e-300)))
    entropy = np.bincount(word, parts, size) / np.maximum(greatest, 1e-300)
    last = np.bincount(word[after == nothing], counts[after == nothing], size) / total
    return entropy, last
