"""``nlpzero vectors``: vectors of words."""

import os
from typing import TYPE_CHECKING

import click

import nlpzero
from nlpzero.engine.stores import is_url

from . import options
from .cluster import cluster
from .command import Command
from .configs import config_options
from .progress import note
from .tokenizing import Cutting, tokenizing

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.vectors.methods import VectorMethod
    from nlpzero.vectors.word_vectors import WordVectors


@click.command(cls=Command)
@options.reading(required=False)
@options.output(required=True, help="The file of vectors to write.")
@tokenizing()
@config_options(
    {"counts": nlpzero.WindowedCounts, "jose": nlpzero.JoSE},
    help="counts: neighbours counted, weighted by pointwise mutual information and factorised. "
    "jose: words and sentences trained together on one sphere; slower.",
    always=True,
)
@click.option(
    "--import",
    "import_",
    metavar="FILE",
    help="Take the vectors from a file in the format of word2vec, text or binary, instead of "
    "learning them.",
)
@options.working()
@cluster()
@options.quiet()
def vectors(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    output: str,
    cutting: Cutting,
    method: "VectorMethod",
    import_: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    executor: "Executor | None",
    quiet: bool,
) -> None:
    """Learn a vector for each word of a text, and write a file for `similar`, `search` and
    `clusters`.

    Words that stand in similar company get similar vectors. Lines are documents: neighbours of a
    word are in its line. The file also holds the model that cuts the words, and what each character
    says of the words that hold it. It is the same bytes for any --jobs and --memory.

    \b
    Examples:
      nlpzero vectors news.txt -o v.nz
      nlpzero vectors --whitespace segmented.txt.gz --dimensions 200 -o v.nz
      nlpzero vectors --model news.nz --jobs 2 news/ -o v.nz
      nlpzero vectors --import others.vec --model news.nz -o v.nz
    """
    if import_ is not None:
        if inputs:
            raise click.UsageError("--import takes vectors from a file; give no INPUT with it.")
        made = nlpzero.vectors_from_word2vec(import_, tokenizer=cutting.tokenizer(quiet=quiet))
        _write(made, output, quiet=quiet)
        return
    inputs = options.needed_inputs(inputs)
    with (
        options.open_corpus(
            inputs,
            encoding,
            errors,
            field,
            again="-" in inputs and (jobs > 1 or executor is not None),
            tmpdir=tmpdir,
            quiet=quiet,
        ) as corpus,
        options.resources(jobs, memory, tmpdir, executor=executor, quiet=quiet) as resources,
    ):
        made = nlpzero.learn_vectors(
            corpus, cutting.tokenizer(quiet=quiet), method, resources=resources
        )
        _write(made, output, quiet=quiet)
    options.note_reading(corpus, made.read, quiet=quiet)
    note(f"{made.tokens:,} words read", quiet=quiet)


def _write(made: "WordVectors", output: str, *, quiet: bool) -> None:
    made.save(output)
    size = "" if is_url(output) else f": {options.format_size(os.path.getsize(output))}"
    note(f"wrote {output}{size}, {len(made):,} words in {made.dimensions} dimensions", quiet=quiet)
