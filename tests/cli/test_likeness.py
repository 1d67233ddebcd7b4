"""``--vectors`` of `explain`, `discover` and `select`."""

import json
from pathlib import Path

import numpy as np
import pytest

import nlpzero
from nlpzero.vectors.characters import Pieces

TEXT = """\
早餐 好吃 的 面包
晚餐 好吃 的 面包
早饭 好吃 了 面条
火车 到站 了 车厢
汽车 到站 的 车厢
"""
TEXT *= 6


@pytest.fixture
def vectors(tmp_path: Path) -> str:
    words = ["早餐", "早饭", "晚餐", "火车", "汽车", "面包", "好吃"]
    array = [[9, 1, 0], [8, 2, 0], [9, 2, 1], [0, 9, 1], [1, 9, 1], [5, 0, 5], [4, 1, 6]]
    pieces = Pieces(["早", "车"], np.eye(3, dtype=np.float32)[:2], np.ones(2, np.float32))
    nlpzero.WordVectors(words, range(9, 2, -1), array, pieces=pieces).save(tmp_path / "v.nz")
    (tmp_path / "text.txt").write_text(TEXT.replace(" ", ""), encoding="utf-8")
    return str(tmp_path / "v.nz")


def test_explain_shows_the_nearest_words(run_here, vectors: str) -> None:
    asked = ("explain", "早餐", "text.txt", "--model", "none", "--contexts", 0, "--top", 3)
    plain = run_here(*asked, code=0)
    expected = nlpzero.load_vectors(vectors).similar("早餐", top=3)
    shown = "  ".join(f"{row.word} {row.similarity:.2f}" for row in expected)
    done = run_here(*asked, "--vectors", vectors, code=0)
    assert done.out == f"{plain.out}  similar        {shown}\n"
    (row,) = run_here(*asked, "--vectors", vectors, "-f", "jsonl", code=0).out.splitlines()
    similar = json.loads(row)["similar"]
    assert [each["word"] for each in similar] == [each.word for each in expected]
    table = run_here(*asked, "--vectors", vectors, "-f", "tsv", code=0).out.splitlines()
    assert table[0].split("\t")[-1] == "similar"
    assert table[1].split("\t")[-1].startswith(f"{expected[0].word} {expected[0].similarity:.6g}")


def test_explain_by_vectors_alone(run_here, vectors: str) -> None:
    done = run_here("explain", "早早餐", "汽", "龘", "--vectors", vectors, "-f", "jsonl", code=0)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [bool(row["similar"]) for row in rows] == [True, False, False]
    assert rows[0]["occurrences"] is None
    assert "not known: only its neighbours" in rows[0]["reason"]
    assert "早早餐 is not among the words; its characters speak for it" in done.err
    assert "no vector for 汽, 龘" in done.err
    assert run_here("explain", "早餐", "--vectors", "none.nz").code == 2
