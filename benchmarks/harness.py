"""Paired measurements: time, peak memory of the process tree, equality of results, and a record of
it all.

The cases of a comparison run in turn (A B A B ...), because the speed of a machine drifts; so
ratios are taken round by round, and their median is what counts. See README.md in this folder for
how to write a benchmark.
"""

import csv
import hashlib
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "benchmarks" / "scratch"  # not in version control
RUNS = ROOT / "benchmarks" / "runs"
NLPZERO = [sys.executable, "-m", "nlpzero_cli"]

_INTERVAL = 0.02  # seconds between looks at memory
_ABSOLUTE = re.compile(r"(?<![\w:/.~])(?:/[\w.+-]+)+/([\w.+-]+)")


@dataclass
class Case:
    """One thing to measure.

    Attributes
    ----------
    name : str
    run : command or callable
        A command is a list of strings, run as a process of its own, with its memory; a callable
        runs in this process, without.
    size : int, optional
        Bytes of input, for MB/s.
    result : callable, optional
        Called after every round, not timed; whatever it returns is compared between the cases. By
        default what a callable returned, and the standard output of a command.
    """

    name: str
    run: Sequence[str] | Callable[[], Any]
    size: int | None = None
    result: Callable[[], Any] | None = None


@dataclass
class Measurement:
    """One run of one case."""

    comparison: str
    case: str
    round: int
    seconds: float
    peak_mb: float | None
    largest_mb: float | None
    result: str


def digest(*paths: str | Path) -> str:
    """SHA-256 over the contents of files, shortened."""
    total = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while data := file.read(1 << 20):
                total.update(data)
    return total.hexdigest()[:16]


def _fingerprint(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 16:
        return value
    data = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
    return hashlib.sha256(data).hexdigest()[:16]


# --- memory ---------------------------------------------------------------------------------------


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, new = [], [root]
    while new:
        found += new
        new = [child for parent in new for child in children.get(parent, [])]
    return found


def _pss(process: int) -> int:
    """Proportional set size in bytes: pages shared by k processes count 1/k in each."""
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def _high_water(process: int) -> int:
    """The largest resident set a process has had since its program was started, in bytes."""
    try:
        with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


class _Watch(threading.Thread):
    """Looks at the memory of a process tree again and again and keeps the largest figures."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.peak = self.largest = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(_INTERVAL):
            tree = _tree(self.process)
            self.peak = max(self.peak, sum(map(_pss, tree)))
            self.largest = max(self.largest, *map(_high_water, tree))


def run_command(command: Sequence[str]) -> tuple[float, float | None, float | None, bytes]:
    """Run a command to its end.

    Returns
    -------
    seconds, peak_mb, largest_mb, stdout
        Peak memory of the process tree: the largest sum of proportional set sizes seen every 20 ms.
        The largest resident set any one of its processes had is the kernel's own high-water mark,
        which misses no peak between two looks, but counts shared pages in full. None where the
        system does not tell.

    Raises
    ------
    RuntimeError
        The command failed.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    output = WORK / f"stdout.{os.getpid()}"
    errors = WORK / f"stderr.{os.getpid()}"
    linux = os.path.exists("/proc/self/smaps_rollup")
    try:
        with open(output, "wb") as out, open(errors, "wb") as err:
            started = time.perf_counter()
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=WORK
            )
            watch = _Watch(process.pid)
            try:
                if linux:
                    watch.start()
                code = process.wait()
                seconds = time.perf_counter() - started
            except BaseException:
                process.kill()
                raise
            finally:
                watch.done.set()
        if code:
            message = errors.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise RuntimeError(f"exit code {code}: {shlex.join(command)}\n{message}")
        peak, largest = (
            size / (1 << 20) if linux else None for size in (watch.peak, watch.largest)
        )
        return seconds, peak, largest, output.read_bytes()
    finally:
        output.unlink(missing_ok=True)
        errors.unlink(missing_ok=True)


# --- the record -----------------------------------------------------------------------------------


def _first(path: str, key: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                if line.startswith(key):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return "unknown"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _git(*args: str) -> str:
    try:
        done = subprocess.run(
            ["git", *args], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def machine() -> dict[str, str]:
    """What must be known to compare figures with others."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count()
    commit = _git("rev-parse", "--short", "HEAD") or "unknown"
    changed = " with local changes" if _git("status", "--porcelain", "--untracked-files=no") else ""
    kind = "/".join(_first("/proc/cpuinfo", name) for name in ("cpu family", "model\t"))
    return {
        "processor": f"{_first('/proc/cpuinfo', 'model name')} (family/model {kind}), {cores} "
        "cores",
        "vectors": vectors(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba")},
        "nlpzero": f"{_version('nlpzero')}, commit {commit}{changed}",
    }


_SORT = """
import time
import numpy as np
keys = np.random.default_rng(0).integers(0, 1 << 63, 1 << 20, np.uint64)
def seconds():
    copy, begun = keys.copy(), time.process_time()
    copy.sort()
    return time.process_time() - begun
print(f"{min(seconds() for _ in range(3)) * 1000:.0f}")
"""


def vectors() -> str:
    """What NumPy finds of vector instructions, and how fast it sorts by them, and without the
    widest: on some processors these are the slower ones.
    """
    from numpy._core._multiarray_umath import __cpu_features__ as features

    level = max((name for name, there in features.items() if there and "X86_V" in name), default="")
    told = []
    for off in ("", "X86_V4 AVX512_ICL"):
        environment = {**os.environ, **({"NPY_DISABLE_CPU_FEATURES": off} if off else {})}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _SORT],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        told.append(done.stdout.strip() or "?")
    return (
        f"{level or platform.machine()}; numpy.sort of 2^20 random keys {told[0]} ms, without "
        f"AVX-512 {told[1]} ms"
    )


class Others:
    """How much of the machine other programs used since this was made."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._busy, self._own = self._seconds()

    @staticmethod
    def _seconds() -> tuple[float, float]:
        own = sum(os.times()[:4])
        try:
            with open("/proc/stat", encoding="ascii") as file:
                user, nice, system = map(int, file.readline().split()[1:4])
        except (OSError, ValueError):
            return own, own
        return (user + nice + system) / os.sysconf("SC_CLK_TCK"), own

    def __str__(self) -> str:
        busy, own = self._seconds()
        cores = ((busy - self._busy) - (own - self._own)) / (time.perf_counter() - self._begun)
        verdict = "idle" if cores < 0.1 else "busy with other work"
        return f"{verdict}: others used {max(cores, 0.0):.2f} cores on average"


@dataclass
class Benchmark:
    """Comparisons on one subject, written to ``benchmarks/runs/<date>-<name>/``.

    Attributes
    ----------
    name : str
        Short, for the folder.
    title : str
        What is measured, for the heading.
    data : str
        On what.
    packages : sequence of str
        Further packages whose versions matter.
    """

    name: str
    title: str
    data: str = ""
    packages: Sequence[str] = ()
    measurements: list[Measurement] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    _others: Others = field(default_factory=Others)

    def note(self, text: str) -> None:
        """Add a paragraph to the record: what is unfair, what was left out."""
        self.sections.append(text.strip())
        print(text.strip())

    def compare(
        self,
        name: str,
        cases: Sequence[Case],
        *,
        rounds: int = 5,
        warm_up: int = 1,
        check: Callable[[dict[str, Any]], bool] | None = None,
    ) -> dict[str, float]:
        """Run the cases in turn, `rounds` times, and record times, memory and ratios to the first.

        Parameters
        ----------
        name : str
            Heading of the table.
        cases : sequence of Case
            The first is what the others are compared with.
        rounds : int >= 1
        warm_up : int
            Rounds before these that are not counted: compilation, the disk cache.
        check : callable, optional
            Takes the results by case name and says whether the work was equal; by default all must
            be equal. ``check=lambda results: True`` for cases that do different work.

        Returns
        -------
        dict
            Median seconds by case.

        Raises
        ------
        RuntimeError
            A command failed, or the results are not equal.
        """
        rows: list[Measurement] = []
        for turn in range(-warm_up, rounds):
            results: dict[str, Any] = {}
            for case in cases:
                peak = largest = None
                if callable(case.run):
                    started = time.perf_counter()
                    value = case.run()
                    seconds = time.perf_counter() - started
                else:
                    seconds, peak, largest, value = run_command(case.run)
                results[case.name] = value if case.result is None else case.result()
                if turn >= 0:
                    rows.append(
                        Measurement(
                            name,
                            case.name,
                            turn,
                            seconds,
                            peak,
                            largest,
                            _fingerprint(results[case.name]),
                        )
                    )
            equal = (
                check(results)
                if check is not None
                else len({_fingerprint(value) for value in results.values()}) == 1
            )
            if not equal:
                prints = {name: _fingerprint(value) for name, value in results.items()}
                raise RuntimeError(f"{name}: results differ: {prints}")
        self.measurements += rows
        self.sections.append(self._table(name, cases, rows, check is None))
        print(self.sections[-1], flush=True)
        return {
            case.name: statistics.median(row.seconds for row in rows if row.case == case.name)
            for case in cases
        }

    @staticmethod
    def _table(name: str, cases: Sequence[Case], rows: list[Measurement], same: bool) -> str:
        base = [row.seconds for row in rows if row.case == cases[0].name]
        lines = [
            f"## {name}",
            "",
            "| case | median s | MB/s | time / first (median, range) | peak MB "
            + "| largest process MB |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for case in cases:
            mine = [row for row in rows if row.case == case.name]
            seconds = [row.seconds for row in mine]
            median = statistics.median(seconds)
            ratios = [a / b for a, b in zip(seconds, base, strict=True)]
            ratio = f"{statistics.median(ratios):.3g} ({min(ratios):.3g}-{max(ratios):.3g})"
            speed = f"{case.size / 1e6 / median:.4g}" if case.size else ""
            memory = [
                f"{max(values):.0f}" if (values := [v for v in column if v is not None]) else ""
                for column in ([row.peak_mb for row in mine], [row.largest_mb for row in mine])
            ]
            ratio = "1" if case is cases[0] else ratio
            lines.append(
                f"| {case.name} | {median:.4g} | {speed} | {ratio} | {memory[0]} | {memory[1]} |"
            )
        lines += [
            "",
            f"{len(base)} rounds in turn; results {'equal' if same else 'checked'} in every round.",
        ]
        commands = [(case.name, shlex.join(case.run)) for case in cases if not callable(case.run)]
        if commands:
            lines += ["", "```", *(f"{name}: {text}" for name, text in commands), "```"]
        return "\n".join(lines).replace(sys.executable, "python").replace(f"{ROOT}{os.sep}", "")

    def write(self) -> Path:
        """Write README.md and raw.csv, and return their folder."""
        folder = RUNS / f"{date.today().isoformat()}-{self.name}"
        folder.mkdir(parents=True, exist_ok=True)
        others = str(self._others)
        facts = machine() | {name: _version(name) for name in self.packages}
        facts["the machine was"] = others
        lines = [f"# {self.title}", ""]
        lines += [self.data, ""] if self.data else []
        lines += [f"- {name}: {value}" for name, value in facts.items()]
        lines += [
            f"- run: python {shlex.join([os.path.relpath(sys.argv[0], ROOT), *sys.argv[1:]])}",
            "",
            "MB are 10^6 bytes in speeds and 2^20 in memory. Peak MB is the largest sum of",
            "proportional set sizes over the process tree, looked at every 20 ms; the largest",
            "process is the largest resident set of any one process, as the kernel counted it.",
            "",
        ]
        text = "\n".join(lines) + "\n" + "\n\n".join(self.sections) + "\n"
        # where things lie on this machine is nobody's business: an absolute path becomes its last
        # part
        text = _ABSOLUTE.sub(r"\1", text)
        (folder / "README.md").write_text(text, encoding="utf-8", newline="\n")
        with open(folder / "raw.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(Measurement.__dataclass_fields__)
            for row in self.measurements:
                table.writerow(
                    [format(v, ".6g") if isinstance(v, float) else v for v in vars(row).values()]
                )
        print(f"written to {folder}")
        return folder
