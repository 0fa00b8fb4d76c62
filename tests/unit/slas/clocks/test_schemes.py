"""Whom an alarm tells, and what becomes of the request."""

from __future__ import annotations

from typing import Any

import pytest

from services.slas.model.clocks import (
    AT_RISK,
    BREACHED,
    RESOLUTION,
    RESPONSE,
    TOLD,
    USUAL,
    Alarm,
    Escalation,
    Percents,
    Rule,
    check_scheme,
    raising,
    rules_of,
    upcoming,
    word,
)
from services.slas.model.rules import RuleBroken
from tests.unit.slas.clocks.examples import at, clock


def rule(percent: int, *notify: str, team: int | None = None, urgent: bool = False) -> dict[str, Any]:
    flags = {f"notify_{name}": name in notify for name in TOLD}
    return {
        "threshold_percentage": percent,
        **flags,
        "escalate_to_team_id": team,
        "make_urgent": urgent,
    }


RULES = rules_of(
    {
        "rules": [
            rule(100, "service_owner", "support_team_manager"),
            rule(60, "current_assignee", team=5),
            rule(80, "support_team_manager", urgent=True),
        ]
    }
)


def alarms(*percents: int) -> list[Alarm]:
    return [Alarm(RESOLUTION, percent) for percent in percents]


def test_without_a_scheme_the_assignee_and_the_support_teams_coordinator_hear_of_it():
    assert rules_of(None) == USUAL
    assert [each.percent for each in USUAL] == [*AT_RISK[RESPONSE], BREACHED]
    for percent in (50, 100):
        assert word(USUAL, alarms(percent)).notify == ("current_assignee", "support_team_coordinator")
        assert word(USUAL, alarms(percent)).escalate is None


def test_a_scheme_says_whom_to_tell_and_where_the_request_goes():
    assert [each.percent for each in RULES] == [60, 80, 100]
    assert word(RULES, alarms(60)).notify == ("current_assignee",)
    assert word(RULES, alarms(60)).escalate == Escalation(5)
    assert word(RULES, alarms(80)).escalate == Escalation(None, urgent=True)
    assert word(RULES, alarms(100)).escalate is None


def test_what_is_told_as_one_tells_all_and_escalates_as_the_latest_that_does():
    said = word(RULES, alarms(60, 80, 100))
    assert said.notify == ("current_assignee", "support_team_manager", "service_owner")
    assert said.escalate == Escalation(None, urgent=True)
    assert word(RULES, alarms(100, 60)).escalate == Escalation(5)


def test_a_breach_that_no_rule_speaks_of_tells_nobody():
    assert word((Rule(50, ("service_owner",)),), alarms(100)).notify == ()


def test_alarms_are_raised_at_the_thresholds_of_the_scheme_and_the_breach_always():
    percents: Percents = {RESPONSE: (), RESOLUTION: (10, 60)}
    found = [(due.alarm.goal, due.alarm.percent) for due in upcoming(clock(), percents)]
    assert found == [(RESOLUTION, 10), (RESPONSE, 100), (RESOLUTION, 60), (RESOLUTION, 100)]


def test_other_thresholds_tell_nothing_that_is_less_than_what_was_told():
    raised = alarms(50, 75)
    found = raising(clock(), {RESPONSE: (), RESOLUTION: (60, 80)}, raised, at("23 15:30"))
    assert [due.alarm for due in found.told] == [Alarm(RESPONSE, 100), Alarm(RESOLUTION, 80)]
    assert found.summarised == ()


def test_a_threshold_is_given_once():
    check_scheme({"rules": [rule(50), rule(60)]})
    with pytest.raises(RuleBroken) as refused:
        check_scheme({"rules": [rule(50), rule(60), rule(50)]})
    assert refused.value.errors == [("rules", "has more than one rule for the threshold 50")]
