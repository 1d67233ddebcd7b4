"""Shells complete commands, options, choices and names of files."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nlpzero_cli import main

PROGRAM = "import sys; sys.argv[0] = 'nlpzero'; import nlpzero_cli.__main__ as p; p.main()"


def complete(words: str, last: str, monkeypatch, capsys) -> list[tuple[str, str]]:
    """What the program answers to a shell: kinds and values."""
    monkeypatch.setenv("COMP_WORDS", f"{words} {last}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    monkeypatch.setenv("_NLPZERO_COMPLETE", "bash_complete")
    with pytest.raises(SystemExit):
        main.group.main([], prog_name="nlpzero")
    lines = capsys.readouterr().out.splitlines()
    return [(kind, value) for kind, _, value in (line.partition(",") for line in lines) if kind]


@pytest.mark.parametrize(
    ("words", "last", "wanted"),
    [
        ("nlpzero", "seg", [("plain", "segment")]),
        ("nlpzero help", "dis", [("plain", "discover")]),
        ("nlpzero count --format", "cs", [("plain", "csv"), ("plain", "csv-safe")]),
        ("nlpzero discover", "--min-l", [("plain", "--min-length")]),
        ("nlpzero segment", "no", [("file", "no")]),
        ("nlpzero segment --model", "n", [("file", "n")]),
        ("nlpzero segment -e", "gb", [("plain", "gb18030")]),
        ("nlpzero segment --checkpoint", "d", [("dir", "d")]),
        ("nlpzero discover --exclude", "d", [("file", "d")]),
        ("nlpzero compare", "a", [("file", "a")]),
        ("nlpzero explain 北京", "a", [("file", "a")]),
        ("nlpzero count x --top", "1", []),
    ],
)
def test_what_is_completed(words, last, wanted, monkeypatch, capsys):
    assert complete(words, last, monkeypatch, capsys) == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script(shell, monkeypatch, capsys):
    monkeypatch.setenv("_NLPZERO_COMPLETE", f"{shell}_source")
    if shell == "bash" and shutil.which("bash") is None:
        pytest.skip("click asks bash for its version")
    with pytest.raises(SystemExit) as ended:
        main.group.main([], prog_name="nlpzero")
    assert ended.value.code == 0
    script = capsys.readouterr().out
    assert f"{shell}_complete" in script
    assert "nlpzero" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(tmp_path: Path) -> None:
    program = tmp_path / "nlpzero"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{PROGRAM}" "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(_NLPZERO_COMPLETE=bash_source nlpzero)" 2>/dev/null\n'
        "COMP_WORDS=(nlpzero seg); COMP_CWORD=1; _nlpzero_completion nlpzero seg nlpzero\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "segment\n", done.stderr


# --- Ctrl-C while the program is loaded

AT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(10 ** 6):
                pass
sys.meta_path.insert(0, Finder())
from nlpzero_cli.__main__ import main
sys.argv = ["nlpzero", "count", "-t", "x"]
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "name", ["nlpzero_cli.start", "nlpzero_cli.signals", "click", "nlpzero_cli.count"]
)
def test_ctrl_c_while_modules_are_loaded(name):
    done = subprocess.run(
        [sys.executable, "-c", AT.format(name=name)],
        capture_output=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
