"""What a person is told while loops are compiled, and a second process that compiles meanwhile."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from .progress import hide, note
from .start import drop

if TYPE_CHECKING:
    import subprocess

LINE = "compiling, once; about 10 s"
_CLEAR = "\r\x1b[K"
_TURNING = "|/-\\"
_SECONDS = 0.15
_beside: list["subprocess.Popen[bytes]"] = []  # they end by themselves


@contextmanager
def told(*, quiet: bool = False) -> Iterator[None]:
    """Inside the block, say once on standard error that loops are being compiled.

    On a terminal something moves as long as that takes, and the line goes with the last loop.
    Where a core is idle, a second process compiles from the other end.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    """
    import logging  # Numba needs it too

    notice = _Notice(quiet)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            notice.hear(begins=record.msg.startswith("compiling"))

    log = logging.getLogger("nlpzero.engine.compiling")
    handler = Handler()
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
        notice.close()


class _Notice:
    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or sys.stderr is None
        self._moves = not self._quiet and moving()
        self._begun = False
        self._running = 0
        self._turn: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        context = click.get_current_context(silent=True)
        self._job = "" if context is None else context.info_name or ""
        self._alone = context is not None and context.params.get("jobs") == 1

    def hear(self, *, begins: bool) -> None:
        with self._lock:
            self._running += 1 if begins else -1
            if begins and not self._begun:
                self._begun = True
                if not self._alone:
                    start_beside(self._job)
                if self._moves:
                    self._turn = threading.Thread(target=self._move, daemon=True)
                    self._turn.start()
                elif not self._quiet:
                    note(LINE)

    def _move(self) -> None:
        step = 0
        shown = False
        while not self._closed.wait(_SECONDS):
            if self._running > 0:
                hide()  # the line of progress
                self._write(f"{_CLEAR}{LINE} {_TURNING[step % len(_TURNING)]}")
                shown = True
                step += 1
            elif shown:
                self._write(_CLEAR)
                shown = False
        if shown:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, ValueError):  # full, or gone
            with suppress(OSError):
                drop(2)

    def close(self) -> None:
        self._closed.set()
        if self._turn is not None:
            self._turn.join()


def moving() -> bool:
    """Whether standard error is a terminal on which something may move."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stderr is not None and sys.stderr.isatty() and not plain


def start_beside(job: str) -> None:
    """Have a second process compile what a command is going to need, if a core is idle."""
    import subprocess

    from nlpzero.engine.resources import available_cores

    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if available_cores() < 2 or busy > available_cores() - 0.5:
        return
    options: dict[str, Any] = {"creationflags": 0x08000000} if os.name == "nt" else {}
    with suppress(OSError):
        process = subprocess.Popen(
            [sys.executable, "-m", "nlpzero.engine.compiling_ahead", job, str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **options,
        )
        _beside.append(process)
