"""Word counts of several corpora together."""

import os
from collections.abc import Sequence

from nlpzero.engine.resources import Resources
from nlpzero.engine.storage import FileWriter
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import StorageError
from nlpzero.words.columns import Bound, Columns, collect
from nlpzero.words.sorted_frames import merge_in_rounds
from nlpzero.words.table import KIND, WordCounts, append_frames

# share of the memory budget that the result of a merge may take before it goes to a file
_RESULT_SHARE = 2


def merge_word_counts(
    tables: Sequence[WordCounts | PathLike],
    out: PathLike | None = None,
    *,
    resources: Resources | None = None,
) -> WordCounts:
    """Counts of several corpora together: exactly what counting all of them at once gives.

    Parameters
    ----------
    tables : sequence of WordCounts or path
        Tables, or files that :meth:`WordCounts.save` wrote, which are not read into memory. All
        with document counts, or all without.
    out : path, optional
        Write the result to this file, in little memory, and open it; the bytes are those of
        counting both corpora at once and saving that.
    resources : Resources, optional
        Memory and the folder for temporary files, which only many tables, or large ones, need.

    Returns
    -------
    WordCounts

    Raises
    ------
    StorageError
        A file cannot be read or is something else, or only some of the tables have document counts.

    Examples
    --------
    >>> day = WordCounts.from_counts({"天气": 3})
    >>> next_day = WordCounts.from_counts({"天气": 1, "雨": 2})
    >>> dict(merge_word_counts([day, next_day]))
    {'天气': 4, '雨': 2}
    """
    if isinstance(tables, (str, os.PathLike, WordCounts)):
        raise TypeError("`tables` must be a sequence of tables or paths, got one; pass [it].")
    if not tables:
        raise ValueError("`tables` must hold at least one table or path.")
    given = Resources() if resources is None else resources
    total, documents = _totals(tables)
    runs = [_opened(table) for table in tables]
    with given.scratch() as folder:
        frames = merge_in_rounds(runs, folder)
        if out is not None:
            with FileWriter(out, KIND) as writer:
                append_frames(writer, frames)
                writer.finish({"total": total, "documents": documents})
            return WordCounts.load(out)
        bound = Bound(
            sum(map(len, runs)), sum(run.pool_bytes for run in runs), documents is not None
        )
        columns = collect(frames, bound, given.budget // _RESULT_SHARE, given.tmpdir)
    return WordCounts(columns, total=total, documents=documents)


def _totals(tables: Sequence[WordCounts | PathLike]) -> tuple[int, int | None]:
    """Tokens and documents of all tables; files are asked for no more than their headers."""
    total = 0
    documents: int | None = None
    with_documents = without_documents = ""
    for number, table in enumerate(tables, 1):
        if isinstance(table, WordCounts):
            name, tokens, in_documents = f"table {number}", table.total, table.documents
        else:
            name = os.fspath(table)
            opened = WordCounts.load(table)
            tokens, in_documents = opened.total, opened.documents
        total += tokens
        if in_documents is None:
            without_documents = name
        else:
            with_documents = name
            documents = (documents or 0) + in_documents
    if with_documents and without_documents:
        raise StorageError(
            f"{with_documents} has document counts and {without_documents} has none; "
            "count again so that all have them or none"
        )
    return total, documents


def _opened(table: WordCounts | PathLike) -> Columns:
    if isinstance(table, WordCounts):
        return table.columns
    return WordCounts.load(table).columns
