"""Language models in ARPA format, read and written."""

import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.showing import quoted
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import StorageError
from nlpzero.language_model.estimation import node_arrays
from nlpzero.language_model.model import LN10, NAMES, KneserNeyModel
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import BREAK_SYMBOL

# a float32 holds sums of numbers below this
_LARGEST = 1e30


def read_arpa(path: PathLike, alphabet: Alphabet | None = None) -> KneserNeyModel:
    """See :meth:`KneserNeyModel.read_arpa`."""
    name = os.fspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            return ArpaReader(name, file).read(alphabet)
    except UnicodeDecodeError as error:
        raise StorageError(f"{name}: not an ARPA file in UTF-8: {error}") from error
    except OSError as error:
        raise StorageError(f"{name}: cannot be read: {error.strerror}") from error


class ArpaReader:
    """One ARPA file on its way to a trie."""

    def __init__(self, name: str, file: IO[str]) -> None:
        self.name = name
        self.lines = enumerate(file, 1)
        self.number = 0

    def _fail(self, message: str) -> StorageError:
        return StorageError(f"{self.name}:{self.number}: {message}")

    def _line(self) -> str:
        for number, line in self.lines:
            self.number = number
            if line.strip():
                return line.rstrip("\n")
        raise StorageError(f"{self.name}: the file ends too early; an ARPA file ends with \\end\\")

    def read(self, alphabet: Alphabet | None) -> KneserNeyModel:
        if self._line().strip() != "\\data\\":
            raise self._fail("expected \\data\\, the first line of an ARPA file")
        sizes: list[int] = []
        line = self._line()
        while line.startswith("ngram "):
            try:
                order, size = line[6:].split("=")
                if int(order) != len(sizes) + 1:
                    raise ValueError
                sizes.append(int(size))
            except ValueError:
                raise self._fail(f"expected 'ngram N=count' in order, got {quoted(line)}") from None
            line = self._line()
        if not sizes:
            raise self._fail(f"expected 'ngram 1=count', got {quoted(line)}")
        levels: list[tuple[list[list[str]], list[float], list[float]]] = []
        for k in range(1, len(sizes) + 1):
            if line.strip() != f"\\{k}-grams:":
                raise self._fail(f"expected \\{k}-grams:, got {quoted(line)}")
            levels.append(self._section(k, sizes[k - 1]))
            line = self._line()
        if line.strip() != "\\end\\":
            raise self._fail(f"expected \\end\\, got {quoted(line)}")
        return self._build(levels, alphabet)

    def _section(self, k: int, size: int) -> tuple[list[list[str]], list[float], list[float]]:
        words, logs, backs = [], [], []
        for _ in range(size):
            line = self._line()
            cells = line.split()
            try:
                if len(cells) not in (k + 1, k + 2):
                    raise ValueError
                log = float(cells[0])
                back = float(cells[k + 1]) if len(cells) == k + 2 else 0.0
                if not (-_LARGEST < log < _LARGEST and -_LARGEST < back < _LARGEST):
                    raise ValueError
            except ValueError:
                raise self._fail(
                    f"expected a number, {k} words and perhaps a number, got {quoted(line)}"
                ) from None
            if log > 0:
                raise self._fail(f"the log10 of a probability is at most 0, got {quoted(line)}")
            logs.append(log * LN10)
            backs.append(back * LN10)
            words.append(cells[1 : k + 1])
        return words, logs, backs

    def _build(
        self,
        levels: list[tuple[list[list[str]], list[float], list[float]]],
        alphabet: Alphabet | None,
    ) -> KneserNeyModel:
        specials = {name: symbol for symbol, name in NAMES.items()}
        vocabulary = [words[0] for words in levels[0][0]]
        if alphabet is None:
            runs = any(name in vocabulary for name in ("<digits>", "<letters>", "<numerals>"))
            alphabet = Alphabet(runs="classes" if runs else "characters")
        alphabet = alphabet.with_astral(
            point
            for word in vocabulary
            if len(word) == 1
            for point in [ord(word)]
            if point > 0xFFFF and alphabet.symbols(word).any()
        )
        code: dict[str, int] = {}
        unknown = math.nan
        for word, log in zip(vocabulary, levels[0][1], strict=True):
            if word in ("<unk>", "<UNK>"):
                unknown = log
            elif word in specials:
                code[word] = specials[word]
            elif len(word) == 1:
                symbol = alphabet.symbols(word)  # none of a variation selector
                code[word] = int(symbol[0]) if len(symbol) else BREAK_SYMBOL
            else:
                raise StorageError(
                    f"{self.name}: the word {quoted(word, 40)} is longer than a character; train "
                    "the model on text with a space after every character"
                )
        code = {word: symbol for word, symbol in code.items() if symbol != BREAK_SYMBOL}
        if math.isnan(unknown):
            unknown = min(levels[0][1])
        trie: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ("s", "c", "l", "b")}
        sizes: list[int] = []
        rows: dict[tuple[int, ...], int] = {}
        base = 0
        for k, (words, logs, backs) in enumerate(levels, 1):
            entries = []
            for gram, log, back in zip(words, logs, backs, strict=True):
                symbols = tuple(code.get(word, 0) for word in gram)
                if 0 not in symbols:
                    above = rows.get(symbols[1:], -1) if k > 1 else 0
                    if above < 0:
                        raise StorageError(
                            f"{self.name}: {quoted(' '.join(gram))} is there, but "
                            f"{quoted(' '.join(gram[1:]))} is not"
                        )
                    entries.append((above, symbols[0], log, back, symbols))
            entries.sort()
            if k > 1:
                spans = np.bincount([e[0] for e in entries], minlength=sizes[-1])
                trie["c"].append(base + np.cumsum(spans) - spans)
            rows = {entry[4]: row for row, entry in enumerate(entries)}
            trie["s"].append(np.array([e[1] for e in entries], np.uint16))
            trie["l"].append(np.array([e[2] for e in entries], np.float32))
            if k < len(levels):
                trie["b"].append(np.array([e[3] for e in entries], np.float32))
            sizes.append(len(entries))
            base += len(entries)
        arrays = {
            "sizes": np.array(sizes, np.int64),
            "symbols": np.concatenate(trie["s"]),
            **node_arrays(sizes, trie["c"], trie["l"], trie["b"]),
            "frequencies": np.zeros(0, np.float32),
        }
        return KneserNeyModel(alphabet, arrays, unknown)


def arpa_parts(model: KneserNeyModel) -> Iterator[str]:
    """The text of an ARPA file, piece by piece."""
    lines = ["\\data\\"]
    sizes = [model.sizes[0] + 1, *model.sizes[1:]]  # <unk>
    lines += [f"ngram {k}={size}" for k, size in enumerate(sizes, 1)]
    yield "\n".join(lines) + "\n"
    names = [_name(model, symbol) for symbol in model.symbols[: model.sizes[0]].tolist()]
    by_symbol = dict(zip(model.symbols[: model.sizes[0]].tolist(), names, strict=True))
    words = names
    base = 0
    for k, size in enumerate(model.sizes, 1):
        yield f"\n\\{k}-grams:\n"
        if k == 1:
            yield f"{model.log_unknown / LN10:.9g}\t<unk>\t0\n"
        else:
            # a child puts one symbol before its parent
            first = base - len(words)
            bounds = model.nodes[first : base + 1, 0].astype(np.int64)
            spans = bounds[1:] - bounds[:-1]
            parents = np.repeat(np.arange(len(words)), spans).tolist()
            symbols = model.symbols[base : base + size].tolist()
            words = [f"{by_symbol[s]} {words[p]}" for s, p in zip(symbols, parents, strict=True)]
        values = model.values[base : base + size].astype(np.float64) / LN10
        logs = (values[:, 1] if k < model.order else model.top.astype(np.float64) / LN10).tolist()
        if k < model.order:
            backs = values[:, 2].tolist()
            rows = zip(logs, words, backs, strict=True)
            yield "".join([f"{p:.9g}\t{w}\t{b:.9g}\n" for p, w, b in rows])
        else:
            yield "".join([f"{p:.9g}\t{w}\n" for p, w in zip(logs, words, strict=True)])
        base += size
    yield "\n\\end\\\n"


def _name(model: KneserNeyModel, symbol: int) -> str:
    return NAMES.get(symbol) or model.alphabet.decode(np.array([symbol], np.uint16))
