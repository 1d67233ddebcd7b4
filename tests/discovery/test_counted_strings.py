"""Strings counted within any budget are those of a dictionary."""

from collections import Counter
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpzero.discovery import counted_strings
from nlpzero.discovery.counted_strings import CountedStrings, StringCounter
from nlpzero.discovery.string_table import Strings
from nlpzero.engine.sorted_runs import KeyCounter, in_memory, merge_runs
from nlpzero.ngrams.keys import pack_rows, unpack_keys
from nlpzero.words.counting import count_words

WORDS = st.lists(st.text("甲乙丙a", min_size=1, max_size=4), max_size=80)


def _symbols(text: str) -> np.ndarray:
    return np.array([ord(character) for character in text], np.uint16)


def _texts(strings: Strings) -> list[str]:
    joined = "".join(map(chr, strings.symbols.tolist()))
    at = strings.offsets.tolist()
    return [joined[a:b] for a, b in pairwise(at)]


def _count(words: list[str], memory: int, folder: Path | None) -> list:
    counter = StringCounter(memory, folder, 1)
    for i in range(0, len(words), 7):
        part = words[i : i + 7]
        ends = np.cumsum([len(word) for word in part])
        starts = ends - [len(word) for word in part]
        counter.add(_symbols("".join(part)), starts, ends, np.array([[len(w)] for w in part]))
    return counter.finish()


@settings(deadline=None, max_examples=40)
@given(st.lists(WORDS, max_size=5), st.booleans(), st.integers(1, 3))
def test_any_budget_gives_the_counts_of_a_dictionary(
    parts: list[list[str]], spill: bool, most_runs: int
) -> None:
    with TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted_strings, "_MOST_RUNS", most_runs + 1)
        memory = 1 if spill else 1 << 30
        runs = [run for part in parts for run in _count(part, memory, Path(name))]
        assert all((run.path is not None) == spill for run in runs)
        counted = CountedStrings(runs, memory, Path(name), None, 1)
        expected = Counter(word for part in parts for word in part)
        everything = counted.frequent(1)
        assert (np.diff(everything.hashes.astype(object)) >= 0).all()
        got = dict(zip(_texts(everything.strings), everything.strings.counts.tolist(), strict=True))
        assert got == expected
        sums = dict(zip(_texts(everything.strings), everything.sums[:, 0].tolist(), strict=True))
        assert sums == {word: len(word) * n for word, n in expected.items()}
        twice = counted.frequent(2)
        assert set(_texts(twice.strings)) == {word for word, n in expected.items() if n > 1}
        for word in ["甲", "甲乙", "没有", *expected]:
            assert counted.count_of(_symbols(word)) == expected[word]


def test_merging_takes_chunks_of_many_rows(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    parts = [
        ["".join(chr(c) for c in row) for row in generator.integers(97, 117, (9000, 3))]
        for _ in range(3)
    ]
    runs = [run for part in parts for run in _count(part, 1, tmp_path)]
    # the least buffers hold fewer rows than there are
    counted = CountedStrings(runs, 1, tmp_path, tmp_path, 1)
    expected = Counter(word for part in parts for word in part)
    assert len(counted) == len(expected) > 1 << 12
    assert counted.count_of(_symbols(parts[0][0])) == expected[parts[0][0]]
    everything = counted.frequent(1).strings
    assert dict(zip(_texts(everything), everything.counts.tolist(), strict=True)) == expected


@settings(deadline=None, max_examples=20)
@given(st.lists(WORDS, max_size=4))
def test_all_counters_of_strings_agree(parts: list[list[str]]) -> None:
    """As stretches of symbols, as bytes, and as packed keys: three hash tables and merges."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        runs = [run for part in parts for run in _count(part, 1, folder)]
        strings = CountedStrings(runs, 1, folder, folder, 1).frequent(1).strings
        as_symbols = dict(zip(_texts(strings), strings.counts.tolist(), strict=True))
        counter = KeyCounter(1, folder)
        for part in parts:
            rows = np.array([[*map(ord, word.ljust(4, "\0"))] for word in part], np.uint16)
            counter.add(pack_rows(rows.reshape(-1, 4)))
            counter.flush()
        keys, counts = in_memory(merge_runs(counter.finish(), 1, folder))
    as_keys = {
        "".join(map(chr, row)).rstrip("\0"): count
        for row, count in zip(unpack_keys(keys, 4).tolist(), counts.tolist(), strict=True)
    }
    as_bytes = dict(count_words([" ".join(part) for part in parts], "whitespace").items())
    assert as_symbols == as_keys == as_bytes
