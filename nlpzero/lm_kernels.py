"""Compiled loops of the language model: joins on sorted keys, discounts, the trie of reversed n-grams, tags.

The trie holds the n-grams of all orders, one row each: first those of order 1, then of order 2, and so on, within
an order sorted by their reversed symbols. ``symbols[r]`` is the first symbol of row r (the last step of the
reversed walk). A row below the highest order is a node: ``nodes[r, 0] : nodes[r + 1, 0]`` are the rows that put
one more symbol before it, ``nodes[r, 1]`` and ``nodes[r, 2]``, read as float32, its log probability and back-off
weight, side by side because memory is what takes the time. ``top`` holds the log probabilities of the highest order. One walk
from a symbol backwards finds its probabilities of all orders.
"""

from typing import Any

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.lattice import uniform as _uniform

BEGIN, END = np.uint16(0xFFFF), np.uint16(0xFFFE)


@kernel
def child_sums(
    parents: np.ndarray, keys: np.ndarray, counts: np.ndarray, mask: np.uint64
) -> np.ndarray:
    """Sum of the counts of the keys below each parent; both ascending, parents are the keys under the mask."""
    sums = np.zeros(len(parents), np.int64)
    wanted = np.uint64(mask)
    row = 0
    for i in range(len(keys)):
        prefix = keys[i] & wanted
        while parents[row] < prefix:
            row += 1
        sums[row] += counts[i]
    return sums


@kernel
def merge_rows(
    a: np.ndarray, a_counts: np.ndarray, b: np.ndarray, b_counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge two ascending tables without common keys."""
    n = len(a) + len(b)
    keys = np.empty(n, np.uint64)
    counts = np.empty(n, np.int64)
    i = 0
    j = 0
    for k in range(n):
        if j == len(b) or (i < len(a) and a[i] < b[j]):
            keys[k] = a[i]
            counts[k] = a_counts[i]
            i += 1
        else:
            keys[k] = b[j]
            counts[k] = b_counts[j]
            j += 1
    return keys, counts


@kernel
def join_suffixes(
    keys: np.ndarray,
    once: np.ndarray,
    often: np.ndarray,
    often_counts: np.ndarray,
    types: np.ndarray,
    sums: np.ndarray,
) -> None:
    """For each key: how many longer grams end in it, and the sum of their counts.

    `once` are the ascending suffixes of grams seen once, `often` those of the others; all are keys.
    """
    i = 0
    j = 0
    for row in range(len(keys)):
        key = keys[row]
        while i < len(once) and once[i] == key:
            types[row] += 1
            sums[row] += 1
            i += 1
        while j < len(often) and often[j] == key:
            types[row] += 1
            sums[row] += often_counts[j]
            j += 1


@kernel
def prefix_rows(parents: np.ndarray, keys: np.ndarray, mask: np.uint64) -> np.ndarray:
    """Row of each key's prefix among the parents; both ascending."""
    rows = np.empty(len(keys), np.int32)
    wanted = np.uint64(mask)
    row = 0
    for i in range(len(keys)):
        prefix = keys[i] & wanted
        while parents[row] < prefix:
            row += 1
        rows[i] = row
    return rows


@kernel
def counts_of_counts(adjusted: np.ndarray) -> np.ndarray:
    """How many entries are 0, 1, 2, 3, 4."""
    out = np.zeros(5, np.int64)
    for i in range(len(adjusted)):
        if adjusted[i] < 5:
            out[adjusted[i]] += 1
    return out


@kernel
def discounted(
    adjusted: np.ndarray,
    rows: np.ndarray,
    keep: np.ndarray,
    discounts: np.ndarray,
    parents: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Own share of each gram's probability, and what each context leaves to the lower order.

    The shares are (a - D(a)) / total of the context; what is left is 1 minus the shares of the kept grams, so that
    everything sums to 1 whatever is pruned. A context without grams leaves 1.
    """
    totals = np.zeros(parents, np.float64)
    for i in range(len(adjusted)):
        totals[rows[i]] += adjusted[i]
    # what is left is summed as such: 1 minus a sum of shares would lose its small differences
    left = np.zeros(parents, np.float64)
    shares = np.empty(len(adjusted), np.float64)
    for i in range(len(adjusted)):
        a = adjusted[i]
        d = min(discounts[min(a, 3)], np.float64(a))
        shares[i] = (a - d) / totals[rows[i]]
        left[rows[i]] += d if keep[i] else a
    for row in range(parents):
        left[row] = left[row] / totals[row] if totals[row] > 0 else 1.0
    return shares, left


# ------------------------------------------------------------------------------------------------- queries


@kernel
def _find(symbols: np.ndarray, first: Any, stop: Any, symbol: int) -> int:
    """Row of a symbol in an ascending range, or -1; the loop has no unpredictable branch."""
    size = stop - first
    if size <= 0:
        return -1
    base = first
    while size > 1:
        half = size >> 1
        base = base + half if symbols[base + half] <= symbol else base
        size -= half
    return base if symbols[base] == symbol else -1


@kernel
def find_rows(
    text: np.ndarray,
    order: int,
    roots: np.ndarray,
    symbols: np.ndarray,
    nodes: np.ndarray,
    rows: np.ndarray,
) -> None:
    """Row of the n-gram of each order that ends at each symbol, or -1; rows has shape (order, symbols).

    No n-gram holds a break, so none reaches across one. Order by order, not symbol by symbol: then the
    searches do not wait for each other.
    """
    for i in range(len(text)):
        rows[0, i] = roots[text[i]]
    for k in range(1, order):
        for i in range(len(text)):
            row: Any = rows[k - 1, i]
            if row >= 0:
                row = (
                    -1
                    if i < k
                    else _find(
                        symbols,
                        np.int64(nodes[rows[k - 1, i], 0]),
                        np.int64(nodes[rows[k - 1, i] + 1, 0]),
                        text[i - k],
                    )
                )
            rows[k, i] = row


@kernel
def emissions(
    rows: np.ndarray,
    start: int,
    stop: int,
    values: np.ndarray,
    top: np.ndarray,
    unknown: float,
    out: np.ndarray,
) -> None:
    """Conditional log probabilities of the symbols start..stop-1 given 0, 1, 2... symbols before them.

    out[i - start, m] is log p(text[i] | text[i-m : i]). Contexts end at breaks and never hold more than order - 1
    symbols; entries beyond have the longest context there is. `values` are the nodes, read as float32.
    """
    order = len(rows)
    below = len(values) - 1
    for i in range(start, stop):
        logp = np.float32(unknown)
        for m in range(out.shape[1]):
            if m < order:
                row = rows[m, i]
                if row >= 0:
                    logp = top[row - below] if m == order - 1 else values[row, 1]
                elif m > 0 and i > 0:
                    context = rows[m - 1, i - 1]
                    if context >= 0:
                        logp += values[context, 2]
            out[i - start, m] = logp


@kernel
def clause_stop(text: np.ndarray, start: int) -> int:
    """End of the clause that starts at a symbol which is not 0."""
    i = start + 1
    while i < len(text) and text[i] != 0:
        i += 1
    return i


@kernel
def best_tags(
    emission: np.ndarray,
    size: int,
    extend: np.ndarray,
    back: np.ndarray,
    first: int,
    flags: np.ndarray,
) -> None:
    """Viterbi over the places of symbols in words; set flags[first + i] where the best path begins a word.

    Tag t is the place of a symbol in its word, the last tag for that place and all after it. extend[t] is the
    log weight of going on from tag t. Ties end the word.
    """
    tags = len(extend)
    last = tags - 1
    score = np.empty(tags, np.float64)
    score[:] = -np.inf
    score[0] = emission[0, 0]
    for i in range(1, size):
        # best tag of the symbol before, if a new word begins here
        top = score[0]
        source = 0
        for t in range(1, tags):
            if score[t] > top:
                top = score[t]
                source = t
        stay = score[last] + extend[last]
        rise = score[last - 1] + extend[last - 1] if last > 0 else -np.inf
        back[i, 0] = source
        if last > 0:
            back[i, last] = last if stay > rise else last - 1
            score[last] = max(stay, rise) + emission[i, last]
            for t in range(last - 1, 0, -1):
                back[i, t] = t - 1
                score[t] = score[t - 1] + extend[t - 1] + emission[i, t]
            score[0] = top + emission[i, 0]
        else:
            score[0] = max(top, stay) + emission[i, 0]
    tag = 0
    for t in range(1, tags):
        if score[t] > score[tag]:
            tag = t
    for i in range(size - 1, -1, -1):
        flags[first + i] = tag == 0
        if i > 0:
            tag = back[i, tag]


@kernel
def _relative(emission: np.ndarray, i: int, out: np.ndarray) -> None:
    """Emission probabilities of one symbol, up to a factor that keeps them in range."""
    top = emission[i, 0]
    for t in range(1, emission.shape[1]):
        top = max(top, emission[i, t])
    for t in range(emission.shape[1]):
        out[t] = np.exp(np.float64(emission[i, t] - top))


@kernel
def tag_forward(emission: np.ndarray, size: int, extend: np.ndarray, forward: np.ndarray) -> None:
    """Sum over all tag sequences up to each symbol, normalised there; forward has shape (size, tags)."""
    tags = len(extend)
    last = tags - 1
    here = np.empty(tags, np.float64)
    forward[0, :] = 0.0
    forward[0, 0] = 1.0
    for i in range(1, size):
        _relative(emission, i, here)
        mass = 0.0
        for t in range(tags):
            mass += forward[i - 1, t]
        total = mass * here[0]
        forward[i, 0] = total
        for t in range(1, tags):
            v = forward[i - 1, t - 1] * extend[t - 1]
            if t == last:
                v += forward[i - 1, last] * extend[last]
            v *= here[t]
            forward[i, t] = v
            total += v
        for t in range(tags):
            forward[i, t] /= total


@kernel
def tag_marginals(
    emission: np.ndarray,
    size: int,
    extend: np.ndarray,
    forward: np.ndarray,
    first: int,
    out: np.ndarray,
) -> None:
    """Probability that a word begins at each symbol of a clause; `forward` is from tag_forward."""
    tags = len(extend)
    last = tags - 1
    here = np.empty(tags, np.float64)
    ahead = np.ones(tags, np.float64)
    for i in range(size - 1, -1, -1):
        total = 0.0
        for t in range(tags):
            total += forward[i, t] * ahead[t]
        out[first + i] = forward[i, 0] * ahead[0] / total
        if i == 0:
            break
        _relative(emission, i, here)
        begin = here[0] * ahead[0]
        beyond = extend[last] * here[last] * ahead[last]
        top = 0.0
        for t in range(tags):
            v = begin + (beyond if t == last else extend[t] * here[t + 1] * ahead[t + 1])
            # in ascending order of t only entries above t are still needed
            ahead[t] = v
            top = max(top, v)
        for t in range(tags):
            ahead[t] /= top
    out[first] = 1.0


@kernel
def tag_sample(
    size: int, extend: np.ndarray, forward: np.ndarray, key: Any, first: int, flags: np.ndarray
) -> None:
    """Draw a tag sequence of a clause, backwards, and set where it begins words."""
    tags = len(extend)
    last = tags - 1
    choice = np.empty(tags, np.float64)
    for t in range(tags):
        choice[t] = forward[size - 1, t]
    for i in range(size - 1, -1, -1):
        total = 0.0
        for t in range(tags):
            total += choice[t]
        u = _uniform(key, first + i) * total
        tag = 0
        acc = choice[0]
        while acc <= u and tag < last:
            tag += 1
            acc += choice[tag]
        flags[first + i] = tag == 0
        if i == 0:
            break
        for s in range(tags):
            if tag == 0:
                choice[s] = forward[i - 1, s]
            elif s == tag - 1 or (s == last and tag == last):
                choice[s] = forward[i - 1, s] * extend[s]
            else:
                choice[s] = 0.0
    flags[first] = True


@kernel
def decode_clauses(
    text: np.ndarray,
    order: int,
    roots: np.ndarray,
    symbols: np.ndarray,
    nodes: np.ndarray,
    values: np.ndarray,
    top: np.ndarray,
    firsts: np.ndarray,
    unknown: float,
    extend: np.ndarray,
    what: int,
    key: Any,
    out: np.ndarray,
) -> None:
    """Cut every clause of a text: best path (what 0, flags), sample (1, flags), probabilities (2).

    `firsts` replaces the log probability of the first symbol of a word, by its row, when it is not empty.
    `extend` holds logarithms for the best path and plain weights for the others.
    """
    n = len(text)
    room = 0
    i = 0
    while i < n:
        if text[i] == 0:
            i += 1
            continue
        stop = clause_stop(text, i)
        room = max(room, stop - i)
        i = stop
    rows = np.empty((order, n), np.int32)
    find_rows(text, order, roots, symbols, nodes, rows)
    tags = len(extend)
    emission = np.empty((room, tags), np.float32)
    back = np.empty((room if what == 0 else 0, tags), np.uint8)
    forward = np.empty((room if what != 0 else 0, tags), np.float64)
    i = 0
    while i < n:
        if text[i] == 0:
            out[i] = 1
            i += 1
            continue
        stop = clause_stop(text, i)
        size = stop - i
        if size == 1:
            out[i] = 1
            i = stop
            continue
        emissions(rows, i, stop, values, top, unknown, emission)
        if len(firsts):
            for j in range(size):
                row = roots[text[i + j]]
                if row >= 0:
                    emission[j, 0] = firsts[row]
        if what == 0:
            best_tags(emission, size, extend, back, i, out)
        else:
            tag_forward(emission, size, extend, forward)
            if what == 1:
                tag_sample(size, extend, forward, key, i, out)
            else:
                tag_marginals(emission, size, extend, forward, i, out)
        i = stop


@kernel
def conditional(
    text: np.ndarray,
    contexts: np.ndarray,
    order: int,
    roots: np.ndarray,
    symbols: np.ndarray,
    nodes: np.ndarray,
    values: np.ndarray,
    top: np.ndarray,
    unknown: float,
) -> np.ndarray:
    """Log probability of each symbol after its context; a context begins after its last 0."""
    width = contexts.shape[1]
    out = np.empty(len(text), np.float32)
    line = np.empty(width + 1, np.uint16)
    rows = np.empty((order, width + 1), np.int32)
    emission = np.empty((1, order), np.float32)
    for i in range(len(text)):
        line[:width] = contexts[i]
        line[width] = text[i]
        find_rows(line, order, roots, symbols, nodes, rows)
        emissions(rows, width, width + 1, values, top, unknown, emission)
        out[i] = emission[0, order - 1]
    return out


@kernel
def score_clauses(
    text: np.ndarray,
    bounds: bool,
    order: int,
    roots: np.ndarray,
    symbols: np.ndarray,
    nodes: np.ndarray,
    values: np.ndarray,
    top: np.ndarray,
    unknown: float,
) -> tuple[float, int]:
    """Sum of the log probabilities of all clauses, and the number of events."""
    total = 0.0
    events = 0
    i = 0
    while i < len(text):
        if text[i] == 0:
            i += 1
            continue
        stop = clause_stop(text, i)
        size = stop - i
        if bounds:
            line = np.empty(size + 2, np.uint16)
            line[0] = BEGIN
            line[1 : size + 1] = text[i:stop]
            line[size + 1] = END
        else:
            line = text[i:stop].copy()
        rows = np.empty((order, len(line)), np.int32)
        emission = np.empty((len(line), order), np.float32)
        find_rows(line, order, roots, symbols, nodes, rows)
        emissions(rows, 0, len(line), values, top, unknown, emission)
        for j in range(1 if bounds else 0, len(line)):
            total += np.float64(emission[j, order - 1])
            events += 1
        i = stop
    return total, events
