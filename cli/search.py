"""``nlpzero search``: the sentences nearest to a sentence."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

import nlpzero

from . import options
from .command import Command
from .formats import write_table
from .progress import note
from .vector_options import (
    Row,
    function,
    load,
    needs_tokenizer,
    queries,
    vectors_file,
    with_query,
)

if TYPE_CHECKING:
    from nlpzero.vectors.sentence_index import SentenceIndex
    from nlpzero.vectors.word_vectors import WordVectors

COLUMNS = ("similarity", "file", "line", "text")


@click.command(cls=Command)
@click.argument("query", metavar="QUERY")
@options.reading(required=False)
@vectors_file()
@function()
@click.option(
    "--index",
    metavar="FILE",
    callback=options.writable,
    help="With INPUT, keep its sentences in this file; without, search the sentences in it.",
)
@click.option(
    "--int8",
    is_flag=True,
    help="Make the index a quarter as large: a byte for each number.",
)
@options.top("So many.", default=10)
@click.option(
    "--min-similarity",
    type=click.FloatRange(-1, 1),
    default=-1.0,
    show_default=True,
    help="Leave out sentences that are less similar.",
)
@options.format_()
@options.tmpdir()
@options.writing()
def search(
    query: str,
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    path: str,
    tokenizer: str | None,
    index: str | None,
    int8: bool,
    top: int,
    min_similarity: float,
    format: str,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Find the sentences of INPUT nearest to QUERY in what they say, by the vectors of their words.

    Every line is a sentence. If QUERY is -, each line of standard input is one. With --index the
    text is cut once, and searched at once later on.

    \b
    Examples:
      nlpzero search 早餐种类太少 reviews.txt --vectors v.nz
      nlpzero search 早餐种类太少 reviews.txt --vectors v.nz --index reviews.nz
      nlpzero search 房间很吵 --vectors v.nz --index reviews.nz --top 100
    """
    if query == "-" and "-" in inputs:
        raise click.UsageError("Standard input is either the QUERY or the text, not both.")
    if not inputs and index is None:
        inputs = options.needed_inputs(inputs) if query != "-" else ()
        if not inputs:
            raise click.UsageError("No INPUT; give files, or an --index that has been made.")
    if not inputs and index is not None and not os.path.exists(index):
        raise click.UsageError(f"{index} does not exist; give the INPUT to make it from.")
    vectors = load(path, tokenizer)
    needs_tokenizer(vectors)
    if not inputs:
        assert index is not None
        found = nlpzero.SentenceIndex.load(index, vectors)
    else:
        found = _make(vectors, inputs, (encoding, errors, field), int8, tmpdir, quiet)
        if index is not None:
            found.save(index)
            size = options.format_size(os.path.getsize(index))
            note(f"wrote {index}: {size}", quiet=quiet)

    def rows() -> Iterator[Row]:
        several = query == "-"
        for one in queries() if several else (query,):
            nearest = found.search(one, top=top, min_similarity=min_similarity)
            if not nearest and not vectors.sentence(one).any():
                note(f"no word of {one[:40]!r} is known", quiet=quiet)
            for row in nearest:
                yield [one, *row] if several else [*row]

    write_table(output, format, with_query(COLUMNS, query == "-"), rows())


def _make(
    vectors: "WordVectors",
    inputs: tuple[str, ...],
    reading: tuple[str, str, str | None],
    int8: bool,
    tmpdir: str | None,
    quiet: bool,
) -> "SentenceIndex":
    with (
        options.open_corpus(inputs, *reading, tmpdir=tmpdir, quiet=quiet) as corpus,
        options.resources(1, None, tmpdir, quiet=quiet) as resources,
    ):
        made = nlpzero.SentenceIndex(vectors, corpus, int8=int8, resources=resources)
        options.note_reading(corpus, made.read, quiet=quiet)
    note(f"{len(made):,} sentences", quiet=quiet)
    return made
