"""What may be asked of services and agreements, and by whom."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import NotFound
from services.common.listing import ListQuery
from services.slas import partner, queries
from services.slas.actions import agreements, services
from tests.integration.slas.accounts import Hosting, Side, own_instance


def query(listing: str, **arguments: str) -> ListQuery:
    predefined = arguments.pop("predefined", None)
    return ListQuery.parse(arguments, queries.LISTINGS[listing], predefined)


def names(page: Any) -> list[str]:
    return [item["name"] for item in page.items]


def test_own_records_carry_no_account_and_partners_do_in_lists_and_alone(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    database, viewer = widget.context.database, widget.actor("specialist")
    listed = queries.list_service_instances(database, query("service_instances"), viewer)
    accounts = {item["name"]: item.get("account") for item in listed.items}
    assert accounts == {"Hosting Gold": {"id": "gigatera", "name": "GigaTera"}, "Webshop": None}
    assert "account" not in queries.get_service_instance(database, webshop, viewer)
    alone = queries.get_service_instance(database, agreed["service_instance_id"], viewer)
    assert alone["account"]["id"] == "gigatera"
    for name, listing in queries.LISTINGS.items():
        # An account has the affected SLAs of its own SLAs only, and coverage groups never leave.
        own_only = name in ("affected_slas", "sla_coverage_groups")
        assert ("account" in listing.default_fields) != own_only


def test_a_partners_instance_leaves_the_list_with_its_last_active_sla_and_can_still_be_shown(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    fields = {"expiry_date": "2025-12-31"}
    agreements.update_sla(gigatera.context, gigatera.manager, agreed["remote_id"], fields)
    gigatera.deliver(widget)
    database, viewer = widget.context.database, widget.actor()
    assert names(queries.list_service_instances(database, query("service_instances"), viewer)) == ["Webshop"]
    found = queries.get_service_instance(database, agreed["service_instance_id"], viewer)
    assert found["name"] == "Hosting Gold"


def test_active_and_inactive_service_instances(widget: Side) -> None:
    own_instance(widget, "Mail", status="discontinued")
    own_instance(widget, "Files", status="being_prepared")
    own_instance(widget, "Shop")
    database, viewer = widget.context.database, widget.actor()

    def listed(predefined: str) -> list[str]:
        return names(
            queries.list_service_instances(
                database, query("service_instances", predefined=predefined), viewer
            )
        )

    assert listed("active") == ["Files", "Shop"]
    assert listed("inactive") == ["Mail"]


def test_the_catalog_is_what_can_be_subscribed_to_and_the_portfolio_all_that_is_not_gone(
    gigatera: Side, hosting: Hosting
) -> None:
    context, manager = gigatera.context, gigatera.manager
    for name in ("planned", "unpublished", "discontinued"):
        fields = {"name": name, "service_id": hosting.service_id, "status": name}
        services.create_service_offering(context, manager, fields)
    database, viewer = context.database, gigatera.actor()
    catalog = queries.list_service_offerings(
        database, query("service_offerings", predefined="catalog"), viewer
    )
    portfolio = queries.list_service_offerings(
        database, query("service_offerings", predefined="portfolio"), viewer
    )
    assert (names(catalog), names(portfolio)) == (["Gold"], ["Gold", "planned", "unpublished"])


def test_slas_are_for_those_who_work_for_the_account_and_for_their_representatives(
    widget: Side, agreed: dict[str, Any]
) -> None:
    context, database = widget.context, widget.context.database
    agreements.update_sla(context, widget.manager, agreed["id"], {"customer_representative_ids": [2]})
    nobody, representative = widget.actor(person=1), widget.actor(person=2)
    assert names(queries.list_slas(database, query("slas"), nobody)) == []
    assert names(queries.list_slas(database, query("slas"), representative)) == ["Hosting for Widget"]
    assert queries.get_sla(database, agreed["id"], representative)["id"] == agreed["id"]
    with pytest.raises(NotFound):
        queries.get_sla(database, agreed["id"], nobody)
    found = queries.list_slas(database, query("slas", customer_representatives="2"), widget.manager)
    assert names(found) == ["Hosting for Widget"]


def test_an_offer_that_was_discarded_is_no_agreement_to_be_shown(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    agreements.create_sla(gigatera.context, gigatera.manager, hosting.for_widget)
    (row,) = gigatera.written()
    partner.discard(widget.context, widget.open(row, "gigatera"))
    assert names(queries.list_slas(widget.context.database, query("slas"), widget.manager)) == []


def test_the_hierarchy_shows_parents_and_children_drawn_and_agreed(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    network = own_instance(widget, "Network")
    services.add_parent(widget.context, widget.manager, network, webshop, "degraded")
    database, viewer = widget.context.database, widget.actor()
    below = queries.list_children(database, webshop, query("service_instances"), viewer)
    assert names(below) == ["Hosting Gold", "Network"]
    above = queries.list_parents(database, network, query("service_instances"), viewer)
    assert names(above) == ["Webshop"]
    with pytest.raises(NotFound):
        queries.list_parents(database, 999, query("service_instances"), viewer)


def test_the_slas_of_a_service_instance(widget: Side, webshop: int, agreed: dict[str, Any]) -> None:
    database = widget.context.database
    id = agreed["service_instance_id"]
    found = queries.list_slas_of_service_instance(database, id, query("slas"), widget.manager)
    assert names(found) == ["Hosting for Widget"]
    none = queries.list_slas_of_service_instance(database, webshop, query("slas"), widget.manager)
    assert names(none) == []


def test_references_tell_name_account_and_what_is_disabled(widget: Side, agreed: dict[str, Any]) -> None:
    context, database = widget.context, widget.context.database
    mail = services.create_service(context, widget.manager, {"name": "Mail", "disabled": True})
    instance_id = agreed["service_instance_id"]
    assert queries.references(database, "service", [mail["id"], 999]) == {
        mail["id"]: {"id": mail["id"], "name": "Mail", "disabled": True}
    }
    assert queries.references(database, "service_instance", [instance_id]) == {
        instance_id: {
            "id": instance_id,
            "name": "Hosting Gold",
            "account": {"id": "gigatera", "name": "GigaTera"},
        }
    }


def test_what_is_shown_holds_nothing_of_the_store(widget: Side, agreed: dict[str, Any]) -> None:
    shown = queries.get_sla(widget.context.database, agreed["id"], widget.manager)
    hidden = {"_id", "outbox", "history", "unsent", "remote", "heard", "told", "due_on"}
    assert not hidden & shown.keys()
    assert shown["thread"].startswith("agreement/gigatera/")
    assert shown["version"] == widget.document("slas", agreed["id"])["version"]
