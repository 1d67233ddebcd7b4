"""The line of progress: it fits the terminal, is honest about the time, and not in pipes."""

import io
import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero_cli import progress
from nlpzero_cli.progress import Moment, line_of, seconds_left
from tests.cli.screen import Screen, run_on_terminal

STORY = "山有木兮木有枝，心悦君兮君不知。\n今夕何夕兮，搴舟中流。\n" * 40

moments = st.builds(
    Moment,
    st.sampled_from(["read", "learn", "count", "evidence", "segment"]),
    st.integers(0, 10**12),
    st.none() | st.integers(0, 10**12),
    st.sampled_from(["bytes", "rounds", "itemsets"]),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)


@settings(max_examples=200, deadline=None)
@given(moments, st.integers(19, 200))
def test_the_line_fits(now, width):
    line = line_of(now, width)
    assert len(line) <= width
    assert line.isascii()
    assert line.startswith(now.stage)
    assert "\n" not in line


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80])
def test_what_matters_is_there_in_narrow_terminals(width):
    line = line_of(Moment("learn", 3, 7, "rounds", 8.0, 0.0), width)
    assert "learn" in line
    assert ("round 3 of 7" in line) or width < 30
    assert "43%" in line
    assert ("0:11 left" in line) == (width >= 40)
    assert ("[" in line) == (width >= 60)


@pytest.mark.parametrize(
    ("told", "total"),
    [
        # seconds at which rounds were told: learning anew from 1.5 MB, adapting the base to 5.8 MB
        ([0.0, 1.54, 2.69, 4.24, 5.40, 6.45, 7.46, 8.58], 7),
        ([0.0, 7.08, 11.17, 15.03], 3),
        ([0.0, 1.0, 2.0, 3.0, 4.0], 4),
    ],
)
def test_the_time_left_is_within_a_factor_of_two_at_half_time(told, total):
    half = told[-1] / 2
    done = max(n for n, at in enumerate(told) if at <= half)
    if not done:  # nothing is known before the first round has ended
        done, half = 1, told[1]
    left = seconds_left(Moment("learn", done, total, "rounds", half, half - told[done]))
    assert 0.5 <= left / (told[-1] - half) <= 2


def test_time_goes_down_within_a_round_and_never_below_nothing():
    waited = [seconds_left(Moment("learn", 2, 4, "rounds", 4.0 + w, w)) for w in range(9)]
    assert waited[:4] == [4.0, 3.0, 2.0, 1.0]
    assert all(left > 0 for left in waited)
    assert seconds_left(Moment("learn", 4, 4, "rounds", 4.0, 0.0)) == 0
    assert seconds_left(Moment("count", 5, None, "bytes", 4.0, 0.0)) is None


def test_preparing_is_not_taken_for_a_round(monkeypatch):
    times = itertools.chain([0.0, 5.0], itertools.count(6.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(times))
    monkeypatch.setattr(progress, "_OFTEN", 0)
    screen = Screen()
    line = progress._Line(screen)
    for done in (0, 0, 1):
        line.tell(nlpzero.Progress("learn", done, 3, "rounds"))
    line.end()
    last = screen.getvalue().rstrip().rsplit("\r", 1)[1]
    (left,) = re.findall(r"0:(\d\d) left", last)
    assert int(left) <= 6


def test_notes_take_the_line_away_and_nothing_is_drawn_when_the_result_is(monkeypatch):
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress.progress() as tell:
        tell(nlpzero.Progress("count", 1, 4))
        progress.note("so far so good")
        tell(nlpzero.Progress("cut", 1, 4))
        progress.stop()
        before = screen.getvalue()
        tell(nlpzero.Progress("cut", 2, 4))
        assert screen.getvalue() == before
    assert re.search(r"\r +\rso far so good\n", screen.getvalue())
    assert re.search(r"\r +\r+$", screen.getvalue())
    assert progress._lines == []


@pytest.mark.parametrize(("stream", "term"), [(Screen, "dumb"), (io.StringIO, "xterm")])
def test_no_line_where_it_cannot_be_seen(monkeypatch, stream, term):
    monkeypatch.setattr("sys.stderr", stream())
    monkeypatch.setenv("TERM", term)
    with progress.progress() as tell:
        assert tell is None


def test_rounds_are_told_on_request_only(run_here, tmp_path):
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    quiet = run_here("discover", "story.txt", code=0)
    assert "round" not in quiet.err
    told = run_here("discover", "story.txt", "-v", code=0)
    assert told.out == quiet.out
    assert len(re.findall(r"^round \d of 3: [\d,]+ words?", told.err, re.MULTILINE)) >= 3
    for name in ("discover", "segment"):
        empty = run_here(name, input=b"", code=0)
        assert "round" not in empty.err
        assert "nats" not in empty.err


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_on_a_real_terminal(tmp_path, term):
    (tmp_path / "story.txt").write_text(STORY, encoding="utf-8")
    env = {"TERM": term, "NO_COLOR": "1"}
    command = ("discover", "story.txt", "--top", "2")
    code, shown = run_on_terminal(*command, size=(40, 12), cwd=tmp_path, env=env)
    assert code == 0
    drawn = re.findall(r"\r([^\r\n]+)", shown)
    if term == "dumb":
        assert "\x1b" not in shown
        assert "\r" not in shown
    else:
        assert any(line.startswith("learn") for line in drawn)
        lines = [line for line in drawn if not line.startswith("read story")]
        assert max(map(len, lines)) < 40
    assert "\x1b[3" not in shown  # no colours
    assert "learned: min_count" in shown
    assert any(line.startswith("word") for line in shown.splitlines())
