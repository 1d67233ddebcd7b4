"""The next item of an iterator is made while one is used."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_END = object()


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """The items of an iterator, the next one being made in a thread.

    Reading, checksums and compiled loops let go of the GIL: what makes the items then costs no time
    where a second core is idle. At most one item more is in memory.

    Parameters
    ----------
    items : iterator
        Used by one thread at a time.

    Yields
    ------
    object
        The same items in the same order; what `items` raises is raised in its place.

    Examples
    --------
    >>> list(read_ahead(iter([1, 2, 3])))
    [1, 2, 3]
    """
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, _END)
        while (item := coming.result()) is not _END:
            coming = thread.submit(next, items, _END)
            yield item  # type: ignore[misc]
