"""A segmented corpus as bytes: text with separators, tokens, or probabilities.

By as many hands as there are.
"""

import dataclasses
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import IO, Literal, NamedTuple, get_args

from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.temporary import PathLike, atomic_output
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.pieces import is_everywhere, whole_pieces
from nlpzero.segmentation.shared import SharedModel, for_workers, opened
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.text.decoding import settled_encoding

Format = Literal["text", "jsonl", "tokens", "probs"]

# bytes of a file that one worker cuts at a time
SHARD_BYTES = 4 << 20
# inputs smaller than this are not shared among threads
_LEAST_SHARED = 1 << 20
# inputs smaller than this are not worth starting processes for
_WORTH_PROCESSES = 64 << 20
_NO_LIMIT = 1 << 62


class SegmentSummary(NamedTuple):
    """What :func:`segment_corpus` met.

    read : ReadReport
    separator_seen : bool
        The separator occurs in the text, so it cannot be taken out of the result again.
    """

    read: ReadReport
    separator_seen: bool


@dataclasses.dataclass(frozen=True)
class Form:
    """How the result is written; goes to the workers.

    separator : str
    format : {"text", "jsonl", "tokens", "probs"}
    encoding : str
        With the byte order settled.
    errors : {"strict", "replace", "ignore"}
    """

    separator: str
    format: Format
    encoding: str
    errors: str

    def __post_init__(self) -> None:
        if self.format not in get_args(Format):
            names = ", ".join(map(repr, get_args(Format)))
            raise ValueError(f"`format` must be one of {names}, got {self.format!r}.")
        if not self.separator:
            raise ValueError("`separator` must not be empty.")
        try:
            self.separator.encode(self.encoding)
        except UnicodeEncodeError:
            raise ValueError(
                f"`separator` {self.separator!r} cannot be written in {self.encoding.upper()}."
            ) from None

    def encode(self, text: str) -> bytes:
        return text.encode(self.encoding, "replace" if self.errors == "replace" else "strict")


class SegmentWriter:
    """Blocks of text in, bytes of the segmented text out.

    Parameters
    ----------
    segmenter : Segmenter
    separator, format
        As for :func:`segment_corpus`.
    encoding : str
    errors : {"strict", "replace", "ignore"}
        As the text was read: with "replace", a character that the encoding lacks becomes a question
        mark.

    Attributes
    ----------
    separator_seen : bool
        Whether the separator occurred in the text so far.

    Examples
    --------
    >>> from nlpzero import VocabularySegmenter
    >>> writer = SegmentWriter(VocabularySegmenter(["天气"]), separator="/")
    >>> b"".join(writer.parts(["今天", "天气好"])).decode()
    '今/天/天气/好'
    """

    def __init__(
        self,
        segmenter: Segmenter,
        *,
        separator: str = " ",
        format: Format = "text",
        encoding: str = "utf-8",
        errors: str = "strict",
    ) -> None:
        self.segmenter = segmenter
        self.separator_seen = False
        self._form = Form(separator, format, settled_encoding(encoding), errors)

    def parts(self, blocks: Iterable[str]) -> Iterator[bytes]:
        """Bytes of the result, as soon as they are certain: all whole lines of each block.

        Parameters
        ----------
        blocks : iterable of str
            Their concatenation is the text.

        Yields
        ------
        bytes
        """
        form = self._form
        if form.format != "text":
            for piece, _ in whole_pieces(blocks, _NO_LIMIT):
                lines = [line.removesuffix("\r") for line in piece.removesuffix("\n").split("\n")]
                yield form.encode("".join(self._lines(lines)))
            return
        keep = bool(self.segmenter.alphabet.keep)
        everywhere = is_everywhere(form.separator)
        for piece, joined in whole_pieces(blocks, keep=keep, everywhere=everywhere):
            self.separator_seen = self.separator_seen or form.separator in piece
            text = self.segmenter.segment_to_text(piece, form.separator)
            yield form.encode(form.separator + text if joined else text)

    def _lines(self, lines: list[str]) -> Iterator[str]:
        if self._form.format == "probs":
            for line in lines:
                values = self.segmenter.probabilities(line).round(4).tolist()
                yield json.dumps({"text": line, "probabilities": values}, ensure_ascii=False) + "\n"
        elif self._form.format == "jsonl":
            for tokens in self.segmenter.segment_all(lines):
                yield json.dumps(tokens, ensure_ascii=False) + "\n"
        else:
            for tokens in self.segmenter.segment_all(lines):
                yield "".join([f"{token}\n" for token in tokens if not token.isspace()]) + "\n"


def segment_corpus(
    corpus: Corpus | Shard | Iterable[str],
    segmenter: Segmenter,
    out: PathLike | IO[bytes],
    *,
    separator: str = " ",
    format: Format = "text",
    resources: Resources | None = None,
) -> SegmentSummary:
    """Segment a corpus into a file, in the encoding of the corpus.

    The result does not depend on `resources`.

    Parameters
    ----------
    corpus : Corpus or iterable of str
        Its sources are written one after the other, with a line end between two if the first lacks
        it. A byte order mark stays where it was.
    segmenter : Segmenter
    out : path, or binary file
        A path appears complete or not at all.
    separator : str
        What stands between tokens, white space included; a space, only between tokens that are
        not. Text that does not hold it is the result without it, for ``format="text"``.
    format : {"text", "jsonl", "tokens", "probs"}
        text: the input with separators. jsonl: a JSON array of tokens per line. tokens: one token
        per line, an empty line after each line. probs: a JSON object per line with the probability
        of a cut after each character.
    resources : Resources, optional

    Returns
    -------
    SegmentSummary

    Raises
    ------
    ValueError
        The separator is empty or cannot be written in the encoding.
    NlpzeroError
        The text cannot be read, or the disk is full.

    Examples
    --------
    >>> import io
    >>> from nlpzero import VocabularySegmenter
    >>> out = io.BytesIO()
    >>> summary = segment_corpus(["今天天气好"], VocabularySegmenter(["天气", "今天"]), out)
    >>> out.getvalue().decode(), summary.read.bytes_read, summary.separator_seen
    ('今天 天气 好\\n', 15, False)
    """
    text = as_corpus(corpus)
    form = Form(separator, format, settled_encoding(text.encoding), text.errors)
    given = worthwhile(resources or Resources(), text.size, format)
    # text with separators is assembled by compiled loops; the other formats are made of Python
    # strings
    with open_passes(text, given, compiled=format == "text") as passes, output_file(out) as file:
        if passes.single:
            seen = _write_here(passes, segmenter, form, file)
        else:
            seen = _write_by_workers(passes, segmenter, form, file)
        return SegmentSummary(passes.read, seen)


def worthwhile(resources: Resources, size: int | None, format: str) -> Resources:
    """Fewer jobs where the work would be done before the others have started."""
    least = _LEAST_SHARED if format == "text" else _WORTH_PROCESSES
    if resources.executor is None and size is not None and size < least:
        return dataclasses.replace(resources, jobs=1)
    return resources


def output_file(out: PathLike | IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    if isinstance(out, (str, os.PathLike)):
        return atomic_output(out)
    return nullcontext(out)


def _write_here(
    passes: Passes[Corpus | Shard], segmenter: Segmenter, form: Form, file: IO[bytes]
) -> bool:
    report, advance = passes.report(), passes.advance("segment")
    parts = (
        part
        for shard in passes.text.shards(1)
        for part in shard_parts(segmenter, form, shard, report, advance)
    )
    return write_parts(parts, file).separator_seen


def _write_by_workers(
    passes: Passes[Corpus | Shard], segmenter: Segmenter, form: Form, file: IO[bytes]
) -> bool:
    shards = passes.text.shards(passes.jobs, SHARD_BYTES)
    shared = for_workers(segmenter, passes)
    parts = passes.map(_segment_shard, shared, form, stage="segment", shards=shards, ordered=True)
    return write_parts(parts, file).separator_seen


class Part(NamedTuple):
    """A part of the output.

    data : bytes
    line_end : bytes
        Written before anything follows: the text ended inside a line. Else empty.
    separator_seen : bool
        Whether the separator occurred in the text.
    """

    data: bytes
    line_end: bytes
    separator_seen: bool


def write_parts(parts: Iterable[Part], file: IO[bytes]) -> Part:
    """Write parts one after another.

    The last of them, as far as others may follow, without its bytes.
    """
    line_end = b""
    seen = False
    for part in parts:
        if part.data:
            file.write(line_end + part.data if line_end else part.data)
            line_end = part.line_end
        else:  # an empty file: nothing followed yet
            line_end = part.line_end or line_end
        seen = seen or part.separator_seen
    return Part(b"", line_end, seen)


def _segment_shard(
    shard: Shard, shared: Segmenter | SharedModel, form: Form, *, report: ReadReport
) -> Part:
    out = io.BytesIO()
    last = write_parts(shard_parts(opened(shared), form, shard, report), out)
    return last._replace(data=out.getvalue())


def shard_parts(
    segmenter: Segmenter,
    form: Form,
    shard: Shard,
    report: ReadReport,
    advance: Callable[[int], object] | None = None,
) -> Iterator[Part]:
    """Output of the sources of a shard; only the last part of a source can end inside a line."""
    for piece in shard.pieces:
        one = dataclasses.replace(shard, pieces=(piece,))
        mark = one.byte_order_mark()
        if mark:
            yield Part(mark, b"", False)
        encoding = settled_encoding(shard.encoding, mark)
        writer = SegmentWriter(
            segmenter,
            separator=form.separator,
            format=form.format,
            encoding=encoding,
            errors=form.errors,
        )
        ended = True

        def watched(text: Iterable[str]) -> Iterator[str]:
            nonlocal ended
            for block in text:
                ended = block.endswith("\n") or form.format != "text"
                yield block

        blocks = one.blocks(report=report, progress=advance, end_lines=False)
        for data in writer.parts(watched(blocks)):
            yield Part(data, b"", writer.separator_seen)
        if not ended:
            yield Part(b"", "\n".encode(encoding), writer.separator_seen)
