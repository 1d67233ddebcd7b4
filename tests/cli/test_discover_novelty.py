"""``nlpzero discover`` lists new words by novelty: the options, through the process."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
TEXTS = [SAMPLES / name for name in ("news.txt", "tech.txt", "reviews.txt", "story.txt")]
COHESION = ("discover", *TEXTS, "--method", "cohesion")


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known.txt"
    path.write_text("没有\n可以\n必须\n自己\n", encoding="utf-8")
    return path


def rows_of(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out), delimiter="\t", quoting=csv.QUOTE_NONE))


def test_new_words_come_by_novelty_and_the_order_is_told(run_here: Callable, known: Path) -> None:
    done = run_here(*COHESION, "--exclude", known, code=0)
    rows = rows_of(done.out)
    assert list(rows[0])[-1] == "novelty" and ", sort novelty" in done.err
    novelties = [float(row["novelty"]) for row in rows]
    assert novelties == sorted(novelties, reverse=True) and novelties[0] > 0.4
    words = {row["word"] for row in rows}
    assert {"阿阑", "猕猴桃"} <= words and not {"没有", "自己"} & words
    assert "4S店" in words and not {"3号线", "3亿元"} & words
    assert "numbers " in done.err


def test_the_old_order_and_the_rows_of_old_are_at_hand(run_here: Callable, known: Path) -> None:
    plain = run_here(*COHESION, code=0)
    again = run_here(*COHESION, "--exclude", known, "--sort", "score", code=0)
    assert ", sort score" in plain.err and ", sort score" in again.err
    excluded = known.read_text("utf-8").split()
    lines = plain.out.splitlines()
    assert again.out.splitlines() == [x for x in lines if x.split("\t")[0] not in excluded]


@pytest.mark.parametrize("order", ["novelty", "score", "count", "pmi", "entropy"])
def test_every_order_sorts_by_its_column(order: str, run_here: Callable) -> None:
    rows = rows_of(run_here(*COHESION, "--sort", order, "--top", 200, "-q", code=0).out)
    assert len(rows) == 200 and ("novelty" in rows[0]) == (order == "novelty")
    keys = [
        min(float(row["left_entropy"]), float(row["right_entropy"]))
        if order == "entropy"
        else float(row[order])
        for row in rows
    ]
    assert keys == sorted(keys, reverse=True) and keys[0] > keys[-1]


def test_numbers_are_listed_when_asked_for(run_here: Callable, known: Path) -> None:
    def words(*options: object) -> set[str]:
        return {row["word"] for row in rows_of(run_here(*COHESION, *options, code=0).out)}

    new = ("--exclude", known)
    more = words(*new, "--numbers") - words(*new)
    assert {"3号线", "3亿元"} <= more
    assert all(any(c.isdigit() for c in word) for word in more)
    assert "3号线" in words() and "3号线" not in words("--no-numbers")


def test_marks_are_columns_and_drops_are_told(run_here: Callable) -> None:
    marked = run_here(
        *COHESION, "--combinations", "mark", "--fragments", "mark", "--format", "jsonl", code=0
    )
    rows = [json.loads(line) for line in marked.out.splitlines()]
    assert list(rows[0])[-2:] == ["part_of", "combination"]
    combined = {row["word"]: row["combination"] for row in rows if row["combination"]}
    assert combined["就是"] == "就|是" and "猕猴桃" not in combined
    dropped = run_here(*COHESION, "--combinations", "drop", code=0)
    assert [row["word"] for row in rows_of(dropped.out)] == [
        row["word"] for row in rows if row["word"] not in combined
    ]
    assert f"combinations {len(combined):,}" in dropped.err
    assert ", combinations drop, sort score" in dropped.err


def test_stop_words_are_left_out(run_here: Callable, known: Path) -> None:
    plain = run_here(*COHESION, code=0)
    done = run_here(*COHESION, "--stopwords", known, code=0)
    stopped = known.read_text("utf-8").split()
    kept = [x for x in plain.out.splitlines() if x.split("\t")[0] not in stopped]
    assert done.out.splitlines() == kept
    assert "stopwords 4" in done.err and ", sort score" in done.err
    missing = run_here(*COHESION, "--stopwords", "missing.txt")
    assert missing.code == 1 and "missing.txt" in missing.err and "Traceback" not in missing.err


@pytest.mark.parametrize(
    "options", [("--sort", "alphabet"), ("--fragments", "hide"), ("--combinations", "yes")]
)
def test_other_values_are_misuse(options: tuple[str, str], run_here: Callable) -> None:
    done = run_here(*COHESION, *options)
    assert done.code == 2 and f"'{options[1]}' is not one of" in done.err


def test_words_are_explained_by_the_order_in_force(run_here: Callable, known: Path) -> None:
    done = run_here(
        *(*COHESION, "--exclude", known, "--explain", "阿阑", "--explain", "3号线", "--top", 5),
        code=0,
    )
    assert " by novelty" in next(x for x in done.err.splitlines() if x.startswith("阿阑: "))
    assert "a number stands in it" in done.err


def test_nothing_in_nothing_out(run_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    done = run_here("discover", tmp_path / "empty.txt", "--sort", "novelty", "-q", code=0)
    assert done.out.splitlines()[1:] == [] and "novelty" in done.out
