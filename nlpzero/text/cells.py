"""Cells of TSV, CSV and JSON Lines: what is escaped, and how; the one place that says so.

Commands write rows in Python, frequency lists are written by compiled loops, and tables are read
back: all of them take their escapes from here.
"""

import re
from collections.abc import Mapping

#: Characters that a TSV cell cannot hold, and what stands for them.
TSV_ESCAPES: Mapping[str, str] = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
#: Characters that put a CSV cell in quotation marks, which are doubled inside.
CSV_QUOTED = frozenset('",\r\n')
#: Characters at the beginning of a cell that make it a formula for a spreadsheet, which runs it.
FORMULA_STARTS = frozenset("=+-@\t\r＝＋－＠")
#: Characters that a JSON string cannot hold, and what stands for them: as the module json writes
#: them.
JSON_ESCAPES: Mapping[str, str] = {
    **{chr(code): f"\\u{code:04x}" for code in range(32)},
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    '"': '\\"',
    "\\": "\\\\",
}

_TRANSLATION = str.maketrans(dict(TSV_ESCAPES))
_MEANING = {text: char for char, text in TSV_ESCAPES.items()}
_ESCAPED = re.compile("|".join(map(re.escape, _MEANING)))


def tsv_cell(text: str) -> str:
    r"""A text as it stands in TSV.

    Examples
    --------
    >>> print(tsv_cell("a\tb\\"))
    a\tb\\
    """
    return text.translate(_TRANSLATION)


def read_tsv_cell(text: str) -> str:
    r"""The inverse of :func:`tsv_cell`; a backslash that begins no escape is left as it is.

    Examples
    --------
    >>> read_tsv_cell(tsv_cell("a\tb\\t")) == "a\tb\\t"
    True
    """
    return _ESCAPED.sub(lambda found: _MEANING[found[0]], text) if "\\" in text else text


def csv_cell(text: str) -> str:
    """A text as it stands in CSV.

    Examples
    --------
    >>> print(csv_cell("plain"), csv_cell('6" disk, new'))
    plain "6"" disk, new"
    """
    if CSV_QUOTED.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def safe_csv_cell(text: str) -> str:
    """The same, with an apostrophe before what a spreadsheet would take for a formula.

    Examples
    --------
    >>> print(safe_csv_cell("plain"), safe_csv_cell("=1+1"), safe_csv_cell("＋1"))
    plain '=1+1 '＋1
    """
    return csv_cell("'" + text if text and text[0] in FORMULA_STARTS else text)


def json_cell(text: str) -> str:
    """A text as a JSON string."""
    import json  # other forms do without

    return json.dumps(text, ensure_ascii=False)
