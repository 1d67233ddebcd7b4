"""Compressed files as plain bytes: bounded in what one reading gives, and in all."""

import io
import re
from typing import IO, TYPE_CHECKING, Any

from nlpzero.errors import CorpusError

if TYPE_CHECKING:
    from typing_extensions import Buffer

#: Plain bytes for each stored byte, beyond which a file is taken for a bomb. Chinese text has 3 to
#: 10; what repeats itself all the time, a log of one line, can have more.
MAX_EXPANSION = 200.0
#: Plain bytes that every file may have, however few are stored.
FREE_BYTES = 64 << 20

_BUFFER = 1 << 17


class StoredBytes(io.RawIOBase):
    """What is read of a file as it is stored, with a count of the bytes that passed."""

    passed = 0


def compression(head: bytes) -> str | None:
    """What the first 10 bytes of a file say.

    A text may well begin with "BZh", so bzip2 needs more.
    """
    if head[:3] == b"\x1f\x8b\x08":
        return "gzip"
    if re.match(rb"BZh[1-9](1AY&SY|\x17rE8P\x90)", head):
        return "bzip2"
    if head[:6] == b"\xfd7zXZ\x00":
        return "xz"
    if head[:4] == _ZSTD_MAGIC or re.match(rb"[\x50-\x5f]\x2a\x4d\x18", head):
        return "zstd"
    return None


def decompressed(name: str, raw: StoredBytes, kind: str | None, limit: float | None) -> IO[bytes]:
    """A file whose ``read(n)`` gives ``n`` bytes of text unless it ends.

    Parameters
    ----------
    name : str
        For messages.
    raw : StoredBytes
    kind : str or None
        What :func:`compression` says.
    limit : float or None
        Plain bytes for each stored byte at the most, beyond the first 64 MiB; None for any number.
    """
    if kind is None:
        return io.BufferedReader(raw, _BUFFER)
    stored: Any = io.BufferedReader(raw, _BUFFER)
    file: Any
    if kind == "gzip":
        import gzip

        file = gzip.GzipFile(fileobj=stored, mode="rb")
    elif kind == "bzip2":
        import bz2

        file = _Streams(stored, bz2.BZ2Decompressor)
    elif kind == "xz":
        import lzma

        file = _Streams(stored, lzma.LZMADecompressor)
    else:
        file = _zstd(name, stored)
    return io.BufferedReader(_Bounded(name, raw, file, limit), _BUFFER)


class _Bounded(io.RawIOBase):
    """A decompressed file that may not grow beyond all measure."""

    def __init__(self, name: str, raw: StoredBytes, file: Any, limit: float | None) -> None:
        super().__init__()
        self.name = name
        self.raw = raw
        self.plain = file
        self.limit = limit
        self.size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        read: int = self.plain.readinto(buffer)
        self.size += read
        if (
            self.limit is not None
            and self.size > FREE_BYTES
            and self.size > self.limit * self.raw.passed
        ):
            raise CorpusError(
                f"{self.name}: {self.raw.passed:,} bytes have become {self.size:,}, more than "
                f"{self.limit:g} times as many; if it should be so, allow it (--max-expansion none)"
            )
        return read


class _Streams(io.RawIOBase):
    """Compressed streams, one after another, zeros between and behind them.

    Python's own files take a second stream that is damaged for something that only follows the
    first, and leave it out without a word.
    """

    def __init__(self, file: IO[bytes], new: Any) -> None:
        super().__init__()
        self.file = file
        self.new = new
        self.stream: Any = new()
        self.data = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            if self.stream is None and not self._begin_stream():
                return 0
            if self.stream.needs_input and not self.data:
                self.data = self.file.read(_BUFFER)
                if not self.data:
                    raise EOFError
            given, self.data = (self.data, b"") if self.stream.needs_input else (b"", self.data)
            plain = self.stream.decompress(given, len(view))
            if self.stream.eof:
                self.data = self.stream.unused_data
                self.stream = None
            if plain:
                view[: len(plain)] = plain
                return len(plain)

    def _begin_stream(self) -> bool:
        """Whether there is another stream."""
        while not (data := self.data.lstrip(b"\0")):
            self.data = self.file.read(_BUFFER)
            if not self.data:
                return False
        self.data = data
        self.stream = self.new()
        return True


# --- Zstandard ------------------------------------------------------------------------------------

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_SKIPPED = range(0x184D2A50, 0x184D2A60)  # numbers of frames that hold no text
_RLE = 1  # a block that is one byte, repeated


def _zstd(name: str, stored: IO[bytes]) -> Any:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # 3.14

        return _Streams(stored, zstd.ZstdDecompressor)
    except ImportError:
        try:
            import zstandard
        except ImportError:
            raise CorpusError(
                f"{name}: is compressed with Zstandard, which needs a package more; "
                "run: pip install 'nlpzero[zstd]'"
            ) from None
        return _ZstdFile(stored, zstandard)


class _ZstdFile(io.RawIOBase):
    """Frames of Zstandard, one after another, through the package ``zstandard``.

    Its own stream reader takes a truncated file for a complete one, and its decompressor gives all
    that its input holds at once, up to 32,768 bytes for each. So it gets one block at a time, which
    holds at most 128 KiB (RFC 8878, section 3.1.1.2).
    """

    def __init__(self, file: IO[bytes], package: Any) -> None:
        super().__init__()
        self.file = file
        self.new = lambda: package.ZstdDecompressor(max_window_size=1 << 31).decompressobj()
        self.frame: Any = None
        self.checksum = 0  # bytes of it, at the end of the frame
        self.plain = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        view = memoryview(buffer).cast("B")
        while not self.plain:
            if self.frame is not None:
                self._block()
            elif not self._begin_frame():
                return 0
        size = min(len(view), len(self.plain))
        view[:size] = self.plain[:size]
        self.plain = self.plain[size:]
        return size

    def _exactly(self, size: int) -> bytes:
        data = self.file.read(size)
        if len(data) < size:
            raise EOFError
        return data

    def _begin_frame(self) -> bool:
        """Read the header of the next frame that holds text; False at the end of the file."""
        magic = self.file.read(4)
        if not magic:
            return False
        if len(magic) < 4:
            raise EOFError
        if int.from_bytes(magic, "little") in _SKIPPED:
            size = int.from_bytes(self._exactly(4), "little")
            while size:
                size -= len(self._exactly(min(size, _BUFFER)))
            return True
        if magic != _ZSTD_MAGIC:
            raise OSError("something follows that is no frame")
        descriptor = self._exactly(1)
        flags = descriptor[0]
        single = flags >> 5 & 1
        window = 1 - single
        dictionary = (0, 1, 2, 4)[flags & 3]
        content = (single, 2, 4, 8)[flags >> 6]
        self.checksum = 4 * (flags >> 2 & 1)
        self.frame = self.new()
        rest = self._exactly(window + dictionary + content)
        self.plain = memoryview(self.frame.decompress(magic + descriptor + rest))
        return True

    def _block(self) -> None:
        head = self._exactly(3)
        number = int.from_bytes(head, "little")
        last, kind, size = number & 1, number >> 1 & 3, number >> 3
        data = head + self._exactly(1 if kind == _RLE else size)
        if last:
            data += self._exactly(self.checksum)
        self.plain = memoryview(self.frame.decompress(data))
        if last:
            self.frame = None
