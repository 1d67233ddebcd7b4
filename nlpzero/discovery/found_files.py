"""What discovery found as a file: all words with their evidence, for other thresholds without the
text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from nlpzero.discovery.criteria import Removal
from nlpzero.discovery.explaining import Explanation
from nlpzero.discovery.methods import METHODS
from nlpzero.discovery.result import Discovery
from nlpzero.discovery.string_table import Strings, count_among
from nlpzero.discovery.words import WordColumns
from nlpzero.engine.arrays import Array, Symbols
from nlpzero.engine.file_index import content_of
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.storage import read_file, write_file
from nlpzero.engine.temporary import PathLike
from nlpzero.engine.validation import MOST_COUNTED, expect, number, require, whole_number, within
from nlpzero.ngrams.checking import SymbolCheck
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import DIGIT, LETTER, char_classes, code_points

KIND = "found"


def write_found(path: PathLike, found: Discovery) -> None:
    """Write all that was found; see :meth:`nlpzero.Discovery.save`."""
    header = {
        "method": found.method,
        "parameters": dict(found.parameters),
        "words": len(found.found),
        "total": found.total,
        "read": {"bytes_read": found.read.bytes_read, "bad_bytes": found.read.bad_bytes},
        "removed": [list(removal) for removal in found.removed],
        "advice": found.advice,
        "alphabet": found.found.alphabet.to_header(),
    }
    write_file(path, KIND, header, _arrays(replace(found.found, similarity=None)))


def read_found(path: PathLike) -> Discovery:
    """Read a file of :func:`write_found`; see :meth:`nlpzero.Discovery.load`."""
    header, arrays = read_file(path, KIND)
    with content_of(path):
        words = _columns(Alphabet.from_header(header["alphabet"]), arrays)
        require(len(words) == header["words"], "its number of words is another one")
        total = whole_number(header["total"], "the total", 0)
        require(within(words.strings.counts, 0, total), "its counts are out of range")
        read = header["read"]
        require(set(read) == {"bytes_read", "bad_bytes"}, "what it says was read is no such report")
        method, parameters = header["method"], _parameters(header["parameters"])
        require(isinstance(method, str) and method in METHODS, "its method is none")
        advice = header["advice"]
        require(advice is None or isinstance(advice, str), "its advice is no text")
        return Discovery(
            words,
            method,
            parameters,
            [_removal(entry) for entry in header["removed"]],
            total,
            ReadReport(*(whole_number(read[f.name], f.name, 0) for f in fields(ReadReport))),
            advice,
            fates=StoredFates(words, parameters["min_count"]),
        )


# --- columns, by what the dataclass says they are

_STRINGS = "strings."


def _arrays(words: WordColumns) -> dict[str, Array]:
    """All columns as named arrays."""
    arrays: dict[str, Array] = {}
    for f in fields(words):
        value = getattr(words, f.name)
        if isinstance(value, Strings):
            arrays |= {_STRINGS + name: part for name, part in value._asdict().items()}
        elif isinstance(value, np.ndarray):
            arrays[f.name] = value.view(np.uint8) if value.dtype == np.bool_ else value
    return arrays


def _columns(alphabet: Alphabet, arrays: Mapping[str, Array]) -> WordColumns:
    """The columns again; each has the type and the shape of those of no words."""
    strings = _strings(alphabet, arrays)
    rows = len(strings.counts)
    empty = WordColumns.empty(alphabet)
    values: dict[str, Any] = {}
    for f in fields(WordColumns):
        value = getattr(empty, f.name)
        if isinstance(value, np.ndarray):
            values[f.name] = _column(arrays, f.name, value, rows)
    words = WordColumns(**{**_others(empty), **values, "strings": strings})
    require(
        within(words.split - np.maximum(strings.lengths - 1, 0), -MOST_COUNTED, 0)
        and within(words.split, 0, MOST_COUNTED),
        "a split lies outside of its word",
    )
    certainty = words.certainty
    require(
        bool((np.isnan(certainty) | ((certainty >= 0) & (certainty <= 1))).all()),
        "its probabilities are none",
    )
    require(within(words.holder, -1, rows - 1), "a word stands inside one that is not there")
    require(bool((words.reading >= 0).all()), "a reading is none")
    require(within(words.occurrences, 0, MOST_COUNTED), "its occurrences are out of range")
    for name in ("held", "novelty"):
        require(within(getattr(words, name), 0, 1), f"{name} is not between 0 and 1")
    return words


def _others(words: WordColumns) -> dict[str, Any]:
    return {f.name: getattr(words, f.name) for f in fields(words)}


def _column(arrays: Mapping[str, Array], name: str, like: Array, rows: int) -> Array:
    """A column of the type and shape of another one, but its length; a truth value is a byte."""
    truth = like.dtype == np.bool_
    values = expect(arrays, name, np.uint8 if truth else like.dtype, *like.shape[:-1], rows)
    if truth:
        require(within(values, 0, 1), f"{name} is neither true nor false")
        return values.view(np.bool_)
    require(values.dtype.kind != "f" or not np.isinf(values).any(), f"{name} is infinite")
    return values


def _strings(alphabet: Alphabet, arrays: Mapping[str, Array]) -> Strings:
    counts = expect(arrays, _STRINGS + "counts", np.int64, None)
    offsets = expect(arrays, _STRINGS + "offsets", np.int64, len(counts) + 1)
    symbols = expect(arrays, _STRINGS + "symbols", np.uint16, None)
    require(
        int(offsets[0]) == 0
        and int(offsets[-1]) == len(symbols)
        and bool((offsets[1:] > offsets[:-1]).all()),
        "its words overlap, or have gaps between them",
    )
    require(bool(symbols.all()), "a word holds the end of a clause")
    if len(symbols):
        SymbolCheck(alphabet)(symbols)
    strings = Strings(symbols, offsets, counts)
    require(len(set(strings.decode(alphabet))) == len(counts), "a word is there twice")
    return strings


# --- the header


def _removal(entry: Any) -> Removal:
    name, removed, value = entry
    require(isinstance(name, str), "a threshold has no name")
    require(
        value is None or isinstance(value, (int, float, list, bool)), "a threshold is no number"
    )
    for part in value if isinstance(value, list) else [value or 0]:
        number(part if not isinstance(part, bool) else 0, name)
    return Removal(name, whole_number(removed, "what a threshold removed", 0), value)


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a run, each of the type that those who show them expect."""
    known: dict[str, Callable[[Any], Any]] = {
        "min_count": lambda value: whole_number(value, "min_count", 1),
        "max_length": lambda value: whole_number(value, "max_length", 1),
        "min_pmi": lambda value: [number(part, "min_pmi") for part in value],
        "order": lambda value: whole_number(value, "the order", 2, 4),
        "strict_backtrack": bool,
        "min_gain": lambda value: number(value, "min_gain"),
    }
    require(set(given) <= set(known), "it has parameters that no method has")
    values = {name: known[name](value) for name, value in given.items()}
    require({"min_count", "max_length"} <= set(values), "it lacks parameters of the run")
    pmi = values.get("min_pmi", [0.0])
    require(1 <= len(pmi) <= 3, "min_pmi has not one number for each length")
    return values


# --- what became of strings


@dataclass(frozen=True)
class StoredFates:
    """What a file still knows of a string: whether it was found."""

    words: WordColumns
    min_count: int

    def is_run(self, symbols: Symbols) -> bool:
        classes = char_classes(code_points(self.words.alphabet.decode(symbols)))
        return bool(((classes == DIGIT) | (classes == LETTER)).all())

    def alone(self, symbols: Symbols) -> int:
        return count_among(self.words.strings, symbols)

    def fate(self, word: str, symbols: Symbols) -> Explanation:
        count = self.alone(symbols)
        if count:
            told = f"found: {count:,} times"
            return Explanation(word, True, "found", count, self.min_count, told)
        told = "not among what was found; only a run over the text can say why"
        return Explanation(word, False, "not found", sentence=told)
