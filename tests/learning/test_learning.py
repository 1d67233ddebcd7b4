"""Learning to segment: tables against slow counts, the word model against its formula, promises of
the segmenters.
"""

import math
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.discovery.learned import count_learned_words
from nlpzero.discovery.ranking import learned_scores
from nlpzero.engine.resources import Progress, Resources
from nlpzero.errors import NlpzeroError
from nlpzero.learning.cotraining import learn
from nlpzero.learning.decoder import LearnedDecoder as Decoder
from nlpzero.learning.decoder import calibrated
from nlpzero.learning.methods import BranchingEntropy, CoTraining, Recipe
from nlpzero.learning.nvbe import NVBESegmenter, autonomy, learn_autonomy
from nlpzero.learning.position_ngrams import count_positions, next_order, pair_keys, skip_counts
from nlpzero.learning.sampling import sample_text, traditional_to_simplified
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.learning.streams import densify, forced_cuts
from nlpzero.learning.training import learn_segmenter
from nlpzero.learning.word_model import LENGTH_WEIGHTS, WordModel, count_words, sweep
from nlpzero.ngrams.keys import PACKED_ORDER, unpack_keys
from nlpzero.segmentation.loading import load_segmenter
from nlpzero.text.corpus import Corpus
from tests.learning import oracles
from tests.learning.oracles import (
    base_probability,
    branching_entropies,
    distribution,
    ngrams,
    words,
)

streams = st.lists(st.sampled_from([0, 0, 20, 30, 40, 50, 60000]), max_size=40)


def make_text(lines: int, seed: int = 0) -> list[str]:
    """Sentences of invented words with frequencies like those of a language, without spaces."""
    rng = np.random.default_rng(seed)
    characters = [chr(0x5200 + i) for i in range(120)]  # none is a numeral
    vocabulary = [
        "".join(rng.choice(characters, size))
        for size in rng.choice([1, 2, 3], 300, p=[0.25, 0.6, 0.15])
    ]
    chances = 1 / np.arange(1, 301)
    chances /= chances.sum()
    return [
        "".join(rng.choice(vocabulary, rng.integers(3, 12), p=chances)) + "。" for _ in range(lines)
    ]


TEXTS = make_text(1500)


@pytest.fixture(scope="module")
def learned() -> LearnedSegmenter:
    return learn_segmenter(TEXTS, CoTraining(seed=1))


# ------------------------------------------------------------------------------------------- tables


@given(streams)
def test_numbers_counts_and_entropies_of_ngrams(raw: list[int]) -> None:
    dense = densify(np.array(raw, np.uint16))
    x = dense.symbols.tolist()
    assert [int(dense.codes[s]) for s in x] == raw
    grams = count_positions(dense)
    for k in range(PACKED_ORDER):
        expected = ngrams(x, k + 1)
        types = sorted(expected)
        assert grams.orders[k].counts.tolist() == [len(expected[gram]) for gram in types]
        ids = [-1] * len(x)
        for number, gram in enumerate(types):
            for i in expected[gram]:
                ids[i] = number
            assert grams.orders[k].firsts[number] in expected[gram]
            right, left = branching_entropies(x, gram)
            assert grams.right[k][number] == pytest.approx(right, abs=1e-5)
            assert grams.left[k][number] == pytest.approx(left, abs=1e-5)
        assert grams.ids[k].tolist() == ids


def test_many_types_are_ranked_when_keys_do_not_fit() -> None:
    symbols = np.array([1, 2, 1, 2, 1, 0, 2, 1, 2], np.uint16)
    ids = symbols.astype(np.int32) - 1
    narrow = next_order(ids, symbols, 2, 2)
    wide = next_order(ids, symbols, 2, 1 << 61)
    assert wide[0].tolist() == narrow[0].tolist()
    assert wide[1].counts.tolist() == narrow[1].counts.tolist()


@given(streams)
def test_skip_counts(raw: list[int]) -> None:
    dense = densify(np.array(raw, np.uint16))
    x = dense.symbols
    grams = count_positions(dense)
    expected: Counter[tuple[int, int]] = Counter(
        (int(x[i]), int(x[i + 2])) for i in range(len(x) - 2) if x[i] and x[i + 1] and x[i + 2]
    )
    keys = pair_keys(x, grams.orders[1])
    found = skip_counts(x, keys)
    assert found.tolist() == [expected[int(k) >> 16, int(k) & 0xFFFF] for k in keys]


@given(streams, st.integers(1, 5))
def test_forced_cuts(raw: list[int], longest: int) -> None:
    forced = forced_cuts(np.array(raw, np.uint16), longest)
    assert len(forced) == len(raw) + 1
    assert forced[0] == forced[-1] == 1
    for i in range(1, len(raw)):
        if raw[i] == 0 or raw[i - 1] == 0:
            assert forced[i]
    for start, length in words(forced.tolist()):
        assert length <= longest or raw[start] == 0


def test_autonomy_is_standardised_by_length() -> None:
    grams = count_positions(densify(np.array([ord(c) for c in "".join(TEXTS[:300])], np.uint16)))
    for k, scores in enumerate(autonomy(grams)):
        assert float(scores.mean()) == pytest.approx(0.0, abs=1e-3)
        assert float(scores.std()) < 2.0 * (k + 1) + 1e-3


# --------------------------------------------------------------------------------------- word model


def run_sweep(
    raw: list[int], factors: list[float], alpha: float, keys: int
) -> tuple[dict[tuple[int, ...], float], dict[tuple[int, ...], float]]:
    """Paths drawn by the kernel, and their probabilities by the formula."""
    dense = densify(np.array(raw, np.uint16))
    x = dense.symbols
    n = len(x)
    grams = count_positions(dense)
    ids = (grams.ids[1], grams.ids[2], grams.ids[3])
    sizes = [len(dense.codes), *(len(order.counts) for order in grams.orders[1:])]
    bases = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    forced = forced_cuts(x)
    old = forced.copy()
    old[2] = 1
    counts = np.zeros(int(bases[-1]))
    next_probs = np.zeros(n, np.float32)
    single = dense.counts / dense.counts.sum()
    for i in range(n - 1):
        if x[i] and x[i + 1]:
            both = [x[i], x[i + 1]]
            next_probs[i] = base_probability(both, x.tolist(), [1, 1]) / single[x[i]]
    model = WordModel(x, ids, bases, single, next_probs, forced, alpha, n, 1.0)
    count_words(model, old, counts)
    tokens = Counter(tuple(x[i : i + k].tolist()) for i, k in words(old.tolist()) if x[i] > 0)
    assert counts.sum() == sum(tokens.values())
    seen: Counter[tuple[int, ...]] = Counter()
    for key in range(keys):
        new = np.ones(n + 1, np.uint8)
        sweep(
            model,
            counts,
            counts.sum(),
            np.array(factors, np.float32),
            0,
            n,
            np.uint64(key * 7919 + 1),
            old,
            new,
        )
        seen[tuple(new.tolist())] += 1
    here = {(i, k) for i, k in words(old.tolist())}
    edges = {}
    for i in range(n):
        for k in range(1, PACKED_ORDER + 1):
            word = tuple(x[i : i + k].tolist())
            if len(word) == k and 0 not in word:
                own = 1 if (i, k) in here else 0  # a word is not its own evidence
                base = base_probability(word, x.tolist(), LENGTH_WEIGHTS.tolist())
                p = (tokens[word] - own + alpha * base) / (sum(tokens.values()) + alpha)
                edges[i, k] = math.log(p) + (0 if forced[i] else math.log(factors[i]))
            elif k == 1:
                edges[i, k] = 0.0
    return {path: c / keys for path, c in seen.items()}, distribution(n, forced.tolist(), edges)


def test_a_sweep_draws_from_the_formula() -> None:
    raw = [5, 6, 7, 0, 5, 6, 5, 6, 0, 7, 7]
    factors = [1, 0.5, 2, 1, 1, 0.25, 3, 1, 1, 1, 0.7]
    seen, expected = run_sweep(raw, factors, 2.0, 4000)
    for path, p in expected.items():
        assert abs(seen.get(path, 0.0) - p) < 4 * math.sqrt(p * (1 - p) / 4000) + 1 / 4000


# ----------------------------------------------------------------------------------------- learning


def test_learning_beats_its_start_on_invented_words() -> None:
    rng = np.random.default_rng(3)
    characters = [chr(0x4E00 + i) for i in range(200)]
    vocabulary = ["".join(rng.choice(characters, s)) for s in rng.choice([1, 2, 3], 400)]
    chances = 1 / np.arange(1, 401)
    chances /= chances.sum()
    gold = [list(rng.choice(vocabulary, 8, p=chances)) for _ in range(3000)]
    texts = ["".join(line) + "。" for line in gold]

    def f1(segment: Callable[[str], list[str]]) -> float:
        hits = total = 0
        for line, text in zip(gold, texts, strict=True):
            spans = []
            for tokens in (line, segment(text)[:-1]):
                ends = np.cumsum([len(token) for token in tokens]).tolist()
                spans.append(set(zip([0, *ends[:-1]], ends, strict=True)))
            hits += 2 * len(spans[0] & spans[1])
            total += len(spans[0]) + len(spans[1])
        return hits / total

    nvbe = f1(learn_segmenter(texts, BranchingEntropy()).segment)
    learned = f1(learn_segmenter(texts).segment)
    assert nvbe > 0.9
    assert 1 - learned < 0.75 * (1 - nvbe)  # of its errors


def test_the_result_depends_on_text_and_seed_only(tmp_path: Path) -> None:
    files = []
    for name, seed, jobs in (("a", 1, 1), ("b", 1, 2), ("c", 1, 5), ("d", 2, 1)):
        segmenter = learn_segmenter(
            TEXTS[:400], CoTraining(seed=seed), resources=Resources(jobs=jobs)
        )
        segmenter.save(tmp_path / name)
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1] == files[2] != files[3]


def test_texts_and_files_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(TEXTS[:300]) + "\n", encoding="utf-8")
    one = learn_segmenter(TEXTS[:300])
    two = learn_segmenter(Corpus(path))
    assert one.segment(TEXTS[0]) == two.segment(TEXTS[0])
    np.testing.assert_array_equal(one.learned.weights, two.learned.weights)


def test_a_model_file_gives_the_segmenter_back(learned: LearnedSegmenter, tmp_path: Path) -> None:
    path = tmp_path / "model.nz"
    learned.save(path)
    other = load_segmenter(path)
    assert isinstance(other, LearnedSegmenter)
    text = "".join(TEXTS[:50]) + "从没见过的字龘，abc 12%"
    assert other.segment(text) == learned.segment(text)
    np.testing.assert_array_equal(other.probabilities(text), learned.probabilities(text))
    assert other.training == {k: v for k, v in learned.training.items() if k != "seconds"}
    copied = pickle.loads(pickle.dumps(learned))
    assert copied.segment(text) == learned.segment(text)


def test_keys_of_model_files_stay_as_they_were(learned: LearnedSegmenter) -> None:
    _, arrays = learned._state()
    # words of three symbols come before those of four, and the last symbol is in the lowest bits
    words = arrays["words"]
    assert (np.diff(words.astype(np.int64)) > 0).all() and words[0] < 1 << 48
    triples = arrays["triples"]
    assert (np.diff(triples.astype(np.int64)) > 0).all() and triples[-1] < 1 << 48
    known = len(learned.learned.codes)
    for place in range(3):
        symbols = (triples >> np.uint64(16 * place)) & np.uint64(0xFFFF)
        assert ((symbols > 0) & (symbols < known)).all()


def test_a_nvbe_file_gives_the_segmenter_back(tmp_path: Path) -> None:
    segmenter = learn_segmenter(TEXTS[:300], BranchingEntropy())
    path = tmp_path / "model.nz"
    segmenter.save(path)
    other = load_segmenter(path)
    assert isinstance(other, NVBESegmenter)
    assert other.segment(TEXTS[0]) == segmenter.segment(TEXTS[0])


def test_probabilities_agree_with_cuts_and_samples(learned: LearnedSegmenter) -> None:
    text = "".join(TEXTS[:40])
    chances = learned.probabilities(text)
    assert chances.shape == (len(text) - 1,)
    assert ((chances >= 0) & (chances <= 1)).all()
    cut = learned.boundaries(text)[1:-1]
    assert (cut == (chances > 0.5)).mean() > 0.95
    drawn = np.zeros(len(text) - 1)
    for seed in range(200):
        tokens = learned.sample(text, seed)
        assert "".join(tokens) == text
        drawn[np.cumsum([len(token) for token in tokens])[:-1] - 1] += 1
    assert np.abs(drawn / 200 - oracles.marginals(learned, text)).max() < 0.2


@given(
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30),
    st.floats(0.05, 1.0),
)
def test_calibration_keeps_the_order_and_the_side(values: list[float], factor: float) -> None:
    before = np.array(sorted(values))
    after = calibrated(before, factor)
    assert (np.diff(after) >= 0).all()
    assert ((after > 0) & (after < 1)).all()
    assert (np.abs(after - 0.5) <= np.abs(before - 0.5) + 1e-12).all()


def test_gaps_between_clauses_stay_certain(learned: LearnedSegmenter) -> None:
    text = "，".join(TEXTS[:20])
    chances = learned.probabilities(text)
    marks = [i for i in range(len(text) - 1) if "，" in text[i : i + 2]]
    assert len(marks) > 10
    assert (chances[marks] == 1.0).all()
    inner = np.delete(chances, marks)
    assert ((inner > 0.0) & (inner < 1.0)).any()
    # as sure as the lattice is, the reference is not
    assert inner[(inner > 0.0) & (inner < 1.0)].max() < 0.99


def test_clauses_do_not_see_each_other(learned: LearnedSegmenter) -> None:
    lines = TEXTS[:30]
    together = learned.segment("\n".join(lines))
    assert together == [
        token for i, line in enumerate(lines) for token in ["\n", *learned.segment(line)][i == 0 :]
    ]


@given(st.text(alphabet="一丁丂七丄丅，。 \naＢ19%一二三龘𠀀😀\ufeff\u200d—…", max_size=60))
@settings(max_examples=40)
def test_nothing_is_lost(text: str) -> None:
    for segmenter in _both():
        assert "".join(segmenter.segment(text)) == text
        assert len(segmenter.probabilities(text)) == max(len(text) - 1, 0)


_SEGMENTERS: list[LearnedSegmenter | NVBESegmenter] = []


def _both() -> list[LearnedSegmenter | NVBESegmenter]:
    if not _SEGMENTERS:
        _SEGMENTERS.extend(
            [learn_segmenter(TEXTS[:200]), learn_segmenter(TEXTS[:200], BranchingEntropy())]
        )
    return _SEGMENTERS


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["。"],
        ["好"],
        ["你好"],
        ["abc 123"],
        ["一" * 50],
        ["今天天气不错，我们去公园。"],
        ["𠀀𠀁" * 3],
        [chr(0x4E00 + i) for i in range(200)],
    ],
)
def test_texts_with_little_to_learn(texts: list[str]) -> None:
    text = "今天天气不错，abc 12.5% 你好𠀀。"
    for segmenter in (learn_segmenter(texts), learn_segmenter(texts, BranchingEntropy())):
        assert "".join(segmenter.segment(text)) == text
        assert "12.5%" in segmenter.segment(text)
    if not any(texts):
        han = [t for t in learn_segmenter(texts).segment(text) if t >= "一"]
        assert all(len(token) == 1 for token in han if token not in ("abc", "12.5%"))


def test_unknown_characters_stand_alone(learned: LearnedSegmenter) -> None:
    text = TEXTS[0][:4] + "龘" + TEXTS[0][4:8]
    assert "龘" in learned.segment(text)


def test_unseen_pairs_get_the_prior_of_their_symbols(learned: LearnedSegmenter) -> None:
    # every pair of known characters can be scored, seen or not
    codes = learned.learned.codes[1:40].astype(np.uint32)
    text = "".join(chr(a) + chr(b) + "。" for a in codes for b in codes)
    chances = learned.probabilities(text)
    assert np.isfinite(chances).all()
    assert 0.02 < chances[::3].mean() < 0.98


def test_background_helps_and_its_words_count_less() -> None:
    own, other = TEXTS[:40], TEXTS[200:1200]
    alone = learn_segmenter(own)
    helped = learn_segmenter(own, CoTraining(background=other, background_weight=0.3))
    reference = learn_segmenter(TEXTS)
    text = "".join(own)

    def agreement(segmenter: LearnedSegmenter) -> float:
        return float((segmenter.boundaries(text) == reference.boundaries(text)).mean())

    assert agreement(helped) > agreement(alone)
    assert helped.training["background_bytes"] > helped.training["bytes"]
    total = helped.learned.constants[0]
    whole = learn_segmenter([*own, *other]).learned.constants[0]
    assert 0.25 * whole < total < 0.4 * whole


def test_progress_tells_rounds_words_and_description_length() -> None:
    told: list[Progress] = []
    segmenter = learn_segmenter(TEXTS[:400], resources=Resources(progress=told.append))
    stages = [p.stage for p in told]
    assert stages == sorted(stages, reverse=True) and set(stages) == {"read", "learn"}
    rounds = [p for p in told if p.facts]
    assert [(p.done, p.total, p.unit) for p in rounds] == [(i, 7, "rounds") for i in range(8)]
    lengths = [p.facts["description_length"] for p in rounds]
    assert all(0 < length < 10 for length in lengths)
    assert all(p.facts["word_types"] > 10 for p in rounds)
    # learning makes the text shorter to describe
    assert lengths[-1] < lengths[0]
    assert segmenter.training["rounds"] == 8
    assert segmenter.training["description_length"] == pytest.approx(lengths[-1], abs=1e-3)


def test_lexicon_counts_the_words_of_the_last_sweep(learned: LearnedSegmenter) -> None:
    lexicon = learned.lexicon()
    assert list(lexicon.counts) == sorted(lexicon.counts, reverse=True)
    assert lexicon.counts.sum() == learned.learned.constants[0]
    assert len(set(lexicon.words)) == len(lexicon.words)
    assert {len(word) for word in lexicon.words} <= {1, 2, 3, 4}
    frequent = learned.lexicon(min_count=20)
    assert frequent.words == lexicon.words[: len(frequent.words)]
    assert frequent.counts.min() >= 20


def test_astral_characters_can_be_parts_of_words() -> None:
    texts = [line.replace(TEXTS[0][0], "𠮷") for line in TEXTS[:400]]
    segmenter = learn_segmenter(texts)
    assert any("𠮷" in word and len(word) > 1 for word in segmenter.lexicon().words)


def test_recipe_changes_are_kept_in_the_summary() -> None:
    segmenter = learn_segmenter(TEXTS[:100], CoTraining(recipe=Recipe(rounds=2, divisions=(0, 1))))
    assert segmenter.training["recipe"]["rounds"] == 2
    assert segmenter.learned.weights.shape[0] == 2
    assert "".join(segmenter.segment(TEXTS[0])) == TEXTS[0]


def test_misuse_is_told() -> None:
    with pytest.raises(ValueError, match="background_weight"):
        CoTraining(background_weight=0)
    with pytest.raises(ValueError, match="sample"):
        BranchingEntropy(sample=0)
    with pytest.raises(TypeError, match="method"):
        learn_segmenter(TEXTS[:2], "lm")  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="numbers"):
        learn_segmenter(TEXTS[:2], numbers="all")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="str"):
        learn_segmenter("今天天气不错")


# ------------------------------------------------------------------------------------------ samples


def test_small_corpora_are_taken_whole() -> None:
    assert "".join(sample_text(TEXTS, 10**9)) == "".join(line + "\n" for line in TEXTS)


def test_samples_are_whole_blocks_spread_over_the_corpus() -> None:
    texts = [f"{i:05d}行文字" for i in range(20000)]
    size = 60_000
    blocks = sample_text(texts, size)
    assert size * 0.7 < sum(len(block.encode()) for block in blocks) <= size
    lines = "".join(blocks).splitlines()
    assert set(lines) <= set(texts)
    assert lines == sorted(lines)
    assert int(lines[0][:5]) < 5000 and int(lines[-1][:5]) > 15000
    assert sample_text(texts, size) == blocks
    assert sample_text(texts, size, seed=1) != blocks


def test_lines_longer_than_a_block_are_sampled_too() -> None:
    blocks = sample_text(["一" * 500_000, "二" * 10, "三" * 70_000], 10**9)
    assert "".join(blocks) == "一" * 500_000 + "\n" + "二" * 10 + "\n" + "三" * 70_000 + "\n"
    assert len(sample_text(["一" * 500_000], 400_000)) >= 1


def test_the_text_is_kept_before_the_background() -> None:
    own = learn_segmenter(TEXTS[:50], CoTraining(background=TEXTS[50:], sample=20_000))
    size = sum(len(line.encode()) + 1 for line in TEXTS[:50])
    assert own.training["bytes"] == size
    assert 0 < own.training["background_bytes"] <= 20_000 - size
    # a text that fills the sample leaves no room
    full = learn_segmenter(TEXTS, CoTraining(background=TEXTS, sample=20_000))
    assert full.training["bytes"] <= 20_000
    assert full.training["bytes"] + full.training["background_bytes"] <= 20_000 + 8192 * 3


@pytest.mark.parametrize("method", [CoTraining(), BranchingEntropy()])
def test_memory_bounds_the_sample_and_says_so(method: CoTraining | BranchingEntropy) -> None:
    small = Resources(memory="16M")
    texts = TEXTS * 40
    facts = learn_segmenter(texts, method, resources=small).training
    assert facts["sample_wanted"] == 16_000_000
    assert facts["bytes"] <= facts["sample"] < 1_000_000
    # a text that fits is learned from as if there were more memory
    few = learn_segmenter(TEXTS[:100], method, resources=small).training
    assert few["sample"] == 16_000_000 and "sample_wanted" not in few


def test_learn_autonomy_leaves_out_rare_ngrams() -> None:
    raw = np.array([5, 6, 0, 5, 6, 0, 7, 8], np.uint16)
    keys, scores = learn_autonomy(raw)
    assert unpack_keys(keys, 2).tolist() == [[5, 0], [6, 0], [7, 0], [8, 0], [5, 6]]
    assert scores.shape == keys.shape


# -------------------------------------------------------------------------------------- traditional


def test_traditional_characters_are_read_as_simplified_ones() -> None:
    pytest.importorskip("opencc")
    table = dict(traditional_to_simplified())
    assert table[ord("國")] == ord("国")
    assert ord("国") not in table
    simple = ["中国经济发展很快。", "经济发展了，中国富了。", "我国的经济。"] * 30
    folded = learn_segmenter(simple, CoTraining(fold_traditional=True))
    assert folded.segment("中國經濟發展") == [
        "".join({"国": "國", "经": "經", "济": "濟", "发": "發"}.get(c, c) for c in word)
        for word in folded.segment("中国经济发展")
    ]
    assert folded.training["fold_traditional"] is True


def test_folding_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(NlpzeroError, match=r"nlpzero\[traditional\]"):
        learn_segmenter(["國"], CoTraining(fold_traditional=True))


# ---------------------------------------------------------------------------------------- discovery


def test_words_are_counted_exactly(learned: LearnedSegmenter) -> None:
    texts = [*TEXTS[:300], "K线图和4S店，2001年", "二十一世纪K线图"]
    found = count_learned_words(texts, learned)
    expected = Counter(
        token
        for text in texts
        for token in learned.segment(text)
        if any(c.isalnum() for c in token)
    )
    assert dict(zip(found.words, found.counts.tolist(), strict=True)) == expected
    keys = list(zip((-found.counts).tolist(), found.words, strict=True))
    assert keys == sorted(keys)


def test_evidence_is_the_mean_over_the_occurrences(learned: LearnedSegmenter) -> None:
    texts = TEXTS[:100]
    found = count_learned_words(texts, learned)
    sums: dict[str, list[float]] = {}
    for text in texts:
        chances = np.concatenate([[1.0], oracles.marginals(learned, text), [1.0]])
        at = 0
        for token in learned.segment(text):
            end = at + len(token)
            inner = chances[at + 1 : end]
            row = [1.0, chances[at], chances[end], inner.mean() if len(inner) else 0.0]
            sums[token] = [a + b for a, b in zip(sums.get(token, [0.0] * 4), row, strict=True)]
            at = end
    for i in range(0, len(found.words), 7):
        count, left, right, inside = sums[found.words[i]]
        assert found.left[i] == pytest.approx(left / count, abs=1e-5)
        assert found.right[i] == pytest.approx(right / count, abs=1e-5)
        assert found.inside[i] == pytest.approx(inside / count, abs=1e-5)


def test_counting_in_processes_gives_the_same(learned: LearnedSegmenter, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(TEXTS * 20) + "\n", encoding="utf-8")
    corpus = Corpus(path)
    one = count_learned_words(corpus, learned, min_count=3)
    two = count_learned_words(corpus, learned, min_count=3, resources=Resources(jobs=2))
    assert one.words == two.words
    for a, b in zip(one[1:], two[1:], strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.counts.min() >= 3


def test_scores_follow_frequency_certainty_and_freedom() -> None:
    def score(count: int, left: float, inside: float, entropy: float) -> float:
        return float(learned_scores([count], [left], [1.0], [inside], [entropy], [9.0], [100])[0])

    base = score(50, 0.95, 0.02, 2.0)
    assert base == pytest.approx(50 * (0.95 * 0.98) ** 16 * 2.0 / math.log(101))
    assert score(60, 0.95, 0.02, 2.0) > base
    assert score(50, 0.99, 0.02, 2.0) > base
    assert score(50, 0.95, 0.00, 2.0) > base
    assert score(50, 0.95, 0.02, 3.0) > base
    shares = [
        learned_scores([50], [0.95], [1.0], [0.02], [2.0], [9.0], [100], [saving])[0] / base
        for saving in (-1.0, 4.0, 8.0, 20.0)
    ]
    assert shares == pytest.approx([0.0, 0.25, 1.0, 1.0])
    assert score(50, 0.95, 0.02, math.nan) == 0.0


def test_public_names() -> None:
    assert nlpzero.learn_segmenter is learn_segmenter
    assert nlpzero.LearnedSegmenter is LearnedSegmenter
    assert isinstance(Decoder, type) and callable(learn)
