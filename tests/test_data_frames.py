"""`to_dataframe` of every result: the columns of the commands, and an error without pandas."""

import csv
import io
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpzero

pd = pytest.importorskip("pandas")

TEXTS = ["今天天气很好", "今天下雨，天气不好", "明天天气也好"] * 3
BASKETS = [["茶", "奶"], ["茶", "奶", "糕"], ["茶"], ["糕"]]


def _learned_words() -> nlpzero.LearnedWords:
    segmenter = nlpzero.learn_segmenter(TEXTS)
    assert isinstance(segmenter, nlpzero.LearnedSegmenter)
    return nlpzero.count_learned_words(TEXTS, segmenter)


RULE_COLUMNS = list(nlpzero.Rule._fields)
# a result, and its columns
RESULTS: dict[str, tuple[Callable[[], Any], list[str]]] = {
    "discovery": (
        lambda: nlpzero.discover_words(TEXTS * 9, nlpzero.Cohesion()),
        list(nlpzero.Word._fields),
    ),
    "ngrams": (lambda: nlpzero.count_ngrams(TEXTS), ["ngram", "count"]),
    "words": (lambda: nlpzero.count_words(TEXTS, list), ["word", "count"]),
    "words with documents": (
        lambda: nlpzero.count_words(TEXTS, list, documents="line"),
        ["word", "count", "documents"],
    ),
    "words by file": (
        lambda: nlpzero.count_words_by_file(nlpzero.Corpus.from_texts(TEXTS), list),
        ["file", "word", "count"],
    ),
    "itemsets": (
        lambda: nlpzero.frequent_itemsets(BASKETS, 0.2),
        ["support", "itemsets", "count"],
    ),
    "templates": (
        lambda: nlpzero.find_templates(TEXTS, list),
        ["template", "count", "frequency", "examples", "saving", "trivial"],
    ),
    "score": (
        lambda: nlpzero.score_segmentation(["天气 好"], ["天气 好"]),
        list(nlpzero.SegmentationScore._fields),
    ),
    "learned words": (_learned_words, ["word", "count", "left_edge", "right_edge", "inside"]),
    "word list": (
        lambda: nlpzero.WordList(["好"], np.array([2.0])),
        ["word", "count"],
    ),
    "lexicon": (
        lambda: nlpzero.VocabularySegmenter({"天气": 3}).lexicon(),
        ["word", "log_prob", "count"],
    ),
    "transactions": (
        lambda: nlpzero.Transactions.from_lists(BASKETS),
        ["transaction", "item"],
    ),
}


@pytest.mark.parametrize("name", RESULTS)
def test_columns(name):
    make, columns = RESULTS[name]
    frame = make().to_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == columns
    assert len(frame) > 0


def test_values():
    counts = nlpzero.count_ngrams(["花开花落", "花开"])
    assert counts.to_dataframe((2, 3)).values.tolist() == [
        ["花开", 2],
        ["开花", 1],
        ["花落", 1],
        ["开花落", 1],
        ["花开花", 1],
    ]
    assert counts.to_dataframe(min_count=3).values.tolist() == [["花", 3]]
    for lengths in ((0, 2), (3, 2), (1, 5)):
        with pytest.raises(ValueError, match="`lengths` must be two numbers from 1 to 4"):
            counts.to_dataframe(lengths)
    frame = nlpzero.Transactions.from_lists(BASKETS[:2]).to_dataframe()
    assert frame.groupby("transaction")["item"].agg(set).tolist() == [
        {"茶", "奶"},
        {"茶", "奶", "糕"},
    ]
    score = nlpzero.score_segmentation(["天气 好"], ["天 气 好"])
    assert score.to_dataframe().to_dict("records")[0]["precision"] == pytest.approx(1 / 3)
    lexicon = nlpzero.VocabularySegmenter({"天气": 3}).lexicon().to_dataframe()
    assert math.exp(lexicon.set_index("word").log_prob["天气"]) <= 1


def test_counts_by_file(tmp_path):
    for name, text in (("a.txt", "好 好 天气"), ("b.txt", "雨")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    corpus = nlpzero.Corpus(tmp_path)
    a, b = (str(tmp_path / name) for name in ("a.txt", "b.txt"))
    count = nlpzero.count_words_by_file
    frame = count(corpus, "whitespace", documents="file").to_dataframe()
    assert frame.values.tolist() == [[a, "好", 2, 1], [a, "天气", 1, 1], [b, "雨", 1, 1]]
    assert count(corpus, "whitespace").to_dataframe(1).values.tolist() == [
        [a, "好", 2],
        [b, "雨", 1],
    ]
    tables = count(corpus, "whitespace")
    assert next(tables)[0] == a
    assert tables.to_dataframe().word.tolist() == ["雨"]
    assert tables.to_dataframe().columns.tolist() == ["file", "word", "count"]


def test_rules_as_the_command_names_them():
    rules = nlpzero.apriori(BASKETS, 0.2, 0.2)
    frame = rules.to_dataframe("table")
    assert list(frame.columns) == RULE_COLUMNS
    assert frame.iloc[0].tolist() == list(rules[0])
    assert "antecedents" in rules.to_dataframe().columns
    sets = nlpzero.frequent_itemsets(BASKETS, 0.2)
    frame = sets.to_dataframe("table")
    assert list(frame.columns) == ["items", "size", "support", "count"]
    assert frame["size"].tolist() == [len(row.items) for row in sets]
    for found in (rules, sets):
        with pytest.raises(ValueError, match="`style` must be 'mlxtend' or 'table', got 'csv'"):
            found.to_dataframe("csv")


COMMANDS = {
    "discovery": ["discover", "--method", "cohesion"],
    "learned discovery": ["discover"],
    "ngrams": ["ngrams", "--format", "csv"],
    "words": ["count", "--whitespace"],
    "words with documents": ["count", "--whitespace", "--document-frequency", "line"],
    "words by file": ["count", "--whitespace", "--by", "file"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_columns_are_those_of_the_command(name, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("今天 天气 好\n" * 9, encoding="utf-8")
    command = [sys.executable, "-m", "nlpzero", *COMMANDS[name], str(path)]
    if "--format" not in command:
        command += ["--format", "csv"]
    done = subprocess.run(command, capture_output=True, check=True)
    header = next(csv.reader(io.StringIO(done.stdout.decode("utf-8-sig"))))
    _, columns = RESULTS[name.removeprefix("learned ")]
    assert columns[: len(header)] == header


@pytest.mark.parametrize("name", RESULTS)
def test_without_pandas_the_error_says_what_to_install(name, monkeypatch):
    result = RESULTS[name][0]()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"needs pandas; run: pip install 'nlpzero\[pandas\]'"):
        result.to_dataframe()


@pytest.mark.parametrize("name", ["word list", "lexicon", "learned words"])
def test_what_is_long_shows_its_first_rows(name):
    result = RESULTS[name][0]()
    many = type(result)(*(list(column) * 5_000 for column in result))
    assert len(repr(many)) < 1_500
    assert repr(many).startswith(f"<{type(result).__name__}: {len(many.words):,} words>")
    assert many._repr_html_().count("<tr>") == 11
