"""What discovered words are ranked by."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, atoms_of, only_runs
from nlpzero.discovery.criteria import Removal
from nlpzero.discovery.evidence import Evidence, evidence_for
from nlpzero.discovery.explaining import Fates
from nlpzero.discovery.novelty import Unity, novelty_scores, unity_of
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.discovery.string_table import Strings
from nlpzero.discovery.words import WordColumns
from nlpzero.engine.arrays import Counts, Floats
from nlpzero.learning.base_segmenter import shipped_base
from nlpzero.text.alphabet import Alphabet

# price of every place where a word could be split, in the default ranking: the step between the
# default thresholds of cohesion
SPLIT_PRICE = 2.0


class Found(NamedTuple):
    """Words of a method with their counts, single symbols and runs too, and what was removed."""

    words: Strings
    grams: Candidates  # their parts at least
    removals: list[Removal]
    margins: Floats  # by how much candidates are above the threshold of a hint, in nats
    fates: Fates
    certainty: Floats | None = None  # boundary probabilities of the learned words, shape (3, n)


def classical_scores(evidence: Evidence, counts: Counts, gaps: Counts) -> Floats:
    """Nats by which a word exceeds its price: ln count + PMI + the smaller entropy - 2 per place to
    split.

    ``ln count + pmi + min(left_entropy, right_entropy) - 2 g``, g being the number of places where
    the word could be split (its length minus one, for words of ideographs only): frequent,
    cohesive, free words first, each further character being charged the step between the default
    thresholds of cohesion. Where the entropies of a word of four characters are unknown, the score
    takes those of its first and its last three. Single characters have no PMI and no such price.
    """
    return (
        np.log(np.maximum(counts, 1))
        + np.nan_to_num(evidence.pmi)
        + np.minimum(evidence.left_bound, evidence.right_bound)
        - SPLIT_PRICE * gaps
    )


def ranked(run: SecondPass, found: Found, least: int) -> WordColumns:
    """All words, none of which was met less often than told, with their evidence, best first."""
    words, alphabet = found.words, run.counts.alphabet
    if len(words.counts) == 0:
        return WordColumns.empty(alphabet)
    evidence = evidence_for(run, found.grams, words)
    in_run = found.grams.in_run
    unity = unity_of(
        words, evidence.occurrences, found.grams.singles, run.counts.total, least, alphabet, in_run
    )
    _, _, holders = atoms_of(words.symbols, words.offsets, in_run)
    gaps = np.bincount(holders, minlength=len(words.counts)) - 1
    if found.certainty is None:
        scores = classical_scores(evidence, words.counts, gaps)
        certainty = np.full((3, len(scores)), np.nan)
    else:
        certainty = found.certainty
        left, right, inside = certainty
        scores = learned_scores(
            words.counts,
            left,
            right,
            inside,
            evidence.left,
            evidence.right,
            evidence.occurrences,
            np.where(gaps > 0, unity.saving, np.inf),
        )
    columns = WordColumns(
        alphabet,
        words,
        score=scores,
        pmi=evidence.pmi,
        split=evidence.split,
        left_entropy=evidence.left,
        right_entropy=evidence.right,
        certainty=certainty,
        runs=only_runs(words, in_run),
        occurrences=evidence.occurrences,
        saving=unity.saving,
        reading=unity.reading,
        holder=unity.holder,
        held=unity.held,
        numbers=unity.numbers,
        novelty=_novelty(words, evidence, unity, found.certainty, alphabet),
    )
    return columns.take(_best_first(words, scores, alphabet))


def _novelty(
    words: Strings,
    evidence: Evidence,
    unity: Unity,
    certainty: Floats | None,
    alphabet: Alphabet,
) -> Floats:
    """Novelty of words, the base of the package standing for general text."""
    base = shipped_base()
    left, right, inside = np.array([1.0, 1.0, 0.0]) if certainty is None else certainty
    return novelty_scores(
        words.counts,
        int(words.counts.sum()),
        unity.saving,
        unity.spelling,
        left * right * (1 - inside),
        np.minimum(evidence.left_bound, evidence.right_bound),
        evidence.occurrences,
        base.counts_of(words.decode(alphabet)) / base.totals[1],
    )


def _best_first(words: Strings, scores: Floats, alphabet: Alphabet) -> npt.NDArray[np.int64]:
    """Rows by score, then count, then code points."""
    rows = np.lexsort((-words.counts, -scores))
    by_score, by_count = scores[rows], words.counts[rows]
    tied = (by_score[1:] == by_score[:-1]) & (by_count[1:] == by_count[:-1])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], tied, [0]])))
    for first, last in edges.reshape(-1, 2).tolist():
        group = rows[first : last + 1]
        texts = words.take(group).decode(alphabet)
        rows[first : last + 1] = group[sorted(range(len(texts)), key=texts.__getitem__)]
    return rows


# how much certainty weighs beside frequency in the ranking
_CERTAINTY_POWER = 16
# nats that listing a unit saves each time; what saves less is a combination more or less
_UNIT_SAVING, _UNITY_POWER = 8.0, 2


def learned_scores(
    counts: npt.ArrayLike,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    inside: npt.ArrayLike,
    left_entropy: npt.ArrayLike,
    right_entropy: npt.ArrayLike,
    occurrences: npt.ArrayLike,
    saving: npt.ArrayLike = np.inf,
) -> npt.NDArray[np.float64]:
    """What discovered words are ranked by: frequency, certainty, freedom, unity.

    ``count * (P(left) P(right) (1 - P(inside))) ** 16 * min(H_L, H_R) / log(1 + occurrences) *
    min(s / 8, 1) ** 2``

    Parameters
    ----------
    counts : array of int
        How often each is a word of the segmentation.
    left, right, inside : arrays of float in [0, 1]
        Mean boundary probabilities, as in :class:`nlpzero.LearnedWords`.
    left_entropy, right_entropy : arrays of float, in nats
        Branching entropies of its neighbours at all its occurrences; nan counts as 0.
    occurrences : array of int
        How often the string occurs, as a word or not.
    saving : array of float, in nats, optional
        s, what listing each word saves against the best sequence of other words that spells it, as
        in :func:`nlpzero.discovery.novelty.novelty_scores`; infinite, the default, for what cannot
        be split.

    Returns
    -------
    ndarray of float64

    Notes
    -----
    The first factor is what a user can check and what makes a list useful. The second is the
    probability, by the model, that an occurrence is cut at both ends and nowhere else; its power
    makes four per cent of doubt cost half the rank, since a word that is doubtful on average is one
    that other readings of its characters compete with. The third is the branching entropy of the
    tighter side in units of its largest possible value, 1 where every occurrence has another
    neighbour: parts of names and of set phrases, which the segmenter cuts with confidence but which
    stand beside the same words again and again, go down. The fourth brings down what other words
    spell nearly as well, combinations such as 很好. Measured in docs/segmentation.md.

    Examples
    --------
    >>> both = [100, 100]
    >>> scores = learned_scores(both, [1, 0.9], [1, 1], [0, 0], [4.0, 4.0], [3.0, 3.0], both)
    >>> scores.round(1).tolist()
    [65.0, 12.0]
    >>> learned_scores([100], [1], [1], [0], [4.0], [3.0], [100], saving=[4.0]).round(1).tolist()
    [16.3]
    """
    certainty = np.asarray(left) * np.asarray(right) * (1.0 - np.asarray(inside))
    tighter = np.minimum(np.asarray(left_entropy, float), np.asarray(right_entropy, float))
    freedom = np.nan_to_num(tighter) / np.log1p(np.maximum(np.asarray(occurrences, float), 1.0))
    unity = np.clip(np.asarray(saving, float) / _UNIT_SAVING, 0.0, 1.0) ** _UNITY_POWER
    free = np.clip(freedom, 0.0, 1.0)
    return np.asarray(np.asarray(counts) * certainty**_CERTAINTY_POWER * free * unity)
