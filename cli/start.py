"""Where the program begins: signals and streams are set up before anything else is loaded."""

import atexit
import contextlib
import errno
import gc
import io
import os
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from typing_extensions import Buffer


class _Closed(io.RawIOBase):
    """What stands for a standard output that was closed: it fails when it is first written to."""

    told = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1

    def write(self, data: "Buffer", /) -> int:
        if not self.told:
            self.told = True
            raise OSError(
                errno.EBADF, "standard output is closed; name a file with -o, or redirect it"
            )
        return memoryview(data).nbytes


def set_up_streams() -> None:
    """UTF-8 and plain line feeds whatever the platform's console thinks; and a closed stream never
    becomes the number of a file that is opened later.
    """
    # in this order, so that each gets the lowest number that is free, its own
    if sys.stdin is None:
        os.set_inheritable(os.open(os.devnull, os.O_WRONLY), True)
    if sys.stdout is None:
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Closed()), "utf-8", newline="\n")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for good)
        os.set_inheritable(sys.stderr.fileno(), True)
    for stream, errors in (
        (sys.stdin, "strict"),
        (sys.stdout, "strict"),
        (sys.stderr, "backslashreplace"),
    ):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors=errors, newline="\n")


def drop(number: int) -> None:
    """Nobody reads a stream any more, or it is full: keep the interpreter from complaining about
    it at exit.
    """
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, number)
        os.close(null)


# Starting makes objects by the ten thousand, none of them garbage; looking for that at every 700th,
# as Python does, is a tenth of the time until a small job is done.
_OBJECTS = 50_000


def main() -> NoReturn:
    """Entry point of the console script."""
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    from . import signals

    code = 1
    try:
        signals.install()
        set_up_streams()
        from .main import run

        code = run()
        for descriptor, stream in ((1, sys.stdout), (2, sys.stderr)):
            try:
                stream.flush()
            except (OSError, ValueError):
                drop(descriptor)
    except BaseException:
        if signals.received() is None:
            raise
    signals.ignore_all()
    number = signals.received()
    _end(code if number is None else 128 + number)


def _end(code: int) -> NoReturn:
    """End the process as Python does, but leave taking its modules apart to the system.

    That takes a fifth of the time of a small job.
    """
    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    if all(thread.daemon for thread in others) and sys.getprofile() is None:
        with contextlib.suppress(OSError, ValueError):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    sys.exit(code)
