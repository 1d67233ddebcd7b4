"""What the arrays of a file of a learned segmenter must hold before compiled loops use them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nlpzero.engine.arrays import Array
from nlpzero.engine.validation import ascending, expect, finite, require, within
from nlpzero.learning.gap_model import (
    COUNT_BINS,
    FOLD_BITS,
    JOINT_CELLS,
    PMI_BINS,
    RECORD_BINS,
    SIDE_BINS,
    SKIP_CELLS,
    TRIPLE_CELLS,
)

_MOST_SYMBOLS = 0xFFFF
_HALF = np.uint32(0xFFFF)


def check_arrays(arrays: Mapping[str, Any]) -> dict[str, Array]:
    """The arrays of a learned segmenter as a file holds them.

    Parameters
    ----------
    arrays : mapping
        Names and meanings as in :class:`nlpzero.learning.model.Learned`; triples and words with
        their last symbol lowest.

    Returns
    -------
    dict

    Raises
    ------
    KeyError, ValueError
    """
    codes = expect(arrays, "codes", np.uint16, None)
    size = len(codes)
    require(
        1 <= size <= _MOST_SYMBOLS + 1 and codes[0] == 0 and ascending(codes),
        "its symbols are wrong",
    )
    checked = {"codes": codes}
    checked["symbol_counts"] = expect(arrays, "symbol_counts", np.int64, size)
    checked["word_counts"] = expect(arrays, "word_counts", np.float64, size)
    checked["prior_sides"] = expect(arrays, "prior_sides", np.float32, size, 2)
    require((checked["symbol_counts"][1:] > 0).all(), "a symbol has no count")
    checked |= _checked_pairs(arrays, size - 1)
    checked |= _checked_long(arrays, size - 1)
    bits = expect(arrays, "fold_bits", np.int64, None)
    checked["weights"] = expect(arrays, "weights", np.float32, len(bits), 2, None)
    # as `layout` has it, whose compiler is not needed for this
    dense, of_pairs = 4 * size + sum(JOINT_CELLS), 2 * (len(checked["pairs"]) + 1)
    wide = dense + 2 * of_pairs + 2 * size + 2 * SKIP_CELLS + 2 * TRIPLE_CELLS
    require(
        len(bits) > 0
        and within(bits, 0, FOLD_BITS - 1)
        and checked["weights"].shape[2] in (dense, dense + of_pairs, wide),
        "its weights are not as many as its bins",
    )
    checked["fold_bits"] = bits
    checked["pmi_edges"] = expect(arrays, "pmi_edges", np.float64, PMI_BINS - 1)
    checked["skip_prior"] = expect(arrays, "skip_prior", np.float64, 2)
    constants = expect(arrays, "constants", np.float64, 4)
    checked["constants"] = constants
    sides = {"side_edges": np.zeros(0), **arrays}
    edges = SIDE_BINS - 2 if sides["side_edges"].size else 0
    checked["side_edges"] = expect(sides, "side_edges", np.float64, edges)
    for name in (
        "word_counts",
        "prior_sides",
        "pair_values",
        "words_counts",
        "weights",
        "pmi_edges",
        "skip_prior",
        "constants",
        "side_edges",
    ):
        require(finite(checked[name]), f"the array {name!r} holds what is no number")
    # divisors
    require(constants[1] > 0 and constants[0] + constants[2] > 0, "its totals are wrong")
    return checked


def _checked_pairs(arrays: Mapping[str, Any], symbols: int) -> dict[str, Array]:
    pairs = expect(arrays, "pairs", np.uint32, None)
    records = expect(arrays, "pair_records", np.uint32, len(pairs))
    values = expect(arrays, "pair_values", np.float32, len(pairs), 3)
    low = pairs & _HALF
    require(
        ascending(pairs)
        and within(low, 1, symbols)
        and (not len(pairs) or (pairs[0] >= 1 << 16 and pairs[-1] >> np.uint32(16) <= symbols)),
        "its pairs are wrong",
    )
    # each bin is a digit of four bits; with 16 - bins added, one that is too large overflows
    for first in (0, 4):
        digits = range(first, 4 * len(RECORD_BINS), 8)
        mask, room, over = (
            np.uint32(sum(digit << place for digit, place in zip(values_, digits, strict=True)))
            for values_ in (
                [15] * len(digits),
                [16 - RECORD_BINS[place // 4] for place in digits],
                [16] * len(digits),
            )
        )
        require(not (((records & mask) + room) & over).any(), "its pairs have bins that are none")
    return {"pairs": pairs, "pair_records": records, "pair_values": values}


def _checked_long(arrays: Mapping[str, Any], symbols: int) -> dict[str, Array]:
    triples = expect(arrays, "triples", np.uint64, None)
    bins = expect(arrays, "triple_bins", np.uint8, len(triples))
    words = expect(arrays, "words", np.uint64, None)
    counts = expect(arrays, "words_counts", np.float64, len(words))
    require(
        ascending(triples)
        and within(triples, 1 << 32, (1 << 48) - 1)
        and within(np.ascontiguousarray(triples).view(np.uint16), 0, symbols)
        and within(bins, 0, COUNT_BINS - 1),
        "its triples are wrong",
    )
    require(
        ascending(words)
        and (not len(words) or words[0] >= 1 << 32)
        and within(np.ascontiguousarray(words).view(np.uint16), 0, symbols),
        "its words are wrong",
    )
    return {"triples": triples, "triple_bins": bins, "words": words, "words_counts": counts}
