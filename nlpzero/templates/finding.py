"""Templates of a corpus: frequent paths of words at near positions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import index_of
from nlpzero.engine.parallel import map_shards
from nlpzero.engine.resources import ReadReport, default_memory
from nlpzero.engine.sorted_runs import KeyCounter, Run, merge_runs, run_on_disk
from nlpzero.engine.storage import scratch_folder
from nlpzero.segmentation.tokenizers import as_tokenizer
from nlpzero.templates.path_kernels import EXAMPLES, find_paths, gather_templates, skip_grams
from nlpzero.templates.template import FoundTemplate, Template, TemplateTable
from nlpzero.templates.word_ids import Part, common_ids, merged_counts, read_words, write_vocabulary
from nlpzero.text.corpus import Corpus, Shard, as_corpus

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer


class _Options(NamedTuple):
    window: int
    min_frequency: float
    min_pmi: float
    min_template_frequency: float
    min_count: int
    max_paths: int


def find_templates(
    texts: Corpus | Iterable[str],
    tokenizer: Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str,
    *,
    window: int = 5,
    min_frequency: float = 1e-5,
    min_pmi: float = 2.0,
    min_template_frequency: float = 1e-5,
    min_count: int = 5,
    max_paths: int = 64,
    memory: int | None = None,
    tmpdir: str | None = None,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    report: ReadReport | None = None,
) -> TemplateTable:
    """Find sentence templates: chains of words that go together, with placeholders between them.

    Words are linked when they often stand in this order, at most `window` words apart, in one clause. Every
    maximal chain of links in a clause is an occurrence of a template; what it skips becomes placeholders. A
    clause ends at line ends and at tokens without letters, digits or Han characters. The text is
    read and cut into words once; word ids wait in temporary files. All counts are exact.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once, so an iterator will do.
    tokenizer : Segmenter, callable, Tokenizer or str
        A segmenter; a function from a line to its tokens, or its name ``"module:function"``;
        ``"whitespace"`` for text already segmented; or what :mod:`nlpzero.segmentation.tokenizers` offers.
    window : int in 1..32
        How many words apart linked words may be; 1 links neighbours only, which finds phrases.
    min_frequency : float in [0, 1)
        A link needs a greater share than this of all skip-grams.
    min_pmi : float
        A link needs ln(p(a, b) / (p(a) p(b))) greater than this, in nats; p(a, b) is the share of the
        skip-grams, p(a) of the words.
    min_template_frequency : float in [0, 1)
        A template needs a greater share than this of all templates.
    min_count : int >= 1
        The least count of a link and of a template, which matters for small corpora.
    max_paths : int >= 1
        The most chains that a group of linked words may have. The links of a group with more are narrowed:
        the longest ones are removed, over `window` words first, then over one less, until it has
        few enough.
    memory : int, optional
        Bytes to stay within; by default a share of the machine's memory.
    tmpdir : path, optional
        Folder for temporary files, about as many bytes as the text.
    jobs : int >= 1
        Processes. The result does not depend on it, nor on `memory`.
    progress : callable, optional
        Called with numbers of bytes read.
    report : ReadReport, optional
        Receives what was read.

    Returns
    -------
    TemplateTable

    Raises
    ------
    TypeError, ValueError
        Misuse, such as a bare string for `texts`.
    NlpzeroError
        Text that cannot be read, a tokenizer that fails, a full disk.

    Notes
    -----
    After Su Jianlin, "Minimum entropy principle (3)", https://spaces.ac.cn/archives/5577, with
    thresholds of their own for links and templates, and paths counted before they are listed.

    Examples
    --------
    >>> from nlpzero import find_templates
    >>> lines = ["甲 可以 吃 吗", "乙 可以 喝 吗", "丙 丁 可以 用 吗", "戊 了", "己 了"] * 3
    >>> table = find_templates(lines, "whitespace", min_pmi=0.5)
    >>> for row in table:
    ...     print(row.template, row.count, row.examples[0])
    [X] 可以 [X] 吗 9 甲 可以 吃 吗
    [X] 了 6 戊 了
    """
    options = _checked(window, min_frequency, min_pmi, min_template_frequency, min_count, max_paths)
    if jobs < 1:
        raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}")
    if memory is not None and memory < 1:
        raise ValueError(f"`memory` must be a positive number of bytes, got {memory}")
    corpus = as_corpus(texts)
    cutter = as_tokenizer(tokenizer)
    budget = default_memory() if memory is None else memory
    with scratch_folder(tmpdir) as folder, ExitStack() as stack:
        # only cutting words holds the interpreter's lock; sorting numbers does not, so threads will do
        threads = stack.enter_context(ThreadPoolExecutor(jobs)) if jobs > 1 else None
        finder = _Finder(options, folder, budget, jobs, threads)
        shards = corpus.shards(jobs, _SHARD_BYTES) if isinstance(corpus, Corpus) else [corpus]
        finder.read(shards, cutter, progress, report)
        finder.number_words()
        finder.link_words()
        return finder.count_templates()


def _checked(
    window: int,
    min_frequency: float,
    min_pmi: float,
    min_template_frequency: float,
    min_count: int,
    max_paths: int,
) -> _Options:
    if not 1 <= window <= 32:
        raise ValueError(f"`window` must be an integer from 1 to 32, got {window}")
    shares = (("min_frequency", min_frequency), ("min_template_frequency", min_template_frequency))
    for name, value in shares:
        if not 0 <= value < 1:
            raise ValueError(f"`{name}` must be in [0, 1), got {value}")
    if math.isnan(min_pmi):
        raise ValueError(f"`min_pmi` must be a number, got {min_pmi}")
    if min_count < 1:
        raise ValueError(f"`min_count` must be an integer >= 1, got {min_count}")
    if not 1 <= max_paths <= 1 << 20:
        raise ValueError(f"`max_paths` must be an integer from 1 to {1 << 20}, got {max_paths}")
    return _Options(window, min_frequency, min_pmi, min_template_frequency, min_count, max_paths)


_SHARD_BYTES = 32 << 20
# an example longer than this says nothing to a reader
_LONGEST_EXAMPLE = 60


def _chunk_size(memory: int) -> int:
    """Words to work on at a time: the paths through them need some tens of bytes each."""
    return min(max(memory // 256, 1 << 14), 1 << 20)


def _on_disk(counter: KeyCounter, memory: int, folder: Path) -> Run:
    return run_on_disk(merge_runs(counter.finish(), memory // 4), folder)


def _skip_gram_worker(
    part: Part, window: int, most: int, folder: Path, memory: int, *, report: ReadReport
) -> Run:
    table = common_ids(part, folder)
    counter = KeyCounter(memory // 2, folder)
    step = 1 << 14
    for tokens in part.chunks(_chunk_size(memory)):
        ids = table[tokens]
        for begin in range(0, len(ids), step):
            stop = min(begin + step, len(ids))
            buffer, filled = counter.reserve((stop - begin) * window)
            counter.advance(skip_grams(ids, begin, stop, window, most, buffer, filled))
    return _on_disk(counter, memory, folder)


class _Links(NamedTuple):
    """Strong skip-grams: `seconds` sorted within the rows of each first word."""

    window: int
    rows: NDArray[np.int64]
    seconds: NDArray[np.int32]
    max_paths: int


def _path_worker(
    part: Part, links: _Links, folder: Path, memory: int, *, report: ReadReport
) -> tuple[Run, int, int]:
    """Hashes of all templates; how many lone rare words were left out, and clauses narrowed."""
    table = common_ids(part, folder)
    counter = KeyCounter(memory // 2, folder)
    lone = narrowed = 0
    for tokens in part.chunks(_chunk_size(memory)):
        hashes, _, _, _, rare, fewer = find_paths(table[tokens], *links)
        counter.add(hashes)
        lone += rare
        narrowed += fewer
    return _on_disk(counter, memory, folder), lone, narrowed


_Gathered = dict[bytes, tuple[int, list[str]]]


def _template_worker(
    part: Part,
    links: _Links,
    kept: NDArray[np.uint64],
    folder: Path,
    memory: int,
    *,
    report: ReadReport,
) -> _Gathered:
    """Templates whose hash was kept (elements as int32, 0 a placeholder), their counts and examples."""
    table = common_ids(part, folder)
    words = part.words_by_number()
    index = index_of(kept)
    gathered: _Gathered = {}
    for tokens in part.chunks(_chunk_size(memory)):
        ids = table[tokens]
        hashes, ends, places, clauses, _, _ = find_paths(ids, *links)
        elements, stops, counts, examples = gather_templates(
            ids, tokens, hashes, ends, places, clauses, index, _LONGEST_EXAMPLE
        )
        starts = stops.tolist()
        for entry, count in enumerate(counts.tolist()):
            key = elements[starts[entry] : starts[entry + 1]].tobytes()
            before, texts = gathered.get(key, (0, []))
            if len(texts) < EXAMPLES:
                found = (
                    " ".join([words[t] for t in tokens[begin:end].tolist()])
                    for begin, end in examples[entry].reshape(-1, 2).tolist()
                    if begin >= 0
                )
                texts = _first_different(itertools.chain(texts, found))
            gathered[key] = before + count, texts
    return gathered


def _first_different(texts: Iterable[str]) -> list[str]:
    return list(itertools.islice(dict.fromkeys(texts), EXAMPLES))


class _Finder:
    """The passes, one after another, and what each leaves for the next."""

    def __init__(
        self,
        options: _Options,
        folder: Path,
        memory: int,
        jobs: int,
        threads: ThreadPoolExecutor | None,
    ) -> None:
        self._options = options
        self._folder = folder
        self._memory = memory
        self._share = memory // jobs
        self._jobs = jobs
        self._threads = threads
        self._parts: list[Part] = []

    def _map(self, worker: Callable[..., Any], *args: Any, ordered: bool = False) -> Iterator[Any]:
        parts = cast(Sequence[Shard], self._parts)
        shared = (*args, self._folder, self._share)
        return map_shards(
            worker, parts, *shared, jobs=self._jobs, executor=self._threads, ordered=ordered
        )

    def read(
        self,
        shards: Sequence[Shard],
        tokenizer: Tokenizer,
        progress: Callable[[int], None] | None,
        report: ReadReport | None,
    ) -> None:
        """Cut the text into words; the words go to disk."""
        totals = np.zeros(3, np.int64)
        for parts, part_totals in map_shards(
            read_words,
            shards,
            tokenizer,
            self._folder,
            self._options.window,
            self._share,
            jobs=self._jobs,
            progress=progress,
            report=report,
            ordered=True,  # the first examples are those of the first parts
        ):
            self._parts.extend(parts)
            totals += part_totals
        self._words, self._clauses, self._pairs = totals.tolist()

    def number_words(self) -> None:
        """Give ids to the words that can be in a template, 1 to the most frequent."""
        counts = merged_counts(self._parts, self._folder)
        kept = [(-n, word) for word, n in counts if self._linkable(n) or self._alone(n)]
        kept.sort()
        self._vocabulary = write_vocabulary((word for _, word in kept), self._folder)
        self._counts = -np.array([0, *(n for n, _ in kept)], np.int64)
        self._most = sum(self._linkable(-n) for n, _ in kept)

    def _linkable(self, count: int) -> bool:
        """Whether a word this frequent can be in a strong skip-gram: in `window` for each occurrence."""
        options = self._options
        pairs = count * options.window
        return pairs >= options.min_count and pairs > options.min_frequency * self._pairs

    def _alone(self, count: int) -> bool:
        """Whether a word this frequent can make a trivial template: every clause has a template at least."""
        options = self._options
        return count >= options.min_count and count > options.min_template_frequency * self._clauses

    def link_words(self) -> None:
        """Find the strong skip-grams."""
        options = self._options
        runs = list(self._map(_skip_gram_worker, options.window, self._most))
        firsts: list[NDArray[np.int64]] = []
        seconds: list[NDArray[np.int32]] = []
        for keys, counts in merge_runs(runs, self._memory // 4, self._folder):
            frequent = (counts >= options.min_count) & (
                counts / self._pairs > options.min_frequency
            )
            keys, counts = keys[frequent], counts[frequent]
            first = (keys >> np.uint64(32)).astype(np.int64)
            second = (keys & np.uint64(0xFFFFFFFF)).astype(np.int32)
            expected = self._counts[first] / self._words * (self._counts[second] / self._words)
            strong = np.log(counts / self._pairs) - np.log(expected) > options.min_pmi
            firsts.append(first[strong])
            seconds.append(second[strong])
        rows = np.zeros(self._most + 2, np.int64)
        first = np.concatenate([np.zeros(0, np.int64), *firsts])
        np.cumsum(np.bincount(first, minlength=self._most + 1), out=rows[1:])
        second = np.concatenate([np.zeros(0, np.int32), *seconds])
        self._links = _Links(options.window, rows, second, options.max_paths)

    def count_templates(self) -> TemplateTable:
        """Count templates by hash, then those that may be frequent by what they are."""
        options = self._options
        results = list(self._map(_path_worker, self._links))
        total = sum(lone for _, lone, _ in results)
        least = options.min_count
        candidates: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []
        for keys, counts in merge_runs(
            [run for run, _, _ in results], self._memory // 4, self._folder
        ):
            total += int(counts.sum())
            enough = counts >= least
            candidates.append((keys[enough], counts[enough]))
        kept = np.concatenate(
            [
                np.zeros(0, np.uint64),
                *(k[n / total > options.min_template_frequency] for k, n in candidates),
            ]
        )
        gathered: _Gathered = {}
        for part in self._map(_template_worker, self._links, kept, ordered=True):
            for key, (count, texts) in part.items():
                before, earlier = gathered.get(key, (0, []))
                gathered[key] = before + count, _first_different([*earlier, *texts])
        found = [
            FoundTemplate(self._template(key), count, count / total, tuple(texts))
            for key, (count, texts) in gathered.items()
            if count >= least and count / total > options.min_template_frequency
        ]
        found.sort(key=_rank)
        return TemplateTable(
            templates=tuple(row for row in found if not row.template.trivial),
            trivial=tuple(row for row in found if row.template.trivial),
            total=total,
            words=self._words,
            clauses=self._clauses,
            skip_grams=self._pairs,
            strong=len(self._links.seconds),
            narrowed=sum(narrowed for _, _, narrowed in results),
        )

    def _template(self, key: bytes) -> Template:
        ids = np.frombuffer(key, np.int32).tolist()
        return Template(tuple(self._vocabulary[i - 1] if i else None for i in ids))


def _rank(row: FoundTemplate) -> tuple[int, tuple[str, ...]]:
    return -row.count, tuple(element or "" for element in row.template.elements)
