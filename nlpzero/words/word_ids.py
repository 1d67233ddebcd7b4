"""Words of a corpus as ids on disk, for templates and vectors: cut once, read again and again.

A corpus becomes *parts*, stretches of bounded size with words numbered on their own. The counts of
all parts merge, sorted, without ever being in memory together; the words worth it get common ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Array
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.temporary import disk_errors
from nlpzero.segmentation.tokenizers import Tokenizer
from nlpzero.text.corpus import Shard
from nlpzero.words.columns import Columns, worded
from nlpzero.words.frame_kernels import match_words
from nlpzero.words.hash_table import WordTable
from nlpzero.words.ranking import ranked_order
from nlpzero.words.sorted_frames import (
    Frame,
    RunStore,
    SpilledRun,
    join_frames,
    merge_in_rounds,
    new_file,
    spill,
)
from nlpzero.words.token_kernels import hash_slices
from nlpzero.words.token_sink import Scanner, hashed

_LEAST_TOKENS = 1 << 16
_LEAST_WORDS = 1 << 13

Ints = NDArray[np.int32]

# In arrays of word ids 0 ends a clause, RARE is a word too rare to matter, the others are 1, 2...
RARE = -1


@dataclass(frozen=True)
class Part:
    """Words of one stretch of the corpus on disk: ids in the order of the text, and what they stand
    for.

    Files: `path` + `.ids` (int32, 0 ends a clause, others are numbers from 1 on within the part),
    `.numbers` (int32, of the sorted words), and later `.map` (int32, from numbers to common ids).

    Attributes
    ----------
    words : SpilledRun
        Sorted, with their counts; marks are not among them.
    text_bytes : int
        How much of the text it is, as stored.
    """

    name: str
    path: str
    words: SpilledRun
    text_bytes: int
    portable: bool = True

    def chunks(self, size: int) -> Iterator[Ints]:
        """The ids in stretches of about `size` that end with the end of a clause."""
        rest = np.zeros(0, np.int32)
        with open(self.path + ".ids", "rb") as file:
            while len(part := np.fromfile(file, np.int32, size)):
                ids = np.concatenate([rest, part])
                ends = np.flatnonzero(part == 0)
                cut = len(rest) + int(ends[-1]) + 1 if len(ends) else 0
                if cut:
                    yield ids[:cut]
                rest = ids[cut:]


class PartWords:
    """The words of a part by their numbers."""

    def __init__(self, part: Part) -> None:
        self._columns = Columns.of_frame(join_frames(part.words.frames()))
        numbers = np.fromfile(part.path + ".numbers", np.int32)
        self._rows = np.zeros(int(numbers.max(initial=0)) + 1, np.int32)
        self._rows[numbers] = np.arange(len(numbers), dtype=np.int32)

    def words(self, numbers: Ints) -> tuple[str, ...]:
        """Words one by one."""
        return tuple([self._columns.text_of(row) for row in self._rows[numbers].tolist()])

    def text(self, numbers: Ints) -> str:
        """Words with spaces between."""
        return " ".join(self.words(numbers))


def word_hashes(part: Part) -> NDArray[np.uint64]:
    """Hashes of the words of a part by their numbers, the same in every part; 0 for no word."""
    numbers = np.fromfile(part.path + ".numbers", np.int32)
    own = join_frames(part.words.frames())
    offsets = own.offsets()
    hashes = np.empty(len(numbers), np.uint64)
    # plain Python (NUMBA_DISABLE_JIT) would warn that the hash wraps around, as it must
    with np.errstate(over="ignore"):
        hash_slices(own.pool, offsets[:-1], np.diff(offsets), hashes)
    table = np.zeros(int(numbers.max(initial=0)) + 1, np.uint64)
    table[numbers] = hashes
    return table


@kernel
def pair_total(ids: NDArray[np.int32], window: int) -> tuple[int, int, int]:
    """Words, clauses, and ordered pairs of words at most `window` apart within a clause."""
    words = 0
    clauses = 0
    pairs = 0
    inside = 0  # words of this clause before the current one
    for i in range(ids.size):
        if ids[i] == 0:
            inside = 0
            continue
        words += 1
        clauses += inside == 0
        pairs += min(inside, window)
        inside += 1
    return words, clauses, pairs


@kernel
def _clause_ids(
    numbers: Ints,
    marks: Array,
    starts: Array,
    lengths: Array,
    lines: Array,
    line: int,
    end: int,
    last: int,
    whole: bool,
    out: Ints,
) -> int:
    """Ids of tokens, with one 0 for what stands between clauses; returns how many.

    A mark ends a clause, a new line does, and so does something between two tokens, if ``end``,
    where the token before ended, is told (not -1). With ``whole`` only new lines do, and marks are
    passed over. ``last`` is the id before.
    """
    filled = 0
    for t in range(len(numbers)):
        broken = lines[t] != line or (end >= 0 and starts[t] != end)
        line = lines[t]
        if end >= 0:
            end = starts[t] + lengths[t]
        if broken and last != 0:
            last = 0
            out[filled] = 0
            filled += 1
        if marks[numbers[t]]:
            if last != 0 and not whole:
                last = 0
                out[filled] = 0
                filled += 1
        else:
            last = numbers[t] + 1
            out[filled] = last
            filled += 1
    return filled


class Stretches(NamedTuple):
    """What stands together.

    Attributes
    ----------
    lines : bool
        Whole lines are one stretch; else clauses are, which end at marks and white space too.
    marks : bool
        Whether marks are words, of lines only.
    """

    lines: bool
    marks: bool


CLAUSES = Stretches(lines=False, marks=False)


class PartWriter(Scanner):
    """Takes the words of a shard and writes them as parts of bounded size.

    Attributes
    ----------
    parts : list of Part
    totals : int64[3]
        Words, clauses, and pairs of words within the window.
    """

    def __init__(
        self, folder: Path, shard: Shard, window: int, memory: int, stretches: Stretches
    ) -> None:
        super().__init__()
        self._lines, self._keep_marks = stretches
        self._folder = folder
        self._name = shard.name
        self._window = window
        # what the later passes hold of a part
        self._most_tokens = min(max(memory // 64, _LEAST_TOKENS), 1 << 24)
        self._most_words = min(max(memory // 512, _LEAST_WORDS), 1 << 20)
        self._table = WordTable(1 << 62, RunStore(0))
        self._numbers = np.empty(self._ROOM, np.int32)
        self._out = np.empty(2 * self._ROOM, np.int32)
        self._marks = np.zeros(0, np.bool_)
        self._last_line = 0
        self._last_id = 0
        # where the token before ended, if white space between tokens ends a clause; else -1
        self._end = -1
        self._path = ""  # of the part that was begun
        self._tokens = 0
        self._text_bytes = 0
        self.parts: list[Part] = []
        self.totals = np.zeros(3, np.int64)

    def add_spaced(self, text: bytes) -> None:
        super().add_spaced(text)
        if text.endswith(b"\n"):
            self._break()

    def add_bounded(self, text: str, boundaries: Array) -> None:
        self._end = -1 if self._lines else 0
        super().add_bounded(text, boundaries)
        self._end = -1
        if text.endswith("\n") if self._lines else text[-1:].isspace():
            self._break()

    def add_lines(self, lines: Sequence[Sequence[str]]) -> None:
        words: list[str] = []
        numbers: list[int] = []
        for line in lines:
            self._line += 1
            for word in line:
                if isinstance(word, str) and (not word or word.isspace()):
                    # ends a clause as a new line does
                    self._line += not self._lines
                else:
                    words.append(word)
                    numbers.append(self._line)
        for at in range(0, len(words), self._ROOM):
            data, starts, lengths, hashes = hashed(words[at : at + self._ROOM])
            found = len(starts)
            self.starts[:found] = starts
            self.lengths[:found] = lengths
            self.hashes[:found] = hashes
            self.lines[:found] = numbers[at : at + found]
            self._add(data, found)
        self._break()

    def _add(self, data: Array, found: int) -> None:
        if not found:
            return
        self._path = self._path or str(self._folder / uuid4().hex)
        starts, lengths = self.starts[:found], self.lengths[:found]
        known = len(self._table)
        self._table.add(data, starts, lengths, self.hashes[:found], numbers=self._numbers[:found])
        words = len(self._table)
        if words > len(self._marks):
            self._marks = np.append(self._marks, np.zeros(words, np.bool_))
        if words > known and not self._keep_marks:
            self._marks[known:words] = ~worded(*self._table.pool_of(known))
        filled = _clause_ids(
            self._numbers[:found],
            self._marks,
            starts,
            lengths,
            self.lines[:found],
            self._last_line,
            self._end,
            self._last_id,
            self._lines,
            self._out,
        )
        if self._end >= 0:
            self._end = int(starts[-1] + lengths[-1])
        self._last_line = int(self.lines[found - 1])
        self._write(self._out[:filled])

    def _write(self, ids: Ints) -> None:
        if len(ids):
            with open(self._path + ".ids", "ab") as file:
                ids.tofile(file)
            self._tokens += len(ids)
            self._last_id = int(ids[-1])

    def _break(self) -> None:
        if self._last_id:
            self._write(np.zeros(1, np.int32))

    def close_full(self, read: int) -> None:
        """Write what there is as a part if it is enough; `read` bytes of the text were read so
        far.
        """
        full = self._tokens > self._most_tokens or len(self._table) > self._most_words
        if full and not self._last_id:
            self.close(read)

    def close(self, read: int) -> None:
        """Write what there is as a part."""
        if not self._path:
            return
        self._break()
        order = self._table.order()
        order = order[~self._marks[order]]
        if len(order):
            run = spill(self._table.frames(order), new_file(self._folder))
            (order + 1).astype(np.int32).tofile(self._path + ".numbers")
            name = f"{self._name} (part {len(self.parts) + 1})"
            part = Part(name, self._path, run, read - self._text_bytes)
            for ids in part.chunks(1 << 20):
                self.totals += pair_total(ids, self._window)
            self.parts.append(part)
            self._text_bytes = read
        self._table.clear()
        self._path = ""
        self._tokens = 0


def read_words(
    shard: Shard,
    tokenizer: Tokenizer,
    folder: Path,
    window: int,
    memory: int,
    stretches: Stretches = CLAUSES,
    *,
    report: ReadReport,
) -> tuple[list[Part], NDArray[np.int64]]:
    """Cut a shard into words on disk; its parts, and how many words, clauses and pairs there
    are.
    """
    writer = PartWriter(folder, shard, window, memory, stretches)
    with disk_errors(folder):
        for piece in tokenizer.cut(shard, report=report):
            piece.feed(writer)
            writer.close_full(report.bytes_read)
        writer.close(report.bytes_read)
    return writer.parts, writer.totals


class Vocabulary(NamedTuple):
    """The words that can be in a template.

    Attributes
    ----------
    columns : Columns
        Sorted by their bytes.
    order : integers
        Rows of the words with the ids 1, 2...: most frequent first.
    run : SpilledRun
        The same words in a file, for workers.
    ids : str
        File of the ids of the rows, int32.
    """

    columns: Columns
    order: Array
    run: SpilledRun
    ids: str

    def word(self, number: int) -> str:
        """The word with an id."""
        return self.columns.text_of(int(self.order[number - 1]))

    def counts(self) -> NDArray[np.int64]:
        """How often the words occur, by ids; 0 for the id 0."""
        found: NDArray[np.int64] = np.append(np.int64(0), self.columns.counts[self.order])
        return found


def number_words(
    parts: Sequence[Part],
    folder: Path,
    wanted: Callable[[NDArray[np.int64]], Array],
    most: int | None = None,
) -> Vocabulary:
    """Add the counts of all parts and give ids to the words whose counts are wanted: to so many at
    most, the most frequent ones.
    """
    kept = []
    for frame in merge_in_rounds([part.words for part in parts], folder):
        kept.append(frame.select(wanted(frame.counts)))
    whole: Frame = join_frames(kept)
    order = ranked_order(whole.counts)
    if most is not None and len(order) > most:
        whole = whole.select(np.isin(np.arange(len(order)), order[:most]))
        order = ranked_order(whole.counts)
    ids = np.empty(len(order), np.int32)
    ids[order] = np.arange(1, len(order) + 1, dtype=np.int32)
    run = spill(whole.frames(), new_file(folder))
    path = str(folder / uuid4().hex)
    ids.tofile(path)
    return Vocabulary(Columns.of_frame(whole), order, run, path)


def common_ids(part: Part, vocabulary: SpilledRun, ids: str) -> Ints:
    """The table from the numbers of a part to common ids, made once and kept.

    Parameters
    ----------
    part : Part
    vocabulary : SpilledRun
        Sorted words.
    ids : str
        File of their ids.
    """
    path = Path(part.path + ".map")
    if path.exists():
        return np.fromfile(path, np.int32)
    numbers = np.fromfile(part.path + ".numbers", np.int32)
    known = join_frames(vocabulary.frames())
    own = join_frames(part.words.frames())
    rows = match_words(own.pool, own.offsets(), known.pool, known.offsets())
    table = np.zeros(int(numbers.max()) + 1, np.int32)
    # the place after the last word is for those that are none of them
    table[numbers] = np.append(np.fromfile(ids, np.int32), np.int32(RARE))[rows]
    whole = Path(f"{path}-{uuid4().hex}")  # nobody reads what a worker that is lost has begun
    table.tofile(whole)
    whole.replace(path)
    return table
