"""``nlpzero recommend``, and the options of ``rules`` for evidence and for rules between words."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nlpzero
from tests.rules.test_word_rules import reviews

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples" / "transactions.csv"


@pytest.fixture
def rules(run_here, tmp_path):
    run_here("rules", SAMPLE, "--min-support", 0.03, "--min-confidence", 0.3, "-o", "r.nz", code=0)
    return nlpzero.Rules.load(tmp_path / "r.nz")


def table(result):
    return list(csv.DictReader(io.StringIO(result.out), delimiter="\t"))


def test_a_basket_as_arguments_or_lines(run_cli, run_here, rules):
    given = table(run_cli("recommend", "r.nz", "果酱", "牛奶", code=0))
    wanted = rules.recommend(["果酱", "牛奶"])
    assert [(row["item"], row["antecedent"], int(row["rules"])) for row in given] == [
        (one.item, ", ".join(one.antecedent), one.rules) for one in wanted
    ]
    assert {row["basket"] for row in given} == {"1"}
    piped = run_cli("recommend", "r.nz", input='没有的\n\n 果酱 ,"牛奶"\r\n'.encode(), code=0)
    assert [{**row, "basket": "1"} for row in table(piped)] == given
    assert {row["basket"] for row in table(piped)} == {"3"}
    few = run_here("recommend", "r.nz", "果酱", "--top", 1, "--by", "lift", "--format", "jsonl")
    (row,) = map(json.loads, few.out.splitlines())
    assert row["item"] == rules.recommend(["果酱"], top=1, by="lift")[0].item
    assert row["antecedent"] == ["果酱"]


def test_nothing_to_recommend(run_here, rules):
    for arguments, text in ((("没有的",), b""), ((), b""), ((), b"\n\n")):
        done = run_here("recommend", "r.nz", *arguments, input=text, code=0)
        assert len(done.out.splitlines()) == 1
        assert f"none of the {len(rules)} rules" in done.err


def test_bad_files_and_bytes(run_cli, rules, tmp_path):
    done = run_cli("recommend", "r.nz", input=b"a,b\n\xff\xfe\xfa\n")
    assert done.code == 1
    assert "Traceback" not in done.err
    assert run_cli("recommend", "none.nz", "a").code == 2
    (tmp_path / "cut.nz").write_bytes((tmp_path / "r.nz").read_bytes()[:-40])
    done = run_cli("recommend", "cut.nz", "a")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    nlpzero.count_words(["a b"], "whitespace").save(tmp_path / "words.nz")
    assert "expected rules" in run_cli("recommend", "words.nz", "a").err


def test_a_pipe_that_is_closed_and_ctrl_c(rules, tmp_path):
    program = [sys.executable, "-m", "nlpzero_cli", "recommend", str(tmp_path / "r.nz")]
    text = SAMPLE.read_bytes() * 40
    (tmp_path / "many.csv").write_bytes(text)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with (
        open(tmp_path / "many.csv", "rb") as file,
        subprocess.Popen(program, stdin=file, **pipes) as run,
    ):
        assert run.stdout.readline()
        run.stdout.close()
        assert b"Traceback" not in run.stderr.read()
        assert run.wait(60) == 0
    with subprocess.Popen(program, stdin=subprocess.PIPE, **pipes) as run:
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=60)
        assert run.returncode == 130
        assert b"Traceback" not in err


def test_info_and_verify(run_here, rules):
    told = run_here("info", "r.nz", "--verify", code=0).out
    assert "kind\trules" in told
    assert f"rules\t{len(rules)}" in told


def test_evidence_as_columns(run_here):
    options = ("--min-support", 0.03, "--min-confidence", 0.3)
    plain = table(run_here("rules", SAMPLE, *options, code=0))
    tested = run_here("rules", SAMPLE, *options, "--max-q", 0.01, "--validate", 0.5, code=0)
    assert "of them are held out" in tested.err
    rows = table(tested)
    assert set(rows[0]) - set(plain[0]) == {
        "p_value", "q_value", "held_out_support", "held_out_confidence"
    }  # fmt: skip
    assert 0 < len(rows) < len(plain)
    assert all(float(row["q_value"]) <= 0.01 for row in rows)
    same = run_here(
        "rules", SAMPLE, *options, "--max-q", 0.01, "--validate", 0.5, "--seed", 1, code=0
    )
    assert same.out != tested.out
    shown = run_here("rules", SAMPLE, *options, "--max-q", 0.01, "--format", "table", code=0)
    assert "q_value" in shown.out.splitlines()[0]
    by_lift = table(run_here("rules", SAMPLE, *options, "--order", "lift", code=0))
    lifts = [float(row["lift"]) for row in by_lift]
    assert lifts == sorted(lifts, reverse=True)
    assert {row["antecedent"] for row in by_lift} == {row["antecedent"] for row in plain}
    low = table(run_here("rules", SAMPLE, *options, "--min", "lift_low=2", code=0))
    assert all(float(row["lift_low"]) > 2 for row in low)


def test_words_say_something_at_first_try(run_cli, run_here, tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(reviews()), encoding="utf-8")
    done = run_cli("rules", "--text", "--whitespace", "text.txt", code=0)
    rows = table(done)
    assert "set aside" in done.err
    assert "的" in done.err
    assert rows
    assert rows[0]["kind"] == "association"
    for row in rows:
        assert row["antecedent"] in row["example_1"]
        assert row["consequent"] in row["example_1"]
        assert row["example_2"] not in ("", row["example_1"])
    shown = run_here(
        "rules", "--text", "--whitespace", "text.txt", "--format", "table", "--max-rules", 2,
        "--examples", 1, code=0,
    ).out.splitlines()  # fmt: skip
    assert len(shown) == 5
    assert shown[2].strip() == rows[0]["example_1"]
    everything = run_here(
        "rules", "--text", "--whitespace", "text.txt", "--common", 1, "--prune", "none",
        "--min", "lift=0", "--examples", 0, "--order", "confidence", code=0,
    )  # fmt: skip
    assert "set aside" not in everything.err
    assert len(table(everything)) > len(rows)
    assert "example_1" not in everything.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--examples", 1), "--examples goes with --text"),
        (("--common", 0.5), "--common goes with --text"),
        (("--numbers",), "--numbers goes with --text"),
        (("--phrases", "only"), "--phrases goes with --text"),
        (("--prune", "none", "--prune", "mirrored"), "--prune none goes with no other"),
        (("-o", "r.nz", "--format", "csv"), "a format of its own"),
        (("--validate", 1), "--validate"),
        (("--max-q", 2), "--max-q"),
    ],
)
def test_misuse(run_here, options, said):
    done = run_here("rules", SAMPLE, *options)
    assert done.code == 2
    assert said in done.err
