"""A real Dask cluster on this machine: a scheduler, two workers, one of them killed in the middle
of a run.
"""

import importlib
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from nlpzero import Corpus, DaskExecutor, Resources, VocabularySegmenter, segment_to_parts
from nlpzero.engine.parallel import map_shards

pytest.importorskip("distributed")
pytest.importorskip("fsspec")

# Cuts at spaces, slowly; leaves a mark when it begins, so that a worker can be killed at work.
TOKENIZER = """
import os, pathlib, time

def cut(line):
    time.sleep(0.002)
    pathlib.Path(__file__).with_name(f"at-work-{os.getpid()}").touch()
    return line.split()

class Model:
    # leaves a mark wherever it is made from bytes
    def __reduce__(self):
        return made, (bytes(12 << 20),)  # Dask warns of 10 MiB with a call

def made(data):
    pathlib.Path(__file__).with_name(f"made-{os.getpid()}-{time.monotonic_ns()}").touch()
    return Model()

def use(shard, model, *, report):
    time.sleep(0.02)
    return type(model).__name__, os.getpid()
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
        processes += [start_worker(folder, i) for i in range(2)]
        ready = [sys.executable, "-c", READY, str(address_file)]
        address = subprocess.run(ready, capture_output=True, check=True, timeout=60).stdout.decode()
        yield Cluster(address, processes[1:], folder)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def start_worker(folder: Path, number: int) -> "subprocess.Popen[bytes]":
    return start(
        folder,
        "distributed.cli.dask_worker",
        *("--scheduler-file", str(folder / "scheduler.json"), "--no-nanny", "--no-dashboard"),
        *("--nthreads", "1", "--local-directory", str(folder / f"worker{number}")),
    )


def nlpzero(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "nlpzero_cli", *arguments], cwd=folder, stderr=subprocess.PIPE
    )


def finish(run: "subprocess.Popen[bytes]") -> None:
    _, messages = run.communicate(timeout=60)
    assert run.returncode == 0, messages.decode()


def samples(path: Path) -> Path:
    """More than two megabytes of text: several shards."""
    folder = Path(__file__).parents[2] / "data" / "samples"
    parts = [sample.read_text(encoding="utf-8") for sample in sorted(folder.glob("*.txt"))]
    path.write_text("".join(parts) * (1 + (3 << 20) // sum(map(len, parts)) // 3), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "command",
    [
        "ngrams",
        "discover",
        "train --method lm",
        "segment --model base --format jsonl",
        "templates --model base",
    ],
)
def test_the_same_bytes_as_on_this_machine(command: str, cluster: Cluster, tmp_path: Path) -> None:
    text = samples(tmp_path / "text.txt")
    there, here = tmp_path / "there", tmp_path / "here"
    on_cluster = ("--executor", "dask", "--scheduler", cluster.address)
    finish(nlpzero(tmp_path, *command.split(), text.as_uri(), *on_cluster, "-o", str(there)))
    finish(nlpzero(tmp_path, *command.split(), str(text), "--jobs", "1", "-o", str(here)))
    assert there.read_bytes() == here.read_bytes()
    assert there.stat().st_size > 1000


def joined(folder: Path) -> bytes:
    """The parts in a folder, one after the other; all of them must be there."""
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["_SUCCESS", *(f"part-{i:06d}" for i in range(len(names) - 1))]
    return b"".join((folder / name).read_bytes() for name in names[1:])


def test_part_files_of_a_cluster_are_the_result_in_order(cluster: Cluster, tmp_path: Path) -> None:
    text = samples(tmp_path / "text.txt")
    command = ("segment", "--model", "base", "--separator", "␣", str(text))
    on_cluster = ("--executor", "dask", "--scheduler", cluster.address)
    run = nlpzero(tmp_path, *command, *on_cluster, "-o", "parts/")
    _, messages = run.communicate(timeout=60)
    assert (run.returncode, messages) == (0, b"")  # nothing of Dask's either
    finish(nlpzero(tmp_path, *command, "--jobs", "1", "-o", "whole"))
    assert joined(tmp_path / "parts") == (tmp_path / "whole").read_bytes()


def test_a_model_reaches_each_worker_once(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from distributed import Client

    monkeypatch.syspath_prepend(cluster.folder)
    module = importlib.import_module("slow_cut")
    shards = [Corpus.from_texts([str(i)]).shards()[0] for i in range(40)]
    with warnings.catch_warnings(), Client(cluster.address, set_as_default=False) as client:
        warnings.simplefilter("ignore")  # of a large graph: the command line keeps it to itself
        executor = DaskExecutor(client)
        assert executor.workers == 2
        found = list(map_shards(module.use, shards, module.Model(), executor=executor))
    assert {name for name, _ in found} == {"Model"}
    at_work = {pid for _, pid in found}
    assert at_work == {worker.pid for worker in cluster.workers}
    made = [int(path.name.split("-")[1]) for path in cluster.folder.glob("made-*")]
    assert sorted(made) == sorted(at_work)


def test_part_files_survive_a_lost_worker(cluster: Cluster, text: Path, tmp_path: Path) -> None:
    from distributed import Client

    segmenter = VocabularySegmenter(["词1", "词12", "12", "345"])
    corpus, parts = Corpus(text), tmp_path / "parts"
    cluster.workers.append(start_worker(cluster.folder, 2))
    with (
        ThreadPoolExecutor(1) as threads,
        Client(cluster.address, set_as_default=False) as client,
    ):
        client.wait_for_workers(3, timeout=30)
        resources = Resources(executor=DaskExecutor(client))
        run = threads.submit(
            segment_to_parts, corpus, segmenter, parts, part_bytes=1 << 16, resources=resources
        )
        wait_for(lambda: len(list(parts.glob("part-*"))) > 4)
        lost = cluster.workers.pop()
        lost.kill()
        lost.wait()
        assert not run.done(), "the run was over before the worker was killed"
        assert run.result(timeout=60).read.bytes_read == text.stat().st_size
    segment_to_parts(corpus, segmenter, tmp_path / "here", part_bytes=1 << 22)
    assert joined(parts) == joined(tmp_path / "here")


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
