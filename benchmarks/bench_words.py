"""Word counting: the seed's story (one dict, batches, processes), our segmenter against jieba,
white space, memory.

Usage: python benchmarks/bench_words.py [--data FOLDER] [--rounds N] [--only
    story|jieba|jobs|space|memory]

FOLDER holds news.txt, tech.txt and reviews.txt; without it made-up text takes their place. The
comparisons with jieba need jieba (pip install jieba) and use its dictionary for our segmenter too,
so that both do the same work.
"""

import argparse
import importlib.util
import os
import shutil
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from generate import generate
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero

PARTS = ("story", "jieba", "jobs", "space", "memory")
BATCH = 1000  # lines, as in the seed


def jieba_words(line: str) -> list[str]:
    """What jieba without its model of unknown words cuts, white space left out."""
    import jieba

    return [word for word in jieba.cut(line, HMM=False) if not word.isspace()]


def has_jieba() -> bool:
    return importlib.util.find_spec("jieba") is not None


def jieba_dictionary() -> Path:
    spec = importlib.util.find_spec("jieba")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "dict.txt"


def lines_of(path: Path) -> Iterator[str]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n")


# --------------------------------------------------------------------------------- the seed's story


def naive(path: Path, cut: Callable[[str], list[str]]) -> dict[str, int]:
    """One dict that grows."""
    counts: dict[str, int] = {}
    for line in lines_of(path):
        for word in cut(line):
            counts[word] = counts.get(word, 0) + 1
    return counts


def batched(path: Path, cut: Callable[[str], list[str]]) -> dict[str, int]:
    """A small dict for a thousand lines, then into the large one."""
    counts: dict[str, int] = {}
    batch: dict[str, int] = {}
    for number, line in enumerate(lines_of(path), 1):
        for word in cut(line):
            batch[word] = batch.get(word, 0) + 1
        if number % BATCH == 0:
            for word, count in batch.items():
                counts[word] = counts.get(word, 0) + count
            batch.clear()
    for word, count in batch.items():
        counts[word] = counts.get(word, 0) + count
    return counts


def ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))


def story(
    bench: Benchmark, name: str, path: Path, cut: Any, tokenizer: Any, rounds: int, jobs: int
) -> None:
    corpus = nlpzero.Corpus(path)
    size = path.stat().st_size

    def ours(workers: int) -> Callable[[], Any]:
        return lambda: list(
            nlpzero.count_words(
                corpus, tokenizer, punctuation=True, resources=nlpzero.Resources(workers)
            ).items()
        )

    title = f"The seed's story, {name}"
    bench.compare(
        title,
        [
            Case("one dict", lambda: ranked(naive(path, cut)), size),
            Case(
                f"one process, a dict per {BATCH} lines", lambda: ranked(batched(path, cut)), size
            ),
            Case("count_words, 1 job", ours(1), size),
            Case(f"count_words, {jobs} jobs", ours(jobs), size),
        ],
        rounds=rounds,
    )
    mine = [row for row in bench.measurements if row.comparison == title]
    base = [row.seconds for row in mine if row.case == "one dict"]
    rows = []
    for case in dict.fromkeys(row.case for row in mine):
        seconds = [row.seconds for row in mine if row.case == case]
        gain = statistics.median(a / b for a, b in zip(base, seconds, strict=True))
        workers = jobs if case.endswith("jobs") else 1
        rows.append(f"| {case} | {gain:.2f} | {gain / workers:.2f} |")
    bench.note("\n".join(["| case | speed-up | speed-up per process |", "|---|--:|--:|", *rows]))


# --------------------------------------------------------------------------------------- the others


def han(counts: Any) -> int:
    """Han characters in all words: the same for every way to cut the text."""
    return sum(
        count * sum("\u4e00" <= char <= "\u9fa5" for char in word) for word, count in counts.items()
    )


def against_jieba(bench: Benchmark, path: Path, segmenter: Any, rounds: int) -> None:
    import jieba

    def by_jieba() -> Counter[str]:
        counts: Counter[str] = Counter()
        for line in lines_of(path):
            counts.update(jieba.cut(line, HMM=False))
        return counts

    size = path.stat().st_size
    corpus = nlpzero.Corpus(path)
    bench.compare(
        "Counter over jieba.cut(HMM=False) against our segmenter with the same dictionary, one "
        "process",
        [
            Case("Counter over jieba.cut", by_jieba, size),
            Case("count_words", lambda: nlpzero.count_words(corpus, segmenter), size),
        ],
        rounds=rounds,
        check=lambda results: len({han(counts) for counts in results.values()}) == 1,
    )
    bench.note(
        "The two cut some places differently (numbers, runs of letters, marks); compared is the "
        "number of Han characters in all words."
    )


def with_jobs(bench: Benchmark, paths: list[Path], model: str, rounds: int) -> None:
    size = sum(path.stat().st_size for path in paths)
    command = [*NLPZERO, "count", *map(str, paths), "--model", model, "-q"]
    bench.compare(
        "nlpzero count with a learned model",
        [
            Case(
                f"{jobs} job{'s' * (jobs > 1)}",
                [*command, "-j", str(jobs), "-o", f"count{jobs}.tsv"],
                size,
                lambda jobs=jobs: digest(WORK / f"count{jobs}.tsv"),
            )
            for jobs in (1, 2)
        ],
        rounds=rounds,
    )


def white_space(bench: Benchmark, path: Path, rounds: int) -> None:
    size = path.stat().st_size

    def by_counter() -> list[tuple[str, int]]:
        counts: Counter[str] = Counter()
        for line in lines_of(path):
            counts.update(line.split())
        return sorted(counts.items())

    def read(name: str, order: tuple[int, int]) -> list[tuple[str, int]]:
        rows = []
        for line in (WORK / name).read_text(encoding="utf-8").splitlines():
            cells = line.split("\t") if "\t" in line else line.split()
            if cells != ["word", "count"]:
                rows.append((cells[order[0]].replace("\\\\", "\\"), int(cells[order[1]])))
        return sorted(rows)

    ours = [*NLPZERO, "count", "--whitespace", str(path), "-q"]
    cases = [
        Case(
            f"nlpzero count, {jobs} job{'s' * (jobs > 1)}",
            [*ours, "-j", str(jobs), "-o", f"space{jobs}.tsv"],
            size,
            lambda jobs=jobs: read(f"space{jobs}.tsv", (0, 1)),
        )
        for jobs in (1, 2)
    ]
    cases.append(Case("Counter over str.split", by_counter, size))
    if shutil.which("sort") and os.name == "posix":
        script = f"tr -s ' \\t\\n' '\\n\\n\\n' < {path} | LC_ALL=C sort | uniq -c > coreutils.txt"

        def by_coreutils() -> list[tuple[str, int]]:
            return [row for row in read_coreutils() if row[0]]

        def read_coreutils() -> Iterator[tuple[str, int]]:
            for line in (WORK / "coreutils.txt").read_text(encoding="utf-8").split("\n"):
                count, _, word = line.strip(" ").partition(" ")
                if count:
                    yield word, int(count)

        cases.append(
            Case("tr | sort | uniq -c", ["sh", "-c", script], size, lambda: sorted(by_coreutils()))
        )
    bench.compare("Words between white space", cases, rounds=rounds)


def many_words(path: Path, size: int) -> None:
    """Text with millions of different words, most of them rare."""
    rng = np.random.default_rng(1)
    written = 0
    with open(path, "wb") as file:
        while written < size:
            n = 400_000
            common = np.minimum(rng.zipf(1.2, n), 50_000)
            rare = 60_000 + rng.integers(0, 8_000_000, n)
            word = np.where(rng.random(n) < 0.2, rare, common)
            points = np.zeros((n, 3), np.uint32)
            points[:, 0] = 0x4E00 + word % 3000
            points[:, 1] = np.where(word >= 3000, 0x4E00 + word // 3000, 0)
            points[:, 2] = np.where(rng.random(n) < 0.05, ord("\n"), ord(" "))
            flat = points[points != 0]
            data = flat.astype("<u4").tobytes().decode("utf-32-le").encode("utf-8")
            file.write(data)
            written += len(data)
        file.write(b"\n")


def memory(bench: Benchmark) -> None:
    path = WORK / "many-words.txt"
    if not path.exists() or path.stat().st_size < 1_000_000_000:
        many_words(path, 1_000_000_000)
    size = path.stat().st_size
    command = [*NLPZERO, "count", "--whitespace", str(path), "-q", "--memory", "512M"]
    bench.compare(
        "1 GB with millions of different words, --memory 512M",
        [
            Case(
                f"{jobs} job{'s' * (jobs > 1)}",
                [*command, "-j", str(jobs), "-o", f"many{jobs}.tsv"],
                size,
                lambda jobs=jobs: digest(WORK / f"many{jobs}.tsv"),
            )
            for jobs in (1, 2)
        ],
        rounds=2,
        warm_up=0,
    )
    with open(WORK / "many1.tsv", "rb") as file:
        words = sum(1 for _ in file) - 1
    bench.note(f"{words:,} different words.")


def segmented(paths: list[Path], model: str) -> Path:
    """Text with words between spaces, and no white space that coreutils does not know."""
    out = WORK / "segmented.txt"
    segmenter = nlpzero.load_segmenter(WORK / model)
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        for part in segmenter.segment_blocks(nlpzero.Corpus(*paths).blocks()):
            lines = part.split("\n")
            file.write("\n".join(" ".join(line.split()) for line in lines))
    return out


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, help="folder with news.txt, tech.txt, reviews.txt")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", choices=PARTS, action="append")
    options = arguments.parse_args()
    parts = options.only or PARTS
    WORK.mkdir(parents=True, exist_ok=True)
    names = ("news.txt", "tech.txt", "reviews.txt")
    paths = [(options.data / name).resolve() for name in names] if options.data else []
    if paths and all(path.exists() for path in paths):
        about = "news.txt, tech.txt and reviews.txt, raw text; comparisons with jieba on news.txt"
    else:
        about = "made-up text (the corpora were not there)"
        print(about, file=sys.stderr)
        paths = [WORK / "count-made-up.txt", WORK / "count-made-up-2.txt"]
        generate(paths[0], 13_000_000)
        generate(paths[1], 70_000_000)
    bench = Benchmark(
        "count" if not options.only else "count-" + "-".join(parts),
        "Counting words",
        data=f"{sum(path.stat().st_size for path in paths) / 1e6:.1f} MB: {about}.",
        packages=["jieba"],
    )
    if hasattr(os, "getloadavg"):
        bench.note(f"Load average when the run began: {os.getloadavg()[0]:.1f}.")
    if not has_jieba():
        parts = [part for part in parts if part not in ("story", "jieba")]
        bench.note("jieba is not installed; the comparisons with it are left out.")
    if {"story", "jieba"} & set(parts):
        import jieba

        jieba.setLogLevel(60)
        jieba.initialize()
        segmenter = nlpzero.VocabularySegmenter(nlpzero.read_words(jieba_dictionary()))
        if "story" in parts:
            story(
                bench,
                "jieba as the tokenizer",
                paths[0],
                jieba_words,
                nlpzero.FunctionTokenizer(jieba_words),
                options.rounds,
                2,
            )

            def cut(line: str) -> list[str]:
                return [word for word in segmenter.segment(line) if not word.isspace()]

            name = "our segmenter as the tokenizer"
            story(bench, name, paths[0], cut, segmenter, options.rounds, 2)
        if "jieba" in parts:
            against_jieba(bench, paths[0], segmenter, options.rounds)
    if {"jobs", "space"} & set(parts):
        model = "count-model.nz"
        nlpzero.learn_segmenter(nlpzero.Corpus(*paths)).save(WORK / model)
        if "jobs" in parts:
            with_jobs(bench, paths, model, options.rounds)
        if "space" in parts:
            white_space(bench, segmented(paths, model), options.rounds)
    if "memory" in parts:
        memory(bench)
    bench.write()


if __name__ == "__main__":
    main()
