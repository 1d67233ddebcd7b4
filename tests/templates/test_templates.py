"""Templates as values, their files, and how they are found: against listing every path."""

import itertools
import os
import random
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero.words.word_ids
from nlpzero import (
    Corpus,
    CorpusError,
    FoundTemplate,
    LinkThresholds,
    ResourceError,
    Resources,
    Template,
    TemplateTable,
    WorkerError,
    find_templates,
    read_templates,
)
from nlpzero.segmentation.base import SymbolSegmenter
from nlpzero.templates.path_kernels import find_paths, narrow
from nlpzero.text.alphabet import Alphabet, SymbolStream
from tests.templates.oracles import all_paths, find, narrowed

SAMPLES = Path(__file__).parents[2] / "data" / "samples"

# --- the value


def test_placeholders_side_by_side_are_one() -> None:
    assert Template((None, None, "的", None, None)).elements == (None, "的", None)


@pytest.mark.parametrize(
    ("text", "trivial"),
    [("[X] 的 [X]", True), ("的", True), ("[X] 吗", False), ("我 [X]", False), ("我 是", False)],
)
def test_trivial(text: str, trivial: bool) -> None:
    assert Template.from_text(text).trivial is trivial


@given(
    st.lists(st.none() | st.text(min_size=1, max_size=4), min_size=1, max_size=5).filter(
        lambda e: any(w is not None for w in e)
    )
)
def test_text_leads_back(elements: list[str | None]) -> None:
    template = Template(tuple(elements))
    assert Template.from_text(str(template)) == template
    assert "\t" not in str(template) and "\n" not in str(template)


def test_a_word_that_looks_like_a_placeholder() -> None:
    assert str(Template(("[X]", None))) == "\\[X] [X]"


def test_misused_templates_are_named() -> None:
    with pytest.raises(TypeError, match="from_text"):
        Template("我 [X]")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got 3"):
        Template(("我", 3))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must not be empty"):
        Template(("",))
    with pytest.raises(ValueError, match="at least one word"):
        Template(())
    with pytest.raises(ValueError, match="at most 1000"):
        Template(("的",) * 1001)
    with pytest.raises(ValueError, match="unknown escape"):
        Template.from_text("a\\q")


# --- files


def test_read_by_hand_and_by_machine() -> None:
    rows = read_templates(
        [
            "template\tcount\tfrequency\texamples",
            "[X] 吗\t3\t0.25\t好 吗 | 去 吗",
            "",
            '{"template": "我 [X]", "count": 2, "frequency": 0.5, "examples": ["我 去"]}',
            "a\\\\sb\t1\t0.25",
        ]
    )
    assert rows == [
        FoundTemplate(Template.from_text("[X] 吗"), 3, 0.25, ("好 吗", "去 吗")),
        FoundTemplate(Template.from_text("我 [X]"), 2, 0.5, ("我 去",)),
        FoundTemplate(Template(("a b",)), 1, 0.25, ()),
    ]
    assert [row.frequency for row in read_templates(["\ufeff[X] 吗\t3", "我 [X]\t1"])] == [
        0.75,
        0.25,
    ]
    assert read_templates([]) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[X] 吗", "expected `template<TAB>count`"),
        ("[X] 吗\tmany", "expected `template<TAB>count`"),
        ("[X] 吗\t0", "at least 1"),
        ("[X] 吗\t3\t1.5", r"in \(0, 1\]"),
        ("[X]\t3", "at least one word"),
        ("a\\\\q\t3", "unknown escape"),
        ('{"template": "[X] 吗"}', "expected `template<TAB>count`"),
        ("{nonsense", "expected `template<TAB>count`"),
    ],
)
def test_bad_lines_are_named(line: str, message: str) -> None:
    with pytest.raises(CorpusError, match=rf"t\.tsv:2: .*{message}"):
        read_templates(["我 [X]\t1", line], "t.tsv")


def test_one_string_is_not_lines() -> None:
    with pytest.raises(TypeError, match="got one string"):
        read_templates("我 [X]\t1")


# --- paths


LINKS = st.integers(1, 9).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.integers(1, 4).flatmap(
            lambda window: st.tuples(
                st.just(window),
                st.sets(
                    st.tuples(st.integers(0, n), st.integers(1, window)).map(
                        lambda link: (link[0], link[0] + link[1])
                    )
                ).map(lambda edges: {(i, j) for i, j in edges if j < n}),
            )
        ),
    )
)


def as_bits(edges: set[tuple[int, int]], n: int) -> np.ndarray:
    links = np.zeros(n, np.int64)
    for i, j in edges:
        links[i] |= 1 << (j - i - 1)
    return links


@given(LINKS, st.integers(1, 5))
def test_narrowing_counts_paths_instead_of_listing_them(
    graph: tuple[int, tuple[int, set[tuple[int, int]]]], most: int
) -> None:
    n, (window, edges) = graph
    links = as_bits(edges, n)
    expected = narrowed(edges, n, window, most)
    assert narrow(links, window, most) == (expected != edges)
    assert links.tolist() == as_bits(expected, n).tolist()


def one_clause(n: int, window: int, most: int) -> tuple[np.ndarray, ...]:
    """Paths of a clause of n words that are all linked with each other."""
    ids = np.array([*range(1, n + 1), 0], np.int32)
    seconds = [b for a in range(1, n + 1) for b in range(1, n + 1)]
    rows = np.arange(-1, n + 1) * n
    rows[0] = 0
    return find_paths(ids, window, rows.astype(np.int64), np.array(seconds, np.int32), most)


def test_the_number_of_paths_of_the_seed() -> None:
    """A fully linked clause, window 5; the seed lists 203,513 paths for 20 words."""
    for n, expected in ((10, 236), (14, 3525), (18, 52656)):
        assert len(one_clause(n, 5, 1 << 20)[0]) == expected


def test_a_fully_linked_clause_of_sixty_words_does_not_explode() -> None:
    hashes, ends, places, _, _, narrowed_clauses = one_clause(60, 5, 64)
    assert len(hashes) == 1  # only neighbours are left: even links of two words make 10 ** 12 paths
    assert places.tolist() == list(range(60)) and ends.tolist() == [0, 60]
    assert narrowed_clauses == 1


@given(LINKS)
def test_paths_are_all_maximal_paths(graph: tuple[int, tuple[int, set[tuple[int, int]]]]) -> None:
    n, (window, edges) = graph
    ids = np.arange(1, n + 1, dtype=np.int32)
    pairs = sorted((i + 1, j + 1) for i, j in edges)
    rows = np.searchsorted([i for i, _ in pairs], np.arange(n + 2)).astype(np.int64)
    seconds = np.array([j for _, j in pairs], np.int32)
    hashes, ends, places, clauses, lone, _ = find_paths(ids, window, rows, seconds, 1 << 20)
    found = [tuple(places[a:b].tolist()) for a, b in itertools.pairwise(ends)]
    assert sorted(found) == sorted(all_paths(edges, n))
    assert len(set(hashes.tolist())) == len(hashes)
    assert clauses.tolist() == [0, n] * len(hashes) and lone == 0


def test_files_with_variants() -> None:
    line = "[X] 很 好\t9\t0.09\tx 很 好\t12.5\t6 [X] 很 好 | 2 很 好 | 1 很 好 [X]"
    rows = read_templates(["template\tcount\tfrequency\texamples\tsaving\tvariants", line])
    assert [(str(row.template), row.count, row.frequency) for row in rows] == [
        ("[X] 很 好", 6, 0.06),
        ("很 好", 2, 0.02),
        ("很 好 [X]", 1, 0.01),
    ]
    assert rows[0].examples == ("x 很 好",) and rows[1].examples == ()
    assert [row.saving for row in rows] == [None] * 3
    (alone,) = read_templates(["[X] 吗\t3\t0.5\t\t-1.5\t3 [X] 吗"])
    assert alone.saving == -1.5
    nested = '{"template": "[X] 吗", "count": 3, "variants": [{"template": "吗", "count": 3}]}'
    assert read_templates([nested]) == [FoundTemplate(Template(("吗",)), 3, 1.0)]


@pytest.mark.parametrize(
    "line",
    [
        "[X] 吗\t3\t0.5\t\t1\t2 [X] 吗",
        "[X] 吗\t3\t0.5\t\t1\t3[X] 吗",
        "[X] 吗\t3\t0.5\t\t1\t4 [X] 吗 | -1 吗",
        "[X] 吗\t3\t0.5\t\t1\t3",
        "[X] 吗\t3\t0.5\t\tmuch\t3 [X] 吗",
        f"[X] 吗\t{9**99}\t1e-300\t\t1\t{9**99} [X] 吗",
        f"[X] 吗\t{9**999}\t0.5\t\t1\t{9**999} [X] 吗",
        '{"template": "[X] 吗", "count": 3, "variants": 3}',
        '{"template": "[X] 吗", "count": 3, "variants": ["吗"]}',
        '{"template": "[X] 吗", "count": 3, "saving": "much"}',
    ],
)
def test_bad_variants_are_named(line: str) -> None:
    with pytest.raises(CorpusError, match=r"mine:1: expected"):
        read_templates([line], "mine")


# --- finding


def as_counts(table: TemplateTable) -> dict[tuple[str | None, ...], int]:
    return {row.template.elements: row.count for row in (*table.templates, *table.trivial)}


WORDS = st.sampled_from("aabbcd")


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=7), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.02, 0.1]),
    st.sampled_from([-0.5, 0.0, 0.4]),
    st.integers(1, 3),
)
@settings(max_examples=80)
def test_equals_listing_everything(
    clauses: list[list[str]], window: int, min_frequency: float, min_pmi: float, min_count: int
) -> None:
    # an irrational nudge keeps sums of logarithms from standing exactly at the threshold
    min_pmi += 1e-7
    expected, total = find(clauses, window, min_frequency, min_pmi, min_count)
    table = find_templates(
        [" ".join(clause) for clause in clauses],
        "whitespace",
        window=window,
        links=LinkThresholds(min_frequency=min_frequency, min_pmi=min_pmi, max_paths=1 << 20),
        min_template_frequency=min_frequency,
        min_count=min_count,
    )
    assert table.total == total
    assert as_counts(table) == {
        elements: count
        for elements, count in expected.items()
        if count >= min_count and count / total > min_frequency
    }
    assert (table.words, table.clauses) == (sum(map(len, clauses)), len(clauses))
    for row in (*table.templates, *table.trivial):
        assert row.frequency == row.count / total


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough text for several shards: lines of a sample, drawn at random, characters as words."""
    path = tmp_path_factory.mktemp("text") / "reviews.txt"
    lines = (SAMPLES / "reviews.txt").read_text("utf-8").splitlines()
    spaced = [" ".join(line.replace(" ", "")) + "\n" for line in lines]
    path.write_text("".join(random.Random(1).choices(spaced, k=9600)), "utf-8")
    assert path.stat().st_size > 2 << 20
    return path


def test_same_for_every_number_of_jobs_and_memory(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = find_templates(Corpus(text), "whitespace", links=LinkThresholds(min_pmi=1))
    assert len(whole) > 20
    assert (
        find_templates(
            Corpus(text),
            "whitespace",
            links=LinkThresholds(min_pmi=1),
            resources=Resources(jobs=2, memory="1G"),
        )
        == whole
    )
    # many small parts, and more of them than files may be open
    monkeypatch.setattr("nlpzero.words.sorted_frames.FAN_IN", 2)
    monkeypatch.setattr(nlpzero.words.word_ids, "_LEAST_TOKENS", 50_000)
    monkeypatch.setattr(nlpzero.words.word_ids, "_LEAST_WORDS", 500)
    small = find_templates(
        Corpus(text),
        "whitespace",
        links=LinkThresholds(min_pmi=1),
        resources=Resources(memory="16M"),
    )
    assert small == whole


def test_no_temporary_files_stay(text: Path, tmp_path: Path) -> None:
    find_templates(Corpus(text), "whitespace", resources=Resources(tmpdir=tmp_path))
    with pytest.raises(WorkerError):
        find_templates(Corpus(text), lambda line: [1], resources=Resources(tmpdir=tmp_path))  # type: ignore[list-item]
    assert os.listdir(tmp_path) == []


class EveryCharacter(SymbolSegmenter):
    """Every Han character is a word."""

    method = "every-character"

    def _cut(self, stream: SymbolStream) -> np.ndarray:
        return np.ones(len(stream.symbols), np.bool_)

    def _state(self) -> tuple[dict[str, object], dict[str, np.ndarray]]:
        return {}, {}

    @classmethod
    def _from_state(cls, header: object, arrays: object, alphabet: Alphabet) -> "EveryCharacter":
        return cls(alphabet)


def test_a_segmenter_is_a_tokenizer() -> None:
    """We go today, we go together, at 9:30: marks end clauses, numbers are words."""
    table = find_templates(
        ["我今天去，我一起去9:30。"] * 3,
        EveryCharacter(Alphabet()),
        links=LinkThresholds(min_pmi=99),
    )
    assert (table.words, table.clauses) == (3 * 9, 6)
    assert {str(row.template): row.count for row in table} == {"我 [X]": 6}
    assert table.templates[0].examples == ("我 今 天 去", "我 一 起 去 9:30")
    again = find_templates(
        ["我今天去", "，我一起去9:30"] * 3,
        EveryCharacter(Alphabet()),
        links=LinkThresholds(min_pmi=99),
    )
    assert again.words == table.words and list(again) == list(table)


def test_examples_are_the_first_different_clauses() -> None:
    lines = ["b x 吗", "a x 吗", "b x 吗", "c x 吗", "d x 吗", "e x 了"] * 2
    table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=9))
    row = next(row for row in table if str(row.template) == "[X] 吗")
    assert (row.count, row.examples) == (10, ("b x 吗", "a x 吗", "c x 吗"))


def test_very_long_clauses_are_no_examples() -> None:
    lines = [" ".join("abcdefghij" * 7) + " 吗", "好 吗"] * 5
    table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=99))
    assert next(r for r in table if str(r.template) == "[X] 吗").examples == ("好 吗",)


def test_marks_and_line_ends_end_clauses() -> None:
    lines = ["a b ， c d", "a b 。。。 —— c d", "……", "", "a b \U0001f600 c d"] * 2
    table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=0), min_count=1)
    assert table.clauses == 12 and table.words == 24
    assert as_counts(table) == {("a", "b"): 6, ("c", "d"): 6}


def test_words_of_any_characters() -> None:
    words = ["a\nb", "\\n", "𠮷𠮷", "[X]", "x y"]
    table = find_templates(
        ["line"] * 6, lambda line: [*words, "\\"], links=LinkThresholds(min_pmi=99)
    )
    assert table.words == 6 * len(words)  # a backslash is a mark
    assert {row.template.words for row in (*table.templates, *table.trivial)} == {
        (word,) for word in words
    }


def test_empty_text_has_no_templates() -> None:
    for texts in ([], [""], ["，。！"]):
        table = find_templates(texts, "whitespace")
        assert list(table) == [] and table.trivial == () and table.total == 0


def test_sorted_by_count_then_elements() -> None:
    table = find_templates(
        ["b 吗", "a 吗", "a 了", "b 了"] * 3, "whitespace", links=LinkThresholds(min_pmi=9)
    )
    rows = [(row.count, str(row.template)) for row in table]
    assert rows == [(6, "[X] 了"), (6, "[X] 吗"), (6, "a [X]"), (6, "b [X]")]


def test_a_failing_tokenizer_says_where(tmp_path: Path) -> None:
    path = tmp_path / "three.txt"
    path.write_text("一\n二\n三\n", "utf-8")

    def fails(line: str) -> list[str]:
        if line == "二":
            raise KeyError(line)
        return [line]

    with pytest.raises(WorkerError, match=r"three\.txt:2: .*KeyError"):
        find_templates(Corpus(path), fails)
    with pytest.raises(WorkerError, match="not many tokens"):
        find_templates(Corpus(path), str.strip)
    with pytest.raises(WorkerError, match="no_such"):
        find_templates(Corpus(path), "no_such_module:cut")


def test_misuse_is_named() -> None:
    with pytest.raises(TypeError, match="str"):
        find_templates("我 好", "whitespace")
    for option, value in (
        ("window", 0),
        ("window", 33),
        ("min_template_frequency", 2),
        ("min_count", 0),
    ):
        with pytest.raises(ValueError, match=f"`{option}` must"):
            find_templates(["我 好"], "whitespace", **{option: value})  # type: ignore[arg-type]
    for option, value in (
        ("min_frequency", 1.5),
        ("min_frequency", -0.1),
        ("min_pmi", float("nan")),
        ("max_paths", 0),
    ):
        with pytest.raises(ValueError, match=f"`{option}` must"):
            LinkThresholds(**{option: value})  # type: ignore[arg-type]


class Elsewhere(ThreadPoolExecutor):
    """Workers that do not see our disk."""

    def submit(self, *args: Any, **kwargs: Any) -> "Future[Any]":
        return super().submit(bool, 0)


def test_workers_elsewhere_need_a_common_folder(tmp_path: Path) -> None:
    lines = ["甲 可以 吃 吗", "乙 可以 喝 吗", "丙 丁 可以 用 吗"] * 3
    here = find_templates(lines, "whitespace")
    with ThreadPoolExecutor(2) as pool:
        there = find_templates(lines, "whitespace", resources=Resources(executor=pool))
    assert as_counts(there) == as_counts(here)
    with Elsewhere(1) as pool, pytest.raises(ResourceError, match="that all machines share"):
        find_templates(lines, "whitespace", resources=Resources(executor=pool, tmpdir=tmp_path))


def test_counts_of_parts_add_up() -> None:
    """Any way of splitting the text gives the same counts, as long as the links are the same."""
    lines = ["甲 可以 吃 吗", "乙 可以 喝 吗", "我 去"] * 4
    one = as_counts(
        find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=99), min_count=1)
    )
    two = Counter(
        as_counts(
            find_templates(lines[:5], "whitespace", links=LinkThresholds(min_pmi=99), min_count=1)
        )
    )
    two.update(
        as_counts(
            find_templates(lines[5:], "whitespace", links=LinkThresholds(min_pmi=99), min_count=1)
        )
    )
    assert one == two
