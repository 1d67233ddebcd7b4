"""Excerpts: what a text needs of a model cuts it as the whole model does."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero
from nlpzero.learning.adaptation import adapt
from nlpzero.learning.base_decoding import alone
from nlpzero.learning.base_segmenter import shipped_base
from nlpzero.learning.decoder import LearnedDecoder
from nlpzero.learning.excerpts import base_excerpt, learned_excerpt

CHARACTERS = "我爱北京天安门今天气很好们去公园散步的是在了，。葡萄架下哈不吐皮吗K3𠮷 \n"
texts = st.text(st.sampled_from(CHARACTERS), max_size=60)
SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "story.txt"

TRAINING = [
    "吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。",
    "葡萄架下哈哈哈哈哈",
    "𠮷野家哈哈……",
    "葡萄的皮好吃吗",
    "葡萄的架子好看吗",
    "今天天气好，天气很好，北京天安门。",
    "今天天气不好，天气很热，明天天气好。",
]
LEARNED = nlpzero.learn_segmenter(TRAINING)


@settings(deadline=None, max_examples=50)
@given(texts)
def test_an_excerpt_of_the_base_cuts_its_text_as_the_base_does(text: str) -> None:
    base = shipped_base()
    raw = base.alphabet.encode(text).symbols
    few = base_excerpt(base, raw)
    assert len(few.pairs) <= max(len(raw) - 1, 0)
    whole = LearnedDecoder(alone(base), whole_clauses=True)
    small = LearnedDecoder(alone(few), whole_clauses=True)
    assert small.cut(raw).tolist() == whole.cut(raw).tolist()
    assert small.probabilities(raw).tolist() == whole.probabilities(raw).tolist()


@settings(deadline=None, max_examples=20)
@given(texts)
def test_a_text_is_adapted_to_alike(text: str) -> None:
    base = shipped_base()
    raw = base.alphabet.encode(text).symbols
    whole, facts = adapt(base, raw)
    small, same = adapt(base_excerpt(base, raw), raw)
    assert facts == same
    assert LearnedDecoder(small).cut(raw).tolist() == LearnedDecoder(whole).cut(raw).tolist()


@settings(deadline=None)
@given(texts)
def test_an_excerpt_of_a_model_cuts_its_text_as_the_model_does(text: str) -> None:
    decoder = LEARNED._decoder
    x = decoder._dense[LEARNED.alphabet.encode(text).symbols]
    few = learned_excerpt(decoder.learned, x)
    assert len(few.words) <= 2 * len(x)
    raw = few.codes[x]
    assert LearnedDecoder(few).cut(raw).tolist() == decoder.cut(raw).tolist()
    probabilities = LearnedDecoder(few).probabilities(raw)
    assert probabilities.tolist() == decoder.probabilities(raw).tolist()


def test_an_excerpt_holds_words_of_every_length() -> None:
    decoder = LEARNED._decoder
    x = decoder._dense[LEARNED.alphabet.encode("".join(TRAINING[:6])).symbols]
    few = learned_excerpt(decoder.learned, x)
    assert 0 < len(few.pairs) < len(decoder.learned.pairs)
    assert (few.words & np.uint64(0xFFFF) == 0).any()
    assert (few.words & np.uint64(0xFFFF) != 0).any()


# what is printed: the tokens, and whether Numba was loaded
PROGRAM = """
import sys
import nlpzero
from nlpzero.engine import jit
jit._Patience.left = float(sys.argv[1])
text = open(sys.argv[2], encoding="utf-8").read()[:600]
segmenter = {segmenter}
print([segmenter.segment(line) for line in text.splitlines()])
print(segmenter.segment_to_text(text))
print(segmenter.probabilities(text).round(9).tolist())
print(list(segmenter.segment_all(text.splitlines())))
print("numba" in sys.modules)
"""


@pytest.mark.parametrize(
    "segmenter",
    [
        "nlpzero.load_segmenter()",
        "nlpzero.load_segmenter(numbers='split').with_keep('all')",
        "nlpzero.load_segmenter(sys.argv[3])",
        "nlpzero.learn_segmenter([text], nlpzero.CoTraining(base='default'), complete=False)",
    ],
)
def test_interpreted_answers_are_the_compiled_ones(segmenter: str, tmp_path: Path) -> None:
    LEARNED.save(tmp_path / "m.nz")

    def answers(patience: str) -> list[str]:
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                PROGRAM.format(segmenter=segmenter),
                patience,
                SAMPLE,
                tmp_path / "m.nz",
            ],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    interpreted, compiled = answers("1e9"), answers("0")
    assert (interpreted.pop(), compiled.pop()) == ("False", "True")
    # exp and log of the two differ in the last bit, which near 1 is much of what is left to 1:
    # there one bit is a step of up to .3 in the log odds, .003 in the probability
    at = [i for i, line in enumerate(compiled) if line[:2].strip("[").isdigit()]
    for i in reversed(at):
        given, expected = (np.array(json.loads(lines.pop(i))) for lines in (interpreted, compiled))
        assert (np.abs(given - expected) <= np.where(expected < 0.98, 1e-4, 3e-3)).all()
    assert len(at) == 1
    assert interpreted == compiled


@pytest.mark.parametrize("arguments", [[], ["--model", "base"], ["--format", "jsonl"]])
def test_one_sentence_does_not_wait_for_the_compiler(arguments: list[str]) -> None:
    program = (
        "import sys; from nlpzero_cli.main import run\n"
        "run(sys.argv[1:]); print('numba' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "segment", "-q", *arguments],
        input="我爱北京天安门\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "False"
