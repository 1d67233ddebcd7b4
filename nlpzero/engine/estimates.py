"""What a long run will take, from short trials of it: how counts grow, seconds, and an estimate of
both.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from nlpzero.engine.resources import available_cores

#: Memory of the interpreter and the compiled code, beside what a run holds; with a model more.
PROCESS_BYTES = 130 << 20
MODEL_PROCESS_BYTES = 200 << 20
#: Seconds of trials after which no larger one begins.
TRIAL_SECONDS = 0.7
# what another job adds to the speed of one, measured with two: .4 to .84
_JOB = 0.7
# no count grows slower than this power of the text
_LEAST_EXPONENT = 0.2


@dataclass(frozen=True)
class Trial:
    """What a pass over a part of the text took and found.

    size : int
        Bytes of the part.
    seconds : float
    counts : mapping of str to int
        What was found, by name.
    """

    size: int
    seconds: float
    counts: Mapping[str, int]


def try_out(
    work: Callable[[Sequence[str]], Mapping[str, int]],
    parts: Sequence[Sequence[str]],
    *,
    limit: float | None = None,
) -> list[Trial]:
    """Do the work on larger and larger parts of a text, until it has taken enough time.

    Parameters
    ----------
    work : callable
        Takes texts and returns what it found in them.
    parts : sequence of sequences of str
        Each holds the one before.
    limit : float > 0, optional
        No part is begun after so many seconds, but three are tried in any case. Default
        :data:`TRIAL_SECONDS`.

    Returns
    -------
    list of Trial
    """
    limit = TRIAL_SECONDS if limit is None else limit
    if parts:
        work(parts[0])  # compiles, or loads what was compiled
    trials: list[Trial] = []
    spent = 0.0
    for part in parts:
        if spent > limit and len(trials) >= 3:
            break
        begun = time.perf_counter()
        counts = work(part)
        seconds = time.perf_counter() - begun
        spent += seconds
        trials.append(Trial(sum(len(text.encode("utf-8")) for text in part), seconds, counts))
    return trials


def grown(trials: Sequence[Trial], name: str, size: float) -> float:
    """What a count will be in a text of `size` bytes.

    Parameters
    ----------
    trials : sequence of Trial
        On nested parts of the text, ascending.
    name : str
        Which count.
    size : float

    Returns
    -------
    float
        At least what the largest part has; 0 without trials.

    Notes
    -----
    Heaps' law says V = K N^b; in text b falls slowly while N grows. Its values between the last
    three parts, b1 and then b2, are where it is and how fast it falls by the logarithm of N; that
    goes on. Heaps 1978, "Information Retrieval: Computational and Theoretical Aspects", section
    7.5.

    Examples
    --------
    >>> trials = [Trial(n, 0.0, {"words": round(50 * n**0.5)}) for n in (2500, 10_000, 40_000)]
    >>> round(grown(trials, "words", 1_000_000))
    50000
    """
    last = trials[-1] if trials else Trial(0, 0.0, {})
    count = last.counts.get(name, 0)
    if not count or size <= max(last.size, 1):
        return float(count)
    points = [(0.0, 0.0)]  # logarithms; a text of one byte has one of anything
    for trial in trials[-3:]:
        point = math.log(max(trial.size, 1)), math.log(max(trial.counts.get(name, 0), 1))
        if point[0] > points[-1][0]:
            points.append(point)
    slopes = [((a[0] + b[0]) / 2, (b[1] - a[1]) / (b[0] - a[0])) for a, b in pairwise(points)]
    if not slopes:
        return count * size
    at, slope = slopes[-1]
    bend = 0.0
    if len(slopes) >= 3:
        bend = min(0.0, (slope - slopes[-2][1]) / (at - slopes[-2][0]))
    now = max(0.0, min(1.0, slope + bend * (points[-1][0] - at)))
    return count * math.exp(_power(now, bend, math.log(size / max(last.size, 1))))


def _power(exponent: float, bend: float, ahead: float) -> float:
    """The exponent, bending on the way, times the way; it stops falling at a least value."""
    least = min(exponent, _LEAST_EXPONENT)
    straight = ahead if not bend else min(ahead, (least - exponent) / bend)
    return exponent * straight + bend * straight * straight / 2 + least * (ahead - straight)


def seconds_for(trials: Sequence[Trial], size: float, jobs: int = 1) -> float:
    """Seconds that the work will take for a text of `size` bytes.

    Parameters
    ----------
    trials : sequence of Trial
        By one job, ascending.
    size : float
    jobs : int >= 1
        Jobs of the run; those that the processor has no core for add nothing.

    Notes
    -----
    What it takes beside the text is seen by a smaller part taking more than its share.
    """
    if not trials or not trials[-1].size:
        return 0.0
    last = trials[-1]
    rate = last.seconds / last.size
    if len(trials) > 1 and last.size > trials[0].size:
        # a smaller part may have been unlucky
        rate = max(rate / 2, min(rate, _slope(trials[0], last)))
    fixed = max(0.0, last.seconds - rate * last.size)
    return fixed + rate * size / speed_up(jobs)


def _slope(a: Trial, b: Trial) -> float:
    return (b.seconds - a.seconds) / (b.size - a.size)


def speed_up(jobs: int) -> float:
    """How many times as fast some jobs are as one on this machine, about."""
    return 1 + _JOB * (min(jobs, available_cores()) - 1)


@dataclass(frozen=True)
class Estimate:
    """What a run will take, about.

    Attributes
    ----------
    text : int
        Bytes of text as UTF-8, decompressed.
    sampled : int
        Bytes of it that were tried.
    counts : dict of str to int
        What will be found.
    memory : int
        Largest memory of the process and its workers, in bytes.
    disk : int
        Bytes of temporary files at a time.
    output : int
        Bytes of the result.
    seconds : float
    jobs : int
    """

    text: int
    sampled: int
    jobs: int
    counts: dict[str, int] = field(default_factory=dict)
    memory: int = 0
    disk: int = 0
    output: int = 0
    seconds: float = 0.0

    def then(self, other: "Estimate") -> "Estimate":
        """This work and, after it, the other; the output is the other's."""
        return replace(
            other,
            counts={**self.counts, **other.counts},
            memory=max(self.memory, other.memory),
            disk=max(self.disk, other.disk),
            seconds=self.seconds + other.seconds,
        )
