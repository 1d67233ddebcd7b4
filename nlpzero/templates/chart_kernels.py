"""Compiled loops of the chart parser."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import KeyTable, find, probe, table_of
from nlpzero.engine.jit import kernel

# A chart cell is `score * WORD_LIMIT + words of the main template`, so that one comparison orders
# by score and then by words. Scores are never positive, hence `cell >> WORD_BITS` is the score
# again.
WORD_BITS = 10
WORD_LIMIT = 1 << WORD_BITS
IMPOSSIBLE = -(1 << 62)


class TemplateTrie(NamedTuple):
    """Templates as a trie over their elements; node 0 is the root.

    edges : KeyTable from ``node << 32 | word``, words being numbered from 1, to the child
    gap_child : int32[nodes]; child by a placeholder, or -1
    node_score : int64[nodes]; score of the template that ends there, or IMPOSSIBLE
    """

    edges: KeyTable
    gap_child: NDArray[np.int32]
    node_score: NDArray[np.int64]

    @classmethod
    def of(cls, children: Mapping[tuple[int, int], int], scores: list[int]) -> "TemplateTrie":
        """From the child of each node by each word, 0 a placeholder, and the scores of nodes."""
        gap_child = np.full(len(scores), -1, np.int32)
        words = {}
        for (node, word), child in children.items():
            if word == 0:
                gap_child[node] = child
            else:
                words[node << 32 | word] = child
        edges = table_of(np.array(list(words), np.uint64))
        nodes = np.array([*words.values(), -1], np.int32)
        return cls(edges._replace(rows=nodes[edges.rows]), gap_child, np.array(scores, np.int64))


class States(NamedTuple):
    """Trie nodes that a template can stand at after each word, which is their last element.

    nodes : int32[states]; ascending at each position
    first : int64[n + 2]; the states at position p, after the word p - 1, are first[p] to
        first[p + 1] - 1
    """

    nodes: NDArray[np.int32]
    first: NDArray[np.int64]


@kernel
def edge_key(node: int, word: int) -> np.uint64:
    """Key of the edge from a node by a word."""
    return (np.uint64(node) << np.uint64(32)) | np.uint64(word)


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
def state_after(
    words: NDArray[np.int64],
    k: int,
    node: int,
    slots: NDArray[np.uint64],
    shift: np.uint64,
    children: NDArray[np.int32],
    nodes: NDArray[np.int32],
    first: NDArray[np.int64],
) -> int:
    """The state of a template that goes on from a node with the word at k, or -1."""
    if words[k] < 0:
        return -1
    place = probe(slots, shift, edge_key(node, words[k]), 0)
    if place < 0:
        return -1
    return find_state(nodes, first[k + 1], first[k + 2], children[place])


@kernel
def reach_states(words: NDArray[np.int64], trie: TemplateTrie) -> States:
    """All states of a sentence of n words, int64[n], -1 for those that no template has.

    Each node is listed once for a position however many ways lead to it, which is what keeps the
    chart polynomial.
    """
    gap_child = trie.gap_child
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
                for i in range(size):
                    grown[i] = nodes[i]
                nodes = grown
            child = find(trie.edges, edge_key(0, word))
            if child >= 0:
                nodes[size] = child
                size += 1
            if k > 0 and gap_child[0] >= 0:
                child = find(trie.edges, edge_key(gap_child[0], word))
                if child >= 0:
                    nodes[size] = child
                    size += 1
            for s in range(first[k], begin):
                child = find(trie.edges, edge_key(nodes[s], word))
                if child >= 0:
                    nodes[size] = child
                    size += 1
            for m in range(waiting_size):
                child = find(trie.edges, edge_key(waiting[m], word))
                if child >= 0:
                    nodes[size] = child
                    size += 1
            nodes[begin:size].sort()
        for s in range(first[k], begin):
            gap = gap_child[nodes[s]]
            if gap >= 0 and not seen[gap]:
                seen[gap] = 1
                if waiting_size == waiting.size:
                    longer = np.empty(2 * waiting_size, np.int32)
                    for i in range(waiting_size):
                        longer[i] = waiting[i]
                    waiting = longer
                waiting[waiting_size] = gap
                waiting_size += 1
    first[n + 1] = size
    return States(nodes[:size].copy(), first)


@kernel
def take_best(cells: NDArray[np.int64], after: NDArray[np.int64], begin: int, gap: int) -> None:
    """Improve cells by a word at begin - 1 and what its state completes after it, end by end."""
    for j in range(begin, cells.size):
        if after[j] != IMPOSSIBLE:
            cells[j] = max(cells[j], gap + after[j] + 1)


@kernel
def fill_chart(
    words: NDArray[np.int64], trie: TemplateTrie, null_score: int, states: States
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Best cell of every span, and best completion of every state up to every end.

    `chart[i, j]`, int64[n + 1, n + 1], belongs to the words i..j-1. `complete[s, j]`,
    int64[states, n + 1], is the best way for state s to finish its template exactly at j; it does
    not depend on where the template began, so one table serves all beginnings.
    """
    gap_child, node_score = trie.gap_child, trie.node_score
    slots, children, shift = trie.edges
    nodes, first = states
    n = words.size
    chart = np.zeros((n + 1, n + 1), np.int64)
    complete = np.full((nodes.size, n + 1), IMPOSSIBLE, np.int64)
    for i in range(n, -1, -1):
        if i < n:
            for j in range(i + 1, n + 1):
                chart[i, j] = null_score * (j - i - 1) * WORD_LIMIT
            s = state_after(words, i, 0, slots, shift, children, nodes, first)
            if s >= 0:
                take_best(chart[i], complete[s], i + 1, 0)
            if gap_child[0] >= 0:
                for k in range(i + 1, n):
                    s = state_after(words, k, gap_child[0], slots, shift, children, nodes, first)
                    if s >= 0:
                        # chart[i, k] is final: whatever ends at k was added by an earlier k
                        gap = (chart[i, k] >> WORD_BITS) * WORD_LIMIT
                        take_best(chart[i], complete[s], k + 1, gap)
        for state in range(first[i], first[i + 1]):
            node = nodes[state]
            if node_score[node] != IMPOSSIBLE:
                complete[state, i] = node_score[node] * WORD_LIMIT
            if i == n:
                continue
            s = state_after(words, i, node, slots, shift, children, nodes, first)
            if s >= 0:
                take_best(complete[state], complete[s], i + 1, 0)
            after = gap_child[node]
            if after < 0:
                continue
            if node_score[after] != IMPOSSIBLE:
                for j in range(i + 1, n + 1):
                    whole = (chart[i, j] >> WORD_BITS) + node_score[after]
                    complete[state, j] = max(complete[state, j], whole * WORD_LIMIT)
            for k in range(i + 1, n):
                s = state_after(words, k, after, slots, shift, children, nodes, first)
                if s >= 0:
                    gap = (chart[i, k] >> WORD_BITS) * WORD_LIMIT
                    take_best(complete[state], complete[s], k + 1, gap)
    return chart, complete


@kernel
def read_chart(
    words: NDArray[np.int64],
    trie: TemplateTrie,
    null_score: int,
    states: States,
    chart: NDArray[np.int64],
    complete: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The best tree: rows (start, end, trie node or -1, score), int64[rows, 4], parents first.

    Of several ways to the same cell the one whose words stand furthest right wins, compared from
    the first word on; since the places of the words say what the template is, nothing is left
    undecided.
    """
    gap_child, node_score = trie.gap_child, trie.node_score
    slots, children, shift = trie.edges
    nodes, first = states
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
                if k > at and after < 0:
                    continue
                s = state_after(
                    words, k, after if k > at else node, slots, shift, children, nodes, first
                )
                if s < 0 or complete[s, j] == IMPOSSIBLE:
                    continue
                gap = (chart[at, k] >> WORD_BITS) * WORD_LIMIT if k > at else 0
                if gap + complete[s, j] + 1 == target:
                    places[placed] = k
                    placed += 1
                    target = complete[s, j]
                    node = states.nodes[s]
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
