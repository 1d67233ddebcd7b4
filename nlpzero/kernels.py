"""Compiled loops over arrays that several modules share, and the one decorator that compiles them.

This is the only module that imports Numba. With ``NUMBA_DISABLE_JIT=1`` the same functions run as plain
Python: slow, same answers.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a loop over arrays: cached on disk, without the GIL, IEEE arithmetic (no fast-math).

    Floating-point sums keep their order, so results are the same bytes on every run.
    """
    return cast(F, njit(cache=True, nogil=True)(function))
