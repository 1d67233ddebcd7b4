"""What discovered words are ranked by."""

import numpy as np
import numpy.typing as npt

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
