"""``--model``, ``--words``, ``--whitespace``, ``--tokenizer``: how commands on sentences cut text
into words.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

import nlpzero

if TYPE_CHECKING:
    from nlpzero.segmentation.tokenizers import Tokenizer

F = TypeVar("F", bound=Callable[..., Any])


def tokenizing() -> Callable[[F], F]:
    """The four options; they arrive as ``model, words, whitespace, tokenizer``."""
    decorators = (
        click.option("--model", metavar="FILE", help="Cut words with a model that `train` made."),
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
    )

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def make_tokenizer(
    model: str | None, words: str | None, whitespace: bool, tokenizer: str | None
) -> "Tokenizer":
    """The tokenizer that exactly one of the options names; a bad file is found now, not in a
    worker.
    """
    given = (model is not None, words is not None, whitespace, tokenizer is not None)
    if sum(given) != 1:
        raise click.UsageError(
            "Say what the words are with exactly one of --model, --words, --whitespace or "
            "--tokenizer."
        )
    if model is not None:
        nlpzero.load_segmenter(model)
        return nlpzero.ModelTokenizer(model)
    if words is not None:
        return nlpzero.SegmenterTokenizer(nlpzero.VocabularySegmenter(nlpzero.read_words(words)))
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
