"""Counting n-grams: speed in process and as a command, two jobs, memory under a budget, growth.

Usage: python benchmarks/bench_ngrams.py [--data FOLDER] [--rounds N]

FOLDER has news.txt, tech.txt and reviews.txt; without it only made-up text is counted.
"""

import argparse
from pathlib import Path

from bench_discover import concatenated
from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero


def whole_process(
    bench: Benchmark, title: str, cases: dict[str, tuple[Path, list[str]]], rounds: int
) -> None:
    """Run `nlpzero ngrams` once per case; cases on the same text must write the same bytes."""
    same = len({path for path, _ in cases.values()}) == 1
    bench.compare(
        title,
        [
            Case(
                name,
                [*NLPZERO, "ngrams", str(path), "-q", *more, "-o", f"counts{i}.nz"],
                size=path.stat().st_size,
                result=lambda i=i: digest(WORK / f"counts{i}.nz"),
            )
            for i, (name, (path, more)) in enumerate(cases.items())
        ],
        rounds=rounds,
        check=None if same else lambda results: True,
    )


def speed(bench: Benchmark, name: str, path: Path, rounds: int) -> None:
    corpus = nlpzero.Corpus(path)
    size = path.stat().st_size

    def count(jobs: int) -> tuple[int, int, int]:
        counts = nlpzero.count_ngrams(corpus, resources=nlpzero.Resources(jobs=jobs))
        return len(counts), counts.total, int(counts.keys.sum() % (1 << 61))

    bench.compare(
        f"count_ngrams of {name} in process",
        [Case(f"{jobs} jobs", lambda jobs=jobs: count(jobs), size=size) for jobs in (1, 2)],
        rounds=rounds,
    )
    whole_process(
        bench,
        f"nlpzero ngrams of {name}, the whole process with the file written",
        {
            "-j 1": (path, ["-j", "1"]),
            "-j 2": (path, ["-j", "2"]),
            "-j 1 --memory 256M": (path, ["-j", "1", "--memory", "256M"]),
        },
        rounds,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    real, what = concatenated(options.data)
    bench = Benchmark("counting", "Counting n-grams", data=f"{what}, and made-up text")
    if what != "made-up text":
        speed(bench, what, real, options.rounds)
    made_up = {}
    for size in (20_000_000, 200_000_000):
        made_up[size] = WORK / f"made-up-{size}.txt"
        generate(made_up[size], size)
    whole_process(
        bench,
        "made-up text with ever new n-grams, ten times as much, -j 1 --memory 256M",
        {
            f"{size // 1_000_000} MB": (path, ["-j", "1", "--memory", "256M"])
            for size, path in made_up.items()
        },
        max(1, options.rounds // 2),
    )
    bench.write()


if __name__ == "__main__":
    main()
