"""``--shape``, ``--basket``, ``--separator`` and their like: how transactions are written."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import params
from .options import Decorator, bundle
from .progress import note
from .rule_output import unclear
from .tokenizing import Cutting

if TYPE_CHECKING:
    from nlpzero.engine.resources import Resources
    from nlpzero.rules.shapes import Shape
    from nlpzero.rules.transactions import Transactions
    from nlpzero.text.corpus import Corpus

_JSON = re.compile(r".*\.(json|jsonl|ndjson)(\.(gz|bz2|xz|zst))?", re.IGNORECASE)


@dataclass(frozen=True)
class Baskets:
    """What the options say."""

    field: str | None
    shape: str
    separator: str | None
    header: bool | None
    skip: tuple[int, ...]
    quotes: bool
    basket: tuple[str, str] | tuple[int, int] | None
    jsonl: bool
    text: bool
    blank: tuple[str, ...]

    def as_text(self, cutting: Cutting) -> bool:
        """Whether sentences are transactions; options that contradict each other are refused."""
        as_text = self.text or cutting.of_sentences
        if sum([as_text, self.basket is not None, self.jsonl]) > 1:
            raise click.UsageError("--text, --basket and --jsonl exclude each other.")
        for given, option, same in (
            (as_text, "--text", ""),
            (self.basket is not None, "--basket", "pairs"),
            (self.jsonl, "--jsonl", "json"),
        ):
            if given and self.shape not in ("auto", same):
                raise click.UsageError(f"--shape {self.shape} and {option} exclude each other.")
        if not as_text:
            cutting.refuse("the items of baskets are whole; --text reads sentences.")
        return as_text

    def read(
        self,
        corpus: "Corpus",
        cutting: Cutting,
        exclude: Iterable[str],
        resources: "Resources",
        *,
        quiet: bool,
    ) -> "Transactions":
        """The transactions of a corpus; what was recognised is said."""
        try:
            found = nlpzero.read_transactions(
                corpus,
                self._shape(corpus, cutting, quiet),
                blanks=[*nlpzero.BLANKS, *self.blank],
                exclude=exclude,
                resources=resources,
            )
        except nlpzero.UnclearShapeError as error:
            raise click.UsageError(unclear(error)) from error
        if found.recognised:
            note(f"read as {found.recognised}", quiet=quiet)
        return found

    def _shape(self, corpus: "Corpus", cutting: Cutting, quiet: bool) -> "Shape":
        as_text = self.as_text(cutting)
        as_json = self.jsonl or self.shape == "json"
        if not (as_text or as_json) and self.basket is None and self.shape == "auto":
            as_json = _all_json(corpus)
        if self.field is not None and not (as_text or as_json):
            raise click.UsageError("--field is for JSON inputs and --text; see also --basket.")
        if as_text:
            return nlpzero.Sentences(cutting.tokenizer(quiet=quiet))
        if as_json and self.field is not None:
            return nlpzero.JsonLines(self.field)
        return nlpzero.Recognised(
            "json" if as_json else self.shape,
            None if cutting.whitespace else self.separator or "auto",
            self.quotes,
            self.header,
            self.skip,
            self.basket,
        )


def _all_json(corpus: "Corpus") -> bool:
    """Whether the names of the inputs say JSON: of all, or of none."""
    said = [bool(_JSON.fullmatch(source.name)) for source in corpus.sources]
    if any(said) and not all(said):
        raise click.UsageError("Some inputs are JSON by name and some are not; read them apart.")
    return all(said)


def baskets() -> Decorator:
    """The options; the command receives ``baskets``."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(
            *args: Any,
            field: str | None,
            shape: str,
            separator: str | None,
            header: bool | None,
            skip: tuple[int, ...],
            quotes: bool,
            basket: tuple[str, str] | tuple[int, int] | None,
            jsonl: bool,
            text: bool,
            blank: tuple[str, ...],
            **given: Any,
        ) -> Any:
            baskets = Baskets(
                field, shape, separator, header, skip, quotes, basket, jsonl, text, blank
            )
            return function(*args, baskets=baskets, **given)

        return bundle(*_OPTIONS)(run)

    return decorate


_OPTIONS = (
    click.option(
        "--field",
        metavar="NAME",
        help="The field with the array of items in JSON inputs; with --text, the field with the "
        "text.",
    ),
    click.option(
        "--shape",
        type=click.Choice(["auto", "lines", "pairs", "one-hot", "json"]),
        default="auto",
        show_default=True,
        help="How transactions are written: one a line; one item a line; a column for each item; "
        "JSON. auto: what a sample looks like, as is said on standard error.",
    ),
    click.option(
        "--separator",
        metavar="TEXT",
        callback=params.separator,
        help="What stands between items: any text, or tab, space, semicolon, comma.  [default: "
        "what a sample has]",
    ),
    click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first line has names of columns.  [default: what a sample looks like]",
    ),
    click.option(
        "--skip-columns",
        "skip",
        metavar="1,3",
        callback=params.columns,
        help="Columns that hold no items, numbered from 1.",
    ),
    click.option(
        "--quotes/--no-quotes",
        default=True,
        show_default=True,
        help='Whether "quoted, items" may contain the separator.',
    ),
    click.option(
        "--basket",
        metavar="ID,ITEM",
        callback=params.two_columns,
        help="Long form, one item a line: the columns of the transaction and of the item, by name "
        "(the first line is a header) or by number from 1 (there is none).",
    ),
    click.option("--jsonl", is_flag=True, help="The same as --shape json, assumed for .jsonl."),
    click.option(
        "--text", is_flag=True, help="Each sentence is a transaction, its words are the items."
    ),
    click.option(
        "--blank",
        multiple=True,
        metavar="TEXT",
        help="One more item that means nothing and is dropped, like nan and null; repeatable.",
    ),
)
