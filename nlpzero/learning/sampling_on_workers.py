"""Drawing a sample on the workers of a cluster: the same blocks that one machine draws.

Where blocks begin depends on the ends of lines alone. Workers tell how long lines are; from that
this machine knows all blocks and draws some; workers read these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.learning.sampling import BLOCK_CHARS, LONGEST_BLOCK, Sample, drawn
from nlpzero.text.corpus import Corpus, Shard

Lengths = npt.NDArray[np.uint32]

_SHARD_BYTES = 16 << 20


class _Block(NamedTuple):
    """A block of lines.

    size : int
        Bytes of UTF-8.
    places : tuple of (int, int, int)
        For each piece of the text that it reaches into: its number, and the first character and the
        end there.
    """

    size: int
    places: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class _Wanted:
    """A piece of the work: characters of a piece of the text."""

    shard: Shard
    spans: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        return self.shard.name

    @property
    def portable(self) -> bool:
        return self.shard.portable


def worth_workers(text: Corpus | Shard, size: int, resources: Resources) -> bool:
    """Whether workers draw: of a text that is taken as a whole nothing is drawn."""
    return (
        isinstance(text, Corpus)
        and isinstance(resources.executor, DaskExecutor)
        and resources.checkpoint is None
        and text.size is not None
        and text.size > size
        and text.portable
    )


def draw_on_workers(
    text: Corpus, size: int, *, seed: int, report: ReadReport, resources: Resources
) -> Sample:
    """As :func:`nlpzero.learning.sampling.draw_sample`, which says what the parameters are.

    The text is read twice. For each line eight bytes come here.
    """
    with open_passes(text, resources, compiled=False) as passes:
        executor = passes.executor
        workers = executor.workers if isinstance(executor, DaskExecutor) else 1
        shards = text.shards(workers, _SHARD_BYTES)
        kept, held, whole = drawn(
            _blocks_of(passes, shards), lambda block: block.size, size, seed=seed
        )
        report.add(passes.read)
        spans: dict[int, list[tuple[int, int]]] = {}
        for block in kept:
            for number, start, stop in block.places:
                spans.setdefault(number, []).append((start, stop))
        wanted = [_Wanted(shards[number], tuple(spans[number])) for number in sorted(spans)]
        texts = passes.map(_text_worker, stage="read", shards=wanted, ordered=True)
        pieces = (piece for some in texts for piece in some)
        blocks = ["".join(next(pieces) for _ in block.places) for block in kept]
        for _ in texts:  # it ends what it started
            pass
    return Sample(blocks, held, whole)


def _blocks_of(passes: Passes[Corpus], shards: list[Shard]) -> Iterator[_Block]:
    """All blocks of the text, in order."""
    # lines that are in no block yet, and where each begins
    chars = sizes = np.zeros(0, np.int64)
    places = np.zeros((0, 2), np.int64)
    found = passes.map(_line_worker, stage="read", shards=shards, ordered=True)
    for number, (own_chars, own_sizes) in enumerate(found):
        begins = np.cumsum(own_chars, dtype=np.int64) - own_chars
        own_places = np.stack([np.full(len(begins), number, np.int64), begins], axis=1)
        chars = np.concatenate([chars, own_chars.astype(np.int64)])
        sizes = np.concatenate([sizes, own_sizes.astype(np.int64)])
        places = np.concatenate([places, own_places])
        first = 0
        for first, stop in _cut(chars):
            yield _block(chars, sizes, places, first, stop)
            first = stop
        chars, sizes, places = chars[first:], sizes[first:], places[first:]
    if len(chars):
        yield _block(chars, sizes, places, 0, len(chars))


def _cut(chars: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Blocks of lines whose ends are sure, whatever comes after."""
    ends = np.cumsum(chars)
    first = start = 0
    while len(ends) and int(ends[-1]) - start > BLOCK_CHARS:
        # the last line end within a block, else the first after it
        stop = max(first + 1, int(np.searchsorted(ends, start + BLOCK_CHARS, "right")))
        yield first, stop
        first, start = stop, int(ends[stop - 1])


def _block(
    chars: npt.NDArray[np.int64],
    sizes: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
    first: int,
    stop: int,
) -> _Block:
    mine = []
    for number in np.unique(places[first:stop, 0]).tolist():
        rows = first + np.flatnonzero(places[first:stop, 0] == number)
        last = int(rows[-1])
        mine.append((number, int(places[rows[0], 1]), int(places[last, 1] + chars[last])))
    return _Block(int(sizes[first:stop].sum()), tuple(mine))


def _line_worker(shard: Shard, *, report: ReadReport) -> tuple[Lengths, Lengths]:
    """Characters and bytes of each line, and of each piece of a line that is longer than a block
    may be.
    """
    chars: list[int] = []
    sizes: list[int] = []
    rest = ""
    for text in shard.blocks(report=report):
        lines = (rest + text).split("\n")
        rest = lines.pop()
        for line in lines:
            _add(line + "\n", chars, sizes)
    if rest:
        _add(rest, chars, sizes)
    return np.array(chars, np.uint32), np.array(sizes, np.uint32)


def _add(line: str, chars: list[int], sizes: list[int]) -> None:
    for start in range(0, len(line), LONGEST_BLOCK):
        part = line[start : start + LONGEST_BLOCK]
        chars.append(len(part))
        sizes.append(len(part) if part.isascii() else len(part.encode("utf-8", "surrogatepass")))


def _text_worker(wanted: _Wanted, *, report: ReadReport) -> list[str]:
    """The characters that are wanted of a piece of the text; spans ascend."""
    found: list[list[str]] = [[] for _ in wanted.spans]
    at = first = 0
    for text in wanted.shard.blocks(report=report):
        end = at + len(text)
        for number in range(first, len(wanted.spans)):
            start, stop = wanted.spans[number]
            if start >= end:
                break
            found[number].append(text[max(start - at, 0) : stop - at])
            if stop <= end:
                first = number + 1
        at = end
    return ["".join(parts) for parts in found]
