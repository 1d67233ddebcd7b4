"""What commands on a file of vectors share."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from .options import Decorator
from .progress import note

if TYPE_CHECKING:
    from nlpzero.vectors.word_vectors import WordVectors


def vectors_file(help: str | None = None) -> Decorator:
    """``--vectors``; the command gets the path, as `path`, or as `vectors` where the file is only
    an addition and `help` says to what.
    """
    return click.option(
        "--vectors",
        "path" if help is None else "vectors",
        required=help is None,
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help=help or "The file that `vectors` wrote.",
    )


def function() -> Decorator:
    """``--tokenizer``, for vectors of words that a Python function cut."""
    return click.option(
        "--tokenizer",
        metavar="MODULE:FUNCTION",
        help="The Python function that cut the words, if one did: it is not in the file.",
    )


def load(path: str, tokenizer: str | None = None) -> "WordVectors":
    """The vectors, with what cuts sentences."""
    if tokenizer is None:
        return nlpzero.load_vectors(path)
    try:
        return nlpzero.load_vectors(path, tokenizer=tokenizer)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tokenizer") from error


def needs_tokenizer(vectors: "WordVectors") -> None:
    """Refuse to go on where nothing cuts sentences."""
    if vectors.tokenizer is None:
        raise nlpzero.NlpzeroError(
            f"the words of these vectors were cut by {vectors.cut_by}, which is not in the file; "
            "name the function with --tokenizer MODULE:FUNCTION"
        )


def queries() -> Iterator[str]:
    """Each line of standard input that is not empty."""
    for line in nlpzero.Corpus("-").lines():
        if line.strip():
            yield line.strip()


def with_query(columns: tuple[str, ...], several: bool) -> tuple[str, ...]:
    """Columns, with the query before them if there are several."""
    return ("query", *columns) if several else columns


def known_words(
    vectors: "WordVectors", words: Iterable[str], *, quiet: bool
) -> tuple[list[str], list[str]]:
    """Words that have a vector, and those that have none; says which are told by characters."""
    known: list[str] = []
    unknown: list[str] = []
    for word in words:
        if word in vectors:
            known.append(word)
        elif vectors.unseen(word) is not None:
            note(f"{word} is not among the words; its characters speak for it", quiet=quiet)
            known.append(word)
        else:
            unknown.append(word)
    return known, unknown


Row = list[Any]
