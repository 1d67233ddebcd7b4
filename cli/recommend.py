"""``nlpzero recommend``: what goes with a basket, by rules that `rules` wrote."""

from collections.abc import Iterable, Iterator
from typing import Any

import click

import nlpzero

from . import options, params
from .command import Command
from .formats import csv_list, write_table
from .progress import note

COLUMNS = (
    "basket",
    "item",
    "confidence",
    "support",
    "lift",
    "count",
    "antecedent",
    "consequent",
    "rules",
)


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@options.top("Items for each basket, at most.", default=10)
@click.option(
    "--by",
    type=click.Choice(
        ["confidence", "support", "lift", "leverage", "conviction", "zhang", "jaccard",
         "kulczynski", "certainty", "cosine"]
    ),
    default="confidence",
    show_default=True,
    help="What makes a rule the better one.",
)  # fmt: skip
@click.option(
    "--separator",
    default=",",
    show_default=True,
    metavar="TEXT",
    callback=params.separator,
    help="What stands between the items of a line: any text, or tab, space, semicolon, comma.",
)
@options.encoding()
@options.field()
@options.max_expansion()
@options.errors()
@options.format_()
@options.writing()
def recommend(
    file: str,
    items: tuple[str, ...],
    top: int,
    by: str,
    separator: str,
    encoding: str,
    field: str | None,
    errors: str,
    format: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Tell what goes with a basket, by the rules of FILE, which `rules -o FILE.nz` wrote.

    The basket is the ITEMs; without any, each line of standard input is one. A rule counts if the
    basket has its whole antecedent; what is in the basket is never recommended. Each item comes
    with the best rule that says so and the number of rules that do.

    \b
    Examples:
      nlpzero rules baskets.csv -o rules.nz
      nlpzero recommend rules.nz 果酱 牛奶
      nlpzero recommend rules.nz --top 3 --format jsonl < baskets.csv
    """
    rules = nlpzero.Rules.load(file)
    found = 0

    def rows(baskets: Iterable[Iterable[str]]) -> Iterator[list[Any]]:
        nonlocal found
        side = list if format == "jsonl" else csv_list
        for number, basket in enumerate(baskets, 1):
            for one in rules.recommend(basket, top=top, by=by):
                found += 1
                yield [
                    number,
                    one.item,
                    one.confidence,
                    one.support,
                    one.lift,
                    one.count,
                    side(one.antecedent),
                    side(one.consequent),
                    one.rules,
                ]

    if items and field is not None:
        raise click.UsageError("--field is for baskets on standard input; leave out the ITEMs.")
    if items:
        write_table(output, format, COLUMNS, rows([items]))
    else:
        sources = options.needed_inputs(())
        with options.open_corpus(sources, encoding, errors, field, quiet=quiet) as corpus:
            lines = (_items(line, separator) for line in corpus.lines())
            write_table(output, format, COLUMNS, rows(lines))
    if not found:
        note(f"none of the {len(rules):,} rules has an antecedent in a basket", quiet=quiet)


def _items(line: str, separator: str) -> list[str]:
    return [item for item in nlpzero.basket_items(line, separator) if item]
