"""A plugin of pytest for continuous integration: a test that is skipped unexpectedly has failed.

`conftest.py` puts it to work where the variable CI is set; `pytest -ra` (pyproject.toml) lists all
skips.
"""

import re
import sys
from collections.abc import Generator
from typing import Any

import pytest

# reasons of skipping that are fine here, as regular expressions
EXPECTED = [
    "could not import '(fim|kenlm)'",  # need a C compiler
    "needs Chromium and chromedriver",  # .ci/run installs them where it may, and says where not
    "the test texts of PKU and MSR",  # may not be passed on
]
if sys.version_info >= (3, 14):
    EXPECTED += ["could not import 'gensim.models'"]
if sys.version_info < (3, 11):
    EXPECTED += ["could not import 'tomllib'"]
if sys.platform != "linux":
    EXPECTED += ["needs Linux", "needs /dev/full", "where the folders are differs"]
if sys.platform == "win32":
    EXPECTED += [
        "could not import 'pty'",
        "no named pipes here",
        "of POSIX",
        "of a POSIX shell",
        "owners of files",
    ]


def judge(report: Any) -> Any:
    """Turn the report of an unexpected skip into one of a failure."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(re.search(expected, reason) for expected in EXPECTED):
            report.outcome = "failed"
            report.longrepr = f"{report.nodeid}: unexpected skip: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    return judge((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    return judge((yield))
