"""Laws of clocks, and what a slow one says: it looks at every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings

from services.slas.model.clocks import REASONS, RESOLUTION, Clock, Terms
from tests.unit.slas.clocks.examples import MONDAY, any_terms, happenings, minutes

MINUTE = timedelta(minutes=1)
START = MONDAY.astimezone(UTC)

Happenings = list[tuple[int, str, str]]


def played(terms: Terms, happened: Happenings) -> Clock:
    clock = Clock(START, terms)
    for minute, step, reason in happened:
        clock = getattr(clock, step)(reason, START + minute * MINUTE)
    return clock


def slowly(clock: Clock, happened: Happenings, until: datetime) -> timedelta:
    """What is counted until then: every minute is asked whether it is worked and whether the clock runs."""
    reasons: set[str] = set()
    counted, now, left = timedelta(0), START, list(happened)
    while now < until:
        while left and START + left[0][0] * MINUTE <= now:
            _, step, reason = left.pop(0)
            reasons = reasons | {reason} if step == "stopped" else reasons - {reason}
        if not reasons:
            counted += clock.terms.hours.between(now, now + MINUTE)
        now += MINUTE
    return counted


@settings(max_examples=30)
@given(any_terms, happenings, minutes(3_000))
def test_a_slow_clock_counts_the_same(terms: Terms, happened: Happenings, later: int):
    early = [each for each in happened if each[0] <= later]
    clock = played(terms, early)
    until = START + later * MINUTE
    assert clock.counted(until) == slowly(clock, early, until)


@given(any_terms, happenings, minutes())
def test_what_it_counted_and_what_it_stood_is_all_there_was(terms: Terms, happened: Happenings, later: int):
    clock = played(terms, happened)
    until = START + later * MINUTE
    assert clock.counted(until) + clock.stood(until) == terms.hours.between(START, until)


@given(any_terms, happenings)
def test_at_its_target_it_has_counted_what_is_allowed_and_not_before(terms: Terms, happened: Happenings):
    clock = played(terms, happened)
    target, allowed = clock.target_at(RESOLUTION), terms.allowed(RESOLUTION, START)
    if allowed is None:
        assert target is None
    elif target is None:
        assert clock.stands
        assert clock.counted(START + timedelta(days=365)) < allowed
    else:
        assert clock.counted(target) == allowed
        assert allowed == timedelta(0) or clock.counted(target - timedelta(microseconds=1)) < allowed


@given(any_terms, happenings, minutes())
def test_to_stop_and_restart_at_once_changes_nothing(terms: Terms, happened: Happenings, later: int):
    clock = played(terms, happened)
    now = START + (later + 20 * 24 * 60) * MINUTE
    for reason in set(REASONS) - clock.reasons:
        assert clock.stopped(reason, now).restarted(reason, now) == clock


@given(any_terms, minutes(), minutes(), minutes())
def test_to_run_for_no_time_changes_nothing(terms: Terms, first: int, second: int, third: int):
    one, two, three = (START + minute * MINUTE for minute in sorted((first, second, third)))
    clock, reason = Clock(START, terms), REASONS[0]
    split = clock.stopped(reason, one).restarted(reason, two).stopped(reason, two).restarted(reason, three)
    assert split.stood(three) == clock.stopped(reason, one).restarted(reason, three).stood(three)
    assert all(stop.until is not None and stop.since < stop.until for stop in split.stops)


@given(any_terms, happenings)
def test_stops_are_apart_and_only_the_last_is_open(terms: Terms, happened: Happenings):
    stops = played(terms, happened).stops
    assert all(stop.until is not None for stop in stops[:-1])
    edges = [edge for stop in stops for edge in (stop.since, stop.until) if edge is not None]
    assert edges == sorted(set(edges))
