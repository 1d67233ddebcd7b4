"""A base model: what was learned from much raw text, in two megabytes.

The base holds the counts of the frequent n-grams, the branching entropies of the pairs, the counts
of words and the dense weights of the gap model, all in steps that a byte can hold; neither texts
nor n-grams of more than four symbols. It is made by :mod:`nlpzero.learning.base_building`, cuts
text by itself (:mod:`nlpzero.learning.base_segmenter`) and is the start for learning from text of
one's own (:mod:`nlpzero.learning.adaptation`).
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats, Symbols
from nlpzero.engine.file_index import content_of
from nlpzero.engine.jit import kernel
from nlpzero.engine.storage import read_file, write_file
from nlpzero.engine.temporary import PathLike
from nlpzero.learning.base_checking import check_keys, check_long, check_sections, unpacked
from nlpzero.learning.gap_model import JOINT_CELLS, Bins
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS, checked_joiners, checked_keep

# steps of the stored numbers: of an octave of a count, of a nat, of a unit of weight
PAIR_STEPS, SKIP_STEPS, TRIPLE_STEPS, WORD_STEPS = 4, 2, 2, 4
ENTROPY_STEPS, SYMBOL_ENTROPY_STEPS, WEIGHT_STEPS = 8, 32, 16
JOINT = sum(JOINT_CELLS)

# columns of BaseModel.symbols and BaseModel.pair_values
COUNT, WORDS, RIGHT, LEFT, STARTS, ENDS = range(6)
PAIR_COUNT, PAIR_RIGHT, PAIR_LEFT, PAIR_SKIPS, PAIR_WORDS = range(5)


@dataclass(frozen=True, eq=False)
class BaseModel:
    """Statistics of a base. Symbols are dense numbers 1 to V in code point order; keys hold 16 bits
    each, first highest.

    Attributes
    ----------
    codes : ndarray of uint16, shape (V + 1,)
        The symbol of the alphabet behind each number.
    symbols : ndarray of float64, shape (V + 1, 6)
        Count, count as a word, right and left branching entropy, count at clause starts and at
        clause ends.
    pairs : ndarray of uint32, shape (P,), ascending
    pair_values : ndarray of float64, shape (P, 5)
        Count, right and left branching entropy, count with one symbol between the two, count as a
        word.
    triples : ndarray of uint64, shape (T,), ascending
        Each begins with one of the pairs.
    triple_counts : ndarray of float64, shape (T,)
    words : ndarray of uint64, shape (W,), ascending
        Words of three and four symbols.
    word_counts : ndarray of float64, shape (W,)
    symbol_weights : ndarray of float64, shape (2, 4, V + 1)
        Weights of the gap model: sides, places of the symbol around the gap.
    joint_weights : ndarray of float64, shape (2, JOINT)
    edges : Bins
        Of the binned statistics.
    scales : ndarray of float64, shape (5, 2)
        Mean and deviation of the five statistics of the gap prior.
    totals : ndarray of float64, shape (2,)
        Symbols and words of the text it was learned from.
    folding : ndarray of uint16, shape (F, 2), ascending
        Characters that are read as others (traditional as simplified), one to one.
    training : mapping
        JSON values that say what the base was made from.
    """

    codes: Symbols
    symbols: Floats
    pairs: npt.NDArray[np.uint32]
    pair_values: Floats
    triples: npt.NDArray[np.uint64]
    triple_counts: Floats
    words: npt.NDArray[np.uint64]
    word_counts: Floats
    symbol_weights: Floats
    joint_weights: Floats
    edges: Bins
    scales: Floats
    totals: Floats
    folding: Symbols
    training: Mapping[str, Any]

    @cached_property
    def alphabet(self) -> Alphabet:
        """How text becomes the symbols of the base; without characters beyond the BMP."""
        mapping = tuple((int(source), int(target)) for source, target in self.folding)
        return Alphabet(runs="classes", mapping=mapping)

    def quantised(self) -> "BaseModel":
        """The base as it is after having been written and read."""
        return from_sections(sections(self), self.training)

    def counts_of(self, words: Iterable[str]) -> Floats:
        """How often each string is a word in the text of the base, about; 0 for what the base does
        not hold.

        Parameters
        ----------
        words : iterable of str

        Returns
        -------
        ndarray of float64
            Words of more than four symbols have 0, as no base holds them.

        Examples
        --------
        >>> from nlpzero.learning.base_segmenter import shipped_base
        >>> (shipped_base().counts_of(["北京", "盐仓", "的"]) > 0).tolist()
        [True, False, True]
        """
        texts = list(words)
        ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64)
        stream = self.alphabet.encode("".join(f"{text}\n" for text in texts))
        holders = np.searchsorted(ends, stream.starts[:-1], side="right")
        inside = stream.starts[:-1] < ends[holders] - 1
        holders = holders[inside]
        table = np.zeros(1 << 16, np.uint64)
        table[self.codes] = np.arange(len(self.codes))
        numbers = table[stream.symbols[inside]]
        lengths = np.bincount(holders, minlength=len(texts))
        known = np.bincount(holders, numbers > 0, minlength=len(texts)) == lengths
        first = np.cumsum(lengths) - lengths
        out = np.zeros(len(texts))
        tables: dict[int, tuple[npt.NDArray[Any], Floats]] = {
            1: (np.arange(len(self.symbols)), self.symbols[:, WORDS]),
            2: (self.pairs, self.pair_values[:, PAIR_WORDS]),
            3: (self.words, self.word_counts),
            4: (self.words, self.word_counts),
        }
        for length, (keys, counts) in tables.items():
            rows = np.flatnonzero(known & (lengths == length) & (len(keys) > 0))
            asked = np.zeros(len(rows), np.uint64)
            for j in range(length):
                asked = asked << np.uint64(16) | numbers[first[rows] + j]
            wanted = asked.astype(keys.dtype)
            at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
            out[rows] = counts[at] * (keys[at] == wanted)
        return out

    def save(
        self,
        path: PathLike,
        *,
        numbers: str = "learned",
        keep: str | Iterable[str] = DEFAULT_KEEP,
        joiners: str = JOINERS,
        own_words: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a file of the base: data only, checksummed; the same bytes for the same base.

        Parameters
        ----------
        path : path
        numbers : {"learned", "date", "split"}
            Convention for numbers of the segmenter that is read from the file.
        keep, joiners
            What it leaves whole, see :class:`nlpzero.Alphabet`.
        own_words : mapping, optional
            Of :meth:`nlpzero.segmentation.own_words.OwnWords.to_header`: words beside it.
        """
        header: dict[str, Any] = {"numbers": numbers, "training": dict(self.training)}
        kept = checked_keep(keep)
        if (kept, checked_joiners(joiners)) != (
            checked_keep(DEFAULT_KEEP),
            checked_joiners(JOINERS),
        ):
            header |= {"keep": list(kept), "joiners": checked_joiners(joiners)}
        if own_words is not None:
            header["own_words"] = dict(own_words)
        write_file(path, "base", header, _packed(self))


def load_base(path: PathLike) -> BaseModel:
    """Read a file of :meth:`BaseModel.save`.

    Parameters
    ----------
    path : path

    Returns
    -------
    BaseModel

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, or holds something else.
    """
    header, packed = read_file(path, "base")
    with content_of(path):
        stored = unpacked(packed, _STORED)
        check_sections(stored)
        return from_sections(stored, header["training"])


# ----------------------------------------------------------------------------------------------
# what is stored

_STORED: dict[str, Any] = {
    "codes": "<u2",
    "symbol_counts": "<f4",
    "symbol_entropies": "u1",
    "pairs": "u1",
    "pair_counts": "u1",
    "pair_right": "u1",
    "pair_left": "u1",
    "pair_skips": "u1",
    "pair_words": "u1",
    "triples_of_pairs": "u1",
    "thirds": "u1",
    "triple_counts": "u1",
    "words": "u1",
    "word_counts": "u1",
    "symbol_weights": "i1",
    "joint_weights": "<f2",
    "edges": "<f8",
    "scales": "<f8",
    "totals": "<f8",
    "folding": "<u2",
}


def sections(base: BaseModel) -> dict[str, npt.NDArray[Any]]:
    """What a file of a base holds, by name, before it is compressed."""
    values = base.pair_values
    first = np.searchsorted(base.pairs, (base.triples >> np.uint64(16)).astype(np.uint32))
    thirds = (base.triples & np.uint64(0xFFFF)).astype("<u2")
    return {
        "codes": base.codes.astype("<u2"),
        "symbol_counts": base.symbols[:, [COUNT, WORDS, STARTS, ENDS]].astype("<f4"),
        "symbol_entropies": steps_of(base.symbols[:, [RIGHT, LEFT]], SYMBOL_ENTROPY_STEPS),
        "pairs": pack_ascending(base.pairs.astype(np.uint64)),
        "pair_counts": log_steps(values[:, PAIR_COUNT], PAIR_STEPS),
        "pair_right": steps_of(values[:, PAIR_RIGHT], ENTROPY_STEPS),
        "pair_left": steps_of(values[:, PAIR_LEFT], ENTROPY_STEPS),
        "pair_skips": log_steps(values[:, PAIR_SKIPS], SKIP_STEPS),
        "pair_words": log_steps(values[:, PAIR_WORDS], WORD_STEPS),
        "triples_of_pairs": pack_numbers(
            np.bincount(first, minlength=len(base.pairs)).astype(np.uint64)
        ),
        # two planes of bytes are compressed better than one of numbers
        "thirds": thirds.view(np.uint8).reshape(-1, 2).T,
        "triple_counts": log_steps(base.triple_counts, TRIPLE_STEPS),
        "words": pack_ascending(base.words),
        "word_counts": log_steps(base.word_counts, WORD_STEPS),
        "symbol_weights": np.clip(np.round(base.symbol_weights * WEIGHT_STEPS), -127, 127).astype(
            np.int8
        ),
        "joint_weights": base.joint_weights.astype("<f2"),
        "edges": np.concatenate(base.edges).astype("<f8"),
        "scales": base.scales.astype("<f8"),
        "totals": base.totals.astype("<f8"),
        "folding": base.folding.astype("<u2"),
    }


def _packed(base: BaseModel) -> dict[str, npt.NDArray[np.uint8]]:
    return {
        name: np.frombuffer(zlib.compress(np.ascontiguousarray(values).tobytes(), 9), np.uint8)
        for name, values in sections(base).items()
    }


def file_size(base: BaseModel) -> int:
    """Bytes of the file of a base, and at most 4,096 more."""
    return sum(len(values) for values in _packed(base).values()) + 4096


def from_sections(stored: Mapping[str, npt.NDArray[Any]], training: Mapping[str, Any]) -> BaseModel:
    """Inverse of :func:`sections`, but for what the steps round away.

    Raises
    ------
    ValueError
        They are not those of a base.
    """
    codes = stored["codes"].astype(np.uint16)
    symbols = np.zeros((len(codes), 6))
    symbols[:, [COUNT, WORDS, STARTS, ENDS]] = stored["symbol_counts"].reshape(-1, 4)
    symbols[:, [RIGHT, LEFT]] = stored["symbol_entropies"].reshape(-1, 2) / SYMBOL_ENTROPY_STEPS
    size = len(stored["pair_counts"])
    wide_pairs = unpack_numbers(stored["pairs"], True)
    pair_values = np.empty((size, 5))
    pair_values[:, PAIR_COUNT] = count_table(PAIR_STEPS)[stored["pair_counts"]]
    pair_values[:, PAIR_RIGHT] = stored["pair_right"] / ENTROPY_STEPS
    pair_values[:, PAIR_LEFT] = stored["pair_left"] / ENTROPY_STEPS
    pair_values[:, PAIR_SKIPS] = power_table(SKIP_STEPS)[stored["pair_skips"]]
    pair_values[:, PAIR_WORDS] = power_table(WORD_STEPS)[stored["pair_words"]]
    low, high = stored["thirds"].reshape(2, -1).astype(np.uint64)
    thirds = low | high << np.uint64(8)
    of_pairs = unpack_numbers(stored["triples_of_pairs"], False)
    check_keys(len(codes) - 1, size, wide_pairs, thirds, of_pairs)
    pairs = wide_pairs.astype(np.uint32)
    triples = np.repeat(wide_pairs << np.uint64(16), of_pairs.astype(np.int64))
    triples |= thirds
    words = unpack_numbers(stored["words"], True)
    check_long(len(codes) - 1, triples, words, len(stored["word_counts"]))
    edges = stored["edges"]
    return BaseModel(
        codes,
        symbols,
        pairs,
        pair_values,
        triples,
        count_table(TRIPLE_STEPS)[stored["triple_counts"]],
        words,
        power_table(WORD_STEPS)[stored["word_counts"]],
        stored["symbol_weights"].reshape(2, 4, -1) / WEIGHT_STEPS,
        stored["joint_weights"].reshape(2, -1).astype(np.float64),
        Bins(edges[:11], edges[11:22], edges[22:31], edges[31:38]),
        stored["scales"].reshape(5, 2),
        stored["totals"],
        stored["folding"].reshape(-1, 2),
        dict(training),
    )


def log_steps(counts: Floats, steps: int) -> npt.NDArray[np.uint8]:
    """Counts as bytes: 0 for none, else one more than the nearest step of log2.

    Examples
    --------
    >>> log_steps(np.array([0.0, 1.0, 2.0, 3.0]), 4).tolist()
    [0, 1, 5, 7]
    """
    logs = np.round(steps * np.log2(np.maximum(counts, 1.0)))
    return np.where(counts > 0, np.minimum(1 + logs, 255), 0).astype(np.uint8)


def power_table(steps: int) -> Floats:
    """Count behind each byte of :func:`log_steps`."""
    table = 2.0 ** ((np.arange(256) - 1) / steps)
    table[0] = 0.0
    return table


def count_table(steps: int) -> Floats:
    """As :func:`power_table`, whole numbers."""
    return np.round(power_table(steps))


def steps_of(values: Floats, steps: int) -> npt.NDArray[np.uint8]:
    """Values that are not negative as numbers of steps."""
    return np.clip(np.round(values * steps), 0, 255).astype(np.uint8)


# ------------------------------------------------------------------------------------ numbers of
# varying length


def pack_ascending(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """Ascending keys as differences, seven bits a byte."""
    return pack_numbers(np.diff(keys, prepend=np.uint64(0)))


@kernel
def pack_numbers(numbers: np.ndarray) -> np.ndarray:
    """LEB128: seven bits a byte, lowest first, the highest bit says that more follow."""
    size = 0
    for v in numbers:
        rest = np.uint64(v)
        size += 1
        while rest >= np.uint64(128):
            rest >>= np.uint64(7)
            size += 1
    out = np.empty(size, np.uint8)
    at = 0
    for v in numbers:
        rest = np.uint64(v)
        while rest >= np.uint64(128):
            out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
            at += 1
            rest >>= np.uint64(7)
        out[at] = np.uint8(rest)
        at += 1
    return out


def unpack_numbers(packed: npt.NDArray[np.uint8], ascending: bool) -> npt.NDArray[np.uint64]:
    """Inverse of :func:`pack_numbers`, or of :func:`pack_ascending`."""
    ends = np.flatnonzero(packed < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    out = (packed[starts] & 127).astype(np.uint64)
    more = np.arange(len(ends))
    for place in range(1, 10):
        more = more[starts[more] + place <= ends[more]]
        if not len(more):
            break
        bits = (packed[starts[more] + place] & 127).astype(np.uint64)
        out[more] |= bits << np.uint64(7 * place)
    return np.cumsum(out, dtype=np.uint64) if ascending else out
