"""The schedule of co-training, and what is told while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple


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
    divisions: tuple[int, ...] = (0,)


class Progress(NamedTuple):
    """What learning is doing.

    stage : "reading", "tables", "start" or "round"
    round, rounds : number of the round, from 1; 0 for the word model alone
    description_length : nats per symbol of the segmentation before the last sweep under the word model; nan if none
    word_types : distinct words of it
    """

    stage: str
    round: int
    rounds: int
    description_length: float
    word_types: int


Report = Callable[[Progress], object]
