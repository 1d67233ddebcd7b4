"""A text as blocks of code points: UTF-8 is decoded by several threads at once, which Python's own
decoder is not.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from nlpzero.engine.jit import interpreting
from nlpzero.engine.resources import ReadReport
from nlpzero.text.characters import code_points
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.decoding import TextDecoder
from nlpzero.text.files import Progress
from nlpzero.text.point_kernels import decode_utf8

Points = npt.NDArray[np.uint32]

_LINE_END = 0x0A
# of a block, in bytes: what is made of it lies in the caches until it is used
_SIZE = 1 << 20


def point_blocks(
    text: Corpus | Shard,
    size: int | None = None,
    *,
    report: ReadReport | None = None,
    progress: Progress | None = None,
) -> Iterator[Points]:
    """The code points of a text in blocks.

    Parameters
    ----------
    text : Corpus or Shard
    size : int >= 1, optional
        Bytes of a block, about; by default a megabyte.
    report : ReadReport, optional
        Receives what was read.
    progress : callable, optional
        Called with the number of bytes just read, as stored.

    Yields
    ------
    ndarray of uint32
        Never empty. Ends with a line end where possible, as the blocks of :meth:`Corpus.blocks`.

    Raises
    ------
    CorpusError
        Something cannot be read; the message names the source and the place.

    Examples
    --------
    >>> [block.tolist() for block in point_blocks(Corpus.from_texts(["中a"]))]
    [[20013, 97, 10]]
    """
    if size is None:
        size = _SIZE
    if size < 1:
        raise ValueError(f"`size` must be an integer >= 1, got {size}.")
    for piece in text.pieces:
        if not text.is_text(piece):
            for block in text.piece_blocks(piece, max(1, size // 3), report, progress, True):
                yield code_points(block)
            continue
        decoder = PointDecoder(piece.source.name, text.encoding, text.errors, report)
        last = _LINE_END
        for block, _ in text.decoded(piece, decoder, max(16, size), report, progress):
            points = code_points(block) if isinstance(block, str) else block
            last = points[-1]
            yield points
        if last != _LINE_END:
            yield np.array([_LINE_END], np.uint32)


class PointDecoder(TextDecoder):
    """As a :class:`TextDecoder`, but valid UTF-8 becomes code points, by a compiled loop.

    Whatever is not valid is left to Python: its messages and its marks are the same everywhere.
    """

    def decode(self, data: bytes, final: bool, offset: int) -> "tuple[str | Points, int]":  # type: ignore[override]
        if self.encoding == "utf-8" and not interpreting():
            out = np.empty(len(data), np.uint32)
            n, used = decode_utf8(np.frombuffer(data, np.uint8), out)
            if used == len(data) or (used >= 0 and not final):
                self.clean = True
                return out[:n], used
        return super().decode(data, final, offset)
