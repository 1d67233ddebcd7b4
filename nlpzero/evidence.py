"""Evidence for words: occurrences, cohesion, branching entropies, from counts and one pass over the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero import discovery_kernels as kernels
from nlpzero.cutting import Run, clause_blocks
from nlpzero.engine.arrays import Counts, Floats, Keys
from nlpzero.engine.hash_tables import KeyTable
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import StorageError
from nlpzero.grams import Grams, table_pieces
from nlpzero.ngrams.keys import WIDTH, keys_of
from nlpzero.ngrams.measures import entropy_from_sums, x_log_x
from nlpzero.ngrams.table import NGramCounts
from nlpzero.pieces import Strings
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard

_MET = 1 << 20  # neighbours gathered before they are counted


class Trie(NamedTuple):
    """Words of four symbols and more, and their suffixes longer than that."""

    entry_table: Keys
    entry_nodes: npt.NDArray[np.int32]
    entry_shift: np.uint64
    child_table: Keys
    child_nodes: npt.NDArray[np.int32]
    child_shift: np.uint64

    @classmethod
    def of(cls, words: Strings) -> tuple["Trie", Counts, int]:
        """The trie, the node of each word, and the number of nodes."""
        lengths = words.lengths
        starts = int(np.maximum(lengths - WIDTH, 1).sum())
        entry_bits = max((2 * starts).bit_length(), 4)
        beyond = np.maximum(lengths - WIDTH, 0)
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
        nodes = kernels.build_trie(words.symbols, words.offsets, WIDTH, *trie, node_of)
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
    trie, node_of, nodes = Trie.of(words)
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
        at = kernels.BEFORE
        while at < len(symbols) - kernels.AFTER:
            at, listed = kernels.occurrences(symbols, at, WIDTH, *trie, wanted, totals, met, room)
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


def evidence_for(run: Run, grams: Grams, words: Strings) -> Evidence:
    """Cohesion and branching entropies of words, from the table of counts where it holds them.

    The neighbours of words of four symbols and more, and the parts of longer ones, are counted in one pass
    over the text; without text the entropies of those of four are unknown, and longer ones must not come.
    """
    n = len(words.counts)
    lengths = words.lengths
    pmi, split = np.full(n, np.inf), np.zeros(n, np.int64)
    sums = np.zeros((2, n))
    rows = words.matrix(max(int(lengths.max(initial=0)), WIDTH))
    keys = keys_of(rows)

    occurrences = np.where(lengths == 1, grams.singles[rows[:, 0]], 0)
    packed = np.flatnonzero((lengths > 1) & (lengths <= WIDTH))
    places = grams.table.find(keys[packed])
    if (places < 0).any():
        raise StorageError("the counts are of another text: they lack words of this one; count it")
    occurrences[packed] = grams.counts[places]
    pmi[packed], split[packed] = grams.cohesion_of(
        keys[packed], occurrences[packed], lengths[packed]
    )
    short = np.flatnonzero(lengths < WIDTH)
    table_sums = run.aside(_table_sums, run.counts, keys[short])
    long = np.flatnonzero(lengths >= WIDTH)
    if len(long) and run.shards is None:
        sums[:, long] = np.nan
    elif len(long):
        totals, sums[:, long], long_pmi, long_split = _text_sums(run, grams, words.take(long))
        longer = lengths[long] > WIDTH
        occurrences[long[longer]] = totals[longer]
        pmi[long[longer]], split[long[longer]] = long_pmi[longer], long_split[longer]
    sums[:, short] = table_sums()
    left, right = (entropy_from_sums(side, occurrences) for side in sums)
    bounds = [left, right]
    if len(long) and run.shards is None:
        heads, tails = keys[long] & kernels.MASKS[WIDTH - 1], keys[long] << np.uint64(16)
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
        kernels.neighbour_sums(
            piece_keys,
            numbers,
            last,
            WIDTH,
            previous,
            group,
            open_sums,
            *table,
            sums[0],
            sums[1],
        )
    return sums


def _text_sums(
    run: Run, grams: Grams, words: Strings
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
    trie, node_of, _ = Trie.of(words)
    pmi, split = np.empty(len(node_of)), np.empty(len(node_of), np.int64)
    kernels.word_cohesion(
        words.symbols,
        words.offsets,
        WIDTH,
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
