"""Character n-grams as words."""

from collections.abc import Iterator

import numpy as np

from nlpzero.engine.arrays import Counts, Keys
from nlpzero.engine.resources import Resources
from nlpzero.engine.sorted_runs import holds_symbol
from nlpzero.ngrams.keys import unpack_keys
from nlpzero.ngrams.table import NGramCounts
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import FIRST_SLOT, LAST_SLOT, code_points
from nlpzero.words.columns import Bound, collect
from nlpzero.words.sorted_frames import NONE, Frame, RunStore, sorted_frame
from nlpzero.words.table import WordCounts

# shares of the memory budget, the table of n-grams being in memory too if it is small
_RUNS_SHARE = 8
_RESULT_SHARE = 8
_ROWS = 1 << 16


def ngram_words(
    counts: NGramCounts,
    low: int = 1,
    high: int = 1,
    *,
    min_count: int = 1,
    resources: Resources | None = None,
) -> WordCounts:
    """Character n-grams as words.

    Parameters
    ----------
    counts : NGramCounts
        Of characters (an alphabet without classes).
    low, high : int in [1, 4], low <= high
        Lengths to take.
    min_count : int >= 1
    resources : Resources, optional
        Memory and the folder for temporary files.

    Returns
    -------
    WordCounts
        Its total is the number of n-grams taken.
    """
    if not 1 <= low <= high <= 4:
        raise ValueError(f"`low` and `high` must be 1 <= low <= high <= 4, got {low} and {high}.")
    given = Resources() if resources is None else resources
    with given.scratch() as folder:
        near = RunStore(given.budget // _RUNS_SHARE, lambda: folder)
        far = RunStore(given.budget // _RUNS_SHARE // 4, lambda: folder)
        for k in range(low, high + 1):
            near.take(_frames(counts, k, min_count, far), (12 + 3 * k) * len(counts))
        for run in far.runs():
            near.add(run)
        total = 0

        def counted(frames: Iterator[Frame]) -> Iterator[Frame]:
            nonlocal total
            for frame in frames:
                total += int(frame.counts.sum())
                yield frame

        limit = given.budget // _RESULT_SHARE
        columns = collect(counted(near.frames()), Bound.of(near, False), limit, given.tmpdir)
    return WordCounts(columns, total=total, read=counts.read)


def _frames(counts: NGramCounts, k: int, min_count: int, far: RunStore) -> Iterator[Frame]:
    """The k-grams in the order of their bytes, which is that of their keys, but for slots.

    N-grams with characters beyond the BMP have keys that sort elsewhere; they go into runs of their
    own.
    """
    for keys, values in counts.gram_chunks(k, min_count):
        for first in range(0, len(keys), _ROWS):
            part, part_values = keys[first : first + _ROWS], values[first : first + _ROWS]
            slots = holds_symbol(part, FIRST_SLOT, LAST_SLOT)
            if slots.any():
                far.add(sorted_frame(_frame(part[slots], part_values[slots], k, counts.alphabet)))
                part, part_values = part[~slots], part_values[~slots]
            if len(part):
                yield from _frame(part, part_values, k, counts.alphabet).frames()


def _frame(keys: Keys, values: Counts, k: int, alphabet: Alphabet) -> Frame:
    text = alphabet.decode(unpack_keys(keys, k).reshape(-1))
    points = code_points(text).reshape(len(keys), k)
    widths = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
    return Frame(
        widths.sum(axis=1).astype(np.uint32),
        values,
        NONE,
        np.frombuffer(text.encode("utf-8"), np.uint8),
    )
