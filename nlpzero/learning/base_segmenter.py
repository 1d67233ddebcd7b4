"""The base as a segmenter, and where the package keeps its own base."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from nlpzero.engine.arrays import Floats32, Symbols, frozen
from nlpzero.engine.file_index import content_of
from nlpzero.engine.jit import interpreting
from nlpzero.engine.storage import read_header
from nlpzero.engine.temporary import PathLike
from nlpzero.learning.base_decoding import alone
from nlpzero.learning.base_model import BaseModel, load_base
from nlpzero.learning.decoder import LearnedDecoder
from nlpzero.learning.decoding_kernels import edge_scores
from nlpzero.learning.excerpts import base_excerpt
from nlpzero.learning.model import LearnedModel, learned_tables
from nlpzero.learning.segmenter import LearnedSegmenter
from nlpzero.learning.streams import dense_table
from nlpzero.segmentation.base import Arrays, Numbers, SymbolSegmenter
from nlpzero.segmentation.own_words import OwnWords
from nlpzero.text.alphabet import Alphabet
from nlpzero.text.keeping import DEFAULT_KEEP, JOINERS

_SHIPPED = Path(__file__).with_name("base.nz")


class BaseSegmenter(LearnedSegmenter):
    """Segmenter by a base alone: every clause is cut the same, whatever stands around it.

    Parameters
    ----------
    base : BaseModel
    numbers : {"learned", "date", "split"}
        As for :class:`nlpzero.Segmenter`.
    keep, joiners
        What stays whole, see :class:`nlpzero.Alphabet`; by default all of it.

    Examples
    --------
    >>> segmenter = BaseSegmenter(shipped_base())
    >>> segmenter.segment("我爱北京天安门。")
    ['我', '爱', '北京', '天安门', '。']
    """

    method = "base"

    def __init__(
        self,
        base: BaseModel,
        *,
        numbers: Numbers = "learned",
        keep: str | Iterable[str] = DEFAULT_KEEP,
        joiners: str = JOINERS,
    ) -> None:
        alphabet = replace(base.alphabet, keep=keep, joiners=joiners)
        SymbolSegmenter.__init__(self, alphabet, numbers=numbers, training=base.training)
        self.base = base

    @cached_property
    def learned(self) -> LearnedModel:  # type: ignore[override]
        return self._decoder.learned

    @cached_property
    def _decoder(self) -> LearnedDecoder:
        return _BaseDecoder(self.base)

    def save(self, path: PathLike) -> None:
        """Write the file of the base, with the convention for numbers, what stays whole, and words
        of one's own.

        Parameters
        ----------
        path : path
        """
        keep = cast("tuple[str, ...]", self.alphabet.keep)
        own = None if self.own_words is None else self.own_words.to_header()
        self.base.save(
            path, numbers=self.numbers, keep=keep, joiners=self.alphabet.joiners, own_words=own
        )

    def _state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        raise NotImplementedError("a base has a file of its own kind; use save().")

    @classmethod
    def _from_state(
        cls, header: Mapping[str, Any], arrays: Arrays, alphabet: Alphabet
    ) -> "BaseSegmenter":
        raise NotImplementedError("a base has a file of its own kind; use load().")

    @classmethod
    def load(cls, path: PathLike | None = None) -> "BaseSegmenter":
        """The segmenter of a file of a base; by default of the base in the package."""
        if path is None:
            return cls(shipped_base())
        header = read_header(path)[1]
        base = load_base(path)
        with content_of(path):
            segmenter = cls(
                base,
                numbers=header.get("numbers", "learned"),
                keep=header.get("keep", DEFAULT_KEEP),
                joiners=header.get("joiners", JOINERS),
            )
            if "own_words" in header:
                segmenter.own_words = OwnWords.from_header(header["own_words"])
            return segmenter


class _BaseDecoder(LearnedDecoder):
    """The decoder of a base alone; what a short text does not need is not made."""

    def __init__(self, base: BaseModel) -> None:
        self._base = base
        self._whole_clauses = True
        self._dense = dense_table(base.codes)

    @cached_property
    def learned(self) -> LearnedModel:  # type: ignore[override]
        return LearnedModel(*(frozen(array) for array in alone(self._base)))

    def _scores(self, x: Symbols) -> Floats32:
        if not interpreting():
            return super()._scores(x)
        few = alone(base_excerpt(self._base, self._base.codes[x]))
        return edge_scores(x, few, learned_tables(few))


@cache
def shipped_base() -> BaseModel:
    """The base that comes with the package; read once."""
    return load_base(_SHIPPED)


def find_base(base: "BaseModel | PathLike") -> BaseModel:
    """A base from what may name it: the base itself, its file, or ``"default"`` for the one in the
    package.

    Parameters
    ----------
    base : BaseModel, or path

    Returns
    -------
    BaseModel

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, or holds something else.
    """
    if isinstance(base, BaseModel):
        return base
    if isinstance(base, str | os.PathLike):
        return shipped_base() if os.fspath(base) == "default" else load_base(base)
    raise TypeError(f"`base` must be a BaseModel, a path or 'default', got {base!r}.")
