"""Feeds every reader with inputs that nobody meant, in this process, and says what came of it.

Usage: python -m tests.fuzz [READER ...] [--rounds 2000 | --seconds N] [--seed 0] [--record]

Inputs are made from the seeds in tests/fuzz/seeds: bytes, lines, numbers, brackets and encodings
are changed, a few times each; compressed files and .nz files before and after they are packed. Each
is read, and what was read is used. Allowed are: it is read; or it is refused with a child of
NlpzeroError, in one line. Wrong are any other error or warning, an answer that depends on the size
of blocks or cannot be written, more than 10 s, and 200 MB more memory than before.
"""

import argparse
import csv
import faulthandler
import shlex
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path

from tests import damage
from tests.fuzz.readers import READERS, clear, seeds_of
from tests.fuzz.rounds import WRONG, Outcome, limit_memory, play, warm_up

_GIB = 1 << 30
# a disk would be what takes longest
_MEMORY = Path("/dev/shm")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--rounds", type=int, default=2000, help="inputs for each reader")
    parser.add_argument("--seconds", type=float, help="time for each reader, instead of --rounds")
    parser.add_argument("--first", type=int, default=0, help="number of the first round")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for inputs that went wrong")
    parser.add_argument("--record", metavar="NAME", help="write to benchmarks/runs/<date>-NAME")
    args = parser.parse_args()
    faulthandler.enable()
    rows: dict[str, tuple[Counter[str], float]] = {}
    found: dict[str, tuple[str, int, Outcome]] = {}
    unknown = set(args.readers) - set(READERS)
    if unknown:
        parser.error(f"no such reader: {', '.join(sorted(unknown))}")
    for name in args.readers or READERS:
        with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
            rows[name] = run(args, name, Path(folder), found)
        counted, seconds = rows[name]
        print(f"{name}: {dict(counted)} in {seconds:.0f} s", flush=True)
        if args.record:
            record(args, rows, found)
    sys.exit(1 if found else 0)


def run(
    args: argparse.Namespace, name: str, folder: Path, found: dict[str, tuple[str, int, Outcome]]
) -> tuple[Counter[str], float]:
    """All rounds of a reader."""
    seeds = seeds_of(name, folder)
    warm_up(name, seeds, folder)
    clear(folder)
    limit_memory(2 * _GIB)
    counted: Counter[str] = Counter()
    started = time.perf_counter()
    number = args.first
    while (
        number < args.first + args.rounds
        if args.seconds is None
        else time.perf_counter() < started + args.seconds
    ):
        # where compiled code never returns, nothing but the end of the process helps
        faulthandler.dump_traceback_later(300, exit=True)
        outcome = play(name, seeds, folder, args.seed, number)
        counted[outcome.result] += 1
        if outcome.result in WRONG and f"{name} {outcome.where}" not in found:
            found[f"{name} {outcome.where}"] = name, number, outcome
            print(f"{name}, round {number}: {outcome.result}: {outcome.where}\n{outcome.said}")
            if args.keep:
                args.keep.mkdir(parents=True, exist_ok=True)
                (args.keep / f"{name}-{number}").write_bytes((folder / "input").read_bytes())
        number += 1
    faulthandler.cancel_dump_traceback_later()
    return counted, time.perf_counter() - started


def record(
    args: argparse.Namespace,
    rows: dict[str, tuple[Counter[str], float]],
    found: dict[str, tuple[str, int, Outcome]],
) -> None:
    """Write the figures to benchmarks/runs."""
    folder = damage.ROOT / "benchmarks" / "runs" / f"{date.today().isoformat()}-{args.record}"
    folder.mkdir(parents=True, exist_ok=True)
    columns = ("read", "refused", *WRONG)
    lines = [
        "# Inputs that nobody meant",
        "",
        __doc__.split("\n\n")[2].strip(),
        "",
        *(f"- {name}: {value}" for name, value in damage.benchmark("harness").machine().items()),
        f"- run: python -m tests.fuzz {shlex.join(sys.argv[1:])}",
        "",
        "| reader | inputs | " + " | ".join(columns) + " | s |",
        "|---|" + "--:|" * (len(columns) + 2),
    ]
    for name, (counted, seconds) in rows.items():
        cells = " | ".join(f"{counted[column]:,}" for column in columns)
        lines.append(f"| {name} | {sum(counted.values()):,} | {cells} | {seconds:.0f} |")
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    with open(folder / "raw.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["reader", "result", "inputs"])
        for name, (counted, _) in rows.items():
            table.writerows([name, result, counted[result]] for result in columns)
        for name, number, outcome in found.values():
            table.writerow([name, f"{outcome.result}: {outcome.where}", f"round {number}"])


if __name__ == "__main__":
    main()
