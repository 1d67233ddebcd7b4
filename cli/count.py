"""``nlpzero count``: word frequencies."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .command import Command
from .count_by_file import Listed, Sums, write_keyness, write_wide
from .estimates import dry_run, refuse_with_dry_run, write_estimate
from .formats import open_output
from .params import Lengths
from .progress import note, number_of
from .tables import for_eyes, show
from .tokenizing import WAYS, Cutting, read_stopwords, tokenizing

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.words.table import WordCounts


@click.command(cls=Command)
@options.reading()
@tokenizing()
@click.option(
    "--ngrams",
    type=Lengths(4),
    metavar="N[-M]",
    help="Count characters and n-grams of them, up to 4.",
)
@click.option(
    "--punctuation/--no-punctuation",
    default=None,
    help="Count tokens without letters, digits or Han characters.  "
    "[default: not with a model or --dictionary]",
)
@click.option(
    "--by",
    type=click.Choice(["corpus", "file"]),
    default="corpus",
    show_default=True,
    help="One list for all inputs, or one for each file, its name in the first column.",
)
@click.option(
    "--score",
    type=click.Choice(["count", "keyness"]),
    default="count",
    show_default=True,
    help="With --by file, what lists are sorted by; keyness: how characteristic a word is of the "
    "file against all others (`nlpzero compare`).",
)
@click.option(
    "--wide",
    is_flag=True,
    help="With --by file, one table: a row for each word, a column for each file.",
)
@click.option(
    "--document-frequency",
    type=click.Choice(["line", "file"]),
    help="A column more: in how many documents the word is, a document being a line or a file.",
)
@options.stopwords()
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out rarer words.",
)
@options.top("Only the N most frequent words.")
@options.format_()
@click.option(
    "--save-counts",
    metavar="FILE",
    callback=options.writable,
    help="Also keep all counts, whatever is listed, for `nlpzero merge` and later runs.",
)
@options.working()
@options.checkpoint()
@cluster()
@dry_run()
@options.writing()
def count(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    cutting: Cutting,
    ngrams: tuple[int, int] | None,
    punctuation: bool | None,
    by: str,
    score: str,
    wide: bool,
    document_frequency: str | None,
    stopwords: str | None,
    min_count: int,
    top: int | None,
    format: str,
    save_counts: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    executor: "Executor | None",
    dry_run: bool,
    output: str | None,
    quiet: bool,
) -> None:
    """Count words: how often each occurs, most frequent first, ties by code points.

    The base of the package says what the words are, unless --model, --dictionary, --whitespace,
    --tokenizer or --ngrams does. White space is never a word. The counts are exact and the same
    for any --jobs and --memory.

    \b
    Examples:
      nlpzero count news.txt --top 20
      nlpzero count --model model.nz news/ -o words.tsv
      nlpzero count --whitespace segmented.txt.gz --top 20
      nlpzero count --tokenizer jieba:lcut --document-frequency line news.txt
      nlpzero count --ngrams 2-3 --min-count 10 --format csv news.txt
      nlpzero count --by file --score keyness --top 10 chapters/
      nlpzero count --by file --wide --top 100 --format csv chapters/ -o chapters.csv
    """
    if cutting.ways + (ngrams is not None) > 1:
        raise click.UsageError(f"Say what the words are with one of {WAYS}, or --ngrams.")
    if ngrams is not None and (document_frequency is not None or punctuation is not None):
        raise click.UsageError("--ngrams goes without --document-frequency and --punctuation.")
    if ngrams is not None:
        cutting.refuse("--ngrams counts characters.")
    if save_counts is not None and by == "file":
        raise click.UsageError("--save-counts keeps one list; it does not go with --by file.")
    refuse_with_dry_run(dry_run, by=by == "file")
    _check_by_file(by, score, wide, document_frequency)
    listed = Listed(
        format, top, min_count, frozenset() if stopwords is None else read_stopwords(stopwords)
    )
    # what is saved has every word; what is only listed need not
    kept = 1 if save_counts is not None or wide or score == "keyness" else min_count
    again = "-" in inputs and (jobs > 1 or executor is not None)
    with (
        options.open_corpus(
            inputs, encoding, errors, field, again=again, tmpdir=tmpdir, quiet=quiet
        ) as corpus,
        options.resources(
            jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
        ) as resources,
    ):
        how = cutting.tokenizer(quiet=quiet) if ngrams is None else nlpzero.NGramTokenizer(*ngrams)
        if dry_run:
            estimate = nlpzero.estimate_words(
                corpus,
                how,
                documents=document_frequency,
                punctuation=punctuation,
                format=format,
                top=top,
                min_count=min_count,
                stopwords=listed.stopwords,
                resources=resources,
            )
            write_estimate(estimate, format, quiet=quiet)
            return
        count_them = _by_file if by == "file" else _together
        tables = count_them(
            corpus,
            how,
            documents=document_frequency,
            punctuation=punctuation,
            min_count=kept,
            resources=resources,
        )
        if wide:
            sums = write_wide(tables, output, listed)
        elif score == "keyness":
            sums = write_keyness(tables, output, listed)
        else:
            sums = _write(tables, output, listed, save_counts)
    options.note_reading(corpus, sums.read, quiet=quiet)
    different = f", {number_of(sums.distinct, 'different one')}" if by == "corpus" else ""
    occur = "occurs" if sums.distinct == 1 else "occur"
    least = f" that {occur} at least {kept} times" if different and kept > 1 else ""
    note(f"{number_of(sums.tokens, 'word')} counted{different}{least}", quiet=quiet)


def _check_by_file(by: str, score: str, wide: bool, document_frequency: str | None) -> None:
    """Refuse what only lists of files have."""
    if by != "file" and (wide or score != "count"):
        raise click.UsageError("--score keyness and --wide go with --by file.")
    if wide and score != "count":
        raise click.UsageError("--wide is a table of counts; it goes without --score keyness.")
    if document_frequency is not None and (wide or score != "count"):
        raise click.UsageError("--document-frequency goes without --wide and --score keyness.")


def _together(*args: Any, **options: Any) -> "Iterator[tuple[None, WordCounts]]":
    yield None, nlpzero.count_words(*args, **options)


def _by_file(*args: Any, **options: Any) -> "Iterator[tuple[str, WordCounts]]":
    return nlpzero.count_words_by_file(*args, **options)


def _write(
    tables: "Iterable[tuple[str | None, WordCounts]]",
    output: str | None,
    listed: Listed,
    save_counts: str | None,
) -> Sums:
    """Write the lists of all tables, one after another, as soon as each is counted."""
    sums = Sums()
    listing: dict[str, Any] = {
        "top": listed.top,
        "min_count": listed.min_count,
        "stopwords": listed.stopwords,
    }
    if for_eyes(output):
        _show(tables, listing, sums, save_counts)
        return sums
    tables = iter(tables)
    first = next(tables, None)  # an error of the first file comes before any output
    with open_output(output, bom=listed.format.startswith("csv")) as text:
        text.flush()
        header = True
        for source, table in () if first is None else itertools.chain([first], tables):
            first = None
            if save_counts is not None:
                table.save(save_counts)
            text.buffer.writelines(
                table.encode_rows(
                    listed.format,
                    source=source,
                    header=header,
                    **listing,
                )
            )
            header = False
            sums.add(table)
    return sums


def _show(
    tables: "Iterable[tuple[str | None, WordCounts]]",
    listing: dict[str, Any],
    sums: Sums,
    save_counts: str | None,
) -> None:
    """Show the first rows of all tables on a terminal."""

    def lines() -> Iterator[bytes]:
        for source, table in tables:
            if save_counts is not None:
                table.save(save_counts)
            for piece in table.encode_rows("jsonl", source=source, **listing):
                yield from piece.splitlines()
            sums.add(table)

    rows = lines()
    first = next(rows, None)
    if first is None:
        show(("word", "count"), ())
        return
    names = tuple(json.loads(first))
    show(names, itertools.chain([first], rows), read=lambda row: [*json.loads(row).values()])
