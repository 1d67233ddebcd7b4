"""Word discovery: speed, jobs, growth with the text.

The words as a dictionary, and the precision of the ranking.

Usage: python benchmarks/bench_discover.py [--data FOLDER] [--gold FOLDER] [--dictionary FILE]
    [--rounds N]
       [--only speed|growth|dictionary|ranking]

FOLDER holds news.txt, tech.txt and reviews.txt; without them made-up text is used for speed, and
what needs real words is left out. --gold holds pku.gold.txt and msr.gold.txt (SIGHAN-2005) and the
word lists *.train-words.txt. --dictionary is a dictionary in jieba's format to judge words by. The
comparison with jieba's own segmentation needs jieba.
"""

import argparse
import importlib.util
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero

PARTS = ("speed", "growth", "dictionary", "ranking")
TESTS = ("pku", "msr")
DEPTHS = (1000, 5000, 10_000, 20_000)
HAN_WORD = re.compile("[\u3400-\u4dbf\u4e00-\u9fff〇\U00020000-\U0003ffff]{2,}")


def concatenated(data: Path | None) -> tuple[Path, str]:
    """One file of 60 to 100 MB, and what it is."""
    out = WORK / "discover.txt"
    names = ("news.txt", "tech.txt", "reviews.txt")
    if data is not None and all((data / name).exists() for name in names):
        WORK.mkdir(parents=True, exist_ok=True)
        out.write_bytes(b"".join((data / name).read_bytes() for name in names))
        return out, "news, tech and reviews"
    generate(out, 80_000_000)
    return out, "made-up text"


def table(bench: Benchmark, title: str, head: list[str], rows: Iterable[list[str]]) -> None:
    lines = [f"## {title}", "", f"| {' | '.join(head)} |", "|---" + "|--:" * (len(head) - 1) + "|"]
    bench.note("\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]))


def speed(bench: Benchmark, text: Path, rounds: int) -> None:
    size = text.stat().st_size
    for method in ("cohesion", "min-entropy"):
        bench.compare(
            f"nlpzero discover --method {method}, the whole process",
            [
                Case(
                    f"{jobs} job{'s' * (jobs > 1)}",
                    [
                        *(*NLPZERO, "discover", str(text), "--method", method),
                        *("-j", str(jobs), "-q", "-o", f"{method}{jobs}.tsv"),
                    ],
                    size=size,
                    result=lambda jobs=jobs, method=method: digest(WORK / f"{method}{jobs}.tsv"),
                )
                for jobs in (1, 2)
            ],
            rounds=rounds,
        )
    corpus = nlpzero.Corpus(str(text))
    bench.compare(
        "discover_words(corpus, Cohesion()) in process",
        [
            Case(
                f"{jobs} jobs",
                lambda jobs=jobs: (
                    nlpzero.discover_words(
                        corpus, nlpzero.Cohesion(), resources=nlpzero.Resources(jobs=jobs)
                    ).words
                ),
                size=size,
            )
            for jobs in (1, 2)
        ],
        rounds=rounds,
    )


def growth(bench: Benchmark, rounds: int) -> None:
    cases = []
    for size in (20_000_000, 200_000_000):
        path = WORK / f"made-up-{size}.txt"
        real = generate(path, size)
        command = [*NLPZERO, "discover", str(path), "--method", "cohesion", "-j", "1", "-q"]
        cases.append(
            Case(f"{size // 1_000_000} MB", [*command, "-o", f"growth{size}.tsv"], size=real)
        )
    bench.compare(
        "ten times the text (made up, with ever new n-grams)",
        cases,
        rounds=rounds,
        check=lambda results: True,
    )


def spans(tokens: Iterable[str]) -> set[tuple[int, int]]:
    found, start = set(), 0
    for token in tokens:
        found.add((start, start + len(token)))
        start += len(token)
    return found


def f1(gold: Path, cut: Callable[[str], list[str]]) -> float:
    """Span F1 over a test set."""
    hits = wanted = made = 0
    for line in gold.read_text("utf-8").splitlines():
        reference = spans(line.split())
        predicted = spans(cut("".join(line.split())))
        hits += len(reference & predicted)
        wanted += len(reference)
        made += len(predicted)
    return 2 * hits / (wanted + made)


def jieba_cut(words: list[tuple[str, int]]) -> Callable[[str], list[str]]:
    """jieba with nothing but these words, without its model of unknown ones."""
    import jieba

    jieba.setLogLevel(60)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "words.txt"
        path.write_text("".join(f"{w} {n}\n" for w, n in words), encoding="utf-8")
        tokenizer = jieba.Tokenizer(str(path))
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    return lambda text: tokenizer.lcut(text, HMM=False)


def dictionary(bench: Benchmark, data: Path, gold: Path) -> None:
    corpus = nlpzero.Corpus(str(data / "news.txt"), str(data / "tech.txt"))
    rows = []
    settings: list[tuple[str, nlpzero.Cohesion | nlpzero.MinEntropy | nlpzero.Learned, int | None]]
    settings = [
        ("cohesion, min_count 8", nlpzero.Cohesion(), 8),
        ("cohesion, strict", nlpzero.Cohesion(strict_backtrack=True), 8),
        ("cohesion, default", nlpzero.Cohesion(), None),
        ("min-entropy, min_count 8", nlpzero.MinEntropy(), 8),
        ("min-entropy, price 2", nlpzero.MinEntropy(min_gain=2), 8),
        ("learned, default", nlpzero.Learned(), None),
    ]
    for name, method, min_count in settings:
        everything = nlpzero.discover_words(corpus, method, min_count=min_count)
        for least in (2, 1):
            found = everything.filter(min_length=least, top=50_000)
            words = [(word.word, word.count) for word in found]
            row = [f"{name}{', with single characters' * (least == 1)}", f"{len(words):,}"]
            listed = nlpzero.WordList([w for w, _ in words], np.array([float(n) for _, n in words]))
            segmenter = nlpzero.VocabularySegmenter(listed)
            row += [f"{f1(gold / f'{test}.gold.txt', segmenter.segment):.4f}" for test in TESTS]
            if importlib.util.find_spec("jieba") is not None:
                cut = jieba_cut(words)
                row += [f"{f1(gold / f'{test}.gold.txt', cut):.4f}" for test in TESTS]
            rows.append(row)
    head = ["words of news + tech, best 50,000", "words", "PKU", "MSR"]
    if importlib.util.find_spec("jieba") is not None:
        head += ["PKU, jieba", "MSR, jieba"]
    table(bench, "The words as a dictionary: span F1 of unigram Viterbi segmentation", head, rows)


def ranking(bench: Benchmark, data: Path, reference: set[str]) -> None:
    rows = []
    for name in ("news", "reviews"):
        corpus = nlpzero.Corpus(str(data / f"{name}.txt"))
        for method in ("learned", "cohesion", "min-entropy"):
            options = {} if method == "learned" else {"min_count": 8}
            found = nlpzero.discover_words(corpus, method, **options)
            words = [word for word in found if HAN_WORD.fullmatch(word.word)]
            by_count = sorted(words, key=lambda word: (-word.count, word.word))
            single = {word.word for word in found.filter(combinations="drop")}
            lexical = [word for word in words if word.word in single]
            orders = (
                ("by score", words),
                ("by count", by_count),
                ("by score, without combinations", lexical),
            )
            for how, listed in orders:
                hits = [word.word in reference for word in listed]
                shares = [
                    f"{sum(hits[:depth]) / depth:.3f}" if len(hits) >= depth else ""
                    for depth in DEPTHS
                ]
                rows.append([f"{name}, {method}, {how}", *shares, f"{len(hits):,}"])
    table(
        bench,
        "Words of two and more ideographs: share in the reference among the first N",
        ["corpus, method, order", *(f"{depth:,}" for depth in DEPTHS), "words"],
        rows,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--gold", type=Path)
    arguments.add_argument("--dictionary", type=Path)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", choices=PARTS)
    options = arguments.parse_args()
    parts = PARTS if options.only is None else (options.only,)
    bench = Benchmark(
        "discover" if options.only is None else f"discover-{options.only}",
        "Word discovery",
        packages=("jieba",),
    )
    real = options.data is not None and (options.data / "tech.txt").exists()
    if "speed" in parts:
        text, what = concatenated(options.data)
        bench.data = f"Speed on {what}, {text.stat().st_size / 1e6:.0f} MB."
        speed(bench, text, options.rounds)
    if "growth" in parts:
        growth(bench, max(1, options.rounds // 2))
    if "dictionary" in parts:
        if real and options.gold is not None:
            dictionary(bench, options.data, options.gold)
        else:
            print("dictionary left out: no --data, or no --gold", file=sys.stderr)
    if "ranking" in parts:
        if real and options.dictionary is not None and options.gold is not None:
            reference = {
                line.split(" ")[0].strip()
                for path in (
                    options.dictionary,
                    *(options.gold / f"{test}.train-words.txt" for test in TESTS),
                )
                for line in path.read_text("utf-8").splitlines()
            }
            ranking(bench, options.data, reference)
        else:
            print("ranking left out: no --data, --gold or --dictionary", file=sys.stderr)
    print(bench.write())


if __name__ == "__main__":
    main()
