"""Escapes of cells: what is written is read back, whoever writes it."""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from nlpzero.text.cells import csv_cell, json_cell, read_tsv_cell, tsv_cell
from nlpzero.words.writing_kernels import STYLES

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text('",\\tnr\t\r\n\0')


@given(TEXTS)
def test_cells_are_read_back(text: str) -> None:
    assert read_tsv_cell(tsv_cell(text)) == text
    assert not set("\t\r\n") & set(tsv_cell(text))
    assert json.loads(json_cell(text)) == text
    row = io.StringIO(f"{csv_cell(text)},x\n", newline="")
    assert list(csv.reader(row)) == [[text, "x"]]


def test_compiled_styles_have_the_same_escapes() -> None:
    for code in range(128):
        char = chr(code)
        for name, cell in (("tsv", tsv_cell(char)), ("jsonl", json_cell(char)[1:-1])):
            mark = int(STYLES[name].marks[code])
            assert cell[1:2] == (chr(mark) if mark else "")
        assert STYLES["csv"].quoted[code] == (csv_cell(char) != char)
