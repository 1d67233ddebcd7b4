"""Runs that are killed and go on: the same bytes, and nothing finished is done again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

COMMANDS = {
    "ngrams": ["ngrams", "--order", "5"],
    "count": ["count", "--whitespace"],
    "cohesion": ["discover", "--method", "cohesion"],
    "segment": ["segment", "--dictionary", "list.txt"],
    "lm": ["train", "--method", "lm"],
    "learned": ["train", "--no-base", "--sample", "300K"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text of some megabytes, and a list of words."""
    path = tmp_path_factory.mktemp("long")
    random = np.random.default_rng(5)
    words = ["".join(chr(0x4E00 + c) for c in random.integers(0, 300, n)) for n in [1, 2, 3] * 100]
    lines = [" ".join(random.choice(words, 12)) + "。\n" for _ in range(40_000)]
    (path / "text.txt").write_text("".join(lines), "utf-8")
    (path / "list.txt").write_text("\n".join(words), "utf-8")
    return path


def start(folder: Path, command: str, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", *COMMANDS[command], "text.txt", "-j", "2", *more],
        cwd=folder,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def run(folder: Path, command: str, *more: str) -> tuple[int, str]:
    process = start(folder, command, *more)
    error = process.communicate(timeout=240)[1]
    return process.returncode, error.decode()


@pytest.mark.skipif(os.name == "nt", reason="processes are ended in another way there")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_run_goes_on_to_the_same_bytes(folder: Path, command: str) -> None:
    options = ["--checkpoint", f"keep-{command}", "-q"]
    assert run(folder, command, "-o", f"{command}.whole", "-q") == (0, "")
    process = start(folder, command, "-o", f"{command}.out", *options)
    kept = folder / f"keep-{command}"
    while not (done := sorted(kept.glob("*.done"))) and process.poll() is None:
        time.sleep(0.002)
    assert process.poll() is None, "it was finished before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (folder / f"{command}.out").exists()
    before = {path.name: path.stat().st_mtime_ns for path in kept.glob("*.done")}
    assert {path.name for path in done} <= set(before)

    # it goes on: what was finished is not written again
    process = start(folder, command, "-o", f"{command}.out", *options)
    again: dict[str, int] = {}
    while process.poll() is None:
        for name in before:
            try:
                again[name] = (kept / name).stat().st_mtime_ns
            except FileNotFoundError:  # done: the folder is emptied
                break
    assert process.communicate()[1].decode() == ""
    assert process.returncode == 0
    assert again == before
    whole = (folder / f"{command}.whole").read_bytes()
    assert (folder / f"{command}.out").read_bytes() == whole
    assert list(kept.iterdir()) == []


def test_another_text_or_other_options_are_refused(folder: Path) -> None:
    process = start(folder, "ngrams", "-o", "x.nz", "--checkpoint", "keep")
    kept = folder / "keep"
    while not list(kept.glob("*.done")) and process.poll() is None:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    code, error = run(folder, "ngrams", "--min-count", "2", "-o", "x.nz", "--checkpoint", "keep")
    assert code == 1
    assert "keep: was begun with min_count" in error
    code, error = run(folder, "count", "-o", "x.tsv", "--checkpoint", "keep")
    assert code == 1
    assert 'was begun with command "ngrams", now it is "count"' in error
    status = (folder / "text.txt").stat()
    os.utime(folder / "text.txt", ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    code, error = run(folder, "ngrams", "-o", "x.nz", "--checkpoint", "keep")
    assert code == 1
    assert "was begun with other text, or its files have changed since" in error
    assert not (folder / "x.nz").exists()


def test_a_folder_with_something_else_is_refused(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("x", "utf-8")
    code, error = run(folder, "count", "-o", "x.tsv", "--checkpoint", "mine")
    assert (code, "is not empty and holds no checkpoint" in error) == (1, True)
    assert (folder / "mine" / "thesis.txt").exists()


def test_standard_input_cannot_be_read_again(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nlpzero_cli", "count", "--checkpoint", "keep2", "-"],
        input="今天\n".encode(),
        capture_output=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 2
    assert b"--checkpoint needs files" in done.stderr
