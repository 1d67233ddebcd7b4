"""Dictionaries for jieba, HanLP and IK; :func:`nlpzero.read_words` reads them."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

DictionaryFormat = Literal["jieba", "hanlp", "ik"]
DICTIONARY_FORMATS: tuple[DictionaryFormat, ...] = ("jieba", "hanlp", "ik")

# What jieba (0.42) looks up words in: other characters are cut off before its dictionary is asked.
_JIEBA_SEES = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")
_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def dictionary_fault(word: str, target: DictionaryFormat) -> str | None:
    """Why a dictionary cannot hold a word, or None if it can.

    Parameters
    ----------
    word : str
    target : {"jieba", "hanlp", "ik"}

    Returns
    -------
    str or None
        The reason, the same words for all words with the same fault.

    Notes
    -----
    jieba splits text at characters other than U+4E00 to U+9FD5, ASCII letters and digits, and
    ``+#&._%-`` before it looks up words, so others load and never match; and a word of Latin
    letters alone cuts longer ones (license becomes lic, ens, e). HanLP's text dictionaries end a
    word at white space. IK takes halves of characters beyond U+FFFF for punctuation.

    Examples
    --------
    >>> dictionary_fault("K线图", "jieba") is None
    True
    >>> dictionary_fault("𠮷野家", "jieba")
    'has characters that jieba never looks up'
    """
    if not word or word.split() != [word]:
        return "is empty or holds white space"
    if target == "jieba":
        if _JIEBA_SEES.fullmatch(word) is None:
            return "has characters that jieba never looks up"
        if re.fullmatch(r"[a-zA-Z]+", word):
            return "has Latin letters only and would cut longer Latin words in jieba"
    if target == "ik" and any(ord(character) > 0xFFFF for character in word):
        return "has characters beyond U+FFFF, which IK takes for punctuation"
    return None


def dictionary_lines(
    words: Iterable[str], target: DictionaryFormat, counts: Sequence[int] | None = None
) -> tuple[list[str], dict[str, list[str]]]:
    """Lines of a dictionary, without the words that it cannot hold.

    Parameters
    ----------
    words : iterable of str
        Their order is kept; a repeated word is written once.
    target : {"jieba", "hanlp", "ik"}
    counts : sequence of int, optional
        One for each word, to be written as frequencies: best not for jieba, which without them
        computes for each word the frequency that makes it win, and with them may leave new words
        cut and cut known words that it did not cut before. IK has no place for them.

    Returns
    -------
    lines : list of str
        Each ends with a line feed.
    left_out : dict of str to list of str
        For each fault the words that have it.

    Examples
    --------
    >>> dictionary_lines(["葡萄", "K线图", "Ｔ恤"], "jieba")
    (['葡萄\\n', 'K线图\\n'], {'has characters that jieba never looks up': ['Ｔ恤']})
    >>> dictionary_lines(["葡萄"], "hanlp", [12])[0]
    ['葡萄 n 12\\n']
    >>> dictionary_lines(["Ｔ恤"], "ik")[0]  # IK reads full-width characters as half-width ones
    ['T恤\\n']
    """
    if target not in DICTIONARY_FORMATS:
        raise ValueError(f"`target` must be 'jieba', 'hanlp' or 'ik', got {target!r}.")
    lines: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    for i, word in enumerate(words):
        fault = dictionary_fault(word, target)
        if fault is not None:
            left_out.setdefault(fault, []).append(word)
            continue
        if target == "ik":
            word = word.translate(_FULL_TO_HALF)
        line = word
        if counts is not None and target == "jieba":
            line = f"{word} {counts[i]}"
        elif counts is not None and target == "hanlp":
            line = f"{word} n {counts[i]}"
        lines.setdefault(word, line + "\n")
    return list(lines.values()), left_out
