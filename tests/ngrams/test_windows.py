"""Blocks of text are cut anew where no unit is."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpzero.ngrams import windows
from nlpzero.ngrams.windows import symbol_blocks, whole_units
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import code_points
from nlpzero.text.points import Points
from tests.text.test_units import TEXTS

ALPHABETS = [
    Alphabet(),
    Alphabet(runs="classes"),
    Alphabet(keep="all"),
    Alphabet(runs="classes", keep="all"),
]


def blocks_of(text: str, places: list[int]) -> list[Points]:
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    return [code_points(text[a:b]) for a, b in itertools.pairwise(edges)]


@settings(max_examples=300)
@given(
    st.lists(st.one_of(TEXTS, st.text("中文字。 一二")), max_size=4).map("".join),
    st.lists(st.integers(0, 60), max_size=5),
    st.sampled_from(ALPHABETS),
)
def test_symbols_do_not_depend_on_the_blocks(
    text: str, places: list[int], alphabet: Alphabet
) -> None:
    found = np.concatenate(
        [np.zeros(0, np.uint16), *symbol_blocks(blocks_of(text, places), alphabet)]
    )
    assert found.tolist() == alphabet.encode(text).symbols.tolist()


@pytest.mark.parametrize("alphabet", ALPHABETS[2:], ids=["characters", "classes"])
def test_a_text_without_spaces_and_full_stops_does_not_wait(
    alphabet: Alphabet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_MOST_WAITING", 200)
    rng = np.random.default_rng(0)
    parts = [
        "中文",
        "字词，",
        "5G",
        "http://a.com/b",
        "#中文#",
        "一二三",
        "2.5",
        "./报告/提纲.txt",
        "文",
    ]
    text = "".join(rng.choice(parts, 30_000))
    blocks = blocks_of(text, rng.integers(0, len(text), 200).tolist())
    found = list(whole_units(blocks, alphabet))
    assert np.concatenate(found).tolist() == code_points(text).tolist()
    assert len(found) > 5 and max(map(len, found)) < 30_000
    symbols = np.concatenate([alphabet.joined_symbols(part) for part in found])
    assert symbols.tolist() == alphabet.encode(text).symbols.tolist()
