"""The decoder of tags: words as b, c, d, e over characters, scored by a language model."""

from typing import Any

import numpy as np

from nlpzero.engine.jit import kernel
from nlpzero.language_model.model import NGramTrie, clause_stop, emissions, find_rows
from nlpzero.segmentation.lattice import uniform


@kernel
def best_tags(
    emission: np.ndarray,
    size: int,
    extend: np.ndarray,
    back: np.ndarray,
    first: int,
    flags: np.ndarray,
) -> None:
    """Viterbi over the places of symbols in words.

    Set flags[first + i] where the best path begins a word.

    Tag t is the place of a symbol in its word, the last tag for that place and all after it.
    extend[t] is the log weight of going on from tag t. Ties end the word.
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
    """Sum over all tag sequences up to each symbol, normalised there.

    forward has shape (size, tags).
    """
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
        u = uniform(key, first + i) * total
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
    trie: NGramTrie,
    firsts: np.ndarray,
    extend: np.ndarray,
    what: int,
    key: Any,
    out: np.ndarray,
) -> None:
    """Cut every clause of a text: best path (what 0, flags), sample (1, flags), probabilities (2).

    text : uint16[n]; firsts : float32[], replaces the log probability of the first symbol of a
    word, by its row, when it is not empty; extend : float64[tags], logarithms for the best path and
    plain weights for the others; out : bool[n], or float64[n] for probabilities
    """
    _, roots, _, _, values, top, unknown = trie
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
    rows = np.empty((trie.order, n), np.int32)
    find_rows(text, trie, rows)
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
