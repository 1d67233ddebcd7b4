"""How a segmenter is learned: the options that `train` and `segment` share, and the one call behind them."""

import dataclasses
import functools
import math
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from .options import Decorator, F, Size, format_size, resources
from .progress import note

if TYPE_CHECKING:
    from nlpzero.engine.resources import ReadReport
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.text.corpus import Corpus

_CONFIGS = {
    "learned": nlpzero.CoTraining,
    "lm": nlpzero.CharacterModel,
    "nvbe": nlpzero.BranchingEntropy,
}

# options of one method only: parameter -> methods
_OWN = {
    "background": ("learned",),
    "background_weight": ("learned",),
    "sample": ("learned", "nvbe"),
    "seed": ("learned", "nvbe"),
    "fold_traditional": ("learned", "nvbe"),
    "order": ("lm",),
    "weights": ("lm",),
    "first": ("lm",),
    "min_count": ("lm",),
}


class Weights(click.ParamType):
    """Two or more numbers in (0, 1], separated by commas: ``0.15,0.01,0.01,0.001``."""

    name = "weights"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            weights = tuple(float(part) for part in value.split(","))
        except ValueError:
            weights = ()
        if len(weights) < 2 or not all(0 < weight <= 1 for weight in weights):
            self.fail(
                f"{value!r} is not two or more numbers in (0, 1], such as 0.15,0.01,0.01,0.001.",
                param,
                ctx,
            )
        return weights


def numbers() -> Decorator:
    """``--numbers``; None when not given, so that a model keeps its own."""
    return click.option(
        "--numbers",
        type=click.Choice(["learned", "date", "split"]),
        help="Whether a number joins what follows. learned: as the model cuts. date: 年月日时 and 十百千万亿 stay "
        "with the number before them, all else is cut off. split: always cut off.  [default: learned]",
    )


def learning() -> Decorator:
    """Options of all methods; the command receives ``method`` and ``how``, a dict of the method's own options."""
    decorators = [
        click.option(
            "--method",
            type=click.Choice(["learned", "lm", "nvbe"]),
            default="learned",
            show_default=True,
            help="learned: word and gap model, the most accurate. lm: character language model. nvbe: variation of "
            "branching entropy, without parameters.",
        ),
        click.option(
            "--background",
            multiple=True,
            metavar="FILE",
            help="More text to learn from, of another kind perhaps (learned; repeatable).",
        ),
        click.option(
            "--background-weight",
            type=click.FloatRange(0, 1, min_open=True),
            default=0.3,
            show_default=True,
            help="What a word of the background counts beside one of the text (learned).",
        ),
        click.option(
            "--sample",
            type=Size(),
            help="Learn from at most so much text, drawn at random in blocks of lines (learned, nvbe).  "
            "[default: 16 million bytes]",
        ),
        click.option(
            "--fold-traditional",
            is_flag=True,
            help="Read traditional characters as simplified ones, so that both scripts help each other; the output "
            "keeps them (learned, nvbe; needs nlpzero[traditional]).",
        ),
        click.option(
            "--seed",
            type=int,
            default=0,
            show_default=True,
            help="Of the sample and of sampling (learned, nvbe).",
        ),
        click.option(
            "--order",
            type=click.IntRange(1, 5),
            default=4,
            show_default=True,
            help="Longest n-grams (lm).",
        ),
        click.option(
            "--weights",
            type=Weights(),
            default=(0.15, 0.01, 0.01, 0.001),
            show_default="0.15,0.01,0.01,0.001",
            help="Factors for words that go on after 1, 2, 3... characters; smaller ones make shorter words (lm).",
        ),
        click.option(
            "--first",
            type=click.Choice(["continuation", "frequency"]),
            default="continuation",
            show_default=True,
            help="Probability of a word's first character: in how many contexts, or how often it occurs (lm).",
        ),
        click.option(
            "--min-count",
            type=click.IntRange(min=1),
            default=2,
            show_default=True,
            help="Leave rarer n-grams of the orders 3 and up out of the model (lm).",
        ),
    ]

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*args: Any, method: str, **given: Any) -> Any:
            context = click.get_current_context()
            how = {name: given.pop(name) for name in _OWN}
            for name, methods in _OWN.items():
                if method not in methods:
                    del how[name]
                    source = context.get_parameter_source(name)
                    if source is not None and source.name == "COMMANDLINE":
                        option = "--" + name.replace("_", "-")
                        raise click.UsageError(
                            f"{option} belongs to --method {' and '.join(methods)}, not to {method}."
                        )
            return function(*args, method=method, how=how, **given)

        command: Any = run
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def learn(
    corpus: "Corpus",
    method: str,
    how: dict[str, Any],
    *,
    numbers: str | None,
    jobs: int,
    memory: int | None,
    tmpdir: str | None,
    report: "ReadReport",
    quiet: bool,
    executor: Executor | None = None,
) -> "Segmenter":
    """Learn a segmenter from a corpus, telling on standard error what is going on."""
    convention: Any = numbers or "learned"
    background = how.pop("background", ())
    if how.get("sample", 0) is None:
        del how["sample"]
    if background:
        how["background"] = nlpzero.Corpus(
            *background, encoding=corpus.encoding, errors=corpus.errors, field=corpus.field
        )
    config: Any = _CONFIGS[method]
    if executor is not None and method != "lm":
        note(
            f"{method} learns from a sample, on this machine; the cluster is not used", quiet=quiet
        )
    with resources(
        jobs, memory, tmpdir, executor=executor if method == "lm" else None, quiet=quiet
    ) as given:
        shown = given.progress

        def tell(state: nlpzero.Progress) -> None:
            if shown is not None:
                shown(state)
            if state.stage == "learn" and "description_length" in state.facts:
                _note_round(state, quiet=quiet)

        segmenter = nlpzero.learn_segmenter(
            corpus,
            config(**how),
            numbers=convention,
            resources=dataclasses.replace(given, progress=tell),
        )
    report.add(segmenter.read)
    return segmenter


def _note_round(state: nlpzero.Progress, *, quiet: bool) -> None:
    nats = state.facts["description_length"]
    length = "" if math.isnan(nats) else f", {nats:.4f} nats per symbol"
    words = int(state.facts["word_types"])
    note(f"round {state.done} of {state.total}: {words:,} words{length}", quiet=quiet)


def note_learned(segmenter: "Segmenter", report: "ReadReport", *, quiet: bool) -> None:
    """Say what was learned, in one line."""
    facts = segmenter.training
    if segmenter.method == "lm":
        what = f"{sum(facts['ngrams']):,} n-grams of {facts['symbols']:,} symbols"
    else:
        what = ", ".join(
            f"{value:,} {name.replace('_', ' ')}"
            for name, value in facts.items()
            if isinstance(value, int) and name in ("symbols", "word_types", "words", "ngrams")
        )
    note(
        f"learned from {format_size(report.bytes_read)} in {facts.get('seconds', 0):.1f} s"
        + (f": {what}" if what else ""),
        quiet=quiet,
    )
