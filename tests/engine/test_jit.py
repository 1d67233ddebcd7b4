"""Compiled code: kept in the user's cache folder, and never older than what it was made from."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nlpzero
from nlpzero.engine.compiling import code_digest

CALLEE = """
from nlpzero.engine.jit import kernel

STEP = {step}

@kernel
def inner(x):
    return {inner}
"""

CALLER = """
from callee import STEP, inner
from nlpzero.engine.jit import kernel

@kernel
def outer(x):
    return inner(x) + STEP
"""

RUN = """
import logging, sys

told = []
log = logging.getLogger("nlpzero.engine.compiling")
log.setLevel(logging.INFO)
handler = logging.Handler()
handler.emit = lambda record: told.append(record.getMessage().split()[0])
log.addHandler(handler)

from caller import outer

print(outer(10))
hits = sum(outer.compiled().stats.cache_hits.values())
assert told == ([] if hits else ["compiling", "done"]), told
print(hits)
"""

compiled = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"
)


def run(folder: Path, script: str = RUN, **environment: str) -> list[str]:
    variables = {**os.environ, "PYTHONPATH": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={name: value for name, value in variables.items() if value},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.split()


def write(folder: Path, inner: str, step: int) -> None:
    (folder / "callee.py").write_text(CALLEE.format(inner=inner, step=step), "utf-8")
    (folder / "caller.py").write_text(CALLER, "utf-8")


@compiled
def test_a_caller_notices_its_callee(tmp_path):
    cache = tmp_path / "cache"
    write(tmp_path, "2 * x", 1)
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["21", "0"]
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["21", "1"]
    before = sorted(cache.rglob("caller.outer-*"))
    write(tmp_path, "3 * x", 1)  # caller.py is as it was
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["31", "0"]
    write(tmp_path, "3 * x", 2)  # a constant of the other file
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["32", "0"]
    after = sorted(cache.rglob("caller.outer-*"))
    assert len(before) == len(after) == 2, "an index and its data"
    assert not set(before) & set(after), "what was compiled from older code is gone"


@compiled
@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_compiled_anew(tmp_path, damage):
    cache = tmp_path / "cache"
    write(tmp_path, "2 * x", 1)
    run(tmp_path, NUMBA_CACHE_DIR=str(cache))
    for path in cache.rglob("*.nb[ci]"):
        path.write_bytes(path.read_bytes()[:-7] if damage is None else damage)
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["21", "0"]
    assert run(tmp_path, NUMBA_CACHE_DIR=str(cache)) == ["21", "1"]


@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="where the folders are differs")
def test_the_user_s_cache_folder_comes_first(tmp_path):
    write(tmp_path, "2 * x", 1)
    home = tmp_path / "home"
    home.mkdir()
    run(tmp_path, HOME=str(home), NUMBA_CACHE_DIR="", XDG_CACHE_HOME="")
    assert list(home.glob(".cache/nlpzero/kernels/*/caller.outer-*.nbc"))


@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="where the folders are differs")
@pytest.mark.parametrize("home", ["", "/nonexistent/home"])
def test_without_a_home_the_temporary_folder_serves(tmp_path, home):
    write(tmp_path, "2 * x", 1)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")  # even the administrator cannot make a folder below a file
    # without HOME the folder is asked of the list of users, so that the cache is named too
    variables = {"HOME": home, "XDG_CACHE_HOME": str(blocked), "NUMBA_CACHE_DIR": ""}
    assert run(tmp_path, TMPDIR=str(scratch), **variables) == ["21", "0"]
    assert run(tmp_path, TMPDIR=str(scratch), **variables) == ["21", "1"]
    assert list(scratch.glob("nlpzero-*/*/caller.outer-*.nbc"))


@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="owners of files")
def test_a_folder_of_others_is_not_read(tmp_path):
    write(tmp_path, "2 * x", 1)
    scratch = tmp_path / "scratch"
    open_to_all = scratch / f"nlpzero-{os.getuid()}"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    (tmp_path / "file").write_bytes(b"")
    variables = {"XDG_CACHE_HOME": str(tmp_path / "file"), "NUMBA_CACHE_DIR": ""}
    assert run(tmp_path, TMPDIR=str(scratch), **variables) == ["21", "0"]
    assert run(tmp_path, TMPDIR=str(scratch), **variables) == ["21", "0"]
    assert not any(open_to_all.iterdir())


@compiled
def test_nothing_is_written_into_the_installed_package(tmp_path):
    package = tmp_path / "nlpzero"
    shutil.copytree(
        Path(nlpzero.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    before = {path.relative_to(package) for path in package.rglob("*")}
    script = "from nlpzero import count_ngrams; print(count_ngrams(['葡萄']).total)"
    run(tmp_path, script, PYTHONDONTWRITEBYTECODE="1", NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    assert {path.relative_to(package) for path in package.rglob("*")} == before
    assert list((tmp_path / "cache").rglob("*.nbc"))


def test_the_digest_sees_code_constants_and_defaults():
    spaces: list[dict[str, object]] = []
    for source in (
        "K = 1\ndef f(x): return x + K",
        "K = 2\ndef f(x): return x + K",
        "K = 1\ndef f(x): return x - K",
        "K = 1\ndef f(x=1): return x + K",
        "def K(x): return x\ndef f(x): return x + K(x)",
        "def K(x): return 2 * x\ndef f(x): return x + K(x)",
    ):
        space: dict[str, object] = {"__name__": "space"}
        exec(source, space)  # noqa: S102 (six programs of one line)
        spaces.append(space)
    digests = [code_digest(space["f"]) for space in spaces]  # type: ignore[arg-type]
    assert len(set(digests)) == len(digests)


# --- small jobs do not wait for the compiler ------------------------------------------------------

BRIEF = """
import pickle, sys
from nlpzero.engine.jit import brief, interpreting
from caller import outer

with brief(0.01):
    print(outer(10), interpreting())
    with brief(60.0):
        print(outer(11), interpreting())
print(interpreting(), "numba" in sys.modules)
with brief(60.0):
    print(outer(12), interpreting(), "numba" in sys.modules)
with brief(0.0):
    print(interpreting())
print(pickle.loads(pickle.dumps(outer)) is outer, outer.py_func(13), outer.__name__)
"""

IMPATIENT = """
import sys, time
from nlpzero.engine.jit import brief, interpreting

kinds = []
for _ in range(100):
    with brief(0.1):
        time.sleep(0.01)
        kinds.append(interpreting())
print(kinds == sorted(kinds, reverse=True), kinds[0], kinds[-1])
"""


@compiled
def test_small_jobs_are_interpreted_until_numba_is_there(tmp_path: Path) -> None:
    write(tmp_path, "x * 2", 1)
    assert " ".join(run(tmp_path, BRIEF)) == (
        "21 True 23 True False False 25 False True False True 27 outer"
    )


@compiled
def test_many_small_jobs_are_compiled(tmp_path: Path) -> None:
    assert run(tmp_path, IMPATIENT) == ["True", "True", "False"]
