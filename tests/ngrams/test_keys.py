"""Packed keys: every way of making one gives the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.ngrams.keys import (
    PACKED_ORDER,
    PREFIX_MASKS,
    SYMBOL_BITS,
    before_key,
    find_keys,
    key_of_symbol,
    keys_for_file,
    keys_from_file,
    next_key,
    next_keys,
    pack,
    pack_ngrams,
    pack_pair,
    pack_rows,
    pack_stretch,
    split_next_keys,
    symbol_of,
    symbols_at,
    unpack_keys,
    with_symbol,
)

NGRAMS = st.lists(st.integers(1, 0xFFFF), min_size=1, max_size=PACKED_ORDER)


def padded(symbols: list[int]) -> np.ndarray:
    return np.array(symbols + [0] * PACKED_ORDER, np.uint16)


def key_of(symbols: list[int]) -> np.uint64:
    """The definition: the first symbol in the highest bits, zeros behind the last."""
    key = 0
    for j in range(PACKED_ORDER):
        key = key * 0x10000 + (symbols[j] if j < len(symbols) else 0)
    return np.uint64(key)


@given(NGRAMS)
def test_all_ways_of_packing_agree(symbols: list[int]) -> None:
    key = key_of(symbols)
    text = padded(symbols)
    assert pack_rows(text[None, :])[0] == key
    assert pack_rows(text[None, : len(symbols)])[0] == key
    assert pack_ngrams(text, np.array([0]), len(symbols))[0] == key
    assert pack(text, 0) == key
    assert pack_stretch(text, 0, len(symbols)) == key
    assert with_symbol(key_of(symbols[:-1]), symbols[-1], len(symbols)) == key
    assert before_key(np.uint64(symbols[0]), key_of(symbols[1:])) == key
    assert pack_pair(text[0], text[1]) == key & PREFIX_MASKS[2]
    assert sum(int(key_of_symbol(s, k)) for k, s in enumerate(symbols, 1)) == key


@given(NGRAMS)
def test_unpacking_undoes_packing(symbols: list[int]) -> None:
    keys = np.array([key_of(symbols)])
    assert unpack_keys(keys, len(symbols)).tolist() == [symbols]
    for k, symbol in enumerate(symbols, 1):
        assert symbols_at(keys, k)[0] == symbol_of(keys[0], k) == symbol


@given(NGRAMS)
def test_prefixes_are_masks_and_suffixes_are_shifts(symbols: list[int]) -> None:
    key = key_of(symbols)
    assert [key & PREFIX_MASKS[k] for k in range(PACKED_ORDER + 1)] == [
        key_of(symbols[:k]) for k in range(PACKED_ORDER + 1)
    ]
    assert key << SYMBOL_BITS == key_of(symbols[1:])


@given(NGRAMS, NGRAMS)
def test_keys_sort_as_their_symbols(a: list[int], b: list[int]) -> None:
    assert (key_of(a) < key_of(b)) == (a < b)


@given(st.lists(st.tuples(st.integers(0, 2**31), st.integers(1, 0xFFFF)), min_size=1))
def test_next_keys_come_apart_again(pairs: list[tuple[int, int]]) -> None:
    rows = np.array([row for row, _ in pairs], np.int64)
    symbols = np.array([symbol for _, symbol in pairs], np.uint16)
    keys = next_keys(rows, symbols)
    assert keys.tolist() == [int(next_key(*pair)) for pair in zip(rows, symbols, strict=True)]
    found_rows, found_symbols = split_next_keys(keys)
    assert found_rows.tolist() == rows.tolist() and found_symbols.tolist() == symbols.tolist()


@given(st.lists(NGRAMS))
def test_files_hold_the_last_symbol_lowest(ngrams: list[list[int]]) -> None:
    keys = np.array([key_of(symbols) for symbols in ngrams], np.uint64)
    numbers = keys_for_file(keys)
    for symbols, number in zip(ngrams, numbers.tolist(), strict=True):
        assert number == sum(s << 16 * place for place, s in enumerate(reversed(symbols)))
    assert keys_from_file(numbers).tolist() == keys.tolist()


@given(st.sets(st.integers(0, 50)), st.lists(st.integers(0, 50)))
def test_find_keys_is_a_search(keys: set[int], queries: list[int]) -> None:
    ascending = sorted(keys)
    expected = [ascending.index(query) if query in keys else -1 for query in queries]
    assert (
        find_keys(np.array(ascending, np.uint64), np.array(queries, np.uint64)).tolist() == expected
    )
