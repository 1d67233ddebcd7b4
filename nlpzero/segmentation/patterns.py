"""Many patterns found in one pass over a text (Aho–Corasick)."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt


class PatternSet:
    """Many words to look for at once, in one pass over each text (Aho–Corasick).

    Parameters
    ----------
    words : iterable of str
        Empty ones are left out.

    Examples
    --------
    >>> patterns = PatternSet(["葡萄", "萄皮", "吐"])
    >>> list(patterns.find("不吐葡萄皮"))
    [(1, 2, '吐'), (2, 4, '葡萄'), (3, 5, '萄皮')]
    >>> patterns.occurs_in(["葡萄酒", "苹果"]).tolist()
    [True, False]
    """

    def __init__(self, words: Iterable[str]) -> None:
        if isinstance(words, str):
            raise TypeError("`words` must be an iterable of words, got one str.")
        import ahocorasick  # for those who look for patterns only

        self._automaton: Any = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        self._words = list(dict.fromkeys(word for word in words if word))
        for i, word in enumerate(self._words):
            self._automaton.add_word(word, i)
        if self._words:
            self._automaton.make_automaton()

    def __len__(self) -> int:
        return len(self._words)

    def __iter__(self) -> Iterator[str]:
        return iter(self._words)

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and bool(self._words) and word in self._automaton

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """All occurrences, overlapping ones too, by their ends, longer ones first.

        Yields
        ------
        start, end : int
        word : str
        """
        if self._words:
            for last, i in self._automaton.iter(text):
                word = self._words[i]
                yield last + 1 - len(word), last + 1, word

    def numbers_in(self, text: str) -> npt.NDArray[np.int64]:
        """All occurrences at once, in the order of :meth:`find`.

        Returns
        -------
        ndarray of int64, shape (occurrences, 2)
            The last character of each, and the number of the word.

        Examples
        --------
        >>> PatternSet(["葡萄", "萄皮", "吐"]).numbers_in("不吐葡萄皮").tolist()
        [[1, 2], [3, 0], [4, 1]]
        """
        if not self._words:
            return np.zeros((0, 2), np.int64)
        found = np.fromiter(chain.from_iterable(self._automaton.iter(text)), np.int64)
        return found.reshape(-1, 2)

    def occurs_in(self, texts: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Whether any of the words occurs in each text.

        Returns
        -------
        ndarray of bool
        """
        if not self._words:
            return np.zeros(len(list(texts)), np.bool_)
        search = self._automaton.iter
        return np.array([next(search(text), None) is not None for text in texts], np.bool_)

    def equals(self, texts: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Whether each text is one of the words.

        Returns
        -------
        ndarray of bool
        """
        known = set(self._words)
        return np.array([text in known for text in texts], np.bool_)
