"""Rules as a file: items, sides and counts, from which the metrics are made again."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpzero.engine.arrays import Array, Counts
from nlpzero.engine.file_index import content_of
from nlpzero.engine.storage import read_file, write_file
from nlpzero.engine.temporary import PathLike
from nlpzero.engine.validation import expect, require, whole_number, within
from nlpzero.rules.metrics import METRICS, Rule, rule_metrics

if TYPE_CHECKING:
    from nlpzero.rules.rule_list import Rules

KIND = "rules"

_MOST_RULES = 1 << 40
_MOST_TRANSACTIONS = 1 << 48  # whose squares are still exact enough for metrics


def write_rules(path: PathLike, rules: "Rules") -> None:
    """Write rules; see :meth:`nlpzero.Rules.save`."""
    total = rules.transactions or 0
    names = sorted({item for rule in rules for item in (*rule[0], *rule[1])})
    number = {name: i for i, name in enumerate(names)}
    arrays: dict[str, Array] = {}
    _put_texts(arrays, "names", names)
    sides = {"left": [r.antecedent for r in rules], "right": [r.consequent for r in rules]}
    for side, rows in sides.items():
        items = [[number[item] for item in row] for row in rows]
        arrays[f"{side}.items"] = np.array([i for row in items for i in row], dtype=np.int32)
        arrays[f"{side}.offsets"] = _offsets(map(len, items))
    supports = ("antecedent_support", "consequent_support")
    arrays["both"] = np.array([rule.count for rule in rules], dtype=np.int64)
    for side, support in zip(("left", "right"), supports, strict=True):
        counts = [round(getattr(rule, support) * total) for rule in rules]
        arrays[side] = np.array(counts, dtype=np.int64)
    kinds = {}
    for name, values in rules.columns.items():
        text = any(isinstance(value, str) for value in values)
        kinds[name] = "text" if text else "number"
        if text:
            _put_texts(arrays, f"column.{name}", [str(value) for value in values])
        else:
            arrays[f"column.{name}"] = np.array(values, dtype=np.float64)
    header = {
        "rules": len(rules),
        "items": len(names),
        "transactions": total,
        "columns": kinds,
    }
    write_file(path, KIND, header, arrays)


def read_rules(path: PathLike) -> tuple[list[Rule], dict[str, Sequence[Any]], int]:
    """Rules, their columns, and the number of transactions; see :meth:`nlpzero.Rules.load`."""
    header, arrays = read_file(path, KIND)
    with content_of(path):
        size = whole_number(header["rules"], "the number of rules", 0, _MOST_RULES)
        least = 1 if size else 0
        total = whole_number(
            header["transactions"], "the number of transactions", least, _MOST_TRANSACTIONS
        )
        names = _texts(arrays, "names", whole_number(header["items"], "the number of items", 0))
        require(len(set(names)) == len(names), "an item is there twice")
        left, right = (_sides(arrays, side, size, names) for side in ("left", "right"))
        require(
            all(not set(a) & set(c) for a, c in zip(left, right, strict=True)),
            "an item is on both sides of a rule",
        )
        counts = [expect(arrays, name, np.int64, size) for name in ("both", "left", "right")]
        both, of_left, of_right = counts
        require(
            all(within(column, 1, total) for column in counts)
            and bool((both <= np.minimum(of_left, of_right)).all())
            and bool((both >= of_left + of_right - total).all()),
            "its counts contradict each other",
        )
        metrics = rule_metrics(total, both, of_left, of_right) if size else {}
        values = [metrics[name].tolist() if size else [] for name in METRICS]
        rules = [
            Rule._make((*sides, *numbers, count))
            for *sides, count, numbers in zip(
                left, right, both.tolist(), zip(*values, strict=True), strict=True
            )
        ]
        return rules, _columns(header["columns"], arrays, size), total


def _columns(
    kinds: Mapping[str, str], arrays: Mapping[str, Array], size: int
) -> dict[str, Sequence[Any]]:
    columns: dict[str, Sequence[Any]] = {}
    for name, kind in kinds.items():
        require(kind in ("text", "number"), f"the column {name} is of no known kind")
        require(name not in Rule._fields, f"the column {name} is there twice")
        if kind == "text":
            columns[name] = _texts(arrays, f"column.{name}", size)
        else:
            columns[name] = expect(arrays, f"column.{name}", np.float64, size).tolist()
    return columns


def _offsets(lengths: Iterable[int]) -> Counts:
    return np.cumsum([0, *lengths], dtype=np.int64)


def _put_texts(arrays: dict[str, Array], name: str, texts: Sequence[str]) -> None:
    encoded = [text.encode("utf-8", "replace") for text in texts]
    arrays[f"{name}.bytes"] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    arrays[f"{name}.offsets"] = _offsets(map(len, encoded))


def _checked_offsets(arrays: Mapping[str, Array], name: str, size: int, end: int) -> list[int]:
    offsets = expect(arrays, f"{name}.offsets", np.int64, size + 1)
    require(
        int(offsets[0]) == 0
        and int(offsets[-1]) == end
        and bool((offsets[1:] >= offsets[:-1]).all()),
        f"the places of {name} overlap, or have gaps between them",
    )
    found: list[int] = offsets.tolist()
    return found


def _texts(arrays: Mapping[str, Array], name: str, size: int) -> list[str]:
    data = expect(arrays, f"{name}.bytes", np.uint8, None).tobytes()
    ends = _checked_offsets(arrays, name, size, len(data))
    return [data[a:b].decode("utf-8") for a, b in pairwise(ends)]


def _sides(
    arrays: Mapping[str, Array], side: str, size: int, names: Sequence[str]
) -> list[tuple[str, ...]]:
    items = expect(arrays, f"{side}.items", np.int32, None)
    require(within(items, 0, len(names) - 1), "a rule has an item that is not there")
    ends = _checked_offsets(arrays, side, size, len(items))
    listed = items.tolist()
    rows = [listed[a:b] for a, b in pairwise(ends)]
    require(all(rows), "a rule lacks a side")
    require(all(len(set(row)) == len(row) for row in rows), "a rule has an item twice")
    return [tuple(names[i] for i in row) for row in rows]
