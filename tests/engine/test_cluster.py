"""A real Dask cluster on this machine: a scheduler, two workers, one of them killed in the middle
of a run.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

pytest.importorskip("distributed")
pytest.importorskip("fsspec")

# Cuts at spaces, slowly; leaves a mark when it begins, so that a worker can be killed at work.
TOKENIZER = """
import os, pathlib, time

def cut(line):
    time.sleep(0.002)
    pathlib.Path(__file__).with_name(f"at-work-{os.getpid()}").touch()
    return line.split()
"""


# Prints the address of the scheduler when both workers are there.
READY = """
import sys
from distributed import Client

with Client(scheduler_file=sys.argv[1]) as client:
    client.wait_for_workers(2, timeout=30)
    print(client.scheduler.address, end="")
"""


def start(folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    with open(folder / f"{command[0]}.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "DASK_LOGGING__DISTRIBUTED": "error"},
            stdout=log,
            stderr=log,
        )


def wait_for(what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Eight megabytes of words in long lines: eight shards."""
    path = tmp_path / "text.txt"
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(
            " ".join(f"词{(i * 31 + j * j) % 5000}" for j in range(600)) + "\n" for i in range(1600)
        )
    return path


class Cluster(NamedTuple):
    address: str
    workers: list["subprocess.Popen[bytes]"]
    folder: Path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "slow_cut.py").write_text(TOKENIZER, encoding="utf-8")
    address_file = folder / "scheduler.json"
    processes = [
        start(
            folder,
            "distributed.cli.dask_scheduler",
            *("--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
            *("--scheduler-file", str(address_file)),
        )
    ]
    try:
        wait_for(address_file.exists)
        processes += [
            start(
                folder,
                "distributed.cli.dask_worker",
                *("--scheduler-file", str(address_file), "--no-nanny", "--no-dashboard"),
                *("--nthreads", "1", "--local-directory", str(folder / f"worker{i}")),
            )
            for i in range(2)
        ]
        ready = [sys.executable, "-c", READY, str(address_file)]
        address = subprocess.run(ready, capture_output=True, check=True, timeout=60).stdout.decode()
        yield Cluster(address, processes[1:], folder)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def nlpzero(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", *arguments], cwd=folder, stderr=subprocess.PIPE
    )


def finish(run: "subprocess.Popen[bytes]") -> None:
    _, messages = run.communicate(timeout=60)
    assert run.returncode == 0, messages.decode()


@pytest.mark.parametrize(
    "command",
    ["ngrams", "discover", "train --method lm"],
)
def test_the_same_bytes_as_on_this_machine(command: str, cluster: Cluster, tmp_path: Path) -> None:
    samples = sorted((Path(__file__).parents[2] / "data" / "samples").glob("*.txt"))
    text = tmp_path / "text.txt"
    parts = [sample.read_text(encoding="utf-8") for sample in samples]
    # more than two megabytes: several shards
    text.write_text("".join(parts) * (1 + (3 << 20) // sum(map(len, parts)) // 3), encoding="utf-8")
    there, here = tmp_path / "there", tmp_path / "here"
    on_cluster = ("--executor", "dask", "--scheduler", cluster.address)
    finish(nlpzero(tmp_path, *command.split(), text.as_uri(), *on_cluster, "-o", str(there)))
    finish(nlpzero(tmp_path, *command.split(), str(text), "--jobs", "1", "-o", str(here)))
    assert there.read_bytes() == here.read_bytes()
    assert there.stat().st_size > 1000


def test_a_lost_worker_changes_nothing(cluster: Cluster, text: Path, tmp_path: Path) -> None:
    there, here = tmp_path / "there.tsv", tmp_path / "here.tsv"
    on_cluster = ("--executor", "dask", "--scheduler", cluster.address)
    # inputs may be any address that fsspec reads
    arguments = ("count", text.as_uri(), "--tokenizer", "slow_cut:cut", *on_cluster)
    run = nlpzero(cluster.folder, *arguments, "-o", str(there))
    marks = [cluster.folder / f"at-work-{worker.pid}" for worker in cluster.workers]
    wait_for(lambda: all(mark.exists() for mark in marks))
    cluster.workers[0].kill()
    cluster.workers[0].wait()
    assert run.poll() is None, "the run was over before the worker was killed"
    finish(run)
    finish(nlpzero(tmp_path, "count", str(text), "--whitespace", "-j", "1", "-o", str(here)))
    assert there.read_bytes() == here.read_bytes()
    assert len(here.read_bytes().splitlines()) > 1000


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("tcp://127.0.0.1:1", 1, "Error: no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("127.0.0.1", 2, "'127.0.0.1' is not the address of a Dask scheduler"),
    ],
)
def test_no_scheduler_there(address: str, code: int, message: str, tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("天气 好\n", encoding="utf-8")
    command = f"count --whitespace {text} --executor dask --scheduler {address}"
    run = subprocess.run(
        [sys.executable, "-m", "nlpzero_cli", *command.split()],
        capture_output=True,
        check=False,
    )
    assert run.returncode == code
    assert message in run.stderr.decode()
    assert "Traceback" not in run.stderr.decode()
