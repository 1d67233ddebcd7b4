"""A progress bar, on a terminal only, and notes for people."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .start import drop

if TYPE_CHECKING:
    from nlpzero.engine.resources import Progress


@contextmanager
def progress(*, quiet: bool = False) -> Iterator["Callable[[Progress], object] | None"]:
    """Yield what the library takes as ``Resources.progress``.

    It draws one bar for the stage at hand on standard error, and only if that is a terminal.

    Parameters
    ----------
    quiet : bool
        Draw nothing in any case.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm  # only where it can be seen

    bar: Any = None
    shown = ""

    def tell(state: "Progress") -> None:
        nonlocal bar, shown
        if bar is None or shown != state.stage:
            if bar is not None:
                bar.close()
            in_bytes = state.unit == "bytes"
            bar = tqdm(
                total=state.total,
                desc=state.stage,
                unit="B" if in_bytes else f" {state.unit}",
                unit_scale=in_bytes,
                unit_divisor=1024,
                dynamic_ncols=True,
                leave=False,
                file=sys.stderr,
            )
            shown = state.stage
        if state.facts:
            facts = {name.replace("_", " "): value for name, value in state.facts.items()}
            bar.set_postfix(facts, refresh=False)
        bar.update(state.done - bar.n)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.close()


def hide() -> None:
    """Take the line off the terminal that others write to."""


def note(message: str, *, quiet: bool = False) -> None:
    """A line for people on standard error."""
    if quiet or sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:  # full, or gone: the result is worth more than what is said of it
        drop(2)
