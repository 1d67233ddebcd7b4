"""``nlpzero parse``: sentences as nested templates."""

from typing import TYPE_CHECKING

import click

import nlpzero

from . import options
from .command import Command
from .formats import open_output
from .progress import note, number_of
from .tokenizing import Cutting, tokenizing

if TYPE_CHECKING:
    from nlpzero.templates.tree_writing import TreeFormat


@click.command(cls=Command)
@options.reading()
@click.option(
    "--templates",
    "template_files",
    required=True,
    multiple=True,
    metavar="FILE",
    help="What `nlpzero templates` found, TSV or JSON Lines; may be given more than once.",
)
@tokenizing()
@click.option(
    "--null-score",
    type=click.FloatRange(max=0),
    default=-20.0,
    show_default=True,
    help="What each gap between words costs that no template holds together, in nats.",
)
@click.option(
    "--max-words",
    type=click.IntRange(1, 400),
    default=300,
    show_default=True,
    help="Clauses of more words are cut.",
)
@options.format_(("tree", "brackets", "jsonl", "svg", "html"))
@options.working()
@options.writing()
def parse(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    template_files: tuple[str, ...],
    cutting: Cutting,
    null_score: float,
    max_words: int,
    format: "TreeFormat",
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Show the structure of every clause: the best nesting of templates, in which each placeholder
    is a block of words made by a template in turn.

    Best is the greatest sum of ln p(template); words that no template holds together cost
    --null-score for each gap between them. Ties are broken by structure alone (see
    docs/templates.md). Formats: an indented tree; one line of brackets; one JSON object for each
    clause; one SVG picture of all trees; an HTML page, which needs no network. The result is the
    same for any --jobs; processes share files of 4 MB or more.

    \b
    Examples:
      nlpzero parse --templates templates.tsv --model model.nz reviews.txt
      echo "鸡蛋 可以 吃 吗" | nlpzero parse --templates templates.tsv --whitespace
      nlpzero parse --templates templates.tsv --model model.nz --format svg -o trees.svg few.txt
    """
    how = cutting.tokenizer(quiet=quiet)
    rows = [
        row
        for path in template_files
        for row in nlpzero.read_templates(nlpzero.Corpus(path).lines(), path)
    ]
    parser = nlpzero.TemplateParser(rows, null_score=null_score)
    with (
        options.open_corpus(inputs, encoding, errors, field, quiet=quiet) as corpus,
        options.resources(jobs, memory, tmpdir, quiet=quiet) as resources,
        open_output(output) as file,
    ):
        options.refuse_own_output(corpus, output)
        done = nlpzero.parse_corpus(
            corpus, parser, how, file, format=format, max_words=max_words, resources=resources
        )
    options.note_reading(corpus, done.read, quiet=quiet)
    if done.cut:
        cut = number_of(done.cut, "clause")
        note(f"{cut} of more than {number_of(max_words, 'word')} cut", quiet=quiet)
    trees, templates = number_of(done.trees, "tree"), number_of(len(parser), "template")
    note(f"{trees} with {templates}", quiet=quiet)
