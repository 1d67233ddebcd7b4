"""Streams of symbols in forms that learning works on: dense numbers, forced cuts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Symbols

Cuts = npt.NDArray[np.uint8]

# clauses are cut after this many symbols: no language has such clauses, and memory stays bounded
_LONGEST_CLAUSE = 1000
# streams are decoded in pieces of about this many symbols, so that scratch arrays stay in the cache
PIECE = 1 << 16


class Dense(NamedTuple):
    """A stream over the symbols that occur, numbered from 1 in their order; 0 is the break.

    symbols : ndarray of uint16, shape (n,)
    codes : ndarray of uint16, shape (V + 1,); the original symbol of each number
    counts : ndarray of int64, shape (V + 1,)
    """

    symbols: Symbols
    codes: Symbols
    counts: npt.NDArray[np.int64]


def densify(raw: Symbols) -> Dense:
    """Number the symbols that occur."""
    present = np.bincount(raw, minlength=1)
    present[0] = 0
    codes = np.concatenate([[0], np.flatnonzero(present)]).astype(np.uint16)
    return Dense(dense_table(codes)[raw], codes, present[codes].astype(np.int64))


def dense_table(codes: Symbols) -> Symbols:
    """Number of each of the 65,536 symbols; 0 for those that are not in `codes`."""
    table = np.zeros(1 << 16, np.uint16)
    table[codes] = np.arange(len(codes))
    return table


def forced_cuts(symbols: Symbols, longest: int = _LONGEST_CLAUSE) -> Cuts:
    """Gaps beside clause breaks, and inside clauses of more than `longest` symbols.

    Parameters
    ----------
    symbols : ndarray of uint16, shape (n,); 0 is the break
    longest : int

    Returns
    -------
    ndarray of uint8, shape (n + 1,)

    Examples
    --------
    >>> forced_cuts(np.array([5, 6, 0, 5, 6, 7], np.uint16), longest=2).tolist()
    [1, 0, 1, 1, 0, 1, 1]
    """
    n = len(symbols)
    out = np.ones(n + 1, np.uint8)
    out[1:n] = (symbols[1:] == 0) | (symbols[:-1] == 0)
    at = np.flatnonzero(out)
    for i in np.flatnonzero(np.diff(at) > longest).tolist():
        out[at[i] : at[i + 1] : longest] = 1
    return out


def pieces(forced: Cuts, size: int = PIECE) -> list[tuple[int, int]]:
    """Stretches of about `size` symbols between forced gaps."""
    n = len(forced) - 1
    out = []
    start = 0
    while start < n:
        end = min(start + size, n)
        while not forced[end]:
            end += 1
        out.append((start, end))
        start = end
    return out
