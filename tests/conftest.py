"""Hypothesis runs the same examples every time; warnings are errors (pyproject)."""

import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Spawned processes import the workers that tests define as `tests.<module>`; last, so that it
# shadows nothing.
sys.path.append(str(Path(__file__).resolve().parents[1]))

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("fixed")


def pytest_configure(config: pytest.Config) -> None:
    # what is started in the background ignores Ctrl-C, and so would the commands under test
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if os.environ.get("CI"):
        from tests import skips

        config.pluginmanager.register(skips)
