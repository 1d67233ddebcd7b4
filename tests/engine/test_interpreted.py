"""Without the compiler the same code gives the same answers, slowly."""

import os
import subprocess
import sys

from nlpzero import count_ngrams

PROGRAM = """
import warnings
warnings.simplefilter("error")
from nlpzero import count_ngrams
counts = count_ngrams(["吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。", "𠮷野家K线图"], order=5)
print(counts.keys.tolist(), counts.count_of(["葡萄", "不吐葡萄皮"]).tolist())
print(counts.left_entropy(2).tolist())
"""


def test_counts_are_the_same_without_numba_compiling() -> None:
    results = []
    for disabled in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "NUMBA_DISABLE_JIT": disabled},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        results.append(done.stdout)
    assert results[0] == results[1]
    assert count_ngrams(["葡萄"]).total == 2
