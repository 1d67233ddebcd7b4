"""Compiled look-ups of words, pairs and triples, and the scores of the edges of the lattice."""

from typing import Any

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.learning.gap_model import unseen_record
from nlpzero.learning.word_model import LONGEST

# ------------------------------------------------------------------------------- the model on other text

# bits of an entry of the table of trigrams: 48 of the key, 4 of the count's bin, and two flags
_IS_WORD, _BEGINS_WORD = 1 << 4, 1 << 5


@kernel
def _slot(key: Any, mask: Any) -> Any:
    """Where a key is looked for first."""
    h = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.int64((h >> np.uint64(24)) & np.uint64(mask))


@kernel
def _table_size(entries: Any) -> Any:
    size = 16
    while size < 2 * entries:
        size *= 2
    return size


@kernel
def build_pair_table(pairs: np.ndarray) -> np.ndarray:
    """Open-addressed table of bigrams: key in the high half of an entry, number in the low half; 0 is empty."""
    size = _table_size(len(pairs))
    out = np.zeros(size, np.uint64)
    for t in range(len(pairs)):
        s = _slot(pairs[t], size - 1)
        while out[s] != 0:
            s = (s + 1) & (size - 1)
        out[s] = np.uint64(pairs[t]) << np.uint64(32) | np.uint64(t)
    return out


@kernel
def build_word_table(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Open-addressed table of words of three and four symbols: keys, and the number of each."""
    size = _table_size(len(keys))
    slots = np.zeros(size, np.uint64)
    numbers = np.zeros(size, np.int32)
    for t in range(len(keys)):
        s = _slot(keys[t], size - 1)
        while slots[s] != 0:
            s = (s + 1) & (size - 1)
        slots[s] = keys[t]
        numbers[s] = t
    return slots, numbers


@kernel
def find_word(key: Any, slots: np.ndarray, numbers: np.ndarray) -> Any:
    """Number of a word, -1 if it is none."""
    mask = len(slots) - 1
    s = _slot(key, mask)
    while slots[s] != 0:
        if slots[s] == key:
            return np.int64(numbers[s])
        s = (s + 1) & mask
    return -1


@kernel
def build_triple_table(
    keys: np.ndarray, bins: np.ndarray, slots: np.ndarray, numbers: np.ndarray, words: np.ndarray
) -> np.ndarray:
    """Open-addressed table of trigrams; the low 16 bits of an entry say bin, word, begins a longer word.

    `words` are the sorted keys of words of three and four symbols; slots and numbers their table.
    """
    size = _table_size(len(keys))
    mask = size - 1
    out = np.zeros(size, np.uint64)
    for t in range(len(keys)):
        s = _slot(keys[t], mask)
        while out[s] != 0:
            s = (s + 1) & mask
        flags = np.int64(bins[t])
        if find_word(keys[t], slots, numbers) >= 0:
            flags |= _IS_WORD
        out[s] = np.uint64(keys[t]) << np.uint64(16) | np.uint64(flags)
    for w in range(len(words)):
        if words[w] >> np.uint64(48) != 0:
            key = words[w] >> np.uint64(16)
            s = _slot(key, mask)
            while out[s] != 0 and out[s] >> np.uint64(16) != key:
                s = (s + 1) & mask
            if out[s] != 0:
                out[s] |= np.uint64(_BEGINS_WORD)
    return out


@kernel
def look_up_pairs(
    symbols: np.ndarray,
    table: np.ndarray,
    pair_records: np.ndarray,
    pair_values: np.ndarray,
    codes: np.ndarray,
    symbol_counts: np.ndarray,
    total: Any,
    prior_sides: np.ndarray,
    skip_prior: np.ndarray,
    pmi_edges: np.ndarray,
    ids: np.ndarray,
    records: np.ndarray,
    priors: np.ndarray,
    next_probs: np.ndarray,
    pair_words: np.ndarray,
) -> None:
    """Statistics of the bigram that starts at each position, into the last five arrays (preset to -1 and 0).

    pair_values[t] : prior of the gap inside, p(second | first), count as a word. Of a bigram the model has not
    seen they are worked out from the symbols' own.
    """
    n = len(symbols)
    mask = len(table) - 1
    for i in range(n - 1):
        b = symbols[i]
        c = symbols[i + 1]
        if b == 0 or c == 0:
            continue
        key = np.uint64(b) << np.uint64(16) | np.uint64(c)
        s = _slot(key, mask)
        t: Any = -1
        while table[s] != 0:
            if table[s] >> np.uint64(32) == key:
                t = np.int64(table[s] & np.uint64(0xFFFFFFFF))
                break
            s = (s + 1) & mask
        ids[i] = t
        if t >= 0:
            records[i] = pair_records[t]
            priors[i] = pair_values[t, 0]
            next_probs[i] = pair_values[t, 1]
            pair_words[i] = pair_values[t, 2]
        else:
            cb = np.float64(symbol_counts[b])
            cc = np.float64(symbol_counts[c])
            expected = cb * cc / total
            records[i] = unseen_record(np.log(0.5 / expected), codes[b], codes[c], pmi_edges)
            skip = (np.log(0.5 / (expected + 0.5)) - skip_prior[0]) * skip_prior[1]
            priors[i] = prior_sides[b, 0] + prior_sides[c, 1] + skip
            next_probs[i] = 2.0 * (cc / total) / (cb + 2.0)


@kernel
def look_up_triples(symbols: np.ndarray, table: np.ndarray, flags: np.ndarray) -> None:
    """Low bits of the entry of the trigram that starts at each position; 0 if there is none."""
    mask = len(table) - 1
    for i in range(len(symbols) - 2):
        if symbols[i] == 0 or symbols[i + 1] == 0 or symbols[i + 2] == 0:
            continue
        key = (
            np.uint64(symbols[i]) << np.uint64(32)
            | np.uint64(symbols[i + 1]) << np.uint64(16)
            | np.uint64(symbols[i + 2])
        )
        s = _slot(key, mask)
        while table[s] != 0:
            if table[s] >> np.uint64(16) == key:
                flags[i] = table[s] & np.uint64(0xFF)
                break
            s = (s + 1) & mask


@kernel
def score_words(
    symbols: np.ndarray,
    next_probs: np.ndarray,
    pair_words: np.ndarray,
    flags: np.ndarray,
    logits: np.ndarray,
    slots: np.ndarray,
    numbers: np.ndarray,
    word_counts: np.ndarray,
    single_counts: np.ndarray,
    symbol_counts: np.ndarray,
    symbol_total: Any,
    word_total: Any,
    alpha: Any,
    gap_weight: Any,
    lengths: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Log score of every word of up to four symbols: its probability, times the gap factor at its start."""
    n = len(symbols)
    scale = 1.0 / (word_total + alpha)
    for i in range(n):
        for k in range(LONGEST):
            scores[i, k] = -np.inf
        if symbols[i] == 0:
            scores[i, 0] = 0.0
            continue
        z = gap_weight * logits[i]
        base = alpha * symbol_counts[symbols[i]] / symbol_total
        scores[i, 0] = z + np.log((single_counts[symbols[i]] + base * lengths[0]) * scale)
        key = np.uint64(symbols[i])
        for k in range(1, min(LONGEST, n - i)):
            if symbols[i + k] == 0:
                break
            base *= next_probs[i + k - 1]
            key = key << np.uint64(16) | np.uint64(symbols[i + k])
            c = 0.0
            if k == 1:
                c = np.float64(pair_words[i])
            elif (k == 2 and flags[i] & _IS_WORD) or (k == 3 and flags[i] & _BEGINS_WORD):
                t = find_word(key, slots, numbers)
                if t >= 0:
                    c = word_counts[t]
            scores[i, k] = z + np.log((c + base * lengths[k]) * scale)


@kernel
def autonomy_scores(
    symbols: np.ndarray,
    slots: np.ndarray,
    numbers: np.ndarray,
    autonomies: np.ndarray,
    scores: np.ndarray,
) -> None:
    """Score of every n-gram of up to four symbols that the table has; single symbols it lacks have 0."""
    n = len(symbols)
    for i in range(n):
        scores[i, 0] = 0.0
        for k in range(1, LONGEST):
            scores[i, k] = -np.inf
        key = np.uint64(0)
        for k in range(min(LONGEST, n - i)):
            if symbols[i + k] == 0:
                break
            key = key << np.uint64(16) | np.uint64(symbols[i + k])
            t = find_word(key, slots, numbers)
            if t >= 0:
                scores[i, k] = autonomies[t]
