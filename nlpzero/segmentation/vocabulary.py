"""Segmentation by a list of words: the best path by the sum of their scores."""

import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import frozen
from nlpzero.engine.temporary import PathLike
from nlpzero.engine.validation import number, require
from nlpzero.segmentation.base import Arrays, Numbers, Segmenter, What
from nlpzero.segmentation.dictionary_decoder import best_scores, best_words, word_edges
from nlpzero.segmentation.double_array import (
    DoubleArray,
    build_trie,
    check_trie,
    trie_scores,
    trie_words,
)
from nlpzero.segmentation.lattice import marginals_edges, sample_edges
from nlpzero.segmentation.word_list import Lexicon, WordList, as_word_list, read_words
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS

# what a word without a count is better than its best cut, in nats: enough to win, whatever the
# rounding
_PREFERENCE = 0.01
# of a count: exp and log are finite, with room to add some up
_LARGEST_LOG = 600.0


# --------------------------------------------------------------------------------------- vocabulary


class VocabularySegmenter(Segmenter):
    """Segmenter with a list of words: the cut of highest probability, words independent of each
    other.

    Parameters
    ----------
    words : WordList, mapping of str to number, or iterable of str
        Words of any length with their counts (:func:`nlpzero.segmentation.word_list.read_words`).
        They may hold marks, spaces, letters and digits; they are only found where they begin and
        end between units, so ``ens`` never cuts ``license``.
    user_words : the same, optional
        Words that replace or complete the list.
    numbers, training
        See :class:`Segmenter`.
    keep, joiners
        What stays whole, see :class:`nlpzero.Alphabet`; by default all of it.

    Notes
    -----
    p(w) = count / sum of the counts. A character, number or run of letters that is not in the list
    has half the smallest count. A word without a count takes the probability of its best cut into
    other words, or that of a word counted once if this is larger, so it is preferred to its parts;
    if no word has a count, all have the same.

    Examples
    --------
    >>> segmenter = VocabularySegmenter({"研究": 9, "研究生": 4, "生命": 6, "命": 1, "起源": 5})
    >>> segmenter.segment("研究生命起源，2024年。")
    ['研究', '生命', '起源', '，', '2024', '年', '。']
    >>> VocabularySegmenter(["研究", "生命"], user_words=["研究生命"]).segment("研究生命")
    ['研究生命']
    """

    method = "vocabulary"
    _crossing = True

    def __init__(
        self,
        words: WordList | Mapping[str, float] | Iterable[str],
        *,
        user_words: WordList | Mapping[str, float] | Iterable[str] = (),
        numbers: Numbers = "learned",
        keep: str | Iterable[str] = DEFAULT_KEEP,
        joiners: str = JOINERS,
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(Alphabet(keep=keep, joiners=joiners), numbers=numbers, training=training)
        names, scores, self.unknown, self.total = _word_scores(
            as_word_list(words), as_word_list(user_words)
        )
        self._set_trie(build_trie(names, scores))

    def _set_trie(self, trie: DoubleArray) -> None:
        # plain read-only arrays, mapped from a file or not, so that every kernel is compiled once
        self.trie = DoubleArray(*(frozen(array) for array in trie))
        self._table = frozen(self.trie.code_table())

    @classmethod
    def from_file(
        cls,
        path: PathLike,
        *more: PathLike,
        encoding: str = "utf-8",
        numbers: Numbers = "learned",
    ) -> "VocabularySegmenter":
        """Segmenter from files of words (:func:`nlpzero.segmentation.word_list.read_words`).

        Parameters
        ----------
        path : path
        *more : path
            User words, which replace or complete the first list.
        encoding : str
        numbers
            See :class:`Segmenter`.

        Returns
        -------
        VocabularySegmenter

        Raises
        ------
        CorpusError
            A file cannot be read, or is no list of words.
        """
        base = read_words(path, encoding=encoding)
        segmenter = cls(
            base,
            user_words=_joined(read_words(name, encoding=encoding) for name in more),
            numbers=numbers,
        )
        files = [os.path.basename(os.fspath(name)) for name in (path, *more)]
        segmenter.training = {"method": cls.method, "files": files, "words": segmenter.size}
        return segmenter

    @property
    def size(self) -> int:
        """Number of words."""
        return int(np.count_nonzero(self.trie.values > -np.inf))

    def with_words(
        self,
        words: WordList | Mapping[str, float] | Iterable[str],
        *,
        weight: float | None = None,
        force: bool = False,
    ) -> "VocabularySegmenter":
        """A segmenter with more words, which replace those it has.

        Parameters
        ----------
        words : WordList, mapping of str to number, or iterable of str
            Counts are relative to those the list was made from; best give none.
        weight, force
            With either, the words are not added to the list but stand beside it, as for other
            segmenters (:meth:`Segmenter.with_words`).

        Returns
        -------
        VocabularySegmenter
        """
        if weight is not None or force:
            return super().with_words(words, weight=weight, force=force)
        known = self.lexicon()
        other = VocabularySegmenter(
            WordList(known.words, known.counts),
            user_words=words,
            numbers=self.numbers,
            training=self.training,
        )
        other.alphabet = self.alphabet
        other.own_words = self.own_words
        return other

    def lexicon(self) -> Lexicon:
        """The words it knows.

        Returns
        -------
        Lexicon

        Examples
        --------
        >>> VocabularySegmenter({"生命": 6, "命": 2}).lexicon().words
        ['生命', '命']
        """
        words = trie_words(self.trie)
        scores = trie_scores(self.trie, words).astype(np.float64)
        order = sorted(range(len(words)), key=lambda i: (-scores[i], words[i]))
        scores = scores[order]
        return Lexicon([words[i] for i in order], scores, np.exp(scores) * self.total)

    def __repr__(self) -> str:
        return f"<VocabularySegmenter: {self.size:,} words, numbers={self.numbers!r}>"

    def _values(
        self,
        points: npt.NDArray[np.uint32],
        classes: npt.NDArray[np.uint8],
        spans: npt.NDArray[np.int64],
        what: What,
        key: int = 0,
    ) -> npt.NDArray[Any]:
        arrays = (points, classes, self.trie, self._table, self.unknown, spans)
        if what == "cut":
            flags = np.zeros(len(points) + 1, np.bool_)
            best_words(*arrays, flags)
            return flags
        places, edges = word_edges(*arrays)
        if what == "probabilities":
            values = np.zeros(len(points) + 1, np.float64)
            values[places] = marginals_edges(edges)
        else:
            values = np.zeros(len(points) + 1, np.bool_)
            values[places] = sample_edges(edges, key)
        return values

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {"unknown": self.unknown, "total": self.total}, dict(self.trie._asdict())

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "VocabularySegmenter":
        segmenter = cls.__new__(cls)
        Segmenter.__init__(segmenter, alphabet)
        segmenter.unknown = number(header["unknown"], "the score of unknown characters")
        segmenter.total = number(header["total"], "the sum of all counts", 0)
        trie = check_trie(arrays)
        scores = trie.values
        if (most := float(scores.max())) > -math.inf:
            least = float(scores.min(where=scores > -np.inf, initial=most))
            require(
                segmenter.total > 0
                and abs(least + math.log(segmenter.total)) < _LARGEST_LOG
                and abs(most + math.log(segmenter.total)) < _LARGEST_LOG,
                "the counts of its words are out of range",
            )
        segmenter._set_trie(trie)
        return segmenter


def _word_scores(
    base: WordList, user: WordList
) -> tuple[list[str], npt.NDArray[np.float64], float, float]:
    """Distinct words of both lists, their log probabilities, that of an unknown unit, the sum of
    counts.
    """
    merged = dict(zip(base.words, base.counts.tolist(), strict=True))
    for word, count in zip(user.words, user.counts.tolist(), strict=True):
        # a user word that the list counts keeps at least that count
        known = merged.get(word, math.nan)
        merged[word] = count if math.isnan(known) or not math.isnan(count) else known
    words = list(merged)
    counts = np.array(list(merged.values()), np.float64)
    counted = ~np.isnan(counts)
    if not counted.any():
        # all words alike; user words too
        counts[:] = 1.0
        counted[:] = True
    total = counts[counted].sum() if len(counts) else 1.0
    least = counts[counted].min() if len(counts) else 1.0
    unknown = math.log(0.5 * least / total) if len(words) else -1.0
    scores = np.log(counts / total)
    lacking = np.flatnonzero(~counted)
    if len(lacking):
        known = np.flatnonzero(counted)
        trie = build_trie([words[i] for i in known], scores[known])
        cuts = best_scores(trie, [words[i] for i in lacking], unknown)
        scores[lacking] = np.maximum(cuts, math.log(least / total)) + _PREFERENCE
    return words, scores, unknown, float(total)


def _joined(lists: Iterable[WordList]) -> WordList:
    """Several lists as one; of a repeated word the last count holds."""
    merged: dict[str, float] = {}
    for words, counts in lists:
        merged.update(zip(words, counts.tolist(), strict=True))
    return WordList(list(merged), np.array(list(merged.values()), np.float64))
