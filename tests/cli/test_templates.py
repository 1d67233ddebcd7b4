"""``nlpzero templates`` as a process."""

import json
from pathlib import Path

from nlpzero import Template, read_templates

SAMPLES = Path(__file__).parent.parent.parent / "data" / "samples"
LINES = "甲 可以 吃 吗 ？\n乙 可以 喝 吗\n丙 丁 可以 用 吗\n戊 了 ， 己 了\n"


def columns(text: str, *names: str) -> list[tuple[str, ...]]:
    """Some columns of a TSV table."""
    head, *rows = [line.split("\t") for line in text.splitlines()]
    return [tuple(row[head.index(name)] for name in names) for row in rows]


def test_tsv(run_cli) -> None:
    result = run_cli(
        "templates", "--whitespace", "--min-pmi", 0.5, "-q", input=(LINES * 3).encode(), code=0
    )
    assert result.out.startswith("template\tcount\tfrequency\texamples\tsaving\tvariants\n")
    assert columns(result.out, "template", "count", "frequency", "examples", "variants") == [
        (
            "[X] 可以 [X] 吗",
            "9",
            "0.2142857143",
            "甲 可以 吃 吗 | 乙 可以 喝 吗 | 丙 丁 可以 用 吗",
            "9 [X] 可以 [X] 吗",
        ),
        ("[X] 了", "6", "0.1428571429", "戊 了 | 己 了", "6 [X] 了"),
    ]
    savings = [float(value) for (value,) in columns(result.out, "saving")]
    assert savings[0] > savings[1]
    assert result.err == ""


LIKED = "[X] 很 喜欢", "很 喜欢", "很 喜欢 [X]", "[X] 很 喜欢 [X]"
MANY = (
    *["孩子 很 喜欢\n"] * 4,
    *(f"{who} 很 喜欢\n" for who in "甲乙丙丁"),
    *["很 喜欢\n"] * 7,
    *(f"很 喜欢 {what}\n" for what in "看听读写吃喝"),
    *(f"{who} 很 喜欢 {what}\n" for who, what in ("戊一", "己二", "庚三", "辛四", "壬五")),
)
TEXT = "".join((*MANY, *(f"我 去 {place}\n" for place in "abcdefghij"))).encode()
HEADS = ("templates", "--whitespace", "--min-pmi", 0.5, "-q")


def test_variants_stand_under_one_head(run_cli) -> None:
    result = run_cli(*HEADS, input=TEXT, code=0)
    rows = columns(result.out, "template", "count", "variants")
    assert rows[0] == (
        "[X] 很 喜欢",
        "26",
        "8 [X] 很 喜欢 | 7 很 喜欢 | 6 很 喜欢 [X] | 5 [X] 很 喜欢 [X]",
    )
    apart = run_cli(*HEADS, "--no-group", "--sort", "frequency", input=TEXT, code=0)
    assert "variants" not in apart.out.splitlines()[0]
    assert set(LIKED) <= {row[0] for row in columns(apart.out, "template")}
    counts = [int(value) for (value,) in columns(apart.out, "count")]
    assert counts == sorted(counts, reverse=True)


def test_variants_are_nested_in_json(run_cli) -> None:
    result = run_cli(*HEADS, "--format", "jsonl", input=TEXT, code=0)
    row = json.loads(result.out.splitlines()[0])
    assert list(row) == ["template", "count", "frequency", "examples", "saving", "variants"]
    assert [variant["count"] for variant in row["variants"]] == [8, 7, 6, 5]
    assert list(row["variants"][0]) == ["template", "count", "frequency", "examples", "saving"]


def test_any_form_reads_back_as_the_same_templates(run_cli, tmp_path: Path) -> None:
    """Probabilities are what the parser adds up: the last digit matters."""
    forms = {"apart.tsv": ("--no-group",), "heads.tsv": (), "heads.jsonl": ("--format", "jsonl")}
    read = []
    for name, options in forms.items():
        run_cli(*HEADS, "-o", name, *options, "--trivial", input=TEXT, code=0)
        rows = read_templates((tmp_path / name).read_text("utf-8").splitlines())
        read.append({row.template: (row.count, row.frequency) for row in rows})
    assert read[0] == read[1] == read[2] and len(read[0]) >= 5


def test_what_saves_most_comes_first(run_cli) -> None:
    saving = run_cli(*HEADS, input=TEXT, code=0).out
    savings = [float(value) for (value,) in columns(saving, "saving")]
    assert savings == sorted(savings, reverse=True)
    frequency = run_cli(*HEADS, "--sort", "frequency", input=TEXT, code=0).out
    assert sorted(saving.splitlines()) == sorted(frequency.splitlines())
    top = run_cli(*HEADS, "--top", 1, input=TEXT, code=0).out
    assert top.splitlines() == saving.splitlines()[:2]


FILLERS = (*HEADS, "--fillers", 1)


def test_fillers(run_cli) -> None:
    result = run_cli(*FILLERS, "--top", 1, input=TEXT, code=0)
    assert columns(result.out, "template", "slot", "between", "filler", "count", "by_count") == [
        ("[X] 很 喜欢", "0", "[X] 很", "孩子", "4", "1"),
        ("[X] 很 喜欢", "2", "喜欢 [X]", "一", "1", "1"),
    ]
    assert columns(result.out, "share", "elsewhere", "by_g2") == [
        ("0.307692", "0", "1"),
        ("0.0909091", "0", "1"),
    ]
    all_of_two = run_cli(*FILLERS, input=TEXT, code=0).out
    assert ("我 去 [X]", "去 [X]", "a") in columns(all_of_two, "template", "between", "filler")


def test_fillers_in_other_formats(run_cli) -> None:
    rows = run_cli(*FILLERS, "--format", "jsonl", input=TEXT, code=0).out.splitlines()
    first = json.loads(rows[0])
    assert (first["filler"], first["count"], first["by_count"]) == ("孩子", 4, 1)
    table = run_cli(*FILLERS, "--format", "csv", input=TEXT, code=0).out
    assert table.startswith("\ufefftemplate,slot,between,filler,count,") and "孩子,4," in table
    again = run_cli(*FILLERS, "--format", "csv", "--jobs", 2, input=TEXT, code=0)
    assert again.out == table


def test_a_filler_that_a_spreadsheet_would_run(run_cli) -> None:
    text = TEXT + "=1+1 很 喜欢\n".encode() * 4
    result = run_cli(*HEADS, "--fillers", 2, "--format", "csv-safe", input=text, code=0)
    assert ",'=1+1,4," in result.out


def test_fillers_of_nothing(run_cli) -> None:
    result = run_cli(*FILLERS, input=b"", code=0)
    assert result.out.startswith("template\tslot\t") and result.out.count("\n") == 1


def test_fillers_and_what_does_not_go_with_them(run_cli) -> None:
    for option in ("--no-group", "--trivial"):
        result = run_cli(*FILLERS, option, input=b"")
        assert result.code == 2 and option in result.err


def test_jsonl_and_the_trivial_apart(run_cli) -> None:
    result = run_cli(
        "templates",
        *("--whitespace", "--min-pmi", 99, "--min-count", 2, "--trivial", "--format", "jsonl"),
        *("--sort", "frequency"),
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
    assert (
        "17 words in 5 clauses; 0 links; 2 templates under 2 heads, and 1 trivial one" in result.err
    )


def test_output_file_reads_back(run_cli, tmp_path: Path) -> None:
    arguments = ("templates", SAMPLES / "reviews.txt", "--model", "base")
    arguments = (*arguments, "--no-group", "--sort", "frequency")
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
        assert result.out == "template\tcount\tfrequency\texamples\tsaving\tvariants\n"
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
