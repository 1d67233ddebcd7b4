"""``nlpzero rules``: association rules."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from nlpzero.rules.rule_filter import RuleFilter

from . import options, params
from .baskets import Baskets, baskets
from .cluster import cluster
from .command import Command
from .configs import config_options
from .formats import FORMATS, number
from .progress import note, number_of
from .reports import check_report, names_of, report_option
from .rule_options import (
    PRUNED,
    default_for_text,
    evidence_options,
    found_with_options,
    refuse_text_options,
    tell_aside,
    text_options,
    which_rules,
    words_with_options,
)
from .rule_output import (
    hint,
    is_rule_file,
    itemsets_note,
    read_note,
    unknown_items,
    write_itemsets,
    write_rules,
)
from .tokenizing import Cutting, read_stopwords, tokenizing

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.rules.itemsets import Kind

# fields of the filter that have options of another name
_OWN = ("consequents", "antecedents", *(f"prune_{name}" for name in PRUNED))


def _of_use(options: dict[str, Any]) -> None:
    """Refuse a cluster where it would not be used."""
    if options["validate"] is not None:
        raise click.UsageError("--validate draws transactions here; leave --executor out.")


@click.command(cls=Command)
@options.inputs()
@options.encoding()
@options.max_expansion()
@options.errors()
@baskets()
@tokenizing()
@options.stopwords("Leave out the items of this list, one a line.")
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
@which_rules()
@evidence_options()
@text_options()
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
    "-f",
    "--format",
    type=click.Choice(["table", *FORMATS, "dot", "graphml"]),
    default=None,
    help="Output format.  [default: table on a terminal, else tsv]",
)
@report_option()
@options.memory()
@options.tmpdir()
@cluster(_of_use)
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
    prune: tuple[str, ...],
    order: str | None,
    max_q: float | None,
    validate: float | None,
    seed: int,
    where: RuleFilter,
    itemsets: str | None,
    kind: "Kind",
    format: str | None,
    report: str | None,
    memory: int | None,
    tmpdir: str | None,
    executor: "Executor | None",
    output: str | None,
    quiet: bool,
    **of_text: object,
) -> None:
    """Find association rules: who has A and B tends to have C.

    A line of the input is a transaction; or one item of it (--basket), or it has a flag for each
    item; or the input is JSON: which, a sample tells, and input that is unclear is refused. Items
    are stripped, an item counts once in a transaction, blank items and lines are dropped. Best
    rules first: by confidence (--order), then support, then names.

    With --text the rules are between the words of sentences: pairs with at least 0.1 confidence
    that say most of the text, --max-len 2, --min lift_low=4 and --prune for all, each with two
    sentences; common words are set aside. -o FILE.nz writes rules for `recommend`.

    Counts are exact, whatever --memory is. The program comes on top of it, at most 130 MB, and with
    --text 200 MB: a model and compiled code.

    \b
    Examples:
      nlpzero rules baskets.csv --min-support 0.06 --min-confidence 0.75
      nlpzero rules sales.csv --basket invoice,product --min lift=2 --max-rules 20
      nlpzero rules --text reviews.txt --max-rules 100
      nlpzero rules baskets.csv --max-q 0.05 --validate 0.5 -o rules.nz
      nlpzero rules baskets.csv --format dot | dot -Tsvg > rules.svg
    """
    check_report(report, output, itemsets)
    as_text = baskets.as_text(cutting)
    if not as_text:
        refuse_text_options()
    pruned = PRUNED if as_text and not prune else prune
    if "none" in prune and len(prune) > 1:
        raise click.UsageError("--prune none goes with no other --prune.")
    order = order or ("information" if as_text else "confidence")
    if as_text:
        min_confidence = default_for_text("min_confidence", min_confidence, 0.1)
        max_len = default_for_text("max_len", max_len, 2)
    if is_rule_file(output) and format is not None:
        raise click.UsageError("-o FILE.nz has a format of its own; leave --format out.")
    excluded = frozenset() if stopwords is None else read_stopwords(stopwords)
    where = replace(
        where,
        consequents=consequent or None,
        antecedents=antecedent or None,
        **{f"prune_{name}": name in pruned for name in PRUNED},
    )

    with (
        options.open_corpus(
            inputs,
            encoding,
            errors,
            baskets.field if as_text else None,
            again=executor is not None,
            tmpdir=tmpdir,
            quiet=True,
        ) as corpus,
        options.resources(1, memory, tmpdir, executor=executor, quiet=quiet) as resources,
    ):
        if as_text:
            words = words_with_options(
                corpus,
                cutting.tokenizer(quiet=quiet),
                exclude=excluded,
                where=where,
                resources=resources,
            )
            found, sets, result = words.transactions, words.itemsets, words.rules
            found.close()
        else:
            found = baskets.read(corpus, cutting, excluded, resources, quiet=quiet)
    options.note_reading(corpus, found.read, quiet=quiet)
    note(read_note(found), quiet=quiet)
    if as_text:
        tell_aside(words, quiet=quiet)
        held_out = words.held_out
    else:
        with found, options.resources(1, memory, tmpdir, quiet=quiet) as resources:
            sets, result, held_out = found_with_options(
                found, where=where, order=order, resources=resources
            )
    if validate is not None:
        note(f"{held_out:,} of them are held out", quiet=quiet)
    note(itemsets_note(sets, max_len), quiet=quiet)
    for item in unknown_items(sets, (*consequent, *antecedent)):
        note(f"{item!r} is no frequent item; no rule has it.", quiet=quiet)
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
    note(f"{number_of(len(result), 'rule')}{hint(sets, where, result)}", quiet=quiet)
