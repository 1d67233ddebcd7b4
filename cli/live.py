"""Standard input as it comes: a line that is typed or piped in can be answered at once."""

import os
import stat
import sys
from collections.abc import Callable, Iterator

import click

import nlpzero
from nlpzero.text.decoding import TextDecoder, codec_name

from .configs import in_options

_READ_BYTES = 1 << 20
# bytes of the longest byte order mark, and those that tell a compressed file
_MARK_BYTES = 4
_HEAD_BYTES = 10


def check_encoding(encoding: str) -> None:
    """Refuse what is no encoding before anything is read or waited for."""
    try:
        codec_name(encoding)
    except ValueError as error:
        raise click.UsageError(in_options(str(error), ("encoding",))) from error


def is_terminal() -> bool:
    """Whether somebody types standard input."""
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):
        return False  # there is none


def _is_compressed(head: bytes) -> bool:
    from nlpzero.text.compressed import compression

    return compression(head) is not None


def is_compressed_file() -> bool:
    """Whether standard input is a file (not a pipe) that is compressed."""
    try:
        number = sys.stdin.fileno()
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return False
        head = os.pread(number, _HEAD_BYTES, os.lseek(number, 0, os.SEEK_CUR))
    except (AttributeError, OSError, ValueError):
        return False  # no descriptor, or no such calls on this system: read it as it comes
    return _is_compressed(head)


class LiveInput:
    """Standard input, decoded as soon as it comes; waits for its first bytes.

    Attributes
    ----------
    read : ReadReport
    encoding : str
        With the byte order that the first bytes told.
    mark : bytes
        The byte order mark, which the blocks leave out.
    """

    def __init__(self, encoding: str, errors: str) -> None:
        self.read = nlpzero.ReadReport()
        self._decoder = TextDecoder("standard input", codec_name(encoding), errors, self.read)
        self._next = _reader()
        head = self._next()
        while head and len(head) < _MARK_BYTES and b"\n" not in head:
            more = self._next()
            if not more:
                break
            head += more
        if _is_compressed(head[:_HEAD_BYTES]):
            raise nlpzero.CorpusError(
                "standard input: is compressed; give the file itself, or decompress it first, as "
                "zcat does"
            )
        self._head = self._decoder.begin(head)
        self.mark = head[: len(head) - len(self._head)]
        self.encoding = self._decoder.encoding

    def blocks(self) -> Iterator[str]:
        """The text in blocks, each as soon as it is there."""
        data, offset, final = self._head, len(self.mark), False
        while True:
            text, used = self._decoder.decode(data, final, offset)
            if text:
                yield text
            if final:
                return
            more = self._next()
            data, offset, final = data[used:] + more, offset + used, not more


def _reader() -> Callable[[], bytes]:
    if sys.stdin is None:
        raise nlpzero.CorpusError("standard input: is closed")
    try:
        number = sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return lambda: sys.stdin.buffer.read(_READ_BYTES)  # not a real file
    return lambda: os.read(number, _READ_BYTES)
