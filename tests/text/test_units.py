"""What stays whole: numbers, runs, and the tokens that ``keep`` names."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import HAN, char_classes, code_points, selectors
from nlpzero.text.hints import hints_of
from nlpzero.text.keeping import JOINERS, KEEP, keep_rules, telling_points
from nlpzero.text.kept_tokens import kept_spans
from nlpzero.text.units import unit_starts
from tests.text.oracles import classes_of, slow_units
from tests.text.unit_cases import CASES

ALL = Alphabet(keep="all")


def units(text: str, alphabet: Alphabet = ALL) -> list[str]:
    points = code_points(text)
    classes = char_classes(points)
    starts = np.flatnonzero(unit_starts(points, classes, alphabet.kept(points, classes))).tolist()
    return [text[a:b] for a, b in itertools.pairwise(starts)]


def barred(tokens: list[str]) -> str:
    """Tokens with bars between them, but none between two single Han characters."""
    out = ""
    before = False
    for token in tokens:
        single = len(token) == 1 and classes_of(token) == [HAN]
        if out and not (single and before):
            out += "|"
        before = single
        out += token
    return out


@pytest.mark.parametrize(
    "case", [pytest.param(line, id=f"{name}-{i}") for name, lines in CASES.items()
             for i, line in enumerate(lines.strip("\n").split("\n"))],
)  # fmt: skip
def test_cases(case: str) -> None:
    text = case.replace("|", "")
    assert barred(units(text)) == case
    assert barred(slow_units(text, KEEP, JOINERS)) == case


@pytest.mark.parametrize("name", KEEP)
def test_every_class_has_fifty_cases_of_which_it_changes_some(name: str) -> None:
    texts = [line.replace("|", "") for line in CASES[name].strip("\n").split("\n")]
    assert len(set(texts)) >= 50
    without = Alphabet(keep=[other for other in KEEP if other != name])
    alone = Alphabet(keep=[name])
    assert sum(units(text, without) != units(text) for text in texts) >= 8
    assert sum(units(text, alone) != units(text, Alphabet()) for text in texts) >= 8


def test_nothing_is_kept_unless_asked() -> None:
    for lines in CASES.values():
        for line in lines.strip("\n").split("\n"):
            text = line.replace("|", "")
            assert units(text, Alphabet()) == slow_units(text, (), "")


FRAGMENTS = [
    *"aAbxvVtTm12",
    *["net", "NET", "www", "com", "cn", "kg", "am", "PM", "js", "rc1", "beta", "NBA"],
    *["05", "12", "31", "100", "234", "2024", "3000"],
    *".-/:,+#&_@~\\'()[];?!%=*。，！？：．－／Ａ１％中国年月一〇",
    *"😂👍🏽\u200d\ufe0f\u20e3\U0001f1e8❤✅★éあα\u0301|<",
    *[" ", "\n", "://", "http://", "www.", "a@b.com", "C:\\", "../", "2024-05-20", "T12:30"],
    *["1,234", "#中#", "\ud800"],
]
EXAMPLES = [line.replace("|", "") for lines in CASES.values() for line in lines.split("\n")]
TEXTS = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join),
    st.lists(st.sampled_from(EXAMPLES), max_size=3).map("".join),
    st.text(max_size=20),
)
KEEPS = st.one_of(st.just(KEEP), st.lists(st.sampled_from(KEEP)).map(tuple))


@settings(max_examples=1500)
@given(TEXTS, KEEPS, st.sampled_from([JOINERS, "", "-", "+-#.&'/"]))
@example("\0A", KEEP, JOINERS)
@example("1.2.3.4/；年", KEEP, JOINERS)
@example("2024-05-20T12:30:00V", ("date",), JOINERS)
@example("a" * 300 + ".b" * 300, KEEP, JOINERS)
def test_units_are_those_of_the_oracle(text: str, keep: tuple[str, ...], joiners: str) -> None:
    alphabet = Alphabet(keep=keep, joiners=joiners)
    found = units(text, alphabet)
    assert "".join(found) == text
    assert found == slow_units(text, tuple(alphabet.keep), alphabet.joiners)


@given(st.one_of(TEXTS, st.text(st.sampled_from("-+.，。~\\:*_&年中 \u200d")), st.text("#.中")))
def test_telling_characters_would_do_for_hints(text: str) -> None:
    points = code_points(text)
    classes = char_classes(points)
    hints = hints_of(points)
    spans = kept_spans(points, classes, keep_rules(KEEP), hints).tolist()
    telling = np.zeros(8 * len(hints), np.bool_)
    telling[: len(points)] = telling_points()[points & 0x1FFFF]
    assert kept_spans(points, classes, keep_rules(KEEP), telling.view(np.uint64)).tolist() == spans
    everywhere = np.ones(8 * len(hints), np.bool_).view(np.uint64)
    assert kept_spans(points, classes, keep_rules(KEEP), everywhere).tolist() == spans


@given(TEXTS, TEXTS, TEXTS)
def test_units_do_not_depend_on_what_stands_around_them(before: str, text: str, after: str) -> None:
    found = units(text)
    for around in (f"{before}\n{text}\n{after}", f"{before}。\n{text}\n"):
        starts = np.cumsum([0, *map(len, units(around))])
        # white space at the edges joins that of the surroundings
        if text and not text[0].isspace() and not text[-1].isspace():
            at = around.index(f"\n{text}\n") + 1 if around.count(f"\n{text}\n") == 1 else None
            if at is not None:
                inner = [s - at for s in starts.tolist() if at <= s <= at + len(text)]
                assert inner == np.cumsum([0, *map(len, found)]).tolist()


@given(TEXTS, KEEPS)
def test_streams_follow_the_units(text: str, keep: tuple[str, ...]) -> None:
    alphabet = Alphabet(runs="classes", keep=keep)
    stream = alphabet.encode(text)
    inside = np.ones(len(text) + 1, bool)
    inside[np.cumsum([0, *map(len, units(text, alphabet))])] = False
    # no symbol begins inside a kept token; marks that extend others are symbols of their own
    points = code_points(text)
    for start, end, kind in alphabet.kept(points, char_classes(points)).tolist():
        assert start in stream.starts
        assert not [s for s in stream.starts.tolist() if start < s < end]
        assert stream.symbols[np.searchsorted(stream.starts, start)] == (0, 2, 1)[kind]
    single = Alphabet(keep=keep).encode(text)
    assert len(single.symbols) == len(text) - int(selectors(points).sum())


def test_wrong_names() -> None:
    with pytest.raises(ValueError, match="got 'urls'"):
        Alphabet(keep=["urls"])
    with pytest.raises(ValueError, match="marks of ASCII"):
        Alphabet(joiners="a")
    assert Alphabet(keep="none").keep == ()
    assert Alphabet(keep=["word", "url"]).keep == ("url", "word")
    assert re.fullmatch(r"[!-/:-@\[-`{-~]+", Alphabet(joiners="--+").joiners)


def test_headers_say_what_is_kept_and_old_ones_keep_nothing() -> None:
    kept = Alphabet(keep="all", joiners="-")
    assert Alphabet.from_header(kept.to_header()) == kept
    old = {"fold_width": False, "runs": "classes", "mapping": [], "astral": []}
    assert Alphabet.from_header(old).keep == ()
    assert Alphabet(runs="classes").to_header() == old
