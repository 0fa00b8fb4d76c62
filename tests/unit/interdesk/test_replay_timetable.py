"""When steps are played by the log's clock: all of them, in the order of their times."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interdesk.replay.log import Case, Event, read_cases
from interdesk.replay.plan import plan
from interdesk.replay.terms import ZONE, support_calendar
from interdesk.replay.timetable import begins, first_morning, timetable
from services.slas.model.calendars import calendar_of, working_time
from tests.replay.small_log import SMALL_LOG

MONDAY = datetime(2027, 1, 4, 8, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def case(id: str, *at: tuple[int, str]) -> Case:
    """By (seconds, line); in progress wherever it is."""
    events = [
        Event(number, seconds, "Accepted", "In Progress", line, "F", "T", "Low", "P", "0", "0")
        for number, (seconds, line) in enumerate(at, start=2)
    ]
    return Case(id, tuple(events))


@pytest.mark.parametrize(
    ("place", "at"),
    [
        (0, "2027-01-04T08:00"),
        (1, "2027-01-04T08:30"),
        (19, "2027-01-04T17:30"),
        (20, "2027-01-05T08:00"),
        (99, "2027-01-08T17:30"),
        (100, "2027-01-11T08:00"),
    ],
)
def test_cases_begin_one_each_half_hour_of_support_time(place: int, at: str) -> None:
    assert begins(place, MONDAY) == datetime.fromisoformat(at).replace(tzinfo=UTC)


@given(st.integers(0, 5000))
def test_between_two_beginnings_there_is_half_an_hour_of_support_time(place: int) -> None:
    support_hours = working_time(calendar_of(support_calendar(), ()), ZONE)
    between = support_hours.between(begins(place, MONDAY), begins(place + 1, MONDAY))
    assert between == timedelta(minutes=30)


@given(MOMENTS)
def test_the_log_begins_on_a_monday_morning_that_is_yet_to_come(now: datetime) -> None:
    first = first_morning(now)
    assert (first.weekday(), first.hour, first.minute) == (0, 8, 0)
    assert timedelta(0) < first - now <= timedelta(days=7, hours=8)


def test_steps_of_several_cases_come_in_the_order_of_their_times() -> None:
    plans = [
        plan(case("first", (0, "North"), (7200, "East"), (90_000, "North"))),
        plan(case("second", (0, "North"), (1800, "East"))),
    ]
    at = [(due.case, (due.at - MONDAY).total_seconds()) for due in timetable(plans, MONDAY)]
    assert at[:2] == [(0, 0), (1, 1800)]
    assert [place for place, seconds in at if seconds == 3600] == [1] * (len(plans[1].steps) - 1)
    assert at[-1] == (0, 90_000)


def test_what_the_log_does_not_record_has_the_time_of_what_it_does() -> None:
    found = plan(case("one", (0, "North"), (60, "East"), (120, "South"), (3600, "North")))
    assert any(step.implied for step in found.steps)
    seconds = [(due.at - MONDAY).total_seconds() for due in timetable([found], MONDAY)]
    assert set(seconds) == {0, 60, 120, 3600}


def test_of_one_moment_the_earlier_case_is_first() -> None:
    plans = [plan(case("first", (0, "North"), (1800, "North"))), plan(case("second", (0, "North")))]
    assert [due.case for due in timetable(plans, MONDAY)][:2] == [0, 0]


def test_every_step_of_the_log_is_played_once_and_cases_begin_in_the_order_of_the_file() -> None:
    plans = [plan(case) for case in read_cases(SMALL_LOG)]
    table = timetable(plans, MONDAY)
    assert Counter(due.case for due in table) == {place: len(one.steps) for place, one in enumerate(plans)}
    assert [due.at for due in table] == sorted(due.at for due in table)
    assert list(dict.fromkeys(due.case for due in table)) == list(range(len(plans)))
