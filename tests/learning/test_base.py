"""The base: how it is made, kept, read, cut with and adapted."""

import itertools
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.learning.adaptation import _block_counts, _mix, adapt, renumbered
from nlpzero.learning.base_building import build_base
from nlpzero.learning.base_decoding import alone, merged_keys
from nlpzero.learning.base_model import (
    PAIR_COUNT,
    PAIR_LEFT,
    PAIR_RIGHT,
    PAIR_SKIPS,
    BaseModel,
    count_table,
    load_base,
    log_steps,
    pack_ascending,
    pack_numbers,
    power_table,
    unpack_numbers,
)
from nlpzero.learning.base_segmenter import BaseSegmenter, find_base, shipped_base
from nlpzero.learning.decoder import LearnedDecoder
from nlpzero.learning.gap_model import DENSE_GROUPS, WIDE_GROUPS, layout
from nlpzero.learning.methods import Adaptation
from nlpzero.learning.position_ngrams import count_positions, pair_keys
from nlpzero.learning.sampling import alphabet_of, stream_of
from nlpzero.ngrams.keys import keys_for_file

SENTENCES = [
    "今天天气很好，我们去公园散步。",
    "明天的天气预报说要下雨，我们不去公园了。",
    "他在北京大学学习经济，她在北京医院工作。",
    "北京的天气比上海的天气冷得多。",
    "我们的工作是研究天气和经济的关系。",
]


def small_text(seed: int = 0, lines: int = 300) -> str:
    """Lines of our own sentences' clauses, in random order."""
    random = np.random.default_rng(seed)
    clauses = [part for line in SENTENCES for part in line.strip("。").split("，")]
    return "".join("，".join(random.choice(clauses, 3)) + "。\n" for _ in range(lines))


def small_base(seed: int = 0, **how: Any) -> BaseModel:
    text = small_text(seed)
    segmenter = nlpzero.learn_segmenter([text])
    alphabet = alphabet_of([], ())
    cuts = np.concatenate([segmenter._cut(alphabet.encode(text)), [1]]).astype(np.uint8)
    return build_base(alphabet.encode(text).symbols, cuts, **how)


BASE = small_base()


# ------------------------------------------------------------------------------------------------
# what is stored


def slow_varints(numbers: list[int]) -> bytes:
    out = bytearray()
    for number in numbers:
        while number >= 128:
            out.append(number % 128 + 128)
            number //= 128
        out.append(number)
    return bytes(out)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_numbers_of_varying_length_are_leb128(numbers: list[int]) -> None:
    packed = pack_numbers(np.array(numbers, np.uint64))
    assert packed.tobytes() == slow_varints(numbers)
    assert unpack_numbers(packed, False).tolist() == numbers
    keys = sorted(set(numbers))
    packed = pack_ascending(np.array(keys, np.uint64))
    assert unpack_numbers(packed, True).tolist() == keys


@pytest.mark.parametrize("steps", [2, 4])
def test_a_count_comes_back_within_half_a_step(steps: int) -> None:
    counts = np.array([0, 1, 2, 3, 7, 100, 12_345, 10**7], np.float64)
    back = power_table(steps)[log_steps(counts, steps)]
    assert back[0] == 0
    assert np.abs(np.log2(back[1:] / counts[1:])).max() <= 0.5 / steps + 1e-12
    # what came back stays what it is
    assert log_steps(back, steps).tolist() == log_steps(counts, steps).tolist()
    assert (count_table(steps)[1:] >= 1).all()


def equal(one: BaseModel, two: BaseModel) -> bool:
    fields = [name for name in one.__dataclass_fields__ if name not in ("edges", "training")]
    return (
        all(np.array_equal(getattr(one, name), getattr(two, name)) for name in fields)
        and all(map(np.array_equal, one.edges, two.edges))
        and dict(one.training) == dict(two.training)
    )


def test_a_file_holds_the_base_and_the_same_base_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one.nz", "two.nz"):
        BASE.save(tmp_path / name)
    assert (tmp_path / "one.nz").read_bytes() == (tmp_path / "two.nz").read_bytes()
    assert equal(load_base(tmp_path / "one.nz"), BASE)
    assert equal(BASE.quantised(), BASE)
    assert nlpzero.kind_of(tmp_path / "one.nz") == "base"


def test_the_same_text_gives_the_same_base() -> None:
    assert equal(small_base(), BASE)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "base.nz"
    BASE.save(path)
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    with pytest.raises(nlpzero.StorageError, match="damaged"):
        load_base(path)
    nlpzero.learn_segmenter(SENTENCES).save(path)
    with pytest.raises(nlpzero.StorageError, match="expected base"):
        load_base(path)


def test_rare_ngrams_are_not_in_it() -> None:
    text = small_text() + "罕见字眼，罕见字眼\n"
    alphabet = alphabet_of([], ())
    symbols = alphabet.encode(text).symbols
    base = build_base(symbols, np.ones(len(symbols) + 1, np.uint8))
    held = {
        alphabet.decode(base.codes[[int(key) >> 16, int(key) & 0xFFFF]])
        for key in base.pairs.tolist()
    }
    counts = Counter(
        "".join(pair)
        for line in text.replace("。", "，").split("，")
        for pair in itertools.pairwise(line)
    )
    assert held == {pair for pair, count in counts.items() if count >= 3 and "\n" not in pair}
    assert "罕见" not in held
    assert base.triple_counts.min() >= 5
    assert set((base.triples >> np.uint64(16)).tolist()) <= set(base.pairs.tolist())


def test_a_size_leaves_more_out_and_a_size_too_small_is_refused() -> None:
    large = small_base()
    small = small_base(size=20_000)
    assert small.training["min_pairs"] >= large.training["min_pairs"]
    with pytest.raises(nlpzero.NlpzeroError, match="too small"):
        small_base(size=100)


# -------------------------------------------------------------------------------------------------
# base and text


def test_numbers_of_new_symbols_leave_the_strings_of_the_base_as_they_were() -> None:
    raw = stream_of(["丁一确二丁\n龥"], alphabet_of([], ()))
    wide, dense = renumbered(BASE, raw)
    assert dense.codes[dense.symbols].tolist() == raw.tolist()
    assert (np.diff(wide.codes.astype(np.int64)) > 0).all()
    for name, width in (("pairs", 2), ("triples", 3), ("words", 4)):
        old, new = getattr(BASE, name), getattr(wide, name)
        assert (np.diff(new.astype(np.float64)) > 0).all()
        for place in range(width):
            shift = np.uint64(16 * place)
            parts = [(keys.astype(np.uint64) >> shift & np.uint64(0xFFFF)) for keys in (old, new)]
            assert np.array_equal(BASE.codes[parts[0]], wide.codes[parts[1]])


@given(st.lists(st.integers(-1, 4), max_size=60), st.integers(1, 20))
def test_blocks_that_hold_a_type(ids: list[int], block: int) -> None:
    slow = [len({i // block for i, t in enumerate(ids) if t == wanted}) for wanted in range(5)]
    assert _block_counts(np.array(ids, np.int32), 5, block).tolist() == slow


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_two_lists_of_keys_become_one(one: set[int], two: set[int]) -> None:
    left, right = (np.array(sorted(keys), np.uint64) for keys in (one, two))
    keys, at_left, at_right = merged_keys(left, right)
    assert keys.tolist() == sorted(one | two)
    assert np.array_equal(keys[at_left], left)
    assert np.array_equal(keys[at_right], right)


def entropy(counts: list[float], total: float) -> float:
    """log c - (1 / c) sum of y log y over continuations that occur more than once."""
    inner = sum(y * math.log(y) for y in counts if y > 1)
    return max(math.log(total) - inner / total, 0.0)


@pytest.mark.parametrize("weight", [1.0, 0.4])
def test_counts_and_entropies_of_base_and_text_are_those_of_both_together(weight: float) -> None:
    # a base that kept everything, unrounded, so that entropies can be worked out from its trigrams
    text = small_text(1, 40)
    raw = stream_of([text], alphabet_of([], ()))
    wide, dense = renumbered(BASE, raw)
    triples = dict(zip(wide.triples.tolist(), wide.triple_counts.tolist(), strict=True))
    sums = {key: [0.0, 0.0] for key in wide.pairs.tolist()}
    for key, count in triples.items():
        y = weight * count
        e = y * math.log(y) if y > 1 else 0.0
        sums[key >> 16][0] += e
        if key & 0xFFFFFFFF in sums:
            sums[key & 0xFFFFFFFF][1] += e
    values = wide.pair_values.copy()
    for row, key in enumerate(wide.pairs.tolist()):
        c = weight * values[row, PAIR_COUNT]
        values[row, PAIR_RIGHT] = math.log(c) - sums[key][0] / c
        values[row, PAIR_LEFT] = math.log(c) - sums[key][1] / c
    wide = replace(wide, pair_values=values)
    how = Adaptation(gram_weight=1.0, burst_power=0.0)
    mixed = _mix(wide, dense, count_positions(dense), weight, how)

    x = dense.symbols.tolist()
    pairs: Counter[int] = Counter()
    both: Counter[int] = Counter()
    skips: Counter[int] = Counter()
    for a, b in itertools.pairwise(x):
        if a and b:
            pairs[a << 16 | b] += 1
    for a, b, c in zip(x, x[1:], x[2:], strict=False):
        if a and b and c:
            both[a << 32 | b << 16 | c] += 1
            skips[a << 16 | c] += 1
    base_pairs = dict(zip(wide.pairs.tolist(), wide.pair_values.tolist(), strict=True))
    together = Counter({key: weight * count for key, count in triples.items()})
    for key, count in both.items():
        together[key] += count
    assert set(mixed.pairs.tolist()) == set(pairs) | set(base_pairs)
    assert dict(zip(mixed.triples.tolist(), mixed.triple_counts.tolist(), strict=True)) == (
        pytest.approx(dict(together))
    )
    rights: dict[int, list[float]] = {key: [] for key in mixed.pairs.tolist()}
    lefts: dict[int, list[float]] = {key: [] for key in mixed.pairs.tolist()}
    for key, count in together.items():
        rights[key >> 16].append(count)
        if key & 0xFFFFFFFF in lefts:
            lefts[key & 0xFFFFFFFF].append(count)
    for key, row in zip(mixed.pairs.tolist(), mixed.values.tolist(), strict=True):
        known = base_pairs.get(key, [0.0] * 5)
        count = weight * known[PAIR_COUNT] + pairs[key]
        assert row[PAIR_COUNT] == pytest.approx(count)
        assert row[PAIR_SKIPS] == pytest.approx(weight * known[PAIR_SKIPS] + skips[key])
        if key in pairs:
            assert row[PAIR_RIGHT] == pytest.approx(entropy(rights[key], count), abs=1e-6)
            assert row[PAIR_LEFT] == pytest.approx(entropy(lefts[key], count), abs=1e-6)


# ---------------------------------------------------------------------------------------------- the
# base by itself


def test_look_ups_find_what_the_base_holds_and_nothing_else() -> None:
    learned = alone(BASE)
    decoder = LearnedDecoder(learned)
    raw = stream_of([small_text(3, 20), "医学北院气\n"], BASE.alphabet)
    x = decoder._dense[raw]
    scores = decoder._scores(x)
    word_total, total, alpha, _ = learned.constants.tolist()
    words = dict(
        zip(keys_for_file(learned.words).tolist(), learned.words_counts.tolist(), strict=True)
    )
    pairs = dict(zip(learned.pairs.tolist(), learned.pair_values.tolist(), strict=True))
    lengths = (0.35, 0.55, 0.07, 0.03)
    for i in range(len(x)):
        if x[i] == 0:
            continue
        base = alpha * learned.symbol_counts[x[i]] / total
        shares = [learned.word_counts[x[i]] + base * lengths[0]]
        key = int(x[i])
        for k in range(1, 4):
            if i + k >= len(x) or x[i + k] == 0:
                break
            pair = int(x[i + k - 1]) << 16 | int(x[i + k])
            b, c = learned.symbol_counts[x[i + k - 1]], learned.symbol_counts[x[i + k]]
            base *= pairs[pair][1] if pair in pairs else (1 + 2 * c / total) / (b + 2)
            key = key << 16 | int(x[i + k])
            count = pairs.get(key, [0, 0, 0])[2] if k == 1 else words.get(key, 0.0)
            shares.append(count + base * lengths[k])
        for k, share in enumerate(shares[1:], 1):
            expected = math.log(share) - math.log(shares[0])
            assert scores[i, k] - scores[i, 0] == pytest.approx(expected, abs=2e-4)
    assert word_total == BASE.totals[1]


def test_a_clause_is_cut_the_same_wherever_it_stands() -> None:
    segmenter = BaseSegmenter(BASE)
    lines = small_text(5, 60).split("\n")
    # a clause longer than a piece of work, between others
    lines.insert(7, "今天天气很好我们去公园" * 9000)
    together = segmenter.segment_to_text("\n".join(lines)).split("\n")
    assert together == [segmenter.segment_to_text(line) for line in lines]
    assert list(segmenter.segment_all(lines)) == [segmenter.segment(line) for line in lines]


@settings(deadline=None)
@given(st.text(alphabet="今天气的北京医院abc12 ,，。\n\t\U00020000\ud800裡臺"))
def test_nothing_is_lost(text: str) -> None:
    assert "".join(BaseSegmenter(BASE).segment(text)) == text


def test_the_base_in_the_package_cuts_at_once() -> None:
    segmenter = nlpzero.load_segmenter()
    assert segmenter.method == "base"
    assert segmenter.segment("我爱北京天安门。") == ["我", "爱", "北京", "天安门", "。"]
    # traditional characters are read as simplified ones, and kept
    assert segmenter.segment("臺灣的總統府") == ["臺灣", "的", "總統府"]
    assert nlpzero.load_segmenter(numbers="split").segment("2024年")[0] == "2024"


def test_the_base_in_the_package_is_small_and_holds_no_rare_ngrams() -> None:
    path = Path(nlpzero.__file__).parent / "learning" / "base.nz"
    assert path.stat().st_size <= 2_700_000
    base = shipped_base()
    assert base.pair_values[:, PAIR_COUNT].min() >= 3
    assert base.triple_counts.min() >= 5
    assert base.word_counts.min() >= 2
    assert base.words.max() < 2**64


def test_how_often_a_string_is_a_word_of_the_base() -> None:
    words = ["北京", "天气", "的", "气的", "北京大学学", "", "abc龥"]
    held = BASE.counts_of(words)
    learned = BaseSegmenter(BASE).lexicon(0)
    expected = dict(zip(learned.words, learned.counts.tolist(), strict=True))
    assert held.tolist() == pytest.approx([expected.get(word, 0.0) for word in words], rel=1e-3)
    assert held[0] > 0
    assert held[4] == held[5] == held[6] == 0


def test_a_base_is_saved_and_loaded_as_a_segmenter(tmp_path: Path) -> None:
    path = tmp_path / "base.nz"
    BaseSegmenter(BASE, numbers="date").save(path)
    segmenter = nlpzero.load_segmenter(path)
    assert segmenter.numbers == "date"
    text = small_text(9, 5)
    assert segmenter.segment(text) == BaseSegmenter(BASE, numbers="date").segment(text)
    assert segmenter.probabilities(text).tolist() == (
        BaseSegmenter(BASE, numbers="date").probabilities(text).tolist()
    )


def test_a_base_says_what_it_keeps_whole(tmp_path: Path) -> None:
    path, text = tmp_path / "base.nz", "买5G手机和SK-II"
    whole = nlpzero.load_segmenter()
    assert {"5G", "SK-II"} <= set(whole.segment(text))
    assert not {"5G", "SK-II"} & set(whole.with_keep("none").segment(text))
    for saved in (whole, whole.with_keep("none"), whole.with_keep(["word"], joiners="+")):
        saved.save(path)
        loaded = nlpzero.load_segmenter(path)
        assert loaded.alphabet == saved.alphabet
        assert loaded.segment(text) == saved.segment(text)


def test_what_may_name_a_base(tmp_path: Path) -> None:
    BASE.save(tmp_path / "base.nz")
    assert find_base(BASE) is BASE
    assert find_base("default") is shipped_base()
    assert equal(find_base(tmp_path / "base.nz"), BASE)
    with pytest.raises(TypeError, match="default"):
        find_base(3)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------
# adapted to text


def test_adapting_is_deterministic_on_any_number_of_threads() -> None:
    raw = stream_of([small_text(2, 200)], BASE.alphabet)
    one, facts = adapt(BASE, raw)
    two, _ = adapt(BASE, raw, resources=nlpzero.Resources(jobs=2))
    for name, left, right in zip(one._fields, one, two, strict=True):
        assert np.array_equal(left, right), name
    assert facts["symbols"] == np.count_nonzero(raw)


@pytest.mark.parametrize("text", ["", "\n", "好", "\U00020000\U00020001龥龘", "abc 123"])
def test_any_text_can_be_adapted_to(text: str, tmp_path: Path) -> None:
    segmenter = nlpzero.learn_segmenter([text], nlpzero.CoTraining(base=BASE))
    assert "".join(segmenter.segment(text + "今天天气")) == text + "今天天气"


def test_an_adapted_model_knows_words_of_both(tmp_path: Path) -> None:
    own = "潮铃响了，守灯人敲潮铃。潮铃在塔上，守灯人在塔下。听见潮铃的守灯人。\n" * 20
    method = nlpzero.CoTraining(base=BASE)
    segmenter = nlpzero.learn_segmenter([own], method)
    tokens = segmenter.segment("今天天气很好，他敲潮铃")
    assert "潮铃" in tokens
    known = BaseSegmenter(BASE).segment("今天天气")
    assert tokens[: len(known)] == known
    segmenter.save(tmp_path / "mine.nz")
    loaded = nlpzero.load_segmenter(tmp_path / "mine.nz")
    for text in (own, small_text(4, 30), "没有见过的字"):
        assert loaded.segment(text) == segmenter.segment(text)
    assert segmenter.training["base_weight"] > 0


def test_more_text_of_ones_own_outweighs_the_base() -> None:
    how = Adaptation(fading=100.0 / BASE.totals[0])
    weights = []
    for lines in (1, 10, 100):
        _, facts = adapt(BASE, stream_of([small_text(6, lines)], BASE.alphabet), how=how)
        weights.append(facts["base_weight"])
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] < 0.1 * how.gram_weight


def test_pairs_of_the_base_that_the_text_lacks_keep_no_weight_of_their_own() -> None:
    raw = stream_of(["今天天气很好\n" * 30], BASE.alphabet)
    learned, _ = adapt(BASE, raw)
    starts = layout(len(learned.codes) - 1, len(learned.pairs))
    _, dense = renumbered(BASE, raw)
    own = set(pair_keys(dense.symbols, count_positions(dense).orders[1]).tolist())
    absent = np.array([key not in own for key in learned.pairs.tolist()])
    assert absent.any()
    for group in (9, 10):
        weights = learned.weights[0, :, starts[group] + 1 : starts[group + 1]]
        assert not weights[:, absent].any()
        assert weights[:, ~absent].any()


# ----------------------------------------------------------------------------------------------
# groups of the gap model


def test_groups_follow_each_other() -> None:
    dense, usual, wide = (layout(5, 7, n).tolist() for n in (DENSE_GROUPS, 11, WIDE_GROUPS))
    assert usual[: len(dense)] == dense
    assert wide[: len(usual)] == usual
    assert usual[-1] - usual[-2] == usual[-2] - usual[-3] == 8


def test_a_model_with_farther_context_is_saved_and_loaded(tmp_path: Path) -> None:
    method = nlpzero.CoTraining(recipe=nlpzero.Recipe(groups=WIDE_GROUPS))
    segmenter = nlpzero.learn_segmenter([small_text(7, 100)], method)
    segmenter.save(tmp_path / "wide.nz")
    loaded = nlpzero.load_segmenter(tmp_path / "wide.nz")
    text = small_text(8, 20)
    assert loaded.segment(text) == segmenter.segment(text)
    assert "天气" in loaded.segment(text)
