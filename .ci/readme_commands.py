"""Print one of the two commands on the first screen of the README, as it stands there.

Usage: python readme_commands.py README.md (install | test)
"""

import re
import sys
from pathlib import Path

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BEFORE_THE_TESTS = "and this runs the tests:\n\n"


def readme_commands(text: str) -> dict[str, str]:
    """The first two `sh` blocks, one line each; the second is introduced as the tests."""
    blocks = list(_BLOCK.finditer(text))[:2]
    if len(blocks) < 2 or not text[: blocks[1].start()].endswith(_BEFORE_THE_TESTS):
        raise ValueError(
            "the first two ```sh blocks must be the command that installs and, after "
            f"{_BEFORE_THE_TESTS.strip()!r}, the command that tests"
        )
    commands = [block[1].strip() for block in blocks]
    for command in commands:
        if not command or "\n" in command:
            raise ValueError(f"expected a block of one line, got {command!r}")
    return dict(zip(("install", "test"), commands, strict=True))


if __name__ == "__main__":
    page, which = sys.argv[1:]
    try:
        found = readme_commands(Path(page).read_text(encoding="utf-8"))
    except ValueError as error:
        sys.exit(f"{page}: {error}")
    sys.stdout.buffer.write(found[which].encode() + b"\n")
