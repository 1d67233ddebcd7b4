"""This version against another one, whole commands in turn, with the results compared.

Usage: python benchmarks/bench_versions.py --before PYTHON --data FOLDER [--rounds N] [--only NAMES]

PYTHON is an interpreter with the other version installed (python3 -m venv other; other/bin/pip
install nlpzero==0.1.0). FOLDER holds raw/news.txt.gz and raw/tech.txt.gz (any Chinese text, one
sentence or paragraph a line), transactions/retail.csv.gz or any of its kind, and gold/.
"""

import argparse
import gzip
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness import NLPZERO, WORK, Benchmark, Case, digest


def text_of(files: Sequence[Path], size: int, path: Path) -> int:
    """Whole lines of some files, at most so many bytes; returns how many."""
    written = 0
    with open(path, "wb") as out:
        for file in files:
            with gzip.open(file, "rb") as lines:
                for line in lines:
                    if written + len(line) > size:
                        return written
                    out.write(line)
                    written += len(line)
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--before", required=True, metavar="PYTHON")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="comma-separated names of comparisons")
    args = parser.parse_args()
    before = [args.before, "-m", "nlpzero_cli"]
    raw = args.data.resolve() / "raw"
    WORK.mkdir(parents=True, exist_ok=True)
    large = text_of([raw / "news.txt.gz", raw / "tech.txt.gz"], 60_000_000, WORK / "large.txt")
    middle = text_of([raw / "news.txt.gz"], 13_000_000, WORK / "middle.txt")
    small = text_of([raw / "reviews.txt.gz"], 5_000_000, WORK / "small.txt")
    (transactions,) = sorted((args.data / "transactions").glob("retail.csv.gz"))[:1]
    train = ["train", "-q", "-j", "1", "middle.txt", "-o"]
    subprocess.run([*NLPZERO, *train, "model.nz"], cwd=WORK, check=True)

    def pair(name: str, *command: str, out: str = "", size: int | None = None) -> None:
        if args.only and name not in args.only.split(","):
            return
        cases = []
        for label, program in (("before", before), ("now", NLPZERO)):
            target = f"{label}-{out}"
            given = [target if word == "OUT" else word for word in command]
            result = (lambda target=target: digest(WORK / target)) if out else None
            cases.append(Case(label, [*program, *given], size=size, result=result))
        bench.compare(name, cases, rounds=args.rounds)

    bench = Benchmark(
        "versions",
        "This version against 0.1.0, whole commands",
        data=f"News and articles of technology: {large / 1e6:.0f} MB for counting and discovery, "
        f"{middle / 1e6:.0f} MB of news for learning and segmenting, {small / 1e6:.0f} MB of "
        f"reviews for templates; {transactions.name} for rules. What the commands wrote is "
        "compared byte for byte, save the time that a model notes of its own training.",
    )
    for jobs in ("1", "2"):
        counting = ["ngrams", "-q", "-j", jobs, "large.txt", "-o", "OUT"]
        pair(f"ngrams -j {jobs}", *counting, out="counts.nz", size=large)
    discover = ["discover", "-q", "-j", "1", "--method", "cohesion", "large.txt"]
    pair("discover --method cohesion", *discover, size=large)
    pair("discover", "discover", "-q", "-j", "1", "middle.txt", size=middle)
    segment = ["segment", "-q", "-j", "1", "--model", "model.nz", "middle.txt"]
    pair("segment --model", *segment, size=middle)
    pair(
        "count --model", "count", "-q", "-j", "1", "--model", "model.nz", "middle.txt", size=middle
    )
    pair("count --whitespace", "count", "-q", "-j", "1", "--whitespace", "large.txt", size=large)
    pair("templates", "templates", "-q", "-j", "1", "--model", "model.nz", "small.txt", size=small)
    # 0.1.0 reads thresholds as --strict does
    rules = ["rules", "-q", "--strict", "--min-support", "0.01", "--min-confidence", "0.3"]
    pair("rules", *rules, "--format", "tsv", str(transactions))
    learning = [*train, "OUT"]
    # a model holds how long it took to learn: what it cuts is compared, once, behind the rounds
    if not args.only or "train" in args.only.split(","):
        cases = [
            Case(
                label,
                [*program, *(f"{label}-model.nz" if w == "OUT" else w for w in learning)],
                size=middle,
                result=lambda label=label: cut_by(f"{label}-model.nz"),
            )
            for label, program in (("before", before), ("now", NLPZERO))
        ]
        bench.compare("train", cases, rounds=max(1, args.rounds // 2))
    bench.write()


def cut_by(model: str) -> bytes:
    """The news as a model cuts them."""
    command = [*NLPZERO, "segment", "-q", "--model", model, "middle.txt"]
    return subprocess.run(command, cwd=WORK, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main()
