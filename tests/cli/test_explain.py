"""``nlpzero explain`` as users run it, and the examples of ``nlpzero discover``."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpzero import Cohesion, Corpus, Discovery, concordance, discover_words, explain_words
from nlpzero_cli.explain import COLUMNS

from .conftest import RunCli

TEXT = "摘葡萄，葡萄皮。\n吃葡萄吐葡萄皮\n买葡萄酒\n" * 3
COHESION = ("discover", "--method", "cohesion", "--min-count", 2)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_page_for_each_word(run_cli: RunCli, text: Path) -> None:
    done = run_cli("explain", "葡萄", "萄皮", text, code=0)
    lines = done.out.splitlines()
    assert lines[:6] == [
        "葡萄: dropped: weak at 葡|萄: PMI 1.22, min_pmi is 2 for 2 characters",
        "  occurrences    15",
        "  PMI            葡|萄 1.22",
        "  left entropy   1.83  ¶ 3  买 3  吃 3  吐 3  摘 3",
        "  right entropy  1.55  皮 6  ¶ 3  吐 3  酒 3",
        "  longer         葡萄皮 6  买葡萄 3  吃葡萄 3  吐葡萄 3  摘葡萄 3",
    ]
    assert lines[6].startswith("  boundaries     left ")
    assert lines[7].startswith("  cut            a word at ")
    assert lines[8:12] == [
        "        摘 [葡萄] ，葡萄皮。",
        "  摘葡萄， [葡萄] 皮。",
        "        吃 [葡萄] 吐葡萄皮",
        "",
    ]
    assert lines[12].startswith("萄皮: ")
    assert done.err == ""


@pytest.mark.parametrize("format", ["tsv", "csv", "csv-safe", "jsonl"])
def test_tables(format: str, run_here: RunCli, text: Path) -> None:
    done = run_here("explain", "葡萄", "没有", text, "--format", format, "--contexts", 1, code=0)
    if format == "jsonl":
        row, empty = map(json.loads, done.out.splitlines())
        assert list(row) == list(COLUMNS)
        assert row["splits"][0]["left_count"] == 15
        assert row["left"][0] == {"text": "", "count": 3}
        assert row["contexts"] == [{"left": "摘", "word": "葡萄", "right": "，葡萄皮。"}]
        assert (empty["occurrences"], empty["left_entropy"], empty["contexts"]) == (0, None, [])
        return
    delimiter = "\t" if format == "tsv" else ","
    rows = csv.DictReader(io.StringIO(done.out.lstrip("\ufeff")), delimiter=delimiter)
    row, empty = rows
    assert row["longer"].startswith("葡萄皮 6 / 买葡萄 3")
    assert row["contexts"] == "摘[葡萄]，葡萄皮。"
    assert row["kept"] == "no" and row["occurrences"] == "15"
    assert empty["left_entropy"] == empty["pmi"] == empty["splits"] == ""


def test_where_words_and_texts_come_from(run_cli: RunCli, text: Path, tmp_path: Path) -> None:
    expected = run_cli("explain", "葡萄", "皮", text, code=0).out
    (tmp_path / "words").write_text("葡萄\n皮\n", encoding="utf-8")
    raw = text.read_bytes()
    assert run_cli("explain", "@words", "text.txt", "-q", code=0).out == expected
    assert run_cli("explain", "葡萄", "皮", input=raw, code=0).out == expected
    assert run_cli("explain", "葡萄", "皮", "-", input=raw, code=0).out == expected
    listed = run_cli("explain", "@-", text, input="葡萄\n皮\n".encode(), code=0)
    assert listed.out == expected
    assert "2 words" in listed.err
    # a word that is the name of a file
    (tmp_path / "葡萄").write_text(TEXT, encoding="utf-8")
    assert run_cli("explain", "--word", "葡萄", "皮", "葡萄", code=0).out == expected
    wide = TEXT.encode("gb18030")
    coded = run_cli("explain", "--word", "葡萄", "皮", "--encoding", "gb18030", input=wide, code=0)
    assert coded.out == expected
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"text": line}) + "\n" for line in TEXT.splitlines()), encoding="utf-8"
    )
    assert run_cli("explain", "@words", "a.jsonl", "--field", "text", "-q").out == expected
    run_cli("explain", "@words", "text.txt", "-q", "-o", "out.txt", code=0)
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == expected


def test_found_and_counts(run_cli: RunCli, text: Path) -> None:
    run_cli(*COHESION, "--min-pmi", "1,1,1", text, "--save", "found.nz", code=0)
    run_cli("ngrams", text, "-o", "counts.nz", code=0)
    found = Discovery.load(text.parent / "found.nz")
    (evidence,) = explain_words(["葡萄"], found=found)
    assert run_cli("explain", "葡萄", "--found", "found.nz", code=0).out == f"{evidence}\n"
    done = run_cli("explain", "葡萄", "--found", "found.nz", text, "--model", "none", code=0)
    (evidence,) = explain_words(["葡萄"], Corpus(text), found=found)
    assert done.out == f"{evidence}\n"
    assert "买葡萄酒 a word 3 times" in done.out and "boundaries" not in done.out
    counts = run_cli("explain", "葡萄", "--counts", "counts.nz", code=0)
    plain = run_cli("explain", "葡萄", text, "--model", "none", "--contexts", 0, code=0)
    assert counts.out == plain.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "No word to explain"),
        (("text.txt",), 2, "No word to explain"),
        (("葡萄", "none.txt"), 1, "none.txt"),
        (("葡萄", "text.txt", "--contexts", "-1"), 2, "-1 is not in the range"),
        (("葡萄", "text.txt", "--model", "none.nz"), 1, "none.nz"),
        (("葡萄", "text.txt", "--found", "bad.nz"), 1, "bad.nz"),
        (("葡萄", "text.txt", "--counts", "none.nz"), 1, "none.nz"),
        (("葡萄", "bad.nz"), 1, "not valid UTF-8"),
        (("@none",), 1, "none"),
        (("@-", "-"), 2, "cannot be both"),
        (("葡萄", "--found", "bad.nz", "--field", "a"), 2, "--field is for INPUT"),
    ],
)
def test_misuse_and_bad_files(
    arguments: tuple[str, ...],
    code: int,
    message: str,
    run_here: RunCli,
    text: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.nz").write_bytes(b"\xff\x80" * 99)
    done = run_here("explain", *arguments)
    assert (done.code, done.raw) == (code, b"")
    assert message in done.err


def test_an_empty_text(run_cli: RunCli) -> None:
    done = run_cli("explain", "葡萄", input=b"", code=0)
    assert "occurrences    0" in done.out
    done = run_cli("explain", "葡萄", "--errors", "replace", input=b"\xff\x80\xff", code=0)
    assert "occurrences    0" in done.out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_ends_it_quietly(text: Path) -> None:
    program = [sys.executable, "-m", "nlpzero_cli", "explain", *map(chr, range(0x4E00, 0x5800))]
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *program, str(text)],
        capture_output=True,
        check=False,
    )
    told = done.stderr.replace(b"compiling, once; about 10 s\n", b"")  # by the first use of a loop
    assert (done.returncode, told, done.stdout.count(b"\n")) == (0, b"", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", "explain", "葡萄"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(2)  # it waits for text
    process.send_signal(2)
    out, said = process.communicate(timeout=30)
    assert (process.returncode, out, said) == (130, b"", b"")


# --- discover --examples


@pytest.mark.parametrize("format", ["tsv", "csv", "jsonl"])
def test_examples_are_a_column(format: str, run_here: RunCli, text: Path) -> None:
    options = (text, "--min-pmi", "1,1,1", "--format", format)
    plain = run_here(*COHESION, *options, code=0)
    done = run_here(*COHESION, *options, "--examples", 2, code=0)
    words = [word.word for word in discover_words(Corpus(text), Cohesion(min_pmi=(1, 1, 1)))]
    assert words
    expected = [
        [f"{c.left}[{c.word}]{c.right}" for c in contexts]
        for contexts in concordance(Corpus(text), words, limit=2).values()
    ]
    if format == "jsonl":
        rows = [json.loads(line) for line in done.out.splitlines()]
        assert [row["examples"] for row in rows] == expected
        without = [{k: v for k, v in row.items() if k != "examples"} for row in rows]
        assert without == [json.loads(line) for line in plain.out.splitlines()]
        return
    delimiter = "\t" if format == "tsv" else ","
    table = list(csv.reader(io.StringIO(done.out), delimiter=delimiter))
    assert [row[-1] for row in table] == ["examples", *map(" / ".join, expected)]
    assert [row[:-1] for row in table] == list(
        csv.reader(io.StringIO(plain.out), delimiter=delimiter)
    )


def test_examples_need_a_text_and_a_table(run_here: RunCli, text: Path) -> None:
    run_here("ngrams", text, "-o", "counts.nz", code=0)
    done = run_here("discover", "--counts", "counts.nz", "--examples", 2)
    assert done.code == 2 and "--examples shows words in the text" in done.err
    done = run_here(*COHESION, text, "--examples", 2, "--format", "jieba")
    assert done.code == 2 and "--examples is a column of tables" in done.err
    empty = run_here(*COHESION, "--examples", 2, input=b"", code=0)
    assert empty.out.rstrip().endswith("examples")
