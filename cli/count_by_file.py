"""What ``nlpzero count --by file`` makes of the counts of several files: a table with a column for
each, and the words that are characteristic of each.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import nlpzero

from .formats import write_table

if TYPE_CHECKING:
    from nlpzero.engine.resources import ReadReport
    from nlpzero.words.table import WordCounts

_KEYNESS = ("file", "word", "count", "others", "g2", "p", "log_ratio", "z")


class Listed(NamedTuple):
    """Which rows are written, and how."""

    format: str
    top: int | None
    min_count: int
    stopwords: frozenset[str]


@dataclass
class Sums:
    """What was written, for the last note."""

    tokens: int = 0
    distinct: int = 0
    read: "ReadReport" = field(default_factory=lambda: nlpzero.ReadReport())

    def add(self, table: "WordCounts") -> None:
        self.tokens += table.total
        self.distinct += len(table)
        self.read.add(table.read)


def write_keyness(
    tables: "Iterable[tuple[str | None, WordCounts]]", output: str | None, listed: Listed
) -> Sums:
    """For each file the words that are more frequent there than in the others, best first."""
    sums = Sums()
    compared = nlpzero.compare_each(
        _summed(tables, sums), min_count=listed.min_count, stopwords=listed.stopwords
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        for name, found in compared:
            for word in found.filter(side="A", top=listed.top):
                yield (
                    _printable(name),
                    word.word,
                    word.count_a,
                    word.count_b,
                    word.g2,
                    word.p,
                    word.log_ratio,
                    word.z,
                )

    write_table(output, listed.format, _KEYNESS, rows())
    return sums


def write_wide(
    tables: "Iterable[tuple[str | None, WordCounts]]", output: str | None, listed: Listed
) -> Sums:
    """A row for each word, most frequent first, and a column for each file."""
    sums = Sums()
    names: list[str] = []
    counts: dict[str, dict[int, int]] = {}
    for column, (name, table) in enumerate(_summed(tables, sums)):
        names.append(_printable(name))
        for word, count in table.items():
            counts.setdefault(word, {})[column] = count
    ranked = sorted(
        (-total, word)
        for word, row in counts.items()
        if (total := sum(row.values())) >= listed.min_count and word not in listed.stopwords
    )
    rows = (
        (word, -minus, *(counts[word].get(column, 0) for column in range(len(names))))
        for minus, word in ranked[: listed.top]
    )
    write_table(output, listed.format, ("word", "total", *names), rows)
    return sums


def _summed(
    tables: "Iterable[tuple[str | None, WordCounts]]", sums: Sums
) -> "Iterator[tuple[str, WordCounts]]":
    for name, table in tables:
        sums.add(table)
        yield str(name), table


def _printable(name: str) -> str:
    """Names of files need not be UTF-8."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
