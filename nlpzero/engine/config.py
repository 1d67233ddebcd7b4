"""Configurations of methods: frozen values whose fields carry their limits and their one help
sentence.

A field made by :func:`option` is checked when the value is made, and the command line makes an
option of it: there is one description, one default and one check of each parameter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal

#: What a field holds, where its type does not say: a number of bytes such as ``"16M"``.
Kind = Literal["size"]


def option(
    default: Any,
    help: str,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    choices: Sequence[str] = (),
    kind: Kind | None = None,
) -> Any:
    """A field of a configuration.

    Parameters
    ----------
    default : value
        None where the method works it out; say so in `help`.
    help : str
        One sentence, for the documentation and the command line.
    least, above, most : number, optional
        Domain of a number, or of each number of a tuple: ``least <= x``, ``above < x``,
        ``x <= most``.
    choices : sequence of str
        Values of a string.
    kind : "size", optional
        The number is one of bytes, and may be written as ``"16M"``.
    """
    metadata = {
        "help": help,
        "least": least,
        "above": above,
        "most": most,
        "choices": tuple(choices),
        "kind": kind,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Config:
    """Base of configurations: checks every field made by :func:`option`.

    Examples
    --------
    >>> @dataclass(frozen=True)
    ... class Smoothing(Config):
    ...     order: int = option(4, "Longest n-grams.", least=1, most=5)
    >>> Smoothing(order=7)
    Traceback (most recent call last):
    ...
    ValueError: `order` must be an integer from 1 to 5, got 7.
    """

    def __post_init__(self) -> None:
        for f in fields(self):
            if "help" in f.metadata:
                value = getattr(self, f.name)
                if value is not None or f.default is not None:
                    _check(f, value)


def _check(f: "Field[Any]", value: Any) -> None:
    name, default, limits = f.name, f.default, f.metadata
    if limits["choices"]:
        if value not in limits["choices"]:
            names = ", ".join(map(repr, limits["choices"]))
            raise ValueError(f"`{name}` must be one of {names}, got {value!r}.")
        return
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise TypeError(f"`{name}` must be True or False, got {value!r}.")
        return
    if all(limits[key] is None for key in ("least", "above", "most")):
        return
    if limits["kind"] == "size" and isinstance(value, str):
        from nlpzero.engine.resources import parse_size

        value = parse_size(value)
    several = isinstance(default, tuple)
    whole = limits["kind"] == "size" or "float" not in str(f.type)
    values = value if several and isinstance(value, (tuple, list)) else [value]
    if not values or not all(_inside(x, whole, limits) for x in values):
        raise ValueError(f"`{name}` must be {_domain(several, whole, limits)}, got {value!r}.")


def _inside(value: Any, whole: bool, limits: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or not hasattr(value, "__index__" if whole else "__float__"):
        return False
    return (
        (limits["least"] is None or value >= limits["least"])
        and (limits["above"] is None or value > limits["above"])
        and (limits["most"] is None or value <= limits["most"])
    )


def _domain(several: bool, whole: bool, limits: Mapping[str, Any]) -> str:
    least, above, most = limits["least"], limits["above"], limits["most"]
    noun = "integer" if whole else "number"
    what = f"{noun}s" if several else ("an integer" if whole else "a number")
    if above is not None:
        return f"{what} in ({above}, {most}]" if most is not None else f"{what} > {above}"
    if least is not None and most is not None:
        return f"{what} from {least} to {most}"
    return f"{what} >= {least}" if least is not None else f"{what} <= {most}"
