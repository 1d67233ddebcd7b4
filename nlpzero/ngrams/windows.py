"""The text as windows of symbols, and the steps that every pass of counting shares."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nlpzero.engine.arrays import Counts, Keys, Symbols
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.key_ranges import StoredRun, merge_on_workers, store_run
from nlpzero.engine.passes import Passes
from nlpzero.engine.sorted_runs import ROW_BYTES, Run, merge_in_memory, merge_runs, run_on_disk
from nlpzero.engine.temporary import scratch_folder
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import (
    HAN,
    SPACE,
    char_classes,
    numeral_table,
    selectors,
)
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.points import Points, point_blocks

# bytes of sorted runs that a byte of text can make: a row for each character, of three bytes in
# UTF-8
_MOST_RUN_BYTES = 6

_LINE_END = 0x0A


_FULL_STOPS = np.array([0x3002, 0xFF01, 0xFF1F], np.uint32)  # 。！？
# a text without white space and full stops is cut elsewhere when more characters than this wait;
# tokens with Han characters inside, and what decides where they end, are far shorter
_MOST_WAITING = 1 << 16
_FAR_AHEAD = 1 << 12
_LONGEST_TAG = 64


def whole_units(blocks: Iterable[Points], alphabet: Alphabet) -> Iterator[Points]:
    """Blocks that never end inside a number, a run of letters or a kept token, where the alphabet
    knows them.
    """
    if alphabet.runs == "characters" and not alphabet.keep:
        yield from blocks
        return
    rest = np.zeros(0, np.uint32)
    wait = _MOST_WAITING
    for block in blocks:
        points = np.concatenate([rest, block]) if len(rest) else block
        rest = rest[:0]
        looked = False
        if len(points) and points[-1] != _LINE_END:
            classes = char_classes(points)
            han = (classes == HAN) & ~numeral_table()[np.minimum(points, 0xFFFF)]
            han &= ~np.append(selectors(points)[1:], True)  # one may follow in the next block
            if alphabet.keep:  # tags and paths may hold Han characters
                ends = np.flatnonzero((classes == SPACE) | np.isin(points, _FULL_STOPS))
                looked = not len(ends) and len(points) > wait
                if looked:
                    han &= np.append(han[1:], False)
                    for start, end, _ in alphabet.kept(points, classes).tolist():
                        han[start:end] = False
                    # a tag may end where a text ends
                    for start in np.flatnonzero((points == 0x23) | (points == 0x40)).tolist():
                        han[start : start + _LONGEST_TAG] = False
                    ends = np.flatnonzero(han[:-_FAR_AHEAD])
            else:
                ends = np.flatnonzero((classes == SPACE) | han)
            cut = int(ends[-1]) + 1 if len(ends) else 0
            points, rest = points[:cut], points[cut:]
            if looked:  # and not again before there is much more
                wait = max(_MOST_WAITING, 2 * len(rest))
        if len(points):
            yield points
    if len(rest):
        yield rest


def symbol_blocks(blocks: Iterable[Points], alphabet: Alphabet) -> Iterator[Symbols]:
    """Symbols of consecutive blocks of text; together they are the symbols of the whole text."""
    if alphabet.runs == "characters":
        return map(alphabet.symbols_of, whole_units(blocks, alphabet))
    return (alphabet.joined_symbols(points) for points in whole_units(blocks, alphabet))


def windows(blocks: Iterable[Symbols], ahead: int) -> Iterator[tuple[Symbols, int]]:
    """Blocks of symbols with look-ahead: positions before the stop have `ahead` more symbols.

    A block may end anywhere, also inside a clause, so the last symbols wait for the next block.
    """
    tail = np.zeros(0, np.uint16)
    for block in blocks:
        symbols = np.concatenate([tail, block])
        stop = max(len(symbols) - ahead, 0)
        if stop:
            yield symbols, stop
        tail = symbols[stop:]
    if len(tail):
        yield np.concatenate([tail, np.zeros(ahead, np.uint16)]), len(tail)


# rows of a run written at a time
_ROWS_AT_ONCE = 1 << 18


CountedRun = Run | StoredRun


@contextmanager
def worker_folder(left_in: Path | CommonStore | None) -> Iterator[Path | None]:
    """Where a worker spills what does not fit: on the common disk, or on its own."""
    if isinstance(left_in, CommonStore):
        with scratch_folder() as folder:
            yield folder
    else:
        yield left_in


def handed_over(
    runs: list[Run], memory: int, left_in: Path | CommonStore | None
) -> list[CountedRun]:
    """Runs as a worker returns them: where :func:`left_in` says, else as arrays."""
    if left_in is None or not runs:
        return list(runs)
    chunks = merge_runs(runs, memory // 4)
    if isinstance(left_in, CommonStore):
        return [store_run(chunks, left_in)]
    return [run_on_disk(chunks, left_in)]


TextPasses = Passes[Corpus | Shard]


class Arrivals:
    """Runs as they come from workers: arrays that a cluster sends go to this machine's disk when
    there is no more room for them.

    Parameters
    ----------
    passes : Passes
    """

    def __init__(self, passes: TextPasses) -> None:
        self._passes = passes
        self._room = passes.budget // 3

    def keep(self, runs: Sequence[CountedRun]) -> list[CountedRun]:
        """The same runs, where they may wait."""
        return list(runs) if self._passes.here else [self._kept(run) for run in runs]

    def _kept(self, run: CountedRun) -> CountedRun:
        if isinstance(run, StoredRun):
            return run
        size = ROW_BYTES * len(run)
        if size <= self._room:
            self._room -= size
            return run
        return run_on_disk(run.chunks(_ROWS_AT_ONCE), self._passes.folder)


def blocks_of(passes: TextPasses, stage: str) -> Iterator[Points]:
    return point_blocks(passes.text, report=passes.report(), progress=passes.advance(stage))


def left_in(passes: TextPasses) -> Path | CommonStore | None:
    """Where workers leave their runs: nowhere if they are threads and all runs fit in memory, or on
    a cluster whose machines have no place in common.
    """
    if passes.store is not None:
        return passes.store
    size = passes.text.size
    light = passes.threads and size is not None and _MOST_RUN_BYTES * size <= passes.budget // 2
    return None if light else passes.worker_folder


def merged(
    passes: TextPasses, runs: Sequence[CountedRun], share: float = 1.0
) -> Iterator[tuple[Keys, Counts]]:
    """The rows of all runs: at once where they fit in memory, which is faster, else in pieces; and
    where workers left them in a common store, merged by workers.

    Parameters
    ----------
    passes : Passes
    runs : sequence of Run
    share : float in (0, 1]
        Of the budget; the rest holds what the caller does with the rows.
    """
    budget = int(passes.budget * share)
    stored = [run for run in runs if isinstance(run, StoredRun)]
    if stored:
        assert len(stored) == len(runs)  # all come from one pass
        return merge_on_workers(stored, passes.share, passes.executor)
    # the runs, their rows side by side, and the result are there together
    if 3 * ROW_BYTES * sum(map(len, runs)) <= budget:
        return merge_in_memory(runs, passes.jobs if passes.here else 1)
    return merge_runs(runs, budget // 4, passes.folder)
