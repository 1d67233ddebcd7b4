"""How counts and seconds go on beyond trials."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpzero.engine import estimates
from nlpzero.engine.estimates import Estimate, Trial, grown, seconds_for, speed_up, try_out


def trials_of(law, sizes=(1 << 20, 1 << 21, 1 << 22)) -> list[Trial]:
    return [Trial(size, size * 1e-6, {"words": round(law(size))}) for size in sizes]


@given(
    st.floats(0.3, 1.0),
    st.floats(100.0, 1000.0),  # so many that they are whole numbers makes no difference
    st.floats(1.0, 1000.0),
)
def test_heaps_law_is_followed(exponent: float, factor: float, ahead: float) -> None:
    trials = trials_of(lambda n: factor * n**exponent)
    size = trials[-1].size * ahead
    assert grown(trials, "words", size) == pytest.approx(factor * size**exponent, rel=0.25)


def test_an_exponent_that_falls_goes_on_falling() -> None:
    def law(n: float) -> float:
        x = math.log(n)
        return math.exp(1.2 * x - 0.01 * x * x)

    size = 200 << 20
    assert grown(trials_of(law), "words", size) == pytest.approx(law(size), rel=0.02)


def test_words_drawn_by_a_power_law() -> None:
    random = np.random.default_rng(1)
    tokens = random.zipf(1.4, 1 << 20)
    sizes = [1 << 12, 1 << 13, 1 << 14]
    trials = [Trial(n, 0.0, {"words": len(set(tokens[:n].tolist()))}) for n in sizes]
    truth = len(set(tokens.tolist()))
    assert truth / 1.5 < grown(trials, "words", len(tokens)) < truth * 1.5


@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), max_size=5),
    st.floats(0, 1e13),
)
def test_any_trials_give_a_number(found: list[tuple[int, int]], size: float) -> None:
    trials = [Trial(n, 0.1, {"words": count}) for n, count in sorted(found)]
    last = trials[-1] if trials else Trial(0, 0, {"words": 0})
    got = grown(trials, "words", size)
    assert last.counts["words"] <= got * 1.000001 + 1e-6
    assert got <= max(last.counts["words"] * max(1.0, size / max(1, last.size)) * 1.000001, 0)


def test_seconds_have_a_part_that_does_not_grow() -> None:
    trials = [Trial(n, 0.5 + n / 1e6, {}) for n in (250_000, 500_000, 1_000_000)]
    assert seconds_for(trials, 1e8) == pytest.approx(100.5)
    assert seconds_for(trials, 1e8, jobs=1) == seconds_for(trials, 1e8)
    assert seconds_for([], 1e8) == 0


def test_jobs_without_cores_add_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "available_cores", lambda: 4)
    assert speed_up(1) == 1
    assert speed_up(4) == speed_up(100) == pytest.approx(3.1)


def test_trials_end_when_they_took_enough_time() -> None:
    seen: list[int] = []

    def work(texts):
        seen.append(len(texts))
        return {"texts": len(texts)}

    parts = [["字"] * n for n in (1, 2, 4, 8, 16)]
    done = try_out(work, parts, limit=1e-12)
    assert [trial.counts["texts"] for trial in done] == [1, 2, 4]
    assert seen == [1, 1, 2, 4]  # the first once more, untimed
    done = try_out(work, parts, limit=math.inf)
    assert [trial.size for trial in done] == [3, 6, 12, 24, 48]


def test_one_run_after_another() -> None:
    first = Estimate(10, 5, 2, {"a": 1}, memory=9, disk=1, output=100, seconds=2.0)
    second = Estimate(10, 6, 2, {"b": 2}, memory=3, disk=7, output=50, seconds=3.0)
    both = first.then(second)
    assert both == Estimate(10, 6, 2, {"a": 1, "b": 2}, 9, 7, 50, 5.0)
