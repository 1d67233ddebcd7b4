"""Lists of words that options name: read in whatever form, and told about."""

import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

import nlpzero

from .command import LIST_ENCODING
from .progress import note, number_of

if TYPE_CHECKING:
    from nlpzero.segmentation.word_list import WordFile, WordList


# of the library, which does not know the options
_ADVICE = "give the encoding of the word list"


def encoding_of_lists(otherwise: str = "utf-8") -> str:
    """What ``--list-encoding`` says."""
    context = click.get_current_context(silent=True)
    said: str | None = None if context is None else context.meta.get(LIST_ENCODING)
    return otherwise if said is None else said


@contextmanager
def naming(option: str = "--list-encoding") -> Iterator[None]:
    """Errors of a list in the wrong encoding name the option that sets it."""
    try:
        yield
    except nlpzero.CorpusError as error:
        told = str(error).replace(_ADVICE, f"{_ADVICE} with {option}")
        raise nlpzero.CorpusError(told) from error


def read_list(
    path: str, encoding: str | None = None, *, counts: bool = False, comments: bool = True
) -> "WordList":
    """The words of a file, or of standard input for ``-``; how many they are, and of which form,
    is a note. Without an encoding, it is that of ``--list-encoding``.

    A file without any is warned about: what it should have done does not happen.
    """
    return _read(path, encoding, counts, comments).words


def _read(path: str, encoding: str | None, counts: bool, comments: bool = True) -> "WordFile":
    option = "--list-encoding" if encoding is None else "--encoding"
    encoding = encoding_of_lists() if encoding is None else encoding
    source = path
    if path == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("No list on standard input; name a file.")
        sys.stdin.reconfigure(encoding=encoding)  # type: ignore[union-attr]
        source = sys.stdin  # type: ignore[assignment]
    with naming(option):
        found = nlpzero.read_word_file(source, encoding=encoding, counts=counts, comments=comments)
    name = "standard input" if path == "-" else path
    number = len(found.words.words)
    if number:
        note(f"{name}: {number_of(number, 'word')} ({found.form})", quiet=_quiet())
    else:
        click.echo(f"Warning: {name}: no words in this list", err=True)
    return found


def read_list_with_evidence(
    path: str, encoding: str
) -> tuple["WordList", list[float], list[float]]:
    """Words with their counts, their PMI and the smaller one of their branching entropies, NaN
    where they are not known; also from files that nlpzero writes for itself.
    """
    if nlpzero.is_stored(path) and nlpzero.kind_of(path) == "found":
        found = nlpzero.Discovery.load(path).filter()
        note(f"{path}: {number_of(len(found), 'word')} (what discover found)", quiet=_quiet())
        rows = list(found)
        words = nlpzero.as_word_list({row.word: row.count for row in rows})
        entropies = [min(row.left_entropy, row.right_entropy) for row in rows]
        return words, [row.pmi for row in rows], entropies
    if nlpzero.is_stored(path):
        words = read_list_or_counts(path)
        unknown = [math.nan] * len(words.words)
        return words, unknown, unknown
    read = _read(path, encoding, counts=True)
    return read.words, read.pmi.tolist(), read.entropy.tolist()


def read_lists(paths: Iterable[str]) -> frozenset[str]:
    """The words of several files."""
    return frozenset(word for path in paths for word in read_list(path).words)


def read_list_or_counts(path: str, encoding: str = "utf-8") -> "WordList":
    """The same; of a file of word counts the most frequent come first."""
    if not nlpzero.is_stored(path):
        return read_list(path, encoding, counts=True)
    counts = nlpzero.WordCounts.load(path)
    note(f"{path}: {number_of(len(counts), 'word')} (word counts)", quiet=_quiet())
    return nlpzero.as_word_list(dict(counts.items()))


def _quiet() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.params.get("quiet"))
