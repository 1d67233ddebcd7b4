"""Bins, features and training of the gap model."""

import math

import numpy as np
import pytest

from nlpzero.learning.gap_model import (
    COUNT_BINS,
    DENSE_GROUPS,
    GROUPS,
    WIDE_GROUPS,
    Bins,
    GapFeatures,
    GapImportance,
    GapModel,
    _cells,
    count_bin,
    count_bins,
    fold_of,
    layout,
    pack_records,
    pair_hash,
    score_gaps,
    train_gaps,
    unseen_record,
    weighted_quantiles,
)


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (255, 8), (256, 9), (512, 10)]
)
def test_count_bins_are_powers_of_two(count: int, expected: int) -> None:
    assert count_bin(count) == expected


def test_large_counts_share_the_last_bin() -> None:
    assert set(count_bins(np.array([512, 10**6, 2**31 - 1])).tolist()) == {COUNT_BINS - 1}


def test_quantiles_cut_equal_weights() -> None:
    values = np.arange(100.0)[::-1].copy()
    counts = np.ones(100, np.int64)
    edges = weighted_quantiles(values, counts, 4)
    assert edges.tolist() == [24.0, 49.0, 74.0]
    # a value that occurs a thousand times takes the bins of everything around it
    counts[50] = 1000
    assert set(weighted_quantiles(values, counts, 4).tolist()) == {values[50]}
    assert weighted_quantiles(np.zeros(0), np.zeros(0, np.int64), 3).tolist() == [0.0, 0.0]


def test_folds_are_even_and_depend_on_the_code_points_only() -> None:
    sides = [
        fold_of(unseen_record(0.0, b, c, np.zeros(9)), 0) for b in range(60) for c in range(60)
    ]
    assert 0.45 < np.mean(sides) < 0.55
    assert [pair_hash(ord("一"), ord("个")), pair_hash(ord("个"), ord("一"))] == [
        pair_hash(0x4E00, 0x4E2A),
        pair_hash(0x4E2A, 0x4E00),
    ]
    assert len({pair_hash(b, 7) for b in range(1000)}) > 200


def test_records_hold_all_bins() -> None:
    edges = np.array([1.0, 2.0])
    pairs = np.array([1 << 16 | 2], np.uint32)
    record = pack_records(
        np.array([5], np.int32),
        np.array([1.5]),
        np.array([0.5], np.float32),
        np.array([2.5], np.float32),
        pairs,
        np.array([0, 100, 200], np.uint16),
        Bins(edges, edges, edges, edges),
    )[0]
    bins = [int(record) >> shift & 15 for shift in (0, 4, 8, 12, 16, 20)]
    assert bins == [3, 1, 3, 2, 1, 2]
    assert int(record) >> 24 == pair_hash(100, 200)


def test_layout_leaves_room_for_every_cell() -> None:
    starts = layout(10, 50)
    assert len(starts) == GROUPS + 1
    sizes = [11, 11, 11, 11, 169, 121, 121, 1331, 891, 51, 51]
    assert np.diff(starts).tolist() == sizes
    wide = np.diff(layout(10, 50, WIDE_GROUPS)).tolist()
    assert wide == [*sizes, 51, 51, 11, 11, *[1 << 15] * 2, *[1 << 16] * 2]


class Stream:
    """Random symbols whose boundaries are a function of the two symbols at the gap."""

    def __init__(self, n: int = 20000) -> None:
        rng = np.random.default_rng(0)
        self.symbols = rng.integers(1, 31, n).astype(np.uint16)
        self.symbols[rng.random(n) < 0.1] = 0
        left, right = self.symbols[:-1], self.symbols[1:]
        inside = (left > 0) & (right > 0)
        keys = left.astype(np.int64) * 31 + right
        types, ids = np.unique(keys[inside], return_inverse=True)
        self.bigrams = np.full(n, -1, np.int32)
        self.bigrams[:-1][inside] = ids
        hashes = [pair_hash(int(k) // 31, int(k) % 31) for k in types]
        self.records = np.zeros(n, np.uint32)
        self.records[:-1][inside] = np.array([h << 24 for h in hashes], np.uint32)[ids]
        self.trigrams = np.zeros(n, np.uint8)
        self.cuts = np.ones(n + 1, np.uint8)
        self.cuts[1:-1] = (left + right) % 31 < 15  # not a sum of functions of each
        self.features = GapFeatures(self.symbols, self.bigrams, self.records, self.trigrams)
        self.easy = np.ones(n + 1, np.uint8)
        self.easy[1:-1] = left < 15
        self.types = len(types)
        self.starts = layout(30, self.types)
        self.gaps = np.flatnonzero(inside) + 1

    def learned(self, cuts: np.ndarray, side: int = 1, seed: int = 0) -> tuple[np.ndarray, float]:
        table = np.zeros((int(self.starts[-1]), 2), np.float32)
        table[:, 1] = 1e-8
        blocks = np.random.default_rng(seed).permutation(-(-len(self.symbols) // 512))
        loss = train_gaps(
            self.features,
            cuts,
            GapImportance(np.ones(self.types, np.float32), len(self.symbols), 1.0),
            blocks,
            512,
            0,
            side,
            0.05,
            self.starts,
            table,
        )
        return table[:, 0].copy(), loss

    def logits(self, weights: np.ndarray, first: int = 0, last: int | None = None) -> np.ndarray:
        out = np.zeros(len(self.symbols), np.float32)
        score_gaps(
            self.features,
            np.zeros(len(self.symbols), np.float32),
            GapModel(np.zeros(1, np.int64), np.stack([weights, weights])[None], self.starts),
            first,
            len(self.symbols) if last is None else last,
            out,
        )
        return out


@pytest.fixture(scope="module")
def stream() -> Stream:
    return Stream()


def test_what_one_symbol_decides_is_learned(stream: Stream) -> None:
    weights, loss = stream.learned(stream.easy)
    assert loss < 0.4
    found = stream.logits(weights)[stream.gaps] > 0
    # all pairs, also those of the side it was not trained on
    assert (found == stream.easy[stream.gaps]).mean() > 0.97


def test_what_only_the_pair_decides_is_not_copied(stream: Stream) -> None:
    weights, loss = stream.learned(stream.cuts)
    assert loss > 0.5
    held_out = stream.gaps[[fold_of(stream.records[i - 1], 0) == 0 for i in stream.gaps]]
    found = stream.logits(weights)[held_out] > 0
    assert (found == stream.cuts[held_out]).mean() < 0.65


def test_training_touches_the_cells_of_its_side_only(stream: Stream) -> None:
    # cells of symbols at a distance of two from the gap are met on both sides, those of nothing are
    # not
    weights, _ = stream.learned(stream.easy, side=0)
    assert weights[stream.starts[4] + 1 : stream.starts[5]].any() == 0
    other, _ = stream.learned(stream.easy, side=1)
    assert (weights != other).any()


def test_weights_of_gaps_and_background_count(stream: Stream) -> None:
    table = np.zeros((int(stream.starts[-1]), 2), np.float32)
    table[:, 1] = 1e-8
    n = len(stream.symbols)
    # the first half says one thing, the second, which hardly counts, the opposite
    cuts = stream.easy.copy()
    cuts[n // 2 : -1] = 1 - cuts[n // 2 : -1]
    train_gaps(
        stream.features,
        cuts,
        GapImportance(np.ones(stream.types, np.float32), n // 2, 1e-3),
        np.random.default_rng(0).permutation(-(-n // 512)),
        512,
        0,
        1,
        0.05,
        stream.starts,
        table,
    )
    found = stream.logits(table[:, 0].copy())[stream.gaps] > 0
    assert (found == stream.easy[stream.gaps]).mean() > 0.9


@pytest.mark.parametrize("groups", [DENSE_GROUPS, GROUPS, WIDE_GROUPS])
def test_a_pass_is_adagrad_gap_by_gap(stream: Stream, groups: int) -> None:
    n, size, rate = 3000, 256, np.float32(0.05)
    features = GapFeatures(*(column[:n] for column in stream.features))
    starts = layout(30, stream.types, groups)
    weights = np.random.default_rng(2).uniform(0.5, 2.0, stream.types).astype(np.float32)
    importance = GapImportance(weights, 2000, 0.5)
    blocks = np.random.default_rng(3).permutation(-(-n // size))
    table = np.zeros((int(starts[-1]), 2), np.float32)
    table[:, 1] = 1e-8
    expected = table.copy()
    train_gaps(features, stream.cuts, importance, blocks, size, 0, 1, rate, starts, table)
    cells = np.empty(groups, np.int64)
    for block in blocks.tolist():
        for i in range(max(block * size, 1), min((block + 1) * size, n)):
            if not (features.symbols[i] and features.symbols[i - 1]):
                continue
            if fold_of(features.records[i - 1], 0) != 1:
                continue
            _cells(i, *features, starts, cells)
            p = 1.0 / (1.0 + math.exp(-expected[cells, 0].sum()))
            weight = float(weights[features.bigrams[i - 1]]) * (0.5 if i >= 2000 else 1.0)
            d = np.float32((p - stream.cuts[i]) * weight)
            expected[cells, 1] += d * d
            expected[cells, 0] -= rate * d / np.sqrt(expected[cells, 1])
    assert np.count_nonzero(expected[:, 0]) > 100
    np.testing.assert_allclose(table, expected, rtol=1e-3, atol=1e-5)


def test_scores_are_sums_of_weights_and_the_prior(stream: Stream) -> None:
    rng = np.random.default_rng(1)
    weights = rng.normal(size=(2, 2, int(stream.starts[-1]))).astype(np.float32)
    priors = rng.normal(size=len(stream.symbols)).astype(np.float32)
    out = np.zeros(len(stream.symbols), np.float32)
    score_gaps(
        stream.features,
        priors,
        GapModel(np.array([0, 3]), weights, stream.starts),
        0,
        len(stream.symbols),
        out,
    )
    i = int(stream.gaps[100])
    a, b, c, d = (int(stream.symbols[j]) for j in range(i - 2, i + 2))
    left = int(stream.bigrams[i - 2]) + 1
    right = int(stream.bigrams[i]) + 1
    places = [a, b, c, d, 0, 0, 0, 0, SIDE_MISSING, left, right]
    cells = [int(start) + place for start, place in zip(stream.starts, places, strict=False)]
    sides = [fold_of(stream.records[i - 1], bit) for bit in (0, 3)]
    expected = np.mean([weights[d, side][cells].sum() for d, side in enumerate(sides)])
    assert out[i] == pytest.approx(expected + priors[i - 1], rel=1e-4, abs=1e-4)


# PMI cell where both sides are missing and the middle is in its lowest bin
SIDE_MISSING = 9


def test_scores_of_a_part_are_those_of_the_whole(stream: Stream) -> None:
    weights, _ = stream.learned(stream.easy)
    whole = stream.logits(weights)
    part = stream.logits(weights, 100, 200)
    assert (part[100:200] == whole[100:200]).all()
    assert not part[:100].any() and not part[200:].any()
    assert math.isfinite(float(np.abs(whole).max()))
