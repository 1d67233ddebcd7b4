"""Loops compiled before they are called: by another process beside the one that waits for them, or
for good on a machine that will need them.

Which loops a job needs, for which types of arguments and in which order, stands in
``kernels.json``, recorded from such jobs. Nothing depends on its being complete or up to date: what
is missing there is compiled when it is called.

``python -m nlpzero.engine.compiling_ahead JOB`` compiles the loops of one job, the last ones first,
while the process that started it goes from the first to the last; it ends with that process.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from nlpzero.engine.jit import Kernel

#: job -> loops in the order of their first calls: [module:name, types of the arguments]
_LISTS = Path(__file__).with_name("kernels.json")


class Prepared(NamedTuple):
    """What :func:`compile_all` did.

    Parameters
    ----------
    compiled, ready : int
        Loops that were compiled, and that had been before.
    """

    compiled: int
    ready: int


def recorded_jobs() -> dict[str, list[list[Any]]]:
    """Loops of each recorded job, in the order of their first calls."""
    jobs: dict[str, list[list[Any]]] = json.loads(_LISTS.read_text(encoding="utf-8"))
    return jobs


def compile_all(jobs: int = 1) -> Iterator[Prepared]:
    """Compile the loops of all recorded jobs that the cache lacks, and tell how far that is.

    Parameters
    ----------
    jobs : int >= 1
        Processes that do it.

    Yields
    ------
    Prepared
        So far; the last one is the whole.
    """
    groups: dict[str, dict[str, list[Any]]] = {}
    for entries in recorded_jobs().values():
        for entry in entries:  # loops of one module share what they call
            groups.setdefault(entry[0].partition(":")[0], {})[json.dumps(entry)] = entry
    work = sorted((list(group.values()) for group in groups.values()), key=len, reverse=True)
    total = Prepared(0, 0)
    yield total
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_compile_group, group) for group in work]):
            part = done.result()
            total = Prepared(total.compiled + part.compiled, total.ready + part.ready)
            yield total


def _compile_group(entries: list[list[Any]]) -> Prepared:
    done = [_compile(entry) for entry in entries]
    return Prepared(done.count(True), done.count(False))


def _compile(entry: list[Any]) -> bool | None:
    """Compile a loop unless it is kept; whether it had to be, None if there is no such loop."""
    module, _, name = entry[0].partition(":")
    kernel = getattr(import_module(module), name, None)
    if not isinstance(kernel, Kernel):
        return None
    from nlpzero.engine.compiling import read_type

    loop: Any = kernel.compiled()
    loop.compile(tuple(read_type(written) for written in entry[1]))
    return bool(loop.stats.cache_misses)


def _main(job: str, parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it, and it has nothing to say
    if hasattr(os, "nice"):
        os.nice(1)
    for entry in reversed(recorded_jobs().get(job, [])):
        if os.name == "posix" and os.getppid() != parent:
            return
        with suppress(Exception):  # whoever calls the loop will be told
            _compile(entry)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
