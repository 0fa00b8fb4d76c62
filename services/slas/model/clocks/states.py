"""What a clock that has not ended is counted as: the first of these that is true.

breached    a target is missed that is not met yet
at_risk     so much of the time until such a target is gone that somebody was warned
standing    it stands, for whatever reason
running     none of these
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.slas.model.clocks.alarms import Alarm
from services.slas.model.clocks.clock import RESPONSE

STATES: Final = ("breached", "at_risk", "standing", "running")


def state_of(raised: Iterable[Alarm], *, responded: bool, stands: bool) -> str:
    """`raised`: what was told of its targets; of a response that is given nothing counts any more."""
    owed = [alarm for alarm in raised if not (responded and alarm.goal == RESPONSE)]
    if any(alarm.breach for alarm in owed):
        return "breached"
    if owed:
        return "at_risk"
    return "standing" if stands else "running"
