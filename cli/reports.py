"""``--report``: a result as a page for a browser, beside what the command writes."""

import os
from typing import TYPE_CHECKING

import click

from . import options

if TYPE_CHECKING:
    from nlpzero.text.corpus import Corpus

#: So many of the first words get lines of the text.
WORDS_WITH_CONTEXTS = 1_000

_NAMED = 4  # inputs that are named


def report_option() -> options.Decorator:
    return click.option(
        "--report",
        metavar="FILE",
        callback=options.writable,
        help="Write a page for a browser too: a table that can be sorted and searched, plots, "
        "thresholds that can be moved. One file, which needs no network.",
    )


def check_report(report: str | None, *others: str | None) -> None:
    """Refuse a page that another output would replace."""
    if report is None:
        return
    for other in others:
        if other is not None and os.path.realpath(report) == os.path.realpath(other):
            raise click.UsageError(f"--report and another output are the same file, {other!r}.")


def names_of(corpus: "Corpus | None", counts: str | None = None) -> str:
    """What was read, by name."""
    if corpus is None:
        return "" if counts is None else os.path.basename(counts)
    names = [os.path.basename(source.name) or source.name for source in corpus.sources]
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
