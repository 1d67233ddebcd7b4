"""What a file of a base must hold before it is unpacked, and after."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array
from nlpzero.engine.validation import ascending, expect, finite, require, within
from nlpzero.learning.gap_model import JOINT_CELLS

# a base is bytes of which compression leaves more than half: one that grows more is none
_MOST_GROWTH, _ALWAYS = 8, 1 << 20
_MOST_SYMBOLS = 0xFFFF
# numbers of bins of four statistics, less one each
_EDGES = 38
# the highest steps behind which a count still fits 63 bits, of counts of pairs and of triples
_PAIR_STEP, _TRIPLE_STEP = 241, 121


def unpacked(packed: Mapping[str, Any], dtypes: Mapping[str, str]) -> dict[str, Array]:
    """The sections of a file of a base, decompressed within bounds.

    Parameters
    ----------
    packed : mapping of str to ndarray of uint8
    dtypes : mapping of str to str
        The sections, and the type of each.

    Raises
    ------
    KeyError, ValueError
    """
    room = _ALWAYS + _MOST_GROWTH * sum(values.nbytes for values in packed.values())
    stored: dict[str, Array] = {}
    for name, dtype in dtypes.items():
        section = expect(packed, name, np.uint8, None)
        reader = zlib.decompressobj()
        try:
            data = reader.decompress(section.data, room + 1)
        except zlib.error as error:
            raise ValueError(f"the array {name!r} cannot be decompressed") from error
        room -= len(data)
        require(
            reader.eof and not reader.unused_data and room >= 0,
            f"the array {name!r} is longer or shorter than that of a base",
        )
        stored[name] = np.frombuffer(data, dtype)
    return stored


def check_sections(stored: Mapping[str, Array]) -> None:
    """Check lengths, and the values of what is used as they are.

    Raises
    ------
    ValueError
    """
    codes = stored["codes"]
    size, pairs = len(codes), len(stored["pair_counts"])
    triples = len(stored["triple_counts"])
    require(
        1 <= size <= _MOST_SYMBOLS + 1 and codes[0] == 0 and ascending(codes),
        "its symbols are wrong",
    )
    lengths = {
        "symbol_counts": 4 * size,
        "symbol_entropies": 2 * size,
        "pair_right": pairs,
        "pair_left": pairs,
        "pair_skips": pairs,
        "pair_words": pairs,
        "thirds": 2 * triples,
        "symbol_weights": 8 * size,
        "joint_weights": 2 * sum(JOINT_CELLS),
        "edges": _EDGES,
        "scales": 10,
        "totals": 2,
    }
    for name, length in lengths.items():
        require(len(stored[name]) == length, f"the array {name!r} has not {length} values")
    counts = stored["symbol_counts"].reshape(-1, 4)
    require(
        within(counts, 0, 2.0**60) and bool((counts[1:, 0] > 0).all()),
        "the counts of its symbols are wrong",
    )
    require(
        within(stored["pair_counts"], 0, _PAIR_STEP)
        and within(stored["triple_counts"], 0, _TRIPLE_STEP),
        "its counts are too large",
    )
    for name in ("joint_weights", "edges", "scales", "totals"):
        require(finite(stored[name]), f"the array {name!r} holds what is no number")
    deviations = stored["scales"].reshape(5, 2)[:, 1]
    require(
        bool((deviations > 0).all()) and bool((stored["totals"] > 0).all()), "its sums are wrong"
    )
    folding = stored["folding"]
    require(
        len(folding) % 2 == 0 and ascending(folding[::2]), "the characters it reads alike are wrong"
    )


def check_keys(
    symbols: int,
    size: int,
    pairs: npt.NDArray[np.uint64],
    thirds: Array,
    of_pairs: npt.NDArray[np.uint64],
) -> None:
    """Check pairs, and which triples begin with them, before these are made.

    Parameters
    ----------
    symbols : int
        Number of symbols, numbered from 1.
    size : int
        Number of pairs.
    pairs : ndarray of uint64, shape (P,)
    thirds : ndarray, shape (T,)
        Last symbol of each triple.
    of_pairs : ndarray of uint64, shape (P,)
        Number of triples of each pair.

    Raises
    ------
    ValueError
    """
    require(
        len(pairs) == len(of_pairs) == size
        and ascending(pairs)
        and within(pairs, 1 << 16, (1 << 32) - 1)
        and within(pairs & np.uint64(0xFFFF), 1, symbols)
        and within(pairs >> np.uint64(16), 1, symbols),
        "its pairs are wrong",
    )
    require(
        within(of_pairs, 0, _MOST_SYMBOLS)
        and int(of_pairs.sum()) == len(thirds)
        and within(thirds, 1, symbols),
        "its triples are wrong",
    )


def check_long(
    symbols: int, triples: npt.NDArray[np.uint64], words: npt.NDArray[np.uint64], size: int
) -> None:
    """Check triples, and `size` words of three and four symbols.

    Raises
    ------
    ValueError
    """
    require(ascending(triples), "its triples are wrong")
    require(
        len(words) == size
        and ascending(words)
        and (not len(words) or words[0] >= 1 << 32)
        and within(words.view(np.uint16), 0, symbols),
        "its words are wrong",
    )
