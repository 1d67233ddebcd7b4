"""Word lists and dictionaries, read whatever their format: :func:`read_words`."""

import math
import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TextIO

import numpy as np
import numpy.typing as npt

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import html_table, quoted, text_table
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import CorpusError
from nlpzero.segmentation.word_list_forms import (
    Header,
    is_comment,
    read_line,
    strange_words,
)

# of counts beyond these, sums and ratios are no numbers any more
_LEAST, _MOST = 1e-100, 1e100

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


class WordFile(NamedTuple):
    """What a file of words held, and how it was understood.

    words : WordList
    form : str
        The form of its lines, for people: ``words alone``, ``word count``, ``word<TAB>count``,
        ``word,count``, ``jieba``, ``HanLP``, ``TSV with a header``, ``CSV with a header``, ``JSON
        Lines``; of several the commonest, and ``and others``. Empty if there was no word.
    pmi : ndarray of float64
        For each word what a column ``pmi`` says, NaN where there is none.
    entropy : ndarray of float64
        The smaller one of what the columns ``left_entropy`` and ``right_entropy`` say.
    """

    words: WordList
    form: str
    pmi: npt.NDArray[np.float64]
    entropy: npt.NDArray[np.float64]


def read_words(
    path: PathLike | TextIO, *, encoding: str = "utf-8", counts: bool = True, comments: bool = True
) -> WordList:
    """Read a list of words, or a dictionary, whatever its format.

    Each line holds a word alone; ``word count``, or jieba's ``word count tag`` and ``word tag``;
    HanLP's ``word tag count``, also of several tags; all of these also with tabs or commas; or a
    JSON object with ``word`` and ``count``. Where the first line names a column ``word`` (or 词,
    词语) of a table with tabs or commas, that column holds the words, and ``count``, ``freq``,
    ``frequency``, 词频, 频次 the counts, or else the second column, as in everything that
    ``nlpzero`` writes. Words may hold spaces. Empty lines, and lines without tabs that begin with
    ``#``, are skipped (but ``#双十一#`` is a word); the counts of a repeated word are added.

    Parameters
    ----------
    path : path, or file open for reading text
    encoding : str
        A byte order mark of UTF-8 is skipped. Not used for an open file.
    counts : bool
        False: only the words are wanted, and what stands in the other columns of a table may be
        anything.
    comments : bool
        False: lines that begin with ``#`` are words, as in lists of stop words.

    Returns
    -------
    WordList

    Raises
    ------
    CorpusError
        The file cannot be read or decoded, a line is not of this form, or most of what came out are
        no words but sentences, or rows with other separators.

    See Also
    --------
    read_word_file : tells in which form the file was, too.

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
    return read_word_file(path, encoding=encoding, counts=counts, comments=comments).words


def read_word_file(
    path: PathLike | TextIO, *, encoding: str = "utf-8", counts: bool = True, comments: bool = True
) -> WordFile:
    """Read a list of words as :func:`read_words` does, and tell how it was understood.

    Parameters
    ----------
    path, encoding, counts, comments
        As for :func:`read_words`.

    Returns
    -------
    WordFile

    Raises
    ------
    CorpusError
        As :func:`read_words`.

    Examples
    --------
    >>> import io
    >>> found = read_word_file(io.StringIO("word,count,score\\n葡萄,12,3.5\\n"))
    >>> found.words.words, found.form
    (['葡萄'], 'CSV with a header')
    """
    name = str(getattr(path, "name", "words")) if _is_open(path) else os.fspath(path)  # type: ignore[arg-type]
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    try:
        if _is_open(path):
            return _gathered(path, name, counts, comments)  # type: ignore[arg-type]
        with open(path, encoding=codec) as file:  # type: ignore[arg-type]
            return _gathered(file, name, counts, comments)
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


def _is_open(path: PathLike | TextIO) -> bool:
    return hasattr(path, "readline")


def _gathered(file: Iterable[str], name: str, counts: bool, comments: bool) -> WordFile:
    """The words of all lines."""
    found: dict[str, float] = {}
    forms: dict[str, int] = {}
    told: dict[str, tuple[float, float]] = {}
    header: Header | None = None
    first = True
    for number, line in enumerate(file, 1):
        line = line.rstrip("\r\n")
        if number == 1:
            line = line.removeprefix("\ufeff")
        if not line or line.isspace() or (comments and line[0] == "#" and is_comment(line)):
            continue
        if first:
            first = False
            header = Header.of(line)
            if header is not None:
                continue
        # lists of JSON Lines and tables may have been put together
        if header is None or line.startswith('{"'):
            entry = read_line(line, name, number, counts)
        else:
            entry = header.entry(line, name, number, counts)
        word, count, form, pmi, entropy = entry
        if word in found and not math.isnan(found[word]):
            count = found[word] + (0.0 if math.isnan(count) else count)
        if counts and not (_LEAST < count < _MOST or math.isnan(count)):
            raise CorpusError(
                f"{name}:{number}: counts must be positive numbers, got {quoted(line)}; "
                "leave the word out, or write it without a count"
            )
        found[word] = count
        forms[form] = forms.get(form, 0) + 1
        if not (math.isnan(pmi) and math.isnan(entropy)):
            told[word] = pmi, entropy
    strange = strange_words(found)
    if 2 * len(strange) > len(found):
        raise CorpusError(
            f"{name}: no list of words: {len(strange):,} of {len(found):,} are not understood, "
            f"such as {quoted(strange[0], 40)}; write one word a line, word<TAB>count, jieba's or "
            "HanLP's format, or a table with a column named word"
        )
    form = max(forms, key=lambda form: forms[form], default="")
    if len(forms) > 1:
        form += " and others"
    words = WordList(list(found), np.array(list(found.values()), np.float64))
    if not told:
        return WordFile(words, form, *np.full((2, len(found)), math.nan))
    unknown = (math.nan, math.nan)
    columns = np.array([told.get(word, unknown) for word in found], np.float64).T
    return WordFile(words, form, *columns)


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
