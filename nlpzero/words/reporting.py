"""A comparison of two texts as a page for a browser: bars to both sides, ratio against count."""

from typing import TYPE_CHECKING, Any

import numpy as np

from nlpzero.engine.temporary import PathLike
from nlpzero.reports.page import Column, Page, Threshold, write_page

if TYPE_CHECKING:
    from nlpzero.words.keyness import Comparison

_HELP = {
    "side": "The text in which the word is more frequent; = where it is equally frequent.",
    "g2": "Log-likelihood ratio: how surprising the difference is. Positive for words of A, "
    "negative for those of B.",
    "log_ratio": "Effect size: the natural logarithm of the ratio of both rates.",
    "z": "Log-odds ratio with an informative Dirichlet prior, in its standard deviations.",
    "p": "Probability of such a difference or a larger one if both texts used the word equally.",
    "q": "The same corrected for the number of words compared (Benjamini-Hochberg).",
}


def write_comparison(
    found: "Comparison", path: PathLike, *, limit: int, title: str, source: str
) -> None:
    """Write a report of a comparison; see :meth:`nlpzero.Comparison.report`."""
    # of the words the most characteristic ones, in their order
    strength = np.abs(found.columns["g2"])
    rows = np.sort(np.argsort(-strength, kind="stable")[:limit])
    values = {name: column[rows] for name, column in found.columns.items()}
    total = values["count_a"] + values["count_b"]

    def column(key: str, label: str, of: Any = None, **more: Any) -> Column:
        found = values[key] if of is None else of
        return Column(key, label, found.tolist(), help=_HELP.get(key, ""), **more)

    def counts(key: str, label: str, of: Any = None, **more: Any) -> Column:
        found = values[key] if of is None else of
        if (found == np.floor(found)).all():  # those of lists need not be whole
            return column(key, label, found.astype(np.int64), kind="integer", log=True, **more)
        return column(key, label, found, log=True, **more)

    facts = [
        ("Words", f"{len(found):,}"),
        ("Words of text in A", f"{found.total_a:,.15g}"),
        ("Words of text in B", f"{found.total_b:,.15g}"),
    ]
    if len(rows) < len(found):
        facts.insert(1, ("In this report", f"{len(rows):,} with the largest g2"))
    page = Page(
        title=title,
        noun="words",
        columns=[
            Column("word", "word", [found.words[row] for row in rows.tolist()], "text"),
            column("side", "side", kind="text"),
            column("g2", "g2", bar="both"),
            column("log_ratio", "log ratio", bar="both"),
            column("z", "z", bar="both"),
            counts("count_a", "count in A"),
            counts("count_b", "count in B"),
            column("per_million_a", "A per million", log=True),
            column("per_million_b", "B per million", log=True),
            column("p", "p", bar="none"),
            column("q", "q", bar="none"),
            counts("count", "count in both", total, shown=False),
            column("strength", "g2 without sign", np.abs(values["g2"]), shown=False),
            column("effect", "log ratio without sign", np.abs(values["log_ratio"]), shown=False),
        ],
        x="count",
        y="log_ratio",
        size="strength",
        tint="g2",
        thresholds=[
            Threshold("count", option="--min-count"),
            Threshold("strength"),
            Threshold("effect"),
            Threshold("q", side="most", option="--max-q"),
        ],
        facts=facts,
        source=source,
    )
    write_page(page, path)
