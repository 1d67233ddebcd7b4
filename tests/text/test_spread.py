"""A sample spread over a text."""

import gzip
import json
from itertools import pairwise
from pathlib import Path

import pytest

from nlpzero.errors import CorpusError
from nlpzero.text import spread
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import spread_sample


@pytest.fixture(autouse=True)
def small_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_LEAST_PLACE", 100)


def lines(first: int, last: int) -> list[str]:
    return [f"第{i:05}行的文字。" for i in range(first, last)]


def write(path: Path, rows: list[str], encoding: str = "utf-8") -> Path:
    path.write_bytes("".join(row + "\n" for row in rows).encode(encoding))
    return path


def test_whole_lines_from_all_over_each_half_of_the_next(tmp_path: Path) -> None:
    corpus = Corpus(
        write(tmp_path / "a.txt", lines(0, 3000)), write(tmp_path / "b.txt", lines(3000, 4000))
    )
    sample = spread_sample(corpus, 20_000)
    assert sample.total == corpus.size
    known = set(lines(0, 4000))
    rows = "".join(sample.parts[-1]).split("\n")
    assert not rows.pop()
    assert known.issuperset(rows)
    assert len(set(rows)) == len(rows)
    for smaller, larger in pairwise(sample.parts):
        assert all(
            b.startswith(a) and 0 < len(a) < len(b) for a, b in zip(smaller, larger, strict=True)
        )
    assert len("".join(sample.parts[0])) < len("".join(sample.parts[-1])) / 8
    numbers = [int(row[1:6]) for row in rows]
    assert all(any(n // 250 == block for n in numbers) for block in range(16))
    assert 20_000 <= len("".join(sample.parts[-1]).encode()) <= 24_000


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_small_text_is_taken_whole(tmp_path: Path, encoding: str) -> None:
    rows = lines(0, 300)
    corpus = Corpus(write(tmp_path / "a.txt", rows, encoding), encoding=encoding)
    sample = spread_sample(corpus)
    text = "".join(row + "\n" for row in rows)
    assert "".join(sample.parts[-1]) == text
    assert sample.total == pytest.approx(len(text.encode()), rel=0.01)


def test_the_beginning_of_compressed_files(tmp_path: Path) -> None:
    text = "".join(row + "\n" for row in lines(0, 90_000))
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(text.encode()))
    sample = spread_sample(Corpus(tmp_path / "a.txt.gz"), 100_000)
    assert text.startswith("".join(sample.parts[-1]))
    assert sample.total == pytest.approx(len(text.encode()), rel=0.1)


def test_one_field_of_records(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": row, "other": "x" * 30}) for row in lines(0, 2000)]
    sample = spread_sample(Corpus(write(path, rows), field="text"), 10_000)
    assert set("".join(sample.parts[-1]).split()) <= set(lines(0, 2000))
    assert sample.total == pytest.approx(2000 * len((lines(0, 1)[0] + "\n").encode()), rel=0.05)


def test_one_long_line(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("没有行尾" * 400_000, encoding="utf-8")
    sample = spread_sample(Corpus(path), 50_000)
    assert len(sample.parts[-1]) == 1
    assert set(sample.parts[-1][0]) == set("没有行尾")
    assert sample.total == pytest.approx(path.stat().st_size, rel=0.1)


def test_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.touch()
    sample = spread_sample(Corpus(path))
    assert sample.total == 0 and not any(map("".join, sample.parts))


def test_what_can_be_read_only_once_is_refused() -> None:
    with pytest.raises(CorpusError, match="an estimate needs files"):
        spread_sample(Corpus("-"))
