"""What counting words will take."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nlpzero.engine.estimates import (
    MODEL_PROCESS_BYTES,
    PROCESS_BYTES,
    Estimate,
    grown,
    seconds_for,
    try_out,
)
from nlpzero.engine.resources import Resources, affordable_jobs
from nlpzero.segmentation.tokenizers import (
    ModelTokenizer,
    SegmenterTokenizer,
    Tokenize,
    Tokenizer,
    as_tokenizer,
)
from nlpzero.text.corpus import Corpus
from nlpzero.text.spread import spread_sample
from nlpzero.words.counting import Documents, count_words

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter

# what counting holds for a word beside its bytes, in tables and in runs; most of it at a time
_HELD_ROW = 48
# the share of the budget for runs that stay in memory
_RESIDENT = 4


def estimate_words(
    corpus: Corpus,
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    format: str = "tsv",
    top: int | None = None,
    min_count: int = 1,
    stopwords: Iterable[str] = (),
    resources: Resources | None = None,
) -> Estimate:
    """What :func:`count_words` will take, from trials on a sample of the text.

    Parameters
    ----------
    corpus : Corpus
        Of files; some stretches of lines are read.
    tokenizer, documents, punctuation, resources
        As there.
    format, top, min_count, stopwords
        Of the list, as for :meth:`WordCounts.encode_rows`.

    Returns
    -------
    Estimate
        Its counts are "different words" and "words".
    """
    given = Resources() if resources is None else resources
    how = as_tokenizer(tokenizer)
    sample = spread_sample(corpus)
    jobs = affordable_jobs(given.jobs, given.budget)
    own = replace(given, jobs=1, executor=None, progress=None, checkpoint=None)
    stopped = list(stopwords)

    def work(texts: Sequence[str]) -> Mapping[str, int]:
        table = count_words(texts, how, documents=documents, punctuation=punctuation, resources=own)
        listed = table.encode_rows(format, top=top, min_count=min_count, stopwords=stopped)
        return {
            "different words": len(table),
            "words": table.total,
            "listed": sum(map(len, listed)),
            "stored": table.columns.nbytes,
        }

    trials = try_out(work, sample.parts)
    found = {name: grown(trials, name, sample.total) for name in trials[-1].counts}
    held = _HELD_ROW * found["different words"] + found["stored"]
    model = isinstance(how, (ModelTokenizer, SegmenterTokenizer))
    # a list of the most frequent words grows no more when it is full
    full = top is not None and found["different words"] >= top
    last = trials[-1].counts
    most = last["listed"] / max(1, min(last["different words"], top or 1)) * (top or 1)
    return Estimate(
        text=sample.total,
        sampled=trials[-1].size,
        jobs=jobs,
        counts={name: round(found[name]) for name in ("different words", "words")},
        memory=round((MODEL_PROCESS_BYTES if model else PROCESS_BYTES) + min(given.budget, held)),
        disk=max(0, round(held - given.budget / _RESIDENT)),
        output=round(min(found["listed"], most) if full else found["listed"]),
        seconds=seconds_for(trials, sample.total, jobs) + sample.reading * sample.total / jobs,
    )
