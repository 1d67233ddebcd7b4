"""A corpus as numbers of words: cut once, kept on disk, and read by all methods."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nlpzero.engine.jit import kernel
from nlpzero.engine.passes import Passes
from nlpzero.errors import CorpusError
from nlpzero.segmentation.tokenizers import Tokenizer, portable
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.vectors.methods import VectorMethod
from nlpzero.words.sorted_frames import SpilledRun
from nlpzero.words.word_ids import (
    Part,
    Stretches,
    Vocabulary,
    common_ids,
    number_words,
    read_words,
)

_SHARD_BYTES = 32 << 20


@kernel
def documents_of(
    numbers: NDArray[np.int32],
    table: NDArray[np.int32],
    ids: NDArray[np.int32],
    starts: NDArray[np.int64],
) -> tuple[int, int]:
    """Ids of the kept words, from 0 on, and where each line that has one begins; how many of both.

    ``numbers`` are those of a part, 0 the end of a line; ``table`` gives each its common id, from 1
    on, or a negative number for a word that is left out.
    """
    filled = 0
    lines = 0
    starts[0] = 0
    for i in range(len(numbers)):
        if numbers[i] == 0:
            if filled > starts[lines]:
                lines += 1
                starts[lines] = filled
            continue
        word = table[numbers[i]]
        if word > 0:
            ids[filled] = word - 1
            filled += 1
    if filled > starts[lines]:
        lines += 1
        starts[lines] = filled
    return filled, lines


class Words(NamedTuple):
    """Where workers find the common ids: what of a vocabulary is cheap to send.

    Attributes
    ----------
    run : SpilledRun
        The words, sorted.
    ids : str
        File of their ids.
    size : int
        How many there are.
    """

    run: SpilledRun
    ids: str
    size: int

    def documents(self, part: Part) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ids of the words of a part, from 0 on, and where each line begins, with the end."""
        numbers = np.fromfile(part.path + ".ids", np.int32)
        ids = np.empty(len(numbers), np.int32)
        starts = np.empty(np.count_nonzero(numbers == 0) + 2, np.int64)
        filled, lines = documents_of(numbers, common_ids(part, self.run, self.ids), ids, starts)
        return ids[:filled], starts[: lines + 1]


class NumberedText(NamedTuple):
    """What methods learn from.

    Attributes
    ----------
    parts : list of Part
        For workers: ``words.documents(part)`` gives the ids of one.
    words : Words
        For workers.
    vocabulary : Vocabulary
    tokens : int
        Words of the corpus, those that are left out among them.
    """

    parts: list[Part]
    words: Words
    vocabulary: Vocabulary
    tokens: int

    @property
    def counts(self) -> NDArray[np.int64]:
        """How often each word occurs, by ids from 0 on: most frequent first."""
        return self.vocabulary.counts()[1:]

    def listed(self) -> list[str]:
        """The words by ids from 0 on."""
        return [self.vocabulary.word(i + 1) for i in range(self.words.size)]


def read_numbered(
    text: Corpus | Shard, tokenizer: Tokenizer, method: VectorMethod, passes: Passes[Any]
) -> NumberedText:
    """Cut a corpus into words on disk and choose those that get vectors.

    Raises
    ------
    CorpusError
        There is no word to learn.
    """
    passes.common_folder()
    if not passes.single and not passes.threads:
        tokenizer = portable(tokenizer, passes.folder)
    parts: list[Part] = []
    tokens = 0
    for found, totals in passes.map(
        read_words,
        tokenizer,
        passes.folder,
        method.window,
        passes.share,
        Stretches(lines=True, marks=tokenizer.punctuation),
        stage="read words",
        shards=text.shards(passes.jobs, _SHARD_BYTES),
        ordered=True,
    ):
        parts.extend(found)
        tokens += int(totals[0])
    vocabulary = number_words(
        parts, passes.folder, lambda counts: counts >= method.min_count, method.max_words
    )
    size = len(vocabulary.order)
    if not size:
        raise CorpusError(
            f"no word occurs {method.min_count} times or more among {tokens:,}, so there is "
            "nothing to learn; give more text, or a smaller min_count"
        )
    return NumberedText(parts, Words(vocabulary.run, vocabulary.ids, size), vocabulary, tokens)
