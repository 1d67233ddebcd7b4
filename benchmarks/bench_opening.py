"""What checking files costs: opening models, and `discover --counts`, against another version.

Usage: python benchmarks/bench_opening.py --old CHECKOUT --data FOLDER

CHECKOUT holds the source of the other version. FOLDER holds text files, any Chinese text; 75 MB of
it are counted and learned from. CPU seconds are compared, in turn, so that others on the machine
disturb little.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from harness import NLPZERO, ROOT, WORK, Benchmark

_OPEN = """
import json, sys, time
import nlpzero
nlpzero.load_segmenter(sys.argv[1])
found = []
for _ in range(7):
    started = time.process_time()
    nlpzero.load_segmenter(sys.argv[1])
    found.append(time.process_time() - started)
print(json.dumps(min(found)))
"""


def run(source: Path, command: list[str]) -> tuple[float, bytes]:
    """CPU seconds of a command and its children, and what it printed."""
    before = os.times()
    done = subprocess.run(
        command,
        cwd=WORK,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        check=True,
    )
    after = os.times()
    seconds = after.children_user + after.children_system
    return seconds - before.children_user - before.children_system, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--old", required=True, type=Path)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    sources = {"before": args.old.resolve(), "now": ROOT}
    text = b"".join(path.read_bytes() for path in sorted(args.data.glob("*.txt")))[:75_000_000]
    (WORK / "opening.txt").write_bytes(text[: text.rindex(b"\n") + 1])
    commands = {
        "counts": ["ngrams"],
        "learned": ["train", "--no-base"],
        "lm": ["train", "--method", "lm"],
    }
    for name, command in commands.items():
        made = [*NLPZERO, *command, "-q", "opening.txt", "-o", f"{name}.nz"]
        if not (WORK / f"{name}.nz").exists():
            subprocess.run(made, cwd=WORK, check=True)
    bench = Benchmark(
        "opening",
        "What checking files costs",
        data=f"Files made from {len(text) / 1e6:.0f} MB of text. CPU seconds, in turn.",
    )
    lines = ["| what | MB | before, s | now, s | difference (median of pairs, range) |"]
    lines.append("|---|--:|--:|--:|--:|")
    jobs = {
        "open the learned model": ("learned", [sys.executable, "-c", _OPEN, "learned.nz"]),
        "open the language model": ("lm", [sys.executable, "-c", _OPEN, "lm.nz"]),
        "discover --counts": ("counts", [*NLPZERO, "discover", "-q", "--counts", "counts.nz"]),
    }
    for what, (name, command) in jobs.items():
        found: dict[str, list[float]] = {version: [] for version in sources}
        printed = set()
        for turn in range(-1, args.rounds):
            for version, source in sources.items():
                seconds, out = run(source, command)
                if command[1] == "-c":
                    seconds = json.loads(out)
                else:
                    printed.add(out)
                if turn >= 0:
                    found[version].append(seconds)
        if len(printed) > 1:
            raise RuntimeError(f"{what}: results differ")
        pairs = [b - a for a, b in zip(found["before"], found["now"], strict=True)]
        size = (WORK / f"{name}.nz").stat().st_size / 1e6
        lines.append(
            f"| {what} | {size:.1f} | {statistics.median(found['before']):.4f} | "
            f"{statistics.median(found['now']):.4f} | {statistics.median(pairs):+.4f} "
            f"({min(pairs):+.4f} to {max(pairs):+.4f}) |"
        )
        print(lines[-1], flush=True)
    bench.note("\n".join(lines))
    bench.note(
        f"{args.rounds} pairs. Models are opened again in one process, the best of seven; the "
        "version before\nmapped them and compared no checksum. Results of `discover` are the same."
    )
    bench.write()


if __name__ == "__main__":
    main()
