"""Peak memory of every long command under a budget, on real and on made-up text.

Usage: python benchmarks/bench_memory.py --data FOLDER [--memory 256M] [--jobs 2] [--only NAMES]
           [--texts real,made-up]

FOLDER holds raw/*.txt.gz, any Chinese text, of which 80 MB are read; the made-up text is made.
"""

import argparse
import subprocess
from pathlib import Path

from bench_versions import text_of
from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, run_command

# what the interpreter and the compiled code may take beside the budget, in MB
BESIDE = 130


def transactions(path: Path, size: int) -> None:
    """Made-up baskets of up to 20 of 240,000 items, a few of them frequent."""
    import numpy as np

    random = np.random.default_rng(0)
    with open(path, "w", encoding="ascii") as file:
        while file.tell() < size:
            lengths = random.integers(2, 20, 10_000)
            items = (240_000 * random.random(int(lengths.sum())) ** 6).astype(int).tolist()
            at = 0
            for n in lengths.tolist():
                file.write(",".join(f"item{i}" for i in items[at : at + n]) + "\n")
                at += n


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--memory", default="256M")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--texts", default="real,made-up")
    parser.add_argument("--only", default="", help="comma-separated beginnings of commands")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    raw = args.data.resolve() / "raw"
    files = sorted(raw.glob("*.txt.gz"))
    real = text_of(files, 80_000_000, WORK / "real.txt")
    texts = args.texts.split(",")
    if "made-up" in texts and not (WORK / "made-up.txt").exists():
        generate(WORK / "made-up.txt", 300_000_000)
    if not (WORK / "baskets.csv").exists():
        transactions(WORK / "baskets.csv", 300_000_000)
    text_of([raw / "news.txt.gz"], 13_000_000, WORK / "news.txt")
    subprocess.run([*NLPZERO, "train", "-q", "news.txt", "-o", "model.nz"], cwd=WORK, check=True)
    bench = Benchmark(
        "memory",
        f"Peak memory under --memory {args.memory}",
        data=f"{real / 1e6:.0f} MB of real text of all kinds, 300 MB of made-up text, and 300 MB "
        "of made-up baskets. One run of each command; MB are 2^20 bytes.",
    )
    text = {
        "ngrams": ["ngrams", "TEXT", "-o", "counts.nz"],
        "ngrams --order 6": ["ngrams", "--order", "6", "TEXT", "-o", "counts6.nz"],
        "merge (two of order 6)": ["merge", "counts6.nz", "counts6.nz", "-o", "merged.nz"],
        "discover": ["discover", "TEXT", "-o", "words.tsv"],
        "discover --method cohesion": ["discover", "--method", "cohesion", "TEXT", "-o", "w.tsv"],
        "discover --method min-entropy": [
            *("discover", "--method", "min-entropy", "TEXT", "-o", "w.tsv")
        ],
        "train": ["train", "TEXT", "-o", "learned.nz"],
        "train --method nvbe": ["train", "--method", "nvbe", "TEXT", "-o", "nvbe.nz"],
        "train --method lm": ["train", "--method", "lm", "TEXT", "-o", "lm.nz"],
        "segment --model": ["segment", "--model", "model.nz", "TEXT", "-o", "cut.txt"],
        "segment": ["segment", "TEXT", "-o", "cut.txt"],
        "count --model": ["count", "--model", "model.nz", "TEXT", "-o", "words.tsv"],
        "count --whitespace": ["count", "--whitespace", "TEXT", "-o", "words.tsv"],
        "count --ngrams 1-3": ["count", "--ngrams", "1-3", "TEXT", "-o", "words.tsv"],
        "templates": ["templates", "--model", "model.nz", "TEXT", "-o", "templates.tsv"],
        "rules --text": [
            *("rules", "--text", "--model", "model.nz", "--min-support", "0.001"),
            *("--max-len", "2", "TEXT", "-o", "rules.tsv"),
        ],
    }
    jobless = ("merge", "rules")
    rows = []
    for name, command in text.items():
        if args.only and not any(name.startswith(part) for part in args.only.split(",")):
            continue
        figures = []
        for file in (f"{text}.txt" for text in texts):
            given = [file if word == "TEXT" else word for word in command]
            jobs = [] if name.startswith(jobless) else ["-j", args.jobs]
            figures.append(measure(bench, name, [*given, "-q", "--memory", args.memory, *jobs]))
        rows.append((name, " | ".join(figures)))
    if not args.only or "rules" in args.only.split(","):
        baskets = ["rules", "--min-support", "0.01", "baskets.csv", "-o", "rules.tsv"]
        peak = measure(bench, "rules", [*baskets, "-q", "--memory", args.memory])
        rows.append(("rules (300 MB of baskets)", " | ".join([peak, *[""] * (len(texts) - 1)])))
    sizes = {"real": "80 MB real", "made-up": "300 MB made-up"}
    lines = [
        f"| command | {' | '.join(sizes[text] for text in texts)} |",
        "|---" * (1 + len(texts)),
    ]
    lines[1] += "|"
    lines += [f"| `{name}` | {peaks} |" for name, peaks in rows]
    bench.note(
        "## Peaks of the process tree, MB\n\n"
        + "\n".join(lines)
        + f"\n\nThe budget is {args.memory}; the interpreter and the compiled code take about "
        f"{BESIDE} MB beside it. Every command was given `--jobs {args.jobs}` where it has them."
    )
    bench.write()


def measure(bench: Benchmark, name: str, command: list[str]) -> str:
    """Peak of one run, and its seconds, for the table."""
    case = Case(name, [*NLPZERO, *command])
    seconds, peak, _, _ = run_command(list(case.run))  # type: ignore[arg-type]
    assert peak is not None, "memory can be watched on Linux only"
    print(f"{name}: {peak:.0f} MB, {seconds:.1f} s", flush=True)
    return f"{peak:.0f} ({seconds:.0f} s)"


if __name__ == "__main__":
    main()
