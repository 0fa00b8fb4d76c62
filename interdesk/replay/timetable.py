"""When the steps of a log are played by its clock.

The log tells how many seconds after its case began something happened, and not when the case began. So cases
begin in the order of the file, one each half hour of the support hours, from a Monday on: the first on Monday
at 08:00, the 20th at 17:30, the 21st on Tuesday at 08:00.

All steps come in the order of their times, those of several cases among each other. Steps of one time come
in the order of the cases, and those of one case as they were planned: what the log does not record has the
time of what it does record beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from interdesk.replay.steps import Plan
from interdesk.replay.terms import BUSINESS_DAYS, CLOSES_HOUR, OPENS_HOUR

BETWEEN: Final = timedelta(minutes=30)
_A_DAY: Final = timedelta(hours=CLOSES_HOUR - OPENS_HOUR) // BETWEEN


@dataclass(frozen=True, slots=True)
class Due:
    """The next step of a case (its place among the plans) is to be played."""

    at: datetime
    case: int


def first_morning(now: datetime) -> datetime:
    """The beginning of the support hours of the first Monday after `now`."""
    monday = now.astimezone(UTC).date() + timedelta(days=7 - now.astimezone(UTC).weekday())
    return datetime.combine(monday, time(OPENS_HOUR), UTC)


def begins(case: int, first: datetime) -> datetime:
    """When the case at this place begins. `first`: a `first_morning`."""
    day, place = divmod(case, _A_DAY)
    week, weekday = divmod(day, len(BUSINESS_DAYS))
    return first + timedelta(weeks=week, days=weekday) + place * BETWEEN


def timetable(plans: Sequence[Plan], first: datetime) -> list[Due]:
    """All steps of all plans, each once, in the order in which they are played."""
    found = []
    for case, plan in enumerate(plans):
        began = begins(case, first)
        seconds = {event.line: event.seconds for event in plan.case.events}
        found += [Due(began + timedelta(seconds=seconds[step.line]), case) for step in plan.steps]
    return sorted(found, key=lambda due: (due.at, due.case))
