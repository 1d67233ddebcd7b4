"""Vectors of words from raw text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from nlpzero.engine.arrays import Floats32
from nlpzero.engine.passes import Passes, open_passes
from nlpzero.engine.resources import Resources
from nlpzero.errors import NlpzeroError
from nlpzero.segmentation.tokenizers import Tokenize, Tokenizer, as_tokenizer
from nlpzero.text.corpus import Corpus, Shard, as_corpus
from nlpzero.vectors.characters import Pieces, learn_pieces
from nlpzero.vectors.cooccurrence import ppmi_matrix
from nlpzero.vectors.dense import unit_rows
from nlpzero.vectors.jose import learn_spherical
from nlpzero.vectors.lanczos import leading_eigenvectors
from nlpzero.vectors.methods import JoSE, VectorMethod, WindowedCounts
from nlpzero.vectors.numbered_text import NumberedText, read_numbered
from nlpzero.vectors.word_vectors import WordVectors, word_weights

if TYPE_CHECKING:
    from nlpzero.segmentation.base import Segmenter

# found by experiment, see docs/vectors.md
SMOOTHING = 0.75
RATIO = 2.0
POWER = 0.5
_STEPS = 8
_LEAST_BLOCK = 64
# of the budget that the basis may take in memory
_BASIS_SHARE = 4


def _by_counts(
    text: NumberedText, method: VectorMethod, passes: Passes[Any]
) -> tuple[Floats32, Pieces | None]:
    """Rows of unit length, and what characters say: how ``WindowedCounts`` learns."""
    assert isinstance(method, WindowedCounts)
    matrix = ppmi_matrix(text, method.window, SMOOTHING, RATIO, passes)
    # twice as many columns as vectors have numbers; 16 of them are two instructions
    block = max(_LEAST_BLOCK, -(-method.dimensions // 32) * 16)
    large = 4 * matrix.rows * block * _STEPS > passes.budget // _BASIS_SHARE
    with ThreadPoolExecutor(passes.jobs) as pool:
        values, vectors = leading_eigenvectors(
            matrix,
            method.dimensions,
            pool,
            block=block,
            steps=_STEPS,
            seed=method.seed,
            folder=passes.folder if large else None,
            tell=lambda done, total: passes.resources.tell("factorise", done, total, "steps"),
        )
    if not len(values):
        raise NlpzeroError(
            "no two words stand together more often than by chance, so there is nothing to learn; "
            "give more text"
        )
    units = unit_rows(vectors * (values**POWER))
    if not method.characters:
        return units, None
    pieces, units = learn_pieces(text.listed(), text.counts, units, method.characters)
    return units, pieces


def _by_jose(
    text: NumberedText, method: VectorMethod, passes: Passes[Any]
) -> tuple[Floats32, Pieces | None]:
    """How ``JoSE`` learns: in one thread, as each step begins where the one before has ended."""
    assert isinstance(method, JoSE)
    start = weights = None
    if method.init == "counts":
        shared = {f.name: getattr(method, f.name) for f in fields(VectorMethod)}
        start, _ = _by_counts(text, WindowedCounts(**shared, characters=0), passes)
        weights = word_weights(text.counts, text.tokens)
    found = learn_spherical(
        lambda: map(text.words.documents, text.parts),
        text.counts,
        method,
        passes.folder,
        start=start,
        weights=weights,
        tell=lambda done, total: passes.resources.tell("train", done, total, "words"),
    )
    return found.centre, None


Learner = Callable[[NumberedText, VectorMethod, "Passes[Any]"], "tuple[Floats32, Pieces | None]"]

#: What learns by each configuration: unit rows of the words by falling count, and their pieces.
LEARNERS: dict[type[VectorMethod], tuple[str, Learner]] = {
    WindowedCounts: ("counts", _by_counts),
    JoSE: ("jose", _by_jose),
}


def learn_vectors(
    texts: Corpus | Shard | Iterable[str],
    tokenizer: Tokenizer | Segmenter | Tokenize | str,
    method: VectorMethod | None = None,
    *,
    resources: Resources | None = None,
) -> WordVectors:
    """Learn a vector for each word of a text.

    Words near each other in meaning, or of one kind, get vectors in similar directions. The text is
    cut once.

    Parameters
    ----------
    texts : Corpus or iterable of str
        Lines are documents: a word's neighbours are in its line.
    tokenizer : Tokenizer, Segmenter, callable or str
        What the words are, as for :func:`count_words`. Tokens without any letter, digit or Han
        character are passed over if one of our segmenters cuts, and words for all else.
    method : VectorMethod, optional
        How, and with which parameters; by default ``WindowedCounts()``.
    resources : Resources, optional
        What the run may use.

    Returns
    -------
    WordVectors
        The same bytes for any `resources`.

    Raises
    ------
    NlpzeroError
        There are too few words.
    CorpusError, ResourceError, StorageError, WorkerError
        As for :func:`count_words`.

    Notes
    -----
    After Levy and Goldberg, "Neural word embedding as implicit matrix factorization" (2014), and
    Levy, Goldberg and Dagan, "Improving distributional similarity with lessons learned from word
    embeddings" (2015). Formulas and measurements are in docs/vectors.md.

    Examples
    --------
    >>> lines = ["苹果 好吃", "香蕉 好吃", "火车 到站", "汽车 到站"] * 5
    >>> vectors = learn_vectors(lines, "whitespace", WindowedCounts(min_count=1))
    >>> sorted(row.word for row in vectors.similar("苹果", top=2))
    ['好吃', '香蕉']
    """
    chosen = WindowedCounts() if method is None else method
    if type(chosen) not in LEARNERS:
        raise TypeError(
            "`method` must be one of "
            f"{', '.join(kind.__name__ for kind in LEARNERS)}, got {type(chosen).__name__}."
        )
    name, learn = LEARNERS[type(chosen)]
    corpus = as_corpus(texts)
    cutter = as_tokenizer(tokenizer)
    with open_passes(corpus, resources, compiled=cutter.compiled) as passes:
        text = read_numbered(corpus, cutter, chosen, passes)
        rows, pieces = learn(text, chosen, passes)
        return WordVectors(
            text.listed(),
            text.counts,
            rows,
            pieces=pieces,
            tokenizer=cutter,
            tokens=text.tokens,
            training={"method": name, **asdict(chosen)},
            read=passes.read,
        )
