"""A progress bar by bytes, on a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _ignore(advance: int) -> None:
    pass


@contextmanager
def progress(
    total: int | None, label: str = "", *, quiet: bool = False
) -> Iterator[Callable[[int], object]]:
    """Yield what the library takes as ``progress``: a function called with the bytes just done.

    It draws on standard error, and only if that is a terminal.

    Parameters
    ----------
    total : int or None
        Bytes in all, or None when unknown (standard input); then there is no time left to tell.
    label : str
        What is being done, shown before the bar.
    quiet : bool
        Draw nothing in any case.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield _ignore
        return
    from tqdm import tqdm  # only where it can be seen

    with tqdm(
        total=total,
        desc=label or None,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        dynamic_ncols=True,
        leave=False,
        file=sys.stderr,
    ) as bar:
        yield bar.update


def note(message: str, *, quiet: bool = False) -> None:
    """A line for people on standard error."""
    if not quiet:
        print(message, file=sys.stderr, flush=True)
