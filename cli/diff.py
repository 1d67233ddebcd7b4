"""``nlpzero diff``: what became of a word list."""

from typing import Any

import click

import nlpzero

from . import options
from .command import Command
from .dictionaries import DICTIONARIES, write_dictionary
from .formats import FORMATS, write_table
from .progress import note
from .tokenizing import read_stopwords
from .word_lists import read_list_or_counts


@click.command(cls=Command)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@options.encoding("the lists")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["added", "gone", "changed"]),
    help="Only these changes. Repeatable.",
)
@click.option(
    "--by",
    type=click.Choice(["count", "rank"]),
    default="count",
    show_default=True,
    help="What has changed if a word has: its count, or its place in the list.",
)
@options.stopwords()
@options.list_encoding()
@options.format_((*FORMATS, *DICTIONARIES))
@options.writing()
def diff(
    old: str,
    new: str,
    encoding: str,
    only: tuple[Any, ...],
    by: Any,
    stopwords: str | None,
    format: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Compare two word lists: which words were added, which are gone, which changed.

    OLD and NEW are lists in any form: plain, with counts, jieba's or HanLP's, tables and JSON
    Lines of nlpzero, files of `count --save-counts`. Words that were added come first, then those
    that changed, in the order of NEW; then those that are gone, in the order of OLD.

    As a dictionary (--format ik and so on) only words are written, those that were added unless
    --only says otherwise.

    \b
    Examples:
      nlpzero diff monday.tsv tuesday.tsv
      nlpzero diff old.dic new.dic --only added --format ik -o additions.dic
      nlpzero diff monday.nz tuesday.nz --by rank --only changed
    """
    if old == new == "-":
        raise click.UsageError("Standard input can be one list only.")
    as_dictionary = format in DICTIONARIES
    chosen = only or (("added",) if as_dictionary else ())
    found = nlpzero.diff_words(
        read_list_or_counts(old, encoding), read_list_or_counts(new, encoding), by=by
    )
    note(
        f"{found.number('added'):,} added, {found.number('changed'):,} changed, "
        f"{found.number('gone'):,} gone",
        quiet=quiet,
    )
    stopped = frozenset() if stopwords is None else read_stopwords(stopwords)
    rows = [row for row in (found.only(*chosen) if chosen else found) if row.word not in stopped]
    if as_dictionary:
        write_dictionary([row.word for row in rows], output, format)
    else:
        write_table(output, format, nlpzero.WordChange._fields, rows)
