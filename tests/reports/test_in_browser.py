"""Reports in a real browser: they load, sort, search, follow their thresholds, and run nothing that
came from a text.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import nlpzero
from nlpzero.reports.page import Column, write_page
from tests.browser import Browser, browser, programs
from tests.reports.pages import HOSTILE, many_words, words_page

pytestmark = pytest.mark.skipif(
    programs() is None, reason="needs Chromium and chromedriver, which are not installed"
)

WORDS = "#table tbody button.name"
STATUS = "return document.getElementById('status').textContent"
ENTER, RIGHT = "\ue007", "\ue014"


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(window: Browser) -> Iterator[Browser]:
    """The window, whose console must be silent after the test."""
    window.resize(1280, 900)
    yield window
    assert window.complaints() == []


def opened(page: Browser, path: Path, rows: str) -> None:
    """Load a file, and wait until it says how many rows it has."""
    page.open(path)
    page.wait(f"{STATUS} === arguments[0]", rows)


def cells(page: Browser, column: int) -> list[str]:
    return page.texts(f"#table tbody tr[data-row] td:nth-child({column})")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.replace(",", "").replace("−", "-")) for text in texts]


def put(page: Browser, selector: str, value: str) -> None:
    """Move a slider or fill a field, as a user does."""
    page.run(
        "const e = document.querySelector(arguments[0]); e.value = arguments[1];"
        "e.dispatchEvent(new Event('input', {bubbles: true}))",
        selector,
        value,
    )


def test_sorting_searching_and_thresholds(page, tmp_path):
    words = many_words(3000)
    write_page(words_page(words), tmp_path / "page.html")
    passing = sum(not (i % 5 and i % 7 < 2) for i in range(3000))  # as in words_page: entropy
    opened(page, tmp_path / "page.html", f"{passing:,} of 3,000 words")
    assert page.text("h1") == "Words <b>found</b>"
    assert page.texts(WORDS)[0] == words[0]
    # only what can be seen are elements
    assert len(page.texts(WORDS)) < 100

    # sorted, with the mouse and with keys
    page.click("th button[data-key=pmi]")
    page.wait("return document.querySelector('[aria-sort=descending] [data-key=pmi]') !== null")
    pmi = numbers(cells(page, 4))
    assert pmi == sorted(pmi, reverse=True)
    page.type("th button[data-key=pmi]", ENTER)
    page.wait("return document.querySelector('[aria-sort=ascending] [data-key=pmi]') !== null")
    pmi = numbers(cells(page, 4))
    assert pmi == sorted(pmi)
    page.click("th button[data-key=word]")
    page.wait("return document.querySelector('[aria-sort=ascending] [data-key=word]') !== null")
    names = page.texts(WORDS)
    assert names == sorted(names)
    # further down there are other rows
    page.run("document.getElementById('scroller').scrollTop = 20000")
    page.wait(
        "return document.querySelector(arguments[0]).textContent > arguments[1]", WORDS, names[-1]
    )

    page.click("#reset")
    page.wait(
        "return document.querySelector(arguments[0]).textContent === arguments[1]", WORDS, words[0]
    )
    page.type("#search", words[7][:2])
    found = [w for i, w in enumerate(words) if words[7][:2] in w and not (i % 5 and i % 7 < 2)]
    page.wait(f"{STATUS}.startsWith(arguments[0])", f"{len(found)} of")
    assert page.texts(WORDS) == found

    page.click("#reset")
    page.wait(f"{STATUS}.startsWith(arguments[0])", f"{passing:,} of")
    # a slider, moved: rows, plots and the command line follow
    drawn = "return document.getElementById('scatter-plot').toDataURL()"
    before = page.run(drawn)
    put(page, "input[type=range][data-column=entropy]", "900")
    page.wait(f"return Number({STATUS[7:]}.split(' ')[0].replace(',', '')) < arguments[0]", passing)
    entropy = [text for text in cells(page, 8) if text != "–"]
    least = float(page.run("return document.getElementById('field-entropy').value"))
    assert entropy and min(numbers(entropy)) >= least > 1
    assert page.run(drawn) != before
    assert page.text("#command code") == f"--min-entropy {least:g}"
    # a field, typed into
    page.type("#field-count", "2990")
    page.wait("return document.getElementById('command').textContent.includes('--min-count 2990')")
    assert min(numbers(cells(page, 3))) >= 2990
    # a slider, with keys
    page.run("document.getElementById('reset').click()")
    page.wait(f"{STATUS}.startsWith(arguments[0])", f"{passing:,} of")
    page.type("input[type=range][data-column=count]", RIGHT)
    page.wait("return document.getElementById('field-count').value !== ''")
    # nothing passes, and that is said
    page.type("#search", "nothing like it")
    page.wait(f"{STATUS}.startsWith('0 of')")
    assert "No words pass" in page.text("#table tbody")


def test_the_evidence_of_a_word(page, tmp_path):
    words = many_words(40)
    write_page(words_page(words, thresholds=[]), tmp_path / "page.html")
    opened(page, tmp_path / "page.html", "40 of 40 words")
    page.click(WORDS)
    page.wait("return document.querySelector('#detail .name') !== null")
    assert page.text("#detail .name") == words[0]
    assert page.text("#detail .contexts b") == words[0]
    # the pointer over a point: the same beside it
    place = page.run(
        "const {left, top} = document.getElementById('scatter-plot').getBoundingClientRect();"
        "return [left + scatter.xs[3], top + scatter.ys[3]]"
    )
    page.command("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": place[0], "y": place[1]})
    page.wait("return !document.getElementById('tip').hidden")
    assert page.text("#tip .name") in words
    assert page.text("#tip .values dd")


def test_hostile_items_are_text(page, tmp_path):
    write_page(
        words_page(HOSTILE, thresholds=[], title=HOSTILE[0], source=HOSTILE[1]),
        tmp_path / "page.html",
    )
    opened(page, tmp_path / "page.html", f"{len(HOSTILE)} of {len(HOSTILE)} words")
    shown = page.texts(WORDS)
    assert shown == [
        word.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for word in HOSTILE
    ]
    page.click(WORDS)
    page.wait("return document.querySelector('#detail .name') !== null")
    assert page.text("#detail .name") == page.text("h1") == HOSTILE[0]
    assert page.run("return window.attacked === undefined")
    assert page.run("return document.querySelectorAll('script').length") == 2
    assert page.run("return document.querySelectorAll('img').length") == 0
    # searched for and sorted, too
    page.type("#search", "<script>alert")
    page.wait(f"{STATUS}.startsWith('1 of')")
    assert page.texts(WORDS) == [HOSTILE[0]]


def test_rules_have_a_network(page, tmp_path):
    baskets = [["茶", "奶"], ["茶", "奶", HOSTILE[0]], ["茶"], [HOSTILE[0], '"糕" & <b>']]
    rules = nlpzero.apriori(baskets, 0.2, 0.4)
    rules.report(tmp_path / "rules.html")
    opened(page, tmp_path / "rules.html", f"{len(rules)} of {len(rules)} rules")
    labels = page.run(
        "const nodes = [...document.querySelectorAll('#network .node')];"
        "return nodes.map((node) => node.getAttribute('aria-label'))"
    )
    assert sorted(label.split(": in")[0] for label in labels) == sorted(
        {i for b in baskets for i in b}
    )
    assert len(page.texts("#network .edge")) > 3
    # an item is searched for
    page.run("document.querySelector('#network .node').dispatchEvent(new Event('click'))")
    page.wait("return document.getElementById('search').value !== ''")
    page.wait(f"{STATUS} !== arguments[0]", f"{len(rules)} of {len(rules)} rules")
    assert page.run("return window.attacked === undefined")
    assert page.run("return document.querySelectorAll('script').length") == 2


def test_a_comparison_has_bars_to_both_sides(page, tmp_path):
    counts = [{"猫": 9, "的": 5, HOSTILE[0]: 3}, {"狗": 8, "的": 6}]
    nlpzero.compare_counts(*counts).report(tmp_path / "words.html")
    opened(page, tmp_path / "words.html", "4 of 4 words")
    page.click("th button[data-key=g2]")
    page.wait("return document.querySelector('[aria-sort=descending] [data-key=g2]') !== null")
    g2 = numbers(cells(page, 4))
    assert g2 == sorted(g2, reverse=True)
    sides = page.run(
        "const bars = [...document.querySelectorAll('#table tr[data-row] td:nth-child(4) .bar')];"
        "return bars.map((bar) => bar.classList.contains('less'))"
    )
    assert sides == [value < 0 for value in g2]
    assert {True, False} == set(sides)


@pytest.mark.parametrize("width", [1280, 400])
def test_pages_fit_the_screen(page, tmp_path, width):
    page.resize(width, 800)
    write_page(words_page([*many_words(50), "长" * 400]), tmp_path / "words.html")
    nlpzero.apriori([["茶" * 80, "奶"], ["茶" * 80, "奶"], ["糕"]], 0.2, 0.4).report(
        tmp_path / "rules.html"
    )
    for name in ("words.html", "rules.html"):
        page.open(tmp_path / name)
        page.wait(f"{STATUS} !== ''")
        page.run("document.querySelector('#table tbody tr[data-row]').click()")
        assert page.run("return document.documentElement.scrollWidth") <= width


def test_light_and_dark(page, tmp_path):
    write_page(words_page(many_words(50)), tmp_path / "page.html")
    page.open(tmp_path / "page.html")
    papers = []
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        papers.append(page.run("return getComputedStyle(document.body).backgroundColor"))
    light, dark = (sum(map(int, paper[4:-1].split(","))) for paper in papers)
    assert dark < 150 and light > 600


def test_an_empty_page_is_one(page, tmp_path):
    write_page(words_page([]), tmp_path / "page.html")
    opened(page, tmp_path / "page.html", "0 of 0 words")


def test_a_map_and_neighbours(page, tmp_path):
    words = many_words(60)
    plain = words_page(words, thresholds=[])
    places = [(i % 10, i // 10 * 2) for i in range(59)] + [(math.nan, math.nan)]
    across, up = (list(axis) for axis in zip(*places, strict=True))
    columns = [*plain.columns, Column("mx", "across", across), Column("my", "up", up)]
    near = [[(7, 0.9), (3, 0.5)]]
    shown = replace(plain, columns=columns, map=("mx", "my"), neighbours=near)
    write_page(shown, tmp_path / "page.html")
    opened(page, tmp_path / "page.html", "60 of 60 words")
    page.click("#scatter-map")
    assert page.run("return document.getElementById('scatter-x').value") == "mx"
    # as long across as up, within the plot; what has no place is not there
    xs, ys = page.run("return [[...scatter.xs], [...scatter.ys]]")
    assert xs[9] - xs[0] == pytest.approx(9 / 10 * (ys[0] - ys[50]), rel=1e-3)
    shown_rows = page.run("return [...scatter.grid.values()].flat().sort((a, b) => a - b)")
    assert shown_rows == list(range(59))
    page.click(WORDS)
    page.wait("return document.querySelectorAll('#detail .neighbours button').length === 2")
    assert page.texts("#detail .neighbours button") == [words[7], words[3]]
    page.click("#detail .neighbours button")
    page.wait(
        "return document.querySelector('#detail .name').textContent === arguments[0]", words[7]
    )
    page.click("#scatter-map")
    assert page.run("return document.getElementById('scatter-x').value") == "pmi"
