"""Record which loops typical jobs compile: nlpzero/engine/kernels.json.

Usage: python benchmarks/make_kernel_list.py

Run it when loops of the default commands were added, or are called with other types; nothing breaks
when it is forgotten, but a first run waits longer. The jobs run on the samples.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ROOT

SAMPLES = ROOT / "data" / "samples"
TEXT = str(SAMPLES / "tech.txt")
OTHER = str(SAMPLES / "news.txt")
JOBS: dict[str, list[list[str]]] = {
    "discover": [["discover", TEXT], ["discover", str(SAMPLES / "story.txt")]],
    "cohesion": [["discover", "--method", "cohesion", TEXT]],
    "segment": [["segment", TEXT], ["segment", "--model", "base", TEXT]],
    "train": [["train", TEXT, "-o", "model.nz"], ["segment", "--model", "model.nz", TEXT]],
    "count": [["count", TEXT], ["count", "--whitespace", TEXT], ["count", "--ngrams", "2", TEXT]],
    "compare": [["compare", TEXT, OTHER]],
    "templates": [["templates", TEXT]],
    "rules": [["rules", "--text", TEXT], ["rules", str(SAMPLES / "transactions.csv")]],
    "ngrams": [["ngrams", TEXT]],
    "vectors": [["vectors", TEXT, "-o", "vectors.nz"]],
}

_RECORD = """
import json, sys
from nlpzero.engine import compiling
written_type = compiling.written_type

found = []
load = compiling._KernelCache.load_overload

def told(self, sig, context):
    try:
        types = [written_type(kind) for kind in sig]
    except ValueError:
        types = None
    name = self._py_func.__qualname__
    if types is not None and "<" not in name:
        found.append([f"{self._py_func.__module__}:{name}", types])
    return load(self, sig, context)

compiling._KernelCache.load_overload = told
from nlpzero_cli.main import run
code = run(sys.argv[2:])
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(found, file)
sys.exit(code)
"""


def recorded(command: list[str], folder: str) -> list[list[object]]:
    """Loops in the order in which a command calls them first."""
    out = Path(folder, "found.json")
    subprocess.run(
        [sys.executable, "-c", _RECORD, str(out), *command, "-q"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "NLPZERO_JOBS": "1"},
        check=True,
    )
    found: list[list[object]] = json.loads(out.read_text(encoding="utf-8"))
    return found


def main() -> None:
    lists: dict[str, list[list[object]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for job, commands in JOBS.items():
            entries = [entry for command in commands for entry in recorded(command, folder)]
            distinct = {json.dumps(entry): entry for entry in entries}
            lists[job] = list(distinct.values())
            print(f"{job}: {len(distinct)} loops")
    lines = [
        f'"{job}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for job, entries in lists.items()
    ]
    path = ROOT / "nlpzero" / "engine" / "kernels.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
