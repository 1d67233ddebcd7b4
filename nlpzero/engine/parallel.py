"""Shard and merge: map a worker over pieces of a corpus, on any executor, and hand back results as
they come.

The one law that makes this exact is that what workers return merges in any order. Processes are
started with *spawn*, read their own byte ranges, and are ended at once when anything goes wrong.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from threading import Thread, current_thread, main_thread
from typing import Any, Protocol, TypeVar

from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import NlpzeroError, ResourceError, WorkerError


class Shard(Protocol):
    """A piece of the work: a worker knows what to do with it, this module only its name."""

    @property
    def name(self) -> str:
        """What it is a piece of, for messages."""
        ...

    @property
    def portable(self) -> bool:
        """Whether another process can work on it."""
        ...


T = TypeVar("T")
# a worker takes a shard, the shared arguments, and a report of what it read
Worker = Callable[..., T]
Advance = Callable[[int], object]

# workers without work end in milliseconds
_SECONDS_TO_LEAVE = 1.0


@contextmanager
def _starting_processes() -> Iterator[None]:
    """Processes started here hear of neither Ctrl-C nor the end of a terminal.

    Both reach the whole process group; the parent alone decides what happens then. It waits until
    they are started: one that is half started complains of a parent that says no more.
    """
    with _handlers_waiting():
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        # what is blocked stays blocked in new processes, from their first moment on
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handlers_waiting() -> Iterator[None]:
    """Handlers of signals are called when the block ends."""
    if current_thread() is not main_thread():
        yield  # handlers run in the main thread
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    handlers = {
        number: signal.getsignal(number) for number in map(signal.Signals.__getitem__, names)
    }
    came: list[int] = []
    for number, handler in handlers.items():
        if callable(handler):
            signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            if callable(handler):
                signal.signal(number, handler)
        if came:
            waiting = handlers[signal.Signals(came[0])]
            assert callable(waiting)
            waiting(came[0], None)


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where signals cannot be blocked
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this worker as soon as its parent is dead, even one that was killed: else it would wait
    for work for ever.
    """
    connection.wait([sentinel])
    os._exit(1)


def _run(worker: Worker[T], shard: Shard, args: tuple[Any, ...]) -> tuple[T, ReadReport]:
    report = ReadReport()
    try:
        return worker(shard, *args, report=report), report
    except MemoryError as error:
        raise ResourceError(
            f"{shard.name}: a worker ran out of memory; use fewer --jobs or a smaller --memory"
        ) from error
    except (NlpzeroError, KeyboardInterrupt):
        raise
    except Exception as error:
        if isinstance(error, SystemError) and isinstance(
            error.__cause__, (KeyboardInterrupt, SystemExit)
        ):
            raise error.__cause__ from None  # a signal inside a compiled loop
        raise WorkerError(f"{shard.name}: {type(error).__name__}: {error}") from error


def _outcome(future: Future[T], shard: Shard) -> T:
    try:
        return future.result()
    except (NlpzeroError, BrokenProcessPool):
        raise
    except CancelledError as error:
        raise WorkerError(
            f"{shard.name}: the work was cancelled; the scheduler of the cluster, or the "
            "connection to it, is gone"
        ) from error
    except Exception as error:
        # what an engine says when it gives up: a shard that kills every worker it meets, say
        raise WorkerError(f"{shard.name}: {type(error).__name__}: {error}") from error


def _end_workers(pool: Executor) -> None:
    """End the processes now: what they compute is not wanted any more."""
    if not isinstance(pool, ProcessPoolExecutor):
        pool.shutdown(cancel_futures=True)
        return
    processes = list((getattr(pool, "_processes", None) or {}).values())
    for process in processes:
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.join(timeout=1)
        if process.is_alive():
            process.kill()


def _dismiss(pool: Executor) -> None:
    """Let workers go that have nothing to do. One of them may wait for ever: for a lock that
    another held when it was killed; its work is done, and it is ended.
    """
    if not isinstance(pool, ProcessPoolExecutor):
        pool.shutdown()
        return
    waiting = {
        process.sentinel: process
        for process in list((getattr(pool, "_processes", None) or {}).values())
    }
    pool.shutdown(wait=False)
    deadline = time.monotonic() + _SECONDS_TO_LEAVE
    while waiting and (left := deadline - time.monotonic()) > 0:
        for sentinel in connection.wait(list(waiting), left):
            del waiting[sentinel]  # type: ignore[arg-type]
    for process in waiting.values():
        process.kill()


class LocalWorkers(ProcessPoolExecutor):
    """Processes of this machine that several calls of :func:`map_shards` share."""

    def __init__(self, jobs: int) -> None:
        super().__init__(jobs, get_context("spawn"), initializer=_begin_worker)


class LocalThreads(ThreadPoolExecutor):
    """Threads that several calls of :func:`map_shards` share: for workers that mostly run compiled
    loops.
    """


def _pool(jobs: int) -> LocalWorkers | LocalThreads:
    """Processes, or threads where there can be no processes that talk to each other: slower."""
    try:
        with _starting_processes():
            return LocalWorkers(jobs)
    except (OSError, ImportError, NotImplementedError):  # no semaphores: no /dev/shm
        return LocalThreads(jobs)


def on_this_machine(executor: Executor | None) -> bool:
    """Whether work that an executor gets can use this machine's disk."""
    return executor is None or isinstance(executor, (LocalWorkers, LocalThreads))


# Below this much text for each worker, processes would take longer to start than they save; and two
# or three threads seldom wait for each other.
_BYTES_WORTH_A_PROCESS = 128 << 20
_THREADS_WITHOUT_QUEUE = 3


@contextmanager
def local_workers(jobs: int) -> Iterator["LocalWorkers | LocalThreads | None"]:
    """Keep worker processes for several passes over a text.

    Starting them costs as much as a small pass.

    Parameters
    ----------
    jobs : int >= 1

    Yields
    ------
    LocalWorkers, LocalThreads or None
        For the `executor` of :func:`map_shards`; None for one job, which needs no other process.
    """
    if jobs == 1:
        yield None
        return
    pool = _pool(jobs)
    try:
        yield pool
    except BaseException:
        _end_workers(pool)
        raise
    _dismiss(pool)


@contextmanager
def compiled_workers(jobs: int, size: int | None) -> Iterator[Executor | None]:
    """The same for workers that mostly run compiled loops: threads where these are faster.

    Compiled loops run side by side in threads, which start at once; only decoding waits its turn.

    Parameters
    ----------
    jobs : int >= 1
    size : int or None
        Bytes of the text; None if unknown.

    Yields
    ------
    Executor or None
    """
    few = jobs <= _THREADS_WITHOUT_QUEUE
    if jobs > 1 and (few or (size is not None and size < jobs * _BYTES_WORTH_A_PROCESS)):
        threads = LocalThreads(jobs)
        try:
            yield threads
        finally:
            threads.shutdown(cancel_futures=True)
        return
    with local_workers(jobs) as workers:
        yield workers


def map_shards(
    worker: Worker[T],
    shards: Sequence[Shard],
    *args: Any,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Advance | None = None,
    report: ReadReport | None = None,
    ordered: bool = False,
) -> Iterator[T]:
    """Apply a worker to every shard and yield the results.

    Parameters
    ----------
    worker : callable
        A module-level function ``worker(shard, *args, report=...)``; it passes `report` to the
        shard's reading methods.
    shards : sequence of Shard
    *args
        Picklable arguments for every call.
    jobs : int >= 1
        Processes; 1 runs everything in this process. Ignored when `executor` is given.
    executor : concurrent.futures.Executor, optional
        Runs the calls instead, on threads, processes, or a cluster.
    progress : callable, optional
        Called with the number of bytes of each finished shard.
    report : ReadReport, optional
        Receives what all workers read.
    ordered : bool
        Yield in the order of the shards; otherwise as they finish, which needs results that merge
        in any order.

    Yields
    ------
    what the worker returns

    Raises
    ------
    NlpzeroError
        Whatever the worker raised.
    WorkerError
        A worker raised another exception, or its process died.
    """
    if jobs < 1:
        raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}.")
    total = report if report is not None else ReadReport()

    def done(outcome: tuple[T, ReadReport], shard: Shard) -> T:
        total.add(outcome[1])
        if progress is not None:
            progress(outcome[1].bytes_read)
        return outcome[0]

    here = on_this_machine(executor)
    if (executor is None and jobs == 1) or (here and len(shards) <= 1):
        for shard in shards:
            yield done(_run(worker, shard, args), shard)
        return
    # what only this process can read is read here, the rest goes out
    remote = [i for i, shard in enumerate(shards) if shard.portable]
    local = [i for i, shard in enumerate(shards) if not shard.portable]
    pool = _pool(min(jobs, len(remote)) or 1) if executor is None else None
    engine: Executor = pool if pool is not None else executor  # type: ignore[assignment]
    limit = 2 * jobs if here else max(2 * jobs, 64)
    given: Any = args
    if isinstance(engine, DaskExecutor):
        limit = max(limit, 3 * engine.workers)
        if remote:
            given = engine.share(args)
    waiting: dict[Future[tuple[T, ReadReport]], int] = {}
    ready: dict[int, tuple[T, ReadReport]] = {}
    pending = iter(remote)
    next_index = 0
    clean = False

    def submit() -> None:
        while len(waiting) + len(ready) < limit:
            i = next(pending, None)
            if i is None:
                return
            with _starting_processes():
                waiting[engine.submit(_run, worker, shards[i], given)] = i

    try:
        submit()
        for i in local:
            ready[i] = _run(worker, shards[i], args)
            if not ordered:
                yield done(ready.pop(i), shards[i])
        while waiting or ready:
            if waiting:
                finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in finished:
                    i = waiting.pop(future)
                    ready[i] = _outcome(future, shards[i])
            if ordered:
                while next_index in ready:
                    yield done(ready.pop(next_index), shards[next_index])
                    next_index += 1
            else:
                for i in sorted(ready):
                    yield done(ready.pop(i), shards[i])
            submit()
        clean = True
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process died (killed, or the machine ran out of memory); "
            "use fewer --jobs or a smaller --memory"
        ) from error
    finally:
        # processes that are ended complain of cancelled work (Python 3.11)
        if not clean and not isinstance(engine, LocalWorkers):
            for future in waiting:
                future.cancel()
        if pool is not None:
            if clean:
                _dismiss(pool)
            else:
                _end_workers(pool)
