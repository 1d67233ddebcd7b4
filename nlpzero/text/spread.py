"""A small sample spread over a text, to try out what a long run will take."""

import contextlib
import time
from collections.abc import Generator
from dataclasses import dataclass

from nlpzero.engine.resources import ReadReport
from nlpzero.errors import CorpusError
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.files import Piece, open_raw, read_errors

#: Bytes of the largest sample.
SAMPLE_BYTES = 8 << 20
# it is taken from so many places, if each gives at least so many bytes
_PLACES = 64
_LEAST_PLACE = 1 << 16
# how far from a place a line may begin
_SCAN = 1 << 20
# stored bytes after which it is known how much text they give: some of them were only read ahead
_LOOKED_AT = 2 << 20
# parts of the sample, each half of the next
_HALVINGS = 5


@dataclass(frozen=True)
class SpreadSample:
    """A sample of places of a text.

    Attributes
    ----------
    parts : list of list of str
        Each holds the one before and is about twice as large; the last is the sample.
    total : int
        Bytes of the text as UTF-8; estimated, if it is compressed or stored otherwise.
    reading : float
        Seconds that reading and decoding a byte takes.
    """

    parts: list[list[str]]
    total: int
    reading: float


def spread_sample(corpus: Corpus, size: int | None = None) -> SpreadSample:
    """Read some stretches of lines at places with the same distance.

    Of a file that cannot be entered in the middle, such as a compressed one, its beginning.

    Parameters
    ----------
    corpus : Corpus
        Of files.
    size : int >= 1, optional
        Bytes to read, about. Default :data:`SAMPLE_BYTES`.

    Raises
    ------
    CorpusError
        The text cannot be read, or only once.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "text.txt")
    ...     _ = path.write_text("今天天气不错\\n" * 100, encoding="utf-8")
    ...     sample = spread_sample(Corpus(path))
    >>> sample.total, sum(map(len, sample.parts[-1]))
    (1900, 700)
    """
    size = SAMPLE_BYTES if size is None else size
    stored = 0
    for source in corpus.sources:
        if source.size is None or source.once is not None:
            raise CorpusError(
                f"{source.name}: how much text it holds is not known beforehand; an estimate needs "
                "files"
            )
        stored += source.size
    everything = stored <= size
    places = max(1, min(_PLACES, size // _LEAST_PLACE))
    stretch = -(-size // places)
    texts: list[str] = []
    seen = text_bytes = used = 0
    known = 0.0  # of the sources looked at, their text
    begun = time.perf_counter()
    place = 0
    for piece in corpus.pieces:
        own = piece.source.size or 0
        first = place
        while place < places and place * stored < (seen + own) * places:
            place += 1
        offsets = [max(0, i * stored // places - seen) for i in range(first, place)]
        if everything:
            offsets, stretch = [0], size
        seen += own
        if not offsets or not own:
            continue
        found, read, ratio = _stretches(corpus, piece, offsets, stretch)
        texts += found
        text_bytes += read
        used += own
        known += own * ratio
    elapsed = time.perf_counter() - begun
    total = round(known * stored / used) if used else 0
    parts = [[_begin(text, halvings) for text in texts] for halvings in range(_HALVINGS, -1, -1)]
    return SpreadSample(parts, total, elapsed / text_bytes if text_bytes else 0.0)


def _begin(text: str, halvings: int) -> str:
    """Its first half, quarter and so on, of whole lines where possible."""
    if not halvings:
        return text
    end = -(-len(text) >> halvings) if len(text) >> halvings else 1
    return text[: text.rfind("\n", 0, end) + 1 or end]


def _stretches(
    corpus: Corpus, piece: Piece, offsets: list[int], stretch: int
) -> tuple[list[str], int, float]:
    """Texts of a source at some places; their bytes; and what a stored byte gives."""
    whole = len(offsets) == 1 and stretch >= (piece.source.size or 0)
    parts = [] if whole else _ranges(corpus, piece, offsets, stretch)
    if not parts:  # from the beginning, what all places together would give
        parts, stretch = [piece], stretch * len(offsets)
    texts: list[str] = []
    text_bytes = counted = stored = 0
    for part in parts:
        report = ReadReport()
        text, size, seen = _read(corpus, part, stretch, report)
        texts.append(text)
        text_bytes += size
        counted += seen
        stored += report.bytes_read
    return texts, text_bytes, counted / stored if stored else 1.0


def _read(corpus: Corpus, piece: Piece, size: int, report: ReadReport) -> tuple[str, int, int]:
    """Text of at least `size` bytes, if the piece has as many; its bytes, and those looked at."""
    shard = Shard((piece,), corpus.encoding, corpus.errors, corpus.field)
    found: list[str] = []
    held = seen = 0
    with contextlib.closing(_blocks(shard, max(1024, size // 12), report)) as blocks:
        for block in blocks:
            seen += len(block.encode("utf-8"))
            if held < size or piece.end is not None:
                found.append(block)
                held = seen
            elif report.bytes_read >= _LOOKED_AT:
                break
    return "".join(found), held, seen


def _blocks(shard: Shard, chars: int, report: ReadReport) -> Generator[str, None, None]:
    yield from shard.blocks(chars, report=report)


def _ranges(corpus: Corpus, piece: Piece, offsets: list[int], stretch: int) -> list[Piece]:
    """Stretches of whole lines after some places; none if the source cannot be entered there."""
    if not corpus.divisible(piece):
        return []
    source = piece.source
    own = source.size or 0
    parts = []
    with read_errors(source), contextlib.closing(open_raw(source)) as file:

        def line_start(offset: int) -> int | None:
            if offset == 0 or offset >= own:
                return min(offset, own)
            file.seek(offset - 1)
            feed = file.read(_SCAN).find(b"\n")
            return None if feed < 0 else offset + feed

        for offset, following in zip(offsets, [*offsets[1:], own], strict=True):
            start, end = line_start(offset), line_start(min(offset + stretch, following))
            if start is None or end is None:
                return []
            if start < end:
                parts.append(Piece(source, start, end))
    return parts
