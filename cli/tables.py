"""Tables for eyes: what a command shows on a terminal when nobody asked for a format.

Whatever is piped, or written to a file, has the format it always had.
"""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import click

from . import progress
from .command import given

# lines of a screen that no row gets: two of header, the rule, what is said below, the prompt
_OTHER_LINES = 6
_LEAST_ROWS = 10
# columns of a terminal that text is never clipped below
_NARROWEST = 8
_GAP = "  "
# parameters that say how many rows there are
_LENGTHS = {"top": "--top", "max_rules": "--max-rules"}


def for_eyes(path: str | None) -> bool:
    """Whether a result goes to a terminal and no format was asked for."""
    if path not in (None, "-") or not sys.stdout.isatty():
        return False
    context = click.get_current_context(silent=True)
    return context is not None and not given("format", context)


class _Column(NamedTuple):
    """Header lines, cells, and how they stand.

    width : int
        Columns of the terminal that it wants.
    least : int
        Those below which it would not be of use.
    """

    head: tuple[str, ...]
    cells: list[str]
    right: bool
    width: int
    least: int


def show(
    columns: Sequence[str],
    rows: Iterable[Any],
    *,
    read: Callable[[Any], Sequence[Any]] | None = None,
    under: Callable[[int], Iterable[str]] | None = None,
) -> int:
    """Write the head of a table to standard output, and how much more there is.

    Parameters
    ----------
    columns : sequence of str
        Names; at an underscore they are broken into two lines.
    rows : iterable
        All rows. As many are shown as the screen has lines, or as ``--top`` says.
    read : callable, optional
        Makes a sequence of values of a row; not called for those that are not shown.
    under : callable, optional
        Lines below the row of a number.

    Returns
    -------
    int
        How many rows there were.
    """
    progress.hide()
    from shutil import get_terminal_size  # not needed where the output is no terminal

    width, height = get_terminal_size((80, 24))
    context = click.get_current_context(silent=True)
    names = set() if context is None else {param.name for param in context.command.params}
    lengths = {name: option for name, option in _LENGTHS.items() if name in names}
    known = any(given(name, context) for name in lengths)
    most = None if known else max(height - _OTHER_LINES, _LEAST_ROWS)
    rows = iter(rows)
    head = list(islice(rows, most))
    values = head if read is None else [read(row) for row in head]
    more = sum(1 for _ in rows)
    lines, hidden = _lines(columns, values, max(width, 20))
    write = sys.stdout.write
    for number, line in enumerate(lines):
        write(line + "\n")
        if under is not None and number > lines_of_header(columns):
            for text in under(number - lines_of_header(columns) - 1):
                write(clipped(f"    {text}", max(width, 20)) + "\n")
    ways = ["-o", *lengths.values()]
    if more:
        write(f"… {more:,} more: use {' or '.join(ways)}\n")
    if hidden:
        write(clipped(f"… no room for {', '.join(hidden)}", max(width, 20)) + "\n")
    sys.stdout.flush()
    return len(head) + more


def lines_of_header(columns: Sequence[str]) -> int:
    """How many lines the names take, without the rule."""
    return max((len(_broken(name)) for name in columns), default=1)


def _lines(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], room: int
) -> tuple[list[str], list[str]]:
    """Header, rule and rows as wide as there is room, and the names that found none."""
    made = [_column(name, [row[i] for row in rows]) for i, name in enumerate(columns)]
    widths = [column.width for column in made]
    shown = len(made)
    while sum(widths[:shown]) + len(_GAP) * (shown - 1) > room:
        over = sum(widths[:shown]) + len(_GAP) * (shown - 1) - room
        # clip the widest text first, then leave out the last column
        widest = max(range(shown), key=lambda i: widths[i] - made[i].least)
        spare = widths[widest] - made[widest].least
        if sum(widths[i] - made[i].least for i in range(shown)) >= over or shown == 1:
            if spare <= 0:
                break
            widths[widest] -= min(over, spare, max(1, spare // 2))
        else:
            shown -= 1
            widths = [column.width for column in made]
    high = max((len(column.head) for column in made), default=1)
    lines = []
    for level in range(high):
        heads = [("",) * (high - len(c.head)) + c.head for c in made[:shown]]
        lines.append(_line(made, widths, [head[level] for head in heads]))
    lines.append(_GAP.join("─" * width for width in widths[:shown]))
    for n in range(len(rows)):
        lines.append(_line(made, widths, [column.cells[n] for column in made[:shown]]))
    return lines, list(columns[shown:])


def _line(columns: Sequence[_Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    parts: Iterator[str] = (
        _padded(clipped(cell, width), width, right=column.right)
        for cell, column, width in zip(cells, columns, widths, strict=False)
    )
    return _GAP.join(parts).rstrip()


def _column(name: str, values: Sequence[Any]) -> _Column:
    right = all(value is None or _is_number(value) for value in values)
    head = _broken(name)
    cells = [_cell(value) for value in values]
    named = max(map(text_width, head))
    width = max([named, *map(text_width, cells)])
    return _Column(
        head, cells, right, width, width if right else min(width, max(named, _NARROWEST))
    )


def _broken(name: str) -> tuple[str, ...]:
    first, _, second = name.partition("_")
    return (first, second.replace("_", " ")) if second else (name,)


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in value)
    if hasattr(value, "__index__"):
        return f"{value:,}"
    if hasattr(value, "__float__"):
        return three_digits(float(value))
    if isinstance(value, (list, tuple)):
        return " ".join(map(_cell, value))
    return str(value)


def three_digits(value: float) -> str:
    """A number with three significant digits, and all digits before the point.

    >>> three_digits(46.3294), three_digits(1489.31), three_digits(-0.00001), three_digits(1.0)
    ('46.3', '1,489', '-1.00e-05', '1.00')
    >>> three_digits(float("nan")), three_digits(float("inf")), three_digits(123.4)
    ('', 'inf', '123')
    """
    if math.isnan(value):
        return ""
    if 1000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    text = f"{value:#.3g}".rstrip(".")
    return text.removeprefix("-") if value == 0 else text


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes.

    >>> text_width("北京 is big"), text_width("e\\u0301"), text_width("👨‍👩‍👧")
    (11, 1, 2)
    """
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    width: int = wcswidth(text)
    return width if width >= 0 else len(text)


def clipped(text: str, width: int) -> str:
    """A text that fits, with an ellipsis where it was cut.

    >>> clipped("北京图书馆", 10), clipped("北京图书馆", 8), clipped("abc", 2)
    ('北京图书馆', '北京图…', 'a…')
    """
    if text_width(text) <= width:
        return text
    end = len(text)
    while end and text_width(text[:end]) > width - 1:
        end -= 1
    return text[:end] + "…"


def _padded(text: str, width: int, *, right: bool) -> str:
    spaces = " " * max(width - text_width(text), 0)
    return spaces + text if right else text + spaces
