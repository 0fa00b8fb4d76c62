"""What is told of an agreement: in order, once, also after a crash; and what is refused or has no answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.federation.thread_errors import AlreadyApplied, Gap
from services.federation.verdicts import done
from services.slas import partner
from services.slas.actions import dates, hearing, services, telling, unheard
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.registering import register, update


def test_another_team_of_the_service_instance_arrives_at_the_customer(
    gigatera: Side, widget: Side, hosting: Hosting, agreed: dict[str, Any]
) -> None:
    gigatera.directory.keep("team", 3, name="Night shift", member_ids=[])
    context, manager = gigatera.context, gigatera.manager
    services.update_service_instance(context, manager, hosting.instance_id, {"support_team_id": 3})
    telling.follow_record(context, "service_instance", hosting.instance_id)
    assert gigatera.deliver(widget) == [("agreement.changed.v1", done())]
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert widget.directory.records["team", instance["support_team_id"]]["name"] == "Night shift"


def test_a_renamed_team_arrives_at_the_customer_once(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    gigatera.directory.keep("team", 2, name="Operations Center", member_ids=[2])
    gigatera.context.copies.refresh("team", 2)
    for _ in range(2):
        telling.follow_record(gigatera.context, "team", 2)
    assert gigatera.deliver(widget) == [("agreement.changed.v1", done())]
    team_id = widget.document("service_instances", agreed["service_instance_id"])["support_team_id"]
    assert widget.directory.records["team", team_id]["name"] == "Operations Center"


def test_an_offer_that_arrives_again_is_recognized(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    (row,) = gigatera.written()
    before = widget.document("slas", agreed["id"])
    with pytest.raises(AlreadyApplied):
        hearing.receive(widget.context, widget.open(row, "gigatera"))
    assert widget.document("slas", agreed["id"]) == before


def test_a_word_that_comes_before_its_predecessor_waits(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    for name in ("One", "Two"):
        update(gigatera, agreed["remote_id"], name=name)
    rows = gigatera.written()
    with pytest.raises(Gap):
        hearing.receive(widget.context, widget.open(rows[2], "gigatera"))
    gigatera.deliver(widget)
    assert widget.slas()[0]["name"] == "Two"
    assert widget.slas()[0]["thread"]["applied"]["sequence"] == 3


def test_a_partner_that_was_offline_catches_up_in_order(
    gigatera: Side, widget: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    sla = register(gigatera, hosting, status="scheduled_for_activation", start_date="2026-01-10")
    clock.step(days=30)
    dates.move_due(gigatera.context)
    update(gigatera, sla["id"], name="Hosting 2026")
    update(gigatera, sla["id"], expiry_date="2026-01-31")
    assert len(gigatera.deliver(widget)) == 5
    (copy,) = widget.slas()
    assert (copy["name"], copy["status"], copy["expiry_date"]) == ("Hosting 2026", "expired", "2026-01-31")


def test_a_crash_after_the_introductions_leaves_nothing_doubled(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    register(gigatera, hosting)
    (row,) = gigatera.written()
    message = widget.open(row, "gigatera")
    widget.directory.keep("account", "widget", name="Widget Data Center", organization_id=1)
    hearing._mirrored(widget.context, {"id": "gigatera", "name": "GigaTera"}, dict(message.body))
    assert widget.slas() == []
    hearing.receive(widget.context, message)
    for collection in ("services", "service_instances", "service_offerings", "slas"):
        assert widget.context.database[collection].count_documents({"account.id": "gigatera"}) == 1
    kept = widget.directory.records.items()
    assert sum(kind == "team" and "account" in record for (kind, _), record in kept) == 2


def test_a_discarded_offer_leaves_a_thread_and_a_later_word_that_tells_all_an_agreement(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    sla = register(gigatera, hosting, status="scheduled_for_activation", start_date="2026-03-01")
    (offered,) = gigatera.written()
    hearing.discard(widget.context, widget.open(offered, "gigatera"))
    gigatera.delivered.add(offered["id"])
    (stub,) = widget.slas()
    assert (stub["discarded"], stub["thread"]["applied"]["sequence"]) == (True, 1)
    update(gigatera, sla["id"], status="active", start_date=None, name="Hosting, again")
    verdicts = gigatera.deliver(widget)
    assert verdicts == [("agreement.changed.v1", done()), ("agreement.activated.v1", done())]
    (copy,) = widget.slas()
    assert (copy["name"], copy["status"]) == ("Hosting, again", "active")
    assert "discarded" not in copy


def test_a_status_of_a_discarded_offer_is_refused_and_the_thread_goes_on(
    gigatera: Side, widget: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    register(gigatera, hosting, status="scheduled_for_activation", start_date="2026-03-01")
    (offered,) = gigatera.written()
    hearing.discard(widget.context, widget.open(offered, "gigatera"))
    gigatera.delivered.add(offered["id"])
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    dates.move_due(gigatera.context)
    ((_, verdict),) = gigatera.deliver(widget)
    assert (verdict.word, verdict.code) == ("refused", "unknown_agreement")
    assert widget.slas()[0]["thread"]["applied"]["sequence"] == 2


def test_a_refusal_is_shown_until_something_newer_is_told(gigatera: Side, agreed: dict[str, Any]) -> None:
    (row,) = gigatera.written()
    for _ in range(2):
        partner.refused(gigatera.context, "widget", row, "discarded")
    sla = gigatera.document("slas", agreed["remote_id"])
    assert (sla["refused"]["type"], sla["refused"]["code"]) == ("agreement.offered.v1", "discarded")
    assert sum(each["action"] == "refused" for each in sla["history"]) == 1
    assert update(gigatera, agreed["remote_id"], name="Hosting, again")["refused"] is None


def test_a_word_without_an_answer_is_flagged_until_the_answer_comes(
    gigatera: Side, agreed: dict[str, Any]
) -> None:
    (row,) = gigatera.written()
    deliveries = gigatera.context.database["outbox"]
    deliveries.insert_one({"_id": row["id"], "state": "sent"})
    partner.unanswered(gigatera.context, {**row, "_id": row["id"]})
    unheard.settle(gigatera.context)
    assert gigatera.document("slas", agreed["remote_id"])["unanswered"]["type"] == "agreement.offered.v1"
    deliveries.update_one({"_id": row["id"]}, {"$set": {"state": "accepted"}})
    unheard.settle(gigatera.context)
    assert gigatera.document("slas", agreed["remote_id"])["unanswered"] is None
