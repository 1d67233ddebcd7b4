"""Shards come back complete, in order when asked, and failures end the run with a clear error."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from nlpzero import Corpus
from nlpzero.engine.parallel import LocalWorkers, local_workers, map_shards
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import CorpusError, ResourceError, WorkerError
from nlpzero.text.corpus import Shard

TEXTS = [f"第{i}行" for i in range(40)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Shard]:
    path = tmp_path_factory.mktemp("shards") / "lines.txt"
    path.write_bytes("".join(text + "\n" for text in TEXTS).encode("utf-8"))
    return Corpus(path).shards(target_bytes=40)


def read(shard: Shard, suffix: str, *, report: ReadReport) -> list[str]:
    return [line + suffix for line in shard.lines(report=report)]


def fail(shard: Shard, kind: str, *, report: ReadReport) -> None:
    if kind == "raise":
        raise KeyError("表")
    if kind == "memory":
        raise MemoryError
    if kind == "corpus":
        raise CorpusError("corpus.txt: byte 3: not valid UTF-8")
    os.kill(os.getpid(), signal.SIGKILL)


def test_several_shards(shards: list[Shard]) -> None:
    assert len(shards) > 5


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_in_order_with_reports(shards: list[Shard], jobs: int) -> None:
    report = ReadReport()
    sizes: list[int] = []
    results = map_shards(
        read, shards, "！", jobs=jobs, ordered=True, report=report, progress=sizes.append
    )
    assert [line for part in results for line in part] == [text + "！" for text in TEXTS]
    assert report.bytes_read == sum(sizes) == sum(len(text.encode()) + 1 for text in TEXTS)


def test_any_executor(shards: list[Shard]) -> None:
    with ThreadPoolExecutor(3) as executor:
        results = list(map_shards(read, shards, "", executor=executor))
    assert sorted(line for part in results for line in part) == sorted(TEXTS)


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("raise", WorkerError, "KeyError: '表'"),
        ("memory", ResourceError, "ran out of memory"),
        ("corpus", CorpusError, "byte 3: not valid UTF-8"),
    ],
)
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_worker_raises_reaches_the_caller(
    shards: list[Shard], kind: str, error: type[Exception], message: str, jobs: int
) -> None:
    with pytest.raises(error, match=message):
        list(map_shards(fail, shards, kind, jobs=jobs))


def test_a_killed_worker_is_an_error_not_a_hang(shards: list[Shard]) -> None:
    with pytest.raises(WorkerError, match="worker process died"):
        list(map_shards(fail, shards, "kill", jobs=2))


def test_what_only_this_process_can_read_is_read_here() -> None:
    def once() -> Iterator[str]:
        yield from TEXTS

    corpus = Corpus.from_texts(once())
    results = list(map_shards(read, corpus.shards(2), "", jobs=2))
    assert [line for part in results for line in part] == TEXTS


def test_giving_up_early_ends_the_workers(shards: list[Shard]) -> None:
    results = map_shards(read, shards, "", jobs=2, ordered=True)
    assert next(results)[0] == TEXTS[0]
    results.close()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped here")
def test_workers_that_never_leave_are_ended(shards: list[Shard]) -> None:
    """As one that waits for a lock which a killed worker held."""
    with local_workers(2) as pool:
        assert isinstance(pool, LocalWorkers)
        parts = list(map_shards(read, shards, "", jobs=2, executor=pool))
        assert sorted(line for part in parts for line in part) == sorted(TEXTS)
        stuck = next(iter(pool._processes.values()))
        os.kill(stuck.pid, signal.SIGSTOP)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30
    for _ in range(300):  # until somebody has taken note of its end
        try:
            os.kill(stuck.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("still there")


def test_jobs_must_be_positive(shards: list[Shard]) -> None:
    with pytest.raises(ValueError, match="got 0"):
        list(map_shards(read, shards, "", jobs=0))
