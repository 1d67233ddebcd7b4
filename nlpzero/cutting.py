"""Reading a text again: clauses as symbols, cut between n-grams or pairs, by workers over shards."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from nlpzero import discovery_kernels as kernels
from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.hash_tables import KeyTable
from nlpzero.engine.parallel import LocalThreads, Progress, map_shards
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import StorageError
from nlpzero.grams import runs_of
from nlpzero.ngrams.table import NGramCounts
from nlpzero.pieces import Pieces, Strings
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Shard

T = TypeVar("T")
# a stretch of this many symbols without any clause break is broken there, so that one endless line
# needs no endless memory; the place depends on the text alone, never on how it was read
STRETCH = 1 << 16
_SEEN = 7  # place of the number of symbols among the tallies of a cut


def clause_blocks(blocks: Iterable[str], alphabet: Alphabet) -> Iterator[Symbols]:
    """Text as padded arrays of symbols that hold whole clauses.

    The arrays have one 0 before the symbols and four behind them. A clause goes over from one block to the
    next; a stretch of 65,536 symbols without any break is broken there.
    """
    carry = np.zeros(0, np.uint16)
    for block in blocks:
        symbols = np.concatenate([carry, alphabet.symbols(block)])
        breaks = np.flatnonzero(symbols == 0)
        edges = np.concatenate([[-1], breaks, [len(symbols)]])
        if np.diff(edges).max() > STRETCH:
            symbols = _break_stretches(symbols, edges)
            breaks = np.flatnonzero(symbols == 0)
        stop = int(breaks[-1]) + 1 if len(breaks) else 0
        carry = symbols[stop:]
        if stop:
            yield _padded(symbols[:stop])
    if len(carry):
        yield _padded(carry)


def _break_stretches(symbols: Symbols, edges: npt.NDArray[np.int64]) -> Symbols:
    places = [
        np.arange(start + STRETCH, stop, STRETCH)
        for start, stop in zip((edges[:-1] + 1).tolist(), edges[1:].tolist(), strict=True)
        if stop - start > STRETCH
    ]
    return np.insert(symbols, np.concatenate(places), 0)


def _padded(symbols: Symbols) -> Symbols:
    padded = np.zeros(len(symbols) + kernels.BEFORE + kernels.AFTER, np.uint16)
    padded[kernels.BEFORE : len(padded) - kernels.AFTER] = symbols
    return padded


class Cut(NamedTuple):
    """What cutting a text gave."""

    gram_counts: Counts  # of the strong n-grams as pieces
    singles: Counts  # of single symbols as pieces
    tallies: Counts
    pieces: Strings  # the others


def strong_cut_worker(
    shard: Shard,
    alphabet: Alphabet,
    keys: Keys,
    order: int,
    strict: bool,
    longest: int,
    keep_runs: bool,
    *,
    report: ReadReport,
) -> Cut:
    table = KeyTable.of(keys)
    gram_counts = np.zeros(len(keys), np.int64)
    singles, tallies = np.zeros(0x10000, np.int64), np.zeros(8, np.int64)
    pieces = Pieces()
    in_run = runs_of(alphabet)
    for symbols in clause_blocks(shard.blocks(report=report), alphabet):
        starts = np.empty(len(symbols), np.int64)
        ends = np.empty(len(symbols), np.int64)
        n = kernels.lenient_cut(
            symbols,
            in_run,
            *table,
            order,
            strict,
            longest,
            keep_runs,
            gram_counts,
            singles,
            tallies,
            starts,
            ends,
        )
        pieces.add(symbols, starts[:n], ends[:n])
        tallies[_SEEN] += np.count_nonzero(symbols)
    return Cut(gram_counts, singles, tallies, pieces.content())


def pair_cut_worker(
    shard: Shard, alphabet: Alphabet, keys: Keys, longest: int, *, report: ReadReport
) -> Cut:
    table = KeyTable.of(keys)
    singles, tallies = np.zeros(0x10000, np.int64), np.zeros(8, np.int64)
    pieces = Pieces()
    in_run = runs_of(alphabet)
    for symbols in clause_blocks(shard.blocks(report=report), alphabet):
        starts = np.empty(len(symbols), np.int64)
        ends = np.empty(len(symbols), np.int64)
        n = kernels.pair_cut(
            symbols, in_run, table.table, table.shift, longest, singles, tallies, starts, ends
        )
        pieces.add(symbols, starts[:n], ends[:n])
        tallies[_SEEN] += np.count_nonzero(symbols)
    return Cut(np.zeros(0, np.int64), singles, tallies, pieces.content())


def repeats_worker(shard: Shard, alphabet: Alphabet, *, report: ReadReport) -> Counts:
    pairs = np.zeros(0x10000, np.int64)
    for symbols in clause_blocks(shard.blocks(report=report), alphabet):
        kernels.repeated_runs(symbols, pairs)
    pairs[0] = 0
    return pairs


@dataclass
class Run:
    """What the steps of one discovery share."""

    counts: NGramCounts
    shards: list[Shard] | None
    jobs: int
    executor: Executor | None
    progress: Progress | None
    report: ReadReport | None

    def map(self, worker: Any, *args: Any) -> Iterator[Any]:
        assert self.shards is not None
        return map_shards(
            worker,
            self.shards,
            *args,
            jobs=self.jobs,
            executor=self.executor,
            progress=self.progress,
            report=self._first_report(),
        )

    def _first_report(self) -> ReadReport | None:
        """What was read is told once, however often it is read."""
        report, self.report = self.report, None
        return report

    def aside(self, function: Callable[..., T], *args: Any) -> Callable[[], T]:
        """Begin work beside the next reading, if that is done by threads; call the result for the outcome."""
        if isinstance(self.executor, LocalThreads):
            return self.executor.submit(function, *args).result
        return partial(function, *args)

    def cut(self, worker: Any, *args: Any) -> Cut:
        """Add up what the workers cut."""
        total: Cut | None = None
        pieces: Pieces | None = None
        for cut in self.map(worker, self.counts.alphabet, *args):
            if total is None:
                total = cut
                continue
            if pieces is None:
                pieces = Pieces()
                pieces.add_strings(total.pieces)
            pieces.add_strings(cut.pieces)
            total = Cut(
                total.gram_counts + cut.gram_counts,
                total.singles + cut.singles,
                total.tallies + cut.tallies,
                Strings.empty(),
            )
        assert total is not None
        self.check_seen(int(total.tallies[_SEEN]))
        return total if pieces is None else total._replace(pieces=pieces.content())

    def check_seen(self, seen: int) -> None:
        """Raise an error if the text that was read is not the text that was counted."""
        if seen != self.counts.total:
            raise StorageError(
                f"the counts are of a text of {self.counts.total:,} characters that can be in words, "
                f"the text given has {seen:,}; count this text, or rank from the counts without text"
            )
