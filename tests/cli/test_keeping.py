"""``--keep`` and ``--joiners``: the same for every command that cuts text."""

from collections.abc import Callable
from pathlib import Path

import pytest

import nlpzero

LINE = "我们用C++17写程序，文件在/usr/share/a.txt，见https://例子.com/b。买了5G手机和SK-II。\n"
NAMES = ["C++17", "/usr/share/a.txt", "5G", "SK-II"]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(LINE * 20, encoding="utf-8")
    return path


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    path = tmp_path / "templates.tsv"
    path.write_text("template\tcount\tfrequency\n[X] 程序 [X]\t9\t0.5\n", encoding="utf-8")
    return path


def _run(run_cli: Callable, command: str, text: Path, templates: Path, *more: str) -> str:
    arguments = {
        "count": ["count", text],
        "templates": ["templates", "--trivial", "--min-count", 2, text],
        "parse": ["parse", "--templates", templates, "--format", "brackets", text],
        "rules": [
            "rules",
            "--text",
            "--min-support",
            0.1,
            "--numbers",
            "--common",
            1,
            "--min",
            "lift=0",
            "--prune",
            "none",
            "--examples",
            0,
            text,
        ],
    }[command]
    return str(run_cli(*arguments, *more, code=0).out)


@pytest.mark.parametrize("command", ["count", "templates", "parse", "rules"])
def test_commands_keep_tokens_whole(
    run_cli: Callable, text: Path, templates: Path, command: str
) -> None:
    whole = _run(run_cli, command, text, templates)
    assert _run(run_cli, command, text, templates, "--keep", "all") == whole
    assert [name for name in NAMES if name in whole] == NAMES
    cut = _run(run_cli, command, text, templates, "--keep", "none")
    assert not [name for name in NAMES if name in cut]
    some = _run(run_cli, command, text, templates, "--keep", "word", "--joiners", "-")
    assert "SK-II" in some and "5G" in some and "C++17" not in some and "/usr" not in some


def test_a_model_says_what_it_keeps(run_cli: Callable, text: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.nz"
    for arguments, kept in [
        ([], ["5G", "SK-II"]),
        (["--keep", "none"], []),
        (["--joiners", "+"], ["5G"]),
    ]:
        run_cli("train", text, "-o", model, *arguments, code=0)
        words = run_cli("count", "--model", model, text, code=0).out.split()
        assert [name for name in ("5G", "SK-II") if name in words] == kept
        other = run_cli("count", "--model", model, "--keep", "word", text, code=0).out.split()
        assert "5G" in other
    words_file = tmp_path / "words.txt"
    words_file.write_text("手机\n程序\n", encoding="utf-8")
    for arguments, kept in [([], True), (["--keep", "none"], False)]:
        run_cli("train", "--dictionary", words_file, "-o", model, *arguments, code=0)
        assert ("5G" in nlpzero.load_segmenter(model).segment(LINE)) == kept


def test_evaluate(run_cli: Callable, tmp_path: Path) -> None:
    gold = tmp_path / "gold.txt"
    gold.write_text("5G 手机 和 SK-II\n" * 3, encoding="utf-8")
    score = [
        run_cli("evaluate", gold, "--format", "json", *more, code=0).out
        for more in ([], ["--keep", "all"], ["--keep", "none"])
    ]
    assert score[0] == score[1] != score[2]
    done = run_cli("evaluate", gold, gold, "--keep", "all", code=2)
    assert "give a model with them" in done.err


@pytest.mark.parametrize("method", ["learned", "cohesion", "min-entropy"])
def test_discover_finds_no_words_inside_tokens(
    run_cli: Callable, tmp_path: Path, method: str
) -> None:
    path = tmp_path / "text.txt"
    lines = [
        "见https://x.com/，在#葡萄架子#下",
        "文件在./报告/提纲.txt里",
        "今天天气很好，去北京大学",
    ]
    path.write_text("\n".join(lines * 30) + "\n", encoding="utf-8")
    command = ["discover", "--method", method, "--min-count", 3, "--min-length", 1, path]
    if method == "cohesion":
        command += ["--min-pmi", "0.5,0.5,0.5"]

    def words(*more: str) -> set[str]:
        rows = run_cli(*command, *more, code=0).out.splitlines()[1:]
        return {row.split("\t")[0] for row in rows}

    whole = words()
    assert whole == words("--keep", "all")
    cut = words("--keep", "none")
    inside = set("葡萄架子报告提纲")
    assert not [word for word in whole if inside & set(word)]
    assert [word for word in cut if inside & set(word)]
    assert [word for word in whole if set("天气北京") & set(word)]


def test_where_nothing_of_ours_cuts(run_cli: Callable, text: Path, tmp_path: Path) -> None:
    for command in (
        ["count", "--whitespace"],
        ["count", "--ngrams", "2"],
        ["count", "--tokenizer", "builtins:list"],
        ["rules"],
    ):
        done = run_cli(*command, text, "--keep", "all", code=2)
        assert "--keep and --joiners say how a model cuts" in done.err
    run_cli("ngrams", text, "-o", tmp_path / "counts.nz", code=0)
    done = run_cli("discover", "--counts", tmp_path / "counts.nz", "--keep", "url", code=2)
    assert "give a text too" in done.err
    done = run_cli("train", text, "-o", tmp_path / "m.nz", "--keep", "url", "--joiners", "+")
    assert done.code == 2 and "give --keep word or --keep all too" in done.err
