"""What every command is: help in groups with examples first, names of files that shells complete,
and a text on the command line in the place of standard input.
"""

import inspect
import io
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

#: Where the value of ``--text`` waits, in ``ctx.meta``.
TEXT = f"{__name__}.text"
#: and that of ``--list-encoding``.
LIST_ENCODING = f"{__name__}.list_encoding"

# What stands in which group, the common options first. Others are of the method, unless they say
# so themselves (:class:`Option`).
_GROUPS: dict[str, tuple[str, ...]] = {
    "Input": (
        "given_text", "field", "encoding", "errors", "max_expansion", "counts", "found", "lists",
        "list_encoding", "text", "shape", "basket", "separator", "header",
        "skip", "quotes",
        "jsonl", "blank", "template_files", "named", "align",
    ),
    "Words": (
        "model", "vectors", "dictionary", "words", "words_weight", "words_force", "split_words",
        "whitespace", "tokenizer", "keep", "joiners", "numbers", "punctuation", "learn_from",
        "known_words",
    ),
    "Method": (
        "method", "no_base", "background", "ngrams", "by", "score", "prior", "validate", "seed",
    ),
    "Thresholds": (
        "top", "min_count", "min_length", "max_length", "min_pmi", "min_entropy", "min_support",
        "min_confidence", "min_words", "max_p", "max_q", "exclude", "contains", "without",
        "within", "stopwords", "like", "min_similarity", "phrases", "multi_consequents", "new",
        "latin", "fragments", "combinations", "side", "max_len", "minimum", "consequent",
        "antecedent", "prune", "max_rules", "strict", "trivial", "common",
        "min_template_frequency", "only", "no_coarser", "against",
    ),
    "Output": (
        "output", "format", "format_", "sort", "order", "examples", "explain", "report", "save",
        "save_counts", "wide", "document_frequency", "with_frequency", "keep_records",
        "tokens_key", "fillers", "filler_words", "group", "contexts", "width", "itemsets", "kind",
        "arpa", "compact", "quiet", "verbose",
    ),
    "Resources": (
        "jobs", "memory", "tmpdir", "checkpoint", "dry_run", "executor", "scheduler",
        "store",
    ),
    "Other": ("version", "help"),
}  # fmt: skip
_PLACES = {
    name: (group, place) for group, names in _GROUPS.items() for place, name in enumerate(names)
}
_UNKNOWN = "Method"

# what arguments and options are called that name files
_OF_FILES = ("FILE", "DICT", "INPUT", "LIST", "GOLD", "PREDICTED", "OLD", "NEW", "A", "B")
_OF_FOLDERS = ("DIR",)


class Option(click.Option):
    """An option that says itself which group of the help it stands in."""

    def __init__(self, *names: Any, group: str | None = None, **more: Any) -> None:
        super().__init__(*names, **more)
        self.group = group


class FileName(click.ParamType):
    """The name of a file, a folder or a URL, unchecked; shells complete it."""

    name = "filename"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


class EncodingName(click.ParamType):
    """An encoding; shells complete the usual ones."""

    name = "encoding"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        usual = ("auto", "utf-8", "gb18030", "big5", "utf-16")
        return [CompletionItem(name) for name in usual if name.startswith(incomplete)]


class Command(click.Command):
    """A command of nlpzero.

    Its docstring begins with what it does, in a paragraph; the paragraph ``Examples:`` comes next
    in the help, wherever it stands, then the other paragraphs and the options in groups.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.help = inspect.cleandoc(self.help or "")
        for param in self.params:
            if isinstance(param.type, (type(click.INT), type(click.FLOAT))):
                whole = isinstance(param.type, type(click.INT))
                param.metavar = param.metavar or ("N" if whole else "X")
            elif isinstance(param.type, type(click.STRING)):
                named = (param.metavar or param.name or "").upper().strip("[].")
                if named in _OF_FILES or named.endswith("[INPUT"):
                    param.type = FileName("file")
                elif named in _OF_FOLDERS:
                    param.type = FileName("dir")

    def invoke(self, ctx: click.Context) -> Any:
        text = ctx.meta.get(TEXT)
        stdin = sys.stdin
        try:
            if text is not None:
                if ctx.params.get("encoding") == "auto":
                    ctx.params["encoding"] = "utf-8"
                sys.stdin = _typed(text, ctx.params.get("encoding") or "utf-8")
            elif ctx.params.get("encoding") == "auto":
                from .guessing import find_encoding

                find_encoding(ctx)
            return super().invoke(ctx)
        finally:
            if sys.stdin is not stdin:
                sys.stdin.close()
                sys.stdin = stdin

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        assert self.help is not None
        first, *others = self.help.split("\n\n")
        examples = [part for part in others if part.startswith("\b\nExample")]
        text = "\n\n".join([first, *examples, *(part for part in others if part not in examples)])
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[float, tuple[str, str]]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                group, place = group_of(param)
                groups.setdefault(group, []).append((place, record))
        for group in [*_GROUPS, *sorted(set(groups) - set(_GROUPS))]:
            if group == "Other":  # after those of the methods
                continue
            _write_group(formatter, group, groups.get(group, ()))
            if group == "Method":
                for more in sorted(name for name in groups if name.startswith("Method ")):
                    _write_group(formatter, more, groups.pop(more))
        _write_group(formatter, "Other", groups.get("Other", ()))


def given(name: str, ctx: click.Context | None = None) -> bool:
    """Whether a parameter is on the command line."""
    source = (ctx or click.get_current_context()).get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def from_environment(ctx: click.Context, name: str) -> bool:
    """Whether a variable of the environment gave a parameter its value."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "ENVIRONMENT"


def group_of(param: click.Parameter) -> tuple[str, float]:
    """The group of the help that an option stands in, and its place there."""
    name = "help" if "--help" in param.opts else param.name
    group, place = _PLACES.get(name or "", (_UNKNOWN, float("inf")))
    return getattr(param, "group", None) or group, place


def _write_group(
    formatter: click.HelpFormatter, group: str, rows: Iterable[tuple[float, tuple[str, str]]]
) -> None:
    ordered = [record for _, record in sorted(rows, key=lambda row: row[0])]
    if ordered:
        with formatter.section(group):
            formatter.write_dl(ordered)


def _typed(text: str, encoding: str) -> io.TextIOWrapper:
    """A text as if it had been piped in."""
    if not text.endswith("\n"):
        text += "\n"
    try:
        data = text.encode(encoding)
    except LookupError:
        data = text.encode("utf-8")  # the encoding is refused where all inputs are
    except UnicodeEncodeError:
        raise click.BadParameter(
            f"{text.strip()!r} cannot be written in {encoding.upper()}; leave --encoding out.",
            param_hint="'-t' / '--text'",
        ) from None
    return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", errors="strict", newline="\n")
