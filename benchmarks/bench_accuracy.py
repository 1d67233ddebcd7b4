"""Accuracy of the learned segmenter and of the words it finds; gold is used for scoring only.

Usage: python benchmarks/bench_accuracy.py --data FOLDER --gold FOLDER [--dictionary FILE] [--parts
    zero,unseen,...]

--data holds raw text, news.txt and reviews.txt; --gold holds, for pku and msr, NAME.raw.txt (the
test text without spaces) and NAME.gold.txt, and NAME.train-words.txt. --dictionary is a list with a
word at the start of each line (jieba's dict.txt). What is not there is left out.
"""

import argparse
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from harness import Benchmark

from nlpzero import BranchingEntropy, Corpus, CoTraining, Recipe, count_ngrams, learn_segmenter
from nlpzero.discovery.learned import count_learned_words
from nlpzero.discovery.ranking import learned_scores
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.evaluation import score_segmentation

TESTS = ("pku", "msr")
PARTS = ("zero", "unseen", "alone", "curve", "numbers", "ablation", "discovery")
HAN_WORD = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇\U00020000-\U0003ffff]{2,}")
DEPTHS = (1000, 5000, 10000, 20000)

ABLATION = {
    "full": Recipe(),
    "no fixed-sign prior (gamma 0)": Recipe(prior_weight=0.0),
    "no weights of pairs (kappa 0)": Recipe(count_power=0.0),
    "no gap model (mu 0)": Recipe(gap_weight=0.0),
    "mu 3": Recipe(gap_weight=3.0),
    "mu 5": Recipe(gap_weight=5.0),
    "6 rounds": Recipe(rounds=6),
    "12 rounds": Recipe(rounds=12),
    "two divisions of the pairs, averaged": Recipe(divisions=(0, 1)),
    "another division of the pairs": Recipe(divisions=(1,)),
}


class CutsText(Protocol):
    """A segmenter, of this package or another."""

    def segment_to_text(self, text: str, separator: str = " ") -> str: ...


class Scorer:
    """F1 on the test sets."""

    def __init__(self, gold: Path) -> None:
        self.raw = {name: (gold / f"{name}.raw.txt").read_text("utf-8") for name in TESTS}
        self.gold = {name: (gold / f"{name}.gold.txt").read_text("utf-8") for name in TESTS}

    def __call__(self, segmenter: CutsText, name: str) -> float:
        predicted = segmenter.segment_to_text(self.raw[name]).splitlines()
        return score_segmentation(self.gold[name].splitlines(), predicted, strict=False).f1


def beginning(path: Path, size: float) -> list[str]:
    """Whole lines from the beginning of a file, about `size` bytes."""
    text = path.read_bytes()[: int(size)].decode("utf-8", "ignore")
    return text[: text.rfind("\n") + 1].splitlines()


def table(bench: Benchmark, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    bench.note("\n".join(lines))


def figures(values: Sequence[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.4f}"
    return f"{statistics.mean(values):.4f} ({', '.join(f'{v:.4f}' for v in values)})"


def seeds(
    learn: Callable[[int], Segmenter], scorer: Scorer, count: int
) -> tuple[dict[str, list[float]], float]:
    found: dict[str, list[float]] = {name: [] for name in TESTS}
    seconds = []
    for seed in range(count):
        begun = time.perf_counter()
        segmenter = learn(seed)
        seconds.append(time.perf_counter() - begun)
        for name in TESTS:
            found[name].append(scorer(segmenter, name))
    return found, statistics.median(seconds)


def main_figures(bench: Benchmark, parts: set[str], news: list[str], scorer: Scorer) -> None:
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    rows = []
    plans: list[tuple[str, str, list[str]]] = [
        ("zero", "news and the raw test texts", [*news, *tests]),
        ("unseen", "news only, test texts not seen", news),
    ]
    for part, what, texts in plans:
        if part in parts:
            found, seconds = seeds(
                lambda s, t=texts: learn_segmenter(t, CoTraining(seed=s)), scorer, 3
            )
            rows.append([what, *(figures(found[name]) for name in TESTS), f"{seconds:.1f}"])
            based, seconds = seeds(
                lambda s, t=texts: learn_segmenter(t, CoTraining(seed=s, base="default")), scorer, 3
            )
            rows.append(
                [f"{what}: base", *(figures(based[name]) for name in TESTS), f"{seconds:.1f}"]
            )
            nvbe, seconds = seeds(
                lambda s, t=texts: learn_segmenter(t, BranchingEntropy(seed=s)), scorer, 1
            )
            rows.append(
                [f"{what}: nvbe", *(figures(nvbe[name]) for name in TESTS), f"{seconds:.1f}"]
            )
    if "alone" in parts:
        for name in TESTS:
            own = scorer.raw[name].splitlines()
            found, seconds = seeds(
                lambda s, t=own: learn_segmenter(t, CoTraining(seed=s)), scorer, 3
            )
            nvbe, nvbe_seconds = seeds(
                lambda s, t=own: learn_segmenter(t, BranchingEntropy(seed=s)), scorer, 1
            )
            for kind, values, used in (
                ("", found, seconds),
                (": nvbe", nvbe, nvbe_seconds),
            ):
                cells = [figures(values[test]) if test == name else "" for test in TESTS]
                rows.append([f"the {name} test text alone{kind}", *cells, f"{used:.1f}"])
    if rows:
        table(
            bench,
            "F1, --numbers learned, mean and each of three seeds",
            ["trained on", "PKU", "MSR", "seconds"],
            rows,
        )


def numbers(bench: Benchmark, news: list[str], scorer: Scorer) -> None:
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    segmenter = learn_segmenter([*news, *tests])
    rows = [
        [kind, *(f"{scorer(segmenter.with_numbers(kind), name):.4f}" for name in TESTS)]
        for kind in ("learned", "date", "split")
    ]
    table(bench, "Conventions for numbers, F1, seed 0", ["--numbers", "PKU", "MSR"], rows)


def curve(bench: Benchmark, path: Path, scorer: Scorer) -> None:
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    rows = []
    for size in (0.0, 0.1, 0.3, 1.0, 3.0, 14.0):
        news = beginning(path, size * 1e6) if size else []
        cells = []
        for texts in ([*news, *tests], news):
            if not texts:
                cells += ["", ""]
                continue
            found, _ = seeds(lambda s, t=texts: learn_segmenter(t, CoTraining(seed=s)), scorer, 1)
            nvbe, _ = seeds(
                lambda s, t=texts: learn_segmenter(t, BranchingEntropy(seed=s)), scorer, 1
            )
            cells += [
                " / ".join(f"{each[name][0]:.4f}" for name in TESTS) for each in (found, nvbe)
            ]
        begun = time.perf_counter()
        aimed = learn_segmenter(tests, CoTraining(background=news)) if news else None
        seconds = time.perf_counter() - begun
        cells.append(" / ".join(f"{scorer(aimed, name):.4f}" for name in TESTS) if aimed else "")
        rows.append([f"{size:g}", *cells, f"{seconds:.1f}" if aimed else ""])
    table(
        bench,
        "Learning curve, F1 PKU / MSR, seed 0",
        [
            "MB of news",
            "with the test texts",
            "nvbe",
            "test texts not seen",
            "nvbe",
            "test texts as target, news as background",
            "seconds (last)",
        ],
        rows,
    )


def ablation(bench: Benchmark, news: list[str], scorer: Scorer) -> None:
    tests = [line for name in TESTS for line in scorer.raw[name].splitlines()]
    rows = []
    for name, recipe in ABLATION.items():
        found, seconds = seeds(
            lambda s, r=recipe: learn_segmenter([*news, *tests], CoTraining(seed=s, recipe=r)),
            scorer,
            1,
        )
        rows.append([name, *(figures(found[test]) for test in TESTS), f"{seconds:.1f}"])
    table(
        bench,
        "Ablation, news and the raw test texts, seed 0",
        ["variant", "PKU", "MSR", "seconds"],
        rows,
    )


def discovery(bench: Benchmark, data: Path, reference: set[str]) -> None:
    rows = []
    for name in ("news", "reviews"):
        path = data / f"{name}.txt"
        if not path.exists():
            continue
        corpus = Corpus(path)
        found = count_learned_words(corpus, learn_segmenter(corpus))
        kept = [i for i, word in enumerate(found.words) if HAN_WORD.fullmatch(word)]
        words = [found.words[i] for i in kept]
        count, left, right, inside = (column[kept] for column in found[1:])
        grams = count_ngrams(corpus, order=5)
        sides = np.zeros((2, len(words)))
        occurrences = np.zeros(len(words), np.int64)
        for k in (2, 3, 4):
            at = [i for i, word in enumerate(words) if len(word) == k]
            keys = grams.pack([words[i] for i in at])
            table_keys = grams.grams(k)[0]
            place = np.searchsorted(table_keys, keys)
            sides[0, at] = grams.left_entropy(k)[place]
            sides[1, at] = grams.right_entropy(k)[place]
            occurrences[at] = grams.lookup(keys, k)
        scores = learned_scores(count, left, right, inside, *sides, occurrences)
        hits = np.array([word in reference for word in words])
        for what, values in (("by count", count), ("default without unity", scores)):
            order = np.lexsort((np.arange(len(words)), -values))
            shares = [f"{hits[order[:depth]].mean():.4f}" for depth in DEPTHS]
            rows.append([f"{name}, {what}", *shares, f"{len(words):,}"])
        misses = [words[i] for i in order if words[i] not in reference][:100]
        bench.note(f"First 100 words of {name} outside the reference: {' '.join(misses)}")
    table(
        bench,
        "Words of two and more Han characters: share in the reference among the first N",
        ["corpus, ranking", *(f"{depth:,}" for depth in DEPTHS), "words"],
        rows,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, required=True)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--dictionary", type=Path)
    arguments.add_argument("--parts", default=",".join(PARTS))
    options = arguments.parse_args()
    parts = set(options.parts.split(","))
    if unknown := parts - set(PARTS):
        arguments.error(f"no such parts: {', '.join(sorted(unknown))}")
    path = options.data / "news.txt"
    needed = [
        path,
        *(options.gold / f"{name}.{kind}.txt" for name in TESTS for kind in ("raw", "gold")),
    ]
    if missing := [file.name for file in needed if not file.exists()]:
        print(f"left out, not there: {', '.join(missing)}", file=sys.stderr)
        return
    scorer = Scorer(options.gold)
    news = path.read_text("utf-8").splitlines()
    bench = Benchmark(
        "-".join(["accuracy", *sorted(parts)]) if len(parts) < len(PARTS) else "accuracy",
        "Accuracy of the learned segmenter and of the words it finds",
        data="Raw news (12.9 MB), reviews (13.6 MB), SIGHAN-2005 test texts (PKU, MSR); 1 thread.",
    )
    main_figures(bench, parts, news, scorer)
    if "numbers" in parts:
        numbers(bench, news, scorer)
    if "curve" in parts:
        curve(bench, path, scorer)
    if "ablation" in parts:
        ablation(bench, news, scorer)
    if "discovery" in parts:
        lists = [options.gold / f"{name}.train-words.txt" for name in TESTS]
        if options.dictionary is None or not options.dictionary.exists():
            print("discovery left out: no --dictionary", file=sys.stderr)
        else:
            reference = {
                line.split(" ")[0].strip()
                for file in [options.dictionary, *lists]
                if file.exists()
                for line in file.read_text("utf-8").splitlines()
            }
            discovery(bench, options.data, reference)
    bench.write()


if __name__ == "__main__":
    main()
