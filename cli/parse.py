"""``nlpzero parse``: sentences as nested templates."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

import nlpzero

from . import options
from .formats import open_output
from .progress import note, progress
from .tokenizing import Cutting, tokenizing

if TYPE_CHECKING:
    from nlpzero.templates.clauses import Clause
    from nlpzero.templates.tree import Tree


@click.command()
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
@options.format_(("tree", "brackets", "jsonl", "svg"))
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
    format: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Show the structure of every clause: the best nesting of templates, in which each placeholder
    is a block of words made by a template in turn.

    Best is the greatest sum of ln p(template); words that no template holds together cost
    --null-score for each gap between them. Ties are broken by structure alone (see
    docs/templates.md). Formats: an indented tree; one line of brackets; one JSON object for each
    clause; one SVG picture of all trees.

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
    cut = 0
    count = 0

    with (
        options.open_corpus(inputs, encoding, errors, field, quiet=quiet) as corpus,
        progress(quiet=quiet) as tell,
        open_output(output) as file,
    ):
        options.refuse_own_output(corpus, output)
        clauses = nlpzero.read_clauses(corpus, how, resources=nlpzero.Resources(progress=tell))

        def trees() -> "Iterator[tuple[Clause, Tree]]":
            nonlocal cut, count
            for clause in clauses:
                cut += len(clause.words) > max_words
                for at in range(0, len(clause.words), max_words):
                    piece = clause._replace(words=clause.words[at : at + max_words])
                    count += 1
                    yield piece, parser.parse(piece.words)

        for text in _written(trees(), format):
            file.write(text)
    options.note_reading(corpus, clauses.read, quiet=quiet)
    if cut:
        note(f"{cut:,} clauses of more than {max_words} words were cut", quiet=quiet)
    note(f"{count:,} trees with {len(parser):,} templates", quiet=quiet)


def _written(trees: "Iterator[tuple[Clause, Tree]]", format: str) -> Iterator[str]:
    if format == "svg":
        yield nlpzero.trees_to_svg(tree for _, tree in trees) + "\n"
    elif format == "jsonl":
        for clause, tree in trees:
            row = {
                "line": clause.line,
                "clause": clause.number,
                "words": list(clause.words),
                "score": tree.score,
                "tree": tree.to_dict(),
            }
            yield json.dumps(row, ensure_ascii=False) + "\n"
    elif format == "brackets":
        for _, tree in trees:
            yield tree.brackets() + "\n"
    else:
        for number, (_, tree) in enumerate(trees):
            yield f"\n{tree}\n" if number else f"{tree}\n"
