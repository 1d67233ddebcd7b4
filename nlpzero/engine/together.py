"""Independent steps side by side, in threads: compiled loops and most of NumPy do without the
GIL.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from nlpzero.engine.jit import interpreting

S = TypeVar("S")
T = TypeVar("T")


def together(jobs: int, step: Callable[[S], T], items: Iterable[S]) -> list[T]:
    """What a step makes of each item, in their order, by at most so many threads.

    One job makes no threads; nor are there any where kernels are interpreted, which threads would
    not know.

    Parameters
    ----------
    jobs : int >= 1
    step : callable
        Changes nothing that it does for another item.
    items : iterable

    Returns
    -------
    list

    Examples
    --------
    >>> together(2, len, ["一", "一二"])
    [1, 2]
    """
    if jobs == 1 or interpreting():
        return [step(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor  # a small job has no threads

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(step, items))
