"""``nlpzero select``: other thresholds on what `discover` found and kept."""

import os
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .command import Command
from .likeness import likeness, taken
from .progress import note
from .reports import check_report, report_option
from .thresholds import (
    check_writing,
    kept_by,
    tell_thresholds,
    thresholds,
    write_words,
    writing_words,
)

if TYPE_CHECKING:
    from nlpzero.discovery.result import Discovery


@click.command(cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    help="Smallest count of a word.  [default: that of the run]",
)
@click.option(
    "--min-pmi",
    type=options.Numbers(),
    help="Least PMI at the weakest split, in nats: one number, or one each for words of 2, 3, 4... "
    "characters.  [default: that of the run]",
)
@click.option(
    "--max-length",
    type=click.IntRange(min=1),
    help="Longest words.  [default: that of the run]",
)
@thresholds()
@likeness()
@report_option()
@writing_words()
@options.writing()
def select(
    file: str,
    min_count: int | None,
    min_pmi: tuple[float, ...] | None,
    max_length: int | None,
    report: str | None,
    format: str,
    with_frequency: bool,
    output: str | None,
    quiet: bool,
    **criteria: Any,
) -> None:
    """List words of FILE, which `discover --save` wrote, by other thresholds, without the text.

    The rows are those that `discover` would write with the same thresholds, byte for byte. What the
    run itself left out is not in FILE: --min-count cannot go below that of the run, nor
    --max-length above it; such a wish is refused. With --method cohesion, --min-count and
    --min-pmi say where the text is cut, with min-entropy --min-count and --max-length; here they
    only choose among the words of the run, and a note says so.

    \b
    Examples:
      nlpzero discover news.txt --save found.nz -o words.tsv
      nlpzero select found.nz --min-count 20 --min-entropy 1.5 --top 1000
      nlpzero select found.nz --exclude dict.txt --format jieba -o userdict.txt
      nlpzero select found.nz --top 5000 --report words.html -o words.tsv
    """
    check_writing(format, with_frequency)
    check_report(report, output, file)
    near = taken(criteria, report, quiet=quiet)
    found = nlpzero.Discovery.load(file)
    if max_length is not None and max_length < criteria["min_length"]:
        raise click.UsageError("--max-length is smaller than --min-length.")
    _check_run(found, file, min_count, min_pmi, max_length)
    if found.method != "learned" and _cuts_anew(found, min_count, min_pmi, max_length):
        note(
            f"{found.method} cuts the text by these thresholds: the words are those of the run "
            "that pass, not those of another run",
            quiet=quiet,
        )
    single = min_pmi[0] if min_pmi is not None and len(min_pmi) == 1 else min_pmi
    found = near.ranked(found).filter(
        min_count=min_count, min_pmi=single, max_length=max_length, **kept_by(criteria)
    )
    tell_thresholds(found, quiet=quiet)
    if report is not None:
        found.report(report, vectors=near.vectors, source=os.path.basename(file))
    write_words(found, output, format, with_frequency)


def _cuts_anew(
    found: "Discovery",
    min_count: int | None,
    min_pmi: tuple[float, ...] | None,
    max_length: int | None,
) -> bool:
    """Whether a run of these thresholds would cut the text elsewhere."""
    run = found.parameters
    if found.method == "cohesion" and min_pmi is not None:
        return list(min_pmi) != run["min_pmi"]
    if found.method == "min-entropy" and max_length not in (None, run["max_length"]):
        return True
    return min_count not in (None, run["min_count"])


def _check_run(
    found: "Discovery",
    file: str,
    min_count: int | None,
    min_pmi: tuple[float, ...] | None,
    max_length: int | None,
) -> None:
    """Refuse thresholds that are looser than those of the run."""
    run = found.parameters
    again = "run `discover` again with it."
    if min_count is not None and min_count < run["min_count"]:
        raise click.UsageError(
            f"--min-count {min_count} is below the {run['min_count']} of the run that {file} "
            f"keeps, and rarer words are not in it; {again}"
        )
    if max_length is not None and max_length > run["max_length"]:
        raise click.UsageError(
            f"--max-length {max_length} is above the {run['max_length']} of the run that {file} "
            f"keeps, and longer words are not in it; {again}"
        )
    floors = run.get("min_pmi", ())
    for i, floor in enumerate(floors if min_pmi is not None else ()):
        asked = min_pmi[min(i, len(min_pmi) - 1)] if min_pmi else floor
        if asked < floor:
            raise click.UsageError(
                f"--min-pmi {asked:g} is below the {floor:g} of the run that {file} keeps, for "
                f"words of {i + 2} characters; {again}"
            )
