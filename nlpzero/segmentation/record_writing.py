"""Records with the tokens of one of their fields added: everything else in them stays."""

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import IO, Any, Literal, NamedTuple, get_args

from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import ReadReport, Resources
from nlpzero.engine.showing import listed, quoted
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import CorpusError
from nlpzero.segmentation.base import Segmenter
from nlpzero.segmentation.pieces import is_everywhere
from nlpzero.segmentation.shared import SharedModel, for_workers, opened
from nlpzero.segmentation.writing import SHARD_BYTES, SegmentSummary, output_file, worthwhile
from nlpzero.text.cells import csv_cell
from nlpzero.text.corpus import Corpus, Shard
from nlpzero.text.decoding import settled_encoding
from nlpzero.text.records import Record, Records

RecordFormat = Literal["jsonl", "csv", "tsv"]

# characters of text that are cut and written together
_BATCH_CHARS = 1 << 18
# what cannot be cut (an array, CSV, compressed files) and is larger is written piece by piece, here
_WHOLE_BYTES = 16 << 20
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
# line ends cannot be inside the strings of JSON, so they may go
_LINE_END = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


@dataclass(frozen=True)
class _Form:
    """How records are written; goes to the workers."""

    format: RecordFormat
    tokens_key: str
    separator: str

    def __post_init__(self) -> None:
        if self.format not in get_args(RecordFormat):
            names = ", ".join(map(repr, get_args(RecordFormat)))
            raise ValueError(f"`format` must be one of {names}, got {self.format!r}.")
        if not self.separator:
            raise ValueError("`separator` must not be empty.")
        if not self.tokens_key:
            raise ValueError("`tokens_key` must not be empty.")


class _Rows(NamedTuple):
    """Some records of a source as they are written.

    source : str
        Its name, for messages.
    header : bytes
        The line with the columns; empty for JSON.
    data : bytes
    separator_seen : bool
        Whether the separator occurred in the texts.
    """

    source: str
    header: bytes
    data: bytes
    separator_seen: bool


def segment_records(
    corpus: Corpus,
    segmenter: Segmenter,
    out: PathLike | IO[bytes],
    *,
    format: RecordFormat = "jsonl",
    tokens_key: str = "tokens",
    separator: str = " ",
    resources: Resources | None = None,
) -> SegmentSummary:
    """Write every record of a corpus whole, with the tokens of its text added.

    The result does not depend on `resources`.

    Parameters
    ----------
    corpus : Corpus
        Of JSON, CSV or TSV, with a `field`.
    segmenter : Segmenter
    out : path, or binary file
        A path appears complete or not at all. Written in the encoding of the corpus.
    format : {"jsonl", "csv", "tsv"}
        jsonl: one object a line, as it stands in the input, with a JSON array of the tokens at its
        end; the tokens together are the text, white space included, and there are none where it is
        null. Rows of CSV and TSV become objects of strings. csv (from CSV or TSV) and tsv (from TSV
        only): a column more with the tokens and a separator between; csv begins with a byte order
        mark, as spreadsheets need it for UTF-8.
    tokens_key : str
        Name of the field or column with the tokens.
    separator : str
        What stands between the tokens in CSV and TSV; not beside white space.
    resources : Resources, optional

    Returns
    -------
    SegmentSummary

    Raises
    ------
    ValueError
        A parameter is none of the above.
    NlpzeroError
        The text cannot be read, a record has a field of that name already, a row has more cells
        than there are columns, or files have other columns than the first.

    Examples
    --------
    >>> import io, tempfile, os
    >>> from nlpzero import Corpus, VocabularySegmenter
    >>> path = os.path.join(tempfile.mkdtemp(), "in.jsonl")
    >>> with open(path, "w", encoding="utf-8") as file:
    ...     _ = file.write('{"id": 1, "text": "今天天气好"}\\n')
    >>> out = io.BytesIO()
    >>> segmenter = VocabularySegmenter(["天气", "今天"])
    >>> summary = segment_records(Corpus(path, field="text"), segmenter, out)
    >>> print(out.getvalue().decode(), end="")
    {"id": 1, "text": "今天天气好", "tokens": ["今天", "天气", "好"]}
    """
    form = _Form(format, tokens_key, separator)
    given = worthwhile(resources or Resources(), corpus.size, "jsonl")
    if given.jobs > 1 and given.executor is None and not _in_parts(corpus):
        given = replace(given, jobs=1)
    with open_passes(corpus, given, compiled=False) as passes, output_file(out) as file:
        if passes.single:
            report, advance = passes.report(), passes.advance("segment")
            parts: Iterator[_Rows] = (
                part
                for shard in passes.text.shards(1)
                for part in _rows(segmenter, form, shard, report, advance)
            )
        else:
            parts = _rows_by_workers(passes, segmenter, form)
        seen = _write(parts, file, form, settled_encoding(corpus.encoding))
        return SegmentSummary(passes.read, seen)


def _in_parts(corpus: Corpus) -> bool:
    """Whether it can be cut so far that a worker can hold the result of a part."""
    sizes = [shard.size for shard in corpus.shards(2, SHARD_BYTES)]
    return all(size is not None and size <= _WHOLE_BYTES for size in sizes)


def _rows_by_workers(passes: Passes[Corpus], segmenter: Segmenter, form: _Form) -> Iterator[_Rows]:
    shards = passes.text.shards(passes.jobs, SHARD_BYTES)
    shared = for_workers(segmenter, passes)
    results = passes.map(_record_shard, shared, form, stage="segment", shards=shards, ordered=True)
    for parts in results:
        yield from parts


def _write(parts: Iterable[_Rows], file: IO[bytes], form: _Form, encoding: str) -> bool:
    """Write rows under one header; whether the separator was seen."""
    first: _Rows | None = None
    seen = False
    for part in parts:
        if first is None:
            first = part
            mark = "\ufeff" if form.format == "csv" and encoding == "utf-8" else ""
            file.write(mark.encode(encoding) + part.header)
        elif part.header != first.header:
            raise CorpusError(
                f"{part.source}: its columns are not those of {first.source}; "
                "segment them one by one, or write JSON Lines"
            )
        file.write(part.data)
        seen = seen or part.separator_seen
    return seen


def _record_shard(
    shard: Shard, shared: Segmenter | SharedModel, form: _Form, *, report: ReadReport
) -> list[_Rows]:
    return list(_rows(opened(shared), form, shard, report))


def _rows(
    segmenter: Segmenter,
    form: _Form,
    shard: Shard,
    report: ReadReport,
    advance: Callable[[int], object] | None = None,
) -> Iterator[_Rows]:
    encoding = settled_encoding(shard.encoding)
    for piece in shard.pieces:
        reader, records = shard.piece_records(piece, report, advance)
        writer = _Writer(reader, form, encoding, shard.errors)
        name = piece.source.name
        header = b""
        for batch in _batches(records):
            header = header or writer.header()
            texts = [record.text or "" for record in batch]
            out = io.BytesIO()
            for record, tokens in zip(batch, segmenter.segment_all(texts), strict=True):
                out.write(writer.line(record, tokens))
            seen = form.format != "jsonl" and any(form.separator in text for text in texts)
            yield _Rows(name, header, out.getvalue(), seen)
        if not header and reader.header:
            yield _Rows(name, writer.header(), b"", False)


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    batch: list[Record] = []
    held = 0
    for record in records:
        batch.append(record)
        # what stands around the text is held too
        held += 1 + len(record.source) + (len(record.text) if record.text else 0)
        if held >= _BATCH_CHARS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


class _Writer:
    """Records of one source into lines of the output."""

    def __init__(self, reader: Records, form: _Form, encoding: str, errors: str) -> None:
        self.reader = reader
        self.form = form
        self.encoding = encoding
        self.errors = "replace" if errors == "replace" else "strict"
        self.key = json.dumps(form.tokens_key, ensure_ascii=False)

    def fail(self, record: Record, message: str) -> None:
        self.reader.line = record.line
        self.reader.fail(message)

    def header(self) -> bytes:
        """The line with the columns; empty for JSON Lines."""
        columns, form = self.reader.header, self.form
        first = Record(1, None, columns)
        if columns and form.tokens_key in columns:
            self.fail(first, f"there is a column {form.tokens_key!r} already; {_OTHER_NAME}")
        if form.format == "jsonl":
            twice = [name for name in columns if columns.count(name) > 1]
            if twice:
                self.fail(first, f"the column {twice[0]!r} is there twice; write CSV or TSV")
            return b""
        layout = self.reader.layout
        if layout != form.format and (form.format == "tsv" or not columns):
            self.fail(
                first, f"{form.format.upper()} cannot hold what comes as {layout}; write JSON Lines"
            )
        return self._row([*columns, form.tokens_key])

    def line(self, record: Record, tokens: list[str]) -> bytes:
        """A record with its tokens."""
        columns, form = self.reader.header, self.form
        if not columns:
            if form.tokens_key in record.value:
                self.fail(record, f"has a field {form.tokens_key!r} already; {_OTHER_NAME}")
            source = _LINE_END.sub(" ", record.source.strip(" \t\r\n"))
            return self._json(source[:-1].rstrip(" \t"), tokens)
        cells = list(record.value)
        if len(cells) > len(columns):
            self.fail(
                record,
                f"{len(cells)} cells under {len(columns)} columns: {quoted(listed(cells, 3), 40)}",
            )
        cells += [""] * (len(columns) - len(cells))
        if form.format == "jsonl":
            row: dict[str, Any] = dict(zip(columns, cells, strict=True))
            return self._json(json.dumps(row, ensure_ascii=False)[:-1], tokens)
        return self._row([*cells, spaced(tokens, form.separator)])

    def _json(self, begun: str, tokens: list[str]) -> bytes:
        line = f"{begun}, {self.key}: {json.dumps(tokens, ensure_ascii=False)}}}\n"
        try:
            return line.encode(self.encoding)
        except UnicodeEncodeError:  # an escape in the input: nothing but strings is not ASCII
            return _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], line).encode(
                self.encoding
            )

    def _row(self, cells: list[str]) -> bytes:
        if self.form.format == "csv":
            line = ",".join(map(csv_cell, cells))
        else:
            line = "\t".join(cells)
        return (line + "\n").encode(self.encoding, self.errors)


_OTHER_NAME = "name another for the tokens (--tokens-key)"


def spaced(tokens: Iterable[str], separator: str) -> str:
    """Tokens with a separator between, but not beside line ends, and a space not beside white
    space.

    Examples
    --------
    >>> spaced(["今天", "天气", "　", "好"], "/"), spaced(["今天", "天气", "　", "好"], " ")
    ('今天/天气/　/好', '今天 天气　好')
    """
    everywhere = is_everywhere(separator)
    out: list[str] = []
    last = "\n"
    for token in tokens:
        if everywhere:
            apart = not (last.endswith("\n") or token.startswith(("\n", "\r\n")))
        else:
            apart = bool(out) and not (token.isspace() or last.isspace())
        if apart:
            out.append(separator)
        out.append(token)
        last = token
    return "".join(out)
