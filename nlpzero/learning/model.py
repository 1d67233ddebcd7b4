"""What was learned, as arrays and as hash tables.

Words are found in a :class:`KeyTable`. Of pairs and triples every position of a text asks for one,
so their tables keep what is known of a key in the low bits of its own slot. That spares the access
to a second array, a third of the time of a look-up that succeeds.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Keys
from nlpzero.engine.hash_tables import (
    KeyTable,
    find_slot,
    probe,
    slot_bits,
    slot_for,
    table_of,
)
from nlpzero.engine.jit import kernel
from nlpzero.learning.checking import check_arrays
from nlpzero.ngrams.keys import PREFIX_MASKS, SYMBOL_BITS, keys_for_file, keys_from_file

# a slot of the table of pairs holds the number of the pair in its low bits; one of triples 4 bits
# of the count's bin, and two flags
PAIR_BITS, TRIPLE_BITS = 32, 16
IS_WORD, BEGINS_WORD = 1 << 4, 1 << 5


class LearnedModel(NamedTuple):
    """A learned segmenter as arrays. Symbols are dense numbers 1 to V; keys are packed.

    codes : uint16[V + 1], the stream's symbol of each number
    symbol_counts : int64[V + 1]
    word_counts : float64[V + 1], counts as words of one symbol
    prior_sides : float32[V + 1, 2], a symbol's part in the prior of the gap after and before it
    pairs : uint32[P] ascending, the upper halves of keys; pair_records : uint32[P]
    pair_values : float32[P, 3] (prior of the gap inside, p(second | first), count as a word)
    triples : uint64[T] ascending; triple_bins : uint8[T]
    words : uint64[W], words of three symbols and then of four, each ascending
    words_counts : float64[W]
    weights : float32[divisions, 2, cells] of the gap model
    fold_bits : int64[divisions]
    pmi_edges : float64[9]
    skip_prior : float64[2]
    constants : float64[4], word total, symbol total, alpha, mu
    side_edges : float64[7], or empty. With them, n-grams the model does not know are taken to occur
    once, as those
        that a base left out do; without, not at all
    """

    codes: npt.NDArray[np.uint16]
    symbol_counts: npt.NDArray[np.int64]
    word_counts: npt.NDArray[np.float64]
    prior_sides: Floats32
    pairs: npt.NDArray[np.uint32]
    pair_records: npt.NDArray[np.uint32]
    pair_values: Floats32
    triples: npt.NDArray[np.uint64]
    triple_bins: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]
    words_counts: npt.NDArray[np.float64]
    weights: Floats32
    fold_bits: npt.NDArray[np.int64]
    pmi_edges: npt.NDArray[np.float64]
    skip_prior: npt.NDArray[np.float64]
    constants: npt.NDArray[np.float64]
    side_edges: npt.NDArray[np.float64] = np.zeros(0)

    def for_file(self) -> dict[str, npt.NDArray[Any]]:
        """The arrays of a model file; keys have the last symbol lowest there."""
        triples, words = self.triples >> SYMBOL_BITS, keys_for_file(self.words)
        arrays = self._replace(triples=triples, words=words)._asdict()
        if not len(self.side_edges):  # models without them stay as they were
            del arrays["side_edges"]
        return arrays

    @classmethod
    def from_file(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "LearnedModel":
        """What :meth:`for_file` gave.

        Raises
        ------
        KeyError, ValueError
            The arrays are not those of a learned segmenter.
        """
        learned = cls(**check_arrays(arrays))
        triples, words = learned.triples << SYMBOL_BITS, keys_from_file(learned.words)
        return learned._replace(triples=triples, words=words)


class LearnedTables(NamedTuple):
    """Hash tables of a :class:`LearnedModel`.

    pairs : uint64[2 ** b]; key of a pair, its number in the low 32 bits, 0 is free
    pair_shift : 64 - b
    triples : uint64[2 ** b]; key of a triple, bin and flags in the low 16 bits
    triple_shift : 64 - b
    words : KeyTable of words of three and four symbols
    """

    pairs: Keys
    pair_shift: np.uint64
    triples: Keys
    triple_shift: np.uint64
    words: KeyTable


def learned_tables(learned: LearnedModel) -> LearnedTables:
    """Make the tables."""
    pair_bits, triple_bits = slot_bits(len(learned.pairs)), slot_bits(len(learned.triples))
    tables = LearnedTables(
        np.zeros(1 << pair_bits, np.uint64),
        np.uint64(64 - pair_bits),
        np.zeros(1 << triple_bits, np.uint64),
        np.uint64(64 - triple_bits),
        table_of(learned.words),
    )
    _fill_pairs(tables, learned.pairs)
    _fill_triples(tables, learned.triples, learned.triple_bins, learned.words)
    return tables


@kernel
def _fill_pairs(tables: LearnedTables, pairs: np.ndarray) -> None:
    """Enter pairs, uint32[P], the upper halves of their keys."""
    slots, shift = tables.pairs, tables.pair_shift
    for t in range(len(pairs)):
        key = np.uint64(pairs[t]) << np.uint64(PAIR_BITS)
        slots[slot_for(slots, shift, key, PAIR_BITS)] = key | np.uint64(t)


@kernel
def _fill_triples(
    tables: LearnedTables, keys: np.ndarray, bins: np.ndarray, words: np.ndarray
) -> None:
    """Enter triples, uint64[T], with their bins, uint8[T], and what words, uint64[W], say of
    them.
    """
    slots, shift = tables.triples, tables.triple_shift
    for t in range(len(keys)):
        flags = np.int64(bins[t])
        if find_slot(tables.words, keys[t]) >= 0:
            flags |= IS_WORD
        slots[slot_for(slots, shift, keys[t], TRIPLE_BITS)] = keys[t] | np.uint64(flags)
    for w in range(len(words)):
        if words[w] & ~PREFIX_MASKS[3] != 0:
            place = probe(slots, shift, words[w] & PREFIX_MASKS[3], TRIPLE_BITS)
            if place >= 0:
                slots[place] |= np.uint64(BEGINS_WORD)
