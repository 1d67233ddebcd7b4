"""Training: megabytes a second and memory of the language model, size of the models, and their F1.

Usage: python benchmarks/bench_language_model.py --data FOLDER [--gold FOLDER] [--only scoring]

--data holds news.txt.gz and tech.txt.gz; --gold the SIGHAN 2005 test sets as pku.gold.txt and
msr.gold.txt.
"""

import argparse
import gzip
import importlib
import math
import os
import re
import shutil
import sys
from pathlib import Path

import numpy as np
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero
from nlpzero.segmentation.evaluation import without_spaces


def speed(bench: Benchmark) -> None:
    sizes = {name: os.path.getsize(WORK / name) for name in ("news.txt", "tech.txt")}
    both = sum(sizes.values())
    cases = [
        Case(
            f"train --method lm -j {jobs}",
            [
                *(*NLPZERO, "train", "-q", "--method", "lm", "news.txt", "tech.txt"),
                *("-j", str(jobs), "-o", f"lm{jobs}.nz"),
            ],
            size=both,
            result=lambda jobs=jobs: digest(WORK / f"lm{jobs}.nz"),
        )
        for jobs in (1, 2)
    ]
    bench.compare(f"language model of order 4 from {both / 1e6:.0f} MB", cases, rounds=3)
    bench.compare(
        "orders, pruning, other methods (13 MB of news, one job)",
        [
            Case(
                name,
                [*NLPZERO, "train", "-q", "news.txt", "-j", "1", "-o", "other.nz", *args],
                size=sizes["news.txt"],
            )
            for name, args in (
                ("lm, order 4", ["--method", "lm"]),
                ("lm, order 4, all n-grams", ["--method", "lm", "--min-count", "1"]),
                ("lm, order 5", ["--method", "lm", "--order", "5"]),
                ("nvbe", ["--method", "nvbe"]),
                ("learned", []),
            )
        ],
        rounds=2,
        check=lambda results: True,
    )


def quality(bench: Benchmark, gold: Path) -> None:
    texts = {
        name: [line for line in (gold / f"{name}.gold.txt").read_text(encoding="utf-8").split("\n")]
        for name in ("pku", "msr")
    }
    rows = [
        "| symbols | n-grams kept | first | weights | n-grams | MB | PKU | MSR |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for runs in ("characters", "classes"):
        counts = nlpzero.count_ngrams(
            nlpzero.Corpus(WORK / "news.txt", WORK / "tech.txt"),
            alphabet=nlpzero.Alphabet(runs=runs),
        )
        for min_count in (1, 2, 3):
            model = nlpzero.KneserNeyModel.from_counts(counts, min_count=min_count)
            size = sum(array.nbytes for array in model.state()[1].values())
            for first in ("continuation", "frequency"):
                for weights in ((0.15, 0.01, 0.01, 0.001), (0.3, 0.01, 0.01, 0.001)):
                    segmenter = nlpzero.LanguageModelSegmenter(model, weights=weights, first=first)
                    scores = [
                        nlpzero.score_segmentation(
                            lines,
                            (
                                " ".join(t)
                                for t in segmenter.segment_all(map(without_spaces, lines))
                            ),
                        ).f1
                        for lines in texts.values()
                    ]
                    rows.append(
                        f"| {runs} | count ≥ {min_count} | {first} | {' '.join(map(str, weights))} "
                        f"| {sum(model.sizes):,} | {size / 1e6:.0f} | {scores[0]:.4f} | "
                        f"{scores[1]:.4f} |"
                    )
    bench.note(
        "F1 of the language model segmenter, trained on news and tech, which hold none of the test "
        "text; the weights .3 were chosen by others on these test sets, the first row of each "
        "group is the method as published.\n\n" + "\n".join(rows)
    )


def scoring(bench: Benchmark) -> None:
    """One clause after the other, and all at once, against KenLM on the same model."""
    try:
        kenlm = importlib.import_module("kenlm")
    except ImportError:
        bench.note("KenLM is not installed; its scoring was not compared.")
        return
    lines = (WORK / "news.txt").read_text(encoding="utf-8").splitlines()
    model = nlpzero.KneserNeyModel.from_counts(nlpzero.count_ngrams(lines), 4)
    model.write_arpa(WORK / "lm.arpa")
    other = kenlm.Model(str(WORK / "lm.arpa"))
    clauses = [clause for line in lines[:20_000] for clause in re.findall("[一-鿿]+", line)]
    clauses = clauses[:50_000]
    ln10 = math.log(10.0)

    def near(results: dict[str, list[float]]) -> bool:
        first, *others = (np.array(column) for column in results.values())
        return all(np.allclose(first, column, atol=2e-3) for column in others)

    bench.compare(
        f"score of {len(clauses):,} clauses ({sum(map(len, clauses)) / len(clauses):.1f} "
        "characters on average), text to log probability",
        [
            Case("kenlm", lambda: [ln10 * other.score(" ".join(clause)) for clause in clauses]),
            Case("score, one by one", lambda: [model.score(clause)[0] for clause in clauses]),
            Case("score_all", lambda: model.score_all(clauses)[0].tolist()),
        ],
        rounds=5,
        check=near,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--gold", type=Path)
    parser.add_argument("--only", choices=["scoring"])
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    for name in ("news.txt", "tech.txt"):
        if not (options.data / f"{name}.gz").exists():
            sys.exit(f"{options.data / name}.gz is not there; nothing measured.")
        with (
            gzip.open(options.data / f"{name}.gz", "rb") as source,
            open(WORK / name, "wb") as target,
        ):
            shutil.copyfileobj(source, target)
    bench = Benchmark(
        options.only or "train",
        "Language models",
        data="13 MB of news, 56 MB of translated technical articles",
    )
    scoring(bench)
    if options.only != "scoring":
        speed(bench)
    if options.gold is not None:
        quality(bench, options.gold)
    bench.write()


if __name__ == "__main__":
    main()
