"""``nlpzero parse`` as a process."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

TOY = {
    "[X] 呢": 10,
    "[X] 可以 [X] 吗": 9,
    "我 [X]": 8,
    "[X] 的 [X] 是 [X]": 7,
    "[X] 的 [X] 是 [X] 呢": 7,
    "[X] 的 [X]": 12,
    "[X] 和 [X]": 12,
}
SENTENCES = "鸡蛋 可以 吃 吗 ？\n\n苹果 的 颜色 是 什么 呢 ？ 吃 吗 。\n"


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    path = tmp_path / "toy.tsv"
    path.write_text("".join(f"{text}\t{count}\n" for text, count in TOY.items()), "utf-8")
    return path


def test_trees(run_cli, toy: Path) -> None:
    result = run_cli("parse", "--templates", toy, "--whitespace", input=SENTENCES.encode(), code=0)
    assert result.out == (
        "+---> (鸡蛋)可以(吃)吗\n|     +---> 鸡蛋\n|     +---> 吃\n"
        "\n"
        "+---> (苹果)的(颜色)是(什么)呢\n"
        "|     +---> 苹果\n|     +---> 颜色\n|     +---> 什么\n"
        "\n"
        "+---> 吃吗\n"
    )
    assert result.err.splitlines()[-1] == "3 trees with 7 templates"


def test_brackets_do_not_depend_on_the_order_of_templates(
    run_cli, toy: Path, tmp_path: Path
) -> None:
    turned = tmp_path / "turned.tsv"
    turned.write_text("".join(reversed(toy.read_text("utf-8").splitlines(True))), "utf-8")
    text = "雪梨 和 苹果 和 香蕉 的 颜色 是 什么 呢\n".encode()
    for path in (toy, turned):
        result = run_cli(
            "parse",
            *("--templates", path, "--whitespace", "--format", "brackets"),
            input=text,
            code=0,
        )
        assert result.out == "((((雪梨) 和 (苹果)) 和 (香蕉)) 的 (颜色) 是 (什么) 呢)\n"


def test_jsonl(run_cli, toy: Path) -> None:
    result = run_cli(
        "parse",
        *("--templates", toy, "--whitespace", "--format", "jsonl", "-q"),
        input=SENTENCES.encode(),
        code=0,
    )
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["line"], row["clause"]) for row in rows] == [(1, 1), (3, 1), (3, 2)]
    assert rows[0]["words"] == ["鸡蛋", "可以", "吃", "吗"]
    assert rows[0]["tree"]["template"] == "[X] 可以 [X] 吗"
    assert rows[2]["score"] == -20
    assert result.err == ""


def test_svg(run_cli, toy: Path, tmp_path: Path) -> None:
    run_cli(
        "parse",
        *("--templates", toy, "--whitespace", "--format", "svg", "-o", "trees.svg"),
        input=SENTENCES.encode(),
        code=0,
    )
    root = ElementTree.parse(tmp_path / "trees.svg").getroot()
    words = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert {"鸡蛋", "颜色", "○ 可以 ○ 吗"} <= set(words)


def test_html(run_cli, toy: Path, tmp_path: Path) -> None:
    run_cli(
        "parse",
        *("--templates", toy, "--whitespace", "--format", "html", "-o", "trees.html"),
        input=(SENTENCES + "<script>alert(1)</script> 和 &amp;\n").encode(),
        code=0,
    )
    page = (tmp_path / "trees.html").read_text("utf-8")
    assert page.startswith("<!doctype html>") and page.endswith("</html>\n")
    assert page.count("<section>") == 4 and "<h2>3.2: 吃吗 (-20.00)</h2>" in page
    assert "<script" not in page and "&lt;script&gt;" in page and "&amp;amp;" in page


def test_the_same_bytes_for_any_jobs(run_cli, toy: Path, tmp_path: Path) -> None:
    """Enough text to be shared: lines with several clauses and many marks, blank ones, an end
    without a line end.
    """
    line = "雪梨 和 苹果 的 颜色 是 什么 呢 ？ 我 可以 吃 吗" + "。" * 700 + "\n\n我 去 ， 吃 吗\n"
    text = tmp_path / "long.txt"
    text.write_text(line * 2_000 + "最后 一 行", "utf-8")
    assert text.stat().st_size > 4 << 20
    written = []
    for jobs in (1, 2):
        run_cli(
            "parse",
            *("--templates", toy, "--whitespace", "--format", "jsonl", "-q", text),
            *("--jobs", jobs, "-o", "out"),
            code=0,
        )
        written.append((tmp_path / "out").read_bytes())
    assert written[0] == written[1]
    rows = [json.loads(row) for row in written[0].splitlines()]
    assert len(rows) == 2_000 * 4 + 1
    assert (rows[-1]["line"], rows[-1]["words"]) == (2_000 * 3 + 1, ["最后", "一", "行"])


def test_a_very_long_clause_is_cut(run_cli, toy: Path) -> None:
    text = ("x 的 " * 600 + "y\n").encode()
    result = run_cli(
        "parse",
        *("--templates", toy, "--whitespace", "--max-words", 400, "--format", "jsonl"),
        input=text,
        code=0,
    )
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [len(row["words"]) for row in rows] == [400, 400, 400, 1]
    assert "1 clause of more than 400 words cut" in result.err


def test_what_templates_wrote_is_read(run_cli, tmp_path: Path) -> None:
    text = ("甲 可以 吃 吗\n乙 可以 喝 吗\n丙 丁 可以 用 吗\n戊 了\n" * 3).encode()
    for format in ("tsv", "jsonl"):
        run_cli(
            "templates",
            *("--whitespace", "--min-pmi", 0.3, "-o", "found", "--format", format),
            input=text,
            code=0,
        )
        result = run_cli(
            "parse",
            *("--templates", "found", "--whitespace", "--format", "brackets", "-q"),
            input="我 们 可以 走 吗\n".encode(),
            code=0,
        )
        assert result.out == "((我 们) 可以 (走) 吗)\n"


def test_bad_input(run_cli, toy: Path, tmp_path: Path) -> None:
    result = run_cli("parse", "--whitespace", input=b"")
    assert result.code == 2 and "--templates" in result.err
    result = run_cli(
        "parse", "--templates", toy, "--whitespace", "--dictionary", "w.txt", input=b""
    )
    assert result.code == 2 and "one of --model" in result.err
    (tmp_path / "bad.tsv").write_text("[X]\t3\n", "utf-8")
    result = run_cli("parse", "--templates", "bad.tsv", "--whitespace", input=b"")
    assert result.code == 1 and "bad.tsv:1: a template needs at least one word" in result.err
    result = run_cli("parse", "--templates", "none.tsv", "--whitespace", input=b"")
    assert result.code == 1 and "none.tsv" in result.err and "Traceback" not in result.err
    assert run_cli("parse", "--templates", toy, "--whitespace", input=b"", code=0).out == ""
