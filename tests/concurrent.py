"""Many commands at once: on one model, and on an empty cache of compiled code.

Usage: python -m tests.concurrent [--segments 100] [--first 8]

Prints what was run and whether all answers were right; exit code 1 if not.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "story.txt"
NLPZERO = [sys.executable, "-m", "nlpzero_cli"]


def answers(commands: list[list[str]], environment: dict[str, str]) -> list[tuple[int, bytes]]:
    """Exit code and output of commands that all run at the same time."""
    started = [
        subprocess.Popen(
            [*NLPZERO, *command],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for command in commands
    ]
    found = []
    for process in started:
        out, _ = process.communicate(timeout=600)
        found.append((process.returncode, out))
    return found


def segments(count: int, folder: Path) -> bool:
    """Whether so many commands at once, on one model file, all cut as one alone does."""
    model = str(folder / "model.nz")
    subprocess.run([*NLPZERO, "train", "-q", str(SAMPLE), "-o", model], check=True)
    command = ["segment", "-q", "--model", model, "-j", "1", str(SAMPLE)]
    alone = answers([command], {})[0]
    return alone[0] == 0 and set(answers([command] * count, {})) == {alone}


def first_runs(count: int, folder: Path) -> bool:
    """Whether so many commands that find nothing compiled all answer as one does that finds all."""
    cache = {"NUMBA_CACHE_DIR": str(folder / "cache")}
    command = ["ngrams", "-q", "--lengths", "2", "--min-count", "5", "--format", "tsv", str(SAMPLE)]
    found = answers([command] * count, cache)
    return found[0][0] == 0 and len({*found, *answers([command], cache)}) == 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=100)
    parser.add_argument("--first", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        right = [segments(args.segments, folder), first_runs(args.first, folder)]
    print(f"{args.segments} times segment on one model: {'same' if right[0] else 'DIFFERENT'}")
    print(f"{args.first} first runs at once: {'same' if right[1] else 'DIFFERENT'}")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
