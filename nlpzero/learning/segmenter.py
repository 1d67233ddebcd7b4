"""The segmenter by the word model and the gap model that were learned."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.learning.decoder import LearnedDecoder, sharpness
from nlpzero.learning.model import LearnedModel
from nlpzero.learning.streams import Cuts
from nlpzero.ngrams.keys import PACKED_ORDER, symbol_shift, unpack_keys
from nlpzero.segmentation.base import Arrays, Numbers, SymbolSegmenter
from nlpzero.segmentation.word_list import Lexicon
from nlpzero.text.alphabet import Alphabet, SymbolStream


class LearnedSegmenter(SymbolSegmenter):
    """Segmenter by a word model and a gap model learned from raw text
    (:func:`nlpzero.learn_segmenter`).

    Parameters
    ----------
    learned : LearnedModel
    alphabet : Alphabet
    numbers, training
        As for :class:`Segmenter`.
    """

    method = "learned"

    def __init__(
        self,
        learned: LearnedModel,
        alphabet: Alphabet,
        *,
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(alphabet, numbers=numbers, training=training)
        self.learned = learned

    @cached_property
    def _decoder(self) -> LearnedDecoder:
        return LearnedDecoder(self.learned)

    def __getstate__(self) -> dict[str, Any]:
        # the hash tables are made again where they are needed
        return {name: value for name, value in self.__dict__.items() if name != "_decoder"}

    def _cut(self, stream: SymbolStream) -> Cuts:
        return self._decoder.cut(stream.symbols)[:-1]

    def _cut_probabilities(self, stream: SymbolStream) -> npt.NDArray[np.float64]:
        return self._decoder.probabilities(stream.symbols)[:-1]

    @property
    def _sharpness(self) -> float:
        return sharpness(self.learned)

    def _sample_cuts(self, stream: SymbolStream, key: int) -> Cuts:
        return self._decoder.sample(stream.symbols, key)[:-1]

    def lexicon(self, min_count: float = 1.0) -> Lexicon:
        """Words of the segmentation it learned, without those that hold numbers or runs of letters.

        Parameters
        ----------
        min_count : float
            Leave out rarer words.

        Returns
        -------
        Lexicon

        Examples
        --------
        >>> from nlpzero import learn_segmenter
        >>> segmenter = learn_segmenter(["今天天气不错", "今天下雨", "天气预报"])
        >>> "今天" in segmenter.lexicon().words
        True
        """
        m = self.learned
        keys = np.concatenate(
            [
                np.arange(1, len(m.codes), dtype=np.uint64) << symbol_shift(1),
                m.pairs.astype(np.uint64) << symbol_shift(2),
                m.words,
            ]
        )
        counts = np.concatenate(
            [m.word_counts[1:], m.pair_values[:, 2].astype(np.float64), m.words_counts]
        )
        # float32 counts of pairs carry the background's weight imprecisely
        counts = np.round(counts, 3)
        kept = counts >= max(min_count, 1e-3)
        keys, counts = keys[kept], counts[kept]
        table = m.codes[unpack_keys(keys, PACKED_ORDER)]
        plain = ((table == 0) | (table > 3)).all(axis=1)
        table, counts = table[plain], counts[plain]
        points = self.alphabet.decode(table.ravel())
        words = [points[i : i + 4].rstrip("\ufffd") for i in range(0, len(points), 4)]
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        counts = counts[order]
        return Lexicon([words[i] for i in order], np.log(counts / m.constants[0]), counts)

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {}, self.learned.for_file()

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "LearnedSegmenter":
        return cls(LearnedModel.from_file(arrays), alphabet)
