"""Association rules: from file to frequent itemsets against PyFIM, mlxtend and efficient-apriori;
memory.

Usage: python benchmarks/bench_rules.py [--data FOLDER] [--only peers|memory] [--size 2G]

FOLDER holds retail.csv.gz (FIMI retail) and online.txt.gz (UCI online retail), one transaction a
line, items separated by commas. A peer that is not installed is left out: pip install pyfim mlxtend
efficient-apriori.
"""

import argparse
import gzip
import importlib.util
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from harness import NLPZERO, WORK, Benchmark, Case, digest

import nlpzero

SETTINGS = (("retail.csv.gz", (0.005, 0.001)), ("online.txt.gz", (0.01, 0.005)))

# the same as a process: what a user of PyFIM writes, itemsets to a file like --itemsets
FIM_SCRIPT = """
import gzip, sys, fim
path, support, out = sys.argv[1:]
with gzip.open(path, "rt", encoding="utf-8") as file:
    rows = [line.rstrip("\\n").split(",") for line in file]
found = fim.apriori(rows, target="s", supp=100 * float(support), zmin=1, report="a")
with open(out, "w", encoding="utf-8") as file:
    for items, count in found:
        file.write(", ".join(items) + "\\t" + str(count) + "\\n")
"""


def rows_of(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n").split(",") for line in file]


def by_nlpzero(path: Path, support: float) -> Iterable[tuple[Iterable[str], int]]:
    read = nlpzero.read_transactions(path)
    return [(s.items, s.count) for s in nlpzero.frequent_itemsets(read, support)]


def by_fim(name: str) -> Callable[[Path, float], Iterable[tuple[Iterable[str], int]]]:
    import fim

    def run(path: Path, support: float) -> Any:
        return getattr(fim, name)(rows_of(path), target="s", supp=100 * support, zmin=1, report="a")

    return run


def by_mlxtend(path: Path, support: float) -> Iterable[tuple[Iterable[str], int]]:
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from mlxtend.preprocessing import TransactionEncoder

    rows = rows_of(path)
    encoder = TransactionEncoder()
    frame = pd.DataFrame.sparse.from_spmatrix(
        encoder.fit(rows).transform(rows, sparse=True), columns=encoder.columns_
    )
    found = fpgrowth(frame, min_support=support, use_colnames=True)
    return [
        (items, round(s * len(rows)))
        for items, s in zip(found["itemsets"], found["support"], strict=True)
    ]


def by_efficient_apriori(path: Path, support: float) -> Iterable[tuple[Iterable[str], int]]:
    from efficient_apriori import itemsets_from_transactions

    levels, _ = itemsets_from_transactions(
        [tuple(row) for row in rows_of(path)], min_support=support, max_length=99
    )
    return [pair for level in levels.values() for pair in level.items()]


def canonical(found: Iterable[tuple[Iterable[str], int]]) -> list[tuple[list[str], int]]:
    return sorted((sorted(items), int(count)) for items, count in found)


def case(name: str, run: Callable[[Path, float], Any], path: Path, support: float) -> Case:
    kept: list[Any] = [None]

    def timed() -> None:
        kept[0] = run(path, support)

    return Case(name, timed, result=lambda: canonical(kept[0]))


def read_table(path: Path) -> list[tuple[list[str], int]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split("\t") for line in lines if not line.startswith("items\t")]
    return canonical((row[0].split(", "), int(row[-1])) for row in cells)


def peers(bench: Benchmark, data: Path) -> None:
    has = {
        name: importlib.util.find_spec(name) is not None
        for name in ("fim", "mlxtend", "efficient_apriori")
    }
    for name, installed in has.items():
        if not installed:
            print(f"{name} is not installed: left out")
    for file, supports in SETTINGS:
        path = data / file
        if not path.exists():
            print(f"{path} is not there: left out")
            continue
        for support in supports:
            title = f"{file}, support {support:.1%}"
            ours = case("nlpzero", by_nlpzero, path, support)
            if has["fim"]:
                bench.compare(
                    f"{title}: in one process, file to itemsets, against C",
                    [
                        case("PyFIM apriori", by_fim("apriori"), path, support),
                        ours,
                        case("PyFIM fpgrowth", by_fim("fpgrowth"), path, support),
                    ],
                    rounds=7,
                )
                out = WORK / "fim.tsv"
                sets = WORK / "sets.tsv"
                command = [
                    *NLPZERO,
                    "rules",
                    str(path),
                    "--min-support",
                    str(support),
                ]
                command += ["--min-confidence", "1", "-q", "-o", str(WORK / "rules.tsv")]
                bench.compare(
                    f"{title}: as a process, interpreter and imports included",
                    [
                        Case(
                            "PyFIM script",
                            [sys.executable, "-c", FIM_SCRIPT, str(path), str(support), str(out)],
                            result=lambda out=out: read_table(out),
                        ),
                        Case(
                            "nlpzero rules --itemsets",
                            [*command, "--itemsets", str(sets)],
                            result=lambda sets=sets: read_table(sets),
                        ),
                    ],
                    rounds=3,
                )
            slow = []
            if has["mlxtend"]:
                slow.append(case("mlxtend fpgrowth", by_mlxtend, path, support))
            if has["efficient_apriori"]:
                slow.append(case("efficient-apriori", by_efficient_apriori, path, support))
            if slow:
                bench.compare(
                    f"{title}: in one process, file to itemsets, against Python",
                    [ours, *slow],
                    rounds=3,
                    warm_up=0,
                )


def generate_transactions(path: Path, size: int, seed: int = 1) -> int:
    """Write about `size` bytes of made-up baskets: items by a power law, and 60 patterns of 2 to 5
    items.

    Only integers are used to draw, so that the bytes are the same everywhere. Returns the bytes
    written.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    items = 20_000
    weights = 10**9 // np.arange(20, items + 20)
    table = np.searchsorted(
        np.cumsum(weights) * (1 << 20) // weights.sum(), np.arange(1 << 20), side="right"
    )
    patterns = [rng.integers(0, 3000, n) for n in rng.integers(2, 6, 60)]
    longest = np.zeros((60, 5), dtype=np.int64)
    for row, pattern in zip(longest, patterns, strict=True):
        row[:] = pattern[np.arange(5) % len(pattern)]  # a repeat in a row counts once
    digits = np.array([b"%06d" % i for i in range(items)]).view(np.uint8).reshape(items, 6)
    written = 0
    with open(path, "wb") as file:
        while written < size:
            lengths = rng.integers(1, 20, 100_000)
            bought = table[rng.integers(0, 1 << 20, int(lengths.sum()))]
            ends = np.cumsum(lengths) - 1
            with_pattern = np.flatnonzero((rng.integers(0, 4, len(lengths)) == 0) & (lengths >= 5))
            chosen = longest[rng.integers(0, 60, len(with_pattern))]
            bought[(ends[with_pattern] - 4)[:, None] + np.arange(5)] = chosen
            text = np.empty((len(bought), 7), dtype=np.uint8)
            text[:, :6] = digits[bought]
            text[:, 6] = ord(",")
            text[ends, 6] = ord("\n")
            file.write(text.data)
            written += text.size
    return written


def memory(bench: Benchmark, size: int) -> None:
    path = WORK / "baskets.csv"
    WORK.mkdir(parents=True, exist_ok=True)
    written = generate_transactions(path, size)
    outputs = {}
    cases = []
    for limit in ("512M", "12G"):
        out, sets = WORK / f"rules-{limit}.tsv", WORK / f"sets-{limit}.tsv"
        outputs[limit] = (out, sets)
        command = [
            *NLPZERO,
            "rules",
            str(path),
            "--min-support",
            "0.001",
            "--min-confidence",
            "0.3",
        ]
        command += ["--memory", limit, "--tmpdir", str(WORK), "-q", "-o", str(out)]
        cases.append(
            Case(
                f"--memory {limit}",
                [*command, "--itemsets", str(sets)],
                size=written,
                result=lambda paths=(out, sets): digest(*paths),
            )
        )
    bench.compare(
        f"{written / 1e9:.2f} GB of made-up baskets, by partition and at once",
        cases,
        rounds=1,
        warm_up=0,
    )
    out, sets = outputs["512M"]
    bench.note(
        f"{len(sets.read_text(encoding='utf-8').splitlines()) - 1:,} itemsets, "
        f"{len(out.read_text(encoding='utf-8').splitlines()) - 1:,} rules, the same bytes in both."
    )
    for file in (path, *(f for pair in outputs.values() for f in pair)):
        file.unlink()


def bytes_of(text: str) -> int:
    return int(float(text[:-1]) * 10 ** {"K": 3, "M": 6, "G": 9}[text[-1].upper()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder with the two files")
    parser.add_argument("--only", choices=["peers", "memory"])
    parser.add_argument("--size", type=bytes_of, default=bytes_of("2G"))
    arguments = parser.parse_args()
    bench = Benchmark(
        "rules" if arguments.only is None else f"rules-{arguments.only}",
        "Association rules",
        data="FIMI retail (88,162 baskets), UCI online retail (28,816 invoices); made-up baskets.",
        packages=("pyfim", "mlxtend", "efficient-apriori", "pandas"),
    )
    bench.note(
        "Time begins with the compressed file and ends with a Python list of all itemsets and "
        "counts, for everybody; in one process, imports are not counted. PyFIM's and the others' "
        "rows are read with gzip and str.split. Every case must find the same itemsets with the "
        "same counts."
    )
    if arguments.only != "memory":
        peers(bench, arguments.data)
    if arguments.only != "peers":
        memory(bench, arguments.size)
    bench.write()


if __name__ == "__main__":
    main()
