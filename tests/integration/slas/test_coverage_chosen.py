"""What an agreement covers, which its customer chooses, and the hierarchy that follows from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from services.common.errors import Forbidden, Invalid
from services.federation.verdicts import done
from services.slas.actions import agreements, asking, coverage_groups, hierarchy, promises, services, telling
from services.slas.model.coverage import covers
from tests.integration.slas.accounts import Hosting, Side, own_instance, trust
from tests.integration.slas.registering import register, update, within


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


def test_a_disabled_representative_is_not_named_to_the_provider(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    update(widget, agreed["id"], customer_representative_ids=[2, 1])
    widget.deliver(gigatera)
    (promised,) = gigatera.slas()
    both = promised["represented_by"]
    assert [each["id"] for each in both] == [1, 2]
    for disabled, named in ((True, both[:1]), (False, both)):
        widget.directory.keep("person", 2, name=both[1]["name"], disabled=disabled)
        widget.context.copies.refresh("person", 2)
        telling.follow_record(widget.context, "person", 2)
        widget.deliver(gigatera)
        (promised,) = gigatera.slas()
        assert promised["represented_by"] == named


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


def test_agreed_edges_and_drawn_ones_together_close_no_circle(widget: Side, webshop: int) -> None:
    network = own_instance(widget, "Network", parent_service_instances=[])
    within(widget, webshop, coverage="service_instances", service_instance_ids=[network])
    with pytest.raises(Invalid) as refused:
        services.add_parent(widget.context, widget.manager, network, webshop, "down")
    assert '"Network" → "Webshop" → "Network"' in refused.value.errors[0][1]


def test_whom_a_partners_sla_covers_is_chosen_by_site_and_by_group(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    register(gigatera, hosting, coverage="coverage_groups")
    gigatera.deliver(widget)
    (copy,) = widget.slas()
    widget.directory.keep("site", 4, name="Delft")
    widget.directory.keep("person", 2, name="Bob", organization_id=1, site_id=4)
    context, manager = widget.context, widget.manager
    fields = {"name": "Delft", "coverage": "sites", "people_ids": [2]}
    with pytest.raises(Invalid) as odd:
        coverage_groups.create_coverage_group(context, manager, fields)
    assert odd.value.errors == [("people_ids", "means nothing with the coverage sites")]
    fields = {"name": "Delft", "coverage": "sites", "site_ids": [4]}
    group = coverage_groups.create_coverage_group(context, manager, fields)
    chosen = agreements.add_to_sla(context, manager, copy["_id"], "coverage_groups", group["id"])
    assert chosen["coverage_group_ids"] == [group["id"]]
    ask = partial(asking.agreement_for, context, manager, copy["service_instance_id"], None)
    assert ask(2)["sla_id"] == copy["_id"]
    with pytest.raises(Invalid) as refused:
        ask(1)
    assert 'the coverage groups "Delft"' in refused.value.message
    coverage_groups.update_coverage_group(context, manager, group["id"], {"site_ids": []})
    with pytest.raises(Invalid):
        ask(2)


def test_an_sla_within_the_account_covers_people_at_sites(widget: Side, webshop: int) -> None:
    widget.directory.keep("site", 4, name="Delft")
    widget.directory.keep("person", 2, name="Bob", organization_id=1, site_id=4)
    both = {"organization_ids": [1], "site_ids": [4]}
    within(widget, webshop, status="active", coverage="organizations_and_sites", **both)
    found = promises.promises(widget.context, {webshop})
    (promise,) = found
    assert covers(promise, promises.asking(widget.context, 2, found))
    assert not covers(promise, promises.asking(widget.context, 1, found))
