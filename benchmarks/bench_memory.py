"""Peak memory of every long command under several budgets, on real and on made-up text.

Usage: python benchmarks/bench_memory.py --data FOLDER [--memory 512M,256M,100M] [--jobs 2]
           [--only NAMES] [--real 83M] [--made-up 300M]

FOLDER holds raw/*.txt.gz, any Chinese text; the made-up text is made, and as much of baskets as
there is of it. A size of 0 leaves one out.
"""

import argparse
from pathlib import Path

from bench_versions import text_of
from generate import generate
from harness import WORK, Benchmark, Measurement
from long_commands import BESIDE, baskets, chosen, run, train_model

from nlpzero.engine.resources import parse_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--memory", default="512M,256M,100M", help="budgets, comma-separated")
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--real", default="83M")
    parser.add_argument("--made-up", default="300M")
    parser.add_argument("--only", default="", help="comma-separated beginnings of commands")
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    files = sorted((args.data.resolve() / "raw").glob("*.txt.gz"))
    texts = {}
    if parse_size(args.real):
        size = text_of(files, parse_size(args.real), WORK / "real.txt")
        texts["real.txt"] = f"{size / 1e6:.0f} MB real"
    if parse_size(args.made_up):
        size = generate(WORK / "made-up.txt", parse_size(args.made_up))
        texts["made-up.txt"] = f"{size / 1e6:.0f} MB made-up"
    if "rules" in chosen(args.only):
        baskets(max(parse_size(args.made_up), 10_000_000), "baskets.csv")
    text_of(files, 13_000_000, WORK / "small.txt")
    train_model("small.txt", chosen(args.only))
    bench = Benchmark(
        "memory",
        "Peak memory of every long command under --memory",
        data=f"{', '.join(texts.values())} text. One run of each; MB are 2^20 bytes.",
    )
    budgets = args.memory.split(",")
    heads = [f"{size}, {memory}" for size in texts.values() for memory in budgets]
    lines = [f"| command | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    allowed = [f"{parse_size(memory) / 2**20 + BESIDE:.0f}" for memory in budgets]
    lines.append(f"| budget and {BESIDE} | {' | '.join(allowed * len(texts))} |")
    above = []
    for name in chosen(args.only):
        cells = []
        for text in texts:
            for memory in budgets:
                if name == "rules" and text != list(texts)[-1]:
                    cells.append("")
                    continue
                found = run(name, text, "baskets.csv", memory, args.jobs)
                bench.measurements.append(
                    Measurement(f"{text}, {memory}", name, 0, found.wall, found.peak, None, "")
                )
                over = found.peak > parse_size(memory) / 2**20 + BESIDE
                cells.append(f"**{found.peak:.0f}**" if over else f"{found.peak:.0f}")
                above += [name] if over else []
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    told = ", ".join(f"`{name}`" for name in dict.fromkeys(above)) or "none"
    bench.note(
        "## Peaks of the process tree, MB\n\n"
        + "\n".join(lines)
        + f"\n\nThe interpreter and the compiled code take about {BESIDE} MB beside it. Bold "
        f"is what is above both: {told}. Every command was given `--jobs {args.jobs}` where it has "
        "them."
    )
    bench.write()


if __name__ == "__main__":
    main()
