"""Where strings stand in a text: a few lines of concordance for each, all found in one reading."""

from collections.abc import Iterable
from typing import NamedTuple

from nlpzero.segmentation.patterns import PatternSet
from nlpzero.text.corpus import Corpus, as_corpus


class Context(NamedTuple):
    """An occurrence of a word.

    left, word, right : str
        What stands before it, the word, and what stands behind it, within its line.
    """

    left: str
    word: str
    right: str


def concordance(
    corpus: Corpus | Iterable[str], words: Iterable[str], *, limit: int = 3, width: int = 12
) -> dict[str, list[Context]]:
    """The first occurrences of some words, with their surroundings.

    Parameters
    ----------
    corpus : Corpus, or iterable of str
        Read once, all words being looked for at the same time, and only until all have their
        contexts.
    words : iterable of str
    limit : int >= 1
        Contexts a word.
    width : int >= 0
        Characters on each side.

    Returns
    -------
    dict of str to list of Context
        In the order of the words; shorter lists for words that occur less often.

    Examples
    --------
    >>> found = concordance(["吃葡萄不吐葡萄皮"], ["葡萄", "皮"], limit=1, width=2)
    >>> found["葡萄"], found["皮"]
    ([Context(left='吃', word='葡萄', right='不吐')], [Context(left='葡萄', word='皮', right='')])
    """
    if limit < 1:
        raise ValueError(f"`limit` must be an integer >= 1, got {limit}.")
    if width < 0:
        raise ValueError(f"`width` must be an integer >= 0, got {width}.")
    patterns = PatternSet(words)
    found: dict[str, list[Context]] = {word: [] for word in patterns}
    open_words = len(found)
    for line in as_corpus(corpus).lines():
        if not open_words:
            break
        for start, end, word in patterns.find(line):
            contexts = found[word]
            if len(contexts) < limit:
                left, right = line[max(start - width, 0) : start], line[end : end + width]
                contexts.append(Context(left.strip(), word, right.strip()))
                open_words -= len(contexts) == limit
    return found
