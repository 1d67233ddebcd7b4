"""One line of progress, on a terminal only, and notes for people.

The line has the stage, how far it is, and the time that it will still take. It is drawn again while
nothing is told, so that the time goes down within a long round of learning.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple, TextIO

import click

from .start import drop

if TYPE_CHECKING:
    from nlpzero.engine.resources import Progress

#: Where ``--verbose`` waits, in ``ctx.meta``.
VERBOSE = f"{__name__}.verbose"

_OFTEN = 0.1  # seconds between two drawings, at least
_TICK = 0.5  # and at most
_SIZES = (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10))
_BAR = 20  # columns
_LEAST_BAR = 6


class Moment(NamedTuple):
    """How far a stage is.

    stage : str
    done : int
    total : int or None
    unit : str
    elapsed : float
        Seconds since its first round, or its first byte, began.
    waited : float
        Seconds of them since `done` was told.
    """

    stage: str
    done: int
    total: int | None
    unit: str
    elapsed: float
    waited: float


def seconds_left(now: Moment) -> float | None:
    """What a stage will still take, if the rest goes as what is done went; None if that cannot be
    told.

    >>> seconds_left(Moment("learn", 2, 3, "rounds", 11.0, 1.0))
    4.0
    >>> seconds_left(Moment("learn", 0, 3, "rounds", 2.0, 2.0)) is None
    True
    """
    if not now.done or now.total is None:
        return None
    each = (now.elapsed - now.waited) / now.done
    left = each * (now.total - now.done) - now.waited
    # a round that takes longer than those before is nearly done, as far as anybody knows
    return max(left, 0.1 * each) if now.done < now.total else 0.0


def line_of(now: Moment, width: int) -> str:
    """The line, which takes at most `width` columns; what matters least goes first.

    >>> line_of(Moment("learn", 2, 4, "rounds", 10.0, 0.0), 60)
    'learn  round 2 of 4  [##########----------]  50%  0:10 left'
    >>> line_of(Moment("learn", 2, 4, "rounds", 10.0, 0.0), 34)
    'learn  round 2 of 4  50%'
    >>> line_of(Moment("count", 3 << 20, None, "bytes", 5.0, 0.0), 60)
    'count  3.0 MB'
    """
    parts = [now.stage, _amount(now)]
    left = seconds_left(now)
    if now.total:
        share = min(now.done / now.total, 1.0)
        parts.append(f"{share:.0%}")
        if left:
            parts.append(f"{_clock(left)} left")
        elif left is None and now.elapsed >= 1:
            parts.append(f"{_clock(now.elapsed)} so far")
        room = width - len("  ".join(parts)) - 4
        if room >= _LEAST_BAR:
            size = min(room, _BAR)
            full = round(share * size)
            parts.insert(2, f"[{'#' * full}{'-' * (size - full)}]")
    while len(parts) > 1 and len("  ".join(parts)) > width:
        del parts[-1 if len(parts) != 3 else 1]
    return "  ".join(parts)[:width]


def _amount(now: Moment) -> str:
    if now.unit == "rounds" and now.total is not None:
        return f"round {now.done} of {now.total}"
    unit, size = now.unit, 1
    if unit == "bytes":
        most = max(now.done, now.total or 0)
        unit, size = next(
            (name, size) for name, size in _SIZES if most >= size or name == _SIZES[-1][0]
        )
    shown = f"{now.done / size:,.1f}" if size > 1 else f"{now.done:,}"
    if now.total is None:
        return f"{shown} {unit}"
    whole = f"{now.total / size:,.1f}" if size > 1 else f"{now.total:,}"
    return f"{shown} of {whole} {unit}"


def _clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds.

    >>> _clock(8.2), _clock(95), _clock(3725)
    ('0:08', '1:35', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class _Line:
    """The line on a terminal, which tqdm draws over itself and takes away."""

    def __init__(self, stream: TextIO) -> None:
        from tqdm import tqdm  # only where it can be seen

        class Bar(tqdm):  # type: ignore[misc]
            monitor_interval = 0  # no thread of its own: ours draws

        Bar.set_lock(threading.RLock())  # no semaphore of the system: no other process draws
        self._stream = stream
        self._bar = Bar(file=stream, bar_format="{desc}", leave=False)
        self._lock = threading.RLock()
        self._now: Moment | None = None
        self._began = self._told = self._drawn = 0.0
        self._seen = False
        self._ended = threading.Event()
        threading.Thread(target=self._tick, daemon=True).start()

    def tell(self, state: "Progress") -> None:
        if self._ended.is_set():
            return
        with self._lock:
            time_ = time.monotonic()
            new = self._now is None or self._now.stage != state.stage
            if new or not state.done:  # before its first round a stage may have to prepare
                self._began = time_
            self._told = time_
            self._now = Moment(state.stage, state.done, state.total, state.unit, 0.0, 0.0)
            if new or time_ - self._drawn >= _OFTEN:
                self._draw()

    def hide(self) -> None:
        with self._lock:
            if self._seen:
                self._seen = False
                self._show("")

    def end(self) -> None:
        self._ended.set()
        with self._lock:
            self.hide()
            self._now = None
            with suppress(OSError, ValueError):
                self._bar.close()

    def _tick(self) -> None:
        while not self._ended.wait(_TICK):
            with self._lock:
                # nothing is drawn over what others wrote since
                if self._seen:
                    self._draw()

    def _draw(self) -> None:
        if self._now is None:
            return
        self._drawn = time.monotonic()
        now = self._now._replace(elapsed=self._drawn - self._began, waited=self._drawn - self._told)
        self._seen = True
        self._show(line_of(now, columns_of(self._stream) - 1))

    def _show(self, line: str) -> None:
        with suppress(OSError, ValueError):  # nobody looks any more
            self._bar.display(line) if line else self._bar.clear()


def columns_of(stream: TextIO) -> int:
    """Columns of a terminal as they are now; 80 where that cannot be told."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        columns = int(os.environ["COLUMNS"]) if os.environ.get("COLUMNS", "").isdigit() else 0
    return columns or 80


_lines: list[_Line] = []  # those on the terminal: none, or one


@contextmanager
def progress(*, quiet: bool = False) -> Iterator["Callable[[Progress], object] | None"]:
    """Yield what the library takes as ``Resources.progress``.

    It draws one line for the stage at hand on standard error, and only if that is a terminal that
    can go back to the beginning of a line.

    Parameters
    ----------
    quiet : bool
        Draw nothing in any case.
    """
    if quiet or sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    line = _Line(sys.stderr)
    _lines.append(line)
    try:
        yield line.tell
    finally:
        _lines.remove(line)
        line.end()


def hide() -> None:
    """Take the line off the terminal before something else is written there."""
    for line in _lines:
        line.hide()


def stop() -> None:
    """Take the line off the terminal for good: the result is written there from now on."""
    for line in _lines:
        line.end()


def verbose() -> bool:
    """Whether ``--verbose`` is given."""
    context = click.get_current_context(silent=True)
    return context is not None and VERBOSE in context.meta


def note(message: str, *, quiet: bool = False) -> None:
    """A line for people on standard error."""
    if quiet or sys.stderr is None:
        return
    hide()
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:  # full, or gone: the result is worth more than what is said of it
        drop(2)


def number_of(count: int, one: str, many: str | None = None) -> str:
    """A number and its noun.

    >>> number_of(1, "word"), number_of(1200, "word"), number_of(0, "entry", "entries")
    ('1 word', '1,200 words', '0 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
