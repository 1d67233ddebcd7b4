"""Code points of UTF-8 by compiled loops are those of Python, and so are its errors."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlpzero import Corpus
from nlpzero.engine.resources import ReadReport
from nlpzero.errors import CorpusError
from nlpzero.text.alphabet import Alphabet, GrowingAlphabet
from nlpzero.text.characters import code_points
from nlpzero.text.point_kernels import decode_utf8
from nlpzero.text.points import point_blocks

LEADS = st.sampled_from([0x00, 0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE4, 0xED])
HIGH = st.sampled_from([0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF, 0x8F, 0x90, 0x9F, 0xA0])
BYTES = st.one_of(
    st.binary(max_size=12),
    st.lists(st.one_of(LEADS, HIGH), max_size=12).map(bytes),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(BYTES, st.integers(0, 3))
@example("\U0010ffff".encode(), 0)
@example(b"\xf4\x90\x80\x80", 0)
@example(b"\xed\xa0\x80", 0)
@example(b"\xe0\x9f\xbf", 0)
@example(b"\xf0\x8f\xbf\xbf", 0)
def test_valid_is_what_python_takes(data: bytes, lost: int) -> None:
    data = data[: len(data) - lost]
    out = np.empty(len(data), np.uint32)
    n, used = decode_utf8(np.frombuffer(data, np.uint8), out)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        # an unfinished character at the end may still turn out wrong
        assert used < 0 or (0 < len(data) - used < 4 and error.start >= used)
        assert used < 0 or out[:n].tolist() == [ord(c) for c in data[:used].decode("utf-8")]
    else:
        assert used == len(data)
        assert out[:n].tolist() == [ord(c) for c in text]


@given(BYTES, st.sampled_from([16, 19, 1 << 20]), st.sampled_from(["strict", "replace", "ignore"]))
@example("中文\n".encode() * 20 + b"\xff" + "中".encode() * 30, 16, "strict")
@example("中".encode() * 30 + b"\xe4\xb8", 16, "replace")
def test_blocks_are_those_of_strings(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, size: int, errors: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "points.txt"
    path.write_bytes(data)
    corpus = Corpus(path, errors=errors)

    def told(points: bool) -> tuple[object, int]:
        report = ReadReport()
        try:
            if points:
                blocks = list(point_blocks(corpus, size, report=report))
                assert all(len(block) for block in blocks)
                found = [point for block in blocks for point in block.tolist()]
            else:
                blocks_of_text = corpus.blocks(max(6, size // 3), report=report)
                found = [ord(c) for block in blocks_of_text for c in block]
        except CorpusError as error:
            return str(error), 0
        return found, report.bad_bytes

    assert told(True) == told(False)


def test_other_encodings_and_records(tmp_path: Path) -> None:
    text = "中文𠮷\nabc，葛"
    for encoding in ("utf-16", "gb18030", "utf-8-sig"):
        (tmp_path / "text").write_text(text, encoding=encoding)
        corpus = Corpus(tmp_path / "text", encoding=encoding)
        assert np.concatenate(list(point_blocks(corpus, 16))).tolist() == [
            ord(c) for c in text + "\n"
        ]
    documents = Corpus.from_texts(["中", "文\n", ""])
    assert np.concatenate(list(point_blocks(documents))).tolist() == [ord(c) for c in "中\n文\n\n"]
    with pytest.raises(ValueError, match="`size` must be an integer >= 1, got 0"):
        next(point_blocks(documents, 0))


@given(
    st.one_of(TEXTS, st.text("中a1，𠮷𡃁\U000e0100\ufe00 5G#@.cn\U0001f600", max_size=30)),
    st.sampled_from(
        [Alphabet(), Alphabet(keep="all"), Alphabet(fold_width=True, mapping=((0x56FD, 0x570B),))]
    ),
)
def test_symbols_of_code_points_are_those_of_the_text(text: str, alphabet: Alphabet) -> None:
    points = code_points(text)
    for known in (alphabet, alphabet.with_astral([ord("𠮷"), 0x10FFFF])):
        assert known.symbols_of(points).tolist() == known.symbols(text).tolist()
    growing = GrowingAlphabet(alphabet)
    symbols = growing.symbols_of(points)
    final, table = growing.freeze()
    settled = symbols if table is None else table[symbols]
    assert settled.tolist() == final.symbols(text).tolist()
    assert alphabet.joined_symbols(points).tolist() == alphabet.encode(text).symbols.tolist()
