"""The base of the package beside learning without it and beside dictionaries; gold only scores.

Usage: python benchmarks/bench_base.py --data FOLDER --gold FOLDER [--parts curve,peers,calibration]

Folders as for bench_accuracy.py; --data also holds tech.txt, from which a base of another genre is
learned, as `nlpzero train --compact` does. The parts:

curve: own text from one line to 14 MB, learned from without a base, with the one of the package,
    and with one of another genre. Sizes below that of a test text are pieces of it, each learned
    from and cut by itself; above, both test texts and news.
peers: jieba and rjieba, where they are installed, and models of this package.
calibration: of gaps with a probability, the share that the reference cuts; and the factor of log
    odds that is likeliest for the cuts of another chain.
"""

import argparse
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench_accuracy import TESTS, CutsText, Scorer, beginning, table
from harness import Benchmark

from nlpzero import CoTraining, Recipe, learn_base, learn_segmenter, load_segmenter
from nlpzero.learning.decoder import CALIBRATION, sharpness
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.evaluation import score_segmentation

PARTS = ("curve", "peers", "calibration")
# pieces of this many bytes (0: a line), and how many of them of each test text
PIECES = ((0, 300), (1_000, 60), (10_000, 15), (100_000, 100))
NEWS = (0, 2e6, 14e6)
BINS = 10
Floats = npt.NDArray[np.float64]


def pieces(lines: list[str], size: int, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of whole lines of about `size` bytes, spread over the text."""
    found, start, held = [], 0, 0
    for i, line in enumerate(lines):
        held += len(line.encode()) + 1
        if held >= size:
            found.append((start, i + 1))
            start, held = i + 1, 0
    if start < len(lines):
        found.append((start, len(lines)))
    step = max(len(found) / most, 1.0)
    yield from (found[int(k * step)] for k in range(min(most, len(found))))


def in_pieces(
    scorer: Scorer, name: str, size: int, most: int, learn: Callable[[list[str]], Segmenter]
) -> float:
    lines, gold = scorer.raw[name].splitlines(), scorer.gold[name].splitlines()
    wanted: list[str] = []
    got: list[str] = []
    for first, last in pieces(lines, size, most):
        own = lines[first:last]
        got += learn(own).segment_to_text("\n".join(own) + "\n").splitlines()
        wanted += gold[first:last]
    return score_segmentation(wanted, got, strict=False).f1


def curve(bench: Benchmark, scorer: Scorer, data: Path) -> None:
    alone = load_segmenter()
    tech = learn_base(beginning(data / "tech.txt", 14e6), CoTraining())
    learners: list[Callable[[list[str]], Segmenter]] = [
        lambda own: learn_segmenter(own, CoTraining()),
        lambda _: alone,
        lambda own: learn_segmenter(own, CoTraining(base="default"), complete=False),
        lambda _: tech,
        lambda own: learn_segmenter(own, CoTraining(base=tech.base), complete=False),
    ]
    rows = []

    def add(what: str, figures: list[list[float]]) -> None:
        rows.append([what, *(" / ".join(f"{f:.4f}" for f in pair) for pair in figures)])
        print(*rows[-1], sep="\t", file=sys.stderr, flush=True)

    for size, most in PIECES:
        add(
            f"{size // 1000} KB" if size else "one line",
            [[in_pieces(scorer, name, size, most, learn) for name in TESTS] for learn in learners],
        )
    add(
        "each test text, 0.5 MB",
        [[in_pieces(scorer, name, 1 << 30, 1, learn) for name in TESTS] for learn in learners],
    )
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    for size in NEWS:
        texts = [*beginning(data / "news.txt", size), *tests] if size else tests
        learned = [learn(texts) for learn in learners]
        add(
            f"both and {size / 1e6:.0f} MB of news" if size else "both, 1.1 MB",
            [[scorer(segmenter, name) for name in TESTS] for segmenter in learned],
        )
    table(
        bench,
        "Size of one's own text, F1 PKU / MSR, seed 0",
        [
            "own text",
            "without a base",
            "base alone",
            "base, adapted",
            "base of tech alone",
            "base of tech, adapted",
        ],
        rows,
    )


class Tool:
    """Another program's cuts of a line, as a list of strings."""

    def __init__(self, cut: Callable[[str], list[str]]) -> None:
        self.cut = cut

    def segment_to_text(self, text: str, separator: str = " ") -> str:
        return "".join(separator.join(self.cut(line)) + "\n" for line in text.splitlines())


def peers(bench: Benchmark, scorer: Scorer, data: Path) -> None:
    rows = []

    def add(what: str, segmenter: Callable[[str], CutsText]) -> None:
        rows.append([what, *(f"{scorer(segmenter(name), name):.4f}" for name in TESTS)])
        print(*rows[-1], sep="\t", file=sys.stderr, flush=True)

    for name in ("jieba", "rjieba"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            bench.note(f"{name} is not installed and was left out.")
            continue
        default = Tool(module.lcut if name == "jieba" else module.cut)
        bare = Tool(
            (lambda text, m=module: m.lcut(text, HMM=False))
            if name == "jieba"
            else (lambda text, m=module: m.cut(text, hmm=False))
        )
        add(name, lambda _, s=default: s)
        add(f"{name}, without its HMM", lambda _, s=bare: s)
    alone = load_segmenter()
    add("base alone, each clause by itself", lambda _: alone)
    own = {
        name: learn_segmenter(scorer.raw[name].splitlines(), CoTraining(base="default"))
        for name in TESTS
    }
    add("base, adapted to the test text", own.__getitem__)
    news = beginning(data / "news.txt", 14e6)
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    for what, method in (("without a base", CoTraining()), ("base", CoTraining(base="default"))):
        for seen, texts in (("13 MB of news", news), ("news and test texts", [*news, *tests])):
            learned = learn_segmenter(texts, method)
            add(f"{what}, learned from {seen}", lambda _, s=learned: s)
    table(bench, "F1 of everything as it comes, one scorer, seed 0", ["", "PKU", "MSR"], rows)


def gaps(scorer: Scorer, name: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Gaps inside lines, as places in the raw text, and whether the reference cuts there."""
    at: list[int] = []
    cut: list[bool] = []
    start = 0
    for raw, gold in zip(
        scorer.raw[name].splitlines(), scorer.gold[name].splitlines(), strict=True
    ):
        words = gold.split()
        if "".join(words) == raw and raw:
            ends = {int(end) for end in np.cumsum([len(word) for word in words])}
            at += range(start, start + len(raw) - 1)
            cut += [k in ends for k in range(1, len(raw))]
        start += len(raw) + 1
    return np.array(at), np.array(cut)


def bins_of(probabilities: Floats, cut: npt.NDArray[np.bool_]) -> list[str]:
    number = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return [
        f"{cut[number == k].mean():.3f} ({(number == k).mean():.3f})"
        if (number == k).any()
        else "-"
        for k in range(BINS)
    ]


def likeliest(probabilities: Floats, cut: npt.NDArray[np.bool_]) -> float:
    """The factor of log odds under which these cuts are most probable."""
    odds = np.log(probabilities) - np.log1p(-probabilities)
    factors = np.arange(0.02, 1.0, 0.0025)
    losses = [np.logaddexp(0.0, np.where(cut, -f * odds, f * odds)).mean() for f in factors]
    return float(factors[int(np.argmin(losses))])


def calibration(bench: Benchmark, scorer: Scorer) -> None:
    rows, fits = [], []
    base = load_segmenter()
    for name in TESTS:
        own = scorer.raw[name].splitlines()
        # a chain that shares neither text nor division of the pairs with the base
        other = learn_segmenter(own, CoTraining(seed=1, recipe=Recipe(divisions=(1,))))
        chain = other.boundaries(scorer.raw[name])
        adapted = learn_segmenter(own, CoTraining(base="default"))
        for what, segmenter in (("base alone", base), ("adapted", adapted)):
            assert isinstance(segmenter, LearnedSegmenter)
            at, cut = gaps(scorer, name)
            after = segmenter.probabilities(scorer.raw[name])[at]
            inner = (after > 0.0) & (after < 1.0)
            at, cut, after = at[inner], cut[inner], after[inner]
            factor = sharpness(segmenter.learned)
            before = 1.0 / (1.0 + np.exp((np.log1p(-after) - np.log(after)) / factor))
            rows.append([f"{name}, {what}, lattice", *bins_of(before, cut)])
            rows.append([f"{name}, {what}, calibrated", *bins_of(after, cut)])
            mu = float(segmenter.learned.constants[3])
            least = 2.0**-53
            raw = np.clip(before, least, 1.0 - least)
            fits.append(
                [
                    f"{name}, {what}",
                    f"{mu * likeliest(raw, chain[at + 1]):.3f}",
                    f"{mu * likeliest(raw, cut):.3f}",
                ]
            )
    table(
        bench,
        "Share of the gaps that the reference cuts, by probability (and share of all gaps)",
        ["", *(f"{k / BINS:.1f}-{(k + 1) / BINS:.1f}" for k in range(BINS))],
        rows,
    )
    table(
        bench,
        f"Likeliest factor of log odds, times mu (used: {CALIBRATION})",
        ["", "for the cuts of another chain", "for the reference"],
        fits,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--parts", default=",".join(PARTS))
    options = arguments.parse_args()
    parts = set(options.parts.split(","))
    if unknown := parts - set(PARTS):
        arguments.error(f"no such parts: {', '.join(sorted(unknown))}")
    needed = [
        *(options.data / f"{name}.txt" for name in ("news", "tech")),
        *(options.gold / f"{name}.{kind}.txt" for name in TESTS for kind in ("raw", "gold")),
    ]
    if missing := [file.name for file in needed if not file.exists()]:
        print(f"left out, not there: {', '.join(missing)}", file=sys.stderr)
        return
    scorer = Scorer(options.gold)
    for part in (part for part in PARTS if part in parts):
        bench = Benchmark(
            f"base-{part}",
            f"The base of the package: {part}",
            data="Raw news (12.9 MB), technical articles (the first 14 MB), SIGHAN-2005 test texts "
            "(PKU, MSR); 1 thread.",
            packages=["jieba", "rjieba"] if part == "peers" else (),
        )
        if part == "curve":
            curve(bench, scorer, options.data)
        elif part == "peers":
            peers(bench, scorer, options.data)
        else:
            calibration(bench, scorer)
        bench.write()


if __name__ == "__main__":
    main()
