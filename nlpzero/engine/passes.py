"""Passes of workers over a text, within one budget: what every long run needs and none writes
again.

A run opens its passes once: :func:`open_passes` makes the temporary folder and starts the workers,
all passes share them, and both are gone when the block ends, however it ends.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

from nlpzero.engine.checkpoints import Stage
from nlpzero.engine.cluster import DaskExecutor
from nlpzero.engine.common_store import CommonStore, folder_at
from nlpzero.engine.parallel import (
    LocalThreads,
    Shard,
    compiled_workers,
    local_workers,
    map_shards,
    on_this_machine,
)
from nlpzero.engine.resources import ReadReport, Resources, affordable_jobs
from nlpzero.engine.stores import is_url
from nlpzero.engine.temporary import reclaim_in, scratch_folder
from nlpzero.errors import ResourceError

T = TypeVar("T")


class Text(Protocol):
    """What passes read: a corpus, or a shard of one."""

    @property
    def size(self) -> int | None:
        """Bytes as stored, None when unknown."""
        ...

    @property
    def identity(self) -> str:
        """Differs from that of any other text, for checkpoints."""
        ...

    def shards(self, jobs: int = 1) -> Sequence[Shard]:
        """Pieces for workers."""
        ...


X = TypeVar("X", bound=Text)


@dataclass
class Passes(Generic[X]):
    """What the passes of one run share; made by :func:`open_passes`.

    Attributes
    ----------
    text : Corpus or Shard
    resources : Resources
        As given; `jobs` and `executor` here are what the budget and the machine make of them.
    folder : Path
        Temporary files of the run; made when it is first asked for, so that runs that need none
        can do without.
    store : CommonStore or None
        Where workers of a cluster leave sorted runs for each other; None where there is no cluster,
        or no such place. A checkpoint has the runs themselves.
    jobs : int
        Workers that the budget affords.
    executor : Executor or None
        None: one job, in this process; or new processes for each pass.
    read : ReadReport
        What was read, told once, however often the text is read.
    """

    text: X
    resources: Resources
    jobs: int
    executor: Executor | None
    make_folder: Callable[[], Path]
    make_store: Callable[[], str | None] = lambda: None
    read: ReadReport = field(default_factory=ReadReport)
    _told: bool = False

    @cached_property
    def folder(self) -> Path:
        return self.make_folder()

    @property
    def budget(self) -> int:
        """Bytes of memory for the whole run."""
        return self.resources.budget

    @property
    def here(self) -> bool:
        """Whether the workers share this machine's disk."""
        return on_this_machine(self.executor)

    @property
    def threads(self) -> bool:
        """Whether the workers share this process's memory."""
        return isinstance(self.executor, LocalThreads)

    @property
    def single(self) -> bool:
        """Whether all work is done here, by one worker that may read the text as a whole."""
        return self.jobs == 1 and self.here and self.resources.checkpoint is None

    @property
    def share(self) -> int:
        """Bytes of memory for each worker; the parent only merges while they work."""
        return self.budget if self.single else self.budget // self.jobs

    @property
    def worker_folder(self) -> Path | None:
        """Where workers leave what they found, unless it travels: a cluster that does not share
        this machine's disk.
        """
        if self.here:
            return self.folder
        common = self.store is not None and not is_url(self.store.folder)
        return Path(self.store.folder) if common and self.store is not None else None

    @cached_property
    def store(self) -> CommonStore | None:
        if not isinstance(self.executor, DaskExecutor) or self.resources.checkpoint is not None:
            return None
        folder = self.make_store()
        if folder is None:
            return CommonStore(str(self.folder)) if self._seen(self.folder) else None
        if not is_url(folder) and not self._seen(Path(folder)):
            raise ResourceError(
                f"{folder}: not all workers of the cluster can write files there; name a folder "
                "that all machines share, or a URL (--store)"
            )
        return CommonStore(folder)

    def _seen(self, folder: Path) -> bool:
        """Whether all workers of the cluster can write in a folder of this machine."""
        mark = folder / uuid4().hex
        mark.touch()
        try:
            if isinstance(self.executor, DaskExecutor):
                return all(self.executor.everywhere(_is_there, str(mark)))
            assert self.executor is not None  # it is not here
            return self.executor.submit(_is_there, str(mark)).result()
        finally:
            mark.unlink()

    def common_folder(self) -> Path:
        """The folder of the run, where workers leave files for each other.

        Raises
        ------
        ResourceError
            A worker on another machine cannot see it.
        """
        if not self.here and not self._seen(self.folder):
            raise ResourceError(
                f"{self.folder.parent}: not all workers of the cluster can write files there; "
                "name a folder that all machines share (--tmpdir)"
            )
        return self.folder

    def report(self) -> ReadReport:
        """Where the next reading tells what it read."""
        report = ReadReport() if self._told else self.read
        self._told = True
        return report

    def advance(self, stage: str) -> Callable[[int], None] | None:
        """What a reading of the whole text calls with the bytes it read."""
        return self.resources.stage(stage, self.text.size)

    def map(
        self,
        worker: Callable[..., T],
        *args: object,
        stage: str,
        shards: Sequence[Shard] | None = None,
        ordered: bool = False,
    ) -> Iterator[T]:
        """One pass: results of ``worker(shard, *args, report=...)`` as they come.

        Parameters
        ----------
        worker : callable
            Defined at the top level of a module.
        *args
            Picklable.
        stage : str
            Name of this pass for progress.
        shards : sequence of Shard, optional
            Default: the text cut for the number of jobs.
        ordered : bool
            Results in the order of the shards.
        """
        if shards is None:
            shards = self.text.shards(self.jobs)
        progress, report = self.advance(stage), self.report()
        checkpoint, engine = self.resources.checkpoint, (self.jobs, self.executor)
        if checkpoint is None:
            return map_shards(
                worker,
                shards,
                *args,
                jobs=self.jobs,
                executor=self.executor,
                progress=progress,
                report=report,
                ordered=ordered,
            )
        outcomes = _map_rest(checkpoint.stage(stage, self.folder), engine, worker, shards, *args)
        return _told(outcomes, progress, report)

    def aside(self, function: Callable[..., T], *args: Any) -> Callable[[], T]:
        """Begin work beside the next pass, if that is done by threads.

        Call the result for the outcome.
        """
        if isinstance(self.executor, LocalThreads):
            return self.executor.submit(function, *args).result
        return partial(function, *args)


def _is_there(path: str) -> bool:
    return os.access(path, os.R_OK) and os.access(os.path.dirname(path), os.W_OK)


def _reported(
    shard: Any, worker: Callable[..., T], *args: object, report: ReadReport
) -> tuple[str, tuple[T, ReadReport]]:
    """Which piece it was, what the worker found there, and what it read."""
    return shard.identity, (worker(shard, *args, report=report), report)


def _map_rest(
    kept: Stage,
    engine: tuple[int, Executor | None],
    worker: Callable[..., T],
    shards: Sequence[Any],
    *args: object,
) -> Iterator[tuple[T, ReadReport]]:
    """As :func:`map_shards`, in the order of the shards; what was finished before is taken from a
    checkpoint, and what is finished now is kept there at once.
    """
    names = [shard.identity for shard in shards]
    done = {name for name in names if kept.has(name)}
    rest = [shard for shard, name in zip(shards, names, strict=True) if name not in done]
    jobs, executor = engine
    fresh = map_shards(_reported, rest, worker, *args, jobs=jobs, executor=executor)
    for name in names:
        while name not in done:
            finished, outcome = next(fresh)
            kept.keep(finished, outcome)
            done.add(finished)
        yield kept.load(name)
    for _ in fresh:  # it ends what it started
        pass


def _told(
    outcomes: Iterator[tuple[T, ReadReport]],
    progress: Callable[[int], None] | None,
    report: ReadReport,
) -> Iterator[T]:
    for result, read in outcomes:
        report.add(read)
        if progress is not None:
            progress(read.bytes_read)
        yield result


@contextmanager
def open_passes(
    text: X, resources: Resources | None, *, compiled: bool = True
) -> Iterator[Passes[X]]:
    """Start what the passes over a text share.

    Parameters
    ----------
    text : Corpus or Shard
    resources : Resources, optional
        Default ``Resources()``.
    compiled : bool
        Whether workers mostly run compiled loops: then threads take the place of processes where
        they are faster. Python code runs side by side in processes only.

    Yields
    ------
    Passes
    """
    given = Resources() if resources is None else resources
    reclaim_in(given.tmpdir)  # also for runs that will need no folder
    with ExitStack() as folders, ExitStack() as stack:  # workers end before their folder goes
        jobs, executor = given.jobs, given.executor
        if on_this_machine(executor):
            # a process costs memory before it does anything
            jobs = affordable_jobs(jobs, given.budget)
            if jobs == 1:
                executor = None
            elif executor is None:
                workers = compiled_workers(jobs, text.size) if compiled else local_workers(jobs)
                executor = stack.enter_context(workers)
        if given.checkpoint is not None:
            given.checkpoint.expect_text(text.identity)

        def make_folder() -> Path:
            return folders.enter_context(given.scratch())

        def make_store() -> str | None:
            store = executor.store if isinstance(executor, DaskExecutor) else None
            if store is None or not is_url(store):
                return None if store is None else str(folders.enter_context(scratch_folder(store)))
            return folders.enter_context(folder_at(store, f"nlpzero-{uuid4().hex}"))

        yield Passes(text, given, jobs, executor, make_folder, make_store)
