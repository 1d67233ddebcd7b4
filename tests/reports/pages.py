"""Pages for the tests: what is hostile in them, and what many rows are."""

import math
from typing import Any

import numpy as np

from nlpzero.reports.page import Column, Page, Threshold

# what would run, end the script, hide the rest of it, or break a line, were it not escaped
HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>window.attacked = 1</script>",
    "<!--<script>",
    '<img src=x onerror="window.attacked = 1">',
    "\"quoted\" & 'single' &lt;b&gt;",
    "line\u2028and\u2029ends\r\nand\ttabs",
    "{{script}} ${1} \\u003c \\",
    "javascript:window.attacked=1",
    "]]>",
    "\ud800 alone",
    "\x00\x1b[31m",
    "__proto__",
    "constructor",
]


def words_page(words: list[str], **more: Any) -> Page:
    """A page with values of all kinds, another for each word."""
    n = len(words)
    places = np.arange(n)
    counts = (n - places).tolist()
    columns = [
        Column("word", "word", words, "text"),
        Column("count", "count", counts, "integer", log=True),
        Column("pmi", "PMI", (np.cos(places) * 4 + 3).tolist(), help="Cohesion, in nats."),
        Column("ratio", "log ratio", np.sin(places).tolist(), bar="both"),
        Column("edge", "edge", ((places % 10) / 10).tolist(), bar="unit"),
        Column("split", "split", [min(len(word) // 2, 2) for word in words], "split"),
        Column("entropy", "entropy", [i % 7 / 2 if i % 5 else math.nan for i in range(n)]),
    ]
    values: dict[str, Any] = {
        "title": "Words <b>found</b>",
        "noun": "words",
        "columns": columns,
        "x": "pmi",
        "y": "entropy",
        "size": "count",
        "thresholds": [
            Threshold("count", option="--min-count"),
            Threshold("entropy", 1.0, option="--min-entropy"),
            Threshold("edge", side="most"),
        ],
        "facts": [("Words", str(n))],
        "details": [("In force", [("method", "none")])],
        "contexts": [[("before " + word, word, word + " behind")] for word in words[:5]],
        "source": "text.txt",
    }
    return Page(**{**values, **more})


def many_words(n: int) -> list[str]:
    """Different words of two to four characters."""
    return [
        "".join(chr(0x4E00 + (i * 7919 + j * 104729 * (i + 1)) % 20000) for j in range(2 + i % 3))
        for i in range(n)
    ]
