"""Word lists and dictionaries: plain lines, counts, the formats of jieba and HanLP, tables, JSON
lines.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import html_table, quoted, text_table
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import CorpusError

# the part-of-speech tags of jieba and ICTCLAS dictionaries
_TAG = re.compile(r"[a-z]{1,4}[0-9]?|[A-Z]{1,5}")
# of counts beyond these, sums and ratios are no numbers any more
_LEAST, _MOST = 1e-100, 1e100
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")

# columns of data frames, and of what `repr` shows
_LISTED = ("word", "count")
_WEIGHED = ("word", "log_prob", "count")


class WordList(NamedTuple):
    """Words with counts.

    words : list of str, distinct, in the order of the file
    counts : ndarray of float64; NaN for a word without a count
    """

    words: list[str]
    counts: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        title = f"<WordList: {len(self.words):,} words>"
        return f"{title}\n{text_table(_LISTED, zip(*self, strict=True), len(self.words))}"

    def _repr_html_(self) -> str:
        return html_table(_LISTED, zip(*self, strict=True), len(self.words))

    def to_dataframe(self) -> DataFrame:
        """Columns ``word`` and ``count``; needs pandas."""
        return data_frame(dict(zip(_LISTED, self, strict=True)))


class Lexicon(NamedTuple):
    """The words a segmenter knows, most probable first, then by code points.

    words : list of str, distinct
    log_probs : ndarray of float64
        Natural logarithms of the probabilities of the words, as the segmenter weighs them.
    counts : ndarray of float64
        How often each occurs in the segmentation that was learned, where background text counts
        with its weight; or in the list the segmenter was made from (for a word without a count, the
        count that gives its probability).
    """

    words: list[str]
    log_probs: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]

    def __repr__(self) -> str:
        title = f"<Lexicon: {len(self.words):,} words>"
        return f"{title}\n{text_table(_WEIGHED, zip(*self, strict=True), len(self.words))}"

    def _repr_html_(self) -> str:
        return html_table(_WEIGHED, zip(*self, strict=True), len(self.words))

    def to_dataframe(self) -> DataFrame:
        """Columns ``word``, ``log_prob`` and ``count``; needs pandas."""
        return data_frame(dict(zip(_WEIGHED, self, strict=True)))


def read_words(path: PathLike, *, encoding: str = "utf-8", counts: bool = True) -> WordList:
    """Read a list of words, or a dictionary, whatever its format.

    Each line holds a word alone; ``word count``, or jieba's ``word count tag`` and ``word tag``;
    HanLP's ``word tag count``, also of several tags, and also with tabs or commas; or a table with
    tabs or commas whose first column is the word and whose second, if it is there, is the count, or
    JSON lines with ``word`` and ``count``, all as ``nlpzero discover`` writes them (a header line
    with ``word`` is skipped). Words may hold spaces. Empty lines, and lines without tabs that begin
    with ``#``, are skipped; the counts of a repeated word are added.

    Parameters
    ----------
    path : path
    encoding : str
        A byte order mark of UTF-8 is skipped.
    counts : bool
        False: only the words are wanted, and what stands in the other columns of a table may be
        anything.

    Returns
    -------
    WordList

    Raises
    ------
    CorpusError
        The file cannot be read or decoded, or a line is not of this form.

    Examples
    --------
    >>> import tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "words.txt")
    >>> with open(path, "w", encoding="utf-8") as file:
    ...     _ = file.write("葡萄 12 n\\n葡萄皮\\nNew York 3\\n葡萄架,nz,5\\n")
    >>> read_words(path)
    <WordList: 4 words>
    word      count
    葡萄         12
    葡萄皮      nan
    New York      3
    葡萄架        5
    """
    name = os.fspath(path)
    found: dict[str, float] = {}
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        with open(path, encoding=codec) as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\r\n")
                if not line.strip() or (line.startswith("#") and "\t" not in line):
                    continue
                if number == 1 and re.match(r"word[\t,]", line):
                    continue
                word, count = _parse(line, f"{name}:{number}", counts)
                if word in found and not math.isnan(found[word]):
                    count = found[word] + (0.0 if math.isnan(count) else count)
                if counts and not (math.isnan(count) or _LEAST < count < _MOST):
                    raise CorpusError(
                        f"{name}:{number}: counts must be positive numbers, got {quoted(line)}; "
                        "leave the word out, or write it without a count"
                    )
                found[word] = count
    except UnicodeError as error:
        # UTF-16 without a byte order mark has no such place
        place = f" byte {error.start}:" if isinstance(error, UnicodeDecodeError) else ""
        raise CorpusError(
            f"{name}:{place} not valid {encoding}; give the encoding of the word "
            "list, such as gb18030, or convert it to UTF-8"
        ) from error
    except LookupError as error:
        raise CorpusError(f"{name}: unknown encoding {encoding!r}") from error
    except OSError as error:
        raise CorpusError(f"{name}: cannot be read: {error.strerror or error}") from error
    return WordList(list(found), np.array(list(found.values()), np.float64))


def _parse(line: str, where: str, counts: bool) -> tuple[str, float]:
    """Word and count of a line; nan for no count."""
    if line.startswith('{"'):
        return _parse_json(line, where)
    if "\t" in line:
        word, *cells = (cell.strip() for cell in line.split("\t"))
        count = _count_in(cells)
        if not word or (counts and count is None):
            raise CorpusError(f"{where}: expected word<TAB>count, got {quoted(line)}")
        return word, math.nan if count is None else count
    if "," in line:
        word, *cells = (cell.strip().strip('"') for cell in line.split(","))
        count = _count_in(cells)
        # "word,count", but neither a word with a comma nor a number like 10,000
        if word and count is not None and not _NUMBER.fullmatch(word):
            return word, count
    return _parse_spaced(line)


def _count_in(cells: list[str]) -> float | None:
    """The count in the columns behind a word, nan if the column is empty, None if there is
    something else.
    """
    if len(cells) > 1 and _TAG.fullmatch(cells[0]) and _NUMBER.fullmatch(cells[1]):
        return float(cells[1])
    if not cells or not cells[0]:
        return math.nan
    return float(cells[0]) if _NUMBER.fullmatch(cells[0]) else None


def _parse_spaced(line: str) -> tuple[str, float]:
    """``word``, ``word count``, ``word count tag``, ``word tag``, ``word tag count tag count``."""
    cells = line.split()
    if len(cells) >= 3 and _NUMBER.fullmatch(cells[-2]) and _TAG.fullmatch(cells[-1]):
        return " ".join(cells[:-2]), float(cells[-2])
    if len(cells) >= 2 and _NUMBER.fullmatch(cells[-1]):
        count = float(cells.pop())
        # HanLP gives a count for each tag; an English word with a space is none
        while len(cells) >= 2 and _is_tag(cells):
            cells.pop()
            if len(cells) >= 3 and _NUMBER.fullmatch(cells[-1]) and _is_tag(cells[:-1]):
                count += float(cells.pop())
        return " ".join(cells), count
    if len(cells) >= 2 and _is_tag(cells):
        return " ".join(cells[:-1]), math.nan
    return line.strip(), math.nan


def _is_tag(cells: list[str]) -> bool:
    """Whether the last cell is the tag of a Chinese word, and not a part of an English one."""
    return _TAG.fullmatch(cells[-1]) is not None and not "".join(cells[:-1]).isascii()


def _parse_json(line: str, where: str) -> tuple[str, float]:
    try:
        row = json.loads(line)
        word, count = row["word"], float(row.get("count", math.nan))
        if not isinstance(word, str) or not word.strip():
            raise ValueError("no word")
        word.encode("utf-8")  # no lone surrogates
        return word, count
    except (ArithmeticError, ValueError, LookupError, TypeError, RecursionError) as error:
        raise CorpusError(f'{where}: expected {{"word": ...}}, got {quoted(line, 40)}') from error


def as_word_list(words: "WordList | Mapping[str, float] | Iterable[str]") -> WordList:
    """Word list from a mapping to counts, or from words without counts.

    Parameters
    ----------
    words : WordList, mapping of str to number, or iterable of str

    Returns
    -------
    WordList
        Repeated words once; empty words left out.

    Raises
    ------
    ValueError
        A count is negative, infinite, or 0.
    """
    if isinstance(words, str):
        raise TypeError("`words` must be an iterable of words, got one str.")
    if isinstance(words, WordList):
        names, counts = words
    elif isinstance(words, Mapping):
        names = list(words)
        counts = np.array([words[name] for name in names], np.float64)
    else:
        names = list(dict.fromkeys(words))
        counts = np.full(len(names), math.nan)
    wrong = np.flatnonzero((counts <= _LEAST) | (counts >= _MOST))
    if len(wrong):
        raise ValueError(
            f"counts must be positive numbers, got {counts[wrong[0]]:g} for {names[wrong[0]]!r}."
        )
    if "" in names:
        keep = np.array([bool(name) for name in names])
        names, counts = [name for name in names if name], counts[keep]
    return WordList(names, counts)
