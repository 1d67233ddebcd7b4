"""The first rows of a result, as text for a terminal and as HTML for a notebook."""

import unicodedata
from collections.abc import Iterable, Sequence

#: How many rows a result shows of itself.
SHOWN_ROWS = 10

# longer cells are cut, so that one of them does not push the others off the line; in columns of a
# terminal
_WIDEST = 40


def quoted(text: str, most: int = 60) -> str:
    """The beginning of a text in quotes, in one line, for a message.

    Examples
    --------
    >>> print(quoted("a\\n" * 9, 5))
    'a\\na\\na…'
    """
    return repr(text if len(text) <= most else text[:most] + "…")


def listed(names: Sequence[str], most: int = 10) -> str:
    """Names in one line, for a message, the first ones if they are many.

    Examples
    --------
    >>> listed(["id", "text"]), listed([]), listed(["a", "b", "c"], 2)
    ('id, text', 'none', 'a, b and 1 more')
    """
    shown = [
        name if name.isprintable() and len(name) <= _WIDEST else quoted(name, _WIDEST)
        for name in names[:most]
    ]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (", ".join(shown) or "none") + more


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes: ideographs and full-width characters take two.

    Examples
    --------
    >>> text_width("北京 is big"), text_width("e\\u0301")
    (11, 1)
    """
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """A text with spaces up to a width, behind it, or before it to have it stand on the right.

    Examples
    --------
    >>> padded("北京", 6) + "|", padded("1", 3, right=True)
    ('北京  |', '  1')
    """
    spaces = " " * max(width - text_width(text), 0)
    return spaces + text if right else text + spaces


def text_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], total: int | None = None
) -> str:
    """Rows as aligned text, as the ``repr`` of a result shows them.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of sequences
        Only the first ten are taken. Text stands on the left, numbers on the right; floats have
        four digits; sets and sequences are listed with spaces between.
    total : int, optional
        How many rows there are in all; a last line tells the number of those not shown.

    Returns
    -------
    str
        Lines without a final line feed.

    Examples
    --------
    >>> print(text_table(["word", "count"], [("北京", 12), ("图书馆", 3)], 2000))
    word    count
    北京       12
    图书馆      3
    ... 1,998 more
    """
    shown, numeric = _shown(columns, rows)
    cells = [list(columns), *([_cut(cell) for cell in row] for row in shown)]
    widths = [max(map(text_width, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            padded(cell, width, right=number)
            for cell, width, number in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in cells
    ]
    return "\n".join([*lines, *_more(len(shown), total)])


def html_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], total: int | None = None
) -> str:
    """The same rows as an HTML table, as ``_repr_html_`` of a result gives to a notebook.

    Parameters
    ----------
    columns, rows, total
        As for :func:`text_table`. All text is escaped.

    Returns
    -------
    str

    Examples
    --------
    >>> print(html_table(["word", "count"], [("<b>", 12)], 1).replace("><t", ">\\n<t"))
    <table>
    <thead>
    <tr>
    <th>word</th>
    <th>count</th></tr></thead>
    <tbody>
    <tr>
    <td>&lt;b&gt;</td>
    <td style="text-align: right">12</td></tr></tbody></table>
    """
    import html  # which has a table of all its entities

    shown, numeric = _shown(columns, rows)
    head = "".join(f"<th>{html.escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{_RIGHT if number else ''}>{html.escape(cell)}</td>"
            for cell, number in zip(row, numeric, strict=True)
        )
        + "</tr>"
        for row in shown
    )
    more = "".join(f"<p>{line}</p>" for line in _more(len(shown), total))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


_RIGHT = ' style="text-align: right"'


def _shown(
    columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> tuple[list[list[str]], list[bool]]:
    """The cells of the first rows as text, and which columns hold numbers only."""
    cells: list[list[str]] = []
    numeric = [True] * len(columns)
    for row, _ in zip(rows, range(SHOWN_ROWS), strict=False):
        cells.append([_cell(value) for value in row])
        numeric = [is_ and _is_number(value) for is_, value in zip(numeric, row, strict=True)]
    return cells, numeric if cells else [False] * len(columns)


def _is_number(value: object) -> bool:
    return value is None or (hasattr(value, "__float__") and not isinstance(value, bool))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _one_line(value)
    if hasattr(value, "__index__"):
        return f"{value:,}"
    if hasattr(value, "__float__"):
        return f"{float(value):.4g}"
    if isinstance(value, (set, frozenset)):
        return _one_line(" ".join(sorted(map(str, value))))
    if isinstance(value, (tuple, list)):
        return _one_line(" ".join(map(str, value)))
    return _one_line(str(value))


def _one_line(text: str) -> str:
    """A text whose line feeds and other controls show as escapes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _cut(text: str) -> str:
    if text_width(text) <= _WIDEST:
        return text
    width = 0
    for at, character in enumerate(text):
        width += _character_width(character)
        if width > _WIDEST - 3:
            return text[:at] + "..."
    return text


def _more(shown: int, total: int | None) -> list[str]:
    return [f"... {total - shown:,} more"] if total is not None and total > shown else []
