"""Itemsets against brute force, on every way of counting."""

import itertools
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero.rules import apriori, support_counting
from nlpzero.rules.building import TransactionBuilder
from tests.rules import oracles
from tests.rules.inputs import small_budget

MEGABYTE = small_budget(1 << 20)
ITEMS = [f"i{n}" for n in range(9)]
transactions = st.lists(st.lists(st.sampled_from(ITEMS), max_size=7), max_size=30)

# constants that choose between ways of counting: every way must give the same
ways = st.fixed_dictionaries(
    {
        "CHUNK": st.sampled_from([1, 5, 1 << 20]),
        "_BLOCK": st.sampled_from([1, 1 << 17]),
        "_WALK": st.sampled_from([0, 6, 10_000]),
        "_SHORT": st.sampled_from([1, 3, 24]),
        "_LONG": st.sampled_from([24, 1024]),
        "BINS": st.sampled_from([0, 1 << 19]),
        "BYTES_PER_ENTRY": st.sampled_from([40, 1 << 14, 1 << 17]),
        "_WORTH": st.sampled_from([0.0, 1e9]),  # compiled or not
        "_PLAIN": st.sampled_from([0, 1 << 20]),
        "_CACHED": st.sampled_from([1, 1 << 14]),
        "_ALIKE": st.sampled_from([0.0, 1.5, 1e9]),
    }
)


def spilled(rows):
    # one byte: after every four rows the names and the rows go to disk
    builder = TransactionBuilder(memory=1)
    for i in range(0, len(rows), 4):
        builder.add_lists(rows[i : i + 4])
    return builder.finish()


@given(transactions, st.integers(1, 6), st.sampled_from([None, 1, 2, 3]), ways, st.booleans())
def test_equal_to_brute_force(rows, min_count, max_len, way, spill):
    everything = oracles.frequent(rows, min_count)
    wanted = {
        "frequent": everything,
        "closed": oracles.closed(everything),
        "maximal": oracles.maximal(everything),
    }
    read = spilled(rows) if spill else nlpzero.Transactions.from_lists(rows)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in way.items():
            for module in (apriori, support_counting):
                patch.setattr(module, name, value, raising=False)
        patch.setattr(support_counting, "_WORTH_COMPILING", way["_WORTH"])
        patch.setattr(support_counting, "interpreting", lambda: False)
        found = nlpzero.frequent_itemsets(read, min_count, max_len=max_len, resources=MEGABYTE)
    for kind, sets in wanted.items():
        short = {s: c for s, c in sets.items() if max_len is None or len(s) <= max_len}
        shown = found.of_kind(kind)
        listed = list(shown)
        assert {s.items: s.count for s in listed} == short
        assert len(shown) == len(listed) == len(short)
        assert listed == sorted(listed, key=lambda s: (len(s.items), -s.count, s.items))
        assert [shown[i] for i in range(len(shown))] == listed
        assert all(s.support == s.count / len(read) for s in listed)
    longest = max(map(len, everything), default=0)
    assert found.complete == (max_len is None or longest <= max_len)


def dense(rows, columns, values, seed):
    """Rows of categories, each a column's: all of the same length, most values common."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, rows)[:, None]
    drawn = np.minimum(rng.geometric(0.6, (rows, columns)) - 1, values - 1)
    told = rng.random((rows, columns)) < 0.5
    return np.where(told, (kinds + np.arange(columns)) % values, drawn) + values * np.arange(
        columns
    )


def made_of(found):
    return [[array.tolist() for array in level] for level in found.levels]


@pytest.mark.parametrize("max_len", [None, 3])
@pytest.mark.parametrize("seed", range(3))
def test_compiled_and_arrays_agree(monkeypatch, seed, max_len):
    rows = dense(700, 9, 3, seed).tolist()
    rows += [row[: seed * 2] for row in rows[:300]]
    ways = []
    for worth in (0.0, 1e9):
        monkeypatch.setattr(support_counting, "_WORTH", worth)
        monkeypatch.setattr(support_counting, "_WORTH_COMPILING", worth)
        monkeypatch.setattr(support_counting, "interpreting", lambda: False)
        ways.append(nlpzero.frequent_itemsets(rows, 4, max_len=max_len))
    assert made_of(ways[0]) == made_of(ways[1])
    assert len(ways[0]) > 500
    texts = [set(map(str, row)) for row in rows]
    for found in list(ways[0])[::97]:
        assert found.count == oracles.count(found.items, texts)


def test_little_room_in_the_compiled_loop(monkeypatch):
    rows = dense(300, 8, 3, 5).tolist()
    monkeypatch.setattr(support_counting, "_WORTH", 0.0)
    monkeypatch.setattr(support_counting, "_WORTH_COMPILING", 0.0)
    monkeypatch.setattr(support_counting, "interpreting", lambda: False)
    whole = nlpzero.frequent_itemsets(rows, 3)
    monkeypatch.setattr(support_counting, "CHUNK", 8)  # one set more than may come of one prefix
    assert made_of(nlpzero.frequent_itemsets(rows, 3)) == made_of(whole)
    assert max(map(len, (level.counts for level in whole.levels))) > 1000


@pytest.mark.parametrize("words", [8, 2048, 4104])
def test_ones(words):
    bits = np.random.default_rng(0).integers(0, 1 << 64, (3, words), np.uint64)
    bits[1] = ~np.uint64(0)
    wanted = [sum(word.bit_count() for word in row) for row in bits.tolist()]
    assert support_counting._ones(bits).tolist() == wanted


def test_subset_rows():
    rows = [["a", "b", "c", "d"]] * 3 + [["a", "b"], ["c"]]
    levels = nlpzero.frequent_itemsets(rows, 1).levels
    assert len(levels) == 4
    for before, level in itertools.pairwise(levels):
        for items, subsets in zip(level.items, level.subsets, strict=True):
            for j, row in enumerate(subsets):
                assert before.items[row].tolist() == np.delete(items, j).tolist()


def test_pairs_in_several_rounds(monkeypatch):
    # 900 items: too many different pairs to bin, and room for few at a time
    rng = random.Random(5)
    rows = [rng.sample(range(900), rng.choice([2, 5, 30])) for _ in range(400)]
    rows += [[1, 2, 3], [2, 3]] * 20 + [list(range(60))]
    whole = list(nlpzero.frequent_itemsets(rows, 4, max_len=3))
    monkeypatch.setattr(apriori, "ROOM", 1000)
    monkeypatch.setattr(support_counting, "ROOM", 1000)
    monkeypatch.setattr(support_counting, "_LONG", 40)
    again = nlpzero.frequent_itemsets(rows, 4, max_len=3, resources=MEGABYTE)
    assert list(again) == whole
    pairs = {s.items: s.count for s in whole if len(s.items) == 2}
    texts = [set(map(str, row)) for row in rows]
    assert pairs[("2", "3")] == sum({"2", "3"} <= row for row in texts)
    for pair in list(pairs)[::50]:
        assert pairs[pair] == oracles.count(pair, texts)


def test_bitsets_in_several_pieces():
    # 300 items in every third of 40,000 rows: 1.5 MB of bits, with 1 MiB of memory
    rng = np.random.default_rng(3)
    rows = [np.flatnonzero(rng.random(60) < 0.1).tolist() for _ in range(3000)]
    rows += [[1, 2, 3, 4]] * 150
    whole = list(nlpzero.frequent_itemsets(rows, 0.01))
    mining = support_counting.Mining(1, len(rows), 60, None, 4096, None)
    read = nlpzero.Transactions.from_lists(rows)
    part = support_counting.Part(read.items, read.offsets, np.arange(60, dtype=np.int32))
    data = support_counting.Vertical(part, np.ones(60, dtype=bool), 3, mining)
    assert len(data.pieces) > 2
    # many frequent itemsets do not fit beside so little memory, so only the counting is compared
    triples = [s for s in whole if len(s.items) == 3]
    number = {name: i for i, name in enumerate(read.names)}
    sets = np.array([sorted(number[i] for i in s.items) for s in triples], dtype=np.int32)
    order = np.lexsort(sets.T[::-1])
    prefixes, which = np.unique(sets[order, :2], axis=0, return_inverse=True)
    for expected in (0, 10**6):
        counts = data.count(
            prefixes, np.full(len(prefixes), expected), which.reshape(-1), sets[order, 2]
        )
        assert counts.tolist() == [triples[i].count for i in order]


def test_partitions_are_like_the_whole():
    # sorted transactions: a partition of neighbours would find everything of its time frequent
    rows = [[f"day{n // 50}", "x", "y"] for n in range(500)]
    read = nlpzero.Transactions.from_lists(rows)
    keep = np.ones(len(read.names), dtype=bool)
    parts = list(read.partitions(keep, 300))
    assert len(parts) == 5
    assert all(len(np.unique(items)) == 12 for items, _ in parts)
    assert sum(len(offsets) - 1 for _, offsets in parts) == 500


def test_too_low_support_is_a_clear_error():
    rows = [[str(n) for n in range(40)]] * 3
    with pytest.raises(
        nlpzero.ResourceError, match=r"[\d,]+ candidates of \d+ items .* higher support"
    ):
        nlpzero.frequent_itemsets(rows, 1, resources=nlpzero.Resources(memory="16M"))


def test_min_count_of_items():
    rows = [["a", "b"], ["a", "b"], ["a", "c"], ["c", "a"], ["c"]]
    found = nlpzero.frequent_itemsets(rows, 1, min_item_count=3)
    assert [s.items for s in found] == [("a",), ("c",), ("a", "c")]


@pytest.mark.parametrize(
    ("support", "strict", "wanted"),
    [
        (0.06, True, 7),
        (0.06, False, 6),
        (0.061, True, 7),
        (6, True, 7),
        (6, False, 6),
        (0, True, 1),
        (0.0, False, 1),
        (1.0, False, 100),
        (1.0, True, 101),
        (1, False, 1),
        (np.float32(0.5), False, 50),
    ],
)
def test_minimum_count(support, strict, wanted):
    assert nlpzero.minimum_count(support, 100, strict) == wanted


@given(st.integers(1, 300), st.integers(0, 300), st.booleans())
def test_minimum_count_compares_as_floats_do(total, part, strict):
    share = min(part, total) / total
    least = nlpzero.minimum_count(share, total, strict)
    good = [c for c in range(1, total + 1) if (c / total > share if strict else c / total >= share)]
    assert least == (good[0] if good else total + 1)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"min_support": 1.5}, ValueError),
        ({"min_support": -0.1}, ValueError),
        ({"min_support": -1}, ValueError),
        ({"min_support": float("nan")}, ValueError),
        ({"min_support": True}, TypeError),
        ({"min_support": "0.1"}, TypeError),
        ({"min_support": 0.1, "max_len": 0}, ValueError),
        ({"min_support": 0.1, "max_len": 2.5}, TypeError),
        ({"min_support": 0.1, "kind": "open"}, ValueError),
    ],
)
def test_misuse_is_refused_by_name(arguments, error):
    with pytest.raises(error, match=f"`{list(arguments)[-1]}`"):
        nlpzero.frequent_itemsets([["a"]], **arguments)


@pytest.mark.parametrize("rows", [[], [[]], [["a"]], [["a", "b"]]])
def test_tiny_inputs(rows):
    assert [s.items for s in nlpzero.frequent_itemsets(rows, 1.0, strict=True)] == []
    found = [s.items for s in nlpzero.frequent_itemsets(rows, 1.0)]
    assert set(found) == set(oracles.frequent(rows, 1))


def test_progress_tells_levels():
    states = []
    heard = nlpzero.Resources(progress=states.append)
    nlpzero.frequent_itemsets([["a", "b", "c"]] * 2, 1, resources=heard)
    assert [(s.stage, s.done, s.facts["itemsets"]) for s in states] == [
        ("mining", 1, 3),
        ("mining", 2, 3),
        ("mining", 3, 1),
    ]


def test_sequence():
    found = nlpzero.frequent_itemsets([["a", "b"], ["a"]], 0.4)
    assert found[0] == (("a",), 1.0, 2)
    assert found[-1] == (("a", "b"), 0.5, 1)
    assert found[1:] == [(("b",), 0.5, 1), (("a", "b"), 0.5, 1)]
    with pytest.raises(IndexError):
        found[3]
    assert repr(found).splitlines() == [
        "<Itemsets: 3 frequent, of 1 to 2 items, in 2 transactions>",
        "items  support  count",
        "a            1      2",
        "b          0.5      1",
        "a b        0.5      1",
    ]
    assert "<td>a b</td>" in found._repr_html_()


def test_dataframe():
    pytest.importorskip("pandas")
    frame = nlpzero.frequent_itemsets([["a", "b"], ["a"]], 0.4).to_dataframe()
    assert list(frame.columns) == ["support", "itemsets", "count"]
    assert frame.itemsets.tolist() == [frozenset("a"), frozenset("b"), frozenset("ab")]
    assert frame.support.tolist() == [1.0, 0.5, 0.5]


def test_equal_to_pyfim():
    fim = pytest.importorskip("fim")
    rng = random.Random(11)
    rows = [
        [f"i{int(rng.paretovariate(0.6)) % 300}" for _ in range(rng.randint(1, 15))]
        for _ in range(4000)
    ]
    for kind, target in (("frequent", "s"), ("closed", "c"), ("maximal", "m")):
        theirs = fim.apriori(rows, target=target, supp=-20, zmin=1, report="a")
        ours = nlpzero.frequent_itemsets(rows, 20, kind=kind)
        assert {frozenset(i): c for i, c in theirs} == {frozenset(s.items): s.count for s in ours}
