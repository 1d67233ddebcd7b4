"""What stands in the placeholders of templates: their most frequent and most characteristic
fillers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.hash_tables import index_of, look_up_all
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import Chunk, KeyCounter, Run, merge_runs
from nlpzero.templates.filler_kernels import (
    SLOT_SHIFT,
    count_sequences,
    sequence_hash,
    slot_contents,
)
from nlpzero.templates.heads import TemplateHead
from nlpzero.templates.part_passes import Ids, Links, Place, on_disk
from nlpzero.templates.path_kernels import find_paths, template_hash
from nlpzero.templates.template import PLACEHOLDER, Template, escape_word
from nlpzero.words.token_sink import hashed
from nlpzero.words.word_ids import Part, PartWords, word_hashes

#: Of each slot, so many of the most frequent fillers are candidates for the most characteristic.
CANDIDATES = 1000

_MOST_SLOTS = 1 << (64 - SLOT_SHIFT)


class Filler(NamedTuple):
    """Words that stand in a placeholder of a template.

    Attributes
    ----------
    template : Template
        The head; variants are counted together.
    slot : int
        How many words of the template stand before the placeholder.
    filler : tuple of str
        All words in the placeholder.
    count : int
        How often they fill it.
    share : float in (0, 1]
        Their share of all that fills it, longer fillers than are listed included.
    elsewhere : int
        How often the same words stand one after another in the rest of the text.
    g2 : float
        Log-likelihood ratio, positive where they are more frequent here than elsewhere.
    by_count, by_g2 : int or None
        Place among the most frequent and the most characteristic fillers, if it is among them.
    """

    template: Template
    slot: int
    filler: tuple[str, ...]
    count: int  # type: ignore[assignment]  # hides tuple.count
    share: float
    elsewhere: int
    g2: float
    by_count: int | None
    by_g2: int | None

    @property
    def between(self) -> str:
        """The placeholder with the words of the template beside it."""
        elements = self.template.core.elements
        at = [i for i, element in enumerate(elements) if element is not None]
        around = [
            None if self.slot == 0 else elements[at[self.slot - 1]],
            None if self.slot == len(at) else elements[at[self.slot]],
        ]
        before, after = ["" if word is None else escape_word(word) for word in around]
        return f"{before} {PLACEHOLDER} {after}".strip()

    @property
    def text(self) -> str:
        """The words with spaces between, written as in the text of a template."""
        return " ".join(map(escape_word, self.filler))


def log_likelihood_ratio(count: int, slot: int, elsewhere: int, rest: int) -> float:
    """How far the share of a filler in a slot is from its share elsewhere.

    Parameters
    ----------
    count, slot : int
        How often the filler fills the slot, and how often that is filled.
    elsewhere, rest : int
        How often the filler stands elsewhere, and how many sequences of as many words do.

    Returns
    -------
    float
        Twice the logarithm of the ratio of the likelihoods of two shares and of one, in nats;
        negative where the share in the slot is the smaller one.

    Notes
    -----
    2 * sum of O ln(O / E) over the four cells of the table (Dunning 1993, "Accurate methods for the
    statistics of surprise and coincidence"); for slots of constructions it is the measure of
    collostructional analysis (Stefanowitsch and Gries 2003).

    Examples
    --------
    >>> round(log_likelihood_ratio(10, 20, 10, 980), 3)
    56.755
    """
    total = slot + rest
    both = count + elsewhere
    cells = (
        (count, slot * both / total),
        (slot - count, slot * (total - both) / total),
        (elsewhere, rest * both / total),
        (rest - elsewhere, rest * (total - both) / total),
    )
    ratio = 2 * math.fsum(seen * math.log(seen / mean) for seen, mean in cells if seen)
    return math.copysign(max(ratio, 0.0), count * rest - elsewhere * slot)


class _Slots(NamedTuple):
    """Templates by their hashes, and the numbers of their slots: goes to the workers."""

    hashes: NDArray[np.uint64]
    first: NDArray[np.int64]
    elements: Ids
    stops: NDArray[np.int64]
    slots: NDArray[np.int64]
    total: int
    longest: int

    @classmethod
    def of(cls, templates: Sequence[tuple[Ids, int]], total: int, longest: int) -> _Slots:
        """Of the elements of templates, each with the number of its first slot."""
        with np.errstate(over="ignore"):  # hashes wrap around, as they must
            marked = [(int(template_hash(ids)), ids, slot) for ids, slot in templates]
        marked.sort(key=lambda row: (row[0], row[1].tolist()))
        hashes, first = np.unique(
            np.array([row[0] for row in marked], np.uint64), return_index=True
        )
        return cls(
            hashes,
            np.append(first, len(marked)).astype(np.int64),
            np.concatenate([np.zeros(0, np.int32), *(row[1] for row in marked)]),
            np.cumsum(np.array([0, *(len(row[1]) for row in marked)], np.int64)),
            np.array([row[2] for row in marked], np.int64),
            total,
            longest,
        )

    def contents(
        self, part: Part, links: Links, place: Place, report: ReadReport
    ) -> Iterator[tuple[Ids, NDArray[np.uint64], Ids, Ids, NDArray[np.int64]]]:
        """Numbers of words; keys, places and lengths of the fillers among them; totals."""
        hashes_of = word_hashes(part)
        index = index_of(self.hashes)
        for ids, numbers in place.chunks(part, report):
            totals = np.zeros(self.total, np.int64)
            hashes, ends, places, clauses, _, _ = find_paths(ids, *links)
            keys, starts, lengths = slot_contents(
                ids,
                hashes_of[numbers],
                hashes,
                ends,
                places,
                clauses,
                index,
                self.first,
                self.elements,
                self.stops,
                self.slots,
                self.longest,
                totals,
            )
            yield numbers, keys, starts, lengths, totals


def _count_worker(
    part: Part, links: Links, slots: _Slots, place: Place, *, report: ReadReport
) -> tuple[Run, NDArray[np.int64]]:
    """Keys of all fillers, and how often slots are filled."""
    counter = KeyCounter(place.memory // 4, place.folder)
    totals = np.zeros(slots.total, np.int64)
    for _, keys, _, _, filled in slots.contents(part, links, place, report):
        counter.add(keys)
        totals += filled
    return on_disk(counter, place.memory, place.folder), totals


_Counts = Counter[tuple[int, tuple[str, ...]]]


def _gather_worker(
    part: Part,
    links: Links,
    slots: _Slots,
    kept: NDArray[np.uint64],
    place: Place,
    *,
    report: ReadReport,
) -> _Counts:
    """Fillers whose key was kept, counted by what they are: equal keys alone prove nothing."""
    words = PartWords(part)
    index = index_of(kept)
    found: _Counts = Counter()
    for numbers, keys, starts, lengths, _ in slots.contents(part, links, place, report):
        wanted = look_up_all(index, keys) >= 0
        starts, lengths = starts[wanted], lengths[wanted]
        table = np.zeros((len(starts), slots.longest + 1), np.int32)
        table[:, 0] = (keys[wanted] >> np.uint64(SLOT_SHIFT)).astype(np.int32)
        for m in range(slots.longest):
            inside = lengths > m
            table[inside, m + 1] = numbers[starts[inside] + m]
        rows, counts = np.unique(table, axis=0, return_counts=True)
        for row, count in zip(rows, counts.tolist(), strict=True):
            found[int(row[0]), words.words(row[1:][row[1:] > 0])] += count
    return found


def _background_worker(
    part: Part, kept: NDArray[np.uint64], longest: int, place: Place, *, report: ReadReport
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often sequences of words occur in the text, and how many there are of each length."""
    hashes_of = word_hashes(part)
    index = index_of(kept)
    counts = np.zeros(len(kept), np.int64)
    totals = np.zeros(longest, np.int64)
    for _, numbers in place.chunks(part, report):
        count_sequences(numbers, hashes_of[numbers], index, counts, totals)
    return counts, totals


def _most_frequent(chunks: Iterable[Chunk], most: int) -> NDArray[np.uint64]:
    """The `most` most frequent keys of each slot, ascending; ties by key."""
    done: list[NDArray[np.uint64]] = []
    keys, counts = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for more_keys, more_counts in chunks:
        keys, counts = np.concatenate([keys, more_keys]), np.concatenate([counts, more_counts])
        slots = keys >> np.uint64(SLOT_SHIFT)
        order = np.lexsort((keys, -counts, slots))
        slots = slots[order]
        begins = np.searchsorted(slots, slots)
        best = np.sort(order[np.arange(len(order)) - begins < most])
        keys, counts = keys[best], counts[best]
        # the last slot may go on in the next chunk
        slots = keys >> np.uint64(SLOT_SHIFT)
        last = int(np.searchsorted(slots, slots[-1])) if len(slots) else 0
        done.append(keys[:last])
        keys, counts = keys[last:], counts[last:]
    return np.concatenate([*done, keys])


def find_fillers(
    heads: Sequence[TemplateHead],
    ids_of: Callable[[Template], Ids],
    each: int,
    longest: int,
    passes: Callable[..., Iterator[Any]],
    links: Links,
    budget: int,
    folder: Path,
) -> list[Filler]:
    """The `each` most frequent and most characteristic fillers of each slot of each head.

    Parameters
    ----------
    heads : sequence of TemplateHead
    ids_of : callable
        Elements of a template as ids.
    each, longest : int
        How many fillers, and of how many words at most.
    passes : callable
        ``passes(worker, *args, stage=...)`` maps a worker over the parts of the text.
    links : Links
    budget, folder
        Memory and disk to work with.

    Returns
    -------
    list of Filler
        In the order of the heads, then by slot, then by count, ties by words.
    """
    if not heads:
        return []
    begins = np.cumsum([0, *(len(head.template.words) + 1 for head in heads)]).tolist()
    if begins[-1] > _MOST_SLOTS:
        raise ValueError(
            f"`fillers` of {len(heads):,} templates are too many; raise `min_count` or "
            "`min_template_frequency`."
        )
    templates = [
        (ids_of(row.template), begin)
        for head, begin in zip(heads, begins, strict=False)
        for row in head.variants
    ]
    slots = _Slots.of(templates, begins[-1], longest)
    results = list(passes(_count_worker, links, slots, stage="find fillers"))
    totals = np.sum([filled for _, filled in results], axis=0).tolist()
    kept = _most_frequent(merge_runs([run for run, _ in results], budget // 4, folder), CANDIDATES)
    found: _Counts = Counter()
    for part in passes(_gather_worker, links, slots, kept, stage="gather fillers"):
        found.update(part)
    whole, sequences = _background([words for _, words in found], longest, passes)
    candidates: dict[int, list[tuple[tuple[str, ...], int]]] = {}
    for (slot, words), count in found.items():
        candidates.setdefault(slot, []).append((words, count))
    rows: list[Filler] = []
    for head, begin in zip(heads, begins, strict=False):
        for slot in range(len(head.template.words) + 1):
            filled = totals[begin + slot]
            scored = []
            for words, count in candidates.get(begin + slot, []):
                elsewhere = max(whole[words] - count, 0)
                rest = max(sequences[len(words) - 1] - filled, elsewhere)
                scored.append(
                    (words, count, elsewhere, log_likelihood_ratio(count, filled, elsewhere, rest))
                )
            rows.extend(_best(head.template, slot, filled, scored, each))
    return rows


def _best(
    template: Template,
    slot: int,
    filled: int,
    scored: list[tuple[tuple[str, ...], int, int, float]],
    each: int,
) -> Iterator[Filler]:
    """The most frequent fillers of a slot, and the most characteristic."""
    scored.sort(key=lambda row: (-row[1], row[0]))
    by_count = {row[0]: place for place, row in enumerate(scored[:each], 1)}
    telling = sorted((row for row in scored if row[3] > 0), key=lambda row: (-row[3], -row[1]))
    by_g2 = {row[0]: place for place, row in enumerate(telling[:each], 1)}
    for words, count, elsewhere, g2 in scored:
        if words in by_count or words in by_g2:
            yield Filler(
                template,
                slot,
                words,
                count,
                count / filled,
                elsewhere,
                g2,
                by_count.get(words),
                by_g2.get(words),
            )


def _background(
    fillers: Iterable[tuple[str, ...]], longest: int, passes: Callable[..., Iterator[Any]]
) -> tuple[dict[tuple[str, ...], int], list[int]]:
    """How often each filler occurs in the whole text, and how many sequences it has by length."""
    distinct = sorted(set(fillers))
    words = sorted({word for filler in distinct for word in filler})
    hashes = dict(zip(words, hashed(words)[3], strict=True))
    with np.errstate(over="ignore"):
        keys = np.array(
            [
                int(sequence_hash(np.array([hashes[word] for word in filler], np.uint64)))
                for filler in distinct
            ],
            np.uint64,
        )
    kept, rows = np.unique(keys, return_inverse=True)
    counts = np.zeros(len(kept), np.int64)
    totals = np.zeros(longest, np.int64)
    for part_counts, part_totals in passes(
        _background_worker, kept, longest, stage="count fillers"
    ):
        counts += part_counts
        totals += part_totals
    return dict(zip(distinct, counts[rows].tolist(), strict=True)), totals.tolist()
