"""Words from raw text: by the learned segmenter or by two classical methods, with evidence, ranked.

``learned``: the whole text is cut by a segmenter that learned from it (:mod:`nlpzero.induction`).

``cohesion``: n-grams whose every split has a high PMI are strong; the text is cut where no strong n-gram
covers a gap; what remains is counted, and pieces that only hang together by overlaps are expelled (Su
Jianlin's word discovery, kexue.fm/archives/3913, 4256 and 6920).

``min-entropy``: the text is cut between neighbours that would not lower its information per character if
they were joined; pieces that other pieces explain are removed, to a fixed point (kexue.fm/archives/5476,
5577, 5597).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from nlpzero import discovery_kernels as kernels
from nlpzero.corpus import Corpus, ReadReport, as_corpus
from nlpzero.counting import count_ngrams
from nlpzero.counts import NGramCounts
from nlpzero.cutting import Run, pair_cut_worker, repeats_worker, strong_cut_worker
from nlpzero.errors import StorageError
from nlpzero.evidence import Evidence, evidence_for
from nlpzero.grams import Floats, Grams, counts_of_counts, runs_of
from nlpzero.measures import merge_gain, merge_gain_same
from nlpzero.memory import affordable_jobs, default_memory
from nlpzero.parallel import LocalThreads, Progress, compiled_workers, on_this_machine
from nlpzero.pieces import WIDTH, Counts, Keys, Pieces, Strings, Symbols, keys_of
from nlpzero.storage import PathLike
from nlpzero.symbols import Alphabet

if TYPE_CHECKING:
    from nlpzero.cotraining import Report as Learning
    from nlpzero.induction import LearnedSegmenter

Method = Literal["learned", "cohesion", "min-entropy"]
METHODS: tuple[Method, ...] = ("learned", "cohesion", "min-entropy")
DEFAULT_MIN_PMI = (2.0, 4.0, 6.0)
DEFAULT_PRICE = 1.0
DEFAULT_MAX_LENGTH = 20
# price of every place where a word could be split, in the default ranking: the step between the default
# thresholds of cohesion
SPLIT_PRICE = 2.0


class Word(NamedTuple):
    """A discovered word and its evidence.

    word : str
    count : int
        How often it stood alone when the text was cut. Ranked from counts only, without text: how often it
        occurs.
    score : float
        What the words are sorted by.
    pmi : float, in nats
        Smallest PMI over the ways of splitting the word, from all its occurrences; nan if there is no way.
    split : str
        The word split where it is weakest, as 各项|目.
    left_entropy, right_entropy : float, in nats
        Branching entropy of its neighbours at all its occurrences, each end of a clause being a neighbour of
        its own; nan where it is not known.
    left_edge, right_edge, inside : float in [0, 1]
        By the learned segmenter: mean probability of a boundary at its two edges, and at the gaps inside it,
        where it is a word; nan for the other methods.
    """

    word: str
    count: int  # type: ignore[assignment]  # the tuple method of this name is not missed
    score: float
    pmi: float
    split: str
    left_entropy: float
    right_entropy: float
    left_edge: float = math.nan
    right_edge: float = math.nan
    inside: float = math.nan


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


@dataclass(frozen=True)
class Discovery:
    """Discovered words, best first, and how they were found.

    Iterating gives :class:`Word` rows.

    Parameters
    ----------
    words : list of Word
        By score, then count, then code points.
    method : str
    thresholds : dict
        All parameters in force, the default ones too.
    removals : list of Removal
        What each threshold removed, in the order in which they act.
    total : int
        Symbols counted.
    hint : str or None
        When nothing was found: which threshold removed most, and what value would keep ten words.
    explanations : dict of str to str
        For each word asked about: where it was dropped, or that it was kept.
    """

    words: list[Word]
    method: str
    thresholds: dict[str, Any]
    removals: list[Removal] = field(default_factory=list)
    total: int = 0
    hint: str | None = None
    explanations: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Word]:
        return iter(self.words)

    def filter(
        self,
        *,
        min_count: int = 1,
        min_pmi: float | Sequence[float] = float("-inf"),
        min_entropy: float = 0.0,
        min_length: int = 1,
        max_length: int | None = None,
        top: int | None = None,
        exclude: Iterable[str] = (),
    ) -> "Discovery":
        """Stricter thresholds on the evidence at hand, without reading the text again.

        Parameters
        ----------
        min_count : int
        min_pmi : float or sequence of float
            For all words, or for words of 2, 3, 4... symbols (the last value goes for all longer ones).
        min_entropy : float
            For the smaller one of both entropies.
        min_length, max_length : int
            In characters.
        top : int, optional
            Keep this many words at most.
        exclude : iterable of str
            Words to leave out.

        Returns
        -------
        Discovery
            The same order, fewer words.
        """
        unwanted = frozenset(exclude)
        floors = [min_pmi] if isinstance(min_pmi, (int, float)) else list(min_pmi)
        kept = [
            word
            for word in self.words
            if word.count >= min_count
            and not word.pmi < floors[min(max(len(word.word) - 2, 0), len(floors) - 1)]
            and not min(word.left_entropy, word.right_entropy) < min_entropy
            and min_length <= len(word.word)
            and (max_length is None or len(word.word) <= max_length)
            and word.word not in unwanted
        ]
        return replace(self, words=kept[:top])

    def to_dataframe(self) -> Any:
        """The words as a pandas DataFrame with the columns of :class:`Word`; needs pandas."""
        import pandas as pd

        return pd.DataFrame(self.words, columns=list(Word._fields))


def default_min_count(total: int) -> int:
    """Smallest count of a word by default: 2 for a page, 5 for a novel, 8 for a year of news, 32 for a library.

    Parameters
    ----------
    total : int
        Symbols of the corpus.

    Returns
    -------
    int
        ``max(2, round(2 (total / 10,000) ** 0.2))``

    Notes
    -----
    The exponent joins the two values Su Jianlin gives: 8 for a few million characters, 32 for ten billion.

    Examples
    --------
    >>> [default_min_count(n) for n in (5_000, 1_000_000, 10_000_000, 10_000_000_000)]
    [2, 5, 8, 32]
    """
    return max(2, round(2 * (total / 10_000) ** 0.2))


# --- the two methods


class _Found(NamedTuple):
    """Words of a method with their counts, single symbols too, and what was removed."""

    words: Strings
    singles: Counts
    grams: Grams
    removals: list[Removal]
    margins: Floats  # by how much candidates are above min_pmi, in nats
    explain: Callable[[Symbols], str]
    certainty: Floats | None = None  # boundary probabilities of the learned words, shape (3, n)


def _by_learning(
    run: Run,
    corpus: Corpus,
    segmenter: "LearnedSegmenter",
    *,
    min_count: int,
    min_length: int,
    longest: int,
    latin: bool,
    explaining: bool,
) -> _Found:
    """The words that a learned segmenter makes of the whole text."""
    from nlpzero.induction import count_learned_words

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

    return _Found(
        words.take(kept),
        singles,
        Grams.of(run.counts, min_count),
        [Removal("min_count", int((~often).sum()), min_count)] if explaining else [],
        np.zeros(0),
        explain,
        certainty,
    )


def _by_cohesion(
    run: Run,
    *,
    order: int,
    min_count: int,
    min_pmi: Sequence[float],
    strict: bool,
    longest: int,
    latin: bool,
) -> _Found:
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
    return _Found(words.joined(pieces.take(often)), singles, grams, removals, margins, explain)


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


def _by_min_entropy(run: Run, *, min_count: int, price: float, longest: int, latin: bool) -> _Found:
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

    return _Found(words.take(listed), singles, grams, removals, margins, explain)


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


# --- ranking


def _scores(evidence: Evidence, counts: Counts, gaps: Counts) -> Floats:
    """Nats by which a word exceeds its price: ln count + PMI + the smaller entropy - 2 per place to split."""
    return (
        np.log(np.maximum(counts, 1))
        + np.nan_to_num(evidence.pmi)
        + np.minimum(evidence.left_bound, evidence.right_bound)
        - SPLIT_PRICE * gaps
    )


def _values(array: Floats) -> list[float]:
    """Floats in which all nan are one object, so that equal rows are equal."""
    values: list[float] = array.tolist()
    for i in np.flatnonzero(np.isnan(array)).tolist():
        values[i] = math.nan
    return values


def _ranked(run: Run, found: _Found) -> list[Word]:
    """All words with their evidence, best first."""
    words = found.words
    if len(words.counts) == 0:
        return []
    evidence = evidence_for(run, found.grams, words)
    if found.certainty is None:
        _, _, owners = kernels.atoms_of(words.symbols, words.offsets, found.grams.in_run)
        gaps = np.bincount(owners, minlength=len(words.counts)) - 1
        scores = _scores(evidence, words.counts, gaps)
        certainty = np.full((3, len(scores)), np.nan)
    else:
        from nlpzero.induction import learned_scores

        certainty = found.certainty
        scores = learned_scores(
            words.counts,
            certainty[0],
            certainty[1],
            certainty[2],
            evidence.left,
            evidence.right,
            evidence.occurrences,
        )
    rows = [
        Word(text, count, score, pmi, f"{text[:at]}|{text[at:]}" if at else "", *rest)
        for text, count, score, pmi, at, *rest in zip(
            words.decode(run.counts.alphabet),
            words.counts.tolist(),
            scores.tolist(),
            _values(evidence.pmi),
            evidence.split.tolist(),
            _values(evidence.left),
            _values(evidence.right),
            *map(_values, certainty),
            strict=True,
        )
    ]
    rows.sort(key=lambda word: (-word.score, -word.count, word.word))
    return rows


def _check(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an integer >= {least}, got {value!r}.")


def _pmi_values(method: str, order: int, min_pmi: float | Sequence[float] | None) -> list[float]:
    """One threshold for min-entropy, one for each length from 2 to the order for cohesion."""
    if method == "learned":
        if min_pmi is not None:
            raise ValueError(
                "`min_pmi` is for cohesion and min-entropy; `filter` takes one for all."
            )
        return []
    if method == "min-entropy":
        values = [DEFAULT_PRICE] if min_pmi is None else np.atleast_1d(min_pmi).tolist()
        if len(values) != 1:
            raise ValueError(f"`min_pmi` must be one number for min-entropy, got {min_pmi!r}.")
        return values
    values = (
        list(DEFAULT_MIN_PMI[: order - 1]) if min_pmi is None else np.atleast_1d(min_pmi).tolist()
    )
    if len(values) != order - 1:
        raise ValueError(
            f"`min_pmi` must have {order - 1} numbers for order {order}, one for each length from 2 to "
            f"{order}, got {min_pmi!r}."
        )
    return values


def discover_words(
    texts: Corpus | Iterable[str] | None = None,
    *,
    method: Method | None = None,
    counts: NGramCounts | None = None,
    segmenter: "LearnedSegmenter | None" = None,
    sample: int | None = None,
    seed: int = 0,
    order: int = WIDTH,
    min_count: int | None = None,
    min_pmi: float | Sequence[float] | None = None,
    min_entropy: float = 0.0,
    min_length: int = 2,
    max_length: int = DEFAULT_MAX_LENGTH,
    strict_backtrack: bool = False,
    latin: bool = False,
    top: int | None = None,
    exclude: Iterable[str] = (),
    explain: Sequence[str] = (),
    fold_width: bool = False,
    jobs: int = 1,
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    report: ReadReport | None = None,
    learning: "Learning | None" = None,
) -> Discovery:
    """Find the words of a text, with the evidence for each.

    Words lie within clauses: line ends, white space and punctuation end them. A run of digits and Latin (or
    other) letters is never cut inside, and is no word by itself unless `latin` is set.

    Parameters
    ----------
    texts : Corpus, or iterable of str
        Read two to four times. None: rank strong n-grams from `counts` alone (cohesion only); no word is
        longer than the order then, the counts are of all occurrences, and entropies of words of four
        characters are not known.
    method : {"learned", "cohesion", "min-entropy"}, optional
        Default: learned; without `texts`, cohesion.
    counts : NGramCounts, optional
        Counts of this text, to spare one reading.
    segmenter : LearnedSegmenter, optional
        For learned: the segmenter to use. Default: it learns from this text, :func:`nlpzero.learn_segmenter`.
    sample, seed : int
        For that.
    order : int in [2, 4]
        Longest n-grams used by cohesion; words may be longer.
    min_count : int >= 1, optional
        Smallest count of a word, and of n-grams. Default: :func:`default_min_count`; a quarter of it, but at
        least 2, for learned words, which need no other threshold.
    min_pmi : sequence of float, or float, optional
        Not for learned. For cohesion, in nats: the least PMI, at the weakest split, of n-grams of 2, 3, 4 symbols; default
        2, 4, 6. For min-entropy: the price of a pair in nats, default 1, which is the exact gain
        F > 0; higher prices cut more.
    min_entropy : float >= 0, in nats
        For the smaller of both branching entropies.
    min_length, max_length : int >= 1
        In characters. 1 adds single characters.
    strict_backtrack : bool
        Cohesion: of pieces of three symbols and more, all windows of three symbols and more must be strong;
        otherwise only those of the full order (or the piece itself, if it is not longer).
    latin : bool
        Report runs of digits and letters too.
    top : int >= 1, optional
        Keep this many words.
    exclude : iterable of str
        Words to leave out.
    explain : sequence of str
        Words whose fate to tell in ``Discovery.explanations``.
    fold_width : bool
        Read full-width letters and digits as half-width ones.
    jobs, memory, tmpdir, executor, progress, report
        As for :func:`nlpzero.count_ngrams`. The result does not depend on them.
    learning : callable, optional
        The `progress` of :func:`nlpzero.learn_segmenter`.

    Returns
    -------
    Discovery
        Sorted by score, then count, both descending, then by code points.

    Raises
    ------
    ValueError, TypeError
        Misuse.
    NlpzeroError
        The text cannot be read, or is not the one that was counted.

    Notes
    -----
    The score of learned words is that of :func:`nlpzero.induction.learned_scores`. That of the others is
    ``ln count + pmi + min(left_entropy, right_entropy) - 2 g`` in nats, g being the number of
    places where the word could be split (its length minus one, for words of ideographs only): frequent,
    cohesive, free words first, each further character being charged the step between the default thresholds.
    Where the entropies of a word of four characters are unknown, the score takes those of its first and its
    last three. Single characters have no PMI and no such price.

    Examples
    --------
    >>> texts = ["北京欢迎你", "我爱北京", "欢迎光临", "北京很大", "你去北京", "非常欢迎"]
    >>> found = discover_words(texts, method="cohesion", min_count=2, explain=["北京"])
    >>> [(word.word, word.count, word.split, round(word.pmi, 2)) for word in found]
    [('欢迎', 3, '欢|迎', 2.12)]
    >>> found.explanations["北京"]
    'dropped: weak at 北|京: PMI 1.83, min_pmi is 2 for 2 characters'
    """
    if texts is None and counts is None:
        raise TypeError("pass `texts`, or `counts`, or both.")
    if method is None:
        method = "learned" if texts is not None else "cohesion"
    if method not in METHODS:
        raise ValueError(f"`method` must be one of {', '.join(METHODS)}, got {method!r}.")
    if texts is None and method != "cohesion":
        raise ValueError(
            f"{method} cuts the text, so it needs `texts`; counts alone are for cohesion."
        )
    if method == "learned" and fold_width:
        raise ValueError("`fold_width` is for cohesion and min-entropy.")
    _check("order", order, 2)
    if order > WIDTH:
        raise ValueError(f"`order` must be an integer from 2 to {WIDTH}, got {order}.")
    if min_count is not None:
        _check("min_count", min_count, 1)
    _check("min_length", min_length, 1)
    _check("max_length", max_length, min_length)
    if top is not None:
        _check("top", top, 1)
    if isinstance(exclude, str) or isinstance(explain, str):
        raise TypeError("`exclude` and `explain` must be collections of words, got one string.")
    pmi_values = _pmi_values(method, order, min_pmi)
    # a shard is read like a corpus
    corpus = cast(Corpus, as_corpus(texts, passes=3)) if texts is not None else None
    if counts is not None and counts.alphabet.runs != "characters":
        raise StorageError(
            "the counts have runs of digits and letters as one symbol each; discovery needs counts of characters"
        )
    jobs = affordable_jobs(jobs, default_memory() if memory is None else memory)
    with (
        nullcontext(executor)
        if executor is not None
        else compiled_workers(jobs, corpus.size if corpus is not None else None) as workers
    ):
        mapping: tuple[tuple[int, int], ...] = ()
        if method == "learned":
            assert corpus is not None
            if segmenter is None:
                segmenter = _learn(corpus, sample, seed, jobs, learning, progress)
            mapping = segmenter.alphabet.mapping
            if counts is not None and counts.alphabet.mapping != mapping:
                raise StorageError(
                    "the segmenter and the counts fold characters differently; count with the alphabet of "
                    "the segmenter"
                )
        if counts is None:
            assert corpus is not None
            counts = count_ngrams(
                corpus,
                alphabet=Alphabet(fold_width=fold_width, mapping=mapping),
                memory=memory,
                tmpdir=tmpdir,
                jobs=jobs,
                executor=workers,
                progress=progress,
                report=report,
            )
            report = None
        if min_count is None:
            min_count = default_min_count(counts.total)
            if method == "learned":
                min_count = max(2, min_count // 4)
        thresholds: dict[str, Any] = {
            "min_count": min_count,
            "min_pmi": pmi_values[0] if method == "min-entropy" else pmi_values or None,
            "min_entropy": min_entropy,
            "min_length": min_length,
            "max_length": max_length,
            "order": order if method == "cohesion" else None,
            "strict_backtrack": strict_backtrack if method == "cohesion" else None,
            "latin": latin,
            "top": top,
        }
        thresholds = {name: value for name, value in thresholds.items() if value is not None}
        if counts.total == 0:
            return Discovery([], method, thresholds)
        shards = list(corpus.shards(jobs)) if corpus is not None else None
        run = Run(counts, shards, jobs, workers, progress, report)
        options = _Options(
            method,
            order,
            strict_backtrack,
            min_length,
            max_length,
            latin,
            corpus,
            segmenter,
            len(explain) > 0,
        )
        filters = _Filters(min_entropy, min_length, max_length, frozenset(exclude))
        found = _find(run, options, min_count, pmi_values)
        rows, more = filters.apply(_ranked(run, found))
        removals = [*found.removals, *more]
        hint = None
        if not rows:
            hint = _hint(run, options, filters, min_count, pmi_values, removals, found)
        explanations = {
            word: _explain(word, counts.alphabet, found, rows, filters, top) for word in explain
        }
    if top is not None and len(rows) > top:
        removals.append(Removal("top", len(rows) - top, top))
    return Discovery(rows[:top], method, thresholds, removals, counts.total, hint, explanations)


class _Options(NamedTuple):
    """What does not change when thresholds do."""

    method: str
    order: int
    strict: bool
    min_length: int
    max_length: int
    latin: bool
    corpus: Corpus | None
    segmenter: "LearnedSegmenter | None"
    explaining: bool


def _learn(
    corpus: Corpus,
    sample: int | None,
    seed: int,
    jobs: int,
    learning: "Learning | None",
    progress: Progress | None,
) -> "LearnedSegmenter":
    from nlpzero.induction import SAMPLE_BYTES, learn_segmenter

    return learn_segmenter(
        corpus,
        sample=SAMPLE_BYTES if sample is None else sample,
        seed=seed,
        jobs=jobs,
        progress=learning,
        read_progress=progress,
    )


def _find(run: Run, options: _Options, min_count: int, pmi_values: list[float]) -> _Found:
    """The words of a method, before any ranking."""
    if options.method == "learned":
        assert options.corpus is not None and options.segmenter is not None
        return _by_learning(
            run,
            options.corpus,
            options.segmenter,
            min_count=min_count,
            min_length=options.min_length,
            longest=options.max_length,
            latin=options.latin,
            explaining=options.explaining,
        )
    if options.method == "cohesion":
        found = _by_cohesion(
            run,
            order=options.order,
            min_count=min_count,
            min_pmi=pmi_values,
            strict=options.strict,
            longest=options.max_length,
            latin=options.latin,
        )
    else:
        found = _by_min_entropy(
            run,
            min_count=min_count,
            price=pmi_values[0],
            longest=options.max_length,
            latin=options.latin,
        )
    return _with_singles(found, min_count, options.latin) if options.min_length == 1 else found


def _with_singles(found: _Found, min_count: int, latin: bool) -> _Found:
    ones = np.flatnonzero((found.singles >= min_count) & (~found.grams.in_run | latin))
    singles = Strings(
        ones.astype(np.uint16), np.arange(len(ones) + 1, dtype=np.int64), found.singles[ones]
    )
    return found._replace(words=found.words.joined(singles))


class _Filters(NamedTuple):
    """Thresholds on the ranked words."""

    min_entropy: float
    min_length: int
    max_length: int
    exclude: frozenset[str]

    def fault(self, word: Word) -> str | None:
        """The threshold that drops a word."""
        if min(word.left_entropy, word.right_entropy) < self.min_entropy:
            return "min_entropy"
        if len(word.word) < self.min_length:
            return "min_length"
        if len(word.word) > self.max_length:
            return "max_length"
        return "exclude" if word.word in self.exclude else None

    def apply(self, rows: list[Word]) -> tuple[list[Word], list[Removal]]:
        faults = [self.fault(word) for word in rows]
        kept = [word for word, fault in zip(rows, faults, strict=True) if fault is None]
        values = {
            "min_entropy": self.min_entropy,
            "min_length": self.min_length,
            "max_length": self.max_length,
            "exclude": len(self.exclude),
        }
        removals = [
            Removal(name, faults.count(name), value)
            for name, value in values.items()
            if name in faults or (name == "exclude" and value)
        ]
        return kept, removals


def _explain(
    word: str,
    alphabet: Alphabet,
    found: _Found,
    rows: list[Word],
    filters: _Filters,
    top: int | None,
) -> str:
    """What became of a word."""
    symbols = alphabet.symbols(word)
    if len(symbols) == 0 or (symbols == 0).any():
        return "never a word: white space, punctuation and symbols end a clause"
    place = next((i for i, row in enumerate(rows) if row.word == word), None)
    if place is None:
        if found.grams.in_run[symbols].all():
            return "not listed: a run of digits and letters; ask for these with latin"
        if len(symbols) == 1:
            count = int(found.singles[symbols[0]])
            return f"not listed: stands alone {count:,} times; min_length is {filters.min_length}"
        told = found.explain(symbols)
        if not told.startswith("found"):
            return told
        if word in filters.exclude:
            return f"{told}; dropped: on a list to exclude"
        if len(word) < filters.min_length:
            return f"{told}; dropped: shorter than min_length {filters.min_length}"
        return f"{told}; dropped: an entropy is below min_entropy {filters.min_entropy:g}"
    told = found.explain(symbols) if len(symbols) > 1 else "found"
    cut = f"; beyond the top {top:,}" if top is not None and place >= top else ""
    return f"{told}; number {place + 1:,} of {len(rows):,} by score{cut}"


def _hint(
    run: Run,
    options: _Options,
    filters: _Filters,
    min_count: int,
    pmi_values: list[float],
    removals: list[Removal],
    found: _Found,
) -> str:
    """Which threshold removed most, and what value of it would keep ten words; tried, not guessed."""
    longest = options.order if options.method == "cohesion" else 2
    sizes, times = counts_of_counts(run.counts, longest)
    removed = {"min_count": int(times[sizes < min_count].sum())}
    for removal in removals:
        removed[removal.threshold] = removed.get(removal.threshold, 0) + removal.removed
    most = max(removed, key=lambda name: removed[name])
    told = f"no words: {most} removed most ({removed[most]:,} candidates)"
    if options.method == "learned" and most == "min_count":
        rows, _ = filters.apply(_ranked(run, _find(run, options, 1, [])))
        top = sorted((word.count for word in rows), reverse=True)[:10]
        if len(top) == 10:
            kept = sum(word.count >= top[-1] for word in rows)
            return f"{told}; min_count {top[-1]} would keep {kept:,}"
    for name in sorted(removed, key=lambda name: -removed[name]):
        if name == "min_count" and options.method == "learned":
            continue
        if name == "min_count":
            tries: list[Any] = _lower_counts(sizes, times, min_count)
        elif name == "min_pmi":
            tries = [[value + step for value in pmi_values] for step in _lower_steps(found.margins)]
        elif name == "min_entropy":
            rows = _ranked(run, found)
            free = sorted((min(w.left_entropy, w.right_entropy) for w in rows), reverse=True)[:10]
            if free:
                return f"{told}; min_entropy {np.floor(free[-1] * 1000) / 1000:g} would keep {len(free)}"
            continue
        else:
            continue
        for value in tries:
            counts_tried = value if name == "min_count" else min_count
            pmi_tried = value if name == "min_pmi" else pmi_values
            new = _find(run, options, counts_tried, pmi_tried)
            kept = len(filters.apply(_ranked(run, new))[0])
            if kept >= 10:
                shown = ",".join(f"{v:g}" for v in value) if isinstance(value, list) else f"{value}"
                return f"{told}; {name} {shown} would keep {kept:,}"
    return (
        f"{told}; no single threshold keeps ten: the text has only {run.counts.total:,} characters"
    )


_PLACES = [10 * 2**i - 1 for i in range(16)]  # with 10, 20, 40... candidates more


def _lower_steps(margins: Floats) -> list[float]:
    """Changes of min_pmi to try, in hundredths of a nat."""
    margins = np.sort(margins)[::-1]
    steps = {float(np.floor(100 * margins[at]) / 100) for at in _PLACES if at < len(margins)}
    return sorted((step for step in steps if step < 0), reverse=True)[:8]


def _lower_counts(sizes: Counts, times: Counts, min_count: int) -> list[int]:
    """Smaller and smaller min_counts to try: those that leave 10, 20, 40... n-grams frequent enough."""
    sizes, times = sizes[sizes < min_count][::-1], times[sizes < min_count][::-1]
    places = np.searchsorted(np.cumsum(times), [place + 1 for place in _PLACES])
    values = {int(sizes[place]) for place in places.tolist() if place < len(sizes)} | {1}
    return sorted((value for value in values if value < min_count), reverse=True)[:12]
