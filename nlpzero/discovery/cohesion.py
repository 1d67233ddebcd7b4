"""Words by cohesion: strong n-grams, a lenient cut, what stands alone (kexue.fm/archives/4256, 6920)."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, Found, only_runs
from nlpzero.discovery.result import Removal
from nlpzero.discovery.second_pass import SecondPass, strong_cut_worker
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats, Symbols
from nlpzero.ngrams.keys import PACKED_ORDER, PREFIX_MASKS, SYMBOL_BITS, pack_rows, symbols_at


def by_cohesion(
    run: SecondPass,
    *,
    order: int,
    min_count: int,
    min_pmi: Sequence[float],
    strict: bool,
    longest: int,
    latin: bool,
) -> Found:
    grams = Candidates.of(run.counts, min_count)
    pmi, split = grams.cohesion()
    floor = np.array([0.0, 0.0, *min_pmi, *[np.inf] * (PACKED_ORDER - 1 - len(min_pmi))])
    candidate = grams.lengths <= order
    strong = candidate & (pmi >= floor[grams.lengths])
    keys = grams.keys[strong]
    strings = Strings.of_keys(keys, grams.lengths[strong], grams.counts[strong])
    listed = ~only_runs(strings, grams.in_run) | latin
    removals = [Removal("min_pmi", int((candidate & ~strong).sum()), list(min_pmi))]
    if run.shards is None:
        alone, singles = _standing_alone(grams, strong), grams.singles
        words = strings.take(listed & (alone >= min_count))
        pieces = Strings.empty()
    else:
        cut = run.cut(strong_cut_worker, keys, order, strict, longest, latin)
        alone, singles = cut.gram_counts, cut.singles
        # runs are among the pieces, when they are wanted at all
        listed = ~only_runs(strings, grams.in_run)
        words = strings._replace(counts=alone).take(listed & (alone >= min_count))
        pieces = cut.pieces
    often = pieces.counts >= min_count
    removals.append(
        Removal(
            "min_count",
            int((listed & (alone < min_count)).sum()) + int((~often).sum()),
            min_count,
        )
    )
    rows = np.full(len(grams.keys), -1)
    rows[strong] = np.arange(len(keys))

    def explain(symbols: Symbols) -> str:
        return _explain_cohesion(
            run, grams, symbols, pmi, split, rows, alone, pieces, order, min_count, min_pmi, longest
        )

    asked = candidate & np.isfinite(pmi)
    margins = pmi[asked] - floor[grams.lengths[asked]]
    return Found(words.joined(pieces.take(often)), singles, grams, removals, margins, explain)


def _standing_alone(grams: Candidates, strong: npt.NDArray[np.bool_]) -> Counts:
    """How often strong n-grams stand alone, estimated from counts alone.

    Not alone are those that are part of a strong n-gram longer by one symbol, and those that cut a run of
    digits or letters. The shares on the right and on the left are taken as independent; those that cut a
    run are, for n-grams of four symbols, the shares of their first and last three.
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


def _explain_cohesion(
    run: SecondPass,
    grams: Candidates,
    symbols: Symbols,
    pmi: Floats,
    split: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    alone: Counts,
    pieces: Strings,
    order: int,
    min_count: int,
    min_pmi: Sequence[float],
    longest: int,
) -> str:
    """Where a word of at least two symbols was dropped, or that it was not."""
    alphabet = run.counts.alphabet
    length = len(symbols)

    def look(start: int, size: int) -> str | None:
        """What is wrong with a part of the word, if anything."""
        part = symbols[start : start + size]
        key = pack_rows(part[None, :])
        text = alphabet.decode(part)
        name = f"{text}: " if size < length else ""
        row = int(grams.find(key)[0])
        if row < 0:
            count = int(run.counts.lookup(key, size)[0])
            return f"{name}count {count:,}, min_count is {min_count:,}"
        if rows[row] < 0:
            at = int(split[row])
            return (
                f"{name}weak at {text[:at]}|{text[at:]}: PMI {pmi[row]:.2f}, "
                f"min_pmi is {min_pmi[size - 2]:g} for {size} characters"
            )
        return None

    if length > longest:
        return f"dropped: longer than max_length {longest}"
    for start in range(max(length - order, 0) + 1):
        wrong = look(start, min(length, order))
        if wrong is not None:
            return f"dropped: {wrong}"
    if length <= order:
        row = int(grams.find(pack_rows(symbols[None, :]))[0])
        count = int(alone[rows[row]])
        total = int(grams.counts[row])
    else:
        same = pieces.lengths == length
        rows_of_length = pieces.take(same)
        equal = (rows_of_length.matrix(length) == symbols).all(axis=1)
        count = int(rows_of_length.counts[equal].sum())
        total = -1
    among = f" of its {total:,} occurrences" if total >= 0 else ""
    if count < min_count:
        return (
            f"dropped: strong, but it stands alone {count:,} times{among}, min_count is {min_count:,}; "
            "the others are part of longer pieces"
        )
    return f"found: stands alone {count:,} times{among}"
