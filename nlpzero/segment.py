"""Segmenters: text in, words out, nothing lost.

All segmenters share one shell, :class:`Segmenter`. It decides what no word model decides:

- white space passes through unchanged; a run of white space is a token of its own;
- a run of one repeated mark (—— ……) is one token, every other mark one token of its own, together with the
  variation selectors and joiners that follow it;
- a run of letters and a number, with its inner points, commas and colons and a trailing % or ‰, are never cut;
- a convention for numbers, the same for every segmenter, is applied last.

What is left, where words begin inside clauses, is the business of the concrete segmenters.
"""

import copy
import importlib
import itertools
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from nlpzero.engine.storage import PathLike, read_file, write_file
from nlpzero.errors import StorageError
from nlpzero.language_model.model import KneserNeyModel, frozen
from nlpzero.lattice import marginals_edges, random_key, sample_edges
from nlpzero.lexicon import WordList, as_word_list, read_words
from nlpzero.segment_kernels import (
    CONVENTIONS,
    finish,
    interleave,
    last_safe_cut,
    mark_tokens,
    token_count,
)
from nlpzero.segmentation.tag_decoder import decode_clauses
from nlpzero.text.alphabet import Alphabet, SymbolStream
from nlpzero.text.characters import (
    BREAK_SYMBOL,
    DIGIT,
    LETTER,
    char_classes,
    code_points,
    numeral_table,
)
from nlpzero.trie import (
    Trie,
    best_scores,
    best_words,
    build_trie,
    trie_scores,
    trie_words,
    word_edges,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from nlpzero.engine.resources import ReadReport
    from nlpzero.text.corpus import Corpus


Numbers = Literal["learned", "date", "split"]
Arrays = Mapping[str, npt.NDArray[Any]]
S = TypeVar("S", bound="Segmenter")

# method -> module and class
METHODS = {
    "learned": ("nlpzero.induction", "LearnedSegmenter"),
    "nvbe": ("nlpzero.induction", "NVBESegmenter"),
    "lm": ("nlpzero.segment", "LanguageModelSegmenter"),
    "vocabulary": ("nlpzero.segment", "VocabularySegmenter"),
}

# what a word without a count is better than its best cut, in nats: enough to win, whatever the rounding
_PREFERENCE = 0.01

# characters that hardly any text holds
_MARKS = "\x00\x01\x02\x03\x04\x05\x06\x07\ufdd0\ufdd1"

# texts joined into one block by segment_all, in characters
_BATCH = 1 << 15
# a line longer than this is cut at a mark, in characters
_LONGEST_LINE = 1 << 22


class Segmenter(ABC):
    """The shell of all segmenters; a concrete one says where words begin inside clauses.

    Subclasses set `method`, implement :meth:`_cut`, :meth:`_state` and :meth:`_from_state`, and, where they can,
    :meth:`_cut_probabilities` and :meth:`_sample_cuts`.

    Parameters
    ----------
    alphabet : Alphabet
        How text becomes the symbols that :meth:`_cut` sees.
    numbers : {"learned", "date", "split"}
        What a number (digits with their marks, or two and more Han numerals) does with its neighbours.
        "learned": as the segmenter cuts; one that only knows a list of words cuts after a number unless the
        list says otherwise. "date": 年月日时 stay with the number before them, 十百千万亿 too (and end the word), all
        else is cut off; digits are cut off a Han character before them, except 第. "split": as "date", but
        nothing stays with the number before it.
    training : mapping, optional
        JSON values that say what the segmenter was made from; kept in the model file.

    Attributes
    ----------
    method : str
        Name in model files and on the command line.
    """

    method: ClassVar[str]

    def __init__(
        self,
        alphabet: Alphabet,
        *,
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        self.alphabet = alphabet
        self.numbers = _checked_numbers(numbers)
        self.training = dict(training or {})

    # ------------------------------------------------------------------ what subclasses implement

    @abstractmethod
    def _cut(self, stream: SymbolStream) -> npt.NDArray[Any]:
        """Where words begin: one truth value (bool or uint8) per symbol of the stream.

        Symbols 0 are breaks between clauses; the values at them and right after them are overwritten by the
        shell. Clauses must be cut independently of each other.
        """

    def _cut_probabilities(self, stream: SymbolStream) -> npt.NDArray[np.floating]:
        """Probability that a word begins at each symbol; by default 0 or 1, as :meth:`_cut` says."""
        return np.asarray(self._cut(stream), np.float64)

    def _sample_cuts(self, stream: SymbolStream, key: int) -> npt.NDArray[Any]:
        """As :meth:`_cut`, for a segmentation drawn from the model's distribution by a random key."""
        raise NotImplementedError(f"the {self.method} segmenter does not sample.")

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Header values and arrays of the model file; alphabet, numbers and training are the shell's."""

    @classmethod
    @abstractmethod
    def _from_state(
        cls: type[S], header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> S:
        """Inverse of :meth:`_state`. The arrays may be memory-mapped and read-only."""

    # --------------------------------------------------------------------- the stages of one text

    _crossing: ClassVar[bool] = False  # words may hold marks and spaces

    def _values(
        self, text: str, points: npt.NDArray[np.uint32], what: str, key: int = 0
    ) -> npt.NDArray[Any]:
        """Raw values of all gaps, before the shell's rules: bool, or float64 for "probabilities"."""
        stream = self.alphabet.encode(text)
        if what == "probabilities":
            values = np.zeros(len(points) + 1, np.float64)
            found = self._cut_probabilities(stream)
        else:
            values = np.zeros(len(points) + 1, np.bool_)
            found = self._cut(stream) if what == "cut" else self._sample_cuts(stream, key)
        values[stream.starts[:-1]] = found[: len(stream.symbols)]
        return values

    def _finished(self, text: str, what: str, key: int = 0) -> tuple[npt.NDArray[Any], ...]:
        """Code points, classes and final values of a text."""
        if not isinstance(text, str):
            raise TypeError(f"`text` must be a str, got {type(text).__name__}.")
        points = code_points(text)
        classes = char_classes(points)
        values = self._values(text, points, what, key)
        convention = CONVENTIONS.index(self.numbers)
        finish(points, classes, numeral_table(), self._crossing, convention, values)
        return points, classes, values

    # ------------------------------------------------------------------------------- what it does

    def boundaries(self, text: str) -> npt.NDArray[np.bool_]:
        """Where tokens begin and end.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of bool, shape (len(text) + 1,)
            Entry i belongs to the gap before character i; the first and the last are True.
        """
        return self._finished(text, "cut")[2]

    def probabilities(self, text: str) -> npt.NDArray[np.float64]:
        """Probability that a token ends between each two neighbouring characters.

        Parameters
        ----------
        text : str

        Returns
        -------
        ndarray of float64, shape (max(len(text) - 1, 0),), in [0, 1]
            Entry i belongs to the gap after character i. Gaps that rules decide have 0 or 1.
        """
        return np.clip(self._finished(text, "probabilities")[2][1:-1], 0.0, 1.0)

    def segment(self, text: str) -> list[str]:
        """Tokens of a text, white space included: ``"".join(tokens) == text``.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of str
            Empty for an empty text.
        """
        points, _, flags = self._finished(text, "cut")
        return _token_lists(text, points, flags, np.zeros(0, np.int64))[0]

    def sample(self, text: str, seed: int = 0) -> list[str]:
        """Tokens of a text, drawn from the distribution over its segmentations instead of the best one.

        Parameters
        ----------
        text : str
        seed : int
            The same seed gives the same tokens.

        Returns
        -------
        list of str

        Raises
        ------
        NotImplementedError
            The segmenter has no distribution.
        """
        return _pieces(text, self._finished(text, "sample", random_key(seed))[2])

    def segment_all(self, texts: Iterable[str]) -> Iterator[list[str]]:
        """Tokens of many texts, in order; faster than one by one when they are short.

        Parameters
        ----------
        texts : iterable of str
            Read some texts ahead of the results.

        Yields
        ------
        list of str
        """
        if isinstance(texts, str):
            raise TypeError("`texts` must be an iterable of texts, got one str; use segment().")
        return self._segment_all(texts)

    def _segment_all(self, texts: Iterable[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for text in texts:
            batch.append(text)
            size += len(text) + 1
            if size >= _BATCH:
                yield from self._segment_batch(batch)
                batch, size = [], 0
        if batch:
            yield from self._segment_batch(batch)

    def _segment_batch(self, texts: list[str]) -> Iterator[list[str]]:
        # a line feed is a hard boundary, so the texts do not see each other
        joined = "\n".join(texts)
        points, _, flags = self._finished(joined, "cut")
        joints = np.cumsum([len(text) + 1 for text in texts])[:-1] - 1
        return iter(_token_lists(joined, points, flags, joints))

    def segment_to_text(self, text: str, separator: str = " ") -> str:
        """The text with a separator between tokens.

        No separator is put before or after white space, so a text that does not contain the separator is the
        result without it.

        Parameters
        ----------
        text : str
        separator : str

        Returns
        -------
        str
        """
        points, classes, flags = self._finished(text, "cut")
        if not separator:
            return text
        between = code_points(separator)
        extra = len(between) * token_count(flags, classes)
        out = np.empty(len(points) + extra, np.uint32)
        interleave(points, classes, flags, between, out)
        return out.tobytes().decode("utf-32-le", "surrogatepass")

    def segment_blocks(self, blocks: Iterable[str], separator: str = " ") -> Iterator[str]:
        """As :meth:`segment_to_text` for a text that arrives in blocks; how it is cut makes no difference.

        Parameters
        ----------
        blocks : iterable of str
            Their concatenation is the text.
        separator : str

        Yields
        ------
        str
            Parts of the result, as soon as they are certain: all whole lines of each block. A line of
            more than four million characters is cut at a mark.
        """
        for piece, joined in whole_pieces(blocks):
            if joined and separator:
                # cut inside a line, always between two tokens
                yield separator
            yield self.segment_to_text(piece, separator)

    def with_numbers(self: S, numbers: Numbers) -> S:  # noqa: PYI019 (Self needs Python 3.11)
        """The same segmenter with another convention for numbers; the model is shared, not copied."""
        other = copy.copy(self)
        other.numbers = _checked_numbers(numbers)
        return other

    def save(self, path: PathLike) -> None:
        """Write a model file: data only, checksummed, complete or not at all.

        Parameters
        ----------
        path : path
        """
        header, arrays = self._state()
        write_file(
            path,
            "model",
            {
                "method": self.method,
                "alphabet": self.alphabet.to_header(),
                "numbers": self.numbers,
                # all but the time it took, so that the same text gives the same file
                "training": {k: v for k, v in self.training.items() if k != "seconds"},
                **header,
            },
            arrays,
        )


def _checked_numbers(numbers: str) -> Numbers:
    if numbers not in get_args(Numbers):
        raise ValueError(f"`numbers` must be 'learned', 'date' or 'split', got {numbers!r}.")
    return numbers  # type: ignore[return-value]


def _token_lists(
    text: str,
    points: npt.NDArray[np.uint32],
    flags: npt.NDArray[np.bool_],
    joints: npt.NDArray[np.int64],
) -> list[list[str]]:
    """Tokens of texts that are joined by one character each, at `joints`.

    Python splits a string several times faster than it slices it, so two characters that do not occur are put
    where tokens and texts end.
    """
    marks = list(itertools.islice((mark for mark in _MARKS if mark not in text), 2))
    if len(marks) < 2:
        ends = [*joints.tolist(), len(text)]
        starts = [0, *(end + 1 for end in ends[:-1])]
        return [
            _pieces(text[a:b], _whole(flags[a : b + 1])) for a, b in zip(starts, ends, strict=True)
        ]
    token, end = marks
    out = np.empty(2 * len(points), np.uint32)
    size = mark_tokens(points, flags, joints, ord(token), ord(end), out)
    marked = out[:size].tobytes().decode("utf-32-le", "surrogatepass")
    return [part.split(token) if part else [] for part in marked.split(end)]


def _whole(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    flags = flags.copy()
    flags[0] = flags[-1] = True
    return flags


def _pieces(text: str, flags: npt.NDArray[np.bool_]) -> list[str]:
    if not text:
        return []
    return [text[a:b] for a, b in itertools.pairwise(np.flatnonzero(flags).tolist())]


def whole_pieces(blocks: Iterable[str], longest: int = _LONGEST_LINE) -> Iterator[tuple[str, bool]]:
    """Cut a stream of blocks anew where segmentation is not disturbed: after line ends.

    Parameters
    ----------
    blocks : iterable of str
    longest : int
        A line may be cut, at a mark, when it has more characters than this.

    Yields
    ------
    piece : str
        Not empty.
    joined : bool
        Whether a separator belongs between this piece and the one before: both are parts of one line.
    """
    parts: list[str] = []
    waiting = 0
    joined = False
    for block in blocks:
        end = block.rfind("\n") + 1
        if end:
            yield "".join(parts) + block[:end], joined
            parts, waiting, joined = [], 0, False
            block = block[end:]
        if block:
            parts.append(block)
            waiting += len(block)
        if waiting > longest:
            text = "".join(parts)
            points = code_points(text)
            cut = last_safe_cut(points, char_classes(points))
            if not cut and waiting > 2 * longest:
                cut = longest  # no mark in millions of characters: not a text, cut it anywhere
            if cut:
                yield text[:cut], joined
                joined = not (text[cut - 1].isspace() or text[cut : cut + 1].isspace())
                text = text[cut:]
            parts, waiting = [text] if text else [], len(text)
    if parts:
        yield "".join(parts), joined


def load_segmenter(
    path: PathLike, *, numbers: Numbers | None = None, mmap: bool = True
) -> Segmenter:
    """Load a model file written by :meth:`Segmenter.save`, of whatever method.

    Parameters
    ----------
    path : path
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the file names.
    mmap : bool
        Map the arrays instead of reading them, which starts at once; checksums are then not compared.

    Returns
    -------
    Segmenter

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, or holds something else.
    """
    header, arrays = read_file(path, "model", mmap=mmap)
    name = header.get("method")
    if name not in METHODS:
        raise StorageError(
            f"{os.fspath(path)}: a model of the unknown method {name!r}; "
            "it may come from a newer nlpzero"
        )
    module, attribute = METHODS[name]
    kind: type[Segmenter] = getattr(importlib.import_module(module), attribute)
    try:
        segmenter = kind._from_state(header, arrays, Alphabet.from_header(header["alphabet"]))
    except KeyError as error:
        raise StorageError(
            f"{os.fspath(path)}: the model lacks {error}; make it again with this version"
        ) from error
    segmenter.training = dict(header["training"])
    segmenter.numbers = _checked_numbers(header["numbers"] if numbers is None else numbers)
    return segmenter


# ------------------------------------------------------------------------------------- language model

DEFAULT_WEIGHTS = (0.15, 0.01, 0.01, 0.001)


class LanguageModelSegmenter(Segmenter):
    """Segmenter that needs no words: the best sequence of places in words under a character language model.

        Every symbol is the first, second, third... of its word; the probability of a word is that of its symbols given
        those before them in the word, times a weight for every step of growing.

        Parameters
        ----------
        model : KneserNeyModel
        weights : sequence of float in (0, 1], two or more
            weights[i] multiplies the probability of a word that goes on after i + 1 symbols; the last holds for all
            lengths beyond. Smaller weights make shorter words.
        first : {"continuation", "frequency"}
            Probability of the first symbol of a word: the model's, which under Kneser–Ney smoothing counts the
            different symbols before it, or its relative frequency.
        numbers, training
            See :class:`Segmenter`.

        Notes
        -----
        Su Jianlin, "【中文分词系列】 5. 基于语言模型的无监督分词" (kexue.fm/archives/3956): tags b, c, d, e with a 4-gram
        model and the weights .15, .01, .01, .001. There, text began in any tag and short texts wrapped around; here a
        clause begins with the first symbol of a word, and no context reaches beyond the clause.
        With a model over single characters, letters and digits are words of their own.

        Examples
        --------
        >>> from nlpzero import count_ngrams
        >>> from nlpzero.language_model.model import KneserNeyModel
    >>> text = ["吃葡萄不吐葡萄皮，不吃葡萄倒吐葡萄皮。"] * 20
        >>> segmenter = LanguageModelSegmenter(
        ...     KneserNeyModel.from_counts(count_ngrams(text)), weights=(0.5, 0.1)
        ... )
        >>> segmenter.segment("吃葡萄！")
        ['吃', '葡萄', '！']
    """

    method = "lm"

    def __init__(
        self,
        model: KneserNeyModel,
        *,
        weights: Sequence[float] = DEFAULT_WEIGHTS,
        first: Literal["continuation", "frequency"] = "continuation",
        numbers: Numbers = "learned",
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(model.alphabet, numbers=numbers, training=training)
        if len(weights) < 2 or len(weights) > 255 or not all(0 < w <= 1 for w in weights):
            raise ValueError(
                f"`weights` must be two or more numbers in (0, 1], got {list(weights)}."
            )
        if first not in ("continuation", "frequency"):
            raise ValueError(f"`first` must be 'continuation' or 'frequency', got {first!r}.")
        if first == "frequency" and not len(model.frequencies):
            raise ValueError(
                "`first` is 'frequency', but a model read from an ARPA file has no frequencies; "
                "use 'continuation'."
            )
        self.model = model
        self.weights = tuple(float(w) for w in weights)
        self.first = first

    def _decode(
        self, stream: SymbolStream, what: int, key: int, out: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        model = self.model
        symbols = stream.symbols
        if self.alphabet.runs == "characters":
            # letters and digits stand alone: what is cut is the Han text between them
            symbols = np.where(_alone_table()[symbols], np.uint16(BREAK_SYMBOL), symbols)
        extend = np.array(self.weights)
        decode_clauses(
            symbols,
            model.order,
            model.roots,
            model.symbols,
            model.nodes,
            model.values,
            model.top,
            model.frequencies if self.first == "frequency" else model.frequencies[:0],
            model.log_unknown,
            np.log(extend) if what == 0 else extend,
            what,
            np.uint64(key),
            out,
        )
        return out

    def _cut(self, stream: SymbolStream) -> npt.NDArray[np.bool_]:
        return self._decode(stream, 0, 0, np.ones(len(stream.symbols), np.bool_))

    def _sample_cuts(self, stream: SymbolStream, key: int) -> npt.NDArray[np.bool_]:
        return self._decode(stream, 1, key, np.ones(len(stream.symbols), np.bool_))

    def _cut_probabilities(self, stream: SymbolStream) -> npt.NDArray[np.float64]:
        return self._decode(stream, 2, 0, np.ones(len(stream.symbols), np.float64))

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        header, arrays = self.model.state()
        return {**header, "weights": list(self.weights), "first": self.first}, arrays

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "LanguageModelSegmenter":
        model = KneserNeyModel(alphabet, arrays, header["log_unknown"])
        return cls(model, weights=header["weights"], first=header["first"])


def learn_language_model(
    corpus: "Corpus | Iterable[str]",
    *,
    order: int = 4,
    weights: Sequence[float] = DEFAULT_WEIGHTS,
    first: Literal["continuation", "frequency"] = "continuation",
    min_count: int = 2,
    alphabet: Alphabet | None = None,
    numbers: Numbers = "learned",
    memory: int | None = None,
    tmpdir: PathLike | None = None,
    jobs: int = 1,
    executor: "Executor | None" = None,
    progress: "Callable[[int], None] | None" = None,
    report: "ReadReport | None" = None,
) -> LanguageModelSegmenter:
    """Language model segmenter from raw text: count, smooth, done.

    Parameters
    ----------
    corpus : Corpus or iterable of str
    order : int in [1, 5]
    weights, first, numbers
        See :class:`LanguageModelSegmenter`.
    min_count : int >= 1
        Leave out rarer n-grams of the orders 3 and up from the model. 2 costs about .001 of F1 and makes a model
        a third of the size.
    alphabet : Alphabet, optional
        Default: runs of digits, letters and Han numerals are symbols, so that 2001年 and K线 can be words.
    memory, tmpdir, jobs, executor, progress, report
        See :func:`nlpzero.count_ngrams`.

    Returns
    -------
    LanguageModelSegmenter

    Raises
    ------
    NlpzeroError
        The text cannot be read, or holds nothing to learn from.
    """
    from nlpzero.ngrams.counting import count_ngrams  # segmenting does not need it

    begun = time.perf_counter()
    counts = count_ngrams(
        corpus,
        order=max(order, 4),
        alphabet=alphabet or Alphabet(runs="classes"),
        memory=memory,
        tmpdir=tmpdir,
        jobs=jobs,
        executor=executor,
        progress=progress,
        report=report,
    )
    model = KneserNeyModel.from_counts(counts, order, min_count=min_count)
    training = {
        "method": "lm",
        "symbols": counts.total,
        "order": order,
        "min_count": min_count,
        "ngrams": model.sizes,
        "seconds": round(time.perf_counter() - begun, 2),
    }
    return LanguageModelSegmenter(
        model, weights=weights, first=first, numbers=numbers, training=training
    )


@lru_cache(maxsize=1)
def _alone_table() -> npt.NDArray[np.bool_]:
    """Whether a symbol of a stream of single characters is a letter or a digit."""
    classes = char_classes(np.arange(0x10000, dtype=np.uint32))
    table = (classes == LETTER) | (classes == DIGIT)
    table.flags.writeable = False
    return table


# ----------------------------------------------------------------------------------------- vocabulary


class VocabularySegmenter(Segmenter):
    """Segmenter with a list of words: the cut of highest probability, words independent of each other.

    Parameters
    ----------
    words : WordList, mapping of str to number, or iterable of str
        Words of any length with their counts (:func:`nlpzero.lexicon.read_words`). They may hold marks, spaces,
        letters and digits; they are only found where they begin and end between units, so ``ens`` never cuts
        ``license``.
    user_words : the same, optional
        Words that replace or complete the list.
    numbers, training
        See :class:`Segmenter`.

    Notes
    -----
    p(w) = count / sum of the counts. A character, number or run of letters that is not in the list has half the
    smallest count. A word without a count takes the probability of its best cut into other words, or that of a word
    counted once if this is larger, so it is preferred to its parts; if no word has a count, all have the same.

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
        training: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(Alphabet(), numbers=numbers, training=training)
        names, scores, self.unknown, self.total = _word_scores(
            as_word_list(words), as_word_list(user_words)
        )
        self._set_trie(build_trie(names, scores))

    def _set_trie(self, trie: Trie) -> None:
        # plain read-only arrays, mapped from a file or not, so that every kernel is compiled once
        self.trie = Trie(*(frozen(array) for array in trie))
        self._table = frozen(self.trie.code_table())

    @classmethod
    def from_file(
        cls,
        path: PathLike,
        *more: PathLike,
        encoding: str = "utf-8",
        numbers: Numbers = "learned",
    ) -> "VocabularySegmenter":
        """Segmenter from files of words (:func:`nlpzero.lexicon.read_words`).

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
        self, user_words: WordList | Mapping[str, float] | Iterable[str]
    ) -> "VocabularySegmenter":
        """A segmenter with more words, which replace those it has.

        Parameters
        ----------
        user_words : WordList, mapping of str to number, or iterable of str
            Counts are relative to those the list was made from; best give none.

        Returns
        -------
        VocabularySegmenter
        """
        known = self.lexicon()
        counts = np.exp(np.array(list(known.values()))) * self.total
        return VocabularySegmenter(
            WordList(list(known), counts),
            user_words=user_words,
            numbers=self.numbers,
            training=self.training,
        )

    def lexicon(self) -> dict[str, float]:
        """The words and their log probabilities, most probable first, then by code points."""
        words = trie_words(self.trie)
        scores = trie_scores(self.trie, words).tolist()
        return dict(sorted(zip(words, scores, strict=True), key=lambda pair: (-pair[1], pair[0])))

    def _values(
        self, text: str, points: npt.NDArray[np.uint32], what: str, key: int = 0
    ) -> npt.NDArray[Any]:
        classes = char_classes(points)
        arrays = (points, classes, self.trie.units, self.trie.values, self._table, self.unknown)
        if what == "cut":
            flags = np.zeros(len(points) + 1, np.bool_)
            best_words(*arrays, flags)
            return flags
        places, offsets, lengths, scores, forced = word_edges(*arrays)
        if what == "probabilities":
            values = np.zeros(len(points) + 1, np.float64)
            values[places] = marginals_edges(offsets, lengths, scores, forced)
        else:
            values = np.zeros(len(points) + 1, np.bool_)
            values[places] = sample_edges(offsets, lengths, scores, forced, key)
        return values

    def _cut(self, stream: SymbolStream) -> npt.NDArray[np.bool_]:
        raise NotImplementedError("the vocabulary segmenter works on code points, see _values.")

    def _state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return {"unknown": self.unknown, "total": self.total}, dict(self.trie._asdict())

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "VocabularySegmenter":
        segmenter = cls.__new__(cls)
        Segmenter.__init__(segmenter, alphabet)
        segmenter.unknown = float(header["unknown"])
        segmenter.total = float(header["total"])
        segmenter._set_trie(Trie(*(arrays[name] for name in Trie._fields)))
        return segmenter


def _word_scores(
    base: WordList, user: WordList
) -> tuple[list[str], npt.NDArray[np.float64], float, float]:
    """Distinct words of both lists, their log probabilities, that of an unknown unit, the sum of counts."""
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
