"""Word frequencies of corpora of any size.

Each worker counts its shards in a hash table over bytes and returns sorted runs; equal words of different runs
meet in one merge. Every word costs the merge once per run, not once per token, so that merging stays small
beside counting. Counts add, so the result is the same for any number of processes, shards and bytes of memory.
"""

import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nlpzero.engine.parallel import Advance as Progress
from nlpzero.engine.parallel import (
    LocalThreads,
    compiled_workers,
    map_shards,
    on_this_machine,
)
from nlpzero.engine.resources import (
    ReadReport,
    Resources,
    affordable_jobs,
    by_bytes,
    default_memory,
)
from nlpzero.engine.storage import PathLike, scratch_folder
from nlpzero.segmentation.tokenizers import (
    FunctionTokenizer,
    ModelTokenizer,
    NGramTokenizer,
    SegmenterTokenizer,
    Tokenize,
    Tokenizer,
    as_tokenizer,
)
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.words.hash_table import WordTable
from nlpzero.words.sorted_frames import (
    Frame,
    FrameRun,
    RunStore,
    SpilledRun,
    join_frames,
    merge_frame_runs,
    new_file,
    spill,
)
from nlpzero.words.table import Bound, WordCounts, without_marks
from nlpzero.words.token_sink import TokenSink

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


Documents = Literal["line", "file"]

# shares of the memory budget; the table is sorted while it is there, and gone when all runs are merged
_TABLE_SHARE = 4
_WORKER_RUNS_SHARE = 8
_RUNS_SHARE = 4
_RESULT_SHARE = 2
_LEAST = 4 << 20
_LEAST_SHARD = 2 << 20
_SHARDS_PER_JOB = 8


@dataclass(frozen=True)
class _Settings:
    """What a worker needs beside its shard."""

    tokenizer: Tokenizer
    documents: Documents | None
    table_bytes: int
    runs_bytes: int
    folder: str | None  # None: everything it finds travels in its result


@dataclass(frozen=True)
class _Counted:
    """What a worker found in a shard."""

    runs: tuple[FrameRun, ...]
    tokens: int
    documents: int


def _sources_of(text: Corpus | Shard) -> Iterator[Shard]:
    """A shard for each source."""
    for piece in text.pieces:
        yield Shard((piece,), text.encoding, text.errors, text.field)


def _count_shard(shard: Shard, settings: _Settings, *, report: ReadReport) -> _Counted:
    folder = None if settings.folder is None else Path(settings.folder)
    reach = None if folder is None else (lambda: folder)
    store = RunStore(settings.runs_bytes, reach)
    by_documents = settings.documents is not None
    table = WordTable(
        settings.table_bytes,
        store,
        documents=by_documents,
        open_store=RunStore(settings.runs_bytes, reach, union=True),
    )
    sink = TokenSink(table, settings.documents)
    for source in _sources_of(shard):
        if settings.documents == "file" and source.pieces[0].source.kind == "texts":
            for text in source.pieces[0].source.texts:
                sink.begin_source()
                single = Corpus.from_texts([text], errors=shard.errors).shards()[0]
                settings.tokenizer.feed(single, sink, report)
            continue
        sink.begin_source()
        settings.tokenizer.feed(source, sink, report)
    table.finish()
    return _Counted(tuple(store.runs()), table.tokens, table.documents)


def _whole_sources(corpus: Corpus | Shard, target: int) -> list[Shard]:
    """Shards that never cut a file in two."""
    shards: list[Shard] = []
    group: list[Any] = []
    held = 0
    for piece in corpus.pieces:
        alone = piece.source.once is not None or piece.source.size is None
        size = piece.source.size or 0
        if group and (alone or held + size > target):
            shards.append(Shard(tuple(group), corpus.encoding, corpus.errors, corpus.field))
            group, held = [], 0
        if alone:
            shards.append(Shard((piece,), corpus.encoding, corpus.errors, corpus.field))
        else:
            group.append(piece)
            held += size
    if group:
        shards.append(Shard(tuple(group), corpus.encoding, corpus.errors, corpus.field))
    return shards


def _target(corpus: Corpus, tokenizer: Tokenizer, jobs: int) -> int:
    """Bytes of a shard: large, as every shard costs a merge; but small enough that no worker is left waiting."""
    if jobs == 1 or corpus.size is None:
        return tokenizer.shard_bytes
    return min(tokenizer.shard_bytes, max(_LEAST_SHARD, corpus.size // (_SHARDS_PER_JOB * jobs)))


def _checked_documents(documents: str | None) -> Documents | None:
    if documents not in (None, "line", "file"):
        raise ValueError(f"`documents` must be None, 'line' or 'file', got {documents!r}.")
    return documents  # type: ignore[return-value]


@contextmanager
def _workers(
    tokenizer: Tokenizer, jobs: int, executor: Executor | None, size: int | None
) -> Iterator[Executor | None]:
    """What runs the work: what was given, or threads where compiled loops do most of it, or processes."""
    if executor is not None or isinstance(tokenizer, FunctionTokenizer):
        # None stands for one process, or new ones: Python code runs side by side in processes only
        yield executor
        return
    with compiled_workers(jobs, size) as workers:
        yield workers


def _portable(tokenizer: Tokenizer, folder: Path) -> Tokenizer:
    """A tokenizer that is cheap to send to another process of this machine."""
    if isinstance(tokenizer, SegmenterTokenizer):
        from nlpzero.segmentation.base import METHODS

        if getattr(tokenizer.segmenter, "method", None) in METHODS:
            path = folder / "model.nz"
            tokenizer.segmenter.save(path)
            return ModelTokenizer(path)
    try:
        pickle.dumps(tokenizer)
    except Exception as error:
        raise ValueError(
            "`tokenizer` must be picklable to be used in several processes, so a function must be defined "
            f"at the top level of a module ({error}); or pass jobs=1."
        ) from error
    return tokenizer


def _settings(
    tokenizer: Tokenizer,
    documents: Documents | None,
    budget: int,
    jobs: int,
    workers: Executor | None,
    folder: Path,
) -> _Settings:
    runs_bytes = max(_LEAST, budget // (_WORKER_RUNS_SHARE * jobs))
    here = on_this_machine(workers)
    if here and jobs > 1 and not isinstance(workers, LocalThreads):
        tokenizer = _portable(tokenizer, folder)
        # between processes a file costs less memory than a pipe, which copies everything twice
        runs_bytes = _LEAST
    return _Settings(
        tokenizer,
        documents,
        max(_LEAST, budget // (_TABLE_SHARE * jobs)),
        runs_bytes,
        # what is not on this machine has another disk
        str(folder) if here else None,
    )


def _count_ngram_words(
    texts: Corpus | Shard,
    ngrams: NGramTokenizer,
    documents: Documents | None,
    min_count: int,
    resources: Resources,
    report: ReadReport | None,
) -> WordCounts:
    if documents is not None:
        raise ValueError("`documents` cannot be counted for n-grams.")
    from nlpzero.ngrams.counting import count_ngrams

    counts = count_ngrams(texts, ngrams.high, resources=resources)
    if report is not None:
        report.add(counts.read)
    return WordCounts.from_ngrams(counts, ngrams.low, ngrams.high, min_count=min_count)


def count_words(
    texts: Corpus | Shard | Iterable[str],
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    report: ReadReport | None = None,
) -> WordCounts:
    """Count words exactly, whatever the size of the corpus.

    White space is never a word.

    Parameters
    ----------
    texts : Corpus or iterable of str
    tokenizer : Tokenizer, Segmenter, callable or str
        What the words are: one of our segmenters; ``"whitespace"`` for text already segmented; any callable
        from a line to its tokens, or its name ``"module:function"``.
    documents : {None, "line", "file"}
        Also count in how many documents each word is. A document is a line, or a file (of a list of texts: a
        text).
    punctuation : bool, optional
        Whether tokens without any letter, digit or Han character count; by default not for segmenters, but for
        all else.
    min_count : int >= 1
        Drop rarer words, after everything is counted.
    memory : int, optional
        Bytes to stay within; what does not fit is sorted, written to disk and merged. What Python and the
        libraries need in each process (about 100 MB) comes on top; a small budget means fewer processes.
    tmpdir : path, optional
        Folder for temporary files.
    jobs : int >= 1
        Workers: threads where compiled loops do most of the work, processes for Python functions.
    executor : concurrent.futures.Executor, optional
        Runs the work instead, for example ``distributed.Client(...).get_executor()``.
    progress : callable, optional
        Called with the number of bytes of each finished shard.
    report : ReadReport, optional
        Receives what was read.

    Returns
    -------
    WordCounts
        The same for any `memory`, `jobs` and `executor`.

    Raises
    ------
    WorkerError
        The tokenizer failed; the message names the line of the text and of the code.
    CorpusError, ResourceError, StorageError

    Examples
    --------
    >>> counts = count_words(["天气 很 好", "天气 不 好"], "whitespace", documents="line")
    >>> counts.most_common(2), counts.document_frequency("天气")
    ([('天气', 2), ('好', 2)], 2)
    """
    corpus = as_corpus(texts)
    how = as_tokenizer(tokenizer)
    documents = _checked_documents(documents)
    if min_count < 1:
        raise ValueError(f"`min_count` must be an integer >= 1, got {min_count}.")
    if jobs < 1:
        raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}.")
    keep_marks = how.punctuation if punctuation is None else punctuation
    budget = default_memory() if memory is None else memory
    if executor is None:
        jobs = affordable_jobs(jobs, budget)
    if isinstance(how, NGramTokenizer):
        return _count_ngram_words(
            corpus,
            how,
            documents,
            min_count,
            resources=Resources(jobs, memory, tmpdir, executor, by_bytes(progress)),
            report=report,
        )
    with (
        scratch_folder(tmpdir) as folder,
        _workers(how, jobs, executor, corpus.size) as workers,
    ):
        settings = _settings(how, documents, budget, jobs, workers, folder)
        if documents == "file" or not isinstance(corpus, Corpus):
            # a file in two shards would be two documents
            shards = _whole_sources(corpus, how.shard_bytes)
        else:
            shards = corpus.shards(jobs, _target(corpus, how, jobs))
        store = RunStore(max(_LEAST, budget // _RUNS_SHARE), lambda: folder)
        tokens = seen = 0
        for counted in map_shards(
            _count_shard,
            shards,
            settings,
            jobs=jobs,
            executor=workers,
            progress=progress,
            report=report,
        ):
            tokens += counted.tokens
            seen += counted.documents
            for run in counted.runs:
                store.add(run)
        frames = store.frames()
        if not keep_marks:
            dropped = _Dropped()
            frames = dropped.of(frames)
        kept = _at_least(frames, min_count)
        result = WordCounts._from_frames(
            kept,
            Bound.of(store, documents is not None),
            max(_LEAST, budget // _RESULT_SHARE),
            tmpdir,
            total=tokens,
            documents=None if documents is None else seen,
        )
        if not keep_marks:
            result.total -= dropped.tokens
        return result


def _at_least(frames: Iterator[Frame], min_count: int) -> Iterator[Frame]:
    for frame in frames:
        kept = frame if min_count == 1 else frame.select(frame.counts >= min_count)
        if len(kept):
            yield kept


class _Dropped:
    """Leaves marks out of frames and remembers how many tokens they were."""

    def __init__(self) -> None:
        self.tokens = 0

    def of(self, frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            kept = without_marks(frame)
            self.tokens += int(frame.counts.sum()) - int(kept.counts.sum())
            yield kept


def _count_source(shard: Shard, settings: _Settings, *, report: ReadReport) -> _Counted:
    """As :func:`_count_shard`, in one run."""
    counted = _count_shard(shard, settings, report=report)
    if len(counted.runs) == 1:
        return counted
    if settings.folder is None or all(isinstance(run, Frame) for run in counted.runs):
        return _Counted(
            (join_frames(merge_frame_runs(counted.runs)),), counted.tokens, counted.documents
        )
    merged = spill(merge_frame_runs(counted.runs), new_file(Path(settings.folder)))
    for run in counted.runs:
        if isinstance(run, SpilledRun):
            run.remove()
    return _Counted((merged,), counted.tokens, counted.documents)


def count_words_by_file(
    texts: Corpus,
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    progress: Progress | None = None,
    report: ReadReport | None = None,
) -> Iterator[tuple[str, WordCounts]]:
    """Count the words of each file of a corpus by itself.

    Parameters
    ----------
    texts : Corpus
    tokenizer, documents, punctuation, min_count, memory, tmpdir, jobs, executor, progress, report
        As for :func:`count_words`. Files are shared among the processes; a file is counted by one of them.

    Yields
    ------
    name : str
        Of the file, as the corpus names it; in the order of the corpus.
    counts : WordCounts
    """
    if not isinstance(texts, Corpus):
        raise TypeError(f"`texts` must be a Corpus, which has files; got {type(texts).__name__}.")
    how = as_tokenizer(tokenizer)
    documents = _checked_documents(documents)
    keep_marks = how.punctuation if punctuation is None else punctuation
    budget = default_memory() if memory is None else memory
    if executor is None:
        jobs = affordable_jobs(jobs, budget)
    shards = list(_sources_of(texts))
    if isinstance(how, NGramTokenizer):
        for shard in shards:
            table = _count_ngram_words(
                shard,
                how,
                documents,
                min_count,
                resources=Resources(jobs, memory, tmpdir, executor, by_bytes(progress)),
                report=report,
            )
            yield shard.pieces[0].source.name, table
        return
    with (
        scratch_folder(tmpdir) as folder,
        _workers(how, jobs, executor, texts.size) as workers,
    ):
        settings = _settings(how, documents, budget, jobs, workers, folder)
        results = map_shards(
            _count_source,
            shards,
            settings,
            jobs=jobs,
            executor=workers,
            progress=progress,
            report=report,
            ordered=True,
        )
        for shard, counted in zip(shards, results, strict=True):
            store = RunStore(1 << 62, lambda: folder)
            for run in counted.runs:
                store.add(run)
            dropped = _Dropped()
            frames = store.frames() if keep_marks else dropped.of(store.frames())
            table = WordCounts._from_frames(
                _at_least(frames, min_count),
                Bound.of(store, documents is not None),
                max(_LEAST, budget // _RESULT_SHARE),
                tmpdir,
                total=counted.tokens,
                documents=None if documents is None else counted.documents,
            )
            table.total -= dropped.tokens
            store.clear()
            yield shard.pieces[0].source.name, table
