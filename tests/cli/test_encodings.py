"""Encodings that are looked for, and those of word lists, which are not those of the text."""

import builtins
import sys

import pytest

SENTENCE = "我爱北京天安门，今天天气很好。\n"
TEXT = SENTENCE * 20


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "big5"])
def test_auto_finds_and_tells_it(run_here, tmp_path, encoding):
    text = "臺灣的天氣很好，我們學習語言。\n" * 20 if encoding == "big5" else TEXT
    (tmp_path / "text.txt").write_bytes(text.encode(encoding))
    options = ("segment", "-m", "base", "-e")
    named = run_here(*options, encoding, "text.txt", code=0)
    found = run_here(*options, "auto", "text.txt", code=0)
    assert found.raw == named.raw
    assert f"encoding: {encoding}, found in {len(text.encode(encoding)):,} bytes" in found.err
    piped = run_here(*options, "auto", input=text.encode(encoding), code=0)
    assert piped.raw == named.raw
    assert run_here(*options, "auto", "-q", "text.txt", code=0).err == ""


def test_auto_reads_folders_arguments_and_texts(run_here, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_bytes(TEXT.encode("gb18030"))
    assert "gb18030" in run_here("count", "-e", "auto", "more", code=0).err
    done = run_here("explain", "北京", "more/a.txt", "-e", "auto", "-q", code=0)
    assert "occurrences    20" in done.out
    done = run_here("segment", "-m", "base", "-q", "-e", "auto", "-t", SENTENCE.strip(), code=0)
    assert done.out.replace(" ", "") == SENTENCE
    assert run_here("count", "-e", "auto", "missing.txt", code=1).err.startswith("Error: missing")


def test_auto_says_what_it_needs_and_when_it_finds_nothing(run_here, tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_bytes(TEXT.encode("gb18030"))
    (tmp_path / "noise.txt").write_bytes(bytes(range(128, 256)) * 50)
    assert "name one" in run_here("count", "-e", "auto", "noise.txt", code=1).err
    real = builtins.__import__

    def without(name, *more):
        if name == "charset_normalizer":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "charset_normalizer", raising=False)
    done = run_here("count", "-e", "auto", "text.txt", code=1)
    assert "pip install 'nlpzero[encodings]'" in done.err


LISTS = [
    ("count", "-t", SENTENCE, "--stopwords"),
    ("count", "-t", SENTENCE, "--words"),
    ("count", "-t", SENTENCE, "--dictionary"),
    ("segment", "-t", SENTENCE, "-m", "base", "--words"),
    ("segment", "-t", SENTENCE, "--dictionary"),
    ("discover", "-t", SENTENCE, "--method", "cohesion", "--exclude"),
    ("discover", "-t", SENTENCE, "--method", "cohesion", "--stopwords"),
    ("templates", "-t", SENTENCE, "--stopwords"),
    ("compare", "cut.txt", "cut.txt", "--whitespace", "--stopwords"),
    ("diff", "cut.txt", "cut.txt", "--stopwords"),
    ("export", "cut.txt", "--format", "plain", "--stopwords"),
    ("rules", "cut.txt", "--stopwords"),
    ("evaluate", "cut.txt", "--known-words"),
]


@pytest.mark.parametrize("command", LISTS, ids=lambda c: f"{c[0]} {c[-1]}")
def test_a_list_has_an_encoding_of_its_own_and_its_error_names_it(run_here, tmp_path, command):
    (tmp_path / "gbk.txt").write_bytes("北京\n天安门\n".encode("gbk"))
    (tmp_path / "cut.txt").write_text("北京\n天安门\n", encoding="utf-8")
    refused = run_here(*command, "gbk.txt", code=1).err
    assert "gbk.txt" in refused
    assert "with --list-encoding" in refused
    assert "pass --encoding" not in refused
    run_here(*command, "gbk.txt", "--list-encoding", "gb18030", code=0)


def test_stop_words_are_left_out_everywhere(run_here, tmp_path):
    (tmp_path / "stop.txt").write_text("的\n", encoding="utf-8")
    (tmp_path / "old.tsv").write_text("的\t9\n天气\t1\n", encoding="utf-8")
    (tmp_path / "new.tsv").write_text("的\t7\n天气\t2\n", encoding="utf-8")
    stop = ("--stopwords", "stop.txt", "-q")
    out = run_here("diff", "old.tsv", "new.tsv", *stop, code=0).out
    assert [line.split("\t")[0] for line in out.splitlines()] == ["word", "天气"]
    assert run_here("export", "old.tsv", "-f", "plain", *stop, code=0).out == "天气\n"
    text = "我 的 书\n你 的 笔\n" * 6
    cut = ("templates", "-t", text, "--whitespace", "--trivial")
    assert "[X] 的 [X]" in run_here(*cut, "-q", code=0).out
    shown = run_here(*cut, *stop, code=0).out
    assert "的" not in [line.split("\t")[0] for line in shown.splitlines()]
    assert "[X] 的 [X]" not in shown.split("variants")[1].split("\t")
