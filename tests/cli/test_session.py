"""docs/terminal.md is what a terminal shows."""

import sys

import pytest

pytest.importorskip("pty")

from tests.cli.session import PAGE, TOUR, screen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the terminal of Linux")
@pytest.mark.parametrize("columns", TOUR)
def test_the_recorded_session_is_true(columns: int) -> None:
    text = PAGE.read_text(encoding="utf-8")
    recorded = text.split(f"## {columns} columns\n")[1].split("```")[1]
    expected = "".join(f"$ {command}\n{screen(command, columns)}" for command in TOUR[columns])
    assert recorded == f"\n{expected}"
