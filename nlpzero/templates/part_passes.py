"""What the passes over the parts of a text share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import KeyCounter, Run, merge_runs, run_on_disk
from nlpzero.words.sorted_frames import SpilledRun
from nlpzero.words.word_ids import Part, common_ids

Ids = NDArray[np.int32]


def _chunk_size(memory: int) -> int:
    """Words to work on at a time: the paths through them need some tens of bytes each."""
    return min(max(memory // 1024, 1 << 14), 1 << 20)


def on_disk(counter: KeyCounter, memory: int, folder: Path) -> Run:
    """What was counted, as one run in `folder`."""
    return run_on_disk(merge_runs(counter.finish(), memory // 8), folder)


class Place(NamedTuple):
    """Where workers find the common ids, and what they may use."""

    vocabulary: SpilledRun
    ids: str
    folder: Path
    memory: int

    def chunks(self, part: Part, report: ReadReport) -> Iterator[tuple[Ids, Ids]]:
        """Common ids of a part, and its own numbers, clauses together."""
        table = common_ids(part, self.vocabulary, self.ids)
        for numbers in part.chunks(_chunk_size(self.memory)):
            yield table[numbers], numbers
        report.bytes_read += part.text_bytes


class Links(NamedTuple):
    """Strong skip-grams: `seconds` sorted within the rows of each first word."""

    window: int
    rows: NDArray[np.int64]
    seconds: NDArray[np.int32]
    max_paths: int
