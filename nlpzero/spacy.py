"""A tokenizer for spaCy, which finds it by the name ``nlpzero.Tokenizer.v1`` in a configuration.

spaCy is an optional package (``pip install 'nlpzero[spacy]'``). The name is an entry point of this
package, so nothing needs to be imported before::

    nlp = spacy.blank(
        "zh", config={"nlp": {"tokenizer": {"@tokenizers": "nlpzero.Tokenizer.v1"}}}
    )
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpzero.engine.temporary import PathLike
from nlpzero.errors import StorageError
from nlpzero.segmentation.base import Numbers, Segmenter
from nlpzero.segmentation.loading import load_segmenter

if TYPE_CHECKING:
    from spacy.tokens import Doc

__all__ = ["SpacyTokenizer", "create_tokenizer", "words_and_spaces"]

_CONFIG, _MODEL = "tokenizer.json", "model.nz"


def create_tokenizer(
    model: str | None = None, numbers: str | None = None
) -> Callable[[Any], "SpacyTokenizer"]:
    """What stands behind ``nlpzero.Tokenizer.v1``.

    Parameters
    ----------
    model : str, optional
        A model file; by default the base of the package. It is opened when the first text comes,
        so a pipeline that was saved with its model loads where that file is not.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the model names.

    Returns
    -------
    callable
        From a pipeline (``Language``) to its tokenizer.
    """

    def make(nlp: Any) -> SpacyTokenizer:
        return SpacyTokenizer(nlp.vocab, model, numbers=numbers)  # type: ignore[arg-type]

    return make


class SpacyTokenizer:
    """A tokenizer of spaCy: ``tokenizer(text).text == text``.

    As with spaCy's own, one space after a token belongs to it, and other white space is a token.

    Parameters
    ----------
    vocab : spacy.vocab.Vocab
        Of the pipeline.
    model : path or Segmenter, optional
        By default the base of the package.
    numbers : {"learned", "date", "split"}, optional
        Replace the convention for numbers that the model names.

    Attributes
    ----------
    segmenter : Segmenter
        What cuts; may be set. Opened when it is first asked for.
    """

    def __init__(
        self,
        vocab: Any,
        model: "PathLike | Segmenter | None" = None,
        *,
        numbers: Numbers | None = None,
    ) -> None:
        self.vocab = vocab
        self._path: str | None = None
        self._numbers = numbers
        self._segmenter: Segmenter | None = None
        self._given = False  # as an object, rather than by its name
        if isinstance(model, Segmenter):
            self.segmenter = model if numbers is None else model.with_numbers(numbers)
        elif model is not None:
            self._path = os.fspath(model)  # type: ignore[assignment]

    @property
    def segmenter(self) -> Segmenter:
        if self._segmenter is None:
            self._segmenter = load_segmenter(self._path, numbers=self._numbers)
        return self._segmenter

    @segmenter.setter
    def segmenter(self, segmenter: Segmenter) -> None:
        self._segmenter, self._given = segmenter, True
        self._path = self._numbers = None

    def __call__(self, text: str) -> "Doc":
        return self._doc(self.segmenter.segment(text))

    def pipe(self, texts: Iterable[str], batch_size: int = 1000) -> "Iterator[Doc]":
        """Tokenize many texts.

        Parameters
        ----------
        texts : iterable of str
        batch_size : int
            Of no effect here.

        Yields
        ------
        spacy.tokens.Doc
        """
        for tokens in self.segmenter.segment_all(texts):
            yield self._doc(tokens)

    def _doc(self, tokens: Iterable[str]) -> "Doc":
        from spacy.tokens import Doc

        words, spaces = words_and_spaces(tokens)
        return Doc(self.vocab, words=words, spaces=spaces)

    # ------------------------------------------------------------------------------------- saving

    def to_disk(self, path: PathLike, *, exclude: Iterable[str] = ()) -> None:
        """Save the model, for ``nlp.to_disk()``; of the base of the package only its name.

        Parameters
        ----------
        path : path
            A folder, made if it is not there.
        exclude : iterable of str
            Of no effect: the vocabulary is the pipeline's.
        """
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MODEL).unlink(missing_ok=True)
        if self._given or self._path is not None:
            self.segmenter.save(folder / _MODEL)
        config = json.dumps({"numbers": self._numbers})
        (folder / _CONFIG).write_text(config, encoding="utf-8")

    def from_disk(self, path: PathLike, *, exclude: Iterable[str] = ()) -> "SpacyTokenizer":
        """The inverse of :meth:`to_disk`; changes the tokenizer and returns it.

        Raises
        ------
        StorageError
            The model is damaged, or there is none.
        """
        folder = Path(path)
        try:
            numbers = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))["numbers"]
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise StorageError(
                f"{folder / _CONFIG}: is not what a tokenizer of nlpzero saves ({error})"
            ) from error
        self._path, self._numbers, self._segmenter, self._given = None, numbers, None, False
        if (folder / _MODEL).exists():
            self.segmenter = load_segmenter(folder / _MODEL)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """As :meth:`to_disk`, as bytes, for ``nlp.to_bytes()``."""
        with tempfile.TemporaryDirectory() as folder:
            self.to_disk(folder)
            model = Path(folder, _MODEL)
            config = Path(folder, _CONFIG).read_bytes()
            return config + b"\n" + (model.read_bytes() if model.exists() else b"")

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "SpacyTokenizer":
        """The inverse of :meth:`to_bytes`; changes the tokenizer and returns it."""
        config, _, model = data.partition(b"\n")
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, _CONFIG).write_bytes(config)
            if model:
                Path(folder, _MODEL).write_bytes(model)
            return self.from_disk(folder)


def words_and_spaces(tokens: Iterable[str]) -> tuple[list[str], list[bool]]:
    """Tokens as spaCy wants them: words, and whether a space follows each.

    Parameters
    ----------
    tokens : iterable of str
        None empty; white space in tokens of its own.

    Returns
    -------
    words : list of str
    spaces : list of bool
        Words, each with a space after it if it says so, are the text.

    Examples
    --------
    >>> words_and_spaces(["天气", " ", "很", "  \\n", "好"])
    (['天气', '很', ' \\n', '好'], [True, True, False, False])
    """
    words: list[str] = []
    spaces: list[bool] = []
    for token in tokens:
        if token[0] == " " and spaces and not spaces[-1]:
            spaces[-1] = True
            token = token[1:]
            if not token:
                continue
        words.append(token)
        spaces.append(False)
    return words, spaces
