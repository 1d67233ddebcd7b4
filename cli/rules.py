"""``nlpzero rules``: association rules."""

import math
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .formats import FORMATS, number, open_output, write_table
from .progress import byte_progress, note
from .tokenizing import make_tokenizer, tokenizing

if TYPE_CHECKING:
    from nlpzero.rules.association import Rule
    from nlpzero.rules.itemsets import Itemsets
    from nlpzero.rules.transactions import Dropped, SpilledTransactions, Transactions

_JSON = re.compile(r".*\.(jsonl|ndjson)(\.(gz|bz2|xz|zst))?", re.IGNORECASE)
_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "space": " ", "semicolon": ";"}
_BASE = 112 << 20  # what the interpreter and a block of text take anyway


class Support(click.ParamType):
    """A proportion (``0.06``, ``6%``) or, as a whole number, a count of transactions (``50``)."""

    name = "support"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        if isinstance(value, (int, float)):
            return value
        if text.isascii() and text.isdigit():
            return int(text)
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(
                f"{value!r} is no support; write a proportion such as 0.06 or 6%, or a count such as 50.",
                param,
                ctx,
            )
        if not 0 <= share <= 1:
            self.fail(
                f"{value!r} is out of range; a proportion is between 0 and 1 (or 0% and 100%), "
                "a count is a whole number.",
                param,
                ctx,
            )
        return share


def _minimum(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, float]:
    result = {}
    for value in values:
        name, equals, least = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in nlpzero.METRICS:
            raise click.BadParameter(
                f"{value!r} is not METRIC=VALUE with a metric of {', '.join(nlpzero.METRICS)}.",
                ctx,
                param,
            )
        try:
            result[name] = float(least)
        except ValueError:
            raise click.BadParameter(f"{least!r} is no number.", ctx, param) from None
        if math.isnan(result[name]):
            raise click.BadParameter(f"{least!r} is no number.", ctx, param)
    return result


def _writable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refused at once, not after the mining, when it cannot be written."""
    if value is not None:
        folder = os.path.dirname(os.path.abspath(value))
        if os.path.isdir(value) or not os.path.isdir(folder) or not os.access(folder, os.W_OK):
            raise click.BadParameter(f"{value!r} cannot be written.", ctx, param)
    return value


def _basket(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, str] | tuple[int, int] | None:
    if value is None:
        return None
    first, comma, second = (part.strip() for part in value.partition(","))
    if not (comma and first and second) or "," in second:
        raise click.BadParameter(
            f"{value!r} is not two columns; write for example id,item or 1,3.", ctx, param
        )
    if first.isdecimal() and second.isdecimal():
        if int(first) < 1 or int(second) < 1:
            raise click.BadParameter(
                f"{value!r} is out of range; columns are numbered from 1.", ctx, param
            )
        return int(first), int(second)
    return first, second


@click.command()
@options.inputs()
@options.encoding()
@options.errors()
@click.option(
    "--field",
    metavar="NAME",
    help="The field with the array of items in .jsonl inputs; with --text, the field with the text.",
)
@click.option(
    "--separator",
    default=",",
    show_default=True,
    metavar="TEXT",
    help="What stands between items: any text, or tab, space, semicolon, comma.",
)
@click.option(
    "--quotes/--no-quotes",
    default=True,
    show_default=True,
    help='Whether "quoted, items" may contain the separator.',
)
@click.option(
    "--basket",
    metavar="ID,ITEM",
    callback=_basket,
    help="Long form, one item a line: the columns of the transaction and of the item, by name (the first "
    "line is a header) or by number from 1 (there is none).",
)
@click.option("--jsonl", is_flag=True, help="Each line is a JSON array; assumed for .jsonl files.")
@click.option(
    "--text", is_flag=True, help="Each sentence is a transaction, its words are the items."
)
@tokenizing()
@click.option("--stopwords", metavar="FILE", help="Items to leave out, one a line.")
@click.option(
    "--blank",
    multiple=True,
    metavar="TEXT",
    help="One more item that means nothing and is dropped, like nan and null; repeatable.",
)
@click.option(
    "--min-support",
    type=Support(),
    default="0.01",
    show_default=True,
    help="Support that an itemset must exceed: a proportion (0.06, 6%) or a count (50).",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Confidence that a rule must exceed.",
)
@click.option(
    "--strict/--no-strict",
    default=True,
    show_default=True,
    help="Whether thresholds must be exceeded (>) or reached (>=).",
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
    callback=_minimum,
    help="Another threshold, such as lift=1.5; repeatable. Metrics: support, confidence, lift, leverage, "
    "conviction, zhang, jaccard, kulczynski, certainty, cosine, antecedent_support, consequent_support.",
)
@click.option(
    "--multi-consequents", is_flag=True, help="Also rules with several items on the right."
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
    help="redundant: leave out a rule if fewer of its items on the left give the same right side with at "
    "least the same confidence.",
)
@click.option(
    "--max-rules", type=click.IntRange(min=0), metavar="N", help="Only the first N rules."
)
@click.option(
    "--itemsets",
    metavar="FILE",
    callback=_writable,
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
@options.memory()
@options.tmpdir()
@options.writing()
def rules(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    separator: str,
    quotes: bool,
    basket: tuple[str, str] | tuple[int, int] | None,
    jsonl: bool,
    text: bool,
    model: str | None,
    words: str | None,
    whitespace: bool,
    tokenizer: str | None,
    stopwords: str | None,
    blank: tuple[str, ...],
    min_support: float,
    min_confidence: float,
    strict: bool,
    min_count: int,
    max_len: int,
    minimum: dict[str, float],
    multi_consequents: bool,
    consequent: tuple[str, ...],
    antecedent: tuple[str, ...],
    prune: str | None,
    max_rules: int | None,
    itemsets: str | None,
    kind: str,
    format: str | None,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Find association rules: who has A and B tends to have C.

    A line of the input is a transaction, its items separated by commas. Items are stripped, an item counts
    once in a transaction, blank items and lines are dropped. Best rules first: by confidence, then
    support, then names. Counts are exact, whatever --memory is.

    \b
    Examples:
      nlpzero rules baskets.csv --min-support 0.06 --min-confidence 0.75
      nlpzero rules sales.csv --basket invoice,product --min lift=2 --max-rules 20
      nlpzero rules --text reviews.txt --model model.nz --stopwords stop.txt --min-support 50
      nlpzero rules baskets.csv --format dot | dot -Tsvg > rules.svg
    """
    from nlpzero.engine.resources import default_memory

    as_text = text or model is not None or words is not None or tokenizer is not None
    if sum([as_text, basket is not None, jsonl]) > 1:
        raise click.UsageError("--text, --basket and --jsonl exclude each other.")
    separator = _SEPARATORS.get(separator, separator)
    if not separator or "\n" in separator or '"' in separator:
        raise click.BadParameter(f"{separator!r} cannot separate items.", param_hint="--separator")
    if basket is not None and whitespace:
        raise click.UsageError("--basket needs a --separator; it does not go with --whitespace.")
    budget = default_memory() if memory is None else memory
    working = max(budget - _BASE, 8 << 20)
    exclude = _stop_words(stopwords)
    blanks = [*_blanks(), *blank]
    report = nlpzero.ReadReport()

    with (
        options.open_corpus(
            inputs, encoding, errors, field if as_text else None, tmpdir=tmpdir, quiet=True
        ) as corpus,
        byte_progress(corpus.size, "reading", quiet=quiet) as advance,
    ):
        json_names = [bool(_JSON.fullmatch(source.name)) for source in corpus.sources]
        if not as_text and any(json_names) and not all(json_names):
            raise click.UsageError("Some inputs are .jsonl and some are not; read them apart.")
        as_json = jsonl or (not as_text and basket is None and any(json_names))
        if field is not None and not (as_text or as_json):
            raise click.UsageError("--field is for .jsonl inputs and --text; see also --basket.")
        spill: dict[str, Any] = {"memory": working // 6, "tmpdir": tmpdir}
        found: Transactions | SpilledTransactions
        if as_text:
            cut = _cutter(model, words, whitespace, tokenizer)
            found = nlpzero.transactions_from_text(
                corpus.blocks(report=report, progress=advance), cut, exclude=exclude, **spill
            )
        else:
            data = corpus.byte_blocks(1 << 20, report=report, progress=advance)
            if as_json:
                found = nlpzero.transactions_from_json(
                    data, field=field, blanks=blanks, exclude=exclude, **spill
                )
            elif basket is not None:
                found = nlpzero.transactions_from_pairs(
                    data, basket, separator=separator, quotes=quotes, blanks=blanks, exclude=exclude
                )
            else:
                found = nlpzero.transactions_from_lines(
                    data,
                    separator=None if whitespace else separator,
                    quotes=quotes,
                    blanks=blanks,
                    exclude=exclude,
                    **spill,
                )
    options.note_reading(corpus, report, quiet=quiet)
    note(_told(len(found), len(found.names), found.dropped), quiet=quiet)

    with found:
        sets = nlpzero.frequent_itemsets(
            found,
            min_support,
            max_len=max_len,
            strict=strict,
            min_item_count=min_count,
            memory=working,
        )
    note(_told_itemsets(sets, max_len), quiet=quiet)
    wanted: dict[str, Any] = {
        "strict": strict,
        "multi_consequents": multi_consequents,
        "consequents": consequent or None,
        "antecedents": antecedent or None,
        "prune_redundant": prune is not None,
        "memory": working,
    }
    _warn_unknown(sets, (*consequent, *antecedent), quiet)
    result = nlpzero.association_rules(
        sets, min_confidence, minimum=minimum, max_rules=max_rules, **wanted
    )
    if itemsets is not None:
        _write_itemsets(itemsets, sets.of_kind(kind))  # type: ignore[arg-type]
    _write(output, format, result)
    note(f"{len(result):,} rules{_hint(sets, wanted, result, max_rules)}", quiet=quiet)


def _blanks() -> tuple[str, ...]:
    from nlpzero.rules.transactions import BLANKS

    return BLANKS


def _stop_words(path: str | None) -> list[str]:
    if path is None:
        return []
    return [line.strip() for line in nlpzero.Corpus(path).lines() if line.strip()]


def _cutter(model: str | None, words: str | None, whitespace: bool, tokenizer: str | None) -> Any:
    """What `transactions_from_text` takes: a segmenter, a function or None."""
    if model is not None and words is None and not whitespace and tokenizer is None:
        return nlpzero.load_segmenter(model)
    chosen = make_tokenizer(model, words, whitespace, tokenizer)  # or a usage error
    if isinstance(chosen, nlpzero.FunctionTokenizer):
        return _guarded(chosen.resolve(), chosen.name)
    return chosen.segmenter if isinstance(chosen, nlpzero.SegmenterTokenizer) else None


def _guarded(function: Callable[[str], Iterable[str]], name: str) -> Callable[[str], list[str]]:
    """Somebody else's function: what it raises becomes a message."""

    def cut(sentence: str) -> list[str]:
        try:
            tokens = function(sentence)
            if isinstance(tokens, (str, bytes)):
                raise TypeError(f"it returned one {type(tokens).__name__}, not many tokens")
            return list(tokens)
        except Exception as error:
            raise nlpzero.WorkerError(
                f"tokenizer {name}: {type(error).__name__}: {error}; the sentence was {sentence[:40]!r}"
            ) from error

    return cut


def _told(transactions: int, items: int, dropped: "Dropped") -> str:
    left_out = [
        f"{count:,} {what}"
        for count, what in (
            (dropped.blank_lines, "blank lines"),
            (dropped.blank_items, "blank items"),
            (dropped.repeats, "repeated items"),
            (dropped.excluded, "stop words and marks"),
        )
        if count
    ]
    return f"{transactions:,} transactions of {items:,} different items" + (
        f"; left out: {', '.join(left_out)}" if left_out else ""
    )


def _told_itemsets(sets: "Itemsets", max_len: int) -> str:
    text = f"{len(sets):,} frequent itemsets (at least {sets.min_count:,} transactions)"
    if not sets.complete:
        text += f"; there are larger ones than --max-len {max_len}"
    return text


def _warn_unknown(sets: "Itemsets", items: Sequence[str], quiet: bool) -> None:
    known = frozenset(sets.names)
    for item in items:
        if item not in known:
            note(f"{item!r} is no frequent item; no rule has it.", quiet=quiet)


def _hint(
    sets: "Itemsets", wanted: dict[str, Any], found: "list[Rule]", max_rules: int | None
) -> str:
    """Where there is nothing to show: which threshold to change, and to what."""
    if found or max_rules == 0:
        return ""
    if not sets.transactions:
        return "; the input has no transactions"
    if len(sets.levels) < 2:
        return "; no two items occur together often enough: lower --min-support"
    best = nlpzero.association_rules(sets, 0.0, max_rules=10, **{**wanted, "strict": False})
    if not best:
        return "; no rule has the items asked for: lower --min-support"
    return (
        f"; --no-strict --min-confidence {number(best[-1].confidence)} and no --min would keep "
        f"{len(best)}"
    )


_COLUMNS = (
    "antecedent",
    "consequent",
    "support",
    "confidence",
    "lift",
    "leverage",
    "conviction",
    "zhang",
    "jaccard",
    "kulczynski",
    "certainty",
    "cosine",
    "antecedent_support",
    "consequent_support",
    "count",
)


def _joined(items: tuple[str, ...]) -> str:
    """Items as one CSV row, so that an item with a comma in it can be told from two items."""
    return ", ".join(
        f'"{item.replace(chr(34), chr(34) * 2)}"' if "," in item or '"' in item else item
        for item in items
    )


def _write(output: str | None, format: str | None, found: "list[Rule]") -> None:
    if format is None:
        format = "table" if output is None and sys.stdout.isatty() else "tsv"
    if format in FORMATS:
        side = list if format == "jsonl" else _joined
        rows = ((side(rule[0]), side(rule[1]), *rule[2:]) for rule in found)
        write_table(output, format, _COLUMNS, rows)
        return
    text = {
        "dot": nlpzero.rules_to_dot,
        "graphml": nlpzero.rules_to_graphml,
        "table": lambda rules: "".join(line + "\n" for line in _table(rules)),
    }[format](found)
    with open_output(output) as file:
        file.write(text)


def _write_itemsets(path: str, sets: "Itemsets") -> None:
    suffix = path.rsplit(".", 1)[-1].lower()
    format = suffix if suffix in FORMATS else "tsv"
    side = list if format == "jsonl" else _joined
    rows = ((side(items), len(items), support, count) for items, support, count in sets)
    write_table(path, format, ("items", "size", "support", "count"), rows)


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _padded(text: str, width: int, right: bool = False) -> str:
    space = " " * max(width - _width(text), 0)
    return space + text if right else text + space


def _clipped(text: str, width: int) -> str:
    if _width(text) <= width:
        return text
    used = 0
    for i, c in enumerate(text):
        used += _width(c)
        if used > width - 1:
            return text[:i] + "…"
    return text


def _table(found: "list[Rule]") -> Iterator[str]:
    head = ("rule", "confidence", "support", "lift", "count")
    room = max(shutil.get_terminal_size((100, 24)).columns - 44, 20)
    rows = [
        (
            _clipped(f"{_joined(rule.antecedent)} → {_joined(rule.consequent)}", room),
            f"{rule.confidence:.4f}",
            f"{rule.support:.4f}",
            f"{rule.lift:.3f}",
            f"{rule.count:,}",
        )
        for rule in found
    ]
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = [_padded(cell, widths[i], right=i > 0) for i, cell in enumerate(row)]
        yield "  ".join(cells).rstrip()
