"""Words into jieba and out of it, in the real one."""

import logging
import sys
from pathlib import Path

import pytest

import nlpzero

jieba = pytest.importorskip("jieba")
jieba.setLogLevel(logging.WARNING)

ROOT = Path(__file__).resolve().parents[2]
NEW = ["听风楼", "阿阑", "盐灯", "K线图", "SK-II", "5w-30", "没浴帘"]
SENTENCES = [
    "我们在北京大学学习，今天天气很好。",
    "他在下午来到上海市浦东新区，月经不调需要去医院。",
    "工信处女干事每月经过下属科室都要亲口交代交换机等技术性器件的安装工作",
    "南京市长江大桥，研究生命的起源，结婚的和尚未结婚的",
]


@pytest.fixture
def tokenizer():
    return jieba.Tokenizer()


def test_new_words_are_cut_whole(tokenizer):
    text = "阿阑在听风楼点亮了盐灯，看K线图，买SK-II和5w-30，没浴帘"
    assert not {"听风楼", "阿阑", "盐灯", "K线图"} <= set(tokenizer.lcut(text, HMM=False))
    told = nlpzero.add_to_jieba(NEW, tokenizer)
    assert told == (NEW, [], {})
    for hmm in (False, True):
        assert set(NEW) <= set(tokenizer.lcut(text, HMM=hmm))


def test_known_words_stay_as_they_are(tokenizer):
    tokenizer.initialize()
    known = ["月经", "北京", "的", "不"]
    before = {word: tokenizer.FREQ[word] for word in known}
    cut = [tokenizer.lcut(text) for text in SENTENCES]
    told = nlpzero.add_to_jieba([*known, *NEW, "北京"], tokenizer)
    assert told.known == known and told.added == NEW
    assert {word: tokenizer.FREQ[word] for word in known} == before
    assert [tokenizer.lcut(text) for text in SENTENCES] == cut
    sample = [word for word, count in tokenizer.FREQ.items() if count > 50][::40]
    fresh = jieba.Tokenizer()
    for word in sample:
        assert tokenizer.lcut(word, HMM=False) == fresh.lcut(word, HMM=False)


def test_words_jieba_cannot_hold_are_told(tokenizer):
    told = nlpzero.add_to_jieba(["𠮷野家", "a/d钙奶", "Edu Trust认证", "ens", "盐灯"], tokenizer)
    assert told.added == ["盐灯"]
    assert sorted(word for words in told.left_out.values() for word in words) == [
        "Edu Trust认证",
        "a/d钙奶",
        "ens",
        "𠮷野家",
    ]
    assert tokenizer.lcut("license", HMM=False) == ["license"]


def test_found_words_go_in_as_they_are(tokenizer):
    story = nlpzero.Corpus(ROOT / "data" / "samples" / "story.txt")
    found = nlpzero.discover_words(story, nlpzero.Cohesion())
    told = nlpzero.add_to_jieba(found, tokenizer)
    assert {"阿阑", "听风楼"} <= set(told.added) and "自己" in told.known
    assert set(told.added) <= set(words := nlpzero.words_of_jieba(tokenizer).words)
    assert len(words) == len(set(words))


def test_the_default_is_the_one_of_jieba(monkeypatch, tokenizer):
    monkeypatch.setattr(jieba, "dt", tokenizer)
    assert nlpzero.add_to_jieba(["听风楼"]).added == ["听风楼"]
    assert nlpzero.words_of_jieba().counts[nlpzero.words_of_jieba().words.index("听风楼")] > 0
    monkeypatch.setattr(jieba, "pool", object())
    with pytest.raises(ValueError, match=r"call jieba\.disable_parallel\(\) before"):
        nlpzero.add_to_jieba(["盐灯"])
    assert nlpzero.add_to_jieba(["盐灯"], jieba.Tokenizer()).added == ["盐灯"]


def test_our_segmenter_cuts_as_jieba_does(tokenizer):
    nlpzero.add_to_jieba(NEW, tokenizer)
    segmenter = nlpzero.VocabularySegmenter(nlpzero.words_of_jieba(tokenizer))
    for text in [*SENTENCES, "阿阑在听风楼点亮了盐灯，看K线图"]:
        assert segmenter.segment(text) == tokenizer.lcut(text, HMM=False)
    words = nlpzero.words_of_jieba(tokenizer)
    assert len(words.words) == sum(count > 0 for count in tokenizer.FREQ.values())
    assert dict(zip(*words, strict=True))["北京"] == tokenizer.FREQ["北京"]


def test_misuse(monkeypatch):
    with pytest.raises(TypeError, match="`words` must be an iterable of words, got a str"):
        nlpzero.add_to_jieba("听风楼")
    with pytest.raises(TypeError, match=r"got a WordList; pass \[word\], or list\.words"):
        nlpzero.add_to_jieba(nlpzero.words_of_jieba())
    with pytest.raises(TypeError, match=r"`tokenizer` must be a jieba\.Tokenizer, got str"):
        nlpzero.add_to_jieba(["x"], "jieba")
    monkeypatch.setitem(sys.modules, "jieba", None)
    for call in (nlpzero.words_of_jieba, lambda: nlpzero.add_to_jieba(["x"])):
        with pytest.raises(ImportError, match="pip install jieba"):
            call()
