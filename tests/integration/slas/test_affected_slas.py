"""Affected SLAs follow what is said of requests, and tell what falls due."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.common.clock import SteppedClock, iso
from services.common.verdicts import Later
from services.slas import store
from services.slas.actions import affected, agreements, calendars, services
from services.slas.model.affected import Affected
from services.slas.model.clocks import RESOLUTION, RESPONSE
from tests.crashing import Crash, Crashing
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.situations import TARGETS, Document, at, said


def all_of(side: Side) -> list[Affected]:
    kept = store.records(side.context, store.AFFECTED_SLAS)
    return [affected.load(side.context, record) for record in kept.find({}, [("sla_id", 1)])]


def only(side: Side) -> Affected:
    (found,) = all_of(side)
    return found


def test_what_is_handed_over_affects_the_sla_it_was_handed_over_under(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    clock.step(days=3)  # it is heard late, and counted by the times at which it was
    for situation in (
        said(1, at(9), **handed_over),
        said(2, at(10), **{**handed_over, "status": "waiting_for_customer"}),
        said(3, at(12), **handed_over),
        said(4, at(13), **{**handed_over, "status": "completed", "completion_reason": "solved"}),
    ):
        affected.follow(gigatera.context, situation)
    found = only(gigatera)
    assert (found.accountability, found.clock.started_at, found.ended_at) == ("provider", at(9), at(13))
    assert found.clock.stood(at(17)) == timedelta(hours=2)
    assert found.target_at(RESOLUTION) == at(11, days=1)
    assert found.duration(RESOLUTION) == timedelta(hours=2)


def test_what_was_agreed_when_the_impact_was_assigned_holds(
    gigatera: Side, handed_over: Document, hosting: Hosting
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    context, manager = gigatera.context, gigatera.manager
    services.update_service_offering(context, manager, hosting.offering_id, {"resolution_target_low": 60})
    (calendar,) = context.database["calendars"].find({})
    fields = {"name": "Closed", "calendar_id": calendar["_id"]}
    closed = {"start_at": "2026-01-05T10:00", "end_at": "2026-01-06T00:00"}
    calendars.create_holiday(context, manager, {**fields, **closed})
    context.kept.clear()  # as another process
    affected.follow(context, said(2, at(10), **{**handed_over, "status": "in_progress"}))
    assert only(gigatera).target_at(RESOLUTION) == at(17)
    affected.follow(context, said(3, at(10), **{**handed_over, "impact": "high"}))
    affected.follow(context, said(4, at(10), **handed_over))
    assert only(gigatera).target_at(RESOLUTION) == at(10)
    assert only(gigatera).duration(RESPONSE) == timedelta(hours=1)


def test_the_customers_own_sla_goes_on_while_the_provider_has_it(
    widget: Side, agreed: Document, webshop: int
) -> None:
    context, manager = widget.context, widget.manager
    service_id = widget.document("service_instances", webshop)["service_id"]
    offering = services.create_service_offering(
        context, manager, {"name": "Shop", "service_id": service_id, "status": "available", **TARGETS}
    )
    shop: Document = {
        "name": "Shop",
        "service_instance_id": webshop,
        "service_offering_id": offering["id"],
        "coverage": "organizations",
        "organization_ids": [1],
        "status": "active",
    }
    agreements.create_sla(context, manager, shop)
    agreements.create_sla(context, manager, {**shop, "name": "For nobody here", "organization_ids": []})
    on_hosting = {"service_instance_id": agreed["service_instance_id"], "about_id": webshop}
    affected.follow(context, said(1, at(9), team_id=2, service_instance_id=webshop, about_id=webshop))
    affected.follow(context, said(2, at(9, 30), team_id=9, **on_hosting))
    affected.follow(context, said(3, at(10), team_id=2, **on_hosting))
    found = only(widget)
    assert (found.accountability, found.responded_at) == ("supplier", at(9, 30))
    assert (found.clock.stops, found.target_at(RESOLUTION)) == ((), at(17))


def test_which_slas_are_affected_is_decided_when_the_service_instance_changes(
    widget: Side, agreed: Document, webshop: int
) -> None:
    context, manager = widget.context, widget.manager
    on_webshop = {"service_instance_id": webshop, "about_id": webshop}
    affected.follow(context, said(1, at(9), **on_webshop))
    service_id = widget.document("service_instances", webshop)["service_id"]
    offering = services.create_service_offering(
        context, manager, {"name": "Shop", "service_id": service_id, "status": "available"}
    )
    shop = {"name": "Shop", "service_instance_id": webshop, "service_offering_id": offering["id"]}
    agreements.create_sla(context, manager, {**shop, "coverage": "customer_account", "status": "active"})
    affected.follow(context, said(2, at(10), **on_webshop, status="in_progress"))
    assert all_of(widget) == []
    hosting = {"service_instance_id": agreed["service_instance_id"], "about_id": webshop}
    affected.follow(context, said(3, at(11), **hosting))
    assert (only(widget).accountability, only(widget).clock.started_at) == ("supplier", at(11))


def test_a_situation_that_comes_too_early_waits_for_the_one_before(
    gigatera: Side, handed_over: Document
) -> None:
    waits = said(2, at(10), **{**handed_over, "status": "waiting_for_customer"})
    with pytest.raises(Later):
        affected.follow(gigatera.context, waits)
    assert all_of(gigatera) == []
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    affected.follow(gigatera.context, waits)
    assert only(gigatera).clock.stands
    assert only(gigatera).clock.started_at == at(9)


def test_what_is_missing_for_long_is_gone_without(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    second = said(2, at(10), **handed_over)
    for minutes in (0, 14):
        clock.step(minutes=minutes)
        with pytest.raises(Later):
            affected.follow(gigatera.context, second)
    clock.step(minutes=1)
    affected.follow(gigatera.context, second)
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    assert only(gigatera).clock.started_at == at(10)


def test_a_request_that_was_restored_goes_on_from_its_earlier_number(
    gigatera: Side, handed_over: Document
) -> None:
    for n in (1, 2, 3):
        affected.follow(gigatera.context, said(n, at(9, n), **handed_over))
    affected.follow(gigatera.context, said(2, at(11), **{**handed_over, "status": "completed"}))
    assert only(gigatera).ended_at == at(11)
    affected.follow(gigatera.context, said(3, at(12), **handed_over))
    assert only(gigatera).ended_at is None


def test_two_processes_whose_clocks_differ_are_followed_by_their_numbers(
    gigatera: Side, handed_over: Document
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    affected.follow(gigatera.context, said(2, at(10), **{**handed_over, "status": "waiting_for_customer"}))
    affected.follow(gigatera.context, said(3, at(9, 59), **{**handed_over, "status": "in_progress"}))
    affected.follow(gigatera.context, said(2, at(10), **{**handed_over, "status": "waiting_for_customer"}))
    assert (only(gigatera).clock.stops, only(gigatera).responded_at) == ((), at(9, 59))


def test_what_a_request_shows_of_its_targets_is_told_when_it_changes(
    gigatera: Side, handed_over: Document
) -> None:
    statuses = ("assigned", "accepted", "in_progress", "completed", "assigned", "waiting_for_customer")
    for n, status in enumerate(statuses, start=1):
        affected.follow(gigatera.context, said(n, at(9, n), **{**handed_over, "status": status}))
    (position,) = gigatera.context.database[store.SITUATIONS].find({})
    words = [row["body"] for row in position["outbox"]]
    assert [word["n"] for word in words] == [1, 3, 5, 6]
    assert [word["accountable_team_ids"] for word in words] == [[1, 2]] * 4
    assert words[0]["next_target_at"] == iso(at(10, 1))
    assert words[-1]["next_target_at"] == "clock_stopped"
    assert [word["response_target_at"] for word in words] == [iso(at(10, 1))] * 4
    first, again = iso(at(9, 1, days=1)), words[2]["next_target_at"]
    assert [word["resolution_target_at"] for word in words] == [first, first, again, None]
    assert {word["requester_resolution_target_at"] for word in words} == {None}
    (affected_sla,) = gigatera.context.database[store.AFFECTED_SLAS].find({})
    assert [word["sla_ids"] for word in words] == [[affected_sla["sla_id"]]] * 4


def test_of_a_completed_request_only_a_target_that_is_another_is_told(
    gigatera: Side, handed_over: Document
) -> None:
    for n, status in enumerate(("assigned", "waiting_for_customer", "completed"), start=1):
        affected.follow(gigatera.context, said(n, at(9, n), **{**handed_over, "status": status}))
    (position,) = gigatera.context.database[store.SITUATIONS].find({})
    last = position["outbox"][-1]["body"]
    assert (last["n"], last["next_target_at"], last["accountable_team_ids"]) == (3, "no_target", [])
    assert last["resolution_target_at"] == iso(at(9, 2, days=1))


def test_of_a_request_that_affects_nothing_nothing_is_told(gigatera: Side) -> None:
    affected.follow(gigatera.context, said(1, at(9)))
    affected.follow(gigatera.context, said(2, at(10), status="in_progress"))
    (position,) = gigatera.context.database[store.SITUATIONS].find({})
    assert (position["n"], position["outbox"], all_of(gigatera)) == (2, [], [])


# Before and after the saves of two situations, each of the affected SLA and of where the request is.
@pytest.mark.parametrize("nth", range(1, 9))
def test_each_situation_has_its_effect_once_wherever_it_is_broken_off(
    gigatera: Side, handed_over: Document, nth: int
) -> None:
    situations = [
        said(1, at(9), **handed_over),
        said(2, at(10), **{**handed_over, "status": "waiting_for_customer"}),
    ]
    breaking = replace(gigatera.context, crash=Crashing(nth))
    if nth > 4:
        affected.follow(breaking, situations[0])
    with pytest.raises(Crash):
        affected.follow(breaking, situations[nth > 4])
    for situation in [*situations, *situations]:
        affected.follow(gigatera.context, situation)
    (kept,) = gigatera.context.database[store.AFFECTED_SLAS].find({})
    assert kept["version"] == 2
    assert only(gigatera).clock.stops[0].since == at(10)
