"""Ctrl-C, SIGTERM and SIGHUP: a command ends cleanly, soon, and only once.

Python tells the main thread of a signal when that comes back from compiled code, which may take
minutes. So a thread beside it hears of signals too, through the pipe that the interpreter writes
their numbers to: it gives the main thread a moment to end by itself, with everything removed on the
way out, then removes what there is and ends the process.
"""

import contextlib
import os
import select
import signal
import sys
import threading
from types import FrameType

# seconds to come back from compiled code, and then to end
_TO_HEAR = 0.2
_TO_END = 0.6
# seconds that workers have to be gone
_TO_DIE = 0.5

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_heard = threading.Event()  # the main thread has been told
_received: list[int] = []


def install() -> None:
    """Begin to listen; whatever the process was told to ignore (``nohup``) stays ignored."""
    wanted = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    with contextlib.suppress(ValueError):  # not in the main thread: an embedding program decides
        for number in wanted:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _end)
        if os.name == "posix":
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
            threading.Thread(target=_watch, args=(reader, set(wanted)), daemon=True).start()


def received() -> int | None:
    """The first signal that asked this process to end."""
    return _received[0] if _received else None


def ignore_all() -> None:
    """From now on the process ends anyway."""
    with contextlib.suppress(ValueError):
        for name in _NAMES:
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)


def _end(number: int, frame: FrameType | None) -> None:
    # As an exception, so that temporary files and workers are cleaned up on the way out.
    _received.append(number)
    _heard.set()
    if len(_received) > 1:
        return  # it is on its way out; the watching thread hurries it up
    sys.unraisablehook = _lost
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _lost(lost: "sys.UnraisableHookArgs") -> None:
    # code that was called by compiled code, by the compiler itself for one, has nobody to raise to
    if isinstance(lost.exc_value, (KeyboardInterrupt, SystemExit)):
        _leave(128 + _received[0])


def _watch(reader: int, wanted: set[int]) -> None:
    while (number := os.read(reader, 1)[0]) not in wanted:
        pass
    if _heard.wait(_TO_HEAR):
        # a second signal is impatience
        select.select([reader], [], [], _TO_END)
    _leave(128 + number)


def _leave(code: int) -> None:
    """End this process now, with its workers, and leave nothing behind."""
    multiprocessing = sys.modules.get("multiprocessing")
    children = multiprocessing.active_children() if multiprocessing is not None else []
    for child in children:
        child.kill()
    for child in children:
        child.join(_TO_DIE)
    temporary = sys.modules.get("nlpzero.engine.temporary")
    if temporary is not None:
        temporary.remove_all()
    os._exit(code)
