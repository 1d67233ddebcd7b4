"""Which rules are wanted.

Needs no arrays, so that the command line makes its options of it at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from nlpzero.engine.config import Config, option


@dataclass(frozen=True)
class RuleFilter(Config):
    """Which rules are wanted, apart from how good they are.

    Parameters
    ----------
    multi_consequents : bool
        Also rules with several items in the consequent; else one.
    consequents : iterable of str, optional
        Only rules whose consequent consists of these items.
    antecedents : iterable of str, optional
        Only rules with at least one of these items in the antecedent.
    prune_redundant : bool
        Leave out a rule if another with the same consequent and fewer antecedent items (a non-empty
        proper subset) has at least its confidence, whether or not that one is among the results.
    prune_mirrored : bool
        Of the rules between the same items, keep the most confident one.
    prune_indirect : bool
        Leave out a rule of two items if both have more information of some third item than of each
        other: if they meet by way of it only.
    max_rules : int >= 0, optional
        Keep only so many, the best.

    Examples
    --------
    >>> from nlpzero import RuleFilter
    >>> RuleFilter(consequents="milk")
    Traceback (most recent call last):
    ...
    TypeError: `consequents` must be a list of items, got the bare string 'milk'.
    """

    multi_consequents: bool = option(False, "Also rules with several items on the right.")
    consequents: Iterable[str] | None = option(
        None, "Only rules with nothing but these items on the right."
    )
    antecedents: Iterable[str] | None = option(
        None, "Only rules with one of these items on the left."
    )
    prune_redundant: bool = option(
        False,
        "Leave out a rule if fewer of its items on the left give the same right side with at least "
        "the same confidence.",
    )
    prune_mirrored: bool = option(
        False, "Of the rules between the same items, only the most confident one."
    )
    prune_indirect: bool = option(
        False, "Leave out a rule of two items that only meet by way of a third item."
    )
    max_rules: int | None = option(None, "Only the first N rules.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("consequents", "antecedents"):
            items = getattr(self, name)
            if isinstance(items, str):
                raise TypeError(f"`{name}` must be a list of items, got the bare string {items!r}.")
            if items is not None:
                object.__setattr__(self, name, tuple(items))
        number = self.max_rules
        if number is not None and (isinstance(number, bool) or not hasattr(number, "__index__")):
            raise TypeError(f"`max_rules` must be an integer >= 0 or None, got {number!r}.")
        if number is not None and number < 0:
            raise ValueError(f"`max_rules` must be an integer >= 0 or None, got {number!r}.")
