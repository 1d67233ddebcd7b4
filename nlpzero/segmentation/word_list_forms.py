"""What a line of a word list holds: plain words, counts, the formats of jieba, HanLP and IK, tables
with a header, JSON lines.
"""

import csv
import json
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from nlpzero.engine.showing import quoted
from nlpzero.errors import CorpusError
from nlpzero.text.cells import FORMULA_STARTS, read_tsv_cell

# the part-of-speech tags of jieba and ICTCLAS dictionaries
_TAG = re.compile(r"[a-z]{1,4}[0-9]?|[A-Z]{1,5}")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_WORD_COLUMNS = ("word", "词", "词语")
_EVIDENCE = ("pmi", "left_entropy", "right_entropy")
_COUNT_COLUMNS = ("count", "freq", "frequency", "词频", "频次")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af]")
# What no word of a list has inside, but a sentence or a row with another separator has. A mark
# between a figure and a figure (10,000; 3:0) is none of these; sayings have one comma.
_STRANGE = re.compile(r"(?!(?<=[0-9]).[0-9])[;|:=,。；：！？…{}\[\]<>\t]|，.*，")
_LONGEST = 64

#: Names of the forms, as they are told to people.
PLAIN, COUNTED, JIEBA, HANLP = "words alone", "word count", "jieba", "HanLP"
COUNTED_TAB, COUNTED_COMMA = "word<TAB>count", "word,count"
TSV, CSV, JSON = "TSV with a header", "CSV with a header", "JSON Lines"


class Entry(NamedTuple):
    """What a line holds.

    word : str
    count : float; NaN if the line has none
    form : str
    pmi : float; NaN if the line has none
    entropy : float; the smaller one of left and right, NaN if the line has none
    """

    word: str
    count: float  # type: ignore[assignment]
    form: str
    pmi: float = math.nan
    entropy: float = math.nan


class Header(NamedTuple):
    """The first line of a table.

    separator : {"\\t", ","}
    word : int
        Which column holds the word.
    count : int or None
        Which holds the count, if one has its name.
    pmi, entropies : sequence of int
        Which hold the PMI and the branching entropies, if they have these names.
    """

    separator: str
    word: int
    count: int | None  # type: ignore[assignment]
    pmi: tuple[int, ...]
    entropies: tuple[int, ...]

    @classmethod
    def of(cls, line: str) -> "Header | None":
        """The columns that a line names, or None if it is no header."""
        separator = "\t" if "\t" in line else ","
        cells = [cell.strip().lower() for cell in _cells(line, separator)]
        word = next((cells.index(name) for name in _WORD_COLUMNS if name in cells), None)
        # `word` alone may be a word
        if word is None or len(cells) < 2:
            return None
        count = next((cells.index(name) for name in _COUNT_COLUMNS if name in cells), None)
        pmi, *entropies = (
            tuple(i for i, cell in enumerate(cells) if cell == name) for name in _EVIDENCE
        )
        return cls(separator, word, count, pmi, tuple(i for found in entropies for i in found))

    def entry(self, line: str, name: str, number: int, counts: bool) -> Entry:
        """The word and the count in a row of this table."""
        cells = _cells(line, self.separator)
        form = TSV if self.separator == "\t" else CSV
        if len(cells) <= self.word:
            cells += [""] * (self.word + 1 - len(cells))
        word = cells[self.word].strip()
        if self.separator == ",":
            # csv-safe puts an apostrophe before what a spreadsheet would run
            word = word[1:] if len(word) > 1 and word[0] == "'" and _formula(word[1]) else word
        else:
            word = read_tsv_cell(word).strip()
        if self.count is None:
            behind = cells[1:] if self.word == 0 else []
        else:
            behind = cells[self.count :]
        count = _count_in([cell.strip() for cell in behind])
        if not word or (counts and count is None):
            raise CorpusError(f"{name}:{number}: expected a word and its count, got {quoted(line)}")
        count = math.nan if count is None else count
        if not (self.pmi or self.entropies):
            return Entry(word, count, form)
        return Entry(word, count, form, _least(cells, self.pmi), _least(cells, self.entropies))


def _least(cells: list[str], columns: tuple[int, ...]) -> float:
    """The smallest number in some columns, NaN if there is none."""
    found = []
    for column in columns:
        with suppress(ValueError, IndexError):
            found.append(float(cells[column]))
    return min((number for number in found if not math.isnan(number)), default=math.nan)


def _formula(character: str) -> bool:
    return character in FORMULA_STARTS


def _cells(line: str, separator: str) -> list[str]:
    if separator == "\t":
        return line.split("\t")
    try:
        return next(csv.reader([line]), [])
    except csv.Error:  # a cell longer than the module allows
        return line.split(",")


def read_line(line: str, name: str, number: int, counts: bool) -> Entry:
    """Word and count of a line that stands below no header.

    Parameters
    ----------
    line : str
        Not blank, without its end.
    name : str
    number : int
        File and line, for messages.
    counts : bool
        False: what stands behind the word may be anything.

    Raises
    ------
    CorpusError
        The line is not of any of the forms.
    """
    if line.startswith('{"'):
        return _json_entry(line, f"{name}:{number}")
    if "\t" in line:
        word, *cells = (cell.strip() for cell in line.split("\t"))
        count = _count_in(cells)
        if not word or (counts and count is None):
            raise CorpusError(f"{name}:{number}: expected word<TAB>count, got {quoted(line)}")
        if not counts and _NUMBER.fullmatch(word) and any(map(_HAN.search, cells)):
            return Entry(line, math.nan, PLAIN)  # a number of the row, and who knows what
        tagged = bool(cells) and _TAG.fullmatch(cells[0]) is not None
        form = HANLP if tagged else COUNTED_TAB
        return Entry(word, math.nan if count is None else count, form)
    if "," in line:
        word, *cells = (cell.strip().strip('"') for cell in line.split(","))
        count = _count_in(cells)
        # "word,count", but neither a word with a comma nor a number like 10,000
        if word and count is not None and not _NUMBER.fullmatch(word):
            tagged = bool(cells) and _TAG.fullmatch(cells[0]) is not None
            return Entry(word, count, HANLP if tagged else COUNTED_COMMA)
    return _spaced_entry(line)


def _count_in(cells: list[str]) -> float | None:
    """The count in the columns behind a word, nan if the column is empty, None if there is
    something else.
    """
    if len(cells) > 1 and _TAG.fullmatch(cells[0]) and _NUMBER.fullmatch(cells[1]):
        count = 0.0
        for i in range(1, len(cells), 2):  # HanLP gives a count for each tag
            if not (_TAG.fullmatch(cells[i - 1]) and _NUMBER.fullmatch(cells[i])):
                break
            count += float(cells[i])
        return count
    if not cells or not cells[0]:
        return math.nan
    return float(cells[0]) if _NUMBER.fullmatch(cells[0]) else None


def _spaced_entry(line: str) -> Entry:
    """``word``, ``word count``, ``word count tag``, ``word tag``, ``word tag count tag count``."""
    cells = line.split()
    if len(cells) >= 3 and _NUMBER.fullmatch(cells[-2]) and _TAG.fullmatch(cells[-1]):
        return Entry(" ".join(cells[:-2]), float(cells[-2]), JIEBA)
    if len(cells) >= 2 and _NUMBER.fullmatch(cells[-1]):
        count = float(cells.pop())
        form = COUNTED
        # HanLP gives a count for each tag; an English word with a space is none
        while len(cells) >= 2 and _is_tag(cells):
            form = HANLP
            cells.pop()
            if len(cells) >= 3 and _NUMBER.fullmatch(cells[-1]) and _is_tag(cells[:-1]):
                count += float(cells.pop())
        return Entry(" ".join(cells), count, form)
    if len(cells) >= 2 and _is_tag(cells):
        return Entry(" ".join(cells[:-1]), math.nan, JIEBA)
    return Entry(line.strip(), math.nan, PLAIN)


def _is_tag(cells: list[str]) -> bool:
    """Whether the last cell is the tag of a Chinese word, and not a part of an English one."""
    return _TAG.fullmatch(cells[-1]) is not None and not "".join(cells[:-1]).isascii()


def _json_entry(line: str, where: str) -> Entry:
    try:
        row = json.loads(line)
        word, count = row["word"], float(row.get("count", math.nan))
        if not isinstance(word, str) or not word.strip():
            raise ValueError("no word")
        word.encode("utf-8")  # no lone surrogates
        told = [[str(row[name])] if name in row else [] for name in _EVIDENCE]
        return Entry(word, count, JSON, _least(told[0], (0,)), _least(told[1] + told[2], (0, 1)))
    except (ArithmeticError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise CorpusError(f'{where}: expected {{"word": ...}}, got {quoted(line, 40)}') from error


def is_comment(line: str) -> bool:
    """Whether a line is none of the list: ``# ...``, but neither a row of a table nor a tag such
    as ``#双十一#``.
    """
    return line.startswith("#") and "\t" not in line and not re.fullmatch(r"#[^#\s]+#", line)


def strange_words(words: Iterable[str]) -> list[str]:
    """Those that were taken for words and are more likely sentences, or rows that were not
    understood.

    Examples
    --------
    >>> strange_words(["葡萄", "New York", "10,000", "。", "葡萄|12", "吃葡萄，不吐葡萄皮。"])
    ['葡萄|12', '吃葡萄，不吐葡萄皮。']
    """
    words = list(words)
    # nearly always there is none, which one search tells
    if max(map(len, words), default=0) <= _LONGEST and not _STRANGE.search("\n".join(words)):
        return []
    return [word for word in words if len(word) > _LONGEST or _is_strange(word)]


def _is_strange(word: str) -> bool:
    return _STRANGE.search(word) is not None and any(map(str.isalnum, word))
