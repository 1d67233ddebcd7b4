"""The dictionary decoder: the best path through the words of a double-array trie."""

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel
from nlpzero.segmentation.double_array import DoubleArray
from nlpzero.segmentation.lattice import Edges
from nlpzero.text.characters import BREAK, SPACE
from nlpzero.text.units import unit_starts


def best_scores(trie: DoubleArray, words: list[str], unknown: float) -> npt.NDArray[np.float64]:
    """Score of the best cut of each string into words of the trie.

    Parameters
    ----------
    trie : DoubleArray
    words : list of str
    unknown : float
        Score of a character that no word covers.

    Returns
    -------
    ndarray of float64, shape (len(words),)
    """
    offsets = np.concatenate([[0], np.cumsum([len(word) for word in words])]).astype(np.int64)
    text = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    table = trie.code_table()
    codes = table[np.minimum(text, len(table) - 1)]
    return _best_scores(trie.units, trie.values, codes, offsets, unknown)


@kernel
def _best_scores(
    units: np.ndarray, values: np.ndarray, codes: np.ndarray, offsets: np.ndarray, unknown: float
) -> np.ndarray:
    out = np.empty(len(offsets) - 1, np.float64)
    for w in range(len(out)):
        start = offsets[w]
        size = offsets[w + 1] - start
        best = np.full(size + 1, -np.inf)
        best[0] = 0.0
        for i in range(size):
            best[i + 1] = max(best[i + 1], best[i] + unknown)
            node = np.int64(0)
            for j in range(i, size):
                code = codes[start + j]
                if code == 0:
                    break
                t = np.int64(units[node, 0]) + code
                if units[t, 1] != node:
                    break
                node = t
                best[j + 1] = max(best[j + 1], best[i] + values[node])
        out[w] = best[size]
    return out


# ----------------------------------------------------------------------------------------- decoding


@kernel
def best_words(
    points: np.ndarray,
    classes: np.ndarray,
    trie: DoubleArray,
    table: np.ndarray,
    unknown: float,
    spans: np.ndarray,
    flags: np.ndarray,
) -> None:
    """Set flags where the words of the best cut of a text begin.

    A word of the trie counts where it begins and ends between units (numbers, runs of letters,
    single characters); a unit that is no word costs `unknown`, marks and spaces cost nothing.
    Wherever no word reaches across, the sum begins anew, so that a part of a text is cut the same
    way in any surroundings. Of equal cuts, the one with the longer last differing word is taken.
    """
    units, values, _ = trie
    n = len(points)
    starts = unit_starts(points, classes, spans)
    end_of_table = len(table) - 1
    best = np.empty(n + 1, np.float64)
    best[:] = -np.inf
    back = np.empty(n + 1, np.int32)
    best[0] = 0.0
    reach = 0
    begin = 0
    i = 0
    while i < n:
        if i >= reach:
            j = i
            while j > begin:
                j = back[j]
                flags[j] = True
            begin = i
            best[i] = 0.0
        here = best[i]
        end = i + 1
        while not starts[end]:
            end += 1
        alone = unknown if classes[i] not in (BREAK, SPACE) else 0.0
        node = np.int64(0)
        j = i
        while j < n:
            point = points[j]
            code = table[point] if point < end_of_table else table[end_of_table]
            if code == 0:
                break
            t = np.int64(units[node, 0]) + code
            if units[t, 1] != node:
                break
            node = t
            j += 1
            value = values[node]
            if value > -np.inf and starts[j]:
                if j == end:
                    alone = value
                elif here + value > best[j]:
                    best[j] = here + value
                    back[j] = i
                reach = max(reach, j)
        if here + alone > best[end]:
            best[end] = here + alone
            back[end] = i
        reach = max(reach, end)
        i = end
    j = n
    while j > begin:
        j = back[j]
        flags[j] = True
    flags[n] = True


@kernel
def _with_room(
    lengths: np.ndarray, scores: np.ndarray, filled: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same arrays with room for one entry more."""
    if filled < len(lengths):
        return lengths, scores
    more_lengths = np.empty(2 * filled, np.int32)
    more_scores = np.empty(2 * filled, np.float64)
    for i in range(filled):
        more_lengths[i] = lengths[i]
        more_scores[i] = scores[i]
    return more_lengths, more_scores


@kernel
def word_edges(
    points: np.ndarray,
    classes: np.ndarray,
    trie: DoubleArray,
    table: np.ndarray,
    unknown: float,
    spans: np.ndarray,
) -> tuple[np.ndarray, Edges]:
    """The lattice of the same words over the units of a text.

    Returns the place of each unit, offsets, lengths (in units) and scores of the edges, and the
    gaps that no word reaches across.
    """
    units, values, _ = trie
    n = len(points)
    starts = unit_starts(points, classes, spans)
    end_of_table = len(table) - 1
    number = np.cumsum(starts) - 1
    total = number[n]
    places = np.empty(total + 1, np.int64)
    for i in range(n + 1):
        if starts[i]:
            places[number[i]] = i
    offsets = np.zeros(total + 1, np.int64)
    forced = np.zeros(total + 1, np.bool_)
    lengths = np.empty(3 * total + 16, np.int32)
    scores = np.empty(3 * total + 16, np.float64)
    filled = 0
    reach = 0
    for u in range(total):
        i = places[u]
        forced[u] = i >= reach
        offsets[u] = filled
        lengths, scores = _with_room(lengths, scores, filled)
        lengths[filled] = 1
        scores[filled] = unknown if classes[i] not in (BREAK, SPACE) else 0.0
        own = filled
        filled += 1
        reach = max(reach, places[u + 1])
        node = np.int64(0)
        j = i
        while j < n:
            point = points[j]
            code = table[point] if point < end_of_table else table[end_of_table]
            if code == 0:
                break
            t = np.int64(units[node, 0]) + code
            if units[t, 1] != node:
                break
            node = t
            j += 1
            if values[node] > -np.inf and starts[j]:
                reach = max(reach, j)
                if number[j] == u + 1:
                    scores[own] = values[node]
                else:
                    lengths, scores = _with_room(lengths, scores, filled)
                    lengths[filled] = number[j] - u
                    scores[filled] = values[node]
                    filled += 1
    offsets[total] = filled
    forced[total] = True
    return places, Edges(offsets, lengths[:filled].copy(), scores[:filled].copy(), forced)
