"""Terminals for tests: a command in this process that believes to write to one, and a real one."""

import fcntl
import io
import os
import pty
import struct
import sys
import termios
from collections.abc import Mapping
from pathlib import Path


class Screen(io.StringIO):
    """A standard output or error that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run_on_terminal(
    *args: object,
    size: tuple[int, int] = (80, 24),
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Exit code and all that a command line shows on a terminal of (columns, lines)."""
    command = [sys.executable, "-m", "nlpzero_cli", *map(str, args)]
    child, screen = pty.fork()
    if child == 0:
        # sized before anything asks
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.chdir(cwd or os.getcwd())
        # these two would be believed before the terminal
        sized = {name: os.environ[name] for name in os.environ if name not in ("COLUMNS", "LINES")}
        os.execve(command[0], command, {**sized, **(env or {})})
    shown = b""
    try:
        while True:
            try:
                more = os.read(screen, 1 << 16)
            except OSError:  # Linux: nobody writes any more
                break
            if not more:
                break
            shown += more
    finally:
        os.close(screen)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8").replace("\r\n", "\n")
