"""Words by cohesion: strong n-grams, a lenient cut, what stands alone (kexue.fm/archives/4256,
6920).
"""

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, only_runs, singles_of
from nlpzero.discovery.counted_strings import CountedStrings, HashedStrings
from nlpzero.discovery.criteria import Removal
from nlpzero.discovery.fates import CohesionFates
from nlpzero.discovery.methods import Cohesion
from nlpzero.discovery.ranking import Found
from nlpzero.discovery.second_pass import SecondPass, strong_cut_worker
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts
from nlpzero.ngrams.keys import PACKED_ORDER, PREFIX_MASKS, SYMBOL_BITS, symbols_at


def by_cohesion(run: SecondPass, method: Cohesion, min_count: int, longest: int) -> Found:
    """The words of cohesion, single symbols and runs too.

    Ranked from the counts where there is no text.
    """
    grams = Candidates.of(run.counts, min_count)
    pmi, _ = grams.cohesion()
    floor = np.full(PACKED_ORDER + 1, np.inf)
    floor[2 : method.order + 1] = method.min_pmi
    candidate = grams.lengths <= method.order
    strong = candidate & (pmi >= floor[grams.lengths])
    keys = grams.keys[strong]
    strings = Strings.of_keys(keys, grams.lengths[strong], grams.counts[strong])
    runs = only_runs(strings, grams.in_run)
    pieces: CountedStrings | None = None
    often = HashedStrings.empty()
    rare = 0
    if run.passes is None:
        alone, singles = _standing_alone(grams, strong), grams.singles
        words = strings.take(alone >= min_count)
    else:
        cut = run.cut(strong_cut_worker, keys, method.order, method.strict_backtrack, longest)
        alone, singles, pieces = cut.gram_counts, cut.singles, cut.pieces
        # runs are among the pieces
        words = strings._replace(counts=alone).take(~runs & (alone >= min_count))
        often = pieces.frequent(min_count)
        rare = sum(
            int(((part.strings.counts < min_count) & ~only_runs(part.strings, grams.in_run)).sum())
            for part in pieces.chunks()
        )
    removals = [
        Removal("min_pmi", int((candidate & ~strong).sum()), list(method.min_pmi)),
        Removal("min_count", int((~runs & (alone < min_count)).sum()) + rare, min_count),
    ]
    order = np.argsort(keys)
    fates = CohesionFates(
        run.counts,
        grams.in_run,
        min_count,
        longest,
        method,
        keys[order],
        alone[order],
        pieces,
        singles,
    )
    asked = candidate & np.isfinite(pmi)
    margins = pmi[asked] - floor[grams.lengths[asked]]
    words = words.joined(often.strings).joined(singles_of(singles, min_count))
    return Found(words, grams, removals, margins, fates)


def _standing_alone(grams: Candidates, strong: npt.NDArray[np.bool_]) -> Counts:
    """How often strong n-grams stand alone, estimated from counts alone.

    Not alone are those that are part of a strong n-gram longer by one symbol, and those that cut a
    run of digits or letters. The shares on the right and on the left are taken as independent;
    those that cut a run are, for n-grams of four symbols, the shares of their first and last three.
    """
    counts = grams.counts.astype(np.float64)
    free = counts.copy()
    for side in ("left", "right"):
        taken = np.zeros(len(counts))
        for length in range(3, PACKED_ORDER + 1):
            longer = np.flatnonzero(grams.lengths == length)
            keys = grams.keys[longer]
            edge = 1 if side == "left" else length - 1
            cuts_run = (
                grams.in_run[symbols_at(keys, edge)] & grams.in_run[symbols_at(keys, edge + 1)]
            )
            taking = strong[longer] | cuts_run
            longer, keys = longer[taking], keys[taking]
            shorter = keys << SYMBOL_BITS if side == "left" else keys & PREFIX_MASKS[length - 1]
            np.add.at(taken, grams.find(shorter), counts[longer])
            if length == PACKED_ORDER:
                share = np.minimum(taken / counts, 1.0)
                whole = np.flatnonzero(grams.lengths == PACKED_ORDER)
                edges = grams.keys[whole]
                parts = (
                    edges & PREFIX_MASKS[PACKED_ORDER - 1]
                    if side == "left"
                    else edges << SYMBOL_BITS
                )
                at_run = grams.in_run[symbols_at(edges, 1 if side == "left" else PACKED_ORDER)]
                share[whole] = np.where(at_run, share[grams.find(parts)], 0.0)
        free *= 1 - share
    return np.rint(free[strong]).astype(np.int64)
