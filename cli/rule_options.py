"""What ``nlpzero rules`` has for evidence and for rules between words: options, defaults, notes."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeVar

import click

import nlpzero
from nlpzero.rules.rule_filter import RuleFilter

from . import params
from .command import Option
from .options import Decorator, bundle
from .progress import note, number_of

if TYPE_CHECKING:
    from nlpzero.engine.resources import Resources
    from nlpzero.rules.itemsets import Itemsets
    from nlpzero.rules.rule_list import Rules
    from nlpzero.rules.transactions import Transactions
    from nlpzero.rules.word_rules import WordRules
    from nlpzero.segmentation.tokenizers import Tokenizer
    from nlpzero.text.corpus import Corpus

T = TypeVar("T")

#: What --prune leaves out.
PRUNED = ("redundant", "mirrored", "indirect")

METRICS = (
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
    "lift_low",
    "information",
)

# words that are named in a note
_NAMED = 12


def which_rules() -> Decorator:
    """``--min-count --max-len --min --consequent --antecedent --prune``."""
    return bundle(
        click.option(
            "--min-count",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            help="Leave out items that occur in fewer transactions.",
        ),
        click.option(
            "--max-len",
            type=click.IntRange(min=1),
            default=10,
            show_default=True,
            help="Most items in an itemset.",
        ),
        click.option(
            "--min",
            "minimum",
            multiple=True,
            metavar="METRIC=VALUE",
            callback=params.minimum,
            help="Another threshold, such as lift=1.5; repeatable. Metrics: "
            f"{', '.join(METRICS)}, antecedent_support, consequent_support.",
        ),
        click.option(
            "--consequent",
            multiple=True,
            metavar="ITEM",
            help="Only rules with nothing but this (these: repeatable) on the right.",
        ),
        click.option(
            "--antecedent",
            multiple=True,
            metavar="ITEM",
            help="Only rules with this (one of these: repeatable) on the left.",
        ),
        click.option(
            "--prune",
            type=click.Choice([*PRUNED, "none"]),
            multiple=True,
            help="Leave out rules, repeatable. redundant: if fewer of the items on the left give "
            "the same right side with at least the same confidence; mirrored: if the same items "
            "make a more confident rule; indirect: if both items meet by way of a third one. With "
            "--text, all three unless this is given.",
        ),
    )


def evidence_options() -> Decorator:
    """``--order --max-q --validate --seed``."""
    return bundle(
        click.option(
            "--order",
            type=click.Choice(METRICS),
            help="What makes a rule the better one.  [default: confidence, with --text "
            "information]",
        ),
        click.option(
            "--max-q",
            type=click.FloatRange(0, 1),
            help="Only rules of at most this false discovery rate, by Fisher's exact test; adds "
            "columns p_value and q_value (1 keeps all rules).",
        ),
        click.option(
            "--validate",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            metavar="SHARE",
            help="Hold out this share of the transactions, and tell support and confidence there.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            help="Draws what --validate holds out.",
        ),
    )


def text_options() -> Decorator:
    """``--common --numbers --phrases --examples``, which go with sentences only."""
    return bundle(
        click.option(
            "--common",
            type=click.FloatRange(0, 1),
            default=0.001,
            show_default=True,
            metavar="SHARE",
            help="With --text, set words aside that stand in more than this share of the sentences "
            "and go with any other word; 1 keeps all words.",
        ),
        click.option(
            "--numbers/--no-numbers",
            cls=Option,
            group="Thresholds",
            default=False,
            show_default=True,
            help="With --text, whether words with a digit are kept.",
        ),
        click.option(
            "--phrases",
            type=click.Choice(["last", "mixed", "only", "none"]),
            default="last",
            show_default=True,
            help="With --text, where rules stand whose words are side by side in 9 of 10 sentences "
            "that have them: after the others, among them, alone, nowhere.",
        ),
        click.option(
            "--examples",
            type=click.IntRange(min=0, max=20),
            default=2,
            show_default=True,
            metavar="N",
            help="With --text, sentences with each rule.",
        ),
    )


def given(name: str) -> bool:
    """Whether an option was given."""
    source = click.get_current_context().get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def default_for_text(name: str, value: T, instead: Any) -> T:
    """The value of an option, or another default with --text."""
    return value if given(name) else instead


def words_with_options(corpus: "Corpus", tokenizer: "Tokenizer", **more: Any) -> "WordRules":
    """Rules between words as the options of the command at hand say, with defaults for text."""
    said = click.get_current_context().params
    alike = ("max_q", "validate", "seed", "common", "numbers", "phrases", "examples")
    return nlpzero.word_rules(
        corpus,
        tokenizer,
        min_support=default_for_text("min_support", said["min_support"], None),
        min_confidence=default_for_text("min_confidence", said["min_confidence"], 0.1),
        minimum=said["minimum"] or None,
        max_len=default_for_text("max_len", said["max_len"], 2),
        min_item_count=said["min_count"],
        strict=default_for_text("strict", said["strict"], False),
        order=said["order"] or "information",
        **{name: said[name] for name in alike},
        **more,
    )


def found_with_options(
    found: "Transactions", *, where: RuleFilter, order: str, resources: "Resources"
) -> tuple["Itemsets", "Rules", int]:
    """Itemsets and rules as the options of the command at hand say, and how many transactions are
    held out.
    """
    said = click.get_current_context().params
    mined, rest = found, None
    if said["validate"] is not None:
        mined, rest = nlpzero.split_transactions(
            found, said["validate"], seed=said["seed"], resources=resources
        )
    sets = nlpzero.frequent_itemsets(
        mined,
        said["min_support"],
        max_len=said["max_len"],
        strict=said["strict"],
        min_item_count=said["min_count"],
        resources=resources,
    )
    result = nlpzero.association_rules(
        sets,
        said["min_confidence"],
        minimum=said["minimum"],
        strict=said["strict"],
        where=where,
        order=order,
        max_q=said["max_q"],
        resources=resources,
    )
    return (sets, result, 0) if rest is None else (sets, nlpzero.validated(result, rest), len(rest))


def refuse_text_options() -> None:
    """Refuse what only sentences have a use for."""
    for name in ("common", "numbers", "phrases", "examples"):
        if given(name):
            raise click.UsageError(f"--{name} goes with --text.")


def _some(words: Collection[str]) -> str:
    shown = " ".join(list(words)[:_NAMED])
    return f"{shown} ..." if len(words) > _NAMED else shown


def tell_aside(found: "WordRules", *, quiet: bool) -> None:
    """Which words were set aside."""
    if found.common:
        note(
            f"set aside {number_of(len(found.common), 'common word')} ({_some(found.common)}); "
            "--common 1 keeps them",
            quiet=quiet,
        )
    if found.numbers:
        note(
            f"set aside {number_of(len(found.numbers), 'word')} with digits "
            f"({_some(found.numbers)}); --numbers keeps them",
            quiet=quiet,
        )
