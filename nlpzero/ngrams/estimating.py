"""What counting n-grams will take."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nlpzero.engine.estimates import (
    PROCESS_BYTES,
    Estimate,
    Trial,
    grown,
    seconds_for,
    try_out,
)
from nlpzero.engine.resources import LEAST_MEMORY, Resources, affordable_jobs
from nlpzero.engine.sorted_runs import ROW_BYTES
from nlpzero.ngrams.counting import count_to_file
from nlpzero.ngrams.keys import PACKED_ORDER
from nlpzero.ngrams.table import NGramCounts
from nlpzero.ngrams.window_counter import BUFFER_SHARE, WINDOW_BYTES
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import spread_sample

# a row in a file: a key of eight bytes, a count of one
_STORED_ROW = 9


def estimate_ngrams(
    corpus: Corpus,
    order: int = PACKED_ORDER,
    *,
    min_count: int = 1,
    alphabet: Alphabet | None = None,
    resources: Resources | None = None,
) -> Estimate:
    """What :func:`count_to_file` will take, from trials on a sample of the text.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    order, min_count, alphabet, resources
        As there.

    Returns
    -------
    Estimate
        Its counts are "different windows of 4", those of the table; "n-grams of 5" and so on, if
        they are counted; and "characters".
    """
    given = Resources() if resources is None else resources
    sample = spread_sample(corpus)
    jobs = affordable_jobs(given.jobs, given.budget)

    def work(texts: Sequence[str]) -> Mapping[str, int]:
        # the budget shrinks with the text: as many runs are spilled, and levels above 4 take as
        # many passes
        share = int(given.budget * min(1.0, 3 * sum(map(len, texts)) / max(1, sample.total)))
        own = replace(
            given,
            jobs=1,
            memory=max(LEAST_MEMORY, share),
            executor=None,
            progress=None,
            checkpoint=None,
        )
        with given.scratch() as folder:
            path = folder / "counts.nz"
            count_to_file(texts, path, order, min_count=min_count, alphabet=alphabet, resources=own)
            table = NGramCounts.load(path)
            levels = {
                f"n-grams of {k}": len(level.keys)
                for k, level in enumerate(table.levels, PACKED_ORDER + 1)
            }
            return {"different windows of 4": len(table), **levels, "characters": table.total}

    trials = try_out(work, sample.parts)
    found = {name: round(grown(trials, name, sample.total)) for name in trials[-1].counts}
    rows = sum(found.values()) - found["characters"]
    memory, disk = _held(trials, found["characters"], rows, given.budget, jobs)
    return Estimate(
        text=sample.total,
        sampled=trials[-1].size,
        jobs=jobs,
        counts=found,
        memory=PROCESS_BYTES + memory,
        disk=disk,
        output=_STORED_ROW * rows,
        seconds=seconds_for(trials, sample.total, jobs)
        + sample.reading * sample.total * max(1, order - PACKED_ORDER + 1) / jobs,
    )


def _held(
    trials: Sequence[Trial], symbols: int, rows: int, budget: int, jobs: int
) -> tuple[int, int]:
    """Memory, and bytes of temporary files, of counting."""
    per_run = max(1, int(budget / jobs * BUFFER_SHARE) // WINDOW_BYTES)
    runs = max(1, -(-symbols // per_run))
    characters = trials[-1].counts["characters"]
    size = trials[-1].size
    bytes_ = size / characters * min(symbols, per_run) if characters else 0.0
    # rows of all runs: what occurs in several is in each of them
    last = trials[-1].counts
    name = "different windows of 4"
    in_a_run = last[name] * bytes_ / size if bytes_ < size else grown(trials, name, bytes_)
    all_rows = max(rows, round(runs * in_a_run))
    memory = min(budget, WINDOW_BYTES * min(symbols, per_run * jobs) + ROW_BYTES * all_rows)
    # what gathers symbols is free for rows only at the end
    disk = ROW_BYTES * all_rows - int((1 - BUFFER_SHARE) * budget)
    return memory, max(0, disk)
