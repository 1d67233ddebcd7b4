"""``nlpzero vectors``, ``similar``, ``search``, ``clusters``: as processes once, then here."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nlpzero

TEXT = ("早餐 好吃 的 面包\n晚餐 好吃 的 abc\n早饭 好吃 了 abc\n火车 到站 了 面包\n" * 6).encode()


@pytest.fixture
def vectors(run_here, tmp_path: Path) -> str:
    run_here("vectors", "--whitespace", "-q", "-o", "v.nz", "--dimensions", 5, input=TEXT, code=0)
    return str(tmp_path / "v.nz")


def test_from_text_to_neighbours(run_cli, tmp_path: Path) -> None:
    made = run_cli("vectors", "--whitespace", "-o", "v.nz", input=TEXT, code=0)
    assert made.out == ""
    assert "96 words read" in made.err
    (tmp_path / "text.txt").write_bytes(TEXT)
    run_cli("vectors", "--whitespace", "-q", "-j", 2, "text.txt", "-o", "w.nz", code=0)
    assert (tmp_path / "v.nz").read_bytes() == (tmp_path / "w.nz").read_bytes()
    found = run_cli("similar", "早餐", "--vectors", "v.nz", "--top", 2, code=0)
    assert found.err == ""
    head, *rows = [line.split("\t") for line in found.out.splitlines()]
    assert head == ["word", "count", "similarity"]
    expected = nlpzero.load_vectors(tmp_path / "v.nz").similar("早餐", top=2)
    assert [(row[0], int(row[1])) for row in rows] == [row[:2] for row in expected]


def test_the_compiler_is_not_loaded_to_look_up(vectors: str) -> None:
    program = (
        "import sys; from nlpzero_cli.main import run; code = run(sys.argv[1:]); "
        "sys.exit(code or 'numba' in sys.modules)"
    )
    for command in (["similar", "早餐"], ["search", "早餐", "--index", vectors + ".i"]):
        if command[0] == "search":
            loaded = nlpzero.load_vectors(vectors)
            nlpzero.SentenceIndex(loaded, ["早餐 好吃"]).save(vectors + ".i")
        done = subprocess.run(
            [sys.executable, "-c", program, *command, "--vectors", vectors],
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_several_words_queries_and_unseen_ones(run_here, vectors: str, tmp_path: Path) -> None:
    def similar(*args: object, **more: object):
        return run_here("similar", *args, "--vectors", vectors, "--top", 3, "-f", "jsonl", **more)

    loaded = nlpzero.load_vectors(vectors)
    (tmp_path / "seeds.txt").write_text("早餐\n晚餐\n汽车\n", encoding="utf-8")
    both = similar("早餐", "晚餐", code=0)
    assert [json.loads(line)["word"] for line in both.out.splitlines()] == [
        row.word for row in loaded.similar(["早餐", "晚餐"], top=3)
    ]
    seeds = similar("--seeds", "seeds.txt", code=0)
    assert seeds.out == both.out
    assert "no vector for 汽车" in seeds.err
    lines = similar("-", input="早餐 晚餐\n汽\n\n早早餐\n".encode(), code=0)
    rows = [json.loads(line) for line in lines.out.splitlines()]
    assert {row["query"] for row in rows} == {"早餐 晚餐", "早早餐"}
    assert "no vector for 汽" in lines.err
    assert "早早餐 is not among the words; its characters speak for it" in lines.err
    away = similar("早餐", "--minus", "晚餐", code=0)
    assert "晚餐" not in away.out
    for args in (["汽"], ["早餐", "汽"], ["早餐", "--minus", "汽"], [], ["-", "--seeds", "x"]):
        refused = similar(*args)
        assert refused.code == 2, args
        assert "汽" in refused.err or not args or args[0] == "-"


def test_search_and_its_index(run_here, vectors: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("早餐 好吃\n火车 到站\n", encoding="utf-8")
    args = ("search", "--vectors", vectors, "--top", 1)
    made = run_here(*args, "早餐 好吃", "text.txt", "--index", "i.nz", code=0)
    assert made.out == "similarity\tfile\tline\ttext\n1\ttext.txt\t1\t早餐 好吃\n"
    again = run_here(*args, "早餐 好吃", "--index", "i.nz", code=0)
    assert again.out == made.out
    assert again.err == ""
    lines = run_here(
        *args, "-", "--index", "i.nz", "-f", "csv", input="到站\n汽\n".encode(), code=0
    )
    assert lines.out.splitlines()[1].startswith("到站,")
    assert "no word of '汽' is known" in lines.err
    assert run_here("info", "--verify", "i.nz", code=0).out.startswith("kind\tsentences\n")
    assert run_here("info", "--verify", vectors, code=0).out.startswith("kind\tvectors\n")
    assert run_here(*args, "早餐", "--index", "none.nz").code == 2
    assert run_here(*args, "-", "-", input=b"x\n").code == 2
    (tmp_path / "bad.txt").write_bytes(b"\xff\n")
    assert run_here(*args, "早餐", "bad.txt").code == 1


def test_clusters_of_words_and_sentences(run_here, vectors: str, tmp_path: Path) -> None:
    words = run_here("clusters", "--vectors", vectors, "--clusters", 3, code=0)
    rows = [line.split("\t") for line in words.out.splitlines()]
    assert rows[0] == ["cluster", "word", "count", "similarity"]
    assert {row[0] for row in rows[1:]} == {"1", "2", "3"}
    (tmp_path / "text.txt").write_bytes(TEXT)
    found = run_here("clusters", "text.txt", "--vectors", vectors, "--top", 1, code=0)
    assert "there are 24 sentences" in found.err
    assert found.out.startswith("cluster\tsimilarity\tfile\tline\ttext\n1\t")


def test_vectors_come_and_go(run_here, vectors: str, tmp_path: Path) -> None:
    for name, format in (("v.bin", "word2vec"), ("v.vec", "word2vec-text")):
        run_here("export", vectors, "--format", format, "-o", name, code=0)
        run_here("vectors", "--whitespace", "--import", name, "-o", "again.nz", code=0)
        again = nlpzero.load_vectors(tmp_path / "again.nz")
        assert np.allclose(again.array, nlpzero.load_vectors(vectors).array, atol=1e-5)
    run_here("export", vectors, "--format", "numpy", "-o", "v.npy", "--top", 2, code=0)
    assert np.load(tmp_path / "v.npy").shape[0] == 2
    assert len((tmp_path / "v.txt").read_text("utf-8").split()) == 2
    assert run_here("export", vectors, "--format", "word2vec").code == 2
    assert run_here("export", "v.txt", "--format", "word2vec", "-o", "x").code == 2


def test_what_is_misused_or_missing(run_here, vectors: str, tmp_path: Path) -> None:
    assert run_here("vectors", "--whitespace", "-o", "w.nz", input=b"").code == 1
    assert run_here("vectors", "--whitespace", input=TEXT).code == 2
    assert run_here("vectors", "none.txt", "-o", "w.nz").code == 1
    assert run_here("vectors", "--window", 0, "-o", "w.nz", input=TEXT).code == 2
    assert run_here("vectors", "--import", vectors, "-o", "w.nz").code == 1
    assert run_here("similar", "早餐", "--vectors", "none.nz").code == 2
    (tmp_path / "bad.nz").write_bytes(Path(vectors).read_bytes()[:-9])
    damaged = run_here("similar", "早餐", "--vectors", "bad.nz")
    assert damaged.code == 1
    assert "damaged" in damaged.err
    assert not (tmp_path / "w.nz").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT * 20_000)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", "vectors", "--whitespace", str(path), "-o", "v.nz",
         "--tmpdir", str(temporary)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while not list(temporary.iterdir()) and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["temporary", "text.txt"]
    assert list(temporary.iterdir()) == []
