"""Scores of segmentations, as the SIGHAN bakeoffs define them."""

import re
from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate, zip_longest
from typing import NamedTuple

from nlpzero.engine.frames import DataFrame, data_frame
from nlpzero.errors import CorpusError

# what separates words: white space, the ideographic space among it
_SPACES = re.compile(r"\s+")
# of words of two lines that are aligned: some seconds, and four bytes for each
_MOST_PAIRS = 1 << 24


class SegmentationScore(NamedTuple):
    """How well a segmentation agrees with a reference.

    lines : lines with words
    gold_words, predicted_words, correct_words : int
        A word is correct if the reference has it at the same place.
    precision, recall, f1 : float
        correct / predicted, correct / gold, and their harmonic mean; 0 where there is nothing to
        divide by.
    oov_rate, oov_recall, iv_recall : float or None
        Share of the reference's words that are not known, and recall of these and of the others;
        None without known words, or where there are no such words.
    """

    lines: int
    gold_words: int
    predicted_words: int
    correct_words: int
    precision: float
    recall: float
    f1: float
    oov_rate: float | None
    oov_recall: float | None
    iv_recall: float | None

    def to_dataframe(self) -> DataFrame:
        """One row with the fields as columns, as ``nlpzero evaluate --format json`` names them.

        Scores of several segmentations are put together by ``pandas.concat``, or by
        ``pandas.DataFrame(scores)``.

        Raises
        ------
        ImportError
            There is no pandas.
        """
        return data_frame(self._fields, [self])


def score_segmentation(
    gold: Iterable[str],
    predicted: Iterable[str],
    *,
    known_words: Collection[str] | None = None,
    strict: bool = True,
    names: tuple[str, str] = ("gold", "predicted"),
) -> SegmentationScore:
    """Compare a segmentation with a reference, line by line.

    Parameters
    ----------
    gold, predicted : iterable of str
        Lines, words separated by white space of any kind. Both must hold the same characters.
    known_words : collection of str, optional
        The words of the training text (or dictionary), for the OOV figures. A set is best.
    strict : bool
        Insist on the same text in both. Otherwise lines that differ are scored too, as the
        bakeoff's script does (in the MSR test set a few quotation marks stand in other lines than
        in its reference).
    names : tuple of str
        What to call the two in error messages.

    Returns
    -------
    SegmentationScore

    Raises
    ------
    CorpusError
        A line holds other characters than its reference, or one of the two has more lines; the
        message names the first such line.

    Notes
    -----
    Sproat and Emerson (2003), "The first international Chinese word segmentation bakeoff". Their
    script aligns the words of each line with ``diff``, whose short cuts now and then count a
    correct word as wrong, or one beside its place as correct: 3 words of PKU's 104,372 and 13 of
    MSR's 106,873 in the output of a dictionary. The figures here agree with it to three decimals,
    and do not depend on the version of ``diff``.

    Examples
    --------
    >>> gold, predicted = ["我们 在 野生 动物园 玩"], ["我们 在野 生动 物 园 玩"]
    >>> score = score_segmentation(gold, predicted, known_words={"我们", "在"})
    >>> score.correct_words, score.gold_words, score.predicted_words
    (2, 5, 6)
    >>> round(score.f1, 3), score.oov_rate, round(score.oov_recall, 3), score.iv_recall
    (0.364, 0.6, 0.333, 0.5)
    """
    if isinstance(gold, str) or isinstance(predicted, str):
        raise TypeError("`gold` and `predicted` must be iterables of lines, got one str.")
    known = None if known_words is None else known_words
    lines = total = given = correct = 0
    unknown = unknown_correct = 0
    for number, (left, right) in enumerate(_pairs(gold, predicted, names), 1):
        gold_words, predicted_words = left.split(), right.split()
        if not gold_words and not predicted_words:
            continue
        same = _check_same(gold_words, predicted_words, number, names, strict)
        lines += 1
        total += len(gold_words)
        given += len(predicted_words)
        found = (
            _found(gold_words, predicted_words)
            if same
            else _aligned(gold_words, predicted_words, number)
        )
        correct += sum(found)
        if known is not None:
            for word, right_one in zip(gold_words, found, strict=True):
                if word not in known:
                    unknown += 1
                    unknown_correct += right_one
    recall = correct / total if total else 0.0
    precision = correct / given if given else 0.0
    f1 = 2 * precision * recall / (precision + recall) if correct else 0.0
    inside = total - unknown
    return SegmentationScore(
        lines,
        total,
        given,
        correct,
        precision,
        recall,
        f1,
        None if known is None or not total else unknown / total,
        None if known is None or not unknown else unknown_correct / unknown,
        None if known is None or not inside else (correct - unknown_correct) / inside,
    )


def _pairs(
    gold: Iterable[str], predicted: Iterable[str], names: tuple[str, str]
) -> Iterator[tuple[str, str]]:
    """Lines of both, side by side; empty lines at the end of one of them do no harm."""
    for number, (left, right) in enumerate(zip_longest(gold, predicted), 1):
        for missing, line, short, long in (
            (left, right, names[0], names[1]),
            (right, left, names[1], names[0]),
        ):
            if missing is None and line is not None and line.strip():
                raise CorpusError(
                    f"line {number}: {short} has only {number - 1} lines, {long} goes on with "
                    f"{_shown(line.strip())}"
                )
        yield left or "", right or ""


def _found(gold: list[str], predicted: list[str]) -> list[bool]:
    """Which gold words the prediction has; both hold the same text."""
    spans = set(_spans(predicted))
    return [span in spans for span in _spans(gold)]


def _spans(words: list[str]) -> list[tuple[int, int]]:
    ends = list(accumulate(map(len, words)))
    return list(zip([0, *ends], ends, strict=False))


def _aligned(gold: list[str], predicted: list[str], number: int) -> list[bool]:
    """Which gold words are in a longest common subsequence of the two lists, those of a line."""
    head = 0
    while head < min(len(gold), len(predicted)) and gold[head] == predicted[head]:
        head += 1
    tail = 0
    while tail < min(len(gold), len(predicted)) - head and gold[-1 - tail] == predicted[-1 - tail]:
        tail += 1
    a, b = gold[head : len(gold) - tail], predicted[head : len(predicted) - tail]
    inner = [False] * len(a)
    if not set(a).isdisjoint(b):
        # longest[i][j]: for what is left of a from i and of b from j
        if len(a) * len(b) > _MOST_PAIRS:
            raise CorpusError(
                f"line {number}: {len(a):,} and {len(b):,} words that differ are too many to be "
                "aligned; are line ends missing?"
            )
        longest = [array("i", bytes(4 * len(b) + 4)) for _ in range(len(a) + 1)]
        for i in range(len(a) - 1, -1, -1):
            row, below = longest[i], longest[i + 1]
            for j in range(len(b) - 1, -1, -1):
                row[j] = below[j + 1] + 1 if a[i] == b[j] else max(below[j], row[j + 1])
        i = j = 0
        while i < len(a) and j < len(b):
            if a[i] == b[j]:
                inner[i] = True
                i, j = i + 1, j + 1
            elif longest[i + 1][j] >= longest[i][j + 1]:
                i += 1
            else:
                j += 1
    return [True] * head + inner + [True] * tail


def _check_same(
    gold: list[str], predicted: list[str], number: int, names: tuple[str, str], strict: bool
) -> bool:
    left, right = "".join(gold), "".join(predicted)
    if left == right or not strict:
        return left == right
    at = next(
        (i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    raise CorpusError(
        f"line {number}: the texts differ at character {at + 1}: {names[0]} has "
        f"{_shown(left[at:])}, {names[1]} has {_shown(right[at:])}"
    )


def _shown(text: str) -> str:
    if not text:
        return "nothing more"
    return repr(text if len(text) <= 12 else text[:12] + "…")


def without_spaces(line: str) -> str:
    """The text of a segmented line: its words without what separates them.

    Examples
    --------
    >>> without_spaces("我们  在\\u3000这里 ")
    '我们在这里'
    """
    return _SPACES.sub("", line)
