"""Why a string is a word, or why not: all the evidence for some words, found in one pass."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlpzero.discovery.contexts import Context
from nlpzero.discovery.evidence_text import described
from nlpzero.discovery.explaining import Explanation
from nlpzero.discovery.likeness import SimilarWord, Vectors, similar_words
from nlpzero.discovery.methods import DEFAULT_MIN_PMI, default_min_count
from nlpzero.discovery.result import Discovery
from nlpzero.discovery.tallies import Place, Tallies, Tally, parts_of, tally_counts, tally_text
from nlpzero.engine.resources import Resources
from nlpzero.ngrams.measures import entropy_from_sums, x_log_x
from nlpzero.ngrams.table import NGramCounts
from nlpzero.segmentation.patterns import PatternSet
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import DIGIT, LETTER, char_classes, code_points
from nlpzero.text.corpus import Corpus, as_corpus

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


class Split(NamedTuple):
    """A way of splitting a word in two.

    left, right : str
    left_count, right_count : int
        Occurrences of both parts.
    pmi : float, in nats
        ``ln(total * occurrences / (left_count * right_count))``.
    """

    left: str
    right: str
    left_count: int
    right_count: int
    pmi: float


class Neighbour(NamedTuple):
    """A character beside a word; the empty string is the end of a clause."""

    text: str
    count: int  # type: ignore[assignment]


class Competitor(NamedTuple):
    """A string that holds a word, or that a word holds.

    word : str
    occurrences : int or None
        In the text; None where that was not counted.
    count : int or None
        How often it is a word of what was found; None if it is not among it.
    """

    word: str
    occurrences: int | None
    count: int | None  # type: ignore[assignment]


class Cut(NamedTuple):
    """How a segmenter cuts a word and what it hangs together with: ``各项|目``."""

    form: str
    count: int  # type: ignore[assignment]


@dataclass(frozen=True)
class Boundaries:
    """What a segmenter says of a word, where it occurs.

    sampled : int
        Occurrences that were looked at, evenly spread over the text.
    whole : int
        At how many of them it is a word.
    left_edge, right_edge, inside : float in [0, 1]
        Mean probability of a boundary at its two edges and at the gaps inside it (nan for a single
        character).
    cuts : list of Cut
        The most frequent ways in which it is cut where it is no word.
    """

    sampled: int
    whole: int
    left_edge: float
    right_edge: float
    inside: float
    cuts: list[Cut]


@dataclass(frozen=True)
class WordEvidence:
    """The evidence for one word; ``str()`` of it is a readable page.

    Parameters
    ----------
    word : str
    occurrences : int or None
        In the text; None where the counts do not reach so far, or nothing was counted.
    count : int or None
        How often it is a word of what was found, if that is at hand.
    splits : list of Split
        From left to right, without those inside a run of digits and letters, which is never cut.
    left_entropy, right_entropy : float, in nats
        Branching entropies; nan if not known.
    left, right : list of Neighbour
        The most frequent ones.
    longer, shorter : list of Competitor
        The most frequent strings that hold the word, and that it holds.
    boundaries : Boundaries or None
    verdict : Explanation
        Which threshold keeps or drops it: of what was found, else by default.
    contexts : list of Context
    similar : list of SimilarWord
        The nearest words, if there are vectors and it has one.
    """

    word: str
    occurrences: int | None
    count: int | None
    splits: list[Split]
    left_entropy: float
    right_entropy: float
    left: list[Neighbour]
    right: list[Neighbour]
    longer: list[Competitor]
    shorter: list[Competitor]
    boundaries: Boundaries | None
    verdict: Explanation
    contexts: list[Context]
    similar: list[SimilarWord] = field(default_factory=list)

    @property
    def pmi(self) -> float:
        """Smallest PMI of its splits; nan if there is none."""
        return min((split.pmi for split in self.splits), default=math.nan)

    def __str__(self) -> str:
        return described(self)


def explain_words(
    words: Iterable[str],
    corpus: Corpus | Iterable[str] | None = None,
    *,
    counts: NGramCounts | None = None,
    found: Discovery | None = None,
    segmenter: "Segmenter | None" = None,
    vectors: Vectors | None = None,
    contexts: int = 3,
    width: int = 12,
    top: int = 5,
    resources: Resources | None = None,
) -> list[WordEvidence]:
    """All the evidence for some words, whether they were found or not.

    Parameters
    ----------
    words : iterable of str
        A repeated one is explained once.
    corpus : Corpus or iterable of str, optional
        Read once, all words being looked for at the same time.
    counts : NGramCounts, optional
        Take occurrences and neighbours from these and not from the corpus, which then only gives
        contexts and boundaries. They know strings of up to four characters (or their order, if that
        is more) and the neighbours of those of up to three.
    found : Discovery, optional
        What was found, for counts as words, competitors and the thresholds in force.
    segmenter : Segmenter, optional
        Whose boundaries are asked for; without one there are none.
    vectors : WordVectors, optional
        Whose nearest words are told.
    contexts : int >= 0
        How many contexts of a word: the first ones of the text.
    width : int >= 0
        Their characters on each side.
    top : int >= 1
        How many neighbours, competitors, cuts and similar words are named.
    resources : Resources, optional
        Whom to tell how far the reading is.

    Returns
    -------
    list of WordEvidence
        In the order of the words.

    Raises
    ------
    ValueError, TypeError
        Misuse; nothing to look into is misuse too.
    NlpzeroError
        The text cannot be read.

    Notes
    -----
    PMI and entropies are those of :class:`nlpzero.Word`: over all occurrences, overlapping ones
    too, each end of a clause being a neighbour of its own. Boundaries come from some hundred
    occurrences of each word, every first, second, fourth... of the text.

    Examples
    --------
    >>> texts = ["吃葡萄不吐葡萄皮", "不吃葡萄倒吐葡萄皮", "葡萄架"]
    >>> (evidence,) = explain_words(["葡萄"], texts, contexts=1)
    >>> evidence.occurrences, evidence.splits
    (5, [Split(left='葡', right='萄', left_count=5, right_count=5, pmi=1.3862943611198904)])
    >>> evidence.right[:2], evidence.longer[0]
    ([Neighbour(text='皮', count=2), Neighbour(text='不', count=1)], \
Competitor(word='吃葡萄', occurrences=2, count=None))
    >>> print(evidence.verdict)
    dropped: weak at 葡|萄: PMI 1.39, min_pmi is 2 for 2 characters
    """
    if isinstance(words, str):
        raise TypeError(f"`words` must be an iterable of words, got one str; pass [{words!r}].")
    for name, value, least in (("contexts", contexts, 0), ("width", width, 0), ("top", top, 1)):
        if value < least:
            raise ValueError(f"`{name}` must be an integer >= {least}, got {value}.")
    if corpus is None and counts is None and found is None and vectors is None:
        raise ValueError("nothing to look into: give `corpus`, `counts`, `found` or `vectors`.")
    asked = list(dict.fromkeys(words))
    alphabet = _alphabet(counts, found)
    whole = [word for word in asked if _is_whole(word, alphabet)]
    text = None if corpus is None else as_corpus(corpus)
    told = None
    if text is not None:
        advance = None if resources is None else resources.stage("read", text.size)
        told = tally_text(text, whole, alphabet, contexts=contexts, width=width, progress=advance)
    numbers = tally_counts(counts, whole) if counts is not None else told
    known = _Found(found, whole, top)
    places = {} if told is None else {word: tally.places for word, tally in told.words.items()}
    judged = _boundaries(places, segmenter, top)
    result = []
    for word in asked:
        evidence = _evidence(word, numbers, known, top)
        result.append(
            replace(
                evidence,
                boundaries=judged.get(word),
                contexts=told.words[word].contexts if told and word in told.words else [],
                verdict=_verdict(evidence, numbers, found, alphabet),
                similar=similar_words(vectors, word, top),
            )
        )
    return result


def _alphabet(counts: NGramCounts | None, found: Discovery | None) -> Alphabet:
    """How the text is read: as what is at hand was counted; nothing is kept whole."""
    given = Alphabet()
    if counts is not None:
        given = counts.alphabet
    elif found is not None:
        given = found.found.alphabet
    return replace(given, keep=())


def _is_whole(word: str, alphabet: Alphabet) -> bool:
    symbols = alphabet.symbols(word)
    return len(symbols) > 0 and bool((symbols != 0).all())


class _Found:
    """What was found, as far as some words are concerned."""

    def __init__(self, found: Discovery | None, words: Sequence[str], top: int) -> None:
        self.counts: dict[str, int] = {}
        self._holders: dict[str, list[str]] = {word: [] for word in words}
        if found is None:
            return
        texts = found.found.texts()
        self.counts = dict(zip(texts, found.found.strings.counts.tolist(), strict=True))
        patterns = PatternSet(words)
        by_count = sorted(texts, key=lambda text: (-self.counts[text], text))
        for text in by_count:
            for word in {word for _, _, word in patterns.find(text)}:
                holders = self._holders[word]
                if text != word and len(holders) < top:
                    holders.append(text)

    def holders(self, word: str) -> list[str]:
        """The most frequent words that hold a word."""
        return self._holders.get(word, [])


def _evidence(word: str, numbers: Tallies | None, known: _Found, top: int) -> WordEvidence:
    """What the numbers say of a word; one that holds the end of a clause does not occur."""
    counts = {} if numbers is None else numbers.counts
    occurrences = None if numbers is None else counts.get(word, 0)
    tally = Tally(None, None) if numbers is None else numbers.words.get(word, Tally())
    return WordEvidence(
        word,
        occurrences,
        known.counts.get(word),
        list(_splits(word, numbers)),
        _entropy(tally.left, occurrences),
        _entropy(tally.right, occurrences),
        _most_frequent(tally.left, top),
        _most_frequent(tally.right, top),
        _longer(word, tally, known, counts, top),
        _shorter(word, known, counts, top),
        None,
        Explanation(word, False, "unknown"),
        [],
    )


def _splits(word: str, numbers: Tallies | None) -> Iterator[Split]:
    joint = None if numbers is None else numbers.counts.get(word)
    if not joint or numbers is None:
        return
    classes = char_classes(code_points(word))
    in_run = (classes == DIGIT) | (classes == LETTER)
    for at in range(1, len(word)):
        if in_run[at - 1] and in_run[at]:
            continue  # a run of digits and letters is never cut
        left, right = numbers.counts[word[:at]], numbers.counts[word[at:]]
        if left and right:
            # in the order of `nlpzero.ngrams.measures.pmi`, for the same last digit
            value = math.log(numbers.total) + math.log(joint) - (math.log(left) + math.log(right))
            yield Split(word[:at], word[at:], left, right, value)


def _entropy(neighbours: Counter[str] | None, occurrences: int | None) -> float:
    if neighbours is None or not occurrences:
        return math.nan
    real = [count for text, count in sorted(neighbours.items()) if text]
    return float(entropy_from_sums(float(x_log_x(real).sum()), occurrences))


def _most_frequent(neighbours: Counter[str] | None, top: int) -> list[Neighbour]:
    ranked = sorted((neighbours or {}).items(), key=lambda item: (-item[1], item[0]))
    return [Neighbour(text, count) for text, count in ranked[:top]]


def _longer(
    word: str, tally: Tally, known: _Found, counts: dict[str, int | None], top: int
) -> list[Competitor]:
    """Strings of one character more that occur twice or more, and words that were found."""
    occurrences: dict[str, int | None] = dict.fromkeys(known.holders(word))
    for side, neighbours in (("left", tally.left), ("right", tally.right)):
        for text, count in (neighbours or {}).items():
            if text and count > 1:
                occurrences[text + word if side == "left" else word + text] = count
    return _ranked(occurrences, known, top)


def _shorter(word: str, known: _Found, counts: dict[str, int | None], top: int) -> list[Competitor]:
    """Strings of two characters and more inside a word."""
    inside = {part for part in parts_of(word) if 1 < len(part) < len(word)}
    occurrences = {part: counts.get(part) for part in inside}
    return _ranked(
        {part: n for part, n in occurrences.items() if n or part in known.counts}, known, top
    )


def _ranked(occurrences: dict[str, int | None], known: _Found, top: int) -> list[Competitor]:
    found = [Competitor(text, n, known.counts.get(text)) for text, n in occurrences.items()]
    found.sort(key=lambda c: (-max(c.occurrences or 0, c.count or 0), c.word))
    return found[:top]


def _verdict(
    evidence: WordEvidence, numbers: Tallies | None, found: Discovery | None, alphabet: Alphabet
) -> Explanation:
    """Which threshold keeps or drops a word: of what was found, else those by default."""
    word = evidence.word
    if not _is_whole(word, alphabet):
        return Explanation(
            word,
            False,
            "clause",
            sentence="never a word: white space, punctuation and symbols end a clause",
        )
    run: Mapping[str, Any] = {}
    if found is not None:
        fate = found.explain(word)
        if fate.step != "not found" or not evidence.occurrences or numbers is None:
            return fate
        # a file does not say why; what was counted may
        run = found.parameters
    if numbers is None:
        told = "not known: only its neighbours were looked for, not a text"
        return Explanation(word, False, "unknown", sentence=told)
    least, floors = _floors(run, numbers.total)
    fault = _missed(evidence, least, floors)
    if fault is not None:
        return fault
    if found is not None:
        told = (
            f"not among what was found, though it occurs {evidence.occurrences:,} times: the text "
        )
        return Explanation(word, False, "not found", sentence=told + "is cut otherwise there")
    weakest = f", min_pmi {_floor(floors, word):g}" if evidence.splits else ""
    told = f"passes the default thresholds: min_count {least:,}{weakest}"
    return Explanation(word, True, "found", evidence.occurrences, least, told)


def _floors(run: Mapping[str, Any], total: int) -> tuple[int, Sequence[float]]:
    """Thresholds of a run, or those by default; learned words need no PMI."""
    if not run:
        return default_min_count(total), DEFAULT_MIN_PMI
    return run["min_count"], run.get("min_pmi", ())


def _floor(floors: Sequence[float], word: str) -> float:
    return floors[min(len(word) - 2, len(floors) - 1)]


def _missed(evidence: WordEvidence, least: int, floors: Sequence[float]) -> Explanation | None:
    """The threshold on occurrences or PMI that a word misses."""
    word, occurrences = evidence.word, evidence.occurrences
    if occurrences is None:
        told = "not known: the counts hold shorter strings only"
        return Explanation(word, False, "unknown", sentence=told)
    if occurrences < least:
        times = "once" if occurrences == 1 else f"{occurrences:,} times"
        told = f"dropped: occurs {times}, min_count is {least:,}"
        return Explanation(word, False, "min_count", occurrences, least, told)
    weakest = min(evidence.splits, key=lambda split: split.pmi, default=None)
    if weakest is None or not floors or weakest.pmi >= _floor(floors, word):
        return None
    told = (
        f"dropped: weak at {weakest.left}|{weakest.right}: PMI {weakest.pmi:.2f}, min_pmi is "
        f"{_floor(floors, word):g} for {len(word)} characters"
    )
    return Explanation(word, False, "min_pmi", weakest.pmi, _floor(floors, word), told)


# --- how a segmenter cuts


def _boundaries(
    places: dict[str, list[Place]], segmenter: "Segmenter | None", top: int
) -> dict[str, Boundaries]:
    """What a segmenter says of all places, which it sees as lines of one text."""
    if segmenter is None or not any(places.values()):
        return {}
    clauses = dict.fromkeys(place.clause for held in places.values() for place in held)
    starts: dict[str, int] = {}
    at = 1
    for clause in clauses:
        starts[clause] = at
        at += len(clause) + 1
    text = "\n" + "\n".join(clauses) + "\n"
    cuts = segmenter.boundaries(text)
    edges = np.concatenate([[1.0], segmenter.probabilities(text), [1.0]])
    result = {}
    for word, held in places.items():
        if not held:
            continue
        first = np.array([starts[place.clause] + place.start for place in held])
        last = np.array([starts[place.clause] + place.end for place in held])
        inner = [edges[a + 1 : b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]
        forms = Counter(
            _form(text, cuts, a, b) for a, b in zip(first.tolist(), last.tolist(), strict=True)
        )
        whole = forms.pop(None, 0)
        ranked = sorted(forms.items(), key=lambda item: (-item[1], item[0] or ""))
        result[word] = Boundaries(
            len(held),
            whole,
            float(edges[first].mean()),
            float(edges[last].mean()),
            float(np.concatenate(inner).mean()) if any(map(len, inner)) else math.nan,
            [Cut(form or "", count) for form, count in ranked[:top]],
        )
    return result


def _form(text: str, cuts: "np.ndarray", start: int, end: int) -> str | None:
    """The tokens that a stretch lies in, with a bar between them; None if it is one itself."""
    first, last = start, end
    while not cuts[first]:
        first -= 1
    while not cuts[last]:
        last += 1
    inner = [first, *(i for i in range(first + 1, last) if cuts[i]), last]
    if inner == [start, end]:
        return None
    return "|".join(text[a:b] for a, b in pairwise(inner))
