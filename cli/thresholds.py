"""What commands that list discovered words share: thresholds as options, telling them, writing the
words.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from . import options
from .command import Option
from .dictionaries import DICTIONARIES, write_dictionary
from .formats import FORMATS, number, write_table
from .progress import note, number_of
from .tokenizing import read_stopwords
from .word_lists import read_lists

if TYPE_CHECKING:
    from nlpzero.discovery.contexts import Context
    from nlpzero.discovery.result import Discovery

_TREATMENTS = click.Choice(["keep", "mark", "drop"])


# --- options


def thresholds() -> options.Decorator:
    """Options that act on what was found; :func:`kept_by` makes arguments of `filter` of them."""
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
        options.top("Only the best N words."),
        click.option(
            "--exclude",
            multiple=True,
            metavar="DICT",
            help="Leave out the words of a dictionary: a plain list, with counts, in the format of "
            "jieba, HanLP or IK, or written by nlpzero. Repeatable.",
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
        options.list_encoding(),
        options.stopwords("Leave out the words of this list too, one a line."),
        click.option(
            "--sort",
            type=click.Choice(["novelty", "score", "count", "pmi", "entropy", "similarity"]),
            help="What the words are sorted by: novelty lists what a dictionary would take up "
            "first.  [default: similarity with --like, novelty with --exclude or --new, else "
            "score]",
        ),
        click.option(
            "--numbers/--no-numbers",
            cls=Option,
            group="Thresholds",
            default=None,
            help="List words in which a number stands before something else, as 2008年.  "
            "[default: not when sorted by novelty]",
        ),
        click.option(
            "--fragments",
            type=_TREATMENTS,
            help="What becomes of words that almost always stand inside one longer word; mark "
            "names that word.  [default: drop when sorted by novelty, else keep]",
        ),
        click.option(
            "--combinations",
            type=_TREATMENTS,
            help="What becomes of free combinations of other words, as 买了; mark shows these.  "
            "[default: keep]",
        ),
    )


def writing_words() -> options.Decorator:
    """``--format --with-frequency``, see :func:`write_words`."""
    return options.bundle(
        options.format_((*FORMATS, *DICTIONARIES)),
        click.option(
            "--with-frequency",
            is_flag=True,
            help="Write counts into jieba and hanlp dictionaries; without them jieba finds its "
            "own, which is better.",
        ),
    )


def check_writing(format: str, with_frequency: bool, examples: int | None = None) -> None:
    """Refuse ``--with-frequency`` and ``--examples`` where they change nothing."""
    if examples is not None and format in DICTIONARIES:
        raise click.UsageError(f"--examples is a column of tables; {format} has none.")
    if with_frequency and format not in ("jieba", "hanlp"):
        raise click.UsageError("--with-frequency goes with --format jieba or hanlp.")


def kept_by(given: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of ``Discovery.filter`` from the values of :func:`thresholds`, its lists read."""
    values = dict(given)
    values["exclude"] = read_lists(values["exclude"])
    if values["stopwords"] is not None:
        values["stopwords"] = read_stopwords(values["stopwords"])
    for name in ("contains", "without", "within"):
        values[name] = _words_or_list(values[name])
    return values


def _words_or_list(value: str | None) -> list[str] | None:
    """Words separated by commas, or those of a dictionary after an @."""
    if value is None:
        return None
    if value.startswith("@"):
        return sorted(read_lists([value[1:]]))
    return [word for word in value.replace("，", ",").split(",") if word]


# --- telling


def tell_thresholds(found: "Discovery", *, quiet: bool) -> None:
    """The thresholds in force, and what each removed."""
    shown = ", ".join(f"{name} {_shown(value)}" for name, value in found.thresholds.items())
    note(f"{found.method}: {shown}", quiet=quiet)
    removals = found.removals
    removed = ", ".join(f"{r.threshold} {r.removed:,}" for r in removals if r.removed)
    note(
        f"{number_of(len(found), 'word')} in {number_of(found.total, 'character')}"
        + (f"; candidates removed by {removed}" if removed else ""),
        quiet=quiet,
    )
    for removal in removals:
        if removal.threshold == "exclude":
            note(
                f"{number_of(removal.removed, 'word is', 'words are')} on the lists to exclude "
                f"({number_of(removal.value, 'word')})",
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
    if isinstance(value, str):
        return value
    return number(value) if isinstance(value, float) else f"{value:,}"


# --- writing


def write_words(
    found: "Discovery",
    output: str | None,
    format: str,
    with_frequency: bool = False,
    examples: "Mapping[str, Sequence[Context]] | None" = None,
) -> None:
    """The words with their evidence as a table, with places in the text, or as a dictionary."""
    if format in DICTIONARIES:
        counts = [word.count for word in found]
        words = [word.word for word in found]
        write_dictionary(words, output, format, counts, with_frequency=with_frequency)
        return
    columns = found.columns
    rows: Iterable[Sequence[Any]] = found.cells()
    if examples is not None:
        columns = (*columns, "examples")
        rows = ((*row, _examples(examples.get(row[0], ()), format)) for row in rows)
    write_table(output, format, columns, rows, unknown="")


def _examples(contexts: "Iterable[Context]", format: str) -> str | list[str]:
    """Contexts as a cell."""
    lines = [f"{c.left}[{c.word}]{c.right}" for c in contexts]
    return lines if format == "jsonl" else " / ".join(lines)
