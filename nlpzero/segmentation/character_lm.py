"""Segmentation by a character language model (kexue.fm/archives/3956)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from nlpzero.engine.validation import number
from nlpzero.language_model.checking import check_arrays
from nlpzero.language_model.model import KneserNeyModel
from nlpzero.segmentation.base import Arrays, Numbers, SymbolSegmenter
from nlpzero.segmentation.character_model import DEFAULT_WEIGHTS, check_weights
from nlpzero.segmentation.tag_decoder import decode_clauses
from nlpzero.text.alphabet import Alphabet, SymbolStream
from nlpzero.text.characters import BREAK_SYMBOL, DIGIT, LETTER, char_classes
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS


class LanguageModelSegmenter(SymbolSegmenter):
    """Segmenter that needs no words: the best sequence of places in words under a character
    language model.

    Every symbol is the first, second, third... of its word; the probability of a word is that of
    its symbols given those before them in the word, times a weight for every step of growing.

    Parameters
    ----------
    model : KneserNeyModel
    weights : sequence of float in (0, 1], two or more
        weights[i] multiplies the probability of a word that goes on after i + 1 symbols; the last
        holds for all lengths beyond. Smaller weights make shorter words.
    first : {"continuation", "frequency"}
        Probability of the first symbol of a word: the model's, which under Kneser–Ney smoothing
        counts the different symbols before it, or its relative frequency.
    numbers, training
        See :class:`Segmenter`.
    keep, joiners
        What stays whole, see :class:`nlpzero.Alphabet`; by default all of it. The model itself
        reads text by its own alphabet.

    Notes
    -----
    Su Jianlin, "【中文分词系列】 5. 基于语言模型的无监督分词" (kexue.fm/archives/3956): tags b, c,
    d, e with a 4-gram model and the weights .15, .01, .01, .001. There, text began in any tag and
    short texts wrapped around; here a clause begins with the first symbol of a word, and no context
    reaches beyond the clause. With a model over single characters, letters and digits are words of
    their own.

    Examples
    --------
    >>> from nlpzero import count_ngrams
    >>> from nlpzero.language_model.model import KneserNeyModel
    >>> text = ["吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。"] * 20
    >>> segmenter = LanguageModelSegmenter(
    ...     KneserNeyModel.from_counts(count_ngrams(text)), weights=(0.5, 0.1)
    ... )
    >>> segmenter.segment("吃葡萄！")
    ['吃', '葡萄', '！']
    """

    method = "lm"

    def __init__(
        self,
        model: KneserNeyModel,
        *,
        weights: Sequence[float] = DEFAULT_WEIGHTS,
        first: Literal["continuation", "frequency"] = "continuation",
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
        keep: str | Iterable[str] = DEFAULT_KEEP,
        joiners: str = JOINERS,
    ) -> None:
        alphabet = replace(model.alphabet, keep=keep, joiners=joiners)
        super().__init__(alphabet, numbers=numbers, training=training)
        self.weights = check_weights(weights)
        if first not in ("continuation", "frequency"):
            raise ValueError(f"`first` must be 'continuation' or 'frequency', got {first!r}.")
        if first == "frequency" and not len(model.frequencies):
            raise ValueError(
                "`first` is 'frequency', but a model read from an ARPA file has no frequencies; "
                "use 'continuation'."
            )
        self.model = model
        self.first = first
        # a place in the word for each symbol that the model can look back on
        more = max(model.order - len(self.weights), 0)
        self._extend = np.array(self.weights + self.weights[-1:] * more)
        self._log_extend = np.log(self._extend)
        self._firsts = model.frequencies if first == "frequency" else model.frequencies[:0]

    def _decode(
        self, stream: SymbolStream, what: int, key: int, out: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        symbols = stream.symbols
        if self.alphabet.runs == "characters":
            # letters and digits stand alone: what is cut is the Han text between them
            symbols = np.where(_alone_table()[symbols], np.uint16(BREAK_SYMBOL), symbols)
        extend = self._log_extend if what == 0 else self._extend
        decode_clauses(symbols, self.model.trie, self._firsts, extend, what, np.uint64(key), out)
        return out

    def _cut(self, stream: SymbolStream) -> npt.NDArray[np.bool_]:
        return self._decode(stream, 0, 0, np.ones(len(stream.symbols), np.bool_))

    def _sample_cuts(self, stream: SymbolStream, key: int) -> npt.NDArray[np.bool_]:
        return self._decode(stream, 1, key, np.ones(len(stream.symbols), np.bool_))

    def _cut_probabilities(self, stream: SymbolStream) -> npt.NDArray[np.float64]:
        return self._decode(stream, 2, 0, np.ones(len(stream.symbols), np.float64))

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        header, arrays = self.model.state()
        return {**header, "weights": list(self.weights), "first": self.first}, arrays

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "LanguageModelSegmenter":
        check_arrays(arrays)
        unknown = number(header["log_unknown"], "the log probability of unknown symbols")
        model = KneserNeyModel(replace(alphabet, keep="none"), arrays, unknown)
        return cls(
            model,
            weights=header["weights"],
            first=header["first"],
            keep=alphabet.keep,
            joiners=alphabet.joiners,
        )


@lru_cache(maxsize=1)
def _alone_table() -> npt.NDArray[np.bool_]:
    """Whether a symbol of a stream of single characters is a letter or a digit."""
    classes = char_classes(np.arange(0x10000, dtype=np.uint32))
    table = (classes == LETTER) | (classes == DIGIT)
    table.flags.writeable = False
    return table
