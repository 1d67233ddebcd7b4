"""What the machine offers and what a run may use: cores, memory, and a report of what was read."""

import os
from dataclasses import dataclass


def available_cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory() -> int:
    """Bytes of memory of the machine, or of its control group if that has less."""
    sizes = []
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            with open(name, encoding="ascii") as file:
                sizes.append(int(file.read()))
        except (OSError, ValueError):  # no such limit: "max", or another system
            continue
    return min(sizes, default=4 << 30)


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
        Bytes not valid in the encoding that were replaced or left out. A lone surrogate in JSON or in a
        string counts as one.
    """

    bytes_read: int = 0
    bad_bytes: int = 0

    def add(self, other: "ReadReport") -> None:
        """Add what another reader read."""
        self.bytes_read += other.bytes_read
        self.bad_bytes += other.bad_bytes
