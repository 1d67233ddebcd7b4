"""``nlpzero ngrams`` and ``nlpzero merge``: n-gram counts into a file or as text, and their
sums.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

import nlpzero
from nlpzero.engine.stores import file_system, is_url, local_path
from nlpzero.engine.temporary import scratch_folder

from . import options
from .cluster import cluster
from .command import Command
from .estimates import dry_run, refuse_with_dry_run, write_estimate
from .formats import FORMATS, on_this_machine, write_table
from .params import Lengths
from .progress import note, number_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from nlpzero.ngrams.table import NGramCounts

_COLUMNS = ("ngram", "count")


@click.command(cls=Command)
@options.reading(required=False)
@click.option("--counts", metavar="FILE", help="List counts made before instead of counting.")
@click.option(
    "--order",
    type=click.IntRange(1, 16),
    default=4,
    show_default=True,
    help="Longest n-grams; each order above 4 takes one more pass over the text.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out rarer n-grams: in a file of counts those longer than 4, in text all.",
)
@click.option(
    "--lengths",
    type=Lengths(16),
    metavar="N[-M]",
    help="Lengths of the n-grams to list as text.  [default: 1 to the order]",
)
@click.option(
    "--fold-width", is_flag=True, help="Read full-width letters and digits as half-width."
)
@click.option(
    "-f",
    "--format",
    type=click.Choice(("nz", *FORMATS)),
    help="nz is a file of counts, for -o FILE; the others are text.  [default: nz with -o, else "
    "tsv]",
)
@options.working()
@options.checkpoint()
@cluster()
@dry_run()
@options.writing()
def ngrams(
    inputs: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    counts: str | None,
    order: int,
    min_count: int,
    lengths: tuple[int, int] | None,
    fold_width: bool,
    format: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    checkpoint: str | None,
    executor: "Executor | None",
    dry_run: bool,
    output: str | None,
    quiet: bool,
) -> None:
    """Count n-grams of characters, exactly.

    N-grams lie within clauses: white space, punctuation and line ends end them. The counts go to a
    file that `discover --counts` reads and `merge` adds up; or they are listed as text, shorter
    n-grams first, then by count, then by code points.

    \b
    Examples:
      nlpzero ngrams news/ -o news.nz
      nlpzero ngrams --format tsv --lengths 2-3 --min-count 10 news.txt -o news.tsv
      nlpzero ngrams --counts news.nz --lengths 2 | head
    """
    refuse_with_dry_run(dry_run, counts=counts)
    if format is None:
        format = "tsv" if output is None else "nz"
    if format == "nz" and output is None:
        raise click.UsageError("A file of counts needs -o FILE; --format tsv lists them.")
    if lengths is not None and format == "nz":
        raise click.UsageError("--lengths is for lists; a file of counts has all lengths.")
    if counts is not None:
        if inputs:
            raise click.UsageError("Give texts to count, or --counts to list, not both.")
        if format == "nz":
            raise click.UsageError("--counts lists counts that are there; give --format tsv.")
        table = nlpzero.NGramCounts.load(counts)
        _list(table, output, format, lengths, min_count)
        return
    counting: dict[str, Any] = {
        "min_count": min_count if format == "nz" else 1,
        "alphabet": nlpzero.Alphabet(fold_width=fold_width),
    }
    several = jobs > 1 or executor is not None or order > 4
    inputs = options.needed_inputs(inputs)
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
        options.resources(
            jobs, memory, tmpdir, executor=executor, quiet=quiet, checkpoint=checkpoint
        ) as allowed,
        on_this_machine(output if format == "nz" and not dry_run else None) as place,
    ):
        if dry_run:
            estimate = nlpzero.estimate_ngrams(corpus, order, resources=allowed, **counting)
            write_estimate(estimate, format, quiet=quiet)
            return
        if format == "nz":
            assert place is not None
            read = nlpzero.count_to_file(corpus, place, order, resources=allowed, **counting)
            table = nlpzero.NGramCounts.load(place)
        else:
            if order > 4:
                counting["min_count"] = min_count
            table = nlpzero.count_ngrams(corpus, order, resources=allowed, **counting)
            read = table.read
    options.note_reading(corpus, read, quiet=quiet)
    note(
        f"{number_of(table.total, 'character')} counted, "
        f"{number_of(len(table), 'different window', 'different windows')} of 4",
        quiet=quiet,
    )
    if format != "nz":
        _list(table, output, format, lengths or (1, order), min_count)


def _list(
    table: "NGramCounts",
    output: str | None,
    format: str,
    lengths: tuple[int, int] | None,
    min_count: int,
) -> None:
    """Write n-grams and their counts as text."""
    first, last = lengths or (1, table.order)
    highest = max(table.order, 4)
    if last > highest:
        raise click.UsageError(f"--lengths: n-grams of 1 to {highest} were counted, not {last}.")
    write_table(output, format, _COLUMNS, _rows(table, range(first, last + 1), min_count))


def _rows(
    table: "NGramCounts", lengths: Iterable[int], min_count: int
) -> Iterator[tuple[str, int]]:
    for length in lengths:
        for texts, numbers in nlpzero.ngram_rows(table, length, min_count):
            yield from zip(texts, numbers, strict=True)


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--memory",
    type=options.Size(least=16 << 20),
    help="Memory to stay within, such as 800M or 2G.  [default: a share of the machine's]",
)
@cluster()
@options.output(required=True, help="The file to write.")
@options.quiet()
def merge(
    files: tuple[str, ...],
    memory: int | None,
    executor: "Executor | None",
    output: str,
    quiet: bool,
) -> None:
    """Add up counts: of n-grams (from `ngrams`) or of words (from `count --save-counts`).

    Merging the counts of the parts of a text gives the counts of the whole, byte for byte. N-grams
    do not reach over the ends of lines, so parts should end at line ends.

    \b
    Example:
      nlpzero merge monday.nz tuesday.nz -o week.nz
    """
    if output == "-":
        raise click.UsageError("Counts are a binary file; give -o FILE.")
    if executor is not None:
        if any(is_url(path) and local_path(path) is None for path in files):
            raise click.UsageError(
                "A cluster merges files in a folder that all machines share; copy those at URLs "
                "there."
            )
        files = tuple(path if is_url(path) else os.path.abspath(path) for path in files)
    with _local_copies(files) as there:
        _merge(there, files, memory, executor, output)
    note(f"{number_of(len(files), 'file')} merged", quiet=quiet)


@contextmanager
def _local_copies(files: tuple[str, ...]) -> Iterator[list[str]]:
    """The same files, those at URLs in a temporary folder."""
    with ExitStack() as stack:
        there: list[str] = []
        for number, path in enumerate(files):
            own = local_path(path) if is_url(path) else path
            if own is None:
                own = str(stack.enter_context(scratch_folder()) / f"{number}.nz")
                system, place = file_system(path)
                try:
                    system.get_file(place, own)
                except Exception as error:  # every file system has errors of its own
                    what = "no such file" if isinstance(error, FileNotFoundError) else error
                    raise nlpzero.StorageError(f"{path}: cannot be read: {what}") from error
            there.append(own)
        yield there


def _merge(
    files: list[str],
    names: tuple[str, ...],
    memory: int | None,
    executor: "Executor | None",
    output: str,
) -> None:
    """Merge files, which have other names for people."""
    kinds = [nlpzero.kind_of(path) for path in files]
    known = {"counts": "n-gram counts", "word-counts": "word counts"}
    for name, kind in zip(names, kinds, strict=True):
        if kind not in known:
            raise nlpzero.StorageError(f"{name}: holds {kind}; only counts can be merged")
        if kind != kinds[0]:
            raise nlpzero.StorageError(
                f"{names[0]} holds {known[kinds[0]]} and {name} {known[kind]}; "
                "merge files of one kind"
            )
    with on_this_machine(output) as place:
        assert place is not None
        # what waits on disk is as large as the result, so the result's disk has room for it
        folder = os.path.dirname(os.path.abspath(place))
        resources = nlpzero.Resources(memory=memory, tmpdir=folder, executor=executor)
        if kinds[0] == "counts":
            nlpzero.merge_to_file(files, place, resources=resources)
        else:
            nlpzero.merge_word_counts(files, place, resources=resources)
