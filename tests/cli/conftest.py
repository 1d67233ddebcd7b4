"""Commands are tested as users run them: as processes, through bytes and exit codes."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code and what it wrote."""

    code: int
    raw: bytes  # standard output
    raw_err: bytes

    @property
    def out(self) -> str:
        return self.raw.decode("utf-8")

    @property
    def err(self) -> str:
        return self.raw_err.decode("utf-8")


RunCli = Callable[..., Result]


def _told(raw: bytes) -> bytes:
    """Without the line that a first use of a command has; `test_compiling.py` looks at that."""
    return raw.replace(b"compiling, once; about 10 s\n", b"")


@pytest.fixture
def run_cli(tmp_path: Path) -> RunCli:
    """``run_cli("discover", path, "--top", 5, input=b"...", env={...}, cwd=...)`` ->
    :class:`Result`.

    Arguments are turned into text. The working directory is the test's own temporary folder.
    Standard input is empty unless given. ``code=0`` makes any other exit code fail the test and
    show what was said.
    """

    def run(
        *args: object,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path = tmp_path,
        code: int | None = None,
        timeout: float = 120,
    ) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "nlpzero_cli", *map(str, args)],
            input=input,
            capture_output=True,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
            check=False,
        )
        result = Result(done.returncode, done.stdout, _told(done.stderr))
        if code is not None:
            assert result.code == code, f"exit code {result.code}, standard error:\n{result.err}"
        return result

    return run


@pytest.fixture
def run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> RunCli:
    """As :func:`run_cli`, but inside this process: for the many variants of what was tested as a
    process once.
    """
    from nlpzero_cli.main import run

    def start(*args: object, input: bytes = b"", code: int | None = None) -> Result:
        monkeypatch.chdir(tmp_path)
        path = tmp_path / ".standard-input"
        path.write_bytes(input)
        capfdbinary.readouterr()
        with open(path, encoding="utf-8") as file:
            monkeypatch.setattr(sys, "stdin", file)
            done = run([str(arg) for arg in args])
        path.unlink()
        out, err = capfdbinary.readouterr()
        result = Result(done, out, _told(err))
        if code is not None:
            assert result.code == code, f"exit code {result.code}, standard error:\n{result.err}"
        return result

    return start
