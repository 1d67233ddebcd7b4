"""Thresholds act on results: the options of the command and `Discovery.filter` give the same rows, those of 0.1.0."""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nlpzero import Cohesion, Discovery, Learned, MinEntropy, discover_words
from nlpzero_cli.formats import write_table
from tests.discovery.test_discovery import random_text

METHODS = {"cohesion": Cohesion(), "min-entropy": MinEntropy(), "learned": Learned()}
CASES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "all": {"min_length": 1, "latin": True},
    "free": {"min_entropy": 3.5},
    "long": {"min_length": 3, "top": 7},
    "known": {"exclude": ["中国", "共和国", "没有"], "latin": True, "top": 30},
    "rare": {"min_count": 20, "max_length": 3, "min_length": 1},
}
# of the rows that 0.1.0 wrote with these options
DIGESTS = {}


@cache
def text() -> str:
    return random_text(31, 6000)


@cache
def found(method: str, min_count: int | None, max_length: int) -> Discovery:
    return discover_words(
        text().split("\n"), METHODS[method], min_count=min_count, max_length=max_length
    )


def table(path: Path, result: Discovery) -> bytes:
    names = result[0]._fields[: 10 if result.method == "learned" else 7]
    rows = (tuple(None if x in (math.nan,) else x for x in word[: len(names)]) for word in result)
    write_table(str(path), "tsv", names, rows)
    return path.read_bytes()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_the_command_and_the_filter_give_the_rows_of_before(
    method: str, case: str, run_here: Callable, tmp_path: Path
) -> None:
    thresholds = dict(CASES[case])
    path, known = tmp_path / "text.txt", tmp_path / "known.txt"
    path.write_text(text(), encoding="utf-8")
    arguments: list[Any] = []
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
