"""What the table of scenarios does not tell of an affected SLA: alarms, downtime, how little it takes to
follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.requests.model import Status
from services.slas.model.affected import (
    NOT_AFFECTED,
    PROVIDER,
    Affected,
    followed,
    next_target,
)
from services.slas.model.clocks import (
    AT_RISK,
    RESOLUTION,
    RESPONSE,
    Escalation,
    FollowUp,
    Rule,
    Said,
    upcoming,
)
from tests.unit.slas.affected.examples import SHOP, WIDGET, shop, situation
from tests.unit.slas.clocks.examples import at
from tests.unit.slas.scenarios.world import TEAMS

STATUSES = sorted(Status)


def percents(affected: Affected, goal: str) -> list[int]:
    return [due.alarm.percent for due in upcoming(affected, AT_RISK) if due.alarm.goal == goal]


def test_who_is_not_affected_hears_nothing_of_the_resolution_and_all_of_the_response():
    gone = shop().after(situation("23 17:00", service_instance_id=3, about_id=3))
    assert gone.accountability == NOT_AFFECTED
    assert percents(gone, RESOLUTION) == []
    assert percents(gone, RESPONSE) == [50, 75, 90, 100]


def test_where_it_goes_by_itself_is_no_response():
    new = shop()
    rules = (Rule(80, (), Escalation(TEAMS["Third Line"])),)
    escalated = replace(new, snapshot=replace(new.snapshot, response_rules=rules))
    there = situation("23 09:45", team_id=TEAMS["Third Line"])
    assert escalated.after(there).responded_at is None
    assert new.after(there).responded_at == at("23 09:45")


def test_who_waits_is_followed_up_while_the_sla_is_affected():
    since = at("23 10:00")
    waits = {"status": "waiting_for_customer", "waiting_since": since}
    asked = shop().after(situation("23 10:00", **waits))
    asked = replace(asked, snapshot=replace(asked.snapshot, follow_up=FollowUp((1,), 2)))
    assert [each.at for each in asked.follow_ups(None)] == [at("24 17:00"), at("25 17:00")]
    higher = asked.after(situation("23 11:00", impact="medium", **waits))
    assert [each.since for each in higher.follow_ups(Said(since, 1))] == [since]
    assert list(asked.after(situation("24 10:00")).follow_ups(None)) == []
    gone = situation("23 11:00", service_instance_id=3, about_id=3, **waits)
    assert list(asked.after(gone).follow_ups(None)) == []


def test_what_was_done_in_time_raises_only_what_came_before():
    done = shop().after(situation("23 09:50", status="completed"))
    assert percents(done, RESPONSE) == [50, 75]
    assert percents(done, RESOLUTION) == []


def test_where_a_later_completion_is_desired_the_parts_are_those_of_the_hours_until_then():
    wanted = shop(desired_completion_at=at("24 17:00"))
    assert [wanted.target_at(RESOLUTION, percent) for percent in (50, 75, 100)] == [
        at("23 17:00"),
        at("24 13:00"),
        at("24 17:00"),
    ]
    assert shop(desired_completion_at=at("24 12:00")).target_at(RESOLUTION) == at("24 12:00")


def test_an_earlier_completion_that_is_desired_changes_no_target():
    for wanted in ("23 08:00", "23 12:00", "23 17:00"):
        assert shop(desired_completion_at=at(wanted)).target_at(RESOLUTION) == at("23 17:00")


def test_downtime_is_counted_within_service_hours_and_for_top_impact_only():
    down: dict[str, Any] = {"downtime_start_at": at("23 16:00"), "downtime_end_at": at("24 10:00")}
    assert shop(impact="top", **down).downtime == timedelta(hours=2)
    assert shop(impact="high", **down).downtime is None
    assert shop(impact="top", downtime_start_at=at("23 16:00")).downtime is None


def test_that_the_provider_was_not_accountable_is_remembered():
    was = shop(provider_not_accountable=True).after(situation("23 12:00"))
    assert was.provider_was_not_accountable
    assert not was.clock.stands
    assert was.clock.stood(at("23 12:00")) == timedelta(hours=3)


def test_a_request_that_is_completed_comes_to_affect_nothing_more():
    def affects(before: dict[int, Affected], status: str) -> set[int]:
        asking = WIDGET.people["Bob"]
        now = situation("23 10:00", status=status)
        return set(followed(before, now, [SHOP.promise], asking, WIDGET.terms))

    payroll = {4: replace(shop(), sla_id=4, service_instance_id=3)}
    assert affects(payroll, "completed") == {4}
    assert affects(payroll, "assigned") == {4, SHOP.promise.id}
    assert affects({}, "completed") == {SHOP.promise.id}  # registered as completed, for the record


def test_terms_are_asked_for_only_when_the_level_changes():
    asked: list[str | None] = []

    def terms(sla_id: int, level: str | None):
        asked.append(level)
        return WIDGET.terms(sla_id, level)

    affected: dict[int, Affected] = {}
    for impact, when in (("low", "23 09:00"), ("low", "23 09:10"), ("top", "23 09:20"), ("top", "23 09:30")):
        now = situation(when, impact=impact)
        affected = followed(affected, now, [SHOP.promise], WIDGET.people["Bob"], terms)
    assert asked == ["low", "top"]


@given(st.lists(st.tuples(st.integers(0, 6_000), st.sampled_from(STATUSES)), max_size=15).map(sorted))
def test_following_the_same_situation_twice_changes_nothing(happenings: list[tuple[int, str]]):
    affected = shop()
    for minutes, status in happenings:
        now = situation(status=status)
        now = replace(now, at=now.at + timedelta(minutes=minutes))
        affected = affected.after(now)
        assert affected.after(now) == affected
        assert affected.accountability == PROVIDER
        assert (affected.ended_at is not None) == (status == "completed")
        assert affected.clock.stands == (status == "waiting_for_customer")
        shown = next_target(now, [affected])
        assert (shown == "no_target") == (status == "completed")
