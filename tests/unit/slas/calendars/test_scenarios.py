"""What working time is on particular days: a table that can be read beside docs/calendars.md.

A row: zone, hours, from when, working time, until when; local times, with the fold after `*`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest

from services.slas.model.calendars import WEEKDAYS, Calendar, WorkingTime, calendar_of
from services.slas.model.calendars.offsets import offsets

ALWAYS = "00:00-24:00"
OFFICE = "08:30-12:00 13:00-17:00"


def hours_of(text: str) -> list[dict[str, str]]:
    return [dict(zip(("time_from", "time_until"), part.split("-"), strict=True)) for part in text.split()]


def record(text: str, days: tuple[str, ...] = WEEKDAYS) -> dict[str, Any]:
    return {"calendar_hours": [{"weekday": day, **each} for day in days for each in hours_of(text)]}


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text.rstrip("*")).replace(
        tzinfo=ZoneInfo(zone), fold=int(text.endswith("*"))
    )


ROWS = [
    # spring: 02:00 to 03:00 is not there
    ("Europe/Amsterdam", "01:00-05:00", "2026-03-29T00:00", "3:00", "2026-03-29T05:00"),
    ("Europe/Amsterdam", "02:15-02:45", "2026-03-29T00:00", "0:30", "2026-03-30T02:45"),
    ("Europe/Amsterdam", "02:30-05:00", "2026-03-29T00:00", "2:00", "2026-03-29T05:00"),
    ("Europe/Amsterdam", ALWAYS, "2026-03-29T00:00", "23:00", "2026-03-30T00:00"),
    # autumn: 02:00 to 03:00 is there twice
    ("Europe/Amsterdam", "01:00-05:00", "2026-10-25T00:00", "5:00", "2026-10-25T05:00"),
    ("Europe/Amsterdam", "02:15-02:45", "2026-10-25T00:00", "0:30", "2026-10-25T02:45"),
    ("Europe/Amsterdam", "02:15-02:45", "2026-10-25T00:00", "1:00", "2026-10-25T02:45*"),
    ("Europe/Amsterdam", "00:00-02:30", "2026-10-25T00:00", "3:00", "2026-10-25T02:30*"),
    ("Europe/Amsterdam", ALWAYS, "2026-10-25T00:00", "25:00", "2026-10-26T00:00"),
    # summer time of half an hour, in the south
    ("Australia/Lord_Howe", ALWAYS, "2026-04-05T00:00", "24:30", "2026-04-06T00:00"),
    ("Australia/Lord_Howe", "01:00-03:00", "2026-10-04T00:00", "1:30", "2026-10-04T03:00"),
    ("Australia/Adelaide", "01:00-05:00", "2026-10-04T00:00", "3:00", "2026-10-04T05:00"),
    # offsets of 45 minutes
    ("Asia/Kathmandu", "09:00-17:00", "2026-06-01T16:00", "2:00", "2026-06-02T10:00"),
    ("Pacific/Chatham", "01:00-05:00", "2026-09-27T00:00", "3:00", "2026-09-27T05:00"),
    # midnight itself is skipped
    ("America/Santiago", "00:00-02:00", "2026-09-06T01:00", "1:00", "2026-09-06T02:00"),
    # a day that never was
    ("Pacific/Apia", ALWAYS, "2011-12-29T00:00", "24:00", "2011-12-31T00:00"),
    ("Pacific/Apia", "09:00-17:00", "2011-12-29T16:00", "2:00", "2011-12-31T10:00"),
    # hours that end at midnight go on when the next day begins
    ("UTC", "22:00-24:00 00:00-02:00", "2026-06-01T23:00", "3:00", "2026-06-02T02:00"),
    # exact to the second, and to less
    ("UTC", OFFICE, "2026-06-01T11:59:59", "0:00:02", "2026-06-01T13:00:01"),
    ("UTC", OFFICE, "2026-06-01T16:59:59.999999", "0:00:00.000001", "2026-06-01T17:00"),
    ("UTC", OFFICE, "2026-06-01T12:30", "0:00", "2026-06-01T12:30"),
]


def time_of(text: str) -> timedelta:
    parts = [float(each) for each in text.split(":")]
    return timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) == 3 else 0)


@pytest.mark.parametrize(("zone", "hours", "start", "time", "end"), ROWS)
def test_working_time_on_particular_days(zone: str, hours: str, start: str, time: str, end: str) -> None:
    counted = WorkingTime(calendar_of(record(hours)), zone)
    since, until = (local(each, zone).astimezone(UTC) for each in (start, end))
    assert counted.add(since, time_of(time)) == until
    assert counted.between(since, until) == time_of(time)


WEEK = record("09:00-17:00", WEEKDAYS[:5])
CHRISTMAS = [{"start_at": "2026-12-25T00:00", "end_at": "2026-12-26T00:00"}]


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        # Whenever it is asked on Friday or at the weekend, the next business day is Monday.
        ("2026-11-20T10:00", 1, "2026-11-23T17:00"),
        ("2026-11-20T16:00", 1, "2026-11-23T17:00"),
        ("2026-11-20T18:00", 1, "2026-11-23T17:00"),
        ("2026-11-22T23:00", 1, "2026-11-23T17:00"),
        ("2026-11-23T08:00", 1, "2026-11-24T17:00"),
        ("2026-11-23T08:00", 5, "2026-11-30T17:00"),
        # none: the end of that day, or of the next one
        ("2026-11-23T08:00", 0, "2026-11-23T17:00"),
        ("2026-11-23T17:00", 0, "2026-11-24T17:00"),
        ("2026-11-22T23:00", 0, "2026-11-23T17:00"),
        # over a holiday
        ("2026-12-24T12:00", 1, "2026-12-28T17:00"),
    ],
)
def test_a_target_in_business_days_is_the_end_of_one(asked: str, days: int, due: str) -> None:
    counted = WorkingTime(calendar_of(WEEK, CHRISTMAS), "Europe/Amsterdam")
    start, end = (local(each, "Europe/Amsterdam") for each in (asked, due))
    assert counted.add_business_days(start, days) == end


def test_around_the_clock_a_business_day_ends_at_midnight_and_midnight_belongs_to_it() -> None:
    counted = WorkingTime(calendar_of(record(ALWAYS)), "Europe/Amsterdam")
    tuesday = counted.add_business_days(local("2026-06-01T10:00", "Europe/Amsterdam"), 1)
    assert tuesday == local("2026-06-03T00:00", "Europe/Amsterdam")
    assert tuesday is not None
    assert counted.add_business_days(tuesday, 1) == local("2026-06-04T00:00", "Europe/Amsterdam")


def test_a_holiday_may_take_a_part_of_a_day() -> None:
    afternoon = [{"start_at": "2026-12-24T12:00", "end_at": "2026-12-27T00:00"}]
    counted = WorkingTime(calendar_of(WEEK, afternoon), "UTC")
    start = local("2026-12-24T09:00", "UTC")
    assert counted.add(start, timedelta(hours=3)) == local("2026-12-24T12:00", "UTC")
    assert counted.add(start, timedelta(hours=4)) == local("2026-12-28T10:00", "UTC")


def test_an_exception_replaces_the_hours_of_a_day_also_where_it_is_a_holiday() -> None:
    exceptions = [
        {"day": "2026-12-25", "hours": hours_of("10:00-11:00")},
        {"day": "2026-12-28", "hours": []},
    ]
    counted = WorkingTime(calendar_of({**WEEK, "exceptions": exceptions}, CHRISTMAS), "UTC")
    start = local("2026-12-24T17:00", "UTC")
    assert counted.add(start, timedelta(hours=1)) == local("2026-12-25T11:00", "UTC")
    assert counted.add(start, timedelta(hours=2)) == local("2026-12-29T10:00", "UTC")
    assert counted.business_days_between(start, local("2026-12-29T10:00", "UTC")) == 2


FOR_EVER = [{"start_at": "1970-01-01T00:00", "end_at": "2199-12-31T23:59"}]


@pytest.mark.parametrize(
    "counted",
    [
        WorkingTime(Calendar(((),) * 7), "Europe/Amsterdam"),
        WorkingTime(calendar_of(WEEK, FOR_EVER), "Europe/Amsterdam"),
        WorkingTime(calendar_of({"exceptions": [{"day": "2020-01-01", "hours": hours_of(ALWAYS)}]}), "UTC"),
    ],
    ids=["empty", "holiday for ever", "long past"],
)
def test_without_working_time_the_answer_is_none_at_once(counted: WorkingTime) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert counted.add(now, timedelta(seconds=1)) is None
    assert counted.add_business_days(now, 1) is None
    assert counted.add(now, timedelta(0)) == now
    assert counted.between(now, now + timedelta(days=365)) == timedelta(0)


def test_the_last_exception_of_an_empty_calendar_is_found_over_the_turn_of_the_year() -> None:
    exceptions = [{"day": "2026-12-31", "hours": hours_of(ALWAYS)}]
    counted = WorkingTime(calendar_of({"exceptions": exceptions}), "America/New_York")
    asked = datetime(2027, 1, 1, 3, tzinfo=UTC)  # 22:00 there
    assert counted.add(asked, timedelta(hours=2)) == asked + timedelta(hours=2)
    assert counted.add(asked, timedelta(hours=2, seconds=1)) is None


def test_moments_say_their_offset_and_are_within_the_years() -> None:
    counted, aware = WorkingTime(calendar_of(WEEK), "UTC"), datetime(2026, 1, 1, tzinfo=UTC)
    for wrong in (aware.replace(tzinfo=None), aware.replace(year=1969), aware.replace(year=2200)):
        with pytest.raises(ValueError, match="a moment is"):
            counted.add(wrong, timedelta(hours=1))
        with pytest.raises(ValueError, match="a moment is"):
            counted.between(aware, wrong)
    with pytest.raises(ValueError, match="not less than none"):
        counted.add(aware, timedelta(-1))
    with pytest.raises(ValueError, match="not less than none"):
        counted.add_business_days(aware, -1)


@pytest.mark.parametrize(
    "zone", ["Europe/Amsterdam", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]
)
def test_the_periods_of_a_zone_are_without_gaps_and_hold_every_hour(zone: str) -> None:
    clock = ZoneInfo(zone)
    for year in (2011, 2026):
        periods = offsets(zone, year)
        assert all(one[1] == other[0] for one, other in pairwise(periods))
        for start, end, ahead in periods:
            for at in range(start, end, 3600):
                assert datetime.fromtimestamp(at, clock).utcoffset() == timedelta(seconds=ahead)


def test_no_zone_has_changed_its_clock_twice_within_six_days() -> None:
    plain: Any = import_module("zoneinfo._zoneinfo").ZoneInfo  # the one in Python shows its table
    for zone in available_timezones():
        table = plain(zone)
        offsets_since = [
            (at, info.utcoff) for at, info in zip(table._trans_utc, table._ttinfos, strict=False) if at >= 0
        ]
        changes = [later[0] for one, later in pairwise(offsets_since) if one[1] != later[1]]
        assert all(later - one >= 6 * 86_400 for one, later in pairwise(changes)), zone
