import math

from nlpzero.engine.showing import html_table, padded, text_table, text_width


def test_wide_characters_line_up():
    rows = [("北京", 1, 0.123456), ("K线图", 1234, math.nan), ("abcd", 56, 7.0)]
    lines = text_table(["word", "count", "score"], rows).splitlines()
    assert lines == [
        "word   count   score",
        "北京       1  0.1235",
        "K线图  1,234     nan",
        "abcd      56       7",
    ]
    assert len({text_width(line) for line in lines}) == 1


def test_ten_rows_and_the_number_of_the_others():
    told = text_table(["n"], ((i,) for i in range(100)), 100)
    assert told.splitlines()[-2:] == ["9", "... 90 more"]
    assert len(told.splitlines()) == 12
    assert "more" not in text_table(["n"], [(1,)], 1)
    assert html_table(["n"], ((i,) for i in range(11)), 11).count("<tr>") == 11


def test_no_rows():
    assert text_table(["word", "count"], [], 0) == "word  count"
    assert html_table(["word"], [], 0).endswith("<tbody></tbody></table>")


def test_text_cannot_break_the_table():
    rows = [("a\nb\x1b[31m", frozenset({"盐", "面包"}), ("x", "y"), None, True)]
    columns = ["text", "items", "parts", "nothing", "flag"]
    assert (
        text_table(columns, rows).splitlines()[1] == "a\\nb\\x1b[31m  盐 面包  x y             yes"
    )
    assert "&lt;script&gt;" in html_table(["<i>"], [("<script>",)])
    assert "<script>" not in html_table(["<i>"], [("<script>",)])


def test_long_cells_are_cut():
    (line,) = text_table(["word"], [("字" * 100,)]).splitlines()[1:]
    assert line == "字" * 18 + "..."
    assert padded("字", 1) == "字"
