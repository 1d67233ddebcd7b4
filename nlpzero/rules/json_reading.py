"""Transactions in JSON: arrays of items, or objects, one a line or all in one array."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from nlpzero.engine.showing import quoted
from nlpzero.errors import CorpusError
from nlpzero.rules.building import TransactionBuilder
from nlpzero.rules.flags import flag_of
from nlpzero.rules.item_numbers import text_of
from nlpzero.rules.line_blocks import LineBlocks, whole_lines
from nlpzero.rules.shapes import JsonLines
from nlpzero.text.json_arrays import ArrayFault, JsonArray

# rows of an array that become transactions together
_ROWS = 4096

# an array of arrays or objects, or one that goes over lines; in JSON Lines neither is a transaction
_WHOLE = r"\s*\[\s*(?:[\[{]|\n|\Z)"


def is_whole_array(beginning: str) -> bool:
    """Whether a text is one array of all transactions, not a line for each of them.

    Examples
    --------
    >>> is_whole_array('[["tea"],'), is_whole_array('[\\n"tea"'), is_whole_array('["tea"]')
    (True, True, False)
    """
    return re.match(_WHOLE, beginning) is not None


def add_json(lines: LineBlocks, shape: JsonLines, builder: TransactionBuilder) -> None:
    """Read JSON into a builder.

    Raises
    ------
    CorpusError
        With file and line: no JSON, or another value than `shape` says.
    """
    for blocks in lines.inputs():
        number = 1
        pieces = whole_lines(blocks)
        for block in pieces:
            text = block.decode("utf-8")
            if number == 1 and is_whole_array(text):
                rest = chain([text], (piece.decode("utf-8") for piece in pieces))
                _add_array(lines.name, rest, shape, builder)
                break
            number += _add_lines(lines.name, number, text, shape, builder)


def _add_lines(
    name: str, number: int, text: str, shape: JsonLines, builder: TransactionBuilder
) -> int:
    import json  # the module is loaded for other shapes too

    lines = text.split("\n")[:-1]
    full = [line for line in lines if line.strip()]
    try:
        # each line in brackets of its own: no line can borrow a row from another
        wrapped = json.loads(f"[[{'],['.join(full)}]]" if full else "[]")
    except (ValueError, RecursionError):
        wrapped = None
    if wrapped is None or len(wrapped) != len(full) or any(len(row) != 1 for row in wrapped):
        raise _bad_json(name, lines, number)
    rows = []
    for i, ((value,), source) in enumerate(zip(wrapped, full, strict=True)):
        items = _items(value, shape)
        if not isinstance(items, list):
            raise _refused(name, _line_of(lines, i, number), items, source)
        if "\\u" in source:
            _check_characters(items, name, _line_of(lines, i, number))
        rows.append(items)
    builder.blank_lines += len(lines) - len(full)
    builder.add_lists(rows)
    return len(lines)


def _add_array(
    name: str, blocks: Iterator[str], shape: JsonLines, builder: TransactionBuilder
) -> None:
    rows: list[list[Any]] = []
    try:
        for line, value, source in JsonArray(blocks):
            items = _items(value, shape)
            if not isinstance(items, list):
                raise _refused(name, line, items, source)
            if "\\u" in source:
                _check_characters(items, name, line)
            rows.append(items)
            if len(rows) == _ROWS:
                builder.add_lists(rows)
                rows = []
    except ArrayFault as fault:
        raise CorpusError(f"{name}:{fault.line}: {fault}") from None
    builder.add_lists(rows)


def _items(value: Any, shape: JsonLines) -> list[Any] | str:
    """The items of a transaction, or what was expected."""
    if shape.flags:
        return _flagged(value, shape.skip)
    if shape.field is not None:
        value = value.get(shape.field) if isinstance(value, dict) else None
    if not isinstance(value, list) or any(isinstance(x, (list, dict)) for x in value):
        wanted = "an array of items"
        return wanted if shape.field is None else f"an object with an array {shape.field!r}"
    return value


def _flagged(value: Any, skip: tuple[str, ...]) -> list[Any] | str:
    if not isinstance(value, dict):
        return "an object whose fields are items"
    items: list[Any] = []
    for name, cell in value.items():
        if name in skip:
            continue
        text = text_of(cell)
        flag = False if text.strip() == "" else flag_of(text)
        if flag is None or isinstance(cell, (list, dict)):
            return (
                f"true, false, null or a number in the field {quoted(name, 40)}, got "
                f"{quoted(text, 40)} (skip a field that is no item), in an object"
            )
        if text.strip() == "":
            items.append(None)  # counted as blank
        elif flag:
            items.append(name)
    return items


def _refused(name: str, line: int, wanted: object, source: str) -> CorpusError:
    return CorpusError(f"{name}:{line}: expected {wanted}, got {source.strip()[:60]!r}")


def _check_characters(items: list[object], name: str, line: int) -> None:
    """Escapes can spell lone surrogates, which no file can hold."""
    try:
        "".join(item for item in items if isinstance(item, str)).encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(
            f"{name}:{line}: an item has a lone surrogate "
            f"(U+{ord(error.object[error.start]):04X}), which is no character"
        ) from None


def _line_of(lines: list[str], row: int, number: int) -> int:
    """Number of the line of a row, where lines are numbered from `number`."""
    return [n for n, line in enumerate(lines, number) if line.strip()][row]


def _bad_json(name: str, lines: list[str], number: int) -> CorpusError:
    """What is wrong with the first bad line, where lines are numbered from `number`."""
    import json

    for n, line in enumerate(lines, number):
        if line.strip():
            try:
                json.loads(line)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", None) or str(error)
                return CorpusError(f"{name}:{n}: not JSON ({what}): {line.strip()[:60]!r}")
    return CorpusError(f"{name}:{number}: lines that are not one JSON value each")
