"""Novelty, fragments, combinations and numbers: against slow obvious versions, on random text and
on the samples.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import (
    Cohesion,
    Corpus,
    CoTraining,
    Discovery,
    Learned,
    MinEntropy,
    count_ngrams,
    discover_words,
    rank_ngrams,
)
from nlpzero.discovery.novelty import FRAGMENT_SHARE, novelty_scores
from nlpzero.learning.base_segmenter import shipped_base
from tests.discovery.oracles import best_split
from tests.discovery.test_discovery import random_text

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
NAMES = ("news.txt", "tech.txt", "reviews.txt", "story.txt")
METHODS = {"cohesion": Cohesion(), "min-entropy": MinEntropy(), "learned": Learned()}


@cache
def found(method: str) -> Discovery:
    """Everything of a random text, single characters and runs too."""
    everything = discover_words([random_text(23, 3000)], METHODS[method], min_count=2)
    return everything.filter(min_length=1, latin=True)


@cache
def of_samples(method: str) -> Discovery:
    corpus = Corpus(*(str(SAMPLES / name) for name in NAMES))
    return discover_words(
        corpus,
        Learned(training=CoTraining(base="default")) if method == "learned" else METHODS[method],
    )


@cache
def sample_text() -> str:
    return "\n".join((SAMPLES / name).read_text("utf-8") for name in NAMES)


def occurrences(word: str, text: str) -> int:
    """Overlapping ones too."""
    return sum(text.startswith(word, i) for i in range(len(text)))


@pytest.mark.parametrize("method", METHODS)
def test_a_word_saves_what_its_best_other_reading_costs(method: str) -> None:
    columns = found(method).found
    words = columns.texts()
    counts = dict(zip(words, columns.strings.counts.tolist(), strict=True))
    total = sum(counts.values())
    plain = {w: n for w, n in counts.items() if not any(c.isascii() or c.isdigit() for c in w)}
    units = {**plain, **{c: max(plain.get(c, 0), 1) for w in plain for c in w}}
    compared = 0
    for row, word in enumerate(words):
        if word not in plain or len(word) < 2:
            continue
        reading = best_split(word, units, total)
        price = sum(math.log(units[part] / total) for part in reading)
        saved = (math.log(counts[word] / total) - price) / math.sqrt(len(word) - 1)
        assert columns.saving[row] == pytest.approx(saved)
        cuts = [i for i in range(len(word)) if int(columns.reading[row]) >> i & 1]
        told = [word[a:b] for a, b in zip([0, *cuts], [*cuts, len(word)], strict=True)]
        assert sum(math.log(units[part] / total) for part in told) == pytest.approx(price)
        compared += 1
    assert compared > 50
    one = columns.strings.lengths == 1
    assert one.any() and not columns.saving[one].any() and not columns.reading[one].any()


@pytest.mark.parametrize("method", METHODS)
def test_the_holder_is_the_word_that_most_occurrences_stand_in(method: str) -> None:
    columns = found(method).found
    words, often = columns.texts(), columns.occurrences.tolist()
    held = 0
    for row, word in enumerate(words):
        inside = [
            (min(often[i] / often[row], 1.0), len(w))
            for i, w in enumerate(words)
            if word in w and word != w and len(word) > 1
        ]
        share, length = max(inside, default=(0.0, 0))
        assert columns.held[row] == pytest.approx(share)
        holder = int(columns.holder[row])
        assert (holder >= 0) == (share > 0)
        if holder >= 0:
            assert word in words[holder] and len(words[holder]) == length
            held += 1
    assert held > 3 or method != "min-entropy"


def test_occurrences_are_those_of_the_text() -> None:
    text = random_text(23, 3000)
    columns = found("cohesion").found
    for row, word in enumerate(columns.texts()[:60]):
        if not any(c.isascii() for c in word):
            assert columns.occurrences[row] == occurrences(word, text)


def plain_novelty(
    count: int,
    tokens: int,
    saving: float,
    spelling: float,
    certainty: float,
    entropy: float,
    often: int,
    known: float,
) -> float:
    """One word at a time."""
    p = count / tokens
    saved = saving - spelling / count
    if saved <= 0:
        return 0.0
    free = 0.0 if math.isnan(entropy) else min(entropy / math.log(1 + often), 1.0)
    return saved / (saving - math.log(p)) * certainty**16 * free * p / (p + known)


FRACTIONS = st.floats(0, 1)
EVIDENCE = st.tuples(
    st.integers(1, 10**6),
    st.floats(-5, 30),
    st.floats(0, 200),
    FRACTIONS,
    st.one_of(st.just(math.nan), st.floats(0, 12)),
    st.integers(1, 10**7),
    st.floats(0, 0.01),
)


@given(EVIDENCE)
def test_novelty_is_its_formula_and_a_share(evidence: tuple) -> None:
    count, saving, spelling, certainty, entropy, often, known = evidence
    values = (saving, spelling, certainty, entropy, often, known)
    score = novelty_scores([count], 10**6, *([v] for v in values))[0]
    expected = plain_novelty(count, 10**6, *values)
    assert score == pytest.approx(expected, abs=1e-300)
    assert 0 <= score <= 1


@given(EVIDENCE, FRACTIONS)
def test_doubt_bound_neighbours_and_being_known_never_help(evidence: tuple, less: float) -> None:
    count, saving, spelling, certainty, entropy, often, known = evidence

    def score(sure: float, free: float, elsewhere: float) -> float:
        values = (saving, spelling, sure, free, often, elsewhere)
        return float(novelty_scores([count], 10**6, *([v] for v in values))[0])

    whole = score(certainty, entropy, known)
    assert score(certainty * less, entropy, known) <= whole
    assert score(certainty, entropy * less, known) <= whole or math.isnan(entropy)
    assert score(certainty, entropy, known + less) <= whole


@pytest.mark.parametrize("method", METHODS)
def test_novelty_of_a_discovery_comes_from_its_columns(method: str) -> None:
    columns = found(method).found
    counts, base = columns.strings.counts, shipped_base()
    left, right, inside = np.nan_to_num(columns.certainty, nan=1.0)
    sure = left * right * (1 - inside) if method == "learned" else np.ones(len(columns))
    known = base.counts_of(columns.texts()) / base.totals[1]
    text = random_text(23, 3000)
    symbols = {c: text.count(c) for c in set(text)}
    total = int(count_ngrams([text]).total)
    for row, word in enumerate(columns.texts()):
        spelling = -sum(math.log(symbols[c] / total) for c in word)
        # the classical methods do not count symbols that occur less often than a word must
        if method == "learned" or all(symbols[c] >= 2 for c in word):
            expected = plain_novelty(
                int(counts[row]),
                int(counts.sum()),
                float(columns.saving[row]),
                spelling,
                float(sure[row]),
                float(min(columns.left_entropy[row], columns.right_entropy[row])),
                int(columns.occurrences[row]),
                float(known[row]),
            )
            assert columns.novelty[row] == pytest.approx(expected, rel=1e-3)
    assert (columns.novelty > 0).sum() > 50


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("order", ["novelty", "score", "count", "pmi", "entropy"])
def test_the_order_is_that_of_the_evidence_then_that_of_the_score(method: str, order: str) -> None:
    by_score = found(method).words
    keys = {
        "novelty": lambda word: word.novelty,
        "score": lambda word: word.score,
        "count": lambda word: word.count,
        "pmi": lambda word: word.pmi,
        "entropy": lambda word: min(word.left_entropy, word.right_entropy),
    }
    key = keys[order]
    expected = sorted(by_score, key=lambda word: (math.isnan(key(word)), -key(word)))
    listed = found(method).filter(
        sort=order,  # type: ignore[arg-type]
        numbers=True,
        fragments="keep",
    )
    assert listed.words == expected
    assert listed.thresholds["sort"] == order
    for place in (0, 5, len(listed) - 1):
        told = str(listed.explain(listed[place].word))
        assert told.endswith(f"number {place + 1:,} of {len(listed):,} by {order}")


def test_new_words_are_sorted_by_novelty_unless_told() -> None:
    everything = of_samples("cohesion")
    assert everything.criteria.order == "score"
    assert everything.filter(exclude=[]).criteria.order == "score"
    assert everything.filter(stopwords=["可以"]).criteria.order == "score"
    for options in ({"exclude": ["可以"]}, {"new": True}, {"sort": "novelty"}):
        listed = everything.filter(**options)  # type: ignore[arg-type]
        assert listed.criteria.order == "novelty"
        novelties = [word.novelty for word in listed]
        assert novelties == sorted(novelties, reverse=True)
        assert listed.columns[-1] == "novelty"
        assert {"numbers", "fragments"} <= {removal.threshold for removal in listed.removals}
    back = everything.filter(exclude=["可以"], sort="score")
    assert back.words == [word for word in everything if word.word != "可以"]
    assert back.columns == everything.columns and "novelty" not in back.columns


def test_stop_words_are_left_out_and_told() -> None:
    everything = of_samples("cohesion")
    without = everything.filter(stopwords=["可以", "没有", "没有此词"])
    assert without.words == [word for word in everything if word.word not in ("可以", "没有")]
    assert without.removals[-1] == ("stopwords", 2, 3)
    told = without.explain("可以")
    assert (told.kept, told.step) == (False, "stopwords") and "a stop word" in str(told)


def test_numbers_are_words_in_which_a_number_stands_before_the_rest() -> None:
    lines = ["来了3个月，买4S店的T恤", "在2008年，双11买了第3次", "１０元，K线图，5G手机"]
    words = ["3个月", "4S店", "T恤", "2008年", "双11", "第3次", "１０元", "K线图", "5G手机"]
    drawn = [f"{a}，{w}{b}" for w in words for a, b in zip("甲乙丙丁", "戊己庚辛", strict=True)]
    columns = discover_words([*lines, *drawn], MinEntropy(), min_count=2, keep="none").found
    told = dict(zip(columns.texts(), columns.numbers.tolist(), strict=True))
    expected = {w: w in ("3个月", "2008年", "第3次", "１０元") for w in words}
    assert {w: told[w] for w in words if w in told} == {w: expected[w] for w in words if w in told}
    assert sum(told.values()) >= 2 and len(told.keys() & set(words)) >= 6


@pytest.mark.parametrize("method", METHODS)
def test_marks_name_what_dropping_drops(method: str) -> None:
    everything = of_samples(method)
    marked = everything.filter(fragments="mark", combinations="mark")
    assert marked.words == everything.words
    assert marked.columns == (*everything.columns, "part_of", "combination")
    for word in marked:
        assert (word.part_of == "") or (word.word in word.part_of != word.word)
        assert (word.combination == "") or word.combination.replace("|", "") == word.word
    whole = everything.filter(fragments="drop")
    assert whole.words == [word for word in marked if not word.part_of]
    lexical = everything.filter(combinations="drop")
    assert lexical.words == [word for word in marked if not word.combination]
    assert len(whole) <= len(everything) > len(lexical) > len(everything) / 2
    for name, listed in (("fragments", whole), ("combinations", lexical)):
        kept = {word.word for word in listed}
        for gone in [word for word in everything if word.word not in kept][:3]:
            assert listed.explain(gone.word).step == name
        assert listed.thresholds[name] == "drop"


def test_fragments_stand_in_their_words_nearly_always() -> None:
    text = sample_text()
    marked = of_samples("learned").filter(fragments="mark")
    fragments = {word.word: word.part_of for word in marked if word.part_of}
    assert {"路由": "路由器", "成千上": "成千上万"}.items() <= fragments.items()
    for part, word in fragments.items():
        assert occurrences(word, text) >= FRAGMENT_SHARE * occurrences(part, text)


def test_glued_function_characters_are_told_by_statistics() -> None:
    marked = of_samples("learned").filter(combinations="mark")
    told = {word.word: word.combination for word in marked}
    for glued in ("看到", "成了", "多了", "走了", "不能"):
        assert told[glued] == f"{glued[0]}|{glued[1]}"
    for word in ("缓存", "索引", "豆腐", "孩子", "猕猴桃", "负载均衡", "没有"):
        assert told[word] == ""


def test_new_words_of_the_samples_are_words() -> None:
    first = [word.word for word in of_samples("learned").filter(sort="novelty", top=40)]
    assert {"猕猴桃", "缓存", "分布式", "传感器", "鸦嘴崖"} & set(first[:40]) >= {
        "猕猴桃",
        "缓存",
        "鸦嘴崖",
    }
    assert not {"看到", "成了", "不能", "一只", "路由"} & set(first)
    assert not any(c.isdigit() and not w.endswith(("店", "图")) for w in first for c in w)


def test_counts_alone_have_novelty_too() -> None:
    counts = count_ngrams([random_text(23, 3000)])
    listed = rank_ngrams(counts, Cohesion(min_pmi=(1, 2, 3))).filter(sort="novelty")
    assert listed[0].novelty > listed[9].novelty > 0


def test_a_wrong_order_or_treatment_is_refused() -> None:
    for name in ("sort", "fragments", "combinations"):
        with pytest.raises(ValueError, match=f"`{name}` must be one of .*, got 'alphabet'"):
            found("cohesion").filter(**{name: "alphabet"})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`stopwords` must be a collection"):
        found("cohesion").filter(stopwords="的")


def test_rows_that_are_taken_keep_their_holder_if_it_is_taken_too() -> None:
    columns = found("min-entropy").found
    row = int(np.flatnonzero(columns.holder >= 0)[0])
    holder = int(columns.holder[row])
    both = columns.take(np.array([holder, row]))
    assert both.holder[1] == 0
    assert columns.take(np.array([row])).holder[0] == -1
