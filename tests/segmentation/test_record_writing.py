"""Records kept whole with their tokens: nothing is lost, whoever works on them."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero import Corpus, CorpusError, Resources, VocabularySegmenter, segment_records
from nlpzero.engine.parallel import local_workers
from nlpzero.segmentation import record_writing, writing
from nlpzero.segmentation.record_writing import spaced

SEGMENTER = VocabularySegmenter(["今天", "天气", "很好"])


def written(corpus: Corpus, **options: object) -> str:
    out = io.BytesIO()
    segment_records(corpus, SEGMENTER, out, **options)  # type: ignore[arg-type]
    return out.getvalue().decode(corpus.encoding)


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return path


@given(st.text("今天气很好 \t\u3000\n，.ab12", max_size=30), st.sampled_from((" ", "/", "＋＋")))
def test_spaced_is_what_text_looks_like(text: str, separator: str) -> None:
    assert spaced(SEGMENTER.segment(text), separator) == SEGMENTER.segment_to_text(text, separator)


TEXTS = st.text(
    st.characters(codec="utf-8") | st.sampled_from('今天气很好，。\n\r\t"\\'), max_size=20
)
RECORDS = st.lists(st.fixed_dictionaries({"id": st.integers(), "text": st.none() | TEXTS}))


@given(RECORDS, st.booleans(), st.sampled_from(("lines", "array", "pretty")))
def test_every_record_is_there_with_its_tokens(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict], ascii_only: bool, shape: str
) -> None:
    if shape == "lines":
        text = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\r\n" for row in rows)
    else:
        text = json.dumps(rows, ensure_ascii=ascii_only, indent=1 if shape == "pretty" else None)
    path = file(tmp_path_factory.mktemp("records"), "in.json", text)
    out = written(Corpus(path, field="text"))
    lines = out.split("\n")
    assert lines.pop() == ""
    got = [json.loads(line) for line in lines]
    tokens = [row.pop("tokens") for row in got]
    assert got == rows
    assert ["".join(row) for row in tokens] == [row["text"] or "" for row in rows]
    assert tokens == [SEGMENTER.segment(row["text"] or "") for row in rows]


def test_what_json_can_say_in_two_ways_stays_as_it_was(tmp_path: Path) -> None:
    row = '{ "n":1.10,"big": 1e400, "text" :"\\u4eca天", "a": {"x":[ ]}, "n": 2 }'
    corpus = Corpus(file(tmp_path, "a.jsonl", f"{row}\r\n\n"), field="text")
    assert written(corpus) == row[:-2] + ', "tokens": ["今天"]}\n'
    pretty = '[\n  {\n\t"text": "今天",\r\n "a": [1,\n 2]\n  }\n]'
    corpus = Corpus(file(tmp_path, "b.json", pretty), field="text")
    assert written(corpus) == '{ "text": "今天", "a": [1, 2], "tokens": ["今天"]}\n'


def test_nested_text_and_another_name(tmp_path: Path) -> None:
    path = file(tmp_path, "a.jsonl", '{"meta": {"body": "今天"}, "tokens": 1}\n')
    corpus = Corpus(path, field="meta.body")
    with pytest.raises(CorpusError, match=r"a\.jsonl:1: has a field 'tokens' already; name anoth"):
        written(corpus)
    wanted = '{"meta": {"body": "今天"}, "tokens": 1, "词\\"": ["今天"]}\n'
    assert written(corpus, tokens_key='词"') == wanted


def test_an_encoding_that_lacks_a_character(tmp_path: Path) -> None:
    path = file(tmp_path, "a.jsonl", '{"text": "今天\\ud83d\\ude00", "k": "好"}\n', "gb2312")
    out = written(Corpus(path, field="text", encoding="gb2312"))
    assert json.loads(out) == {"text": "今天😀", "k": "好", "tokens": ["今天", "😀"]}
    path = file(tmp_path, "b.jsonl", '{"text": "今天"}\n', "utf-16")
    out_bytes = io.BytesIO()
    segment_records(Corpus(path, field="text", encoding="utf-16"), SEGMENTER, out_bytes)
    assert json.loads(out_bytes.getvalue().decode("utf-16-le"))["tokens"] == ["今天"]


CSV = 'id,text\r\n1,"今天,""天气""\n很好"\r\n\r\n2,\r\n'


def test_csv(tmp_path: Path) -> None:
    corpus = Corpus(file(tmp_path, "a.csv", CSV), field="text")
    out = written(corpus, format="csv")
    rows = list(csv.reader(io.StringIO(out.removeprefix("\ufeff"), newline="")))
    assert out.startswith("\ufeff")
    assert rows == [
        ["id", "text", "tokens"],
        ["1", '今天,"天气"\n很好', '今天 , " 天气 "\n很好'],
        ["2", "", ""],
    ]
    objects = [json.loads(line) for line in written(corpus).splitlines()]
    assert objects[0]["tokens"] == ["今天", ",", '"', "天气", '"', "\n", "很好"]
    assert [(row["id"], row["text"]) for row in objects] == [("1", rows[1][1]), ("2", "")]


def test_tsv(tmp_path: Path) -> None:
    path = file(tmp_path, "a.tsv", 'text\tid\tnote\n今天"天气\t1\tx\\t\n很好\t2\n')
    corpus = Corpus(path, field="text")
    wanted = 'text\tid\tnote\ttokens\n今天"天气\t1\tx\\t\t今天/"/天气\n很好\t2\t\t很好\n'
    assert written(corpus, format="tsv", separator="/") == wanted
    assert written(corpus, format="csv").splitlines()[1] == '"今天""天气",1,x\\t,"今天 "" 天气"'


def test_headers(tmp_path: Path) -> None:
    file(tmp_path, "a.csv", "id,text\n")
    assert written(Corpus(tmp_path, field="text"), format="csv") == "\ufeffid,text,tokens\n"
    file(tmp_path, "b.csv", "id,text\n1,今天\n")
    file(tmp_path, "c.csv", "")
    corpus = Corpus(tmp_path, field="text")
    assert written(corpus, format="csv") == "\ufeffid,text,tokens\n1,今天,今天\n"
    file(tmp_path, "d.csv", "text,id\n今天,1\n")
    with pytest.raises(CorpusError, match=r"d\.csv: its columns are not those of .*a\.csv"):
        written(Corpus(tmp_path, field="text"), format="csv")
    assert len(written(Corpus(tmp_path, field="text")).splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "content", "format", "message"),
    [
        ("a.jsonl", '{"text": "x"}\n', "csv", "a.jsonl:1: CSV cannot hold what comes as jsonl"),
        ("a.json", '[\n{"text": "x"}]', "tsv", "a.json:1: TSV cannot hold what comes as jsonl"),
        ("a.csv", "text\nx\n", "tsv", "a.csv:1: TSV cannot hold what comes as csv"),
        ("a.csv", "text,tokens\nx\n", "csv", "a.csv:1: there is a column 'tokens' already"),
        ("a.csv", "text,tokens\nx\n", "jsonl", "a.csv:1: there is a column 'tokens' already"),
        ("a.csv", "text,a,a\nx\n", "jsonl", "a.csv:1: the column 'a' is there twice"),
        ("a.csv", 'text,a\n"x\ny",1,2\n', "csv", "a.csv:2: 3 cells under 2 columns"),
        ("a.tsv", "text\ta\nx\t1\n\nx\t1\t2\n", "tsv", "a.tsv:4: 3 cells under 2 columns"),
        ("a.jsonl", '{"text": "x"}\n{"t": 1}\n', "jsonl", "a.jsonl:2: no field 'text'"),
    ],
)
def test_what_cannot_be_written_names_file_and_line(
    tmp_path: Path, name: str, content: str, format: str, message: str
) -> None:
    corpus = Corpus(file(tmp_path, name, content), field="text")
    with pytest.raises(CorpusError) as error:
        written(corpus, format=format)
    assert message in str(error.value)


def test_texts_without_records(tmp_path: Path) -> None:
    for corpus in (Corpus.from_texts(["x"]), Corpus(file(tmp_path, "a.txt", "x\n"))):
        with pytest.raises(CorpusError, match="is plain text, without records"):
            written(corpus)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"format": "text"}, "`format` must be one of 'jsonl', 'csv', 'tsv', got 'text'"),
        ({"separator": ""}, "`separator` must not be empty"),
        ({"tokens_key": ""}, "`tokens_key` must not be empty"),
    ],
)
def test_misuse(tmp_path: Path, options: dict, message: str) -> None:
    corpus = Corpus(file(tmp_path, "a.jsonl", "{}"), field="text")
    with pytest.raises(ValueError, match=message):
        written(corpus, **options)


def test_the_separator_in_the_text_is_noted(tmp_path: Path) -> None:
    corpus = Corpus(file(tmp_path, "a.csv", "text\n今天/天气\n"), field="text")
    seen = [
        segment_records(corpus, SEGMENTER, io.BytesIO(), format=format, separator="/")[1]
        for format in ("csv", "jsonl")
    ]
    assert seen == [True, False]


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_workers_and_paths_make_no_difference(
    tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if format == "jsonl":
        rows = [{"id": i, "text": "今天天气\n很好" * (i % 7)} for i in range(500)]
        file(tmp_path, "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        file(tmp_path, "b.json", json.dumps(rows[:50]))
        data = "".join(json.dumps(row) + "\n" for row in rows[:9])
        (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(data.encode()))
    for i in range(4):
        file(tmp_path, f"{i}.csv", "text,id\n" + "今天天气很好,1\n" * 40)
    corpus = Corpus(tmp_path, field="text")
    alone = io.BytesIO()
    segment_records(corpus, SEGMENTER, alone, format=format)  # type: ignore[arg-type]
    monkeypatch.setattr(writing, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(record_writing, "SHARD_BYTES", 2_000)
    path = tmp_path / "out"
    with local_workers(2) as workers:
        given = Resources(jobs=2, memory="1G", executor=workers)
        segment_records(corpus, SEGMENTER, path, format=format, resources=given)  # type: ignore[arg-type]
    assert path.read_bytes() == alone.getvalue()
    monkeypatch.setattr(record_writing, "_BATCH_CHARS", 1)
    assert written(corpus, format=format).encode() == alone.getvalue()
    # what cannot be cut and is large is written here, by the same rows
    monkeypatch.setattr(record_writing, "_WHOLE_BYTES", 1)
    path.unlink()
    segment_records(corpus, SEGMENTER, path, format=format, resources=Resources(jobs=2))  # type: ignore[arg-type]
    assert path.read_bytes() == alone.getvalue()
