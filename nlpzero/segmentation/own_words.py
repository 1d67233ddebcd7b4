"""One's own words beside any model: words that are one token, and words that are not."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import kernel
from nlpzero.segmentation.double_array import DoubleArray, build_trie
from nlpzero.segmentation.word_list import WordList, as_word_list

#: Nats that each character of a listed word may cost against the model: most words, few false ones
#: (docs).
DEFAULT_WEIGHT = 3.0

# probabilities of boundaries are kept this far from 0 and 1: models are surer than they should be
_DOUBT = 1e-3
_LEAST = 2.0**-53
# what one boundary inside a listed word costs, so that of equal readings the model's is taken
_INSIDE = 1e-3


class OwnWords:
    """Words to join and words to cut, with a trie for each list.

    Parameters
    ----------
    words : WordList, mapping of str to number, or iterable of str
        Words that shall be one token; counts do not matter.
    weight : float >= 0
        Nats for each character that a word may cost against the model (see Notes).
    force : bool
        Join the words wherever they occur.
    split_words : the same as words
        Words that shall not be one token. With spaces inside, where they are cut; without, the
        model's second choice decides.

    Notes
    -----
    Let p(g) be the model's probability of a boundary at gap g, kept within [.001, .999]. A listed
    word of n characters scores weight * (n - 1/2), less |log(p / (1 - p))| at each of its two ends
    that is no boundary of the model's own cut. Of all sets of occurrences that do not overlap the
    one with the highest sum is joined: so a word whose ends the model agrees with is always joined,
    the longest of several, and one that begins or ends inside another word only if that is doubtful
    enough. All other boundaries stay.
    """

    def __init__(
        self,
        words: WordList | Mapping[str, float] | Iterable[str] = (),
        *,
        weight: float = DEFAULT_WEIGHT,
        force: bool = False,
        split_words: WordList | Mapping[str, float] | Iterable[str] = (),
    ) -> None:
        if not weight >= 0:
            raise ValueError(f"`weight` must be a number >= 0, got {weight}.")
        self.words = as_word_list(words).words
        self.split_words = as_word_list(split_words).words
        self.weight = float(weight)
        self.force = bool(force)
        self._joined = _Index.of(self.words, [0] * len(self.words))
        parts = [word.split() for word in self.split_words]
        places = [(sum(1 << len("".join(p[: i + 1])) for i in range(len(p) - 1))) for p in parts]
        long = next(
            (w for w, p in zip(self.split_words, parts, strict=True) if len("".join(p)) > 62), None
        )
        if long is not None:
            raise ValueError(f"words to cut have at most 62 characters, got {long!r}.")
        self._split = _Index.of(["".join(p) for p in parts], places)

    def to_header(self) -> dict[str, Any]:
        """Plain values for a JSON header."""
        return {
            "words": self.words,
            "split_words": self.split_words,
            "weight": self.weight,
            "force": self.force,
        }

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "OwnWords":
        """Inverse of :meth:`to_header`."""
        return cls(
            header["words"],
            weight=header["weight"],
            force=header["force"],
            split_words=header["split_words"],
        )

    def joins(
        self,
        points: npt.NDArray[np.uint32],
        starts: npt.NDArray[np.bool_],
        flags: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[np.int64], bool]:
        """Occurrences of the words to join (rows of start and end), and whether the model has to be
        asked.

        Parameters
        ----------
        points : ndarray of uint32, shape (n,)
        starts : ndarray of bool, shape (n + 1,); where units begin: words begin and end there
        flags : ndarray of bool, shape (n + 1,); the model's own cut
        """
        found = _occurrences(points, starts, *self._joined[:3])[:, :2]
        if self.force or not len(found):
            return found, False
        return found, bool((~flags[found]).any())

    def chosen(
        self,
        found: npt.NDArray[np.int64],
        flags: npt.NDArray[np.bool_],
        probabilities: npt.NDArray[np.floating] | None,
        sharpness: float = 1.0,
    ) -> npt.NDArray[np.int64]:
        """Those occurrences that are joined, from left to right, without overlaps; `probabilities`
        have the model's log odds times `sharpness`.
        """
        if probabilities is None:
            doubts = np.where(flags, 0.0, 0.0)
        else:
            p = np.clip(probabilities, _LEAST, 1 - _LEAST)
            doubts = np.abs(np.log(p / (1 - p))) / sharpness
            doubts = np.minimum(doubts, np.log((1 - _DOUBT) / _DOUBT))
        inside = np.cumsum(flags)
        return found[_best_joins(found, flags, doubts, inside, self.weight, self.force)]

    def splits(
        self, points: npt.NDArray[np.uint32], starts: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.int64]:
        """Occurrences of the words to cut: rows of start, end, and places as bits."""
        found = _occurrences(points, starts, *self._split[:3])
        found[:, 2] = self._split.places[found[:, 2]] if len(found) else 0
        return found


def second_choice(
    starts: npt.NDArray[np.bool_], probable: npt.NDArray[Any] | None, start: int, end: int
) -> list[int]:
    """The gap at which a word is cut that is not to be one token: most probable, then nearest to
    the middle.
    """
    inner = [i for i in range(start + 1, end) if starts[i]]
    if not inner:
        return []

    def rank(i: int) -> tuple[float, float, int]:
        chance = 0.0 if probable is None else float(probable[i])
        return -chance, abs(2 * i - start - end), i

    return [min(inner, key=rank)]


class _Index(NamedTuple):
    """A trie whose values are numbers of words, and what belongs to each word."""

    units: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    table: npt.NDArray[Any]
    places: npt.NDArray[np.int64]

    @classmethod
    def of(cls, words: list[str], places: list[int]) -> "_Index":
        trie: DoubleArray = build_trie(words, np.arange(len(words), dtype=np.float64))
        return cls(trie.units, trie.values, trie.code_table(), np.array(places, np.int64))


@kernel
def _occurrences(
    points: np.ndarray, starts: np.ndarray, units: np.ndarray, values: np.ndarray, table: np.ndarray
) -> np.ndarray:
    """All places where words of a trie begin and end between units: start, end, number
    of the word.
    """
    n = len(points)
    end_of_table = len(table) - 1
    out = np.empty((64, 3), np.int64)
    m = 0
    for i in range(n):
        if not starts[i]:
            continue
        node = np.int64(0)
        j = i
        while j < n:
            point = points[j]
            code = table[point] if point < end_of_table else table[end_of_table]
            if code == 0:
                break
            t = np.int64(units[node, 0]) + code
            if units[t, 1] != node:
                break
            node = t
            j += 1
            if values[node] > -np.inf and starts[j]:
                if m == len(out):
                    more = np.empty((2 * m, 3), np.int64)
                    for k in range(m):
                        for column in range(3):
                            more[k, column] = out[k, column]
                    out = more
                out[m, 0] = i
                out[m, 1] = j
                out[m, 2] = np.int64(values[node])
                m += 1
    return out[:m].copy()


@kernel
def _best_joins(
    found: np.ndarray,
    flags: np.ndarray,
    doubts: np.ndarray,
    inside: np.ndarray,
    weight: float,
    force: bool,
) -> np.ndarray:
    """Whether each occurrence is in the best set without overlaps; occurrences are sorted by start,
    then end.

    Of equal sets, the one with the longer last differing word is taken.
    """
    m = len(found)
    taken = np.zeros(m, np.bool_)
    if m == 0:
        return taken
    n = len(flags)
    best = np.zeros(n, np.float64)
    last = np.full(n, -1, np.int64)  # the occurrence that ends here in the best set, or none
    k = 0
    for i in range(n):
        if i > 0 and best[i - 1] >= best[i]:
            best[i] = best[i - 1]
            last[i] = -1
        while k < m and found[k, 0] == i:
            end = found[k, 1]
            cost = _INSIDE * (inside[end - 1] - inside[i])
            for g in (i, end):
                if not flags[g]:
                    cost += _INSIDE if force else doubts[g]
            gain = 1.0 if force else weight
            score = gain * (end - i - 0.5) - cost
            if score > 0 and best[i] + score > best[end]:
                best[end] = best[i] + score
                last[end] = k
            k += 1
    i = n - 1
    while i > 0:
        if last[i] >= 0:
            taken[last[i]] = True
            i = found[last[i], 0]
        else:
            i -= 1
    return taken
