"""``nlpzero templates`` as a process."""

import json
from pathlib import Path

from nlpzero import Template, read_templates

SAMPLES = Path(__file__).parent.parent.parent / "data" / "samples"
LINES = "甲 可以 吃 吗 ？\n乙 可以 喝 吗\n丙 丁 可以 用 吗\n戊 了 ， 己 了\n"


def test_tsv(run_cli) -> None:
    result = run_cli(
        "templates", "--whitespace", "--min-pmi", 0.5, "-q", input=(LINES * 3).encode(), code=0
    )
    assert result.out == (
        "template\tcount\tfrequency\texamples\n"
        "[X] 可以 [X] 吗\t9\t0.2142857143\t甲 可以 吃 吗 | 乙 可以 喝 吗 | 丙 丁 可以 用 吗\n"
        "[X] 了\t6\t0.1428571429\t戊 了 | 己 了\n"
    )
    assert result.err == ""


def test_jsonl_and_the_trivial_apart(run_cli) -> None:
    result = run_cli(
        "templates",
        *("--whitespace", "--min-pmi", 99, "--min-count", 2, "--trivial", "--format", "jsonl"),
        input=LINES.encode(),
        code=0,
    )
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["template"], row["count"]) for row in rows] == [
        ("[X] 吗", 3),
        ("[X] 了", 2),
        ("[X] 可以 [X]", 3),
    ]
    assert rows[0]["examples"] == ["甲 可以 吃 吗", "乙 可以 喝 吗", "丙 丁 可以 用 吗"]
    assert "17 words in 5 clauses; 0 links; 2 templates and 1 trivial ones" in result.err


def test_output_file_reads_back(run_cli, tmp_path: Path) -> None:
    arguments = ("templates", SAMPLES / "reviews.txt", "--dictionary", SAMPLES / "gold.txt")
    run_cli(*arguments, "-o", "t.tsv", "--min-words", 1, "--top", 7, code=0)
    rows = read_templates((tmp_path / "t.tsv").read_text("utf-8").splitlines())
    assert len(rows) == 7
    assert all(isinstance(row.template, Template) and row.examples for row in rows)
    assert [row.count for row in rows] == sorted((row.count for row in rows), reverse=True)
    run_cli(*arguments, "-o", "t.jsonl", "--top", 7, "--format", "jsonl", "--jobs", 1, code=0)
    assert read_templates((tmp_path / "t.jsonl").read_text("utf-8").splitlines()) == rows


def test_only_templates_of_several_words(run_cli) -> None:
    result = run_cli(
        "templates",
        *("--whitespace", "--min-pmi", 0.5, "--min-words", 2, "-q"),
        input=(LINES * 3).encode(),
        code=0,
    )
    assert [line.split("\t")[0] for line in result.out.splitlines()] == [
        "template",
        "[X] 可以 [X] 吗",
    ]


def test_any_function_cuts_words(run_cli, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def cut(line):\n    return line.split('-')\n", "utf-8")
    result = run_cli(
        "templates",
        *("--tokenizer", "mine:cut", "--min-pmi", 99, "-q"),
        input="我-去\n".encode() * 5,
        code=0,
    )
    assert "我 [X]\t5\t0.5\t我 去" in result.out


def test_nothing_found_is_a_table_without_rows(run_cli) -> None:
    for text in (b"", "我 去\n".encode()):
        result = run_cli("templates", "--whitespace", input=text, code=0)
        assert result.out == "template\tcount\tfrequency\texamples\n"
    assert "lower --min-count" in result.err


def test_misuse(run_cli) -> None:
    result = run_cli("templates", "--whitespace", "--dictionary", "w.txt")
    assert result.code == 2 and "one of --model" in result.err
    assert run_cli("templates", "--whitespace", "--window", 0).code == 2
    assert run_cli("templates", "--tokenizer", "jieba").code == 2
    result = run_cli("templates", "--whitespace", "missing.txt")
    assert result.code == 1 and "missing.txt" in result.err and "Traceback" not in result.err
    result = run_cli("templates", "--model", "missing.nz")
    assert result.code == 1 and "missing.nz" in result.err and "Traceback" not in result.err
