"""Where the words of rules stand in their sentences: side by side or apart, and in which sentences.

Mining knows neither the order of words nor the sentences; what was cut is kept in a temporary file
while it is read, and read again for the rules that were found.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlpzero.engine.arrays import Bools, Counts
from nlpzero.engine.temporary import KeptFolder, PathLike, disk_errors
from nlpzero.rules.item_numbers import ItemNumbers
from nlpzero.rules.line_blocks import whole_lines
from nlpzero.rules.line_splitting import LineSplitter
from nlpzero.rules.rule_list import Rules
from nlpzero.rules.shapes import SENTENCE_ENDS
from nlpzero.rules.transactions import ragged
from nlpzero.segmentation.tokenizers import Tokenizer

#: Words that stand side by side in at least this share of the sentences with both are a phrase.
PHRASE = 0.9

# tokens of the sentence that is shown best, if there is one
_GOOD_LENGTH = 12

_UNIT = "\x1f"  # between tokens that may have white space in them
_BLOCK = 1 << 17  # characters; the arrays made of them take many times as much
# sentences of a block that are looked at as examples of one rule
_TRIED = 4


class RecordedTokenizer(Tokenizer):
    """A tokenizer that keeps what it cut in a temporary file.

    Parameters
    ----------
    tokenizer : Tokenizer
    tmpdir : path, optional
        Folder for the file, which is gone with :meth:`close`.
    """

    def __init__(self, tokenizer: Tokenizer, tmpdir: PathLike | None = None) -> None:
        self.tokenizer = tokenizer
        self._kept = KeptFolder(tmpdir)
        self._path = self._kept.path / "sentences"
        self._spaced = True
        self._waiting: list[str] = []
        self._held = 0

    def tokens(self, line: str) -> list[str]:
        return list(self.tokenizer.tokens(line))

    def spaced(self, blocks: Iterable[str]) -> Iterator[str] | None:
        spaced = self.tokenizer.spaced(blocks)
        return None if spaced is None else self._kept_of(spaced)

    def _kept_of(self, spaced: Iterator[str]) -> Iterator[str]:
        for text in spaced:
            self._write(text)
            yield text

    def cutter(self) -> Callable[[str], list[str]]:
        cut = self.tokenizer.cutter()
        self._spaced = False

        def kept(line: str) -> list[str]:
            tokens = cut(line)
            self._write(_UNIT.join(token for token in tokens if not token.isspace()) + "\n")
            return tokens

        return kept

    def _write(self, text: str) -> None:
        self._waiting.append(text)
        self._held += len(text)
        if self._held > _BLOCK:
            self._flush()

    def _flush(self) -> None:
        with disk_errors(self._kept.path), open(self._path, "ab") as file:
            file.write("".join(self._waiting).encode("utf-8", "surrogatepass"))
        self._waiting.clear()
        self._held = 0

    @property
    def is_spaced(self) -> bool:
        """Whether white space stands between the tokens that are kept."""
        return self._spaced

    def file(self) -> Path:
        """The file with all that was cut."""
        self._flush()
        return self._path

    def append(self, recording: bytes, spaced: bool) -> None:
        """Add what another one, with a tokenizer like this, kept of the text that follows."""
        self._spaced = spaced
        with disk_errors(self._kept.path), open(self._path, "ab") as file:
            file.write(recording)

    def sentences(self) -> Iterator[bytes]:
        """Blocks of whole sentences, each with its tokens."""
        self._flush()
        with open(self._path, encoding="utf-8", errors="surrogatepass", newline="\n") as file:
            texts = iter(lambda: file.read(_BLOCK), "")
            yield from whole_lines(
                text.translate(SENTENCE_ENDS).encode("utf-8", "surrogatepass") for text in texts
            )

    def splitter(self) -> LineSplitter:
        """What cuts the sentences into tokens again."""
        return LineSplitter(None if self._spaced else _UNIT, quotes=False)

    def shown(self, sentence: bytes) -> str:
        """A sentence as it is read: without white space between Han characters."""
        text = sentence.decode("utf-8", "replace")
        tokens = text.split() if self._spaced else text.split(_UNIT)
        shown = ""
        for token in tokens:
            apart = shown and token and shown[-1].isascii() and token[0].isascii()
            shown += (" " if apart and shown[-1].isalnum() and token[0].isalnum() else "") + token
        return shown

    def close(self) -> None:
        """Remove the temporary file."""
        self._kept.cleanup()


class _Hits(NamedTuple):
    """Sentences that hold all words of an itemset."""

    line: Counts
    itemset: Counts


class _Wanted:
    """Itemsets of numbered words, found in sentences by their first two words."""

    def __init__(self, itemsets: list[tuple[int, ...]], width: int) -> None:
        self.width = max(width, 1)
        self.size = np.array([len(items) for items in itemsets], dtype=np.int64)
        widest = int(self.size.max(initial=2))
        self.table = np.array(
            [items + (items[0],) * (widest - len(items)) for items in itemsets], dtype=np.int64
        ).reshape(-1, widest)
        keys = self.table[:, 0] * self.width + self.table[:, 1]
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]
        self.longer = {items: number for number, items in enumerate(itemsets) if len(items) > 2}

    def _of(self, keys: Counts) -> tuple[Counts, Counts]:
        """Which of the keys are those of itemsets, and the itemsets of each."""
        low = np.searchsorted(self.keys, keys, side="left")
        number = np.searchsorted(self.keys, keys, side="right") - low
        which = np.repeat(np.arange(len(keys)), number)
        return which, self.order.take(ragged(low, number))

    def together(self, words: Counts, line: Counts) -> _Hits:
        """Sentences with all words of an itemset; `words` and `line` are distinct and sorted."""
        present = line * self.width + words
        number = np.bincount(line)
        after = np.repeat(np.cumsum(number), number) - np.arange(1, len(words) + 1)
        first = np.repeat(np.arange(len(words)), after)
        second = ragged(np.arange(1, len(words) + 1), after)
        which, itemset = self._of(words.take(first) * self.width + words.take(second))
        lines = line.take(first.take(which))
        good = np.ones(len(which), dtype=bool)
        for column in range(2, self.table.shape[1]):
            key = lines * self.width + self.table[itemset, column]
            at = np.minimum(np.searchsorted(present, key), len(present) - 1)
            good &= present[at] == key
        return _Hits(lines[good], itemset[good])

    def adjacent(self, words: Counts, line: Counts) -> _Hits:
        """Sentences with the words of an itemset side by side, in any order; `words` are all
        tokens, -1 where one is in no itemset.
        """
        lines, itemsets = [], []
        one, other = words[:-1], words[1:]
        near = np.flatnonzero((one >= 0) & (other >= 0) & (line[:-1] == line[1:]))
        low, high = np.minimum(one[near], other[near]), np.maximum(one[near], other[near])
        which, itemset = self._of(low * self.width + high)
        pairs = self.size.take(itemset) == 2
        lines.append(line.take(near.take(which[pairs])))
        itemsets.append(itemset[pairs])
        for size in sorted({len(items) for items in self.longer}):
            if len(words) < size:
                continue
            windows = np.lib.stride_tricks.sliding_window_view(words, size)
            same = line[: len(windows)] == line[size - 1 :]
            places = np.flatnonzero(same & (windows >= 0).all(axis=1))
            rows = np.sort(windows[places], axis=1).tolist()
            found = [self.longer.get(tuple(row), -1) for row in rows]
            there = np.array([number >= 0 for number in found], dtype=bool)
            lines.append(line.take(places[there]))
            itemsets.append(np.array(found, dtype=np.int64)[there])
        line, itemset = np.concatenate(lines), np.concatenate(itemsets)
        keys = np.unique(line * max(len(self.size), 1) + itemset)
        return _Hits(*np.divmod(keys, max(len(self.size), 1)))


def with_contexts(
    rules: Rules, recorded: RecordedTokenizer, *, examples: int = 2, memory: int | None = None
) -> Rules:
    """The rules with columns that say how their words meet in sentences.

    Parameters
    ----------
    rules : Rules
        Between words.
    recorded : RecordedTokenizer
        What cut the sentences.
    examples : int >= 0
        Sentences with each rule: those whose length is closest to 12 tokens.
    memory : int, optional
        Bytes that the table of words may take.

    Returns
    -------
    Rules
        With the columns ``kind`` ("phrase" if the words stand side by side in at least 9 of 10
        sentences that have them all, else "association"), ``adjacent`` (that share), and
        ``example_1``...
    """
    items = sorted({item for rule in rules for item in (*rule[0], *rule[1])})
    number = {item: i for i, item in enumerate(items)}
    mine = [tuple(sorted(number[item] for item in (*rule[0], *rule[1]))) for rule in rules]
    distinct = {itemset: i for i, itemset in enumerate(dict.fromkeys(mine))}
    wanted = _Wanted(list(distinct), len(items))
    together = np.zeros(len(distinct), dtype=np.int64)
    adjacent = np.zeros(len(distinct), dtype=np.int64)
    chosen: list[list[tuple[int, str]]] = [[] for _ in distinct]
    names = ItemNumbers((), b"")
    names.numbers(items)
    splitter = recorded.splitter()
    for block in recorded.sentences() if distinct else ():
        if memory is not None and names.held > memory // 5:
            names.clear()
            names.numbers(items)
        tokens, lengths = splitter.items(block, names)
        words = np.where(tokens < len(items), tokens, -1).astype(np.int64)
        line = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
        known = words >= 0
        keys = np.unique(line[known] * wanted.width + words[known])
        found = wanted.together(keys % wanted.width, keys // wanted.width)
        together += np.bincount(found.itemset, minlength=len(distinct))
        adjacent += np.bincount(wanted.adjacent(words, line).itemset, minlength=len(distinct))
        if examples:
            _choose(found, lengths, block, recorded, chosen, examples)
    shares = (adjacent / np.maximum(together, 1)).tolist()
    places = [distinct[itemset] for itemset in mine]
    columns: dict[str, list[object]] = {
        "kind": ["phrase" if shares[i] >= PHRASE else "association" for i in places],
        "adjacent": [shares[i] for i in places],
    }
    for n in range(examples):
        columns[f"example_{n + 1}"] = [
            chosen[i][n][1] if n < len(chosen[i]) else "" for i in places
        ]
    return rules.with_columns(columns)


def _choose(
    found: _Hits,
    lengths: Counts,
    block: bytes,
    recorded: RecordedTokenizer,
    chosen: list[list[tuple[int, str]]],
    examples: int,
) -> None:
    """Take better examples out of a block, if there are any."""
    length = np.asarray(lengths, dtype=np.int64).take(found.line)
    distance = np.abs(length - _GOOD_LENGTH)
    order = np.lexsort([found.line, distance, found.itemset])
    itemset = found.itemset[order]
    place = np.arange(len(order)) - np.searchsorted(itemset, itemset)
    few: Bools = place < _TRIED * examples
    lines = block.split(b"\n")
    shown: dict[int, str] = {}
    rows: Iterable[tuple[int, int, int]] = zip(
        itemset[few].tolist(), found.line[order][few].tolist(), distance[order][few].tolist(),
        strict=True,
    )  # fmt: skip
    for which, line, away in rows:
        have = chosen[which]
        if len(have) == examples and have[-1][0] <= away:
            continue
        if line not in shown:
            shown[line] = recorded.shown(lines[line])
        if all(text != shown[line] for _, text in have):
            have.append((away, shown[line]))
            have.sort(key=lambda one: one[0])
            del have[examples:]
