"""``--model``, ``--words``, ``--whitespace``, ``--tokenizer``, ``--keep``, ``--joiners``: how
commands on sentences cut text into words.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

import nlpzero

from .learning import BASE, keeping, kept, refuse_keeping
from .progress import note

if TYPE_CHECKING:
    from nlpzero.segmentation.tokenizers import Tokenizer

F = TypeVar("F", bound=Callable[..., Any])


def tokenizing() -> Callable[[F], F]:
    """The options; they arrive as ``model, words, whitespace, tokenizer, keep, joiners``."""
    decorators = (
        click.option(
            "--model",
            metavar="FILE",
            help="Cut words with a model that `train` made.  [default: the base of the package]",
        ),
        click.option(
            "--words",
            metavar="FILE",
            help="Cut words with a word list: one a line, or with counts.",
        ),
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
    )

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def make_tokenizer(
    model: str | None,
    words: str | None,
    whitespace: bool,
    tokenizer: str | None,
    keep: Any,
    joiners: str | None,
    *,
    quiet: bool,
) -> "Tokenizer":
    """The tokenizer that one of the options names, or the base of the package if none does.

    A bad file is found now, not in a worker.
    """
    given = (model is not None, words is not None, whitespace, tokenizer is not None)
    if sum(given) > 1:
        raise click.UsageError(
            "Say what the words are with one of --model, --words, --whitespace or --tokenizer."
        )
    if whitespace or tokenizer is not None:
        refuse_keeping(keep, joiners, "--whitespace and --tokenizer cut in their own way.")
    if not any(given):
        note(
            "words are cut by the base model; --model, --words, --whitespace or --tokenizer "
            "chooses another way",
            quiet=quiet,
        )
    if model == BASE or not any(given):
        return nlpzero.SegmenterTokenizer(kept(nlpzero.load_segmenter(), keep, joiners))
    if model is not None:
        segmenter = nlpzero.load_segmenter(model)
        if keep is None and joiners is None:
            return nlpzero.ModelTokenizer(model)
        return nlpzero.SegmenterTokenizer(kept(segmenter, keep, joiners))
    if words is not None:
        listed = nlpzero.VocabularySegmenter(nlpzero.read_words(words))
        return nlpzero.SegmenterTokenizer(kept(listed, keep, joiners))
    if tokenizer is not None:
        try:
            return nlpzero.FunctionTokenizer(tokenizer, folder=os.getcwd())
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--tokenizer") from error
    return nlpzero.WhitespaceTokenizer()


def read_stopwords(path: str) -> frozenset[str]:
    """The words of a file: UTF-8, one a line."""
    lines = nlpzero.Corpus(path).lines()
    return frozenset(word for line in lines if (word := line.strip()))
