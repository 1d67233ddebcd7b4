"""Discovered words as a page for a browser: which columns and plots it has, and what it says of the
run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.likeness import Vectors, nearest_rows, principal_plane
from nlpzero.engine.temporary import PathLike
from nlpzero.reports.page import Column, Page, Threshold, write_page

if TYPE_CHECKING:
    from nlpzero.discovery.contexts import Context
    from nlpzero.discovery.result import Discovery
    from nlpzero.discovery.words import WordColumns

# words that get neighbours, and how many
_WITH_NEIGHBOURS, _NEIGHBOURS = 1_000, 10

Rows = npt.NDArray[np.int64]

_HELP = {
    "count": "How often the word stood alone when the text was cut.",
    "score": "What the words are sorted by; on another scale for each method.",
    "pmi": "Cohesion: the smallest pointwise mutual information over the ways of splitting the "
    "word, in nats.",
    "split": "Where the word is weakest.",
    "left_entropy": "Branching entropy of what stands before the word, in nats.",
    "right_entropy": "Branching entropy of what stands behind the word, in nats.",
    "freedom": "The smaller one of both branching entropies, in nats.",
    "left_edge": "Mean probability that a word begins at its left edge.",
    "inside": "Mean probability of a boundary inside the word; the smaller, the better.",
    "right_edge": "Mean probability that a word ends at its right edge.",
    "length": "Characters of the word.",
    "novelty": "Share of its description that a dictionary saves by listing the word, if it is a "
    "word, is free, and is rarer in general text.",
    "part_of": "The longer word inside which it almost always stands: then it is a fragment.",
    "combination": "The words it is a free combination of.",
    "similarity": "Cosine between the word and the mean of the words of --like.",
    "map_x": "First principal component of the vectors of these words.",
    "map_y": "Second principal component of the vectors of these words.",
}


def write_discovery(
    found: "Discovery",
    path: PathLike,
    *,
    contexts: "Mapping[str, Sequence[Context]] | None",
    vectors: Vectors | None,
    limit: int,
    title: str,
    source: str,
) -> None:
    """Write a report of words; see :meth:`nlpzero.Discovery.report`."""
    listed, rows = _rows(found, limit)
    words = found.found.take(rows)
    texts = words.texts()
    known = contexts or {}
    columns = _columns(words, texts, found.columns)
    columns += _marks(found, rows)
    neighbours: list[list[tuple[int, float]]] = []
    if vectors is not None:
        array = vectors.array_of(texts)
        neighbours = nearest_rows(array, _WITH_NEIGHBOURS, _NEIGHBOURS)
        across, up = principal_plane(array).T.tolist()
        columns += [
            Column("map_x", "map, across", across, help=_HELP["map_x"], shown=False),
            Column("map_y", "map, up", up, help=_HELP["map_y"], shown=False),
        ]
    shown = min(len(listed), limit)
    facts = [
        ("Words", f"{len(listed):,}"),
        ("Characters counted", f"{found.total:,}"),
        ("Method", found.method),
    ]
    if shown < len(listed):
        facts.insert(1, ("In this report", f"the first {shown:,}"))
    page = Page(
        title=title,
        noun="words",
        columns=columns,
        x="pmi",
        y="freedom",
        size="count",
        thresholds=_thresholds(found, {column.key for column in columns}),
        facts=facts,
        details=_details(found, len(rows) - shown),
        contexts=_contexts(texts, known),
        source=source,
        neighbours=neighbours,
        map=None if vectors is None else ("map_x", "map_y"),
    )
    write_page(page, path)


def _rows(found: "Discovery", limit: int) -> tuple[Rows, Rows]:
    """Rows of the words that pass; rows of the report.

    These have words, too, that only miss a threshold which can be moved on the page.
    """
    listed = found.rows
    criteria = found.criteria
    if criteria.top is not None or len(listed) >= limit:
        return listed, listed[:limit]
    free = replace(
        criteria,
        min_entropy=0.0,
        min_similarity=None,
        min_count=None,
        # one value for each length cannot be drawn as a line
        min_pmi=criteria.min_pmi if isinstance(criteria.min_pmi, tuple) else None,
    )
    everything = replace(found, criteria=free).rows
    chosen = np.isin(everything, listed)
    others = np.flatnonzero(~chosen)[: limit - len(listed)]
    chosen[others] = True
    return listed, everything[chosen]


def _columns(words: "WordColumns", texts: Sequence[str], listed: tuple[str, ...]) -> list[Column]:
    strings = words.strings
    learned = "inside" in listed

    def column(key: str, label: str, values: Any, **more: Any) -> Column:
        values = values.tolist() if isinstance(values, np.ndarray) else values
        return Column(key, label, values, help=_HELP[key], **more)

    columns = [
        Column("word", "word", texts, "text"),
        column("count", "count", strings.counts, kind="integer", log=True),
        # learned scores are a kind of count, the others are logarithms
        column("score", "score", words.score, log=learned),
        column("pmi", "PMI", words.pmi),
        column("split", "weakest split", words.split, kind="split"),
        column("left_entropy", "left entropy", words.left_entropy),
        column("right_entropy", "right entropy", words.right_entropy),
    ]
    if learned:
        left, right, inside = words.certainty
        columns += [
            column("left_edge", "left edge", left, bar="unit"),
            column("inside", "inside", inside, bar="unit"),
            column("right_edge", "right edge", right, bar="unit"),
        ]
    if "novelty" in listed:
        columns.insert(2, column("novelty", "novelty", words.novelty, bar="unit"))
    if words.similarity is not None:
        columns.insert(2, column("similarity", "similarity", words.similarity, bar="both"))
    freedom = np.minimum(words.left_entropy, words.right_entropy)
    return [
        *columns,
        column("freedom", "entropy (smaller side)", freedom, shown=False),
        column("length", "length", strings.lengths, kind="integer", shown=False),
    ]


def _marks(found: "Discovery", rows: Rows) -> list[Column]:
    """What words are marked with, if they are."""
    labels = {"part_of": "part of", "combination": "combination"}
    shown = [name for name in labels if name in found.columns]
    listed = list(found.found.rows(rows)) if shown else []
    return [
        Column(
            name, labels[name], [getattr(word, name) for word in listed], "text", help=_HELP[name]
        )
        for name in shown
    ]


def _thresholds(found: "Discovery", keys: set[str]) -> list[Threshold]:
    criteria = found.criteria
    values = found.thresholds
    pmi = values.get("min_pmi")
    single = pmi if isinstance(criteria.min_pmi, (int, float)) else None
    marks = () if pmi is None or single is not None else tuple(np.atleast_1d(np.array(pmi, float)))
    offered = [
        Threshold("count", values.get("min_count"), option="--min-count"),
        Threshold("novelty"),
        Threshold("similarity", criteria.min_similarity, option="--min-similarity"),
        Threshold("score"),
        Threshold("pmi", single, marks=[float(mark) for mark in marks]),
        Threshold("freedom", criteria.min_entropy or None, option="--min-entropy"),
        Threshold("left_edge"),
        Threshold("right_edge"),
        Threshold("inside", side="most"),
        Threshold("length", values.get("min_length"), option="--min-length"),
    ]
    return [threshold for threshold in offered if threshold.column in keys]


def _details(found: "Discovery", others: int) -> list[tuple[str, list[tuple[str, str]]]]:
    read = found.read
    text = [("characters counted", f"{found.total:,}")]
    if read.bytes_read:
        text.append(("bytes read", f"{read.bytes_read:,}"))
    if read.bad_bytes:
        text.append(("bytes not valid in the encoding", f"{read.bad_bytes:,}"))
    if others:
        text.append(("words here that miss a threshold", f"{others:,}"))
    force = [("method", found.method)]
    force += [(name, _shown(value)) for name, value in found.thresholds.items()]
    removed = [
        (f"{removal.threshold} {_shown(removal.value)}", f"{removal.removed:,}")
        for removal in found.removals
    ]
    details = [("What was read", text), ("In force", force)]
    return [*details, ("Candidates removed by", removed)] if removed else details


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, float) else f"{value:,}"


def _contexts(
    texts: Sequence[str], known: "Mapping[str, Sequence[Context]]"
) -> list[list[tuple[str, str, str]]]:
    """Lines of the text for each word, up to the last word that has some."""
    lines = [[tuple(context) for context in known.get(text, ())] for text in texts]
    while lines and not lines[-1]:
        lines.pop()
    return lines  # type: ignore[return-value]
