"""``--model``, ``--dictionary``, ``--whitespace``, ``--tokenizer``, and what goes with them: how
commands on sentences cut text into words.
"""

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from .learning import BASE, keeping, kept, load_model, refuse_keeping
from .options import Decorator, bundle, from_environment
from .options import model as model_option
from .own_words import OwnWords, dictionary, of_dictionary, own_words
from .progress import note
from .word_lists import read_list

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter
    from nlpzero.segmentation.tokenizers import Tokenizer

#: The options of which one at most may be given.
WAYS = "--model, --dictionary, --whitespace or --tokenizer"


@dataclass(frozen=True)
class Cutting:
    """What the options say."""

    model: str | None
    dictionary: tuple[str, ...]
    whitespace: bool
    function: str | None
    keep: Any
    joiners: str | None
    own: OwnWords
    usual: bool = False  # the environment names the model, which any other way goes before

    @property
    def ways(self) -> int:
        """How many ways of cutting are asked for."""
        given = (self.model is not None and not self.usual, bool(self.dictionary), self.whitespace)
        return sum(given) + (self.function is not None)

    @property
    def of_sentences(self) -> bool:
        """Whether an option is given that only cutting sentences has a use for."""
        return self.ways > self.whitespace or bool(self.own)

    def refuse(self, reason: str) -> None:
        """Refuse what says how a model cuts, where none does."""
        refuse_keeping(self.keep, self.joiners, reason)
        if self.own:
            raise click.UsageError(f"--words and --split-words go beside a model; {reason}")

    def tokenizer(self, *, quiet: bool) -> "Tokenizer":
        """The tokenizer that one of the options names, or the base of the package if none does.

        A bad file is found now, not in a worker.
        """
        if self.ways > 1:
            raise click.UsageError(f"Say what the words are with one of {WAYS}.")
        if self.whitespace or self.function is not None:
            self.refuse("--whitespace and --tokenizer cut in their own way.")
        if self.function is not None:
            try:
                return nlpzero.FunctionTokenizer(self.function, folder=os.getcwd())
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--tokenizer") from error
        if self.whitespace:
            return nlpzero.WhitespaceTokenizer()
        if not self.ways:
            by = "the base model" if self.model is None else f"{self.model} (NLPZERO_MODEL)"
            note(f"words are cut by {by}; {WAYS} chooses another way", quiet=quiet)
        plain = self.keep is None and self.joiners is None and not self.own
        segmenter = self._segmenter()
        if plain and not self.dictionary and self.model not in (None, BASE):
            return nlpzero.ModelTokenizer(str(self.model))
        return nlpzero.SegmenterTokenizer(self.own.beside(kept(segmenter, self.keep, self.joiners)))

    def _segmenter(self) -> "Segmenter":
        if self.dictionary:
            return of_dictionary(self.dictionary)
        return load_model(self.model or BASE)


def tokenizing() -> Decorator:
    """The options; the command receives ``cutting``."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(
            *args: Any,
            model: str | None,
            dictionary: tuple[str, ...],
            whitespace: bool,
            tokenizer: str | None,
            keep: Any,
            joiners: str | None,
            own: OwnWords,
            **given: Any,
        ) -> Any:
            usual = from_environment(click.get_current_context(), "model")
            cutting = Cutting(model, dictionary, whitespace, tokenizer, keep, joiners, own, usual)
            return function(*args, cutting=cutting, **given)

        return bundle(
            model_option(
                "Cut words with a model that `train` made.  [default: the base of the package]"
            ),
            dictionary(),
            click.option(
                "--whitespace",
                is_flag=True,
                help="The text is segmented: words stand between spaces.",
            ),
            click.option(
                "--tokenizer",
                metavar="MODULE:FUNCTION",
                help="Cut each line with a Python function, such as jieba:lcut.",
            ),
            keeping(),
            own_words(),
        )(run)

    return decorate


def read_stopwords(path: str) -> frozenset[str]:
    """The words of a file: one a line, or any other list."""
    return frozenset(read_list(path, comments=False).words)
