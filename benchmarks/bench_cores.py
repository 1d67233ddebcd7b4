"""Whole commands with one job and with two, in turn; and counting against another version.

Usage: python benchmarks/bench_cores.py --text FILE --learn FILE [--before PYTHON] [--rounds N]
       [--only NAMES]

FILE is any Chinese text in UTF-8, one sentence or paragraph a line: 84 MB and more to count and to
segment, 13 MB to learn from. PYTHON is an interpreter with the other version (python3 -m venv
other; other/bin/pip install nlpzero==0.1.0).
"""

import argparse
import hashlib
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from harness import NLPZERO, WORK, Benchmark, Case, digest

from nlpzero import NGramCounts, load_segmenter


def rows_of(path: Path) -> str:
    """A table of counts, however it is stored."""
    total = hashlib.sha256()
    for keys, counts in NGramCounts.load(path).chunks():
        total.update(np.ascontiguousarray(keys).data)
        total.update(np.ascontiguousarray(counts).data)
    return total.hexdigest()[:16]


def tables_of(path: Path) -> str:
    """What a model holds, without the time that its training took."""
    total = hashlib.sha256()
    for array in load_segmenter(path).learned:  # type: ignore[attr-defined]
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()[:16]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", required=True, type=Path, metavar="FILE")
    parser.add_argument("--learn", required=True, type=Path, metavar="FILE")
    parser.add_argument("--before", metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="comma-separated names of comparisons")
    args = parser.parse_args()
    text, learn = args.text.resolve(), args.learn.resolve()
    size, learned = text.stat().st_size, learn.stat().st_size
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [*NLPZERO, "train", "-q", str(learn), "-o", "cores-model.nz"], cwd=WORK, check=True
    )
    bench = Benchmark(
        "cores",
        "One job and two",
        data=f"{size / 1e6:.0f} MB of text to count and to segment, {learned / 1e6:.0f} MB to "
        "learn from. What the commands wrote is compared byte for byte; of models what they hold, "
        "without the time that they note of their own training.",
    )
    told: list[str] = []

    def measure(
        name: str, programs: dict[str, list[str]], command: list[str], result: Callable[[Path], str]
    ) -> None:
        """Each program with one job and with two."""
        if args.only and name not in args.only.split(","):
            return
        cases = []
        for label, program in programs.items():
            for jobs in ("1", "2"):
                out = WORK / f"cores-{'now' if program is NLPZERO else 'before'}-{jobs}.out"
                cases.append(
                    Case(
                        f"{label}{jobs} job{'s' if jobs == '2' else ''}",
                        [*program, *command, "-q", "-j", jobs, "-o", out.name],
                        size=learned if command[0] == "train" else size,
                        result=lambda out=out: result(out),
                    )
                )
        bench.compare(name, cases, rounds=args.rounds)
        seconds = {
            case.name: [row.seconds for row in bench.measurements if row.case == case.name]
            for case in cases
        }
        seconds = {case: runs[-args.rounds :] for case, runs in seconds.items()}
        pairs = [(cases[i].name, cases[i + 1].name) for i in range(0, len(cases), 2)]
        pairs += [(cases[i].name, cases[i + 2].name) for i in range(len(cases) - 2)]
        for first, second in pairs:
            ratios = [a / b for a, b in zip(seconds[first], seconds[second], strict=True)]
            told.append(
                f"| {name} | {first} | {second} | {statistics.median(ratios):.2f} "
                f"({min(ratios):.2f}-{max(ratios):.2f}) |"
            )

    now = {"": NLPZERO}
    both = {"before, ": [args.before, "-m", "nlpzero_cli"], **now} if args.before else now
    measure("ngrams", both, ["ngrams", str(text)], rows_of)
    measure("cohesion", now, ["discover", "--method", "cohesion", str(text)], digest)
    model = ["--model", "cores-model.nz", str(text)]
    measure("count --model", now, ["count", *model], digest)
    measure("segment", now, ["segment", *model], digest)
    measure("train", now, ["train", str(learn)], tables_of)
    measure("discover", now, ["discover", str(text)], digest)
    head = "| command | case | beside | times as fast: median of pairs (range) |\n|---|---|---|--:|"
    bench.note("\n".join(["## How many times as fast", "", head, *told]))
    bench.write()


if __name__ == "__main__":
    main()
