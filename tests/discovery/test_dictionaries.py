"""Dictionaries as their readers want them; jieba itself is asked where it is installed."""

from pathlib import Path

import pytest

from nlpzero import CorpusError, dictionary_fault, dictionary_lines, read_words


def words_of(path: Path, **options: str) -> set[str]:
    return set(read_words(path, counts=False, **options).words)


@pytest.mark.parametrize("target", ["jieba", "hanlp", "ik"])
def test_one_word_a_line(target: str) -> None:
    lines, left_out = dictionary_lines(["在下", "K线图", "4S店", "在下"], target)  # type: ignore[arg-type]
    assert lines == ["在下\n", "K线图\n", "4S店\n"]
    assert left_out == {}


@pytest.mark.parametrize(
    ("word", "targets"),
    [
        ("Edu Trust认证", ["jieba", "hanlp", "ik"]),
        ("换\n行", ["jieba", "hanlp", "ik"]),
        ("全角\u3000空格", ["jieba", "hanlp", "ik"]),
        ("", ["jieba", "hanlp", "ik"]),
        ("a/d钙奶", ["jieba"]),
        ("𠮷野家", ["jieba", "ik"]),
        ("Ｔ恤", ["jieba"]),
        ("ens", ["jieba"]),
        ("㐀字", ["jieba"]),
    ],
)
def test_words_that_cannot_be_held(word: str, targets: list[str]) -> None:
    faulty = [t for t in ("jieba", "hanlp", "ik") if dictionary_fault(word, t)]  # type: ignore[arg-type]
    assert faulty == targets
    for target in ("jieba", "hanlp", "ik"):
        lines, left_out = dictionary_lines([word, "好词"], target)  # type: ignore[arg-type]
        assert len(lines) == 2 - (target in targets)
        assert [w for words in left_out.values() for w in words] == [word] * (target in targets)


def test_frequencies_stand_where_they_are_read() -> None:
    assert dictionary_lines(["在下"], "jieba", [5])[0] == ["在下 5\n"]
    assert dictionary_lines(["在下"], "hanlp", [5])[0] == ["在下 n 5\n"]
    assert dictionary_lines(["在下"], "ik", [5])[0] == ["在下\n"]


def test_faulty_words_do_not_shift_frequencies() -> None:
    assert dictionary_lines(["Ｔ恤", "在下"], "jieba", [3, 5])[0] == ["在下 5\n"]


def test_unknown_target_is_refused() -> None:
    with pytest.raises(ValueError, match="'jieba', 'hanlp' or 'ik', got 'ansj'"):
        dictionary_lines(["词"], "ansj")  # type: ignore[arg-type]


def test_jieba_finds_every_exported_word(tmp_path: Path) -> None:
    jieba = pytest.importorskip("jieba")
    jieba.setLogLevel(60)
    words = ["在下", "K线图", "A股账户", "4S店", "卡拉OK", "月经", "各项目", "SK-II", "不吐葡萄皮"]
    path = tmp_path / "words.txt"
    lines, left_out = dictionary_lines(words, "jieba")
    path.write_bytes("".join(lines).encode())
    assert left_out == {}
    assert not path.read_bytes().startswith(b"\xef\xbb\xbf")
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path)
    with open(path, "rb") as file:
        tokenizer.load_userdict(file)
    for word in words:
        assert word in tokenizer.lcut(f"，{word}，", HMM=False)


def test_what_jieba_is_said_to_miss_it_misses(tmp_path: Path) -> None:
    jieba = pytest.importorskip("jieba")
    jieba.setLogLevel(60)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path)
    words = ["𠮷野家", "Ｔ恤", "a/d钙奶", "㐀字"]
    path = tmp_path / "words.txt"
    path.write_text("\n".join(words), encoding="utf-8")
    with open(path, "rb") as file:
        tokenizer.load_userdict(file)
    for word in words:
        assert dictionary_fault(word, "jieba")
        assert word not in tokenizer.lcut(word, HMM=False)


@pytest.mark.parametrize(
    "content",
    [
        "葡萄\n北京\n",
        "葡萄\r\n\r\n北京",
        "\ufeff葡萄 3 n\n北京 5\n",
        "葡萄 n 3 v 2\n北京 ns 5\n",
        "葡萄\tn\t3\n北京\tns\t5\n",
        "# 注\nword\n葡萄\n北京\n",
        "word\tcount\tscore\n葡萄\t3\t1.5\n北京\t2\t1\n",
        "\ufeffword,count\n葡萄,3\n北京,2\n",
        '{"word": "葡萄", "count": 3}\n{"word": "北京"}\n',
    ],
)
def test_dictionaries_of_all_formats_are_read(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words"
    path.write_bytes(content.encode())
    assert words_of(path) - {"word"} == {"葡萄", "北京"}


def test_what_was_written_is_read(tmp_path: Path) -> None:
    words = ["葡萄", "K线图", "4S店"]
    for target in ("jieba", "hanlp", "ik"):
        for counts in (None, [1, 2, 3]):
            path = tmp_path / target
            path.write_bytes("".join(dictionary_lines(words, target, counts)[0]).encode())  # type: ignore[arg-type]
            assert words_of(path) == set(words)


def test_encodings_and_errors(tmp_path: Path) -> None:
    path = tmp_path / "gbk.txt"
    path.write_bytes("葡萄 3\n".encode("gb18030"))
    assert words_of(path, encoding="gb18030") == {"葡萄"}
    with pytest.raises(CorpusError, match=r"gbk\.txt: byte 0: not valid utf-8"):
        words_of(path)
    with pytest.raises(CorpusError, match="unknown encoding 'klingon'"):
        words_of(path, encoding="klingon")
    with pytest.raises(CorpusError, match="cannot be read"):
        words_of(tmp_path / "missing.txt")
    path.write_text('{"name": 1}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"gbk\.txt:1: expected"):
        words_of(path)
