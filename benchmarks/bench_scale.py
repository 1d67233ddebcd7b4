"""What docs/scale.md reckons with: CPU seconds of whole commands on one core, sizes, and what a
cluster adds to each piece of the work.

Usage: python benchmarks/bench_scale.py --data FOLDER

FOLDER holds raw/*.txt.gz, any Chinese text, of which up to 80 MB are read. CPU seconds say the same
on a busy machine, nearly.
"""

import argparse
import resource
import subprocess
import time
import warnings
from pathlib import Path

from bench_versions import text_of
from harness import NLPZERO, WORK, Benchmark, Measurement

SIZES = (1, 10, 80)
COMMANDS = {
    "segment": ["segment", "--model", "base"],
    "count": ["count"],
    "ngrams": ["ngrams"],
}
TASKS = 1000


def cpu_seconds(command: list[str]) -> float:
    """Of a command and its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=WORK, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def commands(bench: Benchmark, raw: list[Path]) -> None:
    rows = []
    for megabytes in SIZES:
        size = text_of(raw, megabytes * 10**6, WORK / "scale.txt")
        for name, arguments in COMMANDS.items():
            full = [*NLPZERO, *arguments, "scale.txt", "-q", "-j", "1", "-o", "scale.out"]
            seconds = [cpu_seconds(full) for _ in range(2)]
            for turn, spent in enumerate(seconds):
                case = f"{name}, {size} bytes"
                bench.measurements.append(
                    Measurement("CPU seconds", case, turn, spent, None, None, "")
                )
            written = (WORK / "scale.out").stat().st_size
            rows.append(f"| {name} | {size:,} | {min(seconds):.2f} | {written:,} |")
    head = "| command | bytes of text | CPU s, less of 2 | bytes written |\n|---|--:|--:|--:|\n"
    bench.note(head + "\n".join(rows))


def work(shard: object, value: bytes, *, report: object) -> int:
    """A piece of work that is none."""
    return len(value)


def cluster(bench: Benchmark) -> None:
    from bench_scale import work as task  # under a name that the workers know
    from distributed import Client, LocalCluster

    from nlpzero import Corpus, DaskExecutor, load_segmenter
    from nlpzero.engine.parallel import map_shards

    warnings.simplefilter("ignore")  # of a large graph: the value that is shared
    shards = [Corpus.from_texts(["x"]).shards()[0]] * TASKS
    here = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    told = []
    with LocalCluster(**here) as machines, Client(machines) as client:
        executor = DaskExecutor(client)
        for value in (b"", bytes(20_000_000)):
            list(map_shards(task, shards[:20], value, executor=executor))
            begun = time.process_time()
            assert sum(map_shards(task, shards, value, executor=executor)) == TASKS * len(value)
            spent = (time.process_time() - begun) / TASKS
            told.append(f"{1000 * spent:.1f} ms with {len(value):,} bytes that all of them share")
    from distributed.protocol.pickle import dumps

    bench.note(
        f"CPU time of client and scheduler together for each of {TASKS} pieces of no work: "
        f"{'; '.join(told)}. The base of the package is {len(dumps(load_segmenter())):,} bytes as "
        "it travels."
    )


def rows_sent(bench: Benchmark, raw: list[Path]) -> None:
    from nlpzero import Corpus, count_ngrams

    size = text_of(raw, 16 << 20, WORK / "scale.txt")
    rows = len(count_ngrams(Corpus(WORK / "scale.txt")))
    bench.note(
        f"`ngrams`: {size:,} bytes of text, a shard, hold {rows:,} different windows of 4, which a "
        f"worker sends as {16 * rows:,} bytes: {16 * rows / size:.1f} for each byte of text."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, type=Path)
    data = parser.parse_args().data
    raw = [data / "raw" / f"{name}.txt.gz" for name in ("news", "tech", "reviews")]
    bench = Benchmark(
        "scale", "What a terabyte would take", data="news, technical articles and reviews, raw"
    )
    WORK.mkdir(exist_ok=True)
    commands(bench, raw)
    rows_sent(bench, raw)
    cluster(bench)
    bench.write()


if __name__ == "__main__":
    main()
