"""A language model over symbols: interpolated modified Kneser–Ney smoothing, straight from the table of counts.

A clause (a stretch of text without punctuation or white space) is a sentence of the model: it begins after ``<s>``
and its end is the event ``</s>``. Both follow from the counts alone, because what does not follow or precede
another symbol stands at a clause end.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Floats32, Keys
from nlpzero.engine.hash_tables import hash_find_all, hash_index
from nlpzero.engine.storage import PathLike, atomic_output
from nlpzero.errors import NlpzeroError, StorageError
from nlpzero.lm_kernels import (
    BEGIN,
    END,
    child_sums,
    conditional,
    counts_of_counts,
    discounted,
    join_suffixes,
    merge_rows,
    prefix_rows,
    score_clauses,
)
from nlpzero.ngrams.keys import last_shift, prefix_mask
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import BREAK_SYMBOL, DIGITS_SYMBOL, LETTERS_SYMBOL, NUMERALS_SYMBOL

HIGHEST_ORDER = 5
# what lmplz --discount_fallback uses where counts of counts allow no estimate
FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
_LN10 = math.log(10.0)
# log probability written for <s>, which is never predicted
_NEVER = -99.0
_NAMES = {
    DIGITS_SYMBOL: "<digits>",
    LETTERS_SYMBOL: "<letters>",
    NUMERALS_SYMBOL: "<numerals>",
    int(BEGIN): "<s>",
    int(END): "</s>",
}


class KneserNeyModel:
    """Conditional probabilities of symbols after up to order - 1 others.

    Made by :meth:`from_counts` or :meth:`read_arpa`; the constructor takes the arrays of a model file.

    Parameters
    ----------
    alphabet : Alphabet
    arrays : mapping
        ``sizes`` int64, n-grams of each order; ``symbols`` uint16, ``nodes`` uint32 and ``top`` float32: the trie of
        reversed n-grams (see :mod:`nlpzero.lm_kernels`); ``frequencies`` float32, log relative frequencies of
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
    >>> model = KneserNeyModel.from_counts(count_ngrams(["吃葡萄不吐葡萄皮", "不吃葡萄倒吐葡萄皮"]), order=3)
    >>> model.order, model.log_prob("萄", "葡") > model.log_prob("皮", "葡")
    (3, True)
    >>> round(model.perplexity("不吃葡萄"), 1) < round(model.perplexity("萄葡吃不"), 1)
    True
    """

    def __init__(self, alphabet: Alphabet, arrays: Mapping[str, Any], log_unknown: float) -> None:
        self.alphabet = alphabet
        self.log_unknown = float(log_unknown)
        self.sizes = [int(size) for size in arrays["sizes"]]
        self.order = len(self.sizes)
        # plain read-only arrays, mapped from a file or not, so that every kernel is compiled once
        self.symbols = frozen(arrays["symbols"])
        self.nodes = frozen(arrays["nodes"])
        self.values = frozen(self.nodes.view(np.float32))
        self.top = frozen(arrays["top"])
        self.frequencies = frozen(arrays["frequencies"])
        self.roots = np.full(0x10000, -1, np.int32)
        self.roots[self.symbols[: self.sizes[0]]] = np.arange(self.sizes[0], dtype=np.int32)
        self.roots.flags.writeable = False

    # --------------------------------------------------------------------------------- making one

    @classmethod
    def from_counts(
        cls, counts: NGramCounts, order: int = 4, *, min_count: int | Sequence[int] = 1
    ) -> "KneserNeyModel":
        """Estimate a model.

        Parameters
        ----------
        counts : NGramCounts
            Exact counts; for order 5 counted with ``order=5, min_count=1``.
        order : int in [1, 5]
        min_count : int >= 1 or sequence of int
            Leave out rarer n-grams of the orders 3 and up, or of order i + 1 by entry i, after the discounts have
            been estimated; what they had goes to the lower order. 2 makes a model a third to a quarter the size.

        Returns
        -------
        KneserNeyModel

        Raises
        ------
        NlpzeroError
            There is nothing to learn from.

        Notes
        -----
        Chen and Goodman (1998), "An empirical study of smoothing techniques for language modeling", as in Heafield
        et al. (2013), "Scalable modified Kneser-Ney language model estimation": for n-grams of
        the highest order and those after ``<s>`` the adjusted count a is the count, for the others the number of
        different symbols (``<s>`` among them) before them. With the counts of counts t_j of an order,
        Y = t_1 / (t_1 + 2 t_2) and D_j = j - (j + 1) Y t_{j+1} / t_j, for j = 3 and up D_3;
        p(w | h) = (a(hw) - D) / a(h·) + left(h) p(w | h'), and the single symbols interpolate with 1 / V.
        Where a t_j is 0 or a discount falls outside [0, j], the order takes D = 0.5, 1, 1.5.
        """
        if not 1 <= order <= HIGHEST_ORDER:
            raise ValueError(f"`order` must be an integer from 1 to 5, got {order}.")
        if counts.total == 0:
            raise NlpzeroError("the text holds no letters or characters to learn from")
        if order > 4 and (counts.order < order or counts.min_count > 1):
            raise ValueError(
                f"a model of order {order} needs counts of order {order} with min_count 1, got order "
                f"{counts.order}, min_count {counts.min_count}."
            )
        return _Estimator(counts, order, _thresholds(min_count, order)).model()

    # -------------------------------------------------------------------------------- asking one

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a kernel with the arrays that :func:`emissions` needs."""
        return function(
            *args,
            self.order,
            self.roots,
            self.symbols,
            self.nodes,
            self.values,
            self.top,
            self.log_unknown,
        )

    def log_probs_of(
        self, symbols: npt.NDArray[np.uint16], contexts: npt.NDArray[np.uint16]
    ) -> Floats32:
        """Log probabilities of symbols after contexts.

        Parameters
        ----------
        symbols : ndarray of uint16, shape (m,)
            Symbols of the model's alphabet, or ``nlpzero.lm.END`` for the end of a clause.
        contexts : ndarray of uint16, shape (m, k)
            What stands before each, last symbol last; 0 for nothing, ``nlpzero.lm.BEGIN`` for the clause start. Only the
            last order - 1 matter.

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
        return self._call(conditional, symbols, contexts)

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
            Each clause begins after ``<s>`` and ends with ``</s>``; False is KenLM's ``bos=False, eos=False``.

        Returns
        -------
        log_prob : float, nats
        events : int
            Symbols, and ends of clauses with `bounds`.
        """
        symbols = self.alphabet.encode(text).symbols
        log_prob, events = self._call(score_clauses, symbols, bounds)
        return float(log_prob), int(events)

    def perplexity(self, texts: str | Iterable[str]) -> float:
        """Perplexity per symbol, the ends of clauses counted as symbols.

        Parameters
        ----------
        texts : str or iterable of str

        Returns
        -------
        float
            exp(-mean log probability); NaN for a text without symbols.
        """
        total, events = 0.0, 0
        for text in [texts] if isinstance(texts, str) else texts:
            log_prob, n = self.score(text)
            total += log_prob
            events += n
        return math.exp(-total / events) if events else math.nan

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

        Runs of digits, letters and Han numerals, if they are single symbols, are named ``<digits>``, ``<letters>``
        and ``<numerals>``.

        Parameters
        ----------
        path : path
        """
        with atomic_output(path) as file:
            for part in self._arpa_parts():
                file.write(part.encode("utf-8"))

    def _arpa_parts(self) -> Iterator[str]:
        lines = ["\\data\\"]
        sizes = [self.sizes[0] + 1, *self.sizes[1:]]  # <unk>
        lines += [f"ngram {k}={size}" for k, size in enumerate(sizes, 1)]
        yield "\n".join(lines) + "\n"
        names = [self._name(symbol) for symbol in self.symbols[: self.sizes[0]].tolist()]
        by_symbol = dict(zip(self.symbols[: self.sizes[0]].tolist(), names, strict=True))
        words = names
        base = 0
        for k, size in enumerate(self.sizes, 1):
            yield f"\n\\{k}-grams:\n"
            if k == 1:
                yield f"{self.log_unknown / _LN10:.9g}\t<unk>\t0\n"
            else:
                # a child puts one symbol before its parent
                first = base - len(words)
                bounds = self.nodes[first : base + 1, 0].astype(np.int64)
                spans = bounds[1:] - bounds[:-1]
                parents = np.repeat(np.arange(len(words)), spans).tolist()
                symbols = self.symbols[base : base + size].tolist()
                words = [
                    f"{by_symbol[s]} {words[p]}" for s, p in zip(symbols, parents, strict=True)
                ]
            values = self.values[base : base + size].astype(np.float64) / _LN10
            logs = (
                values[:, 1] if k < self.order else self.top.astype(np.float64) / _LN10
            ).tolist()
            if k < self.order:
                backs = values[:, 2].tolist()
                rows = zip(logs, words, backs, strict=True)
                yield "".join([f"{p:.9g}\t{w}\t{b:.9g}\n" for p, w, b in rows])
            else:
                yield "".join([f"{p:.9g}\t{w}\n" for p, w in zip(logs, words, strict=True)])
            base += size
        yield "\n\\end\\\n"

    def _name(self, symbol: int) -> str:
        return _NAMES.get(symbol) or self.alphabet.decode(np.array([symbol], np.uint16))

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
            N-grams with punctuation are left out: in a text they are never asked for. Relative frequencies
            are not known.

        Raises
        ------
        StorageError
            The file is not in ARPA format, or its words are longer than a character.
        """
        try:
            with open(path, encoding="utf-8") as file:
                return _ArpaReader(os.fspath(path), file).read(alphabet)
        except UnicodeDecodeError as error:
            raise StorageError(f"{os.fspath(path)}: not an ARPA file in UTF-8: {error}") from error
        except OSError as error:
            raise StorageError(f"{os.fspath(path)}: cannot be read: {error.strerror}") from error


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view = np.ascontiguousarray(array).view(np.ndarray).view()
    view.flags.writeable = False
    return view


def _thresholds(min_count: int | Sequence[int], order: int) -> list[int]:
    """Least count of each order; the single symbols are always kept."""
    if isinstance(min_count, int):
        wanted = [1, 1] + [min_count] * (order - 2)
    else:
        wanted = list(min_count) + [list(min_count)[-1]] * (order - len(min_count))
    if min(wanted) < 1 or wanted[0] != 1 or sorted(wanted) != wanted:
        raise ValueError(
            "`min_count` must be >= 1, must not fall from order to order, and be 1 for single symbols, "
            f"got {min_count}."
        )
    return wanted[:order]


def _keys_of_symbol(symbol: np.uint16, place: int) -> np.uint64:
    return np.uint64(symbol) << last_shift(place)


def _nodes(
    sizes: Sequence[int],
    children: Sequence[npt.NDArray[np.int64]],
    logs: Sequence[Floats32],
    backoffs: Sequence[Floats32],
) -> dict[str, npt.NDArray[Any]]:
    """The arrays ``nodes`` and ``top`` from those of each order."""
    below = sum(sizes[:-1])
    nodes = np.zeros((below + 1, 3), np.uint32)
    values = nodes.view(np.float32)
    nodes[:, 0] = np.concatenate([*children, [sum(sizes)]])
    if below:
        values[:-1, 1] = np.concatenate(logs[:-1])
        values[:-1, 2] = np.concatenate(backoffs)
    return {"nodes": nodes, "top": logs[-1]}


def _log(values: npt.NDArray[np.float64]) -> Floats32:
    return np.log(values).astype(np.float32)


class _Estimator:
    """Kneser–Ney from a table of counts; one object per estimation.

    A gram of order k <= 4 is a packed key; one of order 5 is ``row of its first four symbols << 16 | last``, rows in
    the table of order 4 with clause bounds. Tables are ascending; grams after BEGIN come last.
    """

    def __init__(self, counts: NGramCounts, order: int, thresholds: list[int]) -> None:
        self.source = counts
        self.order = order
        self.thresholds = thresholds

    def model(self) -> KneserNeyModel:
        tables = self._with_bounds()
        sizes: list[int] = []
        symbols: list[npt.NDArray[np.uint16]] = []
        children: list[npt.NDArray[np.int64]] = []
        logs: list[Floats32] = []
        backoffs: list[Floats32] = []
        base = 0
        # of the kept grams of the order below: probabilities, keys, mask, order in the trie and its inverse
        lower = np.zeros(0)
        kept = np.zeros(0, np.uint64)
        kept_mask = np.zeros(0, np.bool_)
        kept_order = places = np.zeros(0, np.int64)
        single = np.zeros(0, np.int64)
        unknown = 0.0
        for k in range(1, self.order + 1):
            keys, counts, adjusted = tables[k - 1]
            tables[k - 1] = (keys, counts[:0], adjusted[:0])  # only the keys are wanted again
            if k == 1:
                single = counts
            keep = counts >= self.thresholds[k - 1]
            parents = tables[k - 2][0] if k > 1 else np.zeros(1, np.uint64)
            rows = self._parent_rows(k, parents, keys)
            shares, left = discounted(
                adjusted, rows, keep, self._discounts(k, adjusted), len(parents)
            )
            del adjusted, counts
            keys, rows, shares = keys[keep], rows[keep], shares[keep]
            if k == 1:
                # every symbol, the clause end and the unknown symbol share what is left; BEGIN is never predicted
                unknown = left[0] / len(keys)
                lower = shares + unknown
                lower[-1] = math.exp(_NEVER * _LN10)
                order = np.arange(len(keys))
                first = keys >> last_shift(1)
            else:
                suffixes = hash_find_all(hash_index(kept), kept, self._suffixes(k, parents, keys))
                lower = shares + left[rows] * lower[suffixes]
                first = (keys >> np.uint64(48)) if k < 5 else (parents[rows] >> np.uint64(48))
                above = places[suffixes]
                order = np.argsort((above.astype(np.uint64) << np.uint64(16)) | first)
                spans = np.bincount(above, minlength=sizes[-1])
                children.append(base + np.cumsum(spans) - spans)
                backoffs.append(_log(left[kept_mask])[kept_order])
            base += len(keys)
            sizes.append(len(keys))
            symbols.append(first[order].astype(np.uint16))
            logs.append(_log(lower)[order])
            places = np.empty(len(keys), np.int64)
            places[order] = np.arange(len(keys))
            kept, kept_mask, kept_order = keys, keep, order
        frequencies = single / self.source.total
        frequencies[-2:] = np.nan  # bounds have none
        arrays = {
            "sizes": np.array(sizes, np.int64),
            "symbols": np.concatenate(symbols),
            **_nodes(sizes, children, logs, backoffs),
            "frequencies": _log(frequencies),
        }
        return KneserNeyModel(self.source.alphabet, arrays, math.log(unknown))

    # ---- the grams of each order with clause bounds: keys, counts, adjusted counts

    def _with_bounds(self) -> list[tuple[Keys, Counts, Counts]]:
        inner = self._with_ends()
        clauses = int(inner[0][1][-1])
        tables: list[tuple[Keys, Counts, Counts]] = []
        before = np.array([_keys_of_symbol(BEGIN, 1)])  # grams after BEGIN, of this order
        before_counts = np.array([clauses])
        for k in range(1, self.order + 1):
            keys, counts = inner[k - 1]
            if k == self.order:
                adjusted = counts
            else:
                types, sums = self._before(k, keys, inner[k])
                starts = counts - sums
                adjusted = types + (starts > 0)
            # BEGIN alone is no event; the grams after it have their counts
            bounds = before_counts if k > 1 else np.zeros(1, np.int64)
            table = np.concatenate([keys, before])
            all_counts = np.concatenate([counts, before_counts])
            if k == self.order and k > 1:
                tables.append((table, all_counts, all_counts))
            else:
                tables.append((table, all_counts, np.concatenate([adjusted, bounds])))
            inner[k - 1] = (keys[:0], counts[:0])  # not needed any more
            if k < self.order:
                chosen = starts > 0
                before = self._after_begin(k + 1, keys[chosen], table)
                before_counts = starts[chosen]
        return tables

    def _with_ends(self) -> list[tuple[Keys, Counts]]:
        """The grams of each order that hold no BEGIN: those of the text, and those that END follows."""
        result: list[tuple[Keys, Counts]] = []
        keys, counts = self.source.grams(1)
        longer = self.source.grams(2)
        ends = counts - child_sums(keys, *longer, prefix_mask(1))
        result.append(
            (
                np.append(keys, _keys_of_symbol(END, 1)),
                np.append(counts, ends.sum()),
            )
        )
        for k in range(2, min(self.order, 4) + 1):
            chosen = ends > 0
            closing = keys[chosen] | _keys_of_symbol(END, k)
            closing_counts = ends[chosen]
            keys, counts = longer
            if k < self.order:
                if k < 4:
                    longer = self.source.grams(k + 1)
                    ends = counts - child_sums(keys, *longer, prefix_mask(k))
                else:
                    rows, last, longer_counts = self.source.level(5)
                    sums = np.bincount(rows, weights=longer_counts, minlength=len(keys))
                    ends = counts - sums.astype(np.int64)
            result.append(merge_rows(keys, counts, closing, closing_counts))
        if self.order == 5:
            # the rows of the plain 4-grams in the table that has the ends too
            place = np.searchsorted(result[3][0], keys).astype(np.uint64)
            chosen = ends > 0
            result.append(
                merge_rows(
                    (place[rows] << np.uint64(16)) | last,
                    longer_counts,
                    (place[chosen] << np.uint64(16)) | np.uint64(END),
                    ends[chosen],
                )
            )
        return result

    def _before(self, k: int, keys: Keys, longer: tuple[Keys, Counts]) -> tuple[Counts, Counts]:
        """How many different symbols stand before each k-gram, and how often any does."""
        suffixes = self._suffixes(k + 1, keys, longer[0])
        once = longer[1] == 1
        often = suffixes[~once]
        order = np.argsort(often)
        types, sums = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
        join_suffixes(
            keys, np.sort(suffixes[once]), often[order], longer[1][~once][order], types, sums
        )
        return types, sums

    @staticmethod
    def _suffixes(k: int, parents: Keys, keys: Keys) -> Keys:
        """Keys of the grams without their first symbol."""
        if k < 5:
            return keys << np.uint64(16)
        shifted = parents[(keys >> np.uint64(16)).astype(np.int64)] << np.uint64(16)
        return shifted | (keys & np.uint64(0xFFFF))

    @staticmethod
    def _after_begin(k: int, keys: Keys, parents: Keys) -> Keys:
        """Keys of the grams of k - 1 symbols with BEGIN before them."""
        packed = _keys_of_symbol(BEGIN, 1) | (keys >> np.uint64(16))
        if k < 5:
            return packed
        rows = np.searchsorted(parents, packed).astype(np.uint64)
        return (rows << np.uint64(16)) | (keys & np.uint64(0xFFFF))

    @staticmethod
    def _parent_rows(k: int, parents: Keys, keys: Keys) -> npt.NDArray[np.int32]:
        if k == 1:
            return np.zeros(len(keys), np.int32)
        if k < 5:
            return prefix_rows(parents, keys, prefix_mask(k - 1))
        return (keys >> np.uint64(16)).astype(np.int32)

    @staticmethod
    def _discounts(k: int, adjusted: Counts) -> npt.NDArray[np.float64]:
        """D(0), D(1), D(2), D(3+) of one order."""
        t = counts_of_counts(adjusted).astype(np.float64)
        if (t[1:] > 0).all():
            y = t[1] / (t[1] + 2 * t[2])
            found = [j - (j + 1) * y * t[j + 1] / t[j] for j in (1, 2, 3)]
            if all(0 <= d <= j for j, d in enumerate(found, 1)):
                return np.array([0.0, *found])
        return np.array([0.0, *FALLBACK_DISCOUNTS])


class _ArpaReader:
    """One ARPA file on its way to a trie."""

    def __init__(self, name: str, file: IO[str]) -> None:
        self.name = name
        self.lines = enumerate(file, 1)
        self.number = 0

    def _fail(self, message: str) -> StorageError:
        return StorageError(f"{self.name}:{self.number}: {message}")

    def _line(self) -> str:
        for number, line in self.lines:
            self.number = number
            if line.strip():
                return line.rstrip("\n")
        raise StorageError(f"{self.name}: the file ends too early; an ARPA file ends with \\end\\")

    def read(self, alphabet: Alphabet | None) -> KneserNeyModel:
        if self._line().strip() != "\\data\\":
            raise self._fail("expected \\data\\, the first line of an ARPA file")
        sizes: list[int] = []
        line = self._line()
        while line.startswith("ngram "):
            try:
                order, size = line[6:].split("=")
                if int(order) != len(sizes) + 1:
                    raise ValueError
                sizes.append(int(size))
            except ValueError:
                raise self._fail(f"expected 'ngram N=count' in order, got {line!r}") from None
            line = self._line()
        if not sizes:
            raise self._fail(f"expected 'ngram 1=count', got {line!r}")
        levels: list[tuple[list[list[str]], list[float], list[float]]] = []
        for k in range(1, len(sizes) + 1):
            if line.strip() != f"\\{k}-grams:":
                raise self._fail(f"expected \\{k}-grams:, got {line!r}")
            levels.append(self._section(k, sizes[k - 1]))
            line = self._line()
        if line.strip() != "\\end\\":
            raise self._fail(f"expected \\end\\, got {line!r}")
        return self._build(levels, alphabet)

    def _section(self, k: int, size: int) -> tuple[list[list[str]], list[float], list[float]]:
        words, logs, backs = [], [], []
        for _ in range(size):
            line = self._line()
            cells = line.split()
            try:
                if len(cells) not in (k + 1, k + 2):
                    raise ValueError
                logs.append(float(cells[0]) * _LN10)
                backs.append(float(cells[k + 1]) * _LN10 if len(cells) == k + 2 else 0.0)
            except ValueError:
                raise self._fail(
                    f"expected a number, {k} words and perhaps a number, got {line!r}"
                ) from None
            words.append(cells[1 : k + 1])
        return words, logs, backs

    def _build(
        self,
        levels: list[tuple[list[list[str]], list[float], list[float]]],
        alphabet: Alphabet | None,
    ) -> KneserNeyModel:
        specials = {name: symbol for symbol, name in _NAMES.items()}
        vocabulary = [words[0] for words in levels[0][0]]
        if alphabet is None:
            runs = any(name in vocabulary for name in ("<digits>", "<letters>", "<numerals>"))
            alphabet = Alphabet(runs="classes" if runs else "characters")
        alphabet = alphabet.with_astral(
            point
            for word in vocabulary
            if len(word) == 1
            for point in [ord(word)]
            if point > 0xFFFF and alphabet.symbols(word)[0] != BREAK_SYMBOL
        )
        code: dict[str, int] = {}
        unknown = math.nan
        for word, log in zip(vocabulary, levels[0][1], strict=True):
            if word in ("<unk>", "<UNK>"):
                unknown = log
            elif word in specials:
                code[word] = specials[word]
            elif len(word) == 1:
                code[word] = int(alphabet.symbols(word)[0])
            else:
                raise StorageError(
                    f"{self.name}: the word {word!r} is longer than a character; train the model on text with a "
                    "space after every character"
                )
        code = {word: symbol for word, symbol in code.items() if symbol != BREAK_SYMBOL}
        if math.isnan(unknown):
            unknown = min(levels[0][1])
        trie: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in ("s", "c", "l", "b")}
        sizes: list[int] = []
        rows: dict[tuple[int, ...], int] = {}
        base = 0
        for k, (words, logs, backs) in enumerate(levels, 1):
            entries = []
            for gram, log, back in zip(words, logs, backs, strict=True):
                symbols = tuple(code.get(word, 0) for word in gram)
                if 0 not in symbols:
                    above = rows.get(symbols[1:], -1) if k > 1 else 0
                    if above < 0:
                        raise StorageError(
                            f"{self.name}: {' '.join(gram)} is there, but {' '.join(gram[1:])} is not"
                        )
                    entries.append((above, symbols[0], log, back, symbols))
            entries.sort()
            if k > 1:
                spans = np.bincount([e[0] for e in entries], minlength=sizes[-1])
                trie["c"].append(base + np.cumsum(spans) - spans)
            rows = {entry[4]: row for row, entry in enumerate(entries)}
            trie["s"].append(np.array([e[1] for e in entries], np.uint16))
            trie["l"].append(np.array([e[2] for e in entries], np.float32))
            if k < len(levels):
                trie["b"].append(np.array([e[3] for e in entries], np.float32))
            sizes.append(len(entries))
            base += len(entries)
        arrays = {
            "sizes": np.array(sizes, np.int64),
            "symbols": np.concatenate(trie["s"]),
            **_nodes(sizes, trie["c"], trie["l"], trie["b"]),
            "frequencies": np.zeros(0, np.float32),
        }
        return KneserNeyModel(alphabet, arrays, unknown)
