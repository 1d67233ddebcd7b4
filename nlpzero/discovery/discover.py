"""Words from raw text: by the learned segmenter or by two classical methods, with evidence, ranked.

``learned``: the whole text is cut by a segmenter that learned from it (:mod:`nlpzero.discovery.learned`).

``cohesion``: n-grams whose every split has a high PMI are strong; the text is cut where no strong n-gram
covers a gap; what remains is counted, and pieces that only hang together by overlaps are expelled (Su
Jianlin's word discovery, kexue.fm/archives/3913, 4256 and 6920).

``min-entropy``: the text is cut between neighbours that would not lower its information per character if
they were joined; pieces that other pieces explain are removed, to a fixed point (kexue.fm/archives/5476,
5577, 5597).
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from nlpzero.discovery.candidates import Found, counts_of_counts
from nlpzero.discovery.cohesion import by_cohesion
from nlpzero.discovery.learned import by_learning
from nlpzero.discovery.methods import (
    DEFAULT_MAX_LENGTH,
    METHODS,
    Method,
    default_min_count,
    pmi_thresholds,
)
from nlpzero.discovery.min_entropy import by_min_entropy
from nlpzero.discovery.ranking import ranked
from nlpzero.discovery.result import Discovery, Removal, Word
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Floats
from nlpzero.engine.parallel import Advance as Progress
from nlpzero.engine.parallel import compiled_workers
from nlpzero.engine.resources import (
    ReadReport,
    Resources,
    affordable_jobs,
    by_bytes,
    default_memory,
)
from nlpzero.engine.storage import PathLike
from nlpzero.errors import StorageError
from nlpzero.ngrams.counting import count_ngrams
from nlpzero.ngrams.keys import PACKED_ORDER
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, as_corpus

if TYPE_CHECKING:
    from nlpzero.learning.segmenter import LearnedSegmenter


def _check(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"`{name}` must be an integer >= {least}, got {value!r}.")


def discover_words(
    texts: Corpus | Iterable[str] | None = None,
    *,
    method: Method | None = None,
    counts: NGramCounts | None = None,
    segmenter: "LearnedSegmenter | None" = None,
    sample: int | None = None,
    seed: int = 0,
    order: int = PACKED_ORDER,
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
    learning: Callable[[Any], object] | None = None,
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
        :attr:`nlpzero.Resources.progress` of :func:`nlpzero.learn_segmenter`.

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
    The score of learned words is that of :func:`nlpzero.discovery.ranking.learned_scores`. That of the others is
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
    if order > PACKED_ORDER:
        raise ValueError(f"`order` must be an integer from 2 to {PACKED_ORDER}, got {order}.")
    if min_count is not None:
        _check("min_count", min_count, 1)
    _check("min_length", min_length, 1)
    _check("max_length", max_length, min_length)
    if top is not None:
        _check("top", top, 1)
    if isinstance(exclude, str) or isinstance(explain, str):
        raise TypeError("`exclude` and `explain` must be collections of words, got one string.")
    pmi_values = pmi_thresholds(method, order, min_pmi)
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
                segmenter = _learn(corpus, sample, seed, jobs, learning)
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
                resources=Resources(jobs, memory, tmpdir, workers, by_bytes(progress)),
            )
            if report is not None:
                report.add(counts.read)
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
        run = SecondPass(counts, shards, jobs, workers, progress, report)
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
        rows, more = filters.apply(ranked(run, found))
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
    learning: Callable[[Any], object] | None,
) -> "LearnedSegmenter":
    from nlpzero.learning.methods import SAMPLE_BYTES, CoTraining
    from nlpzero.learning.training import learn_segmenter

    return learn_segmenter(
        corpus,
        CoTraining(sample=SAMPLE_BYTES if sample is None else sample, seed=seed),
        resources=Resources(jobs, progress=learning),
    )


def _find(run: SecondPass, options: _Options, min_count: int, pmi_values: list[float]) -> Found:
    """The words of a method, before any ranking."""
    if options.method == "learned":
        assert options.corpus is not None and options.segmenter is not None
        return by_learning(
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
        found = by_cohesion(
            run,
            order=options.order,
            min_count=min_count,
            min_pmi=pmi_values,
            strict=options.strict,
            longest=options.max_length,
            latin=options.latin,
        )
    else:
        found = by_min_entropy(
            run,
            min_count=min_count,
            price=pmi_values[0],
            longest=options.max_length,
            latin=options.latin,
        )
    return _with_singles(found, min_count, options.latin) if options.min_length == 1 else found


def _with_singles(found: Found, min_count: int, latin: bool) -> Found:
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
    found: Found,
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
    run: SecondPass,
    options: _Options,
    filters: _Filters,
    min_count: int,
    pmi_values: list[float],
    removals: list[Removal],
    found: Found,
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
        rows, _ = filters.apply(ranked(run, _find(run, options, 1, [])))
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
            rows = ranked(run, found)
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
            kept = len(filters.apply(ranked(run, new))[0])
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
