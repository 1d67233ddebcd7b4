"""compare, diff and export when they are interrupted, when nobody reads on, and how they start."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMANDS = [
    ("compare", "--whitespace", "-", "list.tsv"),
    ("diff", "list.tsv", "-"),
    ("export", "-", "--format", "plain"),
]


@pytest.fixture(autouse=True)
def list_file(tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text("word\tcount\n猫\t5\n狗\t3\n", encoding="utf-8")


def program(*arguments: str, cwd: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
    )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_ctrl_c_while_it_waits_for_input(arguments: tuple[str, ...], tmp_path: Path) -> None:
    with program(*arguments, "-o", "out.txt", cwd=tmp_path) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write("猫 ".encode())
        process.stdin.flush()
        time.sleep(2)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=60)
        told = process.stderr.read()
    assert code == 130
    assert b"Traceback" not in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.tsv"]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_nobody_reads_the_result(arguments: tuple[str, ...], tmp_path: Path) -> None:
    words = "\n".join(f"词{i}" for i in range(50_000)) + "\n"
    (tmp_path / "many.txt").write_text(words, encoding="utf-8")
    arguments = tuple("many.txt" if part == "-" else part for part in arguments)
    with program(*arguments, cwd=tmp_path) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stderr is not None
        process.stdin.close()
        process.stdout.read(10)
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(timeout=60) == 0
    assert b"Traceback" not in told and b"Error" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "list.tsv", "list.tsv"),
        ("diff", "list.tsv", "list.tsv"),
        ("export", "list.tsv", "--format", "jieba"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_lists_need_no_compiler(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom nlpzero_cli.main import run\n"
        f"assert run({list(arguments)!r}) == 0\n"
        "assert 'numba' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
