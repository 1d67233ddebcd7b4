"""Dictionaries for other programs: which there are, and writing one."""

import os
from collections.abc import Sequence

import click

import nlpzero

from .formats import open_output

#: Values of ``--format``. `nlpzero.DICTIONARY_FORMATS` has the same; it is not loaded for help.
DICTIONARIES = ("jieba", "hanlp", "ik", "plain", "wordcloud", "sentencepiece")


def write_dictionary(
    words: Sequence[str],
    output: str | None,
    format: str,
    counts: Sequence[float] | None = None,
    *,
    with_frequency: bool = False,
) -> None:
    """One word a line, and a warning about those that could not be written.

    Counts are written where they are asked for, and always for word clouds.
    """
    written = counts if with_frequency or format == "wordcloud" else None
    lines, left_out = nlpzero.dictionary_lines(words, format, written)  # type: ignore[arg-type]
    with open_output(output) as file:
        file.writelines(lines)
    named = os.path.basename(output) if output is not None else "the dictionary"
    for fault, faulty in left_out.items():
        warn_left_out(faulty, named, fault)


def warn_left_out(words: Sequence[str], named: str, reason: str) -> None:
    """Say how many words are not written, and why."""
    examples = ", ".join(words[:5]) + (", ..." if len(words) > 5 else "")
    click.echo(f"Warning: {len(words):,} left out of {named}: {reason}: {examples}", err=True)
