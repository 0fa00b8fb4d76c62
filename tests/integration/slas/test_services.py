"""Services, service instances and offerings: made and changed, references checked, told to others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from services.common.errors import Forbidden, Invalid, NotFound, Unavailable
from services.common.schemas import loaded
from services.slas.actions import services
from services.slas.schemas import ServiceOfferingInputSchema
from tests.integration.slas.accounts import Hosting, Side, own_instance


def told(side: Side, collection: str, id: int) -> list[dict[str, Any]]:
    rows = side.document(collection, id)["outbox"]
    return [row["body"] for row in rows if row["type"].endswith(".saved")]


def test_a_service_is_provided_by_the_accounts_own_organization_unless_said_otherwise(widget: Side) -> None:
    service = services.create_service(widget.context, widget.manager, {"name": "Mail"})
    assert service["provider_id"] == 1


def test_every_save_tells_the_other_services_the_whole_record_and_its_version(widget: Side) -> None:
    mail = own_instance(widget, "Mail")
    services.update_service_instance(widget.context, widget.manager, mail, {"first_line_team_id": 1})
    first, second = told(widget, "service_instances", mail)
    assert (first["version"], second["version"]) == (1, 2)
    assert second["record"] == {
        "id": mail,
        "name": "Mail",
        "status": "in_production",
        "service_id": first["record"]["service_id"],
        "provider_id": 1,
        "support_team_id": 2,
        "first_line_team_id": 1,
        "offered": True,
        "parent_ids": [],
    }


def test_only_those_who_keep_the_catalogue_may_change_it(widget: Side) -> None:
    with pytest.raises(Forbidden):
        services.create_service(widget.context, widget.actor("specialist"), {"name": "Mail"})
    with pytest.raises(Forbidden):
        services.create_service_offering(widget.context, widget.actor("configuration_manager"), {"name": "X"})


def test_a_configuration_manager_keeps_service_instances(widget: Side) -> None:
    mail = own_instance(widget, "Mail")
    keeper = widget.actor("specialist", "configuration_manager")
    changed = services.update_service_instance(widget.context, keeper, mail, {"status": "discontinued"})
    assert changed["status"] == "discontinued"


def test_all_wrong_references_are_named_at_once(widget: Side) -> None:
    widget.directory.keep("team", 9, name="Old team", member_ids=[], disabled=True)
    widget.directory.keep(
        "team", 8, name="Theirs", account={"id": "gigatera", "name": "GigaTera"}, remote_id=4
    )
    fields = {"name": "Mail", "support_team_id": 9, "first_line_team_id": 8, "service_owner_id": 77}
    with pytest.raises(Invalid) as refused:
        services.create_service(widget.context, widget.manager, fields)
    assert dict(refused.value.errors) == {
        "support_team_id": "the team is disabled",
        "first_line_team_id": "belongs to account gigatera; choose one of your own",
        "service_owner_id": "there is no person with this id",
    }


def test_a_copy_that_is_behind_is_refreshed_before_anything_is_refused(widget: Side) -> None:
    widget.directory.keep("team", 9, name="Team", member_ids=[], disabled=True)
    widget.context.copies.refresh("team", 9)
    widget.directory.keep("team", 9, name="Team", member_ids=[], disabled=False)
    assert services.create_service(widget.context, widget.manager, {"name": "Mail", "support_team_id": 9})


def test_what_cannot_be_looked_up_is_not_refused_but_unavailable(widget: Side) -> None:
    widget.directory.silent = True
    with pytest.raises(Unavailable):
        services.create_service(
            widget.context, widget.manager, {"name": "Mail", "provider_id": 1, "support_team_id": 2}
        )


def test_the_same_source_and_source_id_give_the_first_record(widget: Side) -> None:
    fields = {"name": "Mail", "source": "cmdb", "sourceID": "42"}
    first = services.create_service(widget.context, widget.manager, fields)
    second = services.create_service(widget.context, widget.manager, {**fields, "name": "Other"})
    assert (second["id"], second["name"]) == (first["id"], "Mail")


def test_a_new_provider_of_a_service_is_told_by_its_instances(widget: Side) -> None:
    mail = own_instance(widget, "Mail")
    widget.directory.keep("organization", 5, name="Mail Ltd")
    service_id = widget.document("service_instances", mail)["service_id"]
    services.update_service(widget.context, widget.manager, service_id, {"provider_id": 5})
    assert told(widget, "service_instances", mail)[-1]["record"]["provider_id"] == 5


def test_an_offering_whose_terms_contradict_themselves_is_refused(gigatera: Side, hosting: Hosting) -> None:
    fields = {
        "resolution_target_high": 240,
        "resolution_target_high_in_days": 1,
        "charge_type_low": "fixed_price",
    }
    with pytest.raises(Invalid) as refused:
        services.update_service_offering(gigatera.context, gigatera.manager, hosting.offering_id, fields)
    assert [field for field, _ in refused.value.errors] == ["rate_low", "resolution_target_high_in_days"]


@pytest.mark.parametrize("kind", ["service_instance", "service_offering"])
def test_what_an_sla_leads_to_stays_with_its_service(
    gigatera: Side, hosting: Hosting, agreed: dict[str, Any], kind: str
) -> None:
    other = services.create_service(gigatera.context, gigatera.manager, {"name": "Housing"})["id"]
    id = {"service_instance": hosting.instance_id, "service_offering": hosting.offering_id}[kind]
    move = partial(getattr(services, f"update_{kind}"), gigatera.context, gigatera.manager, id)
    with pytest.raises(Invalid) as refused:
        move({"service_id": other})
    ((field, text),) = refused.value.errors
    assert field == "service_id"
    assert f'"{agreed["name"]}"' in text
    assert move({"service_id": hosting.service_id, "name": "Renamed"})["name"] == "Renamed"


def test_what_no_sla_leads_to_may_go_to_another_service(widget: Side) -> None:
    mail = own_instance(widget, "Mail")
    other = services.create_service(widget.context, widget.manager, {"name": "Housing"})["id"]
    moved = services.update_service_instance(widget.context, widget.manager, mail, {"service_id": other})
    assert moved["service_id"] == other


def test_a_record_that_is_not_there_cannot_be_changed(widget: Side) -> None:
    with pytest.raises(NotFound):
        services.update_service(widget.context, widget.manager, 404, {"name": "Mail"})


def test_parents_are_drawn_changed_and_taken_away(widget: Side) -> None:
    network, mail = own_instance(widget, "Network"), own_instance(widget, "Mail")
    context, manager = widget.context, widget.manager
    services.add_parent(context, manager, network, mail, "degraded")
    drawn = services.add_parent(context, manager, network, mail, "down")
    assert drawn["parent_service_instances"] == [
        {"service_instance_id": mail, "impact_relation": "down", "sla_id": None}
    ]
    assert told(widget, "service_instances", network)[-1]["record"]["parent_ids"] == [mail]
    assert services.remove_parent(context, manager, network, mail)["parent_service_instances"] == []


def test_edges_drawn_at_the_same_time_are_all_drawn(widget: Side) -> None:
    network, *others = (own_instance(widget, name) for name in ("Network", "Mail", "Shop", "Wiki"))
    with ThreadPoolExecutor() as threads:
        draw = partial(services.add_parent, widget.context, widget.manager, network)
        list(threads.map(lambda other: draw(other, "down"), others))
    edges = widget.document("service_instances", network)["parents"]
    assert [edge["service_instance_id"] for edge in edges] == others


def test_a_circle_of_service_instances_is_refused_and_shown(widget: Side) -> None:
    network, mail, shop = (own_instance(widget, name) for name in ("Network", "Mail", "Shop"))
    services.add_parent(widget.context, widget.manager, network, mail, "down")
    services.add_parent(widget.context, widget.manager, mail, shop, "down")
    with pytest.raises(Invalid) as refused:
        services.add_parent(widget.context, widget.manager, shop, network, "down")
    (error,) = refused.value.errors
    assert error[0] == "parent_service_instances"
    assert '"Shop" → "Network" → "Mail" → "Shop"' in error[1]


def test_a_parent_that_is_not_there_is_refused(widget: Side) -> None:
    with pytest.raises(Invalid) as refused:
        own_instance(
            widget, "Mail", parent_service_instances=[{"service_instance_id": 99, "impact_relation": "down"}]
        )
    assert refused.value.errors == [
        ("parent_service_instances", "99: there is no service instance with this id")
    ]


def test_an_offering_keeps_its_targets_and_rates_as_they_were_given(gigatera: Side, hosting: Hosting) -> None:
    taken = loaded(
        ServiceOfferingInputSchema(),
        {
            "name": "Silver",
            "service": hosting.service_id,
            "availability": "99.5",
            "response_target_top": "0:30",
            "resolution_target_rfc_in_days": 5,
            "charge_type_rfi": "fixed_price",
            "rate_rfi": 25,
            "rate_rfi_currency": "EUR",
        },
    )
    offering = services.create_service_offering(gigatera.context, gigatera.manager, taken)
    assert offering["availability"] == "99.5000"
    assert (offering["response_target_top"], offering["resolution_target_rfc_in_days"]) == (30, 5)
    assert (offering["rate_rfi"], offering["response_target_low"]) == ("25.0000", None)
