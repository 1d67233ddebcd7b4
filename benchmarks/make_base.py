"""Make the base model of the package from a folder of raw texts: docs/base-model.md says which.

    python benchmarks/make_base.py RAW_FOLDER nlpzero/data/base.nz

The same texts give the same bytes.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from nlpzero import Corpus, Progress, Resources
from nlpzero.learning.base_training import COMPACT_BYTES, learn_base_of
from nlpzero.learning.sampling import sample_text

# texts in the order they are read, and how much of each is taken
PARTS = {
    "news": None,
    "cmrcwiki": None,
    "stories": None,
    "wiki": None,
    "traditional": None,
    "tech": 6_000_000,
    "reviews": 6_000_000,
}
_ALL = 1 << 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("raw", type=Path, help="folder with news.txt.gz, wiki.txt.gz...")
    parser.add_argument("output", type=Path)
    parser.add_argument("--size", default=COMPACT_BYTES, help="bytes of the file at most")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    begun = time.perf_counter()
    texts: list[str] = []
    for name, size in PARTS.items():
        texts += sample_text(Corpus(given.raw / f"{name}.txt.gz"), size or _ALL)

    def tell(state: Progress) -> None:
        print(f"{state.stage} {state.done}/{state.total}", file=sys.stderr)

    base = learn_base_of(
        texts, size=given.size, resources=Resources(jobs=given.jobs, progress=tell)
    )
    base.save(given.output)
    print(
        f"{os.path.getsize(given.output):,} bytes, {len(base.pairs):,} pairs, "
        f"{len(base.triples):,} trigrams, {len(base.words):,} words of three and four, "
        f"{time.perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
