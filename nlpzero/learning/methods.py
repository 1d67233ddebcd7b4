"""What to learn a segmenter by: one configuration per method, and the constants of co-training.

The third method, :class:`nlpzero.segmentation.character_model.CharacterModel`, needs no learning of
words.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlpzero.engine.config import Config, option

if TYPE_CHECKING:
    from nlpzero.engine.temporary import PathLike
    from nlpzero.learning.base_model import BaseModel
    from nlpzero.text.corpus import Corpus

#: Bytes of memory that a byte of the sample takes at most in co-training, beside the interpreter
#: and the compiled code. Measured with 98 MB of news, reviews, stories and encyclopedias: 22; more
#: where n-grams repeat less.
CO_TRAINING_BYTES = 28
#: Text that learning takes at most, in bytes of UTF-8.
SAMPLE_BYTES = 16_000_000

_SAMPLE = (
    "Learn from at most so many bytes, drawn at random in blocks of lines; fewer if --memory "
    "allows no more."
)
_SEED = "Of the sample and of sampling."
_FOLD = (
    "Read traditional characters as simplified ones, so that both scripts help each other; the "
    "output keeps them; needs nlpzero[traditional]."
)


@dataclass(frozen=True)
class Recipe:
    """The constants of learning, the same for every corpus; only tests and ablations change them.

    rounds, first_sweeps, sweeps
        Rounds of gap model and word model; sweeps of the word model before them, and in each.
    strength, strength_power
        alpha = strength * (weighted number of symbols) ** strength_power.
    gap_weight
        mu, the exponent of the gap model beside the word model.
    prior_weight
        gamma, the weight of the fixed-sign prior in the logit.
    count_power
        kappa: a gap of a pair that occurs c times weighs c ** -kappa in training.
    rate
        Adagrad's.
    groups
        Tables of the gap model: 19, or 11 without those of farther context.
    divisions
        Bits of the pair hash, each dividing the pairs in two sides that are trained on each other.
    """

    rounds: int = 8
    first_sweeps: int = 3
    sweeps: int = 2
    strength: float = 0.01
    strength_power: float = 0.75
    gap_weight: float = 4.0
    prior_weight: float = 0.25
    count_power: float = 0.5
    rate: float = 0.05
    groups: int = 19
    divisions: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Adaptation:
    """The constants of adapting a base, the same for every text; only tests and ablations change
    them.

    rounds, sweeps
        Rounds of gap model and word model, and sweeps of the word model in each.
    gram_weight, fading
        An n-gram of a base of B symbols counts gram_weight / (1 + N / (fading B)) beside a text of
        N symbols.
    word_share
        A word of the base counts so much of an n-gram.
    memory
        Adagrad's sums of squares start as if so much of the base's text had been seen.
    strength, strength_power, gap_weight, prior_weight, rate, count_power
        As for :class:`Recipe`.
    burst_block, burst_power
        Own n-grams count c (d / c) ** (burst_power / (1 + N / (fading B))), d being the number of
        blocks of so many symbols that hold them.
    """

    rounds: int = 3
    sweeps: int = 2
    gram_weight: float = 0.4
    fading: float = 0.127
    word_share: float = 0.25
    memory: float = 0.1
    strength: float = 0.01
    strength_power: float = 0.75
    gap_weight: float = 3.0
    prior_weight: float = 0.3
    rate: float = 0.05
    count_power: float = 0.5
    burst_block: int = 40_000
    burst_power: float = 0.5


@dataclass(frozen=True)
class CoTraining(Config):
    """Word model and gap model that teach each other: the most accurate segmenter.

    Parameters
    ----------
    sample : int >= 1, or str
        Learn from at most so many bytes of UTF-8, as a number or as ``"8M"`` (powers of 1024):
        blocks of lines drawn at random, first from the corpus, then, if it leaves room, from the
        background.
    background : Corpus or iterable of str, optional
        More text, of another kind perhaps. Helps a small corpus.
    background_weight : float in (0, 1]
        What a word of the background counts beside one of the corpus.
    seed : int
        Of the sample and of the sampling. The result depends on nothing else but the text.
    fold_traditional : bool
        Read traditional characters as simplified ones where that is one to one (needs the package
        opencc), so that texts in both scripts can help each other. Results keep the original
        characters.
    recipe : Recipe
        Other constants, of learning without a base.
    base : BaseModel, path or "default", optional
        Start from this base, or the one in the package, and adapt it: better for all but very large
        texts, and fast. Traditional characters are then read as the base reads them.

    Examples
    --------
    >>> CoTraining(sample=0)
    Traceback (most recent call last):
    ...
    ValueError: `sample` must be an integer >= 1, got 0.
    """

    sample: int | str = option(SAMPLE_BYTES, _SAMPLE, least=1, kind="size")
    background: "Corpus | Iterable[str] | None" = None
    background_weight: float = option(
        0.3, "What a word of the background counts beside one of the text.", above=0, most=1
    )
    seed: int = option(0, _SEED)
    fold_traditional: bool = option(False, _FOLD)
    recipe: Recipe = field(default_factory=Recipe)
    base: "BaseModel | PathLike | None" = None


@dataclass(frozen=True)
class BranchingEntropy(Config):
    """Normalised variation of branching entropy (nVBE): fast, without parameters.

    Parameters
    ----------
    sample, seed, fold_traditional
        As for :class:`CoTraining`.

    Notes
    -----
    Magistry & Sagot 2012, "Unsupervized Word Segmentation: the Case for Mandarin Chinese", with
    variations divided by their deviation; words have at most four symbols. N-grams that occur once
    are left out.
    """

    sample: int | str = option(SAMPLE_BYTES, _SAMPLE, least=1, kind="size")
    seed: int = option(0, _SEED)
    fold_traditional: bool = option(False, _FOLD)
