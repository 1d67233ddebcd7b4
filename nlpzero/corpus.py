"""What text is read: files, folders, globs, URLs, standard input, strings; compressed or not; any encoding.

A :class:`Corpus` is a description of text, not the text: immutable, picklable, as often readable as its
inputs allow, and never in memory as a whole. A :class:`Shard` is a piece of one for a worker.

The text of a corpus is that of its sources in order. A source that does not end with a line end gets one, so
that lines of two sources never run together. Only ``\\n`` ends a line; ``\\r`` before it is left in blocks and
taken off lines. Everything else, NUL characters too, passes through untouched. An input given twice is read
twice, as ``cat`` does.
"""

import codecs
import contextlib
import errno
import io
import os
import re
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, NoReturn

from nlpzero.errors import CorpusError, NlpzeroError, ResourceError

if TYPE_CHECKING:
    from typing_extensions import Buffer

PathLike = str | os.PathLike[str]
Progress = Callable[[int], object]

ERRORS = ("strict", "replace", "ignore")
BLOCK_CHARS = 1 << 20
SHARD_BYTES = 16 << 20

_LEAST_SHARD = 1 << 20  # below this, starting the work costs more than sharing it saves
_CSV_FIELD = 1 << 28  # characters; a quote left open must not swallow a whole file into memory
_SCAN = 1 << 20
_STDIN = "standard input"

# Encodings that shift between states; nobody keeps corpora in them and no byte offset would be true.
_STATEFUL = re.compile(r"iso2022\w*|hz|utf-7|punycode|idna|raw-unicode-escape|unicode-escape")


@dataclass
class ReadReport:
    """What was read: filled while reading, to be looked at afterwards.

    Attributes
    ----------
    bytes_read : int
        Bytes as stored, that is before decompression.
    bad_bytes : int
        Bytes not valid in the encoding that were replaced or left out. A lone surrogate in JSON or in a
        string counts as one.
    """

    bytes_read: int = 0
    bad_bytes: int = 0

    def add(self, other: "ReadReport") -> None:
        """Add what another reader read."""
        self.bytes_read += other.bytes_read
        self.bad_bytes += other.bad_bytes


class _Once:
    """A mark on a source that can be read only once."""

    def __init__(self) -> None:
        self.taken = False

    def take(self, name: str) -> None:
        if self.taken:
            raise CorpusError(
                f"{name}: can be read only once and has been; save it to a file, or read it through "
                "Corpus.spool()"
            )
        self.taken = True

    def __reduce__(self) -> NoReturn:
        raise CorpusError(
            "a source that can be read only once cannot be handed to another process; "
            "save it to a file, or read it through Corpus.spool()"
        )


@dataclass(frozen=True)
class Source:
    """One thing text is read from.

    Attributes
    ----------
    name : str
        As it was given, for messages and summaries.
    size : int or None
        Bytes as stored; None when unknown beforehand.
    """

    name: str
    size: int | None
    kind: str = field(default="file", repr=False)  # file, url, stdin, texts
    location: str = field(default="", repr=False)
    layout: str = field(default="text", repr=False)  # text, jsonl, csv, tsv, guess
    texts: Iterable[str] = field(default=(), repr=False, compare=False)
    first: int = field(default=0, repr=False)  # number of texts before these
    once: _Once | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class _Piece:
    """A source, or the bytes from ``start`` to ``end`` of it, both at the beginning of a line."""

    source: Source
    start: int = 0
    end: int | None = None


# --- bytes -------------------------------------------------------------------------------------------------


class _Input(io.RawIOBase):
    """A binary file with the bytes already looked at put back, a limit, and a count of what passes."""

    def __init__(
        self,
        file: IO[bytes],
        limit: int | None = None,
        report: ReadReport | None = None,
        progress: Progress | None = None,
    ) -> None:
        super().__init__()
        self.file = file
        self.left = limit
        self.report = report
        self.progress = progress
        self.head = b""

    def look(self, size: int) -> bytes:
        """The first bytes, which will be read again; fewer only at the end of the file."""
        while len(self.head) < size:
            more = self.file.read(size - len(self.head))
            if not more:
                break
            self.head += more
        return self.head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        if self.left is not None:
            view = view[: self.left]
        if self.head:
            size = min(len(view), len(self.head))
            view[:size] = self.head[:size]
            self.head = self.head[size:]
        else:
            size = self.file.readinto(view) or 0  # type: ignore[attr-defined]
        if self.left is not None:
            self.left -= size
        if size:
            if self.report is not None:
                self.report.bytes_read += size
            if self.progress is not None:
                self.progress(size)
        return size

    def close(self) -> None:
        self.file.close()
        super().close()


class _ZstdFile(io.RawIOBase):
    """Frames of Zstandard, one after another, through the package ``zstandard``.

    Its own stream reader takes a truncated file for a complete one.
    """

    def __init__(self, file: _Input, package: Any) -> None:
        super().__init__()
        self.file = file
        self.new = lambda: package.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
        self.frame = self.new()
        self.fresh = True  # the frame has seen no byte yet
        self.compressed = b""
        self.plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        while not self.plain:
            if self.frame.eof:
                self.compressed = self.frame.unused_data
                self.frame, self.fresh = self.new(), True
            data = self.compressed or self.file.read(1 << 17) or b""
            self.compressed = b""
            if not data:
                if not self.fresh:
                    raise EOFError
                return 0
            self.fresh = False
            self.plain = memoryview(self.frame.decompress(data))
        size = min(len(view), len(self.plain))
        view[:size] = self.plain[:size]
        self.plain = self.plain[size:]
        return size


def _compression(head: bytes) -> str | None:
    """What the first 10 bytes of a file say. A text may well begin with "BZh", so bzip2 needs more."""
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if re.match(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", head):
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if head[:4] == b"\x28\xb5\x2f\xfd" or re.match(rb"[\x50-\x5f]\x2a\x4d\x18", head):
        return "zstd"
    return None


def _decompressed(name: str, raw: _Input) -> IO[bytes]:
    """A file whose ``read(n)`` gives ``n`` bytes of text unless it ends."""
    kind = _compression(raw.look(10))
    file: Any = raw
    if kind == "gzip":
        import gzip

        file = gzip.GzipFile(fileobj=io.BufferedReader(raw, 1 << 17), mode="rb")
    elif kind == "bzip2":
        import bz2

        file = bz2.BZ2File(io.BufferedReader(raw, 1 << 17))
    elif kind == "xz":
        import lzma

        file = lzma.LZMAFile(io.BufferedReader(raw, 1 << 17))  # noqa: SIM115 (closed with raw)
    elif kind == "zstd":
        try:
            from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # 3.14

            file = zstd.ZstdFile(raw)
        except ImportError:
            try:
                import zstandard
            except ImportError:
                raise CorpusError(
                    f"{name}: is compressed with Zstandard, which needs a package more; "
                    "run: pip install 'nlpzero[zstd]'"
                ) from None
            file = _ZstdFile(raw, zstandard)
    return io.BufferedReader(file, 1 << 17)


# modules of the errors that damaged compressed data raises; not worth importing for their names
_DAMAGE = {"zlib", "_lzma", "lzma", "zstd", "zstandard", "compression"}


@contextmanager
def _read_errors(source: Source) -> Iterator[None]:
    """Whatever goes wrong while bytes are read, as one error that names the source."""
    try:
        yield
    except NlpzeroError:
        raise
    except EOFError as error:
        raise CorpusError(
            f"{source.name}: the compressed file ends too early; it is truncated or still being written"
        ) from error
    except OSError as error:
        what = error.strerror or f"the compressed file is damaged ({error})"
        raise CorpusError(f"{source.name}: {what}") from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] in _DAMAGE:
            raise CorpusError(f"{source.name}: the compressed file is damaged ({error})") from error
        if source.kind == "url":  # every file system has errors of its own
            raise CorpusError(f"{source.name}: {error}") from error
        raise


def _fsspec(name: str) -> Any:
    try:
        import fsspec
    except ImportError:
        raise CorpusError(
            f"{name}: reading URLs needs a package more; run: pip install 'nlpzero[dask]'"
        ) from None
    return fsspec


def _open_raw(source: Source) -> IO[bytes]:
    """The bytes as stored, unbuffered where that is up to us."""
    if source.kind == "stdin":
        stream = getattr(sys.stdin, "buffer", None)
        if stream is None:
            raise CorpusError(f"{source.name}: is closed, or is not a stream of bytes")
        try:
            # a descriptor of its own, so that closing it leaves sys.stdin open
            return open(os.dup(stream.fileno()), "rb", buffering=0)
        except (OSError, ValueError):
            return io.BytesIO(stream.read())  # not a real file: a notebook, a test
    if source.kind == "url":
        system, path = _fsspec(source.name).core.url_to_fs(source.location)
        file: IO[bytes] = system.open(path, "rb")
        return file
    return open(source.location, "rb", buffering=0)


@contextmanager
def _open(
    piece: _Piece, report: ReadReport | None, progress: Progress | None
) -> Iterator[IO[bytes]]:
    """The bytes of a piece, decompressed; ``read(n)`` gives `n` of them unless they end."""
    source = piece.source
    if source.once is not None:
        source.once.take(source.name)
    with _read_errors(source), contextlib.closing(_open_raw(source)) as raw:
        if piece.end is None:
            file = _Input(raw, None, report, progress)
            yield _decompressed(source.name, file)
            return
        # a byte range is only ever made of a plain file
        if piece.start:
            raw.seek(piece.start)
        file = _Input(raw, piece.end - piece.start, report, progress)
        yield io.BufferedReader(file, 1 << 17)
        if file.left:
            raise CorpusError(
                f"{source.name}: is {file.left} bytes shorter than when the run began; "
                "do not change files while they are read"
            )


# --- characters --------------------------------------------------------------------------------------------


def _codec_name(encoding: str) -> str:
    """Python's name of a usable encoding, ``utf-8`` for UTF-8 with or without a byte order mark."""
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError, TypeError):
        info = None
    if info is None or not getattr(info, "_is_text_encoding", True):
        raise ValueError(
            f"`encoding` must name an encoding such as utf-8, gb18030, big5 or utf-16, got {encoding!r}."
        )
    if _STATEFUL.fullmatch(info.name):
        raise ValueError(
            f"`encoding` {encoding!r} cannot be read; convert the text to UTF-8 first, "
            f"for example with iconv -f {encoding} -t utf-8."
        )
    return "utf-8" if info.name == "utf-8-sig" else info.name


def _line_safe(encoding: str) -> bool:
    """Whether the byte 0A is a line feed wherever it stands, so that bytes can be cut after it.

    True for UTF-8, the single-byte sets with ASCII, and the multi-byte sets of East Asia, in none of which
    it is part of another character; not for UTF-16, UTF-32 and EBCDIC.
    """
    try:
        return b"\n".decode(encoding) == "\n"
    except UnicodeDecodeError:
        return False


class _Decoder:
    """Bytes of one source into characters, with exact offsets and counts of the bytes that are none."""

    def __init__(self, name: str, encoding: str, errors: str, report: ReadReport | None) -> None:
        self.name = name
        self.encoding = encoding
        self.errors = errors
        self.report = report
        self.clean = True  # whether the last bytes decoded were all good

    def begin(self, data: bytes) -> bytes:
        """Look at the first bytes of a source: choose the byte order, take off the mark."""
        marks = {
            codecs.BOM_UTF8: "utf-8",
            codecs.BOM_UTF32_LE: "utf-32-le",
            codecs.BOM_UTF32_BE: "utf-32-be",
            codecs.BOM_UTF16_LE: "utf-16-le",
            codecs.BOM_UTF16_BE: "utf-16-be",
        }
        # the mark of UTF-32 begins with that of UTF-16, so the order above matters
        mark = next((mark for mark in marks if data.startswith(mark)), b"")
        found = marks.get(mark)
        if found is not None and found in (
            self.encoding,
            self.encoding + "-le",
            self.encoding + "-be",
        ):
            self.encoding = found
            return data[len(mark) :]
        if found is not None:
            self._clash("utf-8" if found == "utf-8" else found[:6])
        if self.encoding in ("utf-16", "utf-32"):
            self.encoding += "-le"  # without a mark, what nearly everybody writes
        if self.encoding == "gb18030" and data.startswith(b"\x84\x31\x95\x33"):
            return data[4:]
        return data

    def _clash(self, found: str) -> NoReturn:
        raise CorpusError(
            f"{self.name}: begins with the byte order mark of {found.upper()}, not {self.encoding.upper()}; "
            f"pass --encoding {found}"
        )

    def _step(self, data: bytes, final: bool) -> tuple[str, int]:
        """Characters, and the number of bytes they took; an unfinished character at the end waits."""
        if self.encoding == "utf-8":
            return codecs.utf_8_decode(data, "strict", final)
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        text = decoder.decode(data, final)
        return text, len(data) - len(decoder.getstate()[0])

    def decode(self, data: bytes, final: bool, offset: int) -> tuple[str, int]:
        """As :meth:`_step`, for bytes that begin at `offset` in the source, any of them possibly bad."""
        self.clean = True
        try:
            return self._step(data, final)
        except UnicodeDecodeError as error:
            if self.errors == "strict":
                way = "--encoding gb18030" if self.encoding == "utf-8" else "another --encoding"
                raise CorpusError(
                    f"{self.name}: byte {offset + error.start}: not valid {self.encoding.upper()}; "
                    f"pass {way} or --errors replace"
                ) from None
        self.clean = False
        text, used, bad = self._mend(data, final)
        if self.report is not None:
            self.report.bad_bytes += bad
        return text, used

    def _mend(self, data: bytes, final: bool) -> tuple[str, int, int]:
        """Characters, bytes taken, bad bytes among these."""
        if self.encoding == "utf-8":
            text, used = codecs.utf_8_decode(data, self.errors, final)
            good = (
                text if self.errors == "ignore" else codecs.utf_8_decode(data, "ignore", final)[0]
            )
            # UTF-8 is unique: what was good is as long as it would be written
            return text, used, used - len(good.encode("utf-8"))
        # Error by error, in windows: an error copies what it was found in, so the cost stays linear. Line by
        # line: how much a decoder takes for bad depends on what follows, and what follows a line end may
        # or may not have been read yet.
        by_lines = _line_safe(self.encoding)
        parts: list[str] = []
        mark = "\ufffd" if self.errors == "replace" else ""
        at = bad = 0
        while at < len(data):
            feed = data.find(b"\n", at, at + 256) if by_lines else -1
            if feed == at:
                parts.append("\n")
                at += 1
                continue
            window = data[at : feed if feed >= 0 else at + 256]
            complete = feed >= 0 or (final and at + len(window) == len(data))
            try:
                text, used = self._step(window, complete)
                if not used and not text:
                    break
            except UnicodeDecodeError as error:
                text = self._step(window[: error.start], True)[0] + mark
                used = error.end
                bad += error.end - error.start
            parts.append(text)
            at += used
        return "".join(parts), at, bad


def _cut(text: str, chars: int) -> Iterator[str]:
    """Pieces of at most `chars` characters that end at line ends where possible."""
    at = 0
    while len(text) - at > chars:
        end = text.rfind("\n", at, at + chars) + 1 or at + chars
        yield text[at:end]
        at = end
    if at < len(text):
        yield text[at:] if at else text


# --- records -----------------------------------------------------------------------------------------------


def _lines(blocks: Iterable[str]) -> Iterator[str]:
    """Lines with their ends; the last one may have none."""
    carry: list[str] = []
    for block in blocks:
        lines = block.split("\n")
        if len(lines) > 1:
            carry.append(lines[0])
            yield "".join(carry) + "\n"
            carry.clear()
            for line in lines[1:-1]:
                yield line + "\n"
        if lines[-1]:
            carry.append(lines[-1])
    if carry:
        yield "".join(carry)


def _kind_of_value(value: Any) -> str:
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), type(value).__name__)


class _Records:
    """The texts that one field of the records of a source holds, with their line numbers."""

    def __init__(self, piece: _Piece, wanted: str, decoder: _Decoder) -> None:
        self.piece = piece
        self.wanted = wanted
        self.decoder = decoder
        self.line = 0  # of this piece

    def place(self) -> str:
        """Where the reader is; the lines before a byte range are counted only when something is wrong."""
        before = _line_ends_before(self.piece) if self.piece.start else 0
        return f"{self.piece.source.name}:{before + self.line}"

    def fail(self, message: str) -> NoReturn:
        raise CorpusError(f"{self.place()}: {message}")

    def jsonl(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        import json

        for line in lines:
            self.line += 1
            if line.isspace():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                what = getattr(error, "msg", None) or str(error)
                self.fail(f"not valid JSON ({what}), got {_shorten(line)}")
            if not isinstance(record, dict):
                self.fail(
                    f"expected a JSON object with the field {self.wanted!r}, got {_shorten(line)}"
                )
            if self.wanted not in record:
                self.fail(
                    f"no field {self.wanted!r}; the fields are: {', '.join(record) or 'none'}"
                )
            value = record[self.wanted]
            if value is None:
                continue
            if not isinstance(value, str):
                self.fail(f"the field {self.wanted!r} must hold text, got {_kind_of_value(value)}")
            if "\\u" in line:
                value, _ = _without_surrogates(value, self.decoder, self.place)
            yield self.line, value

    def _column(self, header: list[str]) -> int:
        if self.wanted not in header:
            self.fail(f"no column {self.wanted!r}; the columns are: {', '.join(header)}")
        return header.index(self.wanted)

    def tsv(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Cells as they stand: a quote is nothing special in a TSV file."""
        column = -1
        for line in lines:
            self.line += 1
            cells = line.rstrip("\r\n").split("\t")
            if column < 0:
                column = self._column(cells)
            elif cells != [""]:
                if len(cells) <= column:
                    self.fail(
                        f"expected at least {column + 1} cells, got {len(cells)}: {_shorten(line)}"
                    )
                yield self.line, cells[column]

    def csv(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        import csv

        # The module's limit is a guard for everybody; a higher one changes no result.
        if csv.field_size_limit() < _CSV_FIELD:
            csv.field_size_limit(_CSV_FIELD)
        reader = csv.reader(lines)
        column = -1
        while True:
            self.line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                self.fail(f"not valid CSV ({error}); is a quote left open?")
            if row is None:
                return
            if not row:
                continue
            if column < 0:
                column = self._column(row)
            elif len(row) <= column:
                self.fail(
                    f"expected at least {column + 1} cells, got {len(row)}: {_shorten(','.join(row))}"
                )
            else:
                yield self.line, row[column]

    def read(self, layout: str, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        if layout == "guess":
            lines = iter(lines)
            first = next(lines, "")
            layout = (
                "jsonl" if first.lstrip().startswith("{") else "tsv" if "\t" in first else "csv"
            )
            lines = _chain(first, lines)
        reader: Callable[[Iterable[str]], Iterator[tuple[int, str]]] = getattr(self, layout)
        return reader(lines)


def _chain(first: str, rest: Iterable[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _shorten(line: str) -> str:
    line = line.strip()
    return repr(line if len(line) <= 40 else line[:40] + "...")


_SURROGATES = re.compile("[\ud800-\udfff]")


def _without_surrogates(
    text: str, decoder: _Decoder, where: str | Callable[[], str]
) -> tuple[str, int]:
    """The text, and its size in UTF-8. Strings can hold lone surrogates, which have no bytes."""
    try:
        return text, len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        if decoder.errors == "strict":
            place = where if isinstance(where, str) else where()
            raise CorpusError(
                f"{place}: character {error.start} is a lone surrogate (U+{ord(text[error.start]):04X}), "
                "which is no character; pass --errors replace"
            ) from None
    text, count = _SURROGATES.subn("\ufffd" if decoder.errors == "replace" else "", text)
    if decoder.report is not None:
        decoder.report.bad_bytes += count
    return text, len(text.encode("utf-8"))


# --- the text ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Text:
    """What a corpus and a shard have in common: pieces of sources and how to read them."""

    pieces: tuple[_Piece, ...] = field(repr=False)
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
    def reiterable(self) -> bool:
        """Whether the text can be read more than once."""
        return all(piece.source.once is None for piece in self.pieces)

    @property
    def portable(self) -> bool:
        """Whether another process can read it: not standard input, nor texts that are no list or tuple."""
        return all(
            source.once is None
            and (source.kind != "texts" or isinstance(source.texts, (list, tuple)))
            for source in self.sources
        )

    def _decoded(
        self,
        piece: _Piece,
        decoder: _Decoder,
        chunk: int,
        report: ReadReport | None,
        progress: Progress | None,
    ) -> Iterator[tuple[str, bytes | None]]:
        """Text of at most `chunk` bytes at a time, and these bytes if they are good UTF-8.

        Each ends at a line end where possible; the last one may lack it.
        """
        with _open(piece, report, progress) as file:
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
                    by_bytes = _line_safe(decoder.encoding)
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
                if text:
                    good = by_bytes and decoder.encoding == "utf-8" and decoder.clean
                    yield text, part if good else None
                if final:
                    return

    def _records(
        self, piece: _Piece, report: ReadReport | None, progress: Progress | None
    ) -> Iterator[tuple[int, str]]:
        """The documents of a source that consists of such, with their (line) numbers from 1."""
        source = piece.source
        decoder = _Decoder(source.name, self.encoding, self.errors, report)
        if source.kind == "texts":
            if source.once is not None:
                source.once.take(source.name)
            for i, text in enumerate(source.texts, source.first):
                if not isinstance(text, str):
                    raise TypeError(f"texts[{i}] must be str, got {type(text).__name__}.")
                text, size = _without_surrogates(text, decoder, f"texts[{i}]")
                if report is not None:
                    report.bytes_read += size
                if progress is not None:
                    progress(size)
                yield i + 1, text
            return
        assert self.field is not None  # sources have another layout only then
        blocks = self._decoded(piece, decoder, 3 * BLOCK_CHARS, report, progress)
        reader = _Records(piece, self.field, decoder)
        yield from reader.read(source.layout, _lines(text for text, _ in blocks))

    def _is_text(self, piece: _Piece) -> bool:
        return piece.source.kind != "texts" and piece.source.layout == "text"

    def _piece_blocks(
        self,
        piece: _Piece,
        chars: int,
        report: ReadReport | None,
        progress: Progress | None,
        end_lines: bool,
    ) -> Iterator[str]:
        if not self._is_text(piece):
            batch: list[str] = []
            held = 0
            for _, text in self._records(piece, report, progress):
                batch.append(text if text.endswith("\n") else text + "\n")
                held += len(batch[-1])
                if held >= chars:
                    yield from _cut("".join(batch), chars)
                    batch.clear()
                    held = 0
            yield from _cut("".join(batch), chars)
            return
        decoder = _Decoder(piece.source.name, self.encoding, self.errors, report)
        ended = True
        for text, _ in self._decoded(piece, decoder, max(16, 3 * chars), report, progress):
            ended = text.endswith("\n")
            yield from _cut(text, chars)
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
            Add a line end after a source that does not end with one. Without it the blocks are exactly the
            text, but lines of two sources may run together.

        Yields
        ------
        str
            Never empty. Ends with a line end where possible; a line of more than about `chars` characters
            is cut anywhere between two characters.

        Raises
        ------
        CorpusError
            Something cannot be read; the message names the source and the place.
        """
        if chars < 1:
            raise ValueError(f"`chars` must be an integer >= 1, got {chars}.")
        for piece in self.pieces:
            yield from self._piece_blocks(piece, chars, report, progress, end_lines)

    def byte_order_mark(self) -> bytes:
        """The byte order mark at the very beginning, which the blocks leave out.

        Returns
        -------
        bytes
            Empty if there is none, or if the text is a part of a file or can be read only once.
        """
        piece = self.pieces[0] if self.pieces else None
        if piece is None or piece.start or piece.source.once or not self._is_text(piece):
            return b""
        with _open(_Piece(piece.source), None, None) as file:
            head = file.read(4)
        rest = _Decoder(piece.source.name, self.encoding, self.errors, None).begin(head)
        return head[: len(head) - len(rest)]

    def byte_blocks(
        self,
        size: int = 4 << 20,
        *,
        report: ReadReport | None = None,
        progress: Progress | None = None,
    ) -> Iterator[bytes]:
        """The text in blocks of about `size` bytes of valid UTF-8, whatever encoding it is stored in.

        Parameters are those of :meth:`blocks`. What is stored as UTF-8 is checked and passed on as it is.
        """
        if size < 1:
            raise ValueError(f"`size` must be an integer >= 1, got {size}.")
        chunk = max(16, size)
        for piece in self.pieces:
            if not self._is_text(piece):
                for block in self._piece_blocks(piece, max(1, size // 3), report, progress, True):
                    yield block.encode("utf-8")
                continue
            decoder = _Decoder(piece.source.name, self.encoding, self.errors, report)
            ended = True
            for text, data in self._decoded(piece, decoder, chunk, report, progress):
                ended = text.endswith("\n")
                yield text.encode("utf-8") if data is None else data
            if not ended:
                yield b"\n"

    def lines(
        self, *, report: ReadReport | None = None, progress: Progress | None = None
    ) -> Iterator[str]:
        """The lines, without their ends (``\\n`` or ``\\r\\n``). Parameters are those of :meth:`blocks`."""
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

        A line of a record (JSON Lines, CSV, TSV) has the number of the line where the record begins, and
        a line of a string the number of the string.
        """
        for piece in self.pieces:
            name = piece.source.name
            if self._is_text(piece):
                first = 1 + (_line_ends_before(piece) if piece.start else 0)
                blocks = self._piece_blocks(piece, BLOCK_CHARS, report, progress, True)
                for number, line in enumerate(_lines(blocks), first):
                    yield name, number, line[:-1].removesuffix("\r")
                continue
            first = _line_ends_before(piece) if piece.start else 0
            for number, text in self._records(piece, report, progress):
                lines = text.split("\n")
                if len(lines) > 1 and not lines[-1]:
                    lines.pop()
                for line in lines:
                    yield name, first + number, line.removesuffix("\r")


@dataclass(frozen=True)
class Shard(_Text):
    """A piece of a corpus for a worker, read with the methods of :class:`Corpus`; made by :meth:`Corpus.shards`."""

    @property
    def name(self) -> str:
        """What it is a piece of, for messages."""
        first, last = self.pieces[0], self.pieces[-1]
        if first is not last:
            return f"{first.source.name} ... {last.source.name}"
        if first.end is None:
            return first.source.name
        return f"{first.source.name}:{first.start}-{first.end}"

    def shards(self, jobs: int = 1, target_bytes: int = SHARD_BYTES) -> list["Shard"]:
        """Itself: a piece is not cut again."""
        return [self]


@dataclass(frozen=True, init=False)
class Corpus(_Text):
    """Text in files, folders, globs, URLs and standard input.

    Parameters
    ----------
    *inputs : path
        Files (plain, or compressed with gzip, bzip2, xz or Zstandard, told by their content); folders, read
        with all below them in sorted order except hidden files; globs, ``**`` included, sorted; ``-`` for
        standard input; URLs such as ``s3://bucket/folder/*.txt`` if the package fsspec is there.
    encoding : str
        Of all inputs; UTF-8 by default. Byte order marks are taken off, and tell the byte order of UTF-16.
    errors : {"strict", "replace", "ignore"}
        What to do with bytes that are not valid: raise an error that names file and byte, put U+FFFD in
        their place, or leave them out. :class:`ReadReport` tells how many.
    field : str, optional
        The field of JSON Lines (``.jsonl``, ``.ndjson``, ``.json``), CSV or TSV files that holds the text;
        each text is a document. Without it their lines are text like any other. Files with other names are
        text in any case; what comes from standard input is JSON Lines if it begins with ``{``, TSV if its first
        line has a tab, and CSV otherwise.

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
    ) -> None:
        if not inputs:
            raise ValueError("Corpus needs at least one input: a path, a folder, a glob or '-'.")
        sources = [source for item in inputs for source in _find(item, field)]
        if sum(source.kind == "stdin" for source in sources) > 1:
            raise CorpusError("standard input ('-') can be read only once, so name it once")
        if field is not None and all(source.layout == "text" for source in sources):
            raise CorpusError(
                f"the field {field!r} was asked for, but {sources[0].name} is plain text; "
                "files with fields are named .jsonl, .ndjson, .json, .csv or .tsv"
            )
        self._set(tuple(_Piece(source) for source in sources), encoding, errors, field)

    def _set(
        self, pieces: tuple[_Piece, ...], encoding: str, errors: str, field: str | None
    ) -> None:
        if errors not in ERRORS:
            raise ValueError(f"`errors` must be one of {', '.join(ERRORS)}, got {errors!r}.")
        values = {
            "pieces": pieces,
            "encoding": _codec_name(encoding),
            "errors": errors,
            "field": field,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _with(self, pieces: Iterable[_Piece]) -> "Corpus":
        other = object.__new__(Corpus)
        other._set(tuple(pieces), self.encoding, self.errors, self.field)
        return other

    @classmethod
    def from_texts(cls, texts: Iterable[str], *, errors: str = "strict") -> "Corpus":
        """A corpus of strings, each a document.

        Parameters
        ----------
        texts : iterable of str
            Not copied. An iterator can be read once only; a list or tuple can be shared among processes.
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
        once = _Once() if iter(texts) is texts else None
        corpus = object.__new__(cls)
        source = Source("texts", None, kind="texts", texts=texts, once=once)
        corpus._set((_Piece(source),), "utf-8", errors, None)
        return corpus

    def shards(self, jobs: int = 1, target_bytes: int = SHARD_BYTES) -> list[Shard]:
        """Cut the text into pieces whose texts, one after the other, are the text of the corpus.

        Plain files, in encodings where that is possible, are cut at line ends; everything else is a shard as
        a whole, small files together. What only this process can read is one shard that is not
        :attr:`portable`.

        Parameters
        ----------
        jobs : int >= 1
            Workers to feed: a small corpus is cut smaller, so that each gets several shards.
        target_bytes : int >= 1
            Size to aim for.

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
            target = min(target, max(_LEAST_SHARD, self.size // (4 * jobs)))
        shards: list[Shard] = []
        group: list[_Piece] = []
        held = 0

        def add(*pieces: _Piece) -> None:
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
                for part in _parts_of_texts(piece, target) if jobs > 1 else [piece]:
                    add(part)
            elif self._divisible(piece):
                for part in _parts_of_file(piece, target):
                    add(part)
            else:
                add(piece)
        add(*group)
        return shards

    def _divisible(self, piece: _Piece) -> bool:
        """Whether the bytes of a source can be cut at line ends: the lines are text or JSON, and plain."""
        source = piece.source
        if (
            source.once is not None
            or source.layout not in ("text", "jsonl")
            or not _line_safe(self.encoding)
        ):
            return False
        with _read_errors(source), contextlib.closing(_open_raw(source)) as file:
            return _compression(_Input(file).look(10)) is None

    @contextmanager
    def spool(self, tmpdir: PathLike | None = None) -> Iterator["Corpus"]:
        """A corpus with the same text that can be read often and by other processes.

        What can be read only once (standard input, pipes, iterators) is copied to a temporary file, which
        is gone when the block ends; without any such source this is the corpus itself.

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
        copies: list[str] = []
        try:
            pieces = []
            for piece in self.pieces:
                if piece.source.once is not None:
                    piece = _Piece(self._copy(piece, tmpdir, copies))
                pieces.append(piece)
            yield self._with(pieces)
        finally:
            for name in copies:
                with suppress(OSError):
                    os.unlink(name)

    def _copy(self, piece: _Piece, tmpdir: PathLike | None, copies: list[str]) -> Source:
        source = piece.source
        folder = tempfile.gettempdir() if tmpdir is None else os.fspath(tmpdir)
        try:
            descriptor, name = tempfile.mkstemp(prefix="nlpzero-", dir=folder)
            copies.append(name)
            with open(descriptor, "wb") as target:
                if source.kind == "texts":
                    for _, text in self._records(piece, None, None):
                        target.write(text.encode("utf-8"))
                        if not text.endswith("\n"):
                            target.write(b"\n")
                else:
                    if source.once is not None:
                        source.once.take(source.name)
                    with contextlib.closing(_open_raw(source)) as file:
                        shutil.copyfileobj(file, target, 1 << 20)
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


# --- finding inputs, cutting shards ------------------------------------------------------------------------


def _layout(name: str, field: str | None) -> str:
    if field is None:
        return "text"
    name = re.sub(r"\.(gz|bz2|xz|zst)$", "", name.lower())
    match = re.search(r"\.(jsonl|ndjson|json|csv|tsv)$", name)
    if match is None:
        return "text"
    return match[1] if match[1] in ("csv", "tsv") else "jsonl"


def _file(path: str, field: str | None) -> Source:
    with _path_errors(path):
        status = os.stat(path)
    if stat.S_ISREG(status.st_mode):
        return Source(path, status.st_size, location=path, layout=_layout(path, field))
    # a named pipe, <(...) of the shell, /dev/null
    layout = "text" if field is None else "guess"
    return Source(path, None, location=path, layout=layout, once=_Once())


@contextmanager
def _path_errors(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: no such file or folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise CorpusError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _parts(path: str) -> list[str]:
    """Sort key: what lies in a folder stays together."""
    return path.split(os.sep)


def _folder(path: str, field: str | None) -> list[Source]:
    found: list[str] = []

    def fail(error: OSError) -> NoReturn:
        raise CorpusError(f"{error.filename}: {error.strerror}") from error

    for folder, folders, files in os.walk(path, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [os.path.join(folder, name) for name in files if not name.startswith(".")]
    # pipes and sockets that lie about are not text; a link to nothing is worth an error
    found = [name for name in found if os.path.isfile(name) or not os.path.exists(name)]
    if not found:
        raise CorpusError(f"{path}: no files in this folder (hidden ones are not read)")
    return [_file(name, field) for name in sorted(found, key=_parts)]


def _url(url: str, field: str | None) -> list[Source]:
    source = Source(url, None, kind="url", location=url)
    with _read_errors(source):
        system, path = _fsspec(url).core.url_to_fs(url)
        if any(mark in path for mark in "*?["):
            paths = [name for name in system.glob(path) if system.isfile(name)]
        elif system.isdir(path):
            paths = system.find(path)
        else:
            paths = [path]
        if not paths:
            raise CorpusError(f"{url}: no files there")
        sources = []
        for path in sorted(paths):
            name = system.unstrip_protocol(path)
            size = system.size(path)
            sources.append(
                Source(name, size, kind="url", location=name, layout=_layout(name, field))
            )
    return sources


def _find(item: PathLike, field: str | None) -> list[Source]:
    """The sources an input stands for."""
    if not isinstance(item, (str, os.PathLike)):
        hint = "; pass Corpus.from_texts(texts) for strings" if isinstance(item, Iterable) else ""
        raise TypeError(f"`inputs` must be paths, got {type(item).__name__}{hint}.")
    path = os.fsdecode(item)
    if path == "-":
        layout = "text" if field is None else "guess"
        return [Source(_STDIN, None, kind="stdin", layout=layout, once=_Once())]
    if "://" in path:
        return _url(path, field)
    if os.path.isdir(path):
        return _folder(path, field)
    if any(mark in path for mark in "*?[") and not os.path.lexists(path):
        import glob

        matches = sorted(glob.glob(path, recursive=True), key=_parts)
        folders = [name for name in matches if os.path.isdir(name)]
        if "**" in path:  # files in these folders match by themselves
            matches = [name for name in matches if name not in set(folders)]
        if not matches:
            raise CorpusError(f"{path}: no file matches this pattern")
        return [source for name in matches for source in _find_match(name, field)]
    return [_file(path, field)]


def _find_match(name: str, field: str | None) -> list[Source]:
    return _folder(name, field) if os.path.isdir(name) else [_file(name, field)]


def _parts_of_texts(piece: _Piece, target: int) -> Iterator[_Piece]:
    texts = piece.source.texts
    if not isinstance(texts, (list, tuple)):
        yield piece
        return
    start = size = 0
    for i, text in enumerate(texts):
        size += 3 * len(text) if isinstance(text, str) else 0
        if size >= target or i == len(texts) - 1:
            yield _Piece(replace(piece.source, texts=texts[start : i + 1], first=start))
            start, size = i + 1, 0


def _parts_of_file(piece: _Piece, target: int) -> Iterator[_Piece]:
    """Byte ranges of about `target` bytes that end at line ends."""
    source = piece.source
    total = source.size or 0
    with _read_errors(source), contextlib.closing(_open_raw(source)) as file:
        start = 0
        while start < total:
            end = start + target
            if end < total:
                file.seek(end - 1)
                end -= 1
                while True:
                    data = file.read(_SCAN)
                    feed = data.find(b"\n")
                    if feed >= 0 or not data:
                        end = end + feed + 1 if data else total
                        break
                    end += len(data)
            end = min(end, total)
            yield _Piece(source, start, end)
            start = end


def _line_ends_before(piece: _Piece) -> int:
    """Number of lines of a source before a byte range of it."""
    count = 0
    with _read_errors(piece.source), contextlib.closing(_open_raw(piece.source)) as file:
        left = piece.start
        while left:
            data = file.read(min(left, _SCAN))
            if not data:
                break
            count += data.count(b"\n")
            left -= len(data)
    return count


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
            f"`texts` is an iterator and {passes} passes are needed; pass a list, or Corpus(path) for a file."
        )
    return corpus


def _first_once(corpus: _Text) -> str:
    return next(source.name for source in corpus.sources if source.once is not None)
