"""SLAs of two accounts: registered by the provider, announced, applied, chosen from, ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.errors import Forbidden, IllegalMove, Invalid, NotFound
from services.federation.threads import AlreadyApplied, Gap
from services.federation.verdicts import done
from services.slas import partner
from services.slas.actions import agreements, asking, dates, hearing, hierarchy, services, telling, unheard
from tests.integration.slas.accounts import Hosting, Side, own_instance, trust


def register(gigatera: Side, hosting: Hosting, **fields: Any) -> dict[str, Any]:
    return agreements.create_sla(gigatera.context, gigatera.manager, {**hosting.for_widget, **fields})


def update(side: Side, id: int, **fields: Any) -> dict[str, Any]:
    return agreements.update_sla(side.context, side.manager, id, fields)


def test_an_agreement_is_offered_when_it_is_registered(gigatera: Side, hosting: Hosting) -> None:
    sla = register(gigatera, hosting)
    (row,) = gigatera.written()
    assert (row["type"], row["partner"], row["thread"]) == ("agreement.offered.v1", "widget", sla["thread"])
    assert sla["thread"].startswith("agreement/gigatera/")


def test_an_agreement_being_prepared_is_nobodys_business_yet(gigatera: Side, hosting: Hosting) -> None:
    sla = register(gigatera, hosting, status="being_prepared")
    assert gigatera.written() == []
    update(gigatera, sla["id"], status="active")
    assert [row["type"] for row in gigatera.written()] == ["agreement.offered.v1"]


def test_the_customer_keeps_a_foreign_sla_in_ids_of_its_own(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    sla = register(gigatera, hosting)
    assert gigatera.deliver(widget) == [("agreement.offered.v1", done())]
    (copy,) = widget.slas()
    assert copy["account"] == {"id": "gigatera", "name": "GigaTera"}
    assert (copy["remote_id"], copy["name"], copy["status"]) == (sla["id"], "Hosting for Widget", "active")
    instance = widget.document("service_instances", copy["service_instance_id"])
    assert (instance["name"], instance["remote_id"]) == ("Hosting Gold", hosting.instance_id)
    assert instance["account"] == {"id": "gigatera", "name": "GigaTera"}
    team = widget.directory.records["team"][instance["support_team_id"]]
    assert (team["name"], team["remote_id"]) == ("GigaTera Operations", 2)
    provider = widget.directory.records["organization"][instance["provider_id"]]
    assert (provider["name"], provider["account"]["id"]) == ("GigaTera", "gigatera")
    assert widget.document("services", instance["service_id"])["name"] == "Hosting"
    offering = widget.document("service_offerings", copy["service_offering_id"])
    assert (offering["name"], offering["status"]) == ("Gold", None)


def test_only_what_the_wire_names_leaves(gigatera: Side, widget: Side, hosting: Hosting) -> None:
    register(gigatera, hosting, remarks="CANARY margin 40 %", agreementID="CANARY-1")
    for id, fields in ((hosting.instance_id, {"remarks": "CANARY"}),):
        services.update_service_instance(gigatera.context, gigatera.manager, id, fields)
    for row in gigatera.written():
        assert b"CANARY" not in repr(widget.open(row, "gigatera")).encode()


def test_an_sla_needs_an_active_trust(gigatera: Side, hosting: Hosting) -> None:
    trust(gigatera, "widget", "suspended")
    with pytest.raises(Invalid) as refused:
        register(gigatera, hosting)
    assert refused.value.errors == [
        ("customer_account_id", "is not an account that there is an active trust with")
    ]


def test_the_customer_organization_is_the_one_that_stands_for_the_account(
    gigatera: Side, hosting: Hosting
) -> None:
    gigatera.context.copies.refresh("organization", hosting.customer_id)
    fields = {name: value for name, value in hosting.for_widget.items() if name != "customer_id"}
    sla = agreements.create_sla(gigatera.context, gigatera.manager, fields)
    assert sla["customer_id"] == hosting.customer_id


def test_what_the_agreement_covers_is_chosen_by_the_customer(
    gigatera: Side, widget: Side, hosting: Hosting, webshop: int
) -> None:
    with pytest.raises(Invalid) as refused:
        register(gigatera, hosting, service_instance_ids=[hosting.instance_id])
    assert refused.value.errors == [
        ("service_instance_ids", "is chosen by Widget Data Center, in its own account")
    ]
    register(gigatera, hosting)
    gigatera.deliver(widget)
    (copy,) = widget.slas()
    chosen = update(widget, copy["_id"], service_instance_ids=[webshop])
    assert chosen["service_instance_ids"] == [webshop]
    assert widget.written() == []


def test_the_providers_instance_is_a_child_of_the_covered_one_while_the_agreement_is_active(
    gigatera: Side, widget: Side, hosting: Hosting, webshop: int, agreed: dict[str, Any]
) -> None:
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert instance["agreed_parents"] == [
        {"service_instance_id": webshop, "impact_relation": "down", "sla_id": agreed["id"]}
    ]
    assert instance["offered"] is True
    update(gigatera, agreed["remote_id"], expiry_date="2025-12-31")
    gigatera.deliver(widget)
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert (instance["agreed_parents"], instance["offered"]) == ([], False)


def test_edges_that_a_crash_left_behind_follow_the_slas_event(
    gigatera: Side, widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    database = widget.context.database
    stale = {"service_instance_id": webshop, "impact_relation": "down", "sla_id": agreed["id"]}
    mail = own_instance(widget, "Mail")
    database["service_instances"].update_one({"_id": mail}, {"$set": {"agreed_parents": [stale]}})
    database["service_instances"].update_one(
        {"_id": agreed["service_instance_id"]}, {"$set": {"agreed_parents": [], "offered": False}}
    )
    saved = [row["body"]["record"] for row in widget.document("slas", agreed["id"])["outbox"]][-1]
    hierarchy.follow_sla(widget.context, saved)
    assert widget.document("service_instances", mail)["agreed_parents"] == []
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert (instance["agreed_parents"], instance["offered"]) == ([stale], True)


@pytest.mark.parametrize("status", ["suspended", "ended"])
def test_a_partners_instance_is_offered_while_the_trust_is_active(
    widget: Side, agreed: dict[str, Any], status: str
) -> None:
    for now, offered in ((status, False), ("active", True)):
        trust(widget, "gigatera", now)
        hierarchy.follow_trust(widget.context, "gigatera")
        instance = widget.document("service_instances", agreed["service_instance_id"])
        assert instance["offered"] is offered


@pytest.mark.parametrize("status", ["suspended", "ended"])
def test_what_was_offered_just_after_its_trust_ended_is_found(
    widget: Side, agreed: dict[str, Any], status: str
) -> None:
    trust(widget, "gigatera", status)
    hierarchy.follow_withheld(widget.context)
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert instance["offered"] is False


def test_what_is_put_on_a_list_at_the_same_time_is_all_on_it(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    others = [own_instance(widget, name) for name in ("Payroll", "Mail", "Wiki")]
    with ThreadPoolExecutor() as threads:
        put = partial(agreements.add_to_sla, widget.context, widget.manager, agreed["id"])
        list(threads.map(lambda other: put("service_instances", other), others))
    covered = widget.document("slas", agreed["id"])["service_instances"]
    assert [edge["service_instance_id"] for edge in covered] == [webshop, *others]


def test_a_covered_instance_says_what_a_failure_does_to_it(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    payroll = own_instance(widget, "Payroll")
    context, manager = widget.context, widget.manager
    agreements.add_to_sla(context, manager, agreed["id"], "service_instances", payroll, "degraded")
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert [
        (edge["service_instance_id"], edge["impact_relation"]) for edge in instance["agreed_parents"]
    ] == [
        (webshop, "down"),
        (payroll, "degraded"),
    ]
    left = agreements.remove_from_sla(context, manager, agreed["id"], "service_instances", webshop)
    assert left["service_instance_ids"] == [payroll]


def test_only_own_service_instances_can_be_covered(widget: Side, agreed: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        update(widget, agreed["id"], service_instance_ids=[agreed["service_instance_id"]])
    assert "belongs to account gigatera" in refused.value.errors[0][1]


def test_of_a_partners_sla_only_the_customers_own_fields_can_be_changed(
    widget: Side, agreed: dict[str, Any]
) -> None:
    changed = update(widget, agreed["id"], customer_representative_ids=[2, 1], remarks="Renew in time")
    assert changed["customer_representative_ids"] == [1, 2]
    with pytest.raises(Invalid) as refused:
        update(widget, agreed["id"], name="Ours", expiry_date=None)
    assert [field for field, _ in refused.value.errors] == ["expiry_date", "name"]
    assert refused.value.code == "foreign_record"


def test_only_service_level_managers_choose(widget: Side, webshop: int, agreed: dict[str, Any]) -> None:
    with pytest.raises(Forbidden):
        agreements.update_sla(
            widget.context, widget.actor("specialist"), agreed["id"], {"service_instance_ids": [webshop]}
        )


def test_a_choice_survives_what_the_provider_changes_later(
    gigatera: Side, widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    update(gigatera, agreed["remote_id"], name="Hosting, renewed")
    assert gigatera.deliver(widget) == [("agreement.changed.v1", done())]
    (copy,) = widget.slas()
    assert copy["name"] == "Hosting, renewed"
    assert [edge["service_instance_id"] for edge in copy["service_instances"]] == [webshop]


def test_another_team_of_the_service_instance_arrives_at_the_customer(
    gigatera: Side, widget: Side, hosting: Hosting, agreed: dict[str, Any]
) -> None:
    gigatera.directory.keep("team", 3, name="Night shift", member_ids=[])
    context, manager = gigatera.context, gigatera.manager
    services.update_service_instance(context, manager, hosting.instance_id, {"support_team_id": 3})
    telling.follow_record(context, "service_instance", hosting.instance_id)
    assert gigatera.deliver(widget) == [("agreement.changed.v1", done())]
    instance = widget.document("service_instances", agreed["service_instance_id"])
    assert widget.directory.records["team"][instance["support_team_id"]]["name"] == "Night shift"


def test_a_renamed_team_arrives_at_the_customer_once(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    gigatera.directory.keep("team", 2, name="Operations Center", member_ids=[2])
    gigatera.context.copies.refresh("team", 2)
    for _ in range(2):
        telling.follow_record(gigatera.context, "team", 2)
    assert gigatera.deliver(widget) == [("agreement.changed.v1", done())]
    team_id = widget.document("service_instances", agreed["service_instance_id"])["support_team_id"]
    assert widget.directory.records["team"][team_id]["name"] == "Operations Center"


def test_a_scheduled_agreement_becomes_active_and_expires_on_its_days(
    gigatera: Side, widget: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    dated = {"status": "scheduled_for_activation", "start_date": "2026-02-01", "expiry_date": "2026-02-28"}
    sla = register(gigatera, hosting, **dated)
    assert (sla["status"], dates.move_due(gigatera.context)) == ("scheduled_for_activation", 0)
    seen = []
    for day in (
        datetime(2026, 2, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 1, tzinfo=UTC),
    ):
        clock.set(day)
        moved = dates.move_due(gigatera.context)
        gigatera.deliver(widget)
        seen.append((moved, widget.slas()[0]["status"]))
    assert seen == [(1, "active"), (0, "active"), (1, "expired")]
    assert [row["type"] for row in gigatera.written()] == [
        "agreement.offered.v1",
        "agreement.activated.v1",
        "agreement.ended.v1",
    ]


def test_the_day_begins_in_the_offerings_time_zone(
    gigatera: Side, hosting: Hosting, clock: SteppedClock
) -> None:
    services.update_service_offering(
        gigatera.context, gigatera.manager, hosting.offering_id, {"time_zone": "Pacific/Auckland"}
    )
    register(gigatera, hosting, status="scheduled_for_activation", start_date="2026-02-01")
    clock.set(datetime(2026, 1, 31, 10, 59, tzinfo=UTC))
    assert dates.move_due(gigatera.context) == 0
    clock.set(datetime(2026, 1, 31, 11, 0, tzinfo=UTC))
    assert dates.move_due(gigatera.context) == 1


def test_expired_cannot_be_set_by_hand_and_an_expired_agreement_can_be_renewed(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    with pytest.raises(IllegalMove) as refused:
        update(gigatera, agreed["remote_id"], status="expired")
    assert "expiry_date" in refused.value.message
    assert update(gigatera, agreed["remote_id"], expiry_date="2025-06-30")["status"] == "expired"
    with pytest.raises(Invalid) as over:
        update(gigatera, agreed["remote_id"], status="active")
    assert over.value.errors == [("expiry_date", "is over (2025-06-30): give a later one, or none")]
    assert update(gigatera, agreed["remote_id"], status="active", expiry_date=None)["status"] == "active"
    said = [type for type, _ in gigatera.deliver(widget)]
    assert said == [
        "agreement.changed.v1",
        "agreement.ended.v1",
        "agreement.changed.v1",
        "agreement.activated.v1",
    ]
    assert widget.slas()[0]["status"] == "active"


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
    teams = [team for team in widget.directory.records["team"].values() if team.get("account")]
    assert len(teams) == 2


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


def test_an_agreement_within_the_account_is_told_to_nobody(widget: Side, webshop: int) -> None:
    service_id = widget.document("service_instances", webshop)["service_id"]
    offering = services.create_service_offering(
        widget.context, widget.manager, {"name": "Standard", "service_id": service_id}
    )
    fields = {
        "name": "End to end",
        "service_instance_id": webshop,
        "service_offering_id": offering["id"],
        "status": "active",
        "customer_representative_ids": [1, 2],
    }
    sla = agreements.create_sla(widget.context, widget.manager, fields)
    assert (sla["customer_id"], sla["thread"], widget.written()) == (1, None, [])
    with pytest.raises(Invalid) as refused:
        update(widget, sla["id"], people_ids=[1])
    assert refused.value.errors == [("people_ids", "means nothing with the coverage customer_account")]


def test_agreed_edges_and_drawn_ones_together_close_no_circle(widget: Side, webshop: int) -> None:
    network = own_instance(widget, "Network", parent_service_instances=[])
    service_id = widget.document("service_instances", webshop)["service_id"]
    offering = services.create_service_offering(
        widget.context, widget.manager, {"name": "Standard", "service_id": service_id}
    )
    fields = {
        "name": "Shop for the network",
        "service_instance_id": webshop,
        "service_offering_id": offering["id"],
        "coverage": "service_instances",
        "service_instance_ids": [network],
    }
    agreements.create_sla(widget.context, widget.manager, fields)
    with pytest.raises(Invalid) as refused:
        services.add_parent(widget.context, widget.manager, network, webshop, "down")
    assert '"Network" → "Webshop" → "Network"' in refused.value.errors[0][1]


def test_a_covered_request_may_be_handed_over_and_leads_to_the_providers_team(
    gigatera: Side, widget: Side, hosting: Hosting, webshop: int, agreed: dict[str, Any]
) -> None:
    instance = widget.document("service_instances", agreed["service_instance_id"])
    specialist = widget.actor("specialist")
    answer = asking.agreement_for(widget.context, specialist, agreed["service_instance_id"], webshop, 1)
    assert answer == {
        "agreement": agreed["thread"],
        "sla_id": agreed["id"],
        "partner": {"id": "gigatera", "name": "GigaTera"},
        "service_instance_id": agreed["service_instance_id"],
        "remote_service_instance_id": hosting.instance_id,
        "support_team_id": instance["support_team_id"],
        "first_line_team_id": instance["first_line_team_id"],
        "supplier_id": instance["provider_id"],
        "customer_organization_id": 1,
    }
    there = asking.agreement(gigatera.context, "widget", answer["agreement"])
    assert (there["status"], there["support_team_id"]) == ("active", 2)
    assert (there["service_instance_id"], there["customer_organization_id"]) == (hosting.instance_id, 7)


def test_a_hand_over_that_no_agreement_covers_is_refused_with_what_is_allowed(
    widget: Side, agreed: dict[str, Any]
) -> None:
    payroll = own_instance(widget, "Payroll", support_team_id=1)
    target = agreed["service_instance_id"]
    with pytest.raises(Invalid) as refused:
        asking.agreement_for(widget.context, widget.actor("specialist"), target, payroll, 1)
    assert refused.value.code == "no_agreement"
    assert '"Hosting for Widget" covers requests about "Webshop"' in refused.value.message
    supporter = widget.actor("specialist", teams=(2,))
    assert asking.agreement_for(widget.context, supporter, target, None, 1)["sla_id"] == agreed["id"]


def test_nothing_new_goes_to_a_partner_whose_trust_is_suspended(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    trust(widget, "gigatera", "suspended")
    with pytest.raises(Invalid, match="The trust with GigaTera is suspended"):
        asking.agreement_for(
            widget.context, widget.actor("specialist"), agreed["service_instance_id"], webshop, 1
        )


def test_an_agreement_is_known_only_together_with_its_partner(gigatera: Side, agreed: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        asking.agreement(gigatera.context, "globalnet", agreed["thread"])


def test_coverage_by_organization_looks_at_those_above_the_requesters(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    register(gigatera, hosting, coverage="organizations_and_descendants")
    gigatera.deliver(widget)
    (copy,) = widget.slas()
    widget.directory.keep("organization", 2, name="Sales", parent_id=1)
    widget.directory.keep("person", 5, name="Cat", organization_id=2)
    update(widget, copy["_id"], organization_ids=[1])
    target, nobody = copy["service_instance_id"], widget.actor()
    assert asking.agreement_for(widget.context, nobody, target, None, 5)["sla_id"] == copy["_id"]
    update(widget, copy["_id"], organization_ids=[])
    with pytest.raises(Invalid, match="no chosen organizations yet"):
        asking.agreement_for(widget.context, nobody, target, None, 5)
