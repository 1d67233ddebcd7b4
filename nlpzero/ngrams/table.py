"""The one table: all n-grams of a text with exact counts, as sorted 64-bit keys.

A key holds four 16-bit symbols, the first in the highest bits, with zeros after the end of a
clause; there is one for every position of the text. So a prefix of a key is an n-gram of a lower
order, equal prefixes lie together, and one table holds the orders 1 to 4. Longer n-grams come level
by level: a row of level k is ``(row of its first k - 1 symbols) << 16 | last symbol``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Counts, Keys
from nlpzero.engine.file_index import content_of, damaged
from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.hash_tables import index_of, look_up_all
from nlpzero.engine.jit import kernel
from nlpzero.engine.read_ahead import read_ahead
from nlpzero.engine.resources import ReadReport
from nlpzero.engine.sorted_runs import Run, SortedRows, whole_groups
from nlpzero.engine.storage import FileWriter, open_arrays, read_file
from nlpzero.engine.stored_arrays import StoredArray, plain, release_pages, search
from nlpzero.engine.temporary import KeptFolder, PathLike
from nlpzero.errors import StorageError
from nlpzero.ngrams.checking import check_table
from nlpzero.ngrams.keys import (
    LAST_SYMBOL,
    PACKED_ORDER,
    PREFIX_MASKS,
    SYMBOL_BITS,
    find_keys,
    next_keys,
    pack_rows,
    split_next_keys,
    symbol_shift,
    unpack_keys,
)
from nlpzero.ngrams.measures import entropy_from_sums, x_log_x
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import FIRST_SLOT

KIND = "counts"
HIGHEST_ORDER = 16
_CHUNK_ROWS = 1 << 19
# counts are stored in one byte; this value says that the count stands in the list of large ones
_LARGE = 255


class Level(NamedTuple):
    """N-grams of one order above 4.

    keys : ndarray of uint64, ascending; ``row of the prefix among the kept (k-1)-grams << 16 | last
        symbol``
    counts : ndarray of int64

    Both may lie in a file (:class:`nlpzero.engine.stored_arrays.StoredArray`).
    """

    keys: "Keys | StoredArray"
    counts: "Counts | StoredArray"


class NGramCounts:
    """Exact counts of the n-grams of a text.

    Made by :func:`nlpzero.count_ngrams`, :func:`merge_counts` or :meth:`load`; never changed
    afterwards.

    Parameters
    ----------
    keys : ndarray of uint64
        Ascending, one per distinct window of four symbols.
    counts : ndarray of int64
    alphabet : Alphabet
    order : int in [1, 16]
        Longest n-grams asked for. The orders up to 4 are always there.
    min_count : int >= 1
        N-grams longer than 4 below this count were left out.
    levels : sequence of Level
        The orders 5, 6, ... `order`.

    Examples
    --------
    >>> from nlpzero import count_ngrams
    >>> counts = count_ngrams(["吃葡萄不吐葡萄皮", "不吃葡萄"])
    >>> counts.total
    12
    >>> keys, n = counts.grams(2, min_count=2)
    >>> list(zip(counts.strings(keys, 2), n.tolist()))
    [('吃葡', 2), ('葡萄', 3)]
    >>> counts.count_of(["葡萄", "葡萄皮", "没有"]).tolist()
    [3, 1, 0]
    """

    def __init__(
        self,
        keys: "Keys | StoredArray",
        counts: Counts,
        alphabet: Alphabet,
        *,
        order: int = PACKED_ORDER,
        min_count: int = 1,
        levels: Sequence[Level] = (),
    ) -> None:
        self._keys: Keys | StoredArray = keys
        self.alphabet = alphabet
        self.order = order
        self.min_count = min_count
        self.levels = tuple(levels)
        self._counts: Counts | None = counts
        self._bytes: npt.NDArray[np.uint8] | StoredArray | None = None
        self._large_rows = np.zeros(0, np.int64)
        self._large_counts = np.zeros(0, np.int64)
        self._folder: KeptFolder | None = None
        self._total: int | None = None
        self._parents: int | None = None
        #: What was read while the table was made, by :func:`count_ngrams`.
        self.read = ReadReport()

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"<NGramCounts: order {self.order}, {len(self):,} windows, {self.total:,} symbols>"

    @property
    def keys(self) -> Keys:
        """The keys, uint64, ascending; those of a file are checked, and mapped."""
        return plain(self._keys)

    @property
    def counts(self) -> Counts:
        """Count of each key, int64, shape (len(self),)."""
        if self._counts is None:
            self._counts = self._counts_between(0, len(self))
        return self._counts

    @property
    def total(self) -> int:
        """Number of symbols counted, clause breaks not among them."""
        if self._total is None:
            self._total = sum(int(counts.sum()) for _, counts in self.chunks())
        return self._total

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the orders up to 4 take; what lies in a file takes none."""
        own = self._counts
        return 0 if own is None else own.nbytes + self._keys.nbytes

    def _counts_between(self, start: int, stop: int) -> Counts:
        if self._counts is not None:
            return self._counts[start:stop]
        assert self._bytes is not None
        counts = self._bytes[start:stop].astype(np.int64)
        first, last = np.searchsorted(self._large_rows, [start, stop])
        counts[self._large_rows[first:last] - start] = self._large_counts[first:last]
        return counts

    def chunks(self, rows: int = _CHUNK_ROWS) -> Iterator[tuple[Keys, Counts]]:
        """The table in pieces, for work that must not hold all of it."""
        pieces = self._pieces(rows)
        return read_ahead(pieces) if isinstance(self._keys, StoredArray) else pieces

    def _pieces(self, rows: int) -> Iterator[tuple[Keys, Counts]]:
        stored = isinstance(self._keys, StoredArray)
        found = 0
        for i in range(0, len(self), rows):
            stop = min(i + rows, len(self))
            counts = self._counts_between(i, stop)
            found += int(counts.sum()) if stored else 0
            if stored and stop == len(self) and found != self._total:
                raise damaged(self._name, "its total is not the sum of its counts")
            yield np.asarray(self._keys[i:stop]), counts
            release_pages(self._keys)

    @property
    def _name(self) -> str:
        """The file of a table that was opened."""
        assert isinstance(self._keys, StoredArray)
        return self._keys.file.name

    def forget(self) -> None:
        """Give back the memory of rows that were looked up in a file; the file still has them."""
        release_pages(self._keys)

    def grams(self, k: int, min_count: int = 1) -> tuple[Keys, Counts]:
        """All k-grams of an order up to 4.

        Parameters
        ----------
        k : int in [1, 4]
        min_count : int >= 1

        Returns
        -------
        keys : ndarray of uint64, ascending
            Zero after the k-th symbol.
        counts : ndarray of int64
            Number of occurrences within clauses.
        """
        parts = list(self.gram_chunks(k, min_count))
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def gram_chunks(
        self,
        k: int,
        min_count: int = 1,
        *,
        rows: int = _CHUNK_ROWS,
    ) -> Iterator[tuple[Keys, Counts]]:
        """The rows of :meth:`grams` in pieces, so that they need not all be in memory.

        Parameters
        ----------
        k, min_count
            As there.
        rows : int
            About so many rows of the table at a time.

        Yields
        ------
        keys : ndarray of uint64
        counts : ndarray of int64
        """
        if not 1 <= k <= PACKED_ORDER:
            raise ValueError(f"`k` must be an integer from 1 to 4, got {k}; see `level` above 4.")
        mask, shift = PREFIX_MASKS[k], symbol_shift(k)
        for keys, counts in whole_groups(self.chunks(rows), mask):
            yield group_prefixes(keys, counts, mask, shift, min_count)

    def level(self, k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint16], Counts]:
        """All k-grams of an order above 4.

        Parameters
        ----------
        k : int in [5, order]

        Returns
        -------
        rows : ndarray of int64
            Row of the first k - 1 symbols: in ``grams(4, min_count)`` for k = 5, in
            ``level(k - 1)`` above.
        last : ndarray of uint16
            The k-th symbol.
        counts : ndarray of int64
        """
        if not PACKED_ORDER < k <= self.order:
            raise ValueError(f"`k` must be an integer from 5 to {self.order} here, got {k}.")
        keys, counts = self.levels[k - PACKED_ORDER - 1]
        self.check_level(k)
        return (*split_next_keys(plain(keys)), plain(counts))

    def check_level(self, k: int) -> None:
        """Refuse a file in which a k-gram goes on from a row that is not there.

        Keys are ascending, so only the last matters; the 4-grams have to be counted for it.

        Raises
        ------
        StorageError
        """
        keys = self.levels[k - PACKED_ORDER - 1].keys
        if not isinstance(self._keys, StoredArray) or not len(keys):
            return
        if k > PACKED_ORDER + 1:
            below = len(self.levels[k - PACKED_ORDER - 2].keys)
        else:
            if self._parents is None:
                self._parents = sum(
                    int(((keys & LAST_SYMBOL) != 0)[counts >= self.min_count].sum())
                    for keys, counts in self.chunks()
                )
            below = self._parents
        if int(keys[len(keys) - 1 : len(keys)][0] >> SYMBOL_BITS) >= below:
            raise damaged(self._name, f"its {k}-grams go on from rows that are not there")

    def symbols(self, k: int) -> npt.NDArray[np.uint16]:
        """Symbols of the k-grams of ``grams(k, min_count)`` or ``level(k)``, shape (rows, k)."""
        if k <= PACKED_ORDER:
            return unpack_keys(self.grams(k, self.min_count if k == PACKED_ORDER else 1)[0], k)
        rows, last, _ = self.level(k)
        return np.concatenate([self.symbols(k - 1)[rows], last[:, None]], axis=1)

    def lookup(self, keys: Keys, k: int) -> Counts:
        """Counts of given k-grams.

        Parameters
        ----------
        keys : ndarray of uint64
            Any order, zero after the k-th symbol.
        k : int in [1, 4]

        Returns
        -------
        ndarray of int64, 0 where a k-gram does not occur
        """
        starts = search(self._keys, keys)
        stops = search(self._keys, keys | ~PREFIX_MASKS[k], "right")
        sums = np.zeros(len(keys), np.int64)
        if self._counts is not None:
            sum_ranges(self._counts, starts, stops, sums)
        else:
            counts = self._bytes
            assert counts is not None
            if isinstance(counts, StoredArray):
                counts = counts.ensure(starts, stops)
            sum_ranges(counts, starts, stops, sums)
            excess = self._large_counts - _LARGE
            sum_ranges(
                excess,
                np.searchsorted(self._large_rows, starts),
                np.searchsorted(self._large_rows, stops),
                sums,
            )
        return sums

    def count_of(self, texts: Sequence[str]) -> Counts:
        """Counts of given strings of up to 4 characters, or up to `order` where levels were
        counted.

        Parameters
        ----------
        texts : sequence of str
            Strings with a clause break inside occur 0 times.

        Returns
        -------
        ndarray of int64, shape (len(texts),)

        Raises
        ------
        ValueError
            A string is empty, or longer than the order.
        """
        if isinstance(texts, str):
            raise TypeError(
                f"`texts` must be a sequence of strings, got one string; pass [{texts!r}]."
            )
        rows = [self.alphabet.symbols(text) for text in texts]
        result = np.zeros(len(texts), np.int64)
        for k in sorted({len(row) for row in rows}):
            if not 1 <= k <= max(self.order, PACKED_ORDER):
                raise ValueError(f"n-grams of 1 to {self.order} characters were counted, got {k}.")
            places = [i for i, row in enumerate(rows) if len(row) == k]
            result[places] = self._count_of_length(np.stack([rows[i] for i in places]), k)
        return result

    def _count_of_length(self, symbols: npt.NDArray[np.uint16], k: int) -> Counts:
        whole = (symbols != 0).all(axis=1)
        head = self.lookup(pack_rows(symbols[:, :PACKED_ORDER]), min(k, PACKED_ORDER))
        if k <= PACKED_ORDER:
            return np.where(whole, head, 0)
        parents = self.grams(PACKED_ORDER, self.min_count)[0]
        rows = find_keys(parents, pack_rows(symbols[:, :PACKED_ORDER]))
        counts = np.zeros(len(symbols), np.int64)
        for j in range(PACKED_ORDER, k):
            keys, level_counts = map(plain, self.levels[j - PACKED_ORDER])
            wanted = next_keys(rows, symbols[:, j])
            rows = np.where((rows >= 0) & whole, find_keys(keys, wanted), -1)
            counts = np.zeros(len(symbols), np.int64)
            counts[rows >= 0] = level_counts[rows[rows >= 0]]
        return counts

    def pack(self, texts: Sequence[str]) -> Keys:
        """Keys of strings of up to 4 characters."""
        keys = np.zeros(len(texts), np.uint64)
        for i, text in enumerate(texts):
            if len(text) > PACKED_ORDER:
                raise ValueError(f"a key holds 4 characters, got {text!r}.")
            keys[i] = pack_rows(self.alphabet.symbols(text)[None, :])[0]
        return keys

    def strings(self, keys: Keys, k: int) -> list[str]:
        """Strings of keys of k symbols."""
        text = self.alphabet.decode(unpack_keys(keys, k).reshape(-1))
        return [text[i : i + k] for i in range(0, len(text), k)]

    def right_entropy(self, k: int, keys: Keys | None = None) -> npt.NDArray[np.float64]:
        """Right branching entropy of k-grams: how freely they are followed.

        H = ln c(g) - (1/c(g)) Σ_y c(gy) ln c(gy), where each occurrence at the end of a clause
        counts as a neighbour of its own (it adds nothing to the sum).

        Parameters
        ----------
        k : int in [1, 4]
            4 needs counts of order 5 with `min_count` of at most 2.
        keys : ndarray of uint64, optional
            Ascending keys of k-grams that occur; default all of them.

        Returns
        -------
        ndarray of float64, nats, aligned with `keys`
        """
        return self._entropy(k, keys, right=True)

    def left_entropy(self, k: int, keys: Keys | None = None) -> npt.NDArray[np.float64]:
        """Left branching entropy of k-grams: how freely they are preceded.

        See :meth:`right_entropy`.
        """
        return self._entropy(k, keys, right=False)

    def _entropy(self, k: int, keys: Keys | None, right: bool) -> npt.NDArray[np.float64]:
        if keys is None:
            keys, counts = self.grams(k)
        else:
            counts = self.lookup(keys, k)
        if k < PACKED_ORDER:
            # neighbours seen once add 1 ln 1 = 0
            longer, longer_counts = self.grams(k + 1, min_count=2)
            shorter = longer & PREFIX_MASKS[k] if right else longer << SYMBOL_BITS
        else:
            if self.order <= PACKED_ORDER or self.min_count > 2:
                raise ValueError(
                    "the entropy of 4-grams needs counts of order 5 with min_count <= 2, got order "
                    f"{self.order}, min_count {self.min_count}."
                )
            rows, last, longer_counts = self.level(PACKED_ORDER + 1)
            parents = self.grams(PACKED_ORDER, self.min_count)[0][rows]
            shorter = parents if right else next_keys(parents, last)
        rows = look_up_all(index_of(keys), shorter)
        found = rows >= 0
        parts = x_log_x(longer_counts[found])
        return entropy_from_sums(np.bincount(rows[found], parts, len(keys)), counts)

    def to_dataframe(self, lengths: tuple[int, int] | None = None, min_count: int = 1) -> DataFrame:
        """The n-grams as a data frame, most frequent of each length first; needs pandas.

        Parameters
        ----------
        lengths : (int, int), optional
            Shortest and longest, by default 1 and the order of the counts.
        min_count : int >= 1
            Leave out what is rarer. A table may hold many millions of n-grams.

        Returns
        -------
        pandas.DataFrame
            Columns ``ngram`` and ``count``, as ``nlpzero ngrams --format tsv`` writes them.

        Raises
        ------
        ImportError
            There is no pandas.

        Examples
        --------
        >>> from nlpzero import count_ngrams
        >>> counts = count_ngrams(["花开花落", "花开"])
        >>> counts.to_dataframe((2, 2), min_count=2).to_dict("records")
        [{'ngram': '花开', 'count': 2}]
        """
        first, last = lengths or (1, self.order)
        if not 1 <= first <= last <= max(self.order, PACKED_ORDER):
            raise ValueError(
                f"`lengths` must be two numbers from 1 to {max(self.order, PACKED_ORDER)}, the "
                f"shorter first, got {lengths!r}."
            )
        ngrams: list[str] = []
        numbers: list[int] = []
        for length in range(first, last + 1):
            for texts, values in ngram_rows(self, length, min_count):
                ngrams += texts
                numbers += values
        return data_frame({"ngram": ngrams, "count": numbers})

    def save(self, path: PathLike) -> None:
        """Write the table; the same counts give the same bytes, however they were made."""
        write_counts(
            path,
            self.chunks(),
            self.alphabet,
            order=self.order,
            min_count=self.min_count,
            levels=_as_runs(self.levels),
        )

    @classmethod
    def load(cls, path: PathLike, *, mmap: bool = True) -> "NGramCounts":
        """Open a table that :meth:`save` wrote.

        Parameters
        ----------
        path : path
        mmap : bool
            Leave the rows in the file, which opens at once: each block is checked when it is first
            used. Otherwise all are read and checked now.

        Raises
        ------
        StorageError
            The file cannot be read, is damaged, or holds something else; blocks that are damaged,
            or a file that changed meanwhile, are found when they are used.
        """
        arrays: Mapping[str, Any]
        header, arrays = open_arrays(path, KIND) if mmap else read_file(path, KIND)
        with content_of(path):
            alphabet = Alphabet.from_header(header["alphabet"])
            large = check_table(header, arrays, alphabet)
            levels = [
                Level(arrays[f"level{k}_keys"], arrays[f"level{k}_counts"])
                for k in range(PACKED_ORDER + 1, header["order"] + 1)
            ]
        table = cls(
            arrays["keys"],
            np.zeros(0, np.int64),
            alphabet,
            order=header["order"],
            min_count=header["min_count"],
            levels=levels,
        )
        table._counts = None
        table._bytes = arrays["counts"]
        table._large_rows, table._large_counts = large
        table._total = header["total"]
        return table

    def verify(self) -> None:
        """Check all of a table that :meth:`load` opened.

        Raises
        ------
        StorageError
            It is damaged.
        """
        if not isinstance(self._keys, StoredArray):
            return
        for _ in self.chunks():
            pass
        for k, (keys, counts) in enumerate(self.levels, PACKED_ORDER + 1):
            plain(keys)
            plain(counts)
            self.check_level(k)

    def keep_folder(self, folder: KeptFolder) -> None:
        """Tie a temporary folder that holds the rows to the life of this table."""
        self._folder = folder


def write_counts(
    path: PathLike,
    chunks: Iterator[tuple[Keys, Counts]],
    alphabet: Alphabet,
    *,
    order: int = PACKED_ORDER,
    min_count: int = 1,
    levels: Sequence[SortedRows] = (),
) -> None:
    """Stream merged rows into a file of counts; neither table nor levels need fit in memory."""
    with FileWriter(path, KIND) as writer:
        row = total = 0
        dtypes = {
            "keys": np.uint64,
            "counts": np.uint8,
            "large_rows": np.int64,
            "large_counts": np.int64,
        }
        for name, dtype in dtypes.items():
            writer.append(name, [], dtype)
        for keys, counts in chunks:
            large = np.flatnonzero(counts >= _LARGE)
            writer.append("keys", keys, np.uint64)
            writer.append("counts", np.minimum(counts, _LARGE).astype(np.uint8), np.uint8)
            writer.append("large_rows", large + row, np.int64)
            writer.append("large_counts", counts[large], np.int64)
            row += len(keys)
            total += int(counts.sum())
        for k, level in enumerate(levels, PACKED_ORDER + 1):
            writer.append(f"level{k}_keys", [], np.uint64)
            writer.append(f"level{k}_counts", [], np.int64)
            for keys, counts in level.chunks(_CHUNK_ROWS):
                writer.append(f"level{k}_keys", keys, np.uint64)
                writer.append(f"level{k}_counts", counts, np.int64)
        header: dict[str, Any] = {
            "order": order,
            "min_count": min_count,
            "alphabet": alphabet.to_header(),
            "total": total,
        }
        writer.finish(header)


def _as_runs(levels: Sequence[Level]) -> list[Run]:
    return [Run(len(level.keys), level.keys, level.counts) for level in levels]


def common_alphabet(alphabets: Sequence[Alphabet]) -> Alphabet:
    """The alphabet that has the characters of all.

    Raises
    ------
    StorageError
        They read text in different ways.
    """
    first = alphabets[0]
    for other in alphabets[1:]:
        if not first.same_options(other):
            raise StorageError(
                "the counts were made with different options for reading characters "
                f"({first.with_astral(())} and {other.with_astral(())}); count again with the same "
                "ones"
            )
    return first.with_astral(point for alphabet in alphabets for point in alphabet.astral)


def ngram_rows(
    counts: NGramCounts, length: int, min_count: int = 1, *, batch: int = 1 << 16
) -> Iterator[tuple[list[str], list[int]]]:
    """N-grams of one length as strings with their counts, most frequent first, ties by code points.

    Parameters
    ----------
    counts : NGramCounts
    length : int
        From 1 to 4, or to the order of the counts if that is higher.
    min_count : int >= 1
    batch : int
        Rows at a time.

    Yields
    ------
    ngrams : list of str
    numbers : list of int

    Examples
    --------
    >>> from nlpzero import count_ngrams
    >>> list(ngram_rows(count_ngrams(["花开花落", "花开"]), 2))
    [(['花开', '开花', '花落'], [2, 1, 1])]
    """
    if length <= PACKED_ORDER:
        keys, numbers = counts.grams(length, min_count)
        symbols = unpack_keys(keys, length)
    else:
        symbols, numbers = counts.symbols(length), counts.level(length)[2]
        symbols, numbers = symbols[numbers >= min_count], numbers[numbers >= min_count]
    # characters beyond the BMP have symbols below those of the last BMP characters
    place = np.arange(0x10000, dtype=np.uint32)
    slots = np.arange(FIRST_SLOT, FIRST_SLOT + len(counts.alphabet.astral))
    place[slots] += 0x10000
    rows = np.lexsort((*place[symbols].T[::-1], -numbers))
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        text = counts.alphabet.decode(symbols[part].reshape(-1))
        ngrams = [text[i : i + length] for i in range(0, len(text), length)]
        yield ngrams, numbers[part].tolist()


@kernel
def group_prefixes(
    keys: np.ndarray, counts: np.ndarray, mask: np.uint64, last: np.uint64, min_count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum the counts of sorted keys that agree under `mask`.

    Groups in which the symbol at shift `last` is 0 (a clause that ended before) and groups below
    `min_count` are left out.
    """
    n = len(keys)
    size = 0
    for turn in range(2):
        if turn == 1:
            out = np.empty(size, np.uint64)
            sums = np.empty(size, np.int64)
            size = 0
        i = 0
        while i < n:
            prefix = keys[i] & mask
            total = np.int64(0)
            while i < n and (keys[i] & mask) == prefix:
                total += counts[i]
                i += 1
            if total >= min_count and ((prefix >> last) & LAST_SYMBOL):
                if turn == 1:
                    out[size] = prefix
                    sums[size] = total
                size += 1
    return out, sums


@kernel
def sum_ranges(counts: np.ndarray, starts: np.ndarray, stops: np.ndarray, sums: np.ndarray) -> None:
    """Add to each sum the counts of its range of rows."""
    for i in range(len(starts)):
        for row in range(starts[i], stops[i]):
            sums[i] += counts[row]
