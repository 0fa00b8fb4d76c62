"""The laws that working time keeps, whatever the calendar and the zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.slas.model.calendars import Calendar, Hours, WorkingTime
from tests.unit.slas.calendars.examples import ZONES, Example, durations, examples

YEARS = timedelta(days=200 * 365)
laws = settings(max_examples=100, deadline=None)


@laws
@given(example=examples(), time=durations)
def test_what_is_added_is_measured_again(example: Example, time: timedelta) -> None:
    counted = example.counted
    end = counted.add(example.moment, time)
    if end is not None:
        assert counted.between(example.moment, end) == time


@laws
@given(example=examples(), time=durations)
def test_what_is_added_ends_at_the_first_moment_that_has_it(example: Example, time: timedelta) -> None:
    counted, tick = example.counted, timedelta(microseconds=1)
    end = counted.add(example.moment, time)
    if end is not None and time:
        assert counted.between(example.moment, end - tick) == time - tick


@laws
@given(example=examples(), first=durations, second=durations)
def test_adding_in_two_steps_is_adding_at_once(example: Example, first: timedelta, second: timedelta) -> None:
    counted = example.counted
    between = counted.add(example.moment, first)
    if between is not None:
        assert counted.add(between, second) == counted.add(example.moment, first + second)


@laws
@given(example=examples(), first=durations, second=durations)
def test_splitting_a_period_changes_nothing(example: Example, first: timedelta, second: timedelta) -> None:
    counted, start = example.counted, example.moment
    parts = counted.between(start, start + first), counted.between(start + first, start + first + second)
    assert counted.between(start, start + first + second) == sum(parts, timedelta(0))


@laws
@given(example=examples(), later=durations, time=durations)
def test_who_starts_later_is_not_ready_earlier(example: Example, later: timedelta, time: timedelta) -> None:
    counted = example.counted
    first, second = (counted.add(start, time) for start in (example.moment, example.moment + later))
    assert first is None or second is None or first <= second


@laws
@given(example=examples(), time=durations)
def test_working_time_is_never_more_than_time(example: Example, time: timedelta) -> None:
    until = example.moment + time
    assert timedelta(0) <= example.counted.between(example.moment, until) <= time
    assert example.counted.between(until, example.moment) == timedelta(0)


@laws
@given(example=examples(), first=st.integers(1, 5), second=st.integers(0, 5))
def test_business_days_in_two_steps_are_as_many_at_once(example: Example, first: int, second: int) -> None:
    counted = example.counted
    between = counted.add_business_days(example.moment, first)
    if between is not None:
        at_once = counted.add_business_days(example.moment, first + second)
        if second:
            assert counted.add_business_days(between, second) == at_once
        assert counted.business_days_between(example.moment, between) == first


@laws
@given(zone=st.sampled_from(ZONES), after=st.timedeltas(timedelta(0), YEARS), time=durations)
def test_around_the_clock_every_second_counts_in_every_zone(
    zone: str, after: timedelta, time: timedelta
) -> None:
    always = WorkingTime(Calendar(((Hours(0, 86_400),),) * 7), zone)
    start = datetime(1970, 1, 2, tzinfo=UTC) + after
    assert always.add(start, time) == start + time
    assert always.between(start, start + time) == time
