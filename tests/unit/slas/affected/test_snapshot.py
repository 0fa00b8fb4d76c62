"""What is taken of an offering when an SLA is affected."""

from __future__ import annotations

from typing import Any

import pytest

from services.slas.model.affected import snapshot
from services.slas.model.affected.snapshot import AROUND_THE_CLOCK
from services.slas.model.clocks import USUAL, Allowed, FollowUp
from tests.unit.slas.affected.examples import situation
from tests.unit.slas.clocks.examples import OFFICE
from tests.unit.slas.clocks.test_schemes import rule

OFFERING = {
    "time_zone": "Europe/Amsterdam",
    "service_hours_id": 7,
    "support_hours_low_id": 8,
    "response_target_low": 0,
    "resolution_target_low_in_days": 3,
    "resolution_target_top": 60,
}
INSTANCE = {"support_team_id": 2, "first_line_team_id": None}
CALENDARS = {8: OFFICE}


@pytest.mark.parametrize(
    ("category", "impact", "level"),
    [
        ("incident", "low", "low"),
        ("incident", "top", "top"),
        ("incident", None, None),
        ("rfc", None, "rfc"),
        ("rfi", "low", "rfi"),
        ("case", None, "case"),
        ("order", None, None),
        ("other", "top", None),
    ],
)
def test_the_targets_are_those_of_the_impact_or_of_the_kind_of_request(category, impact, level):
    assert situation(category=category, impact=impact).level == level


def test_a_target_of_nothing_is_a_target_and_days_are_business_days():
    taken = snapshot("low", OFFERING, INSTANCE, CALENDARS)
    assert (taken.terms.response, taken.terms.resolution) == (Allowed(0), Allowed(3, "business_days"))
    assert (taken.terms.support_hours, taken.support_hours_id) == (OFFICE, 8)
    assert taken.team_ids == {2}


def test_what_is_not_agreed_counts_around_the_clock_and_has_no_target():
    taken = snapshot("top", {"resolution_target_top": 60}, INSTANCE, {})
    assert (taken.terms.response, taken.terms.resolution) == (None, Allowed(60))
    assert (taken.terms.support_hours, taken.terms.time_zone) == (AROUND_THE_CLOCK, "UTC")
    none = snapshot(None, OFFERING, INSTANCE, CALENDARS).terms
    assert (none.response, none.resolution, none.support_hours) == (None, None, AROUND_THE_CLOCK)


def test_the_rules_are_those_of_the_level_and_the_target():
    led_to: dict[str, dict[str, Any]] = {
        "response_target_notification_scheme_low_id": {"rules": [rule(60)]},
        "resolution_target_notification_scheme_top_id": {"rules": [rule(70)]},
        "waiting_for_customer_follow_up_id": {"rules": [{"nr_of_business_days": 2}], "auto_complete": False},
    }
    low, none = (snapshot(level, OFFERING, INSTANCE, {}, None, 3, led_to) for level in ("low", None))
    assert ([each.percent for each in low.response_rules], low.resolution_rules) == ([60], USUAL)
    assert (none.response_rules, none.resolution_rules) == (USUAL, USUAL)
    assert low.follow_up == none.follow_up == FollowUp((2,))
    assert low.service_owner_id == 3
