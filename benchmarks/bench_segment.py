"""Segmenting: characters a second against jieba and rjieba, whole processes, memory, the first
answer.

Usage: python benchmarks/bench_segment.py --data FOLDER [--only inside|process|start]

FOLDER holds news.txt.gz and tech.txt.gz (any Chinese text, one sentence or paragraph a line). The
word list is the one jieba brings (349,045 words), for all three. A peer that is not installed is
left out: pip install jieba rjieba.
"""

import argparse
import gzip
import importlib.util
import logging
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero


def text_of(folder: Path, name: str, size: int) -> str:
    """The first bytes of a file, in whole lines."""
    with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
        text = file.read(size)
    while len(text.encode("utf-8")) > size:
        text = text[: int(len(text) * size / len(text.encode("utf-8")))]
    return text[: text.rfind("\n") + 1]


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def dictionary() -> Path:
    """jieba's word list."""
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        sys.exit("The word list comes with jieba: pip install jieba")
    return Path(spec.origin).parent / "dict.txt"


def make_models(folder: Path) -> None:
    """Models in the folder of work: the word list, and two learned from the news."""
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "news.txt").write_text(
        text_of(folder, "news.txt.gz", 1 << 30), encoding="utf-8", newline=""
    )
    for args in (
        ["--dictionary", str(dictionary()), "-o", "words.nz"],
        ["news.txt", "--method", "lm", "-j", "1", "-o", "lm.nz"],
        ["news.txt", "-j", "1", "-o", "learned.nz"],
    ):
        subprocess.run([*NLPZERO, "train", "-q", *args], cwd=WORK, check=True)


def inside(bench: Benchmark, folder: Path) -> None:
    """In this process, one core: boundary arrays, segmented text, tokens."""
    text = text_of(folder, "news.txt.gz", 7_000_000)
    lines = text.split("\n")
    words, lm, learned = (
        nlpzero.load_segmenter(WORK / f"{name}.nz") for name in ("words", "lm", "learned")
    )
    size = len(text.encode("utf-8"))

    def cut(how: Any) -> Any:
        return lambda: sum(len(how(line)) for line in lines)

    cases = [
        Case("vocabulary, boundary array", lambda: int(words.boundaries(text).sum()), size=size),
        Case("vocabulary, segmented text", lambda: len(words.segment_to_text(text)), size=size),
        Case(
            "vocabulary, lists of tokens",
            lambda: sum(map(len, words.segment_all(lines))),
            size=size,
        ),
        Case("lm, boundary array", lambda: int(lm.boundaries(text).sum()), size=size),
        Case("learned, boundary array", lambda: int(learned.boundaries(text).sum()), size=size),
    ]
    if installed("rjieba"):
        import rjieba

        cases.append(
            Case("rjieba, lists of tokens", cut(lambda line: rjieba.cut(line, False)), size=size)
        )
    if installed("jieba"):
        import jieba

        jieba.setLogLevel(logging.WARNING)
        jieba.initialize()
        cases.append(
            Case("jieba, lists of tokens", cut(lambda line: jieba.lcut(line, HMM=False)), size=size)
        )
    medians = bench.compare(
        f"{len(text):,} characters of news, in process, one core",
        cases,
        rounds=3,
        check=lambda results: True,
    )
    rates = ", ".join(f"{name}: {len(text) / s / 1e6:.2f}" for name, s in medians.items())
    bench.note(f"Million characters a second: {rates}.")
    bench.note(
        "jieba and rjieba give lists of tokens and know no other result; a boundary array or text "
        "is what our commands work with. All have the same words and no guessing of unknown ones "
        "(HMM off)."
    )
    if installed("jieba"):
        same = total = 0
        for line in lines[:5000]:
            ends: set[int] = set()
            at = 0
            for token in jieba.lcut(line, HMM=False):
                at += len(token)
                ends.add(at)
            ours = set(words.boundaries(line).nonzero()[0].tolist()) - {0}
            same += len(ends & ours)
            total += len(ends | ours)
        bench.note(
            "Of the boundaries that jieba or the vocabulary segmenter sets in 5,000 lines, both "
            f"set {same / total:.2%}; most others are at numbers, repeated marks and white space."
        )


def process(bench: Benchmark, folder: Path) -> None:
    """Whole processes on files."""
    (WORK / "20mb.txt").write_text(
        text_of(folder, "tech.txt.gz", 20_000_000), encoding="utf-8", newline=""
    )
    size = os.path.getsize(WORK / "20mb.txt")
    cases = [
        Case(
            f"nlpzero segment --model {name}.nz",
            [*NLPZERO, "segment", "-q", "--model", f"{name}.nz", "20mb.txt", "-o", f"{name}.cut"],
            size=size,
            result=lambda name=name: digest(WORK / f"{name}.cut"),
        )
        for name in ("words", "lm", "learned")
    ]
    if installed("jieba"):
        cases.append(
            Case(
                "python -m jieba -n -q -d ' '",
                [
                    *(sys.executable, "-W", "ignore", "-m", "jieba"),
                    *("-n", "-q", "-d", " ", "20mb.txt"),
                ],
                size=size,
            )
        )
    bench.compare("a file of 20 MB, whole processes", cases, rounds=2, check=lambda results: True)
    (WORK / "5mb.txt").write_text(
        text_of(folder, "tech.txt.gz", 5_000_000), encoding="utf-8", newline=""
    )
    (WORK / "80mb.txt").write_bytes((WORK / "20mb.txt").read_bytes() * 4)
    for name in ("words", "learned"):
        bench.compare(
            f"jobs on 80 MB, {name}",
            [
                Case(
                    f"-j {jobs}",
                    [
                        *NLPZERO,
                        "segment",
                        "-q",
                        "--model",
                        f"{name}.nz",
                        "-j",
                        str(jobs),
                        "80mb.txt",
                        "-o",
                        f"{jobs}.cut",
                    ],
                    size=4 * size,
                    result=lambda jobs=jobs: digest(WORK / f"{jobs}.cut"),
                )
                for jobs in (1, 2)
            ],
            rounds=2,
        )
    bench.compare(
        "memory does not follow the size of the file (one job)",
        [
            Case(
                name,
                [
                    *NLPZERO,
                    "segment",
                    "-q",
                    "--model",
                    "words.nz",
                    "-j",
                    "1",
                    name,
                    "-o",
                    "size.cut",
                ],
                size=os.path.getsize(WORK / name),
                result=lambda: None,
            )
            for name in ("5mb.txt", "20mb.txt", "80mb.txt")
        ],
        rounds=2,
    )


def start(bench: Benchmark) -> None:
    """From the start of the process to the answer to the first line, and to the second."""
    for name in ("words", "lm", "learned"):
        first, second = [], []
        for _ in range(6):
            began = time.perf_counter()
            with subprocess.Popen(
                [*NLPZERO, "segment", "--model", f"{name}.nz"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=WORK,
            ) as process:
                assert process.stdin is not None and process.stdout is not None
                for times in (first, second):
                    process.stdin.write("今天天气很好，我们去北京大学。\n".encode())
                    process.stdin.flush()
                    process.stdout.readline()
                    times.append(time.perf_counter() - began)
                    began = time.perf_counter()
                process.stdin.close()
        bench.note(
            f"`nlpzero segment --model {name}.nz`, line by line through pipes: first answer "
            f"{statistics.median(first[1:]):.2f} s after the start of the process (median of 5, "
            f"kernels cached), second line {1000 * statistics.median(second[1:]):.1f} ms."
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=["inside", "process", "start"])
    options = parser.parse_args()
    if not (options.data / "news.txt.gz").exists() or not (options.data / "tech.txt.gz").exists():
        sys.exit(f"{options.data}: news.txt.gz or tech.txt.gz is not there; nothing measured.")
    bench = Benchmark(
        "segment",
        "Segmenting",
        data="news and translated technical articles",
        packages=("jieba", "rjieba"),
    )
    make_models(options.data)
    if options.only in (None, "inside"):
        inside(bench, options.data)
    if options.only in (None, "process"):
        process(bench, options.data)
    if options.only in (None, "start"):
        start(bench)
    bench.write()


if __name__ == "__main__":
    main()
