"""Counting n-grams and estimating a language model beside KenLM's own programs.

Usage: python benchmarks/bench_kenlm.py --data FOLDER --programs FOLDER [--rounds N]

--data holds news.txt, tech.txt and reviews.txt (or .gz); --programs holds `count_ngrams` and
`lmplz`, built from KenLM's sources. They read characters with spaces between them, one clause a
line: making that text is timed too.
"""

import argparse
import importlib
import math
import re
import shlex
from pathlib import Path

import numpy as np
from bench_discover import concatenated
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero

# of a record of count_ngrams: four symbols and a count
_RECORD = np.dtype([("symbols", np.uint32, 4), ("count", np.uint64)])
_BLOCK = 1 << 22


def write_spaced(text: Path, spaced: Path) -> int:
    """Write the clauses of a text as KenLM reads them: a clause a line, symbols between spaces."""
    alphabet = nlpzero.count_ngrams(nlpzero.Corpus(text), order=1).alphabet
    with (
        open(text, encoding="utf-8", newline="\n") as lines,
        open(spaced, "wb") as out,
    ):
        while block := lines.readlines(_BLOCK):
            symbols = alphabet.encode("".join(block)).symbols
            pairs = np.empty((len(symbols), 2), np.uint16)
            pairs[:, 0], pairs[:, 1] = symbols, ord(" ")
            pairs[symbols == 0] = ord("\n")
            # some symbols of characters beyond the BMP are surrogates: bytes like any others here
            raw = pairs.tobytes().decode("utf-16-le", "surrogatepass")
            out.write(re.sub("\n+", "\n", raw).encode("utf-8", "surrogatepass"))
    return spaced.stat().st_size


def counting(bench: Benchmark, text: Path, spaced: Path, programs: Path, rounds: int) -> None:
    def theirs() -> tuple[int, int]:
        records = np.fromfile(WORK / "counted", _RECORD)
        # <unk>, <s> and </s> are 0, 1 and 2: n-grams at the ends of clauses are not counted by us
        inside = (records["symbols"] > 2).all(1)
        return int(inside.sum()), int(records["count"][inside].sum())

    def ours(jobs: int) -> tuple[int, int]:
        _, counts = nlpzero.NGramCounts.load(WORK / f"counts{jobs}.nz").grams(4)
        return len(counts), int(counts.sum())

    command = shlex.join([str(programs / "count_ngrams"), "-o", "4", "-S", "4G", "-T", "."])
    bench.compare(
        f"4-grams of {text.stat().st_size / 1e6:.0f} MB, written to a file; the numbers of "
        "4-grams and of their occurrences are equal",
        [
            Case(
                "count_ngrams of KenLM, of spaced text",
                ["sh", "-c", f"{command} --write_vocab_list vocab < {spaced.name} > counted"],
                result=theirs,
            ),
            *(
                Case(
                    f"nlpzero ngrams -j {jobs}",
                    [
                        *NLPZERO,
                        "ngrams",
                        str(text),
                        "-q",
                        "-j",
                        str(jobs),
                        "-o",
                        f"counts{jobs}.nz",
                    ],
                    result=lambda jobs=jobs: ours(jobs),
                )
                for jobs in (1, 2)
            ),
        ],
        rounds=rounds,
    )
    bench.compare(
        "making the spaced text",
        [Case("symbols of nlpzero, in Python", lambda: write_spaced(text, spaced))],
        rounds=1,
        warm_up=0,
    )


def estimating(bench: Benchmark, text: Path, spaced: Path, programs: Path, rounds: int) -> None:
    kenlm = importlib.import_module("kenlm")
    with open(text, encoding="utf-8", newline="\n") as lines:
        clauses = [c for line in lines.readlines(1 << 20) for c in re.findall("[一-鿿]+", line)]
    symbols = sum(map(len, clauses))

    def mean(name: str) -> float:
        model = kenlm.Model(str(WORK / name))
        total = sum(model.score(" ".join(c), bos=False, eos=False) for c in clauses)
        return total * math.log(10.0) / symbols

    def same_model(results: dict[str, float]) -> bool:
        # all n-grams or those that occur twice: the latter have nothing to be equal to
        values = [value for name, value in results.items() if "default" not in name]
        means.update(results)
        return max(values) - min(values) < 0.1

    def training(name: str, more: list[str]) -> Case:
        command = [*NLPZERO, "train", str(text), "-q", "--method", "lm", *more, "-o", "lm.nz"]
        return Case(name, [*command, "--arpa", "lm.arpa"], result=lambda: mean("lm.arpa"))

    means: dict[str, float] = {}
    lmplz = shlex.join([str(programs / "lmplz"), "-o", "4", "-S", "4G", "-T", "."])
    bench.compare(
        f"modified Kneser–Ney of order 4 from {text.stat().st_size / 1e6:.0f} MB, written as ARPA",
        [
            Case(
                "lmplz of KenLM, of spaced text",
                ["sh", "-c", f"{lmplz} < {spaced.name} > peer.arpa"],
                result=lambda: mean("peer.arpa"),
            ),
            training("train --method lm -j 1, all n-grams", ["-j", "1", "--min-count", "1"]),
            training("train --method lm -j 2, all n-grams", ["-j", "2", "--min-count", "1"]),
            training("train --method lm -j 1, default", ["-j", "1"]),
            training("train --method lm -j 2, default", ["-j", "2"]),
        ],
        rounds=rounds,
        check=same_model,
    )
    bench.compare(
        "the model file alone, without ARPA",
        [
            Case(
                f"train --method lm -j {jobs}, default",
                [
                    *(*NLPZERO, "train", str(text), "-q", "--method", "lm", "-j", str(jobs)),
                    *("-o", "lm.nz"),
                ],
                result=lambda: digest(WORK / "lm.nz"),
            )
            for jobs in (1, 2)
        ],
        rounds=rounds,
    )
    bench.note(
        f"Mean log probability of {symbols:,} characters of the text itself, in nats: "
        + "; ".join(f"{name} {value:.3f}" for name, value in means.items())
        + ". The default leaves out n-grams of three characters and more that occur once, so it "
        "remembers less of its own text. KenLM's clauses begin with <s> and end with </s>, ours "
        "with what any clause may."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    text, what = concatenated(options.data)
    spaced = WORK / "spaced.txt"
    write_spaced(text, spaced)
    bench = Benchmark("kenlm", "Counting and estimating beside KenLM's programs", data=what)
    counting(bench, text, spaced, options.programs.resolve(), options.rounds)
    estimating(bench, text, spaced, options.programs.resolve(), options.rounds)
    bench.write()


if __name__ == "__main__":
    main()
