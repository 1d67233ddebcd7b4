"""Dictionaries as their readers want them; jieba itself is asked where it is installed."""

from pathlib import Path

import numpy as np
import pytest

from nlpzero import (
    CorpusError,
    dictionary_fault,
    dictionary_lines,
    read_word_file,
    read_words,
)


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
    with pytest.raises(ValueError, match=r"must be one of 'jieba', 'hanlp', 'ik', .*, got 'ansj'"):
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
    ("content", "form", "counts"),
    [
        ("葡萄\n北京\n", "words alone", False),
        ("葡萄\r\n\r\n北京", "words alone", False),
        ("# 注\n#\n葡萄\n北京\n", "words alone", False),
        ("葡萄 3\n北京 5\n", "word count", True),
        ("葡萄\t3\n北京\t5\n", "word<TAB>count", True),
        ("葡萄,3\r\n北京,5\r\n", "word,count", True),
        ("\ufeff葡萄 3 n\n北京 5 ns\n", "jieba", True),
        ("葡萄 n\n北京 ns\n", "jieba", False),
        ("葡萄 n 2 v 1\n北京 ns 5\n", "HanLP", True),
        ("葡萄\tn\t2\tv\t1\n北京\tns\t5\n", "HanLP", True),
        ("\ufeff葡萄,n,3\n北京,ns,5\n", "HanLP", True),
        ("word\tcount\tscore\n葡萄\t3\t1.5\n北京\t5\t1\n", "TSV with a header", True),
        ("# 注\nword\tcount\n葡萄\t3\n北京\t5\n", "TSV with a header", True),
        ("file\tword\tcount\n甲\t葡萄\t1\n乙\t北京\t5\n乙\t葡萄\t2\n", "TSV with a header", True),
        ("\ufeffword,count\r\n葡萄,3\r\n北京,5\r\n", "CSV with a header", True),
        ('词语,词频\n"葡萄",3\n北京,5\n', "CSV with a header", True),
        ("side,word\nA,葡萄\nB,北京\n", "CSV with a header", False),
        ('{"word": "葡萄", "count": 3}\n{"word": "北京", "count": 5}\n', "JSON Lines", True),
        ("葡萄 3 n\n北京 5 ns\n葡萄\n", "jieba and others", True),
    ],
)
def test_dictionaries_of_all_formats_are_read(
    tmp_path: Path, content: str, form: str, counts: bool
) -> None:
    path = tmp_path / "words"
    path.write_bytes(content.encode())
    for with_counts in (True, False):
        found = read_word_file(path, counts=with_counts)
        assert dict.fromkeys(found.words.words) == {"葡萄": None, "北京": None}
        assert found.form == form
    assert read_words(path) is not None
    known = read_words(path).counts
    assert known.tolist() == [3.0, 5.0] if counts else np.isnan(known).all()
    with open(path, encoding="utf-8") as file:
        assert read_word_file(file, counts=False).words.words == found.words.words


def test_cells_of_our_own_tables_are_read_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text('word,count\n"a, b",3\n10,100\n\'=1+1,2\n"say ""hi""",1\n', encoding="utf-8")
    assert read_words(path).words == ["a, b", "10", "=1+1", 'say "hi"']
    path.write_text("word\tcount\na\\\\b\t3\nC\\tD\t1\n", encoding="utf-8")
    assert read_words(path).words == ["a\\b", "C\tD"]


def test_sayings_are_words(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("八仙过海，各显神通\n10,000\n3:0\n", encoding="utf-8")
    assert read_words(path).words == ["八仙过海，各显神通", "10,000", "3:0"]


def test_tags_and_stop_words_that_begin_like_comments(tmp_path: Path) -> None:
    path = tmp_path / "words"
    path.write_text("# 注\n#双十一#\n#\n的\n", encoding="utf-8")
    assert read_words(path).words == ["#双十一#", "的"]
    assert read_words(path, comments=False).words == ["# 注", "#双十一#", "#", "的"]


@pytest.mark.parametrize(
    "content",
    [
        "酒店|100\n房间|50\n",
        "酒店;100\n房间;50\n",
        "1\t酒店\t100\n2\t房间\t50\n",
        "1,酒店,100\n2,房间,50\n",
        "今天去了酒店，很好。\n房间干净，服务也好！\n",
        "酒店，房间，前台，服务\n",
        "酒" * 100,
        '["酒店", "房间"]\n',
    ],
)
def test_a_list_of_which_nothing_is_understood_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "words.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"words\.txt: no list of words: .* are not understood"):
        read_words(path, counts=False)
    # some such lines among many words are in every list
    path.write_text("一\n二\n三\n四\n五\n" + content, encoding="utf-8")
    assert read_words(path, counts=False).words[:5] == ["一", "二", "三", "四", "五"]


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
