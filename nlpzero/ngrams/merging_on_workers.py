"""Adding up tables of counts on the workers of a cluster: each opens all tables, and merges the
rows of one range of keys.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from nlpzero.engine.arrays import Keys
from nlpzero.engine.common_store import CommonStore
from nlpzero.engine.key_ranges import (
    KeyRange,
    StoredRun,
    number_of_ranges,
    ranges_between,
    rows_of,
    store_run,
)
from nlpzero.engine.parallel import map_shards
from nlpzero.engine.passes import open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.sorted_runs import Chunk, Run, merge_in_memory, remap_keys
from nlpzero.errors import ResourceError, StorageError
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus

# keys of each table that tell where to cut, for each range
_SAMPLES = 4


def merged_on_workers(
    paths: Sequence[str], tables: Sequence[NGramCounts], alphabet: Alphabet, resources: Resources
) -> Iterator[Chunk]:
    """The rows of tables with the symbols of a common alphabet, added up by workers.

    Parameters
    ----------
    paths : sequence of str
        Of the files, as all workers name them.
    tables : sequence of NGramCounts
        The same, opened here: to know where to cut.
    alphabet : Alphabet
        Has the characters of all.
    resources : Resources
        With the cluster.

    Yields
    ------
    keys : ndarray of uint64
    counts : ndarray of int64

    Raises
    ------
    ResourceError
        There is no place that all workers reach.
    StorageError
        A file is damaged, or a worker cannot read it.
    """
    with open_passes(Corpus.from_texts([]), resources) as passes:
        store = passes.store
        if store is None:
            raise ResourceError(
                f"{passes.folder.parent}: not all workers of the cluster can write files there; "
                "name a folder that all machines share, or a URL (--store)"
            )
        rows = sum(map(len, tables))
        number = number_of_ranges(rows, passes.budget, passes.executor)
        firsts = np.concatenate([_some_keys(table, alphabet, number) for table in tables])
        firsts.sort()
        parts = map_shards(
            _merge_range,
            ranges_between(firsts, number),
            tuple(paths),
            alphabet,
            store,
            executor=passes.executor,
            ordered=True,
        )
        total = 0
        for keys, counts in rows_of(parts):
            total += int(counts.sum())
            yield keys, counts
        if total != sum(table.total for table in tables):
            raise StorageError(
                "a file of counts is damaged: its total is not the sum of its counts"
            )


def _some_keys(table: NGramCounts, alphabet: Alphabet, ranges: int) -> Keys:
    number = min(len(table), _SAMPLES * ranges)
    rows = [len(table) * i // number for i in range(number)]
    keys = [np.zeros(0, np.uint64), *(np.asarray(table._keys[row : row + 1]) for row in rows)]
    return remap_keys(np.concatenate(keys), table.alphabet.remap_to(alphabet))


def _merge_range(
    keys: KeyRange,
    paths: tuple[str, ...],
    alphabet: Alphabet,
    store: CommonStore,
    *,
    report: ReadReport,
) -> StoredRun:
    pieces = [_rows_between(NGramCounts.load(path), alphabet, keys) for path in paths]
    runs = [Run(len(piece[0]), *piece) for piece in pieces]
    return store_run(merge_in_memory(runs), store)


def _rows_between(table: NGramCounts, alphabet: Alphabet, keys: KeyRange) -> Chunk:
    """The rows of a table whose keys, with the symbols of the alphabet, lie in a range."""
    remap = table.alphabet.remap_to(alphabet)
    bounds = []
    for key in (keys.low, keys.high + 1):
        low, high = 0, len(table)
        while low < high:
            row = (low + high) // 2
            here = remap_keys(np.asarray(table._keys[row : row + 1]).copy(), remap)
            if int(here[0]) < key:
                low = row + 1
            else:
                high = row
        bounds.append(low)
    start, stop = bounds
    found = remap_keys(np.asarray(table._keys[start:stop]), remap)
    return found, table._counts_between(start, stop)
