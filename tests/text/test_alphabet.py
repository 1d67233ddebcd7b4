"""Characters, classes and runs."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.errors import CorpusError
from nlpzero.text.alphabet import Alphabet, GrowingAlphabet
from nlpzero.text.characters import (
    BREAK,
    DIGIT,
    DIGITS_SYMBOL,
    HAN,
    HAN_NUMERALS,
    LETTER,
    LETTERS_SYMBOL,
    NUMERALS_SYMBOL,
    SPACE,
    UNKNOWN_SYMBOL,
    char_classes,
    code_points,
)

TEXTS = st.text(
    alphabet=st.one_of(
        st.sampled_from("一二三百〇零○中国𠮷𡃁KaＡ９1.,，:：%‰ \n。—…é×ー한葛️😀"),
        st.characters(),
    ),
    max_size=40,
)


def classes_of(text: str) -> list[int]:
    return char_classes(code_points(text)).tolist()


def test_classes_by_script() -> None:
    han = "中〇々㐀𠀀𪜀𫝀𫠠𬺰𰀀𱍐豈⺀"
    assert classes_of(han) == [HAN] * len(han)
    assert classes_of("09０９") == [DIGIT] * 4
    assert classes_of("aZéßΩЖアー한ＡｚⅣ") == [LETTER] * 12
    assert classes_of(" \t\r\n\u3000\xa0\u2028") == [SPACE] * 7
    assert classes_of("。，—…！·×😀\x00\ufeff\ufffd️\ud800\ue000") == [BREAK] * 14


@given(st.characters(exclude_categories=["Cn"]))
def test_spaces_and_words_agree_with_the_standard_library(char: str) -> None:
    found = classes_of(char)[0]
    assert (found == SPACE) == char.isspace()
    if found == LETTER:
        assert unicodedata.category(char)[0] in "LMN"
    if unicodedata.category(char)[0] in "PCZ":
        assert found in (BREAK, SPACE, HAN)  # 〇 and 々 count as ideographs


@given(TEXTS)
def test_characters_are_their_own_symbols(text: str) -> None:
    stream = Alphabet().encode(text)
    assert stream.starts.tolist() == list(range(len(text) + 1))
    growing = GrowingAlphabet(Alphabet())
    provisional = growing.symbols(text)
    alphabet, table = growing.freeze()
    symbols = alphabet.symbols(text)
    np.testing.assert_array_equal(symbols, provisional if table is None else table[provisional])
    expected = [
        c if k in (HAN, DIGIT, LETTER) else "�" for c, k in zip(text, classes_of(text), strict=True)
    ]
    assert alphabet.decode(symbols) == "".join(expected)


NUMBER = "[0-9０-９]+(?:[.．,，:：][0-9０-９]+)*[%％‰]?"


@given(TEXTS)
def test_runs_are_those_of_the_regular_expression(text: str) -> None:
    letters = "".join({re.escape(c) for c in text if classes_of(c) == [LETTER]}) or "a"
    pattern = re.compile(
        f"(?P<digits>{NUMBER})|(?P<letters>[{letters}]+)|(?P<numerals>[{HAN_NUMERALS}]{{2,}})|.",
        re.DOTALL,
    )
    stream = Alphabet(runs="classes").encode(text)
    matches = list(pattern.finditer(text))
    assert stream.starts.tolist() == [m.start() for m in matches] + [len(text)]
    for symbol, match in zip(stream.symbols.tolist(), matches, strict=True):
        special = {
            None: None,
            "digits": DIGITS_SYMBOL,
            "letters": LETTERS_SYMBOL,
            "numerals": NUMERALS_SYMBOL,
        }
        if match.lastgroup is not None:
            assert symbol == special[match.lastgroup]
        elif classes_of(match[0]) == [HAN]:
            assert symbol == (ord(match[0]) if ord(match[0]) < 0x10000 else UNKNOWN_SYMBOL)
        else:
            assert symbol == 0


def test_full_width_folding_changes_symbols_only() -> None:
    folded = Alphabet(fold_width=True)
    assert folded.symbols("ＡＢ１９ｚ，").tolist() == [*map(ord, "AB19z"), 0]
    assert folded.decode(folded.symbols("Ｋ线")) == "K线"


def test_mapping_reads_characters_as_others() -> None:
    alphabet = Alphabet(mapping=((ord("國"), ord("国")),))
    assert alphabet.decode(alphabet.symbols("國家")) == "国家"


@given(st.sets(st.integers(0x20000, 0x20100)), st.sets(st.integers(0x20000, 0x20100)))
def test_remapping_to_a_larger_alphabet_keeps_text_and_order(a: set[int], b: set[int]) -> None:
    small, large = Alphabet().with_astral(a), Alphabet().with_astral(a | b)
    table = small.remap_to(large)
    symbols = small.symbols("".join(map(chr, sorted(a))))
    moved = symbols if table is None else table[symbols]
    assert large.decode(moved) == small.decode(symbols)
    assert (np.diff(moved.astype(int)) > 0).all()


def test_header_round_trip() -> None:
    alphabet = Alphabet(True, "classes", ((1, 2),), (0x20000,))
    assert Alphabet.from_header(alphabet.to_header()) == alphabet


def test_too_many_characters_and_wrong_options() -> None:
    with pytest.raises(CorpusError, match="10,000 distinct characters"):
        Alphabet().with_astral(range(0x20000, 0x20000 + 10_000))
    with pytest.raises(CorpusError, match="distinct characters beyond"):
        GrowingAlphabet(Alphabet()).symbols("".join(map(chr, range(0x20000, 0x20000 + 9_000))))
    with pytest.raises(ValueError, match="got 'words'"):
        Alphabet(runs="words")  # type: ignore[arg-type]
