"""Adding up counts: tables of several texts into the table of all, in memory or from file to
file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Keys
from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.resources import Resources
from nlpzero.engine.sorted_runs import (
    Run,
    SortedRows,
    in_memory,
    merge_runs,
    remap_keys,
    run_on_disk,
)
from nlpzero.engine.temporary import PathLike, disk_errors
from nlpzero.errors import StorageError
from nlpzero.ngrams.keys import PACKED_ORDER, next_keys, split_next_keys
from nlpzero.ngrams.levels import whole_grams
from nlpzero.ngrams.merging_on_workers import merged_on_workers
from nlpzero.ngrams.table import Level, NGramCounts, common_alphabet, write_counts
from nlpzero.text.alphabet import Alphabet


class _TableRows:
    """The rows of a table with symbols of a common alphabet."""

    def __init__(self, table: NGramCounts, alphabet: Alphabet) -> None:
        self._table = table
        self._remap = table.alphabet.remap_to(alphabet)

    def __len__(self) -> int:
        return len(self._table)

    def chunks(self, rows: int) -> Iterator[tuple[Keys, Counts]]:
        for keys, counts in self._table.chunks(rows):
            yield remap_keys(keys, self._remap), counts


def merge_to_file(
    tables: Sequence[NGramCounts | PathLike],
    path: PathLike,
    *,
    resources: Resources | None = None,
) -> None:
    """Add the counts of several tables and write the sum; see :func:`merge_counts`.

    Everything streams from file to file, within the memory and the temporary folder of `resources`.

    Parameters
    ----------
    tables : sequence of NGramCounts or path
        Tables, or files that :meth:`NGramCounts.save` wrote.
    path : path
        The file to write.
    resources : Resources, optional
        Workers of a cluster add up the n-grams up to order 4, if the tables are files that they
        reach under the same names; longer ones are added up here.
    """
    names = [os.fspath(table) for table in tables if not isinstance(table, NGramCounts)]
    opened = [
        table if isinstance(table, NGramCounts) else NGramCounts.load(table) for table in tables
    ]
    alphabet, order = _check_mergeable(opened)
    allowed = resources or Resources()
    rows = [_TableRows(table, alphabet) for table in opened]
    with allowed.scratch() as folder:
        levels = _merge_levels(opened, alphabet, order, allowed.budget // 2, folder)
        chunks = merge_runs(rows, allowed.budget // 2)
        if isinstance(allowed.executor, DaskExecutor) and len(names) == len(tables):
            chunks = merged_on_workers(names, opened, alphabet, allowed)
        write_counts(path, chunks, alphabet, order=order, levels=levels)


def merge_counts(*tables: NGramCounts) -> NGramCounts:
    """Add the counts of several texts.

    Counts form a commutative monoid: any split of a corpus, counted in parts and merged in any
    order, gives the table of the whole.

    Parameters
    ----------
    *tables : NGramCounts
        At least one; made with the same options.

    Returns
    -------
    NGramCounts
        Of the lowest order among them.

    Raises
    ------
    StorageError
        The tables were made with different options, or hold n-grams above order 4 from which rare
        ones were left out (`min_count` above 1): their sum would not be exact.

    Examples
    --------
    >>> from nlpzero import count_ngrams
    >>> both = merge_counts(count_ngrams(["花开花落"]), count_ngrams(["花开"]))
    >>> both.count_of(["花开", "花"]).tolist()
    [2, 3]
    """
    alphabet, order = _check_mergeable(tables)
    allowed = Resources()
    rows = [_TableRows(table, alphabet) for table in tables]
    with allowed.scratch() as folder:
        runs = _merge_levels(tables, alphabet, order, allowed.budget // 2, folder)
        levels = [Level(*in_memory(run.chunks(max(1, len(run))))) for run in runs]
    return NGramCounts(
        *in_memory(merge_runs(rows, allowed.budget)), alphabet, order=order, levels=levels
    )


def _check_mergeable(tables: Sequence[NGramCounts]) -> tuple[Alphabet, int]:
    if not tables:
        raise ValueError("nothing to merge: pass at least one table.")
    order = min(table.order for table in tables)
    if order > PACKED_ORDER and any(table.min_count > 1 for table in tables):
        raise StorageError(
            f"counts of order {order} without rare n-grams (min_count "
            f"{max(table.min_count for table in tables)}) cannot be merged exactly; "
            "count the parts with min_count 1"
        )
    return common_alphabet([table.alphabet for table in tables]), order


# --- above order 4 --------------------------------------------------------------------------------

# Rows taken at a time.
_CHUNK_ROWS = 1 << 18


class _Member:
    """One table while its levels are merged: where its rows of the order below stand in the sum."""

    def __init__(self, table: NGramCounts, alphabet: Alphabet, folder: Path) -> None:
        self.table = table
        self.remap = table.alphabet.remap_to(alphabet)
        self._folder = folder
        self._path = folder

    def place(self, rows: SortedRows, merged: Run) -> None:
        """Note, for each row of a level, its row in the merged level, which has them all."""
        known = merged.mapped_keys()
        # a new file: the rows of this level may be known by the places of the level below
        path = self._folder / uuid4().hex
        with disk_errors(self._folder), open(path, "wb") as file:
            for keys, _ in rows.chunks(_CHUNK_ROWS):
                low, high = np.searchsorted(known, keys[[0, -1]]).tolist()
                places = low + np.searchsorted(merged.key_slice(low, high + 1), keys)
                file.write(places.astype(np.int64).data.cast("B"))
        self._path = path

    def places(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows in the merged level of ascending rows of this table's."""
        first, count = int(rows[0]), int(rows[-1] - rows[0]) + 1
        stored = np.fromfile(self._path, np.int64, count, offset=8 * first)
        return stored[rows - first]


class _LevelRows:
    """One level of a table, with prefixes numbered as in the sum."""

    def __init__(self, member: _Member, k: int) -> None:
        self._member = member
        self._k = k
        self._level = member.table.levels[k - PACKED_ORDER - 1]

    def __len__(self) -> int:
        return len(self._level.keys)

    def chunks(self, rows: int) -> Iterator[tuple[Keys, Counts]]:
        self._member.table.check_level(self._k)
        for start in range(0, len(self), rows):
            keys = self._level.keys[start : start + rows]
            prefixes, last = split_next_keys(keys)
            if self._member.remap is not None:
                last = self._member.remap[last]
            counts = self._level.counts[start : start + rows]
            yield next_keys(self._member.places(prefixes), last), counts


def _merge_levels(
    tables: Sequence[NGramCounts], alphabet: Alphabet, order: int, memory: int, folder: Path
) -> list[Run]:
    """Merge the orders above 4 on disk: prefixes are renumbered, which keeps their order."""
    if order <= PACKED_ORDER:
        return []
    members = [_Member(table, alphabet, folder) for table in tables]
    levels: list[Run] = []
    rows: list[SortedRows] = [
        run_on_disk(whole_grams(_TableRows(table, alphabet)), folder) for table in tables
    ]
    merged = run_on_disk(merge_runs(rows, memory), folder)
    for k in range(PACKED_ORDER + 1, order + 1):
        for member, own in zip(members, rows, strict=True):
            member.place(own, merged)
        rows = [_LevelRows(member, k) for member in members]
        merged = run_on_disk(merge_runs(rows, memory), folder)
        levels.append(merged)
    return levels
