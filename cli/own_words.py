"""``--words``, ``--words-weight``, ``--words-force``, ``--split-words``: words of one's own, beside
whatever cuts the text.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

import nlpzero

from .options import Decorator, bundle, list_encoding
from .word_lists import encoding_of_lists, naming, read_list

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter


@dataclass(frozen=True)
class OwnWords:
    """What the options say: names of files, and how strong the words are."""

    words: tuple[str, ...] = ()
    weight: float | None = None
    force: bool = False
    split: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.split)

    def beside(self, segmenter: "Segmenter") -> "Segmenter":
        """The segmenter with these words."""
        if not self:
            return segmenter
        if isinstance(segmenter, nlpzero.VocabularySegmenter) and not self._weighed:
            for name in self.words:
                segmenter = segmenter.with_words(read_list(name, counts=True))
        elif self.words:
            listed = _listed(self.words)
            segmenter = segmenter.with_words(listed, weight=self.weight, force=self.force)
        return segmenter.with_split_words(_listed(self.split)) if self.split else segmenter

    @property
    def _weighed(self) -> bool:
        return self.weight is not None or self.force

    def checked(self) -> "OwnWords":
        """Itself, unless it says how strong words are that it does not name."""
        if self._weighed and not self.words:
            raise click.UsageError(
                "--words-weight and --words-force say how strong words of your own are; name a "
                "file of them with --words."
            )
        return self


def _listed(names: Iterable[str]) -> list[str]:
    """The words of files, without their counts."""
    return [word for name in names for word in read_list(name).words]


def own_words() -> Decorator:
    """The options; the command receives ``own``."""

    def decorate(function: Any) -> Any:
        @functools.wraps(function)
        def run(
            *args: Any,
            words: tuple[str, ...],
            words_weight: float | None,
            words_force: bool,
            split_words: tuple[str, ...],
            **given: Any,
        ) -> Any:
            own = OwnWords(words, words_weight, words_force, split_words).checked()
            return function(*args, own=own, **given)

        return bundle(
            click.option(
                "--words",
                multiple=True,
                metavar="FILE",
                help="Words of your own, each to be one token wherever no stronger reading stands "
                "against it: one a line, with counts, or in jieba's format (repeatable).",
            ),
            click.option(
                "--words-weight",
                type=click.FloatRange(0),
                metavar="NATS",
                help="What each character of a word of your own may cost against the other "
                "reading.  [default: 3]",
            ),
            click.option(
                "--words-force",
                is_flag=True,
                help="Words of your own are joined wherever they occur.",
            ),
            click.option(
                "--split-words",
                multiple=True,
                metavar="FILE",
                help="Words that are never joined, one a line; with spaces inside, where they are "
                "cut.",
            ),
            list_encoding(),
        )(run)

    return decorate


def of_dictionary(names: Iterable[str], numbers: Any = None) -> "Segmenter":
    """The segmenter of the lists that ``--dictionary`` names."""
    with naming():
        return nlpzero.VocabularySegmenter.from_file(
            *names, encoding=encoding_of_lists(), numbers=numbers or "learned"
        )


def dictionary() -> Decorator:
    """``--dictionary``."""
    return click.option(
        "--dictionary",
        multiple=True,
        metavar="FILE",
        help="Cut with a list of words alone: one a line, with counts, or in jieba's format. "
        "Further lists complete or replace the first.",
    )
