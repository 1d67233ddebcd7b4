"""Words of a corpus as the learned segmenter cuts it, with its certainty of each."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import Candidates, Found, only_runs, runs_of
from nlpzero.discovery.result import Removal
from nlpzero.discovery.second_pass import SecondPass
from nlpzero.discovery.string_table import Strings, count_among
from nlpzero.engine.arrays import Symbols
from nlpzero.engine.jit import kernel
from nlpzero.engine.parallel import LocalThreads, map_shards, on_this_machine
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.storage import scratch_folder
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.ngrams.keys import PACKED_ORDER, pack_rows, pack_stretch, unpack_keys
from nlpzero.segmentation.base import whole_pieces
from nlpzero.segmentation.shared import shared_model
from nlpzero.text.corpus import Corpus, Shard, as_corpus

# ------------------------------------------------------------------------------------------------- discovery

# blocks that a corpus is decoded in, in characters
_DECODED_CHARS = 1 << 19


class LearnedWordTable(NamedTuple):
    """Words of a decoded corpus, with their sums of evidence.

    keys : ndarray of uint64, ascending; packed symbols of the segmenter's alphabet
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


def merge_tables(tables: Iterable[LearnedWordTable]) -> LearnedWordTable:
    """Add up tables; any order gives the same."""
    parts = list(tables)
    if not parts:
        return LearnedWordTable(np.zeros(0, np.uint64), np.zeros((0, 4), np.int64), {})
    keys, sums = _grouped(
        np.concatenate([part.keys for part in parts]), np.concatenate([part.sums for part in parts])
    )
    others: dict[str, tuple[int, int, int, int]] = {}
    for part in parts:
        for word, (count, left, right, inside) in part.others.items():
            old = others.get(word, (0, 0, 0, 0))
            others[word] = (old[0] + count, old[1] + left, old[2] + right, old[3] + inside)
    return LearnedWordTable(keys, sums, others)


def _table_of(text: str, segmenter: LearnedSegmenter) -> LearnedWordTable:
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
    return LearnedWordTable(*_grouped(keys[~mixed], sums[~mixed]), others)


def _table_worker(
    shard: Shard, segmenter: LearnedSegmenter | str, *, report: ReadReport
) -> LearnedWordTable:
    if isinstance(segmenter, str):
        model = shared_model(segmenter)
        assert isinstance(model, LearnedSegmenter)
        segmenter = model
    table = merge_tables([])
    waiting: list[LearnedWordTable] = []
    for piece, _ in whole_pieces(shard.blocks(_DECODED_CHARS, report=report)):
        waiting.append(_table_of(piece, segmenter))
        if len(waiting) == 8:
            table = merge_tables([table, *waiting])
            waiting = []
    return merge_tables([table, *waiting])


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
    progress: Callable[[int], object] | None = None,
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
    >>> from nlpzero import learn_segmenter
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
    text = segmenter.alphabet.decode(unpack_keys(table.keys, PACKED_ORDER).ravel())
    words = [text[i : i + 4].rstrip("\ufffd") for i in range(0, len(text), 4)]
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


# probabilities are added up as whole numbers of this size, so that sums do not depend on the order
UNIT = float(1 << 20)


@kernel
def list_words(
    symbols: np.ndarray,
    cuts: np.ndarray,
    probabilities: np.ndarray,
    keys: np.ndarray,
    evidence: np.ndarray,
    places: np.ndarray,
) -> Any:
    """Every word of a segmentation: key, sums of evidence, place; returns their number.

    keys[j] : packed key, or 0 for a word with a run of digits, letters or numerals in it (symbols 1 to 3), which
    only the text tells from others. evidence[j] : 1, boundary probability of the left edge, of the right edge, mean
    of the inner gaps (of one symbol: 0). places[j] : first symbol and end.
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
        plain = j - i <= PACKED_ORDER
        inner = 0.0
        for k in range(i, j):
            if symbols[k] <= 3:
                plain = False
            if k > i:
                inner += probabilities[k]
        keys[m] = pack_stretch(symbols, i, j) if plain else np.uint64(0)
        evidence[m, 0] = 1
        evidence[m, 1] = np.int64(np.rint(probabilities[i] * UNIT))
        evidence[m, 2] = np.int64(np.rint(probabilities[j] * UNIT))
        evidence[m, 3] = np.int64(np.rint(inner / max(j - i - 1, 1) * UNIT))
        places[m, 0] = i
        places[m, 1] = j
        m += 1
        i = j
    return m


def by_learning(
    run: SecondPass,
    corpus: Corpus,
    segmenter: "LearnedSegmenter",
    *,
    min_count: int,
    min_length: int,
    longest: int,
    latin: bool,
    explaining: bool,
) -> Found:
    """The words that a learned segmenter makes of the whole text."""

    threads = isinstance(run.executor, LocalThreads)
    local = on_this_machine(run.executor)
    # a word that is asked about may be rare
    learned = count_learned_words(
        corpus,
        segmenter,
        min_count=1 if explaining else min_count,
        jobs=run.jobs,
        executor=run.executor if threads or not local else None,
        progress=run.progress,
    )
    alphabet = run.counts.alphabet
    in_run = runs_of(alphabet)
    symbols = alphabet.symbols("".join(learned.words))
    offsets = np.cumsum([0, *map(len, learned.words)])
    words = Strings(symbols, offsets.astype(np.int64), learned.counts.astype(np.int64))
    # a number's decimal point, or a character the segmenter did not know
    whole = np.ones(0, bool)
    if len(symbols):
        whole = np.logical_and.reduceat(symbols != 0, words.offsets[:-1])
    told = words.take(whole)
    often = words.counts >= min_count
    kept = whole & often & (words.lengths >= min_length)
    kept &= (words.lengths <= longest) & (~only_runs(words, in_run) | latin)
    certainty = np.stack([learned.left, learned.right, learned.inside])[:, kept]
    singles = np.zeros(0x10000, np.int64)
    ones = told.take(told.lengths == 1)
    singles[ones.symbols] = ones.counts

    def explain(symbols: Symbols) -> str:
        count = count_among(told, symbols)
        total = int(
            run.counts.lookup(pack_rows(symbols[None, :]), min(len(symbols), PACKED_ORDER))[0]
        )
        among = f" in {total:,} occurrences" if len(symbols) <= PACKED_ORDER else ""
        if count < min_count:
            return f"dropped: {count:,} times a word of the segmentation{among}, min_count is {min_count:,}"
        return f"found: {count:,} times a word of the segmentation{among}"

    return Found(
        words.take(kept),
        singles,
        Candidates.of(run.counts, min_count),
        [Removal("min_count", int((~often).sum()), min_count)] if explaining else [],
        np.zeros(0),
        explain,
        certainty,
    )
