"""Inputs that nobody meant: some rounds of ``python -m tests.fuzz``, always the same ones, and the
inputs that once came out as something else than a line that says what is wrong.
"""

from pathlib import Path

import numpy as np
import pytest

import nlpzero
from tests.fuzz.mutations import ENCODINGS
from tests.fuzz.readers import READERS, SEEDS, Finding, Reader, seeds_of
from tests.fuzz.rounds import WRONG, chance, judged, play, warm_up

ROUNDS = 250


# .nz files have rounds of their own in tests/engine/test_damaged_files.py
OTHERS = [name for name in READERS if not name.startswith("nz-")]


@pytest.mark.parametrize("name", OTHERS)
def test_a_reader_reads_or_refuses(name: str, tmp_path: Path) -> None:
    seeds = seeds_of(name, tmp_path)
    warm_up(name, seeds, tmp_path)
    outcomes = [play(name, seeds, tmp_path, 0, number) for number in range(ROUNDS)]
    assert [(n, outcome) for n, outcome in enumerate(outcomes) if outcome.result in WRONG] == []
    assert {outcome.result for outcome in outcomes} == {"read", "refused"}


@pytest.mark.parametrize("name", OTHERS)
def test_a_seed_does_no_harm_whatever_the_options(name: str, tmp_path: Path) -> None:
    for data in seeds_of(name, tmp_path):
        for number in range(10):
            outcome = judged(name, data, tmp_path, chance(name, 1, number))
            assert outcome.result not in WRONG, (data[:200], number, outcome)


def test_every_folder_of_seeds_is_one_of_a_reader() -> None:
    there = {path.name for path in SEEDS.iterdir()}
    assert there == set(OTHERS)


def test_what_is_wrong_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(path: Path, random: object) -> None:
        while True:
            pass

    def answer(path: Path, random: object) -> None:
        raise Finding("other text")

    def error(path: Path, random: object) -> None:
        np.float32([1e300])  # warns

    def message(path: Path, random: object) -> None:
        raise nlpzero.CorpusError("one line\nand another")

    def memory(path: Path, random: object) -> None:
        np.ones(300 << 20, np.uint8)

    monkeypatch.setattr("tests.fuzz.rounds.SECONDS", 0.2)
    uses = {"hang": hang, "answer": answer, "error": error, "message": message}
    for name, use in {**uses, "memory": memory}.items():
        monkeypatch.setitem(READERS, "broken", Reader((), lambda *given: b"x", use))
        assert play("broken", [], tmp_path, 0, 0).result == name


# ---------------------------------------------------------------------------- what was once found


def refused(tmp_path: Path, name: str, data: bytes, **options: object) -> str:
    """The message, one line, of a list of words that is refused."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(nlpzero.NlpzeroError) as caught:
        nlpzero.read_words(path, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("count", ["0", "0.0", "1e-320", "1e999", "1e308", "1" * 400])
def test_a_count_that_is_none_is_refused_with_its_line(count: str, tmp_path: Path) -> None:
    data = f"葡萄 3\n中国 {count}\n".encode()
    said = refused(tmp_path, "w.txt", data)
    assert f"w.txt:2: counts must be positive numbers, got '中国 {count[:50]}" in said
    assert nlpzero.read_words(tmp_path / "w.txt", counts=False).words == ["葡萄", "中国"]


def test_counts_that_become_too_large_are_refused(tmp_path: Path) -> None:
    data = "中国 9e99\n中国 9e99\n".encode()
    assert "w.txt:2: counts must be" in refused(tmp_path, "w.txt", data)


@pytest.mark.parametrize(
    "line",
    [
        '{"word": ' + "[" * 100_000,
        '{"word": "a", "count": ' + "1" * 400 + "}",
        '{"word": "a", "count": ' + "1" * 5000 + "}",
        '{"word": "\\ud800"}',
        '{"word": ""}',
        '{"word": ["a"]}',
        '{"word": null}',
    ],
)
def test_words_in_json_that_are_none(line: str, tmp_path: Path) -> None:
    assert 'w.jsonl:1: expected {"word": ...}, got' in refused(tmp_path, "w.jsonl", line.encode())


def test_utf_16_without_a_mark_is_no_list_of_words(tmp_path: Path) -> None:
    data = "葡萄\n".encode("utf-16-le")
    said = refused(tmp_path, "w.txt", data, encoding="utf-16")
    assert "w.txt: not valid utf-16; give the encoding" in said


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e99", "-1e99", "-1e999"])
@pytest.mark.parametrize("place", ["-0.9\t天\t{}", "{}\t天\t-0.3"])
def test_arpa_numbers_are_finite(number: str, place: str, tmp_path: Path) -> None:
    path = tmp_path / "m.arpa"
    whole = (SEEDS / "arpa" / "bigram.arpa").read_text(encoding="utf-8")
    path.write_text(whole.replace("-0.9\t天\t-0.3", place.format(number)), encoding="utf-8")
    with pytest.raises(nlpzero.StorageError, match=r"m\.arpa:9: expected a number, 1 words"):
        nlpzero.KneserNeyModel.read_arpa(path)


def test_arpa_probabilities_are_at_most_one(tmp_path: Path) -> None:
    path = tmp_path / "m.arpa"
    whole = (SEEDS / "arpa" / "bigram.arpa").read_text(encoding="utf-8")
    path.write_text(whole.replace("-0.9\t天", "0.9\t天"), encoding="utf-8")
    with pytest.raises(nlpzero.StorageError, match=r"m\.arpa:9: the log10 of a probability"):
        nlpzero.KneserNeyModel.read_arpa(path)


def test_perplexity_beyond_all_numbers_is_infinite(tmp_path: Path) -> None:
    path = tmp_path / "m.arpa"
    whole = (SEEDS / "arpa" / "bigram.arpa").read_text(encoding="utf-8")
    path.write_text(whole.replace("-2.5\t<unk>", "-1e20\t<unk>"), encoding="utf-8")
    assert nlpzero.KneserNeyModel.read_arpa(path).perplexity("葡萄") == float("inf")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('["a"]\n' + "[" * 100_000 + "\n", "a.jsonl:2: not JSON"),
        ('["a"]\n[' + "1" * 5000 + "]\n", "a.jsonl:2: not JSON"),
        ('["a"]\n\n["b", "\\ud800"]\n', "a.jsonl:3: an item has a lone surrogate"),
        # two lines that only together are two rows
        ('["a"],["b"\n"c"]\n', "a.jsonl:1: not JSON"),
        ('["a"],["b"]\n["c"\n"d"]\n', "a.jsonl:1: not JSON"),
    ],
)
def test_transactions_in_json_that_are_none(lines: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match=message):
        nlpzero.read_transactions(path, nlpzero.JsonLines())


@pytest.mark.parametrize(
    "line",
    [
        '{"template": ' + "[" * 100_000,
        '{"template": "[X] a", "count": 1, "frequency": "x"}',
        '{"template": "[X] a", "count": 1, "frequency": [1]}',
        '{"template": "[X] a", "count": 1, "examples": [1]}',
        '{"template": "[X] \\ud800", "count": 1}',
        '{"template": "[X] a", "count": 1, "examples": ["\\udfff"]}',
        "[X] a\t" + "1" * 400,
    ],
)
def test_templates_that_are_none(line: str) -> None:
    with pytest.raises(nlpzero.CorpusError, match="templates:1: ") as caught:
        nlpzero.read_templates([line])
    assert len(str(caught.value)) < 300


def test_messages_do_not_repeat_a_whole_file(tmp_path: Path) -> None:
    wide = tmp_path / "a.csv"
    wide.write_text(",".join(f'"列\n{i}"' for i in range(9999)) + "\n1\n", encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match=r"and 9989 more") as caught:
        list(nlpzero.Corpus(wide, field="text").lines())
    assert "\n" not in str(caught.value)
    wide.write_text(",".join(f"列{i}" for i in range(9999)) + "\n1\n", encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match="there are '列0', '列1'") as caught:
        nlpzero.read_transactions(wide, nlpzero.Pairs())
    assert len(str(caught.value)) < 500
    arpa = tmp_path / "a.arpa"
    arpa.write_text("\\data\\\nngram 1=1\n\\1-grams:\n" + "x" * 99_999 + "\n", encoding="utf-8")
    with pytest.raises(nlpzero.StorageError, match="got 'xxx") as caught:
        nlpzero.KneserNeyModel.read_arpa(arpa)
    assert len(str(caught.value)) < 300 + len(str(arpa))


@pytest.mark.parametrize("module", ["bz2", "lzma", "gzip", "zstandard"])
def test_a_damaged_second_stream_is_not_left_out(module: str, tmp_path: Path) -> None:
    """Python's own files of bzip2 and xz take it for something that is no stream at all."""
    package = pytest.importorskip(module)
    compress = package.compress
    if module == "zstandard":  # which has a checksum only where it is asked for
        compress = package.ZstdCompressor(write_checksum=True).compress
    one, other = compress("今天\n".encode()), compress("天气\n".encode() * 9)
    path = tmp_path / "a"

    def text(data: bytes) -> str:
        path.write_bytes(data)
        return "".join(nlpzero.Corpus(path).blocks())

    assert text(one + other) == "今天\n" + "天气\n" * 9
    assert text(one + one + other) == "今天\n今天\n" + "天气\n" * 9
    for at in range(len(other)):
        damaged = bytearray(one + other)
        damaged[len(one) + at] ^= 0x55
        try:
            found = text(bytes(damaged))
        except nlpzero.CorpusError:
            continue
        # a name, a time or a level in a header says nothing of the text
        assert found == "今天\n" + "天气\n" * 9
    for size in range(1, len(other)):
        with pytest.raises(nlpzero.CorpusError, match=r"ends too early|is damaged"):
            text(one + other[:size])
    if module in ("bz2", "lzma"):
        assert text(one + bytes(8) + other + bytes(100)) == "今天\n" + "天气\n" * 9
    with pytest.raises(nlpzero.CorpusError, match="damaged"):
        text(one + b"something")


def test_lines_too_long_to_be_aligned_are_refused() -> None:
    """They took memory and time that grew with the product of their lengths."""
    long, other = "中 国 " * 5000, "国 中 " * 5000
    with pytest.raises(nlpzero.CorpusError, match=r"line 1: .* too many to be aligned"):
        nlpzero.score_segmentation([long], [other], strict=False)


def test_an_encoding_that_decodes_nothing_is_misuse(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(ValueError, match="must name an encoding"):
        nlpzero.Corpus(tmp_path / "a", encoding="undefined")


def test_encodings_are_those_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for encoding in ENCODINGS:
        assert list(nlpzero.Corpus(tmp_path / "a", encoding=encoding).lines()) == []
