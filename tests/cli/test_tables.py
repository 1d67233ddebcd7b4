"""Tables on a terminal: aligned, no wider than it; pipes get the bytes they always got."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from nlpzero_cli import tables
from tests.cli.screen import Screen

POEM = "山有木兮木有枝，心悦君兮君不知。\n" * 3
WORDS = "山 有 木 兮 木 有 枝\n"


@pytest.fixture
def on_screen(run_here, monkeypatch, tmp_path):
    """Run a command and return what a terminal of some size shows."""
    (tmp_path / "poem.txt").write_text(POEM, encoding="utf-8")
    (tmp_path / "cut.txt").write_text(WORDS * 5, encoding="utf-8")
    (tmp_path / "baskets.csv").write_text("茶,糖\n茶,糖\n茶,盐\n盐,油\n", encoding="utf-8")
    (tmp_path / "old.tsv").write_text("山\t2\n木\t1\n", encoding="utf-8")

    def run(*args, size=(80, 24)):
        screen = Screen()
        monkeypatch.setenv("COLUMNS", str(size[0]))
        monkeypatch.setenv("LINES", str(size[1]))
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdout", screen)
            run_here(*args, "-q", code=0)
        return screen.getvalue().splitlines()

    return run


COMMANDS = [
    ("discover", "--method", "cohesion", "--min-pmi", "0,0,0", "poem.txt"),
    ("count", "--whitespace", "cut.txt"),
    ("count", "--whitespace", "--by", "file", "--document-frequency", "line", "cut.txt"),
    ("count", "--whitespace", "--by", "file", "--wide", "cut.txt", "poem.txt"),
    ("count", "--whitespace", "--by", "file", "--score", "keyness", "cut.txt", "poem.txt"),
    ("compare", "--whitespace", "cut.txt", "poem.txt"),
    ("diff", "old.tsv", "cut.txt"),
    ("templates", "--whitespace", "--min-count", "1", "cut.txt"),
    ("rules", "baskets.csv", "--min-support", "1", "--min-confidence", "0"),
    ("ngrams", "poem.txt", "--format", "tsv"),
    ("ngrams", "poem.txt"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_gets_a_table_and_a_pipe_gets_what_it_always_got(on_screen, run_here, command):
    wide = on_screen(*command, size=(100, 40))
    piped = run_here(*command, "-q", code=0).out.splitlines()
    if "--format" in command:  # who asks for a format gets it
        assert wide == piped
        return
    names = piped[0].split("\t")
    (rule,) = [n for n, line in enumerate(wide) if set(line) <= set("─ ")]
    header = " ".join(wide[:rule])
    for name in names[:2] if command[0] != "rules" else ["confidence", "support"]:
        assert name.partition("_")[0] in header
    rows = wide[rule + 1 :]
    shown = [row for row in rows if not row.startswith("…")]
    assert len(shown) == min(len(piped) - 1, 34)
    if command[0] != "rules":
        assert shown[0].split()[0] == piped[1].split("\t")[0].split()[0]
    small = on_screen(*command, size=(30, 5))
    assert max(map(wcswidth, small)) <= 30
    more = len(piped) - 1 - 10
    told = [line for line in small if "more: use" in line]
    assert told == ([f"… {more:,} more: use -o{_OR.get(command[0], '')}"] if more > 0 else [])


_OR = dict.fromkeys(("discover", "count", "compare", "templates"), " or --top")
_OR["rules"] = " or --max-rules"


def test_as_many_rows_as_are_asked_for(on_screen):
    lines = on_screen("count", "--whitespace", "cut.txt", "--top", "3", size=(80, 5))
    assert len(lines) == 5
    assert not lines[-1].startswith("…")


def test_nothing_found_is_a_header(on_screen, tmp_path):
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    for name in ("count", "discover"):
        lines = on_screen(name, "empty.txt")
        assert lines[-1].strip("─ ") == ""
        assert lines[0]


cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(alphabet="北京图书馆abcé，👨‍👩‍👧\t\n", max_size=40),
    st.lists(st.text(alphabet="山水ab", max_size=5), max_size=4),
)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 7).flatmap(
        lambda n: st.lists(st.lists(cells, min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    room=st.integers(20, 120),
)
def test_no_line_is_wider_than_the_terminal(rows, room):
    names = [f"column_{i}" if i % 2 else f"c{i}" for i in range(len(rows[0]))]
    lines, hidden = tables._lines(names, rows, room)
    assert len(lines) == len(rows) + 1 + tables.lines_of_header(names[: len(names)])
    assert all(tables.text_width(line) <= room for line in lines)
    rule = next(line for line in lines if line and set(line) <= set("─ "))
    shown = len(rule.split())
    assert list(hidden) == names[shown:]
    # all columns end where the rule does, or begin there
    assert all("\n" not in line and "\t" not in line for line in lines)
