"""What is true of working time, found the slow way: minute by minute, by what the wall clock shows.

Nothing of `services.slas.model.calendars` is used. A minute is worked when what the wall clock shows in it is
within the hours, as the records write them; all hours and all offsets here are whole minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]
MINUTE = timedelta(minutes=1)
NOTHING = timedelta(0)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Oracle:
    def __init__(self, calendar: Record, holidays: list[Record], zone: str) -> None:
        self.calendar, self.holidays, self.clock = calendar, holidays, ZoneInfo(zone)

    def worked(self, shown: datetime) -> bool:
        """Whether a minute is worked in which the wall clock shows this."""
        both = shown.isoformat(timespec="minutes")[:16]
        day, time = both[:10], both[11:]
        for exception in self.calendar["exceptions"]:
            if exception["day"] == day:
                return any(each["time_from"] <= time < each["time_until"] for each in exception["hours"])
        if any(each["start_at"] <= both < each["end_at"] for each in self.holidays):
            return False
        return any(
            each["weekday"] == NAMES[shown.weekday()] and each["time_from"] <= time < each["time_until"]
            for each in self.calendar["calendar_hours"]
        )

    def minutes(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The worked parts of minutes: (start, end)."""
        minute = since.astimezone(UTC).replace(second=0, microsecond=0)
        while minute < until:
            if self.worked(minute.astimezone(self.clock)):
                yield max(minute, since), min(minute + MINUTE, until)
            minute += MINUTE

    def between(self, since: datetime, until: datetime) -> timedelta:
        return sum((end - start for start, end in self.minutes(since, until)), NOTHING)

    def add(self, moment: datetime, time: timedelta, limit: datetime) -> datetime | None:
        """None: not before the limit."""
        left = time
        for start, end in self.minutes(moment, limit) if left else ():
            if end - start >= left:
                return start + left
            left -= end - start
        return None if left else moment

    def business_days(self, since: datetime, until: datetime) -> dict[date, datetime]:
        """When the business days of a period end, but for the day on which the period does."""
        ends = {start.astimezone(self.clock).date(): end for start, end in self.minutes(since, until)}
        ends.pop(until.astimezone(self.clock).date(), None)
        return ends

    def day_of(self, moment: datetime, days: dict[date, datetime]) -> date:
        ended = [day for day, end in days.items() if end == moment]
        return ended[0] if ended else moment.astimezone(self.clock).date()
