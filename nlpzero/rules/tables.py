"""Tables that are no text, read by pandas where it is installed: Parquet, Excel, data frames."""

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nlpzero.engine.resources import ReadReport
from nlpzero.errors import CorpusError
from nlpzero.rules.item_numbers import text_of
from nlpzero.text.cells import json_cell

if TYPE_CHECKING:
    from nlpzero.text.files import Source

_TABLES = (".parquet", ".xlsx", ".xlsm", ".xls")
_ROWS = 20_000  # turned into text at a time


def is_table(source: "Source") -> bool:
    """Whether the name of an input says that pandas has to read it."""
    return source.kind == "file" and source.name.lower().endswith(_TABLES)


def read_table(
    source: "Source", report: ReadReport, progress: Callable[[int], object] | None
) -> Iterator[bytes]:
    """The rows of a Parquet or Excel file as CSV, or as JSON Lines if cells are lists.

    The table is in memory as a whole: pandas reads it.

    Raises
    ------
    CorpusError
        There is no pandas, or not what it needs for the format; or it cannot read the file.
    """
    assert source.location is not None
    kind = source.name.rsplit(".", 1)[1].lower()
    package = "pyarrow" if kind == "parquet" else "xlrd" if kind == "xls" else "openpyxl"
    try:
        import pandas as pd
    except ImportError:
        raise CorpusError(_missing(source.name, package)) from None
    read = pd.read_parquet if kind == "parquet" else pd.read_excel
    try:
        frame = read(source.location)
    except ImportError:
        raise CorpusError(_missing(source.name, package)) from None
    except Exception as error:  # whatever the packages below raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise CorpusError(f"{source.name}: pandas cannot read it: {reason}") from error
    report.bytes_read += source.size or 0
    if progress is not None:
        progress(source.size or 0)
    yield from frame_blocks(frame)


def _missing(name: str, package: str) -> str:
    return (
        f"{name}: is read with pandas and {package}; run: pip install pandas {package}, or save "
        "the table as CSV"
    )


def frame_blocks(frame: Any) -> Iterator[bytes]:
    """The rows of a data frame, without its index."""
    lists = [name for name in frame.columns if _has_lists(frame[name])]
    for start in range(0, max(len(frame), 1), _ROWS):
        part = frame.iloc[start : start + _ROWS]
        if not lists:
            text = part.to_csv(index=False, header=start == 0, lineterminator="\n")
            yield text.encode("utf-8")
            continue
        out = io.StringIO()
        for row in part[lists].itertuples(index=False):
            cells = (
                f"{json_cell(str(name))}: [{', '.join(map(_json_item, _items(value)))}]"
                for name, value in zip(lists, row, strict=True)
            )
            out.write("{" + ", ".join(cells) + "}\n")
        yield out.getvalue().encode("utf-8")


def _has_lists(column: Any) -> bool:
    if column.dtype != object:
        return False
    return any(_items(value) is not None for value in column.dropna().head(1))


def _items(value: Any) -> Any:
    """The items of a cell that is a list, set or array; None of another."""
    if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "tolist"):
        return list(value)
    return None


def _json_item(value: Any) -> str:
    text = text_of(value)
    return json_cell(text) if text else "null"
