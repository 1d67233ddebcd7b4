"""Counting n-grams: text to symbols, to packed keys, to sorted runs, to one table, within a memory
budget.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.sorted_runs import (
    ROW_BYTES,
    Run,
    in_memory,
    run_on_disk,
)
from nlpzero.engine.temporary import KeptFolder, PathLike
from nlpzero.ngrams.keys import PACKED_ORDER
from nlpzero.ngrams.levels import LevelCounter
from nlpzero.ngrams.table import HIGHEST_ORDER, Level, NGramCounts, common_alphabet, write_counts
from nlpzero.ngrams.window_counter import WindowCounter
from nlpzero.ngrams.windows import (
    Arrivals,
    CountedRun,
    TextPasses,
    blocks_of,
    handed_over,
    left_in,
    merged,
    whole_units,
    worker_folder,
)
from nlpzero.text.alphabet import Alphabet, GrowingAlphabet
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.text.points import Points, point_blocks

T = TypeVar("T")

_THREAD_SHARD = 32 << 20


def _count_windows(
    blocks: Iterable[Points], alphabet: Alphabet, memory: int, folder: Path | None
) -> tuple[Alphabet, list[Run]]:
    """Sorted runs of the four-symbol windows of a text, and the alphabet of their symbols."""
    growing = GrowingAlphabet(alphabet)
    counter = WindowCounter(memory, folder)
    for block in whole_units(blocks, alphabet):
        counter.add(growing.symbols_of(block))
    final, table = growing.freeze()
    return final, counter.finish(table)


def _window_worker(
    shard: Shard,
    alphabet: Alphabet,
    memory: int,
    left: Path | CommonStore | None,
    *,
    report: ReadReport,
) -> tuple[Alphabet, list[CountedRun]]:
    with worker_folder(left) as folder:
        final, runs = _count_windows(point_blocks(shard, report=report), alphabet, memory, folder)
        return final, handed_over(runs, memory, left)


def _shards_for(passes: TextPasses) -> list[Shard] | None:
    """Threads take large shards: what two of them have in common is merged once less."""
    return passes.text.shards(passes.jobs, _THREAD_SHARD, each=2) if passes.threads else None


def _count_table(passes: TextPasses, alphabet: Alphabet) -> tuple[Alphabet, Sequence[CountedRun]]:
    # one worker: one counter over the whole text, so that shards add no rows twice
    if passes.single:
        return _count_windows(blocks_of(passes, "count"), alphabet, passes.share, passes.folder)
    arrivals = Arrivals(passes)
    results = [
        (own, arrivals.keep(runs))
        for own, runs in passes.map(
            _window_worker,
            alphabet,
            passes.share,
            left_in(passes),
            stage="count",
            shards=_shards_for(passes),
        )
    ]
    if not results:
        return alphabet.with_astral(()), []
    final = common_alphabet([own for own, _ in results])
    return final, [replace(run, remap=own.remap_to(final)) for own, runs in results for run in runs]


def _check_options(order: int, min_count: int, alphabet: Alphabet | None) -> Alphabet:
    if not 1 <= order <= HIGHEST_ORDER:
        raise ValueError(f"`order` must be an integer from 1 to {HIGHEST_ORDER}, got {order}.")
    if min_count < 1:
        raise ValueError(f"`min_count` must be an integer >= 1, got {min_count}.")
    return Alphabet() if alphabet is None else alphabet


def count_ngrams(
    texts: Corpus | Shard | Iterable[str],
    order: int = PACKED_ORDER,
    *,
    min_count: int = 1,
    alphabet: Alphabet | None = None,
    resources: Resources | None = None,
) -> NGramCounts:
    """Count all n-grams of a text, exactly.

    N-grams lie within clauses: line ends, white space and punctuation end them. The result does not
    depend on `resources`, nor on how the text is cut into files and blocks.

    Parameters
    ----------
    texts : Corpus, or iterable of str
    order : int in [1, 16]
        Longest n-grams. Each order above 4 takes one more pass over the text.
    min_count : int >= 1
        Leave out n-grams longer than 4 that occur less often (and all that contain them). The
        orders up to 4 are always complete.
    alphabet : Alphabet, optional
        How characters become symbols; default every character its own.
    resources : Resources, optional
        What the run may use. A table too large for its memory stays in a temporary file as long as
        it is used.

    Returns
    -------
    NGramCounts

    Raises
    ------
    CorpusError
        The text cannot be read.
    ResourceError
        The disk is full.

    Examples
    --------
    >>> counts = count_ngrams(["他说他说得好", "说得好！说得好！"], order=5)
    >>> counts.count_of(["说得好", "他说他说得"]).tolist()
    [3, 1]
    """
    alphabet = _check_options(order, min_count, alphabet)
    corpus = as_corpus(texts, passes=max(1, order - PACKED_ORDER + 1))
    with open_passes(corpus, resources) as passes:
        final, rows, levels = _counted(passes, order, alphabet, min_count)
        size = ROW_BYTES * sum(map(len, [*rows, *levels]))
        chunks = merged(passes, rows)
        if size <= passes.budget // 2:
            tables = [Level(*in_memory(level.chunks(max(1, len(level))))) for level in levels]
            table = NGramCounts(
                *in_memory(chunks), final, order=order, min_count=min_count, levels=tables
            )
        else:
            kept_folder = KeptFolder(passes.resources.tmpdir)
            path = kept_folder.path / "counts.nz"
            write_counts(path, chunks, final, order=order, min_count=min_count, levels=levels)
            table = NGramCounts.load(path)
            table.keep_folder(kept_folder)
        table.read = passes.read
        return table


def _counted(
    passes: TextPasses, order: int, alphabet: Alphabet, min_count: int
) -> tuple[Alphabet, Sequence[CountedRun], list[Run]]:
    """The alphabet, runs of the windows still to be merged, and the levels above order 4."""
    final, runs = _count_table(passes, alphabet)
    if order <= PACKED_ORDER:
        return final, runs, []
    # every level needs the windows, so they are merged now
    chunks = merged(passes, runs)
    if 4 * ROW_BYTES * sum(map(len, runs)) <= passes.budget:
        keys, counts = in_memory(chunks)
        windows = Run(len(keys), keys, counts)
    else:
        windows = run_on_disk(chunks, passes.folder)
        for run in runs:
            run.delete()
    counter = LevelCounter(passes, windows, final, min_count)
    for _ in range(order - PACKED_ORDER):
        counter.count()
    return final, [windows], counter.levels


def count_to_file(
    texts: Corpus | Shard | Iterable[str],
    path: PathLike,
    order: int = PACKED_ORDER,
    *,
    min_count: int = 1,
    alphabet: Alphabet | None = None,
    resources: Resources | None = None,
) -> ReadReport:
    """Count all n-grams of a text into a file for :meth:`NGramCounts.load`.

    The same as :func:`count_ngrams` and ``save``, byte for byte, but the table streams to the file
    and is never whole in memory. Parameters as there.

    Returns
    -------
    ReadReport
        What was read.
    """
    alphabet = _check_options(order, min_count, alphabet)
    corpus = as_corpus(texts, passes=max(1, order - PACKED_ORDER + 1))
    with open_passes(corpus, resources) as passes:
        final, rows, levels = _counted(passes, order, alphabet, min_count)
        write_counts(
            path, merged(passes, rows), final, order=order, min_count=min_count, levels=levels
        )
        return passes.read
