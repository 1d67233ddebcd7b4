"""``nlpzero segment``: text in, text with separators out, nothing lost."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .command import Command, Option
from .configs import in_options
from .estimates import dry_run, refuse_with_dry_run, write_estimate
from .formats import open_bytes
from .learning import (
    BASE,
    RECORDS,
    check_joiners,
    keeping,
    kept,
    learn,
    learning,
    load_model,
    method_with,
    note_learned,
    numbers,
)
from .live import LiveInput, check_encoding, is_compressed_file, is_terminal
from .own_words import OwnWords, dictionary, of_dictionary, own_words
from .progress import note

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.text.corpus import Corpus


def _one_separator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    value = value.replace("\\t", "\t").replace("\\n", "\n")
    if not value:
        raise click.BadParameter("must not be empty.", ctx, param)
    return value


@click.command(cls=Command)
@options.reading()
@options.model(
    "A model that `train` made; base for the one in the package, which cuts each line by itself.",
    instead=("learn_from", "dictionary", "method", "no_base", "background"),
)
@click.option(
    "--learn-from",
    multiple=True,
    metavar="FILE",
    help="Learn from this text instead of a model (repeatable).  [default: the input itself]",
)
@dictionary()
@own_words()
@learning()
@numbers()
@keeping(records=True)
@click.option(
    "--separator",
    cls=Option,
    group="Output",
    default=" ",
    show_default=True,
    callback=_one_separator,
    metavar="TEXT",
    help="What stands between tokens, white space included; a space only between words. \\t is a "
    "tab.",
)
@click.option(
    "-f",
    "--format",
    type=click.Choice(["text", "jsonl", "tokens", "probs", "csv", "tsv"]),
    help="text: the input with separators. jsonl: a JSON array of tokens per line, or a record. "
    "tokens: one token per line, an empty line after each line. probs: a JSON object per line with "
    "the probability of a cut after each character. csv, tsv: records.  [default: text; jsonl for "
    "records]",
)
@click.option(
    "--keep-records",
    is_flag=True,
    help="With --field: write every record whole, with its tokens added.",
)
@click.option(
    "--tokens-key",
    metavar="NAME",
    help="Field or column of the tokens in records.  [default: tokens]",
)
@options.working()
@options.checkpoint()
@dry_run()
@cluster()
@options.output(
    folders=True,
    help="Write to this file instead of standard output; a name that ends with / is a new folder "
    "for part files.",
)
@options.quiet()
def segment(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    model: str | None,
    learn_from: tuple[str, ...],
    dictionary: tuple[str, ...],
    own: OwnWords,
    method: Any,
    background: tuple[str, ...],
    numbers: str | None,
    keep: Any,
    joiners: str | None,
    separator: str,
    format: str | None,
    keep_records: bool,
    tokens_key: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    dry_run: bool,
    executor: Executor | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Cut text into words.

    Without --model, --learn-from or --dictionary it adapts the base of the package to the input
    itself.
    White space passes through unchanged, and so does everything else: without the separators, the
    output is the input, byte for byte. A line that is typed is answered at once, by the base alone,
    and so is one piped in if there is a --model.

    \b
    Examples:
      nlpzero segment -t 我爱北京天安门
      nlpzero segment novel.txt > cut.txt
      nlpzero segment --model news.nz < today.txt
      tail -f chat.log | nlpzero segment --model base
      nlpzero segment --learn-from corpus/ --separator / - < questions.txt
      nlpzero segment --words mine.txt chat.txt
      nlpzero segment --dictionary dict.txt --format jsonl news.txt.gz -o news.jsonl
      nlpzero segment --field text --keep-records in.jsonl > out.jsonl
      nlpzero segment --model news.nz corpus/ -o parts/
    """
    if keep == RECORDS:
        keep, keep_records = None, True
    refuse_with_dry_run(dry_run, keep_records=keep_records)
    format = _checked_format(format, field, keep_records, tokens_key)
    if (model is not None) + bool(learn_from) + bool(dictionary) > 1:
        raise click.UsageError("Give one of --model, --learn-from and --dictionary.")
    if "-" in learn_from and "-" in inputs:
        raise click.UsageError("Standard input cannot be both INPUT and --learn-from.")
    in_parts = output is not None and options.is_folder(output)
    if in_parts and keep_records:
        raise click.UsageError("--keep-records writes one file; name one without / at its end.")
    check_encoding(encoding)
    if model is None:
        check_joiners(keep, joiners)
    alone = model is None and not learn_from and not dictionary
    usual = method == nlpzero.CoTraining(base="default") and not background
    if alone and usual and inputs == ("-",) and is_terminal():
        # nobody who types a line wants to type all others first
        model, alone = BASE, False
    form: dict[str, Any] = {"separator": separator, "format": format}
    write: Callable[..., Any] = nlpzero.segment_corpus
    if keep_records:
        write = nlpzero.segment_records
        form["tokens_key"] = "tokens" if tokens_key is None else tokens_key
    with ExitStack() as stack:
        corpus: Corpus | None = None
        shared = in_parts or executor is not None
        if alone or inputs != ("-",) or field is not None or shared or is_compressed_file():
            again = alone or ((shared or jobs > 1) and "-" in inputs)
            corpus = stack.enter_context(
                options.open_corpus(
                    inputs, encoding, errors, field, again=again, tmpdir=tmpdir, quiet=quiet
                )
            )
        if not dry_run:
            options.refuse_own_output(corpus, output)
        resources = stack.enter_context(
            options.resources(
                jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
            )
        )
        if dictionary:
            segmenter: Segmenter = of_dictionary(dictionary, numbers)
        elif model is not None:
            segmenter = load_model(model, numbers)
        else:
            source = corpus
            if learn_from:
                source = stack.enter_context(
                    options.open_corpus(
                        learn_from, encoding, errors, field, tmpdir=tmpdir, quiet=quiet
                    )
                )
            assert source is not None  # the input itself
            if dry_run:
                assert corpus is not None
                estimate = nlpzero.estimate_learned_segmenting(
                    corpus,
                    method_with(method, background, source),
                    learn_from=source,
                    **form,
                    resources=resources,
                )
                write_estimate(estimate, format, quiet=quiet)
                return
            segmenter = learn(
                source,
                method,
                background,
                numbers=numbers,
                resources=resources,
                quiet=quiet,
                complete=source is not corpus,
            )
            note_learned(segmenter, quiet=quiet)
        segmenter = own.beside(kept(segmenter, keep, joiners))
        if dry_run:
            assert corpus is not None
            estimate = nlpzero.estimate_segmenting(corpus, segmenter, **form, resources=resources)
            write_estimate(estimate, format, quiet=quiet)
            return
        with _misuse_in_options():
            if corpus is None:
                seen, bad = _segment_live(segmenter, form, encoding, errors, output)
            else:
                if in_parts:
                    assert output is not None
                    summary = nlpzero.segment_to_parts(
                        corpus, segmenter, output, resources=resources, **form
                    )
                else:
                    with open_bytes(output) as out:
                        summary = write(corpus, segmenter, out, resources=resources, **form)
                seen, bad = summary.separator_seen, summary.read.bad_bytes
    if bad:
        done = "replaced" if errors == "replace" else "left out"
        note(f"bytes not valid in {encoding.upper()}: {bad}, {done}", quiet=quiet)
    if seen and options.given("separator"):
        note(
            f"the separator {separator!r} occurs in the text, so it cannot be taken out again; "
            "--separator names another",
            quiet=quiet,
        )


def _checked_format(
    format: str | None, field: str | None, records: bool, tokens_key: str | None
) -> str:
    """The format, if it goes with the other options."""
    if not records:
        if tokens_key is not None:
            raise click.UsageError("--tokens-key goes with --keep-records.")
        if format in ("csv", "tsv"):
            raise click.UsageError(f"--format {format} writes records: give --keep-records too.")
        return format or "text"
    if field is None:
        raise click.UsageError("--keep-records needs --field, the field that holds the text.")
    if format in ("text", "tokens", "probs"):
        raise click.UsageError(
            f"--keep-records writes jsonl, csv or tsv; --format {format} has no place for records."
        )
    return format or "jsonl"


@contextmanager
def _misuse_in_options() -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        raise
    except ValueError as error:
        raise click.UsageError(in_options(str(error), ("separator", "tokens_key"))) from error


def _segment_live(
    segmenter: "Segmenter", form: dict[str, Any], encoding: str, errors: str, output: str | None
) -> tuple[bool, int]:
    """Segment standard input line by line as it comes.

    Returns whether the separator occurred, and the number of bad bytes.
    """
    source = LiveInput(encoding, errors)
    writer = nlpzero.SegmentWriter(segmenter, encoding=source.encoding, errors=errors, **form)
    with open_bytes(output) as file:
        file.write(source.mark)
        for part in writer.parts(source.blocks()):
            file.write(part)
            file.flush()
    return writer.separator_seen, source.read.bad_bytes
