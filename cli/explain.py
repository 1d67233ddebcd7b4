"""``nlpzero explain``: why a string is a word, or why not."""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .command import Command
from .formats import FORMATS, open_output, write_table
from .learning import BASE, load_model
from .progress import note
from .vector_options import known_words, load, vectors_file
from .word_lists import read_list

if TYPE_CHECKING:
    from nlpzero.discovery.result import Discovery
    from nlpzero.discovery.word_evidence import WordEvidence
    from nlpzero.vectors.word_vectors import WordVectors

_NO_MODEL = "none"
# what no word holds and names of files do
_OF_FILES = re.compile(r"[/\\.*?]|^-$")
COLUMNS = (
    "word", "kept", "reason", "occurrences", "count", "pmi", "splits", "left_entropy",
    "right_entropy", "left", "right", "longer", "shorter", "left_edge", "right_edge", "inside",
    "sampled", "whole", "cuts", "contexts",
)  # fmt: skip


@click.command(cls=Command)
@click.argument("arguments", nargs=-1, metavar="WORD... [INPUT]...")
@click.option(
    "--word",
    "named",
    multiple=True,
    metavar="WORD",
    help="A word that is the name of a file too. Repeatable.",
)
@options.text()
@options.list_encoding()
@options.encoding()
@options.errors()
@options.field()
@options.max_expansion()
@click.option(
    "--counts",
    metavar="FILE",
    help="Take the numbers from counts of `ngrams`, not from INPUT, which then gives contexts and "
    "boundaries only.",
)
@click.option(
    "--found",
    metavar="FILE",
    help="What `discover --save` kept: which of its thresholds keeps or drops a word, and words "
    "that compete with it.",
)
@options.model(
    "Whose boundaries are told: a model that `train` made, base for the one in the package, "
    "none for no boundaries.",
    default=BASE,
)
@vectors_file(
    "Show the nearest words of each word too, by what `vectors` wrote; this needs no INPUT."
)
@click.option(
    "--contexts",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Lines of concordance of each word, the first ones of the text.",
)
@click.option(
    "--width",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="Characters on each side of the word in these.",
)
@options.top("How many neighbours, longer and shorter strings, and cuts are named.", default=5)
@options.format_(("text", *FORMATS))
@options.writing()
def explain(
    arguments: tuple[str, ...],
    named: tuple[str, ...],
    encoding: str,
    errors: str,
    field: str | None,
    counts: str | None,
    found: str | None,
    model: str,
    vectors: str | None,
    contexts: int,
    width: int,
    top: int,
    format: str,
    output: str | None,
    quiet: bool,
) -> None:
    """Show all the evidence for some words, whether `discover` lists them or not.

    WORD may be @FILE, a list of words. What names a file, or holds one of / . * ? as no word does,
    is an INPUT. All words are looked for in one reading.

    For each word: which threshold keeps or drops it, of --found, else those by default; how often
    it occurs, and with --found, how often it is a word; every split with its PMI; both branching
    entropies with the most frequent neighbours (¶ is the end of a clause); strings that hold it or
    that it holds; the model's mean probabilities of a boundary at its edges and inside, and how it
    cuts the text there, from some hundred occurrences; the nearest words, with --vectors; and
    contexts.

    \b
    Examples:
      nlpzero explain 项目 各项目 news.txt
      nlpzero explain @words.txt corpus/ --found found.nz --format jsonl -o evidence.jsonl
      nlpzero explain 项目 --counts news.nz
      nlpzero explain 项目 news.txt --vectors v.nz
    """
    words, inputs = _told_apart(arguments, named)
    if options.has_text() or not (inputs or counts or found or vectors):
        inputs = options.needed_inputs(inputs)
    if not inputs and field is not None:
        raise click.UsageError("--field is for INPUT; give a file.")
    kept: Discovery | None = None if found is None else nlpzero.Discovery.load(found)
    table = None if counts is None else nlpzero.NGramCounts.load(counts)
    near = None if vectors is None else _vectors(vectors, words, quiet=quiet)
    with ExitStack() as stack:
        corpus = segmenter = None
        if inputs:
            corpus = stack.enter_context(
                options.open_corpus(inputs, encoding, errors, field, quiet=quiet)
            )
            segmenter = None if model == _NO_MODEL else load_model(model)
        resources = stack.enter_context(options.resources(1, None, None, quiet=quiet))
        evidence = nlpzero.explain_words(
            words,
            corpus,
            counts=table,
            found=kept,
            segmenter=segmenter,
            vectors=near,
            contexts=contexts,
            width=width,
            top=top,
            resources=resources,
        )
    if format == "text":
        with open_output(output) as file:
            for i, one in enumerate(evidence):
                file.write(f"{chr(10) if i else ''}{one}\n")
        return
    row = _record if format == "jsonl" else _row
    columns = COLUMNS if near is None else (*COLUMNS, "similar")
    write_table(output, format, columns, (row(one, columns) for one in evidence), unknown="")


def _told_apart(
    arguments: tuple[str, ...], named: tuple[str, ...]
) -> tuple[list[str], tuple[str, ...]]:
    """Which arguments are words, and which inputs."""
    if "-" in arguments and "@-" in arguments:
        raise click.UsageError("Standard input cannot be both the words and INPUT.")
    words, inputs = list(named), []
    for argument in arguments:
        if argument.startswith("@") and len(argument) > 1:
            words += read_list(argument[1:]).words
        elif _OF_FILES.search(argument) or os.path.exists(argument):
            inputs.append(argument)
        elif argument:
            words.append(argument)
    if not words:
        raise click.UsageError(
            "No word to explain; name some before INPUT, as @FILE, or with --word."
        )
    return words, tuple(inputs)


def _vectors(path: str, words: list[str], *, quiet: bool) -> "WordVectors":
    """The vectors; says which words have none, or only that of their characters."""
    vectors = load(path)
    _, unknown = known_words(vectors, dict.fromkeys(words), quiet=quiet)
    if unknown:
        note(f"no vector for {', '.join(unknown)}", quiet=quiet)
    return vectors


# --- tables


def _numbers(e: "WordEvidence") -> dict[str, Any]:
    b = e.boundaries
    nan = float("nan")
    return {
        "word": e.word,
        "kept": e.verdict.kept,
        "reason": str(e.verdict),
        "occurrences": e.occurrences,
        "count": e.count,
        "pmi": e.pmi,
        "left_entropy": e.left_entropy,
        "right_entropy": e.right_entropy,
        "left_edge": nan if b is None else b.left_edge,
        "right_edge": nan if b is None else b.right_edge,
        "inside": nan if b is None else b.inside,
        "sampled": None if b is None else b.sampled,
        "whole": None if b is None else b.whole,
    }


def _record(e: "WordEvidence", columns: tuple[str, ...]) -> list[Any]:
    """A row of JSON: lists of objects."""
    values = _numbers(e) | {
        "splits": [split._asdict() for split in e.splits],
        "left": [neighbour._asdict() for neighbour in e.left],
        "right": [neighbour._asdict() for neighbour in e.right],
        "longer": [other._asdict() for other in e.longer],
        "shorter": [other._asdict() for other in e.shorter],
        "cuts": [] if e.boundaries is None else [cut._asdict() for cut in e.boundaries.cuts],
        "contexts": [context._asdict() for context in e.contexts],
        "similar": [other._asdict() for other in e.similar],
    }
    return [values[name] for name in columns]


def _row(e: "WordEvidence", columns: tuple[str, ...]) -> list[Any]:
    """A row of cells: lists as text."""
    values = _numbers(e) | {
        "kept": "yes" if e.verdict.kept else "no",
        "splits": _joined(f"{s.left}|{s.right} {s.pmi:.6g}" for s in e.splits),
        "left": _joined(f"{n.text or '¶'} {n.count}" for n in e.left),
        "right": _joined(f"{n.text or '¶'} {n.count}" for n in e.right),
        "longer": _joined(_competitors(e.longer)),
        "shorter": _joined(_competitors(e.shorter)),
        "cuts": _joined(
            f"{c.form} {c.count}" for c in ([] if e.boundaries is None else e.boundaries.cuts)
        ),
        "contexts": _joined(f"{c.left}[{c.word}]{c.right}" for c in e.contexts),
        "similar": _joined(f"{s.word} {s.similarity:.6g}" for s in e.similar),
    }
    return [values[name] for name in columns]


def _competitors(others: Iterable[Any]) -> Iterator[str]:
    for other in others:
        yield f"{other.word} {other.count if other.occurrences is None else other.occurrences}"


def _joined(parts: Iterable[str]) -> str:
    return " / ".join(parts)
