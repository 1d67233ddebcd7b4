"""``nlpzero templates``: sentence templates."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .configs import config_options
from .formats import write_table
from .progress import note
from .tokenizing import Cutting, tokenizing

if TYPE_CHECKING:
    from nlpzero.templates.links import LinkThresholds
    from nlpzero.templates.template import FoundTemplate, TemplateTable

COLUMNS = ("template", "count", "frequency", "examples")


@click.command()
@options.reading()
@tokenizing()
@click.option(
    "--window",
    type=click.IntRange(1, 32),
    default=5,
    show_default=True,
    help="How many words apart linked words may be; 1 finds phrases.",
)
@config_options({"links": nlpzero.LinkThresholds}, parameter="links")
@click.option(
    "--min-template-frequency",
    type=click.FloatRange(0, 1),
    default=1e-5,
    show_default=True,
    help="A template needs a greater share than this of all templates.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="The least count of a link and of a template.",
)
@click.option(
    "--trivial",
    is_flag=True,
    help="List the trivial templates too, after the others: [X] word [X], and words alone.",
)
@click.option(
    "--min-words",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Only templates of at least so many words.",
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the N most frequent.")
@options.format_(("tsv", "jsonl"))
@options.working()
@options.writing()
def templates(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    cutting: Cutting,
    window: int,
    links: "LinkThresholds",
    min_template_frequency: float,
    min_count: int,
    trivial: bool,
    min_words: int,
    top: int | None,
    format: str,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Find sentence templates, such as [X] 可以 [X] 吗: words that go together in this order, and
    placeholders for one or more words.

    Most frequent first, ties by code points, each with its count, its share of all templates, and
    the first three different clauses it was found in. `nlpzero parse` reads the result. It is the
    same for any --jobs and --memory.

    \b
    Examples:
      nlpzero templates --model model.nz reviews.txt -o templates.tsv
      nlpzero templates --tokenizer jieba:lcut --min-words 2 --top 50 reviews.txt
      nlpzero templates --whitespace --window 1 segmented.txt
    """
    how = cutting.tokenizer(quiet=quiet)
    again = jobs > 1 and "-" in inputs
    with (
        options.open_corpus(
            inputs, encoding, errors, field, again=again, tmpdir=tmpdir, quiet=quiet
        ) as corpus,
        options.resources(jobs, memory, tmpdir, quiet=quiet) as resources,
    ):
        table = nlpzero.find_templates(
            corpus,
            how,
            window=window,
            links=links,
            min_template_frequency=min_template_frequency,
            min_count=min_count,
            resources=resources,
        )
    found = [row for row in table.templates if len(row.template.words) >= min_words][:top]
    if trivial:
        found += [row for row in table.trivial if len(row.template.words) >= min_words][:top]
    write_table(output, format, COLUMNS, _rows(found, format))
    options.note_reading(corpus, table.read, quiet=quiet)
    note(_summary(table), quiet=quiet)


def _rows(found: "list[FoundTemplate]", format: str) -> Iterator[tuple[Any, ...]]:
    for row in found:
        # ln p is what the parser adds up: more digits than tables have otherwise
        frequency = Decimal(f"{row.frequency:.10g}")
        examples = list(row.examples) if format == "jsonl" else " | ".join(row.examples)
        yield str(row.template), row.count, frequency, examples


def _summary(table: "TemplateTable") -> str:
    text = (
        f"{table.words:,} words in {table.clauses:,} clauses; {table.strong:,} links; "
        f"{len(table.templates):,} templates and {len(table.trivial):,} trivial ones"
    )
    if table.narrowed:
        text += f"; {table.narrowed:,} clauses with too many chains were narrowed"
    if not table.templates and table.words:
        text += "; lower --min-count, --min-pmi or --min-frequency to find more"
    return text
