"""What goes with a basket, by rules, and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nlpzero.rules.metrics import METRICS, Rule


class Recommendation(NamedTuple):
    """An item that goes with a basket, and the best rule that says so.

    ``rules`` is how many rules say so.
    """

    item: str
    antecedent: tuple[str, ...]
    consequent: tuple[str, ...]
    confidence: float
    support: float
    lift: float
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    rules: int


class Recommender:
    """Finds the rules that a basket fulfils, by the item of their antecedents that is in the fewest
    of them.

    Parameters
    ----------
    rules : sequence of Rule
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        often = Counter(item for rule in rules for item in rule.antecedent)
        self._by_item: dict[str, list[int]] = {}
        for number, rule in enumerate(rules):
            rarest = min(rule.antecedent, key=lambda item: (often[item], item))
            self._by_item.setdefault(rarest, []).append(number)

    def recommend(
        self, items: Iterable[str], *, top: int | None = 10, by: str = "confidence"
    ) -> list[Recommendation]:
        """See :meth:`nlpzero.Rules.recommend`."""
        if isinstance(items, str):
            raise TypeError(f"`items` must be a list of items, got the bare string {items!r}.")
        if by not in METRICS:
            raise ValueError(f"`by` must be one of {', '.join(METRICS)}, got {by!r}.")
        if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 0):
            raise ValueError(f"`top` must be an integer >= 0 or None, got {top!r}.")
        basket = {item.strip() for item in items}
        best: dict[str, tuple[tuple[float, float, int], int]] = {}
        number_of: Counter[str] = Counter()
        for known in sorted(basket & self._by_item.keys()):
            for number in self._by_item[known]:
                rule = self._rules[number]
                if not basket.issuperset(rule.antecedent):
                    continue
                # the smallest is the best; of equal rules the first one
                worth = (-getattr(rule, by), -rule.count, number)
                for item in rule.consequent:
                    if item in basket:
                        continue
                    number_of[item] += 1
                    if item not in best or worth < best[item][0]:
                        best[item] = (worth, number)
        chosen = sorted(best, key=lambda item: (best[item][0], item))[:top]
        return [self._told(item, best[item][1], number_of[item]) for item in chosen]

    def _told(self, item: str, number: int, rules: int) -> Recommendation:
        rule = self._rules[number]
        return Recommendation(
            item,
            rule.antecedent,
            rule.consequent,
            rule.confidence,
            rule.support,
            rule.lift,
            rule.count,
            rules,
        )
