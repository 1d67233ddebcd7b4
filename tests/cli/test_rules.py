"""``nlpzero rules`` as a process."""

import csv
import gzip
import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import nlpzero

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "transactions.csv"
BASKETS = "tea,milk\n tea , milk,cake,tea\n\ntea\ncake,nan\n"


def table(result):
    return list(csv.DictReader(io.StringIO(result.out), delimiter="\t"))


@pytest.fixture
def baskets(tmp_path):
    path = tmp_path / "baskets.csv"
    path.write_text(BASKETS, encoding="utf-8")
    return path


def test_tsv_is_what_the_library_says(run_cli, baskets):
    result = run_cli("rules", baskets, "--min-support", "0.3", "--min-confidence", "0.6", code=0)
    rows = table(result)
    assert list(rows[0]) == [
        "antecedent", "consequent", "support", "confidence", "lift", "leverage", "conviction",
        "zhang", "jaccard", "kulczynski", "certainty", "cosine", "antecedent_support",
        "consequent_support", "count",
    ]  # fmt: skip
    assert [(r["antecedent"], r["consequent"], r["confidence"], r["conviction"]) for r in rows] == [
        ("milk", "tea", "1", "inf"),
        ("tea", "milk", "0.666667", "1.5"),
    ]
    assert "4 transactions of 3 different items" in result.err
    assert "1 blank line, 1 blank item, 1 repeated item" in result.err


def test_sample_file(run_cli):
    result = run_cli(
        "rules", SAMPLE, "--min-support", "0.03", "--min-confidence", "0.6", "-q", code=0
    )
    with open(SAMPLE, encoding="utf-8", newline="") as file:
        rules = nlpzero.apriori(csv.reader(file), 0.03, 0.6)
    assert [(r["antecedent"], r["consequent"], int(r["count"])) for r in table(result)] == [
        (", ".join(r.antecedent), ", ".join(r.consequent), r.count) for r in rules
    ]
    assert rules
    assert result.err == ""


def test_result_does_not_depend_on_memory_or_input_form(run_cli, tmp_path):
    text = SAMPLE.read_text(encoding="utf-8")
    rows = [[i.strip() for i in row] for row in csv.reader(text.splitlines()) if row]
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode("gb18030")))
    (tmp_path / "b.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    (tmp_path / "o.jsonl").write_text(
        "".join(json.dumps({"n": 1, "items": row}) + "\n" for row in rows), encoding="utf-8"
    )
    pairs = [(item, 3, n) for n, row in enumerate(rows) for item in row]
    with open(tmp_path / "long.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("item", "quantity", "id"), *sorted(pairs)])
    (tmp_path / "words.txt").write_text(
        "".join("\u3000".join(row) + "\n" for row in rows), encoding="utf-8"
    )
    options = ("--min-support", 20, "--min-confidence", 0.3, "-q")
    whole = run_cli("rules", SAMPLE, *options, code=0).out
    assert len(whole.splitlines()) > 20
    for arguments in (
        (SAMPLE, "--memory", "16M"),
        ("-",),
        ("b.csv.gz", "--encoding", "gb18030"),
        ("b.jsonl",),
        ("o.jsonl", "--field", "items"),
        ("long.csv", "--basket", "id,item"),
        ("words.txt", "--whitespace"),
    ):
        result = run_cli("rules", *arguments, *options, input=text.encode(), code=0)
        assert result.out == whole, arguments


def test_formats(run_cli, baskets):
    options = (
        "rules",
        baskets,
        "--min-support",
        "0.3",
        "--min-confidence",
        "0.6",
        "-q",
        "--format",
    )
    lines = run_cli(*options, "jsonl", code=0).out.splitlines()
    first = json.loads(lines[0])
    assert (first["antecedent"], first["consequent"]) == (["milk"], ["tea"])
    assert (first["confidence"], first["conviction"], first["count"]) == (1, None, 2)
    assert run_cli(*options, "csv", code=0).raw.startswith(b"\xef\xbb\xbfantecedent,")
    shown = run_cli(*options, "table", code=0).out.splitlines()
    assert shown[0].split() == ["rule", "confidence", "support", "lift", "count"]
    assert shown[1].split() == ["milk", "→", "tea", "1.0000", "0.5000", "1.333", "2"]
    assert run_cli(*options, "dot", code=0).out.startswith("digraph rules {\n")
    ET.fromstring(run_cli(*options, "graphml", code=0).raw)


def test_items_with_commas_stay_apart(run_cli):
    result = run_cli("rules", "-", "--min-support", 1, "-q", input=b'"x, y",z,w\n' * 2, code=0)
    assert '\nw, "x, y"\tz\t' in result.out


def test_itemsets_file(run_cli, baskets, tmp_path):
    for kind, wanted in (
        ("frequent", ["tea", "cake", "milk", "milk, tea"]),
        ("closed", ["tea", "cake", "milk, tea"]),
        ("maximal", ["cake", "milk, tea"]),
    ):
        run_cli(
            "rules", baskets, "--min-support", 0.3, "--itemsets", "sets.tsv", "--kind", kind, code=0
        )
        with open(tmp_path / "sets.tsv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        assert [row["items"] for row in rows] == wanted
        assert rows[-1] == {"items": "milk, tea", "size": "2", "support": "0.5", "count": "2"}


def test_thresholds_are_reached(run_cli, baskets):
    def pairs(*options):
        return [
            (row["antecedent"], row["consequent"])
            for row in table(run_cli("rules", baskets, "-q", *options, code=0))
        ]

    both = [("milk", "tea"), ("tea", "milk")]
    assert pairs("--min-support", "0.5", "--strict") == []
    assert pairs("--min-support", "50%") == both
    assert pairs("--min-support", "2", "--strict") == []
    assert pairs("--min-support", "2") == both
    assert pairs("--min-support", "2", "--min-confidence", "1") == both[:1]
    assert pairs("--min-support", "1", "--min-confidence", "1", "--strict") == []
    assert pairs("--min-support", "2", "--min-confidence", "0.7") == both[:1]
    assert pairs("--min-support", "2", "--min", "lift=1.34") == []
    assert pairs("--min-support", "2", "--max-rules", "1") == both[:1]
    assert pairs("--min-support", "2", "--consequent", "milk") == both[1:]
    assert pairs("--min-support", "2", "--antecedent", "milk") == both[:1]
    assert pairs("--min-support", "2", "--min-count", "3") == []
    assert pairs("--min-support", "2", "--max-len", "1") == []


def test_many_consequents_and_pruning(run_cli):
    text = b"a,b,c\n" * 3 + b"a\n"
    options = ("rules", "-", "--min-support", 1, "--min-confidence", 0.9, "-q")
    every = table(run_cli(*options, "--multi-consequents", input=text, code=0))
    assert ("b", "a, c") in {(r["antecedent"], r["consequent"]) for r in every}
    pruned = table(run_cli(*options, "--prune", "redundant", input=text, code=0))
    assert [(r["antecedent"], r["consequent"]) for r in pruned] == [
        ("b", "a"), ("b", "c"), ("c", "a"), ("c", "b"),
    ]  # fmt: skip


def test_words_of_sentences(run_cli, tmp_path):
    (tmp_path / "text.txt").write_text(
        "今天天气很好。我们去公园！\n今天天气不好，我们不去公园。\n天气很好\n", encoding="utf-8"
    )
    (tmp_path / "words.txt").write_text(
        "今天\n天气\n很\n好\n不\n我们\n去\n公园\n", encoding="utf-8"
    )
    (tmp_path / "stop.txt").write_text("很\n不\n", encoding="utf-8")
    options = ("--min-support", 2, "--min-confidence", 0.9, "-q", "--common", 1)
    options += ("--max-len", 10, "--min", "lift=0", "--prune", "none", "--order", "confidence")
    result = run_cli(
        "rules",
        "--text",
        "text.txt",
        "--dictionary",
        "words.txt",
        "--stopwords",
        "stop.txt",
        *options,
        code=0,
    )
    found = {(r["antecedent"], r["consequent"]): r["count"] for r in table(result)}
    assert found["公园", "去"] == "2"
    assert found["好", "天气"] == "3"
    assert not any("很" in left or "，" in left for left, _ in found)
    nlpzero.VocabularySegmenter(nlpzero.read_words(tmp_path / "words.txt")).save(
        tmp_path / "model.nz"
    )
    by_model = run_cli(
        "rules", "text.txt", "--model", "model.nz", "--stopwords", "stop.txt", *options, code=0
    )
    assert by_model.out == result.out
    (tmp_path / "cut.txt").write_text(
        "今天 天气 很 好 。 我们 去 公园 ！\n今天 天气 不 好 ， 我们 不 去 公园 。\n天气 很 好\n",
        encoding="utf-8",
    )
    again = run_cli(
        "rules", "cut.txt", "--text", "--whitespace", "--stopwords", "stop.txt", *options, code=0
    )
    assert again.out == result.out
    (tmp_path / "cutter.py").write_text(
        "def pairs(s): return [s[i:i+2] for i in range(0, len(s), 2)]\n"
    )
    run_cli("rules", "--text", "text.txt", "--tokenizer", "cutter:pairs", *options, code=0)
    (tmp_path / "cutter.py").write_text("def pairs(s): raise KeyError(s)\n")
    broken = run_cli("rules", "--text", "text.txt", "--tokenizer", "cutter:pairs", *options, code=1)
    assert "Error: tokenizer cutter:pairs: KeyError" in broken.err
    assert "Traceback" not in broken.err


def test_nothing_found_says_what_to_change(run_cli, baskets):
    options = ("--min-support", 2, "--min", "lift=2")
    result = run_cli("rules", baskets, *options, code=0)
    assert result.out.count("\n") == 1
    assert "0 rules; --min-confidence 0.666667 and no --min would keep 2" in result.err
    assert "lower --min-support" in run_cli("rules", baskets, "--min-support", 3, code=0).err
    assert "no transactions" in run_cli("rules", "-", input=b"\n\n", code=0).err
    assert "'x' is no frequent item" in run_cli("rules", baskets, "--consequent", "x", code=0).err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--min-support", "1.5"), "--min-support"),
        (("--min-support", "-1"), "--min-support"),
        (("--min-support", "x"), "--min-support"),
        (("--min-confidence", "2"), "--min-confidence"),
        (("--min", "beauty=1"), "--min"),
        (("--min", "lift=x"), "--min"),
        (("--min", "lift=nan"), "--min"),
        (("--max-len", "0"), "--max-len"),
        (("--basket", "id"), "--basket"),
        (("--basket", "0,1"), "--basket"),
        (("--separator", '"'), "--separator"),
        (("--basket", "1,2", "--jsonl"), "exclude each other"),
        (("--basket", "1,2", "--shape", "lines"), "exclude each other"),
        (("--text", "--shape", "json"), "exclude each other"),
        (("--shape", "table"), "--shape"),
        (("--skip-columns", "0"), "--skip-columns"),
        (("--skip-columns", "a,1"), "--skip-columns"),
        (("--field", "x"), "--field"),
        (("--text", "--whitespace", "--dictionary", "x"), "one of --model"),
        (("--itemsets", "no/such/folder"), "--itemsets"),
    ],
)
def test_misuse_is_refused_by_name(run_cli, baskets, arguments, message):
    result = run_cli("rules", baskets, *arguments, code=2)
    assert message in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("a,b\n", ("--jsonl",), ":1: not JSON"),
        ("a,b\n", ("--basket", "x,b"), "no column 'x'; there are 'a', 'b'"),
        (
            ",".join(f"i{n}" for n in range(60)) + "\n",
            ("--min-support", "0", "--memory", "16M"),
            "candidates",
        ),
        ("\x81\n", ("--encoding", "ascii"), "byte 0: not valid ASCII"),
    ],
)
def test_bad_data_is_one_line(run_cli, text, arguments, message):
    result = run_cli("rules", "-", *arguments, "-q", input=text.encode("latin-1"), code=1)
    assert result.err.startswith("Error: ")
    assert message in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""


@pytest.mark.parametrize(
    ("text", "said", "rows"),
    [
        (
            "订单,商品,数量\n1,牛奶,2\n1,面包,1\n2,牛奶,2\n2,面包,1\n",
            "read as one item a row: --basket 订单,商品",
            [("牛奶", "面包"), ("面包", "牛奶")],
        ),
        (
            "a,b,c\n1,1,0\n1,0,1\n1,1,0\n",
            "read as a column for each item: --shape one-hot",
            [("b", "a"), ("a", "b")],
        ),
        (
            "茶;奶\n奶;茶;糕\n",
            "read as one transaction a line: --separator semicolon",
            [("奶", "茶"), ("茶", "奶")],
        ),
        (
            'id\titem\n1\t"tea\nblack"\n1\tmilk\n2\tmilk\n2\t"tea\nblack"\n',
            "read as one item a row: --basket id,item --separator tab",
            [("milk", "tea black"), ("tea black", "milk")],
        ),
        (
            '[["a", "b"],\n["b", "a", null]]\n',
            "read as JSON, an array of items for each transaction",
            [("a", "b"), ("b", "a")],
        ),
    ],
)
def test_messy_tables_are_recognised(run_cli, tmp_path, text, said, rows):
    (tmp_path / "table").write_text(text, encoding="utf-8")
    result = run_cli("rules", "table", "--min-support", 2, code=0)
    assert [(r["antecedent"], r["consequent"]) for r in table(result)] == rows
    assert result.err.splitlines()[0] == said
    piped = run_cli("rules", "--min-support", 2, input=text.encode(), code=0)
    assert piped.out == result.out
    assert piped.err.splitlines()[0] == said
    # what is said reads the same
    if "--" in said:
        options = said[said.index("--") :].split()
        assert run_cli("rules", "table", "--min-support", 2, *options, code=0).out == result.out


def test_an_unclear_table_ends_with_the_options_to_choose_from(run_cli, tmp_path):
    text = "0,1,1\n1,0,1\n1,1,0\n"
    result = run_cli("rules", "-", input=text.encode(), code=2)
    assert result.out == ""
    assert "the columns of 0 and 1 have no names of items. Say how to read it:" in result.err
    ways = [line.split() for line in result.err.splitlines() if line.startswith("  --")]
    assert ways == [["--shape", "one-hot", "--no-header"], ["--shape", "lines"]]
    for options in ways:
        run_cli("rules", "-", *options, input=text.encode(), code=0)
    pairs = run_cli(
        "rules", "-", "--basket", "1,2", "--min-support", 1, input=b"a,x,1\na,y,2\n", code=0
    )
    assert "1 transaction of 2 different items" in pairs.err
    skipped = run_cli(
        "rules", "-", "--shape", "lines", "--header", "--skip-columns", "1,3",
        "--min-support", 1, "-q", input=b"id,item,n,more\n1,x,2,y\n", code=0,
    )  # fmt: skip
    assert [r["antecedent"] for r in table(skipped)] == ["x", "y"]


def test_bad_rows_are_told_with_file_and_line(run_cli, tmp_path):
    (tmp_path / "a.csv").write_text("id,item\n1,x\n1,y\n2\n", encoding="utf-8")
    result = run_cli("rules", "a.csv", "--basket", "id,item", code=1)
    assert "Error: a.csv:4: expected at least 2 columns, got 1" in result.err
    (tmp_path / "a.csv").write_text("tea,milk\n1,0\n0,x\n", encoding="utf-8")
    result = run_cli("rules", "a.csv", "--shape", "one-hot", code=1)
    assert "Error: a.csv:3: 'x' in the column 'milk' is no flag" in result.err
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    result = run_cli("rules", "a.parquet", code=1)
    assert "Error: a.parquet: " in result.err
    assert "Traceback" not in result.err
