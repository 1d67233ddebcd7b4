"""What the characters of a word say about it: a part of each vector, and vectors of unseen words.

Pieces of a word are its Han characters, and the pairs of neighbours among them if it has three or
more. Words without Han characters are left as they are: letters say nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32
from nlpzero.text.characters import HAN, char_classes, code_points
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.sums import weighted_sum, weighted_sums


def pieces_of(word: str, han: str) -> list[str]:
    """The pieces of a word, each once.

    Parameters
    ----------
    word : str
    han : str
        The word with everything that is no Han character replaced by a space.

    Examples
    --------
    >>> pieces_of("K线图", " 线图"), pieces_of("天气", "天气"), pieces_of("天气预", "天气预")
    (['线', '图', '线图'], ['天', '气'], ['天', '气', '预', '天气', '气预'])
    """
    singles = [c for c in han if c != " "]
    if not singles:
        return []
    pairs = [han[i : i + 2] for i in range(len(han) - 1)] if len(word) > 2 else []
    return list(dict.fromkeys([*singles, *(pair for pair in pairs if " " not in pair)]))


def only_han(words: Sequence[str]) -> list[str]:
    """Words with spaces in place of what is no Han character."""
    text = "\n".join(words)
    han = char_classes(code_points(text)) == HAN
    kept = "".join([c if h or c == "\n" else " " for c, h in zip(text, han.tolist(), strict=True)])
    return kept.split("\n") if words else []


@dataclass(frozen=True)
class Pieces:
    """Vectors of pieces.

    Attributes
    ----------
    names : list of str
    vectors : float32[n, d]
        Unit rows: each the direction of the words that hold the piece, each of these counting
        ln(1 + count).
    weights : float32[n]
        ln(words / words that hold it); 0 for a piece of one word only.
    """

    names: list[str]
    vectors: Floats32
    weights: Floats32

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def unseen(self, word: str) -> Floats32 | None:
        """A unit vector for any word; None if no piece of it is known."""
        if not word or word.isspace():
            return None
        (han,) = only_han([word.replace("\n", " ")])
        found = [self._rows[piece] for piece in pieces_of(word, han) if piece in self._rows]
        if not found:
            return None
        (row,) = unit_rows(weighted_sum(self.vectors[found], self.weights[found])[None])
        return row if row.any() else None


def learn_pieces(
    words: Sequence[str], counts: NDArray[np.int64], units: Floats32, share: float
) -> tuple[Pieces, Floats32]:
    """The pieces of all words, and the words' vectors with a share of their pieces.

    Parameters
    ----------
    words : sequence of str
    counts : int64[n]
    units : float32[n, d]
        Unit rows, or zeros.
    share : float

    Returns
    -------
    pieces : Pieces
    vectors : float32[n, d]
        ``unit(v + share * unit(sum of weight * piece))``.
    """
    known: dict[str, int] = {}
    pieces: list[int] = []
    sizes: list[int] = []
    safe = [word.replace("\n", " ") for word in words]
    for word, han in zip(safe, only_han(safe), strict=True):
        found = pieces_of(word, han)
        pieces += [known.setdefault(piece, len(known)) for piece in found]
        sizes.append(len(found))
    numbers = np.array(pieces, np.int32)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
    holders = np.repeat(np.arange(len(words), dtype=np.int32), sizes)
    held = np.bincount(numbers, minlength=len(known))
    weights = np.where(held >= 2, np.log(len(words) / np.maximum(held, 1)), 0).astype(np.float32)
    order = np.argsort(numbers, kind="stable")
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(held, dtype=np.int64)])
    sums = np.zeros((len(known), units.shape[1]), np.float32)
    weighted_sums(holders[order], ends, units, np.log1p(counts).astype(np.float32), sums)
    vectors = unit_rows(sums)
    told = np.zeros_like(units)
    weighted_sums(numbers, starts, vectors, weights, told)
    mixed = unit_rows(units + np.float32(share) * unit_rows(told))
    mixed[starts[1:] == starts[:-1]] = units[starts[1:] == starts[:-1]]
    useful = np.flatnonzero(weights > 0)  # the others say nothing of any word
    names = list(known)
    return Pieces([names[i] for i in useful.tolist()], vectors[useful], weights[useful]), mixed
