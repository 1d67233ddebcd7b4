"""The tour of the README on terminals of 80 and 120 columns, as docs/terminal.md shows it.

``python -m tests.cli.session > docs/terminal.md`` records it anew.
"""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from nlpzero_cli.tables import text_width
from tests.cli.screen import run_on_terminal

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "terminal.md"

TOUR = {
    80: (
        "nlpzero discover --top 6 data/samples/story.txt",
        "nlpzero segment -m base -t 我爱北京天安门，今天天气很好",
        "nlpzero compare -n 3 data/samples/reviews.txt data/samples/news.txt",
        "nlpzero rules data/samples/transactions.csv",
        "nlpzero discver",
    ),
    120: ("nlpzero compare -n 3 data/samples/reviews.txt data/samples/news.txt",),
}

_INTRO = """# On a terminal

What a terminal shows of the commands of the README: the notes of each command, then its result as a
table. In a pipe or a file the result would be tab-separated text with all digits
([cli.md](cli.md#output)). This page is recorded from a pseudo-terminal, and a test keeps it true.
"""


def page() -> str:
    """The whole page."""
    parts = [_INTRO]
    for columns, commands in TOUR.items():
        parts.append(f"## {columns} columns\n")
        shown = "".join(f"$ {command}\n{screen(command, columns)}" for command in commands)
        parts.append(f"```\n{shown}```\n")
    return "\n".join(parts)


def screen(command: str, columns: int) -> str:
    """What is left on the screen when a command has ended."""
    arguments = shlex.split(command)[1:]
    _, shown = run_on_terminal(
        *arguments, size=(columns, 24), cwd=ROOT, env={"TERM": "xterm", "NLPZERO_JOBS": "1"}
    )
    return "".join(f"{line}\n" for line in _lines(shown, columns))


def _lines(shown: str, columns: int) -> Iterator[str]:
    for line in shown.removesuffix("\n").split("\n"):
        left = _after_returns(line)
        while text_width(left) > columns:
            end = len(left)
            while text_width(left[:end]) > columns:
                end -= 1
            yield left[:end]
            left = left[end:]
        yield left


def _after_returns(line: str) -> str:
    """A line after what was written over others in it; lines of progress are in ASCII."""
    shown: list[str] = []
    place = 0
    for part in re.findall(r"\r|\x1b\[K|.", line):
        if part == "\r":
            place = 0
        elif part == "\x1b[K":
            del shown[place:]
        else:
            shown[place : place + 1] = part
            place += 1
    return "".join(shown).rstrip()


if __name__ == "__main__":
    print(page(), end="")
