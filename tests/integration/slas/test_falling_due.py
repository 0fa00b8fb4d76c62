"""What falls due of affected SLAs by the schemes and follow-ups of their offerings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.common.clock import SteppedClock, iso
from services.common.errors import Forbidden, Invalid
from services.slas import store
from services.slas.actions import affected, alarms, schemes, services
from services.slas.model.clocks import RESOLUTION, TOLD
from tests.crashing import Crash, Crashing
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.situations import Document, at, events, said

RESPONSE_LOW = "response_target_notification_scheme_low_id"
RESOLUTION_LOW = "resolution_target_notification_scheme_low_id"
FOLLOW_UP = "waiting_for_customer_follow_up_id"


def rule(percent: int, *notify: str, team: int | None = None, urgent: bool = False) -> Document:
    """As the schema gives it."""
    flags = {f"notify_{name}": name in notify for name in TOLD}
    return {"threshold_percentage": percent, **flags, "escalate_to_team_id": team, "make_urgent": urgent}


def scheme(side: Side, *rules: Document, **fields: Any) -> int:
    made = {"name": "Scheme", "rules": list(rules), **fields}
    return int(schemes.create_sla_notification_scheme(side.context, side.manager, made)["id"])


def follow_up(side: Side, *days: int, completes_after: int | None = None) -> int:
    made = {
        "name": "Follow-up",
        "rules": [{"nr_of_business_days": each} for each in days],
        "auto_complete": completes_after is not None,
        "auto_complete_nr_of_business_days": completes_after,
    }
    return int(schemes.create_waiting_for_customer_follow_up(side.context, side.manager, made)["id"])


def lead_to(side: Side, hosting: Hosting, **fields: int | None) -> Document:
    return services.update_service_offering(side.context, side.manager, hosting.offering_id, fields)


@pytest.fixture
def asked(gigatera: Side, hosting: Hosting, handed_over: Document) -> Document:
    """The second situation of a request that waits for widget since Monday 9:20; its offering reminds after
    one and three business days, and completes after five."""
    lead_to(gigatera, hosting, **{FOLLOW_UP: follow_up(gigatera, 1, 3, completes_after=5)})
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    waits = {**handed_over, "status": "waiting_for_customer", "waiting_since": iso(at(9, 20))}
    affected.follow(gigatera.context, said(2, at(9, 20), **waits))
    return waits


def test_a_scheme_escalates_to_own_teams_that_may_be_chosen(gigatera: Side) -> None:
    gigatera.directory.keep("team", 3, name="Old", disabled=True)
    gigatera.directory.keep("team", 4, name="Theirs", account={"id": "widget", "name": "Widget"})
    for team, text in ((3, "disabled"), (4, "belongs to account widget"), (9, "there is no team")):
        with pytest.raises(Invalid, match=text) as refused:
            scheme(gigatera, rule(50), rule(80, team=team))
        assert [field for field, _ in refused.value.errors] == ["rules.1.escalate_to_team_id"]
    with pytest.raises(Invalid, match="more than one rule for the threshold 50"):
        scheme(gigatera, rule(50), rule(50))
    id = scheme(gigatera, rule(80), rule(50, team=2))
    gigatera.directory.keep("team", 2, name="Operations", disabled=True)
    gigatera.context.copies.refresh("team", 2)
    context, manager = gigatera.context, gigatera.manager
    rules = [rule(60, team=2), rule(40)]
    changed = schemes.update_sla_notification_scheme(context, manager, id, {"rules": rules})
    assert [each["threshold_percentage"] for each in changed["rules"]] == [40, 60]
    with pytest.raises(Forbidden):
        schemes.update_sla_notification_scheme(context, gigatera.actor("specialist"), id, {"name": "Mine"})


def test_an_offering_leads_to_what_may_be_chosen_and_keeps_what_it_has(
    gigatera: Side, hosting: Hosting
) -> None:
    disabled, kept = scheme(gigatera, disabled=True), scheme(gigatera)
    for wrong, text in ((disabled, "the SLA notification scheme is disabled"), (999, "there is no SLA")):
        with pytest.raises(Invalid, match=text):
            lead_to(gigatera, hosting, **{RESOLUTION_LOW: wrong})
    with pytest.raises(Invalid, match="there is no waiting for customer follow up"):
        lead_to(gigatera, hosting, **{FOLLOW_UP: 999})
    lead_to(gigatera, hosting, **{RESOLUTION_LOW: kept, FOLLOW_UP: follow_up(gigatera, 1)})
    context, manager = gigatera.context, gigatera.manager
    schemes.update_sla_notification_scheme(context, manager, kept, {"disabled": True})
    assert lead_to(gigatera, hosting, response_target_low=30)[RESOLUTION_LOW] == kept


def test_alarms_follow_the_scheme_that_held_when_the_sla_was_affected(
    gigatera: Side, hosting: Hosting, handed_over: Document, clock: SteppedClock
) -> None:
    context, manager = gigatera.context, gigatera.manager
    services.update_service(context, manager, hosting.service_id, {"service_owner_id": 2})
    rules = [rule(25, "service_owner", team=2), rule(50, "current_assignee", urgent=True)]
    id = scheme(gigatera, *rules)
    lead_to(gigatera, hosting, **{RESOLUTION_LOW: id, RESPONSE_LOW: scheme(gigatera)})
    affected.follow(context, said(1, at(9), **handed_over))
    schemes.update_sla_notification_scheme(context, manager, id, {"rules": [], "disabled": True})
    for hour in range(10, 18):
        clock.set(at(hour))
        alarms.raise_due(context)
    found = {(each["goal"], each["percent"]): each for each in events(gigatera)}
    assert list(found) == [("response", 100), (RESOLUTION, 25), (RESOLUTION, 50), (RESOLUTION, 100)]
    first, second = found[RESOLUTION, 25], found[RESOLUTION, 50]
    assert (first["type"], first["notify"], first["escalate"]) == (
        "at_risk",
        ["service_owner"],
        {"team_id": 2, "urgent": False},
    )
    assert (second["notify"], second["escalate"]) == (["current_assignee"], {"team_id": None, "urgent": True})
    assert (first["service_owner_id"], first["sla_name"]) == (2, "Hosting for Widget")
    breach = found[RESOLUTION, 100]
    assert (breach["type"], breach["notify"], breach["escalate"]) == ("breached", [], None)


def test_after_an_outage_what_is_told_is_told_to_all_who_would_have_heard(
    gigatera: Side, hosting: Hosting, handed_over: Document, clock: SteppedClock
) -> None:
    rules = [rule(50, "service_owner", team=1), rule(75, "support_team_manager", team=2), rule(100)]
    lead_to(gigatera, hosting, **{RESOLUTION_LOW: scheme(gigatera, *rules)})
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    clock.set(at(9, days=9))
    assert alarms.raise_due(gigatera.context) == 2
    response, resolution = events(gigatera)
    assert (response["notify"], response["escalate"]) == (
        ["current_assignee", "support_team_coordinator"],
        None,
    )
    both = ["support_team_manager", "service_owner"]
    assert (resolution["type"], resolution["notify"]) == ("breached", both)
    assert resolution["escalate"] == {"team_id": 2, "urgent": False}


def test_a_target_that_was_met_while_nobody_looked_asks_nobody_for_anything(
    gigatera: Side, hosting: Hosting, handed_over: Document, clock: SteppedClock
) -> None:
    lead_to(gigatera, hosting, **{RESPONSE_LOW: scheme(gigatera, rule(100, "service_owner", team=2))})
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    affected.follow(gigatera.context, said(2, at(10, 30), **{**handed_over, "status": "in_progress"}))
    clock.set(at(11))
    alarms.raise_due(gigatera.context)
    (breach,) = events(gigatera)
    said_of = [breach[name] for name in ("type", "goal", "at", "notify", "escalate")]
    assert said_of == ["breached", "response", iso(at(10)), [], None]


def test_who_heard_that_a_response_is_due_hears_when_it_is_given(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    clock.set(at(9, 30))
    alarms.raise_due(gigatera.context)
    affected.follow(gigatera.context, said(2, at(9, 40), **{**handed_over, "team_id": 3}))
    for n, status in enumerate(("assigned", "in_progress"), start=1):
        in_time = {**handed_over, "status": status, "request_id": 2}
        affected.follow(gigatera.context, said(n, at(9, n), **in_time))
    found = [(each["type"], each["request_id"]) for each in events(gigatera)]
    assert found == [("at_risk", 1), ("responded", 1)]


def test_who_heard_that_a_resolution_is_due_hears_when_the_sla_is_not_affected_any_more(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    clock.set(at(13))
    alarms.raise_due(gigatera.context)
    elsewhere = {**handed_over, "service_instance_id": 999, "about_id": None}
    affected.follow(gigatera.context, said(2, at(13, 10), **elsewhere))
    affected.follow(gigatera.context, said(3, at(13, 20), **{**elsewhere, "team_id": 2}))
    found = [(each["type"], each.get("at")) for each in events(gigatera) if each["type"] != "at_risk"]
    assert found == [("breached", iso(at(10))), ("responded", None), ("not_affected", iso(at(13, 10)))]


def test_a_moment_at_which_nothing_is_to_be_told_is_not_looked_at_again(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    kept = gigatera.context.database[store.AFFECTED_SLAS]
    kept.update_one({}, {"$set": {"due": at(9)}})
    clock.set(at(9, 10))
    assert alarms.raise_due(gigatera.context) == 0
    (document,) = kept.find({})
    assert document["due"] == at(9, 30)


def test_who_does_not_answer_is_reminded_once_each_and_completed_in_the_end(
    gigatera: Side, asked: Document, clock: SteppedClock
) -> None:
    for day in range(8):
        clock.set(at(17, days=day))
        alarms.raise_due(gigatera.context)
        assert alarms.raise_due(gigatera.context) == 0
    found = events(gigatera)
    assert [(each["rule"], each["completes"]) for each in found] == [(1, False), (2, False), (3, True)]
    assert {(each["type"], each["waiting_since"]) for each in found} == {("follow_up", iso(at(9, 20)))}
    assert found[0].keys() == {"type", "id", "request_id", "sla_id", "rule", "completes", "waiting_since"}


def test_after_an_outage_only_the_latest_reminder_is_said_and_then_there_is_time_to_answer(
    gigatera: Side, asked: Document, clock: SteppedClock
) -> None:
    for days, expected in ((30, (2, False)), (32, None), (33, (3, True)), (34, None)):
        before = events(gigatera)
        clock.set(at(0, days=days))
        alarms.raise_due(gigatera.context)
        found = [(each["rule"], each["completes"]) for each in events(gigatera)[len(before) :]]
        assert found == ([] if expected is None else [expected]), days


def test_an_answer_ends_the_wait_and_a_new_one_begins_anew(
    gigatera: Side, handed_over: Document, asked: Document, clock: SteppedClock
) -> None:
    clock.set(at(17, days=1))
    alarms.raise_due(gigatera.context)
    affected.follow(gigatera.context, said(3, at(18, days=1), **handed_over))
    clock.set(at(18, days=1))
    assert alarms.raise_due(gigatera.context) == 0
    again = {**asked, "waiting_since": iso(at(9, days=2))}
    affected.follow(gigatera.context, said(4, at(9, days=2), **again))
    clock.set(at(17, days=3))
    alarms.raise_due(gigatera.context)
    assert [(each["rule"], each["waiting_since"]) for each in events(gigatera)] == [
        (1, iso(at(9, 20))),
        (1, iso(at(9, days=2))),
    ]


# Before and after the one save of what fell due.
@pytest.mark.parametrize("nth", [1, 2])
def test_wherever_it_is_broken_off_each_is_told_once(
    gigatera: Side, asked: Document, handed_over: Document, clock: SteppedClock, nth: int
) -> None:
    begun = {**said(1, at(10), **handed_over), "request_id": 2}
    affected.follow(gigatera.context, begun)
    clock.set(at(17, days=1) - timedelta(minutes=1))
    broken = 0
    for _ in range(6):
        try:
            alarms.raise_due(replace(gigatera.context, crash=Crashing(nth)))
        except Crash:
            broken += 1
        clock.step(minutes=1)
    assert broken >= 2
    alarms.raise_due(gigatera.context)
    told = [(each["request_id"], each["type"], each.get("goal")) for each in events(gigatera)]
    assert sorted(told, key=str) == [
        (1, "follow_up", None),
        (2, "breached", RESOLUTION),
        (2, "breached", "response"),
    ]
