"""``nlpzero evaluate``: the figures, the errors."""

import json

import pytest

GOLD = "我们  在  野生  动物园  玩  \n\n好  ，  好\n1998年  结束\n"
PREDICTED = "我们 在野 生动 物 园 玩\n\n好， 好\n1998 年 结束\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "gold.txt").write_text(GOLD, encoding="utf-8")
    (tmp_path / "predicted.txt").write_text(PREDICTED, encoding="utf-8")
    (tmp_path / "known.txt").write_text("我们\n在\n好\n，\n玩\n", encoding="utf-8")


def test_text(run_cli, files):
    done = run_cli("evaluate", "gold.txt", "predicted.txt", "--known-words", "known.txt", code=0)
    rows = dict(line.rsplit(maxsplit=1) for line in done.out.splitlines())
    assert rows == {
        "lines": "3",
        "gold words": "10",
        "predicted words": "11",
        "correct words": "4",
        "recall": "0.4000",
        "precision": "0.3636",
        "F1": "0.3810",
        "OOV rate": "0.4000",
        "OOV recall": "0.2500",
        "IV recall": "0.5000",
    }


def test_json(run_here, files):
    done = run_here(
        "evaluate", "gold.txt", "-", "--format", "json", input=PREDICTED.encode(), code=0
    )
    figures = json.loads(done.out)
    assert figures["f1"] == pytest.approx(8 / 21)
    assert figures["oov_rate"] is None


def test_with_a_model(run_here, files, tmp_path):
    (tmp_path / "words.txt").write_text(
        "我们 9\n野生 5\n动物园 3\n结束 2\n年 1\n在 1\n玩 1\n好 1\n", encoding="utf-8"
    )
    run_here("train", "--dictionary", "words.txt", "-o", "words.nz", "-q", code=0)
    plain = json.loads(
        run_here("evaluate", "gold.txt", "--model", "words.nz", "--format", "json", code=0).out
    )
    assert plain["correct_words"] == 9
    dated = run_here(
        "evaluate",
        "gold.txt",
        "--model",
        "words.nz",
        "--numbers",
        "date",
        "--format",
        "json",
        code=0,
    )
    assert json.loads(dated.out)["f1"] == 1.0


def test_perplexity(run_here, files, tmp_path):
    (tmp_path / "text.txt").write_text("我们在动物园玩，好。\n" * 9, encoding="utf-8")
    run_here("train", "--method", "lm", "text.txt", "-o", "lm.nz", "-q", code=0)
    done = run_here(
        "evaluate",
        "gold.txt",
        "--model",
        "lm.nz",
        "--perplexity",
        "--format",
        "json",
        "-o",
        "out.json",
        code=0,
    )
    assert done.raw == b""
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["perplexity"] > 1


def test_lines_that_differ(run_here, files, tmp_path):
    (tmp_path / "other.txt").write_text(PREDICTED.replace("好，", "好。"), encoding="utf-8")
    done = run_here("evaluate", "gold.txt", "other.txt", code=1)
    assert (
        "line 3: the texts differ at character 2: gold.txt has '，好', other.txt has '。好'"
        in done.err
    )
    aligned = run_here("evaluate", "gold.txt", "other.txt", "--align", "--format", "json", code=0)
    assert json.loads(aligned.out)["correct_words"] == 4


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("gold.txt", "predicted.txt", "--model", "x"), 2, "either PREDICTED or --model"),
        (("gold.txt", "missing.txt"), 1, "missing.txt"),
        (("gold.txt", "predicted.txt", "--perplexity"), 2, "--perplexity needs a --model"),
        (("gold.txt", "predicted.txt", "--numbers", "date"), 2, "--numbers says how --model cuts"),
        (
            ("gold.txt", "predicted.txt", "--known-words", "missing.txt"),
            1,
            "missing.txt: cannot be read",
        ),
    ],
)
def test_misuse(run_here, files, args, code, message):
    done = run_here("evaluate", *args, code=code)
    assert message in done.err
    assert done.raw == b""
