"""``nlpzero clusters``: groups of words or of sentences."""

from collections.abc import Iterator, Sequence
from typing import Any

import click

import nlpzero

from . import options
from .command import Command
from .formats import write_table
from .progress import note
from .vector_options import Row, function, load, needs_tokenizer, vectors_file

WORD_COLUMNS = ("cluster", "word", "count", "similarity")
SENTENCE_COLUMNS = ("cluster", "similarity", "file", "line", "text")


@click.command(cls=Command)
@options.reading(required=False)
@vectors_file()
@function()
@click.option(
    "--clusters",
    "count",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    metavar="N",
    help="How many groups.",
)
@click.option(
    "--top-words",
    type=click.IntRange(min=1),
    default=30_000,
    show_default=True,
    metavar="N",
    help="Group so many of the most frequent words.",
)
@options.top("Only the N nearest to the centre of each group.")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Where random numbers begin: another seed gives other groups.",
)
@options.format_()
@options.working()
@options.writing()
def clusters(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    path: str,
    tokenizer: str | None,
    count: int,
    top_words: int,
    top: int | None,
    seed: int,
    format: str,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Group words that belong together, or the sentences (lines) of INPUT, by their vectors.

    The largest group comes first, and in each what is nearest to its centre.

    \b
    Examples:
      nlpzero clusters --vectors v.nz --clusters 300 --top 10
      nlpzero clusters reviews.txt --vectors v.nz --clusters 20 --top 5
    """
    vectors = load(path, tokenizer)
    with options.resources(jobs, memory, tmpdir, quiet=quiet) as resources:
        if not inputs:
            able = min(top_words, int(vectors.array.any(axis=1).sum()))
            groups = vectors.clusters(
                _at_most(count, able, "words", quiet),
                top_words=top_words,
                seed=seed,
                resources=resources,
            )
            write_table(output, format, WORD_COLUMNS, _rows(groups, top))
            return
        needs_tokenizer(vectors)
        with options.open_corpus(
            inputs, encoding, errors, field, tmpdir=tmpdir, quiet=quiet
        ) as corpus:
            index = nlpzero.SentenceIndex(vectors, corpus, resources=resources)
            options.note_reading(corpus, index.read, quiet=quiet)
        able = int(index.rows.any(axis=1).sum())
        if not able:
            raise nlpzero.NlpzeroError("no sentence has a word that the vectors know")
        found = index.clusters(
            _at_most(count, able, "sentences", quiet), seed=seed, resources=resources
        )
        write_table(output, format, SENTENCE_COLUMNS, _rows(found, top))


def _at_most(count: int, able: int, what: str, quiet: bool) -> int:
    if count > able:
        note(f"there are {able:,} {what}, so no more groups than that", quiet=quiet)
    return min(count, able)


def _rows(groups: Sequence[Sequence[Sequence[Any]]], top: int | None) -> Iterator[Row]:
    for number, group in enumerate(groups, 1):
        for row in group[:top]:
            yield [number, *row]
