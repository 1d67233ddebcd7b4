"""Lists of words that options name: read in whatever form, and told about."""

import math
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

import nlpzero

from .progress import note

if TYPE_CHECKING:
    from nlpzero.segmentation.word_list import WordFile, WordList


def read_list(
    path: str, encoding: str = "utf-8", *, counts: bool = False, comments: bool = True
) -> "WordList":
    """The words of a file, or of standard input for ``-``; how many they are, and of which form,
    is a note.

    A file without any is warned about: what it should have done does not happen.
    """
    return _read(path, encoding, counts, comments).words


def _read(path: str, encoding: str, counts: bool, comments: bool = True) -> "WordFile":
    source = path
    if path == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise click.UsageError("No list on standard input; name a file.")
        sys.stdin.reconfigure(encoding=encoding)  # type: ignore[union-attr]
        source = sys.stdin  # type: ignore[assignment]
    found = nlpzero.read_word_file(source, encoding=encoding, counts=counts, comments=comments)
    name = "standard input" if path == "-" else path
    number = len(found.words.words)
    if number:
        some = "1 word" if number == 1 else f"{number:,} words"
        note(f"{name}: {some} ({found.form})", quiet=_quiet())
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
        note(f"{path}: {len(found):,} words (what discover found)", quiet=_quiet())
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


def read_lists(paths: Iterable[str], encoding: str = "utf-8") -> frozenset[str]:
    """The words of several files."""
    return frozenset(word for path in paths for word in read_list(path, encoding).words)


def read_list_or_counts(path: str, encoding: str = "utf-8") -> "WordList":
    """The same; of a file of word counts the most frequent come first."""
    if not nlpzero.is_stored(path):
        return read_list(path, encoding, counts=True)
    counts = nlpzero.WordCounts.load(path)
    note(f"{path}: {len(counts):,} words (word counts)", quiet=_quiet())
    return nlpzero.as_word_list(dict(counts.items()))


def _quiet() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.params.get("quiet"))
