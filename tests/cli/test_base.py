"""Commands that begin with the base of the package, or make one."""

import os
import subprocess
import sys

import pytest

import nlpzero

TEXT = "我们在北京大学学习，今天天气好，北京天气好。\n听见潮铃，他敲潮铃。\n" * 40


def test_one_sentence_is_cut_at_once(run_here):
    done = run_here("segment", "-q", input="我爱北京天安门\n".encode(), code=0)
    assert done.out == "我 爱 北京 天安门\n"


def test_the_base_alone_cuts_each_line_by_itself(run_here):
    lines = ["我爱北京天安门", "研究生命起源", "臺灣的總統府"]
    together = run_here("segment", "--model", "base", "-q", input="\n".join(lines).encode(), code=0)
    one_by_one = [
        run_here("segment", "--model", "base", "-q", input=line.encode(), code=0).out
        for line in lines
    ]
    assert together.out.split("\n") == one_by_one


def test_training_begins_with_the_base_unless_told_otherwise(run_here, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    run_here("train", "text.txt", "-o", "with.nz", "-q", code=0)
    run_here("train", "text.txt", "-o", "without.nz", "--no-base", "-q", code=0)
    with_base, without = (
        nlpzero.load_segmenter(tmp_path / f"{name}.nz") for name in ("with", "without")
    )
    assert with_base.training["base_weight"] > 0
    assert "base_weight" not in without.training
    assert with_base.segment("天安门") == ["天安门"]
    assert without.segment("今天天气好") == nlpzero.learn_segmenter([TEXT]).segment("今天天气好")


def test_no_base_belongs_to_the_learned_method(run_here):
    done = run_here("segment", "--method", "nvbe", "--no-base", input=b"", code=2)
    assert "--no-base belongs to --method learned" in done.err


def test_a_base_of_ones_own(run_here, tmp_path):
    pytest.importorskip("opencc")
    (tmp_path / "text.txt").write_text(TEXT * 5, encoding="utf-8")
    for name in ("one.nz", "two.nz"):
        run_here("train", "--compact", "2M", "text.txt", "-o", name, "-q", code=0)
    assert (tmp_path / "one.nz").read_bytes() == (tmp_path / "two.nz").read_bytes()
    segmenter = nlpzero.load_segmenter(tmp_path / "one.nz")
    assert segmenter.method == "base"
    assert "北京" in segmenter.segment("北京天气好")
    done = run_here("train", "--compact", "1", "text.txt", "-o", "three.nz", "-q", code=1)
    assert "too small" in done.err


def test_compact_belongs_to_learning_from_text(run_here, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    done = run_here("train", "--compact", "2M", "--method", "lm", "text.txt", "-o", "x.nz", code=2)
    assert "--compact makes a base" in done.err


@pytest.mark.skipif(os.name == "nt", reason="no terminal to play")
def test_what_is_typed_is_answered_at_once(tmp_path):
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", "segment", "-"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    try:
        for line, cut in (("我爱北京天安门", "我 爱 北京 天安门"), ("天安门", "天安门")):
            os.write(ours, f"{line}\n".encode())
            assert process.stdout.readline().decode() == f"{cut}\n"
        os.write(ours, b"\x04")  # the end, as typed
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out, err) == (0, b"", b"")
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
        os.close(theirs)


def test_words_are_those_of_the_base_unless_told_otherwise(run_here, tmp_path):
    text = "我爱北京天安门，我爱北京。\n臺灣的總統府\n".encode()
    (tmp_path / "text.txt").write_bytes(text)
    done = run_here("count", "text.txt", "--format", "csv", code=0)
    assert {"北京,2", "天安门,1", "臺灣,1"} <= set(done.out.splitlines())
    assert done.err.count("words are cut by the base model; --model") == 1
    named = run_here("count", "text.txt", "--format", "csv", "--model", "base", "-q", code=0)
    assert (named.raw, named.err) == (done.raw, "")
    shared = run_here("count", "text.txt", "--format", "csv", "-j", 2, "-q", code=0)
    assert shared.raw == done.raw
    (tmp_path / "rules.txt").write_bytes(text * 3)
    plain = ("--common", "1", "--min", "lift=0", "--prune", "none", "--examples", "0")
    done = run_here("rules", "--text", "rules.txt", "-q", "--min-support", "0.3", *plain, code=0)
    assert any(line.startswith("天安门\t北京\t") for line in done.out.splitlines())
    (tmp_path / "t.tsv").write_text(
        "template\tcount\tfrequency\texamples\n[X] 爱 [X]\t3\t0.5\t\n", encoding="utf-8"
    )
    done = run_here(
        "parse", "--templates", "t.tsv", "--format", "brackets", input="我爱天安门".encode(), code=0
    )
    assert done.out == "((我) 爱 (天安门))\n"
    assert "words are cut by the base model" in done.err
    (tmp_path / "gold.txt").write_text("我 爱 北京 天安门\n", encoding="utf-8")
    done = run_here("evaluate", "gold.txt", "--format", "json", code=0)
    assert '"f1": 1.0' in done.out
    assert "segmented by the base model" in done.err


def test_new_words_are_those_the_base_does_not_hold(run_here, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    command = ("discover", "text.txt", "--format", "jieba", "-q")
    everything = set(run_here(*command, code=0).out.split())
    new = set(run_here(*command, "--new", code=0).out.split())
    assert {"潮铃", "北京", "天气"} <= everything
    assert new == {w for w in everything if not nlpzero.load_segmenter().base.counts_of([w])[0]}
    assert "潮铃" in new and "北京" not in new
    told = run_here("discover", "text.txt", "--new", "--explain", "北京", code=0).err
    assert "dropped: the base holds it" in told


def test_discovered_words_stay_in_their_script(run_here, tmp_path):
    (tmp_path / "text.txt").write_text("我們在臺灣學習，臺灣的天氣好。\n" * 40, encoding="utf-8")
    done = run_here("discover", "text.txt", "--format", "jieba", "-q", code=0)
    assert "臺灣" in done.out.split() and "台湾" not in done.out
    run_here("ngrams", "text.txt", "-o", "c.nz", "-q", code=0)
    again = run_here(
        "discover", "text.txt", "--counts", "c.nz", "--method", "learned", "--format", "jieba",
        "-q", code=0,
    )  # fmt: skip
    assert again.out == done.out


def test_no_base_in_discovery(run_here, tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    done = run_here("discover", "text.txt", "--no-base", "--method", "cohesion", code=2)
    assert "--no-base belongs to --method learned" in done.err
    done = run_here("discover", "text.txt", "--no-base", "--model", "base", code=2)
    assert "the --model has learned already" in done.err
    alone = run_here("discover", "text.txt", "--no-base", "-q", code=0)
    found = nlpzero.discover_words(TEXT.splitlines())
    assert [line.split("\t")[0] for line in alone.out.splitlines()[1:]] == [w.word for w in found]
