"""``--dry-run``: an estimate instead of a run."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import nlpzero

LINES = [
    f"第{i % 97}回{'天气很好今天去公园走走'[i % 7 :]}，他说{i * 7919 % 1009}个人。"
    for i in range(3000)
]
COMMANDS = {
    "ngrams": ["ngrams", "-o", "out.nz"],
    "ngrams as text": ["ngrams", "--lengths", "2"],
    "ngrams above 4": ["ngrams", "--order", "6", "--format", "nz", "-o", "out.nz"],
    "count": ["count", "--model", "base"],
    "count of n-grams": ["count", "--ngrams", "1-2", "--top", "5"],
    "segment": ["segment", "-o", "out.txt"],
    "segment by a model": ["segment", "--model", "base", "--format", "tokens"],
    "train": ["train", "-o", "out.nz"],
    "train lm": ["train", "--method", "lm", "-o", "out.nz"],
    "train nvbe": ["train", "--method", "nvbe", "-o", "out.nz"],
    "discover": ["discover", "--save", "found.nz"],
    "discover by cohesion": ["discover", "--method", "cohesion"],
}


@pytest.fixture
def text(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("\n".join(LINES[:2000]) + "\n", encoding="utf-8")
    (folder / "b.txt").write_text("\n".join(LINES[2000:]) + "\n", encoding="utf-8")
    return folder


def rows(table: str) -> dict[str, str]:
    pairs = [line.split("  ", 1) for line in table.splitlines()]
    return {name.strip(): value.strip() for name, value in pairs}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_an_estimate_and_nothing_else(
    run_here: Callable, text: Path, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    before = sorted(path.name for path in tmp_path.iterdir())
    done = run_here(
        *COMMANDS[name], text, "--dry-run", "--tmpdir", folder, "--memory", "64M", code=0
    )
    table = rows(done.out)
    assert {"text", "memory", "temporary files", "output", "time"} <= set(table)
    assert len({line.index(table[line.split("  ")[0]]) for line in done.out.splitlines()}) == 1
    assert "nothing was written" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert not os.listdir(folder)


def test_an_estimate_for_programs(run_cli: Callable, text: Path) -> None:
    done = run_cli("ngrams", text, "--dry-run", "--format", "jsonl", code=0)
    told = json.loads(done.out)
    counts = nlpzero.count_ngrams(nlpzero.Corpus(text))
    assert told["different_windows_of_4"] == pytest.approx(len(counts), rel=0.5)
    assert told["characters"] == pytest.approx(counts.total, rel=0.2)
    assert told["text"] == sum(path.stat().st_size for path in text.iterdir())
    told = json.loads(
        run_cli("count", text, "--model", "base", "--dry-run", "--format", "jsonl", code=0).out
    )
    words = nlpzero.count_words(nlpzero.Corpus(text), nlpzero.load_segmenter(None))
    assert told["different_words"] == pytest.approx(len(words), rel=0.5)
    assert told["words"] == pytest.approx(words.total, rel=0.2)


def test_what_no_estimate_is_made_of(run_here: Callable, text: Path) -> None:
    for args in (
        ["ngrams", "--counts", "x.nz"],
        ["count", text, "--by", "file"],
        ["train", "--dictionary", "x.txt", "-o", "x.nz"],
        ["train", text, "--compact", "1M", "-o", "x.nz"],
        ["segment", text, "--field", "text", "--keep-records"],
        ["discover", text, "--counts", "x.nz"],
        ["ngrams"],
        ["count", "-"],
    ):
        done = run_here(*args, "--dry-run", input="天气".encode(), code=2)
        assert "--dry-run" in done.err


def test_inputs_that_fail(run_cli: Callable, tmp_path: Path) -> None:
    assert "missing.txt" in run_cli("ngrams", "missing.txt", "--dry-run", code=1).err
    (tmp_path / "bad.txt").write_bytes("天气\n".encode() + b"\xff\xfe\n")
    assert "bad.txt" in run_cli("ngrams", "bad.txt", "--dry-run", code=1).err
    (tmp_path / "empty.txt").touch()
    for command in (["ngrams"], ["count"], ["segment"], ["discover", "--method", "cohesion"]):
        assert rows(run_cli(*command, "empty.txt", "--dry-run", code=0).out)["text"] == "0 B"
