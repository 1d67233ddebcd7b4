"""Values of options that click has no type for."""

import math
import re
from typing import Any

import click

import nlpzero

_SEPARATORS = {"tab": "\t", "\\t": "\t", "comma": ",", "space": " ", "semicolon": ";"}


class Lengths(click.ParamType):
    """One length or a range of lengths of n-grams: ``2`` or ``1-4``.

    Parameters
    ----------
    most : int
        The longest.
    """

    name = "lengths"

    def __init__(self, most: int) -> None:
        self.most = most

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"([1-9]\d*)(?:-([1-9]\d*))?", str(value).strip())
        low, high = (0, 0) if match is None else (int(match[1]), int(match[2] or match[1]))
        if not 1 <= low <= high <= self.most:
            self.fail(
                f"{value!r} is not a length from 1 to {self.most}, or a range such as 1-4.",
                param,
                ctx,
            )
        return low, high


class Support(click.ParamType):
    """A proportion (``0.06``, ``6%``) or, as a whole number, a count of transactions (``50``)."""

    name = "support"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        if isinstance(value, (int, float)):
            return value
        if text.isascii() and text.isdigit():
            return int(text)
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            self.fail(
                f"{value!r} is no support; write a proportion such as 0.06 or 6%, or a count such "
                "as 50.",
                param,
                ctx,
            )
        if not 0 <= share <= 1:
            self.fail(
                f"{value!r} is out of range; a proportion is between 0 and 1 (or 0% and 100%), "
                "a count is a whole number.",
                param,
                ctx,
            )
        return share


def minimum(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, float]:
    """``METRIC=VALUE``, several times."""
    result = {}
    for value in values:
        name, equals, least = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in (*nlpzero.METRICS, *nlpzero.EVIDENCE):
            raise click.BadParameter(
                f"{value!r} is not METRIC=VALUE with a metric of "
                f"{', '.join((*nlpzero.METRICS, *nlpzero.EVIDENCE))}.",
                ctx,
                param,
            )
        try:
            result[name] = float(least)
        except ValueError:
            raise click.BadParameter(f"{least!r} is no number.", ctx, param) from None
        if math.isnan(result[name]):
            raise click.BadParameter(f"{least!r} is no number.", ctx, param)
    return result


def two_columns(
    ctx: click.Context, param: click.Parameter, value: str | None
) -> tuple[str, str] | tuple[int, int] | None:
    """``id,item`` or ``1,3``."""
    if value is None:
        return None
    first, comma, second = (part.strip() for part in value.partition(","))
    if not (comma and first and second) or "," in second:
        raise click.BadParameter(
            f"{value!r} is not two columns; write for example id,item or 1,3.", ctx, param
        )
    if first.isdecimal() and second.isdecimal():
        if int(first) < 1 or int(second) < 1:
            raise click.BadParameter(
                f"{value!r} is out of range; columns are numbered from 1.", ctx, param
            )
        return int(first), int(second)
    return first, second


def columns(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, ...]:
    """``1,3``: columns, numbered from 1."""
    if value is None:
        return ()
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise click.BadParameter(
            f"{value!r} is not a list of columns, numbered from 1, such as 1,3.", ctx, param
        )
    return tuple(map(int, parts))


def separator(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Any text without a quote or a line end, or a name for what is hard to write."""
    if value is None:
        return None
    text = _SEPARATORS.get(value, value)
    if not text or "\n" in text or '"' in text:
        raise click.BadParameter(f"{text!r} cannot separate items.", ctx, param)
    return text
