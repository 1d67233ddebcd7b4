"""What is learned from: a sample of a corpus, its alphabet, its symbols."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from nlpzero.engine.resources import ReadReport
from nlpzero.errors import NlpzeroError
from nlpzero.segmentation.lattice import random_key
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.characters import BREAK, char_classes, code_points
from nlpzero.text.corpus import Corpus, Shard, as_corpus

T = TypeVar("T")

# samples are made of blocks of whole lines of about this many characters (some fifty lines of news)
BLOCK_CHARS = 4096
LONGEST_BLOCK = 1 << 16
# characters beyond the BMP that get symbols of their own, the most frequent ones
_MOST_ASTRAL = 4000


# ------------------------------------------------------------------------------------------ reading


def _blocks(
    corpus: Corpus | Shard,
    report: ReadReport | None,
    progress: Callable[[int], object] | None,
) -> Iterator[str]:
    """Blocks of whole lines of about 4,096 characters, cut at the same places however the corpus is
    read.
    """
    rest = ""
    for text in corpus.blocks(report=report, progress=progress):
        text = rest + text
        start = 0
        while len(text) - start > BLOCK_CHARS:
            # the last line end within a block, else the first after it, else anywhere
            end = text.rfind("\n", start, start + BLOCK_CHARS) + 1
            end = end or text.find("\n", start, start + LONGEST_BLOCK) + 1
            if end == 0:
                if len(text) - start < LONGEST_BLOCK:
                    break
                end = start + LONGEST_BLOCK
            yield text[start:end]
            start = end
        rest = text[start:]
    if rest:
        yield rest


def sample_text(
    corpus: Corpus | Shard | Iterable[str],
    size: int,
    *,
    seed: int = 0,
    report: ReadReport | None = None,
    progress: Callable[[int], object] | None = None,
) -> list[str]:
    """A deterministic random sample of blocks of lines of a corpus, read once.

    Parameters
    ----------
    corpus : Corpus or iterable of str
    size : int >= 0
        At most so many bytes of UTF-8. A corpus that is not larger is taken whole.
    seed : int
        Which sample.
    report : ReadReport, optional
    progress : callable, optional
        Called with the number of bytes just read.

    Returns
    -------
    list of str
        Blocks of about 4,096 characters in the order of the corpus.

    Examples
    --------
    >>> sample_text(["今天天气不错", "去公园走走"], 1000)
    ['今天天气不错\\n去公园走走\\n']
    """
    return draw_sample(corpus, size, seed=seed, report=report, progress=progress).blocks


class Sample(NamedTuple):
    """What was drawn.

    blocks : list of str
        In the order of the corpus.
    size : int
        Bytes of UTF-8.
    whole : bool
        Whether it is the whole corpus.
    """

    blocks: list[str]
    size: int
    whole: bool


def draw_sample(
    corpus: Corpus | Shard | Iterable[str],
    size: int,
    *,
    seed: int = 0,
    report: ReadReport | None = None,
    progress: Callable[[int], object] | None = None,
) -> Sample:
    """As :func:`sample_text`, with what there is to say about it."""
    kept, held, whole = drawn(
        _blocks(as_corpus(corpus), report, progress),
        lambda block: len(block.encode("utf-8", "surrogatepass")),
        size,
        seed=seed,
    )
    return Sample(kept, held, whole)


def drawn(
    blocks: Iterable[T], bytes_of: Callable[[T], int], size: int, *, seed: int = 0
) -> tuple[list[T], int, bool]:
    """What is drawn of a sequence of blocks, in its order; the bytes of that; whether it is all."""
    # the blocks with the smallest random numbers are kept; a heap gives up the largest of them
    kept: list[tuple[int, int, int, T]] = []
    held = 0
    whole = True
    key = random_key(seed)
    for number, block in enumerate(blocks):
        rank = random_key(key, number)
        if held >= size and kept and rank > -kept[0][0]:
            whole = False
            continue
        bytes_ = bytes_of(block)
        heapq.heappush(kept, (-rank, number, bytes_, block))
        held += bytes_
        while held > size and len(kept) > 1:
            held -= heapq.heappop(kept)[2]
            whole = False
    return [entry[3] for entry in sorted(kept, key=lambda entry: entry[1])], held, whole


def traditional_to_simplified() -> tuple[tuple[int, int], ...]:
    """Characters that OpenCC's table turns into one simplified character, with that character.

    Returns
    -------
    tuple of (int, int)
        Code points of the Basic Multilingual Plane, sorted.

    Raises
    ------
    NlpzeroError
        The package ``opencc`` is missing.
    """
    try:
        from opencc import OpenCC
    except ImportError as error:
        raise NlpzeroError(
            "folding traditional characters needs the package opencc: pip install "
            "'nlpzero[traditional]'"
        ) from error
    candidates = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFB00)]
    # one character a line: OpenCC's phrases cannot match, so what comes back is its character table
    lines = OpenCC("t2s").convert("\n".join(map(chr, candidates))).split("\n")
    pairs = ((source, line) for source, line in zip(candidates, lines, strict=True))
    return tuple(
        (source, ord(line))
        for source, line in pairs
        if len(line) == 1 and ord(line) != source and ord(line) < 0x10000
    )


def alphabet_of(texts: Iterable[str], mapping: tuple[tuple[int, int], ...]) -> Alphabet:
    """The alphabet of learning, with slots for the frequent characters beyond the BMP."""
    counts: dict[int, int] = {}
    for text in texts:
        # several times as fast as to look for the largest character
        if len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text):
            points = code_points(text)
            points = points[points >= 0x10000]
            points = points[char_classes(points) != BREAK]
            for point, count in zip(*np.unique(points, return_counts=True), strict=True):
                counts[int(point)] = counts.get(int(point), 0) + int(count)
    frequent = sorted(counts, key=lambda point: (-counts[point], point))[:_MOST_ASTRAL]
    return Alphabet(runs="classes", mapping=mapping).with_astral(frequent)


def stream_of(texts: Iterable[str], alphabet: Alphabet) -> npt.NDArray[np.uint16]:
    """Symbols of texts, with a break after each."""
    parts = []
    for text in texts:
        parts.append(alphabet.encode(text).symbols)
        parts.append(np.zeros(1, np.uint16))
    return np.concatenate(parts) if parts else np.zeros(0, np.uint16)
