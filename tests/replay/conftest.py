"""Which log the tests play: what INTERDESK_INCIDENT_LOG names, else the small one that they ship."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.replay.small_log import SMALL_LOG

_NAMED = os.environ.get("INTERDESK_INCIDENT_LOG")


@pytest.fixture(scope="session")
def log_file() -> Path:
    return Path(_NAMED) if _NAMED else SMALL_LOG


@pytest.fixture
def incident_log(log_file: Path, tell: Callable[[str], None]) -> Path:
    if not _NAMED:
        tell("replay: the small log of the tests; set INTERDESK_INCIDENT_LOG to play a recorded one")
    return log_file
