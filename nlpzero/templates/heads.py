"""Variants of a template, which differ in what stands around the same words, under one head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple, get_args

from nlpzero.templates.saving import description_saving
from nlpzero.templates.template import SEPARATOR, FoundTemplate, Template

TemplateOrder = Literal["saving", "frequency"]
TEMPLATE_ORDERS: tuple[TemplateOrder, ...] = get_args(TemplateOrder)

_MOST_EXAMPLES = 3


class TemplateHead(NamedTuple):
    """A template with its variants: the same words and placeholders between them, with or without a
    placeholder before and after.

    Attributes
    ----------
    template : Template
        The most frequent variant, which stands for all.
    count : int
        Sum of the counts of the variants.
    frequency : float in (0, 1]
        Sum of their frequencies.
    saving : float or None
        Nats of description length that it saves, see
        :func:`nlpzero.templates.saving.description_saving`; None where it was not computed.
    variants : tuple of FoundTemplate
        Most frequent first.
    """

    template: Template
    count: int  # type: ignore[assignment]  # hides tuple.count
    frequency: float
    saving: float | None
    variants: tuple[FoundTemplate, ...]

    @property
    def core(self) -> Template:
        """What all variants share: the template without placeholders before and after."""
        return self.template.core

    @property
    def examples(self) -> tuple[str, ...]:
        """Up to three different clauses, those of the most frequent variants first."""
        found = dict.fromkeys(text for row in self.variants for text in row.examples)
        return tuple(found)[:_MOST_EXAMPLES]

    @property
    def variants_text(self) -> str:
        """The variants as they stand in one cell of a table, each after its count.

        Examples
        --------
        >>> from nlpzero import read_templates
        >>> group_templates(read_templates(["[X] 很 好\\t6", "很 好\\t2"]))[0].variants_text
        '6 [X] 很 好 | 2 很 好'
        """
        return SEPARATOR.join(f"{row.count} {row.template}" for row in self.variants)


class TextSize(NamedTuple):
    """What savings are computed from.

    Attributes
    ----------
    words, clauses : int
        Of the text.
    counts : mapping from str to int
        How often words occur.
    placements : mapping from Template to float
        For each template, sum of the ln of the ways to share words among its placeholders.
    """

    words: int
    clauses: int
    counts: Mapping[str, int]
    placements: Mapping[Template, float]

    def saving(self, rows: Iterable[FoundTemplate]) -> float:
        """Nats that variants save together."""
        variants = [(row.count, self.placements[row.template], row.template) for row in rows]
        return description_saving(
            [(self.counts[word], times) for word, times in Counter(variants[0][2].words).items()],
            [(count, nats) for count, nats, _ in variants],
            words=self.words,
            clauses=self.clauses,
        )


def group_templates(
    rows: Iterable[FoundTemplate], saving: Callable[[list[FoundTemplate]], float] | None = None
) -> list[TemplateHead]:
    """Put variants under one head: templates equal but for a placeholder before or after.

    Parameters
    ----------
    rows : iterable of FoundTemplate
    saving : callable, optional
        Nats that the variants of a head save together.

    Returns
    -------
    list of TemplateHead
        Most frequent first, ties by the elements of the head, a placeholder before any word.

    Examples
    --------
    >>> from nlpzero import read_templates
    >>> rows = read_templates(["[X] 很 好\\t6", "很 好\\t2", "[X] 很 [X] 好\\t1", "很 好 [X]\\t1"])
    >>> for head in group_templates(rows):
    ...     print(head.template, head.count, [str(row.template) for row in head.variants])
    [X] 很 好 9 ['[X] 很 好', '很 好', '很 好 [X]']
    [X] 很 [X] 好 1 ['[X] 很 [X] 好']
    """
    groups: dict[Template, list[FoundTemplate]] = {}
    for row in rows:
        groups.setdefault(row.template.core, []).append(row)
    heads = []
    for variants in groups.values():
        variants.sort(key=lambda row: (-row.count, row.template.sort_key))
        heads.append(
            TemplateHead(
                variants[0].template,
                sum(row.count for row in variants),
                sum(row.frequency for row in variants),
                None if saving is None else saving(variants),
                tuple(variants),
            )
        )
    return sort_heads(heads, "frequency")


def sort_heads(heads: Iterable[TemplateHead], order: TemplateOrder) -> list[TemplateHead]:
    """Heads by how much they save or by their count, greatest first.

    Ties by count, then by elements, a placeholder before any word; heads without a saving come
    last.
    """
    if order not in TEMPLATE_ORDERS:
        raise ValueError(f"`order` must be one of {TEMPLATE_ORDERS}, got {order!r}.")

    def rank(head: TemplateHead) -> tuple[float, int, tuple[str, ...]]:
        saving = 0.0
        if order == "saving":
            saving = float("inf") if head.saving is None else -head.saving
        return saving, -head.count, head.template.sort_key

    return sorted(heads, key=rank)
