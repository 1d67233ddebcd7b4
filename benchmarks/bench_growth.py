"""How time and memory of every long command grow with the text.

Usage: python benchmarks/bench_growth.py [--sizes 10M,100M,1000M] [--memory 512M] [--jobs 2]
           [--only NAMES]

On made-up text, which keeps showing new n-grams as it grows. An exponent of 1 is time in proportion
to the text; a run of 1,000 MB of all commands takes hours. With --only, name what a command reads
too: `segment` for `count --whitespace`, `ngrams` for `merge`.
"""

import argparse
import math

from generate import generate
from harness import WORK, Benchmark, Measurement
from long_commands import BESIDE, Run, baskets, chosen, run, train_model

from nlpzero.engine.resources import parse_size


def exponent(first: float, last: float, growth: float) -> str:
    return f"{math.log(max(last, 0.01) / max(first, 0.01)) / math.log(growth):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="10M,100M,1000M", help="ascending, comma-separated")
    parser.add_argument("--memory", default="512M")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--only", default="", help="comma-separated beginnings of commands")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    names = args.sizes.split(",")
    sizes = []
    for name in names:
        sizes.append(generate(WORK / f"made-up-{name}.txt", parse_size(name)))
        if "rules" in chosen(args.only):
            baskets(parse_size(name), f"baskets-{name}.csv")
    train_model(f"made-up-{names[0]}.txt", chosen(args.only))
    bench = Benchmark(
        "growth",
        f"Growth of every long command under --memory {args.memory}",
        data=f"{args.sizes} of made-up text, and of made-up baskets. One run of each; MB are 2^20 "
        "bytes. CPU seconds are those of all processes.",
    )
    found: dict[str, list[Run]] = {}
    # size by size: `merge` reads the counts of its own text
    for name in names:
        for command in chosen(args.only):
            done = run(
                command, f"made-up-{name}.txt", f"baskets-{name}.csv", args.memory, args.jobs
            )
            found.setdefault(command, []).append(done)
            for what, seconds in (("wall", done.wall), ("CPU", done.cpu)):
                bench.measurements.append(
                    Measurement(f"{name}, {what}", command, 0, seconds, done.peak, None, "")
                )
    heads = [f"{what}, {name}" for what in ("CPU s", "wall s", "peak MB") for name in names]
    lines = [
        f"| command | {' | '.join(heads)} | exponent, CPU | exponent, wall |",
        f"|---|{'--:|' * (len(heads) + 2)}",
    ]
    for command, runs in found.items():
        cells = [f"{done.cpu:.1f}" for done in runs]
        cells += [f"{done.wall:.1f}" for done in runs]
        cells += [f"{done.peak:.0f}" for done in runs]
        if len(runs) > 1:
            growth = sizes[-1] / sizes[-2]
            cells.append(exponent(runs[-2].cpu, runs[-1].cpu, growth))
            cells.append(exponent(runs[-2].wall, runs[-1].wall, growth))
        lines.append(f"| `{command}` | {' | '.join(cells)} |")
    allowed = parse_size(args.memory) / 2**20 + BESIDE
    bench.note(
        "## Time and memory\n\n"
        + "\n".join(lines)
        + f"\n\nThe exponents are those of the last step. The budget and {BESIDE} MB for the "
        f"interpreter and the compiled code are {allowed:.0f} MB. Every command was given `--jobs "
        f"{args.jobs}` where it has them."
    )
    bench.write()


if __name__ == "__main__":
    main()
