"""What the documentation shows is what happens.

In README.md and the pages of docs/ every ``console`` block is a transcript: lines after ``$ `` are
run one after the other, per page in a folder that has the repository's ``data``. The lines that
follow must be what they print to standard output, or all they print (``...`` stands for any lines).
``pycon`` blocks are doctests. Other fences are not run. README.zh-CN.md and the pages of docs/zh/
show what their English twins show, byte for byte, so theirs run once.
"""

import doctest
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
CHINESE = sorted((DOCS / "zh").rglob("*.md"))
ENGLISH = sorted(set(DOCS.rglob("*.md")) - set(CHINESE))
PAGES = [ROOT / "README.md", *ENGLISH]
PROSE = sorted(
    [
        *ROOT.glob("*.md"),
        *ENGLISH,
        *CHINESE,
        ROOT / "benchmarks" / "README.md",
        ROOT / "data" / "samples" / "README.md",
    ]
)
# commands to be copied as they are
ONE_LINE = re.findall(r"^```sh\n(.*)\n```$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)[
    :2
]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(page.read_text("utf-8")) if kind == language]


def transcript(block: str) -> list[tuple[str, str]]:
    """Commands of a console block with the output shown for each."""
    steps: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.startswith("> ") and steps and not steps[-1][1]:
            steps[-1] = (steps[-1][0] + line[2:], "")
        else:
            steps[-1] = (steps[-1][0], steps[-1][1] + line)
    return steps


def matches(shown: str, printed: str) -> bool:
    pattern = "".join(
        "(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in shown.splitlines()
    )
    return re.fullmatch(pattern, printed) is not None


def run(command: str, folder: Path, environment: dict[str, str]) -> tuple[str, str]:
    """What a shell command prints on standard output and standard error."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").symlink_to(ROOT / "data")
    return tmp_path


@pytest.fixture
def environment(folder: Path) -> dict[str, str]:
    """`nlpzero` and `python` are those of the environment under test, whatever the PATH says."""
    programs = folder / ".programs"
    programs.mkdir()
    for name, arguments in (("nlpzero", " -m nlpzero_cli"), ("python", ""), ("python3", "")):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.skipif(os.name == "nt", reason="the transcripts are those of a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=named)
def test_transcripts(page: Path, folder: Path, environment: dict[str, str]) -> None:
    for block in blocks(page, "console"):
        for command, shown in transcript(block):
            printed, complaints = run(command, folder, environment)
            assert "Traceback" not in complaints, f"$ {command}{complaints}"
            if not matches(shown, printed):
                everything, _ = run(f"exec 2>&1\n{command}", folder, environment)
                assert matches(shown, everything), f"$ {command}{everything}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_examples(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    source = "\n".join(blocks(page, "pycon"))
    test = doctest.DocTestParser().get_doctest(source, {}, page.name, str(page), 0)
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def width(text: str) -> int:
    """Columns on a terminal: wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def long_lines(text: str) -> list[str]:
    """Lines of prose, code and commands that do not fit 100 columns.

    What programs print (plain fences, and what is no command in ``console``) is as wide as it is,
    and so are tables and lines that are one link.
    """
    found = []
    fence: str | None = None
    for line in text.splitlines():
        mark = re.match(r"\s*```(\w*)", line)
        if mark:
            fence = mark[1] if fence is None else None
        elif fence is None:
            free = line.startswith("|") or re.fullmatch(r"\W*\[[^]]*\]\(\S*\)\W*", line)
        else:
            free = fence in ("", "floors") or (
                fence == "console" and not re.match(r"\s*[$>] ", line)
            )
        if not mark and not free and width(line) > 100:
            found.append(line)
    return found


@pytest.mark.parametrize("page", PROSE, ids=named)
def test_lines_are_within_100_columns(page: Path) -> None:
    assert [line for line in long_lines(page.read_text("utf-8")) if line not in ONE_LINE] == []


def test_long_lines_are_seen() -> None:
    long = "word " * 21
    page = (
        f"{long}\n| {long}\n```sh\n{long}\n```\n```console\n$ {long}\n{long}\n```\n中{'文' * 50}\n"
    )
    assert long_lines(page) == [long, long, f"$ {long}", f"中{'文' * 50}"]
    assert long_lines(f"- [{'a' * 60}](https://example.org/{'b' * 60})\n") == []


def test_both_readmes_show_the_same() -> None:
    english, chinese = (
        [blocks(ROOT / name, kind) for kind in ("sh", "console", "pycon")]
        for name in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
    assert all(english)


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_chinese_pages_are_twins(page: Path) -> None:
    """The same fenced blocks in the same order, byte for byte."""
    twin = DOCS / page.relative_to(DOCS / "zh")
    assert FENCE.findall(page.read_text("utf-8")) == FENCE.findall(twin.read_text("utf-8"))


def test_every_command_has_a_how_to_page_in_both_languages() -> None:
    from nlpzero_cli.main import COMMANDS

    english, chinese = (
        {page.stem for page in (folder / "howto").glob("*.md")} for folder in (DOCS, DOCS / "zh")
    )
    assert english == chinese == set(COMMANDS) - {"help", "version"}
    for page in [*ENGLISH, *CHINESE]:
        if page.parent.name == "howto":
            title = page.read_text("utf-8").partition("\n")[0]
            assert re.match(rf"# `nlpzero {page.stem}`[:：]", title), title


def test_every_command_is_in_both_readmes() -> None:
    from nlpzero_cli.main import COMMANDS

    for page in (ROOT / "README.md", ROOT / "README.zh-CN.md"):
        text = page.read_text("utf-8")
        assert [name for name in COMMANDS if f"`nlpzero {name}`" not in text] == []
