"""``nlpzero select`` as users run it: other thresholds on what `discover --save` kept."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpzero import Cohesion, Discovery, discover_words
from tests.discovery.test_discovery import random_text

from .conftest import Result, RunCli

RUNS = {
    "learned": ("--method", "learned", "--no-base"),
    "cohesion": ("--method", "cohesion"),
    "min-entropy": ("--method", "min-entropy"),
}
# thresholds that are the same for both commands
SHARED: list[tuple[str, ...]] = [
    (),
    ("--min-entropy", "1.5", "--top", "40"),
    ("--min-length", "1", "--latin", "--format", "jsonl"),
    ("--exclude", "known.txt", "--format", "csv"),
    ("--contains", "@known.txt", "--without", "的,了", "--format", "csv-safe"),
    ("--format", "jieba", "--with-frequency"),
    ("--sort", "novelty", "--numbers", "--fragments", "mark", "--combinations", "mark"),
    ("--exclude", "known.txt", "--stopwords", "known.txt", "--sort", "entropy", "--no-numbers"),
    ("--sort", "count", "--combinations", "drop", "--fragments", "drop", "--format", "hanlp"),
    ("--min-length", "9"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, a dictionary, and what each method found in it."""
    folder = tmp_path_factory.mktemp("select")
    (folder / "text.txt").write_text(random_text(31, 6000), encoding="utf-8")
    words = [word.word for word in discover_words(random_text(31, 6000).split("\n"), Cohesion())]
    (folder / "known.txt").write_text("\n".join(words[::3]), encoding="utf-8")
    for name, method in RUNS.items():
        run(folder, "discover", "text.txt", *method, "--save", f"{name}.nz", "-o", "rows.tsv")
    return folder


def run(folder: Path, *args: object) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "nlpzero_cli", *map(str, args)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return Result(done.returncode, done.stdout, done.stderr)


def told(err: str, method: str) -> str:
    """What is said from the thresholds in force on."""
    return err[err.index(f"{method}: min_count") :]


@pytest.mark.parametrize("method", RUNS)
def test_rows_are_those_of_a_fresh_run(method: str, folder: Path, run_here: RunCli) -> None:
    for options in SHARED:
        fresh = run_here("discover", folder / "text.txt", *RUNS[method], *_in(folder, options))
        again = run_here("select", folder / f"{method}.nz", *_in(folder, options))
        assert (again.code, again.raw) == (0, fresh.raw), options
        assert told(again.err, method) == told(fresh.err, method)
    # of the last options nothing is left, and the way out is named
    assert "min_length 2 would keep" in again.err or "no words" in again.err


def test_shorter_words_of_cohesion_are_those_of_a_fresh_run(folder: Path, run_here: RunCli) -> None:
    options = ("--max-length", 2, "-q")
    fresh = run_here("discover", folder / "text.txt", *RUNS["cohesion"], *options, code=0)
    assert run_here("select", folder / "cohesion.nz", *options, code=0).raw == fresh.raw
    again = run_here("select", folder / "min-entropy.nz", "--max-length", 2, code=0)
    assert "min-entropy cuts the text by these thresholds" in again.err


def _in(folder: Path, options: tuple[str, ...]) -> list[str]:
    return [option.replace("known.txt", str(folder / "known.txt")) for option in options]


@pytest.mark.parametrize("count", [5, 20, 60])
def test_a_higher_count_of_learned_words_is_that_of_a_fresh_run(
    count: int, folder: Path, run_here: RunCli
) -> None:
    options = ("--min-count", count, "--max-length", 3)
    fresh = run_here("discover", folder / "text.txt", *RUNS["learned"], *options, code=0)
    again = run_here("select", folder / "learned.nz", *options, code=0)
    assert again.raw == fresh.raw
    assert again.raw.count(b"\n") > 10
    assert "cuts the text" not in again.err


def test_thresholds_of_a_run_that_cut_the_text_only_choose(folder: Path, run_here: RunCli) -> None:
    found = Discovery.load(folder / "cohesion.nz")
    again = run_here("select", folder / "cohesion.nz", "--min-pmi", "3,5,7", "--min-count", 20)
    assert "cohesion cuts the text by these thresholds" in again.err
    rows = [line.split("\t")[0] for line in again.out.splitlines()[1:]]
    assert rows == [word.word for word in found.filter(min_pmi=(3, 5, 7), min_count=20)]
    assert 0 < len(rows) < len(found)
    learned = run_here("select", folder / "learned.nz", "--min-pmi", "3", "-q", code=0)
    for line in learned.out.splitlines()[1:]:
        assert float(line.split("\t")[3]) >= 3


@pytest.mark.parametrize(
    ("method", "options", "message"),
    [
        ("learned", ("--min-count", 1), "--min-count 1 is below the 2 of the run"),
        ("learned", ("--max-length", 21), "--max-length 21 is above the 20 of the run"),
        ("cohesion", ("--min-pmi", "2,3,6"), "--min-pmi 3 is below the 4 of the run"),
        ("cohesion", ("--min-pmi", "3"), "--min-pmi 3 is below the 4 of the run"),
        ("cohesion", ("--max-length", 1), "--max-length is smaller than --min-length"),
        ("cohesion", ("--with-frequency",), "goes with --format jieba or hanlp"),
        ("cohesion", ("--top", 0), "0 is not in the range"),
        ("cohesion", ("--min-pmi", "x"), "not a list of numbers"),
    ],
)
def test_what_the_run_left_out_is_refused(
    method: str, options: tuple[object, ...], message: str, folder: Path, run_here: RunCli
) -> None:
    done = run_here("select", folder / f"{method}.nz", *options)
    assert (done.code, done.raw) == (2, b"")
    assert message in done.err


def test_files_that_hold_something_else(folder: Path, tmp_path: Path, run_cli: RunCli) -> None:
    run_cli("ngrams", folder / "text.txt", "-o", "counts.nz", code=0)
    assert "holds counts, expected found" in run_cli("select", "counts.nz").err
    for name, data in (("bad.nz", b"\xff\xfe\x00" * 99), ("empty.nz", b"")):
        (tmp_path / name).write_bytes(data)
        done = run_cli("select", name)
        assert (done.code, done.raw, done.err.count("\n")) == (1, b"", 1)
    done = run_cli("select", "none.nz")
    assert done.code == 2 and "none.nz" in done.err
    done = run_cli("select", folder / "cohesion.nz", "--exclude", "none.txt")
    assert done.code == 1 and "none.txt" in done.err
    cut = (folder / "learned.nz").read_bytes()[:-1]
    (tmp_path / "cut.nz").write_bytes(cut)
    done = run_cli("select", "cut.nz")
    assert done.code == 1 and "damaged" in done.err


def test_an_empty_text_has_no_words(tmp_path: Path, run_cli: RunCli) -> None:
    run_cli("discover", "--method", "cohesion", "--save", "found.nz", input=b"", code=0)
    done = run_cli("select", "found.nz", code=0)
    assert done.out.count("\n") == 1


def test_a_file_that_cannot_be_written_is_refused_first(folder: Path, run_cli: RunCli) -> None:
    done = run_cli("discover", folder / "text.txt", "--save", "no/found.nz")
    assert done.code == 2 and "does not exist" in done.err


def test_info_tells_what_it_is(folder: Path, run_cli: RunCli) -> None:
    done = run_cli("info", folder / "cohesion.nz", "--verify", "--format", "json", code=0)
    told = json.loads(done.out)
    assert (told["kind"], told["verified"], told["method"]) == ("found", True, "cohesion")
    assert told["words"] == len(Discovery.load(folder / "cohesion.nz").found)
    assert told["parameters"]["min_pmi"] == [2, 4, 6]


def test_nothing_is_compiled(folder: Path) -> None:
    """The compiler takes longer to start than the answer may take."""
    program = (
        "import sys\n"
        "from nlpzero_cli.main import run\n"
        "code = run(sys.argv[1:])\n"
        "sys.exit(code or 'numba' in sys.modules or 'llvmlite' in sys.modules)\n"
    )
    args = ["select", str(folder / "learned.nz"), "-q", "--min-entropy", "1", "--contains", "的"]
    done = subprocess.run([sys.executable, "-c", program, *args], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_ends_it_quietly(folder: Path) -> None:
    program = [sys.executable, "-m", "nlpzero_cli", "select", str(folder / "min-entropy.nz")]
    done = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *program, "-q"], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_leaves_the_older_output(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.tsv"
    out.write_text("older\n", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", "select", str(folder / "learned.nz"),
         "--exclude", "/dev/stdin", "-o", str(out)],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(1.5)  # it waits for the list
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said == b""
    assert out.read_text(encoding="utf-8") == "older\n"
    assert os.listdir(tmp_path) == ["rows.tsv"]
