"""JSON arrays and nested fields, against the module json."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpzero
from nlpzero import Corpus, CorpusError
from nlpzero.text.json_arrays import LOOK, ArrayFault, JsonArray
from nlpzero.text.records import field_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def cut(text: str, size: int) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)]


OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=6)


@given(st.lists(VALUES), st.sampled_from((None, 0, 2)), st.booleans(), st.integers(1, 40))
def test_any_array_in_any_blocks(values, indent, ascii_only, size):
    text = f" \n{json.dumps(values, indent=indent, ensure_ascii=ascii_only)}\r\n"
    found = list(JsonArray(cut(text, size)))
    assert [row.value for row in found] == values
    assert [json.loads(row.source) for row in found] == values
    lines = text.split("\n")
    assert all(row.source.split("\n")[0] in lines[row.line - 1] for row in found)


@given(OBJECTS, st.data())
def test_damage_is_found_wherever_blocks_end(values, data):
    text = json.dumps([{"text": "天气"}, *values], indent=1, ensure_ascii=False)
    at = data.draw(st.integers(1, len(text) - 1))
    put = data.draw(st.sampled_from(("", '"', "{", "]", ",", "x", "\\", "\n")))
    bad = text[:at] + put + text[at + data.draw(st.integers(0, 1)) :]
    try:
        wanted = json.loads(bad)
    except ValueError:
        wanted = None
    told = set()
    for size in (1, 7, 64, 1 << 20):
        try:
            found = [row.value for row in JsonArray(cut(bad, size))]
        except ArrayFault as fault:
            told.add((str(fault)[:14], fault.line))
            assert wanted is None
        else:
            assert found == wanted
    assert len({what for what, _ in told}) <= 1


def test_names_of_fields():
    record = {"a": {"b": {"c": 1}, "b.c": 2}, "a.b": {"c": 3}, "n": None, "s": "x", "": 5}
    assert field_of(record, "a.b.c") == 3
    assert field_of(record["a"], "b.c") == 2
    assert field_of({**record, "a.b.c": 4}, "a.b.c") == 4
    assert field_of({"a": record["a"]}, "a.b.c") == 2
    assert field_of(record, "n.text") is None
    assert field_of(record, "") == 5
    for name, told in (
        ("x", "no field 'x'; the fields are: a, a.b, n, s"),
        ("a.x", "no field 'x'; the fields are: b, b.c (in 'a')"),
        ("s.x", "no field 's.x': 's' holds text"),
    ):
        with pytest.raises(LookupError) as error:
            field_of(record, name)
        assert told in error.value.args[0]


def lines(path, field="text", **options):
    return list(Corpus(path, field=field, **options).lines())


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a.json.gz"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_arrays_are_read_wherever_a_field_is(tmp_path, name, indent, encoding):
    rows = [{"id": i, "meta": {"body": f"天气{i}"}} for i in range(50)]
    data = json.dumps(rows, ensure_ascii=False, indent=indent).encode(encoding)
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    codec = encoding.removesuffix("-sig")
    corpus = Corpus(path, field="meta.body", encoding=codec)
    wanted = [row["meta"]["body"] for row in rows]
    assert list(corpus.lines()) == wanted
    shards = corpus.shards(4, target_bytes=64)
    assert [line for shard in shards for line in shard.lines()] == wanted
    assert nlpzero.count_ngrams(corpus).count_of(["天气"]).tolist() == [50]


def test_lines_of_nested_objects_are_shared_among_shards(tmp_path):
    path = tmp_path / "a.json"
    rows = [json.dumps({"meta": {"body": f"天气{i}"}}) for i in range(50)]
    path.write_text("\n".join(rows), encoding="utf-8")
    corpus = Corpus(path, field="meta.body")
    shards = corpus.shards(1, target_bytes=64)
    assert len(shards) > 5
    assert [line for shard in shards for line in shard.lines()] == list(corpus.lines())
    assert len(list(corpus.lines())) == 50


def test_an_array_from_standard_input(tmp_path, monkeypatch):
    path = tmp_path / "in"
    path.write_text('\n [{"text": "天气"}]', encoding="utf-8")
    with open(path, encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdin", file)
        assert lines("-") == ["天气"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[\n{"text": "x"},\n{"text": }\n]', "a.json:3: not valid JSON (Expecting value), got '}'"),
        ('[\n{"text": "x"}\n', "a.json:3: not valid JSON: the array has no end; is the file whole"),
        ('[\n{"text": "x', "a.json:2: not valid JSON"),
        ('[{"text": "x"}\n{"text": "y"}]', "a.json:2: not valid JSON (expected a comma"),
        ('[{"text": "x"}]\n\n[', "a.json:3: not valid JSON (there is more after the end"),
        ('[{"text": "x"},]', "a.json:1: not valid JSON"),
        ('[\n1]', "a.json:2: expected a JSON object with the field 'text', got '1'"),
        ('[{"a": {}, "b": 1}]', "a.json:1: no field 'text'; the fields are: a, b"),
        ('[\n\n{"text": 5}]', "a.json:3: the field 'text' must hold text, got a number"),
        ('[{"text": "\\ud800"}]', "a.json:1: character 0 is a lone surrogate"),
        ('[{"text": "a\nb"}]', "a.json:1: not valid JSON (Invalid control character at)"),
        ("[" * 100_000, "a.json:1: not valid JSON"),
        ('{\n"text": "x"\n}', "a.json:1: not valid JSON (Expecting property name enclosed in"),
        ('{\n"text": "x"\n}', "give one object a line, or an array of objects"),
        ("[", "a.json:1: not valid JSON: the array has no end"),
        ('[{"n": ' + "1" * 5_000 + "}]", "a.json:1: not valid JSON (a number of too many digits)"),
    ],
)  # fmt: skip
def test_wrong_arrays_name_file_and_line(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError) as error:
        lines(path)
    assert message in str(error.value)


def test_empty_arrays_and_empty_files(tmp_path):
    path = tmp_path / "a.json"
    for content in ("[]", " [ ] ", "", " \n", '[{"text": null}]'):
        path.write_text(content, encoding="utf-8")
        assert lines(path) == []


def test_a_value_without_end_is_an_error_not_a_full_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("nlpzero.text.json_arrays._LONGEST", 100_000)
    path = tmp_path / "a.json"
    path.write_text('[{"text": "ok"},\n{"text": "' + "x" * 9_000_000, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.json:2: .*a value of more than 100,000 characters"):
        lines(path)


def test_an_array_takes_the_memory_of_a_block(tmp_path):
    path = tmp_path / "a.json"
    row = json.dumps({"text": "天气好" * 30}, ensure_ascii=False)
    path.write_text(f"[{', '.join([row] * 200_000)}]", encoding="utf-8")  # one line of 57 MB
    corpus = Corpus(path, field="text")
    tracemalloc.start()
    try:
        assert sum(1 for _ in corpus.lines()) == 200_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40 << 20 < path.stat().st_size


def test_a_corpus_shows_what_it_reads(tmp_path):
    for name in "abcde":
        (tmp_path / f"{name}.json").write_text("[]", encoding="utf-8")
    shown = repr(Corpus(tmp_path, field="text", encoding="gbk"))
    assert shown.startswith("<Corpus: ") and "a.json" in shown and "d.json" not in shown
    assert shown.endswith("and 2 more; encoding='gbk', errors='strict', field='text'>")
    assert repr(Corpus.from_texts(["x" * 9_999])) == (
        "<Corpus: 'texts'; encoding='utf-8', errors='strict'>"
    )


def test_where_the_bracket_is_looked_for(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(" " * (LOOK - 1) + '[{"text": "x"}]', encoding="utf-8")
    assert lines(path) == ["x"]
    assert len(Corpus(path, field="text").shards(1, target_bytes=10)) == 1
    path.write_text(" " * LOOK + '[{"text": "x"}]', encoding="utf-8")
    with pytest.raises(CorpusError, match="expected a JSON object"):
        lines(path)
