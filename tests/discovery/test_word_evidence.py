"""The evidence for words is what counting by hand gives."""

import math
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero import (
    Cohesion,
    Corpus,
    Discovery,
    Learned,
    WordEvidence,
    count_ngrams,
    discover_words,
    explain_words,
    learn_segmenter,
)
from nlpzero.discovery.evidence_text import concordance_lines
from nlpzero.engine.showing import text_width
from tests.discovery.test_discovery import random_text

MARKS = "，。 \n#"
WORDS = ["甲乙", "乙", "甲乙丙", "丙丁甲乙", "a甲", "甲甲", "𠮷乙", "戊"]


def occurrences(texts: list[str], word: str) -> list[tuple[str, int]]:
    """Every place of a word, overlapping ones too."""
    return [(text, at) for text in texts for at in range(len(text)) if text.startswith(word, at)]


def neighbours(texts: list[str], word: str, step: int) -> Counter[str]:
    counted: Counter[str] = Counter()
    for text, at in occurrences(texts, word):
        place = at - 1 if step < 0 else at + len(word)
        inside = 0 <= place < len(text) and text[place] not in MARKS
        counted[text[place] if inside else ""] += 1
    return counted


def entropy(counted: Counter[str]) -> float:
    """Each end of a clause is a neighbour of its own."""
    total = sum(counted.values())
    shares = [n / total for text, n in counted.items() if text]
    shares += [1 / total] * counted[""]
    return -sum(share * math.log(share) for share in shares)


def check(evidence: WordEvidence, texts: list[str]) -> None:
    word, total = evidence.word, sum(c not in MARKS for text in texts for c in text)
    count = len(occurrences(texts, word))
    assert evidence.occurrences == count
    if not count:
        assert evidence.splits == [] and math.isnan(evidence.left_entropy)
        return
    for step, told, nats in (
        (-1, evidence.left, evidence.left_entropy),
        (1, evidence.right, evidence.right_entropy),
    ):
        expected = neighbours(texts, word, step)
        assert dict(told) == dict(expected)
        assert [n for _, n in told] == sorted(expected.values(), reverse=True)
        assert nats == pytest.approx(entropy(expected), abs=1e-9)
    assert [split.left + split.right for split in evidence.splits] == [word] * (len(word) - 1)
    for split in evidence.splits:
        left, right = (len(occurrences(texts, part)) for part in split[:2])
        assert (split.left_count, split.right_count) == (left, right)
        assert split.pmi == pytest.approx(math.log(total * count / (left * right)))
    for other in evidence.shorter:
        assert other.occurrences == len(occurrences(texts, other.word))
        assert other.word in word and 1 < len(other.word) < len(word)
    inside = {word[a:b] for a in range(len(word)) for b in range(a + 2, len(word) + 1)} - {word}
    assert {other.word for other in evidence.shorter} == inside
    longer = {c + word for c, n in neighbours(texts, word, -1).items() if c and n > 1}
    longer |= {word + c for c, n in neighbours(texts, word, 1).items() if c and n > 1}
    assert {other.word for other in evidence.longer} == longer
    for other in evidence.longer:
        assert other.occurrences == len(occurrences(texts, other.word))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("甲乙丙丁戊a𠮷，。 #", max_size=40), max_size=6))
def test_numbers_are_those_of_counting_by_hand(texts: list[str]) -> None:
    for evidence in explain_words(WORDS, texts, top=10**6):
        check(evidence, texts)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("甲乙丙丁戊a𠮷，。 #", min_size=1, max_size=40), min_size=1, max_size=6))
def test_counts_say_the_same_as_the_text(texts: list[str]) -> None:
    words = [word for word in WORDS if len(word) < 4]
    by_text = explain_words(words, texts, contexts=0, top=100)
    by_counts = explain_words(words, counts=count_ngrams(texts), top=100)
    for a, b in zip(by_text, by_counts, strict=True):
        assert repr(a) == repr(b)  # nan is not itself


def test_numbers_are_those_of_discovery() -> None:
    texts = random_text(7, 4000).split("\n")
    found = discover_words(texts, Cohesion(min_pmi=(1, 2, 3)), min_count=2)
    words = [word for word in found if len(word.word) < 7]
    evidence = explain_words([word.word for word in words], texts, found=found)
    assert len(words) > 50
    for word, told in zip(words, evidence, strict=True):
        assert told.pmi == pytest.approx(word.pmi)
        weakest = min(told.splits, key=lambda split: split.pmi)
        assert told.left_entropy == pytest.approx(word.left_entropy)
        assert told.right_entropy == pytest.approx(word.right_entropy)
        assert told.count == word.count <= (told.occurrences or 0)
        assert f"{weakest.left}|{weakest.right}" == word.split
        assert str(told.verdict) == str(found.explain(word.word))


def test_blocks_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places and contexts too: clauses are whole whatever blocks the text is read in."""
    text = random_text(3, 3000)
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    words = [word.word for word in discover_words(text.split("\n"), Cohesion())][:30]
    segmenter = nlpzero.load_segmenter()
    whole = explain_words(words, Corpus(tmp_path / "text.txt"), segmenter=segmenter)
    for chars in (50, 1000):
        monkeypatch.setattr(Corpus.blocks, "__defaults__", (chars,))
        again = explain_words(words, Corpus(tmp_path / "text.txt"), segmenter=segmenter)
        assert repr(again) == repr(whole)
        blocks = list(Corpus(tmp_path / "text.txt").blocks())
        assert max(map(len, blocks)) <= chars


def test_places_are_spread_evenly() -> None:
    texts = [f"{'上' if i % 2 else '下'}面{chr(0x5000 + i)}" for i in range(5000)]
    (evidence,) = explain_words(["面"], texts, segmenter=learn_segmenter(texts[:50]), contexts=2)
    assert evidence.boundaries is not None
    assert 100 <= evidence.boundaries.sampled < 200
    assert [context.left for context in evidence.contexts] == ["下", "上"]


def test_boundaries_are_those_of_the_segmenter() -> None:
    texts = random_text(5, 300).split("\n")
    segmenter = learn_segmenter(texts)
    words = [word.word for word in discover_words(texts, Learned(segmenter), min_count=2)][:20]
    for evidence in explain_words(words, texts, segmenter=segmenter, top=1000):
        told = evidence.boundaries
        assert told is not None
        edges: list[list[float]] = [[], [], []]
        whole, cuts = 0, Counter[str]()
        places = [place for text in texts for place in occurrences([text], evidence.word)]
        assert told.sampled == len(places) < 100
        for text, start in places:
            end = start + len(evidence.word)
            probable = [1.0, *segmenter.probabilities(text), 1.0]
            cut = segmenter.boundaries(text)
            edges[0].append(probable[start])
            edges[1].append(probable[end])
            edges[2] += probable[start + 1 : end]
            if cut[start] and cut[end] and not cut[start + 1 : end].any():
                whole += 1
                continue
            first = max(i for i in range(start + 1) if cut[i])
            last = min(i for i in range(end, len(cut)) if cut[i])
            cuts["|".join(segmenter.segment(text[first:last]))] += 1
        means = [sum(part) / len(part) for part in edges]
        assert [told.left_edge, told.right_edge, told.inside] == pytest.approx(means)
        assert told.whole == whole
        assert sum(cut.count for cut in told.cuts) == len(places) - whole


def test_found_gives_counts_and_competitors() -> None:
    texts = ["摘葡萄酒", "葡萄酒杯", "喝葡萄酒", "葡萄", "吃葡萄", "葡萄皮"] * 3
    found = discover_words(texts, Cohesion(min_pmi=(0, 0, 0)), min_count=2)
    (evidence,) = explain_words(["葡萄"], found=found)
    assert evidence.occurrences is None and evidence.contexts == []
    assert evidence.count == next(word.count for word in found if word.word == "葡萄")
    holders = {word.word: word.count for word in found if "葡萄" in word.word}
    del holders["葡萄"]
    assert {other.word: other.count for other in evidence.longer} == holders != {}


def test_verdicts(tmp_path: Path) -> None:
    texts = random_text(11, 3000).split("\n")
    found = discover_words(texts, Cohesion(), min_count=5)
    found.save(tmp_path / "found.nz")
    again = Discovery.load(tmp_path / "found.nz")
    clause, absent, rare, kept = explain_words(
        ["a，b", "龘龘", texts[0][:6].strip(), found[0].word], texts, found=again
    )
    assert clause.verdict.step == "clause" and clause.occurrences == 0
    assert str(absent.verdict).startswith("not among what was found")
    assert (rare.verdict.step, rare.verdict.threshold) == ("min_count", 5)
    assert kept.verdict == again.explain(found[0].word)
    one, two = explain_words(["龘龘", found[0].word], texts)
    assert str(one.verdict) == "dropped: occurs 0 times, min_count is 2"
    assert two.verdict.kept
    # weak by the run's own threshold, which the file holds
    strict = discover_words(texts, Cohesion(min_pmi=(9, 9, 9)), min_count=2)
    strict.save(tmp_path / "strict.nz")
    (told,) = explain_words([found[0].word], texts, found=Discovery.load(tmp_path / "strict.nz"))
    assert told.verdict.step == "min_pmi" and "min_pmi is 9 for" in str(told.verdict)
    unknown = explain_words(["六个字的词组"], counts=count_ngrams(texts))[0]
    assert (unknown.occurrences, unknown.verdict.step) == (None, "unknown")


def test_what_is_written_otherwise_is_the_same() -> None:
    texts = ["葛\U000e0100城好", "葛城", "K線圖"]
    (evidence,) = explain_words(["葛城"], texts, contexts=5)
    assert evidence.occurrences == 2
    assert [context.word for context in evidence.contexts] == ["葛\U000e0100城", "葛城"]
    wide = count_ngrams(["ＡＢ店", "AB店"], alphabet=nlpzero.Alphabet(fold_width=True))
    assert explain_words(["AB店"], counts=wide)[0].occurrences == 2
    # never split inside a run of letters
    assert [split[:2] for split in explain_words(["AB店"], counts=wide)[0].splits] == [("AB", "店")]


def test_misuse() -> None:
    with pytest.raises(TypeError, match="got one str"):
        explain_words("葡萄", ["葡萄"])
    with pytest.raises(ValueError, match="nothing to look into"):
        explain_words(["葡萄"])
    for name in ("contexts", "width", "top"):
        with pytest.raises(ValueError, match=f"`{name}` must be"):
            explain_words(["葡萄"], ["葡萄"], **{name: -1})
    assert explain_words([], ["葡萄"]) == []


def test_contexts_stand_in_columns() -> None:
    generator = random.Random(2)
    texts = ["".join(generator.choices("ab中国 1，", k=20)) + "好的" for _ in range(9)]
    (evidence,) = explain_words(["好"], texts, contexts=9, width=7)
    lines = concordance_lines(evidence.contexts)
    assert len(lines) == 9
    assert len({text_width(line[: line.index("[好]")]) for line in lines}) == 1
    assert str(evidence).endswith("\n".join(f"  {line}" for line in lines))
