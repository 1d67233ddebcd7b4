"""``nlpzero discover``: the words of a text, with evidence."""

import dataclasses
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .configs import config_options
from .formats import FORMATS, number, open_output, write_table
from .learning import (
    check_joiners,
    keeping,
    kept,
    load_model,
    refuse_keeping,
    telling_rounds,
)
from .progress import note

if TYPE_CHECKING:
    from nlpzero.discovery.result import Discovery
    from nlpzero.engine.resources import ReadReport, Resources
    from nlpzero.learning.segmenter import LearnedSegmenter
    from nlpzero.ngrams.table import NGramCounts
    from nlpzero.text.corpus import Corpus

_DICTIONARIES = ("jieba", "hanlp", "ik")
_METHODS = {
    "learned": nlpzero.CoTraining,
    "cohesion": nlpzero.Cohesion,
    "min-entropy": nlpzero.MinEntropy,
}
# of learning, what discovery has no option for
_NOT_ASKED = ("background", "background_weight", "fold_traditional", "recipe")
# words of a line around a word that is explained
_CONTEXTS = 3


def _without_text(given: Mapping[str, Any]) -> str:
    """The method when none is named: counts alone can only be ranked."""
    return "learned" if given["inputs"] or given["counts"] is None else "cohesion"


def _thresholds() -> options.Decorator:
    """Options that act on what was found."""
    return options.bundle(
        click.option(
            "--min-entropy",
            type=click.FloatRange(min=0),
            default=0.0,
            metavar="NATS",
            show_default=True,
            help="Least branching entropy, of the smaller of left and right.",
        ),
        click.option(
            "--min-length",
            type=click.IntRange(min=1),
            default=2,
            show_default=True,
            help="Shortest words; 1 lists single characters too.",
        ),
        click.option("--latin", is_flag=True, help="List runs of letters and digits too."),
        click.option(
            "--new",
            is_flag=True,
            help="Only words that the base of the package does not hold.",
        ),
        click.option(
            "--top", type=click.IntRange(min=1), metavar="N", help="Only the best N words."
        ),
        click.option(
            "--exclude",
            multiple=True,
            metavar="DICT",
            help="Leave out the words of a dictionary: a plain list, or in the format of jieba, "
            "HanLP, IK or of this command. Repeatable.",
        ),
        click.option(
            "--contains",
            metavar="WORDS",
            help="Only words in which one of these occurs: separated by commas, or @DICT.",
        ),
        click.option(
            "--without",
            metavar="WORDS",
            help="Only words in which none of these occurs: separated by commas, or @DICT.",
        ),
        click.option(
            "--within",
            metavar="WORDS",
            help="Only words that occur inside one of these: separated by commas, or @DICT.",
        ),
        click.option(
            "--exclude-encoding",
            default="utf-8",
            show_default=True,
            metavar="NAME",
            help="Encoding of these dictionaries.",
        ),
        click.option(
            "--explain",
            multiple=True,
            metavar="WORD",
            help="Say what became of this word, which threshold dropped it, and show it in the "
            "text. Repeatable.",
        ),
    )


@click.command()
@options.reading(required=False)
@config_options(
    _METHODS,
    default=_without_text,
    default_help="learned; cohesion for --counts alone",
    help="learned: by a segmenter that learns from the text first. cohesion: cut where no strong "
    "n-gram covers a gap. min-entropy: cut between neighbours that save nothing by being joined.",
    skip=_NOT_ASKED,
    instead={("min_pmi", "min-entropy"): "min_gain"},
)
@click.option("--model", metavar="FILE", help="Use a model that `train` made (learned).")
@click.option(
    "--no-base",
    is_flag=True,
    help="Learn from the text alone, without the base of the package (learned).",
)
@keeping()
@click.option(
    "--counts",
    metavar="FILE",
    help="Counts of this text from `ngrams`, not to count again; without a text, rank strong "
    "n-grams from the counts alone.",
)
@click.option(
    "--save-counts", metavar="FILE", help="Keep the counts for --counts, `merge` and later runs."
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    help="Smallest count of a word.  [default: grows with the text: 2 for a page, 8 for 30 MB; for "
    "learned a quarter of that, 2 at least]",
)
@click.option(
    "--max-length", type=click.IntRange(min=1), default=20, show_default=True, help="Longest words."
)
@_thresholds()
@options.format_((*FORMATS, *_DICTIONARIES))
@click.option(
    "--with-frequency",
    is_flag=True,
    help="Write counts into jieba and hanlp dictionaries; without them jieba finds its own, which "
    "is better.",
)
@options.working()
@options.checkpoint()
@cluster()
@options.writing()
def discover(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    method: Any,
    model: str | None,
    no_base: bool,
    keep: Any,
    joiners: str | None,
    counts: str | None,
    save_counts: str | None,
    min_count: int | None,
    max_length: int,
    min_length: int,
    exclude: tuple[str, ...],
    contains: str | None,
    without: str | None,
    within: str | None,
    exclude_encoding: str,
    explain: tuple[str, ...],
    format: str,
    with_frequency: bool,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    executor: Executor | None,
    output: str | None,
    quiet: bool,
    **thresholds: Any,
) -> None:
    """Find the words of a text, best first, with the evidence for each.

    Columns: the word; how often it stood alone when the text was cut; the score; the PMI at its
    weakest split, and that split; the branching entropies of its neighbours to the left and to the
    right, in nats; and for the learned method the mean probability of a boundary at its left edge,
    at its right edge, and inside.

    Sorted by score, then by count, then by code points. The score of learned words is count x
    (left_edge x right_edge x (1 - inside))^16 x min(left_entropy, right_entropy) / ln(1 +
    occurrences); that of the other methods is ln(count) + pmi + min(left_entropy, right_entropy) -
    2 x places where the word could be split. The thresholds in force are told on standard error.

    Punctuation, white space and line ends end a word. Runs of letters or digits are never cut, and
    never words by themselves without --latin.

    Counting keeps to --memory; the words that are found, some 200 bytes each, and for cohesion and
    min-entropy the n-grams that occur --min-count times, some 60 bytes each, are held in any case.

    \b
    Examples:
      nlpzero discover news.txt --top 1000
      nlpzero discover novels/ --exclude dict.txt --format csv -o words.csv
      nlpzero discover chat.txt --format jieba -o userdict.txt
      nlpzero discover --method cohesion --counts news.nz news.txt --explain 各项目
    """
    if with_frequency and format not in ("jieba", "hanlp"):
        raise click.UsageError("--with-frequency goes with --format jieba or hanlp.")
    if max_length < min_length:
        raise click.UsageError("--max-length is smaller than --min-length.")
    whole = {"keep": keep, "joiners": joiners}
    inputs = _checked_inputs(inputs, method, counts, save_counts, whole)
    _check_model(method, model, no_base)
    if isinstance(method, nlpzero.CoTraining) and not no_base:
        method = dataclasses.replace(method, base="default")
    lists: dict[str, Any] = {
        "exclude": _words_of(exclude, exclude_encoding),
        "contains": _words_or_list(contains, exclude_encoding),
        "without": _words_or_list(without, exclude_encoding),
        "within": _words_or_list(within, exclude_encoding),
    }
    with (
        _opened(inputs, encoding, errors, field, tmpdir, quiet) as corpus,
        options.resources(
            jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
        ) as resources,
    ):
        found = _found(
            corpus,
            method,
            model,
            counts,
            save_counts,
            min_count,
            max_length,
            whole,
            resources,
            quiet,
        ).filter(min_length=min_length, **lists, **thresholds)
        fates = [found.explain(word) for word in explain]
        contexts = _contexts(corpus, explain)
    if corpus is not None:
        options.note_reading(corpus, found.read, quiet=quiet)
    _tell(found, quiet=quiet)
    for fate in fates:
        click.echo(f"{fate.word}: {fate}", err=True)
        for context in contexts.get(fate.word, ()):
            click.echo(f"  {context.left} | {context.word} | {context.right}", err=True)
    if format in _DICTIONARIES:
        _write_dictionary(found, output, format, with_frequency)
    else:
        columns = nlpzero.Word._fields[: 10 if found.method == "learned" else 7]
        write_table(output, format, columns, (_row(word[: len(columns)]) for word in found))


# --- options


def _checked_inputs(
    inputs: tuple[str, ...],
    method: Any,
    counts: str | None,
    save_counts: str | None,
    whole: Mapping[str, Any],
) -> tuple[str, ...]:
    """What to read, if it goes with the rest."""
    if counts is not None and save_counts is not None:
        raise click.UsageError("--save-counts keeps new counts; it does not go with --counts.")
    if counts is not None and getattr(method, "fold_width", False):
        raise click.UsageError("--fold-width is for counting; the counts given have it or not.")
    check_joiners(whole["keep"], whole["joiners"])
    if counts is None or inputs:
        return options.needed_inputs(inputs)
    if not isinstance(method, nlpzero.Cohesion):
        name = next(name for name, config in _METHODS.items() if isinstance(method, config))
        raise click.UsageError(f"{name} cuts the text; --counts alone is for cohesion.")
    refuse_keeping(**whole, instead="give a text too.")
    return ()


def _check_model(method: Any, model: str | None, no_base: bool) -> None:
    """Refuse options that a model makes void rather than ignore them."""
    name = next(name for name, config in _METHODS.items() if isinstance(method, config))
    if no_base and name != "learned":
        raise click.UsageError(f"--no-base belongs to --method learned, not to {name}.")
    if model is None:
        return
    if no_base:
        raise click.UsageError("--no-base is for learning; the --model has learned already.")
    if name != "learned":
        raise click.UsageError(f"--model belongs to --method learned, not to {name}.")
    context = click.get_current_context()
    for option in ("sample", "seed"):
        source = context.get_parameter_source(option)
        if source is not None and source.name == "COMMANDLINE":
            raise click.UsageError(f"--{option} is for learning; the --model has learned already.")


def _words_of(paths: Iterable[str], encoding: str) -> frozenset[str]:
    words: frozenset[str] = frozenset()
    for path in paths:
        words |= frozenset(nlpzero.read_words(path, encoding=encoding, counts=False).words)
    return words


def _words_or_list(value: str | None, encoding: str) -> list[str] | None:
    """Words separated by commas, or those of a dictionary after an @."""
    if value is None:
        return None
    if value.startswith("@"):
        return sorted(_words_of([value[1:]], encoding))
    return [word for word in value.replace("，", ",").split(",") if word]


# --- the work


@contextmanager
def _opened(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    tmpdir: str | None,
    quiet: bool,
) -> Iterator["Corpus | None"]:
    if not inputs:
        yield None
        return
    with options.open_corpus(
        inputs, encoding, errors, field, again=True, tmpdir=tmpdir, quiet=quiet
    ) as corpus:
        yield corpus


def _found(
    corpus: "Corpus | None",
    method: Any,
    model: str | None,
    counts: str | None,
    save_counts: str | None,
    min_count: int | None,
    max_length: int,
    whole: Mapping[str, Any],
    resources: "Resources",
    quiet: bool,
) -> "Discovery":
    table = None if counts is None else nlpzero.NGramCounts.load(counts)
    if corpus is None:
        assert table is not None
        return nlpzero.rank_ngrams(table, method, min_count=min_count)
    read: ReadReport | None = None
    if isinstance(method, nlpzero.CoTraining):
        segmenter = None if model is None else kept(_learned_model(model), **whole)
        method = nlpzero.Learned(segmenter, method)
    if save_counts is not None:
        table, read = _saved_counts(corpus, method, save_counts, resources)
    found = nlpzero.discover_words(
        corpus,
        method,
        **whole,
        counts=table,
        min_count=min_count,
        max_length=max_length,
        resources=telling_rounds(resources, quiet=quiet),
    )
    return found if read is None else dataclasses.replace(found, read=read)


def _learned_model(path: str) -> "LearnedSegmenter":
    segmenter = load_model(path)
    if not isinstance(segmenter, nlpzero.LearnedSegmenter):
        raise nlpzero.StorageError(
            f"{path}: a model of method {segmenter.method}; discovery needs a learned one"
        )
    return segmenter


def _saved_counts(
    corpus: "Corpus", method: Any, path: str, resources: "Resources"
) -> tuple["NGramCounts", "ReadReport"]:
    segmenter = getattr(method, "segmenter", None)
    mapping = () if segmenter is None else nlpzero.counting_alphabet(segmenter).mapping
    alphabet = nlpzero.Alphabet(fold_width=getattr(method, "fold_width", False), mapping=mapping)
    read = nlpzero.count_to_file(corpus, path, alphabet=alphabet, resources=resources)
    return nlpzero.NGramCounts.load(path), read


def _contexts(corpus: "Corpus | None", words: tuple[str, ...]) -> dict[str, list[Any]]:
    """Where the words that are asked about stand in the text, all found in one reading."""
    if corpus is None or not words:
        return {}
    return nlpzero.concordance(corpus, words, limit=_CONTEXTS)


# --- telling


def _row(word: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values that are not known are empty cells."""
    return tuple(
        None if isinstance(value, float) and math.isnan(value) else value for value in word
    )


def _tell(found: "Discovery", *, quiet: bool) -> None:
    """The thresholds in force, and what each removed."""
    shown = ", ".join(f"{name} {_shown(value)}" for name, value in found.thresholds.items())
    note(f"{found.method}: {shown}", quiet=quiet)
    removals = found.removals
    removed = ", ".join(f"{r.threshold} {r.removed:,}" for r in removals if r.removed)
    note(
        f"{len(found):,} words in {found.total:,} characters"
        + (f"; candidates removed by {removed}" if removed else ""),
        quiet=quiet,
    )
    for removal in removals:
        if removal.threshold == "exclude":
            note(
                f"{removal.removed:,} words are on the lists to exclude ({removal.value:,} words)",
                quiet=quiet,
            )
    hint = found.hint
    if hint is not None:
        click.echo(hint, err=True)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(number(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else f"{value:,}"


def _write_dictionary(
    found: "Discovery", output: str | None, format: str, with_frequency: bool
) -> None:
    """One word a line, and what could not be written."""
    counts = [word.count for word in found] if with_frequency else None
    lines, left_out = nlpzero.dictionary_lines([word.word for word in found], format, counts)
    with open_output(output) as file:
        file.writelines(lines)
    for fault, words in left_out.items():
        examples = ", ".join(words[:5]) + (", ..." if len(words) > 5 else "")
        named = os.path.basename(output) if output is not None else "the dictionary"
        click.echo(f"Warning: {len(words):,} left out of {named}: {fault}: {examples}", err=True)
