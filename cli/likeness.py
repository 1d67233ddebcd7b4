"""``--like --vectors --min-similarity``: words found, by their similarity to those of a list."""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import nlpzero

from .options import Decorator, bundle
from .progress import note
from .vector_options import load, vectors_file

if TYPE_CHECKING:
    from nlpzero.discovery.result import Discovery
    from nlpzero.vectors.word_vectors import WordVectors


class Likeness(NamedTuple):
    """What :func:`taken` read: nothing is None."""

    seeds: list[str] | None = None
    vectors: "WordVectors | None" = None

    def ranked(self, found: "Discovery") -> "Discovery":
        """Words like the seeds first, if there are seeds."""
        if self.seeds is None or self.vectors is None:
            return found
        return found.like(self.seeds, self.vectors)


def likeness() -> Decorator:
    """Options that :func:`taken` takes out of the others."""
    return bundle(
        click.option(
            "--like",
            metavar="FILE",
            help="Words of a class, one a line or any other list: sort what is found by its "
            "similarity to their mean, and leave them out. Needs --vectors.",
        ),
        vectors_file("What `vectors` wrote, of this text or another one: for --like and --report."),
        click.option(
            "--min-similarity",
            type=click.FloatRange(-1, 1),
            help="Least similarity to the words of --like, a cosine.",
        ),
    )


def taken(criteria: MutableMapping[str, Any], report: str | None, *, quiet: bool) -> Likeness:
    """The seeds and the vectors, read; what is left are thresholds."""
    like, path = criteria.pop("like"), criteria.pop("vectors")
    if like is None:
        if criteria["min_similarity"] is not None:
            raise click.UsageError("--min-similarity is to the words of --like; give some.")
        if criteria["sort"] == "similarity":
            raise click.UsageError("--sort similarity is to the words of --like; give some.")
        if path is None:
            return Likeness()
        if report is None:
            raise click.UsageError("--vectors is for --like and --report; give one of them.")
        return Likeness(vectors=load(path))
    if path is None:
        raise click.UsageError(
            "--like needs --vectors FILE; make one with `nlpzero vectors INPUT -o v.nz`."
        )
    seeds = list(dict.fromkeys(nlpzero.read_words(like, counts=False).words))
    vectors = load(path)
    unknown = [word for word in seeds if not vectors.array_of([word]).any()]
    if len(unknown) == len(seeds):
        raise click.UsageError(f"--like: no word of {like} has a vector in {path}.")
    if unknown:
        told = ", ".join(unknown[:5]) + (f" and {len(unknown) - 5} more" if unknown[5:] else "")
        note(f"no vector for {told}", quiet=quiet)
    return Likeness(seeds, vectors)
