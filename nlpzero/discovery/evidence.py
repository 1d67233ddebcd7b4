"""Evidence for words: occurrences, cohesion, branching entropies, from counts and one pass over the text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, first_difference, table_pieces
from nlpzero.discovery.second_pass import AFTER, BEFORE, SecondPass, clause_blocks
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats, Keys
from nlpzero.engine.hash_tables import MULTIPLIER, ONE, KeyTable, find
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import StorageError
from nlpzero.ngrams.keys import (
    PACKED_ORDER,
    PREFIX_MASKS,
    SYMBOL_BITS,
    next_key,
    pack,
    pack_rows,
    pack_stretch,
    symbol_of,
)
from nlpzero.ngrams.measures import entropy_from_sums, x_log_x
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard


@kernel
def neighbour_sums(
    keys: np.ndarray,
    counts: np.ndarray,
    last: bool,
    order: int,
    previous: np.ndarray,
    group: np.ndarray,
    sums: np.ndarray,
    table: np.ndarray,
    values: np.ndarray,
    shift: np.uint64,
    left: np.ndarray,
    right: np.ndarray,
) -> None:
    """Sum c ln c over the left and right neighbours of the wanted n-grams shorter than the order.

    Only neighbours met twice or more add anything, which spares most look-ups. State goes from piece to piece
    of the table as in frequent_grams; sums : float64[5].
    """
    n = len(keys)
    for row in range(n + 1):
        before = previous[0] if row == 0 else keys[row - 1]
        if before != 0 and (row < n or last):
            first = first_difference(before, keys[row]) if row < n else 1
            for k in range(order, first - 1, -1):
                if sums[k] > 0:
                    place = find(before & PREFIX_MASKS[k], table, shift)
                    if place >= 0:
                        right[values[place]] += sums[k]
                if group[k] > 1 and k > 1:
                    part = group[k] * math.log(group[k])
                    sums[k - 1] += part
                    place = find((before & PREFIX_MASKS[k]) << SYMBOL_BITS, table, shift)
                    if place >= 0:
                        left[values[place]] += part
                group[k] = 0
                sums[k] = 0.0
        if row < n:
            for k in range(1, order + 1):
                if symbol_of(keys[row], k) == 0:
                    break
                group[k] += counts[row]
    if n > 0:
        previous[0] = keys[n - 1]


@kernel
def build_trie(
    symbols: np.ndarray,
    offsets: np.ndarray,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    node_of: np.ndarray,
) -> int:
    """Trie of words of `width` symbols or more and of their suffixes longer than that. Returns its size.

    Word i is symbols[offsets[i]:offsets[i + 1]] and gets node node_of[i]. Strings enter the trie by their
    first `width` symbols at once. The tables must have room.
    """
    nodes = 0
    entry_mask = np.uint64(len(entry_table) - 1)
    child_mask = np.uint64(len(child_table) - 1)
    for i in range(len(offsets) - 1):
        end = offsets[i + 1]
        for begin in range(offsets[i], max(offsets[i] + 1, end - width)):
            key = pack_stretch(symbols, begin, begin + width)
            place = (key * MULTIPLIER) >> entry_shift
            while entry_table[place] != 0 and entry_table[place] != key:
                place = (place + ONE) & entry_mask
            if entry_table[place] == 0:
                entry_table[place] = key
                entry_nodes[place] = nodes
                nodes += 1
            node = np.int64(entry_nodes[place])
            for j in range(begin + width, end):
                key = next_key(node, symbols[j])
                place = (key * MULTIPLIER) >> child_shift
                while child_table[place] != 0 and child_table[place] != key:
                    place = (place + ONE) & child_mask
                if child_table[place] == 0:
                    child_table[place] = key
                    child_nodes[place] = nodes
                    nodes += 1
                node = np.int64(child_nodes[place])
            if begin == offsets[i]:
                node_of[i] = node
    return nodes


@kernel
def node_of_string(
    symbols: np.ndarray,
    begin: int,
    end: int,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
) -> np.int64:
    """Node of a string that is in the trie."""
    key = pack_stretch(symbols, begin, begin + width)
    node = np.int64(entry_nodes[find(key, entry_table, entry_shift)])
    for j in range(begin + width, end):
        key = next_key(node, symbols[j])
        node = np.int64(child_nodes[find(key, child_table, child_shift)])
    return node


@kernel
def word_cohesion(
    symbols: np.ndarray,
    offsets: np.ndarray,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    totals: np.ndarray,
    gram_table: np.ndarray,
    gram_values: np.ndarray,
    gram_shift: np.uint64,
    gram_counts: np.ndarray,
    singles: np.ndarray,
    in_run: np.ndarray,
    total: float,
    pmi: np.ndarray,
    split: np.ndarray,
) -> None:
    """Smallest PMI over the splits of words longer than `width`, from the totals of a walked trie.

    Parts of up to `width` symbols are looked up among the frequent n-grams.
    """
    for i in range(len(offsets) - 1):
        begin, end = offsets[i], offsets[i + 1]
        node = node_of_string(
            symbols,
            begin,
            end,
            width,
            entry_table,
            entry_nodes,
            entry_shift,
            child_table,
            child_nodes,
            child_shift,
        )
        joint = math.log(total) + math.log(totals[node])
        best = np.inf
        where = 0
        for at in range(begin + 1, end):
            if in_run[symbols[at - 1]] and in_run[symbols[at]]:
                continue
            value = joint
            for side in range(2):
                first = begin if side == 0 else at
                stop = at if side == 0 else end
                if stop - first == 1:
                    value -= math.log(singles[symbols[first]])
                elif stop - first <= width:
                    key = pack_stretch(symbols, first, stop)
                    value -= math.log(gram_counts[gram_values[find(key, gram_table, gram_shift)]])
                else:
                    node = node_of_string(
                        symbols,
                        first,
                        stop,
                        width,
                        entry_table,
                        entry_nodes,
                        entry_shift,
                        child_table,
                        child_nodes,
                        child_shift,
                    )
                    value -= math.log(totals[node])
            if value < best:
                best = value
                where = at - begin
        pmi[i] = best
        split[i] = where


@kernel
def occurrences(
    symbols: np.ndarray,
    begin: int,
    width: int,
    entry_table: np.ndarray,
    entry_nodes: np.ndarray,
    entry_shift: np.uint64,
    child_table: np.ndarray,
    child_nodes: np.ndarray,
    child_shift: np.uint64,
    wanted: np.ndarray,
    totals: np.ndarray,
    met: np.ndarray,
    room: int,
) -> tuple[int, int]:
    """Count all occurrences of the strings of a trie, and list the neighbours of the wanted ones.

    Neighbours are ``node << 17 | side << 16 | symbol`` with side 0 for left, 1 for right; ends of clauses are
    not listed. Stops before `met` could overflow by the `room` one start may need; returns the place to go on
    from and the number listed.
    """
    n = len(symbols) - AFTER
    listed = 0
    mask = PREFIX_MASKS[width]
    i = begin
    while i < n and listed + room <= len(met):
        j = i
        while j < i + width and symbols[j] != 0:
            j += 1
        if j < i + width:
            i = j + 1
            continue
        place = find(pack(symbols, i) & mask, entry_table, entry_shift)
        if place >= 0:
            node = np.int64(entry_nodes[place])
            while True:
                totals[node] += 1
                if wanted[node]:
                    base = np.uint64(node) << np.uint64(17)
                    if symbols[i - 1] != 0:
                        met[listed] = base | np.uint64(symbols[i - 1])
                        listed += 1
                    if symbols[j] != 0:
                        met[listed] = base | np.uint64(0x10000) | np.uint64(symbols[j])
                        listed += 1
                if symbols[j] == 0:
                    break
                key = next_key(node, symbols[j])
                place = find(key, child_table, child_shift)
                if place < 0:
                    break
                node = np.int64(child_nodes[place])
                j += 1
        i += 1
    return i, listed


_MET = 1 << 20  # neighbours gathered before they are counted


class OccurrenceTrie(NamedTuple):
    """Words of four symbols and more, and their suffixes longer than that."""

    entry_table: Keys
    entry_nodes: npt.NDArray[np.int32]
    entry_shift: np.uint64
    child_table: Keys
    child_nodes: npt.NDArray[np.int32]
    child_shift: np.uint64

    @classmethod
    def of(cls, words: Strings) -> tuple["OccurrenceTrie", Counts, int]:
        """The trie, the node of each word, and the number of nodes."""
        lengths = words.lengths
        starts = int(np.maximum(lengths - PACKED_ORDER, 1).sum())
        entry_bits = max((2 * starts).bit_length(), 4)
        beyond = np.maximum(lengths - PACKED_ORDER, 0)
        child_bits = max((2 * int((beyond * (beyond + 1) // 2).sum())).bit_length(), 4)
        trie = cls(
            np.zeros(1 << entry_bits, np.uint64),
            np.zeros(1 << entry_bits, np.int32),
            np.uint64(64 - entry_bits),
            np.zeros(1 << child_bits, np.uint64),
            np.zeros(1 << child_bits, np.int32),
            np.uint64(64 - child_bits),
        )
        node_of = np.empty(len(lengths), np.int64)
        nodes = build_trie(words.symbols, words.offsets, PACKED_ORDER, *trie, node_of)
        return trie, node_of, nodes


class _Met(NamedTuple):
    """Occurrences of the nodes of a trie, and the neighbours met."""

    totals: Counts
    keys: Keys
    counts: Counts
    seen: int  # symbols of the text


def _sum_by_key(keys: Keys, counts: Counts) -> tuple[Keys, Counts]:
    if len(keys) == 0:
        return keys, counts
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(counts, first)


def _occurrence_worker(
    shard: Shard, alphabet: Alphabet, words: Strings, *, report: ReadReport
) -> _Met:
    trie, node_of, nodes = OccurrenceTrie.of(words)
    wanted = np.zeros(nodes, bool)
    wanted[node_of] = True
    totals = np.zeros(nodes, np.int64)
    room = 2 * int(words.lengths.max())
    met = np.empty(_MET + room, np.uint64)
    keys, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    waiting: list[tuple[Keys, Counts]] = []
    size = seen = 0
    for symbols in clause_blocks(shard.blocks(report=report), alphabet):
        seen += int(np.count_nonzero(symbols))
        at = BEFORE
        while at < len(symbols) - AFTER:
            at, listed = occurrences(symbols, at, PACKED_ORDER, *trie, wanted, totals, met, room)
            new = np.unique(met[:listed], return_counts=True)
            waiting.append((new[0], new[1].astype(np.int64)))
            size += len(new[0])
            if size > max(len(keys), _MET):
                keys, counts = _gather([(keys, counts), *waiting])
                waiting, size = [], 0
    return _Met(totals, *_gather([(keys, counts), *waiting]), seen)


def _gather(parts: Sequence[tuple[Keys, Counts]]) -> tuple[Keys, Counts]:
    return _sum_by_key(np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts]))


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

    The neighbours of words of four symbols and more, and the parts of longer ones, are counted in one pass
    over the text; without text the entropies of those of four are unknown, and longer ones must not come.
    """
    n = len(words.counts)
    lengths = words.lengths
    pmi, split = np.full(n, np.inf), np.zeros(n, np.int64)
    sums = np.zeros((2, n))
    rows = words.matrix(max(int(lengths.max(initial=0)), PACKED_ORDER))
    keys = pack_rows(rows)

    occurrences = np.where(lengths == 1, grams.singles[rows[:, 0]], 0)
    packed = np.flatnonzero((lengths > 1) & (lengths <= PACKED_ORDER))
    places = grams.table.find(keys[packed])
    if (places < 0).any():
        raise StorageError("the counts are of another text: they lack words of this one; count it")
    occurrences[packed] = grams.counts[places]
    pmi[packed], split[packed] = grams.cohesion_of(
        keys[packed], occurrences[packed], lengths[packed]
    )
    short = np.flatnonzero(lengths < PACKED_ORDER)
    table_sums = run.aside(_table_sums, run.counts, keys[short])
    long = np.flatnonzero(lengths >= PACKED_ORDER)
    if len(long) and run.shards is None:
        sums[:, long] = np.nan
    elif len(long):
        totals, sums[:, long], long_pmi, long_split = _text_sums(run, grams, words.take(long))
        longer = lengths[long] > PACKED_ORDER
        occurrences[long[longer]] = totals[longer]
        pmi[long[longer]], split[long[longer]] = long_pmi[longer], long_split[longer]
    sums[:, short] = table_sums()
    left, right = (entropy_from_sums(side, occurrences) for side in sums)
    bounds = [left, right]
    if len(long) and run.shards is None:
        heads, tails = keys[long] & PREFIX_MASKS[PACKED_ORDER - 1], keys[long] << SYMBOL_BITS
        for side, parts in enumerate((heads, tails)):
            part_keys, inverse = np.unique(parts, return_inverse=True)
            part_sums = _table_sums(run.counts, part_keys)[side]
            part_counts = grams.counts[grams.table.find(part_keys)]
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
    table = KeyTable.of(keys)
    previous, group, open_sums = np.zeros(1, np.uint64), np.zeros(5, np.int64), np.zeros(5)
    for piece_keys, numbers, last in table_pieces(counts):
        neighbour_sums(
            piece_keys,
            numbers,
            last,
            PACKED_ORDER,
            previous,
            group,
            open_sums,
            *table,
            sums[0],
            sums[1],
        )
    return sums


def _text_sums(
    run: SecondPass, grams: Candidates, words: Strings
) -> tuple[Counts, Floats, Floats, npt.NDArray[np.int64]]:
    """Occurrences, sums as in _table_sums, cohesion and split of words of four symbols and more."""
    totals: Counts | None = None
    parts = []
    seen = 0
    for met in run.map(_occurrence_worker, run.counts.alphabet, words):
        totals = met.totals if totals is None else totals + met.totals
        parts.append((met.keys, met.counts))
        seen += met.seen
    run.check_seen(seen)
    assert totals is not None
    keys, counts = _gather(parts)
    owner = (keys >> np.uint64(17)).astype(np.int64)
    side = ((keys >> np.uint64(16)) & np.uint64(1)).astype(np.int64)
    sums = np.bincount(2 * owner + side, x_log_x(counts), 2 * len(totals)).reshape(-1, 2)
    # a word whose every occurrence lies across the break of an endless line is not met at all
    totals = np.maximum(totals, 1)
    trie, node_of, _ = OccurrenceTrie.of(words)
    pmi, split = np.empty(len(node_of)), np.empty(len(node_of), np.int64)
    word_cohesion(
        words.symbols,
        words.offsets,
        PACKED_ORDER,
        *trie,
        totals,
        *grams.table,
        grams.counts,
        grams.singles,
        grams.in_run,
        float(grams.total),
        pmi,
        split,
    )
    return totals[node_of], np.ascontiguousarray(sums[node_of].T), pmi, split
