"""``nlpzero compare``: the words that are characteristic of one text against another."""

import math
import os
import re
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .command import Command
from .formats import write_table
from .progress import note, number_of
from .reports import check_report, report_option
from .tokenizing import WAYS, Cutting, read_stopwords, tokenizing
from .word_lists import read_list

if TYPE_CHECKING:
    from nlpzero.segmentation.tokenizers import Tokenizer
    from nlpzero.segmentation.word_list import WordList
    from nlpzero.words.keyness import Counted
    from nlpzero.words.table import WordCounts

_LIST = re.compile(r".*\.(tsv|csv|jsonl|ndjson)", re.IGNORECASE)
_SORTS = {"g2": "g2", "z": "z", "log-ratio": "log_ratio", "count": "count"}


@click.command(cls=Command)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@options.encoding()
@options.errors()
@options.field()
@options.max_expansion()
@click.option(
    "--lists",
    is_flag=True,
    help="A and B are lists of words with counts, whatever their names.",
)
@tokenizing()
@click.option(
    "--sort",
    type=click.Choice(list(_SORTS)),
    default="g2",
    show_default=True,
    help="Which measure puts words first; count is that of both texts.",
)
@options.top("Only N words of each side.")
@click.option("--side", type=click.Choice(["A", "B"]), help="Only the words of one side.")
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out words that are rarer in both together.",
)
@click.option(
    "--max-p",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Leave out words whose p-value is larger.",
)
@click.option(
    "--max-q",
    type=click.FloatRange(0, 1),
    metavar="Q",
    help="The same of q, the p-value corrected for the number of words.",
)
@options.stopwords()
@click.option(
    "--prior",
    type=click.FloatRange(0, min_open=True),
    default=0.1,
    show_default=True,
    metavar="SHARE",
    help="Strength of the prior of z: as many words as this share of both texts.",
)
@options.format_()
@report_option()
@options.working()
@options.writing()
def compare(
    a: str,
    b: str,
    encoding: str,
    errors: str,
    field: str | None,
    lists: bool,
    cutting: Cutting,
    sort: str,
    top: int | None,
    side: str | None,
    min_count: int,
    max_p: float | None,
    max_q: float | None,
    stopwords: str | None,
    prior: float,
    format: str,
    report: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    output: str | None,
    quiet: bool,
) -> None:
    """Find the words that are characteristic of text A against text B, and those of B.

    A and B are texts, folders or globs, whose words are cut as `count` cuts them; files that
    `count --save-counts` wrote; or, if named .tsv, .csv or .jsonl and without --field, lists of
    words with counts.

    Columns: the word; the side on which it is more frequent; its count and its rate in a million
    words on either side; the signed log-likelihood ratio g2; its p-value, and q, the same corrected
    for the number of words (Benjamini-Hochberg); the natural logarithm of the ratio of the rates;
    and z, the log-odds ratio with an informative Dirichlet prior in its standard deviations. What
    is characteristic of B has a minus. Words of A come first, then those of B.

    \b
    Examples:
      nlpzero compare hotels.txt books.txt --top 20
      nlpzero compare 2023/ 2024/ --model model.nz --max-q 0.01 --format csv -o change.csv
      nlpzero compare monday.nz tuesday.nz --sort z --min-count 5
      nlpzero compare --lists ours.txt theirs.txt --side A
      nlpzero compare hotels.txt books.txt --report words.html -o words.tsv
    """
    check_report(report, output)
    if a == b == "-":
        raise click.UsageError("Standard input can be one side only.")
    if field is not None and lists:
        raise click.UsageError("--field is for texts; it does not go with --lists.")
    kinds = [_kind(path, field, lists) for path in (a, b)]
    tokenizer: Tokenizer | None = None
    if "text" in kinds:
        tokenizer = cutting.tokenizer(quiet=quiet)
    elif cutting.ways or cutting.own:
        raise click.UsageError(f"{WAYS} and --words cut texts; these are counts.")
    else:
        cutting.refuse("these are counts.")
    stopped = frozenset() if stopwords is None else read_stopwords(stopwords)

    def counted(path: str, kind: str) -> "Counted":
        if kind == "counts":
            return nlpzero.WordCounts.load(path)
        if kind == "list":
            return _with_counts(path, encoding)
        assert tokenizer is not None
        return _counted(path, tokenizer, (encoding, errors, field), (jobs, memory, tmpdir), quiet)

    sides = [counted(path, kind) for path, kind in zip((a, b), kinds, strict=True)]
    found = nlpzero.compare_counts(
        sides[0], sides[1], min_count=min_count, stopwords=stopped, prior=prior
    )
    kept = found.filter(
        side=side,
        max_p=1 if max_p is None else max_p,
        max_q=1 if max_q is None else max_q,
        top=top,
        sort=_SORTS[sort],
    )
    note(
        f"{number_of(len(found), 'word')} compared, of {found.total_a:,.15g} in A and "
        f"{found.total_b:,.15g} in B; {len(kept):,} listed, sorted by {sort}",
        quiet=quiet,
    )
    if report is not None:
        named = [os.path.basename(path.rstrip("/")) or path for path in (a, b)]
        kept.report(report, source=f"A: {named[0]}, B: {named[1]}")
    write_table(output, format, nlpzero.Keyword._fields, kept)


def _kind(path: str, field: str | None, lists: bool) -> str:
    """What stands in a file: counts, list or text."""
    if lists:
        return "list"
    if nlpzero.is_stored(path):
        return "counts"
    if field is None and os.path.isfile(path) and _LIST.fullmatch(path):
        return "list"
    return "text"


def _with_counts(path: str, encoding: str) -> "WordList":
    """A list in which all words have counts."""
    words = read_list(path, encoding, counts=True)
    missing = [
        word for word, n in zip(words.words, words.counts.tolist(), strict=True) if math.isnan(n)
    ]
    if missing:
        raise nlpzero.CorpusError(
            f"{path}: {number_of(len(missing), 'word')} without a count, such as {missing[0]!r}; "
            "`nlpzero diff` compares lists without counts"
        )
    return words


def _counted(
    path: str,
    tokenizer: "Tokenizer",
    reading: tuple[str, str, str | None],
    working: tuple[int, int | None, str | None],
    quiet: bool,
) -> "WordCounts":
    """The words of a text."""
    jobs, memory, tmpdir = working
    asked: dict[str, Any] = {"again": path == "-" and jobs > 1, "tmpdir": tmpdir, "quiet": quiet}
    with (
        options.open_corpus((path,), *reading, **asked) as corpus,
        options.resources(jobs, memory, tmpdir, quiet=quiet) as resources,
    ):
        counts = nlpzero.count_words(corpus, tokenizer, resources=resources)
    options.note_reading(corpus, counts.read, quiet=quiet)
    return counts
