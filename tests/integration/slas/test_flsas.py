"""FLSAs: registered by the provider, announced, kept by the customer; one at a time per organization."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.errors import Forbidden, IllegalMove, Invalid, NotFound
from services.federation.stored import DEPLOYMENT
from services.federation.verdicts import done, refused
from services.slas import partner
from services.slas.actions import asking, dates, disclosures, first_line, hearing, telling, unheard
from tests.configs import NAMES
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.registering import register

Fields = dict[str, Any]
FOR_WIDGET: Fields = {
    "name": "First line for Widget",
    "customer_id": 7,
    "customer_account_id": "widget",
    "service_desk_team_id": 1,
    "status": "active",
    "time_zone": "Europe/Amsterdam",
    "pickup_target": 2,
    "pickups_within_target": "90.00",
    "target_details": "CANARY",
    "charges": "CANARY",
    "remarks": "CANARY",
}


@pytest.fixture(autouse=True)
def _widget_has_an_organization_there(gigatera: Side) -> None:
    gigatera.directory.keep("organization", 7, name="Widget Data Center")


def made(side: Side, **fields: Any) -> Fields:
    return first_line.create_flsa(side.context, side.manager, {**FOR_WIDGET, **fields})


def edited(side: Side, id: int, **fields: Any) -> Fields:
    return first_line.update_flsa(side.context, side.manager, id, fields)


def within(side: Side, **fields: Any) -> Fields:
    whole = {"name": "Our desk", "service_desk_team_id": 1, "status": "active", **fields}
    return first_line.create_flsa(side.context, side.manager, whole)


def test_the_customer_keeps_a_foreign_flsa_in_ids_of_its_own(gigatera: Side, widget: Side) -> None:
    flsa = made(gigatera)
    assert flsa["thread"].startswith("agreement/gigatera/")
    assert (flsa["provider_id"], flsa["customer_id"]) == (1, 7)
    assert gigatera.deliver(widget) == [("agreement.flsa_offered.v1", done())]
    (copy,) = widget.flsas()
    assert copy["account"] == {"id": "gigatera", "name": "GigaTera"}
    assert (copy["remote_id"], copy["status"], copy["customer_id"]) == (flsa["id"], "active", 1)
    assert (copy["pickup_target"], copy["pickups_within_target"]) == (2, "90.00")
    team = widget.directory.records["team", copy["service_desk_team_id"]]
    assert (team["name"], team["account"]["id"]) == ("GigaTera Service Desk", "gigatera")
    assert widget.slas() == []


def test_only_what_the_wire_names_of_an_flsa_leaves(gigatera: Side, widget: Side) -> None:
    made(gigatera)
    (row,) = gigatera.written()
    assert b"CANARY" not in repr(widget.open(row, "gigatera")).encode()


def test_what_changes_and_what_the_dates_do_arrives_in_order(
    gigatera: Side, widget: Side, clock: SteppedClock
) -> None:
    days = {"status": "scheduled_for_activation", "start_date": "2026-02-01", "expiry_date": "2026-02-28"}
    flsa = made(gigatera, **days)
    edited(gigatera, flsa["id"], pickup_target=5)
    gigatera.directory.keep("team", 1, name="Night desk", member_ids=[1])
    gigatera.context.copies.refresh("team", 1)
    for _ in range(2):
        telling.follow_record(gigatera.context, "team", 1)
    gigatera.deliver(widget)
    seen = []
    # A day of Amsterdam begins an hour before one of UTC.
    for day in (datetime(2026, 1, 31, 22, 59, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)):
        clock.set(day)
        dates.move_due(gigatera.context)
        gigatera.deliver(widget)
        seen.append(widget.flsas()[0]["status"])
    clock.set(datetime(2026, 3, 1, tzinfo=UTC))
    dates.move_due(gigatera.context)
    gigatera.deliver(widget)
    (copy,) = widget.flsas()
    assert [*seen, copy["status"]] == ["scheduled_for_activation", "active", "expired"]
    assert copy["pickup_target"] == 5
    assert widget.directory.records["team", copy["service_desk_team_id"]]["name"] == "Night desk"
    assert copy["thread"]["applied"]["sequence"] == 5


def test_an_organization_has_one_flsa_at_a_time(widget: Side) -> None:
    first = within(widget, expiry_date="2026-06-30")
    with pytest.raises(Invalid) as taken:
        within(widget, name="Another")
    assert taken.value.code == "another_flsa"
    assert 'has another FLSA, "Our desk", active until 2026-06-30' in taken.value.errors[0][1]
    dated = {"status": "scheduled_for_activation", "start_date": "2026-07-01"}
    later = within(widget, name="Next", **dated)
    with pytest.raises(Invalid):
        edited(widget, first["id"], expiry_date=None)
    with pytest.raises(Invalid):
        edited(widget, later["id"], start_date="2026-06-30")
    widget.directory.keep("organization", 2, name="Plant", parent_id=1)
    assert within(widget, name="Plant's desk", customer_id=2)["status"] == "active"


def test_of_tries_at_the_same_time_one_wins(widget: Side) -> None:
    def attempt(number: int) -> bool:
        try:
            within(widget, name=f"Desk {number}")
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(attempt, range(4))) == 1
    assert len(widget.flsas()) == 1


def test_of_a_partners_flsa_the_customer_names_its_representatives_only(gigatera: Side, widget: Side) -> None:
    made(gigatera)
    gigatera.deliver(widget)
    (copy,) = widget.flsas()
    assert edited(widget, copy["_id"], customer_representative_ids=[2, 1])["customer_representative_ids"] == [
        1,
        2,
    ]
    with pytest.raises(Invalid) as foreign:
        edited(widget, copy["_id"], pickup_target=1)
    assert foreign.value.code == "foreign_record"
    edited(gigatera, copy["remote_id"], name="Renewed")
    gigatera.deliver(widget)
    assert widget.flsas()[0]["customer_representative_ids"] == [1, 2]


def test_expired_is_set_by_its_date_only(widget: Side) -> None:
    flsa = within(widget)
    with pytest.raises(IllegalMove):
        edited(widget, flsa["id"], status="expired")
    assert edited(widget, flsa["id"], expiry_date="2025-01-01")["status"] == "expired"
    with pytest.raises(Forbidden):
        first_line.update_flsa(widget.context, widget.actor("specialist"), flsa["id"], {"name": "Mine"})


def test_a_partner_that_does_not_know_flsas_is_told_of_none(gigatera: Side) -> None:
    gigatera.directory.keep("trust", "widget", name=NAMES["widget"], status="active", capabilities=None)
    gigatera.context.copies.refresh("trust", "widget")
    with pytest.raises(Invalid) as unknown:
        made(gigatera)
    assert unknown.value.code == "not_understood"
    assert gigatera.flsas() == []


def test_a_thread_is_of_one_kind_of_agreement(gigatera: Side, widget: Side, hosting: Hosting) -> None:
    sla, flsa = register(gigatera, hosting), made(gigatera)
    gigatera.deliver(widget)
    edited(gigatera, flsa["id"], name="Renewed")
    document = gigatera.document("flsas", flsa["id"])
    (row,) = [each for each in document["outbox"] if each["type"] == "agreement.flsa_changed.v1"]
    said = widget.open(row, "gigatera")
    applied = widget.slas()[0]["thread"]["applied"]
    object.__setattr__(said, "thread", sla["thread"])
    object.__setattr__(said, "prev", applied["hash"])
    assert hearing.receive(widget.context, said) == refused("unknown_agreement")
    assert widget.slas()[0]["name"] == "Hosting for Widget"


def test_a_discarded_offer_of_an_flsa_leaves_a_thread(gigatera: Side, widget: Side) -> None:
    flsa = made(gigatera)
    (offered,) = gigatera.written()
    hearing.discard(widget.context, widget.open(offered, "gigatera"))
    gigatera.delivered.add(offered["id"])
    assert widget.flsas()[0]["discarded"] is True
    partner.refused(gigatera.context, "widget", offered, "discarded")
    assert gigatera.document("flsas", flsa["id"])["refused"]["code"] == "discarded"
    edited(gigatera, flsa["id"], name="Again")
    gigatera.deliver(widget)
    (copy,) = widget.flsas()
    assert (copy["name"], "discarded" in copy) == ("Again", False)


def test_a_word_about_an_flsa_without_an_answer_is_flagged_until_it_comes(gigatera: Side) -> None:
    flsa = made(gigatera)
    (row,) = gigatera.written()
    deliveries = gigatera.context.database["outbox"]
    deliveries.insert_one({"_id": row["id"], "state": "sent"})
    partner.unanswered(gigatera.context, {**row, "_id": row["id"]})
    assert gigatera.document("flsas", flsa["id"])["unanswered"]["type"] == "agreement.flsa_offered.v1"
    deliveries.update_one({"_id": row["id"]}, {"$set": {"state": "accepted"}})
    unheard.settle(gigatera.context)
    assert gigatera.document("flsas", flsa["id"])["unanswered"] is None


def test_what_an_flsa_makes_visible_is_told_before_it_is_saved(gigatera: Side) -> None:
    told = disclosures.of_agreement(gigatera.context, gigatera.manager, "flsa", FOR_WIDGET)
    assert any("GigaTera Service Desk" in line["sees"] for line in told if line["to"] == "Widget Data Center")
    assert {line["to"] for line in told if "handed over" in line["sees"]} == {
        "GigaTera",
        "Widget Data Center",
    }
    assert not [line for line in told if "expects the resolution" in line["sees"]]
    assert (gigatera.flsas(), gigatera.written()) == ([], [])


def test_a_restored_provider_tells_its_flsas_whole(gigatera: Side, widget: Side) -> None:
    thread = made(gigatera)["thread"]
    gigatera.deliver(widget)
    context = gigatera.context
    restored = {"incarnation": 7, "resuming": True}
    context.database[DEPLOYMENT.name].update_one({}, {"$set": restored})
    context.kept.clear()
    assert list(partner.earlier(context, 7)) == [("widget", thread)]
    partner.resume(context, "widget", thread)
    said = [("thread.resumed.v1", done()), ("agreement.flsa_changed.v1", done())]
    assert gigatera.deliver(widget) == said
    assert widget.flsas()[0]["thread"]["applied"]["incarnation"] == 7


def test_a_partners_flsa_leads_to_its_service_desk_as_long_as_it_may_be_used(
    gigatera: Side, widget: Side
) -> None:
    flsa = made(gigatera)
    gigatera.deliver(widget)
    (copy,) = widget.flsas()
    led = asking.first_line(widget.context, copy["_id"])
    assert (led["agreement"], led["partner"]["id"]) == (flsa["thread"], "gigatera")
    assert (led["service_desk_team_id"], led["supplier_id"]) == (
        copy["service_desk_team_id"],
        copy["provider_id"],
    )
    theirs = asking.agreement(gigatera.context, "widget", flsa["thread"])
    assert (theirs["status"], theirs["service_instance_id"], theirs["support_team_id"]) == ("active", None, 1)
    with pytest.raises(Invalid, match="Nothing can be handed over"):
        asking.first_line(gigatera.context, flsa["id"])
    with pytest.raises(NotFound):
        asking.agreement(widget.context, "gigatera", flsa["thread"])
