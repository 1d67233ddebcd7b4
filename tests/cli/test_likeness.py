"""``--vectors`` of `explain`, `discover` and `select`."""

import json
from pathlib import Path

import numpy as np
import pytest

import nlpzero
from nlpzero.vectors.characters import Pieces

from .test_report import column, data_of

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
    (tmp_path / "text.txt").write_text(TEXT.replace(" ", "，"), encoding="utf-8")
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


DISCOVER = ("discover", "--method", "cohesion", "--min-pmi", "0,1,2", "--min-count", 2, "text.txt")


def test_words_like_others_come_first(run_here, vectors: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("早餐\n飞机\n", encoding="utf-8")
    like = ("--like", "seeds.txt", "--vectors", vectors)
    plain = run_here(*DISCOVER, "--save", "found.nz", code=0)
    counts = dict(line.split("\t")[:2] for line in plain.out.splitlines()[1:])
    done = run_here(*DISCOVER, *like, code=0)
    assert "no vector for 飞机" in done.err
    head, *rows = [line.split("\t") for line in done.out.splitlines()]
    assert head[-1] == "similarity"
    loaded = nlpzero.load_vectors(vectors)
    # 车厢 by its characters; 到站 has none that is known
    assert {"火车", "车厢", "晚餐"} <= {row[0] for row in rows}
    assert not {"早餐", "到站"} & {row[0] for row in rows}
    assert "到站" in counts
    for row in rows:
        assert row[1] == counts[row[0]]
        assert float(row[-1]) == pytest.approx(loaded.similarity("早餐", row[0]), abs=1e-5)
    values = [float(row[-1]) for row in rows]
    assert values == sorted(values, reverse=True)
    # the same of what was saved; and a threshold
    assert run_here("select", "found.nz", *like, code=0).out == done.out
    few = run_here("select", "found.nz", *like, "--min-similarity", ".9", "-q", code=0)
    assert few.out.splitlines()[1:] == [
        line for line in done.out.splitlines()[1:] if float(line.split("\t")[-1]) >= 0.9
    ]
    run_here("select", "found.nz", *like, "--report", "r.html", code=0)
    data = data_of(tmp_path / "r.html")
    shown = column(data, "word")
    assert shown == [row[0] for row in rows]
    for row, (best, similarity) in zip(
        shown, (line[0] for line in data["neighbours"]), strict=True
    ):
        others = [loaded.similarity(row, other) for other in shown if other != row]
        assert loaded.similarity(row, shown[best]) == pytest.approx(max(others), abs=1e-5)
        assert similarity == pytest.approx(max(others), abs=1e-5)
    assert data["map"] == ["map_x", "map_y"]
    assert None not in column(data, "map_x") + column(data, "map_y")
    why = run_here(*DISCOVER, *like, "--explain", "到站", "--explain", "早餐", code=0).err
    assert "it has no vector" in why
    assert "one of the words that others are to be like" in why


def test_likeness_that_lacks_something(run_here, vectors: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("飞机\n", encoding="utf-8")
    for options, message in (
        (("--like", "seeds.txt"), "make one with `nlpzero vectors"),
        (("--like", "seeds.txt", "--vectors", vectors), "no word of seeds.txt has a vector"),
        (("--vectors", vectors), "--vectors is for --like and --report"),
        (("--min-similarity", ".5"), "--min-similarity is to the words of --like"),
        (("--sort", "similarity"), "--sort similarity is to the words of --like"),
    ):
        refused = run_here(*DISCOVER, *options)
        assert refused.code == 2, options
        assert message in " ".join(refused.err.split())
