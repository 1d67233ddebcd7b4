"""How much a word deserves a place in a dictionary: what listing it saves, whether it is part of a
longer word, whether it is new.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlpzero.discovery.candidates import atoms_of, only_runs
from nlpzero.discovery.methods import DEFAULT_MAX_LENGTH
from nlpzero.discovery.string_table import Strings, StringTable
from nlpzero.engine.arrays import Counts, Floats
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import DIGIT, FIRST_SLOT, char_classes

#: A word that stands inside one longer word at this share of its occurrences is a fragment of it.
FRAGMENT_SHARE = 0.8
#: A word that saves less than this, in nats, is a free combination of other words. Of the ten
#: thousand best words of reviews, technical articles and news, jieba's dictionary holds 52, 60 and
#: 75 per cent of those below it, 89, 91 and 95 of the others (docs/discovery.md).
COMBINATION_SAVING = 4.0
# how much certainty weighs, as in the ranking by score
_CERTAINTY_POWER = 16


@dataclass(frozen=True)
class Unity:
    """How far words are units of their own; arrays aligned with the words.

    saving : ndarray of float64, in nats
        What listing a word saves at each of its occurrences against the best sequence of other
        words that spells it, over the root of the number of places where it could be split; 0 for
        single characters and runs.
    reading : ndarray of int64
        That sequence: bit i, from 0, tells that it is cut before symbol i.
    spelling : ndarray of float64, in nats
        What it costs to write the word once, by the frequencies of its symbols.
    holder : ndarray of int64
        Row of the word inside which it stands most often, -1 if there is none.
    held : ndarray of float64 in [0, 1]
        At which share of its occurrences it stands there.
    numbers : ndarray of bool
        Whether a number (digits alone) begins the word or stands inside.
    """

    saving: Floats
    reading: Counts
    spelling: Floats
    holder: Counts
    held: Floats
    numbers: npt.NDArray[np.bool_]


def unity_of(
    words: Strings,
    occurrences: Counts,
    symbol_counts: Counts,
    total: int,
    least: int,
    alphabet: Alphabet,
    in_run: npt.NDArray[np.bool_],
) -> Unity:
    """How far the words of a run are units.

    words : all that were found, single symbols and runs too
    occurrences : int64[n], of their strings
    symbol_counts : int64[65536], of each symbol in the text, which has `total`
    least : smallest count of a word
    """
    n = len(words.counts)
    starts, ends, holders = atoms_of(words.symbols, words.offsets, in_run)
    table = StringTable()
    table.add_strings(words)
    table.add(words.symbols, starts, ends, np.zeros(len(starts), np.int64))
    atoms = np.ones(table.n, bool)
    sizes = np.bincount(holders, minlength=n)
    atoms[:n] = sizes == 1
    # an atom that is too rare alone to be listed may stand alone nearly that often
    floors = np.where(atoms, max(1, least // 2), 0)
    gains, reading = table.other_readings(n, in_run, atoms, floors)
    holder, held = table.longest_shares(occurrences, DEFAULT_MAX_LENGTH)
    prices = -np.log(np.maximum(symbol_counts, 1) / max(total, 1))
    spelling: Floats = np.bincount(
        np.repeat(np.arange(n), words.lengths), weights=prices[words.symbols], minlength=n
    ).astype(float)
    return Unity(
        gains / np.sqrt(np.maximum(sizes - 1, 1)),
        reading,
        spelling,
        holder,
        held,
        _with_numbers(words, alphabet, (starts, ends, holders), sizes) & ~only_runs(words, in_run),
    )


def _with_numbers(
    words: Strings,
    alphabet: Alphabet,
    atoms: tuple[Counts, Counts, Counts],
    sizes: Counts,
) -> npt.NDArray[np.bool_]:
    """Whether an atom of a word that is not its last is a number."""
    starts, ends, holders = atoms
    points = np.arange(0x10000, dtype=np.uint32)
    points[FIRST_SLOT : FIRST_SLOT + len(alphabet.astral)] = alphabet.astral
    digits = np.concatenate([[0], np.cumsum(char_classes(points)[words.symbols] == DIGIT)])
    number = digits[ends] - digits[starts] == ends - starts
    number &= ends < words.offsets[holders + 1]
    return np.bincount(holders, number, minlength=len(sizes)) > 0


def novelty_scores(
    counts: npt.ArrayLike,
    tokens: int,
    saving: npt.ArrayLike,
    spelling: npt.ArrayLike,
    certainty: npt.ArrayLike,
    entropy: npt.ArrayLike,
    occurrences: npt.ArrayLike,
    known: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """What new words are ranked by: the share of its description that a word saves, if it is a
    word, is free, and is new.

    ``(s - d / c) / (s - ln p) * certainty ** 16 * H / ln(1 + occurrences) * p / (p + q)``
    with ``p = c / tokens``; 0 where nothing is saved.

    Parameters
    ----------
    counts : array of int >= 1
        c, how often each is a word of the text.
    tokens : int >= 1
        Words of the text.
    saving : array of float, in nats
        s, what listing the word saves at each occurrence against the best sequence of other words:
        ``(ln p - sum of ln p(part)) / sqrt(places where it could be split)``.
    spelling : array of float >= 0, in nats
        d, what it costs to write the word into the dictionary.
    certainty : array of float in [0, 1]
        That the segmenter cuts at both edges and not inside; 1 for methods without a segmenter.
    entropy : array of float >= 0, in nats
        H, the smaller branching entropy; nan counts as 0.
    occurrences : array of int
        How often the string occurs, as a word or not.
    known : array of float >= 0
        q, share of the word in the words of general text; 0 if it is not known there.

    Returns
    -------
    ndarray of float64 in [0, 1)

    Notes
    -----
    The first factor is a description length. To write a word by other words costs ``s - ln p`` nats
    each time (at one place to split); listed, it costs ``-ln p``, and once the d nats of its entry.
    What is left of s is therefore the share that the entry saves. It needs no least count, since
    rare words do not earn their entry, and does not grow with the count. The nats of several places
    add up like independent evidence, and are divided by the root of their number, as scores are in
    Stouffer's method. The next two factors are those of
    :func:`nlpzero.discovery.ranking.learned_scores`. The last one is the probability that an
    occurrence out of both texts, each given the same weight, is from this one.

    Examples
    --------
    >>> scores = novelty_scores(
    ...     [100, 100, 100], 10_000, [9.0, 2.0, 9.0], [12, 12, 12], [1, 1, 1], [3.0, 3.0, 3.0],
    ...     [100, 100, 100], [0, 0, 0.01]
    ... )
    >>> scores.round(3).tolist()
    [0.424, 0.185, 0.212]
    """
    c = np.maximum(np.asarray(counts, float), 1.0)
    p = c / max(tokens, 1)
    s = np.asarray(saving, float)
    saved = np.clip(s - np.asarray(spelling) / c, 0.0, None)
    share = saved / np.where(saved > 0, s - np.log(np.minimum(p, 1.0)), 1.0)
    freedom = np.nan_to_num(np.asarray(entropy, float)) / np.log1p(
        np.maximum(np.asarray(occurrences, float), 1.0)
    )
    sure = np.asarray(certainty, float) ** _CERTAINTY_POWER
    return share * sure * np.clip(freedom, 0.0, 1.0) * p / (p + np.asarray(known))
