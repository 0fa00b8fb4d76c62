"""Which log the tests play: what INTERDESK_INCIDENT_LOG names, else the small one that they ship."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.replay.small_log import SMALL_LOG

_NAMED = os.environ.get("INTERDESK_INCIDENT_LOG")
_played: list[str] = []


@pytest.fixture
def incident_log() -> Path:
    return Path(_NAMED) if _NAMED else SMALL_LOG


@pytest.fixture
def played() -> list[str]:
    """What a test adds is told at the end of the run."""
    return _played


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in _played:
        terminalreporter.write_line(f"replay: {line}")
    if _played and not _NAMED:
        terminalreporter.write_line(
            "replay: this was the small log of the tests; set INTERDESK_INCIDENT_LOG to play a recorded one"
        )
