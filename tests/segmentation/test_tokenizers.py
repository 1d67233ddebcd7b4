"""Tokenizers: what they call words, how they travel, and what they say when they fail."""

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import (
    Corpus,
    FunctionTokenizer,
    LinkThresholds,
    ModelTokenizer,
    NGramTokenizer,
    Resources,
    SegmenterTokenizer,
    Sentences,
    StorageError,
    Tokenizer,
    VocabularySegmenter,
    WhitespaceTokenizer,
    WorkerError,
    count_words,
    find_templates,
    read_transactions,
)
from nlpzero.segmentation.tokenizers import as_tokenizer
from tests.words import oracles

MODULE = """
def cut(line):
    return line.split("/")

def lazily(line):
    yield from line.split("/")

def fails(line):
    if "bad" in line:
        return [1 / 0]
    return line.split("/")

def one_string(line):
    return line

def numbers(line):
    return [len(line)]

def surrogate(line):
    return ["\\ud800"]

class Box:
    inner = [cut]

    @staticmethod
    def cut(line):
        return ["boxed"]

value = 3
"""


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, str]:
    """A folder with a module of tokenizers, named differently in each test."""
    name = f"cutters_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    return tmp_path, name


@pytest.mark.parametrize("function", ["cut", "lazily"])
@pytest.mark.parametrize("documents", [None, "line", "file"])
@pytest.mark.parametrize("batch", [1, 3, 1 << 18])
def test_a_function_of_a_module(
    function: str,
    documents: Any,
    batch: int,
    folder: tuple[Path, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nlpzero.segmentation.tokenizers._BATCH_TOKENS", batch)
    where, module = folder
    lines = ["天气/很/好/天气", "", " /\u3000//", "天气/好", "好"]
    tokenizer = FunctionTokenizer(f"{module}:{function}", folder=where)
    counts = count_words(["\n".join(lines)], tokenizer, documents=documents)
    cut = [line.split("/") for line in lines]
    assert dict(counts) == oracles.count(lines, lambda line: line.split("/"))
    if documents == "line":
        frequency = oracles.document_frequency(cut)
        assert {word: counts.document_frequency(word) for word in counts} == frequency
        assert counts.documents == 3
    if documents == "file":
        assert [counts.document_frequency(word) for word in counts] == [1] * 3
        assert counts.documents == 1


def test_functions_may_be_attributes_of_attributes(folder: tuple[Path, str]) -> None:
    where, module = folder
    counts = count_words(["好"], FunctionTokenizer(f"{module}:Box.cut", folder=where))
    assert dict(counts) == {"boxed": 1}


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_function_is_reported_with_both_lines(
    jobs: int, folder: tuple[Path, str]
) -> None:
    where, module = folder
    text = where / "text.txt"
    # far into the file, so that with two jobs it lies in a later shard
    rows = ["好/坏" * 20] * 60_000
    rows[51_233] = "this is bad"
    text.write_text("\n".join(rows), encoding="utf-8")
    tokenizer = FunctionTokenizer(f"{module}:fails", folder=where)
    with pytest.raises(WorkerError) as caught:
        count_words(Corpus(text), tokenizer, resources=Resources(jobs=jobs, memory="1G"))
    code_line = MODULE.splitlines().index("        return [1 / 0]") + 1
    assert str(caught.value) == (
        f"{text}:51234: tokenizer {module}:fails: ZeroDivisionError: division by zero "
        f"({where / module}.py, line {code_line})"
    )


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("one_string", r"text\.txt:1: .*it returned one str, not many tokens"),
        ("numbers", r"text\.txt:1: .*a token must be a string of characters, got 1"),
        ("surrogate", r"text\.txt:1: .*a token must be a string of characters, got '\\ud800'"),
        ("value", "'value' cannot be called"),
        ("nothing", "has no 'nothing'"),
    ],
)
def test_what_is_no_tokenizer(function: str, message: str, folder: tuple[Path, str]) -> None:
    where, module = folder
    (where / "text.txt").write_text("好\n", encoding="utf-8")
    tokenizer = FunctionTokenizer(f"{module}:{function}", folder=where)
    with pytest.raises(WorkerError, match=message):
        count_words(Corpus(where / "text.txt"), tokenizer)


def test_modules_that_cannot_be_imported(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="'no_such_module' cannot be imported"):
        count_words(["好"], FunctionTokenizer("no_such_module:cut"))
    (tmp_path / "broken_cutter.py").write_text("def cut(line:\n", encoding="utf-8")
    with pytest.raises(WorkerError, match=r"SyntaxError: .*broken_cutter\.py"):
        count_words(["好"], FunctionTokenizer("broken_cutter:cut", folder=tmp_path))


def test_names_and_values() -> None:
    assert isinstance(as_tokenizer("whitespace"), WhitespaceTokenizer)
    function = as_tokenizer("os.path:split")
    assert isinstance(function, FunctionTokenizer)
    assert function.name == "os.path:split"
    assert isinstance(as_tokenizer(VocabularySegmenter(["好"])), SegmenterTokenizer)
    assert isinstance(as_tokenizer(str.split), FunctionTokenizer)
    assert as_tokenizer(function) is function
    with pytest.raises(ValueError, match="'whitespace' or 'module:function'"):
        as_tokenizer("jieba")
    with pytest.raises(TypeError, match="got int"):
        as_tokenizer(3)  # type: ignore[arg-type]
    for name in (":cut", "module:", "module"):
        with pytest.raises(ValueError, match="module:function"):
            FunctionTokenizer(name)
    with pytest.raises(TypeError, match="callable"):
        FunctionTokenizer(3)  # type: ignore[arg-type]
    for low, high in ((0, 1), (3, 2), (2, 5)):
        with pytest.raises(ValueError, match="`low` and `high`"):
            NGramTokenizer(low, high)


def test_tokenizers_are_picklable(tmp_path: Path) -> None:
    for tokenizer in (
        WhitespaceTokenizer(),
        SegmenterTokenizer(VocabularySegmenter(["天气"])),
        ModelTokenizer(tmp_path / "model.nz"),
        NGramTokenizer(1, 2),
        FunctionTokenizer("jieba:lcut"),
        FunctionTokenizer(str.split),
    ):
        again = pickle.loads(pickle.dumps(tokenizer))
        assert type(again) is type(tokenizer)
        assert again.punctuation == tokenizer.punctuation


PIECES = ["天气", "今天", "好", "，", "……", " ", "\n", "\u3000", "𠮷", "K线", "3.14%", "天"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.booleans())
def test_a_segmenter_counts_what_it_cuts(text: str, punctuation: bool) -> None:
    segmenter = VocabularySegmenter({"天气": 5, "今天": 4, "好": 3, "天": 1})
    lines = text.split("\n")
    tokens = [
        [
            token
            for token in segmenter.segment(line)
            if punctuation or any(char.isalnum() for char in token)
        ]
        for line in lines
    ]
    counts = count_words([text], segmenter, documents="line", punctuation=punctuation)
    assert dict(counts) == Counter(token for line in tokens for token in line if token.strip())
    frequency = oracles.document_frequency(tokens)
    assert {word: counts.document_frequency(word) for word in counts} == frequency


def test_our_segmenters_leave_marks_out_unless_asked() -> None:
    segmenter = VocabularySegmenter(["天气"])
    assert dict(count_words(["天气，好。"], segmenter)) == {"天气": 1, "好": 1}
    everything = count_words(["天气，好。"], segmenter, punctuation=True)
    assert dict(everything) == {"天气": 1, "好": 1, "，": 1, "。": 1}
    # what somebody else cut is counted as it is
    assert dict(count_words(["天气 ，"], "whitespace")) == {"天气": 1, "，": 1}


def test_a_model_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "model.nz"
    VocabularySegmenter({"天气": 5, "天": 1, "气": 1}).save(path)
    assert dict(count_words(["天气"], ModelTokenizer(path))) == {"天气": 1}
    VocabularySegmenter({"天": 5, "气": 5}).save(path)
    assert dict(count_words(["天气"], ModelTokenizer(path))) == {"天": 1, "气": 1}
    path.unlink()
    with pytest.raises(StorageError, match=r"model\.nz: cannot be read"):
        count_words(["天气"], ModelTokenizer(path))


def test_lines_longer_than_a_block_are_not_cut_in_words(tmp_path: Path) -> None:
    segmenter = VocabularySegmenter({"天气": 5, "今天": 4, "好": 3})
    path = tmp_path / "long.txt"
    path.write_text("今天天气好，" * 300_000, encoding="utf-8")
    assert dict(count_words(Corpus(path), segmenter)) == {
        "今天": 300_000,
        "天气": 300_000,
        "好": 300_000,
    }


# --- a tokenizer of one's own: one method, and everything works


class Between(Tokenizer):
    """Words stand between marks; a mark and white space around it belong to no word."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def tokens(self, line: str) -> list[str]:
        return [part.strip() for part in line.split(self.mark)]


OWN_LINES = ["我/今天/去", "你/今天/来", "", "我/明天/去/ /吗", "他/今天/去"] * 3


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("documents", [None, "line"])
def test_a_tokenizer_of_ones_own_counts_words(jobs: int, documents: Any) -> None:
    resources = Resources(jobs=jobs, memory="1G")
    counts = count_words(OWN_LINES, Between("/"), documents=documents, resources=resources)
    spaced = [line.replace("/", " ") for line in OWN_LINES]
    assert list(counts.items()) == list(count_words(spaced, "whitespace").items())
    assert counts.documents == (None if documents is None else 12)


def test_a_tokenizer_of_ones_own_makes_baskets() -> None:
    found = read_transactions(Corpus.from_texts(OWN_LINES), Sentences(Between("/")))
    spaced = [line.replace("/", " ") for line in OWN_LINES]
    assert [set(row) for row in found] == [
        set(row) for row in read_transactions(Corpus.from_texts(spaced), Sentences("whitespace"))
    ]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_tokenizer_of_ones_own_finds_templates(jobs: int) -> None:
    resources = Resources(jobs=jobs, memory="1G")
    options: Any = {"min_count": 2, "links": LinkThresholds(min_pmi=0.1)}
    table = find_templates(OWN_LINES, Between("/"), resources=resources, **options)
    # a token of white space ends a clause, as a mark does
    spaced = [line.replace("/ /", " ， ").replace("/", " ") for line in OWN_LINES]
    assert table == find_templates(spaced, "whitespace", **options)
    assert len(table) > 0


def test_a_tokenizer_of_ones_own_is_named_when_it_fails() -> None:
    class Broken(Tokenizer):
        def tokens(self, line: str) -> list[str]:
            return [3]  # type: ignore[list-item]

    for use in (count_words, find_templates):
        with pytest.raises(WorkerError, match=r"1: tokenizer .*Broken: a token must be a string"):
            use(["好"], Broken())
    with pytest.raises(WorkerError, match="Broken: TypeError: a token must be a string"):
        Broken().cutter()("好")
    with pytest.raises(TypeError, match="tokens"):
        Tokenizer()  # type: ignore[abstract]


def test_ngrams_are_a_tokenizer_too() -> None:
    tokenizer = NGramTokenizer(1, 3)
    lines = ["天气好，天", "𠮷 K线", "", "好"]
    counts = Counter(token for line in lines for token in tokenizer.tokens(line))
    assert count_words(lines, tokenizer) == counts
    assert tokenizer.cutter()("天气") == ["天", "天气", "气"]


def test_tokenizers_are_functions_as_segmenters_are(tmp_path):
    segmenter = nlpzero.VocabularySegmenter(["今天", "天气"])
    path = tmp_path / "model.nz"
    segmenter.save(path)
    text = "今天天气 好。"
    for tokenizer in (nlpzero.ModelTokenizer(path), nlpzero.SegmenterTokenizer(segmenter)):
        assert tokenizer(text) == segmenter(text) == ["今天", "天气", " ", "好", "。"]
    assert nlpzero.WhitespaceTokenizer()("今天 好") == ["今天", "好"]
    assert nlpzero.FunctionTokenizer(iter)("好天") == ["好", "天"]
    with pytest.raises(TypeError, match="it returned one str, not many tokens"):
        nlpzero.FunctionTokenizer(str)("好天")


def test_the_public_names_are_all_that_is_listed():
    assert dir(nlpzero) == sorted(nlpzero.__all__)
    assert not {"Any", "import_module", "segmentation"} & set(dir(nlpzero))
    assert all(
        callable(getattr(nlpzero, name)) or name.isupper() or name == "__version__"
        for name in dir(nlpzero)
    )
