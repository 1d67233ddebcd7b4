"""How words are found: by the learned segmenter, by cohesion, or by minimum entropy."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero import discovery_kernels as kernels
from nlpzero.cutting import Run, pair_cut_worker, repeats_worker, strong_cut_worker
from nlpzero.engine.arrays import Counts, Floats, Keys, Symbols
from nlpzero.engine.parallel import LocalThreads, on_this_machine
from nlpzero.grams import Grams, runs_of
from nlpzero.ngrams.keys import WIDTH, keys_of
from nlpzero.ngrams.measures import merge_gain, merge_gain_same
from nlpzero.pieces import Pieces, Strings
from nlpzero.text.corpus import Corpus

if TYPE_CHECKING:
    from nlpzero.learning.segmenter import LearnedSegmenter

# the price of a pair at which minimum entropy asks for the exact gain F > 0
DEFAULT_PRICE = 1.0


class Removal(NamedTuple):
    """How many candidates a threshold removed.

    threshold : str
        Its parameter: "min_count", "min_pmi"...
    removed : int
    value : Any
        The value in force.
    """

    threshold: str
    removed: int
    value: Any


class Found(NamedTuple):
    """Words of a method with their counts, single symbols too, and what was removed."""

    words: Strings
    singles: Counts
    grams: Grams
    removals: list[Removal]
    margins: Floats  # by how much candidates are above min_pmi, in nats
    explain: Callable[[Symbols], str]
    certainty: Floats | None = None  # boundary probabilities of the learned words, shape (3, n)


def by_learning(
    run: Run,
    corpus: Corpus,
    segmenter: "LearnedSegmenter",
    *,
    min_count: int,
    min_length: int,
    longest: int,
    latin: bool,
    explaining: bool,
) -> Found:
    """The words that a learned segmenter makes of the whole text."""
    from nlpzero.discovery.learned import count_learned_words

    threads = isinstance(run.executor, LocalThreads)
    local = on_this_machine(run.executor)
    # a word that is asked about may be rare
    learned = count_learned_words(
        corpus,
        segmenter,
        min_count=1 if explaining else min_count,
        jobs=run.jobs,
        executor=run.executor if threads or not local else None,
        progress=run.progress,
    )
    alphabet = run.counts.alphabet
    in_run = runs_of(alphabet)
    symbols = alphabet.symbols("".join(learned.words))
    offsets = np.cumsum([0, *map(len, learned.words)])
    words = Strings(symbols, offsets.astype(np.int64), learned.counts.astype(np.int64))
    # a number's decimal point, or a character the segmenter did not know
    whole = np.ones(0, bool)
    if len(symbols):
        whole = np.logical_and.reduceat(symbols != 0, words.offsets[:-1])
    told = words.take(whole)
    often = words.counts >= min_count
    kept = whole & often & (words.lengths >= min_length)
    kept &= (words.lengths <= longest) & (~_only_runs(words, in_run) | latin)
    certainty = np.stack([learned.left, learned.right, learned.inside])[:, kept]
    singles = np.zeros(0x10000, np.int64)
    ones = told.take(told.lengths == 1)
    singles[ones.symbols] = ones.counts

    def explain(symbols: Symbols) -> str:
        count = _count_among(told, symbols)
        total = int(run.counts.lookup(keys_of(symbols[None, :WIDTH]), min(len(symbols), WIDTH))[0])
        among = f" in {total:,} occurrences" if len(symbols) <= WIDTH else ""
        if count < min_count:
            return f"dropped: {count:,} times a word of the segmentation{among}, min_count is {min_count:,}"
        return f"found: {count:,} times a word of the segmentation{among}"

    return Found(
        words.take(kept),
        singles,
        Grams.of(run.counts, min_count),
        [Removal("min_count", int((~often).sum()), min_count)] if explaining else [],
        np.zeros(0),
        explain,
        certainty,
    )


def by_cohesion(
    run: Run,
    *,
    order: int,
    min_count: int,
    min_pmi: Sequence[float],
    strict: bool,
    longest: int,
    latin: bool,
) -> Found:
    grams = Grams.of(run.counts, min_count)
    pmi, split = grams.cohesion()
    floor = np.array([0.0, 0.0, *min_pmi, *[np.inf] * (WIDTH - 1 - len(min_pmi))])
    candidate = grams.lengths <= order
    strong = candidate & (pmi >= floor[grams.lengths])
    keys = grams.keys[strong]
    strings = Strings.of_keys(keys, grams.lengths[strong], grams.counts[strong])
    listed = ~_only_runs(strings, grams.in_run) | latin
    removals = [Removal("min_pmi", int((candidate & ~strong).sum()), list(min_pmi))]
    if run.shards is None:
        alone, singles = _standing_alone(grams, strong), grams.singles
        words = strings.take(listed & (alone >= min_count))
        pieces = Strings.empty()
    else:
        cut = run.cut(strong_cut_worker, keys, order, strict, longest, latin)
        alone, singles = cut.gram_counts, cut.singles
        # runs are among the pieces, when they are wanted at all
        listed = ~_only_runs(strings, grams.in_run)
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


def _only_runs(strings: Strings, in_run: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether strings hold digits and letters only."""
    if len(strings.counts) == 0:
        return np.zeros(0, bool)
    return np.logical_and.reduceat(in_run[strings.symbols], strings.offsets[:-1])


def _standing_alone(grams: Grams, strong: npt.NDArray[np.bool_]) -> Counts:
    """How often strong n-grams stand alone, estimated from counts alone.

    Not alone are those that are part of a strong n-gram longer by one symbol, and those that cut a run of
    digits or letters. The shares on the right and on the left are taken as independent; those that cut a
    run are, for n-grams of four symbols, the shares of their first and last three.
    """
    counts = grams.counts.astype(np.float64)
    free = counts.copy()
    for side in ("left", "right"):
        taken = np.zeros(len(counts))
        for length in range(3, WIDTH + 1):
            longer = np.flatnonzero(grams.lengths == length)
            keys = grams.keys[longer]
            edge = 0 if side == "left" else length - 2
            pair = (keys >> np.uint64(32 - 16 * edge)) if edge < 2 else keys
            first = (pair >> np.uint64(16)) & np.uint64(0xFFFF)
            cuts_run = grams.in_run[first] & grams.in_run[pair & np.uint64(0xFFFF)]
            taking = strong[longer] | cuts_run
            longer, keys = longer[taking], keys[taking]
            shorter = keys << np.uint64(16) if side == "left" else keys & kernels.MASKS[length - 1]
            np.add.at(taken, grams.table.find(shorter), counts[longer])
            if length == WIDTH:
                share = np.minimum(taken / counts, 1.0)
                whole = np.flatnonzero(grams.lengths == WIDTH)
                edges = grams.keys[whole]
                parts = (
                    edges & kernels.MASKS[WIDTH - 1] if side == "left" else edges << np.uint64(16)
                )
                symbol = edges >> np.uint64(48) if side == "left" else edges & np.uint64(0xFFFF)
                at_run = grams.in_run[symbol]
                share[whole] = np.where(at_run, share[grams.table.find(parts)], 0.0)
        free *= 1 - share
    return np.rint(free[strong]).astype(np.int64)


def _explain_cohesion(
    run: Run,
    grams: Grams,
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
        key = keys_of(part[None, :])
        text = alphabet.decode(part)
        name = f"{text}: " if size < length else ""
        row = int(grams.table.find(key)[0])
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
        row = int(grams.table.find(keys_of(symbols[None, :]))[0])
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


def by_min_entropy(run: Run, *, min_count: int, price: float, longest: int, latin: bool) -> Found:
    grams = Grams.of(run.counts, min_count)
    pairs = grams.lengths == 2
    keys, joint = grams.keys[pairs], grams.counts[pairs]
    first = (keys >> np.uint64(48)).astype(np.int64)
    second = ((keys >> np.uint64(32)) & np.uint64(0xFFFF)).astype(np.int64)
    same = first == second
    joinable = joint.copy()
    joinable[same] = _joinable_pairs(run, first[same])
    left, right = grams.singles[first], grams.singles[second]
    gain = merge_gain(joint, left, right, grams.total)
    gain[same] = merge_gain_same(joinable[same], left[same], grams.total)
    gain -= (price - DEFAULT_PRICE) * joinable / grams.total
    margins = gain * grams.total / np.maximum(joinable, 1)
    strong = (gain > 0) & (joinable > 0)
    removals = [Removal("min_pmi", int((~strong).sum()), price)]
    cut = run.cut(pair_cut_worker, keys[strong], longest)
    pieces = cut.pieces.take(cut.pieces.counts >= min_count).sorted()
    removals.append(Removal("min_count", len(cut.pieces.counts) - len(pieces.counts), min_count))
    words, singles, dropped = _remove_redundancy(pieces, cut.singles, min_count, grams.in_run)
    removals.append(Removal("redundancy", dropped, None))
    listed = (words.counts >= min_count) & (~_only_runs(words, grams.in_run) | latin)

    def explain(symbols: Symbols) -> str:
        alphabet = run.counts.alphabet
        windows = np.lib.stride_tricks.sliding_window_view(symbols, 2)
        found = _find_keys(keys, keys_of(windows))
        for window, row in zip(windows, found.tolist(), strict=True):
            text = alphabet.decode(window)
            if not grams.in_run[window].all() and row < 0:
                return f"dropped: {text}: count below min_count {min_count:,}"
            if not grams.in_run[window].all() and not strong[row]:
                return (
                    f"dropped: joining {text[0]}|{text[1]} would save {gain[row] * grams.total:.1f} nats "
                    "in the whole text, so it is cut there"
                )
        if (before := _count_among(cut.pieces, symbols)) < min_count:
            return f"dropped: stands alone {before:,} times, min_count is {min_count:,}"
        if (after := _count_among(words, symbols)) == 0:
            return (
                f"dropped as redundant: stands alone {before:,} times, but other words explain it"
            )
        return (
            f"found: stands alone {before:,} times, {after:,} with what redundant words handed down"
        )

    return Found(words.take(listed), singles, grams, removals, margins, explain)


def _find_keys(keys: Keys, queries: Keys) -> npt.NDArray[np.int64]:
    """Row of each query in ascending keys, or -1."""
    if len(keys) == 0:
        return np.full(len(queries), -1)
    rows = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[rows] == queries, rows, -1)


def _count_among(strings: Strings, symbols: Symbols) -> int:
    """Count of a string, 0 if it is not there."""
    same = strings.take(strings.lengths == len(symbols))
    return int(same.counts[(same.matrix(len(symbols)) == symbols).all(axis=1)].sum())


def _joinable_pairs(run: Run, symbols: npt.NDArray[np.int64]) -> Counts:
    """Pairs of a symbol with itself that can be joined: a run of r equal symbols holds r // 2.

    There are c(aa) - c(aaa) runs of two and more, c(aaaa) - c(aaaaa) of four and more, and so on: the table
    of counts is enough where no run reaches four; otherwise the text is read.
    """
    twos, threes, fours = (
        run.counts.lookup(keys_of(np.repeat(symbols[:, None], k, axis=1).astype(np.uint16)), k)
        for k in range(2, WIDTH + 1)
    )
    if not fours.any():
        return twos - threes
    total = np.zeros(0x10000, np.int64)
    for pairs in run.map(repeats_worker, run.counts.alphabet):
        total += pairs
    return total[symbols]


def _remove_redundancy(
    pieces: Strings, singles: Counts, min_count: int, in_run: npt.NDArray[np.bool_]
) -> tuple[Strings, Counts, int]:
    """Drop pieces that others explain and hand their counts down, until nothing changes.

    An atom, that is a single symbol or a run, is never dropped. One that is too rare on its own to be a unit
    is as probable as it is frequent in all pieces: being rare alone must not save the words it is in.
    Returns the pieces left, the new counts of single symbols, and the number dropped.
    """
    table = Pieces()
    table.add(pieces.symbols, pieces.offsets[:-1], pieces.offsets[1:], pieces.counts)
    met = np.flatnonzero(singles).astype(np.uint16)
    places = np.arange(len(met), dtype=np.int64)
    table.add(met, places, places + 1, singles[met])
    starts, ends, owners = kernels.atoms_of(pieces.symbols, pieces.offsets, in_run)
    table.add(pieces.symbols, starts, ends, np.zeros(len(starts), np.int64))
    units = table.content()
    n = len(pieces.counts)
    weights = units.counts.copy()
    inside = table.find(pieces.symbols, starts, ends)
    floors = np.zeros(table.n, np.int64)
    np.add.at(floors, inside, pieces.counts[owners])
    floors[weights >= min_count] = 0
    sizes = np.ones(table.n, np.int64)
    sizes[:n] = np.bincount(owners, minlength=n)
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
