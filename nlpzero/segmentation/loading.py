"""Models from files: of whatever method, and the base in the package."""

import importlib
import os

from nlpzero.engine.file_index import content_of
from nlpzero.engine.storage import kind_of, read_file
from nlpzero.engine.temporary import PathLike
from nlpzero.errors import StorageError
from nlpzero.segmentation.base import Numbers, Segmenter, checked_numbers
from nlpzero.segmentation.own_words import OwnWords
from nlpzero.text.alphabet import Alphabet

# method -> module and class
METHODS = {
    "learned": ("nlpzero.learning.segmenter", "LearnedSegmenter"),
    "nvbe": ("nlpzero.learning.nvbe", "NVBESegmenter"),
    "lm": ("nlpzero.segmentation.character_lm", "LanguageModelSegmenter"),
    "vocabulary": ("nlpzero.segmentation.vocabulary", "VocabularySegmenter"),
}
# of files of a base, which have a kind of their own, and of the base in the package
_BASE = ("nlpzero.learning.base_segmenter", "BaseSegmenter")


def load_segmenter(
    path: PathLike | None = None, *, numbers: Numbers | None = None, mmap: bool = False
) -> Segmenter:
    """Load a model file written by :meth:`Segmenter.save`, of whatever method.

    Parameters
    ----------
    path : path, optional
        By default the base in the package: it cuts any text at once, each clause by itself.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the file names.
    mmap : bool
        Map the arrays instead of reading them, so that processes share the memory. Nothing may be
        written to the file then as long as the segmenter is used; a new file may be renamed onto
        it.

    Returns
    -------
    Segmenter

    Raises
    ------
    StorageError
        The file cannot be read, is damaged, or holds something else.

    Examples
    --------
    >>> load_segmenter().segment("我爱北京天安门。")
    ['我', '爱', '北京', '天安门', '。']
    """
    if path is None or kind_of(path) == "base":
        module, attribute = _BASE
        base: Segmenter = getattr(importlib.import_module(module), attribute).load(path)
        return base if numbers is None else base.with_numbers(numbers)
    header, arrays = read_file(path, "model", mmap=mmap)
    name = header.get("method")
    if not isinstance(name, str) or name not in METHODS:
        raise StorageError(
            f"{os.fspath(path)}: a model of the unknown method {name!r}; "
            "it may come from a newer nlpzero"
        )
    module, attribute = METHODS[name]
    kind: type[Segmenter] = getattr(importlib.import_module(module), attribute)
    if numbers is not None:
        checked_numbers(numbers)
    with content_of(path):
        segmenter = kind._from_state(header, arrays, Alphabet.from_header(header["alphabet"]))
        segmenter.training = dict(header["training"])
        if "own_words" in header:
            segmenter.own_words = OwnWords.from_header(header["own_words"])
        segmenter.numbers = checked_numbers(header["numbers"] if numbers is None else numbers)
    return segmenter
