"""``nlpzero discover``: the words of a text, with evidence."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .command import Command
from .configs import config_options
from .estimates import dry_run, refuse_with_dry_run, write_estimate
from .learning import (
    check_joiners,
    keeping,
    kept,
    load_model,
    refuse_keeping,
    telling_rounds,
)
from .likeness import likeness, taken
from .reports import WORDS_WITH_CONTEXTS, check_report, names_of, report_option
from .thresholds import (
    check_writing,
    kept_by,
    tell_thresholds,
    thresholds,
    write_words,
    writing_words,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.discovery.result import Discovery
    from nlpzero.engine.resources import ReadReport, Resources
    from nlpzero.learning.segmenter import LearnedSegmenter
    from nlpzero.ngrams.table import NGramCounts
    from nlpzero.text.corpus import Corpus

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


@click.command(cls=Command)
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
@options.model("Use a model that `train` made (learned).", instead=("no_base", "sample", "seed"))
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
    "--save",
    metavar="FILE",
    callback=options.writable,
    help="Keep all that was found, for `select` to list it by other thresholds without the text.",
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
@thresholds()
@likeness()
@click.option(
    "--explain",
    multiple=True,
    metavar="WORD",
    help="Say what became of this word, which threshold dropped it, and show it in the text. "
    "Repeatable.",
)
@click.option(
    "--examples",
    type=click.IntRange(min=1),
    metavar="N",
    help="Add a column with the first N places of each word in the text.",
)
@report_option()
@writing_words()
@options.working()
@options.checkpoint()
@cluster()
@dry_run()
@options.writing()
@options.verbose()
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
    save: str | None,
    min_count: int | None,
    max_length: int,
    explain: tuple[str, ...],
    examples: int | None,
    report: str | None,
    format: str,
    with_frequency: bool,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    executor: "Executor | None",
    dry_run: bool,
    output: str | None,
    quiet: bool,
    **criteria: Any,
) -> None:
    """Find the words of a text, best first, with the evidence for each.

    \b
    Examples:
      nlpzero discover news.txt --top 1000
      nlpzero discover novels/ --exclude dict.txt --format csv -o words.csv
      nlpzero discover reviews/ --exclude dict.txt --combinations drop --fragments mark
      nlpzero discover chat.txt --format jieba -o userdict.txt
      nlpzero discover reviews.txt --report words.html -o words.tsv
      nlpzero discover reviews.txt --like dishes.txt --vectors v.nz --top 200
      nlpzero discover --method cohesion --counts news.nz news.txt --explain 各项目

    Columns: the word; how often it stood alone when the text was cut; the score; the PMI at its
    weakest split, and that split; the branching entropies of its neighbours to the left and to the
    right, in nats; and for the learned method the mean probability of a boundary at its left edge,
    at its right edge, and inside. Then, where the words are sorted by it, the novelty, and with
    --like the similarity.

    Sorted by score, or by novelty with --exclude or --new; then by count, then by code points. The
    thresholds and the order in force are told on standard error; docs/discovery.md and
    docs/new-words.md have the formulas.

    Punctuation, white space and line ends end a word. Runs of letters or digits are never cut, and
    never words by themselves without --latin. What --memory is needed for beside counting is in
    docs/memory.md.
    """
    refuse_with_dry_run(dry_run, counts=counts)
    check_writing(format, with_frequency, examples)
    check_report(report, output, save, save_counts)
    if max_length < criteria["min_length"]:
        raise click.UsageError("--max-length is smaller than --min-length.")
    whole = {"keep": keep, "joiners": joiners}
    inputs = _checked_inputs(inputs, method, counts, save_counts, whole)
    if examples is not None and not inputs:
        raise click.UsageError("--examples shows words in the text; give it beside --counts.")
    if not isinstance(method, nlpzero.CoTraining) and not options.given("model"):
        model = None  # that of the environment
    _check_model(method, model, no_base)
    if isinstance(method, nlpzero.CoTraining) and not no_base:
        method = dataclasses.replace(method, base="default")
    near = taken(criteria, report, quiet=quiet)
    wanted = kept_by(criteria)
    with (
        _opened(inputs, encoding, errors, field, tmpdir, quiet) as corpus,
        options.resources(
            jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
        ) as resources,
    ):
        if dry_run:
            assert corpus is not None
            estimate = nlpzero.estimate_discovery(
                corpus,
                _with_model(method, model, whole),
                min_count=min_count,
                max_length=max_length,
                resources=resources,
            )
            write_estimate(estimate, format, quiet=quiet)
            return
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
        )
        if save is not None:
            found.save(save)
        found = near.ranked(found).filter(**wanted)
        fates = [found.explain(word) for word in explain]
        first = [] if report is None else [word.word for word in found[:WORDS_WITH_CONTEXTS]]
        contexts = _contexts(corpus, [*explain, *first])
        listed = [] if examples is None else [word.word for word in found]
        shown = None if examples is None else _contexts(corpus, listed, examples)
    if corpus is not None:
        options.note_reading(corpus, found.read, quiet=quiet)
    tell_thresholds(found, quiet=quiet)
    for fate in fates:
        click.echo(f"{fate.word}: {fate}", err=True)
        for context in contexts.get(fate.word, ()):
            click.echo(f"  {context.left} | {context.word} | {context.right}", err=True)
    if report is not None:
        contexts.update(shown or {})
        found.report(
            report, contexts=contexts, vectors=near.vectors, source=names_of(corpus, counts)
        )
    write_words(found, output, format, with_frequency, shown)


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
    method = _with_model(method, model, whole)
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


def _with_model(method: Any, model: str | None, whole: Mapping[str, Any]) -> Any:
    """The method of discovery that learns, or has learned; another as it is."""
    if not isinstance(method, nlpzero.CoTraining):
        return method
    segmenter = None if model is None else kept(_learned_model(model), **whole)
    return nlpzero.Learned(segmenter, method)


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


def _contexts(
    corpus: "Corpus | None", words: Sequence[str], limit: int = _CONTEXTS
) -> dict[str, list[Any]]:
    """Where some words stand in the text, all found in one reading."""
    if corpus is None or not words:
        return {}
    return nlpzero.concordance(corpus, words, limit=limit)
