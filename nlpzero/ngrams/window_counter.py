"""Counting the four-symbol windows of a text.

Symbols gather in a buffer, two bytes each; when it is full, the keys of the windows go from there
straight to the pieces that share their first symbol, and are sorted in them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Keys, Symbols
from nlpzero.engine.digit_sort import FEW, PIECE_BITS, count_sorted, sort_keys, sort_pieces
from nlpzero.engine.jit import kernel
from nlpzero.engine.sorted_runs import (
    RESIDENT_SHARE,
    ROW_BYTES,
    Chunk,
    Run,
    RunStore,
    add_up,
    holds_symbol,
    remap_keys,
    run_on_disk,
)
from nlpzero.ngrams.keys import PACKED_ORDER, before_key
from nlpzero.text.characters import FIRST_SLOT, LAST_SLOT

_AHEAD = PACKED_ORDER - 1
# shares of the budget: symbols and the keys of their windows, two and eight bytes each, beside the
# resident runs; and the rest for a new run, if it fits
BUFFER_SHARE = 0.44
WINDOW_BYTES = 10
_ROWS = 1 << 20  # of a run that goes to the disk, at a time


class WindowCounter:
    """Count the four-symbol windows of a text within a memory budget.

    Parameters
    ----------
    memory : int
        Bytes. What is counted does not depend on it.
    folder : Path, optional
        Where runs go that do not fit; without it everything stays in memory.

    Examples
    --------
    >>> counter = WindowCounter(1 << 20)
    >>> counter.add(np.array([3, 1, 0, 3, 1], np.uint16))
    >>> [[hex(key) for key in run.keys.tolist()] for run in counter.finish()]
    [['0x1000000000000', '0x3000100000000']]
    """

    def __init__(self, memory: int, folder: Path | None = None) -> None:
        self._room = int(memory * (1 - RESIDENT_SHARE - BUFFER_SHARE))
        self._folder = folder
        self._runs = RunStore(int(memory * RESIDENT_SHARE), folder)
        size = max(1 << 12, int(memory * BUFFER_SHARE) // WINDOW_BYTES)
        self._keys = np.empty(size, np.uint64)
        self._symbols = np.empty(size + _AHEAD, np.uint16)
        self._filled = 0

    def add(self, symbols: Symbols) -> None:
        """Count the windows that begin in the next symbols of the text."""
        while len(symbols):
            part = symbols[: len(self._keys) - self._filled]
            self._symbols[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            symbols = symbols[len(part) :]
            if self._filled == len(self._keys):
                self._flush(self._filled - _AHEAD)

    def _flush(self, windows: int) -> None:
        """Turn the windows that begin at the first symbols into a run; the other symbols stay."""
        keys = _sorted_windows(self._symbols[: windows + _AHEAD], windows, self._keys)
        self._symbols[: self._filled - windows] = self._symbols[windows : self._filled].copy()
        self._filled -= windows
        if self._folder is not None and len(keys) * ROW_BYTES > self._room:
            rows = 1 + np.count_nonzero(keys[1:] != keys[:-1])
            if rows * ROW_BYTES > self._room:
                self._runs.spill(run_on_disk(_chunks(keys), self._folder))
                return
        if len(keys):
            distinct, counts = count_sorted(keys)
            self._runs.add(Run(len(distinct), distinct, counts))

    def finish(self, table: npt.NDArray[np.uint16] | None = None) -> list[Run]:
        """All runs; the counter is empty afterwards and its buffers free.

        Parameters
        ----------
        table : ndarray of uint16, shape (65536,), optional
            Where provisional symbols beyond the BMP have their places.
        """
        earlier = self._runs.finish()
        if table is not None:
            earlier = _settle(earlier, table) if earlier else []
            for i in range(0, self._filled, _ROWS):
                part = self._symbols[i : min(i + _ROWS, self._filled)]
                part[:] = table[part]
        self._symbols[self._filled : self._filled + _AHEAD] = 0
        self._flush(self._filled)
        self._symbols, self._keys = np.empty(0, np.uint16), np.empty(0, np.uint64)
        return earlier + self._runs.finish()


def _settle(runs: list[Run], table: npt.NDArray[np.uint16]) -> list[Run]:
    """Move provisional symbols beyond the BMP of counted windows to their places.

    Rows that hold any become a run of their own.
    """
    slots = (FIRST_SLOT, LAST_SLOT)
    settled: list[Run] = []
    moved: list[tuple[Keys, npt.NDArray[np.int64]]] = []
    for run in runs:
        rows = len(run)
        for keys, counts in run.chunks(1 << 20):
            far = holds_symbol(keys, *slots)
            moved.append((remap_keys(keys[far], table), counts[far]))
            rows -= int(far.sum())
        settled.append(replace(run, rows=rows, without=slots))
    keys, counts = add_up(*(np.concatenate(column) for column in zip(*moved, strict=True)))
    return [*settled, Run(len(keys), keys, counts)]


def _sorted_windows(symbols: Symbols, windows: int, out: Keys) -> Keys:
    """The keys of the first windows, ascending, without those at breaks, in `out`."""
    if windows < FEW:
        return sort_keys(out[: pack_windows(symbols, windows, out)])
    bounds = np.zeros((1 << PIECE_BITS) + 1, np.int64)
    scatter_windows(symbols, windows, bounds, out)
    spare = np.empty(int(np.diff(bounds).max()), np.uint64)
    sort_pieces(out, spare, bounds, 0, 64 - PIECE_BITS)
    return out[: bounds[-1]]


def _chunks(keys: Keys) -> Iterator[Chunk]:
    """Distinct keys and their counts, of sorted ones, in pieces."""
    begin = 0
    while begin < len(keys):
        end = min(begin + _ROWS, len(keys))
        end = int(np.searchsorted(keys, keys[end - 1], "right"))
        yield count_sorted(keys[begin:end])
        begin = end


@kernel
def pack_windows(symbols: np.ndarray, windows: int, out: np.ndarray) -> int:
    """Keys of the four-symbol windows at the first symbols that are no breaks, in the order of the
    text, and how many they are.

    The first symbol is in the highest 16 bits; after a clause break the rest of the key is zero.
    """
    found = 0
    for i in range(windows):
        if symbols[i] == 0:
            continue
        key = np.uint64(0)
        for j in range(i, i + PACKED_ORDER):
            symbol = np.uint64(symbols[j])
            if symbol == 0:
                break
            key |= symbol << np.uint64(48 - 16 * (j - i))
        out[found] = key
        found += 1
    return found


@kernel
def scatter_windows(symbols: np.ndarray, windows: int, bounds: np.ndarray, out: np.ndarray) -> None:
    """Put the key of each window, see :func:`pack_windows`, among those with the same first symbol.

    `bounds`, zeros, become the place in `out` where the keys of each symbol begin, and the end.
    """
    for i in range(windows):
        bounds[symbols[i]] += 1
    # from here on the end of each piece, which moves to its beginning
    end = np.int64(0)
    bounds[0] = 0
    for first in range(1, len(bounds)):
        end += bounds[first]
        bounds[first] = end
    # shifting a key right by one symbol gives the window of the symbol before
    key = np.uint64(0)
    for i in range(windows + _AHEAD - 1, -1, -1):
        symbol = np.uint64(symbols[i])
        if symbol == 0:
            key = np.uint64(0)
            continue
        key = before_key(symbol, key)
        if i < windows:
            place = bounds[symbol] - 1
            bounds[symbol] = place
            out[place] = key
