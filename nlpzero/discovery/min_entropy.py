"""Words by minimum entropy: pairs that lower the information per character (kexue.fm/archives/5476,
5577, 5597).
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import (
    Candidates,
    atoms_of,
    ends_of,
    looked_up,
    runs_of,
    singles_of,
)
from nlpzero.discovery.criteria import Removal
from nlpzero.discovery.fates import MinEntropyFates
from nlpzero.discovery.methods import DEFAULT_MIN_GAIN, MinEntropy
from nlpzero.discovery.ranking import Found
from nlpzero.discovery.second_pass import SecondPass, pair_cut_worker, repeats_worker
from nlpzero.discovery.string_table import Strings, StringTable
from nlpzero.engine.arrays import Counts, Symbols
from nlpzero.ngrams.keys import PACKED_ORDER, pack_rows, unpack_keys
from nlpzero.ngrams.measures import merge_gain, merge_gain_same

# pairs that are judged at a time: that takes a dozen numbers for each
_PAIRS = 1 << 16


def by_min_entropy(run: SecondPass, method: MinEntropy, min_count: int, longest: int) -> Found:
    """The words of minimum entropy, single symbols and runs too."""
    keys, joint, common = Candidates.pairs(run.counts, min_count)
    total, in_run = run.counts.total, runs_of(run.counts.alphabet)
    first, second = unpack_keys(keys, 2).T
    same = first == second
    joinable = joint.copy()
    joinable[same] = _joinable_pairs(run, first[same])
    gain = np.empty(len(keys))
    for at in range(0, len(keys), _PAIRS):
        part = slice(at, at + _PAIRS)
        gain[part] = merge_gain(joint[part], common[first[part]], common[second[part]], total)
    gain[same] = merge_gain_same(joinable[same], common[first[same]], total)
    gain -= (method.min_gain - DEFAULT_MIN_GAIN) * joinable / total
    margins = gain * total / np.maximum(joinable, 1)
    strong = (gain > 0) & (joinable > 0)
    cut = run.cut(pair_cut_worker, keys[strong], longest)
    pieces = cut.pieces.frequent(min_count).strings.sorted()
    words, singles, dropped = _remove_redundancy(pieces, cut.singles, min_count, in_run)
    removals = [
        Removal("min_gain", int((~strong).sum()), method.min_gain),
        Removal("min_count", len(cut.pieces) - len(pieces.counts), min_count),
        Removal("redundancy", dropped, None),
    ]
    fates = MinEntropyFates(
        run.counts,
        in_run,
        min_count,
        longest,
        keys,
        gain * total,
        strong,
        cut.pieces,
        words,
        singles,
    )
    listed = words.take(words.counts >= min_count).joined(singles_of(singles, min_count))
    # the parts of what was found, and not all that is frequent, which takes much more memory
    grams = replace(Candidates.parts_of(run.counts, *ends_of(listed)), singles=common)
    return Found(listed, grams, removals, margins, fates)


def _joinable_pairs(run: SecondPass, symbols: Symbols) -> Counts:
    """Pairs of a symbol with itself that can be joined: a run of r equal symbols holds r // 2.

    There are c(aa) - c(aaa) runs of two and more, c(aaaa) - c(aaaaa) of four and more, and so on:
    the table of counts is enough where no run reaches four; otherwise the text is read.
    """
    twos, threes, fours = (
        looked_up(run.counts, pack_rows(np.repeat(symbols[:, None], k, axis=1)), k)
        for k in range(2, PACKED_ORDER + 1)
    )
    if not fours.any():
        return twos - threes
    total = np.zeros(0x10000, np.int64)
    for pairs in run.map(repeats_worker, stage="repetitions"):
        total += pairs
    return total[symbols]


def _remove_redundancy(
    pieces: Strings, singles: Counts, min_count: int, in_run: npt.NDArray[np.bool_]
) -> tuple[Strings, Counts, int]:
    """Drop pieces that others explain and hand their counts down, until nothing changes.

    An atom, that is a single symbol or a run, is never dropped. One that is too rare on its own to
    be a unit is as probable as it is frequent in all pieces: being rare alone must not save the
    words it is in. Returns the pieces left, the new counts of single symbols, and the number
    dropped.
    """
    table = StringTable()
    table.add(pieces.symbols, pieces.offsets[:-1], pieces.offsets[1:], pieces.counts)
    met = np.flatnonzero(singles).astype(np.uint16)
    places = np.arange(len(met), dtype=np.int64)
    table.add(met, places, places + 1, singles[met])
    starts, ends, holders = atoms_of(pieces.symbols, pieces.offsets, in_run)
    table.add(pieces.symbols, starts, ends, np.zeros(len(starts), np.int64))
    units = table.content()
    n = len(pieces.counts)
    weights = units.counts.copy()
    inside = table.find(pieces.symbols, starts, ends)
    floors = np.zeros(table.n, np.int64)
    np.add.at(floors, inside, pieces.counts[holders])
    floors[weights >= min_count] = 0
    sizes = np.ones(table.n, np.int64)
    sizes[:n] = np.bincount(holders, minlength=n)
    alive = np.ones(table.n, bool)
    visit = np.arange(n)
    dropped = 0
    while True:
        now = table.remove_redundant(visit, in_run, sizes, weights, floors, alive)
        dropped += now
        if now == 0:
            break
        visit = visit[alive[visit]]
    ones = np.flatnonzero(units.lengths == 1)
    singles = np.zeros(0x10000, np.int64)
    singles[units.symbols[units.offsets[ones]]] = weights[ones]
    return pieces._replace(counts=weights[:n]).take(alive[:n]), singles, dropped
