"""Vectors of words: what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.arrays import Floats32, frozen
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.temporary import PathLike
from nlpzero.segmentation.tokenizers import Tokenizer, as_tokenizer
from nlpzero.vectors.characters import Pieces
from nlpzero.vectors.clustering import spherical_k_means
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.exchange import read_numpy, read_word2vec, write_numpy, write_word2vec
from nlpzero.vectors.methods import sphere_of
from nlpzero.vectors.nearest import largest, similarities
from nlpzero.vectors.vector_files import read_vectors, tokenizer_state, write_vectors

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenize
    from nlpzero.vectors.placing import Placer

# a of a / (a + p), the weight of a word of frequency p in a sentence (Arora, Liang and Ma 2017)
SMOOTH = 1e-3


def word_weights(counts: NDArray[np.int64], tokens: int) -> Floats32:
    """What each word counts in a sentence: ``a / (a + p)``, p its frequency, a = 0.001."""
    total = max(tokens, int(counts.sum()), 1)
    return (SMOOTH / (SMOOTH + counts / total)).astype(np.float32)


class Neighbour(NamedTuple):
    """A word, how often it occurs, and the cosine of the angle between it and what was asked."""

    word: str
    count: int  # type: ignore[assignment]
    similarity: float


class WordVectors:
    """A vector for each word, and what follows from them.

    Made by :func:`learn_vectors` or :func:`load_vectors`.

    Parameters
    ----------
    words : sequence of str
        Each once.
    counts : sequence of int
        How often each occurs, 0 if that is not known.
    array : ndarray of shape (words, dimensions)
        Rows; they are set to length 1. A row of zeros is near nothing.
    pieces : Pieces, or callable that gives them, optional
        What characters say of words that are not among these.
    tokenizer : Tokenizer, Segmenter, callable or str, optional
        What cuts sentences into these words.
    tokens : int
        Words of the corpus; 0 if that is not known.
    training : mapping
        How they were learned: JSON values.

    Attributes
    ----------
    words : list of str
        Most frequent first, if learned here.
    counts : ndarray of int64
    array : ndarray of float32
        Read-only.
    read : ReadReport
        What was read to learn them.

    Examples
    --------
    >>> vectors = WordVectors(["早餐", "早饭", "汽车"], [3, 2, 9], [[2, 1], [1, 1], [-1, 1]])
    >>> round(vectors.similarity("早餐", "早饭"), 4)
    0.9487
    >>> [row.word for row in vectors.similar("早餐", top=1)]
    ['早饭']
    """

    def __init__(
        self,
        words: Sequence[str],
        counts: Sequence[int] | NDArray[np.int64],
        array: Any,
        *,
        pieces: Pieces | Callable[[], Pieces | None] | None = None,
        tokenizer: Tokenizer | Segmenter | Tokenize | str | None = None,
        tokens: int = 0,
        training: Mapping[str, Any] | None = None,
        read: ReadReport | None = None,
    ) -> None:
        self.words = list(words)
        rows = np.asarray(array, np.float32)
        if rows.ndim != 2 or len(rows) != len(self.words) or not rows.size:
            raise ValueError(
                f"`array` must have a row for each of the {len(self.words)} words, got shape "
                f"{rows.shape}."
            )
        if len(counts) != len(self.words):
            raise ValueError(
                f"`counts` must have one for each of {len(self.words)} words, got {len(counts)}."
            )
        if not np.isfinite(rows).all():
            raise ValueError("`array` must hold finite numbers.")
        squares = np.einsum("ij,ij->i", rows, rows)
        unit = ((np.abs(squares - 1) < 1e-6) | (squares == 0)).all()
        self.array: Floats32 = frozen(rows if unit else unit_rows(rows))
        self.counts: NDArray[np.int64] = frozen(np.asarray(counts, np.int64))
        self.tokens = tokens
        self.training = dict(training or {})
        self.read = read or ReadReport()
        self._pieces = pieces
        self._tokenizer = None if tokenizer is None else as_tokenizer(tokenizer)
        self._stored_tokenizer: Callable[[], Tokenizer | None] | None = None
        self._cut_by: dict[str, str] = {}

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""
        return int(self.array.shape[1])

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __repr__(self) -> str:
        return f"WordVectors({len(self):,} words, {self.dimensions} dimensions)"

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def pieces(self) -> Pieces | None:
        """What characters say of words that are not among these."""
        return self._pieces() if callable(self._pieces) else self._pieces

    @property
    def tokenizer(self) -> Tokenizer | None:
        """What cuts sentences into these words; None if that must be said."""
        if self._tokenizer is None and self._stored_tokenizer is not None:
            self._tokenizer = self._stored_tokenizer()
        return self._tokenizer

    @property
    def cut_by(self) -> str:
        """What a message calls the tokenizer."""
        if self._tokenizer is not None:
            return self._tokenizer.name
        return self._cut_by.get("name", self._cut_by.get("kind", "none"))

    def __contains__(self, word: object) -> bool:
        """Whether a word is one of these, not only made of known characters."""
        return word in self.rows

    def __getitem__(self, word: str) -> Floats32:
        """The vector of a word, of length 1; of an unseen one, that of its characters.

        Raises
        ------
        KeyError
            The word is not among these, and no character of it is known.
        """
        row = self.rows.get(word)
        if row is not None:
            return self.array[row]
        found = self.unseen(word)
        if found is None:
            raise KeyError(word)
        return found

    def unseen(self, word: str) -> Floats32 | None:
        """The vector of a word by its characters alone; None if none is known."""
        pieces = self.pieces
        return None if pieces is None else pieces.unseen(word)

    def array_of(self, words: Iterable[str]) -> Floats32:
        """A row for each of some words, of unseen ones by their characters; zeros if none is known.

        Parameters
        ----------
        words : iterable of str

        Returns
        -------
        ndarray of float32, shape (words, dimensions)

        Examples
        --------
        >>> vectors = WordVectors(["早餐", "汽车"], [3, 9], [[1, 0], [0, 1]])
        >>> vectors.array_of(["汽车", "飞机"]).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
        """
        listed = list(words)
        rows = np.zeros((len(listed), self.dimensions), np.float32)
        for i, word in enumerate(listed):
            row = self.rows.get(word)
            found = self.unseen(word) if row is None else self.array[row]
            if found is not None:
                rows[i] = found
        return rows

    def direction(self, words: str | Iterable[str], minus: Iterable[str] = ()) -> Floats32:
        """The mean of some words, less others, at length 1.

        Raises
        ------
        KeyError
            A word has no vector.
        """
        wanted = [words] if isinstance(words, str) else list(words)
        unwanted = [minus] if isinstance(minus, str) else list(minus)
        if not wanted and not unwanted:
            raise ValueError("`words` must have a word at least.")
        total = np.zeros(self.dimensions, np.float32)
        for word in wanted:
            total += self[word]
        for word in unwanted:
            total -= self[word]
        (row,) = unit_rows(total[None])
        return row

    def similar(
        self,
        words: str | Iterable[str],
        minus: Iterable[str] = (),
        *,
        top: int = 10,
        min_count: int = 1,
    ) -> list[Neighbour]:
        """The words nearest to a word, or to the mean of several.

        Parameters
        ----------
        words : str or iterable of str
            Several are a class: words of the same kind are found.
        minus : iterable of str
            Words to go away from.
        top : int >= 1
        min_count : int >= 0
            Leave out rarer words.

        Returns
        -------
        list of Neighbour
            Nearest first, without the words that were given.

        Raises
        ------
        KeyError
            A word has no vector.
        """
        if top < 1:
            raise ValueError(f"`top` must be an integer >= 1, got {top}.")
        wanted = [words] if isinstance(words, str) else list(words)
        unwanted = [minus] if isinstance(minus, str) else list(minus)
        values = similarities(self.array, self.direction(wanted, unwanted))
        given = [self.rows[word] for word in (*wanted, *unwanted) if word in self.rows]
        values[~self.array.any(axis=1)] = -np.inf
        values[given] = -np.inf
        if min_count > 1:
            values[self.counts < min_count] = -np.inf
        best = largest(values, min(top, len(values)))
        return [
            Neighbour(self.words[row], int(self.counts[row]), float(values[row]))
            for row in best.tolist()
            if values[row] > -np.inf
        ]

    def similarity(self, one: str, other: str) -> float:
        """The cosine of the angle between two words, from -1 to 1.

        Raises
        ------
        KeyError
            A word has no vector.
        """
        return float(np.einsum("i,i->", self[one], self[other]))

    @cached_property
    def weights(self) -> Floats32:
        """What each word counts in a sentence: ``a / (a + p)``, p its frequency, a = 0.001."""
        return frozen(word_weights(self.counts, self.tokens))

    def most_frequent(self, top: int | None = None, min_count: int = 0) -> WordVectors:
        """Fewer words: so many of the first ones, and none rarer than so often.

        Parameters
        ----------
        top : int >= 1, optional
        min_count : int >= 0

        Returns
        -------
        WordVectors
            With the same characters and tokenizer.

        Raises
        ------
        ValueError
            None is left.
        """
        kept = np.flatnonzero(self.counts >= min_count)[:top]
        if not len(kept):
            raise ValueError(f"no word occurs {min_count} times.")
        return WordVectors(
            [self.words[row] for row in kept.tolist()],
            self.counts[kept],
            self.array[kept],
            pieces=lambda: self.pieces,
            tokenizer=self.tokenizer,
            tokens=self.tokens,
            training=self.training,
        )

    @cached_property
    def placer(self) -> Placer | None:
        """What places sentences on the sphere of ``JoSE``; None for other vectors."""
        method = sphere_of(self.training)
        if method is None:
            return None
        from nlpzero.vectors.placing import Placer

        return Placer(method, self.counts, self.array)

    def save(self, path: PathLike) -> None:
        """Write a file: words, counts, vectors, what characters say, and the model that cuts
        sentences.

        A Python function that cuts them is not kept, only its name.

        Parameters
        ----------
        path : path
        """
        state = tokenizer_state(self.tokenizer)
        if self.tokenizer is None and self._cut_by:
            state = (self._cut_by, b"")
        header = {"tokens": self.tokens, "training": self.training}
        write_vectors(path, header, self.words, self.counts, self.array, self.pieces, state)

    def verify(self) -> None:
        """Read what is read only when it is asked for, too: what characters say, and the tokenizer.

        Raises
        ------
        StorageError
            The file is damaged.
        """
        _ = self.pieces, self.tokenizer

    def to_word2vec(self, path: PathLike, *, binary: bool = True) -> None:
        """Write the format of word2vec, which gensim, fastText and spaCy read.

        White space inside words becomes ``_``.

        Parameters
        ----------
        path : path
        binary : bool
            Else as text, with six significant digits.
        """
        write_word2vec(path, self.words, self.array, binary=binary)

    def to_numpy(self, path: PathLike, words: PathLike) -> None:
        """Write the array as ``.npy`` and the words to a text file, one a line, in the same order.

        Parameters
        ----------
        path, words : path
        """
        write_numpy(path, words, self.words, self.array)

    def to_dataframe(self) -> DataFrame:
        """A row for each word, and a column for each dimension; needs pandas."""
        columns: dict[str, Any] = {str(i): self.array[:, i] for i in range(self.dimensions)}
        return data_frame({"word": self.words, "count": self.counts, **columns})

    def sentence(self, text: str) -> Floats32:
        """The vector of a sentence: the mean of those of its words, frequent ones counting less;
        on the sphere of ``JoSE`` moved from there as the loss of training wants it.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of float32
            Of length 1, or zeros if no word of it is known.
        """
        from nlpzero.vectors.sentences import sentence_vector

        return sentence_vector(self, text)

    def sentences(self, texts: Iterable[str], *, resources: Resources | None = None) -> Floats32:
        """Vectors of many sentences, each as :meth:`sentence` gives it.

        Parameters
        ----------
        texts : iterable of str
        resources : Resources, optional
            Whom to tell of progress.

        Returns
        -------
        ndarray of float32, shape (texts, dimensions)
        """
        from nlpzero.vectors.sentences import sentence_vectors

        return sentence_vectors(self, texts, resources)

    def clusters(
        self,
        count: int,
        *,
        top_words: int = 30_000,
        seed: int = 1,
        resources: Resources | None = None,
    ) -> list[list[Neighbour]]:
        """Groups of words by spherical k-means.

        Parameters
        ----------
        count : int >= 1
            How many.
        top_words : int >= 1
            So many of the most frequent words.
        seed : int >= 0
            The same seed gives the same groups.
        resources : Resources, optional

        Returns
        -------
        list of list of Neighbour
            The largest group first; in each, the words nearest to its centre first.
        """
        if top_words < 1:
            raise ValueError(f"`top_words` must be an integer >= 1, got {top_words}.")
        ranked = np.argsort(-self.counts, kind="stable")
        chosen = ranked[self.array[ranked].any(axis=1)][:top_words]
        rows = self.array[chosen]
        labels, values = spherical_k_means(rows, count, seed=seed, resources=resources)
        found: list[list[Neighbour]] = [[] for _ in range(count)]
        for place in np.argsort(-values, kind="stable").tolist():
            row = int(chosen[place])
            neighbour = Neighbour(self.words[row], int(self.counts[row]), float(values[place]))
            found[labels[place]].append(neighbour)
        return [group for group in found if group]


def load_vectors(
    path: PathLike, *, tokenizer: Tokenizer | Segmenter | Tokenize | str | None = None
) -> WordVectors:
    """Read a file that :meth:`WordVectors.save` wrote.

    Parameters
    ----------
    path : path
    tokenizer : Tokenizer, Segmenter, callable or str, optional
        What cuts sentences, in place of what the file holds. A Python function must be named again.

    Returns
    -------
    WordVectors

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, or holds something else.
    """
    stored = read_vectors(path)
    vectors = WordVectors(
        stored.words,
        stored.counts,
        stored.rows,
        pieces=stored.pieces,
        tokenizer=tokenizer,
        tokens=stored.header["tokens"],
        training=stored.header["training"],
    )
    vectors._stored_tokenizer = stored.tokenizer
    said = stored.header["tokenizer"]
    vectors._cut_by = {key: str(said[key]) for key in ("kind", "name") if key in said}
    return vectors


def vectors_from_word2vec(
    path: PathLike,
    *,
    tokenizer: Tokenizer | Segmenter | Tokenize | str | None = None,
) -> WordVectors:
    """Read vectors in the format of word2vec, binary or text, as gensim and fastText write them.

    Their counts are not known, so all words count alike in sentences, and characters say nothing.

    Parameters
    ----------
    path : path
    tokenizer : Tokenizer, Segmenter, callable or str, optional
        What cuts sentences into these words.

    Raises
    ------
    StorageError
        The file cannot be read, or is not of this format.
    """
    words, rows = read_word2vec(path)
    return WordVectors(words, np.zeros(len(words), np.int64), rows, tokenizer=tokenizer)


def vectors_from_numpy(
    path: PathLike,
    words: PathLike,
    *,
    tokenizer: Tokenizer | Segmenter | Tokenize | str | None = None,
) -> WordVectors:
    """Read an array (``.npy``) and its words, one a line, as :meth:`WordVectors.to_numpy` writes.

    Raises
    ------
    StorageError
        A file cannot be read, or they do not belong together.
    """
    listed, rows = read_numpy(path, words)
    return WordVectors(listed, np.zeros(len(listed), np.int64), rows, tokenizer=tokenizer)
