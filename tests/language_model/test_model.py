"""The language model against its definition, against itself through ARPA, and against KenLM where
that is installed.
"""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import Alphabet, KneserNeyModel, NlpzeroError, StorageError, count_ngrams
from nlpzero.language_model import estimation
from nlpzero.language_model.model import BEGIN, END
from tests.segmentation.oracles import SlowKneserNey, clauses

TEXT = (
    "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。他说他说得好，说得好！𠮷野家在北京，北京有𠮷野家。\n"
    "今天天气很好，我们去北京大学。大学生在北京大学学习，学习很好。好，好，好。\n"
    "我们吃葡萄，他们不吃。天气好我们就去，天气不好我们不去。A1好。"
)

sentences = st.lists(st.text("一二三四𠮷", min_size=1, max_size=7), min_size=1, max_size=25)


def build(texts, order, **options):
    return KneserNeyModel.from_counts(count_ngrams(texts, order=max(order, 4)), order, **options)


def vocabulary(model):
    """All events: symbols and the clause end, without the clause start."""
    symbols = model.symbols[: model.sizes[0]]
    return symbols[symbols != BEGIN]


def sum_after(model, context):
    """Probability of anything at all after a context of symbols."""
    symbols = np.append(vocabulary(model), np.uint16(0xF8FF))  # and of an unknown one
    contexts = np.tile(np.array(context, np.uint16), (len(symbols), 1))
    return float(np.exp(model.log_probs_of(symbols, contexts).astype(np.float64)).sum())


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_equals_the_definition(order):
    lines = clauses(TEXT)
    model, slow = build([TEXT], order), SlowKneserNey(lines, order)
    for line in [*lines, "葡萄天气", "皮皮", "北京大学生活", "鼠", "葡鼠萄"]:
        assert model.score(line)[0] == pytest.approx(slow.score(line), abs=1e-4)
        assert model.score(line, bounds=False)[0] == pytest.approx(
            slow.score(line, bounds=False), abs=1e-4
        )


@given(sentences, st.integers(1, 5))
def test_equals_the_definition_on_any_text(lines, order):
    model, slow = build(lines, order), SlowKneserNey(lines, order)
    for line in [*lines[:3], "一四二", "三三三三三三"]:
        assert model.score(line)[0] == pytest.approx(slow.score(line), abs=1e-3)


@given(sentences, st.integers(1, 5), st.integers(1, 3), st.text("一二三四𠮷鼠", max_size=5))
def test_probabilities_sum_to_one(lines, order, min_count, context):
    model = build(lines, order, min_count=min_count)
    symbols = model.alphabet.encode(context).symbols.tolist()
    for bounds in ([], [int(BEGIN)]):
        assert sum_after(model, [*bounds, *symbols]) == pytest.approx(1.0, abs=1e-5)


@given(
    st.lists(st.text("一二三\U00020000，", max_size=9), min_size=1),
    st.integers(1, 5),
    st.integers(1, 2),
)
def test_the_same_in_pieces_and_files(lines, order, min_count):
    counts = count_ngrams([*lines, "一"], order=max(order, 4))
    whole = KneserNeyModel.from_counts(counts, order, min_count=min_count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(estimation, "_LEAST_ROWS", 2)
        patch.setattr(estimation, "_MOST_ROWS", 2)
        patch.setattr(estimation, "_ROW_BYTES", 1 << 30)
        pieces = KneserNeyModel.from_counts(counts, order, min_count=min_count)
    assert pieces.log_unknown == whole.log_unknown
    for name, array in whole.state()[1].items():
        np.testing.assert_array_equal(array, pieces.state()[1][name])


def test_pruning_keeps_what_it_says():
    whole, pruned = (
        build([TEXT] * 2 + ["皮毛之见"], 4),
        build([TEXT] * 2 + ["皮毛之见"], 4, min_count=2),
    )
    assert pruned.sizes[:2] == whole.sizes[:2]
    assert pruned.sizes[2] < whole.sizes[2]
    assert pruned.sizes[3] < whole.sizes[3]
    # what is kept of the highest order has its probability up to the lower orders
    assert pruned.log_prob("萄", "吃葡") == pytest.approx(whole.log_prob("萄", "吃葡"), abs=0.05)
    stepwise = build([TEXT] * 2 + ["皮毛之见"], 4, min_count=(1, 2, 2, 3))
    assert stepwise.sizes[1] < whole.sizes[1]
    assert sum_after(stepwise, stepwise.alphabet.encode("葡").symbols.tolist()) == pytest.approx(
        1, abs=1e-5
    )


def test_the_same_whatever_order_the_text_comes_in():
    lines = clauses(TEXT)
    first, second = build(lines, 4), build(lines[::-1], 4)
    for name, array in first.state()[1].items():
        np.testing.assert_array_equal(array, second.state()[1][name])


def test_runs_as_symbols():
    counts = count_ngrams(
        ["2001年的K线图，35年的AB线图，十二年"] * 3, alphabet=Alphabet(runs="classes")
    )
    model = KneserNeyModel.from_counts(counts, 3)
    assert model.log_prob("年", "1999") == model.log_prob("年", "7")
    assert model.log_prob("线", "XYZ") > model.log_prob("线", "的")
    assert model.log_prob("年", "三十五") > model.log_prob("的", "三十五")


def test_events_and_perplexity():
    model = build([TEXT], 3)
    log_prob, events = model.score("葡萄，皮")
    assert events == 3 + 2  # symbols and clause ends
    assert model.perplexity("葡萄，皮") == pytest.approx(math.exp(-log_prob / events))
    assert model.perplexity(["葡萄", "皮"]) == pytest.approx(model.perplexity("葡萄，皮"))
    assert model.score("", bounds=True) == (0.0, 0)
    assert math.isnan(model.perplexity("……"))


@given(
    st.lists(st.text("葡萄皮，A1三𠮷葛\U000e0100\ufe00 \n", max_size=12)),
    st.sampled_from(["characters", "classes"]),
    st.sampled_from([(), ("word", "url")]),
    st.booleans(),
)
def test_many_texts_score_as_one_by_one(texts, runs, keep, bounds):
    counts = count_ngrams([TEXT], alphabet=Alphabet(runs=runs))
    model = KneserNeyModel.from_counts(counts, 3)
    model.alphabet = dataclasses.replace(model.alphabet, keep=keep)
    log_probs, events = model.score_all(iter(texts), bounds=bounds)
    expected = [model.score(text, bounds=bounds) for text in texts]
    assert list(zip(log_probs.tolist(), events.tolist(), strict=True)) == expected


def test_a_context_ends_at_a_break():
    model = build([TEXT], 3)
    assert model.log_prob("萄", "吃，葡") == model.log_prob("萄", "葡")
    assert model.log_prob("萄", "我们大家都吃葡") == model.log_prob("萄", "吃葡")


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("runs", ["characters", "classes"])
def test_arpa_round_trip(tmp_path, order, runs):
    counts = count_ngrams([TEXT], order=max(order, 4), alphabet=Alphabet(runs=runs))
    model = KneserNeyModel.from_counts(counts, order)
    model.write_arpa(tmp_path / "model.arpa")
    again = KneserNeyModel.read_arpa(tmp_path / "model.arpa")
    assert again.sizes == model.sizes
    assert again.alphabet == model.alphabet or order == 1 or runs == "characters"
    for text in [TEXT, "北京葡萄", "𠮷皮鼠", "A1好12"]:
        assert again.score(text)[0] == pytest.approx(model.score(text)[0], abs=1e-3)
    again.write_arpa(tmp_path / "again.arpa")
    assert (tmp_path / "again.arpa").read_bytes() == (tmp_path / "model.arpa").read_bytes()


def test_reads_what_another_program_wrote(tmp_path):
    # the form of lmplz: other order of sections' lines, tabs, -0, punctuation as a word
    (tmp_path / "other.arpa").write_text(
        "\n\\data\\\nngram 1=6\nngram 2=4\n\n"
        "\\1-grams:\n-1.5\t<unk>\t0\n0\t<s>\t-0.3\n-1\t</s>\t0\n"
        "-0.5\t好\t-0.25\n-0.75\t，\t-0.1\n-0.6\t天\t-0.2\n\n"
        "\\2-grams:\n-0.2\t天 好\n-0.4\t<s> 天\n"
        "-0.3\t好 </s>\n-0.1\t，\t好\n\n\\end\\\n".replace("，\t好", "， 好"),
        encoding="utf-8",
    )
    model = KneserNeyModel.read_arpa(tmp_path / "other.arpa")
    ten = math.log(10)
    assert model.score("天好")[0] == pytest.approx((-0.4 - 0.2 - 0.3) * ten, abs=1e-5)
    assert model.log_prob("天", "好") == pytest.approx((-0.25 - 0.6) * ten, abs=1e-5)
    assert model.log_prob("鼠") == pytest.approx(-1.5 * ten, abs=1e-5)
    assert model.sizes == [4, 3]  # the comma is never asked for


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("hello\n", r"model\.arpa:1: expected \\data\\"),
        ("\\data\\\nngram 1=2\n\n\\1-grams:\n-1\t<unk>\n", "ends too early"),
        (
            "\\data\\\nngram 1=1\n\n\\1-grams:\nx\t<unk>\n\\end\\\n",
            r"model\.arpa:5: expected a number",
        ),
        ("\\data\\\nngram 2=1\n", r"model\.arpa:2: expected 'ngram N=count'"),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\t词语\n\\end\\\n", "longer than a character"),
        ("\\data\\\nngram 1=1\n\n\\1-grams:\n-1\t词\nmore\n", r"model\.arpa:6: expected \\end\\"),
        (
            "\\data\\\nngram 1=1\nngram 2=1\n\n\\1-grams:\n-1\t词\n"
            + "\\2-grams:\n-1\t词 语\n\\end\\\n",
            "",
        ),
    ],
)
def test_damaged_arpa(tmp_path, content, message):
    path = tmp_path / "model.arpa"
    path.write_text(content, encoding="utf-8")
    if not message:  # a word that the unigrams lack makes the whole n-gram unaskable
        assert KneserNeyModel.read_arpa(path).sizes == [1, 0]
        return
    with pytest.raises(StorageError, match=message):
        KneserNeyModel.read_arpa(path)


def test_misuse():
    counts = count_ngrams([TEXT])
    with pytest.raises(ValueError, match="`order` must be an integer from 1 to 5, got 6"):
        KneserNeyModel.from_counts(counts, 6)
    with pytest.raises(ValueError, match="needs counts of order 5 with min_count 1"):
        KneserNeyModel.from_counts(counts, 5)
    with pytest.raises(ValueError, match="`min_count` must be"):
        KneserNeyModel.from_counts(counts, 4, min_count=(1, 3, 2, 2))
    with pytest.raises(NlpzeroError, match="no letters or characters"):
        KneserNeyModel.from_counts(count_ngrams(["！！"]))
    model = KneserNeyModel.from_counts(counts)
    with pytest.raises(ValueError, match="one character of a word"):
        model.log_prob("葡萄")
    with pytest.raises(ValueError, match=r"`symbols` must have shape"):
        model.log_probs_of(np.zeros(2, np.uint16), np.zeros((3, 1), np.uint16))


def test_end_is_an_event():
    model = build(["好，好，好天"], 2)
    end = model.log_probs_of(np.array([END]), model.alphabet.encode("好").symbols[None, :])
    assert math.exp(end[0]) > 0.3


def test_kenlm_agrees(tmp_path):
    kenlm = pytest.importorskip("kenlm")
    counts = count_ngrams([TEXT], order=5)
    for order in (2, 3, 4, 5):
        model = KneserNeyModel.from_counts(counts, order)
        path = tmp_path / f"{order}.arpa"
        model.write_arpa(path)
        other = kenlm.Model(str(path))
        for line in [*clauses(TEXT), "葡萄天气", "皮鼠皮"]:
            spaced = " ".join(line)
            assert model.score(line)[0] == pytest.approx(
                other.score(spaced) * math.log(10), abs=1e-4 * (len(line) + 1)
            )
            assert model.score(line, bounds=False)[0] == pytest.approx(
                other.score(spaced, bos=False, eos=False) * math.log(10), abs=1e-4 * (len(line) + 1)
            )


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("rows", [1, 7, 50])
def test_how_the_counts_are_read_makes_no_difference(
    order: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["天气好，天气", "天气天气好天", "今天的天气不好。今天", "好"]
    counts = count_ngrams(texts, order=max(order, 4))
    whole = KneserNeyModel.from_counts(counts, order, min_count=2).state()
    chunks = type(counts).chunks
    monkeypatch.setattr(type(counts), "chunks", lambda self, _=0: chunks(self, rows))
    pieces = KneserNeyModel.from_counts(counts, order, min_count=2).state()
    assert pieces[0] == whole[0]
    assert [a.tobytes() for a in pieces[1].values()] == [a.tobytes() for a in whole[1].values()]


def test_perplexity_beyond_the_largest_number_is_infinite(tmp_path):
    path = tmp_path / "huge.arpa"
    path.write_text(
        "\\data\\\nngram 1=4\n\n\\1-grams:\n-99\t<s>\n"
        "-1e5\t</s>\n-1e5\t<unk>\n-1e5\t天\n\n\\end\\\n",
        encoding="utf-8",
    )
    assert KneserNeyModel.read_arpa(path).perplexity("天天") == math.inf
