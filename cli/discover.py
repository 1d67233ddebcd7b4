"""``nlpzero discover``: the words of a text, with evidence."""

import math
import os
from concurrent.futures import Executor
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .formats import FORMATS, number, open_output, write_table
from .learning import learn
from .progress import byte_progress, note

if TYPE_CHECKING:
    from nlpzero.discovery.result import Discovery
    from nlpzero.learning.segmenter import LearnedSegmenter
    from nlpzero.ngrams.table import NGramCounts
    from nlpzero.text.corpus import Corpus

_DICTIONARIES = ("jieba", "hanlp", "ik")
_COLUMNS = ("word", "count", "score", "pmi", "split", "left_entropy", "right_entropy")
_EDGES = ("left_edge", "right_edge", "inside")


class Numbers(click.ParamType):
    """Numbers separated by commas."""

    name = "numbers"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not a number, nor several like 2,4,6.", param, ctx)


@click.command()
@options.reading(required=False)
@click.option(
    "--method",
    type=click.Choice(["learned", "cohesion", "min-entropy"]),
    help="learned: by a segmenter that learns from the text first. cohesion: cut where no strong n-gram covers "
    "a gap. min-entropy: cut between neighbours that save nothing by being joined.  [default: learned; "
    "cohesion for --counts alone]",
)
@click.option("--model", metavar="FILE", help="Use a model that `train` made (learned).")
@click.option(
    "--sample",
    type=options.Size(),
    help="Learn from at most so much of the text, drawn at random (learned).  [default: 16 million bytes]",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Of the sample and of learning (learned).",
)
@click.option(
    "--counts",
    metavar="FILE",
    help="Counts of this text from `ngrams`, not to count again; without a text, rank strong n-grams from "
    "the counts alone.",
)
@click.option(
    "--save-counts", metavar="FILE", help="Keep the counts for --counts, `merge` and later runs."
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    help="Smallest count of a word.  [default: grows with the text: 2 for a page, 8 for 30 MB; for learned a "
    "quarter of that, 2 at least]",
)
@click.option(
    "--min-pmi",
    type=Numbers(),
    metavar="N[,N,N]",
    help="In nats. cohesion: least PMI at the weakest split, for 2, 3 and 4 characters. min-entropy: the "
    "price of joining a pair.  [default: 2,4,6; 1]",
)
@click.option(
    "--min-entropy",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="NATS",
    show_default=True,
    help="Least branching entropy, of the smaller of left and right.",
)
@click.option(
    "--min-length",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Shortest words; 1 lists single characters too.",
)
@click.option(
    "--max-length", type=click.IntRange(min=1), default=20, show_default=True, help="Longest words."
)
@click.option(
    "--order",
    type=click.IntRange(2, 4),
    default=4,
    show_default=True,
    help="Longest n-grams that cohesion looks at; words may be longer.",
)
@click.option(
    "--strict-backtrack",
    is_flag=True,
    help="cohesion: all n-grams in a word of 3 and more characters must be strong, not only the longest.",
)
@click.option("--latin", is_flag=True, help="List runs of letters and digits too.")
@click.option(
    "--fold-width", is_flag=True, help="Read full-width letters and digits as half-width."
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="Only the best N words.")
@click.option(
    "--exclude",
    multiple=True,
    metavar="DICT",
    help="Leave out the words of a dictionary: a plain list, or in the format of jieba, HanLP, IK or of this "
    "command. Repeatable.",
)
@click.option(
    "--exclude-encoding",
    default="utf-8",
    show_default=True,
    metavar="NAME",
    help="Encoding of these dictionaries.",
)
@click.option(
    "--explain",
    multiple=True,
    metavar="WORD",
    help="Say what became of this word, and which threshold dropped it. Repeatable.",
)
@options.format_((*FORMATS, *_DICTIONARIES))
@click.option(
    "--with-frequency",
    is_flag=True,
    help="Write counts into jieba and hanlp dictionaries; without them jieba finds its own, which is better.",
)
@options.working()
@cluster()
@options.writing()
def discover(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    method: str | None,
    model: str | None,
    sample: int | None,
    seed: int,
    counts: str | None,
    save_counts: str | None,
    min_pmi: tuple[float, ...] | None,
    min_length: int,
    max_length: int,
    order: int,
    exclude: tuple[str, ...],
    exclude_encoding: str,
    fold_width: bool,
    format: str,
    with_frequency: bool,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    executor: Executor | None,
    output: str | None,
    quiet: bool,
    **thresholds: Any,
) -> None:
    """Find the words of a text, best first, with the evidence for each.

    Columns: the word; how often it stood alone when the text was cut; the score; the PMI at its weakest split,
    and that split; the branching entropies of its neighbours to the left and to the right, in nats; and for
    the learned method the mean probability of a boundary at its left edge, at its right edge, and inside.

    Sorted by score, then by count, then by code points. The score of learned words is count x
    (left_edge x right_edge x (1 - inside))^16 x min(left_entropy, right_entropy) / ln(1 + occurrences); that of the
    other methods is ln(count) + pmi + min(left_entropy, right_entropy) - 2 x places where the word could be
    split. The thresholds in force are told on standard error.

    Punctuation, white space and line ends end a word. Runs of letters or digits are never cut, and never words
    by themselves without --latin.

    \b
    Examples:
      nlpzero discover news.txt --top 1000
      nlpzero discover novels/ --exclude dict.txt --format csv -o words.csv
      nlpzero discover chat.txt --format jieba -o userdict.txt
      nlpzero discover --method cohesion --counts news.nz news.txt --explain 各项目
    """
    if counts is not None and save_counts is not None:
        raise click.UsageError("--save-counts keeps new counts; it does not go with --counts.")
    if counts is not None and fold_width:
        raise click.UsageError("--fold-width is for counting; the counts given have it or not.")
    if with_frequency and format not in ("jieba", "hanlp"):
        raise click.UsageError("--with-frequency goes with --format jieba or hanlp.")
    if counts is None or inputs:
        inputs = options.needed_inputs(inputs)
    if method is None:
        method = "learned" if inputs else "cohesion"
    elif method != "cohesion" and not inputs:
        raise click.UsageError(f"{method} cuts the text; --counts alone is for cohesion.")
    _check_own(method, model)
    needed = order - 1 if method == "cohesion" else 1
    if min_pmi is not None and len(min_pmi) != needed:
        raise click.UsageError(
            f"--min-pmi: {method} needs {needed} number{'s' * (needed > 1)}, got {len(min_pmi)}."
        )
    if max_length < min_length:
        raise click.UsageError("--max-length is smaller than --min-length.")
    words_out = _excluded(exclude, exclude_encoding)
    report = nlpzero.ReadReport()
    with (
        options.open_corpus(inputs, encoding, errors, field, again=True, tmpdir=tmpdir, quiet=quiet)
        if inputs
        else nullcontext() as corpus,
        ExitStack() as stack,
    ):
        segmenter: LearnedSegmenter | None = None
        if model is not None:
            segmenter = _learned_model(model)
        elif method == "learned":
            how: dict[str, Any] = {"seed": seed}
            if sample is not None:
                how["sample"] = sample
            assert corpus is not None
            with options.resources(jobs, memory, tmpdir, quiet=quiet) as given:
                learned = learn(
                    corpus,
                    nlpzero.CoTraining(**how),
                    (),
                    numbers=None,
                    resources=given,
                    quiet=quiet,
                )
            assert isinstance(learned, nlpzero.LearnedSegmenter)
            segmenter = learned
        work = _work(corpus, counts is not None)
        advance = stack.enter_context(byte_progress(work, "discover", quiet=quiet))
        working: dict[str, Any] = {
            "jobs": jobs,
            "memory": memory,
            "tmpdir": tmpdir,
            "executor": executor,
            "progress": advance,
        }
        table: NGramCounts | None = None
        if counts is not None:
            table = nlpzero.NGramCounts.load(counts)
        elif save_counts is not None:
            mapping = () if segmenter is None else segmenter.alphabet.mapping
            alphabet = nlpzero.Alphabet(fold_width=fold_width, mapping=mapping)
            nlpzero.count_to_file(corpus, save_counts, alphabet=alphabet, report=report, **working)
            table = nlpzero.NGramCounts.load(save_counts)
        found = nlpzero.discover_words(
            corpus,
            method=method,
            segmenter=segmenter,
            counts=table,
            order=order,
            min_pmi=min_pmi,
            min_length=min_length,
            max_length=max_length,
            exclude=words_out,
            fold_width=fold_width,
            report=report if save_counts is None else None,
            **thresholds,
            **working,
        )
    if corpus is not None:
        options.note_reading(corpus, report, quiet=quiet)
    _tell(found, quiet=quiet)
    for word, fate in found.explanations.items():
        click.echo(f"{word}: {fate}", err=True)
    if format in _DICTIONARIES:
        _write_dictionary(found, output, format, with_frequency)
    else:
        columns = _COLUMNS + (_EDGES if method == "learned" else ())
        write_table(output, format, columns, (_row(word[: len(columns)]) for word in found))


def _check_own(method: str, model: str | None) -> None:
    """Refuse options of other methods rather than ignore them."""
    context = click.get_current_context()
    own = {
        "model": ("learned",),
        "sample": ("learned",),
        "seed": ("learned",),
        "min_pmi": ("cohesion", "min-entropy"),
        "fold_width": ("cohesion", "min-entropy"),
        "order": ("cohesion",),
        "strict_backtrack": ("cohesion",),
    }
    for name, methods in own.items():
        source = context.get_parameter_source(name)
        if method not in methods and source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            raise click.UsageError(
                f"{option} belongs to --method {' and '.join(methods)}, not to {method}."
            )
    if model is not None:
        for name in ("sample", "seed"):
            source = context.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                raise click.UsageError(
                    f"--{name} is for learning; the --model has learned already."
                )


def _learned_model(path: str) -> "LearnedSegmenter":
    segmenter = nlpzero.load_segmenter(path)
    if not isinstance(segmenter, nlpzero.LearnedSegmenter):
        raise nlpzero.StorageError(
            f"{path}: a model of method {segmenter.method}; discovery needs a learned one"
        )
    return segmenter


def _work(corpus: "Corpus | None", counted: bool) -> int | None:
    """Bytes to read in all: the text is read to count, to cut, and to gather evidence."""
    if corpus is None or corpus.size is None:
        return None
    return corpus.size * (2 if counted else 3)


def _excluded(paths: tuple[str, ...], encoding: str) -> frozenset[str]:
    words: frozenset[str] = frozenset()
    for path in paths:
        words |= nlpzero.read_dictionary(path, encoding=encoding)
    return words


def _row(word: tuple[Any, ...]) -> tuple[Any, ...]:
    """Values that are not known are empty cells."""
    return tuple(
        None if isinstance(value, float) and math.isnan(value) else value for value in word
    )


def _tell(found: "Discovery", *, quiet: bool) -> None:
    """The thresholds in force, and what each removed."""
    shown = ", ".join(f"{name} {_shown(value)}" for name, value in found.thresholds.items())
    note(f"{found.method}: {shown}", quiet=quiet)
    removed = ", ".join(f"{r.threshold} {r.removed:,}" for r in found.removals if r.removed)
    note(
        f"{len(found):,} words in {found.total:,} characters"
        + (f"; candidates removed by {removed}" if removed else ""),
        quiet=quiet,
    )
    for removal in found.removals:
        if removal.threshold == "exclude":
            note(
                f"{removal.removed:,} words are on the lists to exclude ({removal.value:,} words)",
                quiet=quiet,
            )
    if found.hint is not None:
        click.echo(found.hint, err=True)


def _shown(value: Any) -> str:
    if isinstance(value, list):
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
