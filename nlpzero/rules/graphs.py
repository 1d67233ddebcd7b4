"""Rules as graphs: GraphViz, GraphML."""

import math
from collections.abc import Iterable

from nlpzero.engine.xml import xml_text
from nlpzero.rules.metrics import METRICS, Rule


def _graph(rules: Iterable[Rule]) -> tuple[dict[str, str], list[tuple[str, str, int]], list[Rule]]:
    """Ids of items; edges (from, to, rule number); rules.

    A rule is a node between its two sides.
    """
    rules = list(rules)
    ids: dict[str, str] = {}
    edges = []
    for number, rule in enumerate(rules):
        for item in rule.antecedent:
            edges.append((ids.setdefault(item, f"i{len(ids)}"), f"r{number}", number))
        for item in rule.consequent:
            edges.append((f"r{number}", ids.setdefault(item, f"i{len(ids)}"), number))
    return ids, edges, rules


def _short(value: float) -> str:
    return f"{value:.6g}"


def _dot_quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def rules_to_dot(rules: Iterable[Rule]) -> str:
    """Rules as a directed graph in Graphviz' DOT language; see `Rules.to_dot`."""
    ids, edges, rules = _graph(rules)
    lines = ["digraph rules {", "  rankdir=LR;"]
    lines += [f"  {node} [label={_dot_quoted(item)}];" for item, node in ids.items()]
    for number, rule in enumerate(rules):
        values = [_short(v) for v in (rule.confidence, rule.support, rule.lift)]
        shown = dict(zip(("confidence", "support", "lift"), values, strict=True))
        attributes = ", ".join(f"{name}={value}" for name, value in shown.items())
        tip = ", ".join(f"{name} {value}" for name, value in shown.items())
        lines.append(f'  r{number} [shape=point, {attributes}, tooltip="{tip}"];')
    lines += [f"  {start} -> {end};" for start, end, _ in edges]
    return "\n".join([*lines, "}", ""])


def rules_to_graphml(rules: Iterable[Rule]) -> str:
    """Rules as GraphML; see `Rules.to_graphml`."""
    ids, edges, rules = _graph(rules)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        '  <key id="kind" for="node" attr.name="kind" attr.type="string"/>',
        '  <key id="label" for="node" attr.name="label" attr.type="string"/>',
        '  <key id="count" for="node" attr.name="count" attr.type="long"/>',
    ]
    lines += [
        f'  <key id="{name}" for="node" attr.name="{name}" attr.type="double"/>' for name in METRICS
    ]
    lines.append('  <graph id="rules" edgedefault="directed">')
    for item, node in ids.items():
        lines.append(f'    <node id="{node}">{_data("kind", "item")}{_data("label", item)}</node>')
    for number, rule in enumerate(rules):
        label = f"{', '.join(rule.antecedent)} → {', '.join(rule.consequent)}"
        values = "".join(_data(name, _xml_number(getattr(rule, name))) for name in METRICS)
        lines.append(
            f'    <node id="r{number}">{_data("kind", "rule")}{_data("label", label)}'
            f"{_data('count', str(rule.count))}{values}</node>"
        )
    lines += [f'    <edge source="{start}" target="{end}"/>' for start, end, _ in edges]
    return "\n".join([*lines, "  </graph>", "</graphml>", ""])


def _xml_number(value: float) -> str:
    return "INF" if math.isinf(value) else _short(value)  # as XML Schema writes it


def _data(key: str, text: str) -> str:
    return f'<data key="{key}">{xml_text(text)}</data>'
