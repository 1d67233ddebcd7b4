"""Word lists: plain lines, counts, jieba's user dictionaries."""

import math
import os
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.storage import PathLike
from nlpzero.errors import CorpusError

# the part-of-speech tags of jieba and ICTCLAS dictionaries
_TAG = re.compile(r"[a-z]{1,4}[0-9]?|[A-Z]{1,5}")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")


class WordList(NamedTuple):
    """Words with counts.

    words : list of str, distinct, in the order of the file
    counts : ndarray of float64; NaN for a word without a count
    """

    words: list[str]
    counts: npt.NDArray[np.float64]


class Lexicon(NamedTuple):
    """The words a segmenter knows, most probable first, then by code points.

    words : list of str, distinct
    log_probs : ndarray of float64
        Natural logarithms of the probabilities of the words, as the segmenter weighs them.
    counts : ndarray of float64
        How often each occurs in the segmentation that was learned, where background text counts with its
        weight; or in the list the segmenter was made from (for a word without a count, the count that gives
        its probability).
    """

    words: list[str]
    log_probs: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]


def read_words(path: PathLike, *, encoding: str = "utf-8") -> WordList:
    """Read a list of words.

    Each line holds a word alone, ``word count``, or jieba's ``word count tag`` and ``word tag``, separated by spaces,
    or a table separated by tabs whose first column is the word and whose second, if it is there, is
    the count, as ``nlpzero discover`` writes it (a header line with ``word`` is skipped). Words may hold spaces.
    Empty lines are skipped; the counts of a repeated word are added.

    Parameters
    ----------
    path : path
    encoding : str
        A byte order mark of UTF-8 is skipped.

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
    ...     _ = file.write("葡萄 12 n\\n葡萄皮\\nNew York 3\\n")
    >>> read_words(path)
    WordList(words=['葡萄', '葡萄皮', 'New York'], counts=array([12., nan,  3.]))
    """
    name = os.fspath(path)
    found: dict[str, float] = {}
    try:
        with open(path, encoding="utf-8-sig" if encoding.lower() == "utf-8" else encoding) as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\r\n")
                if not line.strip():
                    continue
                if number == 1 and line.split("\t")[0] == "word" and "\t" in line:
                    continue
                word, count = _parse(line, name, number)
                if word in found and not math.isnan(found[word]):
                    found[word] += 0.0 if math.isnan(count) else count
                else:
                    found[word] = count
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"{name}: not valid {encoding}; give the encoding of the word list, such as gb18030"
        ) from error
    except LookupError as error:
        raise CorpusError(f"{name}: unknown encoding {encoding!r}") from error
    except OSError as error:
        raise CorpusError(f"{name}: cannot be read: {error.strerror or error}") from error
    return WordList(list(found), np.array(list(found.values()), np.float64))


def _parse(line: str, name: str, number: int) -> tuple[str, float]:
    if "\t" in line:
        word, count = line.split("\t")[:2]
        word = word.strip()
        if not word or (count.strip() and not _NUMBER.fullmatch(count.strip())):
            raise CorpusError(f"{name}:{number}: expected word<TAB>count, got {line!r}")
        return word, float(count) if count.strip() else math.nan
    cells = line.split()
    if len(cells) >= 3 and _NUMBER.fullmatch(cells[-2]) and _TAG.fullmatch(cells[-1]):
        return " ".join(cells[:-2]), float(cells[-2])
    if len(cells) >= 2 and _NUMBER.fullmatch(cells[-1]):
        return " ".join(cells[:-1]), float(cells[-1])
    # "word tag", but not English words with a space
    if len(cells) >= 2 and _TAG.fullmatch(cells[-1]) and not "".join(cells[:-1]).isascii():
        return " ".join(cells[:-1]), math.nan
    return line.strip(), math.nan


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
    wrong = np.flatnonzero((counts <= 0) | np.isinf(counts))
    if len(wrong):
        raise ValueError(
            f"counts must be positive numbers, got {counts[wrong[0]]:g} for {names[wrong[0]]!r}."
        )
    if "" in names:
        keep = np.array([bool(name) for name in names])
        names, counts = [name for name in names if name], counts[keep]
    return WordList(names, counts)
