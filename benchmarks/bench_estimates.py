"""What `--dry-run` says beforehand, against what the run then takes.

Usage: python benchmarks/bench_estimates.py --data FOLDER [--made-up 80M] [--memory 256M]
           [--jobs 2] [--only NAMES]

FOLDER holds raw/*.txt.gz, any Chinese text, of which 80 MB are read; the made-up text is made.
"""

import argparse
import re
import shutil
import threading
from pathlib import Path

from bench_versions import text_of
from generate import generate
from harness import NLPZERO, WORK, Benchmark, run_command

from nlpzero.engine.resources import parse_size

COMMANDS = {
    "ngrams": (["ngrams", "-o", "out.nz"], "different windows of 4"),
    "count --whitespace": (["count", "--whitespace", "-o", "out.tsv"], "different words"),
    "count --ngrams 1-3": (["count", "--ngrams", "1-3", "-o", "out.tsv"], "different words"),
    "count --model base": (["count", "--model", "base", "-o", "out.tsv"], "different words"),
    "segment --model base": (["segment", "--model", "base", "-o", "out.txt"], None),
    "train": (["train", "-o", "out.nz"], None),
    "train --method nvbe": (["train", "--method", "nvbe", "-o", "out.nz"], None),
    "train --method lm": (["train", "--method", "lm", "-o", "out.nz"], "n-grams of the model"),
    "discover --method cohesion": (["discover", "--method", "cohesion", "-o", "out.tsv"], None),
    "segment": (["segment", "-o", "out.txt"], None),
    "discover": (["discover", "-o", "out.tsv"], None),
}


class Watch(threading.Thread):
    """The largest sum of the files below a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.peak, self.done = folder, 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.05):
            size = 0
            for path in self.folder.rglob("*"):
                try:
                    size += path.stat().st_size if path.is_file() else 0
                except OSError:
                    continue
            self.peak = max(self.peak, size)


def said(text: str) -> dict[str, float]:
    """The rows of a table of `--dry-run`: bytes, seconds, numbers."""
    found = {}
    for line in text.splitlines():
        name, value = re.split(r"  +", line.strip(), maxsplit=1)
        if name == "time":
            number, unit = value.split()[:2]
            found[name] = float(number) * {"s": 1, "min": 60, "h": 3600}[unit]
        elif value.endswith("B"):
            found[name] = float(parse_size(value))
        else:
            found[name] = float(value.replace(",", ""))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--made-up", default="80M")
    parser.add_argument("--memory", default="256M")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--only", default="", help="comma-separated names of commands")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    files = sorted((args.data.resolve() / "raw").glob("*.txt.gz"))
    texts = {}
    if files:
        text_of(files, 84_000_000, WORK / "estimated-real.txt")
        texts["real"] = WORK / "estimated-real.txt"
    made = WORK / f"estimated-{args.made_up}.txt"
    generate(made, parse_size(args.made_up))
    texts["made-up"] = made
    bench = Benchmark(
        "estimates",
        "What --dry-run says, and what the run takes",
        data="Estimate / truth; one run of each. The text was read before, so it is in the cache "
        f"of the disk. --memory {args.memory} --jobs {args.jobs}.",
    )
    lines = [
        "| text | command | dry run s | seconds | memory MB | temporary MB | output MB | found |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    folder = WORK / "estimated-tmp"
    for kind, text in texts.items():
        for name, (command, count) in COMMANDS.items():
            if args.only and name not in args.only.split(","):
                continue
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            more = ["--memory", args.memory, "-j", args.jobs, "--tmpdir", str(folder)]
            run = [*NLPZERO, *command, *more, str(text)]
            spent, _, _, out = run_command([*run, "--dry-run"])
            told = said(out.decode())
            watch = Watch(folder)
            watch.start()
            seconds, peak, _, _ = run_command(run)
            watch.done.set()
            assert peak is not None, "memory can be watched on Linux only"
            written = (WORK / command[-1]).stat().st_size
            cells = [
                f"{told['time']:.3g} / {seconds:.3g}",
                f"{told['memory'] / 2**20:.0f} / {peak:.0f}",
                f"{told['temporary files'] / 2**20:.0f} / {watch.peak / 2**20:.0f}",
                f"{told['output'] / 2**20:.3g} / {written / 2**20:.3g}",
                f"{told[count]:,.0f} / {different(command)}" if count else "",
            ]
            lines.append(f"| {kind} | `{name}` | {spent:.1f} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    bench.note("\n".join(lines))
    bench.write()


def different(command: list[str]) -> str:
    """What the run found of what was counted, as the result says."""
    import nlpzero

    path = WORK / command[-1]
    if command[0] == "ngrams":
        return f"{len(nlpzero.NGramCounts.load(path)):,}"
    if command[0] == "train":
        return f"{sum(nlpzero.read_header(path)[1]['training']['ngrams']):,}"
    if command[0] == "count":
        with open(path, "rb") as file:
            return f"{sum(1 for _ in file) - 1:,}"
    raise ValueError(f"nothing is counted by {command}")


if __name__ == "__main__":
    main()
