"""``nlpzero info``: what a file of nlpzero holds."""

import json
import os
from collections.abc import Iterator
from typing import Any

import click

import nlpzero

from . import options
from .command import Command
from .formats import number, open_output
from .progress import number_of

# lists longer than this are told by their number of entries
_SHOWN = 8


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    if value is None:
        return "-"
    return str(value)


def _flat(header: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of a header, nested names joined by points."""
    for name, value in header.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list) and (
            len(value) > _SHOWN or any(isinstance(item, list | dict) for item in value)
        ):
            yield prefix + name, number_of(len(value), "entry", "entries")
        elif isinstance(value, list):
            yield prefix + name, ", ".join(map(_shown, value)) or "none"
        else:
            yield prefix + name, _shown(value)


def _verify(file: str, kind: str) -> None:
    """Check all of a file."""
    if kind in ("model", "base"):
        nlpzero.load_segmenter(file)
    elif kind == "counts":
        nlpzero.NGramCounts.load(file).verify()
    elif kind == "found":
        nlpzero.Discovery.load(file)
    elif kind == "rules":
        nlpzero.Rules.load(file)
    elif kind == "vectors":
        nlpzero.load_vectors(file).verify()
    elif kind == "sentences":
        nlpzero.SentenceIndex.verify(file)
    elif kind == "word-counts":
        nlpzero.WordCounts.load(file).verify()
    else:
        raise nlpzero.StorageError(f"{file}: holds {kind}, which this nlpzero does not know")


@click.command(
    cls=Command,
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False), metavar="FILE")
@click.option(
    "-f",
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text: a name and a value on each line, with a tab between. json: the header as it is.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Read and check all of it: exit 1 and one line that says what is wrong if it is damaged.",
)
@options.output()
def info(file: str, format_: str, verify: bool, output: str | None) -> None:
    """Tell what FILE holds, which `train`, `ngrams`, `count` or another command wrote.

    Its kind, its size, and its header: for a model, how it was trained; for counts, of what. The
    arrays are not read without --verify.

    \b
    Example:
      nlpzero info model.nz
    """
    kind, header = nlpzero.read_header(file)
    size = os.path.getsize(file)
    if verify:
        _verify(file, kind)
    with open_output(output) as out:
        if format_ == "json":
            checked = {"verified": True} if verify else {}
            told = {"kind": kind, "bytes": size, **checked, **header}
            json.dump(told, out, ensure_ascii=False, indent=1)
            out.write("\n")
            return
        rows = [("kind", kind), ("size", options.format_size(size))]
        if verify:
            rows.append(("verified", "all of it"))
        rows += _flat(header)
        for name, value in rows:
            out.write(f"{name}\t{value}\n")
