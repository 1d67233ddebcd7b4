"""Variation selectors: a form of the character before them, in counting as in segmentation."""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlpzero import (
    Alphabet,
    BranchingEntropy,
    Cohesion,
    Corpus,
    MinEntropy,
    VocabularySegmenter,
    count_ngrams,
    count_to_file,
    discover_words,
    learn_segmenter,
    load_segmenter,
)
from nlpzero.ngrams.windows import whole_units
from nlpzero.text.alphabet import GrowingAlphabet
from nlpzero.text.characters import code_points

SELECTED = "葛\U000e0100城"
marked = st.text(
    st.sampled_from("葛城一1aＡ，。\ufe0f\ufe01\U000e0100\U000e01ef𠮷☺ \n"), max_size=40
)


def plain(text: str) -> str:
    return "".join(c for c in text if c not in "\ufe0f\ufe01\U000e0100\U000e01ef")


def clauses_of(parts: list[npt.NDArray[np.uint16]]) -> list[list[int]]:
    """What stands between breaks, however many there are."""
    symbols = [symbol for part in parts for symbol in part.tolist()]
    groups = itertools.groupby(symbols, bool)
    return [list(clause) for inside, clause in groups if inside]


@given(marked)
def test_symbols_are_those_of_the_text_without_them(text: str) -> None:
    alphabet = Alphabet().with_astral([ord("𠮷")])
    expected = alphabet.symbols(plain(text)).tolist()
    assert alphabet.symbols(text).tolist() == expected
    assert alphabet.encode(text).symbols.tolist() == expected
    assert GrowingAlphabet(Alphabet()).symbols(text).tolist() == expected
    starts = alphabet.encode(text).starts
    assert "".join(text[i] for i in starts[:-1]) == plain(text)


@given(marked)
def test_runs_span_them(text: str) -> None:
    stream = Alphabet(runs="classes").encode(text)
    assert len(stream.starts) == len(stream.symbols) + 1
    for i, point in enumerate(code_points(text).tolist()):
        if i and (0xFE00 <= point <= 0xFE0F or point >= 0xE0100):
            assert i not in stream.starts[:-1]


@given(marked, st.sets(st.integers(1, 40)), st.sampled_from(["characters", "classes"]))
@example("葛\ufe0f城", {1}, "classes")
@example("葛\U000e0100城", {1}, "characters")
def test_symbols_do_not_depend_on_how_text_is_cut(text: str, cuts: set[int], runs: str) -> None:
    alphabet = Alphabet(runs=runs)  # type: ignore[arg-type]
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    blocks = [code_points(text[a:b]) for a, b in itertools.pairwise(places)]
    whole, parts = GrowingAlphabet(alphabet), GrowingAlphabet(alphabet)
    found = [parts.symbols_of(block) for block in whole_units(blocks, alphabet)]
    assert clauses_of(found) == clauses_of([whole.symbols(text)])


def test_files_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "我在葛\U000e0100城，城\ufe00葛3\ufe0f月" * 40 + "\n"
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    for runs in ("characters", "classes"):
        seen = set()
        for size in (16, 31, 1 << 20):
            monkeypatch.setattr("nlpzero.text.points._SIZE", size)
            path = tmp_path / "counts.nz"
            alphabet = Alphabet(runs=runs)  # type: ignore[arg-type]
            count_to_file(Corpus(tmp_path / "text.txt"), path, alphabet=alphabet)
            seen.add(path.read_bytes())
        assert len(seen) == 1


def test_a_word_is_one_with_and_without() -> None:
    counts = count_ngrams([SELECTED, "葛城", "葛\ufe00城\ufe00"], order=5)
    assert counts.count_of(["葛城", SELECTED]).tolist() == [3, 3]
    text = [f"在{SELECTED}。", "到葛城。", "离葛城。", "去公园散步", "到公园", "散步去"] * 9
    for method in (Cohesion(min_pmi=(0, 0, 0)), MinEntropy()):
        found = discover_words(text, method, min_count=5)
        same = discover_words([plain(line) for line in text], method, min_count=5)
        assert list(found) == list(same)
        assert len(found) > 0


@pytest.mark.parametrize("how", ["vocabulary", "learned", "nvbe", "base"])
def test_segmenters_keep_them_with_their_character(how: str) -> None:
    text = [f"他在{SELECTED}。", "我到葛城去。", "葛城很远。"] * 20
    segmenter = {
        "vocabulary": lambda: VocabularySegmenter(["葛城"]),
        "learned": lambda: learn_segmenter(text),
        "nvbe": lambda: learn_segmenter(text, BranchingEntropy()),
        "base": load_segmenter,
    }[how]()
    plain_cuts = segmenter.segment("他在葛城。")
    cuts = segmenter.segment(f"他在{SELECTED}。")
    assert "".join(cuts) == f"他在{SELECTED}。"
    assert not any(token[0] == "\U000e0100" for token in cuts)
    if how != "vocabulary":
        assert [plain(token) for token in cuts] == plain_cuts
