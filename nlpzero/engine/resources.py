"""What a run may use and whom it tells: jobs, memory, temporary folder, executor, progress."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nlpzero.engine.temporary import PathLike, scratch_folder

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.engine.checkpoints import Checkpoint


#: What one process needs at the least; smaller budgets are refused.
LEAST_MEMORY = 16 << 20

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:I?B)?", re.IGNORECASE)


@dataclass(frozen=True)
class Progress:
    """How far a run is; what :attr:`Resources.progress` is called with.

    Attributes
    ----------
    stage : str
        What is being done: ``"count"``, ``"learn"``, ``"segment"`` ...
    done : int
        Units done in this stage.
    total : int or None
        Units in all; None when that is not known beforehand.
    unit : str
        ``"bytes"`` of text as stored, or what the stage counts in: ``"rounds"``, ``"itemsets"`` ...
    facts : mapping of str to number
        What the stage has found so far, for people.
    """

    stage: str
    done: int
    total: int | None
    unit: str = "bytes"
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Resources:
    """What a run may use: said once, and passed on. Results never depend on it.

    Parameters
    ----------
    jobs : int >= 1
        Workers: processes of this machine, or threads where compiled loops do the work.
    memory : int or str, optional
        Bytes to stay within, as a number or as ``"800M"``, ``"2G"`` (powers of 1024), at least 16
        MiB; what does not fit waits on disk. Default: a quarter of the machine's memory, at most 1
        GiB. The interpreter and the compiled code, about 130 MB, come on top.
    tmpdir : path, optional
        Folder for temporary files; default the system's.
    executor : concurrent.futures.Executor, optional
        Runs the work instead of workers of this machine, a Dask client's executor for example.
    progress : callable, optional
        Called with a :class:`Progress` now and then.
    checkpoint : Checkpoint, optional
        Where the run keeps what it has finished, to go on from there if it is ended early.

    Examples
    --------
    >>> Resources(jobs=2, memory="1.5G").budget
    1610612736
    >>> Resources(jobs=0)
    Traceback (most recent call last):
    ...
    ValueError: `jobs` must be an integer >= 1, got 0.
    """

    jobs: int = 1
    memory: int | str | None = None
    tmpdir: PathLike | None = None
    executor: "Executor | None" = None
    progress: Callable[[Progress], object] | None = None
    checkpoint: "Checkpoint | None" = None

    def __post_init__(self) -> None:
        if isinstance(self.jobs, bool) or not isinstance(self.jobs, int) or self.jobs < 1:
            raise ValueError(f"`jobs` must be an integer >= 1, got {self.jobs!r}.")
        if self.memory is not None and self.budget < LEAST_MEMORY:
            raise ValueError(f"`memory` must be at least 16 MiB, got {self.memory!r}.")

    @property
    def budget(self) -> int:
        """Bytes of memory to stay within."""
        if self.memory is None:
            return default_memory()
        return parse_size(self.memory) if isinstance(self.memory, str) else int(self.memory)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A temporary folder that is gone when the block ends."""
        with scratch_folder(self.tmpdir) as folder:
            yield folder

    def tell(
        self, stage: str, done: int, total: int | None, unit: str = "bytes", **facts: float
    ) -> None:
        """Call :attr:`progress`, if there is one."""
        if self.progress is not None:
            self.progress(Progress(stage, done, total, unit, facts))

    def stage(
        self, name: str, total: int | None, unit: str = "bytes"
    ) -> Callable[[int], None] | None:
        """A function that counts up the units it is called with and tells the sum.

        Returns
        -------
        callable or None
            None where nobody listens, so that readers need not call anything.
        """
        if self.progress is None:
            return None
        done = 0

        def advance(units: int) -> None:
            nonlocal done
            done += units
            self.tell(name, done, total, unit)

        return advance


def parse_size(text: str) -> int:
    """Bytes of a size as people write it: ``800M``, ``1.5G``, ``2GiB``, or a number.

    Powers of 1024.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> parse_size("64M"), parse_size("1.5 GiB"), parse_size("100")
    (67108864, 1610612736, 100)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is not a size; write for example 800M, 1.5G or a number of bytes."
        )
    return int(float(match[1]) * _UNITS[match[2].upper()])


def available_cores() -> int:
    """Cores this process may use, at least 1.

    Those it is bound to, or the share of time that a control group (a container) gives it.
    """
    count = getattr(os, "process_cpu_count", None)  # Python 3.13
    if count is not None:
        cores = count() or 1
    elif hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    for folder in _control_groups("cpu"):
        limit = _numbers(folder, "cpu.max")
        if not limit:
            limit = _numbers(folder, "cpu.cfs_quota_us") + _numbers(folder, "cpu.cfs_period_us")
        if len(limit) == 2 and min(limit) > 0:  # time, and out of how much
            cores = min(cores, -(-limit[0] // limit[1]))
    return max(cores, 1)


def available_memory() -> int:
    """Bytes of memory of the machine, or what a control group (a container) or ``ulimit -v`` leaves
    of it.
    """
    sizes = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for folder in _control_groups("memory"):
        sizes += _numbers(folder, "memory.max") or _numbers(folder, "memory.limit_in_bytes")
    limit = address_space()
    if limit is not None:
        sizes.append(limit)
    return min(sizes, default=4 << 30)


def address_space() -> int | None:
    """Bytes of addresses that the process may have (``ulimit -v``); None for any number."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


_GROUPS = "/sys/fs/cgroup"
_OWN_GROUPS = "/proc/self/cgroup"


def _control_groups(controller: str) -> Iterator[str]:
    """Folders of the control groups (Linux) that this process is in, and of those around them."""
    try:
        with open(_OWN_GROUPS, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, ValueError):  # another system
        return
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and controller not in controllers.split(","):
            continue  # of the first version, and of something else
        root = f"{_GROUPS}/{controller}" if controllers else _GROUPS
        # in a container the path may be that outside of it; what it sees is at the root
        parts = [part for part in path.split("/") if part]
        for depth in range(len(parts), -1, -1):
            yield "/".join([root, *parts[:depth]])


def _numbers(folder: str, name: str) -> list[int]:
    """Numbers in a file of a control group; none if there is no limit, or no file."""
    try:
        with open(f"{folder}/{name}", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except (OSError, ValueError):  # "max"
        return []


def default_memory() -> int:
    """Memory budget when none is named: a quarter of the machine's memory, at most 1 GiB."""
    return max(64 << 20, min(available_memory() // 4, 1 << 30))


def affordable_jobs(jobs: int, memory: int) -> int:
    """Processes that a memory budget allows: each takes about 100 MiB before it does any work."""
    return max(1, min(jobs, memory // (192 << 20)))


@dataclass
class ReadReport:
    """What was read: filled while reading, to be looked at afterwards.

    Attributes
    ----------
    bytes_read : int
        Bytes as stored, that is before decompression.
    bad_bytes : int
        Bytes not valid in the encoding that were replaced or left out. A lone surrogate in JSON or
        in a string counts as one.
    """

    bytes_read: int = 0
    bad_bytes: int = 0

    def add(self, other: "ReadReport") -> None:
        """Add what another reader read."""
        self.bytes_read += other.bytes_read
        self.bad_bytes += other.bad_bytes
