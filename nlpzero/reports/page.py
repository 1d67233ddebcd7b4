"""A result as one self-contained HTML file: columns of values, what is drawn of them, and how that
is put into the page safely.

The page knows nothing of words or rules: a result says which columns it has and what is drawn of
them. The templates beside this module are put together with the data as JSON; the file loads
nothing, works from ``file://``, and runs no code but its own.
"""

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from nlpzero.engine.temporary import PathLike, atomic_output

# in this order one script
_SCRIPTS = ("data.js", "plots.js", "table.js", "network.js", "page.js")
# what ends a script element or begins a comment in it, what older JavaScript takes for line ends,
# and lone surrogates, which UTF-8 does not have
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True)
class Column:
    """Values of one kind, one for each row.

    Parameters
    ----------
    key, label : str
        The name of the column in the data, and above it.
    values : sequence
        Text; integers; floats; for "items" lists of numbers into :attr:`Page.items`; for "split"
        where the text of the first column is split, 0 for nowhere.
    kind : {"text", "integer", "number", "items", "split"}
    bar : {"none", "length", "unit", "both"}
        What is drawn behind a number: its length up to the largest one, up to 1, or to both sides
        of zero.
    log : bool
        Whether bars and axes are logarithmic; only for values that are not negative.
    help : str
        What the values mean, in one sentence.
    shown : bool
        Whether it is a column of the table, too.
    """

    key: str
    label: str
    values: Sequence[Any]
    kind: Literal["text", "integer", "number", "items", "split"] = "number"
    bar: Literal["none", "length", "unit", "both"] = "length"
    log: bool = False
    help: str = ""
    shown: bool = True


@dataclass(frozen=True)
class Threshold:
    """A threshold that can be moved, drawn into the histogram of its column.

    Parameters
    ----------
    column : str
    value : float or None
        The one in force; None for none.
    side : {"least", "most"}
        Whether rows below it or above it go.
    option : str
        What it is called on the command line, if it is an option.
    marks : sequence of float
        Further lines in the histogram, which do not move.
    """

    column: str
    value: float | None = None
    side: Literal["least", "most"] = "least"
    option: str = ""
    marks: Sequence[float] = ()


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Parameters
    ----------
    title : str
    noun : str
        What a row is, in the plural.
    columns : sequence of Column
        Of equal length; the first names the row.
    x, y, size : str
        Numeric columns: the axes of the scatter plot at first, and the size of its points.
    tint : str, optional
        A numeric column: points below zero there have another colour.
    thresholds : sequence of Threshold
    facts : sequence of (name, text)
        The most important ones, shown large.
    details : sequence of (heading, sequence of (name, text))
        Further facts, in lists.
    contexts : sequence of sequence of (left, word, right)
        Lines of the text for the first rows, as many as there are.
    items : sequence of str
        Names that columns of the kind "items" refer to.
    network : tuple of (str, str, str), optional
        Draw a network of the items: columns with the items on the left and on the right, and with
        the weight.
    options : sequence of str
        What the command line needs beside the options of the thresholds.
    source : str
        What was read, for the line below the title.
    neighbours : sequence of sequence of (row, similarity)
        The nearest rows of the first rows, as many as there are.
    map : tuple of (str, str), optional
        Two numeric columns that are a map of the rows: one unit is as long across as up.
    """

    title: str
    noun: str
    columns: Sequence[Column]
    x: str
    y: str
    size: str
    tint: str | None = None
    thresholds: Sequence[Threshold] = ()
    facts: Sequence[tuple[str, str]] = ()
    details: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
    contexts: Sequence[Sequence[tuple[str, str, str]]] = ()
    items: Sequence[str] = ()
    network: tuple[str, str, str] | None = None
    options: Sequence[str] = ()
    source: str = ""
    neighbours: Sequence[Sequence[tuple[int, float]]] = ()
    map: tuple[str, str] | None = None


def write_page(page: Page, path: PathLike) -> None:
    """Write a page as one HTML file, which appears complete or not at all.

    Raises
    ------
    NlpzeroError
        The file cannot be written.
    """
    text = page_html(page).encode("utf-8")
    with atomic_output(path) as file:
        file.write(text)


def page_html(page: Page) -> str:
    """A page as HTML that needs nothing else.

    Its policy allows the one script and the one style sheet inside it, by their hashes, and nothing
    else: no network, no other code, and no text that is turned into elements.
    """
    folder = files(__package__)

    def part(name: str) -> str:
        return folder.joinpath(name).read_text(encoding="utf-8")

    style = part("page.css")
    script = "".join(map(part, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src '{source_hash(script)}'; "
        f"style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    parts = {
        "policy": html.escape(policy, quote=True),
        "title": html.escape(encodable(page.title)),
        "style": style,
        "data": json_in_html(_data(page)),
        "script": script,
    }
    # in one go: nothing that is put in is looked at again
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], part("page.html"))


def json_in_html(value: Any) -> str:
    """JSON that can stand inside a script element, whatever strings there are in it.

    >>> json_in_html(["</script>", "<!--", "是\\u2028"])
    '["\\\\u003c/script\\\\u003e","\\\\u003c!--","是\\\\u2028"]'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def source_hash(text: str) -> str:
    """What a policy calls a script or a style sheet that it allows."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def encodable(text: str) -> str:
    """A text with question marks for lone surrogates, which UTF-8 does not have."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _number(value: float | None) -> float | int | str | None:
    """A number with six significant digits, as in tables, and as short as it can be written.

    JSON has no infinity and no nan: these are strings and null.
    """
    if value is None or math.isnan(value):
        return None
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    rounded = float(format(value, ".6g"))
    return int(rounded) if rounded.is_integer() and abs(rounded) < 2**53 else rounded


def _values(column: Column) -> list[Any]:
    if column.kind == "number":
        return [_number(value) for value in column.values]
    return list(column.values)


def _data(page: Page) -> Mapping[str, Any]:
    lengths = {len(column.values) for column in page.columns}
    if len(lengths) != 1:
        raise ValueError(f"`columns` must be of equal length, got {sorted(lengths)}")
    keys = {column.key for column in page.columns}
    tint = [] if page.tint is None else [page.tint]
    named = [
        page.x,
        page.y,
        page.size,
        *tint,
        *(page.network or ()),
        *(page.map or ()),
        *_columns_of(page.thresholds),
    ]
    unknown = [key for key in named if key not in keys]
    if unknown:
        raise ValueError(f"there is no column {unknown[0]!r}, only {sorted(keys)}")
    return {
        "title": page.title,
        "noun": page.noun,
        "source": page.source,
        "rows": lengths.pop(),
        "columns": [
            {
                "key": column.key,
                "label": column.label,
                "kind": column.kind,
                "bar": column.bar,
                "log": column.log,
                "help": column.help,
                "shown": column.shown,
                "values": _values(column),
            }
            for column in page.columns
        ],
        "scatter": {"x": page.x, "y": page.y, "size": page.size, "tint": page.tint},
        "thresholds": [
            {
                "column": threshold.column,
                "value": _number(threshold.value),
                "side": threshold.side,
                "option": threshold.option,
                "marks": [_number(mark) for mark in threshold.marks],
            }
            for threshold in page.thresholds
        ],
        "facts": page.facts,
        "details": page.details,
        "contexts": [[list(context) for context in lines] for lines in page.contexts],
        "items": list(page.items),
        "network": page.network,
        "options": list(page.options),
        "neighbours": [[[row, _number(near)] for row, near in line] for line in page.neighbours],
        "map": page.map,
    }


def _columns_of(thresholds: Iterable[Threshold]) -> list[str]:
    return [threshold.column for threshold in thresholds]
