"""``nlpzero segment``: text in, text with separators out, nothing lost."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .configs import in_options
from .formats import open_bytes
from .learning import (
    BASE,
    check_joiners,
    keeping,
    kept,
    learn,
    learning,
    load_model,
    note_learned,
    numbers,
)
from .live import LiveInput, check_encoding, is_compressed_file, is_terminal
from .progress import note

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.text.corpus import Corpus


def _one_separator(ctx: click.Context, param: click.Parameter, value: str) -> str:
    value = value.replace("\\t", "\t").replace("\\n", "\n")
    if not value:
        raise click.BadParameter("must not be empty.", ctx, param)
    return value


@click.command()
@options.reading()
@click.option(
    "--model",
    metavar="FILE",
    help="A model that `train` made; base for the one in the package, which cuts each line by "
    "itself.",
)
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
    help="Cut with a list of words: one a line, with counts, or in jieba's format. Further lists, "
    "or any beside --model, hold words of your own.",
)
@click.option(
    "--words-weight",
    type=click.FloatRange(0),
    metavar="NATS",
    help="What each character of a word of your own may cost against the model's reading.  "
    "[default: 3]",
)
@click.option(
    "--words-force", is_flag=True, help="Words of your own are joined wherever they occur."
)
@click.option(
    "--split-words",
    multiple=True,
    metavar="FILE",
    help="Words that are never joined, one a line; with spaces inside, where they are cut.",
)
@learning()
@numbers()
@keeping()
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
    help="text: the input with separators. jsonl: a JSON array of tokens per line. tokens: one "
    "token per line, an empty line after each line. probs: a JSON object per line with the "
    "probability of a cut after each character.",
)
@options.working()
@options.checkpoint()
@options.writing()
def segment(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    model: str | None,
    learn_from: tuple[str, ...],
    words: tuple[str, ...],
    words_weight: float | None,
    words_force: bool,
    split_words: tuple[str, ...],
    method: Any,
    background: tuple[str, ...],
    numbers: str | None,
    keep: Any,
    joiners: str | None,
    separator: str,
    format: str,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Cut text into words.

    Without --model, --learn-from or --words it adapts the base of the package to the input itself.
    White space passes through unchanged, and so does everything else: without the separators, the
    output is the input, byte for byte. A line that is typed is answered at once, by the base alone,
    and so is one piped in if there is a --model.

    \b
    Examples:
      echo 我爱北京天安门 | nlpzero segment
      nlpzero segment novel.txt > cut.txt
      nlpzero segment --model news.nz < today.txt
      tail -f chat.log | nlpzero segment --model base
      nlpzero segment --learn-from corpus/ --separator / - < questions.txt
      nlpzero segment --words dict.txt --format jsonl news.txt.gz -o news.jsonl
    """
    if model is not None and learn_from:
        raise click.UsageError("--model is learned already; give it or --learn-from.")
    if "-" in learn_from and "-" in inputs:
        raise click.UsageError("Standard input cannot be both INPUT and --learn-from.")
    if learn_from and words:
        raise click.UsageError("--words needs no text to learn from; leave out --learn-from.")
    if (words_weight is not None or words_force) and len(words) < 1 + (model is None):
        raise click.UsageError(
            "--words-weight and --words-force are for words of your own: --words beside --model, "
            "or a second --words."
        )
    check_encoding(encoding)
    split = _listed(split_words)
    if model is None:
        check_joiners(keep, joiners)
    alone = model is None and not learn_from and not words
    usual = method == nlpzero.CoTraining(base="default") and not background
    if alone and usual and inputs == ("-",) and is_terminal():
        # nobody who types a line wants to type all others first
        model, alone = BASE, False
    form: dict[str, Any] = {"separator": separator, "format": format}
    with ExitStack() as stack:
        corpus: Corpus | None = None
        if alone or inputs != ("-",) or field is not None or is_compressed_file():
            again = alone or (jobs > 1 and "-" in inputs)
            corpus = stack.enter_context(
                options.open_corpus(
                    inputs, encoding, errors, field, again=again, tmpdir=tmpdir, quiet=quiet
                )
            )
        resources = stack.enter_context(
            options.resources(jobs, memory, tmpdir, quiet=quiet, checkpoint=checkpoint)
        )
        if model is not None or words:
            segmenter = _from_files(model, words, numbers, words_weight, words_force)
        else:
            source = corpus
            if learn_from:
                source = stack.enter_context(
                    options.open_corpus(
                        learn_from, encoding, errors, field, tmpdir=tmpdir, quiet=quiet
                    )
                )
            assert source is not None  # the input itself
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
        segmenter = kept(segmenter, keep, joiners)
        if split:
            segmenter = segmenter.with_split_words(split)
        with _misuse_in_options():
            if corpus is None:
                seen, bad = _segment_live(segmenter, form, encoding, errors, output)
            else:
                with open_bytes(output) as out:
                    summary = nlpzero.segment_corpus(
                        corpus, segmenter, out, resources=resources, **form
                    )
                seen, bad = summary.separator_seen, summary.read.bad_bytes
    if bad:
        done = "replaced" if errors == "replace" else "left out"
        note(f"bytes not valid in {encoding.upper()}: {bad}, {done}", quiet=quiet)
    if seen:
        note(
            f"the separator {separator!r} occurs in the text, so it cannot be taken out again; "
            "--separator names another",
            quiet=quiet,
        )


def _from_files(
    model: str | None,
    words: tuple[str, ...],
    numbers: Any,
    weight: float | None,
    force: bool,
) -> "Segmenter":
    """The segmenter of a model, of lists of words, or of both."""
    if model is None:
        if weight is None and not force:
            return nlpzero.VocabularySegmenter.from_file(*words, numbers=numbers or "learned")
        first, *words_of_own = words
        loaded: Segmenter = nlpzero.VocabularySegmenter.from_file(
            first, numbers=numbers or "learned"
        )
    else:
        loaded, words_of_own = load_model(model, numbers), list(words)
    if isinstance(loaded, nlpzero.VocabularySegmenter) and weight is None and not force:
        for name in words_of_own:
            loaded = loaded.with_words(nlpzero.read_words(name))
        return loaded
    own = _listed(words_of_own)
    return loaded.with_words(own, weight=weight, force=force) if own else loaded


def _listed(names: Iterable[str]) -> list[str]:
    """The words of files, without their counts."""
    return [word for name in names for word in nlpzero.read_words(name).words]


@contextmanager
def _misuse_in_options() -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        raise
    except ValueError as error:
        raise click.UsageError(in_options(str(error), ("separator",))) from error


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
