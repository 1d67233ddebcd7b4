"""``nlpzero count`` as users run it."""

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from nlpzero import VocabularySegmenter, WordCounts

from .conftest import RunCli

SEGMENTED = "今天 天气 很 好 ， 很 好 。\n明天 天气 不 好 。\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "segmented.txt"
    path.write_text(SEGMENTED, encoding="utf-8")
    return path


def test_white_space(text: Path, run_cli: RunCli) -> None:
    result = run_cli("count", "--whitespace", text, code=0)
    lines = result.out.splitlines()
    assert lines[0] == "word\tcount"
    assert lines[1:4] == ["好\t3", "。\t2", "天气\t2"]
    assert dict(line.split("\t") for line in lines[1:]) == {
        word: str(n) for word, n in Counter(SEGMENTED.split()).items()
    }
    assert "13 words counted, 8 different ones" in result.err
    assert "segmented.txt" in result.err
    assert run_cli("count", "--whitespace", text, "--quiet", code=0).err == ""


def test_standard_input_and_an_output_file(text: Path, tmp_path: Path, run_cli: RunCli) -> None:
    expected = run_cli("count", "--whitespace", text, "-j", 1, code=0).raw
    for jobs in (1, 2):
        out = tmp_path / "words.tsv"
        command = ("count", "--whitespace", "-", "-o", out, "--jobs", jobs)
        result = run_cli(*command, input=SEGMENTED.encode(), code=0)
        assert result.raw == b""
        assert out.read_bytes() == expected


def test_what_is_listed(text: Path, tmp_path: Path, run_cli: RunCli) -> None:
    stop = tmp_path / "stop.txt"
    stop.write_text("好\n  。 \n\n没有\n", encoding="utf-8")
    options = ("--top", 2, "--stopwords", stop)
    result = run_cli("count", "--whitespace", text, *options, code=0)
    assert result.out.splitlines()[1:] == ["天气\t2", "很\t2"]
    result = run_cli("count", "--whitespace", text, "--min-count", 3, code=0)
    assert result.out.splitlines()[1:] == ["好\t3"]
    assert "1 different one that occurs at least 3 times" in result.err


def test_formats(text: Path, run_cli: RunCli) -> None:
    command = ("count", "--whitespace", text, "--document-frequency", "line", "--top", 2)
    rows = [json.loads(line) for line in run_cli(*command, "--format", "jsonl").out.splitlines()]
    assert rows == [
        {"word": "好", "count": 3, "documents": 2},
        {"word": "。", "count": 2, "documents": 2},
    ]
    raw = run_cli(*command, "--format", "csv").raw
    assert raw.startswith(b"\xef\xbb\xbfword,count,documents\n")
    assert list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1] == ["好", "3", "2"]


def test_by_file(text: Path, tmp_path: Path, run_cli: RunCli) -> None:
    other = tmp_path / "other.txt"
    other.write_text("好 好\n", encoding="utf-8")
    for jobs in (1, 2):
        command = ("count", "--whitespace", "segmented.txt", "other.txt", "--by", "file")
        result = run_cli(*command, "--top", 1, "--jobs", jobs, code=0)
        assert result.out == "file\tword\tcount\nsegmented.txt\t好\t3\nother.txt\t好\t2\n"
    command = ("count", "--ngrams", 1, "other.txt", "segmented.txt", "--by", "file", "--top", 1)
    result = run_cli(*command, code=0)
    assert result.out == "file\tword\tcount\nother.txt\t好\t2\nsegmented.txt\t天\t4\n"
    result = run_cli(
        "count", "--whitespace", ".", "--document-frequency", "file", "--top", 1, code=0
    )
    assert result.out == "word\tcount\tdocuments\n好\t5\t2\n"


def test_our_segmenters(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "text.txt").write_text("今天天气好，天气很好。", encoding="utf-8")
    (tmp_path / "list.txt").write_text("今天 3\n天气 5\n很 2\n", encoding="utf-8")
    VocabularySegmenter({"今天": 3, "天气": 5, "很": 2}).save(tmp_path / "model.nz")
    listed = run_cli("count", "--dictionary", "list.txt", "text.txt", code=0)
    assert listed.out == "word\tcount\n天气\t2\n好\t2\n今天\t1\n很\t1\n"
    assert run_cli("count", "--model", "model.nz", "text.txt", code=0).out == listed.out
    marks = run_cli("count", "--model", "model.nz", "text.txt", "--punctuation", code=0)
    assert set(marks.out.splitlines()) - set(listed.out.splitlines()) == {"，\t1", "。\t1"}


def test_ngrams(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "text.txt").write_text("天气，天气", encoding="utf-8")
    result = run_cli("count", "--ngrams", "1-2", "text.txt", code=0)
    assert result.out == "word\tcount\n天\t2\n天气\t2\n气\t2\n"


def test_a_python_function(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "text.txt").write_text("天气/好\n坏\n", encoding="utf-8")
    (tmp_path / "cutter.py").write_text(
        "def cut(line):\n    return line.split('/')\n\n\ndef fail(line):\n    return line.cut()\n",
        encoding="utf-8",
    )
    for jobs in (1, 2):
        result = run_cli("count", "--tokenizer", "cutter:cut", "text.txt", "-j", jobs, code=0)
        # by code points: U+574F, U+5929, U+597D
        assert result.out == "word\tcount\n坏\t1\n天气\t1\n好\t1\n"
    result = run_cli("count", "--tokenizer", "cutter:fail", "text.txt", code=1)
    assert result.err == (
        "Error: text.txt:1: tokenizer cutter:fail: AttributeError: 'str' object has no attribute "
        f"'cut' ({tmp_path / 'cutter.py'}, line 6)\n"
    )
    assert run_cli("count", "--tokenizer", "cutter", "text.txt").code == 2


def test_saved_counts_hold_everything_and_merge(
    text: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    first, second = SEGMENTED.splitlines(keepends=True)
    for name, content in (("a", first), ("b", second)):
        (tmp_path / f"{name}.txt").write_text(content, encoding="utf-8")
        command = ("count", "--whitespace", f"{name}.txt", "--save-counts", f"{name}.nz")
        assert len(run_cli(*command, "--top", 1, "--min-count", 2).out.splitlines()) <= 2
    run_cli("count", "--whitespace", text, "--save-counts", "whole.nz", code=0)
    run_cli("merge", "a.nz", "b.nz", "-o", "merged.nz", code=0)
    assert (tmp_path / "merged.nz").read_bytes() == (tmp_path / "whole.nz").read_bytes()
    assert dict(WordCounts.load(tmp_path / "whole.nz")) == Counter(SEGMENTED.split())


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (
            "--whitespace --ngrams 2",
            2,
            "one of --model, --dictionary, --whitespace or --tokenizer, or --ngrams",
        ),
        ("--whitespace --dictionary x", 2, "one of --model"),
        ("--ngrams 5", 2, "'5' is not a length from 1 to 4"),
        ("--ngrams 3-2", 2, "not a length"),
        ("--ngrams 2 --document-frequency line", 2, "--ngrams goes without"),
        ("--whitespace --by file --save-counts x.nz", 2, "does not go with --by file"),
        ("--whitespace --executor dask", 2, "belong together"),
        ("--whitespace --encoding nonsense", 2, "encoding"),
        ("--model missing.nz", 1, "missing.nz"),
        ("--model segmented.txt", 1, "segmented.txt: not a file of nlpzero"),
        ("--words missing.txt", 1, "missing.txt"),
        ("--whitespace --stopwords missing.txt", 1, "missing.txt"),
        ("--whitespace --save-counts missing/x.nz", 2, "missing"),
        ("--tokenizer no_such_module:cut", 1, "cannot be imported"),
    ],
)
def test_misuse_and_bad_files(
    options: str, code: int, message: str, text: Path, run_cli: RunCli
) -> None:
    result = run_cli("count", "segmented.txt", *options.split(), code=code)
    assert message in result.err
    assert "Traceback" not in result.err


def test_bad_bytes(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "bad.txt").write_bytes("天气 ".encode() + b"\xff \xe5\n")
    result = run_cli("count", "--whitespace", "bad.txt", code=1)
    assert result.err.startswith("Error: bad.txt: byte 7: not valid UTF-8")
    result = run_cli("count", "--whitespace", "bad.txt", "--errors", "replace", code=0)
    assert result.out == "word\tcount\n\ufffd\t2\n天气\t1\n"
    assert "not valid in UTF-8: 2, replaced" in result.err
    gbk = tmp_path / "gbk.txt"
    gbk.write_bytes("天气 好\n".encode("gb18030"))
    result = run_cli("count", "--whitespace", "gbk.txt", "--encoding", "gb18030", code=0)
    assert result.out == "word\tcount\n天气\t1\n好\t1\n"


def test_fields(tmp_path: Path, run_cli: RunCli) -> None:
    rows = [{"text": "天气 好\n天气"}, {"text": "好"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = run_cli("count", "--whitespace", "rows.jsonl", "--field", "text", code=0)
    assert result.out == "word\tcount\n天气\t2\n好\t2\n"
