"""``nlpzero ngrams`` and ``nlpzero merge`` as users run them."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.discovery import oracles as oracle

TEXT = "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。\n𠮷野家的K线图 豈\n" * 3


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def expected_rows(lengths: range, min_count: int = 1) -> list[str]:
    counts = oracle.substring_counts(TEXT, lengths[-1])
    rows = [(len(g), -n, g) for g, n in counts.items() if len(g) in lengths and n >= min_count]
    return [f"{gram}\t{-count}" for _, count, gram in sorted(rows)]


def test_counts_as_text(run_here: Callable, text: Path, tmp_path: Path) -> None:
    done = run_here("ngrams", text, code=0)
    assert done.out.splitlines() == ["ngram\tcount", *expected_rows(range(1, 5))]
    done = run_here("ngrams", text, "--lengths", "2-3", "--min-count", 6, code=0)
    assert done.out.splitlines()[1:] == expected_rows(range(2, 4), 6)
    done = run_here("ngrams", text, "--order", 6, "--lengths", "5-6", code=0)
    assert done.out.splitlines()[1:] == expected_rows(range(5, 7))
    out = run_here("ngrams", text, "--lengths", 1, "--format", "jsonl", code=0).out
    assert Counter({o["ngram"]: o["count"] for o in map(json.loads, out.splitlines())}) == {
        g: n for g, n in oracle.substring_counts(TEXT, 1).items()
    }


def test_a_file_of_counts_is_listed(run_cli: Callable, text: Path, tmp_path: Path) -> None:
    done = run_cli("ngrams", text, "-o", "counts.nz", code=0)
    assert done.raw == b"" and "characters counted" in done.err
    direct = run_cli("ngrams", text, code=0)
    assert run_cli("ngrams", "--counts", "counts.nz", code=0).raw == direct.raw
    run_cli("ngrams", "--counts", "counts.nz", "--format", "csv", "-o", "counts.csv", code=0)
    assert (tmp_path / "counts.csv").read_bytes().startswith(b"\xef\xbb\xbfngram,count\n")


def test_merging_parts_is_counting_the_whole(run_cli: Callable, text: Path, tmp_path: Path) -> None:
    lines = TEXT.splitlines(keepends=True)
    names = []
    for i in range(3):
        (tmp_path / f"{i}.txt").write_text("".join(lines[i::3]), encoding="utf-8")
        run_cli("ngrams", f"{i}.txt", "-o", f"{i}.nz", code=0)
        names.append(f"{i}.nz")
    run_cli("ngrams", text, "-o", "whole.nz", code=0)
    for order in (names, names[::-1]):
        run_cli("merge", *order, "-o", "merged.nz", code=0)
        assert (tmp_path / "merged.nz").read_bytes() == (tmp_path / "whole.nz").read_bytes()


def test_merging_word_counts(run_here: Callable, tmp_path: Path) -> None:
    for name, words in (("a", "甲 乙 甲\n"), ("b", "乙 丙\n")):
        (tmp_path / f"{name}.txt").write_text(words, encoding="utf-8")
        run_here("count", "--whitespace", f"{name}.txt", "--save-counts", f"{name}.words", code=0)
    (tmp_path / "ab.txt").write_text("甲 乙 甲\n乙 丙\n", encoding="utf-8")
    run_here("count", "--whitespace", "ab.txt", "--save-counts", "whole.words", code=0)
    run_here("merge", "a.words", "b.words", "-o", "ab.words", code=0)
    assert (tmp_path / "ab.words").read_bytes() == (tmp_path / "whole.words").read_bytes()


def test_what_cannot_be_merged(run_here: Callable, text: Path, tmp_path: Path) -> None:
    run_here("ngrams", text, "-o", "a.nz", code=0)
    run_here("ngrams", text, "--fold-width", "-o", "folded.nz", code=0)
    run_here("count", "--whitespace", text, "--save-counts", "w.nz", code=0)
    for files, message in (
        (["a.nz", "w.nz"], "merge files of one kind"),
        (["a.nz", "folded.nz"], "different options"),
        (["a.nz", text], "not a file of nlpzero"),
        (["missing.nz"], "cannot be read"),
    ):
        done = run_here("merge", *files, "-o", "out.nz")
        assert done.code == 1 and message in done.err and "Traceback" not in done.err
        assert not (tmp_path / "out.nz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "nz"], "needs -o FILE"),
        (["--lengths", "2", "-o", "x.nz"], "--lengths is for lists"),
        (["--lengths", "3-2"], "is not a length"),
        (["--counts", "x.nz"], "not both"),
        (["--lengths", "5"], "n-grams of 1 to 4 were counted"),
        (["--order", "17"], "17 is not in the range"),
    ],
)
def test_misuse(run_here: Callable, text: Path, arguments: list[str], message: str) -> None:
    done = run_here("ngrams", text, *arguments)
    assert done.code == 2 and message in done.err


def test_empty_text(run_here: Callable, tmp_path: Path) -> None:
    assert run_here("ngrams", input=b"", code=0).out == "ngram\tcount\n"
    run_here("ngrams", "-o", "empty.nz", input=b"", code=0)
    assert run_here("ngrams", "--counts", "empty.nz", code=0).out == "ngram\tcount\n"
    assert run_here("discover", "--counts", "empty.nz", code=0).out.startswith("word\tcount")
