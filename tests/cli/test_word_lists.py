"""Lists of words that options name, as users give them."""

from pathlib import Path

import pytest

from .conftest import RunCli

TEXT = "葡萄 葡萄 北京 北京 北京 的 的\n"
LISTS = {
    "words alone": "葡萄\n北京\n",
    "word<TAB>count": "葡萄\t100\n北京\t3\n",
    "word,count": "\ufeff葡萄,100\r\n北京,3\r\n",
    "jieba": "葡萄 100 n\n北京 3 ns\n",
    "HanLP": "葡萄 n 100 v 2\n北京 ns 3\n",
    "TSV with a header": "word\tcount\tscore\n葡萄\t100\t1\n北京\t3\t1\n",
    "CSV with a header": "\ufeffword,count\n葡萄,100\n北京,3\n",
    "JSON Lines": '{"word": "葡萄"}\n{"word": "北京"}\n',
}


@pytest.fixture(autouse=True)
def text(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")


@pytest.mark.parametrize("form", LISTS)
def test_every_option_reads_every_list(form: str, tmp_path: Path, run_here: RunCli) -> None:
    (tmp_path / "list").write_bytes(LISTS[form].encode())
    command = ("count", "--whitespace", "text.txt", "--stopwords", "list")
    result = run_here(*command, code=0)
    assert result.out == "word\tcount\n的\t2\n"
    assert f"list: 2 words ({form})" in result.err
    assert run_here(*command, "--quiet", code=0).err == ""
    found = run_here("discover", "--method", "cohesion", "text.txt", "--exclude", "list", code=0)
    assert f"list: 2 words ({form})" in found.err
    asked = ("--contains", "@list", "--without", "@list", "--within", "@list")
    found = run_here("discover", "--method", "cohesion", "text.txt", *asked, code=0)
    assert found.err.count(f"list: 2 words ({form})") == 3
    own = run_here("count", "text.txt", "--words", "list", "--split-words", "list", code=0)
    assert own.err.count(f"list: 2 words ({form})") == 2


@pytest.mark.parametrize("content", ["葡萄|100\n北京|3\n", "1\t葡萄\t100\n2\t北京\t3\n"])
def test_a_list_that_is_not_understood_excludes_nothing_silently(
    content: str, tmp_path: Path, run_cli: RunCli
) -> None:
    (tmp_path / "list").write_text(content, encoding="utf-8")
    for command in (
        ("discover", "--method", "cohesion", "text.txt", "--exclude", "list"),
        ("discover", "--method", "cohesion", "text.txt", "--contains", "@list"),
        ("count", "--whitespace", "text.txt", "--stopwords", "list"),
    ):
        result = run_cli(*command, code=1)
        assert result.out == ""
        assert "Error: list: no list of words: 2 of 2 are not understood" in result.err


def test_an_empty_list_is_warned_about_also_when_quiet(tmp_path: Path, run_here: RunCli) -> None:
    (tmp_path / "list").write_bytes(b"\n")
    result = run_here("count", "--whitespace", "text.txt", "--stopwords", "list", "-q", code=0)
    assert result.err == "Warning: list: no words in this list\n"
    assert result.out.startswith("word\tcount\n北京\t3\n")
