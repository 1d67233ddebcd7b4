"""Words of a corpus as the learned segmenter cuts it, with its certainty of each."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, ends_of, runs_of
from nlpzero.discovery.counted_strings import CountedStrings, StringCounter, StringRun
from nlpzero.discovery.criteria import Removal
from nlpzero.discovery.fates import LearnedFates
from nlpzero.discovery.ranking import Found
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.arrays import Counts, Symbols
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.jit import kernel
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.showing import html_table, text_table
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.pieces import whole_pieces
from nlpzero.segmentation.shared import SharedModel, for_workers, opened
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, Shard, as_corpus

# blocks that a corpus is decoded in, in characters
_DECODED_CHARS = 1 << 18
# what decoding such a block takes, and the tables of a model
_DECODER_BYTES = 48 << 20
# probabilities are added up as whole numbers of this size, so that sums do not depend on the order
UNIT = float(1 << 20)
# sums beside the count: left edge, right edge, inside
_SUMS = 3
_COLUMNS = ("word", "count", "left_edge", "right_edge", "inside")


class LearnedWords(NamedTuple):
    """Words of a segmented corpus, most frequent first, then by code points.

    words : list of str
    counts : ndarray of int64; how often each is a word of the segmentation
    left, right : ndarray of float64 in [0, 1]; mean boundary probability of its two edges
    inside : ndarray of float64 in [0, 1]; mean boundary probability of the gaps inside it, 0 if it
        has none
    """

    words: list[str]
    counts: npt.NDArray[np.int64]
    left: npt.NDArray[np.float64]
    right: npt.NDArray[np.float64]
    inside: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        title = f"<LearnedWords: {len(self.words):,} words>"
        return f"{title}\n{text_table(_COLUMNS, zip(*self, strict=True), len(self.words))}"

    def _repr_html_(self) -> str:
        return html_table(_COLUMNS, zip(*self, strict=True), len(self.words))

    def to_dataframe(self) -> DataFrame:
        """Columns ``word``, ``count``, ``left_edge``, ``right_edge`` and ``inside``, as
        :class:`nlpzero.Word` names them; needs pandas.
        """
        return data_frame(dict(zip(_COLUMNS, self, strict=True)))


def count_learned_words(
    corpus: Corpus | Iterable[str],
    segmenter: LearnedSegmenter,
    *,
    min_count: int = 1,
    resources: Resources | None = None,
) -> LearnedWords:
    """Segment a corpus, count its words exactly, and say how sure the segmenter is of each.

    The corpus is streamed: memory holds the words that are returned and a block of text.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        Read once.
    segmenter : LearnedSegmenter
        Its convention for numbers is not applied: words are as learned.
    min_count : int >= 1
        Leave out rarer words.
    resources : Resources, optional
        What the run may use.

    Returns
    -------
    LearnedWords

    Examples
    --------
    >>> from nlpzero import learn_segmenter
    >>> texts = ["今天天气不错", "今天下雨", "天气预报"]
    >>> found = count_learned_words(texts, learn_segmenter(texts))
    >>> sum(map(len, found.words)) <= 14 and int(found.counts.sum()) <= 14
    True
    """
    with open_passes(as_corpus(corpus), resources) as passes:
        runs = _cut_words(passes, segmenter, None, passes.share)
        counted = CountedStrings(runs, passes.budget, passes.folder, passes.resources.tmpdir, _SUMS)
        kept = counted.frequent(min_count)
    words = _utf16_texts(kept.strings)
    order = sorted(range(len(words)), key=lambda i: (-int(kept.strings.counts[i]), words[i]))
    counts = kept.strings.counts[order]
    left, right, inside = _means(kept.sums[order], counts)
    return LearnedWords([words[i] for i in order], counts, left, right, inside)


def by_learning(
    run: SecondPass, segmenter: LearnedSegmenter, min_count: int, longest: int
) -> Found:
    """The words that a learned segmenter makes of the whole text, single symbols and runs too."""
    assert run.passes is not None
    alphabet = run.counts.alphabet
    runs = _cut_words(run.passes, segmenter, alphabet, run.share(_DECODER_BYTES))
    counted = run.counted(runs, _SUMS)
    kept = counted.frequent(min_count)
    rare = len(counted) - len(kept.hashes)
    short = np.flatnonzero(kept.strings.lengths <= longest)
    words = kept.strings.take(short)
    certainty = np.stack(_means(kept.sums[short], words.counts))
    fates = LearnedFates(run.counts, runs_of(alphabet), min_count, longest, counted)
    grams = Candidates.parts_of(run.counts, *ends_of(words))
    return Found(
        words, grams, [Removal("min_count", rare, min_count)], np.zeros(0), fates, certainty
    )


def _means(sums: Counts, counts: Counts) -> list[npt.NDArray[np.float64]]:
    """Mean probability of the left edge, of the right edge, and of the inner gaps."""
    means = sums / np.maximum(counts, 1)[:, None] / UNIT
    return [np.ascontiguousarray(column) for column in means.T]


def _cut_words(
    passes: Passes[Corpus | Shard],
    segmenter: LearnedSegmenter,
    alphabet: Alphabet | None,
    memory: int,
) -> list[StringRun]:
    """Count the words of a segmentation, as symbols of an alphabet, or as UTF-16."""
    model = for_workers(segmenter, passes)
    runs: list[StringRun] = []
    for part in passes.map(
        _word_worker, model, alphabet, memory, passes.worker_folder, stage="cut"
    ):
        runs += part
    return runs


def _word_worker(
    shard: Shard,
    model: Segmenter | SharedModel,
    alphabet: Alphabet | None,
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> list[StringRun]:
    segmenter = opened(model)
    assert isinstance(segmenter, LearnedSegmenter)
    counter = StringCounter(memory, folder, _SUMS)
    blocks = shard.blocks(_DECODED_CHARS, report=report)
    keep = bool(segmenter.alphabet.keep or (alphabet is not None and alphabet.keep))
    for text, _ in whole_pieces(blocks, keep=keep):
        starts, ends, evidence = _words_of(text, segmenter)
        if alphabet is None:
            units, places = _utf16_units(text)
            starts, ends = places[starts], places[ends]
        else:
            stream = alphabet.encode(text)
            units = stream.symbols
            starts = np.searchsorted(stream.starts, starts)
            ends = np.searchsorted(stream.starts, ends)
            # a number's decimal point, or a character the alphabet does not know
            breaks = np.concatenate([[0], np.cumsum(units == 0)])
            whole = breaks[starts] == breaks[ends]
            starts, ends, evidence = starts[whole], ends[whole], evidence[whole]
        counter.add(units, starts, ends, evidence)
    return counter.finish()


def _words_of(text: str, segmenter: LearnedSegmenter) -> tuple[Counts, Counts, Counts]:
    """Places of the words in a text, and their evidence."""
    stream = segmenter.alphabet.encode(text)
    cuts, probabilities = segmenter._decoder.cut_with_probabilities(stream.symbols)
    evidence = np.empty((len(stream.symbols), _SUMS), np.int64)
    places = np.empty((len(stream.symbols), 2), np.int64)
    m = list_words(stream.symbols, cuts, probabilities, evidence, places)
    starts, ends = stream.starts[places[:m]].astype(np.int64).T
    return starts, ends, evidence[:m]


def _utf16_units(text: str) -> tuple[Symbols, Counts]:
    """A text as UTF-16, and where each character of it begins, and where it ends."""
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)
    if len(units) == len(text):
        return units, np.arange(len(text) + 1)
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return units, np.concatenate([[0], np.cumsum(1 + (points > 0xFFFF))])


def _utf16_texts(strings: Strings) -> list[str]:
    raw = strings.symbols.astype("<u2").tobytes()
    at = (2 * strings.offsets).tolist()
    return [raw[first:last].decode("utf-16-le", "surrogatepass") for first, last in pairwise(at)]


@kernel
def list_words(
    symbols: np.ndarray,
    cuts: np.ndarray,
    probabilities: np.ndarray,
    evidence: np.ndarray,
    places: np.ndarray,
) -> int:
    """Every word of a segmentation: its evidence and its place; returns their number.

    evidence[j] : boundary probability of the left edge, of the right edge, mean of the inner gaps
    (of one symbol: 0), in units of 2 ** -20. places[j] : first symbol and end.
    """
    n = len(symbols)
    m = 0
    i = 0
    while i < n:
        if symbols[i] == 0:
            i += 1
            continue
        j = i + 1
        while not cuts[j]:
            j += 1
        inner = 0.0
        for k in range(i + 1, j):
            inner += probabilities[k]
        evidence[m, 0] = np.int64(np.rint(probabilities[i] * UNIT))
        evidence[m, 1] = np.int64(np.rint(probabilities[j] * UNIT))
        evidence[m, 2] = np.int64(np.rint(inner / max(j - i - 1, 1) * UNIT))
        places[m, 0] = i
        places[m, 1] = j
        m += 1
        i = j
    return m
