"""What text is read: files, folders, globs, URLs, standard input, strings.

Compressed or not; any encoding.

A :class:`Corpus` is a description of text, not the text: immutable, picklable, as often readable as
its inputs allow, and never in memory as a whole. A :class:`Shard` is a piece of one for a worker.

The text of a corpus is that of its sources in order. A source that does not end with a line end
gets one, so that lines of two sources never run together. Only ``\n`` ends a line; ``\r`` before it
is left in blocks and taken off lines. Everything else, NUL characters too, passes through
untouched. An input given twice is read twice, as ``cat`` does.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from nlpzero.engine.resources import ReadReport
from nlpzero.engine.showing import quoted
from nlpzero.engine.temporary import KeptFolder, PathLike
from nlpzero.errors import CorpusError, ResourceError
from nlpzero.text.compressed import MAX_EXPANSION
from nlpzero.text.decoding import TextDecoder, codec_name, cut_text, line_safe, without_surrogates
from nlpzero.text.files import (
    Input,
    Once,
    Piece,
    Progress,
    Source,
    compression,
    find,
    identity_of,
    line_ends_before,
    open_piece,
    open_raw,
    parts_of_file,
    parts_of_texts,
    read_errors,
)
from nlpzero.text.json_arrays import LOOK, is_array
from nlpzero.text.records import Record, Records, lines_of

__all__ = ["Corpus", "ReadReport", "Shard", "Source", "as_corpus"]

ERRORS = ("strict", "replace", "ignore")
BLOCK_CHARS = 1 << 20
SHARD_BYTES = 16 << 20

_LEAST_SHARD = 1 << 20  # below this, starting the work costs more than sharing it saves


@dataclass(frozen=True)
class _Text:
    """What a corpus and a shard have in common: pieces of sources and how to read them."""

    pieces: tuple[Piece, ...] = field(repr=False)
    encoding: str = "utf-8"
    errors: str = "strict"
    field: str | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """What is read, in order; each has a ``name`` and a ``size``."""
        return tuple(piece.source for piece in self.pieces)

    @property
    def size(self) -> int | None:
        """Bytes as stored, or None when the size of a source is unknown beforehand."""
        total = 0
        for piece in self.pieces:
            end = piece.source.size if piece.end is None else piece.end
            if end is None:
                return None
            total += end - piece.start
        return total

    @property
    def identity(self) -> str:
        """What the text is, without reading files: their names, sizes and times, and which part.

        Raises
        ------
        CorpusError
            The text is standard input, or an iterator: what it holds cannot be told beforehand.
        """
        parts = [(identity_of(piece.source), piece.start, piece.end) for piece in self.pieces]
        return repr((parts, self.encoding, self.errors, self.field))

    @property
    def reiterable(self) -> bool:
        """Whether the text can be read more than once."""
        return all(piece.source.once is None for piece in self.pieces)

    @property
    def portable(self) -> bool:
        """Whether another process can read it: not standard input, nor texts that are no list or
        tuple.
        """
        return all(
            source.once is None
            and (source.kind != "texts" or isinstance(source.texts, (list, tuple)))
            for source in self.sources
        )

    def decoded(
        self,
        piece: Piece,
        decoder: TextDecoder,
        chunk: int,
        report: ReadReport | None,
        progress: Progress | None,
    ) -> Iterator[tuple[Any, bytes | None]]:
        """Text of at most `chunk` bytes at a time, and these bytes if they are good UTF-8.

        Each ends at a line end where possible; the last one may lack it. They are strings, or what
        `decoder` makes of bytes instead.
        """
        with open_piece(piece, report, progress) as file:
            rest = b""  # read and not yet decoded
            carry = ""  # an unfinished line, in encodings where line ends cannot be told in bytes
            offset = piece.start
            started = by_bytes = piece.start > 0
            while True:
                data = file.read(chunk - len(rest))
                final = not data
                data = rest + data if rest else data
                if not started:
                    started = True
                    plain = decoder.begin(data)
                    offset += len(data) - len(plain)
                    data = plain
                    by_bytes = line_safe(decoder.encoding)
                cut = 0
                if final or by_bytes:
                    cut = len(data) if final else data.rfind(b"\n") + 1
                if not cut and by_bytes and not final and len(data) < chunk:
                    rest = data  # the line goes on, and there is room for more of it
                    continue
                # without a line end the cut is anywhere, but never inside a character
                part, rest = (data[:cut], data[cut:]) if cut else (data, b"")
                text, used = decoder.decode(part, cut > 0 or final, offset)
                part, rest = part[:used], part[used:] + rest
                offset += used
                if not by_bytes:
                    text = carry + text
                    end = len(text)
                    if not final:
                        end = text.rfind("\n") + 1 or (end if end >= chunk else 0)
                    text, carry = text[:end], text[end:]
                if len(text):
                    good = by_bytes and decoder.encoding == "utf-8" and decoder.clean
                    yield text, part if good else None
                if final:
                    return

    def _records(
        self, piece: Piece, report: ReadReport | None, progress: Progress | None
    ) -> Iterator[tuple[int, str]]:
        """The documents of a source that consists of such, with their (line) numbers from 1."""
        source = piece.source
        decoder = TextDecoder(source.name, self.encoding, self.errors, report)
        if source.kind == "texts":
            if source.once is not None:
                source.once.take(source.name)
            for i, text in enumerate(source.texts, source.first):
                if not isinstance(text, str):
                    raise TypeError(f"texts[{i}] must be str, got {type(text).__name__}.")
                text, size = without_surrogates(text, decoder, f"texts[{i}]")
                if report is not None:
                    report.bytes_read += size
                if progress is not None:
                    progress(size)
                yield i + 1, text
            return
        _, records = self.piece_records(piece, report, progress)
        for record in records:
            if record.text is not None:
                yield record.line, record.text

    def piece_records(
        self, piece: Piece, report: ReadReport | None = None, progress: Progress | None = None
    ) -> tuple[Records, Iterator[Record]]:
        """The records of a piece whole, with the texts in them.

        Raises
        ------
        CorpusError
            It has none.
        """
        source = piece.source
        if self.field is None or source.kind == "texts" or source.layout == "text":
            raise CorpusError(f"{source.name}: is plain text, without records")
        decoder = TextDecoder(source.name, self.encoding, self.errors, report)
        blocks = self.decoded(piece, decoder, 3 * BLOCK_CHARS, report, progress)
        reader = Records(piece, self.field, decoder)
        return reader, reader.read(source.layout, (text for text, _ in blocks))

    def is_text(self, piece: Piece) -> bool:
        """Whether a piece is text as it stands, and no records."""
        return piece.source.kind != "texts" and piece.source.layout == "text"

    def piece_blocks(
        self,
        piece: Piece,
        chars: int,
        report: ReadReport | None,
        progress: Progress | None,
        end_lines: bool,
    ) -> Iterator[str]:
        if not self.is_text(piece):
            batch: list[str] = []
            held = 0
            for _, text in self._records(piece, report, progress):
                batch.append(text if text.endswith("\n") else text + "\n")
                held += len(batch[-1])
                if held >= chars:
                    yield from cut_text("".join(batch), chars)
                    batch.clear()
                    held = 0
            yield from cut_text("".join(batch), chars)
            return
        decoder = TextDecoder(piece.source.name, self.encoding, self.errors, report)
        ended = True
        for text, _ in self.decoded(piece, decoder, max(16, 3 * chars), report, progress):
            ended = text.endswith("\n")
            yield from cut_text(text, chars)
        if end_lines and not ended:
            yield "\n"

    def blocks(
        self,
        chars: int = BLOCK_CHARS,
        *,
        report: ReadReport | None = None,
        progress: Progress | None = None,
        end_lines: bool = True,
    ) -> Iterator[str]:
        """The text in blocks of at most `chars` characters.

        Parameters
        ----------
        chars : int >= 1
        report : ReadReport, optional
            Receives what was read.
        progress : callable, optional
            Called with the number of bytes just read, as stored.
        end_lines : bool
            Add a line end after a source that does not end with one. Without it the blocks are
            exactly the text, but lines of two sources may run together.

        Yields
        ------
        str
            Never empty. Ends with a line end where possible; a line of more than about `chars`
            characters is cut anywhere between two characters.

        Raises
        ------
        CorpusError
            Something cannot be read; the message names the source and the place.
        """
        if chars < 1:
            raise ValueError(f"`chars` must be an integer >= 1, got {chars}.")
        for piece in self.pieces:
            yield from self.piece_blocks(piece, chars, report, progress, end_lines)

    def byte_order_mark(self) -> bytes:
        """The byte order mark at the very beginning, which the blocks leave out.

        Returns
        -------
        bytes
            Empty if there is none, or if the text is a part of a file or can be read only once.
        """
        piece = self.pieces[0] if self.pieces else None
        if piece is None or piece.start or piece.source.once or not self.is_text(piece):
            return b""
        with open_piece(Piece(piece.source), None, None) as file:
            head = file.read(4)
        rest = TextDecoder(piece.source.name, self.encoding, self.errors, None).begin(head)
        return head[: len(head) - len(rest)]

    def byte_blocks(
        self,
        size: int = 4 << 20,
        *,
        report: ReadReport | None = None,
        progress: Progress | None = None,
    ) -> Iterator[bytes]:
        """The text in blocks of about `size` bytes of valid UTF-8, whatever encoding it is stored
        in.

        Parameters are those of :meth:`blocks`. What is stored as UTF-8 is checked and passed on as
        it is.
        """
        if size < 1:
            raise ValueError(f"`size` must be an integer >= 1, got {size}.")
        chunk = max(16, size)
        for piece in self.pieces:
            if not self.is_text(piece):
                for block in self.piece_blocks(piece, max(1, size // 3), report, progress, True):
                    yield block.encode("utf-8")
                continue
            decoder = TextDecoder(piece.source.name, self.encoding, self.errors, report)
            ended = True
            for text, data in self.decoded(piece, decoder, chunk, report, progress):
                ended = text.endswith("\n")
                yield text.encode("utf-8") if data is None else data
            if not ended:
                yield b"\n"

    def lines(
        self, *, report: ReadReport | None = None, progress: Progress | None = None
    ) -> Iterator[str]:
        """The lines, without their ends (``\\n`` or ``\\r\\n``).

        Parameters are those of :meth:`blocks`.
        """
        begun: list[str] = []  # parts of a line longer than a block
        for block in self.blocks(report=report, progress=progress):
            lines = block.split("\n")
            last = lines.pop()
            if lines:
                if begun:
                    lines[0] = "".join(begun) + lines[0]
                    begun.clear()
                if "\r" in block or lines[0].endswith("\r"):
                    lines = [line.removesuffix("\r") for line in lines]
                yield from lines
            if last:
                begun.append(last)

    def numbered_lines(
        self, *, report: ReadReport | None = None, progress: Progress | None = None
    ) -> Iterator[tuple[str, int, str]]:
        """Lines with the name of their source and their number there, from 1, for messages.

        A line of a record (JSON Lines, CSV, TSV) has the number of the line where the record
        begins, and a line of a string the number of the string.
        """
        for piece in self.pieces:
            name = piece.source.name
            if self.is_text(piece):
                first = 1 + (line_ends_before(piece) if piece.start else 0)
                blocks = self.piece_blocks(piece, BLOCK_CHARS, report, progress, True)
                for number, line in enumerate(lines_of(blocks), first):
                    yield name, number, line[:-1].removesuffix("\r")
                continue
            first = line_ends_before(piece) if piece.start else 0
            for number, text in self._records(piece, report, progress):
                lines = text.split("\n")
                if len(lines) > 1 and not lines[-1]:
                    lines.pop()
                for line in lines:
                    yield name, first + number, line.removesuffix("\r")


@dataclass(frozen=True)
class Shard(_Text):
    """A piece of a corpus for a worker, read with the methods of :class:`Corpus`.

    Made by :meth:`Corpus.shards`.
    """

    @property
    def name(self) -> str:
        """What it is a piece of, for messages."""
        first, last = self.pieces[0], self.pieces[-1]
        if first is not last:
            return f"{first.source.name} ... {last.source.name}"
        if first.end is None:
            return first.source.name
        return f"{first.source.name}:{first.start}-{first.end}"

    def shards(
        self, jobs: int = 1, target_bytes: int = SHARD_BYTES, *, each: int = 4
    ) -> list["Shard"]:
        """Itself: a piece is not cut again."""
        return [self]


@dataclass(frozen=True, init=False)
class Corpus(_Text):
    """Text in files, folders, globs, URLs and standard input.

    Parameters
    ----------
    *inputs : path
        Files (plain, or compressed with gzip, bzip2, xz or Zstandard, told by their content);
        folders, read with all below them in sorted order except hidden files; globs, ``**``
        included, sorted; ``-`` for standard input; URLs such as ``s3://bucket/folder/*.txt`` if the
        package fsspec is there.
    encoding : str
        Of all inputs; UTF-8 by default. Byte order marks are taken off, and tell the byte order of
        UTF-16.
    errors : {"strict", "replace", "ignore"}
        What to do with bytes that are not valid: raise an error that names file and byte, put
        U+FFFD in their place, or leave them out. :class:`ReadReport` tells how many.
    field : str, optional
        The field of JSON (``.jsonl``, ``.ndjson``, ``.json``), CSV or TSV files that holds the
        text; each text is a document. JSON is an object a line, or one array of objects;
        ``meta.body`` is the field ``body`` of the object ``meta``, unless a field has just this
        name. Without `field` their lines are text like any other. Files with other names are text
        in any case; what comes from standard input is JSON if it begins with ``{`` or ``[``, TSV if
        its first line has a tab, and CSV otherwise.
    max_expansion : float >= 1, or None
        How many times as large as it is stored a compressed file may become, beyond 64 MiB; more
        is an error, for it is a bomb rather than a text. None: any number.

    Raises
    ------
    CorpusError
        An input does not exist, is a folder without files, or a pattern that matches none.

    Notes
    -----
    The list of files is made when the corpus is; the files are opened when it is read.

    Examples
    --------
    >>> corpus = Corpus.from_texts(["今天天气不错", "去公园走走"])
    >>> list(corpus.lines())
    ['今天天气不错', '去公园走走']
    """

    def __init__(
        self,
        *inputs: PathLike,
        encoding: str = "utf-8",
        errors: str = "strict",
        field: str | None = None,
        max_expansion: float | None = MAX_EXPANSION,
    ) -> None:
        if not inputs:
            raise ValueError("Corpus needs at least one input: a path, a folder, a glob or '-'.")
        if max_expansion is not None and not max_expansion >= 1:
            raise ValueError(
                f"`max_expansion` must be a number >= 1 or None, got {max_expansion!r}."
            )
        sources = [
            replace(source, max_expansion=max_expansion)
            for item in inputs
            for source in find(item, field)
        ]
        if sum(source.kind == "stdin" for source in sources) > 1:
            raise CorpusError("standard input ('-') can be read only once, so name it once")
        if field is not None and all(source.layout == "text" for source in sources):
            raise CorpusError(
                f"the field {field!r} was asked for, but {sources[0].name} is plain text; "
                "files with fields are named .jsonl, .ndjson, .json, .csv or .tsv"
            )
        self._set(tuple(Piece(source) for source in sources), encoding, errors, field)

    def _set(
        self, pieces: tuple[Piece, ...], encoding: str, errors: str, field: str | None
    ) -> None:
        if errors not in ERRORS:
            raise ValueError(f"`errors` must be one of {', '.join(ERRORS)}, got {errors!r}.")
        values = {
            "pieces": pieces,
            "encoding": codec_name(encoding),
            "errors": errors,
            "field": field,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _with(self, pieces: Iterable[Piece]) -> "Corpus":
        other = object.__new__(Corpus)
        other._set(tuple(pieces), self.encoding, self.errors, self.field)
        return other

    def __repr__(self) -> str:
        names = ", ".join(quoted(source.name, 200) for source in self.sources[:3])
        if len(self.pieces) > 3:
            names += f" and {len(self.pieces) - 3:,} more"
        field = "" if self.field is None else f", field={self.field!r}"
        return f"<Corpus: {names}; encoding={self.encoding!r}, errors={self.errors!r}{field}>"

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, errors: str = "strict") -> "Corpus":
        """A corpus of strings, each a document.

        Parameters
        ----------
        texts : iterable of str
            Not copied. An iterator can be read once only; a list or tuple can be shared among
            processes.
        errors : {"strict", "replace", "ignore"}
            What to do with lone surrogates, which are no characters.

        Raises
        ------
        TypeError
            `texts` is a string itself, or not iterable.
        """
        if isinstance(texts, (str, bytes, os.PathLike)):
            raise TypeError(
                f"`texts` must be an iterable of strings, got a single {type(texts).__name__}; "
                "pass [text] for one document, or Corpus(path) to read a file."
            )
        if not isinstance(texts, Iterable):
            raise TypeError(
                f"`texts` must be an iterable of strings or a Corpus, got {type(texts).__name__}."
            )
        once = Once() if iter(texts) is texts else None
        corpus = object.__new__(cls)
        source = Source("texts", None, kind="texts", texts=texts, once=once)
        corpus._set((Piece(source),), "utf-8", errors, None)
        return corpus

    def shards(
        self, jobs: int = 1, target_bytes: int = SHARD_BYTES, *, each: int = 4
    ) -> list[Shard]:
        """Cut the text into pieces whose texts, one after the other, are the text of the corpus.

        Plain files, in encodings where that is possible, are cut at line ends; everything else is a
        shard as a whole, small files together. What only this process can read is one shard that is
        not :attr:`portable`.

        Parameters
        ----------
        jobs : int >= 1
            Workers to feed: a small corpus is cut smaller, so that each gets several shards.
        target_bytes : int >= 1
            Size to aim for.
        each : int >= 1
            So many of them for each worker.

        Returns
        -------
        list of Shard
            In the order of the text.
        """
        if jobs < 1:
            raise ValueError(f"`jobs` must be an integer >= 1, got {jobs}.")
        if target_bytes < 1:
            raise ValueError(f"`target_bytes` must be an integer >= 1, got {target_bytes}.")
        target = target_bytes
        if jobs > 1 and self.size is not None:
            target = min(target, max(_LEAST_SHARD, self.size // (each * jobs)))
        shards: list[Shard] = []
        group: list[Piece] = []
        held = 0

        def add(*pieces: Piece) -> None:
            if pieces:
                shards.append(Shard(pieces, self.encoding, self.errors, self.field))

        for piece in self.pieces:
            source = piece.source
            small = source.size is not None and source.size <= target
            if small:
                if held + (source.size or 0) > target:
                    add(*group)
                    group, held = [], 0
                group.append(piece)
                held += source.size or 0
                continue
            add(*group)
            group, held = [], 0
            if source.kind == "texts":
                for part in parts_of_texts(piece, target) if jobs > 1 else [piece]:
                    add(part)
            elif self.divisible(piece):
                for part in parts_of_file(piece, target):
                    add(part)
            else:
                add(piece)
        add(*group)
        return shards

    def divisible(self, piece: Piece) -> bool:
        """Whether the bytes of a source can be cut at line ends: the lines are text or JSON, and
        plain. A JSON array cannot.
        """
        source = piece.source
        if (
            source.once is not None
            or source.layout not in ("text", "jsonl")
            or not line_safe(self.encoding)
        ):
            return False
        with read_errors(source), contextlib.closing(open_raw(source)) as file:
            head = Input(file).look(10 if source.layout == "text" else LOOK + 3)
            if source.layout == "jsonl" and is_array(head.decode("latin-1").removeprefix("ï»¿")):
                return False
            return compression(head[:10]) is None

    @contextmanager
    def spool(self, tmpdir: PathLike | None = None) -> Iterator["Corpus"]:
        """A corpus with the same text that can be read often and by other processes.

        What can be read only once (standard input, pipes, iterators) is copied to a temporary file,
        which is gone when the block ends; without any such source this is the corpus itself.

        Parameters
        ----------
        tmpdir : path, optional
            Folder for the file; the system's own by default.

        Raises
        ------
        ResourceError
            The disk is full.
        """
        if self.reiterable:
            yield self
            return
        copies: list[KeptFolder] = []
        try:
            pieces = []
            for piece in self.pieces:
                if piece.source.once is not None:
                    piece = Piece(self._copy(piece, tmpdir, copies))
                pieces.append(piece)
            yield self._with(pieces)
        finally:
            for kept in copies:
                kept.cleanup()

    def _copy(self, piece: Piece, tmpdir: PathLike | None, copies: list[KeptFolder]) -> Source:
        source = piece.source
        kept = KeptFolder(tmpdir)
        copies.append(kept)
        folder, name = kept.path.parent, str(kept.path / "copy")
        try:
            with open(name, "wb") as target:
                if source.kind == "texts":
                    for _, text in self._records(piece, None, None):
                        target.write(text.encode("utf-8"))
                        if not text.endswith("\n"):
                            target.write(b"\n")
                else:
                    if source.once is not None:
                        source.once.take(source.name)
                    with contextlib.closing(open_raw(source)) as file:
                        from shutil import copyfileobj  # most runs copy nothing

                        copyfileobj(file, target, 1 << 20)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ResourceError(
                    f"{folder}: the disk is full, with a copy of {source.name}; "
                    "free some space, or name another folder (--tmpdir)"
                ) from error
            raise CorpusError(
                f"{source.name}: cannot be copied to {folder}: {error.strerror or error}"
            ) from error
        return replace(
            source, kind="file", location=name, size=os.path.getsize(name), texts=(), once=None
        )


def as_corpus(texts: "Corpus | Shard | Iterable[str]", passes: int = 1) -> "Corpus | Shard":
    """A corpus from what a function of the library was given.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Strings are documents, never paths.
    passes : int
        How often the text will be read.

    Raises
    ------
    TypeError
        A single string, or an iterator where two passes are needed.
    CorpusError
        A corpus that reads standard input or a pipe where two passes are needed.

    Examples
    --------
    >>> list(as_corpus(["一", "二"]).lines())
    ['一', '二']
    """
    given = isinstance(texts, (Corpus, Shard))
    corpus = texts if isinstance(texts, (Corpus, Shard)) else Corpus.from_texts(texts)
    if passes > 1 and not corpus.reiterable:
        if given:
            raise CorpusError(
                f"{_first_once(corpus)}: can be read only once and {passes} passes are needed; "
                "save it to a file, or read it through Corpus.spool()"
            )
        raise TypeError(
            f"`texts` is an iterator and {passes} passes are needed; pass a list, or Corpus(path) "
            "for a file."
        )
    return corpus


def _first_once(corpus: _Text) -> str:
    return next(source.name for source in corpus.sources if source.once is not None)
