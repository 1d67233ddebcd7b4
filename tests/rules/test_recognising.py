"""Shapes of transactions: recognised, or refused with the ways to read them."""

import json
import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import JsonLines, Lines, OneHot, Pairs, Recognised, UnclearShapeError
from tests.rules.inputs import read

LONG = [["牛奶", "面包"], ["牛奶", "面包"]]

# a table; what it is read as; its baskets
CLEAR = {
    "long form with quantities": (
        "订单,商品,数量\n1,牛奶,2\n1,面包,1\n2,牛奶,2\n2,面包,1\n",
        Pairs("订单", "商品"),
        LONG,
    ),
    "long form by semicolon, decimal commas": (
        "order;product;price\nA1;milk;1,20\nA1;bread;2,50\nA2;milk;1,20\n",
        Pairs("order", "product", ";"),
        [["bread", "milk"], ["milk"]],
    ),
    "long form by tabs, a date and a customer beside": (
        "交易号\t日期\t客户\t品名\n9\t2024-1-2\t小明\t茶\n9\t2024-1-2\t小明\t糕\n8\t2024-1-3\t小红\t茶\n",
        Pairs("交易号", "品名", "\t"),
        [["糕", "茶"], ["茶"]],
    ),
    "customers and dates without a number of the order": (
        "Member_number,Date,itemDescription\n1,21-07-2015,fruit\n2,5-1-2015,milk\n2,5-1-2015,fruit\n",
        Pairs("Member_number", "itemDescription"),
        [["fruit"], ["fruit", "milk"]],
    ),
    "long form without a header": (
        "1,milk,2\n1,bread,1\n2,milk,2\n2,bread,1\n",
        Pairs(1, 2),
        [["bread", "milk"], ["bread", "milk"]],
    ),
    "long form of two columns, codes": (
        "milk|T1\nbread|T1\nmilk|T2\n",
        Pairs(2, 1, "|"),
        [["bread", "milk"], ["milk"]],
    ),
    "long form by white space": (
        "1 tea\n1 milk\n2 tea\n",
        Pairs(1, 2, None),
        [["milk", "tea"], ["tea"]],
    ),
    "line ends in quotes": (
        'id,item\n1,"tea\nblack"\n1,milk\n2,milk\n',
        Pairs("id", "item"),
        [["milk", "tea black"], ["milk"]],
    ),
    "one-hot": ("a,b,c\n1,1,0\n1,0,1\n", OneHot(), [["a", "b"], ["a", "c"]]),
    "one-hot with truth values and an index": (
        ",tea,milk\n0,True,False\n1,False,True\n",
        OneHot(skip=(1,)),
        [["tea"], ["milk"]],
    ),
    "one-hot with counts, identifiers and a date": (
        "id;date;tea;milk;cake\n7;2024-01-02;2;0;0\n9;2024-01-02;0;3;1\n",
        OneHot(";", skip=(1, 2)),
        [["tea"], ["cake", "milk"]],
    ),
    "one-hot with blanks for zeros": (
        "tea,milk\n1,\n,1\n1,1\n",
        OneHot(),
        [["tea"], ["milk"], ["milk", "tea"]],
    ),
    "semicolons": ("茶;奶\n茶;奶;糕\n糕\n", Lines(";"), [["奶", "茶"], ["奶", "糕", "茶"], ["糕"]]),
    "tabs": ("茶\t奶\n茶\n", Lines("\t"), [["奶", "茶"], ["茶"]]),
    "bars": ("tea|milk\ntea\n", Lines("|"), [["milk", "tea"], ["tea"]]),
    "wide commas": (
        "茶，奶\n茶、茶，糕\n糕\n",
        Lines("，"),
        [["奶", "茶"], ["糕", "茶、茶"], ["糕"]],
    ),
    "white space": (
        "tea milk\ntea milk cake\nmilk tea\n",
        Lines(None),
        [["milk", "tea"], ["cake", "milk", "tea"], ["milk", "tea"]],
    ),
    "padded lists with a header and a count": (
        "Item(s),Item 1,Item 2,Item 3\n3,milk,bread,egg\n1,milk,,\n2,bread,milk,\n",
        Lines(header=True, skip=(1,)),
        [["bread", "egg", "milk"], ["milk"], ["bread", "milk"]],
    ),
    "lists after an identifier": (
        "1001,tea,milk\n1002,tea\n1003,cake,milk\n1004,tea,cake,milk\n1005,tea\n",
        Lines(skip=(1,)),
        [["milk", "tea"], ["tea"], ["cake", "milk"], ["cake", "milk", "tea"], ["tea"]],
    ),
    "lists under one name": (
        "items\ntea,milk\ntea\n",
        Lines(header=True),
        [["milk", "tea"], ["tea"]],
    ),
    "lists of numbers": (
        "0,1,2\n3,4\n1,2\n5\n2,1,7,8\n",
        Lines(),
        [["0", "1", "2"], ["3", "4"], ["1", "2"], ["5"], ["1", "2", "7", "8"]],
    ),
    "baskets of one size": ("a,b,c\n" * 2, Lines(), [["a", "b", "c"]] * 2),
    "arrays in lines": ('["a","b"]\n["a"]\n', JsonLines(), [["a", "b"], ["a"]]),
    "an array of arrays": ('[["a","b"],\n ["a"]]\n', JsonLines(), [["a", "b"], ["a"]]),
    "objects with a list": (
        '{"id":1,"items":["a"]}\n{"id":2,"items":["b"]}\n',
        JsonLines("items"),
        [["a"], ["b"]],
    ),
    "objects of flags": (
        '[{"id":1,"a":true,"b":false},{"id":2,"a":true,"b":true}]',
        JsonLines(flags=True, skip=("id",)),
        [["a"], ["a", "b"]],
    ),
}

UNCLEAR = {
    "two columns of names": (
        "小明,牛奶\n小明,面包\n小红,牛奶\n小红,鸡蛋\n小张,面包\n",
        ["--basket 1,2", "--shape lines"],
    ),
    "two columns of numbers": ("1,5\n1,7\n2,5\n3,5\n", ["--basket 1,2", "--shape lines"]),
    "flags without names": ("0,1\n1,0\n1,1\n", ["--shape one-hot --no-header", "--shape lines"]),
    "codes and names of products": (
        "InvoiceNo,StockCode,Description,Quantity\n536,85A,HOLDER,6\n536,71B,LANTERN,6\n",
        [
            "--basket InvoiceNo,StockCode",
            "--basket InvoiceNo,Description",
            "--shape lines --header",
        ],
    ),
    "two separators": (
        "a;b,c\nd;e,f\ng;h\na,c\n",
        ["--separator comma", "--separator semicolon"],
    ),
    "decimal commas or lists": (
        "A1;milk;1,20\nA1;bread;2,50\nA2;milk;1,20\n",
        ["--separator comma", "--separator semicolon"],
    ),
    "sentences": ("今天天气很好。\n我们去公园，很开心。\n", ["--text", "--shape lines"]),
    "fields with lists": ('{"a":["x"],"b":["y"]}\n', ["--field a", "--field b"]),
    "a column of numbers beside flags": (
        "size,tea,milk\n3,1,0\n3,0,1\n5,1,1\n",
        ["--skip-columns 1", "--shape one-hot"],
    ),
    "lists after a number that recurs": (
        "7,tea,milk\n7,tea\n8,tea\n9,cake,milk\n9,milk\n",
        ["--shape lines --skip-columns 1", "--shape lines"],
    ),
    "lists in the cells of a table": (
        'id,items\n1,"milk,bread"\n2,"tea,milk"\n3,tea\n',
        ["--basket id,items"],
    ),
    "an item and a quantity": (
        "tea,2\nmilk,1\ntea,3\n",
        ["--basket 2,1", "--shape lines"],
    ),
    "numbers beside lists": (
        "7,tea,milk\n7,milk,tea\n9,tea,cake\n",
        ["--shape lines --skip-columns 1", "--shape lines"],
    ),
}


@pytest.mark.parametrize("name", CLEAR)
@pytest.mark.parametrize("size", [None, 7])
def test_clear_tables_are_recognised(name, size):
    text, shape, baskets = CLEAR[name]
    data = text.encode()
    blocks = [data] if size is None else [data[i : i + size] for i in range(0, len(data), size)]
    found = read(blocks)
    assert found.shape == shape
    assert sorted(sorted(row) for row in found) == sorted(baskets)
    again = read(blocks, shape)
    assert list(again) == list(found)
    assert again.dropped == found.dropped


@pytest.mark.parametrize("name", UNCLEAR)
def test_unclear_tables_are_refused_with_the_ways_to_read_them(name):
    text, options = UNCLEAR[name]
    with pytest.raises(UnclearShapeError) as caught:
        read([text.encode()])
    said = [choice.options for choice in caught.value.choices]
    assert [option for option in options if option in said] == options
    for choice in caught.value.choices:
        assert type(choice.shape).__name__ in str(caught.value)
        if "--text" not in choice.options:
            assert len(read([text.encode()], choice.shape)) > 0


ITEM = st.text("茶奶糕蛋abcxyz", min_size=1, max_size=4)


@given(st.lists(st.lists(ITEM, min_size=1, max_size=6), min_size=3, max_size=20))
def test_lists_of_names_by_commas_are_never_asked_about(rows):
    widths = [len(row) for row in rows]
    if max(widths.count(width) for width in widths) >= 0.9 * len(widths):
        rows.append(rows[0] + ["茶"] * 7)
        rows.append(["奶"])
    widths = [len(row) for row in rows]
    if max(widths.count(width) for width in widths) >= 0.9 * len(widths) or max(widths) < 2:
        return
    text = "".join(",".join(row) + "\n" for row in rows).encode()
    if b"," not in text.split(b"\n")[0]:
        text = "茶,奶\n".encode() + text
    found = read([text])
    assert found.shape == Lines()
    assert list(found) == list(read([text], Lines()))


def test_what_is_given_wins():
    long = "订单,商品,数量\n1,牛奶,2\n2,面包,1\n"
    assert read([long.encode()], Recognised(columns=("商品", "数量"))).shape == Pairs(
        "商品", "数量"
    )
    assert read([long.encode()], Recognised("lines")).shape == Lines()
    assert read([long.encode()], Recognised("lines", header=True, skip=(1, 3))).shape == Lines(
        header=True, skip=(1, 3)
    )
    assert read([b"a;b,c\nd;e,f\ng;h\na,c\n"], Recognised(separator=";")).shape == Lines(";")
    assert read([b"0,1\n1,0\n"], Recognised("one-hot", header=False)).shape == OneHot(header=False)
    tabs = "id\titem\n1\tx\n"
    assert read([tabs.encode()], Recognised(columns=("id", "item"))).shape == Pairs(
        "id", "item", "\t"
    )
    assert read([b"a\n"], Recognised(separator="|")).shape == Lines("|")
    with pytest.raises(nlpzero.CorpusError, match="different numbers of cells"):
        read([b"a,b\nc\nd,e,f\n"], Recognised("pairs"))
    for wrong in ({"kind": "table"}, {"separator": ""}, {"skip": (0,)}, {"columns": ("a", 1)}):
        with pytest.raises(ValueError):
            Recognised(**wrong)


def test_one_hot_cells():
    text = "茶,奶,\n1,0,x\n 2 ,False,y\nno,YES,\n,nan,z\n\n"
    found = read([text.encode()], OneHot())
    assert list(found) == [("茶",), ("茶",), ("奶",)]
    assert found.dropped.blank_items == 2
    assert found.dropped.blank_lines == 2
    for cell in ("x", "-1", "1,5"):
        with pytest.raises(nlpzero.CorpusError, match=r"the input:3: .*'茶' is no flag"):
            read([f"茶;奶\n1;0\n{cell};1\n".encode()], OneHot(";"))
    with pytest.raises(nlpzero.CorpusError, match=r"the input:4: expected 2 cells.*got 3"):
        read([b"a,b\n1,0\n\n1,0,1\n"], OneHot())
    with pytest.raises(nlpzero.CorpusError, match="no column"):
        read([b",nan\n1,0\n"], OneHot())
    assert list(read([b"1,0\n1,1\n"], OneHot(header=False))) == [("1",), ("1", "2")]


def test_one_hot_within_a_budget_is_the_same():
    rows = [[(i * j) % 7 % 3 for j in range(1, 40)] for i in range(300)]
    text = "id," + ",".join(f"item {j}" for j in range(39)) + "\n"
    text += "".join(f"{i}," + ",".join(map(str, row)) + "\n" for i, row in enumerate(rows))
    blocks = [text[i : i + 1000].encode() for i in range(0, len(text), 1000)]
    whole = read(blocks)
    assert whole.shape == OneHot(skip=(1,))
    with read(blocks, memory=1) as spilled:
        assert sorted(map(sorted, spilled)) == sorted(map(sorted, whole))
        assert spilled.dropped == whole.dropped


def test_json_flags():
    text = '{"id":1,"茶":true,"奶":0,"糕":null}\n{"id":2,"茶":"no","奶":2}\n'
    found = read([text.encode()], JsonLines(flags=True, skip=("id",)))
    assert list(found) == [("茶",), ("奶",)]
    assert found.dropped.blank_items == 1
    for cell in ('"x"', "-1", "[1]", "{}"):
        with pytest.raises(nlpzero.CorpusError, match="the input:2: expected true, false"):
            read([f'{{"a":1}}\n{{"a":{cell}}}\n'.encode()], JsonLines(flags=True))
    with pytest.raises(nlpzero.CorpusError, match="neither an array of items nor flags"):
        read([b'{"id":1,"item":"tea"}\n{"id":1,"item":"milk"}\n'])
    with pytest.raises(ValueError, match="exclude"):
        JsonLines("items", flags=True)


def test_messages_do_not_repeat_a_whole_file():
    name = "列\n" * 9999
    objects = json.dumps({name: ["x"], name + "2": ["y"]}) + "\n"
    with pytest.raises(UnclearShapeError) as caught:
        read([objects.encode()])
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)
    assert all(len(choice.options) < 120 for choice in caught.value.choices)
    flags = json.dumps({"tea": True, "milk": False, name + "id": "x"}) + "\n"
    with pytest.raises(nlpzero.CorpusError) as broken:
        read([(flags * 3 + "{\n").encode()])
    assert len(str(broken.value)) < 400


def test_messages_name_file_and_line(tmp_path):
    (tmp_path / "1.csv").write_text('id,item\n1,"a\nb"\n', encoding="utf-8")
    (tmp_path / "2.csv").write_text('id,item\n1,x\n1,"c\n\nd"\n2\n', encoding="utf-8")
    corpus = nlpzero.Corpus(tmp_path / "1.csv", tmp_path / "2.csv")
    with pytest.raises(nlpzero.CorpusError, match=r"2\.csv:6: expected at least 2 columns"):
        nlpzero.read_transactions(corpus)
    (tmp_path / "2.csv").write_text("a,b\n1,0\n1,2\n", encoding="utf-8")
    (tmp_path / "1.csv").write_text("b,a\n1,0\n0,1\n", encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match=r"2\.csv:1: another header"):
        nlpzero.read_transactions(corpus)
    (tmp_path / "2.csv").write_text("b,a\n1,0\n1,x\n", encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match=r"2\.csv:3: 'x' .* \(read as a column for each"):
        nlpzero.read_transactions(corpus)
    (tmp_path / "1.csv").write_text('[["a"]]', encoding="utf-8")
    (tmp_path / "2.csv").write_text('["b"]\n{}\n', encoding="utf-8")
    with pytest.raises(nlpzero.CorpusError, match=r"2\.csv:2: expected an array of items"):
        nlpzero.read_transactions(corpus)


def test_headers_of_lists_in_several_files(tmp_path):
    for name, rows in (("1.csv", "tea,milk\n"), ("2.csv", "cake\n")):
        (tmp_path / name).write_text("items,more\n" + rows, encoding="utf-8")
    found = nlpzero.read_transactions(
        nlpzero.Corpus(tmp_path / "1.csv", tmp_path / "2.csv"), Lines(header=True)
    )
    assert list(found) == [("tea", "milk"), ("cake",)]


def test_a_quote_without_an_end_swallows_nothing():
    text = "id,item\n" + "".join(f'{i},"tea {i}\n' for i in range(99)) + "7,milk\n"
    with pytest.raises(nlpzero.CorpusError, match="the input:2: a quote inside an item"):
        read([text.encode()], Pairs("id", "item"))
    lists = 'tea,"milk\ntea,milk\ncake\n'
    assert list(read([lists.encode()])) == [("tea", '"milk'), ("tea", "milk"), ("cake",)]


def test_columns_are_left_out_by_the_definition_of_a_quoted_item():
    text = 'x" 1,tea,"a, b"\n"2",milk\n3\n'
    assert list(read([text.encode()], Lines(skip=(1,)))) == [("tea", "a, b"), ("milk",)]
    assert list(read([b"1,a,2,b\n3,c\n"], Lines(skip=(1, 3)))) == [("a", "b"), ("c",)]
    assert list(read([b"1::a::b\n2\n"], Lines("::", skip=(1,)))) == [("a", "b")]


def test_data_frames():
    pd = pytest.importorskip("pandas")
    flags = pd.DataFrame({"tea": [True, False], "milk": [True, True]})
    assert list(nlpzero.read_transactions(flags)) == [("tea", "milk"), ("milk",)]
    long = pd.DataFrame({"order": [1, 1, 2], "item": ["tea", None, "mi\nlk"], "qty": [1, 2, 3]})
    found = nlpzero.read_transactions(long)
    assert sorted(found) == [("mi lk",), ("tea",)]
    assert found.dropped.blank_items == 1
    lists = pd.DataFrame({"id": [1, 2], "items": [["tea", None], ["tea", "milk"]]})
    assert list(nlpzero.read_transactions(lists)) == [("tea",), ("tea", "milk")]


def test_tables_read_by_pandas(tmp_path, monkeypatch):
    pd = pytest.importorskip("pandas")
    path = tmp_path / "sales.parquet"
    path.write_bytes(b"PAR1")
    frame = pd.DataFrame({"order": ["a", "a", "b"], "item": ["tea", "milk", "tea"]})
    monkeypatch.setattr(pd, "read_parquet", lambda location: frame)
    found = nlpzero.read_transactions(path)
    assert sorted(map(sorted, found)) == [["milk", "tea"], ["tea"]]
    assert found.read.bytes_read == 4

    def broken(location):
        raise OSError("no magic bytes\nat all")

    monkeypatch.setattr(pd, "read_parquet", broken)
    with pytest.raises(
        nlpzero.CorpusError, match=r"sales\.parquet: pandas cannot read it: no magic"
    ):
        nlpzero.read_transactions(path)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(nlpzero.CorpusError, match="pip install pandas pyarrow"):
        nlpzero.read_transactions(path)
    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))
