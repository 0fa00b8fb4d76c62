"""As what a clock that has not ended is counted."""

from __future__ import annotations

import pytest

from services.slas.model.clocks import RESOLUTION, RESPONSE, STATES, Alarm, state_of

WARNED, MISSED = Alarm(RESPONSE, 75), Alarm(RESPONSE, 100)


@pytest.mark.parametrize(
    ("raised", "responded", "stands", "state"),
    [
        ([], False, False, "running"),
        ([], True, True, "standing"),
        ([WARNED], False, False, "at_risk"),
        ([WARNED], False, True, "at_risk"),
        ([WARNED, MISSED], False, True, "breached"),
        ([WARNED, MISSED], True, False, "running"),
        ([MISSED, Alarm(RESOLUTION, 50)], True, False, "at_risk"),
        ([Alarm(RESOLUTION, 100)], True, False, "breached"),
    ],
)
def test_a_clock_is_counted_once_as_the_worst_that_is_still_owed(
    raised: list[Alarm], responded: bool, stands: bool, state: str
) -> None:
    assert state_of(raised, responded=responded, stands=stands) == state
    assert state in STATES
