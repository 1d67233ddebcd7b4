"""``nlpzero export``: dictionaries that take effect, asked of the programs they are for."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nlpzero import coarsening_words, count_ngrams, discover_words

from .conftest import RunCli

FOUND = "word\tcount\tscore\tpmi\n在下\t2\t5\t6.1\nK线图\t9\t4\t7\n浴帘\t30\t3\t6\n"


@pytest.fixture
def jieba(tmp_path: Path) -> Any:
    module = pytest.importorskip("jieba")
    module.setLogLevel(60)
    tokenizer = module.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path)
    return tokenizer


def loaded(tokenizer: Any, dictionary: bytes) -> Any:
    """jieba with a dictionary of the user's."""
    assert not dictionary.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in dictionary
    tokenizer.load_userdict(dictionary.decode("utf-8").splitlines())
    return tokenizer


@pytest.mark.parametrize(
    "content",
    [
        "在下\nK线图\n浴帘\n",
        "\ufeff在下\r\nK线图\r\n浴帘\r\n",
        "在下\t2\nK线图\t9\n浴帘\t30\n",
        "在下,2\nK线图,9\n浴帘,30\n",
        "在下 n 2\nK线图 n 9\n浴帘 n 30\n",
        "在下 2 n\nK线图 9 n\n浴帘 30 n\n",
        FOUND,
        "\ufeffword,count\n在下,2\nK线图,9\n浴帘,30\n",
        '{"word": "在下", "count": 2}\n{"word": "K线图"}\n{"word": "浴帘"}\n',
    ],
)
def test_any_list_becomes_a_dictionary_that_takes_effect(
    content: str, tmp_path: Path, run_here: RunCli, jieba: Any
) -> None:
    """Loaded as they are, most of these say nothing and do nothing."""
    (tmp_path / "list").write_bytes(content.encode())
    raw = run_here("export", "list", "--format", "jieba", code=0).raw
    assert raw == "在下\nK线图\n浴帘\n".encode()
    cut = loaded(jieba, raw).lcut("，在下看K线图，换浴帘，", HMM=False)
    assert {"在下", "K线图", "浴帘"} <= set(cut)


def test_frequencies_cut_new_words_apart_and_known_ones_too(
    tmp_path: Path, run_here: RunCli, jieba: Any
) -> None:
    (tmp_path / "list").write_text("在下 2\n月经 5 n\n", encoding="utf-8")
    plain = run_here("export", "list", "--format", "jieba", code=0).raw
    tokenizer = loaded(jieba, plain)
    assert tokenizer.lcut("在下", HMM=False) == ["在下"]
    assert tokenizer.lcut("月经", HMM=False) == ["月经"]
    counted = run_here("export", "list", "--format", "jieba", "--with-frequency", code=0).raw
    assert counted == "在下 2\n月经 5\n".encode()
    tokenizer = loaded(jieba, counted)
    assert tokenizer.lcut("在下", HMM=False) == ["在", "下"]
    assert tokenizer.lcut("月经", HMM=False) == ["月", "经"]


def test_what_cannot_be_held_is_left_out_with_count_and_reason(
    tmp_path: Path, run_cli: RunCli, jieba: Any
) -> None:
    words = ["Edu Trust认证", "a/d钙奶", "𠮷野家", "ens", "K线图", "A股账户", "SK-II", "5w-30"]
    (tmp_path / "list").write_text("\n".join(words), encoding="utf-8")
    result = run_cli("export", "list", "--format", "jieba", code=0)
    assert result.out == "K线图\nA股账户\nSK-II\n5w-30\n"
    assert "1 left out of the dictionary: is empty or holds white space: Edu Trust" in result.err
    assert "2 left out of the dictionary: has characters that jieba never looks up" in result.err
    assert "1 left out of the dictionary: has Latin letters only" in result.err
    tokenizer = loaded(jieba, result.raw)
    for word in words[4:]:
        assert word in tokenizer.lcut(f"，{word}，", HMM=False)
    assert tokenizer.lcut("license", HMM=False) == ["license"]
    # left out rightly: they are loaded, never matched, and one cuts other words
    tokenizer.load_userdict(words[:4])
    for word in words[:3]:
        assert word not in tokenizer.lcut(f"，{word}，", HMM=False)
    assert tokenizer.lcut("license", HMM=False) != ["license"]
    for target, kept in (("ik", 6), ("hanlp", 7), ("plain", 8)):
        out = run_cli("export", "list", "--format", target, code=0).out
        assert len(out.splitlines()) == kept


def test_encodings_and_standard_input(tmp_path: Path, run_cli: RunCli) -> None:
    gbk = "词\n".encode("gb18030")
    (tmp_path / "gbk.txt").write_bytes(gbk)
    result = run_cli("export", "gbk.txt", "--format", "plain", code=1)
    assert "gbk.txt: byte 0: not valid utf-8; give the encoding of the word list" in result.err
    options = ("--format", "plain", "--encoding", "gb18030")
    assert run_cli("export", "gbk.txt", *options, code=0).out == "词\n"
    assert run_cli("export", *options, input=gbk, code=0).out == "词\n"
    assert run_cli("export", "-", "--format", "plain", input=FOUND.encode(), code=0).out == (
        "在下\nK线图\n浴帘\n"
    )
    done = run_cli("export", "gbk.txt", *options, "-o", "out.txt", code=0)
    assert done.out == ""
    assert (tmp_path / "out.txt").read_bytes() == "词\n".encode()


def test_what_is_listed_and_refused(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "list").write_text(FOUND, encoding="utf-8")
    plain = ("export", "list", "--format", "plain")
    assert run_cli(*plain, "--top", 1, code=0).out == "在下\n"
    assert run_cli(*plain, "--min-count", 3, "--top", 1, code=0).out == "K线图\n"
    hanlp = run_cli("export", "list", "--format", "hanlp", "--with-frequency", code=0)
    assert hanlp.out == "在下 n 2\nK线图 n 9\n浴帘 n 30\n"
    empty = run_cli(*plain[:1], "-", *plain[2:], code=0)
    assert (empty.out, "no words in this list" in empty.err) == ("", True)
    for arguments, code, message in (
        (("list",), 2, "--format"),
        (("list", "--format", "ansj"), 2, "ansj"),
        (("list", "--format", "ik", "--with-frequency"), 2, "goes with --format jieba or hanlp"),
        (("list", "--format", "ik", "--no-coarser"), 2, "give --format jieba"),
        (("list", "--format", "jieba", "--against", "list"), 2, "goes with --no-coarser"),
        (("missing", "--format", "plain"), 1, "missing: cannot be read"),
    ):
        result = run_cli("export", *arguments)
        assert (result.code, result.out) == (code, ""), result.err
        assert message in result.err


def test_word_clouds(tmp_path: Path, run_cli: RunCli) -> None:
    words = {"在 下": 2, 'say "hi"': 9, "浴帘": 30}
    rows = [{"word": word, "count": count} for word, count in words.items()]
    (tmp_path / "list").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    result = run_cli("export", "list", "--format", "wordcloud", code=0)
    assert json.loads(result.out) == words
    assert "浴帘" in result.out
    bare = run_cli("export", "-", "--format", "wordcloud", input="天\n地\n".encode(), code=0)
    assert json.loads(bare.out) == {"天": 1, "地": 1}
    none = run_cli("export", "-", "--format", "wordcloud", input=b"", code=0)
    assert json.loads(none.out) == {}


def test_sentencepiece_never_cuts_what_it_is_given(tmp_path: Path, run_cli: RunCli) -> None:
    spm = pytest.importorskip("sentencepiece")
    words = ["浴帘", "K线图", "Ｔ恤", "𠮷野家", "a,b", "Edu Trust认证", "▁下", "<s>"]
    (tmp_path / "list").write_text("\n".join(words), encoding="utf-8")
    result = run_cli("export", "list", "--format", "sentencepiece", code=0)
    symbols = result.out.splitlines()
    assert symbols == words[:5]
    assert "1 left out of the dictionary: is empty or holds white space" in result.err
    text = ["今天换了浴帘，看K线图。", "明天买Ｔ恤，去𠮷野家。", "他们一起吃饭，然后看书。"]
    model = tmp_path / "model"
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(text * 20),
        model_prefix=str(model),
        vocab_size=60,
        hard_vocab_limit=False,
        user_defined_symbols=symbols,
        minloglevel=2,
    )
    processor = spm.SentencePieceProcessor(model_file=f"{model}.model")
    pieces = [piece for line in text for piece in processor.encode(line, out_type=str)]
    assert {"浴帘", "K线图", "Ｔ恤", "𠮷野家"} <= set(pieces)


def test_files_of_our_own(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "text.txt").write_text("摘葡萄\n葡萄皮\n吃葡萄\n" * 3, encoding="utf-8")
    discover = ("discover", "--method", "cohesion", "--min-pmi", "0,1,2", "text.txt")
    listed = run_cli(*discover, "--save", "found.nz", "--format", "plain", code=0).out
    assert "葡萄\n" in listed
    assert run_cli("export", "found.nz", "--format", "plain", code=0).out == listed
    run_cli("count", "--ngrams", 2, "text.txt", "--save-counts", "counts.nz", code=0)
    cloud = run_cli("export", "counts.nz", "--format", "wordcloud", "--top", 1, code=0)
    assert json.loads(cloud.out) == {"葡萄": 9}
    run_cli("ngrams", "text.txt", "-o", "ngrams.nz", code=0)
    result = run_cli("export", "ngrams.nz", "--format", "plain", code=1)
    assert "ngrams.nz" in result.err and "Traceback" not in result.err


# --- not coarser


FREE = "is a free combination, which would make segmentation coarser"
PART = "has too few different neighbours to be told from a part of longer words"


def test_what_would_make_jieba_coarser_is_left_out(
    tmp_path: Path, run_cli: RunCli, jieba: Any
) -> None:
    rows = [
        ("让我", 3.1, 4.0),
        ("买了", 2.4, 3.9),
        ("浴帘", 8.0, 2.5),
        ("给力", 4.2, 2.1),
        ("指纹解锁", 12.0, 2.2),
        ("运会", 3.3, 0.9),
    ]
    content = "word\tcount\tpmi\tleft_entropy\tright_entropy\n" + "".join(
        f"{word}\t9\t{pmi}\t{entropy}\t3\n" for word, pmi, entropy in rows
    )
    (tmp_path / "list").write_text(content, encoding="utf-8")
    command = ("export", "list", "--format", "jieba")
    result = run_cli(*command, "--no-coarser", code=0)
    assert result.out == "浴帘\n给力\n指纹解锁\n"
    assert f"Warning: 2 left out of the dictionary: {FREE}: 让我, 买了\n" in result.err
    assert f"Warning: 1 left out of the dictionary: {PART}: 运会\n" in result.err
    text = "让我买了浴帘，给力，指纹解锁"
    before = jieba.lcut(text, HMM=False)
    assert before == ["让", "我", "买", "了", "浴", "帘", "，", "给", "力", "，", "指纹", "解锁"]
    after = loaded(jieba, result.raw).lcut(text, HMM=False)
    assert after == ["让", "我", "买", "了", "浴帘", "，", "给力", "，", "指纹解锁"]
    coarse = loaded(jieba, run_cli(*command, code=0).raw).lcut(text, HMM=False)
    assert coarse[:2] == ["让我", "买了"]


def test_another_dictionary_and_no_evidence(tmp_path: Path, run_here: RunCli) -> None:
    (tmp_path / "dict").write_text(
        "让 60\n我 90\n我们 30\n浴 1\n帘 1\n浴室 40\n窗帘 30\n", encoding="utf-8"
    )
    (tmp_path / "list").write_text("让我\n浴帘\n我们\n", encoding="utf-8")
    command = ("export", "list", "--format", "jieba", "--no-coarser", "--against", "dict")
    assert run_here(*command, code=0).out == "浴帘\n我们\n"
    (tmp_path / "list").write_text(
        '{"word": "让我", "pmi": 9.5, "left_entropy": 2, "right_entropy": 3}\n'
        '{"word": "浴帘", "pmi": 9.5, "left_entropy": 2, "right_entropy": 1}\n',
        encoding="utf-8",
    )
    assert run_here(*command, code=0).out == "让我\n"


def test_what_is_free() -> None:
    dictionary = {"我": 90, "让": 60, "浴": 1, "帘": 1, "浴室": 40, "窗帘": 30, "元": 50, "让𠮷": 0}
    words = ["让我", "浴帘", "20元", "窗帘浴室", "窗帘", "让𠮷", "K线"]
    assert coarsening_words(words, dictionary) == {FREE: ["让我", "20元", "窗帘浴室", "让𠮷"]}
    nan = float("nan")
    evidence = {"pmi": [1.0, 1.0, 99, nan, 1, 1, 1], "entropy": [nan, nan, 9, 9, 9, 9, 1.4]}
    found = coarsening_words(words, dictionary, **evidence)
    assert found == {FREE: ["让我", "窗帘浴室", "让𠮷"], PART: ["K线"]}
    assert coarsening_words(words, dictionary, min_pmi=1, min_entropy=0, **evidence) == {
        FREE: ["窗帘浴室"]
    }
    assert coarsening_words([], {}) == {}
    assert coarsening_words(["天地"], {}) == {}
    with pytest.raises(ValueError, match="`pmi` must have 1 values, got 0"):
        coarsening_words(["天地"], {}, pmi=[])


@pytest.mark.parametrize("name", ["pku", "msr"])
def test_jieba_is_not_worse_for_the_words_of_a_text(
    name: str, tmp_path: Path, run_cli: RunCli, jieba: Any
) -> None:
    """Of the test texts of SIGHAN-2005, where they are."""
    folder = os.environ.get("NLPZERO_GOLD")
    if folder is None:
        pytest.skip("NLPZERO_GOLD names no folder with the test texts of PKU and MSR")
    gold = (Path(folder) / f"{name}.gold.txt").read_text("utf-8").splitlines()
    raw = ["".join(line.split()) for line in gold]
    (tmp_path / "raw.txt").write_text("\n".join(raw) + "\n", encoding="utf-8")
    import jieba as package

    known = Path(package.__file__).with_name("dict.txt")
    run_cli("discover", "raw.txt", "--exclude", known, "-o", "found.tsv", code=0, timeout=600)
    dictionary = run_cli("export", "found.tsv", "--format", "jieba", "--no-coarser", code=0)
    assert dictionary.out

    def score() -> float:
        from nlpzero import score_segmentation

        return score_segmentation(gold, (" ".join(jieba.lcut(line)) for line in raw)).f1

    alone = score()
    loaded(jieba, dictionary.raw)
    assert score() >= alone


# --- what went wrong with others


def test_words_of_the_user_reach_all_workers(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "mine.txt").write_text("宏辉果蔬\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("我在宏辉果蔬买苹果\n" * 50, encoding="utf-8")
    command = ("segment", "--model", "base", "--words", "mine.txt", "text.txt", "--jobs")
    one, two = (run_cli(*command, jobs, code=0).out for jobs in (1, 2))
    assert one == two
    assert one.count("宏辉果蔬 ") == 50


def test_an_option_never_eats_the_file(tmp_path: Path, run_cli: RunCli) -> None:
    """``python -m jieba -d a.txt`` takes the name for a delimiter and waits for input."""
    (tmp_path / "a.txt").write_text("天地\n", encoding="utf-8")
    result = run_cli("export", "--format", "a.txt")
    assert (result.code, result.out) == (2, "")
    assert "'a.txt' is not one of 'jieba'" in result.err
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nlpzero_cli", "export", "--format", "plain"],
            stdin=theirs,
            capture_output=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert b"No list on standard input; name a file." in done.stderr


def test_counting_again_after_finding_changes_nothing() -> None:
    texts = ["吃葡萄不吐葡萄皮", "不吃葡萄倒吐葡萄皮"] * 5
    first = count_ngrams(texts)
    discover_words(texts)
    again = count_ngrams(texts)
    assert len(first) == len(again) > 0
    assert first.total == again.total
    assert list(discover_words([])) == []
