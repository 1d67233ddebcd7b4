"""Words from raw text: by the learned segmenter or by two classical methods, with evidence, ranked.

``learned``: the whole text is cut by a segmenter that learned from it
(:mod:`nlpzero.discovery.learned`).

``cohesion``: n-grams whose every split has a high PMI are strong; the text is cut where no strong
n-gram covers a gap; what remains is counted, and pieces that only hang together by overlaps are
expelled (Su Jianlin's word discovery, kexue.fm/archives/3913, 4256 and 6920).

``min-entropy``: the text is cut between neighbours that would not lower its information per
character if they were joined; pieces that other pieces explain are removed, to a fixed point
(kexue.fm/archives/5476, 5577, 5597).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpzero.discovery.candidates import frequency_spectrum, only_runs
from nlpzero.discovery.cohesion import by_cohesion
from nlpzero.discovery.fates import LearnedFates
from nlpzero.discovery.learned import by_learning
from nlpzero.discovery.methods import (
    DEFAULT_MAX_LENGTH,
    Cohesion,
    Learned,
    Method,
    MinEntropy,
    as_method,
    default_min_count,
)
from nlpzero.discovery.min_entropy import by_min_entropy
from nlpzero.discovery.ranking import Found, ranked
from nlpzero.discovery.result import Discovery, check_integer
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.discovery.words import WordColumns
from nlpzero.engine.arrays import Counts, Floats
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.errors import StorageError
from nlpzero.ngrams.counting import count_ngrams
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS

if TYPE_CHECKING:
    from nlpzero.learning.segmenter import LearnedSegmenter


def discover_words(
    corpus: Corpus | Iterable[str],
    method: Method | str = Learned(),  # noqa: B008 (frozen)
    *,
    counts: NGramCounts | None = None,
    min_count: int | None = None,
    max_length: int = DEFAULT_MAX_LENGTH,
    keep: str | Iterable[str] | None = None,
    joiners: str | None = None,
    resources: Resources | None = None,
) -> Discovery:
    """Find the words of a text, with the evidence for each.

    Words lie within clauses: line ends, white space and punctuation end them. A run of digits and
    Latin (or other) letters is never cut inside.

    Parameters
    ----------
    corpus : Corpus, or iterable of str
        Read two to four times.
    method : Learned, Cohesion or MinEntropy
        Or a name, "learned", "cohesion", "min-entropy", for its defaults.
    counts : NGramCounts, optional
        Counts of this text, to spare one reading.
    min_count : int >= 1, optional
        Smallest count of a word, and of the n-grams that are looked at. Default:
        :func:`~nlpzero.discovery.methods.default_min_count`; a quarter of it, but at least 2, for
        learned words, which need no other threshold.
    max_length : int >= 1
        Of words, in characters.
    keep, joiners : optional
        What stays whole, see :class:`nlpzero.Alphabet`: no word begins or ends inside an address, a
        date, 5G. By default as the segmenter of the method says, else all of it. N-grams are
        counted as without.
    resources : Resources, optional
        What the run may use.

    Returns
    -------
    Discovery
        Sorted by score, then count, both descending, then by code points. Single characters and
        runs of digits and letters are there for :meth:`Discovery.filter` to show; at first they are
        not listed.

    Raises
    ------
    ValueError, TypeError
        Misuse.
    NlpzeroError
        The text cannot be read, or is not the one that was counted.

    Examples
    --------
    >>> texts = ["北京欢迎你", "我爱北京", "欢迎光临", "北京很大", "你去北京", "非常欢迎"]
    >>> found = discover_words(texts, Cohesion(), min_count=2)
    >>> [(word.word, word.count, word.split, round(word.pmi, 2)) for word in found]
    [('欢迎', 3, '欢|迎', 2.12)]
    >>> print(found.explain("北京"))
    dropped: weak at 北|京: PMI 1.83, min_pmi is 2 for 2 characters
    """
    method = as_method(method)
    if min_count is not None:
        check_integer("min_count", min_count, 1)
    check_integer("max_length", max_length, 1)
    text = as_corpus(corpus, passes=3)
    if counts is not None:
        _check_counts(counts)
    whole = Alphabet(
        keep=DEFAULT_KEEP if keep is None else keep,
        joiners=JOINERS if joiners is None else joiners,
    )
    with open_passes(text, resources) as passes:
        if isinstance(method, Learned):
            segmenter = _segmenter(passes, method, counts)
            if keep is not None or joiners is not None:
                names = segmenter.alphabet.keep if keep is None else keep
                segmenter = segmenter.with_keep(names, joiners)
            method = replace(method, segmenter=segmenter)
            alphabet = counting_alphabet(segmenter)
        else:
            alphabet = Alphabet(fold_width=method.fold_width)
        if counts is None:
            counts = _counted(passes, alphabet)
            read = counts.read
        else:
            read = passes.read
        run = SecondPass(
            counts, passes, replace(counts.alphabet, keep=whole.keep, joiners=whole.joiners)
        )
        return _discovery(run, method, min_count, max_length, read)


def rank_ngrams(
    counts: NGramCounts,
    method: Cohesion = Cohesion(),  # noqa: B008 (frozen)
    *,
    min_count: int | None = None,
) -> Discovery:
    """Rank strong n-grams from counts alone, without the text.

    No word is longer than four characters, the counts are of all occurrences, and the entropies of
    words of four characters are not known. N-grams that mostly are part of a longer strong n-gram
    are left out.

    Parameters
    ----------
    counts : NGramCounts
    method : Cohesion
        The other methods cut the text.
    min_count : int >= 1, optional
        Default: :func:`~nlpzero.discovery.methods.default_min_count`.

    Returns
    -------
    Discovery
        As of :func:`discover_words`.

    Examples
    --------
    >>> counts = count_ngrams(["摘葡萄", "葡萄皮", "吃葡萄", "大葡萄"])
    >>> [word.word for word in rank_ngrams(counts, Cohesion(min_pmi=(0.5, 1, 2)))]
    ['葡萄']
    """
    if not isinstance(method, Cohesion):
        raise TypeError(
            f"`method` must be a Cohesion, got {method!r}; the other methods cut the text, "
            "see `discover_words`."
        )
    if min_count is not None:
        check_integer("min_count", min_count, 1)
    _check_counts(counts)
    run = SecondPass(counts, None)
    return _discovery(run, method, min_count, DEFAULT_MAX_LENGTH, ReadReport())


def counting_alphabet(segmenter: "LearnedSegmenter") -> Alphabet:
    """How the text is read for the counts that go with a learned segmenter.

    Parameters
    ----------
    segmenter : LearnedSegmenter

    Returns
    -------
    Alphabet
        Traditional characters are folded if the segmenter was told to; where only its base folds
        them, words stay as they are written.
    """
    based = segmenter.method == "base" or "base_weight" in segmenter.training
    return Alphabet(mapping=() if based else segmenter.alphabet.mapping)


def _check_counts(counts: NGramCounts) -> None:
    if counts.alphabet.runs != "characters":
        raise StorageError(
            "the counts have runs of digits and letters as one symbol each; discovery needs counts "
            "of characters"
        )


def _segmenter(
    passes: Passes[Corpus | Shard], method: Learned, counts: NGramCounts | None
) -> "LearnedSegmenter":
    """The segmenter of the method, learned from the text where there is none."""
    segmenter = method.segmenter
    if segmenter is None:
        from nlpzero.learning.training import learn_segmenter

        # threads of this machine learn
        resources = replace(passes.resources, jobs=passes.jobs, executor=None)
        segmenter = learn_segmenter(passes.text, method.training, resources=resources)
    if counts is not None and counts.alphabet.mapping != counting_alphabet(segmenter).mapping:
        raise StorageError(
            "the segmenter and the counts fold characters differently; count with the alphabet of "
            "the segmenter"
        )
    return segmenter


def _counted(passes: Passes[Corpus | Shard], alphabet: Alphabet) -> NGramCounts:
    """Counts of the text, by the workers at hand."""
    resources = replace(passes.resources, jobs=passes.jobs, executor=passes.executor)
    return count_ngrams(passes.text, alphabet=alphabet, resources=resources)


def _discovery(
    run: SecondPass, method: Method, min_count: int | None, max_length: int, read: ReadReport
) -> Discovery:
    """Find, rank, and say what would have helped if nothing was found."""
    total = run.counts.total
    least = default_min_count(total)
    if isinstance(method, Learned):
        least = max(2, least // 4)
    asked = least if min_count is None else min_count
    # what a learned word saves depends on the others there are: a higher count is asked for later,
    # so that the rows do not depend on when
    least = min(asked, least) if isinstance(method, Learned) else asked
    parameters = {"min_count": least, "max_length": max_length, **_own_parameters(method)}
    if total == 0:
        nothing = WordColumns.empty(run.counts.alphabet)
        return Discovery(nothing, method.name, {**parameters, "min_count": asked}, read=read)
    found = _find(run, method, least, max_length)
    words = ranked(run, found, least)
    result = Discovery(
        words, method.name, parameters, found.removals, total, read, None, fates=found.fates
    )
    if asked > least:
        result = result.filter(min_count=asked)
    if not len(result):
        result = replace(result, advice=_advice(run, method, asked, max_length, found))
    return result


def _own_parameters(method: Method) -> dict[str, Any]:
    """Thresholds of a method, as they are told."""
    if isinstance(method, Cohesion):
        return {
            "min_pmi": list(method.min_pmi),
            "order": method.order,
            "strict_backtrack": method.strict_backtrack,
        }
    return {"min_gain": method.min_gain} if isinstance(method, MinEntropy) else {}


def _find(run: SecondPass, method: Method, min_count: int, max_length: int) -> Found:
    """The words of a method, before any ranking."""
    if isinstance(method, Cohesion):
        return by_cohesion(run, method, min_count, max_length)
    if isinstance(method, MinEntropy):
        return by_min_entropy(run, method, min_count, max_length)
    assert method.segmenter is not None
    return by_learning(run, method.segmenter, min_count, max_length)


# --- when nothing is found


def _advice(run: SecondPass, method: Method, min_count: int, max_length: int, found: Found) -> str:
    """Which threshold removed most, and what value of it would keep ten words.

    Tried, not guessed.
    """
    longest = method.order if isinstance(method, Cohesion) else 2
    sizes, times = frequency_spectrum(run.counts, longest)
    removed = {"min_count": int(times[sizes < min_count].sum())}
    for removal in found.removals:
        removed[removal.threshold] = removed.get(removal.threshold, 0) + removal.removed
    most = max(removed, key=lambda name: removed[name])
    told = f"no words: {most} removed most ({removed[most]:,} candidates)"
    for name in sorted(removed, key=lambda name: -removed[name]):
        for value, shown, looser, count in _tries(name, method, min_count, found, sizes, times):
            kept = _listed(_find(run, looser, count, max_length))
            if kept >= 10:
                return f"{told}; {name} {shown or value} would keep {kept:,}"
    return (
        f"{told}; no single threshold keeps ten: the text has only {run.counts.total:,} characters"
    )


def _tries(
    name: str, method: Method, min_count: int, found: Found, sizes: Counts, times: Counts
) -> Iterator[tuple[Any, str, Method, int]]:
    """Looser values of one threshold, how they are told, and the method and min_count that they
    make.
    """
    if name == "min_count" and isinstance(method, Learned):
        value = _tenth_count(found)
        if value is not None:
            yield value, "", method, value
    elif name == "min_count":
        for value in _lower_counts(sizes, times, min_count):
            yield value, "", method, value
    elif name == "min_pmi" and isinstance(method, Cohesion):
        for step in _lower_steps(found.margins):
            pmi = tuple(value + step for value in method.min_pmi)
            shown = ",".join(f"{value:g}" for value in pmi)
            yield pmi, shown, replace(method, min_pmi=pmi), min_count
    elif name == "min_gain" and isinstance(method, MinEntropy):
        for step in _lower_steps(found.margins):
            gain = method.min_gain + step
            yield gain, f"{gain:g}", replace(method, min_gain=gain), min_count


def _listed(found: Found) -> int:
    """How many words a result lists at first."""
    lengths = found.words.lengths
    return int(((lengths > 1) & ~only_runs(found.words, found.grams.in_run)).sum())


def _tenth_count(found: Found) -> int | None:
    """Count of the tenth word of a segmentation, by counts, of those that are listed at first."""
    assert isinstance(found.fates, LearnedFates)
    fates = found.fates
    most = np.zeros(0, np.int64)
    for part in fates.words.chunks():
        strings = part.strings
        listed = (strings.lengths > 1) & (strings.lengths <= fates.max_length)
        listed &= ~only_runs(strings, fates.in_run)
        most = np.sort(np.concatenate([most, strings.counts[listed]]))[::-1][:10]
    return int(most[-1]) if len(most) == 10 else None


_PLACES = [10 * 2**i - 1 for i in range(16)]  # with 10, 20, 40... candidates more


def _lower_steps(margins: Floats) -> list[float]:
    """Changes of a threshold in nats to try, in hundredths."""
    margins = np.sort(margins)[::-1]
    steps = {float(np.floor(100 * margins[at]) / 100) for at in _PLACES if at < len(margins)}
    return sorted((step for step in steps if step < 0), reverse=True)[:8]


def _lower_counts(sizes: Counts, times: Counts, min_count: int) -> list[int]:
    """Smaller and smaller min_counts to try: those that leave 10, 20, 40... n-grams frequent
    enough.
    """
    sizes, times = sizes[sizes < min_count][::-1], times[sizes < min_count][::-1]
    places = np.searchsorted(np.cumsum(times), [place + 1 for place in _PLACES])
    values = {int(sizes[place]) for place in places.tolist() if place < len(sizes)} | {1}
    return sorted((value for value in values if value < min_count), reverse=True)[:12]
