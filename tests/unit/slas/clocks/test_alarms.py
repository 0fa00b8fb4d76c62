"""What somebody is told of a clock, and how often."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.slas.model.clocks import (
    AT_RISK,
    HANDED_OVER,
    RESOLUTION,
    RESPONSE,
    Alarm,
    Clock,
    Terms,
    next_at,
    raising,
    upcoming,
)
from tests.unit.slas.clocks.examples import MONDAY, any_terms, at, clock, happenings, terms
from tests.unit.slas.clocks.test_laws import Happenings, played

RESPONSES_FIRST = [(RESPONSE, 50), (RESPONSE, 75), (RESPONSE, 90), (RESPONSE, 100)]


def alarms(of: Clock, raised: set[Alarm] = frozenset()) -> list[tuple[str, int]]:  # type: ignore[assignment]
    return [(due.alarm.goal, due.alarm.percent) for due in upcoming(of, AT_RISK, raised)]


def test_alarms_come_in_the_order_of_their_moments():
    assert alarms(clock()) == [*RESPONSES_FIRST, *((RESOLUTION, percent) for percent in (50, 75, 90, 100))]
    assert next_at(clock(), AT_RISK, ()) == at("23 09:30")


def test_what_was_answered_in_time_raises_nothing():
    assert (RESPONSE, 100) not in alarms(clock().responded(at("23 09:50")))
    assert (RESPONSE, 75) in alarms(clock().responded(at("23 09:50")))
    assert alarms(clock().responded(at("23 10:00"))) == alarms(clock().responded(at("23 09:59")))


def test_what_was_answered_late_is_breached():
    assert (RESPONSE, 100) in alarms(clock().responded(at("23 10:01")))


def test_an_alarm_is_raised_once_though_its_target_moves_away():
    raised = {Alarm(RESOLUTION, 50)}
    longer = clock().under(terms(resolution=4_800))
    assert (RESOLUTION, 50) not in alarms(longer, raised)


def test_a_clock_that_stands_wakes_nobody():
    stopped = clock(of=terms(response=None)).stopped(HANDED_OVER, at("23 09:30"))
    assert next_at(stopped, AT_RISK, ()) is None


def test_after_an_outage_only_the_latest_alarm_of_each_target_is_told():
    found = raising(clock(), AT_RISK, set(), at("23 16:30"))
    assert [(due.alarm.goal, due.alarm.percent) for due in found.told] == [(RESPONSE, 100), (RESOLUTION, 90)]
    assert {(each.goal, each.percent) for each in found.summarised} == {
        *RESPONSES_FIRST[:3],
        (RESOLUTION, 50),
        (RESOLUTION, 75),
    }


@given(any_terms, happenings, st.lists(st.integers(0, 30_000), max_size=12).map(sorted))
def test_however_often_one_looks_each_alarm_is_raised_once_and_none_is_missing(
    terms: Terms, happened: Happenings, looks: list[int]
):
    clock = played(terms, happened)
    raised: list[Alarm] = []
    end = 10_000_000
    for minute in [*looks, end]:
        now = MONDAY + timedelta(minutes=minute)
        found = raising(clock, AT_RISK, raised, now)
        told = [due.at for due in found.told]
        assert told == sorted(told)
        raised += [*(due.alarm for due in found.told), *found.summarised]
    assert len(raised) == len(set(raised))
    assert set(raised) == {due.alarm for due in upcoming(clock, AT_RISK)}
