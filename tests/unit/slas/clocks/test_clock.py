"""What a clock counts, and when it falls due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.slas.model.clocks import (
    HANDED_OVER,
    NOT_ACCOUNTABLE,
    RESOLUTION,
    RESPONSE,
    WAITING_FOR_CUSTOMER,
    Allowed,
    Clock,
    Stop,
    Terms,
)
from tests.unit.slas.clocks.examples import AROUND_THE_CLOCK, OFFICE, ZONE, at, clock, terms

HOUR = timedelta(hours=1)


def test_a_target_is_so_much_working_time_after_the_start():
    assert clock().target_at(RESPONSE) == at("23 10:00")
    assert clock().target_at(RESOLUTION) == at("23 17:00")
    assert clock("23 16:30").target_at(RESPONSE) == at("24 09:30")
    assert clock("27 16:30").target_at(RESOLUTION) == at("30 16:30")  # over a weekend with a change of time


def test_a_part_of_a_target_has_its_moment_too():
    assert clock().target_at(RESOLUTION, 75) == at("23 15:00")


def test_best_effort_has_no_target():
    assert clock(of=terms(response=None)).target_at(RESPONSE) is None


def test_a_stop_moves_the_target_by_the_working_time_that_it_takes():
    stopped = clock().stopped(WAITING_FOR_CUSTOMER, at("23 12:00"))
    assert stopped.stands
    assert stopped.target_at(RESOLUTION) is None
    assert stopped.counted(at("24 12:00")) == 3 * HOUR
    again = stopped.restarted(WAITING_FOR_CUSTOMER, at("24 10:00"))
    assert again.stood(at("25 12:00")) == 6 * HOUR
    assert again.target_at(RESOLUTION) == at("24 15:00")


def test_what_was_passed_before_a_stop_stays_passed():
    late = clock().stopped(WAITING_FOR_CUSTOMER, at("24 10:00"))
    assert late.target_at(RESOLUTION) == at("23 17:00")
    assert late.restarted(WAITING_FOR_CUSTOMER, at("26 10:00")).target_at(RESOLUTION) == at("23 17:00")


def test_a_clock_runs_again_when_the_last_reason_is_gone():
    both = clock().stopped(WAITING_FOR_CUSTOMER, at("23 10:00")).stopped(NOT_ACCOUNTABLE, at("23 11:00"))
    one = both.restarted(WAITING_FOR_CUSTOMER, at("23 12:00"))
    assert one.stands
    assert one.restarted(NOT_ACCOUNTABLE, at("23 13:00")).stops == (Stop(at("23 10:00"), at("23 13:00")),)


def test_what_is_undone_without_having_been_done_changes_nothing():
    assert clock().restarted(HANDED_OVER, at("23 12:00")) == clock()


def test_what_is_told_late_is_of_the_time_of_the_last_step():
    told = clock().stopped(HANDED_OVER, at("23 12:00")).restarted(HANDED_OVER, at("23 11:00"))
    assert told == clock()
    assert clock("23 12:00").stopped(HANDED_OVER, at("23 11:00")).stops == (Stop(at("23 12:00")),)


def test_another_impact_counts_all_anew_stops_too():
    stopped = clock().stopped(WAITING_FOR_CUSTOMER, at("23 12:00"))
    again = stopped.restarted(WAITING_FOR_CUSTOMER, at("24 12:00"))
    assert again.stood(at("25 09:00")) == 8 * HOUR
    around = again.under(terms(AROUND_THE_CLOCK))
    assert around.stood(at("25 09:00")) == 24 * HOUR
    assert around.target_at(RESOLUTION) == at("24 17:00")


def test_a_target_in_business_days_is_the_end_of_the_last_one():
    days = Clock(at("23 10:00"), Terms(OFFICE, ZONE, None, Allowed(2, "business_days")))
    assert days.target_at(RESOLUTION) == at("25 17:00")
    stopped = days.stopped(HANDED_OVER, at("24 09:00")).restarted(HANDED_OVER, at("24 11:00"))
    assert stopped.target_at(RESOLUTION) == at("26 11:00")


def test_the_first_response_counts():
    answered = clock().responded(at("23 09:45")).responded(at("23 11:00"))
    assert answered.duration(RESPONSE) == timedelta(minutes=45)
    assert clock().duration(RESPONSE) is None


def test_a_completion_ends_the_clock_and_answers_at_the_latest():
    over = clock().stopped(HANDED_OVER, at("23 10:00")).ended(at("23 12:00"))
    assert not over.stands
    assert over.duration(RESOLUTION) == HOUR
    assert over.responded_at == at("23 12:00")
    assert over.ended(at("23 13:00")) == over
    assert over.counted(at("26 12:00")) == HOUR


@pytest.mark.parametrize("stands", [False, True])
def test_a_reopened_clock_stood_since_the_completion(stands: bool):
    before = clock().stopped(WAITING_FOR_CUSTOMER, at("23 10:00")) if stands else clock()
    again = before.ended(at("23 12:00")).reopened(at("24 12:00"))
    assert again.ended_at is None
    assert again.stands is stands
    assert again.counted(at("24 13:00")) == (HOUR if stands else 4 * HOUR)
    assert clock().reopened(at("24 12:00")) == clock()


def test_a_reason_that_went_while_it_was_over_does_not_come_back():
    over = clock().stopped(WAITING_FOR_CUSTOMER, at("23 10:00")).ended(at("23 12:00"))
    again = over.restarted(WAITING_FOR_CUSTOMER, at("23 13:00")).reopened(at("23 14:00"))
    assert not again.stands
    assert again.counted(at("23 15:00")) == 2 * HOUR


def test_a_clock_that_runs_on_knows_only_what_was_before():
    stopped = clock().stopped(HANDED_OVER, at("23 10:00")).restarted(HANDED_OVER, at("23 12:00"))
    again = stopped.stopped(HANDED_OVER, at("23 15:00"))
    assert again.run_on(at("23 09:30")).target_at(RESOLUTION) == at("23 17:00")
    assert again.run_on(at("23 11:00")).target_at(RESOLUTION) == at("24 10:00")
    assert again.run_on(at("23 14:00")).target_at(RESOLUTION) == at("24 11:00")
    assert clock().ended(at("23 10:00")).run_on(at("23 10:00")).target_at(RESOLUTION) == at("23 17:00")
