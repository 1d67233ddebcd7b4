"""How long small jobs take as processes, warm and cold, and how fast the base cuts.

Usage: python benchmarks/bench_start.py [--old COMMAND] [--rounds N] [--cold N]

The program that runs is `nlpzero` of the environment whose Python runs this; environments with
SciPy load it together with Numba and so hide what is measured. COMMAND is the program of an older
version in an environment of its own; it cuts with a model that it learns from the samples.

Cold is a run with an empty folder of compiled loops; --cold 0 leaves that out.
"""

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
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


def run(command: list[str], **variables: str) -> tuple[float, float, bytes]:
    """Wall and CPU seconds of a command, and what it printed."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command,
        cwd=WORK,
        input=SENTENCE,
        env=environment | variables,
        capture_output=True,
        check=True,
    )
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, done.stdout


def small_jobs(program: str) -> dict[str, list[str]]:
    """The main commands on small inputs, which are made here."""
    text = "".join(path.read_text(encoding="utf-8") for path in SAMPLES)
    for name, size in (("1k", 400), ("10k", 4_000), ("100k", 40_000)):
        (WORK / f"text-{name}").write_text(text[:size] + "\n", encoding="utf-8")
        cut = subprocess.run(
            [program, "segment", "-q", "--model", "base", f"text-{name}"],
            cwd=WORK,
            capture_output=True,
            check=True,
        )
        (WORK / f"spaced-{name}").write_bytes(cut.stdout)
    draw = random.Random(1)
    for rows in (1_000, 10_000, 100_000):
        lines = (
            ",".join({f"item{min(int(draw.paretovariate(0.6)), 200)}" for _ in range(6)})
            for _ in range(rows)
        )
        (WORK / f"rows-{rows}").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (WORK / "text").write_text(text, encoding="utf-8")
    made = [program, "train", "-q", "text", "-o", "model.nz"]
    subprocess.run(made, cwd=WORK, check=True)
    commands = {
        "segment --model model.nz, one sentence": ["segment", "--model", "model.nz"],
        "segment --model base, one sentence": ["segment", "--model", "base"],
        "segment, one sentence": ["segment"],
        **{f"count --whitespace, {n}B": ["count", "--whitespace", f"spaced-{n}"] for n in _SIZES},
        **{f"count, {n}B": ["count", f"text-{n}"] for n in _SIZES},
        **{f"ngrams, {n}B": ["ngrams", f"text-{n}", "-o", "out"] for n in _SIZES},
        **{
            f"discover --method cohesion, {n}B": ["discover", "--method", "cohesion", f"text-{n}"]
            for n in _SIZES
        },
        **{f"rules, {n:,} rows": ["rules", f"rows-{n}"] for n in (1_000, 10_000, 100_000)},
        "discover, the samples": ["discover", "text"],
        "train, the samples": ["train", "text", "-o", "out.nz"],
        "templates, the samples": ["templates", "text"],
    }
    return {name: [program, *command, "-q"] for name, command in commands.items()}


_SIZES = ("1k", "10k", "100k")


def warm_and_cold(program: str, warm: int, cold: int) -> str:
    """A table: each small job with all loops compiled before, and with none."""
    lines = [
        "| what | warm: wall, s | CPU, s | cold: wall, s | CPU, s | loops compiled |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, command in small_jobs(program).items():
        run(command)
        found = [run(command)[:2] for _ in range(warm)]
        cells = [f"{min(values):.2f}" for values in zip(*found, strict=True)]
        loops = 0
        times = []
        for _ in range(cold):
            with tempfile.TemporaryDirectory() as folder:
                times.append(run(command, NUMBA_CACHE_DIR=folder)[:2])
                loops = len(list(Path(folder).rglob("*.nbi")))
        cells += [f"{min(values):.2f}" for values in zip(*times, strict=True)]
        lines.append(f"| {' | '.join([name, *cells, *([str(loops)] if cold else [])])} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cold", type=int, default=1)
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
    bench.note(
        "Small jobs, the least of some runs. Cold: the folder of compiled loops is empty; a second "
        "process compiles beside the first where a core is idle, whose loops count where it was "
        "done in time.\n\n" + warm_and_cold(program, max(3, args.rounds // 3), args.cold)
    )
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
