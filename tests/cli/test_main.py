"""What all commands share: help, exit codes, errors as one line, pipes, interrupts, options, output
formats.
"""

import csv
import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

# A command line with one more command, `fake`, whose body is the Python text given first on the
# command line.
HARNESS = """
import sys, types
import click
import nlpzero_cli.main as main
import nlpzero_cli.start as start
from nlpzero_cli import formats, options, progress

body = sys.argv.pop(1)

@click.command()
@options.reading()
@options.working()
@options.writing()
@options.format_()
def fake(inputs, encoding, errors, field, jobs, memory, tmpdir, output, quiet, format):
    exec(body, globals(), locals())

module = types.ModuleType("nlpzero_cli.fake")
module.fake = fake
sys.modules[module.__name__] = module
main.COMMANDS["fake"] = ("fake", "fake", "Does what it is told.")
if __name__ == "__main__":
    start.main()
"""

WRITE = """
formats.write_table(output, format, ["word", "count", "score", "more"], [
    ["词语", 3, 1 / 3, None],
    ["a\\tb\\\\", 2, float("inf"), ["x", 1]],
    ['say "x, y"', True, -0.0, float("nan")],
])
"""


@pytest.fixture
def fake(tmp_path):
    """Run the command `fake` with a body and arguments."""

    def run(body, *args, input=b"", **more):
        done = subprocess.run(
            [sys.executable, "-c", HARNESS, body, *map(str, args)],
            input=input,
            capture_output=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
            **more,
        )
        return done.returncode, done.stdout, done.stderr.decode("utf-8")

    return run


def test_help_and_version(run_cli):
    import nlpzero

    for option in ("--help", "-h"):
        result = run_cli(option, code=0)
        assert "Usage: nlpzero" in result.out
        assert result.err == ""
    assert run_cli("--version", code=0).out == f"nlpzero, version {nlpzero.__version__}\n"


def test_every_listed_command_exists_and_has_help_with_an_example(run_here):
    from nlpzero_cli.main import COMMANDS

    overview = run_here("--help", code=0).out
    for name, (_, _, line) in COMMANDS.items():
        assert f"  {name} " in overview
        assert len(line) <= 70
        text = run_here(name, "--help", code=0).out
        assert f"Usage: nlpzero {name}" in text
        assert f"\n    nlpzero {name}" in text, f"{name} --help shows no example"


def test_misuse_is_exit_2_and_names_the_mistake(run_cli, fake):
    result = run_cli("no-such-command")
    assert (result.code, result.out) == (2, "")
    assert "no-such-command" in result.err
    assert run_cli("--no-such-option").code == 2
    for args, word in [
        (["--jobs", "0"], "--jobs"),
        (["--memory", "lots"], "lots"),
        (["--memory", "1K"], "at least 16 MB"),
        (["--tmpdir", "nowhere"], "nowhere"),
        (["--errors", "maybe"], "maybe"),
        (["-o", "nowhere/out.tsv"], "nowhere"),
        (["-o", "."], "is a folder"),
    ]:
        code, out, err = fake("", "fake", *args)
        assert (code, out) == (2, b""), args
        assert word in err
        assert "Traceback" not in err


def test_no_input_at_a_terminal_is_misuse_not_a_silent_wait(tmp_path):
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", HARNESS, "", "fake"],
            stdin=follower,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(leader)
        os.close(follower)
    assert done.returncode == 2
    assert b"No input" in done.stderr


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        (
            "import nlpzero; raise nlpzero.CorpusError('a.txt: byte 3: bad')",
            1,
            "Error: a.txt: byte 3: bad",
        ),
        ("raise MemoryError", 1, "--memory"),
        (
            "import errno; raise OSError(errno.ENOSPC, 'No space', '/disk/x')",
            1,
            "disk is full while writing /disk/x",
        ),
        ("open('missing/file')", 1, "missing/file: No such file"),
        ("raise KeyboardInterrupt", 130, ""),
        ("raise BrokenPipeError", 0, ""),
        ("click.get_current_context().exit(3)", 3, ""),
    ],
)  # fmt: skip
def test_errors_are_one_line_and_an_exit_code(fake, body, code, words):
    got, out, err = fake(body, "fake")
    assert (got, out) == (code, b"")
    assert words in err
    assert len(err.splitlines()) == (1 if words else 0)


def test_a_programming_error_is_not_dressed_up(fake):
    code, _, err = fake("1 / 0", "fake")
    assert code == 1
    assert "ZeroDivisionError" in err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_commands_clean_up(tmp_path, number, code):
    body = """
import time
with formats.open_output(output) as file:
    file.write("half")
    print("ready", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, body, "fake", "-o", "out.tsv"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert b"Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_closed_pipe_ends_quietly(tmp_path):
    body = "formats.write_table(None, 'tsv', ['n'], ([i] for i in range(10**7)))"
    with subprocess.Popen(
        [sys.executable, "-c", HARNESS, body, "fake"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    ) as process:
        assert process.stdout.readline() == b"n\n"
        process.stdout.close()
        started = time.monotonic()
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - started < 30
        assert process.stderr.read() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(tmp_path):
    for args in (["-o", "/dev/full"], []):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [sys.executable, "-c", HARNESS, WRITE, "fake", *args],
                input=b"",
                stdout=full,
                stderr=subprocess.PIPE,
                cwd=tmp_path,
                check=False,
            )
        assert done.returncode == 1
        assert b"disk is full" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_output_is_utf_8_whatever_the_locale(fake):
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    code, out, err = fake(r"print('\u8bcd\u8bed'); progress.note('\u8bf4\u660e')", "fake", env=env)
    assert (code, out, err) == (0, "词语\n".encode(), "说明\n")
    assert fake("progress.note('说明', quiet=quiet)", "fake", "-q")[2] == ""


def test_tsv(fake):
    _, out, _ = fake(WRITE, "fake")
    assert out.decode("utf-8").splitlines() == [
        "word\tcount\tscore\tmore",
        "词语\t3\t0.333333\t",
        "a\\tb\\\\\t2\tinf\tx 1",
        'say "x, y"\tTrue\t0\tnan',
    ]


def test_csv_has_a_mark_for_spreadsheets_and_reads_back(fake, tmp_path):
    code, out, _ = fake(WRITE, "fake", "--format", "csv", "-o", "out.csv")
    assert (code, out) == (0, b"")
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert rows[1] == ["词语", "3", "0.333333", ""]
    assert rows[2][0] == "a\tb\\"
    assert rows[3][0] == 'say "x, y"'
    # to standard output the bytes are the same
    assert fake(WRITE, "fake", "--format", "csv")[1] == data


def test_jsonl_is_json(fake):
    _, out, _ = fake(WRITE, "fake", "--format", "jsonl")
    assert [json.loads(line) for line in out.decode("utf-8").splitlines()] == [
        {"word": "词语", "count": 3, "score": 0.333333, "more": None},
        {"word": "a\tb\\", "count": 2, "score": None, "more": ["x", 1]},
        {"word": 'say "x, y"', "count": True, "score": 0, "more": None},
    ]


def test_output_replaces_a_file_only_when_complete(fake, tmp_path):
    path = tmp_path / "out.tsv"
    path.write_text("old")
    body = """
def rows():
    import nlpzero
    yield ["词", 1]
    raise nlpzero.CorpusError("gone")
formats.write_table(output, format, ["word", "count"], rows())
"""
    code, _, err = fake(body, "fake", "-o", path)
    assert (code, err) == (1, "Error: gone\n")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_sizes():
    from nlpzero_cli.options import Size, format_size

    size = Size()
    for text, value in [
        ("1", 1),
        ("2k", 2048),
        ("1.5G", 3 << 29),
        ("64MiB", 64 << 20),
        ("3MB", 3 << 20),
    ]:
        assert size.convert(text, None, None) == value
    assert format_size(1023) == "1023 B"
    assert format_size(3 << 29) == "1.5 GB"


def test_standard_input_is_the_default_and_is_spooled_for_two_readings(fake, tmp_path):
    body = """
with options.open_corpus(inputs, encoding, errors, field, again=True, tmpdir=tmpdir) as corpus:
    for _ in range(2):
        print(list(corpus.lines()))
"""
    text = "天气\n公园".encode("gb18030")
    code, out, err = fake(body, "fake", "--encoding", "gb18030", "--tmpdir", ".", input=text)
    assert (code, err) == (0, "")
    assert out.decode("utf-8") == "['天气', '公园']\n" * 2
    assert list(tmp_path.iterdir()) == []
    once = body.replace("again=True", "again=False")
    code, _, err = fake(once, "fake", "-", input=b"x")
    assert code == 1
    assert "only once" in err


def test_reading_options_reach_the_corpus(fake, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "天气"}\n{"text": "公园"}\n', encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes("天气".encode() + b"\xff\n")
    body = """
import nlpzero
report = nlpzero.ReadReport()
with options.open_corpus(inputs, encoding, errors, field, quiet=quiet) as corpus:
    print(list(corpus.lines(report=report)))
    options.note_reading(corpus, report, quiet=quiet)
"""
    code, out, err = fake(body, "fake", "a.jsonl", "--field", "text")
    assert (code, out.decode("utf-8")) == (0, "['天气', '公园']\n")
    assert "read a.jsonl: 38 B" in err
    assert "--field NAME" in fake(body, "fake", "a.jsonl")[2]
    code, out, err = fake(body, "fake", "bad.txt")
    assert code == 1
    assert err == (
        "Error: bad.txt: byte 6: not valid UTF-8; pass --encoding gb18030 or --errors replace\n"
    )
    code, out, err = fake(body, "fake", "bad.txt", "--errors", "replace")
    assert out.decode("utf-8") == "['天气\ufffd']\n"
    assert "bytes not valid in UTF-8: 1, replaced" in err
    assert fake(body, "fake", "bad.txt", "--errors", "ignore", "-q")[2] == ""
    code, _, err = fake(body, "fake", "missing.txt", input=b"never read")
    assert (code, err) == (1, "Error: missing.txt: no such file or folder\n")
    code, _, err = fake(body, "fake", "bad.txt", "--encoding", "utf-99")
    assert code == 2
    assert "utf-99" in err


def test_progress_is_drawn_on_a_terminal_only(fake):
    body = """
import nlpzero

with progress.progress() as tell:
    if tell is not None:
        tell(nlpzero.Progress("reading", 60, 100))
"""
    assert fake(body, "fake") == (0, b"", "")
    pty = pytest.importorskip("pty")
    import fcntl
    import select
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    shown = b""
    try:
        with subprocess.Popen(
            [sys.executable, "-c", HARNESS, body, "fake"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=follower,
        ) as process:
            while b"reading" not in shown and select.select([leader], [], [], 30)[0]:
                shown += os.read(leader, 1000)
            out, _ = process.communicate(timeout=30)
    finally:
        os.close(leader)
        os.close(follower)
    assert (process.returncode, out) == (0, b"")
    assert b"reading" in shown
