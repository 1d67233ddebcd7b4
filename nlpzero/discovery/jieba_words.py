"""Words into a tokenizer of jieba, and the words of one out of it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from nlpzero.discovery.dictionaries import dictionary_fault
from nlpzero.discovery.words import Word
from nlpzero.segmentation.word_list import WordList


class AddedWords(NamedTuple):
    """What became of words given to jieba.

    added : list of str
    known : list of str
        jieba has them already; they stay as they are.
    left_out : dict of str to list of str
        For each fault the words that have it, as :func:`nlpzero.dictionary_fault` names them.
    """

    added: list[str]
    known: list[str]
    left_out: dict[str, list[str]]


def add_to_jieba(words: Iterable[str | Word], tokenizer: Any = None) -> AddedWords:
    """Teach a tokenizer of jieba words, without a change to those it knows.

    Parameters
    ----------
    words : iterable of str or Word
        Such as what :func:`nlpzero.discover_words` found; the `words` of a :class:`WordList`. A
        word gets the frequency with which it just beats the way jieba cuts it now, so of words that
        overlap, the first has the advantage.
    tokenizer : jieba.Tokenizer, optional
        Changed. By default the one behind ``jieba.lcut``.

    Returns
    -------
    AddedWords

    Raises
    ------
    ValueError
        jieba cuts in several processes: they would not learn the words.
    ImportError
        There is no jieba.

    Notes
    -----
    A frequency that is given, such as a count, may leave a new word cut, and may cut a known one
    that was not cut before; so none is.

    Examples
    --------
    >>> import logging, jieba
    >>> jieba.setLogLevel(logging.WARNING)
    >>> tokenizer = jieba.Tokenizer()
    >>> add_to_jieba(["听风楼", "北京", "𠮷野家"], tokenizer)[:2]
    (['听风楼'], ['北京'])
    >>> tokenizer.lcut("听风楼在北京", HMM=False)
    ['听风楼', '在', '北京']
    """
    tokenizer = _tokenizer(tokenizer)
    import jieba

    if tokenizer is jieba.dt and jieba.pool is not None:
        raise ValueError(
            "jieba cuts in several processes, which would not learn the words; call "
            "jieba.disable_parallel() before and jieba.enable_parallel() after."
        )
    if isinstance(words, (str, WordList)):
        raise TypeError(
            f"`words` must be an iterable of words, got a {type(words).__name__}; "
            "pass [word], or list.words."
        )
    tokenizer.initialize()
    told = AddedWords([], [], {})
    seen: set[str] = set()
    for item in words:
        word = item if isinstance(item, str) else item.word
        if word in seen:
            continue
        seen.add(word)
        fault = dictionary_fault(word, "jieba")
        if fault is not None:
            told.left_out.setdefault(fault, []).append(word)
        elif tokenizer.FREQ.get(word):  # 0: only the beginning of another word
            told.known.append(word)
        else:
            tokenizer.add_word(word)
            told.added.append(word)
    return told


def words_of_jieba(tokenizer: Any = None) -> WordList:
    """The words of a tokenizer of jieba with their frequencies, those added to it included.

    Parameters
    ----------
    tokenizer : jieba.Tokenizer, optional
        By default the one behind ``jieba.lcut``.

    Returns
    -------
    WordList
        For :class:`nlpzero.VocabularySegmenter`, which then cuts as ``jieba.lcut(text, HMM=False)``
        does where that is no matter of marks and numbers.

    Raises
    ------
    ImportError
        There is no jieba.

    Examples
    --------
    >>> import logging, jieba
    >>> from nlpzero import VocabularySegmenter
    >>> jieba.setLogLevel(logging.WARNING)
    >>> tokenizer = jieba.Tokenizer()
    >>> tokenizer.add_word("听风楼")
    >>> VocabularySegmenter(words_of_jieba(tokenizer)).segment("我们在听风楼")
    ['我们', '在', '听风楼']
    """
    tokenizer = _tokenizer(tokenizer)
    tokenizer.initialize()
    counts = {word: count for word, count in tokenizer.FREQ.items() if count > 0}
    return WordList(list(counts), np.array(list(counts.values()), np.float64))


def _tokenizer(tokenizer: Any) -> Any:
    if tokenizer is not None:
        if not hasattr(tokenizer, "FREQ") or not hasattr(tokenizer, "add_word"):
            raise TypeError(
                f"`tokenizer` must be a jieba.Tokenizer, got {type(tokenizer).__name__}."
            )
        return tokenizer
    try:
        import jieba
    except ImportError as error:
        raise ImportError("there is no jieba; run: pip install jieba") from error
    return jieba.dt
