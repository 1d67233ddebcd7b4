"""Kill the real commands at random moments, and see what they leave.

    python -m tests.faults --rounds 300 --seed 1

Each round starts a command as a process, waits for a random part of the time it takes, sends a
signal to it, to one of its workers, or to all of them, and checks:

- the command, and every process it started, is gone soon;
- its output is whole, or there is none; an older file is untouched, or replaced as a whole;
- what it was asked to end with is its exit code, and nothing like a traceback was said;
- no temporary file is left; after SIGKILL, which lets nobody clean up, the next run does;
- that next run writes the same bytes as a run that nobody disturbed.

Rounds that fail are shown, and make the exit code 1.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"

# Texts of any size are shared among processes: else only large ones would be.
PROGRAM = """
import sys
from nlpzero_cli import signals, start
kind = sys.argv.pop(1)
listen = signals.install
def begin():
    listen()
    open("begun", "w").close()
    if kind == "processes":
        import nlpzero.engine.parallel as parallel
        import nlpzero.segmentation.writing as writing
        import nlpzero.text.corpus as corpus
        parallel._THREADS_WITHOUT_QUEUE = parallel._BYTES_WORTH_A_PROCESS = 0
        corpus._LEAST_SHARD = writing._LEAST_SHARED = 10_000
signals.install = begin
start.main()
"""

COMMANDS: dict[str, list[str]] = {
    "discover": ["discover", "text", "-q", "--format", "jsonl"],
    "ngrams": ["ngrams", "text", "-q"],
    "train": ["train", "text", "-q"],
    "count": ["count", "text", "-q"],
    "merge": ["merge", "a.nz", "b.nz", "-q"],
    "segment": ["segment", "--model", "base", "long", "-q"],
    "rules": ["rules", "--text", "text", "--min-support", ".01", "-q"],
    "templates": ["templates", "text", "-q"],
}
WITHOUT_JOBS = {"merge", "rules"}
SIGNALS = ("KILL", "TERM", "INT", "HUP")
TARGETS = ("parent", "parent", "worker", "group")
OLD = b"the older output\n"

# seconds from a signal to the end of a command, and from its end to that of its workers, where the
# machine has little else to do
TO_END = 2.0
WORKERS_TO_END = 2.0
# seconds that anything may take at all
HUNG = 300.0


@dataclass(frozen=True)
class Round:
    """What is done in one round."""

    command: str
    jobs: int
    kind: str  # threads, processes
    signal: str
    target: str
    moment: float  # as a part of the time the command takes undisturbed
    older: bool  # whether there is an older output

    @classmethod
    def drawn(cls, random: random.Random) -> "Round":
        """A round at random."""
        return cls(
            random.choice(sorted(COMMANDS)),
            random.choice((1, 2, 4)),
            random.choice(("threads", "processes", "processes")),
            random.choice(SIGNALS),
            random.choice(TARGETS),
            round(random.uniform(0, 1), 3),
            random.random() < 0.5,
        )


@dataclass
class Outcome:
    """What came of it; `faults` is empty if all was as promised."""

    code: int
    end_seconds: float  # from the signal to the end of the command
    workers_seconds: float  # and from then to the end of the last of its processes
    processes: int
    done: bool  # the output was written nevertheless
    left: list[str]
    faults: list[str]


class Workshop:
    """A folder with texts, and how long each command takes and what it writes undisturbed.

    Parameters
    ----------
    folder : Path
        Must be empty.
    patience : float
        Factor on the limits of time, for machines that are busy.
    """

    def __init__(self, folder: Path, patience: float = 1.0) -> None:
        self.folder = folder
        self.patience = patience
        self.tmp = folder / "tmp"
        self.tmp.mkdir()
        text = b"".join((SAMPLES / name).read_bytes() for name in ("news.txt", "reviews.txt"))
        (folder / "text").write_bytes(text[: text.index(b"\n", 40_000) + 1])
        (folder / "long").write_bytes(text * 12)
        self._seconds: dict[tuple[str, str], float] = {}
        self._expected: dict[str, bytes] = {}
        self.begun = folder / "begun"  # whether the program, rather than the interpreter, has begun
        for name, source in (("a.nz", "news.txt"), ("b.nz", "reviews.txt")):
            self._run(["ngrams", str(SAMPLES / source), "-q", "-o", name])

    def _start(
        self, args: list[str], kind: str = "threads", mark: str = ""
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, kind, *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env={**os.environ, "TMPDIR": str(self.tmp), "NLPZERO_ROUND": mark or "none"},
            start_new_session=True,
        )

    def _run(self, args: list[str], kind: str = "threads") -> None:
        process = self._start(args, kind)
        _, said = process.communicate(timeout=HUNG)
        if process.returncode:
            raise RuntimeError(f"{args}: exit code {process.returncode}: {said.decode()}")

    def _args(self, command: str, jobs: int, output: str) -> list[str]:
        args = [*COMMANDS[command], "-o", output]
        return args if command in WITHOUT_JOBS else [*args, "-j", str(jobs)]

    def seconds(self, command: str, kind: str) -> float:
        """How long a command takes when nobody disturbs it, with two jobs."""
        if (command, kind) not in self._seconds:
            args = self._args(command, 2, "expected")
            if command not in self._expected:  # what is measured should not be compiling
                self._run(args, kind)
            begun = time.monotonic()
            self._run(args, kind)
            self._seconds[command, kind] = time.monotonic() - begun
            written = (self.folder / "expected").read_bytes()
            if self._expected.setdefault(command, written) != written:
                raise RuntimeError(f"{command} writes other bytes with {kind}")
        return self._seconds[command, kind]

    def play(self, plan: Round) -> Outcome:
        """Do what a round says, and look at what is left."""
        wait = plan.moment * self.seconds(plan.command, plan.kind)
        output = self.folder / "output"
        output.unlink(missing_ok=True)
        if plan.older:
            output.write_bytes(OLD)
        self.begun.unlink(missing_ok=True)
        mark = f"{os.getpid()}-{time.monotonic_ns()}"
        number = getattr(signal, f"SIG{plan.signal}")
        args = self._args(plan.command, plan.jobs, "output")
        process = self._start(args, plan.kind, mark)
        time.sleep(wait)
        family = [pid for pid in _marked(mark) if _is_worker(pid)]
        begun_then = self.begun.exists()
        sent = _send(number, plan.target, process.pid, family)
        begun = time.monotonic()
        faults = []
        try:
            _, said = process.communicate(timeout=HUNG)
        except subprocess.TimeoutExpired:
            faults.append("hangs")
            os.killpg(process.pid, signal.SIGKILL)
            said = b""
            process.wait()
        ended = time.monotonic()
        while _marked(mark) and time.monotonic() - ended < HUNG:
            time.sleep(0.02)
        gone = time.monotonic()

        to_parent = sent and plan.target != "worker"
        if to_parent and ended - begun > TO_END * self.patience:
            faults.append(f"ends after {ended - begun:.1f} s")
        if gone - ended > WORKERS_TO_END * self.patience:
            faults.append(f"its workers end after {gone - ended:.1f} s")
        done = self._judge_output(plan, output, process.returncode, faults)
        # until then, the interpreter tells of Ctrl-C in its own way
        if begun_then or plan.signal != "INT":
            self._judge_end(plan, sent, process.returncode, said.decode("utf-8", "replace"), faults)
        killed = sent and plan.signal == "KILL"
        left = self._left()
        if left and not killed:
            faults.append(f"leaves {left}")
        if killed or plan.target == "worker":
            self._run(self._args(plan.command, 1, "output"))
            if output.read_bytes() != self._expected[plan.command]:
                faults.append("the next run writes other bytes")
            if still := self._left():
                faults.append(f"the next run leaves {still}")
        return Outcome(
            process.returncode,
            round(ended - begun, 2),
            round(gone - ended, 2),
            len(family) + 1,
            done,
            left,
            faults,
        )

    def _judge_output(self, plan: Round, output: Path, code: int, faults: list[str]) -> bool:
        written = output.read_bytes() if output.exists() else None
        if written == self._expected[plan.command]:
            return True
        if code == 0:
            faults.append("exit code 0 without the output")
        if written != (OLD if plan.older else None):
            faults.append("the output is not whole")
        return False

    def _judge_end(self, plan: Round, sent: bool, code: int, said: str, faults: list[str]) -> None:
        number = int(getattr(signal, f"SIG{plan.signal}"))
        if not sent or plan.target == "worker":
            allowed = {0, 1}  # a worker that had no more to do is not missed
        else:
            allowed = {0, 128 + number, -number}
        if code not in allowed:
            faults.append(f"exit code {code}")
        if "Traceback" in said:
            faults.append(f"says {said[-1500:]}")

    def _left(self) -> list[str]:
        names = [f"tmp/{name}" for name in os.listdir(self.tmp)]
        return names + [name for name in os.listdir(self.folder) if name.endswith(".part")]


def _marked(mark: str) -> list[int]:
    """Processes of a round, whoever their parent is now."""
    found = []
    wanted = f"NLPZERO_ROUND={mark}".encode()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found.append(int(name))
            except OSError:
                continue  # gone, or of another user
    return found


def _is_worker(pid: int) -> bool:
    """Whether it is a worker, rather than the command or what Python itself starts beside them."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"--multiprocessing-fork" in file.read()
    except OSError:
        return False


def _send(number: int, target: str, parent: int, family: list[int]) -> bool:
    """Send a signal; False if there is nobody to have it."""
    try:
        if target == "group":
            os.killpg(parent, number)
        elif target == "parent":
            os.kill(parent, number)
        else:
            os.kill(max(family), number)
    except (ProcessLookupError, ValueError):
        return False
    return True


def main() -> int:
    """Play rounds, and tell of them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=1.0, help="factor on the limits of time")
    parser.add_argument("--out", type=Path, help="a folder for the record")
    options = parser.parse_args()
    # what is started in the background ignores Ctrl-C, and so would the commands
    signal.signal(signal.SIGINT, signal.default_int_handler)
    source = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    played: list[tuple[Round, Outcome]] = []
    try:
        workshop = Workshop(folder, options.patience)
        for i in range(options.rounds):
            plan = Round.drawn(source)
            outcome = workshop.play(plan)
            played.append((plan, outcome))
            print(i + 1, plan, outcome, flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bad = [pair for pair in played if pair[1].faults]
    print(summary(played))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({**asdict(plan), **asdict(outcome)}) for plan, outcome in played]
        (options.out / "rounds.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for plan, outcome in bad:
        print(plan, outcome.faults)
    return 1 if bad else 0


def summary(played: list[tuple[Round, Outcome]]) -> str:
    """How many rounds of each signal there were, and how they ended."""
    lines = []
    for name in SIGNALS:
        rounds = [(plan, outcome) for plan, outcome in played if plan.signal == name]
        if not rounds:
            continue
        codes = Counter(outcome.code for _, outcome in rounds)
        own = [outcome for plan, outcome in rounds if plan.target != "worker"]
        lines.append(
            f"{name}: {len(rounds)} rounds, exit codes {dict(sorted(codes.items()))}, "
            f"end after at most {max((o.end_seconds for o in own), default=0):.2f} s, workers "
            f"{max(o.workers_seconds for _, o in rounds):.2f} s later, "
            f"{sum(bool(o.left) for _, o in rounds)} left files, "
            f"{sum(bool(o.faults) for _, o in rounds)} faults"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
