"""Association rules: from file to frequent itemsets against PyFIM, mlxtend and efficient-apriori;
memory.

Usage: python benchmarks/bench_rules.py [--data FOLDER] [--only peers|dense|memory] [--size 2G]

FOLDER holds retail.csv.gz (FIMI retail) and online.txt.gz (UCI online retail), one transaction a
line, items separated by commas. A peer that is not installed is left out: pip install pyfim mlxtend
efficient-apriori.
"""

import argparse
import gzip
import importlib.util
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
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


def categories(
    rows: int, sizes: Sequence[int], kinds: int, share: int, seed: int
) -> list[list[str]]:
    """Rows of one value from each column: the first values are common, and `share` percent of the
    values follow from the hidden kind of the row.

    Only integers are used to draw, so that the rows are the same everywhere.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    kind = rng.integers(0, kinds, rows)
    columns = []
    for number, size in enumerate(sizes):
        upto = np.cumsum(10**6 // np.arange(1, size + 1) ** 2)
        drawn = np.searchsorted(upto, rng.integers(0, upto[-1], rows), side="right")
        of_kind = rng.integers(0, size, kinds)
        follows = rng.integers(0, 100, rows) < share
        values = np.where(follows, of_kind.take(kind), drawn)
        columns.append([f"c{number}={value}" for value in values.tolist()])
    return [list(row) for row in zip(*columns, strict=True)]


# shaped as UCI adult, and as mushroom and chess of FIMI
DENSE: dict[str, tuple[Callable[[], list[list[str]]], tuple[float, ...]]] = {
    "census": (
        lambda: categories(32_561, (8, 6, 7, 6, 5, 2, 5, 2), 6, 35, 1),
        (0.05, 0.02, 0.01, 0.001),
    ),
    "mushrooms": (
        lambda: categories(
            8_124,
            (6, 4, 9, 2, 9, 2, 2, 2, 12, 2, 5, 4, 4, 9, 9, 2, 4, 3, 5, 9, 6, 7, 2),
            12,
            60,
            2,
        ),
        (0.2, 0.1, 0.05),
    ),
    "chess": (lambda: categories(3_196, (2,) * 36 + (3,), 8, 45, 3), (0.7, 0.6, 0.5)),
}
SPARSE = {"retail.csv.gz": (0.05, 0.01, 0.001), "online.txt.gz": (0.02, 0.01, 0.005)}


def dense(bench: Benchmark, data: Path) -> None:
    """Mining alone, and from file to rules, against PyFIM's three ways; dense data and sparse."""
    if importlib.util.find_spec("fim") is None:
        print("fim is not installed: left out")
        return
    import fim

    bench.note(
        "Mining alone begins with PyFIM's lists of lists of str, which it numbers, and with our "
        "Transactions; it ends with what each returns. From file to rules, confidence at least "
        "80 %. A process that has mined for .6 s loads the compiler: the rounds before that, "
        "which are not counted, are its small jobs."
    )
    WORK.mkdir(parents=True, exist_ok=True)
    for _ in range(8):  # many small jobs are a large one
        warm = nlpzero.Transactions.from_lists(DENSE["census"][0]())
        nlpzero.frequent_itemsets(warm, 0.001)
    paths = {}
    for name, (make, supports) in DENSE.items():
        path = WORK / f"{name}.csv"
        path.write_text("".join(",".join(row) + "\n" for row in make()), encoding="utf-8")
        paths[path] = supports
    paths |= {data / name: supports for name, supports in SPARSE.items() if (data / name).exists()}
    for path, supports in paths.items():
        rows = lines_of(path)
        read = nlpzero.Transactions.from_lists(rows)
        for support in supports:
            least = nlpzero.minimum_count(support, len(rows), strict=False)
            ours = {"nlpzero": lambda: nlpzero.frequent_itemsets(read, least, strict=False)}  # noqa: B023
            theirs = {
                f"PyFIM {name}": partial(
                    getattr(fim, name), rows, target="s", supp=-least, zmin=1, report="a"
                )
                for name in ("fpgrowth", "eclat", "apriori")
            }
            mined = {name: Kept(run) for name, run in (theirs | ours).items()}
            bench.compare(
                f"{path.name}, support {support:.1%}: mining alone",
                [Case(name, run, result=run.itemsets) for name, run in mined.items()],
                rounds=3,
            )
            both = {"PyFIM fpgrowth": fim_rules, "PyFIM arules": fim_arules, "nlpzero": our_rules}
            ruled = {name: Kept(partial(run, path, least)) for name, run in both.items()}
            bench.compare(
                f"{path.name}, support {support:.1%}: from file to rules",
                [Case(name, run, result=run.rules) for name, run in ruled.items()],
                rounds=3,
            )
    for name, support in (("census", 0.05), ("census", 0.001), ("mushrooms", 0.1)):
        path, out, sets = WORK / f"{name}.csv", WORK / "fim.tsv", WORK / "sets.tsv"
        command = [*NLPZERO, "rules", str(path), "--min-support", str(support)]
        command += ["--min-confidence", "1", "-q", "-o", str(WORK / "rules.tsv")]
        script = FIM_SCRIPT.replace("gzip.open(", "open(")
        bench.compare(
            f"{path.name}, support {support:.1%}: as a process, start included",
            [
                Case(
                    "PyFIM script",
                    [sys.executable, "-c", script, str(path), str(support), str(out)],
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


def lines_of(path: Path) -> list[list[str]]:
    if path.suffix == ".gz":
        return rows_of(path)
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").split(",") for line in file]


def fim_rules(path: Path, least: int) -> Any:
    import fim

    wanted = {"target": "r", "supp": -least, "conf": 80, "zmin": 2, "report": "a", "mode": "o"}
    return fim.fpgrowth(lines_of(path), **wanted)


def fim_arules(path: Path, least: int) -> Any:
    import fim

    return fim.arules(lines_of(path), supp=-least, conf=80, zmin=2, report="a", mode="o")


def our_rules(path: Path, least: int) -> Any:
    found = nlpzero.frequent_itemsets(nlpzero.read_transactions(path), least, strict=False)
    return nlpzero.association_rules(found, 0.8, strict=False)


class Kept:
    """A call whose last value stays, to be compared when the clock has stopped."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self.run = run

    def __call__(self) -> None:
        self.value = self.run()

    def itemsets(self) -> Any:
        return canonical(pair if len(pair) == 2 else (pair[0], pair[2]) for pair in self.value)

    def rules(self) -> Any:
        return sorted(
            (sorted(rule.antecedent), rule.consequent[0], rule.count)
            if isinstance(rule, nlpzero.Rule)
            else (sorted(rule[1]), rule[0], rule[2])
            for rule in self.value
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
    parser.add_argument("--only", choices=["peers", "dense", "memory"])
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
    if arguments.only in (None, "peers"):
        peers(bench, arguments.data)
    if arguments.only in (None, "dense"):
        dense(bench, arguments.data)
    if arguments.only in (None, "memory"):
        memory(bench, arguments.size)
    bench.write()


if __name__ == "__main__":
    main()
