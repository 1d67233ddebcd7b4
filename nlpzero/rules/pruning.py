"""Which of many rules say the same again: the two directions of one pair, and pairs that only meet
by way of a third item.
"""

import numpy as np

from nlpzero.engine.arrays import Bools, Counts, Floats, Ints


def most_confident(size: Counts, row: Counts, mask: Counts, confidence: Floats) -> Bools:
    """Of the rules of each itemset (a row of the level of a size), the most confident one.

    Of equally confident ones, the one whose antecedent comes first by name.
    """
    # items ascend by name: the larger the mask of the consequent, the earlier the antecedent
    order = np.lexsort([-mask, -confidence, row, size])
    first = np.ones(len(order), dtype=bool)
    first[1:] = (row[order][1:] != row[order][:-1]) | (size[order][1:] != size[order][:-1])
    result = np.zeros(len(order), dtype=bool)
    result[order[first]] = True
    return result


def direct(pairs: Ints, weights: Floats) -> Bools:
    """Which pairs are not explained by a third item.

    A pair goes if some other item is tied to both of its items more closely than they are to each
    other.

    Parameters
    ----------
    pairs : int array (m, 2)
        Item numbers; a pair may be there twice, in either direction.
    weights : float64 array
        How closely the items of each pair are tied: their mutual information.

    Returns
    -------
    bool array

    Notes
    -----
    If two items only meet by way of a third, they have less information of each other than either
    has of the third: the data processing inequality, used for pruning by Margolin et al., ARACNE,
    BMC Bioinformatics 7 (Suppl. 1), 2006.

    Examples
    --------
    >>> import numpy as np
    >>> direct(np.array([[0, 1], [1, 2], [0, 2]]), np.array([0.5, 0.4, 0.1])).tolist()
    [True, True, False]
    """
    tied: dict[int, dict[int, float]] = {}
    listed = [
        (*pair, weight) for pair, weight in zip(pairs.tolist(), weights.tolist(), strict=True)
    ]
    for one, other, weight in listed:
        tied.setdefault(one, {})[other] = weight
        tied.setdefault(other, {})[one] = weight
    result = np.ones(len(listed), dtype=bool)
    for number, (one, other, weight) in enumerate(listed):
        few, many = sorted((tied[one], tied[other]), key=len)
        result[number] = not any(
            w > weight and many.get(third, 0.0) > weight for third, w in few.items()
        )
    return result
