"""The one decorator that compiles loops, and the cache that keeps what it compiled.

This is the only module that imports Numba, and it does so when the first kernel has to be compiled:
that takes longer than most small jobs do. Inside :func:`brief` kernels run as plain Python, slow,
with the same answers; so they do everywhere with ``NUMBA_DISABLE_JIT=1``.

Numba's own cache writes into the installed package, where it survives an uninstall, and notices
only changes in a function's own file, so that a caller keeps the old code of a callee in another
file. This one writes into the user's cache folder, and names each file by a digest of all code and
all constants that the kernel reaches.
"""

import functools
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np

from nlpzero.engine.resources import address_space
from nlpzero.errors import ResourceError

F = TypeVar("F", bound=Callable[..., Any])

# seconds that a process spends in interpreted kernels at most, about as long as Numba needs to
# start and to find what it compiled before
_PATIENCE = 0.6
# seconds that it takes to load a large kernel that is kept on disk
_LOADING = 0.05


def kernel(function: F) -> F:
    """Compile a loop over arrays: cached on disk, without the GIL, IEEE arithmetic (no fast-math).

    Floating-point sums keep their order, so results are the same bytes on every run.
    """
    if os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0"):
        # hashing relies on 64-bit numbers that wrap around, as compiled ones do
        return np.errstate(over="ignore")(function)
    return cast(F, Kernel(function))


class Kernel:
    """A function that is compiled when it is first called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self._compiled: Callable[..., Any] | None = None
        self._inner: Any = None
        self.patience = _PATIENCE  # seconds that `sparing` may still have it interpreted

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is not None:
            return self._compiled(*arguments)
        if _interpreting.get():
            return self.py_func(*arguments)
        return self.compiled()(*arguments)

    def compiled(self) -> Callable[..., Any]:
        """Numba's own object for the function."""
        if self._compiled is None:
            with _one_at_a_time:
                if self._compiled is None:
                    self._compiled = _compiler().dispatcher(self.py_func)
        return self._compiled

    def inner(self) -> Any:
        """Numba's object for the function as other kernels call it."""
        if self._inner is None:
            with _one_at_a_time:
                if self._inner is None:
                    self._inner = _compiler().inner_dispatcher(self.py_func)
        return self._inner

    def __reduce__(self) -> str:  # by its name, as functions are
        return cast(str, self.__qualname__)  # type: ignore[attr-defined]


_one_at_a_time = threading.RLock()
_interpreting: ContextVar[bool] = ContextVar("interpreting", default=False)


@cache
def _compiler() -> Any:
    """The module that compiles functions; the first call loads Numba."""
    try:
        from nlpzero.engine import compiling
    except (OSError, ImportError, MemoryError) as error:
        limit = address_space()
        if limit is None:
            raise
        raise ResourceError(
            f"the compiler cannot be loaded with {limit >> 20} MB of addresses (ulimit -v); it "
            "needs about 1 GB"
        ) from error

    _Patience.left = 0.0
    compiling.recognise(Kernel)
    return compiling


def ready(function: Callable[..., Any]) -> bool:
    """Whether a kernel can be called without compiling it, or loading what was compiled."""
    return not isinstance(function, Kernel) or function._compiled is not None


def kept_on_disk(function: Callable[..., Any]) -> bool:
    """Whether a kernel was compiled before, for some types at least, and need only be loaded."""
    return not isinstance(function, Kernel) or _compiler().is_kept(function.py_func)


class _Patience:
    """Seconds that may still be spent in interpreted kernels; none once Numba is there."""

    left = _PATIENCE


def interpreting() -> bool:
    """Whether kernels run as plain Python now, so that no large tables should be made."""
    return _interpreting.get()


def brief(seconds: float) -> AbstractContextManager[None]:
    """Run kernels as plain Python inside the block, if that is quicker than to load the compiler.

    They are compiled, as everywhere else, when Numba is loaded anyway, and when the process has
    been interpreting for long: many small jobs are a large one. Threads started inside the block
    compile.

    Parameters
    ----------
    seconds : float
        What the block takes when its kernels are interpreted, about.

    Returns
    -------
    context manager

    Examples
    --------
    >>> with brief(seconds=60.0):
    ...     interpreting()
    False
    """
    if seconds >= _Patience.left or _interpreting.get():
        return _AS_IT_IS
    return _Interpreting()


def sparing(function: Callable[..., Any], seconds: float) -> AbstractContextManager[None]:
    """Run a kernel as plain Python inside the block, if that is quicker than to make it ready.

    Unlike :func:`brief` this holds while other kernels are compiled: it is for a large kernel that
    small texts need for a few places only. When it has been interpreted for long it is compiled.

    Parameters
    ----------
    function : kernel
        The one that is called in the block.
    seconds : float
        What that takes when it is interpreted, about.

    Returns
    -------
    context manager

    Examples
    --------
    >>> @kernel
    ... def double(x):
    ...     return 2 * x
    >>> with sparing(double, seconds=1e-6):
    ...     double(4), ready(double)
    (8, False)
    """
    if ready(function) or _interpreting.get():
        return _AS_IT_IS
    waiting = cast(Kernel, function)
    if seconds > waiting.patience or (seconds > _LOADING and kept_on_disk(function)):
        return _AS_IT_IS
    waiting.patience -= seconds
    return _Interpreting()


class _Interpreting(AbstractContextManager[None]):
    def __enter__(self) -> None:
        self._begun = time.perf_counter()
        self._token = _interpreting.set(True)
        self._wrapping = np.errstate(over="ignore")  # as compiled numbers wrap around
        self._wrapping.__enter__()

    def __exit__(self, *error: object) -> None:
        self._wrapping.__exit__(None, None, None)
        _interpreting.reset(self._token)
        _Patience.left -= time.perf_counter() - self._begun


_AS_IT_IS = nullcontext()
