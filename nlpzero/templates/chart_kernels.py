"""Compiled loops of the chart parser."""

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.jit import kernel

# A chart cell is `score * WORD_LIMIT + words of the main template`, so that one comparison orders
# by score and then by words. Scores are never positive, hence `cell >> WORD_BITS` is the score
# again.
WORD_BITS = 10
WORD_LIMIT = 1 << WORD_BITS
IMPOSSIBLE = -(1 << 62)


@kernel
def find_child(
    edge_keys: NDArray[np.uint64], edges: NDArray[np.int32], node: int, word: int
) -> int:
    """Child of a trie node by a word, or -1. Edges are sorted by (node, word)."""
    key = (np.uint64(node) << np.uint64(32)) | np.uint64(word)
    low, high = 0, edge_keys.size
    while low < high:
        middle = (low + high) >> 1
        if edge_keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    if low < edge_keys.size and edge_keys[low] == key:
        return edges[low]
    return -1


@kernel
def find_state(nodes: NDArray[np.int32], low: int, high: int, node: int) -> int:
    """Index of a node among the sorted states `low:high` of one position, or -1."""
    if node < 0:
        return -1
    end = high
    while low < high:
        middle = (low + high) >> 1
        if nodes[middle] < node:
            low = middle + 1
        else:
            high = middle
    if low < end and nodes[low] == node:
        return low
    return -1


@kernel
def reach_states(
    words: NDArray[np.int64],
    edge_keys: NDArray[np.uint64],
    edges: NDArray[np.int32],
    gap_child: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Trie nodes that a template can stand at after each word: `nodes`, and `first` by position.

    A state at position p is a node whose last element is the word p - 1. Each node is listed once
    for a position however many ways lead to it, which is what keeps the chart polynomial.
    """
    n = words.size
    nodes = np.empty(64, np.int32)
    first = np.zeros(n + 2, np.int64)
    waiting = np.empty(64, np.int32)  # nodes after a placeholder that began before this word
    seen = np.zeros(gap_child.size, np.uint8)
    size = 0
    waiting_size = 0
    for k in range(n):
        begin = size
        first[k + 1] = begin
        # the states at position k, found while reading word k - 1, come before `begin`
        if words[k] >= 0:
            word = words[k]
            need = size + 2 + (begin - first[k]) + waiting_size
            if need > nodes.size:
                grown = np.empty(2 * need, np.int32)
                grown[:size] = nodes[:size]
                nodes = grown
            child = find_child(edge_keys, edges, 0, word)
            if child >= 0:
                nodes[size] = child
                size += 1
            if k > 0 and gap_child[0] >= 0:
                child = find_child(edge_keys, edges, gap_child[0], word)
                if child >= 0:
                    nodes[size] = child
                    size += 1
            for s in range(first[k], begin):
                child = find_child(edge_keys, edges, nodes[s], word)
                if child >= 0:
                    nodes[size] = child
                    size += 1
            for m in range(waiting_size):
                child = find_child(edge_keys, edges, waiting[m], word)
                if child >= 0:
                    nodes[size] = child
                    size += 1
            nodes[begin:size] = np.sort(nodes[begin:size])
        for s in range(first[k], begin):
            gap = gap_child[nodes[s]]
            if gap >= 0 and not seen[gap]:
                seen[gap] = 1
                if waiting_size == waiting.size:
                    longer = np.empty(2 * waiting_size, np.int32)
                    longer[:waiting_size] = waiting
                    waiting = longer
                waiting[waiting_size] = gap
                waiting_size += 1
    first[n + 1] = size
    return nodes[:size].copy(), first


@kernel
def fill_chart(
    words: NDArray[np.int64],
    edge_keys: NDArray[np.uint64],
    edges: NDArray[np.int32],
    gap_child: NDArray[np.int32],
    node_score: NDArray[np.int64],
    null_score: int,
    nodes: NDArray[np.int32],
    first: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best cell of every span, and best completion of every state up to every end.

    `chart[i, j]` belongs to the words i..j-1. `complete[s, j]` is the best way for state s to
    finish its template exactly at j; it does not depend on where the template began, so one table
    serves all beginnings.
    """
    n = words.size
    chart = np.zeros((n + 1, n + 1), np.int64)
    complete = np.full((nodes.size, n + 1), IMPOSSIBLE, np.int64)
    lead = gap_child[0]
    for i in range(n, -1, -1):
        if i < n:
            for j in range(i + 1, n + 1):
                chart[i, j] = null_score * (j - i - 1) * WORD_LIMIT
            if words[i] >= 0:
                child = find_child(edge_keys, edges, 0, words[i])
                s = find_state(nodes, first[i + 1], first[i + 2], child)
                if s >= 0:
                    for j in range(i + 1, n + 1):
                        if complete[s, j] != IMPOSSIBLE:
                            chart[i, j] = max(chart[i, j], complete[s, j] + 1)
            if lead >= 0:
                for k in range(i + 1, n):
                    if words[k] < 0:
                        continue
                    child = find_child(edge_keys, edges, lead, words[k])
                    s = find_state(nodes, first[k + 1], first[k + 2], child)
                    if s >= 0:
                        # chart[i, k] is final: whatever ends at k was added by an earlier k
                        gap = (chart[i, k] >> WORD_BITS) * WORD_LIMIT
                        for j in range(k + 1, n + 1):
                            if complete[s, j] != IMPOSSIBLE:
                                chart[i, j] = max(chart[i, j], gap + complete[s, j] + 1)
        for state in range(first[i], first[i + 1]):
            node = nodes[state]
            if node_score[node] != IMPOSSIBLE:
                complete[state, i] = node_score[node] * WORD_LIMIT
            if i == n:
                continue
            if words[i] >= 0:
                child = find_child(edge_keys, edges, node, words[i])
                s = find_state(nodes, first[i + 1], first[i + 2], child)
                if s >= 0:
                    for j in range(i + 1, n + 1):
                        if complete[s, j] != IMPOSSIBLE:
                            complete[state, j] = max(complete[state, j], complete[s, j] + 1)
            after = gap_child[node]
            if after < 0:
                continue
            if node_score[after] != IMPOSSIBLE:
                for j in range(i + 1, n + 1):
                    gap = (chart[i, j] >> WORD_BITS) + node_score[after]
                    complete[state, j] = max(complete[state, j], gap * WORD_LIMIT)
            for k in range(i + 1, n):
                if words[k] < 0:
                    continue
                child = find_child(edge_keys, edges, after, words[k])
                s = find_state(nodes, first[k + 1], first[k + 2], child)
                if s >= 0:
                    gap = (chart[i, k] >> WORD_BITS) * WORD_LIMIT
                    for j in range(k + 1, n + 1):
                        if complete[s, j] != IMPOSSIBLE:
                            complete[state, j] = max(complete[state, j], gap + complete[s, j] + 1)
    return chart, complete


@kernel
def read_chart(
    words: NDArray[np.int64],
    edge_keys: NDArray[np.uint64],
    edges: NDArray[np.int32],
    gap_child: NDArray[np.int32],
    node_score: NDArray[np.int64],
    null_score: int,
    nodes: NDArray[np.int32],
    first: NDArray[np.int64],
    chart: NDArray[np.int64],
    complete: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The best tree: rows (start, end, trie node or -1, score), parents before children.

    Of several ways to the same cell the one whose words stand furthest right wins, compared from
    the first word on; since the places of the words say what the template is, nothing is left
    undecided.
    """
    n = words.size
    rows = np.empty((2 * n, 4), np.int64)
    places = np.empty(n, np.int64)  # of the words of the template at hand
    stack = np.empty((n + 1, 2), np.int64)
    lead = gap_child[0]
    stack[0, 0], stack[0, 1] = 0, n
    height = 1
    row = 0
    while height > 0:
        height -= 1
        i, j = stack[height, 0], stack[height, 1]
        rows[row, 0], rows[row, 1], rows[row, 2] = i, j, -1
        rows[row, 3] = chart[i, j] >> WORD_BITS
        row += 1
        target = chart[i, j]
        if target == null_score * (j - i - 1) * WORD_LIMIT:
            continue  # flat: a template has at least one word and so a cell of its own
        placed = 0
        node = 0
        at = i
        after = lead
        while True:
            if node > 0 and at == j:
                break
            if node > 0 and after >= 0 and node_score[after] != IMPOSSIBLE:
                whole = ((chart[at, j] >> WORD_BITS) + node_score[after]) * WORD_LIMIT
                if whole == target:
                    node = after
                    break
            moved = False
            for k in range(j - 1, at - 1, -1):
                if words[k] < 0 or (k > at and after < 0):
                    continue
                parent = after if k > at else node
                child = find_child(edge_keys, edges, parent, words[k])
                s = find_state(nodes, first[k + 1], first[k + 2], child)
                if s < 0 or complete[s, j] == IMPOSSIBLE:
                    continue
                gap = (chart[at, k] >> WORD_BITS) * WORD_LIMIT if k > at else 0
                if gap + complete[s, j] + 1 == target:
                    places[placed] = k
                    placed += 1
                    target = complete[s, j]
                    node = nodes[s]
                    after = gap_child[node]
                    at = k + 1
                    moved = True
                    break
            if not moved:
                raise RuntimeError("the chart does not lead back to a tree")
        rows[row - 1, 2] = node
        # gaps, last one first, so that the first one is read next
        end = j
        for p in range(placed - 1, -1, -1):
            if places[p] + 1 < end:
                stack[height, 0], stack[height, 1] = places[p] + 1, end
                height += 1
            end = places[p]
        if i < end:
            stack[height, 0], stack[height, 1] = i, end
            height += 1
    return rows[:row].copy()
