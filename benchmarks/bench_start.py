"""How long one sentence takes as a process, and how fast the base cuts.

Usage: python benchmarks/bench_start.py [--old COMMAND] [--rounds N]

The program that runs is `nlpzero` of the environment whose Python runs this; environments with
SciPy load it together with Numba and so hide what is measured. COMMAND is the program of an older
version in an environment of its own; it cuts with a model that it learns from the samples.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import ROOT, WORK, Benchmark

SENTENCE = "我爱北京天安门\n".encode()
SAMPLES = sorted((ROOT / "data" / "samples").glob("*.txt"))

_LOAD = """
import time
import nlpzero.learning.base_segmenter as base
started = time.perf_counter()
base.shipped_base()
print(time.perf_counter() - started)
"""

_SPEED = """
import sys, time
import nlpzero
text = "".join(open(path, encoding="utf-8").read() for path in sys.argv[1:]) * 20
segmenter = nlpzero.load_segmenter()
segmenter.boundaries(text[:100000])
found = []
for _ in range(5):
    started = time.process_time()
    segmenter.boundaries(text)
    found.append(time.process_time() - started)
print(len(text) / min(found))
"""


def run(command: list[str]) -> tuple[float, float, bytes]:
    """Wall and CPU seconds of a command, and what it printed."""
    before, started = os.times(), time.perf_counter()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=WORK, input=SENTENCE, env=environment, capture_output=True, check=True
    )
    seconds, after = time.perf_counter() - started, os.times()
    cpu = after.children_user + after.children_system
    return seconds, cpu - before.children_user - before.children_system, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old")
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    program = str(Path(sys.executable).with_name("nlpzero"))
    commands = {
        "python -c 'import numpy, click'": [sys.executable, "-c", "import numpy, click"],
        "nlpzero --version": [program, "--version"],
        "segment (the base, adapted to the sentence)": [program, "segment", "-q"],
        "segment --model base": [program, "segment", "--model", "base"],
    }
    if args.old:
        made = [args.old, "train", "-q", *map(str, SAMPLES), "-o", "old.nz"]
        subprocess.run(made, cwd=WORK, check=True)
        commands["the older version, segment --model"] = [args.old, "segment", "--model", "old.nz"]
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(-2, args.rounds):
        for name, command in commands.items():
            wall, cpu, _ = run(command)
            if turn >= 0:
                found[name].append((wall, cpu))
    bench = Benchmark(
        "start", "One sentence as a process", data="One sentence of seven characters."
    )
    lines = ["| what | wall, s | CPU, s |", "|---|--:|--:|"]
    for name, pairs in found.items():
        walls, cpus = zip(*pairs, strict=True)
        lines.append(f"| {name} | {statistics.median(walls):.3f} | {statistics.median(cpus):.3f} |")
    bench.note("\n".join(lines))
    loads = [float(run([sys.executable, "-c", _LOAD])[2]) for _ in range(7)]
    speed = float(run([sys.executable, "-c", _SPEED, *map(str, SAMPLES)])[2])
    bench.note(
        f"Medians of {args.rounds} runs in turn, caches warm. Reading the base: "
        f"{1000 * statistics.median(loads):.0f} ms\n(median of 7). The base alone cuts "
        f"{speed / 1e6:.1f} million characters a second (CPU time, one core, the samples)."
    )
    print("\n".join(lines))
    bench.write()


if __name__ == "__main__":
    main()
