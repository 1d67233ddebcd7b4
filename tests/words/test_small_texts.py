"""Small texts are counted without the compiler, to the same bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

import nlpzero
from nlpzero.words.token_kernels import scan_spaces

# white space of several kinds, marks, escapes of TSV, words of one byte and of many
_LINES = ("天气 很 好 ， 今天\t天气\u3000不好\r\n", 'a\\b "c,d" =1 \U0002000b ', "长" * 50, "\n")
TEXT = "".join(_LINES) * 9

PROGRAM = """
import sys
import nlpzero
counts = nlpzero.count_words(
    nlpzero.Corpus(sys.argv[1]), "whitespace", documents="line", punctuation=False
)
for format in ("tsv", "csv-safe", "jsonl"):
    sys.stdout.buffer.writelines(counts.encode_rows(format))
sys.exit("numba" in sys.modules)
"""


def test_a_small_text_is_counted_without_numba(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text(TEXT, encoding="utf-8", newline="")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    scan_spaces.compiled()  # from now on nothing is interpreted here
    compiled = nlpzero.count_words(
        nlpzero.Corpus(path), "whitespace", documents="line", punctuation=False
    )
    rows = b"".join(
        piece for format in ("tsv", "csv-safe", "jsonl") for piece in compiled.encode_rows(format)
    )
    assert done.stdout == rows


@pytest.mark.parametrize("text", ["", "\n", "好", "好 "])
def test_texts_of_hardly_anything(text: str) -> None:
    counts = nlpzero.count_words([text], "whitespace")
    assert dict(counts) == ({"好": 1} if "好" in text else {})
