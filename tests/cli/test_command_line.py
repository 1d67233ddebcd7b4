"""What people type: short options, a text itself, mistyped commands, defaults from the environment,
and help that is in groups.
"""

import json
import re

import click
import pytest

from nlpzero_cli import main
from nlpzero_cli.command import _GROUPS, Command, group_of

SENTENCE = "我爱北京天安门"
NAMES = sorted(main.COMMANDS)


def command(name):
    return main.group.get_command(click.Context(main.group), name)


# --- help


@pytest.mark.parametrize("name", NAMES)
def test_help_begins_with_examples_and_has_groups_in_order(run_here, name):
    assert isinstance(command(name), Command)
    text = run_here(name, "--help", code=0).out
    paragraphs = text.split("\n\n")
    assert paragraphs[2].startswith(("  Example:", "  Examples:"))
    heads = re.findall(r"^([A-Z][\w -]*):$", text, re.MULTILINE)
    known = [head for head in heads if head in _GROUPS]
    assert known == [head for head in _GROUPS if head in heads]
    assert "Options" not in heads
    # every option is told once
    text = text[text.index(f"\n{known[0]}:\n") :]
    for param in command(name).params:
        if isinstance(param, click.Option) and not param.hidden:
            told = rf"^  (-\w, )?{param.opts[-1]}(?![-\w])"
            assert len(re.findall(told, text, re.MULTILINE)) == 1, param.name


def test_options_of_a_method_stand_under_it(run_here):
    text = run_here("discover", "--help", code=0).out
    _, cohesion = text.split("\nMethod cohesion:\n")
    assert "--min-pmi" in cohesion.split("\n\n")[0]
    assert "^16" not in text  # formulas are in the docs
    assert [line for line in text.splitlines() if line.startswith("  -n, --top N")]


def test_help_promises_csv_only_where_it_is(run_here):
    for name in NAMES:
        formats = [p for p in command(name).params if p.name in ("format", "format_")]
        choices = formats[0].type.choices if formats else ()
        words = run_here(name, "--help", code=0).out.split("Examples:")[-1]
        assert ("byte order mark, for" in " ".join(words.split())) <= ("csv" in choices), name


def test_most_options_have_a_place():
    """Those that are not known are of the method: no other command may depend on that."""
    for name in ("segment", "count", "compare", "select", "explain"):
        options = [param for param in command(name).params if isinstance(param, click.Option)]
        unknown = [p.name for p in options if group_of(p)[0] == "Method" and not p.hidden]
        assert set(unknown) <= set(_GROUPS["Method"])


def test_short_options_mean_the_same_everywhere():
    meant = {}
    for name in NAMES:
        for param in command(name).params:
            for short in param.opts:
                if len(short) == 2 and short.startswith("-"):
                    meant.setdefault(short, set()).add(max(param.opts, key=len))
    assert meant == {
        "-e": {"--encoding"},
        "-f": {"--format"},
        "-j": {"--jobs"},
        "-m": {"--model"},
        "-n": {"--top"},
        "-o": {"--output"},
        "-q": {"--quiet"},
        "-t": {"--text"},
        "-v": {"--verbose"},
    }
    # and who has the long one has the short one
    for name in NAMES:
        for param in command(name).params:
            for short, (long,) in meant.items():
                # `rules --text` is a flag: sentences are transactions
                if long in param.opts and (name, long) != ("rules", "--text"):
                    assert short in param.opts, (name, long)


# --- commands


def test_help_and_version_are_commands(run_here):
    assert run_here("help", code=0).out == run_here("--help", code=0).out
    assert run_here("help", "segment", code=0).out == run_here("segment", "--help", code=0).out
    assert run_here("version", code=0).out == run_here("-V", code=0).out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("seg", "Did you mean segment?"),
        ("dicover", "Did you mean discover?"),
        ("Evaluate", "Did you mean evaluate?"),
        ("co", "Did you mean count or compare?"),
        ("xyzzy", "`nlpzero help` lists"),
    ],
)
def test_a_mistyped_command(run_here, typed, meant):
    for line in ((typed,), ("help", typed)):
        done = run_here(*line, code=2)
        assert f"No such command {typed!r}. {meant}" in done.err
        assert done.out == ""


# --- a text itself


def test_a_text_is_read_as_if_it_were_piped(run_here):
    piped = run_here("segment", "-q", "-m", "base", input=f"{SENTENCE}\n".encode(), code=0)
    for option in ("-t", "--text"):
        assert run_here("segment", "-q", "-m", "base", option, SENTENCE, code=0).out == piped.out
    out = run_here("count", "-q", "-t", SENTENCE, "-n", 1, "-f", "jsonl", code=0).out
    assert json.loads(out)["count"] == 1
    assert run_here("explain", "北京", "-t", SENTENCE, code=0).out.startswith("北京: ")
    assert run_here("discover", "-q", "-t", SENTENCE, code=0).out.startswith("word\t")
    gb = run_here("segment", "-q", "-m", "base", "-t", SENTENCE, "-e", "gb18030", code=0)
    assert gb.raw.decode("gb18030") == piped.out


def test_a_text_and_files_exclude_each_other(run_here, tmp_path):
    (tmp_path / "x.txt").write_text("北京", encoding="utf-8")
    for name in ("segment", "discover", "ngrams", "explain"):
        words = ("北京",) if name == "explain" else ()
        done = run_here(name, *words, "x.txt", "-t", SENTENCE, code=2)
        assert "Give INPUT or --text TEXT, not both." in done.err
    assert (
        "cannot be written in ASCII"
        in run_here("segment", "-m", "base", "-t", SENTENCE, "-e", "ascii", code=2).err
    )


def test_a_text_in_the_place_of_a_file_is_answered_with_what_to_do(run_here):
    said = run_here("segment", SENTENCE, code=1).err
    assert said == (
        f"Error: {SENTENCE}: no such file or folder; for a text itself: nlpzero segment -t "
        f"'{SENTENCE}'\n"
    )
    assert "from standard input" in run_here("rules", SENTENCE, code=1).err
    assert run_here("count", "missing.txt", code=1).err.count(";") == 0


# --- defaults from the environment


def test_a_model_of_the_environment(run_here, monkeypatch, tmp_path):
    (tmp_path / "words.txt").write_text("爱北 3\n", encoding="utf-8")
    (tmp_path / "cut.txt").write_text("我 爱 北京\n", encoding="utf-8")
    monkeypatch.setenv("NLPZERO_MODEL", "missing.nz")
    text = ("-t", SENTENCE)
    assert "missing.nz" in run_here("segment", *text, code=1).err
    assert "missing.nz" in run_here("count", *text, code=1).err
    # what says how to cut goes before it
    assert "爱北" in run_here("segment", *text, "--dictionary", "words.txt", code=0).out
    assert "爱北" in run_here("count", *text, "--dictionary", "words.txt", code=0).out
    run_here("count", "cut.txt", "--whitespace", code=0)
    run_here("evaluate", "cut.txt", "cut.txt", code=0)
    run_here("discover", *text, "--method", "cohesion", code=0)
    run_here("rules", "cut.txt", code=0)
    assert "missing.nz" in run_here("evaluate", "cut.txt", code=1).err
    run_here("segment", *text, "--model", "base", code=0)
    monkeypatch.setenv("NLPZERO_MODEL", "base")
    assert "NLPZERO_MODEL" in run_here("count", *text, code=0).err


def test_jobs_and_memory_of_the_environment(run_here, monkeypatch):
    monkeypatch.setenv("NLPZERO_JOBS", "many")
    done = run_here("count", "-t", SENTENCE, code=2)
    assert "NLPZERO_JOBS" in done.err
    assert "many" in done.err
    assert run_here("count", "-j", 1, "-t", SENTENCE, code=0).err
    monkeypatch.setenv("NLPZERO_JOBS", "1")
    monkeypatch.setenv("NLPZERO_MEMORY", "1K")
    assert "at least 16 MB" in run_here("count", "-t", SENTENCE, code=2).err
    for variable in ("NLPZERO_JOBS", "NLPZERO_MEMORY", "NLPZERO_MODEL"):
        assert variable in run_here("count", "--help", code=0).out
