"""What ``nlpzero rules`` says and writes: notes, rules as tables and graphs, itemsets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import nlpzero
from nlpzero.rules.rule_filter import RuleFilter

from .formats import FORMATS, csv_list, number, open_output, terminal_table, write_table
from .progress import number_of
from .tables import for_eyes, show

if TYPE_CHECKING:
    from nlpzero.rules.association import Rules
    from nlpzero.rules.itemsets import Itemsets
    from nlpzero.rules.transactions import Transactions


# columns that a table has when they are there
_IN_TABLE = ("q_value", "held_out_support", "held_out_confidence", "kind", "adjacent")


def read_note(found: "Transactions") -> str:
    """How many transactions there are, and what was left out of them."""
    dropped = found.dropped
    left_out = [
        number_of(count, *what)
        for count, what in (
            (dropped.blank_lines, ("blank line",)),
            (dropped.blank_items, ("blank item",)),
            (dropped.repeats, ("repeated item",)),
            (dropped.excluded, ("stop word or mark", "stop words and marks")),
        )
        if count
    ]
    transactions = number_of(len(found), "transaction")
    return f"{transactions} of {number_of(len(found.names), 'different item')}" + (
        f"; left out: {', '.join(left_out)}" if left_out else ""
    )


def unclear(error: "nlpzero.UnclearShapeError") -> str:
    """What cannot be told of the input, with the options to choose from."""
    ways = "\n".join(f"  {choice.options}" for choice in error.choices)
    return f"{error.name}: {error.reason}. Say how to read it:\n{ways}"


def itemsets_note(sets: "Itemsets", max_len: int) -> str:
    """How many itemsets are frequent."""
    least = number_of(sets.min_count, "transaction")
    text = f"{number_of(len(sets), 'frequent itemset')} (at least {least})"
    if not sets.complete:
        text += f"; there are larger ones than --max-len {max_len}"
    return text


def unknown_items(sets: "Itemsets", items: Sequence[str]) -> list[str]:
    """Items asked for that are not frequent."""
    known = frozenset(sets.names)
    return [item for item in items if item not in known]


def hint(sets: "Itemsets", where: RuleFilter, found: "Rules") -> str:
    """Where there is nothing to show: which threshold to change, and to what."""
    if found or where.max_rules == 0:
        return ""
    if not sets.transactions:
        return "; the input has no transactions"
    if len(sets.levels) < 2:
        return "; no two items occur together often enough: lower --min-support"
    best = nlpzero.association_rules(sets, 0.0, where=replace(where, max_rules=10))
    if not best:
        return "; no rule has the items asked for: lower --min-support"
    return f"; --min-confidence {number(best[-1].confidence)} and no --min would keep {len(best)}"


def is_rule_file(output: str | None) -> bool:
    """Whether the output is a file for `nlpzero recommend`."""
    return output is not None and output.lower().endswith(".nz")


def write_rules(output: str | None, format: str | None, found: "Rules") -> None:
    """Rules as a table or as a graph; without a format, what suits a terminal or a pipe."""
    if is_rule_file(output):
        assert output is not None
        found.save(output)
        return
    if format is None:
        if for_eyes(output):
            _show(found)
            return
        format = "tsv"
    if format in FORMATS:
        side = list if format == "jsonl" else csv_list
        rows = ((side(row[0]), side(row[1]), *row[2:]) for row in found.rows())
        write_table(output, format, found.names, rows)
        return
    write = {"dot": nlpzero.Rules.to_dot, "graphml": nlpzero.Rules.to_graphml, "table": _table}
    text = write[format](found)
    with open_output(output) as file:
        file.write(text)


def _table(found: "Rules") -> str:
    rows = [
        (
            f"{csv_list(rule.antecedent)} → {csv_list(rule.consequent)}",
            f"{rule.confidence:.4f}",
            f"{rule.support:.4f}",
            f"{rule.lift:.3f}",
            f"{rule.count:,}",
        )
        for rule in found
    ]
    head = ("rule", "confidence", "support", "lift", "count")
    more = {name: found.columns[name] for name in _IN_TABLE if name in found.columns}
    rows = [(*row, *map(_cell, cells)) for row, *cells in zip(rows, *more.values(), strict=True)]
    table = terminal_table((*head, *more), rows)
    examples = [values for name, values in found.columns.items() if name.startswith("example_")]
    if not examples:
        return table
    first, *lines = table.splitlines(keepends=True)
    for line, *shown in zip(lines, *examples, strict=True):
        first += line + "".join(f"    {text}\n" for text in shown if text)
    return first


def _show(found: "Rules") -> None:
    """Rules on a terminal."""
    names = ("confidence", "support", "lift", "count", *_IN_TABLE)
    shown = [name for name in names if name in found.columns or hasattr(nlpzero.Rule, name)]
    rows = (
        (
            f"{csv_list(rule.antecedent)} → {csv_list(rule.consequent)}",
            *(
                getattr(rule, name, None) if name not in found.columns else found.columns[name][n]
                for name in shown
            ),
        )
        for n, rule in enumerate(found)
    )
    examples = [values for name, values in found.columns.items() if name.startswith("example_")]
    show(
        ("rule", *shown),
        rows,
        under=lambda n: [values[n] for values in examples if values[n]],
    )


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def write_itemsets(path: str, sets: "Itemsets") -> None:
    """Itemsets in the format that the name of the file says."""
    suffix = path.rsplit(".", 1)[-1].lower()
    format = suffix if suffix in FORMATS else "tsv"
    side = list if format == "jsonl" else csv_list
    rows = ((side(items), len(items), support, count) for items, support, count in sets)
    write_table(path, format, ("items", "size", "support", "count"), rows)
