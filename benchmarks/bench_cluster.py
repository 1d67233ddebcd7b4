"""What a command on a Dask cluster holds where it was started, and what merging on workers takes.

Usage: python benchmarks/bench_cluster.py FILE...

Runs `ngrams` on each file, any Chinese text, with two workers on this machine, and merges the
n-grams of the first in one process. CPU seconds say the same on a busy machine, nearly.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import NLPZERO, WORK, Benchmark, Measurement

SHARD = 16 << 20
MEMORY = 256 << 20


def started(folder: Path, *command: str) -> "subprocess.Popen[bytes]":
    with open(folder / "log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{command[0]}", *command[1:]],
            cwd=folder,
            stdout=log,
            stderr=log,
        )


def client(bench: Benchmark, files: list[Path]) -> None:
    rows = []
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        known = ("--scheduler-file", str(folder / "scheduler.json"), "--no-dashboard")
        running = [started(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", *known)]
        try:
            while not (folder / "scheduler.json").exists():
                time.sleep(0.1)
            running += [
                started(folder, "worker", *known, "--no-nanny", "--nthreads", "1") for _ in range(2)
            ]
            address = json.loads((folder / "scheduler.json").read_text())["address"]
            time.sleep(10)
            for file in files:
                command = [*NLPZERO, "ngrams", str(file), "-q", "-o", str(folder / "out")]
                command += ["--executor", "dask", "--scheduler", address]
                begun = time.perf_counter()
                process = subprocess.Popen(command)
                _, status, used = os.wait4(process.pid, 0)
                assert not status
                wall, spent = time.perf_counter() - begun, used.ru_utime + used.ru_stime
                peak = used.ru_maxrss / 1024
                size = file.stat().st_size
                case = f"ngrams, {size} bytes"
                bench.measurements.append(Measurement("client", case, 0, wall, peak, peak, ""))
                out = (folder / "out").stat().st_size
                rows.append(f"| {size:,} | {peak:.0f} | {spent:.1f} | {out:,} |")
        finally:
            for process in running:
                process.kill()
    head = "| bytes of text | peak MB of the client | its CPU s | bytes written |\n"
    bench.note(head + "|--:|--:|--:|--:|\n" + "\n".join(rows))


def merging(bench: Benchmark, file: Path) -> None:
    from nlpzero import Alphabet, Corpus, ReadReport
    from nlpzero.engine.common_store import CommonStore
    from nlpzero.engine.key_ranges import merge_on_workers
    from nlpzero.ngrams.counting import _window_worker

    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        store = CommonStore(folder)
        runs = [
            run
            for shard in Corpus(file).shards(1, SHARD)
            for run in _window_worker(shard, Alphabet(), MEMORY, store, report=ReadReport())[1]
        ]
        spent = []
        for _ in range(3):
            begun = time.process_time()
            rows = sum(len(keys) for keys, _ in merge_on_workers(runs, MEMORY, None))
            spent.append(time.process_time() - begun)
    held = sum(map(len, runs))
    size = file.stat().st_size
    bench.note(
        f"Merging {len(runs)} runs of {held:,} rows ({16 * held / size:.1f} bytes for each byte of "
        f"text) to {rows:,} ({16 * rows / size:.1f}), read from a store and written there, takes "
        f"{min(spent):.2f} s of CPU time, the least of 3: {size / min(spent) / 1e6:.0f} MB of text "
        "a second."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="+", type=Path)
    files = parser.parse_args().files
    bench = Benchmark("cluster", "What a cluster leaves to the machine where a command was started")
    WORK.mkdir(exist_ok=True)
    client(bench, files)  # first: a process counts the memory of the one that started it too
    merging(bench, files[0])
    bench.write()


if __name__ == "__main__":
    main()
