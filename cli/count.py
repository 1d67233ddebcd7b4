"""``nlpzero count``: word frequencies."""

import re
from collections.abc import Iterable
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .cluster import cluster
from .formats import open_output
from .progress import byte_progress, note
from .tokenizing import make_tokenizer, tokenizing

if TYPE_CHECKING:
    from nlpzero.words.table import WordCounts

_WAYS = "--model, --words, --whitespace, --ngrams or --tokenizer"


class Lengths(click.ParamType):
    """One length or a range of lengths of n-grams, 1 to 4: ``2`` or ``1-4``."""

    name = "lengths"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([1-4])(?:-([1-4]))?", str(value).strip())
        if match is None or int(match[1]) > int(match[2] or match[1]):
            self.fail(f"{value!r} is not a length from 1 to 4, or a range such as 1-4.", param, ctx)
        return int(match[1]), int(match[2] or match[1])


@click.command()
@options.reading()
@tokenizing()
@click.option(
    "--ngrams",
    type=Lengths(),
    metavar="N[-M]",
    help="Count characters and n-grams of them, up to 4.",
)
@click.option(
    "--punctuation/--no-punctuation",
    default=None,
    help="Count tokens without letters, digits or Han characters.  "
    "[default: not with --model and --words]",
)
@click.option(
    "--by",
    type=click.Choice(["corpus", "file"]),
    default="corpus",
    show_default=True,
    help="One list for all inputs, or one for each file, its name in the first column.",
)
@click.option(
    "--document-frequency",
    type=click.Choice(["line", "file"]),
    help="A column more: in how many documents the word is, a document being a line or a file.",
)
@click.option("--stopwords", metavar="FILE", help="Leave out the words in this file, one a line.")
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out rarer words.",
)
@click.option(
    "--top", type=click.IntRange(min=1), metavar="N", help="Only the N most frequent words."
)
@options.format_()
@click.option(
    "--save-counts",
    metavar="FILE",
    callback=options.writable,
    help="Also keep all counts, whatever is listed, for `nlpzero merge` and later runs.",
)
@options.working()
@cluster()
@options.writing()
def count(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    model: str | None,
    words: str | None,
    whitespace: bool,
    ngrams: tuple[int, int] | None,
    tokenizer: str | None,
    punctuation: bool | None,
    by: str,
    document_frequency: str | None,
    stopwords: str | None,
    min_count: int,
    top: int | None,
    format: str,
    save_counts: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    executor: Executor | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Count words: how often each occurs, most frequent first, ties by code points.

    Say what the words are: --model, --words, --whitespace, --ngrams or --tokenizer. White space is never a
    word. The counts are exact and the same for any --jobs and --memory.

    \b
    Examples:
      nlpzero count --model model.nz news/ -o words.tsv
      nlpzero count --whitespace segmented.txt.gz --top 20
      nlpzero count --tokenizer jieba:lcut --document-frequency line news.txt
      nlpzero count --ngrams 2-3 --min-count 10 --format csv news.txt
    """
    if (
        sum(
            (
                model is not None,
                words is not None,
                whitespace,
                ngrams is not None,
                tokenizer is not None,
            )
        )
        != 1
    ):
        raise click.UsageError(f"Say what the words are with exactly one of {_WAYS}.")
    if ngrams is not None and (document_frequency is not None or punctuation is not None):
        raise click.UsageError("--ngrams goes without --document-frequency and --punctuation.")
    if save_counts is not None and by == "file":
        raise click.UsageError("--save-counts keeps one list; it does not go with --by file.")
    stopped = frozenset() if stopwords is None else _read_stopwords(stopwords)
    report = nlpzero.ReadReport()
    several = jobs > 1 or executor is not None
    with (
        options.open_corpus(
            inputs,
            encoding,
            errors,
            field,
            again=several and "-" in inputs,
            tmpdir=tmpdir,
            quiet=quiet,
        ) as corpus,
        byte_progress(corpus.size, "count", quiet=quiet) as advance,
    ):
        tables: Iterable[tuple[str | None, WordCounts]]
        how = (
            make_tokenizer(model, words, whitespace, tokenizer)
            if ngrams is None
            else nlpzero.NGramTokenizer(*ngrams)
        )
        # what is saved has every word; what is only listed need not
        kept = min_count if save_counts is None else 1
        counting: dict[str, Any] = {
            "documents": document_frequency,
            "punctuation": punctuation,
            "min_count": kept,
            "memory": memory,
            "tmpdir": tmpdir,
            "jobs": jobs,
            "executor": executor,
            "progress": advance,
            "report": report,
        }
        if by == "file":
            tables = nlpzero.count_words_by_file(corpus, how, **counting)
        else:
            tables = [(None, nlpzero.count_words(corpus, how, **counting))]
        distinct = tokens = 0
        with open_output(output, bom=format == "csv") as text:
            text.flush()
            header = True
            for source, table in tables:
                if save_counts is not None:
                    table.save(save_counts)
                text.buffer.writelines(
                    table.encode_rows(
                        format,
                        top=top,
                        min_count=min_count,
                        stopwords=stopped,
                        source=source,
                        header=header,
                    )
                )
                header = False
                distinct, tokens = distinct + len(table), tokens + table.total
    options.note_reading(corpus, report, quiet=quiet)
    if by == "corpus":
        least = "" if kept == 1 else f" that occur at least {kept} times"
        note(f"{tokens:,} words counted, {distinct:,} different ones{least}", quiet=quiet)
    else:
        note(f"{tokens:,} words counted", quiet=quiet)


def _read_stopwords(path: str) -> frozenset[str]:
    """The words of a file: UTF-8, one a line."""
    lines = nlpzero.Corpus(path).lines()
    return frozenset(word for line in lines if (word := line.strip()))
