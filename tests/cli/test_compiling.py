"""What is said while loops are compiled; `warmup`; and `demo`."""

import inspect
import io
import logging
import re
import sys
import time
from importlib import import_module

import pytest

from nlpzero.engine import compiling_ahead
from nlpzero.engine.compiling import read_type, written_type
from nlpzero.engine.jit import Kernel
from nlpzero_cli import compiling, demo

LINE = "compiling, once; about 10 s"
LOG = logging.getLogger("nlpzero.engine.compiling")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def started(monkeypatch):
    """Jobs that a second process was started for."""
    jobs = []
    monkeypatch.setattr(compiling, "start_beside", jobs.append)
    return jobs


def compile_two(seconds=0.0):
    for name in ("one", "two"):
        LOG.info("compiling %s", name)
        time.sleep(seconds)
        LOG.info("done with %s", name)


def test_one_line_says_that_loops_are_compiled(capsys, started):
    with compiling.told():
        compile_two()
    compile_two()  # nobody listens
    assert capsys.readouterr() == ("", f"{LINE}\n")
    assert started == [""]
    with compiling.told(quiet=True):
        compile_two()
    with compiling.told():
        pass
    assert capsys.readouterr() == ("", "")
    assert LOG.handlers == []


def test_on_a_terminal_it_moves_and_goes(monkeypatch, started):
    monkeypatch.setattr(compiling, "_SECONDS", 0.01)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    with compiling.told():
        compile_two(0.1)
        time.sleep(0.1)
        shown = sys.stderr.getvalue()
    clear = "\r\x1b[K"
    assert f"{clear}{LINE} |{clear}{LINE} /" in shown
    assert shown.endswith(clear)


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_plain_terminal_has_the_line_alone(monkeypatch, started, name, value):
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", Terminal())
    with compiling.told():
        compile_two()
    assert sys.stderr.getvalue() == f"{LINE}\n"


def test_the_list_names_loops_and_their_types():
    """Not all: the list may be older than the loops, and is only less worth then."""
    entries = [entry for job in compiling_ahead.recorded_jobs().values() for entry in job]
    fit = 0
    for name, written in entries:
        module, _, attribute = name.partition(":")
        kernel = getattr(import_module(module), attribute, None)
        types = [read_type(kind) for kind in written]
        assert [written_type(kind) for kind in types] == written
        if isinstance(kernel, Kernel):
            fit += len(inspect.signature(kernel.py_func).parameters) == len(written)
    assert len(entries) > 80
    assert fit > 0.8 * len(entries), "benchmarks/make_kernel_list.py makes it anew"


def test_warmup_says_what_it_did(run_here, monkeypatch):
    name = "nlpzero.engine.hash_tables:mix64"
    jobs = {"one": [[name, ["uint64"]]], "two": [[name, ["uint64"]]]}
    monkeypatch.setattr(compiling_ahead, "recorded_jobs", lambda: jobs)
    first = run_here("warmup", "--jobs", 1, code=0)
    assert re.search(
        r"(1 loop|0 loops) compiled in \d+\.\d s; [01] were there before\n$", first.err
    )
    again = run_here("warmup", "--jobs", 1, code=0)
    assert re.search(r"\n0 loops compiled in \d+\.\d s; 1 were there before\n$", again.err)
    assert first.out == again.out == ""


def test_demo_prints_commands_and_what_they_give(run_here, monkeypatch):
    monkeypatch.setattr(demo, "TOUR", demo.TOUR[:2])
    out = run_here("demo", code=0).out
    assert "| nlpzero segment\n我 爱 北京 天安门 ， 5G 手机 的 C++17 文档 很好 。\n" in out
    assert "$ nlpzero rules transactions.csv" in out
    assert re.search(r"\n… \d+ more lines\n", out)


def test_every_command_of_the_demo_knows_its_files():
    for _, command, _, _ in demo.TOUR:
        for word in command.split():
            if word.endswith((".txt", ".csv")):
                assert (demo.samples() / word).is_file()
