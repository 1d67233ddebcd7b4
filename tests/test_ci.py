"""What .ci/run relies on: the commands are found in the README, and no test is skipped in
silence.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent

SKIPPED = """
import pytest

def test_expected():
    pytest.importorskip("fim_", reason="could not import 'fim'")

@pytest.mark.skipif(True, reason="just so")
def test_marked():
    pass

def test_not_installed():
    pytest.importorskip("no_such_package")

@pytest.mark.xfail(strict=True, reason="known")
def test_known_failure():
    raise ValueError

def test_fine():
    pass
"""


@pytest.fixture
def readme_commands() -> ModuleType:
    path = ROOT / ".ci" / "readme_commands.py"
    spec = importlib.util.spec_from_file_location("readme_commands", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_both_readmes_begin_with_the_same_two_commands(readme_commands: ModuleType) -> None:
    found = readme_commands.readme_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert "pip install" in found["install"]
    assert "pytest" in found["test"]
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    assert re.findall(r"^```sh\n(.*)\n```$", chinese, re.MULTILINE)[:2] == list(found.values())


@pytest.mark.parametrize(
    "page",
    [
        "",
        "```sh\na\n```\n",
        "```sh\na\n```\nand this runs the tests:\n\n```console\nb\n```\n",
        "```sh\na\n```\nand this tests:\n\n```sh\nb\n```\n",
        "```sh\na\nb\n```\nand this runs the tests:\n\n```sh\nb\n```\n",
        "```sh\n```\nand this runs the tests:\n\n```sh\nb\n```\n",
    ],
)
def test_a_readme_without_the_commands_is_refused(page: str, readme_commands: ModuleType) -> None:
    with pytest.raises(ValueError, match="block"):
        readme_commands.readme_commands(page)


def judged(folder: Path, tests: str) -> tuple[int, str]:
    """Exit code and output of pytest with the plugin."""
    (folder / "test_some.py").write_text(tests, encoding="utf-8")
    command = (sys.executable, "-m", "pytest", "-ra", "-p", "tests.skips", "-p", "no:cacheprovider")
    done = subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"},
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def test_an_unexpected_skip_is_a_failure(tmp_path: Path) -> None:
    code, printed = judged(tmp_path, SKIPPED)
    assert code == 1
    # the marked one failed before it began
    counted = "1 failed, 1 passed, 1 skipped, 1 xfailed, 1 error in "
    assert printed.splitlines()[-1].strip("= ").startswith(counted)
    assert "unexpected skip: Skipped: just so" in printed
    assert "unexpected skip: Skipped: could not import 'no_such_package'" in printed


def test_so_is_that_of_a_whole_module(tmp_path: Path) -> None:
    code, printed = judged(tmp_path, "import pytest\npytest.importorskip('no_such_package')\n")
    assert code == 2
    assert "unexpected skip: Skipped: could not import 'no_such_package'" in printed


def test_the_workflow_runs_the_same_script_everywhere() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["run"]
    matrix = job["strategy"]["matrix"]
    assert {name.partition("-")[0] for name in matrix["os"]} == {"ubuntu", "macos", "windows"}
    assert matrix["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]
    (step,) = [step for step in job["steps"] if "run" in step]
    assert "bash .ci/run" in step["run"]
    assert step["shell"] == "bash"


def test_all_tests_are_run_with_bounds_checks() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    *_, last = re.findall(r'^.*bash -c "\$tests"$', script, re.MULTILINE)
    assert last.startswith("NUMBA_BOUNDSCHECK=1 ")
    (options,) = re.findall(r'PYTEST_ADDOPTS="(.*?)"', last)
    assert options == "-n 2 --dist loadfile"


BEYOND = """
import numpy as np
from nlpzero.engine.jit import kernel

@kernel
def beyond(values, i):
    return values[i]

beyond(np.zeros(4), 4)
"""


def test_with_bounds_checks_an_index_outside_is_an_error(tmp_path: Path) -> None:
    program = tmp_path / "beyond.py"
    program.write_text(BEYOND, encoding="utf-8")
    codes = {}
    for switch in ("0", "1"):
        done = subprocess.run(
            [sys.executable, str(program)],
            env={**os.environ, "NUMBA_BOUNDSCHECK": switch, "NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            check=False,
        )
        codes[switch] = done.returncode, b"IndexError" in done.stderr
    assert codes == {"0": (0, False), "1": (1, True)}


def test_ruff_is_what_a_commit_waits_for() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [hook["id"] for repo in hooks["repos"] for hook in repo["hooks"]] == [
        "ruff-check",
        "ruff-format",
    ]
