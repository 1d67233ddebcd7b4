"""How a segmenter is learned: the options that `train` and `segment` share, and the one call behind
them.
"""

import dataclasses
import functools
import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from . import options
from .configs import config_options
from .options import Decorator, F, allowed_expansion, format_size
from .progress import note, number_of, verbose

if TYPE_CHECKING:
    from nlpzero.engine.resources import Progress, Resources
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.text.corpus import Corpus


#: What ``--model`` calls the base of the package.
BASE = "base"


def load_model(name: str, numbers: Any = None) -> "Segmenter":
    """The segmenter of a model file, or of the base of the package."""
    return nlpzero.load_segmenter(None if name == BASE else name, numbers=numbers)


def numbers() -> Decorator:
    """``--numbers``; None when not given, so that a model keeps its own."""
    return click.option(
        "--numbers",
        type=click.Choice(["learned", "date", "split"]),
        help="Whether a number joins what follows. learned: as the model cuts. date: 年月日时 and "
        "十百千万亿 stay with the number before them, all else is cut off. split: always cut off.  "
        "[default: learned]",
    )


#: What ``--keep`` arrives as where it stands alone and `records` allows it.
RECORDS = "records"


def keeping(*, records: bool = False) -> Decorator:
    """``--keep`` and ``--joiners``; None when not given, so that a model keeps its own.

    Parameters
    ----------
    records : bool
        ``--keep`` may stand alone, and means ``--keep-records`` then.
    """
    alone: dict[str, Any] = {"is_flag": False, "flag_value": RECORDS} if records else {}
    more = " Without NAMES: --keep-records." if records else ""

    def decorate(command: F) -> F:
        command = click.option(
            "--joiners",
            metavar="MARKS",
            callback=_marks,
            help="Marks of ASCII that may join letters and digits to a word, as in C++ and SK-II.  "
            "[default: +-#.&_]",
        )(command)
        return click.option(
            "--keep",
            metavar="NAMES",
            callback=_names,
            help="What stays whole: all, none, or some of url, email, path, date, version, tag, "
            f"word, emoji, number, separated by commas.{more}  [default: all, or what the model "
            "says]",
            **alone,
        )(command)

    return decorate


def _names(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> str | tuple[str, ...] | None:
    alone = getattr(param, "flag_value", None) == RECORDS
    if value is None or value in ("all", "none") or (alone and value == RECORDS):
        return value
    try:
        names = [name.strip() for name in value.split(",")]
        return nlpzero.Alphabet(keep=names).keep  # type: ignore[return-value]
    except ValueError as error:
        told = str(error).replace("`keep`", "it")
        if alone and os.path.exists(value):
            told += " To keep the records, give --keep-records."
        raise click.BadParameter(told, ctx, param) from error


def _marks(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else nlpzero.Alphabet(joiners=value).joiners
    except ValueError as error:
        raise click.BadParameter(str(error).replace("`joiners`", "it"), ctx, param) from error


def check_joiners(keep: Iterable[str] | None, joiners: str | None) -> None:
    """Refuse ``--joiners`` where it changes nothing."""
    if joiners is not None and keep not in (None, "all") and "word" not in (keep or ()):
        raise click.UsageError(
            "--joiners says what joins words of letters and digits, and these are not kept; "
            "give --keep word or --keep all too."
        )


def refuse_keeping(keep: object, joiners: str | None, instead: str) -> None:
    """Refuse ``--keep`` and ``--joiners`` where nothing of ours cuts the text."""
    if keep is not None or joiners is not None:
        raise click.UsageError(f"--keep and --joiners say how a model cuts; {instead}")


def kept(
    segmenter: "Segmenter", keep: "str | tuple[str, ...] | None", joiners: str | None
) -> "Segmenter":
    """The segmenter with what ``--keep`` and ``--joiners`` say."""
    if keep is None and joiners is None:
        return segmenter
    names = segmenter.alphabet.keep if keep is None else keep
    check_joiners(names, joiners)
    return segmenter.with_keep(names, joiners)


def learning() -> Decorator:
    """Options of all methods; the command receives ``method``, a configuration, and ``background``,
    file names.

    A method that can start from the base of the package does so, unless ``--no-base`` is given.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(
            *args: Any, method: Any, background: tuple[str, ...], no_base: bool, **given: Any
        ) -> Any:
            if isinstance(method, nlpzero.CoTraining):
                method = dataclasses.replace(method, base=None if no_base else "default")
            elif no_base:
                name = click.get_current_context().params["method"]
                raise click.UsageError(f"--no-base belongs to --method learned, not to {name}.")
            if background and not isinstance(method, nlpzero.CoTraining):
                name = click.get_current_context().params["method"]
                raise click.UsageError(f"--background belongs to --method learned, not to {name}.")
            return function(*args, method=method, background=background, **given)

        methods = config_options(
            {
                "learned": nlpzero.CoTraining,
                "lm": nlpzero.CharacterModel,
                "nvbe": nlpzero.BranchingEntropy,
            },
            help="learned: word and gap model, the most accurate. lm: character language model. "
            "nvbe: variation of branching entropy, without parameters.",
        )
        more = click.option(
            "--background",
            multiple=True,
            metavar="FILE",
            help="More text to learn from, of another kind perhaps (learned; repeatable).",
        )
        alone = click.option(
            "--no-base",
            is_flag=True,
            help="Learn from the text alone, without the base of the package (learned).",
        )
        command: Any = more(alone(options.verbose()(methods(run))))
        return command

    return decorate


def learn(
    corpus: "Corpus",
    method: Any,
    background: tuple[str, ...],
    *,
    numbers: Any,
    resources: "Resources",
    quiet: bool,
    complete: bool = True,
) -> "Segmenter":
    """Learn a segmenter from a corpus, telling on standard error what is going on."""
    if not isinstance(method, nlpzero.CharacterModel):
        # from a sample, by threads of this machine, whoever cuts the text afterwards
        resources = dataclasses.replace(resources, executor=None)
    return nlpzero.learn_segmenter(
        corpus,
        method_with(method, background, corpus),
        numbers=numbers or "learned",
        complete=complete,
        resources=telling_rounds(resources, quiet=quiet),
    )


def method_with(method: Any, background: tuple[str, ...], corpus: "Corpus") -> Any:
    """The method, with the files of ``--background`` read like the corpus."""
    if not background:
        return method
    more = nlpzero.Corpus(
        *background,
        encoding=corpus.encoding,
        errors=corpus.errors,
        field=corpus.field,
        max_expansion=allowed_expansion(),
    )
    return dataclasses.replace(method, background=more)


def compacted(
    corpus: "Corpus",
    method: "nlpzero.CoTraining",
    size: int,
    numbers: Any,
    resources: "Resources",
    *,
    quiet: bool,
) -> "Segmenter":
    """Make a base from a corpus, telling on standard error what is going on."""
    how = dataclasses.replace(method, base=None, recipe=nlpzero.BASE_METHOD.recipe)
    return nlpzero.learn_base(
        corpus,
        how,
        size=size,
        numbers=numbers or "learned",
        resources=telling_rounds(resources, quiet=quiet),
    )


def telling_rounds(resources: "Resources", *, quiet: bool) -> "Resources":
    """The same resources; with ``--verbose`` each round of learning becomes a line for people."""
    if quiet or not verbose():
        return resources
    shown = resources.progress

    def tell(state: "Progress") -> None:
        if shown is not None:
            shown(state)
        if state.stage != "learn" or "description_length" not in state.facts:
            return
        nats = state.facts["description_length"]
        length = "" if math.isnan(nats) else f", {nats:.4f} nats per symbol"
        words = int(state.facts["word_types"])
        note(f"round {state.done} of {state.total}: {number_of(words, 'word')}{length}")

    return dataclasses.replace(resources, progress=tell)


def note_learned(segmenter: "Segmenter", *, quiet: bool) -> None:
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
    if "sample_wanted" in facts:
        note(
            f"--memory allows a sample of {facts['sample']:,} bytes instead of "
            f"{facts['sample_wanted']:,}; more memory learns from more text",
            quiet=quiet,
        )
    note(
        f"learned from {format_size(segmenter.read.bytes_read)} in {facts.get('seconds', 0):.1f} s"
        + (f": {what}" if what else ""),
        quiet=quiet,
    )
