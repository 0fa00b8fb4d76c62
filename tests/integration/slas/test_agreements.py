"""SLAs of two accounts: registered by the provider, announced, kept by the customer."""

from __future__ import annotations

import pytest

from services.common.errors import Invalid
from services.federation.verdicts import done
from services.slas.actions import agreements, services
from tests.integration.slas.accounts import Hosting, Side, trust
from tests.integration.slas.registering import register, update, within


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
    team = widget.directory.records["team", instance["support_team_id"]]
    assert (team["name"], team["remote_id"]) == ("GigaTera Operations", 2)
    provider = widget.directory.records["organization", instance["provider_id"]]
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


@pytest.mark.parametrize("kind", ["service_instance", "service_offering"])
def test_what_is_discontinued_is_promised_to_nobody_else(gigatera: Side, hosting: Hosting, kind: str) -> None:
    context, manager, wanted = gigatera.context, gigatera.manager, hosting.for_widget
    made = agreements.create_sla(context, manager, wanted)
    change = getattr(services, f"update_{kind}")
    change(context, manager, wanted[f"{kind}_id"], {"status": "discontinued"})
    with pytest.raises(Invalid) as refused:
        agreements.create_sla(context, manager, {**wanted, "name": "Another"})
    assert refused.value.errors == [(f"{kind}_id", f"the {kind.replace('_', ' ')} is discontinued")]
    agreements.update_sla(context, manager, made["id"], {"remarks": "It ends with it."})


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


def test_a_partner_of_whom_nothing_is_known_yet_is_itself_the_customer(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    fields = {name: value for name, value in hosting.for_widget.items() if name != "customer_id"}
    gigatera.directory.records.pop(("organization", hosting.customer_id))
    first, second = (agreements.create_sla(gigatera.context, gigatera.manager, fields) for _ in range(2))
    assert first["customer_id"] == second["customer_id"]
    introduced = gigatera.directory.records["organization", first["customer_id"]]
    assert (introduced["account"]["id"], introduced["remote_id"]) == ("widget", None)
    assert introduced["name"] == "Widget Data Center"
    assert gigatera.deliver(widget) == [("agreement.offered.v1", done())] * 2


def test_a_partners_organization_that_provides_is_not_its_customer_when_it_says_so(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    """Widget provides, too, by another organization than the account itself is: that one is known already."""
    fields = {name: value for name, value in hosting.for_widget.items() if name != "customer_id"}
    whose = {"account": {"id": "widget", "name": "Widget Data Center"}, "is_account": False}
    gigatera.directory.records.pop(("organization", hosting.customer_id))
    gigatera.directory.keep("organization", 8, name="Widget Hosting", remote_id=80, **whose)
    gigatera.context.copies.refresh("organization", 8)
    sla = agreements.create_sla(gigatera.context, gigatera.manager, fields)
    introduced = gigatera.directory.records["organization", sla["customer_id"]]
    assert (introduced["account"]["id"], introduced["remote_id"]) == ("widget", None)


def test_an_agreement_within_the_account_is_told_to_nobody(widget: Side, webshop: int) -> None:
    sla = within(widget, webshop, status="active", customer_representative_ids=[1, 2])
    assert (sla["customer_id"], sla["thread"], widget.written()) == (1, None, [])
    with pytest.raises(Invalid) as refused:
        update(widget, sla["id"], people_ids=[1])
    assert refused.value.errors == [("people_ids", "means nothing with the coverage customer_account")]
