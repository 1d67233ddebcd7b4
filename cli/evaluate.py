"""``nlpzero evaluate``: SIGHAN scores of a segmentation, and perplexity."""

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .command import LIST_ENCODING, Command
from .formats import open_output
from .learning import BASE, keeping, kept, load_model, numbers, refuse_keeping
from .own_words import OwnWords, own_words
from .progress import note
from .word_lists import encoding_of_lists, read_list

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


@click.command(cls=Command)
@click.argument("gold")
@click.argument("predicted", required=False)
@options.model(
    "Segment the text of GOLD with this model, instead of PREDICTED.  "
    "[default: the base of the package]",
    instead=("predicted",),
)
@numbers()
@keeping()
@own_words()
@click.option(
    "--known-words",
    metavar="FILE",
    help="The words of the training text, one a line, for the OOV figures.",
)
@click.option(
    "--align",
    is_flag=True,
    help="Also score lines whose texts differ, aligning their words as the bakeoff's script does.",
)
@click.option(
    "--perplexity",
    is_flag=True,
    help="Also the perplexity of the text of GOLD under the language model (--model of the method "
    "lm).",
)
@options.encoding()
@options.field()
@options.max_expansion()
@options.errors()
@click.option(
    "-f",
    "--format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@options.output()
def evaluate(
    gold: str,
    predicted: str | None,
    model: str | None,
    numbers: Any,
    keep: Any,
    joiners: str | None,
    own: OwnWords,
    known_words: str | None,
    align: bool,
    perplexity: bool,
    encoding: str,
    field: str | None,
    errors: str,
    format: str,
    output: str | None,
) -> None:
    """Compare a segmentation with a reference: the figures of the SIGHAN bakeoffs.

    GOLD and PREDICTED hold the same text, words separated by white space. A word is correct if both
    its ends are.

    \b
    Examples:
      nlpzero evaluate gold.txt predicted.txt --known-words train-words.txt
      nlpzero evaluate gold.txt
      nlpzero evaluate gold.txt --model model.nz --format json
      nlpzero evaluate gold.txt --model lm.nz --perplexity
    """
    if predicted is not None and model is not None:
        raise click.UsageError("Give either PREDICTED or --model.")
    if predicted is None and model is None:
        note("segmented by the base model; PREDICTED or --model chooses another", quiet=False)
        model = BASE
    if numbers is not None and model is None:
        raise click.UsageError("--numbers says how --model cuts; give a model with it.")
    segmenter: Segmenter | None = None
    if model is None:
        refuse_keeping(keep, joiners, "give a model with them.")
        if own:
            raise click.UsageError("--words and --split-words go beside a model, not PREDICTED.")
    else:
        segmenter = own.beside(kept(load_model(model, numbers), keep, joiners))
    if perplexity and not isinstance(segmenter, nlpzero.LanguageModelSegmenter):
        raise click.UsageError("--perplexity needs a --model of the method lm.")
    reading: dict[str, Any] = {
        "encoding": encoding,
        "errors": errors,
        "field": field,
        "max_expansion": options.allowed_expansion(),
    }
    reference = nlpzero.Corpus(gold, **reading)
    known = None
    if known_words is not None:
        context = click.get_current_context()
        context.meta[LIST_ENCODING] = encoding_of_lists(encoding)
        known = set(read_list(known_words).words)
    if segmenter is None:
        assert predicted is not None
        lines = nlpzero.Corpus(predicted, **reading).lines()
    else:
        lines = _segmented(segmenter, reference)
    score = nlpzero.score_segmentation(
        reference.lines(),
        lines,
        known_words=known,
        strict=not align,
        names=(gold, predicted or str(model)),
    )
    figures: dict[str, Any] = score._asdict()
    if perplexity:
        figures["perplexity"] = _perplexity(segmenter, reference)
    with open_output(output) as file:
        file.write(json.dumps(figures) + "\n" if format == "json" else _table(figures))


def _plain(corpus: Any) -> Iterator[str]:
    for line in corpus.lines():
        yield nlpzero.without_spaces(line)


def _segmented(segmenter: "Segmenter", corpus: Any) -> Iterator[str]:
    for tokens in segmenter.segment_all(_plain(corpus)):
        yield " ".join(tokens)


def _perplexity(segmenter: Any, corpus: Any) -> float | None:
    value = segmenter.model.perplexity(_plain(corpus))
    return None if math.isnan(value) else value


_LABELS = {
    "lines": "lines",
    "gold_words": "gold words",
    "predicted_words": "predicted words",
    "correct_words": "correct words",
    "recall": "recall",
    "precision": "precision",
    "f1": "F1",
    "oov_rate": "OOV rate",
    "oov_recall": "OOV recall",
    "iv_recall": "IV recall",
    "perplexity": "perplexity",
}


def _table(figures: dict[str, Any]) -> str:
    rows = []
    for name, label in _LABELS.items():
        value = figures.get(name)
        if value is None:
            continue
        shown = f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
        rows.append(f"{label:<16}{shown:>10}\n")
    return "".join(rows)
