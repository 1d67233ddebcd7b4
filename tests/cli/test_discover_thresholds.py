"""Thresholds act on results: the options of the command and `Discovery.filter` give the same rows,
those of 0.1.0.
"""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlpzero import (
    Cohesion,
    CoTraining,
    Discovery,
    Learned,
    LearnedSegmenter,
    MinEntropy,
    discover_words,
    learn_segmenter,
)
from nlpzero.learning.methods import Recipe
from nlpzero_cli.formats import write_table
from tests.discovery.test_discovery import random_text

METHODS = {"cohesion": Cohesion(), "min-entropy": MinEntropy()}
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "all": {"min_length": 1, "latin": True},
    "free": {"min_entropy": 3.5},
    "long": {"min_length": 3, "top": 7},
    "known": {"exclude": ["中国", "共和国", "没有"], "latin": True, "top": 30, "sort": "score"},
    "rare": {"min_count": 20, "max_length": 3, "min_length": 1},
}
# of the rows that 0.1.0, which had no base and kept nothing whole, wrote with these options; of two
# of the learned ones the order is that of the score of today
DIGESTS = {
    ("cohesion", "nothing"): "90b7f19ff8132c28",
    ("cohesion", "all"): "4b952476c161908e",
    ("cohesion", "free"): "94e287fa65149c87",
    ("cohesion", "long"): "db08e913eb4a9d7b",
    ("cohesion", "known"): "afafbfe364bcb521",
    ("cohesion", "rare"): "a3602032fa475d3c",
    ("min-entropy", "nothing"): "c30ca0dda3fb7e2a",
    ("min-entropy", "all"): "a19a9db51f0ad0d6",
    ("min-entropy", "free"): "0fadb2cdd95b964f",
    ("min-entropy", "long"): "2bcbaab127983683",
    ("min-entropy", "known"): "b8a0370e05817e79",
    ("min-entropy", "rare"): "f316309eb648061c",
    ("learned", "nothing"): "7fe2ae40f11d2f1f",
    ("learned", "all"): "863ba23d94359833",
    ("learned", "free"): "71ece072fb0b71aa",
    ("learned", "long"): "03a89a0f2b39de0a",
    ("learned", "known"): "3ffd259873697173",
    ("learned", "rare"): "65713f0d243a2ca8",
}


@cache
def text() -> str:
    return random_text(31, 6000)


@cache
def learned() -> LearnedSegmenter:
    """A segmenter of the learner of 0.1.0, which looked less far around a gap."""
    method = CoTraining(recipe=Recipe(groups=11))
    return learn_segmenter(text().split("\n"), method, keep="none")


@cache
def found(method: str, min_count: int | None, max_length: int) -> Discovery:
    return discover_words(
        text().split("\n"),
        Learned(learned()) if method == "learned" else METHODS[method],
        min_count=min_count,
        max_length=max_length,
        keep="none",
    )


def table(path: Path, result: Discovery) -> bytes:
    names = result[0]._fields[: 10 if result.method == "learned" else 7]
    rows = (tuple(None if x in (math.nan,) else x for x in word[: len(names)]) for word in result)
    write_table(str(path), "tsv", names, rows)
    return path.read_bytes()


@pytest.mark.parametrize("method", [*METHODS, "learned"])
@pytest.mark.parametrize("case", CASES)
def test_the_command_and_the_filter_give_the_rows_of_before(
    method: str, case: str, run_here: Callable, tmp_path: Path
) -> None:
    thresholds = dict(CASES[case])
    path, known = tmp_path / "text.txt", tmp_path / "known.txt"
    path.write_text(text(), encoding="utf-8")
    arguments: list[Any] = []
    if method == "learned":
        learned().save(tmp_path / "model.nz")
        arguments = ["--model", "model.nz"]
    arguments += ["--keep", "none"]
    for name, value in thresholds.items():
        if name == "exclude":
            known.write_text("\n".join(value), encoding="utf-8")
            value = known
        arguments += [f"--{name.replace('_', '-')}", *([] if value is True else [value])]
    done = run_here("discover", path, "--method", method, *arguments, "-q", code=0)
    run = (thresholds.pop("min_count", None), thresholds.pop("max_length", 20))
    filtered = found(method, *run).filter(**thresholds)
    assert len(filtered) > 5
    assert done.raw == table(tmp_path / "filtered.tsv", filtered)
    assert hashlib.sha256(done.raw).hexdigest()[:16] == DIGESTS[method, case]
