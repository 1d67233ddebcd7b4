"""The long commands, and what they read, for measuring memory and growth of all of them."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from harness import NLPZERO, WORK, run_command

# what the interpreter and the compiled code may take beside the budget, in MB
BESIDE = 130

#: By name; TEXT and BASKETS are the inputs. `merge` reads what the commands before it wrote.
COMMANDS = {
    "ngrams": ["ngrams", "TEXT", "-o", "counts.nz"],
    "merge": ["merge", "counts.nz", "counts.nz", "-o", "merged.nz"],
    "ngrams --order 6": ["ngrams", "--order", "6", "TEXT", "-o", "counts6.nz"],
    "merge (order 6)": ["merge", "counts6.nz", "counts6.nz", "-o", "merged6.nz"],
    "discover": ["discover", "TEXT", "-o", "words.tsv"],
    "discover --method cohesion": ["discover", "--method", "cohesion", "TEXT", "-o", "words.tsv"],
    "discover --method min-entropy": [
        *("discover", "--method", "min-entropy", "TEXT", "-o", "words.tsv")
    ],
    "train": ["train", "TEXT", "-o", "learned.nz"],
    "train --method nvbe": ["train", "--method", "nvbe", "TEXT", "-o", "nvbe.nz"],
    "train --method lm": ["train", "--method", "lm", "TEXT", "-o", "lm.nz"],
    "train --method lm --order 5": [
        *("train", "--method", "lm", "--order", "5", "TEXT", "-o", "lm5.nz")
    ],
    "segment": ["segment", "TEXT", "-o", "cut.txt"],
    "segment --model": ["segment", "--model", "model.nz", "TEXT", "-o", "cut.txt"],
    "count --model": ["count", "--model", "model.nz", "TEXT", "-o", "list.tsv"],
    "count --whitespace": ["count", "--whitespace", "cut.txt", "-o", "list.tsv"],
    "count --ngrams 1-3": ["count", "--ngrams", "1-3", "TEXT", "-o", "list.tsv"],
    "templates": ["templates", "--model", "model.nz", "TEXT", "-o", "templates.tsv"],
    "rules --text": [
        *("rules", "--text", "--model", "model.nz", "--min-support", "0.001"),
        *("--max-len", "2", "TEXT", "-o", "rules.tsv"),
    ],
    "rules": ["rules", "--min-support", "0.01", "BASKETS", "-o", "rules.tsv"],
}
_WITHOUT_JOBS = ("merge", "rules")


@dataclass
class Run:
    """One run of a command: seconds, CPU seconds of all its processes, peak of them all in MB."""

    wall: float
    cpu: float
    peak: float


def chosen(only: str) -> list[str]:
    """Names of the commands that begin with one of some comma-separated words; all by default."""
    return [name for name in COMMANDS if name.startswith(tuple(only.split(",")))]


def train_model(text: str, names: list[str]) -> None:
    """Learn ``model.nz``, if some of the commands use it."""
    if any("model.nz" in COMMANDS[name] for name in names):
        run_command([*NLPZERO, "train", "-q", text, "-o", "model.nz"])


def run(name: str, text: str, baskets: str, memory: str, jobs: str) -> Run:
    """Run a command in the scratch folder."""
    inputs = {"TEXT": text, "BASKETS": baskets}
    words = [inputs.get(word, word) for word in COMMANDS[name]]
    if not name.startswith(_WITHOUT_JOBS):
        words += ["-j", jobs]
    before = _cpu()
    wall, peak, _, _ = run_command([*NLPZERO, *words, "-q", "--memory", memory])
    assert peak is not None, "memory can be watched on Linux only"
    found = Run(wall, _cpu() - before, peak)
    told = f"{found.wall:.1f} s, {found.cpu:.1f} CPU s"
    print(f"{name}, {text}, {memory}: {found.peak:.0f} MB, {told}", flush=True)
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def baskets(size: int, name: str) -> None:
    """Write made-up baskets of up to 20 of 240,000 items, a few of them frequent."""
    import numpy as np

    random = np.random.default_rng(0)
    path = Path(WORK / name)
    if path.exists() and os.path.getsize(path) >= size:
        return
    with open(path, "w", encoding="ascii") as file:
        while file.tell() < size:
            lengths = random.integers(2, 20, 10_000)
            items = (240_000 * random.random(int(lengths.sum())) ** 6).astype(int).tolist()
            at = 0
            for n in lengths.tolist():
                file.write(",".join(f"item{i}" for i in items[at : at + n]) + "\n")
                at += n
