"""Association rules as a page for a browser: a table, a network of the items, lift and support."""

from collections.abc import Sequence

from nlpzero.engine.temporary import PathLike
from nlpzero.reports.page import Column, Page, Threshold, write_page
from nlpzero.rules.metrics import METRICS, Rule

_HELP = {
    "antecedent": "Who has these ...",
    "consequent": "... tends to have these.",
    "support": "Share of the transactions that have both sides.",
    "confidence": "Share of the transactions with the antecedent that have the consequent too.",
    "lift": "How much more often both sides occur together than if they had nothing to do with "
    "each other.",
    "leverage": "How much larger the support is than if both sides had nothing to do with each "
    "other.",
    "conviction": "How much more often the rule would be wrong if both sides had nothing to do "
    "with each other.",
    "count": "Transactions with both sides.",
}
_LABELS = {
    "antecedent_support": "support of antecedent",
    "consequent_support": "support of consequent",
}
_IN_TABLE = ("support", "confidence", "lift", "leverage", "conviction", "zhang", "jaccard")
_UNIT = ("confidence", "jaccard", "kulczynski", "cosine")
_OPTION = "--min {}="  # followed by the value


def write_rules(
    rules: Sequence[Rule],
    path: PathLike,
    *,
    limit: int,
    title: str,
    source: str,
    details: Sequence[tuple[str, str]],
) -> None:
    """Write a report of rules; see :meth:`nlpzero.Rules.report`."""
    listed = rules[:limit]
    items: dict[str, int] = {}

    def numbers(side: Sequence[str]) -> list[int]:
        return [items.setdefault(item, len(items)) for item in side]

    sides = [(numbers(rule.antecedent), numbers(rule.consequent)) for rule in listed]
    columns = [
        Column("antecedent", "antecedent", [left for left, _ in sides], "items"),
        Column("consequent", "consequent", [right for _, right in sides], "items"),
    ]
    columns += [
        Column(
            name,
            _LABELS.get(name, name),
            [getattr(rule, name) for rule in listed],
            bar="unit" if name in _UNIT else "both" if name in ("leverage", "zhang") else "length",
            log=name in ("support", "lift"),
            help=_HELP.get(name, ""),
            shown=name in _IN_TABLE,
        )
        for name in METRICS
    ]
    counts = [rule.count for rule in listed]
    columns.append(Column("count", "count", counts, "integer", log=True, help=_HELP["count"]))
    facts = [("Rules", f"{len(rules):,}"), ("Items in them", f"{len(items):,}")]
    if len(listed) < len(rules):
        facts.insert(1, ("In this report", f"the first {len(listed):,}"))
    thresholds = [
        Threshold("support", option="--min-support"),
        Threshold("confidence", option="--min-confidence"),
        *(Threshold(name, option=_OPTION.format(name)) for name in ("lift", "leverage", "zhang")),
        Threshold("count"),
    ]
    page = Page(
        title=title,
        noun="rules",
        columns=columns,
        x="support",
        y="lift",
        size="confidence",
        thresholds=thresholds,
        facts=facts,
        details=[("About this run", details)] if details else (),
        items=list(items),
        network=("antecedent", "consequent", "lift"),
        source=source,
    )
    write_page(page, path)
