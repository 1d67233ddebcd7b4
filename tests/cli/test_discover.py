"""``nlpzero discover`` as users run it."""

import csv
import gzip
import json
import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

COHESION = ("discover", "--method", "cohesion")
HEADER = "word\tcount\tscore\tpmi\tsplit\tleft_entropy\tright_entropy"
WORDS = [
    "北京",
    "葡萄",
    "机器",
    "学习",
    "共和国",
    "K线图",
    "T恤",
    "4S店",
    "𠮷野家",
    "Ｔ恤",
    "太阳能",
]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    generator = random.Random(5)
    characters = [chr(0x5000 + 53 * i) for i in range(200)]
    words = WORDS + ["".join(generator.choices(characters, k=2)) for _ in range(150)]
    weights = [1 / (i + 4) for i in range(len(words))]
    marks = ["", "", "的", "了", "，", "\n"]
    path = tmp_path / "text.txt"
    drawn = generator.choices(words, weights, k=6000)
    path.write_text("".join(w + generator.choice(marks) for w in drawn), encoding="utf-8")
    return path


def rows_of(out: str) -> list[list[str]]:
    return [line.split("\t") for line in out.splitlines()[1:]]


def test_table_with_evidence(run_cli: Callable, text: Path) -> None:
    done = run_cli(*COHESION, text, code=0)
    lines = done.out.splitlines()
    assert lines[0] == HEADER
    rows = rows_of(done.out)
    assert {"北京", "共和国", "K线图", "T恤", "4S店", "𠮷野家"} <= {row[0] for row in rows}
    for word, count, score, pmi, split, left, right in rows:
        assert not set(word) & set(" \t\r\n，的") or "的" in word
        assert split.replace("|", "") == word and split.count("|") == 1
        places = 1 if word in ("4S店",) else len(word) - 1
        value = math.log(int(count)) + float(pmi) + min(float(left), float(right)) - 2 * places
        assert float(score) == pytest.approx(value, abs=1e-3)
    keys = [(-float(row[2]), row[0]) for row in rows]
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)
    assert "cohesion: min_count 2, min_pmi 2,4,6" in done.err
    assert f"{len(rows):,} words in" in done.err


def test_top_and_explain(run_here: Callable, text: Path) -> None:
    everything = run_here(*COHESION, text, "-q", code=0)
    done = run_here(*COHESION, text, "--top", 5, "--explain", "北京", "--explain", "北葡", code=0)
    assert done.out.splitlines() == everything.out.splitlines()[:6]
    assert "北京: found: stands alone" in done.err
    assert "北葡: dropped: count" in done.err
    assert everything.err == ""


def test_formats_agree(run_here: Callable, text: Path, tmp_path: Path) -> None:
    rows = rows_of(run_here(*COHESION, text, code=0).out)
    run_here(*COHESION, text, "--format", "csv", "-o", tmp_path / "w.csv", code=0)
    raw = (tmp_path / "w.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r" not in raw
    table = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert "\t".join(table[0]) == HEADER and table[1:] == rows
    out = run_here(*COHESION, text, "--format", "jsonl", code=0).out
    objects = [json.loads(line) for line in out.splitlines()]
    assert [o["word"] for o in objects] == [row[0] for row in rows]
    assert [o["count"] for o in objects] == [int(row[1]) for row in rows]


def test_unknown_entropies_are_empty_cells(run_here: Callable, text: Path, tmp_path: Path) -> None:
    text.write_text("自由女神。看自由女神像。" * 60 + text.read_text("utf-8"), encoding="utf-8")
    run_here("ngrams", text, "-o", tmp_path / "c.nz", code=0)
    out = run_here(*COHESION, "--counts", tmp_path / "c.nz", "--min-pmi", "1,2,3", code=0).out
    by_word = {row[0]: row for row in rows_of(out)}
    assert by_word["自由女神"][5:] == ["", ""]
    assert by_word["北京"][5] != ""
    out = run_here(
        *COHESION, "--counts", tmp_path / "c.nz", "--min-pmi", "1,2,3", "--format", "jsonl", code=0
    ).out
    entry = next(o for line in out.splitlines() if (o := json.loads(line))["word"] == "自由女神")
    assert entry["left_entropy"] is None


def test_dictionaries(run_cli: Callable, text: Path, tmp_path: Path) -> None:
    words = [row[0] for row in rows_of(run_cli(*COHESION, text, code=0).out)]
    for target in ("jieba", "hanlp", "ik"):
        done = run_cli(*COHESION, text, "--format", target, "-o", tmp_path / target, code=0)
        raw = (tmp_path / target).read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf") and b"\r" not in raw
        lines = raw.decode().splitlines()
        assert all(" " not in line and "\t" not in line for line in lines)
        if target == "jieba":
            assert "𠮷野家" not in lines and "Ｔ恤" not in lines
            assert (
                "Warning: 2 left out of jieba: has characters that jieba never looks up" in done.err
            )
        if target == "hanlp":
            assert lines == words and "Warning" not in done.err
        if target == "ik":
            assert lines.count("T恤") == 1 and "𠮷野家" not in lines
    out = run_cli(*COHESION, text, "--format", "jieba", "--with-frequency", "--top", 3, code=0).out
    assert all(
        len(line.split(" ")) == 2 and line.split(" ")[1].isdigit() for line in out.splitlines()
    )


def test_exclude_counts_what_it_drops(run_here: Callable, text: Path, tmp_path: Path) -> None:
    (tmp_path / "jieba.txt").write_text("北京 5 ns\n葡萄 3\n没有\n", encoding="utf-8")
    (tmp_path / "gbk.txt").write_bytes("机器\r\n学习\r\n".encode("gb18030"))
    rows = rows_of(run_here(*COHESION, text, code=0).out)
    done = run_here(*COHESION, text, "--exclude", tmp_path / "jieba.txt", "--sort", "score", code=0)
    assert rows_of(done.out) == [row for row in rows if row[0] not in ("北京", "葡萄")]
    assert "2 words are on the lists to exclude (3 words)" in done.err
    done = run_here(*COHESION, text, "--exclude", tmp_path / "gbk.txt")
    assert done.code == 1 and "Error: " in done.err and "gbk.txt: byte 0" in done.err
    assert "Traceback" not in done.err
    done = run_here(
        *(*COHESION, text, "--exclude", tmp_path / "gbk.txt", "--exclude-encoding", "gb18030"),
        code=0,
    )
    assert "2 words are on the lists" in done.err


def test_counts_spare_the_counting(run_here: Callable, text: Path, tmp_path: Path) -> None:
    expected = run_here(*COHESION, text, code=0)
    saved = run_here(*COHESION, text, "--save-counts", tmp_path / "a.nz", code=0)
    run_here("ngrams", text, "-o", tmp_path / "b.nz", code=0)
    assert (tmp_path / "a.nz").read_bytes() == (tmp_path / "b.nz").read_bytes()
    again = run_here(*COHESION, "--counts", tmp_path / "b.nz", text, code=0)
    assert saved.raw == again.raw == expected.raw
    other = tmp_path / "other.txt"
    other.write_text("别的", encoding="utf-8")
    done = run_here(*COHESION, "--counts", tmp_path / "b.nz", other)
    assert done.code == 1 and "count this text" in done.err


@pytest.mark.parametrize("method", ["cohesion", "min-entropy"])
def test_same_bytes_for_any_jobs_and_input(
    run_cli: Callable, text: Path, tmp_path: Path, method: str
) -> None:
    expected = run_cli(*COHESION, text, "--method", method, "--jobs", 1, code=0)
    assert run_cli(*COHESION, text, "--method", method, "--jobs", 2, code=0).raw == expected.raw
    piped = run_cli(*COHESION, "-", "--method", method, input=text.read_bytes(), code=0)
    assert piped.raw == expected.raw
    packed = tmp_path / "text.gz"
    packed.write_bytes(gzip.compress(text.read_bytes()))
    assert run_cli(*COHESION, packed, "--method", method, code=0).raw == expected.raw
    gbk = text.read_text("utf-8").encode("gb18030")
    done = run_cli(*COHESION, "--encoding", "gb18030", "--method", method, input=gbk, code=0)
    assert done.raw == expected.raw


def test_methods_differ_and_say_their_thresholds(run_here: Callable, text: Path) -> None:
    done = run_here(*COHESION, text, "--method", "min-entropy", "--min-gain", 2, code=0)
    assert "min-entropy: min_count 2, min_gain 2," in done.err
    assert "redundancy" in done.err
    assert "北京" in done.out


def test_nothing_in_nothing_out(run_here: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    for method in ("cohesion", "min-entropy"):
        done = run_here(*COHESION, tmp_path / "empty.txt", "--method", method, code=0)
        assert done.out == HEADER + "\n"
    assert run_here(*COHESION, "--format", "jsonl", input=b"", code=0).out == ""


def test_zero_words_are_explained(run_here: Callable, text: Path) -> None:
    done = run_here(*COHESION, text, "--min-count", 100000, code=0)
    assert done.out == HEADER + "\n"
    told = done.err.splitlines()[-1]
    assert told.startswith("no words: min_count removed most (")
    value, kept = told.rsplit("; min_count ", 1)[1].split(" would keep ")
    again = run_here(*COHESION, text, "--min-count", value, code=0)
    assert len(rows_of(again.out)) == int(kept) >= 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--min-pmi", "2"], "--min-pmi must have 3 numbers for order 4"),
        (["--min-pmi", "two,4,6"], "is not a list of numbers"),
        (["--method", "min-entropy", "--min-pmi", "2"], "not to min-entropy, which has --min-gain"),
        (["--min-gain", "2"], "--min-gain belongs to --method min-entropy, not to cohesion"),
        (["--method", "pmi"], "is not one of"),
        (["--min-length", "5", "--max-length", "4"], "--max-length is smaller"),
        (["--with-frequency"], "--with-frequency goes with"),
        (["--counts", "a", "--save-counts", "b"], "does not go with --counts"),
        (["--top", "0"], "0 is not in the range"),
        (["--order", "5"], "5 is not in the range"),
        (["--model", "m.nz"], "--model belongs to --method learned, not to cohesion"),
        (["--method", "learned", "--min-pmi", "2"], "--min-pmi belongs to --method cohesion, not"),
        (["--method", "learned", "--model", "m.nz", "--seed", "1"], "--seed is for learning"),
    ],
)
def test_misuse(run_here: Callable, text: Path, arguments: list[str], message: str) -> None:
    done = run_here(*COHESION, text, *arguments)
    assert done.code == 2
    assert message in done.err
    assert done.raw == b""


def test_missing_and_wrong_files(run_here: Callable, text: Path, tmp_path: Path) -> None:
    for arguments in (
        ["missing.txt"],
        [text, "--counts", "missing.nz"],
        [text, "--counts", text],
        [text, "--exclude", "missing.txt"],
    ):
        done = run_here(*COHESION, *arguments)
        assert done.code == 1
        assert done.err.startswith("Error: ") and "Traceback" not in done.err
        assert done.raw == b""


def test_learned_is_the_default(run_here: Callable, text: Path, tmp_path: Path) -> None:
    done = run_here("discover", text, "--explain", "北京", "-v", code=0)
    assert done.out.startswith(HEADER + "\tleft_edge\tright_edge\tinside\n")
    assert "learned: min_count 2," in done.err
    assert "round 1 of" in done.err
    assert "北京: found:" in done.err
    rows = rows_of(done.out)
    assert {"北京", "葡萄", "机器"} <= {row[0] for row in rows[:60]}
    assert all(0 <= float(value) <= 1 for row in rows for value in row[7:])
    again = run_here("discover", text, "--jobs", 2, "--method", "learned", "-q", code=0)
    assert again.raw == done.raw and again.err == ""
    assert "round" not in run_here("train", text, "-o", "model.nz", code=0).err
    assert run_here("discover", text, "--model", "model.nz", code=0).raw == done.raw
    run_here("ngrams", text, "-o", "c.nz", code=0)
    scratch = rows_of(run_here("discover", text, "--no-base", code=0).out)
    assert {"北京", "葡萄", "太阳能"} <= {row[0] for row in scratch[:60]}
    alone = run_here("discover", "--counts", "c.nz", code=0)
    assert alone.out.startswith(HEADER + "\n") and "cohesion: " in alone.err


def test_models_of_other_methods_are_refused(run_here: Callable, text: Path) -> None:
    run_here("train", "--method", "nvbe", text, "-o", "nvbe.nz", "-q", code=0)
    done = run_here("discover", text, "--model", "nvbe.nz")
    assert done.code == 1 and "discovery needs a learned one" in done.err


def test_help_has_examples(run_here: Callable) -> None:
    for command in ("discover", "ngrams", "merge"):
        out = run_here(command, "--help", code=0).out
        assert "Example" in out and f"nlpzero {command}" in out
