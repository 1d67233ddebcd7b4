"""What stands in placeholders: against looking at every path of every clause."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpzero.words.word_ids
from nlpzero import LinkThresholds, Resources, Template, TemplateTable, find_templates
from nlpzero.templates.fillers import log_likelihood_ratio
from tests.templates.oracles import Elements, matches

LINKS = LinkThresholds(min_frequency=0, min_pmi=-0.3 + 1e-7, max_paths=1 << 20)


def strong_pairs(clauses: list[list[str]], window: int) -> set[tuple[str, str]]:
    pairs = Counter(
        (clause[i], clause[j])
        for clause in clauses
        for i in range(len(clause))
        for j in range(i + 1, min(i + window + 1, len(clause)))
    )
    words = Counter(word for clause in clauses for word in clause)
    return {
        (a, b)
        for (a, b), n in pairs.items()
        if math.log(n / pairs.total())
        - math.log(words[a] / words.total() * words[b] / words.total())
        > LINKS.min_pmi
    }


def paths(
    clause: list[str], strong: set[tuple[str, str]], window: int
) -> Iterator[tuple[int, ...]]:
    n = len(clause)
    after = {
        i: [j for j in range(i + 1, min(i + window + 1, n)) if (clause[i], clause[j]) in strong]
        for i in range(n)
    }
    inner = {j for targets in after.values() for j in targets}

    def onward(i: int) -> Iterator[tuple[int, ...]]:
        if not after[i]:
            yield (i,)
        for j in after[i]:
            for rest in onward(j):
                yield (i, *rest)

    for i in range(n):
        if i not in inner:
            yield from onward(i)


def slow_fillers(
    clauses: list[list[str]], window: int, wanted: set[Elements]
) -> dict[tuple[Elements, int], Counter[tuple[str, ...]]]:
    """Contents of the slots of the wanted cores."""
    strong = strong_pairs(clauses, window)
    found: dict[tuple[Elements, int], Counter[tuple[str, ...]]] = defaultdict(Counter)
    for clause in clauses:
        for path in paths(clause, strong, window):
            core: list[str | None] = []
            for before, place in zip((None, *path), path, strict=False):
                if before is not None and place > before + 1:
                    core.append(None)
                core.append(clause[place])
            if tuple(core) not in wanted:
                continue
            begin = 0
            for slot, place in enumerate((*path, len(clause))):
                if place > begin:
                    found[tuple(core), slot][tuple(clause[begin:place])] += 1
                begin = place + 1
    return found


def check(clauses: list[list[str]], window: int, each: int, longest: int) -> TemplateTable:
    table = find_templates(
        [" ".join(clause) for clause in clauses],
        "whitespace",
        window=window,
        links=LINKS,
        min_template_frequency=0,
        min_count=1,
        fillers=each,
        filler_words=longest,
    )
    # trivial variants of a core are not among those that are listed
    listed = {row.template.elements for row in table.templates}
    trivial = {row.template.core.elements for row in table.trivial}
    wanted = {head.core.elements for head in table.heads} - trivial
    expected = slow_fillers(clauses, window, wanted)
    sequences = Counter(
        tuple(clause[i : i + m])
        for clause in clauses
        for m in range(1, longest + 1)
        for i in range(len(clause) - m + 1)
    )
    totals = Counter(len(filler) for filler in sequences.elements())
    assert listed
    rows = defaultdict(list)
    for row in table.fillers:
        if row.template.core.elements in wanted:
            rows[row.template.core.elements, row.slot].append(row)
    assert set(rows) == {
        key for key, fillers in expected.items() if any(len(f) <= longest for f in fillers)
    }
    for key, found in rows.items():
        fillers = expected[key]
        short = {filler: n for filler, n in fillers.items() if len(filler) <= longest}
        ranked = sorted(short, key=lambda filler: (-short[filler], filler))
        for row in found:
            assert row.count == fillers[row.filler]
            assert row.share == pytest.approx(row.count / fillers.total())
            assert row.elsewhere == max(sequences[row.filler] - row.count, 0)
            rest = max(totals[len(row.filler)] - fillers.total(), row.elsewhere)
            g2 = log_likelihood_ratio(row.count, fillers.total(), row.elsewhere, rest)
            assert row.g2 == pytest.approx(g2)
        by_count = sorted((r for r in found if r.by_count), key=lambda r: r.by_count or 0)
        assert [r.filler for r in by_count] == ranked[:each]
        by_g2 = [r.g2 for r in sorted(found, key=lambda r: r.by_g2 or 99) if r.by_g2]
        assert by_g2 == sorted(by_g2, reverse=True) and len(by_g2) <= each
        assert all(g2 > 0 for g2 in by_g2)
    return table


WORDS = st.sampled_from("aabbcde")


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=7), min_size=3, max_size=12).filter(
        lambda clauses: any(len(clause) > 1 for clause in clauses)
    ),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 3),
)
@settings(max_examples=60)
def test_equal_to_looking_at_every_path(
    clauses: list[list[str]], window: int, each: int, longest: int
) -> None:
    check([*clauses, ["f", "g"]], window, each, longest)


LIKED = [f"{who} 很 喜欢" for who in ("孩子", "孩子", "我 妈妈", "我")]
LIKED += [f"我 {what}" for what in ("去", "来", "走", "看 书", "要")]
STRONG = LinkThresholds(min_pmi=0.5)


def test_what_is_liked() -> None:
    """Many 很 喜欢; only who does differs."""
    table = find_templates(LIKED * 2, "whitespace", links=STRONG, fillers=2)
    rows = [row for row in table.fillers if row.template == Template((None, "很", "喜欢"))]
    assert [(row.text, row.count, row.share, row.elsewhere, row.slot) for row in rows] == [
        ("孩子", 4, 0.5, 0, 0),
        ("我", 2, 0.25, 12, 0),
        ("我 妈妈", 2, 0.25, 0, 0),
    ]
    assert [(row.by_count, row.by_g2) for row in rows] == [(1, 1), (2, None), (None, 2)]
    assert rows[0].between == "[X] 很" and rows[0].g2 > rows[2].g2 > rows[1].g2


def test_slots_of_variants_are_counted_together() -> None:
    lines = []
    for inner, before, after, other in zip(
        "一二三四五", "甲乙丙丁戊", "abcde", "fghij", strict=True
    ):
        lines += [f"{before} 以 {inner} 为 {after}", f"以 {inner} 为 {other}", f"以 {inner} 为"]
    table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=0.5), fillers=1)
    (head,) = [head for head in table.heads if head.template.words == ("以", "为")]
    rows = [row for row in table.fillers if row.template == head.template]
    assert len(head.variants) == 3
    assert [(row.slot, row.between, row.text, row.count, row.share) for row in rows] == [
        (0, "[X] 以", "丁", 1, 0.2),
        (1, "以 [X] 为", "一", 3, 0.2),
        (2, "为 [X]", "a", 1, 0.1),
    ]


def test_the_same_for_any_jobs_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{a} 可以 {b} 吗" for a in "甲乙丙丁" for b in ("吃", "喝 水", "走")] * 700
    options = {"links": LinkThresholds(min_pmi=0.5), "fillers": 3}
    whole = find_templates(lines, "whitespace", **options)  # type: ignore[arg-type]
    assert whole.fillers
    monkeypatch.setattr(nlpzero.words.word_ids, "_LEAST_TOKENS", 5_000)
    small = find_templates(
        lines,
        "whitespace",
        resources=Resources(jobs=2, memory="16M"),
        **options,  # type: ignore[arg-type]
    )
    assert small == whole


def test_words_of_any_characters() -> None:
    def cut(line: str) -> list[str]:
        return ["x y", "可以", "[X]", "吗"]

    table = find_templates(["line"] * 6, cut, links=LinkThresholds(min_pmi=99), fillers=2)
    assert {row.text for row in table.fillers} == {"x\\sy 可以 \\[X]", "可以 \\[X] 吗"}
    assert {row.filler for row in table.fillers} == {("x y", "可以", "[X]"), ("可以", "[X]", "吗")}


def test_only_candidates_are_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one, the most frequent filler is the most characteristic one too."""
    monkeypatch.setattr("nlpzero.templates.fillers.CANDIDATES", 1)
    table = find_templates(LIKED * 2, "whitespace", links=STRONG, fillers=5)
    rows = [row for row in table.fillers if row.template.words == ("很", "喜欢")]
    assert [(row.text, row.count) for row in rows] == [("孩子", 4)]


# --- the measure


def test_log_likelihood_by_hand() -> None:
    """2 of 4 here, 1 of 6 elsewhere; expected are 1.2, 2.8, 1.8 and 4.2."""
    log = math.log
    expected = 2 * (2 * log(2 / 1.2) + 2 * log(2 / 2.8) + 1 * log(1 / 1.8) + 5 * log(5 / 4.2))
    assert log_likelihood_ratio(2, 4, 1, 6) == pytest.approx(expected)


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 500))
def test_the_sign_says_where_it_is_more_frequent(a: int, b: int, c: int, d: int) -> None:
    value = log_likelihood_ratio(a, a + b, c, c + d)
    here, there = a * (c + d), c * (a + b)
    if here != there:
        assert (value > 0) == (here > there) or abs(value) < 1e-9
    else:
        assert value == pytest.approx(0, abs=1e-9)


def test_misuse_is_named() -> None:
    for option, value in (("fillers", -1), ("filler_words", 0), ("filler_words", 17)):
        with pytest.raises(ValueError, match=f"`{option}` must"):
            find_templates(["我 好"], "whitespace", **{option: value})  # type: ignore[arg-type]


def test_the_matcher_agrees_with_the_slots() -> None:
    """A filler can be put back: the template matches the clause with it."""
    table = check([["a", "b", "c"], ["a", "d", "c"], ["a", "e", "c"], ["f", "g"]] * 2, 3, 3, 3)
    for row in table.fillers:
        head = next(head for head in table.heads if head.template == row.template)
        for variant in head.variants:
            slots = [i for i, e in enumerate(variant.template.elements) if e is None]
            words = list(variant.template.elements)
            if len(slots) == 1 and sum(e is not None for e in words[: slots[0]]) == row.slot:
                words[slots[0] : slots[0] + 1] = row.filler
                assert list(matches(variant.template.elements, words))  # type: ignore[arg-type]
