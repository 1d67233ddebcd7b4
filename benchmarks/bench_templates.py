"""Sentence templates and parsing: end to end from raw text, memory, and how parsing grows with
length.

Usage: python benchmarks/bench_templates.py [--data FOLDER] [--rounds N]

FOLDER holds reviews.txt and news.txt; without it made-up text of the same size takes their place.
The model is learned from the same text first, which is not timed.
"""

import argparse
import sys
from pathlib import Path

from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, digest, run_command

import nlpzero

TOY = {
    "[X] 呢": 10,
    "[X] 可以 [X] 吗": 9,
    "我 [X]": 8,
    "[X] 的 [X] 是 [X]": 7,
    "[X] 的 [X] 是 [X] 呢": 7,
    "[X] 的 [X]": 12,
    "[X] 和 [X]": 12,
}


def find(bench: Benchmark, texts: list[str], size: int, model: str, rounds: int) -> None:
    settings = {
        "1 job": ("-j", "1"),
        "2 jobs": ("-j", "2"),
        "1 job, --memory 64M": ("-j", "1", "--memory", "64M"),
    }
    names = [f"templates{i}.tsv" for i in range(len(settings))]
    bench.compare(
        "nlpzero templates, from raw text to the table",
        [
            Case(
                case,
                [
                    *NLPZERO,
                    "templates",
                    *texts,
                    "--model",
                    model,
                    "--trivial",
                    *extra,
                    "-q",
                    "-o",
                    name,
                ],
                size=size,
                result=lambda name=name: digest(WORK / name),
            )
            for (case, extra), name in zip(settings.items(), names, strict=True)
        ],
        rounds=rounds,
    )


def parse_all(bench: Benchmark, text: str, model: str, rounds: int) -> None:
    bench.compare(
        "nlpzero parse of the first lines of this text, with the templates found above",
        [
            Case(
                format,
                [
                    *(*NLPZERO, "parse", text, "--templates", "templates0.tsv", "--model", model),
                    *("--format", format, "-q", "-o", f"trees.{format}"),
                ],
                size=(WORK / text).stat().st_size,
                result=lambda format=format: (WORK / f"trees.{format}").stat().st_size,
            )
            for format in ("brackets", "tree", "jsonl")
        ],
        rounds=rounds,
        check=lambda results: all(results.values()),
    )


def chains(bench: Benchmark) -> None:
    parser = nlpzero.TemplateParser({nlpzero.Template.from_text(t): n for t, n in TOY.items()})

    def chain(links: int) -> Case:
        words = [*("x 的 " * links).split(), "y"]
        return Case(
            f"{links} 的, {2 * links + 1} words",
            lambda: sum(parser.parse(words).score for _ in range(10)),
        )

    bench.compare(
        "ten parses of a chain A 的 B 的 C ...",
        [chain(links) for links in (9, 11, 13, 40, 100, 200, 400)],
        check=lambda results: True,
    )
    bench.note(
        "The seed's parser takes .02, .19 and 2.1 s for one chain of 9, 11 and 13 的 on a similar "
        "machine (doubling with every word); it cannot be run beside this one, it does not import "
        "any more."
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with reviews.txt and news.txt")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    texts = [options.data / name for name in ("reviews.txt", "news.txt")] if options.data else []
    if texts and all(text.exists() for text in texts):
        about = "reviews.txt and news.txt, raw text"
    else:
        about = "made-up text (the reviews and news were not there)"
        print(about, file=sys.stderr)
        texts = [WORK / "templates-made.txt"]
        generate(texts[0], 25_000_000)
    size = sum(text.stat().st_size for text in texts)
    for number, text in enumerate(texts):
        link = WORK / f"templates-{number}.txt"
        if text.resolve() != link:
            link.unlink(missing_ok=True)
            link.symlink_to(text.resolve())
    names = [f"templates-{number}.txt" for number in range(len(texts))]
    with open(WORK / names[0], encoding="utf-8") as whole:
        few = "".join(whole.readlines(2_000_000))
    (WORK / "templates-few.txt").write_text(few, encoding="utf-8")
    bench = Benchmark(
        "templates", "Sentence templates and parsing", data=f"{size / 1e6:.1f} MB: {about}."
    )
    run_command([*NLPZERO, "train", *names, "-q", "-o", "templates.nz"])
    find(bench, names, size, "templates.nz", options.rounds)
    parse_all(bench, "templates-few.txt", "templates.nz", options.rounds)
    chains(bench)
    bench.write()


if __name__ == "__main__":
    main()
