"""Columns of a table of transactions: what their names and their cells say they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from nlpzero.rules.flags import FLAG_WORDS, flag_of, number_of
from nlpzero.rules.transactions import BLANKS

# compiled when they are first used, and kept by `re`: lines of items need none of them
_OTHER = (
    r"(?i)"
    r"qty|quantit|count|amount|price|total|date|time|year|month|unnamed|index"
    r"|数量|件数|个数|价|金额|日期|时间|总"
)
_ITEM = (
    r"(?i)"
    r"item|product|goods|sku|stock|article|descr"
    r"|商品|产品|货品|品名|物品|菜品|货号"
)
_TRANSACTION = (
    r"(?i)"
    r"order|trans|invoice|basket|receipt|bill\b|ticket|session|\btid\b"
    r"|订单|单号|交易|流水|小票|票号|账单|购物篮|会话"
)
_ID = (
    r"(?<![a-z])(?:id|no|nr|num|key)(?![a-z])|[a-z]I[Dd]\b|[a-z]No\b|number|customer|user|member|client"
    r"|用户|客户|会员|编号|序号|顾客"
)
_ITEMS_ALONE = (
    r"(?i)"
    r"(?:items?|products?|transactions?|baskets?|goods|商品|产品|商品列表|购物篮|品名|物品)"
)
_DATE = (
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}(?::\d{2})?"
)


class Role(Enum):
    """What the name of a column says."""

    ITEM = "item"
    ID = "identifier"
    OTHER = "neither"


def is_name_of_items(name: str) -> bool:
    """Whether a text is what people write over a column of items, or of transactions."""
    return bool(re.fullmatch(_ITEMS_ALONE, name)) or _role(name) is Role.ID


def _role(name: str) -> Role | None:
    if re.search(_OTHER, name):
        return Role.OTHER
    if re.search(_ITEM, name):
        return Role.ITEM
    if re.search(_TRANSACTION, name) or re.search(_ID, name) or re.search(_ID, name.lower()):
        return Role.ID
    return None


@dataclass(frozen=True)
class Column:
    """A column of a sample.

    Parameters
    ----------
    number : int
        From 1.
    name : str
        Its cell in the header; empty without one.
    cells : tuple of str
        Stripped.
    """

    number: int
    name: str
    cells: tuple[str, ...]

    @property
    def role(self) -> Role | None:
        return _role(self.name)

    @property
    def is_transaction(self) -> bool:
        """Whether the name says that it tells transactions apart, not their customers."""
        return re.search(_TRANSACTION, self.name) is not None

    @cached_property
    def full(self) -> tuple[str, ...]:
        """The cells that are not blank."""
        return tuple(cell for cell in self.cells if cell not in BLANKS)

    @cached_property
    def is_number(self) -> bool:
        return bool(self.full) and all(number_of(cell) is not None for cell in self.full)

    @cached_property
    def is_text(self) -> bool:
        """Whether at most a tenth of the cells are numbers."""
        numbers = sum(number_of(cell) is not None for cell in self.full)
        return bool(self.full) and numbers <= 0.1 * len(self.full) and not self.is_date

    @cached_property
    def is_date(self) -> bool:
        return bool(self.full) and all(re.fullmatch(_DATE, cell) for cell in self.full)

    @property
    def is_typed(self) -> bool:
        """Whether a name above stands out: numbers, dates or truth values."""
        return self.is_number or self.is_date or (self.is_flags and bool(self.full))

    @cached_property
    def is_flags(self) -> bool:
        """Whether all cells say that something is there, or not."""
        return bool(self.full) and all(flag_of(cell) is not None for cell in self.full)

    @cached_property
    def is_boolean(self) -> bool:
        words = all(cell.lower() in FLAG_WORDS for cell in self.full)
        return self.is_flags and (words or self.is_zero_one)

    @cached_property
    def is_zero_one(self) -> bool:
        return bool(self.full) and all(number_of(cell) in (0.0, 1.0) for cell in self.full)

    @cached_property
    def zeros(self) -> int:
        """Cells that say that something is not there."""
        return sum(cell in BLANKS or flag_of(cell) is False for cell in self.cells)

    @property
    def has_zeros(self) -> bool:
        return self.zeros > 0

    @cached_property
    def is_distinct(self) -> bool:
        return len(self.full) > 1 and len(set(self.full)) == len(self.full)

    @property
    def is_constant(self) -> bool:
        return len(set(self.full)) < 2

    @property
    def repeats(self) -> bool:
        return len(set(self.full)) < len(self.full)

    @cached_property
    def is_grouped(self) -> bool:
        """Whether equal cells are neighbours, as the items of a transaction usually are."""
        if self.is_constant or not self.repeats:
            return False
        runs = 1 + sum(a != b for a, b in zip(self.full, self.full[1:], strict=False))
        return runs <= 1.1 * len(set(self.full))

    @cached_property
    def is_coded(self) -> bool:
        """Whether all cells have a digit: numbers of orders, of customers."""
        return bool(self.full) and all(re.search(r"\d", cell) for cell in self.full)

    @cached_property
    def has_codes(self) -> bool:
        """Whether more than a tenth of the cells have a digit."""
        return sum(bool(re.search(r"\d", cell)) for cell in self.full) > 0.1 * len(self.full)


def columns_of(rows: Sequence[Sequence[str]], header: bool = True) -> list[Column]:
    """The columns of rows that are equally long; the first row has their names, or is one of
    them.
    """
    names = rows[0] if header else [""] * len(rows[0])
    body = rows[1:] if header else rows
    return [
        Column(number, name, tuple(row[number - 1] for row in body))
        for number, name in enumerate(names, 1)
    ]
