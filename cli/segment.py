"""``nlpzero segment``: text in, text with separators out, nothing lost."""

import codecs
import dataclasses
import io
import json
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

import nlpzero

from . import options
from .learning import learn, learning, note_learned, numbers
from .progress import byte_progress, note

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.engine.resources import ReadReport
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.text.corpus import Corpus, Shard

# bytes of a file that one worker cuts at a time
_SHARD_BYTES = 4 << 20
_READ_BYTES = 1 << 20
# inputs smaller than this are not shared among threads
_LEAST_SHARED = 1 << 20
# inputs smaller than this are not worth starting processes for
_WORTH_PROCESSES = 64 << 20
_NO_LIMIT = 1 << 62


class _Form(NamedTuple):
    """How the result is written; goes to the workers."""

    format: str
    separator: str
    encoding: str  # with the byte order settled
    errors: str

    def encode(self, text: str) -> bytes:
        return text.encode(self.encoding, "replace" if self.errors == "replace" else "strict")


def _one_separator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    value = value.replace("\\t", "\t").replace("\\n", "\n")
    if not value:
        raise click.BadParameter("must not be empty.", ctx, param)
    return value


@click.command()
@options.reading()
@click.option("--model", metavar="FILE", help="A model that `train` made.")
@click.option(
    "--learn-from",
    multiple=True,
    metavar="FILE",
    help="Learn from this text instead of a model (repeatable).  [default: the input itself]",
)
@click.option(
    "--words",
    multiple=True,
    metavar="FILE",
    help="Cut with a list of words: one a line, with counts, or in jieba's format. Further lists, or one beside "
    "the --model of a list, hold words of your own.",
)
@learning()
@numbers()
@click.option(
    "--separator",
    default=" ",
    show_default=True,
    callback=_one_separator,
    metavar="TEXT",
    help="What stands between words; \\t is a tab.",
)
@click.option(
    "--format",
    type=click.Choice(["text", "jsonl", "tokens", "probs"]),
    default="text",
    show_default=True,
    help="text: the input with separators. jsonl: a JSON array of tokens per line. tokens: one token per line, "
    "an empty line after each line. probs: a JSON object per line with the probability of a cut after each character.",
)
@options.working()
@options.writing()
def segment(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    model: str | None,
    learn_from: tuple[str, ...],
    words: tuple[str, ...],
    method: str,
    how: dict[str, Any],
    numbers: str | None,
    separator: str,
    format: str,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Cut text into words.

    Without --model, --learn-from or --words it first learns from the input itself. White space passes
    through unchanged, and so does everything else: without the separators, the output is the input, byte for byte.
    A line typed or piped in is answered at once if there is a model.

    \b
    Examples:
      nlpzero segment novel.txt > cut.txt
      nlpzero segment --model news.nz < today.txt
      nlpzero segment --learn-from corpus/ --separator / - < questions.txt
      nlpzero segment --words dict.txt --format jsonl news.txt.gz -o news.jsonl
    """
    if model is not None and learn_from:
        raise click.UsageError("--model is learned already; give it or --learn-from.")
    if "-" in learn_from and "-" in inputs:
        raise click.UsageError("Standard input cannot be both INPUT and --learn-from.")
    if learn_from and words:
        raise click.UsageError("--words needs no text to learn from; leave out --learn-from.")
    _settled(encoding)
    with ExitStack() as stack:
        corpus: Corpus | None = None
        alone = model is None and not learn_from and not words
        if alone or inputs != ("-",) or field is not None or _compressed_file():
            corpus = stack.enter_context(
                options.open_corpus(
                    inputs,
                    encoding,
                    errors,
                    field,
                    again=alone or (jobs > 1 and "-" in inputs),
                    tmpdir=tmpdir,
                    quiet=quiet,
                )
            )
        segmenter = _segmenter(
            corpus, model, learn_from, words, method, how, numbers, encoding, errors, field, jobs, memory,
            tmpdir, quiet,
        )  # fmt: skip
        form = _Form(format, separator, _settled(encoding), errors)
        _check_separator(form)
        file = stack.enter_context(_open_output(output))
        if corpus is None:
            seen, bad = _segment_live(segmenter, form, file)
        else:
            report = nlpzero.ReadReport()
            workers, shared = stack.enter_context(
                _workers(corpus, segmenter, None if words else model, form, jobs, tmpdir)
            )
            with byte_progress(corpus.size, "segment", quiet=quiet) as advance:
                seen = _segment_corpus(
                    corpus, segmenter, shared, workers, numbers, form, jobs, file, advance, report
                )
            bad = report.bad_bytes
    if bad:
        done = "replaced" if errors == "replace" else "left out"
        note(f"bytes not valid in {encoding.upper()}: {bad}, {done}", quiet=quiet)
    if seen:
        note(
            f"the separator {separator!r} occurs in the text, so it cannot be taken out again; "
            "--separator names another",
            quiet=quiet,
        )


# ------------------------------------------------------------------------------------------ the segmenter


def _segmenter(
    corpus: "Corpus | None",
    model: str | None,
    learn_from: tuple[str, ...],
    words: tuple[str, ...],
    method: str,
    how: dict[str, Any],
    numbers: Any,
    encoding: str,
    errors: str,
    field: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    quiet: bool,
) -> "Segmenter":
    if model is not None:
        loaded = nlpzero.load_segmenter(model, numbers=numbers)
        if not words:
            return loaded
        if not isinstance(loaded, nlpzero.VocabularySegmenter):
            raise click.UsageError(
                f"--words goes with a model of words; {model} is of the method {loaded.method}."
            )
        for name in words:
            loaded = loaded.with_words(nlpzero.read_words(name))
        return loaded
    if words:
        return nlpzero.VocabularySegmenter.from_file(*words, numbers=numbers or "learned")
    report = nlpzero.ReadReport()
    more: dict[str, Any] = {
        "numbers": numbers,
        "jobs": jobs,
        "memory": memory,
        "tmpdir": tmpdir,
        "report": report,
        "quiet": quiet,
    }
    if learn_from:
        with options.open_corpus(
            learn_from, encoding, errors, field, tmpdir=tmpdir, quiet=quiet
        ) as source:
            segmenter = learn(source, method, how, **more)
    else:
        assert corpus is not None  # the input itself
        segmenter = learn(corpus, method, how, **more)
    note_learned(segmenter, report, quiet=quiet)
    return segmenter


# --------------------------------------------------------------------------------------------- the output


@contextmanager
def _open_output(path: str | None) -> Iterator[IO[bytes]]:
    if path is None:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    from nlpzero.engine.storage import atomic_output

    with atomic_output(path) as file:
        yield file


@contextmanager
def _scratch(tmpdir: str | None) -> Iterator[str]:
    from nlpzero.engine.storage import scratch_folder

    with scratch_folder(tmpdir) as folder:
        yield str(folder)


def _check_separator(form: _Form) -> None:
    try:
        form.separator.encode(form.encoding)
    except UnicodeEncodeError:
        raise click.UsageError(
            f"--separator {form.separator!r} cannot be written in {form.encoding.upper()}."
        ) from None


class _Writer:
    """Turns blocks of text into bytes of the output."""

    def __init__(self, segmenter: "Segmenter", form: _Form) -> None:
        self.segmenter = segmenter
        self.form = form
        self.separator_seen = False

    def parts(self, blocks: Iterable[str]) -> Iterator[bytes]:
        from nlpzero.segmentation.base import whole_pieces

        if self.form.format != "text":
            for piece, _ in whole_pieces(blocks, _NO_LIMIT):
                lines = [line.removesuffix("\r") for line in piece.removesuffix("\n").split("\n")]
                yield self.form.encode("".join(self._lines(lines)))
            return
        separator = self.form.separator
        for piece, joined in whole_pieces(blocks):
            self.separator_seen = self.separator_seen or separator in piece
            text = self.segmenter.segment_to_text(piece, separator)
            yield self.form.encode(separator + text if joined else text)

    def _lines(self, lines: list[str]) -> Iterator[str]:
        if self.form.format == "probs":
            for line in lines:
                values = self.segmenter.probabilities(line).round(4).tolist()
                yield json.dumps({"text": line, "probabilities": values}, ensure_ascii=False) + "\n"
        elif self.form.format == "jsonl":
            for tokens in self.segmenter.segment_all(lines):
                yield json.dumps(tokens, ensure_ascii=False) + "\n"
        else:
            for tokens in self.segmenter.segment_all(lines):
                yield "".join([f"{token}\n" for token in tokens if not token.isspace()]) + "\n"


# ------------------------------------------------------------------------------------ files, by many hands


@contextmanager
def _workers(
    corpus: "Corpus",
    segmenter: "Segmenter",
    model: str | None,
    form: _Form,
    jobs: int,
    tmpdir: str | None,
) -> Iterator[tuple["Executor | None", "Segmenter | str"]]:
    """Who segments besides this thread, if anybody, and the segmenter as they need it."""
    from nlpzero.engine.parallel import LocalThreads, compiled_workers, local_workers

    size = corpus.size
    if jobs == 1 or (size is not None and size < _LEAST_SHARED):
        yield None, segmenter
        return
    # text with separators is assembled by compiled loops; the other formats are made of Python strings
    if form.format == "text":
        pool = compiled_workers(jobs, size)
    elif size is not None and size < _WORTH_PROCESSES:
        yield None, segmenter  # it would be done before the others have started
        return
    else:
        pool = local_workers(jobs)
    with pool as workers, ExitStack() as stack:
        if workers is None or isinstance(workers, LocalThreads):
            yield workers, segmenter
            return
        if model is None:  # processes open the model by its name
            folder = stack.enter_context(_scratch(tmpdir))
            model = os.path.join(folder, "model.nz")
            segmenter.save(model)
        yield workers, model


def _segment_corpus(
    corpus: "Corpus",
    segmenter: "Segmenter",
    shared: "Segmenter | str",
    workers: "Executor | None",
    numbers: Any,
    form: _Form,
    jobs: int,
    file: IO[bytes],
    advance: Callable[[int], Any],
    report: "ReadReport",
) -> bool:
    """Segment all inputs one after the other; whether the separator occurred in them."""
    from nlpzero.engine.parallel import map_shards

    seen = False
    open_line = False  # the last source ended without a line end
    if workers is None:
        writer = _Writer(segmenter, form)
        for shard in corpus.shards(1):
            for part, ended in _shard_parts(writer, shard, report, advance):
                if open_line:
                    file.write(form.encode("\n"))
                file.write(part)
                open_line = not ended
        return writer.separator_seen
    results: Any = map_shards(
        _segment_shard,
        corpus.shards(jobs, _SHARD_BYTES),
        shared,
        numbers,
        form,
        jobs=jobs,
        executor=workers,
        progress=advance,
        report=report,
        ordered=True,
    )
    for data, ended, separator_seen in results:
        if open_line:
            file.write(form.encode("\n"))
        file.write(data)
        open_line = not ended
        seen = seen or separator_seen
    return seen


def _shard_parts(
    writer: _Writer,
    shard: "Shard",
    report: "ReadReport",
    advance: Callable[[int], Any] | None = None,
) -> Iterator[tuple[bytes, bool]]:
    """Output of the sources of a shard, and whether a line has ended with it.

    A line end is added between two sources of which the first lacks it.
    """
    for piece in shard.pieces:
        one = dataclasses.replace(shard, pieces=(piece,))
        form, mark = writer.form, one.byte_order_mark()
        if mark:
            form = form._replace(encoding=_marked(form.encoding, mark))
            yield mark, True
        ended = True

        def watched(text: Iterable[str]) -> Iterator[str]:
            nonlocal ended
            for block in text:
                ended = block.endswith("\n") or writer.form.format != "text"
                yield block

        writer.form = form
        blocks = one.blocks(report=report, progress=advance, end_lines=False)
        for part in writer.parts(watched(blocks)):
            yield part, True
        if not ended:
            yield b"", False


def _segment_shard(
    shard: "Shard",
    shared: "Segmenter | str",
    numbers: Any,
    form: _Form,
    *,
    report: "ReadReport",
) -> tuple[bytes, bool, bool]:
    segmenter = _loaded(shared, numbers) if isinstance(shared, str) else shared
    writer = _Writer(segmenter, form)
    out = io.BytesIO()
    open_line = False
    for part, ended in _shard_parts(writer, shard, report):
        if open_line:
            out.write(writer.form.encode("\n"))
        out.write(part)
        open_line = not ended
    return out.getvalue(), not open_line, writer.separator_seen


@lru_cache(maxsize=1)
def _loaded(model: str, numbers: Any) -> "Segmenter":
    # a worker opens the model once, not for every shard
    return nlpzero.load_segmenter(model, numbers=numbers)


# ------------------------------------------------------------------------------ standard input, as it comes


def _settled(encoding: str) -> str:
    """A codec that writes no byte order mark of its own."""
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise click.UsageError(
            f"--encoding must name an encoding such as utf-8, gb18030, big5 or utf-16, got {encoding!r}."
        ) from None
    if name == "utf-8-sig":
        return "utf-8"
    return name + "-le" if name in ("utf-16", "utf-32") else name


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)


def _mark(data: bytes, encoding: str) -> bytes:
    """The byte order mark of an encoding at the beginning of some bytes."""
    for mark, name in _MARKS:
        if data.startswith(mark) and name.removesuffix("-be").removesuffix("-le") == (
            encoding.removesuffix("-be").removesuffix("-le")
        ):
            return mark
    return b""


def _marked(encoding: str, mark: bytes) -> str:
    """The encoding in the byte order of a mark."""
    return next((name for known, name in _MARKS if known == mark), encoding)


def _compressed_file() -> bool:
    """Whether standard input is a file (not a pipe) that is compressed."""
    try:
        number = sys.stdin.fileno()
        if not stat.S_ISREG(os.fstat(number).st_mode):
            return False
        head = os.pread(number, 10, os.lseek(number, 0, os.SEEK_CUR))
    except (AttributeError, OSError, ValueError):
        return False  # no descriptor, or no such calls on this system: read it as it comes
    return _is_compressed(head)


def _is_compressed(head: bytes) -> bool:
    return head.startswith((b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")) or (
        head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    )


class _LiveInput:
    """Standard input, decoded as soon as it comes."""

    def __init__(self, form: _Form) -> None:
        self.form = form
        self.bad = 0
        self.mark = b""

    def _count_bad(self, error: UnicodeError) -> tuple[str | bytes, int]:
        assert isinstance(error, UnicodeDecodeError)
        self.bad += error.end - error.start
        return "\ufffd" if self.form.errors == "replace" else "", error.end

    def blocks(self) -> Iterator[str]:
        handler = "strict"
        if self.form.errors != "strict":
            handler = "nlpzero-count"
            codecs.register_error(handler, self._count_bad)
        read: Callable[[], bytes] = self._reader()
        data = read()
        if _is_compressed(data):
            raise nlpzero.CorpusError(
                "standard input: is compressed; give the file itself, or decompress it first, as zcat does"
            )
        self.mark = _mark(data, self.form.encoding)
        if self.mark:
            self.form = self.form._replace(encoding=_marked(self.form.encoding, self.mark))
            data = data[len(self.mark) :]
        decoder = codecs.getincrementaldecoder(self.form.encoding)(handler)
        offset = len(self.mark)
        first = True
        while data or first:
            first = False
            held = len(decoder.getstate()[0])
            try:
                text = decoder.decode(data)
            except UnicodeDecodeError as error:
                self._fail(offset - held + error.start)
            offset += len(data)
            if text:
                yield text
            data = read()
        held = len(decoder.getstate()[0])
        try:
            rest = decoder.decode(b"", True)
        except UnicodeDecodeError as error:
            self._fail(offset - held + error.start)
        if rest:
            yield rest

    def _fail(self, offset: int) -> None:
        way = "--encoding gb18030" if self.form.encoding == "utf-8" else "another --encoding"
        raise nlpzero.CorpusError(
            f"standard input: byte {offset}: not valid {self.form.encoding.upper()}; "
            f"pass {way} or --errors replace"
        ) from None

    @staticmethod
    def _reader() -> Callable[[], bytes]:
        if sys.stdin is None:
            raise nlpzero.CorpusError("standard input: is closed")
        try:
            number = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):
            return lambda: sys.stdin.buffer.read(_READ_BYTES)  # not a real file
        return lambda: os.read(number, _READ_BYTES)


def _segment_live(segmenter: "Segmenter", form: _Form, file: IO[bytes]) -> tuple[bool, int]:
    """Segment standard input line by line as it comes; whether the separator occurred, and bad bytes."""
    source = _LiveInput(form)
    writer = _Writer(segmenter, form)
    begun = False
    for part in writer.parts(_settling(source, writer)):
        if not begun:
            file.write(source.mark)
            begun = True
        file.write(part)
        file.flush()
    if not begun:
        file.write(source.mark)
    return writer.separator_seen, source.bad


def _settling(source: _LiveInput, writer: _Writer) -> Iterator[str]:
    for block in source.blocks():
        writer.form = source.form  # the byte order is known with the first block
        yield block
