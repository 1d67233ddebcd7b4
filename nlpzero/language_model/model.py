"""A language model over symbols: interpolated modified Kneser–Ney smoothing, straight from the
table of counts.

A clause (a stretch of text without punctuation or white space) is a sentence of the model: it
begins after ``<s>`` and its end is the event ``</s>``. Both follow from the counts alone, because
what does not follow or precede another symbol stands at a clause end.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Floats32, Symbols, frozen
from nlpzero.engine.jit import kernel
from nlpzero.engine.resources import Resources
from nlpzero.engine.temporary import KeptFolder, PathLike, atomic_output
from nlpzero.errors import NlpzeroError
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import BREAK_SYMBOL, DIGITS_SYMBOL, LETTERS_SYMBOL, NUMERALS_SYMBOL

HIGHEST_MODEL_ORDER = 5
_TEXTS = 1 << 12  # scored at a time
LN10 = math.log(10.0)
BEGIN, END = np.uint16(0xFFFF), np.uint16(0xFFFE)
# log probability written for <s>, which is never predicted
NEVER = -99.0
NAMES = {
    DIGITS_SYMBOL: "<digits>",
    LETTERS_SYMBOL: "<letters>",
    NUMERALS_SYMBOL: "<numerals>",
    int(BEGIN): "<s>",
    int(END): "</s>",
}


class NGramTrie(NamedTuple):
    """The n-grams of a model as a trie from their last symbol back, for compiled loops.

    Rows are n-grams, order by order; those that go on from one row with a symbol more on the left
    are consecutive, and ascend by that symbol.

    order : int
    roots : int32[65536]; row of each single symbol, or -1
    symbols : uint16[rows]; first symbol of each n-gram
    nodes : uint32[rows below the highest order + 1, 3]; first row that goes on from each, and the
        bits of log p(last symbol | those before it) and of the log back-off weight
    values : float32, the same memory as nodes
    top : float32[rows of the highest order]; log p
    unknown : float; log p of a symbol that was never seen
    """

    order: int
    roots: npt.NDArray[np.int32]
    symbols: Symbols
    nodes: npt.NDArray[np.uint32]
    values: Floats32
    top: Floats32
    unknown: float


class KneserNeyModel:
    """Conditional probabilities of symbols after up to order - 1 others.

    Made by :meth:`from_counts` or :meth:`read_arpa`; the constructor takes the arrays of a model
    file.

    Parameters
    ----------
    alphabet : Alphabet
    arrays : mapping
        ``sizes`` int64, n-grams of each order; ``symbols`` uint16, ``nodes`` uint32 and ``top``
        float32: those of :class:`NGramTrie`; ``frequencies`` float32, log relative frequencies of
        the single symbols, empty if not known.
    log_unknown : float
        Log probability of a symbol that was never seen.

    Attributes
    ----------
    order : int
        Longest n-gram.

    Examples
    --------
    >>> from nlpzero import count_ngrams
    >>> counts = count_ngrams(["吃葡萄不吐葡萄皮", "不吃葡萄倒吐葡萄皮"])
    >>> model = KneserNeyModel.from_counts(counts, order=3)
    >>> model.order, model.log_prob("萄", "葡") > model.log_prob("皮", "葡")
    (3, True)
    >>> round(model.perplexity("不吃葡萄"), 1) < round(model.perplexity("萄葡吃不"), 1)
    True
    """

    def __init__(self, alphabet: Alphabet, arrays: Mapping[str, Any], log_unknown: float) -> None:
        self.alphabet = alphabet
        self.log_unknown = float(log_unknown)
        self._folder: KeptFolder | None = None
        self.sizes = [int(size) for size in arrays["sizes"]]
        self.order = len(self.sizes)
        # plain read-only arrays, mapped from a file or not, so that every kernel is compiled once
        self.symbols = frozen(arrays["symbols"])
        self.nodes = frozen(arrays["nodes"])
        self.values = frozen(self.nodes.view(np.float32))
        self.top = frozen(arrays["top"])
        self.frequencies = frozen(arrays["frequencies"])
        roots = np.full(0x10000, -1, np.int32)
        roots[self.symbols[: self.sizes[0]]] = np.arange(self.sizes[0], dtype=np.int32)
        self.trie = NGramTrie(
            self.order,
            frozen(roots),
            self.symbols,
            self.nodes,
            self.values,
            self.top,
            self.log_unknown,
        )

    # --------------------------------------------------------------------------------- making one

    @classmethod
    def from_counts(
        cls,
        counts: NGramCounts,
        order: int = 4,
        *,
        min_count: int | Sequence[int] = 1,
        resources: Resources | None = None,
    ) -> "KneserNeyModel":
        """Estimate a model.

        Parameters
        ----------
        counts : NGramCounts
            Exact counts; for order 5 counted with ``order=5, min_count=1``.
        order : int in [1, 5]
        min_count : int >= 1 or sequence of int
            Leave out rarer n-grams of the orders 3 and up, or of order i + 1 by entry i, after the
            discounts have been estimated; what they had goes to the lower order. 2 makes a model a
            third to a quarter the size.
        resources : Resources, optional
            Memory, and the folder for temporary files. A model that takes more than a quarter of
            the memory stays in such files as long as it is used.

        Returns
        -------
        KneserNeyModel

        Raises
        ------
        NlpzeroError
            There is nothing to learn from.

        Notes
        -----
        Chen and Goodman (1998), "An empirical study of smoothing techniques for language modeling",
        as in Heafield et al. (2013), "Scalable modified Kneser-Ney language model estimation": for
        n-grams of the highest order and those after ``<s>`` the adjusted count a is the count, for
        the others the number of different symbols (``<s>`` among them) before them. With the counts
        of counts t_j of an order, Y = t_1 / (t_1 + 2 t_2) and D_j = j - (j + 1) Y t_{j+1} / t_j,
        for j = 3 and up D_3; p(w | h) = (a(hw) - D) / a(h·) + left(h) p(w | h'), and the single
        symbols interpolate with 1 / V. Where a t_j is 0 or a discount falls outside [0, j], the
        order takes D = 0.5, 1, 1.5.
        """
        if not 1 <= order <= HIGHEST_MODEL_ORDER:
            raise ValueError(f"`order` must be an integer from 1 to 5, got {order}.")
        if counts.total == 0:
            raise NlpzeroError("the text holds no letters or characters to learn from")
        if order > 4 and (counts.order < order or counts.min_count > 1):
            raise ValueError(
                f"a model of order {order} needs counts of order {order} with min_count 1, got "
                f"order {counts.order}, min_count {counts.min_count}."
            )
        from nlpzero.language_model.estimation import Estimator, thresholds

        allowed = resources or Resources()
        with allowed.scratch() as folder:
            wanted = thresholds(min_count, order)
            return Estimator(counts, order, wanted, allowed, folder).model()

    def keep_folder(self, folder: KeptFolder | None) -> None:
        """Tie a temporary folder that holds the arrays to the life of this model."""
        self._folder = folder

    # -------------------------------------------------------------------------------- asking one

    def log_probs_of(
        self, symbols: npt.NDArray[np.uint16], contexts: npt.NDArray[np.uint16]
    ) -> Floats32:
        """Log probabilities of symbols after contexts.

        Parameters
        ----------
        symbols : ndarray of uint16, shape (m,)
            Symbols of the model's alphabet, or ``nlpzero.language_model.model.END`` for the end of
            a clause.
        contexts : ndarray of uint16, shape (m, k)
            What stands before each, last symbol last; 0 for nothing,
            ``nlpzero.language_model.model.BEGIN`` for the clause start. Only the last order - 1
            matter.

        Returns
        -------
        ndarray of float32, shape (m,), nats
        """
        symbols = np.ascontiguousarray(symbols, np.uint16)
        contexts = np.ascontiguousarray(contexts, np.uint16)
        if contexts.ndim != 2 or len(contexts) != len(symbols) or symbols.ndim != 1:
            raise ValueError(
                "`symbols` must have shape (m,) and `contexts` (m, k), got "
                f"{symbols.shape} and {contexts.shape}."
            )
        return conditional(symbols, contexts, self.trie)

    def log_prob(self, character: str, context: str = "") -> float:
        """Log probability, in nats, of one character after a context.

        Parameters
        ----------
        character : str
            Must be one symbol of the alphabet.
        context : str
            What is before a clause break in it does not count.

        Returns
        -------
        float
        """
        symbol = self.alphabet.encode(character).symbols
        if len(symbol) != 1 or symbol[0] == BREAK_SYMBOL:
            raise ValueError(f"`character` must be one character of a word, got {character!r}.")
        before = self.alphabet.encode(context).symbols
        return float(self.log_probs_of(symbol, before[None, :])[0])

    def score(self, text: str, *, bounds: bool = True) -> tuple[float, int]:
        """Log probability of the clauses of a text.

        Parameters
        ----------
        text : str
        bounds : bool
            Each clause begins after ``<s>`` and ends with ``</s>``; False is KenLM's
            ``bos=False, eos=False``.

        Returns
        -------
        log_prob : float, nats
        events : int
            Symbols, and ends of clauses with `bounds`.
        """
        log_prob, events = score_clauses(self._symbols(text), bounds, self.trie)
        return float(log_prob), int(events)

    def score_all(
        self, texts: Iterable[str], *, bounds: bool = True
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Log probabilities of many texts, several times as fast as one by one.

        Parameters
        ----------
        texts : iterable of str
        bounds : bool
            As for :meth:`score`.

        Returns
        -------
        log_probs : ndarray of float64, nats
        events : ndarray of int64
            Of each text, as :meth:`score` gives them.

        Examples
        --------
        >>> from nlpzero import count_ngrams
        >>> model = KneserNeyModel.from_counts(count_ngrams(["花开花落", "花开了"]), order=2)
        >>> log_probs, events = model.score_all(["花开", "落花，花落"])
        >>> log_probs.round(2).tolist(), events.tolist()
        ([-3.56, -9.31], [3, 6])
        """
        texts = texts if isinstance(texts, list) else list(texts)
        symbols, ends = self._joined(texts)
        return score_texts(symbols, ends, bounds, self.trie)

    def _symbols(self, text: str) -> npt.NDArray[np.uint16]:
        if self.alphabet.runs == "characters":
            return self.alphabet.symbols(text)
        return self.alphabet.encode(text).symbols

    def _joined(self, texts: list[str]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
        """The symbols of all texts, one after the other, and where those of each end."""
        if self.alphabet.runs == "characters" and not self.alphabet.keep:
            whole = "".join(texts)
            symbols = self.alphabet.symbols(whole)
            if len(symbols) == len(whole):  # no selectors, which are no symbols
                return symbols, np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        parts = [self._symbols(text) for text in texts]
        ends = np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)))
        return np.concatenate([np.zeros(0, np.uint16), *parts]), ends

    def perplexity(self, texts: str | Iterable[str]) -> float:
        """Perplexity per symbol, the ends of clauses counted as symbols.

        Parameters
        ----------
        texts : str or iterable of str

        Returns
        -------
        float
            exp(-mean log probability), infinite beyond the largest number; NaN for a text without
            symbols.
        """
        total, events = 0.0, 0
        rest = iter([texts] if isinstance(texts, str) else texts)
        while some := list(islice(rest, _TEXTS)):
            log_probs, numbers = self.score_all(some)
            total = sum(log_probs.tolist(), total)
            events += int(numbers.sum())
        if not events:
            return math.nan
        try:
            return math.exp(-total / events)
        except OverflowError:
            return math.inf

    # ------------------------------------------------------------------------------------- files

    def state(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Header values and arrays for a model file; the constructor takes them back."""
        return (
            {"log_unknown": self.log_unknown},
            {
                "sizes": np.array(self.sizes, np.int64),
                "symbols": self.symbols,
                "nodes": self.nodes,
                "top": self.top,
                "frequencies": self.frequencies,
            },
        )

    def write_arpa(self, path: PathLike) -> None:
        """Write the model in ARPA format (log10), which KenLM and SRILM read.

        Runs of digits, letters and Han numerals, if they are single symbols, are named
        ``<digits>``, ``<letters>`` and ``<numerals>``.

        Parameters
        ----------
        path : path
        """
        from nlpzero.language_model.arpa import arpa_parts

        with atomic_output(path) as file:
            for part in arpa_parts(self):
                file.write(part.encode("utf-8"))

    @classmethod
    def read_arpa(cls, path: PathLike, alphabet: Alphabet | None = None) -> "KneserNeyModel":
        """Read a model over characters from an ARPA file, of KenLM or another program.

        Parameters
        ----------
        path : path
        alphabet : Alphabet, optional
            How text is to be read; by default every character is a symbol, or, if the file has
            ``<digits>`` or its like, runs are.

        Returns
        -------
        KneserNeyModel
            N-grams with punctuation are left out: in a text they are never asked for. Relative
            frequencies are not known.

        Raises
        ------
        StorageError
            The file is not in ARPA format, or its words are longer than a character.
        """
        from nlpzero.language_model.arpa import read_arpa

        return read_arpa(path, alphabet)


# ------------------------------------------------------------------------------------------ queries


@kernel
def _find(symbols: np.ndarray, first: Any, stop: Any, symbol: int) -> int:
    """Row of a symbol in an ascending range, or -1; the loop has no unpredictable branch."""
    size = stop - first
    if size <= 0:
        return -1
    base = first
    while size > 1:
        half = size >> 1
        base = base + half if symbols[base + half] <= symbol else base
        size -= half
    return base if symbols[base] == symbol else -1


@kernel
def find_rows(text: np.ndarray, trie: NGramTrie, rows: np.ndarray) -> None:
    """Row of the n-gram of each order that ends at each symbol, or -1.

    text : uint16[n]; rows : int32[order, n]

    No n-gram holds a break, so none reaches across one. Order by order, not symbol by symbol: then
    the searches do not wait for each other.
    """
    order, roots, symbols, nodes, _, _, _ = trie
    for i in range(len(text)):
        rows[0, i] = roots[text[i]]
    for k in range(1, order):
        for i in range(len(text)):
            row: Any = rows[k - 1, i]
            if row >= 0:
                row = (
                    -1
                    if i < k
                    else _find(
                        symbols,
                        np.int64(nodes[rows[k - 1, i], 0]),
                        np.int64(nodes[rows[k - 1, i] + 1, 0]),
                        text[i - k],
                    )
                )
            rows[k, i] = row


@kernel
def clause_stop(text: np.ndarray, start: int) -> int:
    """End of the clause that starts at a symbol which is not 0."""
    i = start + 1
    while i < len(text) and text[i] != 0:
        i += 1
    return i


@kernel
def conditional(text: np.ndarray, contexts: np.ndarray, trie: NGramTrie) -> np.ndarray:
    """Log probability, float32[n], of each symbol, uint16[n], after its context, uint16[n, width].

    A context begins after its last 0.
    """
    order = trie.order
    width = contexts.shape[1]
    out = np.empty(len(text), np.float32)
    line = np.empty(width + 1, np.uint16)
    rows = np.empty((order, width + 1), np.int32)
    emission = np.empty((1, order), np.float32)
    for i in range(len(text)):
        line[:width] = contexts[i]
        line[width] = text[i]
        find_rows(line, trie, rows)
        emissions(rows, width, width + 1, trie.values, trie.top, trie.unknown, emission)
        out[i] = emission[0, order - 1]
    return out


@kernel
def score_clauses(text: np.ndarray, bounds: bool, trie: NGramTrie) -> tuple[float, int]:
    """Sum of the log probabilities of all clauses, and the number of events; text : uint16[n]."""
    order = trie.order
    total = 0.0
    events = 0
    i = 0
    while i < len(text):
        if text[i] == 0:
            i += 1
            continue
        stop = clause_stop(text, i)
        size = stop - i
        if bounds:
            line = np.empty(size + 2, np.uint16)
            line[0] = BEGIN
            line[1 : size + 1] = text[i:stop]
            line[size + 1] = END
        else:
            line = text[i:stop].copy()
        rows = np.empty((order, len(line)), np.int32)
        emission = np.empty((len(line), order), np.float32)
        find_rows(line, trie, rows)
        emissions(rows, 0, len(line), trie.values, trie.top, trie.unknown, emission)
        for j in range(1 if bounds else 0, len(line)):
            total += np.float64(emission[j, order - 1])
            events += 1
        i = stop
    return total, events


@kernel
def score_texts(
    symbols: np.ndarray, ends: np.ndarray, bounds: bool, trie: NGramTrie
) -> tuple[np.ndarray, np.ndarray]:
    """Sums and events, see :func:`score_clauses`, of texts that end at some places."""
    log_probs = np.empty(len(ends), np.float64)
    events = np.empty(len(ends), np.int64)
    begin = 0
    for t in range(len(ends)):
        log_probs[t], events[t] = score_clauses(symbols[begin : ends[t]], bounds, trie)
        begin = ends[t]
    return log_probs, events


@kernel
def emissions(
    rows: np.ndarray,
    start: int,
    stop: int,
    values: np.ndarray,
    top: np.ndarray,
    unknown: float,
    out: np.ndarray,
) -> None:
    """Conditional log probabilities of the symbols start..stop-1 given 0, 1, 2... symbols before
    them.

    rows : int32[order, n], from :func:`find_rows`; values, top, unknown : of :class:`NGramTrie`,
    one by one, since this is called for every clause; out : float32[stop - start, contexts]

    out[i - start, m] is log p(text[i] | text[i-m : i]). Contexts end at breaks and never hold more
    than order - 1 symbols; entries beyond have the longest context there is.
    """
    order = len(rows)
    below = len(values) - 1
    for i in range(start, stop):
        logp = np.float32(unknown)
        for m in range(out.shape[1]):
            if m < order:
                row = rows[m, i]
                if row >= 0:
                    logp = top[row - below] if m == order - 1 else values[row, 1]
                elif m > 0 and i > 0:
                    context = rows[m - 1, i - 1]
                    if context >= 0:
                        logp += values[context, 2]
            out[i - start, m] = logp
