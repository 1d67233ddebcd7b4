"""Transactions as they arrive: a sample of the beginning, and lines that know where they stand."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from nlpzero.engine.resources import ReadReport
from nlpzero.rules.tables import frame_blocks, is_table, read_table
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.files import line_ends_before

# bytes that a sample may have, and lines that are enough
_SAMPLE, _SAMPLE_LINES = 1 << 20, 200
# a sample has no less, if there is more
_LEAST_SAMPLE = 1 << 14

# a quoted cell may go over so many lines and bytes; and so many may turn out to have no end
_MOST_LINES, _MOST_BYTES, _MOST_FAILURES = 1000, 1 << 16, 20


class _Block(NamedTuple):
    """A piece of an input: the number of the input, its name, the line where it begins, bytes."""

    input: int
    name: str
    data: bytes


def whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that end with a line."""
    held: list[bytes] = []
    for block in blocks:
        end = block.rfind(b"\n") + 1
        if end == 0:
            held.append(block)  # inside a very long line
            continue
        if held:
            yield b"".join([*held, block[:end]])
        else:
            yield block if end == len(block) else block[:end]
        held = [block[end:]] if end < len(block) else []
    if held:
        yield b"".join([*held, b"\n"])


class LineBlocks:
    """The bytes of inputs in blocks of whole lines, none of which belongs to two inputs.

    Iterated once.

    Parameters
    ----------
    text : Corpus, Shard or data frame
    size : int
        Bytes of a block, about.
    report : ReadReport
        Receives what was read.
    progress : callable or None
        Called with the number of bytes just read.

    Attributes
    ----------
    name : str
        The input that the present block belongs to.
    begins : bool
        Whether the block is the first one of its input.
    first_input : bool
        Whether the block is of the first input.
    """

    def __init__(
        self, text: Any, size: int, report: ReadReport, progress: Callable[[int], object] | None
    ) -> None:
        self._text = text
        self._size = size
        self._report = report
        self._progress = progress
        self._arriving = self._arrive()
        self._ahead: deque[_Block] = deque()
        self._line = 1
        self._joined: list[tuple[int, int]] = []
        self._input = 0
        self._failures = 0
        self.name = "the input"
        self.begins = self.first_input = True

    def _arrive(self) -> Iterator[_Block]:
        text = self._text
        if not isinstance(text, (Corpus, Shard)):
            for data in frame_blocks(text):
                yield _Block(0, "the data frame", data)
            return
        if not text.pieces:  # a corpus of another kind
            for data in text.byte_blocks(self._size, report=self._report, progress=self._progress):
                yield _Block(0, "the input", data)
            return
        for number, piece in enumerate(text.pieces):
            source = piece.source
            if is_table(source):
                data_blocks = read_table(source, self._report, self._progress)
            else:
                part = Shard((piece,), text.encoding, text.errors, text.field)
                data_blocks = part.byte_blocks(
                    self._size, report=self._report, progress=self._progress
                )
            for data in data_blocks:
                yield _Block(number, source.name, data)

    def sample(self) -> str:
        """Whole lines from the beginning of the first input; they are read again afterwards."""
        held, lines = 0, 0
        for block in self._arriving:
            self._ahead.append(block)
            if block.input != self._ahead[0].input:
                break
            held += len(block.data)
            lines += block.data.count(b"\n")
            if held >= _SAMPLE or (held >= _LEAST_SAMPLE and lines >= _SAMPLE_LINES):
                break
        if not self._ahead:
            return ""
        first = self._ahead[0]
        self.name = first.name
        data = b"".join(block.data for block in self._ahead if block.input == first.input)
        size = _LEAST_SAMPLE
        while size < _SAMPLE and data.count(b"\n", 0, size) < _SAMPLE_LINES:
            size *= 2
        data = data[:size]
        end = data.rfind(b"\n") + 1
        # a sample that ends inside a very long line may end inside a character
        return (data[:end] if end else data).decode("utf-8", "ignore")

    def _blocks(self) -> Iterator[_Block]:
        while self._ahead:
            yield self._ahead.popleft()
        yield from self._arriving

    def inputs(self) -> Iterator[Iterator[bytes]]:
        """The blocks of each input, cut anywhere."""
        for number, (_, blocks) in enumerate(groupby(self._blocks(), key=lambda b: b.input)):
            self._line, self._input, self._failures = 1, number, 0
            self._joined = []
            self.begins = True
            self.first_input = number == 0
            yield self._named(blocks)

    def _named(self, blocks: Iterable[_Block]) -> Iterator[bytes]:
        for block in blocks:
            self.name = block.name
            yield block.data

    def __iter__(self) -> Iterator[bytes]:
        for blocks in self.inputs():
            for block in whole_lines(blocks):
                yield block
                self._line += block.count(b"\n")
                self.begins = False

    def records(self, separator: str) -> Iterator[bytes]:
        """The same with line ends inside quoted cells turned into spaces: a record a line."""
        for blocks in self.inputs():
            held = b""
            for block in whole_lines(blocks):
                block, held = held + block, b""
                if b'"' in block:
                    block, held = self._join(block, separator)
                if block:
                    yield block
                    self._advance(block)
            if held:  # a quote without an end: ordinary lines
                self._joined = []
                yield held
                self._advance(held)

    def _advance(self, block: bytes) -> None:
        self._line += block.count(b"\n") + sum(extra for _, extra in self._joined)
        self._joined = []
        self.begins = False

    def _join(self, block: bytes, separator: str) -> tuple[bytes, bytes]:
        """The records of a block, and its end if that is the beginning of a record."""
        self._joined = []
        lines = block.split(b"\n")[:-1]
        records: list[bytes] = []
        at = 0
        while at < len(lines):
            line = lines[at]
            odd = line.count(b'"') % 2 and self._failures < _MOST_FAILURES
            if odd and opens_quote(line.decode(), separator):
                quotes, size, end = line.count(b'"'), len(line), at + 1
                while quotes % 2 and end < len(lines):
                    if end - at > _MOST_LINES or size > _MOST_BYTES:
                        break
                    quotes += lines[end].count(b'"')
                    size += len(lines[end]) + 1
                    end += 1
                if quotes % 2 == 0:
                    joined = b" ".join(part.removesuffix(b"\r") for part in lines[at:end])
                    if not opens_quote(joined.decode(), separator):
                        self._joined.append((len(records), end - at - 1))
                        records.append(joined)
                        at = end
                        continue
                elif end == len(lines) and end - at <= _MOST_LINES and size <= _MOST_BYTES:
                    rest = b"\n".join([*lines[at:], b""])
                    return b"\n".join([*records, b""]) if records else b"", rest
                self._failures += 1
            records.append(line)
            at += 1
        return b"\n".join([*records, b""]), b""

    def line_of(self, row: int) -> int:
        """The number, in its input, of the line where a row of the present block begins."""
        before = 0
        if isinstance(self._text, (Corpus, Shard)) and self._text.pieces:
            piece = self._text.pieces[self._input]
            before = line_ends_before(piece) if piece.start else 0
        extra = sum(extra for joined, extra in self._joined if joined < row)
        return before + self._line + row + extra

    def place(self, row: int) -> str:
        """Where a row of the present block stands, for messages: ``file:line``."""
        return f"{self.name}:{self.line_of(row)}"


def opens_quote(line: str, separator: str) -> bool:
    """Whether a line ends inside a quoted cell.

    Examples
    --------
    >>> opens_quote('1,"black', ","), opens_quote('5" disk,1', ","), opens_quote('"a",b', ",")
    (True, False, False)
    """
    end = re.escape(separator)
    cell = re.compile(rf'\s*"(?:[^"]|"")*"\s*(?:{end}|\Z)')
    at = 0
    while at <= len(line):
        match = cell.match(line, at)
        if match:
            if not match[0].endswith(separator):
                return False
            at = match.end()
            continue
        rest = line[at:].lstrip()
        if rest.startswith('"') and '"' not in rest[1:].replace('""', ""):
            return True
        stop = line.find(separator, at)
        if stop < 0:
            return False
        at = stop + len(separator)
    return False
