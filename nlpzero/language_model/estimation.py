"""Kneser–Ney estimation from a table of counts, within a memory budget.

Orders below the highest, with the bounds of clauses, wait on disk in the order of their keys, where
n-grams of one context lie together: that is where counts become shares. What the model keeps is
then sorted by its symbols from the last one back, in which order each n-gram stands behind its
suffix, the n-gram that it backs off to; that is the order of the model too.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Floats, Floats32, Keys
from nlpzero.engine.digit_sort import digit_order
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import Resources
from nlpzero.engine.sorted_runs import Chunk, Run, RunStore, merge_runs, run_on_disk
from nlpzero.engine.temporary import KeptFolder, disk_errors
from nlpzero.language_model.bounded_grams import (
    Ahead,
    Bounded,
    Grams,
    SuffixCounter,
    first_counts_of_counts,
    grouped,
    inside,
    opening,
)
from nlpzero.language_model.model import BEGIN, END, LN10, NEVER, KneserNeyModel
from nlpzero.ngrams.keys import (
    PACKED_ORDER,
    PREFIX_MASKS,
    key_of_symbol,
    next_keys,
    symbols_at,
)
from nlpzero.ngrams.table import NGramCounts

_LEAST_ROWS, _MOST_ROWS = 1 << 12, 1 << 20
# of the model, for an n-gram
_ROW_BYTES = 14

# what lmplz --discount_fallback uses where counts of counts allow no estimate
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)


def thresholds(min_count: int | Sequence[int], order: int) -> list[int]:
    """Least count of each order; the single symbols are always kept."""
    if isinstance(min_count, int):
        wanted = [1, 1] + [min_count] * (order - 2)
    else:
        wanted = list(min_count) + [list(min_count)[-1]] * (order - len(min_count))
    if min(wanted) < 1 or wanted[0] != 1 or sorted(wanted) != wanted:
        raise ValueError(
            "`min_count` must be >= 1, must not fall from order to order, and be 1 for single "
            f"symbols, got {min_count}."
        )
    return wanted[:order]


def node_arrays(
    sizes: Sequence[int],
    children: Sequence[npt.NDArray[np.int64]],
    logs: Sequence[Floats32],
    backoffs: Sequence[Floats32],
) -> dict[str, npt.NDArray[Any]]:
    """The arrays ``nodes`` and ``top`` from those of each order."""
    below = sum(sizes[:-1])
    nodes = np.zeros((below + 1, 3), np.uint32)
    values = nodes.view(np.float32)
    nodes[:, 0] = np.concatenate([*children, [sum(sizes)]])
    if below:
        values[:-1, 1] = np.concatenate(logs[:-1])
        values[:-1, 2] = np.concatenate(backoffs)
    return {"nodes": nodes, "top": logs[-1]}


def log32(values: npt.NDArray[np.float64]) -> Floats32:
    return np.log(values).astype(np.float32)


class Estimator:
    """Kneser–Ney from a table of counts; one object per estimation.

    Parameters
    ----------
    counts : NGramCounts
    order : int in [1, 5]
    thresholds : list of int
    resources : Resources
        Memory, of which the table may hold a part, and the folder for what waits.
    folder : Path
        For what waits until the estimation ends.
    """

    def __init__(
        self,
        counts: NGramCounts,
        order: int,
        thresholds: list[int],
        resources: Resources,
        folder: Path,
    ) -> None:
        self.source = counts
        self.order = order
        self.thresholds = thresholds
        self.resources = resources
        self.folder = folder
        self.memory = max(resources.budget - counts.nbytes, resources.budget // 2)
        # of a table at a time
        self.rows = max(_LEAST_ROWS, min(self.memory >> 9, _MOST_ROWS))
        self.sizes: list[int] = []
        # of the order estimated last, as in the model: keys from the last symbol back, and the bits
        # of probabilities
        self.below = Run(0, np.zeros(0, np.uint64), np.zeros(0, np.int64))
        self.columns = _Columns(folder, self.rows)
        # so many n-grams of the model have their first longer one noted
        self.begun = 0

    def model(self) -> KneserNeyModel:
        singles, tables, seen = self._tables()
        unknown, frequencies = self._estimate_singles(singles)
        for k in range(2, self.order + 1):
            if k < self.order:
                table = tables[k - 2]
                self._estimate(k, grouped(table.table.chunks(self.rows), k), table.counts_of_counts)
                table.table.delete()
            else:
                self._estimate(k, self._highest(self.thresholds[-1]), seen)
        # the model had better stay in files if it takes much of the memory
        large = _ROW_BYTES * sum(self.sizes) > self.resources.budget // 4
        kept = KeptFolder(self.resources.tmpdir) if large else None
        arrays = self.columns.arrays(self.sizes, None if kept is None else kept.path)
        arrays["frequencies"] = log32(frequencies)
        model = KneserNeyModel(self.source.alphabet, arrays, math.log(unknown))
        model.keep_folder(kept)
        return model

    # ---- the n-grams of each order with the bounds of clauses

    def _tables(self) -> tuple["_Singles", list[Bounded], Counts]:
        """The orders below the highest, and the counts of counts of that."""
        keys, counts = self.source.grams(1)
        clauses = 0
        for windows, found in self.source.chunks(self.rows):
            clauses += int(found[windows & ~PREFIX_MASKS[1] == 0].sum())
        keys = np.append(keys, key_of_symbol(END, 1))
        counts = np.append(counts, clauses)
        singles = _Singles(keys, counts, counts, self.source.total)
        tables: list[Bounded] = []
        seen = np.zeros(5, np.int64)
        for k in range(1, self.order):
            suffixes = SuffixCounter(k + 1, self.memory // 4, self.folder)
            for grams in inside(self.source, k + 1, self.rows):
                suffixes.add(grams)
                if k + 1 == self.order:
                    seen += first_counts_of_counts(grams.counts)
            longer = suffixes.finish()
            if k == 1:
                first = Bounded([(keys, counts)], [], longer, 1, self.folder)
                adjusted = next(first.table.chunks(len(keys)))[1] >> 1
                singles = singles._replace(adjusted=adjusted)
                begun = first.begun
            else:
                own = ((grams.keys(k), grams.counts) for grams in inside(self.source, k, self.rows))
                after = ((grams.keys(k), grams.counts) for grams in opening(begun, k, self.rows))
                tables.append(Bounded(own, after, longer, self.thresholds[k - 1], self.folder))
                begun = tables[-1].begun
        if self.order > 1:
            self.opened = begun
            for grams in opening(begun, self.order, self.rows):
                seen += first_counts_of_counts(grams.counts)
        return singles, tables, seen

    def _highest(self, threshold: int) -> Iterator[Grams]:
        """The n-grams of the highest order, their adjusted counts as in :class:`Bounded`."""
        for part in (
            inside(self.source, self.order, self.rows),
            opening(self.opened, self.order, self.rows),
        ):
            for grams in part:
                counts = grams.counts
                yield grams._replace(counts=2 * counts + (counts >= threshold))

    # ---- their probabilities

    def _estimate_singles(self, singles: "_Singles") -> tuple[float, Floats]:
        """The share of an unknown symbol, and relative frequencies."""
        keys = np.append(singles.keys, key_of_symbol(BEGIN, 1))
        adjusted = np.append(singles.adjusted, 0)  # BEGIN is never predicted
        discounts = _discounts(first_counts_of_counts(adjusted))
        none = np.zeros(len(keys), np.int32)
        shares, left = discounted(adjusted, none, np.ones(len(keys), np.bool_), discounts, 1)
        # every symbol, the clause end and the unknown symbol share what is left
        unknown = left[0] / len(keys)
        lower = shares + unknown
        lower[-1] = math.exp(NEVER * LN10)
        self.columns.add("symbols", symbols_at(keys, 1))
        self.columns.add("logs", log32(lower))
        self.sizes.append(len(keys))
        self.below = Run(len(keys), keys, lower.view(np.int64))
        frequencies = np.append(singles.counts, 0) / singles.total
        frequencies[-2:] = np.nan  # bounds have none
        return unknown, frequencies

    def _estimate(self, k: int, parts: Iterable[Grams], seen: Counts) -> None:
        """Probabilities of an order, and back-off weights of the order below."""
        discounts = _discounts(seen)
        shares, left, backoffs = (_Sorter(self.memory // 10, self.folder) for _ in range(3))
        for grams in parts:
            keep = (grams.counts & 1).astype(np.bool_)
            own, rest = discounted(
                grams.counts >> 1, grams.rows, keep, discounts, len(grams.parents)
            )
            grams = Grams(grams.parents, grams.rows[keep], grams.last[keep], grams.counts[:0])
            if not len(grams.rows):
                continue
            keys = self._keys_from_the_end(k, grams)
            order = digit_order(keys)
            shares.add(keys[order], own[keep][order])
            left.add(keys[order], rest[grams.rows][order])
            # a context of which nothing is kept leaves 1
            contexts = np.unique(grams.rows)
            keys = from_the_end(grams.parents[contexts], k - 1)
            order = digit_order(keys)
            backoffs.add(keys[order], rest[contexts][order])
        known = Ahead(backoffs.finish())
        for keys, _ in self.below.chunks(self.rows):
            bits = known.find(keys, missing=int(np.float64(1).view(np.int64)))[0]
            self.columns.add("backoffs", log32(bits.view(np.float64)))
        below, self.below = (
            self.below,
            run_on_disk(self._in_model_order(k, shares.finish(), left.finish()), self.folder),
        )
        below.delete()

    def _keys_from_the_end(self, k: int, grams: Grams) -> Keys:
        """Keys in the order of which n-grams stand in the model."""
        if k <= PACKED_ORDER:
            return from_the_end(grams.keys(k), k)
        suffixes = from_the_end(grams.suffixes(k), k - 1)
        order = digit_order(suffixes)
        places = np.empty(len(suffixes), np.int64)
        places[order] = Ahead(self.below.chunks(self.rows)).find(suffixes[order])[1]
        return next_keys(places, symbols_at(grams.parents[grams.rows], 1))

    def _in_model_order(
        self, k: int, shares: Iterator[Chunk], left: Iterator[Chunk]
    ) -> Iterator[Chunk]:
        """Complete the probabilities of an order, and note them."""
        packed = k <= PACKED_ORDER
        below = self.below.chunks(self.rows)
        lower = Ahead(below if packed else _numbered(below))
        first = base = sum(self.sizes)
        for (keys, own), (_, rest) in zip(shares, left, strict=True):
            suffixes = keys & PREFIX_MASKS[k - 1] if packed else keys >> np.uint64(16)
            bits, above = lower.find(suffixes)
            logs = own.view(np.float64) + rest.view(np.float64) * bits.view(np.float64)
            symbols = symbols_at(keys, k) if packed else keys.astype(np.uint16)
            self.columns.add("symbols", symbols)
            self.columns.add("logs", log32(logs))
            above += base - self.sizes[-1]
            self._note_first(above, first, int(above[-1]) + 1)
            first += len(keys)
            yield keys, logs.view(np.int64)
        self._note_first(np.zeros(0, np.int64), first, base)
        self.sizes.append(first - base)

    def _note_first(self, above: Counts, first: int, stop: int) -> None:
        """Note the first longer n-gram of each up to a row: they follow each other from `first` on,
        and `above` are the rows that they go on from.
        """
        while self.begun < stop:
            rows = np.arange(self.begun, min(stop, self.begun + self.rows))
            self.columns.add("starts", (first + np.searchsorted(above, rows)).astype(np.uint32))
            self.begun += len(rows)


class _Singles(NamedTuple):
    """The single symbols, END behind them: counts, adjusted counts, and symbols in the text."""

    keys: Keys
    counts: Counts
    adjusted: Counts
    total: int


class _Sorter:
    """Numbers by distinct keys in any order, to be had in that of the keys."""

    def __init__(self, memory: int, folder: Path) -> None:
        self._memory = memory // 2
        self._folder = folder
        self._runs = RunStore(self._memory, folder)

    def add(self, keys: Keys, values: Floats) -> None:
        """Ascending keys."""
        # the counts of a run: no key is there twice, so nothing is added to their bits
        self._runs.add(Run(len(keys), keys, values.view(np.int64)))

    def finish(self) -> Iterator[Chunk]:
        return merge_runs(self._runs.finish(), self._memory, self._folder)


_DTYPES: dict[str, np.dtype[Any]] = {
    "symbols": np.dtype(np.uint16),
    "starts": np.dtype(np.uint32),
    "logs": np.dtype(np.float32),
    "backoffs": np.dtype(np.float32),
}


class _Columns:
    """What the arrays of a model are made of, in files that grow."""

    def __init__(self, folder: Path, rows: int) -> None:
        self._folder = folder
        self._rows = rows

    def add(self, name: str, values: npt.NDArray[Any]) -> None:
        with disk_errors(self._folder), open(self._folder / name, "ab") as file:
            file.write(np.ascontiguousarray(values, _DTYPES[name]).data.cast("B"))

    def _parts(self, name: str, first: int, stop: int) -> Iterator[npt.NDArray[Any]]:
        dtype = _DTYPES[name]
        for row in range(first, stop, self._rows):
            count = min(self._rows, stop - row)
            yield np.fromfile(self._folder / name, dtype, count, offset=dtype.itemsize * row)

    def arrays(self, sizes: Sequence[int], folder: Path | None) -> dict[str, npt.NDArray[Any]]:
        """The arrays of the model, in files of a folder if there is one."""
        total, below = sum(sizes), sum(sizes[:-1])
        return {
            "sizes": np.array(sizes, np.int64),
            "symbols": _collected(
                "symbols", self._parts("symbols", 0, total), np.uint16, (total,), folder
            ),
            "nodes": _collected(
                "nodes", self._nodes(total, below), np.uint32, (below + 1, 3), folder
            ),
            "top": _collected(
                "top", self._parts("logs", below, total), np.float32, (sizes[-1],), folder
            ),
        }

    def _nodes(self, total: int, below: int) -> Iterator[npt.NDArray[np.uint32]]:
        columns = (self._parts(name, 0, below) for name in ("starts", "logs", "backoffs"))
        for starts, logs, backoffs in zip(*columns, strict=True):
            nodes = np.empty((len(starts), 3), np.uint32)
            nodes[:, 0] = starts
            nodes.view(np.float32)[:, 1] = logs
            nodes.view(np.float32)[:, 2] = backoffs
            yield nodes
        yield np.array([[total, 0, 0]], np.uint32)


def _collected(
    name: str,
    parts: Iterator[npt.NDArray[Any]],
    dtype: npt.DTypeLike,
    shape: tuple[int, ...],
    folder: Path | None,
) -> npt.NDArray[Any]:
    """An array from its parts, in memory or in a file."""
    if folder is None or not shape[0]:
        array = np.empty(shape, dtype)
        row = 0
        for part in parts:
            array[row : row + len(part)] = part
            row += len(part)
        return array
    path = folder / name
    with disk_errors(folder), open(path, "wb") as file:
        for part in parts:
            file.write(part.data.cast("B"))
    return np.memmap(path, dtype, "r", shape=shape)


def _numbered(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """Rows of which each has its number for a key."""
    first = 0
    for keys, values in chunks:
        yield np.arange(first, first + len(keys), dtype=np.uint64), values
        first += len(keys)


def from_the_end(keys: Keys, k: int) -> Keys:
    """Keys of n-grams of k symbols with their symbols in reverse.

    Examples
    --------
    >>> [hex(key) for key in from_the_end(np.array([0x0001_0002_0003_0000], np.uint64), 3).tolist()]
    ['0x3000200010000']
    """
    symbols = np.ascontiguousarray(keys).view(np.uint16).reshape(-1, PACKED_ORDER)
    turned = np.ascontiguousarray(symbols[:, ::-1]).view(np.uint64).reshape(-1)
    return turned << np.uint64(16 * (PACKED_ORDER - k))


def _discounts(seen: Counts) -> Floats:
    """D(0), D(1), D(2), D(3+) of one order from its counts of counts."""
    t = seen.astype(np.float64)
    if (t[1:] > 0).all():
        y = t[1] / (t[1] + 2 * t[2])
        found = [j - (j + 1) * y * t[j + 1] / t[j] for j in (1, 2, 3)]
        if all(0 <= d <= j for j, d in enumerate(found, 1)):
            return np.array([0.0, *found])
    return np.array([0.0, *FALLBACK_DISCOUNTS])


@kernel
def discounted(
    adjusted: np.ndarray,
    rows: np.ndarray,
    keep: np.ndarray,
    discounts: np.ndarray,
    parents: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Own share of each gram's probability, and what each context leaves to the lower order.

    The shares are (a - D(a)) / total of the context; what is left is 1 minus the shares of the kept
    grams, so that everything sums to 1 whatever is pruned. A context without grams leaves 1.
    """
    totals = np.zeros(parents, np.float64)
    for i in range(len(adjusted)):
        totals[rows[i]] += adjusted[i]
    # what is left is summed as such: 1 minus a sum of shares would lose its small differences
    left = np.zeros(parents, np.float64)
    shares = np.empty(len(adjusted), np.float64)
    for i in range(len(adjusted)):
        a = adjusted[i]
        d = min(discounts[min(a, 3)], np.float64(a))
        shares[i] = (a - d) / totals[rows[i]]
        left[rows[i]] += d if keep[i] else a
    for row in range(parents):
        left[row] = left[row] / totals[row] if totals[row] > 0 else 1.0
    return shares, left
