"""``nlpzero train``: model files from text and from word lists."""

import pytest

from nlpzero import KneserNeyModel, load_segmenter

TEXT = "我们在北京大学学习，今天天气好，北京天气好。\n2001年，K线图。\n" * 40


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("method", ["learned", "lm", "nvbe"])
def test_model_of_every_method(run_cli, text, tmp_path, method):
    done = run_cli("train", "--method", method, text, "-o", "model.nz", "--numbers", "date", code=0)
    assert done.raw == b""
    assert "wrote model.nz" in done.err
    segmenter = load_segmenter(tmp_path / "model.nz")
    assert (segmenter.method, segmenter.numbers) == (method, "date")
    assert "".join(segmenter.segment(TEXT)) == TEXT
    # the same text gives the same file, from a pipe and for any number of jobs
    piped = run_cli(
        "train",
        "--method",
        method,
        "-o",
        "piped.nz",
        "--numbers",
        "date",
        "-j",
        2,
        "-q",
        input=TEXT.encode(),
        code=0,
    )
    assert piped.err == ""
    assert (tmp_path / "piped.nz").read_bytes() == (tmp_path / "model.nz").read_bytes()


def test_learned_is_the_default(run_here, text, tmp_path):
    run_here("train", text, "-o", "model.nz", "-q", code=0)
    assert load_segmenter(tmp_path / "model.nz").method == "learned"


def test_language_model_options(run_here, text, tmp_path):
    run_here(
        "train", "--method", "lm", text, "-o", "model.nz", "--order", 5, "--weights", "0.3,0.1",
        "--first", "frequency", "--min-count", 1, "--arpa", "model.arpa", code=0,
    )  # fmt: skip
    segmenter = load_segmenter(tmp_path / "model.nz")
    assert segmenter.model.order == 5
    assert segmenter.weights == (0.3, 0.1)
    assert segmenter.first == "frequency"
    other = KneserNeyModel.read_arpa(tmp_path / "model.arpa")
    assert other.score(TEXT)[0] == pytest.approx(segmenter.model.score(TEXT)[0], rel=1e-6)


def test_learned_options(run_here, text, tmp_path):
    (tmp_path / "more.txt").write_text("大学生在大学学习。\n" * 30, encoding="utf-8")
    run_here(
        "train", text, "-o", "model.nz", "--background", "more.txt", "--background-weight", 0.5,
        "--sample", "1M", "--seed", 7, "-q", code=0,
    )  # fmt: skip
    training = load_segmenter(tmp_path / "model.nz").training
    assert training["background_bytes"] > 0
    assert training["sample"] == 1 << 20


def test_word_lists(run_here, tmp_path):
    (tmp_path / "base.txt").write_text("北京 3 ns\n大学 4\n", encoding="gb18030")
    (tmp_path / "mine.txt").write_text("北京大学\n", encoding="gb18030")
    done = run_here(
        "train",
        "--dictionary",
        "base.txt",
        "--dictionary",
        "mine.txt",
        "--encoding",
        "gb18030",
        "-o",
        "model.nz",
        code=0,
    )
    assert "3 words" in done.err
    assert load_segmenter(tmp_path / "model.nz").segment("在北京大学") == ["在", "北京大学"]


@pytest.mark.parametrize("how", [[], ["--no-base"], ["--method", "lm"], ["--compact", "60K"]])
def test_a_model_keeps_words_of_ones_own(run_here, text, tmp_path, how):
    (tmp_path / "mine.txt").write_text("盐仓镇的雾\n", encoding="utf-8")
    run_here("train", "text.txt", *how, "--words", "mine.txt", "-o", "model.nz", code=0)
    assert "盐仓镇的雾" in load_segmenter(tmp_path / "model.nz").segment("我爱盐仓镇的雾。")
    done = run_here("segment", "--model", "model.nz", input="我爱盐仓镇的雾。".encode(), code=0)
    assert "盐仓镇的雾" in done.out.split()


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("text.txt",), 2, "--output"),
        (("missing.txt", "-o", "model.nz"), 1, "missing.txt"),
        (("text.txt", "-o", "nowhere/model.nz"), 2, "does not exist"),
        (("text.txt", "-o", "model.nz", "--order", "9"), 2, "--order"),
        (("text.txt", "-o", "model.nz", "--arpa", "x.arpa"), 2, "--arpa writes a language model"),
        (("text.txt", "--dictionary", "text.txt", "-o", "model.nz"), 2, "give no INPUT"),
        (
            ("text.txt", "-o", "model.nz", "--method", "lm", "--background", "x"),
            2,
            "belongs to --method learned",
        ),
        (("--method", "lm", "-o", "model.nz"), 1, "no letters or characters to learn from"),
        (("--method", "nvbe", "-o", "model.nz"), 1, "no letters or characters to learn from"),
        (("--no-base", "-o", "model.nz"), 1, "no letters or characters to learn from"),
        (
            (
                "--dictionary",
                "d.txt",
                "-o",
                "m.nz",
                "--executor",
                "dask",
                "--scheduler",
                "tcp://h:1",
            ),
            2,
            "makes a model from lists alone",
        ),
        (("--dictionary", "nowhere.txt", "-o", "model.nz"), 1, "nowhere.txt: cannot be read"),
    ],
)
def test_misuse(run_here, text, tmp_path, args, code, message):
    done = run_here("train", *args, code=code)
    assert message in done.err
    assert done.raw == b""
    assert not (tmp_path / "model.nz").exists()


@pytest.mark.parametrize("nothing", ["，。！？\n", "\0\0\0", " \n"])
def test_nothing_to_learn_from_is_said(run_here, tmp_path, nothing):
    (tmp_path / "marks.txt").write_text(nothing, encoding="utf-8")
    for how in (["--no-base"], ["--method", "nvbe"], ["--method", "lm"]):
        done = run_here("train", "marks.txt", *how, "-o", "model.nz", code=1)
        assert "no letters or characters to learn from" in done.err
        assert not (tmp_path / "model.nz").exists()
    done = run_here("train", "marks.txt", "-o", "model.nz", code=0)
    assert "the model is the base" in done.err
    assert load_segmenter(tmp_path / "model.nz").segment("我爱北京") == ["我", "爱", "北京"]
