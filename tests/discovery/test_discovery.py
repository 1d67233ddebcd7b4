"""Discovery against brute force on strings, and what it promises whatever the text."""

import math
import random
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import (
    Alphabet,
    Cohesion,
    Corpus,
    Learned,
    MinEntropy,
    Resources,
    StorageError,
    Word,
    count_ngrams,
    learn_segmenter,
    rank_ngrams,
)
from nlpzero.discovery.candidates import Candidates as Grams
from nlpzero.discovery.candidates import runs_of
from nlpzero.discovery.discover import discover_words as discover
from nlpzero.discovery.evidence import evidence_for
from nlpzero.discovery.methods import default_min_count
from nlpzero.discovery.ranking import learned_scores
from nlpzero.discovery.second_pass import STRETCH, clause_blocks
from nlpzero.discovery.second_pass import SecondPass as Run
from nlpzero.discovery.string_table import Strings, StringTable
from nlpzero.engine.passes import open_passes
from nlpzero.ngrams.measures import merge_gain_same
from nlpzero.text.characters import code_points
from tests.discovery import oracles as oracle

discover_words = partial(discover, method=Cohesion())
SAMPLES = Path(__file__).parents[2] / "data" / "samples"
# few characters, so that strong n-grams, overlaps and repetitions come about; a letter, digits, an
# ideograph beyond the BMP, punctuation and white space among them
TEXTS = st.text("甲乙丙丁𠮷aA12，\n ", min_size=0, max_size=160)


def random_text(seed: int, size: int = 4000) -> str:
    """Words drawn from a dictionary by Zipf's law, with punctuation.

    Characters occur in several words.
    """
    generator = random.Random(seed)
    characters = [chr(0x4E00 + 37 * i) for i in range(250)]
    lengths = [2] * 120 + [3] * 50 + [4] * 20 + [6] * 6
    words = ["".join(generator.choices(characters, k=k)) for k in lengths]
    special = ["K线图", "T恤", "4S店", "卡拉OK", "𠮷野家", "iPhone手机", "2024年", "中国", "共和国"]
    words = [*"的是在有", *words[:20], *special, *words[20:]]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    marks = ["", "", "", "", "，", "。", "\n", " "]
    drawn = generator.choices(words, weights, k=size)
    return "".join(word + generator.choice(marks) for word in drawn)


def found_counts(text: str, method: Cohesion, **options: object) -> dict[str, int]:
    return {word.word: word.count for word in discover([text], method, **options)}  # type: ignore[arg-type]


@given(TEXTS, st.sampled_from([2, 3, 4]), st.sampled_from([1, 2, 3]), st.booleans())
def test_cohesion_equals_brute_force(text: str, order: int, min_count: int, strict: bool) -> None:
    thresholds = [0.2, 0.5, 0.8][: order - 1]
    found = found_counts(
        text * 2,
        Cohesion(order, tuple(thresholds), strict),
        min_count=min_count,
        max_length=400,
    )
    assert found == oracle.cohesion_words(text * 2 + "\n", order, min_count, thresholds, strict)


@pytest.mark.parametrize("strict", [False, True])
def test_cohesion_equals_brute_force_on_words(strict: bool) -> None:
    text = random_text(1)
    method = Cohesion(min_pmi=(1, 1.5, 2), strict_backtrack=strict)
    found = found_counts(text, method, min_count=5, max_length=400)
    assert found == oracle.cohesion_words(text + "\n", 4, 5, [1, 1.5, 2], strict)
    assert {"K线图", "T恤", "4S店", "卡拉OK", "𠮷野家", "共和国"} <= set(found)


@pytest.mark.parametrize("method", ["cohesion", "min-entropy"])
def test_evidence_equals_brute_force(method: str) -> None:
    text = random_text(2, 1200)
    longest = 12
    config = Cohesion(min_pmi=(0.5, 0.5, 0.5)) if method == "cohesion" else MinEntropy()
    found = discover([text], config, min_count=2)
    words = [word for word in found if len(word.word) <= longest]
    assert max(len(word.word) for word in words) > 5
    counts = oracle.substring_counts(text + "\n", longest)
    total = sum(count for part, count in counts.items() if len(part) == 1)
    for word in words:
        pmi, at = oracle.weakest_split(word.word, counts, total)
        assert word.pmi == pytest.approx(pmi, abs=1e-9)
        weakest = word.split.index("|")
        halves = counts[word.word[:weakest]] * counts[word.word[weakest:]]
        assert math.log(total * counts[word.word] / halves) == pytest.approx(pmi, abs=1e-9)
        assert weakest == at or word.split.replace("|", "") == word.word
        left, right = oracle.neighbours(text + "\n", word.word)
        assert word.left_entropy == pytest.approx(oracle.entropy(left), abs=1e-9)
        assert word.right_entropy == pytest.approx(oracle.entropy(right), abs=1e-9)


def test_score_is_the_documented_sum() -> None:
    for word in discover_words([random_text(3)], min_count=5):
        places = sum(oracle.cuttable(word.word, at) for at in range(1, len(word.word)))
        freedom = min(word.left_entropy, word.right_entropy)
        expected = math.log(word.count) + word.pmi + freedom - 2 * places
        assert word.score == pytest.approx(expected, abs=1e-9)


def test_order_is_score_count_code_points() -> None:
    words = discover([random_text(4)], Cohesion(min_pmi=(0.1, 0.1, 0.1)), min_count=2).words
    assert len(words) > 20
    assert words == sorted(words, key=lambda word: (-word.score, -word.count, word.word))


@given(TEXTS, st.sampled_from([1.0, 1.5]), st.sampled_from([1, 2]))
def test_pairs_that_gain_are_the_ones_kept(text: str, price: float, min_count: int) -> None:
    """Pieces of two different ideographs that nothing explains come from the definition of the
    gain.
    """
    text = (text + "\n") * 2
    counts = oracle.substring_counts(text, 2)
    strong = {
        pair
        for pair, count in counts.items()
        if len(pair) == 2 and count >= min_count and oracle.pair_gain(text, pair, price) > 1e-12
    }
    pieces = oracle.cut_weak_pairs(text, strong)
    found = discover([text], MinEntropy(price), min_count=min_count, max_length=400)
    found = found.filter(latin=True)
    kept = {
        piece: count for piece, count in pieces.items() if len(piece) > 1 and count >= min_count
    }
    redundant = sum(r.removed for r in found.removals if r.threshold == "redundancy")
    assert {word.word for word in found} <= set(kept)
    assert len(found) == len(kept) - redundant
    if redundant == 0:
        assert {word.word: word.count for word in found} == kept


def test_redundancy_is_at_a_fixed_point_and_keeps_the_text() -> None:
    text = random_text(5, 6000)
    found = discover([text], MinEntropy(), min_count=1).filter(min_length=1, latin=True)
    assert any(r.threshold == "redundancy" and r.removed > 0 for r in found.removals)
    counts = {word.word: word.count for word in found}
    total = sum(counts.values())
    checked = 0
    for word, count in counts.items():
        parts = oracle.best_split(word, counts, total)
        if len(parts) < 2 or any(map(oracle.in_run, word)):
            # cannot be written with others; or has runs, whose price is that of one character
            continue
        gain = math.log(count / total) - sum(math.log(counts[p] / total) for p in parts)
        assert gain >= len(word) - 1 - 1e-9
        checked += 1
    assert checked > 5


def test_repetitions_are_counted_without_overlap() -> None:
    # joined without overlap 哈哈 is worth a unit of its own here, joined with overlap it would not
    # be
    text = "甲哈哈哈哈哈，乙哈，丙哈哈，丁哈哈，哈，哈，哈，哈\n" + random_text(20, 12)
    pairs, singles, total = oracle.joinable_pairs(text, "哈"), text.count("哈"), 0
    assert (pairs, singles) == (4, 14)
    total = sum(map(len, oracle.clauses(text)))
    exact, naive = (
        merge_gain_same([pairs], [singles], total),
        merge_gain_same([6], [singles], total),
    )
    assert exact[0] == pytest.approx(oracle.pair_gain(text, "哈哈", 1.0), abs=1e-12)
    assert abs(exact[0] - naive[0]) > 0.01
    found = discover([text], MinEntropy(3.0), min_count=2)
    gain = total * oracle.pair_gain(text, "哈哈", 3.0)
    assert gain < 0
    assert f"save {gain:.1f} nats" in str(found.explain("哈哈"))


@pytest.mark.parametrize("method", ["cohesion", "min-entropy"])
def test_the_way_of_reading_changes_nothing(method: str, tmp_path: Path) -> None:
    text = random_text(6, 20000)
    whole = tmp_path / "whole.txt"
    whole.write_text(text, encoding="utf-8")
    lines = text.split("\n")
    for i in range(3):
        part = tmp_path / f"part{i}.txt"
        part.write_text(
            "\n".join(lines[i * len(lines) // 3 : (i + 1) * len(lines) // 3]), encoding="utf-8"
        )
    expected = discover_words(Corpus(str(whole)), method=method, min_count=4)  # type: ignore[arg-type]
    assert len(expected) > 15
    parts = Corpus(*(str(tmp_path / f"part{i}.txt") for i in (2, 0, 1)))
    assert discover_words(parts, method=method, min_count=4) == expected  # type: ignore[arg-type]
    assert discover_words(lines, method=method, min_count=4) == expected  # type: ignore[arg-type]
    counts = count_ngrams(Corpus(str(whole)))
    assert discover_words(lines, method=method, counts=counts, min_count=4) == expected  # type: ignore[arg-type]


def test_two_processes_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(random_text(7, 170_000), encoding="utf-8")
    corpus = Corpus(str(path))
    assert len(corpus.shards(2)) > 1
    assert discover_words(corpus, resources=Resources(jobs=2)) == discover_words(corpus)


def test_a_text_found_twice_is_like_a_fresh_one() -> None:
    first, second = [random_text(8)], [random_text(9)]
    discover_words(first)
    assert discover_words(first + second) == discover_words([*first, *second])


def test_blocks_cut_anywhere_give_the_same_clauses() -> None:
    text = random_text(10, 500)
    alphabet = Alphabet().with_astral([ord("𠮷")])
    whole = np.concatenate([block[1:-4] for block in clause_blocks([code_points(text)], alphabet)])
    for size in (1, 7, 100):
        blocks = [code_points(text[i : i + size]) for i in range(0, len(text), size)]
        parts = np.concatenate([block[1:-4] for block in clause_blocks(blocks, alphabet)])
        assert (parts == whole).all()


def test_an_endless_line_is_broken_at_the_same_places_however_it_is_read() -> None:
    text = "字" * 3 + "，" + "中" * (3 * STRETCH + 10) + "。国"
    results = []
    for size in (len(text), STRETCH // 3, STRETCH + 1, 2 * STRETCH + 5):
        blocks = [code_points(text[i : i + size]) for i in range(0, len(text), size)]
        symbols = np.concatenate([block[1:-4] for block in clause_blocks(blocks, Alphabet())])
        results.append(symbols.tobytes())
    assert len(set(results)) == 1
    symbols = np.frombuffer(results[0], np.uint16)
    assert np.diff(np.flatnonzero(symbols == 0)).tolist() == [STRETCH + 1] * 3 + [11]


def test_nothing_holds_white_space_or_marks() -> None:
    text = "新 闻 报 道，新 闻 报 道。\t新闻\u3000报道\r\n" * 30 + random_text(11)
    for method in ("cohesion", "min-entropy"):
        found = discover([text], method, min_count=2)
        for word in found.filter(min_length=1, latin=True):
            assert word.word.isalnum()


def test_runs_are_whole_and_not_alone() -> None:
    text = "打开WindowsXP系统，安装WindowsXP软件，重启WindowsXP电脑。买4S店的T恤。" * 40
    words = {word.word for word in discover_words([text], min_count=5)}
    assert not any(all(map(oracle.in_run, word)) for word in words)
    for word in words:
        assert not (oracle.in_run(word[0]) and text[text.index(word) - 1].isascii())
    assert "WindowsXP" in {w.word for w in discover_words([text], min_count=5).filter(latin=True)}
    assert "WindowsXP" not in words


def test_ranking_from_counts_alone() -> None:
    text = [random_text(12, 20000)]
    counts = count_ngrams(text)
    method = Cohesion(min_pmi=(2, 3, 4))
    ranked = rank_ngrams(counts, method, min_count=5)
    words = {word.word: word for word in ranked}
    assert {"中国", "T恤", "K线图", "卡拉OK"} <= set(words)
    assert max(map(len, words)) == 4
    occurrences = oracle.substring_counts("\n".join(text), 4)
    full = {w.word: w for w in discover(text, method, min_count=5)}
    for word, row in words.items():
        assert row.count == occurrences[word]
        if word in full:
            assert row.pmi == full[word].pmi
            assert math.isnan(row.left_entropy) == (len(word) == 4)
        if word in full and len(word) < 4:
            assert row.left_entropy == full[word].left_entropy
    # 共和 is nothing by itself: it only occurs in 共和国
    assert "共和" not in words


def test_explanations_name_the_threshold() -> None:
    text = [random_text(13, 4000)]
    common = next(c + "中国" for c in "的是在有" if text[0].count(c + "中国") >= 3)
    found = discover_words(text, min_count=3)
    listed = found.filter(exclude=["4S店"], top=3, sort="score")
    asked = ["中国", "国的", "K线", "没有它", "和，平", common, "的", "K", "4S店", "共和国"]
    told = {word: str(listed.explain(word)) for word in asked}
    assert [word.word for word in listed] == [word.word for word in found if word.word != "4S店"][
        :3
    ]
    assert told["中国"].startswith("found: stands alone")
    assert told["共和国"].endswith("beyond the top 3")
    assert told["国的"].startswith("dropped: weak at 国|的: PMI")
    assert told["K线"].startswith("dropped: strong, but it stands alone 0 times of its")
    assert told["没有它"] == "dropped: count 0, min_count is 3"
    assert told["和，平"].startswith("never a word")
    assert told[common].startswith(f"dropped: weak at {common[0]}|中国")
    assert "min_length" in told["的"]
    assert "latin" in told["K"]
    assert told["4S店"].endswith("dropped: on a list to exclude")
    by_gain = discover(text, MinEntropy())
    gains = {word: str(by_gain.explain(word)) for word in ["国的", "中国", "没有"]}
    assert "国|的 would save -" in gains["国的"] and "nats" in gains["国的"]
    assert gains["中国"].startswith("found")
    assert gains["没有"] == "dropped: 没有: count below min_count 2"


def test_zero_words_say_what_would_keep_ten() -> None:
    text = [random_text(14, 4000)]
    looser = {
        "min_count": lambda value: discover_words(text, min_count=int(value)),
        "min_pmi": lambda value: discover(
            text, Cohesion(min_pmi=tuple(map(float, value.split(","))))
        ),
        "min_gain": lambda value: discover(text, MinEntropy(float(value))),
        "min_entropy": lambda value: discover_words(text).filter(min_entropy=float(value)),
        "min_length": lambda value: discover_words(text).filter(min_length=int(value)),
    }
    for name, nothing in (
        ("min_count", discover_words(text, min_count=10**6)),
        ("min_pmi", discover(text, Cohesion(min_pmi=(50, 60, 70)))),
        ("min_gain", discover(text, MinEntropy(10**6))),
        ("min_entropy", discover_words(text).filter(min_entropy=99.0)),
        ("min_length", discover_words(text).filter(min_length=19)),
    ):
        assert nothing.words == [] and repr(nothing).startswith("Discovery by")
        assert nothing.hint is not None and "removed most" in nothing.hint
        advice, kept = nothing.hint.rsplit("; ", 1)[1].split(" would keep ")
        name_told, value = advice.split(" ")
        assert name_told == name
        again = looser[name](value)
        assert len(again) == int(kept) >= 10


def test_filters_and_exclusions() -> None:
    text = [random_text(15)]
    everything = discover_words(text, min_count=3)
    assert everything.filter(top=4).words == everything.words[:4] == everything[:4]
    without = everything.filter(exclude=["中国", "没有此词"], sort="score")
    assert [w.word for w in without] == [w.word for w in everything if w.word != "中国"]
    assert without.removals[-1] == ("exclude", 1, 2)
    free = everything.filter(min_entropy=1.0)
    assert free.words == [w for w in everything if min(w.left_entropy, w.right_entropy) >= 1.0]
    assert 0 < len(free) < len(everything)
    assert free.filter(min_entropy=0.0) == everything
    long = everything.filter(min_length=3, min_count=10, min_pmi=[0, 3], top=2)
    assert 0 < len(long) <= 2
    assert all(len(w.word) >= 3 and w.pmi >= 3 and w.count >= 10 for w in long)


def test_a_data_frame_has_the_columns() -> None:
    pandas = pytest.importorskip("pandas")
    found = discover_words([random_text(16)], min_count=5).filter(min_length=1)
    assert len(found) > 10
    frame = found.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == list(Word._fields)
    # as text, where the nan of what a method does not tell is equal to itself
    assert [str(tuple(row)) for row in frame.astype(object).to_numpy()] == [
        str(tuple(word)) for word in found
    ]
    assert list(found.filter(min_length=99).to_dataframe().columns) == list(Word._fields)


def test_single_characters_on_request() -> None:
    text = random_text(17)
    found = discover_words([text], min_count=5).filter(min_length=1)
    singles = {word.word: word for word in found if len(word.word) == 1}
    assert "的" in singles
    assert singles["的"].split == "" and math.isnan(singles["的"].pmi)
    left, right = oracle.neighbours(text + "\n", "的")
    assert singles["的"].left_entropy == pytest.approx(oracle.entropy(left))
    assert singles["的"].right_entropy == pytest.approx(oracle.entropy(right))


@pytest.mark.parametrize("text", ["", "，。\n", " ", "中", "中国", "a", "12"])
@pytest.mark.parametrize("method", ["cohesion", "min-entropy"])
def test_tiny_texts(text: str, method: str) -> None:
    assert len(discover_words([text], method=method)) == 0  # type: ignore[arg-type]
    found = discover([text], method, min_count=1)
    assert len(found.filter(min_length=1, latin=True)) <= 2
    assert discover_words([], method=method).words == []  # type: ignore[arg-type]


def test_misuse_is_told() -> None:
    with pytest.raises(TypeError, match="string"):
        discover_words("中国")
    with pytest.raises(TypeError, match="iterator"):
        discover_words(iter(["中国"]))
    with pytest.raises(ValueError, match="one of learned, cohesion, min-entropy, got 'pmi'"):
        discover(["中"], "pmi")
    with pytest.raises(TypeError, match="`method` must be Learned"):
        discover(["中"], 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be a Cohesion"):
        rank_ngrams(count_ngrams(["中国"]), MinEntropy())  # type: ignore[arg-type]
    for method in ({"min_pmi": 2}, {"min_pmi": (1, 2)}, {"order": 3, "min_pmi": (1, 2, 3)}):
        with pytest.raises(ValueError, match=r"numbers for order \d, one for each length"):
            Cohesion(**method)  # type: ignore[arg-type]
    assert Cohesion(order=3).min_pmi == (2, 4)
    for order in (1, 5):
        with pytest.raises(ValueError, match="`order` must be an integer from 2 to 4"):
            Cohesion(order)
    for name in ("min_count", "max_length"):
        with pytest.raises(ValueError, match=f"`{name}` must be an integer >= 1, got 0"):
            discover_words(["中"], **{name: 0})  # type: ignore[arg-type]
    found = discover_words(["中"])
    for name in ("min_count", "top", "min_length", "max_length"):
        with pytest.raises(ValueError, match=f"`{name}` must be an integer >= 1, got 0"):
            found.filter(**{name: 0})
    for name in ("exclude", "contains", "without", "within"):
        with pytest.raises(TypeError, match=f"`{name}` must be a collection"):
            found.filter(**{name: "中国"})


def test_counts_of_another_text_are_refused() -> None:
    counts = count_ngrams(["中国人民"])
    with pytest.raises(StorageError, match="text of 4 characters"):
        discover_words(["中国"], counts=counts)
    text = [random_text(22, 3000)]
    for other in (["没有别的"], [random_text(23, 3000)]):
        with pytest.raises(StorageError, match="count"):
            discover(text, counts=count_ngrams(other), min_count=2)
        with pytest.raises(StorageError, match="count"):
            discover_words(text, counts=count_ngrams(other), min_count=2)
    with pytest.raises(StorageError, match="characters"):
        rank_ngrams(count_ngrams(["A股"], alphabet=Alphabet(runs="classes")))


def test_width_is_folded_on_request() -> None:
    text = random_text(19) + "，Ｔ恤" * 9
    folded = found_counts(text, Cohesion(fold_width=True))
    plain = found_counts(text, Cohesion())
    assert folded["T恤"] == plain["T恤"] + 9
    assert plain["Ｔ恤"] == 9 and "Ｔ恤" not in folded


def test_default_counts_grow_with_the_text() -> None:
    values = [default_min_count(10**k) for k in range(3, 11)]
    assert values == sorted(values)
    assert values[0] == 2 and values[-1] == 32


def test_words_that_are_no_pieces_of_the_text_have_evidence_too() -> None:
    """Evidence is a function of words and text, whatever found the words."""
    text = random_text(18, 800)
    corpus = Corpus.from_texts([text])
    counts = count_ngrams(corpus)
    words = ["中国", "iPhone手", "共和国", "Phone手机", "拉OK的", "在中国"]
    chosen = [w for w in words if w in text]
    assert len(chosen) > 3
    symbols = [counts.alphabet.symbols(w) for w in chosen]
    strings = Strings(
        np.concatenate(symbols),
        np.concatenate([[0], np.cumsum([len(s) for s in symbols])]),
        np.ones(len(symbols), np.int64),
    )
    with open_passes(corpus, None) as passes:
        evidence = evidence_for(Run(counts, passes), Grams.of(counts, 1), strings)
    for i, word in enumerate(chosen):
        left, right = oracle.neighbours(text + "\n", word)
        assert evidence.occurrences[i] == sum(left.values())
        assert evidence.left[i] == pytest.approx(oracle.entropy(left), abs=1e-9)
        assert evidence.right[i] == pytest.approx(oracle.entropy(right), abs=1e-9)


@given(st.lists(st.text("甲乙丙𠮷", min_size=1, max_size=6), max_size=60))
def test_pieces_are_counted_like_a_dictionary(texts: list[str]) -> None:
    alphabet = Alphabet().with_astral([ord("𠮷")])
    pieces = StringTable()
    for text in texts:
        symbols = alphabet.symbols(text)
        pieces.add(symbols, np.array([0]), np.array([len(symbols)]))
    content = pieces.content()
    counted = dict(zip(content.decode(alphabet), content.counts.tolist(), strict=True))
    assert counted == {text: texts.count(text) for text in texts}
    lengths = content.sorted().lengths.tolist()
    assert lengths == sorted(lengths, reverse=True)


def test_runs_are_known_beyond_the_bmp() -> None:
    alphabet = Alphabet().with_astral([ord("𠮷"), ord("𝐀")])
    in_run = runs_of(alphabet)
    assert in_run[alphabet.symbols("𝐀b7")].all()
    assert not in_run[alphabet.symbols("𠮷中，")].any()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="samples are not here")
def test_real_words_in_the_samples() -> None:
    found = discover_words(Corpus(str(SAMPLES / "*.txt")))
    words = [word.word for word in found]
    assert len(words) > 300
    assert len(set(words)) == len(words)


# --- the learned method


@pytest.fixture(scope="module")
def learned_text() -> list[str]:
    return random_text(21, 6000).split("\n")


def test_learned_words_are_those_of_the_segmentation(learned_text: list[str]) -> None:
    segmenter = learn_segmenter(learned_text)
    found = discover(learned_text, Learned(segmenter), min_count=3)
    found = found.filter(latin=True, min_length=1)
    counted: Counter[str] = Counter()
    for tokens in segmenter.segment_all(learned_text):
        counted.update(tokens)
    expected = {w: n for w, n in counted.items() if n >= 3 and w.isalnum() and len(w) <= 20}
    assert {word.word: word.count for word in found} == expected
    assert len(expected) > 100


def test_learned_words_carry_all_evidence(learned_text: list[str]) -> None:
    found = discover(learned_text, min_count=3)
    text = "\n".join(learned_text)
    counts = oracle.substring_counts(text + "\n", 4)
    total = sum(count for part, count in counts.items() if len(part) == 1)
    saving = dict(zip(found.found.texts(), found.found.saving.tolist(), strict=True))
    scores = [word.score for word in found]
    assert scores == sorted(scores, reverse=True) and len(scores) > 100
    for word in found.words[:60]:
        if len(word.word) <= 4:
            pmi, _ = oracle.weakest_split(word.word, counts, total)
            assert word.pmi == pytest.approx(pmi, abs=1e-9)
            assert word.count <= counts[word.word]
        left, right = oracle.neighbours(text + "\n", word.word)
        assert word.left_entropy == pytest.approx(oracle.entropy(left), abs=1e-9)
        assert word.right_entropy == pytest.approx(oracle.entropy(right), abs=1e-9)
        assert 0 <= word.inside <= 1 and 0.5 < word.left_edge <= 1 and 0.5 < word.right_edge <= 1
        score = learned_scores(
            [word.count],
            [word.left_edge],
            [word.right_edge],
            [word.inside],
            [word.left_entropy],
            [word.right_entropy],
            [sum(left.values())],
            [saving[word.word]],
        )
        assert word.score == pytest.approx(score[0])


def test_learned_is_the_default_and_jobs_change_nothing(learned_text: list[str]) -> None:
    found = discover(learned_text)
    assert found.method == "learned"
    assert found.thresholds["min_count"] == 2
    assert found == discover(learned_text, "learned")
    assert found == discover(learned_text, Learned(), resources=Resources(jobs=2))
    assert not any(all(map(oracle.in_run, word.word)) for word in found)
    counts = count_ngrams(learned_text)
    assert discover(learned_text, counts=counts) == found


def test_learned_explanations_and_hint(learned_text: list[str]) -> None:
    found = discover(learned_text, min_count=3)
    assert "times a word of the segmentation in" in str(found.explain("中国"))
    assert str(found.explain("没有它")).startswith("dropped: 0 times a word of the segmentation")
    assert "min_length" in str(found.explain("的"))
    assert str(found.explain("，")).startswith("never a word")
    segmenter = learn_segmenter(learned_text)
    nothing = discover(learned_text, Learned(segmenter), min_count=10**6)
    assert nothing.words == [] and nothing.hint is not None
    value, kept = nothing.hint.rsplit("; min_count ", 1)[1].split(" would keep ")
    again = discover(learned_text, Learned(segmenter), min_count=int(value))
    assert len(again) == int(kept) >= 10


def test_a_segmenter_that_folds_needs_counts_that_fold(learned_text: list[str]) -> None:
    segmenter = learn_segmenter(learned_text)
    segmenter.alphabet = Alphabet(runs="classes", mapping=((ord("國"), ord("国")),))
    with pytest.raises(StorageError, match="fold characters differently"):
        discover(learned_text, Learned(segmenter), counts=count_ngrams(learned_text))


@pytest.mark.parametrize("text", ["", "，。\n", "中", "中国", "a", "12", "中国人民站起来了"])
def test_tiny_texts_are_learned_from(text: str) -> None:
    found = discover([text], min_count=1).filter(min_length=1, latin=True)
    assert "".join(sorted(word.word for word in found)) != "" or not text.strip("，。\n")


def test_the_first_of_equal_splits_is_told():
    # 哈哈哈|哈哈 has the counts of 哈哈|哈哈哈
    for times in (4, 7, 10, 13, 17, 20):  # where sums of logarithms in turn were not equal
        text = ["哈哈哈哈哈"] * times + ["大家好", "说好吧", "大家说"] * 20
        found = discover(text, Cohesion(min_pmi=(-9, -9, -9)), min_count=3)
        splits = {word.word: word.split for word in found}
        assert splits["哈哈哈哈哈"] == "哈哈|哈哈哈"
