"""A double-array trie over code points.

Characters have dense codes, the most frequent ones the smallest; 0 is for characters that no word
holds. A node s goes on with code c at ``t = units[s, 0] + c`` if ``units[t, 1] == s``: one step
costs one access to memory, and half a million words take about ten megabytes. ``values[t]`` is the
score of the word that ends at t, ``-inf`` for none.
"""

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel
from nlpzero.engine.validation import expect, require, within

_FREE = -1
_MOST_CODES = 0xFFFF
# nodes that are checked at a time: what is made for that stays in the cache
_BLOCK, _STEPS = 1 << 15, 16
# places looked at in vain before the next search begins where this one ended
_PATIENCE = 64


class DoubleArray(NamedTuple):
    """Arrays of a double-array trie.

    units : ndarray of int32, shape (size, 2); base and parent of each node, node 0 is the root
    values : ndarray of float32, shape (size,); score of the word that ends at the node, or -inf
    points : ndarray of uint32; code point of each code, from code 1 on
    """

    units: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    points: npt.NDArray[np.uint32]

    def code_table(self) -> npt.NDArray[np.uint16]:
        """Code of every code point; the last entry, 0, is for all beyond."""
        table = np.zeros(int(self.points.max(initial=0)) + 2, np.uint16)
        table[self.points] = np.arange(1, len(self.points) + 1)
        return table


def check_trie(arrays: Mapping[str, Any]) -> DoubleArray:
    """The trie of a file, if every walk in it ends, inside its arrays.

    Parameters
    ----------
    arrays : mapping
        ``units``, ``values`` and ``points``.

    Raises
    ------
    KeyError, ValueError
    """
    units = expect(arrays, "units", np.int32, None, 2)
    size = len(units)
    values = expect(arrays, "values", np.float32, size)
    points = expect(arrays, "points", np.uint32, None)
    codes = len(points)
    require(
        codes <= _MOST_CODES
        and within(points, 0, 0x10FFFF)
        and bool((np.diff(np.sort(points)) > 0).all()),
        "the characters of its words are wrong",
    )
    bases = np.ascontiguousarray(units[:, 0])
    # a walk may look `codes` places beyond any base
    require(
        size > 0
        and within(bases, 0, size - 1 - codes)
        and within(units, _FREE, size - 1)
        and units[0, 1] == 0,
        "its trie leads out of the file",
    )
    far = np.maximum(units[:, 1], 0)
    for first in range(0, size, _BLOCK):
        parents = units[first : first + _BLOCK, 1]
        # the code that leads from the parent to each node, less 1
        steps = np.arange(first - 1, first - 1 + len(parents), dtype=np.int32)
        steps -= bases.take(far[first : first + _BLOCK])
        led = (steps.view(np.uint32) < codes) & (units[far[first : first + _BLOCK], 1] != _FREE)
        if first == 0:
            led[0] = True  # nothing leads to the root
        scores = values[first : first + _BLOCK]
        require(
            bool((led | (parents == _FREE)).all())
            # NaN is not -inf either
            and not (np.isnan(scores) | (scores == np.inf)).any()
            and not ((parents == _FREE) & (scores != -np.inf)).any(),
            "its trie has nodes that no walk reaches, or scores that are no numbers",
        )
    require(values[0] == -np.inf, "its trie has a word without characters")
    _check_ends(far)
    return DoubleArray(units, values, points)


def _check_ends(far: npt.NDArray[np.int32]) -> None:
    """Check that the way from every node by its ancestors ends at the root; `far`, any ancestor of
    each, is changed.
    """
    # most parents have lower numbers than their children, so that few steps are left to take
    for first in range(0, len(far), _BLOCK):
        here = far[first : first + _BLOCK]
        for _ in range(_STEPS):
            if not here.any():
                break
            here[:] = far.take(here)
    # the others jump twice as far each time
    for _ in range(len(far).bit_length()):
        if not far.any():
            return
        far = far.take(far)
    require(not far.any(), "its trie goes round in a circle")


@kernel
def _sort_key_less(codes: np.ndarray, a: int, a_end: int, b: int, b_end: int) -> bool:
    while a < a_end and b < b_end:
        if codes[a] != codes[b]:
            return codes[a] < codes[b]
        a += 1
        b += 1
    return a_end - a < b_end - b


@kernel
def _sort_words(codes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Order of words by their codes, by merging (words that begin alike are long runs of equal
    prefixes).
    """
    n = len(offsets) - 1
    order = np.arange(n)
    other = np.empty(n, np.int64)
    width = 1
    while width < n:
        for low in range(0, n, 2 * width):
            mid = min(low + width, n)
            high = min(low + 2 * width, n)
            i = low
            j = mid
            for k in range(low, high):
                take = j < high and (
                    i >= mid
                    or _sort_key_less(
                        codes,
                        offsets[order[j]],
                        offsets[order[j] + 1],
                        offsets[order[i]],
                        offsets[order[i] + 1],
                    )
                )
                if take:
                    other[k] = order[j]
                    j += 1
                else:
                    other[k] = order[i]
                    i += 1
        order, other = other, order
        width *= 2
    return order


@kernel
def _grow(units: np.ndarray, size: int) -> np.ndarray:
    out = np.full((size, 2), _FREE, np.int32)
    out[: len(units)] = units
    return out


@kernel
def _build(
    codes: np.ndarray, offsets: np.ndarray, order: np.ndarray, scores: np.ndarray, codes_end: int
) -> tuple[np.ndarray, np.ndarray]:
    """Place the nodes of sorted, distinct words: first fit, with moving starts."""
    words = len(order)
    nodes = len(codes) + 1
    units = np.full((max(2 * words, 1024) + codes_end, 2), _FREE, np.int32)
    # nodes to place: their place, depth, and range of words
    queue = np.empty((nodes, 4), np.int64)
    queue[0, :] = (0, 0, 0, words)
    units[0, 1] = 0
    head = 0
    tail = 1
    children = np.empty(codes_end + 1, np.int64)
    bounds = np.empty(codes_end + 2, np.int64)
    place_of = np.full(words, -1, np.int64)
    # where to begin looking, for nodes of 1, 2-3, 4-7, ... children: what is free below is not
    # worth it
    starts = np.ones(20, np.int64)
    highest = 0
    while head < tail:
        node, depth, left, right = queue[head]
        head += 1
        # the first words of the range may end at this node
        while left < right and offsets[order[left]] + depth == offsets[order[left] + 1]:
            place_of[left] = node
            left += 1
        if left == right:
            continue
        kinds = 0
        previous: Any = -1
        for w in range(left, right):
            code = np.int64(codes[offsets[order[w]] + depth])
            if code != previous:
                children[kinds] = code
                bounds[kinds] = w
                kinds += 1
                previous = code
        bounds[kinds] = right
        # find a base where all children fit; nodes of about as many children looked before up to
        # here
        first: Any = children[0]
        bucket = 0
        while kinds >> bucket > 1:
            bucket += 1
        place: Any = max(starts[bucket], first + 1)
        misses = 0
        while True:
            if place - first + codes_end + 1 >= len(units):
                units = _grow(units, 2 * len(units))
            if units[place, 1] == _FREE:
                base = place - first
                fits = True
                for k in range(1, kinds):
                    if units[base + children[k], 1] != _FREE:
                        fits = False
                        break
                if fits:
                    break
            misses += 1
            place += 1
        if misses > _PATIENCE:
            starts[bucket] = place
        base = place - first
        units[node, 0] = base
        for k in range(kinds):
            t = base + children[k]
            units[t, 1] = node
            highest = max(highest, t)
            queue[tail, 0] = t
            queue[tail, 1] = depth + 1
            queue[tail, 2] = bounds[k]
            queue[tail, 3] = bounds[k + 1]
            tail += 1
    # a walk may look codes_end places beyond any base
    size = highest + codes_end + 2
    out = np.full((size, 2), _FREE, np.int32)
    out[: min(size, len(units))] = units[:size]
    values = np.full(size, -np.inf, np.float32)
    for w in range(words):
        values[place_of[w]] = scores[order[w]]
    for s in range(size):
        if out[s, 0] == _FREE:
            out[s, 0] = 0  # a leaf: whatever is found there has another parent
    return out, values


def build_trie(words: list[str], scores: npt.NDArray[np.floating]) -> DoubleArray:
    """Build a trie from a list of words.

    Parameters
    ----------
    words : list of str
        Distinct and not empty.
    scores : ndarray of float, shape (len(words),)

    Returns
    -------
    DoubleArray

    Examples
    --------
    >>> trie = build_trie(["中", "中国", "国"], np.array([-1.0, -2.0, -3.0]))
    >>> trie_scores(trie, ["中国", "中", "国中"]).tolist()
    [-2.0, -1.0, -inf]
    """
    lengths = np.array([len(word) for word in words], np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    text = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    points, inverse, counts = np.unique(text, return_inverse=True, return_counts=True)
    if len(points) > 0xFFFF:
        raise ValueError(
            f"a trie holds words of at most 65,535 different characters, got {len(points):,}."
        )
    # frequent characters get small codes, so that children lie close together
    rank = np.argsort(-counts, kind="stable")
    code = np.empty(len(points), np.uint16)
    code[rank] = np.arange(1, len(points) + 1)
    codes = code[inverse.reshape(-1)] if len(points) else np.zeros(0, np.uint16)
    order = _sort_words(codes, offsets)
    units, values = _build(codes, offsets, order, np.asarray(scores, np.float64), len(points))
    return DoubleArray(units, values, points[rank].astype(np.uint32))


@kernel
def _walk(units: np.ndarray, codes: np.ndarray, start: int, stop: int) -> Any:
    """Node of a whole string of codes, or -1."""
    node = np.int64(0)
    for i in range(start, stop):
        if codes[i] == 0:
            return -1
        t = np.int64(units[node, 0]) + codes[i]
        if units[t, 1] != node:
            return -1
        node = t
    return node


@kernel
def _walk_all(
    units: np.ndarray, values: np.ndarray, codes: np.ndarray, offsets: np.ndarray
) -> np.ndarray:
    out = np.full(len(offsets) - 1, -np.inf, np.float32)
    for i in range(len(out)):
        node = _walk(units, codes, offsets[i], offsets[i + 1])
        if node > 0:
            out[i] = values[node]
    return out


def trie_scores(trie: DoubleArray, words: list[str]) -> npt.NDArray[np.float32]:
    """Scores of given words, -inf for those that the trie does not hold."""
    offsets = np.concatenate([[0], np.cumsum([len(word) for word in words])]).astype(np.int64)
    text = np.frombuffer("".join(words).encode("utf-32-le", "surrogatepass"), np.uint32)
    table = trie.code_table()
    codes = table[np.minimum(text, len(table) - 1)]
    return _walk_all(trie.units, trie.values, codes, offsets)


@kernel
def _spell(units: np.ndarray, ends: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Codes of the words that end at given nodes, one after the other; returns their offsets."""
    offsets = np.zeros(len(ends) + 1, np.int64)
    for turn in range(2):
        for i in range(len(ends)):
            node = np.int64(ends[i])
            size = 0
            at = offsets[i + 1]
            while node != 0:
                parent = np.int64(units[node, 1])
                size += 1
                if turn == 1:
                    out[at - size] = node - units[parent, 0]
                node = parent
            if turn == 0:
                offsets[i + 1] = offsets[i] + size
        if turn == 0 and offsets[-1] > len(out):
            break
    return offsets


def trie_words(trie: DoubleArray) -> list[str]:
    """All words of a trie, in the order of their nodes.

    Examples
    --------
    >>> sorted(trie_words(build_trie(["中国", "中", "𠮷"], np.zeros(3))))
    ['中', '中国', '𠮷']
    """
    ends = np.flatnonzero(trie.values > -np.inf)
    offsets = _spell(trie.units, ends, np.zeros(0, np.uint16))
    codes = np.zeros(int(offsets[-1]), np.uint16)
    _spell(trie.units, ends, codes)
    text = trie.points[codes.astype(np.int64) - 1].tobytes().decode("utf-32-le", "surrogatepass")
    return [text[a:b] for a, b in itertools.pairwise(offsets.tolist())]
