"""Evidence for words: occurrences, cohesion, branching entropies, from counts and one pass over the
text.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import (
    Candidates,
    FrequentNGrams,
    OpenGroups,
    count_row,
    first_closed,
    table_pieces,
)
from nlpzero.discovery.second_pass import AFTER, BEFORE, SecondPass, clause_blocks
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats, Keys
from nlpzero.engine.hash_tables import KeyTable, empty_table, enter, find, probe, table_of
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import KeyCounter, Run, merge_runs, run_on_disk
from nlpzero.errors import StorageError
from nlpzero.ngrams.keys import (
    PACKED_ORDER,
    PREFIX_MASKS,
    SYMBOL_BITS,
    next_key,
    pack,
    pack_rows,
    pack_stretch,
)
from nlpzero.ngrams.measures import entropy_from_sums, x_log_x
from nlpzero.ngrams.measures import pmi as pair_pmi
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard
from nlpzero.text.points import point_blocks


@kernel
def neighbour_sums(
    keys: np.ndarray,
    counts: np.ndarray,
    last: bool,
    groups: OpenGroups,
    open_sums: np.ndarray,
    wanted: KeyTable,
    left: np.ndarray,
    right: np.ndarray,
) -> None:
    """Sum c ln c over the left and right neighbours of the wanted n-grams of up to three symbols.

    keys : uint64[n] ascending, counts : int64[n]; a piece of a table of counts, `last` if none
        follows
    groups, and open_sums : float64[5], zeros at first; what goes over from one piece to the next
    left, right : float64[wanted]

    Only neighbours seen twice or more add anything, which spares most look-ups.
    """
    group = groups.counts
    before = groups.previous[0]
    for row in range(len(keys) + 1):
        for k in range(PACKED_ORDER, first_closed(keys, row, last, before) - 1, -1):
            if open_sums[k] > 0:
                found = find(wanted, before & PREFIX_MASKS[k])
                if found >= 0:
                    right[found] += open_sums[k]
            if group[k] > 1 and k > 1:
                part = group[k] * math.log(group[k])
                open_sums[k - 1] += part
                found = find(wanted, (before & PREFIX_MASKS[k]) << SYMBOL_BITS)
                if found >= 0:
                    left[found] += part
            group[k] = 0
            open_sums[k] = 0.0
        if row < len(keys):
            before = keys[row]
            count_row(before, counts[row], group)
    groups.previous[0] = before


class OccurrenceTrie(NamedTuple):
    """Words of four symbols and more, and their suffixes longer than that.

    A string enters by its first four symbols at once; every further one is a step from node to
    node.

    entries : KeyTable from keys of four symbols to nodes
    children : KeyTable from next keys (node, symbol) to nodes
    """

    entries: KeyTable
    children: KeyTable

    @classmethod
    def of(cls, words: Strings) -> tuple["OccurrenceTrie", Counts, int]:
        """The trie, the node of each word, and the number of nodes."""
        lengths = words.lengths
        beyond = np.maximum(lengths - PACKED_ORDER, 0)
        trie = cls(
            empty_table(int(np.maximum(beyond, 1).sum())),
            empty_table(int((beyond * (beyond + 1) // 2).sum())),
        )
        node_of = np.empty(len(lengths), np.int64)
        nodes = fill_trie(words.symbols, words.offsets, trie, node_of)
        return trie, node_of, nodes


@kernel
def fill_trie(
    symbols: np.ndarray, offsets: np.ndarray, trie: OccurrenceTrie, node_of: np.ndarray
) -> int:
    """Fill an empty trie that has room; returns the number of nodes.

    Word i, symbols[offsets[i]:offsets[i + 1]] (uint16), gets node node_of[i] (int64).
    """
    starts, start_nodes, starts_shift = trie.entries
    steps, step_nodes, steps_shift = trie.children
    nodes = 0
    for i in range(len(offsets) - 1):
        end = offsets[i + 1]
        for begin in range(offsets[i], max(offsets[i] + 1, end - PACKED_ORDER)):
            node = enter(starts, start_nodes, starts_shift, pack(symbols, begin), nodes)
            nodes += node == nodes
            for j in range(begin + PACKED_ORDER, end):
                node = enter(steps, step_nodes, steps_shift, next_key(node, symbols[j]), nodes)
                nodes += node == nodes
            if begin == offsets[i]:
                node_of[i] = node
    return nodes


@kernel
def node_of_string(symbols: np.ndarray, begin: int, end: int, trie: OccurrenceTrie) -> np.int64:
    """Node of a string of symbols, uint16[], that is in the trie."""
    node = find(trie.entries, pack(symbols, begin))
    for j in range(begin + PACKED_ORDER, end):
        node = find(trie.children, next_key(node, symbols[j]))
    return node


@kernel
def word_cohesion(
    symbols: np.ndarray,
    offsets: np.ndarray,
    trie: OccurrenceTrie,
    totals: np.ndarray,
    ngrams: FrequentNGrams,
    pmi: np.ndarray,
    split: np.ndarray,
) -> None:
    """Smallest PMI over the splits of words of more than four symbols, and the first place that has
    it, from the totals of a walked trie.

    Word i is symbols[offsets[i]:offsets[i + 1]] (uint16, int64); totals : int64[nodes]; pmi :
    float64[words],
    split : int64[words]. Parts of up to four symbols are looked up among the frequent n-grams.
    """
    in_run = ngrams.in_run
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        joint = totals[node_of_string(symbols, begin, end, trie)]
        best = np.inf
        where = 0
        for at in range(begin + 1, end):
            if in_run[symbols[at - 1]] and in_run[symbols[at]]:
                continue
            left = right = 0
            for side in range(2):
                first = begin if side == 0 else at
                stop = at if side == 0 else end
                if stop - first == 1:
                    count = int(ngrams.singles[symbols[first]])
                elif stop - first <= PACKED_ORDER:
                    row = find(ngrams.table, pack_stretch(symbols, first, stop))
                    count = int(ngrams.counts[row])
                else:
                    count = int(totals[node_of_string(symbols, first, stop, trie)])
                left = count if side == 0 else left
                right = count
            value = pair_pmi(joint, left, right, ngrams.total)
            if value < best:
                best = value
                where = at - begin
        pmi[i] = best
        split[i] = where


@kernel
def occurrences(
    symbols: np.ndarray,
    begin: int,
    trie: OccurrenceTrie,
    wanted: np.ndarray,
    totals: np.ndarray,
    neighbours: np.ndarray,
    room: int,
) -> tuple[int, int]:
    """Count all occurrences of the strings of a trie, and list the neighbours of the wanted ones.

    symbols : uint16[], padded; wanted : bool[nodes], totals : int64[nodes]

    Neighbours, uint64[], are ``node << 17 | side << 16 | symbol`` with side 0 for left, 1 for
    right; ends of clauses are not listed. Stops before they could overflow by the `room` one start
    may need; returns the place to go on from and the number listed.
    """
    starts, start_nodes, starts_shift = trie.entries
    steps, step_nodes, steps_shift = trie.children
    n = len(symbols) - AFTER
    listed = 0
    i = begin
    while i < n and listed + room <= len(neighbours):
        j = i
        while j < i + PACKED_ORDER and symbols[j] != 0:
            j += 1
        if j < i + PACKED_ORDER:
            i = j + 1
            continue
        place = probe(starts, starts_shift, pack(symbols, i), 0)
        if place < 0:
            i += 1
            continue
        node = np.int64(start_nodes[place])
        while True:
            totals[node] += 1
            if wanted[node]:
                base = np.uint64(node) << np.uint64(17)
                if symbols[i - 1] != 0:
                    neighbours[listed] = base | np.uint64(symbols[i - 1])
                    listed += 1
                if symbols[j] != 0:
                    neighbours[listed] = base | np.uint64(0x10000) | np.uint64(symbols[j])
                    listed += 1
            if symbols[j] == 0:
                break
            place = probe(steps, steps_shift, next_key(node, symbols[j]), 0)
            if place < 0:
                break
            node = np.int64(step_nodes[place])
            j += 1
        i += 1
    return i, listed


# neighbours that a step may list
_NEIGHBOURS = 1 << 16
# of the trie of the words and of what is counted at its nodes
_BYTES_A_SYMBOL = 16


class _Occurrences(NamedTuple):
    """Occurrences of the nodes of a trie, and of the neighbours of words."""

    totals: Counts
    neighbours: list[Run]
    seen: int  # symbols of the text


def _occurrence_worker(
    shard: Shard,
    alphabet: Alphabet,
    words: Strings,
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> _Occurrences:
    trie, node_of, nodes = OccurrenceTrie.of(words)
    wanted = np.zeros(nodes, bool)
    wanted[node_of] = True
    totals = np.zeros(nodes, np.int64)
    room = 2 * int(words.lengths.max())
    counter = KeyCounter(memory, folder)
    step = max(_NEIGHBOURS, room)
    seen = 0
    for symbols in clause_blocks(point_blocks(shard, report=report), alphabet):
        seen += int(np.count_nonzero(symbols))
        at = BEFORE
        while at < len(symbols) - AFTER:
            buffer, filled = counter.reserve(step)
            free = buffer[filled:]
            at, listed = occurrences(symbols, at, trie, wanted, totals, free, room)
            counter.advance(filled + listed)
    runs = counter.finish()
    if folder is not None and len(runs) > 1:
        runs = [run_on_disk(merge_runs(runs, memory // 4), folder)]
    return _Occurrences(totals, runs, seen)


@dataclass(frozen=True)
class Evidence:
    """Aligned with the words it is about."""

    occurrences: Counts
    pmi: Floats
    split: npt.NDArray[np.int64]
    left: Floats
    right: Floats
    left_bound: Floats  # what the ranking uses: known, or that of a part of the word
    right_bound: Floats


def evidence_for(run: SecondPass, grams: Candidates, words: Strings) -> Evidence:
    """Cohesion and branching entropies of words, from the table of counts where it holds them.

    The neighbours of words of four symbols and more, and the parts of longer ones, are counted in
    one pass over the text; without text the entropies of those of four are unknown, and longer ones
    must not come.
    """
    n = len(words.counts)
    lengths = words.lengths
    pmi, split = np.full(n, np.inf), np.zeros(n, np.int64)
    sums = np.zeros((2, n))
    rows = words.matrix(max(int(lengths.max(initial=0)), PACKED_ORDER))
    keys = pack_rows(rows)

    occurrences = np.where(lengths == 1, grams.singles[rows[:, 0]], 0)
    packed = np.flatnonzero((lengths > 1) & (lengths <= PACKED_ORDER))
    places = grams.find(keys[packed])
    if (places < 0).any():
        raise StorageError("the counts are of another text: they lack words of this one; count it")
    occurrences[packed] = grams.counts[places]
    pmi[packed], split[packed] = grams.cohesion_of(
        keys[packed], occurrences[packed], lengths[packed]
    )
    short = np.flatnonzero(lengths < PACKED_ORDER)
    table_sums = run.aside(_table_sums, run.counts, keys[short])
    long = np.flatnonzero(lengths >= PACKED_ORDER)
    if len(long) and run.passes is None:
        sums[:, long] = np.nan
    elif len(long):
        totals, sums[:, long], long_pmi, long_split = _text_sums(run, grams, words.take(long))
        longer = lengths[long] > PACKED_ORDER
        occurrences[long[longer]] = totals[longer]
        pmi[long[longer]], split[long[longer]] = long_pmi[longer], long_split[longer]
    sums[:, short] = table_sums()
    left, right = (entropy_from_sums(side, occurrences) for side in sums)
    bounds = [left, right]
    if len(long) and run.passes is None:
        heads, tails = keys[long] & PREFIX_MASKS[PACKED_ORDER - 1], keys[long] << SYMBOL_BITS
        for side, parts in enumerate((heads, tails)):
            part_keys, inverse = np.unique(parts, return_inverse=True)
            part_sums = _table_sums(run.counts, part_keys)[side]
            part_counts = grams.counts[grams.find(part_keys)]
            bounds[side] = bounds[side].copy()
            bounds[side][long] = entropy_from_sums(part_sums, part_counts)[inverse]
    return Evidence(
        occurrences, np.where(split > 0, pmi, np.nan), split, left, right, bounds[0], bounds[1]
    )


def _table_sums(counts: NGramCounts, keys: Keys) -> Floats:
    """Sum c ln c over left and right neighbours of n-grams of up to three symbols, shape (2, n)."""
    sums = np.zeros((2, len(keys)))
    if len(keys) == 0:
        return sums
    table = table_of(keys)
    groups, open_sums = OpenGroups.none(), np.zeros(PACKED_ORDER + 1)
    for piece_keys, numbers, last in table_pieces(counts):
        neighbour_sums(piece_keys, numbers, last, groups, open_sums, table, sums[0], sums[1])
    return sums


def _text_sums(
    run: SecondPass, grams: Candidates, words: Strings
) -> tuple[Counts, Floats, Floats, npt.NDArray[np.int64]]:
    """Occurrences, sums as in _table_sums, cohesion and split of words of four symbols and more."""
    assert run.passes is not None
    totals: Counts | None = None
    runs: list[Run] = []
    seen = 0
    share = run.share(_BYTES_A_SYMBOL * len(words.symbols))
    for part in run.map(
        _occurrence_worker, words, share, run.passes.worker_folder, stage="evidence"
    ):
        totals = part.totals if totals is None else totals + part.totals
        runs += part.neighbours
        seen += part.seen
    run.check_seen(seen)
    assert totals is not None
    sums = np.zeros(2 * len(totals))
    for keys, counts in merge_runs(runs, run.memory // 4, run.passes.folder):
        # key >> 16 is twice the node, and the side; added one by one, so that the sum depends on
        # the order of the keys alone, not on the pieces they come in
        np.add.at(sums, (keys >> np.uint64(16)).astype(np.int64), x_log_x(counts))
    # a word whose every occurrence lies across the break of an endless line does not occur at all
    totals = np.maximum(totals, 1)
    trie, node_of, _ = OccurrenceTrie.of(words)
    pmi, split = np.empty(len(node_of)), np.empty(len(node_of), np.int64)
    word_cohesion(words.symbols, words.offsets, trie, totals, grams.arrays(), pmi, split)
    return totals[node_of], np.ascontiguousarray(sums.reshape(-1, 2)[node_of].T), pmi, split
