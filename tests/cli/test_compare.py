"""``nlpzero compare``, ``nlpzero diff`` and ``nlpzero count --by file`` as users run them."""

import csv
import io
import json
from pathlib import Path

import pytest

from nlpzero import Keyword, WordCounts, compare_counts

from .conftest import RunCli

HOTELS = [
    "酒店的房间很干净，前台的服务也好。",
    "房间有点小，不过酒店的早餐不错。",
    "前台办入住很快，房间在二楼。",
    "酒店离地铁站近，早餐种类多，下次还住。",
    "房间的隔音差，晚上很吵，酒店前台给换了房间。",
]
BOOKS = [
    "作者的文笔很好，这本书值得一看。",
    "故事写得不错，作者对人物的描写很细。",
    "这本书的情节有点慢，不过结尾很好。",
    "作者把故事讲得很清楚，下次还买。",
    "书的纸张差，不过故事好，作者有才。",
]


@pytest.fixture(autouse=True)
def texts(tmp_path: Path) -> None:
    (tmp_path / "hotels.txt").write_text("\n".join(HOTELS * 8) + "\n", encoding="utf-8")
    (tmp_path / "books.txt").write_text("\n".join(BOOKS * 8) + "\n", encoding="utf-8")
    (tmp_path / "a.txt").write_text("猫 的 猫 的 鱼\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("狗 的 狗 狗 的\n", encoding="utf-8")


def table(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(out), delimiter="\t"))


def test_each_half_has_its_own_words_on_top(run_cli: RunCli) -> None:
    result = run_cli("compare", "hotels.txt", "books.txt", "--top", 10, code=0)
    rows = table(result.out)
    sides = {side: [row["word"] for row in rows if row["side"] == side] for side in ("A", "B")}
    assert {"酒店", "房间", "前台"} <= set(sides["A"][:5])
    assert {"作者", "故事"} <= set(sides["B"][:4])
    assert all(
        float(row["g2"]) > 0 and float(row["p"]) < 0.05 for row in rows if row["side"] == "A"
    )
    assert all(float(row["g2"]) < 0 for row in rows if row["side"] == "B")
    assert "read hotels.txt" in result.err
    assert "20 listed, sorted by g2" in result.err
    by_file = run_cli(
        "count", "hotels.txt", "books.txt", "--by", "file", "--score", "keyness", "--top", 5, code=0
    )
    top = [(row["file"], row["word"]) for row in table(by_file.out)]
    assert [name for name, _ in top] == ["hotels.txt"] * 5 + ["books.txt"] * 5
    assert [word for _, word in top] == sides["A"][:5] + sides["B"][:5]


def test_texts_counts_and_lists_give_the_same(tmp_path: Path, run_here: RunCli) -> None:
    expected = run_here("compare", "--whitespace", "a.txt", "b.txt", code=0)
    for name in ("a", "b"):
        counts = ("count", "--whitespace", f"{name}.txt")
        run_here(*counts, "--save-counts", f"{name}.nz", "-o", f"{name}.tsv", code=0)
        run_here(*counts, "--format", "jsonl", "-o", f"{name}.jsonl", code=0)
        run_here(*counts, "-o", f"{name}.list", code=0)
    for a, b in (("a.nz", "b.nz"), ("a.tsv", "b.nz"), ("a.jsonl", "b.tsv")):
        assert run_here("compare", a, b, code=0).out == expected.out
    assert run_here("compare", "--lists", "a.list", "b.list", code=0).out == expected.out
    text = (tmp_path / "a.txt").read_bytes()
    result = run_here("compare", "--whitespace", "-", "b.nz", input=text, code=0)
    assert result.out == expected.out
    rows = compare_counts(WordCounts.load(tmp_path / "a.nz"), WordCounts.load(tmp_path / "b.nz"))
    assert [row["word"] for row in table(expected.out)] == [row.word for row in rows]
    assert expected.out.split("\n")[0].split("\t") == list(Keyword._fields)


def test_what_is_listed(tmp_path: Path, run_here: RunCli) -> None:
    (tmp_path / "stop.txt").write_text("猫\n", encoding="utf-8")
    command = ("compare", "--whitespace", "a.txt", "b.txt")
    words = lambda *options: [
        row["word"] for row in table(run_here(*command, *options, code=0).out)
    ]
    assert words() == ["猫", "鱼", "狗", "的"]
    assert words("--top", 1) == ["猫", "狗", "的"]
    assert words("--side", "B") == ["狗"]
    assert words("--min-count", 3) == ["狗", "的"]
    assert words("--stopwords", "stop.txt", "--side", "A") == ["鱼"]
    assert words("--max-p", 0.05) == ["狗"]
    assert words("--max-q", 0.01) == []
    assert words("--sort", "count") == ["猫", "鱼", "狗", "的"]
    assert words("--sort", "log-ratio", "--side", "A") == ["猫", "鱼"]
    rows = run_here(*command, "--format", "jsonl", code=0).out.splitlines()
    assert json.loads(rows[0])["count_a"] == 2
    assert run_here(*command, "--format", "csv", code=0).raw.startswith(b"\xef\xbb\xbfword,side,")
    assert run_here(*command, "--quiet", code=0).err == ""


def test_a_wide_table(run_cli: RunCli) -> None:
    command = ("count", "--whitespace", "a.txt", "b.txt", "--by", "file", "--wide")
    assert run_cli(*command, code=0).out == (
        "word\ttotal\ta.txt\tb.txt\n的\t4\t2\t2\n狗\t3\t0\t3\n猫\t2\t2\t0\n鱼\t1\t1\t0\n"
    )
    result = run_cli(*command, "--top", 1, "--min-count", 2, "--format", "jsonl", code=0)
    assert json.loads(result.out) == {"word": "的", "total": 4, "a.txt": 2, "b.txt": 2}


def test_bad_input(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "bad.txt").write_bytes("天气 ".encode() + b"\xff\n")
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "bare.tsv").write_text("猫\n狗\n", encoding="utf-8")
    for arguments, code, message in (
        (("a.txt", "missing.txt"), 1, "missing.txt"),
        (("--whitespace", "a.txt", "bad.txt"), 1, "bad.txt: byte 7: not valid UTF-8"),
        (("bare.tsv", "bare.tsv"), 1, "2 words without a count, such as '猫'"),
        (("bare.tsv", "bare.tsv", "--whitespace"), 2, "cut texts; these are counts"),
        (("a.txt", "-", "--max-p", "2"), 2, "--max-p"),
        (("-", "-"), 2, "one side only"),
        (("a.txt", "b.txt", "--lists", "--field", "text"), 2, "does not go with --lists"),
        (("a.txt",), 2, "Missing argument"),
    ):
        result = run_cli("compare", *arguments)
        assert result.code == code, result.err
        assert message in result.err
        assert "Traceback" not in result.err
        assert result.out == ""
    empty = run_cli("compare", "--whitespace", "a.txt", "empty.txt", code=0)
    assert len(empty.out.splitlines()) == 4
    for options in (("--wide",), ("--score", "keyness")):
        assert run_cli("count", "a.txt", *options).code == 2
    both = ("--by", "file", "--wide")
    assert run_cli("count", "a.txt", *both, "--score", "keyness").code == 2
    assert run_cli("count", "a.txt", *both, "--document-frequency", "line").code == 2


def test_what_became_of_a_list(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "old.tsv").write_text("word\tcount\n猫\t5\n狗\t3\n鸟\t1\n", encoding="utf-8")
    (tmp_path / "new.txt").write_text("狗 4 n\n猫 5 n\n鱼 2 n\n", encoding="utf-8")
    result = run_cli("diff", "old.tsv", "new.txt", code=0)
    assert result.out == (
        "word\tchange\told_count\tnew_count\told_rank\tnew_rank\n"
        "鱼\tadded\t\t2\t\t3\n"
        "狗\tchanged\t3\t4\t2\t1\n"
        "鸟\tgone\t1\t\t3\t\n"
    )
    assert "1 added, 1 changed, 1 gone" in result.err
    assert "old.tsv: 3 words (TSV with a header)" in result.err
    new = (tmp_path / "new.txt").read_bytes()
    assert run_cli("diff", "old.tsv", "-", input=new, code=0).out == result.out
    by_rank = run_cli("diff", "old.tsv", "new.txt", "--by", "rank", "--only", "changed", code=0)
    assert [row["word"] for row in table(by_rank.out)] == ["狗", "猫"]
    additions = run_cli("diff", "old.tsv", "new.txt", "--format", "ik", "-o", "more.dic", code=0)
    assert additions.out == ""
    assert (tmp_path / "more.dic").read_bytes() == "鱼\n".encode()
    gone = run_cli("diff", "old.tsv", "new.txt", "--format", "plain", "--only", "gone", code=0)
    assert gone.out == "鸟\n"
    row = run_cli("diff", "old.tsv", "new.txt", "--format", "jsonl", "--only", "gone", code=0).out
    assert json.loads(row)["new_count"] is None
    empty = run_cli("diff", "new.txt", "new.txt", "--only", "added", code=0)
    assert len(empty.out.splitlines()) == 1


def test_lists_that_cannot_be_compared(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "gbk.txt").write_bytes("天气\n".encode("gb18030"))
    (tmp_path / "text.txt").write_text("今天。很好。\n明天！也好。\n", encoding="utf-8")
    for arguments, code, message in (
        (("gbk.txt", "a.txt"), 1, "gbk.txt: byte 0: not valid utf-8"),
        (("missing.txt", "a.txt"), 1, "missing.txt: cannot be read"),
        (("text.txt", "a.txt"), 1, "no list of words"),
        (("-", "-"), 2, "one list only"),
        (("a.txt", "b.txt", "--only", "new"), 2, "--only"),
    ):
        result = run_cli("diff", *arguments)
        assert result.code == code, result.err
        assert message in result.err
        assert "Traceback" not in result.err
    assert run_cli("diff", "gbk.txt", "gbk.txt", "--encoding", "gb18030", code=0).out
