"""Hash tables against a dictionary, and against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.engine.hash_tables import (
    GOLDEN,
    empty_table,
    enter,
    find,
    find_all,
    find_slot,
    index_of,
    look_up,
    look_up_all,
    mix64,
    probe,
    slot_bits,
    slot_for,
    table_of,
)

ANY = st.integers(0, 2**64 - 1)
# many keys of few values, so that they collide and lie side by side
CROWDED = st.integers(0, 40).map(lambda i: (i * pow(int(GOLDEN), -1, 2**64)) % 2**64)


def as_keys(keys: list[int]) -> np.ndarray:
    return np.array(keys, np.uint64)


@given(st.lists(ANY | CROWDED, unique=True, max_size=60), st.lists(ANY | CROWDED, max_size=60))
def test_tables_are_dictionaries(keys: list[int], others: list[int]) -> None:
    keys = [key for key in keys if key]
    rows = {key: row for row, key in enumerate(keys)}
    queries = as_keys(keys + others)
    expected = [rows.get(key, -1) for key in keys + others]
    table = table_of(as_keys(keys))
    assert find_all(table, queries).tolist() == expected
    assert [int(find(table, query)) for query in queries] == expected
    assert [find_slot(table, query) >= 0 for query in queries] == [row >= 0 for row in expected]


@given(st.lists(ANY | CROWDED, unique=True, max_size=60), st.lists(ANY | CROWDED, max_size=60))
def test_an_index_finds_what_a_table_finds(keys: list[int], others: list[int]) -> None:
    index = index_of(as_keys(keys))
    queries = as_keys([key for key in keys + others if key])
    found = look_up_all(index, queries)
    # a table has no place for the key 0, but a row for each of the others
    nonzero = np.flatnonzero(index.keys)
    rows = find_all(table_of(index.keys[nonzero]), queries)
    assert found.tolist() == np.where(rows >= 0, nonzero[rows] if len(nonzero) else -1, -1).tolist()
    assert look_up(index, np.uint64(0)) == (keys.index(0) if 0 in keys else -1)


@given(st.lists(CROWDED.filter(bool), max_size=60))
def test_entering_a_key_again_gives_its_row(keys: list[int]) -> None:
    table = empty_table(len(keys))
    rows: dict[int, int] = {}
    for number, key in enumerate(keys):
        assert enter(*table, np.uint64(key), number) == rows.setdefault(key, number)


@given(st.dictionaries(st.integers(1, 2**48 - 1), st.integers(0, 2**16 - 1), max_size=40), ANY)
def test_low_bits_of_a_slot_are_free(entries: dict[int, int], other: int) -> None:
    bits = slot_bits(len(entries))
    slots, shift = np.zeros(1 << bits, np.uint64), np.uint64(64 - bits)
    for key, value in entries.items():
        place = slot_for(slots, shift, np.uint64(key << 16), 16)
        assert slots[place] == 0
        slots[place] = (key << 16) | value
    for key, value in entries.items():
        place = probe(slots, shift, np.uint64(key << 16), 16)
        assert slots[place] & np.uint64(0xFFFF) == value
    if other >> 16 not in entries:
        assert probe(slots, shift, np.uint64(other >> 16 << 16), 16) == -1


@pytest.mark.parametrize(("keys", "slots"), [(0, 16), (8, 16), (9, 32), (16, 32), (17, 64)])
def test_half_of_the_slots_are_free(keys: int, slots: int) -> None:
    assert 1 << slot_bits(keys) == slots == len(empty_table(keys).slots)


def test_splitmix_is_the_published_one() -> None:
    # the first numbers of the generator with seed 0 (prng.di.unimi.it/splitmix64.c)
    numbers = [int(mix64(np.uint64(int(GOLDEN) * i % 2**64))) for i in (1, 2, 3)]
    assert numbers == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
