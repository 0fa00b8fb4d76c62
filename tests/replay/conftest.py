"""Which log the long test plays: what INTERDESK_INCIDENT_LOG names, else the small one of the others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.replay.small_log import SMALL_LOG

_NAMED = os.environ.get("INTERDESK_INCIDENT_LOG")


@pytest.fixture
def incident_log(tell: Callable[[str], None]) -> Path:
    if _NAMED:
        return Path(_NAMED)
    tell("replay: the small log of the tests; set INTERDESK_INCIDENT_LOG to play a recorded one")
    return SMALL_LOG
