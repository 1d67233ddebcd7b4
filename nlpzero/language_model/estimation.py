"""Kneser–Ney estimation from a table of counts."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Floats32, Keys
from nlpzero.engine.hash_tables import index_of, look_up_all
from nlpzero.engine.jit import kernel
from nlpzero.language_model.model import BEGIN, END, LN10, NEVER, KneserNeyModel
from nlpzero.ngrams.keys import (
    LAST_SYMBOL,
    PACKED_ORDER,
    PREFIX_MASKS,
    SYMBOL_BITS,
    key_of_symbol,
    next_keys,
    split_next_keys,
    symbols_at,
)
from nlpzero.ngrams.table import NGramCounts

# rows of the highest order that are in memory at a time
_ROWS = 1 << 19

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


def span_of(parents: Keys, keys: Keys, mask: np.uint64) -> slice:
    """Where the prefixes of some ascending keys stand among their parents."""
    first, last = keys[0] & mask, keys[-1] & mask
    return slice(int(np.searchsorted(parents, first)), int(np.searchsorted(parents, last)) + 1)


class Estimator:
    """Kneser–Ney from a table of counts; one object per estimation.

    A gram of order k <= 4 is a packed key; one of order 5 is
    ``row of its first four symbols << 16 | last``, rows in the table of order 4 with clause bounds.
    Tables are ascending; grams after BEGIN come last.

    The grams of the highest order, by far the most, are read in pieces from the counts and are
    never all in memory (except for order 5, whose rows are not packed keys): only those that the
    model keeps are.
    """

    def __init__(self, counts: NGramCounts, order: int, thresholds: list[int]) -> None:
        self.source = counts
        self.order = order
        self.thresholds = thresholds
        self.streamed = 2 <= order <= PACKED_ORDER
        none = (np.zeros(0, np.uint64), np.zeros(0, np.int64))
        # of the highest order: grams that END follows, and those after BEGIN
        self.closing: tuple[Keys, Counts] = none
        self.opening: tuple[Keys, Counts] = none

    def model(self) -> KneserNeyModel:
        tables = self._with_bounds()
        sizes: list[int] = []
        symbols: list[npt.NDArray[np.uint16]] = []
        children: list[npt.NDArray[np.int64]] = []
        logs: list[Floats32] = []
        backoffs: list[Floats32] = []
        base = 0
        # of the kept grams of the order below: probabilities, keys, mask, order in the trie and its
        # inverse
        lower = np.zeros(0)
        kept = np.zeros(0, np.uint64)
        kept_mask = np.zeros(0, np.bool_)
        kept_order = places = np.zeros(0, np.int64)
        single = np.zeros(0, np.int64)
        unknown = 0.0
        for k in range(1, self.order + 1):
            parents = tables[k - 2][0] if k > 1 else np.zeros(1, np.uint64)
            if k == self.order and self.streamed:
                keys, rows, shares, left = self._highest_shares(parents)
                keep = np.zeros(0, np.bool_)  # nothing is above
            else:
                keys, counts, adjusted = tables[k - 1]
                tables[k - 1] = (keys, counts[:0], adjusted[:0])  # only the keys are wanted again
                if k == 1:
                    single = counts
                keep = counts >= self.thresholds[k - 1]
                rows = self._parent_rows(k, parents, keys)
                discounts = self._discounts(first_counts_of_counts(adjusted))
                shares, left = discounted(adjusted, rows, keep, discounts, len(parents))
                del adjusted, counts
                keys, rows, shares = keys[keep], rows[keep], shares[keep]
            if k == 1:
                # every symbol, the clause end and the unknown symbol share what is left; BEGIN is
                # never predicted
                unknown = left[0] / len(keys)
                lower = shares + unknown
                lower[-1] = math.exp(NEVER * LN10)
                order = np.arange(len(keys))
                first = symbols_at(keys, 1)
            else:
                suffixes = look_up_all(index_of(kept), self._suffixes(k, parents, keys))
                lower = shares + left[rows] * lower[suffixes]
                first = symbols_at(keys if k <= PACKED_ORDER else parents[rows], 1)
                above = places[suffixes]
                order = np.argsort(next_keys(above, first))
                spans = np.bincount(above, minlength=sizes[-1])
                children.append(base + np.cumsum(spans) - spans)
                backoffs.append(log32(left[kept_mask])[kept_order])
            base += len(keys)
            sizes.append(len(keys))
            symbols.append(first[order])
            logs.append(log32(lower)[order])
            places = np.empty(len(keys), np.int64)
            places[order] = np.arange(len(keys))
            kept, kept_mask, kept_order = keys, keep, order
        frequencies = single / self.source.total
        frequencies[-2:] = np.nan  # bounds have none
        arrays = {
            "sizes": np.array(sizes, np.int64),
            "symbols": np.concatenate(symbols),
            **node_arrays(sizes, children, logs, backoffs),
            "frequencies": log32(frequencies),
        }
        return KneserNeyModel(self.source.alphabet, arrays, math.log(unknown))

    # ---- the grams of each order with clause bounds: keys, counts, adjusted counts

    def _with_bounds(self) -> list[tuple[Keys, Counts, Counts]]:
        inner = self._with_ends()
        clauses = int(inner[0][1][-1])
        tables: list[tuple[Keys, Counts, Counts]] = []
        before = np.array([key_of_symbol(BEGIN, 1)])  # grams after BEGIN, of this order
        before_counts = np.array([clauses])
        for k in range(1, self.order + 1):
            if k == self.order and self.streamed:
                self.opening = (before, before_counts)
                break
            keys, counts = inner[k - 1]
            inner[k - 1] = (keys[:0], counts[:0])  # not needed any more
            if k == self.order:
                adjusted = counts
            else:
                highest = k + 1 == self.order and self.streamed
                longer = self._highest_inside() if highest else [inner[k]]
                adjusted, sums = self._before(k, keys, longer)
                starts = np.subtract(counts, sums, out=sums)
                chosen = starts > 0
                adjusted += chosen
                begun, begun_counts = keys[chosen], starts[chosen]
                del starts, sums, chosen
            # BEGIN alone is no event; the grams after it have their counts
            bounds = before_counts if k > 1 else np.zeros(1, np.int64)
            table = np.concatenate([keys, before])
            all_counts = np.concatenate([counts, before_counts])
            if k == self.order and k > 1:
                tables.append((table, all_counts, all_counts))
            else:
                tables.append((table, all_counts, np.concatenate([adjusted, bounds])))
            del keys, counts, adjusted
            if k < self.order:
                before = self._after_begin(k + 1, begun, table)
                before_counts = begun_counts
        return tables

    def _with_ends(self) -> list[tuple[Keys, Counts]]:
        """The grams of each order that hold no BEGIN: those of the text, and those that END
        follows. The highest order is left out where it is read in pieces.
        """
        result: list[tuple[Keys, Counts]] = []
        keys, counts = self.source.grams(1)
        longer, ends = self._longer(1, keys, counts)
        result.append(
            (
                np.append(keys, key_of_symbol(END, 1)),
                np.append(counts, ends.sum()),
            )
        )
        for k in range(2, min(self.order, 4) + 1):
            chosen = ends > 0
            closing = keys[chosen] | key_of_symbol(END, k)
            closing_counts = ends[chosen]
            if k == self.order:
                self.closing = (closing, closing_counts)
                return result
            keys, counts = longer
            if k < self.order:
                if k < 4:
                    longer, ends = self._longer(k, keys, counts)
                else:
                    rows, last, longer_counts = self.source.level(5)
                    sums = np.bincount(rows, weights=longer_counts, minlength=len(keys))
                    ends = counts - sums.astype(np.int64)
            result.append(merge_rows(keys, counts, closing, closing_counts))
        if self.order == 5:
            # the rows of the plain 4-grams in the table that has the ends too
            place = np.searchsorted(result[3][0], keys).astype(np.uint64)
            chosen = ends > 0
            result.append(
                merge_rows(
                    next_keys(place[rows], last),
                    longer_counts,
                    (place[chosen] << SYMBOL_BITS) | np.uint64(END),
                    ends[chosen],
                )
            )
        return result

    def _longer(self, k: int, keys: Keys, counts: Counts) -> tuple[tuple[Keys, Counts], Counts]:
        """The grams one symbol longer, unless they are read in pieces.

        How often END follows each k-gram.
        """
        mask = PREFIX_MASKS[k]
        if k + 1 < self.order:
            longer = self.source.grams(k + 1)
            return longer, counts - child_sums(keys, *longer, mask)
        ends = counts.copy()
        for more, found in self.source.gram_chunks(k + 1, group=k, rows=_ROWS):
            if len(more):
                span = span_of(keys, more, mask)
                ends[span] -= child_sums(keys[span], more, found, mask)
        return (keys[:0], counts[:0]), ends

    # ---- the highest order, in pieces

    def _highest_inside(self) -> Iterator[tuple[Keys, Counts]]:
        """The grams of the highest order without BEGIN; those of one context are in one piece."""
        k = self.order
        closing, closing_counts = self.closing
        done = 0
        for keys, counts in self.source.gram_chunks(k, group=k - 1, rows=_ROWS):
            if len(keys):
                end = int(np.searchsorted(closing, keys[-1] | ~PREFIX_MASKS[k - 1], side="right"))
                yield merge_rows(keys, counts, closing[done:end], closing_counts[done:end])
                done = end
        if done < len(closing):
            yield closing[done:], closing_counts[done:]

    def _highest(self) -> Iterator[tuple[Keys, Counts]]:
        yield from self._highest_inside()
        if len(self.opening[0]):
            yield self.opening

    def _highest_shares(
        self, parents: Keys
    ) -> tuple[Keys, npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Kept grams of the highest order: keys, rows of their contexts, shares; and what each
        context leaves.
        """
        mask = PREFIX_MASKS[self.order - 1]
        seen = np.zeros(5, np.int64)
        for _, counts in self._highest():
            seen += first_counts_of_counts(counts)
        discounts = self._discounts(seen)
        left = np.ones(len(parents), np.float64)
        # nothing, where clauses are too short to have any
        parts = [(parents[:0], np.zeros(0, np.int32), left[:0])]
        for keys, counts in self._highest():
            span = span_of(parents, keys, mask)
            keep = counts >= self.thresholds[self.order - 1]
            rows = prefix_rows(parents[span], keys, mask)
            shares, left[span] = discounted(counts, rows, keep, discounts, span.stop - span.start)
            parts.append((keys[keep], rows[keep] + np.int32(span.start), shares[keep]))
        kept, rows, shares = (np.concatenate(column) for column in zip(*parts, strict=True))
        return kept, rows, shares, left

    def _before(
        self, k: int, keys: Keys, longer: Iterable[tuple[Keys, Counts]]
    ) -> tuple[Counts, Counts]:
        """How many different symbols stand before each k-gram, and how often any does."""
        types, sums = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        for longer_keys, counts in longer:
            suffixes = self._suffixes(k + 1, keys, longer_keys)
            once = counts == 1
            often = suffixes[~once]
            order = np.argsort(often)
            more = counts[~once][order]
            join_suffixes(keys, np.sort(suffixes[once]), often[order], more, types, sums)
        return types, sums

    @staticmethod
    def _suffixes(k: int, parents: Keys, keys: Keys) -> Keys:
        """Keys of the grams without their first symbol."""
        if k < 5:
            return keys << SYMBOL_BITS
        rows, last = split_next_keys(keys)
        return next_keys(parents[rows], last)

    @staticmethod
    def _after_begin(k: int, keys: Keys, parents: Keys) -> Keys:
        """Keys of the grams of k - 1 symbols with BEGIN before them."""
        packed = key_of_symbol(BEGIN, 1) | (keys >> SYMBOL_BITS)
        if k < 5:
            return packed
        rows = np.searchsorted(parents, packed).astype(np.uint64)
        return next_keys(rows, keys & LAST_SYMBOL)

    @staticmethod
    def _parent_rows(k: int, parents: Keys, keys: Keys) -> npt.NDArray[np.int32]:
        if k == 1:
            return np.zeros(len(keys), np.int32)
        if k < 5:
            return prefix_rows(parents, keys, PREFIX_MASKS[k - 1])
        return (keys >> SYMBOL_BITS).astype(np.int32)

    @staticmethod
    def _discounts(seen: Counts) -> npt.NDArray[np.float64]:
        """D(0), D(1), D(2), D(3+) of one order from its counts of counts."""
        t = seen.astype(np.float64)
        if (t[1:] > 0).all():
            y = t[1] / (t[1] + 2 * t[2])
            found = [j - (j + 1) * y * t[j + 1] / t[j] for j in (1, 2, 3)]
            if all(0 <= d <= j for j, d in enumerate(found, 1)):
                return np.array([0.0, *found])
        return np.array([0.0, *FALLBACK_DISCOUNTS])


@kernel
def child_sums(
    parents: np.ndarray, keys: np.ndarray, counts: np.ndarray, mask: np.uint64
) -> np.ndarray:
    """Sum of the counts of the keys below each parent.

    Both ascending, parents are the keys under the mask.
    """
    sums = np.zeros(len(parents), np.int64)
    wanted = np.uint64(mask)
    row = 0
    for i in range(len(keys)):
        prefix = keys[i] & wanted
        while parents[row] < prefix:
            row += 1
        sums[row] += counts[i]
    return sums


@kernel
def merge_rows(
    a: np.ndarray, a_counts: np.ndarray, b: np.ndarray, b_counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge two ascending tables without common keys."""
    n = len(a) + len(b)
    keys = np.empty(n, np.uint64)
    counts = np.empty(n, np.int64)
    i = 0
    j = 0
    for k in range(n):
        if j == len(b) or (i < len(a) and a[i] < b[j]):
            keys[k] = a[i]
            counts[k] = a_counts[i]
            i += 1
        else:
            keys[k] = b[j]
            counts[k] = b_counts[j]
            j += 1
    return keys, counts


@kernel
def join_suffixes(
    keys: np.ndarray,
    once: np.ndarray,
    often: np.ndarray,
    often_counts: np.ndarray,
    types: np.ndarray,
    sums: np.ndarray,
) -> None:
    """For each key: how many longer grams end in it, and the sum of their counts.

    `once` are the ascending suffixes of grams seen once, `often` those of the others; all are keys.
    """
    i = 0
    j = 0
    for row in range(len(keys)):
        key = keys[row]
        while i < len(once) and once[i] == key:
            types[row] += 1
            sums[row] += 1
            i += 1
        while j < len(often) and often[j] == key:
            types[row] += 1
            sums[row] += often_counts[j]
            j += 1


@kernel
def prefix_rows(parents: np.ndarray, keys: np.ndarray, mask: np.uint64) -> np.ndarray:
    """Row of each key's prefix among the parents; both ascending."""
    rows = np.empty(len(keys), np.int32)
    wanted = np.uint64(mask)
    row = 0
    for i in range(len(keys)):
        prefix = keys[i] & wanted
        while parents[row] < prefix:
            row += 1
        rows[i] = row
    return rows


@kernel
def first_counts_of_counts(adjusted: np.ndarray) -> np.ndarray:
    """How many entries are 0, 1, 2, 3, 4."""
    out = np.zeros(5, np.int64)
    for i in range(len(adjusted)):
        if adjusted[i] < 5:
            out[adjusted[i]] += 1
    return out


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
