"""Reading transactions on the workers of a cluster: each reads its pieces of the text, and leaves
the rows in a store that all of them reach.
"""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np

from nlpzero.engine.arrays import Counts
from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.errors import NlpzeroError, ResourceError
from nlpzero.rules.contexts import RecordedTokenizer
from nlpzero.rules.placed_rows import PlacedTransactions, StoredRows
from nlpzero.rules.shapes import Lines, Sentences, Shape
from nlpzero.rules.transactions import Dropped, SpilledTransactions, Transactions
from nlpzero.segmentation.tokenizers import as_tokenizer
from nlpzero.text.corpus import Corpus, Shard

# bytes of text that a worker reads at a time: what it makes of them is in memory
_SHARD_BYTES = 16 << 20
_COPIED = 1 << 22

Read = Callable[..., Transactions]


@dataclass(frozen=True)
class _Recording:
    """Sentences as they were cut, in a file of the store."""

    name: str
    size: int
    spaced: bool


@dataclass(frozen=True)
class _Found:
    """What a worker read of a piece."""

    rows: StoredRows
    names: list[str]
    counts: Counts
    dropped: Dropped
    recording: _Recording | None


def read_on_workers(
    corpus: Corpus | Shard,
    shape: Shape,
    read: Read,
    *,
    blanks: Iterable[str],
    exclude: Iterable[str],
    resources: Resources,
) -> PlacedTransactions:
    """As :func:`nlpzero.read_transactions`, by the workers of the cluster in `resources`.

    Parameters
    ----------
    corpus : Corpus
    shape : Lines or Sentences
        One that tells the transactions of a piece of the text from its lines alone.
    read : callable
        What reads a piece: :func:`nlpzero.read_transactions`.
    blanks, exclude : iterable of str
    resources : Resources
        Whose executor is a :class:`nlpzero.DaskExecutor`.

    Returns
    -------
    PlacedTransactions

    Raises
    ------
    NlpzeroError
        The shape is another one.
    ResourceError
        There is no place that all workers reach.
    """
    _check(corpus, shape)
    executor = resources.executor
    recorded = None
    if isinstance(shape, Sentences) and isinstance(shape.tokenizer, RecordedTokenizer):
        recorded = shape.tokenizer
        shape = replace(shape, tokenizer=recorded.tokenizer)
    with ExitStack() as stack:
        passes = stack.enter_context(open_passes(corpus, resources, compiled=False))
        store = passes.store
        if store is None:
            raise ResourceError(
                f"{passes.folder.parent}: not all workers of the cluster can write files there; "
                "name a folder that all machines share (--tmpdir), or a URL (--store)"
            )
        workers = executor.workers if isinstance(executor, DaskExecutor) else 1
        numbers: dict[str, int] = {}
        counts: list[int] = []
        rows: list[StoredRows] = []
        dropped = Dropped()
        for found in passes.map(
            _read_worker,
            shape,
            read,
            tuple(blanks),
            frozenset(exclude),
            store,
            recorded is not None,
            stage="reading",
            shards=corpus.shards(workers, _SHARD_BYTES),
            ordered=True,
        ):
            mine = [numbers.setdefault(name, len(numbers)) for name in found.names]
            counts += [0] * (len(numbers) - len(counts))
            for number, count in zip(mine, found.counts.tolist(), strict=True):
                counts[number] += count
            rows.append(replace(found.rows, numbers=np.array(mine, np.int32)))
            dropped = Dropped(*(a + b for a, b in zip(dropped, found.dropped, strict=True)))
            if found.recording is not None and recorded is not None:
                _take(found.recording, store, recorded)
        return PlacedTransactions(
            rows,
            tuple(numbers),
            np.array(counts, np.int64),
            dropped,
            passes.read,
            memory=passes.share,
            executor=executor,
            held=stack.pop_all(),
        )


def _check(corpus: Corpus | Shard, shape: Shape) -> None:
    if isinstance(shape, Sentences):
        return
    what = "not one transaction a line"
    if isinstance(shape, Lines):
        if not shape.line_ends and (not shape.header or len(corpus.sources) == 1):
            return
        what = "with line ends in quotes" if shape.line_ends else "several files with headers"
    raise NlpzeroError(
        "a cluster reads transactions that are one a line, and sentences; this input is "
        f"{what}: leave --executor out, or save it as lines without a header"
    )


def _take(recording: _Recording, store: CommonStore, recorded: RecordedTokenizer) -> None:
    """Add what a worker recorded to the recording of the whole text."""
    for start in range(0, recording.size, _COPIED):
        stop = min(start + _COPIED, recording.size)
        recorded.append(store.read(recording.name, start, stop), recording.spaced)
    store.remove(recording.name)


def _read_worker(
    shard: Shard,
    shape: Lines | Sentences,
    read: Read,
    blanks: tuple[str, ...],
    exclude: frozenset[str],
    store: CommonStore,
    record: bool,
    *,
    report: ReadReport,
) -> _Found:
    if isinstance(shape, Lines) and shape.header and shard.pieces[0].start:
        shape = replace(shape, header=False)  # the piece with the beginning has it
    with ExitStack() as stack:
        recorded = None
        if isinstance(shape, Sentences) and record:
            recorded = RecordedTokenizer(as_tokenizer(shape.tokenizer))
            stack.callback(recorded.close)
            shape = replace(shape, tokenizer=recorded)
        found = stack.enter_context(
            read(shard, shape, blanks=blanks, exclude=exclude, resources=Resources())
        )
        report.add(found.read)
        name = uuid4().hex
        items = 0
        with store.write(name) as file:
            parts = (
                list(found.row_parts())
                if isinstance(found, SpilledTransactions)
                else [(found.items, np.diff(found.offsets).astype(np.int32))]
            )
            for part, _ in parts:
                file.write(np.ascontiguousarray(part).data.cast("B"))
                items += len(part)
            for _, lengths in parts:
                file.write(np.ascontiguousarray(lengths).data.cast("B"))
        recording = None if recorded is None else _recording(recorded, store)
        rows = StoredRows(store, name, items, len(found), np.empty(0, np.int32))
        return _Found(rows, list(found.names), found.counts(), found.dropped, recording)


def _recording(recorded: RecordedTokenizer, store: CommonStore) -> _Recording:
    path: Path = recorded.file()
    name, size = uuid4().hex, 0
    with open(path, "rb") as made, store.write(name) as file:
        while data := made.read(_COPIED):
            file.write(data)
            size += len(data)
    return _Recording(name, size, recorded.is_spaced)
