"""Commands that are killed, interrupted, starved and cut off: nothing hangs, nothing half done, one
clear line.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import faults
from tests.faults import Round, Workshop

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
NEWS = SAMPLES / "news.txt"

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")


# --- killed ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    # limits of time are for the script, on a machine that does nothing else
    return Workshop(tmp_path_factory.mktemp("faults"), patience=10)


@linux
@pytest.mark.parametrize(
    "plan",
    [
        Round("ngrams", 2, "processes", "KILL", "parent", 0.7, older=True),
        Round("ngrams", 4, "processes", "HUP", "group", 0.6, older=False),
        Round("count", 2, "processes", "KILL", "worker", 0.8, older=True),
        Round("count", 2, "processes", "INT", "group", 0.7, older=True),
        Round("segment", 1, "threads", "TERM", "parent", 0.8, older=True),
        Round("segment", 2, "threads", "KILL", "parent", 0.9, older=False),
        Round("merge", 1, "threads", "HUP", "parent", 0.5, older=True),
    ],
    ids=lambda plan: f"{plan.command}-{plan.signal}-{plan.target}",
)
def test_a_round(workshop: Workshop, plan: Round) -> None:
    assert workshop.play(plan).faults == []


@linux
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Also those that wait for work: nobody else would ever tell them."""
    body = """
import sys, time
from nlpzero.engine.parallel import LocalWorkers
if __name__ == "__main__":
    pool = LocalWorkers(2)
    for _ in range(2):
        pool.submit(time.sleep, .2)
    pool.submit(time.sleep, 0).result()
    print("ready", flush=True)
    time.sleep(60)
"""
    script = tmp_path / "script.py"
    script.write_text(body, encoding="utf-8")
    mark = f"{os.getpid()}-parent"
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "NLPZERO_ROUND": mark},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert len(faults._marked(mark)) >= 3  # with two workers
        process.kill()
    begun = time.monotonic()
    while faults._marked(mark):
        assert time.monotonic() - begun < 20
        time.sleep(0.02)


# --- inside compiled code -------------------------------------------------------------------------

LONG = """
import sys, tempfile
from nlpzero_cli import main, start
import nlpzero_cli.options as options

def invoke(ctx):
    with main._quietly():
        work()

def work():
    from nlpzero.engine.jit import kernel
    from nlpzero.engine.temporary import KeptFolder, atomic_output

    @kernel
    def spin(n):
        total = 0
        for i in range(n):
            for j in range(n):
                total ^= i * j
        return total

    spin(10)
    kept = KeptFolder(sys.argv[1])
    with atomic_output(sys.argv[1] + "/out") as file:
        file.write(b"half")
        print("ready", flush=True)
        spin(1 << 30)

main.group.invoke = invoke
start.main()
"""


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_compiled_loop_does_not_keep_a_signal_waiting(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    (tmp_path / "out").write_bytes(b"old")
    with subprocess.Popen(
        [sys.executable, "-c", LONG, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        process.send_signal(number)
        begun = time.monotonic()
        _, said = process.communicate(timeout=50)  # the loop takes years
        assert time.monotonic() - begun < 20
    assert (process.returncode, said) == (128 + number, b"")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_bytes() == b"old"


@posix
@pytest.mark.parametrize("names", [("SIGINT", "SIGINT"), ("SIGTERM", "SIGINT", "SIGTERM")])
def test_impatience(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Signals that come while a command is on its way out hurry it up, and nothing else."""
    body = LONG.replace(
        "spin(1 << 30)",
        """
        import time
        try:
            time.sleep(60)
        finally:
            print("ending", flush=True)
            time.sleep(60)
""",
    )
    with subprocess.Popen(
        [sys.executable, "-c", body, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(getattr(signal, names[0]))
        # nothing, if the machine is so busy that the first signal was not heard in time
        assert process.stdout.readline() in (b"ending\n", b"")
        begun = time.monotonic()
        for name in names[1:]:
            process.send_signal(getattr(signal, name))
        _, said = process.communicate(timeout=50)
        assert time.monotonic() - begun < 20
    assert (process.returncode, said) == (128 + getattr(signal, names[0]), b"")
    assert os.listdir(tmp_path) == []


@posix
def test_an_exception_that_a_callback_swallowed_still_ends_the_command(tmp_path: Path) -> None:
    """The compiler calls back, and whatever is raised there gets lost."""
    body = LONG.replace(
        "spin(1 << 30)",
        """
        import ctypes, os, signal, time
        called = ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), signal.SIGTERM))
        called()
        time.sleep(60)
""",
    )
    done = subprocess.run(
        [sys.executable, "-c", body, str(tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, b"ready\n", b"")
    assert os.listdir(tmp_path) == []


@posix
def test_what_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """`nohup` and the background of a shell mean it."""
    body = """
import signal
for name in ("SIGHUP", "SIGINT"):
    signal.signal(getattr(signal, name), signal.SIG_IGN)
from nlpzero_cli import signals
signals.install()
print([signal.getsignal(getattr(signal, n)) == signal.SIG_IGN for n in ("SIGHUP", "SIGINT")])
print(signal.getsignal(signal.SIGTERM) == signal.SIG_IGN)
"""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, check=True)
    assert done.stdout.split(b"\n")[:2] == [b"[True, True]", b"False"]


# --- streams --------------------------------------------------------------------------------------


def shell(words: str, folder: Path, *, timeout: float = 120) -> "tuple[int, bytes, str]":
    """Run a line of the shell; N stands for the program. Exit code, standard output and error."""
    program = f"'{sys.executable}' -m nlpzero_cli"
    done = subprocess.run(
        ["sh", "-c", words.replace("N ", program + " ")],
        input=b"",
        capture_output=True,
        cwd=folder,
        timeout=timeout,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode("utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = NEWS.read_text(encoding="utf-8")[:2000]
    (tmp_path / "x").write_text(text, encoding="utf-8")
    (tmp_path / "spaced").write_text("有 空格\n", encoding="utf-8")
    return tmp_path


@posix
def test_standard_output_may_be_closed_if_there_is_a_file(folder: Path) -> None:
    assert shell("N segment --model base x -o y >&-", folder)[::2] == (0, "")
    assert shell("N segment --model base x", folder)[1] == (folder / "y").read_bytes()
    for command in ("segment --model base x", "count -q x", "--help"):
        code, _, said = shell(f"N {command} >&-", folder)
        assert (code, len(said.splitlines())) == (1, 1), command
        assert "standard output is closed" in said


@posix
def test_notes_never_go_to_standard_output(folder: Path) -> None:
    command = "N segment --model base --separator 格 spaced"
    code, out, said = shell(command, folder)
    assert (code, "separator" in said) == (0, True)
    assert shell(f"{command} 2>&-", folder) == (0, out, "")


@posix
def test_descriptors_that_are_closed_are_not_given_to_files(folder: Path) -> None:
    """What a library says on descriptor 2 would stand in the output."""
    assert shell("N segment --model base x -o y <&- >&- 2>&-", folder)[0] == 0
    assert (folder / "y").read_bytes() == shell("N segment --model base x", folder)[1]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_what_cannot_be_said_does_not_spoil_the_run(folder: Path) -> None:
    code, out, _ = shell("N segment --model base spaced 2>/dev/full", folder)
    assert (code, out) == shell("N segment --model base spaced", folder)[:2]
    assert shell("N segment --nonsense 2>/dev/full", folder)[0] == 2
    assert shell("N segment --model base gone 2>/dev/full", folder)[0] == 1
    code, _, said = shell("N segment --model base x >/dev/full", folder)
    assert code == 1
    assert "disk is full" in said and len(said.splitlines()) == 1


@posix
def test_no_standard_input_is_misuse(folder: Path) -> None:
    code, out, said = shell("N count <&-", folder)
    assert (code, out) == (2, b"")
    assert "No input" in said
    code, _, said = shell("N count - <&-", folder)
    assert (code, len(said.splitlines())) == (1, 1)


@posix
def test_head(folder: Path) -> None:
    (folder / "long").write_bytes((folder / "x").read_bytes() * 200)
    code, out, said = shell("N segment --model base long | head -1", folder)
    assert (code, said, out.count(b"\n")) == (0, "", 1)


@posix
def test_a_file_is_not_written_to_its_own_end(folder: Path) -> None:
    before = (folder / "x").read_bytes()
    (folder / "tiny.tsv").write_text("template\tcount\n我 [X]\t3\n", encoding="utf-8")
    for line in (
        "N segment --model base x >> x",
        "N segment x >> x",
        "N segment --model base - < x >> x",
        "N segment --model base < x >> x",
        "cp x link; ln -f x link; N segment --model base link >> x",
        "N parse --templates tiny.tsv x >> x",
    ):
        code, out, said = shell(line, folder, timeout=60)
        assert (code, out) == (1, b""), line
        assert "is the output too" in said
        assert (folder / "x").read_bytes() == before
    assert shell("N segment --model base x -o x", folder)[0] == 0  # replaced when all is read
    assert (folder / "x").read_bytes() != before


# --- too little of something ----------------------------------------------------------------------


@linux
def test_a_limit_of_addresses_is_one_line(folder: Path) -> None:
    for size in (300_000, 400_000):
        code, out, said = shell(f"ulimit -v {size}; N ngrams -q x -o y", folder)
        assert (code, out, len(said.splitlines())) == (1, b"", 1), said
        assert "memory" in said or "addresses" in said
        assert not (folder / "y").exists()


@posix
@pytest.mark.parametrize("where", ["output", "tmpdir"])
def test_a_limit_of_file_size_is_one_line(folder: Path, where: str) -> None:
    (folder / "long").write_bytes((folder / "x").read_bytes() * 100)
    (folder / "y").write_bytes(b"old")
    (folder / "tmp").mkdir()
    if where == "output":
        line = "ulimit -f 40; N segment --model base long -o y"
    else:
        line = "ulimit -f 40; N segment --model base -q --tmpdir tmp < long -o y"
    code, out, said = shell(line, folder)
    assert (code, out, len(said.splitlines())) == (1, b"", 1), said
    assert (folder / "y").read_bytes() == b"old"
    assert sorted(os.listdir(folder)) == ["long", "spaced", "tmp", "x", "y"]
    assert os.listdir(folder / "tmp") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "disk"
    path.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(path)],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        pytest.skip("no disk of a few bytes: mounting one needs rights that are not there")
    yield path
    subprocess.run(["umount", str(path)], check=True)


@linux
def test_a_full_disk_leaves_the_older_output(small_disk: Path, folder: Path) -> None:
    (folder / "long").write_bytes((folder / "x").read_bytes() * 100)
    (small_disk / "y").write_bytes(b"old")
    for line in (
        f"N segment --model base long -o {small_disk}/y",
        f"N ngrams long -q -o {small_disk}/y",
        f"cat long | N discover -q --tmpdir {small_disk} - -o {small_disk}/y",
    ):
        code, out, said = shell(line, folder)
        if code == 0:  # it had room enough
            (small_disk / "y").write_bytes(b"old")
            assert "ngrams" in line
            continue
        assert (code, out, len(said.splitlines())) == (1, b"", 1), said
        assert "disk is full" in said
        assert os.listdir(small_disk) == ["y"]
        assert (small_disk / "y").read_bytes() == b"old"


# --- containers -----------------------------------------------------------------------------------


@pytest.fixture
def contained() -> None:
    done = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("no name spaces: making one needs rights that are not there")


@linux
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux with unshare")
def test_without_shared_memory_and_with_a_package_that_cannot_be_written(
    contained: None, tmp_path: Path
) -> None:
    """What many containers are like; processes become threads. That there may be no home and no
    folder for compiled code, tests/engine/test_jit.py shows.
    """
    (tmp_path / "x").write_bytes(NEWS.read_bytes())
    program = (
        "import sys, nlpzero.text.corpus as c; c._LEAST_SHARD = 10_000;"
        "from nlpzero_cli.start import main; main()"
    )
    command = [sys.executable, "-c", program, "templates", "x", "-q", "-j", "2"]
    plain = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    package = Path(faults.__file__).resolve().parents[1] / "nlpzero"
    boxed = f"""
mount -t tmpfs -o ro none /dev/shm && mount --bind "{package}" "{package}" &&
mount -o remount,ro,bind "{package}" && ! touch "{package}/x" 2>/dev/null && exec "$@"
"""
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", boxed, "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", plain.stdout)


# --- bad data -------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [
    ("train", "--dictionary", "zero", "-o", "out.nz"),
    ("train", "--dictionary", "huge", "-o", "out.nz"),
    ("segment", "--dictionary", "huge", "x"),
    ("parse", "--templates", "deep", "x"),
    ("discover", "--exclude", "deep", "x"),
    ("rules", "deep.jsonl"),
    ("rules", "digits.jsonl"),
    ("count", "--field", "a", "deep.jsonl"),
    ("discover", "--exclude", "short", "--exclude-encoding", "utf-16", "x"),
])  # fmt: skip
def test_bad_data_is_one_line(folder: Path, args: tuple[str, ...]) -> None:
    (folder / "zero").write_text("中国 0\n", encoding="utf-8")
    (folder / "huge").write_text("中国 1e999\n", encoding="utf-8")
    for name in ("deep", "deep.jsonl"):
        (folder / name).write_text('{"a":' + "[" * 100_000, encoding="utf-8")
    (folder / "digits.jsonl").write_text("[" + "1" * 5000 + "]\n", encoding="utf-8")
    (folder / "short").write_bytes(b"ab")
    code, out, said = shell("N " + " ".join(args), folder)
    assert (code, out) == (1, b"")
    errors = [line for line in said.splitlines() if not line.startswith("words are cut by")]
    assert len(errors) == 1, said
    assert errors[0].startswith("Error: ")
    assert not (folder / "out.nz").exists()


@linux
def test_names_that_are_not_utf_8(folder: Path) -> None:
    name = os.fsencode(folder) + b"/bad\xff.txt"
    with open(name, "wb") as file:
        file.write("天气\n".encode())
    for form, cell in (("jsonl", r"bad\xff.txt"), ("tsv", r"bad\\xff.txt")):
        done = subprocess.run(
            [sys.executable, "-m", "nlpzero_cli", "count", "-q", "--by", "file", "--format", form,
             name],
            capture_output=True,
            check=True,
        )  # fmt: skip
        last = done.stdout.decode("utf-8").splitlines()[-1]
        shown = json.loads(last)["file"] if form == "jsonl" else last.split("\t")[0]
        assert shown.endswith(cell)


@posix
def test_names_that_cannot_be_written_are_refused_at_once(folder: Path) -> None:
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    for name in ("词" * 86, "a"):
        code, _, said = shell(f"N count x -o {name}", folder)
        assert (code, "cannot be written" in said) == (2, True)
        assert "counted" not in said
    assert shell(f"N count -q x -o {'词' * 85}", folder)[0] == 0


# --- spreadsheets ---------------------------------------------------------------------------------


def test_csv_safe_has_no_formulas(folder: Path) -> None:
    words = ["=1+1", "+1", "-1", "@sum", "＝1", "a=b", "平常"]
    (folder / "words").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    (folder / "baskets").write_text("=1+1,平常\n" * 5 + "茶\n", encoding="utf-8")
    count = "N count -q --whitespace words --format"
    rules = "N rules baskets --min-support .1 -q --format"
    for line in (count, rules):
        plain = shell(f"{line} csv", folder)[1].decode("utf-8-sig").splitlines()
        safe = shell(f"{line} csv-safe", folder)[1].decode("utf-8-sig").splitlines()
        assert len(plain) == len(safe) > 2
        for row, guarded in zip(plain[1:], safe[1:], strict=True):
            guard = row[0] in "=+-@＝"
            assert guarded.startswith("'" + row[:1]) if guard else guarded[:1] == row[:1]
    rows = shell(f"{count} csv-safe", folder)[1].decode("utf-8-sig").splitlines()
    assert {row.split(",")[0] for row in rows[1:]} == {
        "'=1+1", "'+1", "'-1", "'@sum", "'＝1", "a=b", "平常",
    }  # fmt: skip
