"""The learned segmenter: time and memory of training, speed of segmenting, growth with the size of
the text.

Usage: python benchmarks/bench_learning.py [--data FOLDER] [--rounds N] [--large BYTES]

FOLDER holds news.txt and tech.txt; without it made-up text of the same size takes their place.
--large sets the size of a made-up text (700e6, say) that `discover` goes through, to show that
memory does not grow with it.
"""

import argparse
import sys
from pathlib import Path

from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, digest, run_command

from nlpzero.segmentation.loading import load_segmenter


def training(bench: Benchmark, texts: dict[str, list[Path]], rounds: int) -> None:
    def case(name: str, files: list[Path], *extra: str) -> Case:
        return Case(
            name,
            [*NLPZERO, "train", *map(str, files), *extra, "-q", "-o", f"{name}.nz"],
            size=sum(file.stat().st_size for file in files),
            result=lambda: digest(WORK / f"{name}.nz"),
        )

    small, large = texts["small"], texts["large"]
    bench.compare(
        "nlpzero train, the whole process",
        [
            case("one-job", small, "-j", "1"),
            case("two-jobs", small, "-j", "2"),
            case("nvbe", small, "--method", "nvbe"),
            case("all-of-the-large", large, "-j", "1", "--sample", "1G", "--memory", "2G"),
            case("sample-of-the-large", large, "-j", "1"),
        ],
        rounds=rounds,
        warm_up=0,  # the kernels are compiled, see main
        check=lambda results: results["one-job"] == results["two-jobs"],
    )


def segmenting(bench: Benchmark, text: Path, rounds: int) -> None:
    size = text.stat().st_size
    block = text.read_text("utf-8")[:4_000_000]
    for model in ("one-job", "nvbe"):
        segmenter = load_segmenter(WORK / f"{model}.nz")
        seconds = bench.compare(
            f"in process, one core, {len(block):,} characters, model {model}",
            [
                Case("boundaries", lambda s=segmenter: int(s.boundaries(block).sum())),
                Case("segmented text", lambda s=segmenter: len(s.segment_to_text(block))),
                Case("probabilities", lambda s=segmenter: float(s.probabilities(block).sum())),
            ],
            rounds=rounds,
            check=lambda results: all(results.values()),
        )
        speeds = [f"{name} {len(block) / s / 1e6:.2f}" for name, s in seconds.items()]
        bench.note(f"In million characters a second: {', '.join(speeds)}.")
    bench.compare(
        "nlpzero segment --model, the whole process",
        [
            Case(
                f"{jobs} job{'s' * (jobs > 1)}",
                [
                    *(*NLPZERO, "segment", str(text), "--model", "one-job.nz"),
                    *("-j", str(jobs), "-q", "-o", f"out{jobs}.txt"),
                ],
                size=size,
                result=lambda jobs=jobs: digest(WORK / f"out{jobs}.txt"),
            )
            for jobs in (1, 2)
        ],
        rounds=rounds,
    )


def growth(bench: Benchmark, sizes: list[float], rounds: int) -> None:
    cases = []
    for size in sizes:
        path = WORK / f"made-up-{size:.0f}.txt"
        generate(path, int(size))
        cases.append(
            Case(
                f"{size / 1e6:.0f} MB",
                [*NLPZERO, "discover", str(path), "-j", "1", "-q", "-o", "words.tsv"],
                size=path.stat().st_size,
                result=lambda: (WORK / "words.tsv").stat().st_size,
            )
        )
    bench.compare(
        "nlpzero discover on made-up text of growing size",
        cases,
        rounds=rounds,
        warm_up=0,
        check=lambda results: all(results.values()),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with news.txt and tech.txt")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--large", type=float, default=70e6)
    options = arguments.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    files = [options.data / name for name in ("news.txt", "tech.txt")] if options.data else []
    if files and all(file.exists() for file in files):
        about = "news.txt (12.9 MB) and tech.txt (56.2 MB), raw text"
    else:
        about = "made-up text of 13 and 56 MB (the corpora were not there)"
        print(about, file=sys.stderr)
        files = [WORK / "induction-small.txt", WORK / "induction-large.txt"]
        generate(files[0], 13_000_000)
        generate(files[1], 56_000_000)
    files = [file.resolve() for file in files]
    bench = Benchmark("induction", "The learned segmenter: time and memory", data=f"{about}.")
    run_command([*NLPZERO, "train", str(files[0]), "-q", "-o", "warm-up.nz"])
    training(bench, {"small": files[:1], "large": files}, options.rounds)
    segmenting(bench, files[0], options.rounds)
    growth(bench, [5e6, options.large / 10, options.large], 1)
    bench.write()


if __name__ == "__main__":
    main()
