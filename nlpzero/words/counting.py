"""Word frequencies of corpora of any size.

Each worker counts its shards in a hash table over bytes and returns sorted runs; equal words of
different runs meet in one merge. Every word costs the merge once per run, not once per token, so
that merging stays small beside counting. Counts add, so the result is the same for any number of
processes, shards and bytes of memory.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.segmentation.tokenizers import (
    NGramTokenizer,
    Tokenize,
    Tokenizer,
    as_tokenizer,
    portable,
)
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.words.columns import Bound, collect, without_marks
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
from nlpzero.words.table import WordCounts
from nlpzero.words.token_sink import TokenSink

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


Documents = Literal["line", "file"]

# shares of the memory budget; the table is sorted while it is there, and gone when all runs are
# merged
_TABLE_SHARE = 4
_WORKER_RUNS_SHARE = 8
_RUNS_SHARE = 4
_RESULT_SHARE = 2
_LEAST = 4 << 20
_LEAST_SHARD = 2 << 20
_SHARDS_PER_JOB = 8


class _Limits(NamedTuple):
    """What a worker may hold."""

    table_bytes: int
    runs_bytes: int
    folder: Path | None  # None: everything it finds travels in its result


class _Counted(NamedTuple):
    """What a worker found in a shard."""

    runs: tuple[FrameRun, ...]
    tokens: int
    documents: int


def _sources_of(text: Corpus | Shard) -> Iterator[Shard]:
    """A shard for each source."""
    for piece in text.pieces:
        yield Shard((piece,), text.encoding, text.errors, text.field)


def _count_shard(
    shard: Shard,
    tokenizer: Tokenizer,
    documents: Documents | None,
    limits: _Limits,
    *,
    report: ReadReport,
) -> _Counted:
    folder = limits.folder
    reach = None if folder is None else (lambda: folder)
    store = RunStore(limits.runs_bytes, reach)
    table = WordTable(
        limits.table_bytes,
        store,
        documents=documents is not None,
        open_store=RunStore(limits.runs_bytes, reach, union=True),
    )
    sink = TokenSink(table, documents)
    for source in _documents_of(shard) if documents == "file" else _sources_of(shard):
        sink.begin_source()
        for piece in tokenizer.cut(source, report=report):
            piece.feed(sink)
    table.finish()
    return _Counted(tuple(store.runs()), table.tokens, table.documents)


def _documents_of(shard: Shard) -> Iterator[Shard]:
    """A shard for each file, and for each text where there are no files."""
    for source in _sources_of(shard):
        if source.pieces[0].source.kind != "texts":
            yield source
            continue
        for text in source.pieces[0].source.texts:
            yield Corpus.from_texts([text], errors=shard.errors).shards()[0]


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
    """Bytes of a shard: large, as every shard costs a merge; but small enough that no worker is
    left waiting.
    """
    if jobs == 1 or corpus.size is None:
        return tokenizer.shard_bytes
    return min(tokenizer.shard_bytes, max(_LEAST_SHARD, corpus.size // (_SHARDS_PER_JOB * jobs)))


def _checked_documents(documents: str | None) -> Documents | None:
    if documents not in (None, "line", "file"):
        raise ValueError(f"`documents` must be None, 'line' or 'file', got {documents!r}.")
    return documents  # type: ignore[return-value]


def _prepared(passes: Passes[Any], tokenizer: Tokenizer) -> tuple[Tokenizer, _Limits]:
    """What workers get: the tokenizer as it travels, and their limits."""
    runs_bytes = max(_LEAST, passes.budget // (_WORKER_RUNS_SHARE * passes.jobs))
    if passes.here and not passes.single and not passes.threads:
        tokenizer = portable(tokenizer, passes.folder)
        # between processes a file costs less memory than a pipe, which copies everything twice
        runs_bytes = _LEAST
    table_bytes = max(_LEAST, passes.budget // (_TABLE_SHARE * passes.jobs))
    return tokenizer, _Limits(table_bytes, runs_bytes, passes.worker_folder)


def _shards(
    passes: Passes[Any], corpus: Corpus | Shard, tokenizer: Tokenizer, documents: Documents | None
) -> list[Shard]:
    if documents == "file" or not isinstance(corpus, Corpus):
        # a file in two shards would be two documents
        return _whole_sources(corpus, tokenizer.shard_bytes)
    return corpus.shards(passes.jobs, _target(corpus, tokenizer, passes.jobs))


def _count_ngram_words(
    texts: Corpus | Shard,
    ngrams: NGramTokenizer,
    documents: Documents | None,
    min_count: int,
    resources: Resources | None,
) -> WordCounts:
    if documents is not None:
        raise ValueError("`documents` cannot be counted for n-grams.")
    from nlpzero.ngrams.counting import count_ngrams
    from nlpzero.words.ngrams import ngram_words

    counts = count_ngrams(texts, ngrams.high, resources=resources)
    return ngram_words(counts, ngrams.low, ngrams.high, min_count=min_count, resources=resources)


def count_words(
    texts: Corpus | Shard | Iterable[str],
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    resources: Resources | None = None,
) -> WordCounts:
    """Count words exactly, whatever the size of the corpus.

    White space is never a word.

    Parameters
    ----------
    texts : Corpus or iterable of str
    tokenizer : Tokenizer, Segmenter, callable or str
        What the words are: one of our segmenters; ``"whitespace"`` for text already segmented; any
        callable from a line to its tokens, or its name ``"module:function"``.
    documents : {None, "line", "file"}
        Also count in how many documents each word is. A document is a line, or a file (of a list of
        texts: a text).
    punctuation : bool, optional
        Whether tokens without any letter, digit or Han character count; by default not for
        segmenters, but for all else.
    min_count : int >= 1
        Drop rarer words, after everything is counted.
    resources : Resources, optional
        What the run may use. Workers are threads where compiled loops do most of the work, and
        processes for Python code; what does not fit in memory is sorted, written to disk and
        merged.

    Returns
    -------
    WordCounts
        The same for any `resources`.

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
    keep_marks = how.punctuation if punctuation is None else punctuation
    if isinstance(how, NGramTokenizer):
        return _count_ngram_words(corpus, how, documents, min_count, resources)
    with open_passes(corpus, resources, compiled=how.compiled) as passes:
        tokenizer, limits = _prepared(passes, how)
        shards = _shards(passes, corpus, how, documents)
        store = RunStore(max(_LEAST, passes.budget // _RUNS_SHARE), lambda: passes.folder)
        tokens = seen = 0
        for counted in passes.map(
            _count_shard, tokenizer, documents, limits, stage="count", shards=shards
        ):
            tokens += counted.tokens
            seen += counted.documents
            for run in counted.runs:
                store.add(run)
        return _result(passes, store, _Counted((), tokens, seen), documents, keep_marks, min_count)


def _result(
    passes: Passes[Any],
    store: RunStore,
    counted: _Counted,
    documents: Documents | None,
    keep_marks: bool,
    min_count: int,
) -> WordCounts:
    """The table of everything that was found."""
    dropped = _Dropped()
    frames = store.frames() if keep_marks else dropped.of(store.frames())
    columns = collect(
        _at_least(frames, min_count),
        Bound.of(store, documents is not None),
        max(_LEAST, passes.budget // _RESULT_SHARE),
        passes.resources.tmpdir,
    )
    return WordCounts(
        columns,
        total=counted.tokens - dropped.tokens,
        documents=None if documents is None else counted.documents,
        read=passes.read,
    )


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


def _count_source(
    shard: Shard,
    tokenizer: Tokenizer,
    documents: Documents | None,
    limits: _Limits,
    *,
    report: ReadReport,
) -> tuple[_Counted, ReadReport]:
    """As :func:`_count_shard`, in one run; and what was read for it."""
    counted = _count_shard(shard, tokenizer, documents, limits, report=report)
    if len(counted.runs) == 1:
        return counted, report
    if limits.folder is None or all(isinstance(run, Frame) for run in counted.runs):
        run: FrameRun = join_frames(merge_frame_runs(counted.runs))
        return counted._replace(runs=(run,)), report
    run = spill(merge_frame_runs(counted.runs), new_file(limits.folder))
    for part in counted.runs:
        if isinstance(part, SpilledRun):
            part.remove()
    return counted._replace(runs=(run,)), report


def count_words_by_file(
    texts: Corpus,
    tokenizer: "Tokenizer | Segmenter | Tokenize | str",
    *,
    documents: Documents | None = None,
    punctuation: bool | None = None,
    min_count: int = 1,
    resources: Resources | None = None,
) -> "CountsByFile":
    """Count the words of each file of a corpus by itself.

    Parameters
    ----------
    texts : Corpus
    tokenizer, documents, punctuation, min_count, resources
        As for :func:`count_words`. Files are shared among the workers; a file is counted by one of
        them.

    Returns
    -------
    CountsByFile
        An iterator of pairs, counted as they are asked for: the name of the file, as the corpus
        names it and in its order, and the :class:`WordCounts`, whose `read` is what was read of
        this file.

    Examples
    --------
    >>> from nlpzero import Corpus
    >>> corpus = Corpus.from_texts(["好 天气", "好"])  # a single source
    >>> [(name, dict(counts)) for name, counts in count_words_by_file(corpus, "whitespace")]
    [('texts', {'好': 2, '天气': 1})]
    """
    if not isinstance(texts, Corpus):
        raise TypeError(f"`texts` must be a Corpus, which has files; got {type(texts).__name__}.")
    how = as_tokenizer(tokenizer)
    documents = _checked_documents(documents)
    marks = how.punctuation if punctuation is None else punctuation
    tables = _by_file(texts, how, documents, marks, min_count, resources)
    return CountsByFile(tables, documents is not None)


def _by_file(
    texts: Corpus,
    how: Tokenizer,
    documents: Documents | None,
    keep_marks: bool,
    min_count: int,
    resources: Resources | None,
) -> Iterator[tuple[str, WordCounts]]:
    shards = list(_sources_of(texts))
    names = [shard.pieces[0].source.name for shard in shards]
    if isinstance(how, NGramTokenizer):
        for name, shard in zip(names, shards, strict=True):
            yield name, _count_ngram_words(shard, how, documents, min_count, resources)
        return
    with open_passes(texts, resources, compiled=how.compiled) as passes:
        travelling, limits = _prepared(passes, how)
        results = passes.map(
            _count_source,
            travelling,
            documents,
            limits,
            stage="count",
            shards=shards,
            ordered=True,
        )
        for name, (counted, read) in zip(names, results, strict=True):
            store = RunStore(1 << 62, lambda: passes.folder)
            for run in counted.runs:
                store.add(run)
            table = _result(passes, store, counted, documents, keep_marks, min_count)
            table.read = read
            store.clear()
            yield name, table


class CountsByFile(Iterator[tuple[str, WordCounts]]):
    """The word counts of the files of a corpus, one after the other, as they are asked for.

    Made by :func:`count_words_by_file`.
    """

    def __init__(self, tables: Iterator[tuple[str, WordCounts]], with_documents: bool) -> None:
        self._tables = tables
        self._with_documents = with_documents

    def __next__(self) -> tuple[str, WordCounts]:
        return next(self._tables)

    def to_dataframe(self, n: int | None = None) -> DataFrame:
        """The most frequent words of each file as one data frame; needs pandas.

        Counts the files that have not been asked for yet, and only these are in it.

        Parameters
        ----------
        n : int, optional
            How many of each file; default all.

        Returns
        -------
        pandas.DataFrame
            Columns ``file``, ``word``, ``count`` and, if documents were counted, ``documents``, as
            ``nlpzero count --by file`` writes them.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        rows: list[tuple[object, ...]] = []
        for name, table in self:
            for word, count in table.most_common(n):
                more = (table.document_frequency(word),) if self._with_documents else ()
                rows.append((name, word, count, *more))
        columns = ("file", "word", "count", "documents")
        return data_frame(columns if self._with_documents else columns[:3], rows)
