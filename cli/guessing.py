"""``--encoding auto``: the encoding of the inputs, found in a large sample and announced."""

import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, Any

import click

import nlpzero
from nlpzero.text.files import Piece, Source, open_piece

from .command import FileName
from .progress import note

AUTO = "auto"

_SAMPLE_BYTES = 4 << 20
_OF_ONE_FILE = 64 << 10  # at least, where there are many
_MOST_FILES = 64
_COPIED = 1 << 20

# what Chinese text comes in, by Python's names; others are not looked for
_KNOWN = {
    "utf_8": "utf-8",
    "gb18030": "gb18030",
    "big5": "big5",
    "big5hkscs": "big5hkscs",
    "utf_16_le": "utf-16-le",
    "utf_16_be": "utf-16-be",
    "shift_jis": "shift_jis",
    "euc_jp": "euc_jp",
    "euc_kr": "euc_kr",
}
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def find_encoding(ctx: click.Context) -> None:
    """Put the name of the encoding in the place of ``auto`` among the parameters of a command."""
    if ctx.params.get("encoding") != AUTO:
        return
    quiet = bool(ctx.params.get("quiet"))
    names = list(_inputs(ctx)) or ["-"]
    if "-" in names:
        _keep_standard_input(ctx.params.get("tmpdir"))
    sources = nlpzero.Corpus(*names).sources
    sample = b"".join(_beginnings(sources))
    if "-" in names:
        os.lseek(sys.stdin.fileno(), 0, os.SEEK_SET)
    found = encoding_of(sample)
    ctx.params["encoding"] = found
    note(f"encoding: {found}, found in {len(sample):,} bytes", quiet=quiet)


def encoding_of(sample: bytes) -> str:
    """The encoding of a text, of which this is the beginning, or beginnings one after another.

    Raises
    ------
    NlpzeroError
        The package that knows is not installed, or it finds none.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name
    if sample.isascii():
        return "utf-8"
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        raise nlpzero.NlpzeroError(
            "--encoding auto needs a package more; run: pip install 'nlpzero[encodings]', or name "
            "the encoding"
        ) from None
    best = from_bytes(sample, cp_isolation=list(_KNOWN)).best()
    if best is None:
        raise nlpzero.NlpzeroError(
            "--encoding auto finds no encoding in which the beginning of the text makes sense; "
            "name one"
        )
    return _KNOWN.get(best.encoding, "utf-8")


def _inputs(ctx: click.Context) -> Iterator[str]:
    """What the arguments name to be read."""
    for param in ctx.command.params:
        if isinstance(param, click.Argument) and isinstance(param.type, FileName):
            value: Any = ctx.params.get(param.name or "")
            for name in value if isinstance(value, tuple) else (value,):
                # among the words of `explain` only what is there is an input
                words = (param.metavar or "").startswith("WORD")
                if isinstance(name, str) and (not words or _is_input(name)):
                    yield name


def _is_input(name: str) -> bool:
    return name == "-" or os.path.exists(name) or any(mark in name for mark in "*?[")


def _beginnings(sources: Iterable[Source]) -> Iterator[bytes]:
    """Bytes of the text, decompressed, of the first files, whole lines where they can be told."""
    some = list(sources)[:_MOST_FILES]
    each = max(_OF_ONE_FILE, _SAMPLE_BYTES // max(len(some), 1))
    for source in some:
        # of its own: one that can be read only once still can
        again = Source(source.name, source.size, source.kind, source.location)
        with open_piece(Piece(again), None, None) as file:
            data = file.read(each)
        if len(data) == each and b"\x00" not in data:
            data = data[: data.rfind(b"\n") + 1] or data
        yield data


def _keep_standard_input(tmpdir: str | None) -> None:
    """Copy standard input to a temporary file, to be read twice."""
    kept: IO[bytes] = tempfile.TemporaryFile(dir=tmpdir)  # noqa: SIM115 (until the process ends)
    while data := sys.stdin.buffer.read(_COPIED):
        kept.write(data)
    kept.seek(0)
    sys.stdin = io.TextIOWrapper(kept, encoding="utf-8", newline="\n")
