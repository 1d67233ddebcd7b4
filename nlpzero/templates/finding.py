"""Templates of a corpus: frequent paths of words at near positions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import index_of
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.sorted_runs import KeyCounter, Run, merge_runs
from nlpzero.segmentation.tokenizers import as_tokenizer, portable
from nlpzero.templates.fillers import Filler, find_fillers
from nlpzero.templates.heads import TemplateHead, TextSize, group_templates
from nlpzero.templates.links import LinkThresholds
from nlpzero.templates.part_passes import Ids, Links, Place, on_disk
from nlpzero.templates.path_kernels import (
    EXAMPLES,
    PLACEMENT,
    find_paths,
    gather_templates,
    skip_grams,
)
from nlpzero.templates.template import FoundTemplate, Template, TemplateTable
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.words.word_ids import (
    Part,
    PartWords,
    number_words,
    read_words,
)

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer


def find_templates(
    texts: Corpus | Iterable[str],
    tokenizer: Tokenizer | Segmenter | Callable[[str], Iterable[str]] | str,
    *,
    window: int = 5,
    links: LinkThresholds | None = None,
    min_template_frequency: float = 1e-5,
    min_count: int = 5,
    fillers: int = 0,
    filler_words: int = 3,
    resources: Resources | None = None,
) -> TemplateTable:
    """Find sentence templates: chains of words that go together, with placeholders between them.

    Words are linked when they often stand in this order, at most `window` words apart, in one
    clause. Every maximal chain of links in a clause is an occurrence of a template; what it skips
    becomes placeholders. A clause ends at line ends and at tokens without letters, digits or Han
    characters. The text is read and cut into words once; word ids wait in temporary files. All
    counts are exact.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Read once, so an iterator will do.
    tokenizer : Segmenter, callable, Tokenizer or str
        A segmenter; a function from a line to its tokens, or its name ``"module:function"``;
        ``"whitespace"`` for text already segmented; or a :class:`nlpzero.Tokenizer`.
    window : int in 1..32
        How many words apart linked words may be; 1 links neighbours only, which finds phrases.
    links : LinkThresholds, optional
        When words are linked.
    min_template_frequency : float in [0, 1]
        A template needs a greater share than this of all templates.
    min_count : int >= 1
        The least count of a link and of a template, which matters for small corpora.
    fillers : int >= 0
        List so many of the most frequent and of the most characteristic fillers of each placeholder
        of the templates that are not trivial; takes three passes more. Characteristic is what has
        the greatest log-likelihood ratio, see
        :func:`nlpzero.templates.fillers.log_likelihood_ratio`, among the 1,000 most frequent ones.
    filler_words : int in 1..16
        Fillers of more words are not listed.
    resources : Resources, optional
        What the run may use; temporary files take about as many bytes as the text. Words, links and
        templates that pass the thresholds are held in memory. The workers of a cluster need a
        `tmpdir` that all machines share.

    Returns
    -------
    TemplateTable
        The same for any `resources`.

    Raises
    ------
    TypeError, ValueError
        Misuse, such as a bare string for `texts`.
    NlpzeroError
        Text that cannot be read, a tokenizer that fails, a full disk, or a cluster that does not
        share the folder for temporary files.

    Notes
    -----
    After Su Jianlin, "Minimum entropy principle (3)", https://spaces.ac.cn/archives/5577, with
    thresholds of their own for links and templates, and paths counted before they are listed.

    Examples
    --------
    >>> from nlpzero import LinkThresholds, find_templates
    >>> lines = ["甲 可以 吃 吗", "乙 可以 喝 吗", "丙 丁 可以 用 吗", "戊 了", "己 了"] * 3
    >>> table = find_templates(lines, "whitespace", links=LinkThresholds(min_pmi=0.5))
    >>> for row in table:
    ...     print(row.template, row.count, row.examples[0])
    [X] 可以 [X] 吗 9 甲 可以 吃 吗
    [X] 了 6 戊 了
    """
    options = _checked(
        window,
        links or LinkThresholds(),
        min_template_frequency,
        min_count,
        fillers,
        filler_words,
    )
    corpus = as_corpus(texts)
    cutter = as_tokenizer(tokenizer)
    with open_passes(corpus, resources, compiled=cutter.compiled) as passes:
        passes.common_folder()
        finder = _Finder(options, passes)
        finder.read(corpus, cutter)
        finder.number_words()
        finder.link_words()
        return finder.count_templates()


class _Options(NamedTuple):
    window: int
    min_frequency: float
    min_pmi: float
    max_paths: int
    min_template_frequency: float
    min_count: int
    fillers: int
    filler_words: int


def _checked(
    window: int,
    links: LinkThresholds,
    min_template_frequency: float,
    min_count: int,
    fillers: int,
    filler_words: int,
) -> _Options:
    if not 1 <= window <= 32:
        raise ValueError(f"`window` must be an integer from 1 to 32, got {window}.")
    if not 0 <= min_template_frequency <= 1:
        raise ValueError(
            f"`min_template_frequency` must be in [0, 1], got {min_template_frequency}."
        )
    if min_count < 1:
        raise ValueError(f"`min_count` must be an integer >= 1, got {min_count}.")
    if fillers < 0:
        raise ValueError(f"`fillers` must be an integer >= 0, got {fillers}.")
    if not 1 <= filler_words <= 16:
        raise ValueError(f"`filler_words` must be an integer from 1 to 16, got {filler_words}.")
    return _Options(
        window,
        links.min_frequency,
        links.min_pmi,
        links.max_paths,
        min_template_frequency,
        min_count,
        fillers,
        filler_words,
    )


_SHARD_BYTES = 32 << 20
# an example longer than this says nothing to a reader
_LONGEST_EXAMPLE = 60


def _skip_gram_worker(
    part: Part, window: int, most: int, place: Place, *, report: ReadReport
) -> Run:
    counter = KeyCounter(place.memory // 4, place.folder)
    step = 1 << 14
    for ids, _ in place.chunks(part, report):
        for begin in range(0, len(ids), step):
            stop = min(begin + step, len(ids))
            buffer, filled = counter.reserve((stop - begin) * window)
            counter.advance(skip_grams(ids, begin, stop, window, most, buffer, filled))
    return on_disk(counter, place.memory, place.folder)


def _path_worker(
    part: Part, links: Links, place: Place, *, report: ReadReport
) -> tuple[Run, int, int]:
    """Hashes of all templates; how many lone rare words were left out, and clauses narrowed."""
    counter = KeyCounter(place.memory // 4, place.folder)
    lone = narrowed = 0
    for ids, _ in place.chunks(part, report):
        hashes, _, _, _, rare, fewer = find_paths(ids, *links)
        counter.add(hashes)
        lone += rare
        narrowed += fewer
    return on_disk(counter, place.memory, place.folder), lone, narrowed


class _Gathered(NamedTuple):
    """Templates as arrays: how they travel between workers.

    Attributes
    ----------
    elements : int32[stops[-1]]
        Ids of the words of all templates, 0 a placeholder.
    stops : int64[n + 1]
        Where each begins, and the end.
    counts : int64[n]
    placements : int64[n]
        Sums of the ln of the ways to share words among placeholders, in 1 / PLACEMENT nats.
    examples : uint8[example_stops[-1]]
        Texts in UTF-8, :data:`EXAMPLES` for each template, perhaps empty.
    example_stops : int64[EXAMPLES * n + 1]
    """

    elements: Ids
    stops: NDArray[np.int64]
    counts: NDArray[np.int64]
    placements: NDArray[np.int64]
    examples: NDArray[np.uint8]
    example_stops: NDArray[np.int64]

    @classmethod
    def of(cls, found: _Found) -> _Gathered:
        texts = [
            text.encode("utf-8")
            for _, _, examples in found.values()
            for text in [*examples, *[""] * (EXAMPLES - len(examples))]
        ]
        return cls(
            np.frombuffer(b"".join(found), np.int32),
            _stops(len(key) // 4 for key in found),
            np.array([count for count, _, _ in found.values()], np.int64),
            np.array([places for _, places, _ in found.values()], np.int64),
            np.frombuffer(b"".join(texts), np.uint8),
            _stops(map(len, texts)),
        )

    def rows(self) -> Iterator[tuple[bytes, int, int, list[str]]]:
        """Elements as bytes, count, placements, examples."""
        stops, texts = self.stops.tolist(), self.example_stops.tolist()
        tallies = zip(self.counts.tolist(), self.placements.tolist(), strict=True)
        for row, (count, placements) in enumerate(tallies):
            places = texts[EXAMPLES * row : EXAMPLES * (row + 1) + 1]
            yield (
                self.elements[stops[row] : stops[row + 1]].tobytes(),
                count,
                placements,
                [
                    self.examples[begin:end].tobytes().decode("utf-8")
                    for begin, end in itertools.pairwise(places)
                    if begin < end
                ],
            )


def _stops(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum(np.array([0, *lengths], np.int64))


def _template_worker(
    part: Part, links: Links, kept: NDArray[np.uint64], place: Place, *, report: ReadReport
) -> _Gathered:
    """Templates whose hash was kept, their counts and examples."""
    words = PartWords(part)
    index = index_of(kept)
    found: _Found = {}
    for ids, tokens in place.chunks(part, report):
        hashes, ends, positions, clauses, _, _ = find_paths(ids, *links)
        elements, stops, counts, placements, examples = gather_templates(
            ids, tokens, hashes, ends, positions, clauses, index, _LONGEST_EXAMPLE
        )
        starts = stops.tolist()
        tallies = zip(counts.tolist(), placements.tolist(), strict=True)
        for entry, (count, places) in enumerate(tallies):
            key = elements[starts[entry] : starts[entry + 1]].tobytes()
            texts = (
                words.text(tokens[begin:end])
                for begin, end in examples[entry].reshape(-1, 2).tolist()
                if begin >= 0
            )
            _add(found, key, count, places, texts)
    return _Gathered.of(found)


# templates by their elements as bytes: counts, placements, and the first different examples
_Found = dict[bytes, tuple[int, int, list[str]]]


def _add(found: _Found, key: bytes, count: int, placements: int, texts: Iterable[str]) -> None:
    before, places, earlier = found.get(key, (0, 0, []))
    if len(earlier) < EXAMPLES:
        earlier = list(itertools.islice(dict.fromkeys([*earlier, *texts]), EXAMPLES))
    found[key] = before + count, places + placements, earlier


class _Finder:
    """The passes, one after another, and what each leaves for the next."""

    def __init__(self, options: _Options, passes: Passes[Corpus | Shard]) -> None:
        self._options = options
        self._passes = passes
        self._parts: list[Part] = []

    def _map(
        self, worker: Callable[..., Any], *args: Any, stage: str, ordered: bool = False
    ) -> Iterator[Any]:
        place = Place(
            self._vocabulary.run, self._vocabulary.ids, self._passes.folder, self._passes.share
        )
        return self._passes.map(
            worker, *args, place, stage=stage, shards=self._parts, ordered=ordered
        )

    def read(self, corpus: Corpus | Shard, tokenizer: Tokenizer) -> None:
        """Cut the text into words; the words go to disk."""
        passes = self._passes
        if not passes.single and not passes.threads:
            tokenizer = portable(tokenizer, passes.folder)
        totals = np.zeros(3, np.int64)
        for parts, part_totals in passes.map(
            read_words,
            tokenizer,
            passes.folder,
            self._options.window,
            passes.share,
            stage="read words",
            shards=corpus.shards(passes.jobs, _SHARD_BYTES),
            ordered=True,  # the first examples are those of the first parts
        ):
            self._parts.extend(parts)
            totals += part_totals
        self._words, self._clauses, self._pairs = totals.tolist()

    def number_words(self) -> None:
        """Give ids to the words that can be in a template, 1 to the most frequent."""
        self._vocabulary = number_words(
            self._parts,
            self._passes.folder,
            lambda counts: self._linkable(counts) | self._alone(counts),
        )
        self._counts = self._vocabulary.counts()
        self._most = int(np.count_nonzero(self._linkable(self._counts[1:])))

    def _linkable(self, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether words this frequent can be in a strong skip-gram: in `window` for each
        occurrence.
        """
        options = self._options
        pairs = counts * options.window
        return (pairs >= options.min_count) & (pairs > options.min_frequency * self._pairs)

    def _alone(self, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether words this frequent can make a trivial template: every clause has a template at
        least.
        """
        options = self._options
        return (counts >= options.min_count) & (
            counts > options.min_template_frequency * self._clauses
        )

    def link_words(self) -> None:
        """Find the strong skip-grams."""
        options = self._options
        runs = list(self._map(_skip_gram_worker, options.window, self._most, stage="link words"))
        firsts: list[NDArray[np.int64]] = []
        seconds: list[NDArray[np.int32]] = []
        for keys, counts in merge_runs(runs, self._passes.budget // 4, self._passes.folder):
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
        self._links = Links(options.window, rows, second, options.max_paths)

    def count_templates(self) -> TemplateTable:
        """Count templates by hash, then those that may be frequent by what they are."""
        options = self._options
        results = list(self._map(_path_worker, self._links, stage="count templates"))
        total = sum(lone for _, lone, _ in results)
        least = options.min_count
        candidates: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []
        for keys, counts in merge_runs(
            [run for run, _, _ in results], self._passes.budget // 4, self._passes.folder
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
        gathered: _Found = {}
        for part in self._map(
            _template_worker, self._links, kept, stage="gather templates", ordered=True
        ):
            for key, count, placements, texts in part.rows():
                _add(gathered, key, count, placements, texts)
        kept_rows = [
            (self._template(key), count, places, tuple(texts))
            for key, (count, places, texts) in gathered.items()
            if count >= least and count / total > options.min_template_frequency
        ]
        nats = {template: places / PLACEMENT for template, _, places, _ in kept_rows}
        size = TextSize(self._words, self._clauses, self._word_counts(gathered), nats)
        found = []
        for template, count, _, texts in kept_rows:
            row = FoundTemplate(template, count, count / total, texts)
            found.append(row._replace(saving=size.saving([row])))
        found.sort(key=lambda row: (-row.count, row.template.sort_key))
        said = [row for row in found if not row.template.trivial]
        heads = group_templates(said, size.saving)
        return TemplateTable(
            templates=tuple(said),
            trivial=tuple(row for row in found if row.template.trivial),
            total=total,
            words=self._words,
            clauses=self._clauses,
            skip_grams=self._pairs,
            strong=len(self._links.seconds),
            narrowed=sum(narrowed for _, _, narrowed in results),
            read=self._passes.read,
            heads=tuple(heads),
            fillers=self._fillers(heads, gathered),
        )

    def _word_counts(self, keys: Iterable[bytes]) -> dict[str, int]:
        """How often the words of templates occur."""
        ids = {i for key in keys for i in np.frombuffer(key, np.int32).tolist() if i}
        return {self._vocabulary.word(i): int(self._counts[i]) for i in ids}

    def _fillers(self, heads: list[TemplateHead], keys: Iterable[bytes]) -> tuple[Filler, ...]:
        options, passes = self._options, self._passes
        if not options.fillers:
            return ()
        ids = {self._template(key): np.frombuffer(key, np.int32) for key in keys}
        return tuple(
            find_fillers(
                heads,
                ids.__getitem__,
                options.fillers,
                options.filler_words,
                self._map,
                self._links,
                passes.budget,
                passes.folder,
            )
        )

    def _template(self, key: bytes) -> Template:
        ids = np.frombuffer(key, np.int32).tolist()
        return Template(tuple(self._vocabulary.word(i) if i else None for i in ids))
