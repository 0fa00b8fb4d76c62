"""What is refused of a calendar, by the field that is wrong; and what records tell."""

from __future__ import annotations

from typing import Any

import pytest

from services.slas.model.calendars import (
    Calendar,
    Hours,
    calendar_of,
    check_calendar,
    check_holiday,
    in_order,
    local_time,
)
from services.slas.model.rules import RuleBroken


def hours(weekday: str, time_from: str, time_until: str) -> dict[str, str]:
    return {"weekday": weekday, "time_from": time_from, "time_until": time_until}


def faults(*week: dict[str, str], exceptions: Any = ()) -> dict[str, str]:
    with pytest.raises(RuleBroken) as refused:
        check_calendar({"calendar_hours": week, "exceptions": exceptions})
    return dict(refused.value.errors)


def test_hours_may_touch_and_may_last_until_midnight() -> None:
    check_calendar(
        {"calendar_hours": [hours("mon", "12:00", "24:00"), hours("mon", "00:00", "12:00")], "exceptions": []}
    )


def test_hours_that_overlap_are_refused_where_they_do() -> None:
    told = faults(
        hours("mon", "09:00", "17:00"), hours("tue", "09:00", "17:00"), hours("mon", "16:59", "24:00")
    )
    assert told == {"calendar_hours.2.time_from": "overlaps calendar_hours.0 (09:00 to 17:00)"}


def test_empty_and_reversed_hours_are_refused() -> None:
    told = faults(
        hours("mon", "09:00", "09:00"), hours("tue", "17:00", "09:00"), hours("wed", "17:00", "00:00")
    )
    assert list(told) == [f"calendar_hours.{number}.time_until" for number in range(3)]
    assert "empty" in told["calendar_hours.0.time_until"]
    assert "24:00" in told["calendar_hours.2.time_until"]


def test_a_day_has_one_exception_and_its_hours_are_as_those_of_a_week() -> None:
    wrong = [
        {"day": "2026-12-24", "hours": [{"time_from": "09:00", "time_until": "08:00"}]},
        {"day": "2026-12-24", "hours": []},
    ]
    told = faults(exceptions=wrong)
    assert list(told) == ["exceptions.1.day", "exceptions.0.hours.0.time_until"]


@pytest.mark.parametrize("end", ["2026-12-25T00:00", "2026-12-24T23:59"])
def test_a_holiday_ends_after_it_starts(end: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_holiday({"start_at": "2026-12-25T00:00", "end_at": end})
    assert [field for field, _ in refused.value.errors] == ["end_at"]


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-25T00:00Z",
        "2026-12-25T00:00+01:00",
        "2026-12-25T00:00:30",
        "1969-12-31",
        "2200-01-01",
        "soon",
    ],
)
def test_a_local_time_has_no_zone_no_seconds_and_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        local_time(text)


def test_weekly_hours_are_put_in_the_order_of_a_week() -> None:
    week = [hours("sun", "10:00", "12:00"), hours("mon", "13:00", "17:00"), hours("mon", "08:00", "12:00")]
    assert in_order(week) == week[::-1]


def test_holidays_that_overlap_are_one_and_disabled_ones_are_none() -> None:
    days = [("25T00:00", "26T12:00"), ("26T00:00", "27T00:00"), ("29T00:00", "30T00:00")]
    holidays: list[dict[str, Any]] = [
        {"start_at": f"2026-12-{start}", "end_at": f"2026-12-{end}"} for start, end in days
    ]
    holidays[2] |= {"disabled": True}
    (lasting,) = calendar_of({}, holidays).holidays
    assert lasting[1] - lasting[0] == 2 * 86_400


def test_a_calendar_refuses_what_was_not_checked() -> None:
    with pytest.raises(ValueError, match="seven days"):
        Calendar(((),) * 6)
    with pytest.raises(ValueError, match="overlap"):
        Calendar(((Hours(0, 10), Hours(5, 20)), *((),) * 6))
    with pytest.raises(ValueError, match="apart"):
        Calendar(((),) * 7, ((0, 10), (5, 20)))


def test_equal_calendars_are_one_key() -> None:
    one, other = (calendar_of({"calendar_hours": [hours("mon", "09:00", "17:00")]}) for _ in range(2))
    assert {one: 1}[other] == 1
