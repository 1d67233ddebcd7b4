"""Word lists in the forms people have, the trie, and searching for many words."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import CorpusError, PatternSet, WordList, read_words
from nlpzero.segmentation.dictionary_decoder import best_scores
from nlpzero.segmentation.double_array import build_trie, trie_scores, trie_words
from nlpzero.segmentation.word_list import as_word_list
from tests.segmentation.oracles import all_cuts, pieces, word_score

words = st.lists(st.text("中国人民a1 ·𠮷", min_size=1, max_size=5), unique=True, max_size=40)


def read(tmp_path, content, **options):
    path = tmp_path / "words.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    found = read_words(path, **options)
    return dict(zip(found.words, found.counts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("line", "word", "count"),
    [
        ("葡萄", "葡萄", None),
        ("葡萄 12", "葡萄", 12),
        ("葡萄\t12", "葡萄", 12),
        ("葡萄\t12\tn\t0.5", "葡萄", 12),
        ("葡萄\t", "葡萄", None),
        ("葡萄 12 n", "葡萄", 12),
        ("葡萄 n", "葡萄", None),
        ("葡萄 n 12", "葡萄", 12),
        ("葡萄 n 12 v 2", "葡萄", 14),
        ("葡萄\tn\t12", "葡萄", 12),
        ("葡萄,nz,12", "葡萄", 12),
        ("葡萄,12,0.5", "葡萄", 12),
        ("10,000", "10,000", None),
        ("上，下", "上，下", None),
        ('{"word": "葡萄", "count": 12}', "葡萄", 12),
        ('{"word": "葡萄"}', "葡萄", None),
        ("#\t12", "#", 12),
        ("葡萄 nrfg", "葡萄", None),
        ("Edu Trust认证 3 nz", "Edu Trust认证", 3),
        ("New York", "New York", None),
        ("New York 7", "New York", 7),
        ("C++ 2.5", "C++", 2.5),
        ("4S店", "4S店", None),
        ("2024", "2024", None),
        ("  葡萄  ", "葡萄", None),
    ],
)
def test_lines(tmp_path, line, word, count):
    ((found, n),) = read(tmp_path, line + "\r\n").items()
    assert found == word
    assert math.isnan(n) if count is None else n == count


def test_whole_files(tmp_path):
    content = "\ufeff葡萄 3\n\n葡萄 4\n皮\n"
    assert read(tmp_path, content) == pytest.approx({"葡萄": 7, "皮": math.nan}, nan_ok=True)
    assert read(tmp_path, "word\tcount\tcohesion\n葡萄\t3\t9.5\n") == {"葡萄": 3}
    assert read(tmp_path, "葡萄 3\n".encode("gb18030"), encoding="gb18030") == {"葡萄": 3}
    assert read(tmp_path, "") == {}


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("葡萄\t3\n皮\tmany\n", {}, r"words\.txt:2: expected word<TAB>count, got '皮\\tmany'"),
        ("\t3\n", {}, r"words\.txt:1: expected word<TAB>count"),
        ("葡萄".encode("gb18030"), {}, "not valid utf-8"),
        ("葡萄", {"encoding": "klingon"}, "unknown encoding 'klingon'"),
    ],
)
def test_bad_files(tmp_path, content, options, message):
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, content, **options)


def test_missing_file(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        read_words(tmp_path / "nowhere.txt")


def test_word_lists_from_values():
    assert as_word_list({"a": 2, "": 1}).words == ["a"]
    assert np.isnan(as_word_list(["b", "a", "b"]).counts).tolist() == [True, True]
    with pytest.raises(ValueError, match="counts must be positive numbers, got 0 for 'a'"):
        as_word_list({"a": 0})
    with pytest.raises(TypeError, match="got one str"):
        as_word_list("词语")


@given(words)
def test_trie_holds_the_words_and_no_others(words):
    scores = -np.arange(1.0, len(words) + 1)
    trie = build_trie(words, scores)
    assert trie_scores(trie, words).tolist() == scores.tolist()
    assert sorted(trie_words(trie)) == sorted(words)
    others = {
        word[:i] + extra for word in words for i in range(len(word)) for extra in ("", "人", "鼠")
    }
    others = sorted(others - set(words) - {""})
    assert np.isneginf(trie_scores(trie, others)).all()


def test_trie_of_many_words():
    # enough for the arrays to grow, with very long words and many children
    rng = np.random.default_rng(0)
    words = ["".join(map(chr, 0x4E00 + rng.zipf(1.3, n) % 9000)) for n in rng.integers(1, 6, 20000)]
    words = [*dict.fromkeys([*words, "长" * 3000, *map(chr, range(0x4E00, 0x9000))])]
    scores = rng.normal(size=len(words))
    trie = build_trie(words, scores)
    assert trie_scores(trie, words).tolist() == scores.astype(np.float32).tolist()
    assert set(trie_words(trie)) == set(words)
    again = build_trie(words, scores)
    assert (again.units == trie.units).all()


@given(words, st.text("中国人民a𠮷鼠", max_size=7))
def test_best_scores_equal_trying_all_cuts(words, text):
    scores = {word: -1.0 - len(word) / 4 - i / 16 for i, word in enumerate(words)}
    trie = build_trie(words, np.array(list(scores.values())))
    found = best_scores(trie, [text], -5.0)[0]
    if text:
        best = max(
            word_score(
                pieces(text, cut),
                {w: max(s, -5.0) if len(w) == 1 else s for w, s in scores.items()},
                -5.0,
            )
            for cut in all_cuts(len(text))
        )
        assert found == pytest.approx(best, abs=1e-5)
    else:
        assert found == 0.0


@given(words, st.text("中国人民a1 ·𠮷鼠", max_size=20))
def test_patterns_equal_searching_one_by_one(words, text):
    patterns = PatternSet(words)
    assert len(patterns) == len(words)
    expected = {
        (i, i + len(word), word)
        for word in words
        for i in range(len(text))
        if text.startswith(word, i)
    }
    found = list(patterns.find(text))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert patterns.occurs_in([text, ""]).tolist() == [bool(expected), False]
    assert patterns.equals([text, *words]).tolist() == [text in words] + [True] * len(words)
    assert all(word in patterns for word in words)
    assert "鼠鼠" not in patterns


def test_no_patterns():
    assert PatternSet([]).occurs_in(["a", "b"]).tolist() == [False, False]
    assert list(PatternSet([""]).find("a")) == []
    with pytest.raises(TypeError, match="got one str"):
        PatternSet("词语")


def test_word_list_is_a_tuple():
    words, counts = WordList(["a"], np.array([1.0]))
    assert words == ["a"]
    assert counts.tolist() == [1.0]
