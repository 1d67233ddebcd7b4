"""What readers of files demand of arrays before compiled loops use them as places, lengths or
numbers.

Everything here raises ``ValueError``, which :func:`nlpzero.engine.file_index.content_of` turns into
an error of the file.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from nlpzero.engine.arrays import Array


def require(condition: bool | np.bool_, what: str) -> None:
    """Raise unless a condition holds; `what` says what is wrong then."""
    if not condition:
        raise ValueError(what)


def expect(arrays: Mapping[str, Any], name: str, dtype: npt.DTypeLike, *shape: int | None) -> Array:
    """An array of a file, if it has the type and the shape that its reader needs.

    Parameters
    ----------
    arrays : mapping
    name : str
    dtype : dtype
    *shape : int or None
        None for any number.

    Raises
    ------
    KeyError
        There is none of that name.
    ValueError

    Examples
    --------
    >>> expect({"a": np.zeros((3, 2), np.int32)}, "a", np.int32, None, 2).shape
    (3, 2)
    """
    array = arrays[name]
    fits = len(array.shape) == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if array.dtype != np.dtype(dtype) or not fits:
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(
            f"the array {name!r} is {array.dtype} of shape {array.shape}, expected "
            f"{np.dtype(dtype)} of shape ({wanted})"
        )
    return array  # type: ignore[no-any-return]


def number(value: Any, name: str, least: float = -math.inf) -> float:
    """A finite number of a header."""
    require(type(value) in (int, float), f"{name} is no number")
    require(abs(value) < 1e300 and value >= least, f"{name} is out of range")
    return float(value)


#: More than anybody counts; sums of as many tables as there may be still fit 63 bits.
MOST_COUNTED = 1 << 56


def whole_number(value: Any, name: str, least: int, most: int = MOST_COUNTED) -> int:
    """An integer of a header."""
    require(type(value) is int and least <= value <= most, f"{name} is out of range")
    return int(value)


def total_of(counts: Array) -> int:
    """Sum of counts that are not negative; one that does not fit 63 bits is an error."""
    require(float(counts.sum(dtype=np.float64)) < 1 << 62, "the sum of its counts is out of range")
    return int(counts.sum(dtype=np.int64))


def ascending(values: Array) -> bool:
    """Whether each value is greater than the one before."""
    return bool((values[1:] > values[:-1]).all())


def finite(values: Array) -> bool:
    """Whether no value is infinite or NaN; without an array as large as they are."""
    if not values.size:
        return True
    # NaN passes through both and compares as false
    return bool(values.min() > -np.inf) and bool(values.max() < np.inf)


def within(values: Array, low: float, high: float) -> bool:
    """Whether all values lie in [low, high]; NaN does not."""
    return not values.size or (bool(values.min() >= low) and bool(values.max() <= high))
