"""``nlpzero rules``: association rules."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

import nlpzero
from nlpzero.rules.rule_filter import RuleFilter

from . import options, params
from .baskets import Baskets, baskets
from .configs import config_options
from .formats import FORMATS, number
from .progress import note
from .reports import check_report, names_of, report_option
from .rule_output import (
    hint,
    itemsets_note,
    read_note,
    unknown_items,
    write_itemsets,
    write_rules,
)
from .tokenizing import Cutting, read_stopwords, tokenizing

if TYPE_CHECKING:
    from nlpzero.rules.itemsets import Kind

# fields of the filter that have options of another name
_OWN = ("consequents", "antecedents", "prune_redundant")


@click.command()
@options.inputs()
@options.encoding()
@options.max_expansion()
@options.errors()
@baskets()
@tokenizing()
@click.option("--stopwords", metavar="FILE", help="Items to leave out, one a line.")
@click.option(
    "--min-support",
    type=params.Support(),
    default="0.01",
    show_default=True,
    help="Support that an itemset must reach: a proportion (0.06, 6%) or a count (50).",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Confidence that a rule must reach.",
)
@click.option(
    "--strict/--no-strict",
    default=False,
    show_default=True,
    help="Whether thresholds must be exceeded (>), as in the articles, or reached (>=).",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out items that occur in fewer transactions.",
)
@click.option(
    "--max-len",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Most items in an itemset.",
)
@click.option(
    "--min",
    "minimum",
    multiple=True,
    metavar="METRIC=VALUE",
    callback=params.minimum,
    help="Another threshold, such as lift=1.5; repeatable. Metrics: support, confidence, lift, "
    "leverage, conviction, zhang, jaccard, kulczynski, certainty, cosine, antecedent_support, "
    "consequent_support.",
)
@click.option(
    "--consequent",
    multiple=True,
    metavar="ITEM",
    help="Only rules with nothing but this (these: repeatable) on the right.",
)
@click.option(
    "--antecedent",
    multiple=True,
    metavar="ITEM",
    help="Only rules with this (one of these: repeatable) on the left.",
)
@click.option(
    "--prune",
    type=click.Choice(["redundant"]),
    help="redundant: leave out a rule if fewer of its items on the left give the same right side "
    "with at least the same confidence.",
)
@config_options({"rules": RuleFilter}, parameter="where", skip=_OWN)
@click.option(
    "--itemsets",
    metavar="FILE",
    callback=options.writable,
    help="Write the itemsets too (.csv, .jsonl, else TSV).",
)
@click.option(
    "--kind",
    type=click.Choice(["frequent", "closed", "maximal"]),
    default="frequent",
    show_default=True,
    help="Which itemsets --itemsets writes.",
)
@click.option(
    "--format",
    type=click.Choice(["table", *FORMATS, "dot", "graphml"]),
    default=None,
    help="Output format.  [default: table on a terminal, else tsv]",
)
@report_option()
@options.memory()
@options.tmpdir()
@options.writing()
def rules(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    baskets: Baskets,
    cutting: Cutting,
    stopwords: str | None,
    min_support: float,
    min_confidence: float,
    strict: bool,
    min_count: int,
    max_len: int,
    minimum: dict[str, float],
    consequent: tuple[str, ...],
    antecedent: tuple[str, ...],
    prune: str | None,
    where: RuleFilter,
    itemsets: str | None,
    kind: "Kind",
    format: str | None,
    report: str | None,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Find association rules: who has A and B tends to have C.

    A line of the input is a transaction; or one item of it (--basket), or it has a flag for each
    item; or the input is JSON: which, a sample tells, and input that is unclear is refused. Items
    are stripped, an item counts once in a transaction, blank items and lines are dropped. Best
    rules first: by confidence, then support, then names. Counts are exact, whatever --memory is.
    The program comes on top of it, at most 130 MB, and with --text 200 MB: a model and compiled
    code.

    \b
    Examples:
      nlpzero rules baskets.csv --min-support 0.06 --min-confidence 0.75
      nlpzero rules sales.csv --basket invoice,product --min lift=2 --max-rules 20
      nlpzero rules --text reviews.txt --model model.nz --stopwords stop.txt --min-support 50
      nlpzero rules baskets.csv --format dot | dot -Tsvg > rules.svg
    """
    check_report(report, output, itemsets)
    as_text = baskets.as_text(cutting)
    excluded = frozenset() if stopwords is None else read_stopwords(stopwords)

    with (
        options.open_corpus(
            inputs, encoding, errors, baskets.field if as_text else None, tmpdir=tmpdir, quiet=True
        ) as corpus,
        options.resources(1, memory, tmpdir, quiet=quiet) as resources,
    ):
        found = baskets.read(corpus, cutting, excluded, resources, quiet=quiet)
    options.note_reading(corpus, found.read, quiet=quiet)
    note(read_note(found), quiet=quiet)

    with found, options.resources(1, memory, tmpdir, quiet=quiet) as resources:
        sets = nlpzero.frequent_itemsets(
            found,
            min_support,
            max_len=max_len,
            strict=strict,
            min_item_count=min_count,
            resources=resources,
        )
    note(itemsets_note(sets, max_len), quiet=quiet)
    where = replace(
        where,
        consequents=consequent or None,
        antecedents=antecedent or None,
        prune_redundant=prune is not None,
    )
    for item in unknown_items(sets, (*consequent, *antecedent)):
        note(f"{item!r} is no frequent item; no rule has it.", quiet=quiet)
    result = nlpzero.association_rules(
        sets, min_confidence, minimum=minimum, strict=strict, where=where, resources=resources
    )
    if itemsets is not None:
        write_itemsets(itemsets, sets.of_kind(kind))
    if report is not None:
        said = [
            ("transactions", f"{sets.transactions:,}"),
            ("frequent itemsets", f"{len(sets):,}"),
            ("min_count of an itemset", f"{sets.min_count:,}"),
            ("min_confidence", number(min_confidence)),
            *((f"min {name}", number(value)) for name, value in minimum.items()),
            ("strict", "yes" if strict else "no"),
        ]
        result.report(report, source=names_of(corpus), details=said)
    write_rules(output, format, result)
    note(f"{len(result):,} rules{hint(sets, where, result)}", quiet=quiet)
