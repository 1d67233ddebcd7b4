"""``nlpzero train``: a model file for `segment`, `count` and others."""

import os
import sys
from typing import TYPE_CHECKING, Any

import click

import nlpzero
from nlpzero.engine.stores import is_url

from . import options
from .cluster import cluster
from .command import Command
from .estimates import dry_run, refuse_with_dry_run, write_estimate
from .learning import (
    check_joiners,
    compacted,
    keeping,
    kept,
    learn,
    learning,
    method_with,
    note_learned,
    numbers,
)
from .own_words import OwnWords, own_words
from .progress import note, number_of
from .word_lists import encoding_of_lists, naming

if TYPE_CHECKING:
    from concurrent.futures import Executor


def _of_use(options: dict[str, Any]) -> None:
    """Refuse a cluster where it would not be used."""
    if options["dictionary"]:
        raise click.UsageError("--dictionary makes a model from lists alone; leave --executor out.")


@click.command(cls=Command)
@options.reading(required=False)
@options.output(required=True, help="The model file to write.")
@learning()
@numbers()
@keeping()
@click.option(
    "--dictionary",
    multiple=True,
    metavar="FILE",
    help="Make a model from a list of words instead of text: one a line, with counts or in jieba's "
    "format. Further lists complete or replace the first.",
)
@own_words()
@click.option(
    "--arpa",
    metavar="FILE",
    help="Also write the language model in ARPA format, which KenLM reads (lm).",
)
@click.option(
    "--compact",
    metavar="SIZE",
    type=options.Size(),
    help="Make a base instead of a model: one of at most so many bytes, for text of any kind, that "
    "others can adapt; 2.7M holds what 40 MB of text tell (learned; needs nlpzero[traditional]).",
)
@options.working()
@options.checkpoint()
@cluster(_of_use)
@dry_run()
@options.quiet()
def train(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    output: str,
    method: Any,
    background: tuple[str, ...],
    numbers: str | None,
    keep: Any,
    joiners: str | None,
    dictionary: tuple[str, ...],
    own: OwnWords,
    arpa: str | None,
    compact: int | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    executor: "Executor | None",
    dry_run: bool,
    quiet: bool,
) -> None:
    """Learn to segment from raw text, and write a model file.

    The model holds all that `segment --model` needs: data only, checksummed, the same bytes for the
    same text and options.

    \b
    Examples:
      nlpzero train news.txt -o news.nz
      nlpzero train novel.txt --background news.txt.gz -o novel.nz
      nlpzero train --method lm news.txt tech.txt -o lm.nz --arpa lm.arpa
      nlpzero train --compact 2.7M --sample 64M corpus/ -o my-base.nz
      nlpzero train news.txt --words mine.txt -o mine.nz
      nlpzero train --dictionary dict.txt -o dict.nz
    """
    if arpa is not None and (dictionary or not isinstance(method, nlpzero.CharacterModel)):
        raise click.UsageError("--arpa writes a language model; it belongs to --method lm.")
    if compact is not None and (
        dictionary or background or not isinstance(method, nlpzero.CoTraining)
    ):
        raise click.UsageError(
            "--compact makes a base from raw text by --method learned; leave out --dictionary "
            "and --background."
        )
    refuse_with_dry_run(dry_run, dictionary=dictionary, compact=compact)
    check_joiners(keep, joiners)
    if dictionary:
        if inputs:
            raise click.UsageError(
                "--dictionary makes a model from lists alone; give no INPUT with it."
            )
        first, *more = dictionary
        lists = encoding_of_lists(encoding)
        with naming():
            segmenter: Any = nlpzero.VocabularySegmenter.from_file(
                first, *more, encoding=lists, numbers=numbers or "learned"
            )
        own.beside(kept(segmenter, keep, joiners)).save(output)
        note(number_of(segmenter.size, "word"), quiet=quiet)
    else:
        if not inputs:
            if sys.stdin is None or sys.stdin.isatty():
                raise click.UsageError(
                    "No input; give files, folders or globs, or - for standard input."
                )
            inputs = ("-",)
        with options.open_corpus(
            inputs,
            encoding,
            errors,
            field,
            again="-" in inputs
            and (executor is not None or jobs > 1 or getattr(method, "order", 4) > 4),
            tmpdir=tmpdir,
            quiet=quiet,
        ) as corpus:
            with options.resources(
                jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
            ) as given:
                if dry_run:
                    wanted = method_with(method, background, corpus)
                    estimate = nlpzero.estimate_learning(corpus, wanted, resources=given)
                    write_estimate(estimate, None, quiet=quiet)
                    return
                if compact is None:
                    segmenter = learn(
                        corpus, method, background, numbers=numbers, resources=given, quiet=quiet
                    )
                else:
                    segmenter = compacted(corpus, method, compact, numbers, given, quiet=quiet)
            _refuse_nothing(segmenter, quiet=quiet)
            own.beside(kept(segmenter, keep, joiners)).save(output)
            if arpa is not None:
                segmenter.model.write_arpa(arpa)
            options.note_reading(corpus, segmenter.read, quiet=quiet)
        note_learned(segmenter, quiet=quiet)
    size = "" if is_url(output) else f": {options.format_size(os.path.getsize(output))}"
    note(f"wrote {output}{size}", quiet=quiet)


def _refuse_nothing(segmenter: Any, *, quiet: bool) -> None:
    """Say that the text holds no symbols; a model of nothing is not written."""
    if segmenter.training.get("symbols", 1) > 0:
        return
    if "base_weight" not in segmenter.training:
        raise nlpzero.NlpzeroError("the text holds no letters or characters to learn from")
    note(
        "the text holds no letters or characters to learn from; the model is the base", quiet=quiet
    )
