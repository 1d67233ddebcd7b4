"""What discovered words are ranked by."""

import math

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Found, atoms_of
from nlpzero.discovery.evidence import Evidence, evidence_for
from nlpzero.discovery.result import Word
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.engine.arrays import Counts, Floats

# price of every place where a word could be split, in the default ranking: the step between the default
# thresholds of cohesion
SPLIT_PRICE = 2.0


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


def ranked(run: SecondPass, found: Found) -> list[Word]:
    """All words with their evidence, best first."""
    words = found.words
    if len(words.counts) == 0:
        return []
    evidence = evidence_for(run, found.grams, words)
    if found.certainty is None:
        _, _, owners = atoms_of(words.symbols, words.offsets, found.grams.in_run)
        gaps = np.bincount(owners, minlength=len(words.counts)) - 1
        scores = _scores(evidence, words.counts, gaps)
        certainty = np.full((3, len(scores)), np.nan)
    else:
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


# how much certainty weighs beside frequency in the ranking
_CERTAINTY_POWER = 16


def learned_scores(
    counts: npt.ArrayLike,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    inside: npt.ArrayLike,
    left_entropy: npt.ArrayLike,
    right_entropy: npt.ArrayLike,
    occurrences: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """What discovered words are ranked by: frequency, certainty, freedom.

    ``count * (P(left) P(right) (1 - P(inside))) ** 16 * min(H_L, H_R) / log(1 + occurrences)``

    Parameters
    ----------
    counts : array of int
        How often each is a word of the segmentation.
    left, right, inside : arrays of float in [0, 1]
        Mean boundary probabilities, as in :class:`LearnedWords`.
    left_entropy, right_entropy : arrays of float, in nats
        Branching entropies of its neighbours at all its occurrences; nan counts as 0.
    occurrences : array of int
        How often the string occurs, as a word or not.

    Returns
    -------
    ndarray of float64

    Notes
    -----
    The first factor is what a user can check and what makes a list useful. The second is the probability,
    by the model, that an occurrence is cut at both ends and nowhere else; its power makes four per cent of
    doubt cost half the rank, since a word that is doubtful on average is one that other readings of its
    characters compete with. The third is the branching entropy of the tighter side in units of its largest
    possible value, 1 where every occurrence has another neighbour: parts of names and of set phrases, which
    the segmenter cuts with confidence but which stand beside the same words again and again, go down.
    Measured in docs/segmentation.md.

    Examples
    --------
    >>> learned_scores([100, 100], [1, 0.9], [1, 1], [0, 0], [4.0, 4.0], [3.0, 3.0], [100, 100]).round(1).tolist()
    [65.0, 12.0]
    """
    certainty = np.asarray(left) * np.asarray(right) * (1.0 - np.asarray(inside))
    tighter = np.minimum(np.asarray(left_entropy, float), np.asarray(right_entropy, float))
    freedom = np.nan_to_num(tighter) / np.log1p(np.maximum(np.asarray(occurrences, float), 1.0))
    return np.asarray(counts) * certainty**_CERTAINTY_POWER * np.clip(freedom, 0.0, 1.0)
