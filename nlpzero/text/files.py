"""Where text is stored: finding files, opening them, decompressing, cutting them at line ends.

Bytes only.
"""

import contextlib
import io
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any, NoReturn

from nlpzero.engine.resources import ReadReport
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import CorpusError, NlpzeroError
from nlpzero.text.compressed import MAX_EXPANSION, StoredBytes, compression, decompressed

if TYPE_CHECKING:
    from typing_extensions import Buffer


Progress = Callable[[int], object]

_SCAN = 1 << 20
_STDIN = "standard input"


class Once:
    """A mark on a source that can be read only once."""

    def __init__(self) -> None:
        self.taken = False

    def take(self, name: str) -> None:
        if self.taken:
            raise CorpusError(
                f"{name}: can be read only once and has been; save it to a file, or read it "
                "through Corpus.spool()"
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
    max_expansion: float | None = field(default=MAX_EXPANSION, repr=False)
    once: Once | None = field(default=None, repr=False, compare=False)


def identity_of(source: Source) -> tuple[object, ...]:
    """What tells a source from another, and from itself after a change."""
    if source.kind == "file":
        status = os.stat(source.location)
        return source.location, status.st_size, status.st_mtime_ns
    if source.once is not None:
        raise CorpusError(f"{source.name}: cannot be read again; a checkpoint needs files")
    if source.kind == "texts":
        import hashlib  # only for checkpoints

        digest = hashlib.sha256()
        for text in source.texts:
            digest.update(text.encode("utf-8", "surrogatepass") + b"\xff")
        return source.kind, source.first, digest.hexdigest()
    return source.kind, source.location, source.size


@dataclass(frozen=True)
class Piece:
    """A source, or the bytes from ``start`` to ``end`` of it, both at the beginning of a line."""

    source: Source
    start: int = 0
    end: int | None = None


# --- opening --------------------------------------------------------------------------------------


class Input(StoredBytes):
    """A binary file with the bytes already looked at put back, a limit, and a count of what
    passes.
    """

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
        self.passed += size
        if size:
            if self.report is not None:
                self.report.bytes_read += size
            if self.progress is not None:
                self.progress(size)
        return size

    def close(self) -> None:
        self.file.close()
        super().close()


# modules of the errors that damaged compressed data raises; not worth importing for their names
_DAMAGE = {"zlib", "_lzma", "lzma", "zstd", "zstandard", "compression"}


@contextmanager
def read_errors(source: Source) -> Iterator[None]:
    """Whatever goes wrong while bytes are read, as one error that names the source."""
    try:
        yield
    except NlpzeroError:
        raise
    except EOFError as error:
        raise CorpusError(
            f"{source.name}: the compressed file ends too early; it is truncated or still being "
            "written"
        ) from error
    except OSError as error:
        what = error.strerror or f"the compressed file is damaged ({error})"
        if isinstance(error, FileNotFoundError) and not error.strerror:
            what = "no such file"  # some file systems say no more than the name
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


def open_raw(source: Source) -> IO[bytes]:
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
def open_piece(
    piece: Piece, report: ReadReport | None, progress: Progress | None
) -> Iterator[IO[bytes]]:
    """The bytes of a piece, decompressed; ``read(n)`` gives `n` of them unless they end."""
    source = piece.source
    if source.once is not None:
        source.once.take(source.name)
    with read_errors(source), contextlib.closing(open_raw(source)) as raw:
        if piece.end is None:
            file = Input(raw, None, report, progress)
            kind = compression(file.look(10))
            yield decompressed(source.name, file, kind, source.max_expansion)
            return
        # a byte range is only ever made of a plain file
        if piece.start:
            raw.seek(piece.start)
        file = Input(raw, piece.end - piece.start, report, progress)
        yield io.BufferedReader(file, 1 << 17)
        if file.left:
            raise CorpusError(
                f"{source.name}: is {file.left} bytes shorter than when the run began; "
                "do not change files while they are read"
            )


# --- finding --------------------------------------------------------------------------------------


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
    return Source(path, None, location=path, layout=layout, once=Once())


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
    with read_errors(source):
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


def find(item: PathLike, field: str | None) -> list[Source]:
    """The sources an input stands for."""
    if not isinstance(item, (str, os.PathLike)):
        hint = "; pass Corpus.from_texts(texts) for strings" if isinstance(item, Iterable) else ""
        raise TypeError(f"`inputs` must be paths, got {type(item).__name__}{hint}.")
    path = os.fsdecode(item)
    if path == "-":
        layout = "text" if field is None else "guess"
        return [Source(_STDIN, None, kind="stdin", layout=layout, once=Once())]
    if "://" in path:
        return _url(path, field)
    if os.path.isdir(path):
        return _folder(path, field)
    if any(mark in path for mark in "*?[") and not os.path.lexists(path):
        import glob

        matches = sorted(glob.glob(path, recursive=True), key=_parts)
        if "**" in path:
            matches = _once(matches)
        folders = [name for name in matches if os.path.isdir(name)]
        if "**" in path:  # files in these folders match by themselves
            matches = [name for name in matches if name not in set(folders)]
        if not matches:
            raise CorpusError(f"{path}: no file matches this pattern")
        return [source for name in matches for source in _find_match(name, field)]
    return [_file(path, field)]


def _once(names: list[str]) -> list[str]:
    """What ``**`` finds, without what it finds again through links.

    One that leads back to a folder above it would give each file forty times.
    """
    real = {folder: os.path.realpath(folder) for folder in {os.path.dirname(n) for n in names}}
    first: dict[str, str] = {}
    for folder in sorted(real, key=lambda folder: (folder.count(os.sep), folder)):
        first.setdefault(real[folder], folder)
    return [n for n in names if first[real[os.path.dirname(n)]] == os.path.dirname(n)]


def _find_match(name: str, field: str | None) -> list[Source]:
    return _folder(name, field) if os.path.isdir(name) else [_file(name, field)]


# --- cutting --------------------------------------------------------------------------------------


def parts_of_texts(piece: Piece, target: int) -> Iterator[Piece]:
    texts = piece.source.texts
    if not isinstance(texts, (list, tuple)):
        yield piece
        return
    start = size = 0
    for i, text in enumerate(texts):
        size += 3 * len(text) if isinstance(text, str) else 0
        if size >= target or i == len(texts) - 1:
            yield Piece(replace(piece.source, texts=texts[start : i + 1], first=start))
            start, size = i + 1, 0


def parts_of_file(piece: Piece, target: int) -> Iterator[Piece]:
    """Byte ranges of about `target` bytes that end at line ends."""
    source = piece.source
    total = source.size or 0
    with read_errors(source), contextlib.closing(open_raw(source)) as file:
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
            yield Piece(source, start, end)
            start = end


def line_ends_before(piece: Piece) -> int:
    """Number of lines of a source before a byte range of it."""
    count = 0
    with read_errors(piece.source), contextlib.closing(open_raw(piece.source)) as file:
        left = piece.start
        while left:
            data = file.read(min(left, _SCAN))
            if not data:
                break
            count += data.count(b"\n")
            left -= len(data)
    return count
