"""The tools of the benchmarks: the generator of text, and the record of measurements."""

import csv
import hashlib
import importlib.util
import itertools
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"


def load(name):
    if f"benchmarks_{name}" not in sys.modules:
        spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return sys.modules[f"benchmarks_{name}"]


def test_generated_text_is_the_same_everywhere_and_longer_begins_with_shorter(tmp_path):
    generate = load("generate").generate
    small = generate(tmp_path / "small", 200_000, seed=1)
    assert 199_000 < small <= 200_000
    generate(tmp_path / "large", 4_000_000, seed=1)
    data = (tmp_path / "small").read_bytes()
    assert hashlib.sha256(data).hexdigest()[:16] == "4ec6ee76e2ef4269"
    assert (tmp_path / "large").read_bytes().startswith(data)
    generate(tmp_path / "other", 200_000, seed=2)
    assert (tmp_path / "other").read_bytes() != data


def test_generated_text_keeps_showing_new_bigrams(tmp_path):
    load("generate").generate(tmp_path / "a", 3_000_000)
    text = (tmp_path / "a").read_text(encoding="utf-8")
    distinct = [len(set(itertools.pairwise(text[:n]))) for n in (200_000, 400_000, 800_000)]
    assert distinct[1] > 1.3 * distinct[0]
    assert distinct[2] > 1.3 * distinct[1]
    assert all(text.splitlines())


@pytest.fixture
def harness(tmp_path, monkeypatch):
    module = load("harness")
    monkeypatch.setattr(module, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(module, "WORK", tmp_path / "work")
    return module


def test_a_comparison_runs_in_turn_and_is_recorded(harness):
    seen = []
    command = [sys.executable, "-c", "print('x' * 10)"]
    bench = harness.Benchmark("trial", "A trial")
    medians = bench.compare(
        "callables",
        [
            harness.Case("a", lambda: seen.append("a"), size=10**6),
            harness.Case("b", lambda: seen.append("b")),
        ],
        rounds=3,
    )
    assert seen == ["a", "b"] * 4
    assert set(medians) == {"a", "b"}
    bench.compare(
        "commands", [harness.Case("one", command), harness.Case("two", command)], rounds=2
    )
    folder = bench.write()
    rows = list(csv.DictReader((folder / "raw.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["case"], row["round"]) for row in rows[6:]] == [
        ("one", "0"), ("two", "0"), ("one", "1"), ("two", "1"),
    ]  # fmt: skip
    assert len({row["result"] for row in rows[6:]}) == 1
    assert all(float(row["seconds"]) > 0 for row in rows)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "2 rounds in turn; results equal in every round" in text
    assert "numpy: " in text
    assert sys.executable not in text


def test_unequal_work_and_failing_commands_end_a_comparison(harness):
    bench = harness.Benchmark("trial", "A trial")
    cases = [harness.Case("a", lambda: 1), harness.Case("b", lambda: 2)]
    with pytest.raises(RuntimeError, match="results differ"):
        bench.compare("x", cases, rounds=1)
    bench.compare("x", cases, rounds=1, check=lambda results: results["b"] == 2)
    with pytest.raises(RuntimeError, match="exit code 3"):
        bench.compare("x", [harness.Case("a", [sys.executable, "-c", "raise SystemExit(3)"])])


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux")
def test_memory_of_a_command_and_its_children_is_seen(harness):
    child = "import time; data = bytearray(60 << 20); time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    _, peak, largest, _ = harness.run_command([sys.executable, "-c", parent])
    assert 60 < peak < 150
    assert 60 < largest < 150
