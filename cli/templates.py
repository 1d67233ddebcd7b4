"""``nlpzero templates``: sentence templates."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .command import Command
from .configs import config_options
from .formats import FORMATS, write_table
from .progress import note, number_of
from .tokenizing import Cutting, read_stopwords, tokenizing

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.templates.heads import TemplateHead, TemplateOrder
    from nlpzero.templates.links import LinkThresholds
    from nlpzero.templates.template import FoundTemplate, TemplateTable

COLUMNS = ("template", "count", "frequency", "examples", "saving")
FILLER_COLUMNS = (
    "template",
    "slot",
    "between",
    "filler",
    "count",
    "share",
    "elsewhere",
    "g2",
    "by_count",
    "by_g2",
)


@click.command(cls=Command)
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
@options.stopwords("Leave out templates that have no other words than those of this list.")
@options.top("Only the first N.")
@click.option(
    "--sort",
    type=click.Choice(["saving", "frequency"]),
    default="saving",
    show_default=True,
    help="What comes first: the templates that save most description length, in nats, or the most "
    "frequent ones.",
)
@click.option(
    "--group/--no-group",
    default=True,
    show_default=True,
    help="Put variants under one head, which differ in a placeholder before or after: [X] 很 喜欢, "
    "很 喜欢.",
)
@click.option(
    "--fillers",
    type=click.IntRange(min=1),
    metavar="N",
    help="List what stands in each placeholder instead: the N most frequent and the N most "
    "characteristic fillers.",
)
@click.option(
    "--filler-words",
    type=click.IntRange(1, 16),
    default=3,
    show_default=True,
    help="The most words of a filler.",
)
@options.format_(FORMATS)
@options.working()
@cluster()
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
    stopwords: str | None,
    top: int | None,
    sort: "TemplateOrder",
    group: bool,
    fillers: int | None,
    filler_words: int,
    format: str,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    executor: "Executor | None",
    output: str | None,
    quiet: bool,
) -> None:
    """Find sentence templates, such as [X] 可以 [X] 吗: words that go together in this order, and
    placeholders for one or more words.

    Those that explain most of the text come first, each with its count, its share of all templates,
    the first three different clauses it was found in, the description length that it saves, and its
    variants. `nlpzero parse` reads the result as TSV and JSON Lines. It is the same for any --jobs
    and --memory. On a cluster, --tmpdir names a folder that all machines share.

    \b
    Examples:
      nlpzero templates --model model.nz reviews.txt -o templates.tsv
      nlpzero templates --tokenizer jieba:lcut --min-words 2 --top 50 reviews.txt
      nlpzero templates --min-words 2 --top 50 --fillers 10 --format csv reviews.txt -o slots.csv
      nlpzero templates --whitespace --window 1 segmented.txt
    """
    if fillers and not group:
        raise click.UsageError("--fillers counts the variants together; leave --no-group out.")
    if fillers and trivial:
        raise click.UsageError("--fillers lists no trivial templates; leave --trivial out.")
    how = cutting.tokenizer(quiet=quiet)
    again = (jobs > 1 or executor is not None) and "-" in inputs
    with (
        options.open_corpus(
            inputs, encoding, errors, field, again=again, tmpdir=tmpdir, quiet=quiet
        ) as corpus,
        options.resources(jobs, memory, tmpdir, executor=executor, quiet=quiet) as resources,
    ):
        table = nlpzero.find_templates(
            corpus,
            how,
            window=window,
            links=links,
            min_template_frequency=min_template_frequency,
            min_count=min_count,
            fillers=fillers or 0,
            filler_words=filler_words,
            resources=resources,
        )
    shown = _heads(table.templates, table.heads, sort, group=group)
    stopped = frozenset() if stopwords is None else read_stopwords(stopwords)

    def wanted(head: "TemplateHead") -> bool:
        words = head.template.words
        return len(words) >= min_words and not (stopped and stopped.issuperset(words))

    shown = [head for head in shown if wanted(head)][:top]
    if fillers:
        rows = _filler_rows(table, shown)
        write_table(output, format, FILLER_COLUMNS, rows, unknown="")
    else:
        if trivial:
            more = _heads(table.trivial, (), sort, group=False)
            shown += [head for head in more if wanted(head)][:top]
        columns = (*COLUMNS, "variants") if group else COLUMNS
        write_table(output, format, columns, _rows(shown, format, group=group))
    options.note_reading(corpus, table.read, quiet=quiet)
    note(_summary(table), quiet=quiet)


def _heads(
    rows: "Sequence[FoundTemplate]",
    heads: "Sequence[TemplateHead]",
    order: "TemplateOrder",
    *,
    group: bool,
) -> "list[TemplateHead]":
    """Heads in the order asked for; without grouping, every template is its own."""
    if not group:
        heads = [nlpzero.TemplateHead(row.template, *row[1:3], row.saving, (row,)) for row in rows]
    return nlpzero.sort_heads(heads, order)


def _frequency(value: float) -> Decimal:
    # ln p is what the parser adds up: more digits than tables have otherwise
    return Decimal(f"{value:.10g}")


def _rows(heads: "list[TemplateHead]", format: str, *, group: bool) -> Iterator[tuple[Any, ...]]:
    for head in heads:
        nested = format == "jsonl"
        examples = list(head.examples) if nested else " | ".join(head.examples)
        row = (
            str(head.template),
            head.count,
            _frequency(head.frequency),
            examples,
            head.saving,
        )
        if not group:
            yield row
        elif nested:
            yield (*row, [_variant(variant) for variant in head.variants])
        else:
            yield (*row, head.variants_text)


def _variant(row: "FoundTemplate") -> dict[str, Any]:
    values = (
        str(row.template),
        row.count,
        _frequency(row.frequency),
        list(row.examples),
        row.saving,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _filler_rows(table: "TemplateTable", heads: "list[TemplateHead]") -> Iterator[tuple[Any, ...]]:
    """Fillers of the heads that are shown, in their order."""
    by_head: dict[Any, list[Any]] = {}
    for filler in table.fillers:
        by_head.setdefault(filler.template, []).append(filler)
    for head in heads:
        for row in by_head.get(head.template, []):
            yield str(row.template), row.slot, row.between, row.text, *row[3:]


def _summary(table: "TemplateTable") -> str:
    text = (
        f"{number_of(table.words, 'word')} in {number_of(table.clauses, 'clause')}; "
        f"{number_of(table.strong, 'link')}; {number_of(len(table.templates), 'template')} under "
        f"{number_of(len(table.heads), 'head')}, "
        f"and {number_of(len(table.trivial), 'trivial one')}"
    )
    if table.narrowed:
        text += f"; {number_of(table.narrowed, 'clause')} with too many chains narrowed"
    if not table.templates and table.words:
        text += "; lower --min-count, --min-pmi or --min-frequency to find more"
    return text
