"""What segmenting a text will take."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nlpzero.engine.estimates import (
    MODEL_PROCESS_BYTES,
    Estimate,
    grown,
    seconds_for,
    try_out,
)
from nlpzero.engine.resources import Resources, affordable_jobs
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.writing import Format, segment_corpus
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import spread_sample

# what a worker holds at a time: a shard of so many bytes as text, as symbols and cut
_HELD = 64 << 20


def estimate_segmenting(
    corpus: Corpus,
    segmenter: Segmenter,
    *,
    separator: str = " ",
    format: Format = "text",
    resources: Resources | None = None,
) -> Estimate:
    """What :func:`segment_corpus` will take, from trials on a sample of the text.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    segmenter, separator, format, resources
        As there.

    Returns
    -------
    Estimate
        Without counts. The output is in UTF-8.
    """
    given = Resources() if resources is None else resources
    sample = spread_sample(corpus)
    jobs = affordable_jobs(given.jobs, given.budget)
    own = replace(given, jobs=1, executor=None, progress=None, checkpoint=None)

    def work(texts: Sequence[str]) -> Mapping[str, int]:
        out = io.BytesIO()
        segment_corpus(texts, segmenter, out, separator=separator, format=format, resources=own)
        return {"output": out.tell()}

    trials = try_out(work, sample.parts)
    return Estimate(
        text=sample.total,
        sampled=trials[-1].size,
        jobs=jobs,
        memory=MODEL_PROCESS_BYTES + min(given.budget, jobs * min(_HELD, 4 * sample.total)),
        output=round(grown(trials, "output", sample.total)),
        seconds=seconds_for(trials, sample.total, jobs) + sample.reading * sample.total / jobs,
    )
