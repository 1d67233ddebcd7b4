"""Reading a text again: clauses as symbols, cut between n-grams or pairs, by workers over
shards.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import runs_of
from nlpzero.discovery.counted_strings import CountedStrings, StringCounter, StringRun
from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.hash_tables import KeyTable, find_slot, probe, table_of
from nlpzero.engine.jit import kernel
from nlpzero.engine.passes import Passes
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import StorageError
from nlpzero.ngrams.keys import PREFIX_MASKS, pack, pack_pair
from nlpzero.ngrams.table import NGramCounts
from nlpzero.ngrams.windows import whole_units
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.points import Points, point_blocks

T = TypeVar("T")
# a stretch of this many symbols without any clause break is broken there, so that one endless line
# needs no endless memory; the place depends on the text alone, never on how it was read
STRETCH = 1 << 16
_SEEN = 7  # place of the number of symbols among the outcomes of a cut
BEFORE, AFTER = 1, 4  # zeros around the symbols of a text

# what happened to the pieces of a cut
SINGLE, COUNTED, WEAK, LONG, RUN = range(5)


def clause_blocks(blocks: Iterable[Points], alphabet: Alphabet) -> Iterator[Symbols]:
    """Text as padded arrays of symbols that hold whole clauses.

    The arrays have one 0 before the symbols and four behind them. A clause goes over from one block
    to the next; a stretch of 65,536 symbols without any break is broken there.
    """
    carry = np.zeros(0, np.uint16)
    for block in whole_units(blocks, alphabet):
        symbols = np.concatenate([carry, alphabet.symbols_of(block)])
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


class _Seen:
    """Counts the symbols of the blocks that pass through it, whatever stays whole."""

    def __init__(self, alphabet: Alphabet) -> None:
        self._alphabet = replace(alphabet, keep="none")
        self.symbols = 0

    def through(self, blocks: Iterable[Points]) -> Iterator[Points]:
        for block in blocks:
            self.symbols += int(np.count_nonzero(self._alphabet.symbols_of(block)))
            yield block


def _break_stretches(symbols: Symbols, edges: npt.NDArray[np.int64]) -> Symbols:
    places = [
        np.arange(start + STRETCH, stop, STRETCH)
        for start, stop in zip((edges[:-1] + 1).tolist(), edges[1:].tolist(), strict=True)
        if stop - start > STRETCH
    ]
    return np.insert(symbols, np.concatenate(places), 0)


def _padded(symbols: Symbols) -> Symbols:
    padded = np.zeros(len(symbols) + BEFORE + AFTER, np.uint16)
    padded[BEFORE : len(padded) - AFTER] = symbols
    return padded


class Tally(NamedTuple):
    """What cutting counts, in arrays that compiled loops add to.

    ngrams : int64[n]; the strong n-grams as pieces, by their rows
    singles : int64[65536]; single symbols as pieces
    outcomes : int64[8]; what became of the pieces, and last the symbols seen
    """

    ngrams: Counts
    singles: Counts
    outcomes: Counts

    @classmethod
    def none(cls, ngrams: int = 0) -> "Tally":
        """Nothing counted."""
        return cls(np.zeros(ngrams, np.int64), np.zeros(0x10000, np.int64), np.zeros(8, np.int64))

    def plus(self, other: "Tally") -> "Tally":
        """Both added up."""
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class _Cut(NamedTuple):
    """What a worker cut."""

    tally: Tally
    pieces: list[StringRun]


class Cut(NamedTuple):
    """What cutting a text gave."""

    gram_counts: Counts
    singles: Counts
    pieces: CountedStrings


def strong_cut_worker(
    shard: Shard,
    alphabet: Alphabet,
    keys: Keys,
    order: int,
    strict: bool,
    longest: int,
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> _Cut:
    table = table_of(keys)
    tally = Tally.none(len(keys))
    pieces = StringCounter(memory, folder)
    in_run = runs_of(alphabet)
    counted = _Seen(alphabet)
    for symbols in clause_blocks(counted.through(point_blocks(shard, report=report)), alphabet):
        starts = np.empty(len(symbols), np.int64)
        ends = np.empty(len(symbols), np.int64)
        n = lenient_cut(symbols, in_run, table, order, strict, longest, tally, starts, ends)
        pieces.add(symbols, starts[:n], ends[:n])
    tally.outcomes[_SEEN] = counted.symbols
    return _Cut(tally, pieces.finish())


def pair_cut_worker(
    shard: Shard,
    alphabet: Alphabet,
    keys: Keys,
    longest: int,
    memory: int,
    folder: Path | None,
    *,
    report: ReadReport,
) -> _Cut:
    table = table_of(keys)
    tally = Tally.none()
    pieces = StringCounter(memory, folder)
    in_run = runs_of(alphabet)
    counted = _Seen(alphabet)
    for symbols in clause_blocks(counted.through(point_blocks(shard, report=report)), alphabet):
        starts = np.empty(len(symbols), np.int64)
        ends = np.empty(len(symbols), np.int64)
        n = pair_cut(symbols, in_run, table, longest, tally, starts, ends)
        pieces.add(symbols, starts[:n], ends[:n])
    tally.outcomes[_SEEN] = counted.symbols
    return _Cut(tally, pieces.finish())


def repeats_worker(shard: Shard, alphabet: Alphabet, *, report: ReadReport) -> Counts:
    pairs = np.zeros(0x10000, np.int64)
    for symbols in clause_blocks(point_blocks(shard, report=report), alphabet):
        repeated_runs(symbols, pairs)
    pairs[0] = 0
    return pairs


# of a table of n-grams in each worker, with what it counts
_BYTES_A_KEY = 60


@dataclass(frozen=True)
class SecondPass:
    """The table of counts, and the passes over the text that was counted.

    passes : Passes or None
        None: there are counts only.
    cutting : Alphabet, optional
        That of the counts, with what stays whole when the text is cut.
    """

    counts: NGramCounts
    passes: Passes[Corpus | Shard] | None
    cutting: Alphabet | None = None

    @property
    def memory(self) -> int:
        """Bytes that the table of counts leaves of the budget."""
        assert self.passes is not None
        rest = self.passes.budget - self.counts.nbytes
        return max(rest, self.passes.budget // 4)

    def share(self, fixed: int = 0) -> int:
        """Bytes for each worker, of which it needs some for what all of them must hold."""
        assert self.passes is not None
        rest = self.memory // self.passes.jobs - fixed
        return max(rest, self.memory // (8 * self.passes.jobs))

    def map(self, worker: Callable[..., T], *args: object, stage: str) -> Iterator[T]:
        """One pass of workers over the text."""
        assert self.passes is not None
        return self.passes.map(worker, self.counts.alphabet, *args, stage=stage)

    def aside(self, function: Callable[..., T], *args: Any) -> Callable[[], T]:
        """Begin work beside the next pass, where that can be; call the result for the outcome."""
        return (
            partial(function, *args) if self.passes is None else self.passes.aside(function, *args)
        )

    def cut(self, worker: Callable[..., _Cut], keys: Keys, *args: object) -> Cut:
        """Cut the text, and add up what the workers found."""
        assert self.passes is not None
        folder = self.passes.worker_folder
        share = self.share(_BYTES_A_KEY * len(keys))
        tally: Tally | None = None
        runs: list[StringRun] = []
        alphabet = self.cutting or self.counts.alphabet
        for part in self.passes.map(worker, alphabet, keys, *args, share, folder, stage="cut"):
            tally = part.tally if tally is None else tally.plus(part.tally)
            runs += part.pieces
        self.check_seen(0 if tally is None else int(tally.outcomes[_SEEN]))
        assert tally is not None
        return Cut(tally.ngrams, tally.singles, self.counted(runs))

    def counted(self, runs: list[StringRun], columns: int = 0) -> CountedStrings:
        """What workers counted, merged."""
        assert self.passes is not None
        return CountedStrings(
            runs, self.memory, self.passes.folder, self.passes.resources.tmpdir, columns
        )

    def check_seen(self, seen: int) -> None:
        """Raise an error if the text that was read is not the text that was counted."""
        if seen != self.counts.total:
            raise StorageError(
                f"the counts are of a text of {self.counts.total:,} characters that can be in "
                f"words, the text given has {seen:,}; count this text, or rank from the counts "
                "without text"
            )


@kernel
def only_run(symbols: np.ndarray, begin: int, end: int, in_run: np.ndarray) -> bool:
    """Whether a stretch holds digits and letters only."""
    i = begin
    while i < end and in_run[symbols[i]]:
        i += 1
    return i == end


@kernel
def windows_strong(
    symbols: np.ndarray,
    begin: int,
    end: int,
    shortest: int,
    longest: int,
    table: KeyTable,
) -> bool:
    """Whether all windows of shortest to longest symbols, uint16[], are in the table."""
    for size in range(shortest, longest + 1):
        for at in range(begin, end - size + 1):
            if find_slot(table, pack(symbols, at) & PREFIX_MASKS[size]) < 0:
                return False
    return True


@kernel
def lenient_cut(
    symbols: np.ndarray,
    in_run: np.ndarray,
    table: KeyTable,
    order: int,
    strict: bool,
    longest: int,
    tally: Tally,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """Cut clauses where no strong n-gram covers the gap, and count the pieces that are real.

    symbols : uint16[n], padded; in_run : bool[65536]; table : of the strong n-grams

    Pieces up to the order are counted in the tally; places of longer pieces, and of runs, go to
    starts and ends, int64[n], and their number is returned.

    A strong n-gram does not count where its ends cut a run of digits or letters: in "XiPad" the P
    is no P.
    """
    ngrams, singles, outcomes = tally
    slots, rows, shift = table
    n = len(symbols) - AFTER
    emitted = 0
    reach = 0
    begin = BEFORE
    begin_slot = np.int64(-1)
    begin_size = 1
    for i in range(BEFORE, n):
        s = symbols[i]
        if s == 0:
            begin = i + 1
            continue
        after = symbols[i + 1]
        size = 1
        slot = np.int64(-1)
        if after != 0 and not (in_run[s] and in_run[symbols[i - 1]]):
            key = pack(symbols, i)
            k = 2
            while k < order and symbols[i + k] != 0:
                k += 1
            while k >= 2 and i + k - 1 > reach:
                if not (in_run[symbols[i + k - 1]] and in_run[symbols[i + k]]):
                    place = probe(slots, shift, key & PREFIX_MASKS[k], 0)
                    if place >= 0:
                        slot = place
                        size = k
                        reach = i + k - 1
                        break
                k -= 1
        if i == begin:
            begin_slot = slot
            begin_size = size
        if after != 0 and (reach > i or (in_run[s] and in_run[after])):
            continue
        # the piece ends here
        length = i + 1 - begin
        if length == 1:
            singles[s] += 1
            outcomes[SINGLE] += 1
        elif only_run(symbols, begin, i + 1, in_run):
            outcomes[RUN] += 1
            if length <= longest:
                starts[emitted] = begin
                ends[emitted] = i + 1
                emitted += 1
        elif length > longest:
            outcomes[LONG] += 1
        elif length <= order:
            real = begin_size == length
            if real and strict and length >= 3:
                real = windows_strong(symbols, begin, i + 1, 3, length, table)
            if real:
                ngrams[rows[begin_slot]] += 1
                outcomes[COUNTED] += 1
            else:
                outcomes[WEAK] += 1
        elif windows_strong(
            symbols, begin, i + 1, min(3, order) if strict else order, order, table
        ):
            starts[emitted] = begin
            ends[emitted] = i + 1
            emitted += 1
            outcomes[COUNTED] += 1
        else:
            outcomes[WEAK] += 1
        begin = i + 1
    return emitted


@kernel
def pair_cut(
    symbols: np.ndarray,
    in_run: np.ndarray,
    table: KeyTable,
    longest: int,
    tally: Tally,
    starts: np.ndarray,
    ends: np.ndarray,
) -> int:
    """Cut clauses between neighbours that are no strong pair.

    Arrays as for :func:`lenient_cut`; single symbols are counted in the tally, places of pieces of
    two symbols and more go to starts and ends, and their number is returned.
    """
    _, singles, outcomes = tally
    slots, _, shift = table
    n = len(symbols) - AFTER
    emitted = 0
    begin = BEFORE
    for i in range(BEFORE, n):
        s = symbols[i]
        if s == 0:
            begin = i + 1
            continue
        after = symbols[i + 1]
        if after != 0:
            if in_run[s] and in_run[after]:
                continue
            if probe(slots, shift, pack_pair(s, after), 0) >= 0:
                continue
        length = i + 1 - begin
        if length == 1:
            singles[s] += 1
            outcomes[SINGLE] += 1
        elif length <= longest:
            starts[emitted] = begin
            ends[emitted] = i + 1
            emitted += 1
            outcomes[COUNTED] += 1
        else:
            outcomes[LONG] += 1
        begin = i + 1
    return emitted


@kernel
def repeated_runs(symbols: np.ndarray, pairs: np.ndarray) -> None:
    """Add to each symbol how many pairs of it with itself can be joined: r // 2 in a run of r."""
    run = 1
    for i in range(1, len(symbols)):
        if symbols[i] == symbols[i - 1]:
            run += 1
        else:
            if run > 1:
                pairs[symbols[i - 1]] += run // 2
            run = 1
