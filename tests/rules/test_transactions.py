"""Reading transactions, against plain Python."""

import itertools
import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import JsonLines, Lines, Pairs, Sentences
from nlpzero.rules import reading, spilling, transactions
from nlpzero.rules.transactions import BLANKS, SpilledTransactions
from tests.rules.inputs import read


def fields(line, separator):
    """Items of a line by the definition: quoted if a closing quote ends the item, else literal."""
    found = []
    while True:
        item = line.lstrip()
        rest = None
        if item.startswith('"'):
            i, value = 1, ""
            while i < len(item):
                if item[i : i + 2] == '""':
                    value += '"'
                    i += 2
                elif item[i] != '"':
                    value += item[i]
                    i += 1
                else:
                    rest = closed(item[i + 1 :], separator)
                    break
        if rest is None:
            value, found_separator, rest = line.partition(separator)
            more = bool(found_separator)
        else:
            more, rest = rest
        found.append(value)
        if not more:
            return found
        line = rest


def closed(tail, separator):
    """(whether more items follow, the rest) if the item ends here, else None."""
    for i in range(len(tail) + 1):
        if tail[i:].startswith(separator):
            return True, tail[i + len(separator) :]
        if i == len(tail):
            return False, ""
        if not tail[i].isspace():
            return None
    return None


def expected(text, separator):
    rows = []
    for line in text.split("\n"):
        items = line.split() if separator is None else fields(line, separator)
        row = {item.strip() for item in items} - set(BLANKS)
        if row:
            rows.append(row)
    return rows


def rows_of(transactions, entries=10**9):
    keep = np.ones(len(transactions.names), dtype=bool)
    names = transactions.names
    return [
        [names[i] for i in items[low:high]]
        for items, offsets in transactions.partitions(keep, entries)
        for low, high in itertools.pairwise(offsets)
    ]


atoms = st.sampled_from(
    [
        "a",
        "b",
        "中文",
        "abcdefg",
        "abcdefgh",
        "abcdefghijklmn",
        "abcdefghijklmno",
        "一二三四五六七八九十",
        "nan",
        "null",
        " x ",
        "\u3000全\u3000",
        "",
        "x\r",
        "z" * 512,
        "z" * 513,
        "𠮷",
        "\x00",
        "a\x00",
        '"q"',
        '"q,r"',
        '"a""b"',
        ' "q" ',
        '5" disk',
        '"open',
        '"x"y',
        '"a、b"',
        '"::"',
        '""',
        '"',
    ]
)
separators = st.sampled_from([",", ";", "\t", "、", "::", " ", None])


@given(st.lists(st.lists(atoms, max_size=6), max_size=10), separators, st.booleans(), st.data())
def test_lines_are_read_as_defined(rows, separator, ended, data):
    text = "\n".join((separator or " \t").join(row) for row in rows) + "\n" * ended
    raw = text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=3)))
    blocks = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    wanted = expected(text, separator)
    whole = read(blocks, Lines(separator))
    assert [set(row) for row in whole] == wanted
    assert len(whole) == len(wanted)
    memory = data.draw(st.sampled_from([1, 10**7]))
    with read(blocks, Lines(separator), memory=memory) as spilled:
        assert len(spilled) == len(wanted)
        assert spilled.dropped == whole.dropped
        assert sorted(spilled.names) == sorted(whole.names)
        found = rows_of(spilled, data.draw(st.integers(1, 20)))
        assert sorted(map(sorted, found)) == sorted(map(sorted, wanted))
        assert sorted(map(sorted, spilled)) == sorted(map(sorted, wanted))
        if wanted:
            assert isinstance(spilled, SpilledTransactions) == (memory == 1)
            assert dict(zip(spilled.names, spilled.counts().tolist(), strict=True)) == {
                name: sum(name in row for row in wanted) for name in spilled.names
            }


def test_a_short_item_first_seen_as_the_tail_of_a_long_one():
    # the 15 bytes end with the chunk "o", whose number must not stand for the item "o"
    found = read([b"abcdefghijklmno\n", b"o,p\n"])
    assert list(found) == [("abcdefghijklmno",), ("o", "p")]


def test_what_is_dropped_is_counted():
    found = read([b"a,a,b\na,b\na,a\n\nc,b,nan\n  \n,,\nnull\n"])
    assert list(found) == [("a", "b"), ("a", "b"), ("a",), ("b", "c")]
    # ",," is a row of three blank items; "nan" one more; four rows hold nothing
    assert found.dropped == transactions.Dropped(blank_items=4, blank_lines=4, repeats=2)


def test_excluded_items_are_counted_apart():
    found = read([b"a,b\nb\n"], exclude=["b"])
    assert list(found) == [("a",)]
    assert found.dropped == transactions.Dropped(blank_lines=1, excluded=2)


def test_without_quotes_a_quote_is_a_character():
    found = read([b'"a,b"\n'], Lines(quotes=False))
    assert list(found) == [('"a', 'b"')]


def test_more_distinct_items_than_a_table_begins_with():
    lines = [f"item {i},{i},x{i % 7}" for i in range(30_000)]
    found = read(["\n".join(lines).encode()], Lines())
    assert [sorted(row) for row in found] == [sorted(line.split(",")) for line in lines]


@pytest.mark.parametrize("separator", ["", "\n", '"'])
def test_impossible_separators_are_refused(separator):
    with pytest.raises(ValueError, match="separator"):
        Lines(separator)
    with pytest.raises(ValueError, match="separator"):
        Pairs("a", "b", separator)


def test_lists_of_anything():
    found = nlpzero.Transactions.from_lists([[1, "a "], [None, float("nan"), 2.5], [], (1,), {"a"}])
    assert list(found) == [("1", "a"), ("2.5",), ("1",), ("a",)]
    assert found.dropped.blank_items == 2
    assert found.counts().tolist() == [2, 2, 1]


@pytest.mark.parametrize("bad", ["abc", ["abc", ["a"]]])
def test_bare_strings_are_refused(bad):
    with pytest.raises(TypeError, match="bare string"):
        nlpzero.Transactions.from_lists(bad)


def test_arrays_are_checked():
    with pytest.raises(ValueError, match="ascending"):
        nlpzero.Transactions(np.array([1, 0]), np.array([0, 2]), ["a", "b"])
    with pytest.raises(ValueError, match="offsets"):
        nlpzero.Transactions(np.array([0, 1]), np.array([0, 1]), ["a", "b"])
    with pytest.raises(ValueError, match="items"):
        nlpzero.Transactions(np.array([0, 2]), np.array([0, 2]), ["a", "b"])
    assert list(nlpzero.Transactions(np.array([0, 1, 0]), np.array([0, 2, 3]), ["a", "b"])) == [
        ("a", "b"),
        ("a",),
    ]


def test_json_lines():
    text = '["a", "b,c", 3, 2.5, null, "a"]\n\n[]\n["\\u4e2d", true]\n'
    found = read([text.encode()], JsonLines())
    assert [set(row) for row in found] == [{"a", "b,c", "3", "2.5"}, {"中", "True"}]
    assert found.dropped == transactions.Dropped(blank_items=1, blank_lines=2, repeats=1)
    text = '{"id": 1, "items": ["a"]}\n{"id": 2, "items": ["b"]}\n'
    assert list(read([text.encode()], JsonLines("items"))) == [("a",), ("b",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["a"]\n["b"\n', "the input:2: not JSON"),
        ('["a"]\n\n"b"\n', "the input:3: .*array"),
        ('[["a"],\n[["b"]]]\n', "the input:2: .*array"),
        ('[["a"],\n["b"\n', "the input:.*no end"),
        ('["a"], ["b"]\n', "the input:1: not JSON"),
    ],
)
def test_bad_json_is_found(text, message):
    with pytest.raises(nlpzero.CorpusError, match=message):
        read([text.encode()], JsonLines())


def test_long_form():
    text = 'item;qty;"the id"\ntea;2;7\n"milk;fresh";1;8\n\ntea;3;8\ntea;1;8\n;1;9\n'
    for cut in range(0, len(text), 5):
        blocks = [text[:cut].encode(), text[cut:].encode()]
        found = read(blocks, Pairs("the id", "item", ";"))
        assert sorted(sorted(row) for row in found) == [["milk;fresh", "tea"], ["tea"]]
        assert found.dropped == transactions.Dropped(blank_items=1, blank_lines=1, repeats=1)


def test_long_form_by_number_and_with_a_second_header():
    assert list(read([b"1,a\n2,b\n1,c\n"], Pairs(1, 2))) == [
        ("a", "c"),
        ("b",),
    ]
    twice = b"id,item\n1,a\nid,item\n2,b\n"
    assert list(read([twice], Pairs("id", "item"))) == [("a",), ("b",)]


def test_long_form_errors():
    with pytest.raises(nlpzero.CorpusError, match="no column 'x'; there are 'id', 'item'"):
        read([b"id,item\n1,a\n"], Pairs("x", "item"))
    with pytest.raises(
        nlpzero.CorpusError, match="the input:3: expected at least 2 columns, got 1"
    ):
        read([b"id,item\n1,a\n2\n"], Pairs("id", "item"))
    with pytest.raises(ValueError, match="numbered from 1"):
        Pairs(0, 1)
    with pytest.raises(ValueError, match="two names or two numbers"):
        Pairs("a", 1)


def encoded(texts):
    return [text.encode() for text in texts]


def test_text_is_cut_into_sentences():
    text = ["今天 天气 很 好 。 我们 去 公园\n", "好 吗 ？ ！\n 3.5% 的 人 说 ： 好 …… \n"]
    found = read(encoded(text), Sentences("whitespace"), exclude=["的", "吗"])
    assert [set(row) for row in found] == [
        {"今天", "天气", "很", "好"},
        {"我们", "去", "公园"},
        {"好"},
        {"3.5%", "人", "说", "好"},
    ]


def test_text_through_a_function_and_through_a_segmenter():
    text = ["研究生命。", "研究研究！\n"]
    by_function = read(encoded(text), Sentences(lambda s: [s[:2], s[2:]]))
    assert list(by_function) == [("研究", "生命"), ("研究",)]
    words = nlpzero.VocabularySegmenter({"研究": 9, "生命": 9})
    assert list(read(encoded(text), Sentences(words))) == [("研究", "生命"), ("研究",)]


def test_a_full_disk_is_a_resource_error(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spilling, "open", full, raising=False)
    with pytest.raises(nlpzero.ResourceError, match=r"No space left .*--tmpdir"):
        read([b"a,b\n"], memory=1, tmpdir=tmp_path)
    assert not list(tmp_path.iterdir())


def test_temporary_files_vanish(tmp_path):
    with read([b"a,b\n"], memory=1, tmpdir=tmp_path):
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_long_form_within_a_budget_is_the_same():
    rng = random.Random(4)
    text = "id,item\n" + "".join(
        f"订单{rng.randrange(300)},商品{rng.randrange(40)}\n" for _ in range(2000)
    )
    text += "订单1,\n,商品2\n\n"
    raw = text.encode()
    blocks = [raw[at : at + 997] for at in range(0, len(raw), 997)]
    whole = read(blocks, Pairs())
    # a new numbering after every block; after some; never
    for memory in (1, 1_400_000, 10**7):
        with read(blocks, Pairs(), memory=memory) as spilled:
            assert isinstance(spilled, SpilledTransactions) == (memory < 10**7)
            assert sorted(map(sorted, spilled)) == sorted(map(sorted, whole))
            assert spilled.dropped == whole.dropped
            assert dict(zip(spilled.names, spilled.counts().tolist(), strict=True)) == dict(
                zip(whole.names, whole.counts().tolist(), strict=True)
            )
            assert sorted(spilled.names) == sorted(whole.names)


def test_names_on_disk():
    rows = [[f"{n}", "中\n文", "\uffff", "𠮷"] for n in range(3000)]
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    blocks = [text[at : at + 9000] for at in range(0, len(text), 9000)]
    with read(blocks, JsonLines(), memory=1) as found:
        names = found.names
        assert list(names) == sorted({item for row in rows for item in row})
        assert names[-1] == names[len(names) - 1] == "𠮷"
        assert names[3:5] == list(names)[3:5]
        with pytest.raises(IndexError):
            names[len(names)]


def test_what_was_read_is_told(tmp_path):
    (tmp_path / "b.csv").write_text("a,b\na\n", encoding="utf-8")
    states = []
    found = nlpzero.read_transactions(
        tmp_path / "b.csv", resources=nlpzero.Resources(progress=states.append)
    )
    assert list(found) == [("a", "b"), ("a",)]
    assert found.read.bytes_read == 6
    assert [(state.stage, state.done, state.total) for state in states] == [("reading", 6, 6)]


def test_unknown_shapes_are_refused(tmp_path):
    with pytest.raises(TypeError, match=r"`shape` must be .*OneHot.* got str"):
        read([b"a\n"], "lines")


@pytest.mark.parametrize("most", [1, 7, 1 << 18])
def test_lines_are_cut_some_at_a_time(monkeypatch, most):
    text = b'tea,milk\n\n"black, strong",tea\r\nmilk,milk\n' * 5
    whole = read([text])
    monkeypatch.setattr(reading, "_CUT_BLOCK", most)
    cut = read([text])
    assert list(cut) == list(whole) == [("tea", "milk"), ("tea", "black, strong"), ("milk",)] * 5
    assert cut.dropped == whole.dropped
    assert len(list(reading._pieces(text))) == {1: 20, 7: 15, 1 << 18: 1}[most]
