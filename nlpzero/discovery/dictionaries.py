"""Dictionaries for jieba, HanLP, IK and others; :func:`nlpzero.read_words` reads most of them."""

import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal

DictionaryFormat = Literal["jieba", "hanlp", "ik", "plain", "wordcloud", "sentencepiece"]
DICTIONARY_FORMATS: tuple[DictionaryFormat, ...] = (
    "jieba",
    "hanlp",
    "ik",
    "plain",
    "wordcloud",
    "sentencepiece",
)

# What jieba (0.42) looks up words in: other characters are cut off before its dictionary is asked.
_JIEBA_SEES = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&._%\-]+")
# pieces that every model of sentencepiece has
_SENTENCEPIECE_HAS = ("<unk>", "<s>", "</s>", "<pad>")
_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def dictionary_fault(word: str, target: DictionaryFormat) -> str | None:
    """Why a dictionary cannot hold a word, or None if it can.

    Parameters
    ----------
    word : str
    target : {"jieba", "hanlp", "ik", "plain", "wordcloud", "sentencepiece"}

    Returns
    -------
    str or None
        The reason, the same words for all words with the same fault.

    Notes
    -----
    jieba splits text at characters other than U+4E00 to U+9FD5, ASCII letters and digits, and
    ``+#&._%-`` before it looks up words, so others load and never match; and a word of Latin
    letters alone cuts longer ones (license becomes lic, ens, e). HanLP's text dictionaries end a
    word at white space. IK takes halves of characters beyond U+FFFF for punctuation. sentencepiece
    turns white space into ▁ before it looks for the symbols it was given. A plain list holds words
    with spaces, and word clouds any.

    Examples
    --------
    >>> dictionary_fault("K线图", "jieba") is None
    True
    >>> dictionary_fault("𠮷野家", "jieba")
    'has characters that jieba never looks up'
    """
    if not word.strip():
        return "is empty or holds white space"
    if target == "wordcloud":
        return None
    if target == "plain":
        if word != word.strip() or len(word.splitlines()) > 1 or "\t" in word:
            return "holds a tab or line end, or white space around it"
        return None
    if word.split() != [word]:
        return "is empty or holds white space"
    if target == "sentencepiece":
        if "▁" in word or word in _SENTENCEPIECE_HAS:
            return "is a symbol of sentencepiece, or holds its mark for white space"
        return None
    if target == "jieba":
        if _JIEBA_SEES.fullmatch(word) is None:
            return "has characters that jieba never looks up"
        if re.fullmatch(r"[a-zA-Z]+", word):
            return "has Latin letters only and would cut longer Latin words in jieba"
    if target == "ik" and any(ord(character) > 0xFFFF for character in word):
        return "has characters beyond U+FFFF, which IK takes for punctuation"
    return None


def dictionary_lines(
    words: Iterable[str], target: DictionaryFormat, counts: Sequence[float] | None = None
) -> tuple[list[str], dict[str, list[str]]]:
    """Lines of a dictionary, without the words that it cannot hold.

    Parameters
    ----------
    words : iterable of str
        Their order is kept; a repeated word is written once.
    target : {"jieba", "hanlp", "ik", "plain", "wordcloud", "sentencepiece"}
        ``plain`` is a word a line. ``wordcloud`` is a JSON object from words to weights, what
        ``WordCloud.generate_from_frequencies`` of the package wordcloud takes. ``sentencepiece`` is
        a word a line for its option ``user_defined_symbols``, which then are never cut.
    counts : sequence of numbers, optional
        One for each word, to be written as frequencies: best not for jieba, which without them
        computes for each word the frequency that makes it win, and with them may leave new words
        cut and cut known words that it did not cut before. jieba and HanLP get whole numbers, 1 at
        least; ``wordcloud`` takes them for weights, 1 where there is none. The others have no place
        for them.

    Returns
    -------
    lines : list of str
        Each ends with a line feed. All are in UTF-8, without a byte order mark: jieba, HanLP and IK
        lose the first word of a dictionary that has one.
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
    >>> print("".join(dictionary_lines(["葡萄", "C++"], "wordcloud", [12, 3])[0]), end="")
    {
    "葡萄": 12,
    "C++": 3
    }
    """
    if target not in DICTIONARY_FORMATS:
        listed = ", ".join(map(repr, DICTIONARY_FORMATS))
        raise ValueError(f"`target` must be one of {listed}, got {target!r}.")
    lines: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    for i, word in enumerate(words):
        fault = dictionary_fault(word, target)
        if fault is not None:
            left_out.setdefault(fault, []).append(word)
            continue
        if target == "ik":
            word = word.translate(_FULL_TO_HALF)
        count = math.nan if counts is None else float(counts[i])
        lines.setdefault(word, _line(word, target, count))
    if target == "wordcloud":
        return ["{\n", *_separated(list(lines.values())), "}\n"], left_out
    return list(lines.values()), left_out


def _line(word: str, target: DictionaryFormat, count: float) -> str:
    if target == "wordcloud":
        weight = 1 if math.isnan(count) else count
        return f"{json.dumps(word, ensure_ascii=False)}: {weight:.15g}\n"
    if not math.isnan(count) and target in ("jieba", "hanlp"):
        whole = max(round(count), 1)
        return f"{word} {whole}\n" if target == "jieba" else f"{word} n {whole}\n"
    return word + "\n"


def _separated(lines: list[str]) -> list[str]:
    """With a comma behind all but the last."""
    return [line[:-1] + ",\n" for line in lines[:-1]] + lines[-1:]
