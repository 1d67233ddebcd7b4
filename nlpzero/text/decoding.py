"""Bytes into characters: encodings, byte order marks, and exact account of the bytes that are
none.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import NoReturn

from nlpzero.engine.resources import ReadReport
from nlpzero.errors import CorpusError

# Encodings that shift between states; nobody keeps corpora in them and no byte offset would be
# true.
_STATEFUL = re.compile(r"iso2022\w*|hz|utf-7|punycode|idna|raw-unicode-escape|unicode-escape")


def codec_name(encoding: str) -> str:
    """Python's name of a usable encoding, ``utf-8`` for UTF-8 with or without a byte order mark."""
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError, TypeError):
        info = None
    if info is None or info.name == "undefined" or not getattr(info, "_is_text_encoding", True):
        raise ValueError(
            "`encoding` must name an encoding such as utf-8, gb18030, big5 or utf-16, got "
            f"{encoding!r}."
        )
    if _STATEFUL.fullmatch(info.name):
        raise ValueError(
            f"`encoding` {encoding!r} cannot be read; convert the text to UTF-8 first, "
            f"for example with iconv -f {encoding} -t utf-8."
        )
    return "utf-8" if info.name == "utf-8-sig" else info.name


def line_safe(encoding: str) -> bool:
    """Whether the byte 0A is a line feed wherever it stands, so that bytes can be cut after it.

    True for UTF-8, the single-byte sets with ASCII, and the multi-byte sets of East Asia, in none
    of which it is part of another character; not for UTF-16, UTF-32 and EBCDIC.
    """
    try:
        return b"\n".decode(encoding) == "\n"
    except UnicodeDecodeError:
        return False


def settled_encoding(encoding: str, mark: bytes = b"") -> str:
    """The encoding with its byte order, so that writing it adds no mark.

    Parameters
    ----------
    encoding : str
    mark : bytes
        The byte order mark of the text, empty if it has none.

    Examples
    --------
    >>> settled_encoding("utf-16"), settled_encoding("utf-16", codecs.BOM_UTF16_BE)
    ('utf-16-le', 'utf-16-be')
    """
    decoder = TextDecoder("", codec_name(encoding), "strict", None)
    decoder.begin(mark)
    return decoder.encoding


class TextDecoder:
    """Bytes of one source into characters, with exact offsets and counts of the bytes that are
    none.
    """

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
            f"{self.name}: begins with the byte order mark of {found.upper()}, not "
            f"{self.encoding.upper()}; pass --encoding {found}"
        )

    def _step(self, data: bytes, final: bool) -> tuple[str, int]:
        """Characters, and the number of bytes they took.

        An unfinished character at the end waits.
        """
        if self.encoding == "utf-8":
            return codecs.utf_8_decode(data, "strict", final)
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        text = decoder.decode(data, final)
        return text, len(data) - len(decoder.getstate()[0])

    def decode(self, data: bytes, final: bool, offset: int) -> tuple[str, int]:
        """As :meth:`_step`, for bytes that begin at `offset` in the source, any of them possibly
        bad.
        """
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
        # Error by error, in windows: an error copies what it was found in, so the cost stays
        # linear. Line by line: how much a decoder takes for bad depends on what follows, and what
        # follows a line end may or may not have been read yet.
        by_lines = line_safe(self.encoding)
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


def cut_text(text: str, chars: int) -> Iterator[str]:
    """Pieces of at most `chars` characters that end at line ends where possible."""
    at = 0
    while len(text) - at > chars:
        end = text.rfind("\n", at, at + chars) + 1 or at + chars
        yield text[at:end]
        at = end
    if at < len(text):
        yield text[at:] if at else text


_SURROGATES = "[\ud800-\udfff]"


def without_surrogates(
    text: str, decoder: TextDecoder, where: str | Callable[[], str]
) -> tuple[str, int]:
    """The text, and its size in UTF-8. Strings can hold lone surrogates, which have no bytes."""
    try:
        return text, len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        if decoder.errors == "strict":
            place = where if isinstance(where, str) else where()
            raise CorpusError(
                f"{place}: character {error.start} is a lone surrogate "
                f"(U+{ord(text[error.start]):04X}), which is no character; pass --errors replace"
            ) from None
    text, count = re.subn(_SURROGATES, "\ufffd" if decoder.errors == "replace" else "", text)
    if decoder.report is not None:
        decoder.report.bad_bytes += count
    return text, len(text.encode("utf-8"))
