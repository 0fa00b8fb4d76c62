"""Random calendars in zones whose clocks do odd things, and moments near those."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from services.slas.model.calendars import WorkingTime, calendar_of, local_text
from tests.unit.slas.calendars.oracle import NAMES, Oracle

ZONES = (
    "UTC",
    "Europe/Amsterdam",
    "Europe/Dublin",  # its winter is the summer time
    "America/New_York",
    "America/St_Johns",  # half an hour; before 2011 it changed a minute after midnight
    "America/Havana",  # changes at midnight
    "America/Santiago",  # changes at midnight, in the south
    "America/Caracas",  # half an hour, in 2007 and in 2016
    "Africa/Casablanca",  # changes for Ramadan
    "Asia/Kathmandu",  # 45 minutes, without summer time
    "Asia/Tehran",  # half an hour, at midnight
    "Asia/Pyongyang",  # half an hour, in 2015 and 2018
    "Australia/Adelaide",  # half an hour, in the south
    "Australia/Lord_Howe",  # its summer time is half an hour
    "Pacific/Chatham",  # 45 minutes
    "Antarctica/Troll",  # its summer time is two hours
    "Pacific/Apia",  # had no 2011-12-30
    "Pacific/Fakaofo",  # likewise
    "Pacific/Kiritimati",  # had no 1994-12-31
    "Pacific/Kwajalein",  # had no 1993-08-21
)
YEARS = (1993, 1994, 2007, 2011, 2015, 2016, 2018, 2025, 2026, 2036)
SPAN = timedelta(days=4)


@dataclass(frozen=True)
class Example:
    """One calendar in a zone, as the code and as the oracle have it, and a moment."""

    zone: str
    calendar: dict[str, Any]
    holidays: list[dict[str, Any]]
    moment: datetime

    @property
    def counted(self) -> WorkingTime:
        return WorkingTime(calendar_of(self.calendar, self.holidays), self.zone)

    @property
    def oracle(self) -> Oracle:
        return Oracle(self.calendar, self.holidays, self.zone)


@lru_cache
def odd_moments(zone: str) -> tuple[datetime, ...]:
    """The hours of some years in which the zone's clock changes; some midsummer where it never does."""
    clock, found = ZoneInfo(zone), []
    for year in YEARS:
        start = datetime(year, 1, 1, tzinfo=UTC)
        hours = [start + timedelta(hours=hour) for hour in range(366 * 24)]
        offsets = [hour.astimezone(clock).utcoffset() for hour in hours]
        found += [hours[at] for at in range(1, len(hours)) if offsets[at] != offsets[at - 1]]
    return tuple(found) or (datetime(2026, 6, 21, tzinfo=UTC),)


def written(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


# Whole hours more often than not, and the small hours, in which clocks change.
minutes = st.one_of(
    st.integers(0, 24).map(lambda hour: hour * 60), st.integers(0, 4 * 60), st.integers(0, 24 * 60)
)
hours = (
    st.lists(minutes, max_size=6, unique=True)
    .map(sorted)
    .map(
        lambda marks: [
            {"time_from": written(start), "time_until": written(end)}
            for start, end in zip(marks[::2], marks[1::2], strict=False)
        ]
    )
)
whole_days = st.just([{"time_from": "00:00", "time_until": "24:00"}])
office = st.just([{"time_from": "09:00", "time_until": "17:30"}])
day: st.SearchStrategy[list[dict[str, str]]] = st.one_of(hours, hours, whole_days, office, st.just([]))
week = st.one_of(
    st.lists(day, min_size=7, max_size=7),
    whole_days.map(lambda each: [each] * 7),
    office.map(lambda each: [*[each] * 5, [], []]),
)


@st.composite
def examples(draw: st.DrawFn) -> Example:
    zone = draw(st.sampled_from(ZONES))
    near = draw(st.sampled_from(odd_moments(zone)))
    moment = near + timedelta(seconds=draw(st.integers(-2 * 86_400, 2 * 86_400)))
    if draw(st.booleans()):
        moment = moment.replace(minute=0, second=0)
    shown = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, second=0, microsecond=0)
    local = st.integers(-3 * 1440, 5 * 1440).map(lambda minute: shown + timedelta(minutes=minute))
    holidays = []
    for start in draw(st.lists(local, max_size=3)):
        start = start if draw(st.booleans()) else start.replace(hour=0, minute=0)
        lasting = timedelta(minutes=draw(st.one_of(st.just(1440), st.integers(1, 3000))))
        holidays.append({"start_at": local_text(start), "end_at": local_text(start + lasting)})
    exceptions = {each.date().isoformat(): draw(hours) for each in draw(st.lists(local, max_size=2))}
    weekly = [{"weekday": NAMES[number], **each} for number, day in enumerate(draw(week)) for each in day]
    calendar = {
        "calendar_hours": weekly,
        "exceptions": [{"day": day, "hours": each} for day, each in exceptions.items()],
    }
    return Example(zone, calendar, holidays, moment)


durations = st.one_of(
    st.integers(0, 3 * 86_400).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
)
