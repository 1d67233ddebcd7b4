"""What became of a word list: the words that were added, that are gone, that changed."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, overload

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.engine.showing import SHOWN_ROWS, html_table, text_table
from nlpzero.segmentation.word_list import WordList, as_word_list

Change = Literal["added", "gone", "changed"]
CHANGES: tuple[Change, ...] = ("added", "gone", "changed")


class WordChange(NamedTuple):
    """A word that is in one of two lists only, or has another count or rank in the other.

    word : str
    change : {"added", "gone", "changed"}
    old_count, new_count : int, float or None
        None if the list does not have the word, or no count of it.
    old_rank, new_rank : int or None
        Places in the lists, from 1; None if the list does not have the word.
    """

    word: str
    change: Change
    old_count: float | None
    new_count: float | None
    old_rank: int | None
    new_rank: int | None


class WordChanges(Sequence[WordChange]):
    """The changes from one list to another: first what was added and then what changed, in the
    order of the new list, then what is gone, in the order of the old one.

    Made by :func:`diff_words`.
    """

    def __init__(self, changes: Iterable[WordChange]) -> None:
        self._changes = list(changes)

    def __len__(self) -> int:
        return len(self._changes)

    @overload
    def __getitem__(self, index: int) -> WordChange: ...

    @overload
    def __getitem__(self, index: slice) -> list[WordChange]: ...

    def __getitem__(self, index: int | slice) -> WordChange | list[WordChange]:
        return self._changes[index]

    def __iter__(self) -> Iterator[WordChange]:
        return iter(self._changes)

    def only(self, *changes: Change) -> "WordChanges":
        """Changes of some kinds."""
        wrong = [change for change in changes if change not in CHANGES]
        if wrong:
            raise ValueError(f"`changes` must be of {', '.join(CHANGES)}, got {wrong[0]!r}.")
        return WordChanges(change for change in self if change.change in changes)

    def number(self, change: Change) -> int:
        """How many there are of a kind."""
        return sum(found.change == change for found in self)

    def to_dataframe(self) -> DataFrame:
        """A data frame with the fields of :class:`WordChange`; needs pandas."""
        return data_frame(WordChange._fields, self._changes)

    def _summary(self) -> str:
        return ", ".join(f"{self.number(change):,} {change}" for change in CHANGES)

    def __repr__(self) -> str:
        if not self._changes:
            return self._summary()
        rows = self._changes[:SHOWN_ROWS]
        return f"{self._summary()}\n{text_table(WordChange._fields, rows, len(self))}"

    def _repr_html_(self) -> str:
        rows = self._changes[:SHOWN_ROWS]
        return f"<p>{self._summary()}</p>{html_table(WordChange._fields, rows, len(self))}"


def diff_words(
    old: WordList | Mapping[str, float] | Iterable[str],
    new: WordList | Mapping[str, float] | Iterable[str],
    *,
    by: Literal["count", "rank"] = "count",
) -> WordChanges:
    """The words that were added to a list, that are gone from it, and that changed.

    Parameters
    ----------
    old, new : WordList, mapping of str to number, or iterable of str
        In the order of their ranks.
    by : {"count", "rank"}
        What has changed if a word has: its count, where both lists have one; or its place.

    Returns
    -------
    WordChanges

    Examples
    --------
    >>> diff_words({"酒店": 9, "房间": 5}, {"酒店": 12, "前台": 3})
    1 added, 1 gone, 1 changed
    word  change   old_count  new_count  old_rank  new_rank
    前台  added                       3                   2
    酒店  changed          9         12         1         1
    房间  gone             5                    2
    """
    if by not in ("count", "rank"):
        raise ValueError(f"`by` must be 'count' or 'rank', got {by!r}.")
    was, now = _places(old), _places(new)
    added, changed = [], []
    for word, (count, rank) in now.items():
        if word not in was:
            added.append(WordChange(word, "added", None, count, None, rank))
            continue
        old_count, old_rank = was[word]
        known = count is not None and old_count is not None
        if (known and count != old_count) if by == "count" else rank != old_rank:
            changed.append(WordChange(word, "changed", old_count, count, old_rank, rank))
    gone = [
        WordChange(word, "gone", count, None, rank, None)
        for word, (count, rank) in was.items()
        if word not in now
    ]
    return WordChanges([*added, *changed, *gone])


def _places(
    words: WordList | Mapping[str, float] | Iterable[str],
) -> dict[str, tuple[float | None, int]]:
    """Count and place of each word."""
    names, counts = as_word_list(words)
    return {
        word: (_known(count), rank)
        for rank, (word, count) in enumerate(zip(names, counts.tolist(), strict=True), 1)
    }


def _known(count: float) -> float | None:
    if math.isnan(count):
        return None
    return int(count) if count.is_integer() else count
