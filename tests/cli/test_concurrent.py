"""A few of the commands that `python -m tests.concurrent` runs many of."""

from pathlib import Path

from tests.concurrent import first_runs, segments


def test_commands_on_one_model_do_not_disturb_each_other(tmp_path: Path) -> None:
    assert segments(6, tmp_path)


def test_first_runs_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    assert first_runs(3, tmp_path)
