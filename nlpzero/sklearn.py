"""Words for scikit-learn: a tokenizer and vectorisers that keep words of one character, and a
transformer that learns the words of the texts it is fitted to.

scikit-learn is an optional package (``pip install 'nlpzero[sklearn]'``); only this module needs it.
Its own vectorisers take words from a regular expression that knows no Chinese words, and drops all
of one character.
"""

import os
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from nlpzero.engine.resources import Resources
from nlpzero.engine.temporary import PathLike
from nlpzero.learning.methods import CoTraining
from nlpzero.learning.training import learn_segmenter
from nlpzero.segmentation.base import Numbers, Segmenter
from nlpzero.segmentation.loading import load_segmenter
from nlpzero.segmentation.shared import shared_model
from nlpzero.segmentation.tokenizers import Tokenizer
from nlpzero.text.characters import BREAK, SPACE, char_classes, code_points

if TYPE_CHECKING:
    from nlpzero.learning.training import Method

__all__ = ["SegmentTokenizer", "SegmentTransformer", "count_vectorizer", "tfidf_vectorizer"]

Output = Literal["words", "text"]


class SegmentTokenizer(BaseEstimator):  # type: ignore[misc]
    """A function from a text to its words, for the `tokenizer` of a vectoriser.

    It is cloned and pickled with the vectoriser, and its parameters are those of a grid search:
    ``countvectorizer__tokenizer__punctuation``. What only names a model (a path, or the base)
    travels to other processes as that name; each opens the model once.

    Parameters
    ----------
    model : path, Segmenter or Tokenizer, optional
        What cuts the text; by default the base of the package. Clones share it.
    punctuation : bool
        Keep tokens that are only marks. White space is never a word.

    Examples
    --------
    >>> SegmentTokenizer()("我爱北京天安门。")
    ['我', '爱', '北京', '天安门']
    """

    def __init__(
        self,
        model: "PathLike | Segmenter | Tokenizer | None" = None,
        *,
        punctuation: bool = False,
    ) -> None:
        self.model = model
        self.punctuation = punctuation

    def __call__(self, text: str) -> list[str]:
        return _words(self._tokens(text), self.punctuation)

    def _tokens(self, text: str) -> Iterable[str]:
        model = self.model
        if model is None:
            return _base().segment(text)
        if isinstance(model, (str, os.PathLike)):
            return shared_model(model).segment(text)
        if isinstance(model, (Segmenter, Tokenizer)):
            return model(text)
        raise TypeError(
            f"`model` must be a path, a Segmenter, a Tokenizer or None, got {type(model).__name__}."
        )

    def __sklearn_clone__(self) -> "SegmentTokenizer":
        # scikit-learn would copy a model of many megabytes, which never changes
        return type(self)(**self.get_params(deep=False))


class SegmentTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learns in ``fit`` to segment texts like those it is given, and segments in ``transform``.

    Parameters
    ----------
    method : CoTraining, BranchingEntropy or CharacterModel, optional
        As for :func:`nlpzero.learn_segmenter`; by default the base of the package is adapted to
        the texts.
    punctuation : bool
        Keep tokens that are only marks. White space is never a word.
    output : {"words", "text"}
        words: a list of words for each text, for ``CountVectorizer(analyzer=list)``. text: the
        words with a space between.
    numbers : {"learned", "date", "split"}
        As for :class:`nlpzero.Segmenter`.
    jobs : int >= 1
        What ``fit`` may use. The result is the same for any number.

    Attributes
    ----------
    segmenter_ : Segmenter
        After ``fit``.

    Examples
    --------
    >>> texts = ["今天天气不错", "今天下雨", "天气预报"]
    >>> transformer = SegmentTransformer(output="text").fit(texts)
    >>> transformer.transform(["今天天气预报。"])
    ['今天 天气预报']
    """

    def __init__(
        self,
        method: "Method | None" = None,
        *,
        punctuation: bool = False,
        output: Output = "words",
        numbers: Numbers = "learned",
        jobs: int = 1,
    ) -> None:
        self.method = method
        self.punctuation = punctuation
        self.output = output
        self.numbers = numbers
        self.jobs = jobs

    def fit(self, texts: Iterable[str], y: object = None) -> "SegmentTransformer":
        """Learn from texts.

        Parameters
        ----------
        texts : iterable of str
        y : object
            Not looked at.

        Returns
        -------
        SegmentTransformer
            Itself.
        """
        if self.output not in get_args(Output):
            raise ValueError(f"`output` must be 'words' or 'text', got {self.output!r}.")
        method = CoTraining(base="default") if self.method is None else self.method
        given = Resources(jobs=self.jobs)
        self.segmenter_ = learn_segmenter(
            _listed(texts), method, numbers=self.numbers, resources=given
        )
        return self

    def transform(self, texts: Iterable[str]) -> list[list[str]] | list[str]:
        """Segment texts.

        Parameters
        ----------
        texts : iterable of str

        Returns
        -------
        list of list of str, or list of str
            As `output` says.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Nothing has been learned yet.
        """
        check_is_fitted(self)
        cut = self.segmenter_.segment_all(_listed(texts))
        words = [_words(tokens, self.punctuation) for tokens in cut]
        return words if self.output == "words" else [" ".join(row) for row in words]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def count_vectorizer(
    model: "PathLike | Segmenter | Tokenizer | None" = None,
    *,
    punctuation: bool = False,
    **options: Any,
) -> CountVectorizer:
    """A ``CountVectorizer`` of words, those of one character among them.

    Parameters
    ----------
    model, punctuation
        As for :class:`SegmentTokenizer`.
    **options
        The other parameters of ``sklearn.feature_extraction.text.CountVectorizer``.

    Returns
    -------
    sklearn.feature_extraction.text.CountVectorizer

    Examples
    --------
    >>> vectorizer = count_vectorizer().fit(["我爱北京", "北京的天气"])
    >>> vectorizer.get_feature_names_out().tolist()
    ['北京', '天气', '我', '爱', '的']
    """
    tokenizer = SegmentTokenizer(model, punctuation=punctuation)
    return CountVectorizer(tokenizer=tokenizer, token_pattern=None, **options)


def tfidf_vectorizer(
    model: "PathLike | Segmenter | Tokenizer | None" = None,
    *,
    punctuation: bool = False,
    **options: Any,
) -> TfidfVectorizer:
    """A ``TfidfVectorizer`` of words; parameters as for :func:`count_vectorizer`."""
    tokenizer = SegmentTokenizer(model, punctuation=punctuation)
    return TfidfVectorizer(tokenizer=tokenizer, token_pattern=None, **options)


@cache
def _base() -> Segmenter:
    return load_segmenter()


def _listed(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("`texts` must be an iterable of texts, got one str.")
    listed = list(texts)
    for i, text in enumerate(listed):
        if not isinstance(text, str):
            raise TypeError(f"texts[{i}] must be str, got {type(text).__name__}.")
    return listed


def _words(tokens: Iterable[str], punctuation: bool) -> list[str]:
    keep = _is_token if punctuation else _is_word
    return [token for token in tokens if keep(token)]


def _is_token(token: str) -> bool:
    return not token.isspace()


@lru_cache(1 << 16)
def _is_word(token: str) -> bool:
    """Whether it has a letter, a digit or a Han character, as in counting words."""
    classes = char_classes(code_points(token))
    return bool(((classes != BREAK) & (classes != SPACE)).any())
