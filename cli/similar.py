"""``nlpzero similar``: the words nearest to others."""

from collections.abc import Iterator

import click

import nlpzero

from . import options
from .command import Command
from .formats import write_table
from .progress import note
from .vector_options import Row, known_words, load, queries, vectors_file, with_query

COLUMNS = ("word", "count", "similarity")


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="WORD...")
@vectors_file()
@click.option(
    "--minus", multiple=True, metavar="WORD", help="Go away from this word; may be repeated."
)
@click.option(
    "--seeds",
    metavar="FILE",
    help="Words of a class, one a line or any other list: more of their kind are found.",
)
@options.top("So many.", default=10)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out rarer words.",
)
@options.format_()
@options.writing()
def similar(
    words: tuple[str, ...],
    path: str,
    minus: tuple[str, ...],
    seeds: str | None,
    top: int,
    min_count: int,
    format: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Find the words nearest to WORD, or to the mean of several WORDs: words of the same kind.

    With - each line of standard input is a query, of one word or several with spaces between. A
    word that the vectors do not have is told by its characters; standard error says so.

    \b
    Examples:
      nlpzero similar 早餐 --vectors v.nz
      nlpzero similar 河北 江苏 云南 --vectors v.nz --top 30
      nlpzero similar --seeds faults.txt --vectors v.nz --top 100 --format csv -o more.csv
      nlpzero similar 国王 女人 --minus 男人 --vectors v.nz
    """
    several = words == ("-",)
    if several and seeds is not None:
        raise click.UsageError("--seeds is one query; it goes without -.")
    if not words and seeds is None:
        raise click.UsageError("No WORD; give some, or --seeds FILE, or - for standard input.")
    vectors = load(path)
    away, lost = known_words(vectors, minus, quiet=quiet)
    if lost:
        raise click.UsageError(_unknown(lost))

    def rows() -> Iterator[Row]:
        for line in queries():
            known, unknown = known_words(vectors, line.split(), quiet=quiet)
            if unknown:
                note(_unknown(unknown), quiet=quiet)
            for row in vectors.similar(known, away, top=top, min_count=min_count) if known else ():
                yield [line, *row]

    if several:
        write_table(output, format, with_query(COLUMNS, True), rows())
        return
    given = list(words)
    if seeds is not None:
        given += nlpzero.read_words(seeds, counts=False).words
    known, unknown = known_words(vectors, dict.fromkeys(given), quiet=quiet)
    if not known:
        raise click.UsageError(_unknown(unknown))
    if unknown:
        if seeds is None:
            raise click.UsageError(_unknown(unknown))
        note(_unknown(unknown), quiet=quiet)
    write_table(output, format, COLUMNS, vectors.similar(known, away, top=top, min_count=min_count))


def _unknown(words: list[str]) -> str:
    shown = ", ".join(words[:5]) + (f" and {len(words) - 5} more" if len(words) > 5 else "")
    return f"no vector for {shown}: neither the words nor their characters are known."
