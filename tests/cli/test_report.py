"""``--report`` as users run it: what is in the page is what the command found, and the command
writes what it writes without.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TEXT = "北京欢迎你\n我爱北京\n<b>欢迎光临</b>\n北京很大\n你去北京\n非常欢迎\n"
BASKETS = '茶,奶\n茶,奶,"<b>&""糕"""\n茶\n'
DISCOVER = ("discover", "--method", "cohesion", "--min-pmi", "1,2,3", "--min-count", "2")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def data_of(path: Path) -> dict:
    """What a page holds."""
    page = path.read_text(encoding="utf-8")
    assert page.endswith("</html>\n")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page)
    return json.loads(data)


def column(data: dict, key: str) -> list:
    return next(column["values"] for column in data["columns"] if column["key"] == key)


def test_discover(run_here: Callable, text: Path, tmp_path: Path) -> None:
    plain = run_here(*DISCOVER, text, code=0)
    done = run_here(*DISCOVER, text, "--report", "words.html", code=0)
    assert (done.raw, done.raw_err) == (plain.raw, plain.raw_err)
    data = data_of(tmp_path / "words.html")
    rows = [line.split("\t") for line in done.out.splitlines()[1:]]
    assert column(data, "word") == [row[0] for row in rows]
    assert column(data, "count") == [int(row[1]) for row in rows]
    assert [float(value) for value in column(data, "pmi")] == [float(row[3]) for row in rows]
    assert data["source"] == "text.txt"
    # each word with lines of the text
    words = [line[0][1] for line in data["contexts"]]
    assert words == column(data, "word")
    assert ["<b>", "欢迎", "光临</b>"] in data["contexts"][words.index("欢迎")]
    bytes_read = len(TEXT.encode("utf-8"))
    assert ["bytes read", f"{bytes_read:,}"] in dict(data["details"])["What was read"]


def test_from_standard_input_and_from_counts_alone(run_here: Callable, tmp_path: Path) -> None:
    save = ("--save-counts", "text.nz")
    run_here(*DISCOVER, "--report", "in.html", *save, input=TEXT.encode("utf-8"), code=0)
    assert "北京" in column(data_of(tmp_path / "in.html"), "word")
    assert data_of(tmp_path / "in.html")["contexts"]
    run_here(*DISCOVER, "--counts", "text.nz", "--report", "counts.html", code=0)
    data = data_of(tmp_path / "counts.html")
    assert "北京" in column(data, "word")
    assert (data["contexts"], data["source"]) == ([], "text.nz")


def test_explained_words_and_contexts_together(
    run_here: Callable, text: Path, tmp_path: Path
) -> None:
    alone = run_here(*DISCOVER, text, "--explain", "北京", code=0)
    done = run_here(*DISCOVER, text, "--explain", "北京", "--report", "r.html", code=0)
    assert done.raw_err == alone.raw_err
    assert data_of(tmp_path / "r.html")["contexts"]


def test_examples_are_those_of_the_page(run_here: Callable, text: Path, tmp_path: Path) -> None:
    run_here(*DISCOVER, text, "--examples", "4", "--report", "r.html", code=0)
    contexts = data_of(tmp_path / "r.html")["contexts"]
    assert [len(lines) for lines in contexts] == [4, 3]


def test_thresholds_of_the_command_are_those_of_the_page(
    run_here: Callable, text: Path, tmp_path: Path
) -> None:
    options = ("--min-entropy", "1.2")
    done = run_here(*DISCOVER, text, *options, "--report", "words.html", code=0)
    data = data_of(tmp_path / "words.html")
    values = {t["column"]: (t["value"], t["option"]) for t in data["thresholds"]}
    assert values["freedom"] == (1.2, "--min-entropy")
    assert values["count"] == (2, "--min-count")
    freedom = [float("nan") if v is None else v for v in column(data, "freedom")]
    kept = [w for w, v in zip(column(data, "word"), freedom, strict=True) if not v < 1.2]
    assert kept == [line.split("\t")[0] for line in done.out.splitlines()[1:]]
    assert len(freedom) > len(kept)


def test_rules(run_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "baskets.csv").write_text(BASKETS, encoding="utf-8")
    asked = ("rules", "baskets.csv", "--min-support", "0.3", "--format", "jsonl")
    plain = run_here(*asked, code=0)
    done = run_here(*asked, "--report", "rules.html", code=0)
    assert (done.raw, done.raw_err) == (plain.raw, plain.raw_err)
    data = data_of(tmp_path / "rules.html")
    rules = [json.loads(line) for line in done.out.splitlines()]
    assert rules
    for side in ("antecedent", "consequent"):
        shown = [[data["items"][item] for item in items] for items in column(data, side)]
        assert shown == [rule[side] for rule in rules]
    assert column(data, "count") == [rule["count"] for rule in rules]
    assert ["transactions", "3"] in dict(data["details"])["About this run"]
    assert data["source"] == "baskets.csv"


def test_nothing_found_is_a_page(run_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    for command in (DISCOVER, ("rules",)):
        run_here(*command, "empty.txt", "--report", "empty.html", code=0)
        assert data_of(tmp_path / "empty.html")["rows"] == 0


@pytest.mark.parametrize("command", [DISCOVER, ("rules",)], ids=lambda command: command[0])
def test_what_cannot_be_written_is_said_at_once(
    run_here: Callable, text: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "folder").mkdir()
    for name, message in (("folder", "is a folder"), ("no/where.html", "does not exist")):
        done = run_here(*command, text, "--report", name)
        assert done.code == 2
        assert message in done.err and done.raw == b""
    done = run_here(*command, text, "--report", "page.html", "-o", "./page.html")
    assert done.code == 2
    assert "are the same file" in done.err
    # an error leaves no page, and an old one as it was
    (tmp_path / "old.html").write_bytes(b"old")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xff\n")
    for inputs in (["missing.txt"], ["bad.txt"]):
        for report in ("new.html", "old.html"):
            done = run_here(*command, *inputs, "--report", report)
            assert done.code == 1
            assert done.err.startswith("Error: ") and "Traceback" not in done.err
    assert not (tmp_path / "new.html").exists()
    assert (tmp_path / "old.html").read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="of POSIX")
def test_interrupted_and_a_closed_pipe(text: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "nlpzero_cli"]
    waiting = subprocess.Popen(
        [*program, *DISCOVER, "-", "--report", "page.html"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert waiting.stdin is not None
    waiting.stdin.write("北京\n".encode() * 10)
    waiting.stdin.flush()
    time.sleep(1.0)  # it is reading now, and waits for more
    waiting.send_signal(signal.SIGINT)
    _, told = waiting.communicate(timeout=60)
    assert waiting.returncode != 0 and b"Traceback" not in told
    assert not (tmp_path / "page.html").exists()
    # the page is whole before the first row is written
    command = [*program, *DISCOVER, str(text), "--report", "page.html", "-q"]
    closed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path)
    assert closed.stdout is not None and closed.stderr is not None
    closed.stdout.close()
    with closed.stderr as stderr:
        assert b"Traceback" not in stderr.read()
    closed.wait(timeout=60)
    assert data_of(tmp_path / "page.html")["rows"] > 0
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_select(run_here: Callable, text: Path, tmp_path: Path) -> None:
    run_here(*DISCOVER, text, "--save", "found.nz", code=0)
    asked = ("select", "found.nz", "--min-entropy", "1.2")
    plain = run_here(*asked, code=0)
    done = run_here(*asked, "--report", "words.html", code=0)
    assert (done.raw, done.raw_err) == (plain.raw, plain.raw_err)
    data = data_of(tmp_path / "words.html")
    assert ["Words", "1"] in data["facts"]
    assert column(data, "word") == ["北京", "欢迎"]
    assert data["source"] == "found.nz"
    done = run_here(*asked, "--report", "found.nz")
    assert done.code == 2
    assert "are the same file" in done.err


def test_compare(run_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("猫 的 猫 <b> 鱼\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("狗 的 狗 狗 的\n", encoding="utf-8")
    asked = ("compare", "a.txt", "b.txt", "--whitespace", "--format", "jsonl")
    plain = run_here(*asked, code=0)
    done = run_here(*asked, "--report", "words.html", code=0)
    assert (done.raw, done.raw_err) == (plain.raw, plain.raw_err)
    rows = [json.loads(line) for line in done.out.splitlines()]
    data = data_of(tmp_path / "words.html")
    assert {row["side"] for row in rows} >= {"A", "B"}
    for key in rows[0]:
        assert column(data, key) == [row[key] for row in rows]
    assert column(data, "count") == [row["count_a"] + row["count_b"] for row in rows]
    assert data["source"] == "A: a.txt, B: b.txt"
    assert data["scatter"] == {"x": "count", "y": "log_ratio", "size": "strength", "tint": "g2"}
    assert ["Words of text in A", "5"] in data["facts"]
