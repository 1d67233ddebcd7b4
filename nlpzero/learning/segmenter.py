"""The learned segmenter: raw text in, segmenter out."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.resources import ReadReport
from nlpzero.learning.cotraining import learn
from nlpzero.learning.model import Learned, LearnedDecoder
from nlpzero.learning.recipe import Progress, Recipe, Report
from nlpzero.learning.sampling import (
    SAMPLE_BYTES,
    alphabet_of,
    sample_text,
    stream_of,
    traditional_to_simplified,
)
from nlpzero.learning.streams import Cuts
from nlpzero.segmentation.base import Arrays, Numbers, Segmenter
from nlpzero.text.alphabet import Alphabet, SymbolStream
from nlpzero.text.corpus import Corpus

# ------------------------------------------------------------------------------------------------ segmenters


class Lexicon(NamedTuple):
    """Words of a learned segmenter, most frequent first, then by code points.

    words : list of str
    counts : ndarray of float64; background text counts with its weight
    """

    words: list[str]
    counts: npt.NDArray[np.float64]


class LearnedSegmenter(Segmenter):
    """Segmenter by a word model and a gap model learned from raw text (:func:`learn_segmenter`).

    Parameters
    ----------
    learned : Learned
    alphabet : Alphabet
    numbers, training
        As for :class:`Segmenter`.
    """

    method = "learned"

    def __init__(
        self,
        learned: Learned,
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
        >>> segmenter = learn_segmenter(["今天天气不错", "今天下雨", "天气预报"])
        >>> "今天" in segmenter.lexicon().words
        True
        """
        m = self.learned
        keys = np.concatenate(
            [
                np.arange(1, len(m.codes), dtype=np.uint64),
                m.pairs.astype(np.uint64),
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
        symbols = [
            m.codes[(keys >> np.uint64(16 * place)) & np.uint64(0xFFFF)] for place in (3, 2, 1, 0)
        ]
        table = np.stack(symbols, axis=1)
        plain = ((table == 0) | (table > 3)).all(axis=1)
        table, counts = table[plain], counts[plain]
        points = self.alphabet.decode(table.ravel())
        words = [points[i : i + 4].lstrip("\ufffd") for i in range(0, len(points), 4)]
        order = sorted(range(len(words)), key=lambda i: (-counts[i], words[i]))
        return Lexicon([words[i] for i in order], counts[order])

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {}, self.learned._asdict()

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "LearnedSegmenter":
        return cls(Learned(**{name: arrays[name] for name in Learned._fields}), alphabet)


def learn_segmenter(
    corpus: Corpus | Iterable[str],
    *,
    background: Corpus | Iterable[str] | None = None,
    background_weight: float = 0.3,
    sample: int = SAMPLE_BYTES,
    seed: int = 0,
    numbers: Numbers = "learned",
    fold_traditional: bool = False,
    jobs: int = 1,
    recipe: Recipe | None = None,
    progress: Report | None = None,
    read_progress: Callable[[int], object] | None = None,
    report: ReadReport | None = None,
) -> LearnedSegmenter:
    """Learn to segment from raw text.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        The text one cares for. Read once.
    background : Corpus or iterable of str, optional
        More text, of another kind perhaps. Helps a small corpus.
    background_weight : float in (0, 1]
        What a word of the background counts beside one of the corpus.
    sample : int >= 1
        Learn from at most so many bytes of UTF-8: blocks of lines drawn at random, first from the corpus, then,
        if it leaves room, from the background.
    seed : int
        Of the sample and of the sampling. The result depends on nothing else but the text.
    numbers : {"learned", "date", "split"}
        As for :class:`Segmenter`.
    fold_traditional : bool
        Read traditional characters as simplified ones where that is one to one (needs the package opencc), so
        that texts in both scripts can help each other. Results keep the original characters.
    jobs : int >= 1
        Threads.
    recipe : Recipe, optional
        Other constants.
    progress : callable, optional
        Called with a :class:`Progress` after each stage.
    read_progress : callable, optional
        Called with the number of bytes just read.
    report : ReadReport, optional
        Receives what was read.

    Returns
    -------
    LearnedSegmenter
        Whatever the text: where nothing can be learned, every symbol is a word.

    Examples
    --------
    >>> segmenter = learn_segmenter(["今天天气不错", "今天下雨", "天气预报"])
    >>> "".join(segmenter.segment("今天天气预报"))
    '今天天气预报'
    """
    if not 0 < background_weight <= 1:
        raise ValueError(f"`background_weight` must be in (0, 1], got {background_weight}.")
    if sample < 1:
        raise ValueError(f"`sample` must be an integer >= 1, got {sample}.")
    if jobs < 1:
        raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}.")
    begun = time.perf_counter()
    mapping = traditional_to_simplified() if fold_traditional else ()
    own = sample_text(corpus, sample, seed=seed, report=report, progress=read_progress)
    own_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in own)
    other: list[str] = []
    if background is not None and own_bytes < sample:
        other = sample_text(
            background, sample - own_bytes, seed=seed, report=report, progress=read_progress
        )
    other_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in other)
    if progress is not None:
        progress(Progress("reading", 0, (recipe or Recipe()).rounds, math.nan, 0))
    alphabet = alphabet_of([*own, *other], mapping)
    symbols = stream_of(own, alphabet)
    target = len(symbols)
    if other:
        symbols = np.concatenate([symbols, stream_of(other, alphabet)])
    del own, other
    learned, summary = learn(
        symbols,
        target,
        background_weight=background_weight,
        seed=seed,
        jobs=jobs,
        recipe=recipe,
        progress=progress,
    )
    training = {
        "method": "learned",
        "bytes": own_bytes,
        "background_bytes": other_bytes,
        "sample": sample,
        "fold_traditional": fold_traditional,
        **summary,
        "seconds": round(time.perf_counter() - begun, 2),
    }
    return LearnedSegmenter(learned, alphabet, numbers=numbers, training=training)
