"""The learned segmenter: trained on raw text alone, more accurate than a hand-made dictionary.

:func:`learn_segmenter` takes a sample of a corpus, learns a word model and a gap model that teach each other
(:mod:`nlpzero.cotraining`; the method is told in docs/segmentation.md), and returns a :class:`LearnedSegmenter`.
:func:`learn_nvbe` returns the fast, parameter-free :class:`NVBESegmenter` that the learning starts from.
"""

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import ExitStack
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.cotraining import (
    Cuts,
    Decoder,
    Learned,
    Progress,
    Recipe,
    Report,
    decode_autonomy,
    learn,
    learn_autonomy,
)
from nlpzero.engine.parallel import map_shards
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.storage import scratch_folder
from nlpzero.errors import NlpzeroError
from nlpzero.segmentation.base import Arrays, Numbers, Segmenter, load_segmenter, whole_pieces
from nlpzero.segmentation.lattice import random_key
from nlpzero.text.alphabet import Alphabet, SymbolStream
from nlpzero.text.characters import BREAK, char_classes, code_points
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.word_model import build_word_table, list_words

# text that learning takes at most, in bytes of UTF-8
SAMPLE_BYTES = 16_000_000
# samples are made of blocks of whole lines of about this many characters (some fifty lines of news)
_BLOCK_CHARS = 4096
_LONGEST_BLOCK = 1 << 16
# characters beyond the BMP that get symbols of their own, the most frequent ones
_MOST_ASTRAL = 4000


# -------------------------------------------------------------------------------------------------- reading


def _blocks(
    corpus: Corpus | Shard,
    report: ReadReport | None,
    progress: Callable[[int], object] | None,
) -> Iterator[str]:
    """Blocks of whole lines of about 4,096 characters, cut at the same places however the corpus is read."""
    rest = ""
    for text in corpus.blocks(report=report, progress=progress):
        text = rest + text
        start = 0
        while len(text) - start > _BLOCK_CHARS:
            # the last line end within a block, else the first after it, else anywhere
            end = text.rfind("\n", start, start + _BLOCK_CHARS) + 1
            end = end or text.find("\n", start, start + _LONGEST_BLOCK) + 1
            if end == 0:
                if len(text) - start < _LONGEST_BLOCK:
                    break
                end = start + _LONGEST_BLOCK
            yield text[start:end]
            start = end
        rest = text[start:]
    if rest:
        yield rest


def sample_text(
    corpus: Corpus | Shard | Iterable[str],
    size: int,
    *,
    seed: int = 0,
    report: ReadReport | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[str]:
    """A deterministic random sample of blocks of lines of a corpus, read once.

    Parameters
    ----------
    corpus : Corpus or iterable of str
    size : int >= 0
        At most so many bytes of UTF-8. A corpus that is not larger is taken whole.
    seed : int
        Which sample.
    report : ReadReport, optional
    progress : callable, optional
        Called with the number of bytes just read.

    Returns
    -------
    list of str
        Blocks of about 4,096 characters in the order of the corpus.

    Examples
    --------
    >>> sample_text(["今天天气不错", "去公园走走"], 1000)
    ['今天天气不错\\n去公园走走\\n']
    """
    # the blocks with the smallest random numbers are kept; a heap gives up the largest of them
    kept: list[tuple[int, int, int, str]] = []
    held = 0
    key = random_key(seed)
    for number, block in enumerate(_blocks(as_corpus(corpus), report, progress)):
        rank = random_key(key, number)
        if held >= size and kept and rank > -kept[0][0]:
            continue
        bytes_ = len(block.encode("utf-8", "surrogatepass"))
        heapq.heappush(kept, (-rank, number, bytes_, block))
        held += bytes_
        while held > size and len(kept) > 1:
            held -= heapq.heappop(kept)[2]
    return [block for _, block in sorted((entry[1], entry[3]) for entry in kept)]


def traditional_to_simplified() -> tuple[tuple[int, int], ...]:
    """Characters that OpenCC's table turns into one simplified character, with that character.

    Returns
    -------
    tuple of (int, int)
        Code points of the Basic Multilingual Plane, sorted.

    Raises
    ------
    NlpzeroError
        The package ``opencc`` is missing.
    """
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise NlpzeroError(
            "folding traditional characters needs the package opencc: pip install 'nlpzero[traditional]'"
        ) from error
    candidates = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00)]
    # one character a line: OpenCC's phrases cannot match, so what comes back is its character table
    lines = OpenCC("t2s").convert("\n".join(map(chr, candidates))).split("\n")
    pairs = ((source, line) for source, line in zip(candidates, lines, strict=True))
    return tuple(
        (source, ord(line))
        for source, line in pairs
        if len(line) == 1 and ord(line) != source and ord(line) < 0x10000
    )


def _alphabet(texts: Iterable[str], mapping: tuple[tuple[int, int], ...]) -> Alphabet:
    """The alphabet of learning, with slots for the frequent characters beyond the BMP."""
    counts: dict[int, int] = {}
    for text in texts:
        if text and max(text) > "\uffff":
            points = code_points(text)
            points = points[points >= 0x10000]
            points = points[char_classes(points) != BREAK]
            for point, count in zip(*np.unique(points, return_counts=True), strict=True):
                counts[int(point)] = counts.get(int(point), 0) + int(count)
    frequent = sorted(counts, key=lambda point: (-counts[point], point))[:_MOST_ASTRAL]
    return Alphabet(runs="classes", mapping=mapping).with_astral(frequent)


def _stream(texts: Iterable[str], alphabet: Alphabet) -> npt.NDArray[np.uint16]:
    """Symbols of texts, with a break after each."""
    parts = []
    for text in texts:
        parts.append(alphabet.encode(text).symbols)
        parts.append(np.zeros(1, np.uint16))
    return np.concatenate(parts) if parts else np.zeros(0, np.uint16)


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
    def _decoder(self) -> Decoder:
        return Decoder(self.learned)

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
    alphabet = _alphabet([*own, *other], mapping)
    symbols = _stream(own, alphabet)
    target = len(symbols)
    if other:
        symbols = np.concatenate([symbols, _stream(other, alphabet)])
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


class NVBESegmenter(Segmenter):
    """Segmenter by variation of branching entropy: fast, without parameters (:func:`learn_nvbe`).

    A word's score is its length times its autonomy; an n-gram that the training text does not have is no
    word, single symbols always are.

    Parameters
    ----------
    keys : ndarray of uint64, shape (m,)
        Sorted n-grams of one to four symbols, 16 bits a symbol.
    scores : ndarray of float32, shape (m,)
    alphabet : Alphabet
    numbers, training
        As for :class:`Segmenter`.
    """

    method = "nvbe"

    def __init__(
        self,
        keys: npt.NDArray[np.uint64],
        scores: npt.NDArray[np.float32],
        alphabet: Alphabet,
        *,
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(alphabet, numbers=numbers, training=training)
        self.keys = keys
        self.scores = scores

    @cached_property
    def _table(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
        return build_word_table(self.keys)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_table"}

    def _cut(self, stream: SymbolStream) -> Cuts:
        return decode_autonomy(stream.symbols, *self._table, self.scores)[:-1]

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {}, {"keys": self.keys, "scores": self.scores}

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "NVBESegmenter":
        return cls(arrays["keys"], arrays["scores"], alphabet)


def learn_nvbe(
    corpus: Corpus | Iterable[str],
    *,
    sample: int = SAMPLE_BYTES,
    seed: int = 0,
    numbers: Numbers = "learned",
    fold_traditional: bool = False,
    progress: Report | None = None,
    read_progress: Callable[[int], object] | None = None,
    report: ReadReport | None = None,
) -> NVBESegmenter:
    """Segmenter by z-scored variation of branching entropy, from raw text.

    Parameters
    ----------
    corpus, sample, seed, numbers, fold_traditional, progress, read_progress, report
        As for :func:`learn_segmenter`.

    Returns
    -------
    NVBESegmenter

    Notes
    -----
    Magistry & Sagot 2012, "Unsupervized Word Segmentation: the Case for Mandarin Chinese", with variations divided
    by their deviation; words have at most four symbols. N-grams that occur once are left out.

    Examples
    --------
    >>> segmenter = learn_nvbe(["今天天气不错", "今天下雨", "天气预报"])
    >>> "".join(segmenter.segment("今天天气预报"))
    '今天天气预报'
    """
    if sample < 1:
        raise ValueError(f"`sample` must be an integer >= 1, got {sample}.")
    begun = time.perf_counter()
    mapping = traditional_to_simplified() if fold_traditional else ()
    texts = sample_text(corpus, sample, seed=seed, report=report, progress=read_progress)
    if progress is not None:
        progress(Progress("reading", 0, 0, math.nan, 0))
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    alphabet = _alphabet(texts, mapping)
    symbols = _stream(texts, alphabet)
    keys, scores = learn_autonomy(symbols)
    training = {
        "method": "nvbe",
        "bytes": size,
        "sample": sample,
        "fold_traditional": fold_traditional,
        "symbols": int(np.count_nonzero(symbols)),
        "ngrams": len(keys),
        "seed": seed,
        "seconds": round(time.perf_counter() - begun, 2),
    }
    return NVBESegmenter(keys, scores, alphabet, numbers=numbers, training=training)


# ------------------------------------------------------------------------------------------------- discovery

# blocks that a corpus is decoded in, in characters
_DECODED_CHARS = 1 << 19


class WordTable(NamedTuple):
    """Words of a decoded corpus, with their sums of evidence.

    keys : ndarray of uint64, ascending; 16 bits a symbol of the segmenter's alphabet
    sums : ndarray of int64, shape (m, 4); count, and sums, in units of 2 ** -20, of the boundary probabilities of
        the left edge, of the right edge, and of the mean of the inner gaps
    others : dict of str to 4 ints, the same for words with digits, letters or runs of numerals
    """

    keys: npt.NDArray[np.uint64]
    sums: npt.NDArray[np.int64]
    others: dict[str, tuple[int, int, int, int]]


def _grouped(
    keys: npt.NDArray[np.uint64], sums: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Add up the rows of equal keys."""
    if len(keys) == 0:
        return keys, sums
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(sums[order], first, axis=0)


def merge_tables(tables: Iterable[WordTable]) -> WordTable:
    """Add up tables; any order gives the same."""
    parts = list(tables)
    if not parts:
        return WordTable(np.zeros(0, np.uint64), np.zeros((0, 4), np.int64), {})
    keys, sums = _grouped(
        np.concatenate([part.keys for part in parts]), np.concatenate([part.sums for part in parts])
    )
    others: dict[str, tuple[int, int, int, int]] = {}
    for part in parts:
        for word, (count, left, right, inside) in part.others.items():
            old = others.get(word, (0, 0, 0, 0))
            others[word] = (old[0] + count, old[1] + left, old[2] + right, old[3] + inside)
    return WordTable(keys, sums, others)


def _table_of(text: str, segmenter: LearnedSegmenter) -> WordTable:
    stream = segmenter.alphabet.encode(text)
    n = len(stream.symbols)
    cuts, probabilities = segmenter._decoder.cut_with_probabilities(stream.symbols)
    keys = np.empty(n, np.uint64)
    sums = np.empty((n, 4), np.int64)
    places = np.empty((n, 2), np.int64)
    m = list_words(stream.symbols, cuts, probabilities, keys, sums, places)
    keys, sums, places = keys[:m], sums[:m], places[:m]
    others: dict[str, tuple[int, int, int, int]] = {}
    mixed = keys == 0
    spans = stream.starts[places[mixed]].tolist()
    for (start, end), (count, left, right, inside) in zip(spans, sums[mixed].tolist(), strict=True):
        word = text[start:end]
        old = others.get(word, (0, 0, 0, 0))
        others[word] = (old[0] + count, old[1] + left, old[2] + right, old[3] + inside)
    return WordTable(*_grouped(keys[~mixed], sums[~mixed]), others)


def _table_worker(
    shard: Shard, segmenter: LearnedSegmenter | str, *, report: ReadReport
) -> WordTable:
    if isinstance(segmenter, str):
        segmenter = _loaded(segmenter)
    table = merge_tables([])
    waiting: list[WordTable] = []
    for piece, _ in whole_pieces(shard.blocks(_DECODED_CHARS, report=report)):
        waiting.append(_table_of(piece, segmenter))
        if len(waiting) == 8:
            table = merge_tables([table, *waiting])
            waiting = []
    return merge_tables([table, *waiting])


@lru_cache(maxsize=1)
def _loaded(path: str) -> LearnedSegmenter:
    """The model file of a worker process, read once for all its shards."""
    segmenter = load_segmenter(path)
    assert isinstance(segmenter, LearnedSegmenter)
    return segmenter


class LearnedWords(NamedTuple):
    """Words of a segmented corpus, most frequent first, then by code points.

    words : list of str
    counts : ndarray of int64; how often each is a word of the segmentation
    left, right : ndarray of float64 in [0, 1]; mean boundary probability of its two edges
    inside : ndarray of float64 in [0, 1]; mean boundary probability of the gaps inside it, 0 if it has none
    """

    words: list[str]
    counts: npt.NDArray[np.int64]
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    inside: npt.NDArray[np.float64]


def count_learned_words(
    corpus: Corpus | Iterable[str],
    segmenter: LearnedSegmenter,
    *,
    min_count: int = 1,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    report: ReadReport | None = None,
) -> LearnedWords:
    """Segment a corpus, count its words exactly, and say how sure the segmenter is of each.

    The corpus is streamed: memory holds the words and a block of text.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        Read once.
    segmenter : LearnedSegmenter
        Its convention for numbers is not applied: words are as learned.
    min_count : int >= 1
        Leave out rarer words.
    jobs : int >= 1
        Processes. The result does not depend on it.
    executor : concurrent.futures.Executor, optional
        Runs the work instead.
    progress : callable, optional
        Called with the number of bytes of each finished shard.
    report : ReadReport, optional

    Returns
    -------
    LearnedWords

    Examples
    --------
    >>> texts = ["今天天气不错", "今天下雨", "天气预报"]
    >>> found = count_learned_words(texts, learn_segmenter(texts))
    >>> sum(map(len, found.words)) <= 14 and int(found.counts.sum()) <= 14
    True
    """
    shards = as_corpus(corpus).shards(jobs)
    with ExitStack() as stack:
        model: LearnedSegmenter | str = segmenter
        if executor is None and jobs > 1 and len(shards) > 1:
            # workers map one file instead of receiving the arrays with every shard
            folder = stack.enter_context(scratch_folder())
            model = str(folder / "model.nz")
            segmenter.save(model)
        table = merge_tables([])
        for part in map_shards(
            _table_worker,
            shards,
            model,
            jobs=jobs,
            executor=executor,
            progress=progress,
            report=report,
        ):
            table = merge_tables([table, part])
    symbols = np.stack(
        [
            ((table.keys >> np.uint64(16 * place)) & np.uint64(0xFFFF)).astype(np.uint16)
            for place in (3, 2, 1, 0)
        ],
        axis=1,
    )
    text = segmenter.alphabet.decode(symbols.ravel())
    words = [text[i : i + 4].lstrip("\ufffd") for i in range(0, len(text), 4)]
    others = sorted(table.others.items())
    words += [word for word, _ in others]
    sums = np.concatenate(
        [table.sums, np.array([row for _, row in others], np.int64).reshape(-1, 4)]
    )
    kept = np.flatnonzero(sums[:, 0] >= min_count).tolist()
    kept.sort(key=lambda i: (-int(sums[i, 0]), words[i]))
    sums = sums[kept]
    counts = sums[:, 0]
    means = sums[:, 1:] / np.maximum(counts, 1)[:, None] / float(1 << 20)
    return LearnedWords([words[i] for i in kept], counts, means[:, 0], means[:, 1], means[:, 2])


# how much certainty weighs beside frequency in the ranking
_CERTAINTY_POWER = 16


def learned_scores(
    counts: npt.ArrayLike,
    left: npt.ArrayLike,
    right: npt.ArrayLike,
    inside: npt.ArrayLike,
    left_entropy: npt.ArrayLike,
    right_entropy: npt.ArrayLike,
    occurrences: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """What discovered words are ranked by: frequency, certainty, freedom.

    ``count * (P(left) P(right) (1 - P(inside))) ** 16 * min(H_L, H_R) / log(1 + occurrences)``

    Parameters
    ----------
    counts : array of int
        How often each is a word of the segmentation.
    left, right, inside : arrays of float in [0, 1]
        Mean boundary probabilities, as in :class:`LearnedWords`.
    left_entropy, right_entropy : arrays of float, in nats
        Branching entropies of its neighbours at all its occurrences; nan counts as 0.
    occurrences : array of int
        How often the string occurs, as a word or not.

    Returns
    -------
    ndarray of float64

    Notes
    -----
    The first factor is what a user can check and what makes a list useful. The second is the probability,
    by the model, that an occurrence is cut at both ends and nowhere else; its power makes four per cent of
    doubt cost half the rank, since a word that is doubtful on average is one that other readings of its
    characters compete with. The third is the branching entropy of the tighter side in units of its largest
    possible value, 1 where every occurrence has another neighbour: parts of names and of set phrases, which
    the segmenter cuts with confidence but which stand beside the same words again and again, go down.
    Measured in docs/segmentation.md.

    Examples
    --------
    >>> learned_scores([100, 100], [1, 0.9], [1, 1], [0, 0], [4.0, 4.0], [3.0, 3.0], [100, 100]).round(1).tolist()
    [65.0, 12.0]
    """
    certainty = np.asarray(left) * np.asarray(right) * (1.0 - np.asarray(inside))
    tighter = np.minimum(np.asarray(left_entropy, float), np.asarray(right_entropy, float))
    freedom = np.nan_to_num(tighter) / np.log1p(np.maximum(np.asarray(occurrences, float), 1.0))
    return np.asarray(counts) * certainty**_CERTAINTY_POWER * np.clip(freedom, 0.0, 1.0)
