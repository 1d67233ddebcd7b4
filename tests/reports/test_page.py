"""Pages without a browser: what is in the file, and that nothing gets out of its place in it."""

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero.errors import NlpzeroError
from nlpzero.reports.page import Column, Page, json_in_html, page_html, write_page
from tests.reports.pages import HOSTILE, words_page

# what a file must not have for its elements to be those of the template, whatever the parser does
NEVER_IN_DATA = re.compile("[<>&\u2028\u2029]")
STRINGS = st.text(st.characters(exclude_categories=[]), max_size=30)  # lone surrogates too


class Parts(HTMLParser):
    """Elements of a page, in order, and the content of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, str] = {}
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        self._inside = values.get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style", "data", "title"):
            self.content[self._inside] = self.content.get(self._inside, "") + data

    def policy(self) -> dict[str, list[str]]:
        (text,) = [
            values["content"]
            for tag, values in self.elements
            if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy"
        ]
        assert text is not None
        rules = [rule.split() for rule in text.split(";")]
        return {name: values for name, *values in rules}


def data_of(text: str) -> dict:
    return json.loads(Parts(text).content["data"])


def test_nothing_is_loaded_and_only_the_own_script_runs():
    parts = Parts(page_html(words_page(["中国"])))
    policy = parts.policy()
    assert policy["default-src"] == ["'none'"]
    for kind in ("script", "style"):
        digest = hashlib.sha256(parts.content[kind].encode("utf-8")).digest()
        assert policy[f"{kind}-src"] == [f"'sha256-{base64.b64encode(digest).decode()}'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    for tag, values in parts.elements:
        assert tag not in ("link", "iframe", "object", "embed", "base", "form", "img")
        assert not {"src", "href", "style", "srcset"} & set(values)
        assert not [name for name in values if name.startswith("on")]
    # the policy stands before everything that it rules
    kinds = [tag for tag, _ in parts.elements]
    assert kinds.index("meta") < kinds.index("style") < kinds.index("script")
    assert [values.get("http-equiv") for tag, values in parts.elements if tag == "meta"][1]


def test_scripts_never_turn_text_into_code_or_elements():
    script = Parts(page_html(words_page(["中国"]))).content["script"]
    ways = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|createContextualFragment|"
        r"DOMParser|eval\(|Function\(|setTimeout|setInterval|import\(|fetch\(|XMLHttpRequest"
    )
    assert re.findall(ways, script) == []
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", script)


def test_hostile_text_stays_in_the_data():
    page = words_page(
        HOSTILE,
        title=HOSTILE[0],
        source=HOSTILE[1],
        noun=HOSTILE[2],
        facts=[(HOSTILE[3], HOSTILE[4])],
        details=[(HOSTILE[5], [(HOSTILE[1], HOSTILE[0])])],
        items=HOSTILE,
        contexts=[[(HOSTILE[0], HOSTILE[1], HOSTILE[2])]],
    )
    text = page_html(page)
    text.encode("utf-8")
    hostile, harmless = Parts(text), Parts(page_html(words_page(["中国"])))
    assert hostile.elements[2:] == harmless.elements[2:]
    assert hostile.content["script"] == harmless.content["script"]
    assert NEVER_IN_DATA.findall(hostile.content["data"]) == []
    data = data_of(text)
    assert data["columns"][0]["values"] == data["items"] == HOSTILE
    assert (data["title"], data["source"], data["noun"]) == tuple(HOSTILE[:3])
    assert data["contexts"] == [[HOSTILE[:3]]]
    assert hostile.content["title"] == HOSTILE[0]


@given(
    st.recursive(
        STRINGS | st.integers() | st.none(), lambda v: st.lists(v) | st.dictionaries(STRINGS, v)
    )
)
def test_any_value_comes_back_from_a_script_element(value):
    text = json_in_html(value)
    assert NEVER_IN_DATA.findall(text) == []
    text.encode("utf-8")
    assert json.loads(text) == value


@given(st.lists(STRINGS, min_size=1, max_size=8))
def test_any_words_stay_in_the_data(words):
    text = page_html(words_page(words, title=words[0]))
    assert data_of(text)["columns"][0]["values"] == words
    assert Parts(text).elements[2:] == Parts(page_html(words_page(["中国"]))).elements[2:]


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_numbers_keep_six_digits(value):
    column = Column("value", "value", [value])
    (back,) = data_of(page_html(Page("t", "rows", [column], "value", "value", "value")))["columns"][
        0
    ]["values"]
    if math.isnan(value):
        assert back is None
    else:
        assert float(back) == float(format(value, ".6g"))


def test_the_same_page_is_the_same_bytes(tmp_path):
    for name in ("one.html", "two.html"):
        write_page(words_page(["中国", "北京"]), tmp_path / name)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert b"\r" not in (tmp_path / "one.html").read_bytes()


def test_misuse_is_told(tmp_path):
    columns = [Column("a", "a", [1]), Column("b", "b", [1, 2])]
    with pytest.raises(ValueError, match=r"equal length, got \[1, 2\]"):
        page_html(Page("t", "rows", columns, "a", "b", "a"))
    with pytest.raises(ValueError, match="no column 'c', only"):
        page_html(Page("t", "rows", columns[:1], "a", "c", "a"))
    with pytest.raises(NlpzeroError, match="cannot be written"):
        write_page(words_page(["中国"]), tmp_path / "nowhere" / "page.html")


# --- of words


def found_words() -> nlpzero.Discovery:
    texts = ["北京欢迎你", "我爱北京", "欢迎光临", "北京很大", "你去北京", "非常欢迎"]
    return nlpzero.discover_words(texts, nlpzero.Cohesion(min_pmi=(1, 2, 3)), min_count=2)


def column_of(data: dict, key: str) -> list:
    return next(column["values"] for column in data["columns"] if column["key"] == key)


def report_of(found, path: Path, **more) -> dict:
    found.report(path, **more)
    return data_of(path.read_text("utf-8"))


def test_a_report_has_the_words_and_their_evidence(tmp_path):
    found = found_words()
    data = report_of(found, tmp_path / "words.html", source="cities.txt")
    assert column_of(data, "word") == [word.word for word in found]
    assert column_of(data, "count") == [word.count for word in found]
    for name in ("score", "pmi", "left_entropy", "right_entropy"):
        expected = [float(format(getattr(word, name), ".6g")) for word in found]
        assert column_of(data, name) == expected
    assert column_of(data, "split") == [word.split.index("|") for word in found]
    assert column_of(data, "freedom") == [
        float(format(min(word.left_entropy, word.right_entropy), ".6g")) for word in found
    ]
    assert data["source"] == "cities.txt"
    assert ["Words", "2"] in data["facts"]
    assert ["min_count", "2"] in dict(data["details"])["In force"]
    marks = {t["column"]: t["marks"] for t in data["thresholds"]}
    assert marks["pmi"] == [1, 2, 3]


def test_certainty_is_shown_for_learned_words(tmp_path):
    texts = ["今天天气很好", "今天下雨", "明天天气也好"] * 5
    data = report_of(nlpzero.discover_words(texts), tmp_path / "words.html")
    assert {"left_edge", "inside", "right_edge"} <= {c["key"] for c in data["columns"]}
    inside = next(t for t in data["thresholds"] if t["column"] == "inside")
    assert inside["side"] == "most"


def test_novelty_and_marks_are_columns_where_they_are_shown(tmp_path):
    found = found_words()
    shown = {column["key"] for column in report_of(found, tmp_path / "plain.html")["columns"]}
    assert shown & {"novelty", "part_of", "combination"} == set()
    marked = found.filter(sort="novelty", fragments="mark", combinations="mark")
    data = report_of(marked, tmp_path / "marked.html")
    assert column_of(data, "word") == [word.word for word in marked]
    expected = [float(format(word.novelty, ".6g")) for word in marked]
    assert column_of(data, "novelty") == expected
    for name in ("part_of", "combination"):
        assert column_of(data, name) == [getattr(word, name) for word in marked]
    assert any(column_of(data, "combination"))
    assert "novelty" in [threshold["column"] for threshold in data["thresholds"]]


def test_thresholds_can_be_loosened_on_the_page(tmp_path):
    found = found_words()
    assert [word.word for word in found.filter(min_entropy=1.2)] == ["北京"]
    data = report_of(found.filter(min_entropy=1.2), tmp_path / "words.html")
    # the words that pass at the threshold are those of the result
    (threshold,) = [t for t in data["thresholds"] if t["column"] == "freedom"]
    freedom = column_of(data, "freedom")
    kept = [row for row, value in enumerate(freedom) if value >= threshold["value"]]
    assert kept == [0]
    assert column_of(data, "word") == ["北京", "欢迎"]
    assert ["Words", "1"] in data["facts"]
    # what was excluded is nowhere
    others = report_of(found.filter(exclude=["欢迎"]), tmp_path / "others.html")
    assert column_of(others, "word") == ["北京"]
    # the best few are asked for: no others
    few = found.filter(min_entropy=1.2, top=1)
    assert column_of(report_of(few, tmp_path / "few.html"), "word") == ["北京"]


def test_a_report_has_no_more_words_than_asked_for(tmp_path):
    found = found_words()
    data = report_of(found, tmp_path / "words.html", limit=1)
    assert column_of(data, "word") == ["北京"]
    assert ["In this report", "the first 1"] in data["facts"]
    with pytest.raises(ValueError, match="`limit` must be an integer >= 1, got 0"):
        found.report(tmp_path / "words.html", limit=0)


def test_contexts_stand_with_their_words(tmp_path):
    texts = ["北京欢迎你", "我爱北京"]
    contexts = nlpzero.concordance(texts, ["北京"])
    data = report_of(found_words(), tmp_path / "words.html", contexts=contexts)
    assert data["contexts"] == [[["", "北京", "欢迎你"], ["我爱", "北京", ""]]]
    assert report_of(found_words(), tmp_path / "words.html")["contexts"] == []


def test_no_words_are_a_report_too(tmp_path):
    data = report_of(nlpzero.discover_words(["好"]), tmp_path / "words.html")
    assert data["rows"] == 0


# --- of a comparison


def test_a_report_of_a_comparison(tmp_path):
    found = nlpzero.compare_counts(
        {"猫": 9, "的": 5.5, "<b>": 1}, {"狗": 8, "的": 6, "<b>": 1, "鱼": 1}
    )
    data = report_of(found, tmp_path / "words.html", source="A: cats, B: dogs")
    assert column_of(data, "word") == [row.word for row in found]
    assert column_of(data, "count_a") == [row.count_a for row in found]
    for name in ("g2", "z", "log_ratio", "p", "q"):
        expected = [float(format(getattr(row, name), ".6g")) for row in found]
        assert column_of(data, name) == expected
    assert column_of(data, "strength") == [abs(value) for value in column_of(data, "g2")]
    # of few words the most characteristic ones, in their order
    data = report_of(found, tmp_path / "few.html", limit=2)
    assert column_of(data, "word") == ["猫", "狗"]
    assert ["In this report", "2 with the largest g2"] in data["facts"]
    assert report_of(nlpzero.compare_counts({}, {}), tmp_path / "none.html")["rows"] == 0
    with pytest.raises(ValueError, match="`limit` must be"):
        found.report(tmp_path / "words.html", limit=0)


# --- of rules


def test_a_report_of_rules(tmp_path):
    baskets = [["茶", "奶"], ["茶", "奶", "<b>"], ["茶"], ["<b>"]]
    rules = nlpzero.apriori(baskets, 0.2, 0.5)
    data = report_of(rules, tmp_path / "rules.html", details=[("transactions", "4")])
    sides = [
        [tuple(data["items"][item] for item in side) for side in column_of(data, name)]
        for name in ("antecedent", "consequent")
    ]
    assert sides == [[r.antecedent for r in rules], [r.consequent for r in rules]]
    assert column_of(data, "lift") == [float(format(r.lift, ".6g")) for r in rules]
    assert column_of(data, "conviction")[0] == "inf"
    assert data["network"] == ["antecedent", "consequent", "lift"]
    assert dict(data["details"])["About this run"] == [["transactions", "4"]]
    assert len(column_of(report_of(rules, tmp_path / "r.html", limit=2), "lift")) == 2
    assert report_of(nlpzero.Rules(), tmp_path / "none.html")["rows"] == 0
    with pytest.raises(ValueError, match="`limit` must be"):
        rules.report(tmp_path / "rules.html", limit=0)
