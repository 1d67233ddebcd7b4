"""Rounds of fuzzing: one input, with limits of time and memory, and what came of it."""

import contextlib
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import nlpzero
from tests.fuzz.readers import READERS, Finding

SECONDS = 10.0
# beyond what the process has held before
MEMORY = 200 << 20
WRONG = ("error", "answer", "message", "hang", "memory")
_LONGEST_MESSAGE = 2000


class Hang(BaseException):
    """An input took too long."""


class Outcome(NamedTuple):
    """What came of a round.

    result : str
        "read", "refused" (an error of nlpzero in one line), or one of `WRONG`.
    said : str
        The error.
    where : str
        What tells it from other findings: the kind of error and where it came from.
    """

    result: str
    said: str = ""
    where: str = ""


def peak_memory() -> int:
    """Most memory that this process has held, in bytes; 0 where that is not told."""
    if sys.platform != "linux":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`Hang` in what takes longer, in seconds of this process, not of the clock:
    others may be at work.
    """
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def end(number: int, frame: Any) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def chance(name: str, seed: int, number: int) -> Random:
    """What decides in a round."""
    return Random(f"{seed} {name} {number}")


def warm_up(name: str, seeds: list[bytes], folder: Path) -> None:
    """Use the seeds as they are, in some ways each, so that everything is compiled."""
    for number in range(12):
        for seed in seeds:
            path = folder / "input"
            path.write_bytes(seed)
            with contextlib.suppress(nlpzero.NlpzeroError):
                READERS[name].use(path, chance(name, 0, number))


def play(name: str, seeds: list[bytes], folder: Path, seed: int, number: int) -> Outcome:
    """One round; its input stays in the folder."""
    random = chance(name, seed, number)
    reader = READERS[name]
    return judged(name, reader.make(seeds, reader.tokens, random), folder, random)


def judged(name: str, data: bytes, folder: Path, random: Random) -> Outcome:
    """Read an input, and say what came of it."""
    path = folder / "input"
    path.write_bytes(data)
    before = peak_memory()
    try:
        with time_limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("error")
            READERS[name].use(path, random)
        outcome = Outcome("read")
    except nlpzero.NlpzeroError as error:
        said = str(error).replace(str(folder), "")
        tidy = said and "\n" not in said and len(said) <= _LONGEST_MESSAGE
        place = traceback.extract_tb(error.__traceback__)[-1]
        outcome = (
            Outcome("refused", said)
            if tidy
            else Outcome("message", said[:400], f"message {place.name}")
        )
    except Finding as error:
        outcome = Outcome("answer", str(error), f"answer {str(error)[:12]}")
    except Hang:
        outcome = Outcome("hang", traceback.format_exc()[-3000:], "hang")
    except Exception as error:  # noqa: BLE001 (whatever it is, it should not be)
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
        outcome = Outcome("error", traceback.format_exc()[-3000:], where)
    if peak_memory() > before + MEMORY + 100 * len(data):
        outcome = Outcome("memory", f"{(peak_memory() - before) >> 20} MiB", "memory")
    return outcome


def limit_memory(size: int) -> None:
    """Let this process ask for no more, so that a greedy input ends in an error."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            held = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (held + size, resource.RLIM_INFINITY))
