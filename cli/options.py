"""Options that several commands share, one decorator each, and the bundles most commands want.

A bundle passes its values under these names: :func:`reading` gives
``inputs, encoding, errors, field``, :func:`working` gives ``jobs, memory, tmpdir``, :func:`writing`
gives ``output, quiet``.
"""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

import nlpzero
from nlpzero.engine.resources import available_cores, parse_size
from nlpzero.engine.stores import is_url, joined

from . import compiling
from .command import LIST_ENCODING, TEXT, EncodingName, from_environment, given
from .formats import FORMATS
from .progress import VERBOSE, note, progress

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.engine.resources import ReadReport, Resources
    from nlpzero.text.corpus import Corpus

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]


class Size(click.ParamType):
    """A number of bytes: ``800M``, ``1.5G``, ``2GiB`` or plain bytes.

    The units are powers of 1024.
    """

    name = "size"

    def __init__(self, least: int = 1) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            size = parse_size(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if size < self.least:
            self.fail(
                f"{value!r} is too small; give at least {format_size(self.least)}.", param, ctx
            )
        return size


class Numbers(click.ParamType):
    """Numbers separated by commas: ``2,4,6``."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of numbers such as 2,4,6.", param, ctx)


def format_size(size: float) -> str:
    """A number of bytes for people, in powers of 1024.

    >>> format_size(512), format_size(64 << 20), format_size(1536 << 20)
    ('512 B', '64 MB', '1.5 GB')
    """
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.3g} TB"


def needed_inputs(value: tuple[str, ...], ctx: click.Context | None = None) -> tuple[str, ...]:
    """What to read: the files given, else standard input when it is not a terminal."""
    given = (ctx or click.get_current_context()).meta.get(TEXT)
    if given is not None:
        if value not in ((), ("-",)):
            raise click.UsageError("Give INPUT or --text TEXT, not both.", ctx)
        return ("-",)
    if value:
        return value
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError(
            "No input; give files, folders or globs, - for standard input, or --text TEXT.", ctx
        )
    return ("-",)


def inputs(required: bool = True) -> Decorator:
    """The files to read.

    Without any, standard input when it is not a terminal; never a silent wait.
    """

    def choose(
        ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
    ) -> tuple[str, ...]:
        return needed_inputs(value, ctx) if required or TEXT in ctx.meta else value

    return click.argument("inputs", nargs=-1, metavar="[INPUT]...", callback=choose)


def text() -> Decorator:
    """``--text``: it is read as if it came from standard input."""

    def keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[TEXT] = value

    return click.option(
        "-t",
        "--text",
        "given_text",
        metavar="TEXT",
        is_eager=True,
        expose_value=False,
        callback=keep,
        help="Read this text instead of INPUT.",
    )


def has_text() -> bool:
    """Whether ``--text`` is given."""
    return TEXT in click.get_current_context().meta


def encoding(of: str = "the text") -> Decorator:
    return click.option(
        "-e",
        "--encoding",
        type=EncodingName(),
        default="utf-8",
        show_default=True,
        metavar="NAME",
        help=f"Encoding of {of}: utf-8, gb18030, big5, utf-16, ...; auto looks for it.",
    )


def list_encoding() -> Decorator:
    """``--list-encoding``, which :func:`nlpzero_cli.word_lists.encoding_of_lists` tells."""

    def keep(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta[LIST_ENCODING] = value

    given_as: dict[str, Any] = {"metavar": "NAME", "expose_value": False, "callback": keep}
    return bundle(
        click.option(
            "--list-encoding",
            help="Encoding of the lists of words that other options name.  [default: utf-8]",
            **given_as,
        ),
        # its name in 0.1.0, where it was of --exclude only
        click.option("--exclude-encoding", hidden=True, **given_as),
    )


def stopwords(help: str = "Leave out the words of this list, one a line.") -> Decorator:
    """``--stopwords``."""
    return click.option("--stopwords", metavar="FILE", help=help)


def errors() -> Decorator:
    return click.option(
        "--errors",
        type=click.Choice(["strict", "replace", "ignore"]),
        default="strict",
        show_default=True,
        help="What to do with bytes that are not valid in the encoding; replaced and ignored ones "
        "are counted.",
    )


def field() -> Decorator:
    return click.option(
        "--field",
        metavar="NAME",
        help="The field (column) that holds the text in .jsonl, .json, .csv and .tsv inputs; a.b "
        "is the field b of the object a.",
    )


def jobs() -> Decorator:
    return click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        default=available_cores,
        show_default="number of cores",
        envvar="NLPZERO_JOBS",
        show_envvar=True,
        help="Processes to use; the result is the same for any number.",
    )


def memory() -> Decorator:
    return click.option(
        "--memory",
        type=Size(least=16 << 20),
        envvar="NLPZERO_MEMORY",
        show_envvar=True,
        help="Memory to stay within, such as 800M or 2G; what does not fit goes to --tmpdir.  "
        "[default: a share of the machine's]",
    )


def tmpdir() -> Decorator:
    return click.option(
        "--tmpdir",
        type=click.Path(exists=True, file_okay=False, writable=True),
        metavar="DIR",
        help="Folder for temporary files.  [default: the system's]",
    )


def writable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Callback of options that name a file to write: refused at once, not after an hour."""
    if value is None or is_url(value):
        return value
    folder = os.path.dirname(os.path.abspath(value))
    try:
        os.stat(value)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # too long a name, a loop of links, a NUL character
        reason = getattr(error, "strerror", None) or error
        raise click.BadParameter(f"{value!r} cannot be written: {reason}.", ctx, param) from None
    if os.path.isdir(value):
        raise click.BadParameter(f"{value!r} is a folder.", ctx, param)
    if not os.path.isdir(folder):
        raise click.BadParameter(f"the folder {folder!r} does not exist.", ctx, param)
    if not os.access(value if os.path.exists(value) else folder, os.W_OK):
        raise click.BadParameter(f"{value!r} is not writable.", ctx, param)
    return value


def is_folder(output: str) -> bool:
    """Whether ``-o`` names a folder for part files: its name ends with a slash, or what comes
    before the first ``::`` of a chain of URLs does.
    """
    return output.partition("::")[0].endswith(("/", os.sep))


def output(
    required: bool = False,
    help: str = "Write to this file instead of standard output.",
    *,
    folders: bool = False,
) -> Decorator:
    """``-o``, where ``-`` is standard output; with `folders`, for commands that write part files,
    it may be a folder, see :func:`is_folder`.
    """

    def check(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        if value == "-":
            return value if required else None
        if folders and value is not None and is_folder(value):
            writable(ctx, param, joined(value, "_") if os.path.isdir(value) else value.rstrip("/"))
            return value
        return writable(ctx, param, value)

    return click.option(
        "-o", "--output", required=required, metavar="FILE", callback=check, help=help
    )


def format_(choices: tuple[str, ...] = FORMATS) -> Decorator:
    """``--format``; the value arrives as ``format``."""
    of_csv = (
        " csv starts with a byte order mark, for spreadsheets; csv-safe is csv with an apostrophe "
        "before cells that a spreadsheet would run as formulas."
    )
    return click.option(
        "-f",
        "--format",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="Output format." + (of_csv if "csv" in choices else ""),
    )


def top(help: str, default: int | None = None) -> Decorator:
    """``--top``."""
    return click.option(
        "-n",
        "--top",
        type=click.IntRange(min=1),
        default=default,
        show_default=default is not None,
        metavar="N",
        help=help,
    )


def model(help: str, *, instead: tuple[str, ...] = (), default: str | None = None) -> Decorator:
    """``--model``; that of the environment gives way to the parameters `instead`."""

    def choose(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
        named = from_environment(ctx, "model")
        return default if named and any(given(name, ctx) for name in instead) else value

    return click.option(
        "-m",
        "--model",
        metavar="FILE",
        default=default,
        show_default=default is not None,
        envvar="NLPZERO_MODEL",
        show_envvar=True,
        callback=choose,
        help=help,
    )


def quiet() -> Decorator:
    return click.option(
        "-q", "--quiet", is_flag=True, help="No progress and no notes on standard error."
    )


def verbose() -> Decorator:
    """``--verbose``."""

    def keep(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.meta[VERBOSE] = True

    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=keep,
        help="Tell each round of learning on standard error.",
    )


def bundle(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, shown in this order."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


class _Expansion(click.ParamType):
    """A number of times, or ``none``."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        if value == "none" or value is None:
            return None
        try:
            times = float(value)
        except ValueError:
            times = 0.0
        if not times >= 1:
            self.fail(f"{value!r} is neither a number >= 1 nor none.", param, ctx)
        return times


def max_expansion() -> Decorator:
    """``--max-expansion``, which commands get through :func:`allowed_expansion`."""

    def keep(ctx: click.Context, param: click.Parameter, value: float | None) -> None:
        ctx.meta[_EXPANSION] = value

    return click.option(
        "--max-expansion",
        type=_Expansion(),
        default="200",
        show_default=True,
        metavar="TIMES",
        expose_value=False,
        callback=keep,
        help="How many times as large as it is stored a compressed input may become, beyond 64 MB; "
        "none for any number.",
    )


_EXPANSION = f"{__name__}.max_expansion"


def allowed_expansion() -> float | None:
    """What ``--max-expansion`` says: for `max_expansion` of a corpus."""
    allowed: float | None = click.get_current_context().meta[_EXPANSION]
    return allowed


def reading(required: bool = True) -> Decorator:
    """``INPUT... --text --encoding --errors --field --max-expansion``."""
    return bundle(inputs(required), text(), encoding(), errors(), field(), max_expansion())


def working() -> Decorator:
    """``--jobs --memory --tmpdir``."""
    return bundle(jobs(), memory(), tmpdir())


def checkpoint() -> Decorator:
    """``--checkpoint``."""
    return click.option(
        "--checkpoint",
        metavar="DIR",
        help="Keep in this folder what is finished, so that the same command goes on from there "
        "if it is ended early; empty again when it is done.",
    )


def writing() -> Decorator:
    """``-o --quiet``."""
    return bundle(output(), quiet())


_WITH_FIELDS = r"(?i).*\.(jsonl|ndjson|json|csv|tsv)(\.(gz|bz2|xz|zst))?"


@contextmanager
def resources(
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    *,
    executor: "Executor | None" = None,
    quiet: bool = False,
    checkpoint: str | None = None,
) -> Iterator["Resources"]:
    """What the options of :func:`working` allow, with progress shown on a terminal."""
    with ExitStack() as stack:
        kept = None
        if checkpoint is not None:
            kept = stack.enter_context(nlpzero.Checkpoint(checkpoint, _facts()))
        stack.enter_context(compiling.told(quiet=quiet))
        tell = stack.enter_context(progress(quiet=quiet))
        yield nlpzero.Resources(jobs, memory, tmpdir, executor, tell, kept)


# options that do not change the result
_FREE = ("jobs", "tmpdir", "output", "quiet", "checkpoint", "executor", "inputs")


def _facts() -> dict[str, Any]:
    """What the result of this command depends on, beside the text."""
    context = click.get_current_context()
    if "-" in context.params.get("inputs", ()):
        raise click.UsageError("--checkpoint needs files: standard input cannot be read again.")
    options = {name: _told(value) for name, value in context.params.items() if name not in _FREE}
    options["list_encoding"] = context.meta.get(LIST_ENCODING)
    return {"command": context.info_name, "version": nlpzero.__version__, **options}


def _told(value: Any) -> Any:
    """An option as JSON; of a file that it names, also what tells it from an older one."""
    if isinstance(value, tuple):
        return [_told(item) for item in value]
    if isinstance(value, str) and os.path.isfile(value):
        status = os.stat(value)
        return [value, status.st_size, status.st_mtime_ns]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)


@contextmanager
def open_corpus(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    *,
    again: bool = False,
    tmpdir: str | None = None,
    quiet: bool = False,
) -> Iterator["Corpus"]:
    """The corpus that the options of :func:`reading` name.

    Parameters
    ----------
    again : bool
        The command reads the text more than once or in several processes; then standard input is
        copied to a temporary file first, which is gone when the block ends.
    tmpdir : str or None
        Folder for that file.
    """
    try:
        corpus = nlpzero.Corpus(
            *inputs,
            encoding=encoding,
            errors=errors,
            field=field,
            max_expansion=allowed_expansion(),
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except nlpzero.CorpusError as error:
        raise nlpzero.CorpusError(f"{error}{_hint_of_text(inputs)}") from error
    if field is None:
        for source in corpus.sources:
            if re.fullmatch(_WITH_FIELDS, source.name):
                note(
                    f"{source.name} is read as plain text; --field NAME reads one field of it.",
                    quiet=quiet,
                )
                break
    if again:
        with corpus.spool(tmpdir) as corpus:
            yield corpus
    else:
        yield corpus


# what names of files hold and short texts do not
_OF_NAMES = r"[/\\.*?\[]|^-$"


def _hint_of_text(inputs: tuple[str, ...]) -> str:
    """What to do if an input that is no file is the text itself."""
    for name in inputs:
        text = not re.search(_OF_NAMES, name) and (not name.isascii() or " " in name)
        if text and not os.path.exists(name):
            from shlex import quote  # only here

            context = click.get_current_context()
            if any(param.name == "given_text" for param in context.command.params):
                return f"; for a text itself: nlpzero {context.info_name} -t {quote(name)}"
            return "; a text itself is read from standard input"
    return ""


def refuse_own_output(corpus: "Corpus | None", output: str | None) -> None:
    """Refuse to write what is read to standard output as it is written: it would never end.

    Parameters
    ----------
    corpus : Corpus or None
        What is read; None for standard input alone.
    output : str or None
        A file is replaced when all is read, so any will do.
    """
    if output is not None and output != "-":
        return
    written = _status(sys.stdout)
    if written is None or not stat.S_ISREG(written.st_mode):
        return
    for source in corpus.sources if corpus is not None else ():
        if source.kind == "file":
            with suppress(OSError):
                _refuse_same(os.stat(source.location), written, source.name)
    read = _status(sys.stdin)
    if read is not None and (corpus is None or any(s.kind == "stdin" for s in corpus.sources)):
        _refuse_same(read, written, "standard input")


def _status(stream: TextIO | None) -> os.stat_result | None:
    if stream is None:
        return None
    try:
        return os.fstat(stream.fileno())
    except (OSError, ValueError):  # no file
        return None


def _refuse_same(read: os.stat_result, written: os.stat_result, name: str) -> None:
    # an empty file, as `> file` leaves it, has nothing to read
    if os.path.samestat(read, written) and read.st_size:
        raise nlpzero.CorpusError(
            f"{name}: is the output too, which would never end; name another file, or the same "
            "with -o"
        )


def note_reading(corpus: "Corpus", report: "ReadReport", *, quiet: bool = False) -> None:
    """Say what was read, and how much of it was not valid."""
    names = [source.name for source in corpus.sources]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    note(f"read {shown}: {format_size(report.bytes_read)}", quiet=quiet)
    if report.bad_bytes:
        done = "replaced" if corpus.errors == "replace" else "left out"
        note(
            f"bytes not valid in {corpus.encoding.upper()}: {report.bad_bytes}, {done}",
            quiet=quiet,
        )
