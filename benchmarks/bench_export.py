"""What exported dictionaries do to jieba: span F1 on test texts, and how many lines change.

Usage: python benchmarks/bench_export.py --gold FOLDER [--text FILE]

FOLDER holds pku.gold.txt and msr.gold.txt (SIGHAN-2005). The words are those that `nlpzero
discover` finds in the raw text of each, and in FILE, such as reviews, and that jieba's dictionary
lacks. Needs jieba.
"""

import argparse
import importlib.util
import subprocess
from pathlib import Path
from typing import Any

import jieba
from bench_discover import TESTS, f1, table
from harness import NLPZERO, WORK, Benchmark

KINDS = (("all words", ()), ("--no-coarser", ("--no-coarser",)))


def dictionary_of_jieba() -> Path:
    spec = importlib.util.find_spec("jieba")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).with_name("dict.txt")


def found_in(text: Path, name: str) -> Path:
    """The list of words of a text that jieba does not know."""
    out = WORK / f"export-{name}.tsv"
    known = str(dictionary_of_jieba())
    subprocess.run(
        [*NLPZERO, "discover", str(text), "--exclude", known, "-q", "-o", str(out)], check=True
    )
    return out


def exported(found: Path, options: tuple[str, ...]) -> list[str]:
    done = subprocess.run(
        [*NLPZERO, "export", str(found), "--format", "jieba", "-q", *options],
        check=True,
        capture_output=True,
    )
    return done.stdout.decode("utf-8").splitlines()


def jieba_with(words: list[str]) -> Any:
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(WORK)
    tokenizer.initialize()
    tokenizer.load_userdict(words)
    return tokenizer


def scores(tokenizer: Any, gold: Path) -> list[str]:
    with_hmm = f1(gold, tokenizer.lcut)
    without = f1(gold, lambda text: tokenizer.lcut(text, HMM=False))
    return [f"{with_hmm:.5f}", f"{without:.5f}"]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--gold", type=Path, required=True)
    arguments.add_argument("--text", type=Path)
    options = arguments.parse_args()
    jieba.setLogLevel(60)
    WORK.mkdir(parents=True, exist_ok=True)
    bench = Benchmark("export-jieba", "Exported dictionaries in jieba", packages=("jieba",))
    alone = jieba_with([])
    lists = {}
    for test in TESTS:
        raw = WORK / f"{test}.raw.txt"
        gold = (options.gold / f"{test}.gold.txt").read_text("utf-8")
        raw.write_text("".join("".join(line.split()) + "\n" for line in gold.splitlines()), "utf-8")
        lists[test] = found_in(raw, test)
    if options.text is not None:
        lists["text"] = found_in(options.text, "text")
    rows = []
    for test in TESTS:
        gold_file = options.gold / f"{test}.gold.txt"
        rows.append([test.upper(), "jieba alone", "0", *scores(alone, gold_file)])
        for name in (test, "text"):
            if name not in lists:
                continue
            for kind, flags in KINDS:
                words = exported(lists[name], flags)
                source = "this text" if name == test else "reviews"
                row = [test.upper(), f"words of {source}, {kind}", f"{len(words):,}"]
                rows.append([*row, *scores(jieba_with(words), gold_file)])
    head = ["test text", "dictionary", "words", "F1", "F1 without HMM"]
    table(bench, "Span F1 of jieba with words that it lacks", head, rows)
    if options.text is not None:
        changes(bench, options.text, lists["text"], alone)
    print(bench.write())


def changes(bench: Benchmark, text: Path, found: Path, alone: Any, most: int = 10_000) -> None:
    """How many lines are cut in another way, and how many of these hold one of the words."""
    with open(text, encoding="utf-8") as file:
        lines = [line.strip() for line, _ in zip(file, range(most), strict=False)]
    rows = []
    for kind, flags in KINDS:
        words = exported(found, flags)
        tokenizer = jieba_with(words)
        known = frozenset(words)
        changed = [line for line in lines if tokenizer.lcut(line) != alone.lcut(line)]
        holding = sum(any(word in line for word in known) for line in changed)
        rows.append([kind, f"{len(words):,}", f"{len(changed):,}", f"{holding:,}"])
    head = ["words", "number", f"lines of {len(lines):,} that change", "of these with such a word"]
    table(bench, "Reviews cut by jieba", head, rows)


if __name__ == "__main__":
    main()
